/* plan_program.c: the numbers of a step: FLOP, bytes and kernels of an average layer, its messages, the
 * pipeline. */
#include "plan_program.h"

#include <math.h>
#include <string.h>

#include "collectives.h"
#include "host/language/special.h"
#include "muon.h"
#include "order.h"
#include "plan_memory.h"
#include "spans.h"
#include "stages.h"

enum {
    /* keys that a block of queries costs beyond those it attends to, with tiles of 128: half a tile on the
     * diagonal, and about one to fill and drain the pipeline (engineering count) */
    TILE_KEYS = 192
};

static double up_to(double n, double multiple)
{
    return ceil(n / multiple) * multiple;
}

static double tokens(const struct fc_plan *p)
{
    return p->micro_batch * p->sequence / p->cp;
}

/* What a layer asks of a GPU for one micro-batch. */
struct layer {
    const struct fc_plan *plan;
    double operand_bytes;    /* of a GEMM operand's element */
    double accumulate_bytes; /* of a weight gradient's element, read and written */
    double passes;
    double linear, grouped, grouped_row, attention, unfused; /* FLOP */
    double operand, accumulate, elementwise, mamba, clamp,
        expert_elementwise;             /* bytes; mamba, clamp: elements */
    double quantized, expert_quantized; /* elements */
    double kernels;
    double local_experts;
};

/* `count` products of M x K by K x N in a share `weight` of the layers; tiles of 128 x 64 are filled up. */
static void add_gemm(struct layer *l, double m, double n, double k, double weight, bool grouped, double count,
                     double passes)
{
    double flop = (n > 512 ? 2 * m * up_to(n, 128) * up_to(k, 64) : 2 * m * n * k) * count * weight;
    if (grouped) {
        l->grouped += flop * passes;
        l->grouped_row += flop * passes / m;
    } else {
        l->linear += flop * passes;
    }
    double b = l->operand_bytes;
    l->operand += weight * count *
                  ((m * k + k * n) * b * (passes - 2) + m * n * 2 * (passes - 2) + (m * n + k * n) * b +
                   m * k * 2 + (m * n + m * k) * b);
    l->accumulate += weight * count * k * n * l->accumulate_bytes;
}

/* The same with the weights frozen: no gradient of theirs, but two narrow products beside it. */
static void add_adapted(struct layer *l, double m, double n, double k, double weight, double passes)
{
    double b = l->operand_bytes, rank = l->plan->lora_rank;
    double flop = (n > 512 ? 2 * m * up_to(n, 128) * up_to(k, 64) : 2 * m * n * k) * weight;
    l->linear += flop * (passes - 1);
    l->operand += weight * ((m * k + k * n) * b * (passes - 2) + m * n * 2 * (passes - 2) +
                            (m * n + k * n) * b + m * k * 2);
    add_gemm(l, m, rank, k, weight, false, 1, passes);
    add_gemm(l, m, n, rank, weight, false, 1, passes);
    l->kernels += weight * 6; /* two forward, four backward */
}

/* A product of all tokens, by whether its weights are trained. */
static void add_linear(struct layer *l, double m, double n, double k, double weight, double passes)
{
    if (l->plan->lora_rank > 0)
        add_adapted(l, m, n, k, weight, passes);
    else
        add_gemm(l, m, n, k, weight, false, 1, passes);
}

/* The products of a mixer that are not those of attention proper: latent projections, recurrent mixers. */
static void add_products(struct layer *l, const struct fc_mixer *m, double weight)
{
    const struct fc_plan *p = l->plan;
    struct fc_product products[FC_PRODUCTS];
    double t = tokens(p);
    for (int i = 0, n = fc_mixer_products(&p->model, m, products); i < n; i++) {
        const struct fc_product *x = &products[i];
        double outputs = x->split == FC_SPLIT_COLUMNS ? x->outputs / p->tp : x->outputs;
        double inputs = x->split == FC_SPLIT_ROWS ? x->inputs / p->tp : x->inputs;
        bool whole = x->split == FC_SPLIT_NONE && p->sequence_parallel;
        /* the up-projections are those of latents to heads */
        bool up = m->kind == FC_MIXER_LATENT && x->split == FC_SPLIT_COLUMNS && x->inputs < p->model.hidden;
        add_linear(l, whole ? t / p->tp : t, outputs, inputs, weight,
                   l->passes + (up && p->again_mla_up ? 1 : 0));
        if (m->kind != FC_MIXER_LATENT)
            l->quantized += weight * (whole ? t / p->tp : t) * (inputs + outputs);
    }
}

