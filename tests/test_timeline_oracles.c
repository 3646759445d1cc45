/* test_timeline_oracles.c: detailed runs against closed forms: checkpoints in the background and in memory,
 * ages that are renewed or not, slow episodes, elastic replicas. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "detail_fixture.h"
#include "host/result/statistics.h"

enum { THREADS = 2, TRIALS = 1000000 };

static struct fc_tally run(struct fixture *f, const int *metrics, uint64_t seed, uint64_t trials)
{
    struct fc_tally t;
    fixture_metrics(f, metrics);
    fixture_run(f, seed, 0, trials, THREADS, NULL, &t, NULL);
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

/* O13: a copy is usable when it has been written: mean rollback interval / 2 + write, for rare failures.
 * Watched for a long time at one failure per 1e5 intervals, so that two failures in one interval do not
 * matter. */
static void asynchronous_rollback(void **state)
{
    (void)state;
    struct fixture f;
    fixture_daly(&f, 1e5, 0, 10, 0, 0, 0);
    detail_start(&f);
    f.program.run.watch = 1;
    f.program.run.tick_s = 0.0625f;
    f.program.run.horizon = 1000000 * 60 * 16;
    f.program.run.detail.asynchronous = 1;
    fixture_set(&f, FC_IN_CHECKPOINT_WRITE_S, 4 * 60);
    struct fc_tally t = run(&f, (const int[]){FC_M_INTERRUPTIONS, FC_M_TIME_REDONE_H, -1}, 31, TRIALS);
    /* lost per failure, minutes: 9 on average, with U = time since the last copy: U + 10 [U < 4]. E = 9 (less
     * what the exponential puts to the front, 1e-4), Var = 35.33; the total is a compound Poisson sum of 10
     * failures */
    double second =
        100.0 / 3 + 2 * 10 * 8 / 10.0 + 100 * 0.4; /* E[(U + 10 [U<4])^2] = E U^2 + 20 E[U; U<4] + 100 P */
    fixture_expect("O13, work lost to 10 failures, min", &t, FC_M_TIME_REDONE_H, 60, 90, 10 * second);
    fixture_expect("O13, failures", &t, FC_M_INTERRUPTIONS, 1, 10, 10);
    fc_tally_free(&t);
    fixture_free(&f);
}

/* Mean of O15's pattern by its recursion: segments s_j, two rates, restarts without failures. */
static double two_levels(int k, double w, double c1, double c2, double r1, double r2, double l1, double l2)
{
    double l = l1 + l2, q1 = l1 / l, q2 = l2 / l, a = 0, b = 0; /* E_j = a + b E_1 */
    for (int j = k; j >= 1; j--) {
        double s = w + c1 + (j == k ? c2 : 0), p = exp(-l * s), f = 1 / l - s * p / (1 - p);
        double d = 1 - (1 - p) * q1;
        a = (p * (s + a) + (1 - p) * (f + q1 * r1 + q2 * r2)) / d;
        b = (p * b + (1 - p) * q2) / d;
    }
    return a / (1 - b);
}

