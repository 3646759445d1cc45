/* statistics.h: what a tally says about a metric: moments, quantiles, tail means, each with its Monte Carlo
 * error. */
#ifndef FC_HOST_STATISTICS_H
#define FC_HOST_STATISTICS_H

#include "tally.h"

/* A figure and its standard error. When `refused` is set the sample is too thin to print the value: `need`
 * trials would do (a tail figure wants 50 trials beyond it). */
struct fc_estimate {
    double value, error;
    int refused;
    uint64_t need;
};

/* The lowest and highest value that a bin can hold, cut to the extremes; equal for zero and, in a metric that
 * counts something, for the one whole number in a narrow bin. */
void fc_statistics_bin(const struct fc_tally_metric *metric, uint32_t bin, double *lo, double *hi);

/* Mean and standard deviation from the exact sums; errors sd / sqrt(n), and for sd from the fourth moment of
 * the histogram. */
struct fc_estimate fc_statistics_mean(const struct fc_tally_metric *metric);
struct fc_estimate fc_statistics_sd(const struct fc_tally_metric *metric);

double fc_statistics_min(const struct fc_tally_metric *metric);
double fc_statistics_max(const struct fc_tally_metric *metric);

/* The p-quantile, 0 < p < 1: inside a bin after the slope of its neighbours, clamped to the extremes. Error:
 * half the distance between the quantiles at p -+ sqrt(p (1 - p) / n). */
struct fc_estimate fc_statistics_quantile(const struct fc_tally_metric *metric, double p);

/* Conditional value at risk: mean of the worst `share` of the trials; worst are the highest values when
 * `high` is set, otherwise the lowest. Error after Trindade et al. 2007: sqrt((Var[tail] + p (cvar -
 * quantile)^2) / (share n)). */
struct fc_estimate fc_statistics_cvar(const struct fc_tally_metric *metric, double share, int high);

/* Wilson score interval (95 %) of a metric that is 0 or 1: its mean, lower and upper bound. */
void fc_statistics_probability(const struct fc_tally_metric *metric, double *p, double *lo, double *hi);

#endif
