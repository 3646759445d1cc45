/* follow.h: the forecast of a run under way.
 *
 * The same worlds are simulated to their end and to the moment of the log. Those that stand there as the run does are kept,
 * weighted by how near they are (Epanechnikov kernel on the log of the steps done and the root of the interruptions), and what
 * remains of them is shifted to the run by a local regression (Beaumont, Zhang, Balding 2002). No form is assumed between what
 * is seen and what remains; the effective number of worlds says how much the answer rests on. */
#ifndef FC_HOST_FOLLOW_H
#define FC_HOST_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis.h"

enum { FC_FOLLOW_POINTS = 999 };

/* Interruptions are counted by these classes, too: the metrics interruptions@CLASS, in this order. */
enum { FC_FOLLOW_CLASSES = 11 };
extern const char *const fc_follow_classes[FC_FOLLOW_CLASSES];

/* What a log says. */
struct fc_follow_seen {
    double days;                        /* since the start */
    double steps;                       /* done and kept */
    double stops;                       /* unplanned interruptions so far; NAN: not logged */
    double by_class[FC_FOLLOW_CLASSES]; /* of them; NAN: not logged */
    double spares;                      /* taken so far; NAN: not logged */
    char note[200];                     /* how the log was understood; "" when it needs no word */
};

/* What the days that remain depend on. */
enum { FC_FOLLOW_DRIVERS = 3 };
extern const char *const fc_follow_drivers[FC_FOLLOW_DRIVERS];

/* A count seen so far beside the worlds: its percentile, and the gamma posterior of its rate. */
struct fc_follow_rate {
    double percentile; /* 0 to 1; NAN where it was not logged or does not happen in the scenario */
    double before;     /* mean of the prior, per day */
    double shape, days;
};

/* Worlds at the moment of the log, and their ends. */
struct fc_follow {
    size_t worlds;
    double days, all_steps;
    float *end_days;                             /* infinite: never */
    float *steps, *stops;                        /* at that moment */
    float *by_class[FC_FOLLOW_CLASSES], *spares; /* the same; NULL: the scenario has none */
    float *drivers[FC_FOLLOW_DRIVERS];           /* over the whole run */
};

struct fc_follow_answer {
    double before[FC_FOLLOW_POINTS]; /* quantiles k / (POINTS + 1) of the end, days from the start; rising */
    double now[FC_FOLLOW_POINTS]; /* people and programme go on adding at the rate so far */
    /* The other end: what remains has a rate of people and programme of its own, drawn as at the start. Equal to `now`
     * where the scenario has none. */
    double anew[FC_FOLLOW_POINTS];
    bool has_anew;
    double effective;        /* worlds */
    double steps_percentile; /* of what was seen among the worlds, 0 to 1 */
    struct fc_follow_rate stops, by_class[FC_FOLLOW_CLASSES], spares;
    double share
        [FC_FOLLOW_DRIVERS]; /* of the variance of ln of what remains that a straight line in it explains */
};

/* Simulates trials first ... first + worlds - 1 of a scenario with a run of tokens. Returns 0, or -1 with `error` filled. */
int fc_follow_simulate(struct fc_follow *follow, struct fc_analysis *analysis,
                       const struct fc_scenario *scenario, double days, uint64_t first, size_t worlds,
                       struct fc_error *error);
void fc_follow_free(struct fc_follow *follow);

/* The end of the run given what was seen at follow->days. Returns 0, or -1 with `error` filled: no memory, or no world
 * that is still under way. */
int fc_follow_update(const struct fc_follow *follow, const struct fc_follow_seen *seen,
                     struct fc_follow_answer *answer, struct fc_error *error);

/* The share of the quantiles at or below `days`. */
double fc_follow_probability(const double *quantiles, double days);

/* Nothing seen yet: to be filled by one log or more. */
struct fc_follow_seen fc_follow_nothing(void);

/* Adds what a log says (follow_log.c): CSV with steps and a time, counted from the start, or an export of TensorBoard or
 * Weights & Biases, the last row of which counts; JSON with the same names; the text of Slurm's sacct. */
int fc_follow_read(struct fc_follow_seen *seen, const char *path, const char *start_date,
                   struct fc_error *error);

#endif
