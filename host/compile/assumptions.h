/* assumptions.h: the ledger of a scenario: every value that its answer rests on, stated or assumed, with source and
 * grade, and how much it moves the headline figure where that was measured. */
#ifndef FC_HOST_ASSUMPTIONS_H
#define FC_HOST_ASSUMPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/document_write.h"
#include "host/language/fields.h"
#include "host/language/settings.h"

/* How one uncertain input moves a metric over the worlds of a run. */
struct fc_influence {
    int field;   /* enum fc_field_id */
    double rank; /* Spearman's correlation of the two, -1 to 1 */
    double
        change; /* median of the metric in the fifth of the worlds with the highest inputs, less that with the
                      lowest, over the median of all; infinite where one of them is 'never', NaN where both are */
};

/* Whether a default of grade estimate moves the answer by more than a tenth: what a reader must know first. */
bool fc_assumption_decides(const struct fc_setting *setting, const struct fc_influence *influence);

/* Writes under `key` the ledger of all fields in use: path -> {value, unit, from: "scenario" or "default", source,
 * grade, influence: {rank_correlation, change} or null}. */
void fc_assumptions_write(const struct fc_settings *settings, const struct fc_influence *influences,
                          size_t count, struct fc_writer *writer, const char *key);

#endif
