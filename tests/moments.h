/* moments.h: mean and standard deviation of a distribution, as sums over its points or as integrals of its quantile
 * function to about 1e-10: what the tests hold against closed forms. */
#ifndef FC_TESTS_MOMENTS_H
#define FC_TESTS_MOMENTS_H

#include "host/language/distribution.h"

double moments_mean(const struct fc_distribution *distribution);
double moments_sd(const struct fc_distribution *distribution);

#endif
