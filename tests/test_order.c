/* test_order.c: how groups lie over domains in every order: by counting GPU by GPU. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/step/order.h"
#include "host/step/spans.h"

enum { GPUS = 64 };

/* GPUs of the group through rank `at` of a list of dimensions, by counting: which GPU domains they touch. */
static int domains_of(int start, int inner, int near, int outer, int far, int domain)
{
    bool touched[GPUS] = {false};
    int count = 0;
    for (int i = 0; i < inner; i++)
        for (int k = 0; k < outer; k++) {
            int gpu = start + i * near + k * far;
            assert_true(gpu < GPUS);
            count += !touched[gpu / domain];
            touched[gpu / domain] = true;
        }
    return count;
}

static struct fc_plan plan_of(int tp, int cp, int pp, int order)
{
    return (struct fc_plan){
        .gpus = GPUS, .tp = tp, .cp = cp, .pp = pp, .ep = 1, .expert_tp = 1, .order = (enum fc_order)order};
}

static void every_gpu_has_one_place_in_every_order(void **state)
{
    (void)state;
    for (int order = 0; order < FC_ORDERS; order++)
        for (int tp = 1; tp <= GPUS; tp *= 2)
            for (int cp = 1; tp * cp <= GPUS; cp *= 2)
                for (int pp = 1; tp * cp * pp <= GPUS; pp *= 2) {
                    struct fc_plan p = plan_of(tp, cp, pp, order);
                    struct fc_strides at = fc_plan_strides(&p);
                    int dp = (int)fc_plan_data_parallel(&p), taken[GPUS] = {0};
                    for (int a = 0; a < tp; a++)
                        for (int b = 0; b < cp; b++)
                            for (int c = 0; c < dp; c++)
                                for (int d = 0; d < pp; d++)
                                    taken[(int)(a * at.tp + b * at.cp + c * at.dp + d * at.pp)]++;
                    for (int i = 0; i < GPUS; i++)
                        assert_int_equal(taken[i], 1);
                }
}

static void replicas_touch_the_domains_that_are_counted(void **state)
{
    (void)state;
    int looked = 0;
    for (int domain = 1; domain <= GPUS; domain *= 2)
        for (int inner = 1; inner <= GPUS; inner *= 2)
            for (int near = 1; inner * near <= GPUS; near *= 2)
                for (int far = inner * near; far <= GPUS; far *= 2)
                    for (int outer = 1; outer * far <= GPUS; outer *= 2, looked++) {
                        struct fc_span span = fc_span_of_rows(inner, near, outer, far, GPUS, domain);
                        int counted = domains_of(0, inner, near, outer, far, domain);
                        assert_true(span.domains == counted);
                        assert_true(span.inside == (double)(inner * outer) / counted);
                        assert_true(span.fewest == span.inside);
                    }
    assert_true(looked > 500);
}

/* Two orders are one when all that is larger than 1 has the same stride: the text of the order without the rest. */
static void an_order_is_its_own_unless_sizes_of_one_hide_it(void **state)
{
    (void)state;
    const unsigned all = (1u << FC_ORDERS) - 1;
    int own[3] = {0};
    for (int order = 0; order < FC_ORDERS; order++) {
        own[0] += fc_order_is_own((enum fc_order)order, all, 8, 4, 2);
        own[1] += fc_order_is_own((enum fc_order)order, all, 8, 4, 1);
        own[2] += fc_order_is_own((enum fc_order)order, all, 1, 4, 1);
    }
    assert_int_equal(own[0], 6); /* 3!, 2!, 1 */
    assert_int_equal(own[1], 2);
    assert_int_equal(own[2], 1);
    assert_true(fc_order_is_own(FC_ORDER_TP_PP_DP, 1u << FC_ORDER_TP_PP_DP, 8, 4,
                                1)); /* the first that is allowed stays */
    assert_false(fc_order_is_own(FC_ORDER_TP_PP_DP, all, 8, 4, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_gpu_has_one_place_in_every_order),
        cmocka_unit_test(replicas_touch_the_domains_that_are_counted),
        cmocka_unit_test(an_order_is_its_own_unless_sizes_of_one_hide_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
