/* test_sobol.c: the index estimators against functions whose indices are known in closed form, and the
 * intervals against what they promise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <Random123/philox.h>

#include "host/analysis/sobol.h"

enum { INPUTS = 8 };
#define PI 3.14159265358979323846

typedef double function(const double *u); /* of INPUTS numbers in (0, 1) */

/* Ishigami and Homma 1990, a = 7, b = 0.1. */
static double ishigami(const double *u)
{
    double x[3];
    for (int i = 0; i < 3; i++)
        x[i] = PI * (2 * u[i] - 1);
    return sin(x[0]) + 7 * sin(x[1]) * sin(x[1]) + 0.1 * pow(x[2], 4) * sin(x[0]);
}

static const double g_weights[INPUTS] = {0, 1, 4.5, 9, 99, 99, 99, 99};

/* Sobol's g-function. */
static double g_function(const double *u)
{
    double product = 1;
    for (int i = 0; i < INPUTS; i++)
        product *= (fabs(4 * u[i] - 2) + g_weights[i]) / (1 + g_weights[i]);
    return product;
}

/* A plane: first order and total are both c_i^2 / sum c^2. A large constant must not cost digits. */
static double plane(const double *u)
{
    return 1000 + 4 * u[0] + 2 * u[1] + u[2];
}

static void point(uint32_t replication, uint32_t i, uint32_t which, double *u)
{
    for (uint32_t half = 0; half < 2; half++) {
        philox4x32_ctr_t counter = {{i, half, which, 77}};
        philox4x32_key_t key = {{replication, 5}};
        philox4x32_ctr_t r = philox4x32(counter, key);
        for (int k = 0; k < 4; k++)
            u[4 * half + (uint32_t)k] = ((double)r.v[k] + 0.5) / 4294967296.0;
    }
}

/* The index of input `input`; `frozen` is the one that is really taken from the second point (the same, but
 * in a negative control). */
static struct fc_sobol estimate(function *f, int frozen, uint32_t replication, size_t count)
{
    float *a = malloc(3 * count * sizeof *a), *b = a + count, *c = b + count;
    assert_non_null(a);
    for (size_t i = 0; i < count; i++) {
        double ua[INPUTS], ub[INPUTS];
        point(replication, (uint32_t)i, 0, ua);
        point(replication, (uint32_t)i, 1, ub);
        a[i] = (float)f(ua);
        b[i] = (float)f(ub);
        ua[frozen] = ub[frozen];
        c[i] = (float)f(ua);
    }
    struct fc_sobol s = fc_sobol_estimate(a, b, c, count, (double)INFINITY);
    free(a);
    return s;
}

static void expect(const char *what, struct fc_sobol s, double first, double total)
{
    if (!(fabs(s.first - first) <= 4 * s.first_error + 1e-7) || !(s.first_error < 0.02))
        fail_msg("%s: first order %.5f +- %.5f, exact %.5f", what, s.first, s.first_error, first);
    if (!(fabs(s.total - total) <= 4 * s.total_error + 1e-7) || !(s.total_error < 0.02))
        fail_msg("%s: total %.5f +- %.5f, exact %.5f", what, s.total, s.total_error, total);
}

/* Exact indices of Ishigami's function. */
static void ishigami_exact(double *first, double *total)
{
    double b = 0.1, p4 = pow(PI, 4), p8 = pow(PI, 8);
    double v1 = 0.5 * pow(1 + b * p4 / 5, 2), v2 = 49.0 / 8, v13 = b * b * p8 * (1.0 / 18 - 1.0 / 50);
    double v = v1 + v2 + v13;
    double f[3] = {v1 / v, v2 / v, 0}, t[3] = {(v1 + v13) / v, v2 / v, v13 / v};
    for (int i = 0; i < 3; i++) {
        first[i] = f[i];
        total[i] = t[i];
    }
}

static void test_ishigami(void **state)
{
    (void)state;
    double first[3], total[3];
    ishigami_exact(first, total);
    assert_true(fabs(first[0] - 0.3139) < 1e-4 &&
                fabs(total[2] - 0.2437) < 1e-4); /* as the literature prints them */
    for (int i = 0; i < 3; i++)
        expect("Ishigami", estimate(ishigami, i, 1, 40000), first[i], total[i]);
}

