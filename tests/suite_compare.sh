#!/bin/sh
# suite_compare.sh: `flopcast compare` on results of the same and of different devices, seeds and inputs. Run from the
# repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT

# result NAME ARGUMENTS...: a result file of samsung-50k
result() {
    file=$work/$1.json
    shift
    flopcast run samsung-50k -n 20000 -q -o "$file" "$@"
    [ "$status" = 0 ]
}
result cpu -b cpu
result scalar --isa scalar || cp "$work/cpu.json" "$work/scalar.json"
result seed -b cpu -s 7
result more -b cpu -n 40000
result price -b cpu --set "prices.gpu_hour=pert(2.6, 4, 6.5) USD"
is "another price makes another result" "$status" 0

flopcast compare "$work/cpu.json" "$work/cpu.json"
is "a result with itself: status 0" "$status" 0
flopcast compare "$work/cpu.json" "$work/scalar.json"
is "two instruction sets: status 0" "$status" 0
has "the same, bit for bit" "$work/out" 'the same, bit for bit'
has "with their speeds" "$work/out" '^speed .*times as fast'
if result opencl -b opencl; then
    flopcast compare "$work/cpu.json" "$work/opencl.json"
    is "CPU and OpenCL: status 0" "$status" 0
    has "both backends are named" "$work/out" '^ *opencl$'
else
    skip "CPU and OpenCL: status 0" "no OpenCL device"
fi

flopcast compare "$work/cpu.json" "$work/seed.json"
is "another seed: status 1" "$status" 1
has "the seeds stand side by side" "$work/out" '^seed  *1$'
has "the first metric that differs is named with the part" "$work/out" '^The bits differ, first in .*: extremes'
has "statistically it is the same" "$work/out" '^Statistically indistinguishable'
flopcast compare "$work/cpu.json" "$work/more.json"
is "more trials: status 1" "$status" 1
has "statistically it is the same too" "$work/out" '^Statistically indistinguishable'
has "the counts differ" "$work/out" '^The bits differ, .*20000 and 40000 values'
flopcast compare "$work/cpu.json" "$work/price.json"
is "another price: status 1" "$status" 1
has "the inputs differ" "$work/out" '^inputs  *different'
has "and the metrics" "$work/out" '^[0-9]* of [0-9]* metrics differ statistically'
has "on the same random numbers" "$work/out" 'same random numbers'

flopcast compare --json "$work/cpu.json" "$work/seed.json"
is "JSON: status 1" "$status" 1
is "JSON: not identical" "$(member "$work/out" identical)" false
is "JSON: indistinguishable" "$(member "$work/out" indistinguishable)" true
is "JSON: another seed" "$(member "$work/out" same_seed)" false
flopcast compare --json "$work/cpu.json" "$work/scalar.json"
is "JSON: identical" "$(member "$work/out" identical)" true

# --- what is no pair of results ---
flopcast compare "$work/cpu.json"
is "one file: status 2" "$status" 2
flopcast compare scenarios/samsung-50k.yaml "$work/cpu.json"
is "a scenario and a result: status 2" "$status" 2
has "it says which is which" "$work/err" 'is not a scenario, but the other is'
flopcast compare "$work/cpu.json" "$work/none.json"
is "a file that is not there: status 2" "$status" 2
echo '{"format": 1}' >"$work/empty.json"
flopcast compare "$work/cpu.json" "$work/empty.json"
is "a file that is no result: status 2" "$status" 2
has "the file is named" "$work/err" 'empty.json'
digits=$(member "$work/seed.json" digest)
sed "s/$digits/0123456789abcdef/" "$work/seed.json" >"$work/forged.json"
flopcast compare "$work/cpu.json" "$work/forged.json"
is "a tally that is not what its digest says: status 2" "$status" 2
tap_end
