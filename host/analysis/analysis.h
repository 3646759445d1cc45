/* analysis.h: what sweep, compare, explain, solve and stress share: one choice of devices, and variants of a
 * scenario run on it with the same seed, so that all of them meet the same worlds (common random numbers).
 *
 *     fc_analysis_open(&a, &options, &e);
 *     fc_scenario_open(&s, "my.yaml", &options.scenario, &e);
 *     fc_analysis_run(&a, &s.compiled, s.seed, 0, n, &tally, samples, &e);
 *     ...
 *     fc_analysis_close(&a); */
#ifndef FC_HOST_ANALYSIS_H
#define FC_HOST_ANALYSIS_H

#include <getopt.h>
#include <stdbool.h>

#include "host/base/document_write.h"
#include "host/base/progress.h"
#include "host/compile/scenario.h"
#include "host/run/select.h"
#include "host/result/statistics.h"

#define FC_ANALYSIS_FORMAT 1 /* of the JSON of these commands */

/* The options that all of them take. */
struct fc_analysis_options {
    struct fc_scenario_options scenario;
    struct fc_select_request wish;
    const char *output, *report; /* -o, --report: files to write, or NULL */
    bool json, quiet;
    bool begun; /* fc_analysis_next has been called */
};

/* The lines of --help for these options. */
extern const char fc_analysis_help[];
extern const char fc_analysis_help_pageless[]; /* of commands that have no page: without --report */

/* Goes through the options of `command`: takes the shared ones and returns the next of its `own`
 * (zero-terminated, values from FC_ANALYSIS_OWN on; FC_QUICK_OPTIONS among them are taken here), with its argument in
 * optarg. At the end
 * FC_ANALYSIS_DONE, and argv[optind] is the first argument that is none; FC_ANALYSIS_HELP for -h;
 * FC_ANALYSIS_WRONG with `error` filled. */
enum { FC_ANALYSIS_WRONG = -1, FC_ANALYSIS_DONE = 0, FC_ANALYSIS_HELP = 1, FC_ANALYSIS_OWN = 512 };
int fc_analysis_next(struct fc_analysis_options *options, const char *command, int argc, char **argv,
                     const struct option *own, struct fc_error *error);

void fc_analysis_options_free(struct fc_analysis_options *options);

struct fc_analysis {
    struct fc_selection selection;
    struct fc_progress_line line;
    uint64_t planned, done; /* trials, over all variants; planned may be 0 */
    double start_s;
    bool quiet, warned;
    FILE *json;           /* where fc_analysis_write_start writes; NULL is standard output */
    struct fc_kept *kept; /* runs of trials 0 ... of the scenario, or NULL (fc_analysis_keep_runs) */
    bool same_runs;       /* the next fc_analysis_run meets those: set by who knows (fc_kept_path) */
};

/* Chooses devices. `planned` trials are expected in all, for the progress line. */
int fc_analysis_open(struct fc_analysis *analysis, const struct fc_analysis_options *options,
                     uint64_t planned, struct fc_error *error);
void fc_analysis_close(struct fc_analysis *analysis);

/* Splits "PATH=VALUE,PATH=VALUE" at the commas outside brackets into texts of fewer than `size` bytes at
 * parts + k size, k < most. Returns how many there are, or -1 with `error` filled, which names the option. */
int fc_analysis_split(const char *option, const char *text, char *parts, size_t size, int most,
                      struct fc_error *error);

/* Seconds since fc_analysis_open. */
double fc_analysis_elapsed_s(const struct fc_analysis *analysis);

/* The trials of each of `variants` runs: those of -n; else the scenario's but 100,000 at most, and 200,000
 * over all variants, so that an answer comes within seconds. */
uint64_t fc_analysis_trials(const struct fc_scenario *scenario, const struct fc_analysis_options *options,
                            size_t variants);

/* Opens the scenario with `count` further PATH=VALUE texts behind those of the options. */
int fc_analysis_scenario(struct fc_scenario *scenario, const char *path_or_name,
                         const struct fc_analysis_options *options, const char *const *changes, size_t count,
                         struct fc_error *error);

/* Reduces the program's output to these metrics (any order, no doubles; all must be in it): less to store and
 * add up. */
void fc_analysis_keep(struct fc_program *program, const int *metrics, int count);

/* Keeps the runs of `trials` trials where the program simulates any and the CPU does it alone. Runs under
 * `same_runs` then fill the store and are served from it. */
void fc_analysis_keep_runs(struct fc_analysis *analysis, const struct fc_program *program, uint64_t trials);

/* Simulates trials first ... first + count - 1. `tally` (not yet created; may be NULL) receives what
 * fc_tally_free is to free; metric row r of trial first + i goes to samples[r * count + i] unless `samples`
 * is NULL; a world without a value holds an infinity at the adverse end. Ctrl-C stops with FC_FAULT. */
int fc_analysis_run(struct fc_analysis *analysis, const struct fc_compiled *compiled, uint64_t seed,
                    uint64_t first, uint64_t count, struct fc_tally *tally, float *samples,
                    struct fc_error *error);

/* Memory for the samples of `rows` metrics over `count` trials; fails, saying what would fit, above 4 GiB. */
float *fc_analysis_samples(uint64_t count, int rows, struct fc_error *error);

/* The warnings of a further value or shock that the notes in `said` do not hold yet, on stderr, quiet or not; adds its
 * notes to `said`. */
void fc_analysis_print_warnings(struct fc_notes *said, const struct fc_scenario *scenario, const char *value);

/* "name: 100,000 trials, seed 1" and an empty line, for people. */
void fc_analysis_head(FILE *out, const struct fc_scenario *scenario, uint64_t trials);

/* The closing lines for people: devices, time. */
void fc_analysis_foot(FILE *out, const struct fc_analysis *analysis);

/* Begins the JSON of a command: format, its name, the command line. Close it with fc_analysis_write_end. */
int fc_analysis_write_head(struct fc_writer **writer, FILE *out, const char *command, struct fc_error *error);

/* Starts the JSON object that every analysis prints: format, command and command line, scenario, input digest, seed,
 * trials, backend, wall time, notes and assumptions. The caller goes on in the open map and ends it. */
int fc_analysis_write_start(struct fc_writer **writer, const char *command,
                            const struct fc_analysis *analysis, const struct fc_scenario *scenario,
                            uint64_t trials, struct fc_error *error);

/* Ends map and document. */
int fc_analysis_write_end(struct fc_writer *writer, struct fc_error *error);

/* Writes an estimate as KEY and KEY_se, null where it is refused. */
void fc_analysis_write_estimate(struct fc_writer *writer, const char *key, struct fc_estimate estimate);

/* The whole of a command: reads nothing, prints the error, returns the exit status. */
int fc_analysis_end(int status, const struct fc_error *error);

#endif
