#!/bin/sh
# suite_catalog.sh: what contradicts itself in a catalog of one's own is refused, at its place in that file. Run from the
# repository root.
set -u
. tests/tap.sh
mkdir "$work/own"
FLOPCAST_CATALOG=$work/own
export FLOPCAST_CATALOG
cat >"$work/s.yaml" <<'E'
layers: step
cluster: {gpu: gb300, gpus: 64}
training: {model: mine, sequence: 4096 tokens, global_batch: 256, precision: bf16}
plan: {tp: 1, pp: 1, micro_batch: 1, zero: optimizer, recompute: full}
E
good='layers: 16, hidden: 4096, ffn: 14336, heads: 32, kv_heads: 8, vocab: 128000'

# model FIGURES: the scenario with a model of these
model() {
    printf 'kind: model\nentries:\n  mine: {what: x, source: s, grade: published, %s}\n' "$1" >"$work/own/mine.yaml"
    flopcast run "$work/s.yaml" -n 2 -q -b cpu
}

# contradicts NAME FIGURES WORDS: refused in one line that points at the entry and has the words
contradicts() {
    model "$2"
    is "$1: status 2" "$status" 2
    has "$1: at its entry" "$work/err" "^flopcast: $work/own/mine.yaml:3:3: .*$3"
    is "$1: one line" "$(wc -l <"$work/err")" 1
}

model "$good"
is "a sound model runs" "$status" 0
contradicts "more experts per token than experts" "$good, experts: 8, topk: 16, moe_ffn: 1024" "16 experts per token"
contradicts "heads that share unevenly" "layers: 16, hidden: 4096, ffn: 14336, heads: 32, kv_heads: 7, vocab: 128000" \
    "32 query heads cannot share 7"
contradicts "heads that do not divide" "layers: 16, hidden: 4096, ffn: 14336, heads: 33, kv_heads: 33, vocab: 128000" \
    "hidden 4096 cannot be split over 33 heads"
contradicts "latent attention without widths" "$good, mla_kv_lora: 512" "mla_rope_dim"
contradicts "latent queries alone" "$good, mla_q_lora: 512" "mla_kv_lora"
contradicts "an indexer in part" "$good, index_heads: 4" "indexer"
contradicts "more dense layers than layers" "$good, first_dense_layers: 20, experts: 8, topk: 2, moe_ffn: 1024" "20 dense first"

# a word of several lines stays on the one line of its message, also where it is no figure
printf 'kind: |\n  gpu\n  flopcast: mean(cost_usd) 1 USD\nentries: {}\n' >"$work/own/mine.yaml"
flopcast run "$work/s.yaml" -n 2 -q -b cpu
is "a kind of two lines: status 2" "$status" 2
is "a kind of two lines: one line" "$(wc -l <"$work/err")" 1
printf 'kind: model\nentries:\n  "a\\nb": {what: x, source: s, grade: published, %s}\n' "$good" >"$work/own/mine.yaml"
flopcast list model
is "a name of two lines is refused" "$status" 2
has "a name of two lines: where" "$work/err" "^flopcast list: $work/own/mine.yaml:3:4: the name 'a b' has a line break"
printf 'kind: model\nentries:\n  mine: {what: "x\\nforged 1", source: "s\\nforged 2", note: "n\\nforged 3", grade: published, %s}\n' \
    "$good" >"$work/own/mine.yaml"
flopcast list model
cp "$work/out" "$work/listed"
flopcast show mine
is "words of several lines stay on theirs in list and show" "$(cat "$work/listed" "$work/out" | grep -c '^forged') $status" "0 0"

# network FIGURES: the same of a network, refused at the figure or the entry
rm "$work/own/mine.yaml"
sed 's/gpus: 64}/gpus: 64, domain: 8, network: mine}/; s/model: mine/model: llama3-8b/' "$work/s.yaml" >"$work/n.yaml"
network() {
    printf 'kind: network\nentries:\n  mine: {what: x, source: s, grade: published, nic_bits_per_s: 800e9, nic_latency_s: 6e-5, nvlink_latency_s: 1e-6, nvlink_saturated_bytes_per_s: 8e11, %s}\n' "$1" >"$work/own/mine.yaml"
    flopcast run "$work/n.yaml" -n 2 -q -b cpu
}
network 'gpus: [gb300], nic_bytes_per_s: 97e9'
is "a sound network runs" "$status" 0
while IFS='|' read -r name figures words; do
    network "$figures"
    is "$name: status 2" "$status" 2
    has "$name: at its place" "$work/err" "^flopcast: $work/own/mine.yaml:3:[0-9]*: .*$words"
