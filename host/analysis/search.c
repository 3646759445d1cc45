/* search.c: see search.h. */
#include "search.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/metrics.h"
#include "host/base/clock.h"
#include "host/base/order.h"
#include "host/language/fields.h"
#include "host/compile/plan_auto.h"
#include "host/compile/plan_scenario.h"
#include "host/result/metrics.h"

enum { STEP_TRIALS = 2000 };
/* Plans that differ in little else than micro-batch, chunks or sharding crowd the first places: of each split into
 * tensor, pipeline and expert parallel, in each precision and order of ranks, only the fastest goes on. */
enum { ALIKE = 1, LOOKED_AT = 60 };

/* The settings of a plan that a search opens; plan.dp follows from the others. */
static const char *const open_all[] = {"plan.tp=auto",          "plan.pp=auto",   "plan.vpp=auto",
                                       "plan.cp=auto",          "plan.ep=auto",   "plan.expert_tp=auto",
                                       "plan.micro_batch=auto", "plan.zero=auto", "plan.recompute=auto",
                                       "plan.schedule=auto",    "plan.dp=auto",   "plan.recompute_layers=0"};
enum { OPEN_ALL = sizeof open_all / sizeof open_all[0] };

__attribute__((format(printf, 2, 3))) static void change(struct fc_contender *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->changes[c->change_count++], FC_SEARCH_CHANGE_BYTES, format, arguments);
    va_end(arguments);
}

/* The PATH=VALUE texts of a plan. */
static void write_changes(struct fc_contender *c, bool precision, bool offload, bool order)
{
    const struct fc_plan_choice *p = &c->point.choice;
    c->change_count = 0;
    change(c, "plan.tp=%d", p->tp);
    change(c, "plan.pp=%d", p->pp);
    change(c, "plan.vpp=%d", p->vpp);
    change(c, "plan.cp=%d", p->cp);
    change(c, "plan.ep=%d", p->ep);
    change(c, "plan.expert_tp=%d", p->expert_tp);
    change(c, "plan.micro_batch=%d", p->micro_batch);
    change(c, "plan.zero=%s", fc_field_word(FC_FIELD_ZERO, (int)p->zero));
    change(c, "plan.recompute=%s", fc_field_word(FC_FIELD_RECOMPUTE, (int)p->recompute));
    if (offload)
        change(c, "plan.offload=%s", fc_field_word(FC_FIELD_OFFLOAD, (int)p->offload));
    if (order)
        change(c, "plan.order=%s", fc_field_word(FC_FIELD_ORDER, (int)p->order));
    if (precision)
        change(c, "training.precision=%s", fc_precision_name(p->precision));
}

/* The ledger says of the plan's keys that the search found them. */
static void mark_found(struct fc_settings *settings, const char *const *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "%.*s", (int)strcspn(changes[i], "="), changes[i]);
        const struct fc_field *field = fc_field_find(path);
        struct fc_setting *setting = field ? &settings->fields[field - fc_fields] : NULL;
        if (setting) {
            setting->found = true;
            setting->source = "flopcast search";
        }
    }
}

/* Opens the scenario with the plan of a contender and `further` changes. */
static int open_contender(struct fc_scenario *scenario, const struct fc_search_request *request,
                          const struct fc_contender *c, const char *further, struct fc_error *error)
{
    const char *changes[FC_SEARCH_CHANGES + OPEN_ALL + 1];
    size_t count = 0;
    if (c->stated) {
        if (further)
            changes[count++] = further;
        return fc_analysis_scenario(scenario, request->scenario, request->options, changes, count, error);
    }
    if (!request->keep) {
        changes[count++] = "plan.schedule=auto";
        changes[count++] = "plan.dp=auto";
        changes[count++] = "plan.recompute_layers=0";
    }
    for (size_t i = 0; i < c->change_count; i++)
        changes[count++] = c->changes[i];
    size_t found = count;
    if (further)
        changes[count++] = further;
    if (fc_analysis_scenario(scenario, request->scenario, request->options, changes, count, error))
        return -1;
    mark_found(scenario->settings, changes, found);
    return 0;
}

