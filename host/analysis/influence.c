/* influence.c: see influence.h. */
#include "influence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "host/base/order.h"
#include "host/result/samples.h"

int fc_headline_metric(const struct fc_program *program)
{
    static const int wanted[] = {FC_M_NPV_USD,  FC_M_RUN_COST_USD,    FC_M_USEFUL_FLOP,
                                 FC_M_COST_USD, FC_M_WALL_CLOCK_DAYS, FC_M_STEP_TIME_S};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (program->metric_row[wanted[i]] >= 0)
            return wanted[i];
    return program->metrics[0];
}

/* The rank correlation of things that have nothing to do with one another has a deviation of 1 / sqrt(worlds); among fifty inputs
 * one beyond 3.3 of them is met in one run of twenty. */
#define CHANCE 3.3

static int by_rank(const void *a, const void *b)
{
    const struct fc_influence *x = a, *y = b;
    double left = isnan(x->rank) ? 0 : fabs(x->rank), right = isnan(y->rank) ? 0 : fabs(y->rank);
    return left < right ? 1 : left > right ? -1 : x->field - y->field;
}

/* The median of values[order[from ... from + count - 1]]. */
static double median_of(const float *values, const uint32_t *order, size_t from, size_t count, float *scratch)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = values[order[from + i]];
    qsort(scratch, count, sizeof *scratch, fc_by_float);
    return (double)scratch[count / 2];
}

int fc_influences(const struct fc_scenario *scenario, const struct fc_selection *selection, uint64_t worlds,
                  int metric, struct fc_influence *influences, struct fc_error *error)
{
    struct fc_analysis analysis = {.selection = *selection, .quiet = true, .warned = true};
    struct fc_columns columns = {0};
    struct fc_compiled *compiled = malloc(sizeof *compiled);
    float *samples = fc_analysis_samples(worlds, 1, error);
    size_t n = (size_t)worlds;
    uint32_t *order = malloc((n + 1) * sizeof *order), *sorted = malloc((n + 1) * sizeof *sorted);
    float *ranks = malloc(2 * (n + 1) * sizeof *ranks);
    int count = -1;
    if (!compiled || !samples || !order || !sorted || !ranks) {
        free(samples);
        fc_fail(error, FC_FAULT, "out of memory while estimating influences");
        goto out;
    }
    *compiled = scenario->compiled;
    compiled->program.shifts = 0; /* plain worlds, whatever the run has: ranks need no error */
    fc_analysis_keep(&compiled->program, &metric, 1);
    fc_progress_start(&analysis.line, "trials", true);
    if (fc_analysis_run(&analysis, compiled, scenario->seed, 0, worlds, NULL, samples, error)) {
        free(samples);
        goto out;
    }
    if (fc_columns_make(&columns, scenario, &compiled->program, n, samples, error))
        goto out;
    const float *base = fc_columns_metric(&columns, metric)->values;
    if (fc_samples_order(base, n, sorted)) {
        fc_fail(error, FC_FAULT, "out of memory while estimating influences");
        goto out;
    }
    fc_samples_ranks(base, sorted, n, ranks);
    double middle = (double)base[sorted[n / 2]];
    count = 0;
    for (int k = 0; k < columns.column_count; k++) {
        const struct fc_column *c = &columns.columns[k];
        if (c->field < 0 || !(c->sd > 0))
            continue;
        if (fc_samples_order(c->values, n, order)) {
            count = fc_fail(error, FC_FAULT, "out of memory while estimating influences");
            goto out;
        }
        fc_samples_ranks(c->values, order, n, ranks + n);
        double low = median_of(base, order, 0, n / 5, ranks + 2 * n - n / 5);
        fc_samples_ranks(c->values, order, n, ranks + n);
        struct fc_influence *i = &influences[count++];
        i->field = c->field;
        i->rank = fc_samples_correlation(ranks, ranks + n, n);
        double high = median_of(base, order, n - n / 5, n / 5, ranks + n);
        i->change = middle != 0 && isfinite(middle) ? (high - low) / fabs(middle) : (double)NAN;
        if (isfinite(high) != isfinite(low))
            i->change = high > low ? INFINITY : -INFINITY;
    }
    qsort(influences, (size_t)count, sizeof *influences, by_rank);
    while (count > 0 && !(fabs(influences[count - 1].rank) > CHANCE / sqrt((double)n)))
        count--;
out:
    fc_columns_free(&columns);
    free(compiled);
    free(order);
    free(sorted);
    free(ranks);
    return count;
}
