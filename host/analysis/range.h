/* range.h: the values that an analysis gives to one path of a scenario, as people write them:
 *
 *     reliability.gpu_mtbf=20e3..60e3:10e3 h      from, to, step; a unit behind it holds for all
 *     cluster.spare_nodes=1..64:x2                from, to, factor
 *     training.precision=bf16,fp8                 a list; commas inside (...) and [...] belong to the value
 *     contract.value=6,9,12 B USD                 the unit of the last holds for all that have none
 *     goals.deadline=2027-03-01..2027-06-01:7     dates, a step in days (without one: a day)
 *     prices.gpu_hour=*0.5..*2:*0.25              factors on what the scenario says (host/language/scale.h) */
#ifndef FC_HOST_RANGE_H
#define FC_HOST_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/error.h"

enum { FC_RANGE_MAX = 200, FC_RANGE_TEXT = 200 };

struct fc_range {
    char path[FC_RANGE_TEXT];
    bool is_list, has_step, geometric, factor; /* factor: values are written "*1.5" */
    bool dates;                                /* from and to are days since 1970-01-01, values are written as dates */
    double from, to, step;                     /* of a range that is no list */
    char unit[64];
    size_t count;
    char (*values)[FC_RANGE_TEXT]; /* what follows "PATH=", one by one */
};

/* Reads PATH=... ; a range without a step has no values yet. Returns 0, or -1 with `error` filled. */
int fc_range_read(struct fc_range *range, const char *text, struct fc_error *error);

/* The same, but a range with a step gets no values: for a search over as many as there may be. */
int fc_range_read_ends(struct fc_range *range, const char *text, struct fc_error *error);

void fc_range_free(struct fc_range *range);

/* Whether a text reads PATH=... with a path of letters, digits, dots and underscores. */
bool fc_range_is_one(const char *text);

/* A number of the range as its value is written: with its factor sign and unit, or as a date. */
void fc_range_text(const struct fc_range *range, double number, char *text, size_t size);

/* A tie "PATH=1/72", "PATH=1-x" or "PATH=0.5-0.5x": "PATH=number x 1/72", "PATH=1 - number" or "PATH=0.5 -
 * 0.5 number" into text, rounded to 12 digits. */
int fc_range_tie(const char *tie, double number, char *text, size_t size, struct fc_error *error);

#endif
