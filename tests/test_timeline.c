/* test_timeline.c: the timeline trial by trial, in integer ticks: conservation of time, lanes that do not
 * disturb each other, planned stops, odd parameters; and the pool of spares against Erlang's formula. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FC_W 8
#define FC_CHUNK 64
#include "cuda/model/trial.h"
#include "detail_fixture.h"
#include "model_fixture.h"

static struct fc_chunk chunk, alone;
static fc_real out[FC_METRIC_COUNT * FC_CHUNK];

static void conserved(const struct fc_program *program, const struct fc_timeline_chunk *t, int i)
{
    int64_t sum = (int64_t)t->productive[i] + t->redone[i] + t->checkpoint[i] + t->detection[i] +
                  t->restarting[i] + t->waiting[i] + t->planned[i];
    assert_true(sum == t->wall[i]);
    const fc_i32 parts[] = {t->productive[i],    t->redone[i],  t->checkpoint[i], t->detection[i],
                            t->restarting[i],    t->waiting[i], t->planned[i],    t->failures[i],
                            t->planned_stops[i], t->swaps[i]};
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        assert_true(parts[k] >= 0);
    assert_true(t->wall[i] <= program->run.horizon);
    assert_true(t->productive[i] <= t->work[i]);
    assert_true(t->swaps[i] <= t->failures[i]);
    assert_true(t->finished[i] ? t->productive[i] == t->work[i] : t->wall[i] == program->run.horizon);
}

static void run_chunk(const struct fixture *f, uint64_t seed, uint64_t first, int count, struct fc_chunk *to)
{
    fc_trial_chunk(&f->program, f->tables, seed, first, count, to, out, FC_CHUNK);
}

/* O22: every tick of every trial is in one bucket. */
static void time_is_conserved(void **state)
{
    (void)state;
    struct fixture f;
    int64_t in_bucket[7] = {0};
    int finished[2] = {0};
    for (int spares = 0; spares <= 9; spares += 3) {
        fixture_timeline(&f);
        f.program.run.spares = spares;
        if (spares == 3)
            f.program.run.watch = 1;
        if (spares == 6)
            f.program.run.horizon = 33 * 86400 * 64; /* some runs do not end in time */
        for (uint64_t first = 0; first < 1024; first += FC_CHUNK) {
            run_chunk(&f, 22, first, FC_CHUNK, &chunk);
            const struct fc_timeline_chunk *t = &chunk.timeline;
            for (int i = 0; i < FC_CHUNK; i++) {
                conserved(&f.program, t, i);
                const fc_i32 parts[7] = {t->productive[i], t->redone[i],  t->checkpoint[i], t->detection[i],
                                         t->restarting[i], t->waiting[i], t->planned[i]};
                for (int k = 0; k < 7; k++)
                    in_bucket[k] += parts[k];
                finished[t->finished[i]]++;
            }
        }
        fixture_free(&f);
    }
    for (int k = 0; k < 7; k++) /* the test saw every bucket in use, and both ends */
        assert_true(in_bucket[k] > 0);
    assert_true(finished[0] > 100 && finished[1] > 100);
}

/* A trial does not depend on its lane, its chunk or its neighbours. */
static void trials_are_alone(void **state)
{
    (void)state;
    struct fixture f;
    fixture_timeline(&f);
    run_chunk(&f, 7, 1000, FC_CHUNK, &chunk);
    for (int i = 0; i < FC_CHUNK; i++) {
        run_chunk(&f, 7, 1000 + (uint64_t)i, 1, &alone);
        const struct fc_timeline_chunk *a = &alone.timeline, *c = &chunk.timeline;
        assert_int_equal(a->wall[0], c->wall[i]);
        assert_int_equal(a->productive[0], c->productive[i]);
        assert_int_equal(a->redone[0], c->redone[i]);
        assert_int_equal(a->checkpoint[0], c->checkpoint[i]);
        assert_int_equal(a->waiting[0], c->waiting[i]);
        assert_int_equal(a->failures[0], c->failures[i]);
        assert_int_equal(a->swaps[0], c->swaps[i]);
    }
    assert_int_not_equal(chunk.timeline.wall[0], chunk.timeline.wall[1]);
    fixture_free(&f);
}

/* Planned stops by hand: every 10 h of wall time for 1 h, then 0.5 h of restart; 100 h of work. The first
 * stretch trains 10 h, each later one 8.5 h: 11 stops, 116.5 h. */
