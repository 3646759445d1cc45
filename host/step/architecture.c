/* architecture.c: see architecture.h. Formulas: Mamba-2 (Dao and Gu 2024, arXiv 2405.21060), gated DeltaNet
 * (Yang et al. 2024, arXiv 2412.06464), Kimi Delta Attention (Kimi Team 2025, arXiv 2510.26692), sparse attention
 * (DeepSeek-V3.2 technical report 2025); docs/model/step-time.md derives the counts. */
#include "architecture.h"

#include <math.h>
#include <string.h>

static double or_else(double value, double otherwise)
{
    return value > 0 ? value : otherwise;
}

/* --- reading ------------------------------------------------------------------------------------------ */

/* What the figures imply where they do not say it. */
static void complete(struct fc_architecture *a, double window_every)
{
    if (a->head_dim <= 0)
        a->head_dim = a->heads > 0 ? a->hidden / a->heads : 0;
    if (a->window > 0 && a->window_layers <= 0)
        a->window_layers = a->layers / or_else(window_every, 2);
    if (a->mamba_layers > 0) {
        double inner = a->mamba_inner;
        a->letters = a->mamba_layers + a->attention_layers + a->mlp_layers + a->moe_layers == a->layers &&
                     a->mlp_layers + a->moe_layers > 0;
        a->mamba_conv = or_else(a->mamba_conv, 4);
        a->mamba_chunk = or_else(a->mamba_chunk, 128);
        a->mamba_inner = or_else(inner, 2 * a->hidden);
        a->mamba_groups = or_else(a->mamba_groups, 1);
        a->mamba_heads = or_else(a->mamba_heads, a->mamba_inner / 64);
    }
    if (a->delta_layers > 0)
        a->delta_conv = or_else(a->delta_conv, 4);
    if (a->norms <= 0)
        a->norms = a->letters ? 1 : 2;
}

int fc_architecture_read(struct fc_architecture *a, const struct fc_catalog_entry *entry,
                         const struct fc_place *place, struct fc_error *error)
{
    *a = (struct fc_architecture){0};
    double window_every = 0, mamba_head_dim = 0;
    const struct {
        const char *key;
        double *value;
        bool needed;
        double otherwise;
    } figures[] = {
        {"layers", &a->layers, true, 0},
        {"hidden", &a->hidden, true, 0},
        {"ffn", &a->ffn, true, 0},
        {"heads", &a->heads, true, 0},
        {"kv_heads", &a->kv_heads, true, 0},
        {"vocab", &a->vocab, true, 0},
        {"head_dim", &a->head_dim, false, 0},
        {"experts", &a->experts, false, 0},
        {"topk", &a->topk, false, 0},
        {"moe_ffn", &a->moe_ffn, false, 0},
        {"moe_latent", &a->moe_latent, false, 0},
        {"moe_layers", &a->moe_layers, false, 0},
        {"shared_ffn", &a->shared_ffn, false, 0},
        {"first_dense_layers", &a->dense_layers, false, 0},
        {"moe_every", &a->moe_every, false, 1},
        {"mtp_layers", &a->mtp_layers, false, 0},
        {"mla_q_lora", &a->q_lora, false, 0},
        {"mla_kv_lora", &a->kv_lora, false, 0},
        {"mla_rope_dim", &a->rope_dim, false, 0},
        {"mla_nope_dim", &a->nope_dim, false, 0},
        {"mla_v_dim", &a->v_dim, false, 0},
        {"sliding_window", &a->window, false, 0},
        {"sliding_every", &window_every, false, 0},
        {"sliding_layers", &a->window_layers, false, 0},
        {"mamba_layers", &a->mamba_layers, false, 0},
        {"mlp_layers", &a->mlp_layers, false, 0},
        {"attention_layers", &a->attention_layers, false, 0},
        {"mamba_heads", &a->mamba_heads, false, 0},
        {"mamba_head_dim", &mamba_head_dim, false, 64},
        {"mamba_groups", &a->mamba_groups, false, 0},
        {"mamba_state", &a->mamba_state, false, 0},
        {"delta_layers", &a->delta_layers, false, 0},
        {"delta_key_heads", &a->delta_key_heads, false, 0},
        {"delta_key_dim", &a->delta_key_dim, false, 0},
        {"delta_value_heads", &a->delta_value_heads, false, 0},
        {"delta_value_dim", &a->delta_value_dim, false, 0},
        {"index_heads", &a->index_heads, false, 0},
        {"index_dim", &a->index_dim, false, 0},
        {"index_topk", &a->index_topk, false, 0},
    };
    struct {
        const char *key;
        bool *value;
        double otherwise;
    } flags[] = {{"gated", &a->gated, 1},
                 {"tied", &a->tied, 0},
                 {"squared_relu", &a->squared_relu, 0},
                 {"parallel_block", &a->parallel_block, 0},
                 {"attention_gate", &a->attention_gate, 0},
                 {"delta_per_channel", &a->delta_per_channel, 0}};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        int status =
            figures[i].needed
                ? fc_catalog_number(entry, figures[i].key, figures[i].value, place, error)
                : fc_catalog_number_or(entry, figures[i].key, figures[i].otherwise, figures[i].value, error);
        if (status)
            return -1;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        double value;
        if (fc_catalog_number_or(entry, flags[i].key, flags[i].otherwise, &value, error))
            return -1;
        *flags[i].value = value != 0;
    }
    a->mamba_inner = a->mamba_heads * mamba_head_dim;
    a->clamped = strncmp(entry->name, "gpt-oss", 7) == 0;
    a->expert_bias = a->router_bias = a->qkv_bias = a->out_bias = a->clamped;
    complete(a, window_every);
    return fc_architecture_check(a, &entry->place,
                                 error); /* a contradiction is the entry's, not of who names it */
}

