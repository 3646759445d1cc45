/* distribution.c: see distribution.h. Making, limiting, quantiles and tails; moments are in moments.c. */
#include "distribution.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cuda/model/base/draw.h"

enum form_id {
    FORM_CONSTANT,
    FORM_NORMAL,
    FORM_LOGNORMAL,
    FORM_LOGNORMAL_MEAN,
    FORM_UNIFORM,
    FORM_TRIANGULAR,
    FORM_PERT,
    FORM_BETA,
    FORM_BETA_SCALED,
    FORM_GAMMA,
    FORM_WEIBULL,
    FORM_EXPONENTIAL
};

const struct fc_form fc_forms[] = {
    [FORM_CONSTANT] = {"constant", {{"value", true, 0}}, 1, 1, "constant(value)"},
    [FORM_NORMAL] = {"normal", {{"mean", true, 0}, {"sd", true, 0}}, 2, 2, "normal(mean, sd)"},
    [FORM_LOGNORMAL] = {"lognormal",
                        {{"median", true, 0}, {"sigma", false, 0}},
                        2,
                        2,
                        "lognormal(median=, sigma=) or lognormal(mean=, sd=)"},
    [FORM_LOGNORMAL_MEAN] = {"lognormal",
                             {{"mean", true, 0}, {"sd", true, 0}},
                             2,
                             2,
                             "lognormal(median=, sigma=) or lognormal(mean=, sd=)"},
    [FORM_UNIFORM] = {"uniform", {{"lo", true, 0}, {"hi", true, 0}}, 2, 2, "uniform(lo, hi)"},
    [FORM_TRIANGULAR] = {"triangular",
                         {{"lo", true, 0}, {"mode", true, 0}, {"hi", true, 0}},
                         3,
                         3,
                         "triangular(lo, mode, hi)"},
    [FORM_PERT] = {"pert",
                   {{"lo", true, 0}, {"mode", true, 0}, {"hi", true, 0}, {"lambda", false, 4}},
                   3,
                   4,
                   "pert(lo, mode, hi[, lambda=4])"},
    [FORM_BETA] = {"beta", {{"a", false, 0}, {"b", false, 0}}, 2, 2, "beta(a, b[, lo, hi])"},
    [FORM_BETA_SCALED] = {"beta",
                          {{"a", false, 0}, {"b", false, 0}, {"lo", true, 0}, {"hi", true, 0}},
                          4,
                          4,
                          "beta(a, b[, lo, hi])"},
    [FORM_GAMMA] = {"gamma", {{"shape", false, 0}, {"scale", true, 0}}, 2, 2, "gamma(shape, scale)"},
    [FORM_WEIBULL] = {"weibull", {{"shape", false, 0}, {"scale", true, 0}}, 2, 2, "weibull(shape, scale)"},
    [FORM_EXPONENTIAL] = {"exponential", {{"mean", true, 0}}, 1, 1, "exponential(mean)"},
};
const size_t fc_form_count = sizeof fc_forms / sizeof fc_forms[0];

static int refuse(struct fc_fault *fault, int parameter, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct fc_fault *fault, int parameter, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fault->parameter = parameter;
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return -1;
}

static void begin(struct fc_distribution *d, enum fc_distribution_kind kind)
{
    memset(d, 0, sizeof *d);
    d->kind = kind;
    d->lo = -INFINITY;
    d->hi = INFINITY;
    d->below = (struct fc_tails){0.0, 1.0};
    d->above = (struct fc_tails){1.0, 0.0};
    d->mass = 1.0;
}

/* ---- making ---- */

static int check_positive(const char *name, double value, int parameter, struct fc_fault *fault)
{
    if (value > 0.0)
        return 0;
    return refuse(fault, parameter, "%s must be more than 0 (it is %.6g)", name, value);
}

static int check_shape(const char *name, double value, double lo, double hi, int parameter,
                       struct fc_fault *fault)
{
    if (value >= lo && value <= hi)
        return 0;
    return refuse(fault, parameter, "%s must lie between %g and %g (it is %.6g)", name, lo, hi, value);
}

static int check_order(const char *low_name, double low, const char *high_name, double high, int parameter,
                       struct fc_fault *fault)
{
    if (low <= high)
        return 0;
    return refuse(fault, parameter, "%s must not exceed %s (%.6g is more than %.6g)", low_name, high_name,
                  low, high);
}

