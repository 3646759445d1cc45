/* statistics.c: see statistics.h. */
#include "statistics.h"

#include <math.h>

#include "metrics.h"

#define ENOUGH_BEYOND 50.0 /* exceedances that a tail figure needs */
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

struct fc_estimate fc_statistics_mean(const struct fc_tally_metric *m)
{
    if (m->count == 0)
        return (struct fc_estimate){NAN, NAN, 1, 2};
    long double sum, square;
    raw_moments(m, &sum, &square);
    struct fc_estimate sd = fc_statistics_sd(m);
    return (struct fc_estimate){(double)(sum / (long double)m->count), sd.value / sqrt((double)m->count), 0,
                                0};
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
    if (m->count < 2)
        return (struct fc_estimate){m->count ? 0 : NAN, NAN, m->count == 0, 2};
    if (m->min_key == m->max_key)
        return (struct fc_estimate){0, 0, 0, 0};
    long double sum, square, n = (long double)m->count;
    raw_moments(m, &sum, &square);
    long double mean = sum / n;
    long double variance = (square - sum * mean) / (n - 1);
    if (variance < 0)
        variance = 0;
    long double fourth = 0;
    for (uint32_t bin = fc_tally_bin(m->min_key); bin <= fc_tally_bin(m->max_key); bin++) {
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
    return (struct fc_estimate){sd, error, 0, 0};
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

/* The value below which `rank` of the trials lie (0 ... count). */
static double value_at_rank(const struct fc_tally_metric *m, double rank)
{
    double below = 0;
    for (uint32_t bin = fc_tally_bin(m->min_key); bin <= fc_tally_bin(m->max_key); bin++) {
        double here = (double)m->bins[bin];
        if (here > 0 && below + here >= rank) {
            double lo, hi;
            fc_statistics_bin(m, bin, &lo, &hi);
            return lo + (hi - lo) * share_of_width(m, bin, fmin(fmax((rank - below) / here, 0), 1));
        }
        below += here;
    }
    return fc_statistics_max(m);
}

struct fc_estimate fc_statistics_quantile(const struct fc_tally_metric *m, double p)
{
    double n = (double)m->count;
    double tail = fmin(p, 1 - p);
    if (m->count == 0 || n * tail < ENOUGH_BEYOND)
        return (struct fc_estimate){NAN, NAN, 1, (uint64_t)ceil(ENOUGH_BEYOND / tail - 1e-6)};
    double half = sqrt(p * (1 - p) * n);
    double lo = value_at_rank(m, fmax(p * n - half, 0));
    double hi = value_at_rank(m, fmin(p * n + half, n));
    return (struct fc_estimate){value_at_rank(m, p * n), 0.5 * (hi - lo), 0, 0};
}

struct fc_estimate fc_statistics_cvar(const struct fc_tally_metric *m, double share, int high)
{
    double n = (double)m->count, wanted = share * n;
    if (m->count == 0 || wanted < ENOUGH_BEYOND)
        return (struct fc_estimate){NAN, NAN, 1, (uint64_t)ceil(ENOUGH_BEYOND / share - 1e-6)};
    double left = wanted, sum = 0, square = 0, edge = 0;
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
        sum += take * middle;
        square += take * middle * middle;
        left -= take;
    }
    double mean = sum / wanted;
    double variance = fmax(square / wanted - mean * mean, 0);
    double distance = mean - edge;
    double error = sqrt((variance + (1 - share) * distance * distance) / wanted);
    return (struct fc_estimate){mean, error, 0, 0};
}

void fc_statistics_probability(const struct fc_tally_metric *m, double *p, double *lo, double *hi)
{
    double n = (double)m->count, z = 1.959963984540054;
    *p = fc_statistics_mean(m).value;
    double centre = (*p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(*p * (1 - *p) / n + z * z / (4 * n * n));
    *lo = *p > 0 ? fmax(centre - half, 0) : 0;
    *hi = *p < 1 ? fmin(centre + half, 1) : 1;
}
