/* timeline.h: one run from start to last token (or for a stretch of wall time), simulated from failure to
 * failure.
 *
 * Time is counted in integer ticks, so the buckets of a trial sum to its wall time exactly. Between two
 * interruptions the schedule is known (train `interval`, stall for a checkpoint, and again), so a failure's
 * rollback point is arithmetic and checkpoints are never events: one event costs the same however many
 * checkpoints it spans.
 *
 * Distribution of an interruption: exponential gap with mean `gap_mean` while the job trains, checkpoints or restarts;
 * none while a fault is being detected, while the job waits for a node, or in a planned stop. This is the
 * setting of E[segment] = e^(R/M) (M + D) (e^(s/M) - 1) (Daly 2006; Robert, Herault et al.), which the tests
 * hold it to.
 *
 * A failed node that must be replaced goes to repair and returns to the pool of spares. With c spares the job
 * waits when c + 1 nodes are in repair, until the first comes back: P(wait) is Erlang-B(c + 1) for any repair
 * distribution.
 *
 * Lanes whose run ends take the next trial of the chunk at once, so long and short runs mix without idle
 * lanes. */
#ifndef FC_MODEL_TIMELINE_H
#define FC_MODEL_TIMELINE_H

#include "interval.h"
#include "replacement.h"
#include "sums.h"

/* Time up to the next thing that happens, cut into its parts. All in ticks. */
struct fc_span_lanes {
    fc_i32 to_failure[FC_W], fail[FC_W], plan[FC_W];
    fc_real rounded[FC_W];                         /* by how much to_failure was made longer to be whole */
    fc_i32 unsaved[FC_W], rest[FC_W], whole[FC_W]; /* whole: checkpoints made */
    fc_i32 pause[FC_W];                            /* waiting for a replacement */
    fc_i32 held[FC_W];                             /* 1: the job waits, and idle trays may fail */
};

