#!/bin/sh
# suite_opencl_source.sh: the OpenCL source is OpenCL C 1.2 and nothing more: drivers have compilers of their own, and what one takes
# as an extension another refuses (macros of variable length: NVIDIA). Prints TAP; the compiler's word is skipped without clang.
set -u
source=${B:-build}/cuda/trial.cl
echo 1..5
failed=0
say() { # STATUS NUMBER NAME
    [ "$1" -eq 0 ] && echo "ok $2 - $3" && return
    echo "not ok $2 - $3"
    failed=1
}
! grep -q '^#define [A-Za-z_]*([^)]*\.\.\.)' "$source"
say $? 1 'no macro of variable length'
! grep -q '^#include "' "$source"
say $? 2 'no file is left out'
clang=$(command -v clang || command -v clang-15 || command -v clang-14 || true)
if [ -z "$clang" ]; then
    for i in 3 4 5; do echo "ok $i - strict OpenCL C # SKIP no clang on PATH"; done
    exit $failed
fi
strict() { # LANES FILE
    "$clang" -x cl -cl-std=CL1.2 -D__OPENCL_VERSION__=120 -Xclang -finclude-default-header -fsyntax-only -pedantic-errors \
        -DFC_W="$1" -DFC_CHUNK="$1" "$2" 2>&1
}
strict 1 "$source"
say $? 3 'strict OpenCL C 1.2, a trial per work item'
strict 64 "$source"
say $? 4 'strict OpenCL C 1.2, 64 lanes'
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT
{ echo '#define ANY(...) 0'; cat "$source"; } >"$broken"
strict 1 "$broken" >/dev/null && status=1 || status=0
say $status 5 'a macro of variable length is refused'
exit $failed
