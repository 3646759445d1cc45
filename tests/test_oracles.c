/* test_oracles.c: the timeline against closed forms: mean and variance, |z| < 4, light and heavy load.
 *
 * Notation as in the literature: M mean time between failures, s = tau + delta a segment of work and its
 * checkpoint, R recovery during which failures may strike, D downtime without failures. All closed forms are
 * worked out here from their formulas; times in minutes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cuda/model/run/timeline.h"
#include "host/result/statistics.h"
#include "model_fixture.h"

#ifdef __SANITIZE_ADDRESS__
enum { THREADS = 2, MILLION = 20000, SANITIZED = 1 }; /* slow: the same limits on z, fewer trials */
#else
enum { THREADS = 2, MILLION = 1000000, SANITIZED = 0 };
#endif
static const double min_per_day = 1440;

struct moments {
    double mean, variance;
};

/* The time of a failure that strikes before x. */
static struct moments failure_before(double x, double m)
{
    double p = exp(-x / m);
    double mean = m - x * p / (1 - p);
    double square = (2 * m * m - p * (x * x + 2 * x * m + 2 * m * m)) / (1 - p);
    return (struct moments){mean, square - mean * mean};
}

/* x without a failure at last, after a geometric number of attempts that each cost `lost`: Var of the random
 * sum. */
static struct moments attempts(double x, double m, struct moments lost)
{
    double p = exp(-x / m), mean_count = (1 - p) / p, variance_count = (1 - p) / (p * p);
    return (struct moments){x + mean_count * lost.mean,
                            mean_count * lost.variance + variance_count * lost.mean * lost.mean};
}

/* A segment: failed attempts, each followed by downtime and a recovery that is a sum of its own (facts A5 and
 * A7). */
static struct moments segment(double s, double m, double recovery, struct moments downtime)
{
    struct moments recovered = {0, 0};
    if (recovery > 0) {
        struct moments lost = failure_before(recovery, m);
        lost.mean += downtime.mean;
        lost.variance += downtime.variance;
        recovered = attempts(recovery, m, lost);
    }
    struct moments lost = failure_before(s, m);
    lost.mean += downtime.mean + recovered.mean;
    lost.variance += downtime.variance + recovered.variance;
    struct moments sum = attempts(s, m, lost);
    double short_form = exp(recovery / m) * (m + downtime.mean) * (exp(s / m) - 1); /* A4 and A5 */
    assert_true(fabs(sum.mean / short_form - 1) < 1e-9);
    return sum;
}

static struct moments times(struct moments one, double n)
{
    return (struct moments){n * one.mean, n * one.variance};
}

/* A whole number of work between checkpoints near `work / n` that ticks and floats hold exactly, minutes. */
static double exact_interval(double work_min, int n)
{
    return round(work_min / n * 60 * 4) / 240;
}

/* Daly's run of n segments and its closed form. */
static struct moments daly(struct fixture *f, double mtbf, double work, int n, double stall, double recovery,
                           double downtime)
{
    double tau = exact_interval(work, n);
    fixture_daly(f, mtbf, tau * n, tau, stall, recovery, downtime);
    return times(segment(tau + stall, mtbf, recovery, (struct moments){downtime, 0}), n);
}

static void run_and_expect(const char *what, const struct fixture *f, uint64_t seed, uint64_t trials,
                           struct moments exact)
{
    struct fc_tally tally;
    fixture_run(f, seed, 0, trials, THREADS, NULL, &tally, NULL);
    fixture_expect(what, &tally, FC_M_WALL_CLOCK_DAYS, min_per_day, exact.mean, exact.variance);
    fc_tally_free(&tally);
}

/* O1: nothing fails: work and its checkpoints, to the tick, with and without the one at the end. */
static void o1_no_failures(void **state)
{
    (void)state;
    for (int last = 0; last < 2; last++) {
        struct fixture f;
        fixture_daly(&f, 60, 30000, 100, 5, 10, 3);
        fixture_set(&f, FC_IN_GPU_MTBF_H, INFINITY);
        f.program.run.last_checkpoint = last;
        struct fc_tally tally;
        fixture_run(&f, 1, 0, MILLION, THREADS, NULL, &tally, NULL);
        const struct fc_tally_metric *wall = fc_tally_find(&tally, FC_M_WALL_CLOCK_DAYS);
        double exact = (30000 + (299 + last) * 5) / min_per_day;
        assert_true(wall->min_key == wall->max_key);
        assert_true(fabs(fc_statistics_mean(wall).value / exact - 1) < 2e-7);
        assert_true(fc_statistics_max(fc_tally_find(&tally, FC_M_INTERRUPTIONS)) == 0);
        fc_tally_free(&tally);
    }
}

