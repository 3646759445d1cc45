/* columns.c: see columns.h. */
#include "columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/format.h"
#include "host/result/metrics.h"
#include "host/result/samples.h"
#include "host/language/special.h"
#include "host/run/worlds.h"
#include "host/result/statistics.h"

void fc_columns_free(struct fc_columns *columns)
{
    free(columns->columns);
    free(columns->inputs);
    free(columns->metrics);
    *columns = (struct fc_columns){0};
}

int fc_columns_make(struct fc_columns *columns, const struct fc_scenario *scenario,
                    const struct fc_program *program, size_t count, float *metrics, struct fc_error *error)
{
    int inputs[FC_INPUT_COUNT], fields[FC_INPUT_COUNT], input_count = 0;
    *columns = (struct fc_columns){.count = count, .metrics = metrics};
    for (int d = 0; d < program->draw_count; d++) {
        int field = fc_driver_field(scenario->settings, program->draws[d].input);
        if (program->draws[d].kind == FC_DRAW_CONSTANT || field < 0)
            continue;
        fields[input_count] = field;
        inputs[input_count++] = program->draws[d].input;
    }
    columns->inputs = fc_analysis_samples(count, input_count, error);
    columns->columns = calloc((size_t)(input_count + program->metric_count + 1), sizeof *columns->columns);
    if (!columns->inputs || !columns->columns) {
        fc_columns_free(columns);
        return fc_fail(error, FC_FAULT, "out of memory for the inputs of %zu worlds", count);
    }
    fc_worlds_inputs(&scenario->compiled, scenario->seed, 0, count, inputs, input_count, columns->inputs);
    for (int k = 0; k < input_count; k++) {
        struct fc_column *c = &columns->columns[columns->column_count++];
        *c = (struct fc_column){.unit = fc_fields[fields[k]].unit,
                                .field = fields[k],
                                .metric = -1,
                                .cap = (double)INFINITY,
                                .values = columns->inputs + (size_t)k * count};
        snprintf(c->name, sizeof c->name, "%s", fc_fields[fields[k]].path);
    }
    for (int r = 0; r < program->metric_count; r++) {
        struct fc_column *c = &columns->columns[columns->column_count++];
        *c = (struct fc_column){.unit = fc_metric_find(program->metrics[r])->unit,
                                .field = -1,
                                .metric = program->metrics[r],
                                .cap = fc_metric_find(program->metrics[r])->cap,
                                .values = metrics + (size_t)r * count};
        fc_metric_name(program->metrics[r], program->contract.run_flop, c->name, sizeof c->name);
    }
    for (int k = 0; k < columns->column_count; k++)
        fc_samples_moments(columns->columns[k].values, count, columns->columns[k].cap, &columns->columns[k].mean,
                           &columns->columns[k].sd);
    return 0;
}

void fc_columns_keep(struct fc_columns *columns, const struct fc_driver *drivers, int count)
{
    int kept = 0;
    for (int k = 0; k < columns->column_count; k++) {
        struct fc_column column = columns->columns[k];
        if (column.metric >= 0 || fc_drivers_hold(drivers, count, fc_fields[column.field].input))
            columns->columns[kept++] = column;
    }
    columns->column_count = kept;
}

const struct fc_column *fc_columns_metric(const struct fc_columns *columns, int metric)
{
    for (int k = 0; k < columns->column_count; k++)
        if (columns->columns[k].metric == metric)
            return &columns->columns[k];
    return NULL;
}

static int by_shift(const void *a, const void *b)
{
    const struct fc_shift *x = a, *y = b;
    int outcome_x = x->column->field < 0, outcome_y = y->column->field < 0;
    if (outcome_x != outcome_y)
        return outcome_x - outcome_y;
    double size_x = isnan(x->shift) ? -1 : fabs(x->shift), size_y = isnan(y->shift) ? -1 : fabs(y->shift);
    if (size_x != size_y)
        return size_x < size_y ? 1 : -1;
    return x->column < y->column ? -1 : x->column > y->column;
}

