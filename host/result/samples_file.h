/* samples_file.h: the metrics of every trial in a file, by the ending of its name: .csv, one line per trial, or .h5
 * (HDF5, where it was there at build time), one dataset per metric with its unit.
 *
 * CSV: the first line names the columns: trial, then the metrics; numbers have nine significant digits, so that they read
 * back as the simulated bits; a world without a value has an empty cell. HDF5: datasets of float32 with the attributes
 * `unit` and `what`, "trial" (uint64) beside them, and on the file `scenario`, `seed`, `model_version`, `input_digest`,
 * `software`, `command_line`; a world without a value is NaN.
 * Rows come batch by batch as devices finish them, so sort by `trial` where order matters. */
#ifndef FC_HOST_SAMPLES_FILE_H
#define FC_HOST_SAMPLES_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "cuda/model/program.h"
#include "host/base/error.h"

struct fc_samples_file;

/* Where the samples come from. */
struct fc_samples_about {
    const char *scenario, *software, *command_line;
    uint64_t seed, input_digest;
    int model_version;
};

/* Begins the file; one that is there stays until fc_samples_file_close. Endings that nothing writes are refused
 * (FC_BAD_INPUT). */
int fc_samples_file_open(struct fc_samples_file **file, const char *path, const struct fc_program *program,
                         const struct fc_samples_about *about, struct fc_error *error);

/* Writes a batch as fc_sink gets it. Returns 0, or -1 when the disk is full or the like. */
int fc_samples_file_write(struct fc_samples_file *file, uint64_t first, uint64_t count, const float *samples);

/* Finishes the file and puts it in place (`keep`), or drops it. Returns 0, or -1 with `error` filled when anything
 * could not be written. NULL is allowed. */
int fc_samples_file_close(struct fc_samples_file *file, bool keep, struct fc_error *error);

#endif
