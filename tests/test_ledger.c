/* test_ledger.c: what the metrics of a contract must be to each other, over random contracts: parts sum to the
 * whole, paid over useful is the cost of FLOP, energy is mean power times the term, nothing delivered is nothing
 * at all, and less of something good is never more work. Each relation is also tried on figures with a planted
 * fault, which it must find. */
#include "figures.h"

enum { CONTRACTS = 120 };

static void relations_hold(void **state)
{
    (void)state;
    static struct figures f;
    char lines[LINES][96];
    state_of_dice = 1;
    for (int c = 0; c < CONTRACTS; c++) {
        int term, count = random_contract(lines, &term);
        look("tests/contract_flat.yaml", lines, count, &f);
        for (int i = 0; i < WORLDS; i++) {
            int relation = broken(&f, i, term * 730.5);
            if (relation) {
                for (int k = 0; k < count; k++)
                    print_message("# %s\n", lines[k]);
                fail_msg("contract %d, world %d: relation %d does not hold", c, i, relation);
            }
        }
    }
    /* each relation finds its planted fault */
    static const struct {
        int metric;
        double factor;
        int relation;
    } planted[] = {{FC_M_GPU_HOURS_IDLE, 1.01, 1},    {FC_M_ENERGY_MWH, 1.01, 2},
                   {FC_M_COST_PER_1E24_USD, 1.01, 3}, {FC_M_RUN_COST_USD, 1.01, 4},
                   {FC_M_RUN_ENERGY_MWH, 1.01, 5},    {FC_M_COST_PER_USED_HOUR_USD, 1.01, 6},
                   {FC_M_COST_USD, 1.01, 7},          {FC_M_CO2_MARGINAL_T, 2, 10}};
    snprintf(lines[0], sizeof lines[0], "contract.demand=0.5");
    snprintf(lines[1], sizeof lines[1], "contract.run_flop=[1e24]");
    for (size_t p = 0; p < sizeof planted / sizeof planted[0]; p++) {
        look("tests/contract_flat.yaml", lines, 2, &f);
        assert_int_equal(broken(&f, 0, 12 * 730.5), 0);
        f.of[planted[p].metric][0] *= planted[p].factor;
        assert_int_equal(broken(&f, 0, 12 * 730.5), planted[p].relation);
    }
}

/* Later, less asked for, sooner left, more often down: never more work or energy. */
static void less_is_never_more(void **state)
{
    (void)state;
    static struct figures before, after;
    char lines[LINES][96];
    static const char *const worse[] = {"contract.demand=0", "contract.terminate=1 months",
                                        "contract.outage_rate=50 1/year", "contract.delay_probability=1",
                                        "contract.usable_fraction=0.3"};
    state_of_dice = 7;
    for (int c = 0; c < CONTRACTS; c++) {
        int term, count = random_contract(lines, &term);
        look("tests/contract_flat.yaml", lines, count, &before);
        snprintf(lines[count], sizeof lines[0], "%s", worse[c % 5]);
        look("tests/contract_flat.yaml", lines, count + 1, &after);
        for (int i = 0; i < WORLDS; i++) {
            assert_true(after.of[FC_M_USEFUL_FLOP][i] <= before.of[FC_M_USEFUL_FLOP][i] * (1 + 1e-9));
            assert_true(after.of[FC_M_ENERGY_MWH][i] <= before.of[FC_M_ENERGY_MWH][i] * (1 + 1e-9) + 1e-9);
        }
    }
}

/* One figure of the first world of the flat contract under some lines. */
static double one(int metric, int count, const char *const *set)
{
    static struct figures f;
    char lines[LINES][96];
    for (int i = 0; i < count; i++)
        snprintf(lines[i], sizeof lines[0], "%s", set[i]);
    look("tests/contract_flat.yaml", lines, count, &f);
    return f.of[metric][0];
}
#define ONE(metric, ...)                                                                                     \
    one(metric, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                         \
        (const char *[]){__VA_ARGS__})

static const double bill = 2191500; /* 1000 GPUs x 730.5 h x 3 USD */

/* Nothing in the term: no bill, the prepayment comes back, nothing pays back, the breach is said. */
static void nothing_is_delivered(void **state)
{
    (void)state;
    static struct figures f;
    char lines[LINES][96] = {"contract.delay_probability=1", "contract.delay_length=12 months",
                             "contract.prepayment=0.5", "finance.revenue=per_gw"};
    look("tests/contract_flat.yaml", lines, 4, &f);
    assert_true(f.of[FC_M_PAID_USD][0] == 0 && f.of[FC_M_PAYS_BACK][0] == 0 &&
                f.of[FC_M_FULLY_DELIVERED][0] == 0);
    assert_true(isinf(f.of[FC_M_PAYBACK_MONTHS][0]));
}

