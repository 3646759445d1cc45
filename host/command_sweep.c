/* command_sweep.c: `flopcast sweep`: one input over a range, every value on the same worlds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis.h"
#include "commands.h"
#include "format.h"
#include "metrics.h"
#include "options.h"
#include "answer.h"
#include "range.h"
#include "regret.h"
#include "samples.h"
#include "table.h"

static const char help[] =
    "usage: flopcast sweep SCENARIO PATH=VALUES [--of METRIC]... [OPTIONS]\n"
    "       flopcast sweep SCENARIO --case 'NAME: PATH=VALUE; ...'... [--of METRIC]... [OPTIONS]\n"
    "\n"
    "Simulates the scenario once for each value of one input, always on the same worlds, and prints how the\n"
    "metrics and their difference to the first value change.\n"
    "\n"
    "VALUES  from..to:step      reliability.gpu_mtbf='20e3..60e3:10e3 h'   (the unit holds for all)\n"
    "        from..to:xFACTOR   cluster.spare_nodes=1..32:x2\n"
    "        a,b,...            training.precision=bf16,fp8\n"
    "        *factors           prices.gpu_hour='*0.5..*2:*0.25'           (times what the scenario says)\n"
    "\n"
    "      --of METRIC       show this metric, as often as needed (default: the headline metrics)\n"
    "      --tie PATH=F      give PATH the swept number times F, e.g. --tie plan.dp=1/72;\n"
    "                        or C minus or plus a part of it: --tie provider2.share=0.5-0.5x\n"
    "      --case 'NAME: PATH=VALUE; PATH=VALUE'\n"
    "                        instead of PATH=VALUES: several changes at once under a name, as often as "
    "needed\n"
    "      --regret          also: how often each value is the best one, and what it loses against the "
    "best\n";

enum { OPTION_OF = FC_ANALYSIS_OWN, OPTION_TIE, OPTION_CASE, OPTION_REGRET };
enum { NAMES_MAX = 16, TIES_MAX = 8, CASES_MAX = 32, CHANGES_MAX = 24 };

static const struct option own[] = {
    {"of", required_argument, NULL, OPTION_OF},
    {"tie", required_argument, NULL, OPTION_TIE},
    {"case", required_argument, NULL, OPTION_CASE},
    {"regret", no_argument, NULL, OPTION_REGRET},
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_analysis_options shared;
    const char *scenario, *values;
    const char *of[NAMES_MAX], *ties[TIES_MAX], *cases[CASES_MAX];
    int of_count, tie_count, case_count;
    bool regret;
};

/* One value of the sweep. */
struct row {
    struct fc_tally tally;
    bool made;
    struct fc_paired paired[FC_METRIC_COUNT]; /* against the first row, by metric row */
    double p95_difference[FC_METRIC_COUNT], p95_error[FC_METRIC_COUNT]; /* NAN where refused */
    struct fc_regret *regret;                                           /* with --regret, by metric row */
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    while ((option = fc_analysis_next(&o->shared, "sweep", argc, argv, own, error)) >= FC_ANALYSIS_OWN) {
        if (option == OPTION_OF && o->of_count < NAMES_MAX)
            o->of[o->of_count++] = optarg;
        else if (option == OPTION_TIE && o->tie_count < TIES_MAX)
            o->ties[o->tie_count++] = optarg;
        else if (option == OPTION_CASE && o->case_count < CASES_MAX)
            o->cases[o->case_count++] = optarg;
        else if (option == OPTION_REGRET)
            o->regret = true;
        else
            return fc_fail(error, FC_BAD_INPUT, "too many --of, --tie or --case; at most %d, %d and %d",
                           NAMES_MAX, TIES_MAX, CASES_MAX);
    }
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (o->case_count ? argc - optind != 1 : argc - optind != 2 || !fc_range_is_one(argv[optind + 1]))
        return fc_fail(error, FC_BAD_INPUT,
                       "sweep needs a scenario and PATH=VALUES, e.g. flopcast sweep gb300-nvl72-frontier "
                       "'reliability.gpu_mtbf=20e3..60e3:10e3 h'; see flopcast sweep --help");
    o->scenario = argv[optind];
    o->values = o->case_count ? NULL : argv[optind + 1];
    return 0;
}

