/* factors.c: see factors.h. */
#include "factors.h"
#include "own_steps.h"
#include "cuda/model/step/step_program.h"

#include <math.h>
#include <string.h>

const struct fc_factor fc_factors[FC_FACTORS] = {
    [FC_FACTOR_GEMM_BF16_A100] = {"gemm_bf16_a100", FC_IN_GEMM_BF16},
    [FC_FACTOR_GEMM_BF16_HOPPER] = {"gemm_bf16_hopper", FC_IN_GEMM_BF16},
    [FC_FACTOR_GEMM_BF16_BLACKWELL] = {"gemm_bf16_blackwell", FC_IN_GEMM_BF16},
    [FC_FACTOR_GEMM_FP8_HOPPER] = {"gemm_fp8_hopper", FC_IN_GEMM_LOW},
    [FC_FACTOR_GEMM_FP8_BLACKWELL] = {"gemm_fp8_blackwell", FC_IN_GEMM_LOW},
    [FC_FACTOR_GEMM_FP4_BLACKWELL] = {"gemm_fp4_blackwell", FC_IN_GEMM_LOW},
    [FC_FACTOR_MXFP8] = {"mxfp8", FC_IN_MXFP8},
    [FC_FACTOR_CLOCK_B200] = {"clock_b200", FC_IN_CLOCK},
    [FC_FACTOR_CLOCK_GB200] = {"clock_gb200", FC_IN_CLOCK},
    [FC_FACTOR_CLOCK_GB300] = {"clock_gb300", FC_IN_CLOCK},
    [FC_FACTOR_CLOCK_B300] = {"clock_b300", FC_IN_CLOCK},
    [FC_FACTOR_CLOCK_H100_500W] = {"clock_h100_500w", FC_IN_CLOCK},
    [FC_FACTOR_FP4_ULTRA] = {"fp4_ultra", FC_IN_FP4_ULTRA},
    [FC_FACTOR_ATTENTION_A100] = {"attention_a100", FC_IN_ATTENTION},
    [FC_FACTOR_ATTENTION_HOPPER] = {"attention_hopper", FC_IN_ATTENTION},
    [FC_FACTOR_ATTENTION_BLACKWELL] = {"attention_blackwell", FC_IN_ATTENTION},
    [FC_FACTOR_ATTENTION_FP8] = {"attention_fp8", FC_IN_ATTENTION_FP8},
    [FC_FACTOR_ATTENTION_UNFUSED] = {"attention_unfused", FC_IN_ATTENTION_UNFUSED},
    [FC_FACTOR_MAMBA_BYTES] = {"mamba_bytes", FC_IN_MAMBA_BYTES},
    [FC_FACTOR_ATTENTION_KERNEL_FLASH2] = {"attention_kernel_flash2", FC_IN_ATTENTION_KERNEL},
    [FC_FACTOR_ATTENTION_KERNEL_ALIBI] = {"attention_kernel_alibi", FC_IN_ATTENTION_KERNEL},
    [FC_FACTOR_CLAMP_BYTES] = {"clamp_bytes", FC_IN_CLAMP_BYTES},
    [FC_FACTOR_DROP_LAUNCHES] = {"drop_launches", FC_IN_DROP_LAUNCHES},
    [FC_FACTOR_SOFTWARE_EARLY_BLACKWELL] = {"software_early_blackwell", FC_IN_SOFTWARE_BLACKWELL},
    [FC_FACTOR_ELEMENTWISE_MEGATRON] = {"elementwise_megatron", FC_IN_ELEMENTWISE},
    [FC_FACTOR_FSDP_EXPOSED_LLM_FOUNDRY] = {"fsdp_exposed_llm_foundry", FC_IN_FSDP_EXPOSED},
    [FC_FACTOR_GROUPED_GEMM] = {"grouped_gemm", FC_IN_GROUPED_GEMM},
    [FC_FACTOR_GROUPED_ROWS] = {"grouped_rows", FC_IN_GROUPED_ROWS},
    [FC_FACTOR_HBM] = {"hbm", FC_IN_HBM},
    [FC_FACTOR_OPERAND_TRAFFIC] = {"operand_traffic", FC_IN_OPERAND_TRAFFIC},
    [FC_FACTOR_ACCUMULATE_TRAFFIC] = {"accumulate_traffic", FC_IN_ACCUMULATE_TRAFFIC},
    [FC_FACTOR_ELEMENTWISE_EAGER] = {"elementwise_eager", FC_IN_ELEMENTWISE},
    [FC_FACTOR_ELEMENTWISE_FUSED] = {"elementwise_fused", FC_IN_ELEMENTWISE},
    [FC_FACTOR_QUANTIZE_FP8_HOPPER] = {"quantize_fp8_hopper", FC_IN_QUANTIZE_BYTES},
    [FC_FACTOR_QUANTIZE_FP8_BLACKWELL] = {"quantize_fp8_blackwell", FC_IN_QUANTIZE_BYTES},
    [FC_FACTOR_QUANTIZE_MXFP8] = {"quantize_mxfp8", FC_IN_QUANTIZE_BYTES},
    [FC_FACTOR_QUANTIZE_NVFP4] = {"quantize_nvfp4", FC_IN_QUANTIZE_BYTES},
    [FC_FACTOR_KERNEL_GAP] = {"kernel_gap", FC_IN_KERNEL_GAP},
    [FC_FACTOR_LAUNCH] = {"launch", FC_IN_LAUNCH},
    [FC_FACTOR_LAUNCH_GRACE] = {"launch_grace", FC_IN_LAUNCH_GRACE},
    [FC_FACTOR_EXPERT_LAUNCHES] = {"expert_launches", FC_IN_EXPERT_LAUNCHES},
    [FC_FACTOR_LAUNCH_OVERLAP] = {"launch_overlap", FC_IN_LAUNCH_OVERLAP},
    [FC_FACTOR_NVLINK] = {"nvlink", FC_IN_NVLINK},
    [FC_FACTOR_NIC] = {"nic", FC_IN_NIC},
    [FC_FACTOR_LATENCY] = {"latency", FC_IN_LATENCY},
    [FC_FACTOR_TP_EXPOSED] = {"tp_exposed", FC_IN_TP_EXPOSED},
    [FC_FACTOR_CP_EXPOSED] = {"cp_exposed", FC_IN_CP_EXPOSED},
    [FC_FACTOR_EP_EXPOSED] = {"ep_exposed", FC_IN_EP_EXPOSED},
    [FC_FACTOR_ALL_TO_ALL] = {"all_to_all", FC_IN_ALL_TO_ALL},
    [FC_FACTOR_PP_EXPOSED] = {"pp_exposed", FC_IN_PP_EXPOSED},
    [FC_FACTOR_DP_EXPOSED] = {"dp_exposed", FC_IN_DP_EXPOSED},
    [FC_FACTOR_FSDP_EXPOSED] = {"fsdp_exposed", FC_IN_FSDP_EXPOSED},
    [FC_FACTOR_DP_WINDOW] = {"dp_window", FC_IN_DP_WINDOW},
    [FC_FACTOR_OPTIMIZER_BYTES] = {"optimizer_bytes", FC_IN_OPTIMIZER_BYTES},
    [FC_FACTOR_STEP_FIXED] = {"step_fixed", FC_IN_STEP_FIXED},
    [FC_FACTOR_STRAGGLING] = {"straggling", FC_IN_STRAGGLING},
    [FC_FACTOR_SOFTWARE_MEGATRON_2021] = {"software_megatron_2021", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_MEGATRON_2022] = {"software_megatron_2022", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_LLM_FOUNDRY] = {"software_llm_foundry", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_TORCHTITAN] = {"software_torchtitan", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_JAX] = {"software_jax", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_SIMUMAX] = {"software_simumax", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_AUTOMODEL] = {"software_automodel", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_NEMO_24] = {"software_nemo_24", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_NEMO_25] = {"software_nemo_25", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_BRIDGE_25] = {"software_bridge_25", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_BRIDGE_26_04] = {"software_bridge_26_04", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_BRIDGE_26_06] = {"software_bridge_26_06", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_MLPERF] = {"software_mlperf", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_META_LLAMA3] = {"software_meta_llama3", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_MOE_2024] = {"software_moe_2024", FC_IN_SOFTWARE_MOE},
    [FC_FACTOR_EXPERT_TRAFFIC] = {"expert_traffic", FC_IN_EXPERT_TRAFFIC},
    [FC_FACTOR_MOE_LAUNCHES] = {"moe_launches", FC_IN_MOE_LAUNCHES},
    [FC_FACTOR_SOFTWARE_PAXML] = {"software_paxml", FC_IN_SOFTWARE},
    [FC_FACTOR_FAR_LATENCY] = {"far_latency", FC_IN_FAR_LATENCY},
    [FC_FACTOR_DP_RATE] = {"dp_rate", FC_IN_DP_RATE},
    [FC_FACTOR_STEP_WAIT] = {"step_wait", FC_IN_STEP_WAIT},
    [FC_FACTOR_STEP_WAIT_SITE] = {"step_wait_site", FC_IN_STEP_WAIT},
    [FC_FACTOR_STEP_WAIT_ROUTER] = {"step_wait_router", FC_IN_STEP_WAIT},
    [FC_FACTOR_FAR_LATENCY_RACK] = {"far_latency_rack", FC_IN_FAR_LATENCY},
    [FC_FACTOR_NIC_ROCE] = {"nic_roce", FC_IN_NIC},
    [FC_FACTOR_SOFTWARE_MEGATRON_2023] = {"software_megatron_2023", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_MEGASCALE] = {"software_megascale", FC_IN_SOFTWARE},
    [FC_FACTOR_SOFTWARE_MEGATRON_DEEPSPEED] = {"software_megatron_deepspeed", FC_IN_SOFTWARE},
};

