#!/bin/sh
# check_ptx.sh FILE.ptx: exit status 0 when every floating-point instruction of the file keeps the bit contract, 1 with the
# offending lines when not, 2 when there is no such file.
#
# Allowed in single precision: + - * / sqrt, reciprocal and fma with an explicit .rn; comparisons, selections, moves, negation
# and absolute value, which do not round; conversions that say how they round. Everything else is refused: .ftz, .approx,
# .full, mad, double and half precision, the special functions. An add, sub or mul without .rn rounds alike, but ptxas may
# contract it to an fma: that is how a file compiled with -fmad=true is recognized.
set -eu
[ $# -eq 1 ] && [ -r "$1" ] || { echo "usage: check_ptx.sh FILE.ptx" >&2; exit 2; }
awk '
/^[ \t]*(\/\/|\.)/ { next }                          # comments and directives
{
    line = $0
    sub(/\/\/.*/, "", line)
    sub(/^[ \t]*\{?[ \t]*/, "", line)
    sub(/^@!?%p[0-9]+[ \t]+/, "", line)               # predicate
    split(line, part, /[ \t;]/)
    op = part[1]
    if (op !~ /\.(f16|f32|f64|bf16|tf32|f16x2|bf16x2|f32x2)(\.|$)/) next
    checked++
    if (op ~ /^(add|sub|mul|div|sqrt|rcp|fma)\.rn\.f32$/) { if (op == "fma.rn.f32") fused++; next }
    if (op ~ /^(mov|neg|abs|min|max|selp|slct|copysign)\.f32$/) next
    if (op ~ /^set(p)?\.[a-z]+(\.(and|or|xor))?(\.(u32|s32))?\.f32$/) next
    if (op ~ /^(ld|st)\.[a-z0-9_.:]*f32$/) next
    if (op ~ /^cvt\.(rni|rmi|rpi|rzi)\.(f32|s32|u32|s64|u64)\.f32$/) next
    if (op ~ /^cvt\.rn\.f32\.(s64|u64|s32|u32|s16|u16)$/) next
    printf "%s:%d: %s\n", FILENAME, FNR, op
    bad++
}
END {
    if (!fused) { print FILENAME ": no fma.rn.f32 in it: these are not the kernels"; exit 1 }
    if (bad) { printf "%s: %d of %d floating-point instructions break the bit contract\n", FILENAME, bad, checked; exit 1 }
    printf "%s: %d floating-point instructions, all as the bit contract wants them\n", FILENAME, checked
}' "$1"
