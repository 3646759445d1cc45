/* test_run.c: the queue of trials: who did what never shows in the answer; what is covered is not done again;
 * devices that fail, at any point, leave their batches to the others; stopping keeps whole batches; a sink
 * gets each trial once. Run under the thread sanitizer by `make test-threads`. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "host/run/builtin.h"
#include "host/run/run.h"

enum { TRIALS = 30000, SEED = 11 };

static struct fc_builtin contract;
static uint64_t right; /* digest of trials 0 ... TRIALS - 1 */

static struct fc_tally new_tally(void)
{
    struct fc_error error = {0};
    struct fc_tally tally;
    assert_int_equal(fc_tally_create(&tally, contract.program.metrics, contract.program.metric_count, &error),
                     0);
    return tally;
}

static struct fc_job the_job(void)
{
    return (struct fc_job){&contract.program, contract.tables, contract.table_floats, SEED};
}

/* The answer by the CPU backend alone, in one call. */
static int make_answer(void **state)
{
    (void)state;
    struct fc_error error = {0};
    assert_int_equal(fc_builtin_make(&contract, FC_BUILTIN_CONTRACT, &error), 0);
    struct fc_tally tally = new_tally();
    struct fc_job job = the_job();
    struct fc_host host = {.threads = 1, .isa = "portable"};
    struct fc_session *session = NULL;
    assert_int_equal(fc_backend_cpu.open(&session, 0, &job, &host, &error), 0);
    assert_int_equal(fc_backend_cpu.run(session, 0, TRIALS, &tally, NULL, &error), 0);
    fc_backend_cpu.close(session);
    right = fc_tally_digest(&tally, SEED);
    fc_tally_free(&tally);
    return 0;
}

static int free_answer(void **state)
{
    (void)state;
    fc_builtin_free(&contract);
    return 0;
}

/* Without a named instruction set two kernels race over the first chunks; neither they, nor how many trials a thread
 * takes at a time, show in the answer. */
static void kernels_that_race_do_not_show(void **state)
{
    (void)state;
    struct fc_job job = the_job();
    static const uint64_t counts[] = {TRIALS, 1, 127, 2049};
    struct fc_error error = {0};
    struct fc_session *session = NULL;
    struct fc_host host = {.threads = 1};
    struct fc_tally tally = new_tally();
    assert_int_equal(fc_backend_cpu.open(&session, 0, &job, &host, &error), 0);
    uint64_t first = 0;
    for (size_t i = 1; i <= 4; i++) { /* small batches first: the race goes over them */
        uint64_t count = i == 4 ? counts[0] - first : counts[i];
        assert_int_equal(fc_backend_cpu.run(session, first, count, &tally, NULL, &error), 0);
        first += count;
    }
    fc_backend_cpu.close(session);
    assert_int_equal(fc_tally_digest(&tally, SEED), right);
    fc_tally_free(&tally);
}

/* A device that is the CPU until it fails. Each worker has a backend of its own kind. */
struct fault {
    int after;        /* batches that it finishes before it fails; -1: it never does */
    bool refuses;     /* cannot be opened */
    bool half;        /* leaves half of the failing batch in the tally */
    uint64_t largest; /* largest batch; 0: the CPU's */
    long pause_ms;    /* before each batch */
};
enum { KINDS = 3 };
static struct fault fault[KINDS];
static int batches[KINDS]; /* a worker's own, so no lock */

static int open_kind(int kind, struct fc_session **session, const struct fc_job *job,
                     const struct fc_host *host, struct fc_error *error)
{
    if (fault[kind].refuses)
        return fc_fail(error, FC_NO_DEVICE, "no memory on the device (as the test wants)");
    return fc_backend_cpu.open(session, 0, job, host, error);
}

