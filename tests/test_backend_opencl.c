/* test_backend_opencl.c: the kernels give on an OpenCL device (PoCL here) the bits that they give in the
 * program, in every way they can be built and counted; faults end in a clear error and add nothing. Skipped
 * without a device. */
#include <dirent.h>
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

#include "host/language/embedded.h"
#include "host/backends/opencl.h"
#include "detail_fixture.h"

#ifndef FC_WITH_OPENCL
static void built_without_opencl(void **state)
{
    (void)state;
    struct fc_device_info info;
    char why[256];
    assert_int_equal(fc_backend_opencl.discover(&info, 1, why, sizeof why), 0);
    assert_non_null(strstr(why, "no OpenCL"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(built_without_opencl)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else

static char no_device[256]; /* why there is nothing to test with; empty when there is */
static int device_number = -1;

static void need_device(void)
{
    if (device_number < 0) {
        print_message("# skipped: %s\n", no_device);
        skip();
    }
}

/* The ways to build and count that matter: as on a CPU, as on a GPU, and between. */
static const struct fc_opencl_settings ways[] = {
    {.lanes = 32, .chunk = 512, .own_tallies = true, .host_counts = true},
    {.lanes = 1, .chunk = 1, .launch_trials = 4096},
    {.lanes = 8, .chunk = 64, .launch_trials = 5000},
    {.lanes = 16, .chunk = 16, .own_tallies = true, .launch_trials = 4096},
};

static struct fc_session *open_with(const struct fixture *fixture, uint64_t seed,
                                    const struct fc_opencl_settings *settings)
{
    struct fc_error error = {0};
    struct fc_job job = {&fixture->program, fixture->tables, fixture->table_floats, seed};
    struct fc_host host = {.threads = 2};
    struct fc_session *session = NULL;
    if (fc_opencl_open(&session, device_number, &job, &host, settings, &error))
        fail_msg("%s", error.text);
    return session;
}

static uint64_t digest_of(const struct fixture *fixture, const struct fc_opencl_settings *settings,
                          uint64_t seed, uint64_t first, uint64_t count, float *samples)
{
    struct fc_error error = {0};
    struct fc_tally tally;
    struct fc_session *session = open_with(fixture, seed, settings);
    assert_int_equal(fc_tally_create(&tally, fixture->program.metrics, fixture->program.metric_count, &error),
                     0);
    if (fc_backend_opencl.run(session, first, count, &tally, samples, &error))
        fail_msg("%s", error.text);
    assert_true(fc_opencl_launches(session) >= (settings && !settings->host_counts ? 2 : 1));
    uint64_t digest = fc_tally_digest(&tally, seed);
    fc_tally_free(&tally);
    fc_backend_opencl.close(session);
    return digest;
}

static uint64_t cpu_digest_of(const struct fixture *fixture, uint64_t seed, uint64_t first, uint64_t count,
                              float *samples)
{
    struct fc_tally tally;
    fixture_run(fixture, seed, first, count, 2, NULL, &tally, samples);
    uint64_t digest = fc_tally_digest(&tally, seed);
    fc_tally_free(&tally);
    return digest;
}

/* Trial ranges: ragged, across 2^32, near the end of the numbers. */
static const struct {
    uint64_t first, count;
} ranges[] = {{0, 1}, {3, 7}, {0, 10007}, {4294967290u, 20011}, {0xfedcba9876543210u, 4099}};

static void equal_in_every_way(const struct fixture *fixture)
{
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        uint64_t expected = cpu_digest_of(fixture, 42 + r, ranges[r].first, ranges[r].count, NULL);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
            if (digest_of(fixture, &ways[w], 42 + r, ranges[r].first, ranges[r].count, NULL) != expected)
                fail_msg("range %zu, %d lanes, chunk %d: another digest than the CPU's", r, ways[w].lanes,
                         ways[w].chunk);
    }
}

static void contract_equals_the_cpu(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_contract(&fixture);
    equal_in_every_way(&fixture);
    fixture_free(&fixture);
}

static void detailed_runs_equal_the_cpu(void **state)
{
    (void)state;
    need_device();
    for (unsigned world = 0; world < 4; world++) {
        struct fixture fixture;
        detail_world(&fixture, 1000 * world);
        equal_in_every_way(&fixture);
        fixture_free(&fixture);
    }
}

static void timeline_equals_the_cpu(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_timeline(&fixture);
    equal_in_every_way(&fixture);
    fixture_free(&fixture);
}

static void a_hundred_thousand_trials_with_defaults(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    for (int layer = 0; layer < 2; layer++) {
        if (layer)
            fixture_timeline(&fixture);
        else
            fixture_contract(&fixture);
        assert_int_equal(digest_of(&fixture, NULL, 7, 1000, 100003, NULL),
                         cpu_digest_of(&fixture, 7, 1000, 100003, NULL));
        fixture_free(&fixture);
    }
}

/* Work that is 0 tokens makes every cost per token infinite: such values are counted apart. */
static void invalid_values_are_counted_alike(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_timeline(&fixture);
    fixture.program.run.tokens = 0;
    struct fc_tally tally;
    fixture_run(&fixture, 5, 0, 1000, 1, NULL, &tally, NULL);
    assert_int_equal(fc_tally_find(&tally, FC_M_COST_PER_MTOKEN_USD)->invalid, 1000);
    uint64_t expected = fc_tally_digest(&tally, 5);
    fc_tally_free(&tally);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
        assert_int_equal(digest_of(&fixture, &ways[w], 5, 0, 1000, NULL), expected);
    fixture_free(&fixture);
}

/* Batches one after the other in one session, the last one a repeat of none: the sum is that of one batch. */
static void batches_add_up(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_contract(&fixture);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        struct fc_error error = {0};
        struct fc_tally tally;
        struct fc_session *session = open_with(&fixture, 9, &ways[w]);
        assert_int_equal(
            fc_tally_create(&tally, fixture.program.metrics, fixture.program.metric_count, &error), 0);
        static const uint64_t cuts[] = {12000, 0, 7, 12007};
        uint64_t at = 0;
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            assert_int_equal(fc_backend_opencl.run(session, at, cuts[i], &tally, NULL, &error), 0);
            at += cuts[i];
        }
        assert_int_equal(fc_tally_digest(&tally, 9), cpu_digest_of(&fixture, 9, 0, at, NULL));
        /* what is in already is refused, and nothing changes */
        assert_int_not_equal(fc_backend_opencl.run(session, at - 1, 2, &tally, NULL, &error), 0);
        assert_int_equal(fc_tally_digest(&tally, 9), cpu_digest_of(&fixture, 9, 0, at, NULL));
        fc_tally_free(&tally);
        fc_backend_opencl.close(session);
    }
    fixture_free(&fixture);
}

