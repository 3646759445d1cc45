/* test_finance_oracles.c: days of default and overlapping outages against tables and closed forms of credit and reliability,
 * |z| < 4 with fixed seeds.
 *
 * Default by given years: 1 - exp(-integral of the hazard), by the S&P global table of 1981 to 2024 (study of 27 March 2025, table
 * 24) for BBB, BB and B over seven years, and steps .01, .03, .05. How many of five names default under the one-factor Gaussian
 * copula: quadrature over the factor. A collapse of unknown date that multiplies hazards: an integral over its date.
 * Default swaps, a prepayment at a failed provider, a customer's capacity let again, a common shock (Marshall and Olkin 1967) and a
 * survivor's hazard: closed forms beside each.
 * All providers down at once: product of their unavailabilities, plus that of a common cause (beta factor); u = l M / (1 + l M)
 * for l outages per up-hour of mean length M. */
#define FC_W 32
#define FC_CHUNK 32

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flat_worlds.h"

#include "cuda/model/contract/events.h"

enum { N = 1 << 17, NAMES = FC_PROVIDERS + 1 };

static struct fc_error error;

/* Days of the customer's and four providers' events in N worlds, months; to be freed. */
static float *days_under(const char *const *set)
{
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    static struct fc_ledger ledger;
    float *days = malloc(sizeof *days * NAMES * N);
    for (; *set; set++)
        assert_int_equal(fc_scenario_add_override(&options, *set, &error), 0);
    if (fc_scenario_open(&scenario, "tests/contract_flat.yaml", &options, &error))
        fail_msg("%s", error.text);
    assert_non_null(days);
    const struct fc_months *terms = &scenario.compiled.program.contract.months;
    for (uint64_t first = 0; first < N; first += FC_W) {
        fc_u32 low[FC_W], high[FC_W];
        fc_trial_counters(first, low, high);
        fc_events_draw(terms, scenario.compiled.tables, 5, low, high, &ledger);
        for (int l = 0; l < FC_W; l++) {
            days[first + (uint64_t)l] = (float)ledger.event[FC_EVENT_CUSTOMER][l];
            for (int k = 0; k < FC_PROVIDERS; k++)
                days[(uint64_t)(k + 1) * N + first + (uint64_t)l] = (float)ledger.event[FC_EVENT_PROVIDER + k][l];
        }
    }
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
    return days;
}

static float *worlds(const char *const *set, const int *metrics, int count, int n)
{
    return flat_worlds(set, metrics, count, n, 9);
}

static void agrees(const char *what, double got, double wanted)
{
    double z = (got - wanted) / sqrt(wanted * (1 - wanted) / N);
    print_message("%-44s %.5f, exact %.5f, z %+.2f\n", what, got, wanted, z);
    if (!(fabs(z) < 4))
        fail_msg("%s: %.6f, exact %.6f, z %.1f", what, got, wanted, z);
}

static double share_by(const float *days, double years)
{
    int hits = 0;
    for (int i = 0; i < N; i++)
        hits += (double)days[i] < 12 * years;
    return (double)hits / N;
}

static void defaults_by_rating(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double percent[7];
    } rows[] = {{"BBB", {.14, .38, .67, 1.01, 1.36, 1.71, 2.00}},
                {"BB", {.56, 1.76, 3.12, 4.48, 5.75, 6.93, 7.94}},
                {"B", {2.93, 6.93, 10.46, 13.31, 15.60, 17.45, 18.90}},
                {"CCC", {26.12, 35.92, 41.32, 44.35, 46.53, 47.57, 48.61}}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        char line[256] = "events.customer_hazard=[", name[64];
        double before = 0;
        for (int y = 0; y < 7; y++) { /* constant within a year: log of the survivors */
            double alive = 1 - rows[r].percent[y] / 100, h = log((1 - before) / alive);
            before = rows[r].percent[y] / 100;
            snprintf(line + strlen(line), 32, "%s%.7f", y ? ", " : "", h);
        }
        strcat(line, "]");
        const char *set[] = {"contract.years=7 years", line, NULL};
        float *days = days_under(set);
        for (int y = 1; y <= 7; y += 3) {
            snprintf(name, sizeof name, "%s within %d years", rows[r].name, y);
            agrees(name, share_by(days, y), rows[r].percent[y - 1] / 100);
        }
        free(days);
    }
    static const char *const steps[] = {
        "contract.years=7 years", "events.customer_hazard=[0.01, 0.01, 0.03, 0.03, 0.03, 0.05, 0.05]", NULL};
    float *days = days_under(steps);
    agrees("steps, 2 years", share_by(days, 2), .01980133);
    agrees("steps, 5 years", share_by(days, 5), .10416586);
    agrees("steps, 7 years", share_by(days, 7), .18941575);
    free(days);
}

