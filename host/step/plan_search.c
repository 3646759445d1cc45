/* plan_search.c: see plan_search.h. */
#include "plan_search.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_check.h"
#include "plan_memory.h"
#include "plan_program.h"
#include "step_time.h"

static void add_size(struct fc_sizes *sizes, int value)
{
    if (sizes->count < FC_SPACE_SIZES)
        sizes->value[sizes->count++] = value;
}

static void add_divisors(struct fc_sizes *sizes, double whole, double most)
{
    for (int d = 1; d <= whole && d <= most; d++)
        if (fmod(whole, d) == 0)
            add_size(sizes, d);
}

/* Whether the layers fill this many chunks evenly when embedding, head and multi-token prediction stand for
 * none or one layer each. */
static bool fills(const struct fc_architecture *a, int chunks)
{
    for (double extra = 0; extra <= a->mtp_layers + 2; extra++)
        if (fmod(a->layers + extra, chunks) == 0)
            return true;
    return false;
}

void fc_plan_space_all(struct fc_plan_space *space, const struct fc_plan *plan)
{
    const struct fc_architecture *a = &plan->model;
    bool mixture = fc_architecture_is_mixture(a);
    /* software that shards parameters does nothing else */
    *space = (struct fc_plan_space){.zero = plan->software->fsdp ? 1u << FC_ZERO_PARAMETERS : 0xfu,
                                    .recompute = 0x7,
                                    .precision = 1u << plan->precision,
                                    .one_f_one_b = true,
                                    .zero_bubble = true};
    add_divisors(&space->tp, a->heads, fmin(plan->gpus, 64));
    for (int n = 1; n <= a->layers + a->mtp_layers + 2 && n <= plan->gpus; n++) {
        if (fills(a, n))
            add_size(&space->pp, n);
        if (n <= 32)
            add_size(&space->vpp, n);
    }
    for (int n = 1; n <= 64 && n <= plan->gpus; n *= 2)
        if (n == 1 || fmod(plan->sequence, 2 * n) == 0)
            add_size(&space->cp, n);
    if (mixture)
        add_divisors(&space->ep, a->experts, plan->gpus);
    else
        add_size(&space->ep, 1);
    add_divisors(&space->expert_tp, mixture ? a->heads : 1, 8);
    add_divisors(&space->micro_batch, plan->global_batch, fmax(1, 2097152 / plan->sequence));
}

void fc_plan_choose(struct fc_plan *plan, const struct fc_plan_options *options,
                    const struct fc_plan_choice *choice)
{
    struct fc_plan_options own = *options;
    own.zero = (int)choice->zero;
    own.recompute = choice->recompute;
    own.schedule = choice->zero_bubble ? FC_ZERO_BUBBLE : FC_ONE_F_ONE_B;
    plan->precision = choice->precision;
    plan->tp = choice->tp;
    plan->pp = choice->pp;
    plan->vpp = choice->vpp;
    plan->cp = choice->cp;
    plan->ep = choice->ep;
    plan->expert_tp = choice->expert_tp;
    plan->micro_batch = choice->micro_batch;
    fc_plan_set_options(plan, &own);
}

struct fc_plan_choice fc_plan_choice_of(const struct fc_plan *plan, const struct fc_plan_options *options)
{
    return (struct fc_plan_choice){.tp = (int)plan->tp,
                                   .pp = (int)plan->pp,
                                   .vpp = (int)plan->vpp,
                                   .cp = (int)plan->cp,
                                   .ep = (int)plan->ep,
                                   .expert_tp = (int)plan->expert_tp,
                                   .micro_batch = (int)plan->micro_batch,
                                   .zero = fc_plan_zero(plan),
                                   .recompute = options->recompute,
                                   .precision = plan->precision,
                                   .zero_bubble = options->schedule == FC_ZERO_BUBBLE};
}

