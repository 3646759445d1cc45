/* plan_memory.c: memory of a GPU by part, for each pipeline stage.
 *
 * Counts what a layer keeps for its backward pass, in bytes per token, as Korthikanti et al. 2022 (arXiv
 * 2205.05198) do, extended to gated, grouped-query, latent and mixture layers. On 15 measured runs of SimuMax
 * the mean error is -1 %. */
#include <math.h>

#include "plan_memory.h"
#include "stages.h"

enum { MOMENT_BYTES = 4 };

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
                (p->precision != FC_BF16 && p->kept <= 0 ? b * q * fc_plan_low_share(p) : 0);
    }
    if (m->kind == FC_MIXER_LATENT && fc_plan_keeps_fp8(p))
        kept -= heads * a->v_dim; /* input of the output projection */
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
    double gates = fc_plan_keeps_fp8(p) ? 1 : 2; /* bytes of the activation's inputs */
    double kept = routed * a->topk * (b * latent + gates * gate * f + activation + (cheap ? 0 : 2 * latent)) +
                  routed * (a->experts * 4 + 2 * 2 * a->moe_latent);
    if (a->shared_ffn > 0)
        kept += b * h / rows + 2 * gate * a->shared_ffn / p->tp + (cheap ? 0 : b * a->shared_ffn / p->tp);
    return kept;
}

/* Bytes of an operand that is kept: what a share of operators keeps are outputs, in BF16. */
static double low_bytes(const struct fc_plan *p)
{
    return p->kept > 0 ? 2 : 2 - fc_plan_low_share(p);
}

/* Shares of a stage's layers. */
struct shares {
    double dense, experts;
};

/* What a layer of the stage keeps per token on average, bytes. */
static double kept_layer(const struct fc_plan *p, double rows, const struct shares *shares)
{
    const struct fc_architecture *a = &p->model;
    double h = a->hidden, b = low_bytes(p), gate = a->gated ? 2 : 1, f = a->ffn / p->tp;
    bool cheap = p->software->cheap_recompute || p->again_norms;
    double norms = (fc_plan_is_parallel(p) ? 2 : 4) * h / rows + (cheap ? 0 : b * h / rows);
    double masks = p->software->dropout ? 3 * h / rows : 0;
    double dense = 2 * gate * f + (cheap && a->gated ? 0 : b * f);
    double kept = a->letters ? 2 * h / rows : norms + masks;
    struct fc_mixer mixers[FC_MIXERS];
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++) {
        bool attends = mixers[i].kind == FC_MIXER_ATTENTION || mixers[i].kind == FC_MIXER_LATENT;
        kept += mixers[i].layers / a->layers *
                (attends ? kept_attention(p, &mixers[i], b, rows, cheap) : kept_scan(p, &mixers[i], b, rows));
    }
    return kept + shares->dense * (dense + (a->letters ? b * h / rows : 0)) +
           shares->experts * kept_mixture(p, b, rows, cheap);
}

/* Micro-batches' worth of the stage's layers whose activations are alive at once, on the GPU or on its host. */
static double all_alive(const struct fc_plan *p, double index, double layers)
{
    double m = fc_plan_micro_batches(p), alive = layers;
    if (p->schedule == FC_DUALPIPE) /* pp + 1 on every rank: DeepSeek-AI 2024, arXiv 2412.19437, table 2 */
        alive = layers * fmin(p->pp + 1, m);
    else if (p->pp > 1 && p->vpp <= 1)
        alive = layers * fmin(p->pp - index, m);
    else if (p->pp > 1)
        alive = layers / p->vpp * fmin(m * p->vpp, 2 * (p->pp - index - 1) + (p->vpp - 1) * p->pp + 1);
    return alive;
}

/* Those on the GPU. */
static double alive_layers(const struct fc_plan *p, double alive)
{
    bool all = p->offload & FC_OFFLOAD_ACTIVATIONS && p->offloaded_layers >= p->model.layers;
    double away = all ? alive : p->offloaded_layers;
    return p->offloaded_layers > 0 ? fmax(fmin(4, alive), alive - away) : alive;
}

/* PyTorch sets gradients to none after the optimizer: with one micro-batch a step there are none yet when the activations
 * are all there, and no activations when the gradients are. */
