/* follow_log.c: logs of a run under way, as people have them; the reading half of follow.h. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "follow.h"
#include "host/base/csv.h"
#include "host/base/date.h"
#include "host/base/document.h"
#include "host/base/read_file.h"

enum { LOG_BYTES = 64 << 20 };

struct fc_follow_seen fc_follow_nothing(void)
{
    struct fc_follow_seen seen = {.steps = (double)NAN, .stops = (double)NAN, .spares = (double)NAN};
    for (int k = 0; k < FC_FOLLOW_CLASSES; k++)
        seen.by_class[k] = (double)NAN;
    return seen;
}

/* Names of columns, without regard to capitals: how a time is written, and what counts steps. */
enum time_kind { HOURS, DAYS, DATE, CLOCK, SECONDS };
static const struct {
    const char *name;
    enum time_kind kind;
} times[] = {{"hours", HOURS},
             {"days", DAYS},
             {"date", DATE},
             {"wall time", CLOCK},
             {"wall_time", CLOCK},
             {"_timestamp", CLOCK},
             {"_runtime", SECONDS},
             {"seconds", SECONDS},
             {"relative time (process)", SECONDS},
             {"relative time (wall)", SECONDS}};
static const char *const step_names[] = {"steps",    "step", "_step", "global_step", "trainer/global_step",
                                         "iteration"};

static int time_of(const char *name)
{
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (strcasecmp(name, times[i].name) == 0)
            return (int)i;
    return -1;
}

static bool counts_steps(const char *name)
{
    for (size_t i = 0; i < sizeof step_names / sizeof step_names[0]; i++)
        if (strcasecmp(name, step_names[i]) == 0)
            return true;
    return false;
}

/* The count that a name is of: interruptions, interruptions@gpu or failures_gpu, spares; NULL: none. */
static double *count_of(struct fc_follow_seen *seen, const char *name)
{
    if (strcasecmp(name, "interruptions") == 0)
        return &seen->stops;
    if (strcasecmp(name, "spares") == 0 || strcasecmp(name, "spares_used") == 0)
        return &seen->spares;
    static const char *const starts[] = {"interruptions@", "interruptions_", "failures_"};
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (int k = 0; k < FC_FOLLOW_CLASSES && strncasecmp(name, starts[s], strlen(starts[s])) == 0; k++)
            if (strcasecmp(name + strlen(starts[s]), fc_follow_classes[k]) == 0)
                return &seen->by_class[k];
    return NULL;
}

static int read_date(const char *text, const char *start_date, double *days, const char *path, int line,
                     struct fc_error *error)
{
    long day, start;
    if (!start_date || !fc_date_read(start_date, &start) || !fc_date_read(text, &day))
        return fc_fail(
            error, FC_BAD_INPUT,
            "%.200s:%d:1: '%.20s' is not a date YYYY-MM-DD, or neither --start nor the scenario's start "
            "gives one to count from",
            path, line, text);
    *days = (double)(day - start);
    return 0;
}

static double in_days(enum time_kind kind, double value)
{
    return kind == HOURS ? value / 24 : kind == DAYS ? value : value / 86400;
}

/* The last row of a table, or of several runs' columns in one (Weights & Biases writes "name - column"). */
static int read_csv(struct fc_follow_seen *seen, const struct fc_csv *csv, const char *path,
                    const char *start_date, struct fc_error *error)
{
    int steps = -1, time = -1;
    enum time_kind kind = HOURS;
    for (size_t k = 0; k < csv->columns; k++) {
        const char *name = fc_csv_cell(csv, 0, k), *dash = strstr(name, " - ");
        const char *own = dash ? dash + 3 : name;
        if (steps < 0 && counts_steps(own))
            steps = (int)k;
        if (time < 0 && time_of(own) >= 0) {
            time = (int)k;
            kind = times[time_of(own)].kind;
        }
    }
    if (steps < 0 || time < 0 || csv->rows < 2)
        return fc_fail(
            error, FC_BAD_INPUT,
            "%.200s:1:1: a log has a column 'steps' and one of hours, days, date, 'Wall time', _timestamp or "
            "_runtime, and at least one row%s",
            path,
            steps >= 0 ? "; a chart of Weights & Biases has none: export the run's history with _timestamp"
                       : "");
    size_t last = csv->rows - 1;
    double value, first;
    const char *text = fc_csv_cell(csv, last, (size_t)time);
    if (kind == DATE) {
        if (read_date(text, start_date, &seen->days, path, csv->lines[last], error))
            return -1;
    } else if (!fc_csv_number(csv, text, &value) ||
               !fc_csv_number(csv, fc_csv_cell(csv, 1, (size_t)time), &first)) {
        return fc_fail(error, FC_BAD_INPUT, "%.200s:%d:1: '%.20s' is not a number", path, csv->lines[last],
                       text);
    } else {
        seen->days = in_days(kind, kind == CLOCK ? value - first : value);
    }
    if (!fc_csv_number(csv, fc_csv_cell(csv, last, (size_t)steps), &seen->steps) || !(seen->steps > 0))
        return fc_fail(error, FC_BAD_INPUT, "%.200s:%d:1: steps is '%.20s', not a number above 0", path,
                       csv->lines[last], fc_csv_cell(csv, last, (size_t)steps));
    for (size_t k = 0; k < csv->columns; k++) {
        double *count = count_of(seen, fc_csv_cell(csv, 0, k));
        const char *cell = fc_csv_cell(csv, last, k);
        if (!count || fc_csv_blank(cell))
            continue;
        if (!fc_csv_number(csv, cell, &value) || value < 0)
            return fc_fail(error, FC_BAD_INPUT,
                           "%.200s:%d:%d: '%.40s' is '%.20s', which is no count; leave the cell empty where none was kept",
                           path, csv->lines[last], (int)k + 1, fc_csv_cell(csv, 0, k), cell);
        *count = value;
    }
    return 0;
}

