/* result_read.c: reads the JSON of a result back and checks it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/document.h"
#include "host/base/document_write.h"
#include "host/base/read_file.h"
#include "host/base/source.h"
#include "result.h"
#include "result_hash.h"

/* The child of `map`, or NULL with an error. */
static const struct fc_node *need(const struct fc_node *map, const char *key, struct fc_error *error)
{
    const struct fc_node *node = fc_node_get(map, key);
    if (!node)
        fc_fail_at(error, &map->place, "'%s' is missing (this is not a flopcast result, or it is truncated)",
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
        return fc_fail_at(error, &node->place, "'%s' is not an integer", node->text ? node->text : "");
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
        return fc_fail_at(error, &node->place, "'%s' is not a number", node->text ? node->text : "");
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
    fc_make_printable(text, false); /* a stranger's line break must not make a line of the output */
    return 0;
}

/* Reads the further counts "c,d,..." of bins from `bin` on; returns what is behind them and their space, or NULL. */
static const char *read_run(const struct fc_node *node, const char *key, const char *text, uint64_t bin,
                            struct fc_tally_metric *m, struct fc_error *error)
{
    for (char last = ','; last == ','; bin++) {
        char *end;
        errno = 0;
        uint64_t count = strtoull(text, &end, 10);
        if (end == text || errno || bin >= FC_TALLY_BINS || (*end && *end != ',' && *end != ' ')) {
            fc_fail_at(error, &node->place, "'%s' is damaged near '%.20s'", key, text);
            return NULL;
        }
        fc_tally_count(m, (uint32_t)bin, count - m->bins[bin]);
        last = *end;
        text = *end ? end + 1 : end;
    }
    return text;
}

/* Reads groups of `fields` numbers "a:b:c" divided by spaces into the metric's bins or sums; of bins, "a:b,c,d" are those
 * that follow on each other. */
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
            if (i == 1 && fields == 2 && *end == ',')
                want = ',';
            if (end == p || errno || *end != want)
                return fc_fail_at(error, &node->place, "'%s' is damaged near '%.20s'", key, p);
            p = *end ? end + 1 : end;
        }
        if (v[0] >= limit)
            return fc_fail_at(error, &node->place, "'%s' has no place %" PRIu64 "; the highest is %" PRIu64,
                              key, v[0], limit - 1);
        if (fields == 2) {
            fc_tally_count(m, (uint32_t)v[0], v[1] - m->bins[v[0]]); /* the last of two holds */
            if (p > node->text && p[-1] == ',' && (p = read_run(node, key, p, v[0] + 1, m, error)) == NULL)
                return -1;
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
    uint32_t last = m->count ? fc_tally_bin(m->max_key) : 0, first = m->count ? fc_tally_bin(m->min_key) : 1;
    for (uint32_t bin = fc_tally_from(m, first); bin <= last; bin = fc_tally_from(m, bin + 1))
        total += m->bins[bin];
    return total;
}

/* The counts of a metric, or of one of its shifts. */
static int read_counts(const struct fc_node *node, const char *name, struct fc_tally_metric *m, struct fc_error *error)
{
    uint64_t min_key = 0, max_key = 0;
    if (get_u64(node, "count", 10, &m->count, error) || get_u64(node, "invalid", 10, &m->invalid, error) ||
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
                          "the bins between the extremes of '%s' do not hold its %" PRIu64 " values", name, m->count);
    const char *unfit = fc_tally_unfit(m);
    if (unfit)
        return fc_fail_at(error, &node->place, "%s of '%s' is impossible (the file was altered)", unfit, name);
    return 0;
}

