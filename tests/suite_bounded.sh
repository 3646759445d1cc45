#!/bin/sh
# suite_bounded.sh: whatever the scenario, a run ends: worlds that would take for ever are given up and said to be,
# Ctrl-C ends a run within a second or two, and what a run waits for stands first.
set -u
. tests/tap.sh

# an interruption every 2 ms of a run of 500 hours: 578 s for 1,000 worlds when each event was followed
begin=$(date +%s)
flopcast run anchor-daly -n 256 -b cpu -q --json --set cluster.gpus=1e7
is "a hopeless run ends" "$status" 0
is "within a minute" "$([ $(($(date +%s) - begin)) -lt 60 ] && echo yes)" yes
has "and is said to have no end" "$work/err" "warning: .*is given up and counts as one that does not finish"
has "its worlds are counted as unfinished" "$work/err" "warning: 100 % of the worlds do not finish"
has "also in the JSON" "$work/out" '"not-finished"'

# 99 % of the worlds fit: the others have no end for that reason, not because a run is cut
flopcast run --model llama3-405b --gpus 4608xgb300 --tokens 15T --precision fp8 --sequence 8192 --batch 2304 -n 2000 -b cpu \
    --set plan.tp=4 --set plan.pp=4 --set plan.vpp=16 --set plan.micro_batch=2 --set plan.zero=gradients -o "$work/unfit.json"
has "worlds in which a job does not fit are said by name" "$work/err" 'warning: the job does not fit in the memory of its GPUs in [0-9.]* % of the worlds'
is "not as runs that are cut" "$(grep -c 'do not finish' "$work/err")" 0
has "in the table too" "$work/out" 'never in [0-9.]* % of the worlds: the job does not fit in memory;'
is "and nowhere else" "$(grep -c 'the run does not end\|: no value' "$work/out")" 0
has "and in the JSON" "$work/unfit.json" '"without_value": "the job does not fit in memory"'
flopcast run --model llama3-405b --gpus 4608xgb300 --tokens 15T --precision fp8 --sequence 8192 --batch 2304 -n 2000 -b cpu
has "a plan that is searched fits" "$work/err" 'the fastest that fits in memory in 99.999 % of the worlds'
has "in all worlds" "$work/out" 'P(fits_in_memory)  *100'

# Ctrl-C
for scenario in "anchor-daly --set cluster.gpus=1e7" "gb300-nvl72-frontier --set training.flop=1e32"; do
    # shellcheck disable=SC2086
    $interruptible timeout -k 1 60 "$FLOPCAST" run $scenario -n 1e8 -b cpu -q >"$work/out" 2>"$work/err" &
    pid=$!
    sleep 3
    begin=$(date +%s%N)
    kill -INT $pid
    wait $pid
    took=$((($(date +%s%N) - begin) / 1000000))
    is "Ctrl-C ends $scenario within 2 s" "$([ $took -lt 2000 ] && echo yes || echo "$took ms")" yes
done

# a job that waits for racks
flopcast run gb300-nvl72-frontier -n 200 -b cpu -q --set cluster.spare_racks=0 --set cluster.shortage=wait
has "what a run waits for is said first" "$work/err" "waiting for racks and trays takes [0-9]* % of the time: cluster.spare_racks is 0"
flopcast run gb300-nvl72-frontier -n 200 -b cpu -q
is "and not where it does not wait" "$(grep -c waiting "$work/err")" 0

tap_end