/* The metrics to show: those asked for, or the headline ones and the probabilities. */
static int choose(const struct options *o, const struct fc_program *program, int *metrics, int *count,
                  struct fc_error *error)
{
    *count = 0;
    for (int i = 0; i < o->of_count; i++) {
        int metric;
        if (fc_answer_metric(program, o->of[i], strlen(o->of[i]), &metric, error))
            return -1;
        bool known = false;
        for (int k = 0; k < *count; k++)
            known = known || metrics[k] == metric;
        if (!known)
            metrics[(*count)++] = metric;
    }
    for (int r = 0; o->of_count == 0 && r < program->metric_count; r++) {
        const struct fc_metric_info *info = fc_metric_find(program->metrics[r]);
        if (info && (info->headline || info->probability))
            metrics[(*count)++] = program->metrics[r];
    }
    return 0;
}

static void pair_up(struct row *row, struct row *first, const float *base, const float *now, uint64_t trials)
{
    for (int r = 0; r < row->tally.metric_count; r++) {
        const float *a = base + (size_t)r * trials, *b = now + (size_t)r * trials;
        row->paired[r] = fc_samples_paired(a, b, (size_t)trials);
        struct fc_estimate before = fc_statistics_quantile(&first->tally.metrics[r], 0.95);
        struct fc_estimate after = fc_statistics_quantile(&row->tally.metrics[r], 0.95);
        bool refused = before.refused || after.refused;
        row->p95_difference[r] = refused ? (double)NAN : after.value - before.value;
        row->p95_error[r] = refused ? (double)NAN
                                    : fc_samples_quantile_error(a, before.value, before.error, b, after.value,
                                                                after.error, (size_t)trials);
    }
}

static int find_regret(struct row *rows, size_t count, const struct fc_program *program, const float *samples,
                       uint64_t trials, struct fc_error *error)
{
    size_t metrics = (size_t)program->metric_count;
    const float **values = calloc(count, sizeof *values);
    struct fc_regret *found = calloc(count, sizeof *found);
    int status = values && found ? 0 : fc_fail(error, FC_FAULT, "no memory for the regret");
    for (size_t i = 0; status == 0 && i < count; i++)
        if (!(rows[i].regret = calloc(metrics, sizeof *rows[i].regret)))
            status = fc_fail(error, FC_FAULT, "no memory for the regret");
    for (size_t r = 0; status == 0 && r < metrics; r++) {
        for (size_t i = 0; i < count; i++)
            values[i] = samples + (i * metrics + r) * (size_t)trials;
        bool low = fc_metric_worst_is_high(program->metrics[r], fc_metric_fixed(program));
        status = fc_regret_of(values, count, (size_t)trials, !low, found, error);
        for (size_t i = 0; status == 0 && i < count; i++)
            rows[i].regret[r] = found[i];
    }
    free(values);
    free(found);
    return status;
}

static void estimate_cell(struct fc_table *table, struct fc_estimate e, const struct fc_scale *scale)
{
    char text[96];
    if (e.refused)
        snprintf(text, sizeof text, "thin");
    else
        fc_format_figure(e.value, e.error, scale, text, sizeof text);
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
    fc_table_cell(table, "%s%s", difference > 0 ? "+" : "", text);
}

static void print_metric(const struct fc_range *range, const struct row *rows,
                         const struct fc_program *program, int r)
{
    int metric = program->metrics[r];
    const struct fc_metric_info *info = fc_metric_find(metric);
    char name[64];
    fc_metric_name(metric, program->contract.run_flop, name, sizeof name);
    double size = 0;
    for (size_t i = 0; i < range->count; i++)
        size = fmax(size, fabs(fc_statistics_mean(&rows[i].tally.metrics[r]).value));
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
        estimate_cell(&table, fc_statistics_mean(m), &scale);
        estimate_cell(&table, fc_statistics_quantile(m, 0.05), &scale);
        estimate_cell(&table, fc_statistics_quantile(m, 0.5), &scale);
        estimate_cell(&table, fc_statistics_quantile(m, 0.95), &scale);
        estimate_cell(
            &table, fc_statistics_cvar(m, 0.05, fc_metric_worst_is_high(m->metric, fc_metric_fixed(program))),
            &scale);
        difference_cell(&table, i == 0, rows[i].paired[r].mean, rows[i].paired[r].error, &scale);
        bool same = rows[i].paired[r].mean == 0 && rows[i].paired[r].error == 0;
        difference_cell(&table, i == 0, same ? 0 : rows[i].p95_difference[r], same ? 0 : rows[i].p95_error[r],
                        &scale);
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
}

