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

printf 'date,steps\n2026-12-04,250000\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q -o "$work/updated.json"
is "-o writes the answer too" "$status $(grep -c '"end_days_now"' "$work/updated.json")" "0 1"
has "what remains may have a rate of its own" "$work/updated.json" '"end_days_drawn_anew"'
flopcast init --model llama3-70b --gpus 1024xh100 --tokens 12T -o "$work/70b.yaml" -q
printf 'hours,steps,interruptions\n1800,358000,55\n' >"$work/70b.csv"
flopcast update "$work/70b.yaml" --log "$work/70b.csv" -n 3000 -q
has "worlds whose plan does not fit spoil no rate" "$work/out" 'interruptions are at percentile [0-9.]*; 0.[0-9]* a day'
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q -o "$work/log.csv"
is "-o that is the log is refused" "$status $(wc -l <"$work/log.csv")" "2 2"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q --report "$work/updated.html"
is "--report: there is no page of it" "$status" 2

# A count that is none is refused; an empty cell is a count that nobody kept.
printf 'date,steps,failures_gpu,spares\n2026-12-04,250000,many,\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q
is "a count in words: status 2, with its place" "$status $(cat "$work/err")" \
    "2 flopcast: $work/log.csv:2:3: 'failures_gpu' is 'many', which is no count; leave the cell empty where none was kept"
printf 'date,steps,failures_gpu,spares\n2026-12-04,250000,2,-1\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q
is "a negative count: status 2" "$status $(grep -c "log.csv:2:4: 'spares' is '-1'" "$work/err")" "2 1"
printf 'date,steps,failures_gpu,loss\n2026-12-04,250000,n/a,2.1\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q
is "one that was not kept, and a column that nothing needs" "$status" 0
printf 'date,steps\n2026-12-04,-5\n' >"$work/log.csv"
flopcast update "$work/dated.yaml" --log "$work/log.csv" -q
is "fewer steps than none: status 2" "$status $(grep -c "steps is '-5', not a number above 0" "$work/err")" "2 1"
for count in -3 .nan many; do
    printf '{"days": 4, "steps": 250000, "interruptions": "%s"}' $count >"$work/log.json"
    flopcast update "$work/dated.yaml" --log "$work/log.json" -q
    is "$count interruptions in JSON: status 2" "$status $(grep -c 'interruptions is .*, not a number from 0' "$work/err")" "2 1"
done

# What Slurm, Weights & Biases and others write.
cat >"$work/sacct.txt" <<'END'
JobID           JobName      State               Start                 End    Elapsed 
------------ ---------- ---------- ------------------- ------------------- ---------- 
101               train  NODE_FAIL 2026-12-01T08:00:00 2026-12-02T20:00:00 1-12:00:00 
101.batch         batch  CANCELLED 2026-12-01T08:00:00 2026-12-02T20:00:00 1-12:00:00 
102               train CANCELLED+ 2026-12-02T20:30:00 2026-12-04T20:30:00 2-00:00:00 
103               train    RUNNING 2026-12-04T21:00:00             Unknown   11:00:00 
104               train    PENDING             Unknown             Unknown   00:00:00 
END
flopcast update "$work/dated.yaml" --log "$work/sacct.txt" --steps 250000
is "the text of sacct, with the steps beside it" "$status" 0
has "from the first start to now" "$work/out" '^day 4: 2.5e+05 of '
has "what counts as an interruption is said" "$work/err" '3 jobs of sacct over 4 days: 1 ended by a failure.* 1 cancelled'
has "what remains depends on something" "$work/out" "^what remains depends on: the step's own time [0-9]* %"
cp "$work/out" "$work/first"
sed 's/ \{1,\}/|/g; /^---/d' "$work/sacct.txt" >"$work/sacct.bars"
flopcast update "$work/dated.yaml" --log "$work/sacct.bars" --steps 250000 -q
is "sacct -P tells the same" "$(cmp "$work/first" "$work/out" && echo same)" same
flopcast update "$work/dated.yaml" --log "$work/sacct.txt" -q
is "sacct alone knows no steps" "$status" 2
has "which is said" "$work/err" 'give --steps N'
printf 'run - Step,run - _runtime,run - loss\n10,60,3\n250000,345600,2\n' >"$work/wandb.csv"
flopcast update "$work/dated.yaml" --log "$work/sacct.txt" --log "$work/wandb.csv" -q
is "a second log has them" "$(cmp "$work/first" "$work/out" && echo same)" same
printf '_step,_runtime\n10,60\n250000,259200\n' >"$work/earlier.csv"
flopcast update "$work/dated.yaml" --log "$work/earlier.csv" --log "$work/sacct.txt" -q
is "two logs of two moments are refused" "$status" 2
has "with both" "$work/err" 'earlier.csv ends at day 3, .*sacct.txt at day 4: logs of the same moment'
printf '{"days": 4, "steps": 250000, "interruptions": 1, "failures": {"gpu": 1}, "spares_used": 1}' >"$work/log.json"
flopcast update "$work/dated.yaml" --log "$work/log.json" -q --json
is "JSON" "$status" 0
has "classes have their rates" "$work/out" '"interruptions@gpu_per_day_now": 0\.'
has "and spares" "$work/out" '"spares_percentile": 0\.'
printf '{"days": 4, "steps": 250000, "failures": {"gpus": 1}}' >"$work/log.json"
flopcast update "$work/dated.yaml" --log "$work/log.json" -q
is "a class that there is not is refused" "$status" 2
has "with its place" "$work/err" "log.json:1:44: failures: 'gpus' is no class"

tap_end
