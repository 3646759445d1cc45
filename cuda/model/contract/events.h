/* events.h: what ends or shrinks a contract on a day that nobody knows: the customer's default, a provider's, a collapse of the
 * demand.
 *
 * Each has a hazard by year of the contract, or a stated month. Its day is where the sum of the hazards reaches E = -log(1 - u),
 * with u = Phi(sqrt(rho) Z + sqrt(1 - rho) n): one-factor Gaussian copula (Li 2000, Journal of Fixed Income 9). While a collapse
 * lasts the defaults' hazards are multiplied (contagion). A share of the providers' hazard hits all of them at once (common shock:
 * Marshall, Olkin 1967, Journal of the American Statistical Association 62), and from the first provider's default on that of the
 * others is multiplied (Davis, Lo 2001, Quantitative Finance 1). A collapse falls over some months and recovers over others:
 *
 *   s(x) = min(x / fall, 1) × (1 - (x - fall) / recovery), within 0 and 1, x months after its day
 *   demand × (1 - depth × s), price of new contracts × (1 - drop)^s
 *
 * The site of each provider may be stopped once, by law or for want of power, for terms->site_length months; what it does not
 * deliver is not billed.
 *
 * After a provider's default its capacity is gone, and of the prepayment that its share of the contract still owes a part is
 * recovered at once, the rest lost. After the customer's all providers are free of the contract: they keep the prepayment and
 * recover a part of what is left to pay. */
#ifndef FC_MODEL_EVENTS_H
#define FC_MODEL_EVENTS_H

#include "ledger.h"

/* The sum of hazards at which event `which` happens, [FC_W]. */
FC_FN void fc_event_level(FC_GLOBAL const struct fc_months *terms, FC_GLOBAL const float *tables, fc_u64 seed,
                          const fc_u32 *low, const fc_u32 *high, fc_i32 which, const fc_real *common,
                          fc_real *level)
{
    fc_u32 event[FC_W], words[4][FC_W];
    fc_real own[FC_W], rho = terms->event_correlation;
    fc_real of_common = fc_sqrt(rho), of_own = fc_sqrt(1.0f - rho);
    FC_LANES (l)
        event[l] = (fc_u32)which;
    fc_random_words(seed, low, high, event, FC_STREAM_EVENTS, words);
    fc_table_draw_lanes(tables + terms->normal_table, words[0], own);
    FC_LANES (l) {
        fc_real z = fc_fma(of_common, common[l], of_own * own[l]);
        fc_real u = fc_table_z(tables, terms->uniform_table, z);
        level[l] = -fc_log(fc_max(1.0f - u, 1e-7f));
    }
}

/* How long a collapse multiplies the hazards of default, months. */
FC_INLINE fc_real fc_event_lasts(FC_GLOBAL const struct fc_months *terms)
{
    fc_real recovery = terms->collapse_recovery;
    return recovery > 0.0f ? (fc_real)terms->collapse_fall + recovery : (fc_real)FC_MONTHS;
}

/* Month t's sum of the hazards of a kind of event, into hazard[FC_W]. */
FC_FN void fc_event_hazard(FC_GLOBAL const struct fc_months *terms, fc_i32 kind, fc_i32 t,
                           const struct fc_ledger *FC_RESTRICT ledger, fc_real *FC_RESTRICT hazard)
{
    fc_real rate = (fc_real)terms->hazard[kind][fc_min_i32(t / 12, FC_EVENT_YEARS - 1)] * FC_MONTH_OF_YEAR;
    fc_real more = kind == FC_EVENT_COLLAPSE ? 1.0f : (fc_real)terms->contagion;
    fc_real now = (fc_real)t, lasts = fc_event_lasts(terms);
    FC_LANES (l) {
        fc_real since = now - ledger->event[FC_EVENT_COLLAPSE][l];
        hazard[l] = since >= 0.0f && since < lasts ? rate * more : rate;
    }
}

/* A month's hazards, taken off an event's level[FC_W]; its day[FC_W] is where nothing is left. From month `from` on they are
 * `factor` times as great. */