/* O2 and O3: Daly's three runs, from light load to failures that outnumber the segments. */
static void o2_o3_daly(void **state)
{
    (void)state;
    const struct {
        const char *what;
        double mtbf;
        int segments;
        uint64_t trials;
        double mean, sd; /* published anchors of the facts, four digits */
    } runs[] = {{"Daly, M 1440", 1440, 256, MILLION, 32872.9, 387.4},
                {"Daly, M 360", 360, 526, MILLION, 36613.1, 471.5},
                {"Daly, M 15", 15, 3297, MILLION / 10, 150252, 2381}};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        struct moments exact = daly(&f, runs[i].mtbf, 30000, runs[i].segments, 5, 10, 0);
        assert_true(fabs(exact.mean / runs[i].mean - 1) < 2e-4);
        assert_true(fabs(sqrt(exact.variance) / runs[i].sd - 1) < 1e-3);
        run_and_expect(runs[i].what, &f, 20 + (uint64_t)i, runs[i].trials, exact);
    }
}

/* O4 and O5: downtime D without failures, constant and random; segments in a row and one alone. */
static void o4_o5_downtime(void **state)
{
    (void)state;
    struct fixture f;
    struct moments exact = daly(&f, 180, 40, 1, 3, 8, 12);
    assert_true(fabs(exact.mean - 54.163) < 1e-3);
    run_and_expect("one segment, D 12", &f, 40, MILLION, exact);

    const double detection[] = {6 * 60, 18 * 60}, half[] = {0.5, 0.5};
    f.program.run.detection = fixture_discrete(&f, detection, half, 2);
    run_and_expect("one segment, D 6 or 18", &f, 41, MILLION, segment(43, 180, 8, (struct moments){12, 36}));
    fixture_set(&f, FC_IN_DETECTION_SCALE, 2);
    run_and_expect("one segment, D 12 or 36", &f, 42, MILLION,
                   segment(43, 180, 8, (struct moments){24, 144}));
    fixture_free(&f);

    /* heavy: a failure every quarter of a segment */
    exact = daly(&f, 10, 40, 1, 3, 4, 5);
    run_and_expect("one segment, M 10", &f, 43, MILLION, exact);

    /* endless run as whole segments: effective training time ratio = tau / E[segment] */
    exact = daly(&f, 108.2, 1000, 50, 0.5, 8, 2);
    assert_true(fabs(1000 / exact.mean - 0.80802) < 1e-5);
    run_and_expect("50 segments, ETTR 0.808", &f, 50, MILLION, exact);
}

/* Vertex of the parabola of least squares through (x, y). */
static double vertex(const double *x, const double *y, int n)
{
    double a[3][4] = {{0}};
    for (int i = 0; i < n; i++)
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++)
                a[r][c] += pow(x[i], r + c);
            a[r][3] += y[i] * pow(x[i], r);
        }
    for (int k = 0; k < 3; k++)
        for (int r = 0; r < 3; r++)
            if (r != k) {
                double ratio = a[r][k] / a[k][k];
                for (int c = k; c < 4; c++)
                    a[r][c] -= ratio * a[k][c];
            }
    return -a[1][3] / a[1][1] / (2 * a[2][3] / a[2][2]);
}

/* O6: the optimum. The sweep over tau on common random numbers has its vertex where the closed form has, and
 * that is within 1 % of fc_optimal_interval, which is Daly's exact root. */
