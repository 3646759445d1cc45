#!/bin/sh
# suite_bad_scenarios.sh: what is wrong with a scenario is said in one line with its place; exit status 2, nothing on stdout.
# tests/bad/NAME.yaml goes with the line in tests/bad/NAME.expected; big and odd files are made here.
# With 'update' as argument the expected lines are written anew, to be read and judged before they are kept.
set -u
. tests/tap.sh

for file in tests/bad/*.yaml; do
    expected=${file%.yaml}.expected
    if [ "${1:-}" = update ]; then
        flopcast run "$file" -n 10 -q -b cpu
        if [ "$status" = 2 ]; then cp "$work/err" "$expected"; else echo "$file: status $status" >&2; fi
    elif [ -f "$expected" ]; then
        refused "$(basename "$file" .yaml)" 2 "$(cat "$expected")" run "$file" -n 10 -b cpu
        if ! head -1 "$work/err" | grep -q "^flopcast: $file:[1-9][0-9]*:[1-9][0-9]*: ."; then
            fail "$(basename "$file" .yaml): the line names file, line and column" "$(head -1 "$work/err")"
        fi
    else
        fail "$(basename "$file" .yaml)" "there is no $expected"
    fi
done
is "there are at least sixty bad scenarios" "$([ "$(ls tests/bad/*.yaml | wc -l)" -ge 60 ] && echo yes)" yes

# --- files that are no scenario at all ---
cd "$work" || exit 1
case $FLOPCAST in /*) ;; *) FLOPCAST=$OLDPWD/$FLOPCAST ;; esac
good='layers: contract
cluster: {gpu: gb300}
contract: {value: 38 B USD, years: 7, ramp: 14 months, mfu: 0.38, run_flop: [5e26]}
'
printf '%s' "$good" >good.yaml
flopcast run good.yaml -n 10 -q -b cpu
is "the scenario that is spoilt below is a good one" "$status" 0

refused "a missing file" 2 "flopcast: there is no file 'missing.yaml', nor a scenario of that name; see flopcast list scenario" run missing.yaml
mkdir folder
refused "a directory" 2 "flopcast: folder: is a directory; name a file in it" run folder
refused "a file in no directory" 2 "flopcast: good.yaml/x.yaml: cannot be opened (Not a directory); check the name" run good.yaml/x.yaml
head -c 3000 "$FLOPCAST" >binary.yaml
refused "a binary file" 2 "flopcast: binary.yaml:1:1: not a text file (byte 0x7f); YAML or JSON in UTF-8 is read" run binary.yaml
head -c 100000000 /dev/zero | tr '\0' 'a' >big.yaml
refused "a file of 100 MB, refused unread" 2 "flopcast: big.yaml: the file is too large (95.4 MiB, the limit is 8 MiB); is it the right file?" run big.yaml
rm big.yaml
refused "an endless device" 2 "flopcast: /dev/zero: the file is too large (16.0 MiB, the limit is 8 MiB); is it the right file?" run /dev/zero
awk 'BEGIN { for (i = 0; i < 90; i++) printf "["; print "" }' >deep.yaml
refused "lists in lists, 3000 deep" 2 "flopcast: deep.yaml:1:50: nested too deeply (more than 48 levels); flatten it" run deep.yaml
awk 'BEGIN { for (i = 0; i < 90; i++) printf "%*sa:\n", i, ""; }' >steps.yaml
refused "maps in maps, 3000 deep" 2 "flopcast: steps.yaml:49:49: nested too deeply (more than 48 levels); flatten it" run steps.yaml
awk 'BEGIN { printf "layers: contract\ncluster: {gpu: "; for (i = 0; i < 1000000; i++) printf "x"; print "}" }' >long.yaml
refused "a name of a million letters" 2 "flopcast: long.yaml:2:16: cluster.gpu: the text must hold 1 to 100 bytes (it holds 1000000)" run long.yaml
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "k"; print ": 1" }' >key.yaml
refused "a key of a million letters" 2 "flopcast: key.yaml:1:1: the key is too long (199 bytes at most)" run key.yaml
awk 'BEGIN { printf "prices: {gpu_hour: "; for (i = 0; i < 100000; i++) printf "pert("; print "}" }' >calls.yaml
refused "a value of 500,000 letters" 2 "flopcast: calls.yaml:1:20: prices.gpu_hour: the value is too long (4095 bytes at most); split it up" run calls.yaml
awk 'BEGIN { printf "prices: {gpu_hour: "; for (i = 0; i < 800; i++) printf "pert("; print "}" }' >calls.yaml
refused "800 calls in calls, never closed" 2 "flopcast: calls.yaml:1:24: prices.gpu_hour: this parenthesis is never closed; write ')' after the last argument" run calls.yaml
awk 'BEGIN { printf "prices: {gpu_hour: "; for (i = 0; i < 9; i++) printf "truncated("; printf "3"; for (i = 0; i < 9; i++) printf ", 0, 9)"; print "}" }' >calls.yaml
refused "9 calls in calls" 2 "flopcast: calls.yaml:1:100: prices.gpu_hour: distributions are nested too deeply; 8 levels at most" run calls.yaml
printf '%s' "$good" | sed 's/$/\r/' >crlf.yaml
flopcast run crlf.yaml -n 10 -q -b cpu
is "lines that end as on Windows are read" "$status" 0
(printf '\357\273\277'; printf '%s' "$good") >bom.yaml
flopcast run bom.yaml -n 10 -q -b cpu
is "a byte order mark is read over" "$status" 0

# --- what is read, but not used as it stands, is noted ---
printf '%s' "$good" | sed 's/7,/7 years,/; s/5e26/5e26 FLOP/' >noted.yaml
flopcast run noted.yaml -n 10 -b cpu --json
is "what is assumed is all there is to note" "$(grep 'note: ' "$work/err" | grep -vc 'note: not stated, taken from the catalog')" 0
flopcast run noted.yaml -n 10 -b cpu --json --set 'prices.gpu_hour=3.5 USD' --set contract.extras=0.1 --set contract.training_share=0.6 \
    --set contract.final_run_share=0.1 --set contract.goodput=0.9 --set contract.usable_fraction=0.9
is "a scenario with nothing to note" "$(grep -c 'note: ' "$work/err")" 0
printf 'plan: {tp: 8}\n' >>noted.yaml
flopcast run noted.yaml -n 10 -q -b cpu --json
has "a key that nothing reads is noted in the result, under -q too" "$work/out" 'plan.tp is stated, but nothing in this scenario reads it (layers: contract)'
flopcast run good.yaml -n 10 -q -b cpu --json
has "an assumed unit is noted in the result" "$work/out" 'contract.years: no unit is given; read as 7 year'

# --- --set ---
refused "--set of an unknown path" 2 "flopcast: --set:1:1: unknown key 'contract.yaers'; did you mean 'contract.years'?" run good.yaml --set contract.yaers=7
refused "--set without '='" 2 "flopcast: --set:1:1: 'contract.years' is not PATH=VALUE; write for example contract.mfu=0.4" run good.yaml --set contract.years
refused "--set without a value" 2 "flopcast: --set:1:16: no value follows '='; write for example contract.mfu=0.4" run good.yaml --set contract.years=
refused "--set out of range" 2 "flopcast: --set:1:14: contract.mfu: 2 lies outside what is allowed, 0 to 1" run good.yaml --set contract.mfu=2
refused "--set below a value" 2 "flopcast: --set:1:16: 'contract.years.x' cannot be set (its parent is text, not a map); check the path" run good.yaml --set contract.years.x=2
refused "--set of a group" 2 "flopcast: --set:1:10: 'contract' is a section of keys, not text; indent its keys below it" run good.yaml --set contract=2
refused "--set in broken YAML" 2 "flopcast: --set:1:20: this is not well-formed YAML or JSON (flow sequence without a closing bracket)" run good.yaml --set 'contract.run_flop=[1e26'
tap_end
