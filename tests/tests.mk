# tests.mk: every tests/test_*.c is a cmocka program, every tests/suite_*.sh prints TAP; run.sh adds them up.

TEST_SOURCES := $(wildcard tests/test_*.c)
TEST_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(TEST_SOURCES))
TEST_SUITES := $(wildcard tests/suite_*.sh)
TEST_LONG := $(wildcard tests/long_*.sh)

$(B)/libflopcast.a: $(OBJECTS)
	@rm -f $@; ar rcs $@ $^

$(B)/tests/%: tests/%.c $(B)/libflopcast.a
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(TEST_OBJECTS_$*) $(B)/libflopcast.a $(LDLIBS) -lcmocka

# --- the model built in many ways, for the parity tests ----------------------------------------------------------------
# name: compiler, flags. All must give the same bits, but for the negative controls 'contracted' and 'unfused'.
VARIANT_CC_gcc_O0 := $(CC)
VARIANT_gcc_O0 := -O0 -march=x86-64-v3 -DFC_W=8
VARIANT_CC_gcc_O3 := $(CC)
VARIANT_gcc_O3 := -O3 -march=x86-64-v3 -DFC_W=8
VARIANT_CC_clang_O0 := $(CLANG)
VARIANT_clang_O0 := -O0 -march=x86-64-v3 -DFC_W=4
VARIANT_CC_clang_O3 := $(CLANG)
VARIANT_clang_O3 := -O3 -march=x86-64-v4 -DFC_W=16
VARIANT_CC_contracted := $(CC)
VARIANT_contracted := -O3 -march=x86-64-v3 -DFC_W=8 -ffp-contract=fast
VARIANT_CC_unfused := $(CC)
VARIANT_unfused := -O3 -march=x86-64-v3 -DFC_W=8 '-D__builtin_fmaf(a,b,c)=((a)*(b)+(c))'
ifeq ($(ARCH),x86_64)
VARIANTS := gcc_O0 gcc_O3 contracted unfused $(if $(CLANG),clang_O0 clang_O3)
endif
VARIANT_OBJECTS := $(foreach v,$(VARIANTS),$(B)/tests/kernel_$(v).o)
$(VARIANT_OBJECTS): $(B)/tests/kernel_%.o: host/backends/cpu_kernel.c host/backends/instruction_set.h $(MODEL) build.mk tests/tests.mk
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(VARIANT_CC_$*) -std=c11 $(EXACT) -fno-math-errno -fno-trapping-math -I. -DFC_CHUNK=64 -DFC_KERNEL=$* $(VARIANT_$*) -c $< -o $@
$(B)/tests/kernel_double.o: host/backends/cpu_kernel.c host/backends/instruction_set.h $(MODEL) build.mk tests/tests.mk
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) -std=c11 $(EXACT) -O2 -march=x86-64-v3 -I. -DFC_DOUBLE -DFC_W=4 -DFC_CHUNK=64 -DFC_KERNEL=double -c $< -o $@
# What the tests of the model share; a program of its own folder of objects where it needs more.
FIXTURE := $(B)/tests/model_fixture.o
$(foreach t,draw oracles timeline backend_opencl backend_cuda cuda_host,$(eval TEST_OBJECTS_test_$(t) := $(FIXTURE)))
TEST_OBJECTS_test_parity := $(FIXTURE) $(VARIANT_OBJECTS)
TEST_OBJECTS_test_double := $(FIXTURE) $(if $(VARIANTS),$(B)/tests/kernel_double.o)
$(foreach t,draw oracles timeline parity double backend_opencl backend_cuda cuda_host,$(eval $(B)/tests/test_$(t): $(TEST_OBJECTS_test_$(t))))

TIMELINE_TESTS := $(patsubst tests/test_%.c,%,$(wildcard tests/test_timeline_*.c))
$(foreach t,$(TIMELINE_TESTS),$(eval TEST_OBJECTS_test_$(t) := $(FIXTURE))$(eval $(B)/tests/test_$(t): $(FIXTURE)))

# What the tests of whole scenarios share.
TEST_OBJECTS_test_contract := $(B)/tests/kernel_double.o
TEST_OBJECTS_test_ledger := $(B)/tests/kernel_double.o
TEST_OBJECTS_test_money := $(B)/tests/kernel_double.o
TEST_OBJECTS_test_relations := $(B)/tests/kernel_double.o
$(B)/tests/test_contract $(B)/tests/test_ledger $(B)/tests/test_money $(B)/tests/test_relations: $(B)/tests/kernel_double.o
SCENARIO_RUN := $(B)/tests/scenario_run.o
$(foreach t,anchors anchor_runs era result plan,$(eval TEST_OBJECTS_test_$(t) := $(SCENARIO_RUN)))
$(foreach t,anchors anchor_runs era result plan,$(eval $(B)/tests/test_$(t): $(SCENARIO_RUN)))

# Mean and standard deviation of distributions.
$(foreach t,distribution settings analysis,$(eval TEST_OBJECTS_test_$(t) := $(B)/tests/moments.o)$(eval $(B)/tests/test_$(t): $(B)/tests/moments.o))

