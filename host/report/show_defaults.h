/* show_defaults.h: what a scenario leaves to defaults, with source and grade. */
#ifndef FC_HOST_SHOW_DEFAULTS_H
#define FC_HOST_SHOW_DEFAULTS_H

#include "host/compile/scenario.h"

/* Prints every field in use that the scenario (a file or a name, changed by the options) leaves to a default,
 * a profile or a named site, as a table or as JSON. Returns 0, or -1 with `error` filled. */
int fc_show_defaults(const char *path_or_name, const struct fc_scenario_options *options, bool json,
                     struct fc_error *error);

#endif
