/* compare_scenarios.h: two scenarios on the same worlds: by how much they differ, and how often each is
 * better.
 *
 * Both are run with the seed of the first. Inputs that both have get the same random numbers (an input's
 * numbers depend only on its name), so what the two have in common cancels. */
#ifndef FC_HOST_COMPARE_SCENARIOS_H
#define FC_HOST_COMPARE_SCENARIOS_H

#include "analysis.h"

/* Whether the argument names a scenario (a file that is no JSON result, or one that comes with the program).
 */
bool fc_compare_is_scenario(const char *path_or_name);

/* Prints the comparison to standard output, as tables or as JSON. `of` holds `of_count` names of metrics;
 * none: all that both scenarios have. The options' --set holds for both. Returns 0, or -1 with `error`
 * filled. */
int fc_compare_scenarios(const char *a, const char *b, const char *const *of, int of_count,
                         const struct fc_analysis_options *options, struct fc_error *error);

/* `flopcast compare` where an argument names a scenario: reads the options (-h prints `help`) and returns the
 * exit status. */
int fc_compare_scenarios_command(int argc, char **argv, const char *help);

#endif