static int check_wide(double low, double high, int parameter, struct fc_fault *fault)
{
    if (low < high)
        return 0;
    return refuse(fault, parameter, "lo and hi must differ (both are %.6g); write a single value as a number",
                  low);
}

static int make_normal(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    begin(d, FC_NORMAL);
    d->parameter[0] = p[0];
    d->parameter[1] = p[1];
    return check_positive("sd", p[1], 1, fault);
}

static int make_lognormal(struct fc_distribution *d, const double *p, bool by_mean, struct fc_fault *fault)
{
    begin(d, FC_LOGNORMAL);
    if (check_positive(by_mean ? "mean" : "median", p[0], 0, fault) ||
        check_positive(by_mean ? "sd" : "sigma", p[1], 1, fault))
        return -1;
    double sigma = p[1];
    d->parameter[0] = log(p[0]);
    if (by_mean) { /* mean = exp(mu + sigma^2 / 2), sd = mean sqrt(exp(sigma^2) - 1) */
        double ratio = p[1] / p[0];
        double variance = log1p(ratio * ratio);
        sigma = sqrt(variance);
        d->parameter[0] -= 0.5 * variance;
    }
    d->parameter[1] = sigma;
    return check_shape("sigma", sigma, 1e-6, 10, 1, fault);
}

static int make_beta(struct fc_distribution *d, double a, double b, double lo, double hi)
{
    begin(d, FC_BETA);
    d->parameter[0] = a;
    d->parameter[1] = b;
    d->parameter[2] = lo;
    d->parameter[3] = hi;
    return 0;
}

/* a = 1 + lambda (mode - lo) / (hi - lo), b = 1 + lambda (hi - mode) / (hi - lo); mean (lo + lambda mode +
 * hi) / (lambda + 2). Malcolm, Roseboom, Clark, Fazar (1959) with lambda 4; Vose (2008) for other lambda. */
static int make_pert(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    if (check_order("lo", p[0], "mode", p[1], 1, fault) || check_order("mode", p[1], "hi", p[2], 2, fault) ||
        check_wide(p[0], p[2], 2, fault) || check_shape("lambda", p[3], 1e-3, 1e5, 3, fault))
        return -1;
    double width = p[2] - p[0];
    return make_beta(d, 1.0 + p[3] * (p[1] - p[0]) / width, 1.0 + p[3] * (p[2] - p[1]) / width, p[0], p[2]);
}

int fc_distribution_make(struct fc_distribution *d, const struct fc_form *form, const double *p,
                         struct fc_fault *fault)
{
    enum form_id id = (enum form_id)(form - fc_forms);
    switch (id) {
    case FORM_CONSTANT:
        fc_distribution_constant(d, p[0]);
        return 0;
    case FORM_NORMAL:
        return make_normal(d, p, fault);
    case FORM_LOGNORMAL:
    case FORM_LOGNORMAL_MEAN:
        return make_lognormal(d, p, id == FORM_LOGNORMAL_MEAN, fault);
    case FORM_UNIFORM:
        begin(d, FC_UNIFORM);
        d->parameter[0] = p[0];
        d->parameter[1] = p[1];
        return check_order("lo", p[0], "hi", p[1], 1, fault) || check_wide(p[0], p[1], 1, fault) ? -1 : 0;
    case FORM_TRIANGULAR:
        begin(d, FC_TRIANGULAR);
        memcpy(d->parameter, p, 3 * sizeof *p);
        return check_order("lo", p[0], "mode", p[1], 1, fault) ||
                       check_order("mode", p[1], "hi", p[2], 2, fault) || check_wide(p[0], p[2], 2, fault)
                   ? -1
                   : 0;
    case FORM_PERT:
        return make_pert(d, p, fault);
    case FORM_BETA:
    case FORM_BETA_SCALED: {
        double lo = id == FORM_BETA ? 0.0 : p[2], hi = id == FORM_BETA ? 1.0 : p[3];
        if (check_shape("a", p[0], 1e-2, 1e6, 0, fault) || check_shape("b", p[1], 1e-2, 1e6, 1, fault) ||
            check_order("lo", lo, "hi", hi, 3, fault) || check_wide(lo, hi, 3, fault))
            return -1;
        return make_beta(d, p[0], p[1], lo, hi);
    }
    case FORM_GAMMA:
    case FORM_WEIBULL:
        begin(d, id == FORM_GAMMA ? FC_GAMMA : FC_WEIBULL);
        d->parameter[0] = p[0];
        d->parameter[1] = p[1];
        return check_shape("shape", p[0], 1e-2, id == FORM_GAMMA ? 1e6 : 1e4, 0, fault) ||
                       check_positive("scale", p[1], 1, fault)
                   ? -1
                   : 0;
    case FORM_EXPONENTIAL:
        begin(d, FC_EXPONENTIAL);
        d->parameter[0] = p[0];
        return check_positive("mean", p[0], 0, fault);
    }
    return refuse(fault, -1, "unknown distribution");
}

