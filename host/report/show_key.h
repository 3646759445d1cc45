/* show_key.h: one key of a scenario explained: what it means, what it takes, its defaults with sources. */
#ifndef FC_HOST_SHOW_KEY_H
#define FC_HOST_SHOW_KEY_H

#include <stdbool.h>
#include <stdio.h>

#include "host/language/catalog.h"
#include "host/base/document_write.h"
#include "host/language/fields.h"

/* For people: meaning, what it takes, and the default of plain runs and of each profile that has one. */
void fc_show_key(FILE *out, const struct fc_field *field, const struct fc_catalog *catalog);

/* {kind: key, name, what, type, unit, lo, hi, choices}, the last four where they are known. */
void fc_write_key(struct fc_writer *writer, const struct fc_field *field);

/* The keys of a group such as "cluster", one line each. Returns how many there are. */
int fc_show_key_group(FILE *out, const char *group);

/* Whether an entry of the catalog is a default of some key: of all scenarios, or of a profile. */
bool fc_is_default_entry(const struct fc_catalog_entry *entry);

#endif
