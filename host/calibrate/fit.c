/* fit.c: see fit.h. Gauss-Newton steps with reweighting (IRLS) and Levenberg's damping. */
#include "fit.h"
#include "prediction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/linear.h"
#include "host/step/step_time.h"
#include "host/step/plan_program.h"

enum { N = FC_FACTORS, MOST_STEPS = 80 };

/* Correlation of the errors of alike rows: medians of 1.9 % inside such sets and 3.4 % between them. */
static const double ALIKE = 0.75;

static bool alike(const struct fc_measurement *a, const struct fc_measurement *b)
{
    const struct fc_plan *p = &a->plan, *q = &b->plan;
    return strcmp(a->model, b->model) == 0 && strcmp(p->gpu.name, q->gpu.name) == 0 && p->precision == q->precision &&
           p->tp == q->tp && p->pp == q->pp && p->micro_batch == q->micro_batch;
}

int fc_fit_create(struct fc_fit *fit, const struct fc_measurements *m, const bool *use,
                  const struct fc_beliefs *prior, struct fc_error *error)
{
    *fit = (struct fc_fit){.prior = prior, .rows = malloc((m->count + 1) * sizeof *fit->rows)};
    if (!fit->rows)
        return fc_fail(error, FC_FAULT, "out of memory for the fit");
    for (size_t i = 0; i < m->count; i++) {
        const struct fc_measurement *row = &m->rows[i];
        if (row->left_out[0] || (use && !use[i]))
            continue;
        struct fc_fit_row *to = &fit->rows[fit->count++];
        double like = 0;
        for (size_t k = 0; k < m->count; k++)
            like += !m->rows[k].left_out[0] && (!use || use[k]) && alike(row, &m->rows[k]);
        fc_plan_program(&row->plan, &to->program);
        to->program.router_excess *= (float)prior->router_median; /* the spread is not fitted */
        fc_factors_for(&row->plan, to->factor);
        /* the time that the likeliest plan would have had */
        double open_plans = row->spread / FC_FIT_SD;
        to->log_seconds = to->log_measured = log(row->seconds) - row->offset;
        to->site = -1;
        to->weight = 1 / (1 + (like - 1) * ALIKE) / (1 + open_plans * open_plans);
    }
    return 0;
}

void fc_fit_take_sites(struct fc_fit *fit, const struct fc_measurements *m, const bool *use)
{
    const struct fc_measurement *first[FC_FIT_SITES];
    size_t at = 0;
    fit->site_mean = 0;
    fit->site_sd = 0.15; /* where the estimate begins */
    for (size_t i = 0; i < m->count; i++) {
        const struct fc_measurement *row = &m->rows[i];
        if (row->left_out[0] || (use && !use[i]))
            continue;
        struct fc_fit_row *to = &fit->rows[at++];
        if (row->plan.tuned_by_vendor)
            continue;
        for (to->site = 0; to->site < fit->sites && !fc_same_place(first[to->site], row); to->site++)
            ;
        if (to->site == FC_FIT_SITES)
            to->site = -1;
        else if (to->site == fit->sites)
            first[fit->sites++] = row;
    }
}

/* Offsets of the sites at given factors, then mean and deviation of the offsets. */
static void update_sites(struct fc_fit *fit, const double *shift)
{
    const double least_sd = 0.03;
    double weight[FC_FIT_SITES] = {0}, sum[FC_FIT_SITES] = {0}, mean = 0, variance = 0;
    for (size_t i = 0; i < fit->count; i++) {
        const struct fc_fit_row *row = &fit->rows[i];
        if (row->site < 0)
            continue;
        double gap = row->log_measured - fc_fit_log_time(row, fit->prior, shift, NULL);
        double e = gap - fit->site_offset[row->site];
        double w = row->weight * fmin(1, FC_FIT_BEND / fmax(1e-12, fabs(e))) / (FC_FIT_SD * FC_FIT_SD);
        weight[row->site] += w;
        sum[row->site] += w * gap;
    }
    double prior = 1 / (fit->site_sd * fit->site_sd);
    for (int s = 0; s < fit->sites; s++) {
        fit->site_offset[s] = (sum[s] + prior * fit->site_mean) / (weight[s] + prior);
        mean += fit->site_offset[s] / fit->sites;
    }
    for (int s = 0; s < fit->sites; s++)
        variance += ((fit->site_offset[s] - mean) * (fit->site_offset[s] - mean) + 1 / (weight[s] + prior)) /
                    fit->sites;
    fit->site_mean = mean;
    fit->site_sd = fmax(least_sd, sqrt(variance));
    for (size_t i = 0; i < fit->count; i++)
        if (fit->rows[i].site >= 0)
            fit->rows[i].log_seconds = fit->rows[i].log_measured - fit->site_offset[fit->rows[i].site];
}

void fc_fit_free(struct fc_fit *fit)
{
    free(fit->rows);
    *fit = (struct fc_fit){0};
}

double fc_fit_loss(double e)
{
    double a = fabs(e) / FC_FIT_SD, bend = FC_FIT_BEND / FC_FIT_SD;
    return a < bend ? 0.5 * a * a : bend * (a - 0.5 * bend);
}

