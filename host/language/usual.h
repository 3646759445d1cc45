/* usual.h: values that are allowed and yet hardly meant. */
#ifndef FC_HOST_USUAL_H
#define FC_HOST_USUAL_H

#include "settings.h"

/* Where the median of a key's stated values usually lies (usual.def), in the unit of the key. */
struct fc_usual {
    enum fc_field_id field;
    double lo, hi;
    const char *source; /* where the range is from */
    const char *check;  /* what to check of a value outside */
};

/* The row of a key, or NULL: any value that is allowed is usual. */
const struct fc_usual *fc_usual_of(enum fc_field_id field);

/* Warns of every key in use that a scenario states (also by --set) with a median outside of what is usual. 0 turns things
 * off, and a run whose work is stated as a time (training.work) has units of its own: neither is asked. */
void fc_usual_check(struct fc_settings *settings);

#endif
