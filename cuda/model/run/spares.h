/* spares.h: where a replacement comes from, and how long the job waits for it.
 *
 * A pool of n spares keeps n times: when each is (again) ready. A failed unit takes the place of the spare
 * that replaces it and is ready when repaired. With no spare ready, the job gets whatever comes back first,
 * the failed unit itself included: with Poisson failures P(wait) is Erlang-B(n + 1), whatever the distribution of the
 * repair. Spares that are ready are alike, so the search takes the first one it meets, from where it ended
 * last: one look in the common case. */
#ifndef FC_MODEL_SPARES_H
#define FC_MODEL_SPARES_H

#include "timeline_state.h"

/* Largest pool that is scanned whole; 0: none, as where a look takes in many spares of a lane. */
#if FC_W == 1 || FC_POOL_BY_LANE
#define FC_SPARES_SCAN 0
#else
#define FC_SPARES_SCAN 32
#endif

/* Takes a spare from a pool of one lane, whose unit k is ready at ready[k * FC_POOL_STRIDE]; `own` is when the failed unit is
 * ready. Returns the time when the job has its replacement, `now` at the earliest. */
#define FC_POOL_STRIDE FC_POOL_AT(0, 1, 0)
FC_FN fc_i32 fc_pool_take(fc_i32 *ready, fc_i32 count, fc_i32 *cursor, fc_i32 now, fc_i32 own)
{
    fc_i32 earliest = FC_FOREVER, which = -1, at = *cursor;
#if FC_POOL_BY_LANE
    if (count > 0) {
        which = fc_first_ready(ready, count, at, now);
        at = which >= 0 ? which : at;
        which = which >= 0 ? which : -1 - which;
        earliest = ready[which];
    }
#else
    for (fc_i32 k = 0; k < count; k++) {
        at = at + 1 < count ? at + 1 : 0;
        fc_i32 time = ready[at * FC_POOL_STRIDE];
        which = time < earliest ? at : which;
        earliest = fc_min_i32(time, earliest);
        if (time <= now)
            break;
    }
#endif
    *cursor = at;
    if (which < 0 || own <= earliest)
        return fc_max_i32(own, now); /* the failed unit itself is back first */
    ready[which * FC_POOL_STRIDE] = own;
    return fc_max_i32(earliest, now);
}

#if FC_SPARES_SCAN > 0
/* wait[l] ticks for a node from a small pool, given its repair time, in the lanes that swap one: all spares
 * looked at in all lanes at once, which is faster up to a few dozen where the lanes' spares stand side by
 * side (FC_SPARES_SCAN). Same answer as fc_pool_take. */
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
            fc_i32 ready = FC_TABLES(lane)->spare_ready[k * FC_W + l];
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
            fc_i32 at = k * FC_W + l;
            FC_TABLES(lane)->spare_ready[at] = which[l] == k ? own : FC_TABLES(lane)->spare_ready[at];
        }
    }
}

#endif

/* The same for any pool: a look at the next spare in all the lanes of `list` at once, then in those whose next one is not ready
 * through the others. repair[s] is that of lane list[s]. */
FC_FN void fc_spares_pooled(fc_i32 spares, const fc_i32 *list, fc_i32 count, const fc_i32 *repair,
                            fc_i32 *wait, struct fc_timeline_lanes *lane)
{
    fc_i32 now[FC_LIST], at[FC_LIST], place[FC_LIST], ready[FC_LIST], back[FC_LIST], take[FC_LIST],
        others = 0;
    fc_i32 *pool = FC_TABLES(lane)->spare_ready;
    FC_LANES (l)
        wait[l] = 0;
    fc_pick_i32(lane->wall, list, count, now);
    fc_pick_i32(lane->cursor, list, count, at);
    FC_LISTED (s, count) {
        at[s] = at[s] + 1 < spares ? at[s] + 1 : 0;
        place[s] = FC_SPARE_AT(at[s], list[s]);
    }
    fc_pick_i32(pool, place, count, ready);
    FC_LISTED (s, count) {
        back[s] = now[s] + repair[s];
        take[s] = (s < count) & (spares > 0) & (ready[s] <= now[s]) & (repair[s] > 0);
        others |= (s < count) & !take[s];
    }
    fc_put_i32(back, place, take, count, pool);
    fc_put_i32(at, list, take, count, lane->cursor);
    for (fc_i32 s = 0; others && s < count; s++) {
        fc_i32 l = list[s];
        if (!take[s])
            wait[l] =
                fc_pool_take(&pool[FC_SPARE_AT(0, l)], spares, &lane->cursor[l], now[s], back[s]) - now[s];
    }
}