static void o6_optimum(void **state)
{
    (void)state;
    enum { POINTS = 7, BATCHES = 40 };
    const struct {
        double mtbf, work, anchor;
        uint64_t trials;
    } cases[] = {{1440, 15000, 116.690, MILLION * 2 / 5},
                 {360, 7500, 56.714, MILLION * 2 / 5},
                 {15, 1100, 9.1665, MILLION / 5}};
    for (int k = 0; k < 3; k++) {
        double optimum = (double)fc_optimal_interval(5, (float)cases[k].mtbf);
        assert_true(fabs(optimum / cases[k].anchor - 1) < 2e-5);
        double x[POINTS], exact_y[POINTS], y[BATCHES][POINTS];
        float *samples = calloc(2 * cases[k].trials, sizeof *samples);
        assert_non_null(samples);
        for (int i = 0; i < POINTS; i++) {
            struct fixture f;
            struct fc_tally tally;
            int n = (int)round(cases[k].work / optimum * exp(0.1 * (i - 3)));
            struct moments exact = daly(&f, cases[k].mtbf, cases[k].work, n, 5, 10, 0);
            double tau = exact_interval(cases[k].work, n);
            x[i] = log(tau / optimum);
            exact_y[i] = exact.mean / (tau * n);
            fixture_run(&f, 60, 0, cases[k].trials, THREADS, NULL, &tally, samples);
            fc_tally_free(&tally);
            for (int b = 0; b < BATCHES; b++) {
                uint64_t per_batch = cases[k].trials / BATCHES;
                double sum = 0;
                for (uint64_t t = 0; t < per_batch; t++)
                    sum += (double)samples[(uint64_t)b * per_batch + t];
                y[b][i] = sum * min_per_day / (double)per_batch / (tau * n);
            }
        }
        free(samples);
        double exact_vertex = vertex(x, exact_y, POINTS), sum = 0, square = 0;
        for (int b = 0; b < BATCHES; b++) {
            double v = vertex(x, y[b], POINTS);
            sum += v;
            square += v * v;
        }
        double mean = sum / BATCHES, se = sqrt((square / BATCHES - mean * mean) / (BATCHES - 1));
        assert_true(fabs(exact_vertex) < 0.01);
        fixture_expect_z("optimum of the sweep, log of its ratio", mean, exact_vertex, se);
        assert_true(SANITIZED || se < 0.02); /* the sweep does resolve the optimum */
    }
}

/* The interval that 'automatic' takes is the optimum for the world's own failure rate, to the bit. */
static void automatic_is_the_optimum(void **state)
{
    (void)state;
    struct fixture f;
    struct fc_tally automatic, stated;
    fixture_daly(&f, 360, 30000, 1, 5, 10, 0);
    f.program.run.automatic = 1;
    fixture_run(&f, 3, 0, 10000, THREADS, NULL, &automatic, NULL);
    f.program.run.automatic = 0;
    f.program.run.interval_s = fc_optimal_interval(5 * 60 * 64, 360 * 60 * 64) / 64;
    fixture_run(&f, 3, 0, 10000, THREADS, NULL, &stated, NULL);
    assert_int_equal(fc_tally_digest(&automatic, 3), fc_tally_digest(&stated, 3));
    fc_tally_free(&automatic);
    fc_tally_free(&stated);
}

/* The 54 days of Llama 3 405B: 16,384 GPUs, 419 interruptions expected. */
static void llama(struct fixture *f)
{
    fixture_start(f, FC_LAYER_RUN);
    f->program.run.watch = 1;
    f->program.run.gpus = 16384;
    f->program.run.horizon = 54 * 86400 * 64;
    fixture_set(f, FC_IN_GPU_MTBF_H, 16384.0 * 54 * 24 / 419);
    fixture_metrics(f, (const int[]){FC_M_INTERRUPTIONS, FC_M_NODE_SWAPS, -1});
}

/* O9: with no pauses the number of failures is Poisson. */
static void o9_poisson_count(void **state)
{
    (void)state;
    struct fixture f;
    struct fc_tally tally;
    llama(&f);
    fixture_run(&f, 90, 0, MILLION, THREADS, NULL, &tally, NULL);
    fixture_expect("419 interruptions", &tally, FC_M_INTERRUPTIONS, 1, 419, 419);
    fc_tally_free(&tally);
    /* two sources, per GPU and per job, add up: 419 + 54 */
    fixture_set(&f, FC_IN_JOB_MTBF_H, 24);
    fixture_run(&f, 91, 0, MILLION / 10, THREADS, NULL, &tally, NULL);
    fixture_expect("419 + 54 interruptions", &tally, FC_M_INTERRUPTIONS, 1, 473, 473);
    fc_tally_free(&tally);
    /* rare: half an interruption per run */
    fixture_set(&f, FC_IN_JOB_MTBF_H, 0);
    fixture_set(&f, FC_IN_GPU_MTBF_H, 16384.0 * 54 * 24 / 0.5);
    fixture_run(&f, 92, 0, MILLION, THREADS, NULL, &tally, NULL);
    fixture_expect("0.5 interruptions", &tally, FC_M_INTERRUPTIONS, 1, 0.5, 0.5);
    fc_tally_free(&tally);
}

