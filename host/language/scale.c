/* scale.c: see scale.h. */
#include "scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/source.h"

bool fc_scale_is_one(const char *text)
{
    const char *equals = strchr(text, '=');
    return equals && equals > text && equals[1] == '*';
}

static int scale_distribution(struct fc_setting *setting, const struct fc_field *field, double factor,
                              struct fc_error *error)
{
    struct fc_fault fault;
    struct fc_distribution *d = setting->distribution;
    char note[256];
    fc_distribution_scale(d, factor);
    if (fc_distribution_confine(d, field->lo, field->hi, note, sizeof note, &fault))
        return fc_fail(error, FC_BAD_INPUT,
                       "scaling %s by %g gives a value out of range (%s); take a factor nearer to 1",
                       field->path, factor, fault.text);
    return 0;
}

static int scale_number(struct fc_setting *setting, const struct fc_field *field, double factor,
                        struct fc_error *error)
{
    if (setting->is_auto)
        return fc_fail(error, FC_BAD_INPUT, "%s is 'auto' and cannot be scaled; set it to a value",
                       field->path);
    double product = setting->number * factor;
    if (field->type == FC_FIELD_INTEGER)
        product = round(product);
    if (!(product >= field->lo && product <= field->hi))
        return fc_fail(error, FC_BAD_INPUT, "%s scaled by %g is %g %s, outside %g to %g", field->path, factor,
                       product, field->unit, field->lo, field->hi);
    setting->number = product;
    setting->integer = field->type == FC_FIELD_INTEGER ? (long long)product : 0;
    return 0;
}

int fc_scale_apply(struct fc_settings *settings, const char *text, struct fc_error *error)
{
    const char *equals = strchr(text, '=');
    char path[200], *end, written[400];
    size_t length = (size_t)(equals - text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (length >= sizeof path)
        return fc_fail(error, FC_BAD_INPUT, "--set: the path '%.40s...' is too long", text);
    memcpy(path, text, length);
    path[length] = '\0';
    double factor = strtod(equals + 2, &end);
    if (end == equals + 2 || end[strspn(end, " ")] || !(factor > 0) || !isfinite(factor))
        return fc_fail(error, FC_BAD_INPUT, "--set %s: '%s' is not * and a positive factor", path,
                       equals + 1);
    const struct fc_field *field = fc_field_find(path);
    if (!field) {
        const char *paths[FC_FIELD_COUNT];
        char hint[96];
        for (size_t i = 0; i < FC_FIELD_COUNT; i++)
            paths[i] = fc_fields[i].path;
        fc_did_you_mean(hint, sizeof hint, path, length, paths, FC_FIELD_COUNT);
        return fc_fail(error, FC_BAD_INPUT, "--set: unknown key '%s'%s", path, hint);
    }
    struct fc_setting *setting = &settings->fields[field->id];
    if (!setting->is_set)
        return fc_fail(error, FC_BAD_INPUT, "%s has no value to scale by %g; set it to a value", path,
                       factor);
    int status;
    if (setting->distribution) {
        status = scale_distribution(setting, field, factor, error);
    } else if (field->type == FC_FIELD_NUMBER || field->type == FC_FIELD_INTEGER) {
        status = scale_number(setting, field, factor, error);
    } else {
        status = fc_fail(error, FC_BAD_INPUT, "%s is not a number, so it cannot be scaled; set it to a value",
                         path);
    }
    if (status)
        return -1;
    snprintf(written, sizeof written, "%g x (%s)", factor, setting->text);
    return fc_settings_describe(settings, (enum fc_field_id)field->id, written, error);
}
