/* test_contract.c: the contract month by month against sums done by hand, closed forms and published figures.
 *
 * Money: net present value, rate of return, prepayment and fees in the double build to the cent, in the float
 * build to 2e-6; every flow adds up to the balance in whole cents in every world. Chance: |z| < 4. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/compile/copula.h"
#include "host/backends/kernels.h"
#include "host/result/samples.h"
#include "host/compile/scenario.h"

static const char flat[] = "tests/contract_flat.yaml";
extern const struct fc_kernel fc_kernel_double;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values of one metric in `count` worlds of a scenario with overrides (NULL-terminated), by the float or the
 * double build; to be freed. */
static double *worlds(const char *name, const char *const *set, int metric, int count, bool precise)
{
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    struct fc_error error;
    for (; set && *set; set++)
        assert_int_equal(fc_scenario_add_override(&options, *set, &error), 0);
    if (fc_scenario_open(&scenario, name, &options, &error))
        fail_msg("%s", error.text);
    struct fc_program *program = &scenario.compiled.program;
    program->metric_count = 1;
    program->metrics[0] = metric;
    const struct fc_kernel *kernel = precise ? &fc_kernel_double : fc_kernel_best();
    size_t bytes = (size_t)(kernel->scratch_bytes + 63) / 64 * 64;
    void *scratch = aligned_alloc(64, bytes);
    double *values = malloc((size_t)count * sizeof *values), *out = aligned_alloc(64, 8192);
    assert_true(scratch && values && out && kernel->chunk <= 1024);
    memset(scratch, 0, bytes);
    for (int done = 0; done < count; done += kernel->chunk) {
        int here = count - done < kernel->chunk ? count - done : kernel->chunk;
        kernel->run(program, scenario.compiled.tables, 1, (uint64_t)done, here, scratch, out);
        for (int i = 0; i < here; i++)
            values[done + i] = precise ? out[i] : (double)((float *)out)[i];
    }
    free(scratch);
    free(out);
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
    return values;
}

static double one(const char *const *set, int metric, bool precise)
{
    double *value = worlds(flat, set, metric, 1, precise), result = value[0];
    free(value);
    return result;
}

static void moments(const double *x, int n, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (int i = 0; i < n; i++)
        *mean += x[i] / n;
    for (int i = 0; i < n; i++)
        *variance += (x[i] - *mean) * (x[i] - *mean) / (n - 1);
}

static double quantile(double *x, int n, double p)
{
    qsort(x, (size_t)n, sizeof *x, by_value);
    return x[(int)(p * n)];
}

static void to_the_cent(const char *const *set, int metric, double by_hand)
{
    double precise = one(set, metric, true), rounded = one(set, metric, false);
    if (!(fabs(precise - by_hand) < 0.01))
        fail_msg("metric %d: %.4f, by hand %.4f", metric, precise, by_hand);
    assert_true(fabs(rounded - by_hand) <= 2e-6 * fabs(by_hand) + 1);
}

/* 1000 GPUs x 730.5 h x 3 USD a month; 2.5 MW, half of which
 * serves at 48 B USD per GW-year, one eighth of it for other costs. */
static const double bill = 2191500, earned = 5000000 * 0.875;

static double present_value(const double *flow, int months, double yearly)
{
    double sum = 0;
    for (int t = 0; t < months; t++)
        sum += flow[t] * pow(1 + yearly, -t / 12.0);
    return sum;
}

static void net_present_value(void **state)
{
    (void)state;
    const char *set[] = {"finance.revenue=per_gw", NULL};
    double flow[12];
    for (int t = 0; t < 12; t++)
        flow[t] = earned - bill;
    to_the_cent(set, FC_M_NPV_USD, present_value(flow, 12, 0.125));
    to_the_cent(set, FC_M_BALANCE_USD, 12 * (earned - bill));
    assert_true(one(set, FC_M_PAYBACK_MONTHS, false) == 1);
}