/* An exit after six months of twelve with half prepaid: six bills, the prepayment counts for six more, so nothing
 * is left for a fee; with an eighth prepaid, the fee of one half falls on what it does not cover. */
static void prepayment_at_the_exit(void **state)
{
    (void)state;
    double half = ONE(FC_M_PAID_USD, "contract.terminate=6 months", "contract.prepayment=0.5",
                      "contract.credit_from=11 months");
    double eighth = ONE(FC_M_PAID_USD, "contract.terminate=6 months", "contract.prepayment=0.125",
                        "contract.credit_from=11 months");
    assert_true(fabs(half - 12 * bill) < 1);
    assert_true(fabs(eighth - (6 * bill + 1.5 * bill + 0.5 * (6 - 1.5) * bill)) < 1);
}

/* Half of the hours are the floor: an outage of the other half was never billed, so nothing is credited. */
static void outages_are_credited_where_billed(void **state)
{
    (void)state;
    const char *half = "contract.take_or_pay=0.5", *often = "contract.outage_rate=20 1/year";
    assert_true(ONE(FC_M_SERVICE_CREDITS_USD, half, often) == 0);
    double credits = ONE(FC_M_SERVICE_CREDITS_USD, often), down = ONE(FC_M_GPU_HOURS_DOWN, often);
    assert_true(down > 0 && fabs(credits - 3 * down) < 1);
    double late = ONE(FC_M_SERVICE_CREDITS_USD, often, "provider1.form=minimum");
    assert_true(fabs(late - 3 * down) < 1);
}

/* Reservations are paid to their end, also past an exit and past the end of the contract. */
static void reservations_are_paid_to_their_end(void **state)
{
    (void)state;
    double exit = ONE(FC_M_PAID_USD, "provider1.form=reservation", "provider1.term=12 months",
                      "contract.terminate=6 months");
    double over = ONE(FC_M_PAID_USD, "provider1.form=reservation", "provider1.term=12 months",
                      "contract.years=1.5 years");
    assert_true(fabs(exit / (12 * 730.5 * 1000 * 7.5) - 1) < 1e-9);
    assert_true(fabs(over / (24 * 730.5 * 1000 * 7.5) - 1) < 1e-9);
}

/* What is credited for an outage was billed, by whatever form, and is not stranded. */
static void reservations_credit_outages(void **state)
{
    (void)state;
    static struct figures f;
    static const char *const form[] = {"take_or_pay", "minimum", "reservation", "block"};
    for (int k = 0; k < 4; k++) {
        char lines[LINES][96] = {"contract.outage_rate=20 1/year", "provider1.term=12 months"};
        snprintf(lines[2], sizeof lines[2], "provider1.form=%s", form[k]);
        snprintf(lines[1], sizeof lines[1], "provider1.term=%d months", k == 3 ? 6 : 12);
        look("tests/contract_flat.yaml", lines, 3, &f);
        for (int i = 0; i < WORLDS; i++) {
            double price = k == 2 ? 7.5 : k == 3 ? 6.25 : 3, used = f.of[FC_M_GPU_HOURS_USED][i];
            assert_true(f.of[FC_M_GPU_HOURS_DOWN][i] > 0);
            assert_true(fabs(f.of[FC_M_PAID_USD][i] / (price * used) - 1) < 1e-6);
            assert_true(fabs(f.of[FC_M_STRANDED_USD][i]) < 1);
        }
    }
}

/* However many outages there are: 1,000 a year of an hour, 83 a month, take an hour each. */
static void many_outages(void **state)
{
    (void)state;
    static struct figures f;
    char lines[LINES][96] = {"contract.outage_rate=1000 1/year", "contract.outage_length=1 h"};
    double sum = 0;
    look("tests/contract_flat.yaml", lines, 2, &f);
    for (int i = 0; i < WORLDS; i++)
        sum += f.of[FC_M_OUTAGE_H][i] / WORLDS;
    assert_true(fabs(sum - 1000) < 4 * sqrt(1000.0 / WORLDS));
    snprintf(lines[0], sizeof lines[0], "contract.outage_rate=50 1/year");
    look("tests/contract_flat.yaml", lines, 2, &f);
    sum = 0;
    for (int i = 0; i < WORLDS; i++)
        sum += f.of[FC_M_OUTAGE_H][i] / WORLDS;
    assert_true(fabs(sum - 50) < 4 * sqrt(50.0 / WORLDS));
}

