/* distributions.c: the distributions with parameters, each a struct of functions and the ways to write it (see
 * distribution.h). To add one: its functions, its kind, its row in fc_forms. tests/test_distribution.c checks every row
 * of that table: tails against quantiles, scaling, and what the allowed range cuts off. */
#include "distribution.h"

#include <math.h>
#include <string.h>

static const struct fc_tails none = {0.0, 1.0}, all = {1.0, 0.0};

/* ---- what parameters may be ---- */

static int check_positive(const char *name, double value, int parameter, struct fc_fault *fault)
{
    if (value > 0.0)
        return 0;
    return fc_distribution_refuse(fault, parameter, "%s must be more than 0 (it is %.6g)", name, value);
}

static int check_shape(const char *name, double value, double lo, double hi, int parameter,
                       struct fc_fault *fault)
{
    if (value >= lo && value <= hi)
        return 0;
    return fc_distribution_refuse(fault, parameter, "%s must lie between %g and %g (it is %.6g)", name, lo,
                                  hi, value);
}

static int check_order(const char *low_name, double low, const char *high_name, double high, int parameter,
                       struct fc_fault *fault)
{
    if (low <= high)
        return 0;
    return fc_distribution_refuse(fault, parameter, "%s must not exceed %s (%.6g is more than %.6g)",
                                  low_name, high_name, low, high);
}

static int check_wide(double low, double high, int parameter, struct fc_fault *fault)
{
    if (low < high)
        return 0;
    return fc_distribution_refuse(
        fault, parameter, "lo and hi must differ (both are %.6g); write a single value as a number", low);
}

/* Two parameters as they are written. */
static void take_two(struct fc_distribution *d, const struct fc_distribution_kind *kind, const double *p)
{
    fc_distribution_begin(d, kind);
    d->parameter[0] = p[0];
    d->parameter[1] = p[1];
}

static void scale_first(struct fc_distribution *d, double factor)
{
    d->parameter[0] *= factor;
}

static void scale_second(struct fc_distribution *d, double factor)
{
    d->parameter[1] *= factor;
}

static void scale_both(struct fc_distribution *d, double factor)
{
    d->parameter[0] *= factor;
    d->parameter[1] *= factor;
}

/* ---- constant: value ---- */

static struct fc_tails constant_tails(const struct fc_distribution *d, double x)
{
    return x >= d->parameter[0] ? all : none;
}

static double constant_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    (void)at;
    return d->parameter[0];
}

static int truncate_constant(struct fc_distribution *d, double lo, double hi, struct fc_fault *fault)
{
    if (d->parameter[0] >= lo && d->parameter[0] <= hi)
        return 0;
    return fc_distribution_refuse(fault, -1, "the value %.6g lies outside %.6g to %.6g", d->parameter[0], lo,
                                  hi);
}

static const struct fc_distribution_kind constant = {.name = "constant",
                                                     .tails = constant_tails,
                                                     .quantile = constant_quantile,
                                                     .scale = scale_first,
                                                     .truncate = truncate_constant,
                                                     .single_values = true};

static int make_constant(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    (void)fault;
    fc_distribution_constant(d, p[0]);
    return 0;
}

void fc_distribution_constant(struct fc_distribution *d, double value)
{
    fc_distribution_begin(d, &constant);
    d->parameter[0] = value;
}

bool fc_distribution_is_number(const struct fc_distribution *d)
{
    return d->kind == &constant;
}

/* ---- normal: mean, sd ---- */

static struct fc_tails normal_tails(const struct fc_distribution *d, double x)
{
    return fc_normal_tails((x - d->parameter[0]) / d->parameter[1]);
}

static double normal_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return d->parameter[0] + d->parameter[1] * fc_normal_quantile(at);
}

static double next_normal(const struct fc_distribution *d, struct fc_tails at, struct fc_walk *walk)
{
    return d->parameter[0] + d->parameter[1] * (walk->z ? *walk->z : fc_normal_quantile(at));
}

static const struct fc_distribution_kind normal = {.name = "normal",
                                                   .tails = normal_tails,
                                                   .quantile = normal_quantile,
                                                   .next = next_normal,
                                                   .scale = scale_both};

static int make_normal(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    take_two(d, &normal, p);
    return check_positive("sd", p[1], 1, fault);
}

void fc_distribution_standard_normal(struct fc_distribution *d)
{
    take_two(d, &normal, (const double[]){0.0, 1.0});
}

/* ---- lognormal: mean and sd of the logarithm ---- */

