/* statistics.c: see statistics.h. */
#include "statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "host/base/format.h"
#include "metrics.h"

#define ENOUGH_BEYOND 50.0 /* exceedances that a tail figure needs */
#define HEAVY_LEAST 1000   /* values from which a mean can be called heavy-tailed */
#define HEAVY_WORLDS 10.0  /* so many of them */
#define HEAVY_SHARE 0.5    /* make up more than this of the variance: judgement */
#define SPREAD_LEAST 4     /* values that the error of a standard deviation needs */
#define SHIFTS_LEAST 8     /* shifts that an error needs */
#define TINY 1e-36         /* the bin of zero reaches up to here; nothing else does */

/* Sum of the values and of their squares. The exact integer sums are added in long double from the largest
 * exponent down, in a fixed order. */
static void raw_moments(const struct fc_tally_metric *m, long double *sum, long double *square)
{
    *sum = 0;
    *square = 0;
    if (m->count == 0)
        return;
    for (uint32_t e = m->min_key >> 23; e <= m->max_key >> 23; e++) {
        int negative = e < 256;
        int exponent = negative ? 255 - (int)e : (int)e - 256;
        int scale = (exponent == 0 ? 1 : exponent) - 150;
        long double part = ldexpl((long double)m->sum[e], scale);
        *sum += negative ? -part : part;
        *square +=
            ldexpl((long double)m->square_high[e] * 16777216.0L + (long double)m->square_low[e], 2 * scale);
    }
}

/* What a shift gives for a figure, with what the whole says beside it. */
struct view {
    const struct fc_tally_metric *whole;
    double centre;            /* of the whole: the mean, a quantile, the edge of a tail */
    double share;             /* of the bin below the centre's rank, or of the tail */
    uint32_t bin;             /* that holds the centre */
    int high;                 /* the tail is the upper one */
};
typedef double of_shift(const struct fc_tally_metric *shift, const struct view *view);

/* The error of a figure from what its shifts give; `answer` is the weighted mean of theirs. Weights are worlds, or values
 * where worlds without one do not count. NaN where too few shifts have any. */
static double shift_error(const struct view *view, of_shift *figure, bool values_only, double answer)
{
    const struct fc_tally_metric *m = view->whole;
    double sum = 0, all = (double)(m->count + (values_only ? 0 : m->invalid));
    int used = 0;
    for (int s = 0; s < m->shifts; s++) {
        const struct fc_tally_metric *shift = &m->shift[s];
        double weight = (double)(shift->count + (values_only ? 0 : shift->invalid)) / all;
        if (!(weight > 0))
            continue;
        double away = weight * (figure(shift, view) - answer);
        sum += away * away;
        used++;
    }
    return used < SHIFTS_LEAST ? (double)NAN : sqrt(sum * used / (used - 1));
}

static double mean_of_shift(const struct fc_tally_metric *shift, const struct view *view)
{
    (void)view;
    return fc_statistics_plain_mean(shift);
}

/* Mean square of the distances from the whole's mean. */
static double square_of_shift(const struct fc_tally_metric *shift, const struct view *view)
{
    long double sum, square, n = (long double)shift->count, mean = (long double)view->centre;
    raw_moments(shift, &sum, &square);
    return (double)(square / n - 2 * mean * sum / n + mean * mean);
}

/* Share of the worlds below the whole's quantile. */
static double below_of_shift(const struct fc_tally_metric *shift, const struct view *view)
{
    double below = fc_statistics_missing_is_high(shift) ? 0 : (double)shift->invalid;
    if (shift->count == 0)
        return below / (double)fc_statistics_worlds(shift);
    uint32_t last = fc_tally_bin(shift->max_key);
    for (uint32_t bin = fc_tally_bin(shift->min_key); bin < view->bin && bin <= last;
         bin = fc_tally_from(shift, bin + 1))
        below += (double)shift->bins[bin];
    below += view->share * (double)shift->bins[view->bin];
    return below / (double)fc_statistics_worlds(shift);
}

