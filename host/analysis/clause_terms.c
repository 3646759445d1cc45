/* clause_terms.c: see clause_terms.h. */
#include "clause_terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/language/distribution.h"
#include "host/run/flows.h"

/* The mean of an uncertain key, over 2,000 quantiles in equal steps of probability. */
static double mean_of(const struct fc_settings *settings, enum fc_field_id id)
{
    enum { STEPS = 2000 };
    const struct fc_setting *s = &settings->fields[id];
    double sum = 0;
    if (!s->distribution)
        return s->number;
    for (int i = 0; i < STEPS; i++)
        sum += fc_distribution_quantile(s->distribution, (i + 0.5) / STEPS, (STEPS - i - 0.5) / STEPS);
    return sum / STEPS;
}

static void read_market(const struct fc_scenario *s, struct fc_clause_market *market)
{
    const struct fc_months *months = &s->compiled.program.contract.months;
    *market = (struct fc_clause_market){.regime = 1, .first_launch = INFINITY, .interval = 12};
    if (!months->market)
        return;
    for (int r = 0; r < FC_REGIMES; r++) {
        market->drift[r] = (double)months->drift[r];
        market->sigma[r] = (double)months->sigma[r];
    }
    market->regime = months->regime;
    market->leave = 1 / fmax(mean_of(s->settings, FC_FIELD_REGIME_LENGTH), 1);
    market->first_launch = (double)months->first_launch;
    market->interval = mean_of(s->settings, FC_FIELD_LAUNCH_INTERVAL);
    market->step = mean_of(s->settings, FC_FIELD_LAUNCH_STEP);
}

static void read_keys(enum fc_clause clause, const struct fc_settings *settings,
                      const struct fc_months *months, struct fc_clause_terms *t)
{
    const struct fc_setting *f = settings->fields;
    t->rate = mean_of(settings, FC_FIELD_DISCOUNT_RATE);
    if (months->nominal_rate)
        t->rate = pow(1 + t->rate / 12, 12) - 1;
    t->at = (double)months->discount_at;
    t->switching = mean_of(settings, FC_FIELD_SWITCHING_COST);
    t->fee = clause == FC_CLAUSE_TERMINATE ? mean_of(settings, FC_FIELD_TERMINATION_FEE)
                                           : f[FC_FIELD_CLAUSE_FEE].number;
    t->relet = f[FC_FIELD_CLAUSE_RELET].number;
    t->first = (int)f[FC_FIELD_CLAUSE_FIRST].number;
    t->expand_last = (int)f[FC_FIELD_EXPANSION_MONTH].number;
    t->expand_share = f[FC_FIELD_EXPANSION_SHARE].is_set ? f[FC_FIELD_EXPANSION_SHARE].number : 0;
    t->expand_strike = f[FC_FIELD_EXPANSION_STRIKE].is_set ? f[FC_FIELD_EXPANSION_STRIKE].number : 0;
    t->rights = (int)f[FC_FIELD_CLAUSE_RIGHTS].number;
    t->extension = (int)f[FC_FIELD_CLAUSE_EXTENSION].number;
    t->extension_price = f[FC_FIELD_CLAUSE_EXTENSION_PRICE].number;
    t->deferral = (int)f[FC_FIELD_CLAUSE_DEFERRAL].number;
    t->swap_gain = f[FC_FIELD_CLAUSE_SWAP_GAIN].number;
    t->reset_every = (int)f[FC_FIELD_RESET_EVERY].number;
    t->reset_floor = f[FC_FIELD_RESET_FLOOR].number;
    t->reset_cap = f[FC_FIELD_RESET_CAP].number;
    t->hazard = f[FC_FIELD_PROVIDER_HAZARD].numbers[0];
    if (f[FC_FIELD_PROVIDER_ASSETS].is_set) { /* hazards that differ by year: their mean over the term */
        t->hazard = 0;
        for (int m = 0; m < months->months; m++) {
            int year = m / 12 < FC_EVENT_YEARS ? m / 12 : FC_EVENT_YEARS - 1;
            t->hazard += (double)months->hazard[FC_EVENT_PROVIDER][year] / months->months;
        }
    }
    t->recovery = f[FC_FIELD_RECOVERY].number;
    t->gap = (int)f[FC_FIELD_GAP].number;
}

/* Adds one world to the schedule, `share` of it. What is left to pay is the floor's share of the hours to come, or what the
 * minimum still lacks. */
static void add_world(const struct fc_flows_world *w, bool minimum, double share, struct fc_clause_terms *t)
{
    double price = (double)w->inputs[FC_IN_PRICE_GPU_HOUR_USD], least = (double)w->inputs[FC_IN_TAKE_OR_PAY];
    double all = 0, gone = 0, paid = 0, credited = 0;
    for (int k = 0; k < w->months; k++)
        all += fc_flow_in(w, k, FC_FLOW_DELIVERED);
    double prepaid = (double)w->inputs[FC_IN_PREPAYMENT] * price * all;
    for (int k = 0; k < w->months; k++) {
        double hours = fc_flow_in(w, k, FC_FLOW_DELIVERED);
        double bill = -fc_flow_in(w, k, FC_FLOW_BILLS) - fc_flow_in(w, k, FC_FLOW_CREDITS);
        double credit = fc_flow_in(w, k, FC_FLOW_PREPAID) + (k == 0 ? prepaid : 0);
        double open = fmax(prepaid - credited, 0);
        double left = minimum ? fmax(least * price * all - paid, 0) : least * price * (all - gone);
        t->worth[k] += share * price * fc_flow_in(w, k, FC_FLOW_USED);
        t->capacity[k] += share * price * hours;
        t->bill[k] += share * bill;
        t->credit[k] += share * credit;
        t->due[k] += share * fmax(left - open, 0);
        t->open[k] += share * open;
        t->back[k] += share * fmax(open - left, 0);
        t->value += share * bill;
        gone += hours;
        paid += bill;
        credited += credit;
    }
    t->price += share * price;
    t->full_month += share * price * (double)w->gpus * 730.5;
}

int fc_clause_terms_read(enum fc_clause clause, const struct fc_scenario *scenario, uint64_t worlds,
                         struct fc_clause_terms *terms, struct fc_clause_market *market,
                         struct fc_error *error)
{
    struct fc_program program = scenario->compiled.program;
    struct fc_months *months = &program.contract.months;
    struct fc_flows_world *world = malloc(sizeof *world);
    int form = months->provider[0].form, status = 0;
    memset(terms, 0, sizeof *terms);
    if (!world)
        return fc_fail(error, FC_FAULT, "out of memory for the terms of a contract");
    if (program.layers & FC_LAYER_CONTRACT && (months->providers != 1 || form > FC_FORM_MINIMUM))
        status = fc_fail(error, FC_BAD_INPUT,
                         "value looks at a contract with one provider and the form take_or_pay or minimum; "
                         "this one has %d provider%s%s",
                         months->providers, months->providers == 1 ? "" : "s",
                         months->providers == 1 ? " of another form" : "");
    months->market = months->terminate = months->expansion_month = months->reset_every = months->events = 0;
    for (uint64_t i = 0; i < worlds && !status; i++) {
        status = fc_flows_of_world(&program, scenario->compiled.tables, scenario->seed, i, world, error);
        if (!status)
            add_world(world, form == FC_FORM_MINIMUM, 1.0 / (double)worlds, terms);
    }
    terms->months = months->months;
    free(world);
    if (status)
        return status;
    read_market(scenario, market);
    read_keys(clause, scenario->settings, months, terms);
    return 0;
}
