/* kept.c: see kept.h. */
#include "kept.h"

#include <stdlib.h>
#include <string.h>

#include "kernels.h"

#define MOST_BYTES ((uint64_t)1 << 30)

struct fc_kept *fc_kept_new(uint64_t trials, const char *isa)
{
    const struct fc_kernel *kernel = isa ? fc_kernel_find(isa) : fc_kernel_best();
    struct fc_kept *kept = calloc(1, sizeof *kept);
    if (!kernel || !kept) {
        free(kept);
        return NULL;
    }
    kept->chunk = (uint64_t)kernel->chunk;
    kept->chunks = (trials + kept->chunk - 1) / kept->chunk;
    kept->chunk_bytes = (size_t)kernel->kept_bytes;
    if (kept->chunks <= MOST_BYTES / kept->chunk_bytes) {
        kept->have = calloc((size_t)kept->chunks, sizeof *kept->have);
        kept->data = malloc((size_t)kept->chunks * kept->chunk_bytes);
    }
    if (kept->have && kept->data)
        return kept;
    fc_kept_free(kept);
    return NULL;
}

void fc_kept_free(struct fc_kept *kept)
{
    if (!kept)
        return;
    free(kept->have);
    free(kept->data);
    free(kept);
}

bool fc_kept_path(const char *path)
{
    static const char *const sections[] = {"prices.", "contract.", "energy.", "goals.",    "provider",
                                           "market.", "finance.",  "own.",    "programme."};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strncmp(path, sections[i], strlen(sections[i])) == 0)
            return true;
    return false;
}
