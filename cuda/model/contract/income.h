/* income.h: what a month earns, what the programme of runs makes of it, and what the rules for changing the
 * generation of GPUs would have got. */
#ifndef FC_MODEL_INCOME_H
#define FC_MODEL_INCOME_H

#include "ledger.h"
#include "own.h"

FC_FN void fc_income_start(FC_GLOBAL const struct fc_months *terms, fc_real (*FC_RESTRICT inputs)[FC_W],
                           struct fc_ledger *FC_RESTRICT ledger)
{
    FC_LANES (l) {
        ledger->income[l] = (fc_real)terms->revenue_start * FC_MONTH_OF_YEAR;
        ledger->stock[l] = ledger->runs[l] = ledger->largest[l] = 0.0f;
        ledger->size[l] = ledger->target[l] = (fc_real)terms->programme_flop;
        ledger->first_run[l] = fc_never();
    }
    if (terms->programme_flop > 0) {
        FC_LANES (l)
            ledger->size_step[l] = fc_monthly(inputs[FC_IN_PROGRAMME_GROWTH][l], 1.0f);
    }
    for (fc_i32 r = 0; r < FC_RULES; r++) {
        FC_LANES (l)
            ledger->gained[r][l] = 0.0f;
    }
    FC_LANES (l)
        ledger->earning[l] = 0.0f;
    if (terms->revenue >= FC_REVENUE_PER_HOUR) {
        const fc_real *price = inputs[FC_IN_TOKEN_PRICE_USD], *tokens = inputs[FC_IN_TOKENS_PER_S];
        const fc_real *hour = inputs[FC_IN_REVENUE_PER_HOUR_USD], *load = inputs[FC_IN_TOKEN_LOAD];
        fc_i32 by_token = terms->revenue == FC_REVENUE_PER_TOKEN;
        FC_LANES (l) {
            ledger->rate_now[l] = by_token ? price[l] * (tokens[l] * 0.0036f) * load[l] : hour[l];
            ledger->rate_step[l] = fc_monthly(1.0f + inputs[FC_IN_SERVING_CHANGE][l], 1.0f);
        }
    }
    if (terms->revenue != FC_REVENUE_PATH)
        return;
    FC_LANES (l) {
        fc_real serving = 1.0f - inputs[FC_IN_TRAINING_SHARE][l];
        ledger->serves[l] = terms->serves ? serving / (1.0f - (fc_real)terms->trains_by_path) : 1.0f;
    }
    for (fc_i32 y = 0; y < 4; y++) {
        FC_LANES (l) {
            ledger->growth[y][l] = fc_monthly(inputs[FC_IN_GROWTH + y][l], 1.0f);
            ledger->cost_growth[y][l] =
                fc_monthly(inputs[FC_IN_GROWTH + y][l], inputs[FC_IN_COST_ELASTICITY][l]);
        }
    }
    for (fc_i32 b = 0; b < FC_BASES; b++) {
        FC_LANES (l) {
            ledger->base_cost[b][l] = ledger->income[l] * terms->cost_ratio[b];
            ledger->base_sum[b][l] = ledger->base_payback[b][l] = 0.0f;
        }
    }
}

/* What comes in, as a negative number, and what it costs, both in USD; the month's sum is touched once. */
FC_FN void fc_income_paid(const fc_real *usd, const fc_real *costs, struct fc_ledger *FC_RESTRICT ledger)
{
    FC_LANES (l) {
        fc_i64 revenue = -fc_cents(usd[l]), other = -fc_cents(costs[l]);
        ledger->cash[FC_CASH_REVENUE][l] += revenue;
        ledger->cash[FC_CASH_OTHER][l] += other;
        ledger->net[l] += revenue + other;
    }
}

/* Revenue of capacity that serves: GW in use × share that does not train × revenue per GW-year / 12. */
FC_FN void fc_income_per_gw(fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *other = inputs[FC_IN_OTHER_COSTS];
    fc_real usd[FC_W], costs[FC_W];
    FC_LANES (l) {
        fc_real gpus = fc_over(ledger->worked[l], FC_HOURS_PER_MONTH);
        fc_real gw = fc_over(gpus * inputs[FC_IN_SITE_POWER_KW][l], 1e6f);
        fc_real serving = gw * (1.0f - inputs[FC_IN_TRAINING_SHARE][l]);
        usd[l] = fc_over(serving * inputs[FC_IN_REVENUE_PER_GW_USD][l], 12.0f);
        costs[l] = usd[l] * other[l];
        usd[l] = -usd[l];
    }
    fc_income_paid(usd, costs, ledger);
}

