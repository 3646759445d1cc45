#!/bin/sh
# long_calibration.sh: simulation-based calibration on many synthetic data sets; a TAP suite.
echo 1..1
if FLOPCAST_TEST_REPLICATES=600 FLOPCAST_TEST_VERBOSE=1 "${B:-build}/tests/test_calibration" >"${TMPDIR:-/tmp}/flopcast_sbc.$$" 2>&1; then
    echo "ok 1 - ranks of 600 data sets are uniform"
else
    echo "not ok 1 - ranks of 600 data sets are uniform"
fi
sed 's/^/# /' "${TMPDIR:-/tmp}/flopcast_sbc.$$"
rm -f "${TMPDIR:-/tmp}/flopcast_sbc.$$"
