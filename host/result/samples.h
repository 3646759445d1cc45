/* samples.h: statistics of per-trial values: differences of two runs on the same worlds, ranks, subsets.
 *
 * Two runs with one seed meet the same worlds: trial i of one is to be compared with trial i of the other.
 * What both have in common cancels, so a difference is known much better than either figure. A world without a
 * value holds an infinity at the adverse end (fc_samples_put_missing), so that it compares as the worst; means
 * and moments leave it out. */
#ifndef FC_HOST_SAMPLES_H
#define FC_HOST_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* b - a, world by world. */
struct fc_paired {
    size_t worlds; /* all, */
    size_t count;  /* and those where both have a value below the cap */
    double mean,
        error; /* mean of b - a and its standard error, sd / sqrt(count); NaN unless all worlds have both
                           values below the cap, or the two are equal throughout */
    double lower, higher; /* shares of the worlds with b < a and b > a (NaN counts as higher) */
    double equal;         /* share with b = a, but for rounding (a millionth) */
};

/* `cap` is that of the metric (host/result/metrics.h), infinity where it has none: a value that reaches it has no mean. */
struct fc_paired fc_samples_paired(const float *a, const float *b, size_t count, double cap);

/* Standard error of the difference of the p-quantiles of a and b on the same worlds. The error of a quantile
 * is that of the share below it over the density; the two shares are correlated: se^2 = se_a^2 + se_b^2 - 2 r
 * se_a se_b, r the correlation of [a < q_a] and [b < q_b]. */
double fc_samples_quantile_error(const float *a, double quantile_a, double error_a, const float *b,
                                 double quantile_b, double error_b, size_t count);

/* Standard error of the difference of the means of the worst `share` of the worlds of a and of b, on the same worlds; edge_a
 * and edge_b are the quantiles where these tails begin, `high`: the worst are the highest. From the influence of each world on
 * either mean, edge + (value - edge) / share beyond the edge (Trindade et al. 2007), as of paired values. */
double fc_samples_tail_error(const float *a, double edge_a, const float *b, double edge_b, double share,
                             int high, size_t count);

/* order[0 ... count - 1] receives the indices of the values in rising order (equal ones by index). Returns 0,
 * or -1 without memory. */
int fc_samples_order(const float *values, size_t count, uint32_t *order);

/* rank[i] receives the rank of value i, 1 ... count; equal values share their mean rank. */
void fc_samples_ranks(const float *values, const uint32_t *order, size_t count, float *rank);

/* Pearson's correlation of two columns; of ranks it is Spearman's. NAN when one of them does not vary. */
double fc_samples_correlation(const float *a, const float *b, size_t count);

/* Mean and standard deviation of the finite values below `cap`, infinity for all; returns how many there are. */
size_t fc_samples_moments(const float *values, size_t count, double cap, double *mean, double *sd);

/* Puts every value that is infinite or not a number at the adverse end: +infinity where `high` values are bad. */
void fc_samples_put_missing(float *values, size_t count, int high);

#endif