/* Moves every lane to its next failure, planned stop, end of the work or of the time watched. */
FC_INLINE void fc_timeline_advance(FC_GLOBAL const struct fc_run *run, const struct fc_failure_lanes *failure,
                                   struct fc_span_lanes *span, struct fc_timeline_lanes *lane, const int mode)
{
    fc_i32 horizon = run->horizon;
    fc_real last = run->last_checkpoint ? 0.0f : -1.0f;
    fc_real every = (fc_real)run->detail.durable_every;
    fc_real per_every = 1.0f / every;
    FC_LANES (l) {
        fc_i32 left = lane->work[l] - lane->position[l];
        fc_i32 restart = lane->pending_restart[l];
        fc_i32 debt = mode ? lane->debt[l] : 0;
        fc_i32 phase = mode ? lane->phase[l] : 0;
        fc_real since = mode == FC_MODE_LEVELS ? (fc_real)lane->since[l] : 0.0f;
        /* checkpoints until the end of the work; the 0.999 forgives rounding where work / interval is whole
         */
        fc_real stalls = fc_floor(fc_fma((fc_real)left, lane->per_interval[l], 0.999f)) + last;
        stalls = fc_max(stalls, 0.0f);
        fc_real stall_time = stalls * lane->stall[l];
        if (mode == FC_MODE_LEVELS) {
            fc_real durables = fc_floor((since + stalls + 0.5f) * per_every);
            stall_time = fc_fma(durables, lane->durable_stall[l] - lane->stall[l], stall_time);
        }
        fc_i32 to_stall = fc_min_i32(fc_to_ticks(stall_time), FC_HORIZON_LIMIT / 2);
        fc_i32 to_finish = restart + debt + left + to_stall - phase;
        /* fc_failure_gap fills every lane; cppcheck does not see that its loop always runs */
        // cppcheck-suppress uninitvar
        fc_i32 to_failure = span->to_failure[l];
        fc_i32 to_planned = fc_max_i32(lane->next_planned[l] - lane->wall[l], 0);
        fc_i32 to_horizon = horizon - lane->wall[l];
        fc_i32 held = mode ? lane->hold[l] : 0; /* the job waits: nothing moves here */
        fc_i32 to_stop = held ? 0 : fc_min_i32(to_planned, to_horizon);
        fc_i32 finish = !held & (to_finish <= to_stop) & (to_finish <= to_failure);
        fc_i32 fail = !held & !finish & (to_failure < to_stop);
        fc_i32 stop = !finish & !fail & !held; /* planned stop or end of the time watched */
        fc_i32 plan = stop & (to_planned < to_horizon);
        fc_i32 elapsed = finish ? to_finish : fail ? to_failure : to_stop;
        /* soft: something happens, but training goes on */
        fc_i32 soft = mode ? (fail & failure->soft[l]) | held : 0;
        fc_i32 hard = fail & !soft;
        fc_i32 counted = mode ? fail & (1 - fc_class_in(FC_CLASSES_SOFT, failure->class_of[l])) : fail;

        fc_i32 in_restart = fc_min_i32(elapsed, restart);
        fc_i32 in_debt = fc_min_i32(elapsed - in_restart, debt);
        fc_i32 time = elapsed - in_restart - in_debt + phase;
        /* A checkpoint is made when the failure itself is behind it, not the tick that it is rounded to: else
         * one in two of the failures of that tick would lose nothing, and all failures half a tick too little
         * work. */
        fc_real rounded = fail ? span->rounded[l] : 0.0f;
        fc_real exact = fc_max((fc_real)time - rounded, 0.0f);
        fc_real whole, durables = 0.0f;
        if (mode == FC_MODE_LEVELS) {
            fc_real period = lane->interval[l] + lane->stall[l];
            fc_real super = fc_fma(every, period, lane->durable_stall[l] - lane->stall[l]);
            fc_real ahead = fc_fma(since, period, exact);
            fc_real supers = fc_floor(ahead * lane->per_super[l]);
            fc_real inner = fc_floor(fc_fma(supers, -super, ahead) * lane->per_period[l]);
            inner = fc_min(fc_max(inner, 0.0f), every - 1.0f);
            whole = fc_min(fc_max(fc_fma(supers, every, inner) - since, 0.0f), stalls);
            durables = fc_floor((since + whole + 0.5f) * per_every);
        } else {
            whole = fc_min(fc_floor(exact * lane->per_period[l]), stalls);
        }
        /* rounded with the failure, so that an interval of 2.5 ticks is 2 and 3 about alike */
        fc_i32 kept = fc_to_ticks(fc_fma(whole, lane->interval[l], rounded));
        fc_i32 saved = whole > 0.0f ? fc_min_i32(kept, fc_min_i32(left, time)) : 0;
        fc_real stalled_time = whole * lane->stall[l];
        if (mode == FC_MODE_LEVELS)
            stalled_time = fc_fma(durables, lane->durable_stall[l] - lane->stall[l], stalled_time);
        fc_i32 stalled = fc_min_i32(fc_to_ticks(stalled_time), time - saved);
        fc_i32 rest = time - saved - stalled;
        fc_i32 unsaved = fc_min_i32(rest, fc_min_i32(lane->interval_ticks[l], left - saved));
        stalled += soft ? 0 : rest - unsaved;

        if (mode == FC_MODE_LEVELS) {
            fc_i32 made = fc_to_ticks(fc_fma(durables, every, -since) * lane->interval[l]);
            fc_i32 durable = fc_min_i32(lane->position[l] + made, lane->position[l] + saved);
            lane->durable[l] = durables > 0.0f ? durable : lane->durable[l];
            lane->since[l] = (fc_i32)fc_fma(durables, -every, since + whole);
            lane->durable[l] = stop ? lane->position[l] + saved + unsaved : lane->durable[l];
            lane->since[l] = stop ? 0 : lane->since[l];
        }
        saved = finish ? left : stop ? saved + unsaved : saved;
        stalled = finish ? to_stall : stalled;

        lane->position[l] += saved;
        lane->checkpoint[l] += stalled;
        lane->redone[l] += hard ? unsaved : 0;
        lane->restarting[l] += in_restart;
        lane->wall[l] += elapsed;
        lane->failures[l] += counted;
        lane->finished[l] = finish ? 1 : 0;
        lane->event[l] += 1u;
        lane->pending_restart[l] = soft ? restart - in_restart : lane->restart[l];
        if (mode) {
            lane->exposure[l] += elapsed;
            lane->slowdown[l] += in_debt;
            lane->debt[l] = debt - in_debt;
            lane->phase[l] = soft ? rest : 0;
            lane->slow_episodes[l] += fail & fc_class_in(FC_CLASSES_SLOW, failure->class_of[l]);
        }
        span->fail[l] = fail ? 1 : 0;
        span->held[l] = held;
        span->plan[l] = plan ? 1 : 0;
        span->unsaved[l] = unsaved;
        span->rest[l] = rest;
        span->whole[l] = whole > 0.0f ? 1 : 0;
    }
}

