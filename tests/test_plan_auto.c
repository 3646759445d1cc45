/* test_plan_auto.c: a plan that a scenario leaves open is searched, named, and stands in the settings as if stated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/compile/plan_auto.h"
#include "host/compile/plan_scenario.h"
#include "host/compile/scenario.h"

static const char head[] =
    "layers: step\ncluster: {gpu: gb200, gpus: 256}\n"
    "training: {model: deepseek-v3, precision: fp8, sequence: 4096, global_batch: 2048}\n";

static int open_text(const char *first, const char *lines, struct fc_scenario *scenario, struct fc_error *error)
{
    char path[] = "/tmp/flopcast-plan-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_true(dprintf(file, "%s%s", first, lines) > 0);
    close(file);
    struct fc_scenario_options options = {0};
    int status = fc_scenario_open(scenario, path, &options, error);
    unlink(path);
    return status;
}

/* Opens the head with further lines; returns fc_scenario_open's answer. */
static int open_lines(const char *lines, struct fc_scenario *scenario, struct fc_error *error)
{
    return open_text(head, lines, scenario, error);
}

static bool has_note(const struct fc_notes *notes, const char *id)
{
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->list[i].id, id) == 0)
            return true;
    return false;
}

static struct fc_plan plan_of(const struct fc_scenario *scenario)
{
    struct fc_plan plan;
    struct fc_error error;
    assert_int_equal(fc_plan_read(&plan, scenario->settings, scenario->catalog, &error), 0);
    return plan;
}

static void an_unstated_plan_is_searched_and_said(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "plan: auto\n"};
    struct fc_plan plans[2];
    static struct fc_beliefs beliefs;
    for (int i = 0; i < 2; i++) {
        struct fc_scenario scenario;
        struct fc_error error;
        if (open_lines(lines[i], &scenario, &error))
            fail_msg("%s", error.text);
        plans[i] = plan_of(&scenario);
        assert_true(has_note(&scenario.settings->notes, "plan-searched"));
        assert_true(scenario.settings->fields[FC_FIELD_TP].from_default);
        assert_non_null(strstr(scenario.settings->fields[FC_FIELD_EP].source, "plans that fit in memory in 99.999 %"));
        assert_int_equal(fc_beliefs_read(&beliefs, scenario.catalog, &error), 0);
        assert_true(fc_plan_fit_probability(&plans[i], &beliefs) >= FC_AUTO_FITS);
        fc_scenario_close(&scenario);
    }
    assert_true(plans[0].ep > 1); /* DeepSeek-V3 does not fit with all experts on one GPU */
    assert_true(plans[0].ep == plans[1].ep && plans[0].pp == plans[1].pp && plans[0].tp == plans[1].tp);
}

static void what_is_stated_stays(void **state)
{
    (void)state;
    struct fc_scenario scenario;
    struct fc_error error;
    if (open_lines("plan: {tp: 2, pp: 4, ep: auto, recompute: full}\n", &scenario, &error))
        fail_msg("%s", error.text);
    struct fc_plan plan = plan_of(&scenario);
    assert_true(plan.tp == 2 && plan.pp == 4 && plan.vpp == 1 && plan.cp == 1 && plan.again_gemm == 1);
    assert_true(plan.ep > 1);
    assert_false(scenario.settings->fields[FC_FIELD_TP].from_default);
    fc_scenario_close(&scenario);
}

static void a_stated_plan_is_not_searched(void **state)
{
    (void)state;
    struct fc_scenario scenario;
    struct fc_error error;
    if (open_lines("plan: {pp: 4, ep: 64, recompute: full}\n", &scenario, &error))
        fail_msg("%s", error.text);
    assert_false(has_note(&scenario.settings->notes, "plan-searched"));
    assert_true(plan_of(&scenario).tp == 1);
    fc_scenario_close(&scenario);
}

static void a_cluster_too_small_for_any_plan_is_refused(void **state)
{
    (void)state;
    struct fc_scenario scenario;
    struct fc_error error;
    assert_int_equal(
        open_lines("plan: {tp: 1, pp: auto, ep: 1, recompute: none, zero: none}\n", &scenario, &error), -1);
    assert_non_null(strstr(error.text, "fits in memory in 90 of 100 worlds"));
    assert_int_equal(error.status, FC_BAD_INPUT);
}

/* Only recomputation is open, on GPUs of ever more memory. Where all of a layer's activations fit with less than FC_AUTO_FITS,
 * recomputing them would be sure and cost more than FC_AUTO_ROOM: the room is not bought, and it is said. */
static void room_that_costs_too_much_is_not_bought(void **state)
{
    (void)state;
    static struct fc_beliefs beliefs;
    int tight = 0, sure = 0, full = 0;
    for (double bytes = 30e9; bytes < 200e9; bytes *= 1.04) {
        struct fc_scenario scenario;
        struct fc_error error;
        char gpu[600];
        snprintf(gpu, sizeof gpu,
                 "layers: step\ncluster:\n  gpus: 64\n  gpu: {bf16_flop_per_s: 989e12, hbm_bytes: %.0f, hbm_bytes_per_s: "
                 "3.35e12, nvlink_bytes_per_s: 900e9, nic_bits_per_s: 400e9, domain_gpus: 8, node_gpus: 8, "
                 "measured_family: hopper, host: x86}\ntraining: {model: llama3-8b, sequence: 8192, global_batch: 256}\n",
                 bytes);
        if (open_text(gpu, "plan: {tp: 1, pp: 1, micro_batch: 1, zero: optimizer, recompute: auto}\n", &scenario, &error))
            continue; /* too small for any */
        if (sure == 0)
            assert_int_equal(fc_beliefs_read(&beliefs, scenario.catalog, &error), 0);
        struct fc_plan plan = plan_of(&scenario);
        double fits = fc_plan_fit_probability(&plan, &beliefs);
        bool warned = has_note(&scenario.settings->notes, "plan-tight");
        assert_true(fits >= FC_AUTO_FITS_LEAST);
        assert_true(warned == (fits < FC_AUTO_FITS));
        tight += warned && plan.again_gemm == 0;
        full += plan.again_gemm == 1;
        sure++;
        fc_scenario_close(&scenario);
    }
    assert_true(tight > 0 && full > 0 && sure > tight + full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unstated_plan_is_searched_and_said),
        cmocka_unit_test(what_is_stated_stays),
        cmocka_unit_test(a_stated_plan_is_not_searched),
        cmocka_unit_test(a_cluster_too_small_for_any_plan_is_refused),
        cmocka_unit_test(room_that_costs_too_much_is_not_bought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