static void prepayment_comes_back(void **state)
{
    (void)state;
    const char *set[] = {"finance.revenue=per_gw", "contract.prepayment=0.25", NULL};
    double flow[12], prepaid = 0.25 * 12 * bill;
    for (int t = 0; t < 12; t++)
        flow[t] = earned - bill + (t >= 6 ? prepaid / 6 : 0) - (t == 0 ? prepaid : 0);
    to_the_cent(set, FC_M_BALANCE_USD, 12 * (earned - bill));
    to_the_cent(set, FC_M_PEAK_CASH_NEED_USD, -flow[0]);
    assert_true(fabs(one(set, FC_M_NPV_USD, true) - present_value(flow, 12, 0.125)) <
                0.06); /* a cent per credit */
    assert_true(one(set, FC_M_STRANDED_USD, true) == 0);
}

static void leaving_costs_its_fee(void **state)
{
    (void)state;
    const char *set[] = {"contract.terminate=9 months", NULL};
    to_the_cent(set, FC_M_PAID_USD, 9 * bill + 0.5 * 3 * bill);
}

/* Left after 9 of 12 months, half of the hours used, three quarters billed, a quarter prepaid (3 bills, half a bill credited
 * from the seventh month on). What is paid is either for hours in use or stranded: 2.25 bills of idle hours, 1.5 of the
 * prepayment, which count towards the 2.25 that were left to pay, and half of the 0.75 that remain as the fee. */
static void leaving_strands(void **state)
{
    (void)state;
    const char *set[] = {"contract.terminate=9 months", "contract.demand=0.5", "contract.take_or_pay=0.75",
                         "contract.prepayment=0.25", NULL};
    double stranded = 9 * 0.25 * bill + 1.5 * bill + 0.5 * 0.75 * bill;
    assert_true(fabs(one(set, FC_M_STRANDED_USD, true) - stranded) < 0.06); /* a cent per credit */
    assert_true(fabs(one(set, FC_M_PAID_USD, true) - 9 * 0.5 * bill - stranded) < 0.06);
}

static void take_or_pay_and_minimum(void **state)
{
    (void)state;
    const char *take[] = {"contract.demand=0.5", "contract.take_or_pay=0.75", NULL};
    const char *minimum[] = {"contract.demand=0.5", "contract.take_or_pay=0.75", "provider1.form=minimum",
                             NULL};
    to_the_cent(take, FC_M_PAID_USD, 12 * bill * 0.75);
    to_the_cent(take, FC_M_STRANDED_USD, 12 * bill * 0.25);
    assert_true(fabs(one(minimum, FC_M_PAID_USD, true) - 12 * bill * 0.75) < 1);
}

/* The four price series: contract 3, list 10, commitment of a year 0.75 of list, block 0.625, spot 0.5. */
static void series_are_not_mixed(void **state)
{
    (void)state;
    const char *form[][3] = {{"provider1.form=on_demand", NULL},
                             {"provider1.form=reservation", "provider1.term=12 months", NULL},
                             {"provider1.form=block", NULL},
                             {"provider1.form=spot", NULL}};
    const double price[] = {10, 7.5, 6.25, 5};
    for (int i = 0; i < 4; i++)
        to_the_cent(form[i], FC_M_PAID_USD, 12 * 730.5 * 1000 * price[i]);
}

/* 20 M USD bought in the first month, earned each month and nothing left: the rate by Newton's method. */
static void rate_of_return(void **state)
{
    (void)state;
    const char *set[] = {"finance.revenue=per_gw", "provider1.form=own", "own.capex_per_gpu=20000 USD", NULL};
    double v = 0.99;
    for (int step = 0; step < 60; step++) {
        double value = -20e6, slope = 0;
        for (int t = 0; t < 12; t++) {
            value += earned * pow(v, t);
            slope += t > 0 ? earned * t * pow(v, t - 1) : 0;
        }
        v -= value / slope;
    }
    double rate = pow(v, -12) - 1;
    assert_true(fabs(one(set, FC_M_IRR, true) - rate) < 1e-9);
    assert_true(fabs(one(set, FC_M_IRR, false) - rate) < 1e-4);
    const char *never[] = {"finance.revenue=per_gw", "finance.revenue_per_gw=2 B USD", NULL};
    assert_true(isnan(one(never, FC_M_IRR, false)) && isinf(one(never, FC_M_PAYBACK_MONTHS, false)));
}

