/* test_money.c: taxes, the provider's books and what serves, each against sums done by hand in this file, and over random
 * contracts against what holds whatever the contract is.
 *
 * The MACRS shares are those of IRS publication 946, table A-1; at 10 % a year five-year property is worth .773 of its price in
 * deductions (R. Brealey, S. Myers, Principles of Corporate Finance, chapter on capital budgeting). */
#include "figures.h"

#include "host/compile/tax.h"

enum { CONTRACTS = 60, YEARS = 7, SET_MOST = 32 };

static struct figures f;

/* The worlds of the flat contract under some lines; the first is returned by metric. */
static void run(const char *const *set)
{
    char lines[LINES][96];
    int count = 0;
    for (; set[count]; count++)
        snprintf(lines[count], sizeof lines[0], "%s", set[count]);
    look("tests/contract_flat.yaml", lines, count, &f);
}
#define RUN(...) run((const char *[]){__VA_ARGS__, NULL})

static void is_near(const char *what, double got, double wanted, double relative)
{
    print_message("%-40s %.8g, by hand %.8g\n", what, got, wanted);
    if (!(fabs(got - wanted) <= relative * fabs(wanted) + 1e-9))
        fail_msg("%s: %.10g, by hand %.10g", what, got, wanted);
}

static void schedules(void **state)
{
    (void)state;
    float written[FC_TAX_YEARS];
    double sum = 0, worth = 0;
    fc_tax_schedule(FC_DEPRECIATION_MACRS_5, 5, 0, written);
    for (int y = 0; y < FC_TAX_YEARS; y++) {
        sum += (double)written[y];
        worth += (double)written[y] * pow(1.1, -(y + 1));
    }
    is_near("five-year property: sum", sum, 1, 1e-6);
    is_near("five-year property: worth at 10 %", worth, .7733, 1e-4);
    for (int d = 0; d < FC_DEPRECIATION_WORDS; d++)
        for (int bonus = 0; bonus <= 10; bonus += 5) {
            fc_tax_schedule((enum fc_depreciation)d, 6, bonus / 10.0, written);
            sum = 0;
            for (int y = 0; y < FC_TAX_YEARS; y++) {
                assert_true(written[y] >= 0);
                sum += (double)written[y];
            }
            is_near("a class writes off the whole price", sum, 1, 1e-6);
        }
    fc_tax_schedule(FC_DEPRECIATION_LINE, 5, .4, written); /* half a year in the first and the sixth */
    is_near("straight line with bonus, year 1", (double)written[0], .4 + .6 * .1, 1e-6);
    is_near("and year 6", (double)written[5], .6 * .1, 1e-6);
}

/* 30 M USD of GPUs bought on the first day of seven years and worth nothing then; 52.5 M USD a year come in each month. */
#define BOUGHT                                                                                               \
    "provider1.form=own", "contract.years=7 years", "own.life=7 years", "finance.revenue=per_gw",            \
        "finance.tax=true", "finance.tax_rate=0.25"

static double balance_at(const double *tax, double month_usd, double monthly)
{
    double v = 1, sum = -30e6;
    for (int t = 0; t < 12 * YEARS; t++, v /= 1 + monthly)
        sum += v * (month_usd - tax[t / 12] / 12);
    return sum;
}

