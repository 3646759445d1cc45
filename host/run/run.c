/* run.c: see run.h. */
#include "run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/base/clock.h"

#define FIRST_BATCH 4096u /* small, so that speed is known soon */
#define BATCH_SECONDS 0.2 /* time that a batch should take: progress and hand-over stay smooth */
#define SAMPLES_MAX ((uint64_t)1 << 26) /* values of a batch that wait for the sink: 256 MiB per worker */

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t idle;         /* a batch came back, or a worker ended */
    struct fc_trial_range *todo; /* a stack; the top is handed out first */
    size_t count, room;
    uint64_t total, done;
    int in_flight;
    bool stop;
    struct fc_error fault; /* of the sink or the tally; status FC_DONE when none */
    const struct fc_run_request *request;
    struct fc_tally *tally;
    double start_s;
};

struct thread {
    pthread_t handle;
    struct queue *queue;
    struct fc_worker *worker;
    struct fc_session *session;
    bool started;
};

static int push(struct queue *q, uint64_t first, uint64_t count)
{
    if (q->count == q->room) {
        size_t room = q->room ? 2 * q->room : 16;
        struct fc_trial_range *grown = realloc(q->todo, room * sizeof *grown);
        if (!grown)
            return -1;
        q->todo = grown;
        q->room = room;
    }
    q->todo[q->count++] = (struct fc_trial_range){first, count};
    return 0;
}

/* Fills the queue with what is asked for and not yet covered, lowest trials on top. */
static int fill(struct queue *q, const struct fc_tally *tally, uint64_t first, uint64_t count)
{
    uint64_t end = first + count;
    for (size_t i = tally->range_count; i-- > 0;) {
        struct fc_trial_range have = tally->ranges[i];
        uint64_t have_end = have.first + have.count;
        if (have.first >= end || have_end <= first)
            continue;
        if (have_end < end && push(q, have_end, end - have_end))
            return -1;
        end = have.first > first ? have.first : first;
    }
    if (end > first && push(q, first, end - first))
        return -1;
    for (size_t i = 0; i < q->count; i++)
        q->total += q->todo[i].count;
    return 0;
}

/* Takes up to `want` trials; false when there is nothing left to do. Waits while others might give batches
 * back. */
static bool take(struct queue *q, uint64_t want, struct fc_trial_range *batch)
{
    pthread_mutex_lock(&q->lock);
    while (!q->stop && q->count == 0 && q->in_flight > 0)
        pthread_cond_wait(&q->idle, &q->lock);
    bool got = !q->stop && q->count > 0;
    if (got) {
        struct fc_trial_range *top = &q->todo[q->count - 1];
        uint64_t n = top->count < want ? top->count : want;
        *batch = (struct fc_trial_range){top->first, n};
        top->first += n;
        top->count -= n;
        if (top->count == 0)
            q->count--;
        q->in_flight++;
    }
    pthread_mutex_unlock(&q->lock);
    return got;
}

/* Ends a batch: merges it into the whole, or gives it back when its worker (`failed`) failed. */
static void finish(struct queue *q, struct fc_trial_range batch, struct fc_tally *part, const float *samples,
                   struct fc_worker *failed)
{
    const struct fc_run_request *request = q->request;
    pthread_mutex_lock(&q->lock);
    struct fc_error problem = {0};
    if (failed) {
        failed->failed = true;
        if (push(q, batch.first, batch.count))
            fc_fail(&problem, FC_FAULT, "no memory to hand a failed batch on");
    } else if (samples && request->sink &&
               request->sink(request->context, batch.first, batch.count, samples)) {
        fc_fail(&problem, FC_FAULT, "samples could not be written");
    } else if (fc_tally_merge(q->tally, part, &problem) == 0) {
        q->done += batch.count;
    }
    if (problem.status) {
        q->fault = problem;
        q->stop = true;
    }
    q->in_flight--;
    pthread_cond_broadcast(&q->idle);
    pthread_mutex_unlock(&q->lock);
}

