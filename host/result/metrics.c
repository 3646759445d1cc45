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
    {FC_M_AVAILABLE_SHARE, "available_share", "1", 0, 0, 0, 0, 0,
     "trays, segments or racks that the job had of those that it needs, average over its time"},
    {FC_M_IDLE_FAILURES, "idle_failures", "1", 1, 0, 0, 0, 1, "trays that failed while idle"},
    {FC_M_LEMONS_LEFT, "lemons_left", "1", 1, 0, 0, 0, 1, "lemons among the job's trays at its end"},

    {FC_M_GPU_HOURS, "gpu_hours", "GPU-h", 0, 0, 1, 0, 0,
     "GPU-hours paid: a cost of a run, the yield of a contract"},
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
    {FC_M_USEFUL_FLOP_PER_S, "useful_flop_per_s", "FLOP/s", 0, 0, 0, 0, 0,
     "model FLOP per second of all usable GPUs at full capacity"},

    {FC_M_RUNS_FINAL, "runs_final", "1", 0, 1, 0, 0, 0, "final runs of this size that the contract yields"},
    {FC_M_RUN_COST_USD, "run_cost_usd", "USD", 1, 1, 1, 0, 0, "cost of one run of this size"},
    {FC_M_RUN_ENERGY_MWH, "run_energy_mwh", "MWh", 1, 1, 0, 0, 0, "energy of one run of this size"},
    {FC_M_RUN_CO2_T, "run_co2_t", "t", 1, 1, 0, 0, 0, "CO2 of one run of this size"},
    {FC_M_RUN_DAYS, "run_days", "day", 1, 1, 0, 0, 0, "how long one run of this size takes"},

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
    {FC_M_CLASS_INTERRUPTIONS + 11, "interruptions@site", "1", 1, 0, 0, 0, 1,
     "interruptions by outages of the site"},
    {FC_M_CLASS_INTERRUPTIONS + 12, "interruptions@pod", "1", 1, 0, 0, 0, 1,
     "interruptions by pods of racks"},
    {FC_M_NPV_USD, "npv_usd", "USD", 0, 0, 1, 0, 0, "net present value of all flows"},
    {FC_M_IRR, "irr", "1", 0, 0, 0, 0, 0, "internal rate of return per year, of the worlds that have one"},
    {FC_M_PAYBACK_MONTHS, "payback_months", "month", 1, 0, 1, 0, 1,
     "month from which the cash balance stays positive, of the worlds that pay back"},
    {FC_M_PAYS_BACK, "pays_back", "1", 0, 0, 0, 1, 0, "the cash balance is positive at the end"},
    {FC_M_PEAK_CASH_NEED_USD, "peak_cash_need_usd", "USD", 1, 0, 1, 0, 0,
     "deepest point of the cash balance"},
    {FC_M_STRANDED_USD, "stranded_usd", "USD", 1, 0, 0, 0, 0,
     "paid for capacity that was not used, exit fees and lost prepayments included"},
    {FC_M_PAID_USD, "paid_usd", "USD", 1, 0, 0, 0, 0, "paid to providers or for own capacity, credits off"},
    {FC_M_REVENUE_USD, "revenue_usd", "USD", 0, 0, 0, 0, 0, "revenue over the term"},
    {FC_M_BALANCE_USD, "balance_usd", "USD", 0, 0, 0, 0, 0, "cash balance at the end of the term"},
    {FC_M_GPU_HOURS_DELIVERED, "gpu_hours_delivered", "GPU-h", 0, 0, 0, 0, 0, "GPU-hours that stood ready"},
    {FC_M_GPU_HOURS_LATE, "gpu_hours_late", "GPU-h", 1, 0, 0, 0, 0,
     "of the same GPUs on the planned dates, less those delivered"},
    {FC_M_SERVICE_CREDITS_USD, "service_credits_usd", "USD", 0, 0, 0, 0, 0, "credited for outages"},
    {FC_M_ON_TIME, "all_on_time", "1", 0, 0, 0, 1, 0, "all capacity stands on the planned day"},
    {FC_M_DELIVERED_SHARE, "delivered_share", "1", 0, 0, 0, 0, 0,
     "share of the capacity that stands on the planned day"},
    {FC_M_DELIVERED_75, "at_least_75_percent", "1", 0, 0, 0, 1, 0,
     "three quarters of the capacity stand on the planned day"},
    {FC_M_OUTAGE_H, "outage_h", "h", 1, 0, 0, 0, 0, "full-capacity hours lost to outages of regions"},
    {FC_M_NO_OUTAGE, "no_outage", "1", 0, 0, 0, 1, 0, "no outage of a region in the term"},
    {FC_M_POWER_MEAN_MW, "power_mean_mw", "MW", 1, 0, 0, 0, 0, "mean draw at the meter over the term"},
    {FC_M_POWER_PEAK_MW, "power_peak_mw", "MW", 1, 0, 0, 0, 0,
     "nameplate draw at the meter in the fullest month"},
    {FC_M_ENERGY_BILL_USD, "energy_bill_usd", "USD", 1, 0, 0, 0, 0,
     "cost of that energy; within the price where it is rented"},
    {FC_M_CO2_MARGINAL_T, "co2_marginal_t", "t", 1, 0, 0, 0, 0, "CO2 of that energy by the non-baseload mix"},
    {FC_M_COST_PER_USED_HOUR_USD, "cost_per_used_gpu_hour_usd", "USD", 1, 0, 0, 0, 0,
     "paid per GPU-hour that was used"},
    {FC_M_COST_PER_1E24_USD, "cost_per_1e24_flop_usd", "USD", 1, 0, 0, 0, 0, "paid per 1e24 useful FLOP"},
    {FC_M_CASH_RESIDUE_CENTS, "cash_residue_cents", "1", 1, 0, 0, 0, 0, "balance less the sum of all flows"},
    {FC_M_PAYBACK_BASIS_MONTHS, "payback_net_months", "month", 1, 0, 0, 0, 1,
     "payback of the company on its net result, where it comes"},
    {FC_M_PAYBACK_BASIS_MONTHS + 1, "payback_operating_months", "month", 1, 0, 0, 0, 1,
     "the same on its operating result"},
    {FC_M_PAYBACK_BASIS_MONTHS + 2, "payback_cash_months", "month", 1, 0, 0, 0, 1, "the same on its cash"},
    {FC_M_PAYS_BACK_BASIS, "pays_back_net", "1", 0, 0, 0, 1, 0,
     "the company's cumulated net result is positive at the end"},
    {FC_M_PAYS_BACK_BASIS + 1, "pays_back_operating", "1", 0, 0, 0, 1, 0,
     "the same for its operating result"},
    {FC_M_PAYS_BACK_BASIS + 2, "pays_back_cash", "1", 0, 0, 0, 1, 0, "the same for its cash"},
    {FC_M_CUMULATED_BASIS_USD, "cumulated_net_usd", "USD", 0, 0, 0, 0, 0,
     "the company's net result over the term"},
    {FC_M_CUMULATED_BASIS_USD + 1, "cumulated_operating_usd", "USD", 0, 0, 0, 0, 0, "its operating result"},
    {FC_M_CUMULATED_BASIS_USD + 2, "cumulated_cash_usd", "USD", 0, 0, 0, 0, 0, "its cash"},
    {FC_M_LIST_PRICE_END_USD, "list_price_end_usd", "USD", 1, 0, 0, 0, 0,
     "list series: price of a GPU-hour in the last month"},
    {FC_M_CONTRACT_PRICE_END_USD, "contract_price_end_usd", "USD", 1, 0, 0, 0, 0,
     "contract series: the same"},
    {FC_M_SPOT_PRICE_END_USD, "spot_price_end_usd", "USD", 1, 0, 0, 0, 0, "spot series: the same"},
    {FC_M_PRICE_INDEX_LOG, "price_index_log", "1", 1, 0, 0, 0, 0,
     "log of the contract price in the last month over the first"},
    {FC_M_EXPANDS, "expansion_exercised", "1", 0, 0, 0, 1, 0,
     "the option on further capacity is worth exercising"},
    {FC_M_EXPANSION_VALUE_USD, "expansion_value_usd", "USD", 0, 0, 0, 0, 0,
     "saved against buying the same at the market"},
    {FC_M_RULE_COST_USD, "rule_commit_usd", "USD", 1, 0, 0, 0, 0,
     "1e24 useful FLOP when the price is fixed now"},
    {FC_M_RULE_COST_USD + 1, "rule_compulsive_usd", "USD", 1, 0, 0, 0, 0,
     "the same when every new generation is rented"},
    {FC_M_RULE_COST_USD + 2, "rule_laggard_usd", "USD", 1, 0, 0, 0, 0, "the same one generation behind"},
    {FC_M_RULE_COST_USD + 3, "rule_leapfrog_usd", "USD", 1, 0, 0, 0, 0,
     "the same with every second generation"},
    {FC_M_RULE_BEST, "commit_is_best", "1", 0, 0, 0, 1, 0, "fixing the price now is the cheapest rule"},
    {FC_M_RULE_BEST + 1, "compulsive_is_best", "1", 0, 0, 0, 1, 0,
     "every new generation is the cheapest rule"},
    {FC_M_RULE_BEST + 2, "laggard_is_best", "1", 0, 0, 0, 1, 0, "one generation behind is the cheapest rule"},
    {FC_M_RULE_BEST + 3, "leapfrog_is_best", "1", 0, 0, 0, 1, 0,
     "every second generation is the cheapest rule"},
    {FC_M_VALUE_OF_WAITING_USD, "value_of_waiting_usd", "USD", 0, 0, 0, 0, 0,
     "fixed now, less the best other rule with hindsight, per 1e24 FLOP"},
    {FC_M_PROGRAMME_RUNS, "programme_runs", "1", 0, 0, 0, 0, 1,
     "runs of the growing programme that are finished"},
    {FC_M_PROGRAMME_LARGEST_FLOP, "programme_largest_flop", "FLOP", 0, 0, 0, 0, 0,
     "size of its largest finished run"},
    {FC_M_PROGRAMME_FIRST_MONTHS, "programme_first_months", "month", 1, 0, 0, 0, 1,
     "when its first run is finished, where it is"},
    {FC_M_SPOT_LOSS_H, "spot_loss_gpu_h", "GPU-h", 1, 0, 0, 0, 0,
     "work lost to interruptions of spot capacity"},
    {FC_M_OWN_COST_PER_HOUR_USD, "own_cost_per_gpu_hour_usd", "USD", 1, 0, 1, 0, 0,
     "an owner's cost per sold GPU-hour"},
    {FC_M_OWN_CAPEX_PER_GPU_USD, "own_capex_per_gpu_usd", "USD", 1, 0, 0, 0, 0, "capital per GPU"},
    {FC_M_OWN_CAPEX_PER_RACK_USD, "own_capex_per_rack_usd", "USD", 1, 0, 0, 0, 0,
     "capital per rack of 72 GPUs"},
    {FC_M_OWN_COST_PER_GW_YEAR_USD, "own_cost_per_gw_year_usd", "USD", 1, 0, 0, 0, 0,
     "an owner's cost per GW of IT power and year"},
    {FC_M_OWN_IS_CHEAPER, "own_is_cheaper", "1", 0, 0, 0, 1, 0,
     "owning costs less per GPU-hour than the contract price"},
    {FC_M_BREAK_EVEN_UTILISATION, "break_even_utilisation", "1", 1, 0, 0, 0, 0,
     "above which owning costs less"},
    {FC_M_CONTRACT_PER_GW_YEAR_USD, "contract_per_gw_year_usd", "USD", 1, 0, 0, 0, 0,
     "rent per GW of site power and year"},
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

enum fc_fixed fc_metric_fixed(const struct fc_program *program)
{
    if (program->layers & FC_LAYER_CONTRACT)
        return FC_FIXED_MONEY;
    return (program->layers & FC_LAYER_RUN) && program->run.watch ? FC_FIXED_TIME : FC_FIXED_WORK;
}

enum fc_fixed fc_metric_fixed_of_tally(const struct fc_tally *tally)
{
    if (fc_tally_find(tally, FC_M_GPUS_FULL_RAMP))
        return FC_FIXED_MONEY;
    return fc_tally_find(tally, FC_M_FINISHED) ? FC_FIXED_WORK : FC_FIXED_TIME;
}

int fc_metric_worst_is_high(int metric, enum fc_fixed fixed)
{
    if (metric == FC_M_GPU_HOURS)
        return fixed != FC_FIXED_MONEY;
    if (metric == FC_M_TIME_PRODUCTIVE_H)
        return fixed != FC_FIXED_TIME;
    return fc_metric_find(metric)->worst_is_high;
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
