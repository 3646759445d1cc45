#!/bin/sh
# long_calibration.sh: simulation-based calibration on many synthetic data sets, and a thousand simulated runs followed; a TAP suite.
echo 1..2
told=${TMPDIR:-/tmp}/flopcast_sbc.$$

# many WHAT COUNT PROGRAM: the test program passes with so many replicates
n=0
many() {
    n=$((n + 1))
    if FLOPCAST_TEST_REPLICATES=$2 FLOPCAST_TEST_VERBOSE=1 "${B:-build}/tests/$3" >"$told" 2>&1; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
    fi
    sed 's/^/# /' "$told"
}

many "ranks of 600 data sets are uniform" 600 test_calibration
many "1,000 simulated runs end as their forecasts on the way say" 1000 test_follow
rm -f "$told"