static void add_attention(struct layer *l, const struct fc_mixer *m, double weight)
{
    const struct fc_plan *p = l->plan;
    const struct fc_architecture *a = &p->model;
    double t = tokens(p), h = a->hidden, heads = m->heads / p->tp, width = (m->qk_dim + m->v_dim) / 2, qkv;
    if (m->kind == FC_MIXER_LATENT) {
        add_products(l, m, weight);
        l->quantized += weight * t *
                        (2 * h / p->tp + a->q_lora + a->kv_lora + 2 * heads * m->v_dim +
                         heads * (2 * a->nope_dim + a->rope_dim + m->v_dim) + h);
        qkv = 2 * heads * m->qk_dim + heads * m->v_dim;
    } else {
        double q = heads * m->qk_dim, kv = fmax(m->kv_heads / p->tp, 1) * (m->qk_dim + m->v_dim),
               v = heads * m->v_dim;
        qkv = q + kv + (a->attention_gate ? v : 0);
        add_linear(l, t, qkv, h, weight, l->passes);
        add_linear(l, t, h, v, weight, l->passes);
        l->quantized += weight * t * (h + v + qkv + h);
    }
    bool fused = p->software->attention != FC_UNFUSED;
    double context = fc_mixer_context(m, p->sequence, fused);
    double flop = weight * 4 * t * context * heads * width;
    /* context parallel: a ring, in each step a kernel for a block of queries and one of keys, two blocks to a rank so that
     * the causal work is even; partial results are put together */
    double block = p->sequence / (2 * p->cp),
           visits = fmin(0.5 * (p->cp + 1), 1 + context * p->cp / p->sequence);
    if (fused) {
        /* the softmax of a narrow head costs as much as 30 more columns; heads are padded to whole slices of 32 columns,
         * queries to tiles of 128 */
        double padded = up_to(width, 32) / width, tiles = p->cp > 1 ? up_to(block, 128) / block : 1;
        l->attention += flop * padded * tiles * (3.5 + p->again_attention) * (1 + 30 / width) *
                        (1 + TILE_KEYS * visits / context);
        /* forward 10 bytes to add a step's output to the sum in FP32; backward 6 for queries, 6 for keys and values */
        double again = 10 * (1 + p->again_attention);
        l->elementwise += weight * t * (p->cp - 1) *
                          (heads * m->v_dim * again +
                           6 * (heads * m->qk_dim + fmax(m->kv_heads / p->tp, 1) * (m->qk_dim + m->v_dim)));
        l->kernels += weight * (p->cp - 1) * (6 + 2 * p->again_attention);
        l->attention += weight * t * p->sequence * m->index_heads * m->index_dim / p->tp *
                        (3 + p->again_attention); /* scores of the indexer, causal */
    } else {
        /* rows of heads that do not begin at 16 bytes keep the products off the tensor cores: an eighth of the rate */
        double aligned = fmod(m->qk_dim, 8) == 0 && fmod(m->v_dim, 8) == 0 ? 1 : 8;
        l->unfused += aligned * flop * (3 + p->again_attention);
        l->elementwise += weight * t * p->sequence * heads * (29 + 13 * p->again_attention);
    }
    l->elementwise += weight * t * qkv * (12 + 4 * p->again_elementwise);
}

static void add_dense(struct layer *l, double weight, double ffn)
{
    const struct fc_plan *p = l->plan;
    double t = tokens(p), h = p->model.hidden, gate = p->model.gated ? 2 : 1, f = ffn / p->tp;
    add_linear(l, t, gate * f, h, weight, l->passes);
    add_linear(l, t, h, f, weight, l->passes);
    l->quantized += weight * t * (2 * h + f + gate * f);
    /* x, y in two bytes each; NeMo runs relu and square as kernels of their own, forward (8) and backward
     * (16) */
    bool apart = p->model.squared_relu && (p->software->id == FC_NEMO_24 || p->software->id == FC_NEMO_25);
    double bytes =
        p->model.gated ? 16 + 6 * p->again_elementwise : (apart ? 24 : 10) + 4 * p->again_elementwise;
    l->elementwise += weight * t * f * bytes;
}

