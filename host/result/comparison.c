/* comparison.c: see comparison.h. */
#include "comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

#define LEVEL 0.01 /* chance to call two samples of one distribution different */

const char *fc_tally_part_name(enum fc_tally_part part)
{
    static const char *const names[] = {
        "none",          "values that are not finite", "number of values", "extremes", "histogram", "sums",
        "metric missing"};
    return names[part];
}

double fc_kolmogorov_critical(double n, double m, double level)
{
    return sqrt(-0.5 * log(0.5 * level)) * sqrt((n + m) / (n * m));
}

double fc_normal_critical(double level)
{
    double lo = 0, hi = 40;
    for (int i = 0; i < 80; i++) {
        double middle = 0.5 * (lo + hi);
        if (erfc(middle / sqrt(2.0)) > level)
            lo = middle;
        else
            hi = middle;
    }
    return 0.5 * (lo + hi);
}

double fc_kolmogorov_distance(const struct fc_tally_metric *a, const struct fc_tally_metric *b)
{
    double worlds_a = (double)fc_statistics_worlds(a), worlds_b = (double)fc_statistics_worlds(b);
    if (worlds_a == 0 || worlds_b == 0)
        return worlds_a == worlds_b ? 0 : 1;
    if (a->count == 0 || b->count == 0) /* one of them has no value in any world */
        return fabs((double)a->count / worlds_a - (double)b->count / worlds_b);
    bool missing_low = !fc_statistics_missing_is_high(a);
    uint32_t low = a->min_key < b->min_key ? a->min_key : b->min_key;
    uint32_t high = a->max_key > b->max_key ? a->max_key : b->max_key;
    uint64_t below_a = missing_low ? a->invalid : 0, below_b = missing_low ? b->invalid : 0;
    double most = fabs((double)below_a / worlds_a - (double)below_b / worlds_b);
    for (uint32_t bin = fc_tally_bin(low); bin <= fc_tally_bin(high); bin++) {
        below_a += a->bins[bin];
        below_b += b->bins[bin];
        double distance = fabs((double)below_a / worlds_a - (double)below_b / worlds_b);
        most = distance > most ? distance : most;
    }
    return most;
}

/* Where the integers of two tallies of one metric first differ, in words. */
static enum fc_tally_part first_part(const struct fc_tally_metric *a, const struct fc_tally_metric *b,
                                     char *detail, size_t size)
{
    if (a->invalid != b->invalid) {
        snprintf(detail, size, "%" PRIu64 " and %" PRIu64 " values are not finite", a->invalid, b->invalid);
        return FC_PART_INVALID;
    }
    if (a->count != b->count) {
        snprintf(detail, size, "%" PRIu64 " and %" PRIu64 " values", a->count, b->count);
        return FC_PART_COUNT;
    }
    if (a->count == 0)
        return FC_PART_NONE;
    if (a->min_key != b->min_key || a->min_trial != b->min_trial) {
        snprintf(detail, size, "least %.9g in trial %" PRIu64 ", and %.9g in trial %" PRIu64,
                 (double)fc_tally_value(a->min_key), a->min_trial, (double)fc_tally_value(b->min_key),
                 b->min_trial);
        return FC_PART_EXTREMES;
    }
    if (a->max_key != b->max_key || a->max_trial != b->max_trial) {
        snprintf(detail, size, "greatest %.9g in trial %" PRIu64 ", and %.9g in trial %" PRIu64,
                 (double)fc_tally_value(a->max_key), a->max_trial, (double)fc_tally_value(b->max_key),
                 b->max_trial);
        return FC_PART_EXTREMES;
    }
    for (uint32_t bin = fc_tally_bin(a->min_key); bin <= fc_tally_bin(a->max_key); bin++) {
        if (a->bins[bin] != b->bins[bin]) {
            snprintf(detail, size, "%" PRIu64 " and %" PRIu64 " values from %.9g to %.9g", a->bins[bin],
                     b->bins[bin], (double)fc_tally_value(fc_tally_bin_first(bin)),
                     (double)fc_tally_value(fc_tally_bin_last(bin)));
            return FC_PART_BINS;
        }
    }
    for (uint32_t e = a->min_key >> 23; e <= a->max_key >> 23; e++) {
        if (a->sum[e] != b->sum[e] || a->square_low[e] != b->square_low[e] ||
            a->square_high[e] != b->square_high[e]) {
            snprintf(detail, size, "sums of mantissas %" PRIu64 " and %" PRIu64 " of the values from %.9g",
                     a->sum[e], b->sum[e], (double)fc_tally_value(e << 23));
            return FC_PART_SUMS;
        }
    }
    return FC_PART_NONE;
}

/* The difference of two figures in standard errors: 0 when they are equal, infinite when they differ without
 * error. */
static double in_errors(struct fc_estimate a, struct fc_estimate b)
{
    if (a.refused || b.refused)
        return NAN;
    if (a.value == b.value)
        return 0;
    return isfinite(a.value) && isfinite(b.value) ? (b.value - a.value) / hypot(a.error, b.error) : NAN;
}

