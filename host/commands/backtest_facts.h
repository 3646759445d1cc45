/* backtest_facts.h: `flopcast backtest --facts`: dated facts beside their forecasts. */
#ifndef FC_HOST_BACKTEST_FACTS_H
#define FC_HOST_BACKTEST_FACTS_H

#include "host/analysis/facts.h"
#include "host/report/outputs.h"

/* Reads, forecasts and prints the table at `path` (NULL: the shipped one), and writes the files of `outputs`. Returns the exit status, or -1 with `error`
 * filled; status 1 when the 90 % intervals hold fewer than 80 % of the facts. */
int fc_backtest_facts(const char *path, const struct fc_analysis_options *options, struct fc_outputs *outputs,
                      struct fc_error *error);

#endif
