/* test_step.c: the step model against an independent implementation in Python on every published row that is
 * used, and its float form against its double form. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/factors.h"
#include "host/measurements.h"
#include "host/step_time.h"

static struct fc_catalog *catalog;
static struct fc_measurements measurements;
static struct fc_beliefs beliefs;

static const struct fc_measurement *find(const char *id)
{
    for (size_t i = 0; i < measurements.count; i++)
        if (strcmp(measurements.rows[i].id, id) == 0)
            return &measurements.rows[i];
    fail_msg("no row %s", id);
    return NULL;
}

/* The factor values that the Python implementation used. */
static void read_factors(void)
{
    char name[64];
    double value;
    int count = 0;
    FILE *file = fopen("tests/data/step-factors.csv", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s"), 0);
    while (fscanf(file, " %63[^,],%lf", name, &value) == 2)
        for (int i = 0; i < FC_FACTORS; i++)
            if (strcmp(name, fc_factors[i].name) == 0) {
                beliefs.log_shift[i] = log(value / beliefs.median[i]);
                count++;
            }
    (void)fclose(file);
    assert_int_equal(count, FC_FACTORS);
}

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&measurements, NULL, catalog, &error) ||
        fc_beliefs_read_priors(&beliefs, catalog, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    read_factors();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fc_measurements_free(&measurements);
    fc_catalog_close(catalog);
    return 0;
}

/* Peaks as the Python implementation had them, in some places not the catalog's. */
static void each_row_equals_the_other_implementation(void **state)
{
    (void)state;
    char id[96], worst_id[96] = "";
    double worst = 0, worst_time = 0, measured, predicted;
    int rows = 0;
    FILE *file = fopen("tests/data/step-times.csv", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s"), 0);
    struct fc_hardware g;
    while (fscanf(file, " %95[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", id, &g.bf16_flop_per_s,
                  &g.fp8_flop_per_s, &g.fp4_flop_per_s, &g.memory_bytes_per_s, &g.nvlink_bytes_per_s,
                  &g.nic_bytes_per_s, &g.domain, &measured, &predicted) == 10) {
        const struct fc_measurement *m = find(id);
        assert_string_equal(m->left_out, "");
        struct fc_plan plan = m->plan;
        g.name = plan.gpu.name;
        g.family = plan.gpu.family;
        g.memory_bytes = plan.gpu.memory_bytes;
        g.grace = plan.gpu.grace;
        g.ultra = plan.gpu.ultra;
        plan.gpu = g;
        struct fc_step_program program;
        double inputs[FC_IN_STEP_END];
        fc_plan_program(&plan, &program);
        fc_beliefs_medians(&beliefs, &plan, inputs);
        double error = fabs(fc_step_time(&program, inputs, NULL) / predicted - 1);
        if (getenv("FLOPCAST_TEST_VERBOSE") && error > 2e-5)
            print_message("# %-60s %.5g\n", id, fc_step_time(&program, inputs, NULL) / predicted - 1);
        if (error > worst) {
            worst = error;
            snprintf(worst_id, sizeof worst_id, "%s", id);
        }
        worst_time = fmax(worst_time, fabs(m->seconds / measured - 1));
        rows++;
    }
    (void)fclose(file);
    assert_int_equal(rows, 368);
    if (worst > 2e-5)
        fail_msg("%s differs by %.3g", worst_id, worst);
    if (worst_time > 1e-4)
        fail_msg("a measured time differs by %.3g", worst_time);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_equals_the_other_implementation),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