enum fc_memory_family fc_memory_family_of(const struct fc_plan *p)
{
    return p->software->early_megatron || p->software->id == FC_MEGATRON_2022 ? FC_MEMORY_OLD
           : p->software->fsdp                                                        ? FC_MEMORY_TORCH
                                                                                      : FC_MEMORY_MEGATRON;
}

static int by_family(const struct fc_plan *p, int ampere, int hopper, int blackwell)
{
    return p->gpu.family == FC_AMPERE ? ampere : p->gpu.family == FC_HOPPER ? hopper : blackwell;
}

static int named(const char *name)
{
    for (int i = 0; i < FC_FACTORS; i++)
        if (strcmp(fc_factors[i].name, name) == 0)
            return i;
    return -1;
}

static int low_gemm_of(const struct fc_plan *p)
{
    if (p->precision == FC_BF16)
        return -1;
    if (p->precision == FC_NVFP4)
        return FC_FACTOR_GEMM_FP4_BLACKWELL;
    return by_family(p, FC_FACTOR_GEMM_FP8_HOPPER, FC_FACTOR_GEMM_FP8_HOPPER, FC_FACTOR_GEMM_FP8_BLACKWELL);
}

static int quantize_of(const struct fc_plan *p)
{
    switch (p->precision) {
    case FC_NVFP4:
        return FC_FACTOR_QUANTIZE_NVFP4;
    case FC_MXFP8:
        return FC_FACTOR_QUANTIZE_MXFP8;
    case FC_FP8:
        return by_family(p, FC_FACTOR_QUANTIZE_FP8_HOPPER, FC_FACTOR_QUANTIZE_FP8_HOPPER,
                         FC_FACTOR_QUANTIZE_FP8_BLACKWELL);
    default:
        return -1;
    }
}

