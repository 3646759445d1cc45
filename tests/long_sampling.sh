#!/bin/sh
# long_sampling.sh: the standard errors of quasi-Monte Carlo over 50 seeds, at 1,024 and at 8,192 points a shift.
set -u
. tests/tap.sh
for points in 1024 8192; do
    succeeds "50 seeds, $points points" env FLOPCAST_TEST_SEEDS=50 FLOPCAST_TEST_POINTS=$points "${B:-build}/tests/test_sampling"
done
tap_end
