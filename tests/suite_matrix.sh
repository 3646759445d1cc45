#!/bin/sh
# suite_matrix.sh: one question has one answer. Every two scenarios or commands that answer the same question at equal
# inputs agree within 10 % at P5, P50 and P95, and layers and commands that share their worlds within the simulation's
# error. Run from the repository root.
set -u
. tests/tap.sh

# figure FILE METRIC KEY: a figure of a metric in printed JSON, or the figure KEY itself where METRIC is -.
figure() {
    awk -v metric="\"$2\": {" -v key="\"$3\":" '
        index($0, metric) { inside = 1 }
        (inside || metric == "\"-\": {") && $1 == key { sub(/,$/, "", $2); print $2; exit }
    ' "$1"
}

# near WHAT A B PERCENT: both are numbers, and they agree.
near() {
    if awk -v a="$2" -v b="$3" -v p="$4" 'BEGIN {
            exit !(a ~ /^-?[0-9]/ && b ~ /^-?[0-9]/ && (a > b ? a - b : b - a) <= p / 100 * (b < 0 ? -b : b)) }'; then
        pass "$1"
    else
        fail "$1" "$2 against $3, more than $4 %"
    fi
}

# agree WHAT A.json B.json PERCENT METRIC...: at all three quantiles
agree() {
    what=$1 a=$2 b=$3 percent=$4
    shift 4
    for metric in "$@"; do
        for key in p5 p50 p95; do
            near "$what: $metric at $key" "$(figure "$a" "$metric" "$key")" "$(figure "$b" "$metric" "$key")" "$percent"
        done
    done
}

# answer NAME ARGUMENTS...: the printed JSON as $work/NAME.json
answer() {
    name=$1
    shift
    "$FLOPCAST" "$@" >"$work/$name.json" 2>"$work/err" </dev/null ||
        fail "answer $name" "flopcast $*" "$(head -5 "$work/err")"
}

deal=openai-aws-38b alone=openai-aws-38b-contract
answer all run $deal -n 8000 --json
answer alone run $alone -n 40000 --json

near "a figure that is wrong is seen" 1 "$(awk 'BEGIN { print 1 / 1.09 }')" 10
if (near planted 1.12 1 10; exit "$failures") >/dev/null; then fail "a planted difference passes"; else pass "and a planted one too"; fi

# The contract with its step and timeline, and the contract alone with the speed found there.
agree "all layers and the contract alone" "$work/all.json" "$work/alone.json" 10 \
    useful_flop run_cost_usd@5e26 run_cost_usd@6e27 run_days@5e26 run_energy_mwh@5e26 cost_per_used_gpu_hour_usd \
    cost_per_1e24_flop_usd runs_final@5e26 gpu_hours energy_mwh paid_usd revenue_usd npv_usd

# The same worlds, followed less far.
answer run run $deal -n 8000 --json --set layers=run
answer step run $deal -n 8000 --json --set layers=step
agree "all layers and the run" "$work/all.json" "$work/run.json" 2 wall_clock_days goodput interruptions mfu step_time_s
agree "the run and the step" "$work/run.json" "$work/step.json" 0.001 step_time_s mfu tokens_per_s tflops_per_gpu
near "run_days is what the run takes" "$(awk -v a="$(figure "$work/run.json" wall_clock_days p50)" 'BEGIN { print 5 * a }')" \
    "$(figure "$work/all.json" run_days@5e26 p50)" 10

# Commands about a step, a plan and a run.
answer steps step $deal --json
for key in p5 p50 p95; do
    near "step and run: seconds of a step at $key" "$(figure "$work/steps.json" step_time_over_worlds_s $key)" \
        "$(figure "$work/step.json" step_time_s $key)" 2
done
answer found search $deal --keep --json -n 2000 --set layers=run
for key in p5 p50 p95; do
    near "search and run: seconds of a step at $key" "$(figure "$work/found.json" - step_time_s_$key)" \
        "$(figure "$work/step.json" step_time_s $key)" 2
done
near "search and run: days" "$(figure "$work/found.json" - figure)" "$(figure "$work/run.json" wall_clock_days p50)" 3

# Commands about a contract.
answer swept sweep $alone contract.years=5,7 --of run_cost_usd@5e26 --of useful_flop -n 40000 --json
sed -n '/"rows"/,$p' "$work/swept.json" | sed -n '/"value": 7/,$p' >"$work/seven.json"
agree "sweep and run" "$work/seven.json" "$work/alone.json" 0.5 run_cost_usd@5e26 useful_flop
for key in p5 p50 p95; do
    answer solved solve $alone --for contract.years=7..8 --target "$key(run_cost_usd@5e26)<=9 B USD" -n 40000 --json
    near "solve and run: cost of a run at $key" "$(figure "$work/solved.json" - figure_there)" \
        "$(figure "$work/alone.json" run_cost_usd@5e26 $key)" 0.5
done
answer paired compare $alone $alone --json -n 40000
for metric in useful_flop run_cost_usd@5e26 energy_mwh; do
    near "compare and run: mean of $metric" "$(figure "$work/paired.json" $metric mean_a)" \
        "$(figure "$work/alone.json" $metric mean)" 0.5
done

# Two scenarios of one contract, where the second provider has no share.
answer single run openai-aws-azure --set provider2.share=0 --set 'contract.value=38 B USD' --set contract.catch_up=true \
    -n 40000 --json
agree "one of two clouds and the contract alone" "$work/single.json" "$work/alone.json" 10 \
    useful_flop run_cost_usd@5e26 run_days@5e26 energy_mwh gpu_hours paid_usd cost_per_used_gpu_hour_usd
tap_end