static bool frees_gradients(const struct fc_plan *p)
{
    return p->fsdp && p->software->fsdp && p->pp <= 1 && fc_plan_micro_batches(p) <= 1;
}

/* Whether each stream's memory is its own: what a gather or a scatter of PyTorch's FSDP allocated is not for layers. */
static bool has_pools(const struct fc_plan *p)
{
    return p->fsdp && p->software->torch != FC_NO_TORCH;
}

/* Releases that compile the loss gather embedding and head one after the other. */
static double tables_at_once(const struct fc_plan *p, double tables)
{
    return has_pools(p) && p->pp <= 1 && p->compiled_loss ? tables / 2 : tables;
}

double fc_plan_stored_bytes(const struct fc_plan *p)
{
    return p->software->fp32_parameters ? 4 : 2;
}

/* Weights, gradients and optimizer of a GPU with these parameters. Bytes per parameter over N replicas, w of
 * weights, g of gradients, o of moments and master weights (Rajbhandari et al. 2020, arXiv 1910.02054); `tables` of the
 * parameters are embedding and output layer:
 *   no sharing w + g + o, ZeRO-1 w + g + o / N, ZeRO-2 w + (g + o) / N, ZeRO-3 (w + g + o) / N.
 * `idle`: gradients that are not there while activations are. */
static void add_states(const struct fc_plan *p, double dense, double expert, double layers, double tables,
                       struct fc_plan_memory *memory, double *idle)
{
    const struct fc_software *software = p->software;
    double replicas = fc_plan_replicas(p), expert_replicas = fc_plan_expert_replicas(p);
    /* BF16, or two copies in one byte; NVFP4: BF16 and two copies */
    double weight = p->precision == FC_NVFP4 ? 2 + 1.125 * fc_plan_low_share(p) : 2;
    /* beside the FP32 sums of BF16 training, old software keeps the gradients of the micro-batch in BF16 */
    bool both = software->early_megatron && !p->fp16;
    double all = dense + expert, trained = fc_plan_trained_share(p);
    double gradient = trained * (fc_plan_gradient_bytes(p) + (both ? 2 : 0)),
           optimizer = trained * software->optimizer_bytes;
    /* Muon keeps a momentum and no variance of the layers' matrices: 4 bytes less of FP32 moments */
    double spared = p->muon ? (all - fmin(tables, all)) / all * MOMENT_BYTES : 0;
    optimizer -= trained * spared;
    double shared = dense / replicas + expert / expert_replicas, layer = all / fmax(1, layers);
    double here =
        p->offload & FC_OFFLOAD_WEIGHTS ? fmin(all, 2 * layer) : all; /* one layer in use and the next */
    bool away = p->offload & FC_OFFLOAD_WEIGHTS;
    if (p->fsdp) {
        double experts_over = fmax(1, fmin(p->fsdp_group, expert_replicas));
        double mine = dense / p->fsdp_group + expert / experts_over;
        double at_once = tables_at_once(p, tables);
        /* one layer in use and one gathered ahead, and the gradients of one, which PyTorch scatters in FP32 (see recompute) */
        memory->weights = has_pools(p) ? layer * weight : 2 * layer * weight + 2 * trained * layer;
        /* FSDP2 gathers into one piece and cuts parameters from it into memory of their own */
        if (software->torch == FC_FSDP_2)
            memory->pools += fmax(at_once, 2 * layer) * weight;
        else if (has_pools(p))
            memory->weights += layer * weight;
        if (away) /* shards, and the gradients reduced to them */
            memory->host += mine * (fc_plan_stored_bytes(p) + gradient);
        else if (frees_gradients(p))
            *idle = mine * gradient;
        else
            memory->weights += mine * gradient;
        if (software->fp32_parameters) /* embedding and head, which belong to no layer, stay gathered */
            memory->weights += p->pp > 1 ? 0 : at_once * weight;
        else if (!away)
            memory->weights += mine * weight;
        /* in a pipeline the weights stay gathered between micro-batches, and gradients unscattered, summed in the
         * precision in which they will be reduced */
        if (p->pp > 1)
            memory->weights += all * (weight + trained * fc_plan_gradient_bytes(p));
        memory->optimizer = mine * optimizer;
        if (away &&
            software->fp32_parameters) /* the parameters themselves are among these bytes, and went above */
            memory->optimizer -= mine * fc_plan_stored_bytes(p);
    } else if (p->shards_gradients) {
        /* gathered weights stay; gradients of one layer wait for their scatter */
        memory->weights = here * weight + shared * gradient + layer * gradient;
        memory->optimizer = shared * optimizer;
    } else {
        memory->weights = here * weight + all * gradient;
        memory->optimizer = p->shards_optimizer ? shared * optimizer : all * optimizer;
    }
    if (away && !p->fsdp)
        memory->host += all * fc_plan_stored_bytes(p);
    if (p->offload &
        FC_OFFLOAD_OPTIMIZER) { /* and the gradients that it reads, where they are not there already */
        double owned = p->fsdp
                           ? dense / p->fsdp_group + expert / fmax(1, fmin(p->fsdp_group, expert_replicas))
                       : p->shards_optimizer ? shared
                                             : all;
        memory->host += memory->optimizer + (away && p->fsdp ? 0 : owned * gradient);
        memory->optimizer = 0;
    }
}