/* A planned stop, where one is due. */
FC_INLINE void fc_timeline_plan(FC_GLOBAL const struct fc_run *run, const struct fc_span_lanes *span,
                                struct fc_timeline_lanes *lane)
{
    fc_i32 horizon = run->horizon, any = 0;
    FC_LANES (l)
        any |= span->plan[l];
    if (!any)
        return;
    FC_LANES (l) {
        fc_i32 plan = span->plan[l];
        fc_i32 planned = fc_min_i32(lane->planned_stop[l], horizon - lane->wall[l]);
        planned = plan ? planned : 0;
        lane->planned[l] += planned;
        lane->planned_stops[l] += plan;
        lane->wall[l] += planned;
        fc_i32 every = lane->planned_every[l];
        fc_i32 next = every > FC_FOREVER - lane->next_planned[l] ? FC_FOREVER : lane->next_planned[l] + every;
        lane->next_planned[l] = plan ? next : lane->next_planned[l];
    }
}

/* Planned stops of lane l that fell due while the job stood still: the work on them is done meanwhile, where
 * there was time for it, and one stop is made for what is left: they do not pile up. One that falls due in a
 * planned stop is the same stop. */
FC_FN void fc_timeline_overdue(fc_i32 stopped, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 every = lane->planned_every[l], late = lane->wall[l] - lane->next_planned[l];
    fc_i32 last = lane->next_planned[l] + late / every * every; /* the last that is due */
    fc_i32 made = stopped | (lane->wall[l] - last >= lane->planned_stop[l]);
    fc_i32 next = every > FC_FOREVER - last ? FC_FOREVER : last + every;
    lane->next_planned[l] = made ? next : last;
}

/* The job stands still for span->pause, and lanes whose run is over are marked. */
FC_INLINE void fc_timeline_wait(fc_i32 horizon, const struct fc_span_lanes *span,
                                struct fc_timeline_lanes *lane)
{
    fc_i32 overdue = 0;
    FC_LANES (l) {
        fc_i32 pause = fc_min_i32(span->pause[l], horizon - lane->wall[l]);
        lane->waiting[l] += pause;
        lane->wall[l] += pause;
        lane->over[l] = lane->index[l] >= 0 &&
                        (lane->finished[l] || lane->wall[l] >= horizon || lane->event[l] >= FC_EVENTS_MOST);
        overdue |= lane->next_planned[l] < lane->wall[l];
    }
    for (fc_i32 l = 0; overdue && l < FC_W; l++)
        if (lane->next_planned[l] < lane->wall[l])
            fc_timeline_overdue(span->plan[l], l, lane);
}

/* Before the first event of a detailed run. */
FC_FN void fc_timeline_begin(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables, fc_u64 seed,
                             fc_i32 l, struct fc_timeline_lanes *lane)
{
    if (run->detail.lemons)
        fc_lemons_begin(run, tables, seed, l, lane);
    if (run->detail.ages == FC_AGES_UNITS)
        fc_ages_begin(&run->detail, tables, seed, l, lane);
}

/* What a failure costs beyond the work since the last checkpoint: copies that are not usable, corruption that
 * was found late, detection, lower speed. */
