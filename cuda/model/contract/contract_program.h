/* contract_program.h: what the host prepares for the contract layer (contract.h, months.h): terms and
 * options. All members are 32 bits wide, as in program.h. */
#ifndef FC_MODEL_CONTRACT_PROGRAM_H
#define FC_MODEL_CONTRACT_PROGRAM_H

#include "../base/draw.h"
#include "../metrics.h"

#define FC_PROVIDERS 4
#define FC_TRANCHES 8
#define FC_MONTHS 180 /* longest horizon */

/* 1 year = 8766 h = 12 months. */
#define FC_HOURS_PER_MONTH 730.5f
#define FC_HOURS_PER_YEAR 8766.0f

/* What is signed with a provider. Its price series: contract; list times a ratio; list; spot. */
enum fc_contract_form {
    FC_FORM_TAKE_OR_PAY =
        0, /* contract price; at least the floor's share of the delivered capacity is paid */
    FC_FORM_MINIMUM =
        1, /* contract price by use; what the floor's share of the value lacks falls due at the end */
    FC_FORM_RESERVATION =
        2,             /* list price of the month it starts, times the ratio of its term; paid, used or not */
    FC_FORM_BLOCK = 3, /* windows paid up front at list price times the block ratio; no way out */
    FC_FORM_ON_DEMAND = 4, /* list price of the month, by use */
    FC_FORM_SPOT = 5,      /* spot price of the month, by use, with interruptions */
    FC_FORM_OWN = 6        /* bought: capital as it is delivered, then energy and operations */
};

/* Inputs that a provider may have of its own: indices of fc_provider.input. */
enum fc_provider_input {
    FC_P_PRICE,       /* contract series, USD per GPU-hour */
    FC_P_DELAY,       /* probability that a tranche is late */
    FC_P_OUTAGE_RATE, /* outages of the region per year */
    FC_P_OUTAGE_H,    /* mean length in this world, h */
    FC_P_ENERGY,      /* USD per kWh */
    FC_P_PUE,
    FC_P_CARBON,   /* g/kWh, average of the grid */
    FC_P_MARGINAL, /* g/kWh, non-baseload */
    FC_P_INPUTS
};

struct fc_provider {
    fc_i32 form;               /* enum fc_contract_form */
    fc_i32 term_months;        /* FC_FORM_RESERVATION: until renewal; FC_FORM_BLOCK: length of a window */
    float share;               /* of the capacity; shares add up to 1 */
    fc_i32 input[FC_P_INPUTS]; /* enum fc_input that it reads */
    struct fc_draw delay;      /* distribution of a late tranche's delay, months */
};

enum fc_revenue {
    FC_REVENUE_NONE = 0,
    FC_REVENUE_PER_GW = 1,
    FC_REVENUE_PATH = 2,
    FC_REVENUE_PER_HOUR = 3, /* per GPU-hour that serves */
    FC_REVENUE_PER_TOKEN = 4 /* per million tokens that are served and paid for */
};

/* What becomes of a year's tax loss (tax.h). */
enum fc_tax_losses { FC_LOSSES_CARRIED = 0, FC_LOSSES_OFFSET = 1, FC_LOSSES_LOST = 2 };
#define FC_TAX_YEARS 15 /* FC_MONTHS / 12 */

/* What may end or shrink the contract (events.h); one event per provider from FC_EVENT_PROVIDER on. */
enum fc_event { FC_EVENT_CUSTOMER = 0, FC_EVENT_COLLAPSE = 1, FC_EVENT_PROVIDER = 2 };
#define FC_EVENTS (FC_EVENT_PROVIDER + FC_PROVIDERS)
#define FC_EVENT_KINDS 3
#define FC_EVENT_YEARS 8

