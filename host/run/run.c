/* run.c: see run.h. */
#include "run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/base/clock.h"
#include "host/base/stop.h"

#define FIRST_BATCH 4096u /* small, so that speed is known soon */
#define BATCH_SECONDS 0.2 /* time that a batch should take: progress and hand-over stay smooth */
#define STOP_SECONDS 0.5  /* that a stop waits for the batches under way */
#define HUNG_SECONDS 300  /* without an answer: a device has hung (FLOPCAST_HUNG_S shortens it in tests) */
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
    /* under the queue's lock */
    bool busy, ended;            /* has a batch; has nothing more to do */
    bool lost;                   /* gave no answer for too long: whatever it still brings is dropped */
    struct fc_trial_range batch; /* what it has */
    double since_s;              /* when it got it */
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

/* Fills the queue with what of a range is not yet covered, lowest trials on top. */
static int fill_range(struct queue *q, const struct fc_tally *tally, uint64_t first, uint64_t count)
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
    return end > first ? push(q, first, end - first) : 0;
}

/* Fills the queue with what is asked for and not yet covered; with shifts, no range goes over from one into the next. */
static int fill(struct queue *q, const struct fc_tally *tally, const struct fc_run_request *request)
{
    uint64_t points = request->points, begin = request->first, end = begin + request->count;
    if (points == 0 && fill_range(q, tally, begin, request->count))
        return -1;
    while (points > 0 && end > begin) {
        uint64_t shift = (end - 1) / points, from = shift * points > begin ? shift * points : begin;
        if (fill_range(q, tally, (shift << FC_SHIFT_BIT) + (from - shift * points), end - from))
            return -1;
        end = from;
    }
    for (size_t i = 0; i < q->count; i++)
        q->total += q->todo[i].count;
    return 0;
}

/* Takes up to `want` trials; false when there is nothing left to do. Waits while others might give batches
 * back. */
static bool take(struct thread *self, uint64_t want)
{
    struct queue *q = self->queue;
    pthread_mutex_lock(&q->lock);
    while (!q->stop && q->count == 0 && q->in_flight > 0)
        pthread_cond_wait(&q->idle, &q->lock);
    bool got = !q->stop && !self->lost && q->count > 0;
    if (got) {
        struct fc_trial_range *top = &q->todo[q->count - 1];
        uint64_t n = top->count < want ? top->count : want;
        self->batch = (struct fc_trial_range){top->first, n};
        self->busy = true;
        self->since_s = fc_clock_s();
        top->first += n;
        top->count -= n;
        if (top->count == 0)
            q->count--;
        q->in_flight++;
    }
    pthread_mutex_unlock(&q->lock);
    return got;
}

/* Ends a batch: merges it into the whole, or gives it back when its worker failed. Returns whether the worker may
 * go on. */
static bool finish(struct thread *self, struct fc_tally *part, const float *samples, bool failed,
                   const struct fc_error *why, double took_s)
{
    struct queue *q = self->queue;
    const struct fc_run_request *request = q->request;
    struct fc_trial_range batch = self->batch;
    pthread_mutex_lock(&q->lock);
    if (self->lost) { /* the batch is another's by now */
        pthread_mutex_unlock(&q->lock);
        return false;
    }
    struct fc_error problem = {0};
    self->busy = false;
    if (failed) {
        if (!fc_stop_asked()) { /* a stop in the middle of a batch is no fault of the device */
            self->worker->failed = true;
            self->worker->error = *why;
        }
        if (push(q, batch.first, batch.count))
            fc_fail(&problem, FC_FAULT, "out of memory while requeueing a failed batch");
    } else if (samples && request->sink &&
               request->sink(request->context, batch.first, batch.count, samples)) {
        fc_fail(&problem, FC_FAULT, "samples could not be written");
    } else if (fc_tally_merge(q->tally, part, &problem) == 0) {
        q->done += batch.count;
        self->worker->trials += batch.count;
        self->worker->busy_s += took_s;
    }
    if (problem.status) {
        q->fault = problem;
        q->stop = true;
    }
    q->in_flight--;
    pthread_cond_broadcast(&q->idle);
    pthread_mutex_unlock(&q->lock);
    return !failed;
}

/* The worker is done with the queue; nothing of it may be touched after this. */
static void end(struct thread *self, const struct fc_error *failure)
{
    struct queue *q = self->queue;
    pthread_mutex_lock(&q->lock);
    if (failure) {
        self->worker->failed = true;
        self->worker->error = *failure;
    }
    self->ended = true;
    pthread_cond_broadcast(&q->idle);
    pthread_mutex_unlock(&q->lock);
}

