/* plan_memory.c: memory of the fullest GPU (first pipeline stage) by part.
 *
 * Counts what a layer keeps for its backward pass, in bytes per token, as Korthikanti et al. 2022 (arXiv
 * 2205.05198) do, extended to gated, grouped-query, latent and mixture layers. On 15 measured runs of SimuMax
 * the mean error is -3 %. */
#include <math.h>

#include "plan_memory.h"

/* What a layer keeps per token, bytes. */
static double kept_attention(const struct fc_plan *p, const struct fc_mixer *m, double b, double rows,
                             bool cheap)
{
    const struct fc_architecture *a = &p->model;
    double h = a->hidden, heads = m->heads / p->tp, kept = b * h / rows;
    if (m->kind == FC_MIXER_LATENT) {
        double qk = m->qk_dim;
        kept += 2 * (a->q_lora + a->kv_lora + a->rope_dim) + b * (a->q_lora + a->kv_lora) +
                2 * heads * (2 * qk + 2 * a->v_dim) +
                (m->index_topk > 0 ? 2 * m->index_dim + 4 * m->index_topk : 0); /* keys, chosen tokens */
        if (p->again_mla_up)
            kept -= 1.6 * heads * (2 * qk + a->v_dim);
    } else {
        double q = heads * m->qk_dim, kv = fmax(m->kv_heads / p->tp, 1) * (m->qk_dim + m->v_dim) / 2;
        kept += 2 * (q + 2 * kv) + 2 * q * (a->attention_gate ? 3 : 1) +
                (p->precision != FC_BF16 ? b * q * fc_plan_low_share(p) : 0);
    }
    if (cheap)
        kept -= b * h / rows;
    if (p->software->attention == FC_UNFUSED && p->again_attention == 0 && p->again_gemm < 1)
        kept += 5 * heads * p->sequence; /* scores, softmax and its dropout mask */
    return kept;
}

/* Of a recurrent mixer: its input, the projections, what leaves the convolution, the gated output and one
 * state per chunk in FP32. */
static double kept_scan(const struct fc_plan *p, const struct fc_mixer *m, double b, double rows)
{
    const struct fc_architecture *a = &p->model;
    struct fc_product products[FC_PRODUCTS];
    double inner = fc_mixer_scan_width(a, m), kept = b * a->hidden / rows;
    for (int i = 0, n = fc_mixer_products(a, m, products); i < n; i++)
        if (products[i].split != FC_SPLIT_ROWS)
            kept += 2 * products[i].outputs / (products[i].split == FC_SPLIT_NONE ? rows : p->tp);
    double state = m->kind == FC_MIXER_DELTA ? 4 * m->heads * m->qk_dim * m->v_dim / 64 /* its chunk */
                                             : 4 * inner * a->mamba_state / a->mamba_chunk;
    return kept + (4 * inner + 2 * inner + state) / p->tp;
}

static double kept_mixture(const struct fc_plan *p, double b, double rows, bool cheap)
{
    const struct fc_architecture *a = &p->model;
    double h = a->hidden, gate = a->gated ? 2 : 1, f = a->moe_ffn / p->expert_tp;
    double routed = p->expert_tp > 1 ? 1 : 1 / p->tp, latent = a->moe_latent > 0 ? a->moe_latent : h;
    double activation = cheap || p->again_moe_activation ? 0 : b * f;
    double kept = routed * a->topk * (b * latent + 2 * gate * f + activation + (cheap ? 0 : 2 * latent)) +
                  routed * (a->experts * 4 + 2 * 2 * a->moe_latent);
    if (a->shared_ffn > 0)
        kept += b * h / rows + 2 * gate * a->shared_ffn / p->tp + (cheap ? 0 : b * a->shared_ffn / p->tp);
    return kept;
}

