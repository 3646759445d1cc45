#!/bin/sh
# suite_facts.sh: `flopcast backtest --facts` as users type it. Run from the repository root.
set -u
. tests/tap.sh

flopcast backtest --facts -n 4000 -q
is "the shipped facts are forecast" "$status" 0
has "rented GB300, which rose by half within a year, lies inside" "$work/out" '^GB300, rented for 3 years .* [0-9.]*  *$'
has "each kind has its coverage" "$work/out" '^rentals, contracts and medians of lists, a year ahead  *[0-9]'
has "delays too" "$work/out" '^delays  *[0-9]'
has "what is not forecast has its reason" "$work/out" 'the time since an announcement'
flopcast backtest --facts -n 4000 --json
is "JSON of them" "$status" 0
if command -v jq >/dev/null 2>&1; then
    is "every row of the table is there once" \
        "$(jq '(.rows | length) + (.not_forecast | length)' "$work/out")" "$(($(wc -l <catalog/dated-facts.csv) - 1))"
    is "every reason is given" "$(jq '[.not_forecast[] | select(.reason == "")] | length' "$work/out")" 0
    is "at least 80 % of each kind of five and more lie inside" \
        "$(jq '[.kinds[] | select(.rows >= 5 and .year_ahead != false and .coverage90 < 0.8)] | length' "$work/out")" 0
fi
printf 'date_known,quantity,value,unit\n2025-01,"price Z, 3-year rental",2,USD/GPU-h\n2026-01,"price Z, 3-year rental",40,USD/GPU-h\n' >"$work/own.csv"
flopcast backtest --facts "$work/own.csv" -n 2000 -q
is "an own table that is missed answers no" "$status" 1
has "with the price it came from" "$work/out" '2025-01: 2  *40 '
flopcast backtest --facts "$work/own.csv" -n 2000 -q --set 'market.sigma=[9, 9, 9]'
is "another market may hold it" "$status" 0
flopcast backtest --facts "$work/own.csv" -n 2000 -q -o "$work/own.csv"
is "-o that is the table is refused" "$status $(wc -l <"$work/own.csv")" "2 3"
flopcast backtest --facts "$work/own.csv" -n 2000 -q -o "$work/facts.csv"
is "-o writes the facts too" "$status $(sed -n 2p "$work/facts.csv" | cut -d, -f2,3)" '1 "price Z, 3-year rental"'
flopcast backtest --facts "$work/own.csv" -n 2000 -q -o -
is "-o - is the JSON alone" "$(head -1 "$work/out")" '{'
refused "--report: there is no page of it" 2 "flopcast: --report: flopcast backtest has no page; -o FILE.csv writes a table" \
    backtest --facts "$work/own.csv" --report "$work/facts.html"
refused "--row is a text" 2 "flopcast: --row prints a text; it does not go with --json" backtest --row llama3-405b --json
printf 'date,quantity,value,unit\n' >"$work/own.csv"
flopcast backtest --facts "$work/own.csv"
is "a table without its columns is refused" "$status" 2
has "by the column's name" "$work/err" "no column 'date_known'"
flopcast backtest --facts --row x
is "--row is of runs" "$status" 2
tap_end
