/* plan_search.c: see plan_search.h. */
#include "plan_search.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/language/fields.h"
#include "order.h"
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
                                    .offload = 1u << FC_OFFLOAD_NONE,
                                    .order = 1u << FC_ORDER_TP_DP_PP,
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

unsigned fc_plan_offloads(const struct fc_plan *plan)
{
    struct fc_plan offloading = *plan;
    unsigned allowed = 0;
    offloading.offloaded_layers = 0;
    for (int k = 0; k < FC_OFFLOADS; k++) {
        offloading.offload = (enum fc_offload)k;
        if (fc_plan_check_offload(&offloading, NULL) == 0)
            allowed |= 1u << k;
    }
    return allowed;
}

void fc_plan_choose(struct fc_plan *plan, const struct fc_plan_options *options,
                    const struct fc_plan_choice *choice)
{
    struct fc_plan_options own = *options;
    own.zero = (int)choice->zero;
    own.recompute = choice->recompute;
    own.offload = choice->offload;
    own.order = choice->order;
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
                                   .zero_bubble = options->schedule == FC_ZERO_BUBBLE,
                                   .offload = options->offload,
                                   .order = options->order};
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
    snprintf(text, size, "%smb %d%s%s%s%s%s%s%s", sizes, c->micro_batch, recompute[c->recompute],
             zero[c->zero], c->zero_bubble ? ", zero bubble" : "", c->order ? ", order " : "",
             c->order ? fc_field_word(FC_FIELD_ORDER, (int)c->order) : "", c->offload ? ", offload " : "",
             c->offload ? fc_field_word(FC_FIELD_OFFLOAD, (int)c->offload) : "");
    return text;
}

double fc_plan_memory_total(const struct fc_plan *plan, const struct fc_plan_memory *m,
                            const struct fc_beliefs *b, enum fc_memory_part part, double *variance)
{
    enum fc_memory_family family = fc_memory_family_of(plan);
    const double *median = b->memory_median[family], *sd = b->memory_sd_log[family];
    double alive = (m->activations + m->logits) * median[0], tensors = m->weights + m->optimizer + alive;
    double reserve = part == FC_MEMORY_TENSORS ? 1 : fmax(1, median[1]);
    tensors += part == FC_MEMORY_TENSORS ? 0 : m->pools;
    double framework = part == FC_MEMORY_ALL ? median[2] : 0, total = tensors * reserve + framework;
    double terms[3] = {alive * reserve / total * sd[0],
                       tensors * reserve / total *
                           sd[1], /* what the count of tensors forgets is as uncertain */
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
    return fc_plan_fits_host(plan, &memory) ? fit_probability(plan, &memory, beliefs) : 0;
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
                        (int)x->choice.order,
                        (int)x->choice.offload,
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
                        (int)y->choice.order,
                        (int)y->choice.offload,
                        (int)y->choice.precision};
    for (size_t i = 0; i < sizeof of_x / sizeof of_x[0]; i++)
        if (of_x[i] != of_y[i])
            return of_x[i] < of_y[i] ? -1 : 1;
    return 0;
}

/* Plans as the first pass keeps them: all ways to share out and to offload, whose costs come on top of one bound. */
struct sieved {
    float bound;    /* no step of the plans is shorter; 0: unknown */
    uint32_t outer; /* index of what the passes share out */
    uint32_t inner; /* indices of pp and vpp, recompute, zero bubble */
};

enum { SIZE_BITS = 7, AGAIN_BITS = 2 };
_Static_assert(FC_SPACE_SIZES <= 1 << SIZE_BITS, "an index of a size has its bits");

static uint32_t pack(int pp, int vpp, int recompute, bool zero_bubble)
{
    uint32_t bits = (uint32_t)pp << SIZE_BITS | (uint32_t)vpp;
    bits = bits << AGAIN_BITS | (uint32_t)recompute;
    return bits << 1 | zero_bubble;
}

/* What all threads read. */
struct search {
    const struct fc_plan_options *options;
    const struct fc_plan_space *space;
    const struct fc_beliefs *beliefs;
    const struct fc_search_limits *limits;
    struct fc_plan_choice *outer; /* all but stages, chunks, schedule, sharding and recomputation */
    size_t outer_count;
    struct fc_stages *stages; /* by index of pp and vpp */
    bool *fills;              /* whether the layers fill so many chunks */
    bool bounds;              /* step times are bounded from below before they are computed */
};

