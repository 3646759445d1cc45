/* command_bench.c: `flopcast bench`: trials and events per second of each device, side by side.
 * bench/README.md says what each case is and what the right answer is. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/race.h"
#include "bench/peers.h"
#include "bench/plain_loop.h"
#include "bench/step_rate.h"
#include "host/run/builtin.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/document_write.h"
#include "host/language/embedded.h"
#include "host/base/format.h"
#include "host/run/hardware.h"
#include "host/backends/kernels.h"
#include "host/base/options.h"
#include "host/compile/scenario.h"
#include "host/language/scenario_file.h"

static const char help[] =
    "usage: flopcast bench [OPTIONS] [SCENARIO...]\n"
    "\n"
    "Measures trials per second of the CPU kernels and of every device that works, on two built-in programs "
    "and on\n"
    "scenarios (default: the bundled ones). Each device first does a few trials whose digest "
    "must\n"
    "equal the scalar kernel's; a wrong answer gets no time. Devices take turns in five rounds; the median "
    "counts.\n"
    "\n"
    "  -b, --backend LIST    only these backends: cpu, opencl, cuda (default: all there are)\n"
    "  -t, --threads N       CPU threads of the rows with several (default: one per core that we may use)\n"
    "      --seconds S       time per row, all rounds together (default: 1)\n"
    "      --seed N          seed of the trials (default: 1)\n"
    "      --date TEXT       a date to keep in the JSON\n"
    "      --no-scenarios    the built-in programs only\n"
    "      --json            print it as JSON\n"
    "  -h, --help            this text\n";

static const struct option long_options[] = {
    {"backend", required_argument, NULL, 'b'},
    {"threads", required_argument, NULL, 't'},
    {"seconds", required_argument, NULL, 'S'},
    {"seed", required_argument, NULL, 's'},
    {"date", required_argument, NULL, 'd'},
    {"no-scenarios", no_argument, NULL, 'n'},
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

enum { CONTENDERS_MAX = FC_DEVICES_MAX + 20, RACES_MAX = 66, YARDSTICKS_MAX = 16 };

struct options {
    const char *backends, *date;
    int threads;
    double seconds;
    uint64_t seed;
    bool json, no_scenarios;
    char **scenarios;
    int scenario_count;
};

struct race {
    char name[128], failure[600]; /* failure: why there are no rows */
    uint64_t digest;
    double events_per_trial;
    int rows, reference; /* reference: the CPU with all threads, -1 when it is not among the rows */
    struct fc_contender row[CONTENDERS_MAX];
};

struct report {
    struct fc_hardware hardware;
    char machine[256], command[1000];
    int yardstick_count, race_count;
    struct fc_yardstick yardstick[YARDSTICKS_MAX];
    struct fc_step_rate step; /* plans 0: not measured */
    int peer_count;
    struct fc_peer_row peer[FC_BENCH_PEERS];
    struct fc_loop_row loop[FC_BENCH_LOOPS]; /* as peer: measured when peer_count is not 0 */
    struct race *race; /* RACES_MAX */
    uint64_t few, many, peak_bytes[2];
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    uint64_t count;
    char *end;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":b:t:h", long_options, NULL)) != -1) {
        switch (option) {
        case 'b':
            o->backends = optarg;
            break;
        case 't':
            if (fc_option_count("-t", optarg, 1, 65536, &count, error))
                return -1;
            o->threads = (int)count;
            break;
        case 'S':
            o->seconds = strtod(optarg, &end);
            if (end == optarg || *end || !(o->seconds >= 0.01 && o->seconds <= 3600))
                return fc_fail(error, FC_BAD_INPUT,
                               "--seconds: '%.40s' is not a number between 0.01 and 3600", optarg);
            break;
        case 's':
            if (fc_option_count("--seed", optarg, 0, UINT64_MAX, &o->seed, error))
                return -1;
            break;
        case 'd':
            o->date = optarg;
            break;
        case 'n':
            o->no_scenarios = true;
            break;
        case 'j':
            o->json = true;
            break;
        case 'h':
            return 1;
        default:
            return fc_option_error("bench", option, argv, long_options, error);
        }
    }
    o->scenarios = argv + optind;
    o->scenario_count = argc - optind;
    return 0;
}