/* O21: classes of a Poisson stream are Poisson and independent; given the total, the split is binomial. */
static void o21_class_split(void **state)
{
    (void)state;
    enum { TRIALS = MILLION };
    struct fixture f;
    struct fc_tally tally;
    float *samples = calloc(2 * (size_t)TRIALS, sizeof *samples);
    assert_non_null(samples);
    llama(&f);
    fixture_set(&f, FC_IN_GPU_MTBF_H, 16384.0 * 54 * 24 / 40);
    fixture_set(&f, FC_IN_SWAP_PROBABILITY, 0.3);
    fixture_run(&f, 210, 0, TRIALS, THREADS, NULL, &tally, samples);
    double share = (double)0.3f;
    fixture_expect("all", &tally, FC_M_INTERRUPTIONS, 1, 40, 40);
    fixture_expect("one class", &tally, FC_M_NODE_SWAPS, 1, 40 * share, 40 * share);
    double rest_sum = 0, rest_square = 0, cross = 0, chi = 0, chi_square = 0, swaps = 0, failures = 0;
    for (int i = 0; i < TRIALS; i++) {
        double n = (double)samples[i], s = (double)samples[TRIALS + i], other = n - s;
        rest_sum += other;
        rest_square += (other - 40 * (1 - share)) * (other - 40 * (1 - share));
        cross += (other - 40 * (1 - share)) * (s - 40 * share);
        swaps += s;
        failures += n;
        if (n > 0) {
            double d = (s - n * share) * (s - n * share) / (n * share * (1 - share)); /* mean 1 */
            chi += d;
            chi_square += d * d;
        }
    }
    double rest = 40 * (1 - share), n = TRIALS;
    fixture_expect_z("other class, mean", rest_sum / n, rest, sqrt(rest / n));
    fixture_expect_z("other class, variance", rest_square / n, rest, sqrt((rest + 2 * rest * rest) / n));
    fixture_expect_z("covariance of the classes", cross / n, 0, sqrt(rest * 40 * share / n));
    fixture_expect_z("share", swaps / failures, share, sqrt(share * (1 - share) / failures));
    fixture_expect_z("binomial split", chi / n, 1, sqrt((chi_square / n - chi / n * chi / n) / n));
    free(samples);
    fc_tally_free(&tally);
    fixture_free(&f);
}

/* O20: recovery makes the run longer by e^(R/M), whatever else: ratios 1, e, e^2. */
static void o20_long_recovery(void **state)
{
    (void)state;
    double mean[3], se[3];
    for (int r = 0; r < 3; r++) {
        struct fixture f;
        struct fc_tally tally;
        struct moments exact = daly(&f, 60, 300, 10, 3, 60.0 * r, 0);
        fixture_run(&f, 200 + (uint64_t)r, 0, MILLION, THREADS, NULL, &tally, NULL);
        fixture_expect("recovery R = 0, M, 2M", &tally, FC_M_WALL_CLOCK_DAYS, min_per_day, exact.mean,
                       exact.variance);
        mean[r] = fc_statistics_mean(fc_tally_find(&tally, FC_M_WALL_CLOCK_DAYS)).value;
        se[r] = fc_statistics_mean(fc_tally_find(&tally, FC_M_WALL_CLOCK_DAYS)).error;
        fc_tally_free(&tally);
    }
    for (int r = 1; r < 3; r++)
        fixture_expect_z("ratio e^(R/M)", mean[r] / mean[0], exp(r),
                         exp(r) * hypot(se[r] / mean[r], se[0] / mean[0]));
}

