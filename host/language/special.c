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

/* I_x(a, b) for x below about the mean, by the continued fraction 8.17.22 and Lentz's method. */
static double beta_fraction(double a, double b, double x, double y, double log_b)
{
    double weight = exp(a * log(x) + b * (y > 0.5 ? log1p(-x) : log(y)) - log_b) / a;
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
    return weight * fraction;
}

static struct fc_tails beta_tails(double a, double b, double x, double y, double log_b)
{
    if (!(x > 0.0))
        return (struct fc_tails){0.0, 1.0};
    if (!(y > 0.0))
        return (struct fc_tails){1.0, 0.0};
    if (x * (a + b + 2.0) < a + 1.0) {
        double lower = beta_fraction(a, b, x, y, log_b);
        lower = lower > 1.0 ? 1.0 : lower;
        return (struct fc_tails){lower, 1.0 - lower};
    }
    double upper = beta_fraction(b, a, y, x, log_b);
    upper = upper > 1.0 ? 1.0 : upper;
    return (struct fc_tails){1.0 - upper, upper};
}

struct fc_tails fc_beta_tails(double a, double b, double x, double y)
{
    return beta_tails(a, b, x, y, log_beta(a, b));
}

/* One equation log F(e^t) = log p in t = log x, F the lower or the upper tail of a gamma or a beta variate.
 */
struct equation {
    double a, b;
    double log_b; /* beta: log B(a, b); gamma: unused */
    bool beta, upper;
    double p;
};

/* log F - log p and its derivative in t. */
static double residual(const struct equation *equation, double t, double *slope)
{
    double x = exp(t), log_density; /* of t, that is x f(x) */
    struct fc_tails tails;
    if (equation->beta) {
        double y = -expm1(t);
        tails = beta_tails(equation->a, equation->b, x, y, equation->log_b);
        log_density = equation->a * t + (equation->b - 1.0) * log(y) - equation->log_b;
    } else {
        tails = fc_gamma_tails(equation->a, x);
        log_density = log_gamma_weight(equation->a, x);
    }
    double value = equation->upper ? tails.upper : tails.lower;
    if (value <= 0.0) {
        *slope = 0.0;
        return -INFINITY;
    }
    *slope = (equation->upper ? -1.0 : 1.0) * exp(log_density) / value;
    return log(value / equation->p);
}

/* Newton's method kept inside a bracket that is halved whenever a step would leave it. */
static double solve(const struct equation *equation, double low, double high, double start)
{
    double t = start > low && start < high ? start : 0.5 * (low + high);
    for (int i = 0; i < MAX_STEPS; i++) {
        double slope, gap = residual(equation, t, &slope);
        if (gap == 0.0)
            break;
        if ((gap > 0.0) != equation->upper)
            high = t;
        else
            low = t;
        double next = t - gap / slope;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        double step = fabs(next - t);
        t = next;
        if (step < 1e-16 + 1e-16 * fabs(t) || high - low < 1e-16 * fabs(low))
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
    return exp(solve(&equation, -1e6, log(a + 1.0) + 8.0, start));
}

struct fc_tails fc_beta_quantile(double a, double b, struct fc_tails tails)
{
    if (tails.lower <= 0.0)
        return (struct fc_tails){0.0, 1.0};
    if (tails.upper <= 0.0)
        return (struct fc_tails){1.0, 0.0};
    /* Solve for whichever of x and 1 - x is the smaller, so that both keep their digits. */
    double log_b = log_beta(a, b);
    struct fc_tails middle = beta_tails(a, b, 0.5, 0.5, log_b);
    bool mirrored = middle.lower < tails.lower; /* x > 1/2 */
    double shape = mirrored ? b : a, other = mirrored ? a : b;
    double near_tail = mirrored ? tails.upper : tails.lower, far_tail = mirrored ? tails.lower : tails.upper;
    struct equation equation = {
        .a = shape, .b = other, .log_b = log_b, .beta = true, .upper = far_tail < near_tail};
    equation.p = equation.upper ? far_tail : near_tail;
    double start = (log(near_tail) + log(shape) + log_b) / shape;
    double t = solve(&equation, -1e6, log(0.5) + 1e-9, start);
    double small = exp(t);
    return mirrored ? (struct fc_tails){1.0 - small, small} : (struct fc_tails){small, 1.0 - small};
}