/* Revenue of the hours that serve: in use, usable and not for training, at a price per hour; by tokens it is
 *   price per million tokens × tokens per second at full load × 3600 / 1e6 × load,
 * and the price moves by a factor per year. */
FC_FN void fc_income_per_hour(fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *other = inputs[FC_IN_OTHER_COSTS], *training = inputs[FC_IN_TRAINING_SHARE];
    const fc_real *usable = inputs[FC_IN_USABLE_FRACTION];
    fc_real usd[FC_W], costs[FC_W];
    FC_LANES (l) {
        fc_real serving = ledger->worked[l] * usable[l] * (1.0f - training[l]);
        usd[l] = serving * ledger->rate_now[l];
        costs[l] = usd[l] * other[l];
        usd[l] = -usd[l];
        ledger->earning[l] += serving;
        ledger->rate_now[l] = ledger->rate_now[l] * ledger->rate_step[l];
    }
    fc_income_paid(usd, costs, ledger);
}

/* The company's revenue by its path: the share that this contract's GPUs earn, in proportion to how much of
 * the planned fleet works. The company's own accounts go on beside it, on three bases. */
FC_FN void fc_income_path(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                          fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *other = inputs[FC_IN_OTHER_COSTS];
    fc_real usd[FC_W], costs[FC_W];
    fc_i32 year = fc_min_i32(month->t / 12, 3);
    FC_LANES (l) {
        fc_real working = ledger->worked[l] / (FC_HOURS_PER_MONTH * ledger->planned[l]);
        usd[l] = ledger->income[l] * terms->revenue_share * working * ledger->serves[l];
        costs[l] = usd[l] * other[l];
        usd[l] = -usd[l];
    }
    fc_income_paid(usd, costs, ledger);
    for (fc_i32 b = 0; b < FC_BASES; b++) {
        FC_LANES (l) {
            fc_real was = ledger->base_sum[b][l];
            fc_real sum = was + ledger->income[l] - ledger->base_cost[b][l];
            fc_real since = was < 0.0f || month->t == 0 ? month->now + 1.0f : ledger->base_payback[b][l];
            ledger->base_sum[b][l] = sum;
            ledger->base_payback[b][l] = sum < 0.0f ? fc_never() : since;
            ledger->base_cost[b][l] = ledger->base_cost[b][l] * ledger->cost_growth[year][l];
        }
    }
    FC_LANES (l)
        ledger->income[l] = ledger->income[l] * ledger->growth[year][l];
}

/* The programme: a run keeps the size that the frontier had when it began; the next begins when it ends, any
 * number of them a month. */
FC_FN void fc_programme_month(const struct fc_month *month, fc_real (*FC_RESTRICT inputs)[FC_W],
                              struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *training = inputs[FC_IN_TRAINING_SHARE], *final = inputs[FC_IN_FINAL_RUN_SHARE];
    fc_real now = month->now + 1.0f, mores[FC_W];
    fc_i32 ends[FC_W];
    FC_LANES (l)
        ledger->stock[l] =
            fc_fma(ledger->worked[l] * ledger->useful[l], training[l] * final[l], ledger->stock[l]);
    FC_LANES (l) { /* the run under way, then as many of this month's size as there is work for */
        fc_real target = ledger->target[l], size = ledger->size[l], stock = ledger->stock[l];
        fc_i32 done = stock >= target;
        fc_real rest = stock - (done ? target : 0.0f), fit = fc_floor(rest / size);
        fc_real more = done ? fit : 0.0f;
        mores[l] = more;
        ends[l] = done;
        ledger->stock[l] = fc_max(rest - more * size, 0.0f);
    }
    FC_LANES (l) { /* loops of their own, and all loads before any choice: else they are not vectorised (gcc) */
        fc_real target = ledger->target[l], size = ledger->size[l], more = mores[l];
        fc_real larger = fc_max(target, size), largest = ledger->largest[l];
        fc_real last = more > 0.0f ? larger : target;
        fc_real most = fc_max(last, largest);
        ledger->largest[l] = ends[l] ? most : largest;
        ledger->target[l] = ends[l] ? size : target;
    }
    FC_LANES (l) {
        fc_real runs = ledger->runs[l], was = ledger->first_run[l];
        fc_real first = runs < 0.5f ? now : was, ended = 1.0f + mores[l];
        ledger->first_run[l] = ends[l] ? first : was;
        ledger->runs[l] = runs + (ends[l] ? ended : 0.0f);
    }
    FC_LANES (l)
        ledger->size[l] = ledger->size[l] * ledger->size_step[l];
}

