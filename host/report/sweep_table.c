/* sweep_table.c: see sweep_table.h. */
#include "sweep_table.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/base/format.h"
#include "host/base/table.h"

/* `conditional`: a mean, which is of the worlds that have a value alone and names their share. */
static void estimate_cell(struct fc_table *table, struct fc_estimate e, const struct fc_scale *scale,
                          bool conditional)
{
    char text[128];
    fc_format_figure(e.value, e.error, scale, text, sizeof text);
    if (conditional && e.share < 1 && isfinite(e.value))
        snprintf(text + strlen(text), 32, " of %.3g %%", 100 * e.share);
    fc_table_cell(table, "%s", text);
}

/* "+1.2 ±0.1", or nothing for the first row. */
static void difference_cell(struct fc_table *table, bool first, double difference, double error,
                            const struct fc_scale *scale)
{
    char text[96];
    if (first) {
        fc_table_cell(table, "-");
        return;
    }
    fc_format_figure(difference, error, scale, text, sizeof text);
    fc_table_cell(table, "%s%s", difference > 0 && isfinite(difference) ? "+" : "", text);
}

static void print_figures(const struct fc_range *range, const struct fc_sweep_row *rows,
                          const struct fc_program *program, int r)
{
    int metric = program->metrics[r];
    const struct fc_metric_info *info = fc_metric_find(metric);
    char name[64];
    fc_metric_name(metric, program->contract.run_flop, name, sizeof name);
    double size = 0;
    for (size_t i = 0; i < range->count; i++)
        size = fmax(size, fabs(fc_statistics_plain_mean(&rows[i].tally.metrics[r])));
    struct fc_scale scale = fc_scale_for(info->unit, size);
    struct fc_table table;
    if (info->probability) {
        struct fc_scale percent = {0.01, "%"};
        fc_table_start(&table, 4, 1);
        fc_table_cell(&table, "%s", range->path);
        fc_table_cell(&table, "P(%s) %%", name);
        fc_table_cell(&table, "95 %% interval");
        fc_table_cell(&table, "change");
        for (size_t i = 0; i < range->count; i++) {
            double p, lo, hi;
            fc_statistics_probability(&rows[i].tally.metrics[r], &p, &lo, &hi);
            fc_table_cell(&table, "%s", range->values[i]);
            fc_table_cell(&table, "%.2f", 100 * p);
            fc_table_cell(&table, "%.2f to %.2f", 100 * lo, 100 * hi);
            difference_cell(&table, i == 0, rows[i].paired[r].mean, rows[i].paired[r].error, &percent);
        }
        fc_table_print(&table, stdout, 0);
        fc_table_free(&table);
        return;
    }
    const char *heads[] = {"mean", "P5", "P50", "P95", "worst 5 %", "change of mean", "change of P95"};
    printf(*scale.unit ? "%s [%s]\n" : "%s\n", name, scale.unit);
    fc_table_start(&table, 8, 1);
    fc_table_cell(&table, "%s", range->path);
    for (int c = 0; c < 7; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (size_t i = 0; i < range->count; i++) {
        const struct fc_tally_metric *m = &rows[i].tally.metrics[r];
        fc_table_cell(&table, "%s", range->values[i]);
        estimate_cell(&table, fc_statistics_mean(m), &scale, true);
        estimate_cell(&table, fc_statistics_quantile(m, 0.05), &scale, false);
        estimate_cell(&table, fc_statistics_quantile(m, 0.5), &scale, false);
        estimate_cell(&table, fc_statistics_quantile(m, 0.95), &scale, false);
        estimate_cell(
            &table, fc_statistics_cvar(m, 0.05, fc_metric_worst_is_high(m->metric, fc_metric_fixed(program))),
            &scale, false);
        difference_cell(&table, i == 0, rows[i].paired[r].mean, rows[i].paired[r].error, &scale);
        bool same = rows[i].paired[r].mean == 0 && rows[i].paired[r].error == 0;
        difference_cell(&table, i == 0, same ? 0 : rows[i].p95_difference[r], same ? 0 : rows[i].p95_error[r],
                        &scale);
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
}

static void print_regret(const struct fc_range *range, const struct fc_sweep_row *rows,
                         const struct fc_program *program, int r)
{
    const struct fc_metric_info *info = fc_metric_find(program->metrics[r]);
    const char *heads[] = {"best in %", "mean regret", "P95 of it"};
    double size = 0;
    for (size_t i = 0; i < range->count; i++)
        size = fmax(size, rows[i].regret[r].mean);
    struct fc_scale scale = fc_scale_for(info->unit, size), percent = {0.01, "%"};
    struct fc_table table;
    char text[96];
    printf(*scale.unit ? "  world by world, regret against the best of them [%s]\n"
                       : "  world by world, regret against the best of them\n",
           scale.unit);
    fc_table_start(&table, 4, 1);
    fc_table_cell(&table, "%s", range->path);
    for (int c = 0; c < 3; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (size_t i = 0; i < range->count; i++) {
        const struct fc_regret *regret = &rows[i].regret[r];
        fc_table_cell(&table, "%s", range->values[i]);
        fc_format_figure(regret->best, regret->best_error, &percent, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_figure(regret->mean, regret->error, &scale, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_number(regret->p95 / scale.factor, 4, text, sizeof text);
        fc_table_cell(&table, "%s", text);
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
}

void fc_sweep_print_metric(const struct fc_range *range, const struct fc_sweep_row *rows,
                           const struct fc_program *program, int r)
{
    print_figures(range, rows, program, r);
    if (rows[0].regret && !fc_metric_find(program->metrics[r])->probability)
        print_regret(range, rows, program, r);
    putchar('\n');
}

int fc_sweep_print_json(const struct fc_analysis *analysis, const struct fc_scenario *scenario,
                        uint64_t trials, const struct fc_range *range, const struct fc_sweep_row *rows,
                        const struct fc_sweep_left *left, size_t left_count, const struct fc_program *program,
                        bool headline_only, struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_analysis_write_start(&w, "sweep", analysis, scenario, trials, error))
        return -1;
    fc_write_text(w, "path", range->path);
    fc_write_list(w, "rows");
    for (size_t i = 0; i < range->count; i++) {
        fc_write_map(w, NULL);
        fc_write_scalar(w, "value", range->values[i]);
        fc_write_map(w, "metrics");
        for (int r = 0; r < program->metric_count; r++) {
            const struct fc_tally_metric *m = &rows[i].tally.metrics[r];
            const struct fc_metric_info *info = fc_metric_find(m->metric);
            char name[64];
            if (headline_only && !info->headline && !info->probability)
                continue;
            fc_metric_name(m->metric, program->contract.run_flop, name, sizeof name);
            fc_write_map(w, name);
            fc_write_text(w, "unit", info->unit);
            fc_write_unsigned(w, "worlds_without_value", m->invalid);
            if (info->probability) {
                double p, lo, hi;
                fc_statistics_probability(m, &p, &lo, &hi);
                fc_write_number(w, "p", p);
                fc_write_number(w, "lo", lo);
                fc_write_number(w, "hi", hi);
            } else {
                fc_analysis_write_estimate(w, "mean", fc_statistics_mean(m));
                fc_analysis_write_estimate(w, "p5", fc_statistics_quantile(m, 0.05));
                fc_analysis_write_estimate(w, "p50", fc_statistics_quantile(m, 0.5));
                fc_analysis_write_estimate(w, "p95", fc_statistics_quantile(m, 0.95));
                fc_analysis_write_estimate(
                    w, "cvar_worst5",
                    fc_statistics_cvar(m, 0.05,
                                       fc_metric_worst_is_high(m->metric, fc_metric_fixed(program))));
                fc_write_number(w, "p95_difference", rows[i].p95_difference[r]);
                fc_write_number(w, "p95_difference_se", rows[i].p95_error[r]);
            }
            fc_write_number(w, "difference", rows[i].paired[r].mean);
            fc_write_number(w, "difference_se", rows[i].paired[r].error);
            if (rows[i].regret) {
                fc_write_number(w, "p_best", rows[i].regret[r].best);
                fc_write_number(w, "p_best_se", rows[i].regret[r].best_error);
                fc_write_number(w, "regret", rows[i].regret[r].mean);
                fc_write_number(w, "regret_se", rows[i].regret[r].error);
                fc_write_number(w, "regret_p95", rows[i].regret[r].p95);
            }
            fc_write_end(w);
        }
        fc_write_end(w);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "left_out");
    for (size_t i = 0; i < left_count; i++) {
        fc_write_map(w, NULL);
        fc_write_scalar(w, "value", left[i].value);
        fc_write_text(w, "reason", left[i].reason);
        fc_write_end(w);
    }
    fc_write_end(w);
    return fc_analysis_write_end(w, error);
}
