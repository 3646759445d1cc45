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
    double tail; /* share of the worst worlds whose mean the last column gives; 0: 0.05, where there is room for it */
    const char *only[FC_REPORT_ONLY]; /* metrics or chapters' words to print alone; only_count 0: all */
    int only_count;
    enum fc_report_sort { FC_SORT_TABLE, FC_SORT_NAME, FC_SORT_SPREAD } sort; /* within a chapter */
};

/* The options of a command that prints a result, as rows of its long_options, and what takes them: "10,50,90" (percent), "1"
 * (percent: the worst of the worlds), the name of a metric of any result, or an order: table (that of metrics.def), name, spread (the largest sd relative to the mean
 * first). Returns 0, -1 with `error` filled, or 1 where the option is none of them. */
enum { FC_OPTION_QUANTILES = 4096, FC_OPTION_TAIL, FC_OPTION_ONLY, FC_OPTION_SORT };
#define FC_REPORT_OPTION_ROWS                                   \
    {"quantiles", required_argument, NULL, FC_OPTION_QUANTILES}, \
    {"tail", required_argument, NULL, FC_OPTION_TAIL},           \
    {"only", required_argument, NULL, FC_OPTION_ONLY},           \
    {"sort", required_argument, NULL, FC_OPTION_SORT}
int fc_report_option(int option, const char *text, struct fc_report_options *options, struct fc_error *error);

/* Refuses an --only whose metric is not among these of a scenario. Returns 0, or -1 with `error` filled. */
int fc_report_check(const struct fc_report_options *options, const int32_t *metrics, int count,
                    struct fc_error *error);

/* Reads "1" (percent, above 0 and at most 50) as the share of the worst worlds. Returns 0, or -1 with `error` filled. */
int fc_report_read_tail(const char *text, double *tail, struct fc_error *error);

/* Prints one line per metric with errors, the probabilities, a small histogram per headline metric and the
 * provenance. */
void fc_report_result(FILE *out, const struct fc_result *result, const struct fc_report_options *options);

/* Whether the environment's locale asks for UTF-8. */
bool fc_locale_is_utf8(void);

#endif
