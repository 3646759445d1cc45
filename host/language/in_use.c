/* in_use.c: see in_use.h. */
#include "in_use.h"

#include <string.h>

#include "cuda/model/contract/contract_program.h"
#include "cuda/model/inputs.h"

enum { LAYER_STEP, LAYER_RUN, LAYER_CONTRACT, LAYER_ALL }; /* the words of `layers` */
enum { FIELDS_PER_PROVIDER = FC_FIELD_P3_NAME - FC_FIELD_P2_NAME };

const struct fc_setting *fc_contract_field(const struct fc_settings *settings, int provider,
                                           enum fc_field_id p2)
{
    return &settings->fields[(int)p2 + (provider - 1) * FIELDS_PER_PROVIDER];
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
    const struct fc_setting *f = settings->fields;
    return f[FC_FIELD_LAYERS].choice >= LAYER_CONTRACT;
}

bool fc_contract_asks_own(const struct fc_settings *settings)
{
    return settings->fields[FC_FIELD_LAYERS].choice >= LAYER_CONTRACT &&
           settings->fields[FC_FIELD_OWN_COMPARE].flag;
}

bool fc_contract_has_form(const struct fc_settings *settings, int low, int high)
{
    for (int k = 0; k < fc_contract_providers(settings); k++)
        if (fc_contract_form(settings, k) >= low && fc_contract_form(settings, k) <= high)
            return true;
    return false;
}

/* The contract's inputs where a contract is simulated. */
static bool contract_reads(const struct fc_settings *settings, int input)
{
    const struct fc_setting *f = settings->fields;
    bool months = fc_contract_by_months(settings), own = fc_contract_asks_own(settings);
    int revenue = f[FC_FIELD_REVENUE].choice;
    if (input == FC_IN_GOODPUT || input == FC_IN_MFU)
        return f[FC_FIELD_LAYERS].choice == LAYER_CONTRACT;
    if (input == FC_IN_DELAY_MONTHS) /* months draw each delay from its distribution */
        return false;
    if (input == FC_IN_ENERGY_PRICE_USD_PER_KWH)
        return months || own;
    if (input < FC_IN_DELAY_FACTOR)
        return true;
    if (input >= FC_IN_PROVIDER && input < FC_IN_CAPEX_PER_GPU_USD)
        return months;
    if ((input >= FC_IN_CAPEX_PER_GPU_USD && input <= FC_IN_FACILITY_PER_KW_USD) ||
        input == FC_IN_VALUE_DECLINE) {
        bool parts = f[FC_FIELD_OWN_BASIS].choice == 1, decline = f[FC_FIELD_OWN_METHOD].choice == 1;
        if (!own && !(months && fc_contract_has_form(settings, FC_FORM_OWN, FC_FORM_OWN)))
            return false;
        if (input == FC_IN_CAPEX_PER_GPU_USD || input == FC_IN_FACILITY_SHARE)
            return !parts;
        if (input == FC_IN_VALUE_DECLINE)
            return decline;
        return input < FC_IN_RACK_CAPEX_USD || parts;
    }
    if (input == FC_IN_SITE_POWER_KW)
        return months || own;
    if (!months)
        return false;
    bool lists =
        f[FC_FIELD_MARKET_PATHS].flag || fc_contract_has_form(settings, FC_FORM_RESERVATION, FC_FORM_SPOT);
    switch (input) {
    case FC_IN_REVENUE_PER_GW_USD:
        return revenue == FC_REVENUE_PER_GW;
    case FC_IN_OTHER_COSTS:
        return revenue != FC_REVENUE_NONE;
    case FC_IN_GROWTH:
    case FC_IN_GROWTH + 1:
    case FC_IN_GROWTH + 2:
    case FC_IN_GROWTH_LATER:
    case FC_IN_COST_ELASTICITY:
        return revenue == FC_REVENUE_PATH;
    case FC_IN_TERMINATION_FEE:
        return f[FC_FIELD_TERMINATE].number > 0;
    case FC_IN_TAKE_OR_PAY:
    case FC_IN_PREPAYMENT:
        return fc_contract_has_form(settings, FC_FORM_TAKE_OR_PAY, FC_FORM_MINIMUM);
    case FC_IN_SPOT_INTERRUPTIONS:
    case FC_IN_SPOT_LOSS_H:
        return fc_contract_has_form(settings, FC_FORM_SPOT, FC_FORM_SPOT);
    case FC_IN_PROGRAMME_GROWTH:
        return f[FC_FIELD_PROGRAMME_FLOP].is_set;
    case FC_IN_SWITCHING_COST:
        return fc_contract_providers(settings) > 1 || f[FC_FIELD_MARKET_PATHS].flag;
    case FC_IN_LAUNCH_STEP:
    case FC_IN_LAUNCH_INTERVAL:
    case FC_IN_PERFORMANCE_GROWTH:
    case FC_IN_REGIME_MONTHS:
    case FC_IN_SPOT_HALF_LIFE:
        return f[FC_FIELD_MARKET_PATHS].flag;
    case FC_IN_LIST_PRICE_USD:
    case FC_IN_SPOT_RATIO:
    case FC_IN_COMMITMENT_1Y:
    case FC_IN_COMMITMENT_3Y:
    case FC_IN_COMMITMENT_5Y_USD:
    case FC_IN_BLOCK_RATIO:
        return lists;
    default:
        return true;
    }
}

