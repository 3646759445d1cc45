/* lsm.h: what a right to stop is worth when it is used by what is known at the time, as an interval.
 *
 * A model is a Markov chain seen at `dates` dates. At each the holder may stop and receive stop(date, state), or receive
 * flow(date, state) and go on; after the last date nothing follows. Both are discounted to date 0, in money. That is an
 * American or Bermudan option (flow 0), the right to end a take-or-pay contract for a fee, to expand or to defer.
 *
 *   V(k, x) = max(stop(k, x), C(k, x)),  C(k, x) = flow(k, x) + E[V(k + 1, X) | x]
 *
 * lower   least-squares Monte Carlo (Longstaff, Schwartz 2001, Review of Financial Studies 14): C is regressed on
 *         polynomials of the state and on stop, backwards; the policy so found is followed on paths of its own, so its mean
 *         has no bias upwards.
 * upper   dual (Rogers 2002, Mathematical Finance 12; Haugh, Kogan 2004, Operations Research 52): E[max over k of
 *         (gain when stopped at k - M(k))], with the martingale M of the fitted value function, whose conditional means are
 *         averages over `inner` draws of their own; that they are averages widens the bound and never lowers it.
 * never   no stop at all; hindsight: the best date of each path, known beforehand. The value lies between them.
 *
 * A right may be there several times, to be used at most once a date (swing): with r of them left
 *
 *   V(k, x, r) = max(stop(k, x) + C(k, x, r - 1), C(k, x, r)),  C(k, x, r) = E[V(k + 1, X, r) | x]
 *
 * What is regressed then is the worth of the r-th right alone, D(r) = C(r) - C(r - 1), which falls in r: it is used where
 * stop > D(r). The dual takes the martingale M(r) of each number left, and on each path the best dates of all that may be
 * chosen, by dynamic programming (Schoenmakers 2012, Finance and Stochastics 16). */
#ifndef FC_HOST_LSM_H
#define FC_HOST_LSM_H

#include <stdbool.h>
#include <stdint.h>

#include "host/base/error.h"

enum { FC_LSM_STATES = 4, FC_LSM_DATES = 240, FC_LSM_RIGHTS = 60 };

struct fc_lsm_model {
    int dates;   /* 1 to FC_LSM_DATES */
    int states;  /* 1 to FC_LSM_STATES */
    int normals; /* standard normals that a step takes, at most FC_LSM_STATES */
    void *of;    /* handed to the functions */
    void (*start)(void *of, double *state);
    /* From date k to k + 1, in place. */
    void (*step)(void *of, int k, double *state, const double *normals);
    double (*stop)(void *of, int k, const double *state); /* -INFINITY where it is not allowed */
    double (*flow)(void *of, int k, const double *state); /* NULL: none */
    bool going_on_costs_nothing; /* no state has C < 0: where stop is not positive the holder goes on */
    /* What is expected to follow without a stop, exactly: with the flows so far it is a martingale, which takes most of
     * the noise out of the fit and of both bounds. Where `apart` is set it is what another claim is worth, a martingale
     * without the flows. NULL: nothing is known. */
    double (*expected)(void *of, int k, const double *state);
    /* What the other party of the contract receives; NULL: nothing. The holder's decisions do not look at it. */
    double (*other_stop)(void *of, int k, const double *state);
    double (*other_flow)(void *of, int k, const double *state);
    bool apart;
    bool flag
        [FC_LSM_STATES]; /* states that are 0 or 1: no power above the first, and never two of them at once */
    int rights; /* how often it may be used, at most FC_LSM_RIGHTS; 0: once. Several: without flows, `expected` only apart */
};

struct fc_lsm_options {
    uint64_t seed;
    int64_t fit_paths, paths;  /* to find the policy, and to follow it */
    int64_t dual_paths, inner; /* of the upper bound; dual_paths 0: none */
    int degree;                /* of the polynomials, 1 to 6 */
};

struct fc_lsm_figure {
    double value, error; /* the mean, and its standard error */
};

struct fc_lsm_value {
    struct fc_lsm_figure lower, upper, never, hindsight, stopped; /* stopped: share of the paths that stop */
    struct fc_lsm_figure used; /* how often the right is used, in the mean */
    struct fc_lsm_figure other; /* of the other party, by the holder's policy */
    /* Path by path, less without a stop: by the policy, of the other party, and at the best date. */
    struct fc_lsm_figure gain, other_gain, hindsight_gain;
};

/* The regression coefficients of every date. */
struct fc_lsm_policy;

/* Finds the policy. Returns 0, or -1 with `error` filled; *policy is to be freed with fc_lsm_free. */
int fc_lsm_fit(struct fc_lsm_policy **policy, const struct fc_lsm_model *model,
               const struct fc_lsm_options *options, struct fc_error *error);
void fc_lsm_free(struct fc_lsm_policy *policy);

/* Whether the policy stops at date k in this state, with `left` rights: nothing else is looked at. */
bool fc_lsm_uses(const struct fc_lsm_policy *policy, int left, int k, const double *state);
bool fc_lsm_stops(const struct fc_lsm_policy *policy, int k, const double *state); /* with all of them */

/* Follows the policy on fresh paths. Returns 0, or -1 with `error` filled (no memory). */
int fc_lsm_value(struct fc_lsm_value *value, const struct fc_lsm_policy *policy, struct fc_error *error);

#endif
