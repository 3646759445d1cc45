/* command_sweep.c: `flopcast sweep`: one input over a range, every value on the same worlds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/analysis/analysis.h"
#include "commands.h"
#include "host/base/date.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/format.h"
#include "host/base/terminal.h"
#include "host/result/metrics.h"
#include "host/base/options.h"
#include "host/analysis/answer.h"
#include "host/analysis/range.h"
#include "host/analysis/regret.h"
#include "host/result/samples.h"
#include "host/report/outputs.h"
#include "host/report/sweep_table.h"
#include "host/base/table.h"

static const char help[] =
    "usage: flopcast sweep SCENARIO PATH=VALUES [--of METRIC]... [OPTIONS]\n"
    "       flopcast sweep SCENARIO --case 'NAME: PATH=VALUE, ...'... [--of METRIC]... [OPTIONS]\n"
    "\n"
    "Simulates the scenario once for each value of one input, always on the same worlds, and prints how the\n"
    "metrics change, and by how much they differ from the first value's.\n"
    "\n"
    "VALUES  from..to:step      reliability.gpu_mtbf='20e3..60e3:10e3 h'   (the unit holds for all)\n"
    "        from..to:xFACTOR   cluster.spare_nodes=1..32:x2\n"
    "        date..date:DAYS    goals.deadline=2027-03-01..2027-06-01:7\n"
    "        a,b,...            training.precision=bf16,fp8 or energy.site=texas,norway\n"
    "        *factors           prices.gpu_hour='*0.5..*2:*0.25'           (times what the scenario says)\n"
    "\n"
    "      --of METRIC       show this metric, as often as needed (default: the headline metrics\n"
    "                        that change, and the names of the others that do)\n"
    "      --tie PATH=F      give PATH the swept number times F, e.g. --tie training.global_batch=1/4;\n"
    "                        or C minus or plus a part of it: --tie provider2.share=0.5-0.5x\n"
    "      --case 'NAME: PATH=VALUE, PATH=VALUE'\n"
    "                        instead of PATH=VALUES: several changes at once under a name, as often as "
    "needed\n"
    "      --regret          also: how often each value is the best one, and what it loses against the "
    "best\n" FC_QUICK_INSTEAD "\n"
    "A value that makes no scenario (GPUs that the plan does not divide) is left out, with its reason on\n"
    "standard error and in the JSON (left_out); the others run, and the exit status is 2.\n";

enum { OPTION_OF = FC_ANALYSIS_OWN, OPTION_TIE, OPTION_CASE, OPTION_REGRET };
enum { NAMES_MAX = 16, TIES_MAX = 8, CASES_MAX = 32, CHANGES_MAX = 24 };

static const struct option own[] = {
    {"of", required_argument, NULL, OPTION_OF},
    {"tie", required_argument, NULL, OPTION_TIE},
    {"case", required_argument, NULL, OPTION_CASE},
    {"regret", no_argument, NULL, OPTION_REGRET},
    FC_QUICK_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *scenario, *values;
    const char *of[NAMES_MAX], *ties[TIES_MAX], *cases[CASES_MAX];
    int of_count, tie_count, case_count;
    bool regret;
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
    int values = o->case_count ? 0 : 1, given = argc - optind;
    bool quick = given == values && fc_quick_given(&o->shared.scenario.quick);
    if ((given != 1 + values && !quick) || (values && !fc_range_is_one(argv[argc - 1])))
        return fc_fail(error, FC_BAD_INPUT,
                       "sweep needs a scenario and PATH=VALUES, e.g. flopcast sweep gb300-nvl72-frontier "
                       "'reliability.gpu_mtbf=20e3..60e3:10e3 h'; see flopcast sweep --help");
    o->scenario = quick ? NULL : argv[optind];
    o->values = values ? argv[argc - 1] : NULL;
    return fc_outputs_take(&o->outputs, o->shared.output, o->shared.report, 0, error);
}

/* Without --of: the metrics that a sweep tells first. */
static bool is_shown(int metric)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    return info && (info->headline || info->probability);
}

/* Without --of, for people, every metric is looked at, to say which others change. */
static bool looks_at_all(const struct options *o)
{
    return o->of_count == 0 && !o->shared.json && !o->regret;
}

/* The metrics to simulate: those asked for, or the headline ones and the probabilities, or all. */
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
        if (is_shown(program->metrics[r]) || (looks_at_all(o) && fc_metric_find(program->metrics[r])))
            metrics[(*count)++] = program->metrics[r];
    }
    return 0;
}

