/* plan_scenario.h: from a scenario's settings to a plan and the step layer of its program. */
#ifndef FC_HOST_PLAN_SCENARIO_H
#define FC_HOST_PLAN_SCENARIO_H

#include "host/step/factors.h"
#include "host/step/plan.h"
#include "host/step/plan_options.h"
#include "compiled.h"
#include "host/language/catalog.h"

/* The plan that the settings describe. Impossible ones are refused at the setting that is wrong: sizes that
 * do not divide, fewer layers than stages, a precision that the GPU lacks. */
int fc_plan_read(struct fc_plan *plan, const struct fc_settings *settings, const struct fc_catalog *catalog,
                 struct fc_error *error);

/* The same without the refusals, and with the options that stand behind the plan: where a search begins. A size
 * that is not stated, or is `auto`, is 1. */
int fc_plan_read_unchecked(struct fc_plan *plan, struct fc_plan_options *options,
                           const struct fc_settings *settings, const struct fc_catalog *catalog,
                           struct fc_error *error);

/* Fails when the plan's memory exceeds the GPU's even in the best of a thousand worlds; tells the parts. */
int fc_plan_check_memory(const struct fc_plan *plan, const struct fc_beliefs *beliefs,
                         const struct fc_place *place, struct fc_error *error);

/* Fills program.step and adds the draws of the step layer's inputs that the scenario does not state. */
int fc_plan_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                    const struct fc_catalog *catalog, struct fc_error *error);

#endif
