/* test_timeline_spares.c: racks, spares and repairs against closed forms: crews, idle trays that fail,
 * segments, smaller replicas, lemons, pods and sites. Each with a control that must differ. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detail_fixture.h"
#include "host/result/statistics.h"

enum { THREADS = 2, TRIALS = 1000000 };

static struct fc_tally run(struct fixture *f, const int *metrics, uint64_t seed, uint64_t trials)
{
    struct fc_tally t;
    fixture_metrics(f, metrics);
    fixture_run(f, seed, 0, trials, THREADS, NULL, &t, NULL);
    assert_true(fc_statistics_mean(fc_tally_find(&t, FC_M_OVERFLOWS)).value == 0);
    return t;
}

static double mean(const struct fc_tally *t, int metric)
{
    return fc_statistics_mean(fc_tally_find(t, metric)).value;
}
static double error(const struct fc_tally *t, int metric)
{
    return fc_statistics_mean(fc_tally_find(t, metric)).error;
}

/* Nothing but units that fail at a rate of 1 / up_h each and are all repaired: `used` of them in the job,
 * watched for `repairs` repair times of one. */
static void units(struct fixture *f, int used, double up_h, double down_h, double repairs)
{
    fixture_daly(f, 60 * up_h / used, 0, 1e6, 0, 0, 0);
    detail_start(f);
    struct fc_run_detail *d = &f->program.run.detail;
    f->program.run.watch = 1;
    f->program.run.horizon = 1 << 30;
    f->program.run.tick_s = (float)(repairs * down_h * 3600 / (1 << 30));
    fixture_set(f, FC_IN_SWAP_PROBABILITY, 1);
    fixture_set(f, FC_IN_IDLE_FAILURES, 1);
    d->idle = 1;
    d->trays = (float)used;
    d->rack_trays = (float)used;
    d->segment_trays = used;
}

static void lognormal_repair(struct fixture *f, double mean_h, double sigma)
{
    const double distribution[] = {mean_h * 3600 * exp(-0.5 * sigma * sigma), sigma};
    detail_repair(f, fixture_table(f, fixture_lognormal, distribution));
}

static double binomial(int n, int k, double p)
{
    return exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(p) + (n - k) * log1p(-p));
}

/* O12: 20 units of which 18 are needed, two crews: birth and death with rates (n - i) / MTBF and min(i, 2) /
 * MTTR. */
