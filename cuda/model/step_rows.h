/* step_rows.h: what the host prepares for the step layer: the operators and messages of one training step as rows. */
#ifndef FC_MODEL_STEP_ROWS_H
#define FC_MODEL_STEP_ROWS_H

#include "lang.h"

#define FC_STEP_ROWS 64

struct fc_step_row {
    fc_i32 kind;
    float a, b, c;
};

struct fc_step_program {
    fc_i32 rows;
    float tokens_per_step;
    float flop_per_step; /* model FLOP of a step, causal attention counted half, all GPUs together */
    float gpus;
    float peak_flops; /* dense peak that MFU refers to, FLOP/s per GPU */
    float memory_bytes;
    struct fc_step_row row[FC_STEP_ROWS];
};

#endif
