/* contract.h: what a committed sum buys: GPU-hours, GPUs, useful FLOP, runs, energy; in total, or month by
 * month.
 *
 *   GPU-hours         = value / price
 *   useful FLOP       = GPU-hours 3600 usable goodput MFU peak
 *   cost of a run     = its FLOP / useful FLOP  value
 *   GPUs at full ramp = GPU-hours / (term - half the linear ramp - delay)
 *   days of a run     = its FLOP / (GPUs of the run, at most the usable ones of the contract  goodput MFU
 * peak) energy            = GPU-hours  IT power  load factor  PUE One year = 8766 h, one month = 730.5 h.
 * Where months are simulated (months.h), delivery sizes the contract and its sites give energy and CO2. */
#ifndef FC_MODEL_CONTRACT_H
#define FC_MODEL_CONTRACT_H

#include "months.h"

#define FC_EVENT_PAUSES                                                                                      \
    4096 /* of the delivery stream; the months' own events stay below 256 + 4 FC_MONTHS                      \
          */

/* Value, GPU-hours and GPUs of a contract in total. */
FC_FN void fc_contract_size(FC_GLOBAL const struct fc_contract *contract,
                            fc_real inputs[FC_INPUT_COUNT][FC_W], fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    fc_real value = (fc_real)contract->value_usd;
    FC_LANES (l) {
        fc_real gpu_hours = value / inputs[FC_IN_PRICE_GPU_HOUR_USD][l];
        fc_real late = inputs[FC_IN_DELAY_CHANCE][l] < inputs[FC_IN_DELAY_PROBABILITY][l]
                           ? inputs[FC_IN_DELAY_MONTHS][l] * (fc_real)FC_HOURS_PER_MONTH
                           : (fc_real)0.0f;
        fc_real hours =
            fc_max((fc_real)contract->term_h - (fc_real)contract->half_ramp_h - late, (fc_real)1.0f);
        metrics[FC_M_GPU_HOURS][l] = gpu_hours;
        metrics[FC_M_GPUS_FULL_RAMP][l] = gpu_hours / hours;
        metrics[FC_M_COST_USD][l] = value;
    }
}

/* PUE and carbon over the providers' sites, weighted by capacity and by energy. */
FC_FN void fc_contract_sites(FC_GLOBAL const struct fc_months *terms, fc_real inputs[FC_INPUT_COUNT][FC_W],
                             fc_real *pue, fc_real *carbon)
{
    fc_i32 providers = fc_max_i32(terms->providers, 1);
    FC_LANES (l) {
        pue[l] = inputs[FC_IN_PUE][l];
        carbon[l] = inputs[FC_IN_CARBON_G_PER_KWH][l];
    }
    if (providers == 1)
        return;
    FC_LANES (l)
        pue[l] = carbon[l] = (fc_real)0.0f;
    for (fc_i32 k = 0; k < providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        FC_LANES (l) {
            fc_real part = (fc_real)provider->share * inputs[provider->input[FC_P_PUE]][l];
            pue[l] = pue[l] + part;
            carbon[l] = fc_fma(part, inputs[provider->input[FC_P_CARBON]][l], carbon[l]);
        }
    }
    FC_LANES (l)
        carbon[l] = carbon[l] / pue[l];
}

/* Stops the simulated run for the outages of the first provider's region that fall into it: Poisson with the
 * region's rate over the run's own time. The clock of the run stands still meanwhile, so its wall time grows
 * by the outage, as time spent waiting for capacity, and every share of the wall time shrinks. */
FC_FN void fc_contract_pauses(FC_GLOBAL const struct fc_months *terms, fc_u64 seed, fc_u64 trial,
                              fc_real inputs[FC_INPUT_COUNT][FC_W], fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W];
    const fc_real *rate = inputs[terms->provider[0].input[FC_P_OUTAGE_RATE]];
    const fc_real *length = inputs[terms->provider[0].input[FC_P_OUTAGE_H]];
    fc_trial_counters(trial, low, high);
    FC_LANES (l)
        event[l] = FC_EVENT_PAUSES;
    fc_random_words(seed, low, high, event, FC_STREAM_DELIVERY, words);
    FC_LANES (l) {
        fc_real days = metrics[FC_M_WALL_CLOCK_DAYS][l];
        fc_real count = fc_outages(rate[l] * days / (fc_real)365.25f, fc_uniform(words[0][l]));
        fc_real hours = count * length[l];
        fc_real longer = days + hours / (fc_real)24.0f;
        fc_real shrink = days / fc_max(longer, (fc_real)1e-6f);
        metrics[FC_M_WALL_CLOCK_DAYS][l] = longer;
        metrics[FC_M_TIME_WAITING_H][l] = metrics[FC_M_TIME_WAITING_H][l] + hours;
        metrics[FC_M_GOODPUT][l] = metrics[FC_M_GOODPUT][l] * shrink;
        metrics[FC_M_EFFECTIVE_TRAINING_TIME][l] = metrics[FC_M_EFFECTIVE_TRAINING_TIME][l] * shrink;
        metrics[FC_M_SCHEDULING_GOODPUT][l] = metrics[FC_M_SCHEDULING_GOODPUT][l] * shrink;
        metrics[FC_M_GOOGLE_GOODPUT][l] = metrics[FC_M_GOOGLE_GOODPUT][l] * shrink;
    }
}

