/* months.h: the contract month by month: what is delivered, billed, credited, earned; cash in whole cents.
 *
 * fc_months_start draws the delivery and sizes the contract: GPUs = value / (price  delivered hours), so that
 * the whole value is spent by the end (catch_up), or by the planned schedule, or as many GPUs as are stated.
 * fc_months_run walks the months. Every payment is rounded to cents once; balance and totals are 64-bit
 * integers, so they add up exactly. */
#ifndef FC_MODEL_MONTHS_H
#define FC_MODEL_MONTHS_H

#include "cash.h"
#include "delivery.h"
#include "market.h"
#include "own.h"

#define FC_HOURS_PER_MONTH 730.5f
#define FC_RULES 4
#define FC_BASES 3

/* Totals of a trial, cents; they sum to the balance. Outflows are negative. */
enum fc_cash {
    FC_CASH_BILLS,
    FC_CASH_EXTRAS,
    FC_CASH_PREPAID, /* paid at the start, less what was credited */
    FC_CASH_FEES,
    FC_CASH_CREDITS, /* for outages */
    FC_CASH_OWNED,   /* capital, operations, energy, value at the end */
    FC_CASH_REVENUE,
    FC_CASH_OTHER,
    FC_CASH_KINDS
};

/* Scratch of one block; small members are indexed by lane last. */
struct fc_months_block {
    struct fc_delivery delivery;
    struct fc_market market;
    fc_real flow[FC_MONTHS][FC_W];
    fc_i64 cash[FC_CASH_KINDS][FC_W];
    fc_i64 balance[FC_W], lowest[FC_W], prepaid[FC_W], credit[FC_W];
    fc_real before[FC_PROVIDERS][FC_W]; /* full-capacity months until the start of the month */
    fc_real fixed[FC_PROVIDERS][FC_W];  /* price in force, where it is set at renewals */
    fc_real paid[FC_PROVIDERS][FC_W];   /* USD so far */
    fc_real gpus[FC_W];
};

FC_FN void fc_trial_counters(fc_u64 trial, fc_u32 *low, fc_u32 *high)
{
    FC_LANES (l) {
        fc_u64 number = trial + (fc_u64)l;
        low[l] = (fc_u32)number;
        high[l] = (fc_u32)(number >> 32);
    }
}

/* The price per GPU-hour of the first day, USD. */
FC_FN fc_real fc_first_price(FC_GLOBAL const struct fc_provider *provider,
                             fc_real inputs[FC_INPUT_COUNT][FC_W], fc_i32 l)
{
    fc_real list = inputs[FC_IN_LIST_PRICE_USD][l];
    fc_i32 form = provider->form;
    fc_real ratio =
        provider->term_months <= 12 ? inputs[FC_IN_COMMITMENT_1Y][l] : inputs[FC_IN_COMMITMENT_3Y][l];
    fc_real reserved = provider->term_months > 36 ? inputs[FC_IN_COMMITMENT_5Y_USD][l] : list * ratio;
    fc_real price = inputs[provider->input[FC_P_PRICE]][l];
    price = form == FC_FORM_RESERVATION ? reserved : price;
    price = form == FC_FORM_BLOCK ? list * inputs[FC_IN_BLOCK_RATIO][l] : price;
    price = form == FC_FORM_ON_DEMAND ? list : price;
    return form == FC_FORM_SPOT ? list * inputs[FC_IN_SPOT_RATIO][l] : price;
}

