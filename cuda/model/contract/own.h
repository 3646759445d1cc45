/* own.h: what a GPU-hour costs its owner.
 *
 *   capital per GPU = all-in figure, or
 *                     (rack / 72 + site per kW × IT power) / (1 - network share - storage share)
 *   cost per year   = servers × annuity(rate, life) - residual × servers × sinking fund
 *                     + site × annuity(rate, site life) + operations × capital + energy
 *   cost per hour   = cost per year / (8766 × utilization)
 * with annuity(r, n) = r / (1 - (1 + r)^-n), 1 / n where r is 0, and sinking fund = annuity - r: textbook
 * capital recovery. By value decline the servers cost d × ln 10 of their price a year instead, d in decades a
 * year: the first derivative of price × 10^(-d t), what waiting would have saved (Epoch AI, Cottier et al., arXiv
 * 2405.21015, and its code: d = 0.14, no interest, no residual).
 * A GW-year is one of site power, for what is owned and what is rented alike. */
#ifndef FC_MODEL_OWN_H
#define FC_MODEL_OWN_H

#include "../base/draw.h"
#include "../inputs.h"
#include "contract_program.h"

#define FC_GPUS_PER_RACK 72.0f
#define FC_LN_10 2.30258509f

/* log(1 + x) for x > -1 and e^x - 1, exact to a few ulp near 0 too: the rounding of 1 + x, or of e^x, is the
 * same above and below the line (W. Kahan; N. Higham, Accuracy and Stability, section 1.14). */
FC_FN fc_real fc_log1p(fc_real x)
{
    fc_real u = 1.0f + x;
    fc_real scale = u == 1.0f ? 1.0f : u - 1.0f;
    fc_real of_u = u == 1.0f ? 1.0f : fc_log(u);
    return x * (of_u / scale);
}

FC_FN fc_real fc_expm1(fc_real x)
{
    fc_real u = fc_exp(x);
    fc_real near = u == 1.0f ? x : (u - 1.0f) * (x / (u == 1.0f ? 1.0f : fc_log(fc_max(u, 1e-37f))));
    return x < -80.0f ? -1.0f : near;
}

/* Capital recovery factor: yearly payment per unit of capital at rate r per year over n years; 1 / n where the
 * capital is free. */
FC_FN fc_real fc_annuity(fc_real rate, fc_real years)
{
    fc_real x = years * fc_log1p(rate);
    fc_real discounted = -fc_expm1(-x);
    return discounted > 0.0f ? rate / discounted : 1.0f / years;
}

/* Share of a life that is over, on average over ages spread evenly from `young` to `old`; what is older has none left. */
FC_FN fc_real fc_life_over(fc_real young, fc_real old, fc_real life)
{
    fc_real a = fc_min(young, life), b = fc_min(old, life), spread = old - young;
    fc_real within = spread > 0.0f ? (b - a) / spread : 1.0f;
    return fc_fma(within, 0.5f * (a + b), (1.0f - within) * b) / life;
}

/* Share of the servers' price that they are worth, on average over ages spread evenly from `young` to `old` years:
 * straight line down to the residual at the end of their life, or 10^(-d age), whose mean over a spread w is
 * 10^(-d young) (1 - e^-x) / x with x = d ln 10 w. */
FC_FN fc_real fc_server_worth(fc_i32 decline, fc_real young, fc_real old, fc_real inputs[FC_INPUT_COUNT][FC_W],
                              fc_i32 l)
{
    fc_real age = fc_life_over(young, old, inputs[FC_IN_LIFE_YEARS][l]);
    fc_real line = 1.0f - age * (1.0f - inputs[FC_IN_RESIDUAL][l]);
    fc_real rate = inputs[FC_IN_VALUE_DECLINE][l] * FC_LN_10, x = rate * (old - young);
    fc_real mean = x > 0.0f ? -fc_expm1(-x) / x : 1.0f;
    return decline ? fc_exp(-rate * young) * mean : line;
}

