/* test_comparison.c: results that are the same bits, the same distribution, or neither; and the two critical values.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/backends/backend.h"
#include "host/run/builtin.h"
#include "host/result/comparison.h"

enum { TRIALS = 20000 };

/* A result of the built-in contract; `price_factor` scales its prices. */
static struct fc_result run_contract(uint64_t seed, uint64_t first, uint64_t count, float price_factor)
{
    struct fc_error error = {0};
    struct fc_builtin builtin;
    struct fc_session *session = NULL;
    struct fc_host host = {.threads = 1};
    struct fc_result result = {.seed = seed, .model_version = FC_MODEL_VERSION, .wall_s = 2};
    assert_int_equal(fc_builtin_make(&builtin, FC_BUILTIN_CONTRACT, &error), 0);
    for (int i = 0; i < builtin.program.draw_count; i++)
        if (builtin.program.draws[i].input == FC_IN_PRICE_GPU_HOUR_USD)
            for (int k = 0; k < 2 * 2049; k++)
                builtin.tables[builtin.program.draws[i].table + k] *= price_factor;
    result.input_digest = 42 + (uint64_t)(price_factor * 1000);
    memcpy(result.run_flop, builtin.program.contract.run_flop, sizeof result.run_flop);
    struct fc_job job = {&builtin.program, builtin.tables, builtin.table_floats, seed};
    assert_int_equal(
        fc_tally_create(&result.tally, builtin.program.metrics, builtin.program.metric_count, &error), 0);
    assert_int_equal(fc_backend_cpu.open(&session, 0, &job, &host, &error), 0);
    assert_int_equal(fc_backend_cpu.run(session, first, count, &result.tally, NULL, &error), 0);
    fc_backend_cpu.close(session);
    fc_builtin_free(&builtin);
    return result;
}

static struct fc_comparison compare(const struct fc_result *a, const struct fc_result *b)
{
    struct fc_error error = {0};
    struct fc_comparison c;
    assert_int_equal(fc_comparison_make(&c, a, b, &error), 0);
    return c;
}

static const struct fc_metric_comparison *of(const struct fc_comparison *c, int metric)
{
    for (int i = 0; i < c->metric_count; i++)
        if (c->metrics[i].metric == metric)
            return &c->metrics[i];
    fail_msg("metric %d is not compared", metric);
    return NULL;
}

static void the_same_bits(void **state)
{
    (void)state;
    struct fc_result a = run_contract(1, 0, TRIALS, 1), b = run_contract(1, 0, TRIALS, 1);
    struct fc_comparison c = compare(&a, &b);
    assert_true(c.identical && c.same_model && c.same_inputs && c.same_seed && c.same_trials);
    assert_int_equal(c.first_difference, -1);
    assert_int_equal(c.different, 0);
    assert_true(c.a_digest == c.b_digest);
    assert_true(c.a_trials_per_s > 0.99 * TRIALS / 2 && c.a_trials_per_s < 1.01 * TRIALS / 2);
    for (int i = 0; i < c.metric_count; i++)
        assert_true(c.metrics[i].mean_z == 0 && c.metrics[i].ks == 0 && !c.metrics[i].differs);
    fc_comparison_free(&c);
    b.model_version++; /* the same numbers by another model are not the same result */
    c = compare(&a, &b);
    assert_false(c.identical || c.same_model);
    assert_int_equal(c.first_difference, -1);
    fc_comparison_free(&c);
    fc_tally_free(&a.tally);
    fc_tally_free(&b.tally);
}

