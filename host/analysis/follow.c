/* follow.c: see follow.h. */
#include "follow.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/metrics.h"
#include "host/base/order.h"

#define NEAR_SHARE                                                                                           \
    0.05 /* of the worlds that are kept, at least LEAST_NEAR: judgement between noise and bias */
enum { LEAST_NEAR = 200, FEATURES = 2 };

const char *const fc_follow_classes[FC_FOLLOW_CLASSES] = {
    "gpu", "host", "nvlink", "network", "software", "hang", "silent", "rack", "job", "site", "pod"};
static const int class_metrics[FC_FOLLOW_CLASSES] = {
    FC_M_INTERRUPTIONS_GPU,     FC_M_INTERRUPTIONS_HOST,     FC_M_INTERRUPTIONS_NVLINK,
    FC_M_INTERRUPTIONS_NETWORK, FC_M_INTERRUPTIONS_SOFTWARE, FC_M_INTERRUPTIONS_HANG,
    FC_M_INTERRUPTIONS_SILENT,  FC_M_INTERRUPTIONS_RACK,     FC_M_INTERRUPTIONS_JOB,
    FC_M_INTERRUPTIONS_SITE,    FC_M_INTERRUPTIONS_POD};

const char *const fc_follow_drivers[FC_FOLLOW_DRIVERS] = {"the step's own time", "people and programme",
                                                          "interruptions to come"};
static const int driver_metrics[FC_FOLLOW_DRIVERS] = {FC_M_STEP_TIME_S, FC_M_TIME_PROGRAMME_H,
                                                      FC_M_INTERRUPTIONS};

/* A copy of a metric's samples into *to; left NULL where the program has not the metric. */
static int copy_row(float **to, const float *samples, const struct fc_program *program, int metric,
                    size_t worlds, struct fc_error *error)
{
    int row = program->metric_row[metric];
    if (row < 0 || row >= program->metric_count || program->metrics[row] != metric)
        return 0;
    *to = malloc(worlds * sizeof **to);
    if (!*to)
        return fc_fail(error, FC_FAULT, "no memory for the worlds");
    memcpy(*to, samples + (size_t)row * worlds, worlds * sizeof **to);
    return 0;
}

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
        for (int k = 0; status == 0 && k < FC_FOLLOW_DRIVERS; k++)
            status = copy_row(&follow->drivers[k], samples, program, driver_metrics[k], worlds, error);
    }
    if (status == 0) {
        status = fc_analysis_run(analysis, &cut, scenario->seed, first, worlds, NULL, samples, error);
    }
    for (size_t i = 0; status == 0 && i < worlds; i++) {
        float hours = samples[(size_t)program->metric_row[FC_M_TIME_PRODUCTIVE_H] * worlds + i];
        float step_s = samples[(size_t)program->metric_row[FC_M_STEP_TIME_S] * worlds + i];
        follow->steps[i] = hours * 3600 / step_s;
        follow->stops[i] = samples[(size_t)program->metric_row[FC_M_INTERRUPTIONS] * worlds + i];
        if (!isfinite(follow->stops[i])) /* the plan does not fit there: no such run has a log */
            follow->steps[i] = (float)NAN;
    }
    for (int k = 0; status == 0 && k < FC_FOLLOW_CLASSES; k++)
        status = copy_row(&follow->by_class[k], samples, program, class_metrics[k], worlds, error);
    if (status == 0)
        status = copy_row(&follow->spares, samples, program, FC_M_NODE_SWAPS, worlds, error);
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
    free(follow->spares);
    for (int k = 0; k < FC_FOLLOW_CLASSES; k++)
        free(follow->by_class[k]);
    for (int k = 0; k < FC_FOLLOW_DRIVERS; k++)
        free(follow->drivers[k]);
    *follow = (struct fc_follow){0};
}

struct world {
    size_t number;
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

/* Share below, half of the equal, of the worlds that have the value. */
static double percentile(const float *values, size_t count, double seen)
{
    double below = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        below += (double)values[i] < seen ? 1 : (double)values[i] > seen ? 0 : 0.5;
        all++;
    }
    return below / all;
}

/* A count so far beside the worlds' (NULL: there is none). Poisson counts with a gamma rate: shape and days of the prior from
 * mean and variance of the worlds' counts, to which what was seen is added. */
static struct fc_follow_rate rate_of(const float *counts, size_t worlds, double days, double seen)
{
    struct fc_follow_rate rate = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    double mean = 0, square = 0, n = 0;
    if (!counts || !isfinite(seen))
        return rate;
    for (size_t i = 0; i < worlds; i++) {
        if (!isfinite(counts[i]))
            continue;
        mean += (double)counts[i];
        square += (double)counts[i] * (double)counts[i];
        n++;
    }
    if (!(mean > 0))
        return rate;
    mean /= n;
    square /= n;
    double variance = fmax(square - mean * mean - mean, 1e-6 * mean * mean + 1e-12); /* of the rate alone */
    double shape = mean * mean / variance;
    rate.percentile = percentile(counts, worlds, seen);
    rate.before = mean / days;
    rate.shape = shape + seen;
    rate.days = days * (shape / mean) + days;
    return rate;
}

