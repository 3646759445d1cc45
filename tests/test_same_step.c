/* test_same_step.c: one row, one step time: every usable row of the measured tables written as a scenario takes the same
 * seconds; what a scenario leaves open is as in the published recipe. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/calibrate/measurements.h"
#include "host/compile/plan_scenario.h"
#include "host/compile/scenario.h"
#include "host/step/factors.h"
#include "host/step/plan_check.h"
#include "host/step/plan_program.h"
#include "host/step/step_time.h"

static struct fc_catalog *catalog;
static struct fc_measurements measurements;
static struct fc_beliefs beliefs;

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&measurements, NULL, catalog, &error) ||
        fc_beliefs_read(&beliefs, catalog, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fc_measurements_free(&measurements);
    fc_catalog_close(catalog);
    return 0;
}

static double seconds_of(const struct fc_plan *plan)
{
    struct fc_step_program program;
    double inputs[FC_IN_STEP_END];
    fc_plan_program(plan, &program);
    fc_beliefs_medians(&beliefs, plan, inputs);
    return fc_step_time(&program, inputs, NULL);
}

/* The name in the catalog of a model with just these figures, or NULL. */
static const char *catalog_name(const struct fc_architecture *a)
{
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        struct fc_architecture known;
        struct fc_error error;
        memset(&known, 0, sizeof known);
        if (strcmp(entry->kind, "model") == 0 && fc_architecture_read(&known, entry, NULL, &error) == 0 &&
            known.layers == a->layers && known.hidden == a->hidden && known.ffn == a->ffn &&
            known.heads == a->heads && known.kv_heads == a->kv_heads && known.head_dim == a->head_dim &&
            known.vocab == a->vocab && known.gated == a->gated && known.tied == a->tied &&
            known.experts == a->experts && known.topk == a->topk && known.moe_ffn == a->moe_ffn &&
            known.dense_layers == a->dense_layers && known.mtp_layers == a->mtp_layers &&
            known.shared_ffn == a->shared_ffn && known.clamped == a->clamped &&
            known.squared_relu == a->squared_relu && known.window == a->window && known.kv_lora == a->kv_lora)
            return entry->name;
    }
    return NULL;
}

static void write_model(FILE *f, const struct fc_architecture *a)
{
    const char *name = catalog_name(a);
    if (name) {
        fprintf(f, "  model: %s\n", name);
        return;
    }
    fprintf(
        f,
        "  model: {layers: %.17g, hidden: %.17g, ffn: %.17g, heads: %.17g, kv_heads: %.17g, vocab: %.17g, "
        "head_dim: %.17g, gated: %s, tied: %s, squared_relu: %s, mtp_layers: %.17g",
        a->layers, a->hidden, a->ffn, a->heads, a->kv_heads, a->vocab, a->head_dim,
        a->gated ? "true" : "false", a->tied ? "true" : "false", a->squared_relu ? "true" : "false",
        a->mtp_layers);
    if (a->experts > 0)
        fprintf(
            f,
            ", experts: %.17g, topk: %.17g, moe_ffn: %.17g, shared_ffn: %.17g, first_dense_layers: %.17g, "
            "moe_every: %.17g",
            a->experts, a->topk, a->moe_ffn, a->shared_ffn, a->dense_layers, a->moe_every);
    if (a->kv_lora > 0)
        fprintf(f,
                ", mla_q_lora: %.17g, mla_kv_lora: %.17g, mla_rope_dim: %.17g, mla_nope_dim: %.17g, "
                "mla_v_dim: %.17g",
                a->q_lora, a->kv_lora, a->rope_dim, a->nope_dim, a->v_dim);
    if (a->window > 0)
        fprintf(f, ", sliding_window: %.17g, sliding_layers: %.17g", a->window, a->window_layers);
    fprintf(f, "}\n");
}

static void write_recompute(FILE *f, const struct fc_plan *p)
{
    bool unpublished = p->software->id == FC_JAX || p->software->id == FC_PAXML;
    bool full = p->again_gemm > 0 && p->again_gemm == p->again_attention;
    if (!unpublished)
        fprintf(f, "  recompute: %s\n",
                full                                                                      ? "full"
                : p->again_gemm > 0 || p->again_attention > 0 || p->again_elementwise > 0 ? "selective"
                                                                                          : "none");
    if (full && p->again_gemm < 1)
        fprintf(f, "  recompute_layers: %g\n", round(p->again_gemm * p->model.layers / p->pp));
    fprintf(f, "  recompute_mla_up: %s\n", p->again_mla_up ? "true" : "false");
}

