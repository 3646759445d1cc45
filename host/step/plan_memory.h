/* plan_memory.h: memory of the fullest GPU of a plan, by part. */
#ifndef FC_HOST_PLAN_MEMORY_H
#define FC_HOST_PLAN_MEMORY_H

#include "plan.h"

/* Memory of the fullest GPU by part, bytes, before allocator and framework. */
struct fc_plan_memory {
    double weights; /* and gradients */
    double optimizer;
    double activations;
    double logits; /* and embedding output */
    double stage;  /* of the pipeline, from 0, which is the fullest */
    double host;   /* in the memory of the host, not of the GPU; of the stage that has most there */
    double pools;  /* reserved though no tensor holds it at the peak: what other streams used, and holes */
};

struct fc_plan_memory fc_plan_memory(const struct fc_plan *plan);

/* Share of a layer's activations that stays on the GPU when outputs of some of its operators wait in host memory. */
#define FC_ON_GPU 0.6

/* Whether what waits in the host's memory has room there. */
bool fc_plan_fits_host(const struct fc_plan *plan, const struct fc_plan_memory *memory);

/* Bytes that one layer keeps of one micro-batch for its backward pass, on a stage with these shares of layers that have a dense
 * feed-forward block and experts. */
double fc_plan_layer_keeps(const struct fc_plan *plan, double dense, double experts);

/* Bytes of a parameter's weight as it is stored, to be gathered or copied. */
double fc_plan_stored_bytes(const struct fc_plan *plan);

#endif
