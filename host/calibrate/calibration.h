/* calibration.h: the joint posterior of the efficiency factors by simulation.
 *
 * Sequential Monte Carlo: particles start as draws of the normal distribution with the fit's mode and curvature
 * (fit.h) and are carried to the posterior by weighting, resampling and moves, in steps small enough that
 * half of the weight's sample size is kept. A move is a preconditioned Crank-Nicolson step (Cotter et al.
 * 2013, arXiv 1202.0709), which leaves the Gaussian prior invariant, so that it pays only for what the
 * posterior differs from it; it works in 73 dimensions. Random numbers are counter-based: the result depends
 * neither on threads nor on instruction sets nor on the device. */
#ifndef FC_HOST_CALIBRATION_H
#define FC_HOST_CALIBRATION_H

#include <stdint.h>
#include <stdio.h>

#include "cross_validation.h"
#include "fit.h"
#include "host/backends/worlds_times.h"

struct fc_calibration {
    double mode[FC_FACTORS]; /* shifts of the logs from the priors' medians */
    double mean[FC_FACTORS];
    double covariance[FC_FACTORS][FC_FACTORS];
    double *particles; /* count x FC_FACTORS shifts, each with the same weight */
    size_t count;
    uint64_t draws;    /* evaluations of all rows */
    int stages;        /* from the normal distribution to the posterior */
    double first_ess;  /* of plain importance sampling from the normal distribution, in particles */
    double acceptance; /* of the last moves */
    double ess; /* effective number of particles at the end (estimate: families of copies, decorrelated by
                   moves) */
};

struct fc_calibration_options {
    uint64_t draws; /* at least 1000 */
    uint64_t seed;
    int threads;                            /* 0: as OpenMP decides */
    const struct fc_times_backend *backend; /* evaluates the rows; NULL: the CPU */
    int device;                             /* of it */
};

/* Runs it; the fit's mode is found first, from mode = 0. To be freed also when it fails. */
int fc_calibration_run(struct fc_calibration *calibration, struct fc_fit *fit,
                       const struct fc_calibration_options *options, struct fc_error *error);
void fc_calibration_free(struct fc_calibration *calibration);

/* Writes the posterior as a catalog file (catalog/posterior.yaml). `source` names data and command; `unseen` is what a
 * forecast for an unmeasured generation is worth, without rows where the table does not tell. */
void fc_calibration_write(const struct fc_calibration *calibration, const struct fc_beliefs *prior,
                          const struct fc_residual_parts *residual, const struct fc_generation_score *unseen,
                          const struct fc_catalog *catalog, const char *source, FILE *out);

#endif
