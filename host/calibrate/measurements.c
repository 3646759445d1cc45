/* measurements.c: the CSV file around measurement_plan.c. */
#include "measurements.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/read_file.h"
#include "host/language/embedded.h"
#include "measurement_plan.h"

enum { MAX_CELLS = 256, MAX_BYTES = 64 << 20 };

/* A reader over a copy of the text, which it cuts into cells. */
struct reader {
    char *at, *end;
    int line;
    char *cells[MAX_CELLS];
    int count;
};

/* Cuts the next record (RFC 4180: quoted cells may hold commas, quotes doubled, line breaks). Returns false
 * at the end. */
static bool next_record(struct reader *r, int *line)
{
    r->count = 0;
    while (r->at < r->end && (*r->at == '\n' || *r->at == '\r')) {
        r->line += *r->at == '\n';
        r->at++;
    }
    if (r->at >= r->end)
        return false;
    *line = r->line;
    for (bool more = true; more;) {
        char *to = r->at, *start = r->at;
        bool quoted = r->at < r->end && *r->at == '"';
        if (quoted)
            r->at++;
        while (r->at < r->end) {
            if (quoted && *r->at == '"') {
                if (r->at + 1 < r->end && r->at[1] == '"')
                    r->at++;
                else {
                    quoted = false;
                    r->at++;
                    continue;
                }
            } else if (!quoted && (*r->at == ',' || *r->at == '\n' || *r->at == '\r')) {
                break;
            }
            r->line += *r->at == '\n';
            *to++ = *r->at++;
        }
        more = r->at < r->end && *r->at == ',';
        if (r->at < r->end)
            r->at++;
        if (r->at <= r->end && !more && r->at > start && r->at[-1] == '\n')
            r->line++;
        *to = '\0';
        if (r->count < MAX_CELLS)
            r->cells[r->count++] = start;
    }
    return true;
}

static int read_header(struct reader *r, int columns[FC_COLUMNS], const char *name, struct fc_error *error)
{
    int line = 1;
    if (!next_record(r, &line))
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: the table is empty; see docs/validation/step-time.md for its columns", name);
    for (int c = 0; c < FC_COLUMNS; c++) {
        columns[c] = -1;
        for (int i = 0; i < r->count; i++)
            if (strcmp(r->cells[i], fc_column_names[c]) == 0)
                columns[c] = i;
        bool optional = c == FC_COLUMN_SOFTWARE || c == FC_COLUMN_GPU || c == FC_COLUMN_SOURCE ||
                        c == FC_COLUMN_NOTES || c == FC_COLUMN_RECOMPUTE || c == FC_COLUMN_VPP ||
                        c == FC_COLUMN_EXPERTS || c == FC_COLUMN_TOPK || c == FC_COLUMN_MOE_FFN ||
                        c == FC_COLUMN_EP || c == FC_COLUMN_SHARDING || c == FC_COLUMN_STEP_TIME ||
                        c == FC_COLUMN_TOKENS || c == FC_COLUMN_TFLOPS || c >= FC_COLUMN_ZERO ||
                        c == FC_COLUMN_HARDWARE;
        if (columns[c] < 0 && !optional)
            return fc_fail(error, FC_BAD_INPUT, "%s:%d: the table has no column '%s'", name, line,
                           fc_column_names[c]);
    }
    return 0;
}

/* Adds the rows of a table to those already there. */
static int add_table(struct fc_measurements *m, const char *name, const char *text, size_t size,
                     const struct fc_catalog *catalog, struct fc_error *error)
{
    char *copy = malloc(size + 1);
    if (!copy)
        return fc_fail(error, FC_FAULT, "no memory for the measurements");
    memcpy(copy, text, size);
    copy[size] = '\0';
    struct reader r = {.at = copy, .end = copy + size, .line = 1};
    int columns[FC_COLUMNS] = {0}, line = 1;
    size_t room = m->count;
    int status = read_header(&r, columns, name, error);
    while (!status && next_record(&r, &line)) {
        if (m->count == room) {
            room = room ? 2 * room : 256;
            struct fc_measurement *grown = realloc(m->rows, room * sizeof *grown);
            if (!grown) {
                status = fc_fail(error, FC_FAULT, "no memory for the measurements");
                break;
            }
            m->rows = grown;
        }
        const char *cells[FC_COLUMNS];
        for (int c = 0; c < FC_COLUMNS; c++)
            cells[c] = columns[c] >= 0 && columns[c] < r.count ? r.cells[columns[c]] : "";
        struct fc_measurement *row = &m->rows[m->count++];
        *row = (struct fc_measurement){.line = line, .how = ""};
        status = fc_measurement_fill(row, cells, catalog, error);
        m->used += row->left_out[0] == '\0';
    }
    free(copy);
    if (status)
        fc_measurements_free(m);
    return status;
}

int fc_measurements_read(struct fc_measurements *m, const char *name, const char *text, size_t size,
                         const struct fc_catalog *catalog, struct fc_error *error)
{
    *m = (struct fc_measurements){0};
    return add_table(m, name, text, size, catalog, error);
}

int fc_measurements_open(struct fc_measurements *m, const char *path, const struct fc_catalog *catalog,
                         struct fc_error *error)
{
    *m = (struct fc_measurements){0};
    if (!path) {
        static const char *const shipped[] = {"catalog/measured-training.csv",
                                              "catalog/measured-training-2.csv"};
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
            const struct fc_embedded_file *file = fc_embedded_find(shipped[i]);
            if (!file)
                return fc_fail(error, FC_FAULT, "this build carries no measurements; name a CSV file");
            if (add_table(m, shipped[i], (const char *)file->data, file->size, catalog, error))
                return -1;
        }
        return 0;
    }
    size_t size;
    char *text;
    if (fc_read_file(path, MAX_BYTES, &text, &size, error))
        return -1;
    int status = fc_measurements_read(m, path, text, size, catalog, error);
    free(text);
    return status;
}

void fc_measurements_free(struct fc_measurements *m)
{
    free(m->rows);
    *m = (struct fc_measurements){0};
}
