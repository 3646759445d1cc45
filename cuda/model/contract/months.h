/* months.h: the walk over the months: what is delivered, billed, credited, earned; cash in whole cents.
 *
 * fc_months_start draws the delivery and sizes the fleet. A stated value buys
 *   planned GPUs = value / sum over providers of share × (price × hours of the plan)
 * and with catch-up so many more that the whole value is delivered by the end of the term, but at most
 * catch_up_limit × planned GPUs; what is not delivered by then is not delivered: no bill, and what was prepaid
 * for it comes back. Owned capacity takes its capital in place of price × hours.
 * fc_months_run walks the months. Every payment is rounded to cents once; balance and totals are 64-bit
 * integers, so they add up exactly. */
#ifndef FC_MODEL_MONTHS_H
#define FC_MODEL_MONTHS_H

#include "books.h"
#include "income.h"
#include "tax.h"

/* The price per GPU-hour of the first day, USD. */
FC_FN fc_real fc_first_price(FC_GLOBAL const struct fc_provider *provider,
                             fc_real (*FC_RESTRICT inputs)[FC_W], fc_i32 l)
{
    fc_real list = inputs[FC_IN_LIST_PRICE_USD][l];
    fc_i32 form = provider->form;
    fc_real ratio =
        provider->term_months <= 12 ? inputs[FC_IN_COMMITMENT_1Y][l] : inputs[FC_IN_COMMITMENT_3Y][l];
    fc_real reserved = provider->term_months > 36 ? inputs[FC_IN_COMMITMENT_5Y_USD][l] : list * ratio;
    fc_real price = inputs[provider->input[FC_P_PRICE]][l];
    price = form == FC_FORM_RESERVATION ? reserved : price;
    price = form == FC_FORM_BLOCK ? list * inputs[FC_IN_BLOCK_RATIO][l] : price;
    price = form == FC_FORM_ON_DEMAND ? list : price;
    return form == FC_FORM_SPOT ? list * inputs[FC_IN_SPOT_RATIO][l] : price;
}

/* The contract price's step a year: the escalator, and the share of the inflation that it follows. */
FC_FN void fc_raise_start(FC_GLOBAL const struct fc_months *terms, fc_real (*FC_RESTRICT inputs)[FC_W],
                          struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real fixed = 1.0f + (fc_real)terms->escalator, indexed = terms->indexed;
    FC_LANES (l)
        ledger->adjust[l] = ledger->raised[l] = ledger->raise[l] = 1.0f;
    if (terms->raises) {
        FC_LANES (l)
            ledger->raise[l] = fixed * fc_fma(indexed, inputs[FC_IN_INFLATION][l], 1.0f);
    }
}

/* Full-capacity months of provider k until the end of the term, each times the price in force over that of the first day
 * (`priced`), and the same by plan. Resets are not known ahead: they count as none. */
FC_FN void fc_priced_months(FC_GLOBAL const struct fc_months *terms, fc_i32 k,
                            const struct fc_ledger *FC_RESTRICT ledger, fc_real *FC_RESTRICT priced,
                            fc_real *FC_RESTRICT planned)
{
    fc_real end = terms->term_months, ramp = terms->ramp_months;
    fc_real until[FC_W], was[FC_W], factor[FC_W], plan_was = 0.0f;
    fc_delivery_until(terms, &ledger->delivery, k, end, priced);
    FC_LANES (l) {
        planned[l] = fc_ramp_until(end, 0.0f, ramp);
        was[l] = 0.0f;
        factor[l] = 1.0f;
    }
    if (!terms->raises)
        return;
    FC_LANES (l)
        priced[l] = planned[l] = 0.0f;
    for (fc_i32 t = 12; t < terms->months + 12; t += 12) {
        fc_real now = fc_min((fc_real)t, end), plan = fc_ramp_until(now, 0.0f, ramp);
        fc_delivery_until(terms, &ledger->delivery, k, now, until);
        FC_LANES (l) {
            priced[l] = fc_fma(factor[l], until[l] - was[l], priced[l]);
            planned[l] = fc_fma(factor[l], plan - plan_was, planned[l]);
            was[l] = until[l];
            factor[l] = factor[l] * ledger->raise[l];
        }
        plan_was = plan;
    }
}

