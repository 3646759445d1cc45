#!/bin/sh
# suite_faults.sh: a device that fails on the way (FLOPCAST_FAULT, host/backends/fault.h), seen from the command line: the others
# finish with the same digest; alone, the run ends with status 4 and leaves a file that another device finishes. Run from
# the repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT
scenario=llama3-405b-54-days
trials=300000 # so many that a fast device, too, has a sixth batch to lose (of 0.2 s each)

flopcast run $scenario -n $trials -b cpu -q --json
right=$(member "$work/out" digest)
is "the CPU alone gives the right digest" "$status" 0

flopcast devices
if ! sed -n '/^  OpenCL: found/,/^  [A-Z]/p' "$work/out" | grep -q 'self-test passed'; then
    for name in "a device lost beside the CPU" "a device lost alone" "kernels that do not build" "memory that is refused"; do
        skip "$name" "no OpenCL device"
    done
    tap_end
    exit
fi

# The self-test, in a process of its own, takes five batches of its count.
export FLOPCAST_FAULT
FLOPCAST_FAULT=opencl:lost:6
flopcast run $scenario -n $trials -b cpu+opencl --json
is "a device lost beside the CPU: the run ends well" "$status" 0
is "a device lost beside the CPU: the same digest" "$(member "$work/out" digest)" "$right"

flopcast run $scenario -n $trials -b opencl -o "$work/part.json"
is "a device lost alone: status 4" "$status" 4
has "a device lost alone: it is named, with its trouble" "$work/err" 'OpenCL: .* failed during the run: .*CL_DEVICE_NOT_AVAILABLE'
has "a device lost alone: it says how far it came" "$work/err" "^flopcast: [0-9]* of $trials trials are done"
is "a device lost alone: what was done is kept" "$([ -s "$work/part.json" ] && echo yes)" yes
unset FLOPCAST_FAULT
flopcast run $scenario -n $trials -b cpu -o "$work/part.json" --resume -q --json
is "the CPU finishes it: status 0" "$status" 0
is "the CPU finishes it: the same digest" "$(member "$work/out" digest)" "$right"

export FLOPCAST_FAULT
for fault in build alloc; do
    FLOPCAST_FAULT=opencl:$fault
    flopcast run $scenario -n $trials -b cpu+opencl --json
    is "opencl:$fault beside the CPU: the run ends well" "$status" 0
    is "opencl:$fault beside the CPU: the same digest" "$(member "$work/out" digest)" "$right"
    has "opencl:$fault beside the CPU: the device is named" "$work/err" '^flopcast: OpenCL .* is left out: '
    flopcast run $scenario -n $trials -b opencl
    is "opencl:$fault alone: status 3" "$status" 3
done
tap_end
