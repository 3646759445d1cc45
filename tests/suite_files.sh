#!/bin/sh
# suite_files.sh: files that flopcast writes are whole or not at all, and none that it reads or that another writes is lost;
# results are kept on the way, at every stop, and know when they were edited. Run from the repository root.
set -u
. tests/tap.sh
aws=scenarios/openai-aws-38b-contract.yaml
slow=scenarios/llama3-405b-54-days.yaml
long="$slow -n 1e8 -t 1 -b cpu -q"

# --- an output that is an input, or another output ---
cp $aws "$work/mine.yaml"
cp $aws "$work/mine.bak"
ln -s mine.yaml "$work/link.yaml"
ln "$work/mine.yaml" "$work/hard.yaml"
for name in mine.yaml link.yaml hard.yaml ./mine.yaml; do
    flopcast run "$work/mine.yaml" -n 100 -q -b cpu -o "$work/$name"
    is "-o $name, the scenario itself: status 2" "$status" 2
    has "-o $name: it says so" "$work/err" 'name another file\|the ending says what is written'
done
cp "$work/mine.yaml" "$work/mine.csv"
flopcast run "$work/mine.csv" -n 100 -q -b cpu --samples "$work/mine.csv"
is "--samples on the scenario: status 2" "$status" 2
succeeds "the scenario is untouched" cmp "$work/mine.yaml" "$work/mine.bak"
succeeds "so is the one with another ending" cmp "$work/mine.csv" "$work/mine.bak"
refused "-o and --samples on one file" 2 \
    "flopcast: --samples $work/both.csv: is the file of -o too; give each output a file of its own" \
    run $aws -n 100 -q -b cpu -o "$work/both.csv" --samples "$work/both.csv"
ln -s both.csv "$work/other.csv"
flopcast run $aws -n 100 -q -b cpu -o "$work/both.csv" --samples "$work/other.csv"
is "-o and --samples on one file by a link to what is not there yet: status 2" "$status" 2
"$FLOPCAST" run $aws -n 100 -q -b cpu -o "$work/stdout.json" >"$work/stdout.json" 2>"$work/err"
is "-o on the file of standard output: status 2" $? 2
refused "-o with an empty name" 2 "flopcast: -o: the name of the file is empty; name one" run $aws -n 1e12 -q -o ""
head -1 catalog/measured-training.csv >"$work/t.csv"
grep -e '^mb-26.08-gb200-qwen3-30b' catalog/measured-training.csv >>"$work/t.csv"
cp "$work/t.csv" "$work/t.bak"
flopcast calibrate "$work/t.csv" -n 1000 -o "$work/t.csv"
is "calibrate -o on its table: status 2" "$status" 2
succeeds "the table is untouched" cmp "$work/t.csv" "$work/t.bak"
refused "calibrate -o writes YAML" 2 \
    "flopcast: -o $work/t.parquet: the ending says what is written, and .parquet is none of .yaml" \
    calibrate "$work/t.csv" -n 1000 -o "$work/t.parquet"
refused "and a summary on standard output" 2 \
    "flopcast: -o -: calibrate prints its summary on standard output; name a file, for example posterior.yaml" \
    calibrate "$work/t.csv" -n 1000 -o -
flopcast init --model llama3-8b --gpus 64xh100 --tokens 1T -q -o -
has "init -o - writes to standard output" "$work/out" '^training:'
is "and no file of that name" "$([ -e - ] && echo there)" ""
flopcast calibrate "$work/t.csv" -n 1000 -o "$work/no/posterior.yaml"
is "calibrate -o into a folder that is not there: status 2" "$status" 2
is "calibrate -o into a folder that is not there: before the work" "$(cat "$work/out")" ""

# --- what a killed one left behind ---
mkdir "$work/left"
for name in .r.json.flopcast-Ab12Cd .r.json.flopcast-notes .s.json.flopcast-Ab12Cd .r.json.Ab12Cd; do
    printf 'x' >"$work/left/$name"
done
flopcast run $aws -n 100 -q -b cpu -o "$work/left/r.json"
is "the next write of a file removes what a killed one left of it, and nothing else" "$(ls -A "$work/left" | tr '\n' ' ')" \
    ".r.json.Ab12Cd .r.json.flopcast-notes .s.json.flopcast-Ab12Cd r.json "