static int software_of(const struct fc_plan *p)
{
    static const int factors[FC_SOFTWARE_COUNT] = {
        [FC_MEGATRON_2021] = FC_FACTOR_SOFTWARE_MEGATRON_2021,
        [FC_MEGATRON_2022] = FC_FACTOR_SOFTWARE_MEGATRON_2022,
        [FC_LLM_FOUNDRY] = FC_FACTOR_SOFTWARE_LLM_FOUNDRY,
        [FC_TORCHTITAN] = FC_FACTOR_SOFTWARE_TORCHTITAN,
        [FC_JAX] = FC_FACTOR_SOFTWARE_JAX,
        [FC_SIMUMAX] = FC_FACTOR_SOFTWARE_SIMUMAX,
        [FC_AUTOMODEL] = FC_FACTOR_SOFTWARE_AUTOMODEL,
        [FC_NEMO_24] = FC_FACTOR_SOFTWARE_NEMO_24,
        [FC_NEMO_25] = FC_FACTOR_SOFTWARE_NEMO_25,
        [FC_BRIDGE_25] = FC_FACTOR_SOFTWARE_BRIDGE_25,
        [FC_BRIDGE_26_04] = FC_FACTOR_SOFTWARE_BRIDGE_26_04,
        [FC_BRIDGE_26_06] = FC_FACTOR_SOFTWARE_BRIDGE_26_06,
        [FC_MLPERF] = FC_FACTOR_SOFTWARE_MLPERF,
        [FC_META_LLAMA3] = FC_FACTOR_SOFTWARE_META_LLAMA3,
        [FC_PAXML] = FC_FACTOR_SOFTWARE_PAXML,
        [FC_MEGATRON_2023] = FC_FACTOR_SOFTWARE_MEGATRON_2023,
        [FC_MEGASCALE] = FC_FACTOR_SOFTWARE_MEGASCALE,
        [FC_MEGATRON_DEEPSPEED] = FC_FACTOR_SOFTWARE_MEGATRON_DEEPSPEED,
    };
    return factors[p->software->id];
}

