/* special.c: see special.h. Formulas by their numbers in the NIST Digital Library of Mathematical Functions.
 */
#include "special.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static const double sqrt_half = 0.70710678118654752440;
static const double log_sqrt_2pi = 0.91893853320467274178;

enum { MAX_TERMS = 200000, MAX_STEPS = 200 };

struct fc_tails fc_normal_tails(double z)
{
    return (struct fc_tails){0.5 * erfc(-z * sqrt_half), 0.5 * erfc(z * sqrt_half)};
}

double fc_normal_quantile(struct fc_tails tails)
{
    bool below = tails.lower <= tails.upper;
    double p = below ? tails.lower : tails.upper;
    if (p <= 0.0)
        return below ? -INFINITY : INFINITY;
    if (p >= 0.5)
        return 0.0;
    /* Start: Abramowitz and Stegun 26.2.23, off by less than 4.5e-4; then Newton on log P, which is nearly
     * quadratic in z, so that the tails converge as fast as the middle. */
    double t = sqrt(-2.0 * log(p));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 8; i++) {
        double upper = 0.5 * erfc(z * sqrt_half);
        double density = exp(-0.5 * z * z - log_sqrt_2pi);
        if (upper <= 0.0 || density <= 0.0)
            break;
        double step = upper / density * log(upper / p);
        z += step;
        if (fabs(step) < 4.0 * DBL_EPSILON * (1.0 + fabs(z)))
            break;
    }
    return below ? -z : z;
}

/* log(x^a e^-x / Gamma(a)), without cancellation when a is large and x near it. */
static double log_gamma_weight(double a, double x)
{
    if (a < 30.0)
        return a * log(x) - x - lgamma(a);
    double d = (x - a) / a; /* Stirling, DLMF 5.11.1, with the exponent written as a (log1p d - d) */
    double series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * a * a)) / (a * a)) / (a * a)) / a;
    return a * (fabs(d) < 0.5 ? log1p(d) - d : log(x / a) - d) + 0.5 * log(a) - log_sqrt_2pi - series;
}

struct fc_tails fc_gamma_tails(double a, double x)
{
    if (!(x > 0.0))
        return (struct fc_tails){0.0, 1.0};
    if (isinf(x))
        return (struct fc_tails){1.0, 0.0};
    double weight = exp(log_gamma_weight(a, x));
    if (x < a + 1.0) { /* the series 8.11.4 */
        double term = 1.0 / a, sum = term;
        for (int n = 1; n < MAX_TERMS && term > DBL_EPSILON * 0.1 * sum; n++) {
            term *= x / (a + n);
            sum += term;
        }
        double lower = weight * sum;
        lower = lower > 1.0 ? 1.0 : lower;
        return (struct fc_tails){lower, 1.0 - lower};
    }
    /* the continued fraction 8.9.2 in its even part, by Lentz's method */
    double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, fraction = d;
    for (int n = 1; n < MAX_TERMS; n++) {
        double numerator = -n * (n - a);
        b += 2.0;
        d = numerator * d + b;
        d = 1.0 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = b + numerator / c;
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        fraction *= c * d;
        if (fabs(c * d - 1.0) < DBL_EPSILON)
            break;
    }
    double upper = weight * fraction;
    upper = upper > 1.0 ? 1.0 : upper;
    return (struct fc_tails){1.0 - upper, upper};
}

/* log B(a, b), without cancellation when both are large. */
static double log_beta(double a, double b)
{
    double small = a < b ? a : b, large = a < b ? b : a;
    if (large < 30.0)
        return lgamma(a) + lgamma(b) - lgamma(a + b);
    /* lgamma(large) - lgamma(large + small) by Stirling's series, differences taken term by term */
    double sum = large + small;
    double series_large =
        (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * large * large)) / (large * large)) / large;
    double series_sum = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * sum * sum)) / (sum * sum)) / sum;
    return lgamma(small) - (large - 0.5) * log1p(small / large) - small * log(sum) + small + series_large -
           series_sum;
}

/* I_x(a, b) for x below about the mean, by the continued fraction 8.17.22 and Lentz's method;
 * `weight` is x^a (1 - x)^b / B(a, b). */
static double beta_fraction(double a, double b, double x, double weight)
{
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < 1e-300 ? 1e-300 : d);
    double fraction = d;
    for (int m = 1; m < MAX_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 + even * d;
        d = 1.0 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = 1.0 + even / c;
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        fraction *= c * d;
        d = 1.0 + odd * d;
        d = 1.0 / (fabs(d) < 1e-300 ? 1e-300 : d);
        c = 1.0 + odd / c;
        c = fabs(c) < 1e-300 ? 1e-300 : c;
        fraction *= c * d;
        if (fabs(c * d - 1.0) < DBL_EPSILON)
            break;
    }
    double value = weight / a * fraction;
    return value > 1.0 ? 1.0 : value;
}

static struct fc_tails beta_tails(double a, double b, double x, double y, double weight)
{
    if (!(x > 0.0))
        return (struct fc_tails){0.0, 1.0};
    if (!(y > 0.0))
        return (struct fc_tails){1.0, 0.0};
    if (x * (a + b + 2.0) < a + 1.0) {
        double lower = beta_fraction(a, b, x, weight);
        return (struct fc_tails){lower, 1.0 - lower};
    }
    double upper = beta_fraction(b, a, y, weight);
    return (struct fc_tails){1.0 - upper, upper};
}

