#!/bin/sh
# suite_width.sh: what people read fits the terminal: no line is wider than 80, 120 or 200 columns, for any command and
# any bundled scenario; colours on a terminal alone; closed pipes end quietly; - is standard input and output. Run from
# the repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT NO_COLOR
LC_ALL=C.UTF-8
export LC_ALL

# too_wide FILE WIDTH: the first lines of more characters (not bytes) than that
too_wide() { LC_ALL=C sed 's/[\x80-\xBF]//g' "$1" | LC_ALL=C awk -v most="$2" 'length > most' | head -3; }

# fits NAME ARGUMENTS...: at each width, and something was printed. costly: at 80 columns alone, which is the hardest;
# long_width.sh tries the others.
costly() { widths=${WIDTHS:-80} fits_at "$@"; }
fits() { widths="80 120 200" fits_at "$@"; }
fits_at() {
    name=$1 wrong=
    shift
    for columns in $widths; do
        COLUMNS=$columns
        export COLUMNS
        flopcast "$@"
        unset COLUMNS
        [ "$status" -le 1 ] && [ -s "$work/out" ] || wrong="$wrong status $status: $(head -1 "$work/err")"
        wrong="$wrong$(too_wide "$work/out" $columns)"
    done
    is "$name fits $(echo "$widths" | sed 's/ /, /g') columns" "$wrong" ""
}

# Runs of all scenarios: computed once, printed again from the result.
for file in scenarios/*.yaml; do
    scenario=$(basename "$file" .yaml)
    COLUMNS=80
    export COLUMNS
    flopcast run "$file" -n 200 -q -o "$work/$scenario.json"
    unset COLUMNS
    is "run $scenario fits 80 columns" "$status$(too_wide "$work/out" 80)" 0
    fits "the result of $scenario" merge "$work/$scenario.json" -q
done

aws=scenarios/openai-aws-38b-contract.yaml
racks=nvl72-spares-in-rack
quick="--set cluster.gpus=4608 --set plan.dp=64 --set training.global_batch=1152 --set training.flop=1e25"
commands=$("$FLOPCAST" --help | sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p')
for command in $commands; do fits "the help of $command" "$command" --help; done
fits "the help" --help
fits "the version" --version
costly "compare" compare $aws openai-aws-azure openai-four-clouds -n 300 -q
fits "compare of results" compare "$work/openai-aws-azure.json" "$work/openai-four-clouds.json"
costly "sweep" sweep $aws 'prices.gpu_hour=2,3,4 USD' -n 300 -q
costly "sweep with regret" sweep $aws 'prices.gpu_hour=2,3,4 USD' --of npv_usd --regret -n 300 -q
costly "solve" solve $aws --for 'prices.gpu_hour=2..6 USD' --target 'budget_met>=0.5' -n 300 -q
costly "explain" explain $aws -n 1000 -q
costly "stress" stress $aws --of run_cost_usd@5e26 --above '1 B USD' --shock 'contract.mfu=*0.8' --reverse -n 2000 -q
costly "flows" flows $aws --by year -n 50
fits "flows of one world" flows $aws --by year --trial 3
fits "replay" replay $racks --trial 3
costly "replay of a bad world" replay $racks --at 'p50(wall_clock_days)' -n 300
costly "step" step gb300-nvl72-frontier -q
costly "step of the reference" step openai-aws-38b -q
costly "search" search gb300-nvl72-frontier $quick --contenders 6 --finalists 2 -n 100 -q
costly "init" init --model llama3-8b --gpus 64xh100 --tokens 1T
costly "validate" validate
costly "validate --memory" validate --memory
costly "backtest of one row" backtest --row llama3-405b -q
costly "outages" outages --sites 12 --rate 6/year --length 4h --term 7y -n 1000 -q
costly "value" value terminate take-or-pay-500m -n 1000 -q
if [ "${WIDTHS:-}" ]; then # twenty seconds
    costly "a benchmark" bench --no-scenarios --seconds 0.02 -b cpu
fi
costly "calibrate" calibrate gb300-nvl72-frontier --step-time '20 s +- 2 %'
printf 'hours,steps\n240,250000\n' >"$work/log.csv"
costly "update" update gb300-nvl72-frontier $quick --log "$work/log.csv" -n 2000 -q
# run: above, in the loop over the scenarios; report prints nothing but the files that it is asked for.
is "each command is here" "$(for command in $commands; do
    grep -q "\(fits\|costly\) \"[^\"]*\" $command\( \|\$\)" tests/suite_width.sh || echo "$command"
done | tr '\n' ' ')" "run report "
fits "list" list
fits "list metrics" list metrics
fits "list scenarios" list scenarios
for kind in default efficiency posterior operation profile-gb200-era; do fits "list $kind" list $kind; done
for name in gb300 deepseek-v3 cluster.shortage reliability cost_usd virginia roce-400; do fits "show $name" show $name; done
for file in scenarios/*.yaml; do
    costly "what $(basename "$file" .yaml) assumes" show --assumptions "$file"
    costly "the defaults of $(basename "$file" .yaml)" show --defaults "$file"
done
FLOPCAST_FAULT=
HWLOC_SYNTHETIC='package:2 core:64 pu:2'
export HWLOC_SYNTHETIC
costly "devices of a described machine" devices
unset HWLOC_SYNTHETIC FLOPCAST_FAULT

# A pipe has no width: lines stay whole for grep, and nothing is coloured.
flopcast list gpu
is "without a width lines are not folded" "$(grep -c '^  ' "$work/out")" 0
flopcast run "$aws" -n 200 -q
is "no colours in a pipe" "$(grep -c "$(printf '\033')" "$work/out")" 0

# On a terminal.
if command -v python3 >/dev/null; then
    terminal() { # WIDTH ARGUMENTS...: standard output and error are one terminal; into $work/out
        python3 tests/on_terminal.py "$@" >"$work/out"
    }
    terminal 90 "$FLOPCAST" run "$aws" -n 200 -q
    has "titles are bold on a terminal" "$work/out" "$(printf '\033')\[1m-- "
    sed "s/$(printf '\033')\[[0-9]*m//g; s/\r//" "$work/out" >"$work/plain"
    is "and its width is kept" "$(too_wide "$work/plain" 90)" ""
    NO_COLOR=1
    export NO_COLOR
    terminal 90 "$FLOPCAST" run "$aws" -n 200 -q
    is "not where NO_COLOR is set" "$(grep -c "$(printf '\033')" "$work/out")" 0
    unset NO_COLOR
    terminal 90 "$FLOPCAST" run "$aws" -n 200 -q --json
    is "nor in JSON" "$(grep -c "$(printf '\033')" "$work/out")" 0
else
    skip "titles are bold on a terminal" "no python3"
fi

# Readers that have read enough.
for line in "list" "list metrics" "validate" "show --schema" "run $aws -n 100 -q" "run $aws -n 100 -q --json" \
    "run $aws -n 100 -q -o -" "replay $racks --trial 3" "flows $aws --csv -n 20 -q" "help"; do
    for columns in '' 80; do
        { COLUMNS=$columns "$FLOPCAST" $line 2>"$work/err"; echo $? >"$work/status"; } | head -1 >"$work/first"
        is "flopcast $line | head -1 ${columns:+at $columns columns} ends quietly" "$(cat "$work/status" "$work/err")" 0
    done
done

# Standard input.
cat $aws >"$work/in.yaml"
"$FLOPCAST" run - -n 200 -q --json <"$work/in.yaml" >"$work/out" 2>"$work/err"
digest=$(member "$work/out" digest)
flopcast run $aws -n 200 -q --json
is "a scenario from standard input" "$digest" "$(member "$work/out" digest)"
"$FLOPCAST" sweep - 'prices.gpu_hour=2,3 USD' -n 100 -q <"$work/in.yaml" >"$work/out" 2>"$work/err"
is "which a sweep opens more than once" "$?" 0
"$FLOPCAST" compare - $aws -n 100 -q <"$work/in.yaml" >"$work/out" 2>"$work/err"
is "and compare beside a file" "$?" 0
"$FLOPCAST" merge - <"$work/openai-aws-38b-contract.json" >"$work/out" 2>"$work/err"
is "a result from standard input" "$?$(sed -n 's/^\(openai[a-z0-9-]*\): .*/ \1/p' "$work/out")" "0 openai-aws-38b-contract"