static void pair_up(struct fc_sweep_row *row, struct fc_sweep_row *first, const float *base, const float *now,
                    uint64_t trials)
{
    for (int r = 0; r < row->tally.metric_count; r++) {
        const float *a = base + (size_t)r * trials, *b = now + (size_t)r * trials;
        row->paired[r] = fc_samples_paired(a, b, (size_t)trials, fc_metric_find(row->tally.metrics[r].metric)->cap);
        struct fc_estimate before = fc_statistics_quantile(&first->tally.metrics[r], 0.95);
        struct fc_estimate after = fc_statistics_quantile(&row->tally.metrics[r], 0.95);
        bool refused = !isfinite(before.value) || !isfinite(after.value);
        row->p95_difference[r] = refused ? (double)NAN : after.value - before.value;
        row->p95_error[r] = refused ? (double)NAN
                                    : fc_samples_quantile_error(a, before.value, before.error, b, after.value,
                                                                after.error, (size_t)trials);
    }
}

static int find_regret(struct fc_sweep_row *rows, size_t count, const struct fc_program *program,
                       const float *samples, uint64_t trials, struct fc_error *error)
{
    size_t metrics = (size_t)program->metric_count;
    const float **values = calloc(count + 1, sizeof *values);
    struct fc_regret *found = calloc(count + 1, sizeof *found);
    int status = 0;
    if (!values || !found) {
        free(values);
        free(found);
        return fc_fail(error, FC_FAULT, "out of memory for the regret");
    }
    for (size_t i = 0; status == 0 && i < count; i++)
        if (!(rows[i].regret = calloc(metrics + 1, sizeof *rows[i].regret)))
            status = fc_fail(error, FC_FAULT, "out of memory for the regret");
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

/* The names of the cases stand in for the values of a range. */
static int cases_as_range(struct fc_range *range, const struct options *o, struct fc_error *error)
{
    *range = (struct fc_range){.path = "case", .is_list = true};
    range->values = calloc(CASES_MAX, sizeof *range->values);
    if (!range->values)
        return fc_fail(error, FC_FAULT, "out of memory for the cases");
    for (int i = 0; i < o->case_count; i++) {
        size_t length = strcspn(o->cases[i], ":=");
        if (o->cases[i][length] != ':' || length == 0 || length >= FC_RANGE_TEXT)
            return fc_fail(error, FC_BAD_INPUT,
                           "--case '%s' is not NAME: PATH=VALUE, PATH=VALUE; write for example 'all spot: "
                           "provider1.form=spot'",
                           o->cases[i]);
        memcpy(range->values[range->count++], o->cases[i], length);
    }
    return 0;
}

/* The value's PATH=VALUE text and those of the ties, in `texts`; returns how many, or -1. */
static int changes_of(const struct fc_range *range, size_t index, const struct options *o,
                      char texts[CHANGES_MAX][2 * FC_RANGE_TEXT + 8], struct fc_error *error)
{
    if (o->case_count)
        return fc_analysis_split("--case", strchr(o->cases[index], ':') + 1, texts[0], sizeof texts[0],
                                 CHANGES_MAX, error);
    snprintf(texts[0], sizeof texts[0], "%s=%s", range->path, range->values[index]);
    long day;
    if (o->tie_count && fc_date_read(range->values[index], &day))
        return fc_fail(error, FC_BAD_INPUT, "--tie: %s is a date, which no number can be tied to; write it in days",
                       range->path);
    for (int i = 0; i < o->tie_count; i++) {
        double number = strtod(range->values[index], NULL);
        if (fc_range_tie(o->ties[i], number, texts[i + 1], sizeof texts[i + 1], error))
            return -1;
    }
    return o->tie_count + 1;
}

/* A title that the scenario makes of its model and GPUs is that of one value alone: the range of values then stands in it
 * too. */
static void print_head(const struct fc_scenario *first, const struct fc_range *range, bool titles_differ, uint64_t trials)
{
    char count[32];
    if (!titles_differ) {
        fc_analysis_head(stdout, first, trials);
        return;
    }
    fc_format_count(trials, count, sizeof count);
    printf("%s, and with %s up to the last value, %s: %s trials, seed %llu\n\n", first->name, range->path,
           range->values[range->count - 1], count, (unsigned long long)first->seed);
}

/* Whether no value of the sweep changes a simulated run. */
static bool leaves_runs(const struct fc_range *range, const struct options *o)
{
    struct fc_error none;
    char(*parts)[2 * FC_RANGE_TEXT + 8] = calloc(CHANGES_MAX, sizeof *parts);
    bool leaves = parts != NULL;
    for (int i = 0; leaves && i < o->case_count; i++) {
        int count = fc_analysis_split("--case", strchr(o->cases[i], ':') + 1, parts[0], sizeof parts[0],
                                      CHANGES_MAX, &none);
        for (int k = 0; k < count; k++)
            leaves = leaves && fc_kept_path(parts[k]);
    }
    free(parts);
    for (int i = 0; i < o->tie_count; i++)
        leaves = leaves && fc_kept_path(o->ties[i]);
    return leaves && (o->case_count > 0 || fc_kept_path(range->path));
}

static bool changes(const struct fc_sweep_row *rows, size_t count, int r)
{
    for (size_t i = 1; i < count; i++)
        if (rows[i].paired[r].mean != 0 || rows[i].paired[r].error != 0)
            return true;
    return count == 1;
}

/* Prints the names of the metrics that are shown but the same for every value, or not shown and change. */
static void print_others(const struct fc_sweep_row *rows, size_t count, const struct fc_program *program,
                         bool same)
{
    static const double SMALL = 0.001; /* a change of the mean that is not worth a word */
    enum { ROOM = 6000 };
    char *text = calloc(1, ROOM);
    size_t used = 0;
    for (int r = 0; text && r < program->metric_count; r++) {
        char name[64], change[48] = "";
        int metric = program->metrics[r];
        if (is_shown(metric) != same || changes(rows, count, r) == same || used + 128 > ROOM)
            continue;
        fc_metric_name(metric, program->contract.run_flop, name, sizeof name);
        double first = fc_statistics_mean(&rows[0].tally.metrics[r]).value;
        double last = fc_statistics_mean(&rows[count - 1].tally.metrics[r]).value;
        if (!same && first > 0 && last >= 0) {
            if (fabs(last / first - 1) < SMALL)
                continue;
            snprintf(change, sizeof change, " %+.3g%%", 100 * (last / first - 1));
        }
        used += (size_t)snprintf(text + used, ROOM - used, "%s%s%s", used ? ", " : "", name, change);
    }
    if (used) {
        const char *lead =
            same ? "the same for every value: " : "changes too (mean, last value against the first): ";
        fputs(lead, stdout);
        fc_print_wrapped(stdout, text, (int)strlen(lead), 2, fc_terminal_width());
        if (!same)
            puts("  --of NAME shows it");
        putchar('\n');
    }
    free(text);
}

/* The tables of the metrics named; else of the headline metrics that change, or of all that do where none of
 * those does. */
static void print_metrics(const struct fc_range *range, const struct fc_sweep_row *rows,
                          const struct fc_program *program, bool all)
{
    bool shown = false;
    for (int r = 0; r < program->metric_count; r++)
        shown = shown || (is_shown(program->metrics[r]) && changes(rows, range->count, r));
    for (int r = 0; r < program->metric_count; r++)
        if (!all || (changes(rows, range->count, r) && is_shown(program->metrics[r]) == shown))
            fc_sweep_print_metric(range, rows, program, r);
    if (!all)
        return;
    print_others(rows, range->count, program, true);
    if (shown)
        print_others(rows, range->count, program, false);
}

/* Leaves out the metrics that are not shown and that some value of the sweep does not have. */
static int keep_common(const struct options *o, const struct fc_range *range,
                       char texts[CHANGES_MAX][2 * FC_RANGE_TEXT + 8], int *metrics, int *count,
                       struct fc_error *error)
{
    for (size_t i = 1; i < range->count; i++) {
        struct fc_scenario scenario = {0};
        const char *list[CHANGES_MAX];
        int change_count = changes_of(range, i, o, texts, error), kept = 0;
        for (int k = 0; k < change_count; k++)
            list[k] = texts[k];
        if (change_count < 0 ||
            fc_analysis_scenario(&scenario, o->scenario, &o->shared, list, (size_t)change_count, error))
            return -1;
        for (int k = 0; k < *count; k++)
            if (is_shown(metrics[k]) || scenario.compiled.program.metric_row[metrics[k]] >= 0)
                metrics[kept++] = metrics[k];
        *count = kept;
        fc_scenario_close(&scenario);
    }
    return 0;
}

/* Takes the values that make no scenario out of the range, with their reasons: `left` receives range->count entries at
 * most. Fails where none is left, with the first reason, and with what is no matter of a value. */
static int leave_out(struct options *o, struct fc_range *range, char texts[CHANGES_MAX][2 * FC_RANGE_TEXT + 8],
                     struct fc_sweep_left *left, size_t *left_count, struct fc_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < range->count; i++) {
        struct fc_scenario scenario = {0};
        struct fc_error reason;
        const char *list[CHANGES_MAX];
        int count = changes_of(range, i, o, texts, &reason), status = count < 0;
        for (int k = 0; k < count; k++)
            list[k] = texts[k];
        if (!status)
            status = fc_analysis_scenario(&scenario, o->scenario, &o->shared, list, (size_t)count, &reason);
        fc_scenario_close(&scenario);
        if (status && reason.status != FC_BAD_INPUT) {
            *error = reason;
            return -1;
        }
        if (status) {
            if (kept == 0 && *left_count == 0)
                *error = reason;
            struct fc_sweep_left *one = &left[(*left_count)++];
            snprintf(one->value, sizeof one->value, "%s", range->values[i]);
            snprintf(one->reason, sizeof one->reason, "%s", reason.text);
            continue;
        }
        if (kept != i)
            memcpy(range->values[kept], range->values[i], sizeof *range->values);
        if (o->case_count)
            o->cases[kept] = o->cases[i];
        kept++;
    }
    range->count = kept;
    if (kept == 0)
        return -1;
    for (size_t i = 0; i < *left_count; i++)
        fprintf(stderr, "flopcast: %s=%s is left out: %s\n", range->path, left[i].value, left[i].reason);
    return 0;
}