static double phi(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

/* A firm that defaults when its assets, 100 now, first fall to 70 (Black, Cox 1976, Journal of Finance 31): drift .04, spread .25.
 * Assets and debt are stated, and what the model makes of them is held to the formula; looked at on the last day alone, as by
 * Merton, it would be less than half. Ten years: the hazard of the eighth is that of the last three. */
static void default_by_assets(void **state)
{
    (void)state;
    const double far = log(100 / 70.0), sigma = .25, drift = .04 - sigma * sigma / 2;
    const char *set[] = {"contract.years=10 years",        "events.customer_assets=100 B USD", "events.customer_debt=70 B USD",
                         "events.customer_volatility=0.25", "events.customer_drift=0.04",       NULL};
    float *days = days_under(set);
    static const int years[] = {1, 2, 3, 5, 7, 10};
    char name[64];
    for (int i = 0; i < 6; i++) {
        double t = years[i], s = sigma * sqrt(t);
        double by = phi((-far - drift * t) / s) + exp(-2 * drift * far / (sigma * sigma)) * phi((-far + drift * t) / s);
        assert_true(years[i] != 5 || fabs(by - .497363) < 1e-6);
        snprintf(name, sizeof name, "assets at the barrier within %d years", years[i]);
        agrees(name, share_by(days, t), by);
    }
    double merton = phi((-far - drift * 5) / (sigma * sqrt(5)));
    assert_true(fabs(merton - .236902) < 1e-6);
    assert_true(fabs(share_by(days, 5) - merton) > 100 * sqrt(merton * (1 - merton) / N)); /* a control */
    free(days);
    set[3] = "events.customer_volatility=0.26"; /* and another */
    days = days_under(set);
    assert_true(fabs(share_by(days, 5) - .497363) > 6 * sqrt(.25 / N));
    free(days);
    /* each of two providers, unlinked */
    const char *providers[] = {"contract.years=10 years",          "provider2.share=0.5",        "events.correlation=0",
                               "events.provider_assets=100 B USD", "events.provider_debt=70 B USD",
                               "events.provider_volatility=0.25",  "events.provider_drift=0.04", NULL};
    days = days_under(providers);
    agrees("the first provider within 5 years", share_by(days + N, 5), .497363);
    agrees("the second", share_by(days + 2 * N, 5), .497363);
    assert_true(share_by(days, 5) == 0);
    free(days);
}

/* Loss of 60 of 100 at the day of default, discounted at 5 %: the BB table, and flat and stepped hazards with 40 % recovered. */
static void expected_losses(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hazards;
        double exact;
    } rows[] = {{"flat .02", "[0.02]", 6.64069039},
                {"steps", "[0.01, 0.01, 0.03, 0.03, 0.03, 0.05, 0.05]", 9.18280599},
                {"BB", "[0.0056157, 0.0121410, 0.0139404, 0.0141374, 0.0133848, 0.0125989, 0.0109114]", 3.98551}};
    for (size_t r = 0; r < 3; r++) {
        char line[128];
        snprintf(line, sizeof line, "events.customer_hazard=%s", rows[r].hazards);
        const char *set[] = {"contract.years=7 years", line, NULL};
        float *days = days_under(set);
        double sum = 0, square = 0;
        for (int i = 0; i < N; i++) {
            double loss = days[i] < 84 ? 60 * exp(-.05 * (double)days[i] / 12) : 0;
            sum += loss / N;
            square += loss * loss / N;
        }
        free(days);
        double z = (sum - rows[r].exact) / sqrt((square - sum * sum) / N);
        print_message("expected loss, %-10s %.4f, exact %.4f, z %+.2f\n", rows[r].name, sum, rows[r].exact, z);
        assert_true(fabs(z) < 4);
    }
}

