/* command_replay.c: `flopcast replay`: one world of a scenario, event by event. */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/analysis/answer.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/terminal.h"
#include "host/base/help.h"
#include "host/base/document_write.h"
#include "host/backends/kernels.h"
#include "host/result/metrics.h"
#include "host/base/options.h"
#include "host/base/table.h"
#include "host/run/flows.h"
#include "host/run/replay.h"
#include "host/report/report.h"
#include "host/compile/scenario.h"

static const char help[] =
    "usage: flopcast replay SCENARIO [--trial N | --at FIGURE] [OPTIONS]\n"
    "\n"
    "Shows one world of the scenario's run: every interruption, slow time and planned stop, and what each "
    "cost; of a contract alone, every month: what was delivered, used, paid and earned.\n"
    "\n"
    "      --trial N         the world with this number (default: 0)\n"
    "      --at FIGURE       the world nearest to a figure of the result, such as 'p95(wall_clock_days)'\n"
    "  -n, --trials N        worlds that --at looks at (default: the scenario's, at most 200,000)\n"
    "  -s, --seed N          seed of the random numbers (default: the scenario's, else 1)\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "      --json            print it as JSON\n"
    "  -h, --help            this text\n";

enum { OPTION_TRIAL = 256, OPTION_AT, OPTION_SET, OPTION_JSON, COLUMNS = 64, WIDE_TABLE = 116, MOST_LOOKED_AT = 200000 };

static const struct option long_options[] = {
    {"trial", required_argument, NULL, OPTION_TRIAL},
    {"at", required_argument, NULL, OPTION_AT},
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, OPTION_SET},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    struct fc_scenario_options scenario_options;
    const char *scenario, *at;
    uint64_t trial;
    bool has_trial, json;
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":n:s:h", long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_TRIAL:
            if (fc_option_count("--trial", optarg, 0, 9007199254740992, &o->trial, error))
                return -1;
            o->has_trial = true;
            break;
        case OPTION_AT:
            o->at = optarg;
            break;
        case 'n':
        case 's':
        case OPTION_SET:
            if (fc_scenario_take_option(&o->scenario_options, option, OPTION_SET, optarg, (uint64_t)1e9,
                                        error))
                return -1;
            break;
        case OPTION_JSON:
            o->json = true;
            break;
        case 'h':
            return 1;
        default:
            return fc_option_error("replay", option, argv, long_options, error);
        }
    }
    if (optind >= argc)
        return fc_fail(error, FC_BAD_INPUT, "replay needs a scenario; see flopcast list scenarios");
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': replay takes a single scenario",
                       argv[optind + 1]);
    if (o->has_trial && o->at)
        return fc_fail(error, FC_BAD_INPUT, "--trial and --at are both given (one world is shown); drop one");
    o->scenario = argv[optind];
    return 0;
}

/* The values of one metric in the first `count` worlds. */
static int simulate(const struct fc_scenario *scenario, int metric, uint64_t count, float *values,
                    struct fc_error *error)
{
    const struct fc_kernel *kernel = fc_kernel_best();
    size_t bytes = ((size_t)kernel->scratch_bytes + 63) / 64 * 64, chunk = (size_t)kernel->chunk;
    struct fc_program *program = malloc(sizeof *program);
    if (!program)
        return fc_fail(error, FC_FAULT, "out of memory for the worlds");
    *program = scenario->compiled.program;
    program->metric_count = 1;
    program->metrics[0] = metric;
    int failed = 0;
#pragma omp parallel
    {
        void *scratch = aligned_alloc(64, bytes);
        float *out = malloc(chunk * sizeof *out);
        int ready = scratch && out;
        if (ready)
            memset(scratch, 0, bytes);
#pragma omp for schedule(dynamic, 4)
        for (uint64_t at = 0; at < count; at += chunk) {
            size_t here = count - at < chunk ? (size_t)(count - at) : chunk;
            if (!ready) {
#pragma omp atomic write
                failed = 1;
                continue;
            }
            kernel->run(program, scenario->compiled.tables, scenario->seed, at, (int)here, scratch, out);
            memcpy(values + at, out, here * sizeof *out);
        }
        free(scratch);
        free(out);
    }
    free(program);
    return failed ? fc_fail(error, FC_FAULT, "out of memory for the worlds") : 0;
}

