/* validation.h: predictions against measured steps: errors, intervals, ranks, and the constant-MFU line
 * beside them. */
#ifndef FC_HOST_VALIDATION_H
#define FC_HOST_VALIDATION_H

#include <stdio.h>

#include "host/step/collectives.h"
#include "host/base/document_write.h"
#include "host/step/factors.h"
#include "measurements.h"

/* A row's prediction; errors are predicted / measured - 1. */
struct fc_prediction {
    double seconds, error;
    double sd_log;    /* of the posterior and the residual together, linearised */
    double factor_sd; /* of the posterior alone */
    double baseline;  /* error of the constant MFU of other models on this GPU and precision; NAN: none */
};

struct fc_score {
    char name[64];
    int rows;
    double mape, median_ape, p90_ape, max_ape, bias;
    double cover50, cover90;
    double constant_mfu_mape; /* NAN where no other model was measured */
    double spearman, regret;  /* over sets of layouts of one job; NAN: no set */
};

enum { FC_SCORES = 96 };

/* Coverage of intervals whose residual was set without the rows they are tried on. */
struct fc_coverage {
    int rows, held50, held90;
};

struct fc_validation {
    struct fc_measurements measurements;
    struct fc_beliefs beliefs;
    struct fc_prediction *fitted; /* by the shipped posterior; per row of the table */
    struct fc_prediction
        *validated; /* by fits that have not seen the row's model; NULL without cross-validation */
    struct fc_score scores[FC_SCORES];           /* the first is over all rows */
    struct fc_score validated_scores[FC_SCORES]; /* the same groups */
    int score_count;
    struct fc_coverage nested[FC_GROUPS + 1];                 /* with cross-validation */
    struct fc_collective_row collectives[FC_COLLECTIVE_ROWS]; /* of the catalog's networks */
    int collective_count;
};

/* Reads the table (NULL: the one that comes with the program), predicts and scores. With `cross_validate`
 * five fits are made, each without a fifth of the models. */
int fc_validation_run(struct fc_validation *validation, const char *path, const struct fc_catalog *catalog,
                      bool cross_validate, struct fc_error *error);
void fc_validation_free(struct fc_validation *validation);

/* Residual standard deviations for models not seen: per group the smallest with which the 90 % intervals of
 * the cross-validated predictions hold 90 % of the rows, and the 50 % intervals 50 %. */
int fc_validation_residuals(const struct fc_measurements *measurements, const struct fc_beliefs *prior,
                            double residual_sd[FC_GROUPS], struct fc_error *error);

/* Whether such residuals hold on further models: five times they are set on four folds, by fits that have not
 * seen the fifth, and tried on the fifth. By group, and over all rows in the last place. */
int fc_validation_nested(const struct fc_measurements *measurements, const struct fc_beliefs *prior,
                         struct fc_coverage coverage[FC_GROUPS + 1], struct fc_error *error);

/* Predicts each row by a fit without the models of its fold; `beliefs` gives priors and residuals. */
int fc_cross_validate(const struct fc_measurements *measurements, const struct fc_beliefs *beliefs,
                      struct fc_prediction *predictions, struct fc_error *error);

/* One row's prediction by factors of prior.median exp(shift). */
void fc_predict(const struct fc_measurement *row, const struct fc_beliefs *beliefs, const double *shift,
                const double covariance[FC_FACTORS][FC_FACTORS], struct fc_prediction *prediction);

/* Variants of one architecture. */
bool fc_same_family(const struct fc_measurement *a, const struct fc_measurement *b);

/* The constant-MFU errors of all rows (NAN for rows left out). */
void fc_validation_baseline(const struct fc_measurements *measurements, double *errors);

/* Models that count as one when a model is left out: variants of one architecture. */
void fc_model_family(const char *model, char *family, size_t size);

void fc_validation_print(const struct fc_validation *validation, FILE *out);
void fc_validation_json(const struct fc_validation *validation, struct fc_writer *writer);

/* Writes step-time.md, and step-time.svg when gnuplot is there, into the folder. */
int fc_validation_report(const struct fc_validation *validation, const char *folder, struct fc_error *error);

#endif