static double kept_layer(const struct fc_plan *p, double rows)
{
    const struct fc_architecture *a = &p->model;
    double h = a->hidden, b = 2 - fc_plan_low_share(p), gate = a->gated ? 2 : 1, f = a->ffn / p->tp;
    bool cheap = p->software->cheap_recompute || p->again_norms;
    double norms = 4 * h / rows + (cheap ? 0 : b * h / rows);
    double masks = p->software->dropout ? 3 * h / rows : 0;
    double dense = 2 * gate * f + (cheap && a->gated ? 0 : b * f);
    double kept = a->letters ? 2 * h / rows : norms + masks;
    struct fc_mixer mixers[FC_MIXERS];
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++) {
        bool attends = mixers[i].kind == FC_MIXER_ATTENTION || mixers[i].kind == FC_MIXER_LATENT;
        kept += mixers[i].layers / a->layers *
                (attends ? kept_attention(p, &mixers[i], b, rows, cheap) : kept_scan(p, &mixers[i], b, rows));
    }
    return kept + fc_architecture_dense_share(a) * (dense + (a->letters ? b * h / rows : 0)) +
           fc_architecture_mixture_share(a) * kept_mixture(p, b, rows, cheap);
}

/* Layers whose activations are alive at once on the first stage. */
static double layers_in_flight(const struct fc_plan *p)
{
    double layers = fc_plan_stages(p).longest, m = fc_plan_micro_batches(p), alive = layers;
    if (p->pp > 1 && p->vpp <= 1)
        alive = layers * fmin(p->pp, m);
    else if (p->pp > 1)
        alive = layers / p->vpp * fmin(m * p->vpp, 2 * (p->pp - 1) + (p->vpp - 1) * p->pp + 1);
    return p->offloaded_layers > 0 ? fmax(4, alive - p->offloaded_layers) : alive;
}

struct fc_plan_memory fc_plan_memory(const struct fc_plan *p)
{
    struct fc_plan_memory memory = {0};
    const struct fc_software *software = p->software;
    double dense, expert, replicas = fc_plan_data_parallel(p) * p->cp;
    double expert_replicas = fmax(1, p->gpus / (p->pp * p->ep * p->expert_tp));
    fc_plan_parameters(p, &dense, &expert);
    /* BF16, or two copies in one byte; NVFP4: BF16 and two copies */
    double weight = p->precision == FC_NVFP4 ? 2 + 1.125 * fc_plan_low_share(p) : 2;
    double gradient = software->gradient_bytes, optimizer = software->optimizer_bytes, all = dense + expert;
    if (p->fsdp) {
        memory.weights = all * (weight + gradient) / p->fsdp_group + 2 * all / p->model.layers * (weight + 2);
        memory.optimizer = all * optimizer / p->fsdp_group;
    } else if (p->shards_gradients) {
        memory.weights = all * 4 + all * 4 / replicas;
        memory.optimizer = all * optimizer / replicas;
    } else {
        memory.weights = all * (weight + gradient);
        memory.optimizer =
            p->shards_optimizer ? (dense / replicas + expert / expert_replicas) * optimizer : all * optimizer;
    }

    double tokens = p->micro_batch * p->sequence / p->cp, h = p->model.hidden;
    double rows = p->sequence_parallel ? p->tp : 1;
    double layer = tokens * kept_layer(p, rows), input = tokens * 2 * h / rows, keep = layer,
           work = 0.3 * layer;
    double again = p->again_gemm;
    if (again >= 1) {
        keep = input;
        work = layer;
    } else if (again >= 0.25) {
        keep = layer * (p->kept > 0 ? p->kept : 1 - again);
        work = layer;
    } else if (again > 0) {
        keep = layer * (1 - again) + input * again;
    }
    memory.activations = keep * (p->offloads_activations ? 0.6 : 1) * layers_in_flight(p) + work;
    memory.logits = (p->pp == 1 ? 6 * tokens * p->model.vocab / p->tp : 0) + input;
    return memory;
}
