/* test_era.c: one hardware has one reliability: the GPU brings its era's failures, the plain model agrees with
 * them on the rate of interruptions, and both agree with what runs of that hardware published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/compile/scenario.h"
#include "host/language/in_use.h"
#include "host/result/statistics.h"
#include "scenario_run.h"

static const char path[] = "build/test-era.yaml";

static void write_run(const char *gpu, int gpus, const char *more)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(
        out,
        "name: era\nlayers: run\ncluster: {gpu: %s, gpus: %d%s}\n"
        "training: {model: llama3-405b, wall: 54 days, precision: bf16, sequence: 8192 tokens, "
        "global_batch: %d, software: meta-llama3}\nplan: {micro_batch: 1, tp: 8, pp: 16, zero: gradients}\n"
        "operation: {maturity: none}\n",
        gpu, gpus, more, gpus / 8);
    fclose(out);
}

static double quantile(const struct fc_result *r, int metric, double p)
{
    struct fc_estimate e = fc_statistics_quantile(scenario_metric(r, metric), p);
    assert_false(e.refused);
    return e.value;
}

static double mean(const struct fc_result *r, int metric)
{
    return fc_statistics_mean(scenario_metric(r, metric)).value;
}

/* Each GPU of the catalog has an era: a new one is seen here. */
static void every_gpu_has_an_era(void **state)
{
    (void)state;
    struct fc_catalog *catalog;
    struct fc_error error = {0};
    int gpus = 0;
    assert_int_equal(fc_catalog_open(&catalog, &error), 0);
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        if (strcmp(entry->kind, "gpu") != 0)
            continue;
        struct fc_scenario scenario;
        struct fc_scenario_options options = {0};
        write_run(entry->name, 128, "");
        if (fc_scenario_open(&scenario, path, &options,
                             &error)) /* a plan that does not fit is no matter here */
            continue;
        const struct fc_setting *profile = &scenario.settings->fields[FC_FIELD_PROFILE];
        if (profile->choice == 0 || !profile->from_default)
            fail_msg("%s brings no profile of failures", entry->name);
        gpus++;
        fc_scenario_close(&scenario);
    }
    assert_true(gpus >= 4);
    fc_catalog_close(catalog);
}

/* What only a run in detail reads is what the profiles state and the general defaults do not. */
static void keys_of_detail_are_those_of_the_profiles(void **state)
{
    (void)state;
    struct fc_catalog *catalog;
    struct fc_error error = {0};
    assert_int_equal(fc_catalog_open(&catalog, &error), 0);
    for (int id = 0; id < FC_FIELD_COUNT; id++) {
        const char *name = fc_fields[id].path;
        bool of_profile = fc_catalog_get(catalog, "profile-gb200-era", name) != NULL;
        bool general = fc_catalog_get(catalog, "default", name) != NULL;
        bool racks = id == FC_FIELD_RACKS; /* follows from GPUs and domain where it is not stated */
        if (fc_field_of_detail(&fc_fields[id]) != ((of_profile && !general) || racks))
            fail_msg("%s: detail and profile disagree", name);
        assert_int_equal(of_profile, fc_catalog_get(catalog, "profile-h100-era", name) != NULL);
    }
    fc_catalog_close(catalog);
}

/* The plain model of the same fleet: the mean of each lies between P5 and P95 of the other. The era's is the
 * higher one, as racks and the job as a whole fail besides. */
static void plain_and_era_agree_on_interruptions(void **state)
{
    (void)state;
    static const struct {
        const char *gpu;
        int gpus;
    } fleets[] = {{"h100", 16384}, {"gb200", 9216}, {"gb300", 36864}};
    for (int i = 0; i < 3; i++) {
        write_run(fleets[i].gpu, fleets[i].gpus, ", spare_nodes: 63"); /* none waits for a tray */
        struct fc_result era = scenario_run(path, NULL, 0, 3000);
        struct fc_result plain = scenario_run(path, "reliability.profile=plain", 0, 3000);
        double by_era = mean(&era, FC_M_INTERRUPTIONS) / (54 - mean(&era, FC_M_TIME_WAITING_H) / 24);
        double by_plain = mean(&plain, FC_M_INTERRUPTIONS) / (54 - mean(&plain, FC_M_TIME_WAITING_H) / 24);
        print_message("# %s x %d: %.2f interruptions a day, plain %.2f\n", fleets[i].gpu, fleets[i].gpus,
                      by_era, by_plain);
        assert_true(by_era * 54 > quantile(&plain, FC_M_INTERRUPTIONS, 0.05));
        assert_true(by_era * 54 < quantile(&plain, FC_M_INTERRUPTIONS, 0.95));
        assert_true(by_plain * 54 > quantile(&era, FC_M_INTERRUPTIONS, 0.05));
        assert_true(by_plain * 54 < quantile(&era, FC_M_INTERRUPTIONS, 0.95));
        fc_result_free(&era);
        fc_result_free(&plain);
    }
}

/* Llama 3 on 16,384 H100: 419 unplanned stops, more than 90 % of the time effective (arXiv 2407.21783). */
static void h100_era_is_what_llama3_published(void **state)
{
    (void)state;
    write_run("h100", 16384, ", network: roce-400");
    struct fc_result r = scenario_run(path, NULL, 0, 4000);
    assert_true(quantile(&r, FC_M_EFFECTIVE_TRAINING_TIME, 0.5) > 0.90);
    assert_true(quantile(&r, FC_M_INTERRUPTIONS, 0.05) < 419 && quantile(&r, FC_M_INTERRUPTIONS, 0.95) > 419);
    assert_true(mean(&r, FC_M_TIME_REDONE_H) < 0.03 * 54 * 24); /* 6.8 % with a lag of hours */
    fc_result_free(&r);
}

/* An operated cluster of GB200's era ends its work without a spare rack, and sooner with some. */
static void gb200_era_ends_without_spares(void **state)
{
    (void)state;
    struct fc_result none =
        scenario_run("scenarios/gb300-nvl72-frontier.yaml", "cluster.spare_racks=0", 0, 1000);
    struct fc_result some =
        scenario_run("scenarios/gb300-nvl72-frontier.yaml", "cluster.spare_racks=16", 0, 1000);
    assert_true(mean(&none, FC_M_FINISHED) > 0.99);
    assert_true(quantile(&some, FC_M_WALL_CLOCK_DAYS, 0.5) < quantile(&none, FC_M_WALL_CLOCK_DAYS, 0.5));
    fc_result_free(&none);
    fc_result_free(&some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_gpu_has_an_era),
        cmocka_unit_test(keys_of_detail_are_those_of_the_profiles),
        cmocka_unit_test(plain_and_era_agree_on_interruptions),
        cmocka_unit_test(h100_era_is_what_llama3_published),
        cmocka_unit_test(gb200_era_ends_without_spares),
    };
    int failed = cmocka_run_group_tests_name("era", tests, NULL, NULL);
    unlink(path);
    return failed;
}
