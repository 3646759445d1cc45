/* command_list.c: `flopcast list [KIND]` and `flopcast show NAME`: what the program knows, with sources and
 * grades. */
#include <getopt.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "commands.h"
#include "document.h"
#include "embedded.h"
#include "error.h"
#include "fields.h"

#define SCENARIO_KIND "scenario"

struct options {
    bool json, defaults;
    const char *name; /* the one argument, or NULL */
};

/* --- JSON, through libfyaml
 * ----------------------------------------------------------------------------------------- */

static struct fy_node *json_plain(struct fy_document *json, const char *text)
{
    return fy_node_create_scalar_copy(json, text, FY_NT);
}

/* A text that must stay one, also when it looks like a number. */
static struct fy_node *json_text(struct fy_document *json, const char *text)
{
    char *end;
    (void)strtod(text, &end);
    bool literal =
        (*text && !*end) || !strcmp(text, "true") || !strcmp(text, "false") || !strcmp(text, "null");
    return literal ? fy_node_buildf(json, "\"%s\"", text) : json_plain(json, text);
}

static void put(struct fy_document *json, struct fy_node *map, const char *key, struct fy_node *value)
{
    (void)fy_node_mapping_append(map, json_plain(json, key), value);
}

static void put_text(struct fy_document *json, struct fy_node *map, const char *key, const char *text)
{
    if (text)
        put(json, map, key, json_text(json, text));
}

/* A tree as it stands: numbers as numbers, anything else as text. */
static struct fy_node *json_value(struct fy_document *json, const struct fc_node *node)
{
    if (node->kind == FC_NODE_LIST) {
        struct fy_node *list = fy_node_create_sequence(json);
        for (const struct fc_node *item = node->first; item; item = item->next)
            (void)fy_node_sequence_append(list, json_value(json, item));
        return list;
    }
    if (node->kind == FC_NODE_MAP) {
        struct fy_node *map = fy_node_create_mapping(json);
        for (const struct fc_node *item = node->first; item; item = item->next)
            put(json, map, item->key, json_value(json, item));
        return map;
    }
    const char *text = node->text ? node->text : "null";
    return node->quoted ? json_text(json, text) : json_plain(json, text);
}

static int json_print(struct fy_document *json)
{
    char *text = json ? fy_emit_document_to_string(json, FYECF_MODE_JSON) : NULL;
    if (text)
        puts(text);
    else
        fputs("flopcast: the JSON could not be made (no memory)\n", stderr);
    free(text);
    fy_document_destroy(json);
    return text ? FC_DONE : FC_FAULT;
}

/* --- tables
 * ---------------------------------------------------------------------------------------------------------
 */

static size_t wider(size_t width, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return length > width ? length : width;
}

static void print_cell(const char *text, size_t width)
{
    printf("%-*s  ", (int)width, text ? text : "");
}

static void text_of_value(const struct fc_node *node, char *text, size_t size)
{
    size_t used = 0;
    if (node->kind == FC_NODE_TEXT) {
        snprintf(text, size, "%s", node->text);
        return;
    }
    snprintf(text, size, "[");
    for (const struct fc_node *item = node->first; item; item = item->next) {
        used = strlen(text);
        snprintf(text + used, size - used, "%s%s", item == node->first ? "" : ", ",
                 item->text ? item->text : "...");
    }
    used = strlen(text);
    snprintf(text + used, size - used, "]");
}

static void text_of_figure(const struct fc_figure *figure, char *text, size_t size)
{
    snprintf(text, size, "see below");
    if (figure->value)
        text_of_value(figure->value, text, size);
    size_t used = strlen(text);
    if (figure->low && figure->mode && figure->high)
        snprintf(text + used, size - used, " (%s / %s / %s)", figure->low, figure->mode, figure->high);
    else if (figure->low && figure->high)
        snprintf(text + used, size - used, " (%s to %s)", figure->low, figure->high);
}

/* --- scenarios
 * ------------------------------------------------------------------------------------------------------- */

/* The name of an embedded scenario, without folder and ending, or false when the file is none. */
static bool scenario_name(const struct fc_embedded_file *file, char *name, size_t size)
{
    size_t length = strlen(file->name);
    if (strncmp(file->name, "scenarios/", 10) != 0 || length <= 15 ||
        strcmp(file->name + length - 5, ".yaml") != 0)
        return false;
    snprintf(name, size, "%.*s", (int)(length - 15), file->name + 10);
    return true;
}