/* The price in force in a month: raised at an anniversary, or set anew to that of a new contract. */
FC_FN void fc_price_in_force(FC_GLOBAL const struct fc_months *terms, fc_i32 t,
                             struct fc_ledger *FC_RESTRICT ledger)
{
    if (terms->raises && t > 0 && t % 12 == 0) {
        FC_LANES (l)
            ledger->adjust[l] = ledger->raised[l] = ledger->raised[l] * ledger->raise[l];
    }
    if (terms->reset_every > 0 && t > 0 && t % terms->reset_every == 0) {
        fc_real floor = terms->reset_floor, cap = terms->reset_cap;
        FC_LANES (l)
            ledger->adjust[l] = fc_min(fc_max(ledger->offer[l], floor), cap);
    }
}

/* Delivery and size; the metrics that they decide. */
FC_FN void fc_months_start(FC_GLOBAL const struct fc_contract *contract, FC_GLOBAL const float *tables,
                           fc_u64 seed, fc_u64 trial, fc_real (*FC_RESTRICT inputs)[FC_W],
                           struct fc_ledger *FC_RESTRICT ledger, fc_real (*FC_RESTRICT metrics)[FC_W])
{
    FC_GLOBAL const struct fc_months *terms = &contract->months;
    fc_u32 low[FC_W], high[FC_W];
    fc_real priced[FC_W], priced_plan[FC_W], standing[FC_W], worth[FC_W], worth_planned[FC_W], share_now[FC_W];
    fc_trial_counters(trial, low, high);
    fc_delivery_draw(terms, tables, seed, low, high, inputs, &ledger->delivery);
    fc_raise_start(terms, inputs, ledger);
    if (terms->events) {
        fc_events_draw(terms, tables, seed, low, high, ledger);
        fc_events_sites(terms, tables, seed, low, high, ledger);
    }
    FC_LANES (l)
        worth[l] = worth_planned[l] = share_now[l] = 0.0f;
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        fc_real share = provider->share;
        fc_i32 owned = provider->form == FC_FORM_OWN;
        fc_priced_months(terms, k, ledger, priced, priced_plan);
        fc_delivery_at(terms, &ledger->delivery, k, terms->ramp_months, standing);
        FC_LANES (l) {
            fc_real hour = share * FC_HOURS_PER_MONTH * fc_first_price(provider, inputs, l);
            fc_real capex = share * fc_capex_per_gpu(terms->own_parts, inputs, l);
            worth[l] += owned ? capex : hour * priced[l];
            worth_planned[l] += owned ? capex : hour * priced_plan[l];
            share_now[l] = fc_fma(share, standing[l], share_now[l]);
            ledger->before[k][l] = ledger->fixed[k][l] = ledger->paid[k][l] = ledger->lost[k][l] = 0.0f;
            ledger->stood[k][l] = ledger->unused[k][l] = 0.0f;
        }
    }
    fc_real stated = terms->gpus, value = contract->value_usd;
    fc_real most = terms->catch_up ? (fc_real)terms->catch_up_limit : 1.0f;
    FC_LANES (l) {
        fc_real by_plan = stated > 0.0f ? stated : value / worth_planned[l];
        fc_real to_spend = value / fc_max(worth[l], 1e-6f);
        fc_real more = fc_min(fc_max(to_spend, by_plan), most * by_plan);
        ledger->planned[l] = by_plan;
        ledger->gpus[l] = stated > 0.0f ? stated : more;
        metrics[FC_M_GPUS_FULL_RAMP][l] = ledger->gpus[l];
        metrics[FC_M_DELIVERED_SHARE][l] = share_now[l];
        metrics[FC_M_ON_TIME][l] = share_now[l] > 0.99999f ? 1.0f : 0.0f;
        metrics[FC_M_DELIVERED_75][l] = share_now[l] >= 0.75f ? 1.0f : 0.0f;
    }
}

