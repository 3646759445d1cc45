#!/bin/sh
# suite_assumed.sh: the defaults that decide an answer are named in one note before it (host/compile/assumed.def), the weightiest
# first, and go when they are stated. Run from the repository root.
set -u
. tests/tap.sh

cat >"$work/deal.yaml" <<'E'
layers: contract
cluster: {gpu: gb200}
prices: {gpu_hour: 3.50 USD}
contract: {value: 500 M USD, years: 3, ramp: 9 months, prepayment: 25 %}
finance: {revenue: per_gpu_hour, revenue_per_gpu_hour: 6 USD}
E
assumed() {
    grep 'note: not stated, taken from the catalog' "$work/err"
}
flopcast run "$work/deal.yaml" -n 20 -b cpu
is "one note" "$(assumed | wc -l | tr -d ' ')" 1
has "the share that trains comes first of the money" "$work/err" 'for the money: contract.training_share = pert(0.3, 0.6, 0.8) (only the rest of the capacity earns; Epoch AI'
has "with the others" "$work/err" 'finance.other_costs = .*contract.extras = pert(0.03, 0.08, 0.25) (on top of the price; .*estimate)'
has "the MFU of the runs, and whose it is" "$work/err" 'For the runs: .*contract.mfu = quantiles([^;]*(blackwell-bf16-mixture'
has "and where to see the rest" "$work/err" "or see 'flopcast show --assumptions SCENARIO'"
flopcast run "$work/deal.yaml" -n 20 -b cpu --set contract.training_share=0 --set contract.extras=0
has "what is stated is not in it" "$work/err" 'for the money: finance.other_costs'
is "nowhere" "$(assumed | grep -c 'training_share\|contract.extras')" 0
flopcast run "$work/deal.yaml" -n 20 -b cpu -q --json
is "-q leaves it out on stderr" "$(assumed | wc -l | tr -d ' ')" 0
has "and in the JSON it stays" "$work/out" '"id": "assumed"'
flopcast run --model llama3-8b --gpus 64xh100 --tokens 1T -n 20 -b cpu
has "of a run the cost" "$work/err" 'for the cost: prices.gpu_hour = '
has "and the date" "$work/err" 'For the date: operation.overhead = '
flopcast run --model llama3-8b --gpus 64xh100 --tokens 1T -n 20 -b cpu --gpu-hour '3 USD' --set operation.maturity=none
is "which goes when it is stated" "$(assumed | grep -c 'gpu_hour\|operation')" 0
flopcast step --model llama3-8b --gpus 64xh100 --tokens 1T
is "a step has neither" "$(assumed | wc -l | tr -d ' ')" 0
tap_end