/* wait[l] ticks for a node, given the random words of the repairs, in the lanes that swap one. */
FC_FN void fc_spares_swap(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                          const fc_i32 *swap, const fc_u32 *repair_word, fc_i32 *wait,
                          struct fc_timeline_lanes *lane)
{
    fc_real seconds[FC_LIST];
    fc_i32 repair[FC_LIST];
#if FC_SPARES_SCAN > 0
    if (run->spares <= FC_SPARES_SCAN) {
        fc_draw_lanes(&run->repair, tables, repair_word, seconds);
        FC_LANES (l)
            repair[l] = fc_min_i32(fc_to_ticks(seconds[l] * lane->repair_scale[l]), FC_HORIZON_LIMIT);
        fc_spares_scan(run->spares, swap, repair, wait, lane);
        return;
    }
#endif
#if FC_W == 1
    fc_i32 now = lane->wall[0];
    fc_draw_lanes(&run->repair, tables, repair_word, seconds);
    repair[0] = fc_min_i32(fc_to_ticks(seconds[0] * lane->repair_scale[0]), FC_HORIZON_LIMIT);
    wait[0] = 0;
    if (swap[0])
        wait[0] =
            fc_pool_take(FC_TABLES(lane)->spare_ready, run->spares, &lane->cursor[0], now, now + repair[0]) -
            now;
#else
    fc_real scale[FC_LIST];
    fc_i32 list[FC_LIST], count = fc_lanes_set(swap, list);
    fc_u32 word[FC_LIST];
    fc_pick_u32(repair_word, list, count, word);
    fc_pick_real(lane->repair_scale, list, count, scale);
    fc_draw_listed(&run->repair, tables, word, count, seconds);
    FC_LISTED (s, count)
        repair[s] = fc_min_i32(fc_to_ticks(seconds[s] * scale[s]), FC_HORIZON_LIMIT);
    fc_spares_pooled(run->spares, list, count, repair, wait, lane);
#endif
}

/* When a unit that fails now is ready again after `repair` ticks of work: at once in the hands of a crew, or
 * when the first of the crews is free. */
FC_FN fc_i32 fc_repaired(FC_GLOBAL const struct fc_run_detail *detail, fc_i32 repair, fc_i32 l,
                         struct fc_timeline_lanes *lane)
{
    fc_i32 start = lane->wall[l], first = 0;
    if (detail->crews <= 0)
        return start + repair;
    for (fc_i32 k = 1; k < detail->crews; k++)
        first = FC_TABLES(lane)->crew_free[l][k] < FC_TABLES(lane)->crew_free[l][first] ? k : first;
    start = fc_min_i32(fc_max_i32(start, FC_TABLES(lane)->crew_free[l][first]), FC_HORIZON_LIMIT - 1);
    FC_TABLES(lane)->crew_free[l][first] = start + repair;
    return start + repair;
}

/* Where spare trays stand in the racks: trays under repair stand in slots, those of racks with the same last digits in one
 * chain, so that to look through a rack's is to look at few. A slot whose tray is back is free when its chain is next
 * looked through. */
FC_INLINE fc_i32 fc_rack_chain(fc_i32 rack)
{
    return rack & (FC_SLOT_CHAINS - 1);
}

/* Takes slot k, which follows slot `before`, out of its chain. */
FC_INLINE void fc_slot_unlink(fc_i32 chain, fc_i32 before, fc_i32 k, fc_i32 l, struct fc_timeline_lanes *lane)
{
    if (before == FC_SLOT_NONE)
        FC_TABLES(lane)->slot_head[l][chain] = FC_TABLES(lane)->slot_next[l][k];
    else
        FC_TABLES(lane)->slot_next[l][before] = FC_TABLES(lane)->slot_next[l][k];
    FC_TABLES(lane)->slot_next[l][k] = (fc_u16)lane->slot_free[l];
    lane->slot_free[l] = k;
}