/* Sets every total to zero and pays the prepayment's share of what the contract forms cost over the term. */
FC_FN void fc_ledger_start(FC_GLOBAL const struct fc_contract *contract, fc_real (*FC_RESTRICT inputs)[FC_W],
                           const fc_real *goodput, const fc_real *mfu, struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_months *terms = &contract->months;
    fc_i32 over = fc_max_i32(terms->months - terms->credit_from, 1);
    fc_real priced[FC_W], plan[FC_W], usd[FC_W], at = terms->discount_at;
    for (fc_i32 kind = 0; kind < FC_CASH_KINDS; kind++) {
        FC_LANES (l)
            ledger->cash[kind][l] = 0;
    }
    FC_LANES (l)
        ledger->net[l] = ledger->balance[l] = ledger->lowest[l] = ledger->refund[l] = 0;
    FC_LANES (l) {
        ledger->ahead[l] = ledger->delivered[l] = ledger->down[l] = ledger->idle[l] = ledger->left[l] = 0.0f;
        ledger->spot_loss[l] = ledger->worked_all[l] = ledger->outage_h[l] = ledger->standstill[l] = 0.0f;
        ledger->two_down[l] = ledger->three_down[l] = 0.0f;
        ledger->fails[l] = ledger->remains[l] = ledger->stranded[l] = ledger->kwh[l] = 0.0f;
        ledger->energy_usd[l] = ledger->co2[l] = ledger->marginal[l] = ledger->peak_kw[l] = 0.0f;
        ledger->npv[l] = ledger->inflow[l] = ledger->outflow[l] = ledger->payback[l] = 0.0f;
        ledger->more[l] = ledger->expands[l] = ledger->expansion[l] = ledger->strike_value[l] = 0.0f;
        ledger->written_off[l] = 0;
        ledger->wanted[l] = ledger->lowest_work[l] = 1.0f;
        ledger->quiet[l] = ledger->discount[l] = ledger->offer[l] = ledger->energy_trend[l] = 1.0f;
    }
    FC_LANES (l) {
        fc_real effective = fc_exp(-fc_log(1.0f + inputs[FC_IN_DISCOUNT_RATE][l]) / 12.0f);
        fc_real nominal = 1.0f / (1.0f + inputs[FC_IN_DISCOUNT_RATE][l] / 12.0f);
        ledger->fade[l] = terms->nominal_rate ? nominal : effective;
        ledger->energy_step[l] = fc_monthly(1.0f + inputs[FC_IN_ENERGY_GROWTH][l], 1.0f);
        ledger->list[l] = inputs[FC_IN_LIST_PRICE_USD][l];
        ledger->spot[l] = ledger->list[l] * inputs[FC_IN_SPOT_RATIO][l];
        ledger->useful[l] = 3600.0f * inputs[FC_IN_USABLE_FRACTION][l] * goodput[l] *
                            (mfu[l] * contract->peak_flops);
    }
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        if (provider->form > FC_FORM_MINIMUM)
            continue;
        fc_priced_months(terms, k, ledger, priced, plan);
        FC_LANES (l)
            ledger->ahead[l] += inputs[provider->input[FC_P_PRICE]][l] * ledger->gpus[l] *
                                (fc_real)provider->share * (priced[l] * FC_HOURS_PER_MONTH);
    }
    FC_LANES (l)
        usd[l] = inputs[FC_IN_PREPAYMENT][l] * ledger->ahead[l];
    fc_pay_out(usd, FC_CASH_PREPAID, ledger);
    if (at > 0.0f) { /* the prepayment is paid at signing, not within the first month */
        FC_LANES (l) {
            fc_real paid = (fc_real)ledger->cash[FC_CASH_PREPAID][l] / 100.0f;
            ledger->discount[l] = fc_exp(at * fc_log(ledger->fade[l]));
            ledger->npv[l] = paid * (1.0f - ledger->discount[l]);
            ledger->outflow[l] = -ledger->npv[l];
        }
    }
    FC_LANES (l)
        ledger->part[l] = -ledger->cash[FC_CASH_PREPAID][l] / over + 1;
}

/* Pays the bill of the provider at hand, what comes on top of it and the credit for its outages. */
FC_FN void fc_month_pay(fc_i32 k, fc_i32 form, const fc_real *price, fc_real (*FC_RESTRICT inputs)[FC_W],
                        struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *extra = inputs[FC_IN_EXTRAS_SHARE], *moving = inputs[FC_IN_SWITCHING_COST];
    const fc_real *raised = ledger->raised;
    fc_real extras[FC_W];
    FC_LANES (l)
        extras[l] = ledger->bill[l] * (extra[l] + (k > 0 ? moving[l] : 0.0f));
    if (form == FC_FORM_OWN)
        return;
    fc_i32 counts = form <= FC_FORM_MINIMUM; /* for the prepayment */
    FC_LANES (l) {
        ledger->stranded[l] -= ledger->credit[l];
        ledger->credit[l] = -ledger->credit[l];
    }
    FC_LANES (l) { /* as fc_pay would, with the month's sum touched once */
        fc_i64 bill = fc_cents(ledger->bill[l]), more = fc_cents(extras[l]), back = fc_cents(ledger->credit[l]);
        ledger->cash[FC_CASH_BILLS][l] -= bill;
        ledger->cash[FC_CASH_EXTRAS][l] -= more;
        ledger->cash[FC_CASH_CREDITS][l] -= back;
        ledger->net[l] -= bill + more + back;
        ledger->invoiced[l] += counts ? bill : 0;
    }
    if (!counts)
        return;
    FC_LANES (l) {
        ledger->ahead[l] =
            fc_max(ledger->ahead[l] - price[l] * raised[l] * ledger->hours[l], 0.0f);
    }
}

