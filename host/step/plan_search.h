/* plan_search.h: all plans of a model on a cluster, the fastest of them that fit, at the median of the
 * efficiency factors.
 *
 *     fc_plan_space_all(&space, &plan);            every size that the rules permit
 *     fc_plan_search(&found, &plan, &options, &space, beliefs, &limits, &error);
 *     fc_plan_choose(&plan, &options, &found.best[0].choice);
 *     fc_plan_found_free(&found);
 *
 * Two passes. The first goes through all plans that the rules permit (plan_check.h) and bounds the step of each from below
 * by its layers and its pipeline; what a layer costs is computed once for all pipelines. The second computes memory and
 * step of plans in the order of their bounds, until no bound is below the last of the best. What is left out is counted.
 * The answer and the counts are the same whatever the number of threads, and the answer is the one that trying every plan
 * would give. Uncertainty is the matter of host/analysis/search.h, which follows the best of these through worlds. */
#ifndef FC_HOST_PLAN_SEARCH_H
#define FC_HOST_PLAN_SEARCH_H

#include <stdint.h>

#include "factors.h"
#include "host/base/error.h"
#include "plan_memory.h"
#include "plan_options.h"

enum { FC_SPACE_SIZES = 128 };

/* Allowed sizes, ascending. */
struct fc_sizes {
    int count;
    int value[FC_SPACE_SIZES];
};

struct fc_plan_space {
    struct fc_sizes tp, pp, vpp, cp, ep, expert_tp, micro_batch;
    unsigned zero, recompute, precision; /* bit k: choice k is allowed */
    unsigned order;                      /* bit k: groups may be laid as enum fc_order k says */
    unsigned offload; /* bit k: so much in the host's memory as enum fc_offload k says is allowed */
    bool one_f_one_b, zero_bubble; /* schedules beside interleaved, which goes with vpp > 1 */
};

/* What is chosen. */
struct fc_plan_choice {
    int tp, pp, vpp, cp, ep, expert_tp, micro_batch;
    enum fc_zero zero;
    enum fc_recompute recompute;
    enum fc_precision precision;
    bool zero_bubble;
    enum fc_offload offload;
    enum fc_order order;
};

struct fc_plan_candidate {
    struct fc_plan_choice choice;
    double step_s; /* at the median of all factors */
    double fits;   /* probability that it fits in memory, from the distributions of the memory factors */
};

struct fc_search_limits {
    double fits;     /* least probability to fit in memory, 0 to 1 */
    size_t best;     /* how many plans to return */
    int threads;     /* 0: all */
    bool exhaustive; /* nothing is left out by its bound: for tests */
};

struct fc_plan_found {
    uint64_t plans;     /* that the rules permit: the sum of the next three */
    uint64_t slower;    /* left out, as a lower bound of their step is above the last of the best */
    uint64_t too_large; /* looked at, and do not fit */
    uint64_t evaluated; /* looked at, fit, and step times computed */
    size_t count;
    struct fc_plan_candidate *best; /* fastest first */
};

/* Every size that the rules permit: tensor parallel over the divisors of the heads, stages whose chunks divide the
 * layers (embedding and head may stand for a layer each), context parallel in powers of two, expert parallel over
 * the divisors of the experts, micro-batches of up to 2^21 tokens. The precision stays the plan's; nothing is offloaded, groups
 * are laid in the order tp-dp-pp. */
void fc_plan_space_all(struct fc_plan_space *space, const struct fc_plan *plan);

/* All that may wait in the host's memory: bits for fc_plan_space.offload. Nothing alone where the GPU's link to the host is not
 * known. */
unsigned fc_plan_offloads(const struct fc_plan *plan);

/* Sets the sizes and options of a choice; `options` holds what the search leaves alone. */
void fc_plan_choose(struct fc_plan *plan, const struct fc_plan_options *options,
                    const struct fc_plan_choice *choice);

/* The choice that a plan is. */
struct fc_plan_choice fc_plan_choice_of(const struct fc_plan *plan, const struct fc_plan_options *options);

/* "tp 8, pp 4 x 5, ep 8, micro-batch 1, recompute full": sizes of 1 are left out. Returns text. */
const char *fc_plan_choice_text(const struct fc_plan_choice *choice, char *text, size_t size);

/* Bytes at the median of the memory factors, and the variance of their logarithm to first order: what tensors hold,
 * what the allocator reserves for them, or all that the driver counts. */
enum fc_memory_part { FC_MEMORY_TENSORS, FC_MEMORY_HELD, FC_MEMORY_ALL };
double fc_plan_memory_total(const struct fc_plan *plan, const struct fc_plan_memory *memory,
                            const struct fc_beliefs *beliefs, enum fc_memory_part part, double *variance);

/* Probability that a plan fits: activations, allocator and framework are lognormal; the logarithm of their total
 * is taken as normal, its variance to first order. */
double fc_plan_fit_probability(const struct fc_plan *plan, const struct fc_beliefs *beliefs);

/* Searches the space around `plan` (model, GPUs, batch, sequence, software stand). No plan that fits is no error:
 * count is then 0. Fails with FC_FAULT when memory is out. */
int fc_plan_search(struct fc_plan_found *found, const struct fc_plan *plan,
                   const struct fc_plan_options *options, const struct fc_plan_space *space,
                   const struct fc_beliefs *beliefs, const struct fc_search_limits *limits,
                   struct fc_error *error);
void fc_plan_found_free(struct fc_plan_found *found);

#endif