/* Whether -b lets a backend take part. */
static bool takes_part(const struct options *o, const char *name)
{
    const char *at = o->backends;
    size_t length = strlen(name);
    if (!at || strcmp(at, "all") == 0 || strcmp(at, "auto") == 0)
        return true;
    for (; *at; at += strcspn(at, ",+"), at += *at != '\0')
        if (strcspn(at, ",+") == length && strncmp(at, name, length) == 0)
            return true;
    return false;
}

static int check_backends(const struct options *o, struct fc_error *error)
{
    const char *at = o->backends ? o->backends : "all";
    if (strcmp(at, "all") == 0 || strcmp(at, "auto") == 0)
        return 0;
    for (; *at; at += strcspn(at, ",+"), at += *at != '\0') {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ",+"), at);
        if (!fc_backend_find(name))
            return fc_fail(error, FC_BAD_INPUT, "there is no backend '%s' (cpu, opencl and cuda are known)",
                           name);
    }
    return 0;
}

static struct fc_contender *add(struct race *race)
{
    struct fc_contender *c = &race->row[race->rows];
    race->rows += race->rows < CONTENDERS_MAX - 1;
    return c;
}

static void add_cpu(struct race *race, const struct report *r, const struct fc_kernel *kernel, int threads)
{
    struct fc_contender *c = add(race);
    *c = (struct fc_contender){.backend = &fc_backend_cpu,
                               .host = {.topology = r->hardware.topology,
                                        .placement = &r->hardware.placement,
                                        .threads = threads,
                                        .isa = kernel->name}};
    snprintf(c->label, sizeof c->label, "CPU %s, %d thread%s", kernel->name, threads,
             threads == 1 ? "" : "s");
    snprintf(c->driver, sizeof c->driver, "%.120s", fc_kernel_compiler());
}

/* Who takes part: with `every_kernel` each instruction set on one core; the best one on one core and on all;
 * and each device that is not the CPU itself. */
static void line_up(struct race *race, const struct report *r, const struct options *o, bool every_kernel)
{
    const struct fc_kernel *best = fc_kernel_best();
    int threads = r->hardware.placement.threads;
    race->rows = 0;
    race->reference = -1;
    if (takes_part(o, "cpu")) {
        for (int k = 0; fc_kernels[k]; k++)
            if (fc_kernel_runs_here(fc_kernels[k]) && (every_kernel || fc_kernels[k] == best))
                add_cpu(race, r, fc_kernels[k], 1);
        race->reference = race->rows - 1;
        if (threads > 1) {
            race->reference = race->rows;
            add_cpu(race, r, best, threads);
        }
    }
    for (int i = 0; i < r->hardware.device_count; i++) {
        const struct fc_found_device *device = &r->hardware.device[i];
        if (device->backend->is_host || device->info.refused[0] || !takes_part(o, device->backend->name))
            continue;
        struct fc_contender *c = add(race);
        *c = (struct fc_contender){
            .backend = device->backend, .device = device->number, .host = {.threads = threads}};
        snprintf(c->label, sizeof c->label, "%s: %s", device->backend->title, device->info.name);
        snprintf(c->driver, sizeof c->driver, "%s", device->info.driver);
    }
}

static void run_race(struct race *race, const char *name, const struct fc_job *job, const struct report *r,
                     const struct options *o, bool every_kernel)
{
    struct fc_error error = {0};
    snprintf(race->name, sizeof race->name, "%s", name);
    line_up(race, r, o, every_kernel);
    fprintf(stderr, "flopcast: bench: %s\n", name);
    race->events_per_trial = fc_bench_events_per_trial(job, &error);
    if (fc_bench_race(job, race->row, race->rows, o->seconds, &race->digest, &error)) {
        snprintf(race->failure, sizeof race->failure, "%.590s", error.text);
        race->rows = 0;
    }
}

