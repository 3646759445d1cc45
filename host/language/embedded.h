/* embedded.h: the catalog, the scenarios and the device kernels, carried inside the program. */
#ifndef FC_HOST_EMBEDDED_H
#define FC_HOST_EMBEDDED_H

#include <stddef.h>

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

#endif
