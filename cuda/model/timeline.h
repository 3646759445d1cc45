/* timeline.h: one run from start to last token (or for a stretch of wall time), simulated from failure to failure.
 *
 * Time is counted in integer ticks, so the buckets of a trial sum to its wall time exactly. Between two interruptions
 * the schedule is known (train `interval`, stall for a checkpoint, and again), so a failure's rollback point is
 * arithmetic and checkpoints are never events: one event costs the same however many checkpoints it spans.
 *
 * Law of an interruption: exponential gap with mean `gap_mean` while the job trains, checkpoints or restarts; none
 * while a fault is being detected, while the job waits for a node, or in a planned stop. This is the setting of
 * E[segment] = e^(R/M) (M + D) (e^(s/M) - 1) (Daly 2006; Robert, Herault et al.), which the tests hold it to.
 *
 * A failed node that must be replaced goes to repair and returns to the pool of spares. With c spares the job waits
 * when c + 1 nodes are in repair, until the first comes back: P(wait) is Erlang-B(c + 1) for any repair law.
 *
 * Lanes whose run ends take the next trial of the chunk at once, so long and short runs mix without idle lanes. */
#ifndef FC_MODEL_TIMELINE_H
#define FC_MODEL_TIMELINE_H

#include "draw.h"

#define FC_SPARES 63 /* most spare nodes */
#define FC_FOREVER 0x7fffffff
#define FC_HORIZON_LIMIT 0x40000000 /* 2^30 */

/* Trials of a chunk share one pass through the layers; a GPU thread has a chunk of one. */
#ifndef FC_CHUNK
#define FC_CHUNK 1
#endif

/* What the timeline needs to know of each trial of a chunk, and what it tells. Times in ticks. */
struct fc_timeline_chunk {
    fc_i32 work[FC_CHUNK];
    fc_i32 restart[FC_CHUNK];
    fc_i32 planned_every[FC_CHUNK]; /* FC_FOREVER: none */
    fc_i32 planned_stop[FC_CHUNK];
    fc_real gap_mean[FC_CHUNK];
    fc_real interval[FC_CHUNK];
    fc_real stall[FC_CHUNK];
    fc_real detection_scale[FC_CHUNK]; /* ticks per second of the law */
    fc_real repair_scale[FC_CHUNK];
    fc_real swap_probability[FC_CHUNK];

    fc_i32 wall[FC_CHUNK];
    fc_i32 productive[FC_CHUNK];
    fc_i32 redone[FC_CHUNK];
    fc_i32 checkpoint[FC_CHUNK];
    fc_i32 detection[FC_CHUNK];
    fc_i32 restarting[FC_CHUNK];
    fc_i32 waiting[FC_CHUNK];
    fc_i32 planned[FC_CHUNK];
    fc_i32 failures[FC_CHUNK];
    fc_i32 planned_stops[FC_CHUNK];
    fc_i32 swaps[FC_CHUNK];
    fc_i32 finished[FC_CHUNK];
};

/* The runs in flight, one per lane. */
struct fc_timeline_lanes {
    fc_u32 trial_low[FC_W], trial_high[FC_W], event[FC_W];
    fc_i32 index[FC_W]; /* trial of the chunk, -1: idle */

    fc_i32 work[FC_W], restart[FC_W], planned_every[FC_W], planned_stop[FC_W];
    fc_real gap_mean[FC_W], interval[FC_W], stall[FC_W], per_period[FC_W], per_interval[FC_W];
    fc_real detection_scale[FC_W], repair_scale[FC_W], swap_probability[FC_W];

    fc_i32 position[FC_W]; /* work safe in a checkpoint */
    fc_i32 wall[FC_W], pending_restart[FC_W], next_planned[FC_W];
    fc_i32 redone[FC_W], checkpoint[FC_W], detection[FC_W], restarting[FC_W], waiting[FC_W], planned[FC_W];
    fc_i32 failures[FC_W], planned_stops[FC_W], swaps[FC_W], finished[FC_W], over[FC_W];
    fc_i32 spare_ready[FC_SPARES][FC_W]; /* when each spare is (again) ready */
};

