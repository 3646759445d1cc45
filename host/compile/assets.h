/* assets.h: default of a firm whose assets fall to its debt, as hazards by year that the model takes.
 *
 * Assets move as a geometric Brownian motion, log growth `drift` - s²/2 a year with deviation s; the firm defaults when they first
 * reach its debt (Black, Cox 1976, Journal of Finance 31; a barrier that stays where it is). With far = log(assets / debt) and
 * m = drift - s²/2, the chance by year t (reflection principle) is
 *
 *   Phi((-far - m t) / (s sqrt(t))) + exp(-2 m far / s²) Phi((-far + m t) / (s sqrt(t)))
 *
 * Merton (1974, Journal of Finance 29) looks at the last day alone: debt due at T is worth its riskless worth less a put on the
 * assets; the spread is what that adds to the riskless rate, for which `drift` stands. */
#ifndef FC_HOST_ASSETS_H
#define FC_HOST_ASSETS_H

#include "program.h"

struct fc_assets {
    double assets, debt;      /* in one unit of money; assets above debt */
    double volatility, drift; /* a year; continuous */
};

/* The chance of default by year t > 0. */
double fc_assets_default(const struct fc_assets *firm, double t);

/* Of debt due at year t > 0 alone: the chance that the assets are then below it, and the spread per year. */
double fc_assets_below(const struct fc_assets *firm, double t);
double fc_assets_spread(const struct fc_assets *firm, double t);

/* Hazards of year 1 to `count` with which default comes by the end of each as above; the last is that of all years from there to
 * `years`. Returns 0, or the first year whose hazard is above `most`. */
int fc_assets_hazards(const struct fc_assets *firm, int count, double years, double most, float *hazards);

/* Puts the hazards of those parties whose assets the scenario states into `months`, and says what follows. Returns 0, or -1 with
 * `error` filled: a key that is missing beside the others, a hazard that is stated too, assets not above the debt. */
int fc_assets_compile(const struct fc_settings *settings, double years, struct fc_months *months,
                      struct fc_notes *notes, struct fc_error *error);

#endif