static void add_experts(struct layer *l, double weight)
{
    const struct fc_plan *p = l->plan;
    const struct fc_architecture *a = &p->model;
    double t = tokens(p), h = a->hidden, gate = a->gated ? 2 : 1, f = a->moe_ffn / p->expert_tp;
    double routed = p->expert_tp > 1 ? t : t / p->tp;
    if (a->moe_latent > 0) { /* down before dispatch, up after combine */
        add_gemm(l, t / p->tp, a->moe_latent, h, weight, false, 1, l->passes);
        add_gemm(l, t / p->tp, h, a->moe_latent, weight, false, 1, l->passes);
        l->quantized += weight * t / p->tp * 2 * (h + a->moe_latent);
        h = a->moe_latent;
    }
    l->local_experts = a->experts / p->ep;
    double copies = routed * a->topk, rows = copies / l->local_experts;
    add_gemm(l, rows, gate * f, h, weight, true, l->local_experts, l->passes);
    add_gemm(l, rows, h, f, weight, true, l->local_experts, l->passes);
    l->clamp += a->clamped && p->software->id != FC_AUTOMODEL ? weight * copies * gate * f : 0;
    l->expert_elementwise +=
        weight * (copies * (f * (16 + 6 * p->again_elementwise) + h * 16) + routed * a->experts * 40);
    l->expert_quantized += weight * copies * (2 * h + f + gate * f);
    if (a->shared_ffn > 0) {
        double shared = a->shared_ffn / p->tp;
        h = a->hidden;
        add_gemm(l, t, gate * shared, h, weight, false, 1, l->passes);
        add_gemm(l, t, h, shared, weight, false, 1, l->passes);
        l->elementwise += weight * t * shared * 16;
        l->quantized += weight * t * (2 * h + 3 * shared);
    }
    l->kernels += weight * (60 + 10 * fc_plan_low_share(p));
}

/* A recurrent mixer: its products and the bytes of its scan. */
static void add_scan(struct layer *l, const struct fc_mixer *m, double weight)
{
    const struct fc_plan *p = l->plan;
    add_products(l, m, weight);
    l->mamba += weight * tokens(p) * fc_mixer_scan_width(&p->model, m) / p->tp;
}

/* Forward, backward by data and by weight, recomputation. */
static double layer_passes(const struct fc_plan *p)
{
    return 3 + p->again_gemm;
}

static struct layer count_layer(const struct fc_plan *p, const struct fc_stages *stages)
{
    static const double operand_bytes[] = {[FC_BF16] = 2, [FC_FP8] = 1, [FC_MXFP8] = 1, [FC_NVFP4] = 0.5625};
    const struct fc_architecture *a = &p->model;
    double low = fc_plan_low_share(p);
    struct layer l = {.plan = p,
                      .operand_bytes = low * operand_bytes[p->precision] + (1 - low) * operand_bytes[FC_BF16],
                      .accumulate_bytes = p->software->accumulates_fp32 ? 8 : 2,
                      .passes = layer_passes(p)};
    double mixture = stages->mixture, dense = stages->dense;
    struct fc_mixer mixers[FC_MIXERS];
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++) {
        bool attends = mixers[i].kind == FC_MIXER_ATTENTION || mixers[i].kind == FC_MIXER_LATENT;
        (attends ? add_attention : add_scan)(&l, &mixers[i], mixers[i].layers / a->layers);
    }
    double norms = a->letters || fc_plan_is_parallel(p) ? 1 : 2;
    double rows = p->sequence_parallel ? tokens(p) / p->tp : tokens(p);
    l.elementwise +=
        rows * a->hidden * norms *
        (18 + 6 * p->again_elementwise + (p->software->dropout ? 12 + 5 * p->again_elementwise : 0));
    l.kernels +=
        36 + 14 * low + (fc_architecture_is_latent(a) ? 12 : 0) + 5 * (p->again_gemm + p->again_elementwise);
    if (dense > 0)
        add_dense(&l, dense, a->ffn);
    if (mixture > 0)
        add_experts(&l, mixture);
    l.quantized *= low;
    l.expert_quantized *= low;
    return l;
}

/* The expected largest of n standard normals (Blom 1958). */
static double largest_of(double n)
{
    double below = (n - 0.375) / (n + 0.25);
    return n > 1 ? fc_normal_quantile((struct fc_tails){below, 1 - below}) : 0;
}

/* Pipelines that meet only at the end of a step: ranks that exchange tokens or
 * gather parameters keep pace with each other. */
static double independent_replicas(const struct fc_plan *p)
{
    double replicas = fc_plan_data_parallel(p);
    if (p->fsdp)
        return 1;
    return fc_architecture_is_mixture(&p->model) ? fmin(replicas, fc_plan_expert_replicas(p)) : replicas;
}

/* The fullest of `ep` ranks over the mean, less 1, per unit of the standard deviation of one expert's load: the
 * largest of `ep` normals, each the mean of `local` experts. */