/* How long a run of each size takes, and whether one of the first size keeps its deadline and budget. */
FC_FN void fc_contract_runs(FC_GLOBAL const struct fc_contract *contract,
                            fc_real inputs[FC_INPUT_COUNT][FC_W], const fc_real *goodput, const fc_real *mfu,
                            fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    fc_real deadline = (fc_real)contract->deadline_days;
    fc_real budget = (fc_real)contract->budget_usd;
    fc_real per_run[FC_W], flops[FC_W];
    FC_LANES (l) {
        fc_real usable = metrics[FC_M_GPUS_FULL_RAMP][l] * inputs[FC_IN_USABLE_FRACTION][l];
        flops[l] = goodput[l] * (mfu[l] * (fc_real)contract->peak_flops);
        per_run[l] = fc_min((fc_real)contract->run_gpus, usable);
        metrics[FC_M_USEFUL_FLOP_PER_S][l] = usable * flops[l];
    }
    for (fc_i32 k = 0; k < contract->run_sizes; k++) {
        fc_real flop = (fc_real)contract->run_flop[k];
        FC_LANES (l)
            metrics[FC_M_RUN_DAYS + k][l] = flop / flops[l] / per_run[l] / (fc_real)86400.0f;
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
                             fc_u64 seed, fc_u64 trial, fc_real inputs[FC_INPUT_COUNT][FC_W],
                             const fc_real *goodput, const fc_real *mfu, struct fc_months_block *block,
                             fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    fc_real pue[FC_W], carbon[FC_W];
    fc_i32 monthly = contract->months.months > 0;
    if (monthly)
        fc_months_start(contract, tables, seed, trial, inputs, block, metrics);
    else
        fc_contract_size(contract, inputs, metrics);
    fc_contract_sites(&contract->months, inputs, pue, carbon);
    FC_LANES (l) {
        fc_real gpu_hours = metrics[FC_M_GPU_HOURS][l];
        fc_real useful_seconds = gpu_hours * (fc_real)3600.0f * inputs[FC_IN_USABLE_FRACTION][l] * goodput[l];
        fc_real useful = useful_seconds * (mfu[l] * (fc_real)contract->peak_flops);
        fc_real kwh = gpu_hours * inputs[FC_IN_IT_POWER_KW][l] * inputs[FC_IN_LOAD_FACTOR][l] * pue[l];
        metrics[FC_M_USEFUL_FLOP][l] = useful;
        metrics[FC_M_ENERGY_MWH][l] = kwh * (fc_real)0.001f;
        metrics[FC_M_CO2_T][l] = kwh * carbon[l] * (fc_real)1e-6f;
    }
    for (fc_i32 k = 0; k < contract->run_sizes; k++) {
        fc_real flop = (fc_real)contract->run_flop[k];
        FC_LANES (l) {
            fc_real share = flop / metrics[FC_M_USEFUL_FLOP][l];
            fc_real final = inputs[FC_IN_TRAINING_SHARE][l] * inputs[FC_IN_FINAL_RUN_SHARE][l];
            metrics[FC_M_RUNS_FINAL + k][l] = final / share;
            metrics[FC_M_RUN_COST_USD + k][l] = share * metrics[FC_M_COST_USD][l];
            metrics[FC_M_RUN_ENERGY_MWH + k][l] = share * metrics[FC_M_ENERGY_MWH][l];
            metrics[FC_M_RUN_CO2_T + k][l] = share * metrics[FC_M_CO2_T][l];
        }
    }
    fc_contract_runs(contract, inputs, goodput, mfu, metrics);
    if (monthly)
        fc_months_run(contract, tables, seed, trial, inputs, goodput, mfu, block, metrics);
    if (contract->pauses) /* last: the months take outages from the capacity themselves */
        fc_contract_pauses(&contract->months, seed, trial, inputs, metrics);
    if (contract->months.own)
        fc_own_lanes(&contract->months, inputs, metrics);
}

#endif
