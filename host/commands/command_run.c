/* command_run.c: `flopcast run`: simulates a scenario and prints what comes of it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "tail_question.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/clock.h"
#include "host/base/command_line.h"
#include "host/base/date.h"
#include "host/base/process.h"
#include "host/base/format.h"
#include "host/base/options.h"
#include "host/base/source.h"
#include "host/analysis/precision.h"
#include "host/base/progress.h"
#include "host/base/stop.h"
#include "host/base/version.h"
#include "host/analysis/course.h"
#include "host/analysis/influence.h"
#include "host/report/ledger.h"
#include "host/report/outputs.h"
#include "host/run/flow_bands.h"
#include "host/report/report.h"
#include "host/result/result.h"
#include "host/run/ranks.h"
#include "host/run/run.h"
#include "host/result/samples_file.h"
#include "host/compile/run_check.h"
#include "host/compile/sampling.h"
#include "host/compile/scenario.h"
#include "host/run/select.h"
#include "host/result/soundness.h"

static const char help[] =
    "usage: flopcast run SCENARIO [OPTIONS]\n"
    "       flopcast run --model M --gpus NxGPU --tokens N [OPTIONS]\n"
    "\n"
    "SCENARIO is a file, or the name of a bundled scenario (flopcast list scenarios).\n"
    "\n" FC_QUICK_HELP
    "  -n, --trials N        number of worlds to simulate (1e6 may be written; default: the scenario's, else "
    "100000)\n"
    "  -s, --seed N          seed of the random numbers (default: the scenario's, else 1)\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "  -b, --backend NAME    auto, cpu, opencl, cuda, all, or several with commas (default: auto)\n"
    "      --device N        number of the device within the backend (see flopcast devices)\n"
    "  -t, --threads N       CPU threads (default: one per core that we may use)\n"
    "      --isa NAME        CPU instructions: portable, scalar, avx2, avx512 (default: each thread "
    "takes the fastest)\n"
    "      --strict          stop when a device fails its self-test instead of leaving it out\n"
    "      --shard I/N       do only part I of N of the trials (I = 1 ... N); put parts together with "
    "flopcast merge\n"
    "  -o, --output FILE     write the result: .json (every minute what there is so far, and at a stop), "
    ".csv,\n"
    "                        .xlsx or .html; - is standard output\n"
    "      --report F.html   write the result as a page: the answer, plots, tables, assumptions\n"
    "      --until BOUND     simulate until a figure is known well enough: 'p95(cost_usd) 0.5%' (standard "
    "error\n"
    "                        relative to it) or 'mean(wall_clock_days) 0.01'; -n is then the most (default "
    "1e8)\n"
    "      --sampling KIND   plain (the default), or qmc: quasi-Monte Carlo, the inputs as points of a lattice "
    "under 16\n"
    "                        random shifts; -n is then rounded up to 16 times a power of two\n"
    "      --samples FILE    write the metrics of every trial: .csv, one line each, or .h5, one dataset per "
    "metric\n"
    "      --resume          continue with the trials that the FILE of -o still lacks\n"
    "      --quantiles LIST  percentiles of the table, e.g. 10,50,90 (default: as many as fit the terminal)\n"
    "      --tail P          the mean of the worst P % of the worlds (expected shortfall), with its error, in table "
    "and JSON\n"
    "                        (default: 5 %, where there is room)\n"
    "      --tail 'METRIC > VALUE'  the probability of what hardly ever happens ('npv_usd < -30 B USD'), down to 1e-9, by\n"
    "                        splitting and by importance sampling; of a contract alone, on the CPU; -n: worlds (default 3e6)\n"
    "      --only METRIC     print this metric alone, as often as needed (flopcast list metrics)\n"
    "      --sort ORDER      of the metrics of a chapter: table (default), name, or spread (the least certain "
    "first)\n"
    "      --json            print the result as JSON instead of tables\n"
    "  -q, --quiet           no progress and no notes on stderr (warnings stay)\n"
    "  -h, --help            this text\n"
    "\n"
    "Ctrl-C (also SIGTERM and SIGHUP) stops within a second; with -o the result so far is kept and --resume\n"
    "finishes it. A second Ctrl-C ends at once: what was kept in the last minute stays.\n";

enum { UNTIL_FIRST = 20000, UNTIL_FIRST_POINTS = 256, UNTIL_MOST = 100000000 }; /* trials of --until; points of a shift */
enum { RANK_ALONE_S = 2 }; /* what a launcher needs to end the others */

