/* fault.c: see fault.h. */
#include "fault.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The text behind "<backend>:<what>" in the list, or NULL when it is not in there. */
static const char *find(const char *backend, const char *what)
{
    const char *at = getenv("FLOPCAST_FAULT");
    size_t backend_length = strlen(backend), what_length = strlen(what);
    while (at && *at) {
        if (strncmp(at, backend, backend_length) == 0 && at[backend_length] == ':' &&
            strncmp(at + backend_length + 1, what, what_length) == 0) {
            const char *rest = at + backend_length + 1 + what_length;
            if (*rest == '\0' || *rest == ',' || *rest == ':')
                return rest;
        }
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
    return NULL;
}

bool fc_fault_asked(const char *backend, const char *what)
{
    return find(backend, what) != NULL;
}

/* Whether "<backend>:<what>:<after>" is asked for and more than `after` batches were counted in `batches`. */
static bool due(const char *backend, const char *what, atomic_ulong *batches)
{
    const char *after = find(backend, what);
    if (!after)
        return false;
    unsigned long limit = *after == ':' ? strtoul(after + 1, NULL, 10) : 0;
    return atomic_fetch_add(batches, 1) >= limit;
}

bool fc_fault_lost(const char *backend, atomic_ulong *batches)
{
    return due(backend, "lost", batches);
}

void fc_fault_hang(const char *backend, atomic_ulong *batches)
{
    while (due(backend, "hang", batches))
        pause();
}
