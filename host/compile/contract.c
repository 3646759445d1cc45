/* contract.c: see contract.h. */
#include "contract.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "assets.h"
#include "copula.h"
#include "tax.h"
#include "host/language/in_use.h"
#include "cuda/model/base/draw.h"

static bool stated(const struct fc_setting *setting)
{
    return setting->is_set && !setting->from_default;
}

static double share_of(const struct fc_settings *settings, int provider)
{
    const struct fc_setting *share = provider == 0 ? &settings->fields[FC_FIELD_P1_SHARE]
                                                   : fc_contract_field(settings, provider, FC_FIELD_P2_SHARE);
    return share->is_set ? share->number : 0;
}

static int standard_tables(struct fc_compiled *compiled, struct fc_months *months, struct fc_error *error)
{
    struct fc_distribution uniform;
    struct fc_fault fault;
    struct fc_draw draw = {0};
    const double whole[] = {0, 1};
    if (fc_distribution_quantiles(&uniform, whole, whole, 2, &fault))
        return fc_fail(error, FC_FAULT, "%s", fault.text);
    if (fc_program_normal_draw(compiled, &draw, error))
        return -1;
    months->normal_table = draw.table;
    float *table = fc_program_add_table(compiled, FC_Z_TABLE_SIZE, &months->uniform_table, error);
    if (!table)
        return -1;
    fc_copula_table(&uniform, table);
    return 0;
}

static int compile_providers(struct fc_compiled *compiled, const struct fc_settings *settings,
                             struct fc_months *months, struct fc_error *error)
{
    static const fc_i32 base[FC_P_INPUTS] = {
        FC_IN_PRICE_GPU_HOUR_USD, FC_IN_DELAY_PROBABILITY,        FC_IN_OUTAGE_RATE,
        FC_IN_OUTAGE_H,           FC_IN_ENERGY_PRICE_USD_PER_KWH, FC_IN_PUE,
        FC_IN_CARBON_G_PER_KWH,   FC_IN_CARBON_MARGINAL};
    static const enum fc_field_id own[FC_P_INPUTS] = {FC_FIELD_P2_PRICE,        FC_FIELD_P2_DELAY_PROBABILITY,
                                                      FC_FIELD_P2_OUTAGE_RATE,  FC_FIELD_P2_OUTAGE_LENGTH,
                                                      FC_FIELD_P2_ENERGY_PRICE, FC_FIELD_P2_PUE,
                                                      FC_FIELD_P2_CARBON,       FC_FIELD_P2_CARBON_MARGINAL};
    double others = 0;
    months->providers = fc_contract_providers(settings);
    for (int k = 1; k < months->providers; k++)
        others += share_of(settings, k);
    const struct fc_setting *first = &settings->fields[FC_FIELD_P1_SHARE];
    double rest = first->is_set ? first->number : 1 - others;
    if (fabs(rest + others - 1) > 1e-6 || rest < 0)
        return fc_fail_at(
            error, first->is_set ? &first->place : &fc_contract_field(settings, 1, FC_FIELD_P2_SHARE)->place,
            "the providers' shares add up to %g, not 1; leave provider1.share out to give it the rest",
            first->is_set ? rest + others : others);
    for (int k = 0; k < months->providers; k++) {
        struct fc_provider *provider = &months->provider[k];
        const struct fc_setting *term =
            k == 0 ? &settings->fields[FC_FIELD_P1_TERM] : fc_contract_field(settings, k, FC_FIELD_P2_TERM);
        const struct fc_setting *delay = &settings->fields[FC_FIELD_DELAY_LENGTH];
        provider->form = fc_contract_form(settings, k);
        provider->share = (float)(k == 0 ? rest : share_of(settings, k));
        provider->term_months = (fc_i32)term->integer;
        if (provider->form == FC_FORM_RESERVATION && term->integer != 12 && term->integer != 36 &&
            term->integer != 60)
            return fc_fail_at(error, &term->place, "a reservation is for 12, 36 or 60 months, not %lld",
                              term->integer);
        if (provider->form == FC_FORM_RESERVATION && provider->share > 0 && term->integer > months->months)
            return fc_fail_at(
                error, &term->place,
                "a reservation of %lld months outlasts the contract of %d months and would be paid "
                "to its end; state provider%d.term: 12 months, or a longer contract",
                term->integer, months->months, k + 1);
        if (provider->form == FC_FORM_BLOCK && stated(term) && term->integer > 6)
            return fc_fail_at(error, &term->place, "a capacity block is for 1 to 6 months, not %lld",
                              term->integer);
        if (provider->form == FC_FORM_BLOCK && !stated(term))
            provider->term_months = 6;
        for (int i = 0; i < FC_P_INPUTS; i++) {
            bool has = k > 0 && fc_contract_field(settings, k, own[i])->is_set;
            provider->input[i] = has ? fc_fields[fc_field_of_provider(k, own[i])].input : base[i];
        }
        if (k > 0 && fc_contract_field(settings, k, FC_FIELD_P2_DELAY_LENGTH)->is_set)
            delay = fc_contract_field(settings, k, FC_FIELD_P2_DELAY_LENGTH);
        if (fc_program_make_draw(compiled, delay->distribution, &provider->delay, error))
            return -1;
    }
    return 0;
}

