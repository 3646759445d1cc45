/* test_mfu.c: the MFU of a contract without a run is that of the measured rows: catalog/mfu.yaml is recomputed from
 * catalog/measured-training*.csv; and a scenario gets the row of its GPU, precision and family. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/calibrate/measurements.h"
#include "host/compile/contract_mfu.h"
#include "host/compile/scenario.h"
#include "host/language/catalog.h"

enum { MOST = 600, FAMILIES = 3, PRECISIONS = 3 };
static const char *const precisions[PRECISIONS] = {"bf16", "fp8", "fp4"};
static const char *const shapes[2] = {"dense", "mixture"};

struct group {
    double mfu[MOST];
    const char *model[MOST];
    int rows, models;
};
static struct group groups[FAMILIES][PRECISIONS][2];
static struct fc_measurements measured;
static struct fc_catalog *catalog;
static struct fc_error error;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between order statistics. */
static double quantile(struct group *g, double p)
{
    double at = p * (g->rows - 1);
    int i = (int)at, next = i + 1 < g->rows ? i + 1 : i;
    return g->mfu[i] + (at - i) * (g->mfu[next] - g->mfu[i]);
}

static void add(const struct fc_measurement *row)
{
    const struct fc_plan *plan = &row->plan;
    int precision = plan->precision == FC_BF16 ? 0 : plan->precision == FC_NVFP4 ? 2 : 1;
    struct group *g = &groups[plan->gpu.family][precision][plan->model.experts > 0];
    double tokens = plan->global_batch * plan->sequence;
    double flop = tokens * fc_plan_flop_per_token(plan, true);
    assert_true(g->rows < MOST);
    g->mfu[g->rows] = flop / (row->seconds * plan->gpus * fc_plan_peak(plan));
    g->model[g->rows++] = row->model;
}

static int prepare(void **state)
{
    (void)state;
    assert_int_equal(fc_catalog_open(&catalog, &error), 0);
    assert_int_equal(fc_measurements_open(&measured, NULL, catalog, &error), 0);
    for (size_t i = 0; i < measured.count; i++) {
        const struct fc_measurement *row = &measured.rows[i];
        if (!row->left_out[0] && row->seconds > 0 && !(row->plan.lora_rank > 0) &&
            row->plan.model.layers >= 8)
            add(row);
    }
    for (int k = 0; k < FAMILIES * PRECISIONS * 2; k++) {
        struct group *g = &groups[0][0][0] + k;
        for (int i = 0; i < g->rows; i++) {
            int j = 0;
            while (j < i && strcmp(g->model[i], g->model[j]) != 0)
                j++;
            g->models += j == i;
        }
        qsort(g->mfu, (size_t)g->rows, sizeof g->mfu[0], ascending);
    }
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    fc_measurements_free(&measured);
    fc_catalog_close(catalog);
    return 0;
}

static double number(const struct fc_catalog_entry *entry, const char *key)
{
    double value;
    assert_int_equal(fc_catalog_number_or(entry, key, -1, &value, &error), 0);
    return value;
}

/* To the three decimals that the catalog carries. */
static bool is_that_of(const struct fc_catalog_entry *entry, struct group *g)
{
    return number(entry, "rows") == g->rows && number(entry, "models") == g->models &&
           fabs(number(entry, "p5") - quantile(g, 0.05)) <= 0.0005001 &&
           fabs(number(entry, "p50") - quantile(g, 0.5)) <= 0.0005001 &&
           fabs(number(entry, "p95") - quantile(g, 0.95)) <= 0.0005001;
}

static void table_is_that_of_the_rows(void **state)
{
    (void)state;
    int entries = 0, wrong = 0;
    char name[64];
    for (int f = 0; f < FAMILIES; f++)
        for (int p = 0; p < PRECISIONS; p++)
            for (int s = 0; s < 2; s++) {
                struct group *g = &groups[f][p][s];
                snprintf(name, sizeof name, "%s-%s-%s", fc_family_name((enum fc_family)f), precisions[p],
                         shapes[s]);
                const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "mfu", name);
                if (g->rows < 5) {
                    if (entry)
                        fail_msg("%s has an entry, but only %d rows", name, g->rows);
                    continue;
                }
                assert_true(g->mfu[g->rows - 1] < 1);
                entries++;
                if (!entry || !is_that_of(entry, g)) {
                    print_error("%s is to be p5: %.3f, p50: %.3f, p95: %.3f, rows: %d, models: %d\n", name,
                                quantile(g, 0.05), quantile(g, 0.5), quantile(g, 0.95), g->rows, g->models);
                    wrong++;
                }
            }
    assert_true(entries >= 6);
    assert_int_equal(wrong, 0);
}

