/* test_metrics.c: the table of metrics: names and numbers are there once, and every metric has a place where a report
 * prints it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/report/chapters.h"
#include "host/report/report.h"
#include "host/result/metrics.h"
#include "host/result/result.h"

static void unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < fc_metric_info_count; i++) {
        const struct fc_metric_info *a = &fc_metric_infos[i];
        int span = a->sizes ? FC_RUN_SIZES : 1;
        assert_true(a->metric >= 0 && a->metric + span <= FC_METRIC_COUNT);
        assert_true(a->name[0] && a->unit[0] && a->what[0]);
        assert_ptr_equal(fc_metric_named(a->name, strlen(a->name)), a);
        if (a->old_name)
            assert_ptr_equal(fc_metric_named(a->old_name, strlen(a->old_name)), a);
        for (size_t k = i + 1; k < fc_metric_info_count; k++) {
            const struct fc_metric_info *b = &fc_metric_infos[k];
            if (b->metric < a->metric + span && a->metric < b->metric + (b->sizes ? FC_RUN_SIZES : 1))
                fail_msg("%s and %s share a number", a->name, b->name);
            if (strcmp(a->name, b->name) == 0 || (b->old_name && strcmp(a->name, b->old_name) == 0))
                fail_msg("%s is there twice", a->name);
        }
    }
    assert_null(fc_metric_named("no_such_metric", 14));
}

/* Numbers that result files and digests of earlier versions hold. */
static void permanent(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int number;
    } kept[] = {{"step_time_s", 0},     {"wall_clock_days", 16}, {"finished", 28},
                {"gpu_hours", 48},      {"cost_usd", 51},        {"deadline_met", 55},
                {"runs_final", 64},     {"run_days", 96},        {"npv_usd", 128},
                {"pays_back", 131},     {"all_on_time", 140},    {"rule_leapfrog_usd", 170},
                {"own_is_cheaper", 184}};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_int_equal(fc_metric_named(kept[i].name, strlen(kept[i].name))->metric, kept[i].number);
}

/* Prints a result that holds this metric alone, or this metric of a contract. */
static char *report_of(const struct fc_metric_info *info, bool contract)
{
    struct fc_result result = {.scenario_name = (char *)"a", .run_flop = {1e26f}};
    struct fc_error error;
    int32_t metrics[2] = {info->metric}, count = 1;
    if (contract && info->metric != FC_M_GPUS_FULL_RAMP) {
        bool before = info->metric < FC_M_GPUS_FULL_RAMP;
        metrics[before ? 1 : 0] = FC_M_GPUS_FULL_RAMP;
        metrics[before ? 0 : 1] = info->metric;
        count = 2;
    }
    assert_int_equal(fc_tally_create(&result.tally, metrics, count, &error), 0);
    float values[4] = {1, 0, 1, 1};
    for (int r = 0; r < count; r++)
        fc_tally_add(&result.tally, r, values, 4, 0);
    assert_int_equal(fc_tally_cover(&result.tally, 0, 4, &error), 0);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fc_report_result(out, &result, &(struct fc_report_options){.width = 200});
    fclose(out);
    fc_tally_free(&result.tally);
    return text;
}

static void every_metric_is_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < fc_metric_info_count; i++) {
        const struct fc_metric_info *info = &fc_metric_infos[i];
        if (info->when == FC_WHEN_TESTS) {
            assert_int_equal(info->run_chapter, FC_CHAPTER_NONE);
            assert_int_equal(info->contract_chapter, FC_CHAPTER_NONE);
            continue;
        }
        if (info->run_chapter == FC_CHAPTER_NONE && info->contract_chapter == FC_CHAPTER_NONE)
            fail_msg("%s has no chapter, so no report prints it", info->name);
        bool contract = info->contract_chapter != FC_CHAPTER_NONE;
        if (info->when == FC_WHEN_FAILURE_CLASS)
            continue; /* printed below interruptions: tests/suite_cli.sh */
        char *text = report_of(info, contract), title[120];
        snprintf(title, sizeof title, "-- %s\n", fc_chapter_titles[fc_chapter_of(info, contract)]);
        if (!strstr(text, title) || !strstr(text, info->name) || strstr(text, "further figures"))
            fail_msg("%s is not printed under '%s':\n%s", info->name, title, text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(unique), cmocka_unit_test(permanent),
                                       cmocka_unit_test(every_metric_is_printed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
