/* software.h: training software by generation: what it does in a step and keeps in memory. */
#ifndef FC_HOST_SOFTWARE_H
#define FC_HOST_SOFTWARE_H

#include <stdbool.h>

enum fc_software_id {
#define LIST(...)
#define WORD(...)
#define SOFTWARE(id, text) FC_##id,
#define END(...)
#include "host/language/words.def"
    FC_SOFTWARE_COUNT
};

/* How old kernels and habits are. */
enum fc_elementwise { FC_FUSED, FC_EAGER, FC_MEGATRON_FUSED };
enum fc_attention_kernel { FC_FLASH, FC_FLASH_2, FC_FLASH_ALIBI, FC_UNFUSED };
/* PyTorch's FSDP, whose streams have memory of their own. */
enum fc_torch_fsdp { FC_NO_TORCH, FC_FSDP_1, FC_FSDP_2 };

/* What Megatron-Core hands to autograd for a weight whose gradient went straight into the sum: an empty BF16 tensor of its shape,
 * fresh and gone with its operator, or with Transformer Engine since 2025 (get_dummy_wgrad) one per shape, which stays. */
enum fc_placeholders { FC_NO_PLACEHOLDERS, FC_PASSING_PLACEHOLDERS, FC_KEPT_PLACEHOLDERS };

struct fc_software {
    enum fc_software_id id;
    const char *name; /* as in training.software */
    const char *what;
    enum fc_elementwise elementwise;
    enum fc_attention_kernel attention; /* FC_FLASH_2, FC_FLASH_ALIBI: on Hopper; elsewhere as FC_FLASH */
    bool fsdp;                          /* shares out parameters too, whatever the plan says */
    bool overlaps_tp;                   /* of dense layers and of the attention of mixture layers */
    bool overlaps_dp;
    bool shards_optimizer;
    bool accumulates_fp32;     /* weight gradients, in the GEMM's epilogue */
    bool cheap_recompute;      /* norm and activation outputs made again from their inputs */
    double gradient_bytes;     /* reduced per parameter, and kept */
    double gathered_bytes_low; /* gathered per parameter in precisions below BF16 */
    double optimizer_bytes;    /* per parameter: moments and master weights */
    bool dropout;              /* dropout and its masks, no sequence parallelism under full recompute */
    bool dedup_dispatch;       /* DeepEP or HybridEP: one copy of a token per domain */
    bool early_blackwell, moe_2024;
    bool tuned;         /* its published runs are tuned so far that replicas keep pace */
    double logit_bytes; /* kept per logit until the loss has its gradient */
    double logit_bytes_split;    /* the same where the vocabulary is split over tensor parallel ranks; 0: as logit_bytes */
    double logit_bytes_compiled; /* of later releases, which compile the loss; 0: as logit_bytes */
    double logit_hole_bytes;     /* reserved beside them: a hole that fits none of them; not in later releases */
    enum fc_torch_fsdp torch;
    enum fc_placeholders placeholders; /* of weight gradients */
    bool early_megatron;  /* before sequence parallelism; FP16 weights have FP16 gradients */
    bool parallel_block;  /* attention and feed-forward block work on one input, their outputs are added once: half the norms
                             and half the tensor parallel messages */
    bool reduces_whole;   /* gradients are all-reduced though the optimizer is shared out, and weights gathered beside */
    bool gathers_flat;    /* of FSDP: a rank's share of a gather comes through its own adapter alone */
    bool fp32_parameters; /* the shared-out parameters are FP32 and the master weights themselves */
};

/* By enum fc_software_id. */
extern const struct fc_software fc_softwares[FC_SOFTWARE_COUNT];

/* The generation with this name, or NULL. */
const struct fc_software *fc_software_find(const char *name);

/* The newest one there are measurements of. */
const struct fc_software *fc_software_newest(void);

#endif
