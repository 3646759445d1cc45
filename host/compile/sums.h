/* sums.h: runs as sums instead of events (cuda/model/run/sums.h), where the scenario asks for them. */
#ifndef FC_HOST_SUMS_H
#define FC_HOST_SUMS_H

#include "compiled.h"

/* With `reliability.timeline: sums`, when all else of the run is compiled: prepares them, tries 256 worlds and notes how many
 * go by sums. Refuses, with the reason that most worlds have, when fewer than half do, and what never can: runs in detail
 * or watched for a time. Returns 0, or -1 with `error`. */
int fc_sums_compile(struct fc_compiled *compiled, const struct fc_settings *settings, struct fc_error *error);

#endif