static int compile_market(struct fc_compiled *compiled, const struct fc_settings *settings,
                          struct fc_months *months, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    months->market = f[FC_FIELD_MARKET_PATHS].flag;
    if (!months->market)
        return 0;
    static const enum fc_field_id lists[] = {FC_FIELD_REGIME_DRIFT, FC_FIELD_REGIME_SIGMA};
    for (int i = 0; i < 2; i++)
        if (f[lists[i]].count != 3)
            return fc_fail_at(error, &f[lists[i]].place,
                              "%s takes three numbers (glut, balance, shortage), not %zu",
                              fc_fields[lists[i]].path, f[lists[i]].count);
    for (int i = 0; i < 3; i++) {
        months->drift[i] = (float)f[FC_FIELD_REGIME_DRIFT].numbers[i];
        months->sigma[i] = (float)f[FC_FIELD_REGIME_SIGMA].numbers[i];
    }
    months->regime = f[FC_FIELD_REGIME].choice;
    months->jump_rate = (float)f[FC_FIELD_JUMP_RATE].number;
    months->spot_sigma = (float)f[FC_FIELD_SPOT_SIGMA].number;
    months->first_launch = (float)f[FC_FIELD_FIRST_LAUNCH].number;
    return fc_program_make_draw(compiled, f[FC_FIELD_JUMP].distribution, &months->jump, error);
}

static int compile_finance(const struct fc_settings *settings, struct fc_months *months,
                           struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    months->revenue = f[FC_FIELD_REVENUE].choice;
    months->irr = months->revenue != FC_REVENUE_NONE;
    if (f[FC_FIELD_PROGRAMME_FLOP].is_set)
        months->programme_flop = (float)f[FC_FIELD_PROGRAMME_FLOP].number;
    static const enum fc_field_id by_hour[] = {FC_FIELD_REVENUE_PER_HOUR},
                                  by_token[] = {FC_FIELD_TOKEN_PRICE, FC_FIELD_TOKENS_PER_S};
    if (months->revenue == FC_REVENUE_PER_HOUR)
        return fc_program_require(settings, by_hour, 1, "contract with finance.revenue: per_gpu_hour", error);
    if (months->revenue == FC_REVENUE_PER_TOKEN)
        return fc_program_require(settings, by_token, 2, "contract with finance.revenue: per_token", error);
    if (months->revenue != FC_REVENUE_PATH)
        return 0;
    months->serves = f[FC_FIELD_PATH_TRAINING].is_set;
    months->trains_by_path = months->serves ? (float)f[FC_FIELD_PATH_TRAINING].number : 0;
    static const enum fc_field_id losses[] = {FC_FIELD_REFERENCE_NET, FC_FIELD_REFERENCE_OPERATING,
                                              FC_FIELD_REFERENCE_CASH};
    double revenue = f[FC_FIELD_REFERENCE_REVENUE].number;
    if (revenue <= 0)
        return fc_fail_at(error, &f[FC_FIELD_REFERENCE_REVENUE].place,
                          "finance.reference_revenue must be positive (losses are taken as shares of it)");
    static const enum fc_field_id share[] = {FC_FIELD_REVENUE_SHARE};
    if (fc_program_require(settings, share, 1, "contract with finance.revenue: path", error))
        return -1;
    months->revenue_start = (float)f[FC_FIELD_REVENUE_START].number;
    months->revenue_share = (float)f[FC_FIELD_REVENUE_SHARE].number;
    for (int b = 0; b < 3; b++)
        months->cost_ratio[b] = (float)(1 + f[losses[b]].number / revenue);
    return 0;
}

