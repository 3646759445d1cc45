#!/bin/sh
# suite_init.sh: from a model, GPUs and tokens to a scenario: flopcast init, run --model, models in files. Run from the
# repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT
configs=tests/data/model-configs

# Plans are searched; a small job keeps that short.
small="--model qwen3-30b-a3b --gpus 64xgb200 --tokens 300B"

flopcast init $small --deadline '30 days' --gpu-hour '3 to 5 USD' -o "$work/mine.yaml"
is "init writes a scenario" "$status" 0
has "with comments" "$work/mine.yaml" '# sequences; assumed: about 16 million tokens'
has "with the goal" "$work/mine.yaml" '^  deadline: 30 days$'
has "with the spares that it assumes" "$work/mine.yaml" '# spare_nodes: 1  *# assumed and billed: 2 % of 16 nodes'
has "which are said" "$work/err" 'note: billed: 68 GPUs, 64 of the job and 4 spares (cluster.spare_nodes is not stated: 1, 2 % of 16 nodes'
flopcast run "$work/mine.yaml" -n 500 -q --json -o "$work/file.json"
is "which runs" "$status" 0
flopcast run $small --deadline '30 days' --gpu-hour '3 to 5 USD' -n 500 -q --json -o "$work/direct.json"
is "run takes the same directly" "$status" 0
is "and gives the same answer" "$(member "$work/direct.json" digest)" "$(member "$work/file.json" digest)"
flopcast init $small
has "without a file it is printed" "$work/out" '^training:$'
has "what is assumed is said" "$work/err" 'assumed: sequences of 4096 tokens'

# A title follows what is set.
flopcast run $small -n 20 -q --set cluster.gpus=128 --set cluster.gpu=gb300
has "the title of a run without a file is what was set" "$work/out" '^qwen3-30b-a3b on 128 gb300: 20 trials'
flopcast sweep "$work/mine.yaml" cluster.gpus=64,128 -n 20 -q
has "that of a file is the file's" "$work/out" "^$work/mine.yaml: 20 trials"
is "which names no GPUs" "$(grep -c 'on 64 gb200' "$work/out")" 0

mkdir "$work/away"
flopcast init --model "$configs/Llama-3.1-8B.json" --gpus 64xh100 --tokens 300B -o "$work/away/s.yaml"
flopcast step "$work/away/s.yaml" --json
is "a model's path still leads to it from another folder" "$status" 0
has "tokens are written shortly" "$work/away/s.yaml" '^  tokens: 300e9 token$'

flopcast init $small -o "$work/mine.yaml"
is "an existing file is kept" "$status" 2
has "and named" "$work/err" 'mine.yaml: cannot be written (it exists'
refused "a model is needed" 2 "flopcast init: --model is missing; a scenario needs a model, GPUs and tokens (--model deepseek-v3 --gpus 2048xgb200 --tokens 15T)" \
    init --gpus 8xh100 --tokens 1T
refused "GPUs are a number and a name" 2 "flopcast: --gpus '64' is not a number and a GPU, such as 2048xgb200 (flopcast list gpu)" \
    run --model llama3-8b --gpus 64 --tokens 1T
refused "tokens are a number" 2 "flopcast: --tokens '15 apples' is not a number from 1 to 1e+17, such as 15T or 2e12" \
    run --model llama3-8b --gpus 64xh100 --tokens '15 apples'
flopcast run --model lama3-8b --gpus 64xh100 --tokens 1T
is "a name that the catalog lacks: status 2" "$status" 2
has "with the nearest" "$work/err" "did you mean 'llama3-8b'"
flopcast run samsung-50k --model llama3-8b --gpus 64xh100 --tokens 1T
is "a file and a model are two scenarios" "$status" 2
flopcast init --model llama3-8b --gpus 64xh100 --tokens 1T --deadline '1 day}
x: y'
is "a value cannot hold a line" "$status" 2

