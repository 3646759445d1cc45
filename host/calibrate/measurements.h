/* measurements.h: published or own measurements of training steps, read from CSV, as plans with their
 * measured time.
 *
 * Columns (any order, more are allowed): id, source, hardware, gpus, model, layers, hidden, ffn, heads,
 * kv_heads, vocab, seq, experts, topk, moe_ffn, precision, tp, pp, vpp, cp, ep, dp_or_fsdp, mbs, gbs,
 * recompute, step_time_s, tokens_per_s_per_gpu, tflops_per_gpu, notes; optional: software (a name of
 * training.software), gpu (a name of the catalog). Rows that cannot be used are kept with the reason.
 * catalog/measured-training.csv is the one that comes with the program; what its notes say about layouts is
 * understood. */
#ifndef FC_HOST_MEASUREMENTS_H
#define FC_HOST_MEASUREMENTS_H

#include <stddef.h>

#include "host/language/catalog.h"
#include "host/step/plan.h"

/* What a figure of memory counts. */
enum fc_memory_kind {
    FC_MEMORY_ALLOCATED, /* by tensors */
    FC_MEMORY_RESERVED,  /* by PyTorch's allocator */
    FC_MEMORY_DRIVER     /* nvidia-smi: context, NCCL and other libraries included */
};

struct fc_measurement {
    char id[96], model[64];
    char left_out[160]; /* why it is not used; "" when it is */
    struct fc_plan plan;
    double seconds;      /* measured step time; 0 in a table of memory */
    double memory_bytes; /* measured memory of a GPU; 0: none */
    bool out_of_memory;  /* it ran out */
    enum fc_memory_kind memory_kind;
    const char *how; /* what it was made of: "step time", "tokens", "TFLOP/s" */
    int line;        /* in the file */
};

struct fc_measurements {
    struct fc_measurement *rows; /* in the order of the file */
    size_t count;
    size_t used;
};

/* Reads the CSV text of `size` bytes; `name` stands for the file in messages. Returns 0, or -1 with `error`
 * filled. */
int fc_measurements_read(struct fc_measurements *measurements, const char *name, const char *text,
                         size_t size, const struct fc_catalog *catalog, struct fc_error *error);

/* The file at `path`, or the measurements that come with the program when it is NULL. */
int fc_measurements_open(struct fc_measurements *measurements, const char *path,
                         const struct fc_catalog *catalog, struct fc_error *error);

void fc_measurements_free(struct fc_measurements *measurements);

#endif
