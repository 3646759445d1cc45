#!/bin/sh
# suite_drivers.sh: drivers that crash, hang or lie cost their device and never the run: libraries made for the purpose in
# the place of OpenCL's, faults on the way (FLOPCAST_FAULT), and damaged kernel caches. Run from the repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT
aws=scenarios/openai-aws-38b-contract.yaml
slow=scenarios/llama3-405b-54-days.yaml
flopcast run $slow -n 100000 -q -b cpu --json
right=$(member "$work/out" digest)

# --- libraries that crash, hang or end the process when they are opened ---
for kind in abort pause exit; do
    if ! command -v cc >/dev/null 2>&1; then
        skip "an OpenCL library that calls $kind" "no compiler"
        continue
    fi
    mkdir -p "$work/$kind"
    printf '#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void start(void) { %s; }\n' \
        "$(case $kind in exit) echo '_exit(0)' ;; *) echo "$kind()" ;; esac)" >"$work/$kind/l.c"
    cc -shared -fPIC -o "$work/$kind/libOpenCL.so.1" "$work/$kind/l.c"
    LD_LIBRARY_PATH=$work/$kind OCL_ICD_VENDORS=/etc FLOPCAST_PROBE_S=1 timeout 60 "$FLOPCAST" run $slow -n 100000 --json \
        >"$work/out" 2>"$work/err"
    is "an OpenCL library that calls $kind: auto gives the right answer" "$? $(member "$work/out" digest)" "0 $right"
    LD_LIBRARY_PATH=$work/$kind FLOPCAST_PROBE_S=1 timeout 60 "$FLOPCAST" devices >"$work/out" 2>"$work/err"
    is "an OpenCL library that calls $kind: devices ends with 0" $? 0
    has "an OpenCL library that calls $kind: devices says so" "$work/out" \
        'OpenCL: not found (its driver \(crashed when\|gave no answer\|ended the process\)'
    LD_LIBRARY_PATH=$work/$kind FLOPCAST_PROBE_S=1 timeout 60 "$FLOPCAST" run $aws -n 10 -b opencl >"$work/out" 2>"$work/err"
    is "an OpenCL library that calls $kind: -b opencl ends with 3" $? 3
done

# --- faults on the way, where there is an OpenCL device ---
flopcast devices
if ! sed -n '/^  OpenCL: found/,/^  [A-Z]/p' "$work/out" | grep -q 'self-test passed'; then
    skip "a driver that hangs in mid-run" "no OpenCL device"
    skip "a damaged kernel cache" "no OpenCL device"
    tap_end
    exit
fi
# --- a self-test that does not end or does not build: said in a line of its device, after what is known already ---
FLOPCAST_FAULT=opencl:hang FLOPCAST_SELFTEST_S=12 timeout 60 "$FLOPCAST" devices >"$work/out" 2>"$work/err" &
process=$!
i=0
until grep -q '^    device 0: [^C]' "$work/out" || [ $((i += 1)) -gt 100 ]; do sleep 0.1; done
has "the machine, the CPU's self-test and the device stand there while a driver hangs" "$work/out" '^Machine: '
has "the CPU's self-test is there" "$work/out" '^      self-test passed'
is "the driver's is not yet" "$(grep -c 'self-test failed\|A run by default' "$work/out")" 0
wait $process
is "a self-test that does not end: devices ends with 0" $? 0
has "a self-test that does not end: it is said" "$work/out" '^      self-test failed (its driver gave no answer within 12 s)'
has "a self-test that does not end: the rest is said too" "$work/out" '^A run by default: .*running on CPU'
FLOPCAST_FAULT=opencl:hang FLOPCAST_SELFTEST_S=1 flopcast devices --json
has "a self-test that does not end: JSON says it" "$work/out" '"selftest": "self-test failed (its driver gave no answer within 1 s)'
FLOPCAST_FAULT=opencl:build flopcast devices
is "kernels that do not build: status 0, nothing on stderr" "$status $(wc -c <"$work/err")" "0 0"
has "kernels that do not build: the compiler's first error, indented" "$work/out" '^      .*error: .*fault on purpose'
FLOPCAST_FAULT=opencl:build flopcast run $aws -n 100 -b cpu+opencl
is "kernels that do not build: the CPU goes on" "$status" 0
has "kernels that do not build: the note says so" "$work/err" 'is left out: the kernels do not build'
is "kernels that do not build: nothing else on stderr" "$(grep -vc '^flopcast: \|^error: \|^(' "$work/err")" 0
FLOPCAST_FAULT=opencl:hang FLOPCAST_HUNG_S=2 timeout 60 "$FLOPCAST" run $slow -n 100000 -b cpu+opencl --json >"$work/out" 2>"$work/err"
is "a driver that hangs in the self-test of a run: the CPU's answer" "$? $(member "$work/out" digest)" "0 $right"
has "a driver that hangs in the self-test of a run: it is named" "$work/err" 'left out: self-test failed (its driver gave no answer within 2 s)'

