/* test_cluster.c: the resolved cluster: one owner for each number, defaults that follow the GPU, and hardware that does
 * not exist. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/compile/scenario.h"
#include "host/step/factors.h"

static char folder[] = "/tmp/flopcast-cluster-XXXXXX";
static const char *precision = "bf16";

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

/* A step or a run of a small model on `cluster`, an inline map without its braces. */
static int open_on(struct fc_scenario *scenario, const char *layers, const char *cluster, const char *more,
                   struct fc_error *error)
{
    char text[2000], path[128];
    struct fc_scenario_options options = {0};
    snprintf(text, sizeof text,
             "layers: %s\n"
             "cluster: {%s}\n"
             "training: {model: llama3-8b, software: nemo-25, tokens: 1e12, precision: %s, sequence: 4096, "
             "global_batch: 4608}\n"
             "plan: {tp: 1, pp: 1, micro_batch: 1, zero: parameters, recompute: full}\n%s",
             layers, cluster, precision, more);
    put("s.yaml", text);
    snprintf(path, sizeof path, "%s/s.yaml", folder);
    return fc_scenario_open(scenario, path, &options, error);
}

static uint64_t digest_on(const char *layers, const char *cluster, const char *more)
{
    struct fc_scenario scenario;
    struct fc_error error = {0};
    if (open_on(&scenario, layers, cluster, more, &error))
        fail_msg("{%s}: %s", cluster, error.text);
    uint64_t digest = scenario.compiled.input_digest;
    fc_scenario_close(&scenario);
    return digest;
}

static bool has_note(const struct fc_scenario *scenario, const char *id)
{
    for (size_t i = 0; i < scenario->compiled.notes.count; i++)
        if (strcmp(scenario->compiled.notes.list[i].id, id) == 0)
            return true;
    return false;
}

/* Left out, the domain was 72 for the step and 8 for the timeline, and the node the domain or nothing. */
static void what_is_left_out_is_the_gpus_for_every_layer(void **state)
{
    (void)state;
    static const char profile[] = "reliability: {profile: gb200-era}\n";
    static const char racks[] = "gpu: gb300, gpus: 4608, spare_policy: racks, spare_racks: 4, spare_nodes: 0";
    char stated[300];
    snprintf(stated, sizeof stated, "%s, domain: 72, node: 4", racks);
    assert_true(digest_on("run", racks, profile) == digest_on("run", stated, profile));
    snprintf(stated, sizeof stated, "%s, domain: 36, node: 4", racks);
    assert_true(digest_on("run", racks, profile) != digest_on("run", stated, profile));
    assert_true(digest_on("run", "gpu: h100, gpus: 4608", profile) ==
                digest_on("run", "gpu: h100, gpus: 4608, domain: 8, node: 8", profile));
}