static void bought_and_written_off(void **state)
{
    (void)state;
    static const double macrs[YEARS] = {.2, .32, .192, .1152, .1152, .0576, 0};
    double tax[YEARS], all = 0, month = 60e6 * .875 / 12, low = 0, high = 10;
    for (int y = 0; y < YEARS; y++)
        all += tax[y] = .25 * (12 * month - 30e6 * macrs[y]);
    RUN(BOUGHT, "finance.tax_losses=offset", "finance.bonus_depreciation=0");
    is_near("taxes", f.of[FC_M_TAX_USD][0], all, 1e-6);
    is_near("worth after tax", f.of[FC_M_NPV_AFTER_TAX_USD][0], balance_at(tax, month, pow(1.125, 1.0 / 12) - 1),
            1e-6);
    is_near("left after tax", f.of[FC_M_BALANCE_AFTER_TAX_USD][0], f.of[FC_M_BALANCE_USD][0] - all, 1e-9);
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        *(balance_at(tax, month, middle) > 0 ? &low : &high) = middle;
    }
    is_near("rate of return after tax", f.of[FC_M_IRR_AFTER_TAX][0], pow(1 + low, 12) - 1, 1e-3);
    /* 30 M USD in months of 4.375 M USD, and of 3.406 after .25 × (52.5 - 6) / 12 */
    is_near("payback", f.of[FC_M_PAYBACK_MONTHS][0], 7, 0);
    is_near("payback after tax", f.of[FC_M_PAYBACK_AFTER_TAX][0], 9, 0);

    /* at once: less in the first year, the same in all */
    RUN(BOUGHT, "finance.tax_losses=offset");
    for (int y = 0; y < YEARS; y++)
        tax[y] = .25 * (12 * month - (y == 0 ? 30e6 : 0));
    is_near("taxes with everything written off at once", f.of[FC_M_TAX_USD][0], all, 1e-6);
    is_near("and their worth", f.of[FC_M_NPV_AFTER_TAX_USD][0], balance_at(tax, month, pow(1.125, 1.0 / 12) - 1),
            1e-6);

    /* sold after seven years for two fifths, nothing of it written off yet but half a year's seventh ...: a gain is taxed */
    RUN(BOUGHT, "finance.tax_losses=offset", "own.residual=0.4", "finance.depreciation=straight_line",
        "finance.tax_life=10", "finance.bonus_depreciation=0");
    is_near("a sale is taxed as far as it is a gain", f.of[FC_M_TAX_USD][0], .25 * (84 * month - .6 * 30e6), 1e-6);
}

/* 8.75 M USD a year before tax against 30 M USD written off at once. */
static void losses_of_earlier_years(void **state)
{
    (void)state;
    double loss = 30e6 - 8.75e6, carried = 0, lost = 0, open = loss;
    for (int y = 1; y < YEARS; y++) {
        double off = fmin(open, .8 * 8.75e6);
        open -= off;
        carried += .25 * (8.75e6 - off);
        lost += .25 * 8.75e6;
    }
    RUN(BOUGHT, "finance.revenue_per_gw=8 B USD");
    is_near("losses are carried, four fifths a year", f.of[FC_M_TAX_USD][0], carried, 1e-6);
    assert_true(f.of[FC_M_TAX_LOSS_LEFT_USD][0] == 0);
    RUN(BOUGHT, "finance.revenue_per_gw=8 B USD", "finance.tax_losses=lost");
    is_near("losses are lost", f.of[FC_M_TAX_USD][0], lost, 1e-6);
    RUN(BOUGHT, "finance.revenue_per_gw=8 B USD", "finance.tax_losses=offset");
    is_near("losses are set off", f.of[FC_M_TAX_USD][0], .25 * (YEARS * 8.75e6 - 30e6), 1e-6);
    RUN(BOUGHT, "finance.revenue_per_gw=1 B USD");
    double year = 8.75e6 / 8;
    is_near("what is left of them", f.of[FC_M_TAX_LOSS_LEFT_USD][0], 30e6 - year - 6 * .8 * year, 1e-6);
    is_near("a fifth of each year is taxed", f.of[FC_M_TAX_USD][0], .25 * 6 * .2 * year, 1e-6);
}

/* Half of two years is prepaid and credited in the second: bills count when they fall due, not when they are paid. */
static void a_prepayment_is_no_cost_yet(void **state)
{
    (void)state;
    double month = 730500 * 3.0, worth = 0, earned = 60e6 * .875 / 12;
    RUN("contract.years=2 years", "contract.prepayment=0.5", "contract.credit_from=12 months", "finance.revenue=per_gw",
        "finance.tax=true", "finance.tax_rate=0.25", "finance.tax_losses=lost");
    for (int y = 0; y < 2; y++)
        for (int t = 0; t < 12; t++)
            worth += .25 * (earned - month) * pow(1.125, -(12 * y + t) / 12.0);
    is_near("taxes on both years alike", f.of[FC_M_TAX_USD][0], .25 * 24 * (earned - month), 1e-6);
    is_near("and in time", f.of[FC_M_NPV_USD][0] - f.of[FC_M_NPV_AFTER_TAX_USD][0], worth, 1e-5);
}

