/* machine.h: what the files of topology/ share among themselves; nobody else includes it. */
#ifndef FC_TOPOLOGY_MACHINE_H
#define FC_TOPOLOGY_MACHINE_H

#include "topology.h"

#include <hwloc.h>

struct fc_topology {
    hwloc_topology_t hwloc; /* NULL when hwloc sees nothing */
    struct fc_machine machine;
    int hwloc_gpus;          /* the first GPUs of machine.gpu; the rest came with fc_topology_attach */
    struct fc_gpu *gpu_seen; /* these GPUs as hwloc alone sees them */
};

/* Writes a printf-like message into `text`, cut to `size` bytes; `text` may be NULL. */
void fc_topology_write(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends to what `text` holds already. */
void fc_topology_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes a memory size with its binary unit: "480 GiB", "1.25 MiB". */
void fc_topology_write_bytes(char *text, size_t size, uint64_t bytes);

/* The package above an object, or the only package of the machine; else -1. */
fc_index fc_topology_package_of(hwloc_topology_t hwloc, hwloc_obj_t object);

/* gpus.c: fills machine.gpu and machine.io_device from hwloc. Errors: NO_MEMORY. */
int fc_topology_read_devices(struct fc_topology *topology);

/* limits.c: marks what the control group and our affinity allow and reads the CPU quota.
 * `system_root` as in fc_topology_source. */
void fc_topology_read_limits(struct fc_topology *topology, const char *system_root);

#endif
