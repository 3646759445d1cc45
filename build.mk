# build.mk: the rules behind the Makefile; included once the packages are there.

B := build
CC := gcc
CLANG := $(shell command -v clang 2>/dev/null)
NVCC := $(shell command -v nvcc 2>/dev/null)
ARCH := $(shell uname -m)

# --- what the machine has; each optional part is found or left out with one line -------------------------------------
REQUIRED := $(foreach p,hwloc libfyaml json-c,$(if $(shell pkg-config --exists $(p) && echo yes),,$(p)))
ifneq ($(strip $(REQUIRED)),)
$(error missing: $(REQUIRED); run 'make deps')
endif
have_header = $(shell printf '\#include <%s>\n' $(1) | $(CC) -E -x c - >/dev/null 2>&1 && echo yes)
HAVE_OPENCL := $(call have_header,CL/cl.h)
HAVE_XLSX := $(call have_header,xlsxwriter.h)
OPTIONAL := $(if $(HAVE_XLSX),-DFC_WITH_XLSX)
OPTIONAL_LIBS := $(if $(HAVE_XLSX),-lxlsxwriter)
FOUND_FILES := $(if $(HAVE_XLSX),Workbooks: written (libxlsxwriter found),Workbooks: left out (no xlsxwriter.h; install libxlsxwriter-dev))
FOUND := $(if $(HAVE_OPENCL),OpenCL backend: built (headers found),OpenCL backend: left out (no CL/cl.h; install opencl-headers))
FOUND_CUDA := $(if $(NVCC),CUDA backend: kernels built with $(NVCC),CUDA backend: left out (no nvcc on PATH; install the CUDA Toolkit))

# --- flags -----------------------------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wconversion -Wshadow -Werror
EXACT := -ffp-contract=off
CFLAGS := -O2 -g
# What an attacker with a file would have to get past; the sanitizers replace it. The kernels, which read no text, go
# without the stack protector.
HARDEN := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack
# Two folders give the same bytes: no path of this machine is kept, not even for the debugger.
SAME_BYTES := -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARN) $(EXACT) $(CFLAGS) -fPIE $(HARDEN) $(SAME_BYTES) -fopenmp -I. \
              $(shell pkg-config --cflags hwloc libfyaml json-c) $(if $(HAVE_OPENCL),-DFC_WITH_OPENCL) $(OPTIONAL) $(EXTRA_CFLAGS)
LDLIBS := $(shell pkg-config --libs hwloc libfyaml json-c) $(OPTIONAL_LIBS) -fopenmp -lm -ldl -lpthread $(HARDEN_LD) $(EXTRA_LDFLAGS)
KERNEL_OPT := -O3 -g
KERNEL_FLAGS := -std=c11 $(WARN) $(EXACT) $(KERNEL_OPT) -fno-math-errno -fno-trapping-math -fPIE $(SAME_BYTES) -I. $(EXTRA_CFLAGS)

# The CPU kernel is built once per instruction set and chosen at run time (docs/decisions/0004).
ifeq ($(ARCH),x86_64)
ISAS := portable scalar avx2 avx512
# Threaded jumps turn stores into masked ones, which are slow where AVX2 is the best there is (gcc 12, AMD: a sixth).
NO_THREADING := $(if $(shell echo | $(CC) -Werror -fno-thread-jumps -E - >/dev/null 2>&1 && echo yes),-fno-thread-jumps)
FLAGS_portable := -march=x86-64 -DFC_W=4
FLAGS_scalar := -march=x86-64-v3 -fno-tree-vectorize -DFC_W=1
FLAGS_avx2 := -march=x86-64-v3 $(NO_THREADING) -DFC_W=32
FLAGS_avx512 := -march=x86-64-v4 -mtune=icelake-server -mprefer-vector-width=512 -DFC_W=64
else
ISAS := portable scalar
FLAGS_portable := -DFC_W=8
FLAGS_scalar := -fno-tree-vectorize -DFC_W=1
endif
# Each kernel's object has beside it which loops became vector instructions; cuda/check_vectors.sh reads it.
COMPILER := $(if $(shell $(CC) --version | grep -i clang),clang,gcc)
VECTOR_REPORT := $(if $(filter clang,$(COMPILER)),-Rpass=loop-vectorize,-fopt-info-vec-optimized)
# Trials of a chunk: the more, the longer do lanes whose run ends find another; bounded by the second-level cache.
CHUNK := 1024

