#!/bin/sh
# suite_cli.sh: the command line as a person types it. Run from the repository root.
set -u
. tests/tap.sh

# What a run says of its inputs' influence is found from its own worlds, and so are some notes ('0.04 % of the worlds do not
# finish'); a merged result has the notes of its parts and no influences.
without_influence() { sed -e '/"notes": \[/,/^  \]/d' -e '/"influence": {/,/}/d' -e '/"influence": null/d' -e '/"command_line"/d'; }
aws=scenarios/openai-aws-38b-contract.yaml
llama=scenarios/llama3-405b-54-days.yaml
frontier=scenarios/gb300-nvl72-frontier.yaml

# --- help and version ---
flopcast --help
is "--help ends with 0" "$status" 0
has "--help names the exit statuses" "$work/out" '^exit status: 0 done; 1'
commands=$(sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p' "$work/out")
for command in $commands; do
    for option in --help -h; do
        flopcast "$command" $option
        if [ "$status" = 0 ] && head -1 "$work/out" | grep -q "^usage: flopcast $command" && [ ! -s "$work/err" ]; then
            pass "$command $option explains itself"
        else
            fail "$command $option explains itself" "status $status" "$(head -3 "$work/out" "$work/err")"
        fi
    done
    is "the help of $command fits a terminal of 132 columns" "$(awk 'length > 132' "$work/out")" ""
done
is "there are the commands run, merge, list and show" \
    "$(echo "$commands" | grep -cx -e run -e merge -e list -e show)" 4
flopcast --version
is "the manual page is of the same version" "$(sed -n 's/^.TH .* "\(flopcast [0-9.]*\)".*/\1/p' docs/flopcast.1)" \
    "$(sed -n 's/^\(flopcast [0-9.]*\),.*/\1/p' "$work/out")"
has "--version names program and model" "$work/out" '^flopcast [0-9.]*, model version [0-9]*, kernels: .*portable'
flopcast
is "no command at all: status 2" "$status" 2
is "no command at all: nothing on stdout" "$(cat "$work/out")" ""
has "no command at all: the help on stderr" "$work/err" '^usage: flopcast COMMAND'

# --- what is wrong with a command line, in one line ---
refused "an unknown command" 2 "flopcast: no command 'rum' (did you mean 'run'?); see flopcast --help" rum
refused "a command that would act on the terminal" 2 "flopcast: no command '?[31m'; see flopcast --help" "$(printf '\033[31m')"
refused "a kind too many that would" 2 "flopcast list: one kind is enough ('?[31m' is the second)" list gpu "$(printf '\033[31m')"
refused "no scenario" 2 "flopcast: run needs a scenario, or --model, --gpus and --tokens; see flopcast list scenarios" run
refused "two scenarios" 2 "flopcast: unexpected argument 'b': run takes a single scenario" run a b
refused "a scenario that is not there" 2 \
    "flopcast: there is no file 'openai-aws-38', nor a scenario of that name; did you mean 'openai-aws-38b'?" run openai-aws-38
refused "an unknown option" 2 "flopcast: there is no option --frobnicate; see flopcast run --help" run --frobnicate $aws
refused "a misspelt option" 2 "flopcast: there is no option --trails; did you mean --trials?" run --trails=5 $aws
refused "an unknown letter" 2 "flopcast: there is no option -x; see flopcast run --help" run -xq $aws
refused "an ambiguous option" 2 "flopcast: --s may mean --sequence, --seed, --set, --shard, --strict, --samples, --sampling, --sort; write it out" run --s 4 $aws
refused "an option without its value" 2 "flopcast: -n needs a value; see flopcast run --help" run $aws -n
refused "a value too many" 2 "flopcast: --quiet takes no value; see flopcast run --help" run --quiet=5 $aws
refused "no trials" 2 "flopcast: -n: '0' is not an integer from 1 to 1000000000000" run -n 0 $aws
refused "a fraction of a trial" 2 "flopcast: -n: '1.5' is not an integer from 1 to 1000000000000" run -n 1.5 $aws
refused "negative trials" 2 "flopcast: -n: '-5' is not an integer from 1 to 1000000000000" run -n -5 $aws
refused "trials in words" 2 "flopcast: -n: 'many' is not an integer from 1 to 1000000000000" run -n many $aws
refused "a negative seed" 2 "flopcast: -s: '-1' is not an integer from 0 to 18446744073709551615" run -s -1 $aws
refused "hexadecimal trials" 2 "flopcast: -n: '0x10' is not an integer from 1 to 1000000000000" run -n 0x10 $aws
refused "a seed of 2^64" 2 "flopcast: -s: '18446744073709551616' is not an integer from 0 to 18446744073709551615" run -s 18446744073709551616 $aws
refused "negative shards" 2 "flopcast: --shard '-1/-1' is not I/N with 1 <= I <= N <= 1e9" run --shard -1/-1 $aws
refused "a shard above 2^64" 2 "flopcast: --shard '18446744073709551616/18446744073709551617' is not I/N with 1 <= I <= N <= 1e9" run --shard 18446744073709551616/18446744073709551617 $aws
refused "no threads" 2 "flopcast: -t: '0' is not an integer from 1 to 65536" run -t 0 $aws
refused "a shard beyond the last" 2 "flopcast: --shard '8/7' is not I/N with 1 <= I <= N <= 1e9" run --shard 8/7 $aws
refused "a shard of nothing" 2 "flopcast: --shard '1' is not I/N with 1 <= I <= N <= 1e9" run --shard 1 $aws
refused "--resume without -o" 2 "flopcast: --resume needs -o FILE, the result to continue" run --resume $aws
refused "a result that cannot be written, before the run" 2 \
    "flopcast: $work/no/r.json: cannot be written (No such file or directory); name another file" run -q -n 1e12 $aws -o "$work/no/r.json"
refused "a directory as result" 2 "flopcast: $work: is a directory; name a file in it" run -q -n 1e12 $aws -o "$work"
refused "an unknown kind to list" 2 \
    "flopcast list: no kind 'foo'; known are model, gpu, network, reliability, price, energy, scenario, default, efficiency, posterior" list foo
refused "an unknown name to show" 2 "flopcast show: nothing is called 'gb301'; did you mean 'gb300'?" show gb301
refused "nothing to merge" 2 "flopcast: merge needs result files (flopcast run --shard I/N -o FILE writes them)" merge
refused "the beginning of a metric's name" 2 "flopcast: the scenario has no metric 'cost'; did you mean 'cost_usd'?" \
    explain $aws --of cost
flopcast run $aws -q -n 10 -b vulkan
is "an unknown backend: status 2" "$status" 2
is "an unknown backend: one line" "$(wc -l <"$work/err")" 1
flopcast run $aws -n 10 --isa sse9
is "an unknown instruction set: status 2" "$status" 2

# --- run ---
flopcast run $aws -n 20_000 -s 7 -b cpu
is "run ends with 0" "$status" 0
has "run prints the metrics" "$work/out" '^gpu_hours \[bn GPU-h\] '
has "run prints a histogram" "$work/out" '^gpus_full_ramp .*|.*|'
has "run counts its trials" "$work/out" '^openai-aws-38b-contract: 20,000 trials, seed 7$'
has "run says where it worked" "$work/err" '^flopcast: .*running on CPU'
digest=$(sed -n 's/^result digest \([0-9a-f]*\).*/\1/p' "$work/out")
is "the digest has 16 digits" "${#digest}" 16
flopcast run openai-aws-38b-contract --trials=2e4 --seed=7 -q -b cpu
is "-q leaves stderr empty" "$(cat "$work/err")" ""
is "a scenario by its name is the file's" "$(sed -n 's/^result digest \([0-9a-f]*\).*/\1/p' "$work/out")" "$digest"
flopcast run $aws -n 2e4 -s 7 -q -b cpu --json
is "--json: the same digest" "$(member "$work/out" digest)" "$digest"
is "--json is one object" "$(head -c1 "$work/out")$(tail -n1 "$work/out")" "{}"
flopcast run $aws -n 2e4 -s 8 -q -b cpu --json
differs "another seed, another digest" "$(member "$work/out" digest)" "$digest"
input=$(member "$work/out" input_digest)
flopcast run $aws -n 20 -q -b cpu --json --set 'prices.gpu_hour=pert(2.6, 3.5, 6.4) USD'
differs "--set changes the input digest" "$(member "$work/out" input_digest)" "$input"
flopcast run $aws -n 20 -q -b cpu --json --set 'prices.gpu_hour=pert(2.6, 3.5, 6.5) USD' --set energy.pue='pert(1.06,1.15,1.35)'
is "--set to what it was leaves the input digest" "$(member "$work/out" input_digest)" "$input"
flopcast run $aws -n 2e4 -s 7 -q -b cpu --strict -o "$work/r.json"
is "-o: the file has the digest" "$(member "$work/r.json" digest)" "$digest"
has "-o: the tables are printed too" "$work/out" "^result digest $digest"
is "-o leaves no other file" "$(ls "$work" | grep -c 'r\.json')" 1
flopcast run $aws -n 1 -q -b cpu
is "a single trial ends with 0" "$status" 0

# --- the JSON of every scenario holds the scenario, which gives the same result again ---
wrong=
for file in scenarios/*.yaml; do
    flopcast run "$file" -n 200 -q -b cpu -o "$work/one.json"
    [ "$status" = 0 ] || wrong="$wrong $file: $(head -1 "$work/err")"
    # the member "scenario" alone: a line of two blanks and } ends it
    { echo '{'; sed -n '/^  "scenario": {/,/^  }/p' "$work/one.json" | sed '1d;$d'; echo '}'; } >"$work/again.yaml"
    flopcast run "$work/again.yaml" -n 200 -q -b cpu --json
    [ "$(member "$work/out" digest)" = "$(member "$work/one.json" digest)" ] || wrong="$wrong $file: $(head -1 "$work/err")"
done
is "every scenario: the JSON's own scenario gives the digest again" "$wrong" ""

# --- the table of a run: by question, 120 columns, nothing glued ---
flopcast run nvl72-spares-in-rack -n 2000 -q -b cpu
is "a run is printed by question" "$(grep '^-- ' "$work/out" | tr '\n' ';')" \
    "-- how fast;-- how long and at what cost;-- where the time goes;-- failures and spares;-- energy and carbon;-- what this rests on: the inputs that move cost_usd most (over 2,000 worlds);"
is "the shares of the wall time sum to it" \
    "$(awk '/^time_[a-z_]*_h \[h\]/ { sum += $3 } END { print (sum > 99.6 && sum < 100.4) }' "$work/out")" 1
is "classes: mean, P90 and P95 only" "$(grep -c '^  interruptions@[a-z]* *[0-9.]* ±[0-9.]* *[0-9.]* ±[0-9.]* *[0-9.]* ±[0-9.]*$' "$work/out")" 9
is "classes: the most frequent first" \
    "$(awk '/^  interruptions@/ { print $2 }' "$work/out")" "$(awk '/^  interruptions@/ { print $2 }' "$work/out" | sort -rn)"
has "what is always 0 is one line" "$work/out" '^  0 in every trial: time_waiting_h$'
"$FLOPCAST" run nvl72-spares-in-rack -n 2000 -q -b cpu --json >"$work/json"
sed -n '/^  "metrics"/,/^  }/s/^    "\([a-z0-9_@]*\)": {$/\1/p' "$work/json" | sort -u >"$work/names"
is "the JSON has the figures of the run" "$([ "$(wc -l <"$work/names")" -gt 40 ] && echo yes)" yes
missing=
while read -r name; do
    grep -q "[ ]$name\([ ,]\|$\)\|^$name\([ ]\|$\)" "$work/out" || missing="$missing $name"
done <"$work/names"
is "every figure of the JSON is printed" "$missing" ""
wide='' glued='' unsorted=''
for file in scenarios/*.yaml; do
    LC_ALL=C "$FLOPCAST" run "$file" -n 2000 -q -b cpu >"$work/out" 2>"$work/err"
    sed '/^result digest/,$d; s/±/~/g' "$work/out" >"$work/table" # awk may count bytes
    wide="$wide$(awk 'length > 120' "$work/table")"
    glued="$glued$(grep -e '[0-9]\.[0-9]*\.' -e '~[^ ]*~' -e '~10e' "$work/table")"
    unsorted="$unsorted$(grep -e '^-- further' "$work/out")"
done
is "no table is wider than 120 columns" "$wide" ""
is "no two figures touch" "$glued" ""
is "every figure has its chapter" "$unsorted" ""

# --- what an answer rests on; a metric explained; widths ---
flopcast run gb300-nvl72-frontier -n 500 -q -b cpu
has "a run ends with what it rests on" "$work/out" '^-- what this rests on: the inputs that move cost_usd most (over 500 worlds)$'
has "a default that is an estimate and decides is marked" "$work/out" '^  DECIDES, AND IS AN ESTIMATE: .*reliability.gpu_mtbf = .*'
flopcast show --assumptions gb300-nvl72-frontier --json
has "the ledger holds stated values too" "$work/out" '"prices.gpu_hour": {'
flopcast run gb300-nvl72-frontier -n 500 -q -b cpu --json
has "so does the JSON of a result" "$work/out" '"rank_correlation": -0'
flopcast show payback_months
has "a metric is explained" "$work/out" "'never': it never pays back; such a world counts as the worst"
flopcast list metrics
is "metrics are listed" "$([ "$(grep -c . "$work/out")" -gt 110 ] && echo yes)" yes
for width in 80 120 200; do
    COLUMNS=$width LC_ALL=C "$FLOPCAST" run openai-aws-38b -n 1000 -q -b cpu >"$work/out" 2>"$work/err"
    is "no line of a run is wider than $width columns" \
        "$(sed '/^result digest/,/^flopcast/d; s/±/~/g; s/×/x/g' "$work/out" | awk -v w=$width 'length > w')" ""
done
flopcast run openai-aws-38b -n 1000 -q -b cpu --quantiles 10,90 --only run_cost_usd --only irr
is "--quantiles and --only" "$(grep -c '^metric .* P10 *P90' "$work/out") $(grep -c '^run_cost_usd@.*±' "$work/out") $(grep -c '^npv_usd' "$work/out")" "1 2 0"
refused "--only of nothing" 2 "flopcast: --only: there is no metric 'run_cots_usd'; did you mean 'run_cost_usd'? (flopcast list metrics)" \
    run openai-aws-38b --only run_cots_usd
refused "a quantile twice" 2 "flopcast: --quantiles '10,50,10': 10 is there twice" run openai-aws-38b --quantiles 10,50,10
refused "--quantiles of nothing" 2 "flopcast: --quantiles '5,x' is not a list of at most 8 percentages between 0 and 100; write for example 10,50,90" run openai-aws-38b --quantiles 5,x

# --- a full table of the model is reported, also with -q ---
full="nvl72-spares-in-rack --set reliability.gpu_mtbf=6000h -n 2000 -q -b cpu"
flopcast run $full -o "$work/full.json"
is "a full table does not stop a run" "$status" 0
has "a full table: a warning on stderr" "$work/err" '^flopcast: warning: a table of the model was full in [0-9]* of 2,000 worlds, .*; let there be fewer failures'
has "a full table: a warning in the report" "$work/out" '^WARNING: a table of the model was full in [0-9]* of 2,000 worlds, '
counted=$(sed -n 's/.*full in \([0-9]*\) of.*/\1/p' "$work/err")
flopcast run $full --samples "$work/full.csv"
is "a full table: as many worlds as the samples say" "$counted" \
    "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "overflows") c = i; next } $c > 0' "$work/full.csv" | wc -l)"
flopcast merge "$work/full.json" -q
has "a full table: merge says so too" "$work/err" "full in $counted of 2,000 worlds"
flopcast run nvl72-spares-in-rack -n 2000 -q -b cpu
is "no full table, no warning" "$(cat "$work/err"; grep -c WARNING "$work/out")" 0

# --- what is wrong is named, not what is near ---
described="--model llama3-70b --gpus 1024xh100 --tokens 12T"
refused "a precision that the GPU has not" 2 "flopcast: --model, --gpus, --tokens:17:14: the h100 has no matrix units for this precision; take bf16, fp8" \
    run $described --precision nvfp4 -n 10 -q
refused "a currency that is not known" 2 "flopcast: --model, --gpus, --tokens:26:16: goals.budget: 'EUR' is not a known unit; write for example s, h, USD, kWh, GB/s or tokens" \
    run $described --budget '10 M EUR' -n 10 -q
refused "a metric that this scenario has not" 2 "flopcast: --only: this scenario has no metric 'power_mean_mw' (flopcast show power_mean_mw says what it is)" \
    run $described --only power_mean_mw -n 10 -q

# --- replay: a world with about everything that can strike ---
flopcast replay nvl72-spares-pooled --trial 3 --set reliability.site_mtbf='20 days' --set reliability.site_outage='8 h' \
    --set reliability.pod_mtbf='4000 days' --set cluster.pod_racks=4 --set reliability.idle_failures=1
is "replay ends with 0" "$status" 0
for what in site pod rack gpu 'slow network' 'idle tray' 'planned stop' finished; do
    has "replay: an event '$what'" "$work/out" "^ *[0-9.]*  $what  "
done
has "replay: a strip of the time spent waiting" "$work/out" '^waiting    |'
is "replay: the hours of a row are the days between two" \
    "$(awk '/^ *[0-9]+\.[0-9]+  / { sum = 0; for (c = 0; c < 8; c++) sum += substr($0, 23 + 8 * c, 8)
        d = ($1 - day) * 24 - sum; day = $1; n++; if (d > 0.03 || d < -0.03) print; } END { print (n > 300) }' "$work/out")" 1
