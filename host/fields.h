/* fields.h: every key that a scenario may hold, as one table.
 *
 * The table is what the reader checks against, what --help and `show --defaults` print, and what --set accepts. A
 * default, with its source and grade, stands under the same path in catalog/defaults.yaml; a field without a default
 * must be stated when its layer is in use. */
#ifndef FC_HOST_FIELDS_H
#define FC_HOST_FIELDS_H

#include <stddef.h>

enum fc_field_type {
    FC_FIELD_UNCERTAIN, /* one value per trial: a number, a range or a distribution; feeds input `input` */
    FC_FIELD_LAW,       /* a value per event inside a trial: likewise a number, a range or a distribution */
    FC_FIELD_NUMBER,    /* one number, the same in every trial */
    FC_FIELD_INTEGER,   /* one whole number */
    FC_FIELD_NUMBERS,   /* a list of 1 to 8 numbers */
    FC_FIELD_CHOICE,    /* one word of `choices` */
    FC_FIELD_NAME,      /* the name of a catalog entry of kind `unit` (model, gpu, cluster, ...) */
    FC_FIELD_FLAG,      /* true or false */
    FC_FIELD_TEXT       /* free text */
};

struct fc_field {
    int id;           /* enum fc_field_id, the index in the table */
    const char *path; /* dotted path, e.g. "reliability.gpu_mtbf" */
    enum fc_field_type type;
    int input;        /* FC_FIELD_UNCERTAIN: the enum fc_input it feeds; otherwise -1 */
    const char *unit; /* canonical unit of the stored value, e.g. "h", "USD", "1"; catalog kind for FC_FIELD_NAME */
    double lo, hi;    /* allowed range of the stored value, both ends included; also of every draw */
    const char *const *choices; /* FC_FIELD_CHOICE: words, NULL-terminated */
    const char *what;           /* one line for people */
};

