/* compare_scenarios.h: two or more scenarios on the same worlds: by how much each differs from the first, and how often
 * it is better.
 *
 * All are run with the seed of the first. Inputs that two of them have get the same random numbers (an input's
 * numbers depend only on its name), so what they have in common cancels. */
#ifndef FC_HOST_COMPARE_SCENARIOS_H
#define FC_HOST_COMPARE_SCENARIOS_H

#include "analysis.h"
#include "host/result/samples.h"

enum { FC_SIDES = 8 };

/* Whether the argument names a scenario (a file that is no JSON result, or a bundled one).
 */
bool fc_compare_is_scenario(const char *path_or_name);

/* The scenarios side by side; position i is the metric names[i], which is metrics[side][i] there. */
struct fc_sides {
    int sides, count;
    const char *paths[FC_SIDES]; /* as given; they belong to the caller */
    struct fc_scenario scenario[FC_SIDES];
    struct fc_tally tally[FC_SIDES];
    bool ran[FC_SIDES];
    float *samples[FC_SIDES];
    uint64_t trials;
    char names[FC_METRIC_COUNT][64];
    int metrics[FC_SIDES][FC_METRIC_COUNT];
    double tail;                /* share of the worst worlds whose means are compared too; 0: none */
    int order[FC_METRIC_COUNT]; /* positions in the order to print them */
};

/* One side of a metric against the first. */
struct fc_side {
    struct fc_estimate mean; /* for a probability the share of all worlds */
    struct fc_paired pair;   /* this side less the first */
    double better;           /* share of the worlds in which this side is better than the first, */
    double first_better;     /* and in which the first is */
    bool equal, noise;       /* in every world; the mean difference lies within its 95 % interval */
};

/* Opens the scenarios; metrics are those of `of` (of_count names), or all that they have in common. The options' --set
 * holds for all. Returns 0, or -1 with `error` filled; to be freed in any case. */
int fc_sides_open(struct fc_sides *sides, const char *const *paths, int count, const char *const *of,
                  int of_count, const struct fc_analysis_options *options, struct fc_error *error);

/* Simulates them on the devices of `analysis`. */
int fc_sides_run(struct fc_sides *sides, struct fc_analysis *analysis, struct fc_error *error);
void fc_sides_free(struct fc_sides *sides);

struct fc_side fc_side_of(const struct fc_sides *sides, int side, int position);

/* The means of the worst sides->tail of the worlds of one side and the difference from the first's, with the errors; worst by
 * the first. The worst worlds of two sides need not be the same ones. Refused and NaN as fc_statistics_cvar. */
struct fc_side_tail {
    struct fc_estimate mean;
    double difference, error;
};
struct fc_side_tail fc_side_tail_of(const struct fc_sides *sides, int side, int position);

/* Orders the metrics by the largest relative change of their mean, largest first. */
void fc_sides_sort_by_change(struct fc_sides *sides);

#endif
