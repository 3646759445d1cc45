/* test_step.c: the step model against an independent implementation in Python on every published row that is
 * used, and its float form against its double form. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/step/factors.h"
#include "host/backends/kernels.h"
#include "host/calibrate/measurements.h"
#include "host/step/step_time.h"
#include "host/step/plan_memory.h"
#include "host/step/plan_program.h"
#include "cuda/model/step/step_program.h"

static struct fc_catalog *catalog;
static struct fc_measurements measurements;
static struct fc_beliefs beliefs;

static const struct fc_measurement *find(const char *id)
{
    for (size_t i = 0; i < measurements.count; i++)
        if (strcmp(measurements.rows[i].id, id) == 0)
            return &measurements.rows[i];
    fail_msg("no row %s", id);
    return NULL;
}

/* The factor values that the Python implementation used. */
static void read_factors(void)
{
    char name[64];
    double value;
    int count = 0;
    FILE *file = fopen("tests/data/step-factors.csv", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s"), 0);
    while (fscanf(file, " %63[^,],%lf", name, &value) == 2)
        for (int i = 0; i < FC_FACTORS; i++)
            if (strcmp(name, fc_factors[i].name) == 0) {
                beliefs.log_shift[i] = log(value / beliefs.median[i]);
                count++;
            }
    (void)fclose(file);
    assert_int_equal(count, FC_FACTORS);
}

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&measurements, NULL, catalog, &error) ||
        fc_beliefs_read_priors(&beliefs, catalog, &error)) {
        print_error("%s\n", error.text);
        return -1;
    }
    read_factors();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fc_measurements_free(&measurements);
    fc_catalog_close(catalog);
    return 0;
}

/* Takes back, by its own arithmetic, what the model has and the Python implementation had not: tiles of
 * attention beyond the diagonal, the squared ReLU of NeMo, and collectives by steps and slices, which were
 * one latency and one rate. */
static void undo(const struct fc_plan *p, struct fc_step_program *s)
{
    const struct fc_architecture *a = &p->model;
    double n = p->sequence, w = a->window, context = 0.5 * n, exact = context;
    if (w > 0 && w < n) { /* it had no shorter span at the start of a sequence */
        exact = 0.5 * (context + w * (1 - w / (2 * n)));
        context = 0.5 * (context + fmin(w, context));
    }
    s->attention_s *= (float)(context / (exact + 192));

    double t = p->micro_batch * p->sequence / p->cp,
           share = a->mamba_layers > 0 ? a->mlp_layers / a->layers : 1;
    if (a->squared_relu && (p->software->id == FC_NEMO_24 || p->software->id == FC_NEMO_25))
        s->elementwise_s -= (float)(share * t * a->ffn / p->tp * 14 / p->gpu.memory_bytes_per_s);

    if (a->mamba_layers > 0) { /* it had 3.3 inner widths for what the projections write and read */
        double inner = a->mamba_inner / p->tp,
               in = 2 * inner + (2 * a->mamba_groups * a->mamba_state + a->mamba_heads) / p->tp;
        s->quantize_s -= (float)(a->mamba_layers / a->layers * fc_plan_low_share(p) * t * (in - 2.3 * inner) /
                                 p->gpu.memory_bytes_per_s);
    }
    double nvlink = p->gpu.nvlink_bytes_per_s, nic = p->gpu.nic_bytes_per_s, domain = p->gpu.domain;
    double messages = p->tp > 1 ? (double)(s->tp_steps + s->tp_far_steps) / (p->tp - 1) : 0;
    double bytes = messages * 2 * t * a->hidden * (p->tp - 1) / p->tp;
    assert_true(p->tp <= domain);
    if (a->experts > 0) /* nothing of a mixture's was hidden */
        s->tp_plain = 1;
    s->tp_nvlink_s = (float)(bytes / nvlink);
    s->tp_steps = (float)messages;
    s->cp_steps = (float)(3 * (p->cp - 1));
    s->ep_steps = p->ep > 1 ? 8 : 0;
    s->tp_far_steps = s->cp_far_steps = s->ep_far_steps = s->fsdp_far_steps = s->dp_far_steps = 0;
    s->fsdp_slices_s = s->fsdp_far_slices_s = s->dp_slices_s = s->dp_far_slices_s = 0;

    double dense, expert, replicas = p->gpus / (p->tp * p->pp);
    double expert_replicas = fmax(1, p->gpus / (p->pp * p->ep * p->expert_tp));
    fc_plan_parameters(p, &dense, &expert);
    if (p->fsdp) {
        double inside = fmin(p->fsdp_group, domain / p->tp);
        bytes = 6 * (dense + expert) / fc_plan_stages(p).longest;
        s->fsdp_nvlink_s = (float)(bytes / nvlink);
        s->fsdp_nic_s = p->fsdp_group <= inside + 0.5 ? 0 : (float)(bytes / (inside * nic));
        s->fsdp_steps = (float)(1.5 * log2(fmax(2, p->fsdp_group)));
        return;
    }
    double reduced =
        p->software->gradient_bytes + (p->precision != FC_BF16 ? p->software->gathered_bytes_low : 2);
    double size[2] = {replicas, expert_replicas}, all[2] = {dense, expert};
    double room[2] = {domain / p->tp, domain / (p->ep * p->expert_tp)};
    for (int k = 0; k < 2; k++) {
        double inside = fmax(1, fmin(room[k], size[k]));
        bytes = all[k] * reduced * (size[k] - 1) / size[k];
        *(k ? &s->expert_dp_nvlink_s : &s->dense_dp_nvlink_s) = (float)(bytes / nvlink);
        *(k ? &s->expert_dp_nic_s : &s->dense_dp_nic_s) =
            size[k] <= inside + 0.5 ? 0 : (float)(bytes / (inside * nic));
    }
    s->dp_steps = (float)(2 * log2(replicas) + 2 * log2(expert_replicas));
}

