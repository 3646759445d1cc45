/* explain.c: see explain.h. */
#include "explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/result/metrics.h"
#include "host/result/samples.h"

enum { LEAST_BAR = 1000, LEAST_INDEX = 1000, PILOT = 256, ENOUGH_BEYOND = 50 };

#define ROUNDING 1e-6 /* relative: what rounding alone may change in a float */

uint64_t fc_explain_tornado_trials(uint64_t trials, int parts)
{
    uint64_t each = parts > 0 ? trials / (2 * (uint64_t)parts) : trials;
    each = each < LEAST_BAR ? LEAST_BAR : each;
    return each < trials ? each : trials;
}

uint64_t fc_explain_index_trials(uint64_t trials, int parts)
{
    uint64_t each = 2 * trials / (uint64_t)(parts + 1);
    each = each < LEAST_INDEX ? LEAST_INDEX : each;
    return each < trials ? each : trials;
}

static double median(const float *values, size_t count, uint32_t *order)
{
    if (count == 0 || fc_samples_order(values, count, order))
        return (double)NAN;
    return 0.5 * ((double)values[order[(count - 1) / 2]] + (double)values[order[count / 2]]);
}

/* Whether a driver leaves the simulated runs as they are: then those of the main run serve. */
static bool leaves_runs(const struct fc_driver *driver)
{
    bool leaves = !driver->chance;
    for (int i = 0; i < driver->count; i++)
        leaves = leaves && driver->inputs[i] >= FC_IN_CONTRACT_FIRST;
    return leaves;
}

/* Runs the scenario with one draw held at a value; the metric goes to out[worlds]. */
static int run_held(struct fc_explain *e, int draw, double value, uint64_t worlds, float *out,
                    struct fc_error *error)
{
    struct fc_compiled *held = malloc(sizeof *held);
    if (!held)
        return fc_fail(error, FC_FAULT, "out of memory while starting the run");
    *held = e->scenario->compiled;
    held->program.draws[draw].kind = FC_DRAW_CONSTANT;
    held->program.draws[draw].value = (float)value;
    fc_analysis_keep(&held->program, &e->metric, 1);
    e->analysis->same_runs = held->program.draws[draw].input >= FC_IN_CONTRACT_FIRST;
    int status = fc_analysis_run(e->analysis, held, e->scenario->seed, 0, worlds, NULL, out, error);
    free(held);
    return status;
}

static int rank_correlation(const struct fc_explain *e, const float *values, double *r)
{
    size_t n = e->columns.count;
    uint32_t *order = malloc(n * sizeof *order);
    float *ranks = malloc(2 * n * sizeof *ranks);
    int status = order && ranks ? 0 : -1;
    if (status == 0 && (status = fc_samples_order(values, n, order)) == 0)
        fc_samples_ranks(values, order, n, ranks);
    if (status == 0 && (status = fc_samples_order(e->base, n, order)) == 0)
        fc_samples_ranks(e->base, order, n, ranks + n);
    *r = status == 0 ? fc_samples_correlation(ranks, ranks + n, n) : (double)NAN;
    free(order);
    free(ranks);
    return status;
}

/* The bar of something that cannot be held: worlds within 2.5 % of its P5 and of its P95. */
static int conditional_bar(const struct fc_explain *e, const struct fc_column *column, struct fc_bar *bar)
{
    size_t n = e->columns.count, window = n / 20;
    double cap = fc_metric_find(e->metric)->cap;
    uint32_t *order = malloc(n * sizeof *order);
    float *part = malloc((window + 1) * sizeof *part);
    int status = -1;
    if (order && part && fc_samples_order(column->values, n, order) == 0) {
        double means[2], sds[2], medians[2];
        uint32_t *scratch = malloc((window + 1) * sizeof *scratch);
        for (int end = 0; scratch && end < 2; end++) {
            size_t from = end ? n - n / 40 - window : n / 40;
            for (size_t i = 0; i < window; i++)
                part[i] = e->base[order[from + i]];
            if (fc_samples_moments(part, window, cap, &means[end], &sds[end]) < window)
                means[end] = sds[end] = (double)NAN;
            medians[end] = median(part, window, scratch);
        }
        if (scratch) {
            bar->low = (double)column->values[order[n / 20]];
            bar->high = (double)column->values[order[n - 1 - n / 20]];
            bar->mean_low = means[0];
            bar->mean_high = means[1];
            bar->median_low = medians[0];
            bar->median_high = medians[1];
            bar->swing = means[1] - means[0];
            bar->swing_error = sqrt((sds[0] * sds[0] + sds[1] * sds[1]) / (double)window);
            bar->conditional = true;
            status = 0;
        }
        free(scratch);
    }
    free(order);
    free(part);
    return status;
}

