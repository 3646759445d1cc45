/* outputs.c: see outputs.h. */
#include "outputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "figures.h"
#include "host/base/document.h"
#include "page.h"
#include "workbook.h"
#include "host/result/result_hash.h"

static const struct {
    const char *ending;
    enum fc_output_kind kind;
} endings[] = {{".json", FC_OUTPUT_JSON}, {".csv", FC_OUTPUT_CSV},  {".xlsx", FC_OUTPUT_XLSX},
               {".html", FC_OUTPUT_HTML}, {".htm", FC_OUTPUT_HTML}, {".yaml", FC_OUTPUT_YAML},
               {".yml", FC_OUTPUT_YAML}};

enum fc_output_kind fc_output_kind_of(const char *option, const char *path, unsigned allowed,
                                      struct fc_error *error)
{
    char list[64] = "";
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    struct stat there;
    if (stat(path, &there) == 0 &&
        !S_ISREG(there.st_mode)) /* a folder, a device, a pipe: its name says nothing */
        return FC_OUTPUT_JSON;
    allowed = allowed ? allowed : FC_OUTPUT_JSON | FC_OUTPUT_CSV | FC_OUTPUT_XLSX | FC_OUTPUT_HTML;
    if ((!dot || dot == name) && (allowed & FC_OUTPUT_JSON))
        return FC_OUTPUT_JSON;
    if (strcmp(path, "-") == 0)
        return FC_OUTPUT_HTML;
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(dot, endings[i].ending) == 0 && (endings[i].kind & allowed)) {
            if (endings[i].kind != FC_OUTPUT_XLSX || fc_workbook_built())
                return endings[i].kind;
            fc_fail(error, FC_BAD_INPUT,
                    "%s %s: this program was built without libxlsxwriter; write .csv, or build it again with "
                    "libxlsxwriter-dev installed",
                    option, path);
            return 0;
        }
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if ((endings[i].kind & allowed) && strcmp(endings[i].ending, ".htm") != 0 &&
            strcmp(endings[i].ending, ".yml") != 0)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "",
                     endings[i].ending);
    fc_output_refuse_ending(option, path, dot == name ? NULL : dot, list, error);
    return 0;
}

int fc_outputs_add(struct fc_outputs *outputs, const char *option, const char *path, unsigned allowed,
                   struct fc_error *error)
{
    enum fc_output_kind kind = *path ? fc_output_kind_of(option, path, allowed, error) : FC_OUTPUT_JSON;
    if (!kind)
        return -1;
    for (int i = 0; i < outputs->count; i++) /* the last of an option counts */
        if (strcmp(outputs->list[i].option, option) == 0) {
            outputs->list[i].path = path;
            outputs->list[i].kind = kind;
            return 0;
        }
    if (outputs->count == FC_OUTPUTS_MOST)
        return fc_fail(error, FC_BAD_INPUT, "too many files to write; at most %d", (int)FC_OUTPUTS_MOST);
    outputs->list[outputs->count].option = option;
    outputs->list[outputs->count].path = path;
    outputs->list[outputs->count++].kind = kind;
    return 0;
}

int fc_outputs_take(struct fc_outputs *outputs, const char *output, const char *report, unsigned allowed,
                    struct fc_error *error)
{
    if (output && fc_outputs_add(outputs, "-o", output, allowed, error))
        return -1;
    return report ? fc_outputs_add(outputs, "--report", report, FC_OUTPUT_HTML, error) : 0;
}

int fc_outputs_take_pageless(struct fc_outputs *outputs, const char *command, const char *output,
                             const char *report, struct fc_error *error)
{
    if (report)
        return fc_fail(error, FC_BAD_INPUT, "--report: flopcast %s has no page; -o FILE.csv writes a table",
                       command);
    return fc_outputs_take(outputs, output, NULL, FC_OUTPUT_JSON | FC_OUTPUT_CSV | FC_OUTPUT_XLSX, error);
}

bool fc_outputs_leave_room(const struct fc_outputs *outputs, bool json)
{
    for (int i = 0; i < outputs->count; i++)
        json = json || strcmp(outputs->list[i].path, "-") == 0;
    return !json;
}

int fc_outputs_open(struct fc_outputs *outputs, struct fc_error *error)
{
    for (int i = 0; i < outputs->count; i++) {
        const char *path = strcmp(outputs->list[i].path, "-") == 0 ? "/dev/fd/1" : outputs->list[i].path;
        bool scenario = outputs->list[i].kind == FC_OUTPUT_YAML;
        if ((scenario ? fc_output_open_new : fc_output_open)(&outputs->list[i].output,
                                                             outputs->list[i].option, path, error))
            return -1;
    }
    return 0;
}

bool fc_outputs_any(const struct fc_outputs *outputs)
{
    for (int i = 0; i < outputs->count; i++)
        if (outputs->list[i].kind != FC_OUTPUT_YAML)
            return true;
    return false;
}

FILE *fc_outputs_begin(struct fc_outputs *outputs, struct fc_error *error)
{
    outputs->stream = open_memstream(&outputs->json, &outputs->length);
    if (!outputs->stream)
        fc_fail(error, FC_FAULT, "no memory for the result");
    return outputs->stream;
}

int fc_outputs_write(FILE *out, enum fc_output_kind kind, const char *json, size_t length,
                     struct fc_error *error)
{
    struct fc_document *document;
    if (kind == FC_OUTPUT_JSON)
        return fwrite(json, 1, length, out) == length
                   ? 0
                   : fc_fail(error, FC_FAULT, "the result could not be written");
    if (fc_document_open_text(&document, "the result", json, length, FC_RESULT_BYTES, error))
        return -1;
    const struct fc_node *root = fc_document_root(document);
    int status = kind == FC_OUTPUT_HTML  ? fc_page_write(out, root, error)
                 : kind == FC_OUTPUT_CSV ? fc_figures_csv(out, root, error)
                                         : fc_workbook_write(out, root, error);
    fc_document_close(document);
    return status;
}

int fc_outputs_end(struct fc_outputs *outputs, bool failed, bool print, struct fc_error *error)
{
    bool broken = fclose(outputs->stream) != 0;
    outputs->stream = NULL;
    if (failed)
        return -1;
    if (broken)
        return fc_fail(error, FC_FAULT, "no memory for the result");
    if (outputs->json && !strstr(outputs->json, "\n  \"file_hash\": ")) { /* a result of run has its own */
        char *json = outputs->json;
        outputs->json = NULL;
        if (!(outputs->json = fc_result_hash_add(json, outputs->length, error)))
            return -1;
        outputs->length = strlen(outputs->json);
    }
    for (int i = 0; i < outputs->count; i++) {
        struct fc_output *output = outputs->list[i].kind == FC_OUTPUT_YAML ? NULL : outputs->list[i].output;
        FILE *file = output ? fc_output_begin(output, error) : NULL;
        if (output &&
            (!file || fc_outputs_write(file, outputs->list[i].kind, outputs->json, outputs->length, error) ||
             fc_output_commit(output, error)))
            return -1;
    }
    if (print)
        fwrite(outputs->json, 1, outputs->length, stdout);
    return 0;
}

void fc_outputs_close(struct fc_outputs *outputs)
{
    if (outputs->stream)
        fclose(outputs->stream);
    for (int i = 0; i < outputs->count; i++)
        fc_output_close(outputs->list[i].output);
    free(outputs->json);
    *outputs = (struct fc_outputs){0};
}