/* Peaks as the Python implementation had them, in some places not the catalog's. */
static void each_row_equals_the_other_implementation(void **state)
{
    (void)state;
    char id[96], worst_id[96] = "";
    double worst = 0, worst_time = 0, measured, predicted;
    int rows = 0;
    FILE *file = fopen("tests/data/step-times.csv", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s"), 0);
    struct fc_accelerator g;
    while (fscanf(file, " %95[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", id, &g.bf16_flop_per_s,
                  &g.fp8_flop_per_s, &g.fp4_flop_per_s, &g.memory_bytes_per_s, &g.nvlink_bytes_per_s,
                  &g.nic_bytes_per_s, &g.domain, &measured, &predicted) == 10) {
        const struct fc_measurement *m = find(id);
        assert_string_equal(m->left_out, "");
        struct fc_plan plan = m->plan;
        g.name = plan.gpu.name;
        g.family = plan.gpu.family;
        g.memory_bytes = plan.gpu.memory_bytes;
        g.grace = plan.gpu.grace;
        g.mxfp8_flop_per_s = plan.gpu.mxfp8_flop_per_s;
        g.fp4_base_flop_per_s = plan.gpu.fp4_base_flop_per_s;
        g.clock = plan.gpu.clock;
        g.inherited_sd_log = 0;
        plan.gpu = g;
        struct fc_step_program program;
        double inputs[FC_IN_STEP_END];
        fc_plan_program(&plan, &program);
        undo(&plan, &program);
        fc_beliefs_medians(&beliefs, &plan, inputs);
        double error = fabs(fc_step_time(&program, inputs, NULL) / predicted - 1);
        if (getenv("FLOPCAST_TEST_VERBOSE") && error > 2e-5)
            print_message("# %-60s %.5g\n", id, fc_step_time(&program, inputs, NULL) / predicted - 1);
        if (error > worst) {
            worst = error;
            snprintf(worst_id, sizeof worst_id, "%s", id);
        }
        worst_time = fmax(worst_time, fabs(m->seconds / measured - 1));
        rows++;
    }
    (void)fclose(file);
    assert_int_equal(rows, 368);
    if (worst > 2e-5)
        fail_msg("%s differs by %.3g", worst_id, worst);
    if (worst_time > 1e-4)
        fail_msg("a measured time differs by %.3g", worst_time);
}

/* Worlds far from the median: the float lanes of every kernel against the host's double. */
static void lanes_equal_the_double_form(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    const struct fc_step_program *plans[ROWS];
    static struct fc_step_program programs[ROWS];
    int which[ROWS][FC_STEP_JOINT], count = 0;
    for (size_t i = 0; i < measurements.count && count < ROWS; i += 9) {
        if (measurements.rows[i].left_out[0])
            continue;
        fc_plan_program(&measurements.rows[i].plan, &programs[count]);
        plans[count] = &programs[count];
        for (int k = 0; k < FC_IN_STEP_END; k++) {
            int f = fc_factor_for(&measurements.rows[i].plan, k);
            which[count][k] = f < 0 ? FC_FACTORS : f;
        }
        count++;
    }
    assert_true(count > 25);
    uint64_t random = 99;
    for (int k = 0; fc_kernels[k]; k++) {
        const struct fc_kernel *kernel = fc_kernels[k];
        if (!fc_kernel_runs_here(kernel))
            continue;
        int width = kernel->lanes;
        float values[(FC_FACTORS + 1) * 64], times[ROWS * 64];
        for (int l = 0; l < width; l++) {
            for (int f = 0; f < FC_FACTORS; f++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                double z = 6 * ((double)(random >> 40) / 16777216.0 - 0.5);
                values[f * width + l] = (float)(beliefs.median[f] * exp(beliefs.sd_log[f] * z));
            }
            values[FC_FACTORS * width + l] = 1;
        }
        kernel->log_step_times(plans, (const int(*)[FC_STEP_JOINT])which, count, values, times);
        for (int p = 0; p < count; p++)
            for (int l = 0; l < width; l++) {
                double inputs[FC_IN_STEP_END];
                for (int i = 0; i < FC_IN_STEP_END; i++)
                    inputs[i] = (double)values[which[p][i] * width + l];
                double exact = log(fc_step_time(plans[p], inputs, NULL));
                if (!(fabs((double)times[p * width + l] - exact) < 5e-6))
                    fail_msg("%s: %.9g, double %.9g", kernel->name, (double)times[p * width + l], exact);
            }
    }
}

/* The parts of a step are all of it. */
static void parts_sum_to_the_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < measurements.count; i++) {
        if (measurements.rows[i].left_out[0])
            continue;
        struct fc_step_program program;
        struct fc_step_breakdown p;
        double inputs[FC_IN_STEP_END];
        fc_plan_program(&measurements.rows[i].plan, &program);
        fc_beliefs_medians(&beliefs, &measurements.rows[i].plan, inputs);
        inputs[FC_IN_STEP_RESIDUAL] = 1.1;
        double step = fc_step_time(&program, inputs, &p);
        double sum = p.gemm + p.experts + p.attention + p.memory + p.gaps + p.host + p.head + p.tp + p.cp +
                     p.ep + p.fsdp + p.pp + p.dp + p.bubble + p.optimizer + p.straggling + p.residual;
        if (!(fabs(sum / step - 1) < 1e-9))
            fail_msg("%s: parts make %.6g of %.6g s", measurements.rows[i].id, sum, step);
        assert_true(p.communication * 1.0000001 >= p.tp + p.cp + p.ep + p.fsdp + p.pp + p.dp);
    }
}

