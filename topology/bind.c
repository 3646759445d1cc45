/* bind.c: carries out a placement on this machine: binds threads and allocates memory near them. */
#include "machine.h"
#include "placement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fc_placement_bind_thread(const struct fc_topology *topology, const struct fc_placement *placement,
                             int thread, char *why, size_t why_size)
{
    const struct fc_machine *machine = &topology->machine;
    if (thread < 0 || thread >= placement->threads) {
        fc_topology_write(why, why_size, "there is no thread %d (the placement has %d); count from 0", thread,
                          placement->threads);
        return FC_TOPOLOGY_BAD_VALUE;
    }
    fc_index pu = placement->thread[thread].pu;
    if (!topology->hwloc || !machine->is_this_system || pu < 0)
        return 0;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    if (!set || hwloc_bitmap_only(set, machine->pu[pu].os_index) < 0) {
        hwloc_bitmap_free(set);
        fc_topology_write(why, why_size, "no memory left to bind thread %d", thread);
        return FC_TOPOLOGY_NO_MEMORY;
    }
    int failed = hwloc_set_cpubind(topology->hwloc, set, HWLOC_CPUBIND_THREAD);
    if (failed)
        fc_topology_write(
            why, why_size,
            "thread %d is not bound to hardware thread %u (%s); the run goes on, perhaps slower", thread,
            machine->pu[pu].os_index, strerror(errno));
    hwloc_bitmap_free(set);
    return failed ? FC_TOPOLOGY_REFUSED : 0;
}

/* hwloc frees what it allocated by its own means, so both ways must choose alike. */
static bool binds_memory(const struct fc_topology *topology)
{
    return topology->hwloc && topology->machine.is_this_system;
}

void *fc_host_memory_allocate(const struct fc_topology *topology, fc_index numa, size_t bytes)
{
    const struct fc_machine *machine = &topology->machine;
    if (bytes == 0 || numa < -1 || numa >= machine->numa_nodes)
        return NULL;
    if (numa >= 0 && !(machine->numa_node[numa].is_host_memory && machine->numa_node[numa].is_allowed))
        return NULL;
    if (!binds_memory(topology))
        return malloc(bytes);
    if (numa < 0)
        return hwloc_alloc(topology->hwloc, bytes);
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    void *memory = NULL;
    if (set && hwloc_bitmap_only(set, machine->numa_node[numa].os_index) == 0)
        memory =
            hwloc_alloc_membind(topology->hwloc, bytes, set, HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET);
    hwloc_bitmap_free(set);
    /* A wish about place never costs the run. */
    return memory ? memory : hwloc_alloc(topology->hwloc, bytes);
}

void fc_host_memory_free(const struct fc_topology *topology, void *memory, size_t bytes)
{
    if (!memory)
        return;
    if (binds_memory(topology))
        (void)hwloc_free(topology->hwloc, memory, bytes);
    else
        free(memory);
}
