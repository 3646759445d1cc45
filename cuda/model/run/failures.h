/* failures.h: what strikes next in a detailed run: which class, what it costs, what it takes out.
 *
 * All classes with exponential gaps are one Poisson stream with the sum of their rates; thinning gives each
 * event its class. One random number serves for class, replacement and blame: given that it lies in the
 * interval of a class, its place in there is uniform again. A fault whose wrong node was blamed strikes again
 * when the restart ends. */
#ifndef FC_MODEL_FAILURES_H
#define FC_MODEL_FAILURES_H

#include "ages.h"
#include "lemons.h"
#include "spares.h"

/* The event of each lane, as far as it is known before time is cut at it. Times in ticks. */
struct fc_failure_lanes {
    fc_i32 class_of[FC_W], swap[FC_W], blame[FC_W];
    fc_i32 soft[FC_W];    /* 1: training goes on */
    fc_i32 nothing[FC_W]; /* 1: it would have struck a tray that is down already */
    fc_i32 struck[FC_W];  /* 1: it strikes an idle tray of a rack that lacks some */
    fc_i32 aged[FC_W], lemon[FC_W];
    fc_i32 time
        [FC_W]; /* of the class's distribution: detection, depth of a silent corruption, length of a slow time */
    fc_real place[FC_W]; /* in [0, 1): of the random number within its class */
};

/* Time to the next event of the stream, in whole ticks; lemons add to its rate. `rounded`: by how much of a
 * tick it was made longer (above 0) or shorter, for those who must know on which side of a checkpoint the
 * event lies. */
FC_INLINE void fc_failure_gap(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                              const fc_u32 *word, const int mode, fc_i32 *to_failure, fc_real *rounded,
                              const struct fc_timeline_lanes *lane)
{
    fc_real gap[FC_W];
    if (mode && run->detail.ages == FC_AGES_RESTART) {
        fc_draw_lanes(&run->detail.next_failure, tables, word, gap);
        FC_LANES (l)
            gap[l] = gap[l] * lane->gap_mean[l];
    } else if (mode && run->detail.lemons) {
        FC_LANES (l) {
            fc_real more = fc_fma((fc_real)lane->lemons[l] * lane->lemon_rate[l], lane->gap_mean[l], 1.0f);
            gap[l] = fc_exponential(word[l]) * lane->gap_mean[l] / more;
        }
    } else {
        FC_LANES (l)
            gap[l] = fc_exponential(word[l]) * lane->gap_mean[l];
    }
    FC_LANES (l) { /* a tick at least, so that a run of nothing but failures ends too */
        to_failure[l] = fc_max_i32(fc_to_ticks(gap[l]), 1);
        rounded[l] = fc_max((fc_real)to_failure[l] - gap[l], -1.0f);
    }
}

/* Chooses the class of what would strike after to_failure[l] ticks, and shortens to_failure where a unit's
 * age or a fault that was not removed comes first. */
