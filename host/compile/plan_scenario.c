/* plan_scenario.c: see plan_scenario.h. */
#include "plan_scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/draw.h"
#include "host/step/model_config.h"
#include "host/step/order.h"
#include "host/step/plan_check.h"
#include "host/step/plan_memory.h"
#include "host/step/plan_options.h"
#include "host/step/plan_program.h"
#include "cuda/model/step/step_program.h"

static int refuse(const struct fc_setting *setting, const char *problem, struct fc_error *error)
{
    return fc_fail_at(error, &setting->place, "%s", problem);
}

static double integer(const struct fc_settings *settings, enum fc_field_id field)
{
    return settings->fields[field].is_set && !settings->fields[field].is_auto ? settings->fields[field].number
                                                                              : 1;
}

static int flag_of(const struct fc_setting *setting)
{
    return setting->is_set ? setting->flag : FC_UNSTATED;
}

static struct fc_plan_options read_options(const struct fc_settings *settings)
{
    const struct fc_setting *f = settings->fields;
    struct fc_plan_options options = fc_plan_default_options();
    if (f[FC_FIELD_ZERO].is_set && !f[FC_FIELD_ZERO].is_auto)
        options.zero = f[FC_FIELD_ZERO].choice;
    if (f[FC_FIELD_RECOMPUTE].is_set && !f[FC_FIELD_RECOMPUTE].is_auto)
        options.recompute = (enum fc_recompute)f[FC_FIELD_RECOMPUTE].choice;
    if (f[FC_FIELD_EXPERT_DISPATCH].is_set)
        options.dispatch = (enum fc_dispatch)f[FC_FIELD_EXPERT_DISPATCH].choice;
    int schedule = f[FC_FIELD_SCHEDULE].is_set ? f[FC_FIELD_SCHEDULE].choice : FC_WORD_SCHEDULE_AUTO;
    options.schedule = schedule == FC_WORD_ZERO_BUBBLE ? FC_ZERO_BUBBLE
                       : schedule == FC_WORD_DUALPIPE  ? FC_DUALPIPE
                                                       : FC_ONE_F_ONE_B;
    if (f[FC_FIELD_CUDA_GRAPH].is_set)
        options.graph = f[FC_FIELD_CUDA_GRAPH].choice;
    options.recompute_stated =
        f[FC_FIELD_RECOMPUTE].is_set && !f[FC_FIELD_RECOMPUTE].is_auto && !f[FC_FIELD_RECOMPUTE].from_default;
    options.recompute_mla_up = f[FC_FIELD_RECOMPUTE_MLA_UP].flag;
    if (f[FC_FIELD_ROUTER].is_set)
        options.router = (enum fc_router)f[FC_FIELD_ROUTER].choice;
    if (f[FC_FIELD_OFFLOAD_LAYERS].is_set)
        options.offload_layers = f[FC_FIELD_OFFLOAD_LAYERS].number;
    if (f[FC_FIELD_OFFLOAD].is_set && !f[FC_FIELD_OFFLOAD].is_auto)
        options.offload = (enum fc_offload)f[FC_FIELD_OFFLOAD].choice;
    if (f[FC_FIELD_ORDER].is_set && !f[FC_FIELD_ORDER].is_auto)
        options.order = (enum fc_order)f[FC_FIELD_ORDER].choice;
    if (f[FC_FIELD_OFFLOAD_RATE].is_set)
        options.offload_rate = f[FC_FIELD_OFFLOAD_RATE].number;
    if (f[FC_FIELD_RECOMPUTE_LAYERS].is_set)
        options.recompute_layers = f[FC_FIELD_RECOMPUTE_LAYERS].number;
    if (f[FC_FIELD_FSDP_GROUP].is_set)
        options.fsdp_group = f[FC_FIELD_FSDP_GROUP].number;
    options.bf16_layers = f[FC_FIELD_BF16_LAYERS].is_set ? f[FC_FIELD_BF16_LAYERS].number : 0;
    options.fused_experts = flag_of(&f[FC_FIELD_FUSED_EXPERTS]);
    options.attention_fp8 = flag_of(&f[FC_FIELD_ATTENTION_FP8_ON]);
    options.overlaps_ep = flag_of(&f[FC_FIELD_EXPERT_OVERLAP]);
    options.overlaps_tp = flag_of(&f[FC_FIELD_TP_OVERLAP]);
    return options;
}

