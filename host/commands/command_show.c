/* command_show.c: `flopcast show NAME`: a catalog entry with sources and grades, a key, a scenario, the
 * defaults in force. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/language/catalog.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/document_write.h"
#include "host/language/fields.h"
#include "host/base/options.h"
#include "host/language/scenario_file.h"
#include "host/report/ledger.h"
#include "host/report/show_defaults.h"
#include "host/report/show_metric.h"
#include "host/report/show_key.h"
#include "host/report/show_model.h"
#include "host/report/show_schema.h"
#include "host/step/model_config.h"
#include "host/base/source.h"

struct options {
    bool json, defaults, assumptions, schema;
    double sequence; /* tokens, of the FLOP of a model */
    const char *name;
    struct fc_scenario_options scenario;
};

/* --- tables --- */

static size_t wider(size_t width, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return length > width ? length : width;
}

static void print_cell(const char *text, size_t width)
{
    printf("%-*s  ", (int)width, text ? text : "");
}

static void text_of_figure(const struct fc_figure *figure, char *text, size_t size)
{
    snprintf(text, size, "see below");
    if (figure->value)
        fc_catalog_value_text(figure->value, text, size);
    size_t used = strlen(text);
    if (figure->low && figure->mode && figure->high)
        snprintf(text + used, size - used, " (%s / %s / %s)", figure->low, figure->mode, figure->high);
    else if (figure->low && figure->high)
        snprintf(text + used, size - used, " (%s to %s)", figure->low, figure->high);
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

/* The end of a line, with a text of a file, which may hold line breaks. */
static void put_line(const char *before, const char *text)
{
    char *copy = strdup(text);
    printf("%s%s\n", before, copy ? fc_make_printable(copy, false) : "?");
    free(copy);
}

/* The entry's source is printed once; a figure's own source stands behind it. */
static void print_entry(const struct fc_catalog_entry *entry, double sequence)
{
    const char *source = fc_node_text(entry->node, "source"), *note = fc_node_text(entry->node, "note");
    const char *series = fc_node_text(entry->node, "series");
    printf("%s %s", entry->kind, entry->name);
    put_line(entry->what ? ": " : "", entry->what ? entry->what : "");
    if (series)
        printf("series: %s\n", series);
    if (source)
        put_line("source, where a line has none of its own: ", source);
    if (note)
        put_line("note: ", note);
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
        char *copy = NULL;
        if (asprintf(&copy, "%s%s%s", own, *own && figure.note ? "; " : "", figure.note ? figure.note : "") < 0)
            copy = NULL;
        put_line("", copy ? copy : "?");
        free(copy);
    }
    for (const struct fc_node *cursor = NULL; fc_catalog_next(entry, &cursor, &figure);)
        if (figure.points)
            print_points(&figure);
    struct fc_architecture model;
    struct fc_error ignored = {0}; /* what it says of a shape is said where the model is used */
    if (strcmp(entry->kind, "model") == 0 && fc_architecture_read(&model, entry, NULL, &ignored) == 0) {
        putchar('\n');
        fc_show_model(stdout, &model, sequence);
    }
}

/* --- JSON --- */

/* A tree as it stands: numbers as numbers, anything else as text. */
static void write_node(struct fc_writer *writer, const char *key, const struct fc_node *node)
{
    if (node->kind == FC_NODE_LIST || node->kind == FC_NODE_MAP) {
        if (node->kind == FC_NODE_LIST)
            fc_write_list(writer, key);
        else
            fc_write_map(writer, key);
        for (const struct fc_node *item = node->first; item; item = item->next)
            write_node(writer, item->key, item);
        fc_write_end(writer);
    } else if (node->quoted)
        fc_write_text(writer, key, node->text);
    else if (node->text && (!strcmp(node->text, "true") || !strcmp(node->text, "false")))
        fc_write_flag(writer, key, node->text[0] == 't');
    else if (node->text)
        fc_write_scalar(writer, key, node->text);
    else
        fc_write_null(writer, key);
}