/* What happens in a month happens in a whole one, and what is stated for the prepayment happens within the term. */
static int check_months(struct fc_compiled *compiled, const struct fc_settings *settings, int months,
                        struct fc_error *error)
{
    static const enum fc_field_id whole[] = {FC_FIELD_CREDIT_FROM, FC_FIELD_TERMINATE,
                                             FC_FIELD_EXPANSION_MONTH};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        const struct fc_setting *s = &settings->fields[whole[i]];
        if (s->number != floor(s->number))
            return fc_fail_at(error, &s->place, "%s is a whole number of months, not %g",
                              fc_fields[whole[i]].path, s->number);
    }
    const struct fc_setting *credit = &settings->fields[FC_FIELD_CREDIT_FROM];
    if (stated(credit) && credit->number >= months)
        return fc_fail_at(
            error, &credit->place,
            "contract.credit_from of %g months lies beyond the term of %d months (the prepayment "
            "would never be credited); state an earlier month, or leave it out",
            credit->number, months);
    static const enum fc_field_id dated[] = {FC_FIELD_TERMINATE,        FC_FIELD_EXPANSION_MONTH,
                                             FC_FIELD_CUSTOMER_DEFAULT, FC_FIELD_PROVIDER_DEFAULT,
                                             FC_FIELD_COLLAPSE,         FC_FIELD_SITE_STOP};
    for (size_t i = 0; i < sizeof dated / sizeof dated[0]; i++) {
        const struct fc_setting *s = &settings->fields[dated[i]];
        if (stated(s) && s->number > months)
            return fc_fail_at(error, &s->place,
                              "%s of %g months lies beyond the term of %d months (it would never come); state an "
                              "earlier month, or leave it out",
                              fc_fields[dated[i]].path, s->number, months);
    }
    const struct fc_setting *left = &settings->fields[FC_FIELD_TERMINATE], *ramp = &settings->fields[FC_FIELD_RAMP];
    if (stated(left) && left->number > 0 && left->number < months)
        fc_note(&compiled->notes, FC_NOTE, "contract-left", &left->place,
                "the contract is left after month %g in every world; what the right to leave is worth, used where it "
                "pays, is said by 'flopcast value terminate'",
                left->number);
    if (stated(ramp) && ramp->number > months)
        fc_note(&compiled->notes, FC_WARNING, "ramp-beyond-term", &ramp->place,
                "contract.ramp of %g months is longer than the term of %d: full capacity is never reached",
                ramp->number, months);
    return 0;
}

/* How the contract price moves: at anniversaries, or with the market at resets. And how money is discounted. */
static int compile_price(const struct fc_settings *settings, struct fc_months *months, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    static const float at[] = {0.0f, 0.5f, 1.0f}; /* in the order of finance.discounting */
    const struct fc_setting *reset = &f[FC_FIELD_RESET_EVERY];
    months->escalator = (float)f[FC_FIELD_ESCALATOR].number;
    months->indexed = (float)f[FC_FIELD_INDEXED].number;
    months->raises = f[FC_FIELD_ESCALATOR].number != 0 || f[FC_FIELD_INDEXED].number > 0;
    months->reset_every = (fc_i32)reset->integer;
    months->reset_floor = (float)f[FC_FIELD_RESET_FLOOR].number;
    months->reset_cap = (float)f[FC_FIELD_RESET_CAP].number;
    months->discount_at = at[f[FC_FIELD_DISCOUNTING].choice];
    months->nominal_rate = f[FC_FIELD_RATE_KIND].choice == FC_RATE_NOMINAL;
    if (months->reset_every > 0 && months->raises)
        return fc_fail_at(error, &reset->place,
                          "contract.reset_every is stated beside contract.escalator or contract.indexed "
                          "(which of them sets "
                          "the price?); drop one");
    if (months->reset_every > 0 && f[FC_FIELD_RESET_FLOOR].number > f[FC_FIELD_RESET_CAP].number)
        return fc_fail_at(error, &f[FC_FIELD_RESET_FLOOR].place,
                          "contract.reset_floor of %g is above contract.reset_cap of %g",
                          f[FC_FIELD_RESET_FLOOR].number, f[FC_FIELD_RESET_CAP].number);
    if (months->reset_every > 0 && !f[FC_FIELD_MARKET_PATHS].flag)
        return fc_fail_at(
            error, &reset->place,
            "contract.reset_every follows the price of new contracts, which stands still; add market.paths: "
            "true");
    return 0;
}

