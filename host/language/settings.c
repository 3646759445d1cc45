/* settings.c: see settings.h. */
#include "settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"
#include "value_text.h"
#include "host/base/source.h"

enum { MAX_PATH = 200, MAX_TEXT = 4000, MAX_GROUPS = 32, MAX_GROUP = 32 };

/* Memory of the settings: texts and distributions in one list. */
struct fc_owned {
    struct fc_owned *next;
    max_align_t data[];
};

void fc_settings_init(struct fc_settings *settings)
{
    memset(settings, 0, sizeof *settings);
}

void fc_settings_free(struct fc_settings *settings)
{
    while (settings->owned) {
        struct fc_owned *next = settings->owned->next;
        free(settings->owned);
        settings->owned = next;
    }
    fc_notes_free(&settings->notes);
    memset(settings, 0, sizeof *settings);
}

static void *own(struct fc_settings *settings, const void *data, size_t size)
{
    struct fc_owned *owned = malloc(sizeof *owned + size);
    if (!owned)
        return NULL;
    memcpy(owned->data, data, size);
    owned->next = settings->owned;
    settings->owned = owned;
    return owned->data;
}

static const char *own_text(struct fc_settings *settings, const char *text)
{
    return own(settings, text, strlen(text) + 1);
}

/* What one call of fc_settings_read or fc_settings_apply_defaults works on. */
struct reading {
    struct fc_settings *settings;
    struct fc_error *error;
    const char *file; /* the document's name, owned by the settings */
    struct fc_place seen[FC_FIELD_COUNT];
};

static int no_memory(struct fc_error *error)
{
    return fc_fail(error, FC_FAULT, "the scenario cannot be read (out of memory)");
}

/* Places outlive the document: its file name is replaced by a copy. */
static struct fc_place keep_place(const struct reading *reading, struct fc_place place)
{
    place.file = place.file && strcmp(place.file, "--set") == 0 ? "--set" : reading->file;
    return place;
}

/* ---- values by type ---- */

static int want_text(const struct fc_node *node, const char *what, struct fc_error *error)
{
    if (node->kind == FC_NODE_TEXT)
        return 0;
    return fc_fail_at(error, &node->place, "expected %s, got %s", what, fc_node_kind_name(node->kind));
}

static int read_uncertain(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                          struct fc_setting *setting)
{
    struct fc_value_text text;
    struct fc_source source;
    struct fc_distribution distribution;
    char note[400];
    if (fc_value_text_read(&text, node, &source, reading->error) ||
        fc_value_read(&source, field->unit, fc_field_unit_policy(field), field->lo, field->hi, &distribution,
                      note, sizeof note, reading->error))
        return -1;
    setting->text = own_text(reading->settings, text.text);
    setting->note = note[0] ? own_text(reading->settings, note) : NULL;
    setting->distribution = own(reading->settings, &distribution, sizeof distribution);
    return setting->text && setting->distribution && (setting->note || !note[0]) ? 0
                                                                                 : no_memory(reading->error);
}

static bool takes_auto(const struct fc_field *field)
{
    static const enum fc_field_id ids[] = {FC_FIELD_CHECKPOINT_INTERVAL,
                                           FC_FIELD_TP,
                                           FC_FIELD_PP,
                                           FC_FIELD_VPP,
                                           FC_FIELD_CP,
                                           FC_FIELD_EP,
                                           FC_FIELD_EXPERT_TP,
                                           FC_FIELD_DP,
                                           FC_FIELD_MICRO_BATCH,
                                           FC_FIELD_ZERO,
                                           FC_FIELD_OFFLOAD,
                                           FC_FIELD_ORDER,
                                           FC_FIELD_RECOMPUTE};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (field->id == (int)ids[i])
            return true;
    return false;
}

/* A whole number without a unit, read digit by digit: no double holds a seed above 2^53. Returns 1 where the text is
 * something else (a unit, a scale), which is then read as any value. */
