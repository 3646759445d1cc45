/* object.c: what several files ask of an hwloc object. */
#include "machine.h"

fc_index fc_topology_package_of(hwloc_topology_t hwloc, hwloc_obj_t object)
{
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, object);
    if (package)
        return (fc_index)package->logical_index;
    return hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_PACKAGE) == 1 ? 0 : -1;
}
