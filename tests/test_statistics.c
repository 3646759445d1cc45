/* test_statistics.c: the figures against closed forms, and their standard errors against what they promise.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <Random123/philox.h>

#include "host/result/statistics.h"

static const int32_t metric[] = {16};
static struct fc_error trouble;

static struct fc_tally made(void)
{
    struct fc_tally tally;
    assert_int_equal(fc_tally_create(&tally, metric, 1, &trouble), 0);
    return tally;
}

static void add(struct fc_tally *tally, double x, uint64_t trial)
{
    float value = (float)x;
    fc_tally_add(tally, 0, &value, 1, trial);
}

static void near(const char *what, double value, double exact, double tolerance)
{
    if (!(fabs(value - exact) <= tolerance))
        fail_msg("%s: %.9g, exact %.9g", what, value, exact);
}

/* Two independent numbers in (0, 1). */
static void two_uniforms(uint32_t replication, uint32_t i, double *u, double *v)
{
    philox4x32_ctr_t counter = {{i, replication, 0, 0}};
    philox4x32_key_t key = {{2024, 11}};
    philox4x32_ctr_t r = philox4x32_R(10, counter, key);
    *u = ((double)r.v[0] + 0.5) * 0x1p-32;
    *v = ((double)r.v[1] + 0.5) * 0x1p-32;
}

/* The distributions of the tests: how to draw a pair of values, and the exact figures. */
struct distribution {
    const char *name;
    void (*pair)(double u, double v, double *x, double *y);
    double mean, sd, p5, p50, p95, worst; /* worst: mean of the highest 5 % */
};

static void normal_pair(double u, double v, double *x, double *y)
{
    double radius = sqrt(-2 * log(u)), angle = 6.283185307179586 * v;
    *x = 100 + 15 * radius * cos(angle);
    *y = 100 + 15 * radius * sin(angle);
}
static void narrow_pair(double u, double v, double *x, double *y)
{
    normal_pair(u, v, x, y);
    *x = 1000 + (*x - 100) / 5; /* sd 3 */
    *y = 1000 + (*y - 100) / 5;
}
static void exponential_pair(double u, double v, double *x, double *y)
{
    *x = -3e5 * log(u);
    *y = -3e5 * log(v);
}
static void loss_pair(double u, double v, double *x, double *y) /* negative values */
{
    exponential_pair(u, v, x, y);
    *x = -*x;
    *y = -*y;
}

#define Z95 1.6448536269514722
#define TAIL95 2.0627128075074257 /* density at Z95 over 0.05 */
#define LN20 2.995732273553991
static const struct distribution distributions[] = {
    {"normal", normal_pair, 100, 15, 100 - 15 * Z95, 100, 100 + 15 * Z95, 100 + 15 * TAIL95},
    {"narrow normal", narrow_pair, 1000, 3, 1000 - 3 * Z95, 1000, 1000 + 3 * Z95, 1000 + 3 * TAIL95},
    {"exponential", exponential_pair, 3e5, 3e5, 3e5 * 0.05129329438755058, 3e5 * 0.6931471805599453,
     3e5 * LN20, 3e5 * (LN20 + 1)},
    {"negative exponential", loss_pair, -3e5, 3e5, 0, 0, 0, 0}, /* for the mirror test only */
};
enum { LAWS = 3 };

static void sample(const struct distribution *distribution, uint32_t replication, uint32_t count, struct fc_tally *tally)
{
    for (uint32_t i = 0; i < count; i += 2) {
        double u, v, x, y;
        two_uniforms(replication, i, &u, &v);
        distribution->pair(u, v, &x, &y);
        add(tally, x, i);
        add(tally, y, i + 1);
    }
}

/* Large samples come within four standard errors of the closed form. */
static void large_samples(void **state)
{
    (void)state;
    for (int k = 0; k < LAWS; k++) {
        const struct distribution *distribution = &distributions[k];
        struct fc_tally t = made();
        sample(distribution, 12345, 400000, &t);
        const struct fc_tally_metric *m = &t.metrics[0];
        struct fc_estimate figures[] = {fc_statistics_mean(m),           fc_statistics_sd(m),
                                        fc_statistics_quantile(m, 0.05), fc_statistics_quantile(m, 0.5),
                                        fc_statistics_quantile(m, 0.95), fc_statistics_cvar(m, 0.05, 1)};
        const double exact[] = {distribution->mean, distribution->sd, distribution->p5, distribution->p50, distribution->p95, distribution->worst};
        for (int i = 0; i < 6; i++) {
            assert_int_equal(figures[i].refused, 0);
            assert_true(figures[i].error > 0);
            if (getenv("FLOPCAST_TEST_VERBOSE"))
                print_message("# %s %d: %.8g exact %.8g z %+.2f\n", distribution->name, i, figures[i].value, exact[i],
                              (figures[i].value - exact[i]) / figures[i].error);
            near(distribution->name, figures[i].value, exact[i], 4 * figures[i].error);
        }
        fc_tally_free(&t);
    }
}