FC_FN void fc_event_month(fc_i32 t, const fc_real *FC_RESTRICT hazard, const fc_real *FC_RESTRICT from, fc_real factor,
                          fc_real *FC_RESTRICT level, fc_real *FC_RESTRICT day)
{
    fc_real now = (fc_real)t;
    FC_LANES (l) {
        fc_real h = hazard[l], was = level[l], plain = fc_min(fc_max(from[l] - now, 0.0f), 1.0f);
        fc_real left = was - h * (plain + factor * (1.0f - plain));
        fc_i32 happens = was > 0.0f && left <= 0.0f && h > 0.0f;
        fc_real later = now + plain + (was - h * plain) / fc_max(h * factor, 1e-30f);
        fc_real at = was <= h * plain ? now + was / fc_max(h, 1e-30f) : later;
        day[l] = happens ? fc_min(at, day[l]) : day[l];
        level[l] = left;
    }
}

/* Month t's defaults of the providers: a share of their hazard hits all at once (beta factor), and the first one's default
 * multiplies that of the others from its day on. level[FC_PROVIDERS]: the sum that hits all. */
FC_FN void fc_event_providers(FC_GLOBAL const struct fc_months *terms, fc_i32 t, fc_real (*FC_RESTRICT level)[FC_W],
                              struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real hazard[FC_W], all[FC_W], first[FC_W], never[FC_W], shared = terms->common_defaults;
    fc_real factor = terms->provider_contagion, now = (fc_real)t;
    fc_real(*day)[FC_W] = ledger->event + FC_EVENT_PROVIDER;
    fc_event_hazard(terms, FC_EVENT_PROVIDER, t, ledger, hazard);
    FC_LANES (l) {
        all[l] = hazard[l] * shared;
        hazard[l] = hazard[l] * (1.0f - shared);
        first[l] = never[l] = fc_never();
    }
    if (shared > 0.0f)
        fc_event_month(t, all, never, 1.0f, level[FC_PROVIDERS], first);
    for (fc_i32 k = 0; k < terms->providers; k++) {
        FC_LANES (l)
            day[k][l] = fc_min(day[k][l], first[l]);
    }
    if (factor != 1.0f) {
        for (fc_i32 k = 0; k < terms->providers; k++) {
            FC_LANES (l) {
                fc_real was = level[k][l];
                fc_real at = was > 0.0f && was <= hazard[l] ? now + was / fc_max(hazard[l], 1e-30f) : fc_never();
                first[l] = fc_min(first[l], fc_min(at, day[k][l]));
            }
        }
    }
    for (fc_i32 k = 0; k < terms->providers; k++)
        fc_event_month(t, hazard, factor != 1.0f ? first : never, factor, level[k], day[k]);
}

/* The months in which they happen; infinity: not. Words of the providers' common default: event FC_EVENTS + 1 + FC_PROVIDERS. */
FC_FN void fc_events_draw(FC_GLOBAL const struct fc_months *terms, FC_GLOBAL const float *tables, fc_u64 seed,
                          const fc_u32 *low, const fc_u32 *high, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_u32 event[FC_W], words[4][FC_W];
    fc_real level[FC_EVENTS + 1][FC_W], common[FC_W], hazard[FC_W], never[FC_W];
    FC_LANES (l) {
        event[l] = FC_EVENTS;
        never[l] = fc_never();
    }
    fc_random_words(seed, low, high, event, FC_STREAM_EVENTS, words);
    fc_table_draw_lanes(tables + terms->normal_table, words[0], common);
    for (fc_i32 e = 0; e < FC_EVENTS; e++) {
        fc_event_level(terms, tables, seed, low, high, e, common, level[e]);
        fc_real stated = terms->event_month[e < FC_EVENT_PROVIDER ? e : FC_EVENT_PROVIDER];
        FC_LANES (l)
            ledger->event[e][l] = stated > 0.0f && e <= FC_EVENT_PROVIDER ? stated : fc_float_of(0x7f800000u);
    }
    if ((fc_real)terms->common_defaults > 0.0f)
        fc_event_level(terms, tables, seed, low, high, FC_EVENTS + 1 + FC_PROVIDERS, common, level[FC_EVENTS]);
    for (fc_i32 t = 0; t < terms->months; t++) {
        for (fc_i32 e = 0; e < FC_EVENT_PROVIDER; e++) {
            fc_event_hazard(terms, e, t, ledger, hazard);
            fc_event_month(t, hazard, never, 1.0f, level[e], ledger->event[e]);
        }
        fc_event_providers(terms, t, level + FC_EVENT_PROVIDER, ledger);
    }
}

