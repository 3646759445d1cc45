/* plan_options.h: the choices of a plan that are no sizes, and what they mean in each software generation.
 *
 * Scenarios, tables of measurements and the search for plans set them here, so that all mean the same. */
#ifndef FC_HOST_PLAN_OPTIONS_H
#define FC_HOST_PLAN_OPTIONS_H

#include "plan.h"

/* How tokens reach their experts. */
enum fc_dispatch {
    FC_DISPATCH_AUTO = FC_WORD_DISPATCH_AUTO, /* as in the recipe, or else as the software does */
    FC_DISPATCH_ALL_TO_ALL = FC_WORD_ALL_TO_ALL,
    FC_DISPATCH_PER_DOMAIN = FC_WORD_PER_DOMAIN,
    FC_DISPATCH_SOFTWARE /* as the software does; no word of plan.expert_dispatch */
};

/* What is not stated is as the software does. */
enum { FC_UNSTATED = -1 };

/* What a selective recomputation makes again, beside what is cheap. */
enum fc_module { FC_MODULE_NORMS = 1, FC_MODULE_MOE_ACTIVATION = 2 };

/* What torch.compile makes. */
enum fc_compile { FC_COMPILE_NONE, FC_COMPILE_LAYERS, FC_COMPILE_LOSS_TOO };

struct fc_plan_options {
    int zero; /* enum fc_zero, or FC_UNSTATED */
    enum fc_recompute recompute;
    enum fc_dispatch dispatch;
    enum fc_schedule schedule;
    int graph;                                     /* enum fc_graph, or FC_UNSTATED: as in the recipe */
    int fused_experts, attention_fp8, overlaps_ep; /* 0, 1, or FC_UNSTATED: as in the recipe */
    int compile;                                   /* enum fc_compile, or FC_UNSTATED: as the software does */
    int overlaps_tp;                               /* 0, 1, or FC_UNSTATED: as the software does */
    double bf16_layers;
    bool recompute_stated;   /* else as the software is known to do */
    double recompute_layers; /* of each stage that a full recomputation takes; 0: all */
    int recompute_modules;   /* bits of enum fc_module under a selective one, or FC_UNSTATED: all of them */
    bool recompute_mla_up;
    enum fc_router router;
    double offload_layers; /* 0: none, or under FC_OFFLOAD_ACTIVATIONS all of them */
    enum fc_offload offload;
    enum fc_order order;
    double offload_rate;
    bool offloads_activations; /* part of every layer's, as the fine-grained offload of Megatron-Core does */
    double fsdp_group;         /* GPUs that share out the parameters; 0: all replicas */
};

/* Nothing recomputed, the rest as the published recipe or the software does, or off. */
struct fc_plan_options fc_plan_default_options(void);

/* What a plan that is set shares out. */
enum fc_zero fc_plan_zero(const struct fc_plan *plan);

/* Jobs whose size is no multiple of a rack take 64 of the 72 GPUs of an NVL72, as its published jobs do, unless the
 * domain is stated. */
void fc_plan_place(struct fc_plan *plan);

/* The options that are on, as words: "cuda graph full, experts per domain, overlapped, ..."; "none". Returns text. */
const char *fc_plan_features_text(const struct fc_plan *plan, char *text, size_t size);

/* Whether the plan's recipe decides something that the options leave open. */
bool fc_plan_takes_recipe(const struct fc_plan *plan, const struct fc_plan_options *options);

/* Sets what follows from the options, the plan's sizes and its software, which must stand already. */
void fc_plan_set_options(struct fc_plan *plan, const struct fc_plan_options *options);

#endif
