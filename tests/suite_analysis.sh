#!/bin/sh
# suite_analysis.sh: sweep, compare, explain, solve, stress, --until and --samples as a person types them. Run from the
# repository root.
set -u
. tests/tap.sh
aws=openai-aws-38b-contract
price=prices.gpu_hour

# --- sweep ---
flopcast sweep $aws "$price=*0.5..*2:*0.5" --of gpu_hours -n 20000 -q
is "sweep ends well" "$status" 0
is "sweep prints one row per value" "$(grep -c '^  \*' "$work/out")" 4
flopcast sweep $aws --set contract.delay_probability=0 "$price=3,6 USD" --of gpu_hours --of cost_usd -n 1000 -q --json
is "sweep --json ends well" "$status" 0
is "twice the price buys half the GPU-hours, in every world" \
    "$(sed -n 's/.*"difference": \(-[0-9.e+]*\).*/\1/p' "$work/out" | head -1 | cut -c1-7)" "-633333"
flopcast sweep $aws "training.precision=bf16" --of gpu_hours -n 1000 -q
is "one value is a sweep too" "$status" 0
flopcast sweep $aws energy.site=texas,norway --of co2_t -n 5000 -q --json
is "a sweep takes the names of sites" "$(sed -n '/"rows"/,$s/.*"value": "\([a-z]*\)".*/\1/p' "$work/out" | tr '\n' ' ')" "texas norway "
flopcast show --defaults $aws --set energy.site=ohio
has "a default says that it comes from a site" "$work/out" '^energy.price  *0.0703 USD/kWh  *published  *Ohio: EIA'
has "and what the site lacks" "$work/out" '^energy.carbon .*not in the catalog for ohio, so as for an unknown site'
printf 'layers: step\ncluster: {gpu: h100, gpus: 64}\ntraining: {model: llama3-8b, precision: bf16, sequence: 8192, global_batch: 128}\nplan: {tp: 2, pp: 1, micro_batch: 1}\n' >"$work/step.yaml"
flopcast sweep "$work/step.yaml" cluster.gpus=16,24,32 --of step_time_s -n 100 -q --json --report "$work/left.html"
is "a sweep goes on without a value that cannot run" "$(sed -n '/"rows"/,$s/.*"value": \([0-9]*\).*/\1/p' "$work/out" | tr '\n' ' ')" "16 32 24 "
is "its status says that not all are there" "$status" 2
has "the reason stands in the JSON" "$work/out" '"reason": .*a global batch of 128 sequences cannot be split over 12 replicas'
has "on standard error" "$work/err" '^flopcast: cluster.gpus=24 is left out: .*make it a multiple of 12$'
has "and on the page" "$work/left.html" 'Left out: 24, .*make it a multiple of 12'
flopcast sweep "$work/step.yaml" cluster.gpus=24,96 --of step_time_s -n 100 -q
is "values of which none can run are refused, with the reason of the first" "$status $(grep -c '' "$work/err") $(grep -c 'split over 12 replicas' "$work/err")" "2 1 1"
flopcast sweep $aws energy.site=texas,norway -n 2000 -q
is "without --of a sweep tells what changes" "$(grep -c '^co2_t \[Mt\]$\|^energy_bill_usd ' "$work/out")" 2
is "and not what does not" "$(grep -c '^gpu_hours \[\|^P(' "$work/out")" 0
has "but names it" "$work/out" '^the same for every value: gpu_hours, '
flopcast sweep $aws "$price=*0.5,*1" -n 2000 -q
has "a sweep names the other metrics that change" "$work/out" '^changes too (mean, last value against the first): .*co2_t -50%'
flopcast sweep procurement-mix --case 'a: provider1.share=0.6, provider2.share=0.4, provider3.share=0, provider4.share=0' \
    --case 'b: provider1.share=0, provider2.share=0, provider3.share=0, provider4.share=1' -n 500 -q
is "cases with other metrics: those in common" "$status" 0
flopcast sweep procurement-mix --case "mixed: provider1.share=0.6" --case "spot: provider2.share=0, provider4.share=1" \
    --of cost_per_used_gpu_hour_usd --regret -n 2000 -q --json
is "named cases, each with several changes" "$(sed -n '/"rows"/,$s/.*"value": "\([a-z]*\)".*/\1/p' "$work/out" | tr '\n' ' ')" "mixed spot "
is "one of them is the best in each world" \
    "$(sed -n 's/.*"p_best": \([0-9.]*\).*/\1/p' "$work/out" | awk '{s += $1} END {print s}')" 1
refused "a case that is none" 2 \
    "flopcast: --case 'spot' is not NAME: PATH=VALUE, PATH=VALUE; write for example 'all spot: provider1.form=spot'" \
    sweep procurement-mix --case spot