static struct fc_tails lognormal_tails(const struct fc_distribution *d, double x)
{
    return x > 0.0 ? fc_normal_tails((log(x) - d->parameter[0]) / d->parameter[1]) : none;
}

static double lognormal_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return exp(d->parameter[0] + d->parameter[1] * fc_normal_quantile(at));
}

static void scale_lognormal(struct fc_distribution *d, double factor)
{
    d->parameter[0] += log(factor);
}

static double next_lognormal(const struct fc_distribution *d, struct fc_tails at, struct fc_walk *walk)
{
    return exp(next_normal(d, at, walk));
}

static const struct fc_distribution_kind lognormal = {.name = "lognormal",
                                                      .tails = lognormal_tails,
                                                      .quantile = lognormal_quantile,
                                                      .next = next_lognormal,
                                                      .scale = scale_lognormal};

static int make_lognormal(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    take_two(d, &lognormal, p);
    if (check_positive("median", p[0], 0, fault) || check_positive("sigma", p[1], 1, fault))
        return -1;
    d->parameter[0] = log(p[0]);
    return check_shape("sigma", p[1], 1e-6, 10, 1, fault);
}

/* mean = exp(mu + sigma^2 / 2), sd = mean sqrt(exp(sigma^2) - 1) */
static int make_lognormal_by_mean(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    take_two(d, &lognormal, p);
    if (check_positive("mean", p[0], 0, fault) || check_positive("sd", p[1], 1, fault))
        return -1;
    double ratio = p[1] / p[0];
    double variance = log1p(ratio * ratio);
    d->parameter[0] = log(p[0]);
    d->parameter[0] -= 0.5 * variance;
    d->parameter[1] = sqrt(variance);
    return check_shape("sigma", d->parameter[1], 1e-6, 10, 1, fault);
}

int fc_distribution_range(struct fc_distribution *d, double p5, double p95, struct fc_fault *fault)
{
    const double z95 = 1.6448536269514722; /* the 95 % quantile of the standard normal */
    fc_distribution_begin(d, &normal);
    if (!(p5 < p95))
        return fc_distribution_refuse(
            fault, 1, "a range goes from low to high (%.6g to %.6g); swap its ends or write one number", p5,
            p95);
    if (p5 > 0.0) {
        d->kind = &lognormal;
        d->parameter[0] = 0.5 * (log(p5) + log(p95));
        d->parameter[1] = log(p95 / p5) / (2.0 * z95);
    } else {
        d->parameter[0] = 0.5 * p5 + 0.5 * p95;
        d->parameter[1] = (p95 - p5) / (2.0 * z95);
    }
    if (!isfinite(d->parameter[1]) || d->parameter[1] <= 0.0 || (p5 > 0.0 && d->parameter[1] > 10.0))
        return fc_distribution_refuse(fault, 1, "the range from %.6g to %.6g is too wide or too narrow", p5,
                                      p95);
    return 0;
}

/* ---- uniform: lo, hi ---- */

static struct fc_tails uniform_tails(const struct fc_distribution *d, double x)
{
    const double *p = d->parameter;
    double inside = x < p[0] ? p[0] : x > p[1] ? p[1] : x;
    return (struct fc_tails){(inside - p[0]) / (p[1] - p[0]), (p[1] - inside) / (p[1] - p[0])};
}

static double uniform_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    const double *p = d->parameter;
    return at.lower < at.upper ? p[0] + (p[1] - p[0]) * at.lower : p[1] - (p[1] - p[0]) * at.upper;
}

static const struct fc_distribution_kind uniform = {
    .name = "uniform", .tails = uniform_tails, .quantile = uniform_quantile, .scale = scale_both};

static int make_uniform(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    take_two(d, &uniform, p);
    return check_order("lo", p[0], "hi", p[1], 1, fault) || check_wide(p[0], p[1], 1, fault) ? -1 : 0;
}

/* ---- triangular: lo, mode, hi ---- */

static struct fc_tails triangular_tails(const struct fc_distribution *d, double x)
{
    const double *p = d->parameter;
    double width = p[2] - p[0];
    if (x <= p[0])
        return none;
    if (x >= p[2])
        return all;
    if (x < p[1]) {
        double lower = (x - p[0]) / width * ((x - p[0]) / (p[1] - p[0]));
        return (struct fc_tails){lower, 1.0 - lower};
    }
    double upper = p[2] > p[1] ? (p[2] - x) / width * ((p[2] - x) / (p[2] - p[1])) : 0.0;
    return (struct fc_tails){1.0 - upper, upper};
}

