/* step.h: seconds per training step and memory per GPU, from the plan (step_program.h) and this world's
 * factors.
 *
 * The step is m micro-batches through the longest pipeline stage, the bubble, what stays exposed of the
 * communication, and the optimizer. A layer's time is a sum of rooflines: matrix products at their reachable
 * rate, attention, bytes at the reachable memory rate, gaps between kernels, exposed communication; and it
 * cannot be shorter than the host takes to launch its kernels. The cost does not depend on the number of
 * micro-batches. About 150 operations; docs/model. */
#ifndef FC_MODEL_STEP_H
#define FC_MODEL_STEP_H

#include "../base/draw.h"
#include "../inputs.h"
#include "step_program.h"

/* The parts of one step, s; `step` is their sum. */
struct fc_step_parts {
    fc_real gemm;    /* dense matrix products of the layers */
    fc_real experts; /* grouped matrix products */
    fc_real attention;
    fc_real memory;                   /* memory-bound kernels */
    fc_real gaps;                     /* between kernels */
    fc_real host;                     /* waiting for launches */
    fc_real head;                     /* output layer and loss, or what they cost beyond the longest stage */
    fc_real tp, cp, ep, fsdp, pp, dp; /* exposed communication */
    fc_real offload;                  /* what the host's memory adds: copies that nothing hides, its optimizer */
    fc_real bubble;                   /* idle in the pipeline */
    fc_real optimizer;                /* and fixed work per step */
    fc_real straggling;               /* and waiting */
    fc_real residual;                 /* what the model does not explain */
    fc_real step;
    fc_real communication; /* all communication, exposed or not */
    fc_real dp_expert;     /* of dp: the parameters of the experts */
    fc_real waiting;       /* of straggling: for the slowest replica, once per step */
};

/* One lane: input[i * stride] is the factor of input i. */
FC_FN void fc_step_one(FC_GLOBAL const struct fc_step_program *p, const fc_real *input, fc_i32 stride,
                       struct fc_step_parts *parts)
{
#define FC_FACTOR(name) input[FC_IN_##name * stride]
    fc_real one = 1.0f;
    fc_real clock = FC_FACTOR(CLOCK);
    fc_real gemm = p->low ? FC_FACTOR(GEMM_LOW) : FC_FACTOR(GEMM_BF16);
    fc_real per_rate =
        one / (clock * gemm * FC_FACTOR(MXFP8) * fc_fma((fc_real)p->ultra, FC_FACTOR(FP4_ULTRA), one));
    fc_real per_high = one / (clock * FC_FACTOR(GEMM_BF16));
    fc_real per_hbm = one / FC_FACTOR(HBM);
    fc_real per_nvlink = one / FC_FACTOR(NVLINK);
    fc_real per_nic = one / FC_FACTOR(NIC);
    fc_real near = FC_FACTOR(LATENCY);
    fc_real far = FC_FACTOR(FAR_LATENCY);
    fc_real software = FC_FACTOR(SOFTWARE) * FC_FACTOR(SOFTWARE_BLACKWELL) * FC_FACTOR(SOFTWARE_MOE);
    fc_real elementwise = FC_FACTOR(ELEMENTWISE);
    fc_real quantize = FC_FACTOR(QUANTIZE_BYTES);

