#!/bin/sh
# suite_yaml.sh: scenarios are YAML for every reader: what PyYAML reads and writes again is the same scenario. Run from the
# repository root.
set -u
. tests/tap.sh

if ! python3 -c 'import yaml' 2>/dev/null; then
    skip "scenarios read and written by PyYAML" "no python3 with PyYAML (install python3-yaml)"
    tap_end
    exit
fi
# the scenario of the README, as a reader would copy it
sed -n '/^    name: my-run$/,/^$/s/^    //p' README.md >"$work/readme.yaml"
is "the README shows a scenario" "$(head -1 "$work/readme.yaml")" "name: my-run"
for file in "$work/readme.yaml" scenarios/*.yaml; do
    name=$(basename "$file" .yaml)
    python3 -c 'import sys, yaml; yaml.safe_dump(yaml.safe_load(open(sys.argv[1])), open(sys.argv[2], "w"))' "$file" "$work/again.yaml" \
        2>"$work/trace" || fail "$name: PyYAML reads it" "$(tail -1 "$work/trace")"
    flopcast run "$file" -n 20 -b cpu -q --json
    before=$(member "$work/out" digest)
    flopcast run "$work/again.yaml" -n 20 -b cpu -q --json
    is "$name: the same after PyYAML read and wrote it" "$(member "$work/out" digest)" "$before"
    if grep -q '"unquoted-call"' "$work/out"; then fail "$name: no distribution without quotes" "$(grep -A3 unquoted "$work/out")"; fi
done
for file in catalog/*.yaml; do
    if python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file" 2>"$work/trace"; then
        pass "$(basename "$file"): PyYAML reads it"
    else
        fail "$(basename "$file"): PyYAML reads it" "$(tail -1 "$work/trace")"
    fi
done
cp scenarios/openai-aws-38b-contract.yaml "$work/mine.yaml"
sed -i 's/^  gpu_hour: .*/  gpu_hour: 1 USD/; s/^prices:$/prices: {gpu_hour: pert(2.6, 3.5, 6.5) USD}/; /^  gpu_hour: 1 USD/d' "$work/mine.yaml"
flopcast run "$work/mine.yaml" -n 20 -b cpu
has "a distribution in braces without quotes is noted" "$work/err" "mine.yaml:[0-9]*:20: note: 1 distribution stands without quotes"
tap_end
