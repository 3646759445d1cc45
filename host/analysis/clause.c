/* clause.c: see clause.h. */
#include "clause.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    X,
    GLUT,
    SHORTAGE,
    MEMORY
}; /* states: log price, which regime, and what a rule remembers of the past */

struct fc_clause_model {
    enum fc_clause clause;
    struct fc_clause_terms terms;
    struct fc_clause_market market;
    struct fc_lsm_model lsm;
    double discount[FC_CLAUSE_MONTHS];
    double launch[FC_CLAUSE_MONTHS]; /* log change of the price in month k */
    /* By month and regime: worth at month k of what follows, discounted to signing, over exp(X). */
    double worth[FC_CLAUSE_MONTHS][FC_REGIME_STATES];    /* of the contract to the customer */
    double capacity[FC_CLAUSE_MONTHS][FC_REGIME_STATES]; /* and to the provider */
    double full[FC_CLAUSE_MONTHS]
               [FC_REGIME_STATES]; /* of the whole capacity, until the last month that it is sold */
    double shifted[FC_CLAUSE_TERM][FC_REGIME_STATES],
        shifted_capacity[FC_CLAUSE_TERM][FC_REGIME_STATES]; /* begun in month k */
    double gap[FC_CLAUSE_MONTHS][FC_REGIME_STATES];
    double paid[FC_CLAUSE_MONTHS]; /* bills less credits from month k on */
    double hours
        [FC_CLAUSE_MONTHS]; /* discounted months of the whole capacity from month k on, for expand and extend */
    double base, other_base; /* defer: begun on the day agreed */
    double
        last[FC_CLAUSE_TERM]
            [FC_REGIME_STATES]; /* expand, defer: used in the last month, as worth in month k over exp(X) */
    double never;
};

static const struct {
    const char *name, *also, *what;
    bool fee, decided;
} clauses[FC_CLAUSES] = {
    {"terminate", "exit", "end the contract for a share of what is left to pay", true, true},
    {"expand", "expansion", "further capacity at a fixed price, any month up to a last one", true, true},
    {"extend", "extension", "go on after the end at a price agreed today", true, false},
    {"defer", "deferral", "begin later, the whole schedule with it", true, true},
    {"swap", "swap-generation", "the next generation for the same money, from its launch on", true, true},
    {"reset", "price-reset", "the price follows new contracts at fixed dates, between a floor and a cap",
     false, false},
    {"favoured", "most-favoured-customer", "the price falls to the lowest offered to a new customer so far",
     false, false},
    {"step-in", "stepin", "when the provider fails, take the site over on the contract's terms", true, false},
};

const char *fc_clause_name(enum fc_clause clause)
{
    return clause < FC_CLAUSES ? clauses[clause].name : NULL;
}

const char *fc_clause_what(enum fc_clause clause)
{
    return clauses[clause].what;
}

bool fc_clause_has_fee(enum fc_clause clause)
{
    return clauses[clause].fee;
}

int fc_clause_find(const char *name)
{
    for (int c = 0; c < FC_CLAUSES; c++)
        if (strcasecmp(name, clauses[c].name) == 0 || strcasecmp(name, clauses[c].also) == 0)
            return c;
    return -1;
}

/* --- the market --- */

/* The chance to go from one regime to another in a month. */
static double turn(const struct fc_clause_market *m, int from, int to)
{
    if (from == to)
        return 1 - m->leave;
    return from == 1 ? m->leave / 2 : to == 1 ? m->leave : 0;
}

/* By how much exp(X) grows in a regime's month, in the mean, before any launch. */
static double growth(const struct fc_clause_market *m, int regime)
{
    return exp(m->drift[regime] / 12 + m->sigma[regime] * m->sigma[regime] / 24);
}

/* The regime of a first month that nobody knows: long-run shares, as in market.h. */
static const double unknown[FC_REGIMES] = {0.25, 0.5, 0.25};