/* Nothing used, nothing paid, nothing earned: that does not pay back, nor does a company without revenue. */
static void nothing_earned_pays_nothing_back(void **state)
{
    (void)state;
    const char *by_use = "provider1.form=on_demand", *none = "contract.demand=0";
    assert_true(ONE(FC_M_PAID_USD, by_use, none, "finance.revenue=per_gw") == 0);
    assert_true(ONE(FC_M_PAYS_BACK, by_use, none, "finance.revenue=per_gw") == 0);
    assert_true(isinf(ONE(FC_M_PAYBACK_MONTHS, by_use, none, "finance.revenue=per_gw")));
    const char *path = "finance.revenue=path", *share = "finance.revenue_share=0.5",
               *zero = "finance.revenue_start=0 USD";
    for (int b = 0; b < 3; b++) {
        assert_true(isinf(ONE(FC_M_PAYBACK_BASIS_MONTHS + b, path, share, zero)));
        assert_true(ONE(FC_M_PAYS_BACK_BASIS + b, path, share, zero) == 0);
    }
}

/* A prepayment that the bills use up is no refund, not by a cent. */
static void what_is_credited_is_no_refund(void **state)
{
    (void)state;
    static struct figures f;
    char lines[LINES][96] = {"contract.prepayment=0.3", "contract.delay_probability=0", "contract.years=6.9"};
    look("openai-aws-38b-contract", lines, 3, &f);
    for (int i = 0; i < WORLDS; i++)
        assert_true(f.of[FC_M_REFUND_USD][i] == 0);
}

/* What a run costs is what is paid: extras double it, and the rental price does not move what is owned. */
static void runs_cost_what_is_paid(void **state)
{
    (void)state;
    const char *size = "contract.run_flop=[1e24 FLOP]", *own = "provider1.form=own";
    double plain = ONE(FC_M_RUN_COST_USD, size);
    assert_true(fabs(ONE(FC_M_RUN_COST_USD, size, "contract.extras=1") / plain - 2) < 1e-6);
    assert_true(ONE(FC_M_RUN_COST_USD, size, own) == ONE(FC_M_RUN_COST_USD, size, own, "prices.gpu_hour=6 USD"));
    double half = ONE(FC_M_RUN_COST_USD, size, "contract.demand=0.5"); /* take-or-pay: half the work, all the bill */
    assert_true(fabs(half / plain - 2) < 1e-6);
}

/* Owned and rented GW-years are of one GW: their ratio is that of the GPU-hours, at the owner's utilisation. */
static void one_gw_for_both(void **state)
{
    (void)state;
    const char *both = "own.compare=true", *part = "own.utilisation=0.5", *kw = "energy.site_power_per_gpu=3 kW";
    double owned = ONE(FC_M_OWN_COST_PER_GW_YEAR_USD, both, part, kw);
    double rented = ONE(FC_M_CONTRACT_PER_GW_YEAR_USD, both, part, kw);
    double hour = ONE(FC_M_OWN_COST_PER_HOUR_USD, both, part, kw);
    assert_true(fabs(owned / rented / (hour * 0.5 / 3) - 1) < 1e-6);
    assert_true(fabs(rented / (3 * 8766 / 3.0 * 1e6) - 1) < 1e-6);
}

/* A late provider adds GPUs, at most the limit's multiple of the plan. */
static void catch_up_is_bounded(void **state)
{
    (void)state;
    static struct figures f;
    char lines[LINES][96] = {"contract.years=3 years", "contract.ramp=3 months",
                             "contract.delay_probability=1", "contract.delay_length=34 months",
                             "contract.extras=0"};
    look("openai-aws-38b-contract", lines, 5, &f);
    for (int i = 0; i < WORLDS; i++) {
        double price = f.of[FC_M_CONTRACT_PRICE_END_USD][i], plan = 38e9 / price / (34.5 * 730.5);
        assert_true(fabs(f.of[FC_M_GPUS_FULL_RAMP][i] / (1.5 * plan) - 1) < 1e-6);
    }
}

/* A run keeps the size that it began with: two months for a frontier that grows 1.8 times a month. */
static void a_run_keeps_its_size(void **state)
{
    (void)state;
    double month = 1000 * 730.5 * 3600 * 0.4 * 2.5e15;
    char first[64];
    snprintf(first, sizeof first, "programme.first_run=%.17g FLOP", 1.5 * month);
    double largest =
        ONE(FC_M_PROGRAMME_LARGEST_FLOP, first, "programme.growth=1000", "contract.training_share=1",
            "contract.years=0.25 years", "contract.credit_from=1 months");
    double months =
        ONE(FC_M_PROGRAMME_FIRST_MONTHS, first, "programme.growth=1000", "contract.training_share=1",
            "contract.years=0.25 years", "contract.credit_from=1 months");
    assert_true(fabs(largest / (1.5 * month) - 1) < 1e-5 && months == 2);
}

