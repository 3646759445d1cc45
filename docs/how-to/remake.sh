#!/bin/sh
# remake.sh PAGE...: runs every command of a how-to page again and puts what it prints in the place of what stands there.
# A command is an indented line that begins with flopcast, and goes on behind a backslash or a pipe; its output is the next block
# between ``` lines, and a line "(1.2 s)" behind it the time it took. FLOPCAST names the program. With `-t` before the pages
# commands of each page run in a new folder, where they may write and where tests/ is that of the project. Run from the root.
set -eu
flopcast=${FLOPCAST:-build/flopcast}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ln -s "$(cd "$(dirname "$flopcast")" && pwd)/$(basename "$flopcast")" "$folder/flopcast"
place=. apart=
if [ "$1" = -t ]; then
    shift
    apart=1
fi
PATH=$folder:$PATH
export PATH LC_ALL="${LC_ALL:-C.UTF-8}"
number=0
for page in "$@"; do
    if [ "$apart" ]; then
        number=$((number + 1)) place=$folder/place.$number
        mkdir "$place"
        ln -s "$PWD/tests" "$place/tests"
    fi
    awk -v folder="$folder" -v place="$place" '
        function run(shown,   line, status) {
            print command > (folder "/command.sh")
            close(folder "/command.sh")
            "date +%s.%N" | getline begin; close("date +%s.%N")
            status = system("cd " place " && sh " folder "/command.sh >" folder "/out 2>" folder "/err")
            "date +%s.%N" | getline end; close("date +%s.%N")
            took = end - begin
            if (status) {
                print "remake: status " status ": " command > "/dev/stderr"
                failed = 1
            }
            while ((getline line < (folder "/out")) > 0)
                if (shown) { sub(/ +$/, "", line); print line }
            close(folder "/out")
        }
        skipping { if (/^```/) { skipping = 0; print } ; next }
        /^```/ && command != "" { print; run(1); command = ""; skipping = 1; next }
        /^```/ { inside = !inside }
        /^\([0-9.]+ s\)$/ { printf "(%.1f s)\n", took; next }
        { print }
        more { command = command "\n" $0; more = /[\\|]$/; next }
        /^    (flopcast|printf) / && !inside {
            if (command != "") run(0) # one whose output is not shown
            command = $0
            more = /[\\|]$/
        }
        END { if (command != "") run(0); exit failed }
    ' "$page" > "$folder/page" && cat "$folder/page" > "$page"
done