/* What ln of the days that remain depends on among the worlds that count: squared correlations. Of the interruptions, those
 * to come. */
static void find_drivers(const struct fc_follow *follow, const struct world *worlds, size_t count,
                         struct fc_follow_answer *answer)
{
    for (int k = 0; k < FC_FOLLOW_DRIVERS; k++) {
        double sum = 0, x1 = 0, y1 = 0, xx = 0, yy = 0, xy = 0;
        answer->share[k] = (double)NAN;
        for (size_t i = 0; follow->drivers[k] && i < count; i++) {
            size_t n = worlds[i].number;
            double x = (double)follow->drivers[k][n] - (k == 2 ? (double)follow->stops[n] : 0),
                   w = worlds[i].weight;
            double y = log(worlds[i].days);
            sum += w;
            x1 += w * x;
            y1 += w * y;
            xx += w * x * x;
            yy += w * y * y;
            xy += w * x * y;
        }
        double vx = xx - x1 * x1 / sum, vy = yy - y1 * y1 / sum, c = xy - x1 * y1 / sum;
        if (sum > 0)
            answer->share[k] = vx > 1e-12 * xx && vy > 0 ? c * c / (vx * vy) : 0;
    }
}

/* What people and programme add to a world's run, as a factor on the rest of its time. */
static double overhead_of(const struct fc_follow *follow, size_t world)
{
    double all = (double)follow->end_days[world], programme = (double)follow->drivers[1][world] / 24;
    return all / (all - programme);
}

/* The worlds that count, each with the factors of people and programme of REDRAWN worlds in place of its own. */
enum { REDRAWN = 40 };
static int draw_anew(const struct fc_follow *follow, const struct world *worlds, size_t count,
                     struct fc_follow_answer *answer, struct fc_error *error)
{
    memcpy(answer->anew, answer->now, sizeof answer->now);
    answer->has_anew = follow->drivers[1] != NULL;
    if (!answer->has_anew)
        return 0;
    double *factors = calloc(follow->worlds, sizeof *factors);
    struct world *pairs = calloc(count * REDRAWN, sizeof *pairs);
    size_t finite = 0;
    for (size_t i = 0; factors && i < follow->worlds; i++)
        if (isfinite(follow->end_days[i]) && isfinite(follow->drivers[1][i]))
            factors[finite++] = overhead_of(follow, i);
    if (factors && pairs && finite > 0) {
        qsort(factors, finite, sizeof *factors, fc_by_double);
        for (size_t i = 0; i < count; i++)
            for (size_t k = 0; k < REDRAWN; k++) {
                double factor = factors[finite * (2 * k + 1) / (2 * REDRAWN)];
                pairs[i * REDRAWN + k] = worlds[i];
                pairs[i * REDRAWN + k].days *= factor / overhead_of(follow, worlds[i].number);
            }
        quantiles_of(pairs, count * REDRAWN, answer->anew);
        for (int k = 0; k < FC_FOLLOW_POINTS; k++)
            answer->anew[k] += follow->days;
    }
    bool failed = !factors || !pairs;
    free(factors);
    free(pairs);
    return failed ? fc_fail(error, FC_FAULT, "no memory for the worlds") : 0;
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
        worlds[i] = (struct world){.number = i, .days = (double)follow->end_days[i], .weight = 1};
    quantiles_of(worlds, follow->worlds, answer->before);
    double mean[FEATURES] = {0}, square[FEATURES] = {0};
    for (size_t i = 0; i < follow->worlds; i++) {
        double rest = (double)follow->end_days[i] - follow->days;
        if (!(rest > 0) || !isfinite(rest) || !(follow->steps[i] > 0)) /* it has ended, or never does */
            continue;
        struct world w = {.number = i,
                          .days = rest,
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
    find_drivers(follow, worlds, near, answer);
    answer->effective = sum * sum / squares;
    quantiles_of(worlds, near, answer->now);
    for (int k = 0; k < FC_FOLLOW_POINTS; k++)
        answer->now[k] += follow->days;
    int status = draw_anew(follow, worlds, near, answer, error);
    answer->steps_percentile = percentile(follow->steps, follow->worlds, seen->steps);
    answer->stops = rate_of(follow->stops, follow->worlds, seen->days, seen->stops);
    answer->spares = rate_of(follow->spares, follow->worlds, seen->days, seen->spares);
    for (int k = 0; k < FC_FOLLOW_CLASSES; k++)
        answer->by_class[k] = rate_of(follow->by_class[k], follow->worlds, seen->days, seen->by_class[k]);
    free(worlds);
    return status;
}

double fc_follow_probability(const double *quantiles, double days)
{
    int below = 0;
    for (int k = 0; k < FC_FOLLOW_POINTS; k++)
        below += quantiles[k] <= days;
    return (double)below / FC_FOLLOW_POINTS;
}
