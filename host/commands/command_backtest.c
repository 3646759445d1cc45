/* command_backtest.c: `flopcast backtest`: published runs forecast from what was known before them, beside what happened. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backtest_facts.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/history.h"
#include "host/base/options.h"
#include "host/base/table.h"
#include "host/report/outputs.h"

static const char help[] =
    "usage: flopcast backtest [CSV] [--row ID] [--fit] [OPTIONS]\n"
    "       flopcast backtest --facts [CSV] [--set PATH=VALUE] [OPTIONS]\n"
    "\n"
    "Forecasts every run of the table (default: the published ones that come with the program) from what was "
    "known\n"
    "before it began: the model's shape, tokens, GPUs, and the layout where it is stated. Prints what "
    "happened beside the\n"
    "forecast, and scores it against 36 % of the peak (6 x parameters x tokens) and against the planners' "
    "own plan.\n"
    "Rows of the shipped table are forecast by a fit of operation.overhead that has not seen them.\n"
    "\n"
    "      --row ID          one row alone: its scenario, what it assumes, and its score\n"
    "      --fit             print the fit of operation.overhead to all rows, as catalog/operation.yaml "
    "holds it\n"
    "      --facts           dated facts instead of runs: prices a year ahead, delays, outages, electricity, "
    "each "
    "from what\n"
    "                        was known before; --set tries another market, delay or outage\n"
    "\n"
    "Columns of the CSV: docs/validation/history.md. Exit status 1: the 90 % intervals hold fewer than 80 % "
    "of the runs.\n"
    "\n";

enum { OPTION_ROW = FC_ANALYSIS_OWN, OPTION_FIT, OPTION_FACTS };

static const struct option own[] = {{"row", required_argument, NULL, OPTION_ROW},
                                    {"fit", no_argument, NULL, OPTION_FIT},
                                    {"facts", no_argument, NULL, OPTION_FACTS},
                                    {NULL, 0, NULL, 0}};

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *table, *row;
    bool fit, facts;
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    while ((option = fc_analysis_next(&o->shared, "backtest", argc, argv, own, error)) >= FC_ANALYSIS_OWN) {
        if (option == OPTION_ROW)
            o->row = optarg;
        else if (option == OPTION_FIT)
            o->fit = true;
        else
            o->facts = true;
    }
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (argc - optind > 1)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': backtest takes one table",
                       argv[optind + 1]);
    if (o->facts && (o->row || o->fit))
        return fc_fail(error, FC_BAD_INPUT, "%s is of runs; it does not go with --facts",
                       o->row ? "--row" : "--fit");
    const char *part = o->row ? "--row" : o->fit ? "--fit" : NULL;
    if (part && (o->shared.output || o->shared.report || o->shared.json))
        return fc_fail(error, FC_BAD_INPUT, "%s prints a text; it does not go with %s", part,
                       o->shared.json ? "--json" : o->shared.output ? "-o" : "--report");
    o->table = optind < argc ? argv[optind] : NULL;
    return fc_outputs_take_pageless(&o->outputs, "backtest", o->shared.output, o->shared.report, error);
}

static const char *unit_of(const struct fc_history_row *row)
{
    static const char *const units[] = {"day", "GPU-h", "stops"};
    return units[row->of];
}

static double q(const struct fc_history_row *row, double p)
{
    const double *of = row->of == FC_HISTORY_WINDOW ? row->stops_forecast : row->forecast;
    return fc_history_quantile(of, FC_HISTORY_POINTS, p);
}

static struct fc_history_score score_of(const struct fc_history_row *row)
{
    return row->of == FC_HISTORY_WINDOW ? fc_history_stops_score(row)
                                        : fc_history_score_of(row->forecast, FC_HISTORY_POINTS, row->actual);
}

static double actual_of(const struct fc_history_row *row)
{
    return row->of == FC_HISTORY_WINDOW ? row->stops : row->actual;
}

static void print_mean(struct fc_table *table, const char *name, const struct fc_history_mean *m, bool spread)
{
    if (m->rows == 0)
        return;
    fc_table_cell(table, "%s", name);
    fc_table_cell(table, "%zu", m->rows);
    if (spread)
        fc_table_cell(table, "%.0f %%", 100 * m->coverage90);
    else
        fc_table_cell(table, "%s", "");
    fc_table_cell(table, "%+.3f", m->bias_log);
    fc_table_cell(table, "%.3f", m->mae_log);
    fc_table_cell(table, "%.3f", m->crps);
}

static void print_people(const struct fc_history *h)
{
    struct fc_table table, means;
    fc_table_start(&table, 9, 2);
    static const char *const heads[] = {"run", "of",         "happened", "P5",       "P50",
                                        "P95", "percentile", "ln error", "operation"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        fc_table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < h->count; i++) {
        const struct fc_history_row *row = &h->rows[i];
        if (row->reason[0])
            continue;
        struct fc_history_score s = score_of(row);
        bool inside = fabs(s.percentile - 0.5) <= 0.45;
        fc_table_cell(&table, "%s", row->id);
        fc_table_cell(&table, "%s", unit_of(row));
        fc_table_cell(&table, "%.4g", actual_of(row));
        fc_table_cell(&table, "%.4g", q(row, 0.05));
        fc_table_cell(&table, "%.4g", q(row, 0.5));
        fc_table_cell(&table, "%.4g", q(row, 0.95));
        fc_table_cell(&table, "%.1f%s", 100 * s.percentile, inside ? "  " : " *");
        fc_table_cell(&table, "%+.2f", s.log_error);
        fc_table_cell(&table, "%s",
                      row->of == FC_HISTORY_WINDOW ? ""
                      : row->steps_alone           ? "steps alone"
                                                   : fc_history_maturity(row->maturity));
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    printf("\n* outside the 90 %% interval\n\n");
    fc_table_start(&means, 6, 1);
    static const char *const columns[] = {"forecast",        "runs",      "inside 90 %", "bias of ln",
                                          "mean |ln error|", "CRPS of ln"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        fc_table_cell(&means, "%s", columns[i]);
    print_mean(&means, "flopcast, each run left out of the fit", &h->ours, true);
    print_mean(&means, "36 % of peak", &h->constant_mfu, true);
    print_mean(&means, "mean MFU of the other runs", &h->fitted_mfu, true);
    print_mean(&means, "the planners' own plan", &h->plan, false);
    print_mean(&means, "flopcast on the runs with a plan", &h->ours_with_plan, true);
    print_mean(&means, "interruptions", &h->ours_stops, true);
    fc_table_print(&means, stdout, 0);
    fc_table_free(&means);
    printf("\nnot forecast:\n");
    for (size_t i = 0; i < h->count; i++)
        if (h->rows[i].reason[0])
            printf("  %-24s %s\n", h->rows[i].id, h->rows[i].reason);
}

static void write_mean(struct fc_writer *w, const char *key, const struct fc_history_mean *m, bool spread)
{
    if (key)
        fc_write_map(w, key);
    fc_write_unsigned(w, "rows", m->rows);
    if (spread) {
        fc_write_number(w, "coverage50", m->rows ? m->coverage50 : (double)NAN);
        fc_write_number(w, "coverage90", m->rows ? m->coverage90 : (double)NAN);
    }
    fc_write_number(w, "bias_log", m->rows ? m->bias_log : (double)NAN);
    fc_write_number(w, "mae_log", m->rows ? m->mae_log : (double)NAN);
    fc_write_number(w, "crps", m->rows ? m->crps : (double)NAN);
    if (key)
        fc_write_end(w);
}

static void write_quantiles(struct fc_writer *w, const char *key, const double *of)
{
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p5", 0.05}, {"p25", 0.25}, {"p50", 0.5}, {"p75", 0.75}, {"p95", 0.95}};
    fc_write_map(w, key);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        fc_write_number(w, points[i].name, fc_history_quantile(of, FC_HISTORY_POINTS, points[i].p));
    fc_write_end(w);
}

static void write_score(struct fc_writer *w, const struct fc_history_score *s)
{
    fc_write_number(w, "percentile", s->percentile);
    fc_write_flag(w, "inside90", fabs(s->percentile - 0.5) <= 0.45);
    fc_write_number(w, "log_error", s->log_error);
    fc_write_number(w, "crps", s->crps);
}

static void write_row(struct fc_writer *w, const struct fc_history_row *row)
{
    static const char *const of[] = {"days", "gpu_hours", "interruptions"};
    fc_write_map(w, NULL);
    fc_write_text(w, "id", row->id);
    fc_write_text(w, "model", row->model);
    fc_write_text(w, "grade", row->grade);
    fc_write_text(w, "of", of[row->of]);
    fc_write_number(w, "actual", actual_of(row));
    fc_write_flag(w, "at_least", row->at_least);
    struct fc_history_score s = score_of(row);
    write_quantiles(w, "forecast", row->of == FC_HISTORY_WINDOW ? row->stops_forecast : row->forecast);
    write_score(w, &s);
    if (row->of != FC_HISTORY_WINDOW) {
        fc_write_text(w, "operation", fc_history_maturity(row->maturity));
        fc_write_text(w, "fit",
                      row->left_out_of_fit ? "without this run" : "as shipped, which has not seen this run");
        write_quantiles(w, "machine_alone", row->base);
    }
    if (row->planned_days > 0)
        fc_write_number(w, "planned_days", row->planned_days);
    if (isfinite(row->stops) && row->of != FC_HISTORY_WINDOW) {
        struct fc_history_score stops = fc_history_stops_score(row);
        fc_write_map(w, "interruptions");
        fc_write_number(w, "actual", row->stops);
        fc_write_flag(w, "planned_too", row->stops_all);
        write_quantiles(w, "forecast", row->stops_forecast);
        write_score(w, &stops);
        fc_write_end(w);
    }
    fc_write_text(w, "assumed", row->assumed);
    fc_write_end(w);
}

static int print_json(FILE *out, const struct fc_history *h, struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_analysis_write_head(&w, out, "backtest", error))
        return -1;
    fc_write_list(w, "rows");
    for (size_t i = 0; i < h->count; i++)
        if (!h->rows[i].reason[0])
            write_row(w, &h->rows[i]);
    fc_write_end(w);
    fc_write_list(w, "not_forecast");
    for (size_t i = 0; i < h->count; i++)
        if (h->rows[i].reason[0]) {
            fc_write_map(w, NULL);
            fc_write_text(w, "id", h->rows[i].id);
            fc_write_text(w, "reason", h->rows[i].reason);
            fc_write_end(w);
        }
    fc_write_end(w);
    fc_write_map(w, "overall");
    write_mean(w, NULL, &h->ours, true);
    fc_write_map(w, "baselines");
    write_mean(w, "constant_mfu", &h->constant_mfu, true);
    write_mean(w, "fitted_mfu", &h->fitted_mfu, true);
    write_mean(w, "plan", &h->plan, false);
    fc_write_end(w);
    write_mean(w, "where_planned", &h->ours_with_plan, true);
    write_mean(w, "interruptions", &h->ours_stops, true);
    fc_write_end(w);
    fc_write_end(w);
    return fc_writer_close(w, error);
}

static void print_fit(const struct fc_history *h)
{
    struct fc_history_fit fit = fc_history_fit_to(h->rows, h->count, h->count);
    for (int k = 0; k < FC_HISTORY_MATURITIES; k++) {
        size_t rows = 0;
        for (size_t i = 0; i < h->count; i++)
            rows += !h->rows[i].reason[0] && h->rows[i].of != FC_HISTORY_WINDOW && !h->rows[i].steps_alone &&
                    h->rows[i].maturity == k;
        printf("%-12s lognormal(median=%.3g, sigma=%.2g)  (%zu runs)\n", fc_history_maturity(k),
               exp(fit.mu[k]), fit.sigma[k], rows);
    }
}

/* One row: what it became, and the score. */
static int explain(struct fc_history *h, const char *id, struct fc_error *error)
{
    size_t i = 0;
    while (i < h->count && strcmp(h->rows[i].id, id) != 0)
        i++;
    if (i == h->count)
        return fc_fail(error, FC_BAD_INPUT, "--row: the table has no id '%.80s'", id);
    const struct fc_history_row *row = &h->rows[i];
    if (row->reason[0]) {
        printf("%s cannot be forecast: %s\n", row->id, row->reason);
        return 0;
    }
    struct fc_history_score s = score_of(row);
    char *text = fc_history_text(row, row->attempt);
    if (!text)
        return fc_fail(error, FC_FAULT, "no memory for the scenario of a row");
    fputs(text, stdout);
    free(text);
    if (row->assumed[0])
        printf("# assumed: %s\n", row->assumed);
    printf("# operation.maturity: %s (%s)\n\n", fc_history_maturity(row->maturity), row->why_maturity);
    if (row->of != FC_HISTORY_WINDOW)
        printf("machine alone %.4g (%.4g to %.4g), with people and programme ",
               fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.5),
               fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.05),
               fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.95));
    printf("%.4g (90 %%: %.4g to %.4g) %s\n", q(row, 0.5), q(row, 0.05), q(row, 0.95), unit_of(row));
    printf("happened %s%.4g %s: percentile %.1f of the forecast\n",
           row->at_least ? "at least " : "", actual_of(row), unit_of(row), 100 * s.percentile);
    if (row->planned_days > 0)
        printf("planned %.4g days\n", row->planned_days);
    return 0;
}

