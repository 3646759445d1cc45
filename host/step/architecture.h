/* architecture.h: a transformer's shape, its parameters and its model FLOP. */
#ifndef FC_HOST_ARCHITECTURE_H
#define FC_HOST_ARCHITECTURE_H

#include <stdbool.h>

#include "host/language/catalog.h"
#include "host/base/error.h"

/* Counts and widths; 0 where a model has no such part. */
struct fc_architecture {
    double layers, hidden, ffn, heads, kv_heads, head_dim, vocab;
    bool gated, tied;
    bool squared_relu; /* of the dense feed-forward blocks; else GELU, or SwiGLU where gated */
    double experts, topk, moe_ffn, shared_ffn, dense_layers, moe_every, mtp_layers;
    double q_lora, kv_lora, rope_dim, nope_dim, v_dim; /* latent attention */
    double window;                                     /* span of every second layer */
    double mamba_layers, mlp_layers, attention_layers; /* a hybrid's; 0: none */
    bool clamped;                                      /* biased, clamped expert activation (GPT-OSS) */
};

/* Parameters of the matrices of one layer's parts. */
struct fc_layer_params {
    double attention, dense, expert, shared, mamba;
};

/* Reads a model of the catalog; `place` is where its name was read, or NULL. */
int fc_architecture_read(struct fc_architecture *architecture, const struct fc_catalog_entry *entry,
                         const struct fc_place *place, struct fc_error *error);

bool fc_architecture_is_mixture(const struct fc_architecture *a);
bool fc_architecture_is_latent(const struct fc_architecture *a);
bool fc_architecture_is_hybrid(const struct fc_architecture *a);

/* Share of the layers that hold experts. */
double fc_architecture_mixture_share(const struct fc_architecture *a);

struct fc_layer_params fc_architecture_params(const struct fc_architecture *a);

/* Mean width of a head in the products of attention: (query-key + value) / 2. */
double fc_architecture_head_width(const struct fc_architecture *a);

/* Tokens that a query attends to on average over a sequence: half of it when causal. */
double fc_architecture_context(const struct fc_architecture *a, double sequence, bool causal);

/* Model FLOP to train one token: 6 per parameter of a matrix that the token passes, the output layer included
 * and the input embedding not, plus attention; forward and backward, no recomputation. With `causal`
 * attention counts half, as Megatron-Bridge since 25.09 and this program do; without, as NeMo up to 25.07,
 * MLPerf and Meta do. */
double fc_architecture_flop_per_token(const struct fc_architecture *a, double sequence, bool causal);

#endif