/* Over random contracts, events and all: where losses are set off at once the taxes are their rate of the balance, for over the
 * term income is cash; the provider's profit is what it receives less its costs; with its own price at the break-even it gains
 * nothing. Both find a planted fault. */
static void whatever_the_contract(void **state)
{
    (void)state;
    char lines[LINES][96];
    int taxed = 0, with_books = 0;
    const char *often = getenv("FLOPCAST_TEST_CONTRACTS");
    int contracts = often ? atoi(often) : CONTRACTS;
    state_of_dice = 11;
    for (int c = 0; c < contracts; c++) {
        int term, n = random_contract(lines, &term);
#define SAY(...) snprintf(lines[n++], sizeof lines[0], __VA_ARGS__)
        SAY("finance.tax=true");
        SAY("finance.tax_rate=0.25");
        SAY("finance.tax_losses=offset");
        SAY("finance.bonus_depreciation=%.2f", dice());
        SAY("finance.provider_books=true");
        SAY("own.facility_share=0.3");
        SAY("own.operations=0.03");
        SAY("energy.price=0.08 USD/kWh");
        if (dice() < 0.5) {
            SAY("events.provider_hazard=[%.2f]", 0.3 * dice());
            SAY("events.customer_hazard=[%.2f]", 0.2 * dice());
            SAY("events.recovery=0.3");
        }
#undef SAY
        look("tests/contract_flat.yaml", lines, n, &f);
        for (int i = 0; i < WORLDS; i++) {
#define F(name) f.of[FC_M_##name][i]
            double tax = .25 * F(BALANCE_USD), turnover = F(REVENUE_USD) + F(PAID_USD) + F(PROVIDER_CAPITAL_USD);
            double profit = F(PROVIDER_RECEIPTS_USD) - F(PROVIDER_CAPITAL_USD) - F(PROVIDER_OPERATIONS_USD) -
                            F(PROVIDER_ENERGY_USD) + F(PROVIDER_END_VALUE_USD);
            bool right = fabs(F(TAX_USD) - tax) <= 1e-7 * turnover + 1 &&
                         fabs(F(PROVIDER_PROFIT_USD) - profit) <= 1e-7 * turnover + 1 &&
                         fabs(F(BALANCE_AFTER_TAX_USD) + F(TAX_USD) - F(BALANCE_USD)) <= 1e-9 * turnover + .02 &&
                         broken(&f, i, term * 730.5) == 0;
            bool gain = F(BREAK_EVEN_PRICE_USD) < 3;
            right = right && (F(PROVIDER_RECEIPTS_USD) <= 0 || F(PROVIDER_NPV_USD) == 0 ||
                              gain == (F(PROVIDER_GAINS) > .5));
            if (!right) {
                for (int k = 0; k < n; k++)
                    print_message("# %s\n", lines[k]);
                fail_msg("contract %d, world %d: tax %.2f of %.2f, profit %.2f of %.2f", c, i, F(TAX_USD), tax,
                         F(PROVIDER_PROFIT_USD), profit);
            }
            taxed += fabs(tax) > 1000;
            with_books += F(PROVIDER_RECEIPTS_USD) > 1000 && F(PROVIDER_CAPITAL_USD) > 1000;
            assert_false(fabs(F(TAX_USD) - tax * 1.001) <= 1e-7 * turnover + 1 && fabs(tax) > 1e7);
#undef F
        }
    }
    assert_true(taxed > contracts * WORLDS / 2 && with_books > contracts * WORLDS / 2);
}

/* 1,000 GPUs for five years at 3 USD; 30,000 USD each, worth nothing after five years; no energy, no staff. */
#define SOLD                                                                                                 \
    "contract.years=5 years", "own.life=5 years", "own.capital_cost=0.1", "finance.provider_books=true",     \
        "finance.revenue=per_gw"

