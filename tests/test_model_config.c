/* test_model_config.c: configurations of Hugging Face: counts of all models, what is refused and where, operators
 * against worked examples. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/step/model_config.h"

static struct fc_error error;

static struct fc_architecture open_model(const char *name)
{
    struct fc_architecture a;
    char path[256];
    (void)snprintf(path, sizeof path, "tests/data/model-configs/%s.json", name);
    if (fc_model_config_open(&a, NULL, path, &error))
        fail_msg("%s", error.text);
    return a;
}

/* Reads a configuration written here; returns the reader's answer. */
static int read_text(struct fc_architecture *a, const char *text)
{
    struct fc_document *document;
    error = (struct fc_error){0};
    if (fc_document_open_text(&document, "config.json", text, strlen(text), FC_SCENARIO_BYTES, &error))
        return -1;
    int status = fc_model_config_read(a, NULL, fc_document_root(document), &error);
    fc_document_close(document);
    return status;
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a / b - 1) <= tolerance;
}

/* An independent count of each model, tests/data/model-counts.csv. The published figures round it. */
static void all_models_have_their_parameters(void **state)
{
    (void)state;
    char line[1024], name[64];
    double total, active, inner;
    int rows = 0;
    FILE *file = fopen("tests/data/model-counts.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(sscanf(line, "%63[^,],%lf,%lf,%lf", name, &total, &active, &inner), 4);
        struct fc_architecture a = open_model(name);
        struct fc_parameters p = fc_architecture_count(&a);
        if (!near(p.total, total, 1e-4) || !near(p.active, active * 1e9, 5e-4) ||
            !near(p.active_without_embedding, inner * 1e9, 5e-4))
            fail_msg("%s: %.0f %.0f %.0f, counted are %.0f %.4g %.4g", name, p.total, p.active,
                     p.active_without_embedding, total, active, inner);
        rows++;
    }
    (void)fclose(file);
    assert_int_equal(rows, 38);
}

/* What is not modelled is refused by name, at its place. */
static void other_operators_are_refused(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"DeepSeek-V4-Flash", ":2:17: models of the type 'deepseek_v4'"},
                                           {"DeepSeek-V4-Pro", ":2:17: models of the type 'deepseek_v4'"},
                                           {"Gemma-4-26B-A4B", ":2:17: models of the type 'gemma4_text'"},
                                           {"Kimi-K3", ":14:17: key 'hidden_act': the activation 'situ'"},
                                           {"MiniMax-M3", ":2:17: models of the type 'minimax_m3'"}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct fc_architecture a;
        char path[256];
        (void)snprintf(path, sizeof path, "tests/data/model-configs/%s.json", files[i][0]);
        assert_int_equal(fc_model_config_open(&a, NULL, path, &error), -1);
        assert_int_equal(error.status, FC_BAD_INPUT);
        if (!strstr(error.text, files[i][1]))
            fail_msg("%s: '%s'", files[i][0], error.text);
    }
}

#define LLAMA                                                                                                \
    "{\"model_type\": \"llama\", \"hidden_size\": 4096, \"num_hidden_layers\": 4, \"num_attention_heads\": " \
    "32,\n"                                                                                                  \
    " \"intermediate_size\": 14336, \"vocab_size\": 128256"
#define MOE                                                                                                  \
    "{\"model_type\": \"qwen3_moe\", \"hidden_size\": 2048, \"num_hidden_layers\": 4, "                      \
    "\"num_attention_heads\": 32,\n"                                                                         \
    " \"intermediate_size\": 6144, \"vocab_size\": 151936, \"head_dim\": 128"