FC_INLINE void fc_timeline_lose(FC_GLOBAL const struct fc_run *run, const struct fc_failure_lanes *failure,
                                const struct fc_span_lanes *span, const fc_u32 *memory_word,
                                struct fc_timeline_lanes *lane, const int mode)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_i32 horizon = run->horizon;
    fc_i32 asynchronous = detail->asynchronous;
    FC_LANES (l) {
        fc_i32 c = failure->class_of[l], fail = span->fail[l];
        fc_i32 stops = 1 - fc_class_in(FC_CLASSES_SOFT, c);
        fc_i32 slow = fail & fc_class_in(FC_CLASSES_SLOW, c);
        fc_i32 out = fail & failure->soft[l] & stops;
        fc_i32 hard = fail & (1 - failure->soft[l]);
        /* the newest copy was still being written: the one before it */
        fc_i32 copied = span->whole[l] | lane->snapshot[l];
        fc_i32 writing = asynchronous & hard & copied & (span->rest[l] < lane->write[l]);
        fc_i32 back = writing ? lane->interval_ticks[l] : 0;
        /* corruption: back to where it happened */
        fc_i32 silent = hard & (c == FC_CLASS_SILENT);
        back = silent ? fc_max_i32(back, failure->time[l] - span->unsaved[l]) : back;
        back = fc_min_i32(back, lane->position[l]);
        if (mode == FC_MODE_LEVELS) {
            fc_real chance = detail->classes.memory_lost[c];
            fc_i32 lost = hard & (fc_uniform(memory_word[l]) < chance);
            fc_i32 durable = lost | silent;
            back = durable ? fc_max_i32(back, lane->position[l] - lane->durable[l]) : back;
            lane->durable[l] = fc_min_i32(lane->durable[l], lane->position[l] - back);
            lane->since[l] = durable ? 0 : lane->since[l];
            lane->pending_restart[l] += durable ? lane->durable_load[l] : 0;
        }
        lane->position[l] -= back;
        lane->redone[l] += back;
        lane->snapshot[l] = (fail & failure->soft[l]) | span->held[l] ? copied : 0;
        /* from the fault to the decision, or to the end of an outage */
        fc_i32 detection = fc_min_i32(failure->time[l], horizon - lane->wall[l]);
        detection = (fail & stops & !silent) ? detection : 0;
        fc_i32 outage = c == FC_CLASS_SITE ? detection : 0;
        lane->waiting[l] += outage;
        lane->detection[l] += detection - outage;
        lane->wall[l] += detection;
        /* lower speed, as the time that it costs; overlapping slow times of a kind count once */
        fc_i32 node = c == FC_CLASS_SLOW_NODE;
        fc_i32 until = node ? lane->slow_node_until[l] : lane->slow_network_until[l];
        fc_i32 begin = fc_max_i32(until, lane->wall[l]);
        fc_i32 end = fc_max_i32(until, lane->wall[l] + fc_min_i32(failure->time[l], FC_HORIZON_LIMIT - 1));
        fc_real loss = node ? lane->slow_node_loss[l] : lane->slow_network_loss[l];
        fc_i32 slowed = fc_to_ticks((fc_real)(end - begin) * loss);
        slowed = slow ? slowed : 0;
        lane->slow_node_until[l] = (slow & node) ? end : lane->slow_node_until[l];
        lane->slow_network_until[l] = (slow & !node) ? end : lane->slow_network_until[l];
        fc_i32 away = fc_to_ticks((fc_real)lane->replica_out[l] * lane->degraded_loss[l]);
        slowed += out ? away : 0;
        lane->debt[l] = fc_min_i32(lane->debt[l] + fc_min_i32(slowed, FC_DEBT_LIMIT), FC_DEBT_LIMIT);
        fc_i32 again = (hard & failure->blame[l]) ? c + 1 : 0;
        lane->again[l] = fail ? again : lane->again[l];
    }
    for (fc_i32 l = 0; l < FC_W; l++)
        FC_TABLES(lane)->class_count[failure->class_of[l]][l] +=
            span->fail[l] & (failure->class_of[l] != FC_CLASS_IDLE);
}

