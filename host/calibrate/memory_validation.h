/* memory_validation.h: predicted against measured memory of a GPU, and whether a plan fits. */
#ifndef FC_HOST_MEMORY_VALIDATION_H
#define FC_HOST_MEMORY_VALIDATION_H

#include <stdio.h>

#include "host/base/document_write.h"
#include "measurements.h"

struct fc_memory_prediction {
    double bytes;  /* median, of the kind that was measured */
    double error;  /* predicted / measured - 1; NAN where it ran out */
    double sd_log; /* of the prediction */
    double fits;   /* probability */
};

/* Figures of one kind of software. */
struct fc_memory_score {
    char name[32];
    int rows, ran_out;
    double mape, bias, cover90;
};
enum { FC_MEMORY_SCORES = 24 };

struct fc_memory_validation {
    struct fc_measurements measurements;
    struct fc_memory_prediction *predictions;        /* per row of the table */
    struct fc_memory_score scores[FC_MEMORY_SCORES]; /* the first is over all */
    int score_count;
    int wrong_fit;    /* rows that ran out with P(fit) above 0.5 */
    int wrong_refuse; /* rows that ran with P(fit) below 0.05 */
};

/* Reads the table at `path` (NULL: catalog/measured-memory.csv), predicts and scores. Returns 0, or -1 with `error`
 * filled. */
int fc_memory_validation_run(struct fc_memory_validation *validation, const char *path,
                             const struct fc_catalog *catalog, struct fc_error *error);
void fc_memory_validation_free(struct fc_memory_validation *validation);

void fc_memory_validation_print(const struct fc_memory_validation *validation, FILE *out);
void fc_memory_validation_json(const struct fc_memory_validation *validation, struct fc_writer *writer);

#endif
