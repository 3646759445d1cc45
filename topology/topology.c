/* topology.c: discovers packages, NUMA nodes, caches, cores and hardware threads with hwloc and copies them
 * into plain arrays. gpus.c adds the devices and limits.c what we may use of it all. */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Largest first, so that the first cache found above a core is its last level. */
static const hwloc_obj_type_t cache_types[] = {
    HWLOC_OBJ_L5CACHE, HWLOC_OBJ_L4CACHE,  HWLOC_OBJ_L3CACHE,  HWLOC_OBJ_L2CACHE,
    HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L1ICACHE,
};
enum { CACHE_TYPES = sizeof cache_types / sizeof *cache_types };

static int count_of(hwloc_topology_t hwloc, hwloc_obj_type_t type)
{
    int count = hwloc_get_nbobjs_by_type(hwloc, type);
    return count > 0 ? count : 0;
}

static int count_inside(hwloc_topology_t hwloc, hwloc_const_cpuset_t set, hwloc_obj_type_t type)
{
    int count = hwloc_get_nbobjs_inside_cpuset_by_type(hwloc, set, type);
    return count > 0 ? count : 0;
}

/* Machines without cores in hwloc's eyes: each hardware thread stands for a core. */
static hwloc_obj_type_t core_type(hwloc_topology_t hwloc)
{
    return count_of(hwloc, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
}

static void read_packages(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    for (int i = 0; i < machine->packages; i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(topology->hwloc, HWLOC_OBJ_PACKAGE, (unsigned)i);
        const char *model = hwloc_obj_get_info_by_name(object, "CPUModel");
        fc_topology_write(machine->package[i].model, FC_TOPOLOGY_NAME_BYTES, "%s", model ? model : "");
    }
}

static void read_numa_nodes(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    bool memory_is_known = false;
    for (int i = 0; i < machine->numa_nodes; i++) {
        struct fc_numa_node *node = &machine->numa_node[i];
        hwloc_obj_t object = hwloc_get_obj_by_type(topology->hwloc, HWLOC_OBJ_NUMANODE, (unsigned)i);
        const char *bus_id = hwloc_obj_get_info_by_name(object, "PCIBusID");
        node->os_index = object->os_index;
        node->package = fc_topology_package_of(topology->hwloc, object);
        node->bytes = object->attr->numanode.local_memory;
        node->cores = count_inside(topology->hwloc, object->cpuset, core_type(topology->hwloc));
        node->has_pci = fc_pci_address_read(bus_id, &node->pci);
        node->is_gpu_memory = bus_id || (object->subtype && strcmp(object->subtype, "GPUMemory") == 0);
        memory_is_known = memory_is_known || (node->bytes > 0 && !node->is_gpu_memory);
    }
    /* A GPU cut into parts leaves NUMA nodes with no memory; a machine that hides all sizes is another case.
     */
    for (int i = 0; i < machine->numa_nodes; i++) {
        struct fc_numa_node *node = &machine->numa_node[i];
        node->is_host_memory =
            !node->is_gpu_memory && node->cores > 0 && (node->bytes > 0 || !memory_is_known);
    }
}

static char letter_of(hwloc_obj_cache_type_t type)
{
    switch (type) {
    case HWLOC_OBJ_CACHE_DATA:
        return 'd';
    case HWLOC_OBJ_CACHE_INSTRUCTION:
        return 'i';
    default:
        return 'u';
    }
}

static void read_caches(struct fc_topology *topology, int base[CACHE_TYPES])
{
    struct fc_machine *machine = &topology->machine;
    int n = 0;
    for (int t = 0; t < CACHE_TYPES; t++) {
        base[t] = n;
        for (int i = 0; i < count_of(topology->hwloc, cache_types[t]); i++, n++) {
            hwloc_obj_t object = hwloc_get_obj_by_type(topology->hwloc, cache_types[t], (unsigned)i);
            machine->cache[n] = (struct fc_cache){
                .level = (int)object->attr->cache.depth,
                .type = letter_of(object->attr->cache.type),
                .bytes = object->attr->cache.size,
                .package = fc_topology_package_of(topology->hwloc, object),
                .cores = count_inside(topology->hwloc, object->cpuset, core_type(topology->hwloc)),
            };
        }
    }
}

static fc_index last_cache_of(hwloc_topology_t hwloc, hwloc_obj_t core, const int base[CACHE_TYPES])
{
    for (int t = 0; t < CACHE_TYPES; t++) {
        hwloc_obj_t cache = hwloc_get_ancestor_obj_by_type(hwloc, cache_types[t], core);
        if (cache)
            return base[t] + (fc_index)cache->logical_index;
    }
    return -1;
}

/* Several nodes may be near a core (HBM, GPU memory): the first one of host memory is the ordinary one. */
static fc_index nearest_host_memory(const struct fc_machine *machine, hwloc_const_nodeset_t near)
{
    fc_index best = -1;
    for (int i = 0; i < machine->numa_nodes; i++) {
        const struct fc_numa_node *node = &machine->numa_node[i];
        if (!node->is_host_memory || !hwloc_bitmap_isset(near, node->os_index))
            continue;
        if (best < 0 || node->os_index < machine->numa_node[best].os_index)
            best = i;
    }
    return best;
}

static void read_cores(struct fc_topology *topology, const int base[CACHE_TYPES])
{
    struct fc_machine *machine = &topology->machine;
    hwloc_topology_t hwloc = topology->hwloc;
    hwloc_obj_type_t type = core_type(hwloc);
    for (int i = 0; i < machine->cores; i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(hwloc, type, (unsigned)i);
        machine->core[i] = (struct fc_core){
            .package = fc_topology_package_of(hwloc, object),
            .numa = nearest_host_memory(machine, object->nodeset),
            .last_cache = last_cache_of(hwloc, object, base),
            .kind = -1,
            .first_pu = -1,
        };
    }
    for (int i = 0; i < machine->pus; i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_PU, (unsigned)i);
        hwloc_obj_t above =
            type == HWLOC_OBJ_PU ? object : hwloc_get_ancestor_obj_by_type(hwloc, type, object);
        fc_index core = above ? (fc_index)above->logical_index : -1;
        machine->pu[i] = (struct fc_pu){.os_index = object->os_index, .core = core};
        if (core >= 0) {
            if (machine->core[core].pus == 0)
                machine->core[core].first_pu = i;
            machine->core[core].pus++;
        }
    }
}