    /* computation of a layer */
    fc_real linear = fc_fma((fc_real)p->linear_s, per_rate, (fc_real)p->linear_high_s * per_high);
    fc_real fullest = fc_fma((fc_real)p->router_excess, FC_FACTOR(ROUTER_SPREAD), one);
    fc_real rows = FC_FACTOR(GROUPED_ROWS);
    fc_real grouped_rate = fc_fma(FC_FACTOR(GROUPED_GEMM) - one, (fc_real)p->experts_part, one);
    fc_real grouped_low = fc_fma(rows, (fc_real)p->grouped_row_s, (fc_real)p->grouped_s * fullest);
    fc_real grouped_high = fc_fma(rows, (fc_real)p->grouped_high_row_s, (fc_real)p->grouped_high_s * fullest);
    fc_real grouped = fc_fma(grouped_low, per_rate, grouped_high * per_high) / grouped_rate;
    fc_real attention = (fc_real)p->attention_s / (clock * FC_FACTOR(ATTENTION) *
                                                   FC_FACTOR(ATTENTION_KERNEL) * FC_FACTOR(ATTENTION_FP8)) +
                        (fc_real)p->unfused_s / (clock * FC_FACTOR(ATTENTION_UNFUSED));
    fc_real unfused = fc_fma(FC_FACTOR(EXPERT_TRAFFIC) - one, (fc_real)p->expert_part, one);
    fc_real bytes = FC_FACTOR(OPERAND_TRAFFIC) * (fc_real)p->operand_s;
    bytes = fc_fma(FC_FACTOR(ACCUMULATE_TRAFFIC), (fc_real)p->accumulate_s, bytes);
    bytes = fc_fma(elementwise, (fc_real)p->elementwise_s, bytes);
    bytes = fc_fma(quantize, (fc_real)p->quantize_s, bytes);
    bytes = fc_fma(
        fc_fma(elementwise, (fc_real)p->expert_elementwise_s, quantize * (fc_real)p->expert_quantize_s),
        unfused * fullest, bytes);
    bytes = fc_fma(FC_FACTOR(MAMBA_BYTES), (fc_real)p->mamba_s, bytes);
    bytes = fc_fma(FC_FACTOR(CLAMP_BYTES), (fc_real)p->clamp_s, bytes);
    fc_real memory = bytes * per_hbm;
    fc_real gaps = (fc_real)p->gaps * FC_FACTOR(KERNEL_GAP);
    fc_real compute = fc_fma(linear + grouped + attention + memory, software, gaps);

    /* communication of a layer */
    fc_real tp_late = fc_fma((fc_real)p->tp_steps, near, (fc_real)p->tp_far_steps * far);
    fc_real tp_all =
        fc_fma((fc_real)p->tp_nvlink_s, per_nvlink, fc_fma((fc_real)p->tp_nic_s, per_nic, tp_late));
    fc_real tp = tp_all * fc_fma(one - (fc_real)p->tp_plain, FC_FACTOR(TP_EXPOSED), (fc_real)p->tp_plain);
    fc_real cp_late = fc_fma((fc_real)p->cp_steps, near, (fc_real)p->cp_far_steps * far);
    fc_real cp_all =
        fc_fma((fc_real)p->cp_nvlink_s, per_nvlink, fc_fma((fc_real)p->cp_nic_s, per_nic, cp_late));
    fc_real cp = fc_max(FC_FACTOR(CP_EXPOSED) * cp_all, fc_fma(-0.8f, attention, cp_all));
    fc_real ep_late = fc_fma((fc_real)p->ep_steps, near, (fc_real)p->ep_far_steps * far);
    fc_real ep_all = fc_fma(fc_max((fc_real)p->ep_nvlink_s * per_nvlink, (fc_real)p->ep_nic_s * per_nic),
                            fullest / FC_FACTOR(ALL_TO_ALL), ep_late);
    fc_real ep = fc_max(FC_FACTOR(EP_EXPOSED) * ep_all, fc_fma(-0.7f, compute, ep_all));
    fc_real layer = compute + tp + cp + ep;
    fc_real fsdp_late = fc_fma((fc_real)p->fsdp_steps, near, (fc_real)p->fsdp_far_steps * far);
    fsdp_late = fc_fma((fc_real)p->fsdp_slices_s, per_nvlink,
                       fc_fma((fc_real)p->fsdp_far_slices_s, per_nic, fsdp_late));
    fc_real fsdp_all =
        fc_max((fc_real)p->fsdp_nvlink_s * per_nvlink, (fc_real)p->fsdp_nic_s * per_nic) + fsdp_late;
    fc_real fsdp = fc_max(FC_FACTOR(FSDP_EXPOSED) * fsdp_all, fc_fma(-0.7f, layer, fsdp_all));
    layer = layer + fsdp;
    /* copies run beside a layer's own pass: what is longer than the pass, it waits for */
    fc_real forward = (fc_real)p->forward_share * layer;
    fc_real offload = fc_max((fc_real)p->offload_forward_s - forward, 0.0f) +
                      fc_max((fc_real)p->offload_backward_s - (layer - forward), 0.0f);
    layer = layer + offload;