static int attention_kernel_of(const struct fc_plan *p)
{
    if (p->gpu.family != FC_HOPPER)
        return -1;
    return p->software->attention == FC_FLASH_2       ? FC_FACTOR_ATTENTION_KERNEL_FLASH2
           : p->software->attention == FC_FLASH_ALIBI ? FC_FACTOR_ATTENTION_KERNEL_ALIBI
                                                      : -1;
}

/* Loads that differ from micro-batch to micro-batch spread most; next come software whose published
 * runs are not tuned to keep replicas in pace. */
static int wait_of(const struct fc_plan *p, bool mixture)
{
    if (mixture && !p->balanced_router && !p->drops_tokens)
        return FC_FACTOR_STEP_WAIT_ROUTER;
    return p->software->tuned ? FC_FACTOR_STEP_WAIT : FC_FACTOR_STEP_WAIT_SITE;
}

static int elementwise_of(const struct fc_plan *p)
{
    static const int factors[] = {[FC_FUSED] = FC_FACTOR_ELEMENTWISE_FUSED,
                                  [FC_EAGER] = FC_FACTOR_ELEMENTWISE_EAGER,
                                  [FC_MEGATRON_FUSED] = FC_FACTOR_ELEMENTWISE_MEGATRON};
    return factors[p->software->elementwise];
}