/* The prepayment comes back as a credit on the bills: in equal parts from credit_from on, and before that as
 * far as the bills to come would not use it up; the last bill takes what is left. */
FC_FN void fc_month_credit(FC_GLOBAL const struct fc_months *terms, fc_i32 t, fc_i32 last,
                           struct fc_ledger *FC_RESTRICT ledger)
{
    fc_i32 planned = t >= terms->credit_from;
    FC_LANES (l) {
        fc_i64 open = -ledger->cash[FC_CASH_PREPAID][l] - ledger->written_off[l];
        fc_i64 early = last ? open : open - fc_cents(ledger->ahead[l]);
        fc_i64 credit = planned ? ledger->part[l] : 0;
        credit = early > credit ? early : credit;
        credit = open < credit ? open : credit;
        credit = ledger->invoiced[l] < credit ? ledger->invoiced[l] : credit;
        fc_pay(credit > 0 ? credit : 0, FC_CASH_PREPAID, l, ledger);
    }
}

/* The exit: reservations run on to their end, owned GPUs are sold, and the contract forms cost a fee. What is
 * prepaid counts towards what is left to pay, and the fee is a share of what remains of it after that; a
 * prepayment beyond what is left comes back. */
FC_FN void fc_month_exit(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                         fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real until[FC_W], due[FC_W], usd[FC_W];
    FC_LANES (l)
        due[l] = 0.0f;
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        fc_real share = provider->share;
        fc_delivery_until(terms, &ledger->delivery, k, terms->term_months, until);
        FC_LANES (l)
            ledger->left[l] +=
                (until[l] - ledger->before[k][l]) * FC_HOURS_PER_MONTH * (share * ledger->gpus[l]);
        if (provider->form <= FC_FORM_MINIMUM)
            fc_form_remainder(provider, k, until, inputs, ledger, due);
        else if (provider->form == FC_FORM_RESERVATION)
            fc_reservation_tail(terms, k, month->t, inputs, ledger);
        else if (provider->form == FC_FORM_OWN)
            fc_sell_owned(terms, k, month->now, inputs, ledger);
    }
    FC_LANES (l) {
        fc_i64 left = fc_cents(due[l]), open = -ledger->cash[FC_CASH_PREPAID][l] - ledger->written_off[l];
        fc_i64 back = open > left ? open - left : 0;
        fc_pay(back, FC_CASH_PREPAID, l, ledger);
        ledger->refund[l] += back;
        usd[l] = inputs[FC_IN_TERMINATION_FEE][l] * ((fc_real)(left - (open - back)) / 100.0f);
    }
    fc_pay_out(usd, FC_CASH_FEES, ledger);
}

/* The end of the term: what a reservation still runs, what owned GPUs are worth, and the prepayment of what was
 * never billed. */
FC_FN void fc_month_end_of_term(FC_GLOBAL const struct fc_months *terms, fc_real (*FC_RESTRICT inputs)[FC_W],
                                struct fc_ledger *FC_RESTRICT ledger)
{
    for (fc_i32 k = 0; k < terms->providers; k++) {
        if (terms->provider[k].form == FC_FORM_RESERVATION)
            fc_reservation_tail(terms, k, terms->months, inputs, ledger);
        else if (terms->provider[k].form == FC_FORM_OWN)
            fc_sell_owned(terms, k, terms->term_months, inputs, ledger);
    }
    FC_LANES (l) {
        fc_i64 open = -ledger->cash[FC_CASH_PREPAID][l] - ledger->written_off[l];
        fc_pay(open, FC_CASH_PREPAID, l, ledger);
        ledger->refund[l] += open;
    }
}

/* The option on further capacity at the first provider's site, decided once: exercised where a contract for
 * the rest of the term would cost more than the strike on that day, and worth the difference. */
