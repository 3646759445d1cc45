/* test_catalog.c: the catalog that the program carries and the scenarios that come with it; the reader's
 * errors; a user's own directory. */
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

#include "host/language/catalog.h"
#include "host/step/architecture.h"
#include "host/language/embedded.h"
#include "host/language/fields.h"
#include "host/language/settings.h"
#include "host/language/value.h"

static struct fc_catalog *open_catalog(void)
{
    struct fc_catalog *catalog;
    struct fc_error error = {0};
    if (fc_catalog_open(&catalog, &error) < 0)
        fail_msg("%s", error.text);
    return catalog;
}

/* The canonical unit of a value's text, where units.c can read the figure's unit; the texts state their own
 * otherwise. */
static void check_value(const struct fc_figure *figure, const struct fc_node *node)
{
    struct fc_distribution distribution;
    struct fc_error error = {0};
    if (figure->unit && (strcmp(figure->unit, "text") == 0 || strcmp(figure->unit, "names") == 0))
        return; /* words, which whoever reads the row checks */
    if (node->kind == FC_NODE_LIST) {
        for (const struct fc_node *item = node->first; item; item = item->next)
            check_value(figure, item);
        return;
    }
    assert_int_equal(node->kind, FC_NODE_TEXT);
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return;
    struct fc_source source = fc_node_source(node);
    size_t offset = 0;
    double number;
    if (fc_source_is_number(&source, 0) && fc_source_number(&source, &offset, &number, &error) == 0 &&
        !source.text[offset])
        return;
    /* h and s are asked for as they stand; a price per hour is written as its dollars */
    const char *unit = figure->unit ? figure->unit : "1";
    if (strcmp(unit, "USD/h") == 0)
        unit = "USD";
    error = (struct fc_error){0};
    if (fc_value_read(&source, unit, FC_UNIT_NONE, -1e300, 1e300, &distribution, NULL, 0, &error) < 0)
        fail_msg("%s: %s", figure->key, error.text);
}

/* Opening already refuses a figure without source and grade; here every value is read, too. */
static void test_every_figure_has_a_value_a_unit_a_source_and_a_grade(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    size_t figures = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        bool is_default = strcmp(entry->kind, "default") == 0 || strncmp(entry->kind, "profile-", 8) == 0;
        const struct fc_node *cursor = NULL;
        for (struct fc_figure figure; fc_catalog_next(entry, &cursor, &figure); figures++) {
            if (is_default)
                continue;
            if (!figure.unit || !figure.what)
                fail_msg("%s %s: '%s' is not in the file's figures", entry->kind, entry->name, figure.key);
            assert_true(fc_grade_is_known(figure.grade));
            assert_true(strlen(figure.source) >= 8);
            if (figure.value)
                check_value(&figure, figure.value);
            const char *bounds[] = {figure.low, figure.mode, figure.high};
            for (size_t b = 0; b < 3; b++)
                if (bounds[b]) {
                    char *end;
                    (void)strtod(bounds[b], &end);
                    assert_true(end != bounds[b] && !*end);
                }
        }
        if (!is_default && !entry->what)
            fail_msg("%s %s says not what it is", entry->kind, entry->name);
    }
    assert_true(figures > 300);
    fc_catalog_close(catalog);
}

static void test_low_mode_and_high_are_in_order_around_the_value(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    size_t checked = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        const struct fc_node *cursor = NULL;
        for (struct fc_figure figure; fc_catalog_next(entry, &cursor, &figure);) {
            double value;
            struct fc_error error = {0};
            if (!figure.low || !figure.high || !figure.value ||
                fc_catalog_number(entry, figure.key, &value, NULL, &error) < 0)
                continue;
            if (!(atof(figure.low) <= value && value <= atof(figure.high)))
                fail_msg("%s %s: %s lies outside its own range", entry->kind, entry->name, figure.key);
            checked++;
        }
    }
    assert_true(checked > 20);
    fc_catalog_close(catalog);
}