/* Mean excess over the edge of the whole's tail, per world of the tail. */
static double excess_of_shift(const struct fc_tally_metric *shift, const struct view *view)
{
    double sum = 0;
    uint32_t first = shift->count ? fc_tally_bin(shift->min_key) : 1, last = shift->count ? fc_tally_bin(shift->max_key) : 0;
    first = view->high && first < view->bin ? view->bin : first;
    last = !view->high && last > view->bin ? view->bin : last;
    for (uint32_t bin = fc_tally_from(shift, first); bin <= last; bin = fc_tally_from(shift, bin + 1)) {
        double lo, hi;
        if (!shift->bins[bin])
            continue;
        fc_statistics_bin(view->whole, bin, &lo, &hi);
        if (bin == view->bin) /* what of it lies in the tail; `centre` is where that begins */
            sum += (double)shift->bins[bin] * (view->high ? (hi - view->centre) * (hi - view->centre)
                                                          : -(view->centre - lo) * (view->centre - lo)) /
                   (hi > lo ? 2 * (hi - lo) : 1);
        else
            sum += (double)shift->bins[bin] * (0.5 * (lo + hi) - view->centre);
    }
    return sum / (double)fc_statistics_worlds(shift) / view->share;
}

static double share_of_shift(const struct fc_tally_metric *shift, const struct view *view)
{
    (void)view;
    return shift->count ? fc_statistics_plain_mean(shift) * (double)shift->count / (double)fc_statistics_worlds(shift) : 0;
}

uint64_t fc_statistics_worlds(const struct fc_tally_metric *m)
{
    return m->count + m->invalid;
}

int fc_statistics_missing_is_high(const struct fc_tally_metric *m)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    return !info || info->worst != FC_WORST_LOW;
}

double fc_statistics_plain_mean(const struct fc_tally_metric *m)
{
    long double sum, square;
    raw_moments(m, &sum, &square);
    return m->count ? (double)(sum / (long double)m->count) : (double)NAN;
}

static double share_with_value(const struct fc_tally_metric *m)
{
    return m->count ? (double)m->count / (double)fc_statistics_worlds(m) : 0;
}

static struct fc_estimate refuse(const struct fc_tally_metric *m, enum fc_why why, double need)
{
    return (struct fc_estimate){(double)NAN, (double)NAN,        1, (uint64_t)ceil(need - 1e-6),
                                why,         share_with_value(m)};
}

/* The square of the distance of the `most` values at either end from the mean, in all; the worlds are taken
 * from the end that lies further away. */
static double far_square(const struct fc_tally_metric *m, double mean, double most)
{
    uint32_t low = fc_tally_bin(m->min_key), high = fc_tally_bin(m->max_key);
    double sum = 0, from_low = (double)m->bins[low], from_high = (double)m->bins[high];
    while (most > 0 && low <= high) {
        double lo, hi, unused;
        fc_statistics_bin(m, low, &lo, &unused);
        fc_statistics_bin(m, high, &unused, &hi);
        bool take_high = low == high || hi - mean > mean - lo;
        double *left = take_high ? &from_high : &from_low;
        double here = fmin(*left, most), distance = take_high ? hi - mean : mean - lo;
        sum += here * distance * distance;
        most -= here;
        *left -= here;
        if (*left > 0)
            continue;
        if (low == high)
            break;
        if (take_high)
            from_high = (double)m->bins[--high];
        else
            from_low = (double)m->bins[++low];
    }
    return sum;
}

static bool is_heavy(const struct fc_tally_metric *m)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    if (m->count < HEAVY_LEAST || m->min_key == m->max_key || (info && (info->whole || info->probability)))
        return false;
    long double sum, square, n = (long double)m->count;
    raw_moments(m, &sum, &square);
    double mean = (double)(sum / n), whole = (double)(square - sum * sum / n);
    return far_square(m, mean, HEAVY_WORLDS) > HEAVY_SHARE * whole;
}

uint64_t fc_statistics_capped(const struct fc_tally_metric *m)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    bool reached = info && m->count > 0 && (double)fc_tally_value(m->max_key) >= info->cap;
    return reached ? m->bins[fc_tally_bin(m->max_key)] : 0;
}

/* What mean and sd are refused for alike. */
static enum fc_why no_moment(const struct fc_tally_metric *m)
{
    return m->count == 0               ? FC_WHY_EMPTY
           : share_with_value(m) < 0.5 ? FC_WHY_MISSING
           : fc_statistics_capped(m)   ? FC_WHY_CAPPED
           : is_heavy(m)               ? FC_WHY_HEAVY
                                       : FC_WHY_NONE;
}

