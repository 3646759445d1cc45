#!/bin/sh
# long_fuzz.sh: libFuzzer under the sanitizers on what strangers may hand in: scenarios, catalogs, tables of measurements, results.
# Half a minute each; FUZZ_SECONDS=N in the environment asks for more ('make fuzz MINUTES=N'), FUZZ_TARGETS for some.
# The corpora are tests/fuzz/TARGET and the inputs of the other tests. Run from the repository root.
set -u
. tests/tap.sh
seconds=${FUZZ_SECONDS:-30}
targets=${FUZZ_TARGETS:-scenario catalog csv result}
folder=build/fuzz
checks=address,undefined
export LSAN_OPTIONS=suppressions=tests/fuzz.supp:print_suppressions=0
if ! command -v clang >/dev/null 2>&1 || ! echo 'int LLVMFuzzerTestOneInput(const char *a, unsigned long b) { return a && b > 9; }' |
    clang -fsanitize=fuzzer,$checks -x c - -o "$work/try" >/dev/null 2>&1; then
    skip "fuzzing" "no clang with libFuzzer (install clang and libclang-rt-14-dev)"
    tap_end
    exit
fi
for target in $targets; do
    # (the tally's loops are not vectorised with the checks in)
    succeeds "the fuzzer of $target builds" env -u MAKEFLAGS make --no-print-directory FLOPCAST_INNER=1 B=$folder CC=clang NVCC= \
        HAVE_OPENCL= KERNEL_OPT="-O1 -g" EXTRA_CFLAGS="-fsanitize=fuzzer-no-link,$checks -fno-sanitize-recover=undefined \
        -fno-omit-frame-pointer -Wno-pass-failed" \
        EXTRA_LDFLAGS="-fsanitize=fuzzer,$checks" "$folder/tests/fuzz_$target"
    mkdir -p "$work/$target" "tests/fuzz/$target"
    dictionary= longest=6000
    case $target in
    scenario) cp scenarios/*.yaml tests/inputs/*.yaml tests/bad/*.yaml "$work/$target"; dictionary=-dict=tests/inputs/scenario.dict ;;
    result) longest=40000 ;;
    esac
    if "$folder/tests/fuzz_$target" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2500 -max_len=$longest -print_final_stats=1 \
        $dictionary -artifact_prefix="$folder/$target-" "$work/$target" "tests/fuzz/$target" >"$work/log" 2>&1; then
        pass "$target: $seconds s of fuzzing, $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, nothing found"
    else
        fail "$target: $seconds s of fuzzing; the input is kept in $folder" "$(tail -30 "$work/log")"
    fi
done
tap_end
