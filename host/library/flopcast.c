/* flopcast.c: see flopcast.h. */
#include "flopcast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/version.h"
#include "host/compile/scenario.h"
#include "host/result/statistics.h"
#include "host/run/run.h"
#include "host/run/select.h"

struct flopcast_scenario {
    struct fc_scenario scenario;
    struct fc_notes notes;
};

struct flopcast_result {
    struct fc_result result;
    struct fc_program program;
    char (*names)[64];
    float *samples; /* metric row r of world first + i at [r * trials + i], or NULL */
    uint64_t first, trials;
};

static flopcast_status failed(const struct fc_error *error, char *message)
{
    if (message)
        snprintf(message, FLOPCAST_MESSAGE, "%s", error->text);
    return error->status == FC_DONE || error->status == FC_ANSWER_NO ? FLOPCAST_FAULT
                                                                      : (flopcast_status)error->status;
}

const char *flopcast_version(void)
{
    return FC_VERSION;
}

int flopcast_model_version(void)
{
    return FC_MODEL_VERSION;
}

/* --- scenarios --- */

static flopcast_status open_scenario(flopcast_scenario **scenario, const char *name, const char *yaml,
                                     const char *const *changes, size_t count, char *message)
{
    struct fc_error error = {0};
    struct fc_scenario_options options = {.text = yaml};
    flopcast_scenario *s = calloc(1, sizeof *s);
    *scenario = NULL;
    int status = s ? 0 : fc_fail(&error, FC_FAULT, "out of memory for the scenario");
    for (size_t i = 0; !status && i < count; i++)
        status = fc_scenario_add_override(&options, changes[i], &error);
    if (!status)
        status = fc_scenario_open(&s->scenario, name, &options, &error);
    fc_scenario_options_free(&options);
    if (status) {
        free(s);
        return failed(&error, message);
    }
    fc_scenario_notes(&s->scenario, &s->notes);
    *scenario = s;
    return FLOPCAST_DONE;
}

flopcast_status flopcast_open(flopcast_scenario **scenario, const char *path_or_name, const char *const *changes,
                              size_t count, char *message)
{
    return open_scenario(scenario, path_or_name, NULL, changes, count, message);
}

flopcast_status flopcast_open_text(flopcast_scenario **scenario, const char *name, const char *yaml,
                                   const char *const *changes, size_t count, char *message)
{
    return open_scenario(scenario, name, yaml, changes, count, message);
}

void flopcast_close(flopcast_scenario *scenario)
{
    if (!scenario)
        return;
    fc_notes_free(&scenario->notes);
    fc_scenario_close(&scenario->scenario);
    free(scenario);
}

const char *flopcast_scenario_name(const flopcast_scenario *scenario)
{
    return scenario->scenario.name;
}

const char *flopcast_note(const flopcast_scenario *scenario, size_t index)
{
    return index < scenario->notes.count ? scenario->notes.list[index].text : NULL;
}

/* --- runs --- */

static int keep_samples(void *context, uint64_t first, uint64_t count, const float *samples)
{
    flopcast_result *r = context;
    uint64_t at = first - r->first;
    for (int row = 0; row < r->program.metric_count; row++)
        memcpy(r->samples + (uint64_t)row * r->trials + at, samples + (uint64_t)row * count,
               count * sizeof *samples);
    return 0;
}

/* The names of the metrics, and room for the samples where they are wanted. */
static int make_room(flopcast_result *r, bool samples, struct fc_error *error)
{
    size_t metrics = (size_t)r->program.metric_count;
    r->names = calloc(metrics + 1, sizeof *r->names);
    if (samples && r->trials < SIZE_MAX / sizeof(float) / (metrics + 1))
        r->samples = malloc(metrics * (size_t)r->trials * sizeof *r->samples + 1);
    if (!r->names || (samples && !r->samples))
        return fc_fail(error, FC_FAULT, "out of memory for the samples of %llu worlds",
                       (unsigned long long)r->trials);
    for (size_t i = 0; i < metrics; i++)
        fc_metric_name(r->program.metrics[i], r->program.contract.run_flop, r->names[i], sizeof r->names[i]);
    return 0;
}

static int simulate(flopcast_result *r, const struct fc_scenario *scenario, const flopcast_options *options,
                    struct fc_error *error)
{
    struct fc_select_request wish = {.backends = options->backend, .device = -1, .threads = options->threads};
    struct fc_selection selection = {0};
    struct fc_run_outcome outcome = {0};
    double start = fc_clock_s();
    if (fc_select(&selection, &wish, error))
        return -1;
    struct fc_run_request request = {
        .job = {&r->program, scenario->compiled.tables, scenario->compiled.table_floats, r->result.seed},
        .host = selection.host,
        .first = r->first,
        .count = r->trials,
        .workers = selection.workers,
        .worker_count = selection.worker_count,
        .sink = r->samples ? keep_samples : NULL,
        .context = r,
    };
    int status = fc_run(&request, &r->result.tally, &outcome, error);
    snprintf(r->result.backend, sizeof r->result.backend, "%s", selection.backends);
    snprintf(r->result.topology, sizeof r->result.topology, "%s", selection.topology);
    r->result.wall_s = fc_clock_s() - start;
    if (!outcome.abandoned) /* else a driver's thread still uses it */
        fc_select_free(&selection);
    return status;
}

