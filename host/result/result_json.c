/* result_json.c: writes the JSON of a result. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/command_line.h"
#include "host/base/document.h"
#include "host/base/document_write.h"
#include "host/base/notes_write.h"
#include "result.h"
#include "result_hash.h"
#include "statistics.h"

/* `text`: the JSON of a member, or NULL. */
static int write_member(struct fc_writer *w, const char *key, const char *text, struct fc_error *error)
{
    struct fc_document *document;
    if (!text)
        return 0;
    if (fc_document_open_text(&document, key, text, strlen(text), FC_RESULT_BYTES, error))
        return -1;
    fc_write_node(w, key, fc_document_root(document));
    fc_document_close(document);
    return 0;
}

static int write_scenario(struct fc_writer *w, const struct fc_result *result, struct fc_error *error)
{
    struct fc_document *document;
    if (fc_document_open_text(&document, "scenario", result->scenario_json, strlen(result->scenario_json),
                              FC_RESULT_BYTES, error))
        return -1;
    for (const struct fc_node *child = fc_document_root(document)->first; child; child = child->next)
        fc_write_node(w, child->key, child);
    fc_document_close(document);
    return 0;
}

/* What a metric's `why` collects: reasons in their order, each behind the figures that it holds for. */
struct reasons {
    const struct fc_tally *tally;
    char text[1100];
    char last[300];
};

static void add_reason(struct reasons *r, const char *figure, const struct fc_tally_metric *m,
                       const struct fc_estimate *e)
{
    char why[300];
    size_t used = strlen(r->text);
    fc_statistics_why(r->tally, m, e, why, sizeof why);
    if (used && strcmp(why, r->last) == 0) { /* "p95, p99: ..." */
        size_t behind = strlen(r->last) + 2;
        snprintf(r->text + used - behind, sizeof r->text - used + behind, ", %s: %s", figure, why);
    } else {
        snprintf(r->text + used, sizeof r->text - used, "%s%s: %s", used ? "; " : "", figure, why);
    }
    snprintf(r->last, sizeof r->last, "%s", why);
}

static void write_estimate(struct fc_writer *w, const char *name, struct fc_estimate e,
                           const struct fc_tally_metric *m, struct reasons *reasons)
{
    char key[48];
    snprintf(key, sizeof key, "%s_se", name);
    fc_write_number(w, name, e.value); /* null where it is not finite */
    fc_write_number(w, key, e.error);
    if (!isfinite(e.value))
        add_reason(reasons, name, m, &e);
    else if (!isfinite(e.error))
        add_reason(reasons, key, m, &e);
}

static void write_metric(struct fc_writer *w, const struct fc_result *result, const struct fc_tally_metric *m)
{
    static const struct {
        const char *name;
        double p;
    } quantiles[] = {{"p5", 0.05},  {"p25", 0.25}, {"p50", 0.5}, {"p75", 0.75},
                     {"p90", 0.90}, {"p95", 0.95}, {"p99", 0.99}};
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    struct reasons reasons = {.tally = &result->tally};
    struct fc_estimate mean = fc_statistics_mean(m);
    char name[64];
    fc_metric_name(m->metric, result->run_flop, name, sizeof name);
    fc_write_map(w, name);
    fc_write_text(w, "unit", info->unit);
    write_estimate(w, "mean", mean, m, &reasons);
    write_estimate(w, "sd", fc_statistics_sd(m), m, &reasons);
    fc_write_number(w, "min", fc_statistics_min(m));
    fc_write_number(w, "max", fc_statistics_max(m));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        write_estimate(w, quantiles[i].name, fc_statistics_quantile(m, quantiles[i].p), m, &reasons);
    int worst_is_high = fc_metric_worst_is_high(m->metric, fc_metric_fixed_of_tally(&result->tally));
    write_estimate(w, "cvar_worst5", fc_statistics_cvar(m, 0.05, worst_is_high), m, &reasons);
    if (result->tail > 0) {
        struct fc_estimate tail = fc_statistics_cvar(m, result->tail, worst_is_high);
        fc_write_number(w, "tail_share", result->tail);
        write_estimate(w, "cvar_tail", tail, m, &reasons);
    }
    fc_write_text(w, "worst", worst_is_high ? "high" : "low");
    fc_write_unsigned(w, "worlds_without_value", m->invalid);
    if (m->invalid) {
        char missing[160];
        fc_write_text(w, "without_value", fc_statistics_missing(&result->tally, m, missing, sizeof missing));
        if (!mean.refused)
            fc_write_number(w, "mean_share", mean.share); /* mean and sd are of these worlds alone */
        if (m->metric == FC_M_WALL_CLOCK_DAYS && result->longest_days > 0)
            fc_write_number(w, "longer_than", result->longest_days);
    }
    if (reasons.text[0])
        fc_write_text(w, "why", reasons.text);
    if (m->shifts)
        fc_write_number(w, "plain_worlds", fc_statistics_plain_worlds(m, (double)NAN));
    fc_write_end(w);
}