/* The months from which sites are stopped. Words: event FC_EVENTS + 1 + provider. */
FC_FN void fc_events_sites(FC_GLOBAL const struct fc_months *terms, FC_GLOBAL const float *tables, fc_u64 seed,
                           const fc_u32 *low, const fc_u32 *high, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_u32 event[FC_W], words[4][FC_W];
    fc_real level[FC_W], common[FC_W], stated = (fc_real)terms->site_month;
    for (fc_i32 k = 0; k < FC_PROVIDERS; k++) {
        FC_LANES (l)
            ledger->site_stop[k][l] = stated > 0.0f && k == 0 ? stated : fc_never();
    }
    if (!terms->sites)
        return;
    FC_LANES (l)
        event[l] = FC_EVENTS;
    fc_random_words(seed, low, high, event, FC_STREAM_EVENTS, words);
    fc_table_draw_lanes(tables + terms->normal_table, words[0], common);
    for (fc_i32 k = 0; k < terms->providers; k++) {
        fc_event_level(terms, tables, seed, low, high, FC_EVENTS + 1 + k, common, level);
        for (fc_i32 t = 0; t < terms->months; t++) {
            fc_real h = (fc_real)terms->site_hazard[fc_min_i32(t / 12, FC_EVENT_YEARS - 1)] * FC_MONTH_OF_YEAR;
            fc_real now = (fc_real)t;
            FC_LANES (l) {
                fc_real was = level[l], left = was - h, at = now + was / fc_max(h, 1e-30f);
                fc_i32 happens = was > 0.0f && left <= 0.0f && h > 0.0f;
                ledger->site_stop[k][l] = happens ? fc_min(at, ledger->site_stop[k][l]) : ledger->site_stop[k][l];
                level[l] = left;
            }
        }
    }
}

/* How much of provider k's month is before the defaults that end it and not in a stop of its site, 0 to 1. */
FC_INLINE fc_real fc_event_works(FC_GLOBAL const struct fc_months *terms, const struct fc_ledger *ledger,
                                 const struct fc_month *month, fc_i32 k, fc_i32 l)
{
    fc_real from = ledger->site_stop[k][l], until = from + (fc_real)terms->site_length;
    fc_real end = fc_min(ledger->event[FC_EVENT_CUSTOMER][l], ledger->event[FC_EVENT_PROVIDER + k][l]);
    fc_real span = month->next - month->now;
    fc_real stopped = fc_max(fc_min(until, fc_min(month->next, end)) - fc_max(from, month->now), 0.0f);
    return (fc_min(fc_max(end - month->now, 0.0f), span) - stopped) / span;
}

/* How deep the collapse is in the middle of the month, 0 to 1, into depth[FC_W]; and the prices of it. */
FC_FN void fc_event_collapse(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                             struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real fall = fc_max(terms->collapse_fall, 1e-3f);
    fc_real back = (fc_real)terms->collapse_recovery > 0.0f ? 1.0f / (fc_real)terms->collapse_recovery : 0.0f;
    fc_real drop = fc_log(1.0f - (fc_real)terms->collapse_price);
    fc_real lost = terms->collapse_depth, middle = 0.5f * (month->now + month->next);
    FC_LANES (l) {
        fc_real x = fc_max(middle - ledger->event[FC_EVENT_COLLAPSE][l], 0.0f);
        fc_real falls = fc_min(x / fall, 1.0f);
        fc_real s = falls * (1.0f - fc_min(fc_max(x - fall, 0.0f) * back, 1.0f));
        fc_real price = fc_exp(drop * s);
        ledger->wanted[l] = 1.0f - lost * s;
        ledger->offer[l] = ledger->offer[l] * price;
        ledger->list[l] = ledger->list[l] * price;
        ledger->spot[l] = ledger->spot[l] * price;
    }
}

