/* sobol.c: see sobol.h. */
#include "sobol.h"
#include "host/result/statistics.h"

#include <math.h>

/* sum p / sum v and its standard error: sd(p - ratio v) / (mean(v) sqrt(n)). */
struct ratio {
    double p, v, pp, pv, vv;
};

static void add(struct ratio *r, double p, double v)
{
    r->p += p;
    r->v += v;
    r->pp += p * p;
    r->pv += p * v;
    r->vv += v * v;
}

static double value_of(const struct ratio *r, double n, double *error)
{
    if (!(r->v > 0)) {
        *error = (double)NAN;
        return (double)NAN;
    }
    double ratio = r->p / r->v;
    double square = r->pp - 2 * ratio * r->pv + ratio * ratio * r->vv;
    *error = sqrt(fmax(square, 0)) / r->v * sqrt(n / fmax(n - 1, 1));
    return ratio;
}

/* The share of q, a product whose mean is 0, that is best taken off p: least spread of p - beta q. */
static double control(const float *a, const float *b, const float *c, size_t count, double mean)
{
    double n = 0, p = 0, q = 0, pq = 0, qq = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i]) || !isfinite(c[i]))
            continue;
        double x = ((double)b[i] - mean) * ((double)c[i] - mean),
               y = ((double)b[i] - mean) * ((double)a[i] - mean);
        n++;
        p += x;
        q += y;
        pq += x * y;
        qq += y * y;
    }
    double spread = qq - q * q / n;
    return spread > 0 ? (pq - p * q / n) / spread : 0;
}

struct fc_sobol fc_sobol_estimate(const float *a, const float *b, const float *c, size_t count, double cap)
{
    struct ratio first = {0}, total = {0};
    double n = 0, mean = 0;
    /* a world without a value, or at the cap, has no distance from the mean, so no variance */
    for (size_t i = 0; i < count; i++)
        if (!isfinite(a[i]) || !isfinite(b[i]) || !isfinite(c[i]) ||
            (double)fmaxf(a[i], fmaxf(b[i], c[i])) >= cap)
            return (struct fc_sobol){(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    for (size_t i = 0; i < count; i++)
        if (isfinite(a[i]) && isfinite(b[i]) && isfinite(c[i])) {
            n++;
            mean += ((double)a[i] + (double)b[i] + (double)c[i]) / 3;
        }
    mean /= n;
    double beta = control(a, b, c, count, mean);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i]) || !isfinite(c[i]))
            continue;
        double fa = (double)a[i] - mean, fb = (double)b[i] - mean, fc = (double)c[i] - mean;
        double step = (double)a[i] - (double)c[i];
        add(&total, 0.5 * step * step, 0.5 * (fa * fa + fc * fc));
        add(&first, fb * (fc - beta * fa), 0.5 * (fb * fb + fc * fc));
    }
    struct fc_sobol s;
    s.first = value_of(&first, n, &s.first_error);
    s.total = value_of(&total, n, &s.total_error);
    return s;
}

bool fc_sobol_is_zero(double index, double error)
{
    return !(index - FC_Z95 * error > 0);
}

double fc_sobol_worlds(double error, size_t count, double wanted)
{
    return ceil((double)count * (error / wanted) * (error / wanted));
}
