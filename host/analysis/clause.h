/* clause.h: what a clause of a contract is worth to the two who sign it.
 *
 * The contract is a schedule of payments that is known at signing (its expected values), the market a price index that is
 * known month by month and never beforehand: the regimes, drifts and launches of cuda/model/contract/market.h, with the
 * same steps from month to month. A month's capacity is worth to the customer what it would cost elsewhere on that day,
 *
 *   worth[k] × exp(X) × (1 + switching)
 *
 * and to the provider what another customer would pay for it, capacity[k] × exp(X) × relet. Every expectation of exp(X)
 * follows from the 3 × 3 matrices of the regimes, exactly. Clauses that leave a choice of the date (terminate, expand,
 * defer, swap) are found by least-squares Monte Carlo with a dual upper bound (lsm.h). Those decided on one day or by a
 * rule (extend, reset, favoured, step-in) need no policy: their interval is two standard errors of the simulation.
 * Everything is discounted to the day of signing, by the convention of the contract. USD. */
#ifndef FC_HOST_CLAUSE_H
#define FC_HOST_CLAUSE_H

#include <stdbool.h>

#include "lsm.h"

enum { FC_CLAUSE_MONTHS = 480, FC_CLAUSE_TERM = 180, FC_REGIMES = 3, FC_REGIME_STATES = 4 };

enum fc_clause {
    FC_CLAUSE_TERMINATE, /* end the contract for a share of what is left to pay */
    FC_CLAUSE_EXPAND,    /* further capacity at a strike, up to a month, for the rest of the term */
    FC_CLAUSE_EXTEND,    /* at the end go on for some months at a price */
    FC_CLAUSE_DEFER,     /* begin later, the whole schedule with it */
    FC_CLAUSE_SWAP,      /* GPUs of the next generation for the same money, from its launch on */
    FC_CLAUSE_RESET,     /* the price follows the market's index at fixed dates, between a floor and a cap */
    FC_CLAUSE_FAVOURED,  /* the price falls to the lowest that a new customer was offered so far */
    FC_CLAUSE_STEP_IN,   /* when the provider fails, take the site over on the contract's terms */
    FC_CLAUSES
};

struct fc_clause_market {
    double drift[FC_REGIMES], sigma[FC_REGIMES]; /* per year, per square root of a year, of the log price */
    double leave;                                /* chance a month that the regime ends */
    int regime; /* of the first month: 0 glut, 1 balance, 2 shortage, 3 not known: a quarter, a half, a quarter */
    double first_launch, interval, step; /* months; relative change of the price at a launch */
};

struct fc_clause_terms {
    int months;
    /* By month. USD, expected at signing; prices are those of the first day. */
    double worth[FC_CLAUSE_TERM];    /* hours in use, at the price of a new contract */
    double capacity[FC_CLAUSE_TERM]; /* hours delivered, likewise */
    double bill[FC_CLAUSE_TERM];     /* less credits for outages */
    double credit[FC_CLAUSE_TERM];   /* of the prepayment, on the bill */
    double due[FC_CLAUSE_TERM];      /* left to pay from this month on, the open prepayment taken off */
    double open[FC_CLAUSE_TERM];     /* prepayment not yet credited */
    double back[FC_CLAUSE_TERM]; /* of it, what would be beyond all that is left, and comes back at an exit */
    double full_month;           /* a month of the whole capacity */
    double price;                /* USD per GPU-hour */
    double value;                /* the contract's value: all bills */
    double rate;                 /* discount rate, per year, effective */
    double at;                   /* where in its month money counts: 0 start, 1 end */
    double switching, relet;
    double fee;      /* of `due` (expand, extend: of what the addition costs), when the clause is used */
    int first;       /* month from which it may be used */
    int expand_last; /* month */
    double expand_share, expand_strike; /* of the capacity; USD per GPU-hour */
    int rights;                         /* expand: how often it may be used, at most once a month; 0: once */
    int extension;                      /* months */
    double extension_price;             /* of the contract's price */
    int deferral;                       /* months at most */
    double swap_gain; /* what the same money buys of the next generation, over what it buys now */
    int reset_every;  /* months */
    double reset_floor, reset_cap; /* of the contract's price */
    double hazard, recovery;       /* of the provider: defaults per year, share of the prepayment recovered */
    int gap;                       /* months without capacity after it */
};

struct fc_clause_value {
    bool decided;        /* the holder chooses a date: hindsight and the share used are known */
    double never;        /* the contract to the customer without the clause */
    double lower, upper; /* what the clause adds for the customer; two standard errors included */
    double hindsight;    /* what it would add, were the future known; NAN where nothing is chosen */
    double hindsight_se; /* its standard error */
    double provider_lower, provider_upper; /* what it adds for the provider */
    double used;                           /* share of the worlds in which it is used; NAN */
    double times;                          /* how often it is used, in the mean; NAN */
    double
        fee_of_nothing; /* fee at which it adds less than FC_CLAUSE_NOTHING of the value; INFINITY: above 1; NAN */
};

#define FC_CLAUSE_NOTHING 1e-3

struct fc_clause_options {
    uint64_t seed;
    int64_t fit_paths, paths, dual_paths, inner;
    bool find_fee;
};

/* "terminate" ..., one line about it, and what a person may also type. NULL beyond the last. */
const char *fc_clause_name(enum fc_clause clause);
const char *fc_clause_what(enum fc_clause clause);
int fc_clause_find(const char *name); /* enum fc_clause, or -1 */

/* Whether its money is paid for using it (`fee`), not for having it. */
bool fc_clause_has_fee(enum fc_clause clause);

/* Returns 0, or -1 with `error` filled: terms without what the clause needs (FC_BAD_INPUT). */
int fc_clause_value(enum fc_clause clause, const struct fc_clause_terms *terms,
                    const struct fc_clause_market *market, const struct fc_clause_options *options,
                    struct fc_clause_value *value, struct fc_error *error);

/* The model of a clause with a choice of dates, and whether its policy stops in a state: log price over that of the first
 * day, regime. For tests; *model is to be freed with fc_clause_model_free. */
struct fc_clause_model;
int fc_clause_model_make(struct fc_clause_model **model, enum fc_clause clause,
                         const struct fc_clause_terms *terms, const struct fc_clause_market *market,
                         struct fc_error *error);
const struct fc_lsm_model *fc_clause_model_lsm(const struct fc_clause_model *model);
void fc_clause_model_free(struct fc_clause_model *model);

#endif
