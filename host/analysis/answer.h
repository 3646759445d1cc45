/* answer.h: one figure of a result as people write it: "p95(cost_usd)", "mean(goodput)",
 * "worst5(cost_usd)", "deadline_and_budget_met" (a probability), "cost_usd" (its mean). */
#ifndef FC_HOST_ANSWER_H
#define FC_HOST_ANSWER_H

#include <stddef.h>

#include "cuda/model/program.h"
#include "host/base/notes.h"
#include "host/result/statistics.h"

enum fc_answer_kind { FC_ANSWER_MEAN, FC_ANSWER_SD, FC_ANSWER_QUANTILE, FC_ANSWER_WORST5 };

struct fc_answer {
    enum fc_answer_kind kind;
    int metric;        /* enum fc_metric */
    double p;          /* FC_ANSWER_QUANTILE: 0 to 1 */
    int worst_is_high; /* FC_ANSWER_WORST5: which side is bad */
};

/* The metric of this name ("cost_usd", "run_cost_usd@5e26") among those of the program; an error names the
 * nearest. */
int fc_answer_metric(const struct fc_program *program, const char *name, size_t length, int *metric,
                     struct fc_error *error);

/* Reads the `length` bytes at `text`. Returns 0, or -1 with `error` filled. */
int fc_answer_read(const struct fc_program *program, const char *text, size_t length,
                   struct fc_answer *answer, struct fc_error *error);

/* Reads the whole of `text` as a value of the metric, with a unit of the kind of its own. One without is taken in the
 * metric's unit, and `notes` says so. `option` ("--above") opens the messages. Returns 0, or -1 with `error` filled. */
int fc_answer_limit(const char *option, const char *text, int metric, double *limit, struct fc_notes *notes,
                    struct fc_error *error);

/* Its value and standard error. Refused where the tally does not hold the metric or the sample is too thin.
 */
struct fc_estimate fc_answer_value(const struct fc_answer *answer, const struct fc_tally *tally);

/* "p95(cost_usd)" into text. */
void fc_answer_name(const struct fc_answer *answer, const float *run_flop, char *text, size_t size);

#endif
