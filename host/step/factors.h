/* factors.h: the efficiency factors of the step model: what they are, what was believed of them before
 * measurements (catalog/efficiency.yaml) and after (catalog/posterior.yaml, made by `flopcast calibrate`).
 *
 * An input of the step layer (cuda/model/inputs.h) is one role, such as the clock; the measured factors
 * behind it differ by hardware, precision and software: fc_factors_for says which one a plan uses. All are
 * positive; their logarithms are jointly normal. */
#ifndef FC_HOST_FACTORS_H
#define FC_HOST_FACTORS_H

#include "cuda/model/inputs.h"
#include "host/language/catalog.h"
#include "plan.h"
#include "residual.h"
#include "cuda/model/step/step_program.h"

/* The order is that of the columns of a calibration; append only. */
enum fc_factor_id {
    FC_FACTOR_GEMM_BF16_A100,
    FC_FACTOR_GEMM_BF16_HOPPER,
    FC_FACTOR_GEMM_BF16_BLACKWELL,
    FC_FACTOR_GEMM_FP8_HOPPER,
    FC_FACTOR_GEMM_FP8_BLACKWELL,
    FC_FACTOR_GEMM_FP4_BLACKWELL,
    FC_FACTOR_MXFP8,
    FC_FACTOR_CLOCK_B200,
    FC_FACTOR_CLOCK_GB200,
    FC_FACTOR_CLOCK_GB300,
    FC_FACTOR_CLOCK_B300,
    FC_FACTOR_CLOCK_H100_500W,
    FC_FACTOR_FP4_ULTRA,
    FC_FACTOR_ATTENTION_A100,
    FC_FACTOR_ATTENTION_HOPPER,
    FC_FACTOR_ATTENTION_BLACKWELL,
    FC_FACTOR_ATTENTION_FP8,
    FC_FACTOR_ATTENTION_UNFUSED,
    FC_FACTOR_MAMBA_BYTES,
    FC_FACTOR_ATTENTION_KERNEL_FLASH2,
    FC_FACTOR_ATTENTION_KERNEL_ALIBI,
    FC_FACTOR_CLAMP_BYTES,
    FC_FACTOR_DROP_LAUNCHES,
    FC_FACTOR_SOFTWARE_EARLY_BLACKWELL,
    FC_FACTOR_ELEMENTWISE_MEGATRON,
    FC_FACTOR_FSDP_EXPOSED_LLM_FOUNDRY,
    FC_FACTOR_GROUPED_GEMM,
    FC_FACTOR_GROUPED_ROWS,
    FC_FACTOR_HBM,
    FC_FACTOR_OPERAND_TRAFFIC,
    FC_FACTOR_ACCUMULATE_TRAFFIC,
    FC_FACTOR_ELEMENTWISE_EAGER,
    FC_FACTOR_ELEMENTWISE_FUSED,
    FC_FACTOR_QUANTIZE_FP8_HOPPER,
    FC_FACTOR_QUANTIZE_FP8_BLACKWELL,
    FC_FACTOR_QUANTIZE_MXFP8,
    FC_FACTOR_QUANTIZE_NVFP4,
    FC_FACTOR_KERNEL_GAP,
    FC_FACTOR_LAUNCH,
    FC_FACTOR_LAUNCH_GRACE,
    FC_FACTOR_EXPERT_LAUNCHES,
    FC_FACTOR_LAUNCH_OVERLAP,
    FC_FACTOR_NVLINK,
    FC_FACTOR_NIC,
    FC_FACTOR_LATENCY,
    FC_FACTOR_TP_EXPOSED,
    FC_FACTOR_CP_EXPOSED,
    FC_FACTOR_EP_EXPOSED,
    FC_FACTOR_ALL_TO_ALL,
    FC_FACTOR_PP_EXPOSED,
    FC_FACTOR_DP_EXPOSED,
    FC_FACTOR_FSDP_EXPOSED,
    FC_FACTOR_DP_WINDOW,
    FC_FACTOR_OPTIMIZER_BYTES,
    FC_FACTOR_STEP_FIXED,
    FC_FACTOR_STRAGGLING,
    FC_FACTOR_SOFTWARE_MEGATRON_2021,
    FC_FACTOR_SOFTWARE_MEGATRON_2022,
    FC_FACTOR_SOFTWARE_LLM_FOUNDRY,
    FC_FACTOR_SOFTWARE_TORCHTITAN,
    FC_FACTOR_SOFTWARE_JAX,
    FC_FACTOR_SOFTWARE_SIMUMAX,
    FC_FACTOR_SOFTWARE_AUTOMODEL,
    FC_FACTOR_SOFTWARE_NEMO_24,
    FC_FACTOR_SOFTWARE_NEMO_25,
    FC_FACTOR_SOFTWARE_BRIDGE_25,
    FC_FACTOR_SOFTWARE_BRIDGE_26_04,
    FC_FACTOR_SOFTWARE_BRIDGE_26_06,
    FC_FACTOR_SOFTWARE_MLPERF,
    FC_FACTOR_SOFTWARE_META_LLAMA3,
    FC_FACTOR_SOFTWARE_MOE_2024,
    FC_FACTOR_EXPERT_TRAFFIC,
    FC_FACTOR_MOE_LAUNCHES,
    FC_FACTOR_SOFTWARE_PAXML,
    FC_FACTOR_FAR_LATENCY,
    FC_FACTOR_DP_RATE,
    FC_FACTOR_STEP_WAIT,
    FC_FACTOR_STEP_WAIT_SITE,
    FC_FACTOR_STEP_WAIT_ROUTER,
    FC_FACTOR_NIC_ROCE,
    FC_FACTOR_FAR_LATENCY_RACK,
    FC_FACTOR_SOFTWARE_MEGATRON_2023,
    FC_FACTOR_SOFTWARE_MEGASCALE,
    FC_FACTOR_SOFTWARE_MEGATRON_DEEPSPEED,
    FC_FACTORS
};

