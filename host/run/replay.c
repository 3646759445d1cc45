/* replay.c: see replay.h. */
#include "replay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FC_W 1
#define FC_CHUNK 1
#include "cuda/model/trial.h"

const char *const fc_bucket_names[FC_BUCKET_COUNT] = {"productive", "redone",   "checkpoint",
                                                      "detection",  "restart",  "waiting",
                                                      "planned",    "slowdown", "programme"};

const char *fc_replay_what(const struct fc_replay_event *event)
{
    static const char *const classes[FC_CLASS_COUNT] = {
#define CLASS_SHARED(id, number, name, ...) [number] = name,
#define CLASS_OWN(id, number, name, ...) [number] = name,
#define CLASS_SOFT(id, number, name, ...) [number] = name,
#include "cuda/model/classes.def"
    };
    switch (event->kind) {
    case FC_REPLAY_PLANNED:
        return "planned stop";
    case FC_REPLAY_FINISHED:
        return "finished";
    case FC_REPLAY_WATCHED:
        return "end of the time watched";
    case FC_REPLAY_FAILURE:
    case FC_REPLAY_SLOW:
        break;
    }
    return event->class_of >= 0 ? classes[event->class_of] : "interruption";
}

/* All that an event changes. */
static struct fc_replay_event state_of(const struct fc_timeline_lanes *lane, bool detailed)
{
    struct fc_replay_event s = {.to = lane->wall[0], .swaps = lane->swaps[0]};
    s.bucket[FC_BUCKET_PRODUCTIVE] = lane->position[0];
    s.bucket[FC_BUCKET_REDONE] = lane->redone[0];
    s.bucket[FC_BUCKET_CHECKPOINT] = lane->checkpoint[0];
    s.bucket[FC_BUCKET_DETECTION] = lane->detection[0];
    s.bucket[FC_BUCKET_RESTART] = lane->restarting[0];
    s.bucket[FC_BUCKET_WAITING] = lane->waiting[0];
    s.bucket[FC_BUCKET_PLANNED] = lane->planned[0];
    if (detailed) {
        fc_i32 trained = fc_min_i32(lane->phase[0], fc_to_ticks(lane->interval[0]));
        s.bucket[FC_BUCKET_PRODUCTIVE] += trained; /* not yet in a checkpoint, but not lost */
        s.bucket[FC_BUCKET_CHECKPOINT] += lane->phase[0] - trained;
        s.bucket[FC_BUCKET_SLOWDOWN] = lane->slowdown[0];
        s.rack_swaps = lane->rack_swaps[0];
        s.shortages = lane->shortages[0];
    }
    return s;
}

static int add_event(struct fc_replay *replay, const struct fc_replay_event *event, struct fc_error *error)
{
    if (replay->count == replay->room) {
        size_t room = replay->room ? 2 * replay->room : 256;
        struct fc_replay_event *grown = realloc(replay->events, room * sizeof *grown);
        if (!grown)
            return fc_fail(error, FC_FAULT, "out of memory for the log of the trial");
        replay->events = grown;
        replay->room = room;
    }
    replay->events[replay->count++] = *event;
    return 0;
}

void fc_replay_free(struct fc_replay *replay)
{
    free(replay->events);
    free(replay->metrics);
    *replay = (struct fc_replay){0};
}

int fc_replay_trial(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t number,
                    struct fc_replay *replay, struct fc_error *error)
{
    *replay = (struct fc_replay){.tick_s = (double)program->run.tick_s};
    if ((program->layers & FC_LAYER_RUN) && program->run.sums.on)
        return fc_fail(error, FC_BAD_INPUT,
                       "reliability.timeline is sums, and a sum has no events to tell; replay with reliability.timeline: "
                       "events");
    if (!(program->layers & FC_LAYER_RUN))
        return fc_fail(error, FC_BAD_INPUT,
                       "the scenario has no run to replay (its layers stop before it); state layers: run");
    struct fc_chunk *chunk = calloc(1, sizeof *chunk);
    struct fc_timeline_lanes *lane = calloc(1, sizeof *lane);
    replay->metrics = malloc((size_t)program->metric_count * sizeof *replay->metrics);
    int status =
        chunk && lane && replay->metrics ? 0 : fc_fail(error, FC_FAULT, "out of memory for the trial");
    if (status)
        goto out;
    bool detailed = program->run.detailed;
    fc_trial_begin(program, tables, seed, number, 1, chunk);
    fc_timeline_start(&program->run, &chunk->timeline, number, 0, 0, lane);
    struct fc_replay_event before = state_of(lane, detailed);
    fc_i32 count[FC_CLASS_COUNT] = {0}, stops = 0, failures = 0, idle = 0;
    while (!status && !lane->over[0]) {
        fc_timeline_event(&program->run, tables, seed, lane);
        struct fc_replay_event event = state_of(lane, detailed);
        event.class_of = -1;
        for (int c = 0; detailed && c < FC_CLASS_COUNT; c++)
            event.class_of = FC_TABLES(lane)->class_count[c][0] > count[c] ? c : event.class_of;
        if (detailed && lane->idle_failures[0] > idle)
            event.class_of = FC_CLASS_IDLE;
        event.kind = lane->finished[0]                ? FC_REPLAY_FINISHED
                     : lane->planned_stops[0] > stops ? FC_REPLAY_PLANNED
                     : lane->failures[0] > failures   ? FC_REPLAY_FAILURE
                     : event.class_of >= 0            ? FC_REPLAY_SLOW
                                                      : FC_REPLAY_WATCHED;
        if (event.kind == FC_REPLAY_WATCHED && !lane->over[0])
            continue; /* what would have struck a tray that is down, or the end of a wait: part of what
                         follows */
        struct fc_replay_event now = event;
        event.from = before.to;
        for (int b = 0; b < FC_BUCKET_COUNT; b++)
            event.bucket[b] -= before.bucket[b];
        event.swaps -= before.swaps;
        event.rack_swaps -= before.rack_swaps;
        event.shortages -= before.shortages;
        status = add_event(replay, &event, error);
        before = now;
        for (int c = 0; detailed && c < FC_CLASS_COUNT; c++)
            count[c] = FC_TABLES(lane)->class_count[c][0];
        stops = lane->planned_stops[0];
        failures = lane->failures[0];
        idle = detailed ? lane->idle_failures[0] : 0;
    }
    if (status)
        goto out;
    fc_timeline_finish(&program->run, &chunk->timeline, 0, lane);
    fc_trial_end(program, tables, seed, number, 1, chunk, replay->metrics, 1);
    const struct fc_timeline_chunk *t = &chunk->timeline;
    const int64_t bucket[FC_BUCKET_COUNT] = {
        t->productive[0], t->redone[0],  t->checkpoint[0], t->detection[0],
        t->restarting[0], t->waiting[0], t->planned[0],    detailed ? t->slowdown[0] : 0,
        t->programme[0]};
    memcpy(replay->bucket, bucket, sizeof bucket);
    replay->wall = t->wall[0];
out:
    free(chunk);
    free(lane);
    if (status)
        fc_replay_free(replay);
    return status;
}
