# cuda.mk: device kernels, built into the program: the OpenCL source with its headers in place, and the CUDA fatbin.
# Included by build.mk after EMBEDDED is set.

DEVICE_SOURCES := cuda/passes.h cuda/reduce.h $(MODEL)
EMBEDDED += $(B)/cuda/trial.cl
$(B)/cuda/trial.cl: cuda/trial.cl cuda/inline.sh $(DEVICE_SOURCES)
	@mkdir -p $(@D)
	sh cuda/inline.sh cuda/trial.cl > $@.tmp && mv $@.tmp $@

# nvcc.flags holds the bit contract (docs/decisions): no contraction, no flush to zero, correctly rounded division and
# square root. tests/suite_ptx.sh checks what comes of them. The architectures are compiled side by side.
CUDA_ARCHS := 80 90 100 103 120
ifneq ($(NVCC),)
EMBEDDED += $(B)/cuda/trial.fatbin
$(B)/cuda/trial.fatbin: cuda/trial.cu cuda/nvcc.flags cuda/cuda.mk $(DEVICE_SOURCES)
	@mkdir -p $(@D)
	$(NVCC) --threads 0 --resource-usage -fatbin --options-file cuda/nvcc.flags -I. -gencode arch=compute_80,code=compute_80 \
	  $(foreach a,$(CUDA_ARCHS),-gencode arch=compute_$(a),code=sm_$(a)) -o $@ $< 2>$(@D)/resources.txt || \
	  { cat $(@D)/resources.txt; false; }
endif

# A stand-in for NVIDIA's driver, for the tests of the CUDA backend's host side.
$(B)/tests/fake_cuda.so: tests/fake_cuda.c $(DEVICE_SOURCES) cuda/cuda.mk
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) -shared -fPIC -o $@ $<
$(B)/tests/test_cuda_host $(B)/tests/test_worlds_times: $(B)/tests/fake_cuda.so
