/* ledger.h: what an answer rests on, for people: the inputs that move it most, and the whole ledger of a scenario. */
#ifndef FC_HOST_LEDGER_H
#define FC_HOST_LEDGER_H

#include <stdio.h>

#include "host/compile/assumptions.h"
#include "host/compile/scenario.h"

/* "What this rests on": the five inputs that move `metric` most, each with value, stated or default, source and
 * grade; a default of grade estimate that moves it by more than a tenth is marked. */
void fc_ledger_print_drivers(FILE *out, const struct fc_scenario *scenario, int metric,
                             const struct fc_influence *influences, int count, uint64_t worlds);

/* `flopcast show --assumptions SCENARIO`: all values in use, stated ones too, as a table or JSON. Returns 0, or -1
 * with `error` filled. */
int fc_show_assumptions(const char *path_or_name, const struct fc_scenario_options *options, bool json,
                        struct fc_error *error);

#endif
