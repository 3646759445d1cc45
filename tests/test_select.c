/* test_select.c: which devices are chosen, on hardware made of stand-ins: backends that list the devices a
 * test wants and compute with the CPU backend, so that their self-tests are real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/backends/kernels.h"
#include "host/run/select.h"

struct stand_in {
    int devices;
    const char *why;
    struct fc_device_info device[4];
    bool broken; /* gives wrong answers */
};
static struct stand_in cuda, opencl;

static int list(const struct stand_in *from, struct fc_device_info *devices, char *why, size_t why_size)
{
    (void)snprintf(why, why_size, "%s", from->why ? from->why : "");
    memcpy(devices, from->device, (size_t)from->devices * sizeof *devices);
    return from->devices;
}

static int discover_cuda(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    (void)max;
    return list(&cuda, devices, why, why_size);
}

static int discover_opencl(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    (void)max;
    return list(&opencl, devices, why, why_size);
}

static int open_stand_in(const struct stand_in *from, struct fc_session **session, const struct fc_job *job,
                         const struct fc_host *host, struct fc_error *error)
{
    struct fc_job changed = *job;
    changed.seed ^= from->broken;
    return fc_backend_cpu.open(session, 0, &changed, host, error);
}

static int open_cuda(struct fc_session **session, int device, const struct fc_job *job,
                     const struct fc_host *host, struct fc_error *error)
{
    (void)device;
    return open_stand_in(&cuda, session, job, host, error);
}

static int open_opencl(struct fc_session **session, int device, const struct fc_job *job,
                       const struct fc_host *host, struct fc_error *error)
{
    (void)device;
    return open_stand_in(&opencl, session, job, host, error);
}

static struct fc_backend as_cuda, as_opencl;

static struct fc_device_info gpu(const char *name, const char *pci)
{
    struct fc_device_info info = {.is_gpu = true};
    (void)snprintf(info.name, sizeof info.name, "%s", name);
    info.has_pci = pci && fc_pci_address_read(pci, &info.pci);
    return info;
}

static struct fc_device_info pocl(void)
{
    struct fc_device_info info = {0};
    (void)snprintf(info.name, sizeof info.name, "pthread-cpu");
    return info;
}

static int set_up(void **state)
{
    (void)state;
    (void)unsetenv("HWLOC_XMLFILE");
    (void)unsetenv("HWLOC_SYNTHETIC");
    (void)unsetenv("FLOPCAST_FAULT");
    cuda = (struct stand_in){.why = "no CUDA driver"};
    opencl = (struct stand_in){.devices = 1};
    opencl.device[0] = pocl();
    as_cuda = fc_backend_cpu;
    as_cuda.name = "cuda";
    as_cuda.title = "CUDA";
    as_cuda.is_host = false;
    as_cuda.api = FC_DEVICE_CUDA;
    as_cuda.gpu = as_cuda.cpu = FC_KIND_CUDA;
    as_cuda.install = "install the driver of the GPU";
    as_cuda.discover = discover_cuda;
    as_cuda.open = open_cuda;
    as_opencl = fc_backend_cpu;
    as_opencl.name = "opencl";
    as_opencl.title = "OpenCL";
    as_opencl.is_host = false;
    as_opencl.api = FC_DEVICE_OPENCL;
    as_opencl.gpu = FC_KIND_OPENCL_GPU;
    as_opencl.cpu = FC_KIND_OPENCL_CPU;
    as_opencl.install = "install pocl-opencl-icd";
    as_opencl.discover = discover_opencl;
    as_opencl.open = open_opencl;
    return 0;
}

static int choose(struct fc_selection *selection, const struct fc_select_request *request,
                  struct fc_error *error)
{
    const struct fc_backend *const backends[] = {&as_cuda, &fc_backend_cpu, &as_opencl, NULL};
    struct fc_hardware hardware;
    if (fc_hardware_find(&hardware, backends, request->threads, error))
        return -1;
    int status = fc_select_from(selection, &hardware, request, error);
    fc_hardware_free(&hardware);
    return status;
}

