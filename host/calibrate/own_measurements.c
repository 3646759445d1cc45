/* own_measurements.c: see own_measurements.h. */
#include "own_measurements.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/step/own_steps.h"

enum { N = FC_FACTORS };
static const double MOST_EXACT = 1e-4; /* no clock of a cluster says more */

void fc_step_time_quantiles(const struct fc_beliefs *b, const struct fc_plan *plan, double quantiles[3])
{
    double mean, sd;
    fc_own_steps_total(b, plan, NULL, &mean, &sd);
    for (int k = 0; k < 3; k++)
        quantiles[k] = exp(mean + (k - 1) * 1.6448536 * sd);
}

static bool same_plan(const struct fc_plan_traits *a, const struct fc_plan_traits *b)
{
    return memcmp(a->sizes, b->sizes, sizeof a->sizes) == 0 &&
           memcmp(a->shape, b->shape, sizeof a->shape) == 0 &&
           memcmp(a->ways, b->ways, sizeof a->ways) == 0 && strcmp(a->gpu, b->gpu) == 0 &&
           strcmp(a->software, b->software) == 0 && a->vendor == b->vendor;
}

int fc_own_measurements_add(struct fc_own_measurements *own, const struct fc_plan *plan, double seconds,
                            double sd_log, struct fc_error *error)
{
    struct fc_plan_traits traits;
    int k = 0;
    if (!(seconds > 0) || !isfinite(seconds))
        return fc_fail(error, FC_BAD_INPUT, "a step of %g s cannot be", seconds);
    fc_plan_traits_of(plan, &traits);
    while (k < own->count && !same_plan(&own->plans[k].traits, &traits))
        k++;
    if (k == FC_OWN_STEPS)
        return fc_fail(error, FC_BAD_INPUT,
                       "steps of more than %d plans; take those nearest to what is forecast", FC_OWN_STEPS);
    struct fc_own_plan *p = &own->plans[k];
    if (k == own->count) {
        own->count++;
        *p = (struct fc_own_plan){.plan = *plan, .traits = traits, .grown = 1};
    }
    double sd = sd_log > 0 ? fmax(MOST_EXACT, sd_log) : own->beliefs->residual.noise_sd, w = 1 / (sd * sd);
    p->count++;
    p->weight += w;
    p->sum += w * log(seconds);
    p->square += w * log(seconds) * log(seconds);
    return 0;
}

int fc_own_measurements_update(struct fc_own_measurements *own, struct fc_error *error)
{
    own->updated = malloc(sizeof *own->updated);
    if (!own->updated)
        return fc_fail(error, FC_FAULT, "no memory for the update");
    *own->updated = *own->beliefs;
    own->updated->own.count = own->count;
    for (int k = 0; k < own->count; k++) {
        struct fc_own_plan *p = &own->plans[k];
        struct fc_own_step *s = &own->updated->own.step[k];
        double mean = p->sum / p->weight, chi2 = fmax(0, p->square - p->sum * mean), free = p->count - 1;
        /* beyond what stated errors give in one case of a thousand, about */
        if (free > 0 && chi2 / free > 1 + 3.1 * sqrt(2 / free))
            p->grown = sqrt(chi2 / free);
        p->seconds = exp(mean);
        p->sd_log = fmax(MOST_EXACT, p->grown / sqrt(p->weight));
        *s = (struct fc_own_step){.plan = p->traits, .sd_log = p->sd_log};
        double gap = mean - fc_own_steps_linear(own->beliefs, &p->plan, &s->plan, s->gradient) -
                     fc_residual_mean(&own->beliefs->residual, &p->traits);
        if (!isfinite(gap) || fabs(gap) > 3)
            return fc_fail(
                error, FC_BAD_INPUT,
                "a step of %.4g s is %.3g times what is forecast for this plan (%.4g s); check the unit and "
                "the plan",
                p->seconds, exp(gap), p->seconds / exp(gap));
    }
    /* the model is linear only nearby: linearise again where the update led */
    enum { ROUNDS = 6 };
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < own->count; k++) {
            struct fc_own_plan *p = &own->plans[k];
            struct fc_own_step *s = &own->updated->own.step[k];
            s->surprise = p->sum / p->weight -
                          fc_own_steps_linear(own->updated, &p->plan, &s->plan, s->gradient) -
                          fc_residual_mean(&own->beliefs->residual, &p->traits);
            for (int f = 0; f < N; f++)
                s->surprise += s->gradient[f] * (own->updated->log_shift[f] - own->beliefs->log_shift[f]);
        }
        /* from where they were; fc_own_steps_condition moves each, its median with it */
        memcpy(own->updated->log_shift, own->beliefs->log_shift, sizeof own->updated->log_shift);
        memcpy(own->updated->covariance, own->beliefs->covariance, sizeof own->updated->covariance);
        if (fc_own_steps_condition(own->updated))
            return fc_fail(error, FC_BAD_INPUT, "the measurements contradict each other");
    }
    for (int k = 0; k < own->count; k++) {
        fc_step_time_quantiles(own->beliefs, &own->plans[k].plan, own->plans[k].before);
        fc_step_time_quantiles(own->updated, &own->plans[k].plan, own->plans[k].after);
    }
    return 0;
}

