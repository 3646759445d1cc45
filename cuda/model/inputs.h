/* inputs.h: the numbers of the uncertain inputs of a trial.
 *
 * A number is permanent: it names the random stream of its input (draw.h), so two scenarios that share an
 * input share its random numbers, whatever else differs. Never renumber; append within the layer's range. The
 * names, units, ranges and meanings that users see stand in host/language/fields.c. */
#ifndef FC_MODEL_INPUTS_H
#define FC_MODEL_INPUTS_H

enum fc_input {
    /* step layer: 0 to 63; efficiency factors of step.h. Where several measured factors may stand behind one
     * of them (the clock of a GB200 or of a B300), the scenario decides which (host/step/factors.h). */
    FC_IN_STEP_FIRST = 0,
    FC_IN_CLOCK = 0,               /* sustained clock over the one of the stated peak */
    FC_IN_GEMM_BF16 = 1,           /* matrix products of large shape over the BF16 peak */
    FC_IN_GEMM_LOW = 2,            /* the same for FP8 and FP4 */
    FC_IN_MXFP8 = 3,               /* MXFP8 matrix products against per-tensor FP8 */
    FC_IN_FP4_ULTRA = 4,           /* share of the additional FP4 peak of the 300 series */
    FC_IN_GROUPED_GEMM = 5,        /* grouped against dense matrix products */
    FC_IN_GROUPED_ROWS = 6,        /* rows lost per expert to tiles */
    FC_IN_ATTENTION = 7,           /* fused attention over the BF16 peak */
    FC_IN_ATTENTION_KERNEL = 8,    /* an older attention kernel against that */
    FC_IN_ATTENTION_FP8 = 9,       /* gain by FP8 attention */
    FC_IN_ATTENTION_UNFUSED = 10,  /* batched matrix products of unfused attention over the BF16 peak */
    FC_IN_HBM = 11,                /* streaming rate over the memory's peak */
    FC_IN_OPERAND_TRAFFIC = 12,    /* share of the operand traffic of matrix products that is not hidden */
    FC_IN_ACCUMULATE_TRAFFIC = 13, /* the same for the accumulation of weight gradients */
    FC_IN_ELEMENTWISE = 14,        /* factor on the counted bytes of norms, activations, residuals */
    FC_IN_QUANTIZE_BYTES = 15,     /* bytes per element cast to low precision */
    FC_IN_MAMBA_BYTES = 16,        /* bytes per element of a state-space scan */
    FC_IN_CLAMP_BYTES = 17,        /* bytes per element of a biased, clamped expert activation */
    FC_IN_EXPERT_TRAFFIC = 18,     /* elementwise traffic of an unfused expert block against a fused one */
    FC_IN_KERNEL_GAP = 19,         /* between two kernels, s */
    FC_IN_LAUNCH = 20,             /* host time per kernel, s */
    FC_IN_LAUNCH_GRACE = 21,       /* factor on that for the Grace host */
    FC_IN_LAUNCH_OVERLAP = 22,     /* factor on that when expert exchange overlaps */
    FC_IN_MOE_LAUNCHES = 23,       /* kernels of router, permutation, dispatch per layer */
    FC_IN_EXPERT_LAUNCHES = 24,    /* kernels per local expert and layer */
    FC_IN_DROP_LAUNCHES = 25,      /* factor on that with static shapes (token drop) */
    FC_IN_SOFTWARE = 26,           /* factor of the software generation on compute time */
    FC_IN_SOFTWARE_BLACKWELL = 27, /* factor of the first releases for Blackwell */
    FC_IN_SOFTWARE_MOE = 28,       /* factor of the 2024 releases on mixture models */
    FC_IN_NVLINK = 29,             /* bus bandwidth over the link's rate in one direction */
    FC_IN_NIC = 30,                /* bus bandwidth over the adapter's rate */
    FC_IN_LATENCY = 31,            /* latency of a collective step in a domain, s */
    FC_IN_ALL_TO_ALL = 32,         /* all-to-all against ring rate */
    FC_IN_TP_EXPOSED = 33,         /* share of tensor parallel communication left exposed by overlap */
    FC_IN_CP_EXPOSED = 34,
    FC_IN_EP_EXPOSED = 35,
    FC_IN_PP_EXPOSED = 36,
    FC_IN_DP_EXPOSED = 37,
    FC_IN_DP_WINDOW = 38, /* micro-batches of computation that may hide data parallel communication */
    FC_IN_FSDP_EXPOSED = 39,
    FC_IN_OPTIMIZER_BYTES = 40,    /* bytes per parameter of an optimizer step */
    FC_IN_STEP_FIXED = 41,         /* fixed time per step, s */
    FC_IN_STRAGGLING = 42,         /* growth of the step per doubling beyond eight GPUs */
    FC_IN_STEP_RESIDUAL = 43,      /* what the model does not explain */
    FC_IN_MEMORY_ACTIVATIONS = 44, /* factor on the counted activations */
    FC_IN_MEMORY_ALLOCATOR = 45,   /* memory reserved over memory in use */
    FC_IN_MEMORY_FRAMEWORK = 46,   /* context, collective buffers, workspaces, byte */
    FC_IN_FAR_LATENCY = 47,        /* latency of a collective step between domains, s */
    FC_IN_ROUTER_SPREAD = 48,      /* standard deviation of the experts' loads over their mean */
    FC_IN_DP_RATE = 49, /* rate of data parallel collectives between domains over that of one alone */
    FC_IN_STEP_WAIT =
        50, /* spread of a replica's time per micro-batch, over the mean; all wait for the slowest */
    FC_IN_STEP_END = 51,