is "replay: no row is wider than 120 columns" "$(awk '/^ *[0-9]+\.[0-9]+  / && length > 120' "$work/out")" ""
flopcast replay gb300-nvl72-frontier --trial 1
has "replay: what people and programme took of the kept time" "$work/out" '^of what is kept, [0-9.]* % went to people and programme'
LC_ALL=C "$FLOPCAST" replay nvl72-spares-pooled | head -4 >"$work/out" 2>"$work/err"
is "replay: plain characters where the locale asks for them" "$(LC_ALL=C tr -d ' -~\n' <"$work/out" | wc -c)" 0
refused "a step of a run whose work is a time" 2 \
    "flopcast: scenarios/anchor-daly.yaml:15:18: training.work states the work of a run as a time, so there is no step to look at; state a model, tokens and a plan instead" \
    step scenarios/anchor-daly.yaml

# --- the same bits: threads, instruction sets, shards ---
for scenario in $aws $llama $frontier; do
    base=$(basename $scenario .yaml)
    flopcast run $scenario -n 3001 -q -b cpu --json -t 1
    whole=$(member "$work/out" digest)
    grep -v -e '"backend"' -e '"devices"' -e '"wall_s"' -e '"topology"' -e '"file_hash"' "$work/out" | without_influence >"$work/whole.json"
    is "$base: one thread ends with 0" "$status" 0
    for threads in 2 3; do
        flopcast run $scenario -n 3001 -q -b cpu --json -t $threads
        is "$base: $threads threads, same digest" "$(member "$work/out" digest)" "$whole"
    done
    for isa in $("$FLOPCAST" --version | sed 's/.*kernels: \([^;]*\), built by.*/\1/' | tr -d ','); do
        flopcast run $scenario -n 3001 -q -b cpu --json --isa "$isa"
        if [ "$status" = 3 ] || grep -q 'does not have\|lacks' "$work/err"; then
            skip "$base: $isa, same digest" "this CPU lacks it"
        else
            is "$base: $isa, same digest" "$(member "$work/out" digest)" "$whole"
        fi
    done
    parts=
    for i in 3 1 7 5 2 6 4; do
        flopcast run $scenario -n 3001 -q -b cpu --shard $i/7 -o "$work/part$i.json"
        [ "$status" = 0 ] && parts="$parts $work/part$i.json"
    done
    flopcast merge $parts --json
    is "$base: seven shards merged, same digest" "$(member "$work/out" digest)" "$whole"
    grep -v -e '"backend"' -e '"devices"' -e '"wall_s"' -e '"topology"' -e '"file_hash"' "$work/out" | without_influence >"$work/merged.json"
    succeeds "$base: seven shards merged, the same result to the letter" cmp "$work/whole.json" "$work/merged.json"