/* Month by month (months.h). */
struct fc_months {
    fc_i32 months;    /* horizon, at most FC_MONTHS */
    fc_i32 providers; /* 1 to FC_PROVIDERS */
    fc_i32 tranches;  /* 1 to FC_TRANCHES, equal parts of the ramp */
    fc_i32
        catch_up; /* 1: the provider adds GPUs so that the whole value is delivered by the end of the term */
    float catch_up_limit; /* ... but at most so many times the GPUs of the plan */
    fc_i32 market;        /* 1: price paths are simulated */
    fc_i32 normal_table;  /* quantile table of the standard normal */
    fc_i32 uniform_table; /* table over the standard normal of its own distribution function */
    float term_months, ramp_months;
    float gpus; /* 0: as many as the value buys */
    struct fc_provider provider[FC_PROVIDERS];
    /* terms */
    fc_i32 credit_from;     /* month from which the prepayment is credited */
    float service_credit;   /* share of the price of hours lost to outages that is credited */
    /* the price of take_or_pay and minimum over that of the first day: raised at each anniversary, or set anew to the
     * price of a new contract every `reset_every` months, between floor and cap */
    fc_i32 raises;           /* 1: escalator or inflation */
    float escalator;         /* per year */
    float indexed;           /* share of the inflation that the price follows */
    fc_i32 reset_every;      /* months; 0: never */
    float reset_floor, reset_cap; /* of the first day's price */
    fc_i32 events;           /* 1: any of what follows is stated */
    float hazard[FC_EVENT_KINDS][FC_EVENT_YEARS]; /* per year, by year of the contract; the last goes on */
    float event_month[FC_EVENT_KINDS]; /* a month that is certain (of the first provider); 0: none */
    float event_correlation, recovery;
    float collapse_depth, collapse_price, collapse_fall, collapse_recovery; /* shares; months */
    float contagion;        /* factor on the hazards of default while a collapse lasts */
    float common_defaults;  /* share of the providers' hazard that hits all of them at once */
    float provider_contagion; /* factor on the others' hazard from the first provider's default on */
    fc_i32 sites;           /* 1: a site may be stopped, from a month of these hazards on or the stated one (of the first) */
    float site_hazard[FC_EVENT_YEARS], site_month, site_length;
    fc_i32 terminate;       /* month of the exit; 0: none */
    fc_i32 expansion_month; /* month of the decision; 0: no option */
    float expansion_share;  /* further capacity, share of the contract's */
    float expansion_strike; /* USD per GPU-hour */
    /* market */
    fc_i32 regime;       /* first regime: 0 glut, 1 balance, 2 shortage, 3 not known */
    float drift[3];      /* per year, of the log price */
    float sigma[3];      /* per square root of a year */
    float jump_rate;     /* rate-card changes of the list price per year */
    struct fc_draw jump; /* distribution of their relative size */
    float spot_sigma;    /* per square root of a year */
    float first_launch;  /* month of the next generation's launch */
    /* money */
    float discount_at;   /* where in its month a flow counts: 0 start, 0.5 middle, 1 end; the prepayment at signing */
    fc_i32 nominal_rate; /* 1: the rate is nominal, a twelfth a month; 0: effective, (1 + r)^(1/12) */
    fc_i32 revenue;      /* enum fc_revenue */
    float revenue_start; /* FC_REVENUE_PATH: USD per year at the start */
    float revenue_share; /* FC_REVENUE_PATH: share of it that this contract earns */
    float cost_ratio[3]; /* cost over revenue at the start: net, operating, cash basis; 0: not asked */
    fc_i32 irr;          /* 1: the internal rate of return is asked for */
    fc_i32 serves;       /* 1: by path, revenue falls with what trains beyond trains_by_path */
    float trains_by_path;
    /* taxes (tax.h) */
    fc_i32 taxed;                     /* 1: asked for */
    fc_i32 losses;                    /* enum fc_tax_losses */
    float loss_limit;                 /* share of a year's income that earlier losses may take off */
    float written[FC_TAX_YEARS];      /* share of the servers' price written off in year 0, 1 ... after the purchase */
    float site_written[FC_TAX_YEARS]; /* of the site's */
    /* the provider's books (books.h) */
    fc_i32 books; /* 1: asked for */
    float debt;   /* share of the capital that is borrowed */
    float beta;   /* share of the outages that hit all providers at once */
    /* programme of runs, one after the other */
    float programme_flop; /* size of the first; 0: none */
    fc_i32 own_parts;     /* 1: capital from rack, network, storage and site; 0: all-in per GPU */
    fc_i32 own;           /* 1: the cost of owning is asked for */
    fc_i32 own_decline;   /* 1: servers cost what their value declines; 0: capital recovery over their life */
};

/* The contract layer. */
struct fc_contract {
    float value_usd;
    float peak_flops; /* dense peak of a GPU in the precision of the training, FLOP/s */
    fc_i32 run_sizes; /* how many of run_flop are in use */
    float run_flop[FC_RUN_SIZES];
    float deadline_days; /* 0: none */
    float budget_usd;    /* 0: none */
    struct fc_months months;
    float run_gpus; /* GPUs of one run; 0: how long one takes is not asked */
    fc_i32 pauses;  /* 1: outages of the first provider's region stop the simulated run */
    fc_i32 goals;   /* 1: deadline and budget are those of a run of the first size */
};

#endif