enum { SMALL_SPACE = 1 << 20 }; /* outer choices times shapes of a pipeline */
enum { RECOMPUTES = FC_RECOMPUTE_FULL + 1, ZEROS = FC_ZERO_PARAMETERS + 1 };

/* The layer part of a program, and the traits of stages and options that went into it beside the outer choice. */
struct layer_part {
    bool known;
    double mixture, dense, low, again, stride;
    struct fc_step_program program; /* numbers only */
};

/* What one thread finds. */
struct finder {
    const struct search *search;
    struct fc_plan plan;
    struct medians *medians;
    struct layer_part layer[RECOMPUTES];
    struct sieved *sieved;
    size_t count, room;
    bool starved;                     /* memory was out */
    struct fc_plan_candidate *buffer; /* twice the wanted number, cut back to the best half when it is full */
    size_t used;
    double worst; /* no candidate slower than this can be among the best */
    uint64_t evaluated, too_large;
};

static bool keep(struct finder *f, struct sieved plan)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 4096;
        struct sieved *more = realloc(f->sieved, room * sizeof *more);
        if (!more) {
            f->starved = true;
            return false;
        }
        f->sieved = more;
        f->room = room;
    }
    f->sieved[f->count++] = plan;
    return true;
}

/* A step time that no sharding of the finder's plan goes below, rounded down. */
static float bound_of(struct finder *f, const struct fc_stages *stages, enum fc_recompute recompute)
{
    const struct fc_plan *p = &f->plan;
    struct layer_part *l = &f->layer[recompute];
    double low = fc_plan_low_share(p), stride = fc_plan_strides(p).tp;
    if (!f->search->bounds)
        return 0;
    if (!l->known || l->mixture != stages->mixture || l->dense != stages->dense || l->low != low ||
        l->again != p->again_gemm || l->stride != stride) {
        l->stride = stride;
        l->known = true;
        l->mixture = stages->mixture;
        l->dense = stages->dense;
        l->low = low;
        l->again = p->again_gemm;
        fc_plan_layer_program(p, stages, &l->program);
    }
    struct fc_step_program *program = &l->program;
    fc_plan_pipeline_program(p, stages, program);
    double step_s = fc_step_time(program, medians_of(f->medians, p, f->search->beliefs), NULL);
    if (!isfinite(step_s) || step_s <= 0)
        return 0;
    return nextafterf(nextafterf((float)step_s, 0), 0);
}

/* First pass: all plans of one outer choice that the rules permit, with their bounds. */
static void sieve(struct finder *f, uint32_t index)
{
    const struct search *s = f->search;
    const struct fc_plan_space *space = s->space;
    struct fc_plan_choice choice = s->outer[index];
    double group = (double)choice.tp * choice.cp;
    for (int k = 0; k < RECOMPUTES; k++)
        f->layer[k].known = false;
    for (int p = 0; p < space->pp.count; p++) {
        choice.pp = space->pp.value[p];
        double replicas = f->plan.gpus / (group * choice.pp);
        if (floor(replicas) != replicas || fmod(f->plan.global_batch, replicas * choice.micro_batch) != 0)
            continue;
        if (!fc_order_is_own(choice.order, space->order, group, replicas, choice.pp))
            continue;
        for (int v = 0; v < space->vpp.count; v++) {
            size_t shape = (size_t)p * (size_t)space->vpp.count + (size_t)v;
            choice.vpp = space->vpp.value[v];
            if (choice.vpp > 1 && (choice.pp == 1 || !s->fills[shape]))
                continue;
            bool may_fill = choice.vpp == 1 && choice.pp > 1;
            for (int zero_bubble = may_fill && !space->one_f_one_b;
                 zero_bubble <= (may_fill && space->zero_bubble); zero_bubble++) {
                enum fc_plan_part part;
                bool permitted = false, checked = false;
                choice.zero_bubble = zero_bubble;
                choice.zero = FC_ZERO_OPTIMIZER; /* bounds leave out what depends on it, rules do not ask */
                for (int again = 0; again < RECOMPUTES; again++) {
                    if (!(space->recompute >> again & 1u))
                        continue;
                    choice.recompute = (enum fc_recompute)again;
                    fc_plan_choose(&f->plan, s->options, &choice);
                    if (!checked) /* nor for recomputation */
                        permitted = fc_plan_check(&f->plan, &part, NULL) == 0;
                    checked = true;
                    if (!permitted)
                        break;
                    float bound = bound_of(f, &s->stages[shape], choice.recompute);
                    if (!keep(f, (struct sieved){bound, index, pack(p, v, again, zero_bubble)}))
                        return;
                }
            }
        }
    }
}