static double router_excess(const struct fc_plan *p, double local)
{
    if (p->ep <= 1 || p->balanced_router || p->drops_tokens || local <= 0)
        return 0;
    return largest_of(p->ep) / sqrt(local);
}

static void put_layer(const struct fc_plan *p, const struct fc_stages *stages, struct fc_step_program *s)
{
    const struct layer l = count_layer(p, stages);
    const struct fc_accelerator *g = &p->gpu;
    /* of FP4 the part that the measured efficiency refers to; `ultra` adds the rest */
    double peak = g->clock_ratio * (p->precision == FC_NVFP4 ? g->fp4_base_flop_per_s : fc_plan_peak(p)),
           high = g->clock_ratio * g->bf16_flop_per_s, hbm = g->memory_bytes_per_s;
    double mixture = stages->mixture;
    double alone = 1 - 1 / fmax(1, l.local_experts);
    s->low = (p->precision != FC_BF16);
    double low = s->low ? fc_plan_low_share(p) : 1; /* the rest at the BF16 peak */
    s->linear_s = (float)(low * l.linear / peak);
    s->grouped_s = (float)(low * l.grouped / peak);
    s->grouped_row_s = (float)(low * l.grouped_row / peak);
    s->linear_high_s = (float)((1 - low) * l.linear / high);
    s->grouped_high_s = (float)((1 - low) * l.grouped / high);
    s->grouped_high_row_s = (float)((1 - low) * l.grouped_row / high);
    s->router_excess = (float)router_excess(p, l.local_experts);
    s->experts_part = (float)alone;
    s->ultra = p->precision == FC_NVFP4 ? (float)(g->fp4_flop_per_s / g->fp4_base_flop_per_s - 1) : 0;
    s->attention_s = (float)(l.attention / high);
    s->unfused_s = (float)(l.unfused / high);
    s->operand_s = (float)(l.operand / hbm);
    s->accumulate_s = (float)(l.accumulate / hbm);
    s->elementwise_s = (float)(l.elementwise / hbm);
    s->mamba_s = (float)(l.mamba / hbm);
    s->clamp_s = (float)(l.clamp * (p->fused_experts ? 0.4 : 1) / hbm);
    s->quantize_s = (float)(l.quantized / hbm);
    s->expert_elementwise_s = (float)(l.expert_elementwise / hbm);
    s->expert_quantize_s = (float)(l.expert_quantized / hbm);
    s->expert_part = (float)(p->fused_experts ? 0 : alone);
    s->gaps = (float)(l.kernels * (p->graph == FC_GRAPH_FULL ? 0.5 : 1));
    double launched = p->graph == FC_GRAPH_FULL      ? 0.05
                      : p->graph == FC_GRAPH_PARTIAL ? (p->graph_attention ? 0.6 : 0.8)
                                                     : 1;
    double per_expert = p->fused_experts ? 0.1 : 0.5 + 0.5 * (s->low ? low : 0);
    s->launches = (float)(l.kernels * launched);
    s->moe_launches = (float)(mixture * launched);
    s->expert_launches = (float)(mixture * l.local_experts * per_expert * launched);

    double t = tokens(p), h = p->model.hidden, v = p->model.vocab / p->tp, heads = 1 + p->model.mtp_layers;
    s->head_s = (float)((p->lora_rank > 0 ? 4 : 6) * t * h * v * heads / high);
    s->head_bytes_s =
        (float)((t * v * 16 * heads + 2 * (3 * t * h + 3 * h * v + 3 * t * v) + 8 * h * v) / hbm);
}

/* Mixers and dense feed-forward blocks of an average layer, each split by tensor parallelism. */
static double split_parts(const struct fc_plan *p, const struct fc_stages *stages)
{
    return (p->model.letters ? 1 - stages->mixture - stages->dense : 1) + stages->dense;
}

static double tp_messages(const struct fc_plan *p, const struct fc_stages *stages)
{
    const struct fc_architecture *a = &p->model;
    double mixture = stages->mixture;
    if (p->tp <= 1)
        return 0;
    if (!fc_architecture_is_mixture(a) && !a->letters)
        return (4 + (p->sequence_parallel ? 6 : 4) + 4 * p->again_tp) * (fc_plan_is_parallel(p) ? 0.5 : 1);
    return 5 * split_parts(p, stages) + (p->expert_tp > 1 ? 5 * mixture : 0) +
           (a->shared_ffn > 0 ? 5 * mixture : 0);
}

/* A collective of a layer inside one domain or, when it is larger, over adapters: slices are part of its
 * bytes. */
