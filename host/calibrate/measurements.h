/* measurements.h: published or own measurements of training steps, read from CSV, as plans with their
 * measured time.
 *
 * Needed columns: gpus, model, hardware or gpu, and one of step_time_s, tokens_per_s_per_gpu, tflops_per_gpu (measured_gib
 * in tables of memory). docs/model/step-time.md lists the others. Any order, more are allowed; capitals, blanks and
 * units in brackets do not matter, nor do the names that other tools have for them ("Micro batch size", seq_len).
 *
 * A cell that is unreadable (12x for a number, a precision that nobody knows) is a fault: all faults of a file are
 * reported together. Rows that can be read but not used keep the reason. A blank cell of the layout, of precision or of
 * recompute is an uncertain choice among plans that fit (unstated.h). catalog/measured-training.csv is what comes
 * with the program; what its notes say about layouts is understood. */
#ifndef FC_HOST_MEASUREMENTS_H
#define FC_HOST_MEASUREMENTS_H

#include <stddef.h>

#include "host/base/notes.h"
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
    char source[96];     /* who measured it where, without the number of a release */
    char left_out[240];  /* why it is not used; "" when it is */
    struct fc_plan plan; /* the likeliest one where cells are blank */
    double seconds;      /* measured step time; 0 in a table of memory */
    double spread; /* of the log of the step time over the plans that blank cells leave open; 0: none is */
    double offset; /* mean of that log over these plans, less that of `plan` */
    char unstated[64];   /* names of those cells; "" */
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
    struct fc_notes notes; /* columns and words that were not understood */
};

/* The name of a column as one who reads tables knows it: "Step time (s)" and "step_s" are "step_time_s". */
void fc_column_plain_name(const char *header, char *name, size_t size);

/* Reads the CSV text of `size` bytes; `name` stands for the file in messages. Returns 0, or -1 with `error`
 * filled: up to eight faults, a line each, and how many more there are. */
int fc_measurements_read(struct fc_measurements *measurements, const char *name, const char *text,
                         size_t size, const struct fc_catalog *catalog, struct fc_error *error);

/* The file at `path`, or the measurements that come with the program when it is NULL. */
int fc_measurements_open(struct fc_measurements *measurements, const char *path,
                         const struct fc_catalog *catalog, struct fc_error *error);

void fc_measurements_free(struct fc_measurements *measurements);

#endif
