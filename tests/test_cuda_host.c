/* test_cuda_host.c: the host side of the CUDA backend on a stand-in for the driver (fake_cuda.c): what is
 * sent, started, counted and given back, and what becomes of every error. It shows nothing about a GPU;
 * test_backend_cuda.c does, where there is one. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/backends/cuda_driver.h"
#include "host/language/embedded.h"
#include "detail_fixture.h"

static char library[4096];
static int (*live)(void); /* what the backend has not given back */

static void need_kernels(void)
{
    if (!fc_embedded_find("cuda/trial.fatbin")) {
        print_message("# skipped: no CUDA kernels in this build (no nvcc)\n");
        skip();
    }
}

static int open_it(const struct fixture *fixture, struct fc_session **session, struct fc_error *error)
{
    struct fc_job job = {&fixture->program, fixture->tables, fixture->table_floats, 11};
    struct fc_host host = {.threads = 1};
    return fc_backend_cuda.open(session, 0, &job, &host, error);
}

static void the_device_is_described(void **state)
{
    (void)state;
    need_kernels();
    struct fc_device_info info[4];
    char why[256];
    setenv("FAKE_CUDA_DEVICES", "2", 1);
    assert_int_equal(fc_backend_cuda.discover(info, 4, why, sizeof why), 2);
    assert_int_equal(fc_backend_cuda.discover(info, 1, why, sizeof why), 1);
    assert_int_equal(fc_backend_cuda.discover(info, 4, why, sizeof why), 2);
    assert_string_equal(info[1].name, "Fake GPU 1");
    assert_non_null(strstr(info[1].driver, "13.0"));
    assert_true(info[1].is_gpu && info[1].has_pci);
    assert_int_equal(info[1].pci.bus, 0x1c);
    assert_string_equal(info[1].refused, "");
    setenv("FAKE_CUDA_CAPABILITY", "75", 1);
    assert_int_equal(fc_backend_cuda.discover(info, 1, why, sizeof why), 1);
    assert_non_null(strstr(info[0].refused, "7.5"));
    struct fixture fixture;
    struct fc_session *session;
    struct fc_error error = {0};
    fixture_contract(&fixture);
    assert_int_not_equal(open_it(&fixture, &session, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    unsetenv("FAKE_CUDA_CAPABILITY");
    setenv("FAKE_CUDA_DEVICES", "0", 1);
    assert_int_equal(fc_backend_cuda.discover(info, 4, why, sizeof why), 0);
    assert_true(why[0] != '\0');
    assert_int_not_equal(open_it(&fixture, &session, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    unsetenv("FAKE_CUDA_DEVICES");
    fixture_free(&fixture);
}

/* Batches of several launches, ragged, beyond 2^32, with samples: as the CPU backend. */
static void batches_equal_the_cpu(void **state)
{
    (void)state;
    need_kernels();
    static const struct {
        uint64_t first, count;
    } batches[] = {{0, 1}, {1, 7}, {8, 50001}, {50009, 65536}, {4294967290u, 20011}, {0x1fffffffeu, 5003}};
    /* each kernel for runs has its kind; a device with a display takes short launches */
    static const struct {
        enum { CONTRACT, TIMELINE, DETAILED, LEVELS } kind;
        bool watched;
        uint64_t largest;
    } jobs[] = {{CONTRACT, false, UINT64_MAX}, {CONTRACT, true, UINT64_MAX}, {TIMELINE, false, 50001},
                {TIMELINE, true, 20011},       {DETAILED, false, 6000},      {LEVELS, false, 6000}};
    for (size_t j = 0; j < sizeof jobs / sizeof *jobs; j++) {
        struct fixture fixture;
        if (jobs[j].kind >= DETAILED)
            detail_world(&fixture, 0);
        else if (jobs[j].kind == TIMELINE)
            fixture_timeline(&fixture);
        else
            fixture_contract(&fixture);
        if (jobs[j].kind >= DETAILED)
            fixture.program.run.detail.durable_every = jobs[j].kind == LEVELS ? 5 : 1;
        if (jobs[j].watched)
            setenv("FAKE_CUDA_WATCHED", "1", 1);
        else
            unsetenv("FAKE_CUDA_WATCHED");
        struct fc_error error = {0};
        struct fc_session *session;
        struct fc_tally tally, expected;
        int metrics = fixture.program.metric_count;
        assert_int_equal(fc_tally_create(&tally, fixture.program.metrics, metrics, &error), 0);
        assert_int_equal(fc_tally_create(&expected, fixture.program.metrics, metrics, &error), 0);
        if (open_it(&fixture, &session, &error))
            fail_msg("%s", error.text);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            if (batches[b].count > jobs[j].largest)
                continue;
            size_t floats = (size_t)batches[b].count * (size_t)metrics;
            float *samples = malloc(floats * sizeof *samples), *right = malloc(floats * sizeof *right);
            assert_non_null(samples);
            assert_non_null(right);
            if (fc_backend_cuda.run(session, batches[b].first, batches[b].count, &tally, samples, &error))
                fail_msg("%s", error.text);
            struct fc_tally part;
            fixture_run(&fixture, 11, batches[b].first, batches[b].count, 2, NULL, &part, right);
            assert_int_equal(fc_tally_merge(&expected, &part, &error), 0);
            fc_tally_free(&part);
            assert_memory_equal(samples, right, floats * sizeof *samples);
            assert_int_equal(fc_tally_digest(&tally, 11), fc_tally_digest(&expected, 11));
            free(samples);
            free(right);
        }
        assert_true(fc_cuda_launches(session) > 3 * 4);
        fc_backend_cuda.close(session);
        assert_int_equal(live(), 0);
        fc_tally_free(&tally);
        fc_tally_free(&expected);
        fixture_free(&fixture);
    }
    unsetenv("FAKE_CUDA_WATCHED");
}

static void known_words_come_back(void **state)
{
    (void)state;
    need_kernels();
    /* Random123, kat_vectors: philox4x32, 10 rounds, counter 0 and key 0 */
    static const uint32_t counters[8] = {0}, answer[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    uint32_t words[8];
    struct fixture fixture;
    struct fc_session *session;
    struct fc_error error = {0};
    fixture_contract(&fixture);
    assert_int_equal(open_it(&fixture, &session, &error), 0);
    assert_int_equal(fc_cuda_known_words(session, 0, 2, counters, words, &error), 0);
    assert_memory_equal(words, answer, sizeof answer);
    assert_memory_equal(words + 4, answer, sizeof answer);
    fc_backend_cuda.close(session);
    assert_int_equal(live(), 0);
    fixture_free(&fixture);
}

/* Every entry may fail at any of its calls: opening or running then says so in the driver's words, adds
 * nothing and gives everything back; and the session that failed in a batch is right in the next. */
static void every_entry_may_fail(void **state)
{
    (void)state;
    need_kernels();
    static const char *const entries[] = {
        "cuDevicePrimaryCtxRetain", "cuStreamCreate",       "cuModuleLoadDataEx",
        "cuModuleGetFunction",      "cuMemGetInfo_v2",      "cuMemAlloc_v2",
        "cuMemcpyHtoDAsync_v2",     "cuMemcpyDtoHAsync_v2", "cuMemsetD32Async",
        "cuLaunchKernel",           "cuStreamSynchronize",  "cuOccupancyMaxPotentialBlockSize",
    };
    struct fixture fixture;
    fixture_contract(&fixture);
    struct fc_error error = {0};
    struct fc_tally expected;
    fixture_run(&fixture, 11, 0, 9000, 1, NULL, &expected, NULL);
    int opened = 0, ran = 0;
    for (size_t e = 0; e < sizeof entries / sizeof *entries; e++)
        for (int call = 1; call <= 40; call++) {
            char asked[64];
            snprintf(asked, sizeof asked, "%s:%d", entries[e], call);
            setenv("FAKE_CUDA_FAIL", asked, 1);
            struct fc_session *session;
            struct fc_tally tally;
            assert_int_equal(
                fc_tally_create(&tally, fixture.program.metrics, fixture.program.metric_count, &error), 0);
            error = (struct fc_error){0};
            bool done = false;
            if (open_it(&fixture, &session, &error)) {
                assert_int_equal(error.status, FC_NO_DEVICE);
                assert_non_null(strstr(error.text, "Fake GPU 0"));
                assert_null(session);
                opened++;
            } else {
                uint64_t empty = fc_tally_digest(&tally, 11);
                done = fc_backend_cuda.run(session, 0, 9000, &tally, NULL, &error) == 0;
                if (!done) {
                    assert_int_equal(error.status, FC_FAULT);
                    assert_int_equal(fc_tally_digest(&tally, 11), empty);
                    unsetenv("FAKE_CUDA_FAIL");
                    if (fc_backend_cuda.run(session, 0, 9000, &tally, NULL, &error))
                        fail_msg("after %s: %s", asked, error.text);
                    ran++;
                }
                assert_int_equal(fc_tally_digest(&tally, 11), fc_tally_digest(&expected, 11));
                unsetenv("FAKE_CUDA_FAIL");
                fc_backend_cuda.close(session);
            }
            unsetenv("FAKE_CUDA_FAIL");
            assert_int_equal(live(), 0);
            fc_tally_free(&tally);
            if (done)
                break; /* there is no such call */
        }
    assert_true(opened > 10);
    assert_true(ran > 10);
    fc_tally_free(&expected);
    fixture_free(&fixture);
}

static void faults_on_purpose(void **state)
{
    (void)state;
    need_kernels();
    struct fixture fixture;
    struct fc_session *session;
    struct fc_error error = {0};
    struct fc_tally tally;
    fixture_contract(&fixture);
    setenv("FLOPCAST_FAULT", "cuda:build", 1);
    assert_int_not_equal(open_it(&fixture, &session, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_non_null(strstr(error.text, "syntax error"));
    setenv("FLOPCAST_FAULT", "cuda:alloc", 1);
    assert_int_not_equal(open_it(&fixture, &session, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    setenv("FLOPCAST_FAULT", "cuda:lost:2", 1);
    assert_int_equal(open_it(&fixture, &session, &error), 0);
    assert_int_equal(fc_tally_create(&tally, fixture.program.metrics, fixture.program.metric_count, &error),
                     0);
    assert_int_equal(fc_backend_cuda.run(session, 0, 10, &tally, NULL, &error), 0);
    assert_int_equal(fc_backend_cuda.run(session, 10, 10, &tally, NULL, &error), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_not_equal(fc_backend_cuda.run(session, 20, 10, &tally, NULL, &error), 0);
        assert_int_equal(error.status, FC_FAULT);
    }
    unsetenv("FLOPCAST_FAULT");
    assert_int_equal(fc_tally_trials(&tally), 20);
    fc_tally_free(&tally);
    fc_backend_cuda.close(session);
    assert_int_equal(live(), 0);
    fixture_free(&fixture);
}

int main(void)
{
    ssize_t length = readlink("/proc/self/exe", library, sizeof library - 32);
    if (length <= 0)
        return 1;
    library[length] = '\0';
    char *slash = strrchr(library, '/');
    snprintf(slash, 32, "/fake_cuda.so");
    fc_cuda_library = library;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void *entry = handle ? dlsym(handle, "fake_cuda_live") : NULL;
    if (!entry) {
        printf("Bail out! %s\n", dlerror());
        return 1;
    }
    memcpy(&live, &entry, sizeof entry);
    unsetenv("FLOPCAST_FAULT");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_is_described), cmocka_unit_test(batches_equal_the_cpu),
        cmocka_unit_test(known_words_come_back),   cmocka_unit_test(every_entry_may_fail),
        cmocka_unit_test(faults_on_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