done

# --- merge ---
flopcast run $aws -n 1000 -q -b cpu --shard 1/2 -o "$work/a.json"
flopcast run $aws -n 1000 -q -b cpu --shard 2/2 -o "$work/b.json"
flopcast run $aws -n 1000 -q -b cpu --json
whole=$(member "$work/out" digest)
flopcast merge "$work/b.json" "$work/a.json" -o "$work/ab.json"
is "merge -o: the file has the digest of the whole" "$(member "$work/ab.json" digest)" "$whole"
has "merge prints the report of the whole" "$work/out" '^openai-aws-38b-contract: 1,000 trials'
flopcast merge "$work/b.json"
is "merge of half the trials: status 1" "$status" 1
has "merge tells trials that are missing" "$work/err" '^flopcast: warning: trials 0 to 499 are in no part$'
refused "merge refuses trials that are in two parts" 2 \
    "flopcast: $work/a.json: trials 0 to 499 are counted twice (the parts overlap)" merge "$work/a.json" "$work/a.json"
flopcast run $aws -n 1000 -s 2 -q -b cpu --shard 2/2 -o "$work/c.json"
refused "merge refuses another seed" 2 \
    "flopcast: $work/c.json: has seed 2, but $work/a.json has 1; merge parts of one seed" merge "$work/a.json" "$work/c.json"
