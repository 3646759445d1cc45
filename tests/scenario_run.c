/* scenario_run.c: see scenario_run.h. */
#include "scenario_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/compile/scenario.h"
#include "host/run/select.h"

struct fc_result scenario_run(const char *scenario, const char *set, uint64_t first, uint64_t trials)
{
    struct fc_error error = {0};
    struct fc_scenario opened;
    struct fc_scenario_options options = {0};
    struct fc_selection selection;
    struct fc_select_request wish = {.backends = "cpu", .device = -1};
    struct fc_result result;
    struct fc_run_outcome outcome;
    for (const char *at = set; at && *at; at += strcspn(at, "\n"), at += *at == '\n') {
        char one[256];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(at, "\n"), at);
        if (fc_scenario_add_override(&options, one, &error))
            fail_msg("%s", error.text);
    }
    if (fc_scenario_open(&opened, scenario, &options, &error) ||
        fc_scenario_start_result(&opened, &result, &error) || fc_select(&selection, &wish, &error))
        fail_msg("%s: %s", scenario, error.text);
    struct fc_run_request request = {
        .job = {&opened.compiled.program, opened.compiled.tables, opened.compiled.table_floats, opened.seed},
        .host = selection.host,
        .first = first,
        .count = trials,
        .workers = selection.workers,
        .worker_count = selection.worker_count,
    };
    if (fc_run(&request, &result.tally, &outcome, &error))
        fail_msg("%s: %s", scenario, error.text);
    assert_int_equal(fc_tally_trials(&result.tally), trials);
    snprintf(result.backend, sizeof result.backend, "%s", selection.backends);
    snprintf(result.devices, sizeof result.devices, "%s", selection.workers[0].name);
    snprintf(result.topology, sizeof result.topology, "%s", selection.topology);
    result.wall_s = outcome.wall_s;
    fc_select_free(&selection);
    fc_scenario_close(&opened);
    fc_scenario_options_free(&options);
    return result;
}

const struct fc_tally_metric *scenario_metric(const struct fc_result *result, int metric)
{
    const struct fc_tally_metric *found = fc_tally_find(&result->tally, metric);
    if (!found)
        fail_msg("metric %d is not in the result", metric);
    return found;
}
