/* distribution.h: univariate distributions on the host, in double: quantiles and tails, limits, and the quantile
 * tables that devices draw from. host/language/value.h reads them from a scenario; distributions.c holds them, one
 * struct of functions each. */
#ifndef FC_HOST_DISTRIBUTION_H
#define FC_HOST_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "special.h"

/* The share of a distribution that the allowed range may cut off, with a note; more is refused, because the quantiles
 * that a reader expects would no longer be those drawn. A judgement. */
#define FC_CUT_MOST 0.01

enum {
    FC_MAX_VALUES = 32,   /* values of a discrete distribution: what a device keeps */
    FC_MAX_QUANTILES = 62 /* stated points of a quantile table; two more may be made */
};

struct fc_distribution {
    const struct fc_distribution_kind *kind;
    double parameter[4];
    double lo, hi;                /* truncated to this range; -infinity and infinity when not */
    struct fc_tails below, above; /* lower and upper tail of the untruncated distribution at lo, and at hi */
    double mass;                  /* probability of the untruncated distribution between lo and hi */
    size_t count;                 /* discrete, quantiles: points; else 0 */
    double values[FC_MAX_QUANTILES + 2]; /* in rising order */
    struct fc_tails
        tails[FC_MAX_QUANTILES + 2];  /* P(X <= values[i]) and P(X > values[i]); the last is {1, 0} */
    bool extended_low, extended_high; /* quantiles: the end point was made by extension */
};

struct fc_fault;

/* What the entries of a quantile table hand on, from one to the next. */
struct fc_walk {
    const double *z;     /* the standard normal quantile of this entry; NULL: not known */
    struct fc_beta beta; /* where the entry before was found; a = 0: there was none */
};

/* What a distribution is. `tails` and `quantile` are of the untruncated distribution and inverses of each other; at
 * probability 0 and 1 the quantile is the end of the support, infinite where it has none. */
struct fc_distribution_kind {
    const char *name;
    struct fc_tails (*tails)(const struct fc_distribution *distribution, double x); /* P(X <= x), P(X > x) */
    double (*quantile)(const struct fc_distribution *distribution, struct fc_tails at);
    /* The same for the next entry of a quantile table, faster; NULL: there is no faster way. */
    double (*next)(const struct fc_distribution *distribution, struct fc_tails at, struct fc_walk *walk);
    void (*scale)(struct fc_distribution *distribution,
                  double factor); /* the distribution of factor X, factor > 0 */
    /* What differs from the general way of fc_distribution_truncate and _confine; mostly NULL. */
    int (*truncate)(struct fc_distribution *distribution, double lo, double hi, struct fc_fault *fault);
    int (*confine)(struct fc_distribution *distribution, double lo, double hi, char *note, size_t size,
                   struct fc_fault *fault); /* where it is not truncated */
    bool single_values; /* all of it lies on single values, so that one outside a range is wrong as such */
};

/* How a distribution is written: its name, its parameters and which of them carry the field's unit. */
struct fc_parameter {
    const char *name;
    bool in_unit;         /* a value in the field's unit; otherwise a plain number */
    double default_value; /* of an optional parameter */
};

/* Why a distribution is impossible: `parameter` is the index of the wrong one (-1: none in particular). */
struct fc_fault {
    int parameter;
    char text[400];
};

struct fc_form {
    const char *name;
    struct fc_parameter parameters[4];
    size_t required, count;
    const char *usage; /* "normal(mean, sd)" */
    int (*make)(struct fc_distribution *distribution, const double *parameters, struct fc_fault *fault);
};

/* All forms but discrete, quantiles and truncated; those of one name (`lognormal`, `beta`) follow each other. */
extern const struct fc_form fc_forms[];
extern const size_t fc_form_count;

/* Makes the distribution of a form from its parameters, in the order of the form. Returns 0, or -1 with the
 * fault. */
int fc_distribution_make(struct fc_distribution *distribution, const struct fc_form *form,
                         const double *parameters, struct fc_fault *fault);

/* One value with certainty. */
void fc_distribution_constant(struct fc_distribution *distribution, double value);

/* Mean 0, standard deviation 1. */
void fc_distribution_standard_normal(struct fc_distribution *distribution);

/* A range as people say it: its ends are the 5 % and 95 % quantiles; lognormal when both are positive, else
 * normal. */
int fc_distribution_range(struct fc_distribution *distribution, double p5, double p95,
                          struct fc_fault *fault);

/* Values with probabilities (which must sum to 1 within 1e-6 and are then made to), or equal ones when
 * `probabilities` is NULL. At most FC_MAX_VALUES; they need not be in order. */
int fc_distribution_discrete(struct fc_distribution *distribution, const double *values,
                             const double *probabilities, size_t count, struct fc_fault *fault);

/* Quantiles: value values[i] at probability probabilities[i] (0 to 1), both rising. In between the value is
 * linear in the probability. Where probability 0 or 1 is not stated, the first or last segment is extended
 * to it. */
int fc_distribution_quantiles(struct fc_distribution *distribution, const double *probabilities,
                              const double *values, size_t count, struct fc_fault *fault);

/* Conditions the distribution on lo <= X <= hi (either may be infinite). */
int fc_distribution_truncate(struct fc_distribution *distribution, double lo, double hi,
                             struct fc_fault *fault);

/* Makes sure that nothing is drawn outside the allowed [lo, hi]. A stated value or a bounded support outside
 * is a fault, and so is more than FC_CUT_MOST of it. A smaller tail outside is cut off (and the rest scaled up), or an
 * extended quantile table is shortened, and `note` (`size` bytes) then says so; otherwise note is "". */
int fc_distribution_confine(struct fc_distribution *distribution, double lo, double hi, char *note,
                            size_t size, struct fc_fault *fault);

/* The value that X stays below with probability `lower`; upper = 1 - lower is given too, so that both tails
 * keep their digits. */
double fc_distribution_quantile(const struct fc_distribution *distribution, double lower, double upper);

/* P(X <= x) and P(X > x). */
struct fc_tails fc_distribution_tails(const struct fc_distribution *distribution, double x);

/* The distribution of `factor` (more than 0) times the value. */
void fc_distribution_scale(struct fc_distribution *distribution, double factor);

/* The ends of the support; infinite where it has none. */
void fc_distribution_support(const struct fc_distribution *distribution, double *lo, double *hi);

/* True for a single value, be it written as a number or as the only one of discrete(...); _is_number: the former. */
bool fc_distribution_is_constant(const struct fc_distribution *distribution);
bool fc_distribution_is_number(const struct fc_distribution *distribution);

/* True for values with probabilities: then values[], tails[] and count hold them exactly, and a device must
 * draw from those and not from the table, which would smear the steps. */
bool fc_distribution_is_discrete(const struct fc_distribution *distribution);

/* Fills the FC_TABLE_SIZE floats of a quantile table of cuda/model/base/draw.h: both sides, from the end to
 * the median. */
void fc_distribution_table(const struct fc_distribution *distribution, float *table);

/* ---- for the distributions themselves ---- */

/* A distribution of this kind without parameters or truncation. */
void fc_distribution_begin(struct fc_distribution *distribution, const struct fc_distribution_kind *kind);

/* Says what is wrong with parameter number `parameter` (-1: none in particular). Returns -1. */
int fc_distribution_refuse(struct fc_fault *fault, int parameter, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a value lies outside lo to hi, by more than its rounding. */
bool fc_distribution_beyond(double value, double lo, double hi);

#endif
