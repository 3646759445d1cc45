/* command_update.c: `flopcast update`: the forecast of a run under way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/follow.h"
#include "host/base/date.h"
#include "host/report/outputs.h"

static const char help[] =
    "usage: flopcast update SCENARIO --log LOG [--steps N] [--start DATE] [OPTIONS]\n"
    "\n"
    "Forecasts the end of a run from what has happened so far: the worlds that stand where the run does, "
    "weighted by how\n"
    "near they are, and what remains of them. Says whether the run is outside what was expected. What people "
    "and programme\n"
    "add (operation.overhead) is taken to go on at the rate so far ('now'), and, for the other end, to have a rate of "
    "its\n"
    "own in what remains ('now, drawn anew').\n"
    "\n"
    "      --log LOG         a CSV or JSON with steps and hours, days or date, and, where known, "
    "interruptions,\n"
    "                        interruptions@gpu (or another class) and spares_used, all counted from the "
    "start\n"
    "                        (the last row counts); an export of TensorBoard (Wall time, Step) or of the "
    "history of\n"
    "                        Weights & Biases (_step, _timestamp or _runtime); the text of Slurm's sacct. "
    "More than\n"
    "                        one may be given; what a later one says counts\n"
    "      --steps N         steps done, where no log says so (sacct)\n"
    "      --start DATE      the day of the first step, YYYY-MM-DD, instead of the scenario's: the end is "
    "given as a date, too\n"
    "\n"
    "exit status: 0 as expected; 1 the run is outside the 99 % interval of what was expected\n"
    "\n";

enum { OPTION_LOG = FC_ANALYSIS_OWN, OPTION_START, OPTION_STEPS, WORLDS = 2000, LOGS = 8 };
#define ALARM 0.005 /* on either side: one run in a hundred that goes as forecast is called unusual */

static const struct option own[] = {{"log", required_argument, NULL, OPTION_LOG},
                                    {"steps", required_argument, NULL, OPTION_STEPS},
                                    {"start", required_argument, NULL, OPTION_START},
                                    {NULL, 0, NULL, 0}};

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    const char *scenario, *logs[LOGS], *start;
    int log_count;
    double steps; /* NAN: not stated */
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    long day;
    while ((option = fc_analysis_next(&o->shared, "update", argc, argv, own, error)) >= FC_ANALYSIS_OWN) {
        if (option == OPTION_LOG && o->log_count < LOGS)
            o->logs[o->log_count++] = optarg;
        else if (option == OPTION_LOG)
            return fc_fail(error, FC_BAD_INPUT, "--log: at most %d logs", (int)LOGS);
        else if (option == OPTION_START)
            o->start = optarg;
        else {
            char *end;
            o->steps = strtod(optarg, &end);
            if (*end || !(o->steps > 0))
                return fc_fail(error, FC_BAD_INPUT, "--steps '%.20s' is not a number above 0", optarg);
        }
    }
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (argc - optind != 1 || o->log_count == 0)
        return fc_fail(error, FC_BAD_INPUT,
                       "update needs a scenario and --log, e.g. flopcast update my.yaml --log run.csv");
    if (o->start && !fc_date_read(o->start, &day))
        return fc_fail(error, FC_BAD_INPUT, "--start '%.20s' is not a date, such as 2026-12-01", o->start);
    o->scenario = argv[optind];
    return fc_outputs_take_pageless(&o->outputs, "update", o->shared.output, o->shared.report, error);
}

static double at(const double *quantiles, double p)
{
    int k = (int)(p * (FC_FOLLOW_POINTS + 1) - 0.5);
    return quantiles[k < 0 ? 0 : k];
}

static bool unusual(double percentile)
{
    return isfinite(percentile) && (percentile < ALARM || percentile > 1 - ALARM);
}

static void print_line(const char *name, const double *q, const char *start)
{
    printf("%-15s %8.4g %8.4g %8.4g  days", name, at(q, 0.05), at(q, 0.5), at(q, 0.95));
    long day;
    if (start && fc_date_read(start, &day)) {
        char a[16], b[16], c[16];
        fc_date_print(day + (long)floor(at(q, 0.05)), a);
        fc_date_print(day + (long)floor(at(q, 0.5)), b);
        fc_date_print(day + (long)floor(fmin(at(q, 0.95), 1e6)), c);
        printf("   %s  %s  %s", a, b, c);
    }
    putchar('\n');
}

static void print_rate(const char *name, const struct fc_follow_rate *rate)
{
    if (isfinite(rate->percentile))
        printf("%s are at percentile %.1f; %.3g a day expected, %.3g +- %.2g a day now\n", name,
               100 * rate->percentile, rate->before, rate->shape / rate->days,
               sqrt(rate->shape) / rate->days);
}

