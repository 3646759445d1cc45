/* test_calibration.c: the fit and its posterior: linear algebra, gradients, the mode, the sampler against an
 * exact answer, and simulation-based calibration: parameters from the prior, data from the parameters, ranks
 * of the former in the posterior of the latter must be uniform (Talts et al. 2018, arXiv 1804.06788).
 *
 * FLOPCAST_TEST_REPLICATES sets how many data sets that takes (tests/long_calibration.sh uses more). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/calibrate/calibration.h"
#include "host/base/linear.h"
#include "host/language/special.h"
#include "host/calibrate/memory_validation.h"
#include "host/calibrate/validation.h"

enum { N = FC_FACTORS };

static struct fc_catalog *catalog;
static struct fc_measurements measurements;
static struct fc_beliefs prior;

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&measurements, NULL, catalog, &error) ||
        fc_beliefs_read_priors(&prior, catalog, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fc_measurements_free(&measurements);
    fc_catalog_close(catalog);
    return 0;
}

/* A fit on every `every`-th row. */
static struct fc_fit make_fit(size_t every)
{
    struct fc_fit fit;
    struct fc_error error;
    bool *use = calloc(measurements.count, sizeof *use);
    assert_non_null(use);
    for (size_t i = 0; i < measurements.count; i += every)
        use[i] = true;
    assert_int_equal(fc_fit_create(&fit, &measurements, use, &prior, &error), 0);
    free(use);
    return fit;
}

/* xorshift64*, for the tests' own data. */
static double uniform(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return ((double)((*state * 0x2545F4914F6CDD1Du) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double u = uniform(state);
    return fc_normal_quantile((struct fc_tails){u, 1 - u});
}

static void cholesky_inverts(void **state)
{
    (void)state;
    enum { SIZE = 12 };
    uint64_t random = 7;
    double a[SIZE * SIZE], factor[SIZE * SIZE], inverse[SIZE * SIZE], root[SIZE * SIZE];
    for (int i = 0; i < SIZE * SIZE; i++)
        root[i] = normal(&random);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            a[i * SIZE + j] = i == j ? 0.5 : 0;
            for (int k = 0; k < SIZE; k++)
                a[i * SIZE + j] += root[i * SIZE + k] * root[j * SIZE + k];
        }
    memcpy(factor, a, sizeof a);
    assert_true(fc_cholesky(factor, SIZE));
    fc_cholesky_inverse(factor, SIZE, inverse);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            double sum = 0;
            for (int k = 0; k < SIZE; k++)
                sum += a[i * SIZE + k] * inverse[k * SIZE + j];
            assert_true(fabs(sum - (i == j)) < 1e-10);
        }
    a[0] = -1;
    assert_false(fc_cholesky(a, SIZE));
}

/* The mode's energy is the lowest around, and no factor leaves its prior without reason. */
static void mode_is_the_lowest(void **state)
{
    (void)state;
    struct fc_fit fit = make_fit(1);
    struct fc_error error;
    static double covariance[N][N];
    double shift[N] = {0};
    assert_int_equal(fc_fit_find_mode(&fit, shift, covariance, &error), 0);
    double energy = fc_fit_energy(&fit, shift), origin[N] = {0};
    assert_true(energy < fc_fit_energy(&fit, origin) - 100);
    for (int f = 0; f < N; f++)
        for (int side = -1; side <= 1; side += 2) {
            double moved[N];
            memcpy(moved, shift, sizeof moved);
            moved[f] += side * 0.2 * sqrt(covariance[f][f]);
            if (fc_fit_energy(&fit, moved) < energy - 1e-3)
                fail_msg("%s: the energy falls by %g beside the mode", fc_factors[f].name,
                         energy - fc_fit_energy(&fit, moved));
        }
    fc_fit_free(&fit);
}