/* Cash is conserved in whole cents, in every world of a scenario with everything in it. */
static void cash_is_conserved(void **state)
{
    (void)state;
    const char *set[] = {"finance.revenue=path",
                         "finance.revenue_share=0.03",
                         "market.paths=true",
                         "contract.tranches=3",
                         "contract.terminate=70 months",
                         "provider2.share=0.2",
                         "provider2.form=spot",
                         "provider3.share=0.2",
                         "provider3.form=own",
                         "contract.demand=pert(0.7, 0.85, 0.95)",
                         "contract.expansion_month=24 months",
                         "contract.expansion_share=0.2",
                         "contract.expansion_strike=3 USD/GPU-h",
                         NULL};
    enum { N = 4000 };
    double *residue = worlds("openai-aws-38b-contract", set, FC_M_CASH_RESIDUE_CENTS, N, false);
    double *balance = worlds("openai-aws-38b-contract", set, FC_M_BALANCE_USD, N, false), mean, variance;
    for (int i = 0; i < N; i++)
        assert_true(residue[i] == 0);
    moments(balance, N, &mean, &variance);
    assert_true(variance > 1e18); /* there was cash to conserve */
    free(residue);
    free(balance);
}

static void outages_are_poisson(void **state)
{
    (void)state;
    const char *set[] = {"contract.years=7 years", "contract.outage_rate=0.3 1/year", NULL};
    enum { N = 200000 };
    double *quiet = worlds(flat, set, FC_M_NO_OUTAGE, N, false), mean, variance, p = exp(-0.3 * 7);
    moments(quiet, N, &mean, &variance);
    assert_true(fabs(mean - p) < 4 * sqrt(p * (1 - p) / N));
    assert_false(fabs(mean - exp(-0.3 * 6.5)) < 4 * sqrt(p * (1 - p) / N)); /* the test sees half a year */
    free(quiet);
}

/* Mean and variance of the log price after 83 months of the three-state chain, by forward recursion: from a first
 * regime that is stated, and from one that is not known, which the chain in the long run draws. */
static void regimes_from(const char *first, double glut, double balance, double shortage)
{
    const char *set[] = {"contract.years=7 years",
                         "market.paths=true",
                         "market.drift=[-0.50, -0.08, 0.40]",
                         "market.sigma=[0.15, 0.12, 0.18]",
                         first,
                         NULL};
    const double drift[] = {-0.50 / 12, -0.08 / 12, 0.40 / 12}, sigma[] = {0.15, 0.12, 0.18},
                 leave = 1 / 13.0;
    double p[3] = {glut, balance, shortage}, x[3] = {0},
           xx[3] = {0}; /* probability, and E[X], E[X^2] in the state, weighted */
    for (int t = 1; t < 84; t++) {
        for (int s = 0; s < 3; s++) {
            xx[s] += 2 * drift[s] * x[s] + (drift[s] * drift[s] + sigma[s] * sigma[s] / 12) * p[s];
            x[s] += drift[s] * p[s];
        }
        double *all[] = {p, x, xx};
        for (int i = 0; i < 3; i++) {
            double *v = all[i], g = v[0], b = v[1], h = v[2];
            v[0] = (1 - leave) * g + leave / 2 * b;
            v[1] = (1 - leave) * b + leave * (g + h);
            v[2] = (1 - leave) * h + leave / 2 * b;
        }
    }
    double mean = x[0] + x[1] + x[2], variance = xx[0] + xx[1] + xx[2] - mean * mean, got, spread;
    enum { N = 200000 };
    double *index = worlds(flat, set, FC_M_PRICE_INDEX_LOG, N, false);
    moments(index, N, &got, &spread);
    assert_true(fabs(got - mean) < 4 * sqrt(variance / N));
    double fourth = 0;
    for (int i = 0; i < N; i++)
        fourth += pow(index[i] - got, 4) / N;
    assert_true(fabs(spread - variance) < 4 * sqrt((fourth - spread * spread) / N));
    free(index);
}

static void regimes_have_their_moments(void **state)
{
    (void)state;
    regimes_from("market.regime=balance", 0, 1, 0);
    regimes_from("market.regime=shortage", 0, 0, 1);
    regimes_from("market.regime=unknown", 0.25, 0.5, 0.25);
}

