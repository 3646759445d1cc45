/* value.h: a value of a scenario: a number with its unit, a range as people say it, or a distribution.
 *
 *     3.5      6 h      38 B USD      2.6 to 6.5 USD (a 5-95 % interval)      pert(2.6, 3.5, 6.5) USD
 *     lognormal(median=6 h, sigma=0.9)      normal(0.14, 0.03) truncated(0.05, 0.25)
 *     truncated(normal(0.14, 0.03), 0.05, 0.25)      discrete(10.5: 0.4, 16: 0.6) USD      discrete(1, 2, 4)
 *     quantiles(p5: 1, p50: 2, p95: 4) h
 *
 * A unit behind a closing parenthesis holds for every argument that has none of its own; 0 needs none. */
#ifndef FC_HOST_VALUE_H
#define FC_HOST_VALUE_H

#include "distribution.h"
#include "host/base/error.h"
#include "host/base/source.h"

/* What a number without a unit means, by the row of its key (fc_field_unit_policy). */
enum fc_unit_policy {
    FC_UNIT_NONE,    /* the key holds plain numbers */
    FC_UNIT_ASSUMED, /* the canonical unit is the only one a reader would think of: taken, and noted */
    FC_UNIT_REQUIRED /* refused */
};

/* Reads the whole text of the source as a distribution in the unit `canonical`, confined to [lo, hi]. `note`
 * (`size` bytes, may be 0) receives what a person should know (a tail was cut, a quantile table was
 * extended), or "". Returns 0, or -1 with `error` filled, which points at the wrong word. */
int fc_value_read(const struct fc_source *source, const char *canonical, enum fc_unit_policy policy,
                  double lo, double hi, struct fc_distribution *distribution, char *note, size_t size,
                  struct fc_error *error);

/* Reads one number with its unit; a distribution or a range is refused. `note` as above. */
int fc_value_read_number(const struct fc_source *source, const char *canonical, enum fc_unit_policy policy,
                         double lo, double hi, double *value, char *note, size_t size,
                         struct fc_error *error);

#endif
