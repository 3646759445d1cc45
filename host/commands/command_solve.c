/* command_solve.c: `flopcast solve`: the value of one input that reaches a target. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/analysis/analysis.h"
#include "host/analysis/answer.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/format.h"
#include "host/report/outputs.h"
#include "host/result/metrics.h"
#include "host/base/options.h"
#include "host/analysis/range.h"
#include "host/analysis/solve.h"
#include "host/base/table.h"
#include "host/language/value.h"

static const char help[] =
    "usage: flopcast solve SCENARIO --for PATH[=RANGE] --target 'FIGURE>=VALUE' [OPTIONS]\n"
    "\n"
    "Finds the smallest (or largest) value of one input at which a figure reaches its target, by bisection "
    "on the\n"
    "same worlds, with the interval that the error of the simulation leaves.\n"
    "\n"
    "      --for PATH=RANGE  the input and where to look: cluster.spare_nodes=0..63, "
    "cluster.gpus=18432..73728:72\n"
    "                        (from..to:step), goals.deadline=2027-03-01..2027-06-01, prices.gpu_hour='*0.5..*2' (times what the scenario says); "
    "without\n"
    "                        a range a quarter to four times what the scenario says\n"
    "      --target EXPR     'deadline_and_budget_met>=0.9', 'p95(cost_usd)<=260 M USD', "
    "'mean(goodput)>=0.85',\n"
    "                        'worst5(wall_clock_days)<=120'; twice for the values that reach both\n"
    "      --tie PATH=F      give PATH the number tried times F, e.g. --tie training.global_batch=1/4;\n"
    "                        or C minus or plus it: --tie provider1.share=1-x\n" FC_QUICK_INSTEAD "\n"
    "exit status: 0 there is such a value; 1 there is none in the range\n"
    "\n";

enum { OPTION_FOR = FC_ANALYSIS_OWN, OPTION_TARGET, OPTION_TIE, TIES_MAX = 8, RUNS = 15 };
enum { TARGETS = 2, SEEN_MOST = 4 * FC_SOLVE_POINTS };
enum { PILOT_SHARE = 16, PILOT_LEAST = 1000 }; /* worlds of the coarser search: that part, at least so many */

static const struct option own[] = {
    {"for", required_argument, NULL, OPTION_FOR},
    {"target", required_argument, NULL, OPTION_TARGET},
    {"tie", required_argument, NULL, OPTION_TIE},
    FC_QUICK_OPTIONS,
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *scenario, *over, *target[TARGETS];
    int target_count;
    const char *ties[TIES_MAX];
    int tie_count;
};

struct search {
    const struct options *o;
    struct fc_analysis analysis;
    struct fc_range range;
    struct fc_answer answer; /* the one that is searched for, number `at` of `answers` */
    struct fc_answer answers[TARGETS];
    int at;
    struct seen { /* every value that was simulated, with all figures */
        uint64_t trials;
        double x;
        struct fc_estimate e[TARGETS];
    } seen[SEEN_MOST];
    int seen_count;
    uint64_t trials;
    uint64_t pilot_trials; /* of a coarser search before, or 0 */
    int pilot_values;
    bool too_few; /* an evaluation had too few worlds for its figure */
    bool absent;  /* the last value makes no scenario */
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    while ((option = fc_analysis_next(&o->shared, "solve", argc, argv, own, error)) >= FC_ANALYSIS_OWN) {
        if (option == OPTION_FOR)
            o->over = optarg;
        else if (option == OPTION_TARGET && o->target_count < TARGETS)
            o->target[o->target_count++] = optarg;
        else if (option == OPTION_TARGET)
            return fc_fail(error, FC_BAD_INPUT, "too many --target; at most %d", (int)TARGETS);
        else if (option == OPTION_TIE && o->tie_count < TIES_MAX)
            o->ties[o->tie_count++] = optarg;
        else
            return fc_fail(error, FC_BAD_INPUT, "too many --tie; at most %d", TIES_MAX);
    }
    if (option != FC_ANALYSIS_DONE)
        return option;
    bool quick = argc == optind && fc_quick_given(&o->shared.scenario.quick);
    if ((argc - optind != 1 && !quick) || !o->over || !o->target_count)
        return fc_fail(
            error, FC_BAD_INPUT,
            "solve needs a scenario, --for and --target, e.g. flopcast solve gb300-nvl72-frontier --for "
            "cluster.spare_nodes=0..63 --target 'deadline_and_budget_met>=0.5'");
    o->scenario = quick ? NULL : argv[optind];
    if (o->target_count == 2 && o->shared.report)
        return fc_fail(error, FC_BAD_INPUT, "--report: two targets have no page; -o FILE.json writes both");
    return fc_outputs_take(&o->outputs, o->shared.output, o->shared.report,
                           o->target_count == 2 ? FC_OUTPUT_JSON : 0, error);
}

