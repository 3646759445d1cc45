/* course.h: how a run to its last token goes on, day by day: the same worlds seen at several moments before their end. */
#ifndef FC_HOST_COURSE_H
#define FC_HOST_COURSE_H

#include "analysis.h"

enum { FC_COURSE_WORLDS = 500, FC_COURSE_MOMENTS = 17 };

/* Whether the scenario has such a run: of a model, with an end, and no contract around it. */
bool fc_course_is_of(const struct fc_program *program);

/* Simulates worlds 0 ... worlds - 1 up to each of FC_COURSE_MOMENTS moments, the first at the start and the last at `days` or a
 * little later, and writes into
 * the open map: `trials`, `by` (day), `period` (days since the start) and `flows`, name -> {unit, mean, p5, p50, p95}, lists over
 * the moments. trained_share: tokens trained and kept over all; cost_usd: paid so far (nothing more after the end);
 * interruptions: unplanned stops so far; ended_share has the mean alone, the share of the worlds that have ended. Returns 0, or
 * -1 with `error` filled. */
int fc_course_write(struct fc_writer *writer, const struct fc_scenario *scenario, const struct fc_selection *selection,
                    double days, uint64_t worlds, struct fc_error *error);

#endif
