/* test_step.c: the step model on every published row that is used: measured seconds, counted products, float form
 * against double form, memory. */
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

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&measurements, NULL, catalog, &error) ||
        fc_beliefs_read_priors(&beliefs, catalog, &error)) {
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

/* Each row's seconds from its published figure, against an independent reading in Python. */
static void measured_seconds_are_those_of_another_reader(void **state)
{
    (void)state;
    char id[96], worst_id[96] = "";
    double worst = 0, measured;
    int rows = 0;
    FILE *file = fopen("tests/data/step-times.csv", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s"), 0);
    while (fscanf(file, " %95[^,],%*f,%*f,%*f,%*f,%*f,%*f,%*f,%lf,%*f", id, &measured) == 2) {
        const struct fc_measurement *m = find(id);
        assert_string_equal(m->left_out, "");
        double error = fabs(m->seconds / measured - 1);
        if (error > worst) {
            worst = error;
            snprintf(worst_id, sizeof worst_id, "%s", id);
        }
        rows++;
    }
    (void)fclose(file);
    assert_int_equal(rows, 368);
    if (worst > 1e-4)
        fail_msg("%s: the measured time differs by %.3g", worst_id, worst);
}

/* The products of all layers and the head are the model's FLOP without attention: at least, as shapes are filled up to
 * tiles, and not more than a twentieth above. Rows that recompute nothing, whose stages are even. */
static void products_are_the_model_flop(void **state)
{
    (void)state;
    int rows = 0;
    for (size_t i = 0; i < measurements.count; i++) {
        const struct fc_measurement *m = &measurements.rows[i];
        const struct fc_plan *p = &m->plan;
        const struct fc_architecture *a = &p->model;
        if (m->left_out[0] || p->again_gemm > 0 || p->again_mla_up || p->pp > 1 || a->mtp_layers > 0 ||
            a->kv_heads < p->tp || a->mamba_layers > 0 || a->kv_lora > 0)
            continue;
        struct fc_step_program s;
        fc_plan_program(p, &s);
        double peak = p->precision == FC_NVFP4 ? p->gpu.fp4_base_flop_per_s : fc_plan_peak(p), bf16 = p->gpu.bf16_flop_per_s;
        double layers = a->layers * ((double)(s.linear_s + s.grouped_s) * peak);
        double counted = (double)s.micro_batches * (layers + (double)s.head_s * bf16) * p->gpus;
        struct fc_architecture bare = *a;
        double attention = 3 * a->layers * 4 * a->heads * fc_architecture_head_width(a) *
                           fc_architecture_context(a, p->sequence, true);
        double flop = (fc_architecture_flop_per_token(&bare, p->sequence, true) - attention) *
                      p->global_batch * p->sequence;
        /* what the router's product and the tiles of narrow experts add */
        double most = a->experts > 0 ? 1.06 : 1.02;
        if (!(counted > 0.97 * flop && counted < most * flop))
            fail_msg("%s: products of %.4g FLOP, the model has %.4g", m->id, counted, flop);
        rows++;
    }
    assert_true(rows > 60);
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
        fc_factors_for(&measurements.rows[i].plan, which[count]);
        for (int k = 0; k < FC_IN_STEP_END; k++)
            which[count][k] = which[count][k] < 0 ? FC_FACTORS : which[count][k];
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
                     p.ep + p.fsdp + p.pp + p.dp + p.offload + p.bubble + p.optimizer + p.straggling + p.residual;
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
        cmocka_unit_test(measured_seconds_are_those_of_another_reader),
        cmocka_unit_test(products_are_the_model_flop),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
