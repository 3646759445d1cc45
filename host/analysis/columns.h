/* columns.h: per-trial values of a run, inputs and outcomes side by side, and what is different in some of
 * its worlds. */
#ifndef FC_HOST_COLUMNS_H
#define FC_HOST_COLUMNS_H

#include <stdbool.h>

#include "analysis.h"
#include "drivers.h"
#include "host/base/table.h"

/* One quantity over the trials 0 ... count - 1. */
struct fc_column {
    char name[80];
    const char *unit;
    int field;  /* enum fc_field_id of an input, else -1 */
    int metric; /* enum fc_metric of an outcome, else -1 */
    double cap; /* of the metric (host/result/metrics.h), else infinity */
    const float *values;
    double mean, sd; /* of the finite values below the cap */
};

struct fc_columns {
    size_t count; /* trials */
    int column_count;
    struct fc_column *columns; /* the uncertain fields, then the metrics of the program */
    float *inputs, *metrics;   /* storage */
};

/* Computes the uncertain fields of trials 0 ... count - 1 again and sets them beside `metrics`, the samples
 * that fc_analysis_run gave for the program's metrics (taken over; freed with the columns, also on error). */
int fc_columns_make(struct fc_columns *columns, const struct fc_scenario *scenario,
                    const struct fc_program *program, size_t count, float *metrics, struct fc_error *error);
void fc_columns_free(struct fc_columns *columns);

/* Drops the inputs that none of the `count` drivers holds (see fc_explain_active). */
void fc_columns_keep(struct fc_columns *columns, const struct fc_driver *drivers, int count);

/* The column of this metric, or NULL. */
const struct fc_column *fc_columns_metric(const struct fc_columns *columns, int metric);

/* What is different in the worlds where `in` is set. */
struct fc_shift {
    const struct fc_column *column;
    double mean, median; /* in those worlds */
    double shift, error; /* (mean there - mean of all) / sd of all, and its standard error */
};

/* Fills `shifts` (column_count of them) and sorts inputs by the size of their shift, then outcomes. Returns
 * how many worlds are in. */
size_t fc_columns_shifts(const struct fc_columns *columns, const bool *in, struct fc_shift *shifts);

/* The world among those that are in whose inputs lie nearest to their mean there: a typical one. */
size_t fc_columns_typical(const struct fc_columns *columns, const bool *in, const struct fc_shift *shifts);

/* The world among those that are in that needs the least unlikely inputs: the smallest sum of squared
 * standard normal scores (from the ranks of each input), the 'design point' of reliability analysis. */
int fc_columns_likeliest(const struct fc_columns *columns, const bool *in, size_t *trial, double *distance);

/* Prints the shifts as a table of `most` rows at most: the inputs, or the outcomes. */
void fc_shifts_print(FILE *out, const struct fc_shift *shifts, int count, bool outcomes, int most,
                     const char *where);
void fc_shifts_write(struct fc_writer *writer, const char *key, const struct fc_shift *shifts, int count);

#endif
