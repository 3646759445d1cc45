/* stages.h: how many layers, of which kind, stand on each pipeline stage. */
#ifndef FC_HOST_STAGES_H
#define FC_HOST_STAGES_H

#include "plan.h"

/* One pipeline stage. `layers` counts the layers of multi-token prediction too; `dense` are those of them
 * with a dense feed-forward block, `experts` those with experts, `mtp` those of multi-token prediction. */
struct fc_stage {
    double layers, dense, experts, mtp;
    bool embedding, head;
};

/* Stage `index` of 0 ... pp - 1. Where the layers divide over the stages each has its share. Where they do
 * not, embedding and head count as a layer each if that comes out even (as in the published layouts of Llama 3
 * and DeepSeek-V3), else all stages but the last are filled up to the next whole number. Layers of multi-token
 * prediction stand on the last stage. */
struct fc_stage fc_stage_at(const struct fc_plan *plan, double index);

/* Parameters of all mixers of a model, and of one layer's blocks. */
struct fc_model_weights {
    double mixers;
    struct fc_layer_params block;
};
struct fc_model_weights fc_model_weights(const struct fc_architecture *model);

/* Parameters of each GPU of a stage, dense and expert ones, as fc_plan_parameters. */
void fc_stage_parameters(const struct fc_plan *plan, const struct fc_model_weights *weights,
                         const struct fc_stage *stage, double *dense, double *expert);

/* The first stage behind `index` whose layers may differ from those of `index`; pp or more behind the last. */
double fc_stage_next(const struct fc_plan *plan, double index);

/* The stages as far as time is concerned. */
struct fc_stages {
    double longest; /* most layers on a stage that has no head */
    double last;    /* layers beside the head */
    double mean;
    double chunk;          /* layers of the largest model chunk; `longest` without chunks */
    double mixture, dense; /* shares of the slowest stage's layers that hold experts, and a dense block */
};
struct fc_stages fc_plan_stages(const struct fc_plan *plan);

#endif
