#!/bin/sh
# suite_search.sh: the search for a plan as a person types it. Run from the repository root.
set -u
. tests/tap.sh

cat >"$work/open.yaml" <<'END'
# Half a thousand: what a quarter's
# budget buys.
name: open
layers: run
cluster: {gpu: gb200, gpus: 512}

# as the paper trains it
training: {model: qwen3-30b-a3b, tokens: 1e12, precision: fp8, sequence: 4096, global_batch: 1024}
goals:
  deadline: 90 days # agreed in May
# plan: {tp: 1}
END
quick="--contenders 12 --finalists 4 -n 1000 -q"

flopcast search "$work/open.yaml" $quick --json
from() { awk -v key="\"$1\"" '$1 == key ":" { in_it = 1 } in_it && /"from"/ { gsub(/[",]/, "", $2); print $2; exit }' "$work/out"; }
is "the ledger says of the plan that the search found it, and what the scenario states" \
    "$(from plan.tp) $(from plan.zero) $(from plan.schedule) $(from cluster.gpus)" "search search search scenario"
is "search ends well" "$status" 0
days=$(sed -n 's/.*"figure": \([0-9.e+]*\).*/\1/p' "$work/out")
is "finalists are ranked by the days of the run" "$(echo "$days" | sort -g)" "$days"
sed 's/tokens: 1e12/wall: 20 days/' "$work/open.yaml" >"$work/watched.yaml"
flopcast search "$work/watched.yaml" $quick --json
is "a run watched for a time is ranked by what a token costs" "$(member "$work/out" by)" "p50(cost_per_mtoken_usd)"
flopcast search "$work/watched.yaml" $quick --by 'p50(wall_clock_days)'
has "and a figure that is the same for all is said to part none" "$work/out" '^Every finalist has the same p50(wall_clock_days): rank by another figure'
flopcast search "$work/open.yaml" $quick --json
is "a share of the worlds is won by each" "$(sed -n 's/^ *"p_best": \([0-9.e-]*\).*/\1/p' "$work/out" | awk '{s += $1} END {print (s > 0.999 && s < 1.001)}')" 1
best=$(sed -n 's/.*"step_time_s_p50": \([0-9.e+]*\).*/\1/p' "$work/out" | head -1)

flopcast search "$work/open.yaml" $quick -o "$work/best.yaml" --emit megatron
is "search writes a scenario and settings" "$status" 0
is "the comments of the scenario are kept where they were" "$(sed -n '5,7p;/^# as/,/^training/p;/agreed/p' "$work/best.yaml")" "# Half a thousand: what a quarter's
# budget buys.
name: \"open\"
# as the paper trains it
training:
  deadline: \"90 days\" # agreed in May"
is "the one behind the last key too" "$(tail -1 "$work/best.yaml")" "# plan: {tp: 1}"
has "and the head says what is not" "$work/best.yaml" '^# its comments are kept but for those behind values that the plan replaced'
has "the settings name their version" "$work/out" '^# Megatron-LM d98e8a6'
has "and hold the layout" "$work/out" '^--expert-model-parallel-size '
flopcast run "$work/best.yaml" -n 2000 -s 1 -q --json
is "what was written runs" "$status" 0
is "and takes no plan by itself" "$(grep -c plan-searched "$work/out")" 0
flopcast search "$work/best.yaml" $quick --json
is "the found plan is found again, beside itself as stated" \
    "$(sed -n 's/.*"step_time_s_p50": \([0-9.e+]*\).*/\1/p' "$work/out" | head -1)" "$best"
is "marked as the stated one" "$(grep -c '"stated": true' "$work/out")" 1
is "and once" "$(grep -c '"plan":' "$work/out")" 12
flopcast search "$work/open.yaml" $quick -o "$work/best.yaml"
is "a file that is there is not overwritten" "$status" 2
has "and named, before the search" "$work/err" 'best.yaml: cannot be written (it exists; take another name)'
is "nothing is left beside it" "$(ls -A "$work" | grep -c 'best.yaml')" 1

flopcast search gb300-nvl72-frontier $quick --by 'mean(cost_usd)' --json
is "search by cost" "$(sed -n 's/.*"by": "\(.*\)".*/\1/p' "$work/out")" "mean(cost_usd)"
better=$(sed -n 's/.*"figure": \([0-9.e+]*\).*/\1/p' "$work/out" | head -1)
flopcast run gb300-nvl72-frontier -n 1000 -q --json
stated=$(sed -n '/"cost_usd": {/,/}/s/.*"mean": \([0-9.e+]*\).*/\1/p' "$work/out" | head -1)
is "what is found costs no more than what is stated" "$(awk "BEGIN {print $better <= $stated * 1.000001}")" 1

flopcast run "$work/open.yaml" -n 100
is "a run with an open plan" "$status" 0
has "says which one it took" "$work/err" 'note: the plan was not stated, so it was searched: '
for software in megatron nemo torchtitan; do
    flopcast search "$work/best.yaml" $quick --keep --emit $software
    is "settings for $software" "$status" 0
done
flopcast search "$work/best.yaml" $quick --keep --json
is "--keep keeps what is stated" "$(grep -c '"plan":' "$work/out")" 1
flopcast search "$work/best.yaml" $quick --keep --set plan.micro_batch=auto --set plan.recompute=auto --json
is "and searches what is left open beside it" "$(sed -n 's/^ *"plans": \([0-9]*\).*/\1/p' "$work/out" | awk '{print ($1 > 2)}')" 1
refused "settings for something else" 2 "flopcast: --emit 'x' is not one of megatron, nemo, torchtitan" search open --emit x
flopcast search --model llama3-8b --gpus 64xh100 --tokens 1T --contenders 4 --finalists 2 -n 500 -b cpu -o "$work/quick.yaml"
is "search takes a model, GPUs and tokens as run does" "$status $(grep -c 'ERR' "$work/err")" "0 0"
flopcast run "$work/quick.yaml" -n 20 -q -b cpu
is "and what it writes runs" "$status" 0
refused "but not beside a scenario" 2 "flopcast: 'open' is a scenario, and --model, --gpus, --tokens and what goes with them (--deadline, --budget, --gpu-hour ...) describe another; give one (--set goals.deadline='60 days' changes a value of a file)" \
    search open --model llama3-8b --gpus 64xh100 --tokens 1T -q
refused "a probability that is none" 2 "flopcast: --fits '2' is not a probability from 0 to below 1" search open --fits 2
refused "a precision that is none" 2 "flopcast: --precision 'fp9' is not a list of bf16, fp8, mxfp8, nvfp4" search open --precision fp9
printf 'layers: step\ncluster: {gpu: h100, gpus: 1}\ntraining: {model: llama3-405b, sequence: 8192, global_batch: 1}\n' >"$work/small.yaml"
flopcast search "$work/small.yaml" -q
is "nothing fits on one GPU" "$status" 2
has "and how near it came is said" "$work/err" 'plans fits in memory in 90 of 100 worlds'
tap_end
