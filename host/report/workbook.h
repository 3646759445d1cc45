/* workbook.h: the tables of a result as an Excel workbook, by libxlsxwriter where it was there at build time. */
#ifndef FC_HOST_WORKBOOK_H
#define FC_HOST_WORKBOOK_H

#include <stdbool.h>
#include <stdio.h>

#include "host/base/document.h"
#include "host/base/error.h"

/* Whether this build can write workbooks. */
bool fc_workbook_built(void);

/* Writes a sheet per table of fc_figures_make, numbers as numbers, heads frozen. Returns 0, or -1 with `error` filled. */
int fc_workbook_write(FILE *out, const struct fc_node *root, struct fc_error *error);

#endif
