/* test_settings.c: a scenario against the field table: what is read, what is refused and where, defaults, and
 * the resolved scenario read again. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "host/language/settings.h"
#include "moments.h"

static struct fc_settings settings;

static struct fc_document *open_file(const char *path)
{
    struct fc_document *document;
    struct fc_error error;
    if (fc_document_open(&document, path, FC_SCENARIO_BYTES, &error))
        fail_msg("%s (run from the repository root)", error.text);
    return document;
}

/* Reads a text on top of what the settings hold; the error's text, or "" when it was read. */
static const char *read_text(const char *name, const char *text)
{
    static struct fc_error error;
    struct fc_document *document;
    error.text[0] = '\0';
    if (fc_document_open_text(&document, name, text, strlen(text), FC_SCENARIO_BYTES, &error) == 0) {
        if (fc_settings_read(&settings, document, &error) == 0)
            error.text[0] = '\0';
        fc_document_close(document);
    }
    return error.text;
}

static double median(enum fc_field_id id)
{
    assert_non_null(settings.fields[id].distribution);
    return fc_distribution_quantile(settings.fields[id].distribution, 0.5, 0.5);
}

static void read_good(void)
{
    struct fc_document *document = open_file("tests/inputs/good.yaml");
    struct fc_error error = {0};
    fc_settings_init(&settings);
    if (fc_settings_read(&settings, document, &error))
        fail_msg("%s", error.text);
    fc_document_close(document); /* settings own what they hold */
}

static void assert_near(double got, double wanted)
{
    assert_true(fabs(got - wanted) <= 1e-12 * fabs(wanted));
}

static void test_good(void **state)
{
    (void)state;
    read_good();
    const struct fc_setting *f = settings.fields;
    assert_string_equal(f[FC_FIELD_SCENARIO_NAME].name, "good");
    assert_string_equal(fc_fields[FC_FIELD_LAYERS].choices[f[FC_FIELD_LAYERS].choice], "contract");
    assert_int_equal(f[FC_FIELD_TRIALS].integer, 1000000);
    assert_int_equal(f[FC_FIELD_GPUS].integer, 36864);
    assert_string_equal(f[FC_FIELD_GPU].name, "gb300");
    assert_near(f[FC_FIELD_TOKENS].number, 15.6e12);
    assert_true(f[FC_FIELD_CHECKPOINT_INTERVAL].is_auto);
    assert_near(median(FC_FIELD_CHECKPOINT_STALL), sqrt(12));
    assert_near(median(FC_FIELD_GPU_MTBF), sqrt(27e8));
    assert_near(median(FC_FIELD_DETECTION), 30);
    assert_string_equal(f[FC_FIELD_RESTART].text, "pert(3 min, 5 min, 12 min)");
    assert_near(moments_mean(f[FC_FIELD_RESTART].distribution), (3 + 20 + 12) / 6.0 * 60);
    assert_string_equal(f[FC_FIELD_REPAIR].text, "truncated(lognormal(median=24, sigma=1.3), 0 h, 720) h");
    assert_near(f[FC_FIELD_REPAIR].distribution->hi, 720 * 3600);
    assert_non_null(f[FC_FIELD_REPAIR_SCALE].note);
    assert_near(moments_mean(f[FC_FIELD_PRICE_GPU_HOUR].distribution), 3.85);
    assert_int_equal(f[FC_FIELD_PRICE_GPU_HOUR].place.line, 18);
    assert_int_equal(f[FC_FIELD_PRICE_GPU_HOUR].place.column, 20);
    assert_string_equal(f[FC_FIELD_PRICE_GPU_HOUR].place.file, "tests/inputs/good.yaml");
    assert_true(fc_distribution_is_discrete(f[FC_FIELD_DELAY_LENGTH].distribution));
    assert_near(moments_mean(f[FC_FIELD_DELAY_LENGTH].distribution), 0.5 + 0.9 + 1.2);
    assert_int_equal(f[FC_FIELD_RUN_FLOP].count, 2);
    assert_near(f[FC_FIELD_RUN_FLOP].numbers[1], 5e27);
    assert_near(median(FC_FIELD_ENERGY_PRICE), 0.07);
    assert_near(f[FC_FIELD_CONTRACT_VALUE].number, 38e9);
    assert_int_equal(settings.correlation_count, 1);
    assert_int_equal(settings.correlations[0].a, FC_FIELD_PRICE_GPU_HOUR);
    assert_int_equal(settings.correlations[0].b, FC_FIELD_ENERGY_PRICE);
    assert_near(settings.correlations[0].rank, 0.3);
    assert_false(f[FC_FIELD_PUE].is_set);
    fc_settings_free(&settings);
}

