/* ages.h: units (trays) that each have an age, of which only a failed one is renewed.
 *
 * Redrawing every clock at a restart multiplies a Weibull failure rate by N^(1/k - 1): 35 at 4096 units with
 * k = 0.7. Here the units that have never failed are one population: their failures come in order, as order
 * statistics. In cumulative hazard the gaps between them are exponential (Renyi 1953): H(k+1) = H(k) + E / (N
 * - k), and the quantile table of the first failure's distribution turns H into time. That distribution is the renewed one for
 * new units, or its residual distribution for a fleet in its steady state. Renewed units wait in a small heap; those
 * beyond the time watched are not kept. */
#ifndef FC_MODEL_AGES_H
#define FC_MODEL_AGES_H

#include "timeline_state.h"

/* The first failure after the last one of the units that have never failed, if there is one more: its
 * cumulative hazard, and the time that belongs to it. */
FC_INLINE fc_real fc_ages_hazard(fc_u32 word, fc_real hazard, fc_i32 left)
{
    return hazard + fc_exponential(word) / (fc_real)fc_max_i32(left, 1);
}
FC_INLINE fc_i32 fc_ages_first(FC_GLOBAL const struct fc_run_detail *detail, FC_GLOBAL const float *tables,
                               fc_real h, fc_real mean)
{
    fc_real series = h * fc_fma(h, fc_fma(h, 0.16666667f, -0.5f), 1.0f);
    fc_real above = fc_exp(-h);
    fc_real below = h < 0.01f ? series : 1.0f - above;
    fc_i32 upper = below > 0.5f;
    fc_real t = (upper ? above : below) * 4294967296.0f;
    t = fc_min(fc_max(t, 0.5f), 2147483648.0f);
    return fc_to_ticks(fc_table_at(tables, detail->first_failure.table, upper, (float)t) * mean);
}

/* That failure is the next first one of lane l. */
FC_FN void fc_ages_advance(fc_real hazard, fc_i32 time, fc_i32 l, struct fc_timeline_lanes *lane)
{
    if (lane->never_failed[l] <= 0) {
        lane->first_next[l] = FC_FOREVER;
        return;
    }
    lane->hazard[l] = hazard;
    lane->never_failed[l] -= 1;
    lane->first_next[l] = fc_max_i32(time, lane->first_next[l]);
}

FC_FN void fc_ages_push(fc_i32 time, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 at = lane->heap_size[l];
    if (at >= FC_AGE_HEAP) {
        lane->overflows[l] += 1;
        return;
    }
    lane->heap_size[l] = at + 1;
    while (at > 0 && FC_TABLES(lane)->heap[l][(at - 1) / 2] > time) {
        FC_TABLES(lane)->heap[l][at] = FC_TABLES(lane)->heap[l][(at - 1) / 2];
        at = (at - 1) / 2;
    }
    FC_TABLES(lane)->heap[l][at] = time;
}

/* Puts `time` in the place of the earliest of the heap. */
FC_FN void fc_ages_sift(fc_i32 time, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 size = lane->heap_size[l], at = 0;
    for (fc_i32 child = 1; child < size; child = 2 * at + 1) {
        child += child + 1 < size && FC_TABLES(lane)->heap[l][child + 1] < FC_TABLES(lane)->heap[l][child];
        if (FC_TABLES(lane)->heap[l][child] >= time)
            break;
        FC_TABLES(lane)->heap[l][at] = FC_TABLES(lane)->heap[l][child];
        at = child;
    }
    FC_TABLES(lane)->heap[l][at] = time;
}

FC_FN void fc_ages_next(fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 renewed = lane->heap_size[l] > 0 ? FC_TABLES(lane)->heap[l][0] : FC_FOREVER;
    lane->next_age[l] = fc_min_i32(lane->first_next[l], renewed);
}

/* Before the first event of a run. */
FC_FN void fc_ages_begin(FC_GLOBAL const struct fc_run_detail *detail, FC_GLOBAL const float *tables,
                         fc_u64 seed, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_u32 words[4];
    fc_random_one(seed, lane->trial_low[l], lane->trial_high[l], 0u, FC_STREAM_START, words);
    fc_real hazard = fc_ages_hazard(words[2], lane->hazard[l], lane->never_failed[l]);
    fc_ages_advance(hazard, fc_ages_first(detail, tables, hazard, lane->age_mean[l]), l, lane);
    fc_ages_next(l, lane);
}

/* In the lanes of renewed[] the unit that was due has failed and is renewed; lane->exposure stands at the
 * failure. `event` as it was at the failure. */
FC_INLINE void fc_ages_renew(FC_GLOBAL const struct fc_run_detail *detail, FC_GLOBAL const float *tables,
                             fc_u64 seed, const fc_u32 *event, fc_i32 horizon, const fc_i32 *renewed,
                             struct fc_timeline_lanes *lane)
{
    fc_u32 words[4][FC_W];
    fc_real hazard[FC_W];
    fc_i32 first[FC_W], life[FC_W], any = 0;
    FC_LANES (l)
        any |= renewed[l];
    if (!any)
        return;
    fc_random_words(seed, lane->trial_low, lane->trial_high, event, FC_STREAM_AGES, words);
    FC_LANES (l) {
        hazard[l] = fc_ages_hazard(words[0][l], lane->hazard[l], lane->never_failed[l]);
        first[l] = fc_ages_first(detail, tables, hazard[l], lane->age_mean[l]);
        life[l] =
            fc_to_ticks(fc_table_draw(tables, detail->next_failure.table, words[1][l]) * lane->age_mean[l]);
    }
    for (fc_i32 l = 0; l < FC_W; l++) {
        if (!renewed[l])
            continue;
        fc_i32 again = life[l] < horizon - lane->exposure[l]; /* within the time watched */
        fc_i32 next = again ? lane->exposure[l] + life[l] : FC_FOREVER;
        fc_i32 renewed_before = lane->heap_size[l] > 0 && FC_TABLES(lane)->heap[l][0] <= lane->first_next[l];
        if (!renewed_before)
            fc_ages_advance(hazard[l], first[l], l, lane);
        if (again & !renewed_before) {
            fc_ages_push(next, l, lane);
        } else if (renewed_before) {
            lane->heap_size[l] -= !again;
            fc_ages_sift(again ? next : FC_TABLES(lane)->heap[l][lane->heap_size[l]], l, lane);
        }
        fc_ages_next(l, lane);
    }
}

#endif