int fc_architecture_check(const struct fc_architecture *a, const struct fc_place *place,
                          struct fc_error *error)
{
    double kv = or_else(a->window_kv_heads, a->kv_heads), heads = or_else(a->window_heads, a->heads);
    if (a->kv_heads > 0 && (fmod(a->heads, a->kv_heads) != 0 || fmod(heads, kv) != 0))
        return fc_fail_at(
            error, place,
            "%g query heads cannot share %g key-value heads; the one must be a multiple of the other",
            a->heads, a->kv_heads);
    if (a->topk > a->experts)
        return fc_fail_at(error, place, "%g experts per token, but the model has %g; take at most those",
                          a->topk, a->experts);
    if (a->experts > 0 && (a->topk <= 0 || a->moe_ffn <= 0))
        return fc_fail_at(
            error, place,
            "the model has %g experts but not the number per token or the width of one; state both",
            a->experts);
    if (a->dense_layers > a->layers || a->moe_layers > a->layers ||
        a->window_layers + a->delta_layers + a->mamba_layers > a->layers)
        return fc_fail_at(
            error, place,
            "more layers of one kind (%g dense first, %g of experts, %g sliding, %g linear, %g Mamba) "
            "than the %g layers there are",
            a->dense_layers, a->moe_layers, a->window_layers, a->delta_layers, a->mamba_layers, a->layers);
    if (a->mamba_layers > 0 && a->mamba_state <= 0)
        return fc_fail_at(
            error, place,
            "the model has Mamba layers but not the width of their state (mamba_state); state it");
    if (a->delta_layers > 0 && (a->delta_key_heads <= 0 || a->delta_key_dim <= 0 ||
                                a->delta_value_heads <= 0 || a->delta_value_dim <= 0))
        return fc_fail_at(error, place,
                          "the model has linear-attention layers but not all of their shape (key heads and "
                          "width, value heads and width); state them");
    if (a->kv_lora > 0 && (a->rope_dim <= 0 || a->nope_dim <= 0 || a->v_dim <= 0))
        return fc_fail_at(error, place,
                          "latent attention needs the widths of its heads (mla_rope_dim, mla_nope_dim, "
                          "mla_v_dim); state them");
    if (a->kv_lora <= 0 && a->q_lora > 0)
        return fc_fail_at(error, place,
                          "mla_q_lora is stated without mla_kv_lora (latent queries go with latent keys and "
                          "values); state both");
    if (a->kv_lora <= 0 && a->head_dim != floor(a->head_dim))
        return fc_fail_at(error, place, "hidden %g cannot be split over %g heads; state head_dim", a->hidden,
                          a->heads);
    if ((a->index_topk > 0 || a->index_heads > 0 || a->index_dim > 0) &&
        (a->index_topk <= 0 || a->index_heads <= 0 || a->index_dim <= 0 || a->q_lora <= 0))
        return fc_fail_at(error, place,
                          "sparse attention needs its indexer (heads, width and tokens kept) and latent "
                          "queries; state them");
    return 0;
}