# --- what stays ---
printf 'my own' >"$work/r.json.part"
printf 'mine too' >"$work/r.csv"
flopcast run $aws -n 100 -q -b cpu -o "$work/r.json"
is "a .part of the user's own stays" "$(cat "$work/r.json.part")" "my own"
flopcast run $aws -n 100 -q -b cuda --samples "$work/r.csv"
is "a refused backend leaves the old samples" "$([ "$status" = 0 ] || cat "$work/r.csv")" "mine too"
FLOPCAST_FAULT=cpu:lost:0 flopcast run $aws -n 100 -q -b cpu --samples "$work/r.csv"
is "a run that does no trial leaves the old samples" "$status $(cat "$work/r.csv")" "4 mine too"
chmod 600 "$work/r.json"
mkdir "$work/real"
flopcast run $aws -n 200 -q -b cpu -o "$work/real/target.json"
ln -s real/target.json "$work/to.json"
flopcast run $aws -n 300 -q -b cpu -o "$work/r.json"
is "the mode of an old file stays" "$(stat -c %a "$work/r.json")" 600
flopcast run $aws -n 300 -q -b cpu -o "$work/to.json"
is "a symbolic link stays one" "$(readlink "$work/to.json")" "real/target.json"
has "and its target is the new result" "$work/real/target.json" '"trials_asked": 300'
ln -s real/later.json "$work/dangling.json"
flopcast run $aws -n 100 -q -b cpu -o "$work/dangling.json"
is "a link to what is not there: the target is made" "$(readlink "$work/dangling.json") $([ -s "$work/real/later.json" ] && echo made)" \
    "real/later.json made"
(umask 077; "$FLOPCAST" run $aws -n 100 -q -b cpu -o "$work/mask.json" >/dev/null)
is "a new file has the mode that umask leaves" "$(stat -c %a "$work/mask.json")" 600
if [ "$(id -u)" != 0 ]; then
    chmod 400 "$work/mask.json"
    flopcast run $aws -n 100 -q -b cpu -o "$work/mask.json"
    is "a file that may not be written is not replaced" "$status" 2
fi
is "no other file stays" "$(ls -A "$work" "$work/real" | grep -c '^\.r\|lock\|XXXX\|\.json\.[A-Za-z0-9]\{6\}$')" 0
"$FLOPCAST" run $aws -n 100 -q -b cpu -o /dev/stdout 2>"$work/err" | tail -1 >"$work/out"
has "-o /dev/stdout writes where standard output goes" "$work/out" .
"$FLOPCAST" run $aws -n 100 -q -b cpu --json -o /dev/fd/3 3>"$work/three.json" >"$work/out" 2>"$work/err"
is "-o /dev/fd/3 writes to descriptor 3" "$(member "$work/three.json" digest)" "$(member "$work/out" digest)"

# --- pipes and folders as input ---
mkfifo "$work/fifo"
for arguments in "run $work/fifo" "merge $work/fifo" "calibrate $work/fifo" "validate $work/fifo"; do
    timeout 20 "$FLOPCAST" $arguments >"$work/out" 2>"$work/err" </dev/null
    is "a pipe that nobody writes to: $arguments" "$? $(grep -c 'is a pipe without a writer; name a file' "$work/err")" "2 1"
done
timeout 20 "$FLOPCAST" run $aws -n 100 -q -b cpu -o "$work/fifo" >"$work/out" 2>"$work/err"
is "-o on a pipe that nobody reads: status 2" $? 2
(sleep 0.5; cat $aws >"$work/fifo") &
flopcast run "$work/fifo" -n 100 -q -b cpu
is "a pipe that somebody writes to is read" "$status" 0
wait
cat "$work/fifo" >"$work/through" &
flopcast run $aws -n 100 -q -b cpu -o "$work/fifo"
wait
is "-o on a pipe that somebody reads" "$status $(grep -c '"file_hash"' "$work/through")" "0 1"
for command in run merge calibrate validate compare; do
    flopcast $command "$work" "$work"
    is "a folder as input of $command: status 2" "$status" 2
done

