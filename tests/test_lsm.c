/* test_lsm.c: rights to stop against lattices and quadratures, each with an interval that holds the truth.
 *
 * Where the figures are from: Bermudan puts with 50 dates a year, the Bermudan put with 4 dates, the maximum call on two
 * assets (Andersen and Broadie 2004 print 8.075, 13.902, 21.345) and the option to expand by binomial trees of 900 to 20,000
 * steps; the right to wait and to exchange by closed forms; the right to end a take-or-pay stream by quadrature on 3,001 nodes,
 * the values without it by closed form. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "host/analysis/lsm.h"
#include "host/compile/assets.h"

static struct fc_error error;

/* Assets that follow geometric Brownian motion, and what a right to stop on them pays. */
struct assets {
    enum { PUT, MAX_CALL, EXPAND, CALL } kind;
    int count;
    double first, strike, rate, dividend, sigma, dt;
    int dates;
    bool from_the_start; /* a stop is allowed at date 0 */
};

static void assets_start(void *of, double *state)
{
    const struct assets *a = of;
    for (int i = 0; i < a->count; i++)
        state[i] = a->first;
}

static void assets_step(void *of, int k, double *state, const double *z)
{
    const struct assets *a = of;
    (void)k;
    for (int i = 0; i < a->count; i++)
        state[i] *=
            exp((a->rate - a->dividend - a->sigma * a->sigma / 2) * a->dt + a->sigma * sqrt(a->dt) * z[i]);
    if (a->count == 2 && state[0] < state[1]) { /* alike, so the greater comes first: the fit is better */
        double less = state[0];
        state[0] = state[1];
        state[1] = less;
    }
}

static double assets_stop(void *of, int k, const double *state)
{
    const struct assets *a = of;
    double now = exp(-a->rate * a->dt * k);
    if (k == 0 && !a->from_the_start)
        return -INFINITY;
    if (a->kind == PUT)
        return now * (a->strike - state[0]);
    if (a->kind == CALL)
        return now * (state[0] - a->strike);
    if (a->kind == EXPAND)
        return now * (0.5 * state[0] - a->strike);
    return now * (fmax(state[0], state[1]) - a->strike);
}

/* A claim to the first asset itself on the last date; with rate and dividend alike its price is a martingale. */
static double asset_itself(void *of, int k, const double *state)
{
    const struct assets *a = of;
    (void)k;
    return exp(-a->rate * a->dt * (a->dates - 1)) * state[0];
}

static struct fc_lsm_value value_of(const struct fc_lsm_model *model, const struct fc_lsm_options *options)
{
    struct fc_lsm_policy *policy;
    struct fc_lsm_value value;
    if (fc_lsm_fit(&policy, model, options, &error))
        fail_msg("%s", error.text);
    assert_int_equal(fc_lsm_value(&value, policy, &error), 0);
    fc_lsm_free(policy);
    return value;
}

static struct fc_lsm_model model_of(struct assets *a)
{
    return (struct fc_lsm_model){a->dates, a->count, a->count, a,    assets_start, assets_step, assets_stop,
                                 NULL,     true,     NULL,     NULL, NULL,         false,       {false}, 0};
}

/* The lower bound within two standard errors; the interval holds the truth and is at most `width` wide. */
static void holds(const char *name, const struct fc_lsm_value *v, double truth, double width)
{
    print_message("%-28s lower %.4f ±%.4f, exact %.4f, upper %.4f ±%.4f, hindsight %.4f\n", name,
                  v->lower.value, v->lower.error, truth, v->upper.value, v->upper.error, v->hindsight.value);
    if (!(fabs(v->lower.value - truth) <= 2 * v->lower.error))
        fail_msg("%s: lower bound %.4f ±%.4f, exact %.4f", name, v->lower.value, v->lower.error, truth);
    /* strictly below, but where knowing the future gains nothing: there the two differ by the noise of their paths */
    bool nothing_to_know = fabs(v->hindsight.value - truth) <= 2 * v->hindsight.error;
    assert_true(v->lower.value <= v->hindsight.value + (nothing_to_know ? 2 * v->hindsight.error : 0));
    assert_true(v->never.value <= v->lower.value + 2 * v->lower.error);
    if (isnan(v->upper.value))
        return;
    if (!(v->upper.value >= truth - 2 * v->upper.error))
        fail_msg("%s: upper bound %.4f ±%.4f, exact %.4f", name, v->upper.value, v->upper.error, truth);
    assert_true(v->upper.value <=
                v->hindsight.value + (nothing_to_know ? 2 * (v->upper.error + v->hindsight.error) : 0));
    if (!(v->upper.value - v->lower.value <= width))
        fail_msg("%s: the interval is %.4f wide, at most %.4f", name, v->upper.value - v->lower.value, width);
}

