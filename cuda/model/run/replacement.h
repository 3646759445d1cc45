/* replacement.h: after a failure that takes something out: what is replaced, from where, and what the job
 * does until it has it. A lane at a time, as few lanes have one; so is a job that waits while idle trays
 * fail. */
#ifndef FC_MODEL_REPLACEMENT_H
#define FC_MODEL_REPLACEMENT_H

#include "failures.h"

/* Random words of an event beyond those of the timeline, lane by lane: [0] loss of copies in memory, [1] kind
 * of repair (high half) and its repetitions (low half), [2] rack, [3] burst (high half) and place (low half).
 */

/* The job goes on without what is missing, at a lower speed: as the time that this will cost, ticks. */
FC_FN fc_i32 fc_replace_slower(FC_GLOBAL const struct fc_run_detail *detail, const struct fc_missing *missing,
                               fc_i32 l, struct fc_timeline_lanes *lane)
{
    if (detail->shortage == FC_SHORTAGE_REDUCE && missing->by_trays) {
        fc_i32 from = fc_max_i32(lane->reduced_until[l], lane->wall[l]);
        fc_i32 longer = fc_max_i32(missing->until - from, 0);
        lane->reduced_until[l] = from + longer;
        return fc_min_i32(fc_to_ticks((fc_real)longer * lane->reduced_loss[l]), FC_DEBT_LIMIT);
    }
    fc_i32 slower = fc_min_i32(fc_to_ticks(missing->units * lane->degraded_loss[l]), FC_DEBT_LIMIT);
    return slower;
}

/* An idle spare fails, if there is one in its place; `struck`: an idle tray of a rack that lacks some. */
FC_FN void fc_replace_idle(FC_GLOBAL const struct fc_run *run, fc_i32 repair, fc_i32 struck,
                           fc_u32 detail_words[4][FC_W], fc_i32 l, struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 now = lane->wall[l];
    if (detail->spare_policy == FC_SPARES_IN_RACK) {
        fc_i32 rack = fc_below(detail_words[2][l], detail->racks);
        fc_i32 down = fc_rack_down(rack, now, l, lane);
        fc_i32 place = fc_below(detail_words[3][l] << 16, fc_max_i32(detail->spares_per_rack, 1));
        struct fc_missing missing = {now, 0.0f, 0.0f, 1};
        if (struck || (detail->spares_per_rack > 0 && place >= down)) {
            fc_spares_in_rack(detail, rack, fc_repaired(detail, repair, l, lane), l, lane, &missing);
            lane->missing[l] += missing.trays;
            lane->idle_failures[l] += 1;
            if (missing.until > now && detail->shortage != FC_SHORTAGE_WAIT)
                lane->debt[l] =
                    fc_min_i32(lane->debt[l] + fc_replace_slower(detail, &missing, l, lane), FC_DEBT_LIMIT);
        }
        return;
    }
    fc_i32 racks = detail->spare_policy == FC_SPARES_RACKS, count = racks ? detail->spare_racks : run->spares;
    if (count == 0)
        return;
    fc_i32 which = fc_below(detail_words[2][l], count);
    fc_i32 ready = racks ? FC_TABLES(lane)->rack_ready[FC_RACK_AT(which, l)]
                         : FC_TABLES(lane)->spare_ready[FC_SPARE_AT(which, l)];
    if (ready > now)
        return;
    ready = fc_repaired(detail, repair, l, lane);
    if (racks)
        FC_TABLES(lane)->rack_ready[FC_RACK_AT(which, l)] = ready;
    else
        FC_TABLES(lane)->spare_ready[FC_SPARE_AT(which, l)] = ready;
    lane->idle_failures[l] += 1;
}