static double triangular_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    const double *p = d->parameter;
    double width = p[2] - p[0];
    if (at.lower * width <= p[1] - p[0] && p[1] > p[0])
        return p[0] + sqrt(at.lower * width * (p[1] - p[0]));
    return p[2] - sqrt(at.upper * width * (p[2] - p[1]));
}

static void scale_triangular(struct fc_distribution *d, double factor)
{
    for (int i = 0; i < 3; i++)
        d->parameter[i] *= factor;
}

static const struct fc_distribution_kind triangular = {.name = "triangular",
                                                       .tails = triangular_tails,
                                                       .quantile = triangular_quantile,
                                                       .scale = scale_triangular};

static int make_triangular(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    fc_distribution_begin(d, &triangular);
    memcpy(d->parameter, p, 3 * sizeof *p);
    if (check_order("lo", p[0], "mode", p[1], 1, fault) || check_order("mode", p[1], "hi", p[2], 2, fault))
        return -1;
    return check_wide(p[0], p[2], 2, fault);
}

/* ---- beta: a, b, lo, hi ---- */

static struct fc_tails beta_tails(const struct fc_distribution *d, double x)
{
    const double *p = d->parameter;
    double inside = x < p[2] ? p[2] : x > p[3] ? p[3] : x, width = p[3] - p[2];
    return fc_beta_tails(p[0], p[1], (inside - p[2]) / width, (p[3] - inside) / width);
}

static double from_standard_beta(const double *p, struct fc_tails x)
{
    double width = p[3] - p[2];
    return x.lower < x.upper ? p[2] + width * x.lower : p[3] - width * x.upper;
}

static double beta_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return from_standard_beta(d->parameter, fc_beta_quantile(d->parameter[0], d->parameter[1], at));
}

static double next_beta(const struct fc_distribution *d, struct fc_tails at, struct fc_walk *walk)
{
    if (walk->beta.a == 0.0)
        fc_beta_begin(&walk->beta, d->parameter[0], d->parameter[1]);
    return from_standard_beta(d->parameter, fc_beta_next(&walk->beta, at));
}

static void scale_beta(struct fc_distribution *d, double factor)
{
    d->parameter[2] *= factor;
    d->parameter[3] *= factor;
}

static const struct fc_distribution_kind beta = {
    .name = "beta", .tails = beta_tails, .quantile = beta_quantile, .next = next_beta, .scale = scale_beta};

static int make_beta(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    fc_distribution_begin(d, &beta);
    memcpy(d->parameter, p, 4 * sizeof *p);
    if (check_shape("a", p[0], 1e-2, 1e6, 0, fault) || check_shape("b", p[1], 1e-2, 1e6, 1, fault) ||
        check_order("lo", p[2], "hi", p[3], 3, fault))
        return -1;
    return check_wide(p[2], p[3], 3, fault);
}

static int make_standard_beta(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    return make_beta(d, (const double[]){p[0], p[1], 0.0, 1.0}, fault);
}

/* a = 1 + lambda (mode - lo) / (hi - lo), b = 1 + lambda (hi - mode) / (hi - lo); mean (lo + lambda mode +
 * hi) / (lambda + 2). Malcolm, Roseboom, Clark, Fazar (1959) with lambda 4; Vose (2008) for other lambda. */
static int make_pert(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    if (check_order("lo", p[0], "mode", p[1], 1, fault) || check_order("mode", p[1], "hi", p[2], 2, fault) ||
        check_wide(p[0], p[2], 2, fault) || check_shape("lambda", p[3], 1e-3, 1e5, 3, fault))
        return -1;
    double width = p[2] - p[0];
    fc_distribution_begin(d, &beta);
    d->parameter[0] = 1.0 + p[3] * (p[1] - p[0]) / width;
    d->parameter[1] = 1.0 + p[3] * (p[2] - p[1]) / width;
    d->parameter[2] = p[0];
    d->parameter[3] = p[2];
    return 0;
}

/* ---- gamma: shape, scale ---- */

static struct fc_tails gamma_tails(const struct fc_distribution *d, double x)
{
    return fc_gamma_tails(d->parameter[0], x / d->parameter[1]);
}

static double gamma_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return d->parameter[1] * fc_gamma_quantile(d->parameter[0], at);
}

static const struct fc_distribution_kind gamma_kind = {
    .name = "gamma", .tails = gamma_tails, .quantile = gamma_quantile, .scale = scale_second};

