/* command_validate.c: `flopcast validate [CSV]`: predicted against measured step times. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "host/base/options.h"
#include "host/calibrate/memory_validation.h"
#include "host/calibrate/validation.h"

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
    "      --cross-validate  predict each model by a fit that has not seen it, too (five fits)\n"
    "      --output DIR      write step-time.md, with every row, and step-time.svg (needs gnuplot) into DIR\n"
    "      --json            print it as JSON; errors are fractions\n"
    "  -h, --help            this text\n"
    "\n"
    "Columns of the CSV: docs/model/step-time.md. Exit status 1: the model is behind the constant-MFU "
    "line.\n";

static const struct option long_options[] = {
    {"memory", no_argument, NULL, 'm'},       {"cross-validate", no_argument, NULL, 'x'},
    {"output", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

struct options {
    const char *table, *folder;
    bool cross_validate, json, memory;
};

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
        case 'x':
            o->cross_validate = true;
            break;
        case 'o':
            o->folder = optarg;
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
    return 0;
}

static int print_json(const struct fc_validation *validation, struct fc_error *error)
{
    struct fc_writer *writer;
    if (fc_writer_open(&writer, stdout, FC_JSON, error))
        return -1;
    fc_validation_json(validation, writer);
    return fc_writer_close(writer, error);
}

/* Exit status of `validate --memory`, or -1. */
static int validate_memory(const struct options *o, const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_memory_validation validation;
    struct fc_writer *writer;
    if (fc_memory_validation_run(&validation, o->table, catalog, error))
        return -1;
    int status = 0;
    if (o->json) {
        status = fc_writer_open(&writer, stdout, FC_JSON, error);
        if (!status) {
            fc_memory_validation_json(&validation, writer);
            status = fc_writer_close(writer, error);
        }
    } else {
        fc_memory_validation_print(&validation, stdout);
    }
    fc_memory_validation_free(&validation);
    return status;
}

int fc_command_validate(int argc, char **argv)
{
    static struct fc_validation validation; /* large */
    struct options o = {0};
    struct fc_error error = {0};
    struct fc_catalog *catalog = NULL;
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fputs(help, stdout);
        return FC_DONE;
    }
    if (!status)
        status = fc_catalog_open(&catalog, &error);
    if (!status && o.memory) {
        status = validate_memory(&o, catalog, &error);
        fc_catalog_close(catalog);
        if (status)
            fprintf(stderr, "flopcast: %s\n", error.text);
        return status ? (int)error.status : FC_DONE;
    }
    bool ran = !status && !fc_validation_run(&validation, o.table, catalog, o.cross_validate, &error);
    if (ran)
        fc_notes_print(&validation.measurements.notes, stderr, false);
    bool behind = ran && validation.scores[0].mape > validation.scores[0].constant_mfu_mape;
    status = ran ? 0 : -1;
    if (!status && o.json)
        status = print_json(&validation, &error);
    else if (!status)
        fc_validation_print(&validation, stdout);
    if (!status && o.folder)
        status = fc_validation_report(&validation, o.folder, &error);
    if (ran)
        fc_validation_free(&validation);
    fc_catalog_close(catalog);
    if (status) {
        fprintf(stderr, "flopcast: %s\n", error.text);
        return (int)error.status;
    }
    return behind ? FC_ANSWER_NO : FC_DONE;
}