static void write_text(struct fc_writer *writer, const char *key, const char *text)
{
    if (text)
        fc_write_text(writer, key, text);
}

static void write_figure(struct fc_writer *writer, const struct fc_figure *figure)
{
    fc_write_map(writer, figure->key);
    if (figure->value)
        write_node(writer, "value", figure->value);
    if (figure->points)
        write_node(writer, "points", figure->points);
    if (figure->low)
        fc_write_scalar(writer, "low", figure->low);
    if (figure->mode)
        fc_write_scalar(writer, "mode", figure->mode);
    if (figure->high)
        fc_write_scalar(writer, "high", figure->high);
    write_text(writer, "unit", figure->unit);
    write_text(writer, "what", figure->what);
    write_text(writer, "grade", figure->grade);
    write_text(writer, "source", figure->source);
    write_text(writer, "note", figure->note);
    fc_write_end(writer);
}

static void write_entry(struct fc_writer *writer, const struct fc_catalog_entry *entry, double sequence)
{
    fc_write_map(writer, NULL);
    fc_write_text(writer, "kind", entry->kind);
    fc_write_text(writer, "name", entry->name);
    write_text(writer, "what", entry->what);
    write_text(writer, "series", fc_node_text(entry->node, "series"));
    write_text(writer, "note", fc_node_text(entry->node, "note"));
    struct fc_architecture model;
    struct fc_error ignored = {0};
    if (strcmp(entry->kind, "model") == 0 && fc_architecture_read(&model, entry, NULL, &ignored) == 0)
        fc_write_model(writer, &model, sequence);
    fc_write_map(writer, "figures");
    const struct fc_node *cursor = NULL;
    for (struct fc_figure figure; fc_catalog_next(entry, &cursor, &figure);)
        write_figure(writer, &figure);
    fc_write_end(writer);
    fc_write_end(writer);
}

/* --- what can be shown --- */

/* The key or the group of keys of this name, and all entries of it, of any kind. *shown receives how many
 * there are. */
static int show_entries(const struct fc_catalog *catalog, const struct options *options, int *shown,
                        struct fc_error *error)
{
    struct fc_writer *writer = NULL;
    const struct fc_field *field = fc_field_find(options->name);
    *shown = 0;
    if (field && !options->json)
        fc_show_key(stdout, field, catalog);
    else if (!field && !options->json)
        *shown += fc_show_key_group(stdout, options->name);
    *shown += field != NULL;
    for (size_t i = 0; i <= fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry =
            i < fc_catalog_count(catalog) ? fc_catalog_at(catalog, i) : NULL;
        bool named = entry && strcmp(entry->name, options->name) == 0;
        if (options->json && !writer && (named || field)) {
            if (fc_writer_open(&writer, stdout, FC_JSON, error) < 0)
                return -1;
            fc_write_list(writer, NULL);
            if (field)
                fc_write_key(writer, field);
        }
        if (!named || (!writer && field && fc_is_default_entry(entry)))
            continue;
        if (writer)
            write_entry(writer, entry, options->sequence);
        else {
            fputs(*shown ? "\n" : "", stdout);
            print_entry(entry, options->sequence);
        }
        ++*shown;
    }
    if (!writer)
        return 0;
    fc_write_end(writer);
    return fc_writer_close(writer, error);
}

/* The text of a scenario; as JSON the same tree without comments. */
static int show_scenario(const struct fc_embedded_file *file, bool as_json, struct fc_error *error)
{
    if (!as_json)
        return fwrite(file->data, 1, file->size, stdout) == file->size
                   ? 0
                   : fc_fail(error, FC_FAULT, "the scenario could not be written");
    struct fc_document *document;
    struct fc_writer *writer;
    if (fc_document_open_text(&document, file->name, (const char *)file->data, file->size, FC_SCENARIO_BYTES,
                              error) < 0)
        return -1;
    int status = fc_writer_open(&writer, stdout, FC_JSON, error);
    if (status == 0) {
        write_node(writer, NULL, fc_document_root(document));
        status = fc_writer_close(writer, error);
    }
    fc_document_close(document);
    return status;
}