void fc_factors_for(const struct fc_plan *p, int factors[FC_IN_STEP_END])
{
    const struct fc_software *software = p->software;
    bool mixture = fc_architecture_is_mixture(&p->model), unfused = software->attention == FC_UNFUSED;
    bool hides_dp = software->overlaps_dp && !p->fsdp; /* what data parallel ranks exchange meets the backward pass */
    /* the first factor of an input stands behind it where nothing below says otherwise */
    for (int i = 0; i < FC_IN_STEP_END; i++)
        factors[i] = -1;
    for (int f = FC_FACTORS - 1; f >= 0; f--)
        factors[fc_factors[f].input] = f;
    /* one of several */
    const struct {
        int input, factor;
    } one_of[] = {
        {FC_IN_CLOCK, p->gpu.clock[0] ? named(p->gpu.clock) : -1},
        {FC_IN_GEMM_BF16, by_family(p, FC_FACTOR_GEMM_BF16_A100, FC_FACTOR_GEMM_BF16_HOPPER,
                                    FC_FACTOR_GEMM_BF16_BLACKWELL)},
        {FC_IN_GEMM_LOW, low_gemm_of(p)},
        {FC_IN_ATTENTION, by_family(p, FC_FACTOR_ATTENTION_A100, FC_FACTOR_ATTENTION_HOPPER,
                                    FC_FACTOR_ATTENTION_BLACKWELL)},
        {FC_IN_ATTENTION_KERNEL, attention_kernel_of(p)},
        {FC_IN_ELEMENTWISE, elementwise_of(p)},
        {FC_IN_QUANTIZE_BYTES, quantize_of(p)},
        {FC_IN_SOFTWARE, software_of(p)},
        {FC_IN_NIC, p->roce ? FC_FACTOR_NIC_ROCE : FC_FACTOR_NIC},
        {FC_IN_STEP_WAIT, wait_of(p, mixture)},
        {FC_IN_FSDP_EXPOSED, software->id == FC_LLM_FOUNDRY ? FC_FACTOR_FSDP_EXPOSED_LLM_FOUNDRY
                                                            : FC_FACTOR_FSDP_EXPOSED},
        {FC_IN_FAR_LATENCY,
         p->gpu.rack || p->gpu.domain > 8 ? FC_FACTOR_FAR_LATENCY_RACK : FC_FACTOR_FAR_LATENCY},
    };
    /* of use to some plans only */
    const struct {
        int input;
        bool needed;
    } needs[] = {
        {FC_IN_ATTENTION, !unfused},
        {FC_IN_ATTENTION_UNFUSED, unfused},
        {FC_IN_ATTENTION_FP8, p->attention_fp8},
        {FC_IN_MXFP8, p->precision == FC_MXFP8},
        {FC_IN_FP4_ULTRA,
         p->precision == FC_NVFP4 && p->gpu.fp4_flop_per_s > p->gpu.fp4_base_flop_per_s},
        {FC_IN_MAMBA_BYTES, fc_architecture_is_hybrid(&p->model)},
        {FC_IN_CLAMP_BYTES, p->model.clamped && software->id != FC_AUTOMODEL},
        {FC_IN_EXPERT_TRAFFIC, mixture && !p->fused_experts},
        {FC_IN_GROUPED_GEMM, mixture},
        {FC_IN_GROUPED_ROWS, mixture},
        {FC_IN_MOE_LAUNCHES, mixture},
        {FC_IN_EXPERT_LAUNCHES, mixture},
        {FC_IN_DROP_LAUNCHES, mixture && p->drops_tokens},
        {FC_IN_LAUNCH_GRACE, p->gpu.grace},
        {FC_IN_LAUNCH_OVERLAP, mixture && p->overlaps_ep && p->graph != FC_GRAPH_FULL},
        {FC_IN_SOFTWARE_BLACKWELL, software->early_blackwell && p->gpu.family == FC_BLACKWELL},
        {FC_IN_SOFTWARE_MOE, software->moe_2024 && mixture},
        {FC_IN_ALL_TO_ALL, p->ep > 1},
        {FC_IN_TP_EXPOSED, p->tp > 1 && p->overlaps_tp},
        {FC_IN_CP_EXPOSED, p->cp > 1},
        {FC_IN_EP_EXPOSED, p->ep > 1 && p->overlaps_ep},
        {FC_IN_PP_EXPOSED, p->pp > 1 && p->vpp > 1},
        {FC_IN_DP_EXPOSED, hides_dp},
        {FC_IN_DP_WINDOW, hides_dp},
        {FC_IN_DP_RATE, !p->fsdp && p->gpus > p->gpu.domain},
        {FC_IN_FSDP_EXPOSED, p->fsdp},
        {FC_IN_FAR_LATENCY, p->gpus > p->gpu.domain},
        {FC_IN_STRAGGLING, p->gpus > 8},
    };
    for (size_t k = 0; k < sizeof one_of / sizeof *one_of; k++)
        factors[one_of[k].input] = one_of[k].factor;
    for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
        if (!needs[k].needed)
            factors[needs[k].input] = -1;
}