static void put_flat(const struct fc_accelerator *g, const struct fc_pass *pass, double count,
                     float *nvlink_s, float *nic_s, float *steps, float *far_steps)
{
    *nvlink_s = (float)(count * (pass->bytes + pass->slices) / g->nvlink_bytes_per_s);
    *nic_s = (float)(count * (pass->out_bytes + pass->far_slices) / g->nic_bytes_per_s);
    *steps = (float)(count * pass->steps);
    *far_steps = (float)(count * pass->far_steps);
}

/* One pass over groups of `ranks` ranks, `stride` GPUs apart. */
static struct fc_pass pass_over(const struct fc_plan *p, double bytes, double ranks, double stride)
{
    struct fc_span span = fc_span_of(ranks, stride, p->gpus, p->gpu.domain);
    return fc_collective_pass(bytes, ranks, span.inside, false);
}

/* One pass over `ranks` of those that hold the same dense parameters, data and context parallel ones. */
static struct fc_pass pass_over_replicas(const struct fc_plan *p, double bytes, double ranks)
{
    struct fc_strides at = fc_plan_strides(p);
    bool cp_inside = at.cp <= at.dp;
    double inner = fmin(ranks, cp_inside ? p->cp : fc_plan_data_parallel(p));
    double near = cp_inside ? at.cp : at.dp, far = cp_inside ? at.dp : at.cp;
    struct fc_span span = fc_span_of_rows(inner, near, ranks / inner, far, p->gpus, p->gpu.domain);
    return fc_collective_pass(bytes, ranks, span.inside, false);
}

static void put_layer_messages(const struct fc_plan *p, const struct fc_stages *stages,
                               struct fc_step_program *s)
{
    const struct fc_accelerator *g = &p->gpu;
    const struct fc_architecture *a = &p->model;
    double t = tokens(p), h = a->hidden, mixture = stages->mixture;
    struct fc_strides at = fc_plan_strides(p);
    struct fc_pass tp = pass_over(p, 2 * t * h, p->tp, at.tp);
    double messages = tp_messages(p, stages);
    /* the linear layers of experts have no overlap of their own */
    s->tp_plain = fc_architecture_is_mixture(a) && messages > 0
                      ? (float)(1 - 5 * split_parts(p, stages) / messages)
                      : 0;
    put_flat(g, &tp, messages, &s->tp_nvlink_s, &s->tp_nic_s, &s->tp_steps, &s->tp_far_steps);

    /* a ring of keys and values, forward once and backward with their gradients */
    double share = fc_architecture_attention_share(a);
    struct fc_mixer mixers[FC_MIXERS];
    double kv = 4 * fmax(a->kv_heads / p->tp, 1) * a->head_dim * t;
    for (int i = 0, n = fc_architecture_is_latent(a) ? fc_architecture_mixers(a, mixers) : 0; i < n; i++)
        if (mixers[i].kind == FC_MIXER_LATENT) /* every head's own */
            kv = 2 * mixers[i].heads / p->tp * (mixers[i].qk_dim + mixers[i].v_dim) * t;
    double cp_bytes = 3 * kv * (p->cp - 1) * share;
    bool cp_inside = fc_span_of(p->cp, at.cp, p->gpus, g->domain).domains <= 1;
    s->cp_nvlink_s = cp_inside ? (float)(cp_bytes / g->nvlink_bytes_per_s) : 0;
    s->cp_nic_s = cp_inside ? 0 : (float)(cp_bytes / g->nic_bytes_per_s);
    s->cp_steps = cp_inside ? (float)(3 * (p->cp - 1)) : 0;
    s->cp_far_steps = cp_inside ? 0 : (float)(3 * (p->cp - 1));

    /* dispatch and combine, forward and backward; across the network one copy per token, or per domain it
     * goes to */
    if (p->ep > 1) {
        double unit = mixture * t / p->tp * (a->moe_latent > 0 ? a->moe_latent : h) * 2;
        struct fc_span span = fc_span_of(p->ep, at.ep, p->gpus, g->domain);
        double domains = span.domains, away = 1 - span.fewest / p->ep; /* of the rank with fewest beside it */
        double inside = unit * a->topk * (1 - 1 / p->ep);
        double outside = p->dedup_dispatch && domains > 1
                             ? unit * (domains - 1) * (1 - pow(1 - away / (domains - 1), a->topk))
                             : unit * a->topk * away;
        /* dispatch and combine, forward and backward, in BF16; or the two dispatches in one byte */
        double passes = 4;
        if (fc_plan_keeps_fp8(p)) {
            passes = 3;
            outside = fmin(outside, unit * 4 * away);
        }
        s->ep_nvlink_s = (float)(passes * inside / g->nvlink_bytes_per_s);
        s->ep_nic_s = (float)(passes * outside / g->nic_bytes_per_s);
        /* all peers at once: as late as the small all-reduce of eight GPUs, whose steps are measured;
         * dispatch and combine both ways, and their counts */
        s->ep_steps = 8 * 7;
        s->ep_far_steps = domains > 1 ? 8 : 0;
    }
}

