#!/bin/sh
# suite_vectors.sh: the loops that take most of the time are vector instructions in the kernels of this build
# (cuda/check_vectors.sh reads what the compiler said), and the check notices a kernel that was built without them. Run from
# the repository root.
set -u
. tests/tap.sh
b=${B:-build}

for kernel in avx2 avx512; do
    report=$b/host/cpu_kernel_$kernel.o.vectors
    if [ ! -r "$report" ]; then
        skip "hot loops of $kernel" 'no such kernel on this architecture'
    elif sanitized; then
        skip "hot loops of $kernel" 'a build with sanitizers, whose checks stand in the loops'
    else
        compiler=gcc
        grep -q 'remark:' "$report" && compiler=clang
        succeeds "hot loops of $kernel are vector instructions" sh cuda/check_vectors.sh "$report" $compiler
    fi
done

# one loop less, and none at all
report=$b/host/cpu_kernel_avx2.o.vectors
if [ -r "$report" ] && ! grep -q 'remark:' "$report"; then
    line=$(grep -n 'FC_LANES' cuda/model/run/timeline.h | head -1 | cut -d: -f1)
    grep -v "timeline.h:$line:" "$report" >"$work/less"
    sh cuda/check_vectors.sh "$work/less" gcc >"$work/log"
    is "a loop that fell back is noticed" $? 1
    has "and named" "$work/log" "^cuda/model/run/timeline.h:$line: not vectorised by gcc: a loop of fc_timeline_advance"
fi
sh cuda/check_vectors.sh /dev/null gcc >/dev/null
is "an empty report is refused" $? 1
sh cuda/check_vectors.sh "$work/none" gcc 2>/dev/null
is "no report is refused" $? 2
tap_end
