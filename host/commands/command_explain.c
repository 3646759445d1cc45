/* command_explain.c: `flopcast explain`: what drives the answer. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/analysis/answer.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/explain.h"
#include "host/base/format.h"
#include "host/base/terminal.h"
#include "host/report/outputs.h"
#include "host/result/metrics.h"
#include "host/base/options.h"
#include "host/result/statistics.h"

static const char help[] =
    "usage: flopcast explain SCENARIO [--of METRIC] [--method LIST] [OPTIONS]\n"
    "\n"
    "Says what drives a metric: which uncertain inputs, by how much, and what is different in the worst "
    "worlds.\n"
    "\n"
    "      --of METRIC       the metric (default: the cost of the run or of a run; else the time of a step)\n"
    "      --method LIST     tornado, sobol, worst, joined by commas (default: all three)\n"
    "      --groups GROUPS   indices for groups of inputs: 'sections' (cluster, prices, energy ...), or\n"
    "                        'NAME=PATH,PATH;NAME=PATH', where PATH may be a whole section; correlated "
    "inputs\n"
    "                        are always one group\n"
    "\n"
    "tornado  each input held at its P5 and at its P95, all else at random, on the same worlds\n"
    "sobol    first order: share of the variance that knowing the input would take away; total: share that "
    "would\n"
    "         be left if all but the input were known\n"
    "worst    the mean of each input in the worst 5 % of the worlds against its mean in all, and a world to "
    "replay\n"
    "\n"
    "In all, about four times the trials of -n are simulated.\n"
    "\n";

enum { OPTION_OF = FC_ANALYSIS_OWN, OPTION_METHOD, OPTION_GROUPS };
enum { TORNADO = 1, SOBOL = 2, WORST = 4, ROWS = 12 };

static const struct option own[] = {
    {"of", required_argument, NULL, OPTION_OF},
    {"method", required_argument, NULL, OPTION_METHOD},
    {"groups", required_argument, NULL, OPTION_GROUPS},
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *scenario, *of, *groups;
    int methods;
};

/* Everything that is found out. */
struct findings {
    struct fc_bar bars[FC_INPUT_COUNT + 1];
    struct fc_driver drivers[FC_INPUT_COUNT + 1];
    struct fc_sobol indices[FC_INPUT_COUNT + 1];
    struct fc_shift shifts[FC_INPUT_COUNT + FC_METRIC_COUNT];
    bool *in;
    int bar_count, driver_count, active, shift_count; /* the first `active` drivers do something */
    uint64_t bar_worlds, index_worlds;
    size_t worst_worlds, typical, worst;
    double limit;
};

static int read_methods(const char *text, int *methods, struct fc_error *error)
{
    static const char *const words[] = {"tornado", "sobol", "worst"};
    *methods = 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        int k = 0;
        while (k < 3 && (strlen(words[k]) != length || strncmp(text, words[k], length) != 0))
            k++;
        if (k == 3)
            return fc_fail(error, FC_BAD_INPUT, "--method '%.*s' is not one of tornado, sobol, worst",
                           (int)length, text);
        *methods |= 1 << k;
        text += length + (text[length] == ',');
    }
    return *methods ? 0 : fc_fail(error, FC_BAD_INPUT, "--method is empty; it takes tornado, sobol, worst");
}

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    while ((option = fc_analysis_next(&o->shared, "explain", argc, argv, own, error)) >= FC_ANALYSIS_OWN) {
        if (option == OPTION_OF)
            o->of = optarg;
        else if (option == OPTION_GROUPS)
            o->groups = optarg;
        else if (read_methods(optarg, &o->methods, error))
            return -1;
    }
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (argc - optind != 1)
        return fc_fail(error, FC_BAD_INPUT, "explain takes one scenario, not %d; see flopcast explain --help",
                       argc - optind);
    o->scenario = argv[optind];
    return fc_outputs_take(&o->outputs, o->shared.output, o->shared.report, 0, error);
}

