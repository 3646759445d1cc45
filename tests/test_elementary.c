/* test_elementary.c: error bounds of fc_log and fc_exp against the C library in long double, and the optimal
 * checkpoint interval against Lambert's W. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cuda/model/contract/contract_program.h"
#include "cuda/model/run/timeline.h"

/* Distance of a float from the exact value in units of the last place of the exact value's binade. */
static double ulps(float value, long double exact)
{
    int exponent;
    (void)frexpl(exact, &exponent);
    if (exponent < -125)
        exponent = -125;
    return (double)(fabsl((long double)value - exact) / ldexpl(1, exponent - 24));
}

static void say(const char *what, double worst)
{
    if (getenv("FLOPCAST_TEST_VERBOSE"))
        print_message("# %s: worst %.9g\n", what, worst);
}

static void log_below_two_ulp(void **state)
{
    (void)state;
    double worst = 0;
    for (uint32_t bits = 0x00800000u; bits < 0x7f800000u;
         bits += 997) { /* 2.1 million of all normal floats */
        float x = fc_float_of(bits);
        worst = fmax(worst, ulps(fc_log(x), logl((long double)x)));
    }
    for (uint32_t bits = 0x3f000000u; bits < 0x40000000u; bits += 13) { /* densely around 1, 0.5 ... 2 */
        float x = fc_float_of(bits);
        worst = fmax(worst, ulps(fc_log(x), logl((long double)x)));
    }
    say("log, ulp", worst);
    assert_true(worst < 2);
    assert_true(fc_log(1.0f) == 0);
}

static void exp_below_two_ulp(void **state)
{
    (void)state;
    double worst = 0;
    for (int32_t i = -870000; i <= 880000; i++) {
        float x = (float)i * 1e-4f;
        if (x < -87.0f || x > 88.0f)
            continue;
        worst = fmax(worst, ulps(fc_exp(x), expl((long double)x)));
    }
    for (uint32_t bits = 0x33000000u; bits < 0x42b00000u;
         bits += 499) { /* every size from 3e-8 to 88, both signs */
        float x = fc_float_of(bits);
        worst = fmax(worst, ulps(fc_exp(x), expl((long double)x)));
        if (x < 87.0f)
            worst = fmax(worst, ulps(fc_exp(-x), expl((long double)-x)));
    }
    say("exp, ulp", worst);
    assert_true(worst < 2);
    assert_true(fc_exp(0) == 1);
    assert_true(fc_exp(1e30f) == fc_exp(88.0f) && fc_exp(-1e30f) == fc_exp(-87.0f));
}

/* u in (0, 1) with ln(1 - u) + u + x = 0, that is 1 + W0(-exp(-x - 1)), by bisection in double. */
static double exact_share(double x)
{
    double lo = 0, hi = 1;
    for (int i = 0; i < 200; i++) {
        double u = 0.5 * (lo + hi);
        /* -(ln(1 - u) + u) without cancellation for small u */
        double f = 0, power = u * u;
        if (u < 0.05)
            for (int k = 2; k < 30; k++, power *= u)
                f += power / k;
        else
            f = -log1p(-u) - u;
        if (f < x)
            lo = u;
        else
            hi = u;
    }
    return 0.5 * (lo + hi);
}

static void optimal_interval_is_lambert(void **state)
{
    (void)state;
    double worst = 0;
    for (double power = -8; power <= 1.0001; power += 0.001) {
        double ratio = pow(10, power);
        for (double mean = 900; mean < 1e9; mean *= 977) {
            float stall = (float)(ratio * mean), gap = (float)mean;
            double exact = (double)gap * exact_share((double)stall / (double)gap);
            worst = fmax(worst, fabs((double)fc_optimal_interval(stall, gap) / exact - 1));
        }
    }
    say("optimal interval, relative", worst);
    assert_true(worst < 1e-5);
    /* Daly's figures in minutes: facts of the paper's three cases, from the exact equation */
    const double mean[] = {1440, 360, 15}, published[] = {117, 57, 9.1};
    for (int i = 0; i < 3; i++)
        assert_true(fabs((double)fc_optimal_interval(5, (float)mean[i]) - published[i]) < 0.5);
}

/* To ticks: nearest, halves up, clamped at both ends; not a number gives 0. */
static void ticks_are_clamped(void **state)
{
    (void)state;
    assert_int_equal(fc_to_ticks(0.49f), 0);
    assert_int_equal(fc_to_ticks(0.5f), 1);
    assert_int_equal(fc_to_ticks(2.5f), 3);
    assert_int_equal(fc_to_ticks(8388607.5f), 8388608);
    assert_int_equal(fc_to_ticks(-3.0f), 0);
    assert_int_equal(fc_to_ticks(1e30f), 2147483520);
    assert_int_equal(fc_to_ticks(INFINITY), 2147483520);
    assert_int_equal(fc_to_ticks(NAN), 0);
}

/* Constants in use, two that are not, every mantissa, at several sizes; what is zero, infinite or not a number stays so. */
static void over_a_constant_is_the_division(void **state)
{
    (void)state;
#define OVER(by)                                                                                             \
    for (uint32_t bits = 0; bits < 1u << 23; bits++) {                                                       \
        float x = fc_float_of(bits | 0x3f800000u), large = x * 0x1p70f, small = -x * 0x1p-70f;               \
        if (fc_over(x, by) != x / (by) || fc_over(large, by) != large / (by) ||                              \
            fc_over(small, by) != small / (by))                                                              \
            fail_msg("%a over %a", (double)x, (double)(by));                                                 \
    }                                                                                                        \
    assert_true(fc_over(INFINITY, by) == INFINITY && fc_over(-INFINITY, by) == -INFINITY);                   \
    assert_true(isnan(fc_over(NAN, by)) && fc_bits_of(fc_over(0.0f, by)) == 0)
    OVER(100.0f);
    OVER(FC_HOURS_PER_MONTH);
    OVER(1e6f);
    OVER(12.0f);
    OVER(3.0f);
    OVER(0.7f);
#undef OVER
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_below_two_ulp),
        cmocka_unit_test(exp_below_two_ulp),
        cmocka_unit_test(optimal_interval_is_lambert),
        cmocka_unit_test(ticks_are_clamped),
        cmocka_unit_test(over_a_constant_is_the_division),
    };
    return cmocka_run_group_tests_name("elementary", tests, NULL, NULL);
}
