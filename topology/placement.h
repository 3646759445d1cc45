/* placement.h: how flopcast uses a machine: how many threads, where each runs, which devices work and which thread
 * feeds each.
 *
 * Use: fc_placement_decide; then each worker thread calls fc_placement_bind_thread from inside itself.
 * fc_placement_free ends it. On a described machine (synthetic, XML) everything is decided and nothing bound.
 */
#ifndef FC_TOPOLOGY_PLACEMENT_H
#define FC_TOPOLOGY_PLACEMENT_H

#include "topology.h"

enum { FC_PLACEMENT_LINES = 8, FC_PLACEMENT_LINE_BYTES = 200 };

/* Where one thread runs. */
struct fc_thread_place {
    fc_index core;   /* in fc_machine.core */
    fc_index pu;     /* in fc_machine.pu: the hardware thread it is bound to */
    fc_index numa;   /* in fc_machine.numa_node: the node near the core; -1: not known or barred */
    fc_index device; /* the working device that it feeds instead of computing itself; else -1 */
};

/* What one reported device does; same order as fc_machine.device. */
struct fc_device_place {
    bool works;
    fc_index thread;                  /* the thread that feeds it; -1 when it does not work */
    char why[FC_TOPOLOGY_NAME_BYTES]; /* why it does not work; empty when it does */
};

/* The whole decision. The work is handed out in blocks as measured speed allows (host/run/run.h), so no device has a
 * share beforehand. */
struct fc_placement {
    int threads; /* at least 1 */
    struct fc_thread_place *thread;
    int devices;
    struct fc_device_place *device;
    int lines; /* what a person should know, why a wish was not granted */
    char line[FC_PLACEMENT_LINES][FC_PLACEMENT_LINE_BYTES];
};

/* Decides for `requested_threads` (0: as many as useful). Rules: never more threads than allowed hardware
 * threads or than the CPU quota grants; one thread per core until cores run out, then a second one; the
 * fastest kind of core first; then spread over NUMA nodes and, in each, over caches. A GPU works once,
 * through CUDA when both CUDA and OpenCL offer it; an OpenCL CPU device does not work, since our threads have
 * its cores (a caller whose user named that device may use it all the same). Fill `out` anew each time and
 * free it. Errors: NO_MEMORY, BAD_VALUE (requested_threads < 0). */
int fc_placement_decide(const struct fc_topology *topology, int requested_threads, struct fc_placement *out,
                        char *why, size_t why_size);

/* Frees what decide filled in; a zeroed placement is fine. */
void fc_placement_free(struct fc_placement *placement);

/* Binds the calling thread to the place of thread number `thread` (0 to threads - 1). Does nothing, and
 * returns 0, when the machine is not this one. Errors: BAD_VALUE, REFUSED (the run can go on unbound). */
int fc_placement_bind_thread(const struct fc_topology *topology, const struct fc_placement *placement,
                             int thread, char *why, size_t why_size);

#endif