/* Mean sample rank correlation over batches against the rank asked for, as a z value. */
static double rank_z(const char *correlations, double rank)
{
    const char *set[] = {"own.compare=true",
                         "prices.gpu_hour=pert(2.6, 3.5, 6.5) USD",
                         "own.capex_per_gpu=2e4 to 5e4 USD",
                         "contract.years=1 year",
                         correlations,
                         NULL};
    enum { BATCHES = 40, SIZE = 2000 };
    double *a = worlds(flat, set, FC_M_OWN_CAPEX_PER_GPU_USD, BATCHES * SIZE, false);
    double *b = worlds(flat, set, FC_M_CONTRACT_PER_GW_YEAR_USD, BATCHES * SIZE, false);
    double r[BATCHES], mean, variance;
    for (int k = 0; k < BATCHES; k++) {
        static float x[SIZE], y[SIZE], rx[SIZE], ry[SIZE];
        static uint32_t order[SIZE];
        for (int i = 0; i < SIZE; i++) {
            x[i] = (float)a[k * SIZE + i];
            y[i] = (float)b[k * SIZE + i];
        }
        assert_int_equal(fc_samples_order(x, SIZE, order), 0);
        fc_samples_ranks(x, order, SIZE, rx);
        assert_int_equal(fc_samples_order(y, SIZE, order), 0);
        fc_samples_ranks(y, order, SIZE, ry);
        r[k] = fc_samples_correlation(rx, ry, SIZE);
    }
    moments(r, BATCHES, &mean, &variance);
    free(a);
    free(b);
    return (mean - rank) / sqrt(variance / BATCHES);
}

static void ranks_are_correlated(void **state)
{
    (void)state;
    const char pair[] = "correlations=[{between: [own.capex_per_gpu, prices.gpu_hour], rank: 0.5}]";
    const char minus[] = "correlations=[{between: [own.capex_per_gpu, prices.gpu_hour], rank: -0.9}]";
    assert_true(fabs(rank_z(pair, 0.5)) < 4);
    assert_true(fabs(rank_z(minus, -0.9)) < 4);
    assert_true(fabs(rank_z("seed=1", 0)) < 4);
    assert_true(fabs(rank_z("seed=1", 0.05)) > 4); /* negative control: no correlation is not 0.05 */
}

/* Contradicting correlations are refused, or repaired; the nearest matrix to Higham's example is the
 * published one. */
static void matrices_are_repaired(void **state)
{
    (void)state;
    double r[FC_COPULA_MAX][FC_COPULA_MAX] = {{1, 1, 0}, {1, 1, 1}, {0, 1, 1}},
           factor[FC_COPULA_MAX][FC_COPULA_MAX];
    assert_int_equal(fc_copula_factor(3, r, factor), -1);
    double moved = fc_copula_repair(3, r);
    assert_true(fabs(r[0][1] - 0.7607) < 1e-3 && fabs(r[0][2] - 0.1573) < 1e-3); /* Higham 2002, section 4 */
    assert_true(fabs(moved - 0.2393) < 1e-3);
    assert_int_equal(fc_copula_factor(3, r, factor), 0);
    assert_true(fabs(6 / acos(-1) * asin(fc_copula_pearson(0.37) / 2) - 0.37) < 1e-12); /* its inverse */
}

/* The table of two providers: on time, three quarters, P5, mean of the worst twentieth, mean; within 0.02. */
static void two_providers(void **state)
{
    (void)state;
    static const struct {
        const char *set[3];
        double wanted[5];
    } rows[] = {{{"provider2.share=0", NULL}, {0.60, 0.83, 0.46, 0.24, 0.89}},
                {{"contract.delay_correlation=0", "provider2.share=0.5", NULL}, {0.36, 0.85, 0.58, 0.48, 0.89}},
                {{"contract.delay_correlation=0.3", "provider2.share=0.5", NULL}, {0.40, 0.85, 0.55, 0.42, 0.89}},
                {{"contract.delay_correlation=0.7", "provider2.share=0.5", NULL}, {0.48, 0.84, 0.50, 0.31, 0.89}}};
    enum { N = 200000 };
    for (int k = 0; k < 4; k++) {
        double *share = worlds("openai-aws-azure", rows[k].set, FC_M_DELIVERED_SHARE, N, false), got[5] = {0};
        got[2] = quantile(share, N, 0.05);
        for (int i = 0; i < N; i++) {
            got[0] += (share[i] > 0.99999) / (double)N;
            got[1] += (share[i] >= 0.75) / (double)N;
            got[3] += i < N / 20 ? share[i] / (N / 20) : 0;
            got[4] += share[i] / N;
        }
        for (int i = 0; i < 5; i++)
            if (!(fabs(got[i] - rows[k].wanted[i]) <= 0.02))
                fail_msg("row %d, figure %d: %.3f, the table has %.2f", k, i, got[i], rows[k].wanted[i]);
        free(share);
    }
}

