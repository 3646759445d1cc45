/* spares.c: see spares.h. */
#include "spares.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/language/in_use.h"

int fc_spares_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_setting *f = settings->fields, *spares = &f[FC_FIELD_SPARE_NODES];
    const double most = fc_fields[FC_FIELD_SPARE_NODES].hi;
    const struct fc_catalog_entry *entry;
    struct fc_document *document;
    char text[900], count[200];
    double share;
    if (!f[FC_FIELD_LAYERS].is_set || !fc_field_in_use(settings, &fc_fields[FC_FIELD_SPARE_NODES]) ||
        !f[FC_FIELD_GPUS].is_set || (spares->is_set && !spares->from_default))
        return 0;
    if (fc_catalog_find(catalog, "reliability", "spare-nodes", NULL, &entry, error) ||
        fc_catalog_number(entry, "value", &share, NULL, error))
        return -1;
    *spares = (struct fc_setting){0};
    /* without a node there is nothing to count, and whoever counts spares asks for it */
    double node = f[FC_FIELD_NODE_GPUS].is_set ? f[FC_FIELD_NODE_GPUS].number : f[FC_FIELD_GPUS].number;
    double nodes = ceil(f[FC_FIELD_GPUS].number / node), wanted = fmax(1, ceil(share * nodes));
    if (wanted > most)
        snprintf(count, sizeof count, "%g %% of %g nodes are %g, and a run follows %g at most", 100 * share, nodes,
                 wanted, most);
    else
        snprintf(count, sizeof count, "%g %% of %g node%s, rounded up", 100 * share, nodes, nodes == 1 ? "" : "s");
    snprintf(text, sizeof text, "entries:\n  %s: {value: %g, source: \"%s; %s\", grade: %s}\n",
             fc_fields[FC_FIELD_SPARE_NODES].path, fmin(wanted, most), count, fc_node_text(entry->node, "source"),
             fc_node_text(entry->node, "grade"));
    if (fc_document_open_text(&document, entry->place.file, text, strlen(text), sizeof text, error))
        return -1;
    int status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    return status;
}