static void planned_stops_by_hand(void **state)
{
    (void)state;
    struct fixture f;
    fixture_daly(&f, 1e30, 6000, 600, 0, 30, 0);
    fixture_set(&f, FC_IN_PLANNED_EVERY_H, 10);
    fixture_set(&f, FC_IN_PLANNED_STOP_S, 3600);
    run_chunk(&f, 1, 0, 3, &chunk);
    const int hour = 3600 * 64;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(chunk.timeline.planned_stops[i], 11);
        assert_int_equal(chunk.timeline.planned[i], 11 * hour);
        assert_int_equal(chunk.timeline.restarting[i], 11 * hour / 2);
        assert_int_equal(chunk.timeline.wall[i], 116 * hour + hour / 2);
        assert_int_equal(chunk.timeline.redone[i], 0);
    }
    /* with 6 min of stall per 60 min of work and no stops: 100 checkpoints, the last one left out on request
     */
    fixture_daly(&f, 1e30, 6000, 60, 6, 30, 0);
    run_chunk(&f, 1, 0, 1, &chunk);
    assert_int_equal(chunk.timeline.wall[0], 110 * hour);
    f.program.run.last_checkpoint = 0;
    run_chunk(&f, 1, 0, 1, &chunk);
    assert_int_equal(chunk.timeline.wall[0], 110 * hour - hour / 10);
}

/* A failure loses half an interval, however few ticks that has: with 1, 2, 3.5 or 8 ticks between copies that
 * cost nothing, and a failure in 4,000 ticks. Counting one that falls on the tick of a copy as saved loses half
 * a tick less, which is 100 % of the loss at one tick and 25 % at two. */
static void coarse_ticks_lose_half_an_interval(void **state)
{
    (void)state;
    const double ticks[] = {1, 2, 3.5, 8};
    for (int k = 0; k < 4; k++) {
        struct fixture f;
        fixture_daly(&f, 1000.0 / 60 * 4, 20000, 1, 0, 0, 0);
        f.program.run.tick_s = 1;
        f.program.run.interval_s = (float)ticks[k];
        f.program.run.horizon = FC_HORIZON_LIMIT;
        double lost = 0, square = 0, failures = 0;
        for (uint64_t first = 0; first < 1024; first += FC_CHUNK) {
            run_chunk(&f, 41, first, FC_CHUNK, &chunk);
            for (int i = 0; i < FC_CHUNK; i++) {
                double over = chunk.timeline.redone[i] - ticks[k] / 2 * chunk.timeline.failures[i];
                lost += over;
                square += over * over;
                failures += chunk.timeline.failures[i];
            }
        }
        assert_true(failures > 250e3);
        if (ticks[k] == floor(ticks[k]))
            fixture_expect_z("work lost to failures beyond half an interval each", lost, 0, sqrt(square));
        assert_true(fabs(lost) < 0.05 * failures);   /* half ticks cannot be kept: 1/28 of a tick at 3.5 */
        assert_true(sqrt(square) < 0.02 * failures); /* half a tick each would show */
        fixture_free(&f);
    }
}

/* Stops that fall due while the job stands still are made meanwhile and do not pile up: due at 10, 20 and 30 h
 * for 1 h each, and the job goes on at 34.5 h: the next is at 40 h; at 30.5 h: one stop is made at once. */
static void planned_stops_do_not_pile_up(void **state)
{
    (void)state;
    struct fc_timeline_lanes lane = {0};
    const fc_i32 hour = 3600, at[] = {34 * hour + hour / 2, 30 * hour + hour / 2, 31 * hour};
    const fc_i32 next[] = {40 * hour, 30 * hour, 40 * hour};
    for (int k = 0; k < 3; k++) {
        lane.planned_every[0] = lane.next_planned[0] = 10 * hour;
        lane.planned_stop[0] = hour;
        lane.wall[0] = at[k];
        fc_timeline_overdue(0, 0, &lane);
        assert_int_equal(lane.next_planned[0], next[k]);
    }
    /* in whole runs: a failure a day, no spares, repairs of 4 days, stops every 5 h: of a wait at most one stop
     * is left, so there are no more than in the time at work and one per failure (made up: 4 times as many) */
    struct fixture f;
    fixture_daly(&f, 1440, 20 * 1440, 60, 0, 0, 0);
    fixture_set(&f, FC_IN_PLANNED_EVERY_H, 5);
    fixture_set(&f, FC_IN_PLANNED_STOP_S, 600);
    fixture_set(&f, FC_IN_SWAP_PROBABILITY, 1);
    f.program.run.spares = 0;
    f.program.run.repair = fixture_constant(4 * 86400);
    f.program.run.horizon = FC_HORIZON_LIMIT;
    int64_t stops = 0, waits = 0;
    for (int round = 0; round < 2; round++) {
        run_chunk(&f, 4, (uint64_t)round * FC_CHUNK, FC_CHUNK, &chunk);
        const struct fc_timeline_chunk *t = &chunk.timeline;
        for (int i = 0; i < FC_CHUNK; i++) {
            int64_t at_work = (int64_t)t->wall[i] - t->waiting[i];
            assert_true(t->finished[i] && t->swaps[i] > 3);
            assert_true(t->planned_stops[i] <= at_work / (5 * 3600 * 64) + t->swaps[i] + 1);
            assert_true(t->planned_stops[i] >= at_work / (5 * 3600 * 64) - t->swaps[i] - 1);
            stops += t->planned_stops[i];
            waits += t->swaps[i];
        }
    }
    assert_true(stops > waits);
    fixture_free(&f);
}

