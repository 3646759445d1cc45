/* cash.h: money as whole cents, and the rate of return of a flow. */
#ifndef FC_MODEL_CASH_H
#define FC_MODEL_CASH_H

#include "../base/elementary.h"
#include "../metrics.h"
#include "contract_program.h"

/* Dollars to whole cents; a single amount beyond 2e14 USD is cut, so that sums of a few hundred stay in 64
 * bits. */
FC_FN fc_i64 fc_cents(fc_real usd)
{
    fc_real cut = fc_min(fc_max(usd, -2e14f), 2e14f);
    return (fc_i64)fc_floor(fc_fma(cut, 100.0f, 0.5f));
}

/* value[FC_W]: sum of flow[t] × v^t. */
FC_FN void fc_worth_at(fc_i32 months, fc_real (*FC_RESTRICT flow)[FC_W], const fc_real *v, fc_real *value)
{
    FC_LANES (l)
        value[l] = 0.0f;
    fc_i32 t = months - 1;
    for (; t >= 3; t -= 4) { /* so that a value is read and written once for four months */
        FC_LANES (l) {
            fc_real two = fc_fma(fc_fma(value[l], v[l], flow[t][l]), v[l], flow[t - 1][l]);
            value[l] = fc_fma(fc_fma(two, v[l], flow[t - 2][l]), v[l], flow[t - 3][l]);
        }
    }
    for (; t >= 0; t--) {
        FC_LANES (l)
            value[l] = fc_fma(value[l], v[l], flow[t][l]);
    }
}

/* value[5][FC_W]: the same for five factors that all lanes share, which read the flow once. */
FC_FN void fc_worth_at_five(fc_i32 months, fc_real (*FC_RESTRICT flow)[FC_W], const fc_real *v, fc_real (*FC_RESTRICT value)[FC_W])
{
    fc_real a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
    for (fc_i32 i = 0; i < 5; i++) {
        FC_LANES (l)
            value[i][l] = 0.0f;
    }
    fc_i32 t = months - 1;
    for (; t >= 1; t -= 2) {
        FC_LANES (l) {
            fc_real now = flow[t][l], before = flow[t - 1][l];
            value[0][l] = fc_fma(fc_fma(value[0][l], a, now), a, before);
            value[1][l] = fc_fma(fc_fma(value[1][l], b, now), b, before);
            value[2][l] = fc_fma(fc_fma(value[2][l], c, now), c, before);
            value[3][l] = fc_fma(fc_fma(value[3][l], d, now), d, before);
            value[4][l] = fc_fma(fc_fma(value[4][l], e, now), e, before);
        }
    }
    for (; t >= 0; t--) {
        FC_LANES (l) {
            fc_real now = flow[t][l];
            value[0][l] = fc_fma(value[0][l], a, now);
            value[1][l] = fc_fma(value[1][l], b, now);
            value[2][l] = fc_fma(value[2][l], c, now);
            value[3][l] = fc_fma(value[3][l], d, now);
            value[4][l] = fc_fma(value[4][l], e, now);
        }
    }
}

/* Rates of return of a monthly flow, per year; not a number where there is none.
 *
 * irr: the rate at which the present value is zero. The value is looked at for 25 monthly discount factors
 * v = 2^(x^3), x = -1 ... 1, which are close together around 1; where its sign changes more than once there is no
 * one rate, and where it never changes there is none: below zero throughout, nothing ever comes back. Above zero
 * throughout, the rate lies beyond that of v = 1/2: FC_RATE_CAP, which stands for it (so for no outlay at all). Between the two factors the root is found by false
 * position (Illinois).
 * mirr: what is paid out, discounted at `rate`, grows to what comes in, put aside at `rate`:
 * (worth of what comes in / worth of what is paid)^(12 / (months - 1)) × (1 + rate) - 1. */
FC_FN void fc_rates_of_return(fc_i32 months, fc_real (*FC_RESTRICT flow)[FC_W], const fc_real *inflow,
                              const fc_real *outflow, const fc_real *rate, fc_real *irr, fc_real *mirr)
{
    fc_real a[FC_W], b[FC_W], at_a[FC_W], at_b[FC_W], v[FC_W], value[FC_W], v_before[FC_W], before[FC_W];
    fc_real factors[5], five[5][FC_W];
    fc_i32 changes[FC_W], gains[FC_W];
    fc_real none = (fc_real)fc_float_of(0x7fc00000u);
    FC_LANES (l) {
        changes[l] = 0;
        gains[l] = 1;
        a[l] = b[l] = v_before[l] = 1.0f;
        at_a[l] = at_b[l] = before[l] = 0.0f;
    }
    for (fc_i32 i = 0; i <= 24; i++) {
        if (i % 5 == 0) {
            for (fc_i32 k = 0; k < 5; k++) {
                fc_real x = ((fc_real)(i + k) - 12.0f) / 12.0f;
                factors[k] = fc_exp(0.693147181f * (x * x * x));
            }
            fc_worth_at_five(months, flow, factors, five);
        }
        fc_real factor = factors[i % 5];
        fc_i32 inside = i > 0;
        FC_LANES (l)
            value[l] = five[i % 5][l];
        FC_LANES (l) {
            fc_i32 change = inside & ((value[l] > 0.0f) != (before[l] > 0.0f));
            changes[l] = changes[l] + change;
            gains[l] = gains[l] & (value[l] > 0.0f);
            a[l] = change ? v_before[l] : a[l];
            at_a[l] = change ? before[l] : at_a[l];
            b[l] = change ? factor : b[l];
            at_b[l] = change ? value[l] : at_b[l];
        }
        FC_LANES (l) {
            v_before[l] = factor;
            before[l] = value[l];
        }
    }
    for (fc_i32 step = 0; step < 14; step++) {
        FC_LANES (l) {
            fc_real c = b[l] - at_b[l] * ((b[l] - a[l]) / (at_b[l] - at_a[l]));
            fc_i32 within = c >= fc_min(a[l], b[l]) && c <= fc_max(a[l], b[l]);
            v[l] = within ? c : 0.5f * (a[l] + b[l]);
        }
        fc_worth_at(months, flow, v, value);
        FC_LANES (l) {
            fc_i32 other = (value[l] > 0.0f) != (at_b[l] > 0.0f);
            a[l] = other ? b[l] : a[l];
            at_a[l] = other ? at_b[l] : 0.5f * at_a[l];
            b[l] = v[l];
            at_b[l] = value[l];
        }
    }
    fc_real grows = months > 1 ? 12.0f / (fc_real)(months - 1) : 0.0f;
    fc_i32 has = months > 1;
    FC_LANES (l) {
        fc_real yearly = fc_exp(-12.0f * fc_log(b[l])) - 1.0f;
        fc_real in = fc_max(inflow[l], 1e-30f), out = fc_max(outflow[l], 1e-30f);
        fc_real growth = fc_exp(grows * (fc_log(in) - fc_log(out))) * (1.0f + rate[l]) - 1.0f;
        fc_real modified = inflow[l] > 0.0f ? growth : -1.0f;
        irr[l] = changes[l] == 1 ? yearly : gains[l] ? FC_RATE_CAP : none;
        mirr[l] = has && outflow[l] > 0.0f ? fc_min(modified, FC_RATE_CAP) : gains[l] ? FC_RATE_CAP : none;
    }
}

#endif