/* O23: twice the GPUs, each failing half as often: the same run, to the bit. */
static void o23_scaling(void **state)
{
    (void)state;
    struct fixture f;
    struct fc_tally one, two, other;
    fixture_timeline(&f);
    fixture_set(&f, FC_IN_GPU_MTBF_H, 50000);
    fixture_metrics(&f, (const int[]){FC_M_WALL_CLOCK_DAYS, FC_M_GOODPUT, FC_M_INTERRUPTIONS, -1});
    fixture_run(&f, 230, 0, 20000, THREADS, NULL, &one, NULL);
    f.program.run.gpus *= 2;
    fixture_set(&f, FC_IN_GPU_MTBF_H, 100000);
    fixture_run(&f, 230, 0, 20000, THREADS, NULL, &two, NULL);
    assert_int_equal(fc_tally_digest(&one, 230), fc_tally_digest(&two, 230));
    fixture_set(&f, FC_IN_GPU_MTBF_H, 99990);
    fixture_run(&f, 230, 0, 20000, THREADS, NULL, &other, NULL);
    assert_int_not_equal(fc_tally_digest(&one, 230), fc_tally_digest(&other, 230));
    fc_tally_free(&one);
    fc_tally_free(&two);
    fc_tally_free(&other);
    fixture_free(&f);
}

/* O24: the cost of a run is price times GPUs times its time. */
static void o24_cost(void **state)
{
    (void)state;
    struct fixture f;
    struct fc_tally tally;
    struct moments exact = daly(&f, 360, 30000, 526, 5, 10, 0);
    fixture_set(&f, FC_IN_GPU_MTBF_H, 6 * 1024);
    f.program.run.gpus = 1024;
    fixture_set(&f, FC_IN_PRICE_GPU_HOUR_USD, 2.5);
    fixture_metrics(&f, (const int[]){FC_M_GPU_HOURS, FC_M_COST_USD, FC_M_ENERGY_MWH, -1});
    fixture_run(&f, 240, 0, MILLION, THREADS, NULL, &tally, NULL);
    double per_min = 1024 * 2.5 / 60;
    fixture_expect("cost", &tally, FC_M_COST_USD, 1, exact.mean * per_min,
                   exact.variance * per_min * per_min);
    double mwh = 1024.0 / 60 * 1.8 * 0.8 * 1.2 / 1000;
    fixture_expect("energy", &tally, FC_M_ENERGY_MWH, 1, exact.mean * mwh, exact.variance * mwh * mwh);
    fc_tally_free(&tally);
}

/* The tests can fail: 1 % more interruptions, 2 % more variance, or recovery left out, and |z| < 4 is over.
 */
static void negative_controls(void **state)
{
    (void)state;
    if (SANITIZED)
        skip(); /* too few trials to see 1 % */
    struct fixture f;
    struct fc_tally tally;
    struct moments exact = daly(&f, 1440, 30000, 256, 5, 10, 0);
    fixture_set(&f, FC_IN_GPU_MTBF_H, 24 / 1.01);
    fixture_run(&f, 20, 0, MILLION, THREADS, NULL, &tally, NULL);
    struct fixture_z z = fixture_compare("1 % more (must fail)", &tally, FC_M_WALL_CLOCK_DAYS, min_per_day,
                                         exact.mean, exact.variance);
    assert_true(z.mean > 10 && z.variance > 4);
    fc_tally_free(&tally);

    exact = daly(&f, 1440, 30000, 256, 5, 10, 0);
    fixture_run(&f, 20, 0, MILLION, THREADS, NULL, &tally, NULL);
    z = fixture_compare("variance 2 % off (must fail)", &tally, FC_M_WALL_CLOCK_DAYS, min_per_day, exact.mean,
                        exact.variance * 1.02);
    assert_true(fabs(z.mean) < 4 && z.variance < -4);
    fc_tally_free(&tally);

    (void)daly(&f, 60, 300, 10, 3, 60, 0);
    exact = times(segment(33, 60, 0, (struct moments){60, 0}), 10);
    fixture_run(&f, 200, 0, MILLION, THREADS, NULL, &tally, NULL);
    z = fixture_compare("failure-free recovery (must fail)", &tally, FC_M_WALL_CLOCK_DAYS, min_per_day,
                        exact.mean, exact.variance);
    assert_true(z.mean > 10);
    fc_tally_free(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(o1_no_failures),
        cmocka_unit_test(o2_o3_daly),
        cmocka_unit_test(o4_o5_downtime),
        cmocka_unit_test(o6_optimum),
        cmocka_unit_test(automatic_is_the_optimum),
        cmocka_unit_test(o9_poisson_count),
        cmocka_unit_test(o20_long_recovery),
        cmocka_unit_test(o21_class_split),
        cmocka_unit_test(o23_scaling),
        cmocka_unit_test(o24_cost),
        cmocka_unit_test(negative_controls),
    };
    return cmocka_run_group_tests_name("oracles", tests, NULL, NULL);
}
