/* embedded.c: looks up what the program carries. */
#include "embedded.h"

#include <stdlib.h>
#include <string.h>

#include "host/base/read_file.h"

const struct fc_embedded_file *fc_embedded_find(const char *name)
{
    for (size_t i = 0; i < fc_embedded_count; i++)
        if (strcmp(fc_embedded_files[i].name, name) == 0)
            return &fc_embedded_files[i];
    return NULL;
}

int fc_embedded_or_file(const char *path, const char *shipped, size_t most, char **text, size_t *size,
                        struct fc_error *error)
{
    if (path)
        return fc_read_file(path, most, text, size, error);
    const struct fc_embedded_file *file = fc_embedded_find(shipped);
    if (!file)
        return fc_fail(error, FC_FAULT, "the program carries no %s", shipped);
    *size = file->size;
    *text = malloc(file->size + 1);
    if (!*text)
        return fc_fail(error, FC_FAULT, "out of memory for %s", shipped);
    memcpy(*text, file->data, file->size + 1);
    return 0;
}
