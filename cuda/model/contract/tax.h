/* tax.h: what a contract leaves after taxes on income, by years of the contract.
 *
 *   income of a year = cash + what the open prepayment grew + capital bought - what is written off
 *   written off      = for each year of purchase, its capital × share of the year since; at the sale all that is left
 *   tax              = rate × (income - losses of earlier years that may be taken off), in equal parts in the months of the
 *                      year (companies pay it in instalments)
 *
 * So a bill counts when the hours are delivered, whoever paid it before, and over the whole term income adds up to the cash.
 * The shares written off are a schedule of tax law (host/compile/tax.c). A loss is carried forward, taking at most
 * terms->loss_limit off a later year's income (26 USC 172), or set at once against other income of the company, or lost.
 * Interest is no part of a contract's cash: what it would save stands in the discount rate. */
#ifndef FC_MODEL_TAX_H
#define FC_MODEL_TAX_H

#include "forms.h"

FC_FN void fc_tax_start(struct fc_ledger *FC_RESTRICT ledger)
{
    for (fc_i32 y = 0; y < FC_TAX_YEARS; y++) {
        FC_LANES (l)
            ledger->bought[y][l] = ledger->bought_site[y][l] = ledger->tax[y][l] = 0.0f;
    }
    FC_LANES (l)
        ledger->open_before[l] = ledger->taxes[l] = 0;
    FC_LANES (l) {
        ledger->income_year[l] = ledger->to_write[l] = ledger->losses[l] = 0.0f;
        ledger->tax_worth[l] = ledger->discount_year[l] = 0.0f;
    }
}

/* Capital that the month added, by year of purchase. */
FC_FN void fc_tax_capital(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 year,
                          fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real bought[FC_W], standing[FC_W];
    for (fc_i32 k = 0; k < terms->providers; k++) {
        if (terms->provider[k].form != FC_FORM_OWN)
            continue;
        fc_capital_bought(terms, month, k, inputs, ledger, bought, standing);
        FC_LANES (l) {
            fc_real capex = fc_capex_per_gpu(terms->own_parts, inputs, l);
            fc_real site = bought[l] * (fc_site_capex(terms->own_parts, capex, inputs, l) / capex);
            ledger->bought[year][l] += bought[l] - site;
            ledger->bought_site[year][l] += site;
            ledger->to_write[l] += bought[l];
            ledger->income_year[l] += bought[l];
        }
    }
}

/* The month's cash and what the open prepayment grew; `gone`: the contract has ended and nothing is open. */
FC_FN void fc_tax_income(fc_i32 gone, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_i64 grew[FC_W];
    FC_LANES (l) {
        fc_i64 open = gone ? 0 : -ledger->cash[FC_CASH_PREPAID][l] - ledger->written_off[l];
        grew[l] = ledger->net[l] + open - ledger->open_before[l];
        ledger->open_before[l] = open;
    }
    FC_LANES (l)
        ledger->income_year[l] += (fc_real)grew[l] / 100.0f;
}

/* Closes tax year `year`; `sold`: what is owned was sold in it. */
FC_FN void fc_tax_year(FC_GLOBAL const struct fc_months *terms, fc_i32 year, fc_i32 sold,
                       fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real written[FC_W], due[FC_W], limit = (fc_real)terms->loss_limit;
    fc_real part = 1.0f / (fc_real)fc_min_i32(terms->months - 12 * year, 12);
    fc_i32 losses = terms->losses;
    FC_LANES (l)
        written[l] = 0.0f;
    for (fc_i32 y = 0; y <= year; y++) {
        fc_real servers = (fc_real)terms->written[year - y], site = (fc_real)terms->site_written[year - y];
        FC_LANES (l)
            written[l] += ledger->bought[y][l] * servers + ledger->bought_site[y][l] * site;
    }
    FC_LANES (l) {
        fc_real off = sold ? ledger->to_write[l] : fc_min(written[l], ledger->to_write[l]);
        fc_real income = ledger->income_year[l] - off;
        fc_real used = fc_min(ledger->losses[l], limit * fc_max(income, 0.0f));
        fc_real left = ledger->losses[l] - used + fc_max(-income, 0.0f);
        fc_real carried = fc_max(income, 0.0f) - used, lost = fc_max(income, 0.0f);
        fc_real base = losses == FC_LOSSES_CARRIED ? carried : losses == FC_LOSSES_OFFSET ? income : lost;
        ledger->to_write[l] -= off;
        ledger->losses[l] = losses == FC_LOSSES_CARRIED ? left : 0.0f;
        ledger->income_year[l] = 0.0f;
        due[l] = inputs[FC_IN_TAX_RATE][l] * base;
        ledger->tax[year][l] = due[l] * part; /* a month */
        ledger->tax_worth[l] += due[l] * part * ledger->discount_year[l];
        ledger->discount_year[l] = 0.0f;
    }
    FC_LANES (l)
        ledger->taxes[l] += fc_cents(due[l]);
}

