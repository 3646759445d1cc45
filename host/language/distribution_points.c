/* distribution_points.c: the distributions that are given by points: values with probabilities, and quantiles (see
 * distribution.h). */
#include "distribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sorts the points by value, merges equal values and fills both tails. */
static void settle_points(struct fc_distribution *d, const double *weights, double total)
{
    double weight[FC_MAX_VALUES];
    memcpy(weight, weights, d->count * sizeof *weight);
    for (size_t i = 1; i < d->count; i++)
        for (size_t j = i; j > 0 && d->values[j] < d->values[j - 1]; j--) {
            double value = d->values[j], w = weight[j];
            d->values[j] = d->values[j - 1];
            d->values[j - 1] = value;
            weight[j] = weight[j - 1];
            weight[j - 1] = w;
        }
    size_t used = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (weight[i] <= 0.0)
            continue;
        if (used > 0 && d->values[used - 1] == d->values[i]) {
            weight[used - 1] += weight[i];
        } else {
            d->values[used] = d->values[i];
            weight[used++] = weight[i];
        }
    }
    d->count = used;
    double sum = 0.0;
    for (size_t i = 0; i < used; i++)
        d->tails[i].lower = (sum += weight[i]) / total;
    sum = 0.0;
    for (size_t i = used; i-- > 0; sum += weight[i])
        d->tails[i].upper = sum / total;
    d->tails[used - 1].lower = 1.0;
}

/* The first point beyond x: `count` when none is. */
static size_t points_up_to(const struct fc_distribution *d, double x)
{
    size_t i = 0;
    while (i < d->count && d->values[i] <= x)
        i++;
    return i;
}

/* The point that holds the probability `at`, or the last. */
static size_t point_at(const struct fc_distribution *d, struct fc_tails at)
{
    bool low = at.lower <= at.upper;
    size_t i = 0;
    while (i + 1 < d->count && (low ? d->tails[i].lower < at.lower : d->tails[i].upper > at.upper))
        i++;
    return i;
}

static void scale_points(struct fc_distribution *d, double factor)
{
    for (size_t i = 0; i < d->count; i++)
        d->values[i] *= factor;
}

/* ---- discrete ---- */

static struct fc_tails discrete_tails(const struct fc_distribution *d, double x)
{
    size_t i = points_up_to(d, x);
    return i == 0          ? (struct fc_tails){0.0, 1.0}
           : i == d->count ? (struct fc_tails){1.0, 0.0}
                           : d->tails[i - 1];
}

static double discrete_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return d->values[point_at(d, at)];
}

static int truncate_discrete(struct fc_distribution *d, double lo, double hi, struct fc_fault *fault)
{
    double weights[FC_MAX_VALUES], total = 0.0;
    size_t used = 0;
    for (size_t i = 0; i < d->count; i++) {
        /* the probability of value i, from the tail that holds it to more digits */
        struct fc_tails before = i > 0 ? d->tails[i - 1] : (struct fc_tails){0.0, 1.0};
        double weight =
            d->tails[i].lower < 0.5 ? d->tails[i].lower - before.lower : before.upper - d->tails[i].upper;
        if (d->values[i] < lo || d->values[i] > hi)
            continue;
        d->values[used] = d->values[i];
        weights[used++] = weight;
        total += weight;
    }
    if (used == 0)
        return fc_distribution_refuse(fault, -1, "none of the values lies between %.6g and %.6g", lo, hi);
    d->count = used;
    settle_points(d, weights, total);
    return 0;
}

static const struct fc_distribution_kind discrete = {.name = "discrete",
                                                     .tails = discrete_tails,
                                                     .quantile = discrete_quantile,
                                                     .scale = scale_points,
                                                     .truncate = truncate_discrete,
                                                     .single_values = true};

bool fc_distribution_is_discrete(const struct fc_distribution *d)
{
    return d->kind == &discrete;
}

int fc_distribution_discrete(struct fc_distribution *d, const double *values, const double *probabilities,
                             size_t count, struct fc_fault *fault)
{
    fc_distribution_begin(d, &discrete);
    if (count == 0)
        return fc_distribution_refuse(fault, -1, "discrete needs at least one value");
    if (count > FC_MAX_VALUES)
        return fc_distribution_refuse(fault, FC_MAX_VALUES,
                                      "discrete holds at most %d values (there are %zu)", (int)FC_MAX_VALUES,
                                      count);
    double weights[FC_MAX_VALUES], total = 0.0;
    for (size_t i = 0; i < count; i++) {
        weights[i] = probabilities ? probabilities[i] : 1.0;
        if (!(weights[i] >= 0.0 && weights[i] <= 1.0))
            return fc_distribution_refuse(fault, (int)i,
                                          "a probability must lie between 0 and 1 (it is %.6g)", weights[i]);
        total += weights[i];
        d->values[i] = values[i];
    }
    if (probabilities && fabs(total - 1.0) > 1e-6)
        return fc_distribution_refuse(fault, -1, "the probabilities must sum to 1 (they sum to %.7g)", total);
    d->count = count;
    settle_points(d, weights, total);
    return 0;
}