struct fc_estimate fc_statistics_mean(const struct fc_tally_metric *m)
{
    enum fc_why why = no_moment(m);
    if (why)
        return refuse(m, why, 0);
    struct fc_estimate e = {fc_statistics_plain_mean(m), (double)NAN, 0, 2, FC_WHY_ONE, share_with_value(m)};
    if (m->count > 1) {
        struct view view = {.whole = m};
        e.error = m->shifts ? shift_error(&view, mean_of_shift, true, e.value)
                            : fc_statistics_sd(m).value / sqrt((double)m->count);
        e.need = 0;
        e.why = isnan(e.error) ? FC_WHY_SHIFTS : FC_WHY_NONE;
    }
    return e;
}

void fc_statistics_bin(const struct fc_tally_metric *m, uint32_t bin, double *lo, double *hi)
{
    uint32_t first = fc_tally_bin_first(bin), last = fc_tally_bin_last(bin);
    *lo = (double)fc_tally_value(first < m->min_key ? m->min_key : first);
    *hi = (double)fc_tally_value(last > m->max_key ? m->max_key : last);
    if (fabs(*lo) < TINY && fabs(*hi) < TINY) {
        *lo = *hi = 0;
    } else if (*hi - *lo < 1) {
        const struct fc_metric_info *info = fc_metric_find(m->metric);
        if (info && info->whole && ceil(*lo) <= *hi)
            *lo = *hi = ceil(*lo); /* the one whole number in this bin */
    }
}

struct fc_estimate fc_statistics_sd(const struct fc_tally_metric *m)
{
    enum fc_why why = no_moment(m);
    if (why)
        return refuse(m, why, 0);
    if (m->count < 2)
        return refuse(m, FC_WHY_ONE, 2);
    if (m->min_key == m->max_key)
        return (struct fc_estimate){0, 0, 0, 0, FC_WHY_NONE, share_with_value(m)};
    long double sum, square, n = (long double)m->count;
    raw_moments(m, &sum, &square);
    long double mean = sum / n;
    long double variance = (square - sum * mean) / (n - 1);
    if (variance < 0)
        variance = 0;
    long double fourth = 0;
    for (uint32_t bin = fc_tally_from(m, 0); bin < FC_TALLY_BINS; bin = fc_tally_from(m, bin + 1)) {
        if (!m->bins[bin])
            continue;
        double lo, hi;
        fc_statistics_bin(m, bin, &lo, &hi);
        long double d = (long double)(0.5 * (lo + hi)) - mean;
        fourth += (long double)m->bins[bin] * d * d * d * d;
    }
    fourth /= n;
    long double spread = fourth - variance * variance;
    double sd = (double)sqrtl(variance);
    double error = sd > 0 && spread > 0 ? (double)(sqrtl(spread / n) / (2 * (long double)sd)) : 0;
    struct fc_estimate e = {sd, error, 0, 0, FC_WHY_NONE, share_with_value(m)};
    if (m->shifts && sd > 0) {
        struct view view = {.whole = m, .centre = (double)mean};
        e.error = shift_error(&view, square_of_shift, true, square_of_shift(m, &view)) / (2 * sd);
        e.why = isnan(e.error) ? FC_WHY_SHIFTS : FC_WHY_NONE;
    }
    if (m->count < SPREAD_LEAST) { /* the fourth moment of two values says nothing */
        e.error = (double)NAN;
        e.need = SPREAD_LEAST;
        e.why = FC_WHY_ONE;
    }
    return e;
}

double fc_statistics_min(const struct fc_tally_metric *m)
{
    return m->count ? (double)fc_tally_value(m->min_key) : NAN;
}
double fc_statistics_max(const struct fc_tally_metric *m)
{
    return m->count ? (double)fc_tally_value(m->max_key) : NAN;
}

/* Trials per unit of value in a bin; 0 for a bin that no value reached. */
static double density(const struct fc_tally_metric *m, uint32_t bin)
{
    if (bin < fc_tally_bin(m->min_key) || bin > fc_tally_bin(m->max_key) || m->bins[bin] == 0)
        return 0;
    double lo, hi;
    fc_statistics_bin(m, bin, &lo, &hi);
    return hi > lo ? (double)m->bins[bin] / (hi - lo) : 0;
}