/* Measured memory: 15 runs of SimuMax state what the framework had allocated. */
static void memory_is_near_the_measured(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        double gib;
    } measured[] = {
        {"simumax-b200-llama3_405b_l4_tp1_pp2_dp4_mbc4", 87.08},
        {"simumax-b200-llama3_405b_l4_tp2_pp1_dp4_mbc4", 81.59},
        {"simumax-b200-llama3_405b_l4_tp4_pp1_dp2_mbc4", 52.89},
        {"simumax-b200-llama3_405b_l4_tp8_pp1_dp1_mbc4", 38.57},
        {"simumax-b200-llama3_405b_l4_tp1_pp2_dp4_mbc8", 87.08},
        {"simumax-b200-llama3_405b_l4_tp2_pp1_dp4_mbc8", 81.59},
        {"simumax-b200-llama3_405b_l4_tp4_pp1_dp2_mbc8", 52.89},
        {"simumax-b200-llama3_405b_l4_tp8_pp1_dp1_mbc8", 38.57},
        {"simumax-b200-llama3_405b_l4_tp1_pp2_dp4_mbc32", 87.08},
        {"simumax-b200-llama3_405b_l4_tp2_pp1_dp4_mbc32", 81.59},
        {"simumax-b200-llama3_405b_l4_tp4_pp1_dp2_mbc32", 52.89},
        {"simumax-b200-llama3_405b_l4_tp8_pp1_dp1_mbc32", 38.57},
        {"simumax-b200-llama3_405b_l4_tp2_cp4_pp1_dp1_seq32768_mbc4", 87.03},
        {"simumax-b200-llama3_405b_l4_tp1_cp8_pp1_dp1_seq32768_mbc4", 139.22},
        {"simumax-b200-llama3_405b_l4_tp2_cp4_pp1_dp1_seq131072_mbc4", 118.13},
    };
    double sum = 0;
    int count = (int)(sizeof measured / sizeof measured[0]);
    for (int i = 0; i < count; i++) {
        struct fc_plan_memory m = fc_plan_memory(&find(measured[i].id)->plan);
        double gib = 1.03 * (m.weights + m.optimizer + m.activations + m.logits) / 1073741824.0;
        if (!(fabs(gib / measured[i].gib - 1) < 0.08))
            fail_msg("%s: %.2f GiB, measured %.2f", measured[i].id, gib, measured[i].gib);
        sum += fabs(gib / measured[i].gib - 1);
    }
    assert_true(sum / count < 0.04);
}

