#!/bin/sh
# suite_sampling.sh: quasi-Monte Carlo as it is typed: one digest from every device, shards, resume, --until, JSON.
set -u
. tests/tap.sh
scenario=openai-aws-38b-contract

flopcast run $scenario --sampling qmc -n 1000 -q -b cpu -t 2 -o "$work/whole.json"
is "a run on a lattice ends well" "$status" 0
digest=$(member "$work/whole.json" digest)
has "the report says what it gained" "$work/out" "^quasi-Monte Carlo, 16 shifts of a lattice: for npv_usd as good as about [0-9,]* plain worlds"
has "1,000 worlds become 16 times 64" "$work/out" "1,024 trials"
flopcast run $scenario --sampling qmc -n 1000 -b cpu -t 1
has "which is said" "$work/err" "note: quasi-Monte Carlo: 1,024 worlds instead of 1,000, 16 shifts of a lattice of 64 points"
has "the JSON names the sampling" "$work/whole.json" '"kind": "lattice"'
has "and the plain worlds of each mean" "$work/whole.json" '"plain_worlds": [0-9]'

flopcast run $scenario -n 1024 -q -b cpu --json
differs "plain worlds have another digest" "$(member "$work/out" digest)" "$digest"
differs "and other inputs" "$(member "$work/out" input_digest)" "$(member "$work/whole.json" input_digest)"
is "plain is the default" "$(flopcast run $scenario --sampling plain -n 1024 -q -b cpu --json; member "$work/out" digest)" \
    "$(flopcast run $scenario -n 1024 -q -b cpu --json; member "$work/out" digest)"

for isa in portable scalar avx2 avx512; do
    flopcast run $scenario --sampling qmc -n 1000 -q -b cpu -t 1 --isa $isa --json
    [ "$status" = 3 ] && { skip "the same bits by $isa" "this CPU lacks it"; continue; }
    is "the same bits by $isa" "$(member "$work/out" digest)" "$digest"
done
flopcast run $scenario --sampling qmc -n 1000 -q -b opencl --json
if [ "$status" = 3 ]; then skip "the same bits by OpenCL" "no device"; else is "the same bits by OpenCL" "$(member "$work/out" digest)" "$digest"; fi

for i in 1 2 3; do flopcast run $scenario --sampling qmc -n 1000 --shard $i/3 -q -b cpu -o "$work/part$i.json"; done
has "a shard says that its error needs the others" "$work/part1.json" 'fewer than 8 of the 16 shifts are in'
flopcast merge "$work/part3.json" "$work/part1.json" "$work/part2.json" --json
is "three shards are the whole" "$status $(member "$work/out" digest)" "0 $digest"
flopcast merge "$work/part3.json" "$work/part1.json" -q
is "one that is missing is noticed" "$status" 1
has "and its trials are named" "$work/err" "trials [0-9]* to [0-9]* are in no part"
has "with their number" "$work/err" "the parts lack 341 trials of 1024"
flopcast run $scenario -n 1024 -q -b cpu -o "$work/plain.json"
flopcast merge "$work/whole.json" "$work/plain.json"
is "plain worlds are not merged with them" "$status" 2

cp "$work/part1.json" "$work/go.json"
flopcast run $scenario --sampling qmc -n 1000 -q -b cpu --resume -o "$work/go.json"
is "a part is gone on with" "$(member "$work/go.json" digest)" "$digest"
flopcast run $scenario --sampling qmc -n 500 -q -b cpu -o "$work/go.json"
flopcast run $scenario --sampling qmc -n 1000 -q -b cpu --resume -o "$work/go.json"
is "half the points are, too" "$(member "$work/go.json" digest)" "$digest"
flopcast run $scenario -n 1000 -q -b cpu --resume -o "$work/go.json"
is "but not with plain worlds" "$status" 2
sed 's/"count": 64,/"count": 63,/' "$work/whole.json" >"$work/spoilt.json"
flopcast merge "$work/spoilt.json"
is "a spoilt shift is refused" "$status" 2

# plain worlds need 12 million for the first and 8,600 for the second
flopcast run $scenario --sampling qmc --until 'mean(npv_usd) 0.01%' -q -b cpu -o "$work/mean.json"
worlds=$(sed -n 's/^  "trials_asked": \([0-9]*\),/\1/p' "$work/mean.json")
is "the mean to 0.01 % in at most 120,000 worlds" "$status $([ "$worlds" -le 120000 ] && echo few)" "0 few"
flopcast run $scenario --sampling qmc --until 'p95(cost_usd) 0.1%' -q -b cpu --json
is "P95 to 0.1 % in 4,096" "$status $(sed -n 's/^  "trials_asked": \([0-9]*\),/\1/p' "$work/out")" "0 4096"
flopcast run $scenario --sampling qmc --until 'mean(npv_usd) 0.0001%' -n 5000 -q -b cpu
is "-n is the most" "$status" 1
has "rounded down to 4,096" "$work/err" "is not reached after 4096 trials"
refused "another kind" 2 "flopcast: --sampling 'sobol' is not a kind; choose plain or qmc" run $scenario --sampling sobol
tap_end