/* What stays of a layer that keeps `layer` bytes, and what computing it again or its gradients need. */
static void recompute(const struct fc_plan *p, double layer, double input, double *keep, double *work)
{
    double again = p->again_gemm;
    *keep = layer;
    *work = 0.3 * layer;
    if (again >= 1) {
        *keep = input;
        *work = layer;
    } else if (again >= 0.25) {
        *keep = layer * (p->kept > 0 ? p->kept : 1 - again);
        *work = layer;
    } else if (again > 0) {
        *keep = layer * (1 - again) + input * again;
    }
}

/* Bytes kept per logit of a rank, and of the hole beside them. */
static double logit_bytes(const struct fc_plan *p, double *hole)
{
    const struct fc_software *s = p->software;
    *hole = 0;
    if (s->logit_bytes_compiled > 0 && p->compiled_loss)
        return s->logit_bytes_compiled;
    *hole = s->logit_hole_bytes;
    return p->tp > 1 && s->logit_bytes_split > 0 ? s->logit_bytes_split : s->logit_bytes;
}

double fc_plan_layer_keeps(const struct fc_plan *p, double dense, double experts)
{
    double rows = p->sequence_parallel ? p->tp : 1, tokens = p->micro_batch * p->sequence / p->cp, keep, work;
    struct shares shares = {dense, experts};
    recompute(p, tokens * kept_layer(p, rows, &shares), tokens * 2 * p->model.hidden / rows, &keep, &work);
    return keep;
}

/* Placeholders of weight gradients that stay: one for each shape of a layer's matrices, whatever the number of layers. */
static double kept_placeholders(const struct fc_plan *p)
{
    const struct fc_architecture *a = &p->model;
    if (p->software->placeholders != FC_KEPT_PLACEHOLDERS || p->lora_rank > 0)
        return 0;
    struct fc_layer_params w = fc_architecture_params(a);
    double dense = fc_architecture_dense_share(a) > 0 ? w.dense : 0;
    double experts = fc_architecture_is_mixture(a) ? w.shared / p->tp + w.expert / p->expert_tp : 0;
    return 2 * ((w.attention + w.mamba + dense) / p->tp + experts);
}

