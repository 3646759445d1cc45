/* replay.h: one trial again, event by event: the same model functions as in a run, one lane wide, with the
 * state looked at between two events. There is no second model: what the log says is what the run counted. */
#ifndef FC_HOST_REPLAY_H
#define FC_HOST_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "cuda/model/program.h"
#include "host/base/error.h"

/* Where time goes; the order of a log's columns. */
enum fc_bucket {
    FC_BUCKET_PRODUCTIVE,
    FC_BUCKET_REDONE,
    FC_BUCKET_CHECKPOINT,
    FC_BUCKET_DETECTION,
    FC_BUCKET_RESTART,
    FC_BUCKET_WAITING,
    FC_BUCKET_PLANNED,
    FC_BUCKET_SLOWDOWN,
    FC_BUCKET_PROGRAMME, /* of the whole trial only: its share of the kept training, taken off at the end */
    FC_BUCKET_COUNT
};
extern const char *const fc_bucket_names[FC_BUCKET_COUNT];

enum fc_replay_kind {
    FC_REPLAY_FAILURE,
    FC_REPLAY_SLOW,
    FC_REPLAY_PLANNED,
    FC_REPLAY_FINISHED,
    FC_REPLAY_WATCHED
};

struct fc_replay_event {
    enum fc_replay_kind kind;
    int class_of;                    /* enum fc_class; -1: a plain run has one class */
    int64_t from, to;                /* ticks of wall time: the event ends what began at `from` */
    int64_t bucket[FC_BUCKET_COUNT]; /* ticks; productive is negative where old work is lost again */
    int swaps, rack_swaps, shortages;
};

struct fc_replay {
    struct fc_replay_event *events;
    size_t count, room;
    int64_t wall, bucket[FC_BUCKET_COUNT]; /* ticks, of the whole trial */
    double tick_s;
    float *metrics; /* program->metric_count values, in the order of program->metrics */
};

/* Replays trial `number`. Fails with FC_BAD_INPUT when the program has no run layer. */
int fc_replay_trial(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t number,
                    struct fc_replay *replay, struct fc_error *error);
void fc_replay_free(struct fc_replay *replay);

/* "gpu", "planned stop" ... of an event. */
const char *fc_replay_what(const struct fc_replay_event *event);

#endif
