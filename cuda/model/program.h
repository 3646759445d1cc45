/* program.h: what the host prepares for the trials of one scenario: a flat, read-only structure and its
 * tables.
 *
 * All members are 32 bits wide, so host and devices lay it out alike. Numbers are float in the double build
 * too: both builds then work on the same inputs, and their difference is the model's own rounding. */
#ifndef FC_MODEL_PROGRAM_H
#define FC_MODEL_PROGRAM_H

#include "contract/contract_program.h"
#include "inputs.h"
#include "metrics.h"
#include "run/run_program.h"
#include "step/step_program.h"

#define FC_MODEL_VERSION 3 /* raised when the bits of a result change for a fixed scenario and seed */

/* Layers in use; a scenario may stop at any of them. */
#define FC_LAYER_STEP 1
#define FC_LAYER_RUN 2
#define FC_LAYER_CONTRACT 4

/* A trial has a twin, whose number differs in this bit: an independent world for sensitivity indices, where
 * some inputs come from the world and the others from its twin (host/analysis/sobol.h). */
#define FC_TWIN_BIT 40

/* With quasi-Monte Carlo the inputs are the points of a lattice (base/draw.h) under `shifts` independent shifts: trial
 * s 2^FC_SHIFT_BIT + k is point k under shift s. Everything but the inputs stays random, by the number of the trial. */
#define FC_SHIFT_BIT 32
#define FC_SHIFTS_MOST 64

struct fc_program {
    fc_i32 layers;       /* FC_LAYER_* or-ed */
    fc_i32 draw_count;   /* draws[], sorted by input number */
    fc_i32 run_draws;    /* the first run_draws of them feed step and timeline, the others the contract */
    fc_i32 metric_count; /* metrics[] in ascending order: row r of the output is metric metrics[r] */
    fc_i32 metrics[FC_METRIC_COUNT];
    fc_i32 metric_row[FC_METRIC_COUNT]; /* inverse of metrics: row or -1 */
    struct fc_draw draws[FC_INPUT_COUNT];
    fc_u32 alternate[FC_INPUT_COUNT /
                     32]; /* bit input % 32 of word input / 32: draw this input from the trial's twin */
    struct fc_step_program step;
    struct fc_run run;
    struct fc_contract contract;
    struct fc_copula copula;
    fc_i32 shifts; /* 0: the inputs are random words */
};

#endif
