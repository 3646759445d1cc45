/* test_clause.c: what clauses are worth, each against a lattice or a closed form of its own: the interval holds the truth and
 * is at most 1 % of the contract's bills wide; decisions do not look ahead.
 *
 * The lattice carries values back over 801 log prices and three regimes by quadrature (33 points of the normal, linear in
 * between; on 1,601 and 49 it moves by less than a tenth of the bars). It shares no code with what it tests: worth of months to
 * come is carried back on the lattice too, not taken from the matrices of the regimes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/clause.h"

enum { MONTHS = 36, NODES = 801, POINTS = 33, REGIMES = 3 };
#define LEFT (-4.0)
#define WIDTH 0.01

static struct fc_error error;
static const struct fc_clause_options options = {7, 12000, 20000, 200, 48, false};
static const struct fc_clause_market market = {{-.5, -.08, .4}, {.15, .12, .18}, 1 / 13.5, 1, 10, 13, -.12};
/* One regime: a geometric Brownian motion without launches, for the closed forms. */
static const struct fc_clause_market plain = {{-.1, -.1, -.1}, {.3, .3, .3}, .1, 1, INFINITY, 12, 0};

/* A take-or-pay contract of 1 a month, a tenth prepaid and credited over the last year. */
static struct fc_clause_terms terms(void)
{
    struct fc_clause_terms t = {.months = MONTHS,
                                .full_month = 1.25,
                                .price = 3,
                                .rate = .12,
                                .switching = .03,
                                .relet = .9,
                                .fee = .2,
                                .expand_last = 18,
                                .expand_share = .5,
                                .expand_strike = 2.7,
                                .extension = 12,
                                .extension_price = .8,
                                .deferral = 12,
                                .swap_gain = 1.4,
                                .reset_every = 12,
                                .reset_floor = .8,
                                .reset_cap = 1.1,
                                .hazard = .1,
                                .recovery = .25,
                                .gap = 3};
    double open = .1 * MONTHS;
    for (int k = 0; k < MONTHS; k++) {
        t.worth[k] = t.capacity[k] = t.bill[k] = 1;
        t.credit[k] = k >= MONTHS - 12 ? .1 * MONTHS / 12 : 0;
        t.open[k] = open;
        t.due[k] = (MONTHS - k) - open;
        open -= t.credit[k];
        t.value += 1;
    }
    return t;
}

static double discount(const struct fc_clause_terms *t, int k)
{
    return pow(1 + t->rate, -k / 12.0);
}

/* --- the lattice --- */

typedef double grid[REGIMES][NODES];

static double at(int i)
{
    return LEFT + WIDTH * i;
}

static double between(const double *v, double x)
{
    double place = fmin(fmax((x - LEFT) / WIDTH, 0), NODES - 1.0001);
    int i = (int)place;
    return v[i] + (place - i) * (v[i + 1] - v[i]);
}

/* out = E[v in month k + 1 | month k]. */
static void back(const struct fc_clause_market *m, int k, const grid v, grid out)
{
    double jump = 0, next = m->first_launch;
    for (int t = 1; t <= k + 1; t++) {
        jump = t >= next ? log(1 + m->step) : 0;
        next += t >= next ? m->interval : 0;
    }
    for (int r = 0; r < REGIMES; r++)
        for (int i = 0; i < NODES; i++) {
            double sum = 0;
            for (int j = 0; j < POINTS; j++) {
                double z = -6 + .375 * j, weight = .375 * exp(-z * z / 2) / sqrt(2 * M_PI);
                double x = at(i) + m->drift[r] / 12 + m->sigma[r] * sqrt(1 / 12.0) * z + jump, mean;
                if (r == 1)
                    mean = (1 - m->leave) * between(v[1], x) +
                           m->leave / 2 * (between(v[0], x) + between(v[2], x));
                else
                    mean = (1 - m->leave) * between(v[r], x) + m->leave * between(v[1], x);
                sum += weight * mean;
            }
            out[r][i] = sum;
        }
}