FC_INLINE void fc_failure_choose(FC_GLOBAL const struct fc_run *run, const fc_u32 *word, fc_i32 *to_failure,
                                 fc_real *rounded, struct fc_failure_lanes *failure,
                                 const struct fc_timeline_lanes *lane)
{
    fc_real u[FC_W];
    FC_LANES (l) {
        u[l] = fc_uniform(word[l]);
        failure->aged[l] = 0;
        failure->lemon[l] = 0;
    }
    if (run->detail.lemons) {
        /* the further failures of lemons come first, then all others; theirs are of the trays' two classes */
        FC_LANES (l) {
            fc_real extra = (fc_real)lane->lemons[l] * lane->lemon_rate[l] * lane->gap_mean[l];
            fc_real part = extra / (1.0f + extra);
            fc_i32 lemon = u[l] < part;
            fc_real of_lemons = u[l] / fc_max(part, 1e-30f) * FC_TABLES(lane)->edge[FC_CLASS_HOST][l];
            fc_real of_others = (u[l] - part) / (1.0f - part);
            failure->lemon[l] = lemon;
            u[l] = fc_min(lemon ? of_lemons : of_others, 0.99999994f);
        }
    }
    const fc_real *edges = FC_TABLES(lane)->edge[0];
    FC_LANES (l) {
        fc_i32 class_of = 0;
        FC_UNROLL
        for (fc_i32 c = 0; c < FC_CLASS_COUNT - 1; c++)
            class_of += u[l] >= FC_TABLES(lane)->edge[c][l];
        fc_real low = edges[fc_max_i32(class_of - 1, 0) * FC_W + l], high = edges[class_of * FC_W + l];
        low = class_of > 0 ? low : 0.0f;
        failure->class_of[l] = class_of;
        failure->place[l] = fc_min((u[l] - low) / fc_max(high - low, 1e-30f), 0.99999994f);
    }
    if (run->detail.ages == FC_AGES_UNITS) {
        FC_LANES (l) {
            fc_i32 due = fc_max_i32(lane->next_age[l] - lane->exposure[l], 1);
            failure->aged[l] = due <= to_failure[l];
            to_failure[l] = failure->aged[l] ? due : to_failure[l];
            rounded[l] = failure->aged[l] ? 0.0f : rounded[l];
            failure->class_of[l] = failure->aged[l] ? (fc_i32)FC_CLASS_GPU : failure->class_of[l];
        }
    }
    FC_LANES (l) {
        fc_i32 due = fc_max_i32(lane->pending_restart[l], 1);
        fc_i32 again = (lane->again[l] > 0) & (due < to_failure[l]);
        to_failure[l] = again ? due : to_failure[l];
        rounded[l] = again ? 0.0f : rounded[l];
        failure->class_of[l] = again ? lane->again[l] - 1 : failure->class_of[l];
        failure->aged[l] = again ? 0 : failure->aged[l];
        failure->lemon[l] = again ? 0 : failure->lemon[l];
    }
}

/* The rest of what is known of the event from its class. */
FC_INLINE void fc_failure_describe(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                   const fc_u32 *time_word, struct fc_failure_lanes *failure,
                                   const struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_classes *classes = &run->detail.classes;
    fc_real ticks_per_s = 1.0f / (fc_real)run->tick_s;
    fc_u32 scaled = classes->scaled, blamed = classes->blamed;
    fc_u32 soft = FC_CLASSES_SOFT | (run->detail.elastic ? classes->replica : 0u);
    FC_LANES (l) {
        fc_i32 c = failure->class_of[l];
        fc_real seconds = fc_table_draw(tables, classes->time_table[c], time_word[l]);
        fc_real scale = fc_class_in(scaled, c) ? lane->detection_scale[l] : ticks_per_s;
        fc_real swap = fc_min(lane->swap_probability[l] * (fc_real)classes->swap[c], 1.0f);
        fc_real wrong = fc_class_in(blamed, c) ? lane->wrong_node[l] : 0.0f;
        fc_i32 swaps = failure->place[l] < swap;
        fc_real place = swaps ? failure->place[l] : failure->place[l] - swap;
        fc_real width = swaps ? swap : 1.0f - swap;
        failure->time[l] = fc_to_ticks(seconds * scale);
        failure->swap[l] = swaps;
        failure->blame[l] = place < width * wrong;
        failure->soft[l] = fc_class_in(soft, c);
        failure->nothing[l] = 0;
        failure->struck[l] = 0;
    }
}

/* Where spare trays stand in the racks and the job goes on without the missing ones: what would strike a rack
 * that lacks trays strikes a tray that works, an idle one, or none. `rack_word` chooses the rack as in
 * replacement.h. */
FC_FN void fc_failure_strike(FC_GLOBAL const struct fc_run_detail *detail, fc_i32 to_failure,
                             fc_u32 rack_word, fc_u32 place_word, fc_i32 l, struct fc_failure_lanes *failure,
                             const struct fc_timeline_lanes *lane)
{
    fc_i32 at = lane->wall[l] + fc_min_i32(to_failure, FC_HORIZON_LIMIT - 1);
    fc_i32 used = detail->segments * detail->segment_trays;
    fc_i32 down = fc_rack_down(fc_below(rack_word, detail->racks), at, l, lane);
    if (down <= detail->spares_per_rack || at >= lane->short_until[l])
        return;
    fc_i32 up = fc_max_i32(used + detail->spares_per_rack - down, 0);
    fc_i32 active =
        detail->shortage == FC_SHORTAGE_REDUCE ? up : up / detail->segment_trays * detail->segment_trays;
    fc_i32 place = fc_below(place_word, used);
    if (place < active)
        return;
    /* an idle tray of a lost segment fails like a spare; other places are empty */
    failure->class_of[l] = FC_CLASS_IDLE;
    failure->soft[l] = 1;
    failure->blame[l] = 0;
    failure->nothing[l] = place >= up || !detail->idle;
    failure->swap[l] = !failure->nothing[l];
    failure->struck[l] = failure->swap[l];
}

