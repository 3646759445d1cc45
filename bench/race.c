/* race.c: see bench.h. */
#include "race.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "cuda/model/base/draw.h"
#include "host/run/builtin.h"
#include "host/backends/kernels.h"
#include "host/result/statistics.h"

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A contender at its place: a session that stays open and a thread of its own, so that threads stay bound as
 * its backend binds them. The main thread hands it a number of trials and waits. */
struct lane {
    const struct fc_job *job;
    struct fc_contender *contender;
    struct fc_session *session;
    pthread_t thread;
    sem_t go, done;
    bool started;
    uint64_t count; /* trials of the next turn; 0: end */
    struct fc_tally tally;
    double took_s;
    int failed;
    struct fc_error error;
};

static void *stay(void *argument)
{
    struct lane *lane = argument;
    const struct fc_backend *backend = lane->contender->backend;
    lane->failed = backend->open(&lane->session, lane->contender->device, lane->job, &lane->contender->host,
                                 &lane->error);
    sem_post(&lane->done);
    for (;;) {
        while (sem_wait(&lane->go)) /* a signal came in between */
            ;
        if (lane->count == 0)
            break;
        uint64_t most = lane->failed ? 0 : backend->largest_batch(lane->session);
        double begin_s = fc_clock_s();
        for (uint64_t at = 0; at < lane->count && !lane->failed;) {
            uint64_t here = lane->count - at < most ? lane->count - at : most;
            lane->failed = backend->run(lane->session, at, here, &lane->tally, NULL, &lane->error);
            at += here;
        }
        lane->took_s = fc_clock_s() - begin_s;
        sem_post(&lane->done);
    }
    if (lane->session)
        backend->close(lane->session);
    return NULL;
}

static int start(struct lane *lane, const struct fc_job *job, struct fc_contender *contender)
{
    *lane = (struct lane){.job = job, .contender = contender};
    if (fc_tally_create(&lane->tally, job->program->metrics, job->program->metric_count, &lane->error))
        return -1;
    if (sem_init(&lane->go, 0, 0) || sem_init(&lane->done, 0, 0) ||
        pthread_create(&lane->thread, NULL, stay, lane) != 0)
        return fc_fail(&lane->error, FC_FAULT, "no thread could be started");
    lane->started = true;
    while (sem_wait(&lane->done))
        ;
    return lane->failed;
}

/* Simulates trials 0 ... count - 1; the tally of the turn is left in lane->tally. */
static int turn(struct lane *lane, uint64_t count)
{
    if (lane->failed)
        return -1;
    fc_tally_clear(&lane->tally);
    lane->count = count;
    sem_post(&lane->go);
    while (sem_wait(&lane->done))
        ;
    return lane->failed;
}

static void end(struct lane *lane)
{
    if (lane->started) {
        lane->count = 0;
        sem_post(&lane->go);
        pthread_join(lane->thread, NULL);
    }
    fc_tally_free(&lane->tally);
}

/* The kernel whose answer is taken as right: one lane, no vector instructions. */
static const char *reference_isa(void)
{
    const struct fc_kernel *scalar = fc_kernel_find("scalar");
    return scalar && fc_kernel_runs_here(scalar) ? "scalar" : "portable";
}

static int right_answer(const struct fc_job *job, uint64_t *digest, struct fc_error *error)
{
    struct fc_contender reference = {.backend = &fc_backend_cpu,
                                     .host = {.threads = 1, .isa = reference_isa()}};
    struct lane lane;
    int status = start(&lane, job, &reference) || turn(&lane, FC_BENCH_CHECK_TRIALS);
    if (status)
        *error = lane.error;
    else
        *digest = fc_tally_digest(&lane.tally, job->seed);
    end(&lane);
    return status ? -1 : 0;
}

