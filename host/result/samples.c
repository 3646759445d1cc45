/* samples.c: see samples.h. */
#include "samples.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/tally.h"
#include "host/base/error.h"

#define ROUNDING                                                                                             \
    1e-6 /* relative: what the order of single-precision sums may change, and no more than that */

/* Whether a value is one that can be averaged. */
static bool counts(float value, double cap)
{
    return isfinite(value) && (double)value < cap;
}

struct fc_paired fc_samples_paired(const float *a, const float *b, size_t count, double cap)
{
    struct fc_paired p = {.worlds = count};
    size_t lower = 0, equal = 0;
    double sum = 0, square = 0, shift = 0;
    for (size_t i = 0; i < count; i++) {
        bool same = b[i] == a[i] ||
                    (isfinite(a[i]) && fabs((double)b[i] - (double)a[i]) <= ROUNDING * fabs((double)a[i]));
        lower += !same && b[i] < a[i];
        equal += same;
        if (!counts(a[i], cap) || !counts(b[i], cap))
            continue;
        double d = (double)b[i] - (double)a[i];
        if (p.count++ == 0)
            shift = d; /* keeps the squares small where all differences are alike */
        sum += d - shift;
        square += (d - shift) * (d - shift);
    }
    p.mean = p.error = (double)NAN;
    if (count == 0) {
        p.lower = p.higher = p.equal = (double)NAN;
        return p;
    }
    p.lower = (double)lower / (double)count;
    p.equal = (double)equal / (double)count;
    p.higher = (double)(count - lower - equal) / (double)count;
    if (equal == count) {
        p.mean = p.error = 0;
    } else if (p.count == count) {
        double n = (double)count, mean = sum / n;
        p.mean = mean + shift;
        p.error = count > 1 ? sqrt(fmax(square / n - mean * mean, 0) / (n - 1)) : (double)NAN;
    }
    return p;
}

double fc_samples_quantile_error(const float *a, double quantile_a, double error_a, const float *b,
                                 double quantile_b, double error_b, size_t count)
{
    double in_a = 0, in_b = 0, both = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
        int below_a = (double)a[i] < quantile_a, below_b = (double)b[i] < quantile_b;
        in_a += below_a;
        in_b += below_b;
        both += below_a & below_b;
        n++;
    }
    if (n == 0)
        return (double)NAN;
    in_a /= n;
    in_b /= n;
    double spread = sqrt(in_a * (1 - in_a) * in_b * (1 - in_b));
    double r = spread > 0 ? (both / n - in_a * in_b) / spread : 0;
    return sqrt(fmax(error_a * error_a + error_b * error_b - 2 * r * error_a * error_b, 0));
}

double fc_samples_tail_error(const float *a, double edge_a, const float *b, double edge_b, double share, int high,
                             size_t count)
{
    double sum = 0, square = 0, sign = high ? 1 : -1;
    for (size_t i = 0; i < count; i++) {
        double of_a = fmax(sign * ((double)a[i] - edge_a), 0), of_b = fmax(sign * ((double)b[i] - edge_b), 0);
        double x = of_b - of_a;
        sum += x;
        square += x * x;
    }
    double n = (double)count, mean = sum / n;
    return count > 1 ? sqrt(fmax(square / n - mean * mean, 0) / (n - 1)) / share : (double)NAN;
}

/* Radix sort by the key of the value (cuda/model/base/tally.h), 11 bits at a time: stable, linear. */
int fc_samples_order(const float *values, size_t count, uint32_t *order)
{
    enum { BITS = 11, BUCKETS = 1 << BITS };
    uint32_t *other = malloc((count + 1) * sizeof *other);
    size_t *at = malloc(BUCKETS * sizeof *at);
    if (!other || !at) {
        free(other);
        free(at);
        fc_lose();
        return -1;
    }
    uint32_t *from = order, *to = other;
    for (size_t i = 0; i < count; i++)
        from[i] = (uint32_t)i;
    for (int shift = 0; shift < 32; shift += BITS) {
        memset(at, 0, BUCKETS * sizeof *at);
        for (size_t i = 0; i < count; i++)
            at[(fc_tally_key(values[i]) >> shift) & (BUCKETS - 1)]++;
        size_t sum = 0;
        for (int k = 0; k < BUCKETS; k++) {
            size_t here = at[k];
            at[k] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            to[at[(fc_tally_key(values[from[i]]) >> shift) & (BUCKETS - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != order)
        memcpy(order, from, count * sizeof *order);
    free(other);
    free(at);
    return 0;
}

void fc_samples_ranks(const float *values, const uint32_t *order, size_t count, float *rank)
{
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && values[order[end]] == values[order[i]])
            end++;
        float mean = (float)(0.5 * ((double)i + 1 + (double)end));
        for (; i < end; i++)
            rank[order[i]] = mean;
    }
}

double fc_samples_correlation(const float *a, const float *b, size_t count)
{
    double mean_a, mean_b, sd_a, sd_b, sum = 0;
    fc_samples_moments(a, count, (double)INFINITY, &mean_a, &sd_a);
    fc_samples_moments(b, count, (double)INFINITY, &mean_b, &sd_b);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i]))
            continue;
        sum += ((double)a[i] - mean_a) * ((double)b[i] - mean_b);
        n++;
    }
    return n > 1 && sd_a > 0 && sd_b > 0 ? sum / ((double)(n - 1) * sd_a * sd_b) : (double)NAN;
}

size_t fc_samples_moments(const float *values, size_t count, double cap, double *mean, double *sd)
{
    double sum = 0, square = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (counts(values[i], cap)) {
            sum += (double)values[i];
            n++;
        }
    *mean = n ? sum / (double)n : (double)NAN;
    for (size_t i = 0; i < count; i++)
        if (counts(values[i], cap))
            square += ((double)values[i] - *mean) * ((double)values[i] - *mean);
    *sd = n > 1 ? sqrt(square / (double)(n - 1)) : (double)NAN;
    return n;
}

void fc_samples_put_missing(float *values, size_t count, int high)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            values[i] = high ? INFINITY : -INFINITY;
}
