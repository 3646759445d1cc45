/* clause_terms.h: the terms of a scenario's contract and its market as clause.h takes them. */
#ifndef FC_HOST_CLAUSE_TERMS_H
#define FC_HOST_CLAUSE_TERMS_H

#include "clause.h"
#include "host/compile/scenario.h"

/* The expected schedule over `worlds` worlds of the contract, prices of the first day in force, no exit and no option; and
 * the market of the scenario with the means of its uncertain keys. Fails with FC_BAD_INPUT where the contract is not one of a
 * single provider with take_or_pay or minimum. */
int fc_clause_terms_read(enum fc_clause clause, const struct fc_scenario *scenario, uint64_t worlds,
                         struct fc_clause_terms *terms, struct fc_clause_market *market,
                         struct fc_error *error);

#endif