/* E[growth of exp(X) in the month; regime `to` after it | regime `from`, of which 3 is not known]. */
static double growth_to(const struct fc_clause_market *m, int from, int to)
{
    double sum = 0;
    if (from < FC_REGIMES)
        return growth(m, from) * turn(m, from, to);
    for (int r = 0; r < FC_REGIMES; r++)
        sum += unknown[r] * growth(m, r) * turn(m, r, to);
    return sum;
}

static void launches(struct fc_clause_model *m)
{
    double next = m->market.first_launch, every = fmax(m->market.interval, 1);
    for (int k = 1; k < FC_CLAUSE_MONTHS; k++) {
        m->launch[k] = k >= next ? log1p(m->market.step) : 0;
        next += k >= next ? every : 0;
    }
}

/* out[k][r] = sum over j >= k of weight(j) × E[exp(X(j) - X(k)) | regime r in month k], months k = from ... until. */
static void annuity(const struct fc_clause_model *m, int from, int until, const double *weight,
                    double (*out)[FC_REGIME_STATES])
{
    for (int k = until; k >= from; k--)
        for (int r = 0; r < FC_REGIME_STATES; r++) {
            out[k][r] = weight[k];
            for (int to = 0; to < FC_REGIMES && k < until; to++)
                out[k][r] += growth_to(&m->market, r, to) * exp(m->launch[k + 1]) * out[k + 1][to];
        }
}

/* Flags of a regime: 1 where it is, a quarter each where it is not known. */
static void set_regime(double *x, int regime)
{
    x[GLUT] = regime == FC_REGIMES ? unknown[0] : regime == 0;
    x[SHORTAGE] = regime == FC_REGIMES ? unknown[2] : regime == 2;
}

static int regime_of(const double *x)
{
    if (x[GLUT] > 0 && x[SHORTAGE] > 0)
        return FC_REGIMES;
    return x[GLUT] > 0.5 ? 0 : x[SHORTAGE] > 0.5 ? 2 : 1;
}

static void start(void *of, double *x)
{
    const struct fc_clause_model *m = of;
    x[X] = 0;
    set_regime(x, m->market.regime);
    if (m->lsm.states > MEMORY)
        x[MEMORY] = 1;
}

static double uniform_of(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

static void step(void *of, int k, double *x, const double *z)
{
    const struct fc_clause_model *m = of;
    const struct fc_clause_market *market = &m->market;
    int regime = regime_of(x), next;
    double u = uniform_of(z[1]), first = uniform_of(z[2]);
    if (regime == FC_REGIMES)
        regime = first < unknown[0] ? 0 : first < 1 - unknown[2] ? 1 : 2;
    x[X] += market->drift[regime] / 12 + market->sigma[regime] / sqrt(12.0) * z[0] + m->launch[k + 1];
    next = regime;
    if (u < market->leave)
        next = regime != 1 ? 1 : u < market->leave / 2 ? 0 : 2;
    set_regime(x, next);
    if (m->clause == FC_CLAUSE_RESET && (k + 1) % m->terms.reset_every == 0)
        x[MEMORY] = fmin(fmax(exp(x[X]), m->terms.reset_floor), m->terms.reset_cap);
    if (m->clause == FC_CLAUSE_FAVOURED)
        x[MEMORY] = fmin(x[MEMORY], exp(x[X]));
}

/* --- what each clause brings: stop and flow to the customer, other_... to the provider --- */

static double exit_cost(const struct fc_clause_model *m, int k)
{
    return m->discount[k] * (m->terms.fee * m->terms.due[k] - m->terms.back[k]);
}

static double terminate_stop(void *of, int k, const double *x)
{
    (void)x;
    const struct fc_clause_model *m = of;
    return k < m->terms.first ? -INFINITY : -exit_cost(m, k);
}

static double contract_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    const struct fc_clause_terms *t = &m->terms;
    double worth = t->worth[k] * (1 + t->switching) * exp(x[X]);
    return m->discount[k] * (worth - t->bill[k] + t->credit[k]);
}

static double contract_expected(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return (1 + m->terms.switching) * m->worth[k][regime_of(x)] * exp(x[X]) - m->paid[k];
}