static void test_nothing_rests_on_memory(void **state)
{
    (void)state;
    assert_true(fc_embedded_count > 8);
    for (size_t i = 0; i < fc_embedded_count; i++) {
        const struct fc_embedded_file *file = &fc_embedded_files[i];
        const char *text = (const char *)file->data;
        assert_int_equal(file->data[file->size], 0);
        bool of_ours = strncmp(file->name, "catalog/", 8) == 0 || strncmp(file->name, "scenarios/", 10) == 0;
        if (of_ours && (strstr(text, "from memory") || strstr(text, "from-memory")))
            fail_msg("%s rests on memory", file->name);
    }
}

static double number(const struct fc_catalog_entry *entry, const char *key, double otherwise)
{
    double value;
    struct fc_error error = {0};
    if (fc_catalog_number_or(entry, key, otherwise, &value, &error) < 0)
        fail_msg("%s", error.text);
    return value;
}

/* The shapes of an architecture give its number of parameters; published names round it (15.6e9 is called
 * "15B"). */
static void test_shapes_of_models_give_their_parameters(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    size_t models = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *m = fc_catalog_at(catalog, i);
        if (strcmp(m->kind, "model") != 0)
            continue;
        struct fc_architecture shape;
        struct fc_error error = {0};
        double stated = number(m, "params", 0);
        if (fc_architecture_read(&shape, m, NULL, &error))
            fail_msg("%s: %s", m->name, error.text);
        struct fc_parameters counted = fc_architecture_count(&shape);
        assert_true(counted.active <= counted.total && counted.active_without_embedding <= counted.active);
        if (stated == 0) /* the shapes of the tests of configurations are the same */
            continue;
        if (!(counted.total > 0.95 * stated && counted.total < 1.05 * stated))
            fail_msg("%s: shapes give %.4g parameters, stated are %.4g", m->name, counted.total, stated);
        models++;
    }
    assert_true(models > 30);
    fc_catalog_close(catalog);
}

static void test_measured_products_stay_below_the_peaks(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    size_t gpus = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *gpu = fc_catalog_at(catalog, i);
        if (strcmp(gpu->kind, "gpu") != 0)
            continue;
        const char *names[3][2] = {{"bf16_gemm_flop_per_s", "bf16_flop_per_s"},
                                   {"fp8_gemm_flop_per_s", "fp8_flop_per_s"},
                                   {"fp4_gemm_flop_per_s", "fp4_flop_per_s"}};
        for (size_t p = 0; p < 3; p++) {
            double gemm = number(gpu, names[p][0], 0), peak = number(gpu, names[p][1], 0);
            bool inherited = number(gpu, "inherited_sd_log", 0) > 0; /* nobody measured one */
            assert_true(gemm <= peak && (gemm > 0.6 * peak || peak == 0.0 || inherited));
        }
        assert_true(number(gpu, "domain_gpus", 0) >= number(gpu, "node_gpus", 1e9));
        gpus++;
    }
    assert_true(gpus >= 8);
    fc_catalog_close(catalog);
}

static void test_tables_of_points(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "network", "gb200-nvl72-400");
    struct fc_error error = {0};
    double points[16][3];
    size_t rows;
    assert_non_null(entry);
    assert_int_equal(fc_catalog_points(entry, "all_reduce_scale_out_busbw", 3, points[0], 16, &rows, &error),
                     0);
    assert_true(rows > 4);
    for (size_t r = 1; r < rows; r++) /* at the same ranks, a larger message is not slower */
        assert_true(points[r][0] != points[r - 1][0] || points[r][2] >= points[r - 1][2]);
    assert_int_equal(fc_catalog_points(entry, "all_reduce_scale_out_busbw", 2, points[0], 16, &rows, &error),
                     -1);
    assert_non_null(strstr(error.text, "networks.yaml:"));
    assert_int_equal(fc_catalog_points(entry, "no_such_table", 3, points[0], 16, &rows, &error), 0);
    assert_int_equal(rows, 0);
    fc_catalog_close(catalog);
}

