/* cross_validation.c: predictions of models that a fit has not seen, the residual that makes their intervals
 * honest, and whether that residual holds on further models. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "cross_validation.h"

enum { N = FC_FACTORS, FOLDS = 5 };

static bool used(const struct fc_measurement *m)
{
    return m->left_out[0] == '\0';
}

/* Deals the model families to the folds, the largest first to the emptiest. */
static void deal(const struct fc_measurements *m, int *fold)
{
    size_t load[FOLDS] = {0};
    for (size_t i = 0; i < m->count; i++)
        fold[i] = -1;
    for (;;) {
        size_t best = 0, best_count = 0;
        for (size_t i = 0; i < m->count; i++) {
            size_t count = 0;
            if (!used(&m->rows[i]) || fold[i] >= 0)
                continue;
            for (size_t k = 0; k < m->count; k++)
                count += used(&m->rows[k]) && fc_same_family(&m->rows[i], &m->rows[k]);
            if (count > best_count) {
                best = i;
                best_count = count;
            }
        }
        if (best_count == 0)
            return;
        int to = 0;
        for (int f = 1; f < FOLDS; f++)
            to = load[f] < load[to] ? f : to;
        load[to] += best_count;
        for (size_t k = 0; k < m->count; k++)
            if (used(&m->rows[k]) && fc_same_family(&m->rows[best], &m->rows[k]))
                fold[k] = to;
    }
}

/* Fits without the folds j and k (which may be the same) and predicts the rows of both into by_j and by_k:
 * the first has not seen j, the second not k. */
static int fit_without(const struct fc_measurements *m, const struct fc_beliefs *b, const int *fold, int j,
                       int k, struct fc_prediction *of_j, struct fc_prediction *of_k, struct fc_error *error)
{
    double(*covariance)[N] = malloc(sizeof(double[N][N]));
    bool *use = malloc((m->count + 1) * sizeof *use);
    double shift[N] = {0};
    struct fc_fit fit = {0};
    int status = covariance && use ? 0 : fc_fail(error, FC_FAULT, "out of memory for the cross-validation");
    for (size_t i = 0; !status && i < m->count; i++)
        use[i] = used(&m->rows[i]) && fold[i] != j && fold[i] != k;
    if (!status)
        status = fc_fit_create(&fit, m, use, b, error);
    if (!status)
        status = fc_fit_find_mode(&fit, shift, covariance, error);
    for (size_t i = 0; !status && i < m->count; i++) {
        if (fold[i] == j)
            fc_predict(&m->rows[i], b, shift, (const double(*)[N])covariance, &of_j[i]);
        if (fold[i] == k)
            fc_predict(&m->rows[i], b, shift, (const double(*)[N])covariance, &of_k[i]);
    }
    fc_fit_free(&fit);
    free(covariance);
    free(use);
    return status;
}

int fc_cross_validate(const struct fc_measurements *m, const struct fc_beliefs *b,
                      struct fc_prediction *predictions, struct fc_error *error)
{
    int *fold = malloc((m->count + 1) * sizeof *fold);
    int status = fold ? 0 : fc_fail(error, FC_FAULT, "out of memory for the cross-validation");
    if (!status)
        deal(m, fold);
    for (int k = 0; !status && k < FOLDS; k++)
        status = fit_without(m, b, fold, k, k, predictions, predictions, error);
    free(fold);
    return status;
}

/* Per group the smallest residual with which the 90 % intervals hold 90 % of the rows outside fold `except`.
 */
static void set_residuals(const struct fc_measurements *m, const struct fc_prediction *p, const int *fold,
                          int except, double residual_sd[FC_GROUPS])
{
    for (int g = 0; g < FC_GROUPS; g++)
        /* a search grid; its last bits are in the figures, and counting in whole numbers would move them */
        for (double sd = 0.01; sd < 0.5; sd += 0.001) { // NOLINT(clang-analyzer-security.FloatLoopCounter)
            int rows = 0, held50 = 0, held90 = 0;
            for (size_t i = 0; i < m->count; i++) {
                if (!used(&m->rows[i]) || fold[i] == except || (int)fc_group_of(&m->rows[i].plan) != g)
                    continue;
                double z = fabs(log1p(p[i].error)) / sqrt(sd * sd + p[i].factor_sd * p[i].factor_sd);
                rows++;
                held50 += z <= 0.67449;
                held90 += z <= 1.64485;
            }
            residual_sd[g] = rows < 5 ? 0.1 : sd; /* too few to say */
            if (rows < 5 || (held90 >= 0.9 * rows && held50 >= 0.5 * rows))
                break;
        }
}

int fc_validation_residuals(const struct fc_measurements *m, const struct fc_beliefs *prior,
                            double residual_sd[FC_GROUPS], struct fc_error *error)
{
    struct fc_prediction *p = calloc(m->count + 1, sizeof *p);
    int *fold = malloc((m->count + 1) * sizeof *fold);
    int status = p && fold ? 0 : fc_fail(error, FC_FAULT, "out of memory for the residuals");
    if (!status)
        status = fc_cross_validate(m, prior, p, error);
    if (!status) {
        deal(m, fold);
        set_residuals(m, p, fold, -1, residual_sd);
    }
    free(p);
    free(fold);
    return status;
}

int fc_validation_nested(const struct fc_measurements *m, const struct fc_beliefs *b,
                         struct fc_coverage coverage[FC_GROUPS + 1], struct fc_error *error)
{
    /* inner[k]: each row by a fit that has seen neither its fold nor fold k */
    struct fc_prediction *inner[FOLDS] = {0};
    int *fold = malloc((m->count + 1) * sizeof *fold);
    int status = fold ? 0 : fc_fail(error, FC_FAULT, "out of memory for the nested validation");
    for (int k = 0; k < FOLDS; k++) {
        inner[k] = calloc(m->count + 1, sizeof *inner[k]);
        if (!inner[k] && !status)
            status = fc_fail(error, FC_FAULT, "out of memory for the nested validation");
    }
    if (!status)
        deal(m, fold);
    for (int k = 0; k < FOLDS; k++)
        for (int j = 0; !status && j <= k; j++)
            status = fit_without(m, b, fold, j, k, inner[k], inner[j], error);
    memset(coverage, 0, sizeof *coverage * (FC_GROUPS + 1));
    for (int k = 0; !status && k < FOLDS; k++) {
        double residual[FC_GROUPS];
        set_residuals(m, inner[k], fold, k, residual);
        for (size_t i = 0; i < m->count; i++) {
            if (fold[i] != k)
                continue;
            int g = (int)fc_group_of(&m->rows[i].plan);
            const struct fc_prediction *p = &inner[k][i];
            double z = fabs(log1p(p->error)) / sqrt(residual[g] * residual[g] + p->factor_sd * p->factor_sd);
            for (int to = g; to <= FC_GROUPS; to += FC_GROUPS - g) {
                coverage[to].rows++;
                coverage[to].held50 += z <= 0.67449;
                coverage[to].held90 += z <= 1.64485;
            }
        }
    }
    for (int k = 0; k < FOLDS; k++)
        free(inner[k]);
    free(fold);
    return status;
}