/* A map with the same names, or a list of them, the last of which counts. */
static int read_json(struct fc_follow_seen *seen, const struct fc_node *root, const char *start_date,
                     struct fc_error *error)
{
    const struct fc_node *map = root && root->kind == FC_NODE_LIST ? root->last : root;
    if (!map || map->kind != FC_NODE_MAP)
        return fc_fail(error, FC_BAD_INPUT,
                       "a JSON log is a map with steps and hours, days or date, or a list of such "
                       "maps");
    for (const struct fc_node *node = map->first; node; node = node->next) {
        double *count = counts_steps(node->key) ? &seen->steps : count_of(seen, node->key);
        char *end = NULL;
        int time = time_of(node->key);
        bool classes = strcmp(node->key, "failures") == 0 && node->kind == FC_NODE_MAP;
        for (const struct fc_node *of = classes ? node->first : NULL; of; of = of->next) {
            char name[64];
            snprintf(name, sizeof name, "failures_%.40s", of->key);
            double *class = count_of(seen, name);
            if (!class)
                return fc_fail_at(error, &of->key_place,
                                  "failures: '%.40s' is no class; they are gpu, host, nvlink, "
                                  "network, software, hang, silent, rack, job, site, pod",
                                  of->key);
            *class = of->text ? strtod(of->text, &end) : (double)NAN;
            if (!of->text || *end || !(*class >= 0 && isfinite(*class)))
                return fc_fail_at(error, &of->place, "failures.%.40s is not a number from 0", of->key);
        }
        if (classes || (!count && time < 0))
            continue;
        if (!node->text)
            return fc_fail_at(error, &node->place, "%.40s is not a number", node->key);
        if (time >= 0 && times[time].kind == DATE) {
            if (read_date(node->text, start_date, &seen->days, node->place.file, node->place.line, error))
                return -1;
            continue;
        }
        if (time >= 0 && times[time].kind == CLOCK)
            return fc_fail_at(error, &node->place,
                              "%.40s is a time of the clock; a log in JSON counts hours, days or "
                              "seconds from the start",
                              node->key);
        double value = strtod(node->text, &end);
        if (!*node->text || *end || !(value >= 0 && isfinite(value)))
            return fc_fail_at(error, &node->place, "%.40s is '%.20s', not a number from 0", node->key, node->text);
        if (count)
            *count = value;
        else
            seen->days = in_days(times[time].kind, value);
    }
    return 0;
}

/* --- Slurm ---------------------------------------------------------------------------------------------- */

/* "2026-12-01T04:30:00" in days; false for Unknown and None. */
static bool read_moment(const char *text, double *days)
{
    long day;
    int h = 0, m = 0, s = 0;
    if (!fc_date_read(text, &day) || (text[10] && sscanf(text + 10, "T%2d:%2d:%2d", &h, &m, &s) < 2))
        return false;
    *days = (double)day + (h + (m + s / 60.0) / 60.0) / 24.0;
    return true;
}

/* "3-04:05:06", "04:05:06" or "05:06" in days. */
static bool read_elapsed(const char *text, double *days)
{
    double part[3];
    char *end;
    double d = 0;
    const char *dash = strchr(text, '-');
    if (dash) {
        d = strtod(text, &end);
        text = dash + 1;
    }
    int n = 0;
    for (; n < 3; n++) {
        part[n] = strtod(text, &end);
        if (end == text)
            return false;
        if (*end != ':') {
            n++;
            break;
        }
        text = end + 1;
    }
    double seconds = 0;
    for (int i = 0; i < n; i++)
        seconds = seconds * 60 + part[i];
    *days = d + seconds / 86400;
    return n >= 2;
}

/* sacct's columns of fixed width (a line of dashes below the names) as cells between tabs, in place; so, too, the bars of
 * sacct -P. */
