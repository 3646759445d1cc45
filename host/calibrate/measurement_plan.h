/* measurement_plan.h: from one row of a table of measurements to a plan; the inner half of measurements.h. */
#ifndef FC_HOST_MEASUREMENT_PLAN_H
#define FC_HOST_MEASUREMENT_PLAN_H

#include "measurements.h"

enum fc_column {
    FC_COLUMN_ID,
    FC_COLUMN_SOURCE,
    FC_COLUMN_HARDWARE,
    FC_COLUMN_GPUS,
    FC_COLUMN_MODEL,
    FC_COLUMN_LAYERS,
    FC_COLUMN_HIDDEN,
    FC_COLUMN_FFN,
    FC_COLUMN_HEADS,
    FC_COLUMN_KV_HEADS,
    FC_COLUMN_VOCAB,
    FC_COLUMN_SEQ,
    FC_COLUMN_EXPERTS,
    FC_COLUMN_TOPK,
    FC_COLUMN_MOE_FFN,
    FC_COLUMN_PRECISION,
    FC_COLUMN_TP,
    FC_COLUMN_PP,
    FC_COLUMN_VPP,
    FC_COLUMN_CP,
    FC_COLUMN_EP,
    FC_COLUMN_SHARDING,
    FC_COLUMN_MBS,
    FC_COLUMN_GBS,
    FC_COLUMN_RECOMPUTE,
    FC_COLUMN_STEP_TIME,
    FC_COLUMN_TOKENS,
    FC_COLUMN_TFLOPS,
    FC_COLUMN_NOTES,
    FC_COLUMN_SOFTWARE,
    FC_COLUMN_GPU,
    FC_COLUMN_ZERO,
    FC_COLUMN_MEMORY,
    FC_COLUMN_KIND,
    FC_COLUMN_GATING,
    FC_COLUMN_NETWORK,
    FC_COLUMN_GRAPH,
    FC_COLUMN_EP_OVERLAP,
    FC_COLUMN_DISPATCHER,
    FC_COLUMN_FUSED_EXPERTS,
    FC_COLUMN_ATTENTION_PRECISION,
    FC_COLUMN_ROUTER,
    FC_COLUMN_TUNED_BY,
    FC_COLUMNS
};

/* Names of the columns, by enum fc_column. */
extern const char *const fc_column_names[FC_COLUMNS];

/* The words that a column of words takes, NULL at the end; NULL: any text. */
const char *const *fc_column_words(enum fc_column column);

/* Fills the measurement from the cells of its row ("" where the table lacks one). What cannot be used gets
 * left_out. Returns 0, or -1 when the catalog is at fault. */
int fc_measurement_fill(struct fc_measurement *m, const char *const cells[FC_COLUMNS],
                        const struct fc_catalog *catalog, struct fc_error *error);

/* Adds phrases of a row's notes that say nothing to this program to `notes`, eight at most. */
void fc_measurement_note(struct fc_notes *notes, const char *file, int line, const char *text);

/* Sets the layout of the plan, whose GPU, model and software stand, from the cells. Returns 0, or -1 with the rule
 * that it breaks in `why`. */
int fc_measurement_layout(struct fc_plan *plan, const char *const cells[FC_COLUMNS], char why[160]);

#endif
