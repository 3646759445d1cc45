/* in_use.h: which fields a scenario really reads: those of its layers, and of the options that are on. */
#ifndef FC_HOST_IN_USE_H
#define FC_HOST_IN_USE_H

#include "settings.h"

/* Whether the scenario reads the field (its `use`); name, trials, seed and the like always are. */
bool fc_field_in_use(const struct fc_settings *settings, const struct fc_field *field);

/* Whether only a run in detail reads the field (reliability.profile other than plain). */
bool fc_field_of_detail(const struct fc_field *field);

/* What the contract's parts ask: whether it goes month by month, whether owning is asked for, how many
 * providers there are, and whether one of them has a form from `low` to `high` (enum fc_contract_form). */
bool fc_contract_by_months(const struct fc_settings *settings);
bool fc_contract_asks_own(const struct fc_settings *settings);
int fc_contract_providers(const struct fc_settings *settings);
bool fc_contract_has_form(const struct fc_settings *settings, int low, int high);

/* The setting of provider 2 to 4 (counted 1 to 3) that corresponds to the second one's field `p2`. */
const struct fc_setting *fc_contract_field(const struct fc_settings *settings, int provider,
                                           enum fc_field_id p2);

/* enum fc_contract_form of a provider, counted from 0. */
int fc_contract_form(const struct fc_settings *settings, int provider);

#endif
