/* command_report.c: `flopcast report`: a page or a table from a JSON that was kept. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/help.h"
#include "host/base/document.h"
#include "host/base/options.h"
#include "host/base/read_file.h"
#include "host/report/outputs.h"
#include "host/result/result_hash.h"

static const char help[] =
    "usage: flopcast report RESULT.json -o FILE\n"
    "\n"
    "Makes a page or a table of a JSON that run, compare, sweep, explain, solve, search, step or validate "
    "has\n"
    "written (-o FILE.json or --json); - reads standard input. The numbers are those of the JSON.\n"
    "\n"
    "  -o, --output FILE     .html: a page with plots, which needs no other file; .csv: the figures, a row "
    "a\n"
    "                        metric; .xlsx: sheets of figures, assumptions and notes; - writes a page to\n"
    "                        standard output\n"
    "  -h, --help            this text\n";

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int make(const char *path, struct fc_outputs *outputs, struct fc_error *error)
{
    char *text = NULL;
    size_t length;
    if (fc_read_file(path, FC_RESULT_BYTES, &text, &length, error))
        return -1;
    int status = fc_result_hash_check(path, text, length, error) || fc_outputs_open(outputs, error) ? -1 : 0;
    FILE *stream = status ? NULL : fc_outputs_begin(outputs, error);
    if (!stream)
        status = -1;
    if (!status) {
        bool failed = fwrite(text, 1, length, stream) != length;
        if (failed)
            fc_fail(error, FC_FAULT, "no memory for %s", path);
        status = fc_outputs_end(outputs, failed, false, error);
    }
    free(text);
    return status;
}

int fc_command_report(int argc, char **argv)
{
    enum { MADE = FC_OUTPUT_HTML | FC_OUTPUT_CSV | FC_OUTPUT_XLSX };
    struct fc_outputs outputs = {0};
    struct fc_error error = {0};
    int option, status = 0;
    optind = 1;
    opterr = 0;
    while (!status && (option = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fc_help_print(help, NULL);
            return FC_DONE;
        }
        status = option == 'o' ? fc_outputs_add(&outputs, "-o", optarg, MADE, &error)
                               : fc_option_error("report", option, argv, long_options, &error);
    }
    if (!status && (argc - optind != 1 || outputs.count == 0))
        status = fc_fail(&error, FC_BAD_INPUT, "report needs a JSON and -o FILE; see flopcast report --help");
    if (!status)
        status = make(argv[optind], &outputs, &error);
    fc_outputs_close(&outputs);
    if (status)
        fprintf(stderr, "flopcast: %s\n", error.text);
    return status ? (int)error.status : FC_DONE;
}