/* Taxes, the provider's books and common outages, where they are asked for. */
static void compile_parties(const struct fc_settings *settings, struct fc_months *months)
{
    const struct fc_setting *f = settings->fields;
    if (f[FC_FIELD_TAX].flag) {
        months->taxed = 1;
        months->losses = f[FC_FIELD_TAX_LOSSES].choice;
        months->loss_limit = (float)f[FC_FIELD_LOSS_LIMIT].number;
        fc_tax_schedule((enum fc_depreciation)f[FC_FIELD_DEPRECIATION].choice, f[FC_FIELD_TAX_LIFE].number,
                        f[FC_FIELD_BONUS].number, months->written);
        fc_tax_schedule(FC_DEPRECIATION_LINE, f[FC_FIELD_SITE_TAX_LIFE].number, 0, months->site_written);
    }
    months->books = f[FC_FIELD_BOOKS].flag;
    months->debt = months->books ? (float)f[FC_FIELD_PROVIDER_DEBT].number : 0;
    months->beta = months->providers > 1 ? (float)f[FC_FIELD_COMMON_OUTAGES].number : 0;
}

/* Hazards and months that the scenario states; those of the defaults belong to `value` alone. */
static void compile_events(const struct fc_settings *settings, struct fc_months *months)
{
    static const enum fc_field_id hazard[FC_EVENT_KINDS] = {
        FC_FIELD_CUSTOMER_HAZARD, FC_FIELD_COLLAPSE_HAZARD, FC_FIELD_PROVIDER_HAZARD};
    static const enum fc_field_id month[FC_EVENT_KINDS] = {FC_FIELD_CUSTOMER_DEFAULT, FC_FIELD_COLLAPSE,
                                                           FC_FIELD_PROVIDER_DEFAULT};
    const struct fc_setting *f = settings->fields;
    for (int e = 0; e < FC_EVENT_KINDS; e++) {
        const struct fc_setting *rates = &f[hazard[e]];
        for (int y = 0; y < FC_EVENT_YEARS && stated(rates); y++) {
            size_t at = (size_t)y < rates->count ? (size_t)y : rates->count - 1;
            months->hazard[e][y] = (float)rates->numbers[at];
            months->events |= rates->numbers[at] > 0;
        }
        months->event_month[e] = (float)f[month[e]].number;
        months->events |= f[month[e]].number > 0;
    }
    const struct fc_setting *sites = &f[FC_FIELD_SITE_HAZARD];
    for (int y = 0; y < FC_EVENT_YEARS && stated(sites); y++) {
        size_t at = (size_t)y < sites->count ? (size_t)y : sites->count - 1;
        months->site_hazard[y] = (float)sites->numbers[at];
        months->sites |= sites->numbers[at] > 0;
    }
    months->site_month = (float)f[FC_FIELD_SITE_STOP].number;
    months->site_length = (float)f[FC_FIELD_SITE_STOP_LENGTH].number;
    months->sites |= f[FC_FIELD_SITE_STOP].number > 0;
    months->events |= months->sites;
    months->event_correlation = (float)f[FC_FIELD_EVENT_CORRELATION].number;
    months->recovery = (float)f[FC_FIELD_RECOVERY].number;
    months->collapse_depth = (float)f[FC_FIELD_COLLAPSE_DEPTH].number;
    months->collapse_price = (float)f[FC_FIELD_COLLAPSE_PRICE].number;
    months->collapse_fall = (float)f[FC_FIELD_COLLAPSE_FALL].number;
    months->collapse_recovery = (float)f[FC_FIELD_COLLAPSE_RECOVERY].number;
    months->contagion = (float)f[FC_FIELD_CONTAGION].number;
    months->common_defaults = (float)f[FC_FIELD_COMMON_DEFAULTS].number;
    months->provider_contagion = (float)f[FC_FIELD_PROVIDER_CONTAGION].number;
}

