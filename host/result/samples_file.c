/* samples_file.c: see samples_file.h. */
#include "samples_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"

struct fc_samples_file {
    FILE *out;
    char path[4096];
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
    if (!f || strlen(path) >= sizeof f->path) {
        free(f);
        return fc_fail(error, FC_FAULT, "--samples %.80s: no memory, or the name is too long", path);
    }
    snprintf(f->path, sizeof f->path, "%s", path);
    f->rows = program->metric_count;
    f->out = fopen(path, "w");
    if (!f->out) {
        int why = errno;
        free(f);
        return fc_fail(error, FC_BAD_INPUT, "--samples %s: cannot be written (%s); give another name", path,
                       strerror(why));
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
        for (int r = 0; r < file->rows; r++)
            fprintf(file->out, ",%.9g", (double)samples[(uint64_t)r * count + i]);
        fputc('\n', file->out);
    }
    return ferror(file->out) ? -1 : 0;
}

int fc_samples_file_close(struct fc_samples_file *file, struct fc_error *error)
{
    if (!file)
        return 0;
    int bad = ferror(file->out);
    bad |= fclose(file->out);
    int status = bad ? fc_fail(error, FC_FAULT, "%s: the samples could not be written in full (disk full?)",
                               file->path)
                     : 0;
    free(file);
    return status;
}
