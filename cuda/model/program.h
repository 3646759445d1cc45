/* program.h: what the host prepares for the trials of one scenario: a flat, read-only structure and its tables.
 *
 * All members are 32 bits wide, so host and devices lay it out alike. Numbers are float in the double build too: both
 * builds then work on the same inputs, and their difference is the model's own rounding. */
#ifndef FC_MODEL_PROGRAM_H
#define FC_MODEL_PROGRAM_H

#include "inputs.h"
#include "lang.h"
#include "metrics.h"
#include "step_rows.h"

#define FC_MODEL_VERSION 1 /* raised when the bits of a result change for a fixed scenario and seed */

/* How an input or an event variate gets its value. */
enum fc_draw_kind {
    FC_DRAW_CONSTANT = 0, /* always `value` */
    FC_DRAW_TABLE = 1,    /* quantile table (draw.h) at `table`, an offset in floats */
    FC_DRAW_DISCRETE = 2  /* `count` values at `table`, then as many cumulative probabilities, the last one 1 */
};

struct fc_draw {
    fc_i32 input; /* enum fc_input; unused in an event law */
    fc_i32 kind;  /* enum fc_draw_kind */
    fc_i32 table;
    fc_i32 count;
    float value;
};

/* One run: the timeline layer (timeline.h). */
struct fc_run {
    float tick_s;          /* length of a tick, a power of two, s */
    fc_i32 horizon;        /* longest wall time watched, ticks, at most 2^30 */
    fc_i32 watch;          /* 1: watch the run for `horizon`; 0: run until the work is done */
    fc_i32 last_checkpoint; /* 1: the end of the work is checkpointed too */
    fc_i32 automatic;      /* 1: the checkpoint interval is the exact optimum of the world's own failure rate */
    float interval_s;      /* training between checkpoints when not automatic, s */
    fc_i32 spares;         /* nodes kept ready, at most FC_SPARES */
    float gpus;
    float work_steps;      /* steps of the whole run; time per step comes from the step layer */
    float work_s;          /* work of the whole run where no step is simulated, s at full speed */
    float tokens;          /* tokens of the whole run, 0 when unknown */
    struct fc_draw detection; /* law, s */
    struct fc_draw repair;    /* law, s */
};

/* The contract layer (contract.h). */
struct fc_contract {
    float value_usd;
    float term_h;      /* term, h */
    float half_ramp_h; /* half of the linear ramp, h */
    float peak_flops;  /* dense BF16 peak of a GPU, FLOP/s */
    fc_i32 run_sizes;  /* how many of run_flop are in use */
    float run_flop[FC_RUN_SIZES];
    float deadline_days; /* 0: none */
    float budget_usd;    /* 0: none */
};

/* Layers in use; a scenario may stop at any of them. */
#define FC_LAYER_STEP 1
#define FC_LAYER_RUN 2
#define FC_LAYER_CONTRACT 4

struct fc_program {
    fc_i32 layers;      /* FC_LAYER_* or-ed */
    fc_i32 draw_count;  /* draws[], sorted by input number */
    fc_i32 run_draws;   /* the first run_draws of them feed step and timeline, the others the contract */
    fc_i32 metric_count; /* metrics[] in ascending order: row r of the output is metric metrics[r] */
    fc_i32 metrics[FC_METRIC_COUNT];
    fc_i32 metric_row[FC_METRIC_COUNT]; /* inverse of metrics: row or -1 */
    struct fc_draw draws[FC_INPUT_COUNT];
    struct fc_step_program step;
    struct fc_run run;
    struct fc_contract contract;
};

#endif