/* One event in every lane of a detailed run. */
FC_INLINE void fc_timeline_event_detailed(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                          fc_u64 seed, struct fc_timeline_lanes *lane, const int mode)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_u32 words[4][FC_W], detail_words[4][FC_W], event[FC_W];
    fc_i32 repair[FC_LIST], trays[FC_LIST], out[FC_W], list[FC_LIST], first = 0;
    struct fc_span_lanes span;
    struct fc_failure_lanes failure;

    FC_LANES (l) {
        event[l] = lane->event[l];
        first |= event[l] == 0u;
    }
    for (fc_i32 l = 0; first && l < FC_W; l++)
        if (lane->event[l] == 0u)
            fc_timeline_begin(run, tables, seed, l, lane);
    fc_random_words(seed, lane->trial_low, lane->trial_high, lane->event, FC_STREAM_TIMELINE, words);
    fc_failure_gap(run, tables, words[0], mode, span.to_failure, span.rounded, lane);
    fc_failure_choose(run, words[1], span.to_failure, span.rounded, &failure, lane);
    fc_failure_describe(run, tables, words[2], &failure, lane);
    fc_random_words(seed, lane->trial_low, lane->trial_high, lane->event, FC_STREAM_DETAIL, detail_words);
    if (detail->spare_policy == FC_SPARES_IN_RACK && detail->shortage != FC_SHORTAGE_WAIT)
        fc_failure_strikes(detail, span.to_failure, detail_words[2], detail_words[3], &failure, lane);

    fc_timeline_advance(run, &failure, &span, lane, mode);
    fc_timeline_lose(run, &failure, &span, detail_words[0], lane, mode);
    if (detail->ages == FC_AGES_UNITS) {
        FC_LANES (l)
            out[l] = span.fail[l] & failure.aged[l];
        fc_ages_renew(detail, tables, seed, event, run->horizon, out, lane);
    }
    fc_timeline_plan(run, &span, lane);
    FC_LANES (l) {
        out[l] = span.held[l] | (span.fail[l] & failure.swap[l]);
        span.pause[l] = 0;
    }
    fc_i32 count = fc_lanes_set(out, list);
    fc_failure_damage(run, tables, list, count, words[3], detail_words[1], detail_words[3], &failure, repair,
                      trays, lane);
    fc_i32 simple =
        detail->spare_policy == FC_SPARES_POOLED && detail->crews == 0 && !detail->lemons && run->spares > 0;
    for (fc_i32 s = 0; s < count; s++) {
        fc_i32 l = FC_W > 1 ? list[s] : 0;
        fc_i32 tray = simple && detail->classes.blast[failure.class_of[l]] == FC_BLAST_TRAY &&
                      failure.class_of[l] != FC_CLASS_IDLE && !span.held[l];
        if (tray && fc_replace_at_once(run, repair[s], trays[s], l, lane))
            continue;
        if (span.held[l])
            fc_hold_event(run, words, detail_words, repair[s], l, lane);
        else
            span.pause[l] =
                fc_replace(run, seed, event[l], detail_words, repair[s], trays[s], &failure, l, lane);
    }
    fc_timeline_wait(run->horizon, &span, lane);
}

/* The same of a run with one rate of interruptions. */
FC_INLINE void fc_timeline_event_plain(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                       fc_u64 seed, struct fc_timeline_lanes *lane)
{
    fc_i32 horizon = run->horizon;
    fc_u32 words[4][FC_W];
    fc_real detection_s[FC_W];
    fc_i32 swap[FC_W];
    struct fc_span_lanes span;

    fc_random_words(seed, lane->trial_low, lane->trial_high, lane->event, FC_STREAM_TIMELINE, words);
    fc_failure_gap(run, tables, words[0], FC_MODE_PLAIN, span.to_failure, span.rounded, lane);
    fc_timeline_advance(run, (const struct fc_failure_lanes *)0, &span, lane, FC_MODE_PLAIN);
    fc_draw_lanes(&run->detection, tables, words[2], detection_s);
    FC_LANES (l) {
        fc_i32 detection = fc_to_ticks(detection_s[l] * lane->detection_scale[l]);
        detection = span.fail[l] ? fc_min_i32(detection, horizon - lane->wall[l]) : 0;
        lane->detection[l] += detection;
        lane->wall[l] += detection;
        swap[l] = span.fail[l] && fc_uniform(words[1][l]) < lane->swap_probability[l];
        lane->swaps[l] += swap[l];
    }
    fc_timeline_plan(run, &span, lane);
    fc_spares_swap(run, tables, swap, words[3], span.pause, lane);
    fc_timeline_wait(horizon, &span, lane);
}

/* The next event in every lane of a run of this kind (fc_run_mode). */
FC_INLINE void fc_timeline_event_in(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables,
                                    fc_u64 seed, struct fc_timeline_lanes *lane, const int mode)
{
    if (mode == FC_MODE_PLAIN)
        fc_timeline_event_plain(run, tables, seed, lane);
    else
        fc_timeline_event_detailed(run, tables, seed, lane, mode);
}

/* The same where the kind is not known beforehand. */
FC_FN void fc_timeline_event(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables, fc_u64 seed,
                             struct fc_timeline_lanes *lane)
{
    switch (fc_run_mode(run)) {
    case FC_MODE_PLAIN:
        fc_timeline_event_in(run, tables, seed, lane, FC_MODE_PLAIN);
        break;
    case FC_MODE_DETAILED:
        fc_timeline_event_in(run, tables, seed, lane, FC_MODE_DETAILED);
        break;
    default:
        fc_timeline_event_in(run, tables, seed, lane, FC_MODE_LEVELS);
    }
}

