/* program.c: see program.h. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/run/timeline.h"
#include "contract.h"
#include "copula.h"
#include "host/language/in_use.h"
#include "host/backends/kernels.h"
#include "host/result/metrics.h"
#include "plan_scenario.h"
#include "program_detail.h"
#include "run_check.h"
#include "sums.h"

#define LONGEST_RUN 16.0 /* a run is given up when it takes this many times its failure-free time */

static int by_input(const void *a, const void *b)
{
    return ((const struct fc_draw *)a)->input - ((const struct fc_draw *)b)->input;
}

/* Whether a metric with this condition is there; `index` is that of a run size, or a class of failures. */
static bool applies(const struct fc_program *program, enum fc_when when, int index)
{
    const struct fc_run_detail *detail = &program->run.detail;
    const struct fc_contract *contract = &program->contract;
    bool step = program->layers & FC_LAYER_STEP, run = program->layers & FC_LAYER_RUN;
    bool of_contract = program->layers & FC_LAYER_CONTRACT;
    bool detailed = run && program->run.detailed, months = of_contract && contract->months.months > 0;
    bool goals = contract->goals || (run && !of_contract && !program->run.watch);
    bool deadline = goals && contract->deadline_days > 0, budget = goals && contract->budget_usd > 0;
    bool spot = false;
    for (int k = 0; months && k < contract->months.providers; k++)
        spot = spot || contract->months.provider[k].form == FC_FORM_SPOT;
    switch (when) {
    case FC_WHEN_STEP:
        return step;
    case FC_WHEN_RUN:
        return run;
    case FC_WHEN_RUN_TO_END:
        return run && !program->run.watch;
    case FC_WHEN_RUN_OF_TOKENS:
        return run && step && !of_contract;
    case FC_WHEN_OPERATION:
        return run && program->run.operation;
    case FC_WHEN_DETAILED_RUN:
        return detailed;
    case FC_WHEN_IDLE_FAILURES:
        return detailed && detail->idle;
    case FC_WHEN_LEMONS:
        return detailed && detail->lemons;
    case FC_WHEN_FAILURE_CLASS:
        return detailed && fc_program_class_in_use(program, index);
    case FC_WHEN_RUN_OR_CONTRACT:
        return run || of_contract;
    case FC_WHEN_DEADLINE:
        return deadline;
    case FC_WHEN_BUDGET:
        return budget;
    case FC_WHEN_DEADLINE_AND_BUDGET:
        return deadline && budget;
    case FC_WHEN_CONTRACT:
        return of_contract;
    case FC_WHEN_RUN_SIZES:
        return of_contract && index < contract->run_sizes;
    case FC_WHEN_RUN_SIZES_TIMED:
        return of_contract && index < contract->run_sizes && contract->run_gpus > 0;
    case FC_WHEN_MONTHS:
        return months;
    case FC_WHEN_REVENUE:
        return months && contract->months.revenue != FC_REVENUE_NONE;
    case FC_WHEN_COMPANY:
        return months && contract->months.revenue == FC_REVENUE_PATH;
    case FC_WHEN_EARNING:
        return months && contract->months.revenue >= FC_REVENUE_PER_HOUR;
    case FC_WHEN_TAX:
        return months && contract->months.taxed;
    case FC_WHEN_TAX_ON_REVENUE:
        return months && contract->months.taxed && contract->months.revenue != FC_REVENUE_NONE;
    case FC_WHEN_BOOKS:
        return months && contract->months.books;
    case FC_WHEN_BOOKS_AND_REVENUE:
        return months && contract->months.books && contract->months.revenue != FC_REVENUE_NONE;
    case FC_WHEN_PROVIDERS:
        return months && contract->months.providers > 1;
    case FC_WHEN_THREE_PROVIDERS:
        return months && contract->months.providers > 2;
    case FC_WHEN_FOUR_PROVIDERS:
        return months && contract->months.providers > 3;
    case FC_WHEN_EVENTS:
        return months && contract->months.events;
    case FC_WHEN_SITES:
        return months && contract->months.sites;
    case FC_WHEN_SPOT:
        return spot;
    case FC_WHEN_MARKET:
        return months && contract->months.market;
    case FC_WHEN_EXPANSION:
        return months && contract->months.expansion_month > 0;
    case FC_WHEN_PROGRAMME:
        return months && contract->months.programme_flop > 0;
    case FC_WHEN_OWN:
        return of_contract && contract->months.own;
    case FC_WHEN_TESTS:
        break;
    }
    return false;
}