refused "sweep without a path" 2 \
    "flopcast: sweep needs a scenario and PATH=VALUES, e.g. flopcast sweep gb300-nvl72-frontier 'reliability.gpu_mtbf=20e3..60e3:10e3 h'; see flopcast sweep --help" \
    sweep $aws
refused "a range without a step" 2 "flopcast: prices.gpu_hour: the range has no step; write prices.gpu_hour=2..4:step" \
    sweep $aws $price=2..4
refused "a metric that is not there" 2 "flopcast: the scenario has no metric 'gpu_hour'; did you mean 'gpu_hours'?" \
    sweep $aws "$price=2..4:1 USD" --of gpu_hour
refused "a value out of range" 2 \
    "flopcast: scaling prices.gpu_hour by 1e+09 gives a value out of range (its end 2.6e+09 lies outside what is allowed, 0.0001 to 10000); take a factor nearer to 1" \
    sweep $aws "$price=*1e9"

# --- factors work everywhere ---
flopcast run $aws -n 2000 -q --json --set "$price=*1"
is "a factor of 1 changes no bit" "$(member "$work/out" digest)" \
    "$("$FLOPCAST" run $aws -n 2000 -q --json 2>/dev/null >"$work/plain"; member "$work/plain" digest)"
flopcast run $aws -n 2000 -q --json --set "$price=*2"
differs "a factor of 2 does" "$(member "$work/out" digest)" "$(member "$work/plain" digest)"

# --- a contract is printed by question; chances of runs are those of the worlds ---
flopcast run $aws -n 4000 --samples "$work/s.csv" -q
for chapter in "what it buys" "frontier runs" money energy delivery; do
    has "chapter: $chapter" "$work/out" "^-- $chapter"
done
is "every metric is printed once" "$(grep -c '^npv_usd .*±' "$work/out") $(grep -c '^P(all_on_time)' "$work/out") $(grep -c '^P(pays_back)' "$work/out")" "1 1 1"
has "a probability that is an input given back is no result" "$work/out" '^P(all_on_time)  *not a result: it is contract.delay_probability given back'
has "a world that never pays back counts as the worst" "$work/out" '^payback_months \[month\]  *n/a  *n/a  *never  *never'
is "an undefined value is an empty cell" "$(grep -ci 'nan\|inf' "$work/s.csv")" 0
flopcast stress $aws --of irr --below 0 -n 2000 -q --json
sed -n 's/^ *"p": \([0-9.e-]*\),$/\1/p' "$work/out" >"$work/irr"
flopcast stress $aws --of balance_usd --below 0 -n 2000 -q --json
sed -n 's/^ *"p": \([0-9.e-]*\),$/\1/p' "$work/out" >"$work/balance"
is "a world of losses alone breaks a limit of its rate of return" \
    "$(paste "$work/irr" "$work/balance" | awk '{ print ($1 >= $2 && $2 > 0.5) }')" 1
flopcast run $aws -n 4000 --samples "$work/s.csv" -q
is "P(at least 1, 2, 3, 4 runs) are counted" "$(sed -n 's/^P(runs_final@5e26 >= 1, 2, 3, 4) *//p' "$work/out" | awk '{ printf "%.0f %.0f %.0f %.0f", $1, $3, $5, $7 }')" \
    "$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "runs_final@5e26") c = i} NR > 1 {a += $c >= 1; b += $c >= 2; d += $c >= 3; e += $c >= 4} END {n = (NR - 1) / 100; printf "%.0f %.0f %.0f %.0f", a / n, b / n, d / n, e / n}' "$work/s.csv")"

# --- compare two scenarios ---
sed 's/gpu_hour: pert(2.6, 3.5, 6.5) USD/gpu_hour: pert(2.7, 3.6, 6.6) USD/' scenarios/$aws.yaml >"$work/dear.yaml"
flopcast compare $aws "$work/dear.yaml" --of gpu_hours -n 5000 -q --json
is "compare ends well" "$status" 0
has "the cheaper one buys more in every world" "$work/out" '"p_a_better": 1,'
flopcast compare $aws $aws --of gpu_hours -n 500 -q --json
has "a scenario is equal to itself in every world" "$work/out" '"p_equal": 1,\{0,1\}$'
refused "a scenario and something else" 2 \
    "flopcast: x.json is not a scenario, but the other is; compare two scenarios or two results" compare $aws x.json

