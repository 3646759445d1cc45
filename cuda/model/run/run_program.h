/* run_program.h: what the host prepares for the run layer (timeline.h). All members are 32 bits wide, as in
 * program.h. */
#ifndef FC_MODEL_RUN_PROGRAM_H
#define FC_MODEL_RUN_PROGRAM_H

#include "../base/draw.h"
#include "classes.h"

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
    float checkpoint_bytes; /* of the model's checkpoint, where no size is stated; 0: unknown */
    float log_scale;        /* ln(GPUs / 32000), 0 below 32000 GPUs */
    float trays;            /* trays (nodes) that the job uses */
    float rack_trays;       /* of them in a rack */
    fc_i32 racks;           /* racks that the job uses, at least 1 */
    fc_i32 spare_policy;    /* enum fc_spare_policy */
    fc_i32 spares_per_rack; /* in-rack spare trays */
    fc_i32 spare_racks;     /* at most FC_SPARE_RACKS */
    fc_i32 pod_racks;       /* racks lost in a pod-wide event, 1 to 32 */
    fc_i32 segments;        /* in-rack: segments of segment_trays that the job uses of each rack */
    fc_i32 segment_trays;   /* in-rack: a segment lacks nothing or is lost whole */
    fc_i32 crews;           /* repair crews, at most FC_CREWS; 0: as many as needed */
    fc_i32 shortage;        /* enum fc_shortage: what the job does when spares are out */
    fc_i32 idle;            /* 1: FC_IN_IDLE_FAILURES may be above 0 */
    fc_i32 lemons;          /* 1: some trays are lemons */
    float lemon_share;      /* chance that a new tray is one */
    struct fc_draw
        lemon_count;      /* binomial distribution of their number among the trays of the job, discrete */
    fc_i32 elastic;       /* 1: a failed replica falls out for a while, the others go on without rollback */
    fc_i32 asynchronous;  /* 1: a checkpoint is usable when it has been written in the background */
    fc_i32 durable_every; /* K > 1: every K-th checkpoint is durable, the others live in memory */
    fc_i32 ages;          /* enum fc_ages, of the class FC_CLASS_GPU */
    fc_i32 age_units;     /* FC_AGES_UNITS: how many */
    struct fc_draw
        first_failure; /* distribution of the time to a unit's first failure, mean of the renewed distribution = 1 */
    struct fc_draw next_failure; /* distribution of the time from renewal to failure, mean 1 */
    /* distributions of repairs, s, each a table, a constant too: by hand (fc_run.repair as a table), automatic, of
     * racks */
    fc_i32 repair_table;
    struct fc_draw repair_automatic, rack_repair;
};

/* A run as sums instead of events (sums.h). Cumulants of the distribution of detection times: mean and standard deviation, s,
 * then the third to the fifth over the powers of the latter. */
struct fc_run_sums {
    fc_i32 on;
    fc_i32 normal_table; /* quantile table of the standard normal */
    float detection_mean, detection_sd, detection_skew, detection_excess, detection_fifth;
    float repair_mean; /* s */
    float log_places;  /* ln((spares + 1)!) */
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
    struct fc_draw detection; /* distribution, s */
    struct fc_draw repair;    /* distribution, s */
    float paid_gpus;          /* GPUs that are paid, spares included; 0: as many as the job uses */
    fc_i32 operation;         /* 1: FC_IN_OPERATION_OVERHEAD is drawn and may be above 0 */
    fc_i32 detailed;          /* 1: `detail` is in use */
    struct fc_run_detail detail;
    struct fc_run_sums sums;
};

#endif
