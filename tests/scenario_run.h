/* scenario_run.h: runs a whole scenario on the CPU, as `flopcast run -b cpu` does, for tests that look at the
 * result. */
#ifndef FC_TESTS_SCENARIO_RUN_H
#define FC_TESTS_SCENARIO_RUN_H

#include <stdint.h>

#include "host/result/result.h"

/* The result of `trials` trials from `first` on; `set` is NULL or PATH=VALUE, several in lines. The test fails when
 * anything does. To be freed with fc_result_free. */
struct fc_result scenario_run(const char *scenario, const char *set, uint64_t first, uint64_t trials);

/* The metric (enum fc_metric) of a result; the test fails when it is not there. */
const struct fc_tally_metric *scenario_metric(const struct fc_result *result, int metric);

#endif