/* The metrics of the main run: the one to explain, and the headline ones beside it. */
static int keep_metrics(const struct options *o, struct fc_program *program, int *metric,
                        struct fc_error *error)
{
    int metrics[FC_METRIC_COUNT], count = 0;
    int otherwise = program->layers & FC_LAYER_RUN                ? FC_M_COST_USD
                    : program->metric_row[FC_M_RUN_COST_USD] >= 0 ? FC_M_RUN_COST_USD
                    : program->layers & FC_LAYER_CONTRACT         ? FC_M_USEFUL_FLOP
                                                                  : FC_M_STEP_TIME_S;
    *metric = otherwise;
    if (o->of && fc_answer_metric(program, o->of, strlen(o->of), metric, error))
        return -1;
    for (int r = 0; r < program->metric_count; r++) {
        int m = program->metrics[r];
        const struct fc_metric_info *info = fc_metric_find(m);
        if (m == *metric || m == FC_M_STEP_TIME_S || info->headline || info->probability)
            metrics[count++] = m;
    }
    fc_analysis_keep(program, metrics, count);
    return 0;
}

static int find_worst(struct fc_explain *e, struct findings *f, struct fc_error *error)
{
    size_t n = e->columns.count;
    f->in = malloc(n * sizeof *f->in);
    if (!f->in)
        return fc_fail(error, FC_FAULT, "out of memory while marking %zu worlds", n);
    if (fc_explain_worst(e, f->in, &f->limit, error))
        return -1;
    f->shift_count = e->columns.column_count;
    f->worst_worlds = fc_columns_shifts(&e->columns, f->in, f->shifts);
    f->typical = fc_columns_typical(&e->columns, f->in, f->shifts);
    bool high = fc_metric_worst_is_high(e->metric, fc_metric_fixed(&e->scenario->compiled.program));
    bool any = false;
    for (size_t i = 0; i < n; i++)
        if (f->in[i] && (!any || (high ? e->base[i] > e->base[f->worst] : e->base[i] < e->base[f->worst]))) {
            f->worst = i;
            any = true;
        }
    return 0;
}

/* A line for people behind `indent` blanks, wrapped to the terminal. */
__attribute__((format(printf, 2, 3))) static void say(int indent, const char *format, ...)
{
    char text[400];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    printf("%*s", indent, "");
    fc_print_wrapped(stdout, text, indent, 2, fc_terminal_width());
}