static int compile_months(struct fc_compiled *compiled, const struct fc_settings *settings,
                          struct fc_error *error)
{
    struct fc_months *months = &compiled->program.contract.months;
    const struct fc_setting *f = settings->fields;
    double term = f[FC_FIELD_CONTRACT_YEARS].number * 12;
    if (term > FC_MONTHS)
        return fc_fail_at(error, &f[FC_FIELD_CONTRACT_YEARS].place,
                          "a term of %g years is too long to go month by month (at most %d years)",
                          f[FC_FIELD_CONTRACT_YEARS].number, FC_MONTHS / 12);
    months->months = (fc_i32)ceil(term - 1e-9);
    months->term_months = (float)term;
    months->ramp_months = (float)f[FC_FIELD_RAMP].number;
    months->tranches = (fc_i32)f[FC_FIELD_TRANCHES].integer;
    months->catch_up = f[FC_FIELD_CATCH_UP].flag;
    if (f[FC_FIELD_CONTRACT_GPUS].is_set) {
        months->gpus = (float)f[FC_FIELD_CONTRACT_GPUS].integer;
        months->catch_up = 0;
    }
    months->catch_up_limit = (float)f[FC_FIELD_CATCH_UP_LIMIT].number;
    if (check_months(compiled, settings, months->months, error))
        return -1;
    months->credit_from = (fc_i32)f[FC_FIELD_CREDIT_FROM].number;
    months->service_credit = (float)f[FC_FIELD_SERVICE_CREDIT].number;
    if (compile_price(settings, months, error))
        return -1;
    compile_events(settings, months);
    if (fc_assets_compile(settings, f[FC_FIELD_CONTRACT_YEARS].number, months, &compiled->notes, error))
        return -1;
    months->terminate = (fc_i32)f[FC_FIELD_TERMINATE].number;
    months->expansion_month = (fc_i32)f[FC_FIELD_EXPANSION_MONTH].number;
    if (months->expansion_month > 0) {
        static const enum fc_field_id option[] = {FC_FIELD_EXPANSION_SHARE, FC_FIELD_EXPANSION_STRIKE};
        if (fc_program_require(settings, option, 2, "contract", error))
            return -1;
        months->expansion_share = (float)f[FC_FIELD_EXPANSION_SHARE].number;
        months->expansion_strike = (float)f[FC_FIELD_EXPANSION_STRIKE].number;
    }
    if (standard_tables(compiled, months, error) || compile_providers(compiled, settings, months, error) ||
        compile_market(compiled, settings, months, error) || compile_finance(settings, months, error))
        return -1;
    compile_parties(settings, months);
    return 0;
}

/* Where no run is simulated, deadline and budget are those of a run of the first size. */
static int compile_goals(struct fc_compiled *compiled, const struct fc_settings *settings,
                         struct fc_error *error)
{
    struct fc_program *program = &compiled->program;
    const struct fc_setting *f = settings->fields;
    if (program->layers & FC_LAYER_RUN)
        return 0;
    if (f[FC_FIELD_DEADLINE].is_set && !f[FC_FIELD_RUN_GPUS].is_set)
        return fc_fail_at(error, &f[FC_FIELD_DEADLINE].place,
                          "goals.deadline is stated, but not on how many GPUs a run is to keep it; add "
                          "contract.run_gpus");
    if (f[FC_FIELD_DEADLINE].is_set)
        program->contract.deadline_days = (float)f[FC_FIELD_DEADLINE].number;
    if (f[FC_FIELD_BUDGET].is_set)
        program->contract.budget_usd = (float)f[FC_FIELD_BUDGET].number;
    program->contract.goals = f[FC_FIELD_DEADLINE].is_set || f[FC_FIELD_BUDGET].is_set;
    return 0;
}

/* The peak that the MFU refers to: that of the precision of the training, whether a step is simulated or not. */
static int compile_peak(struct fc_program *program, const struct fc_settings *settings,
                        const struct fc_catalog *catalog, struct fc_error *error)
{
    static const char *const figures[FC_PRECISION_WORDS] = {[FC_WORD_BF16] = "bf16_flop_per_s",
                                                            [FC_WORD_FP16] = "bf16_flop_per_s",
                                                            [FC_WORD_FP8] = "fp8_flop_per_s",
                                                            [FC_WORD_MXFP8] = "fp8_flop_per_s",
                                                            [FC_WORD_NVFP4] = "fp4_flop_per_s"};
    const struct fc_setting *name = &settings->fields[FC_FIELD_GPU];
    const struct fc_setting *precision = &settings->fields[FC_FIELD_PRECISION];
    const struct fc_catalog_entry *gpu;
    double peak;
    if (program->layers & FC_LAYER_STEP) {
        program->contract.peak_flops = program->step.peak_flops;
        return 0;
    }
    if (fc_catalog_find(catalog, "gpu", name->name, &name->place, &gpu, error) ||
        fc_catalog_number_or(gpu, figures[precision->choice], 0, &peak, error))
        return -1;
    if (peak <= 0)
        return fc_fail_at(error, &precision->place,
                          "%s has no %s arithmetic; choose another training.precision", name->name,
                          fc_fields[FC_FIELD_PRECISION].choices[precision->choice]);
    program->contract.peak_flops = (float)peak;
    return 0;
}

