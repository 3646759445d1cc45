/* plan_options.c: see plan_options.h. */
#include "plan_options.h"

#include <math.h>

struct fc_plan_options fc_plan_default_options(void)
{
    return (struct fc_plan_options){.zero = FC_UNSTATED};
}

enum fc_zero fc_plan_zero(const struct fc_plan *p)
{
    return p->fsdp               ? FC_ZERO_PARAMETERS
           : p->shards_gradients ? FC_ZERO_GRADIENTS
           : p->shards_optimizer ? FC_ZERO_OPTIMIZER
                                 : FC_ZERO_NONE;
}

static void set_recompute(struct fc_plan *p, enum fc_recompute recompute)
{
    p->again_gemm = p->again_attention = p->again_elementwise = p->again_tp = p->kept = 0;
    p->again_norms = p->again_moe_activation = false;
    if (recompute == FC_RECOMPUTE_FULL) {
        p->again_gemm = p->again_attention = p->again_elementwise = p->again_tp = 1;
    } else if (recompute == FC_RECOMPUTE_SELECTIVE && p->software->id == FC_MEGATRON_2022) {
        p->again_attention = 1;
    } else if (recompute == FC_RECOMPUTE_SELECTIVE && p->software->id == FC_TORCHTITAN) {
        p->again_gemm = p->again_tp = 0.5;
        p->again_elementwise = 1;
        p->kept = 0.55;
    } else if (recompute == FC_RECOMPUTE_SELECTIVE) {
        p->again_elementwise = 0.4;
        p->again_norms = p->again_moe_activation = true;
    }
}

void fc_plan_place(struct fc_plan *p)
{
    if (p->gpu.domain == 72 && p->gpus > 72 && fmod(p->gpus, 72) != 0)
        p->gpu.domain = 64;
}

void fc_plan_set_options(struct fc_plan *p, const struct fc_plan_options *o)
{
    p->fsdp = o->zero == FC_ZERO_PARAMETERS || p->software->fsdp;
    p->fsdp_group = o->fsdp_group > 0 ? o->fsdp_group : fc_plan_data_parallel(p) * p->cp;
    p->shards_optimizer = o->zero == FC_UNSTATED ? p->software->shards_optimizer : o->zero != FC_ZERO_NONE;
    p->shards_gradients = o->zero == FC_ZERO_GRADIENTS;
    p->bf16_layers = o->bf16_layers;
    p->schedule = o->schedule;
    set_recompute(p, o->recompute);
    /* MaxText and Paxml: nothing recomputed would not fit, and the policy is not published; two thirds */
    if (!o->recompute_stated && (p->software->id == FC_JAX || p->software->id == FC_PAXML))
        p->again_gemm = p->again_elementwise = 0.66;
    p->again_mla_up = o->recompute_mla_up;
    p->offloaded_layers = o->offload_layers;
    p->balanced_router = o->router == FC_ROUTER_BALANCED;
    p->drops_tokens = o->router == FC_ROUTER_DROPPING;
    p->sequence_parallel = p->tp > 1 && p->software->id != FC_MEGATRON_2021 &&
                           !(p->software->id == FC_MEGATRON_2022 && p->again_gemm >= 1);
    p->overlaps_tp = p->software->overlaps_tp;
    p->graph = o->graph;
    p->graph_attention = p->graph == FC_GRAPH_PARTIAL;
    p->fused_experts = o->fused_experts;
    p->attention_fp8 = o->attention_fp8;
    p->overlaps_ep = o->overlaps_ep;
    p->dedup_dispatch =
        o->dispatch == FC_DISPATCH_PER_DOMAIN ||
        (o->dispatch == FC_DISPATCH_AUTO && (p->software->dedup_dispatch || p->software_assumed));
}