# --- explain ---
flopcast explain $aws --of gpu_hours -n 4000 -q
is "explain ends well" "$status" 0
has "the price is all that drives GPU-hours" "$work/out" '^  prices.gpu_hour *1.000 '
has "what does nothing is said" "$work/out" '^without effect on it: .*contract.mfu'
has "a world is named" "$work/out" 'a typical one of them is trial [0-9]'
flopcast explain $aws --of useful_flop --method sobol --groups sections -n 20000 -q --json
has "groups by section" "$work/out" '"name": "contract"'
refused "a metric that does not vary" 2 \
    "flopcast: gpu_hours_idle is the same in every world; there is nothing to explain, choose another with --of" \
    explain $aws --of gpu_hours_idle -n 2000 -q
refused "too few worlds" 2 "flopcast: the worst 5 % of 500 worlds are too few to describe; use -n 1000 or more" \
    explain $aws --method worst -n 500 -q
refused "a method that is not there" 2 "flopcast: --method 'sobel' is not one of tornado, sobol, worst" \
    explain $aws --method sobel

# --- solve: GPU-hours = value / price where nothing is late, so the price for a mean is known ---
flopcast solve $aws --set contract.delay_probability=0 --for "$price=2..10 USD" --target 'mean(gpu_hours)>=1e10' -n 1000 -q --json
is "solve ends well" "$status" 0
is "38 B USD buy 1e10 GPU-hours at 3.80 USD" "$(member "$work/out" value)" 3.8
has "the largest such price" "$work/out" '"smallest": false'
flopcast solve $aws --for "$price=2..3 USD" --target 'p50(gpu_hours)>=1e11' -n 1000 -q
is "a target out of reach: status 1" "$status" 1
has "and it is said" "$work/out" '^No value in the range reaches it'
refused "a target that is none" 2 \
    "flopcast: --target 'gpu_hours' is not FIGURE>=VALUE or FIGURE<=VALUE; write for example 'deadline_and_budget_met>=0.9'" \
    solve $aws --for "$price=2..3 USD" --target gpu_hours
refused "a path that is none" 2 "flopcast: --for: there is no 'price' in a scenario; see flopcast list default" \
    solve $aws --for price=2..3 --target 'gpu_hours>=1'

# --- stress ---
flopcast stress $aws --of run_cost_usd@5e26 --above '1 B USD' --shock "$price=*1.3" --shock "contract.mfu=*0.8" --reverse -n 20000 -q
is "stress ends well" "$status" 0
is "base, two shocks, and both" "$(grep -c '^  as it stands\|^  prices.gpu_hour=\*\|^  contract.mfu=\*\|^  all of them' "$work/out")" 4
has "the way to the breach" "$work/out" '^The least unlikely of these worlds'
flopcast stress $aws --of run_cost_usd@5e26 --below 0 -n 1000 -q --json
has "what cannot happen has probability 0" "$work/out" '"p": 0,'
refused "too few breaches to explain" 2 \
    "flopcast: only 0 of 1000 worlds break the limit, and 50 are needed to say what leads there; use -n 100,000 or more, or a nearer limit" \
    stress $aws --of run_cost_usd@5e26 --below 0 -n 1000 -q --reverse

# --- a limit without a unit ---
unit() { # NAME TEXT COMMAND...: the note is on stderr, and with -q in the JSON
    name=$1 text=$2
    shift 2
    flopcast "$@" -n 500 -b cpu
    has "$name: it is said" "$work/err" "^flopcast: note: $text\$"
    flopcast "$@" -n 500 -b cpu -q --json
    has "$name: it is in the JSON" "$work/out" "\"text\": \"$text\""
}
unit "stress" "--above: no unit is given; read as 1e9 USD" stress $aws --of run_cost_usd@5e26 --above 1e9
unit "solve" "--target: no unit is given; read as 1e10 GPU-h" solve $aws --for "$price=2..10 USD" --target 'mean(gpu_hours)>=1e10'
unit "run --until" "--until: the bound of the error is read as 1e9 USD" run $aws --until 'mean(cost_usd) 1e9'
unit "a path set twice" "--set $price=3 USD counts for nothing: --set $price = 4 USD stands behind it" run $aws \
    --set "$price=3 USD" --set "$price = 4 USD" --set "$price=*2"
flopcast stress $aws --of run_cost_usd@5e26 --above '1 B USD' -n 500 -b cpu --json
is "with a unit nothing is said" "$(cat "$work/err" "$work/out" | grep -c 'no unit')" 0

# --- the same answers whatever the threads and instructions ---
flopcast explain $aws -n 3000 -q --json -t 1 --isa scalar
grep -v '"wall_s"\|"topology"\|"command_line"\|"file_hash"' "$work/out" >"$work/one"
flopcast explain $aws -n 3000 -q --json -t 2
grep -v '"wall_s"\|"topology"\|"command_line"\|"file_hash"' "$work/out" >"$work/two"
succeeds "explain gives the same digits on one thread, scalar, and on two" cmp "$work/one" "$work/two"