# --- two writers ---
$interruptible "$FLOPCAST" run $long -o "$work/two.json" >"$work/out1" 2>"$work/err1" &
process=$!
batch=1 # s in which some trials are done
sanitized && batch=20
sleep $batch
flopcast run $aws -n 100 -q -b cpu -o "$work/two.json"
is "a second writer of one file: status 2" "$status" 2
has "a second writer: it says why" "$work/err" 'another flopcast is writing it; wait until it ends or name another file'

# --- a stop by each signal keeps what there is, within a second; an ignored one stays ignored ---
kill -HUP $process
kill -HUP $process
wait $process
is "SIGHUP, twice as terminals do: status 4" $? 4
has "SIGHUP: it says how to go on" "$work/err1" "continue with --resume -o $work/two.json"
flopcast merge "$work/two.json" -q --json
is "SIGHUP: the file is whole, and lacks trials: status 1" "$status" 1
has "merge says which are missing" "$work/err" 'warning: trials [0-9]* to 99999999 are in no part'
endless="scenarios/llama3-405b-54-days.yaml --set reliability.gpu_mtbf=1h --set training.wall=250000h -n 3e5 -b cpu -q"
for signal in INT TERM; do
    $interruptible "$FLOPCAST" run $endless >"$work/out" 2>"$work/err" &
    process=$!
    sleep 1.5
    kill -$signal $process 2>/dev/null
    begin=$(date +%s%N)
    wait $process
    code=$?
    took=$((($(date +%s%N) - begin) / 1000000))
    is "worlds without end, SIG$signal: it stops" "$([ "$code" = 4 -o "$code" = 2 ] && echo yes || echo "status $code")" yes
    is "worlds without end, SIG$signal: within two seconds" "$([ $took -lt 2000 ] && echo yes || echo "$took ms")" yes
done
(trap '' INT; exec "$FLOPCAST" run $slow -n 3e5 -b cpu -q -o "$work/nohup.json" >"$work/out" 2>"$work/err") &
process=$!
sleep 0.7
kill -INT $process
wait $process
is "a SIGINT that was ignored at the start stays ignored" $? 0

# --- killed: the last minute is lost, no more ---
FLOPCAST_KEEP_S=0.3 "$FLOPCAST" run $long -o "$work/killed.json" >"$work/out" 2>"$work/err" &
process=$!
sleep 2.5
kill -KILL $process
wait $process 2>/dev/null
flopcast merge "$work/killed.json" --json
is "killed: the file of the last interval is there, and whole" "$status" 1
have=$(sed -n 's/.*of the 100000000.*//p; s/.*the parts lack \([0-9]*\) trials of.*/\1/p' "$work/err")
is "killed: it holds trials" "$([ -n "$have" ] && [ "$have" -lt 100000000 ] && echo yes)" yes
flopcast run $aws -n 100 -q -b cpu -o "$work/killed.json"
is "killed: its lock does not stay" "$status" 0

# --- resume ---
flopcast run $aws -n 4000 -q -b cpu -t 1 -o "$work/part.json"
flopcast run $aws -n 1000 -q -b cpu --resume -o "$work/part.json"
has "--resume with fewer trials says what it does" "$work/err" \
    'holds 4,000 trials already, more than the 1,000 asked for; the answer is that of all of them'
flopcast run $aws -n 9000 -q -b cpu --isa portable --resume -o "$work/part.json" --json
is "--resume goes on" "$status" 0
has "--resume keeps the devices of the part before" "$work/out" '"devices": ".*: 4,000 trials; .*: 5,000 trials"'
: >"$work/empty.json"
flopcast run $aws -n 100 -q -b cpu --resume -o "$work/empty.json"
is "--resume on an empty file begins anew" "$status" 0

# --- an edited file is refused ---
flopcast run $aws -n 1000 -q -b cpu -o "$work/whole.json"
for edit in 's/"devices": "CPU/"devices": "GPU/' 's/"wall_s": /"wall_s": 1/' 's/"value": "38 B USD"/"value": "39 B USD"/' 's/"p50": \([0-9]\)/"p50": 9\1/' \
    's/"unit": "USD"/"unit": "EUR"/' 's/"trials_asked": 1000/"trials_asked": 2000/' '/"file_hash"/d' \
    's/"file_hash": "./"file_hash": "x/'; do
    sed "$edit" "$work/whole.json" >"$work/edited.json"
    cmp -s "$work/whole.json" "$work/edited.json" && fail "the edit $edit changes something"
    flopcast merge "$work/edited.json"
    is "merge refuses a file after $edit" "$status" 2
    flopcast compare "$work/whole.json" "$work/edited.json"
    is "compare refuses it" "$status" 2
