/* test_selftest.c: the known answers are right, every kernel reproduces them, and a wrong device does not
 * pass.
 *
 * When the model changes on purpose (and FC_MODEL_VERSION with it), the digest test prints the two lines that
 * belong into host/run/selftest.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <Random123/philox.h>

#include "host/backends/kernels.h"
#include "host/run/selftest.h"

static void words_are_those_of_the_library(void **state)
{
    (void)state;
    for (int range = 0; range < FC_SELFTEST_RANGES; range++)
        for (uint64_t i = 0; i < FC_SELFTEST_RUN; i++) {
            uint64_t trial = fc_selftest_first[range] + i;
            philox4x32_ctr_t counter = {
                {(uint32_t)trial, (uint32_t)(trial >> 32), FC_IN_PRICE_GPU_HOUR_USD / 4, 0}};
            philox4x32_key_t key = {{(uint32_t)fc_selftest_seed, (uint32_t)(fc_selftest_seed >> 32)}};
            assert_int_equal(fc_selftest_words[range][i], philox4x32_R(10, counter, key).v[0]);
        }
}

static void the_scalar_kernel_gives_the_digest(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_selftest_answer answer;
    struct fc_host host = {.threads = 1, .isa = "scalar"};
    if (!fc_kernel_runs_here(fc_kernel_find("scalar")))
        host.isa = "portable";
    assert_int_equal(fc_selftest_measure(&fc_backend_cpu, 0, &host, &answer, &error), 0);
    if (answer.digest != fc_selftest_digest || fc_selftest_model_version != FC_MODEL_VERSION)
        fail_msg(
            "model version %d gives another digest than host/run/selftest.c holds for version %d; if the model "
            "changed on purpose, put there:\n"
            "const int fc_selftest_model_version = %d;\nconst uint64_t fc_selftest_digest = 0x%016llxu;",
            FC_MODEL_VERSION, fc_selftest_model_version, FC_MODEL_VERSION, (unsigned long long)answer.digest);
}

static void every_kernel_passes(void **state)
{
    (void)state;
    int tried = 0;
    for (int k = 0; fc_kernels[k]; k++) {
        struct fc_error error = {0};
        struct fc_host host = {.threads = 1 + k, .isa = fc_kernels[k]->name};
        if (!fc_kernel_runs_here(fc_kernels[k]))
            continue;
        if (fc_selftest(&fc_backend_cpu, 0, &host, NULL, &error))
            fail_msg("%s: %s", host.isa, error.text);
        tried++;
    }
    assert_true(tried >= 1);
}

static void usable_opencl_devices_pass(void **state)
{
    (void)state;
    struct fc_device_info devices[FC_DEVICES_MAX];
    char why[256];
    struct fc_host host = {.threads = 1};
    int count = fc_backend_opencl.discover(devices, FC_DEVICES_MAX, why, sizeof why), tried = 0;
    for (int i = 0; i < count; i++) {
        struct fc_error error = {0};
        if (devices[i].refused[0])
            continue;
        if (fc_selftest(&fc_backend_opencl, i, &host, NULL, &error))
            fail_msg("%s: %s", devices[i].name, error.text);
        tried++;
    }
    if (tried == 0)
        skip();
}

static void fails_when_told_to(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_host host = {.threads = 1};
    assert_int_equal(setenv("FLOPCAST_FAULT", "opencl:selftest,cpu:selftest", 1), 0);
    assert_int_equal(fc_selftest(&fc_backend_cpu, 0, &host, NULL, &error), -1);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_non_null(strstr(error.text, "digest"));
    assert_int_equal(setenv("FLOPCAST_FAULT", "opencl:selftest", 1), 0);
    assert_int_equal(fc_selftest(&fc_backend_cpu, 0, &host, NULL, &error), 0);
    assert_int_equal(unsetenv("FLOPCAST_FAULT"), 0);
}

/* A device that is the CPU but for one thing. */
enum flaw { SEED_CUT, ONE_SAMPLE_OFF, ONE_VALUE_OFF };
static enum flaw flaw;

static int flawed_open(struct fc_session **session, int device, const struct fc_job *job,
                       const struct fc_host *host, struct fc_error *error)
{
    struct fc_job changed = *job;
    if (flaw == SEED_CUT)
        changed.seed &= 0xffffffffu;
    return fc_backend_cpu.open(session, device, &changed, host, error);
}

static int flawed_run(struct fc_session *session, uint64_t first, uint64_t count, struct fc_tally *into,
                      float *samples, struct fc_error *error)
{
    if (fc_backend_cpu.run(session, first, count, into, samples, error))
        return -1;
    if (flaw == ONE_SAMPLE_OFF && samples)
        for (uint64_t i = 0; i < count * (uint64_t)into->metric_count; i++)
            samples[i] *= 1.0000001f;
    if (flaw == ONE_VALUE_OFF)
        into->metrics[into->metric_count - 1].sum[into->metrics[into->metric_count - 1].max_key >> 23]++;
    return 0;
}

static void a_flawed_device_does_not_pass(void **state)
{
    (void)state;
    struct fc_backend flawed = fc_backend_cpu;
    struct fc_host host = {.threads = 1};
    flawed.open = flawed_open;
    flawed.run = flawed_run;
    const char *const says[] = {"philox", "philox", "digest"};
    for (int i = SEED_CUT; i <= ONE_VALUE_OFF; i++) {
        struct fc_error error = {0};
        flaw = (enum flaw)i;
        if (fc_selftest(&flawed, 0, &host, NULL, &error) == 0)
            fail_msg("flaw %d passes", i);
        assert_int_equal(error.status, FC_NO_DEVICE);
        assert_non_null(strstr(error.text, says[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_library),
        cmocka_unit_test(the_scalar_kernel_gives_the_digest),
        cmocka_unit_test(every_kernel_passes),
        cmocka_unit_test(usable_opencl_devices_pass),
        cmocka_unit_test(fails_when_told_to),
        cmocka_unit_test(a_flawed_device_does_not_pass),
    };
    return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
