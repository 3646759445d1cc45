/* validation.h: predictions against measured steps: errors, intervals, ranks, and the constant-MFU line
 * beside them. */
#ifndef FC_HOST_VALIDATION_H
#define FC_HOST_VALIDATION_H

#include <stdio.h>

#include "host/step/collectives.h"
#include "host/base/document_write.h"
#include "host/step/factors.h"
#include "cross_validation.h"
#include "measurements.h"

struct fc_score {
    char name[64];
    int rows;
    double mape, median_ape, p90_ape, max_ape, bias;
    double cover50, cover90;
    double constant_mfu_mape; /* NAN where no other model was measured */
    double spearman, regret;  /* over sets of layouts of one job; NAN: no set */
};

enum { FC_SCORES = 96 };

struct fc_validation {
    struct fc_measurements measurements;
    struct fc_beliefs beliefs;
    struct fc_prediction *fitted; /* by the shipped posterior; per row of the table */
    struct fc_prediction *
        validated; /* by fits that have not seen the row's source on its GPU; NULL without cross-validation */
    struct fc_prediction *by_model;              /* by fits that have not seen the row's model */
    struct fc_score by_model_score;              /* over all rows */
    struct fc_prediction *unseen; /* of the newest generation's rows, by a fit that has seen none; NULL */
    struct fc_score unseen_scores[FC_SCORES]; /* the same groups; rows 0: none of that generation */
    struct fc_heir heir;
    struct fc_score scores[FC_SCORES];           /* the first is over all rows */
    struct fc_score validated_scores[FC_SCORES]; /* the same groups */
    int score_count;
    struct fc_collective_row collectives[FC_COLLECTIVE_ROWS]; /* of the catalog's networks */
    int collective_count;
};

/* What is predicted beside the shipped posterior's predictions, added up. */
enum fc_validation_extra {
    FC_VALIDATE_SHIPPED = 0,
    FC_VALIDATE_CROSS = 1,     /* each row by a fit that has not seen its source on its GPU, and its model */
    FC_VALIDATE_GENERATION = 2 /* the newest generation's rows by a fit to the older ones alone */
};

/* Reads the table (NULL: the one that comes with the program), predicts and scores. `extra`: enum
 * fc_validation_extra, added up. */
int fc_validation_run(struct fc_validation *validation, const char *path, const struct fc_catalog *catalog,
                      int extra, struct fc_error *error);
void fc_validation_free(struct fc_validation *validation);

/* The constant-MFU errors of all rows (NAN for rows left out). Returns 0, or -1 with `error` filled where memory runs out. */
int fc_validation_baseline(const struct fc_measurements *measurements, double *errors, struct fc_error *error);

void fc_validation_print(const struct fc_validation *validation, FILE *out);
void fc_validation_json(const struct fc_validation *validation, struct fc_writer *writer);

/* Writes step-time.md, and step-time.svg when gnuplot is there, into the folder. */
int fc_validation_report(const struct fc_validation *validation, const char *folder, struct fc_error *error);

#endif