/* Which trials of the chunk go event by event, those that will have the most events first: lanes that take one after the other
 * then end at about the same time (longest processing time first, Graham 1969), and few run on while the others have nothing
 * left. The number of events is that of sums.h, of which only the order counts. Returns how many trials those are. */
#if FC_CHUNK == 1
FC_FN fc_i32 fc_timeline_order(FC_GLOBAL const struct fc_run *run, const struct fc_timeline_chunk *chunk,
                               fc_i32 count, fc_i32 *order)
{
    (void)run;
    order[0] = 0;
    return count > 0 && chunk->by[0] != FC_BY_SUMS;
}
#else
#define FC_ORDER_BINS 160 /* eight to the octave of events */
FC_FN fc_i32 fc_timeline_order(FC_GLOBAL const struct fc_run *run, const struct fc_timeline_chunk *chunk,
                               fc_i32 count, fc_i32 *order)
{
    fc_i32 bin[FC_CHUNK], first[FC_ORDER_BINS] = {0}, total = 0, any = 0;
    fc_real horizon = (fc_real)run->horizon;
    for (fc_i32 i = 0; i < count; i++)
        any |= chunk->by[i] != FC_BY_SUMS;
    if (!any)
        return 0;
    for (fc_i32 base = 0; base < count; base += FC_W) {
        FC_LANES (l) {
            fc_i32 i = base + l;
            fc_real gap = fc_max(chunk->gap_mean[i], 1.0f);
            fc_real pieces = (fc_real)chunk->work[i] / fc_max(chunk->interval[i], 1.0f);
            fc_real x = (chunk->interval[i] + chunk->stall[i]) / gap, y = (fc_real)chunk->restart[i] / gap;
            fc_real events = pieces * (fc_exp(x + y) - fc_exp(y));
            events = fc_min(fc_min(events, horizon / gap), 1e6f) + 1.0f;
            fc_i32 of = (fc_i32)((fc_bits_of((float)events) - 0x3f800000u) >> 20);
            bin[i] = FC_ORDER_BINS - 1 - fc_min_i32(fc_max_i32(of, 0), FC_ORDER_BINS - 1);
        }
    }
    for (fc_i32 i = 0; i < count; i++)
        first[bin[i]] += chunk->by[i] != FC_BY_SUMS;
    for (fc_i32 k = 0; k < FC_ORDER_BINS; k++) {
        fc_i32 here = first[k];
        first[k] = total;
        total += here;
    }
    for (fc_i32 i = 0; i < count; i++)
        if (chunk->by[i] != FC_BY_SUMS)
            order[first[bin[i]]++] = i;
    return total;
}
#endif

/* Simulates the first `count` trials of the chunk, but for those that went by sums; trial i of the chunk has the number
 * first + i. */
FC_FN void fc_timeline_run(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables, fc_u64 seed,
                           fc_u64 first, fc_i32 count, struct fc_timeline_chunk *chunk)
{
    struct fc_timeline_lanes lane;
#if FC_TABLES_APART
    struct fc_timeline_tables apart;
    lane.tables = &apart;
#endif
    fc_i32 order[FC_CHUNK], next = 0, running = 0;
    count = fc_timeline_order(run, chunk, count, order);
    if (count == 0)
        return;
    for (fc_i32 l = 0; l < FC_W; l++) {
        fc_i32 index = next < count ? order[next++] : -1;
        running += index >= 0;
        fc_timeline_start(run, chunk, first, index, l, &lane);
    }
    while (running > 0) {
        fc_timeline_event(run, tables, seed, &lane);
        fc_i32 any = 0;
        FC_LANES (l)
            any |= lane.over[l];
        if (!any)
            continue;
        for (fc_i32 l = 0; l < FC_W; l++) {
            if (!lane.over[l])
                continue;
            fc_timeline_finish(run, chunk, l, &lane);
            fc_i32 index = next < count ? order[next++] : -1;
            running -= index < 0;
            fc_timeline_start(run, chunk, first, index, l, &lane);
        }
    }
}

#endif
