/* own_runs.h: what a person measured, from the command line and a CSV, as plans with their step times. */
#ifndef FC_HOST_OWN_RUNS_H
#define FC_HOST_OWN_RUNS_H

#include "host/base/notes.h"
#include "host/calibrate/own_measurements.h"
#include "host/compile/scenario.h"

/* The scenario's plan, measured once per text of `times`. */
int fc_own_runs_stated(struct fc_own_measurements *own, const char *scenario,
                       struct fc_scenario_options *options, char *const *times, size_t count,
                       struct fc_notes *notes, struct fc_error *error);

/* Rows of a CSV: each is the scenario with what its columns change. Columns: step_time_s (also "8.08 s +- 0.6 %"), or
 * tokens_per_s_per_gpu; those of tables of measurements that a scenario has (gpus, tp, mbs, precision ...), and paths
 * of a scenario (training.software). */
int fc_own_runs_table(struct fc_own_measurements *own, const char *scenario,
                      struct fc_scenario_options *options, const char *path, struct fc_notes *notes,
                      struct fc_error *error);

#endif
