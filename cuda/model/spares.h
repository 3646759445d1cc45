/* spares.h: where a replacement comes from, and how long the job waits for it.
 *
 * A pool of n spares keeps n times: when each is (again) ready. A failed unit takes the place of the spare
 * that replaces it and is ready when repaired. With no spare ready, the job gets whatever comes back first,
 * the failed unit itself included: with Poisson failures P(wait) is Erlang-B(n + 1), whatever the law of the
 * repair. Spares that are ready are alike, so the search takes the first one it meets, from where it ended
 * last: one look in the common case. */
#ifndef FC_MODEL_SPARES_H
#define FC_MODEL_SPARES_H

#include "timeline_state.h"

#define FC_SPARES_SCAN (FC_W > 1 ? 32 : 0) /* largest pool that is scanned whole */

/* Takes a spare of lane l from the pool; `own` is when the failed unit is ready. Returns the time when the
 * job has its replacement, lane->wall at the earliest. */
FC_FN fc_i32 fc_pool_take(fc_i32 (*ready)[FC_W], fc_i32 count, fc_i32 *cursor, fc_i32 now, fc_i32 own,
                          fc_i32 l)
{
    fc_i32 earliest = FC_FOREVER, which = -1, at = *cursor;
    for (fc_i32 k = 0; k < count; k++) {
        at = at + 1 < count ? at + 1 : 0;
        fc_i32 time = ready[at][l];
        which = time < earliest ? at : which;
        earliest = fc_min_i32(time, earliest);
        if (time <= now)
            break;
    }
    *cursor = at;
    if (which < 0 || own <= earliest)
        return fc_max_i32(own, now); /* the failed unit itself is back first */
    ready[which][l] = own;
    return fc_max_i32(earliest, now);
}

/* wait[l] ticks for a node from a small pool, given its repair time, in the lanes that swap one: all spares
 * looked at in all lanes at once, which is faster up to a few dozen. Same answer as fc_pool_take. */
FC_FN void fc_spares_scan(fc_i32 spares, const fc_i32 *swap, const fc_i32 *repair, fc_i32 *wait,
                          struct fc_timeline_lanes *lane)
{
    fc_i32 earliest[FC_W], which[FC_W];
    FC_LANES (l) {
        earliest[l] = FC_FOREVER;
        which[l] = -1;
    }
    for (fc_i32 k = 0; k < spares; k++) {
        FC_LANES (l) {
            fc_i32 ready = lane->spare_ready[k][l];
            which[l] = ready < earliest[l] ? k : which[l];
            earliest[l] = ready < earliest[l] ? ready : earliest[l];
        }
    }
    FC_LANES (l) {
        fc_i32 own = lane->wall[l] + repair[l];
        which[l] =
            swap[l] && own > earliest[l] ? which[l] : -1; /* else the failed node itself is back first */
        fc_i32 ready = fc_min_i32(own, earliest[l]);
        wait[l] = swap[l] ? fc_max_i32(ready - lane->wall[l], 0) : 0;
    }
    for (fc_i32 k = 0; k < spares; k++) {
        FC_LANES (l) {
            fc_i32 own = lane->wall[l] + repair[l];
            lane->spare_ready[k][l] = which[l] == k ? own : lane->spare_ready[k][l];
        }
    }
}

/* The same for any pool. */
FC_FN void fc_spares_pooled(fc_i32 spares, const fc_i32 *swap, const fc_i32 *repair, fc_i32 *wait,
                            struct fc_timeline_lanes *lane)
{
    if (spares <= FC_SPARES_SCAN) {
        fc_spares_scan(spares, swap, repair, wait, lane);
        return;
    }
    fc_i32 swapping[FC_W], count = 0;
    for (fc_i32 l = 0; l < FC_W; l++) {
        swapping[count] = l;
        count += swap[l];
        wait[l] = 0;
    }
    for (fc_i32 s = 0; s < count; s++) {
        fc_i32 l = swapping[s], now = lane->wall[l];
        wait[l] = fc_pool_take(lane->spare_ready, spares, &lane->cursor[l], now, now + repair[l], l) - now;
    }
}

