/* own_runs.c: see own_runs.h. */
#include "own_runs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/csv.h"
#include "host/base/read_file.h"
#include "host/base/source.h"
#include "host/calibrate/measurements.h"
#include "host/compile/plan_scenario.h"

enum { MAX_BYTES = 16 << 20, MOST_COLUMNS = 64 };

static int open_plan(struct fc_plan *plan, struct fc_scenario *scenario, const char *name,
                     const struct fc_scenario_options *options, struct fc_error *error)
{
    if (fc_scenario_open(scenario, name, options, error))
        return -1;
    if (fc_plan_read(plan, scenario->settings, scenario->catalog, error)) {
        fc_scenario_close(scenario);
        return -1;
    }
    return 0;
}

int fc_own_runs_stated(struct fc_own_measurements *own, const char *name, struct fc_scenario_options *options,
                       char *const *times, size_t count, struct fc_notes *notes, struct fc_error *error)
{
    struct fc_scenario scenario;
    struct fc_plan plan;
    if (open_plan(&plan, &scenario, name, options, error))
        return -1;
    fc_scenario_notes(&scenario, notes);
    int status = 0;
    for (size_t i = 0; i < count && !status; i++) {
        double seconds, sd_log;
        status = fc_step_time_parse(times[i], &seconds, &sd_log, error);
        if (!status)
            status = fc_own_measurements_add(own, &plan, seconds, sd_log, error);
    }
    fc_scenario_close(&scenario);
    return status;
}

static const char *const paths[][2] = {{"gpus", "cluster.gpus"},
                                       {"gpu", "cluster.gpu"},
                                       {"network", "cluster.network"},
                                       {"model", "training.model"},
                                       {"seq", "training.sequence"},
                                       {"gbs", "training.global_batch"},
                                       {"precision", "training.precision"},
                                       {"software", "training.software"},
                                       {"fused_experts", "training.fused_experts"},
                                       {"tp", "plan.tp"},
                                       {"pp", "plan.pp"},
                                       {"vpp", "plan.vpp"},
                                       {"cp", "plan.cp"},
                                       {"ep", "plan.ep"},
                                       {"mbs", "plan.micro_batch"},
                                       {"recompute", "plan.recompute"},
                                       {"zero", "plan.zero"},
                                       {"cuda_graph", "plan.cuda_graph"},
                                       {"ep_overlap", "plan.overlap_ep"}};

/* The time of one row. */
static int read_time(const struct fc_csv *csv, const char *text, bool tokens, const struct fc_plan *plan,
                     double *seconds, double *sd_log, struct fc_error *error)
{
    double value;
    *sd_log = 0;
    if (!fc_csv_number(csv, text, &value))
        return tokens ? fc_fail(error, FC_BAD_INPUT, "'%.60s' is not a number", text)
                      : fc_step_time_parse(text, seconds, sd_log, error);
    *seconds = tokens ? plan->global_batch * plan->sequence / plan->gpus / value : value;
    return value > 0 ? 0 : fc_fail(error, FC_BAD_INPUT, "'%.60s' is no measurement", text);
}

struct columns {
    char path[MOST_COLUMNS][64]; /* of a scenario; "" where the column is not one */
    int time;
    bool tokens;
};

