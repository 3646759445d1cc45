/* capacity.h: what a provider delivers in a month, how much of it is up and in use, what it draws.
 *
 *   delivered = full-capacity months × 730.5 h × share × GPUs
 *   down      = delivered × (outages × length, at most the month) / month
 *   in use    = demand × (delivered - down)
 *
 * A share beta of the outages may hit all providers at once (beta factor of common-cause failures, K. Fleming 1975): of the lowest
 * rate of any provider, each as long as the provider's own outages. */
#ifndef FC_MODEL_CAPACITY_H
#define FC_MODEL_CAPACITY_H

#include "events.h"

/* How many outages there are: Poisson by inversion, up to eight; fc_outages_beyond goes on from there. */
FC_FN fc_real fc_outages(fc_real rate, fc_real u)
{
    fc_real p = fc_exp(-rate);
    fc_real sum = p;
    fc_real count = 0.0f;
    for (fc_i32 n = 1; n <= 8; n++) {
        count = u < sum ? count : (fc_real)n;
        p = p * rate * (1.0f / (fc_real)n);
        sum = sum + p;
    }
    return count;
}

/* The same for a block of lanes, count[FC_W], where none[FC_W] = exp(-rate × scale): it ends when no lane has more. Returns
 * whether one came to the end of eight. */
FC_FN fc_i32 fc_outages_lanes(const fc_real *FC_RESTRICT rate, fc_real scale, const fc_real *FC_RESTRICT none,
                            const fc_u32 *FC_RESTRICT words, fc_real *FC_RESTRICT count)
{
    fc_real p[FC_W], sum[FC_W], u[FC_W];
    fc_i32 more = 0;
    FC_LANES (l) {
        u[l] = fc_uniform(words[l]);
        fc_i32 beyond = !(u[l] < none[l]);
        count[l] = beyond ? 1.0f : 0.0f;
        more |= beyond;
    }
    if (!more)
        return 0;
    FC_LANES (l) {
        p[l] = none[l] * (rate[l] * scale);
        sum[l] = none[l] + p[l];
    }
    for (fc_i32 n = 2; n <= 8 && more; n++) {
        fc_real part = 1.0f / (fc_real)n;
        more = 0;
        FC_LANES (l) {
            fc_i32 beyond = !(u[l] < sum[l]);
            count[l] = beyond ? (fc_real)n : count[l];
            more |= beyond;
            p[l] = p[l] * (rate[l] * scale) * part;
            sum[l] = sum[l] + p[l];
        }
    }
    return more;
}

/* The same without an end, for the few worlds with eight and more: until the sum passes u or does not grow any
 * more. From a rate of 87 on, where exp(-rate) is no float, it is the rate. */
FC_FN fc_real fc_outages_beyond(fc_real rate, fc_real u)
{
    fc_real p = fc_exp(-rate), sum = p;
    fc_i32 n = 0;
    while (u >= sum && ((fc_real)n < rate || p > 1e-9f)) {
        n++;
        p = p * rate * (1.0f / (fc_real)n);
        sum = sum + p;
    }
    return (fc_real)n;
}

/* Counts again, one by one, for the lanes where fc_outages came to its end of eight. */
FC_FN void fc_month_many_outages(const fc_real *rate, fc_real span, const fc_u32 *words, fc_real *count)
{
    fc_i32 any = 0;
    FC_LANES (l)
        any |= count[l] > 7.5f;
    if (!any) /* as in nearly every month: the loop below is not vectorised */
        return;
    FC_LANES (l) {
        if (count[l] > 7.5f)
            count[l] = fc_outages_beyond(rate[l] * (FC_MONTH_OF_YEAR * span), fc_uniform(words[l]));
    }
}

/* The words of the month's outages of provider k (FC_PROVIDERS: those common to all): drawn for four months at once. */
FC_FN const fc_u32 *fc_month_words(fc_u64 seed, const struct fc_month *month, fc_i32 k, struct fc_ledger *FC_RESTRICT ledger)
{
    if (month->t % 4 == 0)
        fc_random_event(&month->started, seed, month->low, month->high,
                        (fc_u32)(k * (FC_MONTHS / 4) + month->t / 4), FC_STREAM_OUTAGES, ledger->outage[k]);
    return ledger->outage[k][month->t % 4];
}

/* Outages of the month that hit all providers at once, into common[FC_W]; rate[FC_W] is theirs per year. */
FC_FN void fc_month_common(FC_GLOBAL const struct fc_months *terms, fc_u64 seed, const struct fc_month *month,
                           fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real span = month->next - month->now, beta = (fc_real)terms->beta;
    fc_real *rate = ledger->common_rate, *common = ledger->common;
    FC_LANES (l)
        rate[l] = 1e9f;
    for (fc_i32 k = 0; k < terms->providers; k++) {
        const fc_real *of = inputs[terms->provider[k].input[FC_P_OUTAGE_RATE]];
        fc_real absent = terms->provider[k].share > 0.0f ? 0.0f : 1e9f;
        FC_LANES (l)
            rate[l] = fc_min(rate[l], of[l] + absent);
    }
    const fc_u32 *words = fc_month_words(seed, month, FC_PROVIDERS, ledger);
    FC_LANES (l)
        rate[l] = beta * rate[l];
    FC_LANES (l)
        common[l] = fc_outages(rate[l] * (FC_MONTH_OF_YEAR * span), fc_uniform(words[l]));
    fc_month_many_outages(rate, span, words, common);
}