void fc_distribution_constant(struct fc_distribution *d, double value)
{
    begin(d, FC_CONSTANT);
    d->parameter[0] = value;
}

int fc_distribution_range(struct fc_distribution *d, double p5, double p95, struct fc_fault *fault)
{
    const double z95 = 1.6448536269514722; /* the 95 % quantile of the standard normal */
    begin(d, FC_NORMAL);
    if (!(p5 < p95))
        return refuse(fault, 1,
                      "a range goes from low to high (%.6g to %.6g); swap its ends or write one number", p5,
                      p95);
    if (p5 > 0.0) {
        d->kind = FC_LOGNORMAL;
        d->parameter[0] = 0.5 * (log(p5) + log(p95));
        d->parameter[1] = log(p95 / p5) / (2.0 * z95);
    } else {
        d->parameter[0] = 0.5 * p5 + 0.5 * p95;
        d->parameter[1] = (p95 - p5) / (2.0 * z95);
    }
    if (!isfinite(d->parameter[1]) || d->parameter[1] <= 0.0 || (p5 > 0.0 && d->parameter[1] > 10.0))
        return refuse(fault, 1, "the range from %.6g to %.6g is too wide or too narrow", p5, p95);
    return 0;
}

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

int fc_distribution_discrete(struct fc_distribution *d, const double *values, const double *probabilities,
                             size_t count, struct fc_fault *fault)
{
    begin(d, FC_DISCRETE);
    if (count == 0)
        return refuse(fault, -1, "discrete needs at least one value");
    if (count > FC_MAX_VALUES)
        return refuse(fault, FC_MAX_VALUES, "discrete holds at most %d values (there are %zu)",
                      (int)FC_MAX_VALUES, count);
    double weights[FC_MAX_VALUES], total = 0.0;
    for (size_t i = 0; i < count; i++) {
        weights[i] = probabilities ? probabilities[i] : 1.0;
        if (!(weights[i] >= 0.0 && weights[i] <= 1.0))
            return refuse(fault, (int)i, "a probability must lie between 0 and 1 (it is %.6g)", weights[i]);
        total += weights[i];
        d->values[i] = values[i];
    }
    if (probabilities && fabs(total - 1.0) > 1e-6)
        return refuse(fault, -1, "the probabilities must sum to 1 (they sum to %.7g)", total);
    d->count = count;
    settle_points(d, weights, total);
    return 0;
}

