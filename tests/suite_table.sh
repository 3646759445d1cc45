#!/bin/sh
# suite_table.sh: tables of measured steps as people and spreadsheets save them. Run from the repository root.
set -u
. tests/tap.sh

row() { { head -1 catalog/measured-training.csv; grep '^mb-26.08-gb200-qwen3-30b' catalog/measured-training.csv; } >"$work/row.csv"; }
row
# each form of the same row must be predicted alike
alike() { # NAME FILE
    flopcast validate "$2" --json
    is "$1" "$status $(sed -n 's/^ *"predicted_s": *//p' "$work/out")" "$wanted"
}
flopcast validate "$work/row.csv" --json
wanted="0 $(sed -n 's/^ *"predicted_s": *//p' "$work/out")"
differs "a row is predicted" "$wanted" "0 "

{ printf '\357\273\277'; cat "$work/row.csv"; } >"$work/bom.csv"
alike "a byte order mark" "$work/bom.csv"
sed 's/$/\r/' "$work/row.csv" >"$work/crlf.csv"
alike "CR LF" "$work/crlf.csv"
sed 's/$/,,,/' "$work/row.csv" >"$work/trailing.csv"
alike "empty cells behind the last column" "$work/trailing.csv"
{ echo; cat "$work/row.csv"; echo; echo ',,,'; } >"$work/empty.csv"
alike "empty lines" "$work/empty.csv"
cut -d, -f2- "$work/row.csv" >"$work/noid.csv"
alike "no id" "$work/noid.csv"
# a narrow table, for what sed can do by hand; its notes hold no separator
narrow='hardware,gpus,model,precision,tp,pp,cp,ep,mbs,gbs,seq,recompute,step_time_s,software
GB200,8,Qwen3-30B-A3B,MXFP8,1,1,1,8,4,512,4096,none,8.5,bridge-26.06'
echo "$narrow" >"$work/narrow.csv"
flopcast validate "$work/narrow.csv" --json
wanted="$status $(sed -n 's/^ *"predicted_s": *//p' "$work/out")"
differs "a narrow row is predicted" "$wanted" "0 "
echo "$narrow" | tr ',' ';' | sed 's/8\.5/8,5/' >"$work/semicolon.csv"
alike "semicolons and a decimal comma" "$work/semicolon.csv"
{ printf 'sep=;\r\n'; cat "$work/semicolon.csv"; } >"$work/sep.csv"
alike "a line sep=;" "$work/sep.csv"
echo "$narrow" | tr ',' '\t' >"$work/tab.csv"
alike "tabs" "$work/tab.csv"
echo "$narrow" | sed 's/,/ , /g; s/^/ /' >"$work/blanks.csv"
alike "blanks around cells" "$work/blanks.csv"
echo "$narrow" | sed 's/\([^,]*\)/"\1"/g' >"$work/quoted.csv"
alike "everything in quotes" "$work/quoted.csv"
echo "$narrow" | sed '1s/mbs/Micro batch size/; 1s/step_time_s/Step time (s)/; 1s/gpus/GPUs/; s/mxfp8/MXFP8/; s/,512,/,"0,512",/' |
    sed 's/"0,512"/512/; s/,4096,/,"4,096",/' >"$work/names.csv"
alike "names of other tools, thousands apart" "$work/names.csv"

# columns of their own
flopcast validate "$work/narrow.csv" --json
plain=$(sed -n 's/^ *"predicted_s": *//p' "$work/out")
echo "$narrow" | sed '1s/$/,cuda_graph,fused_experts,dispatcher/; 2s/$/,none,no,alltoall/' >"$work/columns.csv"
flopcast validate "$work/columns.csv" --json
differs "CUDA graphs and fused experts have columns" "$(sed -n 's/^ *"predicted_s": *//p' "$work/out")" "$plain"
echo "$narrow" | sed '1s/$/,notes/; 2s/$/,full_iteration; cutedsl_fused_grouped_mlp; hybridep; a cold morning/' >"$work/notes.csv"
flopcast validate "$work/notes.csv" --json
has "words in notes that are not understood are listed" "$work/err" "'a cold morning' in the notes says nothing"
is "and only those" "$(grep -c 'says nothing' "$work/err")" 1
echo "$narrow" | sed '1s/$/,mbz/; 2s/$/,3/' >"$work/unread.csv"
flopcast validate "$work/unread.csv"
has "a column that is nearly known is named" "$work/err" "no column is called 'mbz' (did you mean 'mbs'?)"