static void test_g_function(void **state)
{
    (void)state;
    double product = 1, v[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
        v[i] = 1 / (3 * (1 + g_weights[i]) * (1 + g_weights[i]));
        product *= 1 + v[i];
    }
    for (int i = 0; i < INPUTS; i++)
        expect("g-function", estimate(g_function, i, 2, 40000), v[i] / (product - 1),
               v[i] * product / (1 + v[i]) / (product - 1));
}

static void test_plane(void **state)
{
    (void)state;
    const double share[4] = {16.0 / 21, 4.0 / 21, 1.0 / 21, 0};
    for (int i = 0; i < 4; i++)
        expect("plane", estimate(plane, i, 3, 20000), share[i], share[i]);
}

/* An input that does nothing has an index of exactly 0 with an error of 0, however few worlds there are. */
static void test_idle_input(void **state)
{
    (void)state;
    struct fc_sobol s = estimate(plane, 5, 4, 100);
    assert_true(fabs(s.first) < 1e-12 && s.first_error < 1e-12);
    assert_true(s.total == 0 && s.total_error == 0);
    assert_true(fc_sobol_is_zero(s.first, s.first_error) && fc_sobol_is_zero(s.total, s.total_error));
}

/* The third input of Ishigami's function acts only together with the first: its first order cannot be seen
 * from 0 in about 39 of 40 studies, its total can in all. */
static void test_not_distinguishable(void **state)
{
    (void)state;
    int zero_first = 0, zero_total = 0;
    for (uint32_t study = 0; study < 40; study++) {
        struct fc_sobol s = estimate(ishigami, 2, 100 + study, 4000);
        zero_first += fc_sobol_is_zero(s.first, s.first_error);
        zero_total += fc_sobol_is_zero(s.total, s.total_error);
    }
    assert_true(zero_first >= 35);
    assert_int_equal(zero_total, 0);
}

/* 95 % intervals must cover the truth in about 95 % of 400 studies (four standard deviations: 4.4 %). */
static void test_coverage(void **state)
{
    (void)state;
    enum { STUDIES = 400, WORLDS = 1024 };
    double first[3], total[3];
    ishigami_exact(first, total);
    for (int i = 0; i < 3; i++) {
        int in_first = 0, in_total = 0;
        for (uint32_t study = 0; study < STUDIES; study++) {
            struct fc_sobol s = estimate(ishigami, i, 1000 + study, WORLDS);
            in_first += fabs(s.first - first[i]) <= 1.959963984540054 * s.first_error;
            in_total += fabs(s.total - total[i]) <= 1.959963984540054 * s.total_error;
        }
        if (abs(in_first - 380) > 17 || abs(in_total - 380) > 17)
            fail_msg("input %d: %d and %d of 400 intervals cover the exact index", i, in_first, in_total);
    }
}

/* Negative control: the wrong input frozen must not pass for the right one. */
static void test_wrong_input_is_seen(void **state)
{
    (void)state;
    double first[3], total[3];
    ishigami_exact(first, total);
    struct fc_sobol s = estimate(ishigami, 1, 6, 40000);
    assert_true(fabs(s.first - first[0]) > 4 * s.first_error);
    assert_true(fabs(s.total - total[0]) > 4 * s.total_error);
}

static void test_odd_values(void **state)
{
    (void)state;
    float same[] = {2, 2, 2, 2}, a[] = {1, 2, NAN, 3, 5}, b[] = {2, 1, 1, 4, 3}, c[] = {1, 2, 1, 4, 5};
    struct fc_sobol s = fc_sobol_estimate(same, same, same, 4, (double)INFINITY);
    assert_true(isnan(s.first) && isnan(s.total));
    s = fc_sobol_estimate(a, b, c, 5, (double)INFINITY); /* a world without a value: no variance to share out */
    assert_true(isnan(s.first) && isnan(s.total) && isnan(s.total_error));
    a[2] = 2;
    s = fc_sobol_estimate(a, b, c, 5, (double)INFINITY);
    assert_true(isfinite(s.first) && isfinite(s.total));
    assert_true(fc_sobol_worlds(0.02, 1000, 0.01) == 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ishigami),
        cmocka_unit_test(test_g_function),
        cmocka_unit_test(test_plane),
        cmocka_unit_test(test_idle_input),
        cmocka_unit_test(test_not_distinguishable),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_wrong_input_is_seen),
        cmocka_unit_test(test_odd_values),
    };
    return cmocka_run_group_tests_name("sobol", tests, NULL, NULL);
}
