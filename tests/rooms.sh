#!/bin/sh
# rooms.sh [ROOT]: checks that includes go one way: host -> topology, cuda/model; cuda/trial.* -> cuda/model; topology and
# cuda/model know nobody but hwloc and Random123. Prints every include that is not allowed; exit status 1 when there is one.
#
# rooms.sh --self-test: shows that it finds a wrong include in each room, and none in a right tree. Prints TAP.
set -u

# room_of FILE: the folder whose rule counts
room_of() {
    case $1 in
    cuda/model/*) echo cuda/model ;;
    */*) echo "${1%%/*}" ;;
    *) echo . ;;
    esac
}

# allowed FROM-ROOM TO-FILE
allowed() {
    case "$1 $2" in
    "topology topology/"* | "cuda/model cuda/model/"* | "cuda cuda/"*) return 0 ;;
    "host host/"* | "host topology/"* | "host cuda/model/"*) return 0 ;;
    "host cuda/reduce.h") return 0 ;; # the layout of what a device hands back
    "tests "* | "bench host/"* | "bench bench/"* | "bench topology/"* | "bench cuda/"*) return 0 ;;
    *) return 1 ;;
    esac
}

# system_allowed FROM-ROOM HEADER
system_allowed() {
    case "$1 $2" in
    "cuda/model Random123/"* | "cuda/model stdint.h" | "cuda/model immintrin.h") return 0 ;;
    "cuda/model "*) return 1 ;;
    "topology hwloc.h" | "topology hwloc/"*) return 0 ;;
    "topology "*/* | "topology libfyaml.h" | "topology omp.h") return 1 ;;
    "host cmocka.h" | "host cuda"*) return 1 ;; # the CUDA driver is opened at run time, without its header
    *) return 0 ;;
    esac
}

check() {
    cd "$1" || return 2
    wrong=0
    for file in cuda/*.h cuda/*.cu cuda/*.cl cuda/model/*.h host/*.[ch] host/*/*.[ch] topology/*.[ch] bench/*.[ch]; do
        [ -f "$file" ] || continue
        room=$(room_of "$file")
        while IFS=: read -r line kind name; do
            [ -n "$line" ] || continue
            if [ "$kind" = system ]; then
                system_allowed "$room" "$name" && continue
                echo "$file:$line: includes <$name> ($room may not)"
            else
                target=$(realpath -m --relative-to=. "$(dirname "$file")/$name")
                [ -f "$target" ] || target=$name # from the root, by -I.
                allowed "$room" "$target" && continue
                echo "$file:$line: includes $target ($room may not)"
            fi
            wrong=1
        done <<END
$(sed -n -e 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/own:\1/p;t' -e 's/^[ \t]*#[ \t]*include[ \t]*<\([^>]*\)>.*/system:\1/p;t' \
        -e 's/.*//p' "$file" | grep -n . )
END
    done
    return $wrong
}

self_test() {
    script=$(realpath "$0")
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    number=0
    plant() { # what the wrong include stands in, and what it is; '-' for none
        number=$((number + 1))
        rm -rf "${tree:?}"/*
        mkdir -p "$tree/host" "$tree/topology" "$tree/cuda/model"
        printf '#include <stdio.h>\n#include "../topology/t.h"\n#include "../cuda/model/m.h"\n#include "h.h"\n' >"$tree/host/h.c"
        printf '#include <hwloc.h>\n#include "t.h"\n' >"$tree/topology/t.c"
        printf '#include "m.h"\n' >"$tree/cuda/model/n.h"
        printf '#include "model/m.h"\n' >"$tree/cuda/trial.cu"
        : >"$tree/host/h.h" >"$tree/topology/t.h" >"$tree/cuda/model/m.h"
        wanted=0
        if [ "$1" != - ]; then
            echo "#include $2" >>"$tree/$1"
            wanted=1
        fi
        sh "$script" "$tree" >"$tree/log" 2>&1
        got=$?
        if [ $got = $wanted ] && [ "$(wc -l <"$tree/log")" = $wanted ]; then
            echo "ok $number - $1 $2"
        else
            echo "not ok $number - $1 $2"
            sed 's/^/#   /' "$tree/log"
        fi
    }
    plant - "(a right tree)"
    plant topology/t.c '"../host/h.h"'
    plant topology/t.c '"host/h.h"'
    plant topology/t.c '"../cuda/model/m.h"'
    plant topology/t.c '<libfyaml.h>'
    plant cuda/model/n.h '"../../host/h.h"'
    plant cuda/model/n.h '"../../topology/t.h"'
    plant cuda/model/n.h '<math.h>'
    plant cuda/trial.cu '"../host/h.h"'
    plant host/h.c '"../cuda/trial.cu"'
    plant host/h.c '"../tests/x.h"'
    echo "1..$number"
}

if [ "${1:-}" = --self-test ]; then self_test; else check "${1:-.}"; fi
