/* scenario_file.h: the scenarios that come with the program, by name. */
#ifndef FC_HOST_SCENARIO_FILE_H
#define FC_HOST_SCENARIO_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "host/base/document.h"
#include "embedded.h"
#include "host/base/error.h"

/* Writes the scenario's name ("openai-aws-38b") of an embedded file into `name`; false when the file is no
 * scenario. */
bool fc_scenario_file_name(const struct fc_embedded_file *file, char *name, size_t size);

/* The embedded scenario of this name, or NULL. */
const struct fc_embedded_file *fc_scenario_file_find(const char *name);

/* Opens an embedded scenario by its name, or a file by its path; to be closed with fc_document_close. Returns
 * 0, or -1 with `error` filled. */
int fc_scenario_file_open(struct fc_document **document, const char *name, struct fc_error *error);

#endif
