/* command_stress.c: `flopcast stress`: shocks to a scenario, the chance of a breach, and the likeliest way to
 * it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/analysis/answer.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/explain.h"
#include "host/base/format.h"
#include "host/result/metrics.h"
#include "host/base/options.h"
#include "host/report/outputs.h"
#include "host/result/samples.h"
#include "host/language/value.h"

static const char help[] =
    "usage: flopcast stress SCENARIO --of METRIC (--above VALUE | --below VALUE) [--shock PATH=VALUE]... "
    "[--reverse]\n"
    "\n"
    "How likely is it that a metric breaks a limit, as the scenario stands and under shocks? The worlds are "
    "the same.\n"
    "\n"
    "      --of METRIC       the metric that must hold\n"
    "      --above VALUE     a breach is a value above this, e.g. --above '300 M USD'\n"
    "      --below VALUE     a breach is a value below this\n"
    "      --shock PATH=V    change a value; PATH=*0.5 halves it. Several with commas in one --shock come "
    "together;\n"
    "                        each --shock is a case of its own, and the last case has them all\n"
    "      --reverse         what leads to a breach: how the inputs differ in the worlds that break the "
    "limit, and the\n"
    "                        least unlikely of these worlds\n"
    "\n";

enum { OPTION_OF = FC_ANALYSIS_OWN, OPTION_ABOVE, OPTION_BELOW, OPTION_SHOCK, OPTION_REVERSE };
enum { SHOCKS_MAX = 12, PARTS_MAX = 48, CASES_MAX = SHOCKS_MAX + 2, ENOUGH_BEYOND = 50, ROWS = 12 };

static const struct option own[] = {
    {"of", required_argument, NULL, OPTION_OF},       {"above", required_argument, NULL, OPTION_ABOVE},
    {"below", required_argument, NULL, OPTION_BELOW}, {"shock", required_argument, NULL, OPTION_SHOCK},
    {"reverse", no_argument, NULL, OPTION_REVERSE},   {NULL, 0, NULL, 0},
};

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *scenario, *of, *limit;
    bool above, reverse;
    const char *shocks[SHOCKS_MAX];
    int shock_count;
};

/* The scenario as it stands, under one shock, or under all. */
struct stress_case {
    char name[240];
    struct fc_tally tally;
    bool ran;
    double p, lo, hi;            /* of a breach, Wilson interval */
    double change, change_error; /* of p against the first case, from the same worlds */
    uint64_t breaches;
};

struct stress {
    struct options *o;
    struct fc_analysis analysis;
    struct fc_scenario scenario; /* as it stands */
    int metric;
    double limit;
    uint64_t trials;
    int case_count;
    struct stress_case cases[CASES_MAX];
    float *base; /* the metric, as the scenario stands */
    struct fc_columns columns;
    bool *in;
    struct fc_shift shifts[FC_INPUT_COUNT + FC_METRIC_COUNT];
    size_t likeliest;
    double distance;
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option, limits = 0;
    while ((option = fc_analysis_next(&o->shared, "stress", argc, argv, own, error)) >= FC_ANALYSIS_OWN) {
        if (option == OPTION_OF) {
            o->of = optarg;
        } else if (option == OPTION_ABOVE || option == OPTION_BELOW) {
            o->above = option == OPTION_ABOVE;
            o->limit = optarg;
            limits++;
        } else if (option == OPTION_REVERSE) {
            o->reverse = true;
        } else if (option == OPTION_SHOCK && o->shock_count < SHOCKS_MAX) {
            o->shocks[o->shock_count++] = optarg;
        } else {
            return fc_fail(error, FC_BAD_INPUT, "too many --shock; at most %d", SHOCKS_MAX);
        }
    }
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (argc - optind != 1 || !o->of || limits != 1)
        return fc_fail(
            error, FC_BAD_INPUT,
            "stress needs a scenario, --of and one of --above and --below, e.g. flopcast stress "
            "gb300-nvl72-frontier --of cost_usd --above '350 M USD' --shock prices.gpu_hour=*1.5 --reverse");
    o->scenario = argv[optind];
    return fc_outputs_take(&o->outputs, o->shared.output, o->shared.report, 0, error);
}

static bool breach(const struct stress *s, float value)
{
    return s->o->above ? (double)value > s->limit : (double)value < s->limit;
}

static void keep_metrics(const struct stress *s, struct fc_program *program, bool all)
{
    int metrics[FC_METRIC_COUNT], count = 0;
    for (int r = 0; r < program->metric_count; r++) {
        int m = program->metrics[r];
        const struct fc_metric_info *info = fc_metric_find(m);
        if (m == s->metric || (all && (info->headline || info->probability)))
            metrics[count++] = m;
    }
    fc_analysis_keep(program, metrics, count);
}

