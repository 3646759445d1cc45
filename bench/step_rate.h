/* step_rate.h: how many training steps per second one core evaluates; no rate for a wrong answer. */
#ifndef FC_BENCH_STEP_RATE_H
#define FC_BENCH_STEP_RATE_H

#include <stdbool.h>

#include "host/base/error.h"

struct fc_step_rate {
    int plans;           /* the published plans, in turn */
    bool wrong;          /* lanes in float and the host's double part by more than 1e-4 */
    const char *kernel;  /* of the lanes */
    double plans_per_s;  /* a plan's numbers made from scratch (operators, messages, memory, factors' medians)
                            and its  step time in double */
    double worlds_per_s; /* step times of a plan whose numbers are made, over the kernel's lanes */
};

/* Each rate is measured over `seconds` on one core. */
int fc_bench_step(struct fc_step_rate *rate, double seconds, struct fc_error *error);

#endif