static void every_spare_is_paid(void **state)
{
    (void)state;
    static const struct {
        const char *cluster, *more;
        double paid;
    } cases[] = {
        {"gpu: gb300, gpus: 4608, spare_nodes: 16", "reliability: {profile: plain}\n", 4608 + 16 * 4},
        {"gpu: h100, gpus: 4608, spare_nodes: 16", "reliability: {profile: plain}\n", 4608 + 16 * 8},
        {"gpu: gb300, gpus: 4608, spare_nodes: 0, spare_racks: 3, spare_policy: racks",
         "reliability: {profile: gb200-era}\n", 4608 + 3 * 72},
        {"gpu: gb300, gpus: 4608, domain: 64, spare_nodes: 2, spare_racks: 3, spares_per_rack: 2, "
         "spare_policy: "
         "in-rack",
         "reliability: {profile: gb200-era}\n", (64 + 8) * (72 + 3) + 2 * 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_scenario scenario;
        struct fc_error error = {0};
        if (open_on(&scenario, "run", cases[i].cluster, cases[i].more, &error))
            fail_msg("case %zu: %s", i, error.text);
        assert_float_equal(scenario.compiled.cluster.paid_gpus, cases[i].paid, 0);
        assert_float_equal((double)scenario.compiled.program.run.paid_gpus, cases[i].paid, 0);
        fc_scenario_close(&scenario);
    }
}

/* 16 nodes, whatever the job's size, made 136 GPUs of a job on 8. */
static void spares_that_nobody_stated_follow_the_job(void **state)
{
    (void)state;
    static const struct {
        const char *cluster;
        int spares;
    } cases[] = {
        {"gpu: h100, gpus: 8", 1},      {"gpu: h100, gpus: 64", 1},              {"gpu: h100, gpus: 1152", 3},
        {"gpu: gb300, gpus: 4608", 24}, {"gpu: gb200, gpus: 1152, node: 8", 3}, {"gpu: gb300, gpus: 4608, node: 1", 63},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_scenario scenario;
        struct fc_error error = {0};
        char stated[200];
        if (open_on(&scenario, "run", cases[i].cluster, "", &error))
            fail_msg("case %zu: %s", i, error.text);
        assert_int_equal(scenario.compiled.cluster.spare_nodes, cases[i].spares);
        assert_true(has_note(&scenario, "spares-assumed"));
        fc_scenario_close(&scenario);
        snprintf(stated, sizeof stated, "%s, spare_nodes: %d", cases[i].cluster, cases[i].spares);
        assert_true(digest_on("run", cases[i].cluster, "") == digest_on("run", stated, ""));
        if (open_on(&scenario, "run", stated, "", &error))
            fail_msg("case %zu: %s", i, error.text);
        assert_false(has_note(&scenario, "spares-assumed"));
        fc_scenario_close(&scenario);
    }
}

static void hardware_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    static const char profile[] = "reliability: {profile: gb200-era}\n";
    static const struct {
        const char *layers, *cluster, *more, *says;
    } cases[] = {
        {"step", "gpu: h100, gpus: 72, network: gb300-nvl72-800", "", "take h100-ib-400 or roce-400"},
        {"step", "gpu: a100-80, gpus: 72, network: b300-ib-800", "", "take a100-ib-200"},
        {"step", "gpu: vr200, gpus: 144, network: gb300-nvl72-800", "", "no network of the catalog does"},
        {"step", "gpu: h100, gpus: 72, domain: 72", "", "NVLink domain of the h100 has 8 GPUs"},
        {"step", "gpu: b200, gpus: 72, domain: 72", "", "NVLink domain of the b200 has 8 GPUs"},
        {"step", "gpu: gb300, gpus: 144, domain: 144", "", "NVLink domain of the gb300 has 72 GPUs"},
        {"step", "gpu: gh200, gpus: 64, domain: 64", "", "NVLink domain of the gh200 has 32 GPUs"},
        {"step", "gpu: gb300, gpus: 72, node: 3", "", "a node of the gb300 has 4 GPUs"},
        {"step", "gpu: h100, gpus: 72, node: 12", "", "a node of the h100 has 8 GPUs"},
        {"step", "gpu: h100, gpus: 72, node: 16", "", "more than cluster.domain 8"},
        {"step", "gpu: gb300, gpus: 72, domain: 4, node: 8", "", "more than cluster.domain 4"},
        {"step", "gpu: gb300, gpus: 72, domain: 70", "", "not filled by nodes of 4"},
        {"step", "gpu: gb300, gpus: 72, domain: 12, node: 8", "", "not filled by nodes of 8"},
        {"run", "gpu: gb300, gpus: 18", "", "not whole nodes of 4"},
        {"run", "gpu: gb300, gpus: 1152, racks: 15", profile, "do not fit into 15 racks of 72"},
        {"run", "gpu: gb300, gpus: 1152, racks: 300", profile, "at most as many racks as nodes"},
        {"run", "gpu: gb300, gpus: 1152, domain: 64, spare_policy: in-rack, spares_per_rack: 3", profile,
         "a rack of the gb300 has 72 GPUs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_scenario scenario;
        struct fc_error error = {0};
        if (open_on(&scenario, cases[i].layers, cases[i].cluster, cases[i].more, &error) == 0)
            fail_msg("{%s} was accepted", cases[i].cluster);
        if (!strstr(error.text, cases[i].says) || !strstr(error.text, "s.yaml:2:"))
            fail_msg("{%s}: '%s'", cases[i].cluster, error.text);
        assert_int_equal(error.status, FC_BAD_INPUT);
    }
}

static void what_is_assumed_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *cluster, *id;
        bool said;
    } cases[] = {
        {"gpu: gb300, gpus: 96", "part-of-a-domain", true},
        {"gpu: gb300, gpus: 144", "part-of-a-domain", false},
        {"gpu: gb300, gpus: 64", "part-of-a-domain", false},
        {"gpu: gb300, gpus: 72, network: gb300-nvl72-800", "network-unused", true},
        {"gpu: gb300, gpus: 144, network: gb300-nvl72-800", "network-unused", false},
        {"gpu: vr200, gpus: 144", "efficiency-inherited", true},
        {"gpu: gh200, gpus: 144", "efficiency-inherited", true},
        {"gpu: gb300, gpus: 144", "efficiency-inherited", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_scenario scenario;
        struct fc_error error = {0};
        if (open_on(&scenario, "step", cases[i].cluster, "", &error))
            fail_msg("{%s}: %s", cases[i].cluster, error.text);
        if (has_note(&scenario, cases[i].id) != cases[i].said)
            fail_msg("{%s}: note %s", cases[i].cluster, cases[i].id);
        fc_scenario_close(&scenario);
    }
}

