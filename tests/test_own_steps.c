/* test_own_steps.c: what steps of one's own teach. Simulated truths: factors from the posterior, residuals of three
 * plans from their parts, the step times from the model itself (which is not linear); five measurements of the first
 * plan; then the forecasts of all three.
 *
 * FLOPCAST_TEST_REPLICATES sets how many truths (default 1000). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/base/linear.h"
#include "host/calibrate/measurements.h"
#include "host/calibrate/own_measurements.h"
#include "host/step/own_steps.h"
#include "host/step/plan_check.h"
#include "host/step/plan_program.h"
#include "host/step/step_time.h"

enum { N = FC_FACTORS, PLANS = 3 };

static struct fc_catalog *catalog;
static struct fc_measurements rows;
static struct fc_beliefs beliefs;
static double root[N * N];
static uint64_t random_state = 20261127;

static double uniform(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return ((double)((random_state * 0x2545F4914F6CDD1Du) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&rows, NULL, catalog, &error) ||
        fc_beliefs_read(&beliefs, catalog, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    memcpy(root, beliefs.covariance, sizeof root);
    return fc_cholesky(root, N) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fc_measurements_free(&rows);
    fc_catalog_close(catalog);
    return 0;
}

/* What a neighbour has twice or, where that cannot be, half as much of. */
enum kind { GPUS, BATCH, MICRO_BATCH, PIPELINE, TENSOR, KINDS };
static const char *const kind_names[KINDS] = {"GPUs", "global batch", "micro-batch", "pipeline", "tensor parallel"};

static double *size_of(struct fc_plan *plan, enum kind kind)
{
    return kind == GPUS          ? &plan->gpus
           : kind == BATCH       ? &plan->global_batch
           : kind == MICRO_BATCH ? &plan->micro_batch
           : kind == PIPELINE    ? &plan->pp
                                 : &plan->tp;
}

/* A plan of the table as a site would run it; its neighbour, one doubling away in a size drawn; and another plan of the
 * same site. */
static bool pick(struct fc_plan plan[PLANS], enum kind *kind)
{
    const struct fc_measurement *row = &rows.rows[(size_t)(uniform() * (double)rows.count)];
    const struct fc_measurement *other = &rows.rows[(size_t)(uniform() * (double)rows.count)];
    enum fc_plan_part part;
    if (row->left_out[0] || other->left_out[0])
        return false;
    plan[0] = plan[1] = row->plan;
    plan[2] = other->plan;
    *kind = (enum kind)(uniform() * KINDS);
    double *size = size_of(&plan[1], *kind);
    *size *= 2;
    if (fc_plan_check(&plan[1], &part, NULL)) {
        *size /= 4;
        if (*size < 1 || fc_plan_check(&plan[1], &part, NULL))
            return false;
    }
    for (int k = 0; k < PLANS; k++)
        plan[k].tuned_by_vendor = false;
    return true;
}

/* Step times of one truth. */
static void draw(const struct fc_plan plan[PLANS], double seconds[PLANS])
{
    struct fc_plan_traits traits[PLANS];
    double shift[N], z[N], covariance[PLANS * PLANS], gradient[N], residual[PLANS];
    for (int f = 0; f < N; f++) {
        z[f] = normal();
        shift[f] = beliefs.log_shift[f];
        for (int g = 0; g <= f; g++)
            shift[f] += root[f * N + g] * z[g];
    }
    for (int k = 0; k < PLANS; k++)
        (void)fc_own_steps_linear(&beliefs, &plan[k], &traits[k], gradient);
    for (int j = 0; j < PLANS; j++)
        for (int k = 0; k < PLANS; k++)
            covariance[j * PLANS + k] =
                fc_residual_covariance(&beliefs.residual, &traits[j], &traits[k]) + (j == k ? 1e-10 : 0);
    assert_true(fc_cholesky(covariance, PLANS));
    for (int k = 0; k < PLANS; k++)
        z[k] = normal();
    for (int k = 0; k < PLANS; k++) {
        residual[k] = fc_residual_mean(&beliefs.residual, &traits[k]);
        for (int j = 0; j <= k; j++)
            residual[k] += covariance[k * PLANS + j] * z[j];
        double inputs[FC_IN_STEP_END];
        struct fc_step_program program;
        fc_plan_program(&plan[k], &program);
        fc_beliefs_factor_medians(&beliefs, &plan[k], inputs);
        int factors[FC_IN_STEP_END];
        fc_factors_for(&plan[k], factors);
        for (int i = 0; i < FC_IN_STEP_END; i++)
            if (factors[i] >= 0)
                inputs[i] = beliefs.median[factors[i]] * exp(shift[factors[i]]);
        inputs[FC_IN_STEP_RESIDUAL] = exp(residual[k]);
        seconds[k] = fc_step_time(&program, inputs, NULL);
    }
}

