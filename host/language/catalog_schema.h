/* catalog_schema.h: what an entry of a catalog may hold: the map `figures` of the bundled file of its kind.
 *
 * A row of it reads {unit, what, type: whole, number, flag or word, range: [lo, hi], words: [...],
 * needed: true}; without a type, any value that scenarios take; with columns: N, a table of N positive numbers a row. Bundled entries and those of the user's directory are held to the same rows: a figure
 * without one, one that is missing, of another type, unit or range is refused at its place. */
#ifndef FC_HOST_CATALOG_SCHEMA_H
#define FC_HOST_CATALOG_SCHEMA_H

#include "catalog.h"

/* Checks what the entry holds against `figures`, the rows of its kind; NULL: the kind has none, and nothing is
 * checked. Returns 0, or -1 with `error` filled. */
int fc_catalog_schema_check(const struct fc_catalog_entry *entry, const struct fc_node *figures,
                            struct fc_error *error);

/* Checks that the entry holds every figure that is needed. */
int fc_catalog_schema_complete(const struct fc_catalog_entry *entry, const struct fc_node *figures,
                               struct fc_error *error);

/* Checks the keys of a catalog file: kind, figures and entries (and correlations). */
int fc_catalog_schema_check_file(const struct fc_node *root, struct fc_error *error);

/* The range of a row, "1 to 1e+05", or "" where it has none. */
const char *fc_catalog_schema_range(const struct fc_node *row, char *text, size_t size);

#endif
