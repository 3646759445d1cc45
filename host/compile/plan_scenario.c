/* plan_scenario.c: see plan_scenario.h. */
#include "plan_scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/draw.h"
#include "host/step/plan_memory.h"
#include "host/step/plan_program.h"
#include "cuda/model/step/step_program.h"

static int refuse(const struct fc_setting *setting, const char *problem, struct fc_error *error)
{
    return fc_fail_at(error, &setting->place, "%s", problem);
}

static int read_cluster(struct fc_plan *p, const struct fc_settings *settings,
                        const struct fc_catalog *catalog, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    if (fc_accelerator_read(&p->gpu, catalog, f[FC_FIELD_GPU].name, &f[FC_FIELD_GPU].place, error))
        return -1;
    if (f[FC_FIELD_NETWORK].is_set) {
        const struct fc_catalog_entry *network;
        double nic;
        if (fc_catalog_find(catalog, "network", f[FC_FIELD_NETWORK].name, &f[FC_FIELD_NETWORK].place,
                            &network, error) ||
            fc_catalog_number(network, "nic_bits_per_s", &nic, &f[FC_FIELD_NETWORK].place, error))
            return -1;
        p->gpu.nic_bytes_per_s = nic / 8;
    }
    p->gpu.nic_bytes_per_s /= f[FC_FIELD_OVERSUBSCRIPTION].is_set ? f[FC_FIELD_OVERSUBSCRIPTION].number : 1;
    if (f[FC_FIELD_DOMAIN_GPUS].is_set)
        p->gpu.domain = f[FC_FIELD_DOMAIN_GPUS].number;
    p->gpus = f[FC_FIELD_GPUS].number;
    return 0;
}

static double integer(const struct fc_settings *settings, enum fc_field_id field)
{
    return settings->fields[field].is_set ? settings->fields[field].number : 1;
}

static void read_recompute(struct fc_plan *p, int choice)
{
    enum { NONE, SELECTIVE, FULL };
    if (choice == FULL) {
        p->again_gemm = p->again_attention = p->again_elementwise = p->again_tp = 1;
    } else if (choice == SELECTIVE && p->software->id == FC_MEGATRON_2022) {
        p->again_attention = 1;
    } else if (choice == SELECTIVE && p->software->id == FC_TORCHTITAN) {
        p->again_gemm = p->again_tp = 0.5;
        p->again_elementwise = 1;
        p->kept = 0.55;
    } else if (choice == SELECTIVE) {
        p->again_elementwise = 0.4;
        p->again_norms = p->again_moe_activation = true;
    }
}

enum { SCHEDULE_AUTO, ONE_F_ONE_B, INTERLEAVED, ZERO_BUBBLE }; /* plan.schedule */

static void read_options(struct fc_plan *p, const struct fc_settings *settings)
{
    enum { ZERO_NONE, ZERO_OPTIMIZER, ZERO_GRADIENTS, ZERO_PARAMETERS };
    enum { DISPATCH_AUTO, DISPATCH_ALL_TO_ALL, DISPATCH_PER_DOMAIN };
    const struct fc_setting *f = settings->fields;
    int zero = f[FC_FIELD_ZERO].is_set ? f[FC_FIELD_ZERO].choice : ZERO_OPTIMIZER;
    p->fsdp = zero == ZERO_PARAMETERS || p->software->fsdp;
    p->fsdp_group = fc_plan_data_parallel(p) * p->cp;
    p->shards_optimizer = zero != ZERO_NONE;
    p->shards_gradients = zero == ZERO_GRADIENTS;
    p->bf16_layers = f[FC_FIELD_BF16_LAYERS].is_set ? f[FC_FIELD_BF16_LAYERS].number : 0;
    p->zero_bubble = f[FC_FIELD_SCHEDULE].is_set && f[FC_FIELD_SCHEDULE].choice == ZERO_BUBBLE;
    read_recompute(p, f[FC_FIELD_RECOMPUTE].is_set ? f[FC_FIELD_RECOMPUTE].choice : 0);
    p->sequence_parallel = p->tp > 1 && p->software->id != FC_MEGATRON_2021 &&
                           !(p->software->id == FC_MEGATRON_2022 && p->again_gemm >= 1);
    p->overlaps_tp = p->software->overlaps_tp;
    p->graph = (enum fc_graph)(f[FC_FIELD_CUDA_GRAPH].is_set ? f[FC_FIELD_CUDA_GRAPH].choice : 0);
    p->graph_attention = p->graph == FC_GRAPH_PARTIAL;
    p->fused_experts = f[FC_FIELD_FUSED_EXPERTS].flag;
    p->attention_fp8 = f[FC_FIELD_ATTENTION_FP8_ON].flag;
    p->overlaps_ep = f[FC_FIELD_EXPERT_OVERLAP].flag;
    int dispatch = f[FC_FIELD_EXPERT_DISPATCH].is_set ? f[FC_FIELD_EXPERT_DISPATCH].choice : DISPATCH_AUTO;
    p->dedup_dispatch = dispatch == DISPATCH_PER_DOMAIN ||
                        (dispatch == DISPATCH_AUTO && (p->software->dedup_dispatch || p->software_assumed));
}

