/* cross_validation.h: predictions of rows that a fit has not seen, and what they leave unexplained. */
#ifndef FC_HOST_CROSS_VALIDATION_H
#define FC_HOST_CROSS_VALIDATION_H

#include "prediction.h"

/* What a fold leaves out. */
enum fc_fold_kind {
    FC_FOLD_PLACE, /* a source on one GPU: one fold each */
    FC_FOLD_MODEL  /* models: five folds */
};

/* Parts of the residual, from rows that the fits have not seen: the sites' mean and deviation by maximum likelihood
 * over places, the others by robust moments inside them (medians of absolute differences), scaled so that the 90 %
 * intervals of `predictions` hold 90 % of the rows and the 50 % intervals half. Rows with fold[i] == except are not
 * looked at; fold NULL: all are. */
void fc_residual_estimate(const struct fc_measurements *measurements, const struct fc_prediction *predictions,
                          const int *fold, int except, struct fc_residual_parts *parts);

/* The parts from folds that leave out a place each. */
int fc_validation_residuals(const struct fc_measurements *measurements, const struct fc_beliefs *prior,
                            struct fc_residual_parts *parts, struct fc_error *error);

/* Predicts each row by a fit without its fold, with parts of the residual estimated without its fold too. */
int fc_cross_validate(const struct fc_measurements *measurements, const struct fc_beliefs *beliefs,
                      enum fc_fold_kind kind, struct fc_prediction *predictions, struct fc_error *error);

/* Predicts the rows with use[i] false by one fit to the others. Where `inherit` is set their GPUs count as Hoppers:
 * a new generation takes the factors of the one before. The mode is sought from `start` on (NULL: the prior). */
int fc_predict_unseen(const struct fc_measurements *measurements, const struct fc_beliefs *beliefs,
                      const bool *use, bool inherit, const double *start, struct fc_prediction *predictions,
                      struct fc_error *error);

#endif