    /* the host must keep up: a smooth maximum */
    fc_real launches = fc_fma((fc_real)p->moe_launches, FC_FACTOR(MOE_LAUNCHES), (fc_real)p->launches);
    launches =
        fc_fma((fc_real)p->expert_launches * FC_FACTOR(EXPERT_LAUNCHES), FC_FACTOR(DROP_LAUNCHES), launches);
    fc_real host = launches * FC_FACTOR(LAUNCH) * FC_FACTOR(LAUNCH_GRACE) * FC_FACTOR(LAUNCH_OVERLAP);
    fc_real sum = layer + host;
    fc_real difference = layer - host;
    fc_real corner = 0.1f * sum;
    fc_real device = layer;
    layer = 0.5f * (sum + fc_sqrt(fc_fma(difference, difference, corner * corner)));

    /* the pipeline */
    fc_real head_gemm = (fc_real)p->head_s / (clock * FC_FACTOR(GEMM_BF16));
    fc_real head = fc_fma(elementwise * (fc_real)p->head_bytes_s, per_hbm, head_gemm) * software;
    fc_real body = (fc_real)p->layers * layer;
    fc_real stage = fc_max(body, fc_fma((fc_real)p->last_layers, layer, (fc_real)p->last_head * head));
    fc_real accumulated = FC_FACTOR(ACCUMULATE_TRAFFIC) * (fc_real)p->accumulate_s * per_hbm;
    fc_real weights =
        fc_fma((fc_real)p->weight_share, linear + grouped, (fc_real)p->zero_bubble * accumulated) * software;
    fc_real idle = fc_max(fc_fma(-(fc_real)p->idle_weights, weights, (fc_real)p->idle_layer * layer), 0.0f);
    fc_real bubble = fc_fma((fc_real)p->bubble_layers, idle, (fc_real)p->bubble_head * head);
    fc_real pp_all = fc_fma((fc_real)p->pp_nvlink_s, per_nvlink, (fc_real)p->pp_nic_s * per_nic);
    fc_real pp = pp_all * FC_FACTOR(PP_EXPOSED);

    /* once per step; the groups of all ranks share the network */
    fc_real per_shared = per_nic / FC_FACTOR(DP_RATE);
    fc_real dp_expert =
        fc_max((fc_real)p->expert_dp_nvlink_s * per_nvlink, (fc_real)p->expert_dp_nic_s * per_shared);
    fc_real dp_all =
        fc_max((fc_real)p->dense_dp_nvlink_s * per_nvlink, (fc_real)p->dense_dp_nic_s * per_shared) +
        dp_expert;
    fc_real dp_late = fc_fma((fc_real)p->dp_steps, near, (fc_real)p->dp_far_steps * far);
    dp_late =
        fc_fma((fc_real)p->dp_slices_s, per_nvlink, fc_fma((fc_real)p->dp_far_slices_s, per_nic, dp_late));
    dp_all = dp_all + dp_late;
    /* what hides it is at most all the computation of the step: a step of one micro-batch has no two to hide behind */
    fc_real micro = (fc_real)p->micro_batches;
    fc_real computing = fc_fma(micro, stage, bubble);
    fc_real window = fc_min(FC_FACTOR(DP_WINDOW) * (stage + bubble), computing);
    fc_real dp = fc_max(FC_FACTOR(DP_EXPOSED) * dp_all, dp_all - window);
    fc_real optimizer =
        fc_fma((fc_real)p->optimizer_s * FC_FACTOR(OPTIMIZER_BYTES), per_hbm, FC_FACTOR(STEP_FIXED));
    fc_real host_optimizer = (fc_real)p->host_optimizer_s;
    fc_real plain = computing + pp + dp + optimizer + host_optimizer;
    /* replicas meet once per step and wait for the slowest */
    fc_real waiting = FC_FACTOR(STEP_WAIT) * (fc_real)p->slowest * stage;
    fc_real straggling = fc_fma(FC_FACTOR(STRAGGLING) * (fc_real)p->doublings, plain, waiting);
    fc_real explained = plain + straggling;
    parts->step = explained * FC_FACTOR(STEP_RESIDUAL);

