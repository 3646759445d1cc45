/* result.c: writes and reads the JSON of a result. */
#include "result.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/document.h"
#include "host/base/document_write.h"
#include "statistics.h"

void fc_result_free(struct fc_result *result)
{
    free(result->scenario_json);
    free(result->scenario_name);
    fc_tally_free(&result->tally);
    *result = (struct fc_result){0};
}

/* --- writing
 * ---------------------------------------------------------------------------------------------------- */

static void write_node(struct fc_writer *w, const char *key, const struct fc_node *node)
{
    switch (node->kind) {
    case FC_NODE_EMPTY:
        fc_write_null(w, key);
        break;
    case FC_NODE_TEXT:
        if (node->quoted)
            fc_write_text(w, key, node->text);
        else
            fc_write_scalar(w, key, node->text);
        break;
    case FC_NODE_LIST:
    case FC_NODE_MAP:
        if (node->kind == FC_NODE_LIST)
            fc_write_list(w, key);
        else
            fc_write_map(w, key);
        for (const struct fc_node *child = node->first; child; child = child->next)
            write_node(w, child->key, child);
        fc_write_end(w);
        break;
    }
}

static int write_scenario(struct fc_writer *w, const struct fc_result *result, struct fc_error *error)
{
    struct fc_document *document;
    if (fc_document_open_text(&document, "scenario", result->scenario_json, strlen(result->scenario_json),
                              FC_RESULT_BYTES, error))
        return -1;
    for (const struct fc_node *child = fc_document_root(document)->first; child; child = child->next)
        write_node(w, child->key, child);
    fc_document_close(document);
    return 0;
}

static void write_estimate(struct fc_writer *w, const char *name, struct fc_estimate e, uint64_t *need)
{
    char key[48];
    fc_write_number(w, name, e.refused ? (double)NAN : e.value);
    snprintf(key, sizeof key, "%s_se", name);
    fc_write_number(w, key, e.refused ? (double)NAN : e.error);
    if (e.refused && e.need > *need)
        *need = e.need;
}

static void write_metric(struct fc_writer *w, const struct fc_result *result, const struct fc_tally_metric *m)
{
    static const struct {
        const char *name;
        double p;
    } quantiles[] = {{"p5", 0.05}, {"p25", 0.25}, {"p50", 0.5}, {"p75", 0.75}, {"p95", 0.95}, {"p99", 0.99}};
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    char name[64], text[160];
    uint64_t need = 0;
    fc_metric_name(m->metric, result->run_flop, name, sizeof name);
    fc_write_map(w, name);
    fc_write_text(w, "unit", info->unit);
    write_estimate(w, "mean", fc_statistics_mean(m), &need);
    write_estimate(w, "sd", fc_statistics_sd(m), &need);
    fc_write_number(w, "min", fc_statistics_min(m));
    fc_write_number(w, "max", fc_statistics_max(m));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        write_estimate(w, quantiles[i].name, fc_statistics_quantile(m, quantiles[i].p), &need);
    int worst_is_high = fc_metric_worst_is_high(m->metric, fc_metric_fixed_of_tally(&result->tally));
    write_estimate(w, "cvar_worst5", fc_statistics_cvar(m, 0.05, worst_is_high), &need);
    fc_write_text(w, "worst", worst_is_high ? "high" : "low");
    if (need) {
        snprintf(text, sizeof text,
                 "a null figure has fewer than 50 trials beyond it; %" PRIu64 " trials would do", need);
        fc_write_text(w, "why", text);
    }
    fc_write_end(w);
}

static void write_probability(struct fc_writer *w, const struct fc_tally_metric *m)
{
    double p, lo, hi;
    fc_statistics_probability(m, &p, &lo, &hi);
    fc_write_map(w, fc_metric_find(m->metric)->name);
    fc_write_number(w, "p", p);
    fc_write_number(w, "lo", lo);
    fc_write_number(w, "hi", hi);
    fc_write_end(w);
}

/* One metric of the tally. Bins are "bin:count ..." and sums "exponent:sum:square_low:square_high ...", empty
 * ones left out: as lists of lists they would fill a line each. */