flopcast run $aws -n 1000 -q -b cpu --shard 2/2 --set contract.value='39 B USD' -o "$work/c.json"
flopcast merge "$work/a.json" "$work/c.json"
is "merge refuses other inputs: status 2" "$status" 2
has "merge refuses other inputs" "$work/err" "^flopcast: $work/c.json: has other inputs than $work/a.json (input digest"
sed 's/"model_version": [0-9]*/"model_version": 99/' "$work/b.json" >"$work/c.json"
flopcast merge "$work/a.json" "$work/c.json"
has "merge refuses an altered model version" "$work/err" "^flopcast: $work/c.json: the file was altered after it was written"
sed 's/"seed": 1/"seed": 3/' "$work/b.json" >"$work/c.json"
flopcast merge "$work/c.json"
is "merge refuses an altered file: status 2" "$status" 2
has "merge refuses an altered file" "$work/err" "^flopcast: $work/c.json:[0-9]*:[0-9]*: the file was altered"
flopcast run $aws -n 3 -q -b cpu --shard 7/7 -o "$work/none.json"
is "a shard without trials ends with 0" "$status" 0
flopcast merge "$work/a.json" "$work/none.json" "$work/b.json" --json -q
is "a shard without trials can be merged" "$(member "$work/out" digest)" "$whole"