static void make_tabs(char *text)
{
    char *line = strchr(text, '\n');
    if (line && line[1] == '-') {
        size_t starts[64], n = 0;
        for (const char *at = line + 1; *at && *at != '\n'; at++)
            if (at > line + 1 && *at == '-' && at[-1] == ' ' && n < 64)
                starts[n++] = (size_t)(at - line - 1);
        for (char *begin = text; *begin;) {
            size_t length = strcspn(begin, "\n");
            for (size_t i = 0; i < n; i++)
                if (starts[i] > 0 && starts[i] - 1 < length)
                    begin[starts[i] - 1] = '\t';
            begin += length + (begin[length] == '\n');
        }
        return;
    }
    for (char *at = text; *at; at++)
        *at = *at == '|' ? '\t' : *at;
}

static int column(const struct fc_csv *csv, const char *name)
{
    for (size_t k = 0; k < csv->columns; k++)
        if (strcasecmp(fc_csv_cell(csv, 0, k), name) == 0)
            return (int)k;
    return -1;
}

/* Attempts of the run: jobs one after the other. One that ends by a failure is an interruption; one that was cancelled or ran
 * out of its time is not. */
static int read_sacct(struct fc_follow_seen *seen, const struct fc_csv *csv, const char *path,
                      struct fc_error *error)
{
    static const char *const failures[] = {"FAILED", "NODE_FAIL", "BOOT_FAIL", "OUT_OF_ME", "PREEMPTED"};
    int id = column(csv, "JobID"), state = column(csv, "State"), start = column(csv, "Start"),
        end = column(csv, "End"), elapsed = column(csv, "Elapsed");
    if (id < 0 || state < 0 || start < 0 || (end < 0 && elapsed < 0))
        return fc_fail(error, FC_BAD_INPUT,
                       "%.200s:1:1: sacct's text has the columns JobID, State, Start and End: sacct -X -P "
                       "--format=JobID,State,Start,End,Elapsed -j ...",
                       path);
    double first = INFINITY, last = -INFINITY;
    int jobs = 0, stops = 0, by_hand = 0;
    for (size_t i = 1; i < csv->rows; i++) {
        const char *word = fc_csv_cell(csv, i, (size_t)state);
        double from, to, length;
        if (strchr(fc_csv_cell(csv, i, (size_t)id), '.') ||
            !isalpha((unsigned char)word[0])) /* a step of a job */
            continue;
        if (!read_moment(fc_csv_cell(csv, i, (size_t)start), &from)) /* it has not begun */
            continue;
        bool ended = end >= 0 && read_moment(fc_csv_cell(csv, i, (size_t)end), &to);
        if (!ended && elapsed >= 0 && read_elapsed(fc_csv_cell(csv, i, (size_t)elapsed), &length))
            to = from + length;
        else if (!ended)
            return fc_fail(error, FC_BAD_INPUT,
                           "%.200s:%d:1: a job that still runs has no End; ask sacct for Elapsed, too", path,
                           csv->lines[i]);
        jobs++;
        first = fmin(first, from);
        last = fmax(last, to);
        bool failed = false;
        for (size_t k = 0; k < sizeof failures / sizeof failures[0]; k++)
            failed |= strncmp(word, failures[k], strlen(failures[k])) == 0;
        stops += failed;
        by_hand += !failed && (strncmp(word, "CANCELLED", 9) == 0 || strncmp(word, "TIMEOUT", 7) == 0);
    }
    if (jobs == 0)
        return fc_fail(error, FC_BAD_INPUT, "%.200s:1:1: sacct's text has no job that began", path);
    seen->days = last - first;
    seen->stops = stops;
    snprintf(seen->note, sizeof seen->note,
             "%d jobs of sacct over %.4g days: %d ended by a failure, which are interruptions; %d cancelled "
             "or out of their "
             "time are not",
             jobs, seen->days, stops, by_hand);
    return 0;
}

int fc_follow_read(struct fc_follow_seen *seen, const char *path, const char *start_date,
                   struct fc_error *error)
{
    char *text;
    size_t size;
    if (fc_read_file(path, LOG_BYTES, &text, &size, error))
        return -1;
    size_t blank = strspn(text, " \t\r\n");
    bool json = text[blank] == '{' || text[blank] == '[';
    bool sacct = !json && strncasecmp(text + blank, "JobID", 5) == 0;
    int status;
    if (json) {
        struct fc_document *document;
        status = fc_document_open_text(&document, path, text, size, LOG_BYTES, error);
        if (status == 0)
            status = read_json(seen, fc_document_root(document), start_date, error);
        fc_document_close(document);
    } else {
        struct fc_csv csv;
        if (sacct)
            make_tabs(text + blank);
        status = fc_csv_read(&csv, path, text + blank, size - blank, error);
        if (status == 0) {
            status =
                sacct ? read_sacct(seen, &csv, path, error) : read_csv(seen, &csv, path, start_date, error);
            fc_csv_free(&csv);
        }
    }
    free(text);
    if (status == 0 && !(seen->days > 0))
        return fc_fail(error, FC_BAD_INPUT, "%.200s:1:1: the log ends when the run starts", path);
    return status;
}
