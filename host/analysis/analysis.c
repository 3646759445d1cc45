/* analysis.c: see analysis.h. */
#include "analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "host/base/command_line.h"
#include "host/base/format.h"
#include "host/base/notes_write.h"
#include "host/base/process.h"
#include "host/base/stop.h"
#include "host/base/options.h"
#include "host/compile/assumptions.h"
#include "host/result/metrics.h"
#include "host/result/samples.h"
#include "host/result/soundness.h"
#include "host/result/statistics.h"

#define MOST_TRIALS 100000u /* of one run of an analysis without -n */
#define MOST_IN_ALL 200000u /* of all its runs */
#define LEAST_TRIALS 10000u /* of one run, however many there are */
#define KEPT_CHUNKS 64u     /* in a batch, where runs are kept */
#define MOST_BYTES ((uint64_t)4 << 30)

#define HELP_OF_RUNS                                                                                         \
    "  -n, --trials N        number of worlds (default: 100000, fewer where many runs are needed)\n"         \
    "  -s, --seed N          seed of the random numbers (default: the scenario's, else 1)\n"                 \
    "      --set PATH=VALUE  change one value of the scenario; PATH=*1.5 multiplies it\n"                    \
    "  -b, --backend NAME    auto, cpu, opencl, cuda, all, or several with commas (default: auto)\n"         \
    "      --device N        number of the device within the backend (see flopcast devices)\n"               \
    "  -t, --threads N       CPU threads (default: one per core that we may use)\n"                          \
    "      --isa NAME        CPU instructions: portable, scalar, avx2, avx512\n"
#define HELP_OF_TEXT                                                                                         \
    "      --json            print JSON instead of tables\n"                                                 \
    "  -q, --quiet           no progress and no notes on stderr\n"                                           \
    "  -h, --help            this text\n"

const char fc_analysis_help[] =
    HELP_OF_RUNS "  -o, --output FILE     write the result too: .json, .csv, .xlsx or .html\n"
                 "      --report F.html   write it as a page\n" HELP_OF_TEXT;

const char fc_analysis_help_pageless[] =
    HELP_OF_RUNS "  -o, --output FILE     write the result too: .json, .csv or .xlsx\n" HELP_OF_TEXT;

enum { OPTION_SET = 256, OPTION_ISA, OPTION_JSON, OPTION_DEVICE, OPTION_REPORT };

static const struct option shared[] = {
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"set", required_argument, NULL, OPTION_SET},
    {"backend", required_argument, NULL, 'b'},
    {"device", required_argument, NULL, OPTION_DEVICE},
    {"threads", required_argument, NULL, 't'},
    {"isa", required_argument, NULL, OPTION_ISA},
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
};

/* Takes one of the shared options. Returns 0, 1 when it is none of them, or -1 with `error` filled. */
static int take(struct fc_analysis_options *options, int option, struct fc_error *error)
{
    uint64_t count;
    switch (option) {
    case 'n':
        return fc_option_count("-n", optarg, 1, (uint64_t)1e9, &options->scenario.trials, error);
    case 's':
        options->scenario.has_seed = true;
        return fc_option_count("-s", optarg, 0, UINT64_MAX, &options->scenario.seed, error);
    case 't':
        if (fc_option_count("-t", optarg, 1, 65536, &count, error))
            return -1;
        options->wish.threads = (int)count;
        return 0;
    case OPTION_DEVICE:
        if (fc_option_count("--device", optarg, 0, 1024, &count, error))
            return -1;
        options->wish.device = (int)count;
        return 0;
    case OPTION_SET:
        return fc_scenario_add_override(&options->scenario, optarg, error);
    case OPTION_ISA:
        options->wish.isa = optarg;
        return 0;
    case 'o':
        options->output = optarg;
        return 0;
    case OPTION_REPORT:
        options->report = optarg;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case 'b':
        options->wish.backends = optarg;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    default:
        return 1;
    }
}

int fc_analysis_next(struct fc_analysis_options *options, const char *command, int argc, char **argv,
                     const struct option *own, struct fc_error *error)
{
    struct option table[48] = {{NULL, 0, NULL, 0}};
    size_t used = 0, room = sizeof table / sizeof table[0] - 1;
    for (; own->name && used < room; own++)
        table[used++] = *own;
    for (size_t i = 0; i < sizeof shared / sizeof shared[0] && used < room; i++)
        table[used++] = shared[i];
    if (!options->begun) {
        optind = 1;
        opterr = 0;
        options->begun = true;
    }
    for (;;) {
        int option = getopt_long(argc, argv, ":n:s:b:t:o:qh", table, NULL);
        if (option == -1)
            return FC_ANALYSIS_DONE;
        if (option == 'h')
            return FC_ANALYSIS_HELP;
        if (option >= FC_QUICK_FIRST && fc_quick_take(&options->scenario.quick, option, optarg))
            continue;
        if (option >= FC_ANALYSIS_OWN)
            return option;
        int taken = take(options, option, error);
        if (taken)
            return taken < 0 ? FC_ANALYSIS_WRONG : fc_option_error(command, option, argv, table, error);
    }
}