/* Prices of the month, and FLOP per dollar of four rules, commit = 1: the newest chip, the one before, every
 * second one. */
FC_FN void fc_market_prices(fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    const struct fc_market *market = &ledger->market;
    FC_LANES (l) {
        fc_real index = market->trend[l] + market->steps[l];
        ledger->offer[l] = fc_exp(index);
        ledger->list[l] = inputs[FC_IN_LIST_PRICE_USD][l] * fc_exp(index + market->jumps[l]);
        ledger->spot[l] =
            inputs[FC_IN_LIST_PRICE_USD][l] * inputs[FC_IN_SPOT_RATIO][l] * fc_exp(index + market->spot[l]);
    }
    FC_LANES (l) {
        fc_real decades = inputs[FC_IN_PERFORMANCE_GROWTH][l] * (FC_LN_10 * FC_MONTH_OF_YEAR);
        fc_real step = fc_log(1.0f + inputs[FC_IN_LAUNCH_STEP][l]);
        fc_real one = market->launches[l] > 0 ? step : 0.0f;
        fc_real behind = market->launches[l] % 2 ? one : 0.0f;
        ledger->gained[0][l] += 1.0f;
        ledger->gained[1][l] += fc_exp(decades * market->last_launch[l] - market->trend[l]);
        ledger->gained[2][l] += fc_exp(decades * market->before_last[l] - market->trend[l] - one);
        ledger->gained[3][l] += fc_exp(decades * market->last_even[l] - market->trend[l] - behind);
    }
}

/* What the rules cost per 1e24 useful FLOP; an upgrade costs the switching share of a year's rent. Where
 * the upgrades cost all of the term's rent a rule yields nothing: infinity. */
FC_FN void fc_rules_end(fc_i32 months, fc_real (*FC_RESTRICT inputs)[FC_W],
                        const struct fc_ledger *FC_RESTRICT ledger, fc_real (*FC_RESTRICT metrics)[FC_W])
{
    const struct fc_market *market = &ledger->market;
    fc_real whole = (fc_real)months;
    FC_LANES (l) {
        metrics[FC_M_PRICE_INDEX_LOG][l] = market->trend[l] + market->steps[l];
        fc_real commit = inputs[FC_IN_PRICE_GPU_HOUR_USD][l] / (ledger->useful[l] * 1e-24f);
        fc_real once = 12.0f * inputs[FC_IN_SWITCHING_COST][l];
        fc_real upgrades = (fc_real)market->launches[l];
        fc_real pairs = (fc_real)(market->launches[l] / 2); /* every second launch */
        fc_real every = 1.0f - upgrades * once / whole;
        fc_real late = 1.0f - fc_max(upgrades - 1.0f, 0.0f) * once / whole;
        fc_real second = 1.0f - pairs * once / whole;
        fc_real cost1 = every > 0.0f ? commit * whole / (ledger->gained[1][l] * every) : fc_never();
        fc_real cost2 = late > 0.0f ? commit * whole / (ledger->gained[2][l] * late) : fc_never();
        fc_real cost3 = second > 0.0f ? commit * whole / (ledger->gained[3][l] * second) : fc_never();
        fc_real flexible = fc_min(cost1, fc_min(cost2, cost3));
        fc_real best = fc_min(commit, flexible);
        metrics[FC_M_RULE_COST_USD][l] = commit;
        metrics[FC_M_RULE_COST_USD + 1][l] = cost1;
        metrics[FC_M_RULE_COST_USD + 2][l] = cost2;
        metrics[FC_M_RULE_COST_USD + 3][l] = cost3;
        metrics[FC_M_RULE_BEST][l] = commit <= best ? 1.0f : 0.0f;
        metrics[FC_M_RULE_BEST + 1][l] = cost1 <= best ? 1.0f : 0.0f;
        metrics[FC_M_RULE_BEST + 2][l] = cost2 <= best ? 1.0f : 0.0f;
        metrics[FC_M_RULE_BEST + 3][l] = cost3 <= best ? 1.0f : 0.0f;
        metrics[FC_M_VALUE_OF_WAITING_USD][l] = commit - flexible;
    }
}

#endif
