# flopcast: builds the program, its tests and its benchmarks.
#
#   make deps    install what is needed (Debian 12; as root, or with sudo)
#   make         build build/flopcast
#   make run     run the reference scenario
#   make test    all tests but the long ones; ends with 'N passed, N failed, N skipped'
#   make help    the other targets

.DEFAULT_GOAL := all
GOALS := all run test quick test-long test-sanitize test-threads bench check-style rooms install how-to sbom compile-commands picture

ifndef FLOPCAST_INNER
.NOTPARALLEL: # `make -j8 deps test`: first the one, then the other
# What the machine has is looked up by an inner make, so that `make deps run` sees what deps has just installed.
.PHONY: $(GOALS) deps clean help
$(GOALS):
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) FLOPCAST_INNER=1 $@

PACKAGES := build-essential pkg-config libhwloc-dev hwloc-nox libfyaml-dev libjson-c-dev librandom123-dev libcmocka-dev \
            clang clang-format clang-tidy cppcheck valgrind libclang-rt-14-dev libomp-14-dev \
            opencl-headers ocl-icd-opencl-dev pocl-opencl-icd gnuplot-nox
deps:
	@if dpkg -s $(PACKAGES) >/dev/null 2>&1; then echo "deps: all packages are installed"; else \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq \
	    --no-install-recommends $(PACKAGES) >/dev/null && echo "deps: installed"; fi

help:
	@echo 'make deps              install what is needed (Debian 12; as root, or with sudo)'
	@echo 'make                   build build/flopcast'
	@echo 'make run               run the reference scenario'
	@echo 'make quick             build without nvcc and run the fast tests, in build/quick'
	@echo 'make test              all tests but the long ones'
	@echo 'make test T="NAME..."  some of them: tests/test_NAME.c or tests/suite_NAME.sh'
	@echo 'make test-long         with fuzzing, valgrind and calibration studies'
	@echo 'make fuzz MINUTES=10   libFuzzer on scenarios, catalogs, tables and results'
	@echo 'make test-sanitize     all tests under the address and undefined behaviour sanitizers'
	@echo 'make test-threads      the queue of trials under the thread sanitizer'
	@echo 'make bench             benchmarks'
	@echo 'make rooms             includes go one way'
	@echo 'make check-style       formatting, static analysis, a build with clang'
	@echo 'make compile-commands  compile_commands.json, for editors'
	@echo 'make picture           docs/architecture.svg from the includes (graphviz)'
	@echo 'make how-to            the pages of docs/how-to from their commands'
	@echo 'make sbom              what the program is made of (SPDX), in build/flopcast.spdx'
	@echo 'make install           to PREFIX (default /usr/local), under DESTDIR'
	@echo 'make clean             remove build/'
	@echo 'NVCC= HAVE_OPENCL=     leave CUDA or OpenCL out; B=DIR builds in another folder'

clean:
	rm -rf build
else
include build.mk
endif