/* "FIGURE>=VALUE" or "<=". */
static int read_target(const char *text, struct fc_compiled *compiled, struct fc_answer *answer,
                       struct fc_solve *solve, struct fc_error *error)
{
    const char *sign = strpbrk(text, "<>");
    if (!sign || sign == text)
        return fc_fail(error, FC_BAD_INPUT,
                       "--target '%s' is not FIGURE>=VALUE or FIGURE<=VALUE; write for example "
                       "'deadline_and_budget_met>=0.9'",
                       text);
    if (fc_answer_read(&compiled->program, text, (size_t)(sign - text), answer, error))
        return -1;
    solve->at_least = *sign == '>';
    sign += sign[1] == '=' ? 2 : 1;
    if (fc_answer_limit("--target", sign, answer->metric, &solve->target, &compiled->notes, error))
        return -1;
    if (fc_metric_find(answer->metric)->probability && !(solve->target >= 0 && solve->target <= 1))
        return fc_fail(error, FC_BAD_INPUT,
                       "--target '%s': a probability lies between 0 and 1 (it is %g); write 0.5, or 50 %%", text,
                       solve->target);
    return 0;
}

/* The largest of 1, 2, 5 times a power of ten that is at most `most`. */
static double round_step(double most)
{
    double power = pow(10, floor(log10(most)));
    return most >= 5 * power ? 5 * power : most >= 2 * power ? 2 * power : power;
}

/* Fills range and step where the command line leaves them open. */
static int complete(struct search *search, struct fc_solve *solve, const struct fc_scenario *scenario,
                    struct fc_error *error)
{
    struct fc_range *range = &search->range;
    const struct fc_field *field = fc_field_find(range->path);
    if (!field)
        return fc_fail(error, FC_BAD_INPUT,
                       "--for: there is no '%s' in a scenario; see flopcast list default", range->path);
    const struct fc_setting *setting = &scenario->settings->fields[field->id];
    bool number = field->type == FC_FIELD_NUMBER || field->type == FC_FIELD_INTEGER;
    if (!number && field->type != FC_FIELD_UNCERTAIN && field->type != FC_FIELD_DISTRIBUTION)
        return fc_fail(error, FC_BAD_INPUT, "--for: '%s' is not a number", range->path);
    if (range->is_list)
        return fc_fail(error, FC_BAD_INPUT, "--for: write a range, %s=from..to, not a list", range->path);
    if (range->from == 0 && range->to == 0) {
        if (!setting->is_set || (number && (setting->is_auto || !(setting->number > 0))))
            return fc_fail(error, FC_BAD_INPUT,
                           "--for: the scenario has no value to start from; write %s=from..to", range->path);
        range->factor = !number;
        range->from = number ? fmax(setting->number / 4, field->lo) : 0.25;
        range->to = number ? fmin(setting->number * 4, field->hi) : 4;
        if (field->type == FC_FIELD_INTEGER) {
            range->from = ceil(range->from);
            range->to = floor(range->to);
        }
        snprintf(range->unit, sizeof range->unit, "%s",
                 range->factor || strcmp(field->unit, "1") == 0 ? "" : field->unit);
    }
    if (!(range->to > range->from))
        return fc_fail(error, FC_BAD_INPUT, "--for: %s: the range is empty or runs down (the second end must be above "
                                            "the first)", range->path);
    if (range->dates && search->o->tie_count)
        return fc_fail(error, FC_BAD_INPUT, "--tie: %s is a date, which no number can be tied to; write its range in days",
                       range->path);
    solve->lo = range->from;
    solve->hi = range->to;
    solve->step = range->has_step && !range->geometric ? range->step : 0;
    if (field->type == FC_FIELD_INTEGER && !range->factor && solve->step == 0)
        solve->step = 1;
    if (solve->step == 0) { /* round numbers, at least 400 of them */
        solve->step = round_step((solve->hi - solve->lo) / 400);
        solve->lo = solve->step * ceil(solve->lo / solve->step - 1e-9);
        solve->hi = solve->step * floor(solve->hi / solve->step + 1e-9);
    } else {
        solve->hi = solve->lo + solve->step * floor((solve->hi - solve->lo) / solve->step + 1e-9);
    }
    return 0;
}

