/* test_missing.c: a world without a value is the worst one: in quantiles, tail means, probabilities and paired
 * differences; and what is not defined is not shown as a number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/base/format.h"
#include "host/result/metrics.h"
#include "host/result/samples.h"
#include "host/result/statistics.h"

static struct fc_tally tally;

/* A tally of one metric: values 1 ... with, and `without` worlds without a value. */
static const struct fc_tally_metric *made(int metric, int with, int without)
{
    struct fc_error error;
    int32_t metrics[] = {metric};
    fc_tally_free(&tally);
    assert_int_equal(fc_tally_create(&tally, metrics, 1, &error), 0);
    for (int i = 0; i < with + without; i++) {
        float value = i < with ? (float)(i + 1) : i % 2 ? (float)NAN : (float)INFINITY;
        fc_tally_add(&tally, 0, &value, 1, (uint64_t)i);
    }
    return &tally.metrics[0];
}

/* 38 of 100 programmes finish a first run: the median one never does, and no mean says '14 months'. */
static void most_never(void **state)
{
    (void)state;
    const struct fc_tally_metric *m = made(FC_M_PROGRAMME_FIRST_MONTHS, 3800, 6200);
    struct fc_estimate p30 = fc_statistics_quantile(m, 0.30), p50 = fc_statistics_quantile(m, 0.5);
    assert_true(fabs(p30.value - 3000) < 3);
    assert_true(isinf(p50.value) && p50.value > 0);
    assert_false(p50.refused);
    assert_int_equal(p50.why, FC_WHY_NEVER);
    struct fc_estimate mean = fc_statistics_mean(m), worst = fc_statistics_cvar(m, 0.05, 1);
    assert_true(mean.refused && isnan(mean.value));
    assert_int_equal(mean.why, FC_WHY_MISSING);
    assert_true(isinf(worst.value) && worst.value > 0);
    assert_true(isfinite(fc_statistics_cvar(m, 0.05, 0).value)); /* the best twentieth have one */
}

/* The adverse end of a yield is the low one: a world without a rate of return lost all. */
static void low_side(void **state)
{
    (void)state;
    const struct fc_tally_metric *m = made(FC_M_PROGRAMME_LARGEST_FLOP, 7800, 2200);
    struct fc_estimate p5 = fc_statistics_quantile(m, 0.05), p50 = fc_statistics_quantile(m, 0.5);
    assert_true(isinf(p5.value) && p5.value < 0);
    assert_true(fabs(p50.value - 2800) < 3); /* the 5,000th of all, 2,200 below */
    struct fc_estimate mean = fc_statistics_mean(m);
    assert_false(mean.refused);
    assert_true(fabs(mean.share - 0.78) < 1e-12 && fabs(mean.value - 3900.5) < 0.1);
}

/* Without missing worlds nothing changes: the quantile is that of the values. */
static void none_missing(void **state)
{
    (void)state;
    const struct fc_tally_metric *m = made(FC_M_PROGRAMME_LARGEST_FLOP, 10000, 0);
    assert_true(fabs(fc_statistics_quantile(m, 0.05).value - 500) < 2);
    assert_true(fc_statistics_mean(m).share == 1);
}

/* A world without a value keeps no goal. */
static void probability(void **state)
{
    (void)state;
    struct fc_error error;
    int32_t metrics[] = {FC_M_DEADLINE_MET};
    float values[] = {1, 1, 1, 0, (float)INFINITY, (float)INFINITY};
    double p, lo, hi;
    fc_tally_free(&tally);
    assert_int_equal(fc_tally_create(&tally, metrics, 1, &error), 0);
    fc_tally_add(&tally, 0, values, 6, 0);
    fc_statistics_probability(&tally.metrics[0], &p, &lo, &hi);
    assert_true(fabs(p - 0.5) < 1e-12 && lo < p && hi > p);
}

static void few_worlds(void **state)
{
    (void)state;
    char why[200];
    const struct fc_tally_metric *m = made(FC_M_COST_USD, 1, 0);
    struct fc_estimate mean = fc_statistics_mean(m), sd = fc_statistics_sd(m);
    assert_true(mean.value == 1 && isnan(mean.error));
    assert_true(isnan(sd.value) && isnan(sd.error) && sd.refused);
    assert_non_null(strstr(fc_statistics_why(&tally, m, &sd, why, sizeof why), "1 world"));
    m = made(FC_M_COST_USD, 2, 0);
    mean = fc_statistics_mean(m);
    sd = fc_statistics_sd(m);
    assert_true(fabs(mean.error - 0.5) < 1e-12 && fabs(sd.value - sqrt(0.5)) < 1e-12 && isnan(sd.error));
    /* the reason is that of this run: 100,000 worlds are there, and those needed are counted over all */
    m = made(FC_M_COST_USD, 100, 900);
    struct fc_estimate p99 = fc_statistics_quantile(m, 0.99);
    assert_int_equal(p99.need, 5000);
    assert_non_null(strstr(fc_statistics_why(&tally, m, &p99, why, sizeof why), "of the 1,000 worlds"));
}