static void puts_with_fifty_dates_a_year(void **state)
{
    (void)state;
    static const struct {
        double first, sigma, years, exact;
    } rows[] = {
        {36, .2, 1, 4.4778}, {36, .2, 2, 4.8403}, {36, .4, 1, 7.1013}, {36, .4, 2, 8.5068},
        {38, .2, 1, 3.2501}, {38, .2, 2, 3.7448}, {38, .4, 1, 6.1476}, {38, .4, 2, 7.6681},
        {40, .2, 1, 2.3141}, {40, .2, 2, 2.8846}, {40, .4, 1, 5.3119}, {40, .4, 2, 6.9170},
        {42, .2, 1, 1.6170}, {42, .2, 2, 2.2124}, {42, .4, 1, 4.5825}, {42, .4, 2, 6.2443},
        {44, .2, 1, 1.1099}, {44, .2, 2, 1.6898}, {44, .4, 1, 3.9477}, {44, .4, 2, 5.6412},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct assets a = {
            PUT, 1, rows[i].first, 40, .06, 0, rows[i].sigma, .02, (int)(50 * rows[i].years) + 1, false};
        struct fc_lsm_model model = model_of(&a);
        bool bounded = i == 0 || i == 11;
        struct fc_lsm_options options = {1, 16000, 20000, bounded ? 200 : 0, 64, 4};
        struct fc_lsm_value value = value_of(&model, &options);
        char name[64];
        snprintf(name, sizeof name, "put %g, %g, %g years", rows[i].first, rows[i].sigma, rows[i].years);
        holds(name, &value, rows[i].exact, 0.01 * 40);
    }
}

/* Debt of 70 due in five years of a firm with assets of 100 (Merton 1974): riskless less a put on the assets, by its paths. The
 * chance that the assets are below the debt is .236902, the spread 124.815 bp. */
static void debt_is_riskless_less_a_put(void **state)
{
    (void)state;
    struct fc_lsm_options options = {4, 20000, 1000000, 0, 0, 4};
    struct fc_assets firm = {100, 70, .25, .04};
    assert_true(fabs(fc_assets_spread(&firm, 5) - .0124815) < 5e-8 && fabs(fc_assets_below(&firm, 5) - .236902) < 5e-7);
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        struct assets a = {PUT, 1, 100, 70, .04, 0, spoilt ? .26 : .25, 5, 2, false};
        struct fc_lsm_model model = model_of(&a);
        struct fc_lsm_value v = value_of(&model, &options);
        double riskless = 70 * exp(-.04 * 5), worth = riskless - v.lower.value, spread = log(riskless / worth) / 5;
        double z = (spread - .0124815) / (v.lower.error / worth / 5), below = (v.stopped.value - .236902) / v.stopped.error;
        print_message("Merton%s: spread %.3f bp, exact 124.815, z %+.2f; below the debt %.5f, exact .23690, z %+.2f\n",
                      spoilt ? ", spoilt" : "", 1e4 * spread, z, v.stopped.value, below);
        assert_true(spoilt ? fabs(z) > 6 && fabs(below) > 6 : fabs(z) < 4 && fabs(below) < 4);
    }
}