static void what_the_provider_earns(void **state)
{
    (void)state;
    double hours = 730500.0, v = 1, annuity = 0;
    for (int t = 0; t < 60; t++, v *= pow(1.1, -1 / 12.0))
        annuity += v;
    RUN(SOLD);
    is_near("receipts", f.of[FC_M_PROVIDER_RECEIPTS_USD][0], 60 * hours * 3, 1e-7);
    is_near("profit", f.of[FC_M_PROVIDER_PROFIT_USD][0], 60 * hours * 3 - 30e6, 1e-6);
    is_near("margin", f.of[FC_M_PROVIDER_MARGIN][0], 1 - 30e6 / (60 * hours * 3), 1e-6);
    is_near("worth", f.of[FC_M_PROVIDER_NPV_USD][0], hours * 3 * annuity - 30e6, 1e-6);
    is_near("break-even", f.of[FC_M_BREAK_EVEN_PRICE_USD][0], 30e6 / (hours * annuity), 1e-6);

    /* energy 2.4 kW × .8 × .1 USD, operations 4 % of the capital a year, a quarter left, three tenths of it site of 10 years */
    double energy = hours * 2 * 1.2 * .8 * .1, operations = .04 * 30e6 / 12;
    double left = 30e6 * (.7 * .25 + .3 * .5), last = pow(1.1, -59 / 12.0);
    RUN(SOLD, "energy.price=0.1 USD/kWh", "own.operations=0.04", "own.residual=0.25", "own.facility_share=0.3",
        "own.facility_life=10 years");
    is_near("energy", f.of[FC_M_PROVIDER_ENERGY_USD][0], 60 * energy, 1e-6);
    is_near("operations", f.of[FC_M_PROVIDER_OPERATIONS_USD][0], 60 * operations, 1e-6);
    is_near("what is left", f.of[FC_M_PROVIDER_END_VALUE_USD][0], left, 1e-6);
    is_near("break-even with all of it", f.of[FC_M_BREAK_EVEN_PRICE_USD][0],
            (30e6 + (energy + operations) * annuity - left * last) / (hours * annuity), 1e-6);
    double price = f.of[FC_M_BREAK_EVEN_PRICE_USD][0];
    char at[64];
    snprintf(at, sizeof at, "prices.gpu_hour=%.9f USD", price);
    RUN(SOLD, "energy.price=0.1 USD/kWh", "own.operations=0.04", "own.residual=0.25", "own.facility_share=0.3",
        "own.facility_life=10 years", at);
    assert_true(fabs(f.of[FC_M_PROVIDER_NPV_USD][0]) < 30);

    /* with a prepayment the same price brings more, for it comes earlier */
    RUN(SOLD, "contract.prepayment=0.2", "contract.credit_from=24 months");
    assert_true(f.of[FC_M_BREAK_EVEN_PRICE_USD][0] < 30e6 / (hours * annuity));
    double prepaid = .2 * 60, early = prepaid;
    v = 1;
    for (int t = 0; t < 60; t++, v *= pow(1.1, -1 / 12.0))
        early += v * (1 - (t >= 24 ? prepaid / 36 : 0));
    is_near("break-even with a fifth prepaid", f.of[FC_M_BREAK_EVEN_PRICE_USD][0], 30e6 / (hours * early), 1e-6);

    /* half of the capital borrowed at 12 % a year, 1 % a month, over 60 months */
    RUN(SOLD, "finance.provider_debt=0.5", "finance.provider_debt_rate=0.12", "own.operations=0.04");
    double instalment = .5 * 30e6 * .01 / (1 - pow(1.01, -60));
    is_near("debt cover", f.of[FC_M_DEBT_COVER][0], (3 * hours - operations) / instalment, 1e-6);

    /* half of it bought by the customer: no business of the provider's; left after two years at the worth of the day */
    RUN(SOLD, "provider2.share=0.5", "provider2.form=own");
    is_near("capital of what is rented alone", f.of[FC_M_PROVIDER_CAPITAL_USD][0], 15e6, 1e-6);
    RUN(SOLD, "contract.terminate=24 months", "contract.termination_fee=0.5");
    is_near("an exit frees the capacity", f.of[FC_M_PROVIDER_END_VALUE_USD][0], .6 * 30e6, 1e-6);
    is_near("and brings its fee", f.of[FC_M_PROVIDER_RECEIPTS_USD][0], 3 * hours * (24 + .5 * 36), 1e-6);
    /* customer's worth: 4.375 M USD in, 2.1915 M USD out a month */
    assert_true(f.of[FC_M_BOTH_GAIN][0] == 1);
}