# Models in files.
# (published recipes are found by the catalog's names: without them)
flopcast step --model "$configs/Qwen3-30B-A3B.json" --gpus 64xgb200 --tokens 300B --set training.software=nemo-25 --json
is "a config.json is a model" "$status" 0
from_file=$(grep step_time_s "$work/out" | head -1)
flopcast step $small --set training.software=nemo-25 --json
is "that computes as the one of the catalog" "$(grep step_time_s "$work/out" | head -1)" "$from_file"
mkdir "$work/here"
cp "$configs/Llama-3.1-8B.json" "$work/here/config.json"
cat >"$work/here/s.yaml" <<EOF
layers: step
cluster: {gpu: h100, gpus: 64}
training: {model: ./config.json, tokens: 1e12 token, sequence: 8192 token, global_batch: 64}
plan: {tp: 1, pp: 1, micro_batch: 1, zero: parameters, recompute: full}
EOF
flopcast step "$work/here/s.yaml" --json
is "its path counts from the scenario's folder" "$status" 0
flopcast step "$work/here/s.yaml" --set training.model=./none.json
is "a file that is not there: status 2" "$status" 2
has "is named" "$work/err" "none.json' cannot be read"
sed 's/"rope_theta"/"rope_theta_x"/; s/"hidden_act": "silu"/"hidden_act": "silu", "n_hash_layers": 3/' "$configs/Llama-3.1-8B.json" >"$work/odd.json"
flopcast show "$work/odd.json"
is "a key that is not known: status 2" "$status" 2
has "with file, line and column" "$work/err" "odd.json:[0-9]*:[0-9]*: key '[a-z_]*' of a llama model is not known"

# Models, GPUs and networks stated in the scenario.
stated() {
    cat <<EOF
layers: step
cluster: {gpu: h100, gpus: 64}
training:
  model: $1
  tokens: 1e12 token
  sequence: 8192 token
  global_batch: 64
plan: {tp: 1, pp: 1, micro_batch: 1, zero: parameters, recompute: full}
EOF
}
shape='layers: 32, hidden: 4096, ffn: 14336, heads: 32, kv_heads: 8, head_dim: 128, vocab: 128256, gated: true'
stated llama3-8b >"$work/named.yaml"
stated "{$shape}" >"$work/stated.yaml"
flopcast run "$work/named.yaml" -n 200 -q -o "$work/named.json"
flopcast run "$work/stated.yaml" -n 200 -q -o "$work/stated.json"
is "a model stated in the scenario runs" "$status" 0
is "as the one of the catalog does" "$(member "$work/stated.json" digest)" "$(member "$work/named.json" digest)"
has "the result keeps its figures" "$work/stated.json" '"ffn": 14336'
flopcast run "$work/stated.yaml" -n 400 -q -o "$work/stated.json" --resume
is "and can be resumed" "$status" 0
stated "{hiden: 4096, $shape}" >"$work/bad.yaml"
refused "an unknown figure" 2 "flopcast: $work/bad.yaml:4:11: unknown figure of a model 'hiden'; did you mean 'hidden'?" \
    step "$work/bad.yaml"
stated "{layers: 2, hidden: 64}" >"$work/bad.yaml"
flopcast step "$work/bad.yaml"
has "a missing figure" "$work/err" "bad.yaml:4:10: the model 'training.model' lacks its figure 'ffn'"
stated "{$shape, experts: 8, topk: 16, moe_ffn: 1024}" >"$work/bad.yaml"
flopcast step "$work/bad.yaml"
has "figures that contradict each other" "$work/err" "bad.yaml:4:10: 16 experts per token, but the model has 8"
gpu='bf16_flop_per_s: 989e12, hbm_bytes: 80e9, hbm_bytes_per_s: 3.35e12, nvlink_bytes_per_s: 900e9, nic_bits_per_s: 400e9, domain_gpus: 8, node_gpus: 8, measured_family: hopper, host: x86'
sed "s|gpu: h100,|gpu: {$gpu},|" "$work/named.yaml" >"$work/gpu.yaml"
flopcast step "$work/gpu.yaml" --json
is "a GPU stated in the scenario" "$status" 0
mine=$(grep '"step_time_s"' "$work/out")
flopcast step "$work/named.yaml" --json
is "is as fast as the one of the catalog with those figures" "$(grep '"step_time_s"' "$work/out")" "$mine"

