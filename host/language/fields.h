/* fields.h: every key that a scenario may hold, as one table.
 *
 * The table is what the reader checks against, what --help and `show --defaults` print, and what --set
 * accepts. A default, with its source and grade, stands under the same path in catalog/defaults.yaml; a field
 * without a default must be stated when its layer is in use. */
#ifndef FC_HOST_FIELDS_H
#define FC_HOST_FIELDS_H

#include <stddef.h>

#include "value.h"

enum fc_field_type {
    FC_FIELD_UNCERTAIN,    /* one value per trial: a number, a range or a distribution; feeds input `input` */
    FC_FIELD_DISTRIBUTION, /* a value per event inside a trial: likewise a number, a range or a distribution */
    FC_FIELD_NUMBER,       /* one number, the same in every trial */
    FC_FIELD_INTEGER,      /* one whole number */
    FC_FIELD_NUMBERS,      /* a list of 1 to 8 numbers */
    FC_FIELD_CHOICE,       /* one word of `choices` */
    FC_FIELD_NAME,         /* the name of a catalog entry of kind `unit` (model, gpu, cluster, ...) */
    FC_FIELD_FLAG,         /* true or false */
    FC_FIELD_TEXT          /* free text */
};

struct fc_field {
    int id;           /* enum fc_field_id, the index in the table */
    const char *path; /* dotted path, e.g. "reliability.gpu_mtbf" */
    enum fc_field_type type;
    int input; /* FC_FIELD_UNCERTAIN: the enum fc_input it feeds; otherwise -1 */
    const char
        *unit; /* canonical unit of the stored value, e.g. "h", "USD", "1"; catalog kind for FC_FIELD_NAME */
    double lo, hi; /* allowed range of the stored value, both ends included; also of every draw */
    const char *const *choices; /* FC_FIELD_CHOICE: words, NULL-terminated */
    const char *what;           /* one line for people */
};

enum fc_field_id {
#define UNCERTAIN(id, ...) id
#define DISTRIBUTION(id, ...) id
#define NUMBER(id, ...) id
#define INTEGER(id, ...) id
#define NUMBERS(id, ...) id
#define CHOICE(id, ...) id
#define FLAG(id, ...) id
#define NAME(id, ...) id
#define TEXT(id, ...) id
#define FACTOR(name, ...) FC_FIELD_EFFICIENCY_##name
#include "fields.def"
    FC_FIELD_COUNT
};
#define FC_FIELD_EFFICIENCY                                                                                  \
    FC_FIELD_EFFICIENCY_CLOCK /* the first of the step layer's inputs, in their order */

/* What a number without a unit means under this key. Counts of tokens and FLOP, rates per year, and keys whose name
 * says the unit (contract.years, checkpoint.bytes, efficiency.quantize_bytes) are read in the canonical unit and
 * noted; every other dimensioned key needs one. */
enum fc_unit_policy fc_field_unit_policy(const struct fc_field *field);

/* The table, FC_FIELD_COUNT rows in the order of enum fc_field_id. */
extern const struct fc_field fc_fields[];

/* The row with this dotted path, or NULL. */
const struct fc_field *fc_field_find(const char *path);

#endif
