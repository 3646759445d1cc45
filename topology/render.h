/* render.h: the machine and the placement as a tree for people. */
#ifndef FC_TOPOLOGY_RENDER_H
#define FC_TOPOLOGY_RENDER_H

#include "placement.h"
#include "topology.h"

#include <stdio.h>

/* Prints the machine, and the placement when one is given (it may be NULL). Like things are folded into one
 * line ("64 cores, 2 threads each"). `utf8`: draw with box characters; else plain ASCII. The text depends
 * on the machine alone. Errors: NO_MEMORY, REFUSED when `out` cannot be written. */
int fc_topology_render(const struct fc_topology *topology, const struct fc_placement *placement, FILE *out,
                       bool utf8);

#endif
