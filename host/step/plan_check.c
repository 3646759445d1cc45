/* plan_check.c: see plan_check.h. */
#include "plan_check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static bool divides(double part, double whole)
{
    return fmod(whole, part) == 0;
}

__attribute__((format(printf, 2, 3))) static int fault(char *text, const char *format, ...)
{
    if (text) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, FC_PLAN_FAULT_BYTES, format, arguments);
        va_end(arguments);
    }
    return -1;
}

static int check_schedule(const struct fc_plan *p, enum fc_plan_part *part, char *text)
{
    const struct fc_architecture *a = &p->model;
    double micro_batches = fc_plan_micro_batches(p);
    *part = p->vpp > 1 ? FC_PART_VPP : FC_PART_PP;
    if (a->layers + a->mtp_layers + 2 < p->pp * p->vpp) /* embedding and head may stand for a layer each */
        return fault(text, "%g layers cannot fill %g pipeline chunks (plan.pp %g x plan.vpp %g); use fewer",
                     a->layers, p->pp * p->vpp, p->pp, p->vpp);
    if (p->vpp > 1 && p->pp == 1)
        return fault(text, "plan.vpp is above 1 without a pipeline (plan.pp is 1); drop it");
    *part = FC_PART_SCHEDULE;
    if (p->vpp > 1 && p->schedule != FC_ONE_F_ONE_B)
        return fault(
            text,
            "plan.schedule has one chunk per stage, but plan.vpp is %g; make it 1 (%s with chunks is "
            "not modelled)",
            p->vpp, p->schedule == FC_DUALPIPE ? "DualPipe" : "zero bubble");
    if (p->schedule == FC_DUALPIPE && (!divides(2, p->pp) || micro_batches < 2 * p->pp))
        return fault(text,
                     "DualPipe needs an even number of stages and two micro-batches per stage; plan.pp is %g "
                     "and there are %g micro-batches",
                     p->pp, micro_batches);
    *part = FC_PART_GLOBAL_BATCH;
    if (p->vpp > 1 && micro_batches < p->pp)
        return fault(text,
                     "the interleaved schedule needs as many micro-batches as stages: %g sequences over %g "
                     "replicas make %g for plan.pp %g; make the global batch %g or more, or plan.vpp 1",
                     p->global_batch, fc_plan_data_parallel(p), micro_batches, p->pp,
                     p->pp * fc_plan_data_parallel(p) * p->micro_batch);
    *part = FC_PART_BF16_LAYERS;
    if (p->bf16_layers > 0 && p->precision == FC_BF16)
        return fault(text, "training.bf16_layers is stated, but all layers are in bf16; drop it");
    if (p->bf16_layers > a->layers)
        return fault(text, "training.bf16_layers is %g, but the model has %g layers", p->bf16_layers,
                     a->layers);
    return 0;
}

static int check_experts(const struct fc_plan *p, enum fc_plan_part *part, char *text)
{
    const struct fc_architecture *a = &p->model;
    bool mixture = fc_architecture_is_mixture(a);
    *part = FC_PART_EP;
    if (p->ep > 1 && !mixture)
        return fault(text, "plan.ep is %g, but the model is dense (it has no experts); make it 1", p->ep);
    if (p->ep > 1 && !divides(p->ep, a->experts))
        return fault(text, "%g experts cannot be split over plan.ep %g; take a divisor", a->experts, p->ep);
    if (p->expert_tp <= 1 && p->ep > 1 && !divides(p->ep * p->pp, p->gpus))
        return fault(text, "%g GPUs cannot be split into plan.pp %g x plan.ep %g", p->gpus, p->pp, p->ep);
    *part = FC_PART_EXPERT_TP;
    if (p->expert_tp > 1 && !mixture)
        return fault(text, "plan.expert_tp is %g, but the model is dense (it has no experts); make it 1",
                     p->expert_tp);
    if (p->expert_tp > 1 && !divides(p->expert_tp, a->moe_ffn))
        return fault(text, "experts of width %g cannot be split over plan.expert_tp %g; take a divisor",
                     a->moe_ffn, p->expert_tp);
    if (p->expert_tp > 1 && !divides(p->ep * p->expert_tp * p->pp, p->gpus))
        return fault(text, "%g GPUs cannot be split into plan.pp %g x plan.ep %g x plan.expert_tp %g",
                     p->gpus, p->pp, p->ep, p->expert_tp);
    return 0;
}