/* The metrics that the scenario has, by their numbers (the tally and its digest go by that order). */
static void choose_metrics(struct fc_program *program)
{
    program->metric_count = 0;
    for (int m = 0; m < FC_METRIC_COUNT; m++) {
        const struct fc_metric_info *info = fc_metric_find(m);
        program->metric_row[m] = -1;
        if (!info)
            continue;
        int index = info->when == FC_WHEN_FAILURE_CLASS ? m - FC_M_CLASS_INTERRUPTIONS : m - info->metric;
        if (!applies(program, info->when, index))
            continue;
        program->metric_row[m] = program->metric_count;
        program->metrics[program->metric_count++] = m;
    }
}

/* The shortest and the longest time of a step over 256 worlds of a fixed seed, s: only the step layer is run. */
static int step_times(const struct fc_compiled *compiled, double step_s[2], struct fc_error *error)
{
    enum { WORLDS = 256 };
    const struct fc_kernel *kernel = fc_kernel_find("portable");
    struct fc_program *pilot = malloc(sizeof *pilot);
    void *scratch = calloc(1, (size_t)kernel->scratch_bytes + 64);
    float *out = malloc((size_t)kernel->chunk * sizeof *out);
    int status = -1;
    if (!pilot || !scratch || !out) {
        fc_fail(error, FC_FAULT, "out of memory while compiling the scenario");
        goto out;
    }
    step_s[0] = INFINITY;
    step_s[1] = 0;
    *pilot = compiled->program;
    pilot->layers = FC_LAYER_STEP;
    pilot->metric_count = 1;
    pilot->metrics[0] = FC_M_STEP_TIME_S;
    pilot->step.memory_capacity = 0; /* also of worlds that do not fit */
    for (int done = 0; done < WORLDS; done += kernel->chunk) {
        int count = WORLDS - done < kernel->chunk ? WORLDS - done : kernel->chunk;
        uintptr_t aligned = ((uintptr_t)scratch + 63) & ~(uintptr_t)63;
        kernel->run(pilot, compiled->tables, 0, (uint64_t)done, count, (void *)aligned, out);
        for (int i = 0; i < count; i++) {
            step_s[0] = fmin(step_s[0], (double)out[i]);
            step_s[1] = fmax(step_s[1], (double)out[i]);
        }
    }
    status = 0;
out:
    free(pilot);
    free(scratch);
    free(out);
    return status;
}

/* The longest time that a run is watched, and the goals. */
static void set_horizon(struct fc_compiled *compiled, const struct fc_settings *settings, double horizon_s)
{
    struct fc_program *program = &compiled->program;
    double tick_s = exp2(ceil(log2(horizon_s / (FC_HORIZON_LIMIT - 1.0))));
    program->run.tick_s = (float)tick_s;
    program->run.horizon = (fc_i32)(horizon_s / tick_s);
    if (settings->fields[FC_FIELD_DEADLINE].is_set)
        program->contract.deadline_days = (float)settings->fields[FC_FIELD_DEADLINE].number;
    if (settings->fields[FC_FIELD_BUDGET].is_set)
        program->contract.budget_usd = (float)settings->fields[FC_FIELD_BUDGET].number;
}

/* A run whose work is stated as a time: no step is simulated. */
static void compile_work(struct fc_compiled *compiled, const struct fc_settings *settings)
{
    double work_s = settings->fields[FC_FIELD_WORK].number;
    compiled->program.run.work_s = (float)work_s;
    compiled->program.run.last_checkpoint = 1;
    set_horizon(compiled, settings, LONGEST_RUN * work_s);
}

