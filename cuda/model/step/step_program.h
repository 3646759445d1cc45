/* step_program.h: what the host prepares for the step layer: one training plan on one cluster, as numbers.
 *
 * Names end in what they hold: _s is the time at the peak rate of the resource, which step.h divides by the
 * efficiency of this world. Per GPU, micro-batch and average layer unless said; 0 where the plan has no such
 * part. Filled by host/step/plan.c; the derivation of each number stands there. */
#ifndef FC_MODEL_STEP_PROGRAM_H
#define FC_MODEL_STEP_PROGRAM_H

#include "../base/lang.h"

#define FC_STEP_JOINT 51 /* most inputs that are drawn together: all of the step layer */

struct fc_step_program {
    /* the job */
    float tokens_per_step;
    float flop_per_step; /* model FLOP of a step, causal attention counted half, all GPUs together */
    float gpus;
    float peak_flops; /* dense peak that MFU refers to, FLOP/s per GPU */

    /* computation of a layer */
    fc_i32 low;          /* 1: FP8 or FP4 matrix products */
    float linear_s;      /* dense matrix products at the peak of their precision */
    float grouped_s;     /* the experts' */
    float grouped_row_s; /* one more row of each */
    /* the same of the layers that stay in BF16 beside low ones, at the BF16 peak */
    float linear_high_s, grouped_high_s, grouped_high_row_s;
    float router_excess; /* load of the fullest rank over the mean, less 1, per unit of the experts' spread */
    float experts_part;  /* 1 - 1 / local experts */
    float ultra; /* FP4 peak above the one that the measured efficiency refers to, over that one; else 0 */
    float attention_s;
    float unfused_s;
    float operand_s, accumulate_s, elementwise_s, mamba_s, clamp_s;
    float quantize_s; /* one bytes per element */
    float expert_elementwise_s, expert_quantize_s;
    float expert_part; /* as experts_part, 0 when the expert block is fused */
    float gaps;        /* kernels that leave a gap */
    /* kernels whose launch the GPU may have to wait for */
    float launches, moe_launches, expert_launches;

    /* communication of a layer: bytes over the peak of NVLink or adapter; steps of the collectives inside and
     * between domains (far); slices: what those steps wait for (host/step/collectives.h), in the former where only
     * one link is in use */
    float tp_nvlink_s, tp_nic_s, tp_steps, tp_far_steps;
    float tp_plain; /* share of it that nothing hides */
    float cp_nvlink_s, cp_nic_s, cp_steps, cp_far_steps;
    float ep_nvlink_s, ep_nic_s, ep_steps, ep_far_steps;
    float fsdp_nvlink_s, fsdp_nic_s, fsdp_slices_s, fsdp_far_slices_s, fsdp_steps, fsdp_far_steps;

    /* to and from the memory of the host while a layer's forward and backward pass run, at the rate that copies reach;
     * forward_share: of a layer's time that its forward pass takes */
    float offload_forward_s, offload_backward_s, forward_share;

    /* the head, per micro-batch, on the last stage */
    float head_s, head_bytes_s;

    /* the pipeline */
    float micro_batches;
    float layers;                     /* of the longest stage without a head */
    float last_layers;                /* layers beside the head */
    float last_head;                  /* share of the micro-batches that run the head there */
    float bubble_layers, bubble_head; /* idle layers and heads per step */
    float zero_bubble;                /* 1: weight gradients fill the bubble */
    float idle_layer, idle_weights;   /* of a layer's time idle, less so many weight gradients */
    float weight_share;               /* of the matrix products that are weight gradients; 0 otherwise */
    float pp_nvlink_s, pp_nic_s;      /* point to point, whole step */

    /* once per step */
    float dense_dp_nvlink_s, dense_dp_nic_s, expert_dp_nvlink_s, expert_dp_nic_s;
    float dp_slices_s, dp_far_slices_s, dp_steps, dp_far_steps;
    float optimizer_s; /* one bytes per parameter */
    float host_optimizer_s; /* gradients to the host, its optimizer, weights back */
    float doublings;        /* of the job beyond eight GPUs */
    float
        slowest; /* how far the slowest replica's sum over the micro-batches lies above the mean, in spreads */

    /* memory of the fullest GPU, bytes */
    float memory_states;      /* weights, gradients, optimizer */
    float memory_activations; /* and logits */
    float memory_capacity;

    /* Inputs drawn together: input joint[i] is median[i] exp(sum of factor[i (i + 1) / 2 + k] z_k) over k
     * from joint_from[i] to i, z the standard normal numbers that the draws put into the same inputs. */
    fc_i32 joint_count;
    fc_i32 joint[FC_STEP_JOINT];
    fc_i32 joint_from[FC_STEP_JOINT];
    float median[FC_STEP_JOINT];
    float factor[FC_STEP_JOINT * (FC_STEP_JOINT + 1) / 2];
};

#endif
