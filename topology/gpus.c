/* gpus.c: the GPUs and other devices of a machine: finds them with hwloc, then joins them with what CUDA and
 * OpenCL report, so that each GPU stands in the list once, whoever sees it. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PCI base classes and vendors (PCI-SIG; pci.ids). */
enum { PCI_DISPLAY = 0x03, PCI_ACCELERATOR = 0x12 };
enum { PCI_DISPLAY_3D = 0x0302 };
enum { VENDOR_NVIDIA = 0x10de, VENDOR_AMD = 0x1002, VENDOR_INTEL = 0x8086 };

/* A server's management chip shows a screen and computes nothing: a display class alone is not enough. */
static bool is_gpu(hwloc_obj_t object)
{
    const struct hwloc_pcidev_attr_s *pci = &object->attr->pcidev;
    bool known = pci->vendor_id == VENDOR_NVIDIA || pci->vendor_id == VENDOR_AMD;
    if (pci->class_id >> 8 == PCI_DISPLAY)
        return known || pci->vendor_id == VENDOR_INTEL || pci->class_id == PCI_DISPLAY_3D;
    return pci->class_id >> 8 == PCI_ACCELERATOR && known;
}

static struct fc_pci_address pci_address_of(hwloc_obj_t object)
{
    const struct hwloc_pcidev_attr_s *pci = &object->attr->pcidev;
    return (struct fc_pci_address){pci->domain, pci->bus, pci->dev, pci->func};
}

static hwloc_obj_t pci_device_above(hwloc_obj_t object)
{
    while (object && object->type != HWLOC_OBJ_PCI_DEVICE)
        object = object->parent;
    return object;
}

/* The host memory near a device; -1 when its place says nothing because it covers several packages. */
static fc_index numa_near(const struct fc_topology *topology, hwloc_obj_t device)
{
    const struct fc_machine *machine = &topology->machine;
    hwloc_obj_t place = hwloc_get_non_io_ancestor_obj(topology->hwloc, device);
    fc_index best = -1;
    for (int i = 0; place && place->nodeset && i < machine->numa_nodes; i++) {
        const struct fc_numa_node *node = &machine->numa_node[i];
        if (!node->is_host_memory || !hwloc_bitmap_isset(place->nodeset, node->os_index))
            continue;
        if (best >= 0 && machine->numa_node[best].package != node->package)
            return -1;
        if (best < 0 || node->os_index < machine->numa_node[best].os_index)
            best = i;
    }
    return best;
}

static fc_index gpu_memory_of(const struct fc_machine *machine, struct fc_pci_address pci)
{
    for (int i = 0; i < machine->numa_nodes; i++) {
        const struct fc_numa_node *node = &machine->numa_node[i];
        if (node->is_gpu_memory && node->has_pci && fc_pci_address_equal(node->pci, pci))
            return i;
    }
    return -1;
}

static const char *maker(unsigned vendor)
{
    switch (vendor) {
    case VENDOR_NVIDIA:
        return "NVIDIA GPU";
    case VENDOR_AMD:
        return "AMD GPU";
    case VENDOR_INTEL:
        return "Intel GPU";
    default:
        return "GPU";
    }
}

static void name_from_pci(hwloc_obj_t object, char *name)
{
    const char *vendor = hwloc_obj_get_info_by_name(object, "PCIVendor");
    const char *device = hwloc_obj_get_info_by_name(object, "PCIDevice");
    if (device)
        fc_topology_write(name, FC_TOPOLOGY_NAME_BYTES, "%s%s%s", vendor ? vendor : "", vendor ? " " : "",
                          device);
    else
        fc_topology_write(name, FC_TOPOLOGY_NAME_BYTES, "%s (PCI %04x:%04x)",
                          maker(object->attr->pcidev.vendor_id), object->attr->pcidev.vendor_id,
                          object->attr->pcidev.device_id);
}

static fc_index gpu_at(const struct fc_machine *machine, struct fc_pci_address pci)
{
    for (int i = 0; i < machine->gpus; i++)
        if (machine->gpu[i].has_pci && fc_pci_address_equal(machine->gpu[i].pci, pci))
            return i;
    return -1;
}

static void read_gpus(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    hwloc_obj_t object = NULL;
    while ((object = hwloc_get_next_pcidev(topology->hwloc, object))) {
        if (!is_gpu(object))
            continue;
        struct fc_gpu *gpu = &machine->gpu[machine->gpus++];
        gpu->has_pci = true;
        gpu->pci = pci_address_of(object);
        gpu->package = fc_topology_package_of(topology->hwloc, object);
        gpu->numa = numa_near(topology, object);
        gpu->memory_numa = gpu_memory_of(machine, gpu->pci);
        gpu->seen_by_hwloc = true;
        name_from_pci(object, gpu->name);
    }
}

/* A driver's name for the GPU ("NVIDIA H100 80GB HBM3") says more than the PCI database's. */
static void read_os_device(struct fc_topology *topology, hwloc_obj_t object)
{
    struct fc_machine *machine = &topology->machine;
    hwloc_obj_t above = pci_device_above(object);
    const char *model = hwloc_obj_get_info_by_name(object, "GPUModel");
    enum fc_io_kind kind;
    switch (object->attr->osdev.type) {
    case HWLOC_OBJ_OSDEV_GPU:
    case HWLOC_OBJ_OSDEV_COPROC: {
        fc_index gpu = above ? gpu_at(machine, pci_address_of(above)) : -1;
        if (gpu >= 0 && model)
            fc_topology_write(machine->gpu[gpu].name, FC_TOPOLOGY_NAME_BYTES, "%s", model);
        return;
    }
    case HWLOC_OBJ_OSDEV_NETWORK:
        kind = FC_IO_NETWORK;
        break;
    case HWLOC_OBJ_OSDEV_OPENFABRICS:
        kind = FC_IO_INFINIBAND;
        break;
    case HWLOC_OBJ_OSDEV_BLOCK:
        kind = FC_IO_STORAGE;
        break;
    default:
        return;
    }
    struct fc_io_device *device = &machine->io_device[machine->io_devices++];
    device->kind = kind;
    device->package = fc_topology_package_of(topology->hwloc, object);
    fc_topology_write(device->name, FC_TOPOLOGY_NAME_BYTES, "%s", object->name ? object->name : "unnamed");
}