static int open_with(struct fc_scenario *scenario, const char *gpu, const char *more)
{
    static const char path[] = "build/test-mfu.yaml";
    struct fc_scenario_options options = {0};
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out,
            "name: mfu\nlayers: contract\ncluster: {gpu: %s}\nprices: {gpu_hour: 3 USD}\n"
            "contract:\n  value: 1 B USD\n  years: 3\n  ramp: 3 months\n%s",
            gpu, more);
    fclose(out);
    return fc_scenario_open(scenario, path, &options, &error);
}

/* GPU, keys, the entry whose figures are the default. */
static void default_follows_gpu_precision_and_family(void **state)
{
    (void)state;
    static const struct {
        const char *gpu, *more, *entry;
        bool inherited;
    } cases[] = {
        {"gb300", "", "blackwell-bf16-mixture", false},
        {"gb300", "training: {precision: mxfp8}\n", "blackwell-fp8-mixture", false},
        {"gb200", "training: {precision: fp8, model: llama3-405b}\n", "blackwell-fp8-dense", false},
        {"gb200", "training: {precision: nvfp4, model: llama3-405b}\n", "blackwell-fp4-dense", false},
        {"h100", "training: {precision: fp8, model: deepseek-v3}\n", "hopper-fp8-mixture", false},
        {"h100", "training: {precision: bf16, model: llama3-70b}\n", "hopper-bf16-dense", false},
        {"a100-80", "training: {precision: bf16, model: llama3-70b}\n", "ampere-bf16-dense", false},
        {"a100-80", "", "hopper-bf16-mixture", true},
        {"gb300", "training: {model: llama3-70b}\n", "hopper-bf16-dense", true},
        {"vr200", "training: {precision: mxfp8}\n", "blackwell-fp8-mixture", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_scenario scenario;
        if (open_with(&scenario, cases[i].gpu, cases[i].more))
            fail_msg("%s %s: %s", cases[i].gpu, cases[i].more, error.text);
        const struct fc_setting *mfu = &scenario.settings->fields[FC_FIELD_MFU];
        const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "mfu", cases[i].entry);
        char wanted[96];
        snprintf(wanted, sizeof wanted, "quantiles(p5: %g, p50: %g, p95: %g)", number(entry, "p5"),
                 number(entry, "p50"), number(entry, "p95"));
        assert_string_equal(mfu->text, wanted);
        assert_non_null(strstr(mfu->source, cases[i].entry));
        assert_true(cases[i].inherited ==
                    (strcmp(mfu->grade, "estimate") == 0 && strstr(mfu->source, "inherited")));
        fc_scenario_close(&scenario);
    }
}

/* A stated MFU above what is measured is doubted, one above 1 refused. */
static void more_than_is_measured_is_doubted(void **state)
{
    (void)state;
    static const struct {
        const char *more;
        bool doubted;
    } cases[] = {
        {"  mfu: 0.17\ntraining: {precision: mxfp8}\n", false},
        {"  mfu: 0.38\ntraining: {precision: mxfp8}\n", true}, /* a BF16 share of the FP8 peak */
        {"  mfu: 0.38\n", false},
        {"  mfu: \"pert(0.3, 0.4, 0.6)\"\ntraining: {precision: nvfp4, model: llama3-405b}\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_scenario scenario;
        bool doubted = false;
        if (open_with(&scenario, "gb300", cases[i].more))
            fail_msg("%s: %s", cases[i].more, error.text);
        const struct fc_notes *notes = &scenario.settings->notes;
        for (size_t n = 0; n < notes->count; n++)
            doubted |= strcmp(notes->list[n].id, "mfu-above-measured") == 0;
        if (doubted != cases[i].doubted)
            fail_msg("'%s' is %s", cases[i].more, doubted ? "doubted" : "believed");
        fc_scenario_close(&scenario);
    }
    struct fc_scenario scenario;
    assert_int_not_equal(open_with(&scenario, "gb300", "  mfu: 1.1\n"), 0);
    assert_non_null(strstr(error.text, "contract.mfu"));
    assert_int_not_equal(open_with(&scenario, "gb300", "  mfu: \"pert(0.5, 0.8, 1.3)\"\n"), 0);
    assert_non_null(strstr(error.text, "contract.mfu"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_that_of_the_rows),
        cmocka_unit_test(default_follows_gpu_precision_and_family),
        cmocka_unit_test(more_than_is_measured_is_doubted),
    };
    return cmocka_run_group_tests_name("mfu", tests, prepare, tidy);
}
