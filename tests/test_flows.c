/* test_flows.c: the flows of a contract sum to its totals in every world, what one party pays another receives, and they
 * are those of the kernels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/compile/scenario.h"
#include "host/run/flows.h"

static struct fc_error error;
static uint32_t word = 2026;
#ifndef CONTRACTS
#define CONTRACTS 40
#endif

static double uniform(double lo, double hi)
{
    word = word * 1664525u + 1013904223u;
    return lo + (hi - lo) * (word >> 8) / 16777216.0;
}

static double metric(const struct fc_scenario *s, const struct fc_flows_world *w, int id)
{
    const struct fc_program *p = &s->compiled.program;
    for (int i = 0; i < p->metric_count; i++)
        if (p->metrics[i] == id)
            return (double)w->metrics[i];
    fail_msg("the scenario has no metric %d", id);
    return NAN;
}

/* A contract of its own, with what a contract may have. */
static void open_random(struct fc_scenario *s)
{
    static const char *const forms[] = {"take_or_pay", "minimum", "on_demand", "spot", "own"};
    struct fc_scenario_options options = {0};
    char line[128];
    int years = (int)uniform(2, 7.99);
    double second = uniform(0, 1) < 0.5 ? uniform(0.1, 0.9) : 0;
#define SET(...)                                                                                             \
    do {                                                                                                     \
        snprintf(line, sizeof line, __VA_ARGS__);                                                            \
        assert_int_equal(fc_scenario_add_override(&options, line, &error), 0);                               \
    } while (0)
    SET("contract.years=%d years", years);
    SET("contract.ramp=%d months", (int)uniform(0, 14));
    SET("contract.demand=%.3f", uniform(0.3, 1));
    SET("contract.prepayment=%.3f", uniform(0, 0.4));
    SET("contract.take_or_pay=%.3f", uniform(0.4, 1));
    SET("contract.service_credit=%.3f", uniform(0, 2));
    SET("contract.delay_probability=%.3f", uniform(0, 1));
    if (uniform(0, 1) < 0.4) {
        SET("contract.terminate=%d months", (int)uniform(6, 12 * years - 1));
        SET("contract.termination_fee=%.3f", uniform(0, 0.8));
    }
    if (uniform(0, 1) < 0.5)
        SET("market.paths=true");
    if (second > 0) {
        SET("provider2.share=%.3f", second);
        SET("provider2.form=%s", forms[(int)uniform(0, 4.99)]);
    }
    if (uniform(0, 1) < 0.5) {
        SET("events.customer_hazard=[%.3f]", uniform(0, 0.2));
        SET("events.provider_hazard=[%.3f]", uniform(0, 0.2));
        SET("events.site_hazard=[%.3f]", uniform(0, 0.3));
    }
    SET("finance.tax=true");
    SET("finance.provider_books=true");
    if (fc_scenario_open(s, "openai-aws-38b-contract", &options, &error))
        fail_msg("%s", error.text);
    fc_scenario_options_free(&options);
#undef SET
}

/* Whether a month's cash of customer, providers, market and suppliers sums to nothing, and the customer's to his net. */
static bool conserves(const int64_t *m)
{
    int64_t market = -(m[FC_FLOW_REVENUE] + m[FC_FLOW_OTHER]), suppliers = -m[FC_FLOW_OWNED], kinds = 0;
    for (int f = 0; f < FC_FLOW_NET; f++)
        kinds += m[f];
    return m[FC_FLOW_NET] + m[FC_FLOW_PROVIDER] + market + suppliers == 0 && kinds == m[FC_FLOW_NET];
}

/* A control: a cent more in any of a month's flows is noticed. */
static void a_cent_is_noticed(const int64_t *month)
{
    for (int f = 0; f <= FC_FLOW_PROVIDER; f++) {
        int64_t spoilt[FC_FLOW_MONEY];
        memcpy(spoilt, month, sizeof spoilt);
        spoilt[f]++;
        assert_false(conserves(spoilt));
    }
}