static void wrong_figures_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {LLAMA ", \"num_key_value_haeds\": 8}",
         "config.json:2:53: key 'num_key_value_haeds' of a llama model"},
        {LLAMA ", \"num_key_value_haeds\": 8}", "did you mean 'num_key_value_heads'?"},
        {LLAMA ", \"num_key_value_heads\": 7}", "32 query heads cannot share 7 key-value heads"},
        {LLAMA ", \"num_key_value_heads\": -8}", "config.json:2:75: key 'num_key_value_heads' is -8"},
        {LLAMA ", \"num_key_value_heads\": 8.5}", "write a whole number"},
        {LLAMA ", \"num_key_value_heads\": \"8\"}", "write a number"},
        {LLAMA ", \"tie_word_embeddings\": 1}", "write true or false"},
        {LLAMA ", \"hidden_act\": \"situ\"}", "the activation 'situ' is not modelled"},
        {LLAMA ", \"hc_mult\": 4}", "config.json:2:53: key 'hc_mult' asks for several residual streams"},
        {LLAMA ", \"layer_types\": [\"full_attention\"]}",
         "'layer_types' has 1 entries, but the model has 4 layers"},
        {LLAMA ", \"layer_types\": [\"rwkv\"]}", "layers of the type 'rwkv' are not modelled"},
        {LLAMA ", \"use_cla\": true}", "keys and values shared between layers"},
        {"{\"model_type\": \"lama\"}",
         "config.json:1:17: models of the type 'lama' are not known; describe it by hand"},
        {"{\"hidden_size\": 4096}", "needs 'model_type'"},
        {"{\"model_type\": \"llama\", \"hidden_size\": 4096}", "needs 'num_hidden_layers'"},
        {"[1]", "is a map"},
        {MOE ", \"num_experts\": 8, \"num_experts_per_tok\": 16, \"moe_intermediate_size\": 768}",
         "16 experts per token, but the model has 8"},
        {MOE ", \"num_experts\": 8, \"num_experts_per_tok\": 2}",
         "not the number per token or the width of one"},
        {MOE ", \"num_experts\": 8, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 768, "
             "\"mlp_only_layers\": [4]}",
         "there is no layer 4: the model has 4"},
        {MOE ", \"num_experts\": 8, \"num_local_experts\": 16}", "'num_experts', which means the same, is 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_architecture a;
        if (read_text(&a, cases[i].text) == 0)
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(error.status, FC_BAD_INPUT);
        if (!strstr(error.text, cases[i].says))
            fail_msg("%s: '%s'", cases[i].says, error.text);
    }
}

/* Keys that change nothing, defaults of the family, nests beside a tower for images. */
static void defaults_are_those_of_the_family(void **state)
{
    (void)state;
    struct fc_architecture a, b;
    assert_int_equal(read_text(&a, LLAMA "}"), 0);
    assert_true(a.kv_heads == 32 && a.head_dim == 128 && !a.tied && a.gated && a.experts == 0);
    assert_int_equal(read_text(&b, LLAMA ", \"rope_theta\": 5e5, \"bos_token_id\": 1, \"hc_mult\": null}"),
                     0);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(
        read_text(
            &b, "{\"model_type\": \"llava\", \"vision_config\": {\"hidden_size\": 9}, \"text_config\": " LLAMA
                "}}"),
        0);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(read_text(&a,
                               "{\"model_type\": \"gpt2\", \"n_embd\": 768, \"n_layer\": 12, \"n_head\": 12, "
                               "\"n_positions\": 1024, \"vocab_size\": 50257}"),
                     0);
    assert_true(fc_architecture_count(&a).total == 124439808); /* as the library counts it */
}

