/* delivery.h: how much of the planned capacity stands, and when.
 *
 * A provider's capacity comes as a linear ramp, cut into equal tranches. A tranche is late with some
 * probability, by a length of its own distribution, and shifts as a whole. One standard normal z per tranche decides
 * both: with p the probability, it is late where Phi(z) > 1 - p, and its length is that distribution's quantile at
 * (Phi(z) - 1 + p) / p. The z of any two tranches have the correlation rho: z = sqrt(rho) × common + sqrt(1 - rho) × own. */
#ifndef FC_MODEL_DELIVERY_H
#define FC_MODEL_DELIVERY_H

#include "../base/draw.h"
#include "../inputs.h"
#include "contract_program.h"

/* Where the ramp of each tranche begins, months. */
struct fc_delivery {
    fc_real from[FC_PROVIDERS][FC_TRANCHES][FC_W];
};

/* Full-capacity months until `now` of a ramp that begins at `from` and takes `length`. */
FC_FN fc_real fc_ramp_until(fc_real now, fc_real from, fc_real length)
{
    fc_real x = now - from;
    fc_real within = fc_min(fc_max(x, 0.0f), length);
    fc_real rising = length > 0.0f ? within * within / (2.0f * length) : 0.0f;
    return rising + fc_max(x - length, 0.0f);
}

/* Share of the capacity that stands at `now`. */
FC_FN fc_real fc_ramp_at(fc_real now, fc_real from, fc_real length)
{
    fc_real x = now - from;
    fc_real rising = fc_min(fc_max(x, 0.0f), length) / (length > 0.0f ? length : 1.0f);
    fc_real step = x >= 0.0f ? 1.0f : 0.0f;
    return length > 0.0f ? rising : step;
}

FC_FN void fc_delivery_draw(FC_GLOBAL const struct fc_months *terms, FC_GLOBAL const float *tables,
                            fc_u64 seed, const fc_u32 *low, const fc_u32 *high,
                            fc_real inputs[FC_INPUT_COUNT][FC_W], struct fc_delivery *delivery)
{
    fc_u32 event[FC_W], words[4][FC_W], sized[FC_W];
    fc_real length[FC_W], own[FC_W];
    fc_i32 late[FC_W];
    fc_i32 normal = terms->normal_table;
    fc_i32 uniform = terms->uniform_table;
    fc_real piece = (fc_real)terms->ramp_months / (fc_real)terms->tranches;
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        for (fc_i32 j = 0; j < terms->tranches; j++) {
            FC_LANES (l)
                event[l] = (fc_u32)(k * FC_TRANCHES + j);
            fc_random_words(seed, low, high, event, FC_STREAM_DELIVERY, words);
            fc_table_draw_lanes(tables + normal, words[0], own);
            FC_LANES (l) {
                fc_real rho = inputs[FC_IN_DELAY_CORRELATION][l];
                fc_real p = inputs[provider->input[FC_P_DELAY]][l];
                fc_real z = fc_fma(fc_sqrt(rho), inputs[FC_IN_DELAY_FACTOR][l], fc_sqrt(1.0f - rho) * own[l]);
                fc_real on_time = 1.0f - p;
                fc_real u = fc_table_z(tables, uniform, z);
                late[l] = u > on_time;
                fc_real v = (u - on_time) / fc_max(p, 1e-6f);
                v = fc_min(fc_max(v, 0.0f), 0.99999994f);
                sized[l] = ((fc_u32)(fc_i32)(v * 2147483648.0f) << 1) | 1u;
            }
            fc_draw_lanes(&provider->delay, tables, sized, length);
            FC_LANES (l)
                delivery->from[k][j][l] = fc_fma(piece, (fc_real)j, late[l] ? length[l] : 0.0f);
        }
    }
}

/* Full-capacity months of provider k until `now`, as a share of its capacity, into until[FC_W]. */
FC_FN void fc_delivery_until(FC_GLOBAL const struct fc_months *terms, const struct fc_delivery *delivery,
                             fc_i32 k, fc_real now, fc_real *until)
{
    fc_real part = 1.0f / (fc_real)terms->tranches;
    fc_real piece = (fc_real)terms->ramp_months * part;
    FC_LANES (l)
        until[l] = 0.0f;
    fc_real whole = piece > 0.0f ? piece * piece / (2.0f * piece) : 0.0f;
    for (fc_i32 j = 0; j < terms->tranches; j++) {
        const fc_real *from = delivery->from[k][j];
        fc_i32 rises = 0;
        FC_LANES (l)
            rises |= !(now - from[l] >= piece);
        if (rises) {
            FC_LANES (l)
                until[l] = fc_fma(part, fc_ramp_until(now, from[l], piece), until[l]);
        } else { /* all ramps are over, as in most months: the same without a division */
            FC_LANES (l)
                until[l] = fc_fma(part, whole + (now - from[l] - piece), until[l]);
        }
    }
}

/* Share of provider k's capacity that stands at `now`. */
FC_FN void fc_delivery_at(FC_GLOBAL const struct fc_months *terms, const struct fc_delivery *delivery,
                          fc_i32 k, fc_real now, fc_real *standing)
{
    fc_real part = 1.0f / (fc_real)terms->tranches;
    fc_real piece = (fc_real)terms->ramp_months * part;
    FC_LANES (l)
        standing[l] = 0.0f;
    for (fc_i32 j = 0; j < terms->tranches; j++) {
        FC_LANES (l)
            standing[l] = fc_fma(part, fc_ramp_at(now, delivery->from[k][j][l], piece), standing[l]);
    }
}

#endif
