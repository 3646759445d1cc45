/* metrics.c: see metrics.h. */
#include "metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct fc_metric_info infos[] = {
    {FC_M_STEP_TIME_S, "step_time_s", "s", 1, 0, 1, 0, 0, "time of one training step"},
    {FC_M_TOKENS_PER_S, "tokens_per_s", "token/s", 0, 0, 0, 0, 0,
     "training throughput of the job while it trains"},
    {FC_M_TOKENS_PER_S_PER_GPU, "tokens_per_s_per_gpu", "token/s", 0, 0, 0, 0, 0, "the same per GPU"},
    {FC_M_TFLOPS_PER_GPU, "tflops_per_gpu", "TFLOP/s", 0, 0, 1, 0, 0, "model FLOP per second and GPU"},
    {FC_M_MFU, "mfu", "1", 0, 0, 0, 0, 0,
     "model FLOP utilisation: model FLOP/s over the dense peak of the precision"},
    {FC_M_MEMORY_PER_GPU_BYTES, "memory_per_gpu_bytes", "B", 1, 0, 0, 0, 0, "memory of the fullest GPU"},
    {FC_M_FITS, "fits_in_memory", "1", 0, 0, 0, 1, 0, "the job fits into the memory of its GPUs"},

    {FC_M_WALL_CLOCK_DAYS, "wall_clock_days", "day", 1, 0, 1, 0, 0, "from the start of the run to its end"},
    {FC_M_GOODPUT, "goodput", "1", 0, 0, 1, 0, 0, "productive share of the wall time (ETTR)"},
    {FC_M_INTERRUPTIONS, "interruptions", "1", 1, 0, 1, 0, 1, "unplanned stops of the job"},
    {FC_M_TIME_PRODUCTIVE_H, "time_productive_h", "h", 0, 0, 0, 0, 0, "training that was kept"},
    {FC_M_TIME_REDONE_H, "time_redone_h", "h", 1, 0, 0, 0, 0, "training lost since the last checkpoint"},
    {FC_M_TIME_CHECKPOINT_H, "time_checkpoint_h", "h", 1, 0, 0, 0, 0, "stalled for checkpoints"},
    {FC_M_TIME_DETECTION_H, "time_detection_h", "h", 1, 0, 0, 0, 0, "from fault to the decision to restart"},
    {FC_M_TIME_RESTART_H, "time_restart_h", "h", 1, 0, 0, 0, 0, "restarting"},
    {FC_M_TIME_WAITING_H, "time_waiting_h", "h", 1, 0, 0, 0, 0, "waiting for a node"},
    {FC_M_TIME_PLANNED_H, "time_planned_h", "h", 1, 0, 0, 0, 0, "planned stops"},
    {FC_M_PLANNED_STOPS, "planned_stops", "1", 1, 0, 0, 0, 1, "planned stops of the job"},
    {FC_M_NODE_SWAPS, "node_swaps", "1", 1, 0, 0, 0, 1, "nodes replaced"},
    {FC_M_FINISHED, "finished", "1", 0, 0, 0, 1, 0, "the run ended within the longest time watched"},
    {FC_M_TIME_SLOWDOWN_H, "time_slowdown_h", "h", 1, 0, 0, 0, 0, "lost to lower speed"},
    {FC_M_RACK_SWAPS, "rack_swaps", "1", 1, 0, 0, 0, 1, "racks replaced"},
    {FC_M_ETTR, "ettr", "1", 0, 0, 0, 0, 0, "productive share of the time with capacity (ETTR)"},
    {FC_M_EFFECTIVE_TRAINING_TIME, "effective_training_time", "1", 0, 0, 0, 0, 0,
     "share of the wall time spent on useful training, at any speed"},
    {FC_M_SCHEDULING_GOODPUT, "scheduling_goodput", "1", 0, 0, 0, 0, 0,
     "share of the wall time with all of the capacity"},
    {FC_M_RUNTIME_GOODPUT, "runtime_goodput", "1", 0, 0, 0, 0, 0,
     "share of that time in which training moved on"},
    {FC_M_PROGRAM_GOODPUT, "program_goodput", "1", 0, 0, 0, 0, 0, "MFU while it did, lower speed included"},
    {FC_M_GOOGLE_GOODPUT, "google_goodput", "1", 0, 0, 0, 0, 0, "scheduling x runtime x program goodput"},
    {FC_M_GOODPUT_EXPENSE_USD, "goodput_expense_usd", "USD", 1, 0, 0, 0, 0,
     "cost of the time that was not productive, and of spares"},
    {FC_M_SLOW_EPISODES, "slow_episodes", "1", 1, 0, 0, 0, 1, "times that a tray or the network turned slow"},
    {FC_M_SPARE_SHORTAGES, "spare_shortages", "1", 1, 0, 0, 0, 1, "replacements that no spare was ready for"},
    {FC_M_OVERFLOWS, "overflows", "1", 1, 0, 0, 0, 1,
     "times that a table of the model was full; 0 in a sound result"},

    {FC_M_GPU_HOURS, "gpu_hours", "GPU-h", 0, 0, 1, 0, 0, "GPU-hours paid"},
    {FC_M_GPUS_FULL_RAMP, "gpus_full_ramp", "GPU", 0, 0, 1, 0, 0, "GPUs at full capacity"},
    {FC_M_USEFUL_FLOP, "useful_flop", "FLOP", 0, 0, 1, 0, 0, "model FLOP that the contract yields"},
    {FC_M_COST_USD, "cost_usd", "USD", 1, 0, 1, 0, 0, "what is paid"},
    {FC_M_COST_PER_MTOKEN_USD, "cost_per_mtoken_usd", "USD", 1, 0, 0, 0, 0,
     "cost per million tokens trained"},
    {FC_M_ENERGY_MWH, "energy_mwh", "MWh", 1, 0, 1, 0, 0, "energy at the meter of the site"},
    {FC_M_CO2_T, "co2_t", "t", 1, 0, 0, 0, 0, "CO2 of that energy"},
    {FC_M_DEADLINE_MET, "deadline", "1", 0, 0, 0, 1, 0, "the run ends by the deadline"},
    {FC_M_BUDGET_MET, "budget", "1", 0, 0, 0, 1, 0, "the run ends within the budget"},
    {FC_M_BOTH_MET, "deadline_and_budget", "1", 0, 0, 0, 1, 0, "both"},

    {FC_M_RUNS_FINAL, "runs_final", "1", 0, 1, 0, 0, 0, "final runs of this size that the contract yields"},
    {FC_M_RUN_COST_USD, "run_cost_usd", "USD", 1, 1, 1, 0, 0, "cost of one run of this size"},
    {FC_M_RUN_ENERGY_MWH, "run_energy_mwh", "MWh", 1, 1, 0, 0, 0, "energy of one run of this size"},
    {FC_M_RUN_CO2_T, "run_co2_t", "t", 1, 1, 0, 0, 0, "CO2 of one run of this size"},

    {FC_M_CLASS_INTERRUPTIONS + 0, "interruptions@gpu", "1", 1, 0, 0, 0, 1,
     "interruptions by GPU and its memory"},
    {FC_M_CLASS_INTERRUPTIONS + 1, "interruptions@host", "1", 1, 0, 0, 0, 1,
     "interruptions by other parts of a tray"},
    {FC_M_CLASS_INTERRUPTIONS + 2, "interruptions@nvlink", "1", 1, 0, 0, 0, 1, "interruptions by NVLink"},
    {FC_M_CLASS_INTERRUPTIONS + 3, "interruptions@network", "1", 1, 0, 0, 0, 1,
     "interruptions by the network"},
    {FC_M_CLASS_INTERRUPTIONS + 4, "interruptions@software", "1", 1, 0, 0, 0, 1, "interruptions by software"},
    {FC_M_CLASS_INTERRUPTIONS + 5, "interruptions@hang", "1", 1, 0, 0, 0, 1, "interruptions by hangs"},
    {FC_M_CLASS_INTERRUPTIONS + 6, "interruptions@silent", "1", 1, 0, 0, 0, 1,
     "interruptions by silent corruption"},
    {FC_M_CLASS_INTERRUPTIONS + 7, "interruptions@rack", "1", 1, 0, 0, 0, 1, "interruptions by whole racks"},
    {FC_M_CLASS_INTERRUPTIONS + 8, "interruptions@job", "1", 1, 0, 0, 0, 1,
     "interruptions by causes that do not grow with the job"},
};

const struct fc_metric_info *fc_metric_find(int metric)
{
    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        int span = infos[i].sizes ? FC_RUN_SIZES : 1;
        if (metric >= infos[i].metric && metric < infos[i].metric + span)
            return &infos[i];
    }
    return NULL;
}

int fc_metric_size_index(int metric)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    return info && info->sizes ? metric - info->metric : -1;
}

void fc_metric_name(int metric, const float *run_flop, char *text, size_t size)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    if (!info) {
        snprintf(text, size, "metric_%d", metric);
        return;
    }
    int index = fc_metric_size_index(metric);
    if (index < 0) {
        snprintf(text, size, "%s", info->name);
        return;
    }
    double flop = (double)run_flop[index];
    int exponent = (int)floor(log10(flop) + 1e-7);
    snprintf(text, size, "%s@%.4ge%d", info->name, flop / pow(10, exponent), exponent);
}