static void *work(void *argument)
{
    struct thread *self = argument;
    const struct fc_run_request *request = self->queue->request;
    const struct fc_backend *backend = self->worker->backend;
    int rows = request->job.program->metric_count;
    const struct fc_host *host = &request->host;
    int feeder = self->worker->feeder;
    struct fc_tally part;
    struct fc_error error = {0};
    float *samples = NULL;
    uint64_t samples_room = 0, trials = 0;
    double busy_s = 0;
    if (feeder > 0 && host->topology && host->placement) /* the run can go on unbound */
        (void)fc_placement_bind_thread(host->topology, host->placement, feeder - 1, NULL, 0);
    if (fc_tally_create(&part, request->job.program->metrics, rows, &error)) {
        end(self, &error);
        return NULL;
    }
    uint64_t most = backend->largest_batch(self->session);
    if (request->sink && rows > 0 && most > SAMPLES_MAX / (uint64_t)rows)
        most = SAMPLES_MAX / (uint64_t)rows;
    uint64_t least = backend->smallest_batch ? backend->smallest_batch(self->session) : 0;
    least = least > FIRST_BATCH / 16 ? least : FIRST_BATCH / 16;
    uint64_t want = request->batch ? request->batch : least > FIRST_BATCH ? least : FIRST_BATCH;
    want = want > most ? most : want;
    while (take(self, want)) {
        uint64_t first = self->batch.first, count = self->batch.count;
        bool failed = false;
        if (request->sink && count > samples_room) {
            free(samples);
            samples_room = count;
            samples = malloc((size_t)rows * samples_room * sizeof *samples);
            if (!samples)
                failed = fc_fail(&error, FC_FAULT, "out of memory for the samples of a batch") != 0;
        }
        double begin = fc_clock_s();
        if (!failed)
            failed = backend->run(self->session, first, count, &part, samples, &error) != 0;
        double took_s = fc_clock_s() - begin;
        bool on = finish(self, &part, samples, failed, &error, took_s);
        fc_tally_clear(&part);
        if (!on)
            break;
        trials += count;
        busy_s += took_s;
        if (!request->batch) {
            double size = (double)trials / (busy_s + 1e-9) * BATCH_SECONDS;
            uint64_t grown = size < 1e18 ? (uint64_t)size : (uint64_t)1 << 60;
            grown = grown > 4 * want ? 4 * want : grown; /* one lucky batch must not decide */
            want = grown < least ? least : grown;
            want = want > most ? most : want;
        }
    }
    fc_tally_free(&part);
    free(samples);
    end(self, NULL);
    return NULL;
}

static void add_note(struct fc_run_outcome *outcome, const char *name, const char *what,
                     const struct fc_error *error)
{
    if (outcome->notes < FC_NOTES_MAX)
        snprintf(outcome->note[outcome->notes++], FC_NOTE_BYTES, "%.100s %s: %.260s", name, what,
                 error->text);
}

/* Waits up to `seconds` for news of the queue, whose lock is held. */
static void wait_news(struct queue *q, double seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)(seconds * 1e9);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&q->idle, &q->lock, &until);
}

static double hung_seconds(void)
{
    const char *text = getenv("FLOPCAST_HUNG_S");
    double seconds = text ? atof(text) : 0;
    return seconds > 0 ? seconds : HUNG_SECONDS;
}

/* Takes the batches of devices that gave no answer for too long from them. The CPU never hangs, it is slow. */
static void drop_hung(struct queue *q, struct thread *threads, int count, double limit_s)
{
    for (int i = 0; i < count; i++) {
        struct thread *t = &threads[i];
        if (!t->busy || t->lost || t->worker->backend == &fc_backend_cpu ||
            fc_clock_s() - t->since_s < limit_s)
            continue;
        t->lost = true;
        t->worker->failed = true;
        fc_fail(&t->worker->error, FC_FAULT, "it gave no answer for %.3g s (its driver has hung)", limit_s);
        if (push(q, t->batch.first, t->batch.count)) {
            fc_fail(&q->fault, FC_FAULT, "out of memory while requeueing a failed batch");
            q->stop = true;
        }
        q->in_flight--;
        pthread_cond_broadcast(&q->idle);
    }
}

