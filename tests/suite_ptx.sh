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
say() { # STATUS NAME LOG
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        failed=1
        sed 's/^/# /' "$3" | tail -5
    fi
}
# compile ARCHITECTURE NAME [OPTION...]: NAME.ptx with the program's flags, but for those that an option takes the place of;
# NAME.built once it is there. In the background; at most as many at a time as there are CPUs (and 4, for the memory).
cpus=$(nproc 2>/dev/null || echo 1)
[ "$cpus" -gt 4 ] && cpus=4
running=0
compile() {
    architecture=$1 name=$2
    shift 2
    flags=$(cat cuda/nvcc.flags)
    for option in "$@"; do
        [ "$option" = --use_fast_math ] && flags=-O3
        flags=$(echo "$flags" | sed "s/${option%%=*}=[a-z]*//")
    done
    [ "$running" -ge "$cpus" ] && { wait; running=0; }
    {
        "$nvcc" -ptx -arch=compute_"$architecture" $flags "$@" -I. -o "$folder/$name.ptx" cuda/trial.cu \
            >"$folder/$name.log" 2>&1 && : >"$folder/$name.built"
    } &
    running=$((running + 1))
}
for architecture in $architectures; do
    compile "$architecture" "sm_$architecture"
done
for option in $controls; do
    compile 90 "control$option" "$option"
done
wait
check() { # NAME: the status of check_ptx.sh, or 3 where nothing was compiled
    [ -e "$folder/$1.built" ] || return 3
    sh cuda/check_ptx.sh "$folder/$1.ptx" >"$folder/$1.log" 2>&1
}
for architecture in $architectures; do
    check "sm_$architecture"
    say $? "code for sm_$architecture: only correctly rounded operations" "$folder/sm_$architecture.log"
done
for option in $controls; do
    check "control$option"
    [ $? -eq 1 ]
    say $? "$option is noticed" "$folder/control$option.log"
done
: >"$folder/empty.ptx"
sh cuda/check_ptx.sh "$folder/empty.ptx" >"$folder/log" 2>&1
[ $? -eq 1 ]
say $? "an empty file is noticed" "$folder/log"
sh cuda/check_ptx.sh "$folder/none.ptx" >"$folder/log" 2>&1
[ $? -eq 2 ]
say $? "a missing file is noticed" "$folder/log"
exit $failed