    /* the parts, for explanation; dead code where only the step is wanted */
    fc_real repeats = micro * (fc_real)p->layers;
    parts->gemm = repeats * linear * software;
    parts->experts = repeats * grouped * software;
    parts->attention = repeats * attention * software;
    parts->memory = repeats * memory * software;
    parts->gaps = repeats * gaps;
    parts->tp = repeats * tp;
    parts->cp = repeats * cp;
    parts->ep = repeats * ep;
    parts->fsdp = repeats * fsdp;
    parts->offload = fc_fma(repeats, offload, host_optimizer);
    parts->host = repeats * (layer - device);
    parts->head = micro * (stage - body);
    parts->bubble = bubble;
    parts->pp = pp;
    parts->dp = dp;
    parts->optimizer = optimizer;
    parts->straggling = explained - plain;
    parts->waiting = waiting;
    parts->dp_expert = dp_all > 0.0f ? dp * dp_expert / dp_all : 0.0f;
    parts->residual = parts->step - explained;
    parts->communication = repeats * (tp_all + cp_all + ep_all + fsdp_all) + pp_all + dp_all;
#undef FC_FACTOR
}

/* Turns the standard normal numbers of the inputs that are drawn together into factors. */
FC_FN void fc_step_join(FC_GLOBAL const struct fc_step_program *step, fc_real inputs[FC_INPUT_COUNT][FC_W])
{
    for (fc_i32 i = step->joint_count - 1; i >= 0; i--) {
        FC_GLOBAL const float *row = step->factor + i * (i + 1) / 2;
        fc_real sum[FC_W];
        FC_LANES (l)
            sum[l] = 0.0f;
        for (fc_i32 k = step->joint_from[i]; k <= i; k++) {
            const fc_real *z = inputs[step->joint[k]];
            fc_real weight = (fc_real)row[k];
            FC_LANES (l)
                sum[l] = fc_fma(weight, z[l], sum[l]);
        }
        fc_real *value = inputs[step->joint[i]];
        fc_real median = (fc_real)step->median[i];
        FC_LANES (l)
            value[l] = median * fc_exp(sum[l]);
    }
}

/* Seconds of a step for FC_W worlds from their factors. */
FC_FN void fc_step_seconds(FC_GLOBAL const struct fc_step_program *step, fc_real inputs[FC_INPUT_COUNT][FC_W],
                           fc_real *step_time_s)
{
    const fc_real *first = &inputs[0][0];
    FC_LANES (l) {
        struct fc_step_parts parts;
        fc_step_one(step, first + l, FC_W, &parts);
        step_time_s[l] = parts.step;
    }
}

/* step_time_s[FC_W] and memory_bytes[FC_W] (per GPU) of FC_W worlds; inputs as drawn. */
FC_FN void fc_step_lanes(FC_GLOBAL const struct fc_step_program *step, fc_real inputs[FC_INPUT_COUNT][FC_W],
                         fc_real *step_time_s, fc_real *memory_bytes)
{
    fc_step_join(step, inputs);
    fc_step_seconds(step, inputs, step_time_s);
    FC_LANES (l) {
        fc_real used = fc_fma((fc_real)step->memory_activations, inputs[FC_IN_MEMORY_ACTIVATIONS][l],
                              (fc_real)step->memory_states);
        memory_bytes[l] = fc_fma(used, inputs[FC_IN_MEMORY_ALLOCATOR][l], inputs[FC_IN_MEMORY_FRAMEWORK][l]);
    }
}

#endif
