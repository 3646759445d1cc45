/* compare_table.h: scenarios side by side, as tables for people and as JSON. */
#ifndef FC_HOST_COMPARE_TABLE_H
#define FC_HOST_COMPARE_TABLE_H

#include "host/analysis/compare_scenarios.h"

/* Prints who is who and the metrics in their order, in `width` columns. */
void fc_compare_print(FILE *out, const struct fc_sides *sides, int width);

/* Prints everything as one JSON object. Returns 0, or -1 with `error` filled. */
int fc_compare_print_json(const struct fc_analysis *analysis, const struct fc_sides *sides,
                          struct fc_error *error);

#endif
