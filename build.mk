# build.mk: the rules behind the Makefile; included once the packages are there.

B := build
PREFIX := /usr/local
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
# Debian keeps HDF5's header out of the common folder. The library itself is opened when a file is asked for.
HDF5_PC := $(firstword $(foreach p,hdf5-serial hdf5,$(if $(shell pkg-config --exists $(p) 2>/dev/null && echo yes),$(p))))
HDF5_FLAGS := $(if $(HDF5_PC),$(shell pkg-config --cflags $(HDF5_PC)))
HDF5_DIRS := $(if $(HDF5_PC),$(patsubst -L%,%,$(shell pkg-config --libs-only-L $(HDF5_PC))) $(shell pkg-config --variable=libdir $(HDF5_PC)))
HDF5_LIBRARY := $(if $(HDF5_PC),$(shell readelf -dW $(firstword $(wildcard $(addsuffix /libhdf5.so,$(HDF5_DIRS)))) 2>/dev/null | \
  sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p'))
HAVE_HDF5 := $(if $(HDF5_LIBRARY),$(shell printf '\#include <hdf5.h>\n' | $(CC) $(HDF5_FLAGS) -E -x c - >/dev/null 2>&1 && echo yes))
FOUND_HDF5 := $(if $(HAVE_HDF5),Samples as HDF5: written ($(HDF5_LIBRARY)),Samples as HDF5: left out (no hdf5.h; install libhdf5-dev))
OPTIONAL := $(if $(HAVE_XLSX),-DFC_WITH_XLSX)
OPTIONAL_LIBS := $(if $(HAVE_XLSX),-lxlsxwriter)
FOUND_FILES := $(if $(HAVE_XLSX),Workbooks: written (libxlsxwriter found),Workbooks: left out (no xlsxwriter.h; install libxlsxwriter-dev))
FOUND_MPI := $(if $(shell ldconfig -p 2>/dev/null | grep -m1 'libmpi\.so'),MPI: ranks share a run (Open MPI found; opened under mpirun only),MPI: ranks share a run where Open MPI is installed (not here; install openmpi-bin))
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
# One set of objects for the program and for libflopcast.so; hidden symbols cost no more than in a program alone. (Kernels
# use nothing that a shared library could replace, and so stay as they are in a program.)
PIC := -fPIC -fvisibility=hidden -fno-semantic-interposition
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARN) $(EXACT) $(CFLAGS) $(PIC) $(HARDEN) $(SAME_BYTES) -fopenmp -I. \
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
# Zeros and copies by memset's and memcpy's 32 bytes stall the loads of 64 that follow (gcc 12: a tenth of a contract's time).
NO_PATTERNS := $(if $(shell echo | $(CC) -Werror -fno-tree-loop-distribute-patterns -E - >/dev/null 2>&1 && echo yes),-fno-tree-loop-distribute-patterns)
FLAGS_avx512 := -march=x86-64-v4 -mtune=icelake-server -mprefer-vector-width=512 $(NO_PATTERNS) -DFC_W=64
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
HOST := $(filter-out host/main.c host/backends/cpu_kernel.c host/backends/given_kernel.c,$(wildcard host/*.c host/*/*.c bench/*.c))
TOPOLOGY := $(wildcard topology/*.c)
OBJECTS := $(patsubst %.c,$(B)/%.o,$(HOST) $(TOPOLOGY)) $(foreach i,$(ISAS),$(B)/host/cpu_kernel_$(i).o $(B)/host/given_kernel_$(i).o) \
           $(B)/embedded.o
EMBEDDED := $(wildcard catalog/*.yaml catalog/*.csv scenarios/*.yaml)
include cuda/cuda.mk

.PHONY: all run test test-long test-sanitize bench check-style rooms install
all: $(B)/flopcast library

# The program stands on libflopcast.a: what is in the one is in the other, from the same objects.
LIBRARY_ROOMS := base language result step backends compile calibrate run analysis library
LIBRARY_OBJECTS := $(patsubst %.c,$(B)/%.o,$(filter-out host/backends/cpu_kernel.c host/backends/given_kernel.c,$(wildcard $(LIBRARY_ROOMS:%=host/%/*.c))) $(TOPOLOGY)) \
                   $(foreach i,$(ISAS),$(B)/host/cpu_kernel_$(i).o $(B)/host/given_kernel_$(i).o) $(B)/embedded.o
$(B)/flopcast: $(B)/host/main.o $(filter-out $(LIBRARY_OBJECTS),$(OBJECTS)) $(B)/lib/libflopcast.a
	@echo "$(FOUND)"; echo "$(FOUND_CUDA)"; echo "$(FOUND_FILES)"; echo "$(FOUND_HDF5)"; echo "$(FOUND_MPI)"
	@echo "  LD $@"
	@$(CC) -o $@ $^ $(LDLIBS)

$(B)/host/backends/kernels.o: ALL_CFLAGS += '-DFC_KERNELS(ROW)=$(foreach i,$(ISAS),ROW($(i)))'
$(B)/host/result/samples_hdf5.o: ALL_CFLAGS += $(if $(HAVE_HDF5),$(patsubst -I%,-isystem %,$(HDF5_FLAGS)) -DFC_HDF5_LIBRARY='"$(HDF5_LIBRARY)"')
$(B)/host/cpu_kernel_%.o: host/backends/cpu_kernel.c host/backends/instruction_set.h $(MODEL) build.mk
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(KERNEL_FLAGS) $(FLAGS_$*) $(VECTOR_REPORT) -DFC_CHUNK=$(CHUNK) -DFC_KERNEL=$* -c $< -o $@ 2>$@.vectors || \
	  { cat $@.vectors; false; }

# The same contract with its random words given (host/backends/given.h).
$(B)/host/given_kernel_%.o: host/backends/given_kernel.c host/backends/given.h host/backends/instruction_set.h $(MODEL) build.mk
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(KERNEL_FLAGS) -fPIC -fvisibility=hidden $(FLAGS_$*) -DFC_KERNEL=$* -c $< -o $@

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

# --- libflopcast: the model for other programs (host/library/flopcast.h) -------------------------------------------------
SONAME := libflopcast.so.0
VERSION := $(shell sed -n 's/^\#define FC_VERSION "\(.*\)"/\1/p' host/base/version.h)
library: $(B)/lib/$(SONAME) $(B)/lib/libflopcast.a $(B)/lib/flopcast.pc
$(B)/lib/$(SONAME): $(LIBRARY_OBJECTS) host/library/flopcast.map
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=host/library/flopcast.map -Wl,-z,defs -o $@ $(LIBRARY_OBJECTS) \
	  $(filter-out -pie,$(LDLIBS))
	@ln -sf $(SONAME) $(B)/lib/libflopcast.so
$(B)/lib/libflopcast.a: $(LIBRARY_OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@; ar rcs $@ $^
$(B)/lib/flopcast.pc: host/library/flopcast.pc.in host/base/version.h build.mk
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(OPTIONAL_LIBS)|' $< > $@
.PHONY: library

# --- manual pages: flopcast(1) by hand, flopcast-COMMAND(1) from the text of --help ------------------------------------
COMMANDS := $(shell sed -n 's/^    {"\([a-z]*\)", .*/\1/p' host/commands/commands.c)
MANUALS := $(COMMANDS:%=$(B)/man/flopcast-%.1)
$(MANUALS): $(B)/man/flopcast-%.1: $(B)/flopcast
	@mkdir -p $(@D)
	@$(B)/flopcast help --man $* > $@.tmp && mv $@.tmp $@
manuals: $(MANUALS)
.PHONY: manuals

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

# Pages of the twelve questions, of contracts, and those of the first hours, from their own commands.
how-to: all
	FLOPCAST=$(B)/flopcast sh docs/how-to/remake.sh docs/how-to/twelve-questions.md \
	    $(addprefix docs/how-to/,$(addsuffix .md,take-or-pay both-sides default bubble all-contracts sign-or-wait))
	FLOPCAST=$(B)/flopcast sh docs/how-to/remake.sh -t docs/how-to/own-measurements.md \
	    $(filter-out %/README.md,$(wildcard docs/tutorial/*.md))
# The table of digests in docs/validation, CPU against OpenCL.
digests: all
	FLOPCAST=$(B)/flopcast sh docs/validation/digests.sh
.PHONY: how-to digests

# What the program is made of, as SPDX.
sbom: all
	@sh host/sbom.sh $(B)/flopcast $$(sed -n 's/^#define FC_VERSION "\(.*\)"/\1/p' host/base/version.h) > $(B)/flopcast.spdx
	@echo "  SBOM $(B)/flopcast.spdx"
.PHONY: sbom

DATA := $(DESTDIR)$(PREFIX)/share
LIBDIR := $(PREFIX)/lib
PYTHONDIR := $(PREFIX)/lib/python3/dist-packages
install: all manuals
	install -d $(DESTDIR)$(PREFIX)/bin $(DATA)/man/man1 $(DATA)/flopcast/scenarios $(DATA)/bash-completion/completions \
	  $(DATA)/zsh/site-functions $(DATA)/fish/vendor_completions.d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include \
	  $(DESTDIR)$(PYTHONDIR)
	install -m 755 $(B)/flopcast $(DESTDIR)$(PREFIX)/bin/flopcast
	install -m 644 docs/flopcast.1 $(MANUALS) $(DATA)/man/man1
	install -m 644 scenarios/*.yaml $(DATA)/flopcast/scenarios
	install -m 644 host/completion/flopcast.bash $(DATA)/bash-completion/completions/flopcast
	install -m 644 host/completion/_flopcast $(DATA)/zsh/site-functions/_flopcast
	install -m 644 host/completion/flopcast.fish $(DATA)/fish/vendor_completions.d/flopcast.fish
	install -m 755 $(B)/lib/$(SONAME) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libflopcast.so
	install -m 644 $(B)/lib/libflopcast.a $(DESTDIR)$(LIBDIR)/libflopcast.a
	sed 's|^prefix=.*|prefix=$(PREFIX)|; s|^libdir=.*|libdir=$(LIBDIR)|' $(B)/lib/flopcast.pc > $(DESTDIR)$(LIBDIR)/pkgconfig/flopcast.pc
	install -m 644 host/library/flopcast.h $(DESTDIR)$(PREFIX)/include/flopcast.h
	install -m 644 python/flopcast.py $(DESTDIR)$(PYTHONDIR)/flopcast.py
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/flopcast $(DATA)/man/man1/flopcast.1 $(COMMANDS:%=$(DATA)/man/man1/flopcast-%.1) \
	  $(DATA)/bash-completion/completions/flopcast $(DATA)/zsh/site-functions/_flopcast \
	  $(DATA)/fish/vendor_completions.d/flopcast.fish $(DESTDIR)$(LIBDIR)/$(SONAME) $(DESTDIR)$(LIBDIR)/libflopcast.so \
	  $(DESTDIR)$(LIBDIR)/libflopcast.a $(DESTDIR)$(LIBDIR)/pkgconfig/flopcast.pc $(DESTDIR)$(PREFIX)/include/flopcast.h \
	  $(DESTDIR)$(PYTHONDIR)/flopcast.py
	rm -rf $(DATA)/flopcast
.PHONY: uninstall

# A Debian package of what `make install` would put under /usr, with the libraries that this machine has.
deb: all manuals
	@$(MAKE) --no-print-directory FLOPCAST_INNER=1 B=$(B) CC="$(CC)" NVCC="$(NVCC)" PREFIX=/usr DESTDIR=$(B)/deb install >/dev/null
	@sh host/deb.sh $(B) $(VERSION)
.PHONY: deb

# --- tests -----------------------------------------------------------------------------------------------------------
include tests/tests.mk

-include $(wildcard $(B)/bench/*.d $(B)/host/*/*.d $(B)/host/*.d $(B)/host/*/*.d $(B)/topology/*.d $(B)/tests/*.d)