/* The world whose metric lies nearest to the figure `text` of the first worlds of the run. */
static int find_trial(const struct fc_scenario *scenario, struct options *o, struct fc_error *error)
{
    const struct fc_program *program = &scenario->compiled.program;
    struct fc_answer answer;
    if (fc_answer_read(program, o->at, strlen(o->at), &answer, error))
        return -1;
    uint64_t count =
        scenario->trials < MOST_LOOKED_AT || o->scenario_options.trials ? scenario->trials : MOST_LOOKED_AT;
    float *values = malloc((size_t)count * sizeof *values);
    struct fc_tally tally = {0};
    int status = values ? 0 : fc_fail(error, FC_FAULT, "out of memory for the worlds");
    if (!status)
        status = fc_tally_create(&tally, &answer.metric, 1, error);
    if (!status)
        status = simulate(scenario, answer.metric, count, values, error);
    if (!status) {
        fc_tally_add(&tally, 0, values, (size_t)count, 0);
        struct fc_estimate target = fc_answer_value(&answer, &tally);
        double nearest = INFINITY;
        if (target.refused || !isfinite(target.value))
            status = fc_fail(error, FC_BAD_INPUT, "%llu worlds are too few to estimate %s; raise -n",
                             (unsigned long long)count, o->at);
        for (uint64_t i = 0; !status && i < count; i++) {
            double distance = fabs((double)values[i] - target.value);
            if (distance < nearest) {
                nearest = distance;
                o->trial = i;
            }
        }
        if (!status && !o->json)
            printf("%s of %llu worlds is %.6g; the nearest is world %llu with %.6g\n\n", o->at,
                   (unsigned long long)count, target.value, (unsigned long long)o->trial,
                   (double)values[o->trial]);
    }
    fc_tally_free(&tally);
    free(values);
    return status;
}

static double hours(const struct fc_replay *replay, int64_t ticks)
{
    return (double)ticks * replay->tick_s / 3600;
}

/* Adds to the columns of the chart the share `weight` of the ticks from ... to. */
static void spread(const struct fc_replay *replay, double from, double to, double weight,
                   double share[COLUMNS])
{
    double per_column = (double)replay->wall / COLUMNS;
    for (int c = (int)(from / per_column); c < COLUMNS && c * per_column < to; c++) {
        double overlap = fmin(to, (c + 1) * per_column) - fmax(from, c * per_column);
        share[c] += overlap > 0 ? overlap / per_column * weight : 0;
    }
}

struct chart {
    double productive[COLUMNS], waiting[COLUMNS];
    int failures[COLUMNS];
    bool waits;
};

/* People and programme, as a share of the training that is kept, over which they are spread (operation.overhead). */
static double programme_share(const struct fc_replay *replay)
{
    double programme = (double)replay->bucket[FC_BUCKET_PROGRAMME];
    double kept = (double)replay->bucket[FC_BUCKET_PRODUCTIVE] + programme;
    return kept > 0 ? programme / kept : 0;
}

/* Spreads an event's time over the columns: first restart and slow time, then training, then what followed;
 * waiting comes last. */
static void fill(const struct fc_replay *replay, struct chart *chart)
{
    for (size_t i = 0; i < replay->count; i++) {
        const struct fc_replay_event *e = &replay->events[i];
        double from = (double)(e->from + e->bucket[FC_BUCKET_RESTART] + e->bucket[FC_BUCKET_SLOWDOWN]);
        double good = fmax((double)e->bucket[FC_BUCKET_PRODUCTIVE], 0);
        double span = good + (double)(e->bucket[FC_BUCKET_CHECKPOINT] + e->bucket[FC_BUCKET_REDONE]);
        double waiting = (double)e->bucket[FC_BUCKET_WAITING];
        if (span > 0)
            spread(replay, from, fmin(from + span, (double)e->to), good / span * (1 - programme_share(replay)),
                   chart->productive);
        if (waiting > 0)
            spread(replay, (double)e->to - waiting, (double)e->to, 1, chart->waiting);
        chart->waits = chart->waits || waiting > 0;
        int column = (int)fmin((double)e->to * COLUMNS / (double)replay->wall, COLUMNS - 1);
        chart->failures[column] += e->kind == FC_REPLAY_FAILURE;
    }
}

