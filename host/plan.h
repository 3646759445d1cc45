/* plan.h: from model, cluster and parallel plan to the rows of the step layer. */
#ifndef FC_HOST_PLAN_H
#define FC_HOST_PLAN_H

#include "program.h"

/* Fills compiled->program.step. Fails where the plan is impossible or the model does not fit in memory. */
int fc_plan_compile(struct fc_compiled *compiled, const struct fc_settings *settings, const struct fc_catalog *catalog,
                    struct fc_error *error);

#endif
