# inject.sh: what suite_injection.sh (a sample) and long_injection.sh (every call) share; sourced by them with `share` set: how
# many calls of a kind are made to fail per command; 1: the first and the last from every call stack; 0: each alone, and
# with all later ones those of 1 (calls of memory: each). In the environment, INJECT_ONLY names some of the commands, INJECT_KINDS some kinds of calls,
# INJECT_SLICE=K/N takes every Nth of the calls, the Kth first (K = 1 to N: N runs make the whole). The files lie in memory where
# there is a place, and a try forks as little as it can: there are tens of thousands. Run from the repository root.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. tests/tap.sh
library=${B:-build}/tests/inject.so
table=$work/t.csv
head -1 catalog/measured-training.csv >"$table"
grep -e '^mb-26.08-gb200-qwen3-30b' catalog/measured-training.csv >>"$table"
aws=scenarios/openai-aws-38b-contract.yaml
all=0 limit=60 # seconds that a run may take

# prepare: the files that the commands begin with
prepare() {
    rm -rf "$work/d"
    mkdir "$work/d"
    cp "$work"/start/* "$work/d"
}

# injected COMMAND...: one run of it, with INJECT in the environment; digest of what it printed in $got, "" where it refused
injected() {
    LD_PRELOAD=$library timeout "$limit" "$FLOPCAST" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    got=
    [ $status != 0 ] ||
        got=$(sed -n -e 's/"\(wall_s\|backend\|devices\|topology\|file_hash\)": .*//' -e 's/ draws in .*//' -e p "$work/out" | cksum)
}

# stray: the files of the folder that a try has left and that are none of those a run without a fault leaves
stray() {
    for path in "$work"/d/* "$work"/d/.[!.]*; do
        [ -e "$path" ] || continue
        case $kept in *" ${path##*/} "*) ;; *) printf ' %s' "${path##*/}" ;; esac
    done
}

# try KIND:CALL[+] COMMAND...: that call fails (with a '+' all later ones too); what was wrong is added to $bad.
try() {
    INJECT=$1
    shift
    injected "$@"
    why= clean=yes
    case $status in
    0) [ "$got" = "$right" ] || why="status 0 and another answer" ;;
    2 | 3 | 4) [ -s "$work/err" ] || why="status $status without a word" ;;
    *) why="status $status: $(head -c 200 "$work/err")" ;;
    esac
    if [ -n "$file" ] && ! cmp -s "$work/d/$file" "$work/start/$file"; then
        clean=
        case $file in
        *.json) INJECT= "$FLOPCAST" merge "$work/d/$file" -q >/dev/null 2>"$work/err" || [ $? = 1 ] ||
            why="$why, $file is lost: $(head -c 200 "$work/err")" ;;
        *) [ -s "$work/d/$file" ] || why="$why, $file is empty" ;;
        esac
    fi
    left=$(stray)
    [ -z "$left" ] || why="$why, it leaves$left"
    [ -z "$why" ] || bad="$bad$INJECT of $total: $why
"
    [ -n "$clean" ] && [ -z "$left" ] || prepare
}