static void put_stage_messages(const struct fc_plan *p, struct fc_step_program *s)
{
    const struct fc_accelerator *g = &p->gpu;
    if (p->pp <= 1)
        return;
    double bytes = (fc_plan_micro_batches(p) + p->pp - 1) * 4 * p->vpp * tokens(p) * p->model.hidden / p->tp;
    double stride = fc_plan_strides(p).pp;
    bool inside = p->gpus <= g->domain || fmod(g->domain, stride * p->pp) == 0;
    double across = inside ? 0 : fmin(1, stride / g->domain);
    s->pp_nvlink_s = (float)(bytes * (1 - across) / g->nvlink_bytes_per_s);
    s->pp_nic_s = (float)(bytes * across / g->nic_bytes_per_s);
}

/* Gradients of `parameters` reduced and weights gathered over `replicas`, in one message; where that
 * overlaps, in buckets of 40 million parameters or one million per replica, as Megatron-LM's distributed data
 * parallel. */
static void add_replicas(const struct fc_plan *p, struct fc_step_program *s, double parameters, bool experts,
                         float *nvlink_s, float *nic_s)
{
    const struct fc_accelerator *g = &p->gpu;
    double replicas = experts ? fc_plan_expert_replicas(p) : fc_plan_replicas(p);
    /* scattered, then new weights gathered; or all-reduced, which is both of gradients */
    bool scatters = p->shards_optimizer && !p->software->reduces_whole;
    double gathered = (p->precision != FC_BF16) ? p->software->gathered_bytes_low : 2;
    double bytes = fc_plan_gradient_bytes(p) * (scatters ? 1 : 2) + (p->shards_optimizer ? gathered : 0);
    double bucket = p->software->overlaps_dp ? fmin(parameters, fmax(40e6, 1e6 * replicas)) : parameters;
    double buckets = parameters / bucket;
    struct fc_pass pass = experts ? pass_over(p, 0.5 * bytes * bucket, replicas, fc_plan_strides(p).expert_dp)
                                  : pass_over_replicas(p, 0.5 * bytes * bucket, replicas);
    *nvlink_s = (float)(2 * buckets * pass.bytes / g->nvlink_bytes_per_s);
    *nic_s = (float)(2 * buckets * pass.out_bytes / g->nic_bytes_per_s);
    s->dp_slices_s += (float)(2 * buckets * pass.slices / g->nvlink_bytes_per_s);
    s->dp_far_slices_s += (float)(2 * buckets * pass.far_slices / g->nic_bytes_per_s);
    s->dp_steps += (float)(2 * buckets * pass.steps);
    s->dp_far_steps += (float)(2 * buckets * pass.far_steps);
}

/* Idle layers and heads of the pipeline per step, and how much of them weight gradients fill.
 *
 * 1F1B and interleaved: (pp - 1) forward and backward passes of a chunk, the largest one. ZB-H1 (Qi et al. 2024)
 * puts the weight gradients W into it, (pp - 1) (F + B - W), where B is without W; DualPipe (DeepSeek-AI 2024,
 * arXiv 2412.19437, table 2) leaves (pp / 2 - 1) (F&B + B - 3 W), with B = 2 F and F&B the overlapped pass of both:
 * 5/3 of a layer. In step.h for the layers, here for the head, whose F, backward by data and W are equal. */
static void put_bubble(const struct fc_plan *p, const struct fc_stages *stages, struct fc_step_program *s)
{
    double chunk =
        p->vpp > 1 && stages->chunk * p->vpp > stages->longest ? stages->chunk : stages->mean / p->vpp;
    double passes = p->pp - 1, head = p->pp * p->vpp <= 1 ? 1 : 1 / p->pp;
    s->idle_layer = 1;
    s->idle_weights = 2;
    if (p->schedule == FC_DUALPIPE) {
        passes = fmax(0, 0.5 * p->pp - 1);
        s->idle_layer = 5.0f / 3;
        s->idle_weights = 3;
    }
    s->bubble_layers = (float)(passes * chunk);
    bool fills = p->schedule != FC_ONE_F_ONE_B;
    s->zero_bubble = fills ? 1 : 0;
    s->weight_share = (float)(fills ? 1 / layer_passes(p) : 0);
    double filled = p->schedule == FC_ZERO_BUBBLE ? 1.0 / 3 : p->schedule == FC_DUALPIPE ? 2.0 / 3 : 1;
    s->bubble_head = (float)(passes / p->vpp * head * filled);
}

