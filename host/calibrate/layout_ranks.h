/* layout_ranks.h: whether predictions put measured layouts in the order in which they were measured.
 *
 * A set is what one source measured of one model: the same GPU, precision, sequence and software, three layouts or more
 * with all of the layout stated. Layouts that were measured more than once count once, by their mean; how far such repeats
 * lie apart bounds what any model can rank. The cost of a layout is GPU-seconds per token. */
#ifndef FC_HOST_LAYOUT_RANKS_H
#define FC_HOST_LAYOUT_RANKS_H

#include <stdio.h>

#include "validation.h"

struct fc_ranked_layout {
    size_t row;                 /* the first of the table's rows that has it */
    int times;                  /* measured */
    double measured, predicted; /* GPU-seconds per token */
};

struct fc_layout_set {
    size_t first; /* row that stands for model, GPU and source */
    int rows;
    struct fc_ranked_layout *layouts; /* by what was measured, fastest first */
    size_t count;
    double spearman;
    double
        regret; /* what the layout predicted best loses to the one measured best, for the same GPUs and about the same batch; mean
                     * over the layouts */
    double
        repeats; /* standard deviation of ln over measurements of the same layout; NAN: none was repeated */
};

struct fc_layout_ranks {
    struct fc_layout_set *sets; /* the largest first */
    size_t count;
    size_t layouts;          /* in all of them */
    double spearman, regret; /* means over the layouts */
};

/* Ranks the layouts of a validation. Returns 0, or -1 with `error` filled. */
int fc_layout_ranks_of(struct fc_layout_ranks *ranks, const struct fc_validation *validation,
                       struct fc_error *error);
void fc_layout_ranks_free(struct fc_layout_ranks *ranks);

void fc_layout_ranks_print(const struct fc_layout_ranks *ranks, const struct fc_validation *validation,
                           FILE *out);
void fc_layout_ranks_json(const struct fc_layout_ranks *ranks, const struct fc_validation *validation,
                          struct fc_writer *writer);

#endif