int fc_plan_check_offload(const struct fc_plan *p, char text[FC_PLAN_FAULT_BYTES])
{
    const struct fc_accelerator *g = &p->gpu;
    if (p->offload == FC_OFFLOAD_NONE && p->offloaded_layers <= 0 && !p->offloads_activations)
        return 0;
    if (!(g->host_link_bytes_per_s > 0 && g->host_memory_bytes > 0 && g->host_memory_bytes_per_s > 0))
        return fault(
            text,
            "the catalog does not say how fast the %s reaches the memory of its host, nor how large that is "
            "(host_link_bytes_per_s, host_memory_bytes, host_memory_bytes_per_s); state them in a catalog of "
            "your "
            "own, or offload nothing",
            g->name);
    if (p->muon && p->offload & FC_OFFLOAD_OPTIMIZER)
        return fault(text, "Muon on the host is not modelled; take training.optimizer: adam, or leave its "
                           "states on the GPU");
    return 0;
}

int fc_plan_check(const struct fc_plan *p, enum fc_plan_part *part, char text[FC_PLAN_FAULT_BYTES])
{
    const struct fc_architecture *a = &p->model;
    double model = p->tp * p->pp * p->cp, replicas = fc_plan_data_parallel(p);
    *part = FC_PART_PRECISION;
    if (fc_plan_peak(p) <= 0)
        return fault(text, "the %s has no matrix units for this precision; take bf16%s%s%s", p->gpu.name,
                     p->gpu.fp8_flop_per_s > 0 ? ", fp8" : "", p->gpu.mxfp8_flop_per_s > 0 ? ", mxfp8" : "",
                     p->gpu.fp4_flop_per_s > 0 ? ", nvfp4" : "");
    *part = FC_PART_GPUS;
    if (!divides(model, p->gpus))
        return fault(
            text,
            "%g GPUs cannot be split into replicas of %g (plan.tp %g x plan.pp %g x plan.cp %g); make "
            "the number of GPUs a multiple of it",
            p->gpus, model, p->tp, p->pp, p->cp);
    *part = FC_PART_GLOBAL_BATCH;
    if (!divides(replicas * p->micro_batch, p->global_batch))
        return fault(
            text,
            "a global batch of %g sequences cannot be split over %g replicas in micro-batches of %g; "
            "make it a multiple of %g",
            p->global_batch, replicas, p->micro_batch, replicas * p->micro_batch);
    if (check_schedule(p, part, text))
        return -1;
    *part = FC_PART_TP;
    if (!divides(p->tp, a->heads))
        return fault(text, "%g attention heads cannot be split over plan.tp %g; take a divisor of %g",
                     a->heads, p->tp, a->heads);
    *part = FC_PART_CP;
    if (!divides(p->cp, p->sequence))
        return fault(text, "a sequence of %g tokens cannot be split over plan.cp %g", p->sequence, p->cp);
    if (check_experts(p, part, text))
        return -1;
    *part = FC_PART_ORDER;
    if (p->order != FC_ORDER_TP_DP_PP && fc_architecture_is_mixture(a) &&
        p->ep * p->expert_tp != p->tp * p->cp)
        return fault(text,
                     "in this order experts are shared out over the GPUs of one tensor and context parallel "
                     "group: plan.ep %g x "
                     "plan.expert_tp %g must be plan.tp %g x plan.cp %g; change the sizes, or take "
                     "plan.order: tp-dp-pp",
                     p->ep, p->expert_tp, p->tp, p->cp);
    *part = FC_PART_OFFLOAD;
    return fc_plan_check_offload(p, text);
}