static bool divides(double part, double whole)
{
    return fmod(whole, part) == 0;
}

static int check_schedule(const struct fc_plan *p, const struct fc_settings *settings, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields, *schedule = &f[FC_FIELD_SCHEDULE],
                            *bf16 = &f[FC_FIELD_BF16_LAYERS];
    int choice = schedule->is_set ? schedule->choice : SCHEDULE_AUTO;
    char text[256];
    if (choice != SCHEDULE_AUTO && p->pp == 1)
        return refuse(schedule, "plan.schedule is stated without a pipeline (plan.pp is 1); drop it", error);
    if (choice == INTERLEAVED && p->vpp == 1)
        return refuse(schedule, "plan.schedule is interleaved, but plan.vpp is 1; state 2 chunks or more",
                      error);
    if ((choice == ONE_F_ONE_B || choice == ZERO_BUBBLE) && p->vpp > 1) {
        snprintf(text, sizeof text, "plan.schedule has one chunk per stage, but plan.vpp is %g; %s", p->vpp,
                 choice == ZERO_BUBBLE ? "make it 1 (zero bubble with chunks is not modelled)"
                                       : "make it 1 or the schedule interleaved");
        return refuse(schedule, text, error);
    }
    if (p->bf16_layers > 0 && p->precision == FC_BF16)
        return refuse(bf16, "training.bf16_layers is stated, but all layers are in bf16; drop it", error);
    if (p->bf16_layers > p->model.layers) {
        snprintf(text, sizeof text, "training.bf16_layers is %g, but the model has %g layers", p->bf16_layers,
                 p->model.layers);
        return refuse(bf16, text, error);
    }
    return 0;
}

