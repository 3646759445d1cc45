/* ledger.h: the one state of a contract that is walked month by month; every total is a sum over it.
 *
 * GPU-hours:  delivered = down + idle + spot losses + unusable + used
 *             planned   = delivered + late + left by the exit     (expansion and catch-up apart)
 * Work:       useful FLOP = used × 3600 × goodput × MFU × peak
 * Energy:     kWh = hours in use × IT power × load factor × PUE = mean power × hours of the term
 * Money:      balance = sum of the totals of enum fc_cash, in whole cents, exactly
 * Hours in use are those that are up and asked for: demand × (delivered - down). The usable share of them, spot
 * losses off, is `used`. */
#ifndef FC_MODEL_LEDGER_H
#define FC_MODEL_LEDGER_H

#include "cash.h"
#include "delivery.h"
#include "market.h"

#define FC_RULES 4
#define FC_BASES 3

/* Totals of a trial, cents; they sum to the balance. Outflows are negative. */
enum fc_cash {
    FC_CASH_BILLS,
    FC_CASH_EXTRAS,
    FC_CASH_PREPAID, /* paid at the start, less what was credited or refunded */
    FC_CASH_FEES,
    FC_CASH_CREDITS, /* for outages that were billed */
    FC_CASH_OWNED,   /* capital, operations, energy, value at the end */
    FC_CASH_REVENUE,
    FC_CASH_OTHER,
    FC_CASH_KINDS
};

/* The provider's books (books.h); worth: discounted at its cost of capital. */
struct fc_books {
    fc_i64 received[FC_W], year_received[FC_W]; /* cents */
    fc_real fade[FC_W], discount[FC_W];
    fc_real receipts_worth[FC_W], costs_worth[FC_W];
    fc_real capital[FC_W], operations[FC_W], energy[FC_W], end[FC_W];
    fc_real capital_now[FC_W], running_now[FC_W], end_now[FC_W]; /* of the month */
    fc_real instalments[FC_W], year_costs[FC_W], year_debt[FC_W], cover[FC_W];
};

/* Scratch of one block of worlds; lanes come last. Hours are GPU-hours unless said otherwise. */
struct fc_ledger {
    struct fc_delivery delivery;
    struct fc_market market;
    fc_real gpus[FC_W];    /* at full capacity */
    fc_real planned[FC_W]; /* GPUs that the plan would take, had nothing been late */

    /* the provider at hand, this month */
    fc_real until[FC_W]; /* full-capacity months until the end of the month */
    fc_real hours[FC_W]; /* delivered */
    fc_real out[FC_W];   /* lost to outages */
    fc_real used[FC_W];  /* in use */
    fc_real kwh_now[FC_W];
    fc_real bill[FC_W], credit[FC_W]; /* USD; the credit is for outages */
    fc_real out_h[FC_W];              /* hours of the month in which the region is down */
    fc_real up[FC_W];                 /* share of the first provider's hours that is up */

    /* all providers, this month */
    fc_i64 net[FC_W];      /* cents */
    fc_i64 invoiced[FC_W]; /* cents, of the forms that a prepayment counts for */
    fc_real worked[FC_W];  /* in use, spot losses off */
    fc_real site_kw[FC_W];
    fc_real ready[FC_W], down_h[FC_W], down_ready[FC_W], all_down[FC_W]; /* fc_month_resilience */

    /* so far, by provider */
    fc_real before[FC_PROVIDERS][FC_W]; /* full-capacity months until the start of the month */
    fc_real fixed[FC_PROVIDERS][FC_W];  /* price in force, where it is set at renewals */
    fc_real paid[FC_PROVIDERS][FC_W];   /* USD; of owned capacity without its energy */
    fc_real stood[FC_PROVIDERS][FC_W], unused[FC_PROVIDERS][FC_W]; /* hours of owned capacity */
    fc_real lost[FC_PROVIDERS][FC_W];   /* hours lost to outages */
    fc_real calm[FC_PROVIDERS][FC_W];   /* probability of a month without an outage */
    fc_u32 outage[FC_PROVIDERS + 1][4][FC_W]; /* words of four months' outages; the last of those common to all */

    /* so far */
    fc_i64 cash[FC_CASH_KINDS][FC_W];
    fc_i64 balance[FC_W], lowest[FC_W];
    fc_i64 part[FC_W];   /* cents of the prepayment that a month credits by the plan */
    fc_i64 refund[FC_W]; /* cents of it that came back uncredited */
    fc_real ahead[FC_W]; /* USD: what the forms with a prepayment will still be worth */
    fc_real delivered[FC_W], down[FC_W], idle[FC_W], spot_loss[FC_W], worked_all[FC_W], left[FC_W];
    fc_real more[FC_W]; /* delivered by the expansion */
    fc_real outage_h[FC_W], quiet[FC_W], standstill[FC_W], fails[FC_W], remains[FC_W];
    fc_real stranded[FC_W], kwh[FC_W], energy_usd[FC_W], co2[FC_W], marginal[FC_W], peak_kw[FC_W];
    fc_real npv[FC_W], discount[FC_W], fade[FC_W], inflow[FC_W], outflow[FC_W], payback[FC_W];
    fc_real flow[FC_MONTHS][FC_W]; /* USD */

