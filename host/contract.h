/* contract.h: from settings to the contract layer's part of the program (cuda/model/contract_program.h). */
#ifndef FC_HOST_CONTRACT_H
#define FC_HOST_CONTRACT_H

#include "program.h"

/* Whether the scenario reads this input at all: what belongs to the months, the market or owning is drawn
 * only where it is asked for. True for every input of the other layers. */
bool fc_contract_reads(const struct fc_settings *settings, int input);

/* Compiles the contract layer: value or GPUs, term, providers, market, finance. */
int fc_contract_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                        const struct fc_catalog *catalog, struct fc_error *error);

/* Adds the metrics of the months and of owning that the scenario has, ascending. */
void fc_contract_metrics(struct fc_program *program);

#endif
