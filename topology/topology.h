/* topology.h: the machine flopcast runs on, as plain data.
 *
 * Use: fc_topology_load, then fc_topology_attach with the devices that CUDA and OpenCL report, then read
 * fc_topology_machine (for JSON), fc_topology_summary (for a result's provenance), or hand the topology to
 * placement.h (threads, memory, devices) and render.h (a tree for people). fc_topology_free ends it.
 *
 * This folder knows hwloc and libc only. It never calls CUDA or OpenCL: hwloc's own OpenCL and CUDA
 * backends are switched off, because they would start the drivers. A function returns 0 or a negative
 * fc_topology_error; where it takes `why` (`why_size` bytes, may be NULL), it leaves a message there:
 * `problem (why); suggestion`. Once loaded and attached, a topology may be read from any thread. */
#ifndef FC_TOPOLOGY_TOPOLOGY_H
#define FC_TOPOLOGY_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fc_topology_error {
    FC_TOPOLOGY_NO_MEMORY = -1,  /* the program has no memory left */
    FC_TOPOLOGY_BAD_SOURCE = -2, /* the synthetic or XML machine cannot be read */
    FC_TOPOLOGY_BAD_VALUE = -3,  /* an argument is out of its range */
    FC_TOPOLOGY_REFUSED = -4     /* the operating system refused a binding */
};

enum { FC_TOPOLOGY_NAME_BYTES = 96 }; /* room for a name, its closing zero included */

/* An index into an array of struct fc_machine, where -1 means "none" or "not known". */
typedef int fc_index;

/* A PCI address, as `domain:bus:device.function` in hexadecimal. */
struct fc_pci_address {
    unsigned domain, bus, device, function;
};

/* Compares two addresses. */
bool fc_pci_address_equal(struct fc_pci_address a, struct fc_pci_address b);

/* Reads `0000:1b:00.0`, `00000000:1B:00.0` or `1b:00.0`; false when `text` is not an address. */
bool fc_pci_address_read(const char *text, struct fc_pci_address *out);

/* One socket. */
struct fc_package {
    char model[FC_TOPOLOGY_NAME_BYTES]; /* as the CPU calls itself; empty when it does not */
};

/* One NUMA node. The rule for `is_host_memory`: it has memory and cores near it, and is no GPU's memory.
 * On Grace-Blackwell the HBM of each GPU is a NUMA node too (hwloc subtype "GPUMemory"). */
struct fc_numa_node {
    unsigned os_index;
    fc_index package; /* -1: spans several packages, or belongs to none */
    uint64_t bytes;
    int cores;           /* cores near it */
    bool is_gpu_memory;  /* never used for host memory */
    bool is_host_memory; /* may hold host memory */
    bool is_allowed;     /* the control group lets us allocate here */
    bool has_pci;        /* for GPU memory: whose it is */
    struct fc_pci_address pci;
};

/* One cache. `type` is 'u' (unified), 'd' (data) or 'i' (instructions). */
struct fc_cache {
    int level; /* 1 to 5 */
    char type;
    uint64_t bytes;
    fc_index package;
    int cores; /* cores that share it */
};

/* One core; its hardware threads are pu[first_pu] … pu[first_pu + pus - 1]. */
struct fc_core {
    fc_index package;
    fc_index numa;       /* the nearest node of host memory */
    fc_index last_cache; /* its largest cache */
    fc_index kind;       /* its kind, -1 when all cores are alike */
    fc_index first_pu;
    int pus;
    int allowed_pus;
};

/* One hardware thread. */
struct fc_pu {
    unsigned os_index;
    fc_index core;
    bool is_allowed; /* by the control group and by our own affinity */
};

/* A kind of core, where a machine has several, slowest first. */
struct fc_cpu_kind {
    char name[FC_TOPOLOGY_NAME_BYTES]; /* "performance", "efficiency", ... */
    int cores;
};

enum fc_io_kind { FC_IO_NETWORK, FC_IO_INFINIBAND, FC_IO_STORAGE };

/* A network or storage device, by the operating system's name. */
struct fc_io_device {
    enum fc_io_kind kind;
    char name[FC_TOPOLOGY_NAME_BYTES];
    fc_index package;
};

