#!/bin/sh
# suite_bench.sh: `flopcast bench` in short rounds: every row has the right answer, the built-in cases that of
# bench/answers.txt (UPDATE=1 writes it anew), and the JSON says where it comes from. Run from the repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT

flopcast bench --seconds 0.02 --no-scenarios --json --date 2026-01-31
is "it ends well" "$status" 0
is "no row is wrong" "$(grep -c '"right": false' "$work/out")" 0
is "the date is kept" "$(member "$work/out" date)" 2026-01-31
is "the command line is kept" "$(member "$work/out" command_line)" \
    "flopcast bench --seconds 0.02 --no-scenarios --json --date 2026-01-31"
is "a loop in C stands beside the timeline, twice" "$(grep -c '"loop_trials_per_cpu_s": [1-9]' "$work/out")" 2
has "the compiler is named" "$work/out" '"compiler": "\(gcc\|clang\) '
sed -n 's/.*"case": "\(.*\)".*/\1/p; s/.*"digest": "\(.*\)".*/\1/p' "$work/out" >"$work/answers"
if [ "${UPDATE:-}" = 1 ]; then cp "$work/answers" bench/answers.txt; fi
is "the built-in cases have their answers" "$(cat "$work/answers")" "$(cat bench/answers.txt)"

flopcast bench -b cpu samsung-50k no-such-scenario
is "a scenario that is not there: status 2, before any work" "$status-$(wc -l <"$work/out")" 2-0
has "it is named" "$work/err" "there is no file 'no-such-scenario'"
flopcast bench --seconds 0.02 -b cpu samsung-50k
has "the one that is there has its row" "$work/out" '^  CPU .* 1.000x$'
is "-b cpu leaves OpenCL out" "$(grep -c '^  OpenCL: ' "$work/out")" 0
flopcast bench -b hip
is "a backend that nobody knows: status 2" "$status" 2
flopcast bench --seconds never
is "no number of seconds: status 2" "$status" 2
tap_end