void fc_architecture_set_layers(struct fc_architecture *a, double layers)
{
    double scale = a->layers > 0 ? layers / a->layers : 1;
    double *counts[] = {&a->moe_layers, &a->window_layers,    &a->mamba_layers,
                        &a->mlp_layers, &a->attention_layers, &a->delta_layers};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        *counts[i] *= scale;
    a->layers = layers;
}

/* --- kinds of layers ---------------------------------------------------------------------------------- */

bool fc_architecture_is_mixture(const struct fc_architecture *a)
{
    return a->experts > 0;
}
bool fc_architecture_is_latent(const struct fc_architecture *a)
{
    return a->kv_lora > 0;
}
bool fc_architecture_is_hybrid(const struct fc_architecture *a)
{
    return a->mamba_layers + a->delta_layers > 0;
}

static double mixture_layers(const struct fc_architecture *a)
{
    if (a->experts <= 0)
        return 0;
    return a->moe_layers > 0 ? a->moe_layers : (a->layers - a->dense_layers) / or_else(a->moe_every, 1);
}

static double dense_layers(const struct fc_architecture *a)
{
    return a->letters ? a->mlp_layers : a->ffn > 0 ? a->layers - mixture_layers(a) : 0;
}

double fc_architecture_mixture_share(const struct fc_architecture *a)
{
    return mixture_layers(a) / a->layers;
}

double fc_architecture_dense_share(const struct fc_architecture *a)
{
    return dense_layers(a) / a->layers;
}

/* Layers with softmax attention, sliding ones included. */
static double attending(const struct fc_architecture *a)
{
    return a->letters ? a->attention_layers : a->layers - a->mamba_layers - a->delta_layers;
}

double fc_architecture_attention_share(const struct fc_architecture *a)
{
    return attending(a) / a->layers;
}

int fc_architecture_mixers(const struct fc_architecture *a, struct fc_mixer mixers[FC_MIXERS])
{
    int n = 0;
    bool latent = fc_architecture_is_latent(a);
    double qk = latent ? a->nope_dim + a->rope_dim : a->head_dim, v = or_else(a->v_dim, a->head_dim);
    double full = attending(a) - a->window_layers;
    if (full > 0)
        mixers[n++] = (struct fc_mixer){.kind = latent ? FC_MIXER_LATENT : FC_MIXER_ATTENTION,
                                        .layers = full,
                                        .heads = a->heads,
                                        .kv_heads = a->kv_heads,
                                        .qk_dim = qk,
                                        .v_dim = v,
                                        .index_heads = a->index_heads,
                                        .index_dim = a->index_dim,
                                        .index_topk = a->index_topk};
    if (a->window_layers > 0)
        mixers[n++] = (struct fc_mixer){.kind = latent ? FC_MIXER_LATENT : FC_MIXER_ATTENTION,
                                        .layers = a->window_layers,
                                        .heads = or_else(a->window_heads, a->heads),
                                        .kv_heads = or_else(a->window_kv_heads, a->kv_heads),
                                        .qk_dim = or_else(a->window_head_dim, qk),
                                        .v_dim = or_else(a->window_v_dim, or_else(a->window_head_dim, v)),
                                        .window = a->window,
                                        .chunked = a->window_is_chunk};
    if (a->mamba_layers > 0)
        mixers[n++] = (struct fc_mixer){.kind = a->mamba_rank > 0 ? FC_MIXER_MAMBA : FC_MIXER_MAMBA2,
                                        .layers = a->mamba_layers,
                                        .heads = a->mamba_heads};
    if (a->delta_layers > 0)
        mixers[n++] = (struct fc_mixer){.kind = FC_MIXER_DELTA,
                                        .layers = a->delta_layers,
                                        .heads = a->delta_value_heads,
                                        .kv_heads = a->delta_key_heads,
                                        .qk_dim = a->delta_key_dim,
                                        .v_dim = a->delta_value_dim};
    return n;
}

/* --- operators ---------------------------------------------------------------------------------------- */

