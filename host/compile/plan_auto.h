/* plan_auto.h: the plan that a scenario leaves open (`plan: auto`, `plan.tp: auto`, or nothing stated). */
#ifndef FC_HOST_PLAN_AUTO_H
#define FC_HOST_PLAN_AUTO_H

#include "host/language/catalog.h"
#include "host/language/settings.h"
#include "host/step/plan_search.h"

/* A plan is taken that fits in memory with this probability: in all worlds of a run of usual length (-n 100000), since one world
 * that has no value is the worst of every tail and leaves no difference to compare. Such room is worth FC_AUTO_ROOM of the
 * step at most, which is what the step itself is known to: whoever runs the job learns in its first hour whether it fits,
 * and gives nothing away for worlds that are not his: a layout that real runs had (Llama 3 405B on 16,384 H100, TP 8, PP 16,
 * interleaved) fits in 99 %, and without it a step is two thirds longer. Where it costs more, or no plan has it, less room is
 * taken, by tens, down to the least, and it is said. */
#define FC_AUTO_FITS 0.99999
#define FC_AUTO_ROOM 0.05
#define FC_AUTO_FITS_LEAST 0.9

/* The space of plans around a scenario: what it states stays, unless `whole` asks for all of the plan. Sizes that
 * are neither stated nor open are 1. Returns whether anything is open. */
bool fc_plan_space_of(struct fc_plan_space *space, const struct fc_plan *plan,
                      const struct fc_settings *settings, bool whole);

/* Where a step is simulated and the plan is open, sets what is missing to the fastest plan (at the median of all
 * factors) that fits in memory with the probability FC_AUTO_FITS, as defaults that name the search as their source, and
 * notes what was taken and what that room costs. Where none does, or it costs more than FC_AUTO_ROOM, takes the fastest with a
 * miss in 10,000, 1,000, 100 or 10 worlds, with a warning. Fails when none fits with FC_AUTO_FITS_LEAST. */
int fc_plan_settle(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error);

#endif