static double width(const double q[3])
{
    return log(q[2] / q[0]);
}

static void five_steps_teach(void **state)
{
    (void)state;
    const char *set = getenv("FLOPCAST_TEST_REPLICATES");
    int truths = set ? atoi(set) : 1000, done = 0, held[PLANS] = {0}, held_before[PLANS] = {0};
    double widest[PLANS] = {0}, mean[PLANS] = {0}, of_kind[KINDS] = {0}, most_of_kind[KINDS] = {0};
    int kinds[KINDS] = {0}, within = 0;
    struct fc_error error;
    while (done < truths) {
        struct fc_plan plan[PLANS];
        double seconds[PLANS];
        enum kind kind;
        if (!pick(plan, &kind))
            continue;
        draw(plan, seconds);
        struct fc_own_measurements *own = calloc(1, sizeof *own);
        assert_non_null(own);
        own->beliefs = &beliefs;
        for (int k = 0; k < 5; k++)
            assert_int_equal(
                fc_own_measurements_add(own, &plan[0], seconds[0] * exp(0.006 * normal()), 0.006, &error), 0);
        assert_int_equal(fc_own_measurements_update(own, &error), 0);
        for (int k = 0; k < PLANS; k++) {
            double before[3], after[3];
            fc_step_time_quantiles(&beliefs, &plan[k], before);
            fc_step_time_quantiles(own->updated, &plan[k], after);
            held[k] += seconds[k] >= after[0] && seconds[k] <= after[2];
            held_before[k] += seconds[k] >= before[0] && seconds[k] <= before[2];
            widest[k] = fmax(widest[k], width(after) / width(before));
            mean[k] += width(after) / width(before) / truths;
            if (k == 1) {
                double share = width(after) / width(before);
                kinds[kind]++;
                of_kind[kind] += share;
                most_of_kind[kind] = fmax(most_of_kind[kind], share);
                within += share <= 0.5;
            }
        }
        fc_own_measurements_free(own);
        free(own);
        done++;
    }
    static const char *const names[PLANS] = {"the measured plan", "its neighbour", "another plan"};
    for (int k = 0; k < PLANS; k++)
        print_message(
            "# %-18s held %.1f %% (before %.1f %%), width %.3f of before on average, %.3f at most\n",
            names[k], 100.0 * held[k] / truths, 100.0 * held_before[k] / truths, mean[k], widest[k]);
    print_message("# of the neighbours %.1f %% have at most half the width\n", 100.0 * within / truths);
    for (int k = 0; k < KINDS; k++)
        print_message("#   one doubling in %-16s %4d truths, width %.3f on average, %.3f at most\n", kind_names[k],
                      kinds[k], of_kind[k] / (kinds[k] ? kinds[k] : 1), most_of_kind[k]);
    double limit = 4 * sqrt(0.09 / truths);
    for (int k = 0; k < 2; k++)
        if (!(held[k] >= (0.85 - limit) * truths && held[k] <= (0.95 + limit) * truths))
            fail_msg("%s: the 90 %% interval holds %.1f %%", names[k], 100.0 * held[k] / truths);
    assert_true(widest[0] <= 0.2);
    assert_true(mean[1] <= 0.5);
    assert_true(within >= 0.8 * truths);
    for (int k = GPUS; k <= BATCH; k++) /* the same layout at another scale */
        assert_true(of_kind[k] <= 0.25 * kinds[k]);
    for (int k = 0; k < KINDS; k++)
        assert_true(most_of_kind[k] < 1);
    assert_true(widest[2] <=
                1 + 0.05); /* in the logarithm; the slopes where the update led differ a little */
}

static void step_times_are_read(void **state)
{
    (void)state;
    struct fc_error error;
    double seconds, sd;
    static const struct {
        const char *text;
        double seconds, sd;
    } good[] = {{"8.08 s \xC2\xB1 0.6 %", 8.08, 0.006},
                {"8.08 s", 8.08, 0},
                {"8080 ms +- 12 ms", 8.08, 12 / 8080.0},
                {"8.08s+/-0.6%", 8.08, 0.006},
                {"2 min", 120, 0}};
    static const char *const bad[] = {"8.08", "s",          "8.08 s 0.6 %", "8.08 s +- 60 %",
                                      "-8 s", "8.08 s +- ", "8 h"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(fc_step_time_parse(good[i].text, &seconds, &sd, &error), 0);
        assert_true(fabs(seconds / good[i].seconds - 1) < 1e-12 && fabs(sd - good[i].sd) < 1e-12);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fc_step_time_parse(bad[i], &seconds, &sd, &error), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(step_times_are_read),
                                       cmocka_unit_test(five_steps_teach)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
