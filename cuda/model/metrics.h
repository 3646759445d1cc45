/* metrics.h: the numbers of the metrics of a trial. Names, units and which side is bad stand in host/metrics.c.
 *
 * A number is permanent: the result digest runs over the metrics in this order. Append; never renumber. */
#ifndef FC_MODEL_METRICS_H
#define FC_MODEL_METRICS_H

#define FC_RUN_SIZES 8 /* most run sizes that one contract prices */

enum fc_metric {
    FC_M_STEP_TIME_S = 0,
    FC_M_TOKENS_PER_S = 1,
    FC_M_TOKENS_PER_S_PER_GPU = 2,
    FC_M_TFLOPS_PER_GPU = 3,
    FC_M_MFU = 4,
    FC_M_MEMORY_PER_GPU_BYTES = 5,
    FC_M_FITS = 6, /* 1 when that is no more than a GPU has, else 0 */

    FC_M_WALL_CLOCK_DAYS = 16,
    FC_M_GOODPUT = 17,
    FC_M_INTERRUPTIONS = 18,
    FC_M_TIME_PRODUCTIVE_H = 19,
    FC_M_TIME_REDONE_H = 20,
    FC_M_TIME_CHECKPOINT_H = 21,
    FC_M_TIME_DETECTION_H = 22,
    FC_M_TIME_RESTART_H = 23,
    FC_M_TIME_WAITING_H = 24,
    FC_M_TIME_PLANNED_H = 25,
    FC_M_PLANNED_STOPS = 26,
    FC_M_NODE_SWAPS = 27,
    FC_M_FINISHED = 28, /* 1 when the work was done within the longest time watched, else 0 */

    FC_M_TIME_SLOWDOWN_H = 29, /* lost to lower speed */
    FC_M_RACK_SWAPS = 30,
    FC_M_ETTR = 31,                    /* productive / (wall - waiting for capacity) */
    FC_M_EFFECTIVE_TRAINING_TIME = 32, /* (productive + slowdown) / wall (Llama 3) */
    FC_M_SCHEDULING_GOODPUT = 33,      /* the three factors of Google's goodput */
    FC_M_RUNTIME_GOODPUT = 34,
    FC_M_PROGRAM_GOODPUT = 35,
    FC_M_GOOGLE_GOODPUT = 36,
    FC_M_GOODPUT_EXPENSE_USD = 37, /* what the time that was not productive, and the spares, cost */
    FC_M_SLOW_EPISODES = 38,
    FC_M_SPARE_SHORTAGES = 39, /* replacements that no spare was ready for */
    FC_M_OVERFLOWS = 40,       /* times that a bounded table of the model was full; not 0: do not trust the trial */

    FC_M_GPU_HOURS = 48,
    FC_M_GPUS_FULL_RAMP = 49,
    FC_M_USEFUL_FLOP = 50,
    FC_M_COST_USD = 51,
    FC_M_COST_PER_MTOKEN_USD = 52,
    FC_M_ENERGY_MWH = 53,
    FC_M_CO2_T = 54,
    FC_M_DEADLINE_MET = 55, /* 1 or 0 */
    FC_M_BUDGET_MET = 56,   /* 1 or 0 */
    FC_M_BOTH_MET = 57,     /* 1 or 0 */

    FC_M_RUNS_FINAL = 64, /* + index of the run size, FC_RUN_SIZES each */
    FC_M_RUN_COST_USD = 72,
    FC_M_RUN_ENERGY_MWH = 80,
    FC_M_RUN_CO2_T = 88,

    FC_M_CLASS_INTERRUPTIONS = 104, /* + class, 104 to 112 */

    FC_METRIC_COUNT = 160
};

#endif
