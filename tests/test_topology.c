/* test_topology.c: the machine and its drawing, the joining of devices, the limits, the sources; on modelled
 * machines (tests/topology/machines) and synthetic ones. A drawing that differs from the committed one is
 * left in the temporary folder, to be looked at before it replaces the expected text. */
#include "topology/machines.h"

#include "../topology/render.h"

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* ---- joining ---- */

static void reported_devices_join_by_pci(void **state)
{
    struct fc_topology *topology = load_xml("dgx_h100");
    const struct fc_machine *machine = fc_topology_machine(topology);
    struct fc_device_report report[10];
    (void)state;
    for (int i = 0; i < 8; i++) { /* in the opposite order */
        report[i] = gpu_report(FC_DEVICE_CUDA, "H100 by CUDA", dgx_pci[7 - i]);
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
    assert_int_equal(machine->gpus, 4); /* a refused call changes nothing */
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

/* ---- sources and small things ---- */

/* A place under the root says nothing where there are two packages, and a screen chip is no GPU. */
static void gpus_without_a_place_have_no_numa_node(void **state)
{
    struct fc_topology *topology = load_xml("flat");
    const struct fc_machine *machine = fc_topology_machine(topology);
    (void)state;
    assert_int_equal(machine->gpus, 2);
    assert_string_equal(machine->gpu[0].name, "NVIDIA GPU (PCI 10de:2330)");
    assert_string_equal(machine->gpu[1].name, "AMD GPU (PCI 1002:74a1)");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(machine->gpu[i].package, -1);
        assert_int_equal(machine->gpu[i].numa, -1);
    }
    struct fc_placement placement = decide(topology, 0);
    assert_true(says(&placement, "2 GPUs stay idle"));
    fc_placement_free(&placement);
    fc_topology_free(topology);
}

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
        cmocka_unit_test(reported_devices_join_by_pci),
        cmocka_unit_test(devices_without_pci_join_by_name_once),
        cmocka_unit_test(cpu_quota_is_read_and_kept),
        cmocka_unit_test(own_limits_do_not_bind_other_machines),
        cmocka_unit_test(affinity_is_respected),
        cmocka_unit_test(gpus_without_a_place_have_no_numa_node),
        cmocka_unit_test(a_bad_source_is_named),
        cmocka_unit_test(the_environment_can_name_a_machine),
        cmocka_unit_test(an_unseen_machine_gives_one_thread),
        cmocka_unit_test(a_summary_is_one_line),
        cmocka_unit_test(pci_addresses_are_read),
    };
    forget_named_machines();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