# a blank cell is an uncertain choice
for column in 'precision:BF16' 'recompute:none' 'mbs:4'; do
    name=${column%%:*} value=${column#*:}
    awk -F, -v OFS=, -v name="$name" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i} NR > 1 {$at = ""} 1' \
        "$work/narrow.csv" >"$work/blank.csv"
    flopcast validate "$work/blank.csv" --json
    wide=$(sed -n 's/^ *"sd_log": *\([0-9.e-]*\).*/\1/p' "$work/out")
    awk -F, -v OFS=, -v name="$name" -v value="$value" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) at = i}
        NR > 1 {$at = value} 1' "$work/narrow.csv" >"$work/stated.csv"
    flopcast validate "$work/stated.csv" --json
    tight=$(sed -n 's/^ *"sd_log": *\([0-9.e-]*\).*/\1/p' "$work/out")
    is "blank $name: predicted, and wider" "$(echo "$wide $tight" | awk '{print ($1 > $2)}')" 1
done
printf 'gpu;gpus;model;seq;gbs;step time (s)\ngb200;256;deepseek-v3;4096;2048;11,5\n' >"$work/least.csv"
flopcast validate "$work/least.csv"
has "no layout at all is predicted too" "$work/out" '^step time of 1 of 1 rows'

# faults, all at once
{ echo "$narrow" | head -1; for i in 1 2 3 4 5 6 7 8 9 10; do echo "$narrow" | sed -n 2p | sed 's/,8,Qwen/,8x,Qwen/'; done; } >"$work/bad.csv"
flopcast validate "$work/bad.csv"
is "unreadable cells are refused" "$status" 2
is "eight faults are listed" "$(grep -c "'gpus' is '8x'" "$work/err")" 8
has "and the others counted" "$work/err" '^and 2 more$'
echo 'gpus,mbs' >"$work/header.csv"
flopcast validate "$work/header.csv"
is "all missing columns are named at once" "$(grep -c 'no column' "$work/err")" 4
echo "$narrow" | sed '2s/,512,/,4,/' >"$work/batch.csv"
flopcast validate "$work/batch.csv"
is "a global batch below the replicas is refused" "$status" 2
has "with its reason" "$work/err" 'global batch of 4'
echo "$narrow" | sed '1s/$/,dispatcher/; 2s/$/,hybrid-ep/' >"$work/word.csv"
flopcast validate "$work/word.csv"
has "a word is held to those of its column" "$work/err" "did you mean 'hybridep'?"
printf 'gpu;gpus;model;seq;gbs;step time (s)\ngb200;256;deepseek-v3;4096;2048;0\n' >"$work/zero.csv"
refused "a step of no time is no measurement" 2 \
    "flopcast: $work/zero.csv:2: 'step_time_s' is 0, which is no measurement; leave the cell empty where it was not measured" \
    validate "$work/zero.csv"
{ sed '1s/$/,colour/; 2s/$/,red/' "$work/row.csv"; sed -n '2s/$/,red/p' "$work/row.csv"; } >"$work/twice.csv"
flopcast calibrate "$work/twice.csv" -n 1000
has "calibrate says which columns nothing reads" "$work/err" "note: nothing reads the columns 'colour'"
has "and that a row is there twice" "$work/err" 'twice.csv:3:1: warning: this row is that of line 2 again'
printf 'a,"b\n' >"$work/open.csv"
flopcast validate "$work/open.csv"
has "a quote that is never closed" "$work/err" 'open.csv:1: a quote'
printf '\377\376g\000p\000' >"$work/utf16.csv"
flopcast validate "$work/utf16.csv"
has "UTF-16 is recognized" "$work/err" 'UTF-16'
tap_end
