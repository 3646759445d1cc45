/* figures.h: the JSON of a command as tables, for spreadsheets and for programs that read CSV: one row a metric (or a
 * value, a plan, a measured row), one column a figure. A figure that is refused or 'never' is an empty cell. */
#ifndef FC_HOST_FIGURES_H
#define FC_HOST_FIGURES_H

#include <stdio.h>

#include "host/base/document.h"
#include "host/base/error.h"

enum { FC_FIGURES_COLUMNS = 64, FC_FIGURES_TABLES = 8 };

struct fc_figures {
    const char *title; /* of a sheet */
    int columns, rows, room;
    char *names[FC_FIGURES_COLUMNS];
    const struct fc_node **cells; /* rows × FC_FIGURES_COLUMNS; NULL is an empty cell */
    const char **labels;          /* the same; text in the place of a node */
};

/* Fills tables[FC_FIGURES_TABLES] from a JSON: the summary first, then assumptions, notes and where it comes from.
 * Returns how many, or -1 with `error` filled; to be freed with fc_figures_free. The cells belong to the JSON. */
int fc_figures_make(struct fc_figures *tables, const struct fc_node *root, struct fc_error *error);
void fc_figures_free(struct fc_figures *tables, int count);

/* The text of a cell ("" for none), and whether it is a number. */
const char *fc_figures_cell(const struct fc_figures *table, int row, int column, int *is_number);

/* The summary as comma-separated values with a line of names. Returns 0, or -1 with `error` filled. */
int fc_figures_csv(FILE *out, const struct fc_node *root, struct fc_error *error);

#endif
