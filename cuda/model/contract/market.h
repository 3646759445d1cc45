/* market.h: prices by month: a regime-switching index, steps at the launch of each generation, rate-card
 * jumps of the list price, a mean-reverting spot price. Four series that are never mixed: list, commitment (a
 * ratio to list when it starts), contract, spot.
 *
 * Index X of the log price, month to month: X += drift[regime] / 12 + sigma[regime] × sqrt(1/12) × n; then the
 * regime is left with probability 1 / duration: from glut and shortage to balance, from balance to either
 * with equal chance. A first regime that is not known is drawn as that chain has it in the long run: glut 1/4, balance
 * 1/2, shortage 1/4 (each regime is left as often as it is entered). At a launch X += log(1 + step). list = list0 × exp(X + J), J the sum of the jumps;
 * contract offer = contract0 × exp(X); spot = list0 × ratio × exp(X + Y), Y += -(1 - 2^(-1/halflife)) × Y
 * + sigma × sqrt(1/12) × n. */
#ifndef FC_MODEL_MARKET_H
#define FC_MODEL_MARKET_H

#include "../base/draw.h"
#include "../inputs.h"
#include "contract_program.h"

#define FC_MONTH_OF_YEAR 0.0833333333f
#define FC_SQRT_MONTH 0.288675135f

/* The market of one block of worlds. */
struct fc_market {
    fc_i32 regime[FC_W];
    fc_i32 launches[FC_W];
    fc_real trend[FC_W];       /* X without the launches' steps */
    fc_real steps[FC_W];       /* log(1 + step) times launches */
    fc_real jumps[FC_W];       /* J */
    fc_real spot[FC_W];        /* Y */
    fc_real next_launch[FC_W]; /* month */
    fc_real last_launch[FC_W]; /* month of the newest launch; 0 before the first */
    fc_real before_last[FC_W]; /* of the one before */
    fc_real last_even[FC_W];   /* of the newest launch with an even number */
};

FC_FN void fc_market_start(FC_GLOBAL const struct fc_months *terms, fc_u64 seed, const fc_u32 *low,
                           const fc_u32 *high, struct fc_market *market)
{
    fc_u32 event[FC_W], words[4][FC_W];
    FC_LANES (l)
        event[l] = 0; /* the months to come are events 1, 2, ... */
    fc_random_words(seed, low, high, event, FC_STREAM_MARKET, words);
    FC_LANES (l) {
        fc_real u = fc_uniform(words[0][l]);
        fc_i32 above = u < 0.75f ? 1 : 2;
        fc_i32 drawn = u < 0.25f ? 0 : above;
        market->regime[l] = terms->regime > 2 ? drawn : terms->regime;
        market->launches[l] = 0;
        market->trend[l] = 0.0f;
        market->steps[l] = 0.0f;
        market->jumps[l] = 0.0f;
        market->spot[l] = 0.0f;
        market->next_launch[l] = (fc_real)terms->first_launch;
        market->last_launch[l] = 0.0f;
        market->before_last[l] = 0.0f;
        market->last_even[l] = 0.0f;
    }
}

/* From month - 1 to month (month >= 1). */
FC_FN void fc_market_month(FC_GLOBAL const struct fc_months *terms, FC_GLOBAL const float *tables,
                           fc_u64 seed, const fc_u32 *low, const fc_u32 *high, fc_i32 month,
                           fc_real inputs[FC_INPUT_COUNT][FC_W], struct fc_market *market)
{
    fc_u32 event[FC_W], words[4][FC_W], sized[FC_W];
    fc_real size[FC_W], level[FC_W], shock[FC_W];
    fc_i32 normal = terms->normal_table;
    fc_real jump = (fc_real)terms->jump_rate * FC_MONTH_OF_YEAR;
    fc_real now = (fc_real)month;
    FC_LANES (l)
        event[l] = (fc_u32)month;
    fc_random_words(seed, low, high, event, FC_STREAM_MARKET, words);
    fc_table_draw_lanes(tables + normal, words[1], level);
    fc_table_draw_lanes(tables + normal, words[2], shock);
    FC_LANES (l) {
        fc_i32 regime = market->regime[l];
        fc_real drift = regime == 0   ? terms->drift[0]
                        : regime == 1 ? terms->drift[1]
                                      : terms->drift[2];
        fc_real sigma = regime == 0   ? terms->sigma[0]
                        : regime == 1 ? terms->sigma[1]
                                      : terms->sigma[2];
        fc_real n = level[l];
        fc_real trend = fc_fma(drift, FC_MONTH_OF_YEAR, market->trend[l]);
        market->trend[l] = fc_fma(sigma * FC_SQRT_MONTH, n, trend);
        fc_real keep = fc_exp(-0.693147181f / fc_max(inputs[FC_IN_SPOT_HALF_LIFE][l], 0.01f));
        market->spot[l] =
            fc_fma((fc_real)terms->spot_sigma * FC_SQRT_MONTH, shock[l], keep * market->spot[l]);
        fc_real u = fc_uniform(words[0][l]);
        fc_real leave = 1.0f / fc_max(inputs[FC_IN_REGIME_MONTHS][l], 1.0f);
        fc_i32 from_balance = u < 0.5f * leave ? 0 : 2;
        fc_i32 next = regime == 1 ? from_balance : 1;
        market->regime[l] = u < leave ? next : regime;
        fc_i32 launched = now >= market->next_launch[l];
        fc_real step = fc_log(1.0f + inputs[FC_IN_LAUNCH_STEP][l]);
        market->before_last[l] = launched ? market->last_launch[l] : market->before_last[l];
        market->last_launch[l] = launched ? now : market->last_launch[l];
        market->launches[l] = market->launches[l] + (launched ? 1 : 0);
        market->last_even[l] = launched && market->launches[l] % 2 == 0 ? now : market->last_even[l];
        market->steps[l] = market->steps[l] + (launched ? step : 0.0f);
        market->next_launch[l] =
            market->next_launch[l] + (launched ? fc_max(inputs[FC_IN_LAUNCH_INTERVAL][l], 1.0f) : 0.0f);
        /* whether a rate card changes: the fourth word; by how much: the same word, scaled up */
        fc_real v = fc_uniform(words[3][l]);
        fc_real within = fc_min(v / fc_max(jump, 1e-9f), 0.99999994f);
        sized[l] = ((fc_u32)(fc_i32)(within * 2147483648.0f) << 1) | 1u;
    }
    fc_draw_lanes(&terms->jump, tables, sized, size);
    FC_LANES (l) {
        fc_i32 jumps = fc_uniform(words[3][l]) < jump;
        market->jumps[l] = market->jumps[l] + (jumps ? fc_log(1.0f + size[l]) : 0.0f);
    }
}

#endif
