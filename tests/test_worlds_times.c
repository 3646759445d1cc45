/* test_worlds_times.c: step times of many worlds on devices: the bits of the CPU on OpenCL and on the
 * stand-in for the CUDA driver (which says nothing about a GPU), and that other arithmetic would be noticed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/calibrate/calibration.h"
#include "host/backends/cuda_driver.h"
#include "host/language/embedded.h"
#include "host/backends/opencl.h"
#include "cuda/model/step/step_program.h"

enum { N = FC_FACTORS, WORLDS = 203 }; /* no multiple of any number of lanes */

static struct fc_catalog *catalog;
static struct fc_measurements measurements;
static struct fc_beliefs prior;
static struct fc_fit fit;
static const struct fc_step_program **plans;
static int (*which)[FC_STEP_JOINT];
static float *values, *expected;
static char library[4096];

static int setup(void **state)
{
    (void)state;
    struct fc_error error;
    bool *use;
    if (fc_catalog_open(&catalog, &error) || fc_measurements_open(&measurements, NULL, catalog, &error) ||
        fc_beliefs_read_priors(&prior, catalog, &error) || !(use = calloc(measurements.count, sizeof *use)))
        return -1;
    for (size_t i = 0; i < measurements.count; i += 7)
        use[i] = true;
    int status = fc_fit_create(&fit, &measurements, use, &prior, &error);
    free(use);
    plans = malloc(fit.count * sizeof *plans);
    which = malloc(fit.count * sizeof *which);
    values = malloc((N + 1) * WORLDS * sizeof *values);
    expected = malloc(fit.count * WORLDS * sizeof *expected);
    if (status || !plans || !which || !values || !expected)
        return -1;
    for (size_t r = 0; r < fit.count; r++) {
        plans[r] = &fit.rows[r].program;
        for (int i = 0; i < FC_STEP_JOINT; i++)
            which[r][i] = fit.rows[r].factor[i] < 0 ? N : fit.rows[r].factor[i];
    }
    uint64_t random = 5;
    for (int f = 0; f <= N; f++)
        for (int w = 0; w < WORLDS; w++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            double z = 5 * ((double)(random >> 40) / 16777216.0 - 0.5);
            values[f * WORLDS + w] = f < N ? (float)(prior.median[f] * exp(prior.sd_log[f] * z)) : 1.0f;
        }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(plans);
    free(which);
    free(values);
    free(expected);
    fc_fit_free(&fit);
    fc_measurements_free(&measurements);
    fc_catalog_close(catalog);
    return 0;
}

static struct fc_times_job job(int threads)
{
    return (struct fc_times_job){(const struct fc_step_program *const *)plans,
                                 (const int(*)[FC_STEP_JOINT])which, fit.count, N + 1, threads};
}

/* Runs the worlds in two calls; returns whether all times are those of `expected`. */
static bool same_as_expected(const struct fc_times_backend *backend, struct fc_times *session)
{
    struct fc_error error = {0};
    float *times = calloc(fit.count * WORLDS, sizeof *times);
    assert_non_null(times);
    if (backend->run(session, values, WORLDS, times, &error))
        fail_msg("%s", error.text);
    bool same = memcmp(times, expected, fit.count * WORLDS * sizeof *times) == 0;
    free(times);
    return same;
}

static void cpu_equals_the_double_form(void **state)
{
    (void)state;
    struct fc_times_job one = job(1), three = job(3);
    struct fc_times *session;
    struct fc_error error = {0};
    assert_int_equal(fc_times_cpu.open(&session, 0, &one, &error), 0);
    assert_int_equal(fc_times_cpu.run(session, values, WORLDS, expected, &error), 0);
    fc_times_cpu.close(session);
    for (size_t r = 0; r < fit.count; r++)
        for (int w = 0; w < WORLDS; w++) {
            double shift[N];
            for (int f = 0; f < N; f++)
                shift[f] = log((double)values[f * WORLDS + w] / prior.median[f]);
            double exact = fc_fit_log_time(&fit.rows[r], &prior, shift, NULL);
            assert_true(fabs((double)expected[r * WORLDS + (size_t)w] - exact) < 1e-5);
        }
    assert_int_equal(fc_times_cpu.open(&session, 0, &three, &error), 0);
    assert_true(same_as_expected(&fc_times_cpu, session));
    fc_times_cpu.close(session);
}

#ifdef FC_WITH_OPENCL
static struct fc_times *open_opencl(const struct fc_opencl_settings *settings)
{
    struct fc_times_job one = job(1);
    struct fc_times *session;
    struct fc_error error = {0};
    if (fc_times_opencl_open(&session, 0, &one, settings, &error))
        fail_msg("%s", error.text);
    return session;
}