/* The share of 400 replications whose exact figure lies within 1.96 standard errors: 95 %, give or take 3. */
static void standard_errors_cover(void **state)
{
    (void)state;
    enum { REPLICATIONS = 400, COUNT = 20000, FIGURES = 5 };
    const char *names[] = {"mean", "sd", "P50", "P95", "CVaR"};
    for (int k = 0; k < LAWS; k++) {
        const struct distribution *distribution = &distributions[k];
        const double exact[] = {distribution->mean, distribution->sd, distribution->p50, distribution->p95, distribution->worst};
        int covered[FIGURES] = {0};
        struct fc_tally t = made();
        for (uint32_t r = 0; r < REPLICATIONS; r++) {
            fc_tally_clear(&t);
            sample(distribution, r, COUNT, &t);
            const struct fc_tally_metric *m = &t.metrics[0];
            struct fc_estimate figures[] = {fc_statistics_mean(m), fc_statistics_sd(m),
                                            fc_statistics_quantile(m, 0.5), fc_statistics_quantile(m, 0.95),
                                            fc_statistics_cvar(m, 0.05, 1)};
            for (int i = 0; i < FIGURES; i++)
                covered[i] += fabs(figures[i].value - exact[i]) <= 1.959963984540054 * figures[i].error;
        }
        for (int i = 0; i < FIGURES; i++) {
            double share = covered[i] / (double)REPLICATIONS;
            if (getenv("FLOPCAST_TEST_VERBOSE"))
                print_message("# %s %s: %.4f\n", distribution->name, names[i], share);
            if (share < 0.92 || share > 0.98)
                fail_msg("%s, %s: %.1f %% covered", distribution->name, names[i], 100 * share);
        }
        fc_tally_free(&t);
    }
}

/* Low and high tails mirror each other: the figures of -X are those of X with their sign changed. */
static void both_sides_mirror(void **state)
{
    (void)state;
    struct fc_tally plus = made(), minus = made();
    sample(&distributions[2], 3, 20000, &plus);
    sample(&distributions[3], 3, 20000, &minus);
    const struct fc_tally_metric *p = &plus.metrics[0], *m = &minus.metrics[0];
    assert_true(fc_statistics_mean(p).value == -fc_statistics_mean(m).value);
    assert_true(fc_statistics_min(p) == -fc_statistics_max(m));
    near("sd", fc_statistics_sd(m).value / fc_statistics_sd(p).value, 1, 1e-12);
    near("P95", fc_statistics_quantile(m, 0.05).value / -fc_statistics_quantile(p, 0.95).value, 1, 1e-6);
    struct fc_estimate high = fc_statistics_cvar(p, 0.05, 1), low = fc_statistics_cvar(m, 0.05, 0);
    near("CVaR", -low.value / high.value, 1, 1e-6);
    near("its error", low.error / high.error, 1, 1e-4);
    fc_tally_free(&plus);
    fc_tally_free(&minus);
}