/* What serves: by the hour, and by the token: DeepSeek-R1 on GB200 at 45 tokens/s and user, 12,508 tokens per second and GPU of
 * which half are input, at 0.28 and 0.42 USD a million: 45.0 M tokens and 15.8 USD an hour, 9.5 at a load of 0.6. */
static void what_serves(void **state)
{
    (void)state;
    double served = 730500 * 12 * .9 * .7;
    RUN("finance.revenue=per_gpu_hour", "finance.revenue_per_gpu_hour=4 USD/GPU-h", "contract.usable_fraction=0.9",
        "contract.training_share=0.3", "finance.other_costs=0.1");
    is_near("hours that earn", f.of[FC_M_GPU_HOURS_EARNING][0], served, 1e-6);
    is_near("revenue", f.of[FC_M_REVENUE_USD][0], served * 4, 1e-6);
    is_near("balance", f.of[FC_M_BALANCE_USD][0], served * 4 * .9 - 730500 * 12 * 3, 1e-6);
    RUN("finance.revenue=per_gpu_hour", "finance.revenue_per_gpu_hour=4 USD/GPU-h", "contract.training_share=1");
    assert_true(f.of[FC_M_REVENUE_USD][0] == 0 && f.of[FC_M_PAYS_BACK][0] == 0 && f.of[FC_M_GPU_HOURS_EARNING][0] == 0);
    RUN("finance.revenue=per_token", "finance.token_price=0.35 USD", "finance.tokens_per_s=12508", "finance.token_load=1",
        "contract.training_share=0");
    is_near("an hour of DeepSeek-R1", f.of[FC_M_REVENUE_USD][0] / (730500 * 12), 15.8, 5e-3);
    RUN("finance.revenue=per_token", "finance.token_price=0.35 USD", "finance.tokens_per_s=12508",
        "finance.token_load=0.6", "contract.training_share=0");
    is_near("at a load of 0.6", f.of[FC_M_REVENUE_USD][0] / (730500 * 12), 9.5, 1e-2);
    RUN("finance.revenue=per_gpu_hour", "finance.revenue_per_gpu_hour=4 USD/GPU-h", "contract.years=2 years",
        "finance.serving_price_change=-0.3");
    double q = pow(.7, 1 / 12.0);
    is_near("a price that falls", f.of[FC_M_REVENUE_USD][0], 730500 * .5 * 4 * (1 - pow(q, 24)) / (1 - q), 1e-6);
    /* by the company's path: three quarters train where the plan had a half, so half is earned */
    RUN("finance.revenue=path", "finance.revenue_share=0.1", "finance.path_training_share=0.5",
        "contract.training_share=0.5");
    double plan = f.of[FC_M_REVENUE_USD][0], company = f.of[FC_M_CUMULATIVE_NET_USD][0];
    RUN("finance.revenue=path", "finance.revenue_share=0.1", "finance.path_training_share=0.5",
        "contract.training_share=0.75");
    is_near("a path that trains more", f.of[FC_M_REVENUE_USD][0], plan / 2, 1e-6);
    assert_true(f.of[FC_M_CUMULATIVE_NET_USD][0] == company);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules),
        cmocka_unit_test(bought_and_written_off),
        cmocka_unit_test(losses_of_earlier_years),
        cmocka_unit_test(a_prepayment_is_no_cost_yet),
        cmocka_unit_test(whatever_the_contract),
        cmocka_unit_test(what_the_provider_earns),
        cmocka_unit_test(what_serves),
    };
    return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