static int run_kind(int kind, struct fc_session *session, uint64_t first, uint64_t count,
                    struct fc_tally *into, float *samples, struct fc_error *error)
{
    struct timespec pause = {0, fault[kind].pause_ms * 1000000};
    if (pause.tv_nsec)
        (void)nanosleep(&pause, NULL);
    if (fault[kind].after >= 0 && batches[kind]++ >= fault[kind].after) {
        if (fault[kind].half)
            (void)fc_backend_cpu.run(session, first, count / 2, into, samples, error);
        return fc_fail(error, FC_FAULT, "device %d is gone (as the test wants)", kind);
    }
    return fc_backend_cpu.run(session, first, count, into, samples, error);
}

#define KIND(k)                                                                                              \
    static int open_##k(struct fc_session **s, int d, const struct fc_job *j, const struct fc_host *h,       \
                        struct fc_error *e)                                                                  \
    {                                                                                                        \
        (void)d;                                                                                             \
        return open_kind(k, s, j, h, e);                                                                     \
    }                                                                                                        \
    static int run_##k(struct fc_session *s, uint64_t f, uint64_t n, struct fc_tally *t, float *v,           \
                       struct fc_error *e)                                                                   \
    {                                                                                                        \
        return run_kind(k, s, f, n, t, v, e);                                                                \
    }
KIND(0)
KIND(1)
KIND(2)

static uint64_t most_0(const struct fc_session *session)
{
    (void)session;
    return fault[0].largest;
}

static struct fc_backend kinds[KINDS];
static struct fc_worker workers[KINDS];

static int set_up(void **state)
{
    (void)state;
    int (*const opens[KINDS])(struct fc_session **, int, const struct fc_job *, const struct fc_host *,
                              struct fc_error *) = {open_0, open_1, open_2};
    int (*const runs[KINDS])(struct fc_session *, uint64_t, uint64_t, struct fc_tally *, float *,
                             struct fc_error *) = {run_0, run_1, run_2};
    for (int k = 0; k < KINDS; k++) {
        fault[k] = (struct fault){.after = -1};
        batches[k] = 0;
        kinds[k] = fc_backend_cpu;
        kinds[k].open = opens[k];
        kinds[k].run = runs[k];
        workers[k] = (struct fc_worker){.backend = &kinds[k]};
        (void)snprintf(workers[k].name, sizeof workers[k].name, "device %d", k);
    }
    return 0;
}

static struct fc_run_request request_of(int worker_count, uint64_t batch)
{
    return (struct fc_run_request){.job = the_job(),
                                   .host = {.threads = 1},
                                   .count = TRIALS,
                                   .workers = workers,
                                   .worker_count = worker_count,
                                   .batch = batch};
}

static void expect_right(struct fc_tally *tally)
{
    assert_int_equal(fc_tally_trials(tally), TRIALS);
    assert_int_equal(tally->range_count, 1);
    assert_true(fc_tally_digest(tally, SEED) == right);
    fc_tally_free(tally);
}

/* Runs to the end and expects the right answer. */
static struct fc_run_outcome expect_done(int worker_count, uint64_t batch)
{
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(worker_count, batch);
    if (fc_run(&request, &tally, &outcome, &error))
        fail_msg("%s", error.text);
    uint64_t trials = 0;
    for (int w = 0; w < worker_count; w++)
        trials += workers[w].trials;
    assert_int_equal(trials, TRIALS);
    assert_false(outcome.stopped);
    expect_right(&tally);
    return outcome;
}

static void workers_and_batches_do_not_show(void **state)
{
    const uint64_t sizes[] = {0, 257, 5000, TRIALS, 10 * TRIALS};
    for (int count = 1; count <= KINDS; count++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            set_up(state);
            assert_int_equal(expect_done(count, sizes[i]).notes, 0);
        }
}