static void samples_equal_the_cpu(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_timeline(&fixture);
    enum { COUNT = 9001 };
    size_t floats = (size_t)COUNT * (size_t)fixture.program.metric_count;
    float *expected = calloc(floats, sizeof *expected), *samples = calloc(floats, sizeof *samples);
    assert_non_null(expected);
    assert_non_null(samples);
    cpu_digest_of(&fixture, 3, 77, COUNT, expected);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        memset(samples, 0xff, floats * sizeof *samples);
        digest_of(&fixture, &ways[w], 3, 77, COUNT, samples);
        assert_memory_equal(samples, expected, floats * sizeof *samples);
    }
    free(expected);
    free(samples);
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
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        struct fc_session *session = open_with(&fixture, 1, &ways[w]);
        for (int k = 0; k < 3; k++) {
            struct fc_error error = {0};
            uint32_t words[4];
            uint64_t key = answers[k][4] | (uint64_t)answers[k][5] << 32;
            if (fc_opencl_known_words(session, key, 1, answers[k], words, &error))
                fail_msg("%s", error.text);
            assert_memory_equal(words, answers[k] + 6, sizeof words);
        }
        fc_backend_opencl.close(session);
    }
    fixture_free(&fixture);
}

/* The source inside the program with one text replaced everywhere; free() it. */
static char *source_with(const char *from, const char *to)
{
    const struct fc_embedded_file *file = fc_embedded_find("cuda/trial.cl");
    assert_non_null(file);
    const char *at = (const char *)file->data, *found;
    char *source = calloc(2 * file->size + 1, 1);
    int replaced = 0;
    assert_non_null(source);
    while ((found = strstr(at, from))) {
        strncat(source, at, (size_t)(found - at));
        strcat(source, to);
        at = found + strlen(from);
        replaced++;
    }
    strcat(source, at);
    assert_true(replaced > 0);
    return source;
}