int fc_distribution_quantiles(struct fc_distribution *d, const double *probabilities, const double *values,
                              size_t count, struct fc_fault *fault)
{
    begin(d, FC_QUANTILES);
    if (count < 2)
        return refuse(fault, -1, "quantiles needs at least two points, such as p10 and p90");
    if (count > FC_MAX_QUANTILES)
        return refuse(fault, FC_MAX_QUANTILES, "quantiles holds at most %d points (there are %zu)",
                      (int)FC_MAX_QUANTILES, count);
    for (size_t i = 0; i < count; i++) {
        if (!(probabilities[i] >= 0.0 && probabilities[i] <= 1.0))
            return refuse(fault, (int)i, "a quantile must lie between p0 and p100 (it is p%g)",
                          100 * probabilities[i]);
        if (i > 0 && probabilities[i] <= probabilities[i - 1])
            return refuse(fault, (int)i, "quantiles must rise (p%g comes after p%g)", 100 * probabilities[i],
                          100 * probabilities[i - 1]);
        if (i > 0 && values[i] < values[i - 1])
            return refuse(fault, (int)i, "the values of quantiles must not fall (%.6g comes after %.6g)",
                          values[i], values[i - 1]);
    }
    if (values[0] == values[count - 1])
        return refuse(fault, -1, "all quantiles are %.6g; write a single value as a number", values[0]);
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

/* ---- the untruncated distribution ---- */

static struct fc_tails point_tails(const struct fc_distribution *d, double x)
{
    size_t i = 0;
    while (i < d->count && d->values[i] <= x)
        i++;
    if (i == 0)
        return (struct fc_tails){0.0, 1.0};
    if (i == d->count)
        return (struct fc_tails){1.0, 0.0};
    struct fc_tails before = d->tails[i - 1], after = d->tails[i];
    if (d->kind == FC_DISCRETE)
        return before;
    double share = (x - d->values[i - 1]) / (d->values[i] - d->values[i - 1]);
    return (struct fc_tails){before.lower + share * (after.lower - before.lower),
                             after.upper + (1.0 - share) * (before.upper - after.upper)};
}

static double point_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    bool low = at.lower <= at.upper;
    size_t i = 0;
    while (i + 1 < d->count && (low ? d->tails[i].lower < at.lower : d->tails[i].upper > at.upper))
        i++;
    if (d->kind == FC_DISCRETE || i == 0)
        return d->values[i];
    struct fc_tails before = d->tails[i - 1], after = d->tails[i];
    double share = low ? (at.lower - before.lower) / (after.lower - before.lower)
                       : (before.upper - at.upper) / (before.upper - after.upper);
    return d->values[i - 1] + share * (d->values[i] - d->values[i - 1]);
}

static struct fc_tails triangular_tails(const double *p, double x)
{
    double width = p[2] - p[0];
    if (x <= p[0])
        return (struct fc_tails){0.0, 1.0};
    if (x >= p[2])
        return (struct fc_tails){1.0, 0.0};
    if (x < p[1]) {
        double lower = (x - p[0]) / width * ((x - p[0]) / (p[1] - p[0]));
        return (struct fc_tails){lower, 1.0 - lower};
    }
    double upper = p[2] > p[1] ? (p[2] - x) / width * ((p[2] - x) / (p[2] - p[1])) : 0.0;
    return (struct fc_tails){1.0 - upper, upper};
}

/* Tails of the distribution before truncation. */
static struct fc_tails whole_tails(const struct fc_distribution *d, double x)
{
    const double *p = d->parameter;
    switch (d->kind) {
    case FC_CONSTANT:
        return x >= p[0] ? (struct fc_tails){1.0, 0.0} : (struct fc_tails){0.0, 1.0};
    case FC_NORMAL:
        return fc_normal_tails((x - p[0]) / p[1]);
    case FC_LOGNORMAL:
        return x > 0.0 ? fc_normal_tails((log(x) - p[0]) / p[1]) : (struct fc_tails){0.0, 1.0};
    case FC_UNIFORM: {
        double inside = x < p[0] ? p[0] : x > p[1] ? p[1] : x;
        return (struct fc_tails){(inside - p[0]) / (p[1] - p[0]), (p[1] - inside) / (p[1] - p[0])};
    }
    case FC_TRIANGULAR:
        return triangular_tails(p, x);
    case FC_BETA: {
        double inside = x < p[2] ? p[2] : x > p[3] ? p[3] : x, width = p[3] - p[2];
        return fc_beta_tails(p[0], p[1], (inside - p[2]) / width, (p[3] - inside) / width);
    }
    case FC_GAMMA:
        return fc_gamma_tails(p[0], x / p[1]);
    case FC_WEIBULL:
    case FC_EXPONENTIAL: {
        double scale = d->kind == FC_WEIBULL ? p[1] : p[0];
        double z = x > 0.0 ? x / scale : 0.0;
        double hazard = d->kind == FC_WEIBULL ? pow(z, p[0]) : z;
        return (struct fc_tails){-expm1(-hazard), exp(-hazard)};
    }
    case FC_DISCRETE:
    case FC_QUANTILES:
        return point_tails(d, x);
    }
    return (struct fc_tails){0.0, 1.0};
}

static double triangular_quantile(const double *p, struct fc_tails at)
{
    double width = p[2] - p[0];
    if (at.lower * width <= p[1] - p[0] && p[1] > p[0])
        return p[0] + sqrt(at.lower * width * (p[1] - p[0]));
    return p[2] - sqrt(at.upper * width * (p[2] - p[1]));
}

