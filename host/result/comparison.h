/* comparison.h: how two results differ: bits first, then statistics.
 *
 * The verdict on the statistics treats the results as independent samples. Per metric it takes the difference
 * of the means in standard errors, and the Kolmogorov-Smirnov distance of the histograms (a lower bound of
 * that of the values, exact where a bin holds one value). A metric differs when either exceeds its critical
 * value at the level 1 % / (2 x metrics), so two samples of one distribution are called different in at most 1 % of
 * comparisons (Bonferroni). */
#ifndef FC_HOST_COMPARISON_H
#define FC_HOST_COMPARISON_H

#include <stdbool.h>

#include "result.h"

/* The part of a metric's tally in which two results first differ. */
enum fc_tally_part {
    FC_PART_NONE,
    FC_PART_INVALID,  /* values that were no finite number */
    FC_PART_COUNT,    /* number of values */
    FC_PART_EXTREMES, /* least or greatest value, or its trial */
    FC_PART_BINS,     /* histogram */
    FC_PART_SUMS,     /* exact sums */
    FC_PART_MISSING   /* one of the results lacks the metric */
};

const char *fc_tally_part_name(enum fc_tally_part part);

struct fc_metric_comparison {
    int metric;
    char name[64], unit[32];
    enum fc_tally_part part; /* FC_PART_NONE: the same bits */
    char detail[160];        /* what differs, both sides */
    /* From here on only where both have values; a quantile that is too thin gives NaN. */
    double a_mean, b_mean;
    double mean_z, p5_z, p50_z, p95_z; /* (b - a) over the standard error of the difference; 0 when b = a */
    double relative;                   /* (b - a) / |a| of the means */
    double ks, ks_critical;
    bool differs;
};

struct fc_comparison {
    bool same_model, same_inputs, same_seed, same_trials;
    bool identical; /* all of the above, and every integer of the tallies */
    uint64_t a_digest, b_digest, a_trials, b_trials;
    double z_critical;
    int first_difference;                  /* index of the first metric whose bits differ, -1 */
    int different;                         /* metrics that differ statistically */
    double a_trials_per_s, b_trials_per_s; /* NaN when not known */
    int metric_count;
    struct fc_metric_comparison *metrics;
};

/* Fails only without memory. Free with fc_comparison_free. */
int fc_comparison_make(struct fc_comparison *comparison, const struct fc_result *a, const struct fc_result *b,
                       struct fc_error *error);

void fc_comparison_free(struct fc_comparison *comparison);

/* The Kolmogorov-Smirnov distance of two histograms: the greatest difference of their distribution functions.
 */
double fc_kolmogorov_distance(const struct fc_tally_metric *a, const struct fc_tally_metric *b);

/* Its critical value for sample sizes n and m at a level (Smirnov's limit distribution, first term):
 * sqrt(-ln(level / 2) / 2) sqrt((n + m) / (n m)). */
double fc_kolmogorov_critical(double n, double m, double level);

/* z with P(|Z| > z) = level, 0 < level < 1, for a standard normal Z. */
double fc_normal_critical(double level);

#endif
