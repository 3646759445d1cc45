#!/bin/sh
# run.sh PROGRAM|SUITE...: runs cmocka programs and TAP-printing shell suites, shows what failed or was skipped, and ends
# with 'N passed, N failed, N skipped' over all of them. Exit status 1 when anything failed.
set -u
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for item in "$@"; do
    name=$(basename "$item" .sh)
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
    # one that ends early with status 0 is told by its plan, '1..N'
    planned=$(awk '/^1\.\.[0-9]+$/ { n += substr($0, 4) } END { print n + 0 }' "$log")
    if [ "$bad" -eq 0 ] && [ "$planned" -ne "$ok" ]; then
        bad=1
        echo "not ok - $name ran $ok of $planned planned tests" >>"$log"
    fi
    printf '%-28s %4d passed %3d failed %3d skipped\n' "$name" $((ok - skip)) "$bad" "$skip"
    grep -i '^ok .*# *skip' "$log" | sed 's/^/    /'
    # what failed, with what was said about it
    if [ "$bad" -gt 0 ]; then grep -v '^ok ' "$log" | sed 's/^/    /' | tail -80; fi
    passed=$((passed + ok - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