void fc_analysis_options_free(struct fc_analysis_options *options)
{
    fc_scenario_options_free(&options->scenario);
}

int fc_analysis_open(struct fc_analysis *analysis, const struct fc_analysis_options *options,
                     uint64_t planned, struct fc_error *error)
{
    *analysis = (struct fc_analysis){.planned = planned, .quiet = options->quiet, .start_s = fc_clock_s()};
    if (fc_select(&analysis->selection, &options->wish, error))
        return -1;
    if (!options->quiet)
        fc_select_print(&analysis->selection, stderr);
    fc_progress_start(&analysis->line, "trials", options->quiet);
    fc_stop_watch();
    return 0;
}

void fc_analysis_keep_runs(struct fc_analysis *analysis, const struct fc_program *program, uint64_t trials)
{
    const struct fc_selection *s = &analysis->selection;
    if ((program->layers & FC_LAYER_RUN) && s->worker_count == 1 && s->workers[0].backend == &fc_backend_cpu)
        analysis->kept = fc_kept_new(trials, s->host.isa);
}

void fc_analysis_close(struct fc_analysis *analysis)
{
    fc_kept_free(analysis->kept);
    fc_progress_end(&analysis->line);
    fc_select_free(&analysis->selection);
}

int fc_analysis_split(const char *option, const char *text, char *parts, size_t size, int most,
                      struct fc_error *error)
{
    int depth = 0, count = 0;
    const char *begin = text + strspn(text, " ");
    for (const char *at = begin;; at++) {
        depth += *at == '(' || *at == '[' || *at == '{';
        depth -= *at == ')' || *at == ']' || *at == '}';
        if (*at && (*at != ',' || depth > 0))
            continue;
        size_t length = (size_t)(at - begin);
        if (count == most || length >= size || length == 0)
            return fc_fail(error, FC_BAD_INPUT,
                           "%s '%.60s': too many changes, or one that is empty or too long", option, text);
        memcpy(parts + (size_t)count * size, begin, length);
        parts[(size_t)count++ * size + length] = '\0';
        if (!*at)
            return count;
        begin = at + 1 + strspn(at + 1, " ");
    }
}

double fc_analysis_elapsed_s(const struct fc_analysis *analysis)
{
    return fc_clock_s() - analysis->start_s;
}

uint64_t fc_analysis_trials(const struct fc_scenario *scenario, const struct fc_analysis_options *options,
                            size_t variants)
{
    if (options->scenario.trials)
        return scenario->trials;
    uint64_t most = variants > 0 ? MOST_IN_ALL / variants : MOST_TRIALS;
    most = most < LEAST_TRIALS ? LEAST_TRIALS : most > MOST_TRIALS ? MOST_TRIALS : most;
    return scenario->trials < most ? scenario->trials : most;
}

int fc_analysis_scenario(struct fc_scenario *scenario, const char *path_or_name,
                         const struct fc_analysis_options *options, const char *const *changes, size_t count,
                         struct fc_error *error)
{
    struct fc_scenario_options all = options->scenario;
    all.overrides = NULL;
    all.override_count = 0;
    int status = 0;
    for (size_t i = 0; status == 0 && i < options->scenario.override_count; i++)
        status = fc_scenario_add_override(&all, options->scenario.overrides[i], error);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = fc_scenario_add_override(&all, changes[i], error);
    if (status == 0)
        status = fc_scenario_open(scenario, path_or_name, &all, error);
    fc_scenario_options_free(&all);
    return status;
}

