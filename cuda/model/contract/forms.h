/* forms.h: what each form of contract bills for a month of one provider, and what leaving it costs.
 *
 * Each function reads the hours of the provider at hand (capacity.h) and writes ledger->bill, in USD, and where
 * the form has them ledger->credit (outages that were billed), ledger->stranded (paid for hours that nobody
 * used) and a changed ledger->used. */
#ifndef FC_MODEL_FORMS_H
#define FC_MODEL_FORMS_H

#include "capacity.h"
#include "own.h"

/* The contract price of the hours in use, at least of the floor's share of those delivered. An outage is
 * credited as far as its hours were billed: none are while the hours left exceed the floor. */
FC_FN void fc_form_take_or_pay(FC_GLOBAL const struct fc_months *terms, const fc_real *FC_RESTRICT price,
                               const fc_real *FC_RESTRICT least, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real credited = terms->service_credit;
    FC_LANES (l) {
        fc_real used = ledger->used[l];
        fc_real billed = fc_max(used, least[l] * ledger->hours[l]);
        fc_real owed = fc_max(used, least[l] * (ledger->hours[l] - ledger->out[l]));
        ledger->bill[l] = price[l] * billed;
        ledger->credit[l] = credited * (price[l] * (billed - owed));
        ledger->stranded[l] += price[l] * (billed - used);
    }
}

/* The contract price in force (`now`) of the hours in use; in the last month, what the floor's share of the whole value at the
 * first day's price lacks, with a credit for the outages in it. */
FC_FN void fc_form_minimum(FC_GLOBAL const struct fc_months *terms, fc_i32 k, fc_i32 last,
                           const fc_real *FC_RESTRICT now, const fc_real *FC_RESTRICT price,
                           const fc_real *FC_RESTRICT least, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real share = terms->provider[k].share;
    fc_real credited = terms->service_credit;
    FC_LANES (l)
        ledger->bill[l] = now[l] * ledger->used[l];
    if (!last)
        return;
    FC_LANES (l) {
        fc_real hours = share * ledger->gpus[l] * (ledger->until[l] * FC_HOURS_PER_MONTH);
        fc_real so_far = ledger->paid[k][l] + ledger->bill[l];
        fc_real due = fc_max(least[l] * (price[l] * hours) - so_far, 0.0f);
        fc_real owed = fc_max(least[l] * (price[l] * (hours - ledger->lost[k][l])) - so_far, 0.0f);
        ledger->bill[l] += due;
        ledger->credit[l] = credited * (due - owed);
        ledger->stranded[l] += due;
    }
}

/* A share of the list price of the month in which the reservation began, for all hours delivered, with a credit
 * for outages. */
FC_FN void fc_form_reservation(FC_GLOBAL const struct fc_months *terms, fc_i32 t, fc_i32 k,
                               fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
    fc_real credited = terms->service_credit;
    const fc_real *ratio = inputs[provider->term_months <= 12 ? FC_IN_COMMITMENT_1Y : FC_IN_COMMITMENT_3Y];
    const fc_real *five = inputs[FC_IN_COMMITMENT_5Y_USD];
    if (t % provider->term_months == 0 && provider->term_months > 36) {
        FC_LANES (l)
            ledger->fixed[k][l] = five[l] * ledger->offer[l];
    } else if (t % provider->term_months == 0) {
        FC_LANES (l)
            ledger->fixed[k][l] = ledger->list[l] * ratio[l];
    }
    FC_LANES (l) {
        ledger->bill[l] = ledger->fixed[k][l] * ledger->hours[l];
        ledger->credit[l] = credited * (ledger->fixed[k][l] * ledger->out[l]);
        ledger->stranded[l] += ledger->fixed[k][l] * (ledger->hours[l] - ledger->used[l]);
    }
}

/* Windows paid in advance at the list price of the day, times the block ratio, with a credit for outages. */
FC_FN void fc_form_block(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 k,
                         const fc_real *FC_RESTRICT ratio, struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
    fc_real share = provider->share;
    if (month->t % provider->term_months == 0) {
        fc_real window[FC_W];
        fc_real end = fc_min(month->now + (fc_real)provider->term_months, terms->term_months);
        fc_delivery_until(terms, &ledger->delivery, k, end, window);
        FC_LANES (l) {
            fc_real ready = fc_max(window[l] - ledger->before[k][l], 0.0f);
            ledger->fixed[k][l] = ledger->list[l] * ratio[l];
            ledger->bill[l] = ledger->fixed[k][l] * (share * ledger->gpus[l] * (ready * FC_HOURS_PER_MONTH));
        }
    }
    fc_real credited = terms->service_credit;
    FC_LANES (l) {
        ledger->credit[l] = credited * (ledger->fixed[k][l] * ledger->out[l]);
        ledger->stranded[l] += ledger->fixed[k][l] * (ledger->hours[l] - ledger->used[l]);
    }
}

