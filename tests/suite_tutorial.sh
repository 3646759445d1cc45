#!/bin/sh
# suite_tutorial.sh: the first hours of docs/tutorial: every command runs, in the order of the page and in one folder; it prints
# the figures that the page shows, all of them; a figure in the text stands in what is shown; and the first answer comes soon.
# Run from the root. What differs on purpose: `make how-to` makes the pages anew.
set -u
. tests/tap.sh
ln -s "$(cd "$(dirname "$FLOPCAST")" && pwd)/$(basename "$FLOPCAST")" "$work/flopcast"
PATH=$work:$PATH
LC_ALL=C.UTF-8
export LC_ALL

# What depends on the machine and its mood is left out: times taken, threads, compiler; and blanks before the end of a line.
lasting() {
    sed 's/ *$//; s/\(were timed in\) [0-9.]* s/\1/; s/\(trials in all\), .*/\1/; /^\(CPU\|GPU\|OpenCL\|CUDA\), /d
        /^[0-9]* packages\{0,1\}, /d; /^flopcast [0-9.]*, /d' "$1"
}

# The numbers of the text: those with a point, a sign of percent or two digits and more, without their commas.
text_figures() {
    awk '/^```/ { inside = !inside; next } inside || /^    / || /^\([0-9.]* s\)$/ { next } { print }' "$1" |
        sed 's/`[^`]*`//g; s/](.*)//g; s/\([0-9]\),\([0-9][0-9][0-9]\)/\1\2/g' |
        grep -oE '(^|[^A-Za-z0-9.])[0-9][0-9.]*' | sed 's/^[^0-9]*//; s/\.$//' | awk 'length($0) > 1' | sort -u
}

for page in $(sed -n 's/^| \[.*(\(.*\)\.md).*/\1/p' docs/tutorial/README.md); do
    place=$work/$page
    mkdir "$place" "$place.commands"
    awk -v to="$place.commands" '
        /^```/ && open && !inside { inside = 1; next }
        /^```/ && inside { inside = open = 0; next }
        inside { print > (to "/shown." n); next }
        more { print > (to "/command." n); more = /[\\|]$/; next }
        /^    (flopcast|printf) / { n++; open = 1; print > (to "/command." n); more = /[\\|]$/ }
        END { print n > (to "/count") }
    ' "docs/tutorial/$page.md"
    count=$(cat "$place.commands/count") i=1
    is "$page: at least seven commands" "$([ "$count" -ge 7 ] && echo yes)" yes
    while [ "$i" -le "$count" ]; do
        command=$place.commands/command.$i
        begin=$(date +%s)
        (cd "$place" && sh "$command") >"$work/printed" 2>"$work/err"
        is "$page $i runs: $(head -1 "$command" | cut -c5-80)" "$? $(grep -v 'note: \|warning: \|no GPU found' "$work/err" | head -3)" "0 "
        is "nothing in it is unusual" "$(grep 'usual is' "$work/err")" ""
        [ "$i" -gt 1 ] || is "$page: the first answer within a minute" "$([ $(($(date +%s) - begin)) -lt 60 ] && echo yes)" yes
        if [ -s "$place.commands/shown.$i" ]; then
            lasting "$place.commands/shown.$i" >"$work/wanted"
            lasting "$work/printed" >"$work/got"
            is "and prints what the page shows" "$(diff "$work/wanted" "$work/got" | head -8)" ""
        fi
        i=$((i + 1))
    done
    sed 's/\([0-9]\),\([0-9][0-9][0-9]\)/\1\2/g' "$place.commands"/shown.* "$place.commands"/command.* >"$work/all"
    for number in $(text_figures "docs/tutorial/$page.md"); do
        grep -qF -- "$number" "$work/all" || echo "$number"
    done >"$work/astray"
    is "$page: every figure of its text stands in what is shown" "$(tr '\n' ' ' <"$work/astray")" ""
done
is "a changed figure is noticed" "$(sed 's/4/5/' "$place.commands/shown.1" | diff "$place.commands/shown.1" - >/dev/null || echo yes)" yes
is "the pages are those that are listed" "$(ls docs/tutorial | grep -v README | tr '\n' ' ')" \
    "$(sed -n 's/^| \[.*(\(.*\.md\)).*/\1/p' docs/tutorial/README.md | sort | tr '\n' ' ')"
tap_end
