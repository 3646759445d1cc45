/* assets.c: see assets.h. */
#include "assets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cuda/model/contract/contract_program.h"
#include "host/language/special.h"

static double phi(double x)
{
    return fc_normal_tails(x).lower;
}

static double growth(const struct fc_assets *firm)
{
    return firm->drift - firm->volatility * firm->volatility / 2;
}

double fc_assets_below(const struct fc_assets *firm, double t)
{
    return phi((-log(firm->assets / firm->debt) - growth(firm) * t) / (firm->volatility * sqrt(t)));
}

/* exp(-2 m far / s²) Phi(x), where the first may be huge and the second tiny: as one exponent beyond Phi's range. */
static double reflected(double exponent, double x)
{
    if (x > -30)
        return exp(exponent) * phi(x);
    return exp(exponent - x * x / 2) / (-x * sqrt(2 * M_PI)); /* Mills' ratio */
}

double fc_assets_default(const struct fc_assets *firm, double t)
{
    double far = log(firm->assets / firm->debt), s = firm->volatility, m = growth(firm);
    return fmin(fc_assets_below(firm, t) + reflected(-2 * m * far / (s * s), (-far + m * t) / (s * sqrt(t))),
                1);
}

double fc_assets_spread(const struct fc_assets *firm, double t)
{
    double deviation = firm->volatility * sqrt(t), below = fc_assets_below(firm, t);
    double d = (log(firm->assets / firm->debt) + growth(firm) * t) / deviation + deviation;
    /* forward worth of what is paid per unit of debt: 1 - put = Phi(d2) + forward assets / debt × Phi(-d1) */
    double paid = 1 - below + firm->assets / firm->debt * exp(firm->drift * t) * phi(-d);
    return fmax(-log(paid) / t, 0);
}

int fc_assets_hazards(const struct fc_assets *firm, int count, double years, double most, float *hazards)
{
    double before = 0;
    for (int y = 0; y < count; y++) {
        double span = y + 1 < count ? 1 : fmax(1, years - y), by = fc_assets_default(firm, y + span);
        double hazard = by < 1 ? fmax(log1p(-before) - log1p(-by), 0) / span : INFINITY;
        if (!(hazard <= most))
            return y + 1;
        hazards[y] = (float)hazard;
        before = by;
    }
    return 0;
}

/* A party, and its keys in the order of the words below. */
struct party {
    const char *name;
    enum fc_event event;
    enum fc_field_id hazard, key[4];
};

static const struct party parties[] = {
    {"the customer",
     FC_EVENT_CUSTOMER,
     FC_FIELD_CUSTOMER_HAZARD,
     {FC_FIELD_CUSTOMER_ASSETS, FC_FIELD_CUSTOMER_DEBT, FC_FIELD_CUSTOMER_VOLATILITY,
      FC_FIELD_CUSTOMER_DRIFT}},
    {"each provider",
     FC_EVENT_PROVIDER,
     FC_FIELD_PROVIDER_HAZARD,
     {FC_FIELD_PROVIDER_ASSETS, FC_FIELD_PROVIDER_DEBT_OWED, FC_FIELD_PROVIDER_VOLATILITY,
      FC_FIELD_PROVIDER_DRIFT}},
};

static void say(const struct party *party, const struct fc_assets *firm, double years,
                const struct fc_place *place, struct fc_notes *notes)
{
    double by[3] = {fc_assets_default(firm, 1), fc_assets_default(firm, 5), fc_assets_default(firm, 7)};
    fc_note(notes, FC_NOTE, "default-by-assets", place,
            "%s defaults when assets of %.4g USD fall to the debt of %.4g USD: within 1, 5 and 7 years with "
            "a chance of %.4g, %.4g and "
            "%.4g %% (Black, Cox 1976), as hazards by year; on the last day of the term alone %.4g %%, and "
            "debt due then has a spread of "
            "%.4g bp were the drift of %.4g the riskless rate (Merton 1974)",
            party->name, firm->assets, firm->debt, 100 * by[0], 100 * by[1], 100 * by[2],
            100 * fc_assets_below(firm, years), 1e4 * fc_assets_spread(firm, years), firm->drift);
}

static int compile_party(const struct party *party, const struct fc_settings *settings, double years,
                         struct fc_months *months, struct fc_notes *notes, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields, *assets = &f[party->key[0]], *hazard = &f[party->hazard],
                            *any = NULL;
    double value[4];
    for (int k = 0; k < 4; k++) {
        any = !any && f[party->key[k]].is_set ? &f[party->key[k]] : any;
        value[k] = f[party->key[k]].number;
    }
    if (!any)
        return 0;
    for (int k = 0; k < 4; k++)
        if (!f[party->key[k]].is_set)
            return fc_fail_at(error, &any->place, "%s is stated without %s; add it, or state %s",
                              fc_fields[any - f].path, fc_fields[party->key[k]].path,
                              fc_fields[party->hazard].path);
    if (hazard->is_set && !hazard->from_default)
        return fc_fail_at(error, &hazard->place,
                          "%s is stated beside %s (the hazards follow from it); drop one",
                          fc_fields[party->hazard].path, fc_fields[party->key[0]].path);
    struct fc_assets firm = {value[0], value[1], value[2], value[3]};
    if (!(firm.assets > firm.debt))
        return fc_fail_at(error, &assets->place,
                          "%s of %.6g USD is not above the debt of %.6g USD: %s is in default on signing",
                          fc_fields[party->key[0]].path, firm.assets, firm.debt, party->name);
    double most = fc_fields[party->hazard].hi;
    int year = fc_assets_hazards(&firm, FC_EVENT_YEARS, years, most, months->hazard[party->event]);
    if (year)
        return fc_fail_at(error, &assets->place,
                          "%s of %.6g USD so near to a debt of %.6g USD is a hazard above %g a year in year "
                          "%d; state a month "
                          "(events.customer_default, events.provider_default)",
                          fc_fields[party->key[0]].path, firm.assets, firm.debt, most, year);
    months->events = 1;
    say(party, &firm, years, &assets->place, notes);
    return 0;
}

int fc_assets_compile(const struct fc_settings *settings, double years, struct fc_months *months,
                      struct fc_notes *notes, struct fc_error *error)
{
    for (size_t p = 0; p < sizeof parties / sizeof parties[0]; p++)
        if (compile_party(&parties[p], settings, years, months, notes, error))
            return -1;
    return 0;
}