/* After all cash of the month and before it is closed. `gone`: the contract has been left, or this is its last month. */
FC_FN void fc_tax_month(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 leaves,
                        fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_i32 year = month->t / 12, last = month->t == terms->months - 1;
    fc_i32 gone = month->t >= leaves || last;
    FC_LANES (l)
        ledger->discount_year[l] += ledger->discount[l];
    if (month->t < leaves)
        fc_tax_capital(terms, month, year, inputs, ledger);
    fc_tax_income(gone, ledger);
    if (last || month->t % 12 == 11)
        fc_tax_year(terms, year, gone, inputs, ledger);
}

/* Takes each month's part of the taxes out of the flow; the month from which the balance stays positive into since[FC_W]. */
FC_FN void fc_tax_from_flow(FC_GLOBAL const struct fc_months *terms, struct fc_ledger *FC_RESTRICT ledger,
                            fc_real *FC_RESTRICT since)
{
    fc_i64 balance[FC_W];
    FC_LANES (l) {
        balance[l] = 0;
        since[l] = 0.0f;
    }
    for (fc_i32 t = 0; t < terms->months; t++) {
        fc_real end = (fc_real)t + 1.0f;
        FC_LANES (l)
            ledger->flow[t][l] -= ledger->tax[t / 12][l];
        FC_LANES (l) {
            fc_i32 anew = balance[l] < 0 || t == 0;
            balance[l] += fc_cents(ledger->flow[t][l]);
            since[l] = balance[l] < 0 ? fc_never() : anew ? end : since[l];
        }
    }
}

/* Figures after tax; last of all, since the flow becomes that after tax. */
FC_FN void fc_tax_end(FC_GLOBAL const struct fc_months *terms, struct fc_ledger *FC_RESTRICT ledger,
                      fc_real (*FC_RESTRICT inputs)[FC_W], fc_real (*FC_RESTRICT metrics)[FC_W])
{
    fc_real modified[FC_W], since[FC_W];
    fc_tax_from_flow(terms, ledger, since);
    FC_LANES (l) {
        fc_i64 left = ledger->balance[l] - ledger->taxes[l];
        fc_real payback = ledger->delivered[l] > 0.0f && left > 0 ? since[l] : fc_never();
        metrics[FC_M_TAX_USD][l] = (fc_real)ledger->taxes[l] / 100.0f;
        metrics[FC_M_BALANCE_AFTER_TAX_USD][l] = (fc_real)left / 100.0f;
        metrics[FC_M_PAYBACK_AFTER_TAX][l] = payback;
        metrics[FC_M_PAYS_BACK_AFTER_TAX][l] = payback < fc_never() ? 1.0f : 0.0f;
        metrics[FC_M_NPV_AFTER_TAX_USD][l] = ledger->npv[l] - ledger->tax_worth[l];
        metrics[FC_M_TAX_LOSS_LEFT_USD][l] = ledger->losses[l];
    }
    if (terms->irr)
        fc_rates_of_return(terms->months, ledger->flow, ledger->inflow, ledger->outflow,
                           inputs[FC_IN_DISCOUNT_RATE], metrics[FC_M_IRR_AFTER_TAX], modified);
}

#endif
