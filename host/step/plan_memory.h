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
    double pools;  /* reserved though no tensor holds it at the peak: what other streams used, and holes */
};

struct fc_plan_memory fc_plan_memory(const struct fc_plan *plan);

#endif