    /* taxes (tax.h), by year of purchase and of the contract; open: of the prepayment */
    fc_real bought[FC_TAX_YEARS][FC_W], bought_site[FC_TAX_YEARS][FC_W], tax[FC_TAX_YEARS][FC_W];
    fc_i64 open_before[FC_W], taxes[FC_W]; /* cents */
    fc_real income_year[FC_W], to_write[FC_W], losses[FC_W], tax_worth[FC_W], discount_year[FC_W];
    struct fc_books books;

    /* prices and rates of the month */
    fc_real list[FC_W], spot[FC_W], offer[FC_W]; /* offer: contract price over that of the first day */
    fc_real energy_trend[FC_W], energy_step[FC_W];
    fc_real event[FC_EVENTS][FC_W]; /* month in which it happens; infinity: not */
    fc_real site_stop[FC_PROVIDERS][FC_W]; /* month from which a provider's site is stopped; infinity: not */
    fc_real wanted[FC_W];           /* share of the demand that a collapse leaves */
    fc_real up_now[FC_W];           /* hours of the month that are up */
    /* outages that hit all providers at once: rate per year, count of the month, hours; all others down at once, share */
    fc_real common_rate[FC_W], common[FC_W], common_h[FC_W], alone_down[FC_W];
    /* with three providers or more: chances of a moment that at least one, two, three are down; hours of two and three */
    fc_real at_least[3][FC_W], two_down[FC_W], three_down[FC_W];
    fc_real lowest_work[FC_W];      /* lowest share of the work that went on in a month after the ramp */
    fc_i64 written_off[FC_W];       /* cents of the prepayment that a default cost */
    fc_real adjust[FC_W]; /* contract price in force over that of the first day */
    fc_real raised[FC_W], raise[FC_W]; /* what anniversaries made of it, and their step */
    fc_real strike_value[FC_W], expands[FC_W], expansion[FC_W];

    /* revenue of the whole company, and what is left of it on three bases */
    fc_real income[FC_W], growth[4][FC_W], cost_growth[4][FC_W];
    fc_real serves[FC_W];                   /* by path: share of the revenue that what trains leaves */
    fc_real earning[FC_W];                  /* hours that served so far */
    fc_real rate_now[FC_W], rate_step[FC_W]; /* USD per hour that serves, and its step a month */
    fc_real base_cost[FC_BASES][FC_W], base_sum[FC_BASES][FC_W], base_payback[FC_BASES][FC_W];

    /* rules for changing generation, and the programme of runs */
    fc_real gained[FC_RULES][FC_W];
    fc_real useful[FC_W]; /* FLOP per hour in use */
    fc_real stock[FC_W], size[FC_W], target[FC_W], size_step[FC_W], runs[FC_W], largest[FC_W],
        first_run[FC_W];
};

/* What a month of the walk needs to know. */
struct fc_month {
    fc_i32 t;                     /* from 0 */
    fc_real now, next;            /* months; the last month of a term may be short */
    fc_u32 low[FC_W], high[FC_W]; /* trial numbers */
    struct fc_started started;    /* of the delivery stream */
};

FC_FN void fc_trial_counters(fc_u64 trial, fc_u32 *low, fc_u32 *high)
{
    FC_LANES (l) {
        fc_u64 number = trial + (fc_u64)l;
        low[l] = (fc_u32)number;
        high[l] = (fc_u32)(number >> 32);
    }
}

FC_INLINE fc_real fc_never(void)
{
    return (fc_real)fc_float_of(0x7f800000u); /* infinity */
}

/* Adds an amount to a total and to the month's flow. */
FC_INLINE void fc_pay(fc_i64 cents, fc_i32 kind, fc_i32 l, struct fc_ledger *ledger)
{
    ledger->cash[kind][l] += cents;
    ledger->net[l] += cents;
}

/* USD[FC_W] paid out under one kind. A loop of its own: 64-bit integers keep a longer one from being
 * vectorised. */
FC_FN void fc_pay_out(const fc_real *usd, fc_i32 kind, struct fc_ledger *ledger)
{
    FC_LANES (l)
        fc_pay(-fc_cents(usd[l]), kind, l, ledger);
}

/* Factor per month of a yearly growth factor, to a power. */
FC_FN fc_real fc_monthly(fc_real yearly, fc_real power)
{
    return fc_exp(power * fc_log(fc_max(yearly, 1e-6f)) * FC_MONTH_OF_YEAR);
}

#endif
