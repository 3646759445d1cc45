/* shares.h: what placement.c and shares.c share; nobody else includes it. */
#ifndef FC_TOPOLOGY_SHARES_H
#define FC_TOPOLOGY_SHARES_H

#include "machine.h"
#include "placement.h"

/* Adds a line for people to a placement; drops it when there are FC_PLACEMENT_LINES already. */
void fc_placement_say(struct fc_placement *placement, const char *text);

/* Decides which devices work, which thread feeds each, where its memory lies and the shares of all. The
 * threads must be placed and `device` be zeroed. */
void fc_placement_share(const struct fc_machine *machine, struct fc_placement *placement);

#endif