/* hwloc ranks kinds from the slowest to the fastest; unranked kinds tell us nothing, so they are left out. */
static void read_cpu_kinds(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    for (int kind = 0; kind < machine->cpu_kinds; kind++) {
        struct fc_cpu_kind *out = &machine->cpu_kind[kind];
        int efficiency = -1;
        hwloc_bitmap_t set = hwloc_bitmap_alloc();
        if (!set ||
            hwloc_cpukinds_get_info(topology->hwloc, (unsigned)kind, set, &efficiency, NULL, NULL, 0) ||
            efficiency < 0) {
            hwloc_bitmap_free(set);
            machine->cpu_kinds = 0;
            break;
        }
        if (kind == machine->cpu_kinds - 1)
            fc_topology_write(out->name, FC_TOPOLOGY_NAME_BYTES, "performance");
        else if (kind == 0)
            fc_topology_write(out->name, FC_TOPOLOGY_NAME_BYTES, "efficiency");
        else
            fc_topology_write(out->name, FC_TOPOLOGY_NAME_BYTES, "middle %d", kind);
        for (int i = 0; i < machine->cores; i++) {
            fc_index pu = machine->core[i].first_pu;
            if (pu >= 0 && hwloc_bitmap_isset(set, machine->pu[pu].os_index)) {
                machine->core[i].kind = kind;
                out->cores++;
            }
        }
        hwloc_bitmap_free(set);
    }
    for (int i = 0; machine->cpu_kinds == 0 && i < machine->cores; i++)
        machine->core[i].kind = -1;
}

/* Room for `count` elements of `size` bytes, zeroed; never NULL for a count of 0. */
static void *room_for(int count, size_t size)
{
    return calloc((size_t)count + 1, size);
}

static int copy_machine(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    hwloc_topology_t hwloc = topology->hwloc;
    int base[CACHE_TYPES];
    machine->packages = count_of(hwloc, HWLOC_OBJ_PACKAGE);
    machine->numa_nodes = count_of(hwloc, HWLOC_OBJ_NUMANODE);
    machine->cores = count_of(hwloc, core_type(hwloc));
    machine->pus = count_of(hwloc, HWLOC_OBJ_PU);
    machine->caches = 0;
    for (int t = 0; t < CACHE_TYPES; t++)
        machine->caches += count_of(hwloc, cache_types[t]);
    int kinds = hwloc_cpukinds_get_nr(hwloc, 0);
    machine->cpu_kinds = kinds > 1 ? kinds : 0;

    machine->package = room_for(machine->packages, sizeof *machine->package);
    machine->numa_node = room_for(machine->numa_nodes, sizeof *machine->numa_node);
    machine->cache = room_for(machine->caches, sizeof *machine->cache);
    machine->core = room_for(machine->cores, sizeof *machine->core);
    machine->pu = room_for(machine->pus, sizeof *machine->pu);
    machine->cpu_kind = room_for(machine->cpu_kinds, sizeof *machine->cpu_kind);
    if (!machine->package || !machine->numa_node || !machine->cache || !machine->core || !machine->pu ||
        !machine->cpu_kind)
        return FC_TOPOLOGY_NO_MEMORY;
    read_packages(topology);
    read_numa_nodes(topology);
    read_caches(topology, base);
    read_cores(topology, base);
    read_cpu_kinds(topology);
    return fc_topology_read_devices(topology);
}

