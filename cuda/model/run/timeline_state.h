/* timeline_state.h: what a run in flight knows: the parameters and results of the trials of a chunk, and the
 * lanes.
 *
 * Times are integer ticks unless the name says otherwise. Members below the mark 'detailed' are touched only
 * by detailed runs (program.h). */
#ifndef FC_MODEL_TIMELINE_STATE_H
#define FC_MODEL_TIMELINE_STATE_H

#include "../base/draw.h"
#include "../inputs.h"
#include "run_program.h"

#define FC_SPARES 63      /* most spare trays in the pool */
#define FC_SPARE_RACKS 31 /* most spare racks */
#define FC_SLOTS 128      /* trays under repair at a time, where spares stand in the racks */
#define FC_SLOT_CHAINS 64 /* of slots, by rack */
#define FC_SLOT_NONE 255  /* no slot */
#define FC_RACK_DOWN 32   /* trays of one rack under repair at a time */
#define FC_CREWS 31       /* most repair crews, where they are counted */
#define FC_MISSING 32     /* units that a waiting job lacks at a time */
#define FC_AGE_HEAP 128   /* renewed units whose next failure is known, per run */
#define FC_EVENTS_MOST                                                                                       \
    (1u << 18) /* events of one run; it is given up as one that does not end. Judgement: ten
                                     times those of a year on 100 thousand GPUs, under a second on one core */
#define FC_FOREVER 0x7fffffff
#define FC_HORIZON_LIMIT 0x40000000 /* 2^30 */
#define FC_DEBT_LIMIT 0x08000000    /* 2^27 */

/* How a run is simulated; a constant at every call, so that a run pays for nothing that it does not use. */
#define FC_MODE_PLAIN 0    /* one rate of interruptions */
#define FC_MODE_DETAILED 1 /* fc_run.detail is in use */
#define FC_MODE_LEVELS 2   /* with checkpoints in memory and durable ones */

FC_FN fc_i32 fc_run_mode(FC_GLOBAL const struct fc_run *run)
{
    return !run->detailed                   ? FC_MODE_PLAIN
           : run->detail.durable_every <= 1 ? FC_MODE_DETAILED
                                            : FC_MODE_LEVELS;
}

/* Trials of a chunk share one pass through the layers; a GPU thread has a chunk of one. */
#ifndef FC_CHUNK
#define FC_CHUNK 1
#endif

/* What the timeline needs to know of each trial of a chunk, and what it tells. */
struct fc_timeline_chunk {
    fc_i32 work[FC_CHUNK];
    fc_i32 restart[FC_CHUNK];
    fc_i32 planned_every[FC_CHUNK]; /* FC_FOREVER: none */
    fc_i32 planned_stop[FC_CHUNK];
    fc_real gap_mean[FC_CHUNK];
    fc_real interval[FC_CHUNK];
    fc_real stall[FC_CHUNK];
    fc_real detection_scale[FC_CHUNK]; /* ticks per second of the distribution */
    fc_real repair_scale[FC_CHUNK];
    fc_real swap_probability[FC_CHUNK];
    fc_real programme_share[FC_CHUNK]; /* of the kept training that the programme spends */
    fc_i32 by[FC_CHUNK];               /* enum fc_by (sums.h): 0 where runs go event by event */

    fc_i32 wall[FC_CHUNK];
    fc_i32 productive[FC_CHUNK];
    fc_i32 redone[FC_CHUNK];
    fc_i32 checkpoint[FC_CHUNK];
    fc_i32 detection[FC_CHUNK];
    fc_i32 restarting[FC_CHUNK];
    fc_i32 waiting[FC_CHUNK];
    fc_i32 planned[FC_CHUNK];
    fc_i32 programme[FC_CHUNK];
    fc_i32 failures[FC_CHUNK];
    fc_i32 planned_stops[FC_CHUNK];
    fc_i32 swaps[FC_CHUNK];
    fc_i32 finished[FC_CHUNK];

    /* detailed */
    fc_real edge[FC_CLASS_COUNT]
                [FC_CHUNK]; /* upper ends of the classes' shares of the rate; the last is not read */
    fc_real slow_node_loss[FC_CHUNK], slow_network_loss[FC_CHUNK];
    fc_real manual[FC_CHUNK], ineffective[FC_CHUNK], wrong_node[FC_CHUNK], burst[FC_CHUNK];
    fc_real durable_stall[FC_CHUNK], degraded_loss[FC_CHUNK], age_mean[FC_CHUNK], swing_loss[FC_CHUNK];
    fc_i32 write[FC_CHUNK], durable_load[FC_CHUNK], replica_out[FC_CHUNK], spare_start[FC_CHUNK];
    fc_real hold_gap[FC_CHUNK]; /* mean gap between failures of idle trays while the job waits */
    fc_real reduced_loss[FC_CHUNK], lemon_rate[FC_CHUNK], lemon_retired[FC_CHUNK];

