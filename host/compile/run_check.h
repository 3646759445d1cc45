/* run_check.h: what a run can resolve: the steps, ticks and events that its times are counted in. */
#ifndef FC_HOST_RUN_CHECK_H
#define FC_HOST_RUN_CHECK_H

#include "compiled.h"
#include "host/result/tally.h"

/* To be called when the run's tick and horizon are set. step_s: the shortest and the longest step over some
 * worlds, s; 0: no step is simulated. Refuses a checkpoint interval below a step; notes what rounds to nothing and
 * what never ends. Returns 0, or -1 with `error`. */
int fc_run_check(struct fc_compiled *compiled, const struct fc_settings *settings, const double step_s[2],
                 struct fc_error *error);

/* What the worlds of a run show that its reader must know first: the time that it waits for spares, and worlds that
 * do not finish. Adds warnings to `notes`; nothing without a run. */
void fc_run_note_answer(const struct fc_compiled *compiled, const struct fc_tally *tally,
                        struct fc_notes *notes);

#endif
