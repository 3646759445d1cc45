/* contract_mfu.h: the MFU of a contract whose training is not simulated: that of measured steps (catalog/mfu.yaml) of
 * the same chip generation, precision and family of model, relative to the dense peak of that precision. */
#ifndef FC_HOST_CONTRACT_MFU_H
#define FC_HOST_CONTRACT_MFU_H

#include "host/base/error.h"
#include "host/language/catalog.h"
#include "host/language/settings.h"

/* Where contract.mfu is read and not stated, its default: quantiles of the rows of cluster.gpu's family, of
 * training.precision and of training.model's family, a mixture of experts where no model is stated. A chip without
 * rows of its own generation, and a group without rows, inherit the nearest, which the source says. Call it after the
 * other defaults, which settle precision and layers. Returns 0, or -1 with `error` filled. */
int fc_contract_mfu_apply(struct fc_settings *settings, const struct fc_catalog *catalog,
                          struct fc_error *error);

/* Warns where a stated contract.mfu has a median above 95 % of the measured rows. */
void fc_contract_mfu_check(struct fc_settings *settings, const struct fc_catalog *catalog);

#endif
