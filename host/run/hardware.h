/* hardware.h: the machine with everything on it that could simulate: topology, backends, their devices,
 * placement.
 *
 * Use: fc_hardware_find, then select.h chooses from it or command_devices.c shows it; fc_hardware_free ends
 * it. On a described machine (HWLOC_SYNTHETIC, HWLOC_XMLFILE) the devices found belong to this machine, not
 * to that one: they are listed but not joined with its GPUs. */
#ifndef FC_HOST_HARDWARE_H
#define FC_HOST_HARDWARE_H

#include "host/backends/backend.h"

enum { FC_BACKENDS_MAX = 8 };

struct fc_found_device {
    const struct fc_backend *backend;
    int number; /* in the backend's discover */
    enum fc_device_kind kind;
    struct fc_device_info info;
    fc_index
        place; /* in fc_machine.device and fc_placement.device; -1: it is our CPU, or it was not joined */
};

struct fc_found_backend {
    const struct fc_backend *backend;
    int devices;
    char why[256]; /* why there are none */
};

struct fc_hardware {
    struct fc_topology *topology;
    struct fc_placement placement;
    int backend_count, device_count;
    bool has_cpu; /* the CPU has been asked and has its place */
    struct fc_found_backend backend[FC_BACKENDS_MAX];
    struct fc_found_device device[FC_DEVICES_MAX];
};

/* Loads the topology, asks each backend of the NULL-terminated list for its devices, joins them with the
 * machine and places `threads` threads (0: one per core that we may use). Fails with FC_BAD_INPUT when a
 * machine that the environment names cannot be read, with FC_FAULT without memory. */
int fc_hardware_find(struct fc_hardware *hardware, const struct fc_backend *const *backends, int threads,
                     struct fc_error *error);

/* On a described machine: takes every GPU of it that hwloc sees as offered by `api`, and places anew. */
int fc_hardware_assume(struct fc_hardware *hardware, enum fc_device_api api, int threads,
                       struct fc_error *error);

void fc_hardware_free(struct fc_hardware *hardware);

#endif