static void defaults_follow_the_gpu(void **state)
{
    (void)state;
    static const char price[] = "prices: {gpu_hour: 1 USD}\n";
    static const struct {
        const char *gpu, *more, *key, *text, *source;
    } cases[] = {
        {"h100", "", "energy.it_power_per_gpu", "pert(1.20, 1.30, 1.45) kW", "h100: "},
        {"h100", "", "prices.gpu_hour", "pert(1.60, 2.00, 2.50) USD", "commitment series"},
        {"gb300", "", "prices.gpu_hour", "pert(2.97, 5.00, 6.25) USD", "commitment series"},
        {"a100-80", price, "energy.it_power_per_gpu", "pert(0.62, 0.73, 0.85) kW", "a100-80: "},
        {"a100-80", price, "reliability.gpu_mtbf", "pert(30e3 h, 50e3 h, 90e3 h)", "observed fleets"},
        {"vr200", "", "reliability.gpu_mtbf", "pert(10.5e3 h, 26e3 h, 65e3 h)", "inherited: "},
        {"vr200", "", "cluster.domain", "72", "vr200: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char cluster[100], more[200];
        struct fc_scenario scenario;
        struct fc_error error = {0};
        snprintf(cluster, sizeof cluster, "gpu: %s, gpus: 1152", cases[i].gpu);
        snprintf(more, sizeof more, "reliability: {profile: plain}\n%s", cases[i].more);
        if (open_on(&scenario, "run", cluster, more, &error))
            fail_msg("%s: %s", cases[i].gpu, error.text);
        const struct fc_setting *s = &scenario.settings->fields[fc_field_find(cases[i].key)->id];
        assert_true(s->is_set && s->from_default);
        assert_string_equal(s->text, cases[i].text);
        if (!strstr(s->source, cases[i].source))
            fail_msg("%s of %s: '%s'", cases[i].key, cases[i].gpu, s->source);
        fc_scenario_close(&scenario);
    }
    struct fc_scenario scenario;
    struct fc_error error = {0};
    assert_int_equal(open_on(&scenario, "run", "gpu: a100-80, gpus: 1152", "", &error), -1);
    assert_non_null(
        strstr(error.text, "prices.gpu_hour is not stated, and the catalog has no figure for the a100-80"));
}

static double gemm_of(const char *gpu, const char *of, double *spread)
{
    char cluster[100], path[128];
    struct fc_scenario scenario;
    struct fc_error error = {0};
    struct fc_scenario_options options = {0};
    snprintf(cluster, sizeof cluster, "training.precision=%s", of);
    assert_int_equal(fc_scenario_add_override(&options, cluster, &error), 0);
    snprintf(cluster, sizeof cluster, "cluster.gpu=%s", gpu);
    assert_int_equal(fc_scenario_add_override(&options, cluster, &error), 0);
    snprintf(path, sizeof path, "%s/s.yaml", folder);
    if (fc_scenario_open(&scenario, path, &options, &error))
        fail_msg("%s in %s: %s", gpu, of, error.text);
    const struct fc_step_program *step = &scenario.compiled.program.step;
    double seconds =
        (double)step->linear_s / (1 + (double)step->ultra); /* at the whole peak of the precision */
    *spread = 0;
    for (int i = 0; i < step->joint_count; i++)
        if (step->joint[i] == FC_IN_STEP_RESIDUAL)
            *spread = (double)step->factor[i * (i + 1) / 2 + i];
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
    return seconds;
}

/* The FP4 peak was 10e15 for every GPU, so that a VR200 was slower in NVFP4 than in FP8. */
static void peaks_are_those_of_the_row(void **state)
{
    (void)state;
    static const char *const precisions[] = {"bf16", "fp8", "mxfp8", "nvfp4"};
    static const struct {
        const char *gpu;
        double peak[4];
    } cases[] = {{"vr200", {4375e12, 17500e12, 17500e12, 35000e12}},
                 {"b200", {2250e12, 4500e12, 4500e12, 9000e12}},
                 {"b300", {2250e12, 4500e12, 4500e12, 13500e12}},
                 {"gb200", {2500e12, 5000e12, 5000e12, 10000e12}},
                 {"gb300", {2500e12, 5000e12, 5000e12, 15000e12}}};
    struct fc_scenario scenario;
    struct fc_error error = {0};
    double measured, inherited;
    assert_int_equal(open_on(&scenario, "step", "gpu: gb300, gpus: 144", "", &error), 0);
    fc_scenario_close(&scenario);
    double flop = gemm_of("gb300", "bf16", &measured) * 2500e12;
    for (size_t g = 0; g < sizeof cases / sizeof cases[0]; g++)
        for (int p = 0; p < 4; p++) {
            double seconds = gemm_of(cases[g].gpu, precisions[p], &inherited);
            /* an unmeasured generation's clock follows from its power: clock_ratio of its row */
            double ratio = strcmp(cases[g].gpu, "vr200") == 0 ? 0.95 : 1;
            assert_true(fabs(seconds * cases[g].peak[p] * ratio / flop - 1) < 1e-6);
            double extra = strcmp(cases[g].gpu, "vr200") == 0 ? 0.15 : 0;
            assert_true(fabs(inherited / hypot(measured, extra) - 1) < 1e-6);
        }
}

/* A catalog folder of one file: the row of `gpu` under the name zeta. */
static void rename_row(const char *file, const char *gpu)
{
    static char copy[60000];
    char key[64];
    const char *entries = strstr(file, "\nentries:\n");
    assert_non_null(entries);
    snprintf(key, sizeof key, "\n  %s:\n", gpu);
    const char *row = strstr(entries, key);
    assert_non_null(row);
    row += strlen(key);
    const char *end = row;
    while ((end = strstr(end, "\n  ")) && end[3] == ' ')
        end += 3;
    int length = end ? (int)(end - row) : (int)strlen(row);
    snprintf(copy, sizeof copy, "%.*s\nentries:\n  zeta:\n%.*s\n", (int)(entries - file), file, length, row);
    put("catalog/zeta.yaml", copy);
}

/* Nothing is decided by a name: a row under another name gives the same program. */
static void a_name_decides_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *gpu, *precision;
    } cases[] = {{"a100-80", "bf16"}, {"h100", "fp8"},    {"h100-96-500w", "bf16"}, {"h200", "fp8"},
                 {"b300", "nvfp4"},   {"gb200", "mxfp8"}, {"gb300", "nvfp4"},       {"vr200", "nvfp4"}};
    static char file[60000];
    char path[128];
    FILE *in = fopen("catalog/gpus.yaml", "r");
    assert_non_null(in);
    size_t size = fread(file, 1, sizeof file - 1, in);
    assert_int_equal(fclose(in), 0);
    assert_true(size > 1000 && size < sizeof file - 1);
    snprintf(path, sizeof path, "%s/catalog", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char cluster[100], more[200];
        snprintf(more, sizeof more, "reliability: {profile: plain}\nprices: {gpu_hour: 1 USD}\n");
        snprintf(cluster, sizeof cluster, "gpu: %s, gpus: 1152", cases[i].gpu);
        precision = cases[i].precision;
        uint64_t known = digest_on("run", cluster, more);
        rename_row(file, cases[i].gpu);
        assert_int_equal(setenv("FLOPCAST_CATALOG", path, 1), 0);
        snprintf(cluster, sizeof cluster, "gpu: zeta, gpus: 1152");
        uint64_t renamed = digest_on("run", cluster, more);
        assert_int_equal(unsetenv("FLOPCAST_CATALOG"), 0);
        if (known != renamed)
            fail_msg("%s under another name is another GPU", cases[i].gpu);
    }
    precision = "bf16";
    snprintf(path, sizeof path, "%s/catalog/zeta.yaml", folder);
    assert_int_equal(remove(path), 0);
    snprintf(path, sizeof path, "%s/catalog", folder);
    assert_int_equal(remove(path), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/s.yaml", folder);
    return remove(path) || remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_is_the_gpus_for_every_layer),
        cmocka_unit_test(every_spare_is_paid),
        cmocka_unit_test(spares_that_nobody_stated_follow_the_job),
        cmocka_unit_test(hardware_that_does_not_exist_is_refused),
        cmocka_unit_test(what_is_assumed_is_said),
        cmocka_unit_test(defaults_follow_the_gpu),
        cmocka_unit_test(peaks_are_those_of_the_row),
        cmocka_unit_test(a_name_decides_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
