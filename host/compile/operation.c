/* operation.c: see operation.h. */
#include "operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/document_write.h"
#include "host/language/in_use.h"
#include "host/language/scenario_file.h"

static void write_default(struct fc_writer *w, enum fc_field_id id, const char *value, const char *source,
                          const char *grade)
{
    fc_write_map(w, fc_fields[id].path);
    fc_write_scalar(w, "value", value);
    fc_write_text(w, "source", source);
    fc_write_text(w, "grade", grade);
    fc_write_end(w);
}

/* What the run assumes of people and programme changes every forecast, so it is said. */
static void say(struct fc_settings *settings, const char *maturity, const char *value)
{
    fc_note(&settings->notes, FC_NOTE, "operation-assumed", NULL,
            "operation.maturity is not stated: %s, so people and programme add %s of the training time, as "
            "in published "
            "runs; state first_run, experienced, automated, or none for the machine alone",
            maturity, value);
}

/* Equal but for blanks. */
static bool same_text(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ')
            a++;
        while (*b == ' ')
            b++;
        if (*a != *b)
            return false;
        if (!*a)
            return true;
    }
}

int fc_operation_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields, *maturity = &f[FC_FIELD_OPERATION];
    const struct fc_setting *overhead = &f[FC_FIELD_OPERATION_OVERHEAD];
    if (!f[FC_FIELD_LAYERS].is_set || !fc_field_in_use(settings, &fc_fields[FC_FIELD_OPERATION]))
        return 0;
    bool work = f[FC_FIELD_WORK].is_set;
    const char *const *words = fc_fields[FC_FIELD_OPERATION].choices;
    const char *word = maturity->is_set ? words[maturity->choice] : work ? "none" : "mixed";
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "operation", word);
    if (!entry)
        return fc_fail(error, FC_FAULT, "the catalog has no operation '%s'", word);
    char value[200], *text = NULL;
    size_t size = 0;
    struct fc_writer *writer;
    struct fc_document *document = NULL;
    fc_catalog_value_text(fc_node_get(entry->node, "value"), value, sizeof value);
    if (maturity->is_set && overhead->is_set && !same_text(overhead->text, value)) /* a result states both */
        return fc_fail_at(
            error, &overhead->place,
            "operation.overhead and operation.maturity are both stated (one follows from the other); drop "
            "one");
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "no memory for the defaults of the operation");
    bool said = !maturity->is_set && !overhead->is_set && !work;
    int status = fc_writer_open(&writer, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(writer, NULL);
        if (!overhead->is_set) /* which then says nothing of the maturity */
            write_default(writer, FC_FIELD_OPERATION, word,
                          work ? "training.work is a time, to which nothing is added"
                               : "not known unless stated; operation.overhead says what it means",
                          "estimate");
        write_default(writer, FC_FIELD_OPERATION_OVERHEAD, value, fc_node_text(entry->node, "source"),
                      fc_node_text(entry->node, "grade"));
        fc_write_end(writer);
        status = fc_writer_close(writer, error);
    }
    fclose(out);
    if (status == 0)
        status =
            fc_document_open_text(&document, "catalog/operation.yaml", text, size, FC_SCENARIO_BYTES, error);
    if (status == 0)
        status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    free(text);
    if (status == 0 && said)
        say(settings, word, value);
    return status;
}
