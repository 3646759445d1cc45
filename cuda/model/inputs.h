/* inputs.h: the numbers of the uncertain inputs of a trial.
 *
 * A number is permanent: it names the random stream of its input (draw.h), so two scenarios that share an
 * input share its random numbers, whatever else differs. Never renumber; append within the layer's range.
 * Names, units, ranges and meanings stand in fields.def, but for the step layer's (FACTOR there). */
#ifndef FC_MODEL_INPUTS_H
#define FC_MODEL_INPUTS_H

enum fc_input {
    /* step layer: 0 to 63; efficiency factors of step.h. Where several measured factors may stand behind one
     * of them (the clock of a GB200 or of a B300), the scenario decides which (host/step/factors.h). */
    FC_IN_STEP_FIRST = 0,
    FC_IN_CLOCK = 0,               /* sustained clock over the one of the stated peak */
    FC_IN_GEMM_BF16 = 1,           /* matrix products of large shape over the BF16 peak */
    FC_IN_GEMM_LOW = 2,            /* the same for FP8 and FP4 */
    FC_IN_MXFP8 = 3,               /* MXFP8 matrix products against per-tensor FP8 */
    FC_IN_FP4_ULTRA = 4,           /* share of the additional FP4 peak of the 300 series */
    FC_IN_GROUPED_GEMM = 5,        /* grouped against dense matrix products */
    FC_IN_GROUPED_ROWS = 6,        /* rows lost per expert to tiles */
    FC_IN_ATTENTION = 7,           /* fused attention over the BF16 peak */
    FC_IN_ATTENTION_KERNEL = 8,    /* an older attention kernel against that */
    FC_IN_ATTENTION_FP8 = 9,       /* gain by FP8 attention */
    FC_IN_ATTENTION_UNFUSED = 10,  /* batched matrix products of unfused attention over the BF16 peak */
    FC_IN_HBM = 11,                /* streaming rate over the memory's peak */
    FC_IN_OPERAND_TRAFFIC = 12,    /* share of the operand traffic of matrix products that is not hidden */
    FC_IN_ACCUMULATE_TRAFFIC = 13, /* the same for the accumulation of weight gradients */
    FC_IN_ELEMENTWISE = 14,        /* factor on the counted bytes of norms, activations, residuals */
    FC_IN_QUANTIZE_BYTES = 15,     /* bytes per element cast to low precision */
    FC_IN_MAMBA_BYTES = 16,        /* bytes per element of a state-space scan */
    FC_IN_CLAMP_BYTES = 17,        /* bytes per element of a biased, clamped expert activation */
    FC_IN_EXPERT_TRAFFIC = 18,     /* elementwise traffic of an unfused expert block against a fused one */
    FC_IN_KERNEL_GAP = 19,         /* between two kernels, s */
    FC_IN_LAUNCH = 20,             /* host time per kernel, s */
    FC_IN_LAUNCH_GRACE = 21,       /* factor on that for the Grace host */
    FC_IN_LAUNCH_OVERLAP = 22,     /* factor on that when expert exchange overlaps */
    FC_IN_MOE_LAUNCHES = 23,       /* kernels of router, permutation, dispatch per layer */
    FC_IN_EXPERT_LAUNCHES = 24,    /* kernels per local expert and layer */
    FC_IN_DROP_LAUNCHES = 25,      /* factor on that with static shapes (token drop) */
    FC_IN_SOFTWARE = 26,           /* factor of the software generation on compute time */
    FC_IN_SOFTWARE_BLACKWELL = 27, /* factor of the first releases for Blackwell */
    FC_IN_SOFTWARE_MOE = 28,       /* factor of the 2024 releases on mixture models */
    FC_IN_NVLINK = 29,             /* bus bandwidth over the link's rate in one direction */
    FC_IN_NIC = 30,                /* bus bandwidth over the adapter's rate */
    FC_IN_LATENCY = 31,            /* latency of a collective step in a domain, s */
    FC_IN_ALL_TO_ALL = 32,         /* all-to-all against ring rate */
    FC_IN_TP_EXPOSED = 33,         /* share of tensor parallel communication left exposed by overlap */
    FC_IN_CP_EXPOSED = 34,
    FC_IN_EP_EXPOSED = 35,
    FC_IN_PP_EXPOSED = 36,
    FC_IN_DP_EXPOSED = 37,
    FC_IN_DP_WINDOW = 38, /* micro-batches of computation that may hide data parallel communication */
    FC_IN_FSDP_EXPOSED = 39,
    FC_IN_OPTIMIZER_BYTES = 40,    /* bytes per parameter of an optimizer step */
    FC_IN_STEP_FIXED = 41,         /* fixed time per step, s */
    FC_IN_STRAGGLING = 42,         /* growth of the step per doubling beyond eight GPUs */
    FC_IN_STEP_RESIDUAL = 43,      /* what the model does not explain */
    FC_IN_MEMORY_ACTIVATIONS = 44, /* factor on the counted activations */
    FC_IN_MEMORY_ALLOCATOR = 45,   /* memory reserved over memory in use */
    FC_IN_MEMORY_FRAMEWORK = 46,   /* context, collective buffers, workspaces, byte */
    FC_IN_FAR_LATENCY = 47,        /* latency of a collective step between domains, s */
    FC_IN_ROUTER_SPREAD = 48,      /* standard deviation of the experts' loads over their mean */
    FC_IN_DP_RATE = 49, /* rate of data parallel collectives between domains over that of one alone */
    FC_IN_STEP_WAIT =
        50, /* spread of a replica's time per micro-batch, over the mean; all wait for the slowest */
    FC_IN_STEP_END = 51,

    /* timeline layer: 64 to 127, contract layer: 128 to 255; one row a key (fields.def) */
#define INPUT(name, number, ...) FC_IN_##name = number,
#define UNCERTAIN(...)
#define DISTRIBUTION(...)
#define NUMBER(...)
#define INTEGER(...)
#define NUMBERS(...)
#define CHOICE(...)
#define FLAG(...)
#define NAME(...)
#define TEXT(...)
#define FACTOR(...)
#include "fields.def"

    /* series that a loop reads, and what no key feeds */
    FC_IN_CLASS_SHARE = 74, /* + class, 74 to 80: relative shares of the first seven classes */
    FC_IN_CONTRACT_FIRST = 128,
    FC_IN_DELAY_MONTHS = 133, /* length of the delay when there is one, months */
    FC_IN_DELAY_CHANCE = 134, /* internal: uniform number against delay_probability */
    FC_IN_GROWTH = 152,       /* + year 0 to 2: factor on the revenue of a year; GROWTH_LATER follows */
    FC_IN_PROVIDER = 176,     /* + 16 (provider - 1) + enum fc_provider_input, providers 1 to 3: 176 to 223 */

    FC_INPUT_COUNT = 256
};

#endif
