/* history.c: see history.h. */
#include "history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/order.h"
#include "host/language/embedded.h"
#include "host/language/fields.h"
#include "host/language/value.h"

#define TABLE "catalog/published-runs.csv"

#define CONSTANT_MFU 0.36 /* of the dense BF16 peak: what such runs reach on a calendar, the yardstick */
#define LEAST_FIT 0.5     /* a layout is taken when it fits in memory in so many worlds; the run did fit */
enum { TABLE_BYTES = 16 << 20, LEAST_WORLDS = 40 };

const char *fc_history_maturity(int maturity)
{
    return fc_field_word(FC_FIELD_OPERATION, FC_MATURITY_FIRST_RUN + maturity);
}

static int read_text(struct fc_history *history, const char *name, const char *text, size_t size,
                     const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_csv csv;
    if (fc_csv_read(&csv, name, text, size, error))
        return -1;
    bool id = false, model = false;
    for (size_t k = 0; k < csv.columns; k++) {
        id |= strcmp(fc_csv_cell(&csv, 0, k), "id") == 0;
        model |= strcmp(fc_csv_cell(&csv, 0, k), "tokens") == 0;
    }
    int status = id && model ? 0
                             : fc_fail(error, FC_BAD_INPUT,
                                       "%.80s:1:1: the table has no column '%s'; its columns are those of "
                                       "catalog/published-runs.csv (docs/validation/history.md)",
                                       name, id ? "tokens" : "id");
    history->count = csv.rows > 0 ? csv.rows - 1 : 0;
    history->rows = calloc(history->count + 1, sizeof *history->rows);
    if (status == 0 && !history->rows)
        status = fc_fail(error, FC_FAULT, "no memory for the table of runs");
    for (size_t i = 0; status == 0 && i < history->count; i++)
        status = fc_history_row_fill(&history->rows[i], &csv, i + 1, catalog, error);
    fc_csv_free(&csv);
    return status;
}

int fc_history_read(struct fc_history *history, const char *path, const struct fc_catalog *catalog,
                    struct fc_error *error)
{
    char *text;
    size_t size;
    *history = (struct fc_history){0};
    if (fc_embedded_or_file(path, TABLE, TABLE_BYTES, &text, &size, error))
        return -1;
    int status = read_text(history, path ? path : TABLE, text, size, catalog, error);
    free(text);
    return status;
}

void fc_history_free(struct fc_history *history)
{
    for (size_t i = 0; history->rows && i < history->count; i++)
        free(history->rows[i].scenario);
    free(history->rows);
    *history = (struct fc_history){0};
}

/* Quantiles of the finite values of a metric; *worlds: how many there are. */
static void quantiles_of(float *values, size_t count, double *quantiles, size_t *worlds)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            values[n++] = values[i];
    qsort(values, n, sizeof *values, fc_by_float);
    *worlds = n;
    for (size_t k = 0; n > 0 && k < FC_HISTORY_POINTS; k++) {
        double at = ((double)k + 0.5) / FC_HISTORY_POINTS * (double)n - 0.5;
        size_t i = at > 0 ? (size_t)at : 0;
        double part = at > 0 ? at - (double)i : 0;
        double next = (double)values[i + 1 < n ? i + 1 : i];
        quantiles[k] = (double)values[i] + part * (next - (double)values[i]);
    }
}

