#!/bin/sh
# long_fuzz.sh: half a minute of libFuzzer on the scenario reader and compiler, under the sanitizers.
# FUZZ_SECONDS=N in the environment asks for more. Run from the repository root.
set -u
. tests/tap.sh
seconds=${FUZZ_SECONDS:-30}
folder=build/fuzz
checks=address,undefined
if ! command -v clang >/dev/null 2>&1 || ! echo 'int LLVMFuzzerTestOneInput(const char *a, unsigned long b) { return a && b > 9; }' |
    clang -fsanitize=fuzzer,$checks -x c - -o "$work/try" >/dev/null 2>&1; then
    skip "half a minute of fuzzing" "no clang with libFuzzer (install clang and libclang-rt-14-dev)"
    tap_end
    exit
fi
succeeds "the fuzzer builds" env -u MAKEFLAGS make --no-print-directory FLOPCAST_INNER=1 B=$folder CC=clang NVCC= HAVE_OPENCL= KERNEL_OPT="-O1 -g" \
    EXTRA_CFLAGS="-fsanitize=fuzzer-no-link,$checks -fno-sanitize-recover=undefined -fno-omit-frame-pointer" \
    EXTRA_LDFLAGS="-fsanitize=fuzzer,$checks" $folder/tests/fuzz_scenario
mkdir -p "$work/corpus"
cp scenarios/*.yaml tests/inputs/*.yaml tests/bad/*.yaml "$work/corpus"
if $folder/tests/fuzz_scenario -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2500 -max_len=6000 -print_final_stats=1 \
    -dict=tests/inputs/scenario.dict -artifact_prefix="$folder/" "$work/corpus" >"$work/log" 2>&1; then
    pass "$seconds s of fuzzing: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, nothing found"
else
    fail "$seconds s of fuzzing; the input is kept in $folder" "$(tail -30 "$work/log")"
fi
tap_end
