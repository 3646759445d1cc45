/* order.h: the order in which the groups of a plan are laid over the GPUs, and so which of them lie inside an NVLink domain. */
#ifndef FC_HOST_ORDER_H
#define FC_HOST_ORDER_H

#include "plan.h"

/* How far apart, in GPUs, neighbors of a group are. Context parallel ranks follow the tensor parallel ones. In the order
 * tp-dp-pp expert parallel groups go over tensor, context and data parallel ranks, from the first GPU of a stage; in others
 * they are the ranks of one tensor and context parallel group. */
struct fc_strides {
    double tp, cp, dp, pp;
    double expert_tp, ep, expert_dp;
};

struct fc_strides fc_plan_strides(const struct fc_plan *plan);

/* Whether no earlier order of `among` (bit k: order k) lays the groups in the same way: where a size is 1 its place is nothing. */
bool fc_order_is_own(enum fc_order order, unsigned among, double tp_cp, double dp, double pp);

#endif