static struct fc_plan_choice unpack(const struct search *s, const struct sieved *plan)
{
    struct fc_plan_choice choice = s->outer[plan->outer];
    uint32_t bits = plan->inner;
    choice.zero_bubble = bits & 1u;
    choice.recompute = (enum fc_recompute)((bits >>= 1) & ((1u << AGAIN_BITS) - 1));
    choice.vpp = s->space->vpp.value[(bits >>= AGAIN_BITS) & ((1u << SIZE_BITS) - 1)];
    choice.pp = s->space->pp.value[bits >> SIZE_BITS];
    return choice;
}

static void offer(struct finder *f, const struct fc_plan_choice *choice, double step_s, double fits)
{
    size_t best = f->search->limits->best;
    if (step_s > f->worst)
        return;
    f->buffer[f->used++] = (struct fc_plan_candidate){*choice, step_s, fits};
    if (f->used == 2 * best) {
        qsort(f->buffer, f->used, sizeof *f->buffer, compare);
        f->used = best;
        f->worst = f->buffer[f->used - 1].step_s;
    }
}

/* Second pass: one plan in full. */
static void evaluate(struct finder *f, struct fc_plan_choice choice)
{
    const struct search *s = f->search;
    fc_plan_choose(&f->plan, s->options, &choice);
    struct fc_plan_memory memory = fc_plan_memory(&f->plan);
    bool hosted = fc_plan_fits_host(&f->plan, &memory);
    double fits = hosted ? fit_probability(&f->plan, &memory, s->beliefs) : 0;
    if (!hosted || fits < s->limits->fits) {
        f->too_large++;
        return;
    }
    struct fc_step_program program;
    fc_plan_time_program(&f->plan, &program);
    double step_s = fc_step_time(&program, medians_of(f->medians, &f->plan, s->beliefs), NULL);
    f->evaluated++;
    if (isfinite(step_s) && step_s > 0)
        offer(f, &choice, step_s, fits);
}

static void evaluate_all(struct finder *f, const struct sieved *plans)
{
    const struct fc_plan_space *space = f->search->space;
    struct fc_plan_choice choice = unpack(f->search, plans);
    for (int zero = 0; zero < ZEROS; zero++)
        for (int away = 0; away < FC_OFFLOADS; away++)
            if (space->zero >> zero & 1u && space->offload >> away & 1u) {
                choice.zero = (enum fc_zero)zero;
                choice.offload = (enum fc_offload)away;
                evaluate(f, choice);
            }
}

/* Plans of one sieved entry. */
static uint32_t ways(const struct fc_plan_space *space)
{
    return (uint32_t)(__builtin_popcount(space->zero & ((1u << ZEROS) - 1)) *
                      __builtin_popcount(space->offload & ((1u << FC_OFFLOADS) - 1)));
}

/* --- which bounds are looked at: bins of the bits of a positive float, in its order, 0.1 % wide */

enum { BIN_SHIFT = 13, BINS = 1 << (32 - 1 - BIN_SHIFT) };

static uint32_t bin_of(float bound)
{
    uint32_t bits;
    memcpy(&bits, &bound, sizeof bits);
    return bits >> BIN_SHIFT;
}

/* The first bin at which `wanted` plans are reached, or the last that holds any. */
static uint32_t bin_reaching(const uint32_t *bins, uint64_t wanted)
{
    uint64_t sum = 0;
    uint32_t last = 0;
    for (uint32_t b = 0; b < BINS; b++) {
        if (bins[b] == 0)
            continue;
        last = b;
        sum += bins[b];
        if (sum >= wanted)
            break;
    }
    return last;
}

