/* settings.h: a scenario as values: what host/language/fields.h lists, read from a document and filled up with
 * defaults.
 *
 *     fc_settings_init(&s);
 *     fc_settings_read(&s, scenario, &e);
 *     fc_settings_read(&s, change, &e);      later documents replace what earlier ones state
 *     fc_settings_apply_defaults(&s, defaults, &e);
 *     ... s.fields[FC_FIELD_GPU_MTBF].distribution ...
 *     fc_settings_free(&s);
 * Settings own all they point to: the documents may be closed. */
#ifndef FC_HOST_SETTINGS_H
#define FC_HOST_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "distribution.h"
#include "host/base/document.h"
#include "host/base/document_write.h"
#include "host/base/error.h"
#include "host/base/notes.h"
#include "fields.h"

enum { FC_MAX_NUMBERS = 8, FC_MAX_CORRELATIONS = 64 };

/* One field. Everything is zero while it is not set. */
struct fc_setting {
    bool is_set;
    bool from_default;
    bool found;            /* by the search of plans, not by a person */
    bool is_auto;          /* the field says `auto` instead of a number (checkpoint.interval) */
    struct fc_place place; /* of the value */
    const char *text;      /* as written, on one line; maps brought to the form pert(1, 2, 3) USD */
    const char *source;    /* of a default: where the figure comes from */
    const char *grade;     /* of a default: published, derived, estimate ... */
    const char *note;      /* what a person should know (a tail was cut off), or NULL */
    /* the value, by the type of the field */
    struct fc_distribution
        *distribution; /* FC_FIELD_UNCERTAIN, FC_FIELD_DISTRIBUTION: in the canonical unit; otherwise NULL */
    double number;     /* FC_FIELD_NUMBER, FC_FIELD_INTEGER: in the canonical unit */
    long long integer; /* FC_FIELD_INTEGER */
    double numbers[FC_MAX_NUMBERS]; /* FC_FIELD_NUMBERS: `count` values in the canonical unit */
    size_t count;
    int choice;       /* FC_FIELD_CHOICE: index into the field's choices */
    bool flag;        /* FC_FIELD_FLAG */
    const char *name; /* FC_FIELD_NAME, FC_FIELD_TEXT: the text itself */
};

/* A rank correlation between two uncertain fields. */
struct fc_correlation {
    enum fc_field_id a, b;
    double rank; /* Spearman's, -1 to 1 */
    struct fc_place place;
};

struct fc_settings {
    struct fc_setting fields[FC_FIELD_COUNT]; /* by enum fc_field_id */
    struct fc_correlation correlations[FC_MAX_CORRELATIONS];
    size_t correlation_count;
    bool correlations_usual; /* the usual set of the defaults is asked for, beside those stated */
    bool correlation_repair; /* correlations that contradict each other are replaced by the nearest that do
                                not */
    bool plan_auto;          /* `plan: auto`: what is not stated of the plan is searched */
    struct fc_notes notes;   /* what reading assumed or changed, for whoever asks (fc_note) */
    const char *file;        /* the document that fc_settings_read read last, or NULL */
    struct fc_owned *owned;  /* memory, freed with the settings */
};

/* True of a model, GPU or network that the scenario states itself, as a map: `text` is that map, `name` the key's
 * path. */
bool fc_setting_is_stated(const struct fc_setting *setting);

void fc_settings_init(struct fc_settings *settings);
void fc_settings_free(struct fc_settings *settings);

/* Reads every key of the document but those of the top level that begin with "x-", which hold anchors. Unknown, repeated and ill-typed keys and values out of range are refused
 * at their place. `correlations` replaces an earlier one: a list of pairs, the word
 * usual, or {use: usual, pairs: [...], repair: true}. Returns 0, or -1 with `error` filled; the settings may
 * then be partly filled and are still to be freed. */
int fc_settings_read(struct fc_settings *settings, const struct fc_document *document,
                     struct fc_error *error);

/* Sets every field that is not set yet and has an entry in `defaults`: a map (under `entries`, where there is
 * one) from dotted path to {value, source, grade}. A wrong entry is an error, also where the scenario states
 * the field. */
int fc_settings_apply_defaults(struct fc_settings *settings, const struct fc_document *defaults,
                               struct fc_error *error);

/* Gives a field, whose value the caller has changed, a new text; it then counts as stated. Returns 0, or -1
 * with `error` filled. */
int fc_settings_describe(struct fc_settings *settings, enum fc_field_id id, const char *text,
                         struct fc_error *error);

/* Writes the settings under `key` as a scenario that can be read again: nested maps of the values as written.
 */
void fc_settings_write_scenario(const struct fc_settings *settings, struct fc_writer *writer,
                                const char *key);

/* "scenario", "default", or "search" where the search of plans found it. */
const char *fc_setting_from(const struct fc_setting *setting);

/* Writes under `key` where each value comes from: path -> {value, unit, from: "scenario", "default" or "search", place,
 * source, grade, note}, the last three where they are known. */
void fc_settings_write_origins(const struct fc_settings *settings, struct fc_writer *writer, const char *key);

#endif
