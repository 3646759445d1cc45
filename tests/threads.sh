#!/bin/sh
# threads.sh: what starts threads, under clang's thread sanitizer: test programs, and whole runs as a user types them. A build
# with -fsanitize=thread in FLOPCAST and B (`make test-threads` makes one). libomp's archer tells the sanitizer what OpenMP's
# barriers order. The libraries the program stands on are not instrumented: what they do among themselves is not looked at
# (ignore_noninstrumented_modules), and that is all that is left out; there is no list of suppressions. Run from the
# repository root.
set -u
. tests/tap.sh
archer=$(clang -print-resource-dir)/../../libarcher.so
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66"
export OMP_TOOL_LIBRARIES="$archer" FLOPCAST_FAULT=
aws=scenarios/openai-aws-38b-contract.yaml

# --- the sanitizer sees a race, and does not take OpenMP's own order for one ---
cat >"$work/sum.c" <<'EOF'
#include <stdio.h>
int main(void)
{
    int sum = 0, parts[4] = {0};
#pragma omp parallel for num_threads(4) schedule(static, 1)
    for (int i = 0; i < 4; i++)
        parts[i] = i SHARED;
    for (int i = 0; i < 4; i++)
        sum += parts[i];
    printf("%d\n", sum);
}
EOF
clang -g -fopenmp -fsanitize=thread -DSHARED= -o "$work/sum" "$work/sum.c"
"$work/sum" >"$work/out" 2>"$work/err"
is "four threads that fill a table" "$? $(grep -c ThreadSanitizer "$work/err")" "0 0"
clang -g -fopenmp -fsanitize=thread '-DSHARED=+ sum++' -o "$work/sum" "$work/sum.c"
"$work/sum" >"$work/out" 2>"$work/err"
is "four threads that add to one number without a lock" $? 66

# clean NAME: the last command ended with 0 and the sanitizer said nothing
clean() {
    if [ "$status" = 0 ] && ! grep -q ThreadSanitizer "$work/err"; then pass "$1"; else
        fail "$1" "status $status" "$(grep -A30 -m1 ThreadSanitizer "$work/err" || head -20 "$work/err")"
    fi
}

# --- whole runs ---
flopcast run $aws -n 20000 -t 1 -b cpu --json
right=$(member "$work/out" digest)
flopcast run $aws -n 20000 -t 4 -b cpu --json -o "$work/r.json" --samples "$work/s.csv"
clean "run -t 4 with a result and samples"
is "and the digest is that of one thread" "$(member "$work/out" digest)" "$right"
flopcast run $aws -n 40000 -t 4 -b cpu --resume -o "$work/r.json" --json
clean "run --resume"
for part in 1 2; do
    flopcast run $aws -n 20000 -t 4 -b cpu --shard $part/2 -o "$work/s$part.json"
    clean "run --shard $part/2"
done
flopcast merge "$work/s1.json" "$work/s2.json" --json
clean "merge"
is "and the digest is that of one run" "$(member "$work/out" digest)" "$right"
flopcast run gb300-nvl72-frontier -n 500 -t 4 -b cpu --report "$work/page.html"
clean "run of all layers with a report"
flopcast run $aws -n 20000 -t 4
clean "run on what there is"
flopcast sweep $aws 'prices.gpu_hour=3..4:0.5 USD' -n 2000 -t 4 -b cpu
clean "sweep"
flopcast sweep $aws --case 'dear: prices.gpu_hour=4 USD' --case 'cheap: prices.gpu_hour=3 USD' -n 2000 -t 4 -b cpu
clean "sweep of cases"
flopcast compare $aws scenarios/openai-aws-38b.yaml -n 2000 -t 4 -b cpu
clean "compare"
flopcast explain $aws -n 2000 -t 4 -b cpu
clean "explain"
flopcast replay llama3-405b-54-days --at 'p50(wall_clock_days)' -n 2000
clean "replay of the world nearest to a figure"
flopcast search gb300-nvl72-frontier --contenders 4 --finalists 2 -n 200 -t 4
clean "search"
{ head -1 catalog/measured-training.csv && grep -e '^mb-26.08-gb200' catalog/measured-training.csv; } >"$work/own.csv"
flopcast calibrate "$work/own.csv" -n 1000 -t 4 -o "$work/p.yaml"
clean "calibrate"
flopcast devices
clean "devices"

# --- a stop in the middle ---
$interruptible "$FLOPCAST" run $aws -n 1e8 -t 4 -b cpu -o "$work/stop.json" >"$work/out" 2>"$work/err" </dev/null &
process=$!
until grep -q 'running on' "$work/err" || ! kill -0 $process; do sleep 0.2; done
sleep 2
kill -INT $process
status=0
wait $process || status=$?
is "run, stopped by Ctrl-C: status 4" $status 4
status=0
clean "run, stopped by Ctrl-C"

# --- what the programs do that no user can: threads that fail, hang and come back ---
for program in run select selftest worlds_times plan_search sums analysis; do
    [ -x "${B:-build}/tests/test_$program" ] || { fail "test_$program" "it is not built"; continue; }
    status=0
    "${B:-build}/tests/test_$program" >"$work/out" 2>"$work/err" || status=$?
    clean "test_$program"
done

tap_end