static int race_builtins(struct report *r, const struct options *o, struct fc_error *error)
{
    static const struct {
        const char *name;
        enum fc_builtin_kind kind;
    } builtins[] = {{"built-in contract", FC_BUILTIN_CONTRACT},
                    {"built-in timeline", FC_BUILTIN_TIMELINE},
                    {"built-in timeline in detail, pooled spares", FC_BUILTIN_POOLED},
                    {"built-in timeline in detail, spares in the racks", FC_BUILTIN_IN_RACK},
                    {"built-in timeline in detail, two checkpoint levels", FC_BUILTIN_LEVELS},
                    {"built-in timeline in detail, ages", FC_BUILTIN_AGES}};
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++) {
        struct fc_builtin b;
        if (fc_builtin_make(&b, builtins[i].kind, error))
            return -1;
        struct fc_job job = {&b.program, b.tables, b.table_floats, o->seed};
        run_race(&r->race[r->race_count++], builtins[i].name, &job, r, o, i < 2);
        fc_builtin_free(&b);
    }
    return 0;
}

static void race_scenario(struct report *r, const struct options *o, const char *name)
{
    struct fc_scenario scenario = {0};
    struct fc_scenario_options plain = {0};
    struct fc_error error = {0};
    if (r->race_count >= RACES_MAX)
        return;
    struct race *race = &r->race[r->race_count++];
    if (fc_scenario_open(&scenario, name, &plain, &error)) {
        snprintf(race->name, sizeof race->name, "%.120s", name);
        snprintf(race->failure, sizeof race->failure, "%.590s", error.text);
        race->reference = -1;
    } else {
        struct fc_job job = {&scenario.compiled.program, scenario.compiled.tables,
                             scenario.compiled.table_floats, o->seed};
        run_race(race, name, &job, r, o, false);
    }
    fc_scenario_close(&scenario);
}

/* Whether every scenario that is named can be opened: said before the minutes of work, not after them. */
static int check_scenarios(const struct options *o, struct fc_error *error)
{
    int status = 0;
    for (int i = 0; i < o->scenario_count && status == 0; i++) {
        struct fc_scenario scenario = {0};
        struct fc_scenario_options plain = {0};
        status = fc_scenario_open(&scenario, o->scenarios[i], &plain, error);
        fc_scenario_close(&scenario);
    }
    return status;
}

static int measure(struct report *r, const struct options *o, struct fc_error *error)
{
    if (check_scenarios(o, error))
        return -1;
    /* first: a process begins with the peak of the one that started it, and drivers are large */
    static const uint64_t memory_trials[2] = {10000, 10000000};
    r->few = memory_trials[0];
    r->many = memory_trials[1];
    for (int i = 0; i < 2; i++)
        if (fc_bench_memory("/proc/self/exe", "samsung-50k", memory_trials[i], &r->peak_bytes[i], error))
            return -1;
    if (fc_hardware_find(&r->hardware, fc_backends, o->threads, error))
        return -1;
    fc_topology_summary(r->hardware.topology, r->machine, sizeof r->machine);
    r->race = calloc(RACES_MAX, sizeof *r->race);
    if (!r->race)
        return fc_fail(error, FC_FAULT, "out of memory for the benchmark");
    if (race_builtins(r, o, error))
        return -1;
    if (takes_part(o, "cpu"))
        r->yardstick_count = fc_bench_yardsticks(r->yardstick, YARDSTICKS_MAX, o->seconds, error);
    if (r->yardstick_count < 0 || (takes_part(o, "cpu") && fc_bench_step(&r->step, o->seconds, error)))
        return -1;
    if (takes_part(o, "cpu")) {
        if (fc_bench_peers(r->peer, o->seconds, error) || fc_bench_loops(r->loop, o->seconds, error))
            return -1;
        r->peer_count = FC_BENCH_PEERS;
    }
    for (int i = 0; i < o->scenario_count; i++)
        race_scenario(r, o, o->scenarios[i]);
    for (size_t i = 0; o->scenario_count == 0 && !o->no_scenarios && i < fc_embedded_count; i++) {
        char name[128];
        bool anchor = strstr(fc_embedded_files[i].name, "anchor-"); /* small cases for validation */
        if (!anchor && fc_scenario_file_name(&fc_embedded_files[i], name, sizeof name))
            race_scenario(r, o, name);
    }
    return 0;
}

