/* assumptions.c: see assumptions.h. */
#include "assumptions.h"

#include <math.h>
#include <string.h>

#include "host/language/in_use.h"

#define DECIDES 0.1 /* of the answer */

bool fc_assumption_decides(const struct fc_setting *setting, const struct fc_influence *influence)
{
    return setting->from_default && setting->grade && strcmp(setting->grade, "estimate") == 0 &&
           fabs(influence->change) > DECIDES;
}

void fc_assumptions_write(const struct fc_settings *settings, const struct fc_influence *influences,
                          size_t count, struct fc_writer *writer, const char *key)
{
    fc_write_map(writer, key);
    for (int i = 0; i < FC_FIELD_COUNT; i++) {
        const struct fc_setting *setting = &settings->fields[i];
        const struct fc_field *field = &fc_fields[i];
        if (!setting->is_set || !setting->text || field->type == FC_FIELD_TEXT ||
            !fc_field_in_use(settings, field))
            continue;
        fc_write_map(writer, field->path);
        fc_write_scalar(writer, "value", setting->text);
        if (field->unit && field->type != FC_FIELD_NAME)
            fc_write_text(writer, "unit", field->unit);
        fc_write_text(writer, "from", fc_setting_from(setting));
        fc_write_text(writer, "source", setting->source);
        fc_write_text(writer, "grade", setting->grade);
        const struct fc_influence *found = NULL;
        for (size_t k = 0; k < count; k++)
            if (influences[k].field == i)
                found = &influences[k];
        if (found) {
            fc_write_map(writer, "influence");
            fc_write_number(writer, "rank_correlation", found->rank);
            fc_write_number(writer, "change", found->change);
            fc_write_flag(writer, "decides", fc_assumption_decides(setting, found));
            fc_write_end(writer);
        } else {
            fc_write_null(writer, "influence");
        }
        fc_write_end(writer);
    }
    fc_write_end(writer);
}
