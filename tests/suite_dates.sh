#!/bin/sh
# suite_dates.sh: scenarios with a first day, and the forecast of a run under way as a person types it.
set -u
. tests/tap.sh

cat >"$work/dated.yaml" <<'END'
layers: run
start: 2026-12-01
cluster: {gpu: h100, gpus: 1024}
training: {model: llama3-8b, tokens: 8e12 token, precision: bf16, sequence: 8192 token, global_batch: 1024}
plan: {tp: 1, pp: 1, micro_batch: 1, zero: optimizer, recompute: full}
goals: {deadline: 2026-12-20}
END
flopcast run "$work/dated.yaml" -n 2000 -s 1
is "a run with a first day" "$status" 0
has "its end is a date" "$work/err" 'starts on 2026-12-01 ends on 2026-12-'
has "the deadline is days from the start, its own day included" "$work/err" '2026-12-20 is 20 days'
flopcast run "$work/dated.yaml" --set start=2026-02-30 -n 100
is "the 30th of February is no date" "$status" 2
flopcast run "$work/dated.yaml" --set goals.deadline=2026-11-30 -n 100
is "nor is a deadline before the start one" "$status" 2

printf 'date,steps,interruptions\n2026-12-04,20000,1\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q --json
is "a log that no world explains is said by the status" "$status" 1
has "and in the JSON" "$work/out" '"outside_forecast": true'
printf 'hours,step\n72,x\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q
is "steps that are no number are refused" "$status" 2
printf 'hours,loss\n72,2.1\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q
is "a log without steps is refused" "$status" 2

tap_end