const char *fc_plan_choice_text(const struct fc_plan_choice *c, char *text, size_t size)
{
    static const char *const zero[] = {", replicated", "", ", zero gradients", ", zero parameters"};
    static const char *const recompute[] = {"", ", recompute selective", ", recompute full"};
    char sizes[120] = "";
    size_t used = 0;
    const struct {
        const char *name;
        int value;
    } parts[] = {{"tp", c->tp}, {"pp", c->pp}, {"vpp", c->vpp},
                 {"cp", c->cp}, {"ep", c->ep}, {"etp", c->expert_tp}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].value > 1 && used < sizeof sizes)
            used +=
                (size_t)snprintf(sizes + used, sizeof sizes - used, "%s %d, ", parts[i].name, parts[i].value);
    snprintf(text, size, "%smb %d%s%s%s", sizes, c->micro_batch, recompute[c->recompute], zero[c->zero],
             c->zero_bubble ? ", zero bubble" : "");
    return text;
}

double fc_plan_memory_total(const struct fc_plan *plan, const struct fc_plan_memory *m,
                            const struct fc_beliefs *b, enum fc_memory_part part, double *variance)
{
    enum fc_memory_family family = fc_memory_family_of(plan);
    const double *median = b->memory_median[family], *sd = b->memory_sd_log[family];
    double alive = (m->activations + m->logits) * median[0], tensors = m->weights + m->optimizer + alive;
    double reserve = part == FC_MEMORY_TENSORS ? 1 : fmax(1, median[1]);
    double framework = part == FC_MEMORY_ALL ? median[2] : 0, total = tensors * reserve + framework;
    double terms[3] = {alive * reserve / total * sd[0],
                       part == FC_MEMORY_TENSORS ? 0 : tensors * reserve / total * sd[1],
                       framework / total * sd[2]};
    *variance = terms[0] * terms[0] + terms[1] * terms[1] + terms[2] * terms[2];
    return total;
}

static double fit_probability(const struct fc_plan *plan, const struct fc_plan_memory *memory,
                              const struct fc_beliefs *beliefs)
{
    double variance, total = fc_plan_memory_total(plan, memory, beliefs, FC_MEMORY_ALL, &variance);
    double z = log(plan->gpu.memory_bytes / total) / sqrt(variance);
    return 0.5 * erfc(-z / sqrt(2));
}

double fc_plan_fit_probability(const struct fc_plan *plan, const struct fc_beliefs *beliefs)
{
    struct fc_plan_memory memory = fc_plan_memory(plan);
    return fit_probability(plan, &memory, beliefs);
}

/* The medians of the inputs differ between plans of one search by few traits; each set is looked up once. */
enum { TRAITS = 6 };
struct medians {
    bool known[1 << TRAITS][4];
    double inputs[1 << TRAITS][4][FC_IN_STEP_END];
};

static const double *medians_of(struct medians *medians, const struct fc_plan *p,
                                const struct fc_beliefs *beliefs)
{
    unsigned traits = (p->tp > 1) | (unsigned)(p->cp > 1) << 1 | (unsigned)(p->ep > 1) << 2 |
                      (unsigned)(p->pp > 1) << 3 | (unsigned)(p->vpp > 1) << 4 | (unsigned)p->fsdp << 5;
    /* what a user measured holds for plans near it, so that each plan has medians of its own */
    if (!medians->known[traits][p->precision] || beliefs->own.count > 0) {
        fc_beliefs_medians(beliefs, p, medians->inputs[traits][p->precision]);
        medians->known[traits][p->precision] = true;
    }
    return medians->inputs[traits][p->precision];
}