# --- stop and resume ---
flopcast run $llama -n 4e4 -t 1 -b cpu -q --json
seconds=$(member "$work/out" wall_s)
long=$(awk -v s="$seconds" 'BEGIN { n = 4e4 / s * 4; printf "%.0f", n < 2e5 ? 2e5 : n }') # about four seconds on one thread
flopcast run $llama -n "$long" -b cpu -t 1 -q --json
whole=$(member "$work/out" digest)
for signal in INT TERM; do
    $interruptible "$FLOPCAST" run $llama -n "$long" -b cpu -t 1 -q -o "$work/stop$signal.json" >"$work/out" 2>"$work/err" &
    process=$!
    sleep 1.5
    kill -$signal $process
    wait $process
    is "stopped by SIG$signal: status 4" $? 4
    has "stopped by SIG$signal: it tells how to go on" "$work/err" \
        "^flopcast: stopped after [0-9]* of $long trials; continue with --resume -o $work/stop$signal.json\$"
    is "stopped by SIG$signal: nothing on stdout" "$(cat "$work/out")" ""
    differs "stopped by SIG$signal: the file is not the whole" "$(member "$work/stop$signal.json" digest)" "$whole"
done
flopcast run $llama -n "$long" -b cpu -q --resume -o "$work/stopINT.json"
is "--resume ends with 0" "$status" 0
is "--resume gives the digest of an uninterrupted run" "$(member "$work/stopINT.json" digest)" "$whole"
flopcast run $llama -n "$long" -b cpu -q --resume -o "$work/stopINT.json" --json
is "--resume of a finished run has nothing to do" "$(member "$work/out" digest)" "$whole"
cp "$work/a.json" "$work/keep.json"
flopcast run $aws -n 1000 -s 5 -q -b cpu --resume -o "$work/keep.json"
is "--resume with another seed: status 2" "$status" 2
succeeds "--resume with another seed leaves the file alone" cmp "$work/a.json" "$work/keep.json"
flopcast run $aws -n 1000 -q -b cpu --resume -o "$work/new.json"
is "--resume without a file starts one" "$(member "$work/new.json" digest)" "$(member "$work/ab.json" digest)"
if command -v script >/dev/null 2>&1; then
    script -qec "$FLOPCAST run $llama -n $long -b cpu -t 1" "$work/typescript" >/dev/null 2>&1 </dev/null
    has "progress and remaining time on a terminal" "$work/typescript" 'of .* trials, [0-9]* %, about .* left'