/* Exact optimum of the work between checkpoints for stall d and mean gap m (same unit):
 * m [1 + W0(-exp(-d/m - 1))] (Daly 2006, eq. 37 in closed form), found by Newton's method on
 * ln(1 - u) + u + d/m = 0, u = interval / m, from the branch-point series of Lambert's W. */
FC_FN fc_real fc_optimal_interval(fc_real stall, fc_real mean_gap)
{
    fc_real x = stall / mean_gap;
    fc_real series = x * fc_fma(x, fc_fma(x, (fc_real)0.16666667f, (fc_real)-0.5f), (fc_real)1.0f);
    fc_real one_minus_exp = x < (fc_real)0.01f ? series : (fc_real)1.0f - fc_exp(-x);
    fc_real p = fc_sqrt((fc_real)2.0f * one_minus_exp);
    fc_real u = p * fc_fma(p, fc_fma(p, (fc_real)0.15277778f, (fc_real)-0.33333333f), (fc_real)1.0f);
    /* where the stall is longer than the mean gap, u is near 1: W0(-z) = -z - z^2 - 3/2 z^3 ... */
    fc_real z = ((fc_real)1.0f - one_minus_exp) * (fc_real)0.36787944f;
    fc_real near_one = (fc_real)1.0f - z * fc_fma(z, fc_fma(z, (fc_real)1.5f, (fc_real)1.0f), (fc_real)1.0f);
    u = x < (fc_real)1.0f ? u : near_one;
    for (int i = 0; i < 4; i++) {
        /* below 0.1 the power series avoids the cancellation in ln(1 - u) + u */
        fc_real s = fc_fma(u, (fc_real)0.14285714f, (fc_real)0.16666667f);
        s = fc_fma(u, fc_fma(u, fc_fma(u, fc_fma(u, s, (fc_real)0.2f), (fc_real)0.25f), (fc_real)0.33333333f),
                   (fc_real)0.5f);
        fc_real small = -(u * u) * s;
        fc_real large = fc_log((fc_real)1.0f - u) + u;
        fc_real f = (u < (fc_real)0.1f ? small : large) + x;
        u = fc_fma(f, ((fc_real)1.0f - u) / u, u);
        u = fc_min(fc_max(u, (fc_real)1e-6f), (fc_real)0.999999f);
    }
    return u * mean_gap;
}

/* Puts trial `index` of the chunk into lane l; index < 0 leaves the lane idle. */
FC_FN void fc_timeline_start(FC_GLOBAL const struct fc_program *program, const struct fc_timeline_chunk *chunk,
                             fc_u64 first, fc_i32 index, fc_i32 l, struct fc_timeline_lanes *lane)
{
    fc_i32 i = index < 0 ? 0 : index;
    fc_u64 trial = first + (fc_u64)i;
    lane->index[l] = index;
    lane->trial_low[l] = (fc_u32)trial;
    lane->trial_high[l] = (fc_u32)(trial >> 32);
    lane->event[l] = 0;
    lane->work[l] = chunk->work[i];
    lane->restart[l] = chunk->restart[i];
    lane->planned_every[l] = chunk->planned_every[i];
    lane->planned_stop[l] = chunk->planned_stop[i];
    lane->gap_mean[l] = chunk->gap_mean[i];
    lane->interval[l] = chunk->interval[i];
    lane->stall[l] = chunk->stall[i];
    lane->per_period[l] = (fc_real)1.0f / (chunk->interval[i] + chunk->stall[i]);
    lane->per_interval[l] = (fc_real)1.0f / chunk->interval[i];
    lane->detection_scale[l] = chunk->detection_scale[i];
    lane->repair_scale[l] = chunk->repair_scale[i];
    lane->swap_probability[l] = chunk->swap_probability[i];
    lane->position[l] = 0;
    lane->wall[l] = 0;
    lane->pending_restart[l] = 0;
    lane->next_planned[l] = chunk->planned_every[i];
    lane->redone[l] = 0;
    lane->checkpoint[l] = 0;
    lane->detection[l] = 0;
    lane->restarting[l] = 0;
    lane->waiting[l] = 0;
    lane->planned[l] = 0;
    lane->failures[l] = 0;
    lane->planned_stops[l] = 0;
    lane->swaps[l] = 0;
    lane->finished[l] = 0;
    lane->over[l] = 0;
    for (fc_i32 k = 0; k < program->run.spares; k++)
        lane->spare_ready[k][l] = 0;
}

