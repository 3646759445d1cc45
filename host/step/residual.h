/* residual.h: what the step model leaves unexplained, in parts, and how much of it two plans share.
 *
 *     log t = log model(factors) + where + model + plan
 * where: the vendor's own runs vary by source and GPU; anything that the vendor did not tune (another site, framework
 * or fabric) draws one common factor per site, slower on average. model: one per architecture. plan: one per layout,
 * alike for layouts that are near each other. noise: what two measurements of one plan differ by, shared by plans of one
 * layout on more GPUs or with another batch; it is part of what is known of a plan that nobody measured. All are normal, in the logarithm of the step time; flopcast calibrate
 * estimates them on rows that a fit has not seen (host/calibrate/cross_validation.h). */
#ifndef FC_HOST_RESIDUAL_H
#define FC_HOST_RESIDUAL_H

#include "plan.h"

struct fc_residual_parts {
    double site_mean, site_sd; /* of the common factor of a site that the vendor did not tune */
    double vendor_sd;          /* of a source of the vendor's on one GPU */
    double model_sd[2];        /* dense, mixture */
    double plan_sd[2];
    double noise_sd;
};

/* What two plans are compared by. */
enum { FC_TRAIT_SIZES = 9, FC_TRAIT_SHAPE = 7, FC_TRAIT_WAYS = 5 };
struct fc_plan_traits {
    char gpu[56], software[32];
    bool vendor, mixture;
    double inherited_sd; /* of the GPU */
    double router_sd;    /* of the log step time by how unevenly tokens are routed; own steps alone set it */
    double sizes[FC_TRAIT_SIZES]; /* log2 of gpus, tp, pp, vpp, cp, ep, micro-batch, global batch, sequence */
    double shape[FC_TRAIT_SHAPE]; /* of the model: layers, hidden, ffn, heads, experts, topk, vocab */
    double ways
        [FC_TRAIT_WAYS]; /* precision, recomputation, parameters shared out, graphs, overlapped dispatch */
};
void fc_plan_traits_of(const struct fc_plan *plan, struct fc_plan_traits *traits);

/* Mean of the residual of the log. */
double fc_residual_mean(const struct fc_residual_parts *parts, const struct fc_plan_traits *plan);

/* Covariance of two plans' residuals; of a plan with itself its variance. */
double fc_residual_covariance(const struct fc_residual_parts *parts, const struct fc_plan_traits *a,
                              const struct fc_plan_traits *b);

/* Reads them from the catalog's posterior. Returns 0, or -1 with `error` filled. */
int fc_residual_read(struct fc_residual_parts *parts, const struct fc_catalog *catalog,
                     struct fc_error *error);

#endif
