#!/bin/sh
# long_spoilt.sh: 300 scenarios with one key spoilt at random, each refused in one line that names the key.
set -u
. tests/tap.sh
succeeds "300 spoilt scenarios" env FLOPCAST_SPOILT=300 "$B/tests/test_spoilt"
tap_end