static int read_whole(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                      const struct fc_value_text *text, struct fc_setting *setting)
{
    uint64_t value;
    const char *unit = strcmp(field->unit, "1") == 0 ? "" : field->unit;
    switch (fc_read_whole(text->text, text->length, &value)) {
    case FC_WHOLE_NO_NUMBER:
    case FC_WHOLE_NEGATIVE: /* refused by its range */
        return 1;
    case FC_WHOLE_FRACTION:
        return fc_fail_at(reading->error, &node->place, "%s is not an integer; round it", text->text);
    case FC_WHOLE_TOO_LARGE:
        return fc_fail_at(reading->error, &node->place, "%s lies outside what is allowed, %.6g to %.6g%s%s",
                          text->text, field->lo, field->hi, unit[0] ? " " : "", unit);
    case FC_WHOLE:
        break;
    }
    if ((double)value < field->lo || (double)value > field->hi)
        return fc_fail_at(reading->error, &node->place, "%s lies outside what is allowed, %.6g to %.6g%s%s",
                          text->text, field->lo, field->hi, unit[0] ? " " : "", unit);
    setting->number = (double)value;
    setting->integer = (long long)value; /* a seed above 2^63 comes back by the cast to uint64_t */
    return 0;
}

static int read_number(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                       struct fc_setting *setting)
{
    struct fc_value_text text;
    struct fc_source source;
    char note[200];
    if (fc_value_text_read(&text, node, &source, reading->error))
        return -1;
    setting->text = own_text(reading->settings, text.text);
    if (!setting->text)
        return no_memory(reading->error);
    if (field->type == FC_FIELD_INTEGER && fc_field_unit_policy(field) == FC_UNIT_NONE) {
        int plain = read_whole(reading, field, node, &text, setting);
        if (plain <= 0)
            return plain;
    }
    setting->is_auto = takes_auto(field) && strcmp(text.text, "auto") == 0;
    if (setting->is_auto)
        return 0;
    if (fc_value_read_number(&source, field->unit, fc_field_unit_policy(field), field->lo, field->hi,
                             &setting->number, note, sizeof note, reading->error))
        return -1;
    if (note[0] && !(setting->note = own_text(reading->settings, note)))
        return no_memory(reading->error);
    if (field->type != FC_FIELD_INTEGER)
        return 0;
    if (setting->number != floor(setting->number))
        return fc_fail_at(reading->error, &node->place, "%.15g is not an integer; round it", setting->number);
    setting->integer = (long long)setting->number;
    return 0;
}

/* Whether the text is a number and nothing else. */
static bool is_bare(const struct fc_source *source)
{
    struct fc_error ignored;
    double value;
    size_t at = fc_source_skip(source, 0);
    return fc_source_is_number(source, at) && fc_source_number(source, &at, &value, &ignored) == 0 &&
           !source->text[fc_source_skip(source, at)];
}

/* What stands behind the number of a list's last item: it holds for all that have no unit of their own, as in
 * [6, 9, 12 B USD]. */
static int unit_of_last(struct reading *reading, const struct fc_node *list, char *unit, size_t size)
{
    struct fc_value_text text;
    struct fc_source source;
    double value;
    unit[0] = '\0';
    if (fc_value_text_read(&text, list->last, &source, reading->error))
        return -1;
    size_t at = fc_source_skip(&source, 0);
    if (!fc_source_is_number(&source, at) || fc_source_number(&source, &at, &value, reading->error))
        return 0;
    snprintf(unit, size, "%s", text.text + fc_source_skip(&source, at));
    return 0;
}

static int read_numbers(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                        struct fc_setting *setting)
{
    bool list = node->kind == FC_NODE_LIST;
    if (list && (node->count == 0 || node->count > FC_MAX_NUMBERS))
        return fc_fail_at(reading->error, &node->place, "expected a list of 1 to %d numbers, got %zu",
                          (int)FC_MAX_NUMBERS, node->count);
    char joined[MAX_TEXT] = "[", note[200] = "", unit[64] = "";
    size_t used = 1;
    if (list && unit_of_last(reading, node, unit, sizeof unit))
        return -1;
    for (const struct fc_node *item = list ? node->first : node; item; item = list ? item->next : NULL) {
        struct fc_value_text text;
        struct fc_source source;
        char missing[200];
        if (fc_value_text_read(&text, item, &source, reading->error))
            return -1;
        if (unit[0] && is_bare(&source) && text.length + strlen(unit) + 2 < FC_VALUE_BYTES)
            text.length +=
                (size_t)snprintf(text.text + text.length, FC_VALUE_BYTES - text.length, " %s", unit);
        if (fc_value_read_number(&source, field->unit, fc_field_unit_policy(field), field->lo, field->hi,
                                 &setting->numbers[setting->count], missing, sizeof missing, reading->error))
            return -1;
        if (missing[0] && !note[0])
            memcpy(note, missing, sizeof note);
        setting->count++;
        if (used + text.length + 4 >= sizeof joined)
            return fc_fail_at(reading->error, &item->place,
                              "the list is too long; write its numbers shorter");
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s", setting->count > 1 ? ", " : "",
                                 text.text);
    }
    snprintf(joined + used, sizeof joined - used, "]");
    setting->text = own_text(reading->settings, joined);
    setting->note = note[0] ? own_text(reading->settings, note) : NULL;
    return setting->text && (setting->note || !note[0]) ? 0 : no_memory(reading->error);
}