/* One provider more, down for `share` of the month apart from what is common: with three or more, at_least[j] of those so far. */
FC_INLINE void fc_month_one_more(fc_real share, fc_i32 l, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real one = ledger->at_least[0][l], two = ledger->at_least[1][l], three = ledger->at_least[2][l];
    ledger->at_least[2][l] = fc_fma(share, two - three, three);
    ledger->at_least[1][l] = fc_fma(share, one - two, two);
    ledger->at_least[0][l] = fc_fma(share, 1.0f - one, one);
}

/* Counts the outages of provider k anew where some are common: its own, at the rest of its rate, and those. */
FC_FN void fc_month_with_common(FC_GLOBAL const struct fc_provider *provider, fc_real span_h,
                                fc_real (*FC_RESTRICT inputs)[FC_W], const fc_u32 *words,
                                struct fc_ledger *FC_RESTRICT ledger, fc_real *FC_RESTRICT count)
{
    const fc_real *rate = inputs[provider->input[FC_P_OUTAGE_RATE]];
    const fc_real *length = inputs[provider->input[FC_P_OUTAGE_H]];
    fc_real span = span_h / FC_HOURS_PER_MONTH, present = provider->share > 0.0f ? 1.0f : 0.0f;
    fc_real own[FC_W];
    FC_LANES (l)
        own[l] = fc_max(rate[l] - ledger->common_rate[l], 0.0f);
    FC_LANES (l)
        count[l] = fc_outages(own[l] * (FC_MONTH_OF_YEAR * span), fc_uniform(words[l]));
    fc_month_many_outages(own, span, words, count);
    FC_LANES (l) {
        fc_real alone = present > 0.0f ? fc_min(count[l] * length[l], span_h) / span_h : 1.0f;
        fc_real hours = present > 0.0f ? fc_min(ledger->common[l] * length[l], span_h) : span_h;
        ledger->alone_down[l] = ledger->alone_down[l] * alone;
        fc_month_one_more(present > 0.0f ? alone : 0.0f, l, ledger);
        ledger->common_h[l] = fc_min(ledger->common_h[l], hours);
        count[l] = (count[l] + ledger->common[l]) * present;
    }
}

/* Hours of provider k in this month. */
FC_FN void fc_month_capacity(FC_GLOBAL const struct fc_months *terms, fc_u64 seed,
                             const struct fc_month *month, fc_i32 k, fc_real (*FC_RESTRICT inputs)[FC_W],
                             struct fc_ledger *FC_RESTRICT ledger)
{
    FC_GLOBAL const struct fc_provider *provider = &terms->provider[k];
    const fc_real *rate = inputs[provider->input[FC_P_OUTAGE_RATE]];
    const fc_real *length = inputs[provider->input[FC_P_OUTAGE_H]];
    const fc_real *demand = inputs[FC_IN_DEMAND];
    fc_real share = provider->share;
    fc_real present = share > 0.0f ? 1.0f : 0.0f;
    fc_real span = month->next - month->now;
    fc_real span_h = span * FC_HOURS_PER_MONTH, per_h = 1.0f / span_h;
    fc_real count[FC_W], works[FC_W];
    FC_LANES (l)
        works[l] = 1.0f;
    if (terms->events) {
        FC_LANES (l)
            works[l] = fc_event_works(terms, ledger, month, k, l);
    }
    fc_delivery_until(terms, &ledger->delivery, k, month->next, ledger->until);
    const fc_u32 *word = fc_month_words(seed, month, k, ledger);
    if (month->t == 0 || span != 1.0f) { /* else it is that of the month before */
        FC_LANES (l)
            ledger->calm[k][l] = fc_exp(-(rate[l] * (FC_MONTH_OF_YEAR * span)));
    }
    if (fc_outages_lanes(rate, FC_MONTH_OF_YEAR * span, ledger->calm[k], word, count))
        fc_month_many_outages(rate, span, word, count);
    FC_LANES (l)
        count[l] = count[l] * present;
    if (terms->beta > 0.0f)
        fc_month_with_common(provider, span_h, inputs, word, ledger, count);
    FC_LANES (l) {
        fc_real ready = fc_max(ledger->until[l] - ledger->before[k][l], 0.0f);
        fc_real hours = ready * FC_HOURS_PER_MONTH * (share * ledger->gpus[l]) * works[l];
        fc_real out_h = fc_min(count[l] * length[l], span_h);
        fc_real out = hours * (out_h * per_h);
        ledger->quiet[l] = count[l] > 0.0f ? 0.0f : ledger->quiet[l];
        ledger->outage_h[l] = fc_fma(share, out_h, ledger->outage_h[l]);
        ledger->out_h[l] = out_h;
        ledger->hours[l] = hours;
        ledger->out[l] = out;
        ledger->lost[k][l] += out;
        ledger->used[l] = demand[l] * ledger->wanted[l] * (hours - out);
        ledger->up_now[l] += hours - out;
        ledger->bill[l] = 0.0f;
        ledger->credit[l] = 0.0f;
        ledger->until[l] = fc_max(ledger->until[l], ledger->before[k][l]);
    }
    if (k == 0 && terms->expansion_month > 0) {
        FC_LANES (l)
            ledger->up[l] = 1.0f - ledger->out_h[l] * per_h;
    }
    if (terms->providers == 1)
        return;
    FC_LANES (l) {
        ledger->ready[l] += ledger->hours[l];
        ledger->down_h[l] += ledger->out_h[l];
        ledger->down_ready[l] = fc_fma(ledger->out_h[l], ledger->hours[l], ledger->down_ready[l]);
        ledger->all_down[l] = ledger->all_down[l] * (share > 0.0f ? ledger->out_h[l] * per_h : 1.0f);
    }
    if (terms->providers > 2 && !(terms->beta > 0.0f)) { /* else as they are without what is common */
        FC_LANES (l)
            fc_month_one_more(present * ledger->out_h[l] * per_h, l, ledger);
    }
}

