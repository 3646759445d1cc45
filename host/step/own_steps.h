/* own_steps.h: steps that a user measured, as knowledge of that user's other plans.
 *
 * The shipped posterior is updated, never replaced. A measured step says
 *     surprise = gradient . (factors - their medians) + residual of that plan + error of the measurement,
 * all normal in the logarithm, so that factors and residuals of all plans are conditioned on it exactly (the model
 * is taken as linear in the logarithms near the medians). A plan that was measured is then known as well as it was
 * measured; its neighbours share most of what was learnt, other plans of the site what they have in common
 * (residual.h). */
#ifndef FC_HOST_OWN_STEPS_H
#define FC_HOST_OWN_STEPS_H

#include <stdint.h>
#include <stdio.h>

#include "factors.h"

/* Conditions the beliefs on own.step[0 .. count - 1], whose traits, gradient, surprise and sd_log stand. Returns 0, or
 * -1 when the measurements contradict each other (two of one plan without error). */
int fc_own_steps_condition(struct fc_beliefs *beliefs);

/* Change of the mean residual of a plan's log step time. */
double fc_own_steps_mean(const struct fc_own_steps *own, const struct fc_residual_parts *parts,
                         const struct fc_plan_traits *plan);

/* Variance of the residual of a plan's log step time, and its covariances with the factors. */
double fc_own_steps_residual(const struct fc_own_steps *own, const struct fc_residual_parts *parts,
                             const struct fc_plan_traits *plan, double with[FC_FACTORS]);

/* Log of the step time at the medians of the beliefs without the residual, and its gradient by the logs of the
 * factors. Sets traits->router_sd. */
double fc_own_steps_linear(const struct fc_beliefs *beliefs, const struct fc_plan *plan,
                           struct fc_plan_traits *traits, double gradient[FC_FACTORS]);

/* Mean and standard deviation of the log of the step time. own_input[i] (NULL: none): the scenario draws input i
 * itself, which is then no part of it. */
void fc_own_steps_total(const struct fc_beliefs *beliefs, const struct fc_plan *plan, const bool *own_input,
                        double *mean, double *sd);

/* Identity of a posterior: steps that were measured against another one are refused. */
uint64_t fc_beliefs_fingerprint(const struct fc_beliefs *beliefs);

/* Reads the entries own_step_1, own_step_2 ... of the kind posterior and conditions on them. */
int fc_own_steps_read(struct fc_beliefs *beliefs, const struct fc_catalog *catalog, struct fc_error *error);

/* One entry of such a file. `beliefs`: before any own step. */
void fc_own_step_write(const struct fc_own_step *step, int number, double seconds, const char *what,
                       const char *source, const struct fc_beliefs *beliefs, FILE *out);

#endif
