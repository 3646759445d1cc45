#!/bin/sh
# inline.sh FILE: prints FILE with every #include "..." replaced by that file, each file once, with #line marks so that a compiler's
# messages name the place in the source tree. Used when the program is built: OpenCL sources travel inside it.
#
# A table (*.def) is written out by the preprocessor here, with the macros that stand right before its #include, because
# OpenCL C has no macros of variable length: NVIDIA's compiler refuses them.
set -eu
: "${CC:=cc}"
table=$(mktemp)
trap 'rm -f "$table"' EXIT
awk -v top="$1" -v table="$table" -v cc="$CC" '
function folder(path) { return match(path, /.*\//) ? substr(path, 1, RLENGTH) : "" }
function flush() { if (held != "") printf "%s", held; held = "" }
function expand(path,    line, command) {
    printf "%s#include \"%s\"\n", held, path > table
    close(table)
    held = ""
    command = cc " -E -P -undef -x c -iquote . \"" table "\""
    while ((command | getline line) > 0)
        if (line != "") print line
    if (close(command) != 0) { print "inline.sh: the preprocessor fails on " path > "/dev/stderr"; exit 1 }
}
function emit(path,    line, number, name, more) {
    while (sub(/[^\/.]+\/\.\.\//, "", path)) continue
    if (path in seen) return
    seen[path] = 1
    print "#line 1 \"" path "\""
    number = 0
    while ((status = (getline line < path)) > 0) {
        number++
        if (line ~ /^#include "/) {
            name = line
            sub(/^#include "/, "", name); sub(/".*$/, "", name)
            if (name ~ /\.def$/) expand(folder(path) name)
            else { flush(); emit(folder(path) name) }
            print "#line " (number + 1) " \"" path "\""
        } else if (line ~ /^#define [A-Z_]+\(/ || more) {
            held = held line "\n"
            more = line ~ /\\$/
        } else { flush(); print line }
    }
    flush()
    if (status < 0) { print "inline.sh: cannot read " path > "/dev/stderr"; exit 1 }
    close(path)
}
BEGIN { emit(top) }'