/* Simulates one layout of a row. Returns the share of the worlds that fit, or -1 with `error` filled. */
static double simulate(struct fc_history_row *row, const char *text, struct fc_analysis *analysis,
                       const struct fc_analysis_options *options, struct fc_error *error)
{
    struct fc_scenario_options own = {
        .text = text, .seed = options->scenario.seed, .has_seed = options->scenario.has_seed};
    struct fc_scenario scenario;
    double share = -1;
    if (fc_scenario_open(&scenario, row->id, &own, error))
        return -1;
    const struct fc_program *program = &scenario.compiled.program;
    uint64_t trials = options->scenario.trials ? options->scenario.trials : 4000;
    bool hours = row->of == FC_HISTORY_GPU_HOURS;
    int length = row->steps_alone ? FC_M_TIME_PRODUCTIVE_H : FC_M_WALL_CLOCK_DAYS;
    double unit = (hours ? scenario.compiled.cluster.gpus : 1) * (hours && !row->steps_alone ? 24 : 1);
    float *samples = fc_analysis_samples(trials, program->metric_count, error);
    if (samples &&
        fc_analysis_run(analysis, &scenario.compiled, scenario.seed, 0, trials, NULL, samples, error) == 0) {
        float *fits = samples + (size_t)program->metric_row[FC_M_FITS] * trials;
        float *of = samples + (size_t)program->metric_row[length] * trials;
        float *stops = samples + (size_t)program->metric_row[FC_M_INTERRUPTIONS] * trials;
        const float *planned = samples + (size_t)program->metric_row[FC_M_PLANNED_STOPS] * trials;
        size_t worlds;
        for (size_t i = 0; i < trials; i++) { /* the run took place, so it did fit */
            if (!(fits[i] > 0))
                of[i] = stops[i] = INFINITY;
            else if (row->stops_all)
                stops[i] += planned[i];
            of[i] *= (float)unit;
        }
        quantiles_of(of, trials, row->base, &row->worlds);
        quantiles_of(stops, trials, row->stops_forecast, &worlds);
        share = (double)row->worlds / (double)trials;
    }
    free(samples);
    fc_scenario_close(&scenario);
    return share;
}

/* Quantiles of worlds half of which have those of `other`: both have as many points. */
static void mix(double *quantiles, const double *other)
{
    double both[2 * FC_HISTORY_POINTS];
    memcpy(both, quantiles, FC_HISTORY_POINTS * sizeof *both);
    memcpy(both + FC_HISTORY_POINTS, other, FC_HISTORY_POINTS * sizeof *both);
    qsort(both, 2 * FC_HISTORY_POINTS, sizeof *both, fc_by_double);
    for (size_t k = 0; k < FC_HISTORY_POINTS; k++)
        quantiles[k] = (both[2 * k] + both[2 * k + 1]) / 2;
}

/* Half of the worlds with the smaller batch, where both are assumed and that one runs too. */
static int mix_small_batch(struct fc_history_row *row, struct fc_analysis *analysis,
                           const struct fc_analysis_options *options, struct fc_error *error)
{
    char *text = fc_history_text_small(row, row->attempt);
    struct fc_error why = {0};
    if (!text)
        return 0;
    struct fc_history_row *large = malloc(sizeof *large);
    if (!large) {
        free(text);
        return fc_fail(error, FC_FAULT, "no memory for the worlds of a row");
    }
    *large = *row;
    double share = simulate(row, text, analysis, options, &why);
    if (share >= LEAST_FIT) {
        mix(row->base, large->base);
        mix(row->stops_forecast, large->stops_forecast);
    } else {
        *row = *large;
    }
    free(large);
    free(text);
    return share < 0 && why.status == FC_FAULT ? fc_fail(error, FC_FAULT, "%s", why.text) : 0;
}

/* The layouts that a row leaves open are tried from fast to frugal; the first that fits is taken, else the one that fits
 * most often. Where parameters are gathered for each micro-batch a frugal one may be the faster, as its micro-batches are
 * larger: all are tried, and the fastest that fits is taken. */
static int forecast_base(struct fc_history_row *row, struct fc_analysis *analysis,
                         const struct fc_analysis_options *options, struct fc_error *error)
{
    double best = 0, fastest = INFINITY;
    int chosen = -1, last = -1;
    char *text;
    struct fc_error why = {0};
    for (int attempt = 0; (best < LEAST_FIT || (row->gathers && !fc_history_newer(row, attempt))) &&
                          (text = fc_history_text(row, attempt));
         attempt++) {
        double share = simulate(row, text, analysis, options, &why);
        free(text);
        if (why.status == FC_FAULT && share < 0)
            return fc_fail(error, FC_FAULT, "%s", why.text);
        double middle = share > 0 ? fc_history_quantile(row->base, FC_HISTORY_POINTS, 0.5) : INFINITY;
        if (share >= LEAST_FIT && best >= LEAST_FIT ? middle < fastest : share > best) {
            best = share;
            fastest = middle;
            chosen = attempt;
        }
        last = attempt;
    }
    if (chosen >= 0 && chosen != last && (text = fc_history_text(row, chosen))) {
        best = simulate(row, text, analysis, options, &why);
        free(text);
    }
    row->attempt = chosen;
    if (chosen >= 0 && row->worlds >= LEAST_WORLDS)
        return mix_small_batch(row, analysis, options, error);
    snprintf(row->reason, sizeof row->reason, "%.200s",
             why.text[0] ? why.text : "the layout fits in memory in hardly any world");
    return 0;
}

