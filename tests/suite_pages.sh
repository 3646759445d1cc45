#!/bin/sh
# suite_pages.sh: what is written to files: pages (--report), tables and workbooks by the ending of -o. Run from the
# repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT
aws=scenarios/openai-aws-38b-contract.yaml
quick="--set cluster.gpus=4608 --set plan.dp=64 --set training.global_batch=1152 --set training.flop=1e25"

# page NAME: the page holds the numbers of the JSON and nothing from elsewhere; its plots have no overlaps.
page() {
    if command -v python3 >/dev/null; then
        python3 tests/check_page.py "$work/$1.html" "$work/$1.json" >"$work/wrong" 2>&1
        is "the page of $1 holds the figures of its JSON" "$(head -5 "$work/wrong")" ""
    else
        skip "the page of $1 holds the figures of its JSON" "no python3"
    fi
}

flopcast run $aws -n 1000 -q -o "$work/run.json" --report "$work/run.html"
is "run writes a page beside its result" "$status" 0
page run
has "with the cash of the customer month by month as a fan" "$work/run.html" 'cumulative_net_usd: cash of the customer so far, P50 with P5 to P95'
is "whose figures stand in the JSON" "$(awk '/"months": {/ { m = 1 } m && /"trials"/ { print $2 + 0; exit }' "$work/run.json")" 500
flopcast run $aws -n 1000 -q -o "$work/plain.json"
is "without a page the months are left out" "$(grep -c '"months": {' "$work/plain.json")" 0
flopcast run gb300-nvl72-frontier $quick -n 400 -q -o "$work/frontier.html" --json
is "a page by the ending of -o" "$status" 0
cp "$work/out" "$work/frontier.json"
page frontier
has "the page of a run shows its course day by day" "$work/frontier.html" 'trained_share</b>: tokens trained and kept so far, P50 with P5 to P95'
if command -v python3 >/dev/null; then
    is "which begins with nothing, never goes back, and ends with the run" "$(python3 - "$work/frontier.json" <<'END'
import json, sys
result = json.load(open(sys.argv[1]))
course, days = result["course"], result["metrics"]["wall_clock_days"]
flows = course["flows"]
for name, flow in flows.items():
    for key in flow.keys() - {"unit"}:
        values = flow[key]
        if values[0] != 0 or any(b < a for a, b in zip(values, values[1:])) or len(values) != len(course["period"]):
            print(name, key, values)
end = days["p95"] or days["p75"] # too few worlds for the one
if not end <= course["period"][-1] <= 1.25 * (days["p95"] or days["p90"] or 2 * end):
    print("period", course["period"])
if not 0.7 < flows["ended_share"]["mean"][-1] <= 1 or flows["trained_share"]["p50"][-1] != 1:
    print(flows["ended_share"], flows["trained_share"]["p50"])
cost = result["metrics"]["cost_usd"]["p50"]
if abs(flows["cost_usd"]["p50"][-1] / cost - 1) > 0.1:
    print("cost", flows["cost_usd"]["p50"][-1], cost)
END
)" ""
    # A wrong figure, a figure from nowhere, a number in a sentence and a label over another are found.
    for wrong in 's/<data value="[^"]*">\([0-9.]*\) days/<data value="77.125">77.1 days/' 's/>\([0-9][0-9.]*\) days</>9\1 days</' \
        's/<p>The forecast of/<p>In 4711 worlds the forecast of/' 's/\(class="label" x="8.0" y="\)48.0/\114.0/'; do
        sed "$wrong" "$work/frontier.html" >"$work/planted.html"
        differs "something is planted: $wrong" "$(cksum <"$work/planted.html")" "$(cksum <"$work/frontier.html")"
        python3 tests/check_page.py "$work/planted.html" "$work/frontier.json" >"$work/wrong" 2>&1
        is "and found: $(head -1 "$work/wrong" | cut -c1-60)" "$?" 1
    done
