/* inputs.h: the numbers of the uncertain inputs of a trial.
 *
 * A number is permanent: it names the random stream of its input (draw.h), so two scenarios that share an input share
 * its random numbers, whatever else differs. Never renumber; append within the layer's range. The names, units, ranges
 * and meanings that users see stand in host/fields.c. */
#ifndef FC_MODEL_INPUTS_H
#define FC_MODEL_INPUTS_H

enum fc_input {
    /* step layer: 0 to 63 */
    FC_IN_STEP_FIRST = 0,

    /* timeline layer: 64 to 127 */
    FC_IN_GPU_MTBF_H = 64,      /* GPU-hours of running per unplanned interruption, h */
    FC_IN_JOB_MTBF_H = 65,      /* running time per interruption that does not depend on size, h; 0: none */
    FC_IN_SWAP_PROBABILITY = 66, /* share of interruptions that need a node replaced */
    FC_IN_DETECTION_SCALE = 67, /* factor on the detection law, 1 */
    FC_IN_RESTART_S = 68,       /* from the decision to restart to the first new step, s */
    FC_IN_REPAIR_SCALE = 69,    /* factor on the repair law, 1 */
    FC_IN_PLANNED_EVERY_H = 70, /* wall time between planned stops, h; 0: none */
    FC_IN_PLANNED_STOP_S = 71,  /* length of a planned stop, restart not included, s */
    FC_IN_CHECKPOINT_STALL_S = 72, /* training stopped per checkpoint, s */

    /* read where the run is detailed (program.h) */
    FC_IN_LARGE_SCALE_EXPONENT = 73, /* a in (GPUs / 32000)^a, factor on the rate above 32000 GPUs */
    FC_IN_CLASS_SHARE = 74,          /* + class, 74 to 80: relative shares of the first seven classes */
    FC_IN_RACK_MTBF_H = 81,          /* running time of a rack per rack-wide event, h; 0: none */
    FC_IN_SLOW_NODE_MTBF_H = 82,     /* running time of a tray until it turns slow, h; 0: never */
    FC_IN_SLOW_NODE_LOSS = 83,       /* share of the job's speed lost while a slow tray is in it */
    FC_IN_SLOW_NETWORK_MTBF_H = 84,  /* running time between slow episodes of the network, h; 0: none */
    FC_IN_SLOW_NETWORK_LOSS = 85,    /* share of speed lost in one */
    FC_IN_SWING_LOSS = 86,           /* mean share of speed lost to the swing of day and night */
    FC_IN_MANUAL_PROBABILITY = 87,   /* share of repairs that need a person */
    FC_IN_REPAIR_INEFFECTIVE = 88,   /* chance that a repair must be done again */
    FC_IN_WRONG_NODE = 89,           /* chance that the wrong node is blamed */
    FC_IN_BURST_PROBABILITY = 90,    /* chance of each further tray in the same failure */
    FC_IN_RESTART_PER_GPU_S = 91,    /* part of the restart that grows with the job, s per GPU */
    FC_IN_CHECKPOINT_LOAD_S = 92,    /* reading a checkpoint back, s */
    FC_IN_WARMUP_S = 93,             /* slower first steps after a restart, as lost time, s */
    FC_IN_CHECKPOINT_WRITE_S = 94,   /* background write of an asynchronous checkpoint, s */
    FC_IN_DURABLE_STALL_S = 95,      /* training stopped for a durable checkpoint of two levels, s */
    FC_IN_DURABLE_LOAD_S = 96,       /* reading a durable checkpoint of two levels, s */
    FC_IN_REPLICA_OUT_S = 97,        /* how long a failed elastic replica is away, s */
    FC_IN_DEGRADED_LOSS = 98,        /* share of speed lost per missing tray, rack or replica */
    FC_IN_SPARE_START_S = 99,        /* bringing a spare in: power on, cabling, tests, s */
    FC_IN_CHECKPOINT_BYTES = 100,    /* size of a checkpoint; 0: the times are stated */
    FC_IN_STORAGE_BYTES_PER_S = 101, /* bandwidth of the storage, all GPUs together */

    /* contract layer: 128 to 255 */
    FC_IN_CONTRACT_FIRST = 128,
    FC_IN_PRICE_GPU_HOUR_USD = 128,
    FC_IN_USABLE_FRACTION = 129, /* share of paid GPU-hours that a job can use */
    FC_IN_GOODPUT = 130,         /* productive share of used time, where no timeline is simulated */
    FC_IN_MFU = 131,             /* model FLOP utilisation, where no step is simulated */
    FC_IN_DELAY_PROBABILITY = 132,
    FC_IN_DELAY_MONTHS = 133, /* length of the delay when there is one, months */
    FC_IN_DELAY_CHANCE = 134, /* internal: uniform number against delay_probability */
    FC_IN_IT_POWER_KW = 135,  /* IT power per GPU at nameplate, network and hosts included, kW */
    FC_IN_LOAD_FACTOR = 136,  /* mean draw over nameplate */
    FC_IN_PUE = 137,
    FC_IN_TRAINING_SHARE = 138,  /* research and development share of all compute */
    FC_IN_FINAL_RUN_SHARE = 139, /* final runs' share of that */
    FC_IN_CARBON_G_PER_KWH = 140,
    FC_IN_ENERGY_PRICE_USD_PER_KWH = 141,

    FC_INPUT_COUNT = 256
};

#endif