/* Capital of a GPU with its share of rack, network, storage and site, USD. */
FC_FN fc_real fc_capex_per_gpu(fc_i32 parts, fc_real inputs[FC_INPUT_COUNT][FC_W], fc_i32 l)
{
    fc_real site = inputs[FC_IN_FACILITY_PER_KW_USD][l] * inputs[FC_IN_IT_POWER_KW][l];
    fc_real rest = 1.0f - inputs[FC_IN_NETWORK_SHARE][l] - inputs[FC_IN_STORAGE_SHARE][l];
    fc_real sum = (inputs[FC_IN_RACK_CAPEX_USD][l] / FC_GPUS_PER_RACK + site) / fc_max(rest, 0.01f);
    return parts ? sum : inputs[FC_IN_CAPEX_PER_GPU_USD][l];
}

/* The part of that which is site, USD. */
FC_FN fc_real fc_site_capex(fc_i32 parts, fc_real capex, fc_real inputs[FC_INPUT_COUNT][FC_W], fc_i32 l)
{
    return parts ? inputs[FC_IN_FACILITY_PER_KW_USD][l] * inputs[FC_IN_IT_POWER_KW][l]
                 : inputs[FC_IN_FACILITY_SHARE][l] * capex;
}

FC_FN void fc_own_lanes(FC_GLOBAL const struct fc_months *terms, fc_real inputs[FC_INPUT_COUNT][FC_W],
                        fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    fc_i32 parts = terms->own_parts;
    FC_LANES (l) {
        fc_real capex = fc_capex_per_gpu(parts, inputs, l);
        fc_real site = fc_site_capex(parts, capex, inputs, l);
        fc_real servers = capex - site;
        fc_real rate = inputs[FC_IN_CAPITAL_COST_RATE][l];
        fc_real annuity = fc_annuity(rate, inputs[FC_IN_LIFE_YEARS][l]);
        fc_real hours = FC_HOURS_PER_YEAR;
        fc_real it_kw = inputs[FC_IN_IT_POWER_KW][l], site_kw = inputs[FC_IN_SITE_POWER_KW][l];
        fc_real energy = it_kw * inputs[FC_IN_LOAD_FACTOR][l] * inputs[FC_IN_PUE][l] *
                         inputs[FC_IN_ENERGY_PRICE_USD_PER_KWH][l] * hours;
        fc_real decline = inputs[FC_IN_VALUE_DECLINE][l] * FC_LN_10;
        fc_real residual = inputs[FC_IN_RESIDUAL][l] * servers * (annuity - rate);
        fc_real worn = terms->own_decline ? servers * decline : servers * annuity - residual;
        fc_real annual = worn + site * fc_annuity(rate, inputs[FC_IN_FACILITY_LIFE_YEARS][l]);
        annual = annual + inputs[FC_IN_OPERATIONS_RATE][l] * capex + energy;
        fc_real cost = annual / (hours * inputs[FC_IN_UTILISATION][l]);
        fc_real rent = inputs[FC_IN_PRICE_GPU_HOUR_USD][l];
        metrics[FC_M_OWN_COST_PER_HOUR_USD][l] = cost;
        metrics[FC_M_OWN_CAPEX_PER_GPU_USD][l] = capex;
        metrics[FC_M_OWN_CAPEX_PER_RACK_USD][l] = capex * FC_GPUS_PER_RACK;
        metrics[FC_M_OWN_COST_PER_GW_YEAR_USD][l] = annual / site_kw * 1e6f;
        metrics[FC_M_OWN_IS_CHEAPER][l] = cost < rent ? 1.0f : 0.0f;
        metrics[FC_M_BREAK_EVEN_UTILISATION][l] = annual / (hours * rent);
        metrics[FC_M_CONTRACT_PER_GW_YEAR_USD][l] = rent * hours / site_kw * 1e6f;
    }
}

#endif