    fc_real missing[FC_CHUNK]; /* tray-ticks that the job lacked */
    fc_i32 idle_failures[FC_CHUNK], lemons[FC_CHUNK];
    fc_i32 slowdown[FC_CHUNK], rack_swaps[FC_CHUNK], slow_episodes[FC_CHUNK], shortages[FC_CHUNK];
    fc_i32 overflows[FC_CHUNK];
    fc_i32 class_count[FC_CLASS_COUNT][FC_CHUNK];
};

/* Whether what is looked up by a number that is not known when the program is compiled lies apart from the rest: a compiler
 * for a GPU keeps a structure in registers only when all its members are named by constants. */
#if defined(__CUDACC__) || (defined(__OPENCL_VERSION__) && FC_W == 1)
#define FC_TABLES_APART 1
#else
#define FC_TABLES_APART 0
#endif

/* Where unit k of lane l stands in a pool of at most `most`: a lane's side by side, where one look takes in many. */
#if FC_POOL_BY_LANE
#define FC_POOL_AT(most, k, l) ((l) * ((most) + 1) + (k))
#else
#define FC_POOL_AT(most, k, l) ((k)*FC_W + (l))
#endif
#define FC_SPARE_AT(k, l) FC_POOL_AT(FC_SPARES, k, l)
#define FC_RACK_AT(k, l) FC_POOL_AT(FC_SPARE_RACKS, k, l)

/* Of the runs in flight, what is looked up by number; a lane's together where it is looked through a lane at a time. */
struct fc_timeline_tables {
    fc_i32 spare_ready[(FC_SPARES + 1) * FC_W]; /* when each spare is (again) ready: FC_POOL_AT */

    /* detailed */
    fc_real edge[FC_CLASS_COUNT][FC_W];
    fc_i32 class_count[FC_CLASS_COUNT][FC_W];
    fc_i32 rack_ready[(FC_SPARE_RACKS + 1) * FC_W]; /* the same */
    /* in-rack spares: trays under repair, when each is ready and which rack it is from */
    fc_i32 slot_ready[FC_W][FC_SLOTS], slot_rack[FC_W][FC_SLOTS];
    fc_u16 slot_next[FC_W][FC_SLOTS], slot_head[FC_W][FC_SLOT_CHAINS]; /* chains of slots */
    fc_i32 crew_free[FC_W][FC_CREWS];
    fc_i32 missing_ready[FC_W][FC_MISSING];
    fc_i32 heap[FC_W][FC_AGE_HEAP]; /* ages of renewed units */
};

/* The runs in flight, one per lane. */
struct fc_timeline_lanes {
    fc_u32 trial_low[FC_W], trial_high[FC_W], event[FC_W];
    fc_i32 index[FC_W]; /* trial of the chunk, -1: idle */

    fc_i32 work[FC_W], restart[FC_W], planned_every[FC_W], planned_stop[FC_W];
    fc_i32 interval_ticks[FC_W]; /* of the interval, rounded */
    fc_real gap_mean[FC_W], interval[FC_W], stall[FC_W], per_period[FC_W], per_interval[FC_W];
    fc_real detection_scale[FC_W], repair_scale[FC_W], swap_probability[FC_W];

    fc_i32 position[FC_W]; /* work safe in a checkpoint */
    fc_i32 wall[FC_W], pending_restart[FC_W], next_planned[FC_W];
    fc_i32 redone[FC_W], checkpoint[FC_W], detection[FC_W], restarting[FC_W], waiting[FC_W], planned[FC_W];
    fc_i32 failures[FC_W], planned_stops[FC_W], swaps[FC_W], finished[FC_W], over[FC_W];
    fc_i32 cursor[FC_W]; /* where to look first for a spare */

    /* detailed */
    fc_real slow_node_loss[FC_W], slow_network_loss[FC_W], manual[FC_W], ineffective[FC_W], wrong_node[FC_W];
    fc_real burst[FC_W], durable_stall[FC_W], per_super[FC_W], degraded_loss[FC_W], age_mean[FC_W];
    fc_i32 write[FC_W], durable_load[FC_W], replica_out[FC_W], spare_start[FC_W];