/* The shifts of a metric; they add up to it. */
static int read_shifts(const struct fc_node *node, struct fc_tally_metric *m, struct fc_error *error)
{
    const struct fc_node *list = fc_node_get(node, "shifts"), *shift = list ? list->first : NULL;
    uint64_t count = 0, invalid = 0;
    for (int s = 0; s < m->shifts; s++, shift = shift->next) {
        if (!shift)
            return fc_fail_at(error, &node->place, "'%s' lacks some of its %d shifts", node->key, m->shifts);
        if (read_counts(shift, node->key, &m->shift[s], error))
            return -1;
        count += m->shift[s].count;
        invalid += m->shift[s].invalid;
    }
    if (shift || (m->shifts && (count != m->count || invalid != m->invalid)))
        return fc_fail_at(error, &node->place, "the shifts of '%s' do not add up to it (the file was altered)",
                          node->key);
    return 0;
}

/* Whether a tally is of these metrics and shifts. */
static bool is_for(const struct fc_tally *tally, const int32_t *ids, int count, int shifts)
{
    bool same = tally->metrics && tally->metric_count == count && tally->shifts == shifts;
    for (int r = 0; same && r < count; r++)
        same = tally->metrics[r].metric == ids[r];
    return same;
}

/* A cleared tally has zeros where values were counted; what a file states may lie elsewhere. */
static void zero_sums(struct fc_tally_metric *m)
{
    memset(m->sum, 0, sizeof m->sum);
    memset(m->square_low, 0, sizeof m->square_low);
    memset(m->square_high, 0, sizeof m->square_high);
    for (int s = 0; s < m->shifts; s++)
        zero_sums(&m->shift[s]);
}

/* `room`: a tally that is taken where it is of the same metrics, or NULL. */
static int read_tally(struct fc_result *result, const struct fc_node *metrics, uint64_t shifts, struct fc_tally *room,
                      struct fc_error *error)
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
    if (shifts > FC_SHIFTS_MOST)
        return fc_fail_at(error, &metrics->place, "%" PRIu64 " shifts are too many (at most %d)", shifts,
                          FC_SHIFTS_MOST);
    if (room && is_for(room, ids, count, (int)shifts)) {
        result->tally = *room;
        *room = (struct fc_tally){0};
        for (int r = 0; r < count; r++)
            zero_sums(&result->tally.metrics[r]);
    } else if (fc_tally_create_shifts(&result->tally, ids, count, (int)shifts, error)) {
        return -1;
    }
    int r = 0;
    for (const struct fc_node *node = metrics->first; node; node = node->next, r++) {
        struct fc_tally_metric *m = &result->tally.metrics[r];
        if (!fc_metric_find(m->metric))
            return fc_fail_at(error, &node->place, "metric %d is unknown to this version", m->metric);
        if (read_counts(node, node->key, m, error) || read_shifts(node, m, error))
            return -1;
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
        return fc_fail(error, FC_FAULT, "out of memory while reading a result");
    int status = fc_writer_open(&w, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(w, NULL);
        const char *keys[] = {"scenario", "origins", "assumptions"};
        for (int i = 0; i < 3; i++) {
            const struct fc_node *node = fc_node_get(root, keys[i]);
            if (node)
                fc_write_node(w, keys[i], node);
        }
        fc_write_end(w);
        status = fc_writer_close(w, error);
    }
    fclose(out);
    return status;
}

/* The notes; a file of an earlier version has none. */
static int read_notes(struct fc_result *result, const struct fc_node *list, struct fc_error *error)
{
    for (const struct fc_node *node = list ? list->first : NULL; node; node = node->next) {
        char id[64], severity[16], text[1024], place[512] = "";
        if (get_text(node, "id", id, sizeof id, error) ||
            get_text(node, "severity", severity, sizeof severity, error) ||
            get_text(node, "text", text, sizeof text, error) ||
            (fc_node_get(node, "place") && get_text(node, "place", place, sizeof place, error)))
            return -1;
        fc_notes_put(&result->notes, strcmp(severity, "warning") == 0 ? FC_WARNING : FC_NOTE, id, place,
                     text);
    }
    return 0;
}