# A library that makes calls fail (inject.sh).
$(B)/tests/inject.so: tests/inject.c
	@mkdir -p $(@D)
	@echo "  CC $@"
	@$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Wno-nonnull-compare -U_FORTIFY_SOURCE -fno-builtin -shared -fPIC -o $@ $< -ldl

# T names some tests: 'make test T="units cli"' runs tests/test_units.c and tests/suite_cli.sh.
CHOSEN_PROGRAMS := $(if $(T),$(foreach t,$(T),$(if $(wildcard tests/test_$(t).c),$(B)/tests/test_$(t))),$(TEST_PROGRAMS))
CHOSEN_SUITES := $(if $(T),$(foreach t,$(T),$(wildcard tests/suite_$(t).sh)),$(TEST_SUITES))
$(foreach t,$(T),$(if $(wildcard tests/test_$(t).c tests/suite_$(t).sh),,$(error no test is named '$(t)')))
TEST_NEEDS := $(if $(T),$(B)/flopcast,all)
test: $(TEST_NEEDS) $(CHOSEN_PROGRAMS) $(B)/tests/inject.so
	FLOPCAST=$(B)/flopcast B=$(B) sh tests/run.sh $(CHOSEN_PROGRAMS) $(CHOSEN_SUITES)

# The tests that take seconds, in a build folder of its own: what an edit wants to know first. Optimised little and without nvcc,
# and with two kernels: it is compiled more often than run.
QUICK := catalog collectives distribution document draw elementary random settings sobol step tally units bad_scenarios rooms
quick:
	@$(MAKE) --no-print-directory FLOPCAST_INNER=1 B=build/quick NVCC= CFLAGS=-O0 HARDEN= KERNEL_OPT=-O1 ISAS="portable scalar" \
	  T="$(QUICK)" test
.PHONY: quick
test-long: all $(TEST_PROGRAMS) $(B)/tests/inject.so
	FLOPCAST_TEST_LONG=1 FLOPCAST=$(B)/flopcast B=$(B) sh tests/run.sh $(TEST_PROGRAMS) $(TEST_SUITES) $(TEST_LONG)

# The whole program and its tests under the sanitizers, in a build folder of its own. (The kernels at -O1: at -O3 they take
# minutes to compile with the checks in. CUDA's for one architecture: the checks do not reach what nvcc compiles. Without
# libflopcast.so, which a program without them cannot load.)
test-sanitize:
	LSAN_OPTIONS=suppressions=$(CURDIR)/tests/sanitize.supp:print_suppressions=0 \
	  $(MAKE) --no-print-directory FLOPCAST_INNER=1 B=build/sanitize CUDA_ARCHS=90 HARDEN= KERNEL_OPT="-O1 -g" \
	  EXTRA_CFLAGS="-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined" \
	  EXTRA_LDFLAGS="-fsanitize=address,undefined" TEST_NEEDS=build/sanitize/flopcast test

# What starts threads, under clang's thread sanitizer: programs and whole runs (tests/threads.sh). With two kernels and without
# drivers: they are compiled more often than run.
THREADED := run select selftest worlds_times plan_search sums analysis
test-threads:
	$(MAKE) --no-print-directory FLOPCAST_INNER=1 B=build/threads CC="$(CLANG)" NVCC= HAVE_OPENCL= HARDEN= KERNEL_OPT="-O1 -g" \
	  ISAS="portable scalar" EXTRA_CFLAGS=-fsanitize=thread EXTRA_LDFLAGS=-fsanitize=thread build/threads/flopcast \
	  $(THREADED:%=build/threads/tests/test_%)
	FLOPCAST=build/threads/flopcast B=build/threads sh tests/run.sh tests/threads.sh
.PHONY: test-threads

compile-commands:
	bear -- $(MAKE) --no-print-directory FLOPCAST_INNER=1 B=build/commands NVCC= all
.PHONY: compile-commands

# --- the sources themselves --------------------------------------------------------------------------------------------
rooms:
	sh tests/rooms.sh

# The picture of docs/architecture.md, from the includes (needs graphviz).
picture:
	sh tests/rooms.sh --graph | tred | dot -Tsvg > docs/architecture.svg
.PHONY: picture

STYLED := $(wildcard host/*.[ch] host/*/*.[ch] topology/*.[ch] cuda/*.h cuda/model/*.h cuda/model/*/*.h tests/*.[ch] bench/*.[ch])
check-style: rooms
	clang-format --dry-run -Werror $(STYLED)
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
	  --error-exitcode=1 -I. host topology
	clang-tidy --quiet $(filter-out host/backends/cpu_kernel.c host/backends/given_kernel.c,$(wildcard host/*.c host/*/*.c topology/*.c)) -- $(ALL_CFLAGS)
	$(MAKE) --no-print-directory FLOPCAST_INNER=1 B=build/clang CC=clang NVCC= all

# Fuzzing of the readers under the sanitizers: MINUTES on each target (tests/long_fuzz.sh).
MINUTES := 10
fuzz:
	FUZZ_SECONDS=$$(( $(MINUTES) * 60 )) FLOPCAST=$(B)/flopcast B=$(B) nice sh tests/long_fuzz.sh
.PHONY: fuzz
