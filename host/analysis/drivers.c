/* drivers.c: see drivers.h. */
#include "drivers.h"

#include <stdio.h>
#include <string.h>

int fc_driver_field(const struct fc_settings *settings, int input)
{
    for (int i = 0; i < FC_FIELD_COUNT; i++)
        if (fc_fields[i].type == FC_FIELD_UNCERTAIN && fc_fields[i].input == input &&
            settings->fields[i].is_set)
            return i;
    return -1;
}

static const char step_name[] = "efficiency factors (calibrated)";
static const char chance_name[] = "chance (events within a world)";

/* While drivers are made, a set of fields is a chain: same[i] is another field of its set, or i. */
static int root_of(const int *same, int i)
{
    while (same[i] != i)
        i = same[i];
    return i;
}

static void join(int *same, int a, int b)
{
    int high = root_of(same, a), low = root_of(same, b);
    if (high < low) {
        int swap = high;
        high = low;
        low = swap;
    }
    same[high] = low;
}

/* Whether `path` is `part`, or begins with it and a dot. */
static bool under(const char *path, const char *part, size_t length)
{
    return strncmp(path, part, length) == 0 && (path[length] == '\0' || path[length] == '.');
}

/* Reads the groups; names[] receives, by field, the name of its group (start and length in `groups`). */
static int read_groups(const struct fc_settings *settings, const bool *varies, const char *groups, int *same,
                       const char **names, size_t *lengths, struct fc_error *error)
{
    for (const char *at = groups; *at;) {
        size_t whole = strcspn(at, ";"), name = strcspn(at, "=");
        if (name == 0 || name >= whole || name >= FC_DRIVER_NAME)
            return fc_fail(error, FC_BAD_INPUT,
                           "--groups '%s' is neither 'sections' nor NAME=PATH,PATH;NAME=PATH", groups);
        int chain = -1;
        for (const char *path = at + name + 1; path < at + whole;) {
            size_t length = strcspn(path, ",;");
            int found = 0;
            for (int i = 0; i < FC_FIELD_COUNT; i++) {
                if (!under(fc_fields[i].path, path, length))
                    continue;
                found += settings->fields[i].is_set;
                if (!varies[i])
                    continue;
                if (names[i])
                    return fc_fail(error, FC_BAD_INPUT, "--groups: '%s' is in two groups", fc_fields[i].path);
                names[i] = at;
                lengths[i] = name;
                if (chain >= 0)
                    join(same, chain, i);
                chain = i;
            }
            if (!found)
                return fc_fail(error, FC_BAD_INPUT, "--groups: the scenario has no value under '%.*s'",
                               (int)length, path);
            path += length + (path[length] == ',');
        }
        at += whole + (at[whole] == ';');
    }
    return 0;
}

static void add_name(struct fc_driver *driver, const char *name, size_t length)
{
    size_t used = strlen(driver->name);
    snprintf(driver->name + used, sizeof driver->name - used, "%s%.*s", used ? " + " : "", (int)length, name);
}

int fc_drivers_list(const struct fc_scenario *scenario, const char *groups, struct fc_driver *drivers,
                    struct fc_error *error)
{
    const struct fc_settings *settings = scenario->settings;
    const struct fc_program *program = &scenario->compiled.program;
    bool varies[FC_FIELD_COUNT] = {false}, sections = groups && strcmp(groups, "sections") == 0;
    int same[FC_FIELD_COUNT], driver_of[FC_FIELD_COUNT], count = 0, step = -1, chance = -1;
    const char *names[FC_FIELD_COUNT] = {NULL};
    size_t lengths[FC_FIELD_COUNT] = {0};
    for (int i = 0; i < FC_FIELD_COUNT; i++) {
        same[i] = i;
        driver_of[i] = -1;
    }
    for (int d = 0; d < program->draw_count; d++) {
        int field = fc_driver_field(settings, program->draws[d].input);
        if (program->draws[d].kind != FC_DRAW_CONSTANT && field >= 0)
            varies[field] = true;
    }
    for (size_t c = 0; c < settings->correlation_count; c++) {
        int a = (int)settings->correlations[c].a, b = (int)settings->correlations[c].b;
        if (varies[a] && varies[b])
            join(same, a, b);
    }
    if (groups && !sections && read_groups(settings, varies, groups, same, names, lengths, error))
        return -1;
    for (int i = 0; sections && i < FC_FIELD_COUNT; i++) {
        names[i] = fc_fields[i].path;
        lengths[i] = strcspn(fc_fields[i].path, ".");
        for (int k = 0; varies[i] && k < i; k++)
            if (varies[k] && under(fc_fields[k].path, names[i], lengths[i]))
                join(same, k, i);
    }
    for (int d = 0; d < program->draw_count; d++) {
        const struct fc_draw *draw = &program->draws[d];
        int field = fc_driver_field(settings, draw->input);
        if (draw->kind == FC_DRAW_CONSTANT)
            continue;
        bool is_step = field < 0 && draw->input < FC_IN_STEP_END;
        int root = field >= 0 ? root_of(same, field) : -1;
        int *at = field >= 0 ? &driver_of[root] : is_step ? &step : &chance;
        if (*at < 0) {
            *at = count;
            drivers[count++] = (struct fc_driver){.field = -1, .chance = field < 0 && !is_step};
            if (field < 0)
                add_name(&drivers[*at], is_step ? step_name : chance_name, FC_DRIVER_NAME);
        }
        struct fc_driver *driver = &drivers[*at];
        driver->inputs[driver->count++] = (unsigned char)draw->input;
        if (field < 0)
            continue;
        driver->field = driver->count == 1 ? field : -1;
        const char *path = fc_fields[field].path, *name = names[field] ? names[field] : path;
        size_t length = names[field] ? lengths[field] : strlen(path);
        if (!names[field] || !strstr(driver->name, " + ") || driver->count == 1)
            if (!names[field] || strncmp(driver->name, name, length) != 0)
                add_name(driver, name, length);
    }
    if (chance < 0 && (program->layers & FC_LAYER_RUN)) {
        drivers[count] = (struct fc_driver){.field = -1, .chance = true};
        add_name(&drivers[count++], chance_name, FC_DRIVER_NAME);
    }
    return count;
}

void fc_driver_alternate(const struct fc_driver *driver, struct fc_program *program, uint64_t *first)
{
    memset(program->alternate, 0, sizeof program->alternate);
    if (driver->chance) { /* worlds of the twin with all inputs but the driver's own taken from the first */
        *first ^= (uint64_t)1 << FC_TWIN_BIT;
        memset(program->alternate, 0xff, sizeof program->alternate);
    }
    for (int i = 0; i < driver->count; i++)
        program->alternate[driver->inputs[i] / 32] ^= (fc_u32)1 << (driver->inputs[i] % 32);
}

bool fc_drivers_hold(const struct fc_driver *drivers, int count, int input)
{
    for (int k = 0; k < count; k++)
        for (int i = 0; i < drivers[k].count; i++)
            if (drivers[k].inputs[i] == input)
                return true;
    return false;
}