done
cp "$work/edited.json" "$work/edited.bak"
flopcast run $aws -n 2000 -q -b cpu --resume -o "$work/edited.json"
is "--resume refuses it: status 2" "$status" 2
succeeds "and leaves it alone" cmp "$work/edited.json" "$work/edited.bak"
sed 's/^ */    /' "$work/whole.json" >"$work/anew.json"
flopcast merge "$work/anew.json" -q
is "another indentation is no edit" "$status" 0

# --- and one whose inputs and hash were edited: the scenario in it gives another digest ---
if command -v python3 >/dev/null 2>&1; then
    cat >"$work/rehash.py" <<'END'
"""Edits a result and hashes it anew, as host/result/result_hash.h says."""
import sys
text = open(sys.argv[1]).read().replace(sys.argv[2], sys.argv[3], 1)
body = text[: text.rindex('"file_hash"')].rstrip().rstrip(",")
kept, inside, escaped = [], False, False
for c in body:
    if not inside and c in " \n\r\t":
        continue
    kept.append(c)
    if escaped:
        escaped = False
    elif inside and c == "\\":
        escaped = True
    elif c == '"':
        inside = not inside
h = 0xCBF29CE484222325
for byte in "".join(kept).encode():
    h = (h ^ byte) * 0x100000001B3 % 2**64
print('%s,\n  "file_hash": "%016x"\n}' % (body, h))
END
    python3 "$work/rehash.py" "$work/whole.json" '"seed": 1,' '"seed": 1,' >"$work/same.json"
    flopcast merge "$work/same.json" -q
    is "a result hashed anew is read" "$status" 0
    for key in name backend devices topology build; do
        value=$(sed -n "s/^  \"$key\": \"\([^\"]*\)\".*/\1/p" "$work/whole.json" | head -1)
        python3 "$work/rehash.py" "$work/whole.json" "\"$key\": \"$value\"" "\"$key\": \"x\\nP(forged) 99 %\"" >"$work/forged.json"
        flopcast merge "$work/forged.json"
        cp "$work/out" "$work/merged"
        flopcast compare "$work/forged.json" "$work/whole.json"
        is "a line break in '$key' of a result makes no line of the output" \
            "$(grep -c forged "$work/forged.json") $(cat "$work/merged" "$work/out" "$work/err" | grep -c '^P(forged)')" "1 0"
    done
    python3 "$work/rehash.py" "$work/whole.json" '"value": "38 B USD"' '"value": "39 B USD"' >"$work/edited.json"
    flopcast merge "$work/edited.json" -q
    is "merge notices inputs that were edited beside their digest" "$status" 2
    has "and says so" "$work/err" "its scenario gives the input digest [0-9a-f]*, not [0-9a-f]* as it states"
    flopcast compare "$work/edited.json" "$work/whole.json"
    has "compare warns" "$work/err" "warning: .*edited.json: its scenario gives the input digest"
else
    skip "inputs that were edited beside their digest" "no python3"
fi

# --- the scenario in a result is that of the run, for all that come with the program ---
strange=''
for name in $("$FLOPCAST" list scenarios | awk '{print $2}'); do
    "$FLOPCAST" run "$name" -n 2 -q -b cpu -o "$work/trip.json" >/dev/null 2>&1
    flopcast merge "$work/trip.json" -q
    [ "$status" = 0 ] || strange="$strange$name: $(cat "$work/err")
"
done
is "the scenario in each result gives its input digest" "$strange" ""