static void write_probability(struct fc_writer *w, const struct fc_result *result,
                              const struct fc_tally_metric *m)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    double p, lo, hi;
    fc_statistics_probability(m, &p, &lo, &hi);
    fc_write_map(w, info->name);
    fc_write_number(w, "p", p);
    fc_write_number(w, "lo", lo);
    fc_write_number(w, "hi", hi);
    const char *input = fc_metric_fixed_by(&result->tally, m->metric);
    if (input)
        fc_write_text(w, "fixed_by", input); /* an input given back, not a forecast */
    fc_write_end(w);
}

static void write_bins(FILE *out, const struct fc_tally_metric *m)
{
    const char *space = "";
    for (uint32_t bin = fc_tally_from(m, 0); bin < FC_TALLY_BINS; bin = fc_tally_from(m, bin + 1)) {
        if (!m->bins[bin])
            continue;
        fprintf(out, "%s%" PRIu32 ":%" PRIu64, space, bin, m->bins[bin]);
        space = " ";
    }
}

/* The bins of a shift, of which many follow on each other with few trials each: "bin:count,count,... bin:...". */
static void write_runs(FILE *out, const struct fc_tally_metric *m)
{
    uint32_t next = UINT32_MAX;
    for (uint32_t bin = fc_tally_from(m, 0); bin < FC_TALLY_BINS; bin = fc_tally_from(m, bin + 1)) {
        if (!m->bins[bin])
            continue;
        if (bin == next)
            fprintf(out, ",%" PRIu64, m->bins[bin]);
        else
            fprintf(out, "%s%" PRIu32 ":%" PRIu64, next == UINT32_MAX ? "" : " ", bin, m->bins[bin]);
        next = bin + 1;
    }
}

static void write_sums(FILE *out, const struct fc_tally_metric *m)
{
    const char *space = "";
    for (uint32_t e = m->min_key >> 23; m->count && e <= m->max_key >> 23; e++) {
        if (!(m->sum[e] | m->square_low[e] | m->square_high[e]))
            continue;
        fprintf(out, "%s%" PRIu32 ":%" PRIu64 ":%" PRIu64 ":%" PRIu64, space, e, m->sum[e], m->square_low[e],
                m->square_high[e]);
        space = " ";
    }
}

typedef void write_part(FILE *out, const struct fc_tally_metric *m);

static int write_as_text(struct fc_writer *w, const char *key, write_part *part, const struct fc_tally_metric *m,
                         struct fc_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "out of memory while writing a result");
    part(out, m);
    fclose(out);
    fc_write_text(w, key, text);
    free(text);
    return 0;
}

static int write_counts(struct fc_writer *w, const struct fc_tally_metric *m, write_part *bins, struct fc_error *error)
{
    fc_write_unsigned(w, "count", m->count);
    fc_write_unsigned(w, "invalid", m->invalid);
    fc_write_unsigned(w, "min_key", m->min_key);
    fc_write_unsigned(w, "min_trial", m->min_trial);
    fc_write_unsigned(w, "max_key", m->max_key);
    fc_write_unsigned(w, "max_trial", m->max_trial);
    return write_as_text(w, "bins", bins, m, error) || write_as_text(w, "sums", write_sums, m, error) ? -1 : 0;
}

/* One metric of the tally. Bins are "bin:count ..." and sums "exponent:sum:square_low:square_high ...", empty
 * ones left out: as lists of lists they would fill a line each. */