bool fc_input_in_use(const struct fc_settings *settings, int input)
{
    int layers = settings->fields[FC_FIELD_LAYERS].choice;
    if (input < FC_IN_STEP_END)
        return layers != LAYER_CONTRACT;
    if (input < FC_IN_CONTRACT_FIRST)
        return layers == LAYER_RUN || layers == LAYER_ALL;
    if (layers >= LAYER_CONTRACT)
        return contract_reads(settings, input);
    static const int of_a_run[] = {FC_IN_PRICE_GPU_HOUR_USD, FC_IN_IT_POWER_KW, FC_IN_LOAD_FACTOR, FC_IN_PUE,
                                   FC_IN_CARBON_G_PER_KWH};
    for (size_t i = 0; i < sizeof of_a_run / sizeof of_a_run[0]; i++)
        if (input == of_a_run[i])
            return layers == LAYER_RUN;
    return false;
}

bool fc_field_of_detail(const struct fc_field *field)
{
    static const enum fc_field_id of_detail[] = {
        FC_FIELD_SPARE_POLICY,
        FC_FIELD_RACKS,
        FC_FIELD_SPARES_PER_RACK,
        FC_FIELD_SPARE_RACKS,
        FC_FIELD_SEGMENT,
        FC_FIELD_POD_RACKS,
        FC_FIELD_CREWS,
        FC_FIELD_SHORTAGE,
        FC_FIELD_ELASTIC,
        FC_FIELD_CHECKPOINT_KIND,
        FC_FIELD_CHECKPOINT_RULE,
        FC_FIELD_DURABLE_EVERY,
        FC_FIELD_AGES,
        FC_FIELD_WEIBULL_SHAPE,
        FC_FIELD_LARGE_SCALE,
        FC_FIELD_SHARE_GPU,
        FC_FIELD_SHARE_HOST,
        FC_FIELD_SHARE_NVLINK,
        FC_FIELD_SHARE_NETWORK,
        FC_FIELD_SHARE_SOFTWARE,
        FC_FIELD_SHARE_HANG,
        FC_FIELD_SHARE_SILENT,
        FC_FIELD_RACK_MTBF,
        FC_FIELD_SLOW_NODE_MTBF,
        FC_FIELD_SLOW_NODE_LOSS,
        FC_FIELD_SLOW_NETWORK_MTBF,
        FC_FIELD_SLOW_NETWORK_LOSS,
        FC_FIELD_SWING,
        FC_FIELD_MANUAL,
        FC_FIELD_INEFFECTIVE,
        FC_FIELD_WRONG_NODE,
        FC_FIELD_BURST,
        FC_FIELD_RESTART_PER_GPU,
        FC_FIELD_WARMUP,
        FC_FIELD_REPLICA_OUT,
        FC_FIELD_DEGRADED_LOSS,
        FC_FIELD_SPARE_START,
        FC_FIELD_IDLE_FAILURES,
        FC_FIELD_REDUCED_LOSS,
        FC_FIELD_LEMON_SHARE,
        FC_FIELD_LEMON_FAILURES,
        FC_FIELD_LEMON_RETIRED,
        FC_FIELD_SITE_MTBF,
        FC_FIELD_POD_MTBF,
        FC_FIELD_CHECKPOINT_LOAD,
        FC_FIELD_CHECKPOINT_WRITE,
        FC_FIELD_DURABLE_STALL,
        FC_FIELD_DURABLE_LOAD,
        FC_FIELD_CHECKPOINT_BYTES,
        FC_FIELD_STORAGE_BANDWIDTH,
        FC_FIELD_HANG_DETECTION,
        FC_FIELD_SILENT_LAG,
        FC_FIELD_SLOW_NODE_LENGTH,
        FC_FIELD_SLOW_NETWORK_LENGTH,
        FC_FIELD_REPAIR_AUTOMATIC,
        FC_FIELD_RACK_REPAIR,
        FC_FIELD_SITE_OUTAGE,
    };
    for (size_t i = 0; i < sizeof of_detail / sizeof of_detail[0]; i++)
        if (field->id == (int)of_detail[i])
            return true;
    return false;
}

