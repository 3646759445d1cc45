/* test_stages.c: layers over stages and chunks, groups over domains, bytes of each ZeRO stage: closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/step/plan_check.h"
#include "host/step/plan_memory.h"
#include "host/step/plan_options.h"
#include "host/step/plan_program.h"
#include "host/step/spans.h"
#include "host/step/stages.h"

/* A dense model of 8 billion parameters on 64 GPUs of 80 GB. */
static struct fc_plan dense(double layers, double pp, double vpp)
{
    return (struct fc_plan){.model = {.layers = layers,
                                      .hidden = 4096,
                                      .ffn = 14336,
                                      .heads = 32,
                                      .kv_heads = 8,
                                      .head_dim = 128,
                                      .vocab = 128256,
                                      .gated = true,
                                      .moe_every = 1},
                            .gpu = {.name = "h100",
                                    .family = FC_HOPPER,
                                    .bf16_flop_per_s = 989e12,
                                    .fp8_flop_per_s = 1979e12,
                                    .memory_bytes = 80e9,
                                    .memory_bytes_per_s = 3.35e12,
                                    .nvlink_bytes_per_s = 450e9,
                                    .nic_bytes_per_s = 50e9,
                                    .domain = 8},
                            .software = &fc_softwares[FC_BRIDGE_26_06],
                            .sequence = 8192,
                            .gpus = 64 * pp,
                            .tp = 1,
                            .pp = pp,
                            .vpp = vpp,
                            .cp = 1,
                            .ep = 1,
                            .expert_tp = 1,
                            .micro_batch = 1,
                            .global_batch = 64 * 2 * pp,
                            .shards_optimizer = true};
}

/* Every layer stands on one stage, whatever does not divide. */
static void all_layers_stand_somewhere(void **state)
{
    (void)state;
    for (double layers = 1; layers <= 130; layers++)
        for (double mtp = 0; mtp <= 1; mtp++)
            for (double pp = 1; pp <= 20; pp++)
                for (double vpp = 1; vpp <= (pp > 1 ? 8 : 1); vpp++) {
                    struct fc_plan p = dense(layers, pp, vpp);
                    p.model.mtp_layers = mtp;
                    if (layers + mtp + 2 < pp * vpp)
                        continue;
                    double sum = 0, most = 0;
                    struct fc_stages stages = fc_plan_stages(&p);
                    for (double i = 0; i < pp; i++) {
                        struct fc_stage s = fc_stage_at(&p, i);
                        sum += s.layers;
                        most = fmax(most, s.layers);
                    }
                    /* at least all of them; at most one too many per stage where the rest is not laid out */
                    if (!(sum >= layers + mtp) || sum >= layers + mtp + pp + 2 ||
                        most > ceil((layers + mtp + 3) / pp) || stages.longest > most)
                        fail_msg("%g + %g layers on %g stages, %g chunks: %g in all, %g at most", layers, mtp,
                                 pp, vpp, sum, most);
                    if (fmod(layers, pp) == 0 && mtp == 0 && fmod(layers, pp * vpp) == 0)
                        assert_true(sum == layers && most == layers / pp);
                }
}

/* Published layouts: 80 layers on 16 stages stay 5 each with chunks that they do not fill; Llama 3 405B has one layer
 * less on the first and the last of its stages (arXiv 2407.21783, 3.3.2); DeepSeek-V3 stands E + 4 x 4, 14 x 4, then
 * one layer, its layer of prediction and the head (the layout of its published presets). */
static void published_layouts(void **state)
{
    (void)state;
    struct fc_plan p = dense(80, 16, 4);
    for (double i = 0; i < 16; i++)
        assert_true(fc_stage_at(&p, i).layers == 5);
    p = dense(126, 16, 8);
    assert_true(fc_stage_at(&p, 0).layers == 7 && fc_stage_at(&p, 7).layers == 8 &&
                fc_stage_at(&p, 15).layers == 7);
    p = dense(61, 16, 1);
    p.model.mtp_layers = 1;
    p.model.experts = 256;
    p.model.dense_layers = 3;
    assert_true(fc_stage_at(&p, 0).layers == 4 && fc_stage_at(&p, 0).dense == 3);
    assert_true(fc_stage_at(&p, 1).dense == 0 && fc_plan_mixture_share(&p) == 1);
    assert_true(fc_stage_at(&p, 15).layers == 2 && fc_stage_at(&p, 15).mtp == 1);
}