static int show_schema(const char *command)
{
    struct fc_error error = {0};
    struct fc_writer *writer;
    if (fc_writer_open(&writer, stdout, FC_JSON, &error) == 0) {
        fc_write_schema(writer);
        (void)fc_writer_close(writer, &error);
    }
    if (error.status != FC_DONE)
        fprintf(stderr, "flopcast %s: %s\n", command, error.text);
    return (int)error.status;
}

/* No entry and no scenario has the name: says which is near. */
static int nothing_found(const struct fc_catalog *catalog, const char *wanted, struct fc_error *error)
{
    enum { ROOM = 2048 };
    const char *names[ROOM];
    char scenarios[64][128], near[160], shown[512];
    size_t count = 0, scenario_count = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog) && count < 900; i++)
        names[count++] = fc_catalog_at(catalog, i)->name;
    for (size_t i = 0; i < FC_FIELD_COUNT && count < ROOM - 64; i++)
        names[count++] = fc_fields[i].path;
    for (size_t i = 0; i < fc_embedded_count && scenario_count < 64; i++)
        if (fc_scenario_file_name(&fc_embedded_files[i], scenarios[scenario_count], sizeof scenarios[0]))
            names[count++] = scenarios[scenario_count++];
    for (size_t i = 0; i < fc_metric_info_count && count < ROOM; i++)
        names[count++] = fc_metric_infos[i].name;
    fc_did_you_mean(near, sizeof near, wanted, strlen(wanted), names, count);
    return fc_fail(error, FC_BAD_INPUT, "nothing is called '%s'%s",
                   fc_printable(shown, sizeof shown, wanted, strlen(wanted)),
                   near[0] ? near : "; 'flopcast list' shows what there is");
}

/* Reads the options. Returns -1 to go on, otherwise the exit status. */
static int read_options(int argc, char **argv, const char *help, struct options *options)
{
    static const struct option words[] = {{"help", no_argument, NULL, 'h'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"defaults", no_argument, NULL, 'd'},
                                          {"assumptions", no_argument, NULL, 'a'},
                                          {"schema", no_argument, NULL, 'S'},
                                          {"set", required_argument, NULL, 's'},
                                          {"sequence", required_argument, NULL, 'q'},
                                          {NULL, 0, NULL, 0}};
    *options = (struct options){.sequence = FC_SHOW_SEQUENCE};
    struct fc_error error;
    char shown[64];
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":hj", words, NULL)) != -1;) {
        if (c == 'h') {
            fc_help_print(help, NULL);
            return FC_DONE;
        }
        if (c == 'j')
            options->json = true;
        else if (c == 'd')
            options->defaults = true;
        else if (c == 'a')
            options->assumptions = true;
        else if (c == 'S')
            options->schema = true;
        else if (c == 'q') {
            char *end;
            options->sequence = strtod(optarg, &end);
            if (end == optarg || *end || !(options->sequence >= 1 && options->sequence <= 1e9)) {
                fprintf(stderr, "flopcast %s: --sequence '%s' is not a number of tokens from 1 to 1e9\n",
                        argv[0], fc_printable(shown, sizeof shown, optarg, strlen(optarg)));
                return FC_BAD_INPUT;
            }
        } else if (c == 's') {
            if (fc_scenario_add_override(&options->scenario, optarg, &error)) {
                fprintf(stderr, "flopcast %s: %s\n", argv[0], error.text);
                return (int)error.status;
            }
        } else {
            fc_option_error(argv[0], c, argv, words, &error);
            fprintf(stderr, "flopcast %s: %s\n", argv[0], error.text);
            return FC_BAD_INPUT;
        }
    }
    if (argc - optind > 1) {
        fprintf(stderr, "flopcast %s: one name is enough ('%s' is the second); see flopcast %s --help\n",
                argv[0], fc_printable(shown, sizeof shown, argv[optind + 1], strlen(argv[optind + 1])), argv[0]);
        return FC_BAD_INPUT;
    }
    options->name = optind < argc ? argv[optind] : NULL;
    return -1;
}