/* Replaces the trays or racks that a failure of class c took out. */
FC_FN void fc_replace_units(FC_GLOBAL const struct fc_run *run, fc_i32 c, fc_i32 repair, fc_i32 trays,
                            fc_u32 detail_words[4][FC_W], fc_i32 l, struct fc_timeline_lanes *lane,
                            struct fc_missing *missing)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 blast = detail->classes.blast[c], first = fc_below(detail_words[2][l], detail->racks);
    fc_i32 units = blast == FC_BLAST_TRAY  ? trays
                   : blast == FC_BLAST_POD ? fc_min_i32(detail->pod_racks, detail->racks)
                                           : 1;
    for (fc_i32 k = 0; k < units; k++) {
        fc_i32 rack = first + k < detail->racks ? first + k : first + k - detail->racks;
        fc_i32 own = fc_repaired(detail, repair, l, lane), ready;
        fc_real before = missing->units;
        if (blast != FC_BLAST_TRAY || detail->spare_policy == FC_SPARES_RACKS) {
            if (detail->spare_policy == FC_SPARES_IN_RACK)
                fc_rack_leaves(rack, l, lane);
            fc_spares_rack(detail, own, l, lane, missing);
        } else if (detail->spare_policy == FC_SPARES_IN_RACK) {
            lane->swaps[l] += 1;
            fc_spares_in_rack(detail, rack, own, l, lane, missing);
        } else {
            lane->swaps[l] += 1;
            ready = fc_pool_take(&FC_TABLES(lane)->spare_ready[FC_SPARE_AT(0, l)], run->spares,
                                 &lane->cursor[l], lane->wall[l], own);
            missing->until = fc_max_i32(missing->until, ready);
            fc_missing_add(missing, (fc_real)(ready - lane->wall[l]), 1.0f);
        }
        lane->shortages[l] += missing->units > before;
    }
}

/* Records one more missing unit until `ready`. */
FC_FN void fc_hold_note(fc_i32 ready, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 first = 0;
    for (fc_i32 k = 1; k < FC_MISSING; k++)
        first = FC_TABLES(lane)->missing_ready[l][k] < FC_TABLES(lane)->missing_ready[l][first] ? k : first;
    lane->overflows[l] += FC_TABLES(lane)->missing_ready[l][first] > lane->wall[l];
    FC_TABLES(lane)->missing_ready[l][first] = ready;
}

/* A job that waits while idle trays may fail: on to the next such failure, or to the end of the wait.
 * `words` of the timeline: [0] gap, [1] which tray; repair as in fc_replace. */
FC_FN void fc_hold_event(FC_GLOBAL const struct fc_run *run, fc_u32 words[4][FC_W],
                         fc_u32 detail_words[4][FC_W], fc_i32 repair, fc_i32 l,
                         struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 gap = fc_max_i32(fc_to_ticks(fc_exponential(words[0][l]) * lane->hold_gap[l]), 1);
    fc_i32 rest = fc_min_i32(lane->hold_until[l], run->horizon) - lane->wall[l];
    fc_i32 struck = gap < rest, time = struck ? gap : rest;
    lane->waiting[l] += time;
    lane->wall[l] += time;
    if (!struck) {
        lane->hold[l] = 0;
        return;
    }
    fc_i32 now = lane->wall[l], in_rack = detail->spare_policy == FC_SPARES_IN_RACK, down = 0;
    fc_i32 rack = fc_below(detail_words[2][l], detail->racks), trays = (fc_i32)detail->trays;
    if (in_rack) { /* a tray of a rack, spares included */
        down = fc_rack_down(rack, now, l, lane);
        trays = detail->segments * detail->segment_trays + detail->spares_per_rack;
    } else { /* a unit of the job */
        for (fc_i32 k = 0; k < FC_MISSING; k++)
            down += FC_TABLES(lane)->missing_ready[l][k] > now;
        trays = detail->spare_policy == FC_SPARES_RACKS ? detail->racks : trays;
    }
    if (fc_below(words[1][l], trays) < down)
        return; /* it is down already */
    fc_i32 own = fc_repaired(detail, repair, l, lane);
    struct fc_missing missing = {now, 0.0f, 0.0f, 1};
    if (in_rack) {
        lane->swaps[l] += 1;
        fc_spares_in_rack(detail, rack, own, l, lane, &missing);
    } else if (detail->spare_policy == FC_SPARES_RACKS) {
        fc_spares_rack(detail, own, l, lane, &missing);
        fc_hold_note(missing.until, l, lane);
    } else {
        lane->swaps[l] += 1;
        missing.until = fc_pool_take(&FC_TABLES(lane)->spare_ready[FC_SPARE_AT(0, l)], run->spares,
                                     &lane->cursor[l], now, own);
        fc_missing_add(&missing, (fc_real)(missing.until - now), 1.0f);
        fc_hold_note(missing.until, l, lane);
    }
    lane->idle_failures[l] += 1;
    lane->missing[l] += missing.trays;
    lane->hold_until[l] = fc_max_i32(lane->hold_until[l], missing.until);
}