static double terminate_other_stop(void *of, int k, const double *x)
{
    (void)x;
    return exit_cost(of, k);
}

static double provider_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    const struct fc_clause_terms *t = &m->terms;
    return m->discount[k] * (t->bill[k] - t->credit[k] - t->capacity[k] * t->relet * exp(x[X]));
}

/* Capacity from month k on: what it is worth to one of the parties, and what is paid for it, the fee included. */
static double addition(const struct fc_clause_model *m, int k, const double *x, double share, double strike,
                       bool provider)
{
    const struct fc_clause_terms *t = &m->terms;
    double paid = strike / t->price * t->full_month * m->hours[k] * (1 + t->fee);
    double worth = m->full[k][regime_of(x)] * exp(x[X]);
    return share * (provider ? paid - t->relet * worth : worth - paid);
}

static double expand_stop(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k < m->terms.first ? -INFINITY
                              : addition(m, k, x, m->terms.expand_share, m->terms.expand_strike, false);
}

/* Used in the last month, whatever the price is then. */
static double expand_expected(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    const struct fc_clause_terms *t = &m->terms;
    double paid = t->expand_strike / t->price * t->full_month * m->hours[t->expand_last] * (1 + t->fee);
    return t->expand_share * (m->last[k][regime_of(x)] * exp(x[X]) - paid);
}

static double expand_other_stop(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return addition(m, k, x, m->terms.expand_share, m->terms.expand_strike, true);
}

static double extension(const struct fc_clause_model *m, int k, const double *x, bool provider)
{
    double strike = m->terms.extension_price * m->terms.price;
    return addition(m, k, x, 1, strike, provider);
}

static double extend_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k == m->terms.months ? fmax(extension(m, k, x, false), 0) : 0;
}

static double extend_other_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k == m->terms.months && extension(m, k, x, false) > 0 ? extension(m, k, x, true) : 0;
}

/* Begun in month k, less begun on the day agreed. */
static double begun(const struct fc_clause_model *m, int k, const double *x, bool provider)
{
    const struct fc_clause_terms *t = &m->terms;
    double paid = m->discount[k] * (m->paid[0] + t->open[0] + (k > 0 ? t->fee * t->due[0] : 0));
    if (provider)
        return paid - t->relet * m->shifted_capacity[k][regime_of(x)] * exp(x[X]) - m->other_base;
    return (1 + t->switching) * m->shifted[k][regime_of(x)] * exp(x[X]) - paid - m->base;
}

static double defer_stop(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k == m->terms.deferral || (k > 0 && k < m->terms.first) ? -INFINITY : begun(m, k, x, false);
}

static double defer_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k == m->terms.deferral ? begun(m, k, x, false) : 0;
}

static double defer_expected(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    const struct fc_clause_terms *t = &m->terms;
    double paid = m->discount[t->deferral] * (m->paid[0] + t->open[0] + t->fee * t->due[0]);
    return (1 + t->switching) * m->last[k][regime_of(x)] * exp(x[X]) - paid - m->base;
}

static double defer_other_stop(void *of, int k, const double *x)
{
    return begun(of, k, x, true);
}

static double defer_other_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k == m->terms.deferral ? begun(m, k, x, true) : 0;
}

static double swapped(const struct fc_clause_model *m, int k, const double *x, bool provider)
{
    const struct fc_clause_terms *t = &m->terms;
    double fee = m->discount[k] * t->fee * t->due[k], more = (t->swap_gain - 1) * exp(x[X]);
    return provider ? fee - t->relet * more * m->capacity[k][regime_of(x)]
                    : more * m->worth[k][regime_of(x)] - fee;
}

static double swap_stop(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return k < m->terms.first || k < m->market.first_launch ? -INFINITY : swapped(m, k, x, false);
}

static double swap_other_stop(void *of, int k, const double *x)
{
    return swapped(of, k, x, true);
}

/* What a rule takes off the bill. */
static double rule_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    return m->discount[k] * m->terms.bill[k] * (1 - x[MEMORY]);
}

