/* test_topology.c: the machine, the placement and their drawing, on modelled machines
 * (tests/topology/machines), on synthetic ones and on the machine that runs the test. A drawing that differs
 * from the committed one is left in the temporary folder, to be looked at before it replaces the expected
 * text. */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
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

#include "../topology/placement.h"
#include "../topology/render.h"
#include "../topology/topology.h"

static const char two_sockets[] = "package:2 numa:1(memory=274877906944) l3:8(size=33554432) "
                                  "l2:8(size=1048576) core:1 pu:2";

/* ---- helpers ---- */

/* A path under tests/topology, whatever folder the tests run in. */
static const char *in_tests(const char *name, char path[static PATH_MAX])
{
    const char *slash = strrchr(__FILE__, '/');
    int length = slash ? (int)(slash - __FILE__) : 1;
    (void)snprintf(path, PATH_MAX, "%.*s/topology/%s", length, slash ? __FILE__ : ".", name);
    return path;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    size_t size = fread(text, 1, (1 << 20) - 1, file);
    text[size] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct fc_topology *load(struct fc_topology_source source)
{
    struct fc_topology *topology = NULL;
    char why[300] = "";
    if (fc_topology_load_from(&source, &topology, why, sizeof why) != 0)
        fail_msg("%s", why);
    assert_non_null(topology);
    return topology;
}

static struct fc_topology *load_xml(const char *name)
{
    char file[PATH_MAX], path[PATH_MAX];
    (void)snprintf(file, sizeof file, "machines/%s.xml", name);
    return load((struct fc_topology_source){.xml_path = in_tests(file, path)});
}

static struct fc_topology *load_synthetic(const char *description)
{
    return load((struct fc_topology_source){.synthetic = description});
}

static struct fc_topology *load_container(void)
{
    char xml[PATH_MAX], root[PATH_MAX];
    return load((struct fc_topology_source){.xml_path = in_tests("machines/container.xml", xml),
                                            .system_root = in_tests("container", root)});
}

static struct fc_placement decide(const struct fc_topology *topology, int threads)
{
    struct fc_placement placement;
    char why[300] = "";
    if (fc_placement_decide(topology, threads, &placement, why, sizeof why) != 0)
        fail_msg("%s", why);
    return placement;
}

static bool says(const struct fc_placement *placement, const char *words)
{
    for (int i = 0; i < placement->lines; i++)
        if (strstr(placement->line[i], words))
            return true;
    return false;
}

static struct fc_device_report gpu_report(enum fc_device_api api, const char *name, const char *pci)
{
    struct fc_device_report report = {.api = api, .name = name, .has_pci = pci != NULL};
    if (pci)
        assert_true(fc_pci_address_read(pci, &report.pci));
    return report;
}

static const struct fc_device_report pocl = {.api = FC_DEVICE_OPENCL, .name = "cpu-pocl", .is_cpu = true};
static const char *const dgx_pci[8] = {"0000:1b:00.0", "0000:43:00.0", "0000:52:00.0", "0000:61:00.0",
                                       "0000:9d:00.0", "0000:c3:00.0", "0000:d1:00.0", "0000:df:00.0"};
static const char *const tray_pci[4] = {"0008:01:00.0", "0009:01:00.0", "0018:01:00.0", "0019:01:00.0"};

/* What a program with both CUDA and OpenCL reports on a DGX H100, PoCL included. */
static void attach_dgx(struct fc_topology *topology)
{
    struct fc_device_report report[17];
    for (int i = 0; i < 8; i++) {
        report[i] = gpu_report(FC_DEVICE_CUDA, "NVIDIA H100 80GB HBM3", dgx_pci[i]);
        report[i].peak_gflops = 60000;
        report[8 + i] = gpu_report(FC_DEVICE_OPENCL, "NVIDIA H100 80GB HBM3", dgx_pci[i]);
    }
    report[16] = pocl;
    assert_int_equal(fc_topology_attach(topology, report, 17), 0);
}

static void attach_tray(struct fc_topology *topology)
{
    struct fc_device_report report[4];
    for (int i = 0; i < 4; i++)
        report[i] = gpu_report(FC_DEVICE_CUDA, "NVIDIA GB200", tray_pci[i]);
    assert_int_equal(fc_topology_attach(topology, report, 4), 0);
}

/* ---- drawings ---- */

static void expect_drawing(const struct fc_topology *topology, const char *name, bool utf8)
{
    struct fc_placement placement = decide(topology, 0);
    char file[256], path[PATH_MAX];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(fc_topology_render(topology, &placement, out, utf8), 0);
    assert_int_equal(fclose(out), 0);
    (void)snprintf(file, sizeof file, "expected/%s.txt", name);
    char *expected = access(in_tests(file, path), R_OK) == 0 ? read_file(path) : calloc(1, 1);
    if (strcmp(text, expected) != 0) {
        const char *folder = getenv("TMPDIR");
        char actual[PATH_MAX];
        (void)snprintf(actual, sizeof actual, "%s/%s.actual.txt", folder ? folder : "/tmp", name);
        write_file(actual, text);
        fail_msg("the drawing differs: diff %s %s", path, actual);
    }
    for (size_t i = 0; !utf8 && i < size; i++)
        assert_true((unsigned char)text[i] < 128);
    free(expected);
    free(text);
    fc_placement_free(&placement);
}

static void draws_a_laptop(void **state)
{
    struct fc_topology *topology = load_xml("laptop");
    struct fc_device_report report[] = {
        gpu_report(FC_DEVICE_OPENCL, "Intel(R) Iris(R) Xe Graphics", "0000:00:02.0"), pocl};
    (void)state;
    report[0].peak_gflops = 2000;
    assert_int_equal(fc_topology_attach(topology, report, 2), 0);
    expect_drawing(topology, "laptop", true);
    expect_drawing(topology, "laptop_ascii", false);
    fc_topology_free(topology);
}

static void draws_two_sockets(void **state)
{
    struct fc_topology *topology = load_synthetic(two_sockets);
    (void)state;
    assert_int_equal(fc_topology_attach(topology, &pocl, 1), 0);
    expect_drawing(topology, "two_sockets", true);
    fc_topology_free(topology);
}

static void draws_a_dgx_h100(void **state)
{
    struct fc_topology *topology = load_xml("dgx_h100");
    (void)state;
    attach_dgx(topology);
    expect_drawing(topology, "dgx_h100", true);
    fc_topology_free(topology);
}

static void draws_a_gb200_tray(void **state)
{
    struct fc_topology *topology = load_xml("gb200_tray");
    (void)state;
    attach_tray(topology);
    expect_drawing(topology, "gb200_tray", true);
    fc_topology_free(topology);
}

static void draws_a_container(void **state)
{
    struct fc_topology *topology = load_container();
    (void)state;
    expect_drawing(topology, "container", true);
    fc_topology_free(topology);
}

static void draws_a_machine_unseen(void **state)
{
    struct fc_topology *topology = load_xml("nothing");
    (void)state;
    expect_drawing(topology, "nothing", true);
    fc_topology_free(topology);
}

/* ---- what holds for every placement ---- */

static void check_rules(const struct fc_topology *topology, int requested)
{
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_placement placement = decide(topology, requested);
    int *on_core = calloc((size_t)machine->cores, sizeof *on_core);
    int *on_pu = calloc((size_t)machine->pus, sizeof *on_pu);
    int usable_cores = 0, most = 0;
    double sum = placement.cpu_share;
    assert_non_null(on_core);
    assert_non_null(on_pu);
    for (int i = 0; i < machine->cores; i++)
        usable_cores += machine->core[i].allowed_pus > 0;
    int limit = machine->limits.allowed_pus;
    if (machine->limits.quota_threads > 0 && machine->limits.quota_threads < limit)
        limit = machine->limits.quota_threads;
    int wanted = requested > 0 ? requested : usable_cores;
    assert_int_equal(placement.threads, wanted < limit ? wanted : limit);
    for (int t = 0; t < placement.threads; t++) {
        const struct fc_thread_place *place = &placement.thread[t];
        assert_in_range(place->core, 0, machine->cores - 1);
        assert_in_range(place->pu, 0, machine->pus - 1);
        assert_int_equal(machine->pu[place->pu].core, place->core);
        assert_true(machine->pu[place->pu].is_allowed);
        assert_int_equal(++on_pu[place->pu], 1);
        if (++on_core[place->core] > most)
            most = on_core[place->core];
        if (most > 1) /* a second thread on a core only after every core has one */
            assert_true(t >= usable_cores);
        if (place->numa >= 0) {
            assert_false(machine->numa_node[place->numa].is_gpu_memory);
            assert_true(machine->numa_node[place->numa].is_host_memory);
            assert_true(machine->numa_node[place->numa].is_allowed);
        }
    }
    for (int i = 0; i < placement.devices; i++) {
        const struct fc_device_place *place = &placement.device[i];
        assert_true(place->share >= 0 && place->share <= 1);
        sum += place->share;
        if (!place->works) {
            assert_true(place->share == 0);
            assert_true(place->why[0] != '\0');
            continue;
        }
        assert_in_range(place->thread, 0, placement.threads - 1);
        assert_true(place->numa < 0 || !machine->numa_node[place->numa].is_gpu_memory);
    }
    assert_true(sum > 1 - 1e-12 && sum < 1 + 1e-12);
    free(on_core);
    free(on_pu);
    fc_placement_free(&placement);
}

static void check_many(const struct fc_topology *topology)
{
    int pus = fc_topology_machine(topology)->pus;
    int requests[] = {0, 1, 2, 3, 5, 8, pus / 2, pus / 2 + 1, pus, pus + 1, 100000};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        check_rules(topology, requests[i]);
}

static void every_placement_keeps_the_rules(void **state)
{
    static const char *const xml[] = {"laptop", "dgx_h100", "gb200_tray", "container", "nothing"};
    static const char *const synthetic[] = {
        two_sockets,
        "numa:1 pu:1",
        "numa:1 pu:3",
        "numa:1 core:1 pu:8",
        "package:1 numa:1 core:3 pu:1",
        "numa:4 core:2 pu:2",
        "package:2 numa:4 l3:2 core:3 pu:4",
    };
    (void)state;
    for (size_t i = 0; i < sizeof xml / sizeof *xml; i++) {
        struct fc_topology *topology = load_xml(xml[i]);
        check_many(topology);
        attach_dgx(topology);
        check_many(topology);
        attach_tray(topology);
        check_many(topology);
        fc_topology_free(topology);
    }
    for (size_t i = 0; i < sizeof synthetic / sizeof *synthetic; i++) {
        struct fc_topology *topology = load_synthetic(synthetic[i]);
        check_many(topology);
        fc_topology_free(topology);
    }
    struct fc_topology *container = load_container();
    check_many(container);
    fc_topology_free(container);
    struct fc_topology *here = load((struct fc_topology_source){0});
    check_many(here);
    fc_topology_free(here);
}

static void threads_spread_over_numa_and_caches(void **state)
{
    struct fc_topology *topology = load_synthetic(two_sockets);
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_placement placement = decide(topology, 16);
    int on_numa[2] = {0}, on_cache[256] = {0};
    (void)state;
    assert_int_equal(machine->numa_nodes, 2);
    assert_int_equal(placement.threads, 16);
    for (int t = 0; t < 16; t++) {
        on_numa[placement.thread[t].numa]++;
        fc_index cache = machine->core[placement.thread[t].core].last_cache;
        assert_int_equal(machine->cache[cache].level, 3);
        assert_int_equal(++on_cache[cache], 1); /* 16 caches, 16 threads */
    }
    assert_int_equal(on_numa[0], 8);
    assert_int_equal(on_numa[1], 8);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

static void performance_cores_come_first(void **state)
{
    struct fc_topology *topology = load_xml("laptop");
    const struct fc_machine *machine = fc_topology_machine(topology);
    (void)state;
    assert_int_equal(machine->cpu_kinds, 2);
    assert_string_equal(machine->cpu_kind[1].name, "performance");
    assert_int_equal(machine->cpu_kind[1].cores, 4);
    assert_int_equal(machine->cpu_kind[0].cores, 8);
    for (int threads = 1; threads <= 12; threads++) {
        struct fc_placement placement = decide(topology, threads);
        int fast = 0;
        for (int t = 0; t < placement.threads; t++)
            fast += machine->core[placement.thread[t].core].kind == 1;
        assert_int_equal(fast, threads < 4 ? threads : 4);
        fc_placement_free(&placement);
    }
    fc_topology_free(topology);
}

static void too_many_threads_are_refused_with_a_line(void **state)
{
    struct fc_topology *topology = load_synthetic("package:1 numa:1 core:2 pu:2");
    struct fc_placement placement = decide(topology, 9);
    char why[200] = "";
    (void)state;
    assert_int_equal(placement.threads, 4);
    assert_true(says(&placement, "9 threads were asked for, 4 hardware threads are allowed"));
    fc_placement_free(&placement);
    assert_int_equal(fc_placement_decide(topology, -1, &placement, why, sizeof why), FC_TOPOLOGY_BAD_VALUE);
    assert_non_null(strstr(why, "-1 threads"));
    fc_topology_free(topology);
}

/* ---- GPU memory ---- */

/* Loads gb200_tray.xml with every `from` replaced by `to`. */
static struct fc_topology *load_changed_tray(const char *from, const char *to)
{
    char path[PATH_MAX], changed[] = "/tmp/fc_tray_XXXXXX";
    char *text = read_file(in_tests("machines/gb200_tray.xml", path));
    int number = mkstemp(changed), replaced = 0;
    assert_true(number >= 0);
    FILE *file = fdopen(number, "wb");
    assert_non_null(file);
    const char *rest = text;
    for (const char *at; (at = strstr(rest, from)); rest = at + strlen(from), replaced++) {
        assert_int_equal(fwrite(rest, 1, (size_t)(at - rest), file), (size_t)(at - rest));
        assert_true(fputs(to, file) >= 0);
    }
    assert_true(fputs(rest, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_true(replaced > 0);
    struct fc_topology *topology = load((struct fc_topology_source){.xml_path = changed});
    assert_int_equal(unlink(changed), 0);
    free(text);
    return topology;
}

static void gpu_memory_is_never_host_memory(void **state)
{
    struct fc_topology *topology = load_xml("gb200_tray");
    const struct fc_machine *machine = fc_topology_machine(topology);
    int gpu_nodes = 0;
    (void)state;
    for (int i = 0; i < machine->numa_nodes; i++) {
        gpu_nodes += machine->numa_node[i].is_gpu_memory;
        assert_int_equal(machine->numa_node[i].is_gpu_memory, !machine->numa_node[i].is_host_memory);
        void *memory = fc_host_memory_allocate(topology, i, 4096);
        assert_int_equal(memory == NULL, machine->numa_node[i].is_gpu_memory);
        fc_host_memory_free(topology, memory, 4096);
    }
    assert_int_equal(gpu_nodes, 4);
    for (int i = 0; i < machine->gpus; i++) {
        assert_int_equal(machine->numa_node[machine->gpu[i].numa].os_index, i / 2);
        assert_int_equal(machine->numa_node[machine->gpu[i].memory_numa].os_index, 2 + 8 * i);
    }
    fc_topology_free(topology);
}

static void barred_host_memory_is_not_replaced_by_gpu_memory(void **state)
{
    struct fc_topology *topology =
        load_changed_tray("allowed_nodeset=\"0x04040407\"", "allowed_nodeset=\"0x04040404\"");
    (void)state;
    attach_tray(topology);
    struct fc_placement placement = decide(topology, 0);
    assert_int_equal(placement.threads, 144);
    for (int t = 0; t < placement.threads; t++)
        assert_int_equal(placement.thread[t].numa, -1);
    for (int i = 0; i < placement.devices; i++)
        assert_int_equal(placement.device[i].numa, -1);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

/* A driver or an hwloc too old to mark these nodes: the ordinary memory still has the lowest number. */
static void unmarked_gpu_memory_is_not_chosen(void **state)
{
    struct fc_topology *topology = load_changed_tray("PCIBusID", "Nothing");
    struct fc_topology *unmarked = load_changed_tray("GPUMemory", "Unknown");
    struct fc_topology *both[] = {topology, unmarked};
    (void)state;
    for (int k = 0; k < 2; k++) {
        const struct fc_machine *machine = fc_topology_machine(both[k]);
        attach_tray(both[k]);
        struct fc_placement placement = decide(both[k], 0);
        for (int t = 0; t < placement.threads; t++)
            assert_in_range(machine->numa_node[placement.thread[t].numa].os_index, 0, 1);
        for (int i = 0; i < placement.devices; i++)
            assert_int_equal(machine->numa_node[placement.device[i].numa].os_index, i / 2);
        fc_placement_free(&placement);
        fc_topology_free(both[k]);
    }
}

/* ---- joining and shares ---- */

static void reported_devices_join_by_pci(void **state)
{
    struct fc_topology *topology = load_xml("dgx_h100");
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_device_report report[10];
    (void)state;
    for (int i = 0; i < 8; i++) { /* in the opposite order */
        report[i] = gpu_report(FC_DEVICE_CUDA, "H100 by CUDA", dgx_pci[7 - i]);
        report[i].peak_gflops = 67000;
    }
    report[8] = gpu_report(FC_DEVICE_OPENCL, "H100 by OpenCL", "00000000:1B:00.0");
    report[9] = gpu_report(FC_DEVICE_OPENCL, "elsewhere", "0001:1b:00.0");
    assert_int_equal(fc_topology_attach(topology, report, 10), 0);
    assert_int_equal(machine->gpus, 9);
    for (int i = 0; i < 8; i++)
        assert_int_equal(machine->device[i].gpu, 7 - i);
    assert_int_equal(machine->device[8].gpu, 0);
    assert_true(machine->gpu[0].seen_by_hwloc && machine->gpu[0].seen_by_cuda &&
                machine->gpu[0].seen_by_opencl);
    assert_string_equal(machine->gpu[0].name, "H100 by CUDA");
    assert_int_equal(machine->device[9].gpu, 8);
    assert_false(machine->gpu[8].seen_by_hwloc);
    assert_int_equal(machine->gpu[8].numa, -1);
    struct fc_placement placement = decide(topology, 0);
    for (int i = 0; i < 8; i++) {
        assert_true(placement.device[i].works);
        assert_int_equal(placement.device[i].numa, i < 4 ? 1 : 0);
        assert_int_equal(placement.thread[placement.device[i].thread].numa, i < 4 ? 1 : 0);
        assert_int_equal(placement.thread[placement.device[i].thread].device, i);
    }
    assert_false(placement.device[8].works);
    assert_true(placement.device[9].works);
    fc_placement_free(&placement);
    assert_int_equal(fc_topology_attach(topology, NULL, 0), 0); /* as if nothing had been attached */
    assert_int_equal(machine->gpus, 8);
    assert_false(machine->gpu[0].seen_by_cuda);
    assert_string_equal(machine->gpu[0].name, "NVIDIA H100 80GB HBM3");
    fc_topology_free(topology);
}

static void devices_without_pci_join_by_name_once(void **state)
{
    struct fc_topology *topology = load_synthetic("package:2 numa:1 core:2 pu:1");
    const struct fc_machine *machine = fc_topology_machine(topology);
    const struct fc_device_report report[] = {
        gpu_report(FC_DEVICE_CUDA, "A", "0000:01:00.0"), gpu_report(FC_DEVICE_CUDA, "A", "0000:02:00.0"),
        gpu_report(FC_DEVICE_OPENCL, "A", NULL),         gpu_report(FC_DEVICE_OPENCL, "A", NULL),
        gpu_report(FC_DEVICE_OPENCL, "A", NULL),         gpu_report(FC_DEVICE_OPENCL, "B", NULL),
    };
    static const int expected[] = {0, 1, 0, 1, 2, 3};
    (void)state;
    assert_int_equal(fc_topology_attach(topology, report, 6), 0);
    assert_int_equal(machine->gpus, 4);
    for (int i = 0; i < 6; i++)
        assert_int_equal(machine->device[i].gpu, expected[i]);
    struct fc_device_report bad = gpu_report(FC_DEVICE_CUDA, NULL, NULL);
    assert_int_equal(fc_topology_attach(topology, &bad, 1), FC_TOPOLOGY_BAD_VALUE);
    bad.name = "A";
    bad.peak_gflops = -1;
    assert_int_equal(fc_topology_attach(topology, &bad, 1), FC_TOPOLOGY_BAD_VALUE);
    assert_int_equal(machine->gpus, 4); /* a refused call changes nothing */
    fc_topology_free(topology);
}

static void shares_follow_peak_rates(void **state)
{
    struct fc_topology *topology = load_synthetic("package:1 numa:1 core:2 pu:1");
    struct fc_device_report report[] = {gpu_report(FC_DEVICE_CUDA, "A", "0000:01:00.0"),
                                        gpu_report(FC_DEVICE_CUDA, "B", "0000:02:00.0"), pocl};
    (void)state;
    report[0].peak_gflops = 3000;
    report[1].peak_gflops = 1000;
    assert_int_equal(fc_topology_attach(topology, report, 3), 0);
    struct fc_placement placement = decide(topology, 2); /* both threads feed a GPU */
    assert_true(placement.device[0].share == 0.750);
    assert_true(placement.device[1].share == 0.250);
    assert_false(placement.device[2].works);
    assert_true(placement.cpu_share == 0);
    assert_int_not_equal(placement.device[0].thread, placement.device[1].thread);
    fc_placement_free(&placement);
    placement = decide(topology, 1);
    assert_int_equal(placement.device[0].thread, 0);
    assert_int_equal(placement.device[1].thread, 0);
    assert_true(says(&placement, "more working devices than threads"));
    fc_placement_free(&placement);
    report[1].peak_gflops = 0; /* unknown beside a known one: taken as its equal */
    assert_int_equal(fc_topology_attach(topology, report, 3), 0);
    placement = decide(topology, 2);
    assert_true(placement.device[0].share == 0.500);
    assert_true(placement.device[1].share == 0.500);
    fc_placement_free(&placement);
    assert_int_equal(fc_topology_attach(topology, &pocl, 1), 0);
    placement = decide(topology, 2);
    assert_true(placement.cpu_share == 1);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

/* ---- limits ---- */

struct quota_case {
    const char *cgroup; /* content of /proc/self/cgroup */
    struct {
        const char *path, *text;
    } file[4];
    double quota;
    int threads;
};

static const struct quota_case quota_cases[] = {
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "max 100000\n"}}, 0, 0},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "100000 100000\n"}}, 1, 1},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "150000 100000\n"}}, 1.5, 2},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "1000 100000\n"}}, 0.01, 1},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "300001 100000\n"}}, 3.00001, 4},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "nonsense\n"}}, 0, 0},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "-5 100000\n"}}, 0, 0},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", "100000 0\n"}}, 0, 0},
    {"0::/\n", {{"sys/fs/cgroup/cpu.max", ""}}, 0, 0},
    {"", {{"sys/fs/cgroup/cpu.max", "100000 100000\n"}}, 0, 0},
    {"0::/\n", {{NULL, NULL}}, 0, 0},
    /* The tightest of the group and those above it. */
    {"0::/a/b\n",
     {{"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"}, {"sys/fs/cgroup/a/cpu.max", "200000 100000\n"}},
     2,
     2},
    {"0::/a/b\n",
     {{"sys/fs/cgroup/a/b/cpu.max", "300000 100000\n"}, {"sys/fs/cgroup/a/cpu.max", "max 100000\n"}},
     3,
     3},
    /* /proc names the host's path, and the container mounts its own group as the root. */
    {"0::/host/path\n", {{"sys/fs/cgroup/cpu.max", "250000 100000\n"}}, 2.5, 3},
    {"4:memory:/x\n3:cpu,cpuacct:/x\n",
     {{"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "50000\n"},
      {"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n"}},
     0.5,
     1},
    {"1:cpu:/\n",
     {{"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"}, {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
     0,
     0},
    /* Only `cpuset` and `cpuacct`: not the controller we look for. */
    {"2:cpuset:/\n1:cpuacct:/\n",
     {{"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n"}, {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
     0,
     0},
    /* v1 and v2 side by side. */
    {"1:cpu:/\n0::/u\n",
     {{"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n"},
      {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
      {"sys/fs/cgroup/unified/u/cpu.max", "200000 100000\n"}},
     2,
     2},
};

/* Writes a file under `root` and the folders above it. */
static void plant(const char *root, const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    write_file(path, text);
}

/* Removes what plant wrote, files first, folders as they become empty. */
static void uproot(const char *root, const char *name)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(unlink(path), 0);
    for (char *slash; (slash = strrchr(path, '/')) && strlen(path) > strlen(root);) {
        *slash = '\0';
        if (rmdir(path) < 0)
            break;
    }
}

static void cpu_quota_is_read_and_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof quota_cases / sizeof *quota_cases; i++) {
        const struct quota_case *now = &quota_cases[i];
        char root[] = "/tmp/fc_cgroup_XXXXXX";
        assert_non_null(mkdtemp(root));
        plant(root, "proc/self/cgroup", now->cgroup);
        for (int f = 0; f < 4 && now->file[f].path; f++)
            plant(root, now->file[f].path, now->file[f].text);
        struct fc_topology *topology = load(
            (struct fc_topology_source){.synthetic = "package:1 numa:1 core:8 pu:2", .system_root = root});
        const struct fc_limits *limits = &fc_topology_machine(topology)->limits;
        if (limits->quota_threads != now->threads || limits->cpu_quota < now->quota - 1e-9 ||
            limits->cpu_quota > now->quota + 1e-9)
            fail_msg("case %zu: quota %g and %d threads, expected %g and %d", i, limits->cpu_quota,
                     limits->quota_threads, now->quota, now->threads);
        struct fc_placement placement = decide(topology, 16);
        assert_int_equal(placement.threads, now->threads > 0 ? now->threads : 16);
        assert_int_equal(says(&placement, "the control group grants"), now->threads > 0);
        fc_placement_free(&placement);
        fc_topology_free(topology);
        uproot(root, "proc/self/cgroup");
        for (int f = 0; f < 4 && now->file[f].path; f++)
            uproot(root, now->file[f].path);
        (void)rmdir(root);
        assert_int_not_equal(access(root, F_OK), 0);
    }
}

/* A described machine is not held to the limits of the machine that describes it. */
static void own_limits_do_not_bind_other_machines(void **state)
{
    struct fc_topology *topology = load_synthetic("package:1 numa:1 core:512 pu:1");
    (void)state;
    assert_int_equal(fc_topology_machine(topology)->limits.allowed_pus, 512);
    assert_true(fc_topology_machine(topology)->limits.cpu_quota == 0);
    fc_topology_free(topology);
}

static void affinity_is_respected(void **state)
{
    cpu_set_t all, one;
    int cpu = -1;
    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    if (CPU_COUNT(&all) < 2)
        skip(); /* already down to one: nothing to narrow */
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET((size_t)i, &all))
            cpu = i; /* the last one: not where a careless answer would land */
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    struct fc_topology *topology = load((struct fc_topology_source){0});
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_placement placement = decide(topology, 0);
    assert_int_equal(machine->limits.allowed_pus, 1);
    assert_int_equal(placement.threads, 1);
    assert_int_equal(machine->pu[placement.thread[0].pu].os_index, cpu);
    fc_placement_free(&placement);
    fc_topology_free(topology);
    topology = load((struct fc_topology_source){0}); /* and without the narrowing, all are back */
    assert_int_equal(fc_topology_machine(topology)->limits.allowed_pus, CPU_COUNT(&all));
    fc_topology_free(topology);
}

/* ---- binding on this very machine ---- */

struct bound_thread {
    const struct fc_topology *topology;
    const struct fc_placement *placement;
    int thread;
    int code;
    cpu_set_t before, after;
    int ran_on[200];
};

static void *bind_and_look(void *argument)
{
    struct bound_thread *my = argument;
    volatile unsigned work = 0;
    (void)pthread_getaffinity_np(pthread_self(), sizeof my->before, &my->before);
    my->code = fc_placement_bind_thread(my->topology, my->placement, my->thread, NULL, 0);
    (void)pthread_getaffinity_np(pthread_self(), sizeof my->after, &my->after);
    for (int i = 0; i < 200; i++) {
        for (int k = 0; k < 1000; k++)
            work = work + 1;
        my->ran_on[i] = sched_getcpu();
    }
    return NULL;
}

static struct bound_thread run_bound(const struct fc_topology *topology, const struct fc_placement *placement,
                                     int thread)
{
    struct bound_thread result = {.topology = topology, .placement = placement, .thread = thread};
    pthread_t id;
    assert_int_equal(pthread_create(&id, NULL, bind_and_look, &result), 0);
    assert_int_equal(pthread_join(id, NULL), 0);
    return result;
}

static void threads_are_really_bound(void **state)
{
    struct fc_topology *here = load((struct fc_topology_source){0});
    const struct fc_machine *machine = fc_topology_machine(here);
    (void)state;
    if (!machine->is_this_system || machine->hwloc_sees_nothing || machine->limits.allowed_pus < 2) {
        fc_topology_free(here);
        skip(); /* with one hardware thread, being bound and not being bound look alike */
    }
    struct fc_placement placement = decide(here, machine->limits.allowed_pus);
    for (int t = 0; t < placement.threads; t++) {
        unsigned pu = machine->pu[placement.thread[t].pu].os_index;
        struct bound_thread result = run_bound(here, &placement, t);
        assert_int_equal(result.code, 0);
        assert_true(CPU_COUNT(&result.before) > 1);
        assert_int_equal(CPU_COUNT(&result.after), 1);
        assert_true(CPU_ISSET(pu, &result.after));
        for (int i = 0; i < 200; i++)
            assert_int_equal(result.ran_on[i], pu);
    }
    /* Negative control: the same call for a described machine of the same size leaves the thread free. */
    char description[64];
    (void)snprintf(description, sizeof description, "package:1 numa:1 core:%d pu:1", machine->pus);
    struct fc_topology *described = load_synthetic(description);
    struct fc_placement elsewhere = decide(described, 0);
    struct bound_thread result = run_bound(described, &elsewhere, 0);
    assert_int_equal(result.code, 0);
    assert_true(CPU_EQUAL(&result.before, &result.after));
    assert_true(CPU_COUNT(&result.after) > 1);
    char why[200] = "";
    assert_int_equal(fc_placement_bind_thread(here, &placement, placement.threads, why, sizeof why),
                     FC_TOPOLOGY_BAD_VALUE);
    assert_non_null(strstr(why, "there is no thread"));
    fc_placement_free(&elsewhere);
    fc_placement_free(&placement);
    fc_topology_free(described);
    fc_topology_free(here);
}

static void host_memory_can_be_had_and_used(void **state)
{
    struct fc_topology *here = load((struct fc_topology_source){0});
    const struct fc_machine *machine = fc_topology_machine(here);
    size_t size = 1 << 20;
    (void)state;
    for (fc_index numa = -1; numa < machine->numa_nodes; numa++) {
        unsigned char *memory = fc_host_memory_allocate(here, numa, size);
        bool usable =
            numa < 0 || (machine->numa_node[numa].is_host_memory && machine->numa_node[numa].is_allowed);
        assert_int_equal(memory != NULL, usable);
        if (memory)
            memset(memory, 0x5a, size);
        fc_host_memory_free(here, memory, size);
    }
    assert_null(fc_host_memory_allocate(here, machine->numa_nodes, size));
    assert_null(fc_host_memory_allocate(here, -2, size));
    assert_null(fc_host_memory_allocate(here, -1, 0));
    fc_topology_free(here);
}

/* ---- sources and small things ---- */

static void a_bad_source_is_named(void **state)
{
    struct fc_topology *topology = NULL;
    char why[300] = "";
    (void)state;
    const struct fc_topology_source missing = {.xml_path = "/nonexistent/machine.xml"};
    assert_int_equal(fc_topology_load_from(&missing, &topology, why, sizeof why), FC_TOPOLOGY_BAD_SOURCE);
    assert_null(topology);
    assert_non_null(strstr(why, "/nonexistent/machine.xml"));
    const struct fc_topology_source garbage = {.synthetic = "two sockets, please"};
    assert_int_equal(fc_topology_load_from(&garbage, &topology, why, sizeof why), FC_TOPOLOGY_BAD_SOURCE);
    assert_non_null(strstr(why, "two sockets, please"));
    /* hwloc alone would silently take this machine instead. */
    assert_int_equal(setenv("HWLOC_XMLFILE", "/nonexistent/other.xml", 1), 0);
    assert_int_equal(fc_topology_load(&topology, why, sizeof why), FC_TOPOLOGY_BAD_SOURCE);
    assert_int_equal(unsetenv("HWLOC_XMLFILE"), 0);
    assert_non_null(strstr(why, "other.xml"));
}

static void the_environment_can_name_a_machine(void **state)
{
    struct fc_topology *topology = NULL;
    (void)state;
    assert_int_equal(setenv("HWLOC_SYNTHETIC", "package:3 numa:1 core:5 pu:2", 1), 0);
    assert_int_equal(fc_topology_load(&topology, NULL, 0), 0);
    assert_int_equal(unsetenv("HWLOC_SYNTHETIC"), 0);
    assert_int_equal(fc_topology_machine(topology)->packages, 3);
    assert_int_equal(fc_topology_machine(topology)->cores, 15);
    assert_int_equal(fc_topology_machine(topology)->pus, 30);
    assert_false(fc_topology_machine(topology)->is_this_system);
    fc_topology_free(topology);
}

/* hwloc stopped from looking at anything: this machine, unseen. */
static void an_unseen_machine_gives_one_thread(void **state)
{
    struct fc_topology *topology = NULL;
    (void)state;
    assert_int_equal(setenv("HWLOC_COMPONENTS", "stop", 1), 0);
    assert_int_equal(fc_topology_load(&topology, NULL, 0), 0);
    assert_int_equal(unsetenv("HWLOC_COMPONENTS"), 0);
    assert_true(fc_topology_machine(topology)->hwloc_sees_nothing);
    struct fc_placement placement = decide(topology, 0);
    assert_int_equal(placement.threads, 1);
    assert_true(says(&placement, "hwloc sees nothing on this machine"));
    assert_int_equal(fc_placement_bind_thread(topology, &placement, 0, NULL, 0), 0);
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

static void a_summary_is_one_line(void **state)
{
    struct fc_topology *topology = load_xml("gb200_tray");
    char text[200], cut[10];
    (void)state;
    attach_tray(topology);
    fc_topology_summary(topology, text, sizeof text);
    assert_string_equal(
        text, "2 packages, 144 cores, 144 threads, 2 NUMA nodes, 960 GiB, 4 GPUs (machine from XML)");
    fc_topology_summary(topology, cut, sizeof cut);
    assert_string_equal(cut, "2 package");
    fc_topology_free(topology);
    topology = load_container();
    fc_topology_summary(topology, text, sizeof text);
    assert_string_equal(text,
                        "1 package, 16 cores, 32 threads, 1 NUMA node, 128 GiB, no GPU, 1 of 32 threads "
                        "allowed, quota of 0.5 CPUs (machine from XML)");
    fc_topology_free(topology);
    fc_topology_free(NULL);
}

static void pci_addresses_are_read(void **state)
{
    static const char *const good[] = {"0000:1b:00.0", "00000000:1B:00.0", "1b:00.0"};
    static const char *const bad[] = {"", "no pci", "1b:00", "0000:1b:00.0x", "0000:1b:00", "g0:00.0"};
    const struct fc_pci_address expected = {0, 0x1b, 0, 0};
    struct fc_pci_address address;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(fc_pci_address_read(good[i], &address));
        assert_true(fc_pci_address_equal(address, expected));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fc_pci_address_read(bad[i], &address));
    assert_false(fc_pci_address_read(NULL, &address));
    assert_true(fc_pci_address_read("0018:01:1f.7", &address));
    assert_false(fc_pci_address_equal(address, expected));
    assert_int_equal(address.domain, 0x18);
    assert_int_equal(address.device, 0x1f);
    assert_int_equal(address.function, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_a_laptop),
        cmocka_unit_test(draws_two_sockets),
        cmocka_unit_test(draws_a_dgx_h100),
        cmocka_unit_test(draws_a_gb200_tray),
        cmocka_unit_test(draws_a_container),
        cmocka_unit_test(draws_a_machine_unseen),
        cmocka_unit_test(every_placement_keeps_the_rules),
        cmocka_unit_test(threads_spread_over_numa_and_caches),
        cmocka_unit_test(performance_cores_come_first),
        cmocka_unit_test(too_many_threads_are_refused_with_a_line),
        cmocka_unit_test(gpu_memory_is_never_host_memory),
        cmocka_unit_test(barred_host_memory_is_not_replaced_by_gpu_memory),
        cmocka_unit_test(unmarked_gpu_memory_is_not_chosen),
        cmocka_unit_test(reported_devices_join_by_pci),
        cmocka_unit_test(devices_without_pci_join_by_name_once),
        cmocka_unit_test(shares_follow_peak_rates),
        cmocka_unit_test(cpu_quota_is_read_and_kept),
        cmocka_unit_test(own_limits_do_not_bind_other_machines),
        cmocka_unit_test(affinity_is_respected),
        cmocka_unit_test(threads_are_really_bound),
        cmocka_unit_test(host_memory_can_be_had_and_used),
        cmocka_unit_test(a_bad_source_is_named),
        cmocka_unit_test(the_environment_can_name_a_machine),
        cmocka_unit_test(an_unseen_machine_gives_one_thread),
        cmocka_unit_test(a_summary_is_one_line),
        cmocka_unit_test(pci_addresses_are_read),
    };
    /* The machine named by the environment would change what is tested. */
    (void)unsetenv("HWLOC_XMLFILE");
    (void)unsetenv("HWLOC_SYNTHETIC");
    (void)unsetenv("HWLOC_THISSYSTEM");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
