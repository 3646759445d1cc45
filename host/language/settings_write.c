/* settings_write.c: settings written again: as a scenario, and where each value comes from (settings.h). */
#include "settings.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PATH = 200 };

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

static void write_value(const struct fc_setting *setting, enum fc_field_type type, struct fc_writer *writer,
                        const char *key)
{
    if (type == FC_FIELD_NUMBERS) {
        fc_write_list(writer, key);
        for (size_t i = 0; i < setting->count; i++)
            fc_write_number(writer, NULL, setting->numbers[i]);
        fc_write_end(writer);
    } else if (type == FC_FIELD_FLAG) {
        fc_write_flag(writer, key, setting->flag);
    } else if (type == FC_FIELD_NAME && fc_setting_is_stated(setting)) {
        struct fc_document *document;
        struct fc_error ignored; /* it was written by fc_settings_read */
        if (fc_document_open_text(&document, "", setting->text, strlen(setting->text), FC_SCENARIO_BYTES,
                                  &ignored))
            fc_write_null(writer, key);
        else
            fc_write_node(writer, key, fc_document_root(document));
        fc_document_close(document);
    } else if (type == FC_FIELD_TEXT || type == FC_FIELD_NAME) {
        fc_write_text(writer, key, setting->name);
    } else {
        fc_write_scalar(writer, key, setting->text);
    }
}

static void write_correlations(const struct fc_settings *settings, struct fc_writer *writer)
{
    if (settings->correlation_repair) {
        fc_write_map(writer, "correlations");
        fc_write_flag(writer, "repair", true);
    }
    fc_write_list(writer, settings->correlation_repair ? "pairs" : "correlations");
    for (size_t i = 0; i < settings->correlation_count; i++) {
        const struct fc_correlation *correlation = &settings->correlations[i];
        fc_write_map(writer, NULL);
        fc_write_list(writer, "between");
        fc_write_text(writer, NULL, fc_fields[correlation->a].path);
        fc_write_text(writer, NULL, fc_fields[correlation->b].path);
        fc_write_end(writer);
        fc_write_number(writer, "rank", correlation->rank);
        fc_write_end(writer);
    }
    fc_write_end(writer);
    if (settings->correlation_repair)
        fc_write_end(writer);
}

/* Length of the group that a path begins with; 0 for a path without a dot. */
static size_t group_length(const char *path)
{
    const char *part = last_part(path);
    return part > path ? (size_t)(part - path - 1) : 0;
}

static bool same_group(const char *a, const char *b)
{
    size_t length = group_length(a);
    return length == group_length(b) && strncmp(a, b, length) == 0;
}

/* A default of a clause or an event belongs to `flopcast value`; stated, it would switch the clause on. */
static bool is_written(const struct fc_settings *settings, size_t field)
{
    const struct fc_setting *setting = &settings->fields[field];
    return setting->is_set && !(setting->from_default && fc_fields[field].use == FC_USE_CLAUSE);
}

void fc_settings_write_scenario(const struct fc_settings *settings, struct fc_writer *writer, const char *key)
{
    bool written[FC_FIELD_COUNT] = {false};
    fc_write_map(writer, key);
    for (size_t i = 0; i < FC_FIELD_COUNT; i++) {
        const char *path = fc_fields[i].path;
        if (!is_written(settings, i) || written[i])
            continue;
        if (group_length(path) == 0) {
            write_value(&settings->fields[i], fc_fields[i].type, writer, path);
            continue;
        }
        char group[MAX_PATH]; /* one map each, though the table of fields may come back to a group */
        snprintf(group, sizeof group, "%.*s", (int)group_length(path), path);
        fc_write_map(writer, group);
        for (size_t k = i; k < FC_FIELD_COUNT; k++) {
            if (!is_written(settings, k) || !same_group(path, fc_fields[k].path))
                continue;
            write_value(&settings->fields[k], fc_fields[k].type, writer, last_part(fc_fields[k].path));
            written[k] = true;
        }
        fc_write_end(writer);
    }
    if (settings->correlation_count > 0)
        write_correlations(settings, writer);
    fc_write_end(writer);
}

const char *fc_setting_from(const struct fc_setting *setting)
{
    return setting->found ? "search" : setting->from_default ? "default" : "scenario";
}

void fc_settings_write_origins(const struct fc_settings *settings, struct fc_writer *writer, const char *key)
{
    fc_write_map(writer, key);
    for (size_t i = 0; i < FC_FIELD_COUNT; i++) {
        const struct fc_setting *setting = &settings->fields[i];
        const struct fc_field *field = &fc_fields[i];
        if (!setting->is_set)
            continue;
        fc_write_map(writer, field->path);
        write_value(setting, field->type, writer, "value");
        if (field->unit && field->type != FC_FIELD_NAME)
            fc_write_text(writer, "unit", field->unit);
        fc_write_text(writer, "from", fc_setting_from(setting));
        char place[300];
        snprintf(place, sizeof place, "%s:%d:%d", setting->place.file, setting->place.line,
                 setting->place.column);
        fc_write_text(writer, "place", place);
        if (setting->source)
            fc_write_text(writer, "source", setting->source);
        if (setting->grade)
            fc_write_text(writer, "grade", setting->grade);
        if (setting->note)
            fc_write_text(writer, "note", setting->note);
        fc_write_end(writer);
    }
    fc_write_end(writer);
}
