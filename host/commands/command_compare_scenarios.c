/* command_compare_scenarios.c: the part of `flopcast compare` that simulates scenarios. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/terminal.h"
#include "host/report/compare_table.h"
#include "host/report/outputs.h"
#include "host/report/report.h"

enum { OPTION_OF = FC_ANALYSIS_OWN, OPTION_SORT, OPTION_TAIL, OF_MAX = 32 };

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *of[OF_MAX];
    int of_count;
    bool by_change;
    double tail;
};

static int take(struct options *o, int option, struct fc_error *error)
{
    if (option == OPTION_SORT) {
        o->by_change = strcmp(optarg, "change") == 0;
        if (!o->by_change && strcmp(optarg, "table") != 0)
            return fc_fail(error, FC_BAD_INPUT, "--sort '%.40s' is not one of change, table", optarg);
        return 0;
    }
    if (option == OPTION_TAIL)
        return fc_report_read_tail(optarg, &o->tail, error);
    if (o->of_count == OF_MAX)
        return fc_fail(error, FC_BAD_INPUT, "too many --of; at most %d", (int)OF_MAX);
    o->of[o->of_count++] = optarg;
    return 0;
}

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    static const struct option own[] = {{"of", required_argument, NULL, OPTION_OF},
                                        {"sort", required_argument, NULL, OPTION_SORT},
                                        {"tail", required_argument, NULL, OPTION_TAIL},
                                        {NULL, 0, NULL, 0}};
    int option;
    while ((option = fc_analysis_next(&o->shared, "compare", argc, argv, own, error)) >= FC_ANALYSIS_OWN)
        if (take(o, option, error))
            return -1;
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (argc - optind < 2 || argc - optind > FC_SIDES)
        return fc_fail(error, FC_BAD_INPUT, "compare takes two to %d scenarios or two result files, not %d",
                       (int)FC_SIDES, argc - optind);
    for (int i = optind; i < argc; i++)
        if (strcmp(argv[i], "-") != 0 && !fc_compare_is_scenario(argv[i]))
            return fc_fail(error, FC_BAD_INPUT,
                           "%s is not a scenario, but the other%s; compare two scenarios or two results",
                           argv[i], argc - optind == 2 ? " is" : "s are");
    return fc_outputs_take(&o->outputs, o->shared.output, o->shared.report, 0, error);
}

static int compare(struct options *o, char **paths, int count, struct fc_error *error)
{
    struct fc_sides *sides = calloc(1, sizeof *sides); /* large */
    struct fc_analysis analysis = {0};
    bool opened = false;
    int status = -1;
    if (!sides)
        return fc_fail(error, FC_FAULT, "out of memory while comparing");
    if (fc_sides_open(sides, (const char *const *)paths, count, o->of, o->of_count, &o->shared, error))
        goto out;
    for (int side = 0; side < count; side++)
        fc_scenario_print_notes(&sides->scenario[side], stderr, o->shared.quiet);
    if (fc_outputs_open(&o->outputs, error) ||
        fc_analysis_open(&analysis, &o->shared, (uint64_t)count * sides->trials, error))
        goto out;
    opened = true;
    sides->tail = o->tail;
    if (fc_sides_run(sides, &analysis, error))
        goto out;
    fc_progress_end(&analysis.line);
    if (o->by_change)
        fc_sides_sort_by_change(sides);
    if (o->shared.json || fc_outputs_any(&o->outputs)) {
        analysis.json = fc_outputs_begin(&o->outputs, error);
        if (!analysis.json || fc_outputs_end(&o->outputs, fc_compare_print_json(&analysis, sides, error) != 0,
                                             o->shared.json, error))
            goto out;
    }
    status = 0;
    if (fc_outputs_leave_room(&o->outputs, o->shared.json)) {
        fc_fold_start();
        fc_compare_print(stdout, sides, fc_terminal_width());
        fc_analysis_foot(stdout, &analysis);
    }
out:
    fc_sides_free(sides);
    if (opened)
        fc_analysis_close(&analysis);
    free(sides);
    return status;
}

int fc_command_compare_scenarios(int argc, char **argv, const char *help)
{
    struct options o = {.shared.wish.device = -1};
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == FC_ANALYSIS_HELP) {
        fc_help_print(help, fc_analysis_help);
        status = 0;
    } else if (status == 0) {
        status = compare(&o, argv + optind, argc - optind, &error);
    }
    fc_outputs_close(&o.outputs);
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}