static const char *block(int level, bool utf8)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ".", ":", ":", "+", "+", "#", "#"};
    return (utf8 ? blocks : plain)[level < 0 ? 0 : level > 8 ? 8 : level];
}

static void print_shares(const char *name, const double share[COLUMNS], bool utf8)
{
    printf("%-10s |", name);
    for (int c = 0; c < COLUMNS; c++)
        fputs(block((int)(fmin(1, share[c]) * 8 + 0.5), utf8), stdout);
    puts("|");
}

static void print_chart(const struct fc_replay *replay)
{
    struct chart chart = {0};
    bool utf8 = fc_locale_is_utf8();
    int most = 1;
    fill(replay, &chart);
    print_shares("productive", chart.productive, utf8);
    if (chart.waits)
        print_shares("waiting", chart.waiting, utf8);
    for (int c = 0; c < COLUMNS; c++)
        most = chart.failures[c] > most ? chart.failures[c] : most;
    printf("%-10s |", "failures");
    for (int c = 0; c < COLUMNS; c++)
        fputs(block(chart.failures[c] ? (chart.failures[c] * 7 + most - 1) / most + 1 : 0, utf8), stdout);
    puts("|");
    printf("%11s 0%*s\n  most failures in a column: %d\n\n", "day", COLUMNS - 1, "end", most);
}

static void print_table(const struct fc_replay *replay, const struct fc_scenario *scenario, uint64_t trial)
{
    /* what a stretch was lost to; together where the terminal is narrow */
    static const struct column {
        const char *head;
        enum fc_bucket buckets[5];
        int count;
    } wide[] = {{"kept", {FC_BUCKET_PRODUCTIVE}, 1},   {"redone", {FC_BUCKET_REDONE}, 1},
                {"ckpt", {FC_BUCKET_CHECKPOINT}, 1},   {"detect", {FC_BUCKET_DETECTION}, 1},
                {"restart", {FC_BUCKET_RESTART}, 1},   {"waiting", {FC_BUCKET_WAITING}, 1},
                {"planned", {FC_BUCKET_PLANNED}, 1},   {"slow", {FC_BUCKET_SLOWDOWN}, 1}},
      narrow[] = {{"kept", {FC_BUCKET_PRODUCTIVE}, 1},
                  {"redone", {FC_BUCKET_REDONE}, 1},
                  {"stopped", {FC_BUCKET_CHECKPOINT, FC_BUCKET_DETECTION, FC_BUCKET_RESTART, FC_BUCKET_PLANNED}, 4},
                  {"waiting", {FC_BUCKET_WAITING}, 1},
                  {"slow", {FC_BUCKET_SLOWDOWN}, 1}};
    bool is_narrow = fc_terminal_width() < WIDE_TABLE;
    const struct column *columns = is_narrow ? narrow : wide;
    size_t shown = is_narrow ? sizeof narrow / sizeof narrow[0] : sizeof wide / sizeof wide[0];
    printf("%s, world %llu: %zu events in %.2f days\n\n", scenario->name, (unsigned long long)trial,
           replay->count, hours(replay, replay->wall) / 24);
    print_chart(replay);
    puts("each row: what ended a stretch, on which day, and where its hours went (kept: less what is lost later)");
    if (replay->bucket[FC_BUCKET_PROGRAMME] > 0)
        printf("of what is kept, %.1f %% went to people and programme (operation.overhead), %.1f %% of the whole time\n",
               100 * programme_share(replay),
               100 * (double)replay->bucket[FC_BUCKET_PROGRAMME] / (double)replay->wall);
    if (is_narrow)
        puts("stopped: checkpoints, detection, restart and planned stops; apart on a terminal of 116 columns");
    printf("%8s  %-12s", "day", "what");
    for (size_t c = 0; c < shown; c++)
        printf(" %7s", columns[c].head);
    puts("  replaced");
    for (size_t i = 0; i < replay->count; i++) {
        const struct fc_replay_event *e = &replay->events[i];
        printf("%8.3f  %-12s", hours(replay, e->to) / 24,
               e->kind == FC_REPLAY_WATCHED ? "time is up" : fc_replay_what(e));
        for (size_t c = 0; c < shown; c++) {
            int64_t ticks = 0;
            for (int k = 0; k < columns[c].count; k++)
                ticks += e->bucket[columns[c].buckets[k]];
            if (ticks) /* a stretch of nothing is easier to pass over than 0.000 */
                printf(" %7.3f", hours(replay, ticks));
            else
                printf(" %7s", "-");
        }
        if (e->swaps)
            printf("  %d node%s", e->swaps, e->swaps > 1 ? "s" : "");
        if (e->rack_swaps)
            printf("  %d rack%s", e->rack_swaps, e->rack_swaps > 1 ? "s" : "");
        printf("%s\n", e->shortages ? " (no spare)" : "");
    }
    printf("\n%-12s %12s %8s\n", "bucket", "hours", "share");
    for (int b = 0; b < FC_BUCKET_COUNT; b++)
        printf("%-12s %12.3f %7.2f %%\n", fc_bucket_names[b], hours(replay, replay->bucket[b]),
               100 * (double)replay->bucket[b] / (double)replay->wall);
    printf("%-12s %12.3f\n", "wall", hours(replay, replay->wall));
}

