/* spares.h: how many nodes stand ready beside a run that does not state them. */
#ifndef FC_HOST_SPARES_H
#define FC_HOST_SPARES_H

#include "host/language/catalog.h"
#include "host/language/settings.h"

/* Where cluster.spare_nodes is read and not stated, its default: the share of the job's nodes that stands in
 * catalog/reliability.yaml (spare-nodes), rounded up, one at least, and at most as many as a run follows. Call it after
 * the other defaults, which settle cluster.node; called again (a scaled cluster.gpus), it counts again. Returns 0, or -1
 * with `error` filled. */
int fc_spares_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error);

#endif