flopcast show "$configs/DeepSeek-V3.json" --json
is "parameters of a file" "$(member "$work/out" parameters_total)" 671026419200
is "active without the input embedding" "$(member "$work/out" parameters_active_without_embedding)" 36625618432
is "the sequence of the FLOP" "$(member "$work/out" sequence)" 4096
flopcast show "$configs/DeepSeek-V3.json" --sequence 8192 --json
is "or another" "$(member "$work/out" sequence)" 8192
flopcast show "$configs/DeepSeek-V3.json" --sequence many
is "--sequence is a number" "$status" 2
flopcast show deepseek-v3
has "a model of the catalog is counted too" "$work/out" '^  active without the input embedding  *36.626 billion'

# The same model by name and by its file: the same recipe, the same split of its layers, the same step.
# (Nemotron-3 Super and Ultra are not here: the catalog's rows train two passes of multi-token prediction, as their recipe does,
# their files name one.)
seconds() { # MODEL GPU PRECISION PLAN...
    model=$1 gpu=$2 precision=$3
    shift 3
    flopcast step --model "$model" --gpus "512x$gpu" --tokens 1T --precision "$precision" "$@" --json
    awk '/"step_time_s":|"features":/' "$work/out"
}
while read -r model file plan; do
    for kind in 'gb300 fp8' 'h200 bf16'; do
        # shellcheck disable=SC2086
        named=$(seconds "$model" $kind $plan)
        # shellcheck disable=SC2086
        is "$file by its file takes the step of $model ($kind)" "$(seconds "$configs/$file.json" $kind $plan)" "${named:-a step}"
    done
done <<'END'
deepseek-v3 DeepSeek-V3 --set plan.pp=8 --set plan.ep=32 --set plan.tp=2
kimi-k2 Kimi-K2 --set plan.pp=16 --set plan.ep=32 --set plan.tp=2
llama3-8b Llama-3.1-8B --set plan.pp=1
llama3-70b Llama-3.1-70B --set plan.pp=4 --set plan.tp=4
llama3-405b Llama-3.1-405B --set plan.pp=9 --set plan.tp=8 --set cluster.gpus=576 --set training.global_batch=1024
llama4-maverick Llama-4-Maverick-17B-128E --set plan.pp=4 --set plan.ep=32
qwen3-30b-a3b Qwen3-30B-A3B --set plan.ep=8
qwen3-235b-a22b Qwen3-235B-A22B --set plan.pp=8 --set plan.ep=8 --set plan.tp=2
gpt-oss-120b gpt-oss-120b --set plan.pp=4 --set plan.ep=8
mixtral-8x7b Mixtral-8x7B --set plan.pp=4 --set plan.ep=8
nemotron4-340b Nemotron-4-340B --set plan.pp=8 --set plan.tp=8
nemotron-3-nano Nemotron-3-Nano-30B-A3B --set plan.ep=8 --set plan.tp=2
opt-175b OPT-175B --set plan.pp=8 --set plan.tp=8
bloom-176b BLOOM-176B --set plan.pp=7 --set plan.tp=8 --set cluster.gpus=560 --set training.global_batch=1120
END
flopcast step --model "$configs/GLM-4.5.json" --gpus 512xgb300 --tokens 1T --precision fp8 --set plan.pp=4 --set plan.ep=16
has "another model takes the recipe of the nearest with its operators" "$work/out" 'for qwen3-235b-a22b, the nearest'
flopcast step --model "$configs/GLM-5.json" --gpus 512xgb300 --tokens 1T --precision fp8 --set plan.pp=4 --set plan.ep=16
has "latent attention is one of them" "$work/out" 'for deepseek-v3, the nearest'
tap_end