/* Groups that share out the parameters (hybrid sharding): whole ones fill the replicas, and there is something to share. */
static int check_group(const struct fc_plan *p, const struct fc_settings *settings, struct fc_error *error)
{
    const struct fc_setting *group = &settings->fields[FC_FIELD_FSDP_GROUP],
                            *zero = &settings->fields[FC_FIELD_ZERO];
    double sharing = fc_plan_data_parallel(p) * p->cp;
    char text[FC_PLAN_FAULT_BYTES];
    if (!group->is_set || group->is_auto || (!p->fsdp && zero->is_auto))
        return 0;
    if (!p->fsdp)
        snprintf(text, sizeof text,
                 "plan.fsdp_group shares out parameters, but plan.zero is '%s'; state plan.zero: parameters, "
                 "or leave "
                 "the group out",
                 fc_field_word(FC_FIELD_ZERO, (int)fc_plan_zero(p)));
    else if (fmod(sharing, group->number) != 0)
        snprintf(text, sizeof text,
                 "plan.fsdp_group of %g does not divide the %g GPUs that hold the same part of the model "
                 "(plan.dp x "
                 "plan.cp); take a divisor",
                 group->number, sharing);
    else
        return 0;
    return refuse(group, text, error);
}

/* What is stated and contradicts the rest of the plan. */
static int check_stated(const struct fc_plan *p, const struct fc_settings *settings, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields, *schedule = &f[FC_FIELD_SCHEDULE],
                            *zero = &f[FC_FIELD_ZERO];
    int choice = schedule->is_set ? schedule->choice : FC_WORD_SCHEDULE_AUTO;
    char text[FC_PLAN_FAULT_BYTES];
    if (choice != FC_WORD_SCHEDULE_AUTO && p->pp == 1)
        return refuse(schedule, "plan.schedule is stated without a pipeline (plan.pp is 1); drop it", error);
    if (choice == FC_WORD_INTERLEAVED && p->vpp == 1)
        return refuse(schedule, "plan.schedule is interleaved, but plan.vpp is 1; state 2 chunks or more",
                      error);
    if (choice == FC_WORD_ONE_F_ONE_B && p->vpp > 1) {
        snprintf(text, sizeof text,
                 "plan.schedule has one chunk per stage, but plan.vpp is %g; make it 1 or the schedule "
                 "interleaved",
                 p->vpp);
        return refuse(schedule, text, error);
    }
    if (f[FC_FIELD_RECOMPUTE_LAYERS].is_set && f[FC_FIELD_RECOMPUTE_LAYERS].number > 0 &&
        f[FC_FIELD_RECOMPUTE].choice != FC_RECOMPUTE_FULL)
        return refuse(
            &f[FC_FIELD_RECOMPUTE_LAYERS],
            "plan.recompute_layers counts the layers of a full recomputation; state plan.recompute: full "
            "or drop it",
            error);
    if (check_group(p, settings, error))
        return -1;
    if (p->software->fsdp && zero->is_set && !zero->is_auto && zero->choice != FC_ZERO_PARAMETERS) {
        snprintf(text, sizeof text,
                 "%s shards parameters over the replicas (FSDP), so plan.zero cannot be '%s'; state "
                 "parameters, leave it out, or take other software",
                 p->software->name, fc_field_word(FC_FIELD_ZERO, zero->choice));
        return refuse(zero, text, error);
    }
    return 0;
}

/* Where a scenario states the part of a plan that a rule names. */
static const enum fc_field_id fields_of_parts[] = {
    [FC_PART_GPUS] = FC_FIELD_GPUS,
    [FC_PART_TP] = FC_FIELD_TP,
    [FC_PART_PP] = FC_FIELD_PP,
    [FC_PART_VPP] = FC_FIELD_VPP,
    [FC_PART_CP] = FC_FIELD_CP,
    [FC_PART_EP] = FC_FIELD_EP,
    [FC_PART_EXPERT_TP] = FC_FIELD_EXPERT_TP,
    [FC_PART_SCHEDULE] = FC_FIELD_SCHEDULE,
    [FC_PART_BF16_LAYERS] = FC_FIELD_BF16_LAYERS,
    [FC_PART_GLOBAL_BATCH] = FC_FIELD_GLOBAL_BATCH,
    [FC_PART_PRECISION] = FC_FIELD_PRECISION,
    [FC_PART_OFFLOAD] = FC_FIELD_OFFLOAD,
    [FC_PART_ORDER] = FC_FIELD_ORDER,
};