static int check_work(const struct fc_settings *settings, struct fc_error *error)
{
    static const enum fc_field_id instead[] = {FC_FIELD_MODEL, FC_FIELD_TOKENS, FC_FIELD_FLOP, FC_FIELD_WALL};
    const struct fc_setting *f = settings->fields;
    for (size_t i = 0; i < sizeof instead / sizeof instead[0]; i++)
        if (f[instead[i]].is_set && !f[instead[i]].from_default)
            return fc_fail_at(
                error, &f[FC_FIELD_WORK].place,
                "training.work is stated beside %s (the work is a time, or follows from a model); "
                "drop one",
                fc_fields[instead[i]].path);
    if (f[FC_FIELD_LAYERS].choice == 0) /* also what `flopcast step` asks */
        return fc_fail_at(error, &f[FC_FIELD_WORK].place,
                          "training.work states the work of a run as a time, so there is no step to look at; "
                          "state a model, tokens and a plan instead");
    if (f[FC_FIELD_LAYERS].choice != 1)
        return fc_fail_at(
            error, &f[FC_FIELD_WORK].place,
            "training.work is stated in a scenario that is no run (there is no step in it, and no "
            "contract); state layers: run");
    return 0;
}

static int compile_run(struct fc_compiled *compiled, const struct fc_settings *settings,
                       struct fc_error *error)
{
    static const enum fc_field_id needed[] = {
        FC_FIELD_GPUS,
        FC_FIELD_GPU_MTBF,
        FC_FIELD_JOB_MTBF,
        FC_FIELD_SWAP_PROBABILITY,
        FC_FIELD_DETECTION,
        FC_FIELD_DETECTION_SCALE,
        FC_FIELD_RESTART,
        FC_FIELD_REPAIR,
        FC_FIELD_REPAIR_SCALE,
        FC_FIELD_PLANNED_EVERY,
        FC_FIELD_PLANNED_STOP,
        FC_FIELD_CHECKPOINT_INTERVAL,
        FC_FIELD_CHECKPOINT_STALL,
        FC_FIELD_OPERATION_OVERHEAD,
        FC_FIELD_SPARE_NODES,
        FC_FIELD_PRICE_GPU_HOUR,
        FC_FIELD_IT_POWER,
        FC_FIELD_LOAD_FACTOR,
        FC_FIELD_PUE,
        FC_FIELD_CARBON,
    };
    if (fc_program_require(settings, needed, sizeof needed / sizeof needed[0], "run", error))
        return -1;
    struct fc_run *run = &compiled->program.run;
    const struct fc_setting *f = settings->fields;
    run->gpus = (float)compiled->cluster.gpus;
    run->operation = !fc_distribution_is_constant(f[FC_FIELD_OPERATION_OVERHEAD].distribution) ||
                     fc_distribution_quantile(f[FC_FIELD_OPERATION_OVERHEAD].distribution, 0.5, 0.5) > 0;
    run->spares = compiled->cluster.spare_nodes;
    run->automatic = f[FC_FIELD_CHECKPOINT_INTERVAL].is_auto;
    run->interval_s = run->automatic ? 0 : (float)f[FC_FIELD_CHECKPOINT_INTERVAL].number;
    if (fc_program_make_draw(compiled, f[FC_FIELD_DETECTION].distribution, &run->detection, error) ||
        fc_program_make_draw(compiled, f[FC_FIELD_REPAIR].distribution, &run->repair, error))
        return -1;
    run->paid_gpus = (float)compiled->cluster.paid_gpus;
    if (fc_program_compile_detail(compiled, settings, error))
        return -1;
    const struct fc_step_program *step = &compiled->program.step;
    if (f[FC_FIELD_WORK].is_set) {
        const double no_step[2] = {0, 0};
        compile_work(compiled, settings);
        return fc_run_check(compiled, settings, no_step, error);
    }
    double tokens = f[FC_FIELD_TOKENS].is_set ? f[FC_FIELD_TOKENS].number : 0, horizon_s;
    if (f[FC_FIELD_TOKENS].is_set && f[FC_FIELD_FLOP].is_set)
        return fc_fail_at(
            error, &f[FC_FIELD_FLOP].place,
            "training.flop and training.tokens are both stated (one follows from the other); drop one");
    if (f[FC_FIELD_WALL].is_set && (f[FC_FIELD_TOKENS].is_set || f[FC_FIELD_FLOP].is_set))
        return fc_fail_at(
            error, &f[FC_FIELD_WALL].place,
            "training.wall is stated beside training.%s (the run is watched for a time, or to its end); "
            "drop one",
            f[FC_FIELD_TOKENS].is_set ? "tokens" : "flop");
    if (f[FC_FIELD_FLOP].is_set)
        tokens = f[FC_FIELD_FLOP].number / (double)step->flop_per_step * (double)step->tokens_per_step;
    run->watch = f[FC_FIELD_WALL].is_set;
    if (!run->watch && tokens <= 0)
        return fc_fail_at(
            error, &f[FC_FIELD_LAYERS].place,
            "the run has no end (layer 'run' needs one of training.tokens, training.flop, training.wall); "
            "add one");
    run->tokens = (float)tokens;
    run->work_steps = (float)ceil(tokens / (double)step->tokens_per_step);
    double step_s[2];
    if (step_times(compiled, step_s, error))
        return -1;
    horizon_s = run->watch ? f[FC_FIELD_WALL].number : LONGEST_RUN * step_s[1] * (double)run->work_steps;
    set_horizon(compiled, settings, horizon_s);
    return fc_run_check(compiled, settings, step_s, error);
}