static int run_case(struct stress *s, int index, const char *const *shocks, int shock_count,
                    struct fc_error *error)
{
    struct stress_case *c = &s->cases[index];
    struct fc_scenario shocked = {0}, *scenario = index == 0 ? &s->scenario : &shocked;
    char(*parts)[200] = calloc(PARTS_MAX, sizeof *parts);
    const char *changes[PARTS_MAX];
    size_t count = 0;
    float *samples = NULL;
    int status = parts ? 0 : fc_fail(error, FC_FAULT, "out of memory for the shocks");
    for (int i = 0; status == 0 && i < shock_count; i++) {
        int more = fc_analysis_split("--shock", shocks[i], parts[count], sizeof parts[0],
                                     PARTS_MAX - (int)count, error);
        count += more > 0 ? (size_t)more : 0;
        status = more < 0 ? -1 : 0;
    }
    for (size_t i = 0; i < count; i++)
        changes[i] = parts[i];
    if (status == 0 && index > 0)
        status = fc_analysis_scenario(&shocked, s->o->scenario, &s->o->shared, changes, count, error);
    if (status == 0 && index > 0) {
        struct fc_notes said = {0};
        fc_scenario_notes(&s->scenario, &said);
        fc_analysis_print_warnings(&said, &shocked, c->name);
        fc_notes_free(&said);
    }
    if (status)
        goto out;
    status = -1;
    struct fc_program *program = &scenario->compiled.program;
    if (program->metric_row[s->metric] < 0) {
        fc_fail(error, FC_BAD_INPUT, "the metric %s does not exist under the shock %s", s->o->of, c->name);
        goto out;
    }
    keep_metrics(s, program, index == 0);
    samples = fc_analysis_samples(s->trials, program->metric_count, error);
    s->analysis.same_runs = true;
    for (size_t k = 0; k < count; k++)
        s->analysis.same_runs = s->analysis.same_runs && fc_kept_path(changes[k]);
    if (!samples || fc_analysis_run(&s->analysis, &scenario->compiled, s->scenario.seed, 0, s->trials,
                                    &c->tally, samples, error))
        goto out;
    c->ran = true;
    const float *values = samples + (size_t)program->metric_row[s->metric] * s->trials;
    double n = (double)s->trials, sum = 0, square = 0;
    for (uint64_t i = 0; i < s->trials; i++) {
        int now = breach(s, values[i]), before = index ? breach(s, s->base[i]) : now;
        c->breaches += (uint64_t)now;
        sum += now - before;
        square += (now - before) * (now - before);
    }
    fc_statistics_wilson((double)c->breaches, n, &c->p, &c->lo, &c->hi);
    c->change = sum / n;
    c->change_error = sqrt(fmax(square / n - c->change * c->change, 0) / n);
    status = 0;
    if (index == 0) {
        s->base = samples + (size_t)program->metric_row[s->metric] * s->trials;
        status = fc_columns_make(&s->columns, &s->scenario, program, (size_t)s->trials, samples, error);
        samples = NULL; /* the columns own them now */
    }
out:
    free(parts);
    free(samples);
    fc_scenario_close(&shocked);
    return status;
}

static int reverse(struct stress *s, struct fc_error *error)
{
    if (s->cases[0].breaches < ENOUGH_BEYOND) {
        double share = fmax(s->cases[0].p, 0.5 / (double)s->trials);
        char need[32];
        fc_format_count((unsigned long long)ceil(ENOUGH_BEYOND / share), need, sizeof need);
        return fc_fail(error, FC_BAD_INPUT,
                       "only %llu of %llu worlds break the limit, and 50 are needed to say what leads there; "
                       "use -n %s or "
                       "more, or a nearer limit",
                       (unsigned long long)s->cases[0].breaches, (unsigned long long)s->trials, need);
    }
    struct fc_explain e = {&s->analysis, &s->scenario, s->metric, s->trials, s->columns, s->base};
    struct fc_driver *drivers = malloc((FC_INPUT_COUNT + 1) * sizeof *drivers);
    if (!drivers)
        return fc_fail(error, FC_FAULT, "out of memory for the drivers");
    int count = fc_drivers_list(&s->scenario, NULL, drivers, error);
    count = count < 0 ? count : fc_explain_active(&e, drivers, count, error);
    if (count >= 0)
        fc_columns_keep(&s->columns, drivers, count);
    free(drivers);
    if (count < 0)
        return -1;
    s->in = malloc(s->trials * sizeof *s->in);
    if (!s->in)
        return fc_fail(error, FC_FAULT, "out of memory while marking the worlds");
    for (uint64_t i = 0; i < s->trials; i++)
        s->in[i] = breach(s, s->base[i]);
    fc_columns_shifts(&s->columns, s->in, s->shifts);
    if (fc_columns_likeliest(&s->columns, s->in, &s->likeliest, &s->distance))
        return fc_fail(error, FC_FAULT, "out of memory while ranking the worlds");
    return 0;
}