static int write_tally_metric(struct fc_writer *w, const struct fc_result *result,
                              const struct fc_tally_metric *m, struct fc_error *error)
{
    char *text = NULL, name[64];
    size_t size = 0;
    fc_metric_name(m->metric, result->run_flop, name, sizeof name);
    fc_write_map(w, name);
    fc_write_signed(w, "metric", m->metric);
    fc_write_unsigned(w, "count", m->count);
    fc_write_unsigned(w, "invalid", m->invalid);
    fc_write_unsigned(w, "min_key", m->min_key);
    fc_write_unsigned(w, "min_trial", m->min_trial);
    fc_write_unsigned(w, "max_key", m->max_key);
    fc_write_unsigned(w, "max_trial", m->max_trial);
    for (int part = 0; part < 2; part++) {
        FILE *out = open_memstream(&text, &size);
        if (!out)
            return fc_fail(error, FC_FAULT, "no memory to write a result");
        const char *space = "";
        if (part == 0) {
            for (uint32_t bin = fc_tally_bin(m->min_key); m->count && bin <= fc_tally_bin(m->max_key);
                 bin++) {
                if (!m->bins[bin])
                    continue;
                fprintf(out, "%s%" PRIu32 ":%" PRIu64, space, bin, m->bins[bin]);
                space = " ";
            }
        } else {
            for (uint32_t e = m->min_key >> 23; m->count && e <= m->max_key >> 23; e++) {
                if (!(m->sum[e] | m->square_low[e] | m->square_high[e]))
                    continue;
                fprintf(out, "%s%" PRIu32 ":%" PRIu64 ":%" PRIu64 ":%" PRIu64, space, e, m->sum[e],
                        m->square_low[e], m->square_high[e]);
                space = " ";
            }
        }
        fclose(out);
        fc_write_text(w, part == 0 ? "bins" : "sums", text);
        free(text);
    }
    fc_write_end(w);
    return 0;
}

static int write_result(const struct fc_result *result, FILE *file, struct fc_error *error)
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
    snprintf(digest, sizeof digest, "%016" PRIx64, fc_tally_digest(&result->tally, result->seed));
    fc_write_text(w, "digest", digest);
    fc_write_text(w, "backend", result->backend);
    fc_write_text(w, "devices", result->devices);
    fc_write_text(w, "topology", result->topology);
    fc_write_text(w, "build", result->build);
    fc_write_number(w, "wall_s", result->wall_s);
    fc_write_map(w, "metrics");
    for (int r = 0; r < result->tally.metric_count; r++)
        if (!fc_metric_find(result->tally.metrics[r].metric)->probability)
            write_metric(w, result, &result->tally.metrics[r]);
    fc_write_end(w);
    fc_write_map(w, "probabilities");
    for (int r = 0; r < result->tally.metric_count; r++)
        if (fc_metric_find(result->tally.metrics[r].metric)->probability)
            write_probability(w, &result->tally.metrics[r]);
    fc_write_end(w);
    fc_write_map(w, "tally");
    fc_write_number(w, "deadline_days", result->deadline_days);
    fc_write_number(w, "budget_usd", result->budget_usd);
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

/* Whether the path is there and no plain file: a device or a pipe is written to, never replaced. */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* The name that the file has while it is being written, to be freed; NULL without memory. */
static char *part_name(const char *path, struct fc_error *error)
{
    size_t length = strlen(path) + 8;
    char *name = malloc(length);
    if (!name)
        fc_fail(error, FC_FAULT, "no memory to write a result");
    else
        snprintf(name, length, "%s%s", path, is_special(path) ? "" : ".part");
    return name;
}

static int cannot_write(const char *path, struct fc_error *error)
{
    return fc_fail(error, FC_BAD_INPUT, "%s: cannot be written (%s); name another file", path,
                   strerror(errno));
}

int fc_result_write(const struct fc_result *result, const char *path, struct fc_error *error)
{
    char *name = part_name(path, error);
    if (!name)
        return -1;
    bool in_place = strcmp(name, path) == 0;
    int status = -1;
    FILE *file = fopen(name, "w");
    if (!file) {
        cannot_write(path, error);
        goto out;
    }
    struct fc_error why;
    status = write_result(result, file, &why);
    if (fclose(file) != 0 && status == 0)
        status = fc_fail(&why, FC_FAULT, "the output cannot be written (%s)", strerror(errno));
    if (status)
        fc_fail(error, FC_FAULT, "%s: %s", path, why.text);
    else if (!in_place && rename(name, path) != 0)
        status = fc_fail(error, FC_FAULT, "%s: could not be put in place (%s)", path, strerror(errno));
    if (status && !in_place)
        remove(name);
out:
    free(name);
    return status;
}