/* In each of 120 worlds, three of each of 40 sets of terms: the customer's flows are his balance and his totals to the cent, and with the providers, the
 * suppliers of what is bought, and those who pay for the service they sum to nothing. */
static void cash_of_all_parties_is_zero(void **state)
{
    (void)state;
    static struct fc_flows_world w;
    int with_credits = 0, with_fees = 0, with_owned = 0, with_losses = 0;
    const char *often = getenv("FLOPCAST_TEST_CONTRACTS");
    int contracts = often ? atoi(often) : CONTRACTS;
    for (int c = 0; c < contracts; c++) {
        struct fc_scenario s;
        open_random(&s);
        for (uint64_t n = 0; n < 3; n++) {
            int64_t sum[FC_FLOW_MONEY] = {0};
            assert_int_equal(fc_flows_of_world(&s.compiled.program, s.compiled.tables, 7, n, &w, &error), 0);
            assert_int_equal(w.months, s.compiled.program.contract.months.months);
            double used = 0, delivered = 0, energy = 0;
            for (int t = 0; t < w.months; t++) {
                const int64_t *m = w.cents[t];
                assert_true(conserves(m));
                a_cent_is_noticed(m);
                for (int f = 0; f < FC_FLOW_MONEY; f++)
                    sum[f] += m[f];
                delivered += fc_flow_in(&w, t, FC_FLOW_DELIVERED);
                used += fc_flow_in(&w, t, FC_FLOW_USED);
                energy += fc_flow_in(&w, t, FC_FLOW_ENERGY);
            }
            assert_true((float)sum[FC_FLOW_NET] / 100.0f == (float)metric(&s, &w, FC_M_BALANCE_USD));
            assert_true((float)sum[FC_FLOW_REVENUE] / 100.0f == (float)metric(&s, &w, FC_M_REVENUE_USD));
            assert_true((float)sum[FC_FLOW_CREDITS] / 100.0f ==
                        (float)metric(&s, &w, FC_M_SERVICE_CREDITS_USD));
            double paid = (double)(sum[FC_FLOW_PROVIDER] - sum[FC_FLOW_OWNED]) / 100;
            assert_true(fabs(paid - metric(&s, &w, FC_M_PAID_USD)) <= 1e-6 * fabs(paid) + 0.01);
            assert_true(fabs(delivered - metric(&s, &w, FC_M_GPU_HOURS)) <= 1e-6 * delivered);
            assert_true(fabs(energy - metric(&s, &w, FC_M_ENERGY_MWH)) <= 1e-5 * energy);
            assert_true(used <= delivered * (1 + 1e-6));
            /* what is prepaid is credited, refunded, lost in a default, or forfeited at an exit */
            const struct fc_program *p = &s.compiled.program;
            double lost = p->contract.months.events ? metric(&s, &w, FC_M_PREPAYMENT_LOST_USD) : 0;
            double kept = -(double)sum[FC_FLOW_PREPAID] / 100;
            assert_true(kept >= -0.02 && lost >= 0);
            if (p->contract.months.terminate == 0)
                assert_true(fabs(kept - lost) <= 1e-6 * fabs(lost) + 0.02);
            with_losses += lost > 0;
            /* taxes by month are the year's, and the provider's costs its books */
            double tax = metric(&s, &w, FC_M_TAX_USD), costs = metric(&s, &w, FC_M_PROVIDER_CAPITAL_USD) +
                                                              metric(&s, &w, FC_M_PROVIDER_OPERATIONS_USD) +
                                                              metric(&s, &w, FC_M_PROVIDER_ENERGY_USD) -
                                                              metric(&s, &w, FC_M_PROVIDER_END_VALUE_USD);
            assert_true(fabs((double)sum[FC_FLOW_TAX] / 100 + tax) <= 1e-6 * tax + 0.02);
            assert_true(fabs((double)sum[FC_FLOW_PROVIDER_COSTS] / 100 + costs) <= 1e-5 * (fabs(costs) + fabs(paid)) + 0.02);
            with_credits += sum[FC_FLOW_CREDITS] != 0;
            with_fees += sum[FC_FLOW_FEES] != 0;
            with_owned += sum[FC_FLOW_OWNED] != 0;
        }
        fc_scenario_close(&s);
    }
    assert_true(with_credits > contracts / 3 && with_fees > contracts / 6 && with_owned > contracts / 15);
    assert_true(with_losses > contracts / 20);
}