static void owners_cost(void **state)
{
    (void)state;
    enum { N = 200000 };
    double *cost = worlds("rent-or-own", NULL, FC_M_OWN_COST_PER_HOUR_USD, N, false);
    const double p[] = {0.05, 0.25, 0.5, 0.75, 0.95}, wanted[] = {2.04, 2.32, 2.55, 2.81, 3.24};
    for (int i = 0; i < 5; i++)
        assert_true(fabs(quantile(cost, N, p[i]) / wanted[i] - 1) < 0.03);
    free(cost);
}

/* Epoch AI, 1 GW data centre: 38 B USD, one third of it site (Bernstein), 14 years; energy 0.6 and operations
 * 0.3 B a year; 8.5 B a year at 5 years of life, 12 at 3, 7 at 7. At 7 % a year, which it does not state. */
static void cost_per_gw_year(void **state)
{
    (void)state;
    const char *life[] = {"own.life=5 years", "own.life=3 years", "own.life=7 years"};
    const double wanted[] = {8.5e9, 12e9, 7e9};
    for (int i = 0; i < 3; i++) {
        const char *set[] = {"own.compare=true",
                             "energy.it_power_per_gpu=1 kW",
                             "energy.site_power_per_gpu=1 kW",
                             "own.capex_per_gpu=38000 USD",
                             "own.facility_share=0.3333333",
                             "own.facility_life=14 years",
                             "own.capital_cost=0.07",
                             "own.utilization=1",
                             "own.operations=0.00789474",
                             "energy.price=0.0713 USD/kWh",
                             life[i],
                             NULL};
        double got = one(set, FC_M_OWN_COST_PER_GW_YEAR_USD, false);
        if (!(fabs(got / wanted[i] - 1) < 0.03))
            fail_msg("%s: %.4g, Epoch has %.2g", life[i], got, wanted[i]);
    }
}

/* Bernstein: 5.9 M USD per rack, with 3.4 M of hardware, 13 % network, 1.0 to 1.5 % storage. */
static void capital_of_a_rack(void **state)
{
    (void)state;
    const char *set[] = {"own.compare=true",
                         "own.basis=parts",
                         "own.rack=3.4e6 USD",
                         "own.network_share=0.13",
                         "own.storage_share=0.0125",
                         "own.facility_per_kw=13000 USD",
                         "energy.it_power_per_gpu=1.85 kW",
                         NULL};
    assert_true(fabs(one(set, FC_M_OWN_CAPEX_PER_RACK_USD, false) / 5.9e6 - 1) < 0.03);
}

/* Microsoft and IREN: 9.7 B USD, 5 years, 76,000 GPUs: 2.91 USD per GPU-hour. */
static void iren_price(void **state)
{
    (void)state;
    const char *set[] = {"contract.gpus=76000", "contract.years=5 years", "prices.gpu_hour=2.91 USD", NULL};
    assert_true(fabs(one(set, FC_M_COST_USD, false) / 9.7e9 - 1) < 0.003);
}

/* Epoch AI's amortised cost per chip-hour, USD (Cottier et al., arXiv 2405.21015, and its code): server 1.64
 * times the chip, interconnect 0.19 of the cluster, 0.14 decades a year; TDP 700 W x 1.82, mean draw 0.75. */
static double amortised_hour(const char *chip_usd, const char *pue)
{
    char rack[64];
    snprintf(rack, sizeof rack, "own.rack=%.9g USD", 72 * 1.64 * atof(chip_usd));
    const char *set[] = {"own.compare=true",
                         "own.method=value_decline",
                         "own.value_decline=0.14",
                         "own.basis=parts",
                         "own.network_share=0.19",
                         "own.storage_share=0",
                         "own.facility_per_kw=0",
                         "own.utilization=1",
                         "energy.it_power_per_gpu=1.274 kW",
                         "energy.load_factor=0.75",
                         "energy.price=0.0771 USD/kWh",
                         pue,
                         rack,
                         NULL};
    double chip = atof(chip_usd), hour = one(set, FC_M_OWN_COST_PER_HOUR_USD, true);
    double by_hand =
        chip * 1.64 / (1 - 0.19) * 0.14 * log(10) / 8766 + 1.274 * 0.75 * atof(strchr(pue, '=') + 1) * 0.0771;
    assert_true(fabs(hour / by_hand - 1) < 1e-6);
    return hour;
}