/* Reports progress until nothing is left to do or every worker has ended or is lost. */
static void watch(struct queue *q, struct thread *threads, int count, struct fc_run_outcome *outcome)
{
    const struct fc_run_request *request = q->request;
    double limit_s = hung_seconds();
    pthread_mutex_lock(&q->lock);
    for (;;) {
        bool over = q->stop || (q->count == 0 && q->in_flight == 0);
        int alive = 0;
        for (int i = 0; i < count; i++)
            alive += threads[i].started && !threads[i].ended && !threads[i].lost;
        if (!over && alive > 0)
            wait_news(q, 0.1);
        drop_hung(q, threads, count, limit_s);
        uint64_t done = q->done, total = q->total;
        int wish = FC_PROGRESS_ON;
        if (request->progress) {
            pthread_mutex_unlock(&q->lock);
            wish = request->progress(request->context, done, total, fc_clock_s() - q->start_s);
            pthread_mutex_lock(&q->lock);
        }
        if (wish == FC_PROGRESS_STOP) {
            q->stop = true;
            outcome->stopped = true;
            pthread_cond_broadcast(&q->idle);
            over = true;
        } else if (wish == FC_PROGRESS_KEEP && request->keep && !over) {
            request->keep(request->context);
        }
        if (over || alive == 0)
            break;
    }
    pthread_mutex_unlock(&q->lock);
}

/* Waits for the threads: without end where the work is done, for a moment after a stop. Those that are lost or
 * do not come are left alone. */
static void gather(struct queue *q, struct thread *threads, int count, struct fc_run_outcome *outcome)
{
    double start_s = fc_clock_s();
    pthread_mutex_lock(&q->lock);
    for (;;) {
        int open = 0;
        for (int i = 0; i < count; i++)
            open += threads[i].started && !threads[i].ended && !threads[i].lost;
        if (open == 0 || (outcome->stopped && fc_clock_s() - start_s >= STOP_SECONDS))
            break;
        wait_news(q, 0.05);
        if (!outcome->stopped && q->request->progress &&
            q->request->progress(q->request->context, q->done, q->total, fc_clock_s() - q->start_s) ==
                FC_PROGRESS_STOP)
            outcome->stopped = true; /* also while one driver lets all wait */
        drop_hung(q, threads, count, hung_seconds());
    }
    for (int i = 0; i < count; i++)
        if (threads[i].started && !threads[i].ended)
            threads[i].lost = threads[i].worker->hung = true;
    pthread_mutex_unlock(&q->lock);
    for (int i = 0; i < count; i++) {
        if (threads[i].started && threads[i].lost)
            (void)pthread_detach(threads[i].handle);
        else if (threads[i].started)
            (void)pthread_join(threads[i].handle, NULL);
    }
}

int fc_run(const struct fc_run_request *request, struct fc_tally *tally, struct fc_run_outcome *outcome,
           struct fc_error *error)
{
    int status = -1, opened = 0;
    *outcome = (struct fc_run_outcome){0};
    struct queue *q = calloc(1, sizeof *q); /* both outlive the call where a thread does not come back */
    struct thread *threads = calloc((size_t)request->worker_count + 1, sizeof *threads);
    if (!threads || !q) {
        free(q);
        free(threads);
        return fc_fail(error, FC_FAULT, "out of memory while starting the run");
    }
    q->request = request;
    q->tally = tally;
    q->start_s = fc_clock_s();
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->idle, NULL);
    if (fill(q, tally, request)) {
        fc_fail(error, FC_FAULT, "out of memory for the queue of trials");
        goto out;
    }
    for (int i = 0; i < request->worker_count; i++) {
        struct fc_worker *worker = &request->workers[i];
        threads[i].queue = q;
        threads[i].worker = worker;
        if (worker->hung)
            continue; /* to call its driver again would hang this thread as well */
        worker->failed = false;
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
        if (threads[i].session)
            threads[i].started = pthread_create(&threads[i].handle, NULL, work, &threads[i]) == 0;
    watch(q, threads, request->worker_count, outcome);
    gather(q, threads, request->worker_count, outcome);
    for (int i = 0; i < request->worker_count; i++)
        if (threads[i].started && request->workers[i].failed)
            add_note(outcome, request->workers[i].name, "failed during the run", &request->workers[i].error);
    outcome->stopped =
        outcome->stopped && q->done < q->total; /* the batches under way may have been the last */
    if (q->fault.status) {
        *error = q->fault;
    } else if (q->done < q->total && !outcome->stopped) {
        const char *last = outcome->notes ? outcome->note[outcome->notes - 1] : "no thread could be started";
        fc_fail(error, FC_FAULT, "%llu of %llu trials are done (%s)", (unsigned long long)q->done,
                (unsigned long long)q->total, last);
    } else {
        status = 0;
    }
out:
    outcome->wall_s = fc_clock_s() - q->start_s;
    for (int i = 0; i < request->worker_count; i++) {
        if (threads[i].session && !threads[i].lost)
            request->workers[i].backend->close(threads[i].session);
        outcome->abandoned = outcome->abandoned || request->workers[i].hung;
    }
    for (int i = 0; i < request->worker_count; i++)
        if (threads[i].lost)
            return status; /* its thread still uses the queue */
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->idle);
    free(q->todo);
    free(q);
    free(threads);
    return status;
}