/* A contract known by hand: 100 GPUs at 2 USD for a year, a fifth prepaid and credited from the start. */
static void a_contract_by_hand(void **state)
{
    (void)state;
    static struct fc_flows_world w;
    static const char *const set[] = {
        "contract.years=1 years",        "contract.ramp=0 months",     "contract.delay_probability=0",
        "contract.outage_rate=0 1/year", "contract.extras=0",          "prices.gpu_hour=2 USD",
        "contract.value=1753200 USD",    "contract.prepayment=0.2",    "finance.revenue=none",
        "contract.credit_from=0 months", "contract.usable_fraction=1", "contract.demand=1",
        "contract.take_or_pay=1",
    };
    struct fc_scenario_options options = {0};
    struct fc_scenario s;
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        assert_int_equal(fc_scenario_add_override(&options, set[i], &error), 0);
    if (fc_scenario_open(&s, "openai-aws-38b-contract", &options, &error))
        fail_msg("%s", error.text);
    assert_int_equal(fc_flows_of_world(&s.compiled.program, s.compiled.tables, 1, 0, &w, &error), 0);
    assert_int_equal(w.months, 12);
    for (int t = 0; t < 12; t++) {
        assert_true(fabs(fc_flow_in(&w, t, FC_FLOW_BILLS) + 146100) < 0.5); /* 100 × 730.5 h × 2 USD */
        double prepaid = (t == 0 ? -350640 : 0) + 350640.0 / 12;            /* a fifth of 1,753,200 */
        if (!(fabs(fc_flow_in(&w, t, FC_FLOW_PREPAID) - prepaid) < 0.5))
            fail_msg("month %d: prepayment %.2f, by hand %.2f", t, fc_flow_in(&w, t, FC_FLOW_PREPAID),
                     prepaid);
        assert_true(fabs(fc_flow_in(&w, t, FC_FLOW_DELIVERED) - 73050) < 0.1);
    }
    fc_scenario_options_free(&options);
    fc_scenario_close(&s);
}

/* A contract of 100 GPUs for three years at 2 USD, nothing late, idle or down, with further lines set. */
static void open_flat(struct fc_scenario *s, const char *const *lines, size_t count)
{
    static const char *const set[] = {
        "contract.years=3 years",        "contract.ramp=0 months",     "contract.delay_probability=0",
        "contract.outage_rate=0 1/year", "contract.extras=0",          "prices.gpu_hour=2 USD",
        "contract.value=5259600 USD",    "contract.prepayment=0",      "finance.revenue_per_gw=0 USD",
        "contract.credit_from=0 months", "contract.usable_fraction=1", "contract.demand=1",
        "contract.take_or_pay=1",        "finance.discount_rate=0.1",
    };
    struct fc_scenario_options options = {0};
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        assert_int_equal(fc_scenario_add_override(&options, set[i], &error), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fc_scenario_add_override(&options, lines[i], &error), 0);
    if (fc_scenario_open(s, "openai-aws-38b-contract", &options, &error))
        fail_msg("%s", error.text);
    fc_scenario_options_free(&options);
}