/* Delivery and size. Writes the metrics GPU_HOURS, GPUS_FULL_RAMP, COST_USD, and those of the delivery. */
FC_FN void fc_months_start(FC_GLOBAL const struct fc_contract *contract, FC_GLOBAL const float *tables,
                           fc_u64 seed, fc_u64 trial, fc_real inputs[FC_INPUT_COUNT][FC_W],
                           struct fc_months_block *block, fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    FC_GLOBAL const struct fc_months *terms = &contract->months;
    fc_u32 low[FC_W], high[FC_W];
    fc_real until[FC_W], standing[FC_W], worth[FC_W], hours[FC_W], share_now[FC_W];
    fc_real end = (fc_real)terms->term_months;
    fc_real planned = fc_ramp_until(end, (fc_real)0.0f, (fc_real)terms->ramp_months);
    fc_trial_counters(trial, low, high);
    fc_delivery_draw(terms, tables, seed, low, high, inputs, &block->delivery);
    FC_LANES (l) {
        worth[l] = (fc_real)0.0f;
        hours[l] = (fc_real)0.0f;
        share_now[l] = (fc_real)0.0f;
    }
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        fc_real share = (fc_real)provider->share;
        fc_delivery_until(terms, &block->delivery, k, end, until);
        fc_delivery_at(terms, &block->delivery, k, (fc_real)terms->ramp_months, standing);
        FC_LANES (l) {
            fc_real months = terms->catch_up ? fc_max(until[l], (fc_real)0.001f) : planned;
            hours[l] = fc_fma(share, months, hours[l]);
            worth[l] = fc_fma(share * months, fc_first_price(provider, inputs, l), worth[l]);
            share_now[l] = fc_fma(share, standing[l], share_now[l]);
            block->before[k][l] = (fc_real)0.0f;
            block->fixed[k][l] = (fc_real)0.0f;
            block->paid[k][l] = (fc_real)0.0f;
        }
    }
    fc_real stated = (fc_real)terms->gpus;
    fc_real value = (fc_real)contract->value_usd;
    FC_LANES (l) {
        fc_real per_gpu = worth[l] * (fc_real)FC_HOURS_PER_MONTH;
        fc_real gpus = stated > (fc_real)0.0f ? stated : value / per_gpu;
        block->gpus[l] = gpus;
        metrics[FC_M_GPUS_FULL_RAMP][l] = gpus;
        metrics[FC_M_GPU_HOURS][l] = gpus * (hours[l] * (fc_real)FC_HOURS_PER_MONTH);
        metrics[FC_M_COST_USD][l] = stated > (fc_real)0.0f ? gpus * per_gpu : value;
        metrics[FC_M_DELIVERED_SHARE][l] = share_now[l];
        metrics[FC_M_ON_TIME][l] = share_now[l] > (fc_real)0.99999f ? (fc_real)1.0f : (fc_real)0.0f;
        metrics[FC_M_DELIVERED_75][l] = share_now[l] >= (fc_real)0.75f ? (fc_real)1.0f : (fc_real)0.0f;
    }
}

/* Adds an amount to a total and to the month's flow. */
FC_FN void fc_pay(fc_i64 cents, fc_i32 kind, fc_i32 l, struct fc_months_block *block, fc_i64 *net)
{
    block->cash[kind][l] += cents;
    net[l] += cents;
}

/* How many outages a month has: Poisson by inversion, at most four. */
FC_FN fc_real fc_outages(fc_real rate, fc_real u)
{
    fc_real p = fc_exp(-rate);
    fc_real sum = p;
    fc_real count = u < sum ? (fc_real)0.0f : (fc_real)1.0f;
    p = p * rate;
    sum = sum + p;
    count = u < sum ? count : (fc_real)2.0f;
    p = p * rate * (fc_real)0.5f;
    sum = sum + p;
    count = u < sum ? count : (fc_real)3.0f;
    p = p * rate * (fc_real)0.333333333f;
    sum = sum + p;
    return u < sum ? count : (fc_real)4.0f;
}

/* Factor per month of a yearly growth factor, to a power. */
FC_FN fc_real fc_monthly(fc_real yearly, fc_real power)
{
    return fc_exp(power * fc_log(fc_max(yearly, (fc_real)1e-6f)) * (fc_real)FC_MONTH_OF_YEAR);
}

/* The months, after fc_months_start and the contract's own metrics (useful FLOP per GPU-hour comes from
 * them). */
