/* result.h: a finished (or half-finished) run with its provenance, and its JSON form (docs/result-format.md).
 */
#ifndef FC_HOST_RESULT_H
#define FC_HOST_RESULT_H

#include "host/base/notes.h"
#include "host/base/output.h"
#include "metrics.h"
#include "tally.h"

#define FC_RESULT_FORMAT 2 /* raised when a program that reads results must change */

struct fc_result {
    char *scenario_json; /* {"scenario": {...}, "origins": {...}}: the resolved scenario and where its values
                            come from */
    char *told; /* of a result that was read: the members of the file that all parts of its run have alike; else NULL */
    char *scenario_name;
    char *months_json; /* of a contract, for pages: {"trials", "by", "period", "flows"}, quantiles by month; NULL: none */
    char *course_json; /* of a run to its end, for pages: the same at moments in days; NULL: none */
    uint64_t input_digest; /* of program and tables: what the trials were computed from */
    uint64_t seed;
    int model_version;
    struct fc_notes notes; /* all that was assumed, cut or overridden on the way to these numbers */
    struct fc_tally tally;
    uint64_t trials_asked; /* of all shards together: the whole is trials 0 ... trials_asked - 1 */
    float run_flop[FC_RUN_SIZES];
    double deadline_days, budget_usd; /* 0: none */
    double tail; /* share of the worst worlds whose mean is written beside the rest; 0: none; it is not read back */
    double longest_days; /* a run is watched for so long; what did not end then takes longer; 0: n/a */
    char backend[64];    /* "cpu", "cpu+opencl", ... */
    char devices[1024];  /* devices with their shares */
    char topology[256];
    char build[256];
    double wall_s;
};

void fc_result_free(struct fc_result *result);

/* Writes the result as one JSON object into its output, as a new version of it. */
int fc_result_write(const struct fc_result *result, struct fc_output *output, struct fc_error *error);

/* The same as text, to be freed by the caller; NULL on error. Its last member is a hash of the rest
 * (result_hash.h). */
char *fc_result_json(const struct fc_result *result, struct fc_error *error);

/* Adds where and how a part of the trials was computed (backend, devices, topology, build, notes, time) to a
 * result. */
void fc_result_add_provenance(struct fc_result *result, const struct fc_result *part);

/* Reads a result back; checks its tally against the digest, and the whole file against the hash, that it states.
 * On error nothing is to be freed. */
int fc_result_read(struct fc_result *result, const char *path, struct fc_error *error);

/* The same of a part of the run that `whole` was read from: what stands in both files byte for byte (scenario, origins,
 * assumptions) is not read again. `room`: an empty tally that is taken into the result where it is of the same metrics, which
 * spares its memory; or NULL. */
int fc_result_read_part(struct fc_result *result, const char *path, const struct fc_result *whole, struct fc_tally *room,
                        struct fc_error *error);

#endif
