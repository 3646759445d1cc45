/* follow.c: see follow.h. */
#include "follow.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/csv.h"
#include "host/base/date.h"
#include "host/base/read_file.h"

#define NEAR_SHARE                                                                                           \
    0.05 /* of the worlds that are kept, at least LEAST_NEAR: judgement between noise and bias */
enum { LEAST_NEAR = 200, FEATURES = 2, LOG_BYTES = 64 << 20 };

int fc_follow_simulate(struct fc_follow *follow, struct fc_analysis *analysis,
                       const struct fc_scenario *scenario, double days, uint64_t first, size_t worlds,
                       struct fc_error *error)
{
    struct fc_compiled cut = scenario->compiled;
    const struct fc_program *program = &scenario->compiled.program;
    *follow = (struct fc_follow){.worlds = worlds, .days = days};
    if (!(program->layers & FC_LAYER_RUN) || !(program->layers & FC_LAYER_STEP) ||
        (program->layers & FC_LAYER_CONTRACT) || program->run.watch)
        return fc_fail(error, FC_BAD_INPUT,
                       "update follows a run of a model to its last token; the scenario has none (layers: "
                       "run, training.tokens)");
    double ticks = days * 86400 / (double)program->run.tick_s;
    if (!(ticks >= 1 && ticks < (double)program->run.horizon))
        return fc_fail(error, FC_BAD_INPUT,
                       "the log ends at day %.4g, beyond the %.4g days that the run is watched", days,
                       (double)program->run.horizon * (double)program->run.tick_s / 86400);
    cut.program.run.horizon = (int32_t)ticks; /* the same worlds, seen so far */
    follow->all_steps = (double)program->run.work_steps;
    float *samples = fc_analysis_samples(worlds, program->metric_count, error);
    follow->end_days = calloc(worlds, sizeof *follow->end_days);
    follow->steps = calloc(worlds, sizeof *follow->steps);
    follow->stops = calloc(worlds, sizeof *follow->stops);
    int status = samples ? 0 : -1;
    if (status == 0 && (!follow->end_days || !follow->steps || !follow->stops))
        status = fc_fail(error, FC_FAULT, "no memory for the worlds");
    if (status == 0)
        status = fc_analysis_run(analysis, &scenario->compiled, scenario->seed, first, worlds, NULL, samples,
                                 error);
    if (status == 0) {
        memcpy(follow->end_days, samples + (size_t)program->metric_row[FC_M_WALL_CLOCK_DAYS] * worlds,
               worlds * sizeof(float));
        status = fc_analysis_run(analysis, &cut, scenario->seed, first, worlds, NULL, samples, error);
    }
    for (size_t i = 0; status == 0 && i < worlds; i++) {
        float hours = samples[(size_t)program->metric_row[FC_M_TIME_PRODUCTIVE_H] * worlds + i];
        float step_s = samples[(size_t)program->metric_row[FC_M_STEP_TIME_S] * worlds + i];
        follow->steps[i] = hours * 3600 / step_s;
        follow->stops[i] = samples[(size_t)program->metric_row[FC_M_INTERRUPTIONS] * worlds + i];
    }
    free(samples);
    if (status)
        fc_follow_free(follow);
    return status;
}

void fc_follow_free(struct fc_follow *follow)
{
    free(follow->end_days);
    free(follow->steps);
    free(follow->stops);
    *follow = (struct fc_follow){0};
}

struct world {
    double days, weight;          /* what remains */
    double distance, x[FEATURES]; /* from what was seen, in standard deviations */
};

static int by_distance(const void *a, const void *b)
{
    double x = ((const struct world *)a)->distance, y = ((const struct world *)b)->distance;
    return (x > y) - (x < y);
}

static int by_days(const void *a, const void *b)
{
    double x = ((const struct world *)a)->days, y = ((const struct world *)b)->days;
    return (x > y) - (x < y);
}

static void quantiles_of(struct world *worlds, size_t count, double *quantiles)
{
    double sum = 0, below = 0;
    size_t at = 0;
    qsort(worlds, count, sizeof *worlds, by_days);
    for (size_t i = 0; i < count; i++)
        sum += worlds[i].weight;
    for (int k = 0; k < FC_FOLLOW_POINTS; k++) {
        double p = (k + 1.0) / (FC_FOLLOW_POINTS + 1) * sum;
        while (at + 1 < count && below + worlds[at].weight < p)
            below += worlds[at++].weight;
        quantiles[k] = worlds[at].days;
    }
}

