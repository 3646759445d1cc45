#!/bin/sh
# suite_devices.sh: `flopcast devices` on six described machines against committed text (tests/devices), with and without
# their GPUs offered; on this machine what must hold whatever it has; and what a failed self-test leads to. Run from the
# repository root. After a deliberate change of the drawing: UPDATE=1 sh tests/suite_devices.sh, and look at the diff.
set -u
. tests/tap.sh
export LC_ALL=C.UTF-8
unset HWLOC_XMLFILE HWLOC_SYNTHETIC FLOPCAST_FAULT

# drawn NAME [OPTIONS...]: the machine that the environment names looks as committed
drawn() {
    expected=tests/devices/$1.txt
    name=$1
    shift
    flopcast devices "$@"
    if [ "${UPDATE:-}" = 1 ]; then cp "$work/out" "$expected"; fi
    if [ "$status" = 0 ] && diff "$expected" "$work/out" >"$work/diff"; then
        pass "$name $*"
    else
        fail "$name $*" "status $status" "$(cat "$work/diff" "$work/err")"
    fi
}

# --- six machines ---
machines=tests/topology/machines
export HWLOC_XMLFILE
HWLOC_XMLFILE=$machines/laptop.xml
drawn laptop
LC_ALL=C drawn laptop_ascii
drawn laptop_opencl --assume opencl
HWLOC_XMLFILE=$machines/dgx_h100.xml
drawn dgx_h100
drawn dgx_h100_cuda --assume cuda
drawn dgx_h100_4_threads --assume cuda -t 4
HWLOC_XMLFILE=$machines/gb200_tray.xml
drawn gb200_tray_cuda --assume cuda
HWLOC_XMLFILE=$machines/container.xml
drawn container
HWLOC_XMLFILE=$machines/nothing.xml
drawn nothing
unset HWLOC_XMLFILE
export HWLOC_SYNTHETIC
HWLOC_SYNTHETIC='package:2 numa:1(memory=274877906944) l3:8(size=33554432) l2:8(size=1048576) core:1 pu:2'
drawn two_sockets
flopcast devices --json
has "JSON of a described machine names it" "$work/out" '"origin": "synthetic machine"'
is "JSON of a described machine has a place for each of 128 threads" "$(grep -c '"hardware_thread"' "$work/out")" 128
HWLOC_SYNTHETIC='a heap of cores'
refused "a description that hwloc refuses" 2 \
    "flopcast: 'a heap of cores' is not a valid hwloc synthetic topology; write it as 'package:2 core:64 pu:2'" devices
unset HWLOC_SYNTHETIC
HWLOC_XMLFILE=$work/none.xml
export HWLOC_XMLFILE
flopcast devices
is "a machine file that is not there: status 2" "$status" 2
unset HWLOC_XMLFILE

# --- this machine ---
flopcast devices
is "this machine: status 0" "$status" 0
has "it draws the machine" "$work/out" '^Machine: '
has "it places threads" "$work/out" '^Placement: [0-9]* thread'
for backend in CUDA CPU OpenCL; do
    has "$backend is found, or it says why not" "$work/out" "^  $backend: \(found\$\|not found (.*); .*\)"
done
has "it says what a run would use" "$work/out" '^A run by default: .*running on '
is "every device that can be used passes its self-test" "$(grep -c 'self-test failed' "$work/out")" 0
has "the CPU does" "$work/out" 'self-test passed'
flopcast devices --json
is "JSON of this machine: status 0" "$status" 0
is "JSON lists three backends" "$(grep -c '"found": ' "$work/out")" 3
refused "--assume needs a described machine" 2 \
    "flopcast: --assume is for a described machine; name one with HWLOC_XMLFILE=FILE" devices --assume cuda
refused "--assume takes two words" 2 "flopcast: --assume takes cuda or opencl, not 'hip'" devices --assume hip

# --- a device that fails its self-test ---
export FLOPCAST_FAULT
FLOPCAST_FAULT=cpu:selftest
flopcast devices
has "the failure is shown" "$work/out" 'self-test failed (512 known trials give digest'
flopcast run samsung-50k -n 1000 -b cpu
is "a run on it ends with 3" "$status" 3
has "and names it" "$work/err" 'CPU.*self-test failed'
flopcast run samsung-50k -n 1000 --strict -b all
is "so does --strict" "$status" 3
has "which says so" "$work/err" 'strict stops here'
FLOPCAST_FAULT=cpu:selftest,opencl:selftest,cuda:selftest
flopcast run samsung-50k -n 1000
is "when none passes, auto ends with 3" "$status" 3
FLOPCAST_FAULT=opencl:selftest,cuda:selftest
flopcast run samsung-50k -n 1000
is "auto goes on with those that pass" "$status" 0
has "the CPU at last" "$work/err" 'running on CPU'
unset FLOPCAST_FAULT

# --- what is not available ---
flopcast devices
if grep -q '^  CUDA: not found' "$work/out"; then
    flopcast run samsung-50k -n 1000 -b cuda
    is "-b cuda without CUDA ends with 3" "$status" 3
    has "and says what to install" "$work/err" '^flopcast: CUDA is not available (.*); install'
    flopcast run samsung-50k -n 1000 -b cpu+cuda
    is "so does -b cpu+cuda" "$status" 3
else
    skip "-b cuda without CUDA ends with 3" "CUDA is here"
fi
flopcast run samsung-50k -n 1000 -b opnecl
is "a backend that nobody knows: status 2" "$status" 2
has "the nearest is named" "$work/err" "did you mean 'opencl'"
flopcast run samsung-50k -n 1000 --isa avx9
is "an instruction set that nobody knows: status 2" "$status" 2
tap_end