# Which figures, and in which order.
flopcast merge "$work/openai-aws-38b-contract.json" --quantiles 10,50,90 --only npv_usd
is "the quantiles asked for" "$(sed -n 's/  */ /g; s/^metric \[unit\] //p' "$work/out")" "mean P10 P50 P90 worst 5 %"
is "of the metric asked for" "$(grep -c '^npv_usd \[' "$work/out") $(grep -c '^cost_usd ' "$work/out")" "2 0"
flopcast merge "$work/openai-aws-38b-contract.json"
has "P90 is in the table" "$work/out" '^metric .* P90 '
flopcast merge "$work/openai-aws-38b-contract.json" --sort name
names=$(sed -n '/^-- /h; /^[a-z_]* \[/{s/ \[.*//p}' "$work/out" | head -4)
flopcast merge "$work/openai-aws-38b-contract.json" --sort spread
differs "the largest spread first" "$(sed -n 's/^\([a-z_]*\) \[.*/\1/p' "$work/out" | head -4)" "$names"
refused "an order that there is not" 2 "flopcast: --sort 'size' is none of table, name, spread" merge --sort size x.json

# Every metric explains itself.
wrong=
for metric in $("$FLOPCAST" list metrics | sed -n 's/^\([a-z][a-z0-9_@]*\) .*/\1/p'); do
    "$FLOPCAST" show "$metric" >"$work/out" 2>&1 || wrong="$wrong $metric"
done
is "show explains every metric" "$wrong" ""
tap_end