/* Checks the answer, warms up, and finds how many trials fill a round of `round_s`. */
static void prepare(struct lane *lane, uint64_t right, double round_s)
{
    struct fc_contender *c = lane->contender;
    uint64_t count = FC_BENCH_CHECK_TRIALS;
    c->wrong = false;
    c->failure[0] = '\0';
    if (lane->failed || turn(lane, count)) {
        snprintf(c->failure, sizeof c->failure, "%.190s", lane->error.text);
        return;
    }
    uint64_t digest = fc_tally_digest(&lane->tally, lane->job->seed);
    if (digest != right) {
        c->wrong = true;
        snprintf(c->failure, sizeof c->failure, "WRONG (digest %016llx, right is %016llx)",
                 (unsigned long long)digest, (unsigned long long)right);
        return;
    }
    for (int i = 0; i < 12; i++) {
        if (turn(lane, count)) {
            snprintf(c->failure, sizeof c->failure, "%.190s", lane->error.text);
            return;
        }
        double wanted = (double)count / (lane->took_s > 1e-7 ? lane->took_s : 1e-7) * round_s;
        bool enough = lane->took_s > 0.3 * round_s;
        double grown = wanted < 8.0 * (double)count ? wanted : 8.0 * (double)count;
        count = grown < 256 ? 256 : (uint64_t)grown;
        if (enough)
            break;
    }
    c->trials = count;
}

int fc_bench_race(const struct fc_job *job, struct fc_contender *contenders, int count, double seconds,
                  uint64_t *digest, struct fc_error *error)
{
    if (right_answer(job, digest, error))
        return -1;
    double(*rates)[FC_BENCH_ROUNDS] = calloc((size_t)count + 1, sizeof *rates);
    struct lane *lanes = calloc((size_t)count + 1, sizeof *lanes);
    if (!rates || !lanes) {
        free(rates);
        free(lanes);
        return fc_fail(error, FC_FAULT, "out of memory for the benchmark");
    }
    for (int i = 0; i < count; i++) {
        if (start(&lanes[i], job, &contenders[i]))
            lanes[i].failed = -1;
        prepare(&lanes[i], *digest, seconds / FC_BENCH_ROUNDS);
    }
    for (int round = 0; round < FC_BENCH_ROUNDS; round++) {
        for (int i = 0; i < count; i++) {
            struct fc_contender *c = &contenders[i];
            if (c->failure[0])
                continue;
            if (turn(&lanes[i], c->trials))
                snprintf(c->failure, sizeof c->failure, "%.190s", lanes[i].error.text);
            rates[i][round] = (double)c->trials / (lanes[i].took_s > 0 ? lanes[i].took_s : 1e-9);
        }
    }
    for (int i = 0; i < count; i++) {
        end(&lanes[i]);
        if (contenders[i].failure[0])
            continue;
        qsort(rates[i], FC_BENCH_ROUNDS, sizeof rates[i][0], by_value);
        contenders[i].slowest = rates[i][0];
        contenders[i].trials_per_s = rates[i][FC_BENCH_ROUNDS / 2];
        contenders[i].fastest = rates[i][FC_BENCH_ROUNDS - 1];
    }
    free(rates);
    free(lanes);
    return 0;
}

double fc_bench_events_per_trial(const struct fc_job *job, struct fc_error *error)
{
    struct fc_contender c = {.backend = &fc_backend_cpu, .host = {.threads = 1}};
    struct lane lane;
    double events = 0;
    if (start(&lane, job, &c) == 0 && turn(&lane, 4096) == 0) {
        const struct fc_tally_metric *stops = fc_tally_find(&lane.tally, FC_M_INTERRUPTIONS),
                                     *planned = fc_tally_find(&lane.tally, FC_M_PLANNED_STOPS);
        events =
            (stops ? fc_statistics_mean(stops).value : 0) + (planned ? fc_statistics_mean(planned).value : 0);
    } else {
        *error = lane.error;
    }
    end(&lane);
    return events;
}

/* What floor_words and floor_variates of a kernel with `lanes` lanes must return, made one lane at a time
 * (this file sees the model with a single lane). */
