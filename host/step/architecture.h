/* architecture.h: a model's shape: its layers as operators, its parameters and its model FLOP.
 *
 * The figures come from the catalog (here), from a configuration of Hugging Face (model_config.h), or from a
 * row of measurements. A model is a stack of `layers` residual layers. In most models each layer holds a
 * mixer of tokens and a feed-forward block; in a hybrid that is written in letters (M, *, -, E) each holds one
 * of the two. What a layer computes is listed once, as products of matrices (struct fc_product) and a core;
 * parameters, FLOP and the kernels of a step are all made from that list. */
#ifndef FC_HOST_ARCHITECTURE_H
#define FC_HOST_ARCHITECTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "host/language/catalog.h"
#include "host/base/error.h"

/* Counts and widths; 0 where a model has no such part. */
struct fc_architecture {
    double layers, hidden, ffn, heads, kv_heads, head_dim, vocab;
    bool gated, tied;
    bool squared_relu; /* of the feed-forward blocks; else GELU, or SwiGLU where gated */
    bool parallel_block; /* attention and feed-forward block work on one input, their outputs are added once */
    double experts, topk, moe_ffn, shared_ffn, dense_layers, moe_every, mtp_layers;
    double moe_layers; /* stated outright; 0: (layers - dense_layers) / moe_every */
    double moe_latent; /* width in which the experts work and travel; 0: hidden */
    double q_lora, kv_lora, rope_dim, nope_dim, v_dim; /* latent attention; v_dim also of plain heads whose
                                                          values are narrower than their keys */
    double window;                                     /* tokens; of window_layers layers */
    double window_layers;
    bool window_is_chunk; /* attention within blocks of `window` tokens, not over the last `window` */
    double window_heads, window_kv_heads, window_head_dim, window_v_dim; /* 0: as the other layers */
    double mamba_layers, mlp_layers, attention_layers; /* mamba_layers > 0: a hybrid of state-space layers;
                                                          mlp_layers: feed-forward layers of their own */
    double mamba_inner, mamba_heads, mamba_groups, mamba_state, mamba_conv, mamba_chunk;
    double mamba_rank;   /* of the time step: Mamba of the first kind; 0: Mamba-2 */
    bool letters;        /* each layer is a mixer or a feed-forward block, not both */
    double delta_layers; /* gated DeltaNet, or Kimi Delta Attention where delta_per_channel */
    double delta_key_heads, delta_key_dim, delta_value_heads, delta_value_dim, delta_conv;
    bool delta_per_channel;
    double index_heads, index_dim, index_topk; /* sparse attention: the indexer and the keys it leaves */
    bool attention_gate;                       /* the output of attention is gated: a second q projection */
    bool shared_gate;                          /* one gate on the shared expert */
    bool clamped;                              /* biased, clamped expert activation (GPT-OSS) */
    double positions;                          /* learned position embeddings */
    double norms;                              /* vectors of `hidden` per layer in norms, their biases too */
    bool qkv_bias, out_bias, mlp_bias, expert_bias, router_bias, qk_norm;
};

enum fc_mixer_kind {
    FC_MIXER_ATTENTION,
    FC_MIXER_LATENT,
    FC_MIXER_MAMBA,  /* of the first kind */
    FC_MIXER_MAMBA2, /* state-space duality in chunks */
    FC_MIXER_DELTA   /* gated DeltaNet, Kimi Delta Attention */
};

/* Mixers of one kind. */
struct fc_mixer {
    enum fc_mixer_kind kind;
    double layers;          /* how many hold it */
    double heads, kv_heads; /* attention */
    double qk_dim, v_dim;   /* width of a head in each of the two products of attention */
    double window;          /* tokens; 0: all before */
    bool chunked;
    double index_heads, index_dim, index_topk;
};
enum { FC_MIXERS = 4 };

/* Fills up to FC_MIXERS kinds that the model has and returns how many. Their layers are counted without those
 * of multi-token prediction. */
int fc_architecture_mixers(const struct fc_architecture *a, struct fc_mixer mixers[FC_MIXERS]);

/* How tensor parallelism splits a product. */
enum fc_split { FC_SPLIT_NONE, FC_SPLIT_COLUMNS, FC_SPLIT_ROWS };

/* A matrix that every token passes: `outputs` from `inputs`; outputs x inputs parameters, twice as many FLOP
 * forward. */
struct fc_product {
    double outputs, inputs;
    enum fc_split split;
};
enum { FC_PRODUCTS = 12 };

