/* facts.c: see facts.h. */
#include "facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "facts_row.h"
#include "history.h"
#include "host/language/embedded.h"

#define TABLE "catalog/dated-facts.csv"
enum {
    TABLE_BYTES = 16 << 20,
    TRIALS = 20000,
    YEAR_FROM = 11, /* months between two prices that count as a year */
    YEAR_TO = 13,
    LEAST_HORIZON = 3 /* of a series that has no two prices a year apart */
};

static int read_text(struct fc_facts *facts, const char *name, const char *text, size_t size,
                     struct fc_error *error)
{
    static const char *const needed[] = {"date_known", "quantity", "value", "unit"};
    struct fc_csv csv;
    if (fc_csv_read(&csv, name, text, size, error))
        return -1;
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof needed / sizeof needed[0]; i++) {
        size_t k = 0;
        while (k < csv.columns && strcmp(fc_csv_cell(&csv, 0, k), needed[i]) != 0)
            k++;
        if (k == csv.columns)
            status =
                fc_fail(error, FC_BAD_INPUT,
                        "%.80s:1:1: the table has no column '%s'; it needs date_known, quantity, value and "
                        "unit, as " TABLE " has them (docs/validation/history.md)",
                        name, needed[i]);
    }
    facts->count = csv.rows > 0 ? csv.rows - 1 : 0;
    facts->rows = calloc(facts->count + 1, sizeof *facts->rows);
    if (status == 0 && !facts->rows)
        status = fc_fail(error, FC_FAULT, "no memory for the table of facts");
    for (size_t i = 0; status == 0 && i < facts->count; i++)
        fc_fact_fill(&facts->rows[i], &csv, i + 1);
    fc_csv_free(&csv);
    return status;
}

int fc_facts_read(struct fc_facts *facts, const char *path, struct fc_error *error)
{
    char *text;
    size_t size;
    *facts = (struct fc_facts){0};
    if (fc_embedded_or_file(path, TABLE, TABLE_BYTES, &text, &size, error))
        return -1;
    int status = read_text(facts, path ? path : TABLE, text, size, error);
    free(text);
    return status;
}

void fc_facts_free(struct fc_facts *facts)
{
    free(facts->rows);
    *facts = (struct fc_facts){0};
}

static bool moves(const struct fc_fact *fact)
{
    return fact->class <= FC_FACT_ELECTRICITY;
}

static bool same_series(const struct fc_fact *a, const struct fc_fact *b)
{
    return a->class == b->class && strcmp(a->series, b->series) == 0;
}

/* The row of the series that lies nearest to a year before row i, and within `from` to `to` months; count: none. */
static size_t origin_of(const struct fc_facts *facts, size_t i, int from, int to, bool longest)
{
    const struct fc_fact *fact = &facts->rows[i];
    size_t best = facts->count;
    int best_cost = 0;
    for (size_t k = 0; k < facts->count; k++) {
        const struct fc_fact *other = &facts->rows[k];
        int months = fact->month - other->month;
        if (k == i || !same_series(fact, other) || other->month < 0 || months < from || months > to)
            continue;
        int cost = longest ? -months : abs(months - 12);
        if (best == facts->count || cost < best_cost) {
            best = k;
            best_cost = cost;
        }
    }
    return best;
}

static bool has_year_pair(const struct fc_facts *facts, size_t i)
{
    for (size_t k = 0; k < facts->count; k++)
        if (same_series(&facts->rows[i], &facts->rows[k]) && facts->rows[k].month >= 0 &&
            origin_of(facts, k, YEAR_FROM, YEAR_TO, false) < facts->count)
            return true;
    return false;
}

/* Finds what each price is forecast from; a price that nothing comes before gets its reason. */
static void find_origins(struct fc_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        struct fc_fact *fact = &facts->rows[i];
        if (!moves(fact))
            continue;
        if (fact->month < 0) {
            snprintf(fact->reason, sizeof fact->reason, "its date_known is not YYYY, YYYY-MM or YYYY-MM-DD");
            continue;
        }
        size_t origin = origin_of(facts, i, YEAR_FROM, YEAR_TO, false);
        fact->year_ahead = origin < facts->count;
        if (!fact->year_ahead && !has_year_pair(facts, i))
            origin = origin_of(facts, i, LEAST_HORIZON, 1200, true);
        if (origin == facts->count) {
            snprintf(fact->reason, sizeof fact->reason, "no price of its series a year before: '%.120s'",
                     fact->series);
            continue;
        }
        fact->origin = (int)origin;
        fact->horizon = fact->month - facts->rows[origin].month;
    }
}

