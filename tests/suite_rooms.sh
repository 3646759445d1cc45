#!/bin/sh
# suite_rooms.sh: the includes of this tree go one way, and the check that says so finds wrong ones.
set -u
. tests/tap.sh
sh tests/rooms.sh --self-test | grep -v '^1\.\.' | sed 's/ - / - the check of rooms: /'
tests=22
succeeds "every include goes the right way" sh tests/rooms.sh
tap_end
