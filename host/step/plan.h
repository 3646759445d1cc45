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
#include "host/language/words.h"
#include "recipes.h"
#include "software.h"

enum fc_precision { FC_BF16, FC_FP8, FC_MXFP8, FC_NVFP4 };
enum fc_schedule {
    FC_ONE_F_ONE_B, /* interleaved where vpp is above 1 */
    FC_ZERO_BUBBLE, /* ZB-H1: Qi et al. 2024, arXiv 2401.10241 */
    FC_DUALPIPE     /* DeepSeek-AI 2024, arXiv 2412.19437: each rank holds stages i and pp - 1 - i */
};

/* The word of training.precision for it. */
const char *fc_precision_name(enum fc_precision precision);

struct fc_plan {
    struct fc_architecture model;
    struct fc_accelerator gpu;
    const struct fc_software *software;
    bool software_assumed;                /* not stated: the newest was taken */
    struct fc_recipe recipes[FC_RECIPES]; /* published for this software, model and GPU, by precision */
    enum fc_precision precision;
    bool fp16; /* 16-bit training in FP16, with FP16 gradients in old software */
    double sequence;
    double gpus, tp, pp, vpp, cp, ep, expert_tp, micro_batch, global_batch;
    bool fsdp; /* parameters, gradients and optimizer shared out over fsdp_group */
    double fsdp_group;
    bool shards_optimizer; /* over the data parallel replicas */
    bool shards_gradients; /* too: the Llama 3 form of FSDP, which keeps gathered weights */
    bool sequence_parallel;
    bool overlaps_tp;
    bool roce; /* the network between domains is Ethernet (RoCE) */

    /* shares of the forward pass done again in the backward pass */
    double again_gemm, again_attention, again_elementwise, again_tp;
    bool again_mla_up; /* the two up-projections of latent attention */
    bool again_norms, again_moe_activation;
    bool compiled, compiled_loss; /* by torch.compile: layers, loss */
    double kept; /* share of a layer's activations kept under a partial recomputation; 0: 1 - again_gemm */

    enum fc_graph graph;
    bool graph_attention;
    bool fused_experts, attention_fp8, overlaps_ep, dedup_dispatch, drops_tokens;
    bool balanced_router; /* by force, as in benchmarks */
    bool tuned_by_vendor; /* by who sells the GPU; else a site's own tuning, which is slower on average */
    double bf16_layers;   /* of the layers, under a lower precision; half first, half last */
    enum fc_schedule schedule;
    enum fc_order order;     /* in which groups are laid over the GPUs (order.h) */
    double lora_rank;        /* low-rank adapters are trained and the weights frozen; 0: all is trained */
    bool muon;               /* optimizes the matrices of the layers; else Adam does (muon.h) */
    enum fc_offload offload; /* bits: what waits in the host's memory */
    double offload_rate;     /* share of the host's memory bandwidth that its optimizer reaches */
    double offloaded_layers; /* of a stage, whose activations wait there */
    bool offloads_activations;
};

/* Model FLOP to train one token. */
double fc_plan_flop_per_token(const struct fc_plan *plan, bool causal);

/* Share of the parameters that are trained: 1, or that of the adapters. */
double fc_plan_trained_share(const struct fc_plan *plan);

double fc_plan_data_parallel(const struct fc_plan *plan);
double fc_plan_micro_batches(const struct fc_plan *plan);

/* Share of the layers of the stage that holds most BF16 layers which are in the plan's lower precision; 0
 * under BF16. */
double fc_plan_low_share(const struct fc_plan *plan);

/* Dense peak of the plan's precision, FLOP/s per GPU. */
double fc_plan_peak(const struct fc_plan *plan);

/* DualPipe in FP8 comes with DeepSeek's own kernels: tokens go to at most four nodes and are dispatched in FP8, inputs of
 * the experts' activation and of the output projection are kept in FP8 (arXiv 2412.19437, sections 2.1.2, 3.2.2, 3.3.3). */
bool fc_plan_keeps_fp8(const struct fc_plan *plan);

/* Whether attention and feed-forward block work on one input, by the model or by its software. */
bool fc_plan_is_parallel(const struct fc_plan *plan);

/* Bytes of a parameter's gradient, as kept and reduced. */
double fc_plan_gradient_bytes(const struct fc_plan *plan);

/* Shares of the layers of the slowest stage that hold experts, and a dense feed-forward block. */
double fc_plan_mixture_share(const struct fc_plan *plan);
double fc_plan_dense_share(const struct fc_plan *plan);

/* Ranks that hold the same dense parameters, context parallel ones among them, and the same experts. */
double fc_plan_replicas(const struct fc_plan *plan);
double fc_plan_expert_replicas(const struct fc_plan *plan);

/* Parameters of each GPU of the pipeline stage that holds most. */
void fc_plan_most_parameters(const struct fc_plan *plan, double *dense, double *expert);

/* Parameters of each GPU of pipeline stage `index`, dense and expert ones, before any are shared out over
 * replicas. Embedding and output layer count twice in one stage unless tied. */
void fc_plan_parameters(const struct fc_plan *plan, double index, double *dense, double *expert);

#endif
