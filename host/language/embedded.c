/* embedded.c: looks up what the program carries. */
#include "embedded.h"

#include <string.h>

const struct fc_embedded_file *fc_embedded_find(const char *name)
{
    for (size_t i = 0; i < fc_embedded_count; i++)
        if (strcmp(fc_embedded_files[i].name, name) == 0)
            return &fc_embedded_files[i];
    return NULL;
}
