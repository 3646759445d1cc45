/* test_timeline_classes.c: detailed runs: the same world stated in the long form gives the same bits; classes
 * split the stream of interruptions; buckets sum to the wall time whatever is switched on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FC_W 8
#define FC_CHUNK 64
#include "cuda/model/trial.h"

#include "detail_fixture.h"
#include "host/result/statistics.h"

enum { THREADS = 2, TRIALS = 1000000 };

static struct fc_chunk chunk;

/* A detailed run that uses nothing but one class is the plain run, to the bit. */
static void plain_world_in_long_form(void **state)
{
    (void)state;
    struct fixture plain, detailed;
    struct fc_tally a, b;
    fixture_timeline(&plain);
    fixture_timeline(&detailed);
    fixture_set(&plain, FC_IN_JOB_MTBF_H, 0);
    fixture_set(&detailed, FC_IN_JOB_MTBF_H, 0);
    detail_start(&detailed);
    fixture_run(&plain, 11, 0, 20000, THREADS, NULL, &a, NULL);
    fixture_run(&detailed, 11, 0, 20000, THREADS, NULL, &b, NULL);
    assert_int_equal(fc_tally_digest(&a, 11), fc_tally_digest(&b, 11));
    detailed.program.run.detail.spare_policy = FC_SPARES_IN_RACK; /* one rack, so its spares are a pool */
    detailed.program.run.detail.spares_per_rack = 8;
    struct fc_tally c;
    fixture_run(&detailed, 11, 0, 20000, THREADS, NULL, &c, NULL);
    assert_int_not_equal(fc_tally_find(&c, FC_M_NODE_SWAPS)->count, 0);
    fc_tally_free(&a);
    fc_tally_free(&b);
    fc_tally_free(&c);
    fixture_free(&plain);
    fixture_free(&detailed);
}

/* O21: a merged Poisson stream splits into independent Poisson streams with the shares of their rates. */
static void classes_split_the_stream(void **state)
{
    (void)state;
    const double share[FC_CLASS_SHARED] = {64, 5, 12, 8, 7, 3, 1}, days = 6;
    double sum = 0;
    struct fixture f;
    struct fc_tally t;
    fixture_start(&f, FC_LAYER_RUN);
    detail_start(&f);
    for (int c = 0; c < FC_CLASS_SHARED; c++) {
        fixture_set(&f, FC_IN_CLASS_SHARE + c, share[c]);
        sum += share[c];
    }
    fixture_set(&f, FC_IN_GPU_MTBF_H, 5);
    fixture_set(&f, FC_IN_JOB_MTBF_H, 40);
    fixture_set(&f, FC_IN_RACK_MTBF_H, 300);
    f.program.run.detail.racks = 9;
    f.program.run.watch = 1;
    f.program.run.horizon = (int)(days * 86400 * 64);
    int metrics[FC_CLASS_SLOW_NODE + 2], n = 0;
    metrics[n++] = FC_M_INTERRUPTIONS;
    for (int c = 0; c < FC_CLASS_SLOW_NODE; c++)
        metrics[n++] = FC_M_CLASS_INTERRUPTIONS + c;
    metrics[n] = -1;
    fixture_metrics(&f, metrics);
    fixture_run(&f, 12, 0, TRIALS, THREADS, NULL, &t, NULL);
    double all = days * 24 * (1.0 / 5 + 1.0 / 40 + 9.0 / 300);
    fixture_expect("all classes", &t, FC_M_INTERRUPTIONS, 1, all, all);
    for (int c = 0; c < FC_CLASS_SLOW_NODE; c++) {
        double mean = days * 24 *
                      (c < FC_CLASS_SHARED  ? share[c] / sum / 5
                       : c == FC_CLASS_RACK ? 9.0 / 300
                                            : 1.0 / 40);
        char text[32];
        (void)snprintf(text, sizeof text, "class %d", c);
        fixture_expect(text, &t, FC_M_CLASS_INTERRUPTIONS + c, 1, mean, mean);
    }
    fc_tally_free(&t);
    fixture_free(&f);
}

/* O22: the buckets of every trial sum to its wall time, in ticks; no bucket is negative. */
static void time_is_conserved(void **state)
{
    (void)state;
    static float out[FC_CHUNK];
    long in_bucket[8] = {0};
    int finished[2] = {0};
    for (unsigned n = 0; n < 100; n++) {
        struct fixture f;
        detail_world(&f, n * 1000);
        fixture_metrics(&f, (const int[]){FC_M_WALL_CLOCK_DAYS, -1});
        fc_trial_chunk(&f.program, f.tables, n, n, FC_CHUNK, &chunk, out, FC_CHUNK);
        const struct fc_timeline_chunk *t = &chunk.timeline;
        for (int i = 0; i < FC_CHUNK; i++) {
            const fc_i32 parts[8] = {t->productive[i], t->redone[i],  t->checkpoint[i], t->detection[i],
                                     t->restarting[i], t->waiting[i], t->planned[i],    t->slowdown[i]};
            long sum = 0;
            for (int k = 0; k < 8; k++) {
                if (parts[k] < 0)
                    fail_msg("world %u, trial %d: bucket %d is %d", n, i, k, (int)parts[k]);
                sum += parts[k];
                in_bucket[k] += parts[k];
            }
            if (sum != t->wall[i])
                fail_msg("world %u, trial %d: buckets %ld, wall %d", n, i, sum, (int)t->wall[i]);
            finished[t->finished[i]]++;
        }
        fixture_free(&f);
    }
    for (int k = 0; k < 8; k++) /* the test saw every bucket in use, and both ends */
        assert_true(in_bucket[k] > 0);
    assert_true(finished[0] > 100 && finished[1] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_world_in_long_form),
        cmocka_unit_test(classes_split_the_stream),
        cmocka_unit_test(time_is_conserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
