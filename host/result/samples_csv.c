/* samples_csv.c: samples as comma-separated values; see samples_file.h. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "metrics.h"
#include "samples_format.h"

struct state {
    FILE *out;
    int rows;
};

static int start(void **state, FILE *out, const struct fc_program *program, const struct fc_samples_about *about,
                 struct fc_error *error)
{
    (void)about;
    struct state *s = malloc(sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the samples");
    *s = (struct state){out, program->metric_count};
    *state = s;
    fputs("trial", out);
    for (int r = 0; r < s->rows; r++) {
        char name[64];
        fc_metric_name(program->metrics[r], program->contract.run_flop, name, sizeof name);
        fprintf(out, ",%s", name);
    }
    fputc('\n', out);
    return 0;
}

static int write_batch(void *state, uint64_t first, uint64_t count, const float *samples)
{
    struct state *s = state;
    for (uint64_t i = 0; i < count; i++) {
        fprintf(s->out, "%" PRIu64, first + i);
        for (int r = 0; r < s->rows; r++) {
            double value = (double)samples[(uint64_t)r * count + i];
            if (isfinite(value)) /* a world without a value has an empty cell */
                fprintf(s->out, ",%.9g", value);
            else
                fputc(',', s->out);
        }
        fputc('\n', s->out);
    }
    return ferror(s->out) ? -1 : 0;
}

static int finish(void *state, bool keep, struct fc_error *error)
{
    (void)keep;
    (void)error;
    free(state);
    return 0;
}

const struct fc_samples_format fc_samples_csv = {".csv", NULL, false, start, write_batch, finish};