static bool begins(const char *path, const char *section)
{
    return strncmp(path, section, strlen(section)) == 0;
}

/* Fields of the contract that are no inputs. */
static bool contract_field_in_use(const struct fc_settings *settings, const struct fc_field *field)
{
    static const enum fc_field_id of_months[] = {
        FC_FIELD_TRANCHES,       FC_FIELD_CATCH_UP,     FC_FIELD_CREDIT_FROM,
        FC_FIELD_SERVICE_CREDIT, FC_FIELD_TERMINATE,    FC_FIELD_EXPANSION_MONTH,
        FC_FIELD_REVENUE,        FC_FIELD_MARKET_PATHS, FC_FIELD_EXPANSION_SHARE};
    const struct fc_setting *f = settings->fields;
    bool months = fc_contract_by_months(settings);
    for (size_t i = 0; i < sizeof of_months / sizeof of_months[0]; i++)
        if (field->id == (int)of_months[i])
            return months;
    if (field->id == FC_FIELD_CATCH_UP_LIMIT)
        return months && f[FC_FIELD_CATCH_UP].flag && !f[FC_FIELD_CONTRACT_GPUS].is_set;
    if (begins(field->path, "provider")) {
        int provider = field->path[strlen("provider")] - '1';
        bool term = strcmp(strchr(field->path, '.'), ".term") == 0;
        if (!months || provider >= fc_contract_providers(settings))
            return false;
        int form = fc_contract_form(settings, provider);
        return !term || form == FC_FORM_RESERVATION || form == FC_FORM_BLOCK;
    }
    if (begins(field->path, "market."))
        return months && f[FC_FIELD_MARKET_PATHS].flag;
    if (begins(field->path, "finance."))
        return months && f[FC_FIELD_REVENUE].choice == FC_REVENUE_PATH;
    if (field->id == FC_FIELD_OWN_METHOD || field->id == FC_FIELD_OWN_BASIS)
        return fc_contract_asks_own(settings) ||
               (months && fc_contract_has_form(settings, FC_FORM_OWN, FC_FORM_OWN));
    return true;
}

bool fc_field_in_use(const struct fc_settings *settings, const struct fc_field *field)
{
    static const char *const of_contract[] = {"contract.", "provider", "market.",
                                              "finance.",  "own.",     "programme."};
    int layers = settings->fields[FC_FIELD_LAYERS].choice;
    bool run = layers == LAYER_RUN || layers == LAYER_ALL;
    if (field->id == FC_FIELD_DELAY_LENGTH) /* drawn per world, or month by month for each delay */
        return layers >= LAYER_CONTRACT;
    if (field->type == FC_FIELD_UNCERTAIN)
        return fc_input_in_use(settings, field->input);
    for (size_t i = 0; i < sizeof of_contract / sizeof of_contract[0]; i++)
        if (begins(field->path, of_contract[i]))
            return layers >= LAYER_CONTRACT && contract_field_in_use(settings, field);
    if (begins(field->path, "reliability.") || begins(field->path, "checkpoint.") ||
        field->id == FC_FIELD_SPARE_NODES)
        return run;
    if (field->id == FC_FIELD_PRECISION) /* the peak that an MFU refers to */
        return true;
    if (field->id == FC_FIELD_MODEL && layers == LAYER_CONTRACT) /* the family whose measured MFU is taken */
        return settings->fields[FC_FIELD_MFU].from_default;
    if (begins(field->path, "training.") || begins(field->path, "plan.") ||
        begins(field->path, "efficiency.") || field->id == FC_FIELD_OVERSUBSCRIPTION)
        return layers != LAYER_CONTRACT;
    return true;
}