FC_FN void fc_month_expansion(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                              fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real strike = terms->expansion_strike, share = terms->expansion_share;
    fc_real span_h = (month->next - month->now) * FC_HOURS_PER_MONTH;
    if (month->t == terms->expansion_month) {
        FC_LANES (l) {
            fc_real value = inputs[FC_IN_PRICE_GPU_HOUR_USD][l] * ledger->offer[l] - strike;
            ledger->expands[l] = value > 0.0f ? 1.0f : 0.0f;
            ledger->strike_value[l] = fc_max(value, 0.0f);
        }
    }
    FC_LANES (l) {
        fc_real hours = ledger->expands[l] * share * ledger->gpus[l] * span_h;
        fc_real up = hours * ledger->up[l];
        ledger->hours[l] = hours;
        ledger->more[l] += hours;
        ledger->out[l] = hours - up;
        ledger->used[l] = inputs[FC_IN_DEMAND][l] * up;
        ledger->bill[l] = strike * up;
        ledger->credit[l] = 0.0f;
        ledger->stranded[l] += strike * (up - ledger->used[l]);
        ledger->expansion[l] = fc_fma(ledger->strike_value[l], up, ledger->expansion[l]);
    }
    fc_month_hours(&terms->provider[0], span_h, inputs, ledger);
    fc_month_pay(0, FC_FORM_ON_DEMAND, inputs[FC_IN_PRICE_GPU_HOUR_USD], inputs, ledger);
    if (terms->books)
        fc_books_expansion(terms, month, inputs, ledger);
}

/* Defaults of the month, and how much of the work goes on. */
FC_FN void fc_month_events(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                           fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real until[FC_W], due[FC_W];
    FC_LANES (l)
        due[l] = 0.0f;
    for (fc_i32 k = 0; k < terms->providers; k++) {
        if (terms->provider[k].form > FC_FORM_MINIMUM)
            continue;
        fc_delivery_until(terms, &ledger->delivery, k, terms->term_months, until);
        fc_form_remainder(&terms->provider[k], k, until, inputs, ledger, due);
    }
    fc_event_defaults(terms, month, due, ledger);
    fc_event_goes_on(terms, month, inputs[FC_IN_DEMAND], ledger);
}

/* One month of all providers while the contract runs. */
FC_FN void fc_month_providers(FC_GLOBAL const struct fc_months *terms, fc_u64 seed,
                              const struct fc_month *month, fc_i32 last, fc_real (*FC_RESTRICT inputs)[FC_W],
                              struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real span_h = (month->next - month->now) * FC_HOURS_PER_MONTH;
    if (terms->providers > 1) {
        FC_LANES (l) {
            ledger->ready[l] = ledger->down_h[l] = ledger->down_ready[l] = 0.0f;
            ledger->all_down[l] = 1.0f;
            ledger->at_least[0][l] = ledger->at_least[1][l] = ledger->at_least[2][l] = 0.0f;
        }
    }
    if (terms->beta > 0.0f) {
        fc_month_common(terms, seed, month, inputs, ledger);
        FC_LANES (l) {
            ledger->alone_down[l] = 1.0f;
            ledger->common_h[l] = span_h;
        }
    }
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
        fc_month_capacity(terms, seed, month, k, inputs, ledger);
        fc_month_hours(provider, span_h, inputs, ledger);
        fc_month_bill(terms, month, k, last, inputs, ledger);
        fc_month_pay(k, provider->form, inputs[provider->input[FC_P_PRICE]], inputs, ledger);
        FC_LANES (l) {
            ledger->paid[k][l] += ledger->bill[l];
            ledger->before[k][l] = ledger->until[l];
        }
        if (terms->books)
            fc_books_provider(terms, month, k, inputs, ledger);
    }
    if (terms->beta > 0.0f) {
        FC_LANES (l) {
            fc_real common = ledger->common_h[l] / span_h;
            ledger->all_down[l] = common + (1.0f - common) * ledger->alone_down[l];
        }
    }
    if (terms->providers > 1)
        fc_month_resilience(span_h, ledger);
    if (terms->providers > 2)
        fc_month_some_down(terms, span_h, ledger);
    if (terms->expansion_month > 0 && month->t >= terms->expansion_month)
        fc_month_expansion(terms, month, inputs, ledger);
    fc_month_credit(terms, month->t, last, ledger);
    if (terms->events)
        fc_month_events(terms, month, inputs, ledger);
    if (last)
        fc_month_end_of_term(terms, inputs, ledger);
}