static void other_options(void **state)
{
    (void)state;
    struct fc_lsm_options options = {2, 30000, 60000, 500, 200, 4};
    struct assets bermudan = {PUT, 1, 100, 100, .05, 0, .2, .25, 5, false};
    struct fc_lsm_model model = model_of(&bermudan);
    struct fc_lsm_value value = value_of(&model, &options);
    holds("put with 4 dates", &value, 5.9566, 0.01 * 100);

    static const double first[] = {90, 100, 110}, exact[] = {8.075, 13.900, 21.345};
    for (int i = 0; i < 3; i++) {
        struct assets most = {MAX_CALL, 2, first[i], 100, .05, .10, .2, 3.0 / 9, 10, true};
        char name[64];
        snprintf(name, sizeof name, "maximum of two, from %g", first[i]);
        model = model_of(&most);
        value = value_of(&model, &options);
        holds(name, &value, exact[i], 0.01 * 100);
    }

    options.paths = 20000;
    options.dual_paths = 300;
    struct assets project = {EXPAND, 1, 100, 40, .05, .05, .3, 3.0 / 60, 61, true};
    model = model_of(&project);
    value = value_of(&model, &options);
    holds("expansion by a half", &value, 13.756, 0.01 * 100);
}

/* A right that may be used several times, at most once a month (swing): trees of 9,600 steps; twelve rights in twelve months are
 * twelve European calls. */
static void rights_used_several_times(void **state)
{
    (void)state;
    static const struct {
        int rights;
        double exact;
    } rows[] = {{1, 15.232}, {2, 29.848}, {4, 57.094}, {6, 81.413}, {12, 130.0373}};
    struct assets a = {CALL, 1, 100, 100, .05, .05, .4, 1 / 12.0, 13, false};
    double before = 0, each = INFINITY;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fc_lsm_model model = model_of(&a);
        model.rights = rows[i].rights;
        model.expected = asset_itself;
        model.apart = true;
        struct fc_lsm_options options = {6, 12000, 60000, 100, 48, 4};
        struct fc_lsm_value v = value_of(&model, &options);
        char name[64];
        snprintf(name, sizeof name, "call used %d times of 12", rows[i].rights);
        holds(name, &v, rows[i].exact, 0.01 * 100 * rows[i].rights);
        double more = (v.lower.value - before) / (rows[i].rights - (i ? rows[i - 1].rights : 0));
        assert_true(more < each); /* every further right is worth less than the one before */
        assert_true(v.used.value > 0 && v.used.value <= rows[i].rights);
        if (rows[i].rights < 12) /* a control: the next row's figure is not held by this interval */
            assert_true(v.upper.value + 2 * v.upper.error < rows[i + 1].exact);
        before = v.lower.value;
        each = more;
    }
    a.kind = PUT;
    struct fc_lsm_model bad = model_of(&a);
    struct fc_lsm_options options = {6, 2000, 1000, 0, 2, 3};
    struct fc_lsm_policy *policy;
    bad.rights = FC_LSM_RIGHTS + 1;
    assert_int_equal(fc_lsm_fit(&policy, &bad, &options, &error), -1);
}

/* Two assets of their own drift and spread, correlated: one given for the other at the last date (Margrabe 1978), or any time and
 * for ever (McDonald and Siegel 1986). For ever is until the last date, where the right is worth its closed form. */
struct pair {
    double first[2], rate, dividend[2], sigma[2], rho, dt;
    int dates;
    double beta, trigger; /* beta 0: the last date alone */
};

/* The states of the chain: an asset without a spread needs none, it keeps its first price. */
static int states_of(const struct pair *p)
{
    return p->sigma[1] > 0 ? 2 : 1;
}

static void pair_start(void *of, double *state)
{
    const struct pair *p = of;
    for (int i = 0; i < states_of(p); i++)
        state[i] = p->first[i];
}

static void pair_step(void *of, int k, double *state, const double *z)
{
    const struct pair *p = of;
    double of_both[2] = {z[0], p->rho * z[0] + sqrt(1 - p->rho * p->rho) * z[1]};
    (void)k;
    for (int i = 0; i < states_of(p); i++)
        state[i] *= exp((p->rate - p->dividend[i] - p->sigma[i] * p->sigma[i] / 2) * p->dt +
                        p->sigma[i] * sqrt(p->dt) * of_both[i]);
}