    fc_i32 phase[FC_W];    /* time since the last checkpoint at the last event that did not stop the job */
    fc_i32 snapshot[FC_W]; /* 1: that phase began with a checkpoint, 0: with a restart */
    fc_i32 debt[FC_W];     /* time that lower speed will still cost */
    fc_i32 since[FC_W];    /* checkpoints in memory since the last durable one */
    fc_i32 durable[FC_W];  /* work safe in a durable checkpoint */
    fc_i32 again[FC_W];    /* 1 + class of a fault that was not removed, else 0 */
    fc_i32 slow_node_until[FC_W], slow_network_until[FC_W];
    fc_i32 slowdown[FC_W], rack_swaps[FC_W], slow_episodes[FC_W], shortages[FC_W], overflows[FC_W];
    fc_i32 slots[FC_W],
        slot_free[FC_W]; /* in-rack spares: slots that have ever been in use; the first free one of them */
    fc_i32 short_until[FC_W];            /* until then some rack lacks a segment */
    fc_i32 reduced_until[FC_W];          /* until then some replica runs with fewer GPUs */
    fc_i32 hold[FC_W], hold_until[FC_W]; /* 1: the job waits, and idle trays may fail meanwhile */
    fc_real missing[FC_W], hold_gap[FC_W], reduced_loss[FC_W];
    fc_i32 idle_failures[FC_W];
    fc_real lemon_rate[FC_W], lemon_retired[FC_W]; /* further rate of a lemon, per tick */
    fc_i32 lemons[FC_W], pool_lemons[FC_W];
    fc_i32 rack_cursor[FC_W];

    fc_i32 exposure[FC_W];   /* time in which failures could strike */
    fc_i32 next_age[FC_W];   /* exposure at the next failure of a unit with an age */
    fc_i32 first_next[FC_W]; /* the same of the units that have never failed */
    fc_i32 never_failed[FC_W];
    fc_real hazard[FC_W]; /* cumulative hazard of the last first failure */
    fc_i32 heap_size[FC_W];

#if FC_TABLES_APART
    struct fc_timeline_tables *tables;
#else
    struct fc_timeline_tables tables;
#endif
};

#if FC_TABLES_APART
#define FC_TABLES(lane) ((lane)->tables)
#else
#define FC_TABLES(lane) (&(lane)->tables)
#endif

/* The detailed part of fc_timeline_start. */
FC_FN void fc_timeline_start_detail(FC_GLOBAL const struct fc_run_detail *detail,
                                    const struct fc_timeline_chunk *chunk, fc_i32 i, fc_i32 l,
                                    struct fc_timeline_lanes *lane)
{
    for (fc_i32 c = 0; c < FC_CLASS_COUNT; c++) {
        FC_TABLES(lane)->edge[c][l] = chunk->edge[c][i];
        FC_TABLES(lane)->class_count[c][l] = 0;
    }
    lane->slow_node_loss[l] = chunk->slow_node_loss[i];
    lane->slow_network_loss[l] = chunk->slow_network_loss[i];
    lane->manual[l] = chunk->manual[i];
    lane->ineffective[l] = chunk->ineffective[i];
    lane->wrong_node[l] = chunk->wrong_node[i];
    lane->burst[l] = chunk->burst[i];
    lane->durable_stall[l] = chunk->durable_stall[i];
    fc_real every = (fc_real)detail->durable_every;
    fc_real super =
        every * (chunk->interval[i] + chunk->stall[i]) - chunk->stall[i] + chunk->durable_stall[i];
    lane->per_super[l] = 1.0f / super;
    lane->degraded_loss[l] = chunk->degraded_loss[i];
    lane->age_mean[l] = chunk->age_mean[i];
    lane->write[l] = chunk->write[i];
    lane->durable_load[l] = chunk->durable_load[i];
    lane->replica_out[l] = chunk->replica_out[i];
    lane->spare_start[l] = chunk->spare_start[i];
    lane->phase[l] = 0;
    lane->snapshot[l] = 0;
    lane->debt[l] = 0;
    lane->since[l] = 0;
    lane->durable[l] = 0;
    lane->again[l] = 0;
    lane->slow_node_until[l] = 0;
    lane->slow_network_until[l] = 0;
    lane->slowdown[l] = 0;
    lane->rack_swaps[l] = 0;
    lane->slow_episodes[l] = 0;
    lane->shortages[l] = 0;
    lane->overflows[l] = 0;
    lane->slots[l] = 0;
    lane->slot_free[l] = FC_SLOT_NONE;
    for (fc_i32 k = 0; k < FC_SLOT_CHAINS; k++)
        FC_TABLES(lane)->slot_head[l][k] = FC_SLOT_NONE;
    lane->short_until[l] = 0;
    lane->reduced_until[l] = 0;
    for (fc_i32 k = 0; k < detail->crews; k++)
        FC_TABLES(lane)->crew_free[l][k] = 0;
    lane->hold[l] = 0;
    for (fc_i32 k = 0; k < FC_MISSING; k++)
        FC_TABLES(lane)->missing_ready[l][k] = 0;
    lane->missing[l] = 0.0f;
    lane->hold_gap[l] = chunk->hold_gap[i];
    lane->reduced_loss[l] = chunk->reduced_loss[i];
    lane->idle_failures[l] = 0;
    lane->lemon_rate[l] = chunk->lemon_rate[i];
    lane->lemon_retired[l] = chunk->lemon_retired[i];
    lane->lemons[l] = 0;
    lane->pool_lemons[l] = 0;
    lane->rack_cursor[l] = 0;
    for (fc_i32 k = 0; k < detail->spare_racks; k++)
        FC_TABLES(lane)->rack_ready[FC_RACK_AT(k, l)] = 0;
    lane->exposure[l] = 0;
    lane->next_age[l] = FC_FOREVER;
    lane->first_next[l] = 0;
    lane->never_failed[l] = detail->age_units;
    lane->hazard[l] = 0.0f;
    lane->heap_size[l] = 0;
}