/* Other families and rhythms; billions as their authors count them. */
static void other_families_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double billions;
    } cases[] = {
        {"{\"model_type\": \"mistral\", \"hidden_size\": 4096, \"intermediate_size\": 14336, "
         "\"num_hidden_layers\": 32, "
         "\"num_attention_heads\": 32, \"num_key_value_heads\": 8, \"vocab_size\": 32000}",
         7.242},
        {"{\"model_type\": \"dbrx\", \"d_model\": 6144, \"n_heads\": 48, \"n_layers\": 40, \"vocab_size\": "
         "100352, "
         "\"attn_config\": {\"kv_n_heads\": 8, \"clip_qkv\": 8}, \"ffn_config\": {\"ffn_hidden_size\": "
         "10752, "
         "\"moe_num_experts\": 16, \"moe_top_k\": 4}}",
         131.6},
        {"{\"model_type\": \"deepseek_v2\", \"hidden_size\": 2048, \"intermediate_size\": 10944, "
         "\"moe_intermediate_size\": 1408, \"num_hidden_layers\": 27, \"num_attention_heads\": 16, "
         "\"vocab_size\": "
         "102400, \"n_routed_experts\": 64, \"n_shared_experts\": 2, \"num_experts_per_tok\": 6, "
         "\"first_k_dense_replace\": 1, \"kv_lora_rank\": 512, \"q_lora_rank\": null, \"qk_rope_head_dim\": "
         "64, "
         "\"qk_nope_head_dim\": 128, \"v_head_dim\": 128}",
         15.706},
        {"{\"model_type\": \"gemma3\", \"vision_config\": {}, \"text_config\": {\"model_type\": "
         "\"gemma3_text\", "
         "\"hidden_size\": 5376, \"intermediate_size\": 21504, \"num_hidden_layers\": 62, "
         "\"num_attention_heads\": 32, "
         "\"num_key_value_heads\": 16, \"head_dim\": 128, \"sliding_window\": 1024}}",
         27.009},
        {"{\"model_type\": \"falcon\", \"hidden_size\": 4544, \"num_hidden_layers\": 32, "
         "\"num_attention_heads\": 71, "
         "\"vocab_size\": 65024, \"multi_query\": true}",
         6.922},
        {"{\"model_type\": \"bamba\", \"hidden_size\": 4096, \"intermediate_size\": 14336, "
         "\"num_hidden_layers\": 32, "
         "\"num_attention_heads\": 32, \"num_key_value_heads\": 8, \"vocab_size\": 128256, "
         "\"attn_layer_indices\": [9, "
         "18, 27], \"mamba_n_heads\": 128, \"mamba_d_head\": 64, \"mamba_d_state\": 128}",
         9.780},
        {"{\"model_type\": \"jamba\", \"hidden_size\": 4096, \"intermediate_size\": 14336, "
         "\"num_hidden_layers\": 32, "
         "\"num_attention_heads\": 32, \"num_key_value_heads\": 8, \"vocab_size\": 65536, \"num_experts\": "
         "16, "
         "\"num_experts_per_tok\": 2}",
         51.570},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_architecture a;
        if (read_text(&a, cases[i].text))
            fail_msg("%s", error.text);
        double billions = 1e-9 * fc_architecture_count(&a).total;
        if (!near(billions, cases[i].billions, 5e-4))
            fail_msg("%.60s: %.4f billion parameters, %.4f stated", cases[i].text, billions,
                     cases[i].billions);
    }
    struct fc_architecture a;
    assert_int_equal(read_text(&a, cases[3].text), 0);
    assert_true(a.window_layers == 52); /* five of six */
}

/* The families' own habit, unless the configuration says otherwise. */
static void blocks_on_one_input_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *model, *more;
        bool parallel;
    } cases[] = {
        {"falcon", "", true},
        {"falcon", ", \"parallel_attn\": false", false},
        {"gpt_neox", ", \"intermediate_size\": 16384", true},
        {"gpt_neox", ", \"intermediate_size\": 16384, \"use_parallel_residual\": false", false},
        {"cohere", ", \"intermediate_size\": 16384", true},
        {"llama", ", \"intermediate_size\": 16384", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_architecture a;
        char text[400];
        snprintf(text, sizeof text,
                 "{\"model_type\": \"%s\", \"hidden_size\": 4096, \"num_hidden_layers\": 32, "
                 "\"num_attention_heads\": 32, \"vocab_size\": 65024%s}",
                 cases[i].model, cases[i].more);
        if (read_text(&a, text))
            fail_msg("%s: %s", text, error.text);
        assert_int_equal(a.parallel_block, cases[i].parallel);
    }
}