static int read_choice(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                       struct fc_setting *setting)
{
    char list[300] = "", hint[96], shown[64];
    size_t count = 0, used = 0;
    if (want_text(node, "one word", reading->error))
        return -1;
    setting->is_auto = takes_auto(field) && strcmp(node->text, "auto") == 0;
    if (setting->is_auto) {
        setting->text = "auto";
        return 0;
    }
    for (; field->choices[count]; count++) {
        if (strcmp(node->text, field->choices[count]) == 0) {
            setting->choice = (int)count;
            setting->text = field->choices[count];
            return 0;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "",
                                     field->choices[count]);
    }
    size_t length = strlen(node->text);
    return fc_fail_at(reading->error, &node->place, "'%s' is not one of %s%s",
                      fc_printable(shown, sizeof shown, node->text, length), list,
                      fc_did_you_mean(hint, sizeof hint, node->text, length, field->choices, count));
}

static int read_flag(struct reading *reading, const struct fc_node *node, struct fc_setting *setting)
{
    char shown[64];
    if (want_text(node, "true or false", reading->error))
        return -1;
    setting->flag = strcmp(node->text, "true") == 0;
    if (!setting->flag && strcmp(node->text, "false") != 0)
        return fc_fail_at(reading->error, &node->place, "'%s' is not true or false",
                          fc_printable(shown, sizeof shown, node->text, strlen(node->text)));
    setting->text = setting->flag ? "true" : "false";
    return 0;
}

/* A catalog entry written here instead of its name: kept as JSON on one line, and called by the key's path. */
static int read_stated(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                       struct fc_setting *setting)
{
    char *text = NULL;
    size_t size = 0;
    struct fc_writer *writer;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return no_memory(reading->error);
    int status = fc_writer_open(&writer, out, FC_JSON_ONE_LINE, reading->error);
    if (status == 0) {
        fc_write_node(writer, NULL, node);
        status = fc_writer_close(writer, reading->error);
    }
    if (fclose(out) && status == 0)
        status = no_memory(reading->error);
    if (status == 0) {
        text[strcspn(text, "\n")] = '\0';
        setting->text = own_text(reading->settings, text);
        setting->name = field->path;
        status = setting->text ? 0 : no_memory(reading->error);
    }
    free(text);
    return status;
}

bool fc_setting_is_stated(const struct fc_setting *setting)
{
    return setting->text && setting->text[0] == '{';
}

static int read_text(struct reading *reading, const struct fc_field *field, const struct fc_node *node,
                     struct fc_setting *setting)
{
    bool name = field->type == FC_FIELD_NAME;
    if (node->kind == FC_NODE_MAP &&
        (field->id == FC_FIELD_MODEL || field->id == FC_FIELD_GPU || field->id == FC_FIELD_NETWORK))
        return read_stated(reading, field, node, setting);
    if (want_text(node, name ? "the name of a catalog entry" : "text", reading->error))
        return -1;
    size_t limit = field->id == FC_FIELD_MODEL ? 1000
                   : name                      ? 100
                                               : MAX_TEXT, /* a model may be a path */
        length = strlen(node->text);
    if (length == 0 || length > limit)
        return fc_fail_at(reading->error, &node->place, "the text must hold 1 to %zu bytes (it holds %zu)",
                          limit, length);
    if (field->id != FC_FIELD_DESCRIPTION && strpbrk(node->text, "\n\r"))
        return fc_fail_at(reading->error, &node->place, "'%s' must be on one line; remove the line break",
                          field->path);
    setting->text = setting->name = own_text(reading->settings, node->text);
    return setting->text ? 0 : no_memory(reading->error);
}