/* The list price of the month, by use. */
FC_FN void fc_form_on_demand(struct fc_ledger *FC_RESTRICT ledger)
{
    FC_LANES (l)
        ledger->bill[l] = ledger->list[l] * ledger->used[l];
}

/* The spot price of the month, by use; interruptions cost work that was paid for. */
FC_FN void fc_form_spot(fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *count = inputs[FC_IN_SPOT_INTERRUPTIONS], *length = inputs[FC_IN_SPOT_LOSS_H];
    FC_LANES (l) {
        fc_real broken = fc_min(count[l] * length[l] / FC_HOURS_PER_MONTH, 1.0f);
        fc_real gone = ledger->used[l] * broken;
        ledger->bill[l] = ledger->spot[l] * ledger->used[l];
        ledger->spot_loss[l] += gone;
        ledger->worked[l] -= gone;
    }
}

/* Capital that provider k's capacity adds in the month, USD, and the share that stands at its end, [FC_W]. */
FC_FN void fc_capital_bought(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 k,
                             fc_real (*FC_RESTRICT inputs)[FC_W], const struct fc_ledger *FC_RESTRICT ledger,
                             fc_real *FC_RESTRICT bought, fc_real *FC_RESTRICT standing)
{
    fc_real share = (fc_real)terms->provider[k].share;
    fc_real earlier[FC_W];
    fc_delivery_at(terms, &ledger->delivery, k, month->now, earlier);
    fc_delivery_at(terms, &ledger->delivery, k, month->next, standing);
    FC_LANES (l) {
        fc_real capex = fc_capex_per_gpu(terms->own_parts, inputs, l) * (share * ledger->gpus[l]);
        fc_real had = month->t == 0 ? 0.0f : earlier[l];
        bought[l] = fc_max(standing[l] - had, 0.0f) * capex;
    }
}

/* Capital as it is delivered, operations on what stands, and the energy drawn. */
FC_FN void fc_form_own(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 k,
                       fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
    const fc_real *rate = inputs[FC_IN_OPERATIONS_RATE], *price = inputs[provider->input[FC_P_ENERGY]];
    fc_real share = provider->share, span = month->next - month->now;
    fc_real bought[FC_W], standing[FC_W], usd[FC_W];
    fc_capital_bought(terms, month, k, inputs, ledger, bought, standing);
    FC_LANES (l) {
        fc_real capex = fc_capex_per_gpu(terms->own_parts, inputs, l) * (share * ledger->gpus[l]);
        fc_real operations = standing[l] * capex * rate[l] * (FC_MONTH_OF_YEAR * span);
        ledger->bill[l] = bought[l] + operations; /* goes into what is paid by provider */
        usd[l] = bought[l] + operations + ledger->kwh_now[l] * price[l] * ledger->energy_trend[l];
    }
    FC_LANES (l) {
        ledger->stood[k][l] += ledger->hours[l];
        ledger->unused[k][l] += ledger->hours[l] - ledger->used[l];
    }
    fc_pay_out(usd, FC_CASH_OWNED, ledger);
}

/* usd[FC_W]: less what provider k's GPUs and their site are worth after `months`, each tranche by the time since it was
 * delivered. */
FC_FN void fc_left_of_capital(FC_GLOBAL const struct fc_months *terms, fc_i32 k, fc_real months,
                              fc_real (*FC_RESTRICT inputs)[FC_W], const struct fc_ledger *FC_RESTRICT ledger,
                              fc_real *FC_RESTRICT usd)
{
    fc_real part = 1.0f / (fc_real)terms->tranches, piece = (fc_real)terms->ramp_months * part;
    fc_real gpus = (fc_real)terms->provider[k].share * part;
    FC_LANES (l)
        usd[l] = 0.0f;
    for (fc_i32 j = 0; j < terms->tranches; j++) {
        FC_LANES (l) {
            fc_real capex = fc_capex_per_gpu(terms->own_parts, inputs, l);
            fc_real site = fc_site_capex(terms->own_parts, capex, inputs, l);
            fc_real from = ledger->delivery.from[k][j][l];
            fc_real standing = gpus * ledger->gpus[l] * fc_ramp_at(months, from, piece);
            fc_real old = fc_max(months - from, 0.0f) * FC_MONTH_OF_YEAR;
            fc_real young = fc_max(months - from - piece, 0.0f) * FC_MONTH_OF_YEAR;
            fc_real site_left = 1.0f - fc_life_over(young, old, inputs[FC_IN_FACILITY_LIFE_YEARS][l]);
            fc_real kept = fc_server_worth(terms->own_decline, young, old, inputs, l);
            usd[l] = usd[l] - standing * ((capex - site) * kept + site * site_left);
        }
    }
}

