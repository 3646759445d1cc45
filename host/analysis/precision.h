/* precision.h: "--until 'p95(cost_usd) 0.5%'": how many trials a figure needs until its standard error is
 * small enough. */
#ifndef FC_HOST_PRECISION_H
#define FC_HOST_PRECISION_H

#include <stdbool.h>

#include "answer.h"

struct fc_precision {
    struct fc_answer answer;
    bool relative; /* the bound is a share of the figure */
    double bound;  /* of the standard error */
};

/* Reads "FIGURE BOUND"; a bound with % is relative to the figure, one without is in the metric's unit, as
 * `notes` then says. */
int fc_precision_read(const struct fc_program *program, const char *text, struct fc_precision *precision,
                      struct fc_notes *notes, struct fc_error *error);

/* Whether the tally is precise enough; *next receives how many trials to have next where it is not (never
 * more than eight times as many, as a guess from few trials may be far off), *now the error reached in the
 * unit of the bound (NAN while the figure is refused). */
bool fc_precision_reached(const struct fc_precision *precision, const struct fc_tally *tally, uint64_t *next,
                          double *now);

#endif
