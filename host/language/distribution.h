/* distribution.h: univariate distributions on the host, in double: quantiles, moments, and the quantile
 * tables that devices draw from. host/language/value.h reads them from a scenario. */
#ifndef FC_HOST_DISTRIBUTION_H
#define FC_HOST_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "special.h"

enum fc_distribution_kind {
    FC_CONSTANT,    /* value */
    FC_NORMAL,      /* mean, sd */
    FC_LOGNORMAL,   /* mean and sd of the logarithm */
    FC_UNIFORM,     /* lo, hi */
    FC_TRIANGULAR,  /* lo, mode, hi */
    FC_BETA,        /* a, b, lo, hi; PERT(lo, mode, hi) is one of these */
    FC_GAMMA,       /* shape, scale */
    FC_WEIBULL,     /* shape, scale */
    FC_EXPONENTIAL, /* mean */
    FC_DISCRETE,    /* `count` values with probabilities */
    FC_QUANTILES    /* `count` quantiles, linear in between */
};

/* The share of a distribution that the allowed range may cut off, with a note; more is refused, because the quantiles
 * that a reader expects would no longer be those drawn. A judgement. */
#define FC_CUT_MOST 0.01

enum {
    FC_MAX_VALUES = 32,   /* values of a discrete distribution: what a device keeps */
    FC_MAX_QUANTILES = 62 /* stated points of a quantile table; two more may be made */
};

struct fc_distribution {
    enum fc_distribution_kind kind;
    double parameter[4];
    double lo, hi;                /* truncated to this range; -infinity and infinity when not */
    struct fc_tails below, above; /* lower and upper tail of the untruncated distribution at lo, and at hi */
    double mass;                  /* probability of the untruncated distribution between lo and hi */
    size_t count;                 /* FC_DISCRETE, FC_QUANTILES: points */
    double values[FC_MAX_QUANTILES + 2]; /* in rising order */
    struct fc_tails
        tails[FC_MAX_QUANTILES + 2];  /* P(X <= values[i]) and P(X > values[i]); the last is {1, 0} */
    bool extended_low, extended_high; /* FC_QUANTILES: the end point was made by extension */
};

/* How a distribution is written: its name, its parameters and which of them carry the field's unit. */
struct fc_parameter {
    const char *name;
    bool in_unit;         /* a value in the field's unit; otherwise a plain number */
    double default_value; /* of an optional parameter */
};

struct fc_form {
    const char *name;
    struct fc_parameter parameters[4];
    size_t required, count;
    const char *usage; /* "normal(mean, sd)" */
};

/* All forms but discrete, quantiles and truncated; `lognormal` and `beta` have two. */
extern const struct fc_form fc_forms[];
extern const size_t fc_form_count;

/* Why a distribution cannot be: `parameter` is the index of the wrong one (-1: none in particular). */
struct fc_fault {
    int parameter;
    char text[400];
};

/* Makes the distribution of a form from its parameters, in the order of the form. Returns 0, or -1 with the
 * fault. */
int fc_distribution_make(struct fc_distribution *distribution, const struct fc_form *form,
                         const double *parameters, struct fc_fault *fault);

/* One value with certainty. */
void fc_distribution_constant(struct fc_distribution *distribution, double value);

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
 * is a fault, and so is more than FC_CUT_MOST of it; a smaller tail outside is cut off (and the rest scaled up), or a
 * extended quantile table is shortened,
 * and `note`
 * (`size` bytes) then says so; otherwise note is "". */
int fc_distribution_confine(struct fc_distribution *distribution, double lo, double hi, char *note,
                            size_t size, struct fc_fault *fault);

/* The value that X stays below with probability `lower`; upper = 1 - lower is given too, so that both tails
 * keep their digits. */
double fc_distribution_quantile(const struct fc_distribution *distribution, double lower, double upper);

/* P(X <= x) and P(X > x). */
struct fc_tails fc_distribution_tails(const struct fc_distribution *distribution, double x);

/* Mean and standard deviation: closed forms, or integrals over the quantile function to about 1e-10. */
double fc_distribution_mean(const struct fc_distribution *distribution);
double fc_distribution_sd(const struct fc_distribution *distribution);

/* The ends of the support; infinite where it has none. */
void fc_distribution_support(const struct fc_distribution *distribution, double *lo, double *hi);

bool fc_distribution_is_constant(const struct fc_distribution *distribution);

/* True for values with probabilities: then values[], tails[] and count hold them exactly, and a device must
 * draw from those and not from the table, which would smear the steps. */
bool fc_distribution_is_discrete(const struct fc_distribution *distribution);

/* Fills the FC_TABLE_SIZE floats of a quantile table of cuda/model/base/draw.h: both sides, from the end to
 * the median. */
void fc_distribution_table(const struct fc_distribution *distribution, float *table);

#endif