/* The common case: one tray, pooled spares, and the next spare is ready. Returns 0 when it is not that. */
FC_INLINE fc_i32 fc_replace_at_once(FC_GLOBAL const struct fc_run *run, fc_i32 repair, fc_i32 trays, fc_i32 l,
                                    struct fc_timeline_lanes *lane)
{
    fc_i32 now = lane->wall[l], at = lane->cursor[l] + 1;
    at = at < run->spares ? at : 0;
    if (trays != 1 || FC_TABLES(lane)->spare_ready[FC_SPARE_AT(at, l)] > now || repair <= 0)
        return 0;
    lane->cursor[l] = at;
    FC_TABLES(lane)->spare_ready[FC_SPARE_AT(at, l)] = now + repair;
    lane->swaps[l] += 1;
    lane->pending_restart[l] =
        fc_min_i32(lane->pending_restart[l] + lane->spare_start[l], FC_HORIZON_LIMIT / 4);
    return 1;
}

/* What a failure in lane l takes out is replaced: `trays`, each repaired in `repair` ticks, or racks. Returns
 * how long the job stands still, ticks. */
FC_FN fc_i32 fc_replace(FC_GLOBAL const struct fc_run *run, fc_u64 seed, fc_u32 event,
                        fc_u32 detail_words[4][FC_W], fc_i32 repair, fc_i32 trays,
                        const struct fc_failure_lanes *failure, fc_i32 l, struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 c = failure->class_of[l], now = lane->wall[l];
    if (c == FC_CLASS_IDLE) {
        fc_replace_idle(run, repair, failure->struck[l], detail_words, l, lane);
        return 0;
    }
    struct fc_missing missing = {now, 0.0f, 0.0f, 1};
    fc_replace_units(run, c, repair, trays, detail_words, l, lane, &missing);
    if (detail->lemons && (c == FC_CLASS_GPU || c == FC_CLASS_HOST))
        fc_lemons_swap(run, seed, event, failure->lemon[l], l, lane);
    lane->missing[l] += missing.trays;
    fc_i32 start = fc_min_i32(lane->spare_start[l], FC_HORIZON_LIMIT / 4);
    lane->pending_restart[l] = fc_min_i32(lane->pending_restart[l] + start, FC_HORIZON_LIMIT / 4);
    if (missing.until <= now)
        return 0;
    if (detail->shortage != FC_SHORTAGE_WAIT) {
        /* a job that goes on smaller restarts once more when it is whole again */
        fc_i32 slower =
            fc_replace_slower(detail, &missing, l, lane) + fc_min_i32(lane->restart[l], FC_DEBT_LIMIT);
        lane->debt[l] = fc_min_i32(lane->debt[l] + slower, FC_DEBT_LIMIT);
        return 0;
    }
    if (!detail->idle)
        return missing.until - now;
    lane->hold[l] = 1;
    lane->hold_until[l] = missing.until;
    if (detail->spare_policy != FC_SPARES_IN_RACK)
        fc_hold_note(missing.until, l, lane);
    return 0;
}

#endif
