#!/bin/sh
# suite_layouts.sh: `flopcast validate --layouts` as users type it. Run from the repository root.
set -u
. tests/tap.sh

flopcast validate --layouts
is "the shipped tables are ranked" "$status" 0
has "a set has its rank correlation, regret and repeats" "$work/out" '^GPT-h14336-L72-a64 .* fp16 .* [0-9.]* %  *[0-9.]* %$'
has "and all of them a mean" "$work/out" '^[0-9]* layouts in [0-9]* sets: Spearman 0\.[0-9]*, regret [0-9.]* %'
flopcast validate --layouts --json
is "JSON of them" "$status" 0
if command -v jq >/dev/null 2>&1; then
    is "layouts come fastest first" \
        "$(jq '[.sets[].layouts | [.[].measured_gpu_s_per_token] | . == sort] | all' "$work/out")" true
    is "the count is that of the sets" "$(jq '.layouts == ([.sets[].layouts | length] | add)' "$work/out")" true
    is "who takes the layout predicted best loses little" "$(jq '.regret < 0.02' "$work/out")" true
fi
# three layouts of one job: predicted at their own steps, with the order turned round, and one measured twice
head='id,source,gpu,gpus,model,precision,tp,pp,vpp,cp,ep,dp_or_fsdp,mbs,gbs,seq,recompute,software,step_time_s'
row() { echo "$1,own,h100,64,llama3-70b,bf16,$2,$3,1,1,1,DP,1,128,8192,none,bridge-26.04,$4"; }
{ echo "$head"; row a 8 4 10; row b 4 8 11; row c 8 8 12; row d 8 8 14; } >"$work/own.csv"
flopcast validate --layouts "$work/own.csv" --json
is "an own table" "$status" 0
if command -v jq >/dev/null 2>&1; then
    is "a layout measured twice counts once" \
        "$(jq -r '.sets[0] | "\(.rows) \(.layouts | length) \(.layouts[2].times)"' "$work/out")" "4 3 2"
    is "its repeats differ by ln(14/12) / sqrt 2" "$(jq '.sets[0].repeats_sd_log * 1e4 | round' "$work/out")" 1090
fi
tap_end