/* Any number of small runs in a month; none is no size. */
static void many_small_runs(void **state)
{
    (void)state;
    double month = 1000 * 730.5 * 3600 * 0.4 * 2.5e15;
    char first[64];
    snprintf(first, sizeof first, "programme.first_run=%.17g FLOP", month / 12.5);
    assert_true(ONE(FC_M_PROGRAMME_RUNS, first, "programme.growth=1", "contract.training_share=1") == 150);
    assert_true(ONE(FC_M_PROGRAMME_FIRST_MONTHS, first, "programme.growth=1", "contract.training_share=1") == 1);
    snprintf(first, sizeof first, "programme.first_run=%.17g FLOP", month * 100);
    assert_true(ONE(FC_M_PROGRAMME_RUNS, first, "programme.growth=1") == 0);
    assert_true(isnan(ONE(FC_M_PROGRAMME_LARGEST_FLOP, first, "programme.growth=1")));
    assert_true(isinf(ONE(FC_M_PROGRAMME_FIRST_MONTHS, first, "programme.growth=1")));
}

/* An option is never worth less than nothing. */
static void an_option_is_worth_something(void **state)
{
    (void)state;
    static struct figures f;
    char lines[LINES][96] = {"market.paths=true", "contract.years=5 years",
                             "contract.expansion_month=12 months", "contract.expansion_share=0.5",
                             "contract.expansion_strike=3 USD/GPU-h"};
    double sum = 0;
    look("tests/contract_flat.yaml", lines, 5, &f);
    for (int i = 0; i < WORLDS; i++) {
        assert_true(f.of[FC_M_EXPANSION_VALUE_USD][i] >= 0);
        sum += f.of[FC_M_EXPANSION_VALUE_USD][i];
    }
    assert_true(sum > 0);
}

/* Two roots, no one rate: 100 out, 230 in, 132 out a year apart has them at 10 % and 20 %. A capital of 0 % costs
 * its straight line, and one of next to nothing the same. */
static void rates(void **state)
{
    (void)state;
    fc_real flow[FC_MONTHS][FC_W] = {{0}}, in[FC_W], out[FC_W], rate[FC_W], irr[FC_W], mirr[FC_W];
    for (int l = 0; l < FC_W; l++) {
        flow[0][l] = -100;
        flow[12][l] = 230;
        flow[24][l] = -132;
        rate[l] = 0.12f;
        in[l] = (fc_real)(230 / 1.12);
        out[l] = (fc_real)(100 + 132 / 1.12 / 1.12);
    }
    fc_rates_of_return(25, flow, in, out, rate, irr, mirr);
    assert_true(isnan(irr[0]));
    double wanted = sqrt(230 / 1.12 / (100 + 132 / 1.12 / 1.12)) * 1.12 - 1;
    assert_true(fabs((double)mirr[0] - wanted) < 1e-5);
    flow[24][0] = 0;
    fc_rates_of_return(25, flow, in, out, rate, irr, mirr);
    assert_true(fabs((double)irr[0] - 1.3) < 1e-4);
    /* no outlay at all is the best rate, not none; no income is none */
    flow[0][0] = in[0] = 100;
    out[0] = 0;
    fc_rates_of_return(25, flow, in, out, rate, irr, mirr);
    assert_true((double)irr[0] == 4095 && (double)mirr[0] == 4095);
    flow[0][0] = flow[12][0] = -100;
    in[0] = 0;
    out[0] = 190;
    fc_rates_of_return(25, flow, in, out, rate, irr, mirr);
    assert_true(isnan(irr[0]) && (double)mirr[0] == -1);
    const double tried[] = {0, 1e-9, 1e-7, 1e-5, 1e-3, 0.07, 1};
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++)
        for (int years = 1; years <= 40; years += 13) {
            double right = tried[i] > 0 ? tried[i] / -expm1(-years * log1p(tried[i])) : 1.0 / years;
            assert_true(fabs((double)fc_annuity((fc_real)tried[i], (fc_real)years) / right - 1) < 2e-6);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relations_hold),
        cmocka_unit_test(less_is_never_more),
        cmocka_unit_test(nothing_is_delivered),
        cmocka_unit_test(prepayment_at_the_exit),
        cmocka_unit_test(outages_are_credited_where_billed),
        cmocka_unit_test(reservations_are_paid_to_their_end),
        cmocka_unit_test(reservations_credit_outages),
        cmocka_unit_test(many_outages),
        cmocka_unit_test(nothing_earned_pays_nothing_back),
        cmocka_unit_test(what_is_credited_is_no_refund),
        cmocka_unit_test(runs_cost_what_is_paid),
        cmocka_unit_test(one_gw_for_both),
        cmocka_unit_test(catch_up_is_bounded),
        cmocka_unit_test(a_run_keeps_its_size),
        cmocka_unit_test(many_small_runs),
        cmocka_unit_test(an_option_is_worth_something),
        cmocka_unit_test(rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