/* The row's plan, every choice of it stated. */
static void write_scenario(const char *path, const struct fc_plan *p)
{
    static const char *const precisions[] = {"bf16", "fp8", "mxfp8", "nvfp4"};
    static const char *const zero[] = {"none", "optimizer", "gradients", "parameters"};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "name: row\nlayers: step\ncluster:\n  gpu: %s\n  gpus: %.17g\n", p->gpu.name, p->gpus);
    struct fc_accelerator usual;
    struct fc_error error;
    assert_int_equal(fc_accelerator_read(&usual, catalog, p->gpu.name, NULL, &error), 0);
    if (p->roce || usual.nic_bytes_per_s != p->gpu.nic_bytes_per_s)
        fprintf(f,
                "  network: {nic_bits_per_s: %.17g, nic_bytes_per_s: %.17g, nic_latency_s: 6e-5, "
                "nvlink_latency_s: "
                "1.35e-6, nvlink_saturated_bytes_per_s: 4e11, ethernet: %s}\n",
                8 * p->gpu.nic_bytes_per_s, p->gpu.nic_bytes_per_s, p->roce ? "true" : "false");
    fprintf(f, "training:\n");
    write_model(f, &p->model);
    fprintf(f,
            "  tokens: 1e12 token\n  precision: %s\n  sequence: %.17g token\n  global_batch: %.17g\n  "
            "software: %s\n  tuned_by: %s\n"
            "  router: %s\n  fused_experts: %s\n  attention_fp8: %s\n",
            p->fp16 ? "fp16" : precisions[p->precision], p->sequence, p->global_batch, p->software->name,
            p->tuned_by_vendor ? "vendor" : "site",
            p->drops_tokens      ? "dropping"
            : p->balanced_router ? "balanced"
                                 : "trained",
            p->fused_experts ? "true" : "false", p->attention_fp8 ? "true" : "false");
    fprintf(
        f,
        "plan:\n  tp: %g\n  pp: %g\n  vpp: %g\n  cp: %g\n  ep: %g\n  expert_tp: %g\n  micro_batch: %g\n"
        "  zero: %s\n  offload_layers: %g\n  expert_dispatch: %s\n  expert_overlap: %s\n  tp_overlap: %s\n"
        "  cuda_graph: %s\n",
        p->tp, p->pp, p->vpp, p->cp, p->ep, p->expert_tp, p->micro_batch, zero[fc_plan_zero(p)],
        p->offloaded_layers, p->dedup_dispatch ? "per_domain" : "all_to_all",
        p->overlaps_ep ? "true" : "false", p->overlaps_tp ? "true" : "false",
        p->graph == FC_GRAPH_FULL   ? "full"
        : p->graph == FC_GRAPH_NONE ? "none"
        : p->graph_attention        ? "partial"
                                    : "router");
    if (p->schedule == FC_DUALPIPE)
        fprintf(f, "  schedule: dualpipe\n");
    if (p->fsdp)
        fprintf(f, "  fsdp_group: %.17g\n", p->fsdp_group);
    write_recompute(f, p);
    (void)fclose(f);
}

static void a_row_takes_as_long_as_its_scenario(void **state)
{
    (void)state;
    char path[] = "build/same-step.yaml", worst_id[96] = "";
    int compared = 0, refused = 0;
    double worst = 0;
    for (size_t i = 0; i < measurements.count; i++) {
        const struct fc_measurement *m = &measurements.rows[i];
        enum fc_plan_part part;
        char why[FC_PLAN_FAULT_BYTES];
        if (m->left_out[0] || fc_plan_check(&m->plan, &part, why))
            continue;
        write_scenario(path, &m->plan);
        struct fc_scenario scenario;
        struct fc_scenario_options options = {0};
        struct fc_error error = {0};
        if (fc_scenario_open(&scenario, path, &options, &error)) {
            /* the likeliest layout where cells are blank may not fit; hybrids have no inline form here */
            if (!strstr(error.text, "does not fit in memory"))
                fail_msg("%s: %s", m->id, error.text);
            refused++;
            continue;
        }
        struct fc_plan plan;
        if (fc_plan_read(&plan, scenario.settings, scenario.catalog, &error))
            fail_msg("%s: %s", m->id, error.text);
        double difference = fabs(seconds_of(&plan) / seconds_of(&m->plan) - 1);
        if (difference > 1e-3)
            print_error("%s: %.4g s as a scenario, %.4g s as a row\n", m->id, seconds_of(&plan),
                        seconds_of(&m->plan));
        if (difference > worst) {
            worst = difference;
            snprintf(worst_id, sizeof worst_id, "%s", m->id);
        }
        compared++;
        fc_scenario_close(&scenario);
    }
    (void)unlink(path);
    print_message("%d rows compared, %d refused for memory\n", compared, refused);
    assert_true(compared > 400 && refused < compared / 10);
    if (worst > 1e-3)
        fail_msg("%s: the times differ by %.3g", worst_id, worst);
}