/* Quantile of values among which some may be infinite. */
static double quantile(const float *sorted, size_t count, double p)
{
    return (double)sorted[(size_t)(p * (double)(count - 1) + 0.5)];
}

/* Runs the step layer of one contender; times[STEP_TRIALS] receives its step times, INFINITY where it does not fit. */
static int meet_worlds(struct fc_search *s, struct fc_analysis *analysis,
                       const struct fc_search_request *request, struct fc_contender *c, float *times,
                       struct fc_error *error)
{
    struct fc_scenario scenario;
    if (open_contender(&scenario, request, c, "layers=step", error))
        return -1;
    static const int wanted[] = {FC_M_STEP_TIME_S, FC_M_MEMORY_PER_GPU_BYTES, FC_M_FITS};
    struct fc_program *program = &scenario.compiled.program;
    size_t n = (size_t)s->step_trials, fitting = 0;
    fc_analysis_keep(program, wanted, 3);
    float *samples = fc_analysis_samples(n, 3, error), *sorted = samples ? malloc(n * sizeof *sorted) : NULL;
    int status = samples && sorted ? fc_analysis_run(analysis, &scenario.compiled, scenario.seed, 0, n, NULL,
                                                     samples, error)
                 : samples         ? fc_fail(error, FC_FAULT, "out of memory while comparing plans")
                                   : -1;
    if (status == 0) {
        const float *step = samples + (size_t)program->metric_row[FC_M_STEP_TIME_S] * n;
        float *memory = samples + (size_t)program->metric_row[FC_M_MEMORY_PER_GPU_BYTES] * n;
        const float *fits = samples + (size_t)program->metric_row[FC_M_FITS] * n;
        for (size_t i = 0; i < n; i++) {
            bool fit = fits[i] > 0.5f;
            fitting += fit;
            times[i] = fit ? step[i] : INFINITY;
        }
        memcpy(sorted, times, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, fc_by_float);
        c->step_p5 = quantile(sorted, n, 0.05);
        c->step_p50 = quantile(sorted, n, 0.5);
        c->step_p95 = quantile(sorted, n, 0.95);
        c->fits = (double)fitting / (double)n;
        qsort(memory, n, sizeof *memory, fc_by_float);
        c->memory_bytes = quantile(memory, n, 0.5);
    }
    free(samples);
    free(sorted);
    fc_scenario_close(&scenario);
    return status;
}

/* The parts of its step at the median of the factors, for the comparison of winner and runner-up. */
static int take_parts(struct fc_contender *c, const struct fc_scenario *scenario, struct fc_error *error)
{
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    struct fc_plan plan;
    double inputs[FC_IN_STEP_END];
    int status = beliefs ? 0 : fc_fail(error, FC_FAULT, "out of memory while comparing plans");
    if (!status)
        status = fc_beliefs_read(beliefs, scenario->catalog, error) ||
                 fc_plan_read(&plan, scenario->settings, scenario->catalog, error);
    if (!status) {
        fc_beliefs_medians(beliefs, &plan, inputs);
        fc_step_time(&scenario->compiled.program.step, inputs, &c->parts);
    }
    free(beliefs);
    return status ? -1 : 0;
}

/* Simulates one finalist through all layers. samples[trials] receives the metric of the figure. */
static int simulate(struct fc_search *s, struct fc_analysis *analysis,
                    const struct fc_search_request *request, struct fc_contender *c, float *samples,
                    struct fc_error *error)
{
    struct fc_scenario scenario;
    if (open_contender(&scenario, request, c, NULL, error))
        return -1;
    const struct fc_program *program = &scenario.compiled.program;
    int row = program->metric_row[s->by.metric];
    float *all = row >= 0 ? fc_analysis_samples(s->trials, program->metric_count, error) : NULL;
    int status = all ? take_parts(c, &scenario, error)
                 : row >= 0
                     ? -1
                     : fc_fail(error, FC_BAD_INPUT, "%s is not a figure that every plan has", s->by_name);
    if (status == 0)
        status =
            fc_analysis_run(analysis, &scenario.compiled, scenario.seed, 0, s->trials, &c->tally, all, error);
    if (status == 0) {
        const float *from = all + (size_t)row * s->trials;
        const float *fits = all + (size_t)program->metric_row[FC_M_FITS] * s->trials;
        for (uint64_t i = 0; i < s->trials; i++) /* a job that does not fit is no answer */
            samples[i] = fits[i] > 0.5f ? from[i] : s->high_is_better ? -INFINITY : INFINITY;
        c->figure = fc_answer_value(&s->by, &c->tally);
        c->final = true;
    }
    free(all);
    fc_scenario_close(&scenario);
    return status;
}