static int ascending(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

void fc_analysis_keep(struct fc_program *program, const int *metrics, int count)
{
    program->metric_count = count;
    for (int r = 0; r < count; r++)
        program->metrics[r] = metrics[r];
    qsort(program->metrics, (size_t)count, sizeof program->metrics[0], ascending);
    for (int m = 0; m < FC_METRIC_COUNT; m++)
        program->metric_row[m] = -1;
    for (int r = 0; r < count; r++)
        program->metric_row[program->metrics[r]] = r;
}

/* What the callbacks of one run share. */
struct run_state {
    struct fc_analysis *analysis;
    uint64_t first, count;
    int rows;
    float *samples;
};

static int watch(void *context, uint64_t done, uint64_t total, double elapsed_s)
{
    struct run_state *state = context;
    struct fc_analysis *a = state->analysis;
    uint64_t all = a->done + total;
    (void)elapsed_s;
    fc_progress_update(&a->line, a->done + done, a->planned > all ? a->planned : all,
                       fc_analysis_elapsed_s(a));
    return fc_stop_asked() ? FC_PROGRESS_STOP : FC_PROGRESS_ON;
}

static int collect(void *context, uint64_t first, uint64_t count, const float *samples)
{
    const struct run_state *state = context;
    for (int r = 0; r < state->rows; r++)
        memcpy(state->samples + (size_t)r * state->count + (first - state->first),
               samples + (size_t)r * count, (size_t)count * sizeof *samples);
    return 0;
}

int fc_analysis_run(struct fc_analysis *analysis, const struct fc_compiled *compiled, uint64_t seed,
                    uint64_t first, uint64_t count, struct fc_tally *tally, float *samples,
                    struct fc_error *error)
{
    const struct fc_program *program = &compiled->program;
    struct fc_selection *selection = &analysis->selection;
    struct run_state state = {analysis, first, count, program->metric_count, samples};
    struct fc_tally unused = {0};
    struct fc_tally *into = tally ? tally : &unused;
    struct fc_run_outcome *outcome = malloc(sizeof *outcome);
    if (!outcome)
        return fc_fail(error, FC_FAULT, "out of memory while starting the run");
    if (fc_tally_create(into, program->metrics, program->metric_count, error)) {
        free(outcome);
        return -1;
    }
    struct fc_run_request request = {
        .job = {program, compiled->tables, compiled->table_floats, seed},
        .host = selection->host,
        .first = first,
        .count = count,
        .workers = selection->workers,
        .worker_count = selection->worker_count,
        .progress = watch,
        .sink = samples ? collect : NULL,
        .context = &state,
    };
    if (analysis->kept && analysis->same_runs && first == 0) {
        request.host.kept = analysis->kept;
        request.batch = analysis->kept->chunk * KEPT_CHUNKS; /* chunks begin where they are kept */
    }
    int status = fc_run(&request, into, outcome, error);
    enum fc_fixed fixed = fc_metric_fixed(program);
    for (int r = 0; status == 0 && samples && r < program->metric_count; r++)
        fc_samples_put_missing(samples + (size_t)r * (size_t)count, (size_t)count,
                               fc_metric_worst_is_high(program->metrics[r], fixed));
    if (status == 0 && outcome->stopped)
        status = fc_fail(error, FC_FAULT, "interrupted; no results were saved");
    if (outcome->abandoned && status) { /* threads that did not come back use what the caller would free */
        fprintf(stderr, "flopcast: %s\n", error->text);
        fc_process_end_now((int)error->status);
    }
    if (!analysis->quiet && outcome->notes > 0) {
        fc_progress_end(&analysis->line);
        for (int i = 0; i < outcome->notes; i++)
            fprintf(stderr, "flopcast: %s\n", outcome->note[i]);
    }
    if (status == 0 && !analysis->warned && fc_worlds_overflowed(into) > 0) {
        fc_progress_end(&analysis->line);
        fc_print_overflowed(stderr, "flopcast: warning: ", false, into);
        analysis->warned = true; /* once is enough */
    }
    analysis->done += count;
    if (!tally || status)
        fc_tally_free(into);
    free(outcome);
    return status;
}

float *fc_analysis_samples(uint64_t count, int rows, struct fc_error *error)
{
    uint64_t each = (uint64_t)(rows > 0 ? rows : 1) * sizeof(float);
    float *samples = NULL;
    if (count <= MOST_BYTES / each)
        samples = malloc((size_t)(count * each));
    if (!samples) {
        char text[32];
        fc_format_count(MOST_BYTES / each / 4, text, sizeof text);
        fc_fail(error, FC_FAULT,
                "out of memory for the samples of %d metrics over %llu trials; -n %s would do", rows,
                (unsigned long long)count, text);
    }
    return samples;
}

void fc_analysis_head(FILE *out, const struct fc_scenario *scenario, uint64_t trials)
{
    char text[32];
    fc_format_count(trials, text, sizeof text);
    fprintf(out, "%s: %s trials, seed %llu\n\n", scenario->name, text, (unsigned long long)scenario->seed);
}

void fc_analysis_print_warnings(struct fc_notes *said, const struct fc_scenario *scenario, const char *value)
{
    struct fc_notes all = {0};
    fc_scenario_notes(scenario, &all);
    for (size_t i = 0; i < all.count; i++) {
        size_t known = said->count;
        const struct fc_note *note = &all.list[i];
        fc_notes_put(said, note->severity, note->id, note->place, note->text);
        if (said->count > known && note->severity == FC_WARNING)
            fprintf(stderr, "flopcast: at %s: warning: %s\n", value, note->text);
    }
    fc_notes_free(&all);
}

void fc_analysis_foot(FILE *out, const struct fc_analysis *analysis)
{
    char text[32];
    double elapsed = fc_analysis_elapsed_s(analysis);
    fc_format_count(analysis->done, text, sizeof text);
    fprintf(out, "\n%s trials in all, %.3g s, %s\n", text, elapsed, analysis->selection.backends);
}

int fc_analysis_write_head(struct fc_writer **writer, FILE *out, const char *command, struct fc_error *error)
{
    if (fc_writer_open(writer, out, FC_JSON, error))
        return -1;
    fc_write_map(*writer, NULL);
    fc_write_signed(*writer, "format", FC_ANALYSIS_FORMAT);
    fc_write_text(*writer, "command", command);
    fc_write_text(*writer, "command_line", fc_command_line());
    return 0;
}

int fc_analysis_write_start(struct fc_writer **writer, const char *command,
                            const struct fc_analysis *analysis, const struct fc_scenario *scenario,
                            uint64_t trials, struct fc_error *error)
{
    char digest[17];
    if (fc_analysis_write_head(writer, analysis->json ? analysis->json : stdout, command, error))
        return -1;
    struct fc_writer *w = *writer;
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)scenario->compiled.input_digest);
    fc_write_signed(w, "model_version", FC_MODEL_VERSION);
    fc_write_text(w, "scenario", scenario->name);
    fc_write_text(w, "input_digest", digest);
    fc_write_unsigned(w, "seed", scenario->seed);
    fc_write_unsigned(w, "trials", trials);
    fc_write_unsigned(w, "trials_in_all", analysis->done);
    fc_write_text(w, "backend", analysis->selection.backends);
    fc_write_text(w, "topology", analysis->selection.topology);
    fc_write_number(w, "wall_s", fc_analysis_elapsed_s(analysis));
    struct fc_notes notes = {0};
    fc_scenario_notes(scenario, &notes);
    fc_notes_write(&notes, w);
    fc_notes_free(&notes);
    fc_assumptions_write(scenario->settings, NULL, 0, w, "assumptions");
    return 0;
}

