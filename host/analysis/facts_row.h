/* facts_row.h: what a row of dated facts says: its class, series and figure, or why it is none that can be forecast. */
#ifndef FC_HOST_FACTS_ROW_H
#define FC_HOST_FACTS_ROW_H

#include "facts.h"
#include "host/base/csv.h"

/* Fills a row from its cells. */
void fc_fact_fill(struct fc_fact *fact, const struct fc_csv *csv, size_t row);

#endif
