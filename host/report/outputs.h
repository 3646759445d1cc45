/* outputs.h: the files that a command is asked for, by the ending of their name: .json, .csv (a table of the figures),
 * .xlsx (sheets; where libxlsxwriter was there at build time) and .html (a page). All are made of the JSON.
 *
 *     struct fc_outputs outputs = {0};
 *     fc_outputs_add(&outputs, "-o", path, 0, &error);                  while reading options: the ending is checked
 *     fc_outputs_open(&outputs, &error);                                before the work: tried and locked
 *     FILE *json = fc_outputs_begin(&outputs, &error);  ...             the command writes its JSON
 *     fc_outputs_end(&outputs, print, &error);                          the files, and the JSON on standard output
 *     fc_outputs_close(&outputs); */
#ifndef FC_HOST_OUTPUTS_H
#define FC_HOST_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "host/base/output.h"

enum fc_output_kind {
    FC_OUTPUT_JSON = 1,
    FC_OUTPUT_CSV = 2,
    FC_OUTPUT_XLSX = 4,
    FC_OUTPUT_HTML = 8,
    FC_OUTPUT_YAML = 16 /* a scenario: the command writes it, with fc_output_begin and fc_output_commit */
};

enum { FC_OUTPUTS_MOST = 4 };

struct fc_outputs {
    struct {
        const char *option, *path;
        enum fc_output_kind kind;
        struct fc_output *output;
    } list[FC_OUTPUTS_MOST];
    int count;
    char *json;
    size_t length;
    FILE *stream;
};

/* The kind that the ending of `path` asks for, of those in `allowed` (kinds added up; 0: JSON, CSV, XLSX and HTML). "-"
 * and names without an ending are JSON. 0 with `error` filled for any other, which names the endings there are. */
enum fc_output_kind fc_output_kind_of(const char *option, const char *path, unsigned allowed,
                                      struct fc_error *error);

/* Notes a file; `path` stays where it is. Returns 0, or -1 with `error` filled. */
int fc_outputs_add(struct fc_outputs *outputs, const char *option, const char *path, unsigned allowed,
                   struct fc_error *error);

/* Notes what -o and --report name; either may be NULL. --report takes .html alone. */
int fc_outputs_take(struct fc_outputs *outputs, const char *output, const char *report, unsigned allowed,
                    struct fc_error *error);

/* The same for a command that has no page: --report and .html are refused. */
int fc_outputs_take_pageless(struct fc_outputs *outputs, const char *command, const char *output,
                             const char *report, struct fc_error *error);

/* Tries and locks all; a scenario (FC_OUTPUT_YAML) must be a new file. */
int fc_outputs_open(struct fc_outputs *outputs, struct fc_error *error);

/* Whether the JSON is wanted for some file. */
bool fc_outputs_any(const struct fc_outputs *outputs);

/* Whether tables are to be printed: not when JSON is, nor when a file is "-", standard output. */
bool fc_outputs_leave_room(const struct fc_outputs *outputs, bool json);

/* A stream in memory for the JSON; NULL with `error` filled without memory. */
FILE *fc_outputs_begin(struct fc_outputs *outputs, struct fc_error *error);

/* Writes all files from it, and prints it where asked for. `failed`: the JSON is not whole; nothing is written. Returns 0
 * or -1 with `error` filled. */
int fc_outputs_end(struct fc_outputs *outputs, bool failed, bool print, struct fc_error *error);

/* Writes one kind from the text of a JSON. Returns 0, or -1 with `error` filled. */
int fc_outputs_write(FILE *out, enum fc_output_kind kind, const char *json, size_t length,
                     struct fc_error *error);

/* Gives locks back and frees what is held. */
void fc_outputs_close(struct fc_outputs *outputs);

#endif
