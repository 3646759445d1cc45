/* csv.h: tables as people and spreadsheets save them.
 *
 * Comma, semicolon or tab between the cells (as the header has most of; a first line "sep=;" decides), cells in
 * quotes with doubled quotes and line breaks in them (RFC 4180), a byte order mark, CR LF, blanks around cells,
 * empty lines, and empty cells behind the last column. In files with semicolons or tabs a comma may be the decimal
 * point. What acts on a terminal, and bytes that are not UTF-8, become '?', as cells are printed in tables.
 *
 *     struct fc_csv csv;
 *     if (fc_csv_read(&csv, "runs.csv", text, size, &error)) ...
 *     for (size_t row = 1; row < csv.rows; row++) ... fc_csv_cell(&csv, row, column) ...
 *     fc_csv_free(&csv);
 * Row 0 is the header. */
#ifndef FC_HOST_CSV_H
#define FC_HOST_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct fc_csv {
    char separator;
    size_t rows, columns; /* columns: of the header, without empty ones at its end */
    char *text;           /* the cells point into it */
    char **cells;
    size_t *first; /* index of each row's first cell; rows + 1 of them */
    int *lines;    /* where each row begins in the file */
};

/* Reads `size` bytes; `name` stands for the file in messages. A table without a header, a quote that is never
 * closed, more cells than columns, or bytes that are no text are refused. Returns 0, or -1 with `error` filled. */
int fc_csv_read(struct fc_csv *csv, const char *name, const char *text, size_t size, struct fc_error *error);
void fc_csv_free(struct fc_csv *csv);

/* The cell without blanks around it; "" where the row is shorter. */
const char *fc_csv_cell(const struct fc_csv *csv, size_t row, size_t column);

/* What people write for "not stated": nothing, or one of -, ?, n/a, nan, none, null, auto, unknown. */
bool fc_csv_blank(const char *text);

/* A number as spreadsheets write it: "8.08", "1e4", "2,048" and "2 048" with thousands apart, "8,08" in files that
 * have no commas between cells, "12 %" as 0.12. Returns false when the text is something else. */
bool fc_csv_number(const struct fc_csv *csv, const char *text, double *value);

#endif