MODEL := $(wildcard cuda/model/*.h cuda/model/*.def cuda/model/*/*.h)
HOST := $(filter-out host/main.c host/backends/cpu_kernel.c,$(wildcard host/*.c host/*/*.c bench/*.c))
TOPOLOGY := $(wildcard topology/*.c)
OBJECTS := $(patsubst %.c,$(B)/%.o,$(HOST) $(TOPOLOGY)) $(foreach i,$(ISAS),$(B)/host/cpu_kernel_$(i).o) \
           $(B)/embedded.o
EMBEDDED := $(wildcard catalog/*.yaml catalog/*.csv scenarios/*.yaml)
include cuda/cuda.mk

.PHONY: all run test test-long test-sanitize bench check-style rooms install
all: $(B)/flopcast

$(B)/flopcast: $(B)/host/main.o $(OBJECTS)
	@echo "$(FOUND)"; echo "$(FOUND_CUDA)"; echo "$(FOUND_FILES)"
	@echo "  LD $@"
	@$(CC) -o $@ $^ $(LDLIBS)

$(B)/host/cpu_kernel_%.o: host/backends/cpu_kernel.c $(MODEL) build.mk
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(KERNEL_FLAGS) $(FLAGS_$*) $(VECTOR_REPORT) -DFC_CHUNK=$(CHUNK) -DFC_KERNEL=$* -c $< -o $@ 2>$@.vectors || \
	  { cat $@.vectors; false; }

$(B)/%.o: %.c build.mk
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# --- files that travel inside the program ----------------------------------------------------------------------------
$(B)/embedded.s: $(EMBEDDED) host/embed.sh build.mk
	@mkdir -p $(@D)
	@B=$(B) sh host/embed.sh $(EMBEDDED) > $@.tmp && mv $@.tmp $@
$(B)/embedded.o: $(B)/embedded.s
	@echo "  AS $@"
	@$(CC) -c $< -o $@

run: all
	$(B)/flopcast run scenarios/openai-aws-38b.yaml

bench: all
	$(B)/flopcast bench $(BENCH)

# What runs on a bare machine with a GPU and a driver, and bench/gpu.sh, which checks and measures everything there.
gpu-bundle: all $(B)/tests/test_backend_cuda
	@sh bench/bundle.sh $(B) $(B)/gpu-bundle
.PHONY: gpu-bundle

# The hot loops over the lanes are vector instructions, with the compiler at hand and with clang.
VECTOR_ISAS := $(filter avx2 avx512,$(ISAS))
vectors: $(foreach i,$(VECTOR_ISAS),$(B)/host/cpu_kernel_$(i).o)
	@for i in $(VECTOR_ISAS); do sh cuda/check_vectors.sh $(B)/host/cpu_kernel_$$i.o.vectors $(COMPILER) || exit 1; done
ifneq ($(CLANG),)
	@mkdir -p $(B)/clang/host
	@$(CLANG) $(KERNEL_FLAGS) $(filter-out -fno-thread-jumps,$(FLAGS_avx2)) -Rpass=loop-vectorize -DFC_CHUNK=$(CHUNK) \
	  -DFC_KERNEL=avx2 -c host/backends/cpu_kernel.c -o $(B)/clang/host/avx2.o 2>$(B)/clang/host/avx2.vectors
	@sh cuda/check_vectors.sh $(B)/clang/host/avx2.vectors clang
endif
.PHONY: vectors

# The page of the twelve questions, from its own commands.
how-to: all
	FLOPCAST=$(B)/flopcast sh docs/how-to/remake.sh docs/how-to/twelve-questions.md
.PHONY: how-to

# What the program is made of, as SPDX.
sbom: all
	@sh host/sbom.sh $(B)/flopcast $$(sed -n 's/^#define FC_VERSION "\(.*\)"/\1/p' host/base/version.h) > $(B)/flopcast.spdx
	@echo "  SBOM $(B)/flopcast.spdx"
.PHONY: sbom

PREFIX := /usr/local
DATA := $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DATA)/man/man1 $(DATA)/flopcast/scenarios $(DATA)/bash-completion/completions \
	  $(DATA)/zsh/site-functions $(DATA)/fish/vendor_completions.d
	install -m 755 $(B)/flopcast $(DESTDIR)$(PREFIX)/bin/flopcast
	install -m 644 docs/flopcast.1 $(DATA)/man/man1/flopcast.1
	install -m 644 scenarios/*.yaml $(DATA)/flopcast/scenarios
	install -m 644 host/completion/flopcast.bash $(DATA)/bash-completion/completions/flopcast
	install -m 644 host/completion/_flopcast $(DATA)/zsh/site-functions/_flopcast
	install -m 644 host/completion/flopcast.fish $(DATA)/fish/vendor_completions.d/flopcast.fish
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/flopcast $(DATA)/man/man1/flopcast.1 $(DATA)/bash-completion/completions/flopcast \
	  $(DATA)/zsh/site-functions/_flopcast $(DATA)/fish/vendor_completions.d/flopcast.fish
	rm -rf $(DATA)/flopcast
.PHONY: uninstall

# --- tests -----------------------------------------------------------------------------------------------------------
include tests/tests.mk

-include $(wildcard $(B)/bench/*.d $(B)/host/*/*.d $(B)/host/*.d $(B)/host/*/*.d $(B)/topology/*.d $(B)/tests/*.d)