/* Puts the key behind the place of an error, where the text does not name it. */
static void name_key(struct fc_error *error, const char *path)
{
    const char *dot = strrchr(path, '.');
    char text[sizeof error->text];
    int line, column, used = 0;
    const char *colon = strchr(error->text, ':');
    while (colon && (sscanf(colon, ":%d:%d: %n", &line, &column, &used) != 2 || used == 0))
        colon = strchr(colon + 1, ':'); /* a file name may hold one */
    if (!colon || strstr(colon + used, dot ? dot + 1 : path))
        return;
    size_t place = (size_t)(colon - error->text) + (size_t)used;
    snprintf(text, sizeof text, "%.*s%s: %s", (int)place, error->text, path, error->text + place);
    memcpy(error->text, text, sizeof text);
}

static int read_field(struct reading *reading, const struct fc_field *field, const struct fc_node *node)
{
    struct fc_setting setting = {.is_set = true, .place = keep_place(reading, node->place)};
    int result = -1;
    if (node->kind == FC_NODE_EMPTY)
        return fc_fail_at(reading->error, &node->place, "'%s' has no value; write one, or leave the key out",
                          field->path);
    switch (field->type) {
    case FC_FIELD_UNCERTAIN:
    case FC_FIELD_DISTRIBUTION:
        result = read_uncertain(reading, field, node, &setting);
        break;
    case FC_FIELD_NUMBER:
    case FC_FIELD_INTEGER:
        result = read_number(reading, field, node, &setting);
        break;
    case FC_FIELD_NUMBERS:
        result = read_numbers(reading, field, node, &setting);
        break;
    case FC_FIELD_CHOICE:
        result = read_choice(reading, field, node, &setting);
        break;
    case FC_FIELD_FLAG:
        result = read_flag(reading, node, &setting);
        break;
    case FC_FIELD_NAME:
    case FC_FIELD_TEXT:
        result = read_text(reading, field, node, &setting);
        break;
    }
    if (result == 0)
        reading->settings->fields[field->id] = setting;
    else
        name_key(reading->error, field->path);
    return result;
}

/* ---- keys ---- */

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static bool is_group(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < FC_FIELD_COUNT; i++)
        if (strncmp(fc_fields[i].path, path, length) == 0 && fc_fields[i].path[length] == '.')
            return true;
    return false;
}

/* Refuses a key that no field has where its section is known and no key is near: with the keys of the section; 0: its section
 * is not known, or another has the very key. */