static const struct fc_embedded_file *find_scenario(const char *wanted)
{
    char name[256];
    for (size_t i = 0; i < fc_embedded_count; i++)
        if (scenario_name(&fc_embedded_files[i], name, sizeof name) && strcmp(name, wanted) == 0)
            return &fc_embedded_files[i];
    return NULL;
}

static int open_scenario(struct fc_document **document, const char *name, struct fc_error *error)
{
    const struct fc_embedded_file *file = find_scenario(name);
    if (file)
        return fc_document_open_text(document, file->name, (const char *)file->data, file->size,
                                     FC_SCENARIO_BYTES, error);
    return fc_document_open(document, name, FC_SCENARIO_BYTES, error);
}

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

/* --- list
 * ------------------------------------------------------------------------------------------------------------
 */

/* One line of the list, or one object of the JSON one. */
struct line {
    char kind[32], name[128], what[512];
};

/* Fills `lines` (room for all) with what is of the kind; NULL: all but the defaults. Returns the count, or
 * -1. */
static long collect(const struct fc_catalog *catalog, const char *kind, struct line *lines,
                    struct fc_error *error)
{
    long count = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        bool is_default = strcmp(entry->kind, "default") == 0;
        if (kind ? strcmp(kind, entry->kind) != 0 : is_default)
            continue;
        struct line *line = &lines[count++];
        snprintf(line->kind, sizeof line->kind, "%s", entry->kind);
        snprintf(line->name, sizeof line->name, "%s", entry->name);
        struct fc_figure figure;
        if (is_default && fc_catalog_figure(entry, "value", &figure) && figure.value)
            text_of_value(figure.value, line->what, sizeof line->what);
        else
            snprintf(line->what, sizeof line->what, "%s", entry->what ? entry->what : "");
    }
    for (size_t i = 0; i < fc_embedded_count && (!kind || strcmp(kind, SCENARIO_KIND) == 0); i++) {
        struct line *line = &lines[count];
        if (!scenario_name(&fc_embedded_files[i], line->name, sizeof line->name))
            continue;
        snprintf(line->kind, sizeof line->kind, SCENARIO_KIND);
        if (scenario_description(&fc_embedded_files[i], line->what, sizeof line->what, error) < 0)
            return -1;
        count++;
    }
    return count;
}

static int print_lines(const struct line *lines, long count, bool as_json)
{
    if (as_json) {
        struct fy_document *json = fy_document_create(NULL);
        struct fy_node *list = fy_node_create_sequence(json);
        (void)fy_document_set_root(json, list);
        for (long i = 0; i < count; i++) {
            struct fy_node *map = fy_node_create_mapping(json);
            put_text(json, map, "kind", lines[i].kind);
            put_text(json, map, "name", lines[i].name);
            put_text(json, map, "what", lines[i].what);
            (void)fy_node_sequence_append(list, map);
        }
        return json_print(json);
    }
    size_t kind_width = 0, name_width = 0;
    for (long i = 0; i < count; i++) {
        kind_width = wider(kind_width, lines[i].kind);
        name_width = wider(name_width, lines[i].name);
    }
    for (long i = 0; i < count; i++) {
        print_cell(lines[i].kind, kind_width);
        print_cell(lines[i].name, name_width);
        puts(lines[i].what);
    }
    return FC_DONE;
}

/* Reads the options that both commands share. Returns -1 to go on, otherwise the exit status. */
static int read_options(int argc, char **argv, const char *help, bool with_defaults, struct options *options)
{
    static const struct option words[] = {{"help", no_argument, NULL, 'h'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"defaults", no_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    *options = (struct options){0};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "hj", words, NULL)) != -1;) {
        if (c == 'h') {
            fputs(help, stdout);
            return FC_DONE;
        }
        if (c == 'j')
            options->json = true;
        else if (c == 'd' && with_defaults)
            options->defaults = true;
        else {
            fprintf(stderr, "flopcast %s: not an option of this command; see flopcast %s --help\n", argv[0],
                    argv[0]);
            return FC_BAD_INPUT;
        }
    }
    if (argc - optind > 1) {
        fprintf(stderr, "flopcast %s: one name is enough ('%s' is the second); see flopcast %s --help\n",
                argv[0], argv[optind + 1], argv[0]);
        return FC_BAD_INPUT;
    }
    options->name = optind < argc ? argv[optind] : NULL;
    return -1;
}