/* Llama 3 405B's three published layouts: 430, 400 and 380 TFLOP/s with full attention, on 80 GB. */
static void llama3_layouts_hold(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        double tflops;
    } rows[] = {
        {"llama3-herd-8192-8192", 430}, {"llama3-herd-16384-8192", 400}, {"llama3-herd-16384-131072", 380}};
    struct fc_beliefs *shipped = malloc(sizeof *shipped);
    struct fc_error error;
    assert_non_null(shipped);
    assert_int_equal(fc_beliefs_read(shipped, catalog, &error), 0);
    for (int i = 0; i < 3; i++) {
        const struct fc_plan *plan = &find(rows[i].id)->plan;
        struct fc_step_program program;
        double inputs[FC_IN_STEP_END];
        fc_plan_program(plan, &program);
        fc_beliefs_medians(shipped, plan, inputs);
        double tokens = plan->global_batch * plan->sequence;
        double flop = tokens * fc_architecture_flop_per_token(&plan->model, plan->sequence, false);
        double tflops = flop / fc_step_time(&program, inputs, NULL) / plan->gpus / 1e12;
        struct fc_plan_memory m = fc_plan_memory(plan);
        double bytes = 1.03 * (m.weights + m.optimizer + m.activations + m.logits) + 2e9;
        if (!(fabs(tflops / rows[i].tflops - 1) < 0.07) || !(bytes < 80e9))
            fail_msg("%s: %.0f TFLOP/s, %.1f GB", rows[i].id, tflops, bytes / 1e9);
    }
    free(shipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_equal_the_double_form),
        cmocka_unit_test(parts_sum_to_the_step),
        cmocka_unit_test(memory_is_near_the_measured),
        cmocka_unit_test(llama3_layouts_hold),
        cmocka_unit_test(each_row_equals_the_other_implementation),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