/* Without data the posterior is the prior: known mean and standard deviation of every factor. */
static void no_data_gives_the_prior(void **state)
{
    (void)state;
    struct fc_fit fit = make_fit(1);
    struct fc_calibration *c = calloc(1, sizeof *c);
    struct fc_error error;
    const struct fc_calibration_options options = {.draws = 80000, .seed = 5, .threads = 1};
    assert_non_null(c);
    fit.count = 0;
    assert_int_equal(fc_calibration_run(c, &fit, &options, &error), 0);
    double limit = 5 / sqrt((double)c->count);
    for (int f = 0; f < N; f++) {
        double sd = prior.sd_log[f];
        if (fabs(c->mean[f]) > limit * sd || fabs(c->covariance[f][f] / (sd * sd) - 1) > 1.5 * limit)
            fail_msg("%s: mean %g, variance %g of the prior's", fc_factors[f].name, c->mean[f] / sd,
                     c->covariance[f][f] / (sd * sd));
    }
    fc_calibration_free(c);
    free(c);
    fc_fit_free(&fit);
}

/* The same draws, whatever the number of threads. */
static void threads_do_not_matter(void **state)
{
    (void)state;
    struct fc_fit fit = make_fit(8);
    struct fc_calibration *one = calloc(1, sizeof *one), *two = calloc(1, sizeof *two);
    struct fc_error error;
    struct fc_calibration_options options = {.draws = 5000, .seed = 9, .threads = 1};
    assert_true(one && two);
    assert_int_equal(fc_calibration_run(one, &fit, &options, &error), 0);
    options.threads = 3;
    assert_int_equal(fc_calibration_run(two, &fit, &options, &error), 0);
    assert_int_equal(one->count, two->count);
    assert_memory_equal(one->particles, two->particles, one->count * N * sizeof(double));
    options.seed = 10;
    fc_calibration_free(two);
    assert_int_equal(fc_calibration_run(two, &fit, &options, &error), 0);
    assert_memory_not_equal(one->particles, two->particles, one->count * N * sizeof(double));
    fc_calibration_free(one);
    fc_calibration_free(two);
    free(one);
    free(two);
    fc_fit_free(&fit);
}

/* An error with density exp(-weight H(e)): a normal centre with exponential tails. */
static double draw_error(double weight, uint64_t *random)
{
    double bend = FC_FIT_BEND / FC_FIT_SD, root = sqrt(weight);
    double centre = sqrt(2 * 3.14159265358979323846) / root * (1 - 2 * fc_normal_tails(bend * root).upper);
    double tail = exp(-0.5 * weight * bend * bend) / (weight * bend); /* one side */
    if (uniform(random) * (centre + 2 * tail) < centre)
        for (;;) {
            double e = normal(random) / root;
            if (fabs(e) < bend)
                return e * FC_FIT_SD;
        }
    double e = bend - log(uniform(random)) / (weight * bend);
    return (uniform(random) < 0.5 ? -e : e) * FC_FIT_SD;
}

enum { BINS = 8, WATCHED = 6 };

static void ranks_are_uniform(void **state)
{
    (void)state;
    static const int watched[WATCHED - 1] = {FC_FACTOR_GEMM_BF16_HOPPER, FC_FACTOR_CLOCK_GB200,
                                             FC_FACTOR_NVLINK, FC_FACTOR_HBM, FC_FACTOR_EP_EXPOSED};
    const char *text = getenv("FLOPCAST_TEST_REPLICATES");
    int replicates = text ? atoi(text) : 48, ranks[WATCHED][BINS] = {{0}};
    struct fc_fit fit = make_fit(9);
    struct fc_calibration *c = calloc(1, sizeof *c);
    struct fc_error error;
    uint64_t random = 20251123;
    assert_non_null(c);
    for (int r = 0; r < replicates; r++) {
        double truth[N], below[WATCHED] = {0};
        for (int f = 0; f < N; f++)
            truth[f] = prior.sd_log[f] * normal(&random);
        for (size_t i = 0; i < fit.count; i++)
            fit.rows[i].log_seconds =
                fc_fit_log_time(&fit.rows[i], &prior, truth, NULL) + draw_error(fit.rows[i].weight, &random);
        const struct fc_calibration_options options = {.draws = 12000, .seed = (uint64_t)r, .threads = 2};
        assert_int_equal(fc_calibration_run(c, &fit, &options, &error), 0);
        double true_time = fc_fit_log_time(&fit.rows[0], &prior, truth, NULL);
        for (size_t p = 0; p < c->count; p++) {
            const double *particle = c->particles + p * N;
            for (int w = 0; w < WATCHED - 1; w++)
                below[w] += particle[watched[w]] < truth[watched[w]];
            below[WATCHED - 1] += fc_fit_log_time(&fit.rows[0], &prior, particle, NULL) < true_time;
        }
        for (int w = 0; w < WATCHED; w++) {
            int bin = (int)(BINS * below[w] / ((double)c->count + 1e-9));
            ranks[w][bin < BINS ? bin : BINS - 1]++;
        }
        fc_calibration_free(c);
    }
    for (int w = 0; w < WATCHED; w++) {
        double expected = (double)replicates / BINS, chi2 = 0;
        for (int b = 0; b < BINS; b++)
            chi2 += (ranks[w][b] - expected) * (ranks[w][b] - expected) / expected;
        double p = fc_gamma_tails(0.5 * (BINS - 1), 0.5 * chi2).upper;
        if (getenv("FLOPCAST_TEST_VERBOSE"))
            print_message("# %-28s chi2 %.2f p %.4f\n",
                          w < WATCHED - 1 ? fc_factors[watched[w]].name : "a step time", chi2, p);
        if (!(p > 1e-4))
            fail_msg("%s: ranks are not uniform, chi2 %.1f, p %.2g",
                     w < WATCHED - 1 ? fc_factors[watched[w]].name : "a step time", chi2, p);
    }
    free(c);
    fc_fit_free(&fit);
}

