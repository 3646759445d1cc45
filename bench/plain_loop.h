/* plain_loop.h: the yardstick of the timeline: the loop that a careful programmer would write in C for one question, one
 * trial after another, raced with the timeline on the same question.
 *
 * It is given every advantage that keeps the answer: it goes from failure to failure and never visits a checkpoint,
 * draws a repair only where something is swapped, uses a quick generator and the C library's logarithm, works in double,
 * and keeps nothing but the moments of wall time. Ours draws its inputs, keeps all metrics and their histograms. Both are
 * timed in CPU seconds of one thread, in turns. */
#ifndef FC_BENCH_PLAIN_LOOP_H
#define FC_BENCH_PLAIN_LOOP_H

#include <stdbool.h>

#include "host/base/error.h"

struct fc_loop_row {
    const char *scenario;
    double failures;                      /* of a trial, on average */
    double expected;                      /* wall time in closed form, days */
    double loop_days, days, sums_days;    /* means: of the loop, ours, ours by sums (cuda/model/run/sums.h) */
    double loop_z, z, sums_z;             /* their distances from the closed form, standard errors */
    double variance_ratio, variance_z;    /* ours to the loop's; distance of the two, standard errors */
    bool wrong;                           /* one of the four is 4 or more: no rates */
    double loop_per_s, per_s, sums_per_s; /* trials per CPU second, median of the rounds */
    const char *kernel;                   /* ours */
};

enum { FC_BENCH_LOOPS = 2 };

/* Each side is timed for about `seconds` a case. */
int fc_bench_loops(struct fc_loop_row rows[FC_BENCH_LOOPS], double seconds, struct fc_error *error);

#endif
