/* cash.h: money as whole cents, and the rate of return of a flow. */
#ifndef FC_MODEL_CASH_H
#define FC_MODEL_CASH_H

#include "../base/elementary.h"
#include "contract_program.h"

/* Dollars to whole cents; a single amount beyond 2e14 USD is cut, so that sums of a few hundred stay in 64
 * bits. */
FC_FN fc_i64 fc_cents(fc_real usd)
{
    fc_real cut = fc_min(fc_max(usd, (fc_real)-2e14f), (fc_real)2e14f);
    return (fc_i64)fc_floor(fc_fma(cut, (fc_real)100.0f, (fc_real)0.5f));
}

/* The internal rate of return of block->flow, per year, by bisection on the monthly growth factor between 1/2
 * and 2; not a number where both ends of the bracket have the same sign. */
FC_FN void fc_irr_lanes(fc_i32 months, fc_real flow[FC_MONTHS][FC_W], fc_real *irr)
{
    fc_real lo[FC_W], hi[FC_W], at_lo[FC_W], value[FC_W], v[FC_W];
    fc_i32 none[FC_W];
    FC_LANES (l) {
        lo[l] = (fc_real)0.5f; /* discount factors of a month */
        hi[l] = (fc_real)2.0f;
        v[l] = lo[l];
        at_lo[l] = (fc_real)0.0f;
        none[l] = 0;
    }
    for (fc_i32 step = -2; step < 40; step++) {
        FC_LANES (l)
            value[l] = (fc_real)0.0f;
        for (fc_i32 t = months - 1; t >= 0; t--) {
            FC_LANES (l)
                value[l] = fc_fma(value[l], v[l], flow[t][l]);
        }
        FC_LANES (l) {
            fc_i32 first = step == -2;
            fc_i32 second = step == -1;
            fc_i32 same = (value[l] > (fc_real)0.0f) == (at_lo[l] > (fc_real)0.0f);
            at_lo[l] = first ? value[l] : at_lo[l];
            none[l] = second ? same : none[l];
            fc_i32 bisects = step >= 0;
            lo[l] = bisects && same ? v[l] : lo[l];
            hi[l] = bisects && !same ? v[l] : hi[l];
            v[l] = first ? hi[l] : (fc_real)0.5f * (lo[l] + hi[l]);
        }
    }
    FC_LANES (l) {
        fc_real yearly = fc_exp((fc_real)-12.0f * fc_log(v[l])) - (fc_real)1.0f;
        irr[l] = none[l] ? (fc_real)fc_float_of(0x7fc00000u) : yearly;
    }
}

#endif