struct options {
    const char *scenario, *output, *page, *backend, *isa, *until, *samples, *tail;
    struct fc_outputs outputs; /* what is written at the end alone: all but the JSON of -o */
    struct fc_scenario_options scenario_options;
    struct fc_report_options report;
    uint64_t shard, shards;
    int device, threads;
    bool resume, json, quiet, strict;
};

/* What the callbacks of a run share. */
struct callbacks {
    struct fc_progress_line line;
    struct fc_samples_file *samples;
    struct fc_result *result;
    const struct fc_selection *selection;
    struct fc_output *output; /* of -o, or NULL */
    double interval_s, kept_s, start_s;
    struct fc_worker *workers; /* of the selection, and the other ranks behind them */
    const struct fc_ranks *ranks;
    int worker_count;
    struct fc_result earlier; /* provenance of the parts that came before this run; its tally is empty */
    bool warned;              /* that the result so far could not be kept */
};

/* Asks fc_run to stop, or to hand over what it has when the last time is long ago. */
static int watch(void *context, uint64_t done, uint64_t total, double elapsed_s)
{
    struct callbacks *shared = context;
    fc_progress_update(&shared->line, done, total, elapsed_s);
    if (fc_stop_asked())
        return FC_PROGRESS_STOP;
    bool due = shared->output && !fc_output_is_special(shared->output) &&
               fc_clock_s() - shared->kept_s >= shared->interval_s;
    return due ? FC_PROGRESS_KEEP : FC_PROGRESS_ON;
}

static int keep_samples(void *context, uint64_t first, uint64_t count, const float *samples)
{
    const struct callbacks *shared = context;
    return fc_samples_file_write(shared->samples, first, count, samples);
}

/* Runs the request; with a precision, in growing pieces until it is reached or `count` trials are in. Points of a lattice
 * are doubled: half a lattice is none. */
static int run_until(struct fc_run_request *request, const struct fc_precision *precision,
                     struct fc_tally *tally, struct fc_run_outcome *outcome, bool *reached,
                     struct fc_error *error)
{
    uint64_t most = request->count, shifts = (uint64_t)tally->shifts;
    uint64_t begin = shifts ? UNTIL_FIRST_POINTS * shifts : UNTIL_FIRST;
    uint64_t next = precision && most > begin ? begin : most;
    double wall_s = 0, now;
    for (;;) {
        request->count = next;
        if (precision && shifts)
            request->points = next / shifts;
        int failed = fc_run(request, tally, outcome, error);
        wall_s += outcome->wall_s;
        outcome->wall_s = wall_s;
        if (failed || outcome->stopped || !precision)
            return failed;
        *reached = fc_precision_reached(precision, tally, &next, &now);
        if (*reached || request->count == most)
            return 0;
        if (shifts)
            next = 2 * request->count;
        next = next < most ? next : most;
    }
}

static int read_shard(const char *text, struct options *o, struct fc_error *error)
{
    uint64_t i = 0, n = 0;
    const char *slash = strchr(text, '/');
    if (!slash || fc_read_whole(text, (size_t)(slash - text), &i) != FC_WHOLE ||
        fc_read_whole(slash + 1, strlen(slash + 1), &n) != FC_WHOLE || i < 1 || i > n || n > 1000000000)
        return fc_fail(error, FC_BAD_INPUT, "--shard '%s' is not I/N with 1 <= I <= N <= 1e9", text);
    o->shard = i;
    o->shards = n;
    return 0;
}

enum {
    OPTION_SET = 256,
    OPTION_ISA,
    OPTION_SHARD,
    OPTION_RESUME,
    OPTION_JSON,
    OPTION_STRICT,
    OPTION_DEVICE,
    OPTION_UNTIL,
    OPTION_SAMPLES,
    OPTION_SAMPLING,
    OPTION_REPORT
};

static const struct option long_options[] = {
    FC_QUICK_OPTIONS,
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, OPTION_SET},
    {"backend", required_argument, NULL, 'b'},
    {"threads", required_argument, NULL, 't'},
    {"isa", required_argument, NULL, OPTION_ISA},
    {"shard", required_argument, NULL, OPTION_SHARD},
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"json", no_argument, NULL, OPTION_JSON},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"samples", required_argument, NULL, OPTION_SAMPLES},
    {"sampling", required_argument, NULL, OPTION_SAMPLING},
    FC_REPORT_OPTION_ROWS,
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* The JSON of -o is kept during the run; other kinds of files are made at the end. */
static int take_outputs(struct options *o, struct fc_error *error)
{
    enum fc_output_kind kind = FC_OUTPUT_JSON;
    if (o->output && *o->output && !(kind = fc_output_kind_of("-o", o->output, 0, error)))
        return -1;
    if (kind != FC_OUTPUT_JSON) {
        if (o->resume)
            return fc_fail(error, FC_BAD_INPUT, "--resume goes on with a JSON; %s is none", o->output);
        if (fc_outputs_add(&o->outputs, "-o", o->output, 0, error))
            return -1;
        o->output = NULL;
    }
    if (o->output && strcmp(o->output, "-") == 0) {
        o->output = NULL;
        o->json = true;
    }
    return fc_outputs_take(&o->outputs, NULL, o->page, 0, error);
}

