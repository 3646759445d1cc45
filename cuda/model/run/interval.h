/* interval.h: how long to train between two checkpoints: three published rules.
 *
 * All take the stall of a checkpoint and the mean gap between interruptions in the same unit. */
#ifndef FC_MODEL_INTERVAL_H
#define FC_MODEL_INTERVAL_H

#include "../base/elementary.h"

/* Exact optimum of the work between checkpoints for stall d and mean gap m (same unit):
 * m [1 + W0(-exp(-d/m - 1))] (Daly 2006, eq. 37 in closed form), found by Newton's method on
 * ln(1 - u) + u + d/m = 0, u = interval / m, from the branch-point series of Lambert's W. */
FC_FN fc_real fc_optimal_interval(fc_real stall, fc_real mean_gap)
{
    fc_real x = stall / mean_gap;
    fc_real series = x * fc_fma(x, fc_fma(x, 0.16666667f, -0.5f), 1.0f);
    fc_real one_minus_exp = x < 0.01f ? series : 1.0f - fc_exp(-x);
    fc_real p = fc_sqrt(2.0f * one_minus_exp);
    fc_real u = p * fc_fma(p, fc_fma(p, 0.15277778f, -0.33333333f), 1.0f);
    /* where the stall is longer than the mean gap, u is near 1: W0(-z) = -z - z^2 - 3/2 z^3 ... */
    fc_real z = (1.0f - one_minus_exp) * 0.36787944f;
    fc_real near_one = 1.0f - z * fc_fma(z, fc_fma(z, 1.5f, 1.0f), 1.0f);
    u = x < 1.0f ? u : near_one;
    for (int i = 0; i < 4; i++) {
        /* below 0.1 the power series avoids the cancellation in ln(1 - u) + u */
        fc_real s = fc_fma(u, 0.14285714f, 0.16666667f);
        s = fc_fma(u, fc_fma(u, fc_fma(u, fc_fma(u, s, 0.2f), 0.25f), 0.33333333f), 0.5f);
        fc_real small = -(u * u) * s;
        fc_real large = fc_log(1.0f - u) + u;
        fc_real f = (u < 0.1f ? small : large) + x;
        u = fc_fma(f, (1.0f - u) / u, u);
        u = fc_min(fc_max(u, 1e-6f), 0.999999f);
    }
    return u * mean_gap;
}

/* First order: sqrt(2 d m) (Young 1974). */
FC_FN fc_real fc_young_interval(fc_real stall, fc_real mean_gap)
{
    return fc_sqrt(2.0f * stall * mean_gap);
}

/* Higher order: sqrt(2 d m) [1 + sqrt(d / 2m) / 3 + d / 2m / 9] - d, and m where d >= 2 m (Daly 2006). */
FC_FN fc_real fc_daly_interval(fc_real stall, fc_real mean_gap)
{
    fc_real part = stall / (2.0f * mean_gap);
    fc_real series = fc_fma(part, 0.11111111f, fc_fma(fc_sqrt(part), 0.33333333f, 1.0f));
    fc_real interval = fc_fma(fc_young_interval(stall, mean_gap), series, -stall);
    return part < 1.0f ? interval : mean_gap;
}

#endif
