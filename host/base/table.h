/* table.h: a table of texts for people: collected cell by cell, printed with columns as wide as they need.
 *
 *     struct fc_table t;
 *     fc_table_start(&t, 3, 1);
 *     fc_table_cell(&t, "input"); fc_table_cell(&t, "mean"); fc_table_cell(&t, "P95");
 *     ...
 *     fc_table_print(&t, stdout, 2);
 *     fc_table_free(&t);
 * Cells fill row after row. A cell for which there is no memory is printed as "?". */
#ifndef FC_HOST_TABLE_H
#define FC_HOST_TABLE_H

#include <stddef.h>
#include <stdio.h>

struct fc_table {
    int columns, left; /* the first `left` columns are flush left, the others flush right */
    size_t count, room;
    char **cells;
};

void fc_table_start(struct fc_table *table, int columns, int left);
void fc_table_cell(struct fc_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A table that is wider than the terminal is printed in blocks of columns below each other, each behind the first column.
 * Prints all rows, each indented by `indent` blanks; an unfinished last row is filled with empty cells. */
void fc_table_print(const struct fc_table *table, FILE *out, int indent);

void fc_table_free(struct fc_table *table);

#endif