/* By the swing of the mean; where some worlds have no value and there is no mean, by the rank correlation. */
static int by_swing(const void *a, const void *b)
{
    const struct fc_bar *first = a, *second = b;
    bool means = !isnan(first->swing) && !isnan(second->swing);
    double x = fabs(means ? first->swing : first->rank_correlation);
    double y = fabs(means ? second->swing : second->rank_correlation);
    x = isnan(x) ? -1 : x;
    y = isnan(y) ? -1 : y;
    return x < y ? 1 : x > y ? -1 : 0;
}

int fc_explain_active(struct fc_explain *e, struct fc_driver *drivers, int count, struct fc_error *error)
{
    uint64_t worlds = e->trials < PILOT ? e->trials : PILOT;
    float changed[PILOT];
    int active = 0, status = 0;
    struct fc_compiled *frozen = malloc(sizeof *frozen);
    if (!frozen)
        return fc_fail(error, FC_FAULT, "out of memory while starting the run");
    *frozen = e->scenario->compiled;
    fc_analysis_keep(&frozen->program, &e->metric, 1);
    for (int k = 0; status == 0 && k < count; k++) {
        uint64_t first = 0;
        fc_driver_alternate(&drivers[k], &frozen->program, &first);
        e->analysis->same_runs = leaves_runs(&drivers[k]);
        status = fc_analysis_run(e->analysis, frozen, e->scenario->seed, first, worlds, NULL, changed, error);
        bool does = false;
        for (uint64_t i = 0; status == 0 && i < worlds; i++)
            does = does || (isfinite(e->base[i]) ? fabs((double)changed[i] - (double)e->base[i]) >
                                                       ROUNDING * fabs((double)e->base[i])
                                                 : isfinite(changed[i]));
        if (does) {
            struct fc_driver swap = drivers[active];
            drivers[active++] = drivers[k];
            drivers[k] = swap;
        }
    }
    free(frozen);
    return status ? -1 : active;
}

int fc_explain_tornado(struct fc_explain *e, const struct fc_driver *drivers, int driver_count,
                       struct fc_bar *bars, uint64_t *worlds, struct fc_error *error)
{
    const struct fc_program *program = &e->scenario->compiled.program;
    const struct fc_settings *settings = e->scenario->settings;
    int parts = 0, count = 0, status = 0;
    double cap = fc_metric_find(e->metric)->cap;
    for (int d = 0; d < program->draw_count; d++)
        parts += program->draws[d].kind != FC_DRAW_CONSTANT &&
                 fc_driver_field(settings, program->draws[d].input) >= 0 &&
                 fc_drivers_hold(drivers, driver_count, program->draws[d].input);
    *worlds = fc_explain_tornado_trials(e->trials, parts);
    size_t n = (size_t)*worlds;
    float *ends = malloc(2 * n * sizeof *ends);
    uint32_t *order = malloc(n * sizeof *order);
    if (!ends || !order)
        status = fc_fail(error, FC_FAULT, "out of memory for the tornado");
    for (int d = 0; status == 0 && d < program->draw_count; d++) {
        int field = fc_driver_field(settings, program->draws[d].input);
        if (program->draws[d].kind == FC_DRAW_CONSTANT || field < 0 ||
            !fc_drivers_hold(drivers, driver_count, program->draws[d].input))
            continue;
        struct fc_bar *bar = &bars[count];
        *bar = (struct fc_bar){.unit = fc_fields[field].unit};
        snprintf(bar->name, sizeof bar->name, "%s", fc_fields[field].path);
        const struct fc_distribution *distribution = settings->fields[field].distribution;
        bar->low = fc_distribution_quantile(distribution, 0.05, 0.95);
        bar->high = fc_distribution_quantile(distribution, 0.95, 0.05);
        if (run_held(e, d, bar->low, *worlds, ends, error) ||
            run_held(e, d, bar->high, *worlds, ends + n, error)) {
            status = -1;
            break;
        }
        double sd;
        struct fc_paired swing = fc_samples_paired(ends, ends + n, n, cap);
        bar->swing = swing.mean;
        bar->swing_error = swing.error;
        if (fc_samples_moments(ends, n, cap, &bar->mean_low, &sd) < n)
            bar->mean_low = (double)NAN; /* of some worlds alone it would mislead: the medians say it */
        if (fc_samples_moments(ends + n, n, cap, &bar->mean_high, &sd) < n)
            bar->mean_high = (double)NAN;
        bar->median_low = median(ends, n, order);
        bar->median_high = median(ends + n, n, order);
        for (int k = 0; k < e->columns.column_count; k++)
            if (e->columns.columns[k].field == field)
                rank_correlation(e, e->columns.columns[k].values, &bar->rank_correlation);
        count++;
    }
    /* the calibrated factors of the step act through its time */
    const struct fc_column *step = fc_columns_metric(&e->columns, FC_M_STEP_TIME_S);
    if (status == 0 && step && step->sd > 0 && e->metric != FC_M_STEP_TIME_S && e->columns.count >= 2000) {
        bars[count] = (struct fc_bar){.unit = "s"};
        snprintf(bars[count].name, sizeof bars[count].name, "step_time_s (efficiency)");
        if (conditional_bar(e, step, &bars[count]) == 0) {
            rank_correlation(e, step->values, &bars[count].rank_correlation);
            count++;
        }
    }
    free(ends);
    free(order);
    if (status)
        return -1;
    qsort(bars, (size_t)count, sizeof *bars, by_swing);
    return count;
}