/* The JSON, for -o and for standard output. */
static int write_files(struct options *o, const struct fc_history *h, struct fc_error *error)
{
    if (!o->shared.json && !fc_outputs_any(&o->outputs))
        return 0;
    FILE *json = fc_outputs_begin(&o->outputs, error);
    return json ? fc_outputs_end(&o->outputs, print_json(json, h, error) != 0, o->shared.json, error) : -1;
}

int fc_command_backtest(int argc, char **argv)
{
    struct options o = {.shared.wish.device = -1};
    struct fc_analysis analysis = {0};
    struct fc_history history = {0};
    struct fc_catalog *catalog = NULL;
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == FC_ANALYSIS_HELP) {
        fc_help_print(help, fc_analysis_help_pageless);
        fc_analysis_options_free(&o.shared);
        return FC_DONE;
    }
    if (status == 0 && o.facts) {
        status = fc_backtest_facts(o.table, &o.shared, &o.outputs, &error);
        fc_outputs_close(&o.outputs);
        fc_analysis_options_free(&o.shared);
        return status > 0 ? status : fc_analysis_end(status, &error);
    }
    if (status == 0)
        status = fc_catalog_open(&catalog, &error);
    if (status == 0)
        status = fc_history_read(&history, o.table, catalog, &error);
    if (status == 0)
        status = fc_outputs_open(&o.outputs, &error);
    if (status == 0)
        status = fc_analysis_open(&analysis, &o.shared, 0, &error);
    if (status == 0)
        status = fc_history_run(&history, &analysis, o.table, catalog, &o.shared, &error);
    fc_progress_end(&analysis.line);
    bool short_of = status == 0 && !o.row && !o.fit && history.ours.rows > 0 && history.ours.coverage90 < 0.8;
    if (status == 0 && o.fit)
        print_fit(&history);
    else if (status == 0 && o.row) {
        fc_fold_start();
        status = explain(&history, o.row, &error);
    } else if (status == 0) {
        status = write_files(&o, &history, &error);
        if (status == 0 && fc_outputs_leave_room(&o.outputs, o.shared.json)) {
            fc_fold_start();
            print_people(&history);
        }
    }
    fc_outputs_close(&o.outputs);
    fc_history_free(&history);
    fc_analysis_close(&analysis);
    fc_catalog_close(catalog);
    fc_analysis_options_free(&o.shared);
    status = fc_analysis_end(status, &error);
    return status == FC_DONE && short_of ? FC_ANSWER_NO : status;
}