/* The products of a mixer in one layer; returns how many. */
int fc_mixer_products(const struct fc_architecture *a, const struct fc_mixer *mixer,
                      struct fc_product products[FC_PRODUCTS]);

/* Forward FLOP per token of a mixer's core in one layer: the two products of attention, the scan and the
 * convolution of a recurrent one. `causal` as in fc_architecture_flop_per_token. */
double fc_mixer_core_flop(const struct fc_architecture *a, const struct fc_mixer *mixer, double sequence,
                          bool causal);

/* Tokens that a query of this mixer attends to on average over a sequence. */
double fc_mixer_context(const struct fc_mixer *mixer, double sequence, bool causal);

/* Elements per token that a recurrent mixer's scan and convolution read and write, in units of its inner
 * width; 0 for attention. */
double fc_mixer_scan_width(const struct fc_architecture *a, const struct fc_mixer *mixer);

/* Parameters of the matrices of one layer's parts. `attention`, of the layers that attend to all tokens. */
struct fc_layer_params {
    double attention, dense, expert, shared, mamba;
    double router; /* with the projections of latent experts */
};

/* Reads a model of the catalog; `place` is where its name was read, or NULL. */
int fc_architecture_read(struct fc_architecture *architecture, const struct fc_catalog_entry *entry,
                         const struct fc_place *place, struct fc_error *error);

/* Refuses, at `place`, a shape that contradicts itself: heads that key-value heads do not divide, more experts
 * per token than there are, more special layers than layers. */
int fc_architecture_check(const struct fc_architecture *a, const struct fc_place *place,
                          struct fc_error *error);

/* Another number of layers of the same mixture of kinds. */
void fc_architecture_set_layers(struct fc_architecture *a, double layers);

bool fc_architecture_is_mixture(const struct fc_architecture *a);
bool fc_architecture_is_latent(const struct fc_architecture *a);
bool fc_architecture_is_hybrid(const struct fc_architecture *a); /* has layers with a recurrent mixer */

/* Shares of the layers that hold experts, and a dense feed-forward block. */
double fc_architecture_mixture_share(const struct fc_architecture *a);
double fc_architecture_dense_share(const struct fc_architecture *a);

/* Share of the layers that attend to other tokens by softmax. */
double fc_architecture_attention_share(const struct fc_architecture *a);

struct fc_layer_params fc_architecture_params(const struct fc_architecture *a);
/* The same without attention and mamba, which stay 0. */
struct fc_layer_params fc_architecture_block_params(const struct fc_architecture *a);

/* Parameters of the mixers of all layers together, matrices only. */
double fc_architecture_mixer_params(const struct fc_architecture *a);

/* All parameters as a model card counts them; multi-token prediction is left out, as the cards do. */
struct fc_parameters {
    double total;
    double active; /* that one token uses, input embedding and output layer included */
    double
        active_without_embedding; /* the same less the input embedding, unless it is the output layer too */
    double multi_token;           /* beside them: of the multi-token-prediction layers */
};
struct fc_parameters fc_architecture_count(const struct fc_architecture *a);

/* Mean width of a head in the products of attention: (query-key + value) / 2. */
double fc_architecture_head_width(const struct fc_architecture *a);

/* Tokens that a query attends to on average over a sequence and the attending layers: half of it when causal.
 */
double fc_architecture_context(const struct fc_architecture *a, double sequence, bool causal);

/* Model FLOP to train one token: three times the forward pass (an FMA is two FLOP), no recomputation: 6 per
 * parameter of a matrix that the token passes, the output layer and the router included and the input
 * embedding not; the core of each mixer; multi-token prediction where the model has it. With `causal`
 * attention counts half, as Megatron-Bridge since 25.09 and this program do; without, as NeMo up to 25.07,
 * MLPerf and Meta do. Mamba-2 counts in its chunked form, the delta rule in its recurrent one. */
double fc_architecture_flop_per_token(const struct fc_architecture *a, double sequence, bool causal);

/* Parameters of low-rank adapters of rank r on every matrix of mixers and dense feed-forward blocks: r (a + b)
 * for one of a x b, the fused ones (q, k, v; gate and up) as one. */
double fc_architecture_adapter_params(const struct fc_architecture *a, double rank);

/* The same as fc_architecture_flop_per_token with the weights frozen: forward and the gradients of the inputs, 4
 * per parameter of a matrix, 6 per parameter of the adapters, the cores three times as ever (Hu et al. 2021, arXiv
 * 2106.09685). */
double fc_architecture_adapted_flop_per_token(const struct fc_architecture *a, double rank, double sequence,
                                              bool causal);

#endif