/* Writes the finished run of lane l back to the chunk. */
FC_FN void fc_timeline_finish(struct fc_timeline_chunk *chunk, fc_i32 l, const struct fc_timeline_lanes *lane)
{
    fc_i32 i = lane->index[l];
    chunk->wall[i] = lane->wall[l];
    chunk->productive[i] = lane->position[l];
    chunk->redone[i] = lane->redone[l];
    chunk->checkpoint[i] = lane->checkpoint[l];
    chunk->detection[i] = lane->detection[l];
    chunk->restarting[i] = lane->restarting[l];
    chunk->waiting[i] = lane->waiting[l];
    chunk->planned[i] = lane->planned[l];
    chunk->failures[i] = lane->failures[l];
    chunk->planned_stops[i] = lane->planned_stops[l];
    chunk->swaps[i] = lane->swaps[l];
    chunk->finished[i] = lane->finished[l];
}

/* Waits for a node where one must be replaced: wait[l] ticks from lane->wall on, given its repair time. */
FC_FN void fc_timeline_take_spare(fc_i32 spares, const fc_i32 *swap, const fc_i32 *repair, fc_i32 *wait,
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
        which[l] = swap[l] && own > earliest[l] ? which[l] : -1; /* else the failed node itself is back first */
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

/* One event in every lane: the next failure, planned stop, end of the work or of the time watched. */
FC_FN void fc_timeline_event(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables, fc_u64 seed,
                             struct fc_timeline_lanes *lane)
{
    fc_u32 words[4][FC_W];
    fc_real gap[FC_W], detection_s[FC_W], repair_s[FC_W];
    fc_i32 swap[FC_W], repair[FC_W], wait[FC_W];
    fc_i32 horizon = program->run.horizon;
    fc_real last = program->run.last_checkpoint ? (fc_real)0.0f : (fc_real)-1.0f;

    fc_random_words(seed, lane->trial_low, lane->trial_high, lane->event, FC_STREAM_TIMELINE, words);
    FC_LANES (l)
        gap[l] = fc_exponential(words[0][l]);
    fc_draw_lanes(&program->run.detection, tables, words[2], detection_s);
    fc_draw_lanes(&program->run.repair, tables, words[3], repair_s);

    FC_LANES (l) {
        fc_i32 left = lane->work[l] - lane->position[l];
        fc_i32 restart = lane->pending_restart[l];
        /* checkpoints until the end of the work; the 0.999 forgives rounding where work / interval is whole */
        fc_real stalls = fc_floor(fc_fma((fc_real)left, lane->per_interval[l], (fc_real)0.999f)) + last;
        stalls = fc_max(stalls, (fc_real)0.0f);
        fc_i32 to_stall = fc_min_i32(fc_to_ticks(stalls * lane->stall[l]), FC_HORIZON_LIMIT / 2);
        fc_i32 to_finish = restart + left + to_stall;
        /* a tick at least, so that a run of nothing but failures ends too */
        fc_i32 to_failure = fc_max_i32(fc_to_ticks(gap[l] * lane->gap_mean[l]), 1);
        fc_i32 to_planned = fc_max_i32(lane->next_planned[l] - lane->wall[l], 0);
        fc_i32 to_horizon = horizon - lane->wall[l];
        fc_i32 to_stop = fc_min_i32(to_planned, to_horizon);
        fc_i32 finish = to_finish <= to_stop && to_finish <= to_failure;
        fc_i32 fail = !finish && to_failure < to_stop;
        fc_i32 stop = !finish && !fail;                     /* planned stop or end of the time watched */
        fc_i32 plan = stop && to_planned < to_horizon;
        fc_i32 elapsed = finish ? to_finish : fail ? to_failure : to_stop;

        fc_i32 in_restart = fc_min_i32(elapsed, restart);
        fc_i32 span = elapsed - in_restart;
        fc_real whole = fc_min(fc_floor((fc_real)span * lane->per_period[l]), stalls);
        fc_i32 saved = fc_min_i32(fc_to_ticks(whole * lane->interval[l]), fc_min_i32(left, span));
        fc_i32 stalled = fc_min_i32(fc_to_ticks(whole * lane->stall[l]), span - saved);
        fc_i32 rest = span - saved - stalled;
        fc_i32 unsaved = fc_min_i32(rest, fc_min_i32(fc_to_ticks(lane->interval[l]), left - saved));
        stalled += rest - unsaved;
        saved = finish ? left : stop ? saved + unsaved : saved;
        stalled = finish ? to_stall : stalled;

        lane->position[l] += saved;
        lane->checkpoint[l] += stalled;
        lane->redone[l] += fail ? unsaved : 0;
        lane->restarting[l] += in_restart;
        lane->wall[l] += elapsed;
        lane->failures[l] += fail;
        lane->finished[l] = finish;
        lane->event[l] += 1u;

        fc_i32 detection = fc_min_i32(fc_to_ticks(detection_s[l] * lane->detection_scale[l]), horizon - lane->wall[l]);
        detection = fail ? detection : 0;
        lane->detection[l] += detection;
        lane->wall[l] += detection;

        fc_i32 planned = fc_min_i32(lane->planned_stop[l], horizon - lane->wall[l]);
        planned = plan ? planned : 0;
        lane->planned[l] += planned;
        lane->planned_stops[l] += plan;
        lane->wall[l] += planned;
        fc_i32 every = lane->planned_every[l];
        fc_i32 next = every > FC_FOREVER - lane->next_planned[l] ? FC_FOREVER : lane->next_planned[l] + every;
        lane->next_planned[l] = plan ? next : lane->next_planned[l];

        lane->pending_restart[l] = lane->restart[l];
        swap[l] = fail && fc_uniform(words[1][l]) < lane->swap_probability[l];
        lane->swaps[l] += swap[l];
        repair[l] = fc_min_i32(fc_to_ticks(repair_s[l] * lane->repair_scale[l]), FC_HORIZON_LIMIT);
    }

    fc_timeline_take_spare(program->run.spares, swap, repair, wait, lane);
    FC_LANES (l) {
        fc_i32 pause = fc_min_i32(wait[l], horizon - lane->wall[l]);
        lane->waiting[l] += pause;
        lane->wall[l] += pause;
        lane->over[l] = lane->index[l] >= 0 && (lane->finished[l] || lane->wall[l] >= horizon);
    }
}

/* Simulates the first `count` trials of the chunk; trial i of the chunk has the number first + i. */
FC_FN void fc_timeline_run(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables, fc_u64 seed,
                           fc_u64 first, fc_i32 count, struct fc_timeline_chunk *chunk)
{
    struct fc_timeline_lanes lane;
    fc_i32 next = 0;
    fc_i32 running = 0;
    for (fc_i32 l = 0; l < FC_W; l++) {
        fc_i32 index = next < count ? next : -1;
        next += index >= 0;
        running += index >= 0;
        fc_timeline_start(program, chunk, first, index, l, &lane);
    }
    while (running > 0) {
        fc_timeline_event(program, tables, seed, &lane);
        fc_i32 any = 0;
        FC_LANES (l)
            any |= lane.over[l];
        if (!any)
            continue;
        for (fc_i32 l = 0; l < FC_W; l++) {
            if (!lane.over[l])
                continue;
            fc_timeline_finish(chunk, l, &lane);
            fc_i32 index = next < count ? next : -1;
            next += index >= 0;
            running -= index < 0;
            fc_timeline_start(program, chunk, first, index, l, &lane);
        }
    }
}

#endif
