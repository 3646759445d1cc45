/* plan.c: how a plan splits model and batch: replicas, micro-batches, stages, parameters of the fullest GPU.
 *
 * Operators that only some layers have (experts, dense first layers, Mamba) enter with their share of the
 * layers. Counts follow Megatron-LM's operators; docs/model/step-time.md derives them. */
#include "plan.h"

#include <math.h>

#include "host/language/fields.h"
#include "stages.h"

const char *fc_precision_name(enum fc_precision precision)
{
    static const enum fc_precision_word words[] = {FC_WORD_BF16, FC_WORD_FP8, FC_WORD_MXFP8, FC_WORD_NVFP4};
    return fc_field_word(FC_FIELD_PRECISION, (int)words[precision]);
}

static bool is_low(const struct fc_plan *p)
{
    return p->precision != FC_BF16;
}

double fc_plan_flop_per_token(const struct fc_plan *p, bool causal)
{
    return p->lora_rank > 0
               ? fc_architecture_adapted_flop_per_token(&p->model, p->lora_rank, p->sequence, causal)
               : fc_architecture_flop_per_token(&p->model, p->sequence, causal);
}

double fc_plan_trained_share(const struct fc_plan *p)
{
    return p->lora_rank > 0 ? fc_architecture_adapter_params(&p->model, p->lora_rank) /
                                  fc_architecture_count(&p->model).total
                            : 1;
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
    if (p->bf16_layers <= 0)
        return 1;
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

double fc_plan_mixture_share(const struct fc_plan *p)
{
    return fc_plan_stages(p).mixture;
}

double fc_plan_dense_share(const struct fc_plan *p)
{
    return fc_plan_stages(p).dense;
}

double fc_plan_replicas(const struct fc_plan *p)
{
    return fc_plan_data_parallel(p) * p->cp;
}

double fc_plan_expert_replicas(const struct fc_plan *p)
{
    return fmax(1, p->gpus / (p->pp * p->ep * p->expert_tp));
}

void fc_plan_parameters(const struct fc_plan *p, double index, double *dense, double *expert)
{
    struct fc_model_weights weights = fc_model_weights(&p->model);
    struct fc_stage stage = fc_stage_at(p, index);
    fc_stage_parameters(p, &weights, &stage, dense, expert);
}

void fc_plan_most_parameters(const struct fc_plan *p, double *dense, double *expert)
{
    struct fc_model_weights weights = fc_model_weights(&p->model);
    *dense = *expert = 0;
    for (double i = 0; i < p->pp; i = fc_stage_next(p, i)) {
        struct fc_stage stage = fc_stage_at(p, i);
        double d, e;
        fc_stage_parameters(p, &weights, &stage, &d, &e);
        if (d + e > *dense + *expert) {
            *dense = d;
            *expert = e;
        }
    }
    if (p->schedule == FC_DUALPIPE) { /* two stages on each rank */
        *dense *= 2;
        *expert *= 2;
    }
}

bool fc_plan_is_parallel(const struct fc_plan *p)
{
    return p->software->parallel_block || p->model.parallel_block;
}

double fc_plan_gradient_bytes(const struct fc_plan *p)
{
    /* Megatron-LM of 2021 keeps the gradients of FP16 weights in FP16, those of BF16 weights in FP32 */
    return p->fp16 && p->software->early_megatron ? 2 : p->software->gradient_bytes;
}

bool fc_plan_keeps_fp8(const struct fc_plan *p)
{
    return p->schedule == FC_DUALPIPE && is_low(p);
}