/* Closes the month: balance, payback, present value (where in its month a flow counts says terms->discount_at). */
FC_FN void fc_month_close(const struct fc_month *month, struct fc_ledger *FC_RESTRICT ledger)
{
    FC_LANES (l) {
        fc_i64 was = ledger->balance[l], balance = was + ledger->net[l];
        fc_real since = was < 0 || month->t == 0 ? month->now + 1.0f : ledger->payback[l];
        ledger->balance[l] = balance;
        ledger->lowest[l] = balance < ledger->lowest[l] ? balance : ledger->lowest[l];
        ledger->payback[l] = balance < 0 ? fc_never() : since;
        ledger->flow[month->t][l] = fc_over((fc_real)ledger->net[l], 100.0f);
        ledger->net[l] = 0;
    }
    FC_LANES (l) {
        fc_real present = ledger->flow[month->t][l] * ledger->discount[l];
        ledger->npv[l] += present;
        ledger->inflow[l] += fc_max(present, 0.0f);
        ledger->outflow[l] += fc_max(-present, 0.0f);
        ledger->discount[l] = ledger->discount[l] * ledger->fade[l];
        ledger->energy_trend[l] = ledger->energy_trend[l] * ledger->energy_step[l];
        ledger->peak_kw[l] = fc_max(ledger->peak_kw[l], ledger->site_kw[l]);
        ledger->worked_all[l] += ledger->worked[l];
    }
}

/* Money of the finished walk. Where nothing was delivered, or nothing is left in the end, nothing is paid back. */
FC_FN void fc_money_end(const struct fc_ledger *FC_RESTRICT ledger, fc_real (*FC_RESTRICT inputs)[FC_W],
                        fc_real (*FC_RESTRICT metrics)[FC_W])
{
    FC_LANES (l) {
        fc_i64 out = -(ledger->cash[FC_CASH_BILLS][l] + ledger->cash[FC_CASH_EXTRAS][l] +
                       ledger->cash[FC_CASH_PREPAID][l] + ledger->cash[FC_CASH_FEES][l] +
                       ledger->cash[FC_CASH_CREDITS][l] + ledger->cash[FC_CASH_OWNED][l]);
        fc_i64 sum = ledger->cash[FC_CASH_REVENUE][l] + ledger->cash[FC_CASH_OTHER][l] - out;
        fc_i32 gain = ledger->delivered[l] > 0.0f && ledger->balance[l] > 0;
        fc_real payback = gain ? ledger->payback[l] : fc_never();
        fc_real forfeited = (fc_real)(-ledger->cash[FC_CASH_PREPAID][l]) / 100.0f;
        metrics[FC_M_PAID_USD][l] = metrics[FC_M_COST_USD][l] = (fc_real)out / 100.0f;
        metrics[FC_M_CASH_RESIDUE_CENTS][l] = (fc_real)(ledger->balance[l] - sum);
        metrics[FC_M_PAYBACK_MONTHS][l] = payback;
        metrics[FC_M_PAYS_BACK][l] = payback < fc_never() ? 1.0f : 0.0f;
        metrics[FC_M_PEAK_CASH_NEED_USD][l] = (fc_real)(-ledger->lowest[l]) / 100.0f;
        metrics[FC_M_STRANDED_USD][l] =
            fc_max(ledger->stranded[l], 0.0f) + forfeited + (fc_real)(-ledger->cash[FC_CASH_FEES][l]) / 100.0f;
        metrics[FC_M_REVENUE_USD][l] = (fc_real)ledger->cash[FC_CASH_REVENUE][l] / 100.0f;
        metrics[FC_M_BALANCE_USD][l] = (fc_real)ledger->balance[l] / 100.0f;
        metrics[FC_M_SERVICE_CREDITS_USD][l] = (fc_real)ledger->cash[FC_CASH_CREDITS][l] / 100.0f;
        metrics[FC_M_REFUND_USD][l] = (fc_real)ledger->refund[l] / 100.0f;
        metrics[FC_M_NPV_USD][l] = ledger->npv[l];
    }
    FC_LANES (l) {
        metrics[FC_M_LIST_PRICE_END_USD][l] = ledger->list[l];
        metrics[FC_M_CONTRACT_PRICE_END_USD][l] = inputs[FC_IN_PRICE_GPU_HOUR_USD][l] * ledger->offer[l];
        metrics[FC_M_SPOT_PRICE_END_USD][l] = ledger->spot[l];
        metrics[FC_M_EXPANDS][l] = ledger->expands[l];
        metrics[FC_M_EXPANSION_VALUE_USD][l] = ledger->expansion[l];
    }
}