static void what_is_covered_is_skipped(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(2, 1000);
    const struct fc_trial_range parts[] = {{7000, 1}, {20000, 3000}, {0, 10}, {TRIALS - 1, 1}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        request.first = parts[i].first;
        request.count = parts[i].count;
        request.batch = i == 2 ? 1 : 1000;
        assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    }
    assert_int_equal(tally.range_count, 4);
    assert_int_equal(fc_tally_trials(&tally), 3012);
    workers[0].trials = workers[1].trials = 0;
    request.first = 0;
    request.count = TRIALS;
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    assert_int_equal(workers[0].trials + workers[1].trials, TRIALS - 3012);
    workers[0].trials = workers[1].trials = 0;
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0); /* nothing is left to do */
    assert_int_equal(workers[0].trials + workers[1].trials, 0);
    expect_right(&tally);
}

static void no_trials_at_all(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(1, 0);
    request.count = 0;
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    assert_int_equal(fc_tally_trials(&tally), 0);
    fc_tally_free(&tally);
}

static void a_lost_device_leaves_its_batch_to_the_others(void **state)
{
    for (int after = 0; after < 4; after++)
        for (int half = 0; half < 2; half++) {
            set_up(state);
            fault[0] = (struct fault){.after = after, .half = half};
            struct fc_run_outcome outcome = expect_done(2, 700);
            assert_true(workers[0].trials <= (uint64_t)after * 700);
            if (workers[0].failed) { /* unless the other one was so fast that it never came to it */
                assert_int_equal(outcome.notes, 1);
                assert_non_null(strstr(outcome.note[0], "device 0 failed during the run: device 0 is gone"));
            }
        }
}

static void a_device_that_cannot_be_opened_is_named(void **state)
{
    (void)state;
    fault[1].refuses = true;
    struct fc_run_outcome outcome = expect_done(2, 0);
    assert_int_equal(outcome.notes, 1);
    assert_non_null(strstr(outcome.note[0], "device 1 cannot be used: no memory on the device"));
}

static void the_last_one_standing_finishes(void **state)
{
    (void)state;
    fault[0].after = 0;
    fault[1].after = 2;
    expect_done(3, 500);
}

static void when_all_fail_the_finished_batches_stay(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(2, 1000);
    fault[0] = (struct fault){.after = 3, .half = true};
    fault[1] = (struct fault){.after = 2, .half = true};
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), -1);
    assert_int_equal(error.status, FC_FAULT);
    assert_non_null(strstr(error.text, "5000 of 30000 trials are done"));
    assert_int_equal(fc_tally_trials(&tally), 5000);
    assert_int_equal(outcome.notes, 2);
    set_up(state); /* resumed */
    request = request_of(2, 0);
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    assert_int_equal(workers[0].trials + workers[1].trials, TRIALS - 5000);
    expect_right(&tally);
}

static void when_none_can_be_opened_there_is_no_device(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(2, 0);
    fault[0].refuses = fault[1].refuses = true;
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), -1);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_int_equal(outcome.notes, 2);
    fc_tally_free(&tally);
}

static void a_batch_never_exceeds_what_a_device_takes(void **state)
{
    (void)state;
    fault[0].largest = 600;
    kinds[0].largest_batch = most_0;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(1, 100000);
    fault[0].after = 49; /* 30,000 trials in batches of 600 are 50 */
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), -1);
    assert_int_equal(fc_tally_trials(&tally), 49 * 600);
    fc_tally_free(&tally);
}

/* Progress that stops the run once this many trials are done. */
static uint64_t stop_at, last_done;

static int stop_soon(void *context, uint64_t done, uint64_t total, double elapsed_s)
{
    (void)context;
    assert_true(done <= total && done >= last_done && elapsed_s >= 0);
    last_done = done;
    return done >= stop_at;
}

