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
 * looked at; fold NULL: all are. Returns 0, or -1 with `error` filled where memory runs out. */
int fc_residual_estimate(const struct fc_measurements *measurements, const struct fc_prediction *predictions,
                         const int *fold, int except, struct fc_residual_parts *parts, struct fc_error *error);

/* The parts from folds that leave out a place each. */
int fc_validation_residuals(const struct fc_measurements *measurements, const struct fc_beliefs *prior,
                            struct fc_residual_parts *parts, struct fc_error *error);

/* Predicts each row by a fit without its fold, with parts of the residual estimated without its fold too. */
int fc_cross_validate(const struct fc_measurements *measurements, const struct fc_beliefs *beliefs,
                      enum fc_fold_kind kind, struct fc_prediction *predictions, struct fc_error *error);

/* Whose efficiency a GPU of a generation that nobody measured takes, and how much wider its step times are. */
struct fc_heir {
    enum fc_family family; /* the newest that was measured */
    double sd_log;
    double watts_per_flop; /* board power over BF16 peak of that family's GPU whose clock is the reference, W s */
};

/* Sustained clock by board power: the boards of H100 with 500 and 700 W differ by 0.843 in the steps of torchtitan
 * (clock_h100_500w of catalog/posterior.yaml), which is their power to 0.51. Between the cube root of power that grows
 * with clock and squared voltage, and proportion where the voltage has reached its floor. */
#define FC_CLOCK_BY_POWER 0.5

/* The width of the catalog's GPUs whose generation nobody measured; Hopper as the family, the one before the
 * measured ones of Blackwell. */
int fc_heir_read(struct fc_heir *heir, const struct fc_catalog *catalog, struct fc_error *error);

/* Efficiency and clock relative to the peaks as those of the family; its own peaks, memory and links stay. */
void fc_generation_inherit(struct fc_accelerator *gpu, const struct fc_heir *heir);

/* Predicts the rows with use[i] false by one fit to the others, their GPUs with what `inherit` says where it is not
 * NULL. The mode is sought from `start` on (NULL: the prior). */
int fc_predict_unseen(const struct fc_measurements *measurements, const struct fc_beliefs *beliefs,
                      const bool *use, const struct fc_heir *inherit, const double *start,
                      struct fc_prediction *predictions, struct fc_error *error);

/* Predicts the rows of the generations after the heir's by a fit to the others alone, factors and residual alike: what
 * a forecast for a GPU is worth before anybody has measured its generation. */
int fc_leave_generation(const struct fc_measurements *measurements, const struct fc_beliefs *beliefs,
                        const struct fc_heir *heir, struct fc_prediction *predictions,
                        struct fc_error *error);

/* How far off those predictions are: rows, mean |predicted / measured - 1|, share inside the 90 % interval. */
struct fc_generation_score {
    int rows;
    double mape, cover90;
};
struct fc_generation_score fc_generation_score(const struct fc_measurements *measurements,
                                               const struct fc_heir *heir,
                                               const struct fc_prediction *predictions);

#endif
