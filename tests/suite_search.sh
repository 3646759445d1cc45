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
# what waits in the memory of the host
cat >"$work/tight.yaml" <<'END'
layers: step
cluster: {gpu: h100, gpus: 8}
training: {model: llama3-70b, sequence: 4096, global_batch: 32}
plan: {tp: 8, micro_batch: 1, zero: none}
END
flopcast step "$work/tight.yaml" -q
is "a plan that does not fit on the GPU" "$status" 2
flopcast step "$work/tight.yaml" --set plan.offload=optimizer -q
is "fits with the optimizer in the memory of the host" "$status" 0
has "whose time is a part of the step" "$work/out" '^ *offloading to the host, exposed  *[0-9.]* s'
has "and whose bytes are said" "$work/out" '^memory of the host: [0-9.]* GB of 250 GB per GPU$'
flopcast search "$work/tight.yaml" --keep --set plan.offload=auto $quick --json
is "a search takes it when asked" "$(sed -n 's/^ *"offload": "\(.*\)",*$/\1/p' "$work/out" | head -1)" optimizer
flopcast search "$work/tight.yaml" --keep --set plan.offload=auto $quick --emit megatron -o "$work/away.yaml"
has "settings have it" "$work/out" '^--optimizer-cpu-offload$'
has "and the scenario that is written" "$work/away.yaml" '^ *offload: "*optimizer"*$'
flopcast step "$work/away.yaml" -q
is "which runs" "$status" 0
refused "a GPU whose link to its host is not known" 2 "flopcast: --set:1:14: the catalog does not say how fast the h800 reaches the memory of its host, nor how large that is (host_link_bytes_per_s, host_memory_bytes, host_memory_bytes_per_s); state them in a catalog of your own, or offload nothing" \
    step "$work/tight.yaml" --set cluster.gpu=h800 --set plan.offload=optimizer -q
flopcast step "$work/tight.yaml" --set plan.tp=2 --set plan.offload=all -q
is "more than the host holds is refused" "$status" 2
has "with how much that is" "$work/err" 'what the plan keeps in host memory does not fit there: [0-9]* GB of 250 GB per GPU (plan.offload); offload less'
refused "a word that is none" 2 "flopcast: --set:1:14: plan.offload: 'disk' is not one of none, optimizer, activations, optimizer+activations, weights, optimizer+weights, activations+weights, all" \
    step "$work/tight.yaml" --set plan.offload=disk -q
# which groups lie inside a node
cat >"$work/pipes.yaml" <<'END'
layers: step
cluster: {gpu: h100, gpus: 64}
training: {model: llama3-8b, sequence: 8192, global_batch: 64}
plan: {tp: 2, pp: 4, micro_batch: 1, zero: optimizer}
END
flopcast step "$work/pipes.yaml" --set plan.order=tp-pp-dp --json
is "stages may lie inside a node" "$(sed -n 's/^ *"pp": *\([0-9.e-]*\).*/\1/p' "$work/out" | head -1 | awk '{ print ($1 < 0.005) }')" 1
flopcast search "$work/pipes.yaml" --keep --set plan.order=auto $quick --json
is "a search tries all orders" "$(sed -n 's/^ *"order": "\(.*\)",*$/\1/p' "$work/out" | sort -u | wc -l | awk '{ print ($1 > 1) }')" 1
flopcast search "$work/pipes.yaml" --set plan.order=tp-pp-dp --keep $quick --emit megatron
has "settings have it" "$work/out" '^--use-tp-pp-dp-mapping$'
flopcast search "$work/pipes.yaml" --set plan.order=dp-pp-tp --keep $quick --emit torchtitan
has "or say that they have not" "$work/out" '^# ranks in the order dp-pp-tp are no option of this version; they lie tp-dp-pp$'
flopcast step "$work/pipes.yaml" --set plan.order=tp-pp-dp --set plan.pp=1 -q
has "an order without effect is said" "$work/err" 'plan.order has no effect as stated: with sizes of 1 another order lays the groups as it does'
refused "a word that is no order" 2 "flopcast: --set:1:12: plan.order: 'pp-dp' is not one of tp-dp-pp, tp-pp-dp, dp-tp-pp, pp-tp-dp, dp-pp-tp, pp-dp-tp; did you mean 'pp-dp-tp'?" \
    step "$work/pipes.yaml" --set plan.order=pp-dp -q
flopcast step "$work/pipes.yaml" --set training.model=mixtral-8x7b --set plan.ep=8 --set plan.order=tp-pp-dp -q
is "experts that lie across data parallel ranks" "$status" 2
has "go with one order" "$work/err" 'plan.ep 8 x plan.expert_tp 1 must be plan.tp 2 x plan.cp 1; change the sizes, or take plan.order: tp-dp-pp'
# contenders and finalists run on the device that is asked for; all but its name and the clock is the same
on() { flopcast search "$work/open.yaml" $quick --json --seed "$2" -b "$1"; grep -v '"command_line"\|"backend"\|"wall_s"\|"search_s"\|"file_hash"' "$work/out" >"$work/on.$1.$2"; }
on cpu 1
on opencl 1
if [ "$status" = 0 ]; then
    is "a search on OpenCL is that on the CPU" "$(cmp "$work/on.cpu.1" "$work/on.opencl.1" && echo same)" same
    on opencl 2
    is "and other worlds would be noticed" "$(cmp -s "$work/on.cpu.1" "$work/on.opencl.2" && echo same)" ""
else
    skip "a search on OpenCL is that on the CPU" "no OpenCL device"
fi
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
