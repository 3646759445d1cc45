#!/bin/sh
# suite_said.sh: what would mislead in silence is said: keys that act on nothing, values of a sweep or a shock that are out of the
# usual, what a title is of, where a figure comes from. Run from the repository root.
set -u
. tests/tap.sh
aws=openai-aws-38b-contract

# --- keys of a plan that meet nothing they could act on ---
printf 'layers: step\ncluster: {gpu: gb300, gpus: 288, domain: 72}\ntraining: {model: llama3-8b, precision: bf16, sequence: 8192, global_batch: 288}\nplan: {tp: 1, pp: 1, micro_batch: 1, zero: parameters}\n' >"$work/dense.yaml"
flopcast step "$work/dense.yaml" -q
is "a plan without such keys has no warning" "$(cat "$work/err")" ""
for key in plan.expert_overlap plan.recompute_mla_up plan.tp_overlap training.fused_experts; do
    flopcast step "$work/dense.yaml" -q --set "$key=true"
    has "$key on a dense model is warned of" "$work/err" "warning: $key has no effect as stated: "
    flopcast step "$work/dense.yaml" -q --set "$key=false"
    is "switched off it is not" "$(cat "$work/err")" ""
done
flopcast step "$work/dense.yaml" -q --set plan.offload_layers=40
has "more layers than a stage has" "$work/err" 'plan.offload_layers has no effect as stated: a stage has fewer layers'

# --- a larger NVLink domain never slows the step: the network of a rack is a rack's, however many of its GPUs are used ---
last=1e9 order=
for domain in 4 8 12 24 72; do
    flopcast step "$work/dense.yaml" -q --json --set cluster.domain=$domain
    now=$(member "$work/out" step_time_s)
    order=$order$(awk "BEGIN { print ($now <= 1.0001 * $last) ? \"+\" : \"-\" }")
    last=$now
done
is "a step in domains of 4, 8, 12, 24 and 72 GPUs" "$order" "+++++"

# --- values of a sweep, shocks ---
flopcast sweep $aws prices.gpu_hour='3,300 USD' --of cost_usd -n 200 -q -b cpu
has "a sweep warns of a value behind the first" "$work/err" '^flopcast: at 300 USD: warning: prices.gpu_hour is 300 USD/GPU-h; usual is'
flopcast stress $aws --of cost_usd --above '1 USD' --shock 'prices.gpu_hour=300 USD' -n 200 -q -b cpu
has "so does a shock" "$work/err" 'warning: prices.gpu_hour is 300 USD/GPU-h; usual is'
flopcast sweep --model llama3-8b --gpus 64xh100 --tokens 100B cluster.gpus=64,128 --set plan='{tp: 2}' --of wall_clock_days -n 50 -q -b cpu
has "a title of one value names the last too" "$work/out" '^llama3-8b on 64 h100, and with cluster.gpus up to the last value, 128: 50 trials'
flopcast sweep $aws prices.gpu_hour='3,4 USD' --of cost_usd -n 200 -q -b cpu
has "another stays as it is" "$work/out" '^openai-aws-38b-contract: 200 trials'

# --- a deadline as a date ---
printf 'layers: run\nstart: 2027-01-01\ntraining: {work: 30 days}\ncluster: {gpus: 64, node: 8, domain: 8, spare_nodes: 0}\nreliability: {gpu_mtbf: 1e4 h, job_mtbf: 0, swap_probability: 0, restart: 600 s, detection: 60 s}\ncheckpoint: {stall: 1 s}\noperation: {maturity: none}\nprices: {gpu_hour: 3 USD}\nenergy: {it_power_per_gpu: 1 kW, load_factor: 0.5, pue: 1.2}\ngoals: {deadline: 2027-02-10}\n' >"$work/dated.yaml"
flopcast sweep "$work/dated.yaml" goals.deadline=2027-01-30..2027-02-09:5 --of deadline_met -n 200 -q -b cpu
is "a sweep over dates" "$status $(sed -n 's/^\(2027-[0-9-]*\) .*/\1/p' "$work/out" | tr '\n' ' ')" "0 2027-01-30 2027-02-04 2027-02-09 "
flopcast solve "$work/dated.yaml" --for goals.deadline=2027-01-15..2027-03-01 --target 'deadline_met>=0.9' -n 2000 -q -b cpu
has "solve finds the day" "$work/out" '^goals.deadline = 2027-0[12]-[0-9]* is the smallest value that reaches it'
found=$(sed -n 's/^goals.deadline = \([0-9-]*\) is the smallest.*/\1/p' "$work/out")
flopcast run "$work/dated.yaml" --set goals.deadline="$found" -n 2000 -q -b cpu --json
is "and a run with that day keeps it so often" \
    "$(sed -n '/"deadline_met"/,/}/s/.*"p": \([0-9.]*\).*/\1/p' "$work/out" | awk '{ print ($1 >= 0.9) ? "yes" : $1 }')" yes
refused "ends of two kinds" 2 "flopcast: goals.deadline: no date follows '..' in '2027-01-15..40 days'; write it as 2027-06-01" \
    solve "$work/dated.yaml" --for 'goals.deadline=2027-01-15..40 days' --target 'deadline_met>=0.9'

# --- the mean power of a run: 64 GPUs x 1 kW x 0.5 x 1.2 ---
flopcast run "$work/dated.yaml" --set cluster.spare_nodes=0 -n 200 -q -b cpu --json
is "the JSON has a run's mean power" "$(member "$work/out" run_power_mean_mw | awk '{ printf "%.4f", $1 }')" 0.0384
flopcast run "$work/dated.yaml" --set cluster.spare_nodes=0 -n 200 -q -b cpu
has "so has the table, with what it includes" "$work/out" '^mean power while the run lasts: 0.0384 MW at the meter'
flopcast run $aws -n 50 -q -b cpu
is "a contract has its own" "$(grep -c 'while the run lasts' "$work/out")" 0
tap_end