static int latent_products(const struct fc_architecture *a, const struct fc_mixer *m, struct fc_product *p)
{
    double h = a->hidden, q = m->heads * m->qk_dim;
    int n = 0;
    /* both down-projections at once */
    p[n++] = (struct fc_product){a->q_lora + a->kv_lora + a->rope_dim, h, FC_SPLIT_NONE};
    p[n++] = (struct fc_product){q, or_else(a->q_lora, h), FC_SPLIT_COLUMNS};
    p[n++] = (struct fc_product){m->heads * (a->nope_dim + m->v_dim), a->kv_lora, FC_SPLIT_COLUMNS};
    p[n++] = (struct fc_product){h, m->heads * m->v_dim, FC_SPLIT_ROWS};
    if (m->index_topk > 0) {
        p[n++] = (struct fc_product){m->index_heads * m->index_dim, a->q_lora, FC_SPLIT_NONE};
        p[n++] = (struct fc_product){m->index_dim + m->index_heads, h, FC_SPLIT_NONE};
    }
    return n;
}

static int delta_products(const struct fc_architecture *a, const struct fc_mixer *m, struct fc_product *p)
{
    double h = a->hidden, keys = m->kv_heads * m->qk_dim, values = m->heads * m->v_dim;
    int n = 0;
    if (a->delta_per_channel) { /* q, k, v; the low-rank pairs of decay and gate; beta */
        p[n++] = (struct fc_product){2 * keys + values, h, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){m->qk_dim + m->v_dim, h, FC_SPLIT_NONE};
        p[n++] = (struct fc_product){keys, m->qk_dim, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){values, m->v_dim, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){m->heads, h, FC_SPLIT_COLUMNS};
    } else { /* q, k, v, z, beta, decay */
        p[n++] = (struct fc_product){2 * keys + 2 * values + 2 * m->heads, h, FC_SPLIT_COLUMNS};
    }
    p[n++] = (struct fc_product){h, values, FC_SPLIT_ROWS};
    return n;
}

int fc_mixer_products(const struct fc_architecture *a, const struct fc_mixer *m,
                      struct fc_product p[FC_PRODUCTS])
{
    double h = a->hidden, inner = a->mamba_inner, groups = a->mamba_groups * a->mamba_state;
    int n = 0;
    switch (m->kind) {
    case FC_MIXER_ATTENTION:
        p[n++] = (struct fc_product){m->heads * (m->qk_dim + (a->attention_gate ? m->v_dim : 0)) +
                                         m->kv_heads * (m->qk_dim + m->v_dim),
                                     h, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){h, m->heads * m->v_dim, FC_SPLIT_ROWS};
        break;
    case FC_MIXER_LATENT:
        return latent_products(a, m, p);
    case FC_MIXER_MAMBA:
        p[n++] = (struct fc_product){2 * inner, h, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){a->mamba_rank + 2 * a->mamba_state, inner, FC_SPLIT_ROWS};
        p[n++] = (struct fc_product){inner, a->mamba_rank, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){h, inner, FC_SPLIT_ROWS};
        break;
    case FC_MIXER_MAMBA2:
        p[n++] = (struct fc_product){2 * inner + 2 * groups + a->mamba_heads, h, FC_SPLIT_COLUMNS};
        p[n++] = (struct fc_product){h, inner, FC_SPLIT_ROWS};
        break;
    case FC_MIXER_DELTA:
        return delta_products(a, m, p);
    }
    return n;
}

double fc_mixer_context(const struct fc_mixer *m, double sequence, bool causal)
{
    double all = causal ? sequence / 2 : sequence, span = m->index_topk > 0 ? m->index_topk : m->window;
    if (span <= 0 || span >= sequence)
        return all;
    if (!causal)
        return span;
    return m->chunked ? span / 2 : span * (1 - span / (2 * sequence));
}

double fc_mixer_core_flop(const struct fc_architecture *a, const struct fc_mixer *m, double sequence,
                          bool causal)
{
    double inner = a->mamba_inner, state = a->mamba_state, groups = a->mamba_groups, chunk = a->mamba_chunk;
    switch (m->kind) {
    case FC_MIXER_ATTENTION:
    case FC_MIXER_LATENT: {
        double core = 2 * m->heads * (m->qk_dim + m->v_dim) * fc_mixer_context(m, sequence, causal);
        /* scores of the indexer, and their weighted sum over its heads */
        return core + 2 * m->index_heads * (m->index_dim + 1) * (causal ? sequence / 2 : sequence);
    }
    case FC_MIXER_MAMBA: /* recurrent: decay, update and output of each state */
        return 5 * inner * state + 2 * a->mamba_conv * inner;
    case FC_MIXER_MAMBA2: /* within a chunk, to and from its state, from chunk to chunk; convolution */
        return 2 * chunk * state * groups + 2 * chunk * inner + 4 * inner * state +
               2 * inner * state / chunk + 2 * a->mamba_conv * (inner + 2 * groups * state);
    case FC_MIXER_DELTA: /* recurrent: four products of the state; convolution */
        return 8 * m->heads * m->qk_dim * m->v_dim +
               2 * a->delta_conv * (2 * m->kv_heads * m->qk_dim + m->heads * m->v_dim);
    }
    return 0;
}

