/* selftest.c: see selftest.h. */
#include "selftest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host/base/clock.h"
#include "host/base/process.h"
#include "host/base/progress.h"
#include "cuda/model/base/random.h"
#include "apart.h"
#include "builtin.h"
#include "host/backends/fault.h"

const int fc_selftest_model_version = 3;
const uint64_t fc_selftest_digest = 0x43e2c18da88517d6u;

/* The key of Random123's third known answer; counters where the low and the high half of the trial turn over.
 */
const uint64_t fc_selftest_seed = 0x299f31d0a4093822u;
const uint64_t fc_selftest_first[FC_SELFTEST_RANGES] = {0, 0xfffffffeu, 0xfffffffffffffff0u,
                                                        0x85a308d3243f6a88u};

/* First words of philox4x32-10 for the counters {trial low, trial high, FC_IN_PRICE_GPU_HOUR_USD / 4, 0}. */
const uint32_t fc_selftest_words[FC_SELFTEST_RANGES][FC_SELFTEST_RUN] = {
    {0x1dce8483u, 0x4c1eae51u, 0xc6725ebeu, 0xdd567d14u},
    {0xe3126c6eu, 0xdab98c87u, 0x263ec01bu, 0xa1a192a0u},
    {0xc45d1f43u, 0xdec33341u, 0xd35cd9c4u, 0x58b57ec2u},
    {0x3bf663ccu, 0xd47c7ddbu, 0x6540687au, 0xfec791aau},
};

/* Trials of the digest: few enough for a hundredth of a second, and numbered across 2^32. */
enum { DIGEST_TRIALS = 512 };
static const uint64_t digest_first = 0xffffff00u;

/* Fills in the prices of one range of trials; `samples` has room for all rows; the tally comes and goes empty. */
static int measure_words(const struct fc_backend *backend, struct fc_session *session,
                         const struct fc_program *program, int range, struct fc_tally *tally, float *samples,
                         struct fc_selftest_answer *answer, struct fc_error *error)
{
    int status = backend->run(session, fc_selftest_first[range], FC_SELFTEST_RUN, tally, samples, error);
    fc_tally_clear(tally);
    const float *row = samples + program->metric_row[FC_M_CONTRACT_PRICE_END_USD] * FC_SELFTEST_RUN;
    for (int i = 0; !status && i < FC_SELFTEST_RUN; i++)
        answer->price[range][i] = row[i];
    return status;
}

int fc_selftest_measure(const struct fc_backend *backend, int device, const struct fc_host *host,
                        struct fc_selftest_answer *answer, struct fc_error *error)
{
    struct fc_builtin builtin = {0};
    struct fc_session *session = NULL;
    struct fc_tally tally = {0};
    float *samples = NULL;
    int status = -1;
    double start_s = fc_clock_s();
    struct fc_host alone = *host; /* a second thread would wait for longer than the trials take */
    alone.threads = 1;
    *answer = (struct fc_selftest_answer){0};
    if (fc_builtin_make(&builtin, FC_BUILTIN_SELFTEST, error))
        goto out;
    const struct fc_program *program = &builtin.program;
    struct fc_job job = {program, builtin.tables, builtin.table_floats, fc_selftest_seed};
    samples = malloc((size_t)program->metric_count * FC_SELFTEST_RUN * sizeof *samples);
    if (!samples) {
        fc_fail(error, FC_FAULT, "out of memory for the self-test");
        goto out;
    }
    if (fc_tally_create(&tally, program->metrics, program->metric_count, error) ||
        backend->open(&session, device, &job, backend->is_host ? &alone : host, error))
        goto out;
    for (int range = 0; range < FC_SELFTEST_RANGES; range++)
        if (measure_words(backend, session, program, range, &tally, samples, answer, error))
            goto out;
    if (backend->run(session, digest_first, DIGEST_TRIALS, &tally, NULL, error))
        goto out;
    answer->digest = fc_tally_digest(&tally, fc_selftest_seed);
    if (fc_fault_asked(backend->name, "selftest"))
        answer->digest ^= 1;
    answer->wall_s = fc_clock_s() - start_s;
    status = 0;
out:
    if (session)
        backend->close(session);
    fc_tally_free(&tally);
    free(samples);
    fc_builtin_free(&builtin);
    return status;
}

/* The price that a word leads to, which shows the word (builtin.c). */
static float expected_price(uint32_t word)
{
    bool upper = word >> 31;
    float distance = (float)(int32_t)((upper ? ~word : word) & 0x7fffffffu) + 0.5f;
    return distance * (upper ? 0x1p-31f : 0x1p-32f);
}