/* Books the hours of the provider at hand and what they draw at its site. */
FC_FN void fc_month_hours(FC_GLOBAL const struct fc_provider *provider, fc_real span_h,
                          fc_real (*FC_RESTRICT inputs)[FC_W], struct fc_ledger *FC_RESTRICT ledger)
{
    const fc_real *it_kw = inputs[FC_IN_IT_POWER_KW], *load = inputs[FC_IN_LOAD_FACTOR];
    const fc_real *pue = inputs[provider->input[FC_P_PUE]], *grams = inputs[provider->input[FC_P_CARBON]];
    const fc_real *marginal = inputs[provider->input[FC_P_MARGINAL]];
    const fc_real *price = inputs[provider->input[FC_P_ENERGY]];
    fc_real per_h = 1.0f / span_h;
    FC_LANES (l) {
        fc_real up = ledger->hours[l] - ledger->out[l];
        fc_real kw = it_kw[l] * pue[l];
        fc_real kwh = ledger->used[l] * kw * load[l];
        ledger->delivered[l] += ledger->hours[l];
        ledger->down[l] += ledger->out[l];
        ledger->idle[l] += up - ledger->used[l];
        ledger->kwh_now[l] = kwh;
        ledger->kwh[l] += kwh;
        ledger->co2[l] = fc_fma(kwh, grams[l], ledger->co2[l]);
        ledger->marginal[l] = fc_fma(kwh, marginal[l], ledger->marginal[l]);
        ledger->site_kw[l] += ledger->used[l] * kw * per_h;
        ledger->energy_usd[l] = fc_fma(kwh * ledger->energy_trend[l], price[l], ledger->energy_usd[l]);
        ledger->worked[l] += ledger->used[l];
    }
}

/* What an outage of one provider leaves standing: the others' share of the month's capacity, weighted with the
 * hours of the outages; and the hours in which all providers are down at once, their outages independent within
 * a month. */
FC_FN void fc_month_resilience(fc_real span_h, struct fc_ledger *FC_RESTRICT ledger)
{
    FC_LANES (l) {
        fc_real others = ledger->down_h[l] - ledger->down_ready[l] / fc_max(ledger->ready[l], 1e-3f);
        fc_real counts = ledger->ready[l] > 0.0f ? 1.0f : 0.0f;
        ledger->fails[l] = fc_fma(counts, ledger->down_h[l], ledger->fails[l]);
        ledger->remains[l] = fc_fma(counts, others, ledger->remains[l]);
        ledger->standstill[l] = fc_fma(span_h, ledger->all_down[l], ledger->standstill[l]);
    }
}

/* Hours in which at least two, at least three providers are down at once: what is common takes all of them. */
FC_FN void fc_month_some_down(FC_GLOBAL const struct fc_months *terms, fc_real span_h, struct fc_ledger *FC_RESTRICT ledger)
{
    fc_real beta = terms->beta, per_h = 1.0f / span_h;
    FC_LANES (l) {
        fc_real common = beta > 0.0f ? ledger->common_h[l] * per_h : 0.0f;
        fc_real two = fc_fma(1.0f - common, ledger->at_least[1][l], common);
        fc_real three = fc_fma(1.0f - common, ledger->at_least[2][l], common);
        ledger->two_down[l] = fc_fma(span_h, two, ledger->two_down[l]);
        ledger->three_down[l] = fc_fma(span_h, three, ledger->three_down[l]);
    }
}

#endif