/* The figures at x of this many trials: simulated once, whichever target asks. NULL with `error` filled. */
static const struct seen *simulate(struct search *search, double x, struct fc_error *error)
{
    const struct options *o = search->o;
    for (int i = 0; i < search->seen_count; i++)
        if (search->seen[i].trials == search->trials && !(search->seen[i].x < x || search->seen[i].x > x))
            return &search->seen[i];
    if (search->seen_count == SEEN_MOST) {
        fc_fail(error, FC_FAULT, "the search did not end");
        return NULL;
    }
    struct seen *seen = &search->seen[search->seen_count];
    int metrics[TARGETS];
    struct fc_scenario scenario;
    struct fc_tally tally;
    char value[FC_RANGE_TEXT], texts[TIES_MAX + 1][2 * FC_RANGE_TEXT + 8];
    const char *changes[TIES_MAX + 1];
    fc_range_text(&search->range, x, value, sizeof value);
    snprintf(texts[0], sizeof texts[0], "%s=%s", search->range.path, value);
    changes[0] = texts[0];
    for (int i = 0; i < o->tie_count; i++) {
        if (fc_range_tie(o->ties[i], x, texts[i + 1], sizeof texts[i + 1], error))
            return NULL;
        changes[i + 1] = texts[i + 1];
    }
    struct fc_error why_not = {0};
    if (fc_analysis_scenario(&scenario, o->scenario, &o->shared, changes, (size_t)o->tie_count + 1, &why_not)) {
        bool gpus = strcmp(search->range.path, "cluster.gpus") == 0 && o->tie_count == 0;
        search->absent = why_not.status == FC_BAD_INPUT;
        fc_fail(error, why_not.status, "%s cannot be tried: %s%s", texts[0], why_not.text,
                gpus ? "; --tie training.global_batch=1/4 would keep four GPUs to a sequence, and --for "
                       "cluster.gpus=FROM..TO:STEP steps by whole replicas"
                     : "");
        return NULL;
    }
    bool done = false;
    for (int t = 0; t < o->target_count; t++) {
        metrics[t] = search->answers[t].metric;
        if (scenario.compiled.program.metric_row[metrics[t]] < 0) {
            fc_fail(error, FC_BAD_INPUT, "the target's metric does not exist at %s", texts[0]);
            goto out;
        }
    }
    int different = o->target_count == 2 && metrics[0] == metrics[1] ? 1 : o->target_count;
    fc_analysis_keep(&scenario.compiled.program, metrics, different);
    if (fc_analysis_run(&search->analysis, &scenario.compiled, scenario.seed, 0, search->trials, &tally, NULL,
                        error))
        goto out;
    done = true;
    search->too_few = false;
    for (int t = 0; t < o->target_count; t++) {
        struct fc_estimate e = seen->e[t] = fc_answer_value(&search->answers[t], &tally);
        search->too_few = search->too_few || (e.refused && e.why == FC_WHY_FEW);
        if (e.refused && done) {
            char why[300];
            fc_statistics_why(&tally, fc_tally_find(&tally, metrics[t]), &e, why, sizeof why);
            fc_fail(error, FC_BAD_INPUT, "the target's figure has no value at %s: %s", texts[0], why);
            done = false;
        }
    }
    fc_tally_free(&tally);
    seen->trials = search->trials;
    seen->x = x;
    search->seen_count += done;
out:
    fc_scenario_close(&scenario);
    return done ? seen : NULL;
}

static int evaluate(void *context, double x, struct fc_solve_point *point, struct fc_error *error)
{
    struct search *search = context;
    search->absent = false;
    const struct seen *seen = simulate(search, x, error);
    if (!seen)
        return search->absent ? 1 : -1;
    point->value = seen->e[search->at].value;
    point->error = seen->e[search->at].error;
    return 0;
}

