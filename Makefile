# flopcast: builds the program, its tests and its benchmarks.
#
#   make deps    install what is needed (Debian, Ubuntu; as root, or with sudo)
#   make         build build/flopcast
#   make run     run the reference scenario
#   make test    all tests but the long ones; ends with 'N passed, N failed, N skipped'
#   make help    the other targets

.DEFAULT_GOAL := all
GOALS := all run test quick test-long test-sanitize test-threads bench check-style rooms install uninstall deb manuals library how-to digests gpu-bundle vectors sbom compile-commands picture

ifndef FLOPCAST_INNER
.NOTPARALLEL: # `make -j8 deps test`: first the one, then the other
# What the machine has is looked up by an inner make, so that `make deps run` sees what deps has just installed.
.PHONY: $(GOALS) deps deps-dev clean help dist
$(GOALS):
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) FLOPCAST_INNER=1 $@

# With a goal that tests, `make deps test` installs what the tests need too.
DEPS := $(if $(filter test-% fuzz check-style,$(MAKECMDGOALS)),dev,$(if $(filter test quick bench,$(MAKECMDGOALS)),test,run))
deps:
	@sh host/deps.sh $(DEPS)
deps-dev:
	@sh host/deps.sh dev

help:
	@echo 'make deps              install what is needed (Debian, Ubuntu; as root, or with sudo)'
	@echo 'make deps-dev          and the tools of developers: formatting, static analysis, valgrind'
	@echo 'make                   build build/flopcast'
	@echo 'make run               run the reference scenario'
	@echo 'make quick             build without nvcc and run the fast tests, in build/quick'
	@echo 'make test              all tests but the long ones'
	@echo 'make test T="NAME..."  some of them: tests/test_NAME.c or tests/suite_NAME.sh'
	@echo 'make test-long         with fuzzing, valgrind and calibration studies'
	@echo 'make fuzz MINUTES=10   libFuzzer on scenarios, catalogs, tables and results'
	@echo 'make test-sanitize     all tests under the address and undefined behaviour sanitizers'
	@echo 'make test-threads      what starts threads, and whole runs, under the thread sanitizer'
	@echo 'make bench             benchmarks'
	@echo 'make gpu-bundle        what checks and measures all on a bare machine with a GPU, in build/gpu-bundle.tar.gz'
	@echo 'make vectors           the hot loops are still vectorised, by gcc and clang'
	@echo 'make rooms             includes go one way'
	@echo 'make check-style       formatting, static analysis, a build with clang'
	@echo 'make compile-commands  compile_commands.json, for editors'
	@echo 'make picture           docs/architecture.svg from the includes (graphviz)'
	@echo 'make how-to            the pages of docs/how-to from their commands'
	@echo 'make digests           the digests of docs/validation, CPU against OpenCL'
	@echo 'make sbom              what the program is made of (SPDX), in build/flopcast.spdx'
	@echo 'make install           to PREFIX (default /usr/local), under DESTDIR'
	@echo 'make uninstall         what make install has put there'
	@echo 'make deb               a Debian package, build/flopcast_VERSION_ARCH.deb'
	@echo 'make dist              the committed sources as build/flopcast-VERSION.tar.gz'
	@echo 'make clean             remove build/'
	@echo 'NVCC= HAVE_OPENCL=     leave CUDA or OpenCL out; B=DIR builds in another folder'

clean:
	rm -rf build

dist:
	@version=$$(sed -n 's/^#define FC_VERSION "\(.*\)"/\1/p' host/base/version.h) && mkdir -p build && \
	  git archive --prefix=flopcast-$$version/ -o build/flopcast-$$version.tar.gz HEAD && echo "build/flopcast-$$version.tar.gz"
else
include build.mk
endif
