/* samples_file.h: the metrics of every trial as comma-separated values, one line per trial.
 *
 * The first line names the columns: trial, then the metrics. Lines come batch by batch as devices finish
 * them, so sort by `trial` where order matters. Numbers have nine significant digits: read back as float they
 * are the simulated bits. */
#ifndef FC_HOST_SAMPLES_FILE_H
#define FC_HOST_SAMPLES_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "cuda/model/program.h"
#include "host/base/error.h"

struct fc_samples_file;

/* Begins the file; one that is there stays until fc_samples_file_close. Only names that end in .csv are taken. */
int fc_samples_file_open(struct fc_samples_file **file, const char *path, const struct fc_program *program,
                         struct fc_error *error);

/* Writes a batch as fc_sink gets it. Returns 0, or -1 when the disk is full or the like. */
int fc_samples_file_write(struct fc_samples_file *file, uint64_t first, uint64_t count, const float *samples);

/* Finishes the file and puts it in place (`keep`), or drops it. Returns 0, or -1 with `error` filled when anything
 * could not be written. NULL is allowed. */
int fc_samples_file_close(struct fc_samples_file *file, bool keep, struct fc_error *error);

#endif