# --- run --until and --samples ---
flopcast run $aws --until 'p95(run_cost_usd@5e26) 0.5%' -q --json
is "--until ends well" "$status" 0
se=$(sed -n '/"run_cost_usd@5e26": {/,/}/s/.*"p95_se": \([0-9.]*\).*/\1/p' "$work/out" | head -1)
p95=$(sed -n '/"run_cost_usd@5e26": {/,/}/s/.*"p95": \([0-9.]*\).*/\1/p' "$work/out" | head -1)
is "the bound holds" "$(echo "$se $p95" | awk '{print ($1 > 0 && $1 <= 0.005 * $2) ? "yes" : "no " $0}')" yes
flopcast run $aws --until 'p95(run_cost_usd@5e26) 0.001%' -n 30000 -q
is "a bound that is not reached: status 1" "$status" 1
flopcast run $aws -n 4000 --samples "$work/s.csv" -q --json
is "--samples writes a line per trial and one of names" "$(wc -l <"$work/s.csv")" 4001
mean=$(sed -n '/"gpu_hours": {/,/}/s/.*"mean": \([0-9.]*\).*/\1/p' "$work/out" | head -1)
is "their mean is the result's" \
    "$(awk -F, -v m="$mean" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "gpu_hours") c = i} NR > 1 {s += $c} END {d = s / (NR - 1) / m - 1; print (d < 1e-7 && d > -1e-7) ? "yes" : d}' "$work/s.csv")" yes
refused "samples of another ending" 2 "flopcast: --samples s.txt: the ending says what is written, and .txt is none of .csv, .h5" \
    run $aws -n 10 --samples s.txt -q

# --- what the analysis gives itself cannot be set beside it; a probability is at most 1 ---
refused "sweep and --set of one path" 2 \
    "flopcast: --set $price=9 USD counts for nothing: the sweep gives the values of $price; drop one" \
    sweep $aws "$price=2,3 USD" --set "$price=9 USD" -n 20 -q
flopcast sweep $aws "$price=*1,*2" --set "$price=9 USD" --of cost_usd -n 20 -q
is "factors go with --set, which is what they multiply" "$status" 0
flopcast solve gb300-nvl72-frontier --for cluster.gpus=36936..73728 --target 'mean(goodput)>=0.5' -n 20 -q
is "solve over GPUs that the batch does not divide" "$status" 2
has "names the number, and what keeps the batch in step" "$work/err" \
    '^flopcast: cluster.gpus=36936 cannot be tried: .*split over 513 replicas.*; --tie training.global_batch=1/4 would keep'
cat >"$work/steps.yaml" <<'END'
layers: run
cluster: {gpu: gb200, gpus: 4608}
training: {model: llama3-405b, tokens: 15e12 token, sequence: 8192 token, global_batch: 2304, precision: fp8}
goals: {deadline: 100 days}
END
flopcast solve "$work/steps.yaml" --for 'cluster.gpus=2304..9216:576' --target 'deadline_met>=0.8' -n 300 -q -b cpu --json
is "values that no plan divides are passed over" "$status" 0
has "and counted, with the reason" "$work/out" '"passed_over_why": "cluster.gpus=[0-9]* cannot be tried: .*no plan divides'
over=$(sed -n 's/^ *"passed_over": \([0-9]*\).*/\1/p' "$work/out")
is "some are" "$([ "${over:-0}" -gt 0 ] && echo yes)" yes
described="--model llama3-8b --gpus 64xh100 --tokens 1T"
flopcast sweep $described cluster.gpus=64,128 --of wall_clock_days -n 200 -q -b cpu
is "sweep takes a model, GPUs and tokens as run does" "$status $(grep -c '^  *\(64\|128\) ' "$work/out")" "0 2"
flopcast solve $described --for prices.gpu_hour='1..20 USD' --target 'mean(cost_usd)<=500 k USD' -n 200 -q -b cpu
is "so does solve" "$status" 0
refused "solve and --set of its path" 2 \
    "flopcast: --set $price = 3 USD counts for nothing: --for gives the values of $price; drop one" \
    solve $aws --for "$price=2..6 USD" --set "$price = 3 USD" --target 'mean(gpu_hours)>=1e10' -n 20 -q
refused "a probability of 50" 2 \
    "flopcast: --target 'budget_met>=50': a probability lies between 0 and 1 (it is 50); write 0.5, or 50 %" \
    solve gb300-nvl72-frontier --for "$price=2..6 USD" --target 'budget_met>=50' -n 20 -q
refused "a shard without trials and without -o prints nothing, so it is no success" 2 \
    "flopcast: --shard 2/2: there is no trial in it, for there are 1 in all; take fewer shards" \
    run samsung-50k -n 1 -q --shard 2/2
tap_end