static void *work(void *argument)
{
    struct thread *self = argument;
    struct queue *q = self->queue;
    const struct fc_run_request *request = q->request;
    struct fc_worker *worker = self->worker;
    int rows = request->job.program->metric_count;
    struct fc_tally part;
    float *samples = NULL;
    uint64_t samples_room = 0;
    if (fc_tally_create(&part, request->job.program->metrics, rows, &worker->error)) {
        pthread_mutex_lock(&q->lock);
        worker->failed = true;
        pthread_cond_broadcast(&q->idle);
        pthread_mutex_unlock(&q->lock);
        return NULL;
    }
    uint64_t most = worker->backend->largest_batch(self->session);
    if (request->sink && rows > 0 && most > SAMPLES_MAX / (uint64_t)rows)
        most = SAMPLES_MAX / (uint64_t)rows;
    uint64_t want = request->batch ? request->batch : FIRST_BATCH;
    want = want > most ? most : want;
    struct fc_trial_range batch;
    while (take(q, want, &batch)) {
        bool failed = false;
        if (request->sink && batch.count > samples_room) {
            free(samples);
            samples_room = batch.count;
            samples = malloc((size_t)rows * samples_room * sizeof *samples);
            if (!samples)
                failed = fc_fail(&worker->error, FC_FAULT, "no memory for the samples of a batch") != 0;
        }
        double begin = fc_clock_s();
        if (!failed)
            failed = worker->backend->run(self->session, batch.first, batch.count, &part, samples,
                                          &worker->error) != 0;
        double took = fc_clock_s() - begin;
        finish(q, batch, &part, samples, failed ? worker : NULL);
        fc_tally_clear(&part);
        if (failed)
            break;
        worker->trials += batch.count;
        worker->busy_s += took;
        if (!request->batch) {
            double rate = (double)worker->trials / (worker->busy_s + 1e-9);
            double size = rate * BATCH_SECONDS;
            uint64_t grown = size < 1e18 ? (uint64_t)size : (uint64_t)1 << 60;
            grown = grown > 4 * want ? 4 * want : grown; /* one lucky batch must not decide */
            want = grown < FIRST_BATCH / 16 ? FIRST_BATCH / 16 : grown;
            want = want > most ? most : want;
        }
    }
    fc_tally_free(&part);
    free(samples);
    pthread_mutex_lock(&q->lock);
    pthread_cond_broadcast(&q->idle);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static void add_note(struct fc_run_outcome *outcome, const char *name, const char *what,
                     const struct fc_error *error)
{
    if (outcome->notes < FC_NOTES_MAX)
        snprintf(outcome->note[outcome->notes++], FC_NOTE_BYTES, "%.100s %s: %.260s", name, what,
                 error->text);
}

/* Reports progress until nothing is left to do or every worker has ended. */
static void watch(struct queue *q, struct thread *threads, int count, struct fc_run_outcome *outcome)
{
    const struct fc_run_request *request = q->request;
    for (;;) {
        pthread_mutex_lock(&q->lock);
        bool over = q->stop || (q->count == 0 && q->in_flight == 0);
        int alive = 0;
        for (int i = 0; i < count; i++)
            alive += threads[i].started && !threads[i].worker->failed;
        if (!over && alive > 0) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 100000000;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            pthread_cond_timedwait(&q->idle, &q->lock, &until);
        }
        uint64_t done = q->done, total = q->total;
        pthread_mutex_unlock(&q->lock);
        if (request->progress &&
            request->progress(request->context, done, total, fc_clock_s() - q->start_s)) {
            pthread_mutex_lock(&q->lock);
            q->stop = true;
            outcome->stopped = done < total;
            pthread_cond_broadcast(&q->idle);
            pthread_mutex_unlock(&q->lock);
            over = true;
        }
        if (over || alive == 0)
            return;
    }
}

int fc_run(const struct fc_run_request *request, struct fc_tally *tally, struct fc_run_outcome *outcome,
           struct fc_error *error)
{
    struct queue q = {.request = request, .tally = tally, .start_s = fc_clock_s()};
    int status = -1, opened = 0;
    *outcome = (struct fc_run_outcome){0};
    struct thread *threads = calloc((size_t)request->worker_count + 1, sizeof *threads);
    if (!threads)
        return fc_fail(error, FC_FAULT, "no memory to run");
    pthread_mutex_init(&q.lock, NULL);
    pthread_cond_init(&q.idle, NULL);
    if (fill(&q, tally, request->first, request->count)) {
        fc_fail(error, FC_FAULT, "no memory for the queue of trials");
        goto out;
    }
    for (int i = 0; i < request->worker_count; i++) {
        struct fc_worker *worker = &request->workers[i];
        threads[i].queue = &q;
        threads[i].worker = worker;
        if (worker->backend->open(&threads[i].session, worker->device, &request->job, &request->host,
                                  &worker->error)) {
            worker->failed = true;
            add_note(outcome, worker->name, "cannot be used", &worker->error);
            *error = worker->error;
        } else {
            opened++;
        }
    }
    if (opened == 0)
        goto out;
    for (int i = 0; i < request->worker_count; i++)
        if (!request->workers[i].failed)
            threads[i].started = pthread_create(&threads[i].handle, NULL, work, &threads[i]) == 0;
    watch(&q, threads, request->worker_count, outcome);
    for (int i = 0; i < request->worker_count; i++)
        if (threads[i].started)
            pthread_join(threads[i].handle, NULL);
    for (int i = 0; i < request->worker_count; i++)
        if (threads[i].started && request->workers[i].failed)
            add_note(outcome, request->workers[i].name, "failed on the way", &request->workers[i].error);
    outcome->stopped =
        outcome->stopped && q.done < q.total; /* the batches under way may have been the last */
    if (q.fault.status) {
        *error = q.fault;
    } else if (q.done < q.total && !outcome->stopped) {
        const char *last = outcome->notes ? outcome->note[outcome->notes - 1] : "no thread could be started";
        fc_fail(error, FC_FAULT, "%llu of %llu trials are done (%s)", (unsigned long long)q.done,
                (unsigned long long)q.total, last);
    } else {
        status = 0;
    }
out:
    for (int i = 0; i < request->worker_count; i++)
        if (threads[i].session)
            request->workers[i].backend->close(threads[i].session);
    outcome->wall_s = fc_clock_s() - q.start_s;
    pthread_mutex_destroy(&q.lock);
    pthread_cond_destroy(&q.idle);
    free(q.todo);
    free(threads);
    return status;
}