flopcast_status flopcast_run(flopcast_result **result, const flopcast_scenario *scenario,
                             const flopcast_options *options, char *message)
{
    static const flopcast_options none;
    const struct fc_scenario *s = &scenario->scenario;
    struct fc_error error = {0};
    flopcast_result *r = calloc(1, sizeof *r);
    *result = NULL;
    options = options ? options : &none;
    int status = r ? 0 : fc_fail(&error, FC_FAULT, "out of memory for the result");
    if (!status) {
        r->program = s->compiled.program;
        r->first = options->first;
        r->trials = options->trials ? options->trials : s->trials;
        status = fc_scenario_start_result(s, &r->result, &error);
    }
    if (!status && options->has_seed)
        r->result.seed = options->seed;
    if (!status)
        r->result.trials_asked = r->first + r->trials;
    if (!status)
        status = make_room(r, options->keep_samples != 0, &error);
    if (!status)
        status = simulate(r, s, options, &error);
    if (status) {
        flopcast_result_free(r);
        return failed(&error, message);
    }
    *result = r;
    return FLOPCAST_DONE;
}

void flopcast_result_free(flopcast_result *result)
{
    if (!result)
        return;
    fc_result_free(&result->result);
    free(result->names);
    free(result->samples);
    free(result);
}

uint64_t flopcast_trials(const flopcast_result *result)
{
    return fc_tally_trials(&result->result.tally);
}

uint64_t flopcast_digest(const flopcast_result *result)
{
    return fc_tally_digest(&result->result.tally, result->result.seed);
}

char *flopcast_json(const flopcast_result *result)
{
    struct fc_error error;
    return fc_result_json(&result->result, &error);
}

void flopcast_free(void *text)
{
    free(text);
}

/* --- metrics --- */

static bool there_is(const flopcast_result *result, int metric)
{
    return metric >= 0 && metric < result->program.metric_count;
}

static const struct fc_metric_info *info_of(const flopcast_result *result, int metric)
{
    return there_is(result, metric) ? fc_metric_find(result->program.metrics[metric]) : NULL;
}

size_t flopcast_metrics(const flopcast_result *result)
{
    return (size_t)result->program.metric_count;
}

int flopcast_metric(const flopcast_result *result, const char *name)
{
    for (int i = 0; i < result->program.metric_count; i++)
        if (strcmp(result->names[i], name) == 0)
            return i;
    return -1;
}

const char *flopcast_metric_name(const flopcast_result *result, int metric)
{
    return there_is(result, metric) ? result->names[metric] : NULL;
}

const char *flopcast_metric_unit(const flopcast_result *result, int metric)
{
    const struct fc_metric_info *info = info_of(result, metric);
    return info ? info->unit : NULL;
}

const char *flopcast_metric_what(const flopcast_result *result, int metric)
{
    const struct fc_metric_info *info = info_of(result, metric);
    return info ? info->what : NULL;
}

int flopcast_metric_worst_is_high(const flopcast_result *result, int metric)
{
    return there_is(result, metric) &&
           fc_metric_worst_is_high(result->program.metrics[metric], fc_metric_fixed(&result->program));
}

int flopcast_metric_is_chance(const flopcast_result *result, int metric)
{
    const struct fc_metric_info *info = info_of(result, metric);
    return info && info->probability;
}

/* --- figures --- */

static const flopcast_figure nothing = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};

static const struct fc_tally_metric *tally_of(const flopcast_result *result, int metric)
{
    return there_is(result, metric) ? fc_tally_find(&result->result.tally, result->program.metrics[metric]) : NULL;
}

static flopcast_figure figure(struct fc_estimate e)
{
    return (flopcast_figure){e.refused ? (double)NAN : e.value, e.error, (double)NAN, (double)NAN};
}

flopcast_figure flopcast_mean(const flopcast_result *result, int metric)
{
    const struct fc_tally_metric *m = tally_of(result, metric);
    return m ? figure(fc_statistics_mean(m)) : nothing;
}

flopcast_figure flopcast_sd(const flopcast_result *result, int metric)
{
    const struct fc_tally_metric *m = tally_of(result, metric);
    return m ? figure(fc_statistics_sd(m)) : nothing;
}

flopcast_figure flopcast_quantile(const flopcast_result *result, int metric, double p)
{
    const struct fc_tally_metric *m = tally_of(result, metric);
    return m && p > 0 && p < 1 ? figure(fc_statistics_quantile(m, p)) : nothing;
}

flopcast_figure flopcast_tail(const flopcast_result *result, int metric, double share)
{
    const struct fc_tally_metric *m = tally_of(result, metric);
    return m && share > 0 && share < 1
               ? figure(fc_statistics_cvar(m, share, flopcast_metric_worst_is_high(result, metric)))
               : nothing;
}

flopcast_figure flopcast_chance(const flopcast_result *result, int metric)
{
    const struct fc_tally_metric *m = tally_of(result, metric);
    flopcast_figure f = nothing;
    if (m && flopcast_metric_is_chance(result, metric)) {
        double n = (double)fc_statistics_worlds(m);
        fc_statistics_probability(m, &f.value, &f.lo, &f.hi);
        f.error = n > 0 ? sqrt(f.value * (1 - f.value) / n) : (double)NAN;
    }
    return f;
}

size_t flopcast_samples(const flopcast_result *result, int metric, float *values, size_t count)
{
    if (!result->samples || !there_is(result, metric))
        return 0;
    size_t n = count < result->trials ? count : (size_t)result->trials;
    const float *from = result->samples + (uint64_t)metric * result->trials;
    for (size_t i = 0; i < n; i++)
        values[i] = isfinite(from[i]) ? from[i] : NAN;
    return n;
}