/* ---- quantiles: linear in the probability between the points ---- */

static struct fc_tails quantiles_tails(const struct fc_distribution *d, double x)
{
    size_t i = points_up_to(d, x);
    if (i == 0)
        return (struct fc_tails){0.0, 1.0};
    if (i == d->count)
        return (struct fc_tails){1.0, 0.0};
    struct fc_tails before = d->tails[i - 1], after = d->tails[i];
    double share = (x - d->values[i - 1]) / (d->values[i] - d->values[i - 1]);
    return (struct fc_tails){before.lower + share * (after.lower - before.lower),
                             after.upper + (1.0 - share) * (before.upper - after.upper)};
}

static double quantiles_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    size_t i = point_at(d, at);
    if (i == 0)
        return d->values[i];
    struct fc_tails before = d->tails[i - 1], after = d->tails[i];
    double share = at.lower <= at.upper ? (at.lower - before.lower) / (after.lower - before.lower)
                                        : (before.upper - at.upper) / (before.upper - after.upper);
    return d->values[i - 1] + share * (d->values[i] - d->values[i - 1]);
}

static int confine_quantiles(struct fc_distribution *d, double lo, double hi, char *note, size_t size,
                             struct fc_fault *fault)
{
    size_t last = d->count - 1, first = 0;
    for (size_t i = d->extended_low; i + d->extended_high < d->count; i++)
        if (fc_distribution_beyond(d->values[i], lo, hi))
            return fc_distribution_refuse(fault, (int)(i - d->extended_low),
                                          "%.6g lies outside what is allowed, %.6g to %.6g", d->values[i], lo,
                                          hi);
    bool low_cut = d->extended_low && d->values[first] < lo,
         high_cut = d->extended_high && d->values[last] > hi;
    if (low_cut)
        d->values[first] = lo;
    if (high_cut)
        d->values[last] = hi;
    if (low_cut || high_cut)
        snprintf(note, size,
                 "beyond its stated quantiles it is extended to %.6g and %.6g, the allowed range cuts it",
                 d->values[first], d->values[last]);
    else if (d->extended_low || d->extended_high)
        snprintf(note, size, "beyond its stated quantiles it is extended to %.6g and %.6g", d->values[first],
                 d->values[last]);
    return 0;
}

static const struct fc_distribution_kind quantiles = {.name = "quantiles",
                                                      .tails = quantiles_tails,
                                                      .quantile = quantiles_quantile,
                                                      .scale = scale_points,
                                                      .confine = confine_quantiles};

int fc_distribution_quantiles(struct fc_distribution *d, const double *probabilities, const double *values,
                              size_t count, struct fc_fault *fault)
{
    fc_distribution_begin(d, &quantiles);
    if (count < 2)
        return fc_distribution_refuse(fault, -1, "quantiles needs at least two points, such as p10 and p90");
    if (count > FC_MAX_QUANTILES)
        return fc_distribution_refuse(fault, FC_MAX_QUANTILES,
                                      "quantiles holds at most %d points (there are %zu)",
                                      (int)FC_MAX_QUANTILES, count);
    for (size_t i = 0; i < count; i++) {
        if (!(probabilities[i] >= 0.0 && probabilities[i] <= 1.0))
            return fc_distribution_refuse(
                fault, (int)i, "a quantile must lie between p0 and p100 (it is p%g)", 100 * probabilities[i]);
        if (i > 0 && probabilities[i] <= probabilities[i - 1])
            return fc_distribution_refuse(fault, (int)i, "quantiles must rise (p%g comes after p%g)",
                                          100 * probabilities[i], 100 * probabilities[i - 1]);
        if (i > 0 && values[i] < values[i - 1])
            return fc_distribution_refuse(fault, (int)i,
                                          "the values of quantiles must not fall (%.6g comes after %.6g)",
                                          values[i], values[i - 1]);
    }
    if (values[0] == values[count - 1])
        return fc_distribution_refuse(fault, -1, "all quantiles are %.6g; write a single value as a number",
                                      values[0]);
    size_t used = 0;
    if (probabilities[0] > 0.0) {
        double slope = (values[1] - values[0]) / (probabilities[1] - probabilities[0]);
        d->values[used] = values[0] - slope * probabilities[0];
        d->tails[used++] = (struct fc_tails){0.0, 1.0};
        d->extended_low = true;
    }
    for (size_t i = 0; i < count; i++) {
        d->values[used] = values[i];
        d->tails[used++] = (struct fc_tails){probabilities[i], 1.0 - probabilities[i]};
    }
    if (probabilities[count - 1] < 1.0) {
        double rest = 1.0 - probabilities[count - 1];
        double slope =
            (values[count - 1] - values[count - 2]) / (probabilities[count - 1] - probabilities[count - 2]);
        d->values[used] = values[count - 1] + slope * rest;
        d->tails[used++] = (struct fc_tails){1.0, 0.0};
        d->extended_high = true;
    }
    d->count = used;
    return 0;
}