/* Bills of the first, second and third year, and the discounted sum, of world 0. */
static double flat(const char *const *lines, size_t count, double year[3])
{
    static struct fc_flows_world w;
    struct fc_scenario s;
    open_flat(&s, lines, count);
    assert_int_equal(fc_flows_of_world(&s.compiled.program, s.compiled.tables, 1, 0, &w, &error), 0);
    for (int y = 0; y < 3; y++)
        year[y] = 0;
    for (int t = 0; t < 36; t++)
        year[t / 12] -= fc_flow_in(&w, t, FC_FLOW_BILLS);
    double npv = metric(&s, &w, FC_M_NPV_USD);
    fc_scenario_close(&s);
    return npv;
}

static void near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 2e-6 * fabs(wanted)))
        fail_msg("%.9g, by hand %.9g", got, wanted);
}

static void prices_that_move(void **state)
{
    (void)state;
    double year[3];
    /* 3 % at each anniversary: the same sum, a geometric series of years */
    static const char *const raised[] = {"contract.escalator=0.03"};
    flat(raised, 1, year);
    double first = 5259600 / (1 + 1.03 + 1.03 * 1.03);
    for (int y = 0; y < 3; y++)
        near(year[y], first * pow(1.03, y));
    /* half of an inflation of 4 % on top */
    static const char *const indexed[] = {"contract.escalator=0.03", "contract.indexed=0.5",
                                          "finance.inflation=0.04"};
    flat(indexed, 3, year);
    near(year[1] / year[0], 1.03 * 1.02);
    near(year[0] + year[1] + year[2], 5259600);
    /* a market that falls by 20 % a year without noise: reset after a year to 80 %, after two to the floor of 70 % */
    static const char *const reset[] = {"market.paths=true",
                                        "market.drift=[-0.223143551, -0.223143551, -0.223143551]",
                                        "market.sigma=[0, 0, 0]",
                                        "market.first_launch=1200 months",
                                        "contract.reset_every=12 months",
                                        "contract.reset_floor=0.7"};
    flat(reset, 6, year);
    near(year[0], 5259600 / 3);
    near(year[1] / year[0], 0.8);
    near(year[2] / year[0], 0.7);
    /* and one that rises by 40 %: the cap */
    static const char *const capped[] = {"market.paths=true",
                                         "market.drift=[0.336472237, 0.336472237, 0.336472237]",
                                         "market.sigma=[0, 0, 0]",
                                         "market.first_launch=1200 months",
                                         "contract.reset_every=12 months",
                                         "contract.reset_cap=1.5"};
    flat(capped, 6, year);
    near(year[1] / year[0], 1.4);
    near(year[2] / year[0], 1.5);
}

/* An annuity of 36 equal months: at the start of each month (due), its end (immediate), its middle; at an effective and at a
 * nominal rate. A prepayment counts on the day of signing under all of them. */
static void when_money_counts(void **state)
{
    (void)state;
    double year[3], month = 5259600.0 / 36, v = pow(1.1, -1.0 / 12), w = 1 / (1 + 0.1 / 12);
    static const char *const middle[] = {"finance.discounting=middle"}, *const end[] = {
                                                                            "finance.discounting=end"};
    static const char *const nominal[] = {"finance.discounting=end", "finance.rate=nominal"};
    double due = -month * (1 - pow(v, 36)) / (1 - v);
    near(flat(NULL, 0, year), due);
    near(flat(middle, 1, year), due * sqrt(v));
    near(flat(end, 1, year), due * v);
    near(flat(nominal, 2, year), -month * w * (1 - pow(w, 36)) / (1 - w));
    static const char *const prepaid[] = {"finance.discounting=end", "contract.prepayment=1"};
    near(flat(prepaid, 2, year), -5259600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cash_of_all_parties_is_zero),
        cmocka_unit_test(a_contract_by_hand),
        cmocka_unit_test(prices_that_move),
        cmocka_unit_test(when_money_counts),
    };
    return cmocka_run_group_tests_name("flows", tests, NULL, NULL);
}
