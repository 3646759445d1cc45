/* influence.h: which uncertain inputs move the headline figure of a run most. */
#ifndef FC_HOST_INFLUENCE_H
#define FC_HOST_INFLUENCE_H

#include "analysis.h"
#include "host/compile/assumptions.h"

enum { FC_INFLUENCE_WORLDS = 2000, FC_INFLUENCE_LEAST = 200 };

/* The metric that a run of this program is asked for first: NPV, the cost of a run, the cost, or the step's time. */
int fc_headline_metric(const struct fc_program *program);

/* Simulates the first `worlds` of the scenario again on the devices of `selection` and fills `influences` (one per
 * uncertain field, at most FC_INPUT_COUNT), the largest rank correlation first; those within chance are left out.
 * Returns how many, or -1 with `error` filled. */
int fc_influences(const struct fc_scenario *scenario, const struct fc_selection *selection, uint64_t worlds,
                  int metric, struct fc_influence *influences, struct fc_error *error);

#endif