static void how_many_of_five(void **state)
{
    (void)state;
    static const struct {
        const char *rho;
        double exact[6];
    } rows[] = {{"0.5", {.642658, .188601, .0886324, .0463321, .0237447, .0100320}},
                {"0.2", {.556344, .290044, .110788, .0339636, .0078151, .00104575}}};
    for (size_t r = 0; r < 2; r++) {
        char line[64], name[64];
        snprintf(line, sizeof line, "events.correlation=%s", rows[r].rho);
        const char *set[] = {"events.customer_hazard=[0.139262067]", "events.provider_hazard=[0.139262067]",
                             "provider2.share=0.25", "provider3.share=0.25", "provider4.share=0.25", line, NULL};
        float *days = days_under(set);
        int count[NAMES + 1] = {0};
        for (int i = 0; i < N; i++) {
            int defaults = 0;
            for (int k = 0; k < NAMES; k++)
                defaults += days[(size_t)k * N + (size_t)i] < 12;
            count[defaults]++;
        }
        free(days);
        for (int k = 0; k <= NAMES; k++) {
            snprintf(name, sizeof name, "%d of five, rho %s", k, rows[r].rho);
            agrees(name, (double)count[k] / N, rows[r].exact[k]);
        }
    }
}

/* Discounted at 4 %: 60 of 100 at the day of default against a fee by the quarter in arrears, with what is due of it at default.
 * By these hazards five years of protection cost 1.50 and 6.43 a year; by a tenth more they do not. */
static void default_swaps(void **state)
{
    (void)state;
    static const struct {
        const char *hazard;
        double fee, by_five;
    } rows[] = {{"0.02487534", 1.50, .11695286}, {"0.10663411", 6.43, .41325827}, {"0.027362874", 1.50, 0}};
    for (size_t r = 0; r < 3; r++) {
        char line[64];
        snprintf(line, sizeof line, "events.customer_hazard=[%s]", rows[r].hazard);
        const char *set[] = {"contract.years=5 years", line, NULL};
        float *days = days_under(set);
        double sum = 0, square = 0;
        for (int i = 0; i < N; i++) {
            double day = (double)days[i] / 12, worth = day < 5 ? 60 * exp(-.04 * day) : 0, paid = 0;
            for (; paid + .25 < fmin(day, 5 + 1e-9); paid += .25)
                worth -= rows[r].fee * .25 * exp(-.04 * (paid + .25));
            worth -= day < 5 ? rows[r].fee * (day - paid) * exp(-.04 * day) : 0;
            sum += worth / N;
            square += worth * worth / N;
        }
        double z = sum / sqrt((square - sum * sum) / N);
        print_message("protection at %.2f a year, hazard %-12s worth %+.4f, z %+.2f\n", rows[r].fee, rows[r].hazard, sum, z);
        assert_true(r == 2 ? fabs(z) > 6 : fabs(z) < 4);
        if (rows[r].by_five > 0)
            agrees("within five years", share_by(days, 5), rows[r].by_five);
        free(days);
    }
}

/* A fifth is prepaid, credited in equal parts from month 24 to 60; the provider fails at .04 a year and pays back .3. By the
 * month, with what is credited until the day of default (a bill is three parts, so a part is whole after a third of its month):
 * the limit of ever shorter months is 1.58386 of 100. */
static double prepayment_at_risk(double recovered)
{
    double h = .04, r = .08, sum = 0;
    for (int t = 0; t < 60; t++) {
        double credited = t < 24 ? 0 : 20.0 / 36, open = t < 24 ? 20 : 20 - credited * (t - 24);
        double mass = h / (h + r) * (exp(-(h + r) * t / 12) - exp(-(h + r) * (t + 1) / 12));
        sum += (1 - recovered) * (open - credited * 5 / 6) * mass;
    }
    return sum;
}

static void prepayments_of_failed_providers(void **state)
{
    (void)state;
    static const char *const set[] = {"contract.years=5 years",       "contract.prepayment=0.2",       "contract.credit_from=24 months",
                                      "events.provider_hazard=[0.04]", "events.recovery=0.3", NULL};
    static const int metric = FC_M_PREPAYMENT_LOST_USD;
    float *days = days_under(set), *lost = flat_worlds(set, &metric, 1, N, 5);
    double sum = 0, square = 0, exact = prepayment_at_risk(.3), contract = 1000 * 3 * 730.5 * 60;
    for (int i = 0; i < N; i++) {
        double day = (double)days[N + i], loss = day < 60 ? (double)lost[i] / contract * 100 * exp(-.08 * day / 12) : 0;
        sum += loss / N;
        square += loss * loss / N;
    }
    free(days);
    free(lost);
    double se = sqrt((square - sum * sum) / N), z = (sum - exact) / se;
    print_message("prepayment lost, of 100: %.4f, exact %.4f (1.5839 by the day), z %+.2f\n", sum, exact, z);
    assert_true(fabs(z) < 4 && fabs(sum - 1.58386) < 0.02 * 1.58386);
    assert_true(fabs(sum - prepayment_at_risk(.2)) > 6 * se);
}