/* DeepSeek-V3 on 256 GB300: nothing but the layout stated, the router balanced as in the benchmark. */
static const char deepseek[] =
    "name: row\nlayers: step\n"
    "cluster: {gpu: gb300, gpus: 256}\n"
    "training: {model: deepseek-v3, tokens: 1e12 token, precision: mxfp8, sequence: 4096 "
    "token, global_batch: 4096, software: bridge-26.06, router: balanced, "
    "tuned_by: vendor}\n"
    "plan: {tp: 1, pp: 2, vpp: 8, ep: 32, micro_batch: 1}\n";

static void read_deepseek(struct fc_plan *plan, const char *set, bool *noted)
{
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    struct fc_error error = {0};
    FILE *f = fopen("build/same-step-recipe.yaml", "w");
    assert_non_null(f);
    fputs(deepseek, f);
    (void)fclose(f);
    if (set)
        assert_int_equal(fc_scenario_add_override(&options, set, &error), 0);
    if (fc_scenario_open(&scenario, "build/same-step-recipe.yaml", &options, &error) ||
        fc_plan_read(plan, scenario.settings, scenario.catalog, &error))
        fail_msg("%s", error.text);
    *noted = false;
    for (size_t i = 0; i < scenario.compiled.notes.count; i++)
        *noted |= strcmp(scenario.compiled.notes.list[i].id, "recipe") == 0;
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
    (void)unlink("build/same-step-recipe.yaml");
}

/* What is not stated is as in the recipe that the measured run used, said in a note, and changed by a key. */
static void open_features_are_the_recipes(void **state)
{
    (void)state;
    struct fc_plan plan;
    bool noted;
    read_deepseek(&plan, NULL, &noted);
    assert_true(noted && plan.graph == FC_GRAPH_FULL && plan.fused_experts && plan.overlaps_ep &&
                plan.dedup_dispatch && plan.attention_fp8);
    double seconds = 0;
    for (size_t i = 0; i < measurements.count; i++)
        if (strcmp(measurements.rows[i].id, "mb-26.08-gb300-deepseek-v3-mxfp8-256") == 0)
            seconds = seconds_of(&measurements.rows[i].plan);
    assert_true(seconds > 0);
    assert_true(fabs(seconds_of(&plan) / seconds - 1) < 1e-6);
    read_deepseek(&plan, "plan.cuda_graph=none", &noted);
    assert_true(noted && plan.graph == FC_GRAPH_NONE && plan.fused_experts);
    read_deepseek(&plan, "training.software=nemo-25", &noted);
    assert_true(!noted && plan.graph == FC_GRAPH_NONE && !plan.fused_experts && !plan.overlaps_ep);
}

/* A table of one's own that says nothing of features: as the scenario that says nothing. */
static void a_blank_row_takes_the_recipe_too(void **state)
{
    (void)state;
    static const char table[] =
        "id,gpu,gpus,model,precision,tp,pp,vpp,cp,ep,mbs,gbs,seq,recompute,software,step_time_s\n"
        "a,gb300,256,deepseek-v3,MXFP8,1,2,8,1,32,1,4096,4096,none,bridge-26.06,10\n";
    struct fc_measurements own;
    struct fc_error error = {0};
    struct fc_plan plan;
    bool noted;
    if (fc_measurements_read(&own, "own.csv", table, sizeof table - 1, catalog, &error))
        fail_msg("%s", error.text);
    assert_int_equal(own.count, 1);
    assert_string_equal(own.rows[0].left_out, "");
    read_deepseek(&plan, "training.tuned_by=site", &noted); /* nobody says that the vendor tuned it */
    assert_true(fabs(seconds_of(&own.rows[0].plan) / seconds_of(&plan) - 1) < 1e-6);
    fc_measurements_free(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_takes_as_long_as_its_scenario),
        cmocka_unit_test(open_features_are_the_recipes),
        cmocka_unit_test(a_blank_row_takes_the_recipe_too),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
