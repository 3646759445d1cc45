#!/bin/sh
# suite_keys.sh: each row of the table of keys is read somewhere, nothing computes with the order of its rows, and the JSON
# Schema made of them takes every scenario and refuses what is spoilt. Run from the repository root.
set -u
. tests/tap.sh

rows=$(tr '\n' ' ' <cuda/model/fields.def |
    sed -E 's/INPUT\( *([A-Z0-9_]+), *[0-9]+, *(FC_FIELD_[A-Z0-9_]+), *("[^"]*"), *([A-Z_]+),/UNCERTAIN(\2, \3, \4, FC_IN_\1,/g' |
    grep -oE '(UNCERTAIN|DISTRIBUTION|NUMBER|INTEGER|NUMBERS|CHOICE|FLAG|NAME|TEXT)\( *FC_FIELD_[A-Z0-9_]+, *"[^"]*", *[A-Z_]+, *(FC_IN_[A-Z0-9_]+)?')
readers=$work/readers
cat cuda/model/classes.def $(ls host/*/*.c host/*/*.h | grep -v '/fields\.') >"$readers"
cat $(ls cuda/model/*.h cuda/model/classes.def cuda/model/*/*.h | grep -v '/inputs\.h') >"$readers.model"
unread=$(echo "$rows" | while read -r row; do
    id=$(echo "$row" | grep -oE 'FC_FIELD_[A-Z0-9_]+')
    input=$(echo "$row" | grep -oE 'FC_IN_[A-Z0-9_]+')
    grep -qw "$id" "$readers" || { [ -n "$input" ] && grep -qw "$input" "$readers" "$readers.model"; } || echo "$id"
done)
is "the table has rows" "$([ "$(echo "$rows" | wc -l)" -gt 200 ] && echo yes)" yes
# labels of the user's own; contract.detail has one word; the growth of later years is read as the fourth of FC_IN_GROWTH
is "each key has a reader" "$(echo $unread)" "FC_FIELD_CONTRACT_DETAIL FC_FIELD_P1_NAME FC_FIELD_GROWTH_LATER"
# those of the series (cuda/model/inputs.h) are taken: class shares 74 to 80, growth 152 to 154, providers 176 to 223
numbers=$({ grep -oE 'INPUT\([A-Z0-9_]+, [0-9]+' cuda/model/fields.def | grep -oE '[0-9]+$'; seq 74 80; seq 152 154; seq 176 223
    echo 133; echo 134; } | sort -n)
is "each input has a number of its own" "$(echo "$numbers" | uniq -d)" ""
is "in the range of the timeline or the contract" "$(echo "$numbers" | awk '$1 < 64 || $1 > 255')" ""
rows=$(grep -oE 'OF\([A-Z_]+\)' cuda/model/provider.def | sed 's/OF(\(.*\))/FC_FIELD_P2_\1/')
is "each key of a provider has a reader" "$(for id in $rows; do grep -qw "$id" "$readers" || echo "$id"; done)" FC_FIELD_P2_NAME
is "nothing computes with the order of keys" \
    "$(grep -nE 'FC_FIELD_[A-Z0-9_]+ *[-+] *[a-z0-9(]|[-+] *FC_FIELD_[A-Z0-9_]+|[<>]=? *FC_FIELD_[A-Z0-9_]+' host/*/*.c bench/*.c |
        grep -v 'FC_FIELD_COUNT\|FC_FIELD_NUMBERS\|^host/language/fields.c')" ""

# Two neighbours of a list of words in another file are the list written twice. launch.c writes another program's words.
pairs=$(tr '\n' ' ' <host/language/words.def | sed 's/LIST(/\n&/g' | grep '^LIST' |
    sed 's/END(.*//' | grep -oE '"[a-z0-9._-]+"' | awk '{ if (NR > 1) print last ", *" $0; last = $0 }')
is "the words of keys stand in one place" \
    "$(echo "$pairs" | grep -nEf - $(ls host/*/*.c bench/*.c | grep -v 'report/launch\.c') | head -5)" ""

# --- defaults ---
# Each key has a default (catalog/defaults.yaml, a profile, the GPU's row, the fit), or says what holds without.
for key in $(grep -ohE '"[a-z]+[1]?\.[a-z0-9_]+"' cuda/model/fields.def | tr -d '"'); do
    "$FLOPCAST" show "$key"
done >"$work/keys" 2>&1
silent=$(awk '/^[a-z0-9]+\.[a-z0-9_]+: / { key = $1; text = "" } { text = text " " $0 }
    /^  default     none$/ { none[key] = 1 } /^  unstated / { says[key] = 1 }
    key { all[key] = text }
    END { for (k in none) if (!says[k] && all[k] !~ /not stated|alternatively|no default/) print k }' "$work/keys")
is "each key has a default or says what holds without" "$silent" ""
is "and the check saw keys without one" "$([ "$(grep -c '^  default     none' "$work/keys")" -gt 30 ] && echo yes)" yes

# --- names of earlier versions ---
flopcast run rent-or-own -n 1000 -s 1 -q --json --set own.utilization=0.7
new=$(member "$work/out" digest)
flopcast run rent-or-own -n 1000 -s 1 -q --json --set own.utilisation=0.7
is "a key's earlier name is read" "$status $(member "$work/out" digest)" "0 $new"

# --- the JSON Schema ---
flopcast show --schema
is "show --schema" "$status" 0
mv "$work/out" "$work/schema.json"
has "it knows a range" "$work/schema.json" '"description": "all-in price of a GPU-hour (0.0001 to 10000 USD/GPU-h)"'
for path in scenarios/*.yaml; do
    "$FLOPCAST" show "$(basename "$path" .yaml)" --json >"$work/scenario-$(basename "$path" .yaml).json"
done
if ! python3 -c 'import jsonschema' 2>/dev/null; then
    skip "every scenario fits the schema" "python3 without jsonschema"
else
    cat >"$work/check.py" <<'E'
import copy, glob, json, sys
import jsonschema
schema = json.load(open(sys.argv[1] + '/schema.json'))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
scenarios = {path: json.load(open(path)) for path in glob.glob(sys.argv[1] + '/scenario-*.json')}
for path, scenario in scenarios.items():
    for error in validator.iter_errors(scenario):
        print(path, error.json_path, error.message[:150])
good = scenarios[sys.argv[1] + '/scenario-openai-aws-38b.json']
spoilt = [('contract', 'yeers', '7 years'), ('contract', 'goodput', 1.5), ('contract', 'value', 38), ('layers', None, 'steps'),
          ('cluster', 'gpus', 1.5), ('contract', 'years', [1]), ('cluster', None, 3), ('trials', None, 0), ('own', 'compare', 2)]
for group, key, value in spoilt:
    bad = copy.deepcopy(good)
    if key is None:
        bad[group] = value
    else:
        bad.setdefault(group, {})[key] = value
    if validator.is_valid(bad):
        print('accepted:', group, key, value)
print('checked' if len(scenarios) > 15 else 'too few scenarios')
E
    is "every scenario fits the schema, and 9 spoilt ones do not" "$(python3 "$work/check.py" "$work" 2>&1)" checked
fi
tap_end