/* Weighted least squares of ln(days) on the features, around what was seen: moves every world there. */
static void adjust(struct world *worlds, size_t count, int features)
{
    double sum = 0, mean_y = 0, mean[FEATURES] = {0}, xx[FEATURES][FEATURES] = {{0}}, xy[FEATURES] = {0},
           beta[FEATURES] = {0};
    for (size_t i = 0; i < count; i++) {
        sum += worlds[i].weight;
        mean_y += worlds[i].weight * log(worlds[i].days);
        for (int f = 0; f < features; f++)
            mean[f] += worlds[i].weight * worlds[i].x[f];
    }
    for (size_t i = 0; i < count; i++)
        for (int f = 0; f < features; f++) {
            double x = worlds[i].x[f] - mean[f] / sum;
            xy[f] += worlds[i].weight * x * (log(worlds[i].days) - mean_y / sum);
            for (int g = 0; g < features; g++)
                xx[f][g] += worlds[i].weight * x * (worlds[i].x[g] - mean[g] / sum);
        }
    double determinant = xx[0][0] * xx[1][1] - xx[0][1] * xx[1][0];
    if (features == 2 && determinant > 1e-9 * xx[0][0] * xx[1][1]) {
        beta[0] = (xy[0] * xx[1][1] - xy[1] * xx[0][1]) / determinant;
        beta[1] = (xy[1] * xx[0][0] - xy[0] * xx[1][0]) / determinant;
    } else if (xx[0][0] > 0) {
        beta[0] = xy[0] / xx[0][0];
    }
    for (size_t i = 0; i < count; i++)
        worlds[i].days *= exp(-beta[0] * worlds[i].x[0] - beta[1] * worlds[i].x[1]);
}

/* Share below, half of the equal. */
static double percentile(const float *values, size_t count, double seen)
{
    double below = 0;
    for (size_t i = 0; i < count; i++)
        below += (double)values[i] < seen ? 1 : (double)values[i] > seen ? 0 : 0.5;
    return below / (double)count;
}

/* Poisson counts with a gamma rate: shape and scale of the prior from mean and variance of the worlds' counts, to which what
 * was seen is added. */
static void update_rate(const struct fc_follow *follow, const struct fc_follow_seen *seen,
                        struct fc_follow_answer *answer)
{
    double mean = 0, square = 0, n = (double)follow->worlds;
    answer->rate_shape = answer->rate_days = answer->rate_before = (double)NAN;
    if (!isfinite(seen->stops))
        return;
    for (size_t i = 0; i < follow->worlds; i++) {
        mean += (double)follow->stops[i] / n;
        square += (double)follow->stops[i] * (double)follow->stops[i] / n;
    }
    double variance = fmax(square - mean * mean - mean, 1e-6 * mean * mean + 1e-12); /* of the rate alone */
    double shape = mean * mean / variance;
    answer->rate_before = mean / seen->days;
    answer->rate_shape = shape + seen->stops;
    answer->rate_days = seen->days * (shape / fmax(mean, 1e-12)) + seen->days;
}

int fc_follow_update(const struct fc_follow *follow, const struct fc_follow_seen *seen,
                     struct fc_follow_answer *answer, struct fc_error *error)
{
    struct world *worlds = calloc(follow->worlds, sizeof *worlds);
    size_t count = 0;
    int features = isfinite(seen->stops) ? 2 : 1;
    if (!worlds)
        return fc_fail(error, FC_FAULT, "no memory for the worlds");
    for (size_t i = 0; i < follow->worlds; i++)
        worlds[i] = (struct world){.days = (double)follow->end_days[i], .weight = 1};
    quantiles_of(worlds, follow->worlds, answer->before);
    double mean[FEATURES] = {0}, square[FEATURES] = {0};
    for (size_t i = 0; i < follow->worlds; i++) {
        double rest = (double)follow->end_days[i] - follow->days;
        if (!(rest > 0) || !isfinite(rest) || !(follow->steps[i] > 0)) /* it has ended, or never does */
            continue;
        struct world w = {.days = rest,
                          .x = {log((double)follow->steps[i]), sqrt((double)follow->stops[i] + 0.375)}};
        for (int f = 0; f < FEATURES; f++) {
            mean[f] += w.x[f];
            square[f] += w.x[f] * w.x[f];
        }
        worlds[count++] = w;
    }
    if (count < LEAST_NEAR) {
        free(worlds);
        return fc_fail(
            error, FC_BAD_INPUT,
            "in only %zu of %zu worlds is the run still under way at day %.4g; more trials (-n), or "
            "is this the scenario of this run?",
            count, follow->worlds, seen->days);
    }
    const double at[FEATURES] = {log(fmax(seen->steps, 0.5)), sqrt(fmax(seen->stops, 0) + 0.375)};
    for (size_t i = 0; i < count; i++)
        for (int f = 0; f < FEATURES; f++) {
            double m = mean[f] / (double)count, sd = sqrt(fmax(square[f] / (double)count - m * m, 1e-12));
            worlds[i].x[f] = f < features ? (worlds[i].x[f] - at[f]) / sd : 0;
            /* the steps tell the end; the interruptions tell less, so they decide less */
            worlds[i].distance += (f ? 0.1 : 1) * worlds[i].x[f] * worlds[i].x[f];
        }
    qsort(worlds, count, sizeof *worlds, by_distance);
    size_t near = (size_t)fmax(LEAST_NEAR, NEAR_SHARE * (double)count);
    near = near < count ? near : count;
    double far = worlds[near - 1].distance * 1.0001 + 1e-12, sum = 0, squares = 0;
    for (size_t i = 0; i < near; i++) {
        worlds[i].weight = 1 - worlds[i].distance / far;
        sum += worlds[i].weight;
        squares += worlds[i].weight * worlds[i].weight;
    }
    adjust(worlds, near, features);
    answer->effective = sum * sum / squares;
    quantiles_of(worlds, near, answer->now);
    for (int k = 0; k < FC_FOLLOW_POINTS; k++)
        answer->now[k] += follow->days;
    answer->steps_percentile = percentile(follow->steps, follow->worlds, seen->steps);
    answer->stops_percentile =
        features == 2 ? percentile(follow->stops, follow->worlds, seen->stops) : (double)NAN;
    update_rate(follow, seen, answer);
    free(worlds);
    return 0;
}