static struct fc_document *open_embedded(const struct fc_embedded_file *file)
{
    struct fc_document *document;
    struct fc_error error = {0};
    if (fc_document_open_text(&document, file->name, (const char *)file->data, file->size, FC_SCENARIO_BYTES,
                              &error) < 0)
        fail_msg("%s", error.text);
    return document;
}

static void test_defaults_belong_to_known_keys(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    size_t defaults = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        if (strcmp(entry->kind, "default") != 0)
            continue;
        if (!fc_field_find(entry->name))
            fail_msg("the default '%s' is for no key", entry->name);
        defaults++;
    }
    assert_true(defaults > 30);
    fc_catalog_close(catalog);
}

/* Every scenario is read in full, with the defaults behind it; every name in it is in the catalog. */
static void test_scenarios_read_and_name_what_there_is(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    struct fc_error error = {0};
    const struct fc_embedded_file *file = fc_embedded_find("catalog/defaults.yaml");
    assert_non_null(file);
    struct fc_document *defaults = open_embedded(file);
    size_t scenarios = 0;
    for (size_t i = 0; i < fc_embedded_count; i++) {
        if (strncmp(fc_embedded_files[i].name, "scenarios/", 10) != 0)
            continue;
        assert_int_equal(fc_embedded_files[i].data[0], '#'); /* begins with what it asks */
        struct fc_document *document = open_embedded(&fc_embedded_files[i]);
        struct fc_settings settings;
        fc_settings_init(&settings);
        if (fc_settings_read(&settings, document, &error) < 0 ||
            fc_settings_apply_defaults(&settings, defaults, &error) < 0)
            fail_msg("%s", error.text);
        for (size_t f = 0; f < FC_FIELD_COUNT; f++) {
            const struct fc_setting *setting = &settings.fields[f];
            const struct fc_catalog_entry *entry;
            if (setting->is_set && fc_fields[f].type == FC_FIELD_NAME &&
                fc_catalog_find(catalog, fc_fields[f].unit, setting->name, &setting->place, &entry, &error) <
                    0)
                fail_msg("%s", error.text);
        }
        assert_true(settings.fields[FC_FIELD_DESCRIPTION].is_set);
        assert_true(settings.fields[FC_FIELD_GPU].is_set || settings.fields[FC_FIELD_WORK].is_set);
        fc_settings_free(&settings);
        fc_document_close(document);
        scenarios++;
    }
    assert_true(scenarios >= 4);
    fc_document_close(defaults);
    fc_catalog_close(catalog);
}

static void test_errors_name_the_nearest_entry_and_the_place(void **state)
{
    (void)state;
    struct fc_catalog *catalog = open_catalog();
    const struct fc_catalog_entry *entry;
    struct fc_error error = {0};
    const struct fc_place place = {"my.yaml", 3, 9};
    assert_int_equal(fc_catalog_find(catalog, "gpu", "gb30", &place, &entry, &error), -1);
    assert_int_equal(strncmp(error.text, "my.yaml:3:9: ", 13), 0);
    assert_non_null(strstr(error.text, "did you mean 'gb300'"));
    assert_int_equal(error.status, FC_BAD_INPUT);
    assert_int_equal(fc_catalog_find(catalog, "gpu", "llama3-405b", NULL, &entry, &error),
                     -1); /* of another kind */
    assert_null(fc_catalog_get(catalog, "gpu", "llama3-405b"));

    double value = 0;
    assert_int_equal(fc_catalog_find(catalog, "gpu", "a100-80", NULL, &entry, &error), 0);
    assert_int_equal(fc_catalog_number(entry, "fp4_flop_per_s", &value, NULL, &error), -1);
    assert_non_null(strstr(error.text, "fp4_flop_per_s"));
    assert_int_equal(fc_catalog_number_or(entry, "fp4_flop_per_s", 7.0, &value, &error), 0);
    assert_true(value == 7.0);
    assert_int_equal(fc_catalog_find(catalog, "reliability", "gb-era", NULL, &entry, &error), 0);
    assert_int_equal(fc_catalog_number(entry, "gpu_mtbf", &value, NULL, &error),
                     -1); /* a range, not a number */
    fc_catalog_close(catalog);
}