/* Negative controls of the parity tests: what a device with other rounding would give is another digest. */
static void contraction_is_noticed(void **state)
{
    (void)state;
    need_device();
    /* checkpoints that take longer than the time between failures: the one place in these layers where a
     * compiler finds an a * b + c to contract (test_parity.c) */
    struct fixture fixture;
    const double stall[] = {1e6, 4e6};
    fixture_daly(&fixture, 1e6 / 60, 1e6, 1, 0, 10, 0);
    fixture_draw(&fixture, FC_IN_CHECKPOINT_STALL_S, fixture_table(&fixture, fixture_uniform, stall));
    fixture.program.run.automatic = 1;
    fixture.program.run.watch = 1;
    fixture_metrics(&fixture,
                    (const int[]){FC_M_GOODPUT, FC_M_TIME_PRODUCTIVE_H, FC_M_TIME_CHECKPOINT_H, -1});
    uint64_t expected = cpu_digest_of(&fixture, 42, 0, 5003, NULL);
    assert_int_equal(digest_of(&fixture, &ways[0], 42, 0, 5003, NULL), expected);
    char *source = source_with("#pragma OPENCL FP_CONTRACT OFF", "#pragma clang fp contract(fast)");
    struct fc_opencl_settings contracted = ways[0];
    contracted.source = source;
    assert_int_not_equal(digest_of(&fixture, &contracted, 42, 0, 5003, NULL), expected);
    free(source);
    fixture_free(&fixture);
}

static void missing_fma_is_noticed(void **state)
{
    (void)state;
    need_device();
    char *source = source_with("return fma(a, b, c)", "return a * b + c");
    struct fixture fixture;
    fixture_timeline(&fixture);
    struct fc_opencl_settings unfused = ways[0];
    unfused.source = source;
    assert_int_not_equal(digest_of(&fixture, &unfused, 42, 0, 5003, NULL),
                         cpu_digest_of(&fixture, 42, 0, 5003, NULL));
    free(source);
    fixture_free(&fixture);
}

/* It is the device's program that gives the result: with another constant in its source it is another result.
 */
static void the_device_really_ran(void **state)
{
    (void)state;
    need_device();
    char *source = source_with("0xD2511F53u", "0xD2511F55u");
    struct fixture fixture;
    fixture_contract(&fixture);
    struct fc_opencl_settings other = ways[0];
    other.source = source;
    assert_int_not_equal(digest_of(&fixture, &other, 42, 0, 1000, NULL),
                         cpu_digest_of(&fixture, 42, 0, 1000, NULL));
    free(source);
    fixture_free(&fixture);
}