/* Two of Epoch's four model costs, for which the hours can be had; what a chip cost is not in our facts.
 *   Llama 3.1 405B, 73 M USD: 3.8e25 FLOP at 400 TFLOP/s per H100, effective training time 0.90 (Grattafiori
 * et al., published); chip price 30,000 USD (from memory, 25,000 to 40,000 were quoted). Grok-3, 507 M
 * USD: 4.6e26 FLOP (Epoch, published); on H100 (from memory) at Epoch's default MFU of 0.375. The first is
 * met within Epoch's own rounding of a factor 1.5. The second comes out 1.6 times too dear at that price and
 * is no bar here: the price that it implies is only held to be a possible one. */
static void amortised_costs(void **state)
{
    (void)state;
    double hour = amortised_hour("30000", "energy.pue=1.1"),
           cheap = amortised_hour("20000", "energy.pue=1.1");
    double llama_hours = 3.8e25 / 400e12 / 3600 / 0.90, grok_hours = 4.6e26 / (0.375 * 989e12) / 3600;
    double llama = llama_hours * hour / 73e6, grok = grok_hours * hour / 507e6;
    double per_usd = (hour - cheap) / 10000, energy = hour - 30000 * per_usd;
    double llama_chip = (73e6 / llama_hours - energy) / per_usd,
           grok_chip = (507e6 / grok_hours - energy) / per_usd;
    print_message("Llama 3.1 405B: %.2f of Epoch's cost, which implies %.0f USD per chip\n"
                  "Grok-3: %.2f of Epoch's cost, which implies %.0f USD per chip\n",
                  llama, llama_chip, grok, grok_chip);
    assert_true(llama > 1 / 1.5 && llama < 1.5);
    assert_true(llama_chip > 20000 && llama_chip < 45000);
    assert_true(grok_chip > 15000 && grok_chip < 45000);
}

/* A bought GPU keeps 10^(-d t) of its price when the value declines. */
static void declining_value_is_left(void **state)
{
    (void)state;
    const char *set[] = {"provider1.form=own", "own.capex_per_gpu=20000 USD", "own.method=value_decline",
                         "own.value_decline=0.14", NULL};
    assert_true(fabs(one(set, FC_M_PAID_USD, true) / (20e6 * (1 - pow(10, -0.14))) - 1) < 1e-7);
}

/* GPUs that come over a year are worth, after two, what is left of a life of four years from the day each came: between one
 * and two years old, so on average 5/8 by a straight line, and where life is a year and a half 1/12: the last half of them is
 * between a third and none of its life from the end. By decline the mean of 10^(-d t) between one and two years. */
static void worth_by_age(void **state)
{
    (void)state;
    const char *set[][8] = {{"provider1.form=own", "own.capex_per_gpu=20000 USD", "contract.years=2 years",
                             "contract.ramp=12 months", "own.life=4 years", NULL},
                            {"provider1.form=own", "own.capex_per_gpu=20000 USD", "contract.years=2 years",
                             "contract.ramp=12 months", "own.life=1.5 years", NULL},
                            {"provider1.form=own", "own.capex_per_gpu=20000 USD", "contract.years=2 years",
                             "contract.ramp=12 months", "own.method=value_decline", "own.value_decline=0.14", NULL}};
    double k = 0.14 * log(10), left[] = {5 / 8.0, 0.5 * (1 / 3.0) / 2, (exp(-k) - exp(-2 * k)) / k};
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(one(set[i], FC_M_PAID_USD, true) / (20e6 * (1 - left[i])) - 1) < 1e-6);
        for (int n = 0; n < 7; n++) /* in four tranches it is the same ramp */
            if (!set[i][n]) {
                set[i][n] = "contract.tranches=4";
                break;
            }
        assert_true(fabs(one(set[i], FC_M_PAID_USD, false) / (20e6 * (1 - left[i])) - 1) < 1e-5);
    }
    /* a quarter of it a site, half as long-lived, sold at the exit after a year: half a year old on average */
    const char *site[] = {"provider1.form=own", "own.capex_per_gpu=20000 USD", "contract.years=2 years",
                          "contract.ramp=12 months", "own.life=4 years", "own.facility_share=0.25",
                          "own.facility_life=2 years", "contract.terminate=12 months", NULL};
    assert_true(fabs(one(site, FC_M_PAID_USD, true) / (20e6 * (0.75 / 8 + 0.25 / 4)) - 1) < 1e-6);
}

