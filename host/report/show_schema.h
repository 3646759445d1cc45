/* show_schema.h: the JSON Schema of a scenario, from the table of keys (fields.h): for editors that complete and check
 * while one types. */
#ifndef FC_HOST_SHOW_SCHEMA_H
#define FC_HOST_SHOW_SCHEMA_H

#include "host/base/document_write.h"

/* One schema of draft 2020-12. It knows keys, words and ranges of plain numbers; what is inside a text ("pert(2, 3, 5)
 * USD") only the program checks. */
void fc_write_schema(struct fc_writer *writer);

#endif
