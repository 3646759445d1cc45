/* run.h: simulates a range of trials on one or several devices at once.
 *
 * Devices take batches from one queue, each as large as its measured speed allows, so a slow one never holds
 * up the rest. A batch counts whole or not at all: when a device fails, its batch goes back to the queue and
 * the others do it. A device that gives no answer for five minutes counts as failed. A stop waits half a second for
 * the batches under way. The answer does not depend on who did what (host/result/tally.h). */
#ifndef FC_HOST_RUN_H
#define FC_HOST_RUN_H

#include "host/backends/backend.h"

enum { FC_NOTES_MAX = 16, FC_NOTE_BYTES = 400 };

/* A device at work. */
struct fc_worker {
    const struct fc_backend *backend;
    int device; /* number in the backend's discover */
    int feeder; /* thread of the placement that it is fed from, counted from 1; 0: bound nowhere */
    char name[2 * FC_DEVICE_NAME_BYTES];
    /* filled by fc_run */
    uint64_t trials;
    double busy_s;
    bool failed;
    bool hung; /* its driver did not come back; it is not asked again */
    struct fc_error error;
};

/* What a fc_progress wants. */
enum { FC_PROGRESS_ON, FC_PROGRESS_STOP, FC_PROGRESS_KEEP /* a call of fc_keep */ };

/* Called now and then from one thread, with the trials done so far; returns FC_PROGRESS_... */
typedef int fc_progress(void *context, uint64_t done, uint64_t total, double elapsed_s);

/* Takes the metric rows of a finished batch: metric row r of trial first + i is at samples[r * count + i].
 * Called by one thread at a time, batches in any order. A nonzero return stops the run with FC_FAULT. */
typedef int fc_sink(void *context, uint64_t first, uint64_t count, const float *samples);

/* Called when progress asks for it, while no worker changes the tally or its own figures: what is there may be
 * written to a file. */
typedef void fc_keep(void *context);

struct fc_run_request {
    struct fc_job job;
    struct fc_host host;
    uint64_t first, count; /* trials to add to the tally; those already covered by it are skipped */
    /* Quasi-Monte Carlo: the points of each shift; `first` and `count` then run over all points of the first shift, those
     * of the second and so on (cuda/model/program.h has the numbers of these trials). 0: plain worlds. */
    uint64_t points;
    struct fc_worker *workers;
    int worker_count;
    fc_progress *progress; /* may be NULL */
    fc_keep *keep;         /* may be NULL */
    fc_sink *sink;         /* may be NULL */
    void *context;         /* of all three */
    uint64_t batch;        /* trials per batch; 0: as speed allows */
};

struct fc_run_outcome {
    double wall_s;
    bool stopped; /* progress asked to stop; what is in the tally is whole batches */
    /* A worker did not come back in time: its thread still uses the job, the host and the workers of the request,
     * so nothing of them may be freed. Write what there is, then fc_process_end_now (host/base/process.h). */
    bool abandoned;
    int notes; /* what a person should know: devices that failed */
    char note[FC_NOTES_MAX][FC_NOTE_BYTES];
};

/* Adds the requested trials to `tally`. Fails with FC_NO_DEVICE when no worker can be opened, with FC_FAULT
 * when all of them failed during the run: the tally then holds every batch that was finished. */
int fc_run(const struct fc_run_request *request, struct fc_tally *tally, struct fc_run_outcome *outcome,
           struct fc_error *error);

#endif
