/* books.h: the provider's side of the same contract: what it receives, what the capacity costs it, and the price at which it
 * earns its cost of capital and no more.
 *
 *   receipts    = bills + prepayment + fees - credits; what else the customer pays (contract.extras, moving) is taken to cost
 *                 what it brings, and goes to others in part
 *   costs       = capital as it is delivered + operations on what stands + energy - value at the end (of the contract, or at the
 *                 customer's exit); own.h says what a GPU costs and what is left of it
 *   break-even  = contract price × present value of the costs / present value of the receipts
 *
 * all of rented capacity alone, at own.capital_cost, before tax, with flows where the customer's count in the month. With the
 * GPUs given, receipts are proportional to the price in every form, so the ratio is exact. Capacity that a default or a
 * customer's exit leaves free is sold at its value at an exit, and earns nothing after a default.
 * Debt is drawn with the capital and paid in equal months to the end of the term; its cover is (receipts - operations -
 * energy) / debt service of a year of the contract, the lowest of the years that have a debt service. */
#ifndef FC_MODEL_BOOKS_H
#define FC_MODEL_BOOKS_H

#include "forms.h"

/* Payment that returns 1 over n months at a monthly rate. */
FC_INLINE fc_real fc_instalment(fc_real yearly, fc_real months)
{
    return fc_annuity(yearly / 12.0f, months);
}

FC_FN void fc_books_start(FC_GLOBAL const struct fc_months *terms, fc_real (*FC_RESTRICT inputs)[FC_W],
                          struct fc_ledger *FC_RESTRICT ledger)
{
    struct fc_books *books = &ledger->books;
    fc_real at = (fc_real)terms->discount_at;
    FC_LANES (l)
        books->received[l] = books->year_received[l] = 0;
    FC_LANES (l) {
        fc_real effective = fc_exp(-fc_log1p(inputs[FC_IN_CAPITAL_COST_RATE][l]) / 12.0f);
        fc_real nominal = 1.0f / (1.0f + inputs[FC_IN_CAPITAL_COST_RATE][l] / 12.0f);
        fc_real paid = -(fc_real)ledger->cash[FC_CASH_PREPAID][l] / 100.0f;
        books->fade[l] = terms->nominal_rate ? nominal : effective;
        books->discount[l] = fc_exp(at * fc_log(books->fade[l]));
        books->receipts_worth[l] = paid * (1.0f - books->discount[l]); /* paid at signing */
        books->capital[l] = books->operations[l] = books->energy[l] = books->end[l] = 0.0f;
        books->costs_worth[l] = books->instalments[l] = books->year_costs[l] = books->year_debt[l] = 0.0f;
        books->capital_now[l] = books->running_now[l] = books->end_now[l] = 0.0f;
        books->cover[l] = fc_never();
    }
}

/* What one provider's month costs it, after the hours are booked. */
FC_FN void fc_books_provider(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 k,
                             fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    struct fc_books *books = &ledger->books;
    const fc_real *rate = inputs[FC_IN_OPERATIONS_RATE], *price = inputs[terms->provider[k].input[FC_P_ENERGY]];
    fc_real bought[FC_W], standing[FC_W], share = (fc_real)terms->provider[k].share;
    fc_real years = FC_MONTH_OF_YEAR * (month->next - month->now);
    if (terms->provider[k].form == FC_FORM_OWN)
        return;
    fc_capital_bought(terms, month, k, inputs, ledger, bought, standing);
    FC_LANES (l) {
        fc_real capex = fc_capex_per_gpu(terms->own_parts, inputs, l) * (share * ledger->gpus[l]);
        fc_real operations = standing[l] * capex * rate[l] * years;
        fc_real energy = ledger->kwh_now[l] * price[l] * ledger->energy_trend[l];
        books->capital_now[l] += bought[l];
        books->running_now[l] += operations + energy;
        books->operations[l] += operations;
        books->energy[l] += energy;
    }
}

/* The same of the expansion, which stands at once when it is taken. */
FC_FN void fc_books_expansion(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                              fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    struct fc_books *books = &ledger->books;
    const fc_real *rate = inputs[FC_IN_OPERATIONS_RATE], *price = inputs[terms->provider[0].input[FC_P_ENERGY]];
    fc_real share = (fc_real)terms->expansion_share, years = FC_MONTH_OF_YEAR * (month->next - month->now);
    fc_real first = month->t == terms->expansion_month ? 1.0f : 0.0f;
    FC_LANES (l) {
        fc_real capex =
            fc_capex_per_gpu(terms->own_parts, inputs, l) * (ledger->expands[l] * share * ledger->gpus[l]);
        fc_real operations = capex * rate[l] * years;
        fc_real energy = ledger->kwh_now[l] * price[l] * ledger->energy_trend[l];
        books->capital_now[l] += first * capex;
        books->running_now[l] += operations + energy;
        books->operations[l] += operations;
        books->energy[l] += energy;
    }
}

