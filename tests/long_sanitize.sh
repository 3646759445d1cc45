#!/bin/sh
# long_sanitize.sh: all short tests again under the address and undefined behaviour sanitizers, and what starts threads under
# the thread sanitizer (threads.sh).
set -u
. tests/tap.sh
for goal in test-sanitize test-threads; do
    succeeds "make $goal" env -u MAKEFLAGS make --no-print-directory FLOPCAST_INNER=1 $goal
done
tap_end