static int by_step(const void *a, const void *b)
{
    const struct fc_contender *x = a, *y = b;
    if (x->step_p50 != y->step_p50)
        return x->step_p50 < y->step_p50 ? -1 : 1;
    return x->point.step_s < y->point.step_s ? -1 : x->point.step_s > y->point.step_s;
}

static double badness(const struct fc_search *s, const struct fc_contender *c)
{
    if (c->figure.refused || !isfinite(c->figure.value))
        return INFINITY;
    return s->high_is_better ? -c->figure.value : c->figure.value;
}

/* Stable: finalists by their figure, best first. */
static void sort_finalists(struct fc_search *s)
{
    for (size_t i = 1; i < s->finalists; i++) {
        struct fc_contender c = s->contenders[i];
        size_t at = i;
        for (; at > 0 && badness(s, &c) < badness(s, &s->contenders[at - 1]); at--)
            s->contenders[at] = s->contenders[at - 1];
        s->contenders[at] = c;
    }
}

static double median_of(const struct fc_contender *c, int metric)
{
    const struct fc_tally_metric *m = fc_tally_find(&c->tally, metric);
    if (!m)
        return 0; /* a figure that none of them has does not part them */
    struct fc_estimate e = fc_statistics_quantile(m, 0.5);
    return e.refused ? INFINITY : e.value;
}

static void find_front(struct fc_search *s)
{
    static const int metrics[] = {FC_M_WALL_CLOCK_DAYS, FC_M_COST_USD, FC_M_STEP_TIME_S,
                                  FC_M_MEMORY_PER_GPU_BYTES};
    for (size_t i = 0; i < s->finalists; i++) {
        s->contenders[i].front = true;
        for (size_t k = 0; k < s->finalists; k++) {
            bool as_good = true, better = false;
            for (size_t m = 0; m < sizeof metrics / sizeof metrics[0]; m++) {
                double a = median_of(&s->contenders[i], metrics[m]),
                       b = median_of(&s->contenders[k], metrics[m]);
                as_good = as_good && b <= a;
                better = better || b < a;
            }
            if (as_good && better)
                s->contenders[i].front = false;
        }
    }
}

/* The figure to rank by, and which side of it is good. */
static int read_by(struct fc_search *s, const struct fc_search_request *request, struct fc_error *error)
{
    const struct fc_program *program = &s->scenario.compiled.program;
    bool days = program->metric_row[FC_M_WALL_CLOCK_DAYS] >= 0;
    bool watched = days && fc_metric_fixed(program) == FC_FIXED_TIME; /* all plans take as long */
    const char *by = request->by                                          ? request->by
                     : !days                                              ? "p50(step_time_s)"
                     : !watched                                           ? "p50(wall_clock_days)"
                     : program->metric_row[FC_M_COST_PER_MTOKEN_USD] >= 0 ? "p50(cost_per_mtoken_usd)"
                                                                          : "p50(step_time_s)";
    if (fc_answer_read(program, by, strlen(by), &s->by, error))
        return -1;
    fc_answer_name(&s->by, program->contract.run_flop, s->by_name, sizeof s->by_name);
    s->high_is_better = !fc_metric_worst_is_high(s->by.metric, fc_metric_fixed(program));
    return 0;
}

static bool same_split(const struct fc_plan_choice *a, const struct fc_plan_choice *b)
{
    return a->tp == b->tp && a->pp == b->pp && a->ep == b->ep && a->precision == b->precision &&
           a->order == b->order;
}