# --- a driver that hangs in mid-run: the self-test, in a process of its own, takes five batches ---
# so many worlds that the driver has a sixth batch before the CPU has done them all
flopcast run $slow -n 500000 -q -b cpu --json
more=$(member "$work/out" digest)
FLOPCAST_FAULT=opencl:hang:6 FLOPCAST_HUNG_S=2 FLOPCAST_SELFTEST_S=60 timeout -k 1 90 "$FLOPCAST" run $slow -n 500000 -b cpu+opencl --json >"$work/out" 2>"$work/err"
is "a driver that hangs beside the CPU: the right answer" "$? $(member "$work/out" digest)" "0 $more"
has "a driver that hangs beside the CPU: it is named" "$work/err" 'OpenCL: .* failed during the run: it gave no answer for 2 s'
FLOPCAST_FAULT=opencl:hang:6 FLOPCAST_HUNG_S=2 FLOPCAST_SELFTEST_S=60 timeout -k 1 60 "$FLOPCAST" run $slow -n 500000 -b opencl -q -o "$work/hung.json" \
    >"$work/out" 2>"$work/err"
is "a driver that hangs alone: status 4" $? 4
is "a driver that hangs alone: what was done is kept" "$([ -s "$work/hung.json" ] && echo yes)" yes
flopcast run $slow -n 500000 -b cpu -q --resume -o "$work/hung.json" --json
is "and the CPU finishes it" "$(member "$work/out" digest)" "$more"
FLOPCAST_FAULT=opencl:hang:6 $interruptible timeout -k 20 60 "$FLOPCAST" run $slow -n 1e8 -b cpu+opencl -o "$work/stop.json" \
    >"$work/out" 2>"$work/err" &
process=$!
i=0
until grep -q 'running on' "$work/err" || [ $((i += 1)) -gt 60 ]; do sleep 0.5; done
sleep 2
kill -TERM $process
wait $process
is "a driver that hangs, and a stop: the CPU's trials are kept" "$([ -s "$work/stop.json" ] && echo yes)" yes

export XDG_CACHE_HOME="$work/cache"
flopcast run $slow -n 100000 -b opencl -q --json
is "kernels go into a cache" "$(ls -A "$work/cache/flopcast" | wc -l)" 1
cached=$(echo "$work"/cache/flopcast/opencl-*.bin)
size=$(stat -c %s "$cached")
cp "$cached" "$work/whole.bin"
for damage in "truncate -s $((size / 2))" "truncate -s 0" "truncate -s 20" "truncate -s $((size + 1))"; do
    cp "$work/whole.bin" "$cached"
    $damage "$cached"
    flopcast run $slow -n 100000 -b opencl -q --json
    is "a cache after '$damage': the right answer" "$status $(member "$work/out" digest)" "0 $right"
    is "and it is made anew" "$(head -c 13 "$cached")" "flopcast-cl-2"
done
for at in 0 20 30 $((size / 3)) $((size - 1)); do
    cp "$work/whole.bin" "$cached"
    printf '\377\376' | dd of="$cached" bs=1 seek="$at" conv=notrunc 2>/dev/null
    flopcast run $slow -n 100000 -b opencl -q --json
    is "a cache with a wrong byte at $at: the right answer" "$status $(member "$work/out" digest)" "0 $right"
done
unset XDG_CACHE_HOME
POCL_CACHE_DIR=/proc/nowrite "$FLOPCAST" run $aws -n 10 -q -b opencl >"$work/out" 2>"$work/err"
[ $? = 0 ] && pass "PoCL that cannot write its cache works" ||
    has "PoCL that cannot write its cache: the advice names it" "$work/err" 'PoCL cannot write its cache.*POCL_CACHE_DIR'
tap_end
