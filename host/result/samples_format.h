/* samples_format.h: what a kind of sample file does; samples_file.c chooses by the ending of the name. */
#ifndef FC_HOST_SAMPLES_FORMAT_H
#define FC_HOST_SAMPLES_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "samples_file.h"

struct fc_samples_format {
    const char *ending;
    const char *left_out; /* NULL, or what this build lacks to write it */
    bool plain_files;     /* it cannot be written to a pipe */
    /* Writes what comes before the first batch; *state is handed to the others. `out` is an empty file, open for
     * writing. Each returns 0, or -1 with `error` filled where there is one. */
    int (*start)(void **state, FILE *out, const struct fc_program *program, const struct fc_samples_about *about,
                 struct fc_error *error);
    int (*write)(void *state, uint64_t first, uint64_t count, const float *samples);
    int (*finish)(void *state, bool keep, struct fc_error *error); /* and frees `state` */
};

extern const struct fc_samples_format fc_samples_csv, fc_samples_hdf5;

#endif
