/* program.h: what the host prepares for the trials of one scenario: a flat, read-only structure and its
 * tables.
 *
 * All members are 32 bits wide, so host and devices lay it out alike. Numbers are float in the double build
 * too: both builds then work on the same inputs, and their difference is the model's own rounding. */
#ifndef FC_MODEL_PROGRAM_H
#define FC_MODEL_PROGRAM_H

#include "classes.h"
#include "contract_program.h"
#include "inputs.h"
#include "lang.h"
#include "metrics.h"
#include "step_program.h"

#define FC_MODEL_VERSION 2 /* raised when the bits of a result change for a fixed scenario and seed */

/* Checkpoint interval: stated, or a rule applied to the world's own rate of interruptions (interval.h). */
enum fc_interval_rule {
    FC_INTERVAL_STATED = 0,
    FC_INTERVAL_EXACT = 1,
    FC_INTERVAL_YOUNG = 2,
    FC_INTERVAL_DALY = 3
};

/* What a run needs beyond one rate of interruptions (timeline.h: detailed). Used when fc_run.detailed is 1.
 */
struct fc_run_detail {
    struct fc_classes classes;
    float checkpoint_bytes;     /* of the model's checkpoint, where no size is stated; 0: unknown */
    float log_scale;            /* ln(GPUs / 32000), 0 below 32000 GPUs */
    float trays;                /* trays (nodes) that the job uses */
    float rack_trays;           /* of them in a rack */
    fc_i32 racks;               /* racks that the job uses, at least 1 */
    fc_i32 spare_policy;        /* enum fc_spare_policy */
    fc_i32 spares_per_rack;     /* in-rack spare trays */
    fc_i32 spare_racks;         /* at most FC_SPARE_RACKS */
    fc_i32 pod_racks;           /* racks lost in a pod-wide event, 1 to 32 */
    fc_i32 segments;            /* in-rack: segments of segment_trays that the job uses of each rack */
    fc_i32 segment_trays;       /* in-rack: a segment lacks nothing or is lost whole */
    fc_i32 crews;               /* repair crews, at most FC_CREWS; 0: as many as needed */
    fc_i32 shortage;            /* enum fc_shortage: what the job does when spares are out */
    fc_i32 idle;                /* 1: FC_IN_IDLE_FAILURES may be above 0 */
    fc_i32 lemons;              /* 1: some trays are lemons */
    float lemon_share;          /* chance that a new tray is one */
    struct fc_draw lemon_count; /* binomial law of their number among the trays of the job, discrete */
    fc_i32 elastic;       /* 1: a failed replica falls out for a while, the others go on without rollback */
    fc_i32 asynchronous;  /* 1: a checkpoint is usable when it has been written in the background */
    fc_i32 durable_every; /* K > 1: every K-th checkpoint is durable, the others live in memory */
    fc_i32 ages;          /* enum fc_ages, of the class FC_CLASS_GPU */
    fc_i32 age_units;     /* FC_AGES_UNITS: how many */
    struct fc_draw first_failure; /* law of the time to a unit's first failure, mean of the renewed law = 1 */
    struct fc_draw next_failure;  /* law of the time from renewal to failure, mean 1 */
    /* laws of repairs, s, each a table, a constant too: by hand (fc_run.repair as a table), automatic, of
     * racks */
    fc_i32 repair_table;
    struct fc_draw repair_automatic, rack_repair;
};

/* One run: the timeline layer (timeline.h). */
struct fc_run {
    float tick_s;           /* length of a tick, a power of two, s */
    fc_i32 horizon;         /* longest wall time watched, ticks, at most 2^30 */
    fc_i32 watch;           /* 1: watch the run for `horizon`; 0: run until the work is done */
    fc_i32 last_checkpoint; /* 1: the end of the work is checkpointed too */
    fc_i32 automatic;       /* enum fc_interval_rule */
    float interval_s;       /* training between checkpoints when not automatic, s */
    fc_i32 spares;          /* nodes kept ready, at most FC_SPARES */
    float gpus;
    float work_steps;         /* steps of the whole run; time per step comes from the step layer */
    float work_s;             /* work of the whole run where no step is simulated, s at full speed */
    float tokens;             /* tokens of the whole run, 0 when unknown */
    struct fc_draw detection; /* law, s */
    struct fc_draw repair;    /* law, s */
    float paid_gpus;          /* GPUs that are paid, spares included; 0: as many as the job uses */
    fc_i32 detailed;          /* 1: `detail` is in use */
    struct fc_run_detail detail;
};

/* Layers in use; a scenario may stop at any of them. */
#define FC_LAYER_STEP 1
#define FC_LAYER_RUN 2
#define FC_LAYER_CONTRACT 4

/* A trial has a twin, whose number differs in this bit: an independent world for sensitivity indices, where
 * some inputs come from the world and the others from its twin (host/sobol.h). */
#define FC_TWIN_BIT 40

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
};

#endif