else
    skip "progress and remaining time on a terminal" "no program script"
fi
flopcast run $llama -n "$long" -b cpu -t 1
is "no progress when stderr is no terminal" "$(grep -c 'trials,' "$work/err")" 0

# --- faults ---
if [ -c /dev/full ]; then
    for arguments in "run $aws -n 100 -q -b cpu" "run $aws -n 100 -q -b cpu --json" "list" "list --json" "show gb300" "--help" "run --help"; do
        "$FLOPCAST" $arguments >/dev/full 2>"$work/err"
        code=$?
        is "full disk, $arguments: status 4, one line" "$code $(wc -l <"$work/err")" "4 1"
    done
    ln -s /dev/full "$work/full"
    flopcast run $aws -n 100 -q -b cpu -o "$work/full"
    is "a result onto a full disk: status 4" "$status" 4
    is "a result onto a full disk: one line" "$(cat "$work/err")" \
        "flopcast: $work/full: the output cannot be written (an earlier write failed); check the space left"
    has "a result onto a full disk: the tables are printed all the same" "$work/out" '^result digest'
else
    skip "full disk" "no /dev/full"
fi
cp "$work/a.json" "$work/keep.json"
(trap '' XFSZ; ulimit -f 8; "$FLOPCAST" run $aws -n 5000 -q -b cpu -o "$work/keep.json" >/dev/null 2>"$work/err")
is "a file that may not grow: status 4" $? 4
succeeds "a file that may not grow: the old result stays" cmp "$work/a.json" "$work/keep.json"
is "a file that may not grow: no half file stays" "$(ls "$work" | grep -c '\.part$')" 0
mkfifo "$work/pipe"
: <"$work/pipe" & # opens the pipe, reads nothing and closes it
(exec 3>"$work/pipe"; wait; sleep 0.2; "$FLOPCAST" run $aws -n 100 -q -b cpu >&3 2>"$work/err"; echo $? >"$work/code")
is "a reader who has read enough: quiet" "$(cat "$work/code") $(wc -l <"$work/err")" "0 0"

# --- list and show ---
flopcast list
is "list ends with 0" "$status" 0
has "list has GPUs" "$work/out" '^gpu  *gb300 '
has "list has scenarios" "$work/out" '^scenario  *openai-aws-38b '
awk '{ print $2 }' "$work/out" >"$work/names"
wrong=
while read -r name; do
    flopcast show "$name"
    [ "$status" = 0 ] && [ -s "$work/out" ] && [ ! -s "$work/err" ] || wrong="$wrong $name"
    flopcast show "$name" --json
    [ "$status" = 0 ] && [ -s "$work/out" ] || wrong="$wrong $name(json)"