/* A run that did not end has no length, cost or energy; one that is watched for a time has. */
static void unfinished_runs_are_censored(void **state)
{
    (void)state;
    static const int metrics[] = {FC_M_WALL_CLOCK_DAYS,
                                  FC_M_TIME_PRODUCTIVE_H,
                                  FC_M_FINISHED,
                                  FC_M_GPU_HOURS,
                                  FC_M_COST_USD,
                                  FC_M_ENERGY_MWH,
                                  FC_M_CO2_T,
                                  FC_M_GOODPUT_EXPENSE_USD, /* of a detailed run alone */
                                  -1};
    static const int plain[] = {FC_M_WALL_CLOCK_DAYS, FC_M_TIME_PRODUCTIVE_H, FC_M_FINISHED, FC_M_GPU_HOURS,
                                FC_M_COST_USD,        FC_M_ENERGY_MWH,        FC_M_CO2_T,    -1};
    struct fixture f;
    for (int which = 0; which < 4; which++) {
        int finished[2] = {0}, watch = which & 1, detailed = which >> 1;
        const int *asked = detailed ? metrics : plain;
        fixture_timeline(&f);
        if (detailed)
            detail_start(&f);
        fixture_metrics(&f, asked);
        f.program.run.horizon = 33 * 86400 * 64;
        f.program.run.watch = watch;
        run_chunk(&f, 22, 0, FC_CHUNK, &chunk);
        for (int i = 0; i < FC_CHUNK; i++) {
            int done = chunk.timeline.finished[i];
            finished[done]++;
            for (int r = 0; asked[r] >= 0; r++) {
                int always = asked[r] == FC_M_FINISHED || asked[r] == FC_M_TIME_PRODUCTIVE_H;
                assert_int_equal(!!isfinite(out[r * FC_CHUNK + i]), done || watch || always);
            }
        }
        assert_true(finished[0] > 0 && (finished[1] > 0 || watch));
        fixture_free(&f);
    }
}

