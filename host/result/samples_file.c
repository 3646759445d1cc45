/* samples_file.c: see samples_file.h. */
#include "samples_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/output.h"
#include "samples_format.h"

struct fc_samples_file {
    struct fc_output *output;
    const struct fc_samples_format *format;
    void *state;
};

static const struct fc_samples_format *const formats[] = {&fc_samples_csv, &fc_samples_hdf5};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static const struct fc_samples_format *format_of(const char *path, struct fc_error *error)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    char list[64] = "";
    for (int i = 0; i < FORMATS; i++) {
        if (dot && strcmp(dot, formats[i]->ending) == 0) {
            if (!formats[i]->left_out)
                return formats[i];
            fc_fail(error, FC_BAD_INPUT, "--samples %s: this program %s", path, formats[i]->left_out);
            return NULL;
        }
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", formats[i]->ending);
    }
    fc_output_refuse_ending("--samples", path, dot, list, error);
    return NULL;
}

int fc_samples_file_open(struct fc_samples_file **file, const char *path, const struct fc_program *program,
                         const struct fc_samples_about *about, struct fc_error *error)
{
    *file = NULL;
    const struct fc_samples_format *format = format_of(path, error);
    if (!format)
        return -1;
    struct fc_samples_file *f = calloc(1, sizeof *f);
    if (!f)
        return fc_fail(error, FC_FAULT, "--samples %.80s: out of memory", path);
    f->format = format;
    FILE *out = NULL;
    if (fc_output_open(&f->output, "--samples", path, error))
        goto failed;
    if (format->plain_files && fc_output_is_special(f->output)) {
        fc_fail(error, FC_BAD_INPUT, "--samples %s: %s is written to plain files only; .csv goes anywhere", path,
                format->ending);
        goto failed;
    }
    out = fc_output_begin(f->output, error);
    if (!out || format->start(&f->state, out, program, about, error))
        goto failed;
    *file = f;
    return 0;
failed:
    fc_output_close(f->output);
    free(f);
    return -1;
}

int fc_samples_file_write(struct fc_samples_file *file, uint64_t first, uint64_t count, const float *samples)
{
    return file->format->write(file->state, first, count, samples);
}

int fc_samples_file_close(struct fc_samples_file *file, bool keep, struct fc_error *error)
{
    if (!file)
        return 0;
    int status = file->format->finish(file->state, keep, error);
    if (keep && !status)
        status = fc_output_commit(file->output, error);
    fc_output_close(file->output);
    free(file);
    return status;
}