    /* timeline layer: 64 to 127 */
    FC_IN_GPU_MTBF_H = 64,       /* GPU-hours of running per unplanned interruption, h */
    FC_IN_JOB_MTBF_H = 65,       /* running time per interruption that does not depend on size, h; 0: none */
    FC_IN_SWAP_PROBABILITY = 66, /* share of interruptions that need a node replaced */
    FC_IN_DETECTION_SCALE = 67,  /* factor on the detection distribution, 1 */
    FC_IN_RESTART_S = 68,        /* from the decision to restart to the first new step, s */
    FC_IN_REPAIR_SCALE = 69,     /* factor on the repair distribution, 1 */
    FC_IN_PLANNED_EVERY_H = 70,  /* wall time between planned stops, h; 0: none */
    FC_IN_PLANNED_STOP_S = 71,   /* length of a planned stop, restart not included, s */
    FC_IN_CHECKPOINT_STALL_S = 72, /* training stopped per checkpoint, s */

    /* read where the run is detailed (program.h) */
    FC_IN_LARGE_SCALE_EXPONENT = 73, /* a in (GPUs / 32000)^a, factor on the rate above 32000 GPUs */
    FC_IN_CLASS_SHARE = 74,          /* + class, 74 to 80: relative shares of the first seven classes */
    FC_IN_RACK_MTBF_H = 81,          /* running time of a rack per rack-wide event, h; 0: none */
    FC_IN_SLOW_NODE_MTBF_H = 82,     /* running time of a tray until it turns slow, h; 0: never */
    FC_IN_SLOW_NODE_LOSS = 83,       /* share of the job's speed lost while a slow tray is in it */
    FC_IN_SLOW_NETWORK_MTBF_H = 84,  /* running time between slow episodes of the network, h; 0: none */
    FC_IN_SLOW_NETWORK_LOSS = 85,    /* share of speed lost in one */
    FC_IN_SWING_LOSS = 86,           /* mean share of speed lost to diurnal variation */
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
    FC_IN_REPLICA_OUT_S = 97,        /* how long a failed elastic replica is missing, s */
    FC_IN_DEGRADED_LOSS = 98,        /* share of speed lost per missing tray, rack or replica */
    FC_IN_SPARE_START_S = 99,        /* bringing a spare into service: power on, cabling, tests, s */
    FC_IN_CHECKPOINT_BYTES = 100,    /* size of a checkpoint; 0: the times are stated */
    FC_IN_STORAGE_BYTES_PER_S = 101, /* bandwidth of the storage, all GPUs together */
    FC_IN_IDLE_FAILURES = 102,       /* rate of failure of an idle tray over that of one in use */
    FC_IN_REDUCED_LOSS = 103,        /* share of speed lost while a replica runs with fewer GPUs */
    FC_IN_LEMON_FAILURES = 104,      /* share of the failures of trays that lemons cause in a new fleet */
    FC_IN_LEMON_RETIRED = 105,       /* chance that a lemon that failed does not come back from repair */
    FC_IN_SITE_MTBF_H = 106,         /* time between outages of the site, h; 0: none */
    FC_IN_POD_MTBF_H = 107,          /* running time of a pod per pod-wide event, h; 0: none */

    /* read by every run */
    FC_IN_OPERATION_OVERHEAD = 108, /* time that the people and the programme add, over the time of the training */