/* Order of candidates: by time, equal ones by their sizes, so that the answer does not depend on threads. */
static int compare(const void *a, const void *b)
{
    const struct fc_plan_candidate *x = a, *y = b;
    if (x->step_s != y->step_s)
        return x->step_s < y->step_s ? -1 : 1;
    const int of_x[] = {x->choice.tp,
                        x->choice.pp,
                        x->choice.cp,
                        x->choice.ep,
                        x->choice.expert_tp,
                        (int)x->choice.recompute,
                        (int)x->choice.zero,
                        x->choice.micro_batch,
                        x->choice.vpp,
                        x->choice.zero_bubble,
                        (int)x->choice.precision};
    const int of_y[] = {y->choice.tp,
                        y->choice.pp,
                        y->choice.cp,
                        y->choice.ep,
                        y->choice.expert_tp,
                        (int)y->choice.recompute,
                        (int)y->choice.zero,
                        y->choice.micro_batch,
                        y->choice.vpp,
                        y->choice.zero_bubble,
                        (int)y->choice.precision};
    for (size_t i = 0; i < sizeof of_x / sizeof of_x[0]; i++)
        if (of_x[i] != of_y[i])
            return of_x[i] < of_y[i] ? -1 : 1;
    return 0;
}

/* What one thread finds: a buffer of twice the wanted number, cut back to the best half when it is full. */
struct finder {
    const struct fc_plan_options *options;
    const struct fc_plan_space *space;
    const struct fc_beliefs *beliefs;
    const struct fc_search_limits *limits;
    struct fc_plan plan;
    struct medians *medians;
    struct fc_plan_candidate *buffer;
    size_t used;
    double worst; /* no candidate slower than this can be among the best */
    uint64_t plans, evaluated, too_large;
};

static void offer(struct finder *f, const struct fc_plan_choice *choice, double step_s, double fits)
{
    if (step_s > f->worst)
        return;
    f->buffer[f->used++] = (struct fc_plan_candidate){*choice, step_s, fits};
    if (f->used == 2 * f->limits->best) {
        qsort(f->buffer, f->used, sizeof *f->buffer, compare);
        f->used = f->limits->best;
        f->worst = f->buffer[f->used - 1].step_s;
    }
}

/* Tries the micro-batches of one choice of everything else, smallest first. */
static void try_micro_batches(struct finder *f, struct fc_plan_choice choice, double replicas)
{
    const struct fc_sizes *sizes = &f->space->micro_batch;
    bool full = false; /* memory grows with the micro-batch */
    for (int i = 0; i < sizes->count; i++) {
        enum fc_plan_part part;
        choice.micro_batch = sizes->value[i];
        if (fmod(f->plan.global_batch, replicas * choice.micro_batch) != 0)
            continue;
        fc_plan_choose(&f->plan, f->options, &choice);
        if (fc_plan_check(&f->plan, &part, NULL))
            continue;
        f->plans++;
        double fits = full && !f->limits->exhaustive ? -1 : fc_plan_fit_probability(&f->plan, f->beliefs);
        if (fits < f->limits->fits) {
            f->too_large++;
            full = true;
            continue;
        }
        struct fc_step_program program;
        fc_plan_time_program(&f->plan, &program);
        double step_s = fc_step_time(&program, medians_of(f->medians, &f->plan, f->beliefs), NULL);
        f->evaluated++;
        if (isfinite(step_s) && step_s > 0)
            offer(f, &choice, step_s, fits);
    }
}

static void try_schedules(struct finder *f, struct fc_plan_choice choice, double replicas)
{
    const struct fc_sizes *sizes = &f->space->vpp;
    for (int i = 0; i < sizes->count; i++) {
        choice.vpp = sizes->value[i];
        if (choice.vpp > 1 && (choice.pp == 1 || !fills(&f->plan.model, choice.pp * choice.vpp)))
            continue;
        for (int zero_bubble = 0; zero_bubble <= (choice.vpp == 1 && choice.pp > 1 && f->space->zero_bubble);
             zero_bubble++) {
            if (choice.vpp == 1 && choice.pp > 1 && !zero_bubble && !f->space->one_f_one_b)
                continue;
            choice.zero_bubble = zero_bubble;
            try_micro_batches(f, choice, replicas);
        }
    }
}