struct fc_factor {
    const char *name; /* of its entry in the catalog */
    int input;
};
extern const struct fc_factor fc_factors[FC_FACTORS]; /* by enum fc_factor_id */

/* Software whose memory beside its tensors is alike. */
enum fc_memory_family {
    FC_MEMORY_MEGATRON, /* Megatron-Core and the like */
    FC_MEMORY_OLD,      /* Megatron-LM of 2021 and 2022 */
    FC_MEMORY_TORCH,    /* FSDP of PyTorch */
    FC_MEMORY_FAMILIES
};
enum fc_memory_family fc_memory_family_of(const struct fc_plan *plan);

/* Steps that a user measured (own_steps.h), and what conditioning on them needs. */
enum { FC_OWN_STEPS = 32 };
struct fc_own_step {
    struct fc_plan_traits plan;
    double gradient[FC_FACTORS]; /* of the log of the step time by the logs of the factors */
    double surprise;             /* log(measured / predicted by the shipped posterior) */
    double sd_log;               /* of the measurement */
};
struct fc_own_steps {
    int count;
    struct fc_own_step step[FC_OWN_STEPS];
    double inverse[FC_OWN_STEPS][FC_OWN_STEPS]; /* of the covariance of what was measured */
    double weight[FC_OWN_STEPS];                /* inverse x surprise */
    double factor[FC_FACTORS][FC_OWN_STEPS];    /* covariance of the factors with what was measured, before */
};

struct fc_beliefs {
    double median[FC_FACTORS], sd_log[FC_FACTORS]; /* prior */
    double log_shift[FC_FACTORS]; /* posterior mean of the log, less the log of the prior's median */
    double now[FC_FACTORS];       /* posterior median; this and the shift are set by fc_beliefs_shift */
    double covariance[FC_FACTORS][FC_FACTORS]; /* posterior, of the logs */
    struct fc_residual_parts residual;         /* what the model leaves unexplained */
    struct fc_own_steps own;                   /* steps that a user measured */
    /* lognormal distributions of the memory inputs: activations, allocator, framework; by enum fc_memory_family */
    double memory_median[FC_MEMORY_FAMILIES][3], memory_sd_log[FC_MEMORY_FAMILIES][3];
    double router_median, router_sd_log; /* lognormal distribution of the spread of the experts' loads */
};

/* The factor that stands behind each input of the step layer in this plan, or -1 when the plan has no use
 * for it. */
void fc_factors_for(const struct fc_plan *plan, int factors[FC_IN_STEP_END]);

/* Moves factor f's posterior median to the prior's times exp(log_shift). */
void fc_beliefs_shift(struct fc_beliefs *beliefs, int f, double log_shift);

/* Reads the priors only; the posterior is set equal to them. */
int fc_beliefs_read_priors(struct fc_beliefs *beliefs, const struct fc_catalog *catalog,
                           struct fc_error *error);

/* Reads priors and posterior. */
int fc_beliefs_read(struct fc_beliefs *beliefs, const struct fc_catalog *catalog, struct fc_error *error);

enum fc_posterior_use {
    FC_USE_POSTERIOR, /* factors drawn jointly from the posterior */
    FC_USE_PRIOR,     /* independently from the priors */
    FC_USE_FIXED      /* all at the posterior median, no residual */
};

/* How each input of the step layer gets its value. */
enum fc_step_draw { FC_STEP_CONSTANT, FC_STEP_NORMAL, FC_STEP_OWN };
struct fc_step_draws {
    enum fc_step_draw kind[FC_IN_STEP_END];
    double value[FC_IN_STEP_END]; /* FC_STEP_CONSTANT */
};

/* Sets how the inputs are drawn, and joint, median and factor of the program. own[i]: the scenario states
 * input i itself. */
void fc_beliefs_apply(const struct fc_beliefs *beliefs, const struct fc_plan *plan, enum fc_posterior_use use,
                      const bool own[FC_IN_STEP_END], struct fc_step_draws *draws,
                      struct fc_step_program *program);

/* The median value of every input of the step layer but the residual, which is 1. */
void fc_beliefs_factor_medians(const struct fc_beliefs *beliefs, const struct fc_plan *plan,
                               double inputs[FC_IN_STEP_END]);

/* The same with the residual: that of the site's mean and own steps. */
void fc_beliefs_medians(const struct fc_beliefs *beliefs, const struct fc_plan *plan,
                        double inputs[FC_IN_STEP_END]);

#endif
