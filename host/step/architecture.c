/* architecture.c: see architecture.h. */
#include "architecture.h"

#include <math.h>
#include <string.h>

enum { MAMBA_GROUPS_STATE = 8 * 256 }; /* groups times state width of a Mamba-2 layer (arXiv 2504.03624) */

int fc_architecture_read(struct fc_architecture *a, const struct fc_catalog_entry *entry,
                         const struct fc_place *place, struct fc_error *error)
{
    *a = (struct fc_architecture){0};
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
        {"mamba_layers", &a->mamba_layers, false, 0},
        {"mlp_layers", &a->mlp_layers, false, 0},
        {"attention_layers", &a->attention_layers, false, 0},
    };
    double gated = 0, tied = 0, squared_relu = 0;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        int status =
            figures[i].needed
                ? fc_catalog_number(entry, figures[i].key, figures[i].value, place, error)
                : fc_catalog_number_or(entry, figures[i].key, figures[i].otherwise, figures[i].value, error);
        if (status)
            return -1;
    }
    if (fc_catalog_number_or(entry, "gated", 1, &gated, error) ||
        fc_catalog_number_or(entry, "tied", 0, &tied, error) ||
        fc_catalog_number_or(entry, "squared_relu", 0, &squared_relu, error))
        return -1;
    a->gated = gated != 0;
    a->tied = tied != 0;
    a->squared_relu = squared_relu != 0;
    if (a->head_dim == 0)
        a->head_dim = a->hidden / a->heads;
    a->clamped = strncmp(entry->name, "gpt-oss", 7) == 0;
    return 0;
}

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
    return a->mamba_layers > 0;
}

double fc_architecture_mixture_share(const struct fc_architecture *a)
{
    return a->experts > 0 ? (a->layers - a->dense_layers) / (a->layers * a->moe_every) : 0;
}

struct fc_layer_params fc_architecture_params(const struct fc_architecture *a)
{
    double h = a->hidden, matrices = a->gated ? 3 : 2;
    struct fc_layer_params p = {.dense = matrices * h * a->ffn,
                                .expert = matrices * h * a->moe_ffn,
                                .shared = matrices * h * a->shared_ffn};
    if (fc_architecture_is_latent(a))
        p.attention = h * a->q_lora + a->q_lora * a->heads * (a->nope_dim + a->rope_dim) +
                      h * (a->kv_lora + a->rope_dim) + a->kv_lora * a->heads * (a->nope_dim + a->v_dim) +
                      a->heads * a->v_dim * h;
    else
        p.attention = h * (a->heads + 2 * a->kv_heads) * a->head_dim + a->heads * a->head_dim * h;
    if (fc_architecture_is_hybrid(a))
        p.mamba = h * (4 * h + 2 * MAMBA_GROUPS_STATE + h / 32) + 2 * h * h;
    return p;
}

double fc_architecture_head_width(const struct fc_architecture *a)
{
    return fc_architecture_is_latent(a) ? (a->nope_dim + a->rope_dim + a->v_dim) / 2 : a->head_dim;
}

double fc_architecture_context(const struct fc_architecture *a, double sequence, bool causal)
{
    double context = causal ? sequence / 2 : sequence;
    return a->window > 0 ? 0.5 * context + 0.5 * fmin(a->window, context) : context;
}

double fc_architecture_flop_per_token(const struct fc_architecture *a, double sequence, bool causal)
{
    struct fc_layer_params p = fc_architecture_params(a);
    double context = fc_architecture_context(a, sequence, causal);
    double attention_per_layer = 4 * a->heads * fc_architecture_head_width(a) * context;
    double linear, attention;
    if (fc_architecture_is_hybrid(a)) {
        linear = a->mamba_layers * p.mamba + a->mlp_layers * p.dense + a->attention_layers * p.attention;
        attention = a->attention_layers * attention_per_layer;
    } else {
        double mixture = fc_architecture_mixture_share(a) * a->layers;
        double active = a->topk * p.expert + p.shared;
        linear = a->layers * p.attention + (a->layers - mixture) * p.dense +
                 mixture * (active + a->hidden * a->experts);
        attention = a->layers * attention_per_layer;
        if (a->mtp_layers > 0) {
            linear += p.attention + active + 2 * a->hidden * a->hidden + a->hidden * a->vocab;
            attention *= 1 + 1 / a->layers;
        }
    }
    return 6 * (linear + a->hidden * a->vocab) + 3 * attention;
}
