/* show_defaults.c: see show_defaults.h. */
#include "show_defaults.h"

#include "host/base/document_write.h"
#include "host/base/format.h"
#include "host/base/terminal.h"
#include "host/language/in_use.h"
#include "host/language/settings.h"

static void write_default(struct fc_writer *writer, const struct fc_field *field,
                          const struct fc_setting *setting)
{
    fc_write_map(writer, field->path);
    fc_write_scalar(writer, "value", setting->text);
    if (field->unit && field->type != FC_FIELD_NAME)
        fc_write_text(writer, "unit", field->unit);
    fc_write_text(writer, "what", field->what);
    fc_write_text(writer, "grade", setting->grade);
    fc_write_text(writer, "source", setting->source);
    fc_write_end(writer);
}

enum { KEY_WIDTH = 33, VALUE_WIDTH = 56, GRADE_WIDTH = 15, INDENT = 4 };

static int value_width(void)
{
    return fc_terminal_width() < KEY_WIDTH + VALUE_WIDTH + GRADE_WIDTH + 40 ? VALUE_WIDTH / 3 : VALUE_WIDTH;
}

/* Two lines: the default with its grade and source, and below it what the key means. */
static void print_default(const struct fc_field *field, const struct fc_setting *setting)
{
    printf("%-*s %-*s %-*s %s\n%*s", KEY_WIDTH, field->path, value_width(), setting->text, GRADE_WIDTH,
           setting->grade, setting->source, INDENT, "");
    fc_print_wrapped(stdout, field->what, INDENT, INDENT, fc_terminal_width());
}

int fc_show_defaults(const char *path_or_name, const struct fc_scenario_options *options, bool json,
                     struct fc_error *error)
{
    struct fc_scenario scenario;
    struct fc_writer *writer = NULL;
    size_t shown = 0;
    if (fc_scenario_open(&scenario, path_or_name, options, error))
        return -1;
    int status = json ? fc_writer_open(&writer, stdout, FC_JSON, error) : 0;
    if (writer)
        fc_write_map(writer, NULL);
    for (size_t i = 0; i < FC_FIELD_COUNT && status == 0; i++) {
        const struct fc_setting *setting = &scenario.settings->fields[i];
        if (!setting->from_default || !fc_field_in_use(scenario.settings, &fc_fields[i]))
            continue;
        if (writer)
            write_default(writer, &fc_fields[i], setting);
        else if (shown == 0)
            printf("%-*s %-*s %-*s %s\n", KEY_WIDTH, "key", value_width(), "default", GRADE_WIDTH, "grade",
                   "source");
        if (!writer)
            print_default(&fc_fields[i], setting);
        shown++;
    }
    fc_scenario_close(&scenario);
    if (!json && !shown)
        puts("the scenario states every value that has a default");
    if (!writer)
        return status;
    fc_write_end(writer);
    return fc_writer_close(writer, error);
}