/* --- reading
 * ------------------------------------------------------------------------------------------------------ */

static int read_prior(const struct fc_catalog *catalog, const char *name, double *median, double *sd_log,
                      struct fc_error *error)
{
    const struct fc_catalog_entry *entry;
    if (fc_catalog_find(catalog, "efficiency", name, NULL, &entry, error) ||
        fc_catalog_number(entry, "prior", median, NULL, error) ||
        fc_catalog_number(entry, "sd_log", sd_log, NULL, error))
        return -1;
    if (!(*median > 0) || !(*sd_log > 0) || !(*sd_log < 5))
        return fc_fail_at(error, &entry->place,
                          "factor '%s' needs a positive prior and a sd_log between 0 and 5", name);
    return 0;
}

void fc_beliefs_shift(struct fc_beliefs *b, int f, double log_shift)
{
    b->log_shift[f] = log_shift;
    b->now[f] = b->median[f] * exp(log_shift);
}

int fc_beliefs_read_priors(struct fc_beliefs *b, const struct fc_catalog *catalog, struct fc_error *error)
{
    static const char *const memory[FC_MEMORY_FAMILIES][3] = {
        [FC_MEMORY_MEGATRON] = {"memory_activations", "memory_allocator", "memory_framework"},
        [FC_MEMORY_OLD] = {"memory_activations_old", "memory_allocator_old", "memory_framework_old"},
        [FC_MEMORY_TORCH] = {"memory_activations_torch", "memory_allocator_torch", "memory_framework_torch"},
    };
    memset(b, 0, sizeof *b);
    for (int i = 0; i < FC_FACTORS; i++) {
        if (read_prior(catalog, fc_factors[i].name, &b->median[i], &b->sd_log[i], error))
            return -1;
        fc_beliefs_shift(b, i, 0);
        b->covariance[i][i] = b->sd_log[i] * b->sd_log[i];
    }
    for (int family = 0; family < FC_MEMORY_FAMILIES; family++)
        for (int i = 0; i < 3; i++)
            if (read_prior(catalog, memory[family][i], &b->memory_median[family][i],
                           &b->memory_sd_log[family][i], error))
                return -1;
    return read_prior(catalog, "router_spread", &b->router_median, &b->router_sd_log, error);
}

/* The correlations of one factor with those before it in the file. */
static int read_correlations(struct fc_beliefs *b, const struct fc_catalog_entry *entry, const int *before,
                             int count, int factor, const double *sd, struct fc_error *error)
{
    const struct fc_node *list = fc_node_get(entry->node, "correlations");
    int k = 0;
    for (const struct fc_node *item = list ? list->first : NULL; item; item = item->next, k++) {
        struct fc_source source = item->kind == FC_NODE_TEXT ? fc_node_source(item) : (struct fc_source){0};
        size_t offset = 0;
        double correlation;
        if (k >= count || !source.text || fc_source_number(&source, &offset, &correlation, error) ||
            fabs(correlation) > 1)
            return fc_fail_at(error, &item->place, "'correlations' of '%s' is not %d numbers from -1 to 1",
                              entry->name, count);
        double covariance = correlation * sd[factor] * sd[before[k]];
        b->covariance[factor][before[k]] = b->covariance[before[k]][factor] = covariance;
    }
    return 0;
}