/* Opens the catalog with `text` as the one file of the user's directory. Returns what fc_catalog_open
 * returns. */
static int open_with(const char *text, struct fc_catalog **catalog, struct fc_error *error)
{
    char directory[] = "/tmp/flopcast-catalog-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/mine.yaml", directory);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(setenv("FLOPCAST_CATALOG", directory, 1), 0);
    int status = fc_catalog_open(catalog, error);
    unsetenv("FLOPCAST_CATALOG");
    unlink(path);
    rmdir(directory);
    return status;
}

static void test_a_directory_adds_and_replaces(void **state)
{
    (void)state;
    struct fc_catalog *catalog, *plain = open_catalog();
    struct fc_error error = {0};
    struct fc_notes notes = {0};
    if (open_with("kind: gpu\nx-base: &base {source: our own bench, grade: measured, bf16_flop_per_s: 1e15, "
                  "hbm_bytes: 8e10,\n"
                  "  hbm_bytes_per_s: 3e12, nvlink_bytes_per_s: 9e11, nic_bits_per_s: 4e11, domain_gpus: 8, "
                  "node_gpus: 8,\n"
                  "  measured_family: hopper, host: x86}\nentries:\n"
                  "  h100: {<<: *base, what: ours, tdp_w: 650}\n"
                  "  mine: {<<: *base, what: new, tdp_w: 1}\n",
                  &catalog, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(fc_catalog_count(catalog), fc_catalog_count(plain) + 1);
    assert_true(number(fc_catalog_get(catalog, "gpu", "h100"), "tdp_w", 0) == 650.0);
    assert_true(number(fc_catalog_get(catalog, "gpu", "mine"), "tdp_w", 0) == 1.0);
    assert_true(number(fc_catalog_get(plain, "gpu", "h100"), "tdp_w", 0) != 650.0);
    fc_catalog_note(plain, &notes);
    assert_int_equal(notes.count, 0);
    fc_catalog_note(catalog, &notes);
    assert_int_equal(notes.count, 1);
    assert_non_null(strstr(notes.list[0].text, "adds 1 entries and replaces 1 of"));
    fc_notes_free(&notes);
    fc_catalog_close(catalog);
    fc_catalog_close(plain);
}

#define OURS                                                                                                 \
    "kind: model\nentries:\n  mine: {what: x, source: s, grade: published, layers: 32, hidden: 4096, ffn: "  \
    "14336, heads: 32, "

/* An own catalog is read as strictly as a scenario. */
static void test_own_entries_have_a_schema(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {OURS "kv_heads: 8, vocab: 1000, top_k: 2}\n",
         ":3:123: unknown figure of a model 'top_k'; did you mean 'topk'?"},
        {OURS "kv_heads: 8, vocab: 1000, num_experts: 2}\n",
         ":3:123: unknown figure of a model 'num_experts'"},
        {OURS "kv_heads: 8}\n", ":3:3: the model 'mine' lacks its figure 'vocab'"},
        {OURS "kv_heads: 8.5, vocab: 1000}\n", ":3:107: 'kv_heads' is an integer, not 8.5"},
        {OURS "kv_heads: 0, vocab: 1000}\n",
         ":3:107: 'kv_heads' lies outside what is allowed, 1 to 10000 (it is 0)"},
        {OURS "kv_heads: 8, vocab: 1000, moe_ffn: -1536}\n",
         ":3:132: 'moe_ffn' lies outside what is allowed"},
        {OURS "kv_heads: many, vocab: 1000}\n", ":3:107: 'kv_heads' is a number, not 'many'"},
        {OURS "kv_heads: [8], vocab: 1000}\n", ":3:107: 'kv_heads' is a number, not a list"},
        {OURS "kv_heads: 8 GPU, vocab: 1000}\n",
         ":3:107: 'kv_heads' is a plain number; remove what follows it"},
        {OURS "kv_heads: 8, vocab: 1000, gated: 3}\n", ":3:130: 'gated' is true or false, not '3'"},
        {OURS "kv_heads: {value: 8, unit: heads}, vocab: 1000}\n",
         ":3:124: 'kv_heads' is a plain number; omit the unit"},
        {OURS "kv_heads: {vlaue: 8}, vocab: 1000}\n",
         ":3:108: unknown word of a figure 'vlaue'; did you mean 'value'?"},
        {"kind: network\nentries:\n  mine: {what: x, source: s, grade: published, nic_bits_per_s: 400}\n",
         ":3:64: 'nic_bits_per_s' lies outside what is allowed, 1e+06 to 1e+17 (it is 400)"},
        {"kind: gpu\nentries:\n  mine: {what: x, source: s, grade: published, host: grase}\n",
         ":3:54: 'host' is one of x86, grace, vera, not 'grase'; did you mean 'grace'?"},
        {"kind: default\nentries:\n  energy.pue: {value: 1.2, source: s, grade: estimate}\n",
         ":1:1: a catalog of your own cannot hold a default (it would not be read)"},
        {"kind: gpu\nentires:\n  mine: {what: x, source: s, grade: published, host: x86}\n",
         ":1:1: the catalog file has no map 'entries'"},
        {"kind: gpu\nfigres: {}\nentries:\n  mine: {what: x, source: s, grade: published, host: x86}\n",
         ":2:1: unknown key of a catalog file 'figres'; did you mean 'figures'?"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_catalog *catalog;
        struct fc_error error = {0};
        int status = open_with(cases[i][0], &catalog, &error);
        if (status == 0 || !strstr(error.text, cases[i][1])) {
            print_error("%s  said '%s', wanted '%s'\n", cases[i][0], status ? error.text : "nothing",
                        cases[i][1]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_figures_without_source_or_known_grade_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"kind: gpu\nentries:\n  mine: {what: x, grade: measured, tdp_w: 1}\n", "no source"},
        {"kind: gpu\nentries:\n  mine: {what: x, source: here, tdp_w: 1}\n", "no grade"},
        {"kind: gpu\nentries:\n  mine: {what: x, source: here, grade: rumour, tdp_w: 1}\n",
         "'rumour' is not a grade"},
        {"kind: gpu\nentries:\n  mine: {what: x, source: here, grade: measured, tdp_w: {unit: W}}\n",
         "no value"},
        {"kind: gpu\nentries:\n  mine: {what: x, source: here, grade: measured}\n", "no figure"},
        {"kind: car\nentries: {}\n", "'car' is not a kind"},
        {"kind: gpu\n", "no map 'entries'"},
        {"kind: gpu\nentries: {mine: 3}\n", "write a map"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fc_catalog *catalog;
        struct fc_error error = {0};
        assert_int_equal(open_with(bad[i][0], &catalog, &error), -1);
        assert_null(catalog);
        assert_int_equal(error.status, FC_BAD_INPUT);
        if (!strstr(error.text, "mine.yaml:") || !strstr(error.text, bad[i][1]))
            fail_msg("case %zu says: %s", i, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_figure_has_a_value_a_unit_a_source_and_a_grade),
        cmocka_unit_test(test_low_mode_and_high_are_in_order_around_the_value),
        cmocka_unit_test(test_nothing_rests_on_memory),
        cmocka_unit_test(test_shapes_of_models_give_their_parameters),
        cmocka_unit_test(test_measured_products_stay_below_the_peaks),
        cmocka_unit_test(test_tables_of_points),
        cmocka_unit_test(test_defaults_belong_to_known_keys),
        cmocka_unit_test(test_scenarios_read_and_name_what_there_is),
        cmocka_unit_test(test_errors_name_the_nearest_entry_and_the_place),
        cmocka_unit_test(test_a_directory_adds_and_replaces),
        cmocka_unit_test(test_own_entries_have_a_schema),
        cmocka_unit_test(test_figures_without_source_or_known_grade_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