static uint32_t right_yardstick(const struct fc_builtin *b, int lanes, uint64_t seed, uint64_t count,
                                bool variates)
{
    uint32_t all = 0;
    for (int l = 0; l < lanes; l++) {
        uint32_t sum = 0;
        for (uint64_t e = 0; e < count / (uint64_t)lanes; e++) {
            fc_u32 low[1] = {(fc_u32)l}, high[1] = {0}, event[1] = {(fc_u32)e}, words[4][1];
            fc_real detection[1], repair[1];
            fc_random_words(seed, low, high, event, FC_STREAM_TIMELINE, words);
            if (!variates) {
                sum += words[0][0] ^ words[1][0] ^ words[2][0] ^ words[3][0];
                continue;
            }
            fc_draw_lanes(&b->program.run.detection, b->tables, words[2], detection);
            fc_draw_lanes(&b->program.run.repair, b->tables, words[3], repair);
            sum += fc_bits_of((float)fc_exponential(words[0][0])) ^
                   fc_bits_of((float)fc_uniform(words[1][0])) ^ fc_bits_of((float)detection[0]) ^
                   fc_bits_of((float)repair[0]);
        }
        all ^= sum;
    }
    return all;
}

static volatile uint32_t kept; /* so that the work is not left out */

static double yardstick_rate(const struct fc_kernel *kernel, const struct fc_builtin *b, bool variates,
                             uint64_t count)
{
    double begin_s = fc_clock_s();
    kept =
        variates ? kernel->floor_variates(&b->program, b->tables, 5, count) : kernel->floor_words(5, count);
    return (double)count / (fc_clock_s() - begin_s);
}

int fc_bench_yardsticks(struct fc_yardstick *yardsticks, int max, double seconds, struct fc_error *error)
{
    enum { KERNELS_MAX = 16, CHECKED = 32 * 64 };
    struct fc_builtin b;
    const struct fc_kernel *kernels[KERNELS_MAX];
    double rates[KERNELS_MAX][2][FC_BENCH_ROUNDS];
    uint64_t counts[KERNELS_MAX][2];
    int count = 0;
    if (fc_builtin_make(&b, FC_BUILTIN_TIMELINE, error))
        return -1;
    for (int k = 0; fc_kernels[k] && count < max && count < KERNELS_MAX; k++) {
        const struct fc_kernel *kernel = fc_kernels[k];
        if (!fc_kernel_runs_here(kernel))
            continue;
        yardsticks[count] = (struct fc_yardstick){.kernel = kernel->name};
        yardsticks[count].wrong =
            kernel->floor_words(5, CHECKED) != right_yardstick(&b, kernel->lanes, 5, CHECKED, false) ||
            kernel->floor_variates(&b.program, b.tables, 5, CHECKED) !=
                right_yardstick(&b, kernel->lanes, 5, CHECKED, true);
        for (int v = 0; v < 2; v++) {
            double rate = yardstick_rate(kernel, &b, v, 1 << 16);
            counts[count][v] = (uint64_t)(rate * seconds / (2 * FC_BENCH_ROUNDS)) / 4096 * 4096 + 4096;
        }
        kernels[count++] = kernel;
    }
    for (int round = 0; round < FC_BENCH_ROUNDS; round++)
        for (int i = 0; i < count; i++)
            for (int v = 0; v < 2; v++)
                rates[i][v][round] = yardstick_rate(kernels[i], &b, v, counts[i][v]);
    for (int i = 0; i < count; i++) {
        for (int v = 0; v < 2; v++)
            qsort(rates[i][v], FC_BENCH_ROUNDS, sizeof(double), by_value);
        yardsticks[i].words_per_s = rates[i][0][FC_BENCH_ROUNDS / 2];
        yardsticks[i].variates_per_s = rates[i][1][FC_BENCH_ROUNDS / 2];
    }
    fc_builtin_free(&b);
    return count;
}

int fc_bench_memory(const char *program, const char *scenario, uint64_t trials, uint64_t *peak_bytes,
                    struct fc_error *error)
{
    char count[32];
    snprintf(count, sizeof count, "%llu", (unsigned long long)trials);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        execl(program, "flopcast", "run", scenario, "-b", "cpu", "-q", "-n", count, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0)
        return fc_fail(error, FC_FAULT,
                       "the memory of '%s run %s -n %s' could not be measured (it ended with status %d)",
                       program, scenario, count, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    *peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
    return 0;
}