enum fc_field_id {
    FC_FIELD_SCENARIO_NAME,
    FC_FIELD_DESCRIPTION,
    FC_FIELD_LAYERS,
    FC_FIELD_TRIALS,
    FC_FIELD_SEED,
    FC_FIELD_GPU,
    FC_FIELD_NETWORK,
    FC_FIELD_GPUS,
    FC_FIELD_DOMAIN_GPUS,
    FC_FIELD_NODE_GPUS,
    FC_FIELD_SPARE_NODES,
    FC_FIELD_OVERSUBSCRIPTION,
    FC_FIELD_MODEL,
    FC_FIELD_TOKENS,
    FC_FIELD_FLOP,
    FC_FIELD_WALL,
    FC_FIELD_PRECISION,
    FC_FIELD_SEQUENCE,
    FC_FIELD_GLOBAL_BATCH,
    FC_FIELD_SOFTWARE,
    FC_FIELD_ATTENTION_FP8_ON,
    FC_FIELD_FUSED_EXPERTS,
    FC_FIELD_MICRO_BATCH,
    FC_FIELD_TP,
    FC_FIELD_PP,
    FC_FIELD_VPP,
    FC_FIELD_CP,
    FC_FIELD_EP,
    FC_FIELD_DP,
    FC_FIELD_ZERO,
    FC_FIELD_RECOMPUTE,
    FC_FIELD_EXPERT_TP,
    FC_FIELD_EXPERT_DISPATCH,
    FC_FIELD_EXPERT_OVERLAP,
    FC_FIELD_CUDA_GRAPH,
    FC_FIELD_CHECKPOINT_INTERVAL,
    FC_FIELD_CHECKPOINT_STALL,
    FC_FIELD_GPU_MTBF,
    FC_FIELD_JOB_MTBF,
    FC_FIELD_SWAP_PROBABILITY,
    FC_FIELD_DETECTION,
    FC_FIELD_DETECTION_SCALE,
    FC_FIELD_RESTART,
    FC_FIELD_REPAIR,
    FC_FIELD_REPAIR_SCALE,
    FC_FIELD_PLANNED_EVERY,
    FC_FIELD_PLANNED_STOP,
    /* a detailed run (reliability.profile) */
    FC_FIELD_PROFILE,
    FC_FIELD_SPARE_POLICY,
    FC_FIELD_RACKS,
    FC_FIELD_SPARES_PER_RACK,
    FC_FIELD_SPARE_RACKS,
    FC_FIELD_SHORTAGE,
    FC_FIELD_ELASTIC,
    FC_FIELD_CHECKPOINT_KIND,
    FC_FIELD_CHECKPOINT_RULE,
    FC_FIELD_DURABLE_EVERY,
    FC_FIELD_AGES,
    FC_FIELD_WEIBULL_SHAPE,
    FC_FIELD_LARGE_SCALE,
    FC_FIELD_SHARE_GPU,
    FC_FIELD_SHARE_HOST,
    FC_FIELD_SHARE_NVLINK,
    FC_FIELD_SHARE_NETWORK,
    FC_FIELD_SHARE_SOFTWARE,
    FC_FIELD_SHARE_HANG,
    FC_FIELD_SHARE_SILENT,
    FC_FIELD_RACK_MTBF,
    FC_FIELD_SLOW_NODE_MTBF,
    FC_FIELD_SLOW_NODE_LOSS,
    FC_FIELD_SLOW_NETWORK_MTBF,
    FC_FIELD_SLOW_NETWORK_LOSS,
    FC_FIELD_SWING,
    FC_FIELD_MANUAL,
    FC_FIELD_INEFFECTIVE,
    FC_FIELD_WRONG_NODE,
    FC_FIELD_BURST,
    FC_FIELD_RESTART_PER_GPU,
    FC_FIELD_WARMUP,
    FC_FIELD_REPLICA_OUT,
    FC_FIELD_DEGRADED_LOSS,
    FC_FIELD_SPARE_START,
    FC_FIELD_CHECKPOINT_LOAD,
    FC_FIELD_CHECKPOINT_WRITE,
    FC_FIELD_DURABLE_STALL,
    FC_FIELD_DURABLE_LOAD,
    FC_FIELD_CHECKPOINT_BYTES,
    FC_FIELD_STORAGE_BANDWIDTH,
    FC_FIELD_HANG_DETECTION,
    FC_FIELD_SILENT_LAG,
    FC_FIELD_SLOW_NODE_LENGTH,
    FC_FIELD_SLOW_NETWORK_LENGTH,
    FC_FIELD_REPAIR_AUTOMATIC,
    FC_FIELD_RACK_REPAIR,
    FC_FIELD_PRICE_GPU_HOUR,
    FC_FIELD_CONTRACT_VALUE,
    FC_FIELD_CONTRACT_YEARS,
    FC_FIELD_RAMP,
    FC_FIELD_DELAY_PROBABILITY,
    FC_FIELD_DELAY_LENGTH,
    FC_FIELD_USABLE_FRACTION,
    FC_FIELD_GOODPUT,
    FC_FIELD_MFU,
    FC_FIELD_TRAINING_SHARE,
    FC_FIELD_FINAL_RUN_SHARE,
    FC_FIELD_RUN_FLOP,
    FC_FIELD_IT_POWER,
    FC_FIELD_LOAD_FACTOR,
    FC_FIELD_PUE,
    FC_FIELD_CARBON,
    FC_FIELD_ENERGY_PRICE,
    FC_FIELD_DEADLINE,
    FC_FIELD_BUDGET,
    FC_FIELD_POSTERIOR,
    FC_FIELD_EFFICIENCY, /* the first of the step layer's inputs, in their order */
    FC_FIELD_EFFICIENCY_LAST = FC_FIELD_EFFICIENCY + 46,
    FC_FIELD_COUNT
};

/* The table, FC_FIELD_COUNT rows in the order of enum fc_field_id. */
extern const struct fc_field fc_fields[];

/* The row with this dotted path, or NULL. */
const struct fc_field *fc_field_find(const char *path);

#endif