int fc_result_can_write(const char *path, struct fc_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return fc_fail(error, FC_BAD_INPUT, "%s: is a directory; name a file in it", path);
    if (is_special(path))
        return access(path, W_OK) == 0 ? 0 : cannot_write(path, error);
    char *name = part_name(path, error);
    if (!name)
        return -1;
    int status = 0;
    FILE *file = fopen(name, "a");
    if (!file) {
        status = cannot_write(path, error);
    } else {
        fclose(file);
        remove(name);
    }
    free(name);
    return status;
}

char *fc_result_json(const struct fc_result *result, struct fc_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        fc_fail(error, FC_FAULT, "no memory to write a result");
        return NULL;
    }
    int status = write_result(result, out, error);
    fclose(out);
    if (status) {
        free(text);
        return NULL;
    }
    return text;
}

/* --- reading
 * ---------------------------------------------------------------------------------------------------- */

/* The child of `map`, or NULL with an error. */
static const struct fc_node *need(const struct fc_node *map, const char *key, struct fc_error *error)
{
    const struct fc_node *node = fc_node_get(map, key);
    if (!node)
        fc_fail_at(error, &map->place, "'%s' is missing (this is no result of flopcast, or it was cut short)",
                   key);
    return node;
}

static int get_u64(const struct fc_node *map, const char *key, int base, uint64_t *value,
                   struct fc_error *error)
{
    const struct fc_node *node = need(map, key, error);
    if (!node)
        return -1;
    char *end = NULL;
    errno = 0;
    if (node->kind == FC_NODE_TEXT && node->text[0] != '-')
        *value = strtoull(node->text, &end, base);
    if (!end || end == node->text || *end || errno)
        return fc_fail_at(error, &node->place, "'%s' is no whole number", node->text ? node->text : "");
    return 0;
}

static int get_double(const struct fc_node *map, const char *key, double *value, struct fc_error *error)
{
    const struct fc_node *node = need(map, key, error);
    if (!node)
        return -1;
    char *end = NULL;
    if (node->kind == FC_NODE_TEXT)
        *value = strtod(node->text, &end);
    if (!end || end == node->text || *end)
        return fc_fail_at(error, &node->place, "'%s' is no number", node->text ? node->text : "");
    return 0;
}

static int get_text(const struct fc_node *map, const char *key, char *text, size_t size,
                    struct fc_error *error)
{
    const struct fc_node *node = need(map, key, error);
    if (!node)
        return -1;
    if (node->kind != FC_NODE_TEXT)
        return fc_fail_at(error, &node->place, "'%s' is %s, not text", key, fc_node_kind_name(node->kind));
    snprintf(text, size, "%s", node->text);
    return 0;
}

/* Reads groups of `fields` numbers "a:b:c" divided by spaces into the metric's bins or sums. */
static int read_groups(const struct fc_node *map, const char *key, int fields, struct fc_tally_metric *m,
                       struct fc_error *error)
{
    const struct fc_node *node = need(map, key, error);
    if (!node)
        return -1;
    if (node->kind != FC_NODE_TEXT)
        return fc_fail_at(error, &node->place, "'%s' is %s, not text", key, fc_node_kind_name(node->kind));
    uint64_t limit = fields == 2 ? FC_TALLY_BINS : FC_TALLY_EXPONENTS;
    for (const char *p = node->text; *p;) {
        uint64_t v[4] = {0};
        for (int i = 0; i < fields; i++) {
            char *end;
            errno = 0;
            v[i] = strtoull(p, &end, 10);
            char want = i + 1 < fields ? ':' : (*end ? ' ' : '\0');
            if (end == p || errno || *end != want)
                return fc_fail_at(error, &node->place, "'%s' is damaged near '%.20s'", key, p);
            p = *end ? end + 1 : end;
        }
        if (v[0] >= limit)
            return fc_fail_at(error, &node->place, "'%s' has no place %" PRIu64 "; the highest is %" PRIu64,
                              key, v[0], limit - 1);
        if (fields == 2) {
            m->bins[v[0]] = v[1];
        } else {
            m->sum[v[0]] = v[1];
            m->square_low[v[0]] = v[2];
            m->square_high[v[0]] = v[3];
        }
    }
    return 0;
}