/* Returns 0, 1 when help was asked for, or -1. */
static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    uint64_t count;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":n:s:b:t:o:qh", long_options, NULL)) != -1) {
        switch (option) {
        case 'n':
        case 's':
        case OPTION_SET:
            if (fc_scenario_take_option(&o->scenario_options, option, OPTION_SET, optarg, (uint64_t)1e12,
                                        error))
                return -1;
            break;
        case 't':
            if (fc_option_count("-t", optarg, 1, 65536, &count, error))
                return -1;
            o->threads = (int)count;
            break;
        case OPTION_DEVICE:
            if (fc_option_count("--device", optarg, 0, 1024, &count, error))
                return -1;
            o->device = (int)count;
            break;
        case OPTION_SHARD:
            if (read_shard(optarg, o, error))
                return -1;
            break;
        case 'b':
            o->backend = optarg;
            break;
        case 'o':
            o->output = optarg;
            break;
        case 'q':
            o->quiet = true;
            break;
        case OPTION_REPORT:
            o->page = optarg;
            break;
        case OPTION_UNTIL:
            o->until = optarg;
            break;
        case OPTION_SAMPLES:
            o->samples = optarg;
            break;
        case OPTION_SAMPLING:
            o->scenario_options.quasi = strcmp(optarg, "qmc") == 0;
            if (!o->scenario_options.quasi && strcmp(optarg, "plain") != 0)
                return fc_fail(error, FC_BAD_INPUT, "--sampling '%.40s' is not a kind; choose plain or qmc", optarg);
            break;
        case FC_OPTION_TAIL:
            o->tail = fc_tail_asked(optarg) ? optarg : o->tail;
            if (!fc_tail_asked(optarg) && fc_report_option(option, optarg, &o->report, error))
                return -1;
            break;
        case FC_OPTION_QUANTILES:
        case FC_OPTION_ONLY:
        case FC_OPTION_SORT:
            if (fc_report_option(option, optarg, &o->report, error))
                return -1;
            break;
        case OPTION_ISA:
            o->isa = optarg;
            break;
        case OPTION_RESUME:
            o->resume = true;
            break;
        case OPTION_JSON:
            o->json = true;
            break;
        case OPTION_STRICT:
            o->strict = true;
            break;
        case 'h':
            return 1;
        default:
            if (!fc_quick_take(&o->scenario_options.quick, option, optarg))
                return fc_option_error("run", option, argv, long_options, error);
        }
    }
    if (optind >= argc && !fc_quick_given(&o->scenario_options.quick))
        return fc_fail(error, FC_BAD_INPUT,
                       "run needs a scenario, or --model, --gpus and --tokens; see flopcast list scenarios");
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%s': run takes a single scenario",
                       argv[optind + 1]);
    if (o->resume && !o->output)
        return fc_fail(error, FC_BAD_INPUT, "--resume needs -o FILE, the result to continue");
    if (o->samples && o->resume)
        return fc_fail(error, FC_BAD_INPUT,
                       "--samples cannot go with --resume (the trials that are in are not simulated again); "
                       "leave one out");
    if (o->until && o->shards)
        return fc_fail(error, FC_BAD_INPUT,
                       "--until cannot go with --shard (a shard does not know the others)");
    o->scenario = optind < argc ? argv[optind] : NULL;
    if (o->tail && (o->until || o->shards || o->samples || o->output || o->page))
        return fc_fail(error, FC_BAD_INPUT,
                       "--tail '%.80s' gives one probability, as a table or as --json; leave -o, --report, --until, --shard and "
                       "--samples out",
                       o->tail);
    if (o->tail && o->backend && strcmp(o->backend, "cpu") != 0 && strcmp(o->backend, "auto") != 0)
        return fc_fail(error, FC_BAD_INPUT, "--tail '%.80s' is answered on the CPU; leave -b %.40s out", o->tail, o->backend);
    return take_outputs(o, error);
}

