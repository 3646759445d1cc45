#!/bin/sh
# suite_binary.sh: how the program is linked and compiled: position independent, read-only relocations bound at the start, a
# guarded stack, no path of the machine that built it; one object built in two folders has the same bytes (the whole program:
# long_same_bytes.sh). Run from the repository root.
set -u
. tests/tap.sh

if ! command -v readelf >/dev/null 2>&1; then
    skip "how the program is linked" "no readelf"
elif sanitized; then
    skip "how the program is linked" "a build with sanitizers, which take the place of the hardening"
else
    readelf -hW "$FLOPCAST" >"$work/header"
    readelf -lW "$FLOPCAST" >"$work/segments"
    readelf -dW "$FLOPCAST" >"$work/dynamic"
    readelf -sW --dyn-syms "$FLOPCAST" >"$work/symbols"
    has "it runs at any address (PIE)" "$work/header" 'Type: *DYN'
    has "relocations are read-only once done (RELRO)" "$work/segments" 'GNU_RELRO'
    has "all symbols are bound at the start (BIND_NOW)" "$work/dynamic" 'NOW'
    has "the stack is guarded" "$work/symbols" '__stack_chk_fail'
    has "library calls are checked (FORTIFY)" "$work/symbols" '__[a-z]*_chk'
    is "the stack is not executable" "$(sed -n 's/.*GNU_STACK.* \(R[WE ]*\) .*/\1/p' "$work/segments" | tr -d ' ')" "RW"
fi
is "no folder of the machine that built it is in there" "$(grep -c "$(pwd)" "$FLOPCAST")" 0

if ! command -v make >/dev/null 2>&1 || ! command -v gcc >/dev/null 2>&1; then
    skip "one object from two folders has the same bytes" "no make or gcc"
else
    for copy in a a-longer-name; do
        mkdir -p "$work/$copy"
        cp -R build.mk Makefile host topology bench cuda tests catalog scenarios "$work/$copy"
        (cd "$work/$copy" && env -u MAKEFLAGS make --no-print-directory FLOPCAST_INNER=1 NVCC= CC=gcc build/host/base/format.o) >"$work/log" 2>&1
    done
    succeeds "one object from two folders has the same bytes" \
        cmp "$work/a/build/host/base/format.o" "$work/a-longer-name/build/host/base/format.o"
fi

if command -v readelf >/dev/null 2>&1; then
    # README.md: hwloc, libfyaml, json-c, workbooks by libxlsxwriter, and the C compiler's own (OpenMP, libc, libm). What these bring
    # along is theirs.
    is "it is linked with what README.md names" "$(readelf -dW "$FLOPCAST" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*\]/\1/p' |
        grep -v '^libhwloc$\|^libfyaml$\|^libjson-c$\|^libxlsxwriter$\|^libgomp$\|^libomp$\|^libm$\|^libc$\|^ld-linux\|san$')" ""
    for library in hwloc libfyaml json-c libxlsxwriter OpenMP; do has "README.md names $library" README.md "$library"; done
    succeeds "the list of parts (SPDX) is made" sh -c "sh host/sbom.sh '$FLOPCAST' 0 >'$work/spdx'"
    is "it names every library that is linked" \
        "$(readelf -dW "$FLOPCAST" | grep -c 'NEEDED.*\(hwloc\|fyaml\|json-c\|gomp\|libc\)\.')" \
        "$(grep -c 'DYNAMIC_LINK SPDXRef-\(hwloc\|libfyaml\|json-c\|libgomp\|glibc\)' "$work/spdx")"
fi
tap_end
