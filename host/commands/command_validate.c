/* command_validate.c: `flopcast validate [CSV]`: predicted against measured step times. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/options.h"
#include "host/base/read_file.h"
#include "host/calibrate/layout_ranks.h"
#include "host/calibrate/memory_validation.h"
#include "host/calibrate/validation.h"
#include "host/report/outputs.h"

static const char help[] =
    "usage: flopcast validate [CSV] [OPTIONS]\n"
    "\n"
    "Predicts the step time of every measured run of the table (default: the published ones that come with "
    "the\n"
    "program) and prints the errors by GPU, model, precision and software, beside the constant-MFU line.\n"
    "\n"
    "      --memory          the memory of a GPU instead, of measured layouts (columns zero, measured_gib, "
    "kind);\n"
    "                        default: the published ones\n"
    "      --layouts         whether layouts of one job that one source measured come in their measured "
    "order: rank\n"
    "                        correlation, and what the layout predicted best loses\n"
    "      --cross-validate  predict each source on each GPU by a fit that has not seen it, too\n"
    "      --leave-generation\n"
    "                        predict the rows of Blackwell by a fit to A100 and Hopper alone, too: what a "
    "forecast\n"
    "                        for a GPU of a generation that nobody measured is worth\n"
    "  -o, --output DIR      write step-time.md, with every row, and step-time.svg (needs gnuplot) into "
    "DIR;\n"
    "                        or a file: .json, .csv, .xlsx or .html\n"
    "      --report F.html   write it as a page\n"
    "      --json            print it as JSON; errors are fractions\n"
    "  -h, --help            this text\n"
    "\n"
    "Columns of the CSV: docs/model/step-time.md. Exit status 1: the model is behind the constant-MFU "
    "line.\n";

static const struct option long_options[] = {
    {"memory", no_argument, NULL, 'm'},
    {"layouts", no_argument, NULL, 'l'},
    {"cross-validate", no_argument, NULL, 'x'},
    {"leave-generation", no_argument, NULL, 'g'},
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    const char *table, *folder, *output, *report; /* of -o: a folder or a file */
    struct fc_outputs outputs;
    bool cross_validate, generation, json, memory, layouts;
};

/* Whether -o names a file by its ending, and no folder. */
static bool is_file(const char *path)
{
    static const char *const endings[] = {".json", ".csv", ".xlsx", ".html"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return strcmp(path, "-") == 0;
}

/* Returns 0, 1 when help was asked for, or -1. */
static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
        switch (option) {
        case 'm':
            o->memory = true;
            break;
        case 'l':
            o->layouts = true;
            break;
        case 'x':
            o->cross_validate = true;
            break;
        case 'g':
            o->generation = true;
            break;
        case 'o':
            *(is_file(optarg) ? &o->output : &o->folder) = optarg;
            break;
        case 'r':
            o->report = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 'h':
            return 1;
        default:
            return fc_option_error("validate", option, argv, long_options, error);
        }
    }
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': validate takes a single table",
                       argv[optind + 1]);
    o->table = optind < argc ? argv[optind] : NULL;
    if (o->table)
        fc_read_file_remember(o->table);
    return fc_outputs_take(&o->outputs, o->output, o->report, 0, error) || fc_outputs_open(&o->outputs, error)
               ? -1
               : 0;
}

/* Prints the JSON of what is not NULL and writes the files; without any of that does nothing. */
static int write_json(struct options *o, const struct fc_validation *time,
                      const struct fc_memory_validation *memory, const struct fc_layout_ranks *ranks,
                      struct fc_error *error)
{
    struct fc_writer *writer;
    if (!o->json && !fc_outputs_any(&o->outputs))
        return 0;
    FILE *out = fc_outputs_begin(&o->outputs, error);
    if (!out)
        return -1;
    int status = fc_writer_open(&writer, out, FC_JSON, error);
    if (!status) {
        if (ranks)
            fc_layout_ranks_json(ranks, time, writer);
        else if (time)
            fc_validation_json(time, writer);
        else
            fc_memory_validation_json(memory, writer);
        status = fc_writer_close(writer, error);
    }
    return fc_outputs_end(&o->outputs, status != 0, o->json, error);
}

/* Exit status of `validate --memory`, or -1. */
static int validate_memory(struct options *o, const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_memory_validation validation;
    if (fc_memory_validation_run(&validation, o->table, catalog, error))
        return -1;
    int status = write_json(o, NULL, &validation, NULL, error);
    if (!status && fc_outputs_leave_room(&o->outputs, o->json))
        fc_fold_start();
    if (!status && fc_outputs_leave_room(&o->outputs, o->json))
        fc_memory_validation_print(&validation, stdout);
    fc_memory_validation_free(&validation);
    return status;
}

int fc_command_validate(int argc, char **argv)
{
    static struct fc_validation validation; /* large */
    struct options o = {0};
    struct fc_error error = {0};
    struct fc_catalog *catalog = NULL;
    struct fc_layout_ranks ranks = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fc_help_print(help, NULL);
        return FC_DONE;
    }
    if (!status)
        status = fc_catalog_open(&catalog, &error);
    if (!status && o.memory) {
        status = validate_memory(&o, catalog, &error);
        fc_catalog_close(catalog);
        fc_outputs_close(&o.outputs);
        if (status)
            fprintf(stderr, "flopcast: %s\n", error.text);
        return status ? (int)error.status : FC_DONE;
    }
    bool ran = !status && !fc_validation_run(&validation, o.table, catalog,
                                             (o.cross_validate ? FC_VALIDATE_CROSS : 0) |
                                                 (o.generation ? FC_VALIDATE_GENERATION : 0),
                                             &error);
    if (ran)
        fc_notes_print(&validation.measurements.notes, stderr, false);
    bool behind = ran && validation.scores[0].mape > validation.scores[0].constant_mfu_mape;
    status = ran ? 0 : -1;
    if (!status && o.layouts)
        status = fc_layout_ranks_of(&ranks, &validation, &error);
    if (!status)
        status = write_json(&o, &validation, NULL, o.layouts ? &ranks : NULL, &error);
    if (!status && fc_outputs_leave_room(&o.outputs, o.json)) {
        fc_fold_start();
        if (o.layouts)
            fc_layout_ranks_print(&ranks, &validation, stdout);
        else
            fc_validation_print(&validation, stdout);
    }
    if (!status && o.folder)
        status = fc_validation_report(&validation, o.folder, &error);
    fc_layout_ranks_free(&ranks);
    if (ran)
        fc_validation_free(&validation);
    fc_catalog_close(catalog);
    fc_outputs_close(&o.outputs);
    if (status) {
        fprintf(stderr, "flopcast: %s\n", error.text);
        return (int)error.status;
    }
    return behind ? FC_ANSWER_NO : FC_DONE;
}
