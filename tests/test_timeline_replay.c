/* test_timeline_replay.c: a replayed trial is the trial that the run counted: the same bits in every metric,
 * and a log that sums to it. Plain runs and runs with about everything switched on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detail_fixture.h"
#include "host/backends/kernels.h"
#include "host/run/replay.h"

static const int all_metrics[] = {FC_M_WALL_CLOCK_DAYS,
                                  FC_M_GOODPUT,
                                  FC_M_INTERRUPTIONS,
                                  FC_M_TIME_PRODUCTIVE_H,
                                  FC_M_TIME_REDONE_H,
                                  FC_M_TIME_CHECKPOINT_H,
                                  FC_M_TIME_DETECTION_H,
                                  FC_M_TIME_RESTART_H,
                                  FC_M_TIME_WAITING_H,
                                  FC_M_TIME_PLANNED_H,
                                  FC_M_PLANNED_STOPS,
                                  FC_M_NODE_SWAPS,
                                  FC_M_FINISHED,
                                  FC_M_TIME_SLOWDOWN_H,
                                  FC_M_RACK_SWAPS,
                                  FC_M_ETTR,
                                  FC_M_GOOGLE_GOODPUT,
                                  FC_M_SLOW_EPISODES,
                                  FC_M_SPARE_SHORTAGES,
                                  FC_M_COST_USD,
                                  -1};

static void same_as_counted(const struct fixture *f, uint64_t seed, uint64_t first, int count)
{
    const struct fc_kernel *kernel = fc_kernel_best();
    size_t rows = (size_t)f->program.metric_count, chunk = (size_t)kernel->chunk;
    void *scratch = fixture_scratch(kernel);
    float *out = malloc(rows * chunk * sizeof *out);
    assert_non_null(out);
    for (int at = 0; at < count; at += kernel->chunk) {
        int here = count - at < kernel->chunk ? count - at : kernel->chunk;
        kernel->run(&f->program, f->tables, seed, first + (uint64_t)at, here, scratch, out);
        for (int i = 0; i < here; i++) {
            struct fc_replay replay;
            struct fc_error error = {0};
            uint64_t number = first + (uint64_t)(at + i);
            assert_int_equal(fc_replay_trial(&f->program, f->tables, seed, number, &replay, &error), 0);
            for (size_t r = 0; r < rows; r++)
                if (memcmp(&replay.metrics[r], &out[r * chunk + (size_t)i], sizeof(float)) != 0)
                    fail_msg("trial %llu, metric %d: %.9g replayed, %.9g counted", (unsigned long long)number,
                             (int)f->program.metrics[r], (double)replay.metrics[r],
                             (double)out[r * chunk + (size_t)i]);
            int64_t bucket[FC_BUCKET_COUNT] = {0}, end = 0, failures = 0, wall = 0;
            for (size_t e = 0; e < replay.count; e++) {
                const struct fc_replay_event *event = &replay.events[e];
                int64_t sum = 0;
                for (int b = 0; b < FC_BUCKET_COUNT; b++) {
                    bucket[b] += event->bucket[b];
                    sum += event->bucket[b];
                }
                assert_true(event->from == end && event->to >= event->from && sum == event->to - event->from);
                end = event->to;
                failures += event->kind == FC_REPLAY_FAILURE;
            }
            for (int b = 0; b < FC_BUCKET_COUNT; b++) {
                assert_true(bucket[b] == replay.bucket[b]);
                wall += bucket[b];
            }
            assert_true(wall == replay.wall && end == replay.wall);
            assert_true((float)failures == replay.metrics[f->program.metric_row[FC_M_INTERRUPTIONS]]);
            fc_replay_free(&replay);
        }
    }
    free(out);
    free(scratch);
}

static void plain_runs(void **state)
{
    (void)state;
    struct fixture f;
    fixture_timeline(&f);
    fixture_metrics(&f, all_metrics);
    same_as_counted(&f, 41, 123456789012ull, 4000);
    fixture_free(&f);
}

static void detailed_runs(void **state)
{
    (void)state;
    for (int world = 0; world < 6; world++) {
        struct fixture f;
        fixture_timeline(&f);
        detail_start(&f);
        struct fc_run_detail *d = &f.program.run.detail;
        for (int c = 0; c < FC_CLASS_SHARED; c++) {
            fixture_set(&f, FC_IN_CLASS_SHARE + c, 1 + c);
            d->classes.blamed |= 1u << c;
            d->classes.replica |= 1u << c;
        }
        detail_time(&f, FC_CLASS_SLOW_NETWORK, 1500);
        detail_time(&f, FC_CLASS_SILENT, 7200);
        d->racks = 64;
        d->classes.blast[FC_CLASS_RACK] = FC_BLAST_RACK;
        d->classes.memory_lost[FC_CLASS_RACK] = 1;
        d->spare_policy = world % 3;
        d->spares_per_rack = 1;
        d->spare_racks = 2;
        d->shortage = world % 3;
        d->trays = 4096;
        d->segment_trays = 64;
        d->rack_trays = 64;
        d->idle = world % 2;
        d->crews = world == 2 ? 12 : 0;
        fixture_set(&f, FC_IN_IDLE_FAILURES, world % 2 ? 0.5 : 0);
        d->elastic = world == 4;
        d->asynchronous = world % 2;
        d->durable_every = world == 3 ? 5 : 1;
        const double mean = 1;
        d->ages = world == 5 ? FC_AGES_UNITS : FC_AGES_NONE;
        d->age_units = 4096;
        d->first_failure = d->next_failure = fixture_table(&f, fixture_exponential, &mean);
        fixture_set(&f, FC_IN_RACK_MTBF_H, 5000);
        fixture_set(&f, FC_IN_SLOW_NETWORK_MTBF_H, 20);
        fixture_set(&f, FC_IN_SLOW_NETWORK_LOSS, 0.3);
        fixture_set(&f, FC_IN_WRONG_NODE, 0.2);
        fixture_set(&f, FC_IN_BURST_PROBABILITY, 0.1);
        fixture_set(&f, FC_IN_DEGRADED_LOSS, 0.01);
        fixture_set(&f, FC_IN_REPLICA_OUT_S, 420);
        fixture_set(&f, FC_IN_CHECKPOINT_WRITE_S, 50);
        fixture_set(&f, FC_IN_DURABLE_STALL_S, 60);
        fixture_metrics(&f, all_metrics);
        same_as_counted(&f, 42 + (uint64_t)world, 1000, 1000);
        fixture_free(&f);
    }
}

/* Swing takes its share of the productive time at the end of a trial, so it is left out above; the sum still
 * holds. */
static void no_run_no_replay(void **state)
{
    (void)state;
    struct fixture f;
    struct fc_replay replay;
    struct fc_error error = {0};
    fixture_contract(&f);
    assert_int_equal(fc_replay_trial(&f.program, f.tables, 1, 0, &replay, &error), -1);
    assert_int_equal(error.status, FC_BAD_INPUT);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_runs),
        cmocka_unit_test(detailed_runs),
        cmocka_unit_test(no_run_no_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
