#!/bin/sh
# run.sh PROGRAM|SUITE...: runs cmocka programs and TAP-printing shell suites, shows what failed or was skipped and how long each
# took, and ends with 'N passed, N failed, N skipped' over all of them. Exit status 1 when anything failed.
#
# Programs keep to themselves and run JOBS at a time (as many as there are CPUs, at most 4); suites use files and the whole machine,
# and run one after the other.
set -u
if [ "$1" = --one ]; then # ITEM FOLDER
    item=$2
    name=$(basename "$item" .sh)
    log=$3/$name.log out=$3/$name.out start=$(date +%s)
    case $item in
    *.sh) sh "$item" >"$log" 2>&1 ;;
    *) CMOCKA_MESSAGE_OUTPUT=tap "$item" >"$log" 2>&1 ;;
    esac
    status=$?
    sed -i 's/^not ok \([0-9]* # SKIP\)/ok \1/' "$log" # cmocka's way to say skipped
    ok=$(grep -c '^ok ' "$log")
    skip=$(grep -ci '^ok .*# *skip' "$log")
    bad=$(grep -c '^not ok ' "$log")
    # a suite that dies without saying which test failed counts as one failure
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; echo "not ok - $name ended with status $status" >>"$log"; fi
    if [ $((ok + bad)) -eq 0 ]; then bad=1; echo "not ok - $name ran no test" >>"$log"; fi
    # one that ends early with status 0 shows in its plan, '1..N'
    planned=$(awk '/^1\.\.[0-9]+$/ { n += substr($0, 4) } END { print n + 0 }' "$log")
    if [ "$bad" -eq 0 ] && [ "$planned" -ne "$ok" ]; then
        bad=1
        echo "not ok - $name ran $ok of $planned planned tests" >>"$log"
    fi
    {
        printf '%-28s %4d passed %3d failed %3d skipped %5d s\n' "$name" $((ok - skip)) "$bad" "$skip" $(($(date +%s) - start))
        grep -i '^ok .*# *skip' "$log" | sed 's/^/    /'
        # what failed, with what was said about it
        if [ "$bad" -gt 0 ]; then grep -v '^ok ' "$log" | sed 's/^/    /' | tail -80; fi
    } >"$out"
    cat "$out" # in one piece
    echo "$((ok - skip)) $bad $skip" >"$3/$name.count"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cpus=$(nproc 2>/dev/null || echo 1)
for item in "$@"; do
    case $item in *.sh) ;; *) printf '%s\n' "$item" ;; esac
done | xargs -P "${JOBS:-$((cpus < 4 ? cpus : 4))}" -I '{}' sh "$0" --one '{}' "$folder"
for item in "$@"; do
    case $item in *.sh) sh "$0" --one "$item" "$folder" ;; esac
done
for item in "$@"; do # one that left no count did not run
    count=$folder/$(basename "$item" .sh).count
    [ -e "$count" ] || { echo "not ok - $item did not run" >&2; echo '0 1 0' >"$count"; }
done
set -- $(cat "$folder"/*.count | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
echo "$1 passed, $2 failed, $3 skipped"
[ "$2" -eq 0 ]
