#!/bin/sh
# digests.sh: runs every scenario of the table of digests in docs/validation/README.md on the CPU and on OpenCL, and puts what both
# say in the place of what stands there. Exit status 1 where the two differ. FLOPCAST names the program. Run from the root.
set -u
flopcast=${FLOPCAST:-build/flopcast}
page=docs/validation/README.md
digest() { "$flopcast" run "$1" -n 2000 -q -b "$2" 2>/dev/null | sed -n 's/^result digest \([0-9a-f]*\).*/\1/p'; }
differ=0
new=$(mktemp)
trap 'rm -f "$new"' EXIT
while IFS= read -r line; do
    case $line in
    "| scenario | digest |") in_table=1 ;;
    "") in_table= ;;
    esac
    name=$(printf '%s\n' "$line" | sed -n 's/^| \([a-z0-9-]*\) | [0-9a-f]\{16\} |$/\1/p')
    if [ -n "${in_table:-}" ] && [ -n "$name" ]; then
        cpu=$(digest "$name" cpu) opencl=$(digest "$name" opencl)
        if [ -z "$cpu" ] || [ "$cpu" != "$opencl" ]; then
            echo "digests.sh: $name: cpu '$cpu', opencl '$opencl'" >&2
            differ=1
        fi
        line="| $name | $cpu |"
    fi
    printf '%s\n' "$line"
done <"$page" >"$new"
[ "$differ" = 0 ] && cat "$new" >"$page"
exit "$differ"
