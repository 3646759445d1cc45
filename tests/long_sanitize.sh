#!/bin/sh
# long_sanitize.sh: all short tests again under the address and undefined behaviour sanitizers, and the queue of trials under
# the thread sanitizer. gcc's OpenMP runtime is not instrumented for it, so only what uses plain threads is run there.
set -u
. tests/tap.sh
for goal in test-sanitize test-threads; do
    succeeds "make $goal" env -u MAKEFLAGS make --no-print-directory FLOPCAST_INNER=1 $goal
done
tap_end