static void print_cases(const struct stress *s)
{
    const struct fc_metric_info *info = fc_metric_find(s->metric);
    double size = fabs(fc_statistics_plain_mean(fc_tally_find(&s->cases[0].tally, s->metric)));
    struct fc_scale scale = fc_scale_for(info->unit, fmax(size, fabs(s->limit))), percent = {0.01, "%"};
    struct fc_table table;
    char text[96];
    const char *name = fc_columns_metric(&s->columns, s->metric)->name;
    fc_format_number(s->limit / scale.factor, 4, text, sizeof text);
    printf("breach: %s %s %s %s\n\n", name, s->o->above ? "above" : "below", text, scale.unit);
    const char *heads[] = {"case", "P(breach)", "change"};
    fc_table_start(&table, 5, 1);
    for (int c = 0; c < 3; c++)
        fc_table_cell(&table, "%s", heads[c]);
    fc_table_cell(&table, *scale.unit ? "mean [%s]" : "mean", scale.unit);
    fc_table_cell(&table, *scale.unit ? "worst 5 %% [%s]" : "worst 5 %%", scale.unit);
    for (int i = 0; i < s->case_count; i++) {
        const struct stress_case *c = &s->cases[i];
        const struct fc_tally_metric *m = fc_tally_find(&c->tally, s->metric);
        struct fc_estimate mean = fc_statistics_mean(m), worst = fc_statistics_cvar(m, 0.05, s->o->above);
        fc_table_cell(&table, "%s", c->name);
        fc_format_probability(c->p, c->lo, c->hi, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_figure(c->change, c->change_error, &percent, text, sizeof text);
        if (i == 0)
            fc_table_cell(&table, "-");
        else
            fc_table_cell(&table, "%s%s %%", c->change > 0 ? "+" : "", text);
        fc_format_figure(mean.value, mean.error, &scale, text, sizeof text);
        fc_table_cell(&table, "%s", text);
        fc_format_figure(worst.value, worst.error, &scale, text, sizeof text);
        fc_table_cell(&table, "%s", text);
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
}

static void print_reverse(const struct stress *s)
{
    printf("\nWhat leads to a breach as the scenario stands (%llu worlds)\n",
           (unsigned long long)s->cases[0].breaches);
    if (s->cases[0].p > 0.5)
        puts("  (most worlds break the limit, so these differ little from all; a limit further out tells "
             "more)");
    fc_shifts_print(stdout, s->shifts, s->columns.column_count, false, ROWS, "in breach");
    fc_shifts_print(stdout, s->shifts, s->columns.column_count, true, ROWS, "in breach");
    printf("\nThe least unlikely of these worlds, %.1f standard deviations from the middle of all inputs:\n",
           s->distance);
    struct fc_table table;
    fc_table_start(&table, 3, 1);
    fc_table_cell(&table, "input");
    fc_table_cell(&table, "mean of all");
    fc_table_cell(&table, "in that world");
    int rows = 0;
    for (int k = 0; k < s->columns.column_count && rows < ROWS; k++) {
        const struct fc_column *c = s->shifts[k].column;
        if (c->field < 0 || !(c->sd > 0))
            continue;
        char mean[48], value[48];
        struct fc_scale scale = fc_scale_for(c->unit, fabs(c->mean));
        fc_format_number(c->mean / scale.factor, 4, mean, sizeof mean);
        fc_format_number((double)c->values[s->likeliest] / scale.factor, 4, value, sizeof value);
        fc_table_cell(&table, *scale.unit ? "%s [%s]" : "%s", c->name, scale.unit);
        fc_table_cell(&table, "%s", mean);
        fc_table_cell(&table, "%s", value);
        rows++;
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
    if (!(s->scenario.compiled.program.layers & FC_LAYER_RUN)) { /* only runs have events to replay */
        printf("  it is trial %zu\n", s->likeliest);
        return;
    }
    printf("  flopcast replay %s --trial %zu", s->o->scenario, s->likeliest);
    if (s->o->shared.scenario.has_seed)
        printf(" -s %llu", (unsigned long long)s->scenario.seed);
    puts(s->o->shared.scenario.override_count ? " (with the same --set)" : "");
}

static int print_json(const struct stress *s, struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_analysis_write_start(&w, "stress", &s->analysis, &s->scenario, s->trials, error))
        return -1;
    fc_write_text(w, "metric", fc_columns_metric(&s->columns, s->metric)->name);
    fc_write_text(w, "unit", fc_metric_find(s->metric)->unit);
    fc_write_text(w, "breach", s->o->above ? "above" : "below");
    fc_write_number(w, "limit", s->limit);
    fc_write_list(w, "cases");
    for (int i = 0; i < s->case_count; i++) {
        const struct stress_case *c = &s->cases[i];
        const struct fc_tally_metric *m = fc_tally_find(&c->tally, s->metric);
        fc_write_map(w, NULL);
        fc_write_text(w, "name", c->name);
        fc_write_number(w, "p", c->p);
        fc_write_number(w, "lo", c->lo);
        fc_write_number(w, "hi", c->hi);
        fc_write_number(w, "change", c->change);
        fc_write_number(w, "change_se", c->change_error);
        fc_write_unsigned(w, "worlds_without_value", m->invalid);
        fc_analysis_write_estimate(w, "mean", fc_statistics_mean(m));
        fc_analysis_write_estimate(w, "worst5", fc_statistics_cvar(m, 0.05, s->o->above));
        fc_write_end(w);
    }
    fc_write_end(w);
    if (s->o->reverse) {
        fc_write_map(w, "reverse");
        fc_write_unsigned(w, "worlds", s->cases[0].breaches);
        fc_shifts_write(w, "shifts", s->shifts, s->columns.column_count);
        fc_write_unsigned(w, "likeliest_trial", s->likeliest);
        fc_write_number(w, "likeliest_distance", s->distance);
        fc_write_map(w, "likeliest_inputs");
        for (int k = 0; k < s->columns.column_count; k++)
            if (s->columns.columns[k].field >= 0)
                fc_write_number(w, s->columns.columns[k].name,
                                (double)s->columns.columns[k].values[s->likeliest]);
        fc_write_end(w);
        fc_write_end(w);
    }
    return fc_analysis_write_end(w, error);
}

static int stress(struct options *o, struct fc_error *error)
{
    struct stress *s = calloc(1, sizeof *s);
    bool opened = false;
    int status = -1;
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the stress test");
    s->o = o;
    s->case_count = 1 + o->shock_count + (o->shock_count > 1);
    if (fc_analysis_scenario(&s->scenario, o->scenario, &o->shared, NULL, 0, error) ||
        fc_answer_metric(&s->scenario.compiled.program, o->of, strlen(o->of), &s->metric, error) ||
        fc_answer_limit(o->above ? "--above" : "--below", o->limit, s->metric, &s->limit,
                        &s->scenario.compiled.notes, error))
        goto out;
    fc_scenario_print_notes(&s->scenario, stderr, o->shared.quiet);
    s->trials = fc_analysis_trials(&s->scenario, &o->shared, (size_t)s->case_count);
    if (fc_outputs_open(&o->outputs, error) ||
        fc_analysis_open(&s->analysis, &o->shared, s->trials * (uint64_t)s->case_count, error))
        goto out;
    opened = true;
    fc_analysis_keep_runs(&s->analysis, &s->scenario.compiled.program, s->trials);
    for (int i = 0; i < s->case_count; i++) {
        bool all = i > o->shock_count;
        snprintf(s->cases[i].name, sizeof s->cases[i].name, "%s",
                 i == 0 ? "as it stands"
                 : all  ? "all of them"
                        : o->shocks[i - 1]);
        if (run_case(s, i, all ? o->shocks : &o->shocks[i > 0 ? i - 1 : 0],
                     i == 0 ? 0
                     : all  ? o->shock_count
                            : 1,
                     error))
            goto out;
    }
    if (o->reverse && reverse(s, error))
        goto out;
    fc_progress_end(&s->analysis.line);
    if (o->shared.json || fc_outputs_any(&o->outputs)) {
        s->analysis.json = fc_outputs_begin(&o->outputs, error);
        if (!s->analysis.json ||
            fc_outputs_end(&o->outputs, print_json(s, error) != 0, o->shared.json, error))
            goto out;
    }
    status = 0;
    if (fc_outputs_leave_room(&o->outputs, o->shared.json)) {
        fc_fold_start();
        fc_analysis_head(stdout, &s->scenario, s->trials);
        print_cases(s);
        if (o->reverse)
            print_reverse(s);
        fc_analysis_foot(stdout, &s->analysis);
    }
out:
    for (int i = 0; i < s->case_count; i++)
        if (s->cases[i].ran)
            fc_tally_free(&s->cases[i].tally);
    fc_columns_free(&s->columns);
    if (opened)
        fc_analysis_close(&s->analysis);
    fc_scenario_close(&s->scenario);
    free(s->in);
    free(s);
    return status;
}

int fc_command_stress(int argc, char **argv)
{
    struct options o = {.shared.wish.device = -1};
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fc_help_print(help, fc_analysis_help);
        status = 0;
    } else if (status == 0) {
        status = stress(&o, &error);
    }
    fc_outputs_close(&o.outputs);
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}