/* O15: checkpoints in memory, every sixth durable. One pattern, then eight of them. */
static void checkpoints_of_two_levels(void **state)
{
    (void)state;
    double one = two_levels(6, 15, 0.3, 3, 1, 8, 1.0 / 100, 1.0 / 700);
    assert_true(fabs(one - 112.959) < 5e-4); /* the oracle's known value */
    for (int patterns = 1; patterns <= 8; patterns += 7) {
        struct fixture f;
        fixture_daly(&f, 1e30, 90 * patterns, 15, 0.3, 0, 0);
        detail_start(&f);
        struct fc_run_detail *d = &f.program.run.detail;
        d->durable_every = 6;
        fixture_set(&f, FC_IN_DURABLE_STALL_S, 198); /* into memory first, then out of it */
        fixture_set(&f, FC_IN_GPU_MTBF_H, 100.0 / 60);
        fixture_set(&f, FC_IN_JOB_MTBF_H, 700.0 / 60);
        d->classes.memory_lost[FC_CLASS_JOB] = 1;
        detail_time(&f, FC_CLASS_GPU, 60); /* failure-free, as the recursion has it */
        detail_time(&f, FC_CLASS_JOB, 480);
        struct fc_tally t = run(&f, (const int[]){FC_M_WALL_CLOCK_DAYS, -1}, 32, TRIALS);
        fixture_expect_z("O15, two levels, min", 1440 * mean(&t, FC_M_WALL_CLOCK_DAYS), patterns * one,
                         1440 * error(&t, FC_M_WALL_CLOCK_DAYS));
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

static double weibull_scale(double shape, double average)
{
    return average / tgamma(1 + 1 / shape);
}

/* O7: one clock, renewed at every restart: E = [int_0^s S + D (1 - S(s))] / S(s). */
static void clock_renewed_at_restart(void **state)
{
    (void)state;
    const double k = 0.7, s = 30, d = 5, distribution[] = {k, weibull_scale(k, 1)};
    double a = weibull_scale(k, 100), integral = 0;
    /* midpoint rule in u = t^k, which takes the singular slope at 0 away */
    enum { STEPS = 200000 };
    for (int i = 0; i < STEPS; i++) {
        double top = pow(s, k), u = (i + 0.5) * top / STEPS;
        integral += exp(-u / pow(a, k)) * (1 / k) * pow(u, 1 / k - 1) * top / STEPS;
    }
    double survive = exp(-pow(s / a, k)), expected = (integral + d * (1 - survive)) / survive;
    assert_true(fabs(expected - 40.626) < 1e-3);
    struct fixture f;
    fixture_daly(&f, 100, 30, 30, 0, 0, 5);
    detail_start(&f);
    f.program.run.detail.ages = FC_AGES_RESTART;
    f.program.run.detail.next_failure = fixture_table(&f, fixture_weibull, distribution);
    struct fc_tally t = run(&f, (const int[]){FC_M_WALL_CLOCK_DAYS, -1}, 33, TRIALS);
    fixture_expect_z("O7, Weibull 0.7, renewed, min", 1440 * mean(&t, FC_M_WALL_CLOCK_DAYS), expected,
                     1440 * error(&t, FC_M_WALL_CLOCK_DAYS));
    fc_tally_free(&t);
    fixture_free(&f);
}

/* Regularised lower incomplete gamma function by its series: P(a, x) for the x met here. */
static double gamma_p(double a, double x)
{
    double term = 1 / a, sum = term;
    for (int n = 1; n < 2000 && term > 1e-18 * sum; n++)
        sum += term *= x / (a + n);
    return sum * exp(-x + a * log(x) - lgamma(a));
}

/* Residual life of a Weibull distribution of mean 1 in its steady state: F(t) = P(1/k, (t/a)^k); parameters: shape. */
static double residual_weibull(double lower, double upper, const double *parameters)
{
    double k = parameters[0], lo = -80, hi = 6; /* of ln((t/a)^k) */
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (lo + hi), x = exp(middle);
        double p = gamma_p(1 / k, x);
        int below = lower < upper ? p < lower : 1 - p > upper;
        if (below)
            lo = middle;
        else
            hi = middle;
    }
    return weibull_scale(k, 1) * pow(exp(0.5 * (lo + hi)), 1 / k);
}

/* O8: units with Weibull ages of which only the failed one is renewed fail N / mean times per time, from a
 * steady start; renewing all at each failure would multiply that by N^(1/k - 1). */
static void units_keep_their_ages(void **state)
{
    (void)state;
    const double k = 0.7, distribution[] = {k, weibull_scale(k, 1)};
    const int units[] = {64, 256, 4096};
    const double factor[] = {5.94, 10.77, 35.3};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        const double window = 20.0 / units[i]; /* of the mean: 20 failures expected */
        fixture_daly(&f, 1e4 / units[i], 0, 1e6, 0, 0, 0);
        detail_start(&f);
        struct fc_run_detail *d = &f.program.run.detail;
        f.program.run.watch = 1;
        f.program.run.horizon = 1 << 26;
        f.program.run.tick_s = (float)(1e4 * 60 * window / (1 << 26));
        d->ages = FC_AGES_UNITS;
        d->age_units = units[i];
        d->first_failure = fixture_table(&f, residual_weibull, distribution);
        d->next_failure = fixture_table(&f, fixture_weibull, distribution);
        char text[64];
        struct fc_tally t = run(&f, (const int[]){FC_M_INTERRUPTIONS, FC_M_OVERFLOWS, -1}, 34, TRIALS);
        (void)snprintf(text, sizeof text, "O8, %d units, only the failed one renewed", units[i]);
        fixture_expect_z(text, mean(&t, FC_M_INTERRUPTIONS), 20, error(&t, FC_M_INTERRUPTIONS));
        assert_true(mean(&t, FC_M_OVERFLOWS) == 0);
        fc_tally_free(&t);

        /* the same with one clock for the job: the least of N Weibull distributions, renewed at every failure. In the
         * long run its rate is N^(1/k) over the mean; a window of 20000 failures leaves the start-up behind
         */
        const double least[] = {k, 1.0 / units[i] * pow(units[i], 1 - 1 / k) * distribution[1] * units[i]};
        d->ages = FC_AGES_RESTART;
        d->next_failure = fixture_table(&f, fixture_weibull, least);
        struct fc_tally wrong = run(&f, (const int[]){FC_M_INTERRUPTIONS, -1}, 35, 10000);
        double ratio = mean(&wrong, FC_M_INTERRUPTIONS) / 20;
        /* renewal function: rate t + (squared CV - 1) / 2 */
        double cv2 = tgamma(1 + 2 / k) / pow(tgamma(1 + 1 / k), 2) - 1, excess = (cv2 - 1) / 2 / 20;
        double exact = pow(units[i], 1 / k - 1);
        assert_true(fabs(exact / factor[i] - 1) < 2e-3);
        (void)snprintf(text, sizeof text, "B3, %d units, all renewed: factor", units[i]);
        fixture_expect_z(text, ratio - excess, exact, error(&wrong, FC_M_INTERRUPTIONS) / 20 + 1e-3 * exact);
        fc_tally_free(&wrong);
        fixture_free(&f);
    }
}

