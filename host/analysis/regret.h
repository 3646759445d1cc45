/* regret.h: several choices on the same worlds: how often each is the best, and what having chosen it costs
 * against the best choice of that world. */
#ifndef FC_HOST_REGRET_H
#define FC_HOST_REGRET_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/error.h"

struct fc_regret {
    size_t worlds;      /* where all choices have a finite value */
    double best;        /* share of the worlds in which it is the best; equal ones share the world */
    double best_error;  /* its standard error */
    double mean, error; /* mean regret, at least 0, and its standard error */
    double p95;         /* 95th percentile of the regret */
};

/* values[k][i] is choice k in world i; the lowest is best, or the highest with `high`. Fills regret[choices].
 * Returns 0, or -1 with `error` filled. */
int fc_regret_of(const float *const *values, size_t choices, size_t worlds, bool high,
                 struct fc_regret *regret, struct fc_error *error);

#endif
