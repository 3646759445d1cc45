/* plan.h: a training plan on a cluster, and the numbers the step layer needs of it.
 *
 * A plan says which model, on which GPUs, split how, with which software; fc_plan_program turns it into the
 * numbers of cuda/model/step/step_program.h. host/compile/plan_scenario.h makes plans from scenarios,
 * host/calibrate/measurements.h from published rows. */
#ifndef FC_HOST_PLAN_H
#define FC_HOST_PLAN_H

#include <stdbool.h>

#include "architecture.h"
#include "gpu.h"
#include "software.h"

enum fc_precision { FC_BF16, FC_FP8, FC_MXFP8, FC_NVFP4 };
enum fc_graph { FC_GRAPH_NONE, FC_GRAPH_PARTIAL, FC_GRAPH_FULL };

struct fc_plan {
    struct fc_architecture model;
    struct fc_accelerator gpu;
    const struct fc_software *software;
    bool software_assumed; /* not stated: the newest was taken */
    enum fc_precision precision;
    double sequence;
    double gpus, tp, pp, vpp, cp, ep, expert_tp, micro_batch, global_batch;
    bool fsdp; /* parameters, gradients and optimizer shared out over fsdp_group */
    double fsdp_group;
    bool shards_optimizer; /* over the data parallel replicas */
    bool shards_gradients; /* too: the Llama 3 form of FSDP, which keeps gathered weights */
    bool sequence_parallel;
    bool overlaps_tp;

    /* shares of the forward pass done again in the backward pass */
    double again_gemm, again_attention, again_elementwise, again_tp;
    bool again_mla_up; /* the two up-projections of latent attention */
    bool again_norms, again_moe_activation;
    double kept; /* share of a layer's activations kept under a partial recomputation; 0: 1 - again_gemm */

    enum fc_graph graph;
    bool graph_attention;
    bool fused_experts, attention_fp8, overlaps_ep, dedup_dispatch, drops_tokens;
    bool balanced_router; /* by force, as in benchmarks */
    double bf16_layers;   /* of the layers, under a lower precision; half first, half last */
    bool zero_bubble;     /* the schedule ZB-H1 */
    double offloaded_layers;
    bool offloads_activations;
};

double fc_plan_data_parallel(const struct fc_plan *plan);
double fc_plan_micro_batches(const struct fc_plan *plan);

/* Share of the layers of the stage that holds most BF16 layers which are in the plan's lower precision; 0
 * under BF16. */
double fc_plan_low_share(const struct fc_plan *plan);

/* Dense peak of the plan's precision, FLOP/s per GPU. */
double fc_plan_peak(const struct fc_plan *plan);

/* Parameters that the fullest GPU holds, dense and expert ones, before any sharing out by FSDP. */
void fc_plan_parameters(const struct fc_plan *plan, double *dense, double *expert);

/* Number of layers of the longest stage, and whether the head takes the place of a layer on the last one. */
struct fc_stages {
    double longest, mean, last;
    bool head_replaces;
};
struct fc_stages fc_plan_stages(const struct fc_plan *plan);

#endif