/* Refuses an earlier result that is not of this scenario, seed and model, word for word. */
static int same_run(const char *path, const struct fc_result *earlier, const struct fc_result *result,
                    struct fc_error *error)
{
    if (earlier->model_version != result->model_version)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: is of model version %d, and this program has %d; give -o another file", path,
                       earlier->model_version, result->model_version);
    if (earlier->seed != result->seed)
        return fc_fail(error, FC_BAD_INPUT, "%s: has seed %llu, and this run %llu; give -o another file",
                       path, (unsigned long long)earlier->seed, (unsigned long long)result->seed);
    if (earlier->input_digest != result->input_digest)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: holds another scenario (input digest %016llx, and this run has %016llx); give -o "
                       "another file",
                       path, (unsigned long long)earlier->input_digest,
                       (unsigned long long)result->input_digest);
    return 0;
}

/* Takes over what an earlier, stopped run left in the output file. */
static int resume(const struct options *o, uint64_t trials, struct callbacks *shared, struct fc_error *error)
{
    struct fc_result *result = shared->result, *earlier = &shared->earlier;
    struct stat there;
    if (!o->resume || stat(o->output, &there) != 0 || (S_ISREG(there.st_mode) && there.st_size == 0))
        return 0; /* nothing to go on with yet */
    if (fc_result_read(earlier, o->output, error) || same_run(o->output, earlier, result, error))
        return -1;
    struct fc_error why;
    if (fc_tally_merge(&result->tally, &earlier->tally, &why))
        return fc_fail(error, why.status, "%s: %s", o->output, why.text);
    uint64_t have = fc_tally_trials(&earlier->tally);
    char in_file[32], asked[32];
    fc_format_count(have, in_file, sizeof in_file);
    fc_format_count(trials, asked, sizeof asked);
    if (!o->shards && result->tally.range_count > 0) {
        const struct fc_trial_range *last = &result->tally.ranges[result->tally.range_count - 1];
        uint64_t end = last->first + last->count;
        uint64_t points = trials / (uint64_t)(result->tally.shifts ? result->tally.shifts : 1);
        if (result->tally.shifts ? (end & (((uint64_t)1 << FC_SHIFT_BIT) - 1)) > points : end > trials)
            fprintf(
                stderr,
                "flopcast: warning: %s holds %s trials already, more than the %s asked for; the answer is "
                "that of all of them\n",
                o->output, in_file, asked);
    }
    fc_tally_free(&earlier->tally); /* its provenance is used later */
    return 0;
}

static void describe_workers(const struct fc_worker *workers, int count, struct fc_result *result)
{
    size_t used = 0;
    char trials[32];
    for (int i = 0; i < count && used < sizeof result->devices; i++) {
        fc_format_count(workers[i].trials, trials, sizeof trials);
        int n = snprintf(result->devices + used, sizeof result->devices - used, "%s%s: %s trials%s",
                         i ? "; " : "", workers[i].name, trials, workers[i].failed ? " (failed)" : "");
        used += n > 0 ? (size_t)n : 0;
    }
}

/* Fills in where and how `result` (of this run, and of an earlier one that it goes on with) was computed. */
static void describe_run(const struct callbacks *shared, const struct fc_result *earlier,
                         struct fc_result *result)
{
    const struct fc_selection *selection = shared->selection;
    struct fc_result here = {.wall_s = fc_clock_s() - shared->start_s, .trials_asked = result->trials_asked};
    snprintf(here.backend, sizeof here.backend, "%.50s%s", selection->backends,
             shared->worker_count > selection->worker_count ? "+mpi" : "");
    snprintf(here.topology, sizeof here.topology, "%s", selection->topology);
    snprintf(here.build, sizeof here.build, "%s", result->build);
    fc_ranks_name_workers(shared->ranks, shared->workers + selection->worker_count);
    describe_workers(shared->workers, shared->worker_count, &here);
    bool any = false;
    for (int i = 0; i < shared->worker_count; i++)
        any = any || shared->workers[i].trials > 0;
    result->backend[0] = result->devices[0] = result->topology[0] = '\0';
    result->wall_s = 0;
    if (earlier->devices[0])
        fc_result_add_provenance(result, earlier);
    if (any || !earlier->devices[0])
        fc_result_add_provenance(result, &here);
}

/* A fc_keep: the result so far goes into the file of -o. A failure is reported once; the run goes on. */
static void keep(void *context)
{
    struct callbacks *shared = context;
    struct fc_error error;
    describe_run(shared, &shared->earlier, shared->result);
    if (fc_result_write(shared->result, shared->output, &error) && !shared->warned) {
        fprintf(stderr, "flopcast: warning: the result so far is not kept: %s\n", error.text);
        shared->warned = true;
    }
    shared->kept_s = fc_clock_s();
}

