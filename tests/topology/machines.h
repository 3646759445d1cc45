/* machines.h: what the tests of topology/ share: loading the modelled machines, deciding, reporting devices.
 */
#ifndef FC_TESTS_TOPOLOGY_MACHINES_H
#define FC_TESTS_TOPOLOGY_MACHINES_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../topology/placement.h"
#include "../../topology/topology.h"

static const char two_sockets[] = "package:2 numa:1(memory=274877906944) l3:8(size=33554432) "
                                  "l2:8(size=1048576) core:1 pu:2";

/* A path under tests/topology, whatever folder the tests run in. */
static const char *in_tests(const char *name, char path[static PATH_MAX])
{
    const char *slash = strrchr(__FILE__, '/'); /* this file lies there too */
    int length = slash ? (int)(slash - __FILE__) : 1;
    int written = snprintf(path, PATH_MAX, "%.*s/%s", length, slash ? __FILE__ : ".", name);
    assert_in_range(written, 1, PATH_MAX - 1);
    return path;
}

static inline char *read_file(const char *path)
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

static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline struct fc_topology *load(struct fc_topology_source source)
{
    struct fc_topology *topology = NULL;
    char why[300] = "";
    if (fc_topology_load_from(&source, &topology, why, sizeof why) != 0)
        fail_msg("%s", why);
    assert_non_null(topology);
    return topology;
}

static inline struct fc_topology *load_xml(const char *name)
{
    char file[PATH_MAX], path[PATH_MAX];
    (void)snprintf(file, sizeof file, "machines/%s.xml", name);
    return load((struct fc_topology_source){.xml_path = in_tests(file, path)});
}

static inline struct fc_topology *load_synthetic(const char *description)
{
    return load((struct fc_topology_source){.synthetic = description});
}

static inline struct fc_topology *load_container(void)
{
    char xml[PATH_MAX], root[PATH_MAX];
    return load((struct fc_topology_source){.xml_path = in_tests("machines/container.xml", xml),
                                            .system_root = in_tests("container", root)});
}

static inline struct fc_placement decide(const struct fc_topology *topology, int threads)
{
    struct fc_placement placement;
    char why[300] = "";
    if (fc_placement_decide(topology, threads, &placement, why, sizeof why) != 0)
        fail_msg("%s", why);
    return placement;
}

static inline bool says(const struct fc_placement *placement, const char *words)
{
    for (int i = 0; i < placement->lines; i++)
        if (strstr(placement->line[i], words))
            return true;
    return false;
}

static inline struct fc_device_report gpu_report(enum fc_device_api api, const char *name, const char *pci)
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
static inline void attach_dgx(struct fc_topology *topology)
{
    struct fc_device_report report[17];
    for (int i = 0; i < 8; i++) {
        report[i] = gpu_report(FC_DEVICE_CUDA, "NVIDIA H100 80GB HBM3", dgx_pci[i]);
        report[8 + i] = gpu_report(FC_DEVICE_OPENCL, "NVIDIA H100 80GB HBM3", dgx_pci[i]);
    }
    report[16] = pocl;
    assert_int_equal(fc_topology_attach(topology, report, 17), 0);
}

static inline void attach_tray(struct fc_topology *topology)
{
    struct fc_device_report report[4];
    for (int i = 0; i < 4; i++)
        report[i] = gpu_report(FC_DEVICE_CUDA, "NVIDIA GB200", tray_pci[i]);
    assert_int_equal(fc_topology_attach(topology, report, 4), 0);
}

/* Tests name their machines themselves: the environment must not. */
static inline void forget_named_machines(void)
{
    (void)unsetenv("HWLOC_XMLFILE");
    (void)unsetenv("HWLOC_SYNTHETIC");
    (void)unsetenv("HWLOC_THISSYSTEM");
}

#endif