int fc_command_show(int argc, char **argv)
{
    static const char help[] =
        "usage: flopcast show NAME [--json]\n"
        "       flopcast show --defaults SCENARIO [--set PATH=VALUE]... [--json]\n"
        "       flopcast show --assumptions SCENARIO [--set PATH=VALUE]... [--json]\n"
        "       flopcast show CONFIG.json [--sequence N] [--json]\n"
        "       flopcast show --schema\n\n"
        "Shows what NAME is: a catalog entry with every figure, its unit, source and grade; a scenario that "
        "comes with\n"
        "the program; a key of a scenario, such as cluster.segment, with its meaning, range and defaults; or "
        "a "
        "group of\n"
        "keys, such as reliability. With --defaults: every default that SCENARIO (a name or a file) leaves "
        "in "
        "force.\n"
        "Of a model, of the catalog or in a configuration as Hugging Face writes it: layers by kind, "
        "parameters "
        "(total,\n"
        "active, active without the input embedding) and the FLOP to train one token.\n\n"
        "      --sequence N      tokens of a sequence, for the FLOP of a model (default 4096)\n"
        "      --defaults        the defaults in force, with meaning, source and grade\n"
        "      --assumptions     all values that the answer rests on, stated and assumed, with source and "
        "grade\n"
        "      --schema          the JSON Schema of a scenario, for editors\n"
        "      --set PATH=VALUE  change one value of the scenario first\n"
        "  -j, --json            JSON instead of tables\n"
        "  -h, --help            this text\n";
    struct options options;
    int status = read_options(argc, argv, help, &options);
    if (status >= 0)
        return status;
    if (options.schema)
        return show_schema(argv[0]);
    if (!options.name) {
        fputs("flopcast show: a name is missing; see flopcast show --help\n", stderr);
        return FC_BAD_INPUT;
    }
    struct fc_error error = {0};
    struct fc_catalog *catalog = NULL;
    if (options.scenario.override_count > 0 && !options.defaults && !options.assumptions) {
        (void)fc_fail(&error, FC_BAD_INPUT,
                      "--set changes a scenario and goes with --defaults or --assumptions only");
        goto done;
    }
    if (fc_catalog_open(&catalog, &error) < 0)
        goto done;
    const struct fc_embedded_file *scenario = fc_scenario_file_find(options.name);
    int shown = 1;
    const struct fc_metric_info *metric = fc_metric_named(options.name, strcspn(options.name, "@"));
    if (!options.json && (!scenario || options.assumptions || options.defaults))
        fc_fold_start(); /* a scenario is shown as the file that it is */
    if (options.assumptions)
        (void)fc_show_assumptions(options.name, &options.scenario, options.json, &error);
    else if (metric)
        shown = fc_show_metric(metric, options.json, &error) < 0 ? -1 : 1;
    else if (options.defaults)
        (void)fc_show_defaults(options.name, &options.scenario, options.json, &error);
    else if (!scenario && fc_model_is_file(options.name) && !fc_field_find(options.name))
        (void)fc_show_model_file(stdout, options.name, options.sequence, options.json, &error);
    else if (scenario)
        (void)show_scenario(scenario, options.json, &error);
    else if (show_entries(catalog, &options, &shown, &error) == 0 && shown == 0)
        (void)nothing_found(catalog, options.name, &error);
done:
    if (error.status != FC_DONE)
        fprintf(stderr, "flopcast show: %s\n", error.text);
    fc_catalog_close(catalog);
    fc_scenario_options_free(&options.scenario);
    return (int)error.status;
}