/* Trials of shard I of N: n (I - 1) / N to n I / N, without overflow. */
static void shard_of(const struct options *o, uint64_t trials, uint64_t *first, uint64_t *count)
{
    uint64_t part = o->shard ? o->shard : 1, parts = o->shards ? o->shards : 1;
    uint64_t whole = trials / parts, rest = trials % parts;
    *first = whole * (part - 1) + (part - 1 < rest ? part - 1 : rest);
    *count = whole + (part - 1 < rest ? 1 : 0);
}

/* Trials of a run on a lattice: every shift has the same number of points, a power of two; `most`: no more than asked. */
static void round_to_points(struct fc_scenario *scenario, bool most)
{
    uint64_t points = fc_sampling_points(scenario->trials), asked = scenario->trials;
    if (most && points > 1 && points * FC_SHIFTS > asked)
        points /= 2;
    scenario->trials = points * FC_SHIFTS;
    char worlds[32], wanted[32], each[32];
    fc_format_count(scenario->trials, worlds, sizeof worlds);
    fc_format_count(asked, wanted, sizeof wanted);
    fc_format_count(points, each, sizeof each);
    if (!most && scenario->trials != asked)
        fc_note(&scenario->compiled.notes, FC_NOTE, "worlds-rounded", NULL,
                "quasi-Monte Carlo: %s worlds instead of %s, %d shifts of a lattice of %s points (a power of two)", worlds,
                wanted, FC_SHIFTS, each);
}

/* Seconds between two versions of the file of -o; tests shorten them. */
static double keep_interval(void)
{
    const char *text = getenv("FLOPCAST_KEEP_S");
    double seconds = text ? atof(text) : 0;
    return seconds > 0 ? seconds : 60;
}

/* Which inputs move the headline most, over the first worlds of the run: into the ledger of the result. Returns their
 * number, -1 where there are too few worlds to say, or -2 with `error` filled. */
static int find_influences(const struct fc_scenario *scenario, const struct fc_selection *selection,
                           struct fc_result *result, struct fc_influence *influences, uint64_t *worlds,
                           struct fc_error *error)
{
    uint64_t trials = fc_tally_trials(&result->tally);
    *worlds = trials < FC_INFLUENCE_WORLDS ? trials : FC_INFLUENCE_WORLDS;
    if (*worlds < FC_INFLUENCE_LEAST)
        return -1;
    int count = fc_influences(scenario, selection, *worlds, fc_headline_metric(&scenario->compiled.program),
                              influences, error);
    return count >= 0 && fc_scenario_add_influences(scenario, influences, (size_t)count, result, error) == 0
               ? count
               : -2;
}

static bool wants_page(const struct options *o)
{
    bool page = false;
    for (int i = 0; i < o->outputs.count; i++)
        page |= o->outputs.list[i].kind == FC_OUTPUT_HTML;
    return page;
}

/* The money and capacity of a contract by month. */
static int write_months(struct fc_writer *w, const struct fc_scenario *scenario, uint64_t worlds, struct fc_error *error)
{
    struct fc_flow_bands bands = {0};
    int status = fc_flow_bands_simulate(&bands, &scenario->compiled.program, scenario->compiled.tables, scenario->seed, 0,
                                        worlds, 1, error);
    if (!status) {
        fc_write_unsigned(w, "trials", worlds);
        fc_flow_bands_write(&bands, "month", false, w);
    }
    fc_flow_bands_free(&bands);
    return status;
}

/* The last moment of a run's course: when nearly all worlds have ended, as far as they are watched. */
static double last_day(const struct fc_result *result)
{
    static const double p[] = {0.95, 0.9, 0.75, 0.5};
    const struct fc_tally_metric *days = fc_tally_find(&result->tally, FC_M_WALL_CLOCK_DAYS);
    for (size_t i = 0; days && i < sizeof p / sizeof p[0]; i++) {
        struct fc_estimate e = fc_statistics_quantile(days, p[i]);
        if (!e.refused && e.value > 0 && e.value < result->longest_days)
            return e.value;
    }
    return result->longest_days;
}