int fc_command_list(int argc, char **argv)
{
    static const char help[] = "usage: flopcast list [KIND] [--json]\n\n"
                               "Lists the catalog and the scenarios that come with the program. KIND is "
                               "model, gpu, network, reliability, price,\n"
                               "energy, default or scenario; without it all but the defaults are listed. The "
                               "directory named by the environment\n"
                               "variable FLOPCAST_CATALOG may add entries and replace them.\n\n"
                               "  -j, --json   a JSON list of {kind, name, what}\n"
                               "  -h, --help   this text\n";
    struct options options;
    int status = read_options(argc, argv, help, false, &options);
    if (status >= 0)
        return status;

    struct fc_error error = {0};
    struct fc_catalog *catalog = NULL;
    struct line *lines = NULL;
    long count = -1;
    if (fc_catalog_open(&catalog, &error) < 0)
        goto failed;
    lines = calloc(fc_catalog_count(catalog) + fc_embedded_count + 1, sizeof *lines);
    if (!lines) {
        fc_fail(&error, FC_FAULT, "no memory for the list");
        goto failed;
    }
    count = collect(catalog, options.name, lines, &error);
    if (count == 0)
        fc_fail(&error, FC_BAD_INPUT,
                "no kind '%s'; known are model, gpu, network, reliability, price, energy, default, scenario",
                options.name);
    if (count <= 0)
        goto failed;
    status = print_lines(lines, count, options.json);
    goto done;
failed:
    fprintf(stderr, "flopcast list: %s\n", error.text);
    status = (int)error.status;
done:
    free(lines);
    fc_catalog_close(catalog);
    return status;
}

/* --- show
 * ------------------------------------------------------------------------------------------------------------
 */

static struct fy_node *json_of_figure(struct fy_document *json, const struct fc_figure *figure)
{
    struct fy_node *map = fy_node_create_mapping(json);
    if (figure->value)
        put(json, map, "value", json_value(json, figure->value));
    if (figure->points)
        put(json, map, "points", json_value(json, figure->points));
    if (figure->low)
        put(json, map, "low", json_plain(json, figure->low));
    if (figure->mode)
        put(json, map, "mode", json_plain(json, figure->mode));
    if (figure->high)
        put(json, map, "high", json_plain(json, figure->high));
    put_text(json, map, "unit", figure->unit);
    put_text(json, map, "what", figure->what);
    put_text(json, map, "grade", figure->grade);
    put_text(json, map, "source", figure->source);
    put_text(json, map, "note", figure->note);
    return map;
}

static struct fy_node *json_of_entry(struct fy_document *json, const struct fc_catalog_entry *entry)
{
    struct fy_node *map = fy_node_create_mapping(json), *figures = fy_node_create_mapping(json);
    put_text(json, map, "kind", entry->kind);
    put_text(json, map, "name", entry->name);
    put_text(json, map, "what", entry->what);
    put_text(json, map, "series", fc_node_text(entry->node, "series"));
    put_text(json, map, "note", fc_node_text(entry->node, "note"));
    const struct fc_node *cursor = NULL;
    for (struct fc_figure figure; fc_catalog_next(entry, &cursor, &figure);)
        put(json, figures, figure.key, json_of_figure(json, &figure));
    put(json, map, "figures", figures);
    return map;
}

static void print_points(const struct fc_figure *figure)
{
    printf("\n%s (%s): %s\n", figure->key, figure->unit ? figure->unit : "",
           figure->what ? figure->what : "");
    for (const struct fc_node *row = figure->points->first; row; row = row->next) {
        for (const struct fc_node *cell = row->first; cell; cell = cell->next)
            printf("  %12s", cell->text ? cell->text : "");
        putchar('\n');
    }
}

