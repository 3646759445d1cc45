#!/bin/sh
# suite_value.sh: flopcast value as it is typed: tables, JSON, files, what is refused. Run from the repository root.
set -u
. tests/tap.sh
scenario=openai-aws-38b-contract

flopcast value --help
is "value --help" "$status" 0
for clause in terminate expand extend defer swap reset favoured step-in; do
    has "it names $clause" "$work/out" "^  $clause "
done

flopcast value terminate "$scenario" -n 4000
is "value terminate" "$status" 0
has "the customer's interval" "$work/out" '^for the customer  *[0-9]'
has "the provider's" "$work/out" '^for the provider  *-'
has "with hindsight" "$work/out" '^with hindsight: '
has "the fee at which it is worth nothing" "$work/out" '^worth nothing to the customer when it costs .* or less than 0.1 % of the bills at a fee of '
has "what a month is worth is said" "$work/err" 'price of a new contract of the day'
has "prices move" "$work/err" 'market.paths: true'

flopcast value terminate "$scenario" -n 4000 --json -q
is "the same as JSON" "$status" 0
is "with its interval, in order" "$(python3 -c '
import json, sys
v = json.load(open(sys.argv[1]))
print(v["never"] <= v["customer"]["lower"] <= v["with_hindsight"] and v["customer"]["lower"] <= v["customer"]["upper"]
      and v["customer"]["upper"] <= v["with_hindsight"] + 2.001 * v["with_hindsight_se"], v["clause"], 0 < v["used"] < 1,
      v["customer"]["upper"] - v["customer"]["lower"] < 0.01 * v["bills"])' "$work/out")" "True terminate True True"
cp "$work/out" "$work/first"
flopcast value exit "$scenario" -n 4000 --json -q
is "the same figures again, by its other name" "$(cmp "$work/first" "$work/out" && echo same)" same

flopcast value favoured "$scenario" -n 4000 -q -o "$work/v.csv"
is "a file" "$status" 0
has "of both sides" "$work/v.csv" '^favoured,provider,-'
flopcast value reset "$scenario" -n 4000 -q --set 'contract.reset_every=12 months' --set market.paths=true
is "a reset" "$status" 0
flopcast value expand "$scenario" -n 4000 -q --set 'contract.expansion_month=12 months' --set contract.expansion_share=0.5 \
    --set 'contract.expansion_strike=3 USD/GPU-h'
is "an expansion" "$status" 0
has "its fee is of what it costs" "$work/out" 'of what the addition costs'

flopcast value audit "$scenario"
is "a clause that is not modelled is refused" "$status" 2
has "by name, with those that are" "$work/err" "the clause 'audit' is not modelled; those that are: terminate, expand"
flopcast value expand "$scenario" -q
is "an expansion without terms is refused" "$status" 2
has "with the keys" "$work/err" 'contract.expansion_month'
flopcast value reset "$scenario" -q
has "a reset without dates" "$work/err" 'contract.reset_every'
flopcast value terminate openai-four-clouds
is "four providers are refused" "$status" 2
has "and said" "$work/err" 'one provider'
flopcast value terminate
is "no scenario" "$status" 2
flopcast value terminate nvl72-spares-in-rack
is "no contract" "$status" 2

# --- keys of the price and of discounting ---
flopcast run "$scenario" -n 1000 -q --set contract.escalator=0.03 --set 'contract.reset_every=12 months' --set market.paths=true
is "an escalator beside resets is refused" "$status" 2
has "and why" "$work/err" 'which of them sets the price'
flopcast run "$scenario" -n 1000 -q --set 'contract.reset_every=12 months'
is "a reset needs a market" "$status" 2
has "and says so" "$work/err" 'add market.paths: true'
tap_end