static double whole_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    const double *p = d->parameter;
    switch (d->kind) {
    case FC_CONSTANT:
        return p[0];
    case FC_NORMAL:
        return p[0] + p[1] * fc_normal_quantile(at);
    case FC_LOGNORMAL:
        return exp(p[0] + p[1] * fc_normal_quantile(at));
    case FC_UNIFORM:
        return at.lower < at.upper ? p[0] + (p[1] - p[0]) * at.lower : p[1] - (p[1] - p[0]) * at.upper;
    case FC_TRIANGULAR:
        return triangular_quantile(p, at);
    case FC_BETA: {
        struct fc_tails x = fc_beta_quantile(p[0], p[1], at);
        double width = p[3] - p[2];
        return x.lower < x.upper ? p[2] + width * x.lower : p[3] - width * x.upper;
    }
    case FC_GAMMA:
        return p[1] * fc_gamma_quantile(p[0], at);
    case FC_WEIBULL:
    case FC_EXPONENTIAL: {
        double hazard = at.lower < at.upper ? -log1p(-at.lower) : -log(at.upper);
        return d->kind == FC_WEIBULL ? p[1] * pow(hazard, 1.0 / p[0]) : p[0] * hazard;
    }
    case FC_DISCRETE:
    case FC_QUANTILES:
        return point_quantile(d, at);
    }
    return 0.0;
}

/* ---- truncation ---- */

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
        return refuse(fault, -1, "none of the values lies between %.6g and %.6g", lo, hi);
    d->count = used;
    settle_points(d, weights, total);
    return 0;
}

int fc_distribution_truncate(struct fc_distribution *d, double lo, double hi, struct fc_fault *fault)
{
    if (!(lo < hi))
        return refuse(fault, 1, "the bounds of a truncation must rise (%.6g to %.6g)", lo, hi);
    if (d->kind == FC_DISCRETE)
        return truncate_discrete(d, lo, hi, fault);
    if (d->kind == FC_CONSTANT) {
        if (d->parameter[0] >= lo && d->parameter[0] <= hi)
            return 0;
        return refuse(fault, -1, "the value %.6g lies outside %.6g to %.6g", d->parameter[0], lo, hi);
    }
    lo = lo > d->lo ? lo : d->lo;
    hi = hi < d->hi ? hi : d->hi;
    struct fc_tails none = {0.0, 1.0}, all = {1.0, 0.0};
    struct fc_tails below = isinf(lo) ? none : whole_tails(d, lo),
                    above = isinf(hi) ? all : whole_tails(d, hi);
    double mass = below.lower > 0.5   ? below.upper - above.upper
                  : above.lower < 0.5 ? above.lower - below.lower
                                      : 1.0 - below.lower - above.upper;
    if (!(lo < hi) || !(mass > 1e-9))
        return refuse(fault, -1, "nothing is left between %.6g and %.6g (less than 1e-9 of the distribution)",
                      lo, hi);
    d->lo = lo;
    d->hi = hi;
    d->below = below;
    d->above = above;
    d->mass = mass;
    return 0;
}

/* A bounded value may miss a bound by rounding alone. */
static bool beyond(double value, double lo, double hi)
{
    double slack = 1e-12 * (fabs(value) + 1e-300);
    return value < lo - slack || value > hi + slack;
}

static bool has_tails(enum fc_distribution_kind kind)
{
    return kind == FC_NORMAL || kind == FC_LOGNORMAL || kind == FC_GAMMA || kind == FC_WEIBULL ||
           kind == FC_EXPONENTIAL;
}