/* What `month` is worth from month k on, each month's share times exp(X), kept for every k. */
static grid *worth_of(const struct fc_clause_market *m, const struct fc_clause_terms *t, int from, int until)
{
    grid *a = calloc((size_t)until + 2, sizeof *a);
    assert_non_null(a);
    for (int k = until; k >= 0; k--) {
        if (k < until)
            back(m, k, a[k + 1], a[k]);
        for (int r = 0; r < REGIMES && k >= from; r++)
            for (int i = 0; i < NODES; i++)
                a[k][r][i] += discount(t, k) * exp(at(i));
    }
    return a;
}

static double first(const struct fc_clause_market *m, const grid v)
{
    if (m->regime == REGIMES) /* not known */
        return .25 * between(v[0], 0) + .5 * between(v[1], 0) + .25 * between(v[2], 0);
    return between(v[m->regime], 0);
}

static double terminate_truth(const struct fc_clause_market *m, const struct fc_clause_terms *t)
{
    static grid with, without, next;
    memset(with, 0, sizeof with);
    memset(without, 0, sizeof without);
    for (int k = MONTHS - 1; k >= 0; k--)
        for (int pass = 0; pass < 2; pass++) {
            double(*v)[NODES] = pass ? without : with;
            memset(next, 0, sizeof next);
            if (k < MONTHS - 1)
                back(m, k, (const double(*)[NODES])v, next);
            for (int r = 0; r < REGIMES; r++)
                for (int i = 0; i < NODES; i++) {
                    double flow = t->worth[k] * (1 + t->switching) * exp(at(i)) - t->bill[k] + t->credit[k];
                    double stay = discount(t, k) * flow + next[r][i];
                    double leave = -discount(t, k) * t->fee * t->due[k];
                    v[r][i] = pass || k < t->first ? stay : fmax(stay, leave);
                }
        }
    return first(m, (const double(*)[NODES])with) - first(m, (const double(*)[NODES])without);
}

/* A call on further capacity: expand, which may be used several times, and swap. */
static double call_truth(const struct fc_clause_market *m, const struct fc_clause_terms *t, bool swap)
{
    enum { RIGHTS = 3 };
    static grid v[RIGHTS + 1], next[RIGHTS + 1]; /* by rights left */
    grid *a = worth_of(m, t, 0, MONTHS - 1);
    int last = swap ? MONTHS - 1 : t->expand_last, rights = t->rights > 1 ? t->rights : 1;
    double paid = 0;
    assert_true(rights <= RIGHTS);
    memset(v, 0, sizeof v);
    memset(next, 0, sizeof next);
    for (int k = MONTHS - 1; k >= 0; k--) {
        paid += discount(t, k);
        if (k > last)
            continue;
        for (int n = 1; n <= rights && k < last; n++)
            back(m, k, (const double(*)[NODES])v[n], next[n]);
        for (int r = 0; r < REGIMES; r++)
            for (int i = 0; i < NODES; i++) {
                double expand = t->expand_share * t->full_month *
                                (a[k][r][i] - (1 + t->fee) * t->expand_strike / t->price * paid);
                double gets =
                    swap ? (t->swap_gain - 1) * a[k][r][i] - discount(t, k) * t->fee * t->due[k] : expand;
                bool may = !swap || k >= m->first_launch;
                for (int n = 1; n <= rights; n++)
                    v[n][r][i] = may ? fmax(gets + next[n - 1][r][i], next[n][r][i]) : next[n][r][i];
            }
    }
    free(a);
    return first(m, (const double(*)[NODES])v[rights]);
}