int fc_topology_read_devices(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    hwloc_obj_t object = NULL;
    size_t pci = 1, os = 1;
    while ((object = hwloc_get_next_pcidev(topology->hwloc, object)))
        pci++;
    while ((object = hwloc_get_next_osdev(topology->hwloc, object)))
        os++;
    machine->gpu = calloc(pci, sizeof *machine->gpu);
    machine->io_device = calloc(os, sizeof *machine->io_device);
    if (!machine->gpu || !machine->io_device)
        return FC_TOPOLOGY_NO_MEMORY;
    read_gpus(topology);
    while ((object = hwloc_get_next_osdev(topology->hwloc, object)))
        read_os_device(topology, object);
    topology->hwloc_gpus = machine->gpus;
    topology->gpu_seen = calloc(pci, sizeof *topology->gpu_seen);
    if (!topology->gpu_seen)
        return FC_TOPOLOGY_NO_MEMORY;
    memcpy(topology->gpu_seen, machine->gpu, (size_t)machine->gpus * sizeof *machine->gpu);
    return 0;
}

static bool seen_by(const struct fc_gpu *gpu, enum fc_device_api api)
{
    return api == FC_DEVICE_CUDA ? gpu->seen_by_cuda : gpu->seen_by_opencl;
}

static fc_index find_reported(const struct fc_machine *machine, const struct fc_device_report *report)
{
    if (report->has_pci)
        return gpu_at(machine, report->pci);
    for (int i = 0; i < machine->gpus; i++)
        if (!seen_by(&machine->gpu[i], report->api) && strcmp(machine->gpu[i].name, report->name) == 0)
            return i;
    return -1;
}

/* The host memory of a machine that has but one node of it; else -1. */
static fc_index only_host_memory(const struct fc_machine *machine)
{
    fc_index only = -1;
    for (int i = 0; i < machine->numa_nodes; i++) {
        if (machine->numa_node[i].is_host_memory) {
            if (only >= 0)
                return -1;
            only = i;
        }
    }
    return only;
}

/* A GPU that hwloc does not see: we know it is there, and nothing of its place. */
static fc_index add_gpu(struct fc_topology *topology, const struct fc_device_report *report)
{
    struct fc_machine *machine = &topology->machine;
    struct fc_gpu *gpu = &machine->gpu[machine->gpus];
    *gpu = (struct fc_gpu){
        .has_pci = report->has_pci,
        .pci = report->pci,
        .package = -1,
        .numa = only_host_memory(machine),
        .memory_numa = report->has_pci ? gpu_memory_of(machine, report->pci) : -1,
    };
    return machine->gpus++;
}

int fc_topology_attach(struct fc_topology *topology, const struct fc_device_report *report, size_t count)
{
    struct fc_machine *machine = &topology->machine;
    size_t known = (size_t)topology->hwloc_gpus;
    if (count > 4096)
        return FC_TOPOLOGY_BAD_VALUE;
    for (size_t i = 0; i < count; i++)
        if (!report[i].name || (report[i].api != FC_DEVICE_CUDA && report[i].api != FC_DEVICE_OPENCL))
            return FC_TOPOLOGY_BAD_VALUE;
    struct fc_gpu *gpus = calloc(known + count + 1, sizeof *gpus);
    struct fc_device *devices = calloc(count + 1, sizeof *devices);
    if (!gpus || !devices) {
        free(gpus);
        free(devices);
        return FC_TOPOLOGY_NO_MEMORY;
    }
    if (known > 0)
        memcpy(gpus, topology->gpu_seen, known * sizeof *gpus);
    free(machine->gpu);
    free(machine->device);
    machine->gpu = gpus;
    machine->gpus = topology->hwloc_gpus;
    machine->device = devices;
    machine->devices = (int)count;
    for (size_t i = 0; i < count; i++) {
        struct fc_device *device = &devices[i];
        device->api = report[i].api;
        device->is_cpu = report[i].is_cpu;
        device->gpu = -1;
        fc_topology_write(device->name, FC_TOPOLOGY_NAME_BYTES, "%s", report[i].name);
        if (device->is_cpu)
            continue;
        device->gpu = find_reported(machine, &report[i]);
        if (device->gpu < 0)
            device->gpu = add_gpu(topology, &report[i]);
        struct fc_gpu *gpu = &machine->gpu[device->gpu];
        if (device->api == FC_DEVICE_CUDA || !gpu->seen_by_cuda) /* CUDA's name stays */
            fc_topology_write(gpu->name, FC_TOPOLOGY_NAME_BYTES, "%s", report[i].name);
        gpu->seen_by_cuda = gpu->seen_by_cuda || device->api == FC_DEVICE_CUDA;
        gpu->seen_by_opencl = gpu->seen_by_opencl || device->api == FC_DEVICE_OPENCL;
    }
    return 0;
}