/* The entry's source is printed once; a figure's own source stands behind it. */
static void print_entry(const struct fc_catalog_entry *entry)
{
    const char *source = fc_node_text(entry->node, "source"), *note = fc_node_text(entry->node, "note");
    const char *series = fc_node_text(entry->node, "series");
    printf("%s %s%s%s\n", entry->kind, entry->name, entry->what ? ": " : "", entry->what ? entry->what : "");
    if (series)
        printf("series: %s\n", series);
    if (source)
        printf("source, where a line has none of its own: %s\n", source);
    if (note)
        printf("note: %s\n", note);
    putchar('\n');

    size_t widths[4] = {6, 5, 4, 5};
    char value[512];
    struct fc_figure figure;
    for (const struct fc_node *cursor = NULL; fc_catalog_next(entry, &cursor, &figure);) {
        text_of_figure(&figure, value, sizeof value);
        widths[0] = wider(widths[0], figure.key);
        widths[1] = wider(widths[1], value);
        widths[2] = wider(widths[2], figure.unit);
        widths[3] = wider(widths[3], figure.grade);
    }
    static const char *const heads[] = {"figure", "value", "unit", "grade"};
    for (int i = 0; i < 4; i++)
        print_cell(heads[i], widths[i]);
    puts("source");
    for (const struct fc_node *cursor = NULL; fc_catalog_next(entry, &cursor, &figure);) {
        text_of_figure(&figure, value, sizeof value);
        print_cell(figure.key, widths[0]);
        print_cell(value, widths[1]);
        print_cell(figure.unit, widths[2]);
        print_cell(figure.grade, widths[3]);
        const char *own = figure.source && figure.source != source ? figure.source : "";
        printf("%s%s%s\n", own, *own && figure.note ? "; " : "", figure.note ? figure.note : "");
    }
    for (const struct fc_node *cursor = NULL; fc_catalog_next(entry, &cursor, &figure);)
        if (figure.points)
            print_points(&figure);
}

/* Whether a field plays a part in the scenario's layers ("step", "run" or "contract"). */
static bool in_use(const char *path, const char *layers)
{
    static const char *const of_run[] = {"checkpoint.", "reliability.", "cluster.spare_nodes"};
    static const char *const of_step[] = {"training.", "plan."};
    bool contract = strcmp(layers, "contract") == 0, step = strcmp(layers, "step") == 0;
    for (size_t i = 0; i < sizeof of_run / sizeof of_run[0]; i++)
        if (strncmp(path, of_run[i], strlen(of_run[i])) == 0)
            return !contract && !step;
    for (size_t i = 0; i < sizeof of_step / sizeof of_step[0]; i++)
        if (strncmp(path, of_step[i], strlen(of_step[i])) == 0)
            return !contract;
    return contract || strncmp(path, "contract.", strlen("contract.")) != 0;
}

/* Every field in use that the scenario leaves out and that has a default. */
static int show_defaults(const struct fc_catalog *catalog, const struct options *options,
                         struct fc_error *error)
{
    struct fc_document *document;
    size_t shown = 0;
    if (open_scenario(&document, options->name, error) < 0)
        return -1;
    const struct fc_node *root = fc_document_root(document);
    const char *layers = fc_node_text(root, "layers");
    layers = layers ? layers : "run"; /* its own default */
    struct fy_document *json = options->json ? fy_document_create(NULL) : NULL;
    struct fy_node *map = json ? fy_node_create_mapping(json) : NULL;
    if (json)
        (void)fy_document_set_root(json, map);
    for (size_t i = 0; i < FC_FIELD_COUNT; i++) {
        const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "default", fc_fields[i].path);
        struct fc_figure figure;
        if (!in_use(fc_fields[i].path, layers) || fc_node_find(root, fc_fields[i].path) || !entry ||
            !fc_catalog_figure(entry, "value", &figure) || !figure.value)
            continue;
        shown++;
        if (json) {
            figure.what = fc_fields[i].what;
            put(json, map, fc_fields[i].path, json_of_figure(json, &figure));
            continue;
        }
        char value[512];
        text_of_value(figure.value, value, sizeof value);
        printf("%-30s %-52s %-15s %s\n", fc_fields[i].path, value, figure.grade, figure.source);
    }
    fc_document_close(document);
    if (!json && !shown)
        puts("the scenario states every value that has a default");
    return json ? json_print(json) : FC_DONE;
}

