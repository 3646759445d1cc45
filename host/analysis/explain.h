/* explain.h: what drives one figure of a scenario: three answers over one run of it.
 *
 *   tornado   each uncertain input held at its P5 and at its P95, all else at random on the same worlds
 *   indices   Sobol indices of first order and in total, by pick and freeze (host/analysis/sobol.h)
 *   worst     what is different in the worst twentieth of the worlds */
#ifndef FC_HOST_EXPLAIN_H
#define FC_HOST_EXPLAIN_H

#include "columns.h"
#include "drivers.h"
#include "sobol.h"

struct fc_explain {
    struct fc_analysis *analysis;
    struct fc_scenario *scenario; /* its program keeps the metrics of the main run */
    int metric;
    uint64_t trials;
    struct fc_columns columns; /* of the main run, trials 0 ... trials - 1 */
    const float *base;         /* the metric's column */
};

/* One bar of the tornado. */
struct fc_bar {
    char name[FC_DRIVER_NAME];
    const char *unit;
    double low, high;               /* where the input is held: its P5 and P95 */
    double mean_low, mean_high;     /* of the metric */
    double swing, swing_error;      /* mean_high - mean_low, from the same worlds */
    double median_low, median_high; /* of the metric */
    double rank_correlation;        /* Spearman's, in the main run; its error is about 1 / sqrt(trials) */
    bool conditional; /* not held, but chosen: the means over worlds where it is near its P5 and P95 */
};

/* Leaves out the drivers that do nothing to the metric: those that change it by rounding at most in the first
 * 256 worlds when they come from the twin. The ones left out move behind the others. Returns how many are
 * left, or -1 with `error` filled. */
int fc_explain_active(struct fc_explain *explain, struct fc_driver *drivers, int count,
                      struct fc_error *error);

/* Trials that one bar's ends, or one index, are computed with when there are `parts` of them. */
uint64_t fc_explain_tornado_trials(uint64_t trials, int parts);
uint64_t fc_explain_index_trials(uint64_t trials, int parts);

/* Fills bars[] (FC_INPUT_COUNT + 1 of room) for the inputs of the drivers, largest swing first; *worlds
 * receives the trials per end. Returns their number, or -1 with `error` filled. */
int fc_explain_tornado(struct fc_explain *explain, const struct fc_driver *drivers, int driver_count,
                       struct fc_bar *bars, uint64_t *worlds, struct fc_error *error);

/* An index per driver; *worlds receives the number of triples. */
int fc_explain_indices(struct fc_explain *explain, const struct fc_driver *drivers, int count,
                       struct fc_sobol *indices, uint64_t *worlds, struct fc_error *error);

/* Marks the worst twentieth of the worlds by the metric in in[trials]. Fails where that is fewer than 50
 * worlds. */
int fc_explain_worst(const struct fc_explain *explain, bool *in, double *limit, struct fc_error *error);

#endif
