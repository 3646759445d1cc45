/* embedded.h: the catalog, the scenarios and the device kernels, carried inside the program. */
#ifndef FC_HOST_EMBEDDED_H
#define FC_HOST_EMBEDDED_H

#include <stddef.h>

#include "host/base/error.h"

/* `size` bytes at `data`, and one 0 byte behind them. */
struct fc_embedded_file {
    const char *name; /* as in the source tree, e.g. "catalog/models.yaml" */
    const unsigned char *data;
    size_t size;
};

extern const struct fc_embedded_file fc_embedded_files[];
extern const size_t fc_embedded_count;

/* The file with this name, or NULL. */
const struct fc_embedded_file *fc_embedded_find(const char *name);

/* The text of a table, to be freed: the file at `path`, at most `most` bytes of it, or, where that is NULL, the one of this name
 * that the program carries. A 0 byte stands behind it. Returns 0, or -1 with `error` filled. */
int fc_embedded_or_file(const char *path, const char *shipped, size_t most, char **text, size_t *size,
                        struct fc_error *error);

#endif