/* The share of a bin's width below which `share` of its trials lie, when the density runs through the bin as
 * a straight line with the slope that its two neighbours show; uniform where a neighbour is empty (steps, the
 * ends). */
static double share_of_width(const struct fc_tally_metric *m, uint32_t bin, double share)
{
    double here = density(m, bin), before = density(m, bin - 1), after = density(m, bin + 1);
    if (!(here > 0 && before > 0 && after > 0))
        return share;
    double slope =
        fmin(fmax(0.5 * (after - before) / here, -1.9), 1.9); /* density (1 - slope / 2) to (1 + slope / 2) */
    double start = 1 - 0.5 * slope;
    return 2 * share / (start + sqrt(start * start + 2 * slope * share));
}

/* The bin in which `rank` of the trials are reached (0 ... count), and the share of its trials that it takes. */
static uint32_t bin_at_rank(const struct fc_tally_metric *m, double rank, double *share)
{
    double below = 0;
    uint32_t last = fc_tally_bin(m->max_key);
    for (uint32_t bin = fc_tally_bin(m->min_key); bin <= last; bin = fc_tally_from(m, bin + 1)) {
        double here = (double)m->bins[bin];
        if (here > 0 && below + here >= rank) {
            *share = fmin(fmax((rank - below) / here, 0), 1);
            return bin;
        }
        below += here;
    }
    *share = 1;
    return last;
}

/* The value below which `rank` of the trials lie (0 ... count). */
static double value_at_rank(const struct fc_tally_metric *m, double rank)
{
    double lo, hi, share;
    uint32_t bin = bin_at_rank(m, rank, &share);
    fc_statistics_bin(m, bin, &lo, &hi);
    return lo + (hi - lo) * share_of_width(m, bin, share);
}

/* The error of the share of the worlds below the rank p n of the values. */
static double rank_error(const struct fc_tally_metric *m, double p, double rank)
{
    struct view view = {.whole = m};
    if (!m->shifts)
        return sqrt(p * (1 - p) / (double)fc_statistics_worlds(m));
    view.bin = bin_at_rank(m, rank, &view.share);
    return shift_error(&view, below_of_shift, false, p);
}

struct fc_estimate fc_statistics_quantile(const struct fc_tally_metric *m, double p)
{
    double n = (double)fc_statistics_worlds(m),
           below = fc_statistics_missing_is_high(m) ? 0 : (double)m->invalid;
    double tail = fmin(p, 1 - p), share = share_with_value(m), count = (double)m->count;
    if (n == 0 || n * tail < ENOUGH_BEYOND)
        return refuse(m, FC_WHY_FEW, ENOUGH_BEYOND / tail);
    double rank = p * n - below;
    if (rank > count || rank < 0 || m->count == 0)
        return (struct fc_estimate){below > 0 ? -INFINITY : INFINITY, (double)NAN, 0, 0, FC_WHY_NEVER, share};
    double value = value_at_rank(m, rank), half = n * rank_error(m, p, rank);
    if (isnan(half))
        return (struct fc_estimate){value, (double)NAN, 0, 0, FC_WHY_SHIFTS, share};
    double lo = value_at_rank(m, fmax(rank - half, 0)), hi = value_at_rank(m, fmin(rank + half, count));
    double error = 0.5 * (hi - lo);
    if (m->invalid && rank + half > count) /* one side of the interval is infinite */
        error = below > 0 ? error : value - lo;
    if (m->invalid && rank - half < 0)
        error = below > 0 ? hi - value : error;
    return (struct fc_estimate){value, error, 0, 0, FC_WHY_NONE, share};
}

