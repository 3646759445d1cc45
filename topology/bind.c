/* bind.c: carries out a placement on this machine: binds threads. */
#include "machine.h"
#include "placement.h"

#include <errno.h>
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
        fc_topology_write(why, why_size, "out of memory while trying to bind thread %d", thread);
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