/* For a page: what happens over time, in some of the worlds. Of a contract its months, of a run its course. */
static int find_course(const struct options *o, const struct fc_scenario *scenario, const struct fc_selection *selection,
                       struct fc_result *result, struct fc_error *error)
{
    const struct fc_program *program = &scenario->compiled.program;
    bool months = program->contract.months.months > 0 && !program->shifts;
    if (!wants_page(o) || result->trials_asked == 0 || !(months || fc_course_is_of(program)))
        return 0;
    uint64_t worlds = result->trials_asked < FC_COURSE_WORLDS ? result->trials_asked : FC_COURSE_WORLDS;
    struct fc_writer *w;
    size_t size;
    FILE *out = open_memstream(months ? &result->months_json : &result->course_json, &size);
    int status = out ? fc_writer_open(&w, out, FC_JSON, error) : fc_fail(error, FC_FAULT, "out of memory for the page");
    if (!status) {
        fc_write_map(w, NULL);
        status = months ? write_months(w, scenario, worlds, error)
                        : fc_course_write(w, scenario, selection, last_day(result), worlds, error);
        fc_write_end(w);
        if (fc_writer_close(w, status ? &(struct fc_error){0} : error))
            status = -1;
    }
    if (out && fclose(out) && !status)
        status = fc_fail(error, FC_FAULT, "out of memory for the page");
    return status;
}

/* The files that are made of the JSON at the end. */
static int write_files(struct options *o, const struct fc_result *result, struct fc_error *error)
{
    if (!fc_outputs_any(&o->outputs))
        return 0;
    FILE *stream = fc_outputs_begin(&o->outputs, error);
    if (!stream)
        return -1;
    char *text = fc_result_json(result, error);
    if (text)
        fputs(text, stream);
    int status = fc_outputs_end(&o->outputs, !text, false, error);
    free(text);
    return status;
}

static int print_result(const struct options *o, const struct fc_result *result, struct fc_error *error)
{
    fc_print_overflowed(stderr, "flopcast: warning: ", false, &result->tally);
    if (!o->json) {
        struct fc_report_options report = o->report;
        fc_fold_start();
        report.utf8 = fc_locale_is_utf8();
        fc_report_result(stdout, result, &report);
        return 0;
    }
    char *text = fc_result_json(result, error);
    if (!text)
        return -1;
    fputs(text, stdout);
    free(text);
    return 0;
}

/* What a person reads after a stop: how far it came, and how to go on. */
static void say_stopped(const struct options *o, const struct fc_tally *tally, uint64_t count,
                        struct fc_error *error)
{
    bool any = fc_tally_trials(tally) > 0;
    fc_fail(error, FC_FAULT, "stopped after %llu of %llu trials%s%s%s",
            (unsigned long long)fc_tally_trials(tally), (unsigned long long)count,
            o->output && any ? "; continue with --resume -o " : "", o->output && any ? o->output : "",
            o->output ? "" : " (without -o FILE nothing is kept)");
}

/* The end of the run as dates, where the scenario has a first day. */
static void note_dates(const struct fc_scenario *scenario, const struct fc_tally *tally,
                       struct fc_notes *notes)
{
    static const double p[] = {0.05, 0.5, 0.95};
    const struct fc_setting *start = &scenario->settings->fields[FC_FIELD_START];
    const struct fc_tally_metric *days = fc_tally_find(tally, FC_M_WALL_CLOCK_DAYS);
    char dates[3][16];
    long first;
    if (!start->is_set || !days || scenario->compiled.program.run.watch || !fc_date_read(start->name, &first))
        return;
    for (int i = 0; i < 3; i++) {
        struct fc_estimate e = fc_statistics_quantile(days, p[i]);
        if (e.refused)
            snprintf(dates[i], sizeof dates[i], "%s", "n/a");
        else if (!(e.value < 1e6))
            snprintf(dates[i], sizeof dates[i], "%s", "never");
        else
            fc_date_print(first + (long)e.value, dates[i]);
    }
    fc_note(notes, FC_NOTE, "dates", &start->place,
            "the run that starts on %.10s ends on %s (P5), %s (P50), %s (P95)", start->name, dates[0],
            dates[1], dates[2]);
}

static int open_samples(const struct options *o, const struct fc_scenario *scenario, const struct fc_result *result,
                        struct callbacks *shared, struct fc_error *error)
{
    struct fc_samples_about about = {.scenario = scenario->name,
                                     .software = "flopcast " FC_VERSION,
                                     .command_line = fc_command_line(),
                                     .seed = scenario->seed,
                                     .input_digest = result->input_digest,
                                     .model_version = result->model_version};
    return fc_samples_file_open(&shared->samples, o->samples, &scenario->compiled.program, &about, error);
}

/* Rank 0: our own devices and the other ranks as one list. The selection keeps its own, for what is done after the run. */
static int list_workers(const struct fc_ranks *ranks, struct callbacks *shared, struct fc_error *error)
{
    const struct fc_selection *selection = shared->selection;
    shared->worker_count = selection->worker_count + ranks->count - 1;
    shared->workers = calloc((size_t)shared->worker_count + 1, sizeof *shared->workers);
    if (!shared->workers)
        return fc_fail(error, FC_FAULT, "out of memory for the devices");
    for (int i = 0; i < selection->worker_count; i++)
        shared->workers[i] = selection->workers[i];
    fc_ranks_add_workers(ranks, shared->workers + selection->worker_count);
    return 0;
}

