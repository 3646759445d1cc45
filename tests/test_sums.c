/* test_sums.c: runs as sums of their failures: counts and sums of times against their exact distributions over all that is
 * let in, whole runs against those that go event by event, and worlds that cannot go by sums are the very ones they were. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/backends/backend.h"
#include "host/compile/scenario.h"
#include "host/result/statistics.h"

#define FC_W 1
#define FC_CHUNK 1
#include "cuda/model/run/sums.h"

/* Standard normal quantile by bisection. */
static double normal_quantile(double p)
{
    double low = -9, high = 9;
    for (int i = 0; i < 60; i++) {
        double z = 0.5 * (low + high);
        *(0.5 * erfc(-z * sqrt(0.5)) < p ? &low : &high) = z;
    }
    return low;
}

/* A count as the model draws it, or (plain) from mean and variance alone. */
static double count_at(double a, double b, double z, bool plain)
{
    double mean = (a + b) / (1 - a);
    return plain ? floor(mean + z * sqrt(mean / (1 - a)) + 0.5)
                 : (double)fc_sums_count((fc_real)a, (fc_real)b, (fc_real)z);
}

/* How far the z at which the count passes k is from the right one, for all k from P0.1 to P99.9. */
static double count_error(double a, double b, double log_none, bool plain)
{
    double p = exp(log_none), sum = p, worst = 0;
    for (int k = 0; k < 20000 && sum < 0.999; k++, p *= a + b / k, sum += p) {
        if (sum <= 0.001)
            continue;
        double low = -9, high = 9;
        for (int i = 0; i < 40; i++) {
            double z = 0.5 * (low + high);
            *(count_at(a, b, z, plain) <= k ? &low : &high) = z;
        }
        worst = fmax(worst, fabs(low - normal_quantile(sum)));
    }
    return worst;
}

static void large_counts(void **state)
{
    (void)state;
    const double longest = -expm1(-(double)FC_SUMS_LONG), fails[] = {1e-3, 0.05, 0.2, longest};
    const double means[] = {(double)FC_SUMS_FAILURES, 100, 444, 3000};
    double worst = 0, worst_plain = 0;
    for (size_t i = 0; i < sizeof fails / sizeof fails[0]; i++)
        for (size_t k = 0; k < sizeof means / sizeof means[0]; k++) {
            double f = fails[i], pieces = round(means[k] * (1 - f) / f) + 1;
            if (pieces * log1p(-f) < -700)
                continue; /* p(0) is below the smallest double */
            worst = fmax(worst, count_error(f, (pieces - 1) * f, pieces * log1p(-f), false));
            worst_plain = fmax(worst_plain, count_error(f, (pieces - 1) * f, pieces * log1p(-f), true));
        }
    print_message("counts: off by %.2g standard deviations at most, without skewness by %.2g\n", worst,
                  worst_plain);
    assert_true(worst < (double)FC_SUMS_BOUND);
    assert_true(worst_plain > 20 * (double)FC_SUMS_BOUND); /* the control */
}

/* A count of small variance at a word is the one whose probability holds it, to what a float can tell. */
static void small_counts(void **state)
{
    (void)state;
    static const float no_table[FC_TABLE_SIZE]; /* of the normal: it is for large ones */
    const double means[] = {0, 0.01, 1, 5, 20}, chances[] = {0.01, 0.3, 0.5};
    double worst = 0;
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++)
        for (size_t k = 0; k < sizeof chances / sizeof chances[0]; k++)
            for (int failures = 0; failures <= 1; failures++) {
                double p = chances[k], n = round(means[i] / p), x = -log1p(-p),
                       a = failures ? p : -p / (1 - p);
                double b = failures ? (n - 1) * p : (n + 1) * p / (1 - p), at, sum, none = n * log1p(-p);
                if ((a + b) / (1 - a) / (1 - a) >= (double)FC_SUMS_LARGE)
                    continue;
                for (int w = 0; w < 20000; w++) {
                    fc_u32 word = (fc_u32)w * 214748u + 77u;
                    fc_real count, number = (fc_real)n, each = failures ? (fc_real)x : (fc_real)p;
                    if (failures)
                        fc_sums_failures_lanes(no_table, &number, &each, &word, &count);
                    else
                        fc_sums_binomial_lanes(no_table, &number, &each, &word, &count);
                    double u = (double)fc_uniform(word), below = 0;
                    at = sum = exp(none);
                    for (int j = 1; j <= (int)count; j++) {
                        below = sum;
                        at *= a + b / j;
                        sum += at;
                    }
                    if (count > 0)
                        worst = fmax(worst, below - u);
                    worst = fmax(worst, u - sum);
                }
            }
    print_message("small counts: a probability is off by %.2g at most\n", worst);
    assert_true(worst < 2e-5); /* 1 - p is rounded to a float, n times */
}