/* Evaluates the plans of the bins from `first` to `last`. */
static void evaluate_bins(struct finder *finders, int threads, uint32_t first, uint32_t last)
{
    enum { PIECE = 128 };
    size_t pieces = 0;
    for (int t = 0; t < threads; t++)
        pieces += (finders[t].count + PIECE - 1) / PIECE;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t piece = 0; piece < pieces; piece++) {
        struct finder *mine = &finders[omp_get_thread_num()], *of = finders;
        size_t at = piece;
        for (; at >= (of->count + PIECE - 1) / PIECE; of++)
            at -= (of->count + PIECE - 1) / PIECE;
        for (size_t i = at * PIECE; i < of->count && i < (at + 1) * PIECE; i++) {
            uint32_t bin = bin_of(of->sieved[i].bound);
            if (bin >= first && bin <= last)
                evaluate_all(mine, &of->sieved[i]);
        }
    }
}

/* Puts the best of all threads into the first one's buffer, in order. */
static void gather(struct finder *finders, int threads, size_t best)
{
    struct finder *into = &finders[0];
    for (int t = 1; t < threads; t++) {
        for (size_t i = 0; i < finders[t].used; i++) {
            if (into->used == 2 * best) {
                qsort(into->buffer, into->used, sizeof *into->buffer, compare);
                into->used = best;
            }
            into->buffer[into->used++] = finders[t].buffer[i];
        }
        finders[t].used = 0;
    }
    qsort(into->buffer, into->used, sizeof *into->buffer, compare);
    if (into->used > best)
        into->used = best;
    for (int t = 0; t < threads; t++)
        finders[t].worst = into->used == best ? into->buffer[best - 1].step_s : INFINITY;
}

/* Evaluates plans in the order of their bounds, until no bound is below the last of the best. Which ones are does not
 * depend on the number of threads. */
static void look(struct finder *finders, int threads, uint32_t *bins, size_t best)
{
    enum { AT_FIRST = 512, TIMES = 4 };
    uint64_t wanted = AT_FIRST > 4 * best ? AT_FIRST : 4 * best;
    uint32_t next = 0;
    for (int t = 0; t < threads; t++)
        for (size_t i = 0; i < finders[t].count; i++)
            bins[bin_of(finders[t].sieved[i].bound)] += ways(finders[t].search->space);
    uint32_t end = bin_reaching(bins, UINT64_MAX);
    while (next <= end) {
        uint32_t last = bin_reaching(bins, wanted);
        last = last < end ? last : end;
        if (last >= next)
            evaluate_bins(finders, threads, next, last);
        gather(finders, threads, best);
        next = last + 1;
        if (isfinite(finders[0].worst)) {
            uint32_t worst = bin_of((float)finders[0].worst) + 1; /* rounding may move it up by one */
            end = worst < end ? worst : end;
        }
        wanted *= TIMES;
    }
}

/* The outer choices, which threads share. */
static size_t outer_choices(const struct fc_plan *plan, const struct fc_plan_space *space,
                            struct fc_plan_choice *choices)
{
    const struct fc_sizes *const sizes[] = {&space->tp, &space->cp, &space->ep, &space->expert_tp,
                                            &space->micro_batch};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    size_t count = 0;
    for (int k = 0; k < 4 * FC_ORDERS; k++) {
        int at[SIZES] = {0}, precision = k / FC_ORDERS, order = k % FC_ORDERS;
        bool more = space->precision >> precision & space->order >> order & 1u;
        for (int i = 0; i < SIZES; i++)
            more &= sizes[i]->count > 0;
        while (more) {
            struct fc_plan_choice c = {.tp = space->tp.value[at[0]],
                                       .cp = space->cp.value[at[1]],
                                       .ep = space->ep.value[at[2]],
                                       .expert_tp = space->expert_tp.value[at[3]],
                                       .micro_batch = space->micro_batch.value[at[4]],
                                       .precision = (enum fc_precision)precision,
                                       .order = (enum fc_order)order};
            /* experts are split as the attention is, or not at all */
            if (fmod(plan->gpus, (double)c.tp * c.cp) == 0 && (c.expert_tp <= 1 || c.expert_tp == c.tp)) {
                if (choices)
                    choices[count] = c;
                count++;
            }
            int i = SIZES;
            while (i-- > 0 && ++at[i] == sizes[i]->count)
                at[i] = 0;
            more = i >= 0;
        }
    }
    return count;
}

