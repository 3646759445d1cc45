/* metrics.h: the numbers of the metrics of a trial. Names, units and which side is bad stand in
 * host/result/metrics.c.
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

    FC_M_WALL_CLOCK_DAYS = 16, /* not finite where the run did not end within the longest time watched; so
                                  are hours, cost, energy, CO2 and goodput expense of such a run */
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
    FC_M_OVERFLOWS = 40, /* times that a bounded table of the model was full; not 0: do not trust the trial */
    FC_M_AVAILABLE_SHARE = 41, /* of the units that the job needs, average over its time */
    FC_M_IDLE_FAILURES = 42,   /* spares that failed while idle, and trays while the job waited */
    FC_M_LEMONS_LEFT = 43,     /* lemons in the job at its end */

    FC_M_GPU_HOURS = 48,
    FC_M_GPUS_FULL_RAMP = 49,
    FC_M_USEFUL_FLOP = 50,
    FC_M_COST_USD = 51,
    FC_M_COST_PER_MTOKEN_USD = 52,
    FC_M_ENERGY_MWH = 53,
    FC_M_CO2_T = 54,
    FC_M_DEADLINE_MET = 55,      /* 1 or 0 */
    FC_M_BUDGET_MET = 56,        /* 1 or 0 */
    FC_M_BOTH_MET = 57,          /* 1 or 0 */
    FC_M_USEFUL_FLOP_PER_S = 58, /* of the whole contract at full capacity */

    FC_M_RUNS_FINAL = 64, /* + index of the run size, FC_RUN_SIZES each */
    FC_M_RUN_COST_USD = 72,
    FC_M_RUN_ENERGY_MWH = 80,
    FC_M_RUN_CO2_T = 88,
    FC_M_RUN_DAYS = 96,

    FC_M_CLASS_INTERRUPTIONS = 104, /* + class, 104 to 116; none of those that do not stop the job */

    /* month by month: 128 to 191 */
    FC_M_NPV_USD = 128,
    FC_M_IRR = 129,            /* per year; not a number where the flows have none */
    FC_M_PAYBACK_MONTHS = 130, /* not finite where it never pays back */
    FC_M_PAYS_BACK = 131,      /* 1 or 0 */
    FC_M_PEAK_CASH_NEED_USD = 132,
    FC_M_STRANDED_USD = 133, /* paid for capacity that nobody used, and prepaid but never credited */
    FC_M_PAID_USD = 134,     /* to providers, credits off */
    FC_M_REVENUE_USD = 135,
    FC_M_BALANCE_USD = 136,
    FC_M_GPU_HOURS_DELIVERED = 137,
    FC_M_GPU_HOURS_LATE = 138, /* planned for the term and not delivered in it */
    FC_M_SERVICE_CREDITS_USD = 139,
    FC_M_ON_TIME = 140,         /* 1 when all capacity stands on the planned day */
    FC_M_DELIVERED_SHARE = 141, /* of the capacity on the planned day */
    FC_M_DELIVERED_75 = 142,    /* 1 when that is at least 0.75 */
    FC_M_OUTAGE_H = 143,        /* full-capacity hours lost to outages */
    FC_M_NO_OUTAGE = 144,       /* 1 when there is none in the term */
    FC_M_POWER_MEAN_MW = 145,
    FC_M_POWER_PEAK_MW = 146,
    FC_M_ENERGY_BILL_USD = 147,
    FC_M_CO2_MARGINAL_T = 148,
    FC_M_COST_PER_USED_HOUR_USD = 149, /* paid over GPU-hours used */
    FC_M_COST_PER_1E24_USD = 150,      /* paid per 1e24 useful FLOP */
    FC_M_CASH_RESIDUE_CENTS = 151,     /* balance less the sum of all flows: always 0 */
    FC_M_PAYBACK_BASIS_MONTHS = 152,   /* + basis: net, operating, cash; whole company */
    FC_M_PAYS_BACK_BASIS = 155,        /* + basis: 1 or 0 */
    FC_M_CUMULATED_BASIS_USD = 158,    /* + basis */
    FC_M_LIST_PRICE_END_USD = 161,     /* per GPU-hour in the last month */
    FC_M_CONTRACT_PRICE_END_USD = 162,
    FC_M_SPOT_PRICE_END_USD = 163,
    FC_M_PRICE_INDEX_LOG = 164,      /* log of the contract price in the last month over that at the start */
    FC_M_EXPANDS = 165,              /* 1 when the expansion option is exercised */
    FC_M_EXPANSION_VALUE_USD = 166,  /* against buying the same at the market's contract price */
    FC_M_RULE_COST_USD = 167,        /* + rule: commit, compulsive, laggard, leapfrog; per 1e24 useful FLOP */
    FC_M_RULE_BEST = 171,            /* + rule: 1 when it is the cheapest */
    FC_M_VALUE_OF_WAITING_USD = 175, /* commit less the best rule, per 1e24 useful FLOP */
    FC_M_PROGRAMME_RUNS = 176,
    FC_M_PROGRAMME_LARGEST_FLOP = 177,
    FC_M_PROGRAMME_FIRST_MONTHS = 178,
    FC_M_SPOT_LOSS_H = 179,           /* GPU-hours of work lost to interruptions */
    FC_M_OWN_COST_PER_HOUR_USD = 180, /* per sold GPU-hour */
    FC_M_OWN_CAPEX_PER_GPU_USD = 181,
    FC_M_OWN_CAPEX_PER_RACK_USD = 182,
    FC_M_OWN_COST_PER_GW_YEAR_USD = 183, /* per GW of IT power */
    FC_M_OWN_IS_CHEAPER = 184,           /* 1 when that is below the rent */
    FC_M_BREAK_EVEN_UTILISATION = 185,   /* at which owning costs as much as renting */
    FC_M_CONTRACT_PER_GW_YEAR_USD = 186, /* rent per GW of site power and year */

    FC_METRIC_COUNT = 192
};

#endif