/* Trays of rack `rack` under repair at `now`, which may lie ahead. */
FC_FN fc_i32 fc_rack_down(fc_i32 rack, fc_i32 now, fc_i32 l, const struct fc_timeline_lanes *lane)
{
    fc_i32 down = 0;
    for (fc_i32 k = FC_TABLES(lane)->slot_head[l][fc_rack_chain(rack)]; k != FC_SLOT_NONE;
         k = FC_TABLES(lane)->slot_next[l][k])
        down += (FC_TABLES(lane)->slot_ready[l][k] > now) & (FC_TABLES(lane)->slot_rack[l][k] == rack);
    return down;
}

/* Frees the slots of a chain whose trays are back, and all of rack `leaves`. */
FC_FN void fc_slots_free(fc_i32 chain, fc_i32 leaves, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 now = lane->wall[l], before = FC_SLOT_NONE, next;
    for (fc_i32 k = FC_TABLES(lane)->slot_head[l][chain]; k != FC_SLOT_NONE; k = next) {
        next = FC_TABLES(lane)->slot_next[l][k];
        if (FC_TABLES(lane)->slot_ready[l][k] <= now || FC_TABLES(lane)->slot_rack[l][k] == leaves)
            fc_slot_unlink(chain, before, k, l, lane);
        else
            before = k;
    }
}

/* The rack leaves the job, its broken trays with it. */
FC_FN void fc_rack_leaves(fc_i32 rack, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_slots_free(fc_rack_chain(rack), rack, l, lane);
}

/* All slots are taken: those whose trays are back are freed; if none is, the tray that is ready first gives its place. */
FC_FN void fc_slots_full(fc_i32 l, struct fc_timeline_lanes *lane)
{
    for (fc_i32 chain = 0; chain < FC_SLOT_CHAINS; chain++)
        fc_slots_free(chain, -1, l, lane);
    if (lane->slot_free[l] != FC_SLOT_NONE)
        return;
    lane->overflows[l] += 1;
    fc_i32 first = 0, before = FC_SLOT_NONE;
    for (fc_i32 k = 1; k < FC_SLOTS; k++)
        first = FC_TABLES(lane)->slot_ready[l][k] < FC_TABLES(lane)->slot_ready[l][first] ? k : first;
    fc_i32 chain = fc_rack_chain(FC_TABLES(lane)->slot_rack[l][first]);
    for (fc_i32 k = FC_TABLES(lane)->slot_head[l][chain]; k != first; k = FC_TABLES(lane)->slot_next[l][k])
        before = k;
    fc_slot_unlink(chain, before, first, l, lane);
}

/* A tray of that rack is under repair until `ready`. Returns how many others are. */
FC_FN fc_i32 fc_rack_add(fc_i32 rack, fc_i32 ready, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 chain = fc_rack_chain(rack), k;
    fc_slots_free(chain, -1, l, lane);
    fc_i32 down = fc_rack_down(rack, lane->wall[l], l, lane);
    if (lane->slot_free[l] == FC_SLOT_NONE && lane->slots[l] == FC_SLOTS)
        fc_slots_full(l, lane);
    if (lane->slot_free[l] == FC_SLOT_NONE) {
        k = lane->slots[l];
        lane->slots[l] += 1;
    } else {
        k = lane->slot_free[l];
        lane->slot_free[l] = FC_TABLES(lane)->slot_next[l][k];
    }
    FC_TABLES(lane)->slot_ready[l][k] = ready;
    FC_TABLES(lane)->slot_rack[l][k] = rack;
    FC_TABLES(lane)->slot_next[l][k] = FC_TABLES(lane)->slot_head[l][chain];
    FC_TABLES(lane)->slot_head[l][chain] = (fc_u16)k;
    return down;
}