/* The values in the bins between the extremes. */
static uint64_t counted_between(const struct fc_tally_metric *m)
{
    uint64_t total = 0;
    for (uint32_t bin = fc_tally_bin(m->min_key); m->count && bin <= fc_tally_bin(m->max_key); bin++)
        total += m->bins[bin];
    return total;
}

static int read_tally(struct fc_result *result, const struct fc_node *metrics, struct fc_error *error)
{
    int32_t ids[FC_METRIC_COUNT];
    int count = 0;
    for (const struct fc_node *node = metrics->first; node; node = node->next) {
        uint64_t id = 0;
        if (get_u64(node, "metric", 10, &id, error))
            return -1;
        if (id >= FC_METRIC_COUNT || count >= FC_METRIC_COUNT || (count && (int32_t)id <= ids[count - 1]))
            return fc_fail_at(error, &node->place, "metric %" PRIu64 " is unknown or out of order", id);
        ids[count++] = (int32_t)id;
    }
    if (fc_tally_create(&result->tally, ids, count, error))
        return -1;
    int r = 0;
    for (const struct fc_node *node = metrics->first; node; node = node->next, r++) {
        struct fc_tally_metric *m = &result->tally.metrics[r];
        uint64_t min_key = 0, max_key = 0;
        if (!fc_metric_find(m->metric))
            return fc_fail_at(error, &node->place, "metric %d is unknown to this version", m->metric);
        if (get_u64(node, "count", 10, &m->count, error) ||
            get_u64(node, "invalid", 10, &m->invalid, error) ||
            get_u64(node, "min_key", 10, &min_key, error) || get_u64(node, "max_key", 10, &max_key, error) ||
            get_u64(node, "min_trial", 10, &m->min_trial, error) ||
            get_u64(node, "max_trial", 10, &m->max_trial, error) || read_groups(node, "bins", 2, m, error) ||
            read_groups(node, "sums", 4, m, error))
            return -1;
        if (min_key > UINT32_MAX || max_key > UINT32_MAX || (m->count && min_key > max_key))
            return fc_fail_at(error, &node->place, "the extremes of metric %d are damaged", m->metric);
        m->min_key = (uint32_t)min_key;
        m->max_key = (uint32_t)max_key;
        if (counted_between(m) != m->count)
            return fc_fail_at(error, &node->place,
                              "the bins between the extremes of '%s' do not hold its %" PRIu64 " values",
                              node->key, m->count);
    }
    return 0;
}

static int read_ranges(struct fc_result *result, const struct fc_node *trials, struct fc_error *error)
{
    for (const struct fc_node *node = trials->first; node; node = node->next) {
        if (node->kind != FC_NODE_LIST || node->count != 2)
            return fc_fail_at(error, &node->place, "a range of trials is [first, count]");
        uint64_t v[2];
        for (int i = 0; i < 2; i++) {
            const struct fc_node *number = i ? node->last : node->first;
            char *end = NULL;
            errno = 0;
            if (number->kind == FC_NODE_TEXT && number->text[0] != '-')
                v[i] = strtoull(number->text, &end, 10);
            if (!end || end == number->text || *end || errno)
                return fc_fail_at(error, &number->place, "a range of trials is [first, count]");
        }
        if (v[1] == 0 || v[0] > UINT64_MAX - v[1])
            return fc_fail_at(error, &node->place,
                              "a range of trials is [first, count], with one trial at least");
        struct fc_error why;
        if (fc_tally_cover(&result->tally, v[0], v[1], &why))
            return fc_fail_at(error, &node->place, "%s", why.text);
    }
    return 0;
}