/* Ranks behind the first say nothing and write nothing. */
static void be_silent(struct options *o)
{
    fc_outputs_close(&o->outputs);
    o->quiet = true;
    o->resume = false;
    o->output = NULL;
    o->outputs = (struct fc_outputs){0};
}

/* The question of --tail, which takes no run. */
static int run_tail(const struct options *o, struct fc_error *error)
{
    struct fc_scenario scenario = {0};
    struct fc_tail_run tail = {o->tail, o->isa, o->scenario_options.trials, o->threads, o->json, o->quiet};
    int status = fc_scenario_open(&scenario, o->scenario, &o->scenario_options, error);
    status = status ? -1 : fc_tail_answer(&scenario, &tail, error);
    fc_scenario_close(&scenario);
    return status < 0 ? (int)error->status : status;
}

static int run(struct options *o, struct fc_error *error)
{
    struct fc_scenario scenario = {0};
    struct fc_ranks ranks = fc_ranks_told();
    struct fc_selection selection = {0};
    struct fc_result result = {0};
    struct fc_run_outcome outcome = {0};
    struct callbacks shared = {.result = &result, .selection = &selection, .ranks = &ranks, .interval_s = keep_interval()};
    struct fc_precision precision = {0};
    struct fc_error samples_error = {0}, write_error = {0};
    bool reached = false, samples_lost = false, unwritten = false;
    uint64_t first = 0, count = 0;
    int status = -1;

    if (ranks.count > 1 && o->samples) {
        fc_fail(error, FC_BAD_INPUT, "--samples is for one process: the values of every trial are not sent between ranks");
        goto out;
    }
    if (ranks.rank > 0)
        be_silent(o);
    if (fc_scenario_open(&scenario, o->scenario, &o->scenario_options, error))
        goto out;
    const struct fc_program *program = &scenario.compiled.program;
    if (fc_report_check(&o->report, program->metrics, program->metric_count, error))
        goto out;
    if (o->until && !o->scenario_options.trials)
        scenario.trials = UNTIL_MOST;
    if (program->shifts)
        round_to_points(&scenario, o->until != NULL);
    if (o->until && fc_precision_read(program, o->until, &precision, &scenario.compiled.notes, error))
        goto out;
    if (ranks.rank == 0)
        fc_scenario_print_notes(&scenario, stderr, o->quiet);
    shard_of(o, scenario.trials, &first, &count);
    if (count == 0 && !o->output) { /* with -o it is a part that merge takes */
        fc_fail(error, FC_BAD_INPUT, "--shard %llu/%llu: there is no trial in it, for there are %llu in all; take fewer shards",
                (unsigned long long)o->shard, (unsigned long long)o->shards, (unsigned long long)scenario.trials);
        goto out;
    }
    if ((o->output && fc_output_open(&shared.output, "-o", o->output, error)) ||
        fc_outputs_open(&o->outputs, error) ||
        fc_scenario_start_result(&scenario, &result, error) || resume(o, scenario.trials, &shared, error) ||
        (o->samples && open_samples(o, &scenario, &result, &shared, error)))
        goto out;
    result.trials_asked = o->until ? 0 : scenario.trials;
    result.tail = o->report.tail;
    struct fc_select_request wish = {.backends = o->backend,
                                     .device = o->device,
                                     .threads = o->threads,
                                     .isa = o->isa,
                                     .strict = o->strict};
    if (fc_select(&selection, &wish, error) ||
        fc_ranks_join(&ranks, scenario.compiled.input_digest, scenario.seed, error) || list_workers(&ranks, &shared, error))
        goto out;
    if (!o->quiet)
        fc_select_print(&selection, stderr);
    if (!o->quiet && ranks.count > 1)
        fprintf(stderr, "flopcast: this is rank 0 of %d; the others take batches from it (MPI)\n", ranks.count);
    struct fc_run_request request = {
        .job = {program, scenario.compiled.tables, scenario.compiled.table_floats, scenario.seed},
        .host = selection.host,
        .first = first,
        .count = count,
        .points = program->shifts ? scenario.trials / (uint64_t)program->shifts : 0,
        .workers = shared.workers,
        .worker_count = ranks.rank == 0 ? shared.worker_count : selection.worker_count,
        .progress = watch,
        .keep = keep,
        .sink = o->samples ? keep_samples : NULL,
        .context = &shared,
    };
    fc_stop_watch();
    if (ranks.count > 1)
        fc_stop_by_launcher();
    if (ranks.rank > 0) {
        status = fc_ranks_serve(&request, error);
        if (status == 0)
            fc_ranks_leave(&ranks);
        goto out;
    }
    fc_progress_start(&shared.line, "trials", o->quiet);
    shared.start_s = shared.kept_s = fc_clock_s();
    int failed = run_until(&request, o->until ? &precision : NULL, &result.tally, &outcome, &reached, error);
    fc_progress_end(&shared.line);
    if (ranks.count > 1) {
        if (!failed && !outcome.stopped)
            fc_ranks_leave(&ranks);
        else
            outcome.abandoned = true; /* MPI is not left in good order where others may be gone */
    }
    for (int i = 0; i < outcome.notes; i++)
        fprintf(stderr, "flopcast: %s\n", outcome.note[i]);
    if (o->until)
        result.trials_asked = fc_tally_trials(&result.tally);
    describe_run(&shared, &shared.earlier, &result);
    struct fc_notes seen = {0};
    fc_run_note_answer(&scenario.compiled, &result.tally, &seen);
    note_dates(&scenario, &result.tally, &seen);
    fc_notes_add(&result.notes, &seen);
    fc_notes_print(&seen, stderr, o->quiet);
    fc_notes_free(&seen);
    bool partial = failed || outcome.stopped;
    bool any = fc_tally_trials(&result.tally) > 0;
    samples_lost = fc_samples_file_close(shared.samples, any || !partial, &samples_error) != 0;
    shared.samples = NULL;

    struct fc_influence influences[FC_INPUT_COUNT];
    uint64_t worlds = 0;
    struct fc_error influence_error;
    int moved = partial || o->shards || outcome.abandoned
                    ? -1
                    : find_influences(&scenario, &selection, &result, influences, &worlds, &influence_error);
    /* a fault of the page's own runs does not cost the file of what was computed */
    bool no_course = !partial && !o->shards && !outcome.abandoned && find_course(o, &scenario, &selection, &result, error);
    unwritten = o->output && (any || !partial) && fc_result_write(&result, shared.output, &write_error) != 0;
    if (!partial && !no_course)
        status = print_result(o, &result, error);
    if (status == 0)
        status = write_files(o, &result, error);
    if (!partial && !no_course && moved >= 0 && !o->json && !o->report.only_count)
        fc_ledger_print_drivers(stdout, &scenario, fc_headline_metric(program), influences, moved, worlds);
    else if (partial && !failed)
        say_stopped(o, &result.tally, count, error);
    if (unwritten || samples_lost || moved == -2) { /* what was computed is at least on the screen */
        *error = unwritten ? write_error : samples_lost ? samples_error : influence_error;
        status = -1;
    } else if (status == 0 && o->until && !reached) {
        status =
            fc_fail(error, FC_ANSWER_NO, "--until '%s' is not reached after %llu trials; give more with -n",
                    o->until, (unsigned long long)count);
    }
out:
    fc_samples_file_close(shared.samples, false, &samples_error);
    fc_output_close(shared.output);
    fc_outputs_close(&o->outputs);
    if (outcome.abandoned) { /* threads that did not come back still use what would be freed */
        if (status)
            fprintf(stderr, "flopcast: %s\n", error->text);
        fc_process_end_now(status ? (int)error->status : FC_DONE);
    }
    fc_select_free(&selection);
    free(shared.workers);
    fc_result_free(&shared.earlier);
    fc_result_free(&result);
    fc_scenario_close(&scenario);
    return status ? (int)error->status : FC_DONE;
}

int fc_command_run(int argc, char **argv)
{
    struct options o = {.device = -1};
    struct fc_error error = {0};
    int status;
    int parsed = read_options(argc, argv, &o, &error);
    bool first = fc_ranks_told().rank == 0;
    if (parsed == 1) {
        if (first)
            fc_help_print(help, NULL);
        status = FC_DONE;
    } else if (parsed < 0) {
        status = FC_BAD_INPUT;
    } else {
        status = o.tail ? run_tail(&o, &error) : run(&o, &error);
    }
    if (status == FC_BAD_INPUT && !first) /* rank 0 says the same, and its launcher ends us; else it is wrong here alone */
        (void)sleep(RANK_ALONE_S);
    if (status != FC_DONE && error.text[0])
        fprintf(stderr, "flopcast: %s\n", error.text);
    fc_scenario_options_free(&o.scenario_options);
    return status;
}