/* Hours, work, energy and unit costs of the finished walk. What costs something and yields nothing has no unit
 * cost: infinity. */
FC_FN void fc_work_end(FC_GLOBAL const struct fc_months *terms, const struct fc_ledger *FC_RESTRICT ledger,
                       fc_real (*FC_RESTRICT inputs)[FC_W], fc_real (*FC_RESTRICT metrics)[FC_W])
{
    const fc_real *usable = inputs[FC_IN_USABLE_FRACTION];
    fc_real end = terms->term_months;
    fc_real plan_h = fc_ramp_until(end, 0.0f, terms->ramp_months) * FC_HOURS_PER_MONTH;
    FC_LANES (l) {
        fc_real used = ledger->worked_all[l] * usable[l];
        fc_real useful = ledger->worked_all[l] * ledger->useful[l];
        fc_real paid = metrics[FC_M_PAID_USD][l];
        fc_real plan = plan_h * ledger->planned[l];
        fc_real missing = plan - (ledger->delivered[l] - ledger->more[l]) - ledger->left[l];
        fc_real late = missing > 1e-5f * plan ? missing : 0.0f;
        metrics[FC_M_GPU_HOURS][l] = metrics[FC_M_GPU_HOURS_DELIVERED][l] = ledger->delivered[l];
        metrics[FC_M_GPU_HOURS_USED][l] = used;
        metrics[FC_M_GPU_HOURS_UNUSABLE][l] = ledger->worked_all[l] - used;
        metrics[FC_M_GPU_HOURS_DOWN][l] = ledger->down[l];
        metrics[FC_M_GPU_HOURS_IDLE][l] = ledger->idle[l];
        metrics[FC_M_GPU_HOURS_LEFT][l] = ledger->left[l];
        metrics[FC_M_GPU_HOURS_LATE][l] = late;
        metrics[FC_M_FULLY_DELIVERED][l] = late > 0.0f ? 0.0f : 1.0f;
        metrics[FC_M_SPOT_LOSS_H][l] = ledger->spot_loss[l];
        metrics[FC_M_GPU_HOURS_EARNING][l] = ledger->earning[l];
        metrics[FC_M_USEFUL_FLOP][l] = useful;
        metrics[FC_M_COST_PER_USED_HOUR_USD][l] = used > 0.0f ? paid / used : fc_never();
        metrics[FC_M_COST_PER_1E24_USD][l] = useful > 0.0f ? paid / (useful * 1e-24f) : fc_never();
    }
    FC_LANES (l) {
        fc_real fails = ledger->fails[l];
        metrics[FC_M_OUTAGE_H][l] = ledger->outage_h[l];
        metrics[FC_M_NO_OUTAGE][l] = ledger->quiet[l];
        metrics[FC_M_STANDSTILL_H][l] = ledger->standstill[l];
        metrics[FC_M_TWO_DOWN_H][l] = ledger->two_down[l];
        metrics[FC_M_THREE_DOWN_H][l] = ledger->three_down[l];
        metrics[FC_M_CAPACITY_LEFT][l] = fails > 0.0f ? ledger->remains[l] / fails : 1.0f;
        metrics[FC_M_ENERGY_MWH][l] = ledger->kwh[l] * 0.001f;
        metrics[FC_M_CO2_T][l] = ledger->co2[l] * 1e-6f;
        metrics[FC_M_CO2_MARGINAL_T][l] = ledger->marginal[l] * 1e-6f;
        metrics[FC_M_POWER_MEAN_MW][l] = ledger->kwh[l] * 0.001f / (end * FC_HOURS_PER_MONTH);
        metrics[FC_M_POWER_PEAK_MW][l] = ledger->peak_kw[l] * 0.001f;
        metrics[FC_M_ENERGY_BILL_USD][l] = ledger->energy_usd[l];
    }
    fc_real none = (fc_real)fc_float_of(0x7fc00000u);
    FC_LANES (l) {
        metrics[FC_M_PROGRAMME_RUNS][l] = ledger->runs[l];
        metrics[FC_M_PROGRAMME_LARGEST_FLOP][l] = ledger->runs[l] > 0.0f ? ledger->largest[l] : none;
        metrics[FC_M_PROGRAMME_FIRST_MONTHS][l] = ledger->first_run[l];
    }
}