int fc_selftest(const struct fc_backend *backend, int device, const struct fc_host *host, double *wall_s,
                struct fc_error *error)
{
    struct fc_selftest_answer answer;
    if (fc_selftest_measure(backend, device, host, &answer, error))
        return -1;
    if (wall_s)
        *wall_s = answer.wall_s;
    for (int range = 0; range < FC_SELFTEST_RANGES; range++)
        for (int i = 0; i < FC_SELFTEST_RUN; i++)
            if (fc_bits_of(answer.price[range][i]) != fc_bits_of(expected_price(fc_selftest_words[range][i])))
                return fc_fail(
                    error, FC_NO_DEVICE,
                    "self-test failed (trial %llu draws other random numbers than philox4x32-10 gives); "
                    "update the driver or choose another device",
                    (unsigned long long)fc_selftest_first[range] + (unsigned long long)i);
    if (answer.digest != fc_selftest_digest)
        return fc_fail(error, FC_NO_DEVICE,
                       "self-test failed (%d known trials give digest %016llx instead of %016llx); "
                       "update the driver or choose another device",
                       DIGEST_TRIALS, (unsigned long long)answer.digest,
                       (unsigned long long)fc_selftest_digest);
    return 0;
}

enum { APART_S = 60, PATIENT_S = 300 };

/* A test and how it ended, for another process or thread. */
struct trial_of {
    const struct fc_backend *backend;
    int device;
    struct fc_host host;
    int status;
    double wall_s;
    struct fc_error error;
    pthread_mutex_t lock; /* on a thread: of the two below */
    pthread_cond_t news;
    bool over, left;
};

static void test(void *context, void *answer)
{
    struct trial_of *into = answer;
    (void)context;
    into->status = fc_selftest(into->backend, into->device, &into->host, &into->wall_s, &into->error);
}

static int judge(const struct trial_of *t, double *wall_s, struct fc_error *error)
{
    if (wall_s)
        *wall_s = t->wall_s;
    if (t->status)
        *error = t->error;
    return t->status;
}

double fc_selftest_limit_s(void)
{
    return fc_apart_limit_s("FLOPCAST_SELFTEST_S", APART_S);
}

int fc_selftest_apart(const struct fc_backend *backend, int device, const char *name,
                      const struct fc_host *host, double limit_s, double *wall_s, struct fc_error *error)
{
    struct trial_of t = {.backend = backend, .device = device, .host = *host};
    char shown[200], why[256];
    if (backend->is_host)
        return fc_selftest(backend, device, host, wall_s, error);
    snprintf(shown, sizeof shown, "self-test of %s device %d, %.100s", backend->title, device, name);
    if (fc_apart(test, NULL, &t, sizeof t, limit_s, "it was tested", shown, why, sizeof why) != FC_APART_DONE)
        return fc_fail(error, FC_NO_DEVICE,
                       "self-test failed (%s); update the driver or choose another device", why);
    return judge(&t, wall_s, error);
}

static void free_trial(struct trial_of *t)
{
    (void)pthread_mutex_destroy(&t->lock);
    (void)pthread_cond_destroy(&t->news);
    free(t);
}

static void *test_thread(void *argument)
{
    struct trial_of *t = argument;
    test(NULL, t);
    (void)pthread_mutex_lock(&t->lock);
    t->over = true;
    bool left = t->left;
    (void)pthread_cond_signal(&t->news);
    (void)pthread_mutex_unlock(&t->lock);
    if (left)
        free_trial(t);
    return NULL;
}

/* Waits for the thread's end, at most `limit_s`; whether it came. */
static bool wait_for(struct trial_of *t, double limit_s, const char *shown)
{
    double start_s = fc_clock_s();
    (void)pthread_mutex_lock(&t->lock);
    while (!t->over && fc_clock_s() - start_s < limit_s) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 200000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&t->news, &t->lock, &until);
        fc_progress_wait(shown, fc_clock_s() - start_s);
    }
    fc_progress_waited();
    t->left = !t->over;
    bool over = t->over;
    (void)pthread_mutex_unlock(&t->lock);
    return over;
}

int fc_selftest_patient(const struct fc_backend *backend, int device, const char *name,
                        const struct fc_host *host, struct fc_error *error)
{
    double limit_s = fc_apart_limit_s("FLOPCAST_SELFTEST_S", fc_apart_limit_s("FLOPCAST_HUNG_S", PATIENT_S));
    char shown[200];
    pthread_t thread;
    if (backend->is_host)
        return fc_selftest(backend, device, host, NULL, error);
    if (backend == &fc_backend_opencl)
        return fc_selftest_apart(backend, device, name, host, limit_s, NULL, error);
    struct trial_of *t = calloc(1, sizeof *t);
    if (!t)
        return fc_fail(error, FC_FAULT, "out of memory for the self-test");
    *t = (struct trial_of){.backend = backend, .device = device, .host = *host};
    t->host.topology = NULL; /* may be freed before the thread comes back */
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->news, NULL);
    snprintf(shown, sizeof shown, "self-test of %s %.100s", backend->title, name);
    if (pthread_create(&thread, NULL, test_thread, t)) {
        free_trial(t);
        return fc_fail(error, FC_FAULT, "no thread can be started for the self-test (ulimit -u)");
    }
    if (!wait_for(t, limit_s, shown)) {
        (void)pthread_detach(thread);
        fc_process_leave();
        return fc_fail(error, FC_NO_DEVICE,
                       "self-test failed (it gave no answer for %.3g s, its driver has hung)", limit_s);
    }
    (void)pthread_join(thread, NULL);
    int status = judge(t, NULL, error);
    free_trial(t);
    return status;
}