/* A posterior that is written is the one that is read. */
static void posterior_reads_back(void **state)
{
    (void)state;
    struct fc_beliefs *b = calloc(1, sizeof *b);
    struct fc_error error;
    assert_non_null(b);
    assert_int_equal(fc_beliefs_read(b, catalog, &error), 0);
    for (int f = 0; f < N; f++) {
        double sd = sqrt(b->covariance[f][f]);
        assert_true(sd > 0 && sd < 1.3 * b->sd_log[f]);
        assert_true(fabs(b->log_shift[f]) < 3 * b->sd_log[f]);
        for (int g = 0; g < N; g++)
            assert_true(fabs(b->covariance[f][g]) <= sd * sqrt(b->covariance[g][g]) * 1.0001);
    }
    assert_true(b->residual.site_mean > 0 &&
                b->residual.site_mean < 0.15); /* a site is slower than a vendor */
    assert_true(b->residual.site_sd > 0.05 && b->residual.site_sd < 0.3);
    for (int k = 0; k < 2; k++)
        assert_true(b->residual.plan_sd[k] > 0.01 && b->residual.plan_sd[k] < 0.3);
    free(b);
}

/* The second table, of other sites and scales, is part of the fit and of the shipped figures. */
static void both_tables_are_read(void **state)
{
    (void)state;
    struct fc_validation *v = calloc(1, sizeof *v);
    struct fc_error error;
    assert_non_null(v);
    assert_int_equal(fc_validation_run(v, NULL, catalog, FC_VALIDATE_SHIPPED, &error), 0);
    assert_int_equal(v->scores[0].rows, 492);
    assert_true(v->scores[0].mape <= 0.07 && fabs(v->scores[0].bias) <= 0.02);
    fc_validation_free(v);
    free(v);
}

/* Rows of sources and GPUs that neither the fit nor the width of the intervals has seen. */
static void accuracy_holds(void **state)
{
    (void)state;
    struct fc_validation *v = calloc(1, sizeof *v);
    struct fc_error error;
    assert_non_null(v);
    assert_int_equal(fc_validation_run(v, NULL, catalog, FC_VALIDATE_CROSS, &error), 0);
    const struct fc_score *all = &v->validated_scores[0];
    print_message("# unseen: mean %.3f, P90 %.3f, bias %+.3f, in 90 %.3f\n", all->mape, all->p90_ape,
                  all->bias, all->cover90);
    assert_true(all->mape <= 0.085 && all->p90_ape <= 0.19 && fabs(all->bias) <= 0.02);
    for (int s = 0; s < v->score_count; s++) {
        const struct fc_score *score = &v->validated_scores[s];
        if (strcmp(score->name, "NVIDIA") == 0)
            assert_true(score->mape <= 0.075 && score->p90_ape <= 0.17);
        if (strcmp(score->name, "other sites") == 0)
            assert_true(score->mape <= 0.11 && fabs(score->bias) <= 0.05);
        if (strcmp(score->name, "NVIDIA") == 0 || strcmp(score->name, "other sites") == 0 || s == 0) {
            assert_true(score->cover90 >= 0.85 && score->cover90 <= 0.95);
            assert_true(score->mape < score->constant_mfu_mape);
        }
    }
    fc_validation_free(v);
    free(v);
}

