/* result.c: a result's life, its file, and the provenance of its parts. */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fc_result_free(struct fc_result *result)
{
    free(result->scenario_json);
    free(result->told);
    free(result->months_json);
    free(result->course_json);
    free(result->scenario_name);
    fc_notes_free(&result->notes);
    fc_tally_free(&result->tally);
    *result = (struct fc_result){0};
}

int fc_result_write(const struct fc_result *result, struct fc_output *output, struct fc_error *error)
{
    char *text = fc_result_json(result, error);
    FILE *file = text ? fc_output_begin(output, error) : NULL;
    int status = -1;
    if (file) {
        fputs(text, file);
        status = fc_output_commit(output, error);
    }
    free(text);
    return status;
}

/* Appends "; what" to a text unless it is there already. What has no room is said to be missing. */
static void join(char *text, size_t size, const char *what)
{
    static const char more[] = "; and more";
    size_t used = strlen(text), length = strlen(what);
    if (length == 0 || strstr(text, what))
        return;
    if (used == 0)
        snprintf(text, size, "%s", what);
    else if (used + length + 2 + sizeof more <= size)
        snprintf(text + used, size - used, "; %s", what);
    else if (!strstr(text, more) && used + sizeof more <= size)
        memcpy(text + used, more, sizeof more);
}

void fc_result_add_provenance(struct fc_result *result, const struct fc_result *part)
{
    result->wall_s += part->wall_s;
    if (part->trials_asked > result->trials_asked)
        result->trials_asked = part->trials_asked;
    fc_notes_add(&result->notes, &part->notes);
    join(result->backend, sizeof result->backend, part->backend);
    join(result->devices, sizeof result->devices, part->devices);
    join(result->topology, sizeof result->topology, part->topology);
    join(result->build, sizeof result->build, part->build);
}