static int read_document(struct fc_result *result, const struct fc_document *document, struct fc_tally *room,
                         struct fc_error *error)
{
    const struct fc_node *root = fc_document_root(document);
    uint64_t format = 0, version = 0, digest = 0, shifts = 0;
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
    const struct fc_node *sampling = fc_node_get(root, "sampling");
    if (!metrics || (sampling && get_u64(sampling, "shifts", 10, &shifts, error)) || get_u64(root, "model_version", 10, &version, error) ||
        get_u64(root, "seed", 10, &result->seed, error) ||
        get_u64(root, "input_digest", 16, &result->input_digest, error) ||
        get_u64(root, "trials_asked", 10, &result->trials_asked, error) ||
        get_u64(root, "digest", 16, &digest, error) || get_text(root, "name", name, sizeof name, error) ||
        get_text(root, "backend", result->backend, sizeof result->backend, error) ||
        get_text(root, "devices", result->devices, sizeof result->devices, error) ||
        get_text(root, "topology", result->topology, sizeof result->topology, error) ||
        get_text(root, "build", result->build, sizeof result->build, error) ||
        get_double(root, "wall_s", &result->wall_s, error) ||
        get_double(tally, "deadline_days", &result->deadline_days, error) ||
        get_double(tally, "budget_usd", &result->budget_usd, error) ||
        (fc_node_get(tally, "longest_days") &&
         get_double(tally, "longest_days", &result->longest_days, error)))
        return -1;
    result->model_version = (int)version;
    result->scenario_name = strdup(name);
    const struct fc_node *sizes = need(tally, "run_flop", error);
    if (!result->scenario_name || !sizes)
        return result->scenario_name ? -1 : fc_fail(error, FC_FAULT, "out of memory while reading a result");
    int k = 0;
    for (const struct fc_node *node = sizes->first; node && k < FC_RUN_SIZES; node = node->next)
        result->run_flop[k++] = node->kind == FC_NODE_TEXT ? strtof(node->text, NULL) : 0;
    if (read_tally(result, metrics, shifts, room, error) || read_ranges(result, trials, error) ||
        read_notes(result, fc_node_get(root, "notes"), error) ||
        (!result->scenario_json && keep_scenario(result, root, error)))
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

/* The place after a JSON string whose quote is text[at]; `length` when it has no end. */
static size_t end_of_string(const char *text, size_t length, size_t at)
{
    for (at++; at < length;) {
        const char *quote = memchr(text + at, '"', length - at);
        const char *escape = quote ? memchr(text + at, '\\', (size_t)(quote - text) - at) : NULL;
        if (!quote || !escape)
            return quote ? (size_t)(quote - text) + 1 : length;
        at = (size_t)(escape - text) + 2;
    }
    return length;
}

/* The same of a string, list or map that begins at text[at]. */
static size_t end_of(const char *text, size_t length, size_t at)
{
    for (size_t depth = 0; at < length; at++) {
        if (text[at] == '"')
            at = end_of_string(text, length, at) - 1;
        else if (text[at] == '{' || text[at] == '[')
            depth++;
        else if (text[at] == '}' || text[at] == ']')
            depth -= depth > 0;
        if (depth == 0)
            return at + 1;
    }
    return length;
}

/* Members of a result that need not be read again: `metrics`, half of its text, is for people and is made anew from the tally;
 * what the run was computed from stands in all parts of a run alike. */
enum { MEMBERS = 4 };

struct member {
    size_t from, open, close; /* where its key begins, and its brackets */
    bool alike;               /* the same in all parts of a run */
};

/* Finds those members of a JSON map, in the order of the text; returns how many. A text that is no such JSON has none. */
static int find_members(const char *text, size_t length, struct member members[MEMBERS])
{
    static const char *const keys[MEMBERS] = {"\"metrics\"", "\"scenario\"", "\"origins\"", "\"assumptions\""};
    int count = 0;
    for (size_t at = 1; length > 0 && text[0] == '{' && at < length && count < MEMBERS; at++) {
        if (text[at] == '{' || text[at] == '[') {
            at = end_of(text, length, at) - 1;
        } else if (text[at] == '"') {
            size_t end = end_of(text, length, at);
            for (int k = 0; k < MEMBERS; k++) {
                bool here = end - at == strlen(keys[k]) && memcmp(text + at, keys[k], end - at) == 0;
                if (here && end + 3 < length && memcmp(text + end, ": ", 2) == 0 && (text[end + 2] == '{' || text[end + 2] == '['))
                    members[count++] = (struct member){at, end + 2, end_of(text, length, end + 2) - 1, k > 0};
            }
            at = end - 1;
        }
    }
    return count;
}

/* Copies the text without what stands in the brackets of the members (but for those that are alike in all parts, where these
 * are to be read). Its lines stay, so that places are right; the hash of the file, of the text as it was, tells whether it was
 * changed. Returns the length of `less`. */
static size_t copy_less(const char *text, size_t length, const struct member *members, int count, bool alike, char *less)
{
    size_t used = 0, at = 0;
    for (int i = 0; i < count; i++) {
        const struct member *m = &members[i];
        if (m->alike && !alike)
            continue;
        memcpy(less + used, text + at, m->open + 1 - at);
        used += m->open + 1 - at;
        at = m->open + 1;
        for (const char *line; at < m->close && (line = memchr(text + at, '\n', m->close - at)); at = (size_t)(line - text) + 1)
            less[used++] = '\n';
        at = m->close;
    }
    memcpy(less + used, text + at, length - at);
    used += length - at;
    less[used] = '\0';
    return used;
}

/* Whether the members that are alike in all parts of a run are those of `whole`, byte for byte. */
static bool is_alike(const char *text, const struct member *members, int count, const struct fc_result *whole)
{
    const char *told = whole && whole->told ? whole->told : "";
    size_t left = strlen(told), some = left;
    for (int i = 0; i < count; i++) {
        size_t bytes = members[i].close + 1 - members[i].from;
        if (!members[i].alike)
            continue;
        if (bytes > left || memcmp(told, text + members[i].from, bytes) != 0)
            return false;
        told += bytes;
        left -= bytes;
    }
    return some > 0 && left == 0;
}

/* Keeps those members, for parts that are read later. */
static char *keep_alike(const char *text, const struct member *members, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += members[i].alike ? members[i].close + 1 - members[i].from : 0;
    char *told = malloc(bytes + 1), *to = told;
    for (int i = 0; told && i < count; i++)
        if (members[i].alike)
            to = (char *)memcpy(to, text + members[i].from, members[i].close + 1 - members[i].from) + members[i].close + 1 -
                 members[i].from;
    if (told)
        *to = '\0';
    return told;
}

int fc_result_read_part(struct fc_result *result, const char *path, const struct fc_result *whole, struct fc_tally *room,
                        struct fc_error *error)
{
    struct fc_document *document;
    struct member members[MEMBERS];
    char *text;
    size_t length;
    *result = (struct fc_result){0};
    if (fc_read_file(path, FC_RESULT_BYTES, &text, &length, error))
        return -1;
    int count = find_members(text, length, members);
    bool alike = is_alike(text, members, count, whole);
    char *less = malloc(length + 1);
    result->told = whole ? NULL : keep_alike(text, members, count);
    result->scenario_json = alike ? strdup(whole->scenario_json) : NULL;
    if (!less || (!whole && !result->told) || (alike && !result->scenario_json)) {
        free(text);
        free(less);
        fc_result_free(result);
        return fc_fail(error, FC_FAULT, "out of memory while reading a result");
    }
    size_t less_length = copy_less(text, length, members, count, alike, less);
    int status = fc_document_open_text(&document, path, less, less_length, FC_RESULT_BYTES, error);
    if (status == 0) {
        status = read_document(result, document, room, error); /* first: what is wrong there has a place */
        fc_document_close(document);
    }
    if (status == 0)
        status = fc_result_hash_check(path, text, length, error);
    free(text);
    free(less);
    if (status)
        fc_result_free(result);
    return status;
}

int fc_result_read(struct fc_result *result, const char *path, struct fc_error *error)
{
    return fc_result_read_part(result, path, NULL, NULL, error);
}
