/* model_config_keys.h: the keys and families of Hugging Face's model configurations, as tables. */
#ifndef FC_HOST_MODEL_CONFIG_KEYS_H
#define FC_HOST_MODEL_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* What a key of a configuration fills, under one name for its many spellings. */
enum fc_slot {
    FC_SLOT_HIDDEN,
    FC_SLOT_LAYERS,
    FC_SLOT_HEADS,
    FC_SLOT_KV_HEADS,
    FC_SLOT_HEAD_DIM,
    FC_SLOT_V_HEAD_DIM,
    FC_SLOT_FFN,
    FC_SLOT_VOCAB,
    FC_SLOT_POSITIONS,
    FC_SLOT_EXPERTS,
    FC_SLOT_TOPK,
    FC_SLOT_MOE_FFN,
    FC_SLOT_MOE_LATENT,
    FC_SLOT_SHARED_EXPERTS, /* how many */
    FC_SLOT_SHARED_FFN,     /* width of all of them */
    FC_SLOT_FIRST_DENSE,
    FC_SLOT_MOE_EVERY,
    FC_SLOT_MOE_OFFSET,
    FC_SLOT_MOE_END,
    FC_SLOT_MTP,
    FC_SLOT_Q_LORA,
    FC_SLOT_KV_LORA,
    FC_SLOT_ROPE_DIM,
    FC_SLOT_NOPE_DIM,
    FC_SLOT_INDEX_HEADS,
    FC_SLOT_INDEX_DIM,
    FC_SLOT_INDEX_TOPK,
    FC_SLOT_WINDOW,
    FC_SLOT_CHUNK,
    FC_SLOT_WINDOW_EVERY, /* every n-th layer attends to all */
    FC_SLOT_WINDOW_FROM,  /* first layer with a window */
    FC_SLOT_WINDOW_HEADS,
    FC_SLOT_WINDOW_KV_HEADS,
    FC_SLOT_WINDOW_HEAD_DIM,
    FC_SLOT_WINDOW_V_DIM,
    FC_SLOT_ATTENTION_EVERY, /* a hybrid: every n-th layer attends, counted from the offset */
    FC_SLOT_ATTENTION_OFFSET,
    FC_SLOT_FULL_EVERY, /* linear attention: the last of every n layers attends to all */
    FC_SLOT_MAMBA_HEADS,
    FC_SLOT_MAMBA_HEAD_DIM,
    FC_SLOT_MAMBA_GROUPS,
    FC_SLOT_MAMBA_STATE,
    FC_SLOT_MAMBA_CONV,
    FC_SLOT_MAMBA_CHUNK,
    FC_SLOT_MAMBA_EXPAND,
    FC_SLOT_MAMBA_INNER,
    FC_SLOT_MAMBA_RANK,
    FC_SLOT_DELTA_KEY_HEADS,
    FC_SLOT_DELTA_KEY_DIM,
    FC_SLOT_DELTA_VALUE_HEADS,
    FC_SLOT_DELTA_VALUE_DIM,
    FC_SLOT_DELTA_CONV,
    FC_SLOT_EXPANSION, /* feed-forward width over hidden width */
    FC_SLOT_EMBEDDING, /* width of the embedding, where it may differ */
    /* true or false */
    FC_SLOT_TIED,
    FC_SLOT_QKV_BIAS,
    FC_SLOT_BIAS, /* of all projections */
    FC_SLOT_MLP_BIAS,
    FC_SLOT_QK_NORM,
    FC_SLOT_MULTI_QUERY,
    FC_SLOT_NEW_DECODER,
    FC_SLOT_USE_WINDOW,
    FC_SLOT_ALIBI,
    FC_SLOT_USE_MTP,
    FC_SLOT_PARALLEL,
    FC_SLOTS
};

enum fc_key_kind {
    FC_KEY_NUMBER,  /* into the slot; null: absent */
    FC_KEY_FLAG,    /* into the slot */
    FC_KEY_WIDTHS,  /* a number, or a list of one number per layer, all equal */
    FC_KEY_IGNORED, /* changes neither operators nor shapes */
    FC_KEY_OFF,     /* must be false, null or 0: what it switches on is not modelled */
    FC_KEY_ACTIVATION,
    FC_KEY_LAYER_TYPES,    /* a list of words, one per layer */
    FC_KEY_LETTERS,        /* M*-E, one letter per layer */
    FC_KEY_MOE_LIST,       /* a number n, or a list of 0 and 1 per layer */
    FC_KEY_DENSE_LIST,     /* numbers of the layers without experts */
    FC_KEY_EXPERT_LIST,    /* numbers of the layers with experts */
    FC_KEY_ATTENTION_LIST, /* numbers of the layers that attend */
    FC_KEY_WINDOW_LIST,    /* 0 and 1 per layer; 1: a window */
    FC_KEY_FULL_LIST,      /* 0 and 1 per layer; 0: attends to all (Llama 4) */
    FC_KEY_WINDOW_WORD,    /* L and G, repeated: local and global (EXAONE) or a number */
    FC_KEY_FEED_TYPES,     /* dense or sparse, one word per layer */
    FC_KEY_ONES,           /* 1 for every layer: full attention; other kinds are not modelled */
    FC_KEY_LINEAR_CONFIG,  /* Kimi Linear's map */
    FC_KEY_NESTED          /* a map whose keys are read as if they stood here */
};

struct fc_key_rule {
    const char
        *families; /* model types it holds for, parted by blanks; NULL: all without a rule of their own */
    const char *key;
    enum fc_key_kind kind;
    int slot;
    const char *what; /* FC_KEY_OFF: what it switches on */
};
extern const struct fc_key_rule fc_key_rules[];
extern const size_t fc_key_rule_count;

/* Habits of the modelling code of a family that its configurations do not state. */
struct fc_model_family {
    const char *types;   /* model types, parted by blanks */
    const char *refused; /* why it is not modelled, or NULL */
    bool plain_ffn;      /* two matrices in a feed-forward block instead of three */
    bool tied;           /* where tie_word_embeddings is absent */
    double norms;        /* vectors of the hidden width per layer; 0: 2 */
    bool qkv_bias, out_bias, mlp_bias, qk_norm;
    bool experts; /* intermediate_size is the width of an expert; there are no dense layers */
    bool attention_gate;
    bool parallel_block; /* where the configuration does not say otherwise */
    double positions; /* learned positions: 1, or 2 where two more are stored than stated; else 0 */
    struct {
        int slot; /* FC_SLOTS ends the list */
        double value;
    } defaults[8];
};
extern const struct fc_model_family fc_model_families[];
extern const size_t fc_model_family_count;

/* The family of a model type, or NULL. */
const struct fc_model_family *fc_model_family_find(const char *type);

/* The rule for a key in a model type, or NULL. */
const struct fc_key_rule *fc_key_rule_find(const char *key, const char *type);

/* True where `word` is one of the blank-parted words. */
bool fc_word_among(const char *word, const char *words);

#endif
