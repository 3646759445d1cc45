/* statistics.h: what a tally says about a metric: moments, quantiles, tail means, each with its Monte Carlo
 * error. */
#ifndef FC_HOST_STATISTICS_H
#define FC_HOST_STATISTICS_H

#include "tally.h"

/* A normal value lies within so many standard deviations of its mean with a probability of 95 %. */
#define FC_Z95 1.959963984540054

/* Why a figure has no value, or no error, in this sample. */
enum fc_why {
    FC_WHY_NONE,
    FC_WHY_FEW,     /* fewer than 50 worlds lie beyond it; `need` worlds would do */
    FC_WHY_NEVER,   /* it falls among the worlds without a value: infinite */
    FC_WHY_MISSING, /* fewer than half of the worlds have a value: no mean */
    FC_WHY_EMPTY,   /* no world has a value */
    FC_WHY_ONE,     /* too few worlds for a spread; `need` would do */
    FC_WHY_HEAVY,   /* a few worlds decide it, and its error with it */
    FC_WHY_CAPPED,  /* some of its worlds are at the metric's cap, which stands for any value above */
    FC_WHY_SHIFTS,  /* quasi-Monte Carlo: too few of its shifts are in for an error */
};

/* A figure and its standard error. A world without a value (it never pays back, no run ends) lies beyond the
 * adverse end of all that have one. Where `refused` is set there is no value (NaN) and `why` says so; a
 * quantile or tail mean that falls among such worlds is not refused but infinite, and is printed as 'never'.
 * The error is NaN where it is not known. */
struct fc_estimate {
    double value, error;
    int refused;
    uint64_t need;   /* worlds that would do, or 0 */
    enum fc_why why; /* also of an infinite value, or of an error that is NaN */
    double share;    /* of the worlds that have a value; below 1 a mean is that of those alone */
};

/* Worlds of quasi-Monte Carlo are no independent ones. There the shifts (tally.h) are: every error is that of the mean of
 * as many answers, one a shift, weighted by their worlds, sqrt(sum w^2 (answer - whole)^2 shifts / (shifts - 1)); for
 * quantiles and tail means of what they are the zero of (the share of the worlds below, the mean excess), so that no
 * shift needs a tail of its own. Such an error is itself known to one part in sqrt(2 (shifts - 1)). */

/* Worlds in all: those with a value and those without. */
uint64_t fc_statistics_worlds(const struct fc_tally_metric *metric);

/* Whether the worlds without a value lie above the others (cost, time) or below (yield). */
int fc_statistics_missing_is_high(const struct fc_tally_metric *metric);

/* Worlds at the cap of the metric (host/result/metrics.h), to the width of a bin; 0 where it has none. */
uint64_t fc_statistics_capped(const struct fc_tally_metric *metric);

/* The mean of the values alone, whatever their share; NaN when there is none. For scales and comparisons of
 * size, not to be printed as a result. */
double fc_statistics_plain_mean(const struct fc_tally_metric *metric);

/* The lowest and highest value that a bin can hold, cut to the extremes; equal for zero and, in a metric that
 * counts something, for the one whole number in a narrow bin. */
void fc_statistics_bin(const struct fc_tally_metric *metric, uint32_t bin, double *lo, double *hi);

/* Mean and standard deviation of the values, from the exact sums; errors sd / sqrt(n), and for sd from the
 * fourth moment of the histogram. Refused where fewer than half of the worlds have a value, where some are at the
 * metric's cap (a tail mean too, if they are in the tail), and where the ten most distant of at least 1,000 values make
 * up more than half of the variance: the error is then as unknown as the mean. */
struct fc_estimate fc_statistics_mean(const struct fc_tally_metric *metric);
struct fc_estimate fc_statistics_sd(const struct fc_tally_metric *metric);

/* Mean draw of a run at the meter, MW: mean energy over mean length, both over the worlds that end. The energy is that of
 * all GPUs that are paid for, spares included, at energy.it_power_per_gpu (with their hosts, network and storage) times
 * energy.load_factor and energy.pue. Negative where the result has no run, or no mean. */
double fc_statistics_run_power_mw(const struct fc_tally *tally);

double fc_statistics_min(const struct fc_tally_metric *metric);
double fc_statistics_max(const struct fc_tally_metric *metric);

/* The p-quantile over all worlds, 0 < p < 1: inside a bin after the slope of its neighbours, clamped to the extremes. Error:
 * half the distance between the quantiles at p -+ sqrt(p (1 - p) / n). */
struct fc_estimate fc_statistics_quantile(const struct fc_tally_metric *metric, double p);

/* Conditional value at risk: mean of the worst `share` of the trials; worst are the highest values when
 * `high` is set, otherwise the lowest. Error after Trindade et al. 2007: sqrt((Var[tail] + p (cvar -
 * quantile)^2) / (share n)). */
struct fc_estimate fc_statistics_cvar(const struct fc_tally_metric *metric, double share, int high);

/* Wilson score interval (95 %) of a metric that is 0 or 1: its share, lower and upper bound. A world without a
 * value counts as 0. With shifts it is that of as many plain worlds as would give the same error, with Student's quantile
 * for the normal one, where 50 worlds at least lie on either side, else that of plain worlds. */
void fc_statistics_probability(const struct fc_tally_metric *metric, double *p, double *lo, double *hi);

/* The Wilson interval of `hits` of `worlds`. */
void fc_statistics_wilson(double hits, double worlds, double *p, double *lo, double *hi);

/* How many plain worlds would know the mean (quantile = NaN) or a quantile as well as these; NaN where its error is not
 * known or zero. */
double fc_statistics_plain_worlds(const struct fc_tally_metric *metric, double quantile);

/* What is wrong with the worlds of `tally` in which `metric` has no value: "the job does not fit in memory", "the run does
 * not end", or both with their shares of the worlds. Writes at most `size` bytes and returns text. */
const char *fc_statistics_missing(const struct fc_tally *tally, const struct fc_tally_metric *metric, char *text,
                                  size_t size);

/* Share of the worlds in which the job does not fit into memory, 0 where it is not asked about. */
double fc_statistics_unfit(const struct fc_tally *tally);

/* Why the figure of a metric of `tally` is not there, as half a sentence for people: "fewer than 50 of the 300 worlds lie
 * beyond; -n 5,000 would do". Writes at most `size` bytes and returns text. */
const char *fc_statistics_why(const struct fc_tally *tally, const struct fc_tally_metric *metric,
                              const struct fc_estimate *estimate, char *text, size_t size);

#endif