static void test_layers_of_documents(void **state)
{
    (void)state;
    fc_settings_init(&settings);
    assert_string_equal(read_text("base", "prices: {gpu_hour: 3 USD}\ncluster:\n  gpus: 8\n"),
                        "");
    assert_string_equal(read_text("top", "prices.gpu_hour: 4 USD\n"), "");
    assert_near(median(FC_FIELD_PRICE_GPU_HOUR), 4);
    assert_string_equal(settings.fields[FC_FIELD_PRICE_GPU_HOUR].place.file, "top");
    assert_int_equal(settings.fields[FC_FIELD_GPUS].integer, 8);
    fc_settings_free(&settings);
}

/* A whole number keeps its digits, a unit at the end of a list holds for all of it, and what is taken is said. */
static void test_exact_and_noted(void **state)
{
    (void)state;
    fc_settings_init(&settings);
    assert_string_equal(read_text("s",
                                  "x-anchors: &a {gpus: 8}\nseed: 18446744073709551615\ncluster: {<<: *a}\n"
                                  "contract: {run_flop: [1, 2, 3 EFLOP], years: 7, delay_length: 0}\n"
                                  "training: {tokens: 15 T, flop: 5e26 FLOP}\n"),
                        "");
    const struct fc_setting *f = settings.fields;
    assert_true((uint64_t)f[FC_FIELD_SEED].integer == UINT64_MAX);
    assert_int_equal(f[FC_FIELD_GPUS].integer, 8);
    assert_near(f[FC_FIELD_RUN_FLOP].numbers[0], 1e18);
    assert_null(f[FC_FIELD_RUN_FLOP].note);
    assert_string_equal(f[FC_FIELD_CONTRACT_YEARS].note, "no unit is given; read as 7 year");
    assert_string_equal(f[FC_FIELD_TOKENS].note, "no unit is given; read as 15 T token");
    assert_null(f[FC_FIELD_FLOP].note);
    assert_null(f[FC_FIELD_DELAY_LENGTH].note);
    fc_settings_free(&settings);
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"prices: {gpu_huor: 3}", "s:1:10: unknown key 'prices.gpu_huor'; did you mean 'prices.gpu_hour'?"},
    {"gpu_mtbf: 3", "s:1:1: unknown key 'gpu_mtbf'; did you mean 'reliability.gpu_mtbf'?"},
    {"zzzzzz: 3",
     "s:1:1: unknown key 'zzzzzz'; a scenario holds name, description, start, layers, trials, seed, cluster"},
    {"prices: {gpu_hour: {pert: [1, 2, 3], per: 4}}", "s:1:38: prices.gpu_hour: unexpected key 'per'"},
    {"prices: {gpu_hour: }", "s:1:10: 'prices.gpu_hour' has no value; write one, or leave the key out"},
    {"prices: 3", "s:1:9: 'prices' is a section of keys, not text; indent its keys below it"},
    {"prices: [3]", "s:1:9: 'prices' is a section of keys, not a list"},
    {"prices: {gpu_hour: 3 USD}\nprices.gpu_hour: 4 USD",
     "s:2:1: 'prices.gpu_hour' is given twice (first in line 1)"},
    {"prices: {gpu_hour: 3, gpu_hour: 4}", "s:1:23: the key 'gpu_hour' is given twice"},
    {"prices: {gpu_hour: 1e9 USD}",
     "s:1:20: prices.gpu_hour: 1e+09 lies outside what is allowed, 0.0001 to 10000 USD/GPU-h"},
    {"prices: {gpu_hour: [1, 2]}", "s:1:20: prices.gpu_hour: a list is not a value here"},
    {"cluster: {gpus: 3.5}", "s:1:17: cluster.gpus: 3.5 is not an integer; round it"},
    {"cluster: {gpus: 0}", "s:1:17: cluster.gpus: 0 lies outside what is allowed, 1 to 1e+08 GPU"},
    {"cluster: {gpus: 1 to 5}", "s:1:17: cluster.gpus: expected a single number, got a distribution"},
    {"cluster: {gpu: [a]}", "s:1:16: cluster.gpu: expected the name of a catalog entry, got a list"},
    {"training: {precision: fp9}",
     "s:1:23: training.precision: 'fp9' is not one of bf16, fp16, fp8, mxfp8, nvfp4; did you mean 'fp8'?"},
    {"layers: {a: 1}", "s:1:9: layers: expected one word, got a map"},
    {"training: {tokens: auto}", "s:1:20: training.tokens: 'auto' is not a value"},
    {"checkpoint: {interval: atuo}", "s:1:24: checkpoint.interval: 'atuo' is not a value"},
    {"contract: {run_flop: []}", "s:1:22: contract.run_flop: expected a list of 1 to 8 numbers, got 0"},
    {"contract: {run_flop: [1,2,3,4,5,6,7,8,9]}",
     "s:1:22: contract.run_flop: expected a list of 1 to 8 numbers, got 9"},
    {"contract: {run_flop: [1e26, 2 h]}",
     "s:1:28: contract.run_flop: the unit 'h' does not fit here; write FLOP"},
    {"contract: {goodput: normal(3, 0.1)}",
     "s:1:21: contract.goodput: it lies outside what is allowed, 0 to 1"},
    {"energy: {pue: pert(0.9, 1.1, 1.2)}",
     "s:1:15: energy.pue: its end 0.9 lies outside what is allowed, 1 to 5"},
    {"- 1", "s:1:1: a scenario is a map of keys, not a list; write 'key: value' lines"},
    {"correlations: 3", "s:1:15: '3' is not a known correlation set; write usual, or list the pairs"},
    {"correlations: [3]", "s:1:16: a correlation is a map"},
    {"correlations: [{between: [energy.price], rank: 0.3}]", "s:1:26: a correlation is between two paths"},
    {"correlations: [{between: [energy.price, energy.pue]}]", "s:1:16: the correlation lacks its rank"},
    {"correlations: [{between: [energy.price, energy.pu], rank: 0.3}]",
     "s:1:41: unknown key 'energy.pu'; did you mean 'energy.pue'?"},
    {"correlations: [{between: [energy.price, cluster.gpus], rank: 0.3}]",
     "s:1:41: 'cluster.gpus' cannot be correlated (it is not one uncertain value per world)"},
    {"correlations: [{between: [energy.price, energy.price], rank: 0.3}]",
     "s:1:26: a value is always correlated with"},
    {"correlations: [{between: [energy.price, energy.pue], rank: 1.3}]",
     "s:1:60: 1.3 lies outside what is allowed, -1 to 1"},
    {"correlations: [{between: [energy.price, energy.pue], rnk: 0.3}]",
     "s:1:54: unknown key 'rnk' (between and rank are known); did you mean 'rank'?"},
    {"correlations:\n- {between: [energy.price, energy.pue], rank: 0.3}\n- {between: [energy.pue, "
     "energy.price], rank: 0.2}",
     "s:3:3: these two paths are already correlated (in line 2); keep one of them"},
    {"prices: {gpu_hour: 3}", "s:1:20: prices.gpu_hour: '3' has no unit (only 0 and plain counts may omit "
                              "it); write for example 3 USD/GPU-h"},
    {"prices: {gpu_hour: pert(1, 2 USD, 3)}", "s:1:25: prices.gpu_hour: '1' has no unit"},
    {"prices: {gpu_hour: 3 to 4}", "s:1:20: prices.gpu_hour: '3 to 4' has no unit"},
    {"contract: {value: 38 B}", "s:1:19: contract.value: '38 B' has no unit"},
    {"contract: {ramp: 14}", "s:1:18: contract.ramp: '14' has no unit"},
    {"market: {drift: [1 h, 2, 3]}", "s:1:20: market.drift: the unit 'h' does not fit here"},
    {"seed: 18446744073709551616", "s:1:7: seed: 18446744073709551616 lies outside what is allowed"},
    {"seed: 0x10", "s:1:7: seed: '0x10' is not a decimal number"},
    {"seed: -1", "s:1:7: seed: -1 lies outside what is allowed"},
    {"cluster: {gpus: 1_000.5}", "s:1:17: cluster.gpus: 1_000.5 is not an integer; round it"},
    {"prices: {gpu_hour: 0 to 30 USD}", "s:1:20: prices.gpu_hour: 5 % of it lies outside what is allowed"},
    {"prices: {gpu_hour: normal(1, 3) USD}",
     "s:1:20: prices.gpu_hour: 37 % of it lies outside what is allowed"},
    {"name: \"a\\nb\"", "s:1:8: 'name' must be on one line; remove the line break"},
    {"extends: a", "s:1:1: unknown key 'extends'"},
};