/* The months, after fc_months_start; fills the metrics of money, hours, work and energy. */
FC_FN void fc_months_run(FC_GLOBAL const struct fc_contract *contract, FC_GLOBAL const float *tables,
                         fc_u64 seed, fc_u64 trial, fc_real (*FC_RESTRICT inputs)[FC_W],
                         const fc_real *goodput, const fc_real *mfu, struct fc_ledger *FC_RESTRICT ledger,
                         fc_real (*FC_RESTRICT metrics)[FC_W])
{
    FC_GLOBAL const struct fc_months *terms = &contract->months;
    struct fc_month month;
    fc_i32 leaves =
        terms->terminate > 0 && terms->terminate < terms->months ? terms->terminate : terms->months;
    fc_trial_counters(trial, month.low, month.high);
    fc_random_start(seed, month.low, FC_STREAM_OUTAGES, &month.started);
    fc_ledger_start(contract, inputs, goodput, mfu, ledger);
    fc_income_start(terms, inputs, ledger);
    if (terms->books)
        fc_books_start(terms, inputs, ledger);
    if (terms->taxed)
        fc_tax_start(ledger);
    if (terms->market)
        fc_market_start(terms, seed, month.low, month.high, &ledger->market);
    for (fc_i32 t = 0; t < terms->months; t++) {
        month.t = t;
        month.now = (fc_real)t;
        month.next = fc_min(month.now + 1.0f, terms->term_months);
        FC_LANES (l) {
            ledger->invoiced[l] = 0;
            ledger->worked[l] = ledger->site_kw[l] = ledger->up_now[l] = 0.0f;
        }
        if (terms->market && t > 0)
            fc_market_month(terms, tables, seed, month.low, month.high, t, inputs, &ledger->market);
        if (terms->market)
            fc_market_prices(inputs, ledger);
        if (terms->events)
            fc_event_collapse(terms, &month, ledger);
        fc_price_in_force(terms, t, ledger);
        if (t < leaves)
            fc_month_providers(terms, seed, &month, t == terms->months - 1, inputs, ledger);
        else if (t == leaves)
            fc_month_exit(terms, &month, inputs, ledger);
        if (terms->revenue == FC_REVENUE_PER_GW)
            fc_income_per_gw(inputs, ledger);
        else if (terms->revenue == FC_REVENUE_PATH)
            fc_income_path(terms, &month, inputs, ledger);
        else if (terms->revenue >= FC_REVENUE_PER_HOUR)
            fc_income_per_hour(inputs, ledger);
        if (terms->programme_flop > 0)
            fc_programme_month(&month, inputs, ledger);
        if (terms->books)
            fc_books_month(terms, &month, leaves, inputs, ledger);
        if (terms->taxed)
            fc_tax_month(terms, &month, leaves, inputs, ledger);
        fc_month_close(&month, ledger);
#ifdef FC_MONTH_SEEN /* the host looks at the ledger after each month (host/run/flows.c) */
        FC_MONTH_SEEN(t, ledger);
#endif
    }
    fc_money_end(ledger, inputs, metrics);
    fc_work_end(terms, ledger, inputs, metrics);
    if (terms->revenue == FC_REVENUE_PATH) {
        for (fc_i32 b = 0; b < FC_BASES; b++) {
            FC_LANES (l) {
                fc_real back = ledger->base_sum[b][l] > 0.0f ? ledger->base_payback[b][l] : fc_never();
                metrics[FC_M_PAYBACK_BASIS_MONTHS + b][l] = back;
                metrics[FC_M_PAYS_BACK_BASIS + b][l] = back < fc_never() ? 1.0f : 0.0f;
                metrics[FC_M_CUMULATED_BASIS_USD + b][l] = ledger->base_sum[b][l];
            }
        }
    }
    if (terms->events)
        fc_events_end(terms, ledger, metrics);
    if (terms->market)
        fc_rules_end(terms->months, inputs, ledger, metrics);
    if (terms->irr)
        fc_rates_of_return(terms->months, ledger->flow, ledger->inflow, ledger->outflow,
                           inputs[FC_IN_DISCOUNT_RATE], metrics[FC_M_IRR], metrics[FC_M_MIRR]);
    if (terms->books)
        fc_books_end(ledger, inputs, metrics);
    if (terms->taxed)
        fc_tax_end(terms, ledger, inputs, metrics);
}

#endif