FC_FN void fc_months_run(FC_GLOBAL const struct fc_contract *contract, FC_GLOBAL const float *tables,
                         fc_u64 seed, fc_u64 trial, fc_real inputs[FC_INPUT_COUNT][FC_W],
                         const fc_real *goodput, const fc_real *mfu, struct fc_months_block *block,
                         fc_real metrics[FC_METRIC_COUNT][FC_W])
{
    FC_GLOBAL const struct fc_months *terms = &contract->months;
    struct fc_market *market = &block->market;
    fc_i32 months = terms->months;
    fc_i32 parts = terms->own_parts;
    fc_real end = (fc_real)terms->term_months;
    fc_real hours_per_month = (fc_real)FC_HOURS_PER_MONTH;
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W];
    fc_i64 net[FC_W];
    fc_real until[FC_W], hours[FC_W], used[FC_W], bill[FC_W], used_all[FC_W], useful[FC_W], npv[FC_W],
        discount[FC_W];
    fc_real fade[FC_W], list[FC_W], spot[FC_W], offer[FC_W], energy_trend[FC_W], energy_step[FC_W];
    fc_real delivered[FC_W], lost[FC_W], quiet[FC_W], stranded[FC_W], kwh[FC_W], energy_usd[FC_W], co2[FC_W];
    fc_real marginal[FC_W], peak_kw[FC_W], site_kw[FC_W], used_hours[FC_W], spot_loss[FC_W], payback[FC_W];
    fc_real income[FC_W], growth[4][FC_W], expands[FC_W], expansion[FC_W], standing[FC_W],
        standing_before[FC_W];
    fc_real base_cost[FC_BASES][FC_W], base_sum[FC_BASES][FC_W], base_payback[FC_BASES][FC_W];
    fc_real cost_growth[4][FC_W];
    fc_real gained[FC_RULES][FC_W];
    fc_real stock[FC_W], size[FC_W], size_step[FC_W], runs[FC_W], largest[FC_W], first_run[FC_W];
    fc_real never = (fc_real)fc_float_of(0x7f800000u);
    fc_trial_counters(trial, low, high);
    if (terms->market)
        fc_market_start(terms, market);
    FC_LANES (l) {
        block->balance[l] = 0;
        block->lowest[l] = 0;
        npv[l] = (fc_real)0.0f;
        discount[l] = (fc_real)1.0f;
        fade[l] = fc_exp(-fc_log((fc_real)1.0f + inputs[FC_IN_DISCOUNT_RATE][l]) / (fc_real)12.0f);
        list[l] = inputs[FC_IN_LIST_PRICE_USD][l];
        spot[l] = list[l] * inputs[FC_IN_SPOT_RATIO][l];
        offer[l] = (fc_real)1.0f;
        energy_trend[l] = (fc_real)1.0f;
        energy_step[l] = fc_monthly((fc_real)1.0f + inputs[FC_IN_ENERGY_GROWTH][l], (fc_real)1.0f);
        delivered[l] = lost[l] = stranded[l] = kwh[l] = energy_usd[l] = co2[l] = marginal[l] = (fc_real)0.0f;
        quiet[l] = (fc_real)1.0f;
        peak_kw[l] = used_hours[l] = spot_loss[l] = expands[l] = expansion[l] = (fc_real)0.0f;
        payback[l] = (fc_real)0.0f;
        income[l] = (fc_real)terms->revenue_start * (fc_real)FC_MONTH_OF_YEAR;
        stock[l] = runs[l] = largest[l] = (fc_real)0.0f;
        size[l] = (fc_real)terms->programme_flop;
        first_run[l] = never;
        useful[l] = (fc_real)3600.0f * inputs[FC_IN_USABLE_FRACTION][l] * goodput[l] *
                    (mfu[l] * (fc_real)contract->peak_flops);
    }
    for (fc_i32 kind = 0; kind < FC_CASH_KINDS; kind++) {
        FC_LANES (l)
            block->cash[kind][l] = 0;
    }
    if (terms->programme_flop > 0) {
        FC_LANES (l)
            size_step[l] = fc_monthly(inputs[FC_IN_PROGRAMME_GROWTH][l], (fc_real)1.0f);
    }
    if (terms->revenue == FC_REVENUE_PATH) {
        for (fc_i32 y = 0; y < 4; y++) {
            FC_LANES (l) {
                growth[y][l] = fc_monthly(inputs[FC_IN_GROWTH + y][l], (fc_real)1.0f);
                cost_growth[y][l] = fc_monthly(inputs[FC_IN_GROWTH + y][l], inputs[FC_IN_COST_ELASTICITY][l]);
            }
        }
        for (fc_i32 b = 0; b < FC_BASES; b++) {
            FC_LANES (l) {
                base_cost[b][l] = income[l] * (fc_real)terms->cost_ratio[b];
                base_sum[b][l] = base_payback[b][l] = (fc_real)0.0f;
            }
        }
    }
    for (fc_i32 r = 0; r < FC_RULES; r++) {
        FC_LANES (l)
            gained[r][l] = (fc_real)0.0f;
    }
    /* the prepayment: a share of what the contract forms cost over the term */
    FC_LANES (l)
        used_all[l] = (fc_real)0.0f;
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        if (provider->form > FC_FORM_MINIMUM)
            continue;
        fc_delivery_until(terms, &block->delivery, k, end, until);
        FC_LANES (l)
            used_all[l] += inputs[provider->input[FC_P_PRICE]][l] * block->gpus[l] *
                           (fc_real)provider->share * (until[l] * hours_per_month);
    }
    FC_LANES (l) {
        block->prepaid[l] = fc_cents(inputs[FC_IN_PREPAYMENT][l] * used_all[l]);
        fc_i32 over = fc_max_i32(months - terms->credit_from, 1);
        block->credit[l] = block->prepaid[l] / over + 1;
    }

    for (fc_i32 t = 0; t < months; t++) {
        fc_real now = (fc_real)t;
        fc_real next = fc_min(now + (fc_real)1.0f, end);
        fc_i32 alive = terms->terminate == 0 || t < terms->terminate;
        if (terms->market && t > 0)
            fc_market_month(terms, tables, seed, low, high, t, inputs, market);
        FC_LANES (l) {
            net[l] = 0;
            used_all[l] = (fc_real)0.0f;
            site_kw[l] = (fc_real)0.0f;
        }
        if (terms->market) {
            FC_LANES (l) {
                fc_real index = market->trend[l] + market->steps[l];
                offer[l] = fc_exp(index);
                list[l] = inputs[FC_IN_LIST_PRICE_USD][l] * fc_exp(index + market->jumps[l]);
                spot[l] = inputs[FC_IN_LIST_PRICE_USD][l] * inputs[FC_IN_SPOT_RATIO][l] *
                          fc_exp(index + market->spot[l]);
                /* FLOP per dollar of the four rules, commit = 1: the newest chip, the one before, every
                 * second one */
                fc_real decades =
                    inputs[FC_IN_PERFORMANCE_GROWTH][l] * (fc_real)(FC_LN_10 * FC_MONTH_OF_YEAR);
                fc_real one = market->launches[l] > 0 ? fc_log((fc_real)1.0f + inputs[FC_IN_LAUNCH_STEP][l])
                                                      : (fc_real)0.0f;
                fc_i32 odd = market->launches[l] % 2;
                fc_real behind = odd ? one : (fc_real)0.0f;
                gained[0][l] += (fc_real)1.0f;
                gained[1][l] += fc_exp(decades * market->last_launch[l] - market->trend[l]);
                gained[2][l] += fc_exp(decades * market->before_last[l] - market->trend[l] - one);
                gained[3][l] += fc_exp(decades * market->last_even[l] - market->trend[l] - behind);
            }
        }
        if (t == 0) {
            FC_LANES (l)
                fc_pay(-block->prepaid[l], FC_CASH_PREPAID, l, block, net);
        }
        for (fc_i32 k = 0; k < terms->providers; k++) {
            FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
            fc_i32 form = provider->form;
            fc_real share = (fc_real)provider->share;
            fc_real *price = inputs[provider->input[FC_P_PRICE]];
            if (!alive) {
                if (t != terms->terminate || form > FC_FORM_MINIMUM)
                    continue;
                fc_delivery_until(terms, &block->delivery, k, end, until);
                FC_LANES (l) {
                    fc_real left =
                        (until[l] - block->before[k][l]) * hours_per_month * share * block->gpus[l];
                    fc_pay(-fc_cents(inputs[FC_IN_TERMINATION_FEE][l] * price[l] * left), FC_CASH_FEES, l,
                           block, net);
                }
                continue;
            }
            fc_delivery_until(terms, &block->delivery, k, next, until);
            FC_LANES (l)
                event[l] = (fc_u32)(256 + k * FC_MONTHS + t);
            fc_random_words(seed, low, high, event, FC_STREAM_DELIVERY, words);
            FC_LANES (l) {
                fc_real gpus = share * block->gpus[l];
                hours[l] = fc_max(until[l] - block->before[k][l], (fc_real)0.0f) * hours_per_month * gpus;
                fc_real rate = inputs[provider->input[FC_P_OUTAGE_RATE]][l] * (fc_real)FC_MONTH_OF_YEAR;
                fc_real count = fc_outages(rate, fc_uniform(words[0][l]));
                fc_real gone = fc_min(count * inputs[provider->input[FC_P_OUTAGE_H]][l], hours_per_month);
                fc_real out = hours[l] * (gone / hours_per_month);
                quiet[l] = count > (fc_real)0.0f && share > (fc_real)0.0f ? (fc_real)0.0f : quiet[l];
                lost[l] = fc_fma(share, gone, lost[l]);
                used[l] = inputs[FC_IN_DEMAND][l] * (hours[l] - out);
                delivered[l] += hours[l];
                bill[l] = (fc_real)0.0f;
                fc_i64 credit = fc_cents((fc_real)terms->service_credit * out * price[l]);
                if (form <= FC_FORM_MINIMUM)
                    fc_pay(credit, FC_CASH_CREDITS, l, block, net);
                /* energy and carbon of this provider's site */
                fc_real drawn =
                    (hours[l] - out) * inputs[FC_IN_IT_POWER_KW][l] * inputs[provider->input[FC_P_PUE]][l];
                fc_real energy = drawn * inputs[FC_IN_LOAD_FACTOR][l];
                kwh[l] += energy;
                co2[l] = fc_fma(energy, inputs[provider->input[FC_P_CARBON]][l], co2[l]);
                marginal[l] = fc_fma(energy, inputs[provider->input[FC_P_MARGINAL]][l], marginal[l]);
                site_kw[l] += drawn / hours_per_month;
                energy_usd[l] =
                    fc_fma(energy * energy_trend[l], inputs[provider->input[FC_P_ENERGY]][l], energy_usd[l]);
                until[l] = fc_max(until[l], block->before[k][l]);
            }
            if (form == FC_FORM_TAKE_OR_PAY) {
                FC_LANES (l) {
                    fc_real billed = fc_max(used[l], inputs[FC_IN_TAKE_OR_PAY][l] * hours[l]);
                    bill[l] = price[l] * billed;
                    stranded[l] += price[l] * (billed - used[l]);
                }
            } else if (form == FC_FORM_MINIMUM) {
                FC_LANES (l)
                    bill[l] = price[l] * used[l];
                if (t == months - 1) {
                    FC_LANES (l) {
                        fc_real value = price[l] * share * block->gpus[l] * (until[l] * hours_per_month);
                        fc_real due =
                            fc_max(inputs[FC_IN_TAKE_OR_PAY][l] * value - block->paid[k][l] - bill[l],
                                   (fc_real)0.0f);
                        bill[l] += due;
                        stranded[l] += due;
                    }
                }
            } else if (form == FC_FORM_RESERVATION) {
                if (t % provider->term_months == 0) {
                    fc_i32 years = provider->term_months / 12;
                    FC_LANES (l) {
                        fc_real ratio =
                            years <= 1 ? inputs[FC_IN_COMMITMENT_1Y][l] : inputs[FC_IN_COMMITMENT_3Y][l];
                        fc_real long_term = inputs[FC_IN_COMMITMENT_5Y_USD][l] * offer[l];
                        block->fixed[k][l] = years > 3 ? long_term : list[l] * ratio;
                    }
                }
                FC_LANES (l) {
                    bill[l] = block->fixed[k][l] * hours[l];
                    stranded[l] += block->fixed[k][l] * (hours[l] - used[l]);
                }
            } else if (form == FC_FORM_BLOCK) {
                if (t % provider->term_months == 0) {
                    fc_real window[FC_W];
                    fc_delivery_until(terms, &block->delivery, k,
                                      fc_min(now + (fc_real)provider->term_months, end), window);
                    FC_LANES (l) {
                        block->fixed[k][l] = list[l] * inputs[FC_IN_BLOCK_RATIO][l];
                        bill[l] = block->fixed[k][l] * share * block->gpus[l] *
                                  (fc_max(window[l] - block->before[k][l], (fc_real)0.0f) * hours_per_month);
                    }
                }
                FC_LANES (l)
                    stranded[l] += block->fixed[k][l] * (hours[l] - used[l]);
            } else if (form == FC_FORM_ON_DEMAND) {
                FC_LANES (l)
                    bill[l] = list[l] * used[l];
            } else if (form == FC_FORM_SPOT) {
                FC_LANES (l) {
                    fc_real broken =
                        inputs[FC_IN_SPOT_INTERRUPTIONS][l] * inputs[FC_IN_SPOT_LOSS_H][l] / hours_per_month;
                    fc_real gone = used[l] * fc_min(broken, (fc_real)1.0f);
                    bill[l] = spot[l] * used[l];
                    spot_loss[l] += gone;
                    used[l] = used[l] - gone;
                }
            } else {
                fc_delivery_at(terms, &block->delivery, k, now, standing_before);
                fc_delivery_at(terms, &block->delivery, k, next, standing);
                FC_LANES (l) {
                    fc_real gpus = share * block->gpus[l];
                    fc_real capex = fc_capex_per_gpu(parts, inputs, l);
                    fc_real site = fc_site_capex(parts, capex, inputs, l);
                    fc_real earlier = t == 0 ? (fc_real)0.0f : standing_before[l];
                    fc_real bought = fc_max(standing[l] - earlier, (fc_real)0.0f) * gpus * capex;
                    fc_real operations = standing[l] * gpus * capex * inputs[FC_IN_OPERATIONS_RATE][l] *
                                         (fc_real)FC_MONTH_OF_YEAR;
                    fc_real energy = hours[l] * inputs[FC_IN_IT_POWER_KW][l] * inputs[FC_IN_LOAD_FACTOR][l] *
                                     inputs[provider->input[FC_P_PUE]][l] *
                                     inputs[provider->input[FC_P_ENERGY]][l] * energy_trend[l];
                    /* what is left at the end */
                    fc_real site_age = fc_min((fc_real)months * (fc_real)FC_MONTH_OF_YEAR /
                                                  inputs[FC_IN_FACILITY_LIFE_YEARS][l],
                                              (fc_real)1.0f);
                    fc_real kept = fc_server_worth(terms->own_decline,
                                                   (fc_real)months * (fc_real)FC_MONTH_OF_YEAR, inputs, l);
                    fc_real left =
                        gpus * standing[l] * ((capex - site) * kept + site * ((fc_real)1.0f - site_age));
                    fc_real at_end = t == months - 1 ? left : (fc_real)0.0f;
                    fc_pay(fc_cents(at_end) - fc_cents(bought + operations + energy), FC_CASH_OWNED, l, block,
                           net);
                }
            }
            FC_LANES (l) {
                fc_real extras = bill[l] * (inputs[FC_IN_EXTRAS_SHARE][l] +
                                            (k > 0 ? inputs[FC_IN_SWITCHING_COST][l] : (fc_real)0.0f));
                fc_i64 cents = fc_cents(bill[l]);
                fc_pay(-cents, FC_CASH_BILLS, l, block, net);
                fc_pay(-fc_cents(extras), FC_CASH_EXTRAS, l, block, net);
                /* the prepayment comes back as a credit on the bills */
                fc_i32 credits = form <= FC_FORM_MINIMUM && t >= terms->credit_from;
                fc_i64 open = -block->cash[FC_CASH_PREPAID][l];
                fc_i64 credit = block->credit[l] < open ? block->credit[l] : open;
                credit = credit < cents ? credit : cents;
                credit = credits && credit > 0 ? credit : 0;
                fc_pay(credit, FC_CASH_PREPAID, l, block, net);
                block->paid[k][l] += bill[l];
                block->before[k][l] = until[l];
                used_all[l] += used[l];
            }
        }
        if (terms->expansion_month > 0 && t >= terms->expansion_month && alive) {
            fc_real strike = (fc_real)terms->expansion_strike;
            FC_LANES (l) {
                fc_real market_price = inputs[FC_IN_PRICE_GPU_HOUR_USD][l] * offer[l];
                expands[l] = t == terms->expansion_month
                                 ? (market_price > strike ? (fc_real)1.0f : (fc_real)0.0f)
                                 : expands[l];
                fc_real more =
                    expands[l] * (fc_real)terms->expansion_share * block->gpus[l] * hours_per_month;
                fc_pay(-fc_cents(strike * more), FC_CASH_BILLS, l, block, net);
                expansion[l] = fc_fma(market_price - strike, more, expansion[l]);
                used_all[l] += inputs[FC_IN_DEMAND][l] * more;
            }
        }
        if (terms->revenue == FC_REVENUE_PER_GW) {
            FC_LANES (l) {
                fc_real gw = used_all[l] / hours_per_month * inputs[FC_IN_SITE_POWER_KW][l] / (fc_real)1e6f;
                fc_real earned = gw * inputs[FC_IN_REVENUE_PER_GW_USD][l] / (fc_real)12.0f;
                fc_pay(fc_cents(earned), FC_CASH_REVENUE, l, block, net);
                fc_pay(-fc_cents(earned * inputs[FC_IN_OTHER_COSTS][l]), FC_CASH_OTHER, l, block, net);
            }
        } else if (terms->revenue == FC_REVENUE_PATH) {
            fc_i32 year = fc_min_i32(t / 12, 3);
            FC_LANES (l) {
                fc_real earned = income[l] * (fc_real)terms->revenue_share;
                fc_pay(fc_cents(earned), FC_CASH_REVENUE, l, block, net);
                fc_pay(-fc_cents(earned * inputs[FC_IN_OTHER_COSTS][l]), FC_CASH_OTHER, l, block, net);
            }
            for (fc_i32 b = 0; b < FC_BASES; b++) {
                FC_LANES (l) {
                    fc_real was = base_sum[b][l];
                    fc_real sum = was + income[l] - base_cost[b][l];
                    base_sum[b][l] = sum;
                    fc_real since = was < (fc_real)0.0f || t == 0 ? now + (fc_real)1.0f : base_payback[b][l];
                    base_payback[b][l] = sum < (fc_real)0.0f ? never : since;
                    base_cost[b][l] = base_cost[b][l] * cost_growth[year][l];
                }
            }
            FC_LANES (l)
                income[l] = income[l] * growth[year][l];
        }
        if (terms->programme_flop > 0) {
            FC_LANES (l)
                stock[l] =
                    fc_fma(used_all[l] * useful[l],
                           inputs[FC_IN_TRAINING_SHARE][l] * inputs[FC_IN_FINAL_RUN_SHARE][l], stock[l]);
            for (fc_i32 i = 0; i < 4; i++) {
                FC_LANES (l) {
                    fc_i32 done = stock[l] >= size[l];
                    stock[l] = done ? stock[l] - size[l] : stock[l];
                    largest[l] = done ? size[l] : largest[l];
                    first_run[l] = done && runs[l] < (fc_real)0.5f ? now + (fc_real)1.0f : first_run[l];
                    runs[l] += done ? (fc_real)1.0f : (fc_real)0.0f;
                }
            }
            FC_LANES (l)
                size[l] = size[l] * size_step[l];
        }
        FC_LANES (l) {
            fc_i64 was = block->balance[l];
            fc_i64 balance = was + net[l];
            block->balance[l] = balance;
            block->lowest[l] = balance < block->lowest[l] ? balance : block->lowest[l];
            fc_real since = was < 0 || t == 0 ? now + (fc_real)1.0f : payback[l];
            payback[l] = balance < 0 ? never : since;
            fc_real flow = (fc_real)net[l] / (fc_real)100.0f;
            block->flow[t][l] = flow;
            npv[l] = fc_fma(flow, discount[l], npv[l]);
            discount[l] = discount[l] * fade[l];
            energy_trend[l] = energy_trend[l] * energy_step[l];
            peak_kw[l] = fc_max(peak_kw[l], site_kw[l]);
            used_hours[l] += used_all[l];
        }
    }

    FC_LANES (l) {
        fc_i64 sum = 0;
        for (fc_i32 kind = 0; kind < FC_CASH_KINDS; kind++)
            sum += block->cash[kind][l];
        fc_i64 out = block->cash[FC_CASH_BILLS][l] + block->cash[FC_CASH_EXTRAS][l] +
                     block->cash[FC_CASH_PREPAID][l] + block->cash[FC_CASH_FEES][l] +
                     block->cash[FC_CASH_CREDITS][l] + block->cash[FC_CASH_OWNED][l];
        fc_real paid = (fc_real)(-out) / (fc_real)100.0f;
        fc_real never_credited = (fc_real)(-block->cash[FC_CASH_PREPAID][l]) / (fc_real)100.0f;
        metrics[FC_M_CASH_RESIDUE_CENTS][l] = (fc_real)(block->balance[l] - sum);
        metrics[FC_M_NPV_USD][l] = npv[l];
        metrics[FC_M_PAYBACK_MONTHS][l] = payback[l];
        metrics[FC_M_PAYS_BACK][l] = payback[l] < never ? (fc_real)1.0f : (fc_real)0.0f;
        metrics[FC_M_PEAK_CASH_NEED_USD][l] = (fc_real)(-block->lowest[l]) / (fc_real)100.0f;
        metrics[FC_M_STRANDED_USD][l] =
            stranded[l] + never_credited + (fc_real)(-block->cash[FC_CASH_FEES][l]) / (fc_real)100.0f;
        metrics[FC_M_PAID_USD][l] = paid;
        metrics[FC_M_REVENUE_USD][l] = (fc_real)block->cash[FC_CASH_REVENUE][l] / (fc_real)100.0f;
        metrics[FC_M_BALANCE_USD][l] = (fc_real)block->balance[l] / (fc_real)100.0f;
        metrics[FC_M_GPU_HOURS_DELIVERED][l] = delivered[l];
        fc_real planned =
            fc_ramp_until(end, (fc_real)0.0f, (fc_real)terms->ramp_months) * hours_per_month * block->gpus[l];
        fc_real missing = planned - delivered[l];
        metrics[FC_M_GPU_HOURS_LATE][l] = missing > (fc_real)1e-5f * planned ? missing : (fc_real)0.0f;
        metrics[FC_M_SERVICE_CREDITS_USD][l] = (fc_real)block->cash[FC_CASH_CREDITS][l] / (fc_real)100.0f;
        metrics[FC_M_OUTAGE_H][l] = lost[l];
        metrics[FC_M_NO_OUTAGE][l] = quiet[l];
        metrics[FC_M_POWER_MEAN_MW][l] = kwh[l] * (fc_real)0.001f / ((fc_real)months * hours_per_month);
        metrics[FC_M_POWER_PEAK_MW][l] = peak_kw[l] * (fc_real)0.001f;
        metrics[FC_M_ENERGY_BILL_USD][l] = energy_usd[l];
        metrics[FC_M_CO2_MARGINAL_T][l] = marginal[l] * (fc_real)1e-6f;
        metrics[FC_M_COST_PER_USED_HOUR_USD][l] = paid / used_hours[l];
        metrics[FC_M_COST_PER_1E24_USD][l] = paid / (used_hours[l] * (useful[l] * (fc_real)1e-24f));
        metrics[FC_M_LIST_PRICE_END_USD][l] = list[l];
        metrics[FC_M_CONTRACT_PRICE_END_USD][l] = inputs[FC_IN_PRICE_GPU_HOUR_USD][l] * offer[l];
        metrics[FC_M_SPOT_PRICE_END_USD][l] = spot[l];
        metrics[FC_M_EXPANDS][l] = expands[l];
        metrics[FC_M_EXPANSION_VALUE_USD][l] = expansion[l];
        metrics[FC_M_SPOT_LOSS_H][l] = spot_loss[l];
        metrics[FC_M_PROGRAMME_RUNS][l] = runs[l];
        metrics[FC_M_PROGRAMME_LARGEST_FLOP][l] = largest[l];
        metrics[FC_M_PROGRAMME_FIRST_MONTHS][l] = first_run[l];
    }
    if (terms->revenue == FC_REVENUE_PATH) {
        for (fc_i32 b = 0; b < FC_BASES; b++) {
            FC_LANES (l) {
                metrics[FC_M_PAYBACK_BASIS_MONTHS + b][l] = base_payback[b][l];
                metrics[FC_M_PAYS_BACK_BASIS + b][l] =
                    base_payback[b][l] < never ? (fc_real)1.0f : (fc_real)0.0f;
                metrics[FC_M_CUMULATED_BASIS_USD + b][l] = base_sum[b][l];
            }
        }
    }
    if (terms->market) {
        FC_LANES (l) {
            metrics[FC_M_PRICE_INDEX_LOG][l] = market->trend[l] + market->steps[l];
            fc_real commit = inputs[FC_IN_PRICE_GPU_HOUR_USD][l] / (useful[l] * (fc_real)1e-24f);
            fc_real whole = (fc_real)months;
            /* an upgrade costs the switching share of a year's rent */
            fc_real once = (fc_real)12.0f * inputs[FC_IN_SWITCHING_COST][l];
            fc_real upgrades = (fc_real)market->launches[l];
            fc_real every = fc_max((fc_real)1.0f - upgrades * once / whole, (fc_real)0.01f);
            fc_real late =
                fc_max((fc_real)1.0f - fc_max(upgrades - (fc_real)1.0f, (fc_real)0.0f) * once / whole,
                       (fc_real)0.01f);
            fc_i32 pairs = market->launches[l] / 2; /* every second launch */
            fc_real second = fc_max((fc_real)1.0f - (fc_real)pairs * once / whole, (fc_real)0.01f);
            fc_real cost1 = commit * whole / (gained[1][l] * every);
            fc_real cost2 = commit * whole / (gained[2][l] * late);
            fc_real cost3 = commit * whole / (gained[3][l] * second);
            fc_real flexible = fc_min(cost1, fc_min(cost2, cost3));
            fc_real best = fc_min(commit, flexible);
            metrics[FC_M_RULE_COST_USD][l] = commit;
            metrics[FC_M_RULE_COST_USD + 1][l] = cost1;
            metrics[FC_M_RULE_COST_USD + 2][l] = cost2;
            metrics[FC_M_RULE_COST_USD + 3][l] = cost3;
            metrics[FC_M_RULE_BEST][l] = commit <= best ? (fc_real)1.0f : (fc_real)0.0f;
            metrics[FC_M_RULE_BEST + 1][l] = cost1 <= best ? (fc_real)1.0f : (fc_real)0.0f;
            metrics[FC_M_RULE_BEST + 2][l] = cost2 <= best ? (fc_real)1.0f : (fc_real)0.0f;
            metrics[FC_M_RULE_BEST + 3][l] = cost3 <= best ? (fc_real)1.0f : (fc_real)0.0f;
            metrics[FC_M_VALUE_OF_WAITING_USD][l] = commit - flexible;
        }
    }
    if (terms->irr)
        fc_irr_lanes(months, block->flow, metrics[FC_M_IRR]);
}

#endif
