#!/bin/sh
# long_contracts.sh: 300 random contracts: cash of all parties, taxes and the provider's books.
set -u
. tests/tap.sh
for test in test_flows test_money; do
    succeeds "$test, 300 contracts" env FLOPCAST_TEST_CONTRACTS=300 "${B:-build}/tests/$test"
done
tap_end