/* Refuses what no scheduler could run. */
static int check(const struct fc_plan *p, const struct fc_settings *settings, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    double model = p->tp * p->pp * p->cp, replicas = fc_plan_data_parallel(p);
    char text[FC_PLAN_FAULT_BYTES];
    enum fc_plan_part part;
    if (fc_plan_check(p, &part, text) && part == FC_PART_OFFLOAD && p->offload == FC_OFFLOAD_NONE)
        return refuse(&f[FC_FIELD_OFFLOAD_LAYERS], text, error);
    if (fc_plan_check(p, &part, text))
        return refuse(&f[fields_of_parts[part]], text, error);
    if (f[FC_FIELD_DP].is_set && !f[FC_FIELD_DP].is_auto && f[FC_FIELD_DP].number != replicas) {
        snprintf(
            text, sizeof text,
            "plan.dp is %g, but %g GPUs over tp x pp x cp = %g make %g replicas; correct it or leave it out",
            f[FC_FIELD_DP].number, p->gpus, model, replicas);
        return refuse(&f[FC_FIELD_DP], text, error);
    }
    return check_stated(p, settings, error);
}

int fc_plan_read_unchecked(struct fc_plan *p, struct fc_plan_options *options,
                           const struct fc_settings *settings, const struct fc_catalog *catalog,
                           struct fc_error *error)
{
    static const enum fc_field_id needed[] = {FC_FIELD_GPU, FC_FIELD_MODEL, FC_FIELD_GPUS,
                                              FC_FIELD_GLOBAL_BATCH, FC_FIELD_SEQUENCE};
    static const enum fc_precision precisions[FC_PRECISION_WORDS] = {FC_BF16, FC_BF16, FC_FP8, FC_MXFP8,
                                                                     FC_NVFP4};
    const struct fc_setting *f = settings->fields;
    struct fc_cluster cluster;
    *p = (struct fc_plan){0};
    if (fc_program_require(settings, needed, sizeof needed / sizeof needed[0], "step", error) ||
        fc_model_read(&p->model, catalog, f[FC_FIELD_MODEL].name, &f[FC_FIELD_MODEL].place, error) ||
        fc_cluster_read(&cluster, settings, catalog, NULL, error))
        return -1;
    p->gpu = cluster.gpu;
    p->roce = cluster.gpu.ethernet;
    p->gpus = cluster.gpus;
    if (!f[FC_FIELD_DOMAIN_GPUS].is_set || f[FC_FIELD_DOMAIN_GPUS].from_default)
        fc_plan_place(p);
    int software = f[FC_FIELD_SOFTWARE].is_set ? f[FC_FIELD_SOFTWARE].choice : FC_WORD_NEWEST;
    p->software_assumed = software == FC_WORD_NEWEST;
    p->software = p->software_assumed ? fc_software_newest() : &fc_softwares[software - 1];
    p->fp16 = f[FC_FIELD_PRECISION].is_set && f[FC_FIELD_PRECISION].choice == FC_WORD_FP16;
    if (fc_recipes_for(p->recipes, p->software->name, &p->model, f[FC_FIELD_MODEL].name, p->gpu.name, catalog,
                       error))
        return -1;
    p->tuned_by_vendor = f[FC_FIELD_TUNED_BY].is_set && f[FC_FIELD_TUNED_BY].choice == FC_TUNED_BY_VENDOR;
    p->precision = f[FC_FIELD_PRECISION].is_set ? precisions[f[FC_FIELD_PRECISION].choice] : FC_BF16;
    p->lora_rank = f[FC_FIELD_LORA_RANK].is_set ? f[FC_FIELD_LORA_RANK].number : 0;
    if (p->lora_rank > 0 && (fc_architecture_is_mixture(&p->model) || p->model.mtp_layers > 0))
        return refuse(
            &f[FC_FIELD_LORA_RANK],
            "training.lora_rank: adapters of mixtures of experts and of multi-token prediction are not "
            "modelled; take a dense model or train all of it",
            error);
    p->muon = f[FC_FIELD_OPTIMIZER].is_set && f[FC_FIELD_OPTIMIZER].choice == FC_OPTIMIZER_MUON;
    if (p->muon && p->lora_rank > 0)
        return refuse(&f[FC_FIELD_OPTIMIZER],
                      "training.optimizer: muon is not modelled for adapters (training.lora_rank); take adam",
                      error);
    p->sequence = f[FC_FIELD_SEQUENCE].number;
    p->global_batch = f[FC_FIELD_GLOBAL_BATCH].number;
    p->micro_batch = integer(settings, FC_FIELD_MICRO_BATCH);
    p->tp = integer(settings, FC_FIELD_TP);
    p->pp = integer(settings, FC_FIELD_PP);
    p->vpp = integer(settings, FC_FIELD_VPP);
    p->cp = integer(settings, FC_FIELD_CP);
    p->ep = integer(settings, FC_FIELD_EP);
    p->expert_tp = integer(settings, FC_FIELD_EXPERT_TP);
    *options = read_options(settings);
    fc_plan_set_options(p, options);
    return 0;
}

