/* plan_check.h: the rules that a plan must keep to run at all. */
#ifndef FC_HOST_PLAN_CHECK_H
#define FC_HOST_PLAN_CHECK_H

#include "plan.h"

/* The part of a plan that breaks a rule. */
enum fc_plan_part {
    FC_PART_GPUS,
    FC_PART_TP,
    FC_PART_PP,
    FC_PART_VPP,
    FC_PART_CP,
    FC_PART_EP,
    FC_PART_EXPERT_TP,
    FC_PART_SCHEDULE,
    FC_PART_BF16_LAYERS,
    FC_PART_GLOBAL_BATCH,
    FC_PART_PRECISION,
    FC_PART_OFFLOAD,
    FC_PART_ORDER
};

enum { FC_PLAN_FAULT_BYTES = 320 };

/* Returns 0, or -1 when sizes do not divide, stages have no layers, or the GPU lacks the precision; `part` then
 * names what is wrong and `text` says why and what would be right. With `text` NULL nothing is written: the
 * search asks thousands of times. */
int fc_plan_check(const struct fc_plan *plan, enum fc_plan_part *part, char text[FC_PLAN_FAULT_BYTES]);

/* The part of it that says whether the host's memory can take what plan.offload gives it: its link must be known. */
int fc_plan_check_offload(const struct fc_plan *plan, char text[FC_PLAN_FAULT_BYTES]);

#endif
