/* cluster.h: the hardware of a scenario, resolved once before any layer is compiled. Every layer reads it here; none
 * has a default of its own.
 *
 * What a scenario does not state follows from its GPU: catalog/gpus.yaml says which node, NVLink domain, power, price
 * and failure rates a GPU has. A figure that its row lacks has no default: the general one is another GPU's. */
#ifndef FC_HOST_CLUSTER_H
#define FC_HOST_CLUSTER_H

#include "host/base/notes.h"
#include "host/language/settings.h"
#include "host/step/gpu.h"

struct fc_cluster {
    bool has_gpu;
    struct fc_accelerator gpu; /* its domain is what the job gets, its adapter what the network carries */
    double gpus;               /* that the job uses; 0: no job is described */
    double domain,
        node;     /* GPUs; 0: neither stated nor known, which only a scenario without a GPU may leave */
    int racks;    /* that the job uses; a rack is one NVLink domain unless cluster.racks is stated */
    double trays; /* nodes that the job uses, a part of one counted whole */
    int spare_nodes, spares_per_rack, spare_racks;
    double paid_gpus; /* the job's, and every spare's */
};

/* The reliability profile whose failure rates hold for cluster.gpu ("h100-era", "gb200-era"), or NULL when no GPU is
 * stated or its row names none. For use before the cluster is resolved; afterwards it is cluster.gpu.era. */
const char *fc_cluster_era(const struct fc_settings *settings, const struct fc_catalog *catalog);

/* Sets what follows from cluster.gpu and is not set yet, as defaults with the source and grade of the figure. To be
 * called after a profile's file and before the general defaults. Fails on a row that is wrong. */
int fc_cluster_apply_defaults(struct fc_settings *settings, const struct fc_catalog *catalog,
                              struct fc_error *error);

/* Takes back the general defaults of what follows from the GPU, where a GPU is stated and its row has no figure: the
 * layer that needs one then asks for it by name. To be called after the general defaults. */
void fc_cluster_withhold_defaults(struct fc_settings *settings, const struct fc_catalog *catalog);

/* The figure of the GPU's row that the default of a field follows, or NULL: it follows no figure. */
const char *fc_cluster_figure_of(enum fc_field_id id);

/* Resolves the cluster. Hardware that does not exist is refused at the setting that is wrong: a network or an NVLink
 * domain that the GPU does not have, nodes that do not fill a domain. What is assumed is added to `notes`. */
int fc_cluster_read(struct fc_cluster *cluster, const struct fc_settings *settings,
                    const struct fc_catalog *catalog, struct fc_notes *notes, struct fc_error *error);

/* What a run needs of it: a node and a domain where spares or a profile count in them, a job of whole nodes, racks that
 * hold the job and the spares beside it. */
int fc_cluster_check_run(const struct fc_cluster *cluster, const struct fc_settings *settings,
                         struct fc_error *error);

#endif