int fc_plan_read(struct fc_plan *p, const struct fc_settings *settings, const struct fc_catalog *catalog,
                 struct fc_error *error)
{
    struct fc_plan_options options;
    return fc_plan_read_unchecked(p, &options, settings, catalog, error) ? -1 : check(p, settings, error);
}

int fc_plan_check_memory(const struct fc_plan *p, const struct fc_beliefs *b, const struct fc_place *place,
                         struct fc_error *error)
{
    const double z = 3.09; /* one world in a thousand is better in each */
    struct fc_plan_memory m = fc_plan_memory(p);
    const double *median = b->memory_median[fc_memory_family_of(p)],
                 *sd = b->memory_sd_log[fc_memory_family_of(p)];
    double best = (m.weights + m.optimizer + (m.activations + m.logits) * exp(-z * sd[0])) *
                      fmax(1, median[1] * exp(-z * sd[1])) +
                  median[2] * exp(-z * sd[2]);
    if (!fc_plan_fits_host(p, &m))
        return fc_fail_at(error, place,
                          "what the plan keeps in host memory does not fit there: %.0f GB of %.0f GB per GPU "
                          "(plan.offload); "
                          "offload less, share out more (zero: parameters), or use more GPUs",
                          m.host / 1e9, p->gpu.host_memory_bytes / 1e9);
    if (best <= p->gpu.memory_bytes)
        return 0;
    return fc_fail_at(
        error, place,
        "the plan does not fit in memory: %.0f GB of %.0f GB per GPU (weights and gradients %.1f, optimizer "
        "%.1f, activations %.1f, logits %.1f, framework %.1f GB); use more tensor or pipeline parallelism, "
        "zero: parameters, or recompute",
        ((m.weights + m.optimizer + m.activations + m.logits) * median[1] + median[2]) / 1e9,
        p->gpu.memory_bytes / 1e9, m.weights / 1e9, m.optimizer / 1e9, m.activations / 1e9, m.logits / 1e9,
        median[2] / 1e9);
}

/* The draws of the inputs that the scenario leaves to us: constants, and standard normals from one shared
 * table. */