static double defer_truth(const struct fc_clause_market *m, const struct fc_clause_terms *t)
{
    static grid v, next;
    double paid = t->open[0], now = 0;
    for (int k = 0; k < MONTHS; k++)
        paid += discount(t, k) * (t->bill[k] - t->credit[k]);
    for (int k = t->deferral; k >= 0; k--) {
        grid *a = worth_of(m, t, k, k + MONTHS - 1);
        if (k < t->deferral)
            back(m, k, (const double(*)[NODES])v, next);
        for (int r = 0; r < REGIMES; r++)
            for (int i = 0; i < NODES; i++) {
                double fee = k > 0 ? t->fee * t->due[0] : 0;
                double begun = (1 + t->switching) * a[k][r][i] - discount(t, k) * (paid + fee);
                v[r][i] = k == t->deferral ? begun : fmax(begun, next[r][i]);
                now = k == 0 && r == m->regime && i == (int)round(-LEFT / WIDTH) ? begun : now;
            }
        free(a);
    }
    return first(m, (const double(*)[NODES])v) - now;
}

/* --- the closed forms, for `plain` --- */

static double phi(double z)
{
    return .5 * erfc(-z / sqrt(2));
}

/* E[(a exp(X) - b)+], X normal after k months. */
static double black(double a, double b, int k)
{
    double mean = plain.drift[0] * k / 12, sd = plain.sigma[0] * sqrt(k / 12.0);
    if (k == 0 || b <= 0)
        return fmax(a * exp(mean + sd * sd / 2) - b, 0);
    double d = (log(a / b) + mean) / sd;
    return a * exp(mean + sd * sd / 2) * phi(d + sd) - b * phi(d);
}

static double grows(int months)
{
    return exp((plain.drift[0] + plain.sigma[0] * plain.sigma[0] / 2) * months / 12);
}

static double extend_truth(const struct fc_clause_terms *t)
{
    double worth = 0, paid = 0;
    for (int j = 0; j < t->extension; j++) {
        worth += t->full_month * discount(t, MONTHS + j) * grows(j);
        paid += t->full_month * discount(t, MONTHS + j) * t->extension_price * (1 + t->fee);
    }
    return black(worth, paid, MONTHS);
}

static double reset_truth(const struct fc_clause_terms *t)
{
    double sum = 0;
    for (int k = t->reset_every; k < MONTHS; k++) {
        int month = k / t->reset_every * t->reset_every; /* floor + (exp X - floor)+ - (exp X - cap)+ */
        double price = t->reset_floor + black(1, t->reset_floor, month) - black(1, t->reset_cap, month);
        sum += discount(t, k) * (1 - price);
    }
    return sum;
}

static double step_in_truth(const struct fc_clause_terms *t)
{
    double sum = 0;
    for (int k = 0; k < MONTHS; k++) {
        double worth = 0, paid = 0;
        for (int j = k; j < MONTHS; j++) {
            worth += discount(t, j) * grows(j - k) * (1 + t->switching + (j < k + t->gap ? 1 : 0));
            paid += discount(t, j) * (t->bill[j] - t->credit[j]);
        }
        double strike = paid + discount(t, k) * (t->recovery * t->open[k] + t->fee * t->due[k]);
        sum += exp(-t->hazard * k / 12) * (1 - exp(-t->hazard / 12)) * black(worth, strike, k);
    }
    return sum;
}

/* Three months: the lowest of the first two steps by quadrature. */
static double favoured_truth(const struct fc_clause_terms *t)
{
    double one = 0, two = 0, mean = plain.drift[0] / 12, sd = plain.sigma[0] / sqrt(12);
    enum { N = 2401 };
    for (int i = 0; i < N; i++) {
        double h = 12.0 / (N - 1), z = -6 + h * i, w = h * exp(-z * z / 2) / sqrt(2 * M_PI);
        double low = fmin(1, exp(mean + sd * z)), x = mean + sd * z;
        one += w * (1 - low);
        /* E[(low - exp(x + step))+] by Black's formula, given the first step */
        double d = (log(low) - x - mean) / sd;
        two += w * (1 - low + low * phi(d) - exp(x + mean + sd * sd / 2) * phi(d - sd));
    }
    return discount(t, 1) * one + discount(t, 2) * two;
}

