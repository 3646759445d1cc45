/* scenario_file.c: see scenario_file.h. */
#include "scenario_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/base/source.h"

enum { SCENARIOS_MAX = 64 };

bool fc_scenario_file_name(const struct fc_embedded_file *file, char *name, size_t size)
{
    size_t length = strlen(file->name);
    if (strncmp(file->name, "scenarios/", 10) != 0 || length <= 15 ||
        strcmp(file->name + length - 5, ".yaml") != 0)
        return false;
    snprintf(name, size, "%.*s", (int)(length - 15), file->name + 10);
    return true;
}

const struct fc_embedded_file *fc_scenario_file_find(const char *wanted)
{
    char name[256];
    for (size_t i = 0; i < fc_embedded_count; i++)
        if (fc_scenario_file_name(&fc_embedded_files[i], name, sizeof name) && strcmp(name, wanted) == 0)
            return &fc_embedded_files[i];
    return NULL;
}

static int no_such_file(const char *wanted, struct fc_error *error)
{
    char names[SCENARIOS_MAX][256], shown[512], hint[300];
    const char *known[SCENARIOS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < fc_embedded_count && count < SCENARIOS_MAX; i++)
        if (fc_scenario_file_name(&fc_embedded_files[i], names[count], sizeof names[count])) {
            known[count] = names[count];
            count++;
        }
    fc_printable(shown, sizeof shown, wanted, strlen(wanted));
    fc_did_you_mean(hint, sizeof hint, wanted, strlen(wanted), known, count);
    return fc_fail(error, FC_BAD_INPUT, "there is no file '%s', nor a scenario of that name%s", shown,
                   *hint ? hint : "; see flopcast list scenario");
}

int fc_scenario_file_open(struct fc_document **document, const char *name, struct fc_error *error)
{
    const struct fc_embedded_file *file = fc_scenario_file_find(name);
    if (file)
        return fc_document_open_text(document, file->name, (const char *)file->data, file->size,
                                     FC_SCENARIO_BYTES, error);
    if (strcmp(name, "-") != 0 && access(name, F_OK) != 0 && errno == ENOENT)
        return no_such_file(name, error);
    return fc_document_open(document, name, FC_SCENARIO_BYTES, error);
}