static double mfu_days_log(const struct fc_history_row *row)
{
    double gpu_s = row->flop6nt / (CONSTANT_MFU * row->peak_flop_s);
    return log(row->of == FC_HISTORY_GPU_HOURS ? gpu_s / 3600 : gpu_s / row->gpus / 86400);
}

static bool scored(const struct fc_history_row *row)
{
    return !row->reason[0] && row->of != FC_HISTORY_WINDOW;
}

/* CRPS of a normal distribution at distance d (in standard deviations), times sd. */
static double normal_crps(double error, double sd)
{
    double d = error / sd;
    return sd * (d * erf(d / sqrt(2)) + 2 * exp(-d * d / 2) / sqrt(2 * M_PI) - 1 / sqrt(M_PI));
}

static void add(struct fc_history_mean *mean, double error, double crps, bool in50, bool in90)
{
    mean->rows++;
    mean->bias_log += error;
    mean->mae_log += fabs(error);
    mean->crps += crps;
    mean->coverage50 += in50;
    mean->coverage90 += in90;
}

static void finish(struct fc_history_mean *mean)
{
    double n = fmax(1, (double)mean->rows);
    mean->bias_log /= n;
    mean->mae_log /= n;
    mean->crps /= n;
    mean->coverage50 /= n;
    mean->coverage90 /= n;
}

/* The constant-MFU forecasts of row k: of 36 %, and of the mean of the other rows; spread from the other rows. */
static void score_mfu(struct fc_history *h, size_t k)
{
    double y = log(h->rows[k].actual) - mfu_days_log(&h->rows[k]), sum = 0, square = 0, n = 0;
    for (size_t i = 0; i < h->count; i++)
        if (i != k && scored(&h->rows[i])) {
            double other = log(h->rows[i].actual) - mfu_days_log(&h->rows[i]);
            sum += other;
            square += other * other;
            n++;
        }
    double sd = n > 0 ? sqrt(square / n) : 0.3, mean = n > 0 ? sum / n : 0;
    double fitted = n > 1 ? sqrt(fmax(0.01, (square - n * mean * mean) / (n - 1))) : 0.3;
    add(&h->constant_mfu, y, normal_crps(y, sd), fabs(y) < 0.674 * sd, fabs(y) < 1.645 * sd);
    add(&h->fitted_mfu, y - mean, normal_crps(y - mean, fitted), fabs(y - mean) < 0.674 * fitted,
        fabs(y - mean) < 1.645 * fitted);
}

struct fc_history_score fc_history_stops_score(const struct fc_history_row *row)
{
    double counts[FC_HISTORY_POINTS]; /* half a stop more: none has a logarithm, too */
    for (size_t i = 0; i < FC_HISTORY_POINTS; i++)
        counts[i] = row->stops_forecast[i] + 0.5;
    return fc_history_score_of(counts, FC_HISTORY_POINTS, row->stops + 0.5);
}