static void compare_statistics(struct fc_metric_comparison *c, const struct fc_tally_metric *a,
                               const struct fc_tally_metric *b, double level, double z_critical)
{
    struct fc_estimate mean_a = fc_statistics_mean(a), mean_b = fc_statistics_mean(b);
    c->a_mean = mean_a.value;
    c->b_mean = mean_b.value;
    c->relative = mean_a.value == mean_b.value ? 0 : (mean_b.value - mean_a.value) / fabs(mean_a.value);
    c->mean_z = in_errors(mean_a, mean_b);
    c->p5_z = in_errors(fc_statistics_quantile(a, 0.05), fc_statistics_quantile(b, 0.05));
    c->p50_z = in_errors(fc_statistics_quantile(a, 0.50), fc_statistics_quantile(b, 0.50));
    c->p95_z = in_errors(fc_statistics_quantile(a, 0.95), fc_statistics_quantile(b, 0.95));
    c->ks = fc_kolmogorov_distance(a, b);
    c->ks_critical =
        fc_kolmogorov_critical((double)fc_statistics_worlds(a), (double)fc_statistics_worlds(b), level);
    c->differs = c->ks > c->ks_critical || fabs(c->mean_z) > z_critical;
}

/* One metric; a or b is NULL where a result lacks it. */
static void compare_metric(struct fc_metric_comparison *c, int metric, const struct fc_result *a_result,
                           const struct fc_tally_metric *a, const struct fc_tally_metric *b, double level,
                           double z_critical)
{
    const struct fc_metric_info *info = fc_metric_find(metric);
    c->metric = metric;
    fc_metric_name(metric, a_result->run_flop, c->name, sizeof c->name);
    snprintf(c->unit, sizeof c->unit, "%s", info ? info->unit : "");
    c->a_mean = c->b_mean = c->mean_z = c->p5_z = c->p50_z = c->p95_z = c->relative = c->ks = c->ks_critical =
        NAN;
    if (!a || !b) {
        c->part = FC_PART_MISSING;
        c->differs = true;
        snprintf(c->detail, sizeof c->detail, "the %s result lacks it", a ? "second" : "first");
        return;
    }
    c->part = first_part(a, b, c->detail, sizeof c->detail);
    if (a->count > 0 && b->count > 0)
        compare_statistics(c, a, b, level, z_critical);
    else
        c->differs = a->count != b->count;
}

static bool same_ranges(const struct fc_tally *a, const struct fc_tally *b)
{
    if (a->range_count != b->range_count)
        return false;
    for (size_t i = 0; i < a->range_count; i++)
        if (a->ranges[i].first != b->ranges[i].first || a->ranges[i].count != b->ranges[i].count)
            return false;
    return true;
}

int fc_comparison_make(struct fc_comparison *c, const struct fc_result *a, const struct fc_result *b,
                       struct fc_error *error)
{
    *c = (struct fc_comparison){.first_difference = -1};
    c->metrics = calloc((size_t)(a->tally.metric_count + b->tally.metric_count) + 1, sizeof *c->metrics);
    if (!c->metrics)
        return fc_fail(error, FC_FAULT, "out of memory while comparing results");
    c->same_model = a->model_version == b->model_version;
    c->same_inputs = a->input_digest == b->input_digest;
    c->same_seed = a->seed == b->seed;
    c->same_trials = same_ranges(&a->tally, &b->tally);
    c->a_trials = fc_tally_trials(&a->tally);
    c->b_trials = fc_tally_trials(&b->tally);
    c->a_digest = fc_tally_digest(&a->tally, a->seed);
    c->b_digest = fc_tally_digest(&b->tally, b->seed);
    c->a_trials_per_s = a->wall_s > 0 ? (double)c->a_trials / a->wall_s : NAN;
    c->b_trials_per_s = b->wall_s > 0 ? (double)c->b_trials / b->wall_s : NAN;
    int common = 0;
    for (int i = 0; i < a->tally.metric_count; i++)
        common += fc_tally_find(&b->tally, a->tally.metrics[i].metric) != NULL;
    double level = LEVEL / (2.0 * (common > 0 ? common : 1));
    c->z_critical = fc_normal_critical(level);
    int at_a = 0, at_b = 0; /* both are in ascending order of metric number */
    bool bits = true;
    while (at_a < a->tally.metric_count || at_b < b->tally.metric_count) {
        const struct fc_tally_metric *from_a = at_a < a->tally.metric_count ? &a->tally.metrics[at_a] : NULL;
        const struct fc_tally_metric *from_b = at_b < b->tally.metric_count ? &b->tally.metrics[at_b] : NULL;
        if (from_a && from_b && from_a->metric < from_b->metric)
            from_b = NULL;
        else if (from_a && from_b && from_b->metric < from_a->metric)
            from_a = NULL;
        const struct fc_tally_metric *either = from_a ? from_a : from_b;
        if (!either)
            break;
        struct fc_metric_comparison *m = &c->metrics[c->metric_count];
        compare_metric(m, either->metric, from_a ? a : b, from_a, from_b, level, c->z_critical);
        c->different += m->differs;
        if (m->part != FC_PART_NONE && bits) {
            bits = false;
            c->first_difference = c->metric_count;
        }
        c->metric_count++;
        at_a += from_a != NULL;
        at_b += from_b != NULL;
    }
    c->identical = bits && c->same_model && c->same_inputs && c->same_seed && c->same_trials;
    return 0;
}

void fc_comparison_free(struct fc_comparison *comparison)
{
    free(comparison->metrics);
    *comparison = (struct fc_comparison){0};
}