/* The values that reach the target, as far as a figure that rises or falls throughout says; false: none. */
static bool reached(const struct fc_solve *s, double *lo, double *hi)
{
    *lo = s->outcome == FC_SOLVE_FOUND && s->smallest ? s->x : s->lo;
    *hi = s->outcome == FC_SOLVE_FOUND && !s->smallest ? s->x : s->hi;
    return s->outcome != FC_SOLVE_NONE;
}

/* The same of both; false: none. */
static bool both_reached(const struct fc_solve *a, const struct fc_solve *b, double *lo, double *hi)
{
    double ends[4];
    bool any = reached(a, &ends[0], &ends[1]), also = reached(b, &ends[2], &ends[3]);
    *lo = fmax(ends[0], ends[2]);
    *hi = fmin(ends[1], ends[3]);
    return any && also && *lo <= *hi;
}

static void print_both(const struct search *search, const struct fc_solve s[TARGETS])
{
    char lo[FC_RANGE_TEXT], hi[FC_RANGE_TEXT];
    double from, to;
    if (!both_reached(&s[0], &s[1], &from, &to)) {
        printf("\nNo value of %s reaches both targets.\n", search->range.path);
        return;
    }
    fc_range_text(&search->range, from, lo, sizeof lo);
    fc_range_text(&search->range, to, hi, sizeof hi);
    printf("\nBoth targets are reached from %s = %s to %s.\n", search->range.path, lo, hi);
}