/* Providers alike, unlinked but for a common shock: own .015, common .005 of .02 a year (Marshall and Olkin); and two of .02,
 * the survivor's three times as great (P(both) by convolution). */
static void providers_fail_together(void **state)
{
    (void)state;
    static const char *const shock[] = {"contract.years=7 years", "events.provider_hazard=[0.02]", "events.correlation=0",
                                        "events.common_defaults=0.25", "provider2.share=0.3", "provider3.share=0.3", NULL};
    static const char *const survivor[] = {"contract.years=7 years", "events.provider_hazard=[0.02]", "events.correlation=0",
                                           "events.provider_contagion=3", "provider2.share=0.5", NULL};
    static const char *const unlinked[] = {"contract.years=7 years", "events.provider_hazard=[0.02]", "events.correlation=0",
                                           "provider2.share=0.5", NULL};
    static const struct {
        const char *name, *const *set;
        double one, two, three;
    } rows[] = {{"common shock", shock, .130642, .0439881, .0353508},
                {"contagion", survivor, .145479, .0467424, 0},
                {"neither", unlinked, .130642, .0170673, 0}};
    for (size_t r = 0; r < 3; r++) {
        float *days = days_under(rows[r].set);
        int one = 0, two = 0, three = 0;
        char name[64];
        for (int i = 0; i < N; i++) {
            bool a = days[N + i] < 84, b = days[2 * N + i] < 84, c = rows[r].three > 0 && days[3 * N + i] < 84;
            one += b;
            two += a && b;
            three += a && b && c;
        }
        free(days);
        snprintf(name, sizeof name, "%s, one within 7 years", rows[r].name);
        agrees(name, (double)one / N, rows[r].one);
        snprintf(name, sizeof name, "%s, two", rows[r].name);
        agrees(name, (double)two / N, rows[r].two);
        snprintf(name, sizeof name, "%s, three", rows[r].name);
        if (rows[r].three > 0)
            agrees(name, (double)three / N, rows[r].three);
    }
}

/* A collapse at .12 a year that lasts multiplies a hazard of .02 by three: P over its date, 7 years. */
static void a_collapse_of_unknown_date(void **state)
{
    (void)state;
    static const char *const set[] = {"contract.years=7 years",       "events.customer_hazard=[0.02]",
                                      "events.collapse_hazard=[0.12]", "events.collapse_recovery=0 months",
                                      "events.contagion=3",            "events.correlation=0",
                                      NULL};
    double a = .12, h = .02, T = 7;
    /* survives: no collapse, or one at s: exp(-h s - 3 h (T - s)) */
    double none = exp(-(a + h) * T), with = a * exp(-3 * h * T) * (1 - exp(-(a - 2 * h) * T)) / (a - 2 * h);
    float *days = days_under(set);
    agrees("hazards times three after a collapse", share_by(days, 7), 1 - none - with);
    free(days);
}

/* A customer of 1 a year for seven years fails at .03 a year; its capacity is let again at the market's price P, which falls .2 a
 * year with a spread of .3 and nothing else: .9 of (1 - P)+ × annuity(8 %) is lost. By the month, P of the month's first day:
 * log-normal put; the limit of ever shorter months is .149265. */
static double relet_loss(double hazard)
{
    double sum = 0;
    for (int t = 1; t < 84; t++) {
        double years = t / 12.0, deviation = .3 * sqrt(years), a = (1 - exp(-.08 * (7 - years))) / .08;
        double d = (-.2 * years + deviation * deviation / 2) / deviation;
        double put = .5 * erfc((d - deviation) / sqrt(2)) - exp(-.2 * years) * .5 * erfc(d / sqrt(2));
        sum += .9 * put * a * exp(-.08 * years) * (exp(-hazard * years) - exp(-hazard * (years + 1 / 12.0)));
    }
    return sum;
}