/* Refuses what no scheduler could run. */
static int check(const struct fc_plan *p, const struct fc_settings *settings, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    const struct fc_architecture *a = &p->model;
    double model = p->tp * p->pp * p->cp, replicas = fc_plan_data_parallel(p);
    char text[256];
    if (!divides(model, p->gpus)) {
        snprintf(text, sizeof text,
                 "%g GPUs cannot be split into replicas of %g (plan.tp %g x plan.pp %g x plan.cp %g); make "
                 "the number of "
                 "GPUs a multiple of it",
                 p->gpus, model, p->tp, p->pp, p->cp);
        return refuse(&f[FC_FIELD_GPUS], text, error);
    }
    if (f[FC_FIELD_DP].is_set && f[FC_FIELD_DP].number != replicas) {
        snprintf(
            text, sizeof text,
            "plan.dp is %g, but %g GPUs over tp x pp x cp = %g make %g replicas; correct it or leave it out",
            f[FC_FIELD_DP].number, p->gpus, model, replicas);
        return refuse(&f[FC_FIELD_DP], text, error);
    }
    if (!divides(replicas * p->micro_batch, p->global_batch)) {
        snprintf(text, sizeof text,
                 "a global batch of %g sequences cannot be split over %g replicas in micro-batches of %g; "
                 "make it a "
                 "multiple of %g",
                 p->global_batch, replicas, p->micro_batch, replicas * p->micro_batch);
        return refuse(&f[FC_FIELD_GLOBAL_BATCH], text, error);
    }
    if (a->layers + a->mtp_layers + 2 < p->pp * p->vpp) { /* embedding and head may stand for a layer each */
        snprintf(text, sizeof text,
                 "%g layers cannot fill %g pipeline chunks (plan.pp %g x plan.vpp %g); use fewer", a->layers,
                 p->pp * p->vpp, p->pp, p->vpp);
        return refuse(&f[p->vpp > 1 ? FC_FIELD_VPP : FC_FIELD_PP], text, error);
    }
    if (p->vpp > 1 && p->pp == 1)
        return refuse(&f[FC_FIELD_VPP], "plan.vpp is above 1 without a pipeline (plan.pp is 1); drop it",
                      error);
    if (check_schedule(p, settings, error))
        return -1;
    if (!divides(p->tp, a->heads)) {
        snprintf(text, sizeof text,
                 "%g attention heads cannot be split over plan.tp %g; take a divisor of %g", a->heads, p->tp,
                 a->heads);
        return refuse(&f[FC_FIELD_TP], text, error);
    }
    if (!divides(p->cp, p->sequence)) {
        snprintf(text, sizeof text, "a sequence of %g tokens cannot be split over plan.cp %g", p->sequence,
                 p->cp);
        return refuse(&f[FC_FIELD_CP], text, error);
    }
    if (p->ep > 1 && !fc_architecture_is_mixture(a)) {
        snprintf(text, sizeof text, "plan.ep is %g, but the model is dense (it has no experts); make it 1",
                 p->ep);
        return refuse(&f[FC_FIELD_EP], text, error);
    }
    if (p->ep > 1 && !divides(p->ep, a->experts)) {
        snprintf(text, sizeof text, "%g experts cannot be split over plan.ep %g; take a divisor", a->experts,
                 p->ep);
        return refuse(&f[FC_FIELD_EP], text, error);
    }
    if (p->ep > 1 && !divides(p->ep * p->expert_tp * p->pp, p->gpus)) {
        snprintf(text, sizeof text,
                 "%g GPUs cannot be split into plan.pp %g x plan.ep %g x plan.expert_tp %g", p->gpus, p->pp,
                 p->ep, p->expert_tp);
        return refuse(&f[FC_FIELD_EP], text, error);
    }
    if (fc_plan_peak(p) <= 0) {
        snprintf(text, sizeof text, "the %s has no matrix units for this precision; take bf16%s", p->gpu.name,
                 p->gpu.fp8_flop_per_s > 0 ? " or fp8" : "");
        return refuse(&f[FC_FIELD_PRECISION], text, error);
    }
    if (p->precision == FC_MXFP8 && p->gpu.family != FC_BLACKWELL)
        return refuse(&f[FC_FIELD_PRECISION], "MXFP8 needs a Blackwell GPU; take fp8", error);
    return 0;
}

int fc_plan_read(struct fc_plan *p, const struct fc_settings *settings, const struct fc_catalog *catalog,
                 struct fc_error *error)
{
    static const enum fc_field_id needed[] = {FC_FIELD_GPU, FC_FIELD_MODEL, FC_FIELD_GPUS,
                                              FC_FIELD_GLOBAL_BATCH, FC_FIELD_SEQUENCE};
    static const enum fc_precision precisions[] = {FC_BF16, FC_BF16, FC_FP8, FC_MXFP8, FC_NVFP4};
    const struct fc_setting *f = settings->fields;
    const struct fc_catalog_entry *model;
    *p = (struct fc_plan){0};
    if (fc_program_require(settings, needed, sizeof needed / sizeof needed[0], "step", error) ||
        fc_catalog_find(catalog, "model", f[FC_FIELD_MODEL].name, &f[FC_FIELD_MODEL].place, &model, error) ||
        fc_architecture_read(&p->model, model, &f[FC_FIELD_MODEL].place, error) ||
        read_cluster(p, settings, catalog, error))
        return -1;
    int software = f[FC_FIELD_SOFTWARE].is_set ? f[FC_FIELD_SOFTWARE].choice : 0;
    p->software_assumed = software == 0;
    p->software = software == 0 ? fc_software_newest() : &fc_softwares[software - 1];
    p->precision = f[FC_FIELD_PRECISION].is_set ? precisions[f[FC_FIELD_PRECISION].choice] : FC_BF16;
    p->sequence = f[FC_FIELD_SEQUENCE].number;
    p->global_batch = f[FC_FIELD_GLOBAL_BATCH].number;
    p->micro_batch = integer(settings, FC_FIELD_MICRO_BATCH);
    p->tp = integer(settings, FC_FIELD_TP);
    p->pp = integer(settings, FC_FIELD_PP);
    p->vpp = integer(settings, FC_FIELD_VPP);
    p->cp = integer(settings, FC_FIELD_CP);
    p->ep = integer(settings, FC_FIELD_EP);
    p->expert_tp = integer(settings, FC_FIELD_EXPERT_TP);
    read_options(p, settings);
    return check(p, settings, error);
}