/* The scenario and its origins as text again. */
static int keep_scenario(struct fc_result *result, const struct fc_node *root, struct fc_error *error)
{
    size_t size = 0;
    FILE *out = open_memstream(&result->scenario_json, &size);
    struct fc_writer *w;
    if (!out)
        return fc_fail(error, FC_FAULT, "no memory to read a result");
    int status = fc_writer_open(&w, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(w, NULL);
        const char *keys[] = {"scenario", "origins"};
        for (int i = 0; i < 2; i++) {
            const struct fc_node *node = fc_node_get(root, keys[i]);
            if (node)
                write_node(w, keys[i], node);
        }
        fc_write_end(w);
        status = fc_writer_close(w, error);
    }
    fclose(out);
    return status;
}

static int read_document(struct fc_result *result, const struct fc_document *document, struct fc_error *error)
{
    const struct fc_node *root = fc_document_root(document);
    uint64_t format = 0, version = 0, digest = 0;
    if (root->kind != FC_NODE_MAP)
        return fc_fail_at(error, &root->place, "holds %s, not a result of flopcast",
                          fc_node_kind_name(root->kind));
    if (get_u64(root, "format", 10, &format, error))
        return -1;
    if (format != FC_RESULT_FORMAT)
        return fc_fail_at(error, &fc_node_get(root, "format")->place,
                          "format %" PRIu64 " is not the one this version reads (%d)", format,
                          FC_RESULT_FORMAT);
    char name[256];
    const struct fc_node *trials = need(root, "trials", error),
                         *tally = trials ? need(root, "tally", error) : NULL;
    const struct fc_node *metrics = tally ? need(tally, "metrics", error) : NULL;
    if (!metrics || get_u64(root, "model_version", 10, &version, error) ||
        get_u64(root, "seed", 10, &result->seed, error) ||
        get_u64(root, "input_digest", 16, &result->input_digest, error) ||
        get_u64(root, "digest", 16, &digest, error) || get_text(root, "name", name, sizeof name, error) ||
        get_text(root, "backend", result->backend, sizeof result->backend, error) ||
        get_text(root, "devices", result->devices, sizeof result->devices, error) ||
        get_text(root, "topology", result->topology, sizeof result->topology, error) ||
        get_text(root, "build", result->build, sizeof result->build, error) ||
        get_double(root, "wall_s", &result->wall_s, error) ||
        get_double(tally, "deadline_days", &result->deadline_days, error) ||
        get_double(tally, "budget_usd", &result->budget_usd, error))
        return -1;
    result->model_version = (int)version;
    result->scenario_name = strdup(name);
    const struct fc_node *sizes = need(tally, "run_flop", error);
    if (!result->scenario_name || !sizes)
        return result->scenario_name ? -1 : fc_fail(error, FC_FAULT, "no memory to read a result");
    int k = 0;
    for (const struct fc_node *node = sizes->first; node && k < FC_RUN_SIZES; node = node->next)
        result->run_flop[k++] = node->kind == FC_NODE_TEXT ? strtof(node->text, NULL) : 0;
    if (read_tally(result, metrics, error) || read_ranges(result, trials, error) ||
        keep_scenario(result, root, error))
        return -1;
    for (int r = 0; r < result->tally.metric_count; r++)
        if (result->tally.metrics[r].count + result->tally.metrics[r].invalid !=
            fc_tally_trials(&result->tally))
            return fc_fail_at(error, &trials->place,
                              "these %" PRIu64 " trials are not the %" PRIu64 " of the metrics",
                              fc_tally_trials(&result->tally),
                              result->tally.metrics[r].count + result->tally.metrics[r].invalid);
    uint64_t computed = fc_tally_digest(&result->tally, result->seed);
    if (result->model_version == fc_tally_model_version() && computed != digest)
        return fc_fail_at(error, &fc_node_get(root, "digest")->place,
                          "the file was altered (its numbers give digest %016" PRIx64
                          ", not the stated %016" PRIx64 ")",
                          computed, digest);
    return 0;
}

int fc_result_read(struct fc_result *result, const char *path, struct fc_error *error)
{
    struct fc_document *document;
    *result = (struct fc_result){0};
    if (fc_document_open(&document, path, FC_RESULT_BYTES, error))
        return -1;
    int status = read_document(result, document, error);
    fc_document_close(document);
    if (status)
        fc_result_free(result);
    return status;
}
