/* show_key.c: see show_key.h. */
#include "show_key.h"

#include <string.h>

#include "host/base/format.h"
#include "host/compile/cluster.h"
#include "host/language/usual.h"

enum { WIDTH = 120, INDENT = 14 };

static const char *const type_words[] = {[FC_FIELD_UNCERTAIN] = "uncertain",
                                         [FC_FIELD_DISTRIBUTION] = "distribution",
                                         [FC_FIELD_NUMBER] = "number",
                                         [FC_FIELD_INTEGER] = "integer",
                                         [FC_FIELD_NUMBERS] = "numbers",
                                         [FC_FIELD_CHOICE] = "choice",
                                         [FC_FIELD_NAME] = "name",
                                         [FC_FIELD_FLAG] = "flag",
                                         [FC_FIELD_TEXT] = "text"};

static bool has_range(const struct fc_field *field)
{
    return field->type <= FC_FIELD_NUMBERS;
}

bool fc_is_default_entry(const struct fc_catalog_entry *entry)
{
    return strcmp(entry->kind, "default") == 0 || strncmp(entry->kind, "profile-", 8) == 0;
}

static void print_takes(FILE *out, const struct fc_field *field)
{
    static const char *const forms[] = {
        [FC_FIELD_UNCERTAIN] = "a number, a range or a distribution, one value for each world",
        [FC_FIELD_DISTRIBUTION] =
            "a number, a range or a distribution, a new value for each event of a world",
        [FC_FIELD_NUMBER] = "a number",
        [FC_FIELD_INTEGER] = "a whole number",
        [FC_FIELD_NUMBERS] = "a list of 1 to 8 numbers"};
    fprintf(out, "  %-*s", INDENT - 2, "takes");
    if (has_range(field)) {
        bool plain = strcmp(field->unit, "1") == 0;
        fprintf(out, "%s; %.9g to %.9g%s%s\n", forms[field->type], field->lo, field->hi, plain ? "" : " ",
                plain ? "" : field->unit);
    } else if (field->type == FC_FIELD_CHOICE) {
        for (const char *const *c = field->choices; *c; c++)
            fprintf(out, "%s%s", c == field->choices ? "one of " : ", ", *c);
        fputc('\n', out);
    } else if (field->type == FC_FIELD_NAME) {
        fprintf(out, "a name of the catalog (kind %s)\n", field->unit);
    } else {
        fputs(field->type == FC_FIELD_FLAG ? "true or false\n" : "text\n", out);
    }
}

void fc_show_key(FILE *out, const struct fc_field *field, const struct fc_catalog *catalog)
{
    bool any = false;
    char line[1024];
    int at = fprintf(out, "%s: ", field->path);
    fc_print_wrapped(out, field->what, at, 2, WIDTH);
    print_takes(out, field);
    const struct fc_usual *usual = fc_usual_of((enum fc_field_id)field->id);
    if (usual) {
        at = fprintf(out, "  %-*s", INDENT - 2, "usual");
        snprintf(line, sizeof line, "%.9g to %.9g in the median; else a warning (%s)", usual->lo, usual->hi, usual->source);
        fc_print_wrapped(out, line, at, INDENT, WIDTH);
    }
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        struct fc_figure figure;
        char text[512];
        bool by_maturity = field->id == FC_FIELD_OPERATION_OVERHEAD && strcmp(entry->kind, "operation") == 0;
        bool own = strcmp(entry->name, field->path) == 0 && fc_is_default_entry(entry);
        if ((!own && !by_maturity) || !fc_catalog_figure(entry, "value", &figure))
            continue;
        fc_catalog_value_text(figure.value, text, sizeof text);
        snprintf(line, sizeof line, "%s (%s%s%s)", text, figure.grade ? figure.grade : "",
                 figure.source ? ": " : "", figure.source ? figure.source : "");
        const char *profile = by_maturity             ? entry->name
                              : entry->kind[0] == 'p' ? entry->kind + strlen("profile-")
                                                      : "default";
        at = fprintf(out, "  %-*s", INDENT - 2, profile);
        fc_print_wrapped(out, line, at, INDENT, WIDTH);
        any = true;
    }
    const char *figure = fc_cluster_figure_of((enum fc_field_id)field->id);
    if (figure) {
        at = fprintf(out, "  %-*s", INDENT - 2, "by GPU");
        snprintf(line, sizeof line,
                 "follows cluster.gpu where one is stated: '%s' of its row (flopcast show GPU)", figure);
        fc_print_wrapped(out, line, at, INDENT, WIDTH);
    } else if (field->id == FC_FIELD_MFU) {
        at = fprintf(out, "  %-*s", INDENT - 2, "by GPU");
        fc_print_wrapped(
            out,
            "follows cluster.gpu, training.precision and training.model (dense or mixture; mixture "
            "where none is stated): measured steps of the same kind (flopcast list mfu)",
            at, INDENT, WIDTH);
    } else if (!any) {
        bool fitted = strncmp(field->path, "efficiency.", 11) == 0;
        const char *unstated = fc_field_unstated(field);
        fprintf(out, "  %-*s%s\n", INDENT - 2, "default",
                fitted ? "the fit to measurements (efficiency.posterior)" : "none");
        if (!fitted && unstated) {
            at = fprintf(out, "  %-*s", INDENT - 2, "unstated");
            fc_print_wrapped(out, unstated, at, INDENT, WIDTH);
        }
    }
}

void fc_write_key(struct fc_writer *writer, const struct fc_field *field)
{
    fc_write_map(writer, NULL);
    fc_write_text(writer, "kind", "key");
    fc_write_text(writer, "name", field->path);
    fc_write_text(writer, "what", field->what);
    fc_write_text(writer, "type", type_words[field->type]);
    if (field->unit)
        fc_write_text(writer, "unit", field->unit);
    const char *figure = fc_cluster_figure_of((enum fc_field_id)field->id);
    if (figure) {
        fc_write_map(writer, "default_follows");
        fc_write_text(writer, "key", "cluster.gpu");
        fc_write_text(writer, "figure", figure);
        fc_write_end(writer);
    } else if (field->id == FC_FIELD_MFU) {
        fc_write_map(writer, "default_follows");
        fc_write_text(writer, "key", "cluster.gpu, training.precision, training.model");
        fc_write_text(writer, "figure", "mfu");
        fc_write_end(writer);
    }
    if (has_range(field)) {
        fc_write_number(writer, "lo", field->lo);
        fc_write_number(writer, "hi", field->hi);
    }
    const struct fc_usual *usual = fc_usual_of((enum fc_field_id)field->id);
    if (usual) {
        fc_write_number(writer, "usual_lo", usual->lo);
        fc_write_number(writer, "usual_hi", usual->hi);
    }
    if (field->choices) {
        fc_write_list(writer, "choices");
        for (const char *const *c = field->choices; *c; c++)
            fc_write_text(writer, NULL, *c);
        fc_write_end(writer);
    }
    fc_write_end(writer);
}

int fc_show_key_group(FILE *out, const char *group)
{
    size_t length = strlen(group);
    int count = 0, width = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < FC_FIELD_COUNT; i++) {
            const char *path = fc_fields[i].path;
            if (strncmp(path, group, length) != 0 || path[length] != '.')
                continue;
            if (pass == 0) {
                count++;
                width = (int)strlen(path) > width ? (int)strlen(path) : width;
                continue;
            }
            int at = fprintf(out, "%-*s  ", width, path);
            fc_print_wrapped(out, fc_fields[i].what, at, width + 2, WIDTH);
        }
    return count;
}
