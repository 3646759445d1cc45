/* units.h: units as people write them, and numbers with a unit.
 *
 * A unit is a product of known words: "h", "GPU-h", "USD/GPU-h", "kWh", "g/kWh", "GB/s", "PFLOP/s", "%". A
 * scale may stand between the number and its unit ("38 B USD", "15.6T tokens", "250 billion USD"). Each field
 * has a canonical unit; what a bare number means is the reader's to decide (enum fc_unit_policy). Where the canonical unit has a denominator
 * ("USD/GPU-h"), it may be left out
 * ("3.5 USD"). GPUs, nodes and sequences are counts without a dimension; nodes where GPUs are counted, GPUs where nodes
 * are, and anything per node are refused. 1 year = 8766 h, 1 month = 1 year
 * / 12. */
#ifndef FC_HOST_UNITS_H
#define FC_HOST_UNITS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/error.h"
#include "host/base/source.h"

/* What a unit is made of: value in base units (s, g, USD, byte, FLOP, token, J) and the power of each. */
enum { FC_DIMENSIONS = 7 };

struct fc_unit {
    double factor;
    int power[FC_DIMENSIONS];
    int gpus, nodes; /* how often each is named, below a stroke counted off: they have no dimension, but one is not the other */
};

/* Reads the unit expression in text[offset, offset + length) of the source, without a scale. Returns 0, or -1
 * with `error` filled. */
int fc_unit_read(const struct fc_source *source, size_t offset, size_t length, struct fc_unit *unit,
                 struct fc_error *error);

/* The factor that turns a number written with the unit expression in text[offset, offset + length) (it may
 * begin with a scale, and may be empty) into one in the unit `canonical`. Returns 0, or -1 with `error`
 * filled when the expression is not understood or has another dimension. */
int fc_unit_factor(const struct fc_source *source, size_t offset, size_t length, const char *canonical,
                   double *factor, struct fc_error *error);

/* Reads "NUMBER [SCALE] [UNIT]", the whole text of the source, into `canonical` units. */
int fc_quantity_read(const struct fc_source *source, const char *canonical, double *value,
                     struct fc_error *error);

/* Whether the text is a scale alone ("B", "million"), which leaves the unit open. */
bool fc_unit_is_scale(const struct fc_source *source, size_t offset, size_t length, const char *canonical);

#endif
