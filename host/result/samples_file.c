/* samples_file.c: see samples_file.h. */
#include "samples_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/output.h"
#include "metrics.h"

struct fc_samples_file {
    struct fc_output *output;
    FILE *out;
    int rows;
};

int fc_samples_file_open(struct fc_samples_file **file, const char *path, const struct fc_program *program,
                         struct fc_error *error)
{
    *file = NULL;
    const char *dot = strrchr(path, '.');
    if (!dot || strcmp(dot, ".csv") != 0)
        return fc_fail(error, FC_BAD_INPUT, "--samples %s: samples are written as CSV; end the name in .csv",
                       path);
    struct fc_samples_file *f = calloc(1, sizeof *f);
    if (!f)
        return fc_fail(error, FC_FAULT, "--samples %.80s: out of memory", path);
    f->rows = program->metric_count;
    if (fc_output_open(&f->output, "--samples", path, error) ||
        !(f->out = fc_output_begin(f->output, error))) {
        fc_output_close(f->output);
        free(f);
        return -1;
    }
    fputs("trial", f->out);
    for (int r = 0; r < program->metric_count; r++) {
        char name[64];
        fc_metric_name(program->metrics[r], program->contract.run_flop, name, sizeof name);
        fprintf(f->out, ",%s", name);
    }
    fputc('\n', f->out);
    *file = f;
    return 0;
}

int fc_samples_file_write(struct fc_samples_file *file, uint64_t first, uint64_t count, const float *samples)
{
    for (uint64_t i = 0; i < count; i++) {
        fprintf(file->out, "%" PRIu64, first + i);
        for (int r = 0; r < file->rows; r++) {
            double value = (double)samples[(uint64_t)r * count + i];
            if (isfinite(value)) /* a world without a value has an empty cell */
                fprintf(file->out, ",%.9g", value);
            else
                fputc(',', file->out);
        }
        fputc('\n', file->out);
    }
    return ferror(file->out) ? -1 : 0;
}

int fc_samples_file_close(struct fc_samples_file *file, bool keep, struct fc_error *error)
{
    if (!file)
        return 0;
    int status = keep ? fc_output_commit(file->output, error) : 0;
    fc_output_close(file->output);
    free(file);
    return status;
}
