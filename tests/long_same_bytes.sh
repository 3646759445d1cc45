#!/bin/sh
# long_same_bytes.sh: the whole program, built from scratch in two folders, has the same bytes. Run from the repository root.
set -u
. tests/tap.sh
for copy in a a-longer-name; do
    mkdir -p "$work/$copy"
    cp -R build.mk Makefile host topology bench cuda tests catalog scenarios "$work/$copy"
    (cd "$work/$copy" && make --no-print-directory FLOPCAST_INNER=1 NVCC= CC="${CC:-gcc}" all) >"$work/log" 2>&1
    is "it builds in the folder '$copy'" $? 0
done
succeeds "two folders, the same bytes" cmp "$work/a/build/flopcast" "$work/a-longer-name/build/flopcast"
tap_end
