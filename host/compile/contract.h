/* contract.h: from settings to the contract layer's part of the program
 * (cuda/model/contract/contract_program.h). */
#ifndef FC_HOST_CONTRACT_H
#define FC_HOST_CONTRACT_H

#include "compiled.h"
#include "host/language/catalog.h"

/* Compiles the contract layer: value or GPUs, term, providers, market, finance. */
int fc_contract_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                        const struct fc_catalog *catalog, struct fc_error *error);

#endif
