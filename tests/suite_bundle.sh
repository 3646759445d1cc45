#!/bin/sh
# suite_bundle.sh: what `make gpu-bundle` packs runs with nothing of this machine but its kernel and shell: no library is
# looked up outside, with the machine's C library or with the packed one; and gpu.sh says when there is no device. Run from
# the repository root.
set -u
. tests/tap.sh
b=${B:-build}

if sanitized; then
    skip "the bundle" "a build with sanitizers, whose libraries stay here"
    tap_end
    exit
fi
mkdir -p "$work/b/tests"
cp "$FLOPCAST" "$work/b/flopcast"
if [ -x "$b/tests/test_backend_cuda" ]; then
    cp "$b/tests/test_backend_cuda" "$work/b/tests/"
else
    cp "$FLOPCAST" "$work/b/tests/test_backend_cuda" # some tests alone were asked for
fi
succeeds "it is packed" sh bench/bundle.sh "$work/b" "$work/bundle"
mkdir "$work/there"
tar -C "$work/there" -xzf "$work/bundle.tar.gz"
there=$work/there/bundle

bare="env -i PATH=/usr/bin:/bin LD_LIBRARY_PATH=$there/lib/c:$there/lib"
$bare "$there/lib/c/ld.so" --list "$there/bin/flopcast" >"$work/libraries" 2>&1
is "every library comes from the bundle" "$(grep '=> /' "$work/libraries" | grep -vc "=> $there/")" 0
is "and none is missing" "$(grep -c 'not found' "$work/libraries")" 0
wanted=$("$FLOPCAST" run anchor-daly -n 500 -b cpu -q --json | grep '^  "digest"')
got=$($bare "$there/lib/c/ld.so" "$there/bin/flopcast" run anchor-daly -n 500 -b cpu -q --json | grep '^  "digest"')
is "with the packed C library it gives the same digest" "$got" "$wanted"
got=$(env -i PATH=/usr/bin:/bin "LD_LIBRARY_PATH=$there/lib" "$there/bin/flopcast" run anchor-daly -n 500 -b cpu -q --json |
    grep '^  "digest"')
is "with the machine's as well" "$got" "$wanted"

env -i PATH=/usr/bin:/bin CUDA_VISIBLE_DEVICES= SECONDS_ALL=60 sh "$there/gpu.sh" "$work/out" >"$work/said" 2>&1
is "gpu.sh ends with 3 where there is no device" $? 3
has "and says so" "$work/said" '^cuda cannot be used: '
tap_end