static double pair_stop(void *of, int k, const double *state)
{
    const struct pair *p = of;
    double second = states_of(p) == 2 ? state[1] : p->first[1];
    double now = exp(-p->rate * p->dt * k), ratio = state[0] / second;
    if (p->beta == 0 && k < p->dates - 1)
        return -INFINITY;
    if (p->beta > 0 && k == p->dates - 1 && ratio < p->trigger)
        return now * second * (p->trigger - 1) * pow(ratio / p->trigger, p->beta);
    return now * (state[0] - second);
}

static void waiting_and_exchange(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct pair pair;
        double exact;
    } rows[] = {
        {"wait, r = q = .04", {{1, 1}, .04, {.04, .04}, {.2, 0}, 0, 1 / 48.0, 61, 2, 2}, .25},
        {"wait, r .08, q .05",
         {{100, 100}, .08, {.05, .08}, {.3, 0}, 0, 1 / 100.0, 61, 1.510376, 2.959339},
         38.05645},
        {"wait, both random",
         {{100, 100}, .06, {.1, .1}, {.2, .2}, 0, 1 / 100.0, 61, 2.158312, 1.863325},
         22.53238},
        {"exchange", {{100, 95}, .05, {.02, .03}, {.3, .2}, .5, 2, 2, 0, 0}, 17.319763},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p = rows[i].pair;
        struct fc_lsm_model model = {p.dates, states_of(&p), 2,    &p,   pair_start, pair_step, pair_stop,
                                     NULL,    true,          NULL, NULL, NULL,       false,     {false}, 0};
        struct fc_lsm_options options = {5, 20000, 30000, p.beta > 0 ? 200 : 0, 64, 4};
        struct fc_lsm_value v = value_of(&model, &options);
        holds(rows[i].name, &v, rows[i].exact, 0.01 * p.first[1]);
        if (p.beta > 0) /* a control: it is worth more than what a stop at once gives, by far */
            assert_true(v.lower.value > p.first[0] - p.first[1] + 10 * v.lower.error);
    }
}

/* Take-or-pay: P for 1 a quarter, twenty times; before each payment but the first the buyer may end it for a fee. */
struct stream {
    double fee;
    bool reverts; /* ln P goes back to ln 0.5, else it drifts */
};

static void stream_start(void *of, double *state)
{
    (void)of;
    state[0] = 0;
}

static void stream_step(void *of, int k, double *state, const double *z)
{
    const struct stream *s = of;
    const double sigma = .35, dt = .25, kappa = .8;
    (void)k;
    if (s->reverts) {
        double keep = exp(-kappa * dt);
        state[0] =
            log(.5) + (state[0] - log(.5)) * keep + sigma * sqrt((1 - keep * keep) / (2 * kappa)) * z[0];
    } else {
        state[0] += (-.15 - sigma * sigma / 2) * dt + sigma * sqrt(dt) * z[0];
    }
}

static double stream_flow(void *of, int k, const double *state)
{
    (void)of;
    return exp(-.08 * .25 * k) * .25 * (exp(state[0]) - 1);
}

static double stream_stop(void *of, int k, const double *state)
{
    const struct stream *s = of;
    (void)state;
    return k == 0 ? -INFINITY : -s->fee * exp(-.08 * .25 * k);
}

static struct fc_lsm_model model_of_stream(struct stream *s)
{
    return (struct fc_lsm_model){20,          1,     1,    s,    stream_start, stream_step, stream_stop,
                                 stream_flow, false, NULL, NULL, NULL,         false,       {false}, 0};
}

