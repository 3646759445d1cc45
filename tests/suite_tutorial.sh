#!/bin/sh
# suite_tutorial.sh: the first hours of docs/tutorial: every command runs, with fewer worlds than there, in the order of the
# page and in one folder; it tells the figures that the page shows; and the first answer comes soon. Run from the root.
set -u
. tests/tap.sh
ln -s "$(cd "$(dirname "$FLOPCAST")" && pwd)/$(basename "$FLOPCAST")" "$work/flopcast"
PATH=$work:$PATH
LC_ALL=C.UTF-8
export LC_ALL

# Names of metrics at the beginning of a line, P(...) too.
figures() { sed -n 's/^ *\(P([a-z0-9_@]*\).*/\1/p; s/^ *\([a-z][a-z0-9_.@]*\)\( \[.*\)\{0,1\}  .*/\1/p' "$1" | sort -u; }

for page in $(sed -n 's/^| \[.*(\(.*\)\.md).*/\1/p' docs/tutorial/README.md); do
    place=$work/$page
    mkdir "$place" "$place.commands"
    awk -v to="$place.commands" '
        /^```/ && open && !inside { inside = 1; next }
        /^```/ && inside { inside = open = 0; next }
        inside { print > (to "/shown." n); next }
        more { print > (to "/command." n); more = /[\\|]$/; next }
        /^    flopcast / { n++; open = 1; print > (to "/command." n); more = /[\\|]$/ }
        END { print n > (to "/count") }
    ' "docs/tutorial/$page.md"
    count=$(cat "$place.commands/count") i=1
    is "$page: at least seven commands" "$([ "$count" -ge 7 ] && echo yes)" yes
    while [ "$i" -le "$count" ]; do
        command=$place.commands/command.$i
        sed 's/-n 1e4/-n 1500/; s/-n 4000/-n 1500/; s/-n 2000/-n 1500/' "$command" >"$command.short"
        begin=$(date +%s)
        (cd "$place" && sh "$command.short") >"$work/told" 2>"$work/err"
        is "$page $i runs: $(head -1 "$command" | cut -c5-80)" "$? $(grep -v 'note: \|warning: \|no GPU found' "$work/err" | head -3)" "0 "
        [ "$i" -gt 1 ] || is "$page: the first answer within a minute" "$([ $(($(date +%s) - begin)) -lt 60 ] && echo yes)" yes
        if [ -s "$place.commands/shown.$i" ] && ! grep -q 'flopcast \(explain\|search\|replay\|stress\)' "$command"; then
            figures "$place.commands/shown.$i" >"$work/wanted"
            figures "$work/told" >"$work/got"
            is "and tells what the page shows" "$(comm -23 "$work/wanted" "$work/got" | tr '\n' ' ')" ""
        fi
        i=$((i + 1))
    done
done
is "the pages are those that are listed" "$(ls docs/tutorial | grep -v README | tr '\n' ' ')" \
    "$(sed -n 's/^| \[.*(\(.*\.md\)).*/\1/p' docs/tutorial/README.md | sort | tr '\n' ' ')"
tap_end
