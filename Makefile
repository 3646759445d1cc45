# flopcast: builds the program, its tests and its benchmarks.
#
#   make deps    install what is needed (Debian 12; as root, or with sudo)
#   make         build build/flopcast
#   make run     run the reference scenario
#   make test    all tests but the long ones; ends with 'N passed, N failed, N skipped'
#   make how-to  make docs/how-to/twelve-questions.md anew from its commands
#   make test-long, make bench, make rooms, make check-style, make install PREFIX=/usr/local, make clean

.DEFAULT_GOAL := all
GOALS := all run test test-long test-sanitize test-threads bench check-style rooms install how-to

ifndef FLOPCAST_INNER
.NOTPARALLEL: # `make -j8 deps test`: first the one, then the other
# What the machine has is looked up by an inner make, so that `make deps run` sees what deps has just installed.
.PHONY: $(GOALS) deps clean
$(GOALS):
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) FLOPCAST_INNER=1 $@

PACKAGES := build-essential pkg-config libhwloc-dev hwloc-nox libfyaml-dev librandom123-dev libcmocka-dev \
            clang clang-format clang-tidy cppcheck valgrind libclang-rt-14-dev libomp-14-dev \
            opencl-headers ocl-icd-opencl-dev pocl-opencl-icd gnuplot-nox
deps:
	@if dpkg -s $(PACKAGES) >/dev/null 2>&1; then echo "deps: all packages are installed"; else \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
	    --no-install-recommends $(PACKAGES) >/dev/null && echo "deps: installed"; fi

clean:
	rm -rf build
else
include build.mk
endif