/* Whether every row of every race gave the right answer. */
static bool all_right(const struct report *r)
{
    for (int i = 0; i < r->yardstick_count; i++)
        if (r->yardstick[i].wrong)
            return false;
    if (r->step.wrong)
        return false;
    for (int i = 0; i < r->peer_count; i++)
        if (r->peer[i].wrong)
            return false;
    for (int i = 0; i < FC_BENCH_LOOPS; i++)
        if (r->loop[i].wrong)
            return false;
    for (int i = 0; i < r->race_count; i++)
        for (int k = 0; k < r->race[i].rows; k++)
            if (r->race[i].row[k].wrong)
                return false;
    return true;
}

static double ratio_of(const struct race *race, int row)
{
    if (race->reference < 0 || race->row[race->reference].failure[0] || race->row[row].failure[0])
        return 0;
    return race->row[row].trials_per_s / race->row[race->reference].trials_per_s;
}

static void print_race(const struct race *race)
{
    printf("\n%s", race->name);
    if (race->failure[0]) {
        printf(": %s\n", race->failure);
        return;
    }
    if (race->events_per_trial > 0)
        printf(" (%.4g events a trial)", race->events_per_trial);
    printf(", digest of the first %d trials %016" PRIx64 "\n", FC_BENCH_CHECK_TRIALS, race->digest);
    printf("  %-48s %13s %20s %11s %9s\n", "", "trials/s", "slowest - fastest", "M events/s", "to CPU");
    for (int i = 0; i < race->rows; i++) {
        const struct fc_contender *c = &race->row[i];
        char rate[32], slowest[32], fastest[32], range[72];
        printf("  %-48.48s ", c->label);
        if (c->failure[0]) {
            printf("%s\n", c->failure);
            continue;
        }
        fc_format_number(c->trials_per_s, 4, rate, sizeof rate);
        fc_format_number(c->slowest, 3, slowest, sizeof slowest);
        fc_format_number(c->fastest, 3, fastest, sizeof fastest);
        snprintf(range, sizeof range, "%s - %s", slowest, fastest);
        printf("%13s %20s", rate, range);
        if (race->events_per_trial > 0)
            printf(" %11.4g", 1e-6 * c->trials_per_s * race->events_per_trial);
        else
            printf(" %11s", "");
        if (ratio_of(race, i) > 0)
            printf(" %8.3fx", ratio_of(race, i));
        printf("\n");
    }
}

static void print_loops(const struct report *r)
{
    if (r->peer_count == 0)
        return;
    printf("\nA scalar loop in C over the same failures, one core, trials a CPU second (bench/plain_loop.h)\n"
           "  %10s %10s %10s %9s %9s %9s  %s\n",
           "here", "by sums", "loop", "ratio", "by sums", "to events", "case");
    for (int i = 0; i < FC_BENCH_LOOPS; i++) {
        const struct fc_loop_row *l = &r->loop[i];
        if (l->wrong)
            printf("  WRONG: means z %.2g, %.2g (by sums) and %.2g (loop), variances z %.2g", l->z, l->sums_z,
                   l->loop_z, l->variance_z);
        else
            printf("  %10.4g %10.4g %10.4g %9.3g %9.3g %9.3g", l->per_s, l->sums_per_s, l->loop_per_s,
                   l->per_s / l->loop_per_s, l->sums_per_s / l->loop_per_s, l->sums_per_s / l->per_s);
        printf("  %s (%.4g failures, %s)\n", l->scenario, l->failures, l->kernel);
    }
}