static bool has_opencl(void)
{
    struct fc_device_info info[FC_DEVICES_MAX];
    char why[256];
    return fc_backend_opencl.discover(info, FC_DEVICES_MAX, why, sizeof why) > 0 && !info[0].refused[0];
}

static void opencl_equals_the_cpu(void **state)
{
    (void)state;
    static const struct fc_opencl_settings one = {.lanes = 1, .chunk = 1};
    const struct fc_opencl_settings *const ways[] = {NULL, &one};
    if (!has_opencl()) {
        print_message("# skipped: no OpenCL device\n");
        skip();
    }
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct fc_times *session = open_opencl(ways[i]);
        assert_true(same_as_expected(&fc_times_opencl, session));
        fc_times_opencl.close(session);
    }
}

/* Negative control: with a product rounded before the sum, the times are others. */
static void other_arithmetic_is_noticed(void **state)
{
    (void)state;
    static const char from[] = "return fma(a, b, c)", to[] = "return a * b + c   ";
    if (!has_opencl())
        skip();
    const struct fc_embedded_file *file = fc_embedded_find("cuda/trial.cl");
    assert_non_null(file);
    char *source = malloc(file->size + 1), *at;
    assert_non_null(source);
    memcpy(source, file->data, file->size);
    source[file->size] = '\0';
    at = strstr(source, from);
    assert_non_null(at);
    memcpy(at, to, strlen(from));
    const struct fc_opencl_settings unfused = {.lanes = 1, .chunk = 1, .source = source};
    struct fc_times *session = open_opencl(&unfused);
    assert_false(same_as_expected(&fc_times_opencl, session));
    fc_times_opencl.close(session);
    free(source);
}

/* A whole calibration: the same particles. */
static void a_calibration_is_the_same(void **state)
{
    (void)state;
    if (!has_opencl())
        skip();
    struct fc_calibration *one = calloc(1, sizeof *one), *two = calloc(1, sizeof *two);
    struct fc_error error = {0};
    struct fc_calibration_options options = {.draws = 3000, .seed = 9, .threads = 2};
    assert_true(one && two);
    assert_int_equal(fc_calibration_run(one, &fit, &options, &error), 0);
    options.backend = &fc_times_opencl;
    if (fc_calibration_run(two, &fit, &options, &error))
        fail_msg("%s", error.text);
    assert_int_equal(one->count, two->count);
    assert_memory_equal(one->particles, two->particles, one->count * N * sizeof(double));
    fc_calibration_free(one);
    fc_calibration_free(two);
    free(one);
    free(two);
}
#endif

/* The host side of CUDA on the stand-in for the driver, and what becomes of an error. */
static void cuda_host_side_works(void **state)
{
    (void)state;
    struct fc_times_job one = job(1);
    struct fc_times *session;
    struct fc_error error = {0};
    if (!fc_embedded_find("cuda/trial.fatbin")) {
        print_message("# skipped: no CUDA kernels in this build (no nvcc)\n");
        assert_int_not_equal(fc_times_cuda.open(&session, 0, &one, &error), 0);
        assert_int_equal(error.status, FC_NO_DEVICE);
        skip();
    }
    fc_cuda_library = library;
    if (fc_times_cuda.open(&session, 0, &one, &error))
        fail_msg("%s", error.text);
    assert_true(same_as_expected(&fc_times_cuda, session));
    setenv("FAKE_CUDA_FAIL", "cuLaunchKernel:1", 1);
    assert_int_not_equal(fc_times_cuda.run(session, values, WORLDS, expected, &error), 0);
    assert_int_equal(error.status, FC_FAULT);
    unsetenv("FAKE_CUDA_FAIL");
    fc_times_cuda.close(session);
    assert_int_not_equal(fc_times_cuda.open(&session, 7, &one, &error), 0);
    assert_int_equal(error.status, FC_NO_DEVICE);
}

int main(int argc, char **argv)
{
    (void)argc;
    const char *slash = strrchr(argv[0], '/');
    (void)snprintf(library, sizeof library, "%.*s/fake_cuda.so", slash ? (int)(slash - argv[0]) : 1,
                   slash ? argv[0] : ".");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_equals_the_double_form),
#ifdef FC_WITH_OPENCL
        cmocka_unit_test(opencl_equals_the_cpu),      cmocka_unit_test(other_arithmetic_is_noticed),
        cmocka_unit_test(a_calibration_is_the_same),
#endif
        cmocka_unit_test(cuda_host_side_works),
    };
    return cmocka_run_group_tests_name("worlds_times", tests, setup, teardown);
}