static void right_to_end_take_or_pay(void **state)
{
    (void)state;
    static const struct {
        bool reverts;
        double fee, never, exact, stopped;
    } rows[] = {
        {false, 0, -1.104963, 0.17164, .963},    {false, .25, -1.104963, -0.04541, .925},
        {false, .5, -1.104963, -0.25318, .880},  {true, 0, -1.464887, 0.01054, 1.000},
        {true, .25, -1.464887, -0.23193, 1.000}, {true, .5, -1.464887, -0.47384, .9997},
    };
    struct fc_lsm_options options = {3, 40000, 60000, 500, 128, 4};
    double before = INFINITY;
    for (int i = 0; i < 6; i++) {
        struct stream s = {rows[i].fee, rows[i].reverts};
        struct fc_lsm_model model = model_of_stream(&s);
        struct fc_lsm_value v = value_of(&model, &options);
        char name[64];
        snprintf(name, sizeof name, "%s, fee %g", s.reverts ? "reverting" : "drifting", s.fee);
        holds(name, &v, rows[i].exact, 0.01 * 20 * .25);
        assert_true(fabs(v.never.value - rows[i].never) < 4 * v.never.error);
        assert_true(fabs(v.stopped.value - rows[i].stopped) < 0.03);
        if (i % 3 > 0) { /* worth less with the fee, by at most the fee */
            double fall = before - v.lower.value;
            assert_true(fall > 0 && fall <= .25);
        }
        before = v.lower.value;
    }
    /* A fee beyond all that is left to pay: never. */
    struct stream dear = {5, false};
    struct fc_lsm_model model = model_of_stream(&dear);
    struct fc_lsm_value v = value_of(&model, &options);
    assert_true(v.stopped.value < 1e-3 && fabs(v.lower.value - v.never.value) < 1e-3);
}

/* Shuffling what comes later changes no decision: two paths that agree up to a date decide alike up to it. */
static void the_future_is_not_looked_at(void **state)
{
    (void)state;
    struct stream s = {.25, false};
    struct fc_lsm_model model = model_of_stream(&s);
    struct fc_lsm_options options = {4, 5000, 1000, 0, 2, 3};
    struct fc_lsm_policy *policy;
    enum { PATHS = 400, DATES = 20 };
    static double path[PATHS][DATES];
    static bool stops[PATHS][DATES];
    int seen = 0;
    assert_int_equal(fc_lsm_fit(&policy, &model, &options, &error), 0);
    uint32_t word = 12345;
    for (int i = 0; i < PATHS; i++) {
        double x[FC_LSM_STATES], z[FC_LSM_STATES] = {0};
        model.start(&s, x);
        for (int k = 0; k < DATES; k++) {
            path[i][k] = x[0];
            stops[i][k] = fc_lsm_stops(policy, k, x);
            z[0] = -6;
            for (int u = 0; u < 12; u++) {
                word = word * 1664525u + 1013904223u;
                z[0] += word / 4294967296.0;
            }
            model.step(&s, k, x, z);
        }
    }
    for (int k = 1; k < DATES; k++) /* the decisions of path i up to k, with the rest of path i + 1 */
        for (int i = 0; i < PATHS; i++)
            for (int j = 0; j < DATES; j++) {
                const double *x = j <= k ? &path[i][j] : &path[(i + 1) % PATHS][j];
                bool now = fc_lsm_stops(policy, j, x);
                seen += now != stops[i][j];
                if (j <= k)
                    assert_true(now == stops[i][j]);
            }
    assert_true(seen > 100); /* the shuffled part does decide otherwise */
    fc_lsm_free(policy);

    /* A policy that knew the future would be found by its value: hindsight is worth more than the upper bound. */
    options = (struct fc_lsm_options){4, 20000, 20000, 300, 64, 4};
    struct fc_lsm_value v = value_of(&model, &options);
    assert_true(v.hindsight.value - 4 * v.hindsight.error > v.upper.value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_with_fifty_dates_a_year), cmocka_unit_test(debt_is_riskless_less_a_put), cmocka_unit_test(other_options),
        cmocka_unit_test(waiting_and_exchange),         cmocka_unit_test(right_to_end_take_or_pay),
        cmocka_unit_test(rights_used_several_times),
        cmocka_unit_test(the_future_is_not_looked_at),
    };
    return cmocka_run_group_tests_name("lsm", tests, NULL, NULL);
}