static void holds(enum fc_clause clause, const struct fc_clause_terms *t, const struct fc_clause_market *m,
                  double truth)
{
    struct fc_clause_value v;
    if (fc_clause_value(clause, t, m, &options, &v, &error))
        fail_msg("%s", error.text);
    print_message("%-10s %.5f to %.5f, exact %.5f; with hindsight %.4f; provider %.4f to %.4f; used %.3f\n",
                  fc_clause_name(clause), v.lower, v.upper, truth, v.hindsight, v.provider_lower,
                  v.provider_upper, v.used);
    if (!(v.lower <= truth * (1 + 2e-4) && truth <= v.upper * (1 + 2e-4)))
        fail_msg("%s: %.6f to %.6f does not hold %.6f", fc_clause_name(clause), v.lower, v.upper, truth);
    assert_true(v.upper - v.lower <= 0.01 * t->value);
    assert_true(truth > 0.003 * t->value); /* worth enough that the width says something */
    if (v.decided)
        assert_true(v.hindsight >= v.lower);
}

static void choices_against_lattices(void **state)
{
    (void)state;
    struct fc_clause_terms t = terms();
    holds(FC_CLAUSE_TERMINATE, &t, &market, terminate_truth(&market, &t));
    struct fc_clause_market open = market;
    open.regime = REGIMES;
    t.first = 1;
    holds(FC_CLAUSE_TERMINATE, &t, &open, terminate_truth(&open, &t));
    t.first = 0;
    t.fee = 0.05;
    holds(FC_CLAUSE_TERMINATE, &t, &market, terminate_truth(&market, &t));
    t.fee = 0;
    double once = call_truth(&market, &t, false);
    holds(FC_CLAUSE_EXPAND, &t, &market, once);
    t.rights = 3;
    double thrice = call_truth(&market, &t, false);
    holds(FC_CLAUSE_EXPAND, &t, &market, thrice);
    assert_true(thrice > 1.5 * once && thrice < 3 * once); /* each further one is worth less */
    t.rights = 0;
    t.fee = .3;
    holds(FC_CLAUSE_SWAP, &t, &market, call_truth(&market, &t, true));
    t = terms();
    t.fee = 0;
    t.rate = .3; /* else nobody waits: prices fall */
    struct fc_clause_market rising = market;
    rising.regime = 2;
    holds(FC_CLAUSE_DEFER, &t, &rising, defer_truth(&rising, &t));
}

static void rules_against_closed_forms(void **state)
{
    (void)state;
    struct fc_clause_terms t = terms();
    t.fee = 0;
    holds(FC_CLAUSE_EXTEND, &t, &plain, extend_truth(&t));
    holds(FC_CLAUSE_RESET, &t, &plain, reset_truth(&t));
    t.fee = .1;
    holds(FC_CLAUSE_STEP_IN, &t, &plain, step_in_truth(&t));
    t.months = 3;
    t.value = 3;
    holds(FC_CLAUSE_FAVOURED, &t, &plain, favoured_truth(&t));
}

/* Without friction what one side gains the other loses, and a fee can only take. */
static void two_sides(void **state)
{
    (void)state;
    double before = INFINITY;
    for (int i = 0; i < 3; i++) {
        struct fc_clause_terms t = terms();
        struct fc_clause_value v;
        t.switching = 0;
        t.relet = 1;
        t.fee = .1 * i;
        assert_int_equal(fc_clause_value(FC_CLAUSE_TERMINATE, &t, &market, &options, &v, &error), 0);
        assert_true(v.provider_lower <= -v.lower && v.provider_upper >= -v.upper);
        assert_true(v.upper < before);
        before = v.lower;
    }
    struct fc_clause_terms t = terms();
    struct fc_clause_value v;
    struct fc_clause_options find = options;
    find.find_fee = true;
    assert_int_equal(fc_clause_value(FC_CLAUSE_TERMINATE, &t, &market, &find, &v, &error), 0);
    double fee = v.fee_of_nothing;
    assert_true(fee > .2 && fee < 1);
    t.fee = fee;
    assert_int_equal(fc_clause_value(FC_CLAUSE_TERMINATE, &t, &market, &options, &v, &error), 0);
    assert_true(v.lower < 2 * FC_CLAUSE_NOTHING * t.value && v.upper > .5 * FC_CLAUSE_NOTHING * t.value);
}