/* Stages by index of pp and vpp. */
static void fill_shapes(struct search *s, const struct fc_plan *plan)
{
    struct fc_plan shape = *plan;
    size_t at = 0;
    shape.schedule = FC_ONE_F_ONE_B;
    for (int p = 0; p < s->space->pp.count; p++)
        for (int v = 0; v < s->space->vpp.count; v++, at++) {
            shape.pp = s->space->pp.value[p];
            shape.vpp = s->space->vpp.value[v];
            s->stages[at] = fc_plan_stages(&shape);
            s->fills[at] = fills(&plan->model, s->space->pp.value[p] * s->space->vpp.value[v]);
        }
}

int fc_plan_search(struct fc_plan_found *found, const struct fc_plan *plan,
                   const struct fc_plan_options *options, const struct fc_plan_space *space,
                   const struct fc_beliefs *beliefs, const struct fc_search_limits *limits,
                   struct fc_error *error)
{
    *found = (struct fc_plan_found){0};
    size_t outer = outer_choices(plan, space, NULL), best = limits->best;
    size_t shapes = (size_t)space->pp.count * (size_t)space->vpp.count;
    /* what takes one thread 20 ms is not worth waiting for others */
    bool small = outer * shapes < SMALL_SPACE;
    int threads = limits->threads > 0 ? limits->threads : small ? 1 : omp_get_max_threads();
    struct search search = {
        .options = options,
        .space = space,
        .beliefs = beliefs,
        .limits = limits,
        .outer_count = outer,
        .outer = malloc((outer + 1) * sizeof *search.outer),
        .stages = malloc((shapes + 1) * sizeof *search.stages),
        .fills = malloc((shapes + 1) * sizeof *search.fills),
        /* steps that a user measured give each plan medians of its own */
        .bounds = !limits->exhaustive && beliefs->own.count == 0,
    };
    struct finder *finders = calloc((size_t)threads, sizeof *finders);
    struct fc_plan_candidate *buffers = calloc((size_t)threads * 2 * best + 1, sizeof *buffers);
    struct medians *medians = calloc((size_t)threads, sizeof *medians);
    uint32_t *bins = calloc(BINS, sizeof *bins);
    bool starved =
        !search.outer || !search.stages || !search.fills || !finders || !buffers || !medians || !bins;
    if (!starved) {
        outer_choices(plan, space, search.outer);
        fill_shapes(&search, plan);
        for (int t = 0; t < threads; t++)
            finders[t] = (struct finder){.search = &search,
                                         .plan = *plan,
                                         .medians = &medians[t],
                                         .buffer = buffers + (size_t)t * 2 * best,
                                         .worst = INFINITY};
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
        for (size_t i = 0; i < outer; i++)
            sieve(&finders[omp_get_thread_num()], (uint32_t)i);
        for (int t = 0; t < threads; t++)
            starved |= finders[t].starved;
    }
    if (!starved) {
        look(finders, threads, bins, best);
        for (int t = 0; t < threads; t++) {
            found->plans += (uint64_t)finders[t].count * ways(space);
            found->evaluated += finders[t].evaluated;
            found->too_large += finders[t].too_large;
        }
        found->slower = found->plans - found->evaluated - found->too_large;
        found->count = finders[0].used;
        found->best = buffers;
        buffers = NULL;
    }
    for (int t = 0; finders && t < threads; t++)
        free(finders[t].sieved);
    free(search.outer);
    free(search.stages);
    free(search.fills);
    free(finders);
    free(buffers);
    free(medians);
    free(bins);
    return starved ? fc_fail(error, FC_FAULT, "out of memory while searching plans") : 0;
}

void fc_plan_found_free(struct fc_plan_found *found)
{
    free(found->best);
    *found = (struct fc_plan_found){0};
}