static int unknown_in_section(struct reading *reading, const char *path, struct fc_place place)
{
    char list[900] = "", shown[64];
    size_t section = strlen(path) - strlen(last_part(path)), used = 0;
    if (section == 0)
        return 0;
    for (size_t i = 0; i < FC_FIELD_COUNT; i++) {
        const char *part = last_part(fc_fields[i].path);
        if (strcmp(part, last_part(path)) == 0)
            return 0;
        if (strncmp(fc_fields[i].path, path, section) == 0 && used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", part);
    }
    if (used == 0)
        return 0;
    return fc_fail_at(reading->error, &place, "unknown key '%s'; %.*s holds %s",
                      fc_printable(shown, sizeof shown, path, strlen(path)), (int)section - 1, path, list);
}

/* Refuses a key that no field has, with the nearest path: by its whole path, or by its last part alone. */
static int unknown_key(struct reading *reading, const char *path, struct fc_place place)
{
    const char *paths[FC_FIELD_COUNT + 1], *parts[FC_FIELD_COUNT];
    char shown[64];
    for (size_t i = 0; i < FC_FIELD_COUNT; i++) {
        paths[i] = fc_fields[i].path;
        parts[i] = last_part(fc_fields[i].path);
    }
    paths[FC_FIELD_COUNT] = "correlations";
    fc_printable(shown, sizeof shown, path, strlen(path));
    const char *part = last_part(path), *nearest = fc_nearest_word(part, strlen(part), parts, FC_FIELD_COUNT);
    const char *near_path = fc_nearest_word(path, strlen(path), paths, FC_FIELD_COUNT + 1);
    if (near_path && !strchr(path, '.') && strchr(near_path, '.') && strncmp(path, near_path, strlen(path)) == 0)
        near_path = nearest = NULL; /* it begins a path as a section does: said below */
    if (!near_path && unknown_in_section(reading, path, place))
        return -1;
    for (size_t i = 0; nearest && !near_path && i < FC_FIELD_COUNT; i++)
        if (parts[i] == nearest)
            near_path = paths[i];
    if (near_path)
        return fc_fail_at(reading->error, &place, "unknown key '%s'; did you mean '%s'?", shown, near_path);
    char groups[MAX_GROUPS][MAX_GROUP], list[300] = "", hint[96];
    const char *names[MAX_GROUPS] = {NULL};
    size_t used = 0, count = 0;
    for (size_t i = 0; i < FC_FIELD_COUNT && count < MAX_GROUPS; i++) {
        size_t length = strcspn(paths[i], ".");
        size_t known = 0;
        while (known < count &&
               (strlen(names[known]) != length || strncmp(paths[i], names[known], length) != 0))
            known++;
        if (known < count)
            continue;
        snprintf(groups[count], sizeof groups[count], "%.*s", (int)length, paths[i]);
        names[count] = groups[count];
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", names[count]);
        count++;
    }
    if (fc_did_you_mean(hint, sizeof hint, path, strlen(path), names, count)[0])
        return fc_fail_at(reading->error, &place, "unknown key '%s'%s", shown, hint);
    return fc_fail_at(reading->error, &place, "unknown key '%s'; a scenario holds %s and correlations", shown,
                      list);
}

static int read_correlations(struct reading *reading, const struct fc_node *list);

static int read_map(struct reading *reading, const struct fc_node *map, const char *prefix)
{
    for (const struct fc_node *child = map->first; child; child = child->next) {
        char path[MAX_PATH];
        if (snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] ? "." : "", child->key) >=
            (int)sizeof path)
            return fc_fail_at(reading->error, &child->key_place, "the key is too long (%d bytes at most)",
                              MAX_PATH - 1);
        const struct fc_field *field = fc_field_find(path);
        if (!prefix[0] && strncmp(path, "x-", 2) == 0)
            continue; /* a place for anchors, as in Compose files */
        if (field) {
            if (reading->seen[field->id].line > 0)
                return fc_fail_at(reading->error, &child->key_place,
                                  "'%s' is given twice (first in line %d); keep one of them", path,
                                  reading->seen[field->id].line);
            reading->seen[field->id] = child->key_place;
            if (read_field(reading, field, child))
                return -1;
        } else if (strcmp(path, "plan") == 0 && child->kind == FC_NODE_TEXT &&
                   strcmp(child->text, "auto") == 0) {
            reading->settings->plan_auto = true;
        } else if (is_group(path)) {
            if (child->kind != FC_NODE_MAP && child->kind != FC_NODE_EMPTY)
                return fc_fail_at(reading->error, &child->place,
                                  "'%s' is a section of keys, not %s; indent its keys below it", path,
                                  fc_node_kind_name(child->kind));
            if (read_map(reading, child, path))
                return -1;
        } else if (strcmp(path, "correlations") == 0) {
            if (read_correlations(reading, child))
                return -1;
        } else {
            return unknown_key(reading, path, child->key_place);
        }
    }
    return 0;
}

/* ---- correlations ---- */

static int read_pair(struct reading *reading, const struct fc_node *between,
                     struct fc_correlation *correlation)
{
    enum fc_field_id ids[2] = {0, 0};
    if (!between || between->kind != FC_NODE_LIST || between->count != 2)
        return fc_fail_at(reading->error, between ? &between->place : &correlation->place,
                          "a correlation is between two paths; write {between: [prices.gpu_hour, "
                          "energy.price], rank: 0.3}");
    int at = 0;
    for (const struct fc_node *item = between->first; item; item = item->next, at++) {
        if (want_text(item, "the path of an uncertain value", reading->error))
            return -1;
        const struct fc_field *field = fc_field_find(item->text);
        if (!field)
            return unknown_key(reading, item->text, item->place);
        if (field->type != FC_FIELD_UNCERTAIN)
            return fc_fail_at(
                reading->error, &item->place,
                "'%s' cannot be correlated (it is not one uncertain value per world); choose another",
                field->path);
        ids[at] = (enum fc_field_id)field->id;
    }
    correlation->a = ids[0];
    correlation->b = ids[1];
    if (ids[0] == ids[1])
        return fc_fail_at(reading->error, &between->place,
                          "a value is always correlated with itself; name two paths");
    return 0;
}