/* All entries of this name, of any kind. Returns how many there were, or -1 when the JSON could not be made.
 */
static int show_entries(const struct fc_catalog *catalog, const struct options *options)
{
    int shown = 0;
    struct fy_document *json = options->json ? fy_document_create(NULL) : NULL;
    struct fy_node *list = json ? fy_node_create_sequence(json) : NULL;
    if (json)
        (void)fy_document_set_root(json, list);
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        if (strcmp(entry->name, options->name) != 0)
            continue;
        if (json)
            (void)fy_node_sequence_append(list, json_of_entry(json, entry));
        else {
            if (shown)
                putchar('\n');
            print_entry(entry);
        }
        shown++;
    }
    if (json && shown)
        return json_print(json) == FC_DONE ? shown : -1;
    fy_document_destroy(json);
    return shown;
}

/* The text of a scenario; as JSON the same tree without comments. */
static int show_scenario(const struct fc_embedded_file *file, bool as_json)
{
    if (!as_json)
        return fwrite(file->data, 1, file->size, stdout) == file->size ? FC_DONE : FC_FAULT;
    struct fc_document *document;
    struct fc_error error = {0};
    if (fc_document_open_text(&document, file->name, (const char *)file->data, file->size, FC_SCENARIO_BYTES,
                              &error) < 0) {
        fprintf(stderr, "flopcast show: %s\n", error.text);
        return (int)error.status;
    }
    struct fy_document *json = fy_document_create(NULL);
    (void)fy_document_set_root(json, json_value(json, fc_document_root(document)));
    int status = json_print(json);
    fc_document_close(document);
    return status;
}

/* No entry and no scenario has the name: says which is near. */
static int nothing_found(const struct fc_catalog *catalog, const char *wanted, struct fc_error *error)
{
    const char *names[1024];
    char scenarios[64][128], near[160], shown[64];
    size_t count = 0, scenario_count = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog) && count < 960; i++)
        names[count++] = fc_catalog_at(catalog, i)->name;
    for (size_t i = 0; i < fc_embedded_count && scenario_count < 64; i++)
        if (scenario_name(&fc_embedded_files[i], scenarios[scenario_count], sizeof scenarios[0]))
            names[count++] = scenarios[scenario_count++];
    fc_did_you_mean(near, sizeof near, wanted, strlen(wanted), names, count);
    return fc_fail(error, FC_BAD_INPUT, "nothing is called '%s'%s",
                   fc_printable(shown, sizeof shown, wanted, strlen(wanted)),
                   near[0] ? near : "; 'flopcast list' shows what there is");
}

int fc_command_show(int argc, char **argv)
{
    static const char help[] =
        "usage: flopcast show NAME [--json]\n"
        "       flopcast show --defaults SCENARIO [--json]\n\n"
        "Shows a catalog entry with every figure, its unit, source and grade, or the text of a scenario that "
        "comes with the\n"
        "program. With --defaults: every default that SCENARIO (a name or a file) leaves in force.\n\n"
        "  -j, --json       JSON instead of tables\n"
        "      --defaults   the defaults in force, with source and grade\n"
        "  -h, --help       this text\n";
    struct options options;
    int status = read_options(argc, argv, help, true, &options);
    if (status >= 0)
        return status;
    if (!options.name) {
        fputs("flopcast show: a name is missing; see flopcast show --help\n", stderr);
        return FC_BAD_INPUT;
    }
    struct fc_error error = {0};
    struct fc_catalog *catalog = NULL;
    if (fc_catalog_open(&catalog, &error) < 0)
        goto done;
    if (options.defaults) {
        status = show_defaults(catalog, &options, &error);
        goto done;
    }
    const struct fc_embedded_file *scenario = find_scenario(options.name);
    status = scenario ? show_scenario(scenario, options.json) : show_entries(catalog, &options);
    if (!scenario)
        status = status > 0 ? FC_DONE : status == 0 ? nothing_found(catalog, options.name, &error) : FC_FAULT;
done:
    if (error.status != FC_DONE) {
        fprintf(stderr, "flopcast show: %s\n", error.text);
        status = (int)error.status;
    }
    fc_catalog_close(catalog);
    return status;
}