done <<'E'
a network faster than its adapter|gpus: [gb300], nic_bytes_per_s: 485e9|4.85e+11 byte/s (nic_bytes_per_s) on an adapter of 8e+11 bit/s
a GPU that nobody knows|gpus: [gb300, gb30], nic_bytes_per_s: 97e9|no gpu 'gb30'
a figure outside its own range|gpus: [gb300], nic_bytes_per_s: {value: 97e9, low: 9.9e10, high: 1e11}|low is 9.9e+10, above value, 9.7e+10
a range upside down|gpus: [gb300], nic_bytes_per_s: {value: 97e9, low: 9e10, high: 8e10}|value is 9.7e+10, above high
a table without points|gpus: [gb300], nic_bytes_per_s: 97e9, all_reduce_busbw: [[8, 1e6, 5e9]]|write a map with 'points'
a table of pairs|gpus: [gb300], nic_bytes_per_s: 97e9, all_reduce_busbw: {points: [[8, 1e6]]}|needs 3 numbers
a table below zero|gpus: [gb300], nic_bytes_per_s: 97e9, all_reduce_busbw: {points: [[8, 1e6, -5e9]]}|numbers above 0
E

# row CHANGE: the H100 under another name and changed becomes the catalog
rm "$work/own/mine.yaml"
row() {
    rm -f "$work/own/gpu.yaml"
    "$FLOPCAST" show h100 --json | python3 -c '
import json, sys
entry = json.load(sys.stdin)[0]
figures = {key: figure["value"] for key, figure in entry["figures"].items() if "value" in figure and figure["value"] is not None}
figures.update(json.loads(sys.argv[1]))
print(json.dumps({"kind": "gpu", "entries": {"mine": dict({"what": "x", "source": "s", "grade": "published"}, **figures)}}))' "$1" >"$work/row" && mv "$work/row" "$work/own/gpu.yaml"
}
if ! command -v python3 >/dev/null 2>&1; then
    skip "a GPU that contradicts itself" "no python3"
else
    sed 's/gpu: gb300/gpu: mine/; s/model: mine/model: llama3-8b/' "$work/s.yaml" >"$work/g.yaml"
    row '{}'
    flopcast run "$work/g.yaml" -n 2 -q -b cpu
    is "a sound GPU runs" "$status $(cat "$work/err")" "0 "
    row '{"node_gpus": 16}'
    flopcast run "$work/g.yaml" -n 2 -q -b cpu
    has "a node above its domain" "$work/err" "^flopcast: $work/own/gpu.yaml:.*node_gpus 16, domain_gpus 8"
    row '{"fp8_flop_per_s": 1e14}'
    flopcast run "$work/g.yaml" -n 2 -q -b cpu
    has "FP8 slower than BF16" "$work/err" "^flopcast: $work/own/gpu.yaml:.*fp8_flop_per_s is below bf16_flop_per_s"
    is "both end with 2" "$status" 2
fi

# --- a GPU on which no step is measured: Rubin in FP8, MXFP8, NVFP4 ---
cat >"$work/rubin.yaml" <<'E'
layers: step
cluster: {gpu: vr200, gpus: 144, domain: 72}
training: {model: llama3-70b, sequence: 8192, global_batch: 576}
plan: {tp: 2, pp: 1, micro_batch: 1}
E
for gpu in gb300 vr200; do
    for precision in fp8 mxfp8 nvfp4; do
        flopcast run "$work/rubin.yaml" --set cluster.gpu=$gpu --set training.precision=$precision -n 1000 -s 1 -q -b cpu --json
        sed -n '/"step_time_s": {/,/}/{s/.*"p5": \([0-9.e+-]*\).*/\1/p;s/.*"p50": \([0-9.e+-]*\).*/\1/p;s/.*"p95": \([0-9.e+-]*\).*/\1/p}' "$work/out" |
            tr '\n' ' ' | sed "s/^/$gpu $precision /"
        grep -c '"id": "efficiency-inherited"' "$work/out"
    done
done >"$work/rubin"
is "all six run" "$(awk 'NF == 6' "$work/rubin" | wc -l | tr -d ' ')" 6
is "NVFP4 is faster than FP8, and MXFP8 no faster than FP8; Rubin faster than Blackwell" "$(awk '{ p50[$1 $2] = $4 }
    END { v = "vr200"; g = "gb300"
        print (p50[v "nvfp4"] < p50[v "fp8"] && p50[v "fp8"] <= p50[v "mxfp8"] && p50[v "fp8"] < p50[g "fp8"] &&
               p50[v "mxfp8"] < p50[g "mxfp8"] && p50[v "nvfp4"] < p50[g "nvfp4"]) }' "$work/rubin")" 1
is "its efficiency is marked as inherited, Blackwell's is not" "$(awk '{ print $6 }' "$work/rubin" | tr '\n' ' ')" "0 0 0 1 1 1 "
is "and its intervals are wider in every precision" "$(awk '{ wide[$1 $2] = log($5 / $3) }
    END { print (wide["vr200fp8"] > wide["gb300fp8"] && wide["vr200mxfp8"] > wide["gb300mxfp8"] &&
                 wide["vr200nvfp4"] > wide["gb300nvfp4"]) }' "$work/rubin")" 1
tap_end