static void constant_and_two_points(void **state)
{
    (void)state;
    struct fc_tally t = made();
    for (uint64_t i = 0; i < 2000; i++)
        add(&t, 0.1, i);
    const struct fc_tally_metric *m = &t.metrics[0];
    double tenth = (double)0.1f;
    assert_true(fc_statistics_mean(m).value == tenth && fc_statistics_mean(m).error == 0);
    assert_true(fc_statistics_sd(m).value == 0);
    assert_true(fc_statistics_quantile(m, 0.95).value == tenth && fc_statistics_quantile(m, 0.95).error == 0);
    assert_true(fc_statistics_cvar(m, 0.05, 1).value == tenth &&
                fc_statistics_cvar(m, 0.05, 1).error < 1e-12);
    fc_tally_clear(&t);
    for (uint64_t i = 0; i < 10000; i++) /* 1 with share 0.3, else 0 */
        add(&t, i % 10 < 3, i);
    near("mean", fc_statistics_mean(m).value, 0.3, 1e-15);
    near("sd", fc_statistics_sd(m).value, sqrt(0.21 * 10000 / 9999), 1e-12);
    near("mean's error", fc_statistics_mean(m).error, sqrt(0.21 / 9999), 1e-12);
    near("P50", fc_statistics_quantile(m, 0.5).value, 0, 1e-30);
    near("P95", fc_statistics_quantile(m, 0.95).value, 1, 1e-6);
    near("CVaR 5 %", fc_statistics_cvar(m, 0.05, 1).value, 1, 1e-6);
    near("CVaR 60 %", fc_statistics_cvar(m, 0.6, 1).value, 0.5, 1e-6);
    double p, lo, hi; /* Wilson's interval for 3,000 of 10,000, from its formula with z = 1.959964 */
    fc_statistics_probability(m, &p, &lo, &hi);
    near("share", p, 0.3, 1e-15);
    double z2 = 1.959963984540054 * 1.959963984540054, n = 10000;
    /* the ends solve (p - x)^2 = z^2 x (1 - x) / n */
    near("lower end", (p - lo) * (p - lo), z2 * lo * (1 - lo) / n, 1e-12);
    near("upper end", (p - hi) * (p - hi), z2 * hi * (1 - hi) / n, 1e-12);
    assert_true(lo < p && p < hi);
    fc_tally_clear(&t);
    for (uint64_t i = 0; i < 1000; i++)
        add(&t, 0, i);
    fc_statistics_probability(m, &p, &lo, &hi);
    near("never", p, 0, 0);
    near("lower end", lo, 0, 1e-15);
    near("upper end", hi, z2 / (1000 + z2), 1e-12);
    fc_tally_free(&t);
}

/* A mean does not lose digits: a million values near 1e9 with a spread of a few units. */
static void large_offset(void **state)
{
    (void)state;
    struct fc_tally t = made();
    for (uint64_t i = 0; i < 100000; i++)
        add(&t, 1e9 + 64 * (double)(i % 3), i); /* multiples of 64 are exact in float here */
    struct fc_estimate mean = fc_statistics_mean(&t.metrics[0]), sd = fc_statistics_sd(&t.metrics[0]);
    double share[3] = {33334.0 / 1e5, 33333.0 / 1e5, 33333.0 / 1e5}, m = 0, v = 0;
    for (int k = 0; k < 3; k++)
        m += share[k] * 64 * k;
    for (int k = 0; k < 3; k++)
        v += share[k] * (64 * k - m) * (64 * k - m);
    near("mean", mean.value - 1e9, m, 2e-7);
    near("sd", sd.value, sqrt(v * 1e5 / 99999), 1e-2);
    fc_tally_free(&t);
}

/* Fewer than 50 trials beyond a figure: refused, and with the stated number of trials it is given. */
static void thin_tails_are_refused(void **state)
{
    (void)state;
    struct fc_tally t = made();
    const struct fc_tally_metric *m = &t.metrics[0];
    assert_int_equal(fc_statistics_mean(m).refused, 1);
    assert_int_equal(fc_statistics_quantile(m, 0.5).refused, 1);
    assert_true(isnan(fc_statistics_min(m)) && isnan(fc_statistics_max(m)));
    const struct {
        double p;
        uint64_t need;
    } cases[] = {{0.5, 100}, {0.25, 200}, {0.95, 1000}, {0.05, 1000}, {0.99, 5000}, {0.01, 5000}};
    uint64_t held = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (held = 0; held < cases[i].need - 1; held++)
            add(&t, 1 + (double)held, held);
        struct fc_estimate thin = fc_statistics_quantile(m, cases[i].p);
        assert_int_equal(thin.refused, 1);
        assert_int_equal(thin.need, cases[i].need);
        assert_true(isnan(thin.value));
        add(&t, 1 + (double)held, held);
        assert_int_equal(fc_statistics_quantile(m, cases[i].p).refused, 0);
        fc_tally_clear(&t);
    }
    for (held = 0; held < 999; held++)
        add(&t, 1 + (double)held, held);
    assert_int_equal(fc_statistics_cvar(m, 0.05, 1).refused, 1);
    assert_int_equal(fc_statistics_cvar(m, 0.05, 1).need, 1000);
    add(&t, 1000, 999);
    assert_int_equal(fc_statistics_cvar(m, 0.05, 1).refused, 0);
    fc_tally_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_samples),     cmocka_unit_test(standard_errors_cover),
        cmocka_unit_test(both_sides_mirror), cmocka_unit_test(constant_and_two_points),
        cmocka_unit_test(large_offset),      cmocka_unit_test(thin_tails_are_refused),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
