/* output.h: the one way in which this program writes a file: whole or not at all.
 *
 *     struct fc_output *output;
 *     if (fc_output_open(&output, "-o", path, &error)) ...     before the work: it is tried, and locked
 *     FILE *file = fc_output_begin(output, &error);            as often as wanted: a new version
 *     ...fprintf(file, ...)...
 *     fc_output_commit(output, &error);                        on the disk, in the place of the old one
 *     fc_output_close(output);
 *
 * A version is written to a temporary file beside the target (.NAME.flopcast-XXXXXX, by mkstemp), flushed to the disk, and
 * renamed over it; then the folder is flushed. What a killed process left of such files goes when the target is next opened. A reader, a crash or a power cut sees the old file or the new one. The mode (and
 * where allowed the owner) of an existing file stays; a symbolic link stays and its target is replaced. What is
 * no plain file (a device, a pipe, /dev/stdout) is written in place.
 *
 * Refused, all before the work: a folder; a file that this process reads (read_file.h) or writes already, by
 * whatever name; a file that another flopcast is writing (an advisory lock on .NAME.flopcast-lock, which is
 * removed at the end). All functions are for one thread at a time. */
#ifndef FC_HOST_OUTPUT_H
#define FC_HOST_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct fc_output;

/* Tries and locks `path`, given by the option `option` ("-o"; used in messages about two outputs). Returns 0, or
 * -1 with `error` filled: FC_BAD_INPUT when it cannot be written, FC_FAULT without memory. */
int fc_output_open(struct fc_output **output, const char *option, const char *path, struct fc_error *error);

/* The same for a file that people go on editing (a scenario): one that is there already is refused. */
int fc_output_open_new(struct fc_output **output, const char *option, const char *path,
                       struct fc_error *error);

/* Says that the ending of `path`, `dot` (NULL: it has none), is none of those in `list`. Returns -1. */
int fc_output_refuse_ending(const char *option, const char *path, const char *dot, const char *list,
                            struct fc_error *error);

/* Whether it is written in place: versions before the last would all stay in it. */
bool fc_output_is_special(const struct fc_output *output);

/* A stream for the next version; NULL with `error` filled when none can be made. A version that was begun and
 * not committed is dropped. */
FILE *fc_output_begin(struct fc_output *output, struct fc_error *error);

/* Puts the version in place. Returns 0, or -1 with `error` filled (FC_FAULT): the old file is then untouched. */
int fc_output_commit(struct fc_output *output, struct fc_error *error);

/* Drops a version that was begun, gives the lock back, frees. NULL is allowed. */
void fc_output_close(struct fc_output *output);

/* For an end that nobody meant, such as OpenMP's where no thread can be started: removes the temporary files and the locks of
 * all outputs that are open, and touches nothing else of them. */
void fc_output_abandon_all(void);

#endif