/* Expects these backends, in this number of workers. */
static void expect(const char *wish, const char *backends, int workers, struct fc_selection *selection)
{
    struct fc_error error = {0};
    struct fc_select_request request = {.backends = wish, .device = -1};
    if (choose(selection, &request, &error))
        fail_msg("-b %s: %s", wish ? wish : "(none)", error.text);
    assert_string_equal(selection->backends, backends);
    assert_int_equal(selection->worker_count, workers);
    assert_ptr_equal(selection->host.placement, &selection->placement);
    assert_true(selection->host.threads >= 1);
}

static void expect_failure(const struct fc_select_request *request, enum fc_status status, const char *says)
{
    struct fc_error error = {0};
    struct fc_selection selection;
    if (choose(&selection, request, &error) == 0)
        fail_msg("-b %s is accepted", request->backends);
    assert_int_equal(error.status, status);
    if (!strstr(error.text, says))
        fail_msg("'%s' does not say '%s'", error.text, says);
    fc_select_free(&selection);
}

static void falls_back_to_the_cpu_and_says_so(void **state)
{
    (void)state;
    struct fc_selection s;
    expect(NULL, "cpu", 1, &s);
    assert_non_null(
        strstr(s.line, "no GPU found (CUDA: no CUDA driver; OpenCL: only the CPU); running on CPU, "));
    assert_non_null(strstr(s.line, fc_kernel_best()->name));
    assert_non_null(strstr(s.workers[0].name, s.host.threads == 1 ? "1 thread," : "threads,"));
    fc_select_free(&s);
}

static void takes_cuda_before_opencl_before_the_cpu(void **state)
{
    (void)state;
    struct fc_selection s;
    opencl.devices = 2;
    opencl.device[1] = gpu("Radeon", "0000:41:00.0");
    expect("auto", "opencl", 1, &s);
    assert_int_equal(s.workers[0].device, 1);
    fc_select_free(&s);
    cuda.devices = 2;
    cuda.device[0] = gpu("H100", "0000:1b:00.0");
    cuda.device[1] = gpu("H100", "0000:43:00.0");
    expect("auto", "cuda", 2, &s);
    assert_non_null(strstr(s.line, "found 3 GPUs (H100, H100, Radeon); running on CUDA: H100 + CUDA: H100"));
    fc_select_free(&s);
}

static void all_takes_each_gpu_once_and_the_cpu_beside_them(void **state)
{
    (void)state;
    struct fc_selection s;
    cuda.devices = 1;
    cuda.device[0] = gpu("H100", "0000:1b:00.0");
    opencl.devices = 3; /* the H100 again, another GPU, the CPU */
    opencl.device[0] = gpu("H100", "0000:1b:00.0");
    opencl.device[1] = gpu("Radeon", "0000:41:00.0");
    opencl.device[2] = pocl();
    expect("all", "cuda+opencl+cpu", 3, &s);
    assert_int_equal(s.workers[1].device, 1);
    /* a thread per GPU feeds it; those that compute come first and are at least one */
    int feeders = 0;
    for (int t = 0; t < s.placement.threads; t++) {
        feeders += s.placement.thread[t].device >= 0;
        if (t < s.host.threads && s.placement.threads > 2)
            assert_int_equal(s.placement.thread[t].device, -1);
    }
    assert_int_equal(s.host.threads, s.placement.threads > 2 ? s.placement.threads - 2 : 1);
    assert_true(feeders <= 2);
    for (int d = 0; d < s.placement.devices; d++)
        if (s.placement.device[d].works && s.placement.thread[s.placement.device[d].thread].device >= 0)
            assert_true(s.placement.device[s.placement.thread[s.placement.device[d].thread].device].works);
    fc_select_free(&s);
    opencl.devices = 0;
    opencl.why = "no platform";
    expect("all", "cuda+cpu", 2, &s);
    if (s.placement.threads > 1) {
        assert_int_equal(s.host.threads, s.placement.threads - 1);
        assert_int_equal(s.placement.thread[0].device, -1);
        assert_int_equal(s.placement.thread[s.host.threads].device, 0);
    }
    fc_select_free(&s);
    cuda.devices = 0;
    expect("all", "cpu", 1, &s);
    fc_select_free(&s);
}