/* A tray of rack `rack` fails where spare trays stand in the racks. Returns when the job has its replacement.
 */
FC_FN fc_i32 fc_spares_in_rack(FC_GLOBAL const struct fc_run_detail *detail, fc_i32 rack, fc_i32 own,
                               fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 now = lane->wall[l], down = 0, back = own, free = -1, soonest = 0;
    for (fc_i32 k = 0; k < lane->slots[l]; k++) {
        fc_i32 time = lane->spare_ready[k][l];
        fc_i32 mine = time > now && lane->slot_rack[k][l] == rack;
        down += mine;
        back = mine ? fc_min_i32(back, time) : back;
        free = time <= now ? k : free;
        soonest = time < lane->spare_ready[soonest][l] ? k : soonest;
    }
    if (free < 0 && lane->slots[l] < FC_SLOTS) {
        free = lane->slots[l];
        lane->slots[l] += 1;
    } else if (free < 0) {
        lane->overflows[l] += 1;
        free = soonest;
    }
    lane->spare_ready[free][l] = own;
    lane->slot_rack[free][l] = rack;
    if (down < detail->spares_per_rack)
        return now;
    if (detail->spare_racks == 0)
        return back;
    for (fc_i32 k = 0; k < lane->slots[l]; k++) /* the rack leaves, its broken trays with it */
        lane->slot_rack[k][l] = lane->slot_rack[k][l] == rack ? -1 : lane->slot_rack[k][l];
    lane->rack_swaps[l] += 1;
    return fc_pool_take(lane->rack_ready, detail->spare_racks, &lane->rack_cursor[l], now, back, l);
}

/* Replaces what a failure took out of lane l: `units` trays, or racks. repair and rack_repair in ticks.
 * *longest receives the longest wait, *sum the sum of the waits of all that is missing. */
FC_FN void fc_spares_replace(FC_GLOBAL const struct fc_run *run, fc_i32 blast, fc_i32 units, fc_i32 repair,
                             fc_i32 rack_repair, fc_i32 rack, fc_i32 l, struct fc_timeline_lanes *lane,
                             fc_i32 *longest, fc_i32 *sum)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 now = lane->wall[l];
    fc_i32 racks = blast != FC_BLAST_TRAY || detail->spare_policy == FC_SPARES_RACKS;
    fc_i32 count = blast == FC_BLAST_POD ? detail->pod_racks : blast == FC_BLAST_RACK ? 1 : units;
    fc_i32 own = now + (blast == FC_BLAST_TRAY ? repair : rack_repair);
    *longest = 0;
    *sum = 0;
    for (fc_i32 u = 0; u < count; u++) {
        fc_i32 at = rack + u < detail->racks ? rack + u : rack + u - detail->racks;
        fc_i32 ready;
        if (racks) {
            if (detail->spare_policy == FC_SPARES_IN_RACK)
                for (fc_i32 k = 0; k < lane->slots[l]; k++)
                    lane->slot_rack[k][l] = lane->slot_rack[k][l] == at ? -1 : lane->slot_rack[k][l];
            lane->rack_swaps[l] += 1;
            ready = fc_pool_take(lane->rack_ready, detail->spare_racks, &lane->rack_cursor[l], now, own, l);
        } else if (detail->spare_policy == FC_SPARES_IN_RACK) {
            lane->swaps[l] += 1;
            ready = fc_spares_in_rack(detail, at, own, l, lane);
        } else {
            lane->swaps[l] += 1;
            ready = fc_pool_take(lane->spare_ready, run->spares, &lane->cursor[l], now, own, l);
        }
        fc_i32 wait = ready - now;
        lane->shortages[l] += wait > 0;
        *longest = fc_max_i32(*longest, wait);
        *sum = fc_min_i32(*sum, FC_HORIZON_LIMIT) + fc_min_i32(wait, FC_HORIZON_LIMIT - 1);
    }
}

#endif
