#!/bin/sh
# suite_how_to.sh: every command of docs/how-to/twelve-questions.md still runs, with fewer worlds than there, and tells
# the figures that the page shows (docs/how-to/remake.sh puts the full output there). Run from the repository root.
set -u
. tests/tap.sh
page=docs/how-to/twelve-questions.md
ln -s "$(cd "$(dirname "$FLOPCAST")" && pwd)/$(basename "$FLOPCAST")" "$work/flopcast"
PATH=$work:$PATH
awk -v work="$work" '
    /^```/ && n > 0 && !inside && open { inside = 1; next }
    /^```/ && inside { inside = open = 0; next }
    inside { print > (work "/shown." n); next }
    more { print > (work "/command." n); more = /[\\|]$/; next }
    /^    flopcast / { n++; open = 1; print > (work "/command." n); more = /[\\|]$/ }
    END { print n > (work "/count") }
' "$page"
count=$(cat "$work/count")
is "the page answers twelve questions" "$(grep -c '^## [0-9]*\. ' "$page")" 12
is "each with a command at 1e5 worlds" "$(cat "$work"/command.* | grep -c -- '-n 1e5 -q')" "$count"
is "and there are fifteen of them at least" "$([ "$count" -ge 15 ] && echo yes)" yes

# The figures of a page: metric names at the beginning of a line, P(...) too. What explain and stress list in order of
# size changes with the worlds; of theirs the headings.
figures() {
    if grep -q 'flopcast \(explain\|stress\)' "$work/command.$i"; then
        sed -n 's/^\([A-Z][a-z]* [a-z]* [a-z]*\).*/\1/p' "$1" | sort -u
        return
    fi
    sed -n 's/^ *\(P([a-z0-9_@]*\).*/\1/p; s/^ *\([a-z][a-z0-9_.@]*\)\( \[.*\)\{0,1\}  .*/\1/p' "$1" | sort -u
}
i=1
while [ "$i" -le "$count" ]; do
    sed 's/-n 1e5/-n 4000/' "$work/command.$i" >"$work/short.$i"
    sh "$work/short.$i" >"$work/printed.$i" 2>"$work/err"
    is "command $i runs: $(head -1 "$work/command.$i" | cut -c5-90)" "$?" 0
    is "nothing in it is unusual" "$(grep 'usual is' "$work/err")" ""
    is "and prints something" "$(wc -l <"$work/printed.$i" | awk '{ print ($1 > 0) }')" 1
    touch "$work/shown.$i"
    figures "$work/shown.$i" >"$work/wanted"
    figures "$work/printed.$i" >"$work/got"
    is "and tells what the page shows" "$(comm -23 "$work/wanted" "$work/got" | tr '\n' ' ')" ""
    i=$((i + 1))
done
tap_end