static void stopping_keeps_whole_batches(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(2, 500);
    request.progress = stop_soon;
    stop_at = 3000;
    last_done = 0;
    fault[0].pause_ms = fault[1].pause_ms = 40; /* 60 batches then take 1.2 s: time to stop */
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    fault[0].pause_ms = fault[1].pause_ms = 0;
    assert_true(outcome.stopped);
    uint64_t done = fc_tally_trials(&tally);
    assert_true(done >= 3000 && done < TRIALS && done % 500 == 0);
    for (size_t i = 0; i < tally.range_count; i++)
        assert_true(tally.ranges[i].first % 500 == 0 && tally.ranges[i].count % 500 == 0);
    stop_at = UINT64_MAX;
    last_done = 0;
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    assert_false(outcome.stopped);
    expect_right(&tally);
}

/* A sink that remembers how often it saw each trial and what its first row held. */
struct seen {
    unsigned char times[TRIALS];
    float first_row[TRIALS];
    int calls, fail_at; /* fail_at 0: never */
};

static int remember(void *context, uint64_t first, uint64_t count, const float *samples)
{
    struct seen *seen = context;
    for (uint64_t i = 0; i < count; i++) {
        seen->times[first + i]++;
        seen->first_row[first + i] = samples[i];
    }
    return ++seen->calls == seen->fail_at;
}

static void a_sink_gets_every_trial_once(void **state)
{
    static struct seen seen, alone;
    for (int round = 0; round < 2; round++) {
        struct seen *to = round ? &seen : &alone;
        struct fc_error error = {0};
        struct fc_run_outcome outcome;
        struct fc_tally tally = new_tally();
        set_up(state);
        struct fc_run_request request = request_of(round ? 3 : 1, round ? 900 : TRIALS);
        if (round)
            fault[2] = (struct fault){.after = 2, .half = true};
        request.sink = remember;
        request.context = to;
        memset(to, 0, sizeof *to);
        assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
        expect_right(&tally);
        for (int i = 0; i < TRIALS; i++)
            assert_int_equal(to->times[i], 1);
    }
    assert_memory_equal(seen.first_row, alone.first_row, sizeof seen.first_row);
}

static void a_sink_that_fails_stops_the_run(void **state)
{
    (void)state;
    static struct seen seen;
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(2, 600);
    memset(&seen, 0, sizeof seen);
    seen.fail_at = 3;
    request.sink = remember;
    request.context = &seen;
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), -1);
    assert_int_equal(error.status, FC_FAULT);
    assert_non_null(strstr(error.text, "samples"));
    assert_true(fc_tally_trials(&tally) < TRIALS);
    fc_tally_free(&tally);
}

/* The CPU beside a real OpenCL device, with the faults that the backends can play (host/backends/fault.h). */
static void cpu_and_opencl_with_faults(void **state)
{
    struct fc_device_info devices[FC_DEVICES_MAX];
    char why[256];
    int device = -1, count = fc_backend_opencl.discover(devices, FC_DEVICES_MAX, why, sizeof why);
    for (int i = count - 1; i >= 0; i--)
        if (!devices[i].refused[0])
            device = i;
    if (device < 0)
        skip();
    const struct {
        const char *fault, *note; /* what the outcome says, NULL: nothing */
    } cases[] = {{"", NULL},
                 {"opencl:build", "cannot be used"},
                 {"opencl:alloc", "cannot be used"},
                 {"opencl:lost:0", "failed during the run"},
                 {"opencl:lost:1", "failed during the run"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_up(state);
        workers[1] =
            (struct fc_worker){.backend = &fc_backend_opencl, .device = device, .name = "the OpenCL device"};
        fault[0].pause_ms = 40; /* so that the other one comes to work */
        assert_int_equal(setenv("FLOPCAST_FAULT", cases[i].fault, 1), 0);
        struct fc_run_outcome outcome = expect_done(2, 2000);
        if (!cases[i].note) {
            assert_int_equal(outcome.notes, 0);
            assert_true(workers[1].trials > 0);
        } else {
            assert_true(workers[1].failed);
            assert_int_equal(outcome.notes, 1);
            assert_non_null(strstr(outcome.note[0], cases[i].note));
        }
    }
    /* alone, the lost device ends the run with what it has */
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_tally tally = new_tally();
    set_up(state);
    workers[0] =
        (struct fc_worker){.backend = &fc_backend_opencl, .device = device, .name = "the OpenCL device"};
    struct fc_run_request request = request_of(1, 500);
    assert_int_equal(setenv("FLOPCAST_FAULT", "opencl:lost:0", 1), 0);
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), -1);
    assert_int_equal(error.status, FC_FAULT);
    assert_int_equal(fc_tally_trials(&tally) % 500, 0);
    assert_int_equal(unsetenv("FLOPCAST_FAULT"), 0);
    set_up(state);
    request = request_of(1, 0);
    assert_int_equal(fc_run(&request, &tally, &outcome, &error), 0);
    expect_right(&tally);
}