int fc_beliefs_read(struct fc_beliefs *b, const struct fc_catalog *catalog, struct fc_error *error)
{
    if (fc_beliefs_read_priors(b, catalog, error))
        return -1;
    double sd[FC_FACTORS];
    int before[FC_FACTORS], count = 0;
    for (size_t e = 0; e < fc_catalog_count(catalog); e++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, e);
        int factor = strcmp(entry->kind, "posterior") == 0 ? named(entry->name) : -1;
        if (factor < 0)
            continue;
        double median;
        if (fc_catalog_number(entry, "median", &median, NULL, error) ||
            fc_catalog_number(entry, "sd_log", &sd[factor], NULL, error))
            return -1;
        if (!(median > 0) || !(sd[factor] >= 0))
            return fc_fail_at(error, &entry->place, "'%s' needs a positive median and a sd_log of at least 0",
                              entry->name);
        fc_beliefs_shift(b, factor, log(median / b->median[factor]));
        b->covariance[factor][factor] = sd[factor] * sd[factor];
        if (read_correlations(b, entry, before, count, factor, sd, error))
            return -1;
        before[count++] = factor;
    }
    return fc_residual_read(&b->residual, catalog, error) || fc_own_steps_read(b, catalog, error) ? -1 : 0;
}

/* --- use
 * ----------------------------------------------------------------------------------------------------------
 */

/* Cholesky factor of the covariance `c` (n x n, row-major) into packed rows; what is dependent gets no term
 * of its own. */