done <"$work/names"
is "everything that list names can be shown" "$wrong" ""
flopcast list gpus
is "list of one kind holds that kind only" "$(awk '{ print $1 }' "$work/out" | sort -u)" gpu
flopcast show gb300
has "show gives figures with source and grade" "$work/out" '[0-9].*\(published\|derived\|estimate\)'
flopcast show cluster.segment
has "show explains a key" "$work/out" '^cluster.segment: trays of a rack that the job uses or lacks together'
has "show of a key: what it takes" "$work/out" '^  takes  *a whole number; 0 to 72$'
has "show of a key: the default of a profile, with grade" "$work/out" '^  gb200-era  *0 (estimate: '
flopcast show cluster.shortage
has "show of a key: the words that it takes" "$work/out" '^  takes  *one of wait, shrink, reduce$'
flopcast show training.work
has "show of a key without a default" "$work/out" '^  default  *none'
flopcast show cluster.segment --json
has "show of a key as JSON" "$work/out" '"kind": "key"'
flopcast show reliability
is "show of a group: its keys" "$(grep -c '^reliability\.[a-z_]*  ' "$work/out")" "$(grep -c '"reliability\.' cuda/model/fields.def)"
refused "a key that is not there" 2 "flopcast show: nothing is called 'cluster.segmnt'; did you mean 'cluster.segment'?" show cluster.segmnt
refused "show: --set without --defaults" 2 "flopcast show: --set changes a scenario and goes with --defaults or --assumptions only" \
    show gb300 --set energy.pue=1.1
flopcast show openai-aws-38b --defaults
is "show --defaults ends with 0" "$status" 0
bad="" lines=0
for file in scenarios/*.yaml; do
    flopcast show "$file" --defaults
    bad="$bad$(awk 'NR > 1 { row = !/^    [^ ]/ # a row with its grade and source, then what the key means
        if (row && (last || !/ (published|published \(2nd\)|measured|derived|estimate)  *[^ ]/)) print; last = row }' "$work/out")"
    bad="$bad$(grep -i 'from memory' "$work/out")"
    lines=$((lines + $(wc -l <"$work/out")))
done
is "every default in use has a grade and a source, none from memory" "$bad" ""
is "there are such defaults" "$([ "$lines" -gt 150 ] && echo yes)" yes

# --- install ---
if sanitized; then
    skip "make install" "a build with sanitizers, whose library is not installed"
elif command -v make >/dev/null 2>&1 && [ -f build.mk ]; then
    succeeds "make install" make --no-print-directory FLOPCAST_INNER=1 ${B:+B="$B"} install DESTDIR="$work/root" PREFIX=/opt/f
    is "the installed program runs away from its source" \
        "$(cd / && "$work/root/opt/f/bin/flopcast" run samsung-50k -n 100 -q -b cpu --json | sed -n 's/^  "name": "\(.*\)",/\1/p')" samsung-50k
    is "the man page is there" "$(head -c3 "$work/root/opt/f/share/man/man1/flopcast.1")" ".TH"
    is "the scenarios are there" "$(ls "$work/root/opt/f/share/flopcast/scenarios" | grep -c 'openai-aws-38b.yaml')" 1
    is "nothing is installed elsewhere" "$(cd "$work/root" && find . -type f | grep -vc '^./opt/f/\(bin\|share\|lib\|include\)/')" 0
else
    skip "make install" "no make"
fi
# Every scenario that comes with the program can be kept and read again.
for file in scenarios/*.yaml; do
    flopcast run "$file" -n 64 -q -b cpu -o "$work/kept.json"
    kept=$status
    digest=$(sed -n 's/^  "digest": "\(.*\)",/\1/p' "$work/kept.json")
    flopcast merge "$work/kept.json" -q
    if [ "$kept" = 0 ] && [ "$status" = 0 ] && [ -n "$digest" ] && grep -q "result digest $digest" "$work/out"; then
        pass "$file is kept and read again"
    else
        fail "$file is kept and read again" "run: $kept, merge: $status, digest '$digest'" "$(head -1 "$work/err")"
    fi
done

# --- options that are taken out of the arguments ---
head -1 catalog/measured-training.csv >"$work/own.csv"
grep -e '^mb-26.08-gb200-qwen3-30b' catalog/measured-training.csv >>"$work/own.csv"
# Nothing reads these columns, but nonsense in them may mean that the row is one cell off.
sed 's/,39936,923,,,/,39936,923,dropless,,/' "$work/own.csv" >"$work/off.csv"
flopcast validate "$work/off.csv"
is "nonsense in a column that nothing reads is noted, once" "$status $(grep -c 'off.csv:[0-9]*:32: note: .mfu. is .dropless., which is no number from 0' "$work/err")" "0 1"
flopcast validate "$work/own.csv"
is "and nothing where there is none" "$(grep -c 'is no number from 0' "$work/err")" 0
printf 'tokens_per_s_per_gpu,step_time_s\n1,%s\n' "$(flopcast step gb300-nvl72-frontier --json; awk -F '[:,]' '/"step_time_s"/ { printf "%.3g", $2 }' "$work/out")" >"$work/two.csv"
flopcast calibrate gb300-nvl72-frontier "$work/two.csv" -o "$work/two.yaml"
has "of two columns with the time one is read, and that is said" "$work/err" \
    "two.csv:1:1: note: the column 'tokens_per_s_per_gpu' is not read: 'step_time_s' is"
# A table of what changed from run to run goes with the scenario that ran, under every name that validate knows; alone it is told so.
printf 'num_gpus,TP,Micro batch size,seq_len,step_s\n36864,8,1,8192,6\n' >"$work/few.csv"
flopcast calibrate gb300-nvl72-frontier "$work/few.csv" -o "$work/few.yaml"
is "calibrate reads the names of columns that validate reads" "$status $(grep -c 'is not read' "$work/err")" "0 0"
flopcast validate "$work/few.csv"
has "a table without its scenario is told where to go" "$work/err" \
    "goes with the scenario that ran: flopcast calibrate SCENARIO $work/few.csv -o mine.yaml"
seq -s, 1 65 >"$work/wide.csv"
refused "more columns than are read" 2 "flopcast: $work/wide.csv:1: the table has 65 columns, more than the 64 that are read" \
    calibrate gb300-nvl72-frontier "$work/wide.csv" -q -o "$work/two.yaml"
# A plan outlives the catalog it was read from: the forecast before a measurement is that of step, the one after is near it.
flopcast step gb300-nvl72-frontier --json
before=$(awk -F '[:,]' '/"step_time_s"/ { printf "%.3g", $2 }' "$work/out")
flopcast calibrate gb300-nvl72-frontier --step-time "$before s +- 1 %" -o "$work/step.yaml"
is "calibrate with a scenario forecasts what step does" \
    "$(awk '/^plan /{ getline; sub(/.*%  */, ""); printf "%.3g", $1 }' "$work/out")" "$before"