static int sweep(struct options *o, struct fc_error *error)
{
    struct fc_range range = {0};
    struct fc_scenario scenario = {0}, first = {0};
    struct fc_analysis analysis = {0};
    struct fc_sweep_row *rows = NULL;
    struct fc_sweep_left *left = NULL;
    float *base = NULL;
    size_t rooms = 2, left_count = 0;
    char(*texts)[2 * FC_RANGE_TEXT + 8] = calloc(CHANGES_MAX, sizeof *texts);
    int metrics[FC_METRIC_COUNT], count = 0, status = -1;
    bool opened = false, titles_differ = false;
    struct fc_notes said = {0};
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
    if (!o->case_count && !range.factor && range.values[0][0] != '*' &&
        fc_scenario_refuse_override(&o->shared.scenario, range.path, "the sweep", error))
        goto out;
    rows = calloc(range.count, sizeof *rows);
    left = calloc(range.count, sizeof *left);
    if (!rows || !left) {
        fc_fail(error, FC_FAULT, "out of memory for %zu values", range.count);
        goto out;
    }
    if (leave_out(o, &range, texts, left, &left_count, error))
        goto out;
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
                (looks_at_all(o) && keep_common(o, &range, texts, metrics, &count, error)) ||
                fc_outputs_open(&o->outputs, error) ||
                fc_analysis_open(&analysis, &o->shared, trials * range.count, error))
                goto out;
            opened = true;
            fc_scenario_print_notes(&scenario, stderr, o->shared.quiet);
            fc_scenario_notes(&scenario, &said);
            if (leaves_runs(&range, o))
                fc_analysis_keep_runs(&analysis, program, trials);
            analysis.same_runs = true;
            /* the first value's samples, and the newest; with --regret those of all values */
            rooms = o->regret ? range.count : 2;
            base = fc_analysis_samples(trials, count * (int)rooms, error);
            if (!base)
                goto out;
        }
        fc_analysis_print_warnings(&said, &scenario, range.values[i]);
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
            titles_differ = titles_differ || strcmp(scenario.name, first.name) != 0;
            fc_scenario_close(&scenario);
        }
    }
    fc_progress_end(&analysis.line);
    if (o->regret && find_regret(rows, range.count, &shown, base, trials, error))
        goto out;
    if (o->shared.json || fc_outputs_any(&o->outputs)) {
        analysis.json = fc_outputs_begin(&o->outputs, error);
        if (!analysis.json)
            goto out;
        bool failed =
            fc_sweep_print_json(&analysis, &first, trials, &range, rows, left, left_count, &shown,
                                looks_at_all(o), error) != 0;
        if (fc_outputs_end(&o->outputs, failed, o->shared.json, error))
            goto out;
    }
    status = 0;
    if (!fc_outputs_leave_room(&o->outputs, o->shared.json))
        goto out;
    fc_fold_start();
    print_head(&first, &range, titles_differ, trials);
    print_metrics(&range, rows, &shown, looks_at_all(o));
    puts("±: standard error of the simulation. Every value meets the same worlds, so a change is known "
         "better than\n"
         "either figure. worst 5 %: mean of the worst twentieth of the worlds (CVaR).");
    fc_analysis_foot(stdout, &analysis);
out:
    if (status == 0 && left_count) /* what there is stands; what was asked for is not all there */
        status = fc_fail(error, FC_BAD_INPUT, "%zu of %zu values of %s could not run and are left out", left_count,
                         left_count + range.count, range.path);
    for (size_t i = 0; rows && i < range.count; i++)
        if (rows[i].made)
            fc_tally_free(&rows[i].tally);
    for (size_t i = 0; rows && i < range.count; i++)
        free(rows[i].regret);
    if (opened)
        fc_analysis_close(&analysis);
    fc_scenario_close(&scenario);
    fc_scenario_close(&first);
    fc_notes_free(&said);
    fc_range_free(&range);
    free(rows);
    free(left);
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
        fc_help_print(help, fc_analysis_help);
        status = 0;
    } else if (status == 0) {
        status = sweep(&o, &error);
    }
    fc_outputs_close(&o.outputs);
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}
