/* program.h: from a scenario's settings to the program that devices run (cuda/model/program.h). */
#ifndef FC_HOST_PROGRAM_H
#define FC_HOST_PROGRAM_H

#include "compiled.h"
#include "host/language/catalog.h"

/* Compiles the settings. Errors point at the line that is wrong: a field that a layer in use needs and nobody
 * states, a plan that does not fit the cluster, a model that does not fit in memory. */
int fc_program_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                       const struct fc_catalog *catalog, struct fc_error *error);

#endif