/* Owned GPUs of which a quarter of the hours stands idle: a quarter of what they cost in the end, energy apart. */
static void idle_of_ones_own(void **state)
{
    (void)state;
    const char *set[] = {"provider1.form=own", "own.capex_per_gpu=20000 USD", "own.life=4 years", "own.operations=0.0625",
                         "energy.price=0.125 USD/kWh", "contract.demand=0.75", NULL};
    double without_energy = 20e6 / 4 + 0.0625 * 20e6, energy = 0.75 * 8766 * 1000 * 2 * 0.8 * 1.2 * 0.125;
    assert_true(fabs(one(set, FC_M_STRANDED_USD, true) / (without_energy / 4) - 1) < 1e-6);
    assert_true(fabs(one(set, FC_M_PAID_USD, true) / (without_energy + energy) - 1) < 1e-6);
}

/* Upgrades that cost all of the rent leave a rule without work: no cost of it, not one a hundred times too high. */
static void rules_without_work(void **state)
{
    (void)state;
    const char *set[] = {"contract.years=7 years", "market.paths=true", "market.first_launch=1 month",
                         "contract.switching_cost=4", NULL};
    assert_true(isinf(one(set, FC_M_RULE_EVERY_GENERATION_USD, true)));
    assert_true(isfinite(one(set, FC_M_RULE_COMMIT_USD, true)));
}

/* Texas has 333 g/kWh (eGRID2023) in the catalog, Norway 30 (Ember); what is stated wins; what the catalog
 * lacks is that of an unknown site, and not of the first provider's. */
static void sites_give_their_figures(void **state)
{
    (void)state;
    enum { N = 512 };
    const char *texas[] = {"energy.site=texas", NULL};
    const char *stated[] = {"energy.site=texas", "energy.carbon=100 g/kWh", NULL};
    const char *both[] = {"energy.site=texas",
                          "provider2.site=norway",
                          "provider2.share=0.25",
                          "contract.delay_probability=0",
                          "contract.outage_rate=0 1/year",
                          NULL};
    const char *lacks[] = {"energy.site=texas", "provider2.site=ohio", "provider2.share=0.999999",
                           "provider1.share=0.000001", NULL};
    const char *const *sets[] = {texas, stated, both, lacks};
    const double grams[] = {333, 100, 0.75 * 333 + 0.25 * 30};
    for (int k = 0; k < 4; k++) {
        double *co2 = worlds("openai-aws-38b-contract", sets[k], FC_M_CO2_T, N, false), lowest = 1e9,
               highest = 0;
        double *mwh = worlds("openai-aws-38b-contract", sets[k], FC_M_ENERGY_MWH, N, false);
        for (int i = 0; i < N; i++) {
            double here = co2[i] / mwh[i] * 1000;
            lowest = here < lowest ? here : lowest;
            highest = here > highest ? here : highest;
        }
        if (k < 3)
            assert_true(fabs(lowest / grams[k] - 1) < 1e-5 && fabs(highest / grams[k] - 1) < 1e-5);
        else
            assert_true(lowest < 150 && highest > 500); /* the range of an unknown site */
        free(co2);
        free(mwh);
    }
}