static void print_tornado(const struct findings *f, const struct fc_scale *scale, const char *label)
{
    struct fc_table table;
    char low[48], high[48], text[96];
    bool conditional = false;
    fc_table_start(&table, 7, 1);
    const char *heads[] = {"input", "P5 to P95",    "mean at P5", "mean at P95",
                           "swing", "swing of P50", "rank corr."};
    for (int c = 0; c < 7; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (int k = 0; k < f->bar_count && k < ROWS; k++) {
        const struct fc_bar *b = &f->bars[k];
        fc_format_number(b->low, 4, low, sizeof low);
        fc_format_number(b->high, 4, high, sizeof high);
        conditional = conditional || b->conditional;
        fc_table_cell(&table, "%s%s", b->name, b->conditional ? " *" : "");
        fc_table_cell(&table, "%s to %s%s%s", low, high, strcmp(b->unit, "1") ? " " : "",
                      strcmp(b->unit, "1") ? b->unit : "");
        fc_format_number(b->mean_low / scale->factor, 4, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_number(b->mean_high / scale->factor, 4, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_figure(b->swing, b->swing_error, scale, text, sizeof text);
        fc_table_cell(&table, "%s%s", isfinite(b->swing) && b->swing > 0 ? "+" : "", text);
        if (isfinite(b->median_low) && isfinite(b->median_high)) {
            fc_format_number((b->median_high - b->median_low) / scale->factor, 3, text, sizeof text);
            fc_table_cell(&table, "%s%s", b->median_high > b->median_low ? "+" : "", text);
        } else { /* 'never' has no distance */
            fc_format_number(b->median_low / scale->factor, 3, low, sizeof low);
            fc_format_number(b->median_high / scale->factor, 3, high, sizeof high);
            fc_table_cell(&table, "%s to %s", low, high);
        }
        fc_table_cell(&table, "%+.2f", b->rank_correlation);
    }
    char count[32];
    fc_format_count(f->bar_worlds, count, sizeof count);
    say(0, "Tornado of %s: each input held at its P5 and its P95, %s worlds each", label, count);
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
    if (f->bar_count > ROWS)
        printf("  ... and %d smaller ones (--json has all)\n", f->bar_count - ROWS);
    if (conditional)
        puts("  * not held: means over the worlds where it lies near its P5 and near its P95");
}

static int by_total(const void *a, const void *b)
{
    const struct fc_sobol *const *x = a, *const *y = b;
    double left = isnan((*x)->total) ? -1 : (*x)->total, right = isnan((*y)->total) ? -1 : (*y)->total;
    return left < right ? 1 : left > right ? -1 : 0;
}

static void index_cells(struct fc_table *table, double index, double error)
{
    double lo = index - FC_Z95 * error, hi = index + FC_Z95 * error;
    if (isnan(index)) {
        fc_table_cell(table, "-");
        fc_table_cell(table, "-");
        return;
    }
    fc_table_cell(table, "%.3f", index);
    if (fc_sobol_is_zero(index, error))
        fc_table_cell(table, "n.d., below %.3f", fmax(hi, 0));
    else
        fc_table_cell(table, "%.3f to %.3f", lo, hi);
}

static void print_indices(struct findings *f, const char *label)
{
    const struct fc_sobol *order[FC_INPUT_COUNT + 1] = {0};
    struct fc_table table;
    char count[32];
    bool unsure = false;
    double sum = 0, widest = 0;
    for (int k = 0; k < f->active; k++) {
        order[k] = &f->indices[k];
        sum += f->indices[k].first;
        widest = fmax(widest, fmax(f->indices[k].first_error, f->indices[k].total_error));
    }
    qsort(order, (size_t)f->active, sizeof order[0], by_total);
    fc_table_start(&table, 5, 1);
    const char *heads[] = {"input or group", "first order", "95 % interval", "total", "95 % interval"};
    for (int c = 0; c < 5; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (int k = 0; k < f->active && k < ROWS; k++) {
        fc_table_cell(&table, "%s", f->drivers[order[k] - f->indices].name);
        unsure = unsure || fc_sobol_is_zero(order[k]->first, order[k]->first_error) ||
                 fc_sobol_is_zero(order[k]->total, order[k]->total_error);
        index_cells(&table, order[k]->first, order[k]->first_error);
        index_cells(&table, order[k]->total, order[k]->total_error);
    }
    fc_format_count(f->index_worlds, count, sizeof count);
    if (f->active && isnan(f->indices[0].first)) {
        printf("%sNo Sobol indices of %s: some worlds have no value, so it has no variance; read the rank "
               "correlations\n",
               f->bar_count ? "\n" : "", label);
        fc_table_free(&table);
        return;
    }
    fputs(f->bar_count ? "\n" : "", stdout);
    say(0, "Sobol indices of %s: share of its variance, %s worlds per index", label, count);
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
    if (f->active > ROWS)
        printf("  ... and %d smaller ones (--json has all)\n", f->active - ROWS);
    if (unsure)
        puts("  n.d.: not distinguishable from 0 with this many worlds");
    if (isfinite(sum))
        say(2, "first order in all: %.2f; what is missing to 1 comes from inputs acting together", sum);
    if (widest > 0.02 && isfinite(widest)) {
        fc_format_count((unsigned long long)fc_sobol_worlds(widest, f->index_worlds, 0.01) *
                            (unsigned)(f->active + 1) / 2,
                        count, sizeof count);
        printf("  an error of 0.01 everywhere needs about -n %s\n", count);
    }
}

static void print_worst(const struct fc_explain *e, const struct options *o, const struct findings *f,
                        const struct fc_scale *scale, const char *label)
{
    char text[48], extra[64] = "";
    bool high = fc_metric_worst_is_high(e->metric, fc_metric_fixed(&e->scenario->compiled.program));
    fc_format_number(f->limit / scale->factor, 4, text, sizeof text);
    const char *missing = fc_metric_find(e->metric)->missing;
    if (isfinite(f->limit))
        printf("\nThe worst 5 %% of the worlds: %s %s %s %s (%zu worlds)\n", label, high ? "from" : "up to",
               text, scale->unit, f->worst_worlds);
    else
        printf("\nThe worst worlds: %s has no value in %zu of %llu (%s)\n", label, f->worst_worlds,
               (unsigned long long)e->trials, missing ? missing : "none");
    fc_shifts_print(stdout, f->shifts, f->shift_count, false, ROWS, "there");
    fc_shifts_print(stdout, f->shifts, f->shift_count, true, ROWS, "there");
    if (!(e->scenario->compiled.program.layers & FC_LAYER_RUN)) { /* only runs have events to replay */
        printf("  a typical one of them is trial %zu; the worst of all is trial %zu\n", f->typical, f->worst);
        return;
    }
    if (o->shared.scenario.has_seed)
        snprintf(extra, sizeof extra, " -s %llu", (unsigned long long)e->scenario->seed);
    const char *same = o->shared.scenario.override_count ? " (with the same --set)" : "";
    printf("  a typical one of them: flopcast replay %s --trial %zu%s%s\n", o->scenario, f->typical, extra,
           same);
    printf("  the worst of all:      flopcast replay %s --trial %zu%s%s\n", o->scenario, f->worst, extra,
           same);
}

static int print_json(const struct options *o, const struct fc_explain *e, const struct findings *f,
                      struct fc_error *error)
{
    struct fc_writer *w;
    char name[64];
    const struct fc_metric_info *info = fc_metric_find(e->metric);
    fc_metric_name(e->metric, e->scenario->compiled.program.contract.run_flop, name, sizeof name);
    if (fc_analysis_write_start(&w, "explain", e->analysis, e->scenario, e->trials, error))
        return -1;
    fc_write_text(w, "metric", name);
    fc_write_text(w, "unit", info->unit);
    if (o->methods & TORNADO) {
        fc_write_unsigned(w, "tornado_trials", f->bar_worlds);
        fc_write_list(w, "tornado");
        for (int k = 0; k < f->bar_count; k++) {
            const struct fc_bar *b = &f->bars[k];
            fc_write_map(w, NULL);
            fc_write_text(w, "name", b->name);
            fc_write_text(w, "unit", b->unit);
            fc_write_number(w, "p5", b->low);
            fc_write_number(w, "p95", b->high);
            fc_write_number(w, "mean_at_p5", b->mean_low);
            fc_write_number(w, "mean_at_p95", b->mean_high);
            fc_write_number(w, "swing", b->swing);
            fc_write_number(w, "swing_se", b->swing_error);
            fc_write_number(w, "p50_at_p5", b->median_low);
            fc_write_number(w, "p50_at_p95", b->median_high);
            fc_write_number(w, "rank_correlation", b->rank_correlation);
            fc_write_flag(w, "conditional", b->conditional);
            fc_write_end(w);
        }
        fc_write_end(w);
    }
    if (o->methods & SOBOL) {
        fc_write_unsigned(w, "sobol_trials", f->index_worlds);
        fc_write_list(w, "sobol");
        for (int k = 0; k < f->active; k++) {
            const struct fc_sobol *s = &f->indices[k];
            fc_write_map(w, NULL);
            fc_write_text(w, "name", f->drivers[k].name);
            fc_write_number(w, "first", s->first);
            fc_write_number(w, "first_se", s->first_error);
            fc_write_flag(w, "first_is_zero", fc_sobol_is_zero(s->first, s->first_error));
            fc_write_number(w, "total", s->total);
            fc_write_number(w, "total_se", s->total_error);
            fc_write_flag(w, "total_is_zero", fc_sobol_is_zero(s->total, s->total_error));
            fc_write_end(w);
        }
        fc_write_end(w);
    }
    fc_write_list(w, "without_effect");
    for (int k = f->active; k < f->driver_count; k++)
        fc_write_text(w, NULL, f->drivers[k].name);
    fc_write_end(w);
    if (o->methods & WORST) {
        fc_write_map(w, "worst");
        fc_write_number(w, "share", 0.05);
        fc_write_number(w, "limit", f->limit);
        fc_write_unsigned(w, "worlds", f->worst_worlds);
        fc_write_unsigned(w, "typical_trial", f->typical);
        fc_write_unsigned(w, "worst_trial", f->worst);
        fc_shifts_write(w, "shifts", f->shifts, f->shift_count);
        fc_write_end(w);
    }
    return fc_analysis_write_end(w, error);
}

static void print(const struct options *o, const struct fc_explain *e, struct findings *f)
{
    const struct fc_metric_info *info = fc_metric_find(e->metric);
    const struct fc_column *column = fc_columns_metric(&e->columns, e->metric);
    struct fc_scale scale =
        info->probability ? (struct fc_scale){0.01, "%"} : fc_scale_for(info->unit, fabs(column->mean));
    char label[160];
    snprintf(label, sizeof label, *scale.unit ? "%s [%s]" : "%s", column->name, scale.unit);
    fc_analysis_head(stdout, e->scenario, e->trials);
    if (o->methods & TORNADO)
        print_tornado(f, &scale, label);
    if (o->methods & SOBOL)
        print_indices(f, column->name);
    if (f->active < f->driver_count) {
        char text[8192] = "";
        size_t used = 0;
        for (int k = f->active; k < f->driver_count && used < sizeof text - 1; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", k > f->active ? ", " : "",
                                     f->drivers[k].name);
        fputs("\nwithout effect on it: ", stdout);
        fc_print_wrapped(stdout, text, (int)strlen("without effect on it: "), 2, fc_terminal_width());
    }
    if (o->methods & WORST)
        print_worst(e, o, f, &scale, column->name);
    if (e->scenario->settings->correlation_count > 0)
        say(0, "%s",
            "\nSome inputs are correlated: the tornado moves one and leaves the others; indices are for "
            "groups.");
    fc_analysis_foot(stdout, e->analysis);
}

static int explain(struct options *o, struct fc_error *error)
{
    struct fc_scenario scenario = {0};
    struct fc_analysis analysis = {0};
    struct fc_explain e = {.analysis = &analysis, .scenario = &scenario};
    struct findings *f = calloc(1, sizeof *f);
    bool opened = false;
    int status = -1;
    if (!f) {
        fc_fail(error, FC_FAULT, "out of memory while explaining");
        goto out;
    }
    struct fc_program *program = &scenario.compiled.program;
    if (fc_analysis_scenario(&scenario, o->scenario, &o->shared, NULL, 0, error) ||
        keep_metrics(o, program, &e.metric, error) ||
        (f->driver_count = fc_drivers_list(&scenario, o->groups, f->drivers, error)) < 0)
        goto out;
    e.trials = fc_analysis_trials(&scenario, &o->shared, 5);
    fc_scenario_print_notes(&scenario, stderr, o->shared.quiet);
    if (fc_outputs_open(&o->outputs, error) || fc_analysis_open(&analysis, &o->shared, 4 * e.trials, error))
        goto out;
    opened = true;
    fc_analysis_keep_runs(&analysis, program, e.trials);
    analysis.same_runs = true;
    float *samples = fc_analysis_samples(e.trials, program->metric_count, error);
    if (!samples)
        goto out;
    if (fc_analysis_run(&analysis, &scenario.compiled, scenario.seed, 0, e.trials, NULL, samples, error)) {
        free(samples);
        goto out;
    }
    if (fc_columns_make(&e.columns, &scenario, program, (size_t)e.trials, samples, error))
        goto out;
    const struct fc_column *column = fc_columns_metric(&e.columns, e.metric);
    e.base = column->values;
    if (!(column->sd > 0)) {
        fc_fail(error, FC_BAD_INPUT,
                "%s is the same in every world; there is nothing to explain, choose another with --of",
                column->name);
        goto out;
    }
    f->active = fc_explain_active(&e, f->drivers, f->driver_count, error);
    if (f->active < 0)
        goto out;
    fc_columns_keep(&e.columns, f->drivers, f->active);
    if (o->methods & TORNADO) {
        f->bar_count = fc_explain_tornado(&e, f->drivers, f->active, f->bars, &f->bar_worlds, error);
        if (f->bar_count < 0)
            goto out;
    }
    if ((o->methods & SOBOL) &&
        fc_explain_indices(&e, f->drivers, f->active, f->indices, &f->index_worlds, error))
        goto out;
    if ((o->methods & WORST) && find_worst(&e, f, error))
        goto out;
    fc_progress_end(&analysis.line);
    if (o->shared.json || fc_outputs_any(&o->outputs)) {
        analysis.json = fc_outputs_begin(&o->outputs, error);
        if (!analysis.json ||
            fc_outputs_end(&o->outputs, print_json(o, &e, f, error) != 0, o->shared.json, error))
            goto out;
    }
    status = 0;
    if (fc_outputs_leave_room(&o->outputs, o->shared.json)) {
        fc_fold_start();
        print(o, &e, f);
    }
out:
    fc_columns_free(&e.columns);
    if (opened)
        fc_analysis_close(&analysis);
    fc_scenario_close(&scenario);
    if (f)
        free(f->in);
    free(f);
    return status;
}

int fc_command_explain(int argc, char **argv)
{
    struct options o = {.shared.wish.device = -1, .methods = TORNADO | SOBOL | WORST};
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fc_help_print(help, fc_analysis_help);
        status = 0;
    } else if (status == 0) {
        status = explain(&o, &error);
    }
    fc_outputs_close(&o.outputs);
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}
