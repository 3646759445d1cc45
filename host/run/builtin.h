/* builtin.h: programs of the model that need no scenario: what the self-test and the benchmarks run.
 *
 * Their tables are made with + - * / and square roots alone, so they hold the same bits wherever they are
 * made. The numbers are of the size of real questions, but they are nobody's forecast. */
#ifndef FC_HOST_BUILTIN_H
#define FC_HOST_BUILTIN_H

#include <stddef.h>

#include "cuda/model/program.h"
#include "host/base/error.h"

enum fc_builtin_kind {
    FC_BUILTIN_CONTRACT, /* uncertain prices, delays and efficiencies, a discrete input, three run sizes */
    FC_BUILTIN_TIMELINE, /* 16,384 GPUs for 30 days: spares, planned stops, table distributions, automatic checkpoints
                          */
    FC_BUILTIN_SELFTEST, /* all layers, with a price that shows the random word it came from (selftest.c) */
    /* the same run modelled in detail: classes, bursts, blame, slow episodes, asynchronous checkpoints */
    FC_BUILTIN_POOLED,  /* with 40 spare trays in one pool */
    FC_BUILTIN_IN_RACK, /* with 2 spare trays in each rack of 18 */
    FC_BUILTIN_LEVELS,  /* pooled, every fifth checkpoint durable and the others in memory */
    FC_BUILTIN_AGES,    /* pooled, every tray with a Weibull age of its own */
};

struct fc_builtin {
    struct fc_program program;
    float *tables;
    size_t table_floats;
};

/* Fails only without memory. Free with fc_builtin_free. */
int fc_builtin_make(struct fc_builtin *builtin, enum fc_builtin_kind kind, struct fc_error *error);

void fc_builtin_free(struct fc_builtin *builtin);

#endif