size_t fc_columns_shifts(const struct fc_columns *columns, const bool *in, struct fc_shift *shifts)
{
    size_t n = 0;
    float *part = malloc((columns->count + 1) * sizeof *part);
    uint32_t *order = malloc((columns->count + 1) * sizeof *order);
    for (size_t i = 0; i < columns->count; i++)
        n += in[i];
    for (int k = 0; k < columns->column_count; k++) {
        const struct fc_column *c = &columns->columns[k];
        shifts[k] = (struct fc_shift){c, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
        if (!part || !order || n == 0)
            continue;
        size_t used = 0;
        double sd;
        for (size_t i = 0; i < columns->count; i++)
            if (in[i])
                part[used++] = c->values[i];
        size_t finite = fc_samples_moments(part, used, c->cap, &shifts[k].mean, &sd);
        if (fc_samples_order(part, used, order) == 0)
            shifts[k].median = (double)part[order[used / 2]];
        if (c->sd > 0 && finite == used) { /* an outcome that may not come at all has no mean there */
            shifts[k].shift = (shifts[k].mean - c->mean) / c->sd;
            shifts[k].error = sd / sqrt((double)finite) / c->sd;
        }
    }
    free(part);
    free(order);
    qsort(shifts, (size_t)columns->column_count, sizeof *shifts, by_shift);
    return n;
}

size_t fc_columns_typical(const struct fc_columns *columns, const bool *in, const struct fc_shift *shifts)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < columns->count; i++) {
        double distance = 0;
        for (int k = 0; in[i] && k < columns->column_count; k++) {
            const struct fc_column *c = shifts[k].column;
            if (!(c->sd > 0) || isnan(shifts[k].mean))
                continue;
            double d = ((double)c->values[i] - shifts[k].mean) / c->sd;
            distance += d * d;
        }
        if (in[i] && distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

int fc_columns_likeliest(const struct fc_columns *columns, const bool *in, size_t *trial, double *distance)
{
    size_t n = columns->count;
    uint32_t *order = malloc((n + 1) * sizeof *order);
    float *rank = malloc((n + 1) * sizeof *rank);
    double *sum = calloc(n + 1, sizeof *sum);
    int status = order && rank && sum ? 0 : -1;
    for (int k = 0; status == 0 && k < columns->column_count; k++) {
        const struct fc_column *c = &columns->columns[k];
        if (c->field < 0 || !(c->sd > 0))
            continue;
        status = fc_samples_order(c->values, n, order);
        if (status)
            break;
        fc_samples_ranks(c->values, order, n, rank);
        for (size_t i = 0; i < n; i++) {
            if (!in[i])
                continue;
            double lower = ((double)rank[i] - 0.5) / (double)n;
            double z = fc_normal_quantile((struct fc_tails){lower, 1 - lower});
            sum[i] += z * z;
        }
    }
    double least = INFINITY;
    *trial = 0;
    for (size_t i = 0; status == 0 && i < n; i++)
        if (in[i] && sum[i] < least) {
            least = sum[i];
            *trial = i;
        }
    *distance = sqrt(least);
    free(order);
    free(rank);
    free(sum);
    return status;
}

void fc_shifts_print(FILE *out, const struct fc_shift *shifts, int count, bool outcomes, int most,
                     const char *where)
{
    struct fc_table table;
    char text[96];
    int rows = 0;
    fc_table_start(&table, 6, 1);
    fc_table_cell(&table, outcomes ? "outcome" : "input");
    fc_table_cell(&table, "mean of all");
    fc_table_cell(&table, "mean %s", where);
    fc_table_cell(&table, "median %s", where);
    fc_table_cell(&table, "shift [sd]");
    fc_table_cell(&table, " ");
    for (int k = 0; k < count && rows < most; k++) {
        const struct fc_column *c = shifts[k].column;
        if ((c->field < 0) != outcomes || !(c->sd > 0) || isnan(shifts[k].shift))
            continue;
        const struct fc_metric_info *info = c->metric >= 0 ? fc_metric_find(c->metric) : NULL;
        struct fc_scale scale =
            info && info->probability ? (struct fc_scale){0.01, "%"} : fc_scale_for(c->unit, fabs(c->mean));
        rows++;
        fc_table_cell(&table, *scale.unit ? "%s [%s]" : "%s", c->name, scale.unit);
        fc_format_number(c->mean / scale.factor, 4, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_number(shifts[k].mean / scale.factor, 4, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_number(shifts[k].median / scale.factor, 4, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        struct fc_scale plain = {1, ""};
        if (shifts[k].error > 0)
            fc_format_figure(shifts[k].shift, shifts[k].error, &plain, text, sizeof text);
        else
            fc_format_number(shifts[k].shift, 3, text, sizeof text);
        fc_table_cell(&table, "%s%s", shifts[k].shift > 0 ? "+" : "", text);
        bool clear = fabs(shifts[k].shift) > FC_Z95 * shifts[k].error;
        fc_table_cell(&table, clear ? " " : "not distinguishable from 0");
    }
    fc_table_print(&table, out, 2);
    fc_table_free(&table);
}

void fc_shifts_write(struct fc_writer *writer, const char *key, const struct fc_shift *shifts, int count)
{
    fc_write_list(writer, key);
    for (int k = 0; k < count; k++) {
        const struct fc_column *c = shifts[k].column;
        fc_write_map(writer, NULL);
        fc_write_text(writer, "name", c->name);
        fc_write_text(writer, "kind", c->field >= 0 ? "input" : "outcome");
        fc_write_text(writer, "unit", c->unit);
        fc_write_number(writer, "mean_all", c->mean);
        fc_write_number(writer, "sd_all", c->sd);
        fc_write_number(writer, "mean", shifts[k].mean);
        fc_write_number(writer, "median", shifts[k].median);
        fc_write_number(writer, "shift", shifts[k].shift);
        fc_write_number(writer, "shift_se", shifts[k].error);
        fc_write_end(writer);
    }
    fc_write_end(writer);
}