struct fc_estimate fc_statistics_cvar(const struct fc_tally_metric *m, double share, int high)
{
    double n = (double)fc_statistics_worlds(m), wanted = share * n;
    int missing_high = fc_statistics_missing_is_high(m);
    if (n == 0 || wanted < ENOUGH_BEYOND)
        return refuse(m, FC_WHY_FEW, ENOUGH_BEYOND / share);
    if (m->invalid && (!missing_high == !high || wanted > (double)m->count))
        return (struct fc_estimate){
            missing_high ? INFINITY : -INFINITY, (double)NAN, 0, 0, FC_WHY_NEVER, share_with_value(m)};
    double capped = (double)fc_statistics_capped(m);
    if (capped > 0 && (high || wanted > (double)m->count - capped))
        return refuse(m, FC_WHY_CAPPED, 0);
    double left = wanted, sum = 0, square = 0, edge = 0;
    struct view view = {.whole = m, .share = share, .high = high};
    uint32_t first = fc_tally_bin(m->min_key), last = fc_tally_bin(m->max_key);
    for (uint32_t step = 0; step <= last - first && left > 0; step++) {
        uint32_t bin = high ? last - step : first + step;
        if (!m->bins[bin])
            continue;
        double lo, hi, here = (double)m->bins[bin], take = fmin(here, left);
        fc_statistics_bin(m, bin, &lo, &hi);
        double width = (hi - lo) * take / here; /* the part of the bin that lies in the tail */
        double middle = high ? hi - 0.5 * width : lo + 0.5 * width;
        edge = high ? hi - width : lo + width;
        view.bin = bin;
        sum += take * middle;
        square += take * middle * middle;
        left -= take;
    }
    double mean = sum / wanted;
    double variance = fmax(square / wanted - mean * mean, 0);
    double distance = mean - edge;
    double error = sqrt((variance + (1 - share) * distance * distance) / wanted);
    view.centre = edge;
    if (m->shifts)
        error = shift_error(&view, excess_of_shift, false, distance);
    return (struct fc_estimate){mean, error, 0, 0, isnan(error) ? FC_WHY_SHIFTS : FC_WHY_NONE, share_with_value(m)};
}

/* The Wilson interval of `worlds` worlds, z standard errors to either side. */
static void wilson(double hits, double worlds, double z, double *p, double *lo, double *hi)
{
    *p = hits / worlds;
    double centre = (*p + z * z / (2 * worlds)) / (1 + z * z / worlds);
    double half = z / (1 + z * z / worlds) * sqrt(*p * (1 - *p) / worlds + z * z / (4 * worlds * worlds));
    *lo = *p > 0 ? fmax(centre - half, 0) : 0;
    *hi = *p < 1 ? fmin(centre + half, 1) : 1;
}

void fc_statistics_wilson(double hits, double worlds, double *p, double *lo, double *hi)
{
    wilson(hits, worlds, FC_Z95, p, lo, hi);
}

/* The 97.5 % quantile of Student's t: Cornish and Fisher's expansion (Abramowitz, Stegun 26.7.5); 3e-4 off at 15. */
static double student_975(int degrees)
{
    double z = FC_Z95, z3 = z * z * z, z5 = z3 * z * z, n = degrees;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}

void fc_statistics_probability(const struct fc_tally_metric *m, double *p, double *lo, double *hi)
{
    double hits = m->count ? fc_statistics_plain_mean(m) * (double)m->count : 0;
    double worlds = (double)fc_statistics_worlds(m);
    struct view view = {.whole = m};
    double error = m->shifts && hits >= ENOUGH_BEYOND && worlds - hits >= ENOUGH_BEYOND
                       ? shift_error(&view, share_of_shift, false, hits / worlds)
                       : (double)NAN;
    if (!isfinite(error)) {
        wilson(hits, worlds, FC_Z95, p, lo, hi);
        return;
    }
    double share = hits / worlds, least = 1 / worlds; /* a share cannot be known better than to a world */
    double alike = share * (1 - share) / fmax(error * error, least * least);
    wilson(share * alike, alike, student_975(m->shifts - 1), p, lo, hi);
}

double fc_statistics_plain_worlds(const struct fc_tally_metric *m, double quantile)
{
    if (!m->shifts)
        return (double)fc_statistics_worlds(m);
    if (!isnan(quantile)) {
        struct fc_estimate e = fc_statistics_quantile(m, quantile);
        double below = fc_statistics_missing_is_high(m) ? 0 : (double)m->invalid;
        double error = e.refused || !isfinite(e.value)
                           ? (double)NAN
                           : rank_error(m, quantile, quantile * (double)fc_statistics_worlds(m) - below);
        return error > 0 ? quantile * (1 - quantile) / (error * error) : (double)NAN;
    }
    struct fc_estimate e = fc_statistics_mean(m);
    double sd = e.refused || !(e.error > 0) ? (double)NAN : fc_statistics_sd(m).value;
    return sd > 0 ? sd * sd / (e.error * e.error) / e.share : (double)NAN;
}

