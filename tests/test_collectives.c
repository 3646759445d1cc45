/* test_collectives.c: the time of collectives against the published measurements, its limits in closed form,
 * and that its constants are the best fit to the table. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/step/collectives.h"

static struct fc_catalog *catalog;

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    return fc_catalog_open(&catalog, &error);
}

static int teardown(void **state)
{
    (void)state;
    fc_catalog_close(catalog);
    return 0;
}

/* Predicted against measured, row by row: 5 % at most, 2 % on average. */
static void each_measured_row_is_met(void **state)
{
    (void)state;
    static struct fc_collective_row rows[FC_COLLECTIVE_ROWS];
    struct fc_error error;
    int count;
    double sum = 0;
    assert_int_equal(fc_collectives_measured(catalog, rows, &count, &error), 0);
    assert_int_equal(count, 20);
    for (int i = 0; i < count; i++) {
        double e = rows[i].predicted / rows[i].measured - 1;
        if (getenv("FLOPCAST_TEST_VERBOSE"))
            print_message("# %-18s %5.0f ranks %6.0f MB: %.1f GB/s, measured %.1f (%+.1f %%)\n",
                          rows[i].network, rows[i].ranks, rows[i].message_bytes / 1e6,
                          rows[i].predicted / 1e9, rows[i].measured / 1e9, 100 * e);
        if (!(fabs(e) < 0.05))
            fail_msg("%s, %g ranks, %g bytes: %.1f GB/s, measured %.1f", rows[i].network, rows[i].ranks,
                     rows[i].message_bytes, rows[i].predicted / 1e9, rows[i].measured / 1e9);
        sum += fabs(e);
    }
    assert_true(sum / count < 0.02);
}

/* Sum of the squared logarithms of predicted / measured with changed constants. */
static double misfit(double near, double far, double nvlink, const char *changed)
{
    static struct fc_collective_row rows[FC_COLLECTIVE_ROWS];
    struct fc_error error;
    int count;
    double sum = 0;
    assert_int_equal(fc_collectives_measured(catalog, rows, &count, &error), 0);
    for (int i = 0; i < count; i++) {
        struct fc_links links;
        assert_int_equal(fc_links_read(&links, fc_catalog_get(catalog, "network", rows[i].network), &error),
                         0);
        links.step_s *= near;
        links.far_step_s *= far;
        if (strstr(rows[i].network, changed))
            links.nvlink_bytes_per_s *= nvlink;
        struct fc_pass pass =
            fc_collective_pass(rows[i].message_bytes, rows[i].ranks, rows[i].inside, rows[i].in_network);
        double rate = rows[i].message_bytes * (rows[i].ranks - 1) / rows[i].ranks /
                      fc_collective_seconds(&pass, &links);
        sum += log(rate / rows[i].measured) * log(rate / rows[i].measured);
    }
    return sum;
}

/* No constant can be moved by 3 % without a worse fit. */
static void constants_are_the_best_fit(void **state)
{
    (void)state;
    double best = misfit(1, 1, 1, "");
    for (double by = 0.97; by < 1.04; by += 0.06) {
        assert_true(misfit(by, 1, 1, "") > best);
        assert_true(misfit(1, by, 1, "") > best);
        assert_true(misfit(1, 1, by, "h100") > best);
        assert_true(misfit(1, 1, by, "gb200") > best);
    }
}

static void limits_are_those_of_the_formula(void **state)
{
    (void)state;
    const struct fc_links links = {400e9, 50e9, 1e-6, 1e-5};
    /* a huge message: the rate of the link */
    struct fc_pass pass = fc_collective_pass(1e15, 8, 8, false);
    assert_true(fabs(fc_collective_seconds(&pass, &links) / (1e15 * 7 / 8 / 400e9) - 1) < 1e-6);
    /* none at all: the latency of the steps */
    pass = fc_collective_pass(0, 64, 8, false);
    assert_true(fabs(fc_collective_seconds(&pass, &links) - (7 * 1e-6 + 7 * 1e-5)) < 1e-12);
    /* servers of eight: an eighth leaves by each adapter; two servers send half of it, many all */
    pass = fc_collective_pass(1e15, 16, 8, false);
    assert_true(fabs(pass.out_bytes / (1e15 / 8 / 2) - 1) < 1e-9);
    pass = fc_collective_pass(1e15, 8000, 8, false);
    assert_true(fabs(pass.out_bytes / (1e15 / 8 * 0.999) - 1) < 1e-9);
    /* one rank has nothing to send */
    pass = fc_collective_pass(1e9, 1, 1, false);
    assert_true(fc_collective_seconds(&pass, &links) == 0);
    /* longer messages and larger spans never take less time, and rates only fall with the span */
    for (double ranks = 2; ranks <= 4096; ranks *= 2)
        for (double bytes = 1e3; bytes < 1e11; bytes *= 10) {
            struct fc_pass small = fc_collective_pass(bytes, ranks, fmin(ranks, 64), false);
            struct fc_pass more = fc_collective_pass(2 * bytes, ranks, fmin(ranks, 64), false);
            struct fc_pass wide = fc_collective_pass(bytes, 2 * ranks, fmin(2 * ranks, 64), false);
            double t = fc_collective_seconds(&small, &links);
            assert_true(fc_collective_seconds(&more, &links) > t);
            assert_true(fc_collective_seconds(&more, &links) < 2 * t);
            assert_true(fc_collective_seconds(&wide, &links) > t);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_measured_row_is_met),
        cmocka_unit_test(constants_are_the_best_fit),
        cmocka_unit_test(limits_are_those_of_the_formula),
    };
    return cmocka_run_group_tests_name("collectives", tests, setup, teardown);
}
