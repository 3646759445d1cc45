/* backend.c: the list of backends. */
#include "backend.h"

#include <string.h>

#define ROW(name) &fc_backend_##name,
const struct fc_backend *const fc_backends[] = {FC_BACKEND_ROWS(ROW) NULL};

const struct fc_backend *fc_backend_find(const char *name)
{
    for (int i = 0; fc_backends[i]; i++)
        if (strcmp(fc_backends[i]->name, name) == 0)
            return fc_backends[i];
    return NULL;
}
