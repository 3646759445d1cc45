/* solve.h: the value of one input at which a simulated figure reaches its target.
 *
 * Every evaluation meets the same worlds, so the figure is a function without jitter and bisection works;
 * what is left is the error of having simulated those worlds and not others, which moves the whole curve: the
 * interval of the answer is that error over the slope. */
#ifndef FC_HOST_SOLVE_H
#define FC_HOST_SOLVE_H

#include <stdbool.h>

#include "host/base/error.h"

enum { FC_SOLVE_SCAN = 5, FC_SOLVE_POINTS = 64 };

struct fc_solve_point {
    double x, value, error; /* the figure at x and its standard error */
};

enum fc_solve_outcome {
    FC_SOLVE_FOUND,
    FC_SOLVE_ALL,  /* the target is reached everywhere in the range */
    FC_SOLVE_NONE, /* nowhere */
};

struct fc_solve {
    /* asked */
    double lo, hi, step; /* step > 0: only lo + k step are values; 0: any */
    double target;
    bool at_least;    /* the figure is to be at least the target; else at most */
    double tolerance; /* of x, relative to hi - lo, where there is no step */
    /* Returns 0; -1 with `error` filled; 1, `error` filled, where x makes no scenario (GPUs that no plan divides): with a
     * step, such values are passed over. */
    int (*evaluate)(void *context, double x, struct fc_solve_point *point, struct fc_error *error);
    void *context;
    /* found */
    enum fc_solve_outcome outcome;
    bool monotone; /* as far as FC_SOLVE_SCAN values over the range can tell, beyond twice their errors */
    bool smallest; /* the target is reached from x upwards (else downwards): x is the smallest such value */
    double x, x_lo, x_hi; /* the answer, a value that reaches the target, and its 95 % interval (may be
                             outside the range) */
    double value, error;  /* the figure there */
    int absent;           /* values that were passed over */
    struct fc_error why;  /* of the first of them */
    int count;
    struct fc_solve_point points[FC_SOLVE_POINTS]; /* all evaluations, in the order of x */
};

/* Scans the range, then bisects the crossing nearest to `lo`. Returns 0, or -1 with `error` filled. */
int fc_solve_run(struct fc_solve *solve, struct fc_error *error);

/* The same answer with fewer evaluations, from that of a coarser search (fewer trials of the same worlds; its
 * outcome is FC_SOLVE_FOUND): evaluates where that points to and walks on by secants until
 * two neighbouring values stand on either side of the target. `monotone` is taken over; the slope of the
 * interval is the coarse one's. */
int fc_solve_near(struct fc_solve *solve, const struct fc_solve *coarse, struct fc_error *error);

#endif
