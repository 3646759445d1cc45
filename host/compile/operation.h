/* operation.h: what people and programme add to a run, by how practised the operation is (catalog/operation.yaml). */
#ifndef FC_HOST_OPERATION_H
#define FC_HOST_OPERATION_H

#include "host/language/catalog.h"
#include "host/language/settings.h"

/* Where a run is simulated, sets operation.maturity and operation.overhead unless they are stated, as defaults, and notes
 * it: mixed where the run follows from a model, none where its work is stated as a time (training.work). Returns 0, or
 * -1 with `error` filled. */
int fc_operation_apply(struct fc_settings *settings, const struct fc_catalog *catalog,
                       struct fc_error *error);

#endif