static void groups_that_straddle(void **state)
{
    (void)state;
    static const struct {
        double ranks, stride, gpus, domain, domains, inside, fewest;
    } cases[] = {
        {8, 1, 960, 8, 1, 8, 8},     /* as large as the domain */
        {8, 1, 960, 12, 2, 4, 4},    /* every third group lies 4 + 4 */
        {4, 1, 960, 12, 1, 4, 4},    /* divides it */
        {8, 1, 960, 4, 2, 4, 4},     /* two whole domains */
        {64, 1, 4608, 72, 2, 32, 8}, /* 8 + 56 */
        {64, 1, 4608, 64, 1, 64, 64},
        {64, 1, 64, 72, 1, 64, 64},        /* the whole job in one rack */
        {16, 8, 1024, 64, 2, 8, 8},        /* replicas beside tensor parallel ranks */
        {16, 8, 1152, 72, 3, 16.0 / 3, 1}, /* 72 / 8 = 9 of each in a rack */
        {2, 8, 64, 8, 2, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_span s = fc_span_of(cases[i].ranks, cases[i].stride, cases[i].gpus, cases[i].domain);
        if (s.domains != cases[i].domains || fabs(s.inside - cases[i].inside) > 1e-9 ||
            s.fewest != cases[i].fewest)
            fail_msg("case %zu: %g domains, %g inside, %g fewest", i, s.domains, s.inside, s.fewest);
    }
}

/* Rajbhandari et al. 2020, arXiv 1910.02054, with BF16 gradients (2 bytes), 12 bytes of optimizer, N = 64. */
static void zero_stages_take_what_the_paper_says(void **state)
{
    (void)state;
    struct fc_plan p = dense(32, 1, 1);
    double d, e, layer, n = 64;
    fc_plan_parameters(&p, 0, &d, &e);
    assert_true(e == 0 && fabs(d - 8.03e9) < 0.01e9);
    layer = d / 32;
    double expected[4] = {16 * d, (4 + 12 / n) * d, (2 + 14 / n) * d + 2 * layer, 16 / n * d + 6 * layer};
    for (int zero = 0; zero < 4; zero++) {
        p.shards_optimizer = zero > 0;
        p.shards_gradients = zero == 2;
        p.fsdp = zero == 3;
        p.fsdp_group = n;
        struct fc_plan_memory m = fc_plan_memory(&p);
        if (fabs((m.weights + m.optimizer) / expected[zero] - 1) > 1e-9)
            fail_msg("stage %d: %.4g bytes, right %.4g", zero, m.weights + m.optimizer, expected[zero]);
    }
}

/* The logits stand on the last stage, which is the fullest of long sequences with few layers kept. */
static void logits_count_where_they_stand(void **state)
{
    (void)state;
    struct fc_plan p = dense(32, 2, 1);
    p.sequence = 65536;
    p.again_gemm = p.again_attention = p.again_elementwise = p.again_tp = 1;
    struct fc_plan_memory m = fc_plan_memory(&p);
    assert_true(m.stage == 1);
    assert_true(m.logits == p.software->logit_bytes * 65536 * 128256);
}

/* Before 2022 a stage keeps what it sent on until that micro-batch comes back: one layer's input more for each in flight. */
static void what_was_sent_is_kept_by_old_software(void **state)
{
    (void)state;
    struct fc_plan p = dense(32, 4, 1);
    struct fc_software old = fc_softwares[FC_MEGATRON_2021], frees = old;
    frees.early_megatron = false;
    p.again_gemm = 1;
    p.model.vocab = 1024; /* few logits, so that the first stage is the fullest */
    p.software = &old;
    struct fc_plan_memory kept = fc_plan_memory(&p);
    p.software = &frees;
    assert_true(kept.stage == 0);
    assert_true(kept.activations - fc_plan_memory(&p).activations ==
                2 * 4096 * 8192.0 * fmin(4, fc_plan_micro_batches(&p)));
}

/* Transformer Engine keeps an empty BF16 tensor for each shape of a layer's matrices, whatever the number of layers; the head's
 * own comes beside the gradient of the logits, where the loss does not need more. None of frozen weights. */
static void weight_gradients_have_placeholders(void **state)
{
    (void)state;
    struct fc_software with = fc_softwares[FC_SIMUMAX], without = with;
    without.placeholders = FC_NO_PLACEHOLDERS;
    double layer = 2 * 4096.0 * 4096 + 2 * 4096.0 * 1024 + 3 * 4096.0 * 14336, table = 4096.0 * 128256;
    for (double layers = 4; layers <= 8; layers += 4)
        for (double sequence = 1024; sequence <= 8192; sequence *= 8) {
            struct fc_plan p = dense(layers, 1, 1);
            double logits = sequence * 128256;
            p.sequence = sequence;
            p.again_norms = true;
            p.software = &without;
            struct fc_plan_memory plain = fc_plan_memory(&p);
            p.software = &with;
            struct fc_plan_memory more = fc_plan_memory(&p);
            assert_true(more.weights == plain.weights && more.optimizer == plain.optimizer);
            assert_true(more.logits == fmax(6 * logits, 2 * logits + 2 * table) + 2 * sequence * 4096);
            /* what a layer's backward pass needs hides behind the larger logits */
            assert_true(fabs(more.activations + fmin(0.1 * plain.activations, more.logits - plain.logits) -
                             plain.activations - 2 * layer) < 0.1 * plain.activations);
            p.lora_rank = 16;
            assert_true(fc_plan_memory(&p).logits == 6 * logits + 2 * sequence * 4096);
        }
}

/* Attention and feed-forward block on one input: one sum over tensor parallel ranks instead of two, the same products. */
static void parallel_blocks_exchange_half(void **state)
{
    (void)state;
    struct fc_plan p = dense(32, 1, 1);
    struct fc_step_program one, two;
    p.tp = 8;
    p.sequence_parallel = true;
    fc_plan_time_program(&p, &two);
    p.model.parallel_block = true;
    fc_plan_time_program(&p, &one);
    assert_true(two.tp_nvlink_s > 0 && fabs(one.tp_nvlink_s / two.tp_nvlink_s - 0.5) < 1e-6);
    assert_true(one.linear_s == two.linear_s && one.attention_s == two.attention_s);
    assert_true(one.elementwise_s < two.elementwise_s);
}

/* Of FSDP2 the streams of gathers and scatters keep memory of their own: the gradients' shards, the gathered piece of embedding
 * and head, and the hole of the BF16 logits; counted from the operators. With two micro-batches the gradients are tensors. */
static void streams_keep_memory_of_their_own(void **state)
{
    (void)state;
    struct fc_plan p = dense(32, 1, 1);
    struct fc_plan_options o = fc_plan_default_options();
    double d, e, table = 4096.0 * 128256, logits = 8192 * 128256.0;
    o.zero = FC_ZERO_PARAMETERS;
    o.recompute = FC_RECOMPUTE_SELECTIVE;
    p.software = &fc_softwares[FC_TORCHTITAN];
    p.global_batch = 64;
    fc_plan_set_options(&p, &o);
    fc_plan_parameters(&p, 0, &d, &e);
    struct fc_plan_memory eager = fc_plan_memory(&p);
    assert_true(fabs(eager.pools / (4 * d / 64 + 2 * 2 * table + 2 * logits) - 1) < 1e-9);
    assert_true(eager.logits == 12 * logits + 2 * 8192 * 4096);
    /* the last product of a block is not kept where it is compiled: 2 h of 8 h + 2 kv + 2 f bytes */
    o.compile = FC_COMPILE_LAYERS;
    fc_plan_set_options(&p, &o);
    struct fc_plan_memory compiled = fc_plan_memory(&p);
    assert_true(fabs((eager.activations - compiled.activations) / (32.0 * 8192 * 2 * 4096) - 1) < 0.01);
    assert_true(compiled.pools == eager.pools);
    /* a compiled loss keeps BF16 logits and their gradient, and no hole; embedding and head come one after the other */
    o.compile = FC_COMPILE_LOSS_TOO;
    fc_plan_set_options(&p, &o);
    struct fc_plan_memory late = fc_plan_memory(&p);
    assert_true(late.logits == 4 * logits + 2 * 8192 * 4096);
    assert_true(fabs(late.pools / (4 * d / 64 + 2 * table) - 1) < 1e-9);
    /* two micro-batches: the gradients are there, whoever asks */
    p.global_batch = 128;
    struct fc_plan_memory two = fc_plan_memory(&p);
    assert_true(fabs((two.weights - late.weights) / (4 * d / 64) - 1) < 1e-9);
    assert_true(fabs((late.pools - two.pools) / (4 * d / 64) - 1) < 1e-9);
    /* XLA keeps one memory for all */
    p.software = &fc_softwares[FC_JAX];
    fc_plan_set_options(&p, &o);
    assert_true(fc_plan_memory(&p).pools == 0);
}

static void impossible_plans(void **state)
{
    (void)state;
    char text[FC_PLAN_FAULT_BYTES];
    enum fc_plan_part part;
    struct fc_plan p = dense(32, 8, 2);
    assert_int_equal(fc_plan_check(&p, &part, text), 0);
    p.global_batch = 64 * 4; /* 4 micro-batches for 8 stages */
    assert_int_equal(fc_plan_check(&p, &part, text), -1);
    assert_int_equal(part, FC_PART_GLOBAL_BATCH);
    assert_non_null(strstr(text, "as many micro-batches as stages"));
    p.global_batch = 32; /* below the replicas */
    assert_int_equal(fc_plan_check(&p, &part, text), -1);
    p = dense(32, 3, 1);
    p.schedule = FC_DUALPIPE;
    assert_int_equal(fc_plan_check(&p, &part, text), -1);
    assert_int_equal(part, FC_PART_SCHEDULE);
    p = dense(32, 1, 1);
    p.expert_tp = 2;
    assert_int_equal(fc_plan_check(&p, &part, text), -1);
    assert_int_equal(part, FC_PART_EXPERT_TP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_layers_stand_somewhere),
        cmocka_unit_test(published_layouts),
        cmocka_unit_test(groups_that_straddle),
        cmocka_unit_test(zero_stages_take_what_the_paper_says),
        cmocka_unit_test(logits_count_where_they_stand),
        cmocka_unit_test(what_was_sent_is_kept_by_old_software),
        cmocka_unit_test(weight_gradients_have_placeholders),
        cmocka_unit_test(parallel_blocks_exchange_half),
        cmocka_unit_test(streams_keep_memory_of_their_own),
        cmocka_unit_test(impossible_plans),
    };
    return cmocka_run_group_tests_name("stages", tests, NULL, NULL);
}
