/* show_schema.c: see show_schema.h. */
#include "show_schema.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/language/fields.h"

enum { PATH_MAX_BYTES = 96 };

static void write_type(struct fc_writer *w, const char *type)
{
    fc_write_map(w, NULL);
    fc_write_text(w, "type", type);
    fc_write_end(w);
}

/* A number without a unit: within the range, or 0 alone where a unit is needed. */
static void write_plain_number(struct fc_writer *w, const struct fc_field *field, const char *type)
{
    fc_write_map(w, NULL);
    if (fc_field_unit_policy(field) == FC_UNIT_REQUIRED) {
        fc_write_number(w, "const", 0);
    } else {
        fc_write_text(w, "type", type);
        fc_write_number(w, "minimum", field->lo);
        fc_write_number(w, "maximum", field->hi);
    }
    fc_write_end(w);
}

/* What a key of the type takes, as a list of alternatives. */
static void write_alternatives(struct fc_writer *w, const struct fc_field *field)
{
    fc_write_list(w, "anyOf");
    switch (field->type) {
    case FC_FIELD_UNCERTAIN:
    case FC_FIELD_DISTRIBUTION:
        write_plain_number(w, field, "number");
        write_type(w, "string");
        write_type(w, "object");
        break;
    case FC_FIELD_NUMBER:
        write_plain_number(w, field, "number");
        write_type(w, "string");
        write_type(w, "object");
        break;
    case FC_FIELD_INTEGER:
        write_plain_number(w, field, "integer");
        write_type(w, "string");
        break;
    case FC_FIELD_NUMBERS:
        fc_write_map(w, NULL);
        fc_write_text(w, "type", "array");
        fc_write_unsigned(w, "minItems", 1);
        fc_write_unsigned(w, "maxItems", 8);
        fc_write_end(w);
        write_type(w, "string");
        break;
    case FC_FIELD_CHOICE:
        fc_write_map(w, NULL);
        fc_write_list(w, "enum");
        for (const char *const *word = field->choices; *word; word++)
            fc_write_text(w, NULL, *word);
        fc_write_end(w);
        fc_write_end(w);
        break;
    case FC_FIELD_NAME: /* or the entry itself, in place of its name */
        write_type(w, "string");
        if (strcmp(field->unit, "energy") != 0)
            write_type(w, "object");
        break;
    case FC_FIELD_FLAG:
        write_type(w, "boolean");
        break;
    case FC_FIELD_TEXT:
        write_type(w, "string");
        write_type(w, "number");
        break;
    }
    fc_write_end(w);
}

static void write_definition(struct fc_writer *w, const struct fc_field *field)
{
    char text[600];
    bool has_range = field->type <= FC_FIELD_NUMBERS, plain = !has_range || strcmp(field->unit, "1") == 0;
    fc_write_map(w, field->path);
    if (has_range)
        snprintf(text, sizeof text, "%s (%.9g to %.9g%s%s)", field->what, field->lo, field->hi,
                 plain ? "" : " ", plain ? "" : field->unit);
    fc_write_text(w, "description", has_range ? text : field->what);
    write_alternatives(w, field);
    fc_write_end(w);
}

static void write_reference(struct fc_writer *w, const char *key, const char *path)
{
    char target[PATH_MAX_BYTES];
    snprintf(target, sizeof target, "#/$defs/%s", path);
    fc_write_map(w, key);
    fc_write_text(w, "$ref", target);
    fc_write_end(w);
}

/* The group of field `at` where it is the first of it: its keys of one level. */
static void write_group(struct fc_writer *w, int at)
{
    char group[PATH_MAX_BYTES];
    size_t length = strcspn(fc_fields[at].path, ".");
    for (int i = 0; i < at; i++)
        if (strncmp(fc_fields[i].path, fc_fields[at].path, length + 1) == 0)
            return;
    snprintf(group, sizeof group, "%.*s", (int)length, fc_fields[at].path);
    fc_write_map(w, group);
    fc_write_text(w, "type", "object");
    fc_write_map(w, "properties");
    for (int i = at; i < FC_FIELD_COUNT; i++)
        if (strncmp(fc_fields[i].path, fc_fields[at].path, length + 1) == 0)
            write_reference(w, fc_fields[i].path + length + 1, fc_fields[i].path);
    fc_write_end(w);
    fc_write_flag(w, "additionalProperties", false);
    fc_write_end(w);
}

void fc_write_schema(struct fc_writer *w)
{
    fc_write_map(w, NULL);
    fc_write_text(w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    fc_write_text(w, "title", "flopcast scenario");
    fc_write_text(w, "type", "object");
    fc_write_map(w, "properties");
    for (int i = 0; i < FC_FIELD_COUNT; i++) {
        if (strchr(fc_fields[i].path, '.'))
            write_group(w, i);
        write_reference(w, fc_fields[i].path, fc_fields[i].path); /* dotted paths are keys too */
    }
    fc_write_map(w, "correlations");
    fc_write_list(w, "anyOf");
    write_type(w, "string");
    write_type(w, "array");
    write_type(w, "object");
    fc_write_end(w);
    fc_write_end(w);
    fc_write_end(w);
    fc_write_map(w, "patternProperties"); /* maps for anchors */
    fc_write_map(w, "^x-");
    fc_write_end(w);
    fc_write_end(w);
    fc_write_flag(w, "additionalProperties", false);
    fc_write_map(w, "$defs");
    for (int i = 0; i < FC_FIELD_COUNT; i++)
        write_definition(w, &fc_fields[i]);
    fc_write_end(w);
    fc_write_end(w);
}