static void relet_at_the_market(void **state)
{
    (void)state;
    static const char *const set[] = {"contract.years=7 years", "events.customer_hazard=[0.03]", NULL};
    static float inputs[FC_INPUT_COUNT][FC_W];
    static struct fc_market market;
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    float *days = days_under(set);
    double sum = 0, square = 0;
    if (fc_scenario_open(&scenario, "tests/contract_flat.yaml", &options, &error))
        fail_msg("%s", error.text);
    struct fc_months terms = scenario.compiled.program.contract.months;
    terms.regime = 1;
    terms.drift[1] = -.2f - .3f * .3f / 2;
    terms.sigma[1] = .3f;
    terms.first_launch = 1e9f;
    terms.jump_rate = 0;
    for (int l = 0; l < FC_W; l++) {
        inputs[FC_IN_REGIME_MONTHS][l] = 1e9f;
        inputs[FC_IN_SPOT_HALF_LIFE][l] = inputs[FC_IN_LAUNCH_INTERVAL][l] = 1;
    }
    for (uint64_t first = 0; first < N; first += FC_W) {
        fc_u32 low[FC_W], high[FC_W];
        fc_trial_counters(first, low, high);
        fc_market_start(&terms, 5, low, high, &market);
        for (int t = 1; t < 84; t++) {
            double years = t / 12.0, a = (1 - exp(-.08 * (7 - years))) / .08;
            fc_market_month(&terms, scenario.compiled.tables, 5, low, high, t, inputs, &market);
            for (int l = 0; l < FC_W; l++) {
                if ((int)days[first + (uint64_t)l] != t)
                    continue;
                double loss = .9 * fmax(1 - exp((double)market.trend[l]), 0) * a * exp(-.08 * years);
                sum += loss / N;
                square += loss * loss / N;
            }
        }
    }
    free(days);
    fc_scenario_close(&scenario);
    double se = sqrt((square - sum * sum) / N), exact = relet_loss(.03), z = (sum - exact) / se;
    print_message("let again at the market: lost %.5f, exact %.5f (.149265 by the day), z %+.2f\n", sum, exact, z);
    assert_true(fabs(z) < 4 && fabs(sum - .149265) < 0.03 * .149265);
    assert_true(fabs(sum - relet_loss(.035)) > 6 * se);
}

/* Of a year: stopped from month 3.5 to 7.5, neither delivered nor billed; by a hazard of .5 a year in 1 - exp(-.5) of the worlds. */
static void a_site_is_stopped(void **state)
{
    (void)state;
    static const int metrics[] = {FC_M_GPU_HOURS, FC_M_PAID_USD, FC_M_SITE_STOPS, FC_M_CASH_RESIDUE_CENTS};
    static const char *const stated[] = {"events.site_stop=3.5 months", "events.site_stop_length=4 months", NULL};
    float *v = worlds(stated, metrics, 4, 32);
    assert_true(fabs((double)v[0] - 730500 * 8) < 1 && fabs((double)v[32] - 730500.0 * 8 * 3) < 10);
    assert_true(v[64] == 1 && v[96] == 0);
    free(v);
    static const char *const drawn[] = {"events.site_hazard=[0.5]", NULL};
    v = worlds(drawn, metrics + 2, 1, N);
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += (double)v[i] / N;
    free(v);
    agrees("a site is stopped", sum, 1 - exp(-.5));
    /* two sites of one hazard, unlinked: either */
    static const char *const two[] = {"events.site_hazard=[0.5]", "provider2.share=0.5", "events.correlation=0", NULL};
    v = worlds(two, metrics + 2, 1, N);
    sum = 0;
    for (int i = 0; i < N; i++)
        sum += (double)v[i] / N;
    free(v);
    agrees("either of two sites", sum, 1 - exp(-1));
}

/* Hours per year in which so many providers are down as the metric says: mean over N worlds of a year. */
static void providers_down(int metric, const char *name, const char *const *set, double exact)
{
    float *out = worlds(set, &metric, 1, N);
    double sum = 0, square = 0;
    for (int i = 0; i < N; i++) {
        sum += (double)out[i] / N;
        square += (double)out[i] * (double)out[i] / N;
    }
    free(out);
    double got = sum / 8766, se = sqrt((square - sum * sum) / N) / 8766, z = (got - exact) / se;
    print_message("%-44s %.5g, exact %.5g, z %+.2f\n", name, got, exact, z);
    if (!(fabs(z) < 4))
        fail_msg("%s: %g, exact %g, z %.1f", name, got, exact, z);
    if (!(se < 0.03 * exact)) /* three of them stay within a tenth, at one in a hundred million too: each world's mean is exact */
        fail_msg("%s: standard error %g of %g", name, se, exact);
}

static void no_provider_works(const char *name, const char *const *set, double exact)
{
    providers_down(FC_M_STANDSTILL_H, name, set, exact);
}