/* Of steps and interruptions: a class or the spares among many would cry wolf more often than they say. */
static bool outside(const struct fc_follow_answer *a)
{
    return unusual(a->steps_percentile) || unusual(a->stops.percentile);
}

static void print_people(const struct options *o, const struct fc_follow *f,
                         const struct fc_follow_seen *seen, const struct fc_follow_answer *a, double deadline)
{
    printf("day %.4g: %.4g of %.4g steps (%.1f %%)\n\n", seen->days, seen->steps, f->all_steps,
           100 * seen->steps / f->all_steps);
    printf("%-15s %8s %8s %8s\n", "end of the run", "P5", "P50", "P95");
    print_line("at the start", a->before, o->start);
    print_line("now", a->now, o->start);
    if (a->has_anew)
        print_line("now, drawn anew", a->anew, o->start);
    if (deadline > 0) {
        printf("\nP(deadline of %.4g days): at the start %.1f %%, now %.1f %%", deadline,
               100 * fc_follow_probability(a->before, deadline),
               100 * fc_follow_probability(a->now, deadline));
        if (a->has_anew)
            printf(", drawn anew %.1f %%", 100 * fc_follow_probability(a->anew, deadline));
        putchar('\n');
    }
    if (a->has_anew)
        puts("\n'now' holds if people and programme go on adding at the rate so far, 'drawn anew' if what remains\n"
             "has a rate of its own, drawn as at the start: a promise should stand in both");
    printf("\nsteps done are at percentile %.1f of what was expected\n", 100 * a->steps_percentile);
    print_rate("interruptions", &a->stops);
    for (int k = 0; k < FC_FOLLOW_CLASSES; k++) {
        char name[40];
        snprintf(name, sizeof name, "interruptions@%s", fc_follow_classes[k]);
        print_rate(name, &a->by_class[k]);
    }
    print_rate("spares taken", &a->spares);
    printf("\nwhat remains depends on:");
    for (int k = 0; k < FC_FOLLOW_DRIVERS; k++)
        if (isfinite(a->share[k]))
            printf("%s %s %.0f %%", k ? "," : "", fc_follow_drivers[k], 100 * a->share[k]);
    puts(" (of its variance among these worlds)");
    if (outside(a))
        puts("the run is outside the 99 % interval of the forecast: the scenario may not be of this run");
    printf("rests on %.0f effective worlds of %zu\n", a->effective, f->worlds);
}

static void write_quantiles(struct fc_writer *w, const char *key, const double *q, double deadline)
{
    fc_write_map(w, key);
    fc_write_number(w, "p5", at(q, 0.05));
    fc_write_number(w, "p25", at(q, 0.25));
    fc_write_number(w, "p50", at(q, 0.5));
    fc_write_number(w, "p75", at(q, 0.75));
    fc_write_number(w, "p95", at(q, 0.95));
    if (deadline > 0)
        fc_write_number(w, "p_deadline", fc_follow_probability(q, deadline));
    fc_write_end(w);
}

static void write_rate(struct fc_writer *w, const char *name, const struct fc_follow_rate *rate)
{
    char key[80];
    snprintf(key, sizeof key, "%s_percentile", name);
    fc_write_number(w, key, rate->percentile);
    snprintf(key, sizeof key, "%s_per_day_expected", name);
    fc_write_number(w, key, rate->before);
    snprintf(key, sizeof key, "%s_per_day_now", name);
    fc_write_number(w, key, rate->shape / rate->days);
}

static int print_json(const struct options *o, const struct fc_analysis *analysis,
                      const struct fc_scenario *scenario, const struct fc_follow *f,
                      const struct fc_follow_seen *seen, const struct fc_follow_answer *a, double deadline,
                      struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_analysis_write_start(&w, "update", analysis, scenario, f->worlds, error))
        return -1;
    fc_write_number(w, "day", seen->days);
    fc_write_number(w, "steps", seen->steps);
    fc_write_number(w, "all_steps", f->all_steps);
    if (o->start)
        fc_write_text(w, "start", o->start);
    write_quantiles(w, "end_days_at_start", a->before, deadline);
    write_quantiles(w, "end_days_now", a->now, deadline);
    if (a->has_anew)
        write_quantiles(w, "end_days_drawn_anew", a->anew, deadline);
    fc_write_number(w, "steps_percentile", a->steps_percentile);
    write_rate(w, "interruptions", &a->stops);
    for (int k = 0; k < FC_FOLLOW_CLASSES; k++) {
        char name[40];
        snprintf(name, sizeof name, "interruptions@%s", fc_follow_classes[k]);
        if (isfinite(a->by_class[k].percentile))
            write_rate(w, name, &a->by_class[k]);
    }
    if (isfinite(a->spares.percentile))
        write_rate(w, "spares", &a->spares);
    fc_write_map(w, "what_remains_depends_on");
    fc_write_number(w, "step_time", a->share[0]);
    fc_write_number(w, "people_and_programme", a->share[1]);
    fc_write_number(w, "interruptions_to_come", a->share[2]);
    fc_write_end(w);
    if (seen->note[0])
        fc_write_text(w, "log", seen->note);
    fc_write_number(w, "effective_worlds", a->effective);
    fc_write_flag(w, "outside_forecast", outside(a));
    return fc_analysis_write_end(w, error);
}