fi
flopcast compare $aws openai-aws-azure openai-four-clouds -n 1000 -q -o "$work/compare.json" --report "$work/compare.html"
is "three scenarios side by side" "$status" 0
has "each has a letter" "$work/out" '^C: openai-four-clouds'
has "and a column" "$work/out" 'B - A  *C - A'
page compare
flopcast sweep $aws 'prices.gpu_hour=2,3,4 USD' -n 500 -q -o "$work/sweep.json" --report "$work/sweep.html"
page sweep
flopcast solve $aws --for 'prices.gpu_hour=2..6 USD' --target 'budget_met>=0.5' -n 500 -q -o "$work/solve.json" --report "$work/solve.html"
page solve
flopcast explain $aws --of run_cost_usd@5e26 -n 1000 -q -o "$work/explain.json" --report "$work/explain.html"
page explain
flopcast search gb300-nvl72-frontier $quick --contenders 8 --finalists 3 -n 200 -q -o "$work/search.json" --report "$work/search.html"
page search
flopcast step gb300-nvl72-frontier -q -o "$work/step.json" --report "$work/step.html"
page step
flopcast validate -o "$work/validate.json" --report "$work/validate.html"
page validate
flopcast validate --memory -o "$work/memory.json" --report "$work/memory.html"
page memory

flopcast flows $aws --by month -n 300 -o "$work/flows.json" --report "$work/flows.html"
is "fans of a contract's money" "$status" 0
page flows
flopcast flows $aws --trial 3 -o "$work/one.json" --report "$work/one.html"
page one
flopcast flows $aws --by year -n 100 -q
has "flows in one unit, as accounts are" "$work/out" '^bills_usd \[M USD\] *1 *-[0-9]* '
is "and equal to the CSV's" "$(awk '/^bills_usd/ { print $5 }' "$work/out")" \
    "$("$FLOPCAST" flows $aws --by year -n 100 --csv -q | awk -F, '$1 == "bills_usd" && $3 == 1 { printf "%.0f", $4 / 1e6 }')"
flopcast flows $aws -n 100 -o "$work/flows.csv"
is "flows as CSV" "$(head -1 "$work/flows.csv")" "flow,unit,year,mean,p5,p50,p95"
flopcast stress $aws --of run_cost_usd@5e26 --above '1 B USD' --shock 'contract.mfu=*0.8' --shock 'prices.gpu_hour=*1.3' --reverse \
    -n 3000 -q -o "$work/stress.json" --report "$work/stress.html"
is "stress writes a page" "$status" 0
page stress
for part in 1 2; do flopcast run $aws -n 1000 -q --shard $part/2 -o "$work/part$part.json"; done
flopcast merge "$work/part1.json" "$work/part2.json" -o "$work/whole.json" --report "$work/whole.html" -q
is "merge writes a page" "$status" 0
page whole

# Text of a scenario cannot become markup.
sed 's/^description: .*/description: "<script>alert(1)<\/script> \& <b>"/' $aws >"$work/odd.yaml"
flopcast run "$work/odd.yaml" -n 500 -q --report "$work/odd.html"
is "markup in a scenario" "$(grep -c '<script' "$work/odd.html")" 0
has "is shown as text" "$work/odd.html" '&lt;script&gt;'

# The kept JSON makes the same page and tables.
flopcast report "$work/run.json" -o "$work/again.html"
is "report makes the page again" "$(cmp "$work/run.html" "$work/again.html" 2>&1)" ""
flopcast report "$work/run.json" -o "$work/run.csv"
has "a CSV has a head" "$work/run.csv" '^metric,unit,mean,mean_se,'
has "and the figures as the JSON writes them" "$work/run.csv" "^cost_usd,USD,$(sed -n '/^    "cost_usd": {/,/mean"/s/.*"mean": \([0-9.]*\),.*/\1/p' "$work/run.json"),"
has "what is never or refused is an empty cell" "$work/run.csv" '^payback_months,month,,,'
"$FLOPCAST" report - -o - <"$work/run.json" >"$work/out" 2>"$work/err"
is "from standard input to standard output" "$(cmp "$work/run.html" "$work/out" 2>&1)" ""