static void named_backends(void **state)
{
    (void)state;
    struct fc_selection s;
    expect("opencl", "opencl", 1, &s);
    assert_non_null(strstr(s.line, "as asked"));
    fc_select_free(&s);
    expect("cpu+opencl", "cpu+opencl", 2, &s);
    fc_select_free(&s);
    expect("opencl,cpu", "cpu+opencl", 2, &s);
    fc_select_free(&s);
    cuda.devices = 1;
    cuda.device[0] = gpu("H100", "0000:1b:00.0");
    opencl.device[1] = gpu("H100", "0000:1b:00.0");
    opencl.devices = 2;
    expect("opencl", "opencl", 1, &s); /* its GPU, not its CPU */
    assert_int_equal(s.workers[0].device, 1);
    fc_select_free(&s);
    expect("cuda+opencl", "cuda", 1, &s); /* one GPU works once */
    assert_non_null(strstr(s.note[s.notes - 1], "adds nothing"));
    fc_select_free(&s);
    struct fc_error error = {0};
    struct fc_select_request first = {.backends = "opencl", .device = 0};
    assert_int_equal(choose(&s, &first, &error), 0);
    assert_int_equal(s.workers[0].device, 0);
    fc_select_free(&s);
}

static void what_cannot_be_had(void **state)
{
    (void)state;
    expect_failure(&(struct fc_select_request){.backends = "cuda", .device = -1}, FC_NO_DEVICE,
                   "CUDA is not available (no CUDA driver); install the driver of the GPU");
    expect_failure(&(struct fc_select_request){.backends = "cuda+cpu", .device = -1}, FC_NO_DEVICE,
                   "no CUDA driver");
    expect_failure(&(struct fc_select_request){.backends = "opencl", .device = 3}, FC_NO_DEVICE,
                   "no device 3");
    (void)snprintf(opencl.device[0].refused, sizeof opencl.device[0].refused, "it flushes denormal numbers");
    expect_failure(&(struct fc_select_request){.backends = "opencl", .device = -1}, FC_NO_DEVICE,
                   "pthread-cpu cannot be used (it flushes denormal numbers)");
    opencl.device[0] = pocl();
}

static void what_makes_no_sense(void **state)
{
    (void)state;
    expect_failure(&(struct fc_select_request){.backends = "opncl", .device = -1}, FC_BAD_INPUT,
                   "did you mean 'opencl'");
    expect_failure(&(struct fc_select_request){.backends = "", .device = -1}, FC_BAD_INPUT, "no backend ''");
    expect_failure(&(struct fc_select_request){.backends = "cpu,", .device = -1}, FC_BAD_INPUT,
                   "no backend ''");
    expect_failure(&(struct fc_select_request){.backends = "auto,cpu", .device = -1}, FC_BAD_INPUT,
                   "cannot be combined");
    expect_failure(&(struct fc_select_request){.backends = "cpu+all", .device = -1}, FC_BAD_INPUT,
                   "cannot be combined");
    expect_failure(&(struct fc_select_request){.backends = NULL, .device = 0}, FC_BAD_INPUT,
                   "--device 0 needs");
    expect_failure(&(struct fc_select_request){.backends = "cpu", .device = -1, .isa = "avx1024"},
                   FC_BAD_INPUT, "no instruction set 'avx1024'");
    expect_failure(&(struct fc_select_request){.backends = "opencl", .device = -1, .isa = "portable"},
                   FC_BAD_INPUT, "add cpu to -b");
}