/* 5e26 FLOP on n GPUs at 0.4 of 2.5e15 FLOP/s; a run cannot use more GPUs than the contract has. */
static void days_of_a_run(void **state)
{
    (void)state;
    const char *set[] = {"contract.run_gpus=500",         "contract.run_flop=[5e22, 5e23]",
                         "contract.usable_fraction=0.75", "goals.deadline=2 days",
                         "goals.budget=1 M USD",          NULL};
    const char *many[] = {"contract.run_gpus=5000", "contract.run_flop=[5e22, 5e23]",
                          "contract.usable_fraction=0.75", "goals.deadline=0.7 days", NULL};
    double flops = 0.4 * 2.5e15, days = 5e22 / flops / 500 / 86400;
    assert_true(fabs(one(set, FC_M_RUN_DAYS, true) / days - 1) < 1e-6);
    assert_true(fabs(one(set, FC_M_RUN_DAYS + 1, true) / (10 * days) - 1) < 1e-6);
    assert_true(fabs(one(many, FC_M_RUN_DAYS, true) / (days * 500 / 750) - 1) < 1e-6);
    assert_true(fabs(one(many, FC_M_USEFUL_FLOP_PER_S, true) / (750 * flops) - 1) < 1e-6);
    assert_true(one(set, FC_M_DEADLINE_MET, false) == 1 && one(many, FC_M_DEADLINE_MET, false) == 0);
    double cost = 12 * bill * days * 500 / (365.25 * 750); /* its share of the useful FLOP of a year */
    assert_true(fabs(one(set, FC_M_RUN_COST_USD, true) / cost - 1) < 1e-6 && cost < 1e6);
    assert_true(one(set, FC_M_BOTH_MET, false) == 1);
}

/* Outages of the region stop a simulated run: its wall time grows by whole outages, as many as a Poisson
 * process has in that time, and goodput shrinks as the wall time grows. What the contract makes of its hours
 * is not touched. */
static void outages_stop_a_run(void **state)
{
    (void)state;
    enum { N = 2048 };
    const char *calm[] = {"layers=all",
                          "contract.value=38 B USD",
                          "contract.years=7",
                          "contract.outage_rate=0 1/year",
                          "contract.outage_length=96 h",
                          "operation.maturity=none",
                          NULL};
    const char *rough[] = {"layers=all",
                           "contract.value=38 B USD",
                           "contract.years=7",
                           "contract.outage_rate=1.5 1/year",
                           "contract.outage_length=96 h",
                           "operation.maturity=none",
                           NULL};
    static const char frontier[] = "gb300-nvl72-frontier";
    double *days = worlds(frontier, calm, FC_M_WALL_CLOCK_DAYS, N, false);
    double *longer = worlds(frontier, rough, FC_M_WALL_CLOCK_DAYS, N, false);
    double *good = worlds(frontier, calm, FC_M_GOODPUT, N, false);
    double *less = worlds(frontier, rough, FC_M_GOODPUT, N, false);
    double stops = 0, expected = 0;
    for (int i = 0; i < N; i++) {
        double count = (longer[i] - days[i]) / 4;
        assert_true(fabs(count - round(count)) < 1e-3);
        assert_true(fabs(less[i] * longer[i] / (good[i] * days[i]) - 1) < 1e-5);
        stops += round(count);
        expected += 1.5 * days[i] / 365.25;
    }
    assert_true(fabs(stops - expected) < 4 * sqrt(expected));
    assert_true(expected > 0.3 * N);
    free(days);
    free(longer);
    free(good);
    free(less);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_present_value),
        cmocka_unit_test(prepayment_comes_back),
        cmocka_unit_test(leaving_costs_its_fee),
        cmocka_unit_test(leaving_strands),
        cmocka_unit_test(worth_by_age),
        cmocka_unit_test(idle_of_ones_own),
        cmocka_unit_test(rules_without_work),
        cmocka_unit_test(take_or_pay_and_minimum),
        cmocka_unit_test(series_are_not_mixed),
        cmocka_unit_test(rate_of_return),
        cmocka_unit_test(cash_is_conserved),
        cmocka_unit_test(outages_are_poisson),
        cmocka_unit_test(regimes_have_their_moments),
        cmocka_unit_test(ranks_are_correlated),
        cmocka_unit_test(matrices_are_repaired),
        cmocka_unit_test(two_providers),
        cmocka_unit_test(owners_cost),
        cmocka_unit_test(cost_per_gw_year),
        cmocka_unit_test(capital_of_a_rack),
        cmocka_unit_test(iren_price),
        cmocka_unit_test(days_of_a_run),
        cmocka_unit_test(outages_stop_a_run),
        cmocka_unit_test(sites_give_their_figures),
        cmocka_unit_test(amortised_costs),
        cmocka_unit_test(declining_value_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