static int read_header(const struct fc_csv *csv, const char *path, struct columns *c, struct fc_notes *notes,
                       struct fc_error *error)
{
    c->time = -1;
    if (csv->columns > MOST_COLUMNS)
        return fc_fail(error, FC_BAD_INPUT, "%s:%d: the table has %zu columns, more than the %d that are read", path,
                       csv->lines[0], csv->columns, MOST_COLUMNS);
    for (size_t i = 0; i < csv->columns; i++) {
        char name[64];
        fc_column_plain_name(fc_csv_cell(csv, 0, i), name, sizeof name);
        c->path[i][0] = '\0';
        bool step = strcmp(name, "step_time_s") == 0;
        if (step || (strcmp(name, "tokens_per_s_per_gpu") == 0 && c->time < 0)) {
            if (c->time >= 0)
                fc_note(notes, FC_NOTE, "column-not-read", &(struct fc_place){path, csv->lines[0], c->time + 1},
                        "the column '%.60s' is not read: '%.60s' is",
                        fc_csv_cell(csv, 0, (size_t)c->time), fc_csv_cell(csv, 0, i));
            c->time = (int)i;
            c->tokens = !step;
            continue;
        }
        for (size_t k = 0; k < sizeof paths / sizeof paths[0]; k++)
            if (strcmp(name, paths[k][0]) == 0)
                snprintf(c->path[i], sizeof c->path[i], "%s", paths[k][1]);
        if (strchr(name, '.'))
            snprintf(c->path[i], sizeof c->path[i], "%s", name);
        if (!c->path[i][0])
            fc_note(notes, FC_NOTE, "column-not-read", &(struct fc_place){path, csv->lines[0], (int)i + 1},
                    "the column '%.60s' is not read; a scenario's own keys are (plan.tp)",
                    fc_csv_cell(csv, 0, i));
    }
    return c->time >= 0 ? 0
                        : fc_fail(error, FC_BAD_INPUT,
                                  "%s:%d: the table has neither 'step_time_s' nor 'tokens_per_s_per_gpu'",
                                  path, csv->lines[0]);
}

static int read_row(struct fc_own_measurements *own, const struct fc_csv *csv, size_t row,
                    const struct columns *c, const char *name, struct fc_scenario_options *options,
                    struct fc_error *error)
{
    size_t before = options->override_count;
    int status = 0;
    for (size_t i = 0; i < csv->columns && !status; i++) {
        char text[200];
        const char *cell = fc_csv_cell(csv, row, i);
        if (!c->path[i][0] || !*cell)
            continue;
        double number;
        if (fc_csv_number(csv, cell, &number))
            snprintf(text, sizeof text, "%s=%.15g", c->path[i], number);
        else
            snprintf(text, sizeof text, "%s=%.120s", c->path[i], cell);
        if (strcmp(c->path[i], "training.precision") == 0 || strcmp(c->path[i], "plan.recompute") == 0)
            for (char *at = strchr(text, '='); *at; at++)
                *at = (char)tolower((unsigned char)*at);
        status = fc_scenario_add_override(options, text, error);
    }
    struct fc_scenario scenario;
    struct fc_plan plan;
    double seconds, sd_log;
    if (!status)
        status = open_plan(&plan, &scenario, name, options, error);
    if (!status) {
        status = read_time(csv, fc_csv_cell(csv, row, (size_t)c->time), c->tokens, &plan, &seconds, &sd_log,
                           error);
        if (!status)
            status = fc_own_measurements_add(own, &plan, seconds, sd_log, error);
        fc_scenario_close(&scenario);
    }
    while (options->override_count > before)
        free(options->overrides[--options->override_count]);
    return status;
}

int fc_own_runs_table(struct fc_own_measurements *own, const char *name, struct fc_scenario_options *options,
                      const char *path, struct fc_notes *notes, struct fc_error *error)
{
    size_t size;
    char *text, faults[1700] = "";
    struct fc_csv csv;
    struct columns columns;
    int count = 0;
    size_t used = 0;
    if (fc_read_file(path, MAX_BYTES, &text, &size, error))
        return -1;
    int status = fc_csv_read(&csv, path, text, size, error);
    free(text);
    if (status)
        return -1;
    status = read_header(&csv, path, &columns, notes, error);
    for (size_t row = 1; row < csv.rows && !status && count < 100; row++) {
        struct fc_error own_error = {0};
        if (!read_row(own, &csv, row, &columns, name, options, &own_error))
            continue;
        if (count++ < 8 && used + 1 < sizeof faults)
            used += (size_t)snprintf(faults + used, sizeof faults - used, "%s%s:%d: %.160s", used ? "\n" : "",
                                     path, csv.lines[row], own_error.text);
    }
    if (!status && csv.rows < 2)
        status = fc_fail(error, FC_BAD_INPUT, "%s: the table has no row below its header", path);
    fc_csv_free(&csv);
    if (!status && count > 8)
        status = fc_fail(error, FC_BAD_INPUT, "%s\nand %d more", faults, count - 8);
    else if (!status && count)
        status = fc_fail_lines(error, FC_BAD_INPUT, faults);
    return status;
}
