/* usual.c: see usual.h. */
#include "usual.h"

#include <math.h>
#include <string.h>

#include "in_use.h"

static const struct fc_usual rows[] = {
#define USUAL(id, from, to, source_, check_) {.field = id, .lo = from, .hi = to, .source = source_, .check = check_},
#include "usual.def"
};

const struct fc_usual *fc_usual_of(enum fc_field_id field)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].field == field)
            return &rows[i];
    return NULL;
}

void fc_usual_check(struct fc_settings *settings)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fc_usual *usual = &rows[i];
        const struct fc_field *field = &fc_fields[usual->field];
        const struct fc_setting *s = &settings->fields[usual->field];
        if (!s->is_set || s->from_default || s->is_auto || !fc_field_in_use(settings, field))
            continue;
        double median = s->distribution ? fc_distribution_quantile(s->distribution, 0.5, 0.5) : s->number;
        bool varies = s->distribution && !fc_distribution_is_constant(s->distribution);
        const char *unit = strcmp(field->unit, "1") == 0 ? "" : field->unit, *blank = unit[0] ? " " : "";
        bool abstract = settings->fields[FC_FIELD_WORK].is_set && (field->use == FC_USE_RUN || field->use == FC_USE_DETAIL);
        if (median == 0 || abstract)
            continue;
        if (median >= usual->lo && median <= usual->hi)
            continue;
        fc_note(&settings->notes, FC_WARNING, "unusual-value", &s->place,
                "%s is %.4g%s%s%s; usual is %.4g to %.4g%s%s (%s). Check the unit: %s", field->path,
                median, blank, unit, varies ? " in the median" : "", usual->lo, usual->hi, blank, unit, usual->source,
                usual->check);
    }
}
