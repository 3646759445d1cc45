/* distribution.c: what holds for every distribution (see distribution.h): truncation, limits, quantiles, tails, tables.
 * The distributions themselves are in distributions.c and distribution_points.c. */
#include "distribution.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cuda/model/base/draw.h"

int fc_distribution_refuse(struct fc_fault *fault, int parameter, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fault->parameter = parameter;
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return -1;
}

void fc_distribution_begin(struct fc_distribution *d, const struct fc_distribution_kind *kind)
{
    memset(d, 0, sizeof *d);
    d->kind = kind;
    d->lo = -INFINITY;
    d->hi = INFINITY;
    d->below = (struct fc_tails){0.0, 1.0};
    d->above = (struct fc_tails){1.0, 0.0};
    d->mass = 1.0;
}

int fc_distribution_make(struct fc_distribution *d, const struct fc_form *form, const double *p,
                         struct fc_fault *fault)
{
    return form->make(d, p, fault);
}

void fc_distribution_scale(struct fc_distribution *d, double factor)
{
    d->kind->scale(d, factor);
    d->lo *= factor;
    d->hi *= factor;
}

/* ---- truncation ---- */

int fc_distribution_truncate(struct fc_distribution *d, double lo, double hi, struct fc_fault *fault)
{
    if (!(lo < hi))
        return fc_distribution_refuse(fault, 1, "the bounds of a truncation must rise (%.6g to %.6g)", lo,
                                      hi);
    if (d->kind->truncate)
        return d->kind->truncate(d, lo, hi, fault);
    lo = lo > d->lo ? lo : d->lo;
    hi = hi < d->hi ? hi : d->hi;
    struct fc_tails none = {0.0, 1.0}, all = {1.0, 0.0};
    struct fc_tails below = isinf(lo) ? none : d->kind->tails(d, lo),
                    above = isinf(hi) ? all : d->kind->tails(d, hi);
    double mass = below.lower > 0.5   ? below.upper - above.upper
                  : above.lower < 0.5 ? above.lower - below.lower
                                      : 1.0 - below.lower - above.upper;
    if (!(lo < hi) || !(mass > 1e-9))
        return fc_distribution_refuse(
            fault, -1, "nothing is left between %.6g and %.6g (less than 1e-9 of the distribution)", lo, hi);
    d->lo = lo;
    d->hi = hi;
    d->below = below;
    d->above = above;
    d->mass = mass;
    return 0;
}

bool fc_distribution_beyond(double value, double lo, double hi)
{
    double slack = 1e-12 * (fabs(value) + 1e-300);
    return value < lo - slack || value > hi + slack;
}

/* Whether the untruncated distribution goes on for ever on a side. */
static bool has_infinite_tail(const struct fc_distribution *d)
{
    return isinf(d->kind->quantile(d, (struct fc_tails){0.0, 1.0})) ||
           isinf(d->kind->quantile(d, (struct fc_tails){1.0, 0.0}));
}

int fc_distribution_confine(struct fc_distribution *d, double lo, double hi, char *note, size_t size,
                            struct fc_fault *fault)
{
    if (size > 0)
        note[0] = '\0';
    bool cut_low = isfinite(d->lo), cut_high = isfinite(d->hi);
    if ((cut_low && fc_distribution_beyond(d->lo, lo, hi)) ||
        (cut_high && fc_distribution_beyond(d->hi, lo, hi)))
        return fc_distribution_refuse(
            fault, -1, "the truncation to %.6g to %.6g goes beyond what is allowed, %.6g to %.6g", d->lo,
            d->hi, lo, hi);
    if (d->kind->confine && !cut_low && !cut_high)
        return d->kind->confine(d, lo, hi, note, size, fault);
    if (!has_infinite_tail(d)) {
        double support_lo, support_hi;
        fc_distribution_support(d, &support_lo, &support_hi);
        bool low_out = fc_distribution_beyond(support_lo, lo, hi),
             high_out = fc_distribution_beyond(support_hi, lo, hi);
        if (!low_out && !high_out)
            return 0;
        double value = low_out ? support_lo : support_hi;
        if (d->kind->single_values)
            return fc_distribution_refuse(fault, -1, "%.6g lies outside what is allowed, %.6g to %.6g", value,
                                          lo, hi);
        return fc_distribution_refuse(fault, -1, "its end %.6g lies outside what is allowed, %.6g to %.6g",
                                      value, lo, hi);
    }
    struct fc_tails at_lo = fc_distribution_tails(d, lo), at_hi = fc_distribution_tails(d, hi);
    double outside = at_lo.lower + at_hi.upper;
    if (outside < 0x1p-34) /* beyond every draw: a table ends at 2^-33 */
        return 0;
    if (!(outside < 1.0 - 1e-6))
        return fc_distribution_refuse(fault, -1, "it lies outside what is allowed, %.6g to %.6g", lo, hi);
    double p5 = fc_distribution_quantile(d, 0.05, 0.95), p95 = fc_distribution_quantile(d, 0.95, 0.05);
    p5 = fabs(p5) < 1e-12 * fabs(p95) ? 0.0 : p5; /* the 5 % quantile of '0 to 30' */
    if (outside > FC_CUT_MOST)
        return fc_distribution_refuse(
            fault, -1,
            "%.2g %% of it lies outside what is allowed (its 5 %%, 50 %% and 95 %% quantiles, %.4g, %.4g and "
            "%.4g, would not be those drawn); choose a distribution that fits, or cut it yourself with "
            "truncated(..., lo, hi); allowed is %.6g to %.6g",
            100.0 * outside, p5, fc_distribution_quantile(d, 0.5, 0.5), p95, lo, hi);
    if (fc_distribution_truncate(d, lo, hi, fault))
        return -1;
    snprintf(note, size,
             "%.2g %% of it lies outside what is allowed, %.6g to %.6g, and was cut off (P5 %.4g, P50 %.4g, "
             "P95 %.4g "
             "remain)",
             100.0 * outside, lo, hi, fc_distribution_quantile(d, 0.05, 0.95),
             fc_distribution_quantile(d, 0.5, 0.5), fc_distribution_quantile(d, 0.95, 0.05));
    return 0;
}