double fc_fit_log_time(const struct fc_fit_row *row, const struct fc_beliefs *prior, const double *shift,
                       double *gradient)
{
    const double h = 1e-5;
    double inputs[FC_IN_STEP_END];
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        int f = row->factor[i];
        inputs[i] = f < 0 ? 1 : prior->median[f] * exp(shift[f]);
    }
    double log_time = log(fc_step_time(&row->program, inputs, NULL));
    if (gradient) {
        memset(gradient, 0, sizeof *gradient * N);
        for (int i = 0; i < FC_IN_STEP_END; i++) {
            if (row->factor[i] < 0)
                continue;
            double value = inputs[i];
            inputs[i] = value * exp(h);
            gradient[row->factor[i]] = (log(fc_step_time(&row->program, inputs, NULL)) - log_time) / h;
            inputs[i] = value;
        }
    }
    return log_time;
}

double fc_fit_energy(const struct fc_fit *fit, const double *shift)
{
    double energy = 0;
    for (int f = 0; f < N; f++)
        energy += 0.5 * (shift[f] / fit->prior->sd_log[f]) * (shift[f] / fit->prior->sd_log[f]);
    for (size_t i = 0; i < fit->count; i++) {
        const struct fc_fit_row *row = &fit->rows[i];
        energy += row->weight * fc_fit_loss(fc_fit_log_time(row, fit->prior, shift, NULL) - row->log_seconds);
    }
    return energy;
}

/* Curvature (lower triangle) and slope of the energy, with Huber's weights. */
static void expand(const struct fc_fit *fit, const double *shift, double *curvature, double *slope)
{
    memset(curvature, 0, sizeof *curvature * N * N);
    for (int f = 0; f < N; f++) {
        double precision = 1 / (fit->prior->sd_log[f] * fit->prior->sd_log[f]);
        curvature[f * N + f] = precision;
        slope[f] = shift[f] * precision;
    }
    for (size_t i = 0; i < fit->count; i++) {
        const struct fc_fit_row *row = &fit->rows[i];
        double gradient[N];
        double e = fc_fit_log_time(row, fit->prior, shift, gradient) - row->log_seconds;
        double weight = row->weight * fmin(1, FC_FIT_BEND / fmax(1e-12, fabs(e))) / (FC_FIT_SD * FC_FIT_SD);
        for (int f = 0; f < N; f++) {
            if (gradient[f] == 0)
                continue;
            slope[f] += weight * gradient[f] * e;
            for (int g = 0; g <= f; g++)
                curvature[f * N + g] += weight * gradient[f] * gradient[g];
        }
    }
}

/* At the sites' offsets as they are. */
static int find_mode(const struct fc_fit *fit, double shift[N], int most_steps, double covariance[N][N],
                     struct fc_error *error)
{
    double *curvature = malloc(2 * sizeof *curvature * N * N), *damped = curvature ? curvature + N * N : NULL;
    double slope[N], step[N], damping = 1e-3, energy = fc_fit_energy(fit, shift);
    if (!curvature)
        return fc_fail(error, FC_FAULT, "out of memory for the fit");
    for (int k = 0; k < most_steps; k++) {
        expand(fit, shift, curvature, slope);
        double gained = -1;
        for (int attempt = 0; attempt < 12 && gained < 0; attempt++) {
            memcpy(damped, curvature, sizeof *curvature * N * N);
            for (int f = 0; f < N; f++) {
                damped[f * N + f] *= 1 + damping;
                step[f] = -slope[f];
            }
            if (fc_cholesky(damped, N)) {
                fc_cholesky_solve(damped, N, step);
                for (int f = 0; f < N; f++)
                    step[f] += shift[f];
                gained = energy - fc_fit_energy(fit, step);
            }
            damping *= gained < 0 ? 8 : 0.25;
        }
        if (gained < 0)
            break;
        memcpy(shift, step, sizeof step);
        energy -= gained;
        if (gained < 1e-6)
            break;
    }
    expand(fit, shift, curvature, slope);
    bool fine = fc_cholesky(curvature, N);
    if (fine)
        fc_cholesky_inverse(curvature, N, covariance[0]);
    free(curvature);
    return fine ? 0
                : fc_fail(error, FC_FAULT,
                          "the curvature of the fit is not positive (a factor with no prior?)");
}

int fc_fit_find_mode(struct fc_fit *fit, double shift[N], double covariance[N][N], struct fc_error *error)
{
    enum { ROUNDS = 8 };
    int status = 0;
    for (int k = 0; k < ROUNDS && fit->sites > 0; k++) {
        double before[FC_FIT_SITES], moved = 0;
        memcpy(before, fit->site_offset, sizeof before);
        if (k > 0)
            status = find_mode(fit, shift, 2, covariance, error);
        if (status)
            return status;
        update_sites(fit, shift);
        for (int s = 0; s < fit->sites; s++)
            moved = fmax(moved, fabs(fit->site_offset[s] - before[s]));
        if (moved < 0.002)
            break;
    }
    return find_mode(fit, shift, MOST_STEPS, covariance, error);
}