flopcast step gb300-nvl72-frontier --posterior "$work/step.yaml" --json
is "and with it step foretells what was measured" "$(awk -F '[:,]' -v w="$before" \
    '/"p5"/ && !n++ { low = $2 } /"p95"/ && !m++ { print ((low > 0.97 * w && $2 < 1.03 * w) ? "yes" : "no: " low " to " $2) }' "$work/out")" yes
flopcast calibrate "$work/own.csv" -n 1000 -o "$work/own.yaml"
is "a posterior of one's own is made" "$status" 0
flopcast run gb300-nvl72-frontier -n 20 -q -b cpu -o "$work/own.json" --posterior "$work/own.yaml"
is "a run with --posterior writes its result" "$status $([ -s "$work/own.json" ] && echo written)" "0 written"
is "and its command line names it" "$(grep -c -- '"command_line": .*--posterior' "$work/own.json")" 1
flopcast merge "$work/own.json" -q
is "merge without that posterior cannot check the inputs: status 2" "$status" 2
flopcast merge "$work/own.json" -q --posterior "$work/own.yaml"
is "merge with it does" "$status" 0
refused "help for a command that is none" 2 "flopcast: no command 'rnu' (did you mean 'run'?); see flopcast --help" help rnu
refused "show of a metric, misspelt" 2 "flopcast show: nothing is called 'cost_us'; did you mean 'cost_usd'?" show cost_us
flopcast step tests/inputs/good.yaml
hasnt=$(grep -c '^flopcast: --set' "$work/err")
is "what 'step' misses is not said of --set" "$hasnt" 0

# --- a map for a whole section keeps the section's other keys ---
flopcast run openai-aws-38b-contract -n 10 -q -b cpu --json --set 'energy={pue: 1.2}'
flopcast run openai-aws-38b-contract -n 10 -q -b cpu --json --set energy.pue=1.2
one=$(member "$work/out" input_digest)
flopcast run openai-aws-38b-contract -n 10 -q -b cpu --json --set 'energy={pue: 1.2}'
is "--set of a section is --set of each key" "$(member "$work/out" input_digest)" "$one"

# --- correlations that do nothing ---
flopcast run openai-aws-38b-contract -n 10 -b cpu --set 'prices.gpu_hour=3 USD' \
    --set 'correlations=[{between: [prices.gpu_hour, energy.price], rank: 0.5}]'
is "a correlation with one number runs" "$status" 0
has "and says that it changes nothing" "$work/err" \
    'the correlation between prices.gpu_hour and energy.price changes nothing: prices.gpu_hour is one number'
tap_end