static int read_correlation(struct reading *reading, const struct fc_node *item)
{
    struct fc_settings *settings = reading->settings;
    struct fc_correlation correlation = {.place = keep_place(reading, item->place)};
    static const char *const keys[] = {"between", "rank"};
    char hint[96], shown[64];
    if (item->kind != FC_NODE_MAP)
        return fc_fail_at(
            reading->error, &item->place,
            "a correlation is a map; write {between: [prices.gpu_hour, energy.price], rank: 0.3}");
    for (const struct fc_node *child = item->first; child; child = child->next)
        if (strcmp(child->key, keys[0]) != 0 && strcmp(child->key, keys[1]) != 0)
            return fc_fail_at(reading->error, &child->key_place,
                              "unknown key '%s' (between and rank are known)%s",
                              fc_printable(shown, sizeof shown, child->key, strlen(child->key)),
                              fc_did_you_mean(hint, sizeof hint, child->key, strlen(child->key), keys, 2));
    if (settings->correlation_count == FC_MAX_CORRELATIONS)
        return fc_fail_at(reading->error, &item->place,
                          "there are too many correlations; at most %d can be given",
                          (int)FC_MAX_CORRELATIONS);
    if (read_pair(reading, fc_node_get(item, "between"), &correlation))
        return -1;
    const struct fc_node *rank = fc_node_get(item, "rank");
    if (!rank)
        return fc_fail_at(reading->error, &item->place, "the correlation lacks its rank; write rank: 0.3");
    struct fc_value_text text;
    struct fc_source source;
    if (fc_value_text_read(&text, rank, &source, reading->error) ||
        fc_value_read_number(&source, "1", FC_UNIT_NONE, -1.0, 1.0, &correlation.rank, NULL, 0,
                             reading->error))
        return -1;
    for (size_t i = 0; i < settings->correlation_count; i++) {
        const struct fc_correlation *other = &settings->correlations[i];
        if ((other->a == correlation.a && other->b == correlation.b) ||
            (other->a == correlation.b && other->b == correlation.a))
            return fc_fail_at(reading->error, &item->place,
                              "these two paths are already correlated (in line %d); keep one of them",
                              other->place.line);
    }
    settings->correlations[settings->correlation_count++] = correlation;
    return 0;
}

static int read_pairs(struct reading *reading, const struct fc_node *list)
{
    if (list->kind == FC_NODE_EMPTY)
        return 0;
    if (list->kind != FC_NODE_LIST)
        return fc_fail_at(reading->error, &list->place, "expected a list of correlations, got %s",
                          fc_node_kind_name(list->kind));
    for (const struct fc_node *item = list->first; item; item = item->next)
        if (read_correlation(reading, item))
            return -1;
    return 0;
}

static int read_usual(struct reading *reading, const struct fc_node *node)
{
    char shown[64];
    if (want_text(node, "the word usual", reading->error))
        return -1;
    if (strcmp(node->text, "usual") != 0)
        return fc_fail_at(reading->error, &node->place,
                          "'%s' is not a known correlation set; write usual, or list the pairs",
                          fc_printable(shown, sizeof shown, node->text, strlen(node->text)));
    reading->settings->correlations_usual = true;
    reading->settings->correlation_repair = true; /* its pairs, stated one by one, do not all go together */
    return 0;
}

static int read_correlations(struct reading *reading, const struct fc_node *node)
{
    static const char *const keys[] = {"use", "pairs", "repair"};
    struct fc_settings *settings = reading->settings;
    settings->correlation_count = 0;
    settings->correlations_usual = settings->correlation_repair = false;
    if (node->kind == FC_NODE_TEXT)
        return read_usual(reading, node);
    if (node->kind != FC_NODE_MAP)
        return read_pairs(reading, node);
    for (const struct fc_node *child = node->first; child; child = child->next) {
        char shown[64], hint[96];
        struct fc_setting flag = {0};
        if (strcmp(child->key, "use") == 0) {
            if (read_usual(reading, child))
                return -1;
        } else if (strcmp(child->key, "pairs") == 0) {
            if (read_pairs(reading, child))
                return -1;
        } else if (strcmp(child->key, "repair") == 0) {
            if (read_flag(reading, child, &flag))
                return -1;
            settings->correlation_repair = flag.flag;
        } else {
            size_t length = strlen(child->key);
            return fc_fail_at(reading->error, &child->key_place,
                              "unknown key '%s' (use, pairs and repair are known)%s",
                              fc_printable(shown, sizeof shown, child->key, length),
                              fc_did_you_mean(hint, sizeof hint, child->key, length, keys, 3));
        }
    }
    return 0;
}

