#!/bin/sh
# suite_usual.sh: values that are allowed and hardly meant, one of each kind, get one warning that says what was read, what is
# usual and what to check (host/language/usual.def); what comes with the program gets none. Run from the repository root.
set -u
. tests/tap.sh

# Each: what is typed, and the warning behind its place.
small="--model llama3-8b --gpus 64xh100"
warned() {
    what=$1 says=$2
    shift 2
    flopcast "$@" -n 20 -q -b cpu
    is "$what: taken" "$status" 0
    is "and warned of once" "$(grep -c 'usual is' "$work/err")" 1
    has "by name" "$work/err" "warning: $says"
}
# shellcheck disable=SC2086
{
    warned "tokens without their B or T" 'training.tokens is 1.2e+07 token; usual is 1e+09 to 3e+14 token (.*T for 1e12' \
        run $small --tokens 12M
    warned "a batch in tokens" 'training.global_batch is 4e+06; .*counts sequences, not tokens' run $small --tokens 1T --batch 4000000
    warned "a percentage for a share" 'operation.overhead is 10; usual is 0 to 3 (.*0.1 or 10 % for a tenth' \
        run $small --tokens 1T --set operation.overhead=10
    warned "the price of a day or a node" 'prices.gpu_hour is 250 USD/GPU-h; ' run $small --tokens 1T --gpu-hour '250 USD'
    warned "the price in other money" 'prices.gpu_hour is 0.035 USD/GPU-h; ' run $small --tokens 1T --gpu-hour '0.035 USD'
    warned "a budget without its M" 'goals.budget is 20 USD; .*M USD' run $small --tokens 1T --budget '20 USD'
}
warned "a contract's value without its M" 'contract.value is 500 USD; usual is 1e+05 to 1e+13 USD .*M USD or B USD' \
    run openai-aws-38b-contract --set 'contract.value=500 USD'
warned "the median of a distribution" 'energy.it_power_per_gpu is [0-9.]* kW in the median; usual is 0.1 to 10 kW .*not W' \
    run rent-or-own --set 'energy.it_power_per_gpu=pert(30, 50, 80) kW'
flopcast run rent-or-own -n 20 -q --json --set 'contract.value=500 USD'
has "the JSON keeps it" "$work/out" '"id": "unusual-value"'
flopcast show contract.value
has "show KEY says what is usual" "$work/out" '  usual  *100000 to 1e+13 in the median'

for path in scenarios/*.yaml; do
    "$FLOPCAST" run "$path" -n 1 -q 2>&1 >/dev/null | grep 'usual is' | sed "s|^|$path: |"
done >"$work/shipped"
is "no scenario that comes with the program is warned of" "$(cat "$work/shipped")" ""
tap_end