/* What a failure leaves missing. Times in ticks. */
struct fc_missing {
    fc_i32 until;    /* the job lacks nothing from then on; the present when it lacks nothing at all */
    fc_real units;   /* unit-ticks missing because of it: trays, segments or racks (as segments) */
    fc_real trays;   /* the same in trays */
    fc_i32 by_trays; /* 1: trays are missing, whose GPUs may be few of a replica; 0: racks */
};

FC_FN void fc_missing_add(struct fc_missing *missing, fc_real units, fc_real trays_per_unit)
{
    missing->units += units;
    missing->trays = fc_fma(units, trays_per_unit, missing->trays);
}

/* A rack of the job is replaced and itself ready at `own`. */
FC_FN void fc_spares_rack(FC_GLOBAL const struct fc_run_detail *detail, fc_i32 own, fc_i32 l,
                          struct fc_timeline_lanes *lane, struct fc_missing *missing)
{
    fc_i32 now = lane->wall[l];
    fc_i32 ready = fc_pool_take(&FC_TABLES(lane)->rack_ready[FC_RACK_AT(0, l)], detail->spare_racks,
                                &lane->rack_cursor[l], now, own);
    lane->rack_swaps[l] += 1;
    missing->until = fc_max_i32(missing->until, ready);
    fc_real segments = (fc_real)detail->segments;
    fc_missing_add(missing, (fc_real)(ready - now) * segments, detail->rack_trays / segments);
    missing->by_trays = 0;
}

/* A tray of rack `rack` fails where spare trays stand in the racks; it is ready again at `own`. Of a rack of
 * segments x segment_trays + spares_per_rack trays the job has floor(working / segment_trays) segments, at
 * most `segments`: the i-th from last is missing while more than spares + i segment_trays trays are down (i =
 * 0, 1 ...). */
FC_FN void fc_spares_in_rack(FC_GLOBAL const struct fc_run_detail *detail, fc_i32 rack, fc_i32 own, fc_i32 l,
                             struct fc_timeline_lanes *lane, struct fc_missing *missing)
{
    fc_i32 now = lane->wall[l], spares = detail->spares_per_rack;
    if (own <= now || fc_rack_add(rack, own, l, lane) < spares)
        return;
    fc_i32 ready[FC_RACK_DOWN] = {own}, before[FC_RACK_DOWN],
           down = 0; /* ascending, with and without this tray */
    for (fc_i32 k = FC_TABLES(lane)->slot_head[l][fc_rack_chain(rack)]; k != FC_SLOT_NONE;
         k = FC_TABLES(lane)->slot_next[l][k]) {
        fc_i32 time = FC_TABLES(lane)->slot_ready[l][k], at = down;
        if (time <= now || FC_TABLES(lane)->slot_rack[l][k] != rack)
            continue;
        lane->overflows[l] += down == FC_RACK_DOWN;
        down += down < FC_RACK_DOWN;
        at = fc_min_i32(at, FC_RACK_DOWN - 1);
        for (; at > 0 && ready[at - 1] > time; at--)
            ready[at] = ready[at - 1];
        ready[at] = time;
    }
    if (detail->spare_racks > 0) {
        fc_rack_leaves(rack, l, lane);
        fc_spares_rack(detail, ready[0], l, lane, missing);
        return;
    }
    fc_i32 n = 0, own_seen = 0;
    for (fc_i32 k = 0; k < down; k++) {
        fc_i32 skip = !own_seen & (ready[k] == own);
        own_seen |= skip;
        if (!skip)
            before[n++] = ready[k];
    }
    for (fc_i32 i = 0; i < detail->segments; i++) {
        fc_i32 bound = spares + i * detail->segment_trays; /* missing while more than these are down */
        if (down <= bound)
            break;
        fc_i32 back = ready[down - bound - 1];
        fc_i32 had = n > bound ? before[n - bound - 1] : now;
        fc_missing_add(missing, (fc_real)(back - fc_max_i32(had, now)), (fc_real)detail->segment_trays);
        if (i == 0)
            missing->until = fc_max_i32(missing->until, back);
    }
    lane->short_until[l] = fc_max_i32(lane->short_until[l], missing->until);
}

#endif