/* The sizes of runs name metrics, to four digits. */
static int check_sizes(const struct fc_setting *sizes, struct fc_error *error)
{
    for (size_t k = 1; k < sizes->count; k++)
        for (size_t other = 0; other < k; other++) {
            char text[2][32];
            snprintf(text[0], sizeof text[0], "%.3e", sizes->numbers[k]);
            snprintf(text[1], sizeof text[1], "%.3e", sizes->numbers[other]);
            if (strcmp(text[0], text[1]) == 0)
                return fc_fail_at(
                    error, &sizes->place,
                    "contract.run_flop: %g FLOP is given twice (to four digits); keep one of them",
                    sizes->numbers[k]);
        }
    return 0;
}

int fc_contract_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                        const struct fc_catalog *catalog, struct fc_error *error)
{
    static const enum fc_field_id needed[] = {
        FC_FIELD_GPU,
        FC_FIELD_PRICE_GPU_HOUR,
        FC_FIELD_CONTRACT_YEARS,
        FC_FIELD_RAMP,
        FC_FIELD_DELAY_PROBABILITY,
        FC_FIELD_DELAY_LENGTH,
        FC_FIELD_USABLE_FRACTION,
        FC_FIELD_GOODPUT,
        FC_FIELD_TRAINING_SHARE,
        FC_FIELD_FINAL_RUN_SHARE,
        FC_FIELD_IT_POWER,
        FC_FIELD_LOAD_FACTOR,
        FC_FIELD_PUE,
        FC_FIELD_CARBON,
        FC_FIELD_CONTRACT_VALUE,
    };
    struct fc_program *program = &compiled->program;
    struct fc_contract *contract = &program->contract;
    const struct fc_setting *f = settings->fields;
    bool gpus = f[FC_FIELD_CONTRACT_GPUS].is_set;
    if (fc_program_require(settings, needed, sizeof needed / sizeof needed[0] - (gpus ? 1 : 0), "contract",
                           error))
        return -1;
    static const enum fc_field_id speed[] = {FC_FIELD_MFU};
    if (!(program->layers & FC_LAYER_STEP) && fc_program_require(settings, speed, 1, "contract", error))
        return -1;
    if (gpus && f[FC_FIELD_CONTRACT_VALUE].is_set)
        return fc_fail_at(
            error, &f[FC_FIELD_CONTRACT_GPUS].place,
            "contract.gpus and contract.value are both stated (one follows from the other); drop one");
    if (f[FC_FIELD_RAMP].number >= 24 * f[FC_FIELD_CONTRACT_YEARS].number)
        return fc_fail_at(
            error, &f[FC_FIELD_RAMP].place,
            "contract.ramp of %g months is at least twice the term of %g years (no capacity would come); "
            "shorten it",
            f[FC_FIELD_RAMP].number, f[FC_FIELD_CONTRACT_YEARS].number);
    contract->value_usd = gpus ? 0 : (float)f[FC_FIELD_CONTRACT_VALUE].number;
    contract->run_sizes = (fc_i32)f[FC_FIELD_RUN_FLOP].count;
    for (size_t k = 0; k < f[FC_FIELD_RUN_FLOP].count; k++)
        contract->run_flop[k] = (float)f[FC_FIELD_RUN_FLOP].numbers[k];
    if (check_sizes(&f[FC_FIELD_RUN_FLOP], error))
        return -1;
    if (f[FC_FIELD_RUN_GPUS].is_set)
        contract->run_gpus = (float)f[FC_FIELD_RUN_GPUS].integer;
    if (compile_goals(compiled, settings, error))
        return -1;
    if (compile_peak(program, settings, catalog, error))
        return -1;
    contract->months.own = fc_contract_asks_own(settings);
    contract->months.own_parts = f[FC_FIELD_OWN_BASIS].choice == FC_OWN_PARTS;
    contract->months.own_decline = f[FC_FIELD_OWN_METHOD].choice == FC_OWN_VALUE_DECLINE;
    contract->pauses = (program->layers & FC_LAYER_RUN) && !f[FC_FIELD_WALL].is_set;
    return compile_months(compiled, settings, error);
}
