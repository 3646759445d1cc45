/* prediction.c: see prediction.h. */
#include "prediction.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit.h"
#include "host/step/own_steps.h"
#include "host/step/plan_program.h"

enum { N = FC_FACTORS };

void fc_model_family(const char *model, char *family, size_t size)
{
    snprintf(family, size, "%s", model);
    char *variant = strstr(family, " (");
    if (variant)
        *variant = '\0';
    if (strncmp(family, "GPT-", 4) == 0 && strncmp(family, "GPT-OSS", 7) != 0)
        snprintf(family, size, "GPT (Megatron)"); /* one architecture in ten sizes */
}

bool fc_same_family(const struct fc_measurement *a, const struct fc_measurement *b)
{
    char one[64], other[64];
    fc_model_family(a->model, one, sizeof one);
    fc_model_family(b->model, other, sizeof other);
    return strcmp(one, other) == 0;
}

bool fc_same_place(const struct fc_measurement *a, const struct fc_measurement *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->plan.gpu.name, b->plan.gpu.name) == 0;
}

void fc_predict(const struct fc_measurement *m, const struct fc_beliefs *b, const double *shift,
                const double covariance[N][N], struct fc_prediction *prediction)
{
    struct fc_fit_row row = {0};
    double gradient[N], variance = 0;
    fc_plan_program(&m->plan, &row.program);
    row.program.router_excess *= (float)b->router_median;
    fc_factors_for(&m->plan, row.factor);
    double log_seconds = fc_fit_log_time(&row, b, shift, gradient) + m->offset;
    for (int f = 0; f < N; f++)
        for (int g = 0; gradient[f] != 0 && g < N; g++)
            variance += gradient[f] * covariance[f][g] * gradient[g];
    prediction->surprise = log(m->seconds) - log_seconds;
    prediction->gradient_sd = sqrt(fmax(0, variance));
    prediction->factor_sd = sqrt(fmax(0, variance) + m->spread * m->spread);
    fc_predict_again(m, &b->residual, prediction);
    if (b->own.count) { /* what a user measured ties residual and factors */
        double mean, sd;
        fc_own_steps_total(b, &m->plan, NULL, &mean, &sd);
        prediction->seconds = exp(mean + m->offset);
        prediction->error = prediction->seconds / m->seconds - 1;
        prediction->sd_log = hypot(sd, m->spread);
    }
}

void fc_predict_again(const struct fc_measurement *m, const struct fc_residual_parts *parts,
                      struct fc_prediction *p)
{
    struct fc_plan_traits traits;
    fc_plan_traits_of(&m->plan, &traits);
    p->seconds = m->seconds * exp(fc_residual_mean(parts, &traits) - p->surprise);
    p->error = p->seconds / m->seconds - 1;
    p->sd_log = sqrt(p->factor_sd * p->factor_sd + fc_residual_covariance(parts, &traits, &traits));
}