int fc_program_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                       const struct fc_catalog *catalog, struct fc_error *error)
{
    memset(compiled, 0, sizeof *compiled);
    struct fc_program *program = &compiled->program;
    const struct fc_setting *f = settings->fields;
    static const enum fc_field_id layer_field[] = {FC_FIELD_LAYERS};
    if (fc_program_require(settings, layer_field, 1, "any", error) ||
        fc_cluster_read(&compiled->cluster, settings, catalog, &compiled->notes, error))
        goto failed;
    for (int i = 0; i < FC_FIELD_COUNT; i++)
        if (fc_fields[i].type == FC_FIELD_UNCERTAIN && f[i].is_set &&
            fc_field_in_use(settings, &fc_fields[i]) &&
            fc_program_add_input(compiled, fc_fields[i].input, f[i].distribution, error))
            goto failed;
    static const int layers[] = {FC_LAYER_STEP, FC_LAYER_STEP | FC_LAYER_RUN, FC_LAYER_CONTRACT,
                                 FC_LAYER_STEP | FC_LAYER_RUN | FC_LAYER_CONTRACT};
    program->layers = layers[f[FC_FIELD_LAYERS].choice];
    if (f[FC_FIELD_WORK].is_set) {
        if (check_work(settings, error))
            goto failed;
        program->layers &= ~FC_LAYER_STEP;
    }
    if ((program->layers & FC_LAYER_STEP) && fc_plan_compile(compiled, settings, catalog, error))
        goto failed;
    if ((program->layers & FC_LAYER_CONTRACT) && fc_contract_compile(compiled, settings, catalog, error))
        goto failed;
    qsort(program->draws, (size_t)program->draw_count, sizeof program->draws[0], by_input);
    if (fc_copula_compile(compiled, settings, error))
        goto failed;
    while (program->run_draws < program->draw_count &&
           program->draws[program->run_draws].input < FC_IN_CONTRACT_FIRST)
        program->run_draws++;
    if ((program->layers & FC_LAYER_RUN) &&
        (compile_run(compiled, settings, error) || fc_sums_compile(compiled, settings, error)))
        goto failed;
    choose_metrics(program);
    fc_program_digest(compiled);
    return 0;
failed:
    fc_program_free(compiled);
    return -1;
}