static double rule_other_flow(void *of, int k, const double *x)
{
    return -rule_flow(of, k, x);
}

/* The provider fails in month k with the chance of that month: what the step in keeps, where it is worth it. */
static double step_in(const struct fc_clause_model *m, int k, const double *x)
{
    const struct fc_clause_terms *t = &m->terms;
    double lost = m->discount[k] * t->recovery * t->open[k];
    double fee = m->discount[k] * t->fee * t->due[k];
    double kept = (m->worth[k][regime_of(x)] * (1 + t->switching) + m->gap[k][regime_of(x)]) * exp(x[X]);
    return kept - m->paid[k] - lost - fee;
}

static double fails_in(const struct fc_clause_model *m, int k)
{
    return exp(-m->terms.hazard * k / 12) * -expm1(-m->terms.hazard / 12);
}

static double step_in_flow(void *of, int k, const double *x)
{
    return fails_in(of, k) * fmax(step_in(of, k, x), 0);
}

/* The provider's estate gets the bills to come and no claim for the prepayment, and loses the capacity that it would sell. */
static double step_in_other_flow(void *of, int k, const double *x)
{
    const struct fc_clause_model *m = of;
    const struct fc_clause_terms *t = &m->terms;
    if (step_in(m, k, x) <= 0)
        return 0;
    double kept = m->paid[k] + m->discount[k] * (t->recovery * t->open[k] + t->fee * t->due[k]);
    return fails_in(m, k) * (kept - t->relet * m->capacity[k][regime_of(x)] * exp(x[X]));
}

static double no_stop(void *of, int k, const double *x)
{
    (void)of, (void)k, (void)x;
    return -INFINITY;
}

/* --- making the model of a clause --- */

static void sum_backwards(const double *weight, int until, double *out)
{
    double sum = 0;
    for (int k = until; k >= 0; k--)
        out[k] = sum += weight[k];
}

/* Weights of a schedule begun in month k, discounted, and what they are worth in month k. */
static void shift(struct fc_clause_model *m, const double *schedule, int k, double *weight,
                  double (*whole)[FC_REGIME_STATES], double out[FC_REGIME_STATES])
{
    int until = k + m->terms.months - 1;
    memset(weight, 0, FC_CLAUSE_MONTHS * sizeof *weight);
    for (int i = 0; i < m->terms.months; i++)
        weight[k + i] = m->discount[k + i] * schedule[i];
    annuity(m, k, until, weight, whole);
    memcpy(out, whole[k], FC_REGIME_STATES * sizeof *out);
}

/* What month `end` brings over exp(X), `at_end`, seen from each month before. */
static void carry_back(struct fc_clause_model *m, int end, const double at_end[FC_REGIME_STATES])
{
    memcpy(m->last[end], at_end, sizeof m->last[end]);
    for (int k = end - 1; k >= 0; k--)
        for (int from = 0; from < FC_REGIME_STATES; from++) {
            m->last[k][from] = 0;
            for (int to = 0; to < FC_REGIMES; to++)
                m->last[k][from] +=
                    growth_to(&m->market, from, to) * exp(m->launch[k + 1]) * m->last[k + 1][to];
        }
}

