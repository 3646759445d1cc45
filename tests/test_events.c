/* test_events.c: defaults and collapses against closed forms, |z| < 4 with fixed seeds, and against sums done by hand.
 *
 * Default within the term by a flat and a stepped hazard; pairs and any of five names under the one-factor Gaussian copula
 * (bivariate normal, and quadrature over the factor); hazards that a collapse multiplies; the prepayment that a failed provider
 * costs. Figures: 1 - exp(-.14) = .13064176, .18941575, joint .0470416, none of five .642658 (rho .5) and .556344 (rho .2). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flat_worlds.h"

enum { N = 1 << 17 };

static float *worlds(const char *const *set, const int *metrics, int count, int n)
{
    return flat_worlds(set, metrics, count, n, 3);
}

/* The share of the worlds in which all (or any) of the metrics are 1. */
static double share(const char *const *set, const int *metrics, int count, bool any)
{
    float *v = worlds(set, metrics, count, N);
    int hits = 0;
    for (int i = 0; i < N; i++) {
        int sum = 0;
        for (int m = 0; m < count; m++)
            sum += v[(size_t)(m * N + i)] > 0.5f;
        hits += any ? sum > 0 : sum == count;
    }
    free(v);
    return (double)hits / N;
}

static void agrees(const char *what, double got, double wanted)
{
    double z = (got - wanted) / sqrt(wanted * (1 - wanted) / N);
    print_message("%-40s %.5f, exact %.5f, z %+.2f\n", what, got, wanted, z);
    if (!(fabs(z) < 4))
        fail_msg("%s: %.6f, exact %.6f, z %.1f", what, got, wanted, z);
}

static const int customer[] = {FC_M_CUSTOMER_DEFAULTS}, provider[] = {FC_M_PROVIDER_DEFAULTS};
static const int both[] = {FC_M_CUSTOMER_DEFAULTS, FC_M_PROVIDER_DEFAULTS};

static void days_follow_their_hazards(void **state)
{
    (void)state;
    static const char *const flat[] = {"contract.years=7 years", "events.customer_hazard=[0.02]", NULL};
    agrees("flat hazard .02, 7 years", share(flat, customer, 1, false), 1 - exp(-.14));
    static const char *const steps[] = {
        "contract.years=7 years", "events.provider_hazard=[0.01, 0.01, 0.03, 0.03, 0.03, 0.05, 0.05]", NULL};
    agrees("stepped hazard, 7 years", share(steps, provider, 1, false), .18941575);
    static const char *const contagion[] = {"contract.years=7 years",
                                            "events.customer_hazard=[0.02]",
                                            "events.collapse=24 months",
                                            "events.collapse_fall=12 months",
                                            "events.collapse_recovery=24 months",
                                            "events.contagion=5",
                                            NULL};
    agrees("five times in 36 of 84 months", share(contagion, customer, 1, false),
           1 - exp(-.02 * (4 + 5 * 3)));
    static const char *const collapse[] = {"contract.years=7 years", "events.collapse_hazard=[0.12]", NULL};
    static const int falls[] = {FC_M_COLLAPSES};
    agrees("collapses", share(collapse, falls, 1, false), 1 - exp(-.84));
}

static void days_move_together(void **state)
{
    (void)state;
    /* p .13 in a year: -log(1 - .13) */
    static const char *const pair[] = {"events.customer_hazard=[0.139262067]",
                                       "events.provider_hazard=[0.139262067]", "events.correlation=0.5",
                                       NULL};
    agrees("both of a pair, rho .5", share(pair, both, 2, false), .0470416);
    static const char *const apart[] = {"events.customer_hazard=[0.139262067]",
                                        "events.provider_hazard=[0.139262067]", "events.correlation=0", NULL};
    agrees("both of a pair, rho 0", share(apart, both, 2, false), .0169);
    static const char *rho = "events.correlation=0.5";
    const char *five[] = {"events.customer_hazard=[0.139262067]",
                          "events.provider_hazard=[0.139262067]",
                          "provider2.share=0.25",
                          "provider3.share=0.25",
                          "provider4.share=0.25",
                          rho,
                          NULL};
    agrees("any of five, rho .5", share(five, both, 2, true), 1 - .642658);
    five[5] = "events.correlation=0.2";
    agrees("any of five, rho .2", share(five, both, 2, true), 1 - .556344);
}