static uint32_t scramble(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

/* Parameters at the edges of their ranges, in all sorts of company: the run ends and time is conserved. */
static void odd_parameters(void **state)
{
    (void)state;
    struct fixture f;
    fixture_timeline(&f);
    f.program.run.horizon = 200000;
    const fc_i32 ticks[] = {0, 1, 7, 1000, 199999, 200000, 200001, FC_HORIZON_LIMIT / 4};
    const fc_real reals[] = {0, 1e-30f, 0.3f, 1, 50, 1e4f, 3e5f, 1e30f};
    uint32_t n = 0;
    for (int round = 0; round < 60; round++) {
        struct fc_timeline_chunk *t = &chunk.timeline;
        f.program.run.spares = (int)(scramble(n++) % 3) * 5;
        f.program.run.last_checkpoint = round % 2;
        for (int i = 0; i < FC_CHUNK; i++) {
            t->work[i] = ticks[scramble(n++) % 8];
            t->restart[i] = ticks[scramble(n++) % 8];
            t->planned_every[i] = ticks[1 + scramble(n++) % 7];
            t->planned_stop[i] = ticks[scramble(n++) % 8];
            t->gap_mean[i] = reals[2 + scramble(n++) % 6];
            t->interval[i] = reals[2 + scramble(n++) % 6];
            t->stall[i] = reals[scramble(n++) % 8];
            t->detection_scale[i] = reals[scramble(n++) % 8];
            t->repair_scale[i] = reals[scramble(n++) % 8];
            t->swap_probability[i] = (fc_real)(scramble(n++) % 3) / 2;
        }
        fc_timeline_run(&f.program.run, f.tables, 5, (uint64_t)round * FC_CHUNK, FC_CHUNK, t);
        for (int i = 0; i < FC_CHUNK; i++)
            conserved(&f.program, t, i);
    }
    fixture_free(&f);
}

/* Chance 1 replaces a node at every failure, chance 0 at none. */
static void certain_chances(void **state)
{
    (void)state;
    struct fixture f;
    fixture_timeline(&f);
    for (int chance = 0; chance < 2; chance++) {
        fixture_set(&f, FC_IN_SWAP_PROBABILITY, chance);
        run_chunk(&f, 3, 0, FC_CHUNK, &chunk);
        for (int i = 0; i < FC_CHUNK; i++) {
            assert_true(chunk.timeline.failures[i] > 0);
            assert_int_equal(chunk.timeline.swaps[i], chance ? chunk.timeline.failures[i] : 0);
        }
    }
    fixture_free(&f);
}

static double erlang_b(int servers, double load)
{
    double b = 1;
    for (int k = 1; k <= servers; k++)
        b = load * b / (k + load * b);
    return b;
}

/* O10: c spares, load 2.4, nodes fail only while the job runs: the job waits for a share Erlang-B(c + 1) of
 * the time and fails at the rate that is left, whatever the repair distribution. Observed between 50 and 550 repair
 * times, as the difference of two runs on the same random numbers. */
static void o10_spare_pool(void **state)
{
    (void)state;
    enum { TRIALS = 20000, SPAN = 500 };
    const double mean_one[] = {3600}, wide[] = {3600 / 2.0544332106438876, 1.2}; /* exp(0.72) */
    const double published[] = {0.26841, 0.06242, 0.00828};
    float *samples = calloc(4 * (size_t)TRIALS, sizeof *samples);
    assert_non_null(samples);
    for (int distribution = 0; distribution < 2; distribution++)
        for (int spares = 2; spares <= 6; spares += 2) {
            struct fixture f;
            fixture_start(&f, FC_LAYER_RUN);
            fixture_set(&f, FC_IN_GPU_MTBF_H, 1 / 2.4);
            fixture_set(&f, FC_IN_SWAP_PROBABILITY, 1);
            f.program.run.tick_s = 1.0f / 16;
            f.program.run.watch = 1;
            f.program.run.spares = spares;
            f.program.run.repair =
                fixture_table(&f, distribution ? fixture_lognormal : fixture_exponential, distribution ? wide : mean_one);
            fixture_metrics(&f, (const int[]){FC_M_INTERRUPTIONS, FC_M_TIME_WAITING_H, -1});
            for (int end = 0; end < 2; end++) {
                struct fc_tally tally;
                f.program.run.horizon = (end ? 50 + SPAN : 50) * 3600 * 16;
                fixture_run(&f, 10 + (uint64_t)distribution, 0, TRIALS, 2, NULL, &tally, samples + 2 * TRIALS * end);
                fc_tally_free(&tally);
            }
            double exact = erlang_b(spares + 1, 2.4);
            assert_true(fabs(exact - published[spares / 2 - 1]) < 1e-5);
            const double expected[2] = {2.4 * (1 - exact), exact};
            const char *what[2] = {"spare pool, failures per repair time",
                                   "spare pool, share of time waiting"};
            for (int k = 0; k < 2; k++) {
                double sum = 0, square = 0;
                for (int i = 0; i < TRIALS; i++) {
                    double x = (double)(samples[(2 + k) * TRIALS + i] - samples[k * TRIALS + i]) / SPAN;
                    sum += x;
                    square += x * x;
                }
                double mean = sum / TRIALS, se = sqrt((square / TRIALS - mean * mean) / TRIALS);
                fixture_expect_z(what[k], mean, expected[k], se);
                assert_true(se < 0.005 * expected[k] + 1e-9); /* and 2 % off would show */
            }
            fixture_free(&f);
        }
    free(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_conserved),
        cmocka_unit_test(trials_are_alone),
        cmocka_unit_test(planned_stops_by_hand),
        cmocka_unit_test(odd_parameters),
        cmocka_unit_test(certain_chances),
        cmocka_unit_test(o10_spare_pool),
        cmocka_unit_test(coarse_ticks_lose_half_an_interval),
        cmocka_unit_test(planned_stops_do_not_pile_up),
        cmocka_unit_test(unfinished_runs_are_censored),
    };
    return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