/* All units new and of one exponential distribution: the plain Poisson stream, mean and variance. */
static void exponential_ages_are_poisson(void **state)
{
    (void)state;
    const double one = 1;
    const int units[] = {3, 500};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        fixture_daly(&f, 60, 0, 1e6, 0, 0, 0);
        detail_start(&f);
        struct fc_run_detail *d = &f.program.run.detail;
        f.program.run.watch = 1;
        f.program.run.horizon = 30 * 3600 * 64;
        d->ages = FC_AGES_UNITS;
        d->age_units = units[i];
        d->first_failure = d->next_failure = fixture_table(&f, fixture_exponential, &one);
        struct fc_tally t = run(&f, (const int[]){FC_M_INTERRUPTIONS, -1}, 36, TRIALS);
        fixture_expect("ages, exponential: Poisson", &t, FC_M_INTERRUPTIONS, 1, 30, 30);
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

/* O14: slow episodes that overlap count once: share of time without one = exp(-rate mean), for any distribution
 * (M/G/infinity). The first episodes are watched from an empty start, so the steady share holds up to E[D^2]
 * / (2 mean) of time. */
static void slow_episodes_overlap(void **state)
{
    (void)state;
    const double sigma = 0.8, distribution[] = {24 * 60 * exp(-0.5 * 0.64), sigma};
    struct fixture f;
    fixture_daly(&f, 1e30, 0, 1e6, 0, 0, 0);
    detail_start(&f);
    f.program.run.watch = 1;
    f.program.run.horizon = 1 << 30;
    fixture_set(&f, FC_IN_SLOW_NETWORK_MTBF_H, 50.0 / 60);
    fixture_set(&f, FC_IN_SLOW_NETWORK_LOSS, 0.5);
    struct fc_draw duration = fixture_table(&f, fixture_lognormal, distribution);
    f.program.run.detail.classes.time_table[FC_CLASS_SLOW_NETWORK] = duration.table;
    struct fc_tally t = run(&f, (const int[]){FC_M_TIME_SLOWDOWN_H, FC_M_SLOW_EPISODES, -1}, 37, 100);
    double wall_h = (1 << 30) / 64.0 / 3600, busy = 1 - exp(-0.48);
    fixture_expect("O14, episodes", &t, FC_M_SLOW_EPISODES, 1, wall_h * 1.2, wall_h * 1.2);
    fixture_expect_z("O14, share of time that is slow", 2 * mean(&t, FC_M_TIME_SLOWDOWN_H) / wall_h, busy,
                     2 * error(&t, FC_M_TIME_SLOWDOWN_H) / wall_h);
    fc_tally_free(&t);
    fixture_free(&f);
}

/* O19: 18 min between failures at 98 thousand GPUs: 10 min lost each, or 3 min of stall and 7 min at 11/12
 * speed. */
static void elastic_replicas(void **state)
{
    (void)state;
    for (int elastic = 0; elastic <= 1; elastic++) {
        struct fixture f;
        fixture_daly(&f, elastic ? 15 : 8, 0, 1e6, 0, 0, 0);
        detail_start(&f);
        struct fc_run_detail *d = &f.program.run.detail;
        f.program.run.watch = 1;
        f.program.run.horizon = 1 << 30;
        d->elastic = elastic;
        d->classes.replica |= 1u << FC_CLASS_GPU;
        /* the synchronous job keeps every step, so that 10 min are all that a failure costs */
        f.program.run.interval_s = elastic ? 3600 : 0.125f;
        detail_time(&f, FC_CLASS_GPU, elastic ? 180 : 600);
        fixture_set(&f, FC_IN_REPLICA_OUT_S, 420);
        fixture_set(&f, FC_IN_DEGRADED_LOSS, 1.0 / 12);
        struct fc_tally t = run(&f, (const int[]){FC_M_GOODPUT, FC_M_EFFECTIVE_TRAINING_TIME, -1}, 38, 1000);
        double expected = elastic ? (15 - 7.0 / 12) / 18 : 8.0 / 18;
        assert_true(fabs(expected - (elastic ? 0.8009 : 0.4444)) < 1e-4);
        fixture_expect_z(elastic ? "O19, elastic" : "O19, synchronous", mean(&t, FC_M_GOODPUT), expected,
                         error(&t, FC_M_GOODPUT));
        fc_tally_free(&t);
        fixture_free(&f);
    }
}

/* O10: with c spares the job waits for the share ErlangB(c + 1, load) of its time, whatever the distribution of the
 * repair and wherever the spares stand: pooled, in the one rack, or whole racks. Watched for 7e4 repairs. */
static void spares_everywhere(void **state)
{
    (void)state;
    const double distribution[] = {2.4 * 3600 * exp(-0.5 * 1.44), 1.2}, load = 2.4;
    for (int policy = FC_SPARES_POOLED; policy <= FC_SPARES_RACKS; policy++) {
        for (int c = 2; c <= 6; c += 2) {
            struct fixture f;
            fixture_daly(&f, 60, 0, 1e6, 0, 0, 0);
            f.program.run.repair = fixture_table(&f, fixture_lognormal, distribution);
            detail_start(&f);
            fixture_set(&f, FC_IN_SWAP_PROBABILITY, 1);
            fixture_set(&f, FC_IN_MANUAL_PROBABILITY, 1);
            struct fc_run_detail *d = &f.program.run.detail;
            f.program.run.watch = 1;
            f.program.run.tick_s = 0.25f;
            f.program.run.horizon = 1 << 30;
            d->spare_policy = policy;
            d->spares_per_rack = policy == FC_SPARES_IN_RACK ? c : 0;
            d->spare_racks = policy == FC_SPARES_RACKS ? c : 0;
            f.program.run.spares = policy == FC_SPARES_POOLED ? c : 0;
            struct fc_tally t = run(&f, (const int[]){FC_M_TIME_WAITING_H, FC_M_OVERFLOWS, -1}, 39, 100);
            double wall_h = (1 << 30) / 4.0 / 3600, blocked = 1;
            for (int k = 1; k <= c + 1; k++) /* Erlang's recursion */
                blocked = load * blocked / (k + load * blocked);
            char text[64];
            (void)snprintf(text, sizeof text, "O10, policy %d, %d spares: share of waiting", policy, c);
            fixture_expect_z(text, mean(&t, FC_M_TIME_WAITING_H) / wall_h, blocked,
                             error(&t, FC_M_TIME_WAITING_H) / wall_h);
            assert_true(mean(&t, FC_M_OVERFLOWS) == 0);
            fc_tally_free(&t);
            fixture_free(&f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asynchronous_rollback),
        cmocka_unit_test(checkpoints_of_two_levels),
        cmocka_unit_test(clock_renewed_at_restart),
        cmocka_unit_test(units_keep_their_ages),
        cmocka_unit_test(exponential_ages_are_poisson),
        cmocka_unit_test(slow_episodes_overlap),
        cmocka_unit_test(elastic_replicas),
        cmocka_unit_test(spares_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