/* Defaults of this month and the prepayment: `due` is what is left to pay of the contract forms at the month's end. */
FC_FN void fc_event_defaults(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                             const fc_real *due, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real recovery = terms->recovery;
    fc_real usd[FC_W], portion[FC_W], standing[FC_W];
    FC_LANES (l) {
        portion[l] = usd[l] = 0.0f;
        standing[l] = 0.0f;
    }
    for (fc_i32 k = 0; k < terms->providers; k++) {
        fc_real share = terms->provider[k].form <= FC_FORM_MINIMUM ? (fc_real)terms->provider[k].share : 0.0f;
        FC_LANES (l) {
            fc_real at = ledger->event[FC_EVENT_PROVIDER + k][l];
            standing[l] += at >= month->now ? share : 0.0f;
            portion[l] += at >= month->now && at < month->next ? share : 0.0f;
        }
    }
    FC_LANES (l) {
        fc_real customer = ledger->event[FC_EVENT_CUSTOMER][l];
        fc_i32 ends = customer >= month->now && customer < month->next;
        fc_real part = fc_min(portion[l] / fc_max(standing[l], 1e-6f), 1.0f);
        fc_i64 open = -ledger->cash[FC_CASH_PREPAID][l] - ledger->written_off[l];
        fc_i64 hit = fc_cents((fc_real)open / 100.0f * part);
        fc_i64 back = fc_cents((fc_real)open / 100.0f * part * recovery);
        hit = ends ? open : hit < open ? hit : open;
        back = ends ? 0 : back < hit ? back : hit;
        ledger->written_off[l] += hit - back;
        ledger->refund[l] += back;
        ledger->ahead[l] = ledger->ahead[l] * (ends ? 0.0f : 1.0f - part);
        usd[l] = ends ? recovery * fc_max(due[l] - (fc_real)open / 100.0f, 0.0f) : 0.0f;
        fc_pay(back, FC_CASH_PREPAID, l, ledger);
    }
    fc_pay_out(usd, FC_CASH_FEES, ledger);
}

/* The share of the work that goes on: what is up of what is asked for, with the capacity that is otherwise free. */
FC_FN void fc_event_goes_on(FC_GLOBAL const struct fc_months *terms, const struct fc_month *month,
                            const fc_real *demand, struct fc_ledger *FC_RESTRICT ledger)
{
    if (month->now < (fc_real)terms->ramp_months)
        return;
    fc_real per_h = 1.0f / ((month->next - month->now) * FC_HOURS_PER_MONTH);
    FC_LANES (l) {
        fc_real asked = fc_max(demand[l] * ledger->wanted[l] * ledger->planned[l], 1e-6f);
        fc_real share = fc_min(ledger->up_now[l] * per_h / asked, 1.0f);
        ledger->lowest_work[l] = fc_min(ledger->lowest_work[l], share);
    }
}

FC_FN void fc_events_end(FC_GLOBAL const struct fc_months *terms, const struct fc_ledger *FC_RESTRICT ledger,
                         fc_real (*FC_RESTRICT metrics)[FC_W])
{
    fc_real end = terms->term_months;
    FC_LANES (l) {
        fc_real fails = 0.0f, stops = 0.0f;
        for (fc_i32 k = 0; k < terms->providers; k++)
            stops = ledger->site_stop[k][l] < end ? 1.0f : stops;
        metrics[FC_M_SITE_STOPS][l] = stops;
        for (fc_i32 k = 0; k < terms->providers; k++)
            fails = ledger->event[FC_EVENT_PROVIDER + k][l] < end ? 1.0f : fails;
        metrics[FC_M_CUSTOMER_DEFAULTS][l] = ledger->event[FC_EVENT_CUSTOMER][l] < end ? 1.0f : 0.0f;
        metrics[FC_M_PROVIDER_DEFAULTS][l] = fails;
        metrics[FC_M_COLLAPSES][l] = ledger->event[FC_EVENT_COLLAPSE][l] < end ? 1.0f : 0.0f;
        metrics[FC_M_PREPAYMENT_LOST_USD][l] = (fc_real)ledger->written_off[l] / 100.0f;
        metrics[FC_M_LOWEST_WORK][l] = ledger->lowest_work[l];
        metrics[FC_M_GOES_ON_50][l] = ledger->lowest_work[l] >= 0.5f ? 1.0f : 0.0f;
        metrics[FC_M_GOES_ON_75][l] = ledger->lowest_work[l] >= 0.75f ? 1.0f : 0.0f;
        metrics[FC_M_GOES_ON_90][l] = ledger->lowest_work[l] >= 0.9f ? 1.0f : 0.0f;
    }
}

#endif