static void print_regret(const struct fc_range *range, const struct row *rows,
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

static int print_json(const struct fc_analysis *analysis, const struct fc_scenario *scenario, uint64_t trials,
                      const struct fc_range *range, const struct row *rows, const struct fc_program *program,
                      struct fc_error *error)
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
            fc_metric_name(m->metric, program->contract.run_flop, name, sizeof name);
            fc_write_map(w, name);
            fc_write_text(w, "unit", info->unit);
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
    return fc_analysis_write_end(w, error);
}

/* The names of the cases stand in for the values of a range. */
static int cases_as_range(struct fc_range *range, const struct options *o, struct fc_error *error)
{
    *range = (struct fc_range){.path = "case", .is_list = true};
    range->values = calloc((size_t)o->case_count, sizeof *range->values);
    if (!range->values)
        return fc_fail(error, FC_FAULT, "no memory for the cases");
    for (int i = 0; i < o->case_count; i++) {
        size_t length = strcspn(o->cases[i], ":=");
        if (o->cases[i][length] != ':' || length == 0 || length >= FC_RANGE_TEXT)
            return fc_fail(error, FC_BAD_INPUT,
                           "--case '%s' is not NAME: PATH=VALUE; PATH=VALUE; write for example 'all spot: "
                           "provider1.form=spot'",
                           o->cases[i]);
        memcpy(range->values[range->count++], o->cases[i], length);
    }
    return 0;
}

/* The changes of one case, in `texts`; returns how many, or -1. */
static int changes_of_case(const char *text, char texts[CHANGES_MAX][2 * FC_RANGE_TEXT + 8],
                           struct fc_error *error)
{
    int count = 0;
    for (const char *at = strchr(text, ':') + 1; *at;) {
        size_t length = strcspn(at, ";"), skip = strspn(at, " ");
        if (skip > length)
            skip = length;
        if (length > skip && (count == CHANGES_MAX || length - skip >= sizeof texts[0]))
            return fc_fail(error, FC_BAD_INPUT, "--case '%s': too many changes or too long; at most %d", text,
                           CHANGES_MAX);
        if (length > skip)
            snprintf(texts[count++], sizeof texts[0], "%.*s", (int)(length - skip), at + skip);
        at += length + (at[length] == ';');
    }
    return count > 0 ? count : fc_fail(error, FC_BAD_INPUT, "--case '%s' changes nothing", text);
}

/* The value's PATH=VALUE text and those of the ties, in `texts`; returns how many, or -1. */
static int changes_of(const struct fc_range *range, size_t index, const struct options *o,
                      char texts[CHANGES_MAX][2 * FC_RANGE_TEXT + 8], struct fc_error *error)
{
    if (o->case_count)
        return changes_of_case(o->cases[index], texts, error);
    snprintf(texts[0], sizeof texts[0], "%s=%s", range->path, range->values[index]);
    for (int i = 0; i < o->tie_count; i++) {
        double number = strtod(range->values[index], NULL);
        if (fc_range_tie(o->ties[i], number, texts[i + 1], sizeof texts[i + 1], error))
            return -1;
    }
    return o->tie_count + 1;
}

/* Whether no value of the sweep changes a simulated run. */
static bool leaves_runs(const struct fc_range *range, const struct options *o)
{
    for (int i = 0; i < o->case_count; i++)
        for (const char *at = strchr(o->cases[i], ':'); at; at = strchr(at, ';')) {
            at += 1 + strspn(at + 1, " ");
            if (*at && !fc_kept_path(at))
                return false;
        }
    for (int i = 0; i < o->tie_count; i++)
        if (!fc_kept_path(o->ties[i]))
            return false;
    return o->case_count > 0 || fc_kept_path(range->path);
}

