/* command_list.c: `flopcast list [KIND]`: what the program knows, by kind and name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/language/catalog.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/document_write.h"
#include "host/base/options.h"
#include "host/base/source.h"
#include "host/language/scenario_file.h"
#include "host/report/show_metric.h"

#define SCENARIO_KIND "scenario"

static int scenario_description(const struct fc_embedded_file *file, char *text, size_t size,
                                struct fc_error *error)
{
    struct fc_document *document;
    if (fc_document_open_text(&document, file->name, (const char *)file->data, file->size, FC_SCENARIO_BYTES,
                              error) < 0)
        return -1;
    const char *description = fc_node_text(fc_document_root(document), "description");
    snprintf(text, size, "%s", description ? description : "");
    fc_document_close(document);
    return 0;
}

/* One line of the list, or one object of the JSON one. */
struct line {
    char kind[32], name[128], what[512];
};

/* What `flopcast list` shows without a kind: what people name in a scenario. The other kinds hold the model's
 * own parameters, hundreds of lines. */
static bool is_named_in_scenarios(const char *kind)
{
    static const char *const kinds[] = {"model", "gpu", "network", "reliability", "price", "energy"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

/* Fills `lines` (room for all) with what is of the kind; NULL: what is_named_in_scenarios. Returns the count,
 * or -1. */
static long collect(const struct fc_catalog *catalog, const char *kind, struct line *lines,
                    struct fc_error *error)
{
    long count = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        bool is_default = strcmp(entry->kind, "default") == 0;
        if (kind ? strcmp(kind, entry->kind) != 0 : !is_named_in_scenarios(entry->kind))
            continue;
        struct line *line = &lines[count++];
        snprintf(line->kind, sizeof line->kind, "%s", entry->kind);
        snprintf(line->name, sizeof line->name, "%s", entry->name);
        struct fc_figure figure;
        if (is_default && fc_catalog_figure(entry, "value", &figure) && figure.value)
            fc_catalog_value_text(figure.value, line->what, sizeof line->what);
        else
            snprintf(line->what, sizeof line->what, "%s", entry->what ? entry->what : "");
        fc_make_printable(line->what, false);
    }
    for (size_t i = 0; i < fc_embedded_count && (!kind || strcmp(kind, SCENARIO_KIND) == 0); i++) {
        struct line *line = &lines[count];
        if (!fc_scenario_file_name(&fc_embedded_files[i], line->name, sizeof line->name))
            continue;
        snprintf(line->kind, sizeof line->kind, SCENARIO_KIND);
        if (scenario_description(&fc_embedded_files[i], line->what, sizeof line->what, error) < 0)
            return -1;
        count++;
    }
    return count;
}

static int print_json(const struct line *lines, long count, struct fc_error *error)
{
    struct fc_writer *writer;
    if (fc_writer_open(&writer, stdout, FC_JSON, error) < 0)
        return -1;
    fc_write_list(writer, NULL);
    for (long i = 0; i < count; i++) {
        fc_write_map(writer, NULL);
        fc_write_text(writer, "kind", lines[i].kind);
        fc_write_text(writer, "name", lines[i].name);
        fc_write_text(writer, "what", lines[i].what);
        fc_write_end(writer);
    }
    fc_write_end(writer);
    return fc_writer_close(writer, error);
}

static void print_table(const struct line *lines, long count)
{
    int kind_width = 0, name_width = 0;
    for (long i = 0; i < count; i++) {
        int kind = (int)strlen(lines[i].kind), name = (int)strlen(lines[i].name);
        kind_width = kind > kind_width ? kind : kind_width;
        name_width = name > name_width ? name : name_width;
    }
    for (long i = 0; i < count; i++)
        printf("%-*s  %-*s  %s\n", kind_width, lines[i].kind, name_width, lines[i].name, lines[i].what);
}

int fc_command_list(int argc, char **argv)
{
    static const char help[] = "usage: flopcast list [KIND] [--json]\n\n"
                               "Lists the catalog and the bundled scenarios. KIND is "
                               "model, gpu, network, reliability, price,\n"
                               "energy or scenario, all of which are listed without it; metrics; or default, "
                               "efficiency, posterior, operation, profile-gb200-era\n"
                               "or profile-h100-era, which hold the model's own parameters. The directory "
                               "named by the environment\n"
                               "variable FLOPCAST_CATALOG may add entries and replace them.\n\n"
                               "  -j, --json   a JSON list of {kind, name, what}\n"
                               "  -h, --help   this text\n";
    static const struct option words[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    bool as_json = false;
    struct fc_error error = {0};
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":hj", words, NULL)) != -1;) {
        if (c == 'h') {
            fc_help_print(help, NULL);
            return FC_DONE;
        }
        if (c != 'j') {
            fc_option_error("list", c, argv, words, &error);
            fprintf(stderr, "flopcast list: %s\n", error.text);
            return FC_BAD_INPUT;
        }
        as_json = true;
    }
    if (argc - optind > 1) {
        char shown[64];
        fprintf(stderr, "flopcast list: one kind is enough ('%s' is the second)\n",
                fc_printable(shown, sizeof shown, argv[optind + 1], strlen(argv[optind + 1])));
        return FC_BAD_INPUT;
    }
    if (optind < argc && (strcmp(argv[optind], "metrics") == 0 || strcmp(argv[optind], "metric") == 0)) {
        struct fc_error trouble = {0};
        if (!as_json)
            fc_fold_start();
        if (fc_list_metrics(as_json, &trouble) == 0)
            return FC_DONE;
        fprintf(stderr, "flopcast list: %s\n", trouble.text);
        return (int)trouble.status;
    }
    const char *asked = optind < argc ? argv[optind] : NULL, *kind = asked;
    char singular[64];
    if (asked && strlen(asked) > 1 && asked[strlen(asked) - 1] == 's') { /* "scenarios" is "scenario" */
        snprintf(singular, sizeof singular, "%.*s", (int)strlen(asked) - 1, asked);
        kind = singular;
    }

    int status = FC_DONE;
    struct fc_catalog *catalog = NULL;
    struct line *lines = NULL;
    long count = -1;
    if (fc_catalog_open(&catalog, &error) < 0)
        goto failed;
    lines = calloc(fc_catalog_count(catalog) + fc_embedded_count + 1, sizeof *lines);
    if (!lines) {
        fc_fail(&error, FC_FAULT, "out of memory for the list");
        goto failed;
    }
    count = collect(catalog, kind, lines, &error);
    if (count == 0)
        fc_fail(&error, FC_BAD_INPUT,
                "no kind '%s'; known are model, gpu, network, reliability, price, energy, scenario, default, "
                "efficiency, posterior",
                asked);
    if (count <= 0)
        goto failed;
    if (!as_json)
        fc_fold_start();
    if (!as_json)
        print_table(lines, count);
    else if (print_json(lines, count, &error) < 0)
        goto failed;
    goto done;
failed:
    fprintf(stderr, "flopcast list: %s\n", error.text);
    status = (int)error.status;
done:
    free(lines);
    fc_catalog_close(catalog);
    return status;
}