double fc_follow_probability(const double *quantiles, double days)
{
    int below = 0;
    for (int k = 0; k < FC_FOLLOW_POINTS; k++)
        below += quantiles[k] <= days;
    return (double)below / FC_FOLLOW_POINTS;
}

static int read_rows(struct fc_follow_seen *seen, const struct fc_csv *csv, const char *path,
                     const char *start_date, struct fc_error *error)
{
    int steps = -1, time = -1, stops = -1;
    enum { HOURS, DAYS, DATE, SECONDS } kind = HOURS;
    static const struct {
        const char *name;
        int kind;
    } times[] = {
        {"hours", HOURS}, {"days", DAYS}, {"date", DATE}, {"Wall time", SECONDS}, {"_timestamp", SECONDS}};
    for (size_t k = 0; k < csv->columns; k++) {
        const char *name = fc_csv_cell(csv, 0, k);
        if (strcmp(name, "steps") == 0 || strcmp(name, "Step") == 0 || strcmp(name, "step") == 0)
            steps = (int)k;
        if (strcmp(name, "interruptions") == 0)
            stops = (int)k;
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
            if (strcmp(name, times[i].name) == 0) {
                time = (int)k;
                kind = (int)times[i].kind;
            }
    }
    if (steps < 0 || time < 0 || csv->rows < 2)
        return fc_fail(
            error, FC_BAD_INPUT,
            "%.200s:1:1: a log has a column 'steps' and one of hours, days, date or 'Wall time', and "
            "at least one row",
            path);
    size_t last = csv->rows - 1;
    long day, start;
    double value, first;
    const char *text = fc_csv_cell(csv, last, (size_t)time);
    *seen = (struct fc_follow_seen){.stops = (double)NAN};
    if (kind == DATE) {
        if (!start_date || !fc_date_read(start_date, &start) || !fc_date_read(text, &day))
            return fc_fail(
                error, FC_BAD_INPUT,
                "%.200s:%d:1: '%.20s' is not a date YYYY-MM-DD, or --start gives none to count from", path,
                csv->lines[last], text);
        seen->days = (double)(day - start);
    } else if (!fc_csv_number(csv, text, &value) ||
               !fc_csv_number(csv, fc_csv_cell(csv, 1, (size_t)time), &first)) {
        return fc_fail(error, FC_BAD_INPUT, "%.200s:%d:1: '%.20s' is not a number", path, csv->lines[last],
                       text);
    } else {
        seen->days = kind == SECONDS ? (value - first) / 86400 : kind == HOURS ? value / 24 : value;
    }
    if (!fc_csv_number(csv, fc_csv_cell(csv, last, (size_t)steps), &seen->steps) || !(seen->steps > 0))
        return fc_fail(error, FC_BAD_INPUT, "%.200s:%d:1: steps is '%.20s', not a number above 0", path,
                       csv->lines[last], fc_csv_cell(csv, last, (size_t)steps));
    if (stops >= 0 && !fc_csv_number(csv, fc_csv_cell(csv, last, (size_t)stops), &seen->stops))
        seen->stops = (double)NAN;
    return seen->days > 0 ? 0
                          : fc_fail(error, FC_BAD_INPUT, "%.200s:%d:1: the log ends when the run starts",
                                    path, csv->lines[last]);
}

int fc_follow_read(struct fc_follow_seen *seen, const char *path, const char *start_date,
                   struct fc_error *error)
{
    char *text;
    size_t size;
    struct fc_csv csv;
    if (fc_read_file(path, LOG_BYTES, &text, &size, error))
        return -1;
    int status = fc_csv_read(&csv, path, text, size, error);
    free(text);
    if (status)
        return -1;
    status = read_rows(seen, &csv, path, start_date, error);
    fc_csv_free(&csv);
    return status;
}