/* Sums of 64 cut exponentials against their density, convolved with itself six times on a grid. */
static void sums_of_times(void **state)
{
    (void)state;
    enum { GRID = 100, TIMES = 64 };
    const double rates[] = {0.001, 0.1, (double)FC_SUMS_LONG};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        double y = rates[r], *density = calloc(GRID * TIMES, sizeof *density),
               *next = calloc(GRID * TIMES, sizeof *next);
        double worst = 0, sum = 0;
        int size = GRID;
        assert_true(density && next);
        for (int i = 0; i < GRID; i++)
            density[i] = (exp(-y * i / GRID) - exp(-y * (i + 1.0) / GRID)) / -expm1(-y);
        for (int times = 1; times < TIMES; times *= 2, size *= 2) {
            for (int i = 0; i < 2 * size; i++)
                next[i] = 0;
            for (int i = 0; i < size; i++)
                for (int k = 0; k < size; k++)
                    next[i + k] += density[i] * density[k];
            for (int i = 0; i < 2 * size; i++)
                density[i] = next[i];
        }
        double k2 = 1.0 / 12 - y * y / 240, sd = sqrt(TIMES * k2);
        for (int i = 0; i < size; i++) { /* each of 64 cells is put at its middle */
            sum += density[i];
            if (sum < 0.001 || sum > 0.999)
                continue;
            double x = (i + 0.5 + 0.5 * TIMES) / GRID, z = normal_quantile(sum);
            worst = fmax(worst, fabs((double)fc_sums_lost(TIMES, 1, (fc_real)y, (fc_real)z) - x) / sd);
        }
        print_message("64 times cut at %.3g mean gaps: off by %.2g standard deviations at most\n", y, worst);
        assert_true(worst < (double)FC_SUMS_BOUND);
        free(density);
        free(next);
    }
}

static void run(const char *const *sets, uint64_t seed, uint64_t trials, struct fc_tally *tally)
{
    struct fc_scenario_options options = {0};
    struct fc_scenario scenario = {0};
    struct fc_session *session = NULL;
    struct fc_error error = {0};
    const struct fc_host host = {.threads = 1};
    int status = 0;
    for (int i = 0; sets[i]; i++)
        status = status || fc_scenario_add_override(&options, sets[i], &error);
    status = status || fc_scenario_open(&scenario, "anchor-llama3-like", &options, &error);
    const struct fc_program *program = &scenario.compiled.program;
    struct fc_job job = {program, scenario.compiled.tables, scenario.compiled.table_floats, seed};
    status = status || fc_tally_create(tally, program->metrics, program->metric_count, &error) ||
             fc_backend_cpu.open(&session, 0, &job, &host, &error) ||
             fc_backend_cpu.run(session, 0, trials, tally, NULL, &error);
    if (status)
        fail_msg("%s", error.text);
    fc_backend_cpu.close(session);
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
}

static void alike(const char *what, struct fc_estimate a, struct fc_estimate b)
{
    double z = (b.value - a.value) / sqrt(a.error * a.error + b.error * b.error);
    if (!(fabs(z) < 4))
        fail_msg("%s: %.9g event by event, %.9g by sums, z %.2f", what, a.value, b.value, z);
}

/* Whole runs, all that is uncertain in them uncertain, and detection times that are skewed. */
static void sums_are_events(void **state)
{
    (void)state;
    enum { TRIALS = 100000 };
    static const char *const sets[][6] = {
        {"reliability.timeline=events", "reliability.detection=lognormal(median=2 min, sigma=0.9)",
         "reliability.gpu_mtbf=uniform(30e3, 90e3) h", "checkpoint.stall=uniform(1, 60) s",
         "reliability.restart=uniform(1, 30) min", NULL},
        {"reliability.timeline=sums", "reliability.detection=lognormal(median=2 min, sigma=0.9)",
         "reliability.gpu_mtbf=uniform(30e3, 90e3) h", "checkpoint.stall=uniform(1, 60) s",
         "reliability.restart=uniform(1, 30) min", NULL},
        {"reliability.timeline=events", NULL},
        {"reliability.timeline=sums", NULL},
    };
    static const int metrics[] = {FC_M_WALL_CLOCK_DAYS,  FC_M_TIME_REDONE_H,  FC_M_TIME_CHECKPOINT_H,
                                  FC_M_TIME_DETECTION_H, FC_M_TIME_RESTART_H, FC_M_GOODPUT};
    for (int pair = 0; pair < 4; pair += 2) {
        struct fc_tally events, sums;
        run(sets[pair], 11, TRIALS, &events);
        run(sets[pair + 1], 12, TRIALS, &sums);
        for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
            const struct fc_tally_metric *a = fc_tally_find(&events, metrics[i]),
                                         *b = fc_tally_find(&sums, metrics[i]);
            bool constant = metrics[i] == FC_M_TIME_DETECTION_H &&
                            pair; /* so many minutes: quantiles are whole numbers */
            alike("mean", fc_statistics_mean(a), fc_statistics_mean(b));
            alike("sd", fc_statistics_sd(a), fc_statistics_sd(b));
            for (int k = 0; k < 5 && !constant; k++) {
                const double at[] = {0.01, 0.25, 0.5, 0.95, 0.999};
                alike("quantile", fc_statistics_quantile(a, at[k]), fc_statistics_quantile(b, at[k]));
            }
        }
        alike("swaps", fc_statistics_mean(fc_tally_find(&events, FC_M_NODE_SWAPS)),
              fc_statistics_mean(fc_tally_find(&sums, FC_M_NODE_SWAPS)));
        alike("failures", fc_statistics_sd(fc_tally_find(&events, FC_M_INTERRUPTIONS)),
              fc_statistics_sd(fc_tally_find(&sums, FC_M_INTERRUPTIONS)));
        fc_tally_free(&events);
        fc_tally_free(&sums);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_counts),
        cmocka_unit_test(small_counts),
        cmocka_unit_test(sums_of_times),
        cmocka_unit_test(sums_are_events),
    };
    return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