static int make_gamma(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    take_two(d, &gamma_kind, p);
    return check_shape("shape", p[0], 1e-2, 1e6, 0, fault) || check_positive("scale", p[1], 1, fault) ? -1
                                                                                                      : 0;
}

/* ---- weibull: shape, scale; exponential: mean ---- */

static struct fc_tails hazard_tails(double hazard)
{
    return (struct fc_tails){-expm1(-hazard), exp(-hazard)};
}

static double hazard_at(struct fc_tails at)
{
    return at.lower < at.upper ? -log1p(-at.lower) : -log(at.upper);
}

static struct fc_tails weibull_tails(const struct fc_distribution *d, double x)
{
    double z = x > 0.0 ? x / d->parameter[1] : 0.0;
    return hazard_tails(pow(z, d->parameter[0]));
}

static double weibull_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return d->parameter[1] * pow(hazard_at(at), 1.0 / d->parameter[0]);
}

static const struct fc_distribution_kind weibull = {
    .name = "weibull", .tails = weibull_tails, .quantile = weibull_quantile, .scale = scale_second};

static int make_weibull(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    take_two(d, &weibull, p);
    return check_shape("shape", p[0], 1e-2, 1e4, 0, fault) || check_positive("scale", p[1], 1, fault) ? -1
                                                                                                      : 0;
}

static struct fc_tails exponential_tails(const struct fc_distribution *d, double x)
{
    return hazard_tails(x > 0.0 ? x / d->parameter[0] : 0.0);
}

static double exponential_quantile(const struct fc_distribution *d, struct fc_tails at)
{
    return d->parameter[0] * hazard_at(at);
}

static const struct fc_distribution_kind exponential = {.name = "exponential",
                                                        .tails = exponential_tails,
                                                        .quantile = exponential_quantile,
                                                        .scale = scale_first};

static int make_exponential(struct fc_distribution *d, const double *p, struct fc_fault *fault)
{
    fc_distribution_begin(d, &exponential);
    d->parameter[0] = p[0];
    return check_positive("mean", p[0], 0, fault);
}

/* ---- how each is written ---- */

#define IN_UNIT(name)                                                                                        \
    {                                                                                                        \
        name, true, 0                                                                                        \
    }
#define PLAIN(name)                                                                                          \
    {                                                                                                        \
        name, false, 0                                                                                       \
    }

const struct fc_form fc_forms[] = {
    {"constant", {IN_UNIT("value")}, 1, 1, "constant(value)", make_constant},
    {"normal", {IN_UNIT("mean"), IN_UNIT("sd")}, 2, 2, "normal(mean, sd)", make_normal},
    {"lognormal",
     {IN_UNIT("median"), PLAIN("sigma")},
     2,
     2,
     "lognormal(median=, sigma=) or lognormal(mean=, sd=)",
     make_lognormal},
    {"lognormal",
     {IN_UNIT("mean"), IN_UNIT("sd")},
     2,
     2,
     "lognormal(median=, sigma=) or lognormal(mean=, sd=)",
     make_lognormal_by_mean},
    {"uniform", {IN_UNIT("lo"), IN_UNIT("hi")}, 2, 2, "uniform(lo, hi)", make_uniform},
    {"triangular",
     {IN_UNIT("lo"), IN_UNIT("mode"), IN_UNIT("hi")},
     3,
     3,
     "triangular(lo, mode, hi)",
     make_triangular},
    {"pert",
     {IN_UNIT("lo"), IN_UNIT("mode"), IN_UNIT("hi"), {"lambda", false, 4}},
     3,
     4,
     "pert(lo, mode, hi[, lambda=4])",
     make_pert},
    {"beta", {PLAIN("a"), PLAIN("b")}, 2, 2, "beta(a, b[, lo, hi])", make_standard_beta},
    {"beta", {PLAIN("a"), PLAIN("b"), IN_UNIT("lo"), IN_UNIT("hi")}, 4, 4, "beta(a, b[, lo, hi])", make_beta},
    {"gamma", {PLAIN("shape"), IN_UNIT("scale")}, 2, 2, "gamma(shape, scale)", make_gamma},
    {"weibull", {PLAIN("shape"), IN_UNIT("scale")}, 2, 2, "weibull(shape, scale)", make_weibull},
    {"exponential", {IN_UNIT("mean")}, 1, 1, "exponential(mean)", make_exponential},
};
const size_t fc_form_count = sizeof fc_forms / sizeof fc_forms[0];
