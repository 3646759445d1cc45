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
    double gradients; /* sharded ones that are not there while activations are; counted where they are more than those */
};

struct fc_plan_memory fc_plan_memory(const struct fc_plan *plan);

#endif
