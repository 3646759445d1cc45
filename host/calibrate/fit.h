/* fit.h: the efficiency factors from measured steps: the mode of their posterior and its curvature.
 *
 * Prior: the logs of the factors are independent and normal (catalog/efficiency.yaml). A measured step is
 * log t = log model(factors) + e with density exp(-w H(e)): H is Huber's loss, quadratic with standard
 * deviation FC_FIT_SD up to FC_FIT_BEND and linear beyond, so that a few strange rows do not carry the fit; w
 * = 1 / (1 + (n - 1) 0.75) for n rows that share model, GPU, precision, tp, pp and micro-batch: the design
 * effect (Kish 1965) of rows whose errors have the correlation 0.75; a row with blank cells (unstated.h) weighs less by
 * what they leave open.
 */
#ifndef FC_HOST_FIT_H
#define FC_HOST_FIT_H

#include <stddef.h>

#include "host/step/factors.h"
#include "measurements.h"
#include "cuda/model/step/step_program.h"

#define FC_FIT_SD 0.05
#define FC_FIT_BEND 0.06
enum { FC_FIT_SITES = 128 };

struct fc_fit_row {
    struct fc_step_program program;
    int factor[FC_IN_STEP_END]; /* behind each input; -1: the input is 1 */
    double log_seconds, weight; /* of the measured step, less its site's offset */
    double log_measured;
    int site; /* whose offset it has; -1: none */
};

struct fc_fit {
    const struct fc_beliefs *prior;
    struct fc_fit_row *rows;
    size_t count;
    int sites; /* sources on one GPU that the vendor did not tune; each has an offset in the log, drawn from one
                  normal distribution whose mean and deviation are estimated with it (empirical Bayes) */
    double site_offset[FC_FIT_SITES], site_mean, site_sd;
};

/* Gives the rows of sites the vendor did not tune an offset each, so that a slow site is not taken for slow kernels.
 * Same arguments as fc_fit_create, after it. */
void fc_fit_take_sites(struct fc_fit *fit, const struct fc_measurements *measurements, const bool *use);

/* Takes the rows with use[i] (all used ones when `use` is NULL), with their weights. */
int fc_fit_create(struct fc_fit *fit, const struct fc_measurements *measurements, const bool *use,
                  const struct fc_beliefs *prior, struct fc_error *error);
void fc_fit_free(struct fc_fit *fit);

/* The loss of one row without its weight. */
double fc_fit_loss(double e);

/* log of the model's time for factors prior.median exp(shift); gradient (FC_FACTORS values) may be NULL. */
double fc_fit_log_time(const struct fc_fit_row *row, const struct fc_beliefs *prior, const double *shift,
                       double *gradient);

/* Minus the log of the posterior density, up to a constant. */
double fc_fit_energy(const struct fc_fit *fit, const double *shift);

/* The mode, from `shift` on (0 is the prior's), with the sites' offsets where they are taken, and the inverse of the curvature there as covariance. */
int fc_fit_find_mode(struct fc_fit *fit, double shift[FC_FACTORS], double covariance[FC_FACTORS][FC_FACTORS],
                     struct fc_error *error);

#endif
