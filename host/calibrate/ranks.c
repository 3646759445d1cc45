/* ranks.c: see ranks.h. */
#include "ranks.h"

#include <math.h>

static void rank(const double *x, size_t n, double *ranks)
{
    for (size_t i = 0; i < n; i++) {
        double below = 0, equal = 0;
        for (size_t k = 0; k < n; k++) {
            below += x[k] < x[i];
            equal += x[k] == x[i];
        }
        ranks[i] = below + 0.5 * (equal + 1);
    }
}

static double correlation(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mx += x[i] / (double)n;
        my += y[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

double fc_rank_correlation(const double *x, const double *y, size_t n)
{
    double a[FC_RANKED_MOST], b[FC_RANKED_MOST];
    rank(x, n, a);
    rank(y, n, b);
    return correlation(a, b, n);
}
