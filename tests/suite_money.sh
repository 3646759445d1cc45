#!/bin/sh
# suite_money.sh: taxes, the provider's books, what serves, tails and two targets as they are typed. Run from the repository root.
set -u
. tests/tap.sh
deal=take-or-pay-500m

# --- taxes and books ---
flopcast run "$deal" -n 2000 -q --json
digest=$(member "$work/out" digest)
is "no taxes unless asked" "$(grep -c "tax_usd" "$work/out")" 0
flopcast run "$deal" -n 2000 -q --set finance.tax=true --set finance.provider_books=true
is "taxes and books" "$status" 0
for name in tax_usd npv_after_tax_usd irr_after_tax payback_after_tax_months balance_after_tax_usd 'P(pays_back_after_tax)' \
    provider_receipts_usd provider_capital_usd provider_margin provider_npv_usd break_even_price_usd debt_cover_lowest \
    'P(provider_gains)' 'P(both_gain)'; do
    has "it prints $name" "$work/out" "^$name"
done
has "under a heading of its own" "$work/out" "^-- the provider's side of the contract"
flopcast flows "$deal" -n 200 --set finance.tax=true --set finance.provider_books=true
has "flows: taxes" "$work/out" '^tax_usd '
has "flows: the provider's costs" "$work/out" '^provider_costs_usd '
flopcast show finance
has "the keys are explained" "$work/out" 'finance.bonus_depreciation'
flopcast show finance.tax_losses
has "with their source" "$work/out" '26 USC 172'
flopcast run "$deal" -n 100 --set finance.depreciation=macrs_9
is "an unknown class is refused" "$status" 2
has "and those that are known named" "$work/err" 'macrs_5'

# --- what serves ---
flopcast run "$deal" -n 100 --set finance.revenue=per_gpu_hour
is "revenue by the hour needs its price" "$status" 2
has "and says so" "$work/err" 'finance.revenue_per_gpu_hour is not stated'
flopcast run "$deal" -n 2000 -q --set finance.revenue=per_token --set 'finance.token_price=0.5 USD' --set finance.tokens_per_s=8000
is "revenue by the token" "$status" 0
has "hours that earn" "$work/out" '^gpu_hours_earning'

# --- tails ---
flopcast run "$deal" -n 8000 -q --tail 1
has "--tail: a column" "$work/out" 'worst 1 %'
has "and what it is" "$work/out" 'expected shortfall'
flopcast run "$deal" -n 8000 -q --tail 1 --json -o "$work/tail.json"
is "--tail: JSON" "$(python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
m = r["metrics"]["npv_usd"]
print(m["tail_share"], m["cvar_tail"] < m["cvar_worst5"] < m["p5"], 0 < m["cvar_tail_se"] < 0.05 * abs(m["cvar_tail"]))' "$work/tail.json")" \
    "0.01 True True"
flopcast merge "$work/tail.json" --tail 2
has "merge --tail" "$work/out" 'worst 2 %'
flopcast run "$deal" -n 2000 -q --json
is "a run without it is as before" "$(member "$work/out" digest)" "$digest"
flopcast run "$deal" -n 100 --tail 60
is "--tail 60 is refused" "$status" 2
has "with what is allowed" "$work/err" 'above 0 and at most 50'
flopcast run "$deal" -n 2e5 -q -t 2 --tail 'peak_cash_need_usd > 290 M USD'
is "--tail with a value" "$status" 0
has "two methods" "$work/out" '^importance sampling'
has "one probability, with a range" "$work/out" '^P = .*, once in .* worlds, between'
flopcast run "$deal" -n 2e5 -q --tail 'peak_cash_need_usd>290 M USD' --json
is "as JSON, the same for one thread and two" "$(member "$work/out" verdict) $(member "$work/out" probability | cut -c1-5)" \
    "agree $(flopcast run "$deal" -n 2e5 -q -t 1 --tail 'peak_cash_need_usd > 290 M USD' --json && member "$work/out" probability | cut -c1-5)"
flopcast run default-in-2028 -n 2e5 -q --tail 'customer_defaults >= 2'
is "what no world reaches is not known" "$status" 1
has "and how much it can be is said" "$work/out" '^P lies between 0 and 2e-05: 0 of 2e+05 worlds'
flopcast run "$deal" -n 2e5 --tail 'npv_usd < 3 GB'
is "--tail in another unit is refused" "$status" 2
flopcast run "$deal" -n 2e5 --tail 'npv_us < 3 B USD'
is "--tail of no metric is refused" "$status" 2
has "and the nearest named" "$work/err" 'npv_usd'
flopcast run gb300-nvl72-frontier -n 2e5 -q --tail 'wall_clock_days > 300'
is "--tail of a run is refused" "$status" 2
has "with what to do" "$work/err" 'layers: contract'
flopcast run "$deal" -n 2e5 --tail 'npv_usd < -3 B USD' -b opencl
is "--tail on another device is refused" "$status" 2
flopcast run "$deal" -n 2e5 --tail 'npv_usd < -3 B USD' --until 'mean(npv_usd) 1%'
is "--tail beside --until is refused" "$status" 2
flopcast value expand sign-or-wait -q -n 2000 --set clause.rights=3 --set 'contract.expansion_month=12 months' \
    --set contract.expansion_share=0.3 --set 'contract.expansion_strike=3.60 USD/GPU-h'
