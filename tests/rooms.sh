#!/bin/sh
# rooms.sh [ROOT]: checks that includes go one way. Every folder is a room with a floor; a file may include files of its own
# room and of rooms on lower floors, never beside or above. Prints every include that is not allowed; exit status 1 when
# there is one. `rooms.sh --graph [ROOT]` prints the arrows between rooms for graphviz (make picture).
#
# rooms.sh --self-test: shows that it finds a wrong include in each room, and none in a right tree. Prints TAP.
set -u

rules='
function folder(path) { return match(path, /.*\//) ? substr(path, 1, RLENGTH - 1) : "." }
function normal(path,    part, n, i, k, kept) { # a/b/../c -> a/c
    n = split(path, part, "/")
    k = 0
    for (i = 1; i <= n; i++) {
        if (part[i] == "" || part[i] == ".") continue
        if (part[i] == ".." && k > 0) { k--; continue }
        kept[++k] = part[i]
    }
    path = kept[1]
    for (i = 2; i <= k; i++) path = path "/" kept[i]
    return path
}
function exists(path,    line, got) { got = (getline line < path); close(path); return got >= 0 }
function room(path) {
    if (path ~ /^cuda\/model\/(inputs|metrics|classes|fields|provider)\.(h|def)$/) return "cuda/model/base" # numbers that every room of the model reads
    return folder(path)
}
function allowed(from, target,    to) {
    to = room(target)
    if (from == to) return 1
    if (from == "topology" || to == "topology" && from !~ /^(host|bench)/) return 0
    if (to == "cuda") return from == "host/backends" && target == "cuda/reduce.h" # what a device hands back
    return from in floor && to in floor && floor[to] < floor[from]
}
function system_allowed(from, header) {
    if (from ~ /^cuda\/model/) return header ~ /^(Random123\/.*|stdint\.h|immintrin\.h)$/
    if (from == "topology") return header ~ /^hwloc[.\/]/ || header !~ /\/|^libfyaml\.h$|^omp\.h$/ || header ~ /^sys\//
    return header !~ /^(cmocka\.h|cuda.*)$/ # the CUDA driver is opened at run time, without its header
}
BEGIN {
    n = split("cuda/model/base|cuda/model/step cuda/model/run cuda/model/contract|cuda/model|cuda|topology|host/base|" \
              "host/language host/result|host/step host/backends|host/compile host/calibrate|host/run|host/analysis|" \
              "host/report host/library|bench|host/commands|host", level, "|")
    for (i = 1; i <= n; i++) { m = split(level[i], name, " "); for (j = 1; j <= m; j++) floor[name[j]] = i }
}
/^[ \t]*#[ \t]*include[ \t]*["<]/ {
    from = room(FILENAME)
    own = $0 ~ /include[ \t]*"/
    match($0, own ? "\"[^\"]*\"" : "<[^>]*>")
    header = substr($0, RSTART + 1, RLENGTH - 2)
    if (!own) {
        if (!system_allowed(from, header)) { print FILENAME ":" FNR ": includes <" header "> (" from " may not)"; wrong = 1 }
        next
    }
    target = normal(folder(FILENAME) "/" header)
    if (!exists(target)) target = header # from the root, by -I.
    if (graph) { if (room(target) != from) arrows["    \"" from "\" -> \"" room(target) "\""]++ }
    else if (!allowed(from, target)) { print FILENAME ":" FNR ": includes " target " (" from " may not)"; wrong = 1 }
}
END {
    if (graph) {
        print "digraph rooms {\n    rankdir=TB; node [shape=box, fontname=Helvetica]; edge [color=gray40];"
        for (arrow in arrows) print arrow " [penwidth=" 1 + log(arrows[arrow]) / 2 "];" | "sort"
        close("sort")
        print "}"
    }
    exit wrong
}'

check() { # ROOT GRAPH
    cd "$1" || return 2
    find cuda host topology bench -type f \( -name '*.[ch]' -o -name '*.cu' -o -name '*.cl' \) | sort | xargs awk -v graph="$2" "$rules"
}

self_test() {
    script=$(realpath "$0")
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    number=0
    plant() { # what the wrong include stands in, and what it is; '-' for none
        number=$((number + 1))
        rm -rf "${tree:?}"/*
        mkdir -p "$tree/topology" "$tree/bench"
        for r in base step run contract; do mkdir -p "$tree/cuda/model/$r" && : >"$tree/cuda/model/$r/m.h"; done
        for r in base language result step backends compile calibrate run analysis report commands; do
            mkdir -p "$tree/host/$r" && : >"$tree/host/$r/h.h"
        done
        : >"$tree/topology/t.h" >"$tree/cuda/model/program.h" >"$tree/cuda/model/inputs.h" >"$tree/cuda/reduce.h" >"$tree/bench/b.h"
        printf '#include <stdio.h>\n#include "../../topology/t.h"\n#include "cuda/reduce.h"\n#include "h.h"\n' >"$tree/host/backends/h.c"
        printf '#include "host/report/h.h"\n#include "../run/h.h"\n#include "bench/b.h"\n' >"$tree/host/commands/h.c"
        printf '#include <hwloc.h>\n#include "t.h"\n' >"$tree/topology/t.c"
        printf '#include "../base/m.h"\n#include "../inputs.h"\n' >"$tree/cuda/model/run/n.h"
        printf '#include "model/program.h"\n' >"$tree/cuda/trial.cu"
        wanted=0
        if [ "$1" != - ]; then
            echo "#include $2" >>"$tree/$1"
            wanted=1
        fi
        sh "$script" "$tree" >"$tree/log" 2>&1
        got=$?
        [ "$got" = 0 ] || got=1
        if [ $got = $wanted ] && [ "$(wc -l <"$tree/log")" = $wanted ]; then
            echo "ok $number - $1 $2"
        else
            echo "not ok $number - $1 $2"
            sed 's/^/#   /' "$tree/log"
        fi
    }
    plant - "(a right tree)"
    plant topology/t.c '"../host/base/h.h"'
    plant topology/t.c '"host/base/h.h"'
    plant topology/t.c '"../cuda/model/base/m.h"'
    plant topology/t.c '<libfyaml.h>'
    plant cuda/model/run/n.h '"../../../host/base/h.h"'
    plant cuda/model/run/n.h '"../../../topology/t.h"'
    plant cuda/model/run/n.h '"../contract/m.h"'
    plant cuda/model/run/n.h '"../program.h"'
    plant cuda/model/run/n.h '<math.h>'
    plant cuda/trial.cu '"../host/base/h.h"'
    plant host/backends/h.c '"cuda/trial.cu"'
    plant host/backends/h.c '"tests/x.h"'
    plant host/backends/h.c '"../step/h.h"'
    plant host/backends/h.c '"host/compile/h.h"'
    plant host/base/h.h '"host/language/h.h"'
    plant host/language/h.h '"../result/h.h"'
    plant host/step/h.h '"host/compile/h.h"'
    plant host/compile/h.h '"../calibrate/h.h"'
    plant host/run/h.h '"host/analysis/h.h"'
    plant host/report/h.h '"../commands/h.h"'
    plant host/analysis/h.h '"bench/b.h"'
    echo "1..$number"
}

case ${1:-} in
--self-test) self_test ;;
--graph) check "${2:-.}" 1 ;;
*) check "${1:-.}" "" ;;
esac
