/* chapters.c: see chapters.h. */
#include "chapters.h"

#include "metrics.h"

const struct fc_chapter fc_chapters[] = {
    {"what it buys",
     FC_M_GPUS_FULL_RAMP,
     {FC_M_GPU_HOURS, FC_M_GPUS_FULL_RAMP, FC_M_USEFUL_FLOP_PER_S, FC_M_USEFUL_FLOP,
      FC_M_COST_PER_USED_HOUR_USD, FC_M_COST_PER_1E24_USD, -1}},
    {"frontier runs: how many, how long, at what cost",
     FC_M_RUN_COST_USD,
     {FC_M_RUNS_FINAL, FC_M_RUN_DAYS, FC_M_RUN_COST_USD, FC_M_RUN_ENERGY_MWH, FC_M_RUN_CO2_T,
      FC_M_PROGRAMME_RUNS, FC_M_PROGRAMME_LARGEST_FLOP, FC_M_PROGRAMME_FIRST_MONTHS, FC_M_DEADLINE_MET,
      FC_M_BUDGET_MET, FC_M_BOTH_MET, -1}},
    {"money: what is paid and earned, and when it pays back",
     FC_M_NPV_USD,
     {FC_M_COST_USD, FC_M_PAID_USD, FC_M_REVENUE_USD, FC_M_BALANCE_USD, FC_M_NPV_USD, FC_M_IRR,
      FC_M_PAYBACK_MONTHS, FC_M_PEAK_CASH_NEED_USD, FC_M_STRANDED_USD, FC_M_EXPANSION_VALUE_USD,
      FC_M_PAYS_BACK, FC_M_EXPANDS, -1}},
    {"the whole company on three loss bases",
     FC_M_CUMULATED_BASIS_USD + 2,
     {FC_M_PAYBACK_BASIS_MONTHS, FC_M_PAYBACK_BASIS_MONTHS + 1, FC_M_PAYBACK_BASIS_MONTHS + 2,
      FC_M_CUMULATED_BASIS_USD, FC_M_CUMULATED_BASIS_USD + 1, FC_M_CUMULATED_BASIS_USD + 2,
      FC_M_PAYS_BACK_BASIS, FC_M_PAYS_BACK_BASIS + 1, FC_M_PAYS_BACK_BASIS + 2, -1}},
    {"energy, power and carbon",
     FC_M_ENERGY_MWH,
     {FC_M_ENERGY_MWH, FC_M_POWER_MEAN_MW, FC_M_POWER_PEAK_MW, FC_M_ENERGY_BILL_USD, FC_M_CO2_T,
      FC_M_CO2_MARGINAL_T, -1}},
    {"delivery and outages: what may go wrong",
     -1,
     {FC_M_DELIVERED_SHARE, FC_M_GPU_HOURS_DELIVERED, FC_M_GPU_HOURS_LATE, FC_M_OUTAGE_H,
      FC_M_SERVICE_CREDITS_USD, FC_M_SPOT_LOSS_H, FC_M_ON_TIME, FC_M_DELIVERED_75, FC_M_NO_OUTAGE, -1}},
    {"prices to come: commit now, or wait",
     FC_M_VALUE_OF_WAITING_USD,
     {FC_M_CONTRACT_PRICE_END_USD, FC_M_LIST_PRICE_END_USD, FC_M_SPOT_PRICE_END_USD, FC_M_RULE_COST_USD,
      FC_M_RULE_COST_USD + 1, FC_M_RULE_COST_USD + 2, FC_M_RULE_COST_USD + 3, FC_M_VALUE_OF_WAITING_USD,
      FC_M_RULE_BEST, FC_M_RULE_BEST + 1, FC_M_RULE_BEST + 2, FC_M_RULE_BEST + 3, -1}},
    {"rent or own",
     FC_M_OWN_COST_PER_HOUR_USD,
     {FC_M_OWN_COST_PER_HOUR_USD, FC_M_BREAK_EVEN_UTILISATION, FC_M_OWN_CAPEX_PER_GPU_USD,
      FC_M_OWN_CAPEX_PER_RACK_USD, FC_M_OWN_COST_PER_GW_YEAR_USD, FC_M_CONTRACT_PER_GW_YEAR_USD,
      FC_M_OWN_IS_CHEAPER, -1}},
};

const size_t fc_chapter_count = sizeof fc_chapters / sizeof fc_chapters[0];

int fc_chapter_of(int metric)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    for (size_t c = 0; info && c < fc_chapter_count; c++)
        for (const int *m = fc_chapters[c].metrics; *m >= 0; m++)
            if (*m == info->metric)
                return (int)c;
    return -1;
}
