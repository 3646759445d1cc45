# cuda.mk: device kernels, built into the program: the OpenCL source with its headers in place, and the CUDA fatbin.
# Included by build.mk after EMBEDDED is set.

DEVICE_SOURCES := cuda/reduce.h $(MODEL)
EMBEDDED += $(B)/cuda/trial.cl
$(B)/cuda/trial.cl: cuda/trial.cl cuda/inline.sh $(DEVICE_SOURCES)
	@mkdir -p $(@D)
	sh cuda/inline.sh cuda/trial.cl > $@.tmp && mv $@.tmp $@

# The bit contract (docs/decisions): no contraction, no flush to zero, correctly rounded division and square root.
NVCC_FLAGS := -fmad=false -ftz=false -prec-div=true -prec-sqrt=true -O3 -I.
CUDA_ARCHS := 80 90 100 103 120
ifneq ($(NVCC),)
EMBEDDED += $(B)/cuda/trial.fatbin
$(B)/cuda/trial.fatbin: cuda/trial.cu cuda/cuda.mk $(DEVICE_SOURCES)
	@mkdir -p $(@D)
	$(NVCC) -fatbin $(NVCC_FLAGS) -gencode arch=compute_80,code=compute_80 \
	  $(foreach a,$(CUDA_ARCHS),-gencode arch=compute_$(a),code=sm_$(a)) -o $@ $<
endif