static void print(const struct search *search, const struct fc_solve *s, const struct fc_scenario *scenario, bool first)
{
    const struct fc_metric_info *info = fc_metric_find(search->answer.metric);
    struct fc_scale scale =
        info->probability ? (struct fc_scale){0.01, "%"} : fc_scale_for(info->unit, s->target);
    char figure[96], value[FC_RANGE_TEXT], lo[FC_RANGE_TEXT], hi[FC_RANGE_TEXT], at[96], target[64];
    fc_answer_name(&search->answer, scenario->compiled.program.contract.run_flop, figure, sizeof figure);
    fc_range_text(&search->range, s->x, value, sizeof value);
    fc_range_text(&search->range, fmax(s->x_lo, s->lo), lo, sizeof lo);
    fc_range_text(&search->range, fmin(s->x_hi, s->hi), hi, sizeof hi);
    fc_format_figure(s->value, s->error, &scale, at, sizeof at);
    const char *unit = isfinite(s->value) ? scale.unit : ""; /* 'never' has none */
    fc_format_number(s->target / scale.factor, 4, target, sizeof target);
    if (first)
        fc_analysis_head(stdout, scenario, search->trials);
    else
        putchar('\n');
    struct fc_table table;
    fc_table_start(&table, 3, 0);
    fc_table_cell(&table, "%s", search->range.path);
    fc_table_cell(&table, *scale.unit ? "%s [%s]" : "%s", figure, scale.unit);
    fc_table_cell(&table, "target %s %s", s->at_least ? ">=" : "<=", target);
    for (int i = 0; i < s->count; i++) {
        char cell[FC_RANGE_TEXT];
        fc_range_text(&search->range, s->points[i].x, cell, sizeof cell);
        fc_table_cell(&table, "%s", cell);
        fc_format_figure(s->points[i].value, s->points[i].error, &scale, cell, sizeof cell);
        fc_table_cell(&table, "%s", cell);
        bool met = s->at_least ? s->points[i].value >= s->target : s->points[i].value <= s->target;
        fc_table_cell(&table, met ? "reached" : "-");
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
    putchar('\n');
    if (search->pilot_trials) {
        char worlds[32];
        fc_format_count(search->pilot_trials, worlds, sizeof worlds);
        printf("A search over %d values with %s of the worlds showed where to look.\n", search->pilot_values,
               worlds);
    }
    if (s->absent)
        printf("%d value%s that make%s no scenario %s passed over; the first: %s.\n", s->absent, s->absent > 1 ? "s" : "",
               s->absent > 1 ? "" : "s", s->absent > 1 ? "were" : "was", s->why.text);
    if (!s->monotone)
        puts("The figure rises and falls over the range, so there may be other answers; this is the one "
             "nearest to\n"
             "the lower end. Narrow the range to look for others.");
    if (s->outcome == FC_SOLVE_FOUND)
        printf("%s = %s is the %s value that reaches it: %s is %s%s%s there.\n95 %% interval by the error of "
               "the "
               "simulation: %s%s to %s%s.\n",
               search->range.path, value, s->smallest ? "smallest" : "largest", figure, at, *unit ? " " : "",
               unit, lo, s->x_lo < s->lo ? " (the range ends there)" : "", hi,
               s->x_hi > s->hi ? " (the range ends there)" : "");
    else if (s->outcome == FC_SOLVE_ALL)
        printf("The whole range reaches it; nearest to the target, at %s = %s, %s is %s%s%s.\n",
               search->range.path, value, figure, at, *unit ? " " : "", unit);
    else
        printf("No value in the range reaches it; nearest to the target, at %s = %s, %s is %s%s%s. Widen the "
               "range, or "
               "change another input.\n",
               search->range.path, value, figure, at, *unit ? " " : "", unit);
}

static void write_answer(struct fc_writer *w, const struct search *search, const struct fc_solve *s,
                         const struct fc_scenario *scenario)
{
    static const char *const outcomes[] = {"found", "whole range reaches it",
                                           "nothing in the range reaches it"};
    char figure[96], date[FC_RANGE_TEXT];
    fc_answer_name(&search->answer, scenario->compiled.program.contract.run_flop, figure, sizeof figure);
    fc_range_text(&search->range, s->x, date, sizeof date);
    fc_write_text(w, "path", search->range.path);
    fc_write_flag(w, "factor", search->range.factor);
    fc_write_text(w, "unit", search->range.dates ? "days since 1970-01-01" : search->range.unit);
    if (search->range.dates)
        fc_write_text(w, "date", date);
    fc_write_text(w, "figure", figure);
    fc_write_text(w, "relation", s->at_least ? ">=" : "<=");
    fc_write_number(w, "target", s->target);
    fc_write_text(w, "outcome", outcomes[s->outcome]);
    fc_write_flag(w, "found", s->outcome == FC_SOLVE_FOUND);
    fc_write_flag(w, "monotone", s->monotone);
    fc_write_flag(w, "smallest", s->smallest);
    fc_write_number(w, "value", s->x);
    fc_write_number(w, "lo", s->x_lo);
    fc_write_number(w, "hi", s->x_hi);
    fc_write_number(w, "figure_there", s->value);
    fc_write_number(w, "figure_there_se", s->error);
    fc_write_unsigned(w, "pilot_trials", search->pilot_trials);
    fc_write_unsigned(w, "passed_over", (uint64_t)s->absent);
    if (s->absent)
        fc_write_text(w, "passed_over_why", s->why.text);
    fc_write_list(w, "points");
    for (int i = 0; i < s->count; i++) {
        fc_write_map(w, NULL);
        fc_write_number(w, "value", s->points[i].x);
        fc_write_number(w, "figure", s->points[i].value);
        fc_write_number(w, "figure_se", s->points[i].error);
        fc_write_end(w);
    }
    fc_write_end(w);
}

/* One target's answer; of two, a list of them and the values that reach both. */
static int print_json(struct search *search, const struct fc_solve s[TARGETS], const struct fc_scenario *scenario,
                      struct fc_error *error)
{
    struct fc_writer *w;
    double lo, hi;
    if (fc_analysis_write_start(&w, "solve", &search->analysis, scenario, search->trials, error))
        return -1;
    if (search->o->target_count == 1) {
        write_answer(w, search, s, scenario);
        return fc_analysis_write_end(w, error);
    }
    fc_write_list(w, "targets");
    for (int t = 0; t < TARGETS; t++) {
        search->answer = search->answers[t];
        fc_write_map(w, NULL);
        write_answer(w, search, &s[t], scenario);
        fc_write_end(w);
    }
    fc_write_end(w);
    bool found = both_reached(&s[0], &s[1], &lo, &hi);
    fc_write_flag(w, "found", found);
    fc_write_number(w, "lo", found ? lo : (double)NAN);
    fc_write_number(w, "hi", found ? hi : (double)NAN);
    return fc_analysis_write_end(w, error);
}

/* Finds the answer; where runs are simulated anew for each value, a search with fewer worlds shows where to
 * look. */
static int find(struct search *search, struct fc_solve *s, const struct fc_program *program, bool leaves_runs,
                struct fc_error *error)
{
    uint64_t all = search->trials;
    struct fc_error thin;
    if (!(program->layers & FC_LAYER_RUN) || leaves_runs || all / PILOT_SHARE < PILOT_LEAST)
        return fc_solve_run(s, error);
    struct fc_solve *pilot = malloc(sizeof *pilot);
    if (!pilot)
        return fc_fail(error, FC_FAULT, "out of memory for the search");
    *pilot = *s;
    search->trials = search->pilot_trials = all / PILOT_SHARE;
    int found = fc_solve_run(pilot, &thin);
    search->trials = all;
    search->pilot_values = pilot->count;
    if (found && !search->too_few) {
        *error = thin;
        free(pilot);
        return -1;
    }
    bool leads = found == 0 && pilot->outcome == FC_SOLVE_FOUND;
    int status = leads ? fc_solve_near(s, pilot, error) : fc_solve_run(s, error);
    free(pilot);
    return status;
}

/* Returns 0, 1 when no value reaches the target, or -1. */
static int solve(struct options *o, struct fc_error *error)
{
    static struct search search; /* large */
    struct fc_solve s[TARGETS] = {{.evaluate = evaluate, .context = &search}, {.evaluate = evaluate, .context = &search}};
    struct fc_scenario scenario = {0};
    char path[FC_RANGE_TEXT + 8];
    bool opened = false;
    int status = -1;
    search.o = o;
    snprintf(path, sizeof path, "%s%s", o->over, strchr(o->over, '=') ? "" : "=0..0");
    if (fc_range_read_ends(&search.range, path, error) ||
        (!search.range.factor &&
         fc_scenario_refuse_override(&o->shared.scenario, search.range.path, "--for", error)) ||
        fc_analysis_scenario(&scenario, o->scenario, &o->shared, NULL, 0, error))
        goto out;
    for (int t = 0; t < o->target_count; t++)
        if (read_target(o->target[t], &scenario.compiled, &search.answers[t], &s[t], error) ||
            complete(&search, &s[t], &scenario, error))
            goto out;
    search.trials = fc_analysis_trials(&scenario, &o->shared, RUNS);
    fc_scenario_print_notes(&scenario, stderr, o->shared.quiet);
    if (fc_outputs_open(&o->outputs, error) ||
        fc_analysis_open(&search.analysis, &o->shared, (uint64_t)(RUNS * o->target_count) * search.trials, error))
        goto out;
    opened = true;
    bool leaves_runs = fc_kept_path(search.range.path);
    for (int i = 0; i < o->tie_count; i++)
        leaves_runs = leaves_runs && fc_kept_path(o->ties[i]);
    if (leaves_runs)
        fc_analysis_keep_runs(&search.analysis, &scenario.compiled.program, search.trials);
    search.analysis.same_runs = true;
    for (int t = 0; t < o->target_count; t++) {
        search.at = t;
        search.answer = search.answers[t];
        if (find(&search, &s[t], &scenario.compiled.program, leaves_runs, error))
            goto out;
    }
    fc_progress_end(&search.analysis.line);
    if (o->shared.json || fc_outputs_any(&o->outputs)) {
        search.analysis.json = fc_outputs_begin(&o->outputs, error);
        if (!search.analysis.json ||
            fc_outputs_end(&o->outputs, print_json(&search, s, &scenario, error) != 0, o->shared.json,
                           error))
            goto out;
    }
    status = 0;
    if (fc_outputs_leave_room(&o->outputs, o->shared.json)) {
        fc_fold_start();
        for (int t = 0; t < o->target_count; t++) {
            search.answer = search.answers[t];
            print(&search, &s[t], &scenario, t == 0);
        }
        if (o->target_count == 2)
            print_both(&search, s);
        fc_analysis_foot(stdout, &search.analysis);
    }
    double lo, hi;
    if (o->target_count == 2 ? !both_reached(&s[0], &s[1], &lo, &hi) : s[0].outcome == FC_SOLVE_NONE)
        status = 1;
out:
    if (opened)
        fc_analysis_close(&search.analysis);
    fc_scenario_close(&scenario);
    fc_range_free(&search.range);
    return status;
}

int fc_command_solve(int argc, char **argv)
{
    struct options o = {.shared.wish.device = -1};
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fc_help_print(help, fc_analysis_help);
        status = 0;
    } else if (status == 0) {
        status = solve(&o, &error);
        if (status == 1) {
            fc_outputs_close(&o.outputs);
            fc_analysis_options_free(&o.shared);
            return FC_ANSWER_NO;
        }
    }
    fc_outputs_close(&o.outputs);
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}
