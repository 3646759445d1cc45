/* prediction.h: one measured row predicted by given factors, and which rows count as one model. */
#ifndef FC_HOST_PREDICTION_H
#define FC_HOST_PREDICTION_H

#include "host/step/factors.h"
#include "measurements.h"

/* A row's prediction; errors are predicted / measured - 1. */
struct fc_prediction {
    double seconds, error;
    double sd_log;      /* of the posterior and the residual together, linearised */
    double surprise;    /* log(measured / predicted) before the mean of the residual */
    double gradient_sd; /* of the posterior alone */
    double factor_sd;   /* of the posterior and of plans that blank cells leave open */
    double baseline;    /* error of the constant MFU of other models on this GPU and precision; NAN: none */
};

/* One row's prediction by factors of prior.median exp(shift). */
void fc_predict(const struct fc_measurement *row, const struct fc_beliefs *beliefs, const double *shift,
                const double covariance[FC_FACTORS][FC_FACTORS], struct fc_prediction *prediction);

/* The same with other parts of the residual. */
void fc_predict_again(const struct fc_measurement *row, const struct fc_residual_parts *parts,
                      struct fc_prediction *prediction);

/* Variants of one architecture. */
bool fc_same_family(const struct fc_measurement *a, const struct fc_measurement *b);

/* The same source, on the same GPU. */
bool fc_same_place(const struct fc_measurement *a, const struct fc_measurement *b);

/* Models that count as one when a model is left out: variants of one architecture. */
void fc_model_family(const char *model, char *family, size_t size);

#endif