static void print(const struct report *r)
{
    printf("%s\n%s\n", r->command, r->machine);
    for (int b = 0; b < r->hardware.backend_count; b++)
        if (r->hardware.backend[b].devices == 0)
            printf("%s: none (%s)\n", r->hardware.backend[b].backend->title, r->hardware.backend[b].why);
    if (r->yardstick_count > 0)
        printf("\nRandom numbers alone, one core, million timeline events a second\n  %-16s %12s %22s\n", "",
               "words", "words and variates");
    for (int i = 0; i < r->yardstick_count; i++) {
        const struct fc_yardstick *y = &r->yardstick[i];
        if (y->wrong)
            printf("  %-16s WRONG\n", y->kernel);
        else
            printf("  %-16s %12.4g %22.4g\n", y->kernel, 1e-6 * y->words_per_s, 1e-6 * y->variates_per_s);
    }
    if (r->step.wrong)
        printf("\nStep times of published plans: WRONG\n");
    else if (r->step.plans > 0)
        printf("\nStep times of %d published plans, one core: %.4g million/s from scratch (host, double), "
               "%.4g million/s of "
               "worlds (%s)\n",
               r->step.plans, 1e-6 * r->step.plans_per_s, 1e-6 * r->step.worlds_per_s, r->step.kernel);
    if (r->peer_count > 0)
        printf("\nCases of other simulators, one core, trials a second (theirs on another machine: orders of "
               "magnitude "
               "only)\n  %10s %10s %9s  %s\n",
               "here", "theirs", "ratio", "case");
    for (int i = 0; i < r->peer_count; i++) {
        const struct fc_peer_row *p = &r->peer[i];
        if (p->wrong)
            printf("  WRONG: %.6g +-%.2g days, %.6g in closed form", p->days, p->days_se, p->expected);
        else
            printf("  %10.4g %10.4g %9.3g", p->trials_per_s, p->theirs, p->trials_per_s / p->theirs);
        printf("  %s: %s\n", p->peer, p->what);
    }
    print_loops(r);
    for (int i = 0; i < r->race_count; i++)
        print_race(&r->race[i]);
    char few[32], many[32];
    fc_format_count(r->few, few, sizeof few);
    fc_format_count(r->many, many, sizeof many);
    printf("\nPeak memory of a run of samsung-50k: %s trials %.1f MiB, %s trials %.1f MiB\n", few,
           (double)r->peak_bytes[0] / (1 << 20), many, (double)r->peak_bytes[1] / (1 << 20));
}

