/* chapters.c: see chapters.h. */
#include "chapters.h"

#include "host/result/metrics.h"

const struct fc_chapter fc_chapters[] = {
    {"how fast",
     0,
     {FC_M_STEP_TIME_S, -1},
     {FC_M_STEP_TIME_S, FC_M_TOKENS_PER_S, FC_M_TOKENS_PER_S_PER_GPU, FC_M_TFLOPS_PER_GPU, FC_M_MFU,
      FC_M_MEMORY_PER_GPU_BYTES, FC_M_FITS, -1}},
    {"how long and at what cost",
     0,
     {FC_M_WALL_CLOCK_DAYS, FC_M_COST_USD},
     {FC_M_WALL_CLOCK_DAYS, FC_M_GPU_HOURS, FC_M_COST_USD, FC_M_COST_PER_MTOKEN_USD, FC_M_FINISHED,
      FC_M_DEADLINE_MET, FC_M_BUDGET_MET, FC_M_BOTH_MET, -1}},
    {"where the time goes",
     0,
     {FC_M_GOODPUT, -1},
     {FC_M_GOODPUT, FC_M_TIME_PRODUCTIVE_H, FC_M_TIME_SLOWDOWN_H, FC_M_TIME_REDONE_H, FC_M_TIME_CHECKPOINT_H,
      FC_M_TIME_DETECTION_H, FC_M_TIME_RESTART_H, FC_M_TIME_WAITING_H, FC_M_TIME_PLANNED_H, FC_M_ETTR,
      FC_M_EFFECTIVE_TRAINING_TIME, FC_M_SCHEDULING_GOODPUT, FC_M_RUNTIME_GOODPUT, FC_M_PROGRAM_GOODPUT,
      FC_M_GOOGLE_GOODPUT, FC_M_GOODPUT_EXPENSE_USD, -1}},
    {"failures and spares",
     0,
     {FC_M_INTERRUPTIONS, -1},
     {FC_M_INTERRUPTIONS,
      FC_M_CLASS_INTERRUPTIONS + 0,
      FC_M_CLASS_INTERRUPTIONS + 1,
      FC_M_CLASS_INTERRUPTIONS + 2,
      FC_M_CLASS_INTERRUPTIONS + 3,
      FC_M_CLASS_INTERRUPTIONS + 4,
      FC_M_CLASS_INTERRUPTIONS + 5,
      FC_M_CLASS_INTERRUPTIONS + 6,
      FC_M_CLASS_INTERRUPTIONS + 7,
      FC_M_CLASS_INTERRUPTIONS + 8,
      FC_M_CLASS_INTERRUPTIONS + 11,
      FC_M_CLASS_INTERRUPTIONS + 12,
      FC_M_PLANNED_STOPS,
      FC_M_SLOW_EPISODES,
      FC_M_NODE_SWAPS,
      FC_M_RACK_SWAPS,
      FC_M_SPARE_SHORTAGES,
      FC_M_AVAILABLE_SHARE,
      FC_M_IDLE_FAILURES,
      FC_M_LEMONS_LEFT,
      FC_M_OVERFLOWS,
      -1}},
    {"energy and carbon", 0, {FC_M_ENERGY_MWH, -1}, {FC_M_ENERGY_MWH, FC_M_CO2_T, -1}},
    {"what it buys",
     1,
     {FC_M_GPUS_FULL_RAMP, -1},
     {FC_M_GPU_HOURS, FC_M_GPUS_FULL_RAMP, FC_M_USEFUL_FLOP_PER_S, FC_M_USEFUL_FLOP,
      FC_M_COST_PER_USED_HOUR_USD, FC_M_COST_PER_1E24_USD, -1}},
    {"frontier runs: how many, how long, at what cost",
     1,
     {FC_M_RUN_COST_USD, -1},
     {FC_M_RUNS_FINAL, FC_M_RUN_DAYS, FC_M_RUN_COST_USD, FC_M_RUN_ENERGY_MWH, FC_M_RUN_CO2_T,
      FC_M_PROGRAMME_RUNS, FC_M_PROGRAMME_LARGEST_FLOP, FC_M_PROGRAMME_FIRST_MONTHS, FC_M_DEADLINE_MET,
      FC_M_BUDGET_MET, FC_M_BOTH_MET, -1}},
    {"money: what is paid and earned, and when it pays back",
     1,
     {FC_M_NPV_USD, -1},
     {FC_M_COST_USD, FC_M_PAID_USD, FC_M_REVENUE_USD, FC_M_BALANCE_USD, FC_M_NPV_USD, FC_M_IRR,
      FC_M_PAYBACK_MONTHS, FC_M_PEAK_CASH_NEED_USD, FC_M_STRANDED_USD, FC_M_EXPANSION_VALUE_USD,
      FC_M_PAYS_BACK, FC_M_EXPANDS, -1}},
    {"the whole company on three loss bases",
     1,
     {FC_M_CUMULATED_BASIS_USD + 2, -1},
     {FC_M_PAYBACK_BASIS_MONTHS, FC_M_PAYBACK_BASIS_MONTHS + 1, FC_M_PAYBACK_BASIS_MONTHS + 2,
      FC_M_CUMULATED_BASIS_USD, FC_M_CUMULATED_BASIS_USD + 1, FC_M_CUMULATED_BASIS_USD + 2,
      FC_M_PAYS_BACK_BASIS, FC_M_PAYS_BACK_BASIS + 1, FC_M_PAYS_BACK_BASIS + 2, -1}},
    {"energy, power and carbon",
     1,
     {FC_M_ENERGY_MWH, -1},
     {FC_M_ENERGY_MWH, FC_M_POWER_MEAN_MW, FC_M_POWER_PEAK_MW, FC_M_ENERGY_BILL_USD, FC_M_CO2_T,
      FC_M_CO2_MARGINAL_T, -1}},
    {"delivery and outages: what may go wrong",
     1,
     {-1, -1},
     {FC_M_DELIVERED_SHARE, FC_M_GPU_HOURS_DELIVERED, FC_M_GPU_HOURS_LATE, FC_M_OUTAGE_H,
      FC_M_SERVICE_CREDITS_USD, FC_M_SPOT_LOSS_H, FC_M_ON_TIME, FC_M_DELIVERED_75, FC_M_NO_OUTAGE, -1}},
    {"prices to come: commit now, or wait",
     1,
     {FC_M_VALUE_OF_WAITING_USD, -1},
     {FC_M_CONTRACT_PRICE_END_USD, FC_M_LIST_PRICE_END_USD, FC_M_SPOT_PRICE_END_USD, FC_M_RULE_COST_USD,
      FC_M_RULE_COST_USD + 1, FC_M_RULE_COST_USD + 2, FC_M_RULE_COST_USD + 3, FC_M_VALUE_OF_WAITING_USD,
      FC_M_RULE_BEST, FC_M_RULE_BEST + 1, FC_M_RULE_BEST + 2, FC_M_RULE_BEST + 3, -1}},
    {"rent or own",
     1,
     {FC_M_OWN_COST_PER_HOUR_USD, -1},
     {FC_M_OWN_COST_PER_HOUR_USD, FC_M_BREAK_EVEN_UTILISATION, FC_M_OWN_CAPEX_PER_GPU_USD,
      FC_M_OWN_CAPEX_PER_RACK_USD, FC_M_OWN_COST_PER_GW_YEAR_USD, FC_M_CONTRACT_PER_GW_YEAR_USD,
      FC_M_OWN_IS_CHEAPER, -1}},
};

const size_t fc_chapter_count = sizeof fc_chapters / sizeof fc_chapters[0];

int fc_chapter_of(int metric, int contract)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    for (int of_contract = contract; info && of_contract >= 0; of_contract--)
        for (size_t c = 0; c < fc_chapter_count; c++)
            for (const int *m = fc_chapters[c].metrics; *m >= 0 && fc_chapters[c].of_contract == of_contract;
                 m++)
                if (*m == info->metric)
                    return (int)c;
    return -1;
}

int fc_chapter_has_picture(int chapter, int metric)
{
    for (int i = 0; i < FC_CHAPTER_PICTURES; i++)
        if (fc_chapters[chapter].pictures[i] == metric)
            return 1;
    return 0;
}
