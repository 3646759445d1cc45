#!/bin/sh
# suite_quantiles.sh: no source's P5 or P95 is taken as a bound of pert, in the catalog and the scenarios.
. tests/tap.sh
is "quantiles are written as quantiles" "$(sh tests/quantiles.sh catalog/*.yaml scenarios/*.yaml)" ""
printf 'contract:\n  mfu: pert(0.2, 0.38, 0.58)   # Epoch AI: P5 0.20, P50 0.38, P95 0.58\n' >"$work/one.yaml"
printf '  contract.mfu:\n    value: pert(0.2, 0.38, 0.58)\n    source: "62 models: P5 0.20, P95 0.58"\n' >"$work/two.yaml"
printf 'contract:\n  mfu: pert(0.2, 0.38, 0.58)   # bounds by judgement\n' >"$work/good.yaml"
is "a planted comment is found" "$(sh tests/quantiles.sh "$work/one.yaml" | wc -l)" 1
is "a planted source is found" "$(sh tests/quantiles.sh "$work/two.yaml" | wc -l)" 1
is "bounds are let through" "$(sh tests/quantiles.sh "$work/good.yaml")" ""
tap_end
