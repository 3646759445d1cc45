/* test_backend_cuda.c: the kernels give on an NVIDIA GPU the bits that they give on the CPU. Skipped, with
 * the reason, where there is no such device; test_cuda_host.c then still holds the host side to its word, and
 * suite_ptx.sh the code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/backends/cuda_driver.h"
#include "detail_fixture.h"

static char no_device[256];
static int device_number = -1;

static void need_device(void)
{
    if (device_number < 0) {
        print_message("# skipped: %s\n", no_device);
        skip();
    }
}

static struct fc_session *open_it(const struct fixture *fixture, uint64_t seed)
{
    struct fc_error error = {0};
    struct fc_job job = {&fixture->program, fixture->tables, fixture->table_floats, seed};
    struct fc_host host = {.threads = 1};
    struct fc_session *session = NULL;
    if (fc_backend_cuda.open(&session, device_number, &job, &host, &error))
        fail_msg("%s", error.text);
    return session;
}

static void equals_the_cpu(const struct fixture *fixture)
{
    static const struct {
        uint64_t first, count;
    } batches[] = {{0, 1}, {1, 7}, {8, 200003}, {4294967290u, 20011}, {0xfedcba9876543210u, 4099}};
    int metrics = fixture->program.metric_count;
    struct fc_session *session = open_it(fixture, 42);
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        struct fc_error error = {0};
        struct fc_tally tally, expected;
        size_t floats = (size_t)batches[b].count * (size_t)metrics;
        float *samples = calloc(floats, sizeof *samples), *right = calloc(floats, sizeof *right);
        assert_non_null(samples);
        assert_non_null(right);
        uint64_t launches = fc_cuda_launches(session);
        assert_int_equal(fc_tally_create(&tally, fixture->program.metrics, metrics, &error), 0);
        if (fc_backend_cuda.run(session, batches[b].first, batches[b].count, &tally, samples, &error))
            fail_msg("%s", error.text);
        assert_true(fc_cuda_launches(session) > launches); /* the device really ran */
        fixture_run(fixture, 42, batches[b].first, batches[b].count, 2, NULL, &expected, right);
        assert_memory_equal(samples, right, floats * sizeof *samples);
        assert_int_equal(fc_tally_digest(&tally, 42), fc_tally_digest(&expected, 42));
        fc_tally_free(&tally);
        fc_tally_free(&expected);
        free(samples);
        free(right);
    }
    fc_backend_cuda.close(session);
}

static void contract_equals_the_cpu(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_contract(&fixture);
    equals_the_cpu(&fixture);
    fixture_free(&fixture);
}

static void detailed_runs_equal_the_cpu(void **state)
{
    (void)state;
    need_device();
    for (unsigned world = 0; world < 4; world++) {
        struct fixture fixture;
        detail_world(&fixture, 1000 * world);
        equals_the_cpu(&fixture);
        fixture_free(&fixture);
    }
}

static void timeline_equals_the_cpu(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_timeline(&fixture);
    equals_the_cpu(&fixture);
    fixture_free(&fixture);
}

/* Another seed, another result: the digests above say something. */
static void another_seed_differs(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_contract(&fixture);
    uint64_t digests[2];
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct fc_error error = {0};
        struct fc_tally tally;
        struct fc_session *session = open_it(&fixture, seed);
        assert_int_equal(
            fc_tally_create(&tally, fixture.program.metrics, fixture.program.metric_count, &error), 0);
        assert_int_equal(fc_backend_cuda.run(session, 0, 5000, &tally, NULL, &error), 0);
        digests[seed] = fc_tally_digest(&tally, 42);
        fc_tally_free(&tally);
        fc_backend_cuda.close(session);
    }
    assert_int_not_equal(digests[0], digests[1]);
    fixture_free(&fixture);
}

/* Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds): counter, key, result. */
static void published_random_words(void **state)
{
    (void)state;
    need_device();
    static const uint32_t answers[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e,
         0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
         0x5001e420, 0x24126ea1},
    };
    struct fixture fixture;
    fixture_contract(&fixture);
    struct fc_session *session = open_it(&fixture, 1);
    for (int k = 0; k < 3; k++) {
        struct fc_error error = {0};
        uint32_t words[4];
        uint64_t key = answers[k][4] | (uint64_t)answers[k][5] << 32;
        if (fc_cuda_known_words(session, key, 1, answers[k], words, &error))
            fail_msg("%s", error.text);
        assert_memory_equal(words, answers[k] + 6, sizeof words);
    }
    fc_backend_cuda.close(session);
    fixture_free(&fixture);
}

/* Without a device, opening one fails with the status of a missing device, and a reason. */
static void absence_is_told(void **state)
{
    (void)state;
    struct fc_error error = {0};
    struct fc_session *session;
    struct fixture fixture;
    fixture_contract(&fixture);
    struct fc_job job = {&fixture.program, fixture.tables, fixture.table_floats, 1};
    struct fc_host host = {.threads = 1};
    assert_int_not_equal(fc_backend_cuda.open(&session, 1000, &job, &host, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_null(session);
    assert_true(device_number >= 0 || no_device[0] != '\0');
    fixture_free(&fixture);
}

int main(void)
{
    struct fc_device_info devices[FC_DEVICES_MAX];
    int count = fc_backend_cuda.discover(devices, FC_DEVICES_MAX, no_device, sizeof no_device);
    for (int i = 0; i < count && device_number < 0; i++) {
        if (devices[i].refused[0])
            snprintf(no_device, sizeof no_device, "%s: %s", devices[i].name, devices[i].refused);
        else
            device_number = i;
    }
    unsetenv("FLOPCAST_FAULT");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract_equals_the_cpu),     cmocka_unit_test(timeline_equals_the_cpu),
        cmocka_unit_test(detailed_runs_equal_the_cpu), cmocka_unit_test(another_seed_differs),
        cmocka_unit_test(published_random_words),      cmocka_unit_test(absence_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