static void factorize(const double *c, int n, double *packed)
{
    for (int i = 0; i < n; i++) {
        double *row = packed + i * (i + 1) / 2;
        for (int j = 0; j <= i; j++) {
            const double *other = packed + j * (j + 1) / 2;
            double sum = c[i * n + j];
            for (int k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (i == j)
                row[i] = sum > 1e-12 ? sqrt(sum) : 0;
            else
                row[j] = other[j] > 0 ? sum / other[j] : 0;
        }
    }
}

void fc_beliefs_apply(const struct fc_beliefs *b, const struct fc_plan *plan, enum fc_posterior_use use,
                      const bool own[FC_IN_STEP_END], struct fc_step_draws *draws,
                      struct fc_step_program *program)
{
    enum { ALONE = 4 };
    int factor[FC_STEP_JOINT] = {0}, count = 0;
    double c[FC_STEP_JOINT * FC_STEP_JOINT], packed[FC_STEP_JOINT * (FC_STEP_JOINT + 1) / 2];
    struct fc_plan_traits traits;
    fc_plan_traits_of(plan, &traits);
    fc_beliefs_medians(b, plan, draws->value);
    /* What is left open of a plan that was measured is far less than what is open of each factor, and the model is not
     * linear: the step time is then drawn as one, the factors stand at their updated medians. */
    bool whole = use == FC_USE_POSTERIOR && b->own.count > 0 && !own[FC_IN_STEP_RESIDUAL];
    int behind[FC_IN_STEP_END];
    fc_factors_for(plan, behind);
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        int f = own[i] ? -1 : behind[i]; /* residual, memory and router have no factor */
        draws->kind[i] = own[i]                                  ? FC_STEP_OWN
                         : f < 0 || use == FC_USE_FIXED || whole ? FC_STEP_CONSTANT
                                                                 : FC_STEP_NORMAL;
        if (f >= 0 && use == FC_USE_PRIOR)
            draws->value[i] = b->median[f];
        if (draws->kind[i] == FC_STEP_NORMAL) {
            program->joint[count] = i;
            factor[count++] = f;
        }
    }
    /* the residual stands last: steps that a user measured tie it to the factors */
    int factors = count;
    double with[FC_FACTORS] = {0}, residual = fc_residual_covariance(&b->residual, &traits, &traits);
    if (whole) {
        double mean, sd;
        fc_own_steps_total(b, plan, own, &mean, &sd);
        residual = sd * sd;
    } else if (use != FC_USE_POSTERIOR)
        draws->value[FC_IN_STEP_RESIDUAL] = use == FC_USE_PRIOR ? exp(fc_residual_mean(&b->residual, &traits))
                                                                : draws->value[FC_IN_STEP_RESIDUAL];
    if (!own[FC_IN_STEP_RESIDUAL] && use != FC_USE_FIXED) {
        draws->kind[FC_IN_STEP_RESIDUAL] = FC_STEP_NORMAL;
        program->joint[count++] = FC_IN_STEP_RESIDUAL;
    }
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) {
            double prior = i == k ? b->sd_log[factor[i]] * b->sd_log[factor[i]] : 0;
            if (i < factors && k < factors)
                c[i * count + k] = use == FC_USE_PRIOR ? prior : b->covariance[factor[i]][factor[k]];
            else
                c[i * count + k] = i == k ? residual : with[factor[i < k ? i : k]];
        }
    /* software that was not stated may be another generation */
    for (int i = 0; i < count; i++)
        if (program->joint[i] == FC_IN_SOFTWARE && plan->software_assumed && b->own.count == 0)
            c[i * count + i] += 0.05 * 0.05;
    factorize(c, count, packed);
    for (int i = 0; i < count; i++)
        program->joint_from[i] = 0;
    const double *memory = b->memory_sd_log[fc_memory_family_of(plan)];
    const double alone[ALONE] = {memory[0], memory[1], memory[2], b->router_sd_log};
    for (int k = 0; k < ALONE; k++) {
        int input = k == ALONE - 1 ? FC_IN_ROUTER_SPREAD : FC_IN_MEMORY_ACTIVATIONS + k;
        if (own[input] || use == FC_USE_FIXED || draws->value[input] == 0 ||
            (whole && input == FC_IN_ROUTER_SPREAD))
            continue;
        draws->kind[input] = FC_STEP_NORMAL;
        program->joint[count] = input;
        program->joint_from[count] = count;
        packed[count * (count + 1) / 2 + count] = alone[k];
        count++;
    }
    program->joint_count = count;
    for (int i = 0; i < count; i++) {
        program->median[i] = (float)draws->value[program->joint[i]];
        for (int k = program->joint_from[i]; k <= i; k++)
            program->factor[i * (i + 1) / 2 + k] = (float)packed[i * (i + 1) / 2 + k];
    }
}

void fc_beliefs_factor_medians(const struct fc_beliefs *b, const struct fc_plan *plan,
                               double inputs[FC_IN_STEP_END])
{
    int behind[FC_IN_STEP_END];
    fc_factors_for(plan, behind);
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        int f = behind[i];
        inputs[i] = f < 0 ? 1 : b->now[f];
    }
    for (int k = 0; k < 3; k++)
        inputs[FC_IN_MEMORY_ACTIVATIONS + k] = b->memory_median[fc_memory_family_of(plan)][k];
    /* experts alone on their rank's data, or balanced by force: no spread */
    inputs[FC_IN_ROUTER_SPREAD] =
        fc_architecture_is_mixture(&plan->model) && !plan->balanced_router ? b->router_median : 0;
}

void fc_beliefs_medians(const struct fc_beliefs *b, const struct fc_plan *plan, double inputs[FC_IN_STEP_END])
{
    struct fc_plan_traits traits;
    double gradient[FC_FACTORS];
    fc_beliefs_factor_medians(b, plan, inputs);
    if (b->own.count > 0)
        (void)fc_own_steps_linear(b, plan, &traits, gradient);
    else
        fc_plan_traits_of(plan, &traits);
    inputs[FC_IN_STEP_RESIDUAL] =
        exp(fc_residual_mean(&b->residual, &traits) + fc_own_steps_mean(&b->own, &b->residual, &traits));
}