/* Paths that agree up to a month decide alike up to it, whatever comes later. */
static void the_future_is_shuffled(void **state)
{
    (void)state;
    enum { PATHS = 300 };
    static double path[PATHS][MONTHS][FC_LSM_STATES];
    static bool stops[PATHS][MONTHS];
    struct fc_clause_terms t = terms();
    struct fc_clause_model *model;
    struct fc_lsm_policy *policy;
    struct fc_lsm_options fit = {5, 6000, 1000, 0, 2, 3};
    uint32_t word = 99;
    int changed = 0;
    assert_int_equal(fc_clause_model_make(&model, FC_CLAUSE_TERMINATE, &t, &market, &error), 0);
    const struct fc_lsm_model *lsm = fc_clause_model_lsm(model);
    assert_int_equal(fc_lsm_fit(&policy, lsm, &fit, &error), 0);
    for (int i = 0; i < PATHS; i++) {
        double x[FC_LSM_STATES] = {0}, z[FC_LSM_STATES] = {0};
        lsm->start(lsm->of, x);
        for (int k = 0; k < MONTHS; k++) {
            memcpy(path[i][k], x, sizeof x);
            stops[i][k] = fc_lsm_stops(policy, k, x);
            for (int n = 0; n < 2; n++) {
                z[n] = -6;
                for (int u = 0; u < 12; u++) {
                    word = word * 1664525u + 1013904223u;
                    z[n] += word / 4294967296.0;
                }
            }
            lsm->step(lsm->of, k, x, z);
        }
    }
    for (int k = 0; k < MONTHS; k++)
        for (int i = 0; i < PATHS; i++)
            for (int j = 0; j < MONTHS; j++) {
                int of = j <= k ? i : (i * 7 + k + 1) % PATHS;
                bool now = fc_lsm_stops(policy, j, path[of][j]);
                changed += now != stops[i][j];
                if (j <= k)
                    assert_true(now == stops[i][j]);
            }
    assert_true(changed > 100); /* the shuffled part does decide otherwise */
    fc_lsm_free(policy);
    fc_clause_model_free(model);
}

static void what_is_not_there_is_refused(void **state)
{
    (void)state;
    struct fc_clause_value v;
    struct fc_clause_terms t = terms();
    assert_int_equal(fc_clause_find("price-reset"), FC_CLAUSE_RESET);
    assert_int_equal(fc_clause_find("most-favoured-customer"), FC_CLAUSE_FAVOURED);
    assert_int_equal(fc_clause_find("audit"), -1);
    t.expand_last = 0;
    assert_int_equal(fc_clause_value(FC_CLAUSE_EXPAND, &t, &market, &options, &v, &error), -1);
    assert_non_null(strstr(error.text, "contract.expansion_month"));
    t.reset_every = 0;
    assert_int_equal(fc_clause_value(FC_CLAUSE_RESET, &t, &market, &options, &v, &error), -1);
    assert_non_null(strstr(error.text, "contract.reset_every"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_against_lattices),
        cmocka_unit_test(rules_against_closed_forms),
        cmocka_unit_test(two_sides),
        cmocka_unit_test(the_future_is_shuffled),
        cmocka_unit_test(what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests_name("clause", tests, NULL, NULL);
}
