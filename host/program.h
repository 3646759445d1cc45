/* program.h: from a scenario's settings to the program that devices run (cuda/model/program.h) and its tables. */
#ifndef FC_HOST_PROGRAM_H
#define FC_HOST_PROGRAM_H

#include <stdbool.h>

#include "../cuda/model/program.h"
#include "catalog.h"
#include "settings.h"

struct fc_compiled {
    struct fc_program program;
    float *tables;
    size_t table_floats, table_room;
    uint64_t input_digest; /* of program and tables */
};

/* Compiles the settings. Errors point at the line that is wrong: a field that is missing for a layer in use, a plan that
 * does not fit the cluster, a model that does not fit in memory. */
int fc_program_compile(struct fc_compiled *compiled, const struct fc_settings *settings, const struct fc_catalog *catalog,
                       struct fc_error *error);

void fc_program_free(struct fc_compiled *compiled);

#endif
