/* race.h: how fast each device simulates, measured side by side and only where the answer is right.
 *
 * A race is one program and the contenders that simulate it. First every contender does the same few trials,
 * and its digest is held against the scalar kernel's; who is wrong gets no time. Then the contenders take
 * turns, round after round, so that whatever slows the machine slows all; the median round counts. */
#ifndef FC_BENCH_RACE_H
#define FC_BENCH_RACE_H

#include "host/backends/backend.h"

enum { FC_BENCH_ROUNDS = 5, FC_BENCH_CHECK_TRIALS = 2048 };

struct fc_contender {
    char label[160]; /* "CPU avx512, 2 threads", "OpenCL: ..." */
    char driver[FC_DEVICE_NAME_BYTES];
    const struct fc_backend *backend;
    int device;
    struct fc_host host;
    /* filled by fc_bench_race */
    bool wrong;
    char failure[200];                     /* why there is no time; empty when there is one */
    double trials_per_s, slowest, fastest; /* median and extremes of the rounds */
    uint64_t trials;                       /* of a round */
};

/* Races the contenders over `seconds` each (all rounds together). Fails when not even the scalar kernel can
 * run. */
int fc_bench_race(const struct fc_job *job, struct fc_contender *contenders, int count, double seconds,
                  uint64_t *digest, struct fc_error *error);

/* Timeline events (interruptions and planned stops) of a trial of the job, on average. 0 without a timeline.
 */
double fc_bench_events_per_trial(const struct fc_job *job, struct fc_error *error);

/* Yardsticks of one core: events per second whose random words, or words and variates, are made and nothing
 * else. */
struct fc_yardstick {
    const char *kernel;
    bool wrong; /* a short run differs from the same sum made one lane at a time */
    double words_per_s, variates_per_s;
};
int fc_bench_yardsticks(struct fc_yardstick *yardsticks, int max, double seconds, struct fc_error *error);

/* Peak resident memory of `program run scenario -b cpu -n trials` in a process of its own, bytes; never less
 * than what the calling process holds when it starts it. */
int fc_bench_memory(const char *program, const char *scenario, uint64_t trials, uint64_t *peak_bytes,
                    struct fc_error *error);

#endif