    /* contract layer: 128 to 255 */
    FC_IN_CONTRACT_FIRST = 128,
    FC_IN_PRICE_GPU_HOUR_USD = 128,
    FC_IN_USABLE_FRACTION = 129, /* share of paid GPU-hours that a job can use */
    FC_IN_GOODPUT = 130,         /* productive share of used time, where no timeline is simulated */
    FC_IN_MFU = 131,             /* model FLOP utilization, where no step is simulated */
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
    /* read month by month (months.h) */
    FC_IN_DELAY_FACTOR = 142,      /* what the delays of all providers have in common, standard normal */
    FC_IN_DELAY_CORRELATION = 143, /* of the delays of two providers or tranches, 0 to 1 */
    FC_IN_EXTRAS_SHARE = 144,      /* egress, storage, management on top of the bill */
    FC_IN_TAKE_OR_PAY = 145,       /* share of the delivered capacity that is paid, used or not */
    FC_IN_PREPAYMENT = 146,        /* share of the value paid at the start */
    FC_IN_TERMINATION_FEE = 147,   /* share of what remains to be paid at the exit */
    FC_IN_SWITCHING_COST = 148,    /* share of the bills of the second and further providers */
    FC_IN_OUTAGE_RATE = 149,       /* outages of a region per year */
    FC_IN_OUTAGE_H = 150,
    FC_IN_REVENUE_PER_GW_USD = 151, /* per GW-year */
    FC_IN_GROWTH = 152,             /* + year 0 to 2: factor on the revenue of a year */
    FC_IN_GROWTH_LATER = 155,       /* of every later year */
    FC_IN_DISCOUNT_RATE = 156,      /* per year */
    FC_IN_SITE_POWER_KW = 157,      /* design power of the site per GPU, kW */
    FC_IN_CARBON_MARGINAL = 158,    /* g/kWh, non-baseload */
    FC_IN_LIST_PRICE_USD = 159,     /* on-demand price at the start, per GPU-hour */
    FC_IN_SPOT_RATIO = 160,         /* spot over on-demand */
    FC_IN_COMMITMENT_1Y = 161,      /* ratio to on-demand */
    FC_IN_COMMITMENT_3Y = 162,
    FC_IN_COMMITMENT_5Y_USD = 163,  /* price per GPU-hour, contract series */
    FC_IN_BLOCK_RATIO = 164,        /* capacity block over on-demand */
    FC_IN_LAUNCH_STEP = 165,        /* relative change of the old chip's price at a launch */
    FC_IN_LAUNCH_INTERVAL = 166,    /* months between generations */
    FC_IN_PERFORMANCE_GROWTH = 167, /* of FLOP per USD, decades per year */
    FC_IN_REGIME_MONTHS = 168,      /* mean duration of a price regime */
    FC_IN_SPOT_HALF_LIFE = 169,     /* months in which half of a deviation of the spot price is gone */
    FC_IN_SPOT_INTERRUPTIONS = 170, /* per month */
    FC_IN_SPOT_LOSS_H = 171,        /* hours of work lost per interruption */
    FC_IN_DEMAND = 172,             /* share of the available capacity that is used */
    FC_IN_OTHER_COSTS = 173,        /* share of the revenue that goes to what is not compute */
    FC_IN_COST_ELASTICITY = 174,    /* growth of the log cost per growth of the log revenue */
    FC_IN_ENERGY_GROWTH = 175,      /* of the energy price, per year */
    FC_IN_PROVIDER = 176,           /* + 16 (provider - 1) + enum fc_provider_input, providers 1 to 3 */
    FC_IN_CAPEX_PER_GPU_USD = 224,  /* all-in */
    FC_IN_FACILITY_SHARE = 225,     /* of the all-in capital */
    FC_IN_LIFE_YEARS = 226,         /* economic life of servers and network */
    FC_IN_FACILITY_LIFE_YEARS = 227,
    FC_IN_RESIDUAL = 228,          /* value of the servers at the end of their life, share */
    FC_IN_OPERATIONS_RATE = 229,   /* staff, spares, support, share of the capital per year */
    FC_IN_CAPITAL_COST_RATE = 230, /* the owner's weighted cost of capital, per year */
    FC_IN_UTILISATION = 231,       /* share of the hours that are sold or used */
    FC_IN_RACK_CAPEX_USD = 232,    /* server hardware of a rack of 72 GPUs */
    FC_IN_NETWORK_SHARE = 233,     /* of the all-in capital */
    FC_IN_STORAGE_SHARE = 234,
    FC_IN_FACILITY_PER_KW_USD = 235, /* capital of the site per kW of IT power */
    FC_IN_PROGRAMME_GROWTH = 236,    /* factor on the size of runs per year */
    FC_IN_VALUE_DECLINE = 237,       /* of hardware of given performance, decades per year */
    FC_IN_INFLATION = 238,           /* of the index that a contract's price follows, per year */

    FC_INPUT_COUNT = 256
};

#endif
