#!/bin/sh
# inline.sh FILE: prints FILE with every #include "..." replaced by that file, each file once (tables, *.def, each time), with #line marks so that a
# compiler's messages name the place in the source tree. Used when the program is built: OpenCL sources travel inside it.
set -eu
awk -v top="$1" '
function folder(path) { return match(path, /.*\//) ? substr(path, 1, RLENGTH) : "" }
function emit(path,    line, number, name) {
    if (path in seen && path !~ /\.def$/) return
    seen[path] = 1
    print "#line 1 \"" path "\""
    number = 0
    while ((status = (getline line < path)) > 0) {
        number++
        if (line ~ /^#include "/) {
            name = line
            sub(/^#include "/, "", name); sub(/".*$/, "", name)
            emit(folder(path) name)
            print "#line " (number + 1) " \"" path "\""
        } else print line
    }
    if (status < 0) { print "inline.sh: cannot read " path > "/dev/stderr"; exit 1 }
    close(path)
}
BEGIN { emit(top) }'
