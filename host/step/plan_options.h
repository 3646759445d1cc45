/* plan_options.h: the choices of a plan that are no sizes, and what they mean in each software generation.
 *
 * Scenarios and the search for plans set them here, so that both mean the same. */
#ifndef FC_HOST_PLAN_OPTIONS_H
#define FC_HOST_PLAN_OPTIONS_H

#include "plan.h"

/* What data parallel replicas share out (ZeRO, Rajbhandari et al. 2020): nothing, optimizer states (1),
 * gradients too (2), parameters too (3, FSDP). The order is that of plan.zero. */
enum fc_zero { FC_ZERO_NONE, FC_ZERO_OPTIMIZER, FC_ZERO_GRADIENTS, FC_ZERO_PARAMETERS };
/* Activations computed again in the backward pass; the order is that of plan.recompute. */
enum fc_recompute { FC_RECOMPUTE_NONE, FC_RECOMPUTE_SELECTIVE, FC_RECOMPUTE_FULL };
/* How tokens reach their experts; the order is that of plan.expert_dispatch. */
enum fc_dispatch { FC_DISPATCH_AUTO, FC_DISPATCH_ALL_TO_ALL, FC_DISPATCH_PER_DOMAIN };

/* What is not stated is as the software does. */
enum { FC_UNSTATED = -1 };

/* Loads of the experts; the order is that of training.router. */
enum fc_router { FC_ROUTER_TRAINED, FC_ROUTER_BALANCED, FC_ROUTER_DROPPING };

struct fc_plan_options {
    int zero; /* enum fc_zero, or FC_UNSTATED */
    enum fc_recompute recompute;
    enum fc_dispatch dispatch;
    enum fc_graph graph;
    enum fc_schedule schedule;
    bool fused_experts, attention_fp8, overlaps_ep;
    double bf16_layers;
    bool recompute_stated; /* else as the software is known to do */
    bool recompute_mla_up;
    enum fc_router router;
    double offload_layers;
    double fsdp_group; /* GPUs that share out the parameters; 0: all replicas */
};

/* Nothing recomputed, the rest off or as the software does. */
struct fc_plan_options fc_plan_default_options(void);

/* What a plan that is set shares out. */
enum fc_zero fc_plan_zero(const struct fc_plan *plan);

/* Jobs whose size is no multiple of a rack take 64 of the 72 GPUs of an NVL72, as its published jobs do, unless the
 * domain is stated. */
void fc_plan_place(struct fc_plan *plan);

/* Sets what follows from the options, the plan's sizes and its software, which must stand already. */
void fc_plan_set_options(struct fc_plan *plan, const struct fc_plan_options *options);

#endif
