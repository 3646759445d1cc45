/* metrics.h: the numbers of the metrics of a trial; metrics.def says what each of them is.
 *
 * A number is permanent: the result digest runs over the metrics in this order. Append; never renumber. */
#ifndef FC_MODEL_METRICS_H
#define FC_MODEL_METRICS_H

#define FC_RUN_SIZES 8 /* most run sizes that one contract prices */

/* Rates of return end here: v = 1/2 a month, 2^12 - 1 a year. A value that reaches it stands for any above. */
#define FC_RATE_CAP 4095.0f

/* A figure of the job itself, which has none where the job does not fit into memory; beside a contract the others are
 * the contract's. */
#define FC_METRIC_OF_JOB(metric)                                                                             \
    ((metric) < FC_M_GPU_HOURS || ((metric) >= FC_M_CLASS_INTERRUPTIONS && (metric) < FC_M_NPV_USD))

enum fc_metric {
#define METRIC(id, number, ...) FC_M_##id = number,
#define PROBABILITY(id, number, ...) FC_M_##id = number,
#include "metrics.def"
    /* the first of several that a loop fills */
    FC_M_CLASS_INTERRUPTIONS =
        FC_M_INTERRUPTIONS_GPU, /* + enum fc_class; none of those that do not stop the job */
    FC_M_PAYBACK_BASIS_MONTHS = FC_M_PAYBACK_NET_MONTHS, /* + basis: net, operating, cash */
    FC_M_PAYS_BACK_BASIS = FC_M_PAYS_BACK_NET,
    FC_M_CUMULATED_BASIS_USD = FC_M_CUMULATIVE_NET_USD,
    FC_M_RULE_COST_USD = FC_M_RULE_COMMIT_USD, /* + rule: commit, every generation, laggard, leapfrog */
    FC_M_RULE_BEST = FC_M_COMMIT_IS_BEST,

    FC_METRIC_COUNT = 239
};

#endif