# --- gaps ---
flopcast run $aws -n 3000 -q -b cpu --shard 1/3 -o "$work/s1.json"
flopcast run $aws -n 3000 -q -b cpu --shard 2/3 -o "$work/s2.json"
flopcast run $aws -n 3000 -q -b cpu --shard 3/3 -o "$work/s3.json"
flopcast merge "$work/s1.json" "$work/s3.json" -q
is "merge with a gap: status 1" "$status" 1
has "merge with a gap: it is named, also with -q" "$work/err" 'warning: trials 1000 to 1999 are in no part'
flopcast merge "$work/s1.json" "$work/s2.json" -q
is "merge without the last shard: status 1" "$status" 1
flopcast merge "$work/s3.json" "$work/s2.json" "$work/s1.json" -q
is "merge of all: status 0" "$status" 0
cp "$work/s1.json" "$work/s1.bak"
flopcast merge "$work/s1.json" "$work/s2.json" "$work/s3.json" -q -o "$work/s1.json"
is "merge -o on one of the parts: status 2" "$status" 2
succeeds "and the part is untouched" cmp "$work/s1.json" "$work/s1.bak"

# --- the process around it ---
"$FLOPCAST" run $aws -n 100 -q -b cpu -o "$work/limit.json" >"$work/out"
cp "$work/limit.json" "$work/limit.bak"
(ulimit -f 8; "$FLOPCAST" run $aws -n 5000 -q -b cpu -o "$work/limit.json" >/dev/null 2>"$work/err")
is "a limit on the size of files: status 4" $? 4
has "a limit on the size of files: it is said" "$work/err" 'limit.json: .*cannot be written'
succeeds "a limit on the size of files: the old file is whole" cmp "$work/limit.json" "$work/limit.bak"
is "a limit on the size of files: nothing is left beside it" "$(find "$work" -name '.limit.json.*' ! -name '*lock' | wc -l)" 0
(ulimit -S -t $batch; "$FLOPCAST" run $slow -n 1e8 -q -b cpu -t 2 -o "$work/cpu.json" >"$work/out" 2>"$work/err")
is "a limit on CPU time: status 4" $? 4
has "a limit on CPU time: it is said how far it came" "$work/err" '^flopcast: stopped after [1-9][0-9]* of 100000000 trials'
flopcast merge "$work/cpu.json"
is "a limit on CPU time: what was done is kept, with its gap" "$status $(grep -c '^result digest' "$work/out")" "1 1"
if sanitized; then
    skip "a limit on memory" "a build with sanitizers, whose shadow memory is larger"
else
    (ulimit -v 400000; "$FLOPCAST" run $aws -n 3000 -q -b cpu -t 2 >"$work/out" 2>"$work/err")
    case $? in
    0) [ -s "$work/out" ] && pass "a limit on memory: an answer" || fail "a limit on memory: an answer" ;;
    4) has "a limit on memory: it is said" "$work/err" '^flopcast: out of memory' ;;
    *) fail "a limit on memory: an answer or status 4" "$(cat "$work/err")" ;;
    esac
fi
"$FLOPCAST" run $aws -n 100 -b cpu --samples "$work/closed.csv" >"$work/out" 2>&-
is "standard error closed: the samples hold worlds alone" "$? $(grep -vc '^trial,\|^[0-9]*,' "$work/closed.csv")" "0 0"
"$FLOPCAST" run $long 2>&- >"$work/out" &
process=$!
sleep 1
is "standard error closed: nothing else takes its descriptor" "$(readlink /proc/$process/fd/2)" /dev/null
kill -KILL $process
wait $process 2>/dev/null
"$FLOPCAST" run $aws -n 100 -b cpu >&- 2>"$work/err"
is "standard output closed: status 4" $? 4
"$FLOPCAST" run $aws -n 100 -q -b cpu <&- >"$work/out" 2>"$work/err"
is "standard input closed: status 0" $? 0
flopcast run $slow -n 1000 -q -b cpu --json
right=$(member "$work/out" digest)
for kilobytes in 256 64; do
    (ulimit -s $kilobytes; "$FLOPCAST" run $slow -n 1000 -q -b cpu --json >"$work/out" 2>"$work/err")
    is "a stack of $kilobytes kB: the right answer" "$? $(member "$work/out" digest)" "0 $right"
done
for setting in LC_ALL=de_DE.UTF-8 LC_ALL=tr_TR LC_ALL=nonsense TZ=Asia/Kathmandu TZ=:/nowhere; do
    env "$setting" "$FLOPCAST" run $slow -n 1000 -q -b cpu --json >"$work/out" 2>"$work/err"
    is "$setting: the right answer" "$? $(member "$work/out" digest)" "0 $right"
done
tap_end
