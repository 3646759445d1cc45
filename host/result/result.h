/* result.h: a finished (or half-finished) run with its provenance, and its JSON form (docs/result-format.md).
 */
#ifndef FC_HOST_RESULT_H
#define FC_HOST_RESULT_H

#include <stdio.h>

#include "host/base/notes.h"
#include "metrics.h"
#include "tally.h"

#define FC_RESULT_FORMAT 1 /* raised when a program that reads results must change */

struct fc_result {
    char *scenario_json; /* {"scenario": {...}, "origins": {...}}: the resolved scenario and where its values
                            come from */
    char *scenario_name;
    uint64_t input_digest; /* of program and tables: what the trials were computed from */
    uint64_t seed;
    int model_version;
    struct fc_notes notes; /* all that was assumed, cut or overridden on the way to these numbers */
    struct fc_tally tally;
    float run_flop[FC_RUN_SIZES];
    double deadline_days, budget_usd; /* 0: none */
    double longest_days;              /* a run is watched for so long; what did not end then takes longer; 0: n/a */
    char backend[64];                 /* "cpu", "cpu+opencl", ... */
    char devices[1024];               /* devices with their shares */
    char topology[256];
    char build[256];
    double wall_s;
};

void fc_result_free(struct fc_result *result);

/* Writes the result as one JSON object; an existing file is replaced only when the new one is complete, a
 * device or pipe is written to as it is. */
int fc_result_write(const struct fc_result *result, const char *path, struct fc_error *error);

/* Fails with FC_BAD_INPUT when fc_result_write could not write there: called before a long run, not after. */
int fc_result_can_write(const char *path, struct fc_error *error);

/* Writes the JSON on an open file. */
int fc_result_write_json(const struct fc_result *result, FILE *file, struct fc_error *error);

/* The same as text, to be freed by the caller; NULL on error. */
char *fc_result_json(const struct fc_result *result, struct fc_error *error);

/* Reads a result back and checks its tally against the digest that the file states. On error nothing is to be
 * freed. */
int fc_result_read(struct fc_result *result, const char *path, struct fc_error *error);

#endif