/* Puts trial `index` of the chunk into lane l; index < 0 leaves the lane idle. */
FC_FN void fc_timeline_start(FC_GLOBAL const struct fc_run *run, const struct fc_timeline_chunk *chunk,
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
    lane->interval_ticks[l] = fc_to_ticks(chunk->interval[i]);
    lane->stall[l] = chunk->stall[i];
    lane->per_period[l] = 1.0f / (chunk->interval[i] + chunk->stall[i]);
    lane->per_interval[l] = 1.0f / chunk->interval[i];
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
    lane->cursor[l] = 0;
    for (fc_i32 k = 0; k < run->spares; k++)
        FC_TABLES(lane)->spare_ready[FC_SPARE_AT(k, l)] = 0;
    if (run->detailed)
        fc_timeline_start_detail(&run->detail, chunk, i, l, lane);
}

/* The detailed part of fc_timeline_finish. */
FC_FN void fc_timeline_finish_detail(struct fc_timeline_chunk *chunk, fc_i32 i, fc_i32 l,
                                     const struct fc_timeline_lanes *lane)
{
    /* the time watched may end in the pause after a failure that did not stop the job */
    fc_i32 trained = fc_min_i32(lane->phase[l], lane->interval_ticks[l]);
    fc_i32 kept = chunk->productive[i] + trained;
    fc_i32 swing = fc_to_ticks((fc_real)kept * chunk->swing_loss[i]);
    swing = fc_min_i32(swing, kept);
    chunk->productive[i] = kept - swing;
    chunk->checkpoint[i] += lane->phase[l] - trained;
    chunk->slowdown[i] = lane->slowdown[l] + swing;
    chunk->rack_swaps[i] = lane->rack_swaps[l];
    chunk->slow_episodes[i] = lane->slow_episodes[l];
    chunk->shortages[i] = lane->shortages[l];
    chunk->overflows[i] = lane->overflows[l];
    chunk->missing[i] = lane->missing[l];
    chunk->idle_failures[i] = lane->idle_failures[l];
    chunk->lemons[i] = lane->lemons[l];
    for (fc_i32 c = 0; c < FC_CLASS_COUNT; c++)
        chunk->class_count[c][i] = FC_TABLES(lane)->class_count[c][l];
}

/* Takes what people and programme spend off the productive time of trial i. */
FC_FN void fc_timeline_programme(FC_GLOBAL const struct fc_run *run, struct fc_timeline_chunk *chunk,
                                 fc_i32 i)
{
    fc_real share = run->operation ? chunk->programme_share[i] : 0.0f;
    fc_i32 programme = fc_to_ticks((fc_real)chunk->productive[i] * share);
    programme = fc_min_i32(programme, chunk->productive[i]);
    chunk->programme[i] = programme;
    chunk->productive[i] -= programme;
}

/* The same of the trials base ... base + FC_W - 1 that go by sums. */
FC_FN void fc_timeline_programme_sums(FC_GLOBAL const struct fc_run *run, struct fc_timeline_chunk *chunk,
                                      fc_i32 base, fc_i32 by_sums)
{
    fc_i32 operation = run->operation;
    FC_LANES (l) {
        fc_i32 i = base + l, on = chunk->by[i] == by_sums, productive = chunk->productive[i];
        fc_real share = operation ? chunk->programme_share[i] : 0.0f;
        fc_i32 programme = fc_min_i32(fc_to_ticks((fc_real)productive * share), productive);
        chunk->programme[i] = on ? programme : chunk->programme[i];
        chunk->productive[i] = productive - (on ? programme : 0);
    }
}

/* Writes the finished run of lane l back to the chunk. */
FC_FN void fc_timeline_finish(FC_GLOBAL const struct fc_run *run, struct fc_timeline_chunk *chunk, fc_i32 l,
                              const struct fc_timeline_lanes *lane)
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
    if (run->detailed)
        fc_timeline_finish_detail(chunk, i, l, lane);
    fc_timeline_programme(run, chunk, i);
}

#endif
