/* plan_options.c: see plan_options.h. */
#include "plan_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct fc_plan_options fc_plan_default_options(void)
{
    return (struct fc_plan_options){.zero = FC_UNSTATED,
                                    .graph = FC_UNSTATED,
                                    .fused_experts = FC_UNSTATED,
                                    .attention_fp8 = FC_UNSTATED,
                                    .overlaps_ep = FC_UNSTATED,
                                    .overlaps_tp = FC_UNSTATED,
                                    .compile = FC_UNSTATED,
                                    .recompute_modules = FC_UNSTATED};
}

enum fc_zero fc_plan_zero(const struct fc_plan *p)
{
    return p->fsdp               ? FC_ZERO_PARAMETERS
           : p->shards_gradients ? FC_ZERO_GRADIENTS
           : p->shards_optimizer ? FC_ZERO_OPTIMIZER
                                 : FC_ZERO_NONE;
}

static void set_recompute(struct fc_plan *p, const struct fc_plan_options *o)
{
    enum fc_recompute recompute = o->recompute;
    p->again_gemm = p->again_attention = p->again_elementwise = p->again_tp = p->kept = 0;
    p->again_norms = p->again_moe_activation = false;
    if (recompute == FC_RECOMPUTE_FULL) {
        double share = o->recompute_layers > 0 ? fmin(1, o->recompute_layers * p->pp / p->model.layers) : 1;
        p->again_gemm = p->again_attention = p->again_elementwise = p->again_tp = share;
    } else if (recompute == FC_RECOMPUTE_SELECTIVE && p->software->id == FC_MEGATRON_2022) {
        p->again_attention = 1;
    } else if (recompute == FC_RECOMPUTE_SELECTIVE && p->software->id == FC_TORCHTITAN) {
        p->again_gemm = p->again_tp = 0.5;
        p->again_elementwise = 1;
        /* of the matrix products every other output, that of attention, and the block's input: 8 h + 2 kv + 2 f bytes
         * of 12 h + 4 kv + 6 f; compiled, the last of them, which no gradient needs, is not kept */
        p->kept = p->compiled ? 0.397 : 0.456;
    } else if (recompute == FC_RECOMPUTE_SELECTIVE) {
        p->again_elementwise = 0.4;
        p->again_norms = o->recompute_modules == FC_UNSTATED || o->recompute_modules & FC_MODULE_NORMS;
        p->again_moe_activation =
            o->recompute_modules == FC_UNSTATED || o->recompute_modules & FC_MODULE_MOE_ACTIVATION;
    }
}

/* Layers in low precision are compiled, without which it is of no use; software that is known to run on a GPU is no older than it,
 * and releases for Blackwell compile the loss too. */
static void set_compile(struct fc_plan *p, const struct fc_plan_options *o)
{
    bool torch = p->software->torch == FC_FSDP_2, late = p->gpu.family > FC_HOPPER;
    p->compiled = torch && (o->compile == FC_UNSTATED ? late || p->precision != FC_BF16
                                                      : o->compile != FC_COMPILE_NONE);
    p->compiled_loss = torch && (o->compile == FC_UNSTATED ? late : o->compile == FC_COMPILE_LOSS_TOO);
}

static void set_features(struct fc_plan *p, const struct fc_plan_options *o)
{
    const struct fc_recipe *r = &p->recipes[p->precision];
    int graph = o->graph == FC_UNSTATED ? r->graph : o->graph;
    p->graph = graph == FC_GRAPH_ROUTER ? FC_GRAPH_PARTIAL : (enum fc_graph)graph;
    p->graph_attention = graph == FC_GRAPH_PARTIAL;
    p->fused_experts = o->fused_experts == FC_UNSTATED ? r->fused_experts : o->fused_experts != 0;
    p->attention_fp8 = o->attention_fp8 == FC_UNSTATED ? r->attention_fp8 : o->attention_fp8 != 0;
    p->overlaps_ep = o->overlaps_ep == FC_UNSTATED ? r->overlaps_ep : o->overlaps_ep != 0;
    bool habit = p->software->dedup_dispatch || p->software_assumed;
    p->dedup_dispatch = o->dispatch == FC_DISPATCH_AUTO       ? (r->known ? r->dedup_dispatch : habit)
                        : o->dispatch == FC_DISPATCH_SOFTWARE ? habit
                                                              : o->dispatch == FC_DISPATCH_PER_DOMAIN;
    p->overlaps_tp = o->overlaps_tp == FC_UNSTATED ? p->software->overlaps_tp : o->overlaps_tp != 0;
}

bool fc_plan_takes_recipe(const struct fc_plan *p, const struct fc_plan_options *o)
{
    bool mixture = fc_architecture_is_mixture(&p->model);
    return o->graph == FC_UNSTATED || o->attention_fp8 == FC_UNSTATED ||
           (mixture && (o->fused_experts == FC_UNSTATED || o->overlaps_ep == FC_UNSTATED ||
                        o->dispatch == FC_DISPATCH_AUTO));
}

const char *fc_plan_features_text(const struct fc_plan *p, char *text, size_t size)
{
    bool mixture = fc_architecture_is_mixture(&p->model);
    const char *const words[] = {
        p->graph == FC_GRAPH_FULL   ? "CUDA graph of the whole step"
        : p->graph == FC_GRAPH_NONE ? ""
        : p->graph_attention        ? "CUDA graphs of attention and router"
                                    : "CUDA graphs of the router",
        mixture ? (p->dedup_dispatch ? "tokens sent once per domain" : "tokens sent to each expert") : "",
        mixture && p->overlaps_ep ? "expert exchange overlapped" : "",
        mixture && p->fused_experts ? "fused experts" : "", p->attention_fp8 ? "attention in FP8" : ""};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i][0] && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", words[i]);
    if (!used)
        snprintf(text, size, "none");
    return text;
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
    set_compile(p, o);
    set_recompute(p, o);
    /* MaxText and Paxml: nothing recomputed would not fit, and the policy is not published; two thirds */
    if (!o->recompute_stated && (p->software->id == FC_JAX || p->software->id == FC_PAXML))
        p->again_gemm = p->again_elementwise = 0.66;
    p->again_mla_up = o->recompute_mla_up;
    bool all = o->offload & FC_OFFLOAD_ACTIVATIONS && o->offload_layers <= 0;
    p->offloaded_layers = all ? p->model.layers + p->model.mtp_layers : o->offload_layers;
    p->offload = o->offload;
    p->order = o->order;
    p->offload_rate = o->offload_rate;
    p->offloads_activations = o->offloads_activations;
    p->balanced_router = o->router == FC_ROUTER_BALANCED;
    p->drops_tokens = o->router == FC_ROUTER_DROPPING;
    p->sequence_parallel = p->tp > 1 && !p->software->early_megatron &&
                           !(p->software->id == FC_MEGATRON_2022 && p->again_gemm >= 1);
    set_features(p, o);
}