static void few_crews(void **state)
{
    (void)state;
    double weight[21] = {1}, sum = 1, up = 1;
    for (int i = 1; i <= 20; i++) {
        weight[i] = weight[i - 1] * ((21 - i) / 500.0) / ((i < 2 ? i : 2) / 24.0);
        sum += weight[i];
        up += i <= 2 ? weight[i] : 0;
    }
    assert_true(fabs(up / sum - 0.88496) < 5e-6); /* the oracle's known value */
    for (int crews = 0; crews <= 2; crews += 2) {
        struct fixture f;
        units(&f, 18, 500, 24, 2e4);
        const double distribution = 24 * 3600;
        detail_repair(&f, fixture_table(&f, fixture_exponential, &distribution));
        f.program.run.spares = 2;
        f.program.run.detail.crews = crews;
        struct fc_tally t = run(&f, (const int[]){FC_M_TIME_WAITING_H, FC_M_OVERFLOWS, -1}, 51, 200);
        double wall_h = 2e4 * 24, share = mean(&t, FC_M_TIME_WAITING_H) / wall_h;
        if (crews)
            fixture_expect_z("O12, two crews: share of waiting", share, 1 - up / sum,
                             error(&t, FC_M_TIME_WAITING_H) / wall_h);
        else /* the control: with crews enough the oracle must not hold */
            assert_true(fabs(share - (1 - up / sum)) > 10 * error(&t, FC_M_TIME_WAITING_H) / wall_h);
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

/* O11: 18 trays of which 16 are needed, all failing alike, repairs of any distribution: P(at most 2 down) is binomial.
 */
static void spares_fail_too(void **state)
{
    (void)state;
    double q = 48.0 / 2048, most_two = 0;
    for (int k = 0; k <= 2; k++)
        most_two += binomial(18, k, q);
    assert_true(fabs(most_two - 0.99193) < 5e-6);
    for (int policy = FC_SPARES_POOLED; policy <= FC_SPARES_IN_RACK; policy++)
        for (int idle = 0; idle < 2; idle++) {
            struct fixture f;
            units(&f, 16, 2000, 48, 2e4);
            lognormal_repair(&f, 48, 1.2);
            struct fc_run_detail *d = &f.program.run.detail;
            d->idle = idle;
            if (!idle)
                fixture_set(&f, FC_IN_IDLE_FAILURES, 0);
            d->spare_policy = policy;
            d->spares_per_rack = policy == FC_SPARES_IN_RACK ? 2 : 0;
            f.program.run.spares = policy == FC_SPARES_POOLED ? 2 : 0;
            struct fc_tally t = run(&f, (const int[]){FC_M_TIME_WAITING_H, FC_M_OVERFLOWS, -1}, 52, 400);
            double wall_h = 2e4 * 48, share = mean(&t, FC_M_TIME_WAITING_H) / wall_h;
            double se = error(&t, FC_M_TIME_WAITING_H) / wall_h;
            if (idle)
                fixture_expect_z("O11, 16 of 18: share of waiting", share, 1 - most_two, se);
            else /* the control: spares that never fail wait less */
                assert_true(share < 1 - most_two - 10 * se);
            fc_tally_free(&t);
            fixture_free(&f);
        }
}

/* O16: of a rack of 18 trays with segments of g, floor(K / g) g trays are of use, K ~ Binomial(18, 1 - q). */
static void segments_of_a_rack(void **state)
{
    (void)state;
    static const struct {
        int g;
        double q, table; /* NVIDIA's simple model, three digits */
    } rows[] = {{1, 0.01, 0.990},  {2, 0.01, 0.982},  {4, 0.05, 0.876}, {8, 0.01, 0.889},
                {16, 0.01, 0.888}, {16, 0.05, 0.837}, {6, 0.05, 0.799}, {9, 0.02, 0.848},
                {18, 0.01, 0.835}, {18, 0.05, 0.397}, {6, 0.005, 0.971}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int g = rows[i].g, segments = 18 / g, used = segments * g;
        double usable = 0;
        for (int k = 0; k <= 18; k++)
            usable += binomial(18, k, 1 - rows[i].q) * (k / g < segments ? k / g : segments) * g / 18.0;
        struct fixture f;
        units(&f, used, 24 * (1 - rows[i].q) / rows[i].q, 24, 1e4);
        lognormal_repair(&f, 24, 1.2);
        struct fc_run_detail *d = &f.program.run.detail;
        d->spare_policy = FC_SPARES_IN_RACK;
        d->spares_per_rack = 18 - used;
        d->segments = segments;
        d->segment_trays = g;
        d->shortage = FC_SHORTAGE_SHRINK;
        struct fc_tally t = run(&f, (const int[]){FC_M_OVERFLOWS, FC_M_AVAILABLE_SHARE, -1}, 53, 400);
        char text[64];
        (void)snprintf(text, sizeof text, "O16, segments of %d, q %g: usable share of the rack", g,
                       rows[i].q);
        fixture_expect_z(text, mean(&t, FC_M_AVAILABLE_SHARE) * used / 18, usable,
                         error(&t, FC_M_AVAILABLE_SHARE) * used / 18);
        assert_true(fabs(usable - rows[i].table) < 1.5e-3);
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

/* O17: 0.1 % of the GPUs down: a domain of 64 is whole for (1 - q)^64 of the time; a job that keeps it
 * smaller meanwhile is slower for the rest. */
static void smaller_replicas(void **state)
{
    (void)state;
    double q = 0.001, whole = pow(1 - q, 64);
    assert_true(fabs(whole - 0.9380) < 5e-5);
    for (int reduce = 0; reduce < 2; reduce++) {
        struct fixture f;
        units(&f, 64, 96 * (1 - q) / q, 96, 1e4);
        lognormal_repair(&f, 96, 0.8);
        struct fc_run_detail *d = &f.program.run.detail;
        d->spare_policy = FC_SPARES_IN_RACK;
        d->segment_trays = 64;
        d->shortage = reduce ? FC_SHORTAGE_REDUCE : FC_SHORTAGE_SHRINK;
        fixture_set(&f, FC_IN_REDUCED_LOSS, 0.25);
        struct fc_tally t =
            run(&f, (const int[]){FC_M_TIME_SLOWDOWN_H, FC_M_OVERFLOWS, FC_M_AVAILABLE_SHARE, -1}, 54, 400);
        double wall_h = 1e4 * 96;
        if (reduce)
            fixture_expect_z("O17, time at a smaller size", mean(&t, FC_M_TIME_SLOWDOWN_H) / wall_h / 0.25,
                             1 - whole, error(&t, FC_M_TIME_SLOWDOWN_H) / wall_h / 0.25);
        else
            fixture_expect_z("O17, TP-64 available", mean(&t, FC_M_AVAILABLE_SHARE), whole,
                             error(&t, FC_M_AVAILABLE_SHARE));
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

/* O18: Meta's bound on ETTR, 1 - N r (u0 + dt / 2), holds where the losses are small; the exact renewal form
 * everywhere. 16,384 GPUs at 6.5 failures per 1,000 node-days: one in 108.2 min. */
static void meta_bound(void **state)
{
    (void)state;
    const double m = 24 * 60 / (2048 * 0.0065), u0 = 5;
    for (int coarse = 0; coarse < 2; coarse++) {
        double dt = coarse ? 60 : 5, bound = 1 - (u0 + dt / 2) / m, exact = dt / ((m + u0) * expm1(dt / m));
        assert_true(fabs(bound - (coarse ? 0.676 : 0.9307)) < 5e-4);
        struct fixture f;
        fixture_daly(&f, m, 1000 * dt, dt, 0, 0, u0);
        struct fc_tally t;
        fixture_metrics(&f, (const int[]){FC_M_WALL_CLOCK_DAYS, -1});
        fixture_run(&f, 55, 0, 100000, THREADS, NULL, &t, NULL);
        double expected_days = 1000 * dt / exact / 1440, days = mean(&t, FC_M_WALL_CLOCK_DAYS);
        fixture_expect_z("O18, exact form, days", days, expected_days, error(&t, FC_M_WALL_CLOCK_DAYS));
        double ettr = 1000 * dt / 1440 / days;
        if (coarse) /* beyond its range the bound is off by points */
            assert_true(ettr - bound > 0.03);
        else
            assert_true(fabs(ettr - bound) < 0.005);
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

/* 200 trays, 5 % of them lemons with half of the failures, 30 failures expected while none is swapped. */
static const double lemon_share = 0.05, lemon_failures = 0.5, lemon_expected = 30;
enum { LEMON_TRAYS = 200 };

static void lemons(struct fixture *f, double swap)
{
    enum { MOST = 60 };
    double value[MOST], probability[MOST];
    fixture_daly(f, 60, 0, 1e6, 0, 0, 0);
    detail_start(f);
    struct fc_run_detail *d = &f->program.run.detail;
    f->program.run.watch = 1;
    f->program.run.horizon = (int)(lemon_expected * 3600 * 64);
    d->trays = LEMON_TRAYS;
    d->rack_trays = LEMON_TRAYS;
    d->lemons = 1;
    d->lemon_share = (float)lemon_share;
    for (int k = 0; k < MOST; k++) {
        value[k] = k;
        probability[k] = binomial(LEMON_TRAYS, k, lemon_share);
    }
    d->lemon_count = fixture_discrete(f, value, probability, MOST);
    fixture_set(f, FC_IN_LEMON_FAILURES, lemon_failures);
    fixture_set(f, FC_IN_LEMON_RETIRED, 1);
    fixture_set(f, FC_IN_SWAP_PROBABILITY, swap);
    detail_repair(f, fixture_constant(0));
}

/* Without swaps: Poisson given the number of lemons, so Var = mean + (what a lemon adds)^2 N p (1 - p). */
static void lemons_spread_the_count(void **state)
{
    (void)state;
    struct fixture f;
    lemons(&f, 0);
    struct fc_tally t =
        run(&f, (const int[]){FC_M_INTERRUPTIONS, FC_M_OVERFLOWS, FC_M_LEMONS_LEFT, -1}, 56, TRIALS);
    double per_tray = lemon_expected / LEMON_TRAYS, of_count = LEMON_TRAYS * lemon_share * (1 - lemon_share);
    double adds = per_tray * (lemon_failures / lemon_share - (1 - lemon_failures) / (1 - lemon_share));
    fixture_expect("lemons that stay: failures", &t, FC_M_INTERRUPTIONS, 1, lemon_expected,
                   lemon_expected + adds * adds * of_count);
    fixture_expect("lemons that stay: their number", &t, FC_M_LEMONS_LEFT, 1, LEMON_TRAYS * lemon_share,
                   of_count);
    /* the control: it is no Poisson count */
    assert_true(fabs(fixture_compare("lemons against Poisson (must fail)", &t, FC_M_INTERRUPTIONS, 1,
                                     lemon_expected, lemon_expected)
                         .variance) > 10);
    fc_tally_free(&t);
    fixture_free(&f);
}

/* Every lemon that fails gives way to a new tray, which is one with chance s; other trays come back as they
 * were: the chance p that a place holds a lemon follows p' = -p r1 (1 - s). */
static void lemons_are_culled(void **state)
{
    (void)state;
    struct fixture f;
    lemons(&f, 1);
    struct fc_tally t =
        run(&f, (const int[]){FC_M_INTERRUPTIONS, FC_M_OVERFLOWS, FC_M_LEMONS_LEFT, -1}, 57, TRIALS);
    double s = lemon_share, rate = lemon_expected / LEMON_TRAYS; /* in units of the time watched */
    double r1 = rate * lemon_failures / s, r0 = rate * (1 - lemon_failures) / (1 - s);
    double a = r1 * (1 - s), left = s * exp(-a);
    double failures = LEMON_TRAYS * (r0 + (r1 - r0) * (s - left) / a);
    fixture_expect_z("lemons culled: failures", mean(&t, FC_M_INTERRUPTIONS), failures,
                     error(&t, FC_M_INTERRUPTIONS));
    fixture_expect_z("lemons culled: left", mean(&t, FC_M_LEMONS_LEFT), LEMON_TRAYS * left,
                     error(&t, FC_M_LEMONS_LEFT));
    assert_true(failures < 0.9 * lemon_expected);
    fc_tally_free(&t);
    fixture_free(&f);
}

/* Outages of 10 h, 100 h of running apart, take 10 / 110 of the time; pods of four racks take four racks
 * each. */
static void sites_and_pods(void **state)
{
    (void)state;
    struct fixture f;
    units(&f, 64, 1e12, 1, 1e4);
    detail_time(&f, FC_CLASS_SITE, 36000);
    fixture_set(&f, FC_IN_SITE_MTBF_H, 100);
    struct fc_tally t = run(&f, (const int[]){FC_M_TIME_WAITING_H, FC_M_OVERFLOWS, -1}, 58, 1000);
    fixture_expect_z("outages of the site: share of waiting", mean(&t, FC_M_TIME_WAITING_H) / 1e4, 10.0 / 110,
                     error(&t, FC_M_TIME_WAITING_H) / 1e4);
    fc_tally_free(&t);
    fixture_free(&f);

    units(&f, 64, 1e12, 1, 1e4);
    struct fc_run_detail *d = &f.program.run.detail;
    d->racks = 16;
    d->rack_trays = 4;
    d->pod_racks = 4;
    d->classes.blast[FC_CLASS_POD] = FC_BLAST_POD;
    d->classes.swap[FC_CLASS_POD] = 1e9f;
    fixture_set(&f, FC_IN_POD_MTBF_H, 4000); /* four pods: 10 events in 1e4 h */
    detail_repair(&f, fixture_constant(0));
    t = run(&f, (const int[]){FC_M_INTERRUPTIONS, FC_M_RACK_SWAPS, FC_M_OVERFLOWS, -1}, 59, TRIALS);
    fixture_expect("pods: events", &t, FC_M_INTERRUPTIONS, 1, 10, 10);
    fixture_expect("pods: racks", &t, FC_M_RACK_SWAPS, 1, 40, 160);
    fc_tally_free(&t);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_crews),          cmocka_unit_test(spares_fail_too),
        cmocka_unit_test(segments_of_a_rack), cmocka_unit_test(smaller_replicas),
        cmocka_unit_test(meta_bound),         cmocka_unit_test(lemons_spread_the_count),
        cmocka_unit_test(lemons_are_culled),  cmocka_unit_test(sites_and_pods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