/* Logs of one run tell of one moment, within what two of its clocks differ by: a twentieth and a quarter of a day. It is
 * that of the log that has the steps. */
static int read_logs(const struct options *o, struct fc_follow_seen *seen, struct fc_error *error)
{
    double days = 0;
    const char *of = NULL;
    for (int i = 0; i < o->log_count; i++) {
        double steps = seen->steps;
        seen->steps = (double)NAN;
        if (fc_follow_read(seen, o->logs[i], o->start, error))
            return -1;
        bool decides = isfinite(seen->steps) || !of;
        if (of && fabs(seen->days - days) > 0.25 + 0.05 * fmax(seen->days, days))
            return fc_fail(error, FC_BAD_INPUT,
                           "%.80s ends at day %.4g, %.80s at day %.4g: logs of the same moment are needed",
                           of, days, o->logs[i], seen->days);
        if (!isfinite(seen->steps))
            seen->steps = steps;
        if (decides) {
            days = seen->days;
            of = o->logs[i];
        }
        seen->days = days;
    }
    if (isfinite(o->steps))
        seen->steps = o->steps;
    if (!(seen->steps > 0))
        return fc_fail(error, FC_BAD_INPUT,
                       "no log says how many steps are done; give --steps N, or a second --log that "
                       "has them");
    if (seen->note[0] && !o->shared.quiet)
        fprintf(stderr, "flopcast: %s\n", seen->note);
    return 0;
}

int fc_command_update(int argc, char **argv)
{
    struct options o = {.shared.wish.device = -1, .steps = (double)NAN};
    struct fc_analysis analysis = {0};
    struct fc_scenario scenario = {0};
    struct fc_follow follow = {0};
    struct fc_follow_seen seen = fc_follow_nothing();
    static struct fc_follow_answer answer;
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == FC_ANALYSIS_HELP) {
        fc_help_print(help, fc_analysis_help_pageless);
        fc_analysis_options_free(&o.shared);
        return FC_DONE;
    }
    bool opened =
        status == 0 && !(status = fc_analysis_scenario(&scenario, o.scenario, &o.shared, NULL, 0, &error));
    if (opened && !o.start && scenario.settings->fields[FC_FIELD_START].is_set)
        o.start = scenario.settings->fields[FC_FIELD_START].name;
    if (status == 0)
        status = read_logs(&o, &seen, &error);
    if (status == 0)
        status = fc_outputs_open(&o.outputs, &error);
    if (status == 0)
        status = fc_analysis_open(&analysis, &o.shared, 0, &error);
    size_t worlds = o.shared.scenario.trials ? (size_t)o.shared.scenario.trials : WORLDS;
    if (status == 0)
        status = fc_follow_simulate(&follow, &analysis, &scenario, seen.days, 0, worlds, &error);
    if (status == 0 && seen.steps > follow.all_steps)
        status =
            fc_fail(&error, FC_BAD_INPUT, "the log has %.6g steps done, more than the %.6g of the scenario",
                    seen.steps, follow.all_steps);
    if (status == 0)
        status = fc_follow_update(&follow, &seen, &answer, &error);
    fc_progress_end(&analysis.line);
    double deadline = opened ? (double)scenario.compiled.program.contract.deadline_days : 0;
    bool alarm = status == 0 && outside(&answer);
    if (status == 0 && (o.shared.json || fc_outputs_any(&o.outputs))) {
        analysis.json = fc_outputs_begin(&o.outputs, &error);
        status = !analysis.json ? -1
                                : fc_outputs_end(&o.outputs,
                                                 print_json(&o, &analysis, &scenario, &follow, &seen, &answer,
                                                            deadline, &error) != 0,
                                                 o.shared.json, &error);
    }
    if (status == 0 && fc_outputs_leave_room(&o.outputs, o.shared.json)) {
        fc_fold_start();
        print_people(&o, &follow, &seen, &answer, deadline);
    }
    fc_outputs_close(&o.outputs);
    fc_follow_free(&follow);
    if (opened)
        fc_scenario_close(&scenario);
    fc_analysis_close(&analysis);
    fc_analysis_options_free(&o.shared);
    status = fc_analysis_end(status, &error);
    return status == FC_DONE && alarm ? FC_ANSWER_NO : status;
}