/* ---- quantiles, tails, tables ---- */

/* `walk` tells what is known from the quantile before; NULL: nothing. */
static double whole_quantile(const struct fc_distribution *d, struct fc_tails at, struct fc_walk *walk)
{
    return walk && d->kind->next ? d->kind->next(d, at, walk) : d->kind->quantile(d, at);
}

static double quantile_from(const struct fc_distribution *d, double lower, double upper, struct fc_walk *walk)
{
    if (isinf(d->lo) && isinf(d->hi))
        return whole_quantile(d, (struct fc_tails){lower, upper}, walk);
    if (lower <= 0.0 && d->below.lower > 0.0)
        return d->lo;
    if (upper <= 0.0 && d->above.upper > 0.0)
        return d->hi;
    /* Both tails are sums of positive terms, so that the smaller keeps its digits. */
    struct fc_tails at = {d->below.lower + lower * d->mass, d->above.upper + upper * d->mass};
    double value = whole_quantile(d, at, walk);
    return value < d->lo ? d->lo : value > d->hi ? d->hi : value;
}

double fc_distribution_quantile(const struct fc_distribution *d, double lower, double upper)
{
    return quantile_from(d, lower, upper, NULL);
}

struct fc_tails fc_distribution_tails(const struct fc_distribution *d, double x)
{
    if (x < d->lo)
        return (struct fc_tails){0.0, 1.0};
    if (x >= d->hi)
        return (struct fc_tails){1.0, 0.0};
    struct fc_tails whole = d->kind->tails(d, x);
    if (isinf(d->lo) && isinf(d->hi))
        return whole;
    double lower = whole.lower <= 0.5 ? (whole.lower - d->below.lower) / d->mass
                                      : 1.0 - (whole.upper - d->above.upper) / d->mass;
    double upper = whole.upper <= 0.5 ? (whole.upper - d->above.upper) / d->mass
                                      : 1.0 - (whole.lower - d->below.lower) / d->mass;
    return (struct fc_tails){lower < 0.0 ? 0.0 : lower, upper < 0.0 ? 0.0 : upper};
}

void fc_distribution_support(const struct fc_distribution *d, double *lo, double *hi)
{
    *lo = d->kind->quantile(d, (struct fc_tails){0.0, 1.0});
    *hi = d->kind->quantile(d, (struct fc_tails){1.0, 0.0});
    *lo = *lo < d->lo ? d->lo : *lo;
    *hi = *hi > d->hi ? d->hi : *hi;
}

bool fc_distribution_is_constant(const struct fc_distribution *d)
{
    return fc_distribution_is_number(d) || (fc_distribution_is_discrete(d) && d->count == 1);
}

static float to_float(double value)
{
    return value > (double)FLT_MAX ? FLT_MAX : value < -(double)FLT_MAX ? -FLT_MAX : (float)value;
}

/* The places of a table: entry i of the lower side stands at the probability probability[i] from the lower end, that of
 * the upper side as far from the upper end; z[0][i] and z[1][i] are the standard normal quantiles there. */
static struct places {
    double probability[FC_TABLE_SIDE], z[2][FC_TABLE_SIDE];
} places;

static void make_places(void)
{
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t = ldexp(1.0 + (double)(i % FC_TABLE_PER_OCTAVE) / FC_TABLE_PER_OCTAVE,
                         i / FC_TABLE_PER_OCTAVE - 33);
        places.probability[i] = t;
        places.z[0][i] = fc_normal_quantile((struct fc_tails){t, 1.0 - t});
        places.z[1][i] = -places.z[0][i];
    }
}

static void make_table(const struct fc_distribution *d, float *table)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_places);
    bool whole = isinf(d->lo) && isinf(d->hi);
    struct fc_walk walk = {.beta.a = 0.0};
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t = places.probability[i];
        walk.z = whole ? &places.z[0][i] : NULL;
        table[i] = to_float(quantile_from(d, t, 1.0 - t, &walk));
        walk.z = whole ? &places.z[1][i] : NULL;
        table[FC_TABLE_SIDE + i] = to_float(quantile_from(d, 1.0 - t, t, &walk));
    }
}

/* The tables made last: an analysis opens its scenario again for each value it tries, most of it unchanged, and a
 * table of a beta takes milliseconds. Found by all bytes of the distribution; those between its members may differ
 * where the members do not, which costs time and nothing else. */
enum { KEPT = 96 };
static struct {
    pthread_mutex_t lock;
    struct fc_distribution of[KEPT];
    float table[KEPT][FC_TABLE_SIZE];
    int count, next;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

void fc_distribution_table(const struct fc_distribution *d, float *table)
{
    (void)pthread_mutex_lock(&kept.lock);
    int at = 0;
    while (at < kept.count && memcmp(&kept.of[at], d, sizeof *d) != 0)
        at++;
    if (at == kept.count) {
        at = kept.next;
        kept.next = (kept.next + 1) % KEPT;
        kept.count = kept.count < KEPT ? kept.count + 1 : KEPT;
        memcpy(&kept.of[at], d, sizeof *d);
        make_table(d, kept.table[at]);
    }
    memcpy(table, kept.table[at], sizeof kept.table[at]);
    (void)pthread_mutex_unlock(&kept.lock);
}