int fc_explain_indices(struct fc_explain *e, const struct fc_driver *drivers, int count,
                       struct fc_sobol *indices, uint64_t *worlds, struct fc_error *error)
{
    *worlds = fc_explain_index_trials(e->trials, count);
    size_t n = (size_t)*worlds;
    float *b = malloc(2 * n * sizeof *b), *c = b ? b + n : NULL;
    struct fc_compiled *frozen = malloc(sizeof *frozen);
    int status = b && frozen ? 0 : fc_fail(error, FC_FAULT, "out of memory for the indices");
    if (status == 0) {
        *frozen = e->scenario->compiled;
        fc_analysis_keep(&frozen->program, &e->metric, 1);
        status = fc_analysis_run(e->analysis, frozen, e->scenario->seed, (uint64_t)1 << FC_TWIN_BIT, *worlds,
                                 NULL, b, error);
    }
    for (int k = 0; status == 0 && k < count; k++) {
        uint64_t first = 0;
        fc_driver_alternate(&drivers[k], &frozen->program, &first);
        e->analysis->same_runs = leaves_runs(&drivers[k]);
        status = fc_analysis_run(e->analysis, frozen, e->scenario->seed, first, *worlds, NULL, c, error);
        if (status == 0)
            indices[k] = fc_sobol_estimate(e->base, b, c, n, fc_metric_find(e->metric)->cap);
    }
    free(b);
    free(frozen);
    return status;
}

int fc_explain_worst(const struct fc_explain *e, bool *in, double *limit, struct fc_error *error)
{
    size_t n = e->columns.count, wanted = n / 20;
    bool high = fc_metric_worst_is_high(e->metric, fc_metric_fixed(&e->scenario->compiled.program));
    uint32_t *order = malloc((n + 1) * sizeof *order);
    if (wanted < ENOUGH_BEYOND) {
        free(order);
        return fc_fail(error, FC_BAD_INPUT,
                       "the worst 5 %% of %zu worlds are too few to describe; use -n %d or more", n,
                       20 * ENOUGH_BEYOND);
    }
    if (!order || fc_samples_order(e->base, n, order)) {
        free(order);
        return fc_fail(error, FC_FAULT, "out of memory while sorting %zu worlds", n);
    }
    memset(in, 0, n * sizeof *in);
    for (size_t i = 0; i < wanted; i++)
        in[order[high ? n - 1 - i : i]] = true;
    *limit = (double)e->base[order[high ? n - wanted : wanted - 1]];
    for (size_t i = 0; !isfinite(*limit) && i < n; i++) /* more than 5 % have no value: those are the worst */
        in[i] = !isfinite(e->base[i]);
    free(order);
    return 0;
}