static cpu_set_t ran_on;

static int run_where(struct fc_session *session, uint64_t first, uint64_t count, struct fc_tally *into,
                     float *samples, struct fc_error *error)
{
    if (first == 0)
        assert_int_equal(pthread_getaffinity_np(pthread_self(), sizeof ran_on, &ran_on), 0);
    return fc_backend_cpu.run(session, first, count, into, samples, error);
}

/* `devices` says which thread feeds a GPU: it does, from that place. */
static void a_device_is_fed_from_its_thread(void **state)
{
    (void)state;
    char why[512];
    struct fc_error error = {0};
    struct fc_run_outcome outcome;
    struct fc_topology *topology;
    struct fc_placement placement;
    assert_int_equal(fc_topology_load(&topology, why, sizeof why), 0);
    assert_int_equal(fc_placement_decide(topology, 0, &placement, why, sizeof why), 0);
    const struct fc_machine *machine = fc_topology_machine(topology);
    fc_index pu = placement.thread[placement.threads - 1].pu;
    if (!machine->is_this_system || pu < 0 || machine->limits.allowed_pus < 2) {
        fc_placement_free(&placement);
        fc_topology_free(topology);
        skip();
    }
    kinds[0].run = run_where;
    workers[0].feeder = placement.threads;
    struct fc_tally tally = new_tally();
    struct fc_run_request request = request_of(1, 4096);
    request.host.topology = topology;
    request.host.placement = &placement;
    if (fc_run(&request, &tally, &outcome, &error))
        fail_msg("%s", error.text);
    assert_int_equal(CPU_COUNT(&ran_on), 1);
    assert_true(CPU_ISSET(machine->pu[pu].os_index, &ran_on));
    expect_right(&tally);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_that_race_do_not_show),
        cmocka_unit_test_setup(workers_and_batches_do_not_show, set_up),
        cmocka_unit_test_setup(what_is_covered_is_skipped, set_up),
        cmocka_unit_test_setup(no_trials_at_all, set_up),
        cmocka_unit_test_setup(a_lost_device_leaves_its_batch_to_the_others, set_up),
        cmocka_unit_test_setup(a_device_that_cannot_be_opened_is_named, set_up),
        cmocka_unit_test_setup(the_last_one_standing_finishes, set_up),
        cmocka_unit_test_setup(when_all_fail_the_finished_batches_stay, set_up),
        cmocka_unit_test_setup(when_none_can_be_opened_there_is_no_device, set_up),
        cmocka_unit_test_setup(a_batch_never_exceeds_what_a_device_takes, set_up),
        cmocka_unit_test_setup(stopping_keeps_whole_batches, set_up),
        cmocka_unit_test_setup(a_sink_gets_every_trial_once, set_up),
        cmocka_unit_test_setup(a_sink_that_fails_stops_the_run, set_up),
        cmocka_unit_test_setup(a_device_is_fed_from_its_thread, set_up),
        cmocka_unit_test_setup(cpu_and_opencl_with_faults, set_up),
    };
    return cmocka_run_group_tests_name("run", tests, make_answer, free_answer);
}
