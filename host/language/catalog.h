/* catalog.h: the data that scenarios refer to by name: models, GPUs, networks, failure rates, prices, energy,
 * defaults.
 *
 * The program carries the files of catalog/; the directory named by the environment variable FLOPCAST_CATALOG
 * may add entries and replace them (same kind and name), but for defaults and profiles; both are held to the rows of
 * catalog_schema.h. A file holds `kind`, `figures` (unit and meaning of
 * each figure) and `entries`. An entry holds `source` and `grade`, which hold for its plain figures; a figure
 * written as a map {value, unit, low, mode, high, points, source, grade, note} carries its own where it has
 * them. */
#ifndef FC_HOST_CATALOG_H
#define FC_HOST_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/document.h"
#include "host/base/error.h"
#include "host/base/notes.h"

struct fc_catalog;

/* Everything is borrowed from the catalog. */
struct fc_catalog_entry {
    const char *kind; /* "model", "gpu", "network", "reliability", "price", "energy" or "default" */
    const char *name;
    const char *what;            /* one line for people; NULL for a default */
    struct fc_place place;       /* of the entry */
    const struct fc_node *node;  /* the entry's map */
    const struct fc_node *units; /* the file's `figures`, or NULL */
    bool stated;                 /* in a scenario, without source and grade */
    bool own;                    /* of the user's directory or --posterior */
};

/* One figure of an entry; texts are NULL where the catalog has none. */
struct fc_figure {
    const char *key;
    const struct fc_node
        *value; /* a text or a list: a number, true or false, or a value as scenarios write it */
    const struct fc_node *points; /* a table of measured points, a list of lists of numbers, or NULL */
    const char *unit, *what, *source, *grade, *note, *low, *mode, *high;
};

/* Opens the embedded catalog and the user's directory. On success *catalog is to be closed with
 * fc_catalog_close. Returns 0, or -1 with `error` filled, which points into the file that is wrong. */
int fc_catalog_open(struct fc_catalog **catalog, struct fc_error *error);
void fc_catalog_close(struct fc_catalog *catalog);

/* Adds an entry that a scenario states in place of a name: `node` is its map, held to the schema of its kind, and
 * outlives the catalog, as `name` does. It needs no source and no grade. */
int fc_catalog_add_stated(struct fc_catalog *catalog, const char *kind, const char *name,
                          const struct fc_node *node, struct fc_error *error);

/* A further file that every catalog opened from now on reads last: what a user measured (flopcast calibrate
 * -o FILE). `path` is borrowed; NULL: none. */
void fc_catalog_use_posterior(const char *path);
const char *fc_catalog_posterior(void);

/* Notes that entries of the user's directory are in use, and how many. */
void fc_catalog_note(const struct fc_catalog *catalog, struct fc_notes *notes);

/* All entries, in the order of the files; a replaced entry keeps its place in the order. */
size_t fc_catalog_count(const struct fc_catalog *catalog);
const struct fc_catalog_entry *fc_catalog_at(const struct fc_catalog *catalog, size_t index);

/* The entry, or NULL when there is none. */
const struct fc_catalog_entry *fc_catalog_get(const struct fc_catalog *catalog, const char *kind,
                                              const char *name);

/* The entry in *entry and 0, or -1 with `error` naming the nearest entry; `place` is where the name was read,
 * or NULL. */
int fc_catalog_find(const struct fc_catalog *catalog, const char *kind, const char *name,
                    const struct fc_place *place, const struct fc_catalog_entry **entry,
                    struct fc_error *error);

/* The value of the figure `key` (true is 1, false is 0) in the unit that the figure states. Returns 0, or -1
 * with `error` filled when the entry lacks it or when it is not one number. `place` is what asked for it and
 * opens the message; NULL: the entry's own place. */
int fc_catalog_number(const struct fc_catalog_entry *entry, const char *key, double *value,
                      const struct fc_place *place, struct fc_error *error);

/* The same, but `otherwise` when the entry has no such figure. */
int fc_catalog_number_or(const struct fc_catalog_entry *entry, const char *key, double otherwise,
                         double *value, struct fc_error *error);

/* The rows of the table `key`, `columns` numbers each, at most `room` rows; *rows receives how many there are
 * (0 when the entry has no such table). Returns 0, or -1 with `error` filled. */
int fc_catalog_points(const struct fc_catalog_entry *entry, const char *key, size_t columns, double *values,
                      size_t room, size_t *rows, struct fc_error *error);

/* The figure `key` with unit, source and grade. Returns false when the entry has none. */
bool fc_catalog_figure(const struct fc_catalog_entry *entry, const char *key, struct fc_figure *figure);

/* The next figure of the entry: *cursor starts as NULL. Returns false after the last. */
bool fc_catalog_next(const struct fc_catalog_entry *entry, const struct fc_node **cursor,
                     struct fc_figure *figure);

/* A figure's value, a text or a list, as one line for people. */
void fc_catalog_value_text(const struct fc_node *value, char *text, size_t size);

/* Whether `grade` is one of published, published (2nd), measured, derived, estimate. */
bool fc_grade_is_known(const char *grade);

#endif
