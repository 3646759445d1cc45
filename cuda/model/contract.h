/* contract.h: what a committed sum buys: GPU-hours, GPUs, useful FLOP, runs, energy.
 *
 *   GPU-hours         = value / price
 *   useful FLOP       = GPU-hours 3600 usable goodput MFU peak
 *   cost of a run     = its FLOP / useful FLOP  value
 *   GPUs at full ramp = GPU-hours / (term - half the linear ramp - delay)
 *   energy            = GPU-hours  IT power  load factor  PUE
 * One year = 8766 h, one month = 730.5 h. */
#ifndef FC_MODEL_CONTRACT_H
#define FC_MODEL_CONTRACT_H

#include "draw.h"

#define FC_HOURS_PER_MONTH 730.5f

/* Fills the contract's metrics for one block; goodput and mfu come from the other layers where those ran. */
FC_FN void fc_contract_lanes(FC_GLOBAL const struct fc_contract *contract, fc_real inputs[FC_INPUT_COUNT][FC_W],
                             const fc_real *goodput, const fc_real *mfu, fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    fc_real value = (fc_real)contract->value_usd;
    FC_LANES (l) {
        fc_real gpu_hours = value / inputs[FC_IN_PRICE_GPU_HOUR_USD][l];
        fc_real late = inputs[FC_IN_DELAY_CHANCE][l] < inputs[FC_IN_DELAY_PROBABILITY][l]
                           ? inputs[FC_IN_DELAY_MONTHS][l] * (fc_real)FC_HOURS_PER_MONTH
                           : (fc_real)0.0f;
        fc_real hours = fc_max((fc_real)contract->term_h - (fc_real)contract->half_ramp_h - late, (fc_real)1.0f);
        fc_real useful_seconds = gpu_hours * (fc_real)3600.0f * inputs[FC_IN_USABLE_FRACTION][l] * goodput[l];
        fc_real useful = useful_seconds * (mfu[l] * (fc_real)contract->peak_flops);
        fc_real kwh = gpu_hours * inputs[FC_IN_IT_POWER_KW][l] * inputs[FC_IN_LOAD_FACTOR][l] * inputs[FC_IN_PUE][l];
        metrics[FC_M_GPU_HOURS][l] = gpu_hours;
        metrics[FC_M_GPUS_FULL_RAMP][l] = gpu_hours / hours;
        metrics[FC_M_USEFUL_FLOP][l] = useful;
        metrics[FC_M_COST_USD][l] = value;
        metrics[FC_M_ENERGY_MWH][l] = kwh * (fc_real)0.001f;
        metrics[FC_M_CO2_T][l] = kwh * inputs[FC_IN_CARBON_G_PER_KWH][l] * (fc_real)1e-6f;
    }
    for (fc_i32 k = 0; k < contract->run_sizes; k++) {
        fc_real flop = (fc_real)contract->run_flop[k];
        FC_LANES (l) {
            fc_real share = flop / metrics[FC_M_USEFUL_FLOP][l];
            fc_real final = inputs[FC_IN_TRAINING_SHARE][l] * inputs[FC_IN_FINAL_RUN_SHARE][l];
            metrics[FC_M_RUNS_FINAL + k][l] = final / share;
            metrics[FC_M_RUN_COST_USD + k][l] = share * value;
            metrics[FC_M_RUN_ENERGY_MWH + k][l] = share * metrics[FC_M_ENERGY_MWH][l];
            metrics[FC_M_RUN_CO2_T + k][l] = share * metrics[FC_M_CO2_T][l];
        }
    }
}

#endif