static void test_bad(void **state)
{
    (void)state;
    int failures = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fc_settings_init(&settings);
        const char *said = read_text("s", bad[i].text);
        if (strncmp(said, bad[i].message, strlen(bad[i].message)) != 0) {
            print_error("'%s':\n  said   %s\n  wanted %s\n", bad[i].text, said, bad[i].message);
            failures++;
        }
        fc_settings_free(&settings);
    }
    assert_int_equal(failures, 0);
}

static void test_set(void **state)
{
    (void)state;
    struct fc_document *document = open_file("tests/inputs/good.yaml");
    struct fc_error error = {0};
    assert_int_equal(fc_document_set(document, "prices.gpu_hour=pert(1, 2, 30000) USD", &error), 0);
    fc_settings_init(&settings);
    assert_int_equal(fc_settings_read(&settings, document, &error), -1);
    assert_string_equal(error.text,
                        "--set:1:17: prices.gpu_hour: its end 30000 lies outside what is allowed, 0.0001 to 10000 USD/GPU-h");
    fc_settings_free(&settings);
    assert_int_equal(fc_document_set(document, "prices.gpu_hour=2 to 4 USD", &error), 0);
    assert_int_equal(fc_settings_read(&settings, document, &error), 0);
    fc_document_close(document);
    assert_near(median(FC_FIELD_PRICE_GPU_HOUR), sqrt(8));
    assert_string_equal(settings.fields[FC_FIELD_PRICE_GPU_HOUR].place.file, "--set");
    fc_settings_free(&settings);
}

