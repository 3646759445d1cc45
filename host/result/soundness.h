/* soundness.h: whether the worlds of a result can be trusted: the bounded tables of the timeline were large
 * enough for them (metric `overflows`). */
#ifndef FC_HOST_SOUNDNESS_H
#define FC_HOST_SOUNDNESS_H

#include <stdbool.h>
#include <stdio.h>

#include "tally.h"

/* Worlds in which such a table was full; 0 too where the tally does not hold the metric. */
uint64_t fc_worlds_overflowed(const struct fc_tally *tally);

/* Says so with `lead` before it, in one line, or in `lines` as a report has them; prints nothing where no
 * table was full. */
void fc_print_overflowed(FILE *out, const char *lead, bool lines, const struct fc_tally *tally);

#endif
