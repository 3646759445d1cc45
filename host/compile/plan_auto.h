/* plan_auto.h: the plan that a scenario leaves open (`plan: auto`, `plan.tp: auto`, or nothing stated). */
#ifndef FC_HOST_PLAN_AUTO_H
#define FC_HOST_PLAN_AUTO_H

#include "host/language/catalog.h"
#include "host/language/settings.h"
#include "host/step/plan_search.h"

enum { FC_AUTO_FITS_PERCENT = 90 }; /* a plan is taken only when it fits in memory in so many of 100 worlds */

/* The space of plans around a scenario: what it states stays, unless `whole` asks for all of the plan. Sizes that
 * are neither stated nor open are 1. Returns whether anything is open. */
bool fc_plan_space_of(struct fc_plan_space *space, const struct fc_plan *plan,
                      const struct fc_settings *settings, bool whole);

/* Where a step is simulated and the plan is open, sets what is missing to the fastest plan (at the median of all
 * factors) that fits in memory in FC_AUTO_FITS_PERCENT of 100 worlds, as defaults that name the search as their
 * source, and notes what was taken. Fails when no plan fits. */
int fc_plan_settle(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error);

#endif