static void write_race(struct fc_writer *w, const struct race *race)
{
    char digest[32];
    fc_write_map(w, NULL);
    fc_write_text(w, "case", race->name);
    fc_write_text(w, "failure", race->failure[0] ? race->failure : NULL);
    snprintf(digest, sizeof digest, "%016" PRIx64, race->digest);
    fc_write_signed(w, "check_trials", FC_BENCH_CHECK_TRIALS);
    fc_write_text(w, "digest", digest);
    fc_write_number(w, "events_per_trial", race->events_per_trial);
    fc_write_list(w, "rows");
    for (int i = 0; i < race->rows; i++) {
        const struct fc_contender *c = &race->row[i];
        bool timed = !c->failure[0];
        fc_write_map(w, NULL);
        fc_write_text(w, "device", c->label);
        fc_write_text(w, "backend", c->backend->name);
        fc_write_text(w, "driver", c->driver);
        fc_write_flag(w, "right", !c->wrong && timed);
        fc_write_text(w, "failure", timed ? NULL : c->failure);
        if (timed) {
            fc_write_number(w, "trials_per_s", c->trials_per_s);
            fc_write_number(w, "slowest", c->slowest);
            fc_write_number(w, "fastest", c->fastest);
            fc_write_unsigned(w, "trials_per_round", c->trials);
            fc_write_number(w, "events_per_s", c->trials_per_s * race->events_per_trial);
            if (ratio_of(race, i) > 0)
                fc_write_number(w, "ratio_to_cpu", ratio_of(race, i));
        }
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
}

static int write_json(const struct report *r, const struct options *o, struct fc_error *error)
{
    struct fc_writer *w = NULL;
    if (fc_writer_open(&w, stdout, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_text(w, "command_line", r->command);
    fc_write_text(w, "date", o->date);
    fc_write_text(w, "machine", r->machine);
    fc_write_text(w, "compiler", fc_kernel_compiler());
    fc_write_signed(w, "model_version", FC_MODEL_VERSION);
    fc_write_signed(w, "rounds", FC_BENCH_ROUNDS);
    fc_write_number(w, "seconds_per_row", o->seconds);
    fc_write_list(w, "backends");
    for (int b = 0; b < r->hardware.backend_count; b++) {
        fc_write_map(w, NULL);
        fc_write_text(w, "name", r->hardware.backend[b].backend->name);
        fc_write_signed(w, "devices", r->hardware.backend[b].devices);
        fc_write_text(w, "why_not", r->hardware.backend[b].devices ? NULL : r->hardware.backend[b].why);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "yardsticks_one_core");
    for (int i = 0; i < r->yardstick_count; i++) {
        const struct fc_yardstick *y = &r->yardstick[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "kernel", y->kernel);
        fc_write_flag(w, "right", !y->wrong);
        if (!y->wrong) {
            fc_write_number(w, "words_events_per_s", y->words_per_s);
            fc_write_number(w, "variates_events_per_s", y->variates_per_s);
        }
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_map(w, "step_model_one_core");
    fc_write_signed(w, "plans", r->step.plans);
    fc_write_flag(w, "right", !r->step.wrong);
    if (!r->step.wrong) {
        fc_write_number(w, "plans_from_scratch_per_s", r->step.plans_per_s);
        fc_write_number(w, "worlds_per_s", r->step.worlds_per_s);
    }
    fc_write_end(w);
    fc_write_list(w, "peers_one_core");
    for (int i = 0; i < r->peer_count; i++) {
        const struct fc_peer_row *p = &r->peer[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "peer", p->peer);
        fc_write_text(w, "case", p->what);
        fc_write_text(w, "scenario", p->scenario);
        fc_write_flag(w, "right", !p->wrong);
        fc_write_number(w, "wall_clock_days", p->days);
        fc_write_number(w, "closed_form_days", p->expected);
        fc_write_number(w, "their_trials_per_s", p->theirs);
        if (!p->wrong)
            fc_write_number(w, "trials_per_s", p->trials_per_s);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "plain_loops_one_core");
    for (int i = 0; i < FC_BENCH_LOOPS && r->peer_count > 0; i++) {
        const struct fc_loop_row *l = &r->loop[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "scenario", l->scenario);
        fc_write_text(w, "kernel", l->kernel);
        fc_write_flag(w, "right", !l->wrong);
        fc_write_number(w, "failures", l->failures);
        fc_write_number(w, "closed_form_days", l->expected);
        fc_write_number(w, "wall_clock_days", l->days);
        fc_write_number(w, "loop_wall_clock_days", l->loop_days);
        fc_write_number(w, "variance_ratio", l->variance_ratio);
        if (!l->wrong) {
            fc_write_number(w, "trials_per_cpu_s", l->per_s);
            fc_write_number(w, "sums_trials_per_cpu_s", l->sums_per_s);
            fc_write_number(w, "loop_trials_per_cpu_s", l->loop_per_s);
        }
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "races");
    for (int i = 0; i < r->race_count; i++)
        write_race(w, &r->race[i]);
    fc_write_end(w);
    fc_write_map(w, "peak_memory_bytes");
    fc_write_unsigned(w, "few_trials", r->few);
    fc_write_unsigned(w, "few", r->peak_bytes[0]);
    fc_write_unsigned(w, "many_trials", r->many);
    fc_write_unsigned(w, "many", r->peak_bytes[1]);
    fc_write_end(w);
    fc_write_end(w);
    int status = fc_writer_close(w, error);
    putchar('\n');
    return status;
}

int fc_command_bench(int argc, char **argv)
{
    static struct report report; /* large, and there is one */
    struct options o = {.seconds = 1, .seed = 1};
    struct fc_error error = {0};
    size_t used = (size_t)snprintf(report.command, sizeof report.command, "flopcast bench");
    for (int i = 1; i < argc && used + strlen(argv[i]) + 2 < sizeof report.command; i++)
        used += (size_t)snprintf(report.command + used, sizeof report.command - used, " %s", argv[i]);
    int parsed = read_options(argc, argv, &o, &error);
    if (parsed == 1) {
        fc_help_print(help, NULL);
        return FC_DONE;
    }
    int failed = parsed;
    if (!failed)
        failed = check_backends(&o, &error);
    if (!failed)
        failed = measure(&report, &o, &error);
    if (!failed && o.json)
        failed = write_json(&report, &o, &error);
    else if (!failed) {
        fc_fold_start();
        print(&report);
    }
    if (!failed && (fflush(stdout) != 0 || ferror(stdout)))
        failed = fc_fail(&error, FC_FAULT, "the benchmark could not be written to standard output");
    bool right = all_right(&report);
    free(report.race);
    fc_hardware_free(&report.hardware);
    if (failed) {
        fprintf(stderr, "flopcast: %s\n", error.text);
        return (int)error.status;
    }
    return right ? FC_DONE : FC_ANSWER_NO;
}