/* First sieve: fills contenders. `base` is the scenario with the plan open. */
static int find_contenders(struct fc_search *s, const struct fc_scenario *base,
                           const struct fc_search_request *request, struct fc_error *error)
{
    struct fc_plan plan;
    struct fc_plan_options options;
    struct fc_plan_space space;
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    struct fc_search_limits limits = {.fits = request->fits, .best = LOOKED_AT * request->contenders};
    int status = beliefs ? 0 : fc_fail(error, FC_FAULT, "out of memory while searching plans");
    if (!status)
        status = fc_beliefs_read(beliefs, base->catalog, error) ||
                 fc_plan_read_unchecked(&plan, &options, base->settings, base->catalog, error);
    if (!status) {
        fc_plan_space_of(&space, &plan, base->settings, !request->keep);
        if (request->precision)
            space.precision = request->precision;
        double start = fc_clock_s();
        status = fc_plan_search(&s->found, &plan, &options, &space, beliefs, &limits, error);
        s->seconds = fc_clock_s() - start;
    }
    free(beliefs);
    if (status)
        return -1;
    if (s->found.count == 0)
        return fc_fail(
            error, FC_BAD_INPUT,
            "%s: none of %llu plans fits in memory with probability %g; use more GPUs, or a lower --fits",
            request->scenario ? request->scenario : FC_QUICK_NAME, (unsigned long long)s->found.plans,
            request->fits);
    s->contenders = calloc(request->contenders + 1, sizeof *s->contenders);
    if (!s->contenders)
        return fc_fail(error, FC_FAULT, "out of memory while searching plans");
    const struct fc_setting *offload = &base->settings->fields[FC_FIELD_OFFLOAD],
                            *order = &base->settings->fields[FC_FIELD_ORDER];
    for (size_t i = 0; i < s->found.count && s->count < request->contenders; i++) {
        int alike = 0;
        for (size_t k = 0; k < s->count; k++)
            alike += same_split(&s->contenders[k].point.choice, &s->found.best[i].choice);
        if (alike == ALIKE)
            continue;
        struct fc_contender *c = &s->contenders[s->count++];
        c->point = s->found.best[i];
        fc_plan_choice_text(&c->point.choice, c->text, sizeof c->text);
        write_changes(c, request->precision != 0, offload->is_auto || offload->found,
                      order->is_auto || order->found);
    }
    return 0;
}

/* Whether the scenario states a plan of its own that can stand beside the found ones. */
static bool states_a_plan(struct fc_search *s, const struct fc_search_request *request,
                          struct fc_contender *own)
{
    struct fc_error error;
    struct fc_scenario scenario;
    *own = (struct fc_contender){.stated = true};
    if (fc_analysis_scenario(&scenario, request->scenario, request->options, NULL, 0, &error)) {
        snprintf(s->stated_fault, sizeof s->stated_fault, "%.*s", (int)sizeof s->stated_fault - 1,
                 error.text);
        return false;
    }
    const struct fc_setting *f = scenario.settings->fields;
    static const enum fc_field_id sizes[] = {FC_FIELD_TP, FC_FIELD_PP, FC_FIELD_VPP,        FC_FIELD_CP,
                                             FC_FIELD_EP, FC_FIELD_DP, FC_FIELD_MICRO_BATCH};
    bool stated = false, open = scenario.settings->plan_auto;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        stated |= f[sizes[i]].is_set && !f[sizes[i]].from_default;
        open |= f[sizes[i]].is_set && f[sizes[i]].found;
    }
    open |= f[FC_FIELD_ZERO].found || f[FC_FIELD_RECOMPUTE].found || f[FC_FIELD_OFFLOAD].found ||
            f[FC_FIELD_ORDER].found;
    struct fc_plan plan;
    struct fc_plan_options options;
    if (stated && !open &&
        fc_plan_read_unchecked(&plan, &options, scenario.settings, scenario.catalog, &error) == 0) {
        own->point.choice = fc_plan_choice_of(&plan, &options);
        fc_plan_choice_text(&own->point.choice, own->text, sizeof own->text);
    } else {
        stated = false;
    }
    fc_scenario_close(&scenario);
    return stated && !open;
}