# in_children COMMAND...: every call of memory fails in a child that is forked there; those that are to be looked at one by one, as
# the child did other than refuse and leave the files as they were, are in $work/these.
in_children() {
    prepare
    rm -rf "$work/d.kept"
    INJECT=memory:each$([ $mode = alone ] || echo +)
    export INJECT_FOLDER="$work/d"
    limit=1800
    injected "$@"
    limit=60
    unset INJECT_FOLDER
    [ "$status" = 0 ] || fail "$name: it works while its children fail" "status $status" "$(head -3 "$work/err")"
    read -r tried parts <"$work/count" || tried=0
    is "$name: the same calls with children" "$tried calls from $parts stacks" "$total calls from $stacks stacks"
    tried=$(((tried - ${slice%/*}) / ${slice#*/} + 1))
    sed 1d "$work/count" >"$work/these"
    how=", $(wc -l <"$work/these") of them in a process of its own"
}

# tries NAME FILE COMMAND...: every kind of call fails in turn. FILE, relative to the folder of files, must hold its old or its
# new content whole.
tries() {
    name=$1 file=$2
    shift 2
    case " ${INJECT_ONLY:-$name} " in *" $name "*) ;; *) return ;; esac
    export INJECT INJECT_LOG="$work/count" FLOPCAST_FAULT=
    for kind in ${kinds:-${INJECT_KINDS:-memory open write fsync rename thread fork}}; do
        # of one thread where children are forked on the way; else of two
        threads=2 left=$# before=
        [ "$kind$share" != memory0 ] || threads=1
        while [ "$left" -gt 0 ]; do
            word=$1 left=$((left - 1))
            shift
            [ "$before" != -t ] || word=$threads
            before=$word
            set -- "$@" "$word"
        done
        prepare
        INJECT=$kind:0
        rm -f "$work/count"
        injected "$@"
        right=$got
        read -r total stacks <"$work/count" || total=0
        kept=" $(cd "$work/d" && ls -A | tr '\n' ' ')"
        if [ "$status" != 0 ]; then fail "$name, $kind: it works without a fault" "status $status" "$(head -3 "$work/err")"; continue; fi
        [ "$total" -gt 0 ] || continue
        sed 1d "$work/count" >"$work/stacks"
        # the calls that fail alone, and with all later ones
        if [ "$share" = 1 ]; then
            cp "$work/stacks" "$work/alone"
            cp "$work/stacks" "$work/onward"
        elif [ "$share" = 0 ]; then
            seq 1 "$total" >"$work/alone"
            cp "$work/stacks" "$work/onward"
        else
            awk -v n="$total" -v s="$share" 'BEGIN { for (i = 1; i <= s; i++) print int((n * i + s - 1) / s) }' | uniq >"$work/alone"
            cp "$work/alone" "$work/onward"
        fi
        slice=${INJECT_SLICE:-1/1}
        for mode in alone onward; do
            if [ "$kind$share" = memory0 ]; then
                in_children "$@"
            else
                awk -v k="${slice%/*}" -v n="${slice#*/}" 'NR % n == k % n' "$work/$mode" >"$work/these"
                tried=$(wc -l <"$work/these") how=
            fi
            prepare
            bad=
            while read -r call; do
                try "$kind:$call$([ $mode = alone ] || echo +)" "$@"
            done <"$work/these"
            all=$((all + tried))
            [ "$tried" -gt 0 ] || continue
            is "$name: $kind, $tried of $total calls from $stacks stacks, $mode$how" "$bad" ""
        done
    done
}

if [ ! -f "$library" ] || sanitized; then
    skip "calls that fail in turn" "no $library, or a build with sanitizers"
    tap_end
    exit
fi
mkdir "$work/start"
# Trials enough that every part of a result is in it: with 400 the calls come from as many stacks as with 2000.
for part in 1 2; do
    "$FLOPCAST" run $aws -n 400 -q -b cpu --shard $part/2 -o "$work/start/s$part.json" >/dev/null
done
"$FLOPCAST" run $aws -n 200 -q -b cpu -o "$work/start/r.json" >/dev/null
printf 'old' >"$work/start/p.yaml"
tries run r.json run $aws -n 400 -q -t 2 --json -o "$work/d/r.json" --samples "$work/d/s.csv"
tries resume r.json run $aws -n 400 -q -b cpu -t 2 --json --resume -o "$work/d/r.json"
tries merge r.json merge "$work/d/s1.json" "$work/d/s2.json" -q --json -o "$work/d/r.json"
tries calibrate p.yaml calibrate "$table" -n 1000 -t 2 -o "$work/d/p.yaml"
tries sweep '' sweep $aws 'prices.gpu_hour=3..4:1 USD' -n 50 -q -b cpu -t 2 --json
kinds=driver limit=300 # a driver that loses its cache compiles anew
if "$FLOPCAST" run $aws -n 1 -q -b opencl >/dev/null 2>&1; then
    tries both r.json run $aws -n 400 -q -b cpu+opencl --json -o "$work/d/r.json"
else
    skip "a driver's calls that fail" "no OpenCL device"
fi
echo "# $all calls were made to fail"
tap_end