static void the_same_law_is_not_called_different(void **state)
{
    (void)state;
    struct fc_result a = run_contract(1, 0, TRIALS, 1), b = run_contract(2, 0, TRIALS, 1),
                     later = run_contract(1, TRIALS, 3 * TRIALS, 1);
    struct fc_comparison c = compare(&a, &b);
    assert_false(c.identical || c.same_seed);
    assert_true(c.same_inputs && c.same_trials);
    assert_int_equal(c.different, 0);
    assert_int_equal(c.first_difference, 0);
    assert_true(of(&c, FC_M_GPU_HOURS)->mean_z != 0 && fabs(of(&c, FC_M_GPU_HOURS)->p95_z) < 5);
    assert_true(of(&c, FC_M_COST_USD)->part == FC_PART_NONE ||
                of(&c, FC_M_COST_USD)->part == FC_PART_EXTREMES);
    fc_comparison_free(&c);
    c = compare(&a, &later);
    assert_false(c.same_trials);
    assert_int_equal(c.different, 0);
    assert_int_equal(of(&c, FC_M_GPU_HOURS)->part, FC_PART_COUNT);
    fc_comparison_free(&c);
    fc_tally_free(&a.tally);
    fc_tally_free(&b.tally);
    fc_tally_free(&later.tally);
}

/* The level: at most 1 % of comparisons may differ by chance; of 150, 7 or more have a chance below 1e-3. */
static void the_level_is_kept(void **state)
{
    (void)state;
    int called = 0;
    for (uint64_t i = 0; i < 150; i++) {
        struct fc_result a = run_contract(7, 1000 * i, 500, 1), b = run_contract(7, 1000 * i + 500, 500, 1);
        struct fc_comparison c = compare(&a, &b);
        called += c.different > 0;
        fc_comparison_free(&c);
        fc_tally_free(&a.tally);
        fc_tally_free(&b.tally);
    }
    assert_in_range(called, 0, 6);
}

static void another_law_is_found(void **state)
{
    (void)state;
    struct fc_result a = run_contract(1, 0, TRIALS, 1), b = run_contract(2, 0, TRIALS, 1.02f);
    struct fc_comparison c = compare(&a, &b);
    const struct fc_metric_comparison *hours = of(&c, FC_M_GPU_HOURS), *energy = of(&c, FC_M_RUN_ENERGY_MWH);
    assert_false(c.same_inputs);
    assert_true(hours->differs && hours->mean_z < -c.z_critical && hours->relative < -0.015 &&
                hours->relative > -0.025);
    assert_true(hours->p50_z < -4 && hours->ks > hours->ks_critical);
    assert_true(of(&c, FC_M_RUN_COST_USD)->mean_z > c.z_critical);
    assert_false(energy->differs); /* the energy of a run does not depend on the price */
    fc_comparison_free(&c);
    fc_tally_free(&a.tally);
    fc_tally_free(&b.tally);
}