/* What a forecast for a GPU such as VR200 is worth: all Blackwell rows by a fit to A100 and Hopper alone. */
static void unseen_generation_holds(void **state)
{
    (void)state;
    struct fc_validation *v = calloc(1, sizeof *v);
    struct fc_error error;
    assert_non_null(v);
    assert_int_equal(fc_validation_run(v, NULL, catalog, FC_VALIDATE_GENERATION, &error), 0);
    const struct fc_score *all = &v->unseen_scores[0];
    print_message("# generation unseen: %d rows, mean %.3f, in 90 %.3f\n", all->rows, all->mape, all->cover90);
    assert_true(all->rows > 200 && all->mape <= 0.15 && all->cover90 >= 0.85);
    for (int s = 0; s < v->score_count; s++) {
        const struct fc_score *score = &v->unseen_scores[s];
        if (strcmp(score->name, "NVIDIA") == 0 || strcmp(score->name, "other sites") == 0)
            assert_true(score->mape <= 0.15 && score->cover90 >= 0.85);
        if (strcmp(score->name, "gpu h100") == 0) /* it is what was fitted */
            assert_int_equal(score->rows, 0);
    }
    struct fc_generation_score same = fc_generation_score(&v->measurements, &v->heir, v->unseen);
    assert_true(same.rows == all->rows && fabs(same.mape - all->mape) < 1e-9);
    fc_validation_free(v);
    free(v);
}

/* Measured memory of 55 layouts, and four that ran out: the mean error of each framework is below 8 %, Megatron's of 2021 below
 * 5 %. One of those that ran out (82 layers on 12 stages) is said to fit. */
static void memory_holds(void **state)
{
    (void)state;
    struct fc_memory_validation v;
    struct fc_error error;
    assert_int_equal(fc_memory_validation_run(&v, NULL, catalog, &error), 0);
    assert_int_equal(v.scores[0].rows, 55);
    assert_int_equal(v.scores[0].ran_out, 4);
    assert_true(v.scores[0].cover90 >= 0.85 && v.scores[0].cover90 <= 0.95);
    for (int i = 0; i < v.score_count; i++) {
        assert_true(v.scores[i].mape <= 0.08);
        if (strcmp(v.scores[i].name, "megatron-2021") == 0)
            assert_true(v.scores[i].mape < 0.05 && v.scores[i].cover90 >= 0.85);
    }
    assert_true(v.wrong_fit <= 1);
    assert_int_equal(v.wrong_refuse, 0);
    fc_memory_validation_free(&v);
}

/* Korthikanti et al. 2022, table 5, all eight rows: two are in the committed measurements, six are not. 3.97 % since the
 * A100 factors are fitted to two further clusters of A100 too (3.5 % before, on Selene's rows almost alone). */
static void korthikanti_holds(void **state)
{
    (void)state;
    struct fc_validation *v = calloc(1, sizeof *v);
    struct fc_error error;
    assert_non_null(v);
    assert_int_equal(fc_validation_run(v, "tests/inputs/korthikanti-2022.csv", catalog, FC_VALIDATE_SHIPPED, &error), 0);
    assert_int_equal(v->scores[0].rows, 8);
    if (!(v->scores[0].mape <= 0.042))
        fail_msg("mean error of the eight rows: %.2f %%", 100 * v->scores[0].mape);
    fc_validation_free(v);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cholesky_inverts),        cmocka_unit_test(mode_is_the_lowest),
        cmocka_unit_test(no_data_gives_the_prior), cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(ranks_are_uniform),       cmocka_unit_test(posterior_reads_back),
        cmocka_unit_test(both_tables_are_read),    cmocka_unit_test(memory_holds),
        cmocka_unit_test(accuracy_holds),          cmocka_unit_test(korthikanti_holds),
        cmocka_unit_test(unseen_generation_holds),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