static int rank(struct fc_search *s, struct fc_analysis *analysis, const struct fc_search_request *request,
                struct fc_error *error)
{
    size_t n = (size_t)s->step_trials, most = s->count;
    float *times = fc_analysis_samples(n, (int)most, error);
    const float **rows = calloc(most, sizeof *rows);
    struct fc_regret *regret = calloc(most, sizeof *regret);
    int status =
        times && rows && regret ? 0 : fc_fail(error, FC_FAULT, "out of memory while comparing plans");
    for (size_t i = 0; !status && i < s->count; i++) {
        rows[i] = times + i * n;
        status = meet_worlds(s, analysis, request, &s->contenders[i], times + i * n, error);
    }
    if (!status)
        status = fc_regret_of(rows, s->count, n, false, regret, error);
    for (size_t i = 0; !status && i < s->count; i++)
        s->contenders[i].step_regret = regret[i];
    free(times);
    free(rows);
    free(regret);
    if (status)
        return -1;
    qsort(s->contenders, s->count, sizeof *s->contenders, by_step);
    s->finalists = s->count < request->finalists ? s->count : request->finalists;
    for (size_t i = s->finalists; i < s->count; i++)
        if (s->contenders[i].stated) { /* the scenario's own plan is always among them */
            struct fc_contender own = s->contenders[i];
            memmove(&s->contenders[s->finalists + 1], &s->contenders[s->finalists],
                    (i - s->finalists) * sizeof own);
            s->contenders[s->finalists++] = own;
            break;
        }
    return 0;
}

static int decide(struct fc_search *s, struct fc_analysis *analysis, const struct fc_search_request *request,
                  struct fc_error *error)
{
    size_t n = (size_t)s->trials;
    float *samples = fc_analysis_samples(n, (int)s->finalists, error);
    const float **rows = calloc(s->finalists, sizeof *rows);
    struct fc_regret *regret = calloc(s->finalists, sizeof *regret);
    int status =
        samples && rows && regret ? 0 : fc_fail(error, FC_FAULT, "out of memory while comparing plans");
    for (size_t i = 0; !status && i < s->finalists; i++) {
        rows[i] = samples + i * n;
        status = simulate(s, analysis, request, &s->contenders[i], samples + i * n, error);
    }
    if (!status)
        status = fc_regret_of(rows, s->finalists, n, s->high_is_better, regret, error);
    for (size_t i = 0; !status && i < s->finalists; i++)
        s->contenders[i].regret = regret[i];
    free(samples);
    free(rows);
    free(regret);
    if (!status) {
        sort_finalists(s);
        find_front(s);
    }
    return status;
}

int fc_search_plans(struct fc_search *s, struct fc_analysis *analysis,
                    const struct fc_search_request *request, struct fc_error *error)
{
    *s = (struct fc_search){.step_trials = STEP_TRIALS, .path = request->scenario};
    struct fc_contender own;
    bool stated = states_a_plan(s, request, &own);
    struct fc_scenario base;
    if (fc_analysis_scenario(&base, request->scenario, request->options, request->keep ? NULL : open_all,
                             request->keep ? 0 : OPEN_ALL, error))
        return -1;
    int status = find_contenders(s, &base, request, error);
    fc_scenario_close(&base);
    if (status)
        return -1;
    for (size_t i = 0; stated && i < s->count; i++)
        if (strcmp(s->contenders[i].text, own.text) == 0 &&
            s->contenders[i].point.choice.precision == own.point.choice.precision) {
            s->contenders[i].stated = true; /* it was found, too */
            stated = false;
        }
    if (stated)
        s->contenders[s->count++] = own;
    if (open_contender(&s->scenario, request, &s->contenders[0], NULL, error) || read_by(s, request, error))
        return -1;
    s->trials = fc_analysis_trials(&s->scenario, request->options, request->finalists);
    if (request->options->scenario.trials == 0 && s->trials > 10000)
        s->trials = 10000;
    analysis->planned = s->count * s->step_trials + (request->finalists + 1) * s->trials;
    if (rank(s, analysis, request, error) || decide(s, analysis, request, error))
        return -1;
    fc_scenario_close(&s->scenario);
    return open_contender(&s->scenario, request, &s->contenders[0], NULL, error);
}

void fc_search_free(struct fc_search *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->contenders[i].final)
            fc_tally_free(&s->contenders[i].tally);
    free(s->contenders);
    fc_plan_found_free(&s->found);
    fc_scenario_close(&s->scenario);
    *s = (struct fc_search){0};
}
