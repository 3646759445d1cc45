/* sweep_table.h: what a sweep found, as tables for people and as JSON. */
#ifndef FC_HOST_SWEEP_TABLE_H
#define FC_HOST_SWEEP_TABLE_H

#include "host/analysis/analysis.h"
#include "host/result/metrics.h"
#include "host/analysis/range.h"
#include "host/analysis/regret.h"
#include "host/result/samples.h"

/* One value of the sweep. */
struct fc_sweep_row {
    struct fc_tally tally;
    bool made;
    struct fc_paired paired[FC_METRIC_COUNT]; /* against the first row, by metric row */
    double p95_difference[FC_METRIC_COUNT], p95_error[FC_METRIC_COUNT]; /* NAN where refused */
    struct fc_regret *regret;                                           /* with --regret, by metric row */
};

/* A value that makes no scenario, and why. */
struct fc_sweep_left {
    char value[FC_RANGE_TEXT];
    char reason[sizeof(((struct fc_error *)0)->text)];
};

/* Prints metric row r of all values, and the regret behind it where there is one. */
void fc_sweep_print_metric(const struct fc_range *range, const struct fc_sweep_row *rows,
                           const struct fc_program *program, int r);

/* Prints everything as one JSON object; `headline_only`: only the headline metrics and the probabilities. Returns 0, or -1 with `error` filled. */
int fc_sweep_print_json(const struct fc_analysis *analysis, const struct fc_scenario *scenario,
                        uint64_t trials, const struct fc_range *range, const struct fc_sweep_row *rows,
                        const struct fc_sweep_left *left, size_t left_count, const struct fc_program *program,
                        bool headline_only, struct fc_error *error);

#endif
