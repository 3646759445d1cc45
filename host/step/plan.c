/* plan.c: how a plan splits model and batch: replicas, micro-batches, stages, parameters of the fullest GPU.
 *
 * Operators that only some layers have (experts, dense first layers, Mamba) enter with their share of the
 * layers. Counts follow Megatron-LM's operators; docs/model/step-time.md derives them. */
#include "plan.h"

#include <math.h>

#include "collectives.h"
#include "host/language/special.h"

static bool is_low(const struct fc_plan *p)
{
    return p->precision != FC_BF16;
}

double fc_plan_data_parallel(const struct fc_plan *p)
{
    return p->gpus / (p->tp * p->pp * p->cp);
}

double fc_plan_micro_batches(const struct fc_plan *p)
{
    return fmax(1, p->global_batch / (fc_plan_data_parallel(p) * p->micro_batch));
}

double fc_plan_low_share(const struct fc_plan *p)
{
    if (!is_low(p))
        return 0;
    if (p->pp <= 1)
        return 1 - fmin(1, p->bf16_layers / p->model.layers);
    return 1 - fmin(1, ceil(0.5 * p->bf16_layers) / fc_plan_stages(p).longest);
}

double fc_plan_peak(const struct fc_plan *p)
{
    switch (p->precision) {
    case FC_FP8:
        return p->gpu.fp8_flop_per_s;
    case FC_MXFP8:
        return p->gpu.mxfp8_flop_per_s;
    case FC_NVFP4:
        return p->gpu.fp4_flop_per_s;
    default:
        return p->gpu.bf16_flop_per_s;
    }
}

static double up_to(double n, double multiple)
{
    return ceil(n / multiple) * multiple;
}

struct fc_stages fc_plan_stages(const struct fc_plan *p)
{
    double layers = p->model.layers, whole = layers + p->model.mtp_layers, chunks = p->pp * p->vpp;
    if (chunks <= 1)
        return (struct fc_stages){whole, whole, whole, false};
    if (fmod(layers, chunks) == 0)
        return (struct fc_stages){layers / p->pp, whole / p->pp, layers / p->pp, false};
    /* embedding and head count as layers, as in the published layouts */
    static const double extra[] = {2, 3, 1};
    double filled = layers >= chunks ? up_to(whole + 2, chunks) : chunks;
    for (int i = 2; i >= 0; i--)
        if (fmod(whole + extra[i], chunks) == 0)
            filled = whole + extra[i];
    double longest = filled / p->pp;
    double last = fc_architecture_is_latent(&p->model) ? fmax(0, whole - (p->pp - 1) * longest) : longest - 1;
    return (struct fc_stages){longest, whole / p->pp, last, true};
}

void fc_plan_parameters(const struct fc_plan *p, double *dense, double *expert)
{
    const struct fc_architecture *a = &p->model;
    struct fc_layer_params w = fc_architecture_params(a);
    double longest = fc_plan_stages(p).longest, mixture = fc_architecture_mixture_share(a);
    double per_layer = fc_architecture_mixer_params(a) / a->layers +
                       fc_architecture_dense_share(a) * w.dense + mixture * (w.shared + w.router);
    *dense = (per_layer * longest + a->hidden * a->vocab * (p->pp == 1 ? 2 : 1)) / p->tp;
    *expert = mixture * a->experts * w.expert * longest / (p->ep * p->expert_tp);
}