/* Adds the pairs of the usual set that the scenario does not state itself. */
static int add_usual(struct reading *reading, const struct fc_node *list)
{
    struct fc_settings *settings = reading->settings;
    size_t stated = settings->correlation_count;
    for (const struct fc_node *item = list ? list->first : NULL; item; item = item->next) {
        struct fc_settings one;
        struct reading inner = *reading;
        fc_settings_init(&one);
        inner.settings = &one;
        if (read_correlation(&inner, item))
            return -1;
        struct fc_correlation *usual = &one.correlations[0];
        bool known = false;
        for (size_t i = 0; i < stated; i++) {
            const struct fc_correlation *other = &settings->correlations[i];
            known = known || (other->a == usual->a && other->b == usual->b) ||
                    (other->a == usual->b && other->b == usual->a);
        }
        if (!known && settings->correlation_count < FC_MAX_CORRELATIONS)
            settings->correlations[settings->correlation_count++] = *usual;
    }
    return 0;
}

/* ---- reading and defaults ---- */

static int start(struct reading *reading, struct fc_settings *settings, const struct fc_document *document,
                 struct fc_error *error)
{
    *reading = (struct reading){.settings = settings, .error = error};
    reading->file = own_text(settings, fc_document_name(document));
    return reading->file ? 0 : no_memory(error);
}

int fc_settings_read(struct fc_settings *settings, const struct fc_document *document, struct fc_error *error)
{
    struct reading reading;
    const struct fc_node *root = fc_document_root(document);
    if (root->kind != FC_NODE_MAP)
        return fc_fail_at(error, &root->place,
                          "a scenario is a map of keys, not %s; write 'key: value' lines",
                          fc_node_kind_name(root->kind));
    if (start(&reading, settings, document, error))
        return -1;
    settings->file = reading.file;
    return read_map(&reading, root, "");
}

int fc_settings_apply_defaults(struct fc_settings *settings, const struct fc_document *defaults,
                               struct fc_error *error)
{
    struct reading reading;
    const struct fc_node *root = fc_document_root(defaults), *entries = fc_node_get(root, "entries");
    if (!entries)
        entries = root;
    if (entries->kind != FC_NODE_MAP)
        return fc_fail_at(error, &entries->place,
                          "defaults are a map from path to {value, source, grade}, not %s",
                          fc_node_kind_name(entries->kind));
    if (start(&reading, settings, defaults, error))
        return -1;
    for (const struct fc_node *entry = entries->first; entry; entry = entry->next) {
        const struct fc_field *field = fc_field_find(entry->key);
        if (!field)
            return unknown_key(&reading, entry->key, entry->key_place);
        const struct fc_node *value = fc_node_get(entry, "value");
        const char *source = fc_node_text(entry, "source"), *grade = fc_node_text(entry, "grade");
        if (!value || !source || !grade)
            return fc_fail_at(error, &entry->place, "the default of '%s' lacks its %s", entry->key,
                              !value    ? "value"
                              : !source ? "source"
                                        : "grade");
        struct fc_setting stated = settings->fields[field->id];
        if (read_field(&reading, field, value))
            return -1;
        if (stated.is_set) { /* the default was read only to be checked */
            settings->fields[field->id] = stated;
            continue;
        }
        struct fc_setting *setting = &settings->fields[field->id];
        setting->from_default = true;
        setting->source = own_text(settings, source);
        setting->grade = own_text(settings, grade);
        if (!setting->source || !setting->grade)
            return no_memory(error);
    }
    return settings->correlations_usual ? add_usual(&reading, fc_node_get(root, "correlations")) : 0;
}

int fc_settings_describe(struct fc_settings *settings, enum fc_field_id id, const char *text,
                         struct fc_error *error)
{
    struct fc_setting *setting = &settings->fields[id];
    setting->text = own_text(settings, text);
    setting->from_default = false;
    return setting->text ? 0 : no_memory(error);
}