static int confine_quantiles(struct fc_distribution *d, double lo, double hi, char *note, size_t size,
                             struct fc_fault *fault)
{
    size_t last = d->count - 1, first = 0;
    for (size_t i = d->extended_low; i + d->extended_high < d->count; i++)
        if (beyond(d->values[i], lo, hi))
            return refuse(fault, (int)(i - d->extended_low),
                          "%.6g lies outside what is allowed, %.6g to %.6g", d->values[i], lo, hi);
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

int fc_distribution_confine(struct fc_distribution *d, double lo, double hi, char *note, size_t size,
                            struct fc_fault *fault)
{
    if (size > 0)
        note[0] = '\0';
    bool cut_low = isfinite(d->lo), cut_high = isfinite(d->hi);
    if ((cut_low && beyond(d->lo, lo, hi)) || (cut_high && beyond(d->hi, lo, hi)))
        return refuse(fault, -1, "the truncation to %.6g to %.6g goes beyond what is allowed, %.6g to %.6g",
                      d->lo, d->hi, lo, hi);
    if (d->kind == FC_QUANTILES && !cut_low && !cut_high)
        return confine_quantiles(d, lo, hi, note, size, fault);
    if (!has_tails(d->kind)) {
        double support_lo, support_hi;
        fc_distribution_support(d, &support_lo, &support_hi);
        bool low_out = beyond(support_lo, lo, hi), high_out = beyond(support_hi, lo, hi);
        if (!low_out && !high_out)
            return 0;
        double value = low_out ? support_lo : support_hi;
        if (d->kind == FC_CONSTANT || d->kind == FC_DISCRETE)
            return refuse(fault, -1, "%.6g lies outside what is allowed, %.6g to %.6g", value, lo, hi);
        return refuse(fault, -1, "its end %.6g lies outside what is allowed, %.6g to %.6g", value, lo, hi);
    }
    struct fc_tails at_lo = fc_distribution_tails(d, lo), at_hi = fc_distribution_tails(d, hi);
    double outside = at_lo.lower + at_hi.upper;
    if (outside < 0x1p-34) /* beyond every draw: a table ends at 2^-33 */
        return 0;
    if (!(outside < 1.0 - 1e-6))
        return refuse(fault, -1, "it lies outside what is allowed, %.6g to %.6g", lo, hi);
    double p5 = fc_distribution_quantile(d, 0.05, 0.95), p95 = fc_distribution_quantile(d, 0.95, 0.05);
    p5 = fabs(p5) < 1e-12 * fabs(p95) ? 0.0 : p5; /* the 5 % quantile of '0 to 30' */
    if (outside > FC_CUT_MOST)
        return refuse(
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

double fc_distribution_quantile(const struct fc_distribution *d, double lower, double upper)
{
    if (isinf(d->lo) && isinf(d->hi))
        return whole_quantile(d, (struct fc_tails){lower, upper});
    if (lower <= 0.0 && d->below.lower > 0.0)
        return d->lo;
    if (upper <= 0.0 && d->above.upper > 0.0)
        return d->hi;
    /* Both tails are sums of positive terms, so that the smaller keeps its digits. */
    struct fc_tails at = {d->below.lower + lower * d->mass, d->above.upper + upper * d->mass};
    double value = whole_quantile(d, at);
    return value < d->lo ? d->lo : value > d->hi ? d->hi : value;
}

struct fc_tails fc_distribution_tails(const struct fc_distribution *d, double x)
{
    if (x < d->lo)
        return (struct fc_tails){0.0, 1.0};
    if (x >= d->hi)
        return (struct fc_tails){1.0, 0.0};
    struct fc_tails whole = whole_tails(d, x);
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
    *lo = whole_quantile(d, (struct fc_tails){0.0, 1.0});
    *hi = whole_quantile(d, (struct fc_tails){1.0, 0.0});
    *lo = *lo < d->lo ? d->lo : *lo;
    *hi = *hi > d->hi ? d->hi : *hi;
}

bool fc_distribution_is_constant(const struct fc_distribution *d)
{
    return d->kind == FC_CONSTANT || (d->kind == FC_DISCRETE && d->count == 1);
}

bool fc_distribution_is_discrete(const struct fc_distribution *d)
{
    return d->kind == FC_DISCRETE;
}

static float to_float(double value)
{
    return value > (double)FLT_MAX ? FLT_MAX : value < -(double)FLT_MAX ? -FLT_MAX : (float)value;
}

void fc_distribution_table(const struct fc_distribution *d, float *table)
{
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t = ldexp(1.0 + (double)(i % FC_TABLE_PER_OCTAVE) / FC_TABLE_PER_OCTAVE,
                         i / FC_TABLE_PER_OCTAVE - 33);
        table[i] = to_float(fc_distribution_quantile(d, t, 1.0 - t));
        table[FC_TABLE_SIDE + i] = to_float(fc_distribution_quantile(d, 1.0 - t, t));
    }
}
