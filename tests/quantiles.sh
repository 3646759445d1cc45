#!/bin/sh
# quantiles.sh FILES: prints every value written as pert(...) whose own source or comment names P5 or P95: those are
# quantiles of the source, and pert takes bounds. Write quantiles(p5: ..., p50: ..., p95: ...) or a range. Exit status 1
# when there is one.
awk '
FNR == 1 { value = "" }
/value:/ || /^[ ]*[a-z_0-9]+: *[a-z]+\(/ { value = $0; at = FNR }
/pert\(/ && /[Pp](5|95)([^0-9]|$)/ { print FILENAME ":" FNR ": " $0; bad = 1; next }
/source:/ && /[Pp](5|95)([^0-9]|$)/ && value ~ /pert\(/ && FNR == at + 1 { print FILENAME ":" at ": " value " --" $0; bad = 1 }
END { exit bad }' "$@"