void fc_plan_pipeline_program(const struct fc_plan *p, const struct fc_stages *stages,
                              struct fc_step_program *s)
{
    s->micro_batches = (float)fc_plan_micro_batches(p);
    s->layers = (float)stages->longest;
    s->last_layers = (float)stages->last;
    s->last_head = 1;
    if (p->schedule == FC_DUALPIPE) { /* each rank runs both its stages for half of the micro-batches */
        s->layers = (float)stages->longest;
        s->last_layers = (float)(0.5 * (stages->longest + stages->last));
        s->last_head = 0.5f;
    }
    put_bubble(p, stages, s);
    put_stage_messages(p, s);
}

/* Muon's products, in BF16 once per step. They are spread over the layers of all micro-batches, so that their sum over the step
 * is right: through the longest stage, and idle in the bubble as a layer is. Of the 34 bytes per parameter that Adam reads and
 * writes (efficiency.optimizer_bytes) the 8 of the variance are not there. */
static void add_muon(const struct fc_plan *p, const struct fc_stages *stages, struct fc_step_program *s)
{
    double idle = fmax(0, (double)s->idle_layer - (double)s->idle_weights * (double)s->weight_share);
    double layers = fc_plan_micro_batches(p) * stages->longest + (double)s->bubble_layers * idle;
    double high = p->gpu.clock_ratio * p->gpu.bf16_flop_per_s;
    s->linear_high_s += (float)(fc_muon_flop(p, stages) / layers / high);
    s->optimizer_s *= 26.0f / 34;
}

/* What one layer sends to the host's memory and fetches from there for a micro-batch, in s: `in` and `out` bytes at once, each in
 * its direction of the link; the memory itself serves both. */
static double host_copy(const struct fc_accelerator *g, double in, double out)
{
    return in + out > 0
               ? fmax(fmax(in, out) / g->host_link_bytes_per_s, (in + out) / g->host_memory_bytes_per_s)
               : 0;
}

/* Bytes per parameter that an Adam on the host moves through its memory: gradient, FP32 weight and two moments read (16), the last
 * three written (12), and the weight for the GPU (2). */
enum { HOST_ADAM_BYTES = 30 };

/* What waits in the memory of the host. Activations leave in the forward pass and come back in the backward pass; weights come for
 * both, the shards of them where parameters are shared out, and their reduced gradients leave then. Each copy runs beside the pass
 * of a layer, one layer ahead; what hides and what does not is in step.h. Once per step gradients go out, the host's Adam runs and
 * weights come back, one after the other, as stacks do it unless told otherwise; weights that wait on the host, and are not the
 * host's own to update, go there again. */
static void put_offload(const struct fc_plan *p, const struct fc_stages *stages, double dense, double expert,
                        double owned, struct fc_step_program *s)
{
    const struct fc_accelerator *g = &p->gpu;
    bool away = p->offload & FC_OFFLOAD_WEIGHTS;
    double gradient = fc_plan_gradient_bytes(p), kept = 0, weights = 0, gradients = 0;
    double share = p->offloaded_layers > 0   ? fmin(1, p->offloaded_layers / stages->longest)
                   : p->offloads_activations ? 1 - FC_ON_GPU
                                             : 0;
    if (share > 0)
        kept = share * fc_plan_layer_keeps(p, stages->dense, stages->mixture);
    if (away) {
        double layer = (p->fsdp ? owned : dense + expert) / stages->longest;
        weights = layer * fc_plan_stored_bytes(p);
        gradients = p->fsdp ? layer * fc_plan_trained_share(p) * gradient : 0;
    }
    s->forward_share = (float)(1 / layer_passes(p));
    s->offload_forward_s = (float)host_copy(g, weights, kept);
    s->offload_backward_s = (float)host_copy(g, weights + kept, gradients);
    double all = dense + expert, stored = fc_plan_stored_bytes(p), mine = fc_plan_trained_share(p) * owned,
           gathered = 0;
    if (away && !p->fsdp) /* new weights come together on the GPU, and go back to where they wait */
        gathered =
            p->offload & FC_OFFLOAD_OPTIMIZER && owned >= all ? 0 : fc_plan_trained_share(p) * all * stored;
    s->host_optimizer_s = (float)host_copy(g, 0, gathered);
    if (p->offload & FC_OFFLOAD_OPTIMIZER) {
        double adam = mine * HOST_ADAM_BYTES / (p->offload_rate * g->host_memory_bytes_per_s);
        bool shares = !away || gathered > 0;
        s->host_optimizer_s += (float)(adam + host_copy(g, 0, away && p->fsdp ? 0 : mine * gradient) +
                                       host_copy(g, shares ? mine * stored : 0, 0));
        s->optimizer_s = 0;
    }
}

