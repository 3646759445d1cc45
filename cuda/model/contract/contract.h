/* contract.h: what a committed sum buys: GPU-hours, GPUs, useful FLOP, runs, energy, cash; a sum over its
 * months.
 *
 *   useful FLOP       = GPU-hours in use × 3600 × usable × goodput × MFU × peak
 *   cost of a run     = its FLOP / useful FLOP × what is paid
 *   days of a run     = its FLOP / (GPUs of the run, at most the usable ones × goodput × MFU × peak)
 * One year = 8766 h, one month = 730.5 h. The hours, money and energy are those of ledger.h. */
#ifndef FC_MODEL_CONTRACT_H
#define FC_MODEL_CONTRACT_H

#include "months.h"

/* Of the stream of outages; the months' own events stay below (FC_PROVIDERS + 1) × FC_MONTHS / 4. */
#define FC_EVENT_PAUSES 4096

/* Stops the simulated run for the outages of the first provider's region that fall into it: Poisson with the
 * region's rate over the run's own time. The clock of the run stands still meanwhile, so its wall time grows
 * by the outage, as time spent waiting for capacity, and every share of the wall time shrinks. */
FC_FN void fc_contract_pauses(FC_GLOBAL const struct fc_months *terms, fc_u64 seed, fc_u64 trial,
                              fc_real (*FC_RESTRICT inputs)[FC_W], fc_real (*FC_RESTRICT metrics)[FC_W])
{
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W];
    fc_real count[FC_W];
    const fc_real *rate = inputs[terms->provider[0].input[FC_P_OUTAGE_RATE]];
    const fc_real *length = inputs[terms->provider[0].input[FC_P_OUTAGE_H]];
    fc_trial_counters(trial, low, high);
    FC_LANES (l)
        event[l] = FC_EVENT_PAUSES;
    fc_random_words(seed, low, high, event, FC_STREAM_OUTAGES, words);
    FC_LANES (l)
        count[l] = fc_outages(rate[l] * metrics[FC_M_WALL_CLOCK_DAYS][l] / 365.25f, fc_uniform(words[0][l]));
    FC_LANES (l) {
        if (count[l] > 7.5f && metrics[FC_M_WALL_CLOCK_DAYS][l] < fc_never())
            count[l] = fc_outages_beyond(rate[l] * metrics[FC_M_WALL_CLOCK_DAYS][l] / 365.25f,
                                         fc_uniform(words[0][l]));
    }
    FC_LANES (l) {
        fc_real days = metrics[FC_M_WALL_CLOCK_DAYS][l];
        fc_real hours = count[l] * length[l];
        fc_real longer = days + hours / 24.0f;
        fc_real shrink = days / fc_max(longer, 1e-6f);
        metrics[FC_M_WALL_CLOCK_DAYS][l] = longer;
        metrics[FC_M_TIME_WAITING_H][l] = metrics[FC_M_TIME_WAITING_H][l] + hours;
        metrics[FC_M_GOODPUT][l] = metrics[FC_M_GOODPUT][l] * shrink;
        metrics[FC_M_EFFECTIVE_TRAINING_TIME][l] = metrics[FC_M_EFFECTIVE_TRAINING_TIME][l] * shrink;
        metrics[FC_M_SCHEDULING_GOODPUT][l] = metrics[FC_M_SCHEDULING_GOODPUT][l] * shrink;
        metrics[FC_M_GOOGLE_GOODPUT][l] = metrics[FC_M_GOOGLE_GOODPUT][l] * shrink;
    }
}

/* What a run of each size takes and costs, how many there are, and whether one of the first size keeps its
 * deadline and budget. Where nothing is delivered no run ends: infinity. */
FC_FN void fc_contract_runs(FC_GLOBAL const struct fc_contract *contract, fc_real (*FC_RESTRICT inputs)[FC_W],
                            const fc_real *goodput, const fc_real *mfu, fc_real (*FC_RESTRICT metrics)[FC_W])
{
    fc_real deadline = contract->deadline_days, budget = contract->budget_usd;
    fc_real per_run[FC_W], flops[FC_W];
    FC_LANES (l) {
        fc_real usable = metrics[FC_M_GPUS_FULL_RAMP][l] * inputs[FC_IN_USABLE_FRACTION][l];
        flops[l] = goodput[l] * (mfu[l] * contract->peak_flops);
        per_run[l] = fc_min(contract->run_gpus, usable) * flops[l];
        per_run[l] = metrics[FC_M_USEFUL_FLOP][l] > 0.0f ? per_run[l] : 0.0f;
        metrics[FC_M_USEFUL_FLOP_PER_S][l] = metrics[FC_M_GPU_HOURS][l] > 0.0f ? usable * flops[l] : 0.0f;
    }
    for (fc_i32 k = 0; k < contract->run_sizes; k++) {
        fc_real flop = contract->run_flop[k];
        FC_LANES (l) {
            fc_real useful = metrics[FC_M_USEFUL_FLOP][l];
            fc_real final = inputs[FC_IN_TRAINING_SHARE][l] * inputs[FC_IN_FINAL_RUN_SHARE][l];
            fc_real share = useful > 0.0f ? flop / useful : fc_never();
            fc_i32 none = !(useful > 0.0f);
            metrics[FC_M_RUNS_FINAL + k][l] = final * (useful / flop);
            metrics[FC_M_RUN_COST_USD + k][l] = none ? fc_never() : share * metrics[FC_M_PAID_USD][l];
            metrics[FC_M_RUN_ENERGY_MWH + k][l] = none ? fc_never() : share * metrics[FC_M_ENERGY_MWH][l];
            metrics[FC_M_RUN_CO2_T + k][l] = none ? fc_never() : share * metrics[FC_M_CO2_T][l];
            metrics[FC_M_RUN_DAYS + k][l] = per_run[l] > 0.0f ? flop / per_run[l] / 86400.0f : fc_never();
        }
    }
    if (!contract->goals)
        return;
    FC_LANES (l) {
        fc_i32 in_time = metrics[FC_M_RUN_DAYS][l] <= deadline;
        fc_i32 in_budget = metrics[FC_M_RUN_COST_USD][l] <= budget;
        metrics[FC_M_DEADLINE_MET][l] = (fc_real)in_time;
        metrics[FC_M_BUDGET_MET][l] = (fc_real)in_budget;
        metrics[FC_M_BOTH_MET][l] = (fc_real)(in_time & in_budget);
    }
}

/* Fills the contract's metrics for one block; goodput and mfu come from the other layers where those ran. */
FC_FN void fc_contract_lanes(FC_GLOBAL const struct fc_contract *contract, FC_GLOBAL const float *tables,
                             fc_u64 seed, fc_u64 trial, fc_real (*FC_RESTRICT inputs)[FC_W],
                             const fc_real *goodput, const fc_real *mfu, struct fc_ledger *ledger,
                             fc_real (*FC_RESTRICT metrics)[FC_W])
{
    fc_months_start(contract, tables, seed, trial, inputs, ledger, metrics);
    fc_months_run(contract, tables, seed, trial, inputs, goodput, mfu, ledger, metrics);
    fc_contract_runs(contract, inputs, goodput, mfu, metrics);
    if (contract->pauses) /* last: the months take outages from the capacity themselves */
        fc_contract_pauses(&contract->months, seed, trial, inputs, metrics);
    if (contract->months.own)
        fc_own_lanes(&contract->months, inputs, metrics);
}

#endif