double fc_mixer_scan_width(const struct fc_architecture *a, const struct fc_mixer *m)
{
    switch (m->kind) {
    case FC_MIXER_MAMBA:
    case FC_MIXER_MAMBA2:
        return a->mamba_inner;
    case FC_MIXER_DELTA:
        return m->heads * m->v_dim;
    default:
        return 0;
    }
}

static double product_params(const struct fc_architecture *a, const struct fc_mixer *m)
{
    struct fc_product products[FC_PRODUCTS];
    double sum = 0;
    for (int i = 0, n = fc_mixer_products(a, m, products); i < n; i++)
        sum += products[i].outputs * products[i].inputs;
    return sum;
}

struct fc_layer_params fc_architecture_block_params(const struct fc_architecture *a)
{
    double h = a->hidden, matrices = a->gated ? 3 : 2;
    return (struct fc_layer_params){.dense = matrices * h * a->ffn,
                                    .expert = matrices * or_else(a->moe_latent, h) * a->moe_ffn,
                                    .shared = matrices * h * a->shared_ffn,
                                    .router = h * a->experts + 2 * h * a->moe_latent};
}

struct fc_layer_params fc_architecture_params(const struct fc_architecture *a)
{
    struct fc_layer_params p = fc_architecture_block_params(a);
    struct fc_mixer mixers[FC_MIXERS];
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++) {
        bool attends = mixers[i].kind == FC_MIXER_ATTENTION || mixers[i].kind == FC_MIXER_LATENT;
        double *part = attends ? &p.attention : &p.mamba;
        if (*part == 0)
            *part = product_params(a, &mixers[i]);
    }
    return p;
}

double fc_architecture_mixer_params(const struct fc_architecture *a)
{
    struct fc_mixer mixers[FC_MIXERS];
    double sum = 0;
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++)
        sum += mixers[i].layers * product_params(a, &mixers[i]);
    return sum;
}

/* --- counts ------------------------------------------------------------------------------------------- */

/* Parameters of one layer's mixer that are no matrices: biases, norms of heads, convolutions, decays. */
static double mixer_vectors(const struct fc_architecture *a, const struct fc_mixer *m)
{
    double h = a->hidden, inner = a->mamba_inner, groups = a->mamba_groups * a->mamba_state;
    double keys = m->kv_heads * m->qk_dim, values = m->heads * m->v_dim;
    switch (m->kind) {
    case FC_MIXER_ATTENTION:
        return (a->qkv_bias ? m->heads * m->qk_dim + m->kv_heads * (m->qk_dim + m->v_dim) : 0) +
               (a->out_bias ? h : 0) + (a->qk_norm ? 2 * m->qk_dim : 0) + (a->clamped ? m->heads : 0);
    case FC_MIXER_LATENT:
        return a->q_lora + a->kv_lora + 2 * m->index_dim;
    case FC_MIXER_MAMBA:
        return inner * (a->mamba_conv + 1) + inner * (a->mamba_state + 2) + a->mamba_rank +
               2 * a->mamba_state;
    case FC_MIXER_MAMBA2:
        return (inner + 2 * groups) * (a->mamba_conv + 1) + 3 * a->mamba_heads + inner;
    case FC_MIXER_DELTA:
        return a->delta_conv * (2 * keys + values) + m->v_dim +
               (a->delta_per_channel ? m->heads + keys : 2 * m->heads);
    }
    return 0;
}

