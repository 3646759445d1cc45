/* cross_validation.h: predictions of models that a fit has not seen. */
#ifndef FC_HOST_CROSS_VALIDATION_H
#define FC_HOST_CROSS_VALIDATION_H

#include "prediction.h"

/* Coverage of intervals whose residual was set without the rows they are tried on. */
struct fc_coverage {
    int rows, held50, held90;
};

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

#endif
