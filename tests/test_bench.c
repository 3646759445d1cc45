/* test_bench.c: a benchmark gives no time for a wrong answer, names who cannot run, and leaves the others
 * alone; the yardsticks of the kernels do the work they claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/race.h"
#include "host/run/builtin.h"
#include "host/backends/kernels.h"

static int open_refused(struct fc_session **session, int device, const struct fc_job *job,
                        const struct fc_host *host, struct fc_error *error)
{
    (void)session;
    (void)device;
    (void)job;
    (void)host;
    return fc_fail(error, FC_NO_DEVICE, "no such device (as the test wants)");
}

/* The CPU, but the last trial of a batch is another one. */
static int run_wrong(struct fc_session *session, uint64_t first, uint64_t count, struct fc_tally *into,
                     float *samples, struct fc_error *error)
{
    struct fc_tally_metric *m = &into->metrics[0];
    if (fc_backend_cpu.run(session, first, count, into, samples, error))
        return -1;
    m->bins[fc_tally_bin(m->min_key)]--;
    m->bins[fc_tally_bin(m->max_key)]++;
    return 0;
}

static int runs; /* of run_later_lost */

static int run_later_lost(struct fc_session *session, uint64_t first, uint64_t count, struct fc_tally *into,
                          float *samples, struct fc_error *error)
{
    if (runs++ > 0)
        return fc_fail(error, FC_FAULT, "lost (as the test wants)");
    return fc_backend_cpu.run(session, first, count, into, samples, error);
}

static void only_right_answers_get_a_time(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_builtin builtin;
    struct fc_backend wrong = fc_backend_cpu, absent = fc_backend_cpu, lost = fc_backend_cpu;
    wrong.run = run_wrong;
    absent.open = open_refused;
    lost.run = run_later_lost;
    runs = 0;
    const struct fc_host host = {.threads = 1};
    struct fc_contender racers[] = {
        {.label = "right", .backend = &fc_backend_cpu, .host = host},
        {.label = "wrong", .backend = &wrong, .host = host},
        {.label = "absent", .backend = &absent, .host = host},
        {.label = "lost", .backend = &lost, .host = host},
        {.label = "narrow", .backend = &fc_backend_cpu, .host = {.threads = 2, .isa = "portable"}},
    };
    uint64_t digest = 0;
    assert_int_equal(fc_builtin_make(&builtin, FC_BUILTIN_CONTRACT, &error), 0);
    struct fc_job job = {&builtin.program, builtin.tables, builtin.table_floats, 3};
    if (fc_bench_race(&job, racers, 5, 0.02, &digest, &error))
        fail_msg("%s", error.text);
    assert_true(digest != 0);
    assert_true(racers[0].trials_per_s > 0 && racers[0].failure[0] == '\0');
    assert_true(racers[0].slowest <= racers[0].trials_per_s && racers[0].trials_per_s <= racers[0].fastest);
    assert_true(racers[1].wrong && racers[1].trials_per_s == 0);
    assert_non_null(strstr(racers[1].failure, "WRONG"));
    assert_true(!racers[2].wrong && racers[2].trials_per_s == 0);
    assert_non_null(strstr(racers[2].failure, "no such device"));
    assert_true(!racers[3].wrong && racers[3].trials_per_s == 0);
    assert_non_null(strstr(racers[3].failure, "lost"));
    assert_true(racers[4].trials_per_s > 0 && !racers[4].wrong);
    assert_true(fc_bench_events_per_trial(&job, &error) == 0); /* a contract has no timeline */
    fc_builtin_free(&builtin);
}

static void events_are_interruptions_and_planned_stops(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_builtin builtin;
    assert_int_equal(fc_builtin_make(&builtin, FC_BUILTIN_TIMELINE, &error), 0);
    struct fc_job job = {&builtin.program, builtin.tables, builtin.table_floats, 3};
    /* 30 days of work on 16,384 GPUs at 30,000 to 90,000 GPU-hours and 100 h of the job: 144 to 400 without
     * what is done twice, and 7 to 9 planned stops */
    double events = fc_bench_events_per_trial(&job, &error);
    assert_true(events > 150 && events < 420);
    fc_builtin_free(&builtin);
}

static void yardsticks_are_right_on_every_kernel(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_yardstick yardsticks[16];
    int count = fc_bench_yardsticks(yardsticks, 16, 0.02, &error), here = 0;
    for (int k = 0; fc_kernels[k]; k++)
        here += fc_kernel_runs_here(fc_kernels[k]);
    assert_int_equal(count, here);
    for (int i = 0; i < count; i++) {
        assert_false(yardsticks[i].wrong);
        assert_true(yardsticks[i].words_per_s > 0 && yardsticks[i].variates_per_s > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_right_answers_get_a_time),
        cmocka_unit_test(events_are_interruptions_and_planned_stops),
        cmocka_unit_test(yardsticks_are_right_on_every_kernel),
    };
    return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
