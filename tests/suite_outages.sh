#!/bin/sh
# suite_outages.sh: flopcast outages as it is typed: tables, JSON, CSV, files, what is refused. Run from the repository root.
set -u
. tests/tap.sh
sites="--sites 3 --rate 6/year --length 4h --term 7y"

flopcast outages $sites -n 4000
is "outages of sites" "$status" 0
has "what is exact stands below" "$work/out" '^  exact  *0.008168782  *71.6'
has "all three down, and once in the term by its rate" "$work/out" '^3 down .* ~0.0009'
has "times a year and mean length" "$work/out" '^  exact  *2.035481e-08  *0.0001784303  *0.0001338227  *1.333333  *0.0009349432$'
has "the busy period" "$work/out" '^from all up until all up again: .* h (exact 4.0109614)$'
has "independence is not left alone" "$work/err" 'a twentieth of the outages common, at least 3 would be down at a moment with a chance of 0.000137 instead of 2.04e-08'
flopcast outages $sites -n 4000 -q
is "quiet" "$(cat "$work/err")" ""

flopcast outages $sites -n 20000 --json -q --common 0.05
is "the same as JSON, with a common cause" "$status" 0
is "all figures near the exact ones" "$(python3 -c '
import json, sys
v = json.load(open(sys.argv[1]))
wrong = [(l["at_least"], key) for l in v["levels"] for key in ("chance", "hours_per_year", "times_per_year", "mean_length_h", "once_in_term")
         if l[key]["se"] > 0 and abs(l[key]["value"] - l[key]["exact"]) > 4 * l[key]["se"]]
wrong += [(l["at_least"], key, "counted") for l in v["levels"] for key in ("chance", "times_per_year")
          if abs(l[key]["counted"] - l[key]["exact"]) > 4 * l[key]["counted_se"]]
print(wrong, len(v["levels"]), v["command"], abs(v["levels"][2]["chance"]["exact"] / 1.36536e-4 - 1) < 1e-5, v["scenario"])' "$work/out")" \
    "[] 3 outages True None"
cp "$work/out" "$work/first"
OMP_NUM_THREADS=1 flopcast outages $sites -n 20000 --json -q --common 0.05
is "one thread gives the same bytes" "$(cmp "$work/first" "$work/out" && echo same)" same
flopcast outages $sites -n 20000 --json -q --common 0.05 -s 2
is "another seed does not" "$(cmp -s "$work/first" "$work/out" || echo other)" other

flopcast outages --incidents --rate 12/year --length 36.525h --term 7y --spare 3 -n 4000
is "incidents of one service" "$status" 0
has "a busy period of M/G/infinity" "$work/out" 'again: 37.* h (exact 37.453536)$'
has "Erlang's loss" "$work/out" '^share of the outages that find none of 3 places free: .* (exact 1.981728[0-9]*e-05)$'
has "rows by what is open" "$work/out" '^5 open '
flopcast outages --incidents --rate 12/year --length 36.525h --term 7y --lengths fixed --levels 2 -n 2000 --csv
is "as CSV" "$(head -1 "$work/out") $(wc -l <"$work/out")" "at_least,figure,value,se,exact 12"
has "once in the term has no exact figure then" "$work/out" '^2,once_in_term,0.98[0-9]*,[0-9.e-]*,$'

flopcast outages openai-aws-azure -n 1000
is "of a scenario" "$status" 0
has "both providers" "$work/out" '^2 down '
has "by calendar time" "$work/err" 'per year of calendar time'
has "and a common cause is asked for" "$work/err" 'ask with --set contract.common_outages=0.05 too'
alone=$(awk '/^2 down/ { print $3 }' "$work/out")
flopcast outages openai-aws-azure -n 1000 --set contract.common_outages=0.05 -o "$work/o.json"
is "with it more are down at once" "$(awk -v alone="$alone" '/^2 down/ { print ($3 > 2 * alone) }' "$work/out")" 1
is "a file" "$(member "$work/o.json" trials)" 1000
is "what is uncertain has no exact figure" "$(grep -c '"exact": *null' "$work/o.json")" 11
is "nor a row of it" "$(grep -c exact "$work/out")" 0
# rates and lengths that are numbers: its own share of time is the product of the kernel's
flopcast outages openai-aws-azure -n 1000 --set 'contract.outage_rate=6/year' --set 'contract.outage_length=4 h' --csv -q
has "rates by calendar time: u = rate × length" "$work/out" '^2,chance,.*,7.49582[0-9]*e-06$'

# says NAME PART ARGUMENTS...: refused with status 2, nothing on stdout and one line that holds PART
says() {
    name=$1 part=$2
    shift 2
    flopcast "$@"
    is "$name" "$status $(wc -c <"$work/out") $(wc -l <"$work/err") $(grep -cF -- "$part" "$work/err")" "2 0 1 1"
}
says "nothing asked" 'outages needs a scenario, or --sites' outages
says "no rate" 'rate is missing; add it, such as --rate 6/year' outages --sites 3
says "no term" 'term is missing' outages --sites 3 --rate 6/year --length 4h
says "no unit" "rate '6' has no unit; such as 6/year" outages --sites 3 --rate 6 --length 4h --term 7y
says "another unit" 'length:1:2: ' outages --sites 3 --rate 6/year --length 4q --term 7y
says "both kinds" 'sites and --incidents are both given' outages --incidents $sites
says "neither" 'rate is given without --sites or --incidents' outages --rate 6/year
says "sites beside a scenario" 'rate is given beside a scenario' outages openai-aws-azure --rate 6/year
says "a key without a scenario" 'set changes a scenario, and none is given' outages $sites --set a=b
says "no contract" 'has no contract' outages nvl72-spares-in-rack
says "too many rows" 'levels 4: there are 3 sites' outages $sites --levels 4
says "a kind of lengths" "lengths 'odd' is none of exponential, fixed, uniform" outages $sites --lengths odd
says "places and a common cause" 'spare is not followed where outages have a common cause' outages $sites --common 0.05 --spare 1
says "a common cause of one service" 'common is of sites' outages --incidents --rate 6/year --length 4h --term 7y --common 0.1
says "never any pause" 'incidents are open at once in the mean' outages --incidents --rate 1000/year --length 400h --term 7y
says "no rate at all" "rate '0/year' is outside" outages --sites 3 --rate 0/year --length 4h --term 7y
says "two scenarios" 'takes a single scenario' outages openai-aws-azure rent-or-own
says "a file of another kind" 'html' outages $sites -o "$work/o.html"
tap_end
