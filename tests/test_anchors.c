/* test_anchors.c: whole scenarios against figures that were found without this program.
 *
 * openai-aws-38b-contract: quantiles of 4,000,000 trials of a plain script with the scenario's inputs and the goodput
 * and MFU below, written from the formulas alone: hours = value / price, useful FLOP = hours × usable × 3600 ×
 * goodput × MFU × 5e15, paid = value × (1 + extras), cost of a run = paid × its FLOP / useful FLOP; no delays, catch-up
 * or outages. They carry three digits, and must be met within 3 %. Goodput and MFU are set here because the
 * scenario's own follow the fitted step times.
 * llama3-405b-54-days: Grattafiori et al. 2024, The Llama 3 Herd of Models, arXiv 2407.21783, sections 3.3.2
 * and 3.3.4: 419 unexpected interruptions in 54 days, effective training time above 90 %, 400 TFLOP/s per
 * GPU. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/result/statistics.h"
#include "scenario_run.h"

#ifdef __SANITIZE_ADDRESS__ /* ten times slower: the memory is what is looked at there */
enum { TRIALS = 50000 };
#else
enum { TRIALS = 1000000 };
#endif
static struct fc_result aws, llama;
static const char stated[] = "contract.goodput=pert(0.3, 0.55, 0.75)\n"
                             "contract.mfu=pert(0.12, 0.17, 0.25)";

static int prepare(void **state)
{
    (void)state;
    aws = scenario_run("scenarios/openai-aws-38b-contract.yaml", stated, 0, TRIALS);
    llama = scenario_run("scenarios/llama3-405b-54-days.yaml", NULL, 0, TRIALS / 5);
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    fc_result_free(&aws);
    fc_result_free(&llama);
    return 0;
}

/* Every anchor is an absolute figure in the metric's unit at P5, P50, P95. */
static void expect_quantiles(int metric, double p5, double p50, double p95)
{
    const struct fc_tally_metric *m = scenario_metric(&aws, metric);
    const double at[] = {0.05, 0.5, 0.95}, wanted[] = {p5, p50, p95};
    for (int i = 0; i < 3; i++) {
        struct fc_estimate got = fc_statistics_quantile(m, at[i]);
        assert_false(got.refused);
        if (!(fabs(got.value / wanted[i] - 1) <= 0.03))
            fail_msg("%s at P%g: %.5g, the anchor is %.5g (%+.2f %%)", fc_metric_find(metric)->name,
                     100 * at[i], got.value, wanted[i], 100 * (got.value / wanted[i] - 1));
    }
}

static void aws_gpu_hours(void **state)
{
    (void)state;
    expect_quantiles(FC_M_GPU_HOURS, 7.43e9, 10.09e9, 13.24e9);
}
static void aws_gpus_at_full_ramp(void **state)
{
    (void)state;
    expect_quantiles(FC_M_GPUS_FULL_RAMP, 132.1e3, 179.3e3, 235.4e3);
}
static void aws_useful_flop(void **state)
{
    (void)state;
    expect_quantiles(FC_M_USEFUL_FLOP, 9.45e27, 1.523e28, 2.368e28);
}
static void aws_run_cost(void **state)
{
    (void)state;
    assert_float_equal(aws.run_flop[0], 5e26f, 1e20f);
    assert_float_equal(aws.run_flop[1], 6e27f, 1e21f);
    expect_quantiles(FC_M_RUN_COST_USD, 0.879e9, 1.371e9, 2.216e9);
    expect_quantiles(FC_M_RUN_COST_USD + 1, 10.55e9, 16.46e9, 26.59e9);
}
static void aws_final_runs(void **state)
{
    (void)state;
    expect_quantiles(FC_M_RUNS_FINAL, 1.031, 2.423, 5.264);
    expect_quantiles(FC_M_RUNS_FINAL + 1, 0.0859, 0.2019, 0.4387);
}
static void aws_energy(void **state)
{
    (void)state;
    expect_quantiles(FC_M_ENERGY_MWH, 12.77e6, 18.15e6, 25.22e6);
}

/* What is paid: the value, and extras of 3 to 25 % on top. */
static void aws_cost(void **state)
{
    (void)state;
    expect_quantiles(FC_M_PAID_USD, 39.71e9, 41.62e9, 44.50e9);
}

/* 419 in expectation, and the spread of a Poisson count; the standard error of the mean of 200,000 is 0.05.
 */
static void llama_interruptions(void **state)
{
    (void)state;
    const struct fc_tally_metric *m = scenario_metric(&llama, FC_M_INTERRUPTIONS);
    double mean = fc_statistics_mean(m).value, sd = fc_statistics_sd(m).value;
    if (!(fabs(mean - 419) <= sqrt(419)) || !(fabs(sd / sqrt(419) - 1) < 0.1))
        fail_msg("mean %.2f, sd %.2f; Meta counted 419", mean, sd);
}

static void llama_goodput(void **state)
{
    (void)state;
    const struct fc_tally_metric *m = scenario_metric(&llama, FC_M_GOODPUT);
    double p50 = fc_statistics_quantile(m, 0.5).value, mean = fc_statistics_mean(m).value;
    if (!(mean > 0.90) || !(p50 > 0.90) || !(fc_statistics_max(m) < 1))
        fail_msg("goodput: mean %.4f, P50 %.4f; Meta states more than 0.90", mean, p50);
}

/* Productive, lost and stopped time make up the 54 days. */
static void llama_time_adds_up(void **state)
{
    (void)state;
    static const int parts[] = {FC_M_TIME_PRODUCTIVE_H, FC_M_TIME_SLOWDOWN_H,  FC_M_TIME_REDONE_H,
                                FC_M_TIME_CHECKPOINT_H, FC_M_TIME_DETECTION_H, FC_M_TIME_RESTART_H,
                                FC_M_TIME_WAITING_H,    FC_M_TIME_PLANNED_H};
    double hours = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hours += fc_statistics_mean(scenario_metric(&llama, parts[i])).value;
    assert_true(fabs(hours / (54 * 24) - 1) < 1e-5);
}

/* The measured 400 TFLOP/s lies inside the 5-95 % interval of the forecast. */
static void llama_speed(void **state)
{
    (void)state;
    const struct fc_tally_metric *m = scenario_metric(&llama, FC_M_TFLOPS_PER_GPU);
    double p5 = fc_statistics_quantile(m, 0.05).value, p95 = fc_statistics_quantile(m, 0.95).value;
    if (!(p5 < 400 && 400 < p95))
        fail_msg("the 5-95 %% interval is %.1f to %.1f TFLOP/s; Meta measured 400", p5, p95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws_gpu_hours),   cmocka_unit_test(aws_gpus_at_full_ramp),
        cmocka_unit_test(aws_useful_flop), cmocka_unit_test(aws_run_cost),
        cmocka_unit_test(aws_final_runs),  cmocka_unit_test(aws_energy),
        cmocka_unit_test(aws_cost),        cmocka_unit_test(llama_interruptions),
        cmocka_unit_test(llama_goodput),   cmocka_unit_test(llama_time_adds_up),
        cmocka_unit_test(llama_speed),
    };
    return cmocka_run_group_tests_name("anchors", tests, prepare, tidy);
}