/* What is left of the capacity when the contract ends, after `months`. */
FC_FN void fc_books_left(FC_GLOBAL const struct fc_months *terms, fc_real months,
                         fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    struct fc_books *books = &ledger->books;
    fc_real worth[FC_W];
    for (fc_i32 k = 0; k < terms->providers; k++) {
        if (terms->provider[k].form == FC_FORM_OWN)
            continue;
        fc_left_of_capital(terms, k, months, inputs, ledger, worth);
        FC_LANES (l)
            books->end_now[l] -= worth[l];
    }
    if (terms->expansion_month > 0 && months > (fc_real)terms->expansion_month) {
        fc_real share = (fc_real)terms->expansion_share;
        fc_real age = (months - (fc_real)terms->expansion_month) * FC_MONTH_OF_YEAR;
        FC_LANES (l) {
            fc_real capex = fc_capex_per_gpu(terms->own_parts, inputs, l);
            fc_real site = fc_site_capex(terms->own_parts, capex, inputs, l);
            fc_real site_left = 1.0f - fc_life_over(age, age, inputs[FC_IN_FACILITY_LIFE_YEARS][l]);
            fc_real kept = fc_server_worth(terms->own_decline, age, age, inputs, l);
            fc_real gpus = ledger->expands[l] * share * ledger->gpus[l];
            books->end_now[l] += gpus * ((capex - site) * kept + site * site_left);
        }
    }
}

/* Closes the month; `ends`: the contract is left in it, or this is its last. */
FC_FN void fc_books_month(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month, fc_i32 leaves,
                          fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    struct fc_books *books = &ledger->books;
    fc_real receipts[FC_W], debt = (fc_real)terms->debt;
    fc_real left = (fc_real)(terms->months - month->t);
    fc_i32 last = month->t == terms->months - 1;
    fc_i64 now[FC_W];
    if (month->t == leaves)
        fc_books_left(terms, month->now, inputs, ledger);
    else if (last && month->t < leaves)
        fc_books_left(terms, (fc_real)terms->term_months, inputs, ledger);
    FC_LANES (l) {
        now[l] = -(ledger->cash[FC_CASH_BILLS][l] + ledger->cash[FC_CASH_PREPAID][l] +
                   ledger->cash[FC_CASH_FEES][l] + ledger->cash[FC_CASH_CREDITS][l]);
        fc_i64 more = now[l] - books->received[l];
        books->received[l] = now[l];
        books->year_received[l] += more;
        now[l] = more;
    }
    FC_LANES (l)
        receipts[l] = (fc_real)now[l] / 100.0f;
    fc_i32 runs = month->t < leaves;
    FC_LANES (l) {
        fc_real costs = books->capital_now[l] + books->running_now[l] - books->end_now[l];
        fc_real drawn = debt * books->capital_now[l];
        fc_real more = drawn * fc_instalment(inputs[FC_IN_DEBT_RATE][l], left);
        books->receipts_worth[l] += receipts[l] * books->discount[l];
        books->costs_worth[l] += costs * books->discount[l];
        books->capital[l] += books->capital_now[l];
        books->end[l] += books->end_now[l];
        books->instalments[l] += more;
        books->year_costs[l] += books->running_now[l];
        books->year_debt[l] += runs ? books->instalments[l] : 0.0f;
        books->discount[l] = books->discount[l] * books->fade[l];
        books->capital_now[l] = books->running_now[l] = books->end_now[l] = 0.0f;
    }
    if (!last && month->t % 12 != 11)
        return;
    FC_LANES (l) {
        receipts[l] = (fc_real)books->year_received[l] / 100.0f;
        books->year_received[l] = 0;
    }
    FC_LANES (l) {
        fc_real cover = (receipts[l] - books->year_costs[l]) / fc_max(books->year_debt[l], 1e-6f);
        books->cover[l] = books->year_debt[l] > 0.0f ? fc_min(books->cover[l], cover) : books->cover[l];
        books->year_costs[l] = books->year_debt[l] = 0.0f;
    }
}

FC_FN void fc_books_end(const struct fc_ledger *FC_RESTRICT ledger, fc_real (*FC_RESTRICT inputs)[FC_W],
                        fc_real (*FC_RESTRICT metrics)[FC_W])
{
    const struct fc_books *books = &ledger->books;
    fc_real none = (fc_real)fc_float_of(0x7fc00000u);
    FC_LANES (l) {
        fc_real receipts = (fc_real)books->received[l] / 100.0f;
        fc_real costs = books->capital[l] + books->operations[l] + books->energy[l] - books->end[l];
        fc_real npv = books->receipts_worth[l] - books->costs_worth[l];
        fc_real ratio = books->costs_worth[l] / fc_max(books->receipts_worth[l], 1e-6f);
        fc_i32 earns = books->receipts_worth[l] > 0.0f, gains = npv > 0.0f;
        metrics[FC_M_PROVIDER_RECEIPTS_USD][l] = receipts;
        metrics[FC_M_PROVIDER_CAPITAL_USD][l] = books->capital[l];
        metrics[FC_M_PROVIDER_OPERATIONS_USD][l] = books->operations[l];
        metrics[FC_M_PROVIDER_ENERGY_USD][l] = books->energy[l];
        metrics[FC_M_PROVIDER_END_VALUE_USD][l] = books->end[l];
        metrics[FC_M_PROVIDER_PROFIT_USD][l] = receipts - costs;
        metrics[FC_M_PROVIDER_MARGIN][l] = receipts > 0.0f ? (receipts - costs) / receipts : none;
        metrics[FC_M_PROVIDER_NPV_USD][l] = npv;
        metrics[FC_M_BREAK_EVEN_PRICE_USD][l] =
            earns ? inputs[FC_IN_PRICE_GPU_HOUR_USD][l] * ratio : fc_never();
        metrics[FC_M_DEBT_COVER][l] = books->cover[l] < fc_never() ? books->cover[l] : none;
        metrics[FC_M_PROVIDER_GAINS][l] = (fc_real)gains;
        metrics[FC_M_BOTH_GAIN][l] = (fc_real)(gains & (ledger->npv[l] > 0.0f));
    }
}

#endif