/* A GPU, once, whoever sees it. */
struct fc_gpu {
    char name[FC_TOPOLOGY_NAME_BYTES];
    bool has_pci;
    struct fc_pci_address pci;
    fc_index package;
    fc_index numa;        /* the nearest node of host memory */
    fc_index memory_numa; /* the NUMA node that is its own memory, where there is one */
    bool seen_by_hwloc, seen_by_cuda, seen_by_opencl;
};

enum fc_device_api { FC_DEVICE_CUDA, FC_DEVICE_OPENCL };

/* A device that CUDA or OpenCL reported, and what became of it. */
struct fc_device {
    enum fc_device_api api;
    char name[FC_TOPOLOGY_NAME_BYTES];
    bool is_cpu;  /* an OpenCL device that is our own CPU (PoCL) */
    fc_index gpu; /* the GPU it is; -1 for a CPU */
};

/* How much of the machine we may use. */
struct fc_limits {
    int allowed_pus;           /* hardware threads that the control group and our affinity leave us */
    double cpu_quota;          /* CPUs' worth of time that the control group grants; 0: no quota */
    int quota_threads;         /* cpu_quota rounded up to whole threads, at least 1; 0: no quota */
    const char *cgroup_source; /* "cgroup v2" or "cgroup v1": where the quota was read; "" when none */
};

/* The whole machine. Arrays are in hwloc's logical order; a count of 0 may come with a NULL array. */
struct fc_machine {
    const char *origin;      /* "this machine", "synthetic machine", "machine from XML" */
    bool is_this_system;     /* false: a described machine, so nothing is ever bound */
    bool hwloc_sees_nothing; /* then one package-less core with one thread stands for the machine */
    struct fc_limits limits;
    int packages, numa_nodes, caches, cores, pus, cpu_kinds, io_devices, gpus, devices;
    struct fc_package *package;
    struct fc_numa_node *numa_node;
    struct fc_cache *cache;
    struct fc_core *core;
    struct fc_pu *pu;
    struct fc_cpu_kind *cpu_kind;
    struct fc_io_device *io_device;
    struct fc_gpu *gpu;
    struct fc_device *device;
};

/* Where the machine comes from; all NULL means hwloc's usual way, which is this machine unless the
 * environment names another one (HWLOC_SYNTHETIC, HWLOC_XMLFILE). */
struct fc_topology_source {
    const char *synthetic;   /* an hwloc synthetic description, as "package:2 core:64 pu:2" */
    const char *xml_path;    /* a file written by `lstopo --of xml` */
    const char *system_root; /* read /proc/self/cgroup and /sys/fs/cgroup under this folder. NULL: the real
                                ones, and only when the machine is this one. */
};

struct fc_topology;

/* Discovers the machine. A machine where hwloc sees nothing is no error: it gets one thread.
 * Errors: NO_MEMORY, BAD_SOURCE (also when the environment names a machine that cannot be read). */
int fc_topology_load(struct fc_topology **out, char *why, size_t why_size);

/* The same from a given source; `source` may be NULL. */
int fc_topology_load_from(const struct fc_topology_source *source, struct fc_topology **out, char *why,
                          size_t why_size);

/* Frees a topology; NULL is fine. */
void fc_topology_free(struct fc_topology *topology);

/* What a caller tells about a device that CUDA or OpenCL offers. The name is copied. */
struct fc_device_report {
    enum fc_device_api api;
    const char *name;
    bool is_cpu;
    bool has_pci;
    struct fc_pci_address pci;
};

/* Joins `count` reported devices with the GPUs that hwloc sees: by PCI address; without one, with the first
 * GPU of the same name that this API has not reported yet; else as a GPU of its own, with no known place.
 * Replaces what an earlier call attached. Errors: NO_MEMORY, BAD_VALUE. */
int fc_topology_attach(struct fc_topology *topology, const struct fc_device_report *report, size_t count);

/* The machine as plain data; valid until the topology is freed or attached to again. */
const struct fc_machine *fc_topology_machine(const struct fc_topology *topology);

/* Writes one line, as "1 package, 2 cores, 2 threads, 1 NUMA node, 24 GiB, no GPU", cut to `size` bytes.
 * GPU memory counts neither as a NUMA node nor in the GiB; what limits us is appended. */
void fc_topology_summary(const struct fc_topology *topology, char *text, size_t size);

#endif