int fc_plan_check_memory(const struct fc_plan *p, const struct fc_beliefs *b, const struct fc_place *place,
                         struct fc_error *error)
{
    const double z = 3.09; /* one world in a thousand is better in each */
    struct fc_plan_memory m = fc_plan_memory(p);
    double best = (m.weights + m.optimizer + (m.activations + m.logits) * exp(-z * b->memory_sd_log[0])) *
                      fmax(1, b->memory_median[1] * exp(-z * b->memory_sd_log[1])) +
                  b->memory_median[2] * exp(-z * b->memory_sd_log[2]);
    if (best <= p->gpu.memory_bytes)
        return 0;
    return fc_fail_at(
        error, place,
        "the plan does not fit in memory: %.0f GB of %.0f GB per GPU (weights and gradients %.1f, optimizer "
        "%.1f, activations %.1f, logits %.1f, framework %.1f GB); use more tensor or pipeline parallelism, "
        "zero: parameters, or recompute",
        ((m.weights + m.optimizer + m.activations + m.logits) * b->memory_median[1] + b->memory_median[2]) /
            1e9,
        p->gpu.memory_bytes / 1e9, m.weights / 1e9, m.optimizer / 1e9, m.activations / 1e9, m.logits / 1e9,
        b->memory_median[2] / 1e9);
}

/* The draws of the inputs that the scenario leaves to us: constants, and standard normals from one shared
 * table. */
static int add_draws(struct fc_compiled *compiled, const struct fc_step_draws *draws, struct fc_error *error)
{
    struct fc_program *program = &compiled->program;
    struct fc_distribution normal;
    struct fc_draw shared = {0};
    struct fc_fault fault;
    const double parameters[] = {0, 1};
    const struct fc_form *form = NULL;
    for (size_t i = 0; i < fc_form_count && !form; i++)
        form = strcmp(fc_forms[i].name, "normal") == 0 ? &fc_forms[i] : NULL;
    if (!form || fc_distribution_make(&normal, form, parameters, &fault))
        return fc_fail(error, FC_FAULT, "the standard normal distribution could not be made");
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        struct fc_draw draw = {.kind = FC_DRAW_CONSTANT, .value = (float)draws->value[i]};
        if (draws->kind[i] == FC_STEP_OWN)
            continue;
        if (draws->kind[i] == FC_STEP_NORMAL) {
            if (shared.kind != FC_DRAW_TABLE && fc_program_make_draw(compiled, &normal, &shared, error))
                return -1;
            draw = shared;
        }
        draw.input = i;
        program->draws[program->draw_count++] = draw;
    }
    return 0;
}

/* Bytes of a checkpoint: per parameter 2 of BF16 weights and 12 of FP32 weights, momentum and variance.
 * BLOOM's 2.3 TB for 176 billion parameters are 13 (arXiv 2211.05100). */
static double checkpoint_bytes(const struct fc_plan *plan)
{
    struct fc_plan whole = *plan;
    double dense, expert;
    whole.tp = whole.pp = whole.vpp = whole.ep = whole.expert_tp = 1;
    fc_plan_parameters(&whole, &dense, &expert);
    return 14 * (dense + expert);
}

int fc_plan_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                    const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_plan plan;
    struct fc_step_draws draws;
    bool own[FC_IN_STEP_END];
    struct fc_step_program *step = &compiled->program.step;
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    int status = beliefs ? 0 : fc_fail(error, FC_FAULT, "no memory for the efficiency factors");
    if (!status)
        status = fc_beliefs_read(beliefs, catalog, error);
    if (!status)
        status = fc_plan_read(&plan, settings, catalog, error);
    if (!status)
        status = fc_plan_check_memory(&plan, beliefs, &settings->fields[FC_FIELD_MODEL].place, error);
    if (!status) {
        const struct fc_setting *posterior = &settings->fields[FC_FIELD_POSTERIOR];
        for (int i = 0; i < FC_IN_STEP_END; i++)
            own[i] = settings->fields[FC_FIELD_EFFICIENCY + i].is_set;
        fc_plan_program(&plan, step);
        compiled->program.run.detail.checkpoint_bytes = (float)checkpoint_bytes(&plan);
        fc_beliefs_apply(beliefs, &plan,
                         posterior->is_set ? (enum fc_posterior_use)posterior->choice : FC_USE_POSTERIOR, own,
                         &draws, step);
        status = add_draws(compiled, &draws, error);
    }
    free(beliefs);
    return status;
}