static void prepare(struct fc_clause_model *m)
{
    struct fc_clause_terms *t = &m->terms;
    double weight[FC_CLAUSE_MONTHS] = {0}, full[FC_CLAUSE_MONTHS] = {0}, paid[FC_CLAUSE_MONTHS] = {0};
    static _Thread_local double whole[FC_CLAUSE_MONTHS][FC_REGIME_STATES];
    int last = t->months - 1, r = m->market.regime;
    for (int k = 0; k < FC_CLAUSE_MONTHS; k++)
        m->discount[k] = pow(1 + t->rate, -(k + t->at) / 12);
    launches(m);
    for (int k = 0; k <= last; k++) {
        weight[k] = m->discount[k] * t->worth[k];
        paid[k] = m->discount[k] * (t->bill[k] - t->credit[k]);
    }
    annuity(m, 0, last, weight, m->worth);
    sum_backwards(paid, last, m->paid);
    for (int k = 0; k <= last; k++)
        weight[k] = m->discount[k] * t->capacity[k];
    annuity(m, 0, last, weight, m->capacity);
    /* the whole capacity: to the end of the term, or in the months after it */
    int from = m->clause == FC_CLAUSE_EXTEND ? t->months : 0;
    int until = m->clause == FC_CLAUSE_EXTEND ? t->months + t->extension - 1 : last;
    memset(weight, 0, sizeof weight);
    for (int k = from; k <= until; k++) {
        full[k] = m->discount[k];
        weight[k] = m->discount[k] * t->full_month;
    }
    annuity(m, 0, until, weight, m->full);
    sum_backwards(full, until, m->hours);
    for (int k = 0; k <= last && m->clause == FC_CLAUSE_STEP_IN; k++) { /* of the months k ... k + gap - 1 */
        int end = k + t->gap - 1 < last ? k + t->gap - 1 : last;
        memset(weight, 0, sizeof weight);
        for (int j = k; j <= end; j++)
            weight[j] = m->discount[j] * t->worth[j];
        annuity(m, k, end >= k ? end : k, weight, whole);
        memcpy(m->gap[k], whole[k], sizeof m->gap[k]);
    }
    for (int k = 0; k <= t->deferral && m->clause == FC_CLAUSE_DEFER; k++) {
        shift(m, t->worth, k, weight, whole, m->shifted[k]);
        shift(m, t->capacity, k, weight, whole, m->shifted_capacity[k]);
    }
    if (m->clause == FC_CLAUSE_DEFER)
        carry_back(m, t->deferral, m->shifted[t->deferral]);
    if (m->clause == FC_CLAUSE_EXPAND)
        carry_back(m, t->expand_last, m->full[t->expand_last]);
    m->never = (1 + t->switching) * m->worth[0][r] - m->paid[0];
    if (m->clause == FC_CLAUSE_DEFER) {
        double at[3] = {0};
        set_regime(at, r);
        double base = begun(m, 0, at, false), other = begun(m, 0, at, true);
        m->base = base;
        m->other_base = other;
    }
}

static int check(enum fc_clause clause, const struct fc_clause_terms *t, struct fc_error *error)
{
    static const char *const misses = "value %s: %s";
    const char *lacks = NULL;
    if (clause == FC_CLAUSE_EXPAND &&
        (t->expand_last <= 0 || !(t->expand_strike > 0) || !(t->expand_share > 0)))
        lacks = "state contract.expansion_month (the last month in which it may be used), "
                "contract.expansion_share and contract.expansion_strike";
    else if (clause == FC_CLAUSE_EXPAND && t->expand_last >= t->months)
        lacks = "contract.expansion_month lies beyond the term";
    else if (clause == FC_CLAUSE_EXPAND && t->rights > FC_LSM_RIGHTS)
        lacks = "clause.rights is above 60";
    else if (clause == FC_CLAUSE_RESET && t->reset_every <= 0)
        lacks = "state contract.reset_every (months between two resets)";
    else if (clause == FC_CLAUSE_RESET && t->reset_floor > t->reset_cap)
        lacks = "contract.reset_floor is above contract.reset_cap";
    else if (clause == FC_CLAUSE_SWAP && !(t->swap_gain > 1))
        lacks = "clause.swap_gain is what the same money buys of the next generation; it must be above 1";
    else if (clause == FC_CLAUSE_STEP_IN && !(t->hazard > 0))
        lacks = "state events.provider_hazard, the provider's defaults per year";
    else if (t->first >= t->months)
        lacks = "clause.first lies beyond the term";
    return lacks ? fc_fail(error, FC_BAD_INPUT, misses, clauses[clause].name, lacks) : 0;
}