/* One world of 2,000 that costs a million times the others: neither its mean nor the error of it is known. */
static void heavy_tail(void **state)
{
    (void)state;
    struct fc_error error;
    int32_t metrics[] = {FC_M_COST_USD};
    fc_tally_free(&tally);
    assert_int_equal(fc_tally_create(&tally, metrics, 1, &error), 0);
    for (int i = 0; i < 2000; i++) {
        float value = i == 77 ? 1e6f : 1 + (float)i / 2000;
        fc_tally_add(&tally, 0, &value, 1, (uint64_t)i);
    }
    assert_int_equal(fc_statistics_mean(&tally.metrics[0]).why, FC_WHY_HEAVY);
    assert_true(isfinite(fc_statistics_quantile(&tally.metrics[0], 0.5).value));
    const struct fc_tally_metric *plain = made(FC_M_COST_USD, 2000, 0);
    assert_int_equal(fc_statistics_mean(plain).why, FC_WHY_NONE);
}

/* 0.3 % of the worlds at 4095, which stands for any rate above: no mean of them, no spread, no mean of a tail that holds them;
 * quantiles are as they are. */
static void at_the_cap(void **state)
{
    (void)state;
    struct fc_error error;
    int32_t metrics[] = {FC_M_MIRR};
    char why[200];
    fc_tally_free(&tally);
    assert_int_equal(fc_tally_create(&tally, metrics, 1, &error), 0);
    for (int i = 0; i < 20000; i++) {
        float value = i % 20 == 7 && i % 6 == 1 && i < 1200 ? 4095 : 0.1f + (float)i / 20000;
        fc_tally_add(&tally, 0, &value, 1, (uint64_t)i);
    }
    const struct fc_tally_metric *m = &tally.metrics[0];
    struct fc_estimate mean = fc_statistics_mean(m), high = fc_statistics_cvar(m, 0.05, 1);
    assert_true(mean.refused && isnan(mean.value) && isnan(mean.error));
    assert_int_equal(mean.why, FC_WHY_CAPPED);
    assert_int_equal(fc_statistics_sd(m).why, FC_WHY_CAPPED);
    assert_int_equal(high.why, FC_WHY_CAPPED);
    assert_true(fabs(fc_statistics_cvar(m, 0.05, 0).value - 0.125) < 0.002);
    assert_true(fabs(fc_statistics_quantile(m, 0.5).value - 0.6) < 0.01);
    assert_non_null(strstr(fc_statistics_why(&tally, m, &mean, why, sizeof why), "at its cap of 4095"));
    float a[] = {1, 2, 4095}, b[] = {2, 3, 4095}, c[] = {2, 3, 5};
    assert_true(isnan(fc_samples_paired(a, b, 3, 4095).mean) && isnan(fc_samples_paired(c, b, 3, 4095).mean));
    assert_true(fc_samples_paired(a, a, 3, 4095).mean == 0);
}

static void paired(void **state)
{
    (void)state;
    float a[] = {1, 2, (float)NAN, 4}, b[] = {2, (float)INFINITY, 3, 4.000001f};
    fc_samples_put_missing(a, 4, 1);
    fc_samples_put_missing(b, 4, 1);
    struct fc_paired p = fc_samples_paired(a, b, 4, (double)INFINITY);
    assert_true(isnan(p.mean)); /* the two conditional means are of other worlds */
    assert_true(fabs(p.lower - 0.25) < 1e-12 && fabs(p.equal - 0.25) < 1e-12);
    float c[] = {1, 2, (float)INFINITY};
    p = fc_samples_paired(c, c, 3, (double)INFINITY);
    assert_true(p.mean == 0 && p.error == 0 && p.equal == 1);
}

static void words(void **state)
{
    (void)state;
    char text[64];
    struct fc_scale plain = {1, ""};
    fc_format_figure(INFINITY, (double)NAN, &plain, text, sizeof text);
    assert_string_equal(text, "never");
    fc_format_figure((double)NAN, (double)NAN, &plain, text, sizeof text);
    assert_string_equal(text, "n/a");
    fc_format_figure(3, (double)NAN, &plain, text, sizeof text);
    assert_string_equal(text, "3");
    fc_format_probability(0.8433, 0.8410, 0.8456, text, sizeof text);
    assert_string_equal(text, "84.3 % (84.1 to 84.6)");
    fc_format_probability(0.84, 0.79, 0.88, text, sizeof text);
    assert_string_equal(text, "84 % (79 to 88)");
}

static int tidy(void **state)
{
    (void)state;
    fc_tally_free(&tally);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(most_never),   cmocka_unit_test(low_side),
                                       cmocka_unit_test(none_missing), cmocka_unit_test(probability),
                                       cmocka_unit_test(few_worlds),   cmocka_unit_test(heavy_tail),
                                       cmocka_unit_test(paired),       cmocka_unit_test(at_the_cap),
                                       cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, tidy);
}
