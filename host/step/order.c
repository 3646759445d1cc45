/* order.c: see order.h. */
#include "order.h"

enum part { TP, DP, PP, PARTS };

/* By word, the innermost first. Megatron-LM lays tp-dp-pp, and tp-pp-dp under --use-tp-pp-dp-mapping; so does torchtitan the
 * first. Its RankGenerator takes any. */
static const enum part orders[FC_ORDERS][PARTS] = {
    [FC_ORDER_TP_DP_PP] = {TP, DP, PP}, [FC_ORDER_TP_PP_DP] = {TP, PP, DP},
    [FC_ORDER_DP_TP_PP] = {DP, TP, PP}, [FC_ORDER_PP_TP_DP] = {PP, TP, DP},
    [FC_ORDER_DP_PP_TP] = {DP, PP, TP}, [FC_ORDER_PP_DP_TP] = {PP, DP, TP},
};

static void lay(enum fc_order order, const double size[PARTS], double stride[PARTS])
{
    double next = 1;
    for (int i = 0; i < PARTS; i++) {
        enum part part = orders[order][i];
        stride[part] = next;
        next *= size[part];
    }
}

struct fc_strides fc_plan_strides(const struct fc_plan *p)
{
    const double size[PARTS] = {p->tp * p->cp, fc_plan_data_parallel(p), p->pp};
    double stride[PARTS];
    lay(p->order, size, stride);
    return (struct fc_strides){
        .tp = stride[TP],
        .cp = stride[TP] * p->tp,
        .dp = stride[DP],
        .pp = stride[PP],
        .expert_tp = stride[TP],
        .ep = stride[TP] * p->expert_tp,
        .expert_dp = p->order == FC_ORDER_TP_DP_PP ? p->ep * p->expert_tp : stride[DP],
    };
}

bool fc_order_is_own(enum fc_order order, unsigned among, double tp_cp, double dp, double pp)
{
    const double size[PARTS] = {tp_cp, dp, pp};
    double stride[PARTS], other[PARTS];
    lay(order, size, stride);
    for (int before = 0; before < (int)order; before++) {
        bool same = among >> before & 1u;
        lay((enum fc_order)before, size, other);
        for (int i = 0; i < PARTS; i++)
            same &= size[i] <= 1 || stride[i] == other[i];
        if (same)
            return false;
    }
    return true;
}