static int write_tally_metric(struct fc_writer *w, const struct fc_result *result,
                              const struct fc_tally_metric *m, struct fc_error *error)
{
    char name[64];
    fc_metric_name(m->metric, result->run_flop, name, sizeof name);
    fc_write_map(w, name);
    fc_write_signed(w, "metric", m->metric);
    int status = write_counts(w, m, write_bins, error);
    if (m->shifts)
        fc_write_list(w, "shifts");
    for (int s = 0; s < m->shifts && status == 0; s++) {
        fc_write_map(w, NULL);
        status = write_counts(w, &m->shift[s], write_runs, error);
        fc_write_end(w);
    }
    if (m->shifts)
        fc_write_end(w);
    fc_write_end(w);
    return status;
}

static int write_json(const struct fc_result *result, FILE *file, struct fc_error *error)
{
    struct fc_writer *w;
    char digest[17];
    if (fc_writer_open(&w, file, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_signed(w, "format", FC_RESULT_FORMAT);
    fc_write_signed(w, "model_version", result->model_version);
    fc_write_text(w, "name", result->scenario_name);
    int status = write_scenario(w, result, error);
    snprintf(digest, sizeof digest, "%016" PRIx64, result->input_digest);
    fc_write_text(w, "input_digest", digest);
    fc_write_unsigned(w, "seed", result->seed);
    fc_write_list(w, "trials");
    for (size_t i = 0; i < result->tally.range_count; i++) {
        fc_write_list(w, NULL);
        fc_write_unsigned(w, NULL, result->tally.ranges[i].first);
        fc_write_unsigned(w, NULL, result->tally.ranges[i].count);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_unsigned(w, "trials_asked", result->trials_asked);
    if (result->tally.shifts) {
        fc_write_map(w, "sampling");
        fc_write_text(w, "kind", "lattice");
        fc_write_signed(w, "shifts", result->tally.shifts);
        fc_write_end(w);
    }
    snprintf(digest, sizeof digest, "%016" PRIx64, fc_tally_digest(&result->tally, result->seed));
    fc_write_text(w, "digest", digest);
    fc_write_text(w, "backend", result->backend);
    fc_write_text(w, "devices", result->devices);
    fc_write_text(w, "topology", result->topology);
    fc_write_text(w, "build", result->build);
    fc_write_text(w, "command_line", fc_command_line());
    fc_write_number(w, "wall_s", result->wall_s);
    fc_write_map(w, "metrics");
    for (int r = 0; r < result->tally.metric_count; r++)
        if (!fc_metric_find(result->tally.metrics[r].metric)->probability)
            write_metric(w, result, &result->tally.metrics[r]);
    fc_write_end(w);
    fc_write_map(w, "probabilities");
    for (int r = 0; r < result->tally.metric_count; r++)
        if (fc_metric_find(result->tally.metrics[r].metric)->probability)
            write_probability(w, result, &result->tally.metrics[r]);
    fc_write_end(w);
    double power_mw = fc_statistics_run_power_mw(&result->tally);
    if (power_mw >= 0)
        fc_write_number(w, "run_power_mean_mw", power_mw);
    fc_notes_write(&result->notes, w);
    if (status == 0)
        status = write_member(w, "months", result->months_json, error);
    if (status == 0)
        status = write_member(w, "course", result->course_json, error);
    fc_write_map(w, "tally");
    fc_write_number(w, "deadline_days", result->deadline_days);
    fc_write_number(w, "budget_usd", result->budget_usd);
    fc_write_number(w, "longest_days", result->longest_days);
    fc_write_list(w, "run_flop");
    for (int k = 0; k < FC_RUN_SIZES; k++)
        fc_write_number(w, NULL, (double)result->run_flop[k]);
    fc_write_end(w);
    fc_write_map(w, "metrics");
    for (int r = 0; r < result->tally.metric_count && status == 0; r++)
        status = write_tally_metric(w, result, &result->tally.metrics[r], error);
    fc_write_end(w);
    fc_write_end(w);
    fc_write_end(w);
    struct fc_error close_error;
    if (fc_writer_close(w, status ? &close_error : error))
        status = -1;
    return status;
}

char *fc_result_json(const struct fc_result *result, struct fc_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        fc_fail(error, FC_FAULT, "out of memory while writing a result");
        return NULL;
    }
    int status = write_json(result, out, error);
    if (fclose(out) && !status)
        status = fc_fail(error, FC_FAULT, "out of memory while writing a result");
    if (status) {
        free(text);
        return NULL;
    }
    return fc_result_hash_add(text, size, error);
}