struct fc_parameters fc_architecture_count(const struct fc_architecture *a)
{
    struct fc_layer_params p = fc_architecture_params(a);
    struct fc_mixer mixers[FC_MIXERS];
    double h = a->hidden, gate = a->gated ? 2 : 1, dense = dense_layers(a), mixture = mixture_layers(a);
    double embedding = h * a->vocab, shared = a->norms * h * a->layers + (a->norms > 2 ? 2 : 1) * h;
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++)
        shared += mixers[i].layers * (product_params(a, &mixers[i]) + mixer_vectors(a, &mixers[i]));
    shared += dense * (p.dense + (a->mlp_bias ? gate * a->ffn + h : 0));
    shared += mixture * (p.shared + p.router + (a->router_bias ? a->experts : 0) + (a->shared_gate ? h : 0));
    double expert = p.expert + (a->expert_bias ? gate * a->moe_ffn + h : 0);
    double positions = a->positions * h, head = a->tied ? 0 : embedding;
    double mtp = a->mtp_layers * (p.attention + p.router + p.shared + a->experts * p.expert +
                                  (a->experts > 0 ? 0 : p.dense) + 2 * h * h + (a->norms + 3) * h);
    double rest = shared + head + embedding + positions;
    return (struct fc_parameters){.total = rest + mixture * a->experts * expert,
                                  .active = rest + mixture * a->topk * expert,
                                  .active_without_embedding =
                                      rest + mixture * a->topk * expert - (a->tied ? 0 : embedding),
                                  .multi_token = mtp};
}

double fc_architecture_head_width(const struct fc_architecture *a)
{
    double qk = fc_architecture_is_latent(a) ? a->nope_dim + a->rope_dim : a->head_dim;
    return (qk + or_else(a->v_dim, a->head_dim)) / 2;
}

double fc_architecture_context(const struct fc_architecture *a, double sequence, bool causal)
{
    struct fc_mixer mixers[FC_MIXERS];
    double sum = 0, layers = 0;
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++)
        if (mixers[i].kind == FC_MIXER_ATTENTION || mixers[i].kind == FC_MIXER_LATENT) {
            sum += mixers[i].layers * fc_mixer_context(&mixers[i], sequence, causal);
            layers += mixers[i].layers;
        }
    return layers > 0 ? sum / layers : 0;
}

/* Parameters of the matrices that a token passes, and the forward FLOP of the cores. */
static void multiplied(const struct fc_architecture *a, double sequence, bool causal, double *parameters,
                       double *core_flop)
{
    struct fc_layer_params p = fc_architecture_params(a);
    struct fc_mixer mixers[FC_MIXERS];
    double h = a->hidden, mixture = a->topk * p.expert + p.shared + p.router + (a->shared_gate ? h : 0);
    double matrices = dense_layers(a) * p.dense + mixture_layers(a) * mixture + h * a->vocab, core = 0;
    double attention = 0; /* core of one layer that attends to all */
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++) {
        double one = fc_mixer_core_flop(a, &mixers[i], sequence, causal);
        bool attends = mixers[i].kind == FC_MIXER_ATTENTION || mixers[i].kind == FC_MIXER_LATENT;
        matrices += mixers[i].layers * product_params(a, &mixers[i]);
        core += mixers[i].layers * one;
        if (attends && attention == 0)
            attention = one;
    }
    matrices +=
        a->mtp_layers * (p.attention + (a->experts > 0 ? mixture : p.dense) + 2 * h * h + h * a->vocab);
    core += a->mtp_layers * attention;
    *parameters = matrices;
    *core_flop = core;
}

double fc_architecture_flop_per_token(const struct fc_architecture *a, double sequence, bool causal)
{
    double matrices, core;
    multiplied(a, sequence, causal, &matrices, &core);
    return 6 * matrices + 3 * core;
}

double fc_architecture_adapter_params(const struct fc_architecture *a, double rank)
{
    struct fc_mixer mixers[FC_MIXERS];
    struct fc_product products[FC_PRODUCTS];
    double sum = dense_layers(a) * ((a->hidden + (a->gated ? 2 : 1) * a->ffn) + (a->ffn + a->hidden));
    for (int i = 0, n = fc_architecture_mixers(a, mixers); i < n; i++)
        for (int k = 0, of = fc_mixer_products(a, &mixers[i], products); k < of; k++)
            sum += mixers[i].layers * (products[k].outputs + products[k].inputs);
    return rank * sum;
}

double fc_architecture_adapted_flop_per_token(const struct fc_architecture *a, double rank, double sequence,
                                              bool causal)
{
    double matrices, core;
    multiplied(a, sequence, causal, &matrices, &core);
    return 4 * matrices + 6 * fc_architecture_adapter_params(a, rank) + 3 * core;
}