struct fc_tails fc_beta_tails(double a, double b, double x, double y)
{
    double log_x = x > 0.5 ? log1p(-y) : log(x), log_y = y > 0.5 ? log1p(-x) : log(y);
    return beta_tails(a, b, x, y, exp(a * log_x + b * log_y - log_beta(a, b)));
}

/* One equation F(e^t) = p in t = log x, F the lower or the upper tail of a gamma or a beta variate. */
struct equation {
    double a, b;
    double log_b; /* beta: log B(a, b); gamma: unused */
    bool beta, upper;
    double p;
};

/* F at t, and the first two terms of t as a series in log F: with s = d log F / dt and A = d log(x f(x)) / dt,
 * dt / d log F = 1 / s and d2t / (d log F)^2 = (s - A) / s^2. */
static void follow(const struct equation *equation, double t, struct fc_quantile_point *at)
{
    double x = exp(t), weight, bend; /* weight: x f(x) */
    struct fc_tails tails;
    if (equation->beta) {
        double y = 1.0 - x; /* x is the smaller of the two */
        weight = exp(equation->a * t + equation->b * log1p(-x) - equation->log_b);
        tails = beta_tails(equation->a, equation->b, x, y, weight);
        weight /= y;
        bend = equation->a - (equation->b - 1.0) * x / y;
    } else {
        tails = fc_gamma_tails(equation->a, x);
        weight = exp(log_gamma_weight(equation->a, x));
        bend = equation->a - x;
    }
    at->t = t;
    at->value = equation->upper ? tails.upper : tails.lower;
    at->slope = (equation->upper ? -weight : weight) / at->value;
    at->bend = 0.5 * (at->slope - bend) / (at->slope * at->slope);
}

/* The t where log F is `gap` more than at a point near it, by the series there. */
static double reach(const struct fc_quantile_point *at, double gap)
{
    return at->t + gap / at->slope + (fabs(gap) < 0.1 ? at->bend * gap * gap : 0.0);
}

/* Steps of the series inside a bracket, which is halved whenever one would leave it. The steps converge in the third
 * order: a gap of 1e-6 leaves one of about 1e-18. `at` becomes the last point. */
static double solve(const struct equation *equation, double low, double high, double start,
                    struct fc_quantile_point *at)
{
    double t = start > low && start < high ? start : 0.5 * (low + high);
    for (int i = 0; i < MAX_STEPS; i++) {
        follow(equation, t, at);
        double gap = at->value > 0.0 ? log(equation->p / at->value) : INFINITY;
        if (fabs(gap) < 1e-6)
            return reach(at, gap);
        if ((gap < 0.0) != equation->upper)
            high = t;
        else
            low = t;
        double next = at->value > 0.0 ? reach(at, gap) : low;
        t = next > low && next < high ? next : 0.5 * (low + high);
        if (high - low < 1e-16 * fabs(low))
            break;
    }
    return t;
}

double fc_gamma_quantile(double a, struct fc_tails tails)
{
    if (tails.lower <= 0.0)
        return 0.0;
    if (tails.upper <= 0.0)
        return INFINITY;
    bool upper = tails.upper < tails.lower;
    struct equation equation = {.a = a, .upper = upper, .p = upper ? tails.upper : tails.lower};
    /* Wilson and Hilferty's cube for a start; the first term of the series where that is not positive. */
    double cube = 1.0 - 1.0 / (9.0 * a) + fc_normal_quantile(tails) / (3.0 * sqrt(a));
    double start = cube > 0.2 ? log(a) + 3.0 * log(cube) : (log(tails.lower) + lgamma(a + 1.0)) / a;
    struct fc_quantile_point at;
    return exp(solve(&equation, -1e6, log(a + 1.0) + 8.0, start, &at));
}

void fc_beta_begin(struct fc_beta *beta, double a, double b)
{
    *beta = (struct fc_beta){.a = a, .b = b, .log_b = log_beta(a, b)};
    beta->half = beta_tails(a, b, 0.5, 0.5, exp((a + b) * log(0.5) - beta->log_b)).lower;
}

struct fc_tails fc_beta_next(struct fc_beta *beta, struct fc_tails tails)
{
    if (tails.lower <= 0.0)
        return (struct fc_tails){0.0, 1.0};
    if (tails.upper <= 0.0)
        return (struct fc_tails){1.0, 0.0};
    /* Solve for whichever of x and 1 - x is the smaller, so that both keep their digits. */
    bool mirrored = beta->half < tails.lower; /* x > 1/2 */
    double near_tail = mirrored ? tails.upper : tails.lower, far_tail = mirrored ? tails.lower : tails.upper;
    struct equation equation = {.a = mirrored ? beta->b : beta->a,
                                .b = mirrored ? beta->a : beta->b,
                                .log_b = beta->log_b,
                                .beta = true,
                                .upper = far_tail < near_tail};
    equation.p = equation.upper ? far_tail : near_tail;
    struct fc_quantile_point *last = &beta->last[mirrored][equation.upper];
    double start = last->value > 0.0 && fabs(equation.p / last->value - 1.0) < 0.05
                       ? reach(last, log(equation.p / last->value))
                       : (log(near_tail) + log(equation.a) + beta->log_b) / equation.a;
    double small = exp(solve(&equation, -1e6, log(0.5) + 1e-9, start, last));
    return mirrored ? (struct fc_tails){1.0 - small, small} : (struct fc_tails){small, 1.0 - small};
}

struct fc_tails fc_beta_quantile(double a, double b, struct fc_tails tails)
{
    struct fc_beta beta;
    fc_beta_begin(&beta, a, b);
    return fc_beta_next(&beta, tails);
}