/* Worked by hand from the shapes; forward MFLOP per token of one layer's parts. */
static void operators_agree_with_worked_examples(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        enum fc_mixer_kind kind;
        double sequence, products, core;
    } cases[] = {
        {"Nemotron-3-Super-120B-A12B", FC_MIXER_MAMBA2, 8192, 219.152, 6.570 + 0.082},
        {"Nemotron-3-Super-120B-A12B", FC_MIXER_ATTENTION, 8192, 71.303, 67.109},
        {"Qwen3-Next-80B-A3B", FC_MIXER_DELTA, 4096, 67.371, 4.194 + 0.066},
        {"Qwen3-Next-80B-A3B", FC_MIXER_ATTENTION, 32768, 54.526, 268.435},
        {"Kimi-Linear-48B-A3B", FC_MIXER_DELTA, 4096, 78.922, 4.194 + 0.098},
        {"Kimi-Linear-48B-A3B", FC_MIXER_LATENT, 131072, 58.229, 1342.177},
        {"DeepSeek-V3.2", FC_MIXER_LATENT, 4096, 374.2 + 27.92, 125.8 + 33.8},
        {"DeepSeek-V3.2", FC_MIXER_LATENT, 131072, 374.2 + 27.92, 166.5 + 1082.1},
        {"DeepSeek-V3", FC_MIXER_LATENT, 4096, 374.2, 167.8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_architecture a = open_model(cases[i].model);
        struct fc_mixer mixers[FC_MIXERS];
        struct fc_product products[FC_PRODUCTS];
        int n = fc_architecture_mixers(&a, mixers), m = 0;
        while (m < n && mixers[m].kind != cases[i].kind)
            m++;
        assert_true(m < n);
        double linear = 0;
        for (int k = 0, of = fc_mixer_products(&a, &mixers[m], products); k < of; k++)
            linear += 2e-6 * products[k].outputs * products[k].inputs;
        double core = 1e-6 * fc_mixer_core_flop(&a, &mixers[m], cases[i].sequence, true);
        if (!near(linear, cases[i].products, 5e-4) || !near(core, cases[i].core, 5e-4))
            fail_msg("case %zu, %s: products %.3f, core %.3f", i, cases[i].model, linear, core);
    }
}

/* Training GFLOP per token of whole models; DeepSeek-V3 is 260.0 by its vendor's own counter as well. */
static void models_need_their_flop(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        double sequence, multi_token, gflop;
    } cases[] = {
        {"DeepSeek-V3", 4096, 1, 260.64},
        {"gpt-oss-120b", 4096, 0, 32.71},
        {"Qwen3-Next-80B-A3B", 4096, 0, 23.042},
        {"Qwen3-Next-80B-A3B", 262144, 0, 99.144},
        {"Kimi-Linear-48B-A3B", 4096, 0, 19.773},
        {"Kimi-Linear-48B-A3B", 131072, 0, 47.078},
        {"Nemotron-3-Nano-30B-A3B", 8192, 0, 3 * 6.936},
        {"Nemotron-3-Super-120B-A12B", 8192, 0, 3 * 25.264},
        {"Nemotron-3-Ultra-550B-A55B", 8192, 0, 3 * 112.194},
        {"Nemotron-H-8B", 8192, 0, 3 * 15.553},
        {"Llama-3.1-70B", 4096, 0, 433.116},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_architecture a = open_model(cases[i].model);
        a.mtp_layers = cases[i].multi_token;
        double gflop = 1e-9 * fc_architecture_flop_per_token(&a, cases[i].sequence, true);
        if (!near(gflop, cases[i].gflop, 5e-4))
            fail_msg("%s: %.3f GFLOP per token, worked out %.3f", cases[i].model, gflop, cases[i].gflop);
    }
}