static int apply(const char *text, struct fc_error *error)
{
    struct fc_document *document;
    assert_int_equal(fc_document_open_text(&document, "d", text, strlen(text), FC_SCENARIO_BYTES, error), 0);
    int result = fc_settings_apply_defaults(&settings, document, error);
    fc_document_close(document);
    return result;
}

static void test_defaults(void **state)
{
    (void)state;
    struct fc_error error = {0};
    read_good();
    assert_int_equal(
        apply(
            "entries:\n  energy.pue: {value: \"pert(1.06, 1.15, 1.35)\", source: Uptime, grade: published}\n"
            "  prices.gpu_hour: {value: 9 USD, source: x, grade: estimate}\n",
            &error),
        0);
    const struct fc_setting *pue = &settings.fields[FC_FIELD_PUE];
    assert_true(pue->is_set && pue->from_default);
    assert_string_equal(pue->source, "Uptime");
    assert_string_equal(pue->grade, "published");
    assert_string_equal(pue->place.file, "d");
    assert_int_equal(pue->place.line, 2);
    assert_near(moments_mean(settings.fields[FC_FIELD_PRICE_GPU_HOUR].distribution), 3.85);
    assert_false(settings.fields[FC_FIELD_PRICE_GPU_HOUR].from_default);
    assert_int_equal(apply("energy.pue: {value: 2, grade: estimate}\n", &error), -1);
    assert_string_equal(error.text, "d:1:13: the default of 'energy.pue' lacks its source");
    assert_int_equal(apply("energy.pux: {value: 2, source: s, grade: estimate}\n", &error), -1);
    assert_string_equal(error.text, "d:1:1: unknown key 'energy.pux'; did you mean 'energy.pue'?");
    assert_int_equal(apply("energy.pue: {value: 7, source: s, grade: estimate}\n", &error), -1);
    assert_string_equal(error.text, "d:1:21: energy.pue: 7 lies outside what is allowed, 1 to 5");
    fc_settings_free(&settings);
}

/* Every default of the catalog is a valid value of its field, and every shipped scenario reads. */
static void test_catalog_defaults(void **state)
{
    (void)state;
    struct fc_document *document = open_file("catalog/defaults.yaml");
    struct fc_error error = {0};
    fc_settings_init(&settings);
    if (fc_settings_apply_defaults(&settings, document, &error))
        fail_msg("%s", error.text);
    fc_document_close(document);
    for (size_t i = 0; i < FC_FIELD_COUNT; i++)
        if (settings.fields[i].is_set)
            assert_true(settings.fields[i].from_default && settings.fields[i].source &&
                        settings.fields[i].grade);
    fc_settings_free(&settings);
}

static char *resolved(enum fc_write_format format)
{
    char *text = NULL;
    size_t size = 0;
    struct fc_writer *writer;
    struct fc_error error;
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(fc_writer_open(&writer, file, format, &error), 0);
    fc_settings_write_scenario(&settings, writer, NULL);
    assert_int_equal(fc_writer_close(writer, &error), 0);
    fclose(file);
    return text;
}

