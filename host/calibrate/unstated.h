/* unstated.h: blank cells of a measured row's layout as an uncertain choice.
 *
 * Whoever leaves a cell out ran some plan that fits, and likely a good one: each plan that the stated cells permit
 * weighs P(it fits in memory) exp(-(t / best - 1) / 0.1), t at the medians of the factors: a plan that is 10 % slower
 * than the best is taken with 0.37 of its weight (a judgement). Precisions that nobody stated weigh alike. Where
 * recompute alone is blank, none weighs four times each of the others (a judgement: two thirds of the rows that state
 * it outside of one site have none), and the plan counts as one that may fit: it ran. */
#ifndef FC_HOST_UNSTATED_H
#define FC_HOST_UNSTATED_H

#include "host/step/factors.h"
#include "measurement_plan.h"

/* Whether cells that decide the time are blank; names them in m->unstated. A layout that is stated without chunks is
 * not interleaved, and a dense model has no expert parallelism. */
bool fc_measurement_is_open(struct fc_measurement *m, const char *const cells[FC_COLUMNS]);

/* Fills blank cells: m->plan becomes the likeliest plan, offset and spread those of the log of the step time over all.
 * A row that no plan fits is left out. Does nothing where no cell is blank. */
void fc_measurement_choose(struct fc_measurement *m, const char *const cells[FC_COLUMNS],
                           const struct fc_beliefs *beliefs);

#endif