int fc_clause_model_make(struct fc_clause_model **model, enum fc_clause clause,
                         const struct fc_clause_terms *terms, const struct fc_clause_market *market,
                         struct fc_error *error)
{
    int months = terms->months;
    const struct fc_lsm_model rule = {.dates = months, .states = 4, .stop = no_stop,
                                      .flow = rule_flow, .other_flow = rule_other_flow}; /* acts by itself */
    const struct fc_lsm_model models[FC_CLAUSES] = {
        [FC_CLAUSE_TERMINATE] = {.dates = months, .states = 3, .stop = terminate_stop,
            .flow = contract_flow, .expected = contract_expected, .other_stop = terminate_other_stop, .other_flow = provider_flow},
        [FC_CLAUSE_EXPAND] = {.dates = terms->expand_last + 1, .states = 3, .stop = expand_stop,
            .going_on_costs_nothing = true, .expected = expand_expected, .other_stop = expand_other_stop, .apart = true,
            .rights = terms->rights},
        [FC_CLAUSE_EXTEND] = {.dates = months + 1, .states = 3, .stop = no_stop,
            .flow = extend_flow, .other_flow = extend_other_flow},
        [FC_CLAUSE_DEFER] = {.dates = terms->deferral + 1, .states = 3, .stop = defer_stop,
            .flow = defer_flow, .expected = defer_expected, .other_stop = defer_other_stop, .other_flow = defer_other_flow},
        [FC_CLAUSE_SWAP] = {.dates = months, .states = 3, .stop = swap_stop,
            .going_on_costs_nothing = true, .other_stop = swap_other_stop},
        [FC_CLAUSE_RESET] = rule,
        [FC_CLAUSE_FAVOURED] = rule,
        [FC_CLAUSE_STEP_IN] = {.dates = months, .states = 3, .stop = no_stop,
            .flow = step_in_flow, .other_flow = step_in_other_flow},
    };
    *model = NULL;
    if (check(clause, terms, error))
        return -1;
    struct fc_clause_model *m = calloc(1, sizeof *m);
    if (!m)
        return fc_fail(error, FC_FAULT, "no memory for a clause");
    m->clause = clause;
    m->terms = *terms;
    m->market = *market;
    m->lsm = models[clause];
    m->lsm.of = m;
    m->lsm.normals = 2; /* of the price and the regime */
    m->lsm.start = start;
    m->lsm.step = step;
    m->lsm.flag[GLUT] = m->lsm.flag[SHORTAGE] = true;
    prepare(m);
    *model = m;
    return 0;
}

const struct fc_lsm_model *fc_clause_model_lsm(const struct fc_clause_model *model)
{
    return &model->lsm;
}

void fc_clause_model_free(struct fc_clause_model *model)
{
    free(model);
}

/* --- values --- */

static int chosen(const struct fc_clause_model *m, const struct fc_lsm_options *o, struct fc_lsm_value *v,
                  struct fc_error *error)
{
    struct fc_lsm_policy *policy;
    if (fc_lsm_fit(&policy, &m->lsm, o, error))
        return -1;
    int status = fc_lsm_value(v, policy, error);
    fc_lsm_free(policy);
    return status;
}

/* What the clause adds by the policy found, for the search of a fee. */
static int adds(const struct fc_clause_model *m, const struct fc_clause_options *options, double *gain,
                struct fc_error *error)
{
    struct fc_lsm_options o = {options->seed, 4000, 6000, 0, 2, 3};
    struct fc_lsm_value v;
    if (!clauses[m->clause].decided) {
        o.fit_paths = 1000;
        o.degree = 1;
    }
    if (chosen(m, &o, &v, error))
        return -1;
    *gain = !clauses[m->clause].decided        ? v.never.value
            : m->clause == FC_CLAUSE_TERMINATE ? v.lower.value - m->never
                                               : v.lower.value;
    return 0;
}