static int add_draws(struct fc_compiled *compiled, const struct fc_step_draws *draws, struct fc_error *error)
{
    struct fc_program *program = &compiled->program;
    struct fc_draw shared = {0};
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        struct fc_draw draw = {.kind = FC_DRAW_CONSTANT, .value = (float)draws->value[i]};
        if (draws->kind[i] == FC_STEP_OWN)
            continue;
        if (draws->kind[i] == FC_STEP_NORMAL) {
            if (fc_program_normal_draw(compiled, &shared, error))
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
    double tables = (plan->model.tied ? 1 : 2) * plan->model.hidden * plan->model.vocab;
    struct fc_plan whole = *plan;
    double dense, expert;
    whole.tp = whole.pp = whole.vpp = whole.ep = whole.expert_tp = 1;
    whole.schedule = FC_ONE_F_ONE_B;
    fc_plan_parameters(&whole, 0, &dense, &expert);
    double variance = plan->muon ? 4 * (dense + expert - tables) : 0; /* Muon has none */
    return 14 * fc_plan_trained_share(plan) * (dense + expert) - variance;
}

/* What is switched on without being stated. */
static void note_features(struct fc_notes *notes, const struct fc_plan *p, const struct fc_settings *settings)
{
    const struct fc_place *place = &settings->fields[FC_FIELD_MODEL].place;
    const struct fc_recipe *recipe = &p->recipes[p->precision];
    struct fc_plan_options options = read_options(settings);
    char text[160];
    if (!fc_plan_takes_recipe(p, &options))
        return;
    if (recipe->known)
        fc_note(
            notes, FC_NOTE, "recipe", place,
            "features that are not stated are those of the published recipe (%s%s%s): %s; plan.cuda_graph, "
            "plan.expert_dispatch, plan.expert_overlap, training.fused_experts and "
            "training.attention_fp8 change "
            "them",
            recipe->release, recipe->of[0] ? ", of the nearest model with the same operators, " : "",
            recipe->of, fc_plan_features_text(p, text, sizeof text));
    else if (fc_architecture_is_mixture(&p->model))
        fc_note(notes, FC_NOTE, "no-recipe", place,
                "no recipe of %s is published for this model, GPU and precision: CUDA graphs, overlap of the "
                "expert "
                "exchange and fused experts are off unless plan.cuda_graph, plan.expert_overlap and "
                "training.fused_experts say otherwise",
                p->software->name);
}

/* What is stated, switched on, and meets nothing of this plan that it could act on. */
static void note_unused(struct fc_notes *notes, const struct fc_plan *p, const struct fc_settings *settings)
{
    bool mixture = fc_architecture_is_mixture(&p->model);
    double most = ceil(p->model.layers / p->pp);
    bool laid = p->gpus > p->gpu.domain &&
                fc_order_is_own(p->order, ~0u, p->tp * p->cp, fc_plan_data_parallel(p), p->pp);
    const struct {
        enum fc_field_id field;
        bool acts;
        const char *why;
    } rows[] = {
        {FC_FIELD_EXPERT_DISPATCH, mixture && p->ep > 1,
         mixture ? "plan.ep is 1" : "the model has no experts"},
        {FC_FIELD_EXPERT_OVERLAP, mixture && p->ep > 1,
         mixture ? "plan.ep is 1" : "the model has no experts"},
        {FC_FIELD_FUSED_EXPERTS, mixture, "the model has no experts"},
        {FC_FIELD_ROUTER, mixture, "the model has no experts"},
        {FC_FIELD_RECOMPUTE_MLA_UP, fc_architecture_is_latent(&p->model),
         "the model has no latent attention"},
        {FC_FIELD_TP_OVERLAP, p->tp > 1, "plan.tp is 1"},
        {FC_FIELD_RECOMPUTE_LAYERS, settings->fields[FC_FIELD_RECOMPUTE_LAYERS].number <= most,
         "a stage has fewer layers"},
        {FC_FIELD_OFFLOAD_LAYERS, settings->fields[FC_FIELD_OFFLOAD_LAYERS].number <= most,
         "a stage has fewer layers"},
        {FC_FIELD_ORDER, laid,
         p->gpus > p->gpu.domain ? "with sizes of 1 another order lays the groups as it does"
                                 : "all GPUs are in one NVLink domain"},
        {FC_FIELD_OFFLOAD_RATE, p->offload & FC_OFFLOAD_OPTIMIZER,
         "plan.offload leaves the optimizer on the GPU"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fc_setting *s = &settings->fields[rows[i].field];
        enum fc_field_type type = fc_fields[rows[i].field].type;
        bool on = type == FC_FIELD_FLAG ? s->flag : type != FC_FIELD_CHOICE || s->choice > 0;
        if (s->is_set && !s->from_default && !s->is_auto && on && !rows[i].acts)
            fc_note(notes, FC_WARNING, "plan-unused", &s->place, "%s has no effect as stated: %s",
                    fc_fields[rows[i].field].path, rows[i].why);
    }
}

int fc_plan_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                    const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_plan plan;
    struct fc_step_draws draws;
    bool own[FC_IN_STEP_END];
    struct fc_step_program *step = &compiled->program.step;
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    int status = beliefs ? 0 : fc_fail(error, FC_FAULT, "out of memory for the efficiency factors");
    if (!status)
        status = fc_beliefs_read(beliefs, catalog, error);
    if (!status)
        status = fc_plan_read(&plan, settings, catalog, error);
    if (!status)
        status = fc_plan_check_memory(&plan, beliefs, &settings->fields[FC_FIELD_MODEL].place, error);
    if (!status) {
        const struct fc_setting *posterior = &settings->fields[FC_FIELD_POSTERIOR];
        for (int i = 0; i < FC_IN_STEP_END; i++)
            own[i] = settings->fields[fc_field_of_input(i)].is_set;
        if (plan.lora_rank > 0)
            fc_note(
                &compiled->notes, FC_NOTE, "lora-unmeasured", &settings->fields[FC_FIELD_LORA_RANK].place,
                "no measured step with adapters is in the fit; their own cost is counted from shapes alone");
        if (plan.muon)
            fc_note(&compiled->notes, FC_NOTE, "muon-unmeasured", &settings->fields[FC_FIELD_OPTIMIZER].place,
                    "no measured step with Muon is in the fit; its work is counted from shapes alone");
        if (plan.offload != FC_OFFLOAD_NONE)
            fc_note(
                &compiled->notes, FC_NOTE, "offload-unmeasured", &settings->fields[FC_FIELD_OFFLOAD].place,
                "no measured step with an optimizer or weights in host memory is in the fit; copies are "
                "counted at %.3g GB/s "
                "in each direction and the host's memory at %.3g GB/s per GPU, which 'flopcast show %s' "
                "grades",
                plan.gpu.host_link_bytes_per_s / 1e9, plan.gpu.host_memory_bytes_per_s / 1e9, plan.gpu.name);
        note_features(&compiled->notes, &plan, settings);
        note_unused(&compiled->notes, &plan, settings);
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
