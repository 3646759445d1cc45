/* report.h: a result as tables for people. */
#ifndef FC_HOST_REPORT_H
#define FC_HOST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "host/result/result.h"

enum { FC_REPORT_QUANTILES = 8, FC_REPORT_ONLY = 16 };

/* How a result is printed. All zero: everything, in the columns that fit the terminal. */
struct fc_report_options {
    bool utf8; /* block characters are allowed */
    int width; /* columns; 0: the terminal's */
    double quantiles
        [FC_REPORT_QUANTILES]; /* 0 to 1; quantile_count 0: P5, P50, P90, P95, more where there is room */
    int quantile_count;
    const char *only[FC_REPORT_ONLY]; /* metrics or chapters' words to print alone; only_count 0: all */
    int only_count;
    enum fc_report_sort { FC_SORT_TABLE, FC_SORT_NAME, FC_SORT_SPREAD } sort; /* within a chapter */
};

/* Reads "10,50,90" (percent) into the quantiles. Returns 0, or -1 with `error` filled. */
int fc_report_read_quantiles(const char *text, struct fc_report_options *options, struct fc_error *error);

/* Reads "table" (the order of metrics.def), "name" or "spread" (the largest sd relative to the mean first). */
int fc_report_read_sort(const char *text, struct fc_report_options *options, struct fc_error *error);

/* Adds the name of a metric of `result` to print; refuses one that no metric has. */
int fc_report_add_only(const char *name, struct fc_report_options *options, struct fc_error *error);

/* Prints one line per metric with errors, the probabilities, a small histogram per headline metric and the
 * provenance. */
void fc_report_result(FILE *out, const struct fc_result *result, const struct fc_report_options *options);

/* Whether the environment's locale asks for UTF-8. */
bool fc_locale_is_utf8(void);

#endif