has "a right that may be used several times" "$work/out" 'times of at most 3 in the mean'
flopcast compare "$deal" sign-or-wait -n 8000 -q --of npv_usd --tail 1
has "compare --tail" "$work/out" '^mean of the worst 1 % of the worlds'
flopcast compare "$deal" sign-or-wait -n 8000 -q --of npv_usd --tail 1 --json
is "compare --tail: JSON" "$(python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
side = r["metrics"]["npv_usd"]["sides"][1]
print(r["tail_share"], "cvar_tail" in side, "cvar_tail_difference_se" in side)' "$work/out")" "0.01 True True"
flopcast compare "$deal" "$deal" -n 8000 -q --of npv_usd --tail 1 --json
is "a scenario and itself do not differ" "$(python3 -c '
import json, sys
side = json.load(open(sys.argv[1]))["metrics"]["npv_usd"]["sides"][1]
print(side["cvar_tail_difference"], side["cvar_tail_difference_se"])' "$work/out")" "0 0"
flopcast compare "$deal" sign-or-wait -n 500 -q --of npv_usd --tail 1
has "too few worlds: how many would do" "$work/out" 'it needs -n '

# --- default by assets ---
firm="--set events.customer_volatility=0.25 --set events.customer_drift=0.04"
flopcast run "$deal" -n 1000 $firm --set 'events.customer_assets=100 B USD' --set 'events.customer_debt=70 B USD' \
    --set 'contract.years=5 years' --json
is "a customer's assets and debt" "$status" 0
has "what follows is said" "$work/err" 'within 1, 5 and 7 years with a chance of 14.61, 49.74 and 56.02 %'
has "and which spread its debt would have" "$work/err" 'alone 23.69 %, and debt due then has a spread of 124.8 bp'
has "in the JSON too" "$work/out" '"id": *"default-by-assets"'
flopcast run "$deal" -n 1000 -q $firm --set 'events.customer_assets=100 B USD'
is "without the debt" "$status" 2
has "it is refused with its place" "$work/err" '^flopcast: --set:1:[0-9]*: .* is stated without events.customer_debt'
provider="--set events.provider_volatility=0.25 --set events.provider_drift=0.04"
flopcast value step-in "$deal" -n 2000 -q --set 'events.provider_hazard=[0.001 1/year]'
seldom=$(awk '/^for the customer/ { print $4 }' "$work/out")
flopcast value step-in "$deal" -n 2000 -q $provider --set 'events.provider_assets=100 B USD' --set 'events.provider_debt=70 B USD'
is "a step-in counts with the provider's assets" \
    "$(awk -v seldom="$seldom" '/^for the customer/ { print ($4 > 10 * seldom) }' "$work/out")" 1

# --- two targets ---
flopcast solve "$deal" -n 2000 -q --set finance.provider_books=true --for 'prices.gpu_hour=2..6 USD/GPU-h' \
    --target 'provider_gains>=0.8' --target 'pays_back>=0.3'
is "solve: two targets" "$status" 0
has "the values that reach both" "$work/out" '^Both targets are reached from prices.gpu_hour = 2\.[0-9]* USD/GPU-h to 3\.'
flopcast solve "$deal" -n 2000 -q --set finance.provider_books=true --for 'prices.gpu_hour=2..6 USD/GPU-h' \
    --target 'provider_gains>=0.8' --target 'pays_back>=0.95'
is "none: status 1" "$status" 1
has "and said" "$work/out" '^No value of prices.gpu_hour reaches both targets'
flopcast solve "$deal" -n 2000 -q --set finance.provider_books=true --for 'prices.gpu_hour=2..6 USD/GPU-h' \
    --target 'provider_gains>=0.8' --target 'pays_back>=0.3' --json
is "as JSON" "$(python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
print(r["found"], r["lo"] == r["targets"][0]["value"], r["hi"] == r["targets"][1]["value"], r["lo"] < r["hi"])' "$work/out")" \
    "True True True True"
flopcast solve "$deal" -n 100 --for x=1..2 --target 'a>=1' --target 'b>=1' --target 'c>=1'
is "three are too many" "$status" 2
tap_end
