/* fields.h: every key that a scenario may hold, as one table.
 *
 * The table is what the reader checks against, what --help and `show --defaults` print, and what --set
 * accepts. A default, with its source and grade, stands under the same path in catalog/defaults.yaml; a field
 * without a default must be stated when its layer is in use. */
#ifndef FC_HOST_FIELDS_H
#define FC_HOST_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "value.h"
#include "words.h"

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

/* When a scenario reads a key (in_use.c decides). */
enum fc_use {
    FC_USE_ANY,
    FC_USE_STEP,     /* layers: step, run or all */
    FC_USE_MODEL,    /* the same, and layers: contract where contract.mfu follows from the measured family */
    FC_USE_RUN,      /* layers: run or all */
    FC_USE_DETAIL,   /* of those, with a reliability.profile other than plain */
    FC_USE_COST,     /* layers: run, contract or all */
    FC_USE_CONTRACT, /* layers: contract or all; as all that follow */
    FC_USE_CONTRACT_ALONE, /* layers: contract */
    FC_USE_PROVIDER,       /* the provider has a share, or one after it */
    FC_USE_PROVIDER_TERM,  /* and its form has a term of its own */
    FC_USE_CATCH_UP,       /* contract.catch_up, and no contract.gpus */
    FC_USE_TERMINATION,    /* contract.terminate */
    FC_USE_COMMITMENT,     /* a provider with take_or_pay or minimum */
    FC_USE_SPOT,           /* a provider with spot */
    FC_USE_LISTS,          /* market.paths, or a provider with reservation, block, on_demand or spot */
    FC_USE_MARKET,         /* market.paths */
    FC_USE_SWITCHING,      /* market.paths, or two providers */
    FC_USE_REVENUE,        /* finance.revenue other than none */
    FC_USE_REVENUE_PER_GW, /* finance.revenue: per_gw */
    FC_USE_REVENUE_PATH,   /* finance.revenue: path */
    FC_USE_REVENUE_PER_HOUR,  /* finance.revenue: per_gpu_hour */
    FC_USE_REVENUE_PER_TOKEN, /* finance.revenue: per_token */
    FC_USE_REVENUE_SERVING,   /* finance.revenue: per_gpu_hour or per_token */
    FC_USE_TAX,            /* finance.tax */
    FC_USE_BOOKS,          /* finance.provider_books */
    FC_USE_PROVIDERS,      /* two providers */
    FC_USE_PROGRAMME,      /* programme.first_run */
    FC_USE_OWN, /* own.compare, finance.provider_books, or a provider with own; as the three that follow */
    FC_USE_OWN_ALL_IN,     /* own.basis: all_in */
    FC_USE_OWN_PARTS,      /* own.basis: parts */
    FC_USE_OWN_DECLINE,    /* own.method: value_decline */
    FC_USE_INDEXED,        /* contract.indexed above 0 */
    FC_USE_RESET,          /* contract.reset_every above 0 */
    FC_USE_CLAUSE          /* where it is stated: only `flopcast value` reads it */
};

struct fc_field {
    int id;           /* enum fc_field_id, the index in the table */
    const char *path; /* dotted path, e.g. "reliability.gpu_mtbf" */
    enum fc_use use;
    enum fc_field_type type;
    int input; /* FC_FIELD_UNCERTAIN: the enum fc_input it feeds; otherwise -1 */
    const char
        *unit; /* canonical unit of the stored value, e.g. "h", "USD", "1"; catalog kind for FC_FIELD_NAME */
    bool stated;   /* the path says the unit, as contract.years does */
    double lo, hi; /* allowed range of the stored value, both ends included; also of every draw */
    const char *const *choices; /* FC_FIELD_CHOICE: words, NULL-terminated */
    const char *what;           /* one line for people */
};

enum fc_field_id {
#define INPUT(name, number, id, ...) id,
#define UNCERTAIN(id, ...) id,
#define DISTRIBUTION(id, ...) id,
#define NUMBER(id, ...) id,
#define INTEGER(id, ...) id,
#define NUMBERS(id, ...) id,
#define CHOICE(id, ...) id,
#define FLAG(id, ...) id,
#define NAME(id, ...) id,
#define TEXT(id, ...) id,
#define FACTOR(name, ...) FC_FIELD_EFFICIENCY_##name,
#include "cuda/model/fields.def"
    FC_FIELD_COUNT
};
/* The word of a key of type FC_FIELD_CHOICE with this number (words.h), and the number of a word, or -1. The words stand
 * nowhere else. */
const char *fc_field_word(enum fc_field_id field, int number);
int fc_field_number_of(enum fc_field_id field, const char *word);

/* The key that feeds an input (enum fc_input), or -1. */
int fc_field_of_input(int input);

/* The key of provider 2 to 4 (counted 1 to 3) that corresponds to the second one's key `p2`. */
enum fc_field_id fc_field_of_provider(int provider, enum fc_field_id p2);

/* What a number without a unit means under this key. Counts of tokens and FLOP, rates per year, and keys whose name
 * says the unit (`stated`) are read in the canonical unit and
 * noted; every other dimensioned key needs one. */
enum fc_unit_policy fc_field_unit_policy(const struct fc_field *field);

/* What holds where a key without a default is not stated (unstated.def), or NULL: then it has a default, or its own line
 * says it. */
const char *fc_field_unstated(const struct fc_field *field);

/* The table, FC_FIELD_COUNT rows in the order of enum fc_field_id. */
extern const struct fc_field fc_fields[];

/* The row with this dotted path, or one that it had in an earlier version; or NULL. */
const struct fc_field *fc_field_find(const char *path);

#endif
