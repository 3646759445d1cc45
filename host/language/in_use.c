/* in_use.c: see in_use.h. */
#include "in_use.h"

#include <string.h>

#include "cuda/model/contract/contract_program.h"
#include "cuda/model/inputs.h"

const struct fc_setting *fc_contract_field(const struct fc_settings *settings, int provider,
                                           enum fc_field_id p2)
{
    return &settings->fields[fc_field_of_provider(provider, p2)];
}

int fc_contract_form(const struct fc_settings *settings, int provider)
{
    return (provider == 0 ? &settings->fields[FC_FIELD_P1_FORM]
                          : fc_contract_field(settings, provider, FC_FIELD_P2_FORM))
        ->choice;
}

/* Providers in use: the last one that has a share. */
int fc_contract_providers(const struct fc_settings *settings)
{
    int count = 1;
    for (int k = 1; k < FC_PROVIDERS; k++)
        if (fc_contract_field(settings, k, FC_FIELD_P2_SHARE)->is_set)
            count = k + 1;
    return count;
}

bool fc_contract_by_months(const struct fc_settings *settings)
{
    return settings->fields[FC_FIELD_LAYERS].choice >= FC_LAYERS_CONTRACT;
}

bool fc_contract_asks_own(const struct fc_settings *settings)
{
    return settings->fields[FC_FIELD_LAYERS].choice >= FC_LAYERS_CONTRACT &&
           settings->fields[FC_FIELD_OWN_COMPARE].flag;
}

bool fc_contract_has_form(const struct fc_settings *settings, int low, int high)
{
    for (int k = 0; k < fc_contract_providers(settings); k++)
        if (fc_contract_form(settings, k) >= low && fc_contract_form(settings, k) <= high)
            return true;
    return false;
}

bool fc_field_of_detail(const struct fc_field *field)
{
    return field->use == FC_USE_DETAIL;
}

static bool provider_in_use(const struct fc_settings *settings, const struct fc_field *field)
{
    int provider = field->path[strlen("provider")] - '1';
    if (provider >= fc_contract_providers(settings))
        return false;
    int form = fc_contract_form(settings, provider);
    return field->use == FC_USE_PROVIDER || form == FC_FORM_RESERVATION || form == FC_FORM_BLOCK;
}

static bool own_in_use(const struct fc_settings *settings, enum fc_use use)
{
    const struct fc_setting *f = settings->fields;
    bool parts = f[FC_FIELD_OWN_BASIS].choice == FC_OWN_PARTS,
         decline = f[FC_FIELD_OWN_METHOD].choice == FC_OWN_VALUE_DECLINE;
    if (!f[FC_FIELD_OWN_COMPARE].flag && !f[FC_FIELD_BOOKS].flag &&
        !fc_contract_has_form(settings, FC_FORM_OWN, FC_FORM_OWN))
        return false;
    return use == FC_USE_OWN_ALL_IN  ? !parts
           : use == FC_USE_OWN_PARTS ? parts
                                     : use != FC_USE_OWN_DECLINE || decline;
}

/* Where a contract is simulated. */
static bool contract_reads(const struct fc_settings *settings, const struct fc_field *field)
{
    const struct fc_setting *f = settings->fields;
    int revenue = f[FC_FIELD_REVENUE].choice;
    bool market = f[FC_FIELD_MARKET_PATHS].flag;
    switch (field->use) {
    case FC_USE_CONTRACT_ALONE:
        return f[FC_FIELD_LAYERS].choice == FC_LAYERS_CONTRACT;
    case FC_USE_PROVIDER:
    case FC_USE_PROVIDER_TERM:
        return provider_in_use(settings, field);
    case FC_USE_CATCH_UP:
        return f[FC_FIELD_CATCH_UP].flag && !f[FC_FIELD_CONTRACT_GPUS].is_set;
    case FC_USE_TERMINATION:
        return f[FC_FIELD_TERMINATE].number > 0;
    case FC_USE_COMMITMENT:
        return fc_contract_has_form(settings, FC_FORM_TAKE_OR_PAY, FC_FORM_MINIMUM);
    case FC_USE_SPOT:
        return fc_contract_has_form(settings, FC_FORM_SPOT, FC_FORM_SPOT);
    case FC_USE_LISTS:
        return market || fc_contract_has_form(settings, FC_FORM_RESERVATION, FC_FORM_SPOT);
    case FC_USE_MARKET:
        return market;
    case FC_USE_SWITCHING:
        return market || fc_contract_providers(settings) > 1;
    case FC_USE_REVENUE:
        return revenue != FC_REVENUE_NONE;
    case FC_USE_REVENUE_PER_GW:
        return revenue == FC_REVENUE_PER_GW;
    case FC_USE_REVENUE_PATH:
        return revenue == FC_REVENUE_PATH;
    case FC_USE_REVENUE_PER_HOUR:
        return revenue == FC_REVENUE_PER_HOUR;
    case FC_USE_REVENUE_PER_TOKEN:
        return revenue == FC_REVENUE_PER_TOKEN;
    case FC_USE_REVENUE_SERVING:
        return revenue >= FC_REVENUE_PER_HOUR;
    case FC_USE_TAX:
        return f[FC_FIELD_TAX].flag;
    case FC_USE_BOOKS:
        return f[FC_FIELD_BOOKS].flag;
    case FC_USE_PROVIDERS:
        return fc_contract_providers(settings) > 1;
    case FC_USE_PROGRAMME:
        return f[FC_FIELD_PROGRAMME_FLOP].is_set;
    case FC_USE_OWN:
    case FC_USE_OWN_ALL_IN:
    case FC_USE_OWN_PARTS:
    case FC_USE_OWN_DECLINE:
        return own_in_use(settings, field->use);
    case FC_USE_INDEXED:
        return f[FC_FIELD_INDEXED].number > 0;
    case FC_USE_RESET:
        return f[FC_FIELD_RESET_EVERY].integer > 0;
    case FC_USE_CLAUSE:
        return f[field->id].is_set && !f[field->id].from_default;
    default:
        return true;
    }
}

bool fc_field_in_use(const struct fc_settings *settings, const struct fc_field *field)
{
    int layers = settings->fields[FC_FIELD_LAYERS].choice;
    switch (field->use) {
    case FC_USE_ANY:
        return true;
    case FC_USE_STEP:
        return layers != FC_LAYERS_CONTRACT;
    case FC_USE_MODEL:
        return layers != FC_LAYERS_CONTRACT || settings->fields[FC_FIELD_MFU].from_default;
    case FC_USE_RUN:
    case FC_USE_DETAIL:
        return layers == FC_LAYERS_RUN || layers == FC_LAYERS_ALL;
    case FC_USE_COST:
        return layers != FC_LAYERS_STEP;
    default:
        return layers >= FC_LAYERS_CONTRACT && contract_reads(settings, field);
    }
}
