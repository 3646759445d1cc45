#!/bin/sh
# long_scenarios.sh: random valid scenarios (the shipped ones with up to four values times or over up to four, or another
# GPU, precision or layer) end within 20 s each or are refused in one to eight lines, and the scalar, AVX2, AVX-512 and
# OpenCL kernels give one digest. The 20 s are of processor time, of all threads, so that a busy machine does not count; a minute
# of the clock ends a run. 300 of them; SCENARIOS=N in the environment asks for another number. The seed is fixed.
# Run from the repository root.
set -u
. tests/tap.sh
tries=${SCENARIOS:-300} trials=256

# the numbers that each scenario and its defaults state: NAME PATH
for name in $("$FLOPCAST" list scenarios | awk '{print $2}'); do
    "$FLOPCAST" run "$name" -n 1 -q -b cpu --json 2>/dev/null |
        awk -v name="$name" '
            /^  "scenario": \{/ { inside = 1; next }
            inside && /^  \}/ { exit }
            inside && /^    "[a-z0-9_]*": \{/ { group = $1; gsub(/[":]/, "", group); next }
            inside && /^      "[a-z0-9_]*": .*[0-9]/ { key = $1; gsub(/[":]/, "", key); print name, group "." key }'
done >"$work/keys"
is "there are keys to change" "$([ "$(wc -l <"$work/keys")" -gt 500 ] && echo yes)" yes

awk -v tries="$tries" '
    function below(n) { state = (state * 16807) % 2147483647; return int(state / 2147483647 * n) }
    { if (!($1 in count)) names[named++] = $1; list[$1, count[$1]++] = $2 }
    END {
        state = 20261127
        split("gb200 gb300 b200 h100 h200", gpus, " ")
        split("bf16 fp8 mxfp8 nvfp4", precisions, " ")
        for (t = 0; t < tries; t++) {
            name = names[below(named)]
            line = name
            for (k = 1 + below(4); k > 0; k--)
                line = line " --set " list[name, below(count[name])] sprintf("=*%.3g", exp((below(2001) / 1000 - 1) * log(4)))
            way = below(10)
            if (way == 0) line = line " --set cluster.gpu=" gpus[1 + below(5)]
            if (way == 1) line = line " --set training.precision=" precisions[1 + below(4)]
            if (way == 2) line = line " --set layers=" (below(2) ? "contract" : "run")
            print line
        }
    }' "$work/keys" >"$work/scenarios"

kernels=scalar
for isa in avx2 avx512; do
    "$FLOPCAST" run openai-aws-38b-contract -n 1 -q -b cpu --isa $isa >/dev/null 2>&1 && kernels="$kernels $isa"
done
"$FLOPCAST" run openai-aws-38b-contract -n 1 -q -b opencl >/dev/null 2>&1 && kernels="$kernels opencl"
# spent: milliseconds of processor time that the children of this shell have taken so far, in $spent
spent() {
    times >"$work/times"
    spent=$(awk 'NR == 2 { gsub(/[ms]/, " "); print int(1000 * (60 * ($1 + $3) + $2 + $4)) }' "$work/times")
}
ran=0 refusals=0 wrong=''
while read -r line; do
    right=''
    for kernel in $kernels; do
        case $kernel in opencl) how='-b opencl' ;; *) how="-b cpu --isa $kernel" ;; esac
        spent
        begin=$spent
        # shellcheck disable=SC2086
        timeout 60 "$FLOPCAST" run $line -n $trials -q --json $how >"$work/out" 2>"$work/err" </dev/null
        status=$?
        spent
        took=$((spent - begin)) lines=$(wc -l <"$work/err")
        if [ "$status" = 2 ] && [ "$lines" -ge 1 ] && [ "$lines" -le 8 ]; then
            refusals=$((refusals + 1))
            break
        fi
        got=$(member "$work/out" digest)
        right=${right:-$got}
        if [ "$status" != 0 ] || [ -z "$got" ] || [ "$got" != "$right" ] || [ "$took" -gt 20000 ]; then
            wrong="$wrong$line $how: status $status, $took ms, digest $got, not $right: $(head -c 200 "$work/err")
"
        fi
        [ "$kernel" = scalar ] && ran=$((ran + 1))
    done
done <"$work/scenarios"
is "$tries scenarios on the kernels $kernels: $ran ran, $refusals were refused" "$wrong" ""
is "many run" "$([ "$ran" -gt $((tries / 3)) ] && echo yes || echo "$ran of $tries")" yes
tap_end
