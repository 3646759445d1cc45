/* scenario.h: a scenario from its file to a compiled program, with everything a result says about it. */
#ifndef FC_HOST_SCENARIO_H
#define FC_HOST_SCENARIO_H

#include <stdbool.h>
#include <stdio.h>

#include "assumptions.h"
#include "program.h"
#include "quick.h"
#include "host/result/result.h"

/* What the command line changes. */
struct fc_scenario_options {
    uint64_t trials; /* 0: as the scenario says */
    uint64_t seed;
    bool has_seed;
    bool quasi;     /* the inputs are points of a lattice (sampling.h) */
    char **overrides; /* PATH=VALUE texts */
    size_t override_count;
    const char
        *text; /* a scenario as text instead of a file, or NULL; path_or_name is then what it is called */
    struct fc_quick quick; /* a scenario from --model, --gpus and --tokens instead of a file */
};

/* Remembers one --set. */
int fc_scenario_add_override(struct fc_scenario_options *options, const char *text, struct fc_error *error);

/* Refuses a --set of `path`, whose values `giver` ("--for") gives and which would count for nothing. */
int fc_scenario_refuse_override(const struct fc_scenario_options *options, const char *path, const char *giver,
                                struct fc_error *error);

/* Takes -n (at most `most` worlds), -s or --set (the command's number for it is `set`) with its value. Returns 0, -1 with
 * `error` filled, or 1 when `option` is none of them. */
int fc_scenario_take_option(struct fc_scenario_options *options, int option, int set, const char *value,
                            uint64_t most, struct fc_error *error);
void fc_scenario_options_free(struct fc_scenario_options *options);

struct fc_scenario {
    struct fc_document *document;
    struct fc_catalog *catalog;
    struct fc_settings *settings;
    struct fc_compiled compiled;
    uint64_t trials, seed;
    char name[128];
};

/* Opens what `options` makes of --model, --gpus and --tokens (path_or_name is then NULL), a file, or a bundled scenario by
 * its name; applies overrides and defaults; compiles. */
int fc_scenario_open(struct fc_scenario *scenario, const char *path_or_name,
                     const struct fc_scenario_options *options, struct fc_error *error);
void fc_scenario_close(struct fc_scenario *scenario);

/* Adds what a person should know of the inputs: tails that were cut, values that were rounded, and all that
 * reading and compiling noted. */
void fc_scenario_notes(const struct fc_scenario *scenario, struct fc_notes *notes);

/* The same on `out`, one line each; `quiet` leaves only warnings. */
void fc_scenario_print_notes(const struct fc_scenario *scenario, FILE *out, bool quiet);

/* An empty result with the scenario's provenance and a tally of the program's metrics. */
int fc_scenario_start_result(const struct fc_scenario *scenario, struct fc_result *result,
                             struct fc_error *error);

/* Whether the scenario that a result read from `path` holds gives the input digest that it states. Returns 0; -1 with
 * FC_BAD_INPUT where it gives another, with FC_FAULT where memory ran out; 1 where it cannot be known here, for the reason
 * in `error`. */
int fc_scenario_check_result(const struct fc_result *result, const char *path, struct fc_error *error);

/* Puts what was found of the inputs' influence into the ledger of the result. */
int fc_scenario_add_influences(const struct fc_scenario *scenario, const struct fc_influence *influences,
                               size_t count, struct fc_result *result, struct fc_error *error);

#endif
