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
