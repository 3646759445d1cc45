#!/bin/sh
# suite_mpi.sh: ranks share one queue and give one digest, a rank that is killed costs nothing, and the plain program needs no
# MPI. Skipped where Open MPI's mpirun is not installed.
set -u
. tests/tap.sh
scenario=openai-aws-38b-contract

if command -v ldd >/dev/null; then
    is "the program is not linked with MPI" "$(ldd "$FLOPCAST" | grep -c libmpi)" 0
fi
if ! command -v mpirun >/dev/null || ! mpirun --version 2>/dev/null | grep -q 'Open MPI'; then
    skip "ranks by MPI" "no mpirun of Open MPI"
    tap_end
    exit
fi
root=
[ "$(id -u)" = 0 ] && root=--allow-run-as-root
# Open MPI unloads parts of its own with their memory, and says so of none: leaks are looked for without it.
sanitized && export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
ranks() { # N ARGUMENTS...
    n=$1
    shift
    status=0
    mpirun $root --oversubscribe -n "$n" "$FLOPCAST" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

flopcast run $scenario -n 20000 -q -b cpu -t 1 --json
digest=$(member "$work/out" digest)
for n in 1 2 3 4; do
    ranks $n run $scenario -n 20000 -q -b cpu -t 1 -o "$work/ranks.json"
    is "$n ranks give the digest of one process" "$status $(member "$work/ranks.json" digest)" "0 $digest"
done
is "and one table" "$(grep -c '^result digest' "$work/out")" 1
has "with their shares" "$work/ranks.json" 'rank 3 on [^ ]*: [0-9,]* trials'
for i in 1 2 3 4 5 6 7; do flopcast run $scenario -n 20000 --shard $i/7 -q -b cpu -t 1 -o "$work/shard$i.json"; done
flopcast merge "$work"/shard?.json --json
is "so do seven shards" "$(member "$work/out" digest)" "$digest"
flopcast run $scenario --sampling qmc -n 2000 -q -b cpu -t 1 --json
quasi=$(member "$work/out" digest)
ranks 3 run $scenario --sampling qmc -n 2000 -q -b cpu -t 1 --json
is "quasi-Monte Carlo, too" "$status $(member "$work/out" digest)" "0 $quasi"
ranks 2 run $scenario --until 'p95(cost_usd) 0.1%' -q -b cpu -t 1 --json
is "and --until, with a status of its own" "$status" 0
ranks 2 run $scenario -n 20000 -b cpu -t 1
has "rank 0 says that there are others" "$work/err" "this is rank 0 of 2; the others take batches from it (MPI)"
ranks 2 run no-such-scenario
is "wrong input is said once" "$status $(grep -c 'no-such-scenario' "$work/err")" "2 1"
ranks 2 run $scenario -n 1000 --samples "$work/s.csv"
is "the values of every trial are refused" "$status" 2
ranks 2 list metrics
is "other commands are done by rank 0 alone" "$status $(grep -c '^npv_usd ' "$work/out")" "0 1"
has "which is said" "$work/err" "under MPI only run is shared among ranks; rank 0 does this alone"

# a rank is killed in the middle: rank 0 ends with 4 and a file, and what is in it is not computed again
cat >"$work/rank.sh" <<'END'
"$@" & process=$!
trap : TERM
echo $process >"$work/pid$OMPI_COMM_WORLD_RANK"
wait $process; code=$?
while [ $code -gt 128 ] && kill -0 $process 2>/dev/null; do wait $process; code=$?; done
echo $code >"$work/status$OMPI_COMM_WORLD_RANK"
END
export work
rm -f "$work/k.json"
FLOPCAST_KEEP_S=0.3 mpirun $root --oversubscribe --mca odls_base_sigkill_timeout 10 -n 3 sh "$work/rank.sh" \
    "$FLOPCAST" run $scenario -n 2000000 -q -b cpu -t 1 -o "$work/k.json" >"$work/out" 2>"$work/err" </dev/null &
launcher=$!
tries=0
until grep -q 'rank 2 on [^;]*: [1-9]' "$work/k.json" 2>/dev/null && [ -s "$work/pid1" ]; do
    tries=$((tries + 1))
    [ $tries -gt 600 ] && break
    sleep 0.1
done
kill -9 "$(cat "$work/pid1")"
wait $launcher && status=0 || status=$?
differs "mpirun reports the loss" "$status" 0
case $(mpirun --version | head -1) in
*' 5.'*) ;; # its launcher kills all ranks half a second later, whatever they do: the file of the last minute is left
*)
    is "rank 0 ends with 4" "$(cat "$work/status0" 2>/dev/null)" 4
    has "and says how to go on" "$work/err" "continue with --resume -o"
    ;;
esac
flopcast run $scenario -n 2000000 -q -b cpu --resume -o "$work/k.json"
resumed=$(member "$work/k.json" digest)
has "what was there is not done again" "$work/k.json" 'rank 2 on [^ ]*: [0-9,]* trials'
flopcast run $scenario -n 2000000 -q -b cpu --json
is "nothing is lost" "$resumed" "$(member "$work/out" digest)"
tap_end
