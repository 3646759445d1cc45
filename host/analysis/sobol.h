/* sobol.h: variance-based sensitivity indices by pick and freeze.
 *
 * f(a) and f(b) are outputs of two independent worlds, f(c) that of the first world with one input (or group)
 * taken from the second. Then a and c share everything but the input, b and c share nothing but the input:
 *   first order  S = Cov(f(b), f(c)) / Var(f)           share of the variance that knowing the input would
 * take away total        T = E[(f(a) - f(c))^2] / (2 Var(f))    share that would be left if all but the input
 * were known Estimators: Janon et al. 2014 for S (as Monod et al. 2006; efficient), Jansen 1999 for T; errors
 * by the delta method. Saltelli et al. 2010, Comput. Phys. Commun. 181, compares them. Valid for independent
 * inputs or groups of them. */
#ifndef FC_HOST_SOBOL_H
#define FC_HOST_SOBOL_H

#include <stdbool.h>
#include <stddef.h>

struct fc_sobol {
    double first, first_error; /* standard errors */
    double total, total_error;
};

/* Estimates from `count` triples. All is NAN when f does not vary, and when a value is not finite or reaches `cap` (that of
 * the metric, host/result/metrics.h; infinity: none), for then it has no variance. */
struct fc_sobol fc_sobol_estimate(const float *a, const float *b, const float *c, size_t count, double cap);

/* Whether the 95 % interval covers 0, so that the index does not differ from 0 with this many worlds. */
bool fc_sobol_is_zero(double index, double error);

/* Worlds that would bring an error to `wanted`. */
double fc_sobol_worlds(double error, size_t count, double wanted);

#endif
