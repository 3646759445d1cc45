#!/bin/sh
# check_vectors.sh REPORT gcc|clang: exit status 0 when the compiler's report on the CPU kernel (gcc -fopt-info-vec-optimized,
# clang -Rpass=loop-vectorize) says of every loop over the lanes in the functions below that it became vector instructions,
# 1 with the loops that did not, 2 when there is no such report. One loop that falls back to scalar code can cost half the
# speed of a run and changes no result, so nothing else would tell. A row may name the compiler that does it, and the kernel that
# goes without.
set -eu
[ $# -eq 2 ] && [ -r "$1" ] || { echo "usage: check_vectors.sh REPORT gcc|clang" >&2; exit 2; }
hot='
cuda/model/base/draw.h          fc_table_draw_lanes
cuda/model/world.h              fc_copula_lanes
cuda/model/world.h              fc_draw_inputs
cuda/model/run/timeline.h       fc_timeline_advance
cuda/model/run/timeline.h       fc_timeline_plan
cuda/model/run/timeline.h       fc_timeline_wait
cuda/model/run/timeline.h       fc_timeline_event_plain
cuda/model/run/failures.h       fc_failure_gap
cuda/model/run/failures.h       fc_failure_describe
cuda/model/run/failures.h       fc_failure_damage
cuda/model/run/spares.h         fc_spares_scan         gcc    avx512
cuda/model/run/spares.h         fc_spares_pooled       gcc    avx2
cuda/model/contract/capacity.h  fc_month_capacity      gcc
cuda/model/contract/capacity.h  fc_month_hours
cuda/model/contract/market.h    fc_market_month        gcc
cuda/model/contract/capacity.h  fc_outages_lanes       gcc
cuda/model/contract/income.h    fc_programme_month     gcc
cuda/model/contract/months.h    fc_month_providers
'
sed -n -e 's/^\([^ :]*\/\)\{0,1\}\([A-Za-z_.]*\):\([0-9]*\):.*loop vectorized.*/\2 \3/p' \
    -e 's/^\([^ :]*\/\)\{0,1\}\([A-Za-z_.]*\):\([0-9]*\):.*vectorized loop.*/\2 \3/p' "$1" | sort -u |
    awk -v hot="$hot" -v compiler="$2" -v report="$1" '
    { done[$1 " " $2] = 1 }
    END {
        rows = split(hot, row, "\n")
        for (i = 1; i <= rows; i++) {
            if (split(row[i], part, " ") < 2 || (part[3] != "" && part[3] != compiler)) continue
            if (part[4] != "" && index(report, part[4])) continue
            path = part[1]; name = path; sub(/.*\//, "", name)
            inside = number = loops = 0
            while ((getline line < path) > 0) {
                number++
                if (line ~ "^FC_.*[ *]" part[2] "\\(") inside = 1
                if (line ~ /^}/) inside = 0
                if (!inside || line !~ /^ +FC_(LANES|LISTED) \([a-z]/) continue
                loops++; all++
                if ((name " " number) in done) continue
                print path ":" number ": not vectorised by " compiler ": a loop of " part[2]
                bad++
            }
            close(path)
            if (!loops) { print path ": has no loop over the lanes in " part[2] "; mend the list"; bad++ }
        }
        if (bad) { printf "%d of %d hot loops are not vectorised\n", bad, all; exit 1 }
        printf "%d hot loops, all vectorised by %s\n", all, compiler
    }'