/* A quarter is prepaid and credited over the second half; the provider fails at .4 a year and pays three tenths back. */
static void what_a_failed_provider_costs(void **state)
{
    (void)state;
    static const char *const set[] = {"contract.prepayment=0.25", "events.provider_hazard=[0.4]",
                                      "events.recovery=0.3", NULL};
    static const int lost[] = {FC_M_PREPAYMENT_LOST_USD};
    double month = 1000 * 730.5 * 3, prepaid = .25 * 12 * month, mean = 0, square = 0, exact = 0;
    float *v = worlds(set, lost, 1, N);
    for (int i = 0; i < N; i++) {
        mean += (double)v[i] / N;
        square += (double)v[i] * (double)v[i] / N;
    }
    free(v);
    for (int k = 0; k < 6;
         k++) /* nothing is credited before the seventh month: the whole prepayment is open */
        exact += (exp(-.4 * k / 12) - exp(-.4 * (k + 1) / 12)) * .7 * prepaid;
    for (int k = 6; k < 12;
         k++) { /* the month of the default is credited as far as it was billed: on the average half */
        double steps = 0;
        for (int j = 0; j < 4000; j++) {
            double at = (j + .5) / 4000, density = .4 / 12 * exp(-.4 * (k + at) / 12) / 4000;
            double credit = fmin(prepaid / 6, at * month), open = prepaid * (12 - k) / 6.0;
            /* the bills to come, none, would not use it up before: only the plan and the bill count */
            steps += density * .7 * fmax(open - credit, 0);
        }
        exact += steps;
    }
    double z = (mean - exact) / sqrt((square - mean * mean) / N);
    print_message("prepayment lost %.0f, exact %.0f, z %+.2f\n", mean, exact, z);
    assert_true(fabs(z) < 4);
}

/* A customer who defaults in the middle of month 7 of 12 pays six and a half bills and then a tenth of the rest. */
static void a_default_by_hand(void **state)
{
    (void)state;
    static const char *const set[] = {"events.customer_default=6.5 months", "events.recovery=0.1",
                                      "finance.revenue=none", NULL};
    static const int metrics[] = {FC_M_PAID_USD, FC_M_GPU_HOURS, FC_M_CASH_RESIDUE_CENTS, FC_M_LOWEST_WORK};
    float *v = worlds(set, metrics, 4, 1);
    double month = 1000 * 730.5 * 3;
    assert_true(fabs((double)v[0] - month * (6.5 + .1 * 5)) < 20);
    assert_true(fabs((double)v[1] - 1000 * 730.5 * 6.5) < 1);
    assert_true(v[2] == 0 && v[3] == 0);
    free(v);
    /* Two providers, 60 and 40 %; the first fails: with demand for 80 % half of the work goes on, 40 of 80. */
    static const char *const two[] = {"provider2.share=0.4", "contract.demand=0.8",
                                      "events.provider_default=3 months", NULL};
    static const int work[] = {FC_M_LOWEST_WORK, FC_M_GOES_ON_50, FC_M_GOES_ON_75, FC_M_PROVIDER_DEFAULTS};
    v = worlds(two, work, 4, 1);
    assert_true(fabs((double)v[0] - .5) < 1e-5 && v[2] == 0 && v[3] == 1);
    free(v);
    /* Demand that falls to half over four months and comes back over four: hours used by the middle of each month. */
    static const char *const falls[] = {"events.collapse=2 months", "events.collapse_depth=0.5",
                                        "events.collapse_fall=4 months", "events.collapse_recovery=4 months",
                                        NULL};
    static const int used[] = {FC_M_GPU_HOURS_USED};
    v = worlds(falls, used, 1, 1);
    assert_true(fabs((double)v[0] / 730500 - (12 - .5 * 4)) <
                1e-3); /* s: .125 .375 .625 .875 and back, 4 in all */
    free(v);
}

/* Whole cents and no more refunds than prepayments, in every world with everything at once. */
static void cash_is_conserved(void **state)
{
    (void)state;
    static const char *const set[] = {"contract.years=7 years",
                                      "contract.prepayment=0.2",
                                      "contract.outage_rate=4 1/year",
                                      "contract.delay_probability=0.5",
                                      "contract.delay_length=5 months",
                                      "provider2.share=0.3",
                                      "provider2.form=minimum",
                                      "provider3.share=0.2",
                                      "provider3.form=on_demand",
                                      "events.customer_hazard=[0.02, 0.1]",
                                      "events.provider_hazard=[0.1]",
                                      "events.collapse_hazard=[0.15]",
                                      "market.paths=true",
                                      NULL};
    static const int metrics[] = {FC_M_CASH_RESIDUE_CENTS, FC_M_REFUND_USD, FC_M_PREPAYMENT_LOST_USD,
                                  FC_M_STRANDED_USD};
    float *v = worlds(set, metrics, 4, 8192);
    int lost = 0;
    for (int i = 0; i < 8192; i++) {
        assert_true(v[i] == 0 && v[8192 + i] >= 0 && v[2 * 8192 + i] >= 0);
        lost += v[2 * 8192 + i] > 0;
    }
    assert_true(lost > 400);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_follow_their_hazards),
        cmocka_unit_test(days_move_together),
        cmocka_unit_test(what_a_failed_provider_costs),
        cmocka_unit_test(a_default_by_hand),
        cmocka_unit_test(cash_is_conserved),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