for name in run sweep compare explain step validate stress flows; do
    has "the JSON of $name carries the hash of itself" "$work/$name.json" '^  "file_hash": "[0-9a-f]*"$'
    sed 's/\(: [0-9.]*\)1\([0-9]*,\)$/\17\2/' "$work/$name.json" >"$work/edited.json" # other digits
    flopcast report "$work/edited.json" -o "$work/edited.html"
    is "an edited one is refused ($name)" "$status $(grep -c 'the file was altered' "$work/err")" "2 1"
done
sed '/file_hash/d' "$work/sweep.json" >"$work/edited.json"
flopcast report "$work/edited.json" -o "$work/edited.html"
is "one without a hash is refused" "$status" 2
"$FLOPCAST" sweep $aws 'prices.gpu_hour=2,3,4 USD' -n 500 -q --json 2>"$work/err" | "$FLOPCAST" report - -o "$work/piped.html"
is "the JSON on standard output has it too" "$? $(cmp "$work/piped.html" "$work/sweep.html" 2>&1 | grep -c EOF)" "0 0"

# Endings.
flopcast run $aws -n 500 -q -o "$work/a.csv"
is "-o F.csv" "$(head -c 12 "$work/a.csv")" "metric,unit,"
flopcast run $aws -n 500 -q -o -
is "-o - is JSON on standard output" "$(head -c 1 "$work/out")" "{"
refused "an ending that nothing writes" 2 \
    "flopcast: -o $work/a.parquet: the ending says what is written, and .parquet is none of .json, .csv, .xlsx, .html" \
    run $aws -n 1e12 -o "$work/a.parquet"
refused "a page is HTML" 2 \
    "flopcast: --report $work/a.csv: the ending says what is written, and .csv is none of .html" \
    sweep $aws 'prices.gpu_hour=2,3 USD' -n 1e9 --report "$work/a.csv"
cp "$work/run.json" "$work/kept.html"
refused "an input is no output" 2 "flopcast: -o $work/kept.html: is an input of this command; name another file" \
    report "$work/kept.html" -o "$work/kept.html"
flopcast run $aws -n 500 -q -o "$work/a.xlsx"
if [ "$status" -eq 0 ]; then
    is "a workbook is a zip of XML" "$(head -c 2 "$work/a.xlsx")" "PK"
    python=python3
    $python -c 'import openpyxl' 2>/dev/null || python=/usr/bin/python3
    if $python -c 'import openpyxl' 2>/dev/null; then
        is "and openpyxl reads its sheets" "$($python -c "
import openpyxl
book = openpyxl.load_workbook('$work/a.xlsx')
print(*book.sheetnames, type(book['summary']['C2'].value).__name__)")" "summary assumptions notes origin float"
    else
        skip "and openpyxl reads its sheets" "no openpyxl"
    fi
else
    has "a build without libxlsxwriter says so" "$work/err" 'built without libxlsxwriter'
fi

# No line of a command is wider than the terminal.
while read -r line; do
    for width in 80 120 200; do
        COLUMNS=$width LC_ALL=C "$FLOPCAST" $line -q >"$work/out" 2>"$work/err"
        is "$width columns hold: $line" \
            "$(sed 's/±/~/g; s/×/x/g' "$work/out" | awk -v w=$width 'length > w { print; exit }')" ""
    done
done <<EOF
compare openai-aws-38b-contract openai-aws-azure -n 200
compare openai-aws-38b-contract openai-aws-azure stargate-1t4 -n 200
sweep openai-aws-38b-contract prices.gpu_hour=2,3,4 -n 200
solve openai-aws-38b-contract --for prices.gpu_hour=2..6 --target budget_met>=0.5 -n 200
explain openai-aws-38b-contract -n 1000
step gb300-nvl72-frontier
EOF
tap_end