static void each_part_is_named(void **state)
{
    (void)state;
    struct fc_result a = run_contract(1, 0, 2000, 1), b = run_contract(1, 0, 2000, 1);
    struct fc_tally_metric *m = &b.tally.metrics[2];
    uint32_t bin = fc_tally_bin(m->min_key), exponent = m->max_key >> 23;
    struct {
        uint64_t *what;
        enum fc_tally_part part;
    } cases[] = {{&m->invalid, FC_PART_INVALID},
                 {&m->count, FC_PART_COUNT},
                 {&m->min_trial, FC_PART_EXTREMES},
                 {&m->max_trial, FC_PART_EXTREMES},
                 {&m->bins[bin], FC_PART_BINS},
                 {&m->sum[exponent], FC_PART_SUMS},
                 {&m->square_low[exponent], FC_PART_SUMS},
                 {&m->square_high[exponent], FC_PART_SUMS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ++*cases[i].what;
        struct fc_comparison c = compare(&a, &b);
        assert_false(c.identical);
        assert_int_equal(c.first_difference, 2);
        assert_int_equal(c.metrics[2].part, cases[i].part);
        assert_true(strlen(c.metrics[2].detail) > 0 && strlen(fc_tally_part_name(c.metrics[2].part)) > 0);
        assert_int_equal(c.metrics[1].part, FC_PART_NONE);
        fc_comparison_free(&c);
        --*cases[i].what;
    }
    struct fc_comparison c = compare(&a, &b);
    assert_true(c.identical);
    fc_comparison_free(&c);
    fc_tally_free(&a.tally);
    fc_tally_free(&b.tally);
}

static void metrics_of_one_side_only(void **state)
{
    (void)state;
    struct fc_result a = run_contract(1, 0, 2000, 1), b = run_contract(1, 0, 2000, 1);
    int last = --b.tally.metric_count; /* b lacks the last one */
    struct fc_comparison c = compare(&a, &b), back = compare(&b, &a);
    assert_int_equal(c.metric_count, a.tally.metric_count);
    assert_int_equal(c.first_difference, last);
    assert_int_equal(c.metrics[last].part, FC_PART_MISSING);
    assert_true(c.metrics[last].differs && strstr(c.metrics[last].detail, "second"));
    assert_true(back.metrics[last].differs && strstr(back.metrics[last].detail, "first"));
    assert_true(isnan(c.metrics[last].mean_z));
    assert_int_equal(c.different, 1);
    fc_comparison_free(&c);
    fc_comparison_free(&back);
    b.tally.metric_count++;
    fc_tally_free(&a.tally);
    fc_tally_free(&b.tally);
}

static void empty_results(void **state)
{
    (void)state;
    struct fc_result a = run_contract(1, 0, 0, 1), b = run_contract(1, 0, 100, 1),
                     none = run_contract(1, 0, 0, 1);
    struct fc_comparison c = compare(&a, &none);
    assert_true(c.identical);
    assert_int_equal(c.different, 0);
    fc_comparison_free(&c);
    c = compare(&a, &b);
    assert_false(c.identical);
    assert_int_equal(c.different, c.metric_count);
    fc_comparison_free(&c);
    fc_tally_free(&a.tally);
    fc_tally_free(&b.tally);
    fc_tally_free(&none.tally);
}

/* Values 0 ... n - 1 (each its own bin) with `extra` more zeros. */
static struct fc_tally steps(int n, int extra)
{
    struct fc_error error = {0};
    struct fc_tally tally;
    const int32_t metric = FC_M_GOODPUT;
    assert_int_equal(fc_tally_create(&tally, &metric, 1, &error), 0);
    for (int i = 0; i < n + extra; i++) {
        float value = i < n ? (float)i : 0;
        fc_tally_add(&tally, 0, &value, 1, (uint64_t)i);
    }
    return tally;
}

static void distances_and_critical_values(void **state)
{
    (void)state;
    struct fc_tally ten = steps(10, 0), more = steps(10, 10), far = steps(1, 0);
    assert_true(fc_kolmogorov_distance(ten.metrics, ten.metrics) == 0);
    /* P(0): 0.1 against 11/20 */
    assert_true(fabs(fc_kolmogorov_distance(ten.metrics, more.metrics) - 0.45) < 1e-15);
    assert_true(fabs(fc_kolmogorov_distance(more.metrics, ten.metrics) - 0.45) < 1e-15);
    assert_true(fabs(fc_kolmogorov_distance(ten.metrics, far.metrics) - 0.9) < 1e-15);
    fc_tally_free(&ten);
    fc_tally_free(&more);
    fc_tally_free(&far);
    /* published: 1.358 sqrt(2 / n) at 5 %, 1.628 sqrt(2 / n) at 1 %; 1.960, 2.576, 3.291 */
    assert_true(fabs(fc_kolmogorov_critical(100, 100, 0.05) - 1.358 * sqrt(0.02)) < 1e-4);
    assert_true(fabs(fc_kolmogorov_critical(100, 100, 0.01) - 1.628 * sqrt(0.02)) < 1e-4);
    assert_true(fabs(fc_normal_critical(0.05) - 1.959963985) < 1e-8);
    assert_true(fabs(fc_normal_critical(0.01) - 2.575829304) < 1e-8);
    assert_true(fabs(fc_normal_critical(0.001) - 3.290526731) < 1e-8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bits),      cmocka_unit_test(the_same_law_is_not_called_different),
        cmocka_unit_test(the_level_is_kept),  cmocka_unit_test(another_law_is_found),
        cmocka_unit_test(each_part_is_named), cmocka_unit_test(metrics_of_one_side_only),
        cmocka_unit_test(empty_results),      cmocka_unit_test(distances_and_critical_values),
    };
    return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