static void an_instruction_set_means_the_cpu(void **state)
{
    (void)state;
    struct fc_selection s;
    struct fc_error error = {0};
    cuda.devices = 1;
    cuda.device[0] = gpu("H100", "0000:1b:00.0");
    struct fc_select_request request = {.device = -1, .isa = "portable", .threads = 1};
    assert_int_equal(choose(&s, &request, &error), 0);
    assert_string_equal(s.backends, "cpu");
    assert_string_equal(s.workers[0].name, "CPU, 1 thread, portable");
    assert_string_equal(s.host.isa, "portable");
    fc_select_free(&s);
}

static void a_device_that_fails_its_test_is_left_out(void **state)
{
    (void)state;
    struct fc_selection s;
    cuda.devices = 1;
    cuda.device[0] = gpu("H100", "0000:1b:00.0");
    cuda.broken = true;
    opencl.devices = 2;
    opencl.device[1] = gpu("H100", "0000:1b:00.0");
    expect("auto", "opencl", 1, &s); /* the same GPU, through the other entry */
    assert_int_equal(s.workers[0].device, 1);
    assert_non_null(strstr(s.note[s.notes - 1], "CUDA H100 is left out: self-test failed"));
    fc_select_free(&s);
    opencl.broken = true;
    expect("auto", "cpu", 1, &s);
    fc_select_free(&s);
    expect("cpu+cuda", "cpu", 1, &s);
    assert_non_null(strstr(s.note[s.notes - 1], "left out"));
    fc_select_free(&s);
    expect_failure(&(struct fc_select_request){.backends = "cuda", .device = -1}, FC_NO_DEVICE,
                   "self-test failed");
    expect_failure(&(struct fc_select_request){.backends = "auto", .device = -1, .strict = true},
                   FC_NO_DEVICE, "--strict stops here");
    expect_failure(&(struct fc_select_request){.backends = "all", .device = -1, .strict = true}, FC_NO_DEVICE,
                   "CUDA H100");
}

static void threads_as_asked_or_a_note_why_not(void **state)
{
    (void)state;
    struct fc_selection s;
    struct fc_error error = {0};
    struct fc_select_request one = {.backends = "cpu", .device = -1, .threads = 1},
                             many = {.backends = "cpu", .device = -1, .threads = 60000};
    assert_int_equal(choose(&s, &one, &error), 0);
    assert_int_equal(s.host.threads, 1);
    fc_select_free(&s);
    assert_int_equal(choose(&s, &many, &error), 0);
    assert_true(s.host.threads < 60000);
    assert_true(s.notes >= 1);
    fc_select_free(&s);
}

/* On a described machine the devices found here do not belong to it; the CPU still works. */
static void a_described_machine(void **state)
{
    (void)state;
    struct fc_selection s;
    cuda.devices = 1;
    cuda.device[0] = gpu("H100", "0000:1b:00.0");
    assert_int_equal(setenv("HWLOC_SYNTHETIC", "package:2 core:3 pu:2", 1), 0);
    expect("cpu", "cpu", 1, &s);
    assert_int_equal(s.host.threads, 6);
    assert_int_equal(s.placement.devices, 0);
    fc_select_free(&s);
    assert_int_equal(setenv("HWLOC_SYNTHETIC", "no such machine", 1), 0);
    expect_failure(&(struct fc_select_request){.backends = "cpu", .device = -1}, FC_BAD_INPUT, "");
    (void)unsetenv("HWLOC_SYNTHETIC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(falls_back_to_the_cpu_and_says_so, set_up),
        cmocka_unit_test_setup(takes_cuda_before_opencl_before_the_cpu, set_up),
        cmocka_unit_test_setup(all_takes_each_gpu_once_and_the_cpu_beside_them, set_up),
        cmocka_unit_test_setup(named_backends, set_up),
        cmocka_unit_test_setup(what_cannot_be_had, set_up),
        cmocka_unit_test_setup(what_makes_no_sense, set_up),
        cmocka_unit_test_setup(an_instruction_set_means_the_cpu, set_up),
        cmocka_unit_test_setup(a_device_that_fails_its_test_is_left_out, set_up),
        cmocka_unit_test_setup(threads_as_asked_or_a_note_why_not, set_up),
        cmocka_unit_test_setup(a_described_machine, set_up),
    };
    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
