/* special.h: the special functions that distributions need and libm lacks, in double.
 *
 * Written here because the libraries that have them well (GSL, R's nmath) are under the GPL; see
 * docs/decisions/0003-special-functions.md. All take both tails, so that neither loses digits; relative
 * errors are about 1e-13 for shapes up to 1e4. */
#ifndef FC_HOST_SPECIAL_H
#define FC_HOST_SPECIAL_H

/* A probability and its complement, each to full relative precision. */
struct fc_tails {
    double lower, upper; /* lower + upper = 1 */
};

/* Standard normal: P(Z <= z) and P(Z > z) (DLMF 7.2(i), by erfc). */
struct fc_tails fc_normal_tails(double z);

/* The z with P(Z <= z) = tails.lower; -infinity and infinity at the ends. */
double fc_normal_quantile(struct fc_tails tails);

/* Regularised incomplete gamma functions P(a, x) and Q(a, x), a > 0, x >= 0 (DLMF 8.2.4). */
struct fc_tails fc_gamma_tails(double a, double x);

/* The x with P(a, x) = tails.lower. */
double fc_gamma_quantile(double a, struct fc_tails tails);

/* Regularised incomplete beta functions I_x(a, b) and 1 - I_x(a, b); x and y = 1 - x are both given
 * (DLMF 8.17.2). */
struct fc_tails fc_beta_tails(double a, double b, double x, double y);

/* The x with I_x(a, b) = tails.lower, as x in `.lower` and 1 - x in `.upper`, each to full relative
 * precision. */
struct fc_tails fc_beta_quantile(double a, double b, struct fc_tails tails);

/* Many quantiles of one beta variate, each found from the one before it: the nearer they are, the faster. The results
 * are those of fc_beta_quantile but for the last digit or two. */
struct fc_quantile_point { /* a tail F, as a function of t = log x, at one place */
    double t, value;       /* value: F; 0: none yet */
    double slope, bend;    /* d log F / dt; half the second derivative of t in log F */
};
struct fc_beta {
    double a, b, log_b, half;            /* log B(a, b); P(X <= 1/2) */
    struct fc_quantile_point last[2][2]; /* by whether 1 - X is followed, and whether by its upper tail */
};
void fc_beta_begin(struct fc_beta *beta, double a, double b);
struct fc_tails fc_beta_next(struct fc_beta *beta, struct fc_tails tails);

#endif
