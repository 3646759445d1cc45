/* result.c: a result as a file: written beside its place and put there when it is complete. */
#include "result.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fc_result_free(struct fc_result *result)
{
    free(result->scenario_json);
    free(result->scenario_name);
    fc_notes_free(&result->notes);
    fc_tally_free(&result->tally);
    *result = (struct fc_result){0};
}

/* Whether the path is there and no plain file: a device or a pipe is written to, never replaced. */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* The name that the file has while it is being written, to be freed; NULL without memory. */
static char *part_name(const char *path, struct fc_error *error)
{
    size_t length = strlen(path) + 8;
    char *name = malloc(length);
    if (!name)
        fc_fail(error, FC_FAULT, "no memory to write a result");
    else
        snprintf(name, length, "%s%s", path, is_special(path) ? "" : ".part");
    return name;
}

static int cannot_write(const char *path, struct fc_error *error)
{
    return fc_fail(error, FC_BAD_INPUT, "%s: cannot be written (%s); name another file", path,
                   strerror(errno));
}

int fc_result_write(const struct fc_result *result, const char *path, struct fc_error *error)
{
    char *name = part_name(path, error);
    if (!name)
        return -1;
    bool in_place = strcmp(name, path) == 0;
    int status = -1;
    FILE *file = fopen(name, "w");
    if (!file) {
        cannot_write(path, error);
        goto out;
    }
    struct fc_error why;
    status = fc_result_write_json(result, file, &why);
    if (fclose(file) != 0 && status == 0)
        status = fc_fail(&why, FC_FAULT, "the output cannot be written (%s)", strerror(errno));
    if (status)
        fc_fail(error, FC_FAULT, "%s: %s", path, why.text);
    else if (!in_place && rename(name, path) != 0)
        status = fc_fail(error, FC_FAULT, "%s: could not be put in place (%s)", path, strerror(errno));
    if (status && !in_place)
        remove(name);
out:
    free(name);
    return status;
}

int fc_result_can_write(const char *path, struct fc_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return fc_fail(error, FC_BAD_INPUT, "%s: is a directory; name a file in it", path);
    if (is_special(path))
        return access(path, W_OK) == 0 ? 0 : cannot_write(path, error);
    char *name = part_name(path, error);
    if (!name)
        return -1;
    int status = 0;
    FILE *file = fopen(name, "a");
    if (!file) {
        status = cannot_write(path, error);
    } else {
        fclose(file);
        remove(name);
    }
    free(name);
    return status;
}