static int print_json(const struct fc_replay *replay, const struct fc_scenario *scenario, uint64_t trial,
                      struct fc_error *error)
{
    struct fc_writer *w;
    const struct fc_program *program = &scenario->compiled.program;
    if (fc_writer_open(&w, stdout, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_text(w, "scenario", scenario->name);
    fc_write_unsigned(w, "seed", scenario->seed);
    fc_write_unsigned(w, "trial", trial);
    fc_write_number(w, "wall_h", hours(replay, replay->wall));
    fc_write_map(w, "hours");
    for (int b = 0; b < FC_BUCKET_COUNT; b++)
        fc_write_number(w, fc_bucket_names[b], hours(replay, replay->bucket[b]));
    fc_write_end(w);
    fc_write_map(w, "metrics");
    for (int r = 0; r < program->metric_count; r++) {
        char name[96];
        fc_metric_name(program->metrics[r], program->contract.run_flop, name, sizeof name);
        fc_write_number(w, name, (double)replay->metrics[r]);
    }
    fc_write_end(w);
    fc_write_list(w, "events");
    for (size_t i = 0; i < replay->count; i++) {
        const struct fc_replay_event *e = &replay->events[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "what", fc_replay_what(e));
        fc_write_number(w, "from_h", hours(replay, e->from));
        fc_write_number(w, "to_h", hours(replay, e->to));
        for (int b = 0; b < FC_BUCKET_COUNT; b++) {
            char key[32];
            snprintf(key, sizeof key, "%s_h", fc_bucket_names[b]);
            if (e->bucket[b])
                fc_write_number(w, key, hours(replay, e->bucket[b]));
        }
        if (e->swaps)
            fc_write_signed(w, "node_swaps", e->swaps);
        if (e->rack_swaps)
            fc_write_signed(w, "rack_swaps", e->rack_swaps);
        if (e->shortages)
            fc_write_signed(w, "spare_shortages", e->shortages);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
    return fc_writer_close(w, error);
}

/* The flows that are not zero in every month. */
static bool moves(const struct fc_flows_world *w, enum fc_flow flow)
{
    for (int t = 0; t < w->months; t++)
        if (fc_flow_in(w, t, flow) != 0)
            return true;
    return false;
}

static void print_months(const struct fc_flows_world *w, const struct fc_scenario *s, uint64_t trial)
{
    struct fc_table table;
    int columns = 2;
    for (int f = 0; f < FC_FLOW_COUNT; f++)
        columns += moves(w, (enum fc_flow)f);
    printf("%s: world %llu, seed %llu: M USD by month, positive where the customer receives it\n\n", s->name,
           (unsigned long long)trial, (unsigned long long)s->seed);
    fc_table_start(&table, columns, 1);
    fc_table_cell(&table, "month");
    for (int f = 0; f < FC_FLOW_COUNT; f++)
        if (moves(w, (enum fc_flow)f))
            fc_table_cell(&table, "%s", fc_flow_name((enum fc_flow)f));
    fc_table_cell(&table, "balance");
    double balance = 0;
    for (int t = 0; t < w->months; t++) {
        fc_table_cell(&table, "%d", t + 1);
        for (int f = 0; f < FC_FLOW_COUNT; f++)
            if (moves(w, (enum fc_flow)f))
                fc_table_cell(&table, "%.5g",
                              fc_flow_in(w, t, (enum fc_flow)f) / (f < FC_FLOW_MONEY ? 1e6 : 1));
        balance += fc_flow_in(w, t, FC_FLOW_NET);
        fc_table_cell(&table, "%.5g", balance / 1e6);
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
}

static int print_months_json(const struct fc_flows_world *w, const struct fc_scenario *s, uint64_t trial,
                             struct fc_error *error)
{
    struct fc_writer *out;
    if (fc_writer_open(&out, stdout, FC_JSON, error))
        return -1;
    fc_write_map(out, NULL);
    fc_write_text(out, "scenario", s->name);
    fc_write_unsigned(out, "seed", s->seed);
    fc_write_unsigned(out, "trial", trial);
    fc_write_list(out, "months");
    for (int t = 0; t < w->months; t++) {
        fc_write_map(out, NULL);
        for (int f = 0; f < FC_FLOW_COUNT; f++)
            fc_write_number(out, fc_flow_name((enum fc_flow)f), fc_flow_in(w, t, (enum fc_flow)f));
        fc_write_end(out);
    }
    fc_write_end(out);
    fc_write_end(out);
    return fc_writer_close(out, error);
}

/* A contract alone is replayed month by month. */
static int replay_contract(const struct fc_scenario *s, const struct options *o, struct fc_error *error)
{
    struct fc_flows_world *w = malloc(sizeof *w);
    int status = w ? fc_flows_of_world(&s->compiled.program, s->compiled.tables, s->seed, o->trial, w, error)
                   : fc_fail(error, FC_FAULT, "out of memory for the months");
    if (!status && o->json)
        status = print_months_json(w, s, o->trial, error);
    else if (!status)
        print_months(w, s, o->trial);
    free(w);
    return status;
}

int fc_command_replay(int argc, char **argv)
{
    struct fc_error error = {0};
    struct options o = {0};
    struct fc_scenario scenario = {0};
    struct fc_replay replay = {0};
    bool opened = false;
    int status = read_options(argc, argv, &o, &error);
    if (status > 0) {
        fc_help_print(help, NULL);
        status = 0;
        goto out;
    }
    if (!status)
        status = fc_scenario_open(&scenario, o.scenario, &o.scenario_options, &error);
    opened = !status;
    if (!status && !o.json)
        fc_fold_start();
    if (!status && o.at)
        status = find_trial(&scenario, &o, &error);
    if (!status && !(scenario.compiled.program.layers & FC_LAYER_RUN) &&
        scenario.compiled.program.layers & FC_LAYER_CONTRACT) {
        status = replay_contract(&scenario, &o, &error);
        goto out;
    }
    if (!status)
        status = fc_replay_trial(&scenario.compiled.program, scenario.compiled.tables, scenario.seed, o.trial,
                                 &replay, &error);
    if (!status && o.json)
        status = print_json(&replay, &scenario, o.trial, &error);
    else if (!status)
        print_table(&replay, &scenario, o.trial);
out:
    if (status)
        fprintf(stderr, "flopcast: %s\n", error.text);
    fc_replay_free(&replay);
    if (opened)
        fc_scenario_close(&scenario);
    fc_scenario_options_free(&o.scenario_options);
    return status ? (int)error.status : FC_DONE;
}