/* Owned GPUs are sold for that. What they cost in the end, energy apart, is stranded for the share of the hours in which they
 * were not in use. */
FC_FN void fc_sell_owned(FC_GLOBAL const struct fc_months *terms, fc_i32 k, fc_real months,
                         fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real usd[FC_W];
    fc_left_of_capital(terms, k, months, inputs, ledger, usd);
    fc_pay_out(usd, FC_CASH_OWNED, ledger);
    FC_LANES (l) {
        fc_real stood = ledger->stood[k][l];
        fc_real idle = stood > 0.0f ? ledger->unused[k][l] / stood : 0.0f;
        ledger->stranded[l] = fc_fma(ledger->paid[k][l] + usd[l], idle, ledger->stranded[l]);
    }
}

/* A reservation is paid to its end: what it still runs after month t falls due at once. */
FC_FN void fc_reservation_tail(FC_GLOBAL const struct fc_months *terms, fc_i32 k, fc_i32 t,
                               fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
    fc_i32 over = t % provider->term_months;
    if (over == 0)
        return;
    fc_real share = provider->share, end = (fc_real)(t + provider->term_months - over);
    const fc_real *extra = inputs[FC_IN_EXTRAS_SHARE], *moving = inputs[FC_IN_SWITCHING_COST];
    fc_real until[FC_W], extras[FC_W];
    fc_delivery_until(terms, &ledger->delivery, k, end, until);
    FC_LANES (l) {
        fc_real hours = (until[l] - ledger->before[k][l]) * FC_HOURS_PER_MONTH * (share * ledger->gpus[l]);
        fc_real usd = ledger->fixed[k][l] * hours;
        ledger->bill[l] = usd;
        ledger->stranded[l] += usd;
        extras[l] = usd * (extra[l] + (k > 0 ? moving[l] : 0.0f));
    }
    fc_pay_out(ledger->bill, FC_CASH_BILLS, ledger);
    fc_pay_out(extras, FC_CASH_EXTRAS, ledger);
}

/* What is left to pay of a contract form at an exit, USD: the floor's share of the hours to come at the price in force, or
 * what the minimum lacks. */
FC_FN void fc_form_remainder(FC_GLOBAL const struct fc_provider *provider, fc_i32 k, const fc_real *until,
                             fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger,
                             fc_real *FC_RESTRICT due)
{
    const fc_real *price = inputs[provider->input[FC_P_PRICE]], *least = inputs[FC_IN_TAKE_OR_PAY];
    fc_real share = provider->share;
    fc_i32 by_use = provider->form == FC_FORM_MINIMUM;
    FC_LANES (l) {
        fc_real month_usd = price[l] * (FC_HOURS_PER_MONTH * (share * ledger->gpus[l]));
        fc_real to_come = least[l] * (month_usd * ledger->adjust[l]) * (until[l] - ledger->before[k][l]);
        fc_real lacks = fc_max(least[l] * month_usd * until[l] - ledger->paid[k][l], 0.0f);
        due[l] += by_use ? lacks : to_come;
    }
}

/* The bill of provider k for this month; `last` where no further month follows. */
FC_FN void fc_month_bill(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 k,
                         fc_i32 last, fc_real (*FC_RESTRICT inputs)[FC_W],
                         struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
    const fc_real *price = inputs[provider->input[FC_P_PRICE]], *least = inputs[FC_IN_TAKE_OR_PAY];
    fc_real now[FC_W];
    FC_LANES (l)
        now[l] = price[l] * ledger->adjust[l];
    if (provider->form == FC_FORM_TAKE_OR_PAY)
        fc_form_take_or_pay(terms, now, least, ledger);
    else if (provider->form == FC_FORM_MINIMUM)
        fc_form_minimum(terms, k, last, now, price, least, ledger);
    else if (provider->form == FC_FORM_RESERVATION)
        fc_form_reservation(terms, month->t, k, inputs, ledger);
    else if (provider->form == FC_FORM_BLOCK)
        fc_form_block(terms, month, k, inputs[FC_IN_BLOCK_RATIO], ledger);
    else if (provider->form == FC_FORM_ON_DEMAND)
        fc_form_on_demand(ledger);
    else if (provider->form == FC_FORM_SPOT)
        fc_form_spot(inputs, ledger);
    else
        fc_form_own(terms, month, k, inputs, ledger);
}

#endif