/* Tries what stands behind tp, pp and cp. */
static void try_rest(struct finder *f, struct fc_plan_choice choice)
{
    double replicas = f->plan.gpus / ((double)choice.tp * choice.pp * choice.cp);
    for (int e = 0; e < f->space->ep.count; e++) {
        for (int t = 0; t < f->space->expert_tp.count; t++) {
            choice.ep = f->space->ep.value[e];
            choice.expert_tp = f->space->expert_tp.value[t];
            if (choice.expert_tp > 1 && choice.expert_tp != choice.tp)
                continue; /* the experts are split as the attention is, or not at all */
            for (int zero = FC_ZERO_NONE; zero <= FC_ZERO_PARAMETERS; zero++) {
                if (!(f->space->zero >> zero & 1u))
                    continue;
                for (int recompute = FC_RECOMPUTE_NONE; recompute <= FC_RECOMPUTE_FULL; recompute++) {
                    if (!(f->space->recompute >> recompute & 1u))
                        continue;
                    choice.zero = (enum fc_zero)zero;
                    choice.recompute = (enum fc_recompute)recompute;
                    try_schedules(f, choice, replicas);
                }
            }
        }
    }
}

/* The outer choices, flattened, so that threads share them. */
static size_t outer_choices(const struct fc_plan *plan, const struct fc_plan_space *space,
                            struct fc_plan_choice *choices)
{
    size_t count = 0;
    for (int precision = 0; precision < 4; precision++)
        for (int t = 0; t < space->tp.count; t++)
            for (int p = 0; p < space->pp.count; p++)
                for (int c = 0; c < space->cp.count; c++) {
                    double model = (double)space->tp.value[t] * space->pp.value[p] * space->cp.value[c];
                    if (!(space->precision >> precision & 1u) || fmod(plan->gpus, model) != 0 ||
                        fmod(plan->global_batch, plan->gpus / model) != 0)
                        continue;
                    if (choices)
                        choices[count] = (struct fc_plan_choice){.tp = space->tp.value[t],
                                                                 .pp = space->pp.value[p],
                                                                 .cp = space->cp.value[c],
                                                                 .precision = (enum fc_precision)precision};
                    count++;
                }
    return count;
}

int fc_plan_search(struct fc_plan_found *found, const struct fc_plan *plan,
                   const struct fc_plan_options *options, const struct fc_plan_space *space,
                   const struct fc_beliefs *beliefs, const struct fc_search_limits *limits,
                   struct fc_error *error)
{
    *found = (struct fc_plan_found){0};
    size_t outer = outer_choices(plan, space, NULL), best = limits->best;
    int threads = limits->threads > 0 ? limits->threads : omp_get_max_threads();
    struct fc_plan_choice *choices = malloc((outer + 1) * sizeof *choices);
    struct finder *finders = calloc((size_t)threads, sizeof *finders);
    struct fc_plan_candidate *buffers = calloc((size_t)threads * 2 * best + 1, sizeof *buffers);
    struct medians *medians = calloc((size_t)threads, sizeof *medians);
    int status = -1;
    if (!choices || !finders || !buffers || !medians) {
        fc_fail(error, FC_FAULT, "out of memory while searching plans");
        goto done;
    }
    outer_choices(plan, space, choices);
    for (int t = 0; t < threads; t++)
        finders[t] = (struct finder){.options = options,
                                     .space = space,
                                     .beliefs = beliefs,
                                     .limits = limits,
                                     .plan = *plan,
                                     .medians = &medians[t],
                                     .buffer = buffers + (size_t)t * 2 * best,
                                     .worst = INFINITY};
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < outer; i++)
        try_rest(&finders[omp_get_thread_num()], choices[i]);
    size_t count = 0;
    for (int t = 0; t < threads; t++) {
        memmove(buffers + count, finders[t].buffer, finders[t].used * sizeof *buffers);
        count += finders[t].used;
        found->plans += finders[t].plans;
        found->evaluated += finders[t].evaluated;
        found->too_large += finders[t].too_large;
    }
    qsort(buffers, count, sizeof *buffers, compare);
    found->count = count < best ? count : best;
    found->best = buffers;
    buffers = NULL;
    status = 0;
done:
    free(choices);
    free(finders);
    free(buffers);
    free(medians);
    return status;
}

void fc_plan_found_free(struct fc_plan_found *found)
{
    free(found->best);
    *found = (struct fc_plan_found){0};
}