/* Llama 3.1 70B with rank 16 on q-k-v, output, gate-up and down, worked by hand. */
static void adapters_spare_a_third_of_the_flop(void **state)
{
    (void)state;
    struct fc_architecture a = open_model("Llama-3.1-70B");
    assert_true(near(fc_architecture_adapter_params(&a, 16), 175.636e6, 1e-5));
    assert_true(near(fc_architecture_adapted_flop_per_token(&a, 16, 4096, true), 295.167e9, 1e-5));
}

/* Of every model: FLOP without the cores are 6 per parameter that the token multiplies. */
static void flop_follow_the_parameters(void **state)
{
    (void)state;
    char line[1024], name[64];
    FILE *file = fopen("tests/data/model-counts.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        assert_int_equal(sscanf(line, "%63[^,]", name), 1);
        struct fc_architecture a = open_model(name);
        struct fc_mixer mixers[FC_MIXERS];
        a.mtp_layers = 0;
        double core = 0, sequence = 4096;
        for (int i = 0, n = fc_architecture_mixers(&a, mixers); i < n; i++)
            core += 3 * mixers[i].layers * fc_mixer_core_flop(&a, &mixers[i], sequence, true);
        double active = (fc_architecture_flop_per_token(&a, sequence, true) - core) / 6;
        /* biases and norms are no products: 0.2 % at most, half a per cent with learned positions */
        if (!near(active, fc_architecture_count(&a).active_without_embedding, 5e-3))
            fail_msg("%s: %.6g parameters multiplied, %.6g counted", name, active,
                     fc_architecture_count(&a).active_without_embedding);
        assert_true(fc_architecture_flop_per_token(&a, 2 * sequence, true) >=
                    fc_architecture_flop_per_token(&a, sequence, true));
        struct fc_architecture deeper = a;
        fc_architecture_set_layers(&deeper, 2 * a.layers);
        assert_true(near(fc_architecture_mixer_params(&deeper), 2 * fc_architecture_mixer_params(&a), 1e-12));
    }
    (void)fclose(file);
}

/* Mean span of a window over a sequence; a chunk holds half of itself. */
static void windows_shorten_the_context(void **state)
{
    (void)state;
    struct fc_mixer m = {.kind = FC_MIXER_ATTENTION, .window = 128};
    assert_true(near(fc_mixer_context(&m, 4096, true), 126, 1e-9));
    m.window = 1024;
    assert_true(near(fc_mixer_context(&m, 8192, true), 960, 1e-9));
    assert_true(fc_mixer_context(&m, 512, true) == 256);
    m.chunked = true;
    assert_true(fc_mixer_context(&m, 8192, true) == 512);
    struct fc_architecture a = open_model("MiMo-V2-Flash");
    assert_true(a.window_layers == 39 && a.window == 128 && a.window_kv_heads == 8 && a.kv_heads == 4);
    a = open_model("Llama-4-Maverick-17B-128E");
    assert_true(a.window_layers == 36 && a.window_is_chunk && a.moe_layers == 24);
    a = open_model("Gemma-2-27B");
    assert_true(a.window_layers == 23 && a.window == 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_models_have_their_parameters),
        cmocka_unit_test(other_operators_are_refused),
        cmocka_unit_test(wrong_figures_are_refused),
        cmocka_unit_test(defaults_are_those_of_the_family),
        cmocka_unit_test(other_families_are_read),
        cmocka_unit_test(blocks_on_one_input_are_read),
        cmocka_unit_test(operators_agree_with_worked_examples),
        cmocka_unit_test(models_need_their_flop),
        cmocka_unit_test(adapters_spare_a_third_of_the_flop),
        cmocka_unit_test(flop_follow_the_parameters),
        cmocka_unit_test(windows_shorten_the_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