/* That in every lane where it may be so. */
FC_FN void fc_failure_strikes(FC_GLOBAL const struct fc_run_detail *detail, const fc_i32 *to_failure,
                              const fc_u32 *rack_word, const fc_u32 *place_word,
                              struct fc_failure_lanes *failure, const struct fc_timeline_lanes *lane)
{
    fc_i32 may[FC_W];
    FC_LANES (l)
        may[l] = failure->swap[l] & (lane->short_until[l] - lane->wall[l] > to_failure[l]);
    for (fc_i32 l = 0; l < FC_W; l++) {
        fc_i32 c = failure->class_of[l];
        if (may[l] && c != FC_CLASS_IDLE && detail->classes.blast[c] == FC_BLAST_TRAY)
            fc_failure_strike(detail, to_failure[l], rack_word[l], place_word[l] << 16, l, failure, lane);
    }
}

/* What a failure takes out of the lanes on the list: trays, and how long the repair of each takes, ticks: automatic or by hand, done
 * again while it does not help; or a rack's own repair. `kind_word`: which (high half), how often (low half). repair[s] and trays[s]
 * are those of lane list[s]. */
FC_INLINE void fc_failure_damage(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                 const fc_i32 *list, fc_i32 count, const fc_u32 *repair_word,
                                 const fc_u32 *kind_word, const fc_u32 *burst_word,
                                 const struct fc_failure_lanes *failure, fc_i32 *repair, fc_i32 *trays,
                                 const struct fc_timeline_lanes *lane)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 by_hand = detail->repair_table, by_itself = detail->repair_automatic.table;
    fc_i32 of_rack = detail->rack_repair.table, class_of[FC_LIST];
    fc_u32 racks = FC_CLASSES_RACKS, length[FC_LIST], kind[FC_LIST], burst[FC_LIST];
    fc_real manual[FC_LIST], ineffective[FC_LIST], scale[FC_LIST], bursts[FC_LIST], seconds[FC_LIST];
    fc_i32 tables_at[FC_LIST];
    fc_pick_i32(failure->class_of, list, count, class_of);
    fc_pick_u32(repair_word, list, count, length);
    fc_pick_u32(kind_word, list, count, kind);
    fc_pick_u32(burst_word, list, count, burst);
    fc_pick_real(lane->manual, list, count, manual);
    fc_pick_real(lane->ineffective, list, count, ineffective);
    fc_pick_real(lane->repair_scale, list, count, scale);
    fc_pick_real(lane->burst, list, count, bursts);
    FC_LISTED (s, count) {
        fc_i32 rack = fc_class_in(racks, class_of[s]);
        fc_i32 table = fc_high_half(kind[s]) < manual[s] ? by_hand : by_itself;
        tables_at[s] = rack ? of_rack : table;
    }
    fc_table_draw_listed(tables, tables_at, length, count, seconds);
    FC_LISTED (s, count) {
        fc_i32 rack = fc_class_in(racks, class_of[s]);
        fc_real again = rack ? 0.0f : ineffective[s], chance = again;
        fc_real u = fc_low_half(kind[s]), rounds = 1.0f;
        FC_UNROLL
        for (int k = 0; k < 8; k++) {
            rounds += u < chance ? 1.0f : 0.0f;
            chance *= again;
        }
        repair[s] = fc_min_i32(fc_to_ticks(seconds[s] * rounds * scale[s]), FC_HORIZON_LIMIT - 1);
    }
    FC_LISTED (s, count) {
        fc_real again = bursts[s], chance = again, u = fc_high_half(burst[s]);
        fc_i32 more = 0;
        FC_UNROLL
        for (int k = 0; k < 7; k++) {
            more += u < chance;
            chance *= again;
        }
        trays[s] = 1 + more;
    }
}

#endif