/* The fee at which the clause adds FC_CLAUSE_NOTHING of the contract's value: halving, on the same paths. */
static int find_fee(struct fc_clause_model *m, const struct fc_clause_options *options, double *fee,
                    struct fc_error *error)
{
    double low = 0, high = 1, gain, least = FC_CLAUSE_NOTHING * m->terms.value, was = m->terms.fee;
    m->terms.fee = low;
    int status = adds(m, options, &gain, error);
    *fee = 0;
    if (!status && gain <= least)
        high = low;
    m->terms.fee = high;
    if (!status && high > low && !(status = adds(m, options, &gain, error)) && gain > least) {
        *fee = INFINITY;
        high = low;
    }
    for (int i = 0; i < 9 && high > low && !status; i++) {
        m->terms.fee = (low + high) / 2;
        status = adds(m, options, &gain, error);
        *(gain > least ? &low : &high) = m->terms.fee;
        *fee = (low + high) / 2;
    }
    m->terms.fee = was;
    return status;
}

/* The interval of a simulated mean: two standard errors to each side. */
static void around(const struct fc_lsm_figure *f, double *lower, double *upper)
{
    *lower = f->value - 2 * f->error;
    *upper = f->value + 2 * f->error;
}

static int by_rule(const struct fc_clause_model *m, const struct fc_clause_options *options,
                   struct fc_clause_value *value, struct fc_error *error)
{
    struct fc_lsm_options o = {options->seed, 1000, options->paths, 0, 2, 1};
    struct fc_lsm_model mirror = m->lsm;
    struct fc_lsm_policy *policy = NULL;
    struct fc_lsm_value v;
    int status = chosen(m, &o, &v, error);
    if (status)
        return status;
    around(&v.never, &value->lower, &value->upper);
    mirror.flow = m->lsm.other_flow; /* the provider's side of the same worlds */
    mirror.other_flow = NULL;
    if (fc_lsm_fit(&policy, &mirror, &o, error))
        return -1;
    status = fc_lsm_value(&v, policy, error);
    fc_lsm_free(policy);
    around(&v.never, &value->provider_lower, &value->provider_upper);
    return status;
}

static int by_choice(const struct fc_clause_model *m, const struct fc_clause_options *options,
                     struct fc_clause_value *value, struct fc_error *error)
{
    struct fc_lsm_options o = {options->seed,       options->fit_paths, options->paths,
                               options->dual_paths, options->inner,     4};
    struct fc_lsm_value v;
    if (chosen(m, &o, &v, error))
        return -1;
    bool ends = m->clause == FC_CLAUSE_TERMINATE; /* the contract goes on without it; others add to it */
    double never = ends ? m->never : 0, lower = v.lower.value - never;
    const struct fc_lsm_figure *known = ends ? &v.hindsight_gain : &v.hindsight;
    double most = known->value + 2 * known->error;
    value->lower = fmax(lower - 2 * v.lower.error, 0);
    value->upper = fmax(fmin(v.upper.value - never + 2 * v.upper.error, most), value->lower);
    value->hindsight = known->value;
    value->hindsight_se = known->error;
    value->used = v.stopped.value;
    value->times = v.used.value;
    /* The provider's part of the same policy, as far up and down as the customer's may be wrong. */
    struct fc_lsm_figure other = ends ? v.other_gain : v.other;
    double above = fmax(value->upper - lower, 2 * other.error);
    value->provider_lower = other.value - above;
    value->provider_upper = other.value + 2 * other.error;
    return 0;
}

int fc_clause_value(enum fc_clause clause, const struct fc_clause_terms *terms,
                    const struct fc_clause_market *market, const struct fc_clause_options *options,
                    struct fc_clause_value *value, struct fc_error *error)
{
    struct fc_clause_model *m;
    *value = (struct fc_clause_value){
        .hindsight = NAN, .hindsight_se = NAN, .used = NAN, .times = NAN, .fee_of_nothing = NAN};
    if (fc_clause_model_make(&m, clause, terms, market, error))
        return -1;
    value->decided = clauses[clause].decided;
    value->never = m->never - terms->open[0];
    int status = value->decided ? by_choice(m, options, value, error) : by_rule(m, options, value, error);
    if (!status && options->find_fee && clauses[clause].fee)
        status = find_fee(m, options, &value->fee_of_nothing, error);
    fc_clause_model_free(m);
    return status;
}
