#!/bin/sh
# suite_ptx.sh: the device code for every architecture keeps the bit contract (cuda/check_ptx.sh), and the check notices
# code that does not. Prints TAP; skipped where there is no nvcc.
set -u
architectures="80 90 100 103 120"
# each of these, put in the place of the program's own flags, must be noticed (-prec-sqrt is not: the source names sqrt.rn)
controls="-fmad=true -ftz=true -prec-div=false --use_fast_math"
count=$(echo $architectures $controls | wc -w)
echo "1..$((count + 2))"
nvcc=$(command -v nvcc || true)
if [ -z "$nvcc" ]; then
    i=0
    while [ $i -lt $((count + 2)) ]; do
        i=$((i + 1))
        echo "ok $i - device code # SKIP no nvcc on PATH"
    done
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
n=0 failed=0
say() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        failed=1
        sed 's/^/# /' "$folder/log" | tail -5
    fi
}
compile() { # ARCHITECTURE OUTPUT [OPTION...]: the program's flags, but for those that an option takes the place of
    to=$2 architecture=$1
    shift 2
    flags=$(cat cuda/nvcc.flags)
    for option in "$@"; do
        [ "$option" = --use_fast_math ] && flags=-O3
        flags=$(echo "$flags" | sed "s/${option%%=*}=[a-z]*//")
    done
    "$nvcc" -ptx -arch=compute_"$architecture" $flags "$@" -I. -o "$to" cuda/trial.cu >"$folder/log" 2>&1
}
for architecture in $architectures; do
    compile "$architecture" "$folder/a.ptx" && sh cuda/check_ptx.sh "$folder/a.ptx" >"$folder/log" 2>&1
    say $? "code for sm_$architecture: only correctly rounded operations"
done
for option in $controls; do
    if compile 90 "$folder/b.ptx" "$option"; then
        sh cuda/check_ptx.sh "$folder/b.ptx" >"$folder/log" 2>&1
        [ $? -eq 1 ]
        say $? "$option is noticed"
    else
        say 1 "$option is noticed"
    fi
done
: >"$folder/empty.ptx"
sh cuda/check_ptx.sh "$folder/empty.ptx" >"$folder/log" 2>&1
[ $? -eq 1 ]
say $? "an empty file is noticed"
sh cuda/check_ptx.sh "$folder/none.ptx" >"$folder/log" 2>&1
[ $? -eq 2 ]
say $? "a missing file is noticed"
exit $failed