static void a_broken_source_shows_the_log(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_contract(&fixture);
    struct fc_error error = {0};
    struct fc_job job = {&fixture.program, fixture.tables, fixture.table_floats, 1};
    struct fc_host host = {.threads = 1};
    struct fc_session *session;
    struct fc_opencl_settings broken = ways[0];
    broken.source = "__kernel void fc_trials(void) { no_such_name = 1; }\n";
    assert_int_not_equal(fc_opencl_open(&session, device_number, &job, &host, &broken, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_non_null(strstr(error.text, "no_such_name"));
    assert_null(session);

    setenv("FLOPCAST_FAULT", "opencl:build", 1);
    assert_int_not_equal(fc_backend_opencl.open(&session, device_number, &job, &host, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_non_null(strstr(error.text, "FLOPCAST_FAULT"));

    setenv("FLOPCAST_FAULT", "cpu:lost:1,opencl:alloc", 1);
    assert_int_not_equal(fc_backend_opencl.open(&session, device_number, &job, &host, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    assert_non_null(strstr(error.text, "cannot allocate"));
    unsetenv("FLOPCAST_FAULT");

    assert_int_not_equal(fc_backend_opencl.open(&session, 1000, &job, &host, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
    fixture_free(&fixture);
}

static void a_lost_device_adds_nothing(void **state)
{
    (void)state;
    need_device();
    struct fixture fixture;
    fixture_contract(&fixture);
    for (size_t w = 0; w < 2; w++) {
        struct fc_error error = {0};
        struct fc_tally tally;
        struct fc_session *session = open_with(&fixture, 8, &ways[w]);
        assert_int_equal(
            fc_tally_create(&tally, fixture.program.metrics, fixture.program.metric_count, &error), 0);
        assert_int_equal(fc_backend_opencl.run(session, 0, 5000, &tally, NULL, &error), 0);
        uint64_t before = fc_tally_digest(&tally, 8);
        setenv("FLOPCAST_FAULT", "opencl:lost:0", 1);
        assert_int_not_equal(fc_backend_opencl.run(session, 5000, 9000, &tally, NULL, &error), 0);
        unsetenv("FLOPCAST_FAULT");
        assert_int_equal(error.status, FC_FAULT);
        assert_int_equal(fc_tally_digest(&tally, 8), before);
        /* what the lost batch left on the device does not get into the next */
        if (fc_backend_opencl.run(session, 5000, 9000, &tally, NULL, &error))
            fail_msg("%s", error.text);
        assert_int_equal(fc_tally_digest(&tally, 8), cpu_digest_of(&fixture, 8, 0, 14000, NULL));
        fc_tally_free(&tally);
        fc_backend_opencl.close(session);
    }
    fixture_free(&fixture);
}

/* Path of the only file in the cache folder; free() it. */
static char *cached_file(const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/flopcast", folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    char *found = NULL;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') {
            assert_null(found);
            size_t size = strlen(path) + strlen(entry->d_name) + 2;
            found = malloc(size);
            assert_non_null(found);
            snprintf(found, size, "%s/%s", path, entry->d_name);
        }
    closedir(dir);
    assert_non_null(found);
    return found;
}

static void the_cache_helps_and_never_hurts(void **state)
{
    (void)state;
    need_device();
    char folder[] = "/tmp/flopcast-cache-XXXXXX";
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    struct fixture fixture;
    fixture_contract(&fixture);
    struct fc_opencl_settings cached = ways[0];
    cached.use_cache = true;
    uint64_t expected = cpu_digest_of(&fixture, 2, 0, 3000, NULL);
    assert_int_equal(digest_of(&fixture, &cached, 2, 0, 3000, NULL), expected);
    char *path = cached_file(folder);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size > 1000);
    assert_int_equal(digest_of(&fixture, &cached, 2, 0, 3000, NULL), expected);

    FILE *file = fopen(path, "wb"); /* no program at all */
    assert_non_null(file);
    fputs("garbage", file);
    fclose(file);
    assert_int_equal(digest_of(&fixture, &cached, 2, 0, 3000, NULL), expected);

    remove(path);
    free(path);
    char inner[512];
    snprintf(inner, sizeof inner, "%s/flopcast", folder);
    rmdir(inner);
    rmdir(folder);
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    assert_int_equal(digest_of(&fixture, &cached, 2, 0, 3000, NULL), expected);
    fixture_free(&fixture);
}

static void weak_devices_are_refused_by_name(void **state)
{
    (void)state;
    const struct fc_opencl_abilities good = {
        .available = true,
        .compiler = true,
        .full_profile = true,
        .little_endian = true,
        .version = 102,
        .single = CL_FP_FMA | CL_FP_DENORM | CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT | CL_FP_INF_NAN |
                  CL_FP_ROUND_TO_NEAREST,
    };
    assert_null(fc_opencl_refusal(&good));
    static const struct {
        cl_device_fp_config lacks;
        const char *word;
    } lacks[] = {
        {CL_FP_FMA, "multiply-add"},
        {CL_FP_DENORM, "denormal"},
        {CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT, "correctly rounded"},
        {CL_FP_INF_NAN, "infinities"},
    };
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++) {
        struct fc_opencl_abilities weak = good;
        weak.single &= ~lacks[i].lacks;
        assert_non_null(fc_opencl_refusal(&weak));
        assert_non_null(strstr(fc_opencl_refusal(&weak), lacks[i].word));
    }
    struct fc_opencl_abilities old = good, small = good;
    old.version = 101;
    assert_non_null(strstr(fc_opencl_refusal(&old), "1.2"));
    small.full_profile = false;
    assert_non_null(strstr(fc_opencl_refusal(&small), "embedded"));
}

int main(void)
{
    struct fc_device_info devices[FC_DEVICES_MAX];
    int count = fc_backend_opencl.discover(devices, FC_DEVICES_MAX, no_device, sizeof no_device);
    for (int i = 0; i < count && device_number < 0; i++) {
        if (devices[i].refused[0])
            snprintf(no_device, sizeof no_device, "%s: %s", devices[i].name, devices[i].refused);
        else
            device_number = i;
    }
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1); /* no test depends on what an earlier run left */
    unsetenv("FLOPCAST_FAULT");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract_equals_the_cpu),
        cmocka_unit_test(timeline_equals_the_cpu),
        cmocka_unit_test(detailed_runs_equal_the_cpu),
        cmocka_unit_test(a_hundred_thousand_trials_with_defaults),
        cmocka_unit_test(invalid_values_are_counted_alike),
        cmocka_unit_test(batches_add_up),
        cmocka_unit_test(samples_equal_the_cpu),
        cmocka_unit_test(published_random_words),
        cmocka_unit_test(contraction_is_noticed),
        cmocka_unit_test(missing_fma_is_noticed),
        cmocka_unit_test(the_device_really_ran),
        cmocka_unit_test(a_broken_source_shows_the_log),
        cmocka_unit_test(a_lost_device_adds_nothing),
        cmocka_unit_test(the_cache_helps_and_never_hurts),
        cmocka_unit_test(weak_devices_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
