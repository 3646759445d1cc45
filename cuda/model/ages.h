/* ages.h: units (trays) that each have an age, of which only a failed one is renewed.
 *
 * Redrawing every clock at a restart multiplies a Weibull failure rate by N^(1/k - 1): 35 at 4096 units with
 * k = 0.7. Here the units that have never failed are one population: their failures come in order, as order
 * statistics. In cumulative hazard the gaps between them are exponential (Renyi 1953): H(k+1) = H(k) + E / (N
 * - k), and the quantile table of the first failure's law turns H into time. That law is the renewed one for
 * new units, or its residual law for a fleet in its steady state. Renewed units wait in a small heap; those
 * beyond the time watched are not kept. */
#ifndef FC_MODEL_AGES_H
#define FC_MODEL_AGES_H

#include "timeline_state.h"

/* The next first failure of lane l. */
FC_FN void fc_ages_advance(FC_GLOBAL const struct fc_run_detail *detail, FC_GLOBAL const float *tables,
                           fc_u32 word, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 left = lane->never_failed[l];
    if (left <= 0) {
        lane->first_next[l] = FC_FOREVER;
        return;
    }
    fc_real h = lane->hazard[l] + fc_exponential(word) / (fc_real)left;
    fc_real series = h * fc_fma(h, fc_fma(h, (fc_real)0.16666667f, (fc_real)-0.5f), (fc_real)1.0f);
    fc_real above = fc_exp(-h);
    fc_real below = h < (fc_real)0.01f ? series : (fc_real)1.0f - above;
    fc_i32 upper = below > (fc_real)0.5f;
    fc_real t = (upper ? above : below) * (fc_real)4294967296.0f;
    t = fc_min(fc_max(t, (fc_real)0.5f), (fc_real)2147483648.0f);
    fc_real time = fc_table_at(tables, detail->first_failure.table, upper, (float)t) * lane->age_mean[l];
    lane->hazard[l] = h;
    lane->never_failed[l] = left - 1;
    lane->first_next[l] = fc_max_i32(fc_to_ticks(time), lane->first_next[l]);
}

FC_FN void fc_ages_push(fc_i32 time, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 at = lane->heap_size[l];
    if (at >= FC_AGE_HEAP) {
        lane->overflows[l] += 1;
        return;
    }
    lane->heap_size[l] = at + 1;
    while (at > 0 && lane->heap[(at - 1) / 2][l] > time) {
        lane->heap[at][l] = lane->heap[(at - 1) / 2][l];
        at = (at - 1) / 2;
    }
    lane->heap[at][l] = time;
}

FC_FN void fc_ages_pop(fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 size = lane->heap_size[l] - 1;
    fc_i32 last = lane->heap[size][l], at = 0;
    lane->heap_size[l] = size;
    for (fc_i32 child = 1; child < size; child = 2 * at + 1) {
        child += child + 1 < size && lane->heap[child + 1][l] < lane->heap[child][l];
        if (lane->heap[child][l] >= last)
            break;
        lane->heap[at][l] = lane->heap[child][l];
        at = child;
    }
    lane->heap[at][l] = last;
}

FC_FN void fc_ages_next(fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 renewed = lane->heap_size[l] > 0 ? lane->heap[0][l] : FC_FOREVER;
    lane->next_age[l] = fc_min_i32(lane->first_next[l], renewed);
}

/* Before the first event of a run. */
FC_FN void fc_ages_begin(FC_GLOBAL const struct fc_run_detail *detail, FC_GLOBAL const float *tables,
                         fc_u32 word, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_ages_advance(detail, tables, word, l, lane);
    fc_ages_next(l, lane);
}

/* The unit that was due has failed and is renewed; lane->exposure stands at the failure. */
FC_FN void fc_ages_renew(FC_GLOBAL const struct fc_run_detail *detail, FC_GLOBAL const float *tables,
                         fc_u32 word_first, fc_u32 word_life, fc_i32 horizon, fc_i32 l,
                         struct fc_timeline_lanes *lane)
{
    if (lane->heap_size[l] > 0 && lane->heap[0][l] <= lane->first_next[l])
        fc_ages_pop(l, lane);
    else
        fc_ages_advance(detail, tables, word_first, l, lane);
    fc_real life = fc_table_draw(tables, detail->next_failure.table, word_life) * lane->age_mean[l];
    fc_i32 ticks = fc_to_ticks(life);
    if (ticks < horizon - lane->exposure[l])
        fc_ages_push(lane->exposure[l] + ticks, l, lane);
    fc_ages_next(l, lane);
}

#endif
