/* tax.h: what share of a price is written off for taxes in which year after the purchase. */
#ifndef FC_HOST_TAX_H
#define FC_HOST_TAX_H

#include "cuda/model/contract/contract_program.h"
#include "host/language/words.h"

/* Shares of the price by years since the purchase, 0 to FC_TAX_YEARS - 1: `bonus` in the first, and of the rest the class's
 * table (MACRS, half-year convention: IRS publication 946, table A-1), or 1 / life a year from the middle of the first. */
void fc_tax_schedule(enum fc_depreciation depreciation, double life, double bonus,
                     float written[FC_TAX_YEARS]);

#endif
