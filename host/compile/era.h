/* era.h: the reliability of a scenario's hardware: which profile (catalog/profile-*.yaml) its GPU brings, and
 * the defaults that follow from the scenario itself. */
#ifndef FC_HOST_ERA_H
#define FC_HOST_ERA_H

#include "host/language/catalog.h"
#include "host/language/settings.h"

/* To be called before the general defaults, on settings that are read. Where reliability.profile is not
 * stated and a run on a named GPU is simulated, it becomes that of the GPU: the `era` of its catalog row;
 * a GPU without one keeps 'plain', with a warning. Then the profile's entries become defaults: all of them in detail, and those that a plain run reads too for a run that states
 * 'plain', so that both have the rate of interruptions of the same fleet. Returns 0, or -1 with `error`. */
int fc_era_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error);

#endif