static int sweep(const struct options *o, struct fc_error *error)
{
    struct fc_range range = {0};
    struct fc_scenario scenario = {0}, first = {0};
    struct fc_analysis analysis = {0};
    struct row *rows = NULL;
    float *base = NULL;
    size_t rooms = 2;
    char(*texts)[2 * FC_RANGE_TEXT + 8] = calloc(CHANGES_MAX, sizeof *texts);
    int metrics[FC_METRIC_COUNT], count = 0, status = -1;
    bool opened = false;
    uint64_t trials = 0;
    struct fc_program shown = {0};

    if (!texts ||
        (o->case_count ? cases_as_range(&range, o, error) : fc_range_read(&range, o->values, error)))
        goto out;
    if (range.count == 0) {
        fc_fail(error, FC_BAD_INPUT, "%s: the range has no step; write %s=%g..%g:step", range.path,
                range.path, range.from, range.to);
        goto out;
    }
    rows = calloc(range.count, sizeof *rows);
    if (!rows) {
        fc_fail(error, FC_FAULT, "no memory for %zu values", range.count);
        goto out;
    }
    for (size_t i = 0; i < range.count; i++) {
        const char *changes[CHANGES_MAX];
        int change_count = changes_of(&range, i, o, texts, error);
        for (int k = 0; k < change_count; k++)
            changes[k] = texts[k];
        if (change_count < 0 ||
            fc_analysis_scenario(&scenario, o->scenario, &o->shared, changes, (size_t)change_count, error))
            goto out;
        struct fc_program *program = &scenario.compiled.program;
        if (i == 0) {
            trials = fc_analysis_trials(&scenario, &o->shared, range.count);
            if (choose(o, program, metrics, &count, error) ||
                fc_analysis_open(&analysis, &o->shared, trials * range.count, error))
                goto out;
            opened = true;
            if (leaves_runs(&range, o))
                fc_analysis_keep_runs(&analysis, program, trials);
            analysis.same_runs = true;
            /* the first value's samples, and the newest; with --regret those of all values */
            rooms = o->regret ? range.count : 2;
            base = fc_analysis_samples(trials, count * (int)rooms, error);
            if (!base)
                goto out;
        }
        for (int k = 0; k < count; k++)
            if (program->metric_row[metrics[k]] < 0) {
                fc_fail(error, FC_BAD_INPUT,
                        "%s=%s changes which metrics there are; name those in common with --of", range.path,
                        range.values[i]);
                goto out;
            }
        fc_analysis_keep(program, metrics, count);
        float *now = base + (i < rooms ? i : rooms - 1) * (size_t)count * (size_t)trials;
        if (fc_analysis_run(&analysis, &scenario.compiled, scenario.seed, 0, trials, &rows[i].tally, now,
                            error))
            goto out;
        rows[i].made = true;
        pair_up(&rows[i], &rows[0], base, now, trials);
        if (i == 0) {
            shown = *program;
            first = scenario;
            scenario = (struct fc_scenario){0};
        } else {
            fc_scenario_close(&scenario);
        }
    }
    fc_progress_end(&analysis.line);
    if (o->regret && find_regret(rows, range.count, &shown, base, trials, error))
        goto out;
    if (o->shared.json) {
        status = print_json(&analysis, &first, trials, &range, rows, &shown, error);
        goto out;
    }
    fc_analysis_head(stdout, &first, trials);
    for (int r = 0; r < count; r++) {
        print_metric(&range, rows, &shown, r);
        if (o->regret && !fc_metric_find(shown.metrics[r])->probability)
            print_regret(&range, rows, &shown, r);
        putchar('\n');
    }
    puts("±: standard error of the simulation. Every value meets the same worlds, so a change is known "
         "better than\n"
         "either figure. worst 5 %: mean of the worst twentieth of the worlds (CVaR).");
    fc_analysis_foot(stdout, &analysis);
    status = 0;
out:
    for (size_t i = 0; rows && i < range.count; i++)
        if (rows[i].made)
            fc_tally_free(&rows[i].tally);
    for (size_t i = 0; rows && i < range.count; i++)
        free(rows[i].regret);
    if (opened)
        fc_analysis_close(&analysis);
    fc_scenario_close(&scenario);
    fc_scenario_close(&first);
    fc_range_free(&range);
    free(rows);
    free(base);
    free(texts);
    return status;
}

int fc_command_sweep(int argc, char **argv)
{
    struct options o = {.shared.wish.device = -1};
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fputs(help, stdout);
        fputs(fc_analysis_help, stdout);
        status = 0;
    } else if (status == 0) {
        status = sweep(&o, &error);
    }
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}