static double middle(const struct fc_fact *fact)
{
    if (fact->at_least)
        return fact->low;
    return fact->low > 0 ? sqrt(fact->low * fact->high) : (fact->low + fact->high) / 2;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The months of a contract from price 1: where list, contract and spot price stand after `horizon` months. */
static int scenario_of(struct fc_scenario *scenario, int horizon, const struct fc_analysis_options *options,
                       struct fc_error *error)
{
    char text[600];
    snprintf(text, sizeof text,
             "name: dated-facts\nlayers: contract\ncluster: {gpu: gb300}\n"
             "prices: {gpu_hour: 1 USD, list: 1 USD, spot_ratio: 1}\n"
             "contract: {gpus: 1000, years: %d months, ramp: 0 months, detail: months, mfu: 0.4, goodput: 1, "
             "credit_from: 0 months, prepayment: 0}\n"
             "market: {paths: true}\n",
             horizon + 1);
    struct fc_scenario_options own = options->scenario;
    own.text = text;
    return fc_scenario_open(scenario, "dated facts", &own, error);
}

/* Quantiles of a price after `horizon` months over what it was, into forecast[FC_FACT_POINTS]. */
static int price_quantiles(const struct fc_fact *fact, double *forecast, struct fc_analysis *analysis,
                           const struct fc_analysis_options *options, struct fc_error *error)
{
    static const int metrics[] = {FC_M_CONTRACT_PRICE_END_USD, FC_M_LIST_PRICE_END_USD,
                                  FC_M_SPOT_PRICE_END_USD};
    struct fc_scenario scenario;
    if (scenario_of(&scenario, fact->horizon, options, error))
        return -1;
    struct fc_program *program = &scenario.compiled.program;
    fc_analysis_keep(program, &metrics[fact->class], 1);
    uint64_t trials = options->scenario.trials ? options->scenario.trials : TRIALS;
    float *samples = fc_analysis_samples(trials, 1, error);
    int status = samples ? fc_analysis_run(analysis, &scenario.compiled, scenario.seed, 0, trials, NULL,
                                           samples, error)
                         : -1;
    if (status == 0) {
        qsort(samples, trials, sizeof *samples, by_value);
        for (size_t k = 0; k < FC_FACT_POINTS; k++)
            forecast[k] = (double)samples[(size_t)(((double)k + 0.5) / FC_FACT_POINTS * (double)trials)];
    }
    free(samples);
    fc_scenario_close(&scenario);
    return status;
}

/* A price from its origin: rows of the same horizon and class share one simulation. */
static int forecast_price(struct fc_facts *facts, size_t i, struct fc_analysis *analysis,
                          const struct fc_analysis_options *options, struct fc_error *error)
{
    struct fc_fact *fact = &facts->rows[i];
    double from = middle(&facts->rows[fact->origin]);
    for (size_t k = 0; k < i; k++) {
        const struct fc_fact *done = &facts->rows[k];
        if (done->origin < 0 || done->class != fact->class || done->horizon != fact->horizon)
            continue;
        double other = middle(&facts->rows[done->origin]);
        for (size_t q = 0; q < FC_FACT_POINTS; q++)
            fact->forecast[q] = done->forecast[q] / other * from;
        return 0;
    }
    if (price_quantiles(fact, fact->forecast, analysis, options, error))
        return -1;
    for (size_t q = 0; q < FC_FACT_POINTS; q++)
        fact->forecast[q] *= from;
    return 0;
}

static double quantile_of(const struct fc_setting *setting, double u)
{
    return fc_distribution_quantile(setting->distribution, u, 1 - u);
}

/* The mean of an input, over the points of a forecast. */
static double mean_of(const struct fc_setting *setting)
{
    double sum = 0;
    for (size_t k = 0; k < FC_FACT_POINTS; k++)
        sum += quantile_of(setting, ((double)k + 0.5) / FC_FACT_POINTS);
    return sum / FC_FACT_POINTS;
}

/* What does not move from an origin: straight from the inputs that the contract layer draws. */
static void forecast_input(const struct fc_facts *facts, struct fc_fact *fact,
                           const struct fc_settings *settings)
{
    const struct fc_setting *f = settings->fields;
    double late = mean_of(&f[FC_FIELD_DELAY_PROBABILITY]);
    for (size_t k = 0; k < FC_FACT_POINTS; k++) {
        double u = ((double)k + 0.5) / FC_FACT_POINTS, *to = &fact->forecast[k];
        if (fact->class == FC_FACT_DELAY)
            *to = u > 1 - late ? quantile_of(&f[FC_FIELD_DELAY_LENGTH], (u - 1 + late) / late) : 0;
        else if (fact->class == FC_FACT_SHARE)
            *to = quantile_of(&f[FC_FIELD_DELAY_PROBABILITY], u);
        else if (fact->class == FC_FACT_OUTAGE)
            *to = quantile_of(&f[FC_FIELD_OUTAGE_LENGTH], u);
        else
            *to = middle(&facts->rows[fact->origin]) *
                  pow(1 + quantile_of(&f[FC_FIELD_ENERGY_GROWTH], u), fact->horizon / 12.0);
    }
}

static void score(struct fc_fact *fact)
{
    const double *q = fact->forecast;
    double happened = middle(fact);
    double p5 = fc_history_quantile(q, FC_FACT_POINTS, 0.05);
    double p95 = fc_history_quantile(q, FC_FACT_POINTS, 0.95);
    fact->inside90 = fact->low <= p95 && (fact->at_least || fact->high >= p5);
    fact->log_error = fact->crps = NAN;
    if (fact->class == FC_FACT_DELAY || fact->class == FC_FACT_SHARE) {
        size_t below = 0, equal = 0;
        for (size_t k = 0; k < FC_FACT_POINTS; k++) {
            below += q[k] < happened;
            equal += !(q[k] < happened) && !(q[k] > happened);
        }
        fact->percentile = ((double)below + 0.5 * (double)equal) / FC_FACT_POINTS;
        return;
    }
    struct fc_history_score s = fc_history_score_of(q, FC_FACT_POINTS, happened);
    fact->percentile = s.percentile;
    fact->log_error = s.log_error;
    fact->crps = s.crps;
}

/* --- what a right forecast holds
 * ------------------------------------------------------------------------------------------------- */

#define BAND_FROM 0.85
#define BAND_TO 0.95
enum { LUCK_WORLDS = 4000, LUCK_MONTHS = 480 };

static bool counts_for_luck(const struct fc_fact *fact)
{
    return !fact->reason[0] && fact->class == FC_FACT_INDEX && fact->year_ahead;
}

/* The index in every world after `months`, which the worlds of all months share. */
static int index_after(int months, float *values, struct fc_analysis *analysis,
                       const struct fc_analysis_options *options, struct fc_error *error)
{
    static const int metric = FC_M_CONTRACT_PRICE_END_USD;
    struct fc_scenario scenario;
    if (scenario_of(&scenario, months, options, error))
        return -1;
    fc_analysis_keep(&scenario.compiled.program, &metric, 1);
    int status = fc_analysis_run(analysis, &scenario.compiled, scenario.seed, 0, LUCK_WORLDS, NULL, values, error);
    fc_scenario_close(&scenario);
    return status;
}

static double share_by_series(const struct fc_facts *facts)
{
    double sum = 0, series = 0;
    for (size_t i = 0; i < facts->count; i++) {
        if (!counts_for_luck(&facts->rows[i]))
            continue;
        double rows = 0, inside = 0;
        bool first = true;
        for (size_t k = 0; k < facts->count; k++) {
            const struct fc_fact *other = &facts->rows[k];
            if (!counts_for_luck(other) || !same_series(other, &facts->rows[i]))
                continue;
            first &= k >= i;
            rows++;
            inside += other->inside90;
        }
        sum += first ? inside / rows : 0;
        series += first;
    }
    return sum / fmax(1, series);
}

static void count_worlds(struct fc_facts *facts, float *const *index, int from)
{
    struct fc_fact_luck *luck = &facts->luck;
    luck->by_series = share_by_series(facts);
    for (size_t w = 0; w < LUCK_WORLDS; w++) {
        size_t inside = 0;
        for (size_t i = 0; i < facts->count; i++) {
            const struct fc_fact *fact = &facts->rows[i];
            if (!counts_for_luck(fact))
                continue;
            const struct fc_fact *origin = &facts->rows[fact->origin];
            double change = (double)index[fact->month - from][w] / (double)index[origin->month - from][w];
            double moved = change * middle(origin);
            inside += moved >= fc_history_quantile(fact->forecast, FC_FACT_POINTS, 0.05) &&
                      moved <= fc_history_quantile(fact->forecast, FC_FACT_POINTS, 0.95);
        }
        double share = (double)inside / (double)luck->rows;
        luck->mean += share / LUCK_WORLDS;
        luck->all += inside == luck->rows ? 1.0 / LUCK_WORLDS : 0;
        luck->in_band += share >= BAND_FROM && share <= BAND_TO ? 1.0 / LUCK_WORLDS : 0;
        luck->fewer += share < BAND_FROM ? 1.0 / LUCK_WORLDS : 0;
    }
}

/* Rows overlap, and all follow one index, so that of fifty of them few are apart: each world's prices, taken for those
 * that happened, say how many a forecast holds that could not be better. */
static int find_luck(struct fc_facts *facts, struct fc_analysis *analysis,
                     const struct fc_analysis_options *options, struct fc_error *error)
{
    int from = 0, to = 0;
    facts->luck = (struct fc_fact_luck){0};
    for (size_t i = 0; i < facts->count; i++) {
        const struct fc_fact *fact = &facts->rows[i];
        if (!counts_for_luck(fact))
            continue;
        int origin = facts->rows[fact->origin].month;
        from = facts->luck.rows == 0 || origin < from ? origin : from;
        to = facts->luck.rows == 0 || fact->month > to ? fact->month : to;
        facts->luck.rows++;
    }
    if (facts->luck.rows == 0 || to - from > LUCK_MONTHS)
        return 0;
    size_t months = (size_t)(to - from) + 1;
    float *values = malloc(months * LUCK_WORLDS * sizeof *values), **index = calloc(months, sizeof *index);
    int status = values && index ? 0 : fc_fail(error, FC_FAULT, "no memory for the worlds of the facts");
    for (size_t m = 0; status == 0 && m < months; m++) {
        bool used = false;
        index[m] = values + m * LUCK_WORLDS;
        for (size_t i = 0; i < facts->count; i++)
            used |= counts_for_luck(&facts->rows[i]) &&
                    (facts->rows[i].month == from + (int)m ||
                     facts->rows[facts->rows[i].origin].month == from + (int)m);
        for (size_t w = 0; m == 0 && w < LUCK_WORLDS; w++)
            index[0][w] = 1;
        if (used && m > 0)
            status = index_after((int)m, index[m], analysis, options, error);
    }
    if (status == 0)
        count_worlds(facts, index, from);
    free(index);
    free(values);
    return status;
}

int fc_facts_run(struct fc_facts *facts, struct fc_analysis *analysis,
                 const struct fc_analysis_options *options, struct fc_error *error)
{
    struct fc_scenario scenario;
    find_origins(facts);
    if (scenario_of(&scenario, 12, options, error))
        return -1;
    int status = 0;
    for (size_t i = 0; status == 0 && i < facts->count; i++) {
        struct fc_fact *fact = &facts->rows[i];
        if (fact->reason[0])
            continue;
        if (fact->class <= FC_FACT_SPOT)
            status = forecast_price(facts, i, analysis, options, error);
        else
            forecast_input(facts, fact, scenario.settings);
        if (status == 0)
            score(fact);
    }
    fc_scenario_close(&scenario);
    return status == 0 ? find_luck(facts, analysis, options, error) : status;
}

const char *fc_fact_class_name(enum fc_fact_class class)
{
    static const char *const names[] = {"rentals, contracts and medians of lists",
                                        "list prices of one provider",
                                        "spot prices",
                                        "electricity",
                                        "delays",
                                        "shares that are late",
                                        "outages",
                                        "none"};
    return names[class];
}

static void add(struct fc_fact_mean *mean, const struct fc_facts *facts, const struct fc_fact *fact)
{
    mean->rows++;
    mean->inside90 += fact->inside90;
    mean->bias_log += fact->log_error;
    mean->mae_log += fabs(fact->log_error);
    mean->crps += fact->crps;
    mean->mae_log_unchanged +=
        fact->origin >= 0 ? fabs(log(middle(fact) / middle(&facts->rows[fact->origin]))) : (double)NAN;
}

static void finish(struct fc_fact_mean *mean)
{
    double n = fmax(1, (double)mean->rows);
    mean->bias_log /= n;
    mean->mae_log /= n;
    mean->crps /= n;
    mean->mae_log_unchanged /= n;
}

struct fc_fact_mean fc_facts_mean(const struct fc_facts *facts, enum fc_fact_class class, bool year_ahead)
{
    struct fc_fact_mean mean = {.class = class};
    snprintf(mean.name, sizeof mean.name, "%s", fc_fact_class_name(class));
    for (size_t i = 0; i < facts->count; i++) {
        const struct fc_fact *fact = &facts->rows[i];
        if (!fact->reason[0] && fact->class == class && (!moves(fact) || fact->year_ahead == year_ahead))
            add(&mean, facts, fact);
    }
    finish(&mean);
    return mean;
}

struct fc_fact_mean fc_facts_series(const struct fc_facts *facts, size_t first)
{
    struct fc_fact_mean mean = {.class = facts->rows[first].class};
    snprintf(mean.name, sizeof mean.name, "%s", facts->rows[first].series);
    for (size_t i = 0; i < facts->count; i++) {
        const struct fc_fact *fact = &facts->rows[i];
        if (fact->reason[0] || !same_series(fact, &facts->rows[first]))
            continue;
        if (i < first)
            return (struct fc_fact_mean){0};
        add(&mean, facts, fact);
    }
    finish(&mean);
    return mean;
}