/* What is done once per step, and the gathers of sharded parameters. */
static void put_step(const struct fc_plan *p, const struct fc_stages *stages, struct fc_step_program *s)
{
    const struct fc_accelerator *g = &p->gpu;
    double dense, expert;
    fc_plan_most_parameters(p, &dense, &expert);
    double replicas = fc_plan_replicas(p), expert_replicas = fc_plan_expert_replicas(p);
    double trained = fc_plan_trained_share(p);
    if (p->fsdp) {
        /* weights gathered twice, gradients scattered once */
        /* Muon needs whole gradients once per step: one more gather */
        double times = 2 + trained + (p->muon ? 1 / fc_plan_micro_batches(p) : 0);
        struct fc_pass pass = pass_over_replicas(p, 2 * (dense + expert) / stages->longest, p->fsdp_group);
        s->fsdp_nvlink_s = (float)(times * pass.bytes / g->nvlink_bytes_per_s);
        double out = p->software->gathers_flat && pass.out_bytes > 0 ? pass.bytes : pass.out_bytes;
        s->fsdp_nic_s = (float)(times * out / g->nic_bytes_per_s);
        s->fsdp_slices_s = (float)(times * pass.slices / g->nvlink_bytes_per_s);
        s->fsdp_far_slices_s = (float)(times * pass.far_slices / g->nic_bytes_per_s);
        s->fsdp_steps = (float)(3 * pass.steps);
        s->fsdp_far_steps = (float)(3 * pass.far_steps);
    } else {
        if (replicas > 1)
            add_replicas(p, s, trained * dense, false, &s->dense_dp_nvlink_s, &s->dense_dp_nic_s);
        if (expert > 0 && expert_replicas > 1)
            add_replicas(p, s, expert, true, &s->expert_dp_nvlink_s, &s->expert_dp_nic_s);
    }
    double owned = p->shards_optimizer ? dense / replicas + expert / expert_replicas : dense;
    s->optimizer_s = (float)(trained * owned / g->memory_bytes_per_s);
    if (p->muon)
        add_muon(p, stages, s);
    if (p->offload != FC_OFFLOAD_NONE || p->offloaded_layers > 0 || p->offloads_activations) {
        double experts_over = fmax(1, fmin(p->fsdp_group, expert_replicas));
        put_offload(p, stages, dense, expert, p->fsdp ? dense / p->fsdp_group + expert / experts_over : owned,
                    s);
    }
    s->slowest = (float)(sqrt(fc_plan_micro_batches(p)) * largest_of(independent_replicas(p)));
}

void fc_plan_layer_program(const struct fc_plan *p, const struct fc_stages *stages, struct fc_step_program *s)
{
    memset(s, 0, FC_STEP_PROGRAM_NUMBERS);
    s->gpus = (float)p->gpus;
    put_layer(p, stages, s);
    put_layer_messages(p, stages, s);
    s->doublings = (float)log2(fmax(1, p->gpus / 8));
}

void fc_plan_time_program(const struct fc_plan *p, struct fc_step_program *s)
{
    struct fc_stages stages = fc_plan_stages(p);
    fc_plan_layer_program(p, &stages, s);
    fc_plan_pipeline_program(p, &stages, s);
    put_step(p, &stages, s);
}

void fc_plan_program(const struct fc_plan *p, struct fc_step_program *s)
{
    s->joint_count = 0;
    fc_plan_time_program(p, s);
    s->tokens_per_step = (float)(p->global_batch * p->sequence);
    s->flop_per_step = (float)(fc_plan_flop_per_token(p, true) * p->global_batch * p->sequence);
    s->peak_flops = (float)fc_plan_peak(p);
    struct fc_plan_memory memory = fc_plan_memory(p);
    s->memory_states = (float)(memory.weights + memory.optimizer + memory.pools);
    s->memory_activations = (float)(memory.activations + memory.logits);
    s->memory_capacity = (float)p->gpu.memory_bytes;
}
