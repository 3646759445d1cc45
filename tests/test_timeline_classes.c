/* test_timeline_classes.c: detailed runs: the same world told in the long form gives the same bits; classes
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
#include "host/statistics.h"

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

static unsigned mix(unsigned n)
{
    n = (n ^ (n >> 16)) * 0x7feb352du;
    n = (n ^ (n >> 15)) * 0x846ca68bu;
    return n ^ (n >> 16);
}
static double between(unsigned *n, double lo, double hi)
{
    return lo + (hi - lo) * (mix((*n)++) / 4294967296.0);
}

/* A world with about everything switched on, chosen by `n`. */
static void odd_world(struct fixture *f, unsigned n)
{
    fixture_timeline(f);
    struct fc_run *run = &f->program.run;
    struct fc_run_detail *d = &run->detail;
    const double manual[] = {86400, 1.3}, rack[] = {72000, 0.8}, life = 0.8;
    run->repair = fixture_table(f, fixture_lognormal, manual);
    detail_start(f);
    d->rack_repair = fixture_table(f, fixture_lognormal, rack);
    const double weibull[] = {life, 1 / tgamma(1 + 1 / life)};
    d->first_failure = fixture_table(f, fixture_weibull, weibull);
    d->next_failure = d->first_failure;
    for (int input = FC_IN_CLASS_SHARE; input < FC_IN_RACK_MTBF_H; input++)
        fixture_set(f, input, between(&n, 0, 1));
    const struct {
        int input;
        double lo, hi;
    } ranges[] = {{FC_IN_GPU_MTBF_H, 1e3, 1e5},       {FC_IN_RACK_MTBF_H, 500, 5000},
                  {FC_IN_SLOW_NODE_MTBF_H, 1e4, 1e6}, {FC_IN_SLOW_NODE_LOSS, 0, 0.2},
                  {FC_IN_SLOW_NETWORK_MTBF_H, 1, 30}, {FC_IN_SLOW_NETWORK_LOSS, 0, 0.5},
                  {FC_IN_SWING_LOSS, 0, 0.02},        {FC_IN_MANUAL_PROBABILITY, 0, 1},
                  {FC_IN_REPAIR_INEFFECTIVE, 0, 0.5}, {FC_IN_WRONG_NODE, 0, 0.4},
                  {FC_IN_BURST_PROBABILITY, 0, 0.2},  {FC_IN_RESTART_PER_GPU_S, 0, 0.01},
                  {FC_IN_CHECKPOINT_WRITE_S, 0, 60},  {FC_IN_DURABLE_STALL_S, 10, 60},
                  {FC_IN_DURABLE_LOAD_S, 0, 300},     {FC_IN_REPLICA_OUT_S, 60, 600},
                  {FC_IN_DEGRADED_LOSS, 0, 0.1},      {FC_IN_SPARE_START_S, 0, 600}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        fixture_set(f, ranges[i].input, between(&n, ranges[i].lo, ranges[i].hi));
    d->racks = 144;
    d->trays = 2592;
    d->age_units = 2592;
    d->rack_trays = 18;
    for (int c = 0; c < FC_CLASS_SHARED; c++)
        d->classes.blamed |= 1u << c, d->classes.replica |= 1u << c;
    d->classes.blast[FC_CLASS_RACK] = mix(n) % 2 ? FC_BLAST_RACK : FC_BLAST_POD;
    d->classes.memory_lost[FC_CLASS_RACK] = 1;
    d->pod_racks = 1 + (int)(mix(n + 1) % 4);
    d->spare_policy = (int)(mix(n + 2) % 3);
    d->spares_per_rack = (int)(mix(n + 3) % 3);
    d->spare_racks = (int)(mix(n + 4) % 5);
    d->shortage = (int)(mix(n + 5) % 3);
    d->segments = 1 + (int)(mix(n + 15) % 2);
    d->segment_trays = 18 / d->segments;
    d->crews = mix(n + 16) % 2 ? (int)(mix(n + 17) % (FC_CREWS + 1)) : 0;
    d->idle = mix(n + 18) % 2;
    fixture_set(f, FC_IN_IDLE_FAILURES, d->idle ? between(&n, 0.1, 1) : 0);
    fixture_set(f, FC_IN_REDUCED_LOSS, between(&n, 0, 0.1));
    fixture_set(f, FC_IN_SITE_MTBF_H, between(&n, 500, 5000));
    fixture_set(f, FC_IN_POD_MTBF_H, between(&n, 500, 5000));
    d->elastic = mix(n + 6) % 3 == 0;
    d->asynchronous = (int)(mix(n + 7) % 2);
    d->durable_every = mix(n + 8) % 2 ? 1 : 1 + (int)(mix(n + 9) % 8);
    d->ages = (int)(mix(n + 10) % 3);
    run->work_s = 8 * 86400;
    run->horizon = 24 * 86400 * 64;
    run->spares = (int)(mix(n + 11) % 64);
    run->automatic = (int)(mix(n + 12) % 4);
    run->watch = mix(n + 13) % 4 == 0;
    run->last_checkpoint = (int)(mix(n + 14) % 2);
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
        odd_world(&f, n * 1000);
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