void fc_own_measurements_free(struct fc_own_measurements *own)
{
    free(own->updated);
    own->updated = NULL;
}

void fc_own_measurements_write(const struct fc_own_measurements *own, const char *source, FILE *out)
{
    fputs("# Steps of your own, as an update of the posterior that comes with flopcast: --posterior "
          "THIS_FILE. Made by\n"
          "# flopcast calibrate; it holds for the program that made it.\nkind: posterior\nentries:\n",
          out);
    for (int k = 0; k < own->count; k++) {
        char what[128];
        snprintf(what, sizeof what, "%.5g s +- %.2g %% by %d measurement%s", own->plans[k].seconds,
                 100 * own->plans[k].sd_log, own->plans[k].count, own->plans[k].count == 1 ? "" : "s");
        fc_own_step_write(&own->updated->own.step[k], k + 1, own->plans[k].seconds, what, source,
                          own->beliefs, out);
    }
}

/* A number with s, ms, min or %; *share: it was a percentage, as a fraction. */
static bool read_amount(const char **at, double *value, bool *share)
{
    char *end;
    *value = strtod(*at, &end);
    if (end == *at || !isfinite(*value))
        return false;
    while (*end == ' ')
        end++;
    *share = *end == '%';
    if (*share) {
        *value /= 100;
        end++;
    } else if (strncmp(end, "ms", 2) == 0) {
        *value /= 1000;
        end += 2;
    } else if (strncmp(end, "min", 3) == 0) {
        *value *= 60;
        end += 3;
    } else if (*end == 's') {
        end++;
    } else {
        return false;
    }
    while (*end == ' ')
        end++;
    *at = end;
    return true;
}

int fc_step_time_parse(const char *text, double *seconds, double *sd_log, struct fc_error *error)
{
    const char *at = text;
    bool share;
    double error_value;
    *sd_log = 0;
    if (read_amount(&at, seconds, &share) && !share && *seconds > 0) {
        if (!*at)
            return 0;
        size_t sign = strncmp(at, "\xC2\xB1", 2) == 0 || strncmp(at, "+-", 2) == 0 ? 2
                      : strncmp(at, "+/-", 3) == 0                                 ? 3
                                                                                   : 0;
        at += sign;
        if (sign && read_amount(&at, &error_value, &share) && !*at) {
            *sd_log = share ? error_value : error_value / *seconds;
            if (*sd_log > 0 && *sd_log < 0.5)
                return 0;
            return fc_fail(error, FC_BAD_INPUT,
                           "'%.60s': an error of %.3g %% says nothing; it must be above 0 and "
                           "below 50 %%",
                           text, 100 * *sd_log);
        }
    }
    return fc_fail(
        error, FC_BAD_INPUT,
        "'%.60s' is no step time; write '8.08 s', or '8.08 s +- 0.6 %%' with one standard deviation", text);
}
