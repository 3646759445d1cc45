/* own_measurements.h: measured steps of a user's own plans, gathered into an update of the shipped posterior.
 *
 *     struct fc_own_measurements own = {.beliefs = beliefs};
 *     fc_own_measurements_add(&own, &plan, 8.08, 0.006, &error) ...     seconds, sd of its logarithm
 *     fc_own_measurements_write(&own, what, source, catalog, out);
 * Measurements of one plan are averaged by their errors; where they differ by more than these say, the error grows to
 * what they show (Birge 1932). */
#ifndef FC_HOST_OWN_MEASUREMENTS_H
#define FC_HOST_OWN_MEASUREMENTS_H

#include <stdio.h>

#include "host/step/factors.h"

struct fc_own_plan {
    struct fc_plan plan;
    struct fc_plan_traits traits;
    int count;
    double weight, sum, square; /* of the logs of the seconds, by inverse variance */
    double seconds, sd_log;     /* mean and its error */
    double grown;               /* factor on the error; 1: as stated */
    double before[3], after[3]; /* P5, P50, P95 of the step time before and after */
};

struct fc_own_measurements {
    const struct fc_beliefs *beliefs; /* the shipped ones, without own steps */
    struct fc_beliefs *updated;       /* after fc_own_measurements_update */
    int count;
    struct fc_own_plan plans[FC_OWN_STEPS];
};

/* sd_log <= 0: not stated; two measurements of one plan then differ as published ones do. Returns 0, or -1 when there
 * are too many plans, the plan's model does not run, or the time is no time. */
int fc_own_measurements_add(struct fc_own_measurements *own, const struct fc_plan *plan, double seconds,
                            double sd_log, struct fc_error *error);

/* Averages, updates, and fills before and after. To be freed also when it fails. */
int fc_own_measurements_update(struct fc_own_measurements *own, struct fc_error *error);
void fc_own_measurements_free(struct fc_own_measurements *own);

/* Writes the update as a file for --posterior. */
void fc_own_measurements_write(const struct fc_own_measurements *own, const char *source, FILE *out);

/* "8.08 s", "8080 ms ± 12 ms", "8.08 s +- 0.6 %": seconds, and the standard deviation of the logarithm that the part
 * behind ± states (one standard deviation; 0: none is stated). */
int fc_step_time_parse(const char *text, double *seconds, double *sd_log, struct fc_error *error);

/* Normal quantiles of the log step time of a plan by beliefs: P5, P50, P95 in seconds. */
void fc_step_time_quantiles(const struct fc_beliefs *beliefs, const struct fc_plan *plan,
                            double quantiles[3]);

#endif