/* One core with one thread that stands for a machine of which hwloc tells nothing. */
static int stand_in(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    machine->hwloc_sees_nothing = true;
    machine->cores = machine->pus = 1;
    machine->core = room_for(1, sizeof *machine->core);
    machine->pu = room_for(1, sizeof *machine->pu);
    if (!machine->core || !machine->pu)
        return FC_TOPOLOGY_NO_MEMORY;
    machine->core[0] =
        (struct fc_core){.package = -1, .numa = -1, .last_cache = -1, .kind = -1, .first_pu = 0, .pus = 1};
    return 0;
}

/* What the environment asks for, unless the caller named a machine; hwloc reads it itself at load time, and
 * silently takes this machine when it cannot. */
static void name_machine(struct fc_topology_source *source)
{
    const char *xml = getenv("HWLOC_XMLFILE");
    const char *synthetic = getenv("HWLOC_SYNTHETIC");
    if (source->synthetic || source->xml_path)
        return;
    if (xml && *xml)
        source->xml_path = xml;
    else if (synthetic && *synthetic)
        source->synthetic = synthetic;
}

static int bad_source(const struct fc_topology_source *source, char *why, size_t why_size)
{
    if (source->xml_path)
        fc_topology_write(why, why_size,
                          "cannot read the machine in '%s' (%s); give a file written by 'lstopo --of xml'",
                          source->xml_path, errno ? strerror(errno) : "not an XML machine");
    else
        fc_topology_write(why, why_size,
                          "'%s' is not a valid hwloc synthetic topology; "
                          "write it as 'package:2 core:64 pu:2'",
                          source->synthetic);
    return FC_TOPOLOGY_BAD_SOURCE;
}

int fc_topology_load(struct fc_topology **out, char *why, size_t why_size)
{
    return fc_topology_load_from(NULL, out, why, why_size);
}

int fc_topology_load_from(const struct fc_topology_source *given, struct fc_topology **out, char *why,
                          size_t why_size)
{
    /* The first four would start GPU drivers, and what CUDA and OpenCL see comes by attach; the last, which
     * leaks memory, only finds again what hwloc reads from Linux's /sys by itself. */
    static const char *const unwanted[] = {"opencl", "gl", "cuda", "levelzero", "pci"};
    struct fc_topology_source source = given ? *given : (struct fc_topology_source){0};
    struct fc_topology *topology = calloc(1, sizeof *topology);
    int code = FC_TOPOLOGY_NO_MEMORY;
    *out = NULL;
    if (!topology || hwloc_topology_init(&topology->hwloc) < 0) {
        fc_topology_write(why, why_size, "out of memory while trying to describe the machine");
        free(topology);
        return FC_TOPOLOGY_NO_MEMORY;
    }
    name_machine(&source);
    topology->machine.origin = source.xml_path    ? "machine from XML"
                               : source.synthetic ? "synthetic machine"
                                                  : "this machine";
    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
        (void)hwloc_topology_set_components(topology->hwloc, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST,
                                            unwanted[i]); /* fails where hwloc lacks it, which is as good */
    (void)hwloc_topology_set_io_types_filter(topology->hwloc, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    errno = 0;
    if ((source.xml_path && access(source.xml_path, R_OK) < 0) ||
        (source.xml_path && hwloc_topology_set_xml(topology->hwloc, source.xml_path) < 0) ||
        (source.synthetic && hwloc_topology_set_synthetic(topology->hwloc, source.synthetic) < 0)) {
        code = bad_source(&source, why, why_size);
        goto failed;
    }
    (void)hwloc_topology_set_flags(topology->hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    if (hwloc_topology_load(topology->hwloc) == 0 && count_of(topology->hwloc, HWLOC_OBJ_PU) > 0) {
        topology->machine.is_this_system = hwloc_topology_is_thissystem(topology->hwloc) != 0;
        code = copy_machine(topology);
    } else {
        hwloc_topology_destroy(topology->hwloc);
        topology->hwloc = NULL;
        topology->machine.is_this_system = !source.xml_path && !source.synthetic;
        code = stand_in(topology);
    }
    if (code) {
        fc_topology_write(why, why_size, "out of memory while trying to describe the machine");
        goto failed;
    }
    fc_topology_read_limits(topology, source.system_root);
    *out = topology;
    return 0;
failed:
    fc_topology_free(topology);
    return code;
}

void fc_topology_free(struct fc_topology *topology)
{
    if (!topology)
        return;
    struct fc_machine *machine = &topology->machine;
    free(machine->package);
    free(machine->numa_node);
    free(machine->cache);
    free(machine->core);
    free(machine->pu);
    free(machine->cpu_kind);
    free(machine->io_device);
    free(machine->gpu);
    free(machine->device);
    free(topology->gpu_seen);
    if (topology->hwloc)
        hwloc_topology_destroy(topology->hwloc);
    free(topology);
}

const struct fc_machine *fc_topology_machine(const struct fc_topology *topology)
{
    return &topology->machine;
}