static struct fc_plan_memory stage_memory(const struct fc_plan *p, const struct fc_model_weights *weights,
                                          double index, double placeholders)
{
    struct fc_plan_memory memory = {.stage = index};
    double both = p->schedule == FC_DUALPIPE ? p->pp - 1 - index : index; /* the other stage of DualPipe */
    struct fc_stage stage = fc_stage_at(p, index), other = both == index ? stage : fc_stage_at(p, both);
    double dense, expert, more_dense = 0, more_expert = 0, idle = 0;
    fc_stage_parameters(p, weights, &stage, &dense, &expert);
    if (both != index)
        fc_stage_parameters(p, weights, &other, &more_dense, &more_expert);
    double tables =
        p->model.hidden * p->model.vocab / p->tp * ((stage.embedding ? 1 : 0) + (stage.head ? 1 : 0));
    add_states(p, dense + more_dense, expert + more_expert, stage.layers + (both != index ? other.layers : 0),
               tables, &memory, &idle);

    double tokens = p->micro_batch * p->sequence / p->cp, h = p->model.hidden;
    double rows = p->sequence_parallel ? p->tp : 1, input = tokens * 2 * h / rows;
    double layers = stage.layers, dense_layers = stage.dense, experts = stage.experts, keep, work;
    if (both != index) { /* half of the micro-batches each */
        layers = 0.5 * (layers + other.layers);
        dense_layers = 0.5 * (dense_layers + other.dense);
        experts = 0.5 * (experts + other.experts);
    }
    double count = fmax(layers, 1);
    struct shares shares = {dense_layers / count, experts / count};
    recompute(p, tokens * kept_layer(p, rows, &shares), input, &keep, &work);
    if (has_pools(p)) {
        work += 6 * fc_plan_trained_share(p) * (dense + expert - tables) / fmax(1, stage.layers);
        if (p->tp >
            1) /* whole inputs and sums of both blocks, of which sequence parallel ranks keep their part */
            work += 4 * 2 * tokens * h;
    }
    double heads = (stage.head ? 1 : 0) + (both != index && other.head ? 1 : 0);
    bool embeds = stage.embedding || (both != index && other.embedding);
    double hole, logits = heads * tokens * p->model.vocab / p->tp;
    memory.logits = logit_bytes(p, &hole) * logits;
    /* the loss, or the head's gradient from that of the logits */
    if (p->software->placeholders != FC_NO_PLACEHOLDERS && p->lora_rank <= 0)
        memory.logits = fmax(memory.logits, 2 * logits + heads * 2 * h * p->model.vocab / p->tp);
    memory.logits += embeds ? input : 0;
    if (has_pools(p) && p->tp > 1) /* the head's input, gathered for the gradient of its weights */
        memory.logits += heads * 2 * tokens * h;
    /* the logits are gone when the layers' backward passes begin */
    double alive_all = all_alive(p, index, layers), alive_inputs = alive_layers(p, alive_all);
    memory.host += keep * (alive_all - alive_inputs * (p->offloads_activations ? FC_ON_GPU : 1));
    memory.activations = keep * (p->offloads_activations ? FC_ON_GPU : 1) * alive_inputs +
                         fmax(0, work - memory.logits) + placeholders;
    /* what a chunk sends on is kept for its backward pass; Megatron-LM frees it since 2022 (deallocate_pipeline_outputs) */
    if (p->pp > 1 && p->software->early_megatron)
        memory.activations += input * alive_inputs * p->vpp / layers;
    memory.pools += hole * logits;
    /* gradients that no activation meets: the larger of both, but each in the memory of its stream */
    double alive = memory.activations + memory.logits;
    memory.weights += fmax(0, idle - alive);
    memory.pools += has_pools(p) ? fmin(idle, alive) : 0;
    return memory;
}

static double sum(const struct fc_plan_memory *m)
{
    return m->weights + m->optimizer + m->activations + m->logits + m->pools;
}

struct fc_plan_memory fc_plan_memory(const struct fc_plan *p)
{
    double placeholders = kept_placeholders(p);
    struct fc_model_weights weights = fc_model_weights(&p->model);
    struct fc_plan_memory fullest = stage_memory(p, &weights, 0, placeholders);
    double host = fullest.host;
    /* of stages whose layers are alike the first keeps most in flight; with DualPipe each holds another one's layers too */
    for (double i = 1; i < p->pp; i = p->schedule == FC_DUALPIPE ? i + 1 : fc_stage_next(p, i)) {
        struct fc_plan_memory memory = stage_memory(p, &weights, i, placeholders);
        host = fmax(host, memory.host);
        if (sum(&memory) > sum(&fullest))
            fullest = memory;
    }
    fullest.host = host;
    return fullest;
}

bool fc_plan_fits_host(const struct fc_plan *p, const struct fc_plan_memory *memory)
{
    return memory->host <= 0 || memory->host <= p->gpu.host_memory_bytes;
}