/* The resolved scenario, read again, resolves to the same text, in JSON and in YAML. */
static void test_resolved_reads_again(void **state)
{
    (void)state;
    struct fc_error error = {0};
    read_good();
    assert_int_equal(
        apply("energy.pue: {value: \"pert(1.06, 1.15, 1.35)\", source: Uptime, grade: published}\n", &error),
        0);
    char *first = resolved(FC_JSON), *yaml = resolved(FC_YAML);
    double stall = median(FC_FIELD_CHECKPOINT_STALL), repair = median(FC_FIELD_REPAIR);
    fc_settings_free(&settings);
    const char *texts[] = {first, yaml}, *names[] = {"r.json", "r.yaml"};
    for (int i = 0; i < 2; i++) {
        fc_settings_init(&settings);
        assert_string_equal(read_text(names[i], texts[i]), "");
        char *second = resolved(FC_JSON);
        assert_string_equal(first, second);
        assert_true(median(FC_FIELD_CHECKPOINT_STALL) == stall && median(FC_FIELD_REPAIR) == repair);
        free(second);
        fc_settings_free(&settings);
    }
    free(first);
    free(yaml);
}

static void test_origins(void **state)
{
    (void)state;
    struct fc_error error = {0};
    char *text = NULL;
    size_t size = 0;
    struct fc_writer *writer;
    struct fc_document *document;
    read_good();
    assert_int_equal(apply("energy.pue: {value: 1.2, source: Uptime, grade: published}\n", &error), 0);
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(fc_writer_open(&writer, file, FC_JSON, &error), 0);
    fc_settings_write_origins(&settings, writer, NULL);
    assert_int_equal(fc_writer_close(writer, &error), 0);
    fclose(file);
    fc_settings_free(&settings);
    assert_int_equal(fc_document_open_text(&document, "o.json", text, size, FC_RESULT_BYTES, &error), 0);
    const struct fc_node *root = fc_document_root(document), *pue = fc_node_get(root, "energy.pue");
    assert_string_equal(fc_node_text(pue, "from"), "default");
    assert_string_equal(fc_node_text(pue, "grade"), "published");
    assert_string_equal(fc_node_text(pue, "place"), "d:1:21");
    const struct fc_node *price = fc_node_get(root, "prices.gpu_hour");
    assert_string_equal(fc_node_text(price, "value"), "pert(2.6, 3.5, 6.5) USD");
    assert_string_equal(fc_node_text(price, "unit"), "USD/GPU-h");
    assert_string_equal(fc_node_text(price, "from"), "scenario");
    fc_document_close(document);
    free(text);
}

/* The good scenario with bytes changed, cut and doubled: read or refused with one line, never worse. */
static void test_mutated(void **state)
{
    (void)state;
    char good[4000], text[8200];
    FILE *file = fopen("tests/inputs/good.yaml", "r");
    assert_non_null(file);
    size_t size = fread(good, 1, sizeof good, file);
    fclose(file);
    uint32_t seed = 99;
    clock_t stop = clock() + 3 * CLOCKS_PER_SEC;
    int refused = 0, rounds = 0;
    for (; rounds < 4000 && clock() < stop; rounds++) {
        memcpy(text, good, size);
        size_t length = size;
        for (int edits = 1 + rounds % 4; edits > 0; edits--) {
            seed = seed * 1664525u + 1013904223u;
            size_t at = (seed >> 8) % length;
            seed = seed * 1664525u + 1013904223u;
            if ((seed >> 28) < 12)
                text[at] = "0123456789.,:()[]{}\"'-+e \tpx=%&*#|>\n\x01\xc3"[(seed >> 8) % 39];
            else if ((seed >> 28) < 14)
                length = at + 1;
            else if (2 * length < sizeof text) {
                memmove(text + length, text + at, length - at);
                length += length - at;
            }
        }
        text[length] = '\0';
        fc_settings_init(&settings);
        const char *said = read_text("s", text);
        fc_settings_free(&settings);
        if (said[0] && (strncmp(said, "s:", 2) != 0 || strchr(said, '\n')))
            fail_msg("said '%s'", said);
        refused += said[0] != '\0';
    }
    assert_true(refused > rounds / 4 && refused < rounds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_layers_of_documents),
        cmocka_unit_test(test_exact_and_noted),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_catalog_defaults),
        cmocka_unit_test(test_resolved_reads_again),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_mutated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