double fc_statistics_unfit(const struct fc_tally *tally)
{
    const struct fc_tally_metric *fits = fc_tally_find(tally, FC_M_FITS);
    return fits && fits->count > 0 ? 1 - fc_statistics_plain_mean(fits) : 0;
}

const char *fc_statistics_missing(const struct fc_tally *tally, const struct fc_tally_metric *m, char *text,
                                  size_t size)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric), *fits = fc_metric_find(FC_M_STEP_TIME_S);
    const char *missing = info && info->missing ? info->missing : "there is no value";
    double worlds = (double)fc_statistics_worlds(m), without = (double)m->invalid / worlds;
    bool contract = fc_metric_fixed_of_tally(tally) == FC_FIXED_MONEY;
    double unfit = contract && !FC_METRIC_OF_JOB(m->metric) ? 0 : fc_statistics_unfit(tally);
    if (unfit > 0 && without - unfit < 0.5 / worlds)
        snprintf(text, size, "%s", fits->missing);
    else if (unfit > 0)
        snprintf(text, size, "%s (%.4g %%) or %s (%.4g %%)", fits->missing, 100 * unfit, missing,
                 100 * (without - unfit));
    else
        snprintf(text, size, "%s", missing);
    return text;
}

const char *fc_statistics_why(const struct fc_tally *tally, const struct fc_tally_metric *m,
                              const struct fc_estimate *e, char *text, size_t size)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    char worlds[32], need[32], missing[160];
    fc_statistics_missing(tally, m, missing, sizeof missing);
    fc_format_count(fc_statistics_worlds(m), worlds, sizeof worlds);
    fc_format_count(e->need, need, sizeof need);
    double without = 100 * (1 - e->share);
    switch (e->why) {
    case FC_WHY_FEW:
        snprintf(text, size, "fewer than 50 of the %s worlds lie beyond it; -n %s would do", worlds, need);
        break;
    case FC_WHY_NEVER:
        snprintf(text, size, "never: in %.4g %% of the worlds %s", without, missing);
        break;
    case FC_WHY_MISSING:
        snprintf(text, size, "no mean: in %.4g %% of the worlds %s", without, missing);
        break;
    case FC_WHY_EMPTY:
        snprintf(text, size, "in none of the worlds there is a value (%s)", missing);
        break;
    case FC_WHY_ONE:
        snprintf(text, size, "not defined for %s world%s; -n %s would do", worlds,
                 fc_statistics_worlds(m) == 1 ? "" : "s", need);
        break;
    case FC_WHY_HEAVY:
        snprintf(text, size,
                 "10 of the %s worlds make up more than half of the variance, so its error is not "
                 "known; read the quantiles",
                 worlds);
        break;
    case FC_WHY_CAPPED:
        snprintf(text, size, "%.2g %% of the worlds are at its cap of %.0f, which stands for any value above; read the quantiles",
                 100 * (double)fc_statistics_capped(m) / (double)fc_statistics_worlds(m), info ? info->cap : 0);
        break;
    case FC_WHY_SHIFTS:
        snprintf(text, size, "fewer than %d of the %d shifts are in, and only their spread tells the error; merge the other parts",
                 SHIFTS_LEAST, m->shifts);
        break;
    case FC_WHY_NONE:
        snprintf(text, size, "%s", "");
    }
    return text;
}

double fc_statistics_run_power_mw(const struct fc_tally *tally)
{
    double mwh = -1, days = -1;
    for (int r = 0; r < tally->metric_count; r++) {
        const struct fc_tally_metric *m = &tally->metrics[r];
        if (m->metric == FC_M_POWER_MEAN_MW || m->metric == FC_M_PAID_USD) /* a contract's energy is not the run's */
            return -1;
        if (m->count == 0 || fc_statistics_mean(m).refused)
            continue;
        mwh = m->metric == FC_M_ENERGY_MWH ? fc_statistics_mean(m).value : mwh;
        days = m->metric == FC_M_WALL_CLOCK_DAYS ? fc_statistics_mean(m).value : days;
    }
    return mwh >= 0 && days > 0 ? mwh / (24 * days) : -1;
}