int fc_analysis_write_end(struct fc_writer *writer, struct fc_error *error)
{
    fc_write_end(writer);
    return fc_writer_close(writer, error);
}

void fc_analysis_write_estimate(struct fc_writer *writer, const char *key, struct fc_estimate estimate)
{
    char name[64];
    snprintf(name, sizeof name, "%s_se", key);
    static const char *const why[] = {[FC_WHY_NONE] = "not defined",
                                      [FC_WHY_FEW] = "fewer than 50 worlds lie beyond it",
                                      [FC_WHY_NEVER] = "never: it falls among the worlds without a value",
                                      [FC_WHY_MISSING] = "fewer than half of the worlds have a value",
                                      [FC_WHY_EMPTY] = "no world has a value",
                                      [FC_WHY_ONE] = "too few worlds",
                                      [FC_WHY_HEAVY] = "ten worlds make up more than half of the variance",
                                      [FC_WHY_CAPPED] = "some worlds are at its cap, which stands for any value above",
                                      [FC_WHY_SHIFTS] = "too few shifts are in"};
    fc_write_number(writer, key, estimate.value); /* null where it is not finite */
    fc_write_number(writer, name, estimate.error);
    if (!isfinite(estimate.value) || !isfinite(estimate.error)) {
        snprintf(name, sizeof name, "%s_why", key);
        fc_write_text(writer, name, why[estimate.why]);
    }
    if (strncmp(key, "mean", 4) == 0 && isfinite(estimate.value) && estimate.share > 0 &&
        estimate.share < 1) {
        snprintf(name, sizeof name, "%s_share", key); /* a mean of these worlds alone */
        fc_write_number(writer, name, estimate.share);
    }
}

int fc_analysis_end(int status, const struct fc_error *error)
{
    if (status == 0)
        return FC_DONE;
    fprintf(stderr, "flopcast: %s\n", error->text);
    return error->status == FC_DONE ? FC_FAULT : (int)error->status;
}