/* Calendar rate of outages that are down a share u of the time, each M hours long. */
static const char *rate(int provider, double per_up_year, double hours)
{
    static char line[4][64];
    double l = per_up_year / 8766, u = l * hours / (1 + l * hours);
    snprintf(line[provider], sizeof line[0], "%s.outage_rate=%.9f 1/year",
             provider == 0   ? "contract"
             : provider == 1 ? "provider2"
                             : "provider3",
             8766 * u / hours);
    return line[provider];
}

static void outages_overlap(void **state)
{
    (void)state;
    const char *two[] = {"provider2.share=0.5", "contract.outage_length=4 h", rate(0, 6, 4), NULL};
    no_provider_works("two, 6 a year of 4 h", two, 7.454950e-6);
    two[1] = "contract.outage_length=2 h";
    two[2] = rate(0, 4, 2);
    no_provider_works("two, 4 a year of 2 h", two, 8.313516e-7);
    const char *three[] = {"provider2.share=0.3", "provider3.share=0.3", "contract.outage_length=7 h", rate(0, 12, 7), NULL,
                           NULL};
    no_provider_works("three, 12 a year of 7 h", three, 8.550826e-7);
    three[2] = "contract.outage_length=4 h";
    three[3] = rate(0, 6, 4);
    no_provider_works("three, 6 a year of 4 h", three, 2.035481e-8);
    three[4] = "contract.common_outages=0.05";
    no_provider_works("the same, a twentieth in common", three, 1.365375e-4);
    three[4] = "contract.common_outages=1";
    no_provider_works("all in common", three, .002730375);
    const char *unlike[] = {"provider2.share=0.3", "provider3.share=0.3", "contract.outage_length=8 h",
                            "provider2.outage_length=4 h", "provider3.outage_length=2 h", rate(0, 2, 8), rate(1, 6, 4),
                            rate(2, 12, 2), NULL};
    no_provider_works("three that are unlike", unlike, 1.358224e-8);
}

/* At least k of n down at once, each a share u of the time: the binomial distribution, and with a share beta in common. */
static void some_of_several_down(void **state)
{
    (void)state;
    const double u = 24 / 8766.0 / (1 + 24 / 8766.0), v = u * .95, c = u * .05; /* six a year of 4 h */
    const char *set[] = {"provider2.share=0.2", "provider3.share=0.3", "contract.outage_length=4 h", rate(0, 6, 4), NULL,
                         NULL, NULL};
    providers_down(FC_M_TWO_DOWN_H, "two of three", set, 3 * u * u * (1 - u) + u * u * u);
    set[4] = "provider4.share=0.1";
    providers_down(FC_M_TWO_DOWN_H, "two of four", set,
                   6 * u * u * (1 - u) * (1 - u) + 4 * u * u * u * (1 - u) + u * u * u * u);
    providers_down(FC_M_THREE_DOWN_H, "three of four", set, 4 * u * u * u * (1 - u) + u * u * u * u);
    set[5] = "contract.common_outages=0.05";
    providers_down(FC_M_THREE_DOWN_H, "the same, a twentieth in common", set,
                   c + (1 - c) * (4 * v * v * v * (1 - v) + v * v * v * v));
    providers_down(FC_M_TWO_DOWN_H, "two of four, a twentieth in common", set,
                   c + (1 - c) * (6 * v * v * (1 - v) * (1 - v) + 4 * v * v * v * (1 - v) + v * v * v * v));
    /* a control: one of them alone decides nothing, and three are not two */
    set[5] = NULL;
    static const int metrics[] = {FC_M_TWO_DOWN_H, FC_M_THREE_DOWN_H};
    float *out = worlds(set, metrics, 2, N);
    double two = 0, three = 0;
    for (int i = 0; i < N; i++) {
        two += (double)out[i];
        three += (double)out[N + i];
        assert_true(out[N + i] <= out[i]);
    }
    assert_true(three < two / 100);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_by_rating),       cmocka_unit_test(expected_losses),
        cmocka_unit_test(default_by_assets),        cmocka_unit_test(some_of_several_down),
        cmocka_unit_test(default_swaps),            cmocka_unit_test(prepayments_of_failed_providers),
        cmocka_unit_test(providers_fail_together),  cmocka_unit_test(relet_at_the_market),
        cmocka_unit_test(how_many_of_five),         cmocka_unit_test(a_collapse_of_unknown_date),
        cmocka_unit_test(outages_overlap),          cmocka_unit_test(a_site_is_stopped),
    };
    return cmocka_run_group_tests_name("finance_oracles", tests, NULL, NULL);
}