static void score(struct fc_history *h)
{
    for (size_t k = 0; k < h->count; k++) {
        struct fc_history_row *row = &h->rows[k];
        if (row->reason[0])
            continue;
        if (isfinite(row->stops)) {
            struct fc_history_score s = fc_history_stops_score(row);
            add(&h->ours_stops, s.log_error, s.crps, fabs(s.percentile - 0.5) <= 0.25,
                fabs(s.percentile - 0.5) <= 0.45);
        }
        if (!scored(row))
            continue;
        struct fc_history_score s = fc_history_score_of(row->forecast, FC_HISTORY_POINTS, row->actual);
        bool in50 = fabs(s.percentile - 0.5) <= 0.25, in90 = fabs(s.percentile - 0.5) <= 0.45;
        add(&h->ours, s.log_error, s.crps, in50, in90);
        score_mfu(h, k);
        if (row->planned_days > 0 && row->of == FC_HISTORY_DAYS) {
            double error = log(row->actual / row->planned_days);
            add(&h->plan, error, fabs(error), false, false);
            add(&h->ours_with_plan, s.log_error, s.crps, in50, in90);
        }
    }
    struct fc_history_mean *const means[] = {&h->ours, &h->constant_mfu,   &h->fitted_mfu,
                                             &h->plan, &h->ours_with_plan, &h->ours_stops};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++)
        finish(means[i]);
}

static int simulate_all(struct fc_history *h, struct fc_analysis *analysis,
                        const struct fc_analysis_options *options, struct fc_error *error)
{
    for (size_t i = 0; i < h->count; i++)
        if (!h->rows[i].reason[0] && forecast_base(&h->rows[i], analysis, options, error))
            return -1;
    return 0;
}

/* The row with this id, or count. */
static size_t find(const struct fc_history *h, const char *id)
{
    size_t i = 0;
    while (i < h->count && strcmp(h->rows[i].id, id) != 0)
        i++;
    return i;
}

/* What the program ships (catalog/operation.yaml), which a scenario would use. */
static int shipped_fit(struct fc_history_fit *fit, const struct fc_catalog *catalog, struct fc_error *error)
{
    for (int k = 0; k < FC_HISTORY_MATURITIES; k++) {
        const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "operation", fc_history_maturity(k));
        struct fc_distribution distribution;
        char text[200];
        if (!entry)
            return fc_fail(error, FC_FAULT, "the catalog has no operation '%s'", fc_history_maturity(k));
        fc_catalog_value_text(fc_node_get(entry->node, "value"), text, sizeof text);
        struct fc_source source = fc_source_of("catalog/operation.yaml", text);
        if (fc_value_read(&source, "1", FC_UNIT_NONE, 0, 20, &distribution, NULL, 0, error))
            return -1;
        double median = fc_distribution_quantile(&distribution, 0.5, 0.5);
        double p84 = fc_distribution_quantile(&distribution, 0.8413447, 0.1586553);
        fit->mu[k] = log(median);
        fit->sigma[k] = log(p84 / median);
    }
    return 0;
}

int fc_history_run(struct fc_history *h, struct fc_analysis *analysis, const char *path,
                   const struct fc_catalog *catalog, const struct fc_analysis_options *options,
                   struct fc_error *error)
{
    struct fc_history shipped = {0}, *known = h;
    int status = simulate_all(h, analysis, options, error);
    if (status == 0 && path) { /* rows that the shipped fit has seen are forecast by one that has not */
        bool any = false;
        known = &shipped;
        status = fc_history_read(&shipped, NULL, catalog, error);
        for (size_t i = 0; status == 0 && i < h->count; i++)
            any |= find(&shipped, h->rows[i].id) < shipped.count;
        if (status == 0 && any)
            status = simulate_all(&shipped, analysis, options, error);
    }
    if (status == 0)
        status = shipped_fit(&h->fit, catalog, error);
    for (size_t i = 0; status == 0 && i < h->count; i++) {
        struct fc_history_row *row = &h->rows[i];
        size_t at = find(known, row->id);
        if (!scored(row))
            continue;
        row->left_out_of_fit = at < known->count;
        struct fc_history_fit fit =
            row->left_out_of_fit ? fc_history_fit_to(known->rows, known->count, at) : h->fit;
        if (row->steps_alone)
            memcpy(row->forecast, row->base, sizeof row->forecast);
        else
            fc_history_add(&fit, row);
    }
    if (status == 0)
        score(h);
    if (known != h)
        fc_history_free(&shipped);
    return status;
}
