/* regret.c: see regret.h. */
#include "regret.h"
#include "host/base/order.h"

#include <math.h>
#include <stdlib.h>

/* The best value of a world and how many choices have it; one without a value is an infinity at the bad end. */
static int best_of(const float *const *values, size_t choices, size_t world, bool high, float *best)
{
    int equal = 0;
    for (size_t k = 0; k < choices; k++) {
        float v = values[k][world];
        bool better = k == 0 || (high ? v > *best : v < *best);
        equal = better ? 1 : equal + !(v > *best || v < *best);
        *best = better ? v : *best;
    }
    return equal;
}

int fc_regret_of(const float *const *values, size_t choices, size_t worlds, bool high,
                 struct fc_regret *regret, struct fc_error *error)
{
    float *lost = malloc((worlds + 1) * sizeof *lost);
    if (!lost)
        return fc_fail(error, FC_FAULT, "out of memory for the regret over %zu worlds", worlds);
    for (size_t k = 0; k < choices; k++) {
        double wins = 0, squares = 0, sum = 0, sum2 = 0;
        size_t n = 0;
        for (size_t i = 0; i < worlds; i++) {
            float best = 0;
            int equal = best_of(values, choices, i, high, &best);
            double here = values[k][i] == best ? 0 : fabs((double)values[k][i] - (double)best);
            double won = here > 0 ? 0 : 1.0 / equal;
            wins += won;
            squares += won * won;
            sum += here;
            sum2 += here * here;
            lost[n++] = (float)here;
        }
        qsort(lost, n, sizeof *lost, fc_by_float);
        double count = n > 0 ? (double)n : (double)NAN, p = wins / count, mean = sum / count;
        regret[k] = (struct fc_regret){
            .worlds = n,
            .best = p,
            .best_error = sqrt(fmax(squares / count - p * p, 0) / count),
            .mean = isfinite(mean) ? mean : (double)NAN,
            .error = sqrt(fmax(sum2 / count - mean * mean, 0) / count),
            .p95 = n > 0 ? (double)lost[(size_t)(0.95 * (double)(n - 1))] : (double)NAN,
        };
    }
    free(lost);
    return 0;
}
