/* cross_validation.c: see cross_validation.h. */
#include "cross_validation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "host/base/order.h"

enum { N = FC_FACTORS, MODEL_FOLDS = 5 };

static bool used(const struct fc_measurement *m)
{
    return m->left_out[0] == '\0';
}

/* --- folds
 * -------------------------------------------------------------------------------------------------------- */

/* Deals the model families to the folds, the largest first to the emptiest. */
static int deal_models(const struct fc_measurements *m, int *fold)
{
    size_t load[MODEL_FOLDS] = {0};
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
            return MODEL_FOLDS;
        int to = 0;
        for (int f = 1; f < MODEL_FOLDS; f++)
            to = load[f] < load[to] ? f : to;
        load[to] += best_count;
        for (size_t k = 0; k < m->count; k++)
            if (used(&m->rows[k]) && fc_same_family(&m->rows[best], &m->rows[k]))
                fold[k] = to;
    }
}

static int deal_places(const struct fc_measurements *m, int *fold)
{
    int count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (!used(&m->rows[i]) || fold[i] >= 0)
            continue;
        for (size_t k = i; k < m->count; k++)
            if (used(&m->rows[k]) && fc_same_place(&m->rows[i], &m->rows[k]))
                fold[k] = count;
        count++;
    }
    return count;
}

/* Fold of each row, -1 where it is not used. Returns how many folds. */
static int deal(const struct fc_measurements *m, enum fc_fold_kind kind, int *fold)
{
    for (size_t i = 0; i < m->count; i++)
        fold[i] = -1;
    return kind == FC_FOLD_PLACE ? deal_places(m, fold) : deal_models(m, fold);
}

int fc_predict_unseen(const struct fc_measurements *m, const struct fc_beliefs *b, const bool *use,
                      const struct fc_heir *inherit, const double *start, struct fc_prediction *predictions,
                      struct fc_error *error)
{
    double(*covariance)[N] = malloc(sizeof(double[N][N]));
    double shift[N] = {0};
    struct fc_fit fit = {0};
    int status = covariance ? 0 : fc_fail(error, FC_FAULT, "out of memory for the cross-validation");
    if (!status)
        status = fc_fit_create(&fit, m, use, b, error);
    if (!status) {
        if (start)
            memcpy(shift, start, sizeof shift);
        fc_fit_take_sites(&fit, m, use);
        status = fc_fit_find_mode(&fit, shift, covariance, error);
    }
    for (size_t i = 0; !status && i < m->count; i++) {
        if (use[i] || !used(&m->rows[i]))
            continue;
        struct fc_measurement row = m->rows[i];
        if (inherit)
            fc_generation_inherit(&row.plan.gpu, inherit);
        fc_predict(&row, b, shift, (const double(*)[N])covariance, &predictions[i]);
    }
    fc_fit_free(&fit);
    free(covariance);
    return status;
}

/* The mode of a fit to all rows: where those of the folds begin. */
static int find_start(const struct fc_measurements *m, const struct fc_beliefs *b, double shift[N],
                      struct fc_error *error)
{
    double(*covariance)[N] = malloc(sizeof(double[N][N]));
    struct fc_fit fit = {0};
    memset(shift, 0, N * sizeof *shift);
    int status = covariance ? 0 : fc_fail(error, FC_FAULT, "out of memory for the cross-validation");
    if (!status)
        status = fc_fit_create(&fit, m, NULL, b, error);
    if (!status) {
        fc_fit_take_sites(&fit, m, NULL);
        status = fc_fit_find_mode(&fit, shift, covariance, error);
    }
    fc_fit_free(&fit);
    free(covariance);
    return status;
}

static int predict_fold(const struct fc_measurements *m, const struct fc_beliefs *b, const int *fold, int k,
                        const double *start, struct fc_prediction *predictions, struct fc_error *error)
{
    bool *use = malloc((m->count + 1) * sizeof *use);
    struct fc_prediction *one = calloc(m->count + 1, sizeof *one);
    int status = use && one ? 0 : fc_fail(error, FC_FAULT, "out of memory for the cross-validation");
    for (size_t i = 0; !status && i < m->count; i++)
        use[i] = fold[i] >= 0 && fold[i] != k;
    if (!status)
        status = fc_predict_unseen(m, b, use, NULL, start, one, error);
    for (size_t i = 0; !status && i < m->count; i++)
        if (fold[i] == k)
            predictions[i] = one[i];
    free(use);
    free(one);
    return status;
}

/* Each fold is a fit of its own: which thread makes it does not matter. */
static int predict_folds(const struct fc_measurements *m, const struct fc_beliefs *b, const int *fold,
                         int folds, struct fc_prediction *predictions, struct fc_error *error)
{
    double start[N];
    if (find_start(m, b, start, error))
        return -1;
    int failed = 0;
#pragma omp parallel for schedule(dynamic)
    for (int k = 0; k < folds; k++) {
        struct fc_error own = {0};
        if (predict_fold(m, b, fold, k, start, predictions, &own)) {
#pragma omp critical
            {
                failed = -1;
                *error = own;
            }
        }
    }
    return failed;
}

/* --- a generation
 * --------------------------------------------------------------------------------------------------------- */

void fc_generation_inherit(struct fc_accelerator *gpu, const struct fc_heir *heir)
{
    gpu->family = heir->family;
    gpu->clock[0] = '\0';
    /* at the limit of power: what a FLOP gets of it, to the power that boards of one chip have by their limits */
    if (gpu->tdp_w > 0 && heir->watts_per_flop > 0)
        gpu->clock_ratio = fmin(1, pow(gpu->tdp_w / gpu->bf16_flop_per_s / heir->watts_per_flop, FC_CLOCK_BY_POWER));
    gpu->inherited_sd_log = heir->sd_log;
}

int fc_heir_read(struct fc_heir *heir, const struct fc_catalog *catalog, struct fc_error *error)
{
    *heir = (struct fc_heir){.family = FC_HOPPER};
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        struct fc_accelerator gpu;
        if (strcmp(entry->kind, "gpu") != 0)
            continue;
        if (fc_accelerator_read(&gpu, catalog, entry->name, NULL, error))
            return -1;
        if (gpu.family == heir->family && !gpu.clock[0] && gpu.inherited_sd_log == 0 && heir->watts_per_flop == 0)
            heir->watts_per_flop = gpu.tdp_w / gpu.bf16_flop_per_s;
        if (strcmp(gpu.generation, fc_family_name(gpu.family)) != 0)
            heir->sd_log = fmax(heir->sd_log, gpu.inherited_sd_log);
    }
    return 0;
}

/* --- parts of the residual
 * ---------------------------------------------------------------------------------------- */

enum { MOST_PLACES = 256, MOST_DIFFERENCES = 1 << 16 };

/* Standard deviation of one of two alike values, from the median of their absolute differences. */
static double from_differences(double *differences, size_t count, double otherwise)
{
    if (count < 5)
        return otherwise;
    qsort(differences, count, sizeof *differences, fc_by_double);
    return differences[count / 2] / 0.6745 / sqrt(2);
}

/* How two rows of one place are related. */
enum relation { SAME_PLAN, SAME_MODEL, OTHER_MODEL };
static enum relation relate(const struct fc_measurement *a, const struct fc_measurement *b)
{
    const struct fc_plan *p = &a->plan, *q = &b->plan;
    if (!fc_same_family(a, b))
        return OTHER_MODEL;
    return strcmp(a->model, b->model) == 0 && p->precision == q->precision && p->tp == q->tp &&
                   p->pp == q->pp && p->micro_batch == q->micro_batch && p->gpus == q->gpus &&
                   p->sequence == q->sequence
               ? SAME_PLAN
               : SAME_MODEL;
}

struct look {
    const struct fc_measurements *m;
    const struct fc_prediction *p;
    const int *fold;
    int except;
};

static bool looked_at(const struct look *l, size_t i)
{
    return used(&l->m->rows[i]) && (!l->fold || l->fold[i] != l->except);
}

/* Deviation of one row's surprise between rows of one place that are so related. */
static double spread_of(const struct look *l, enum relation relation, int mixture, double *differences,
                        double otherwise)
{
    size_t count = 0;
    for (size_t i = 0; i < l->m->count; i++)
        for (size_t k = 0; k < i && count < MOST_DIFFERENCES; k++) {
            const struct fc_measurement *a = &l->m->rows[i], *b = &l->m->rows[k];
            if (!looked_at(l, i) || !looked_at(l, k) || !fc_same_place(a, b) || relate(a, b) != relation ||
                (mixture >= 0 && (int)fc_architecture_is_mixture(&a->plan.model) != mixture))
                continue;
            differences[count++] = fabs(l->p[i].surprise - l->p[k].surprise);
        }
    return from_differences(differences, count, otherwise);
}

/* What two users report who ran a published recipe of NVIDIA's on their own cluster: 562 TFLOP/s where 619 are
 * documented (Megatron-Bridge issue 4439), 4.13 s where 3.8 are (issue 1976): 9.7 and 8.3 % slower. The prior of the
 * sites' mean, as uncertain as two reports are. */
static const double KNOWN_MEAN = 0.09, KNOWN_SD = 0.05, BEND = 2;
/* Of sites that are not in the tables an earlier fit left 0.17 in the logarithm; the sites of the tables were looked at while the
 * model was made. Such strangers count as two places more. */
static const double STRANGERS = 2, STRANGERS_SD = 0.17;

/* Mean and deviation over places, by maximum likelihood: each place's mean surprise has the variance that its own
 * rows and the factors leave it. With `free_mean` false the mean is 0. Returns the variance that the mean has, as it is
 * known from few places. */
static double over_places(const struct look *l, const struct fc_residual_parts *parts, bool vendor,
                          bool free_mean, double *mean, double *sd)
{
    double average[MOST_PLACES], variance[MOST_PLACES];
    int count = 0;
    for (size_t i = 0; i < l->m->count && count < MOST_PLACES; i++) {
        bool first = looked_at(l, i) && l->m->rows[i].plan.tuned_by_vendor == vendor;
        double sum = 0, rows = 0, models = 0, own = 0;
        for (size_t k = 0; k < l->m->count && first; k++) {
            if (!looked_at(l, k) || !fc_same_place(&l->m->rows[i], &l->m->rows[k]))
                continue;
            first = k >= i;
            bool new_model = true;
            for (size_t j = 0; j < k; j++)
                new_model &= !(looked_at(l, j) && fc_same_place(&l->m->rows[j], &l->m->rows[k]) &&
                               fc_same_family(&l->m->rows[j], &l->m->rows[k]));
            int mixture = fc_architecture_is_mixture(&l->m->rows[k].plan.model);
            sum += l->p[k].surprise;
            own += parts->plan_sd[mixture] * parts->plan_sd[mixture] +
                   l->m->rows[k].spread * l->m->rows[k].spread;
            rows++;
            models += new_model;
        }
        if (!first || rows == 0)
            continue;
        int mixture = fc_architecture_is_mixture(&l->m->rows[i].plan.model);
        average[count] = sum / rows;
        variance[count++] = own / (rows * rows) + l->p[i].gradient_sd * l->p[i].gradient_sd +
                            parts->model_sd[mixture] * parts->model_sd[mixture] / models;
    }
    *mean = free_mean ? KNOWN_MEAN : 0;
    *sd = 0.1;
    double known = 1 / (KNOWN_SD * KNOWN_SD);
    for (int round = 0; round < 200 && count > 0; round++) {
        double weight = 1 / (KNOWN_SD * KNOWN_SD), sum = weight * KNOWN_MEAN, top = 0, bottom = 0,
               center = *mean;
        for (int k = 0; k < count; k++) {
            double total = *sd * *sd + variance[k], gap = fabs(average[k] - center);
            /* one odd place does not carry the mean; a new place may be as odd, so that it counts in the spread */
            double w = fmin(1, BEND * sqrt(total) / fmax(1e-12, gap)) / total;
            double spread = vendor ? w * total : 1;
            weight += w;
            sum += w * average[k];
            top += (spread * gap * gap - variance[k]) / (total * total);
            bottom += 1 / (total * total);
        }
        *mean = free_mean ? sum / weight : 0;
        if (!vendor) {
            double total = *sd * *sd;
            top += STRANGERS * STRANGERS_SD * STRANGERS_SD / (total * total);
            bottom += STRANGERS / (total * total);
        }
        *sd = sqrt(fmax(0.02 * 0.02, top / bottom));
        known = weight;
    }
    return free_mean ? 1 / known : 0;
}

/* Rows of this one's place. */
static double rows_of_place(const struct look *l, size_t i)
{
    double rows = 0;
    for (size_t k = 0; k < l->m->count; k++)
        rows += looked_at(l, k) && fc_same_place(&l->m->rows[i], &l->m->rows[k]);
    return rows;
}

/* Whether intervals hold what they say, of the rows of one kind. Of sites each place counts as one, however many rows it
 * published: a new site is another place, not another row. */
static bool holds(const struct look *l, const struct fc_residual_parts *parts, bool vendor, int mixture)
{
    double rows = 0, held50 = 0, held90 = 0;
    for (size_t i = 0; i < l->m->count; i++) {
        const struct fc_measurement *row = &l->m->rows[i];
        if (!looked_at(l, i) || row->plan.tuned_by_vendor != vendor ||
            (mixture >= 0 && (int)fc_architecture_is_mixture(&row->plan.model) != mixture))
            continue;
        struct fc_prediction p = l->p[i];
        fc_predict_again(row, parts, &p);
        double z = fabs(log1p(p.error)) / p.sd_log;
        double weight = vendor ? 1 : 1 / rows_of_place(l, i);
        rows += weight;
        held50 += weight * (z <= 0.67449);
        held90 += weight * (z <= 1.64485);
    }
    return held90 >= 0.9 * rows && held50 >= 0.5 * rows;
}

int fc_residual_estimate(const struct fc_measurements *m, const struct fc_prediction *p, const int *fold,
                         int except, struct fc_residual_parts *parts, struct fc_error *error)
{
    const struct look l = {m, p, fold, except};
    double *differences = malloc(MOST_DIFFERENCES * sizeof *differences), ignored;
    *parts = (struct fc_residual_parts){0.08, 0.15, 0.03, {0.04, 0.06}, {0.04, 0.06}, 0.02};
    if (!differences)
        return fc_fail(error, FC_FAULT, "out of memory for the residuals");
    parts->noise_sd = fmax(0.005, spread_of(&l, SAME_PLAN, -1, differences, 0.02));
    for (int mixture = 0; mixture < 2; mixture++) {
        double plan = spread_of(&l, SAME_MODEL, mixture, differences, 0.05);
        double model = spread_of(&l, OTHER_MODEL, mixture, differences, 0.07);
        parts->plan_sd[mixture] = sqrt(fmax(1e-4, plan * plan - parts->noise_sd * parts->noise_sd));
        parts->model_sd[mixture] = sqrt(fmax(1e-4, model * model - plan * plan));
    }
    (void)over_places(&l, parts, true, false, &ignored, &parts->vendor_sd);
    double of_mean = over_places(&l, parts, false, true, &parts->site_mean, &parts->site_sd);
    /* medians do not see the tails: widen until the intervals hold */
    for (int mixture = 0; mixture < 2; mixture++)
        for (int k = 0; k < 80 && !holds(&l, parts, true, mixture); k++) {
            parts->plan_sd[mixture] *= 1.03;
            parts->model_sd[mixture] *= 1.03;
        }
    for (int k = 0; k < 60 && !holds(&l, parts, false, -1); k++)
        parts->site_sd *= 1.03;
    parts->site_sd = sqrt(parts->site_sd * parts->site_sd + of_mean); /* of a place that is not among these */
    free(differences);
    return 0;
}

int fc_validation_residuals(const struct fc_measurements *m, const struct fc_beliefs *prior,
                            struct fc_residual_parts *parts, struct fc_error *error)
{
    struct fc_prediction *p = calloc(m->count + 1, sizeof *p);
    int *fold = malloc((m->count + 1) * sizeof *fold);
    int status = p && fold ? 0 : fc_fail(error, FC_FAULT, "out of memory for the residuals");
    if (!status)
        status = predict_folds(m, prior, fold, deal(m, FC_FOLD_PLACE, fold), p, error);
    if (!status)
        status = fc_residual_estimate(m, p, NULL, 0, parts, error);
    free(p);
    free(fold);
    return status;
}

int fc_leave_generation(const struct fc_measurements *m, const struct fc_beliefs *b,
                        const struct fc_heir *heir, struct fc_prediction *p, struct fc_error *error)
{
    bool *use = malloc((m->count + 1) * sizeof *use);
    struct fc_beliefs *own = malloc(sizeof *own);
    struct fc_measurements old = {.rows = malloc((m->count + 1) * sizeof *old.rows), .count = m->count};
    int status = use && own && old.rows ? 0 : fc_fail(error, FC_FAULT, "out of memory for the validation");
    for (size_t i = 0; !status && i < m->count; i++) {
        use[i] = used(&m->rows[i]) && m->rows[i].plan.gpu.family <= heir->family;
        old.rows[i] = m->rows[i];
        if (!use[i])
            snprintf(old.rows[i].left_out, sizeof old.rows[i].left_out, "a later generation");
    }
    if (!status) {
        *own = *b;
        status = fc_validation_residuals(&old, b, &own->residual, error);
    }
    if (!status)
        status = fc_predict_unseen(m, own, use, heir, NULL, p, error);
    free(use);
    free(own);
    free(old.rows);
    return status;
}

struct fc_generation_score fc_generation_score(const struct fc_measurements *m, const struct fc_heir *heir,
                                               const struct fc_prediction *p)
{
    struct fc_generation_score s = {0};
    for (size_t i = 0; i < m->count; i++) {
        if (!used(&m->rows[i]) || m->rows[i].plan.gpu.family <= heir->family)
            continue;
        s.rows++;
        s.mape += fabs(p[i].error);
        s.cover90 += fabs(log1p(p[i].error)) <= 1.64485 * p[i].sd_log;
    }
    s.mape /= fmax(1, s.rows);
    s.cover90 /= fmax(1, s.rows);
    return s;
}

int fc_cross_validate(const struct fc_measurements *m, const struct fc_beliefs *b, enum fc_fold_kind kind,
                      struct fc_prediction *p, struct fc_error *error)
{
    int *fold = malloc((m->count + 1) * sizeof *fold);
    if (!fold)
        return fc_fail(error, FC_FAULT, "out of memory for the cross-validation");
    int folds = deal(m, kind, fold), status = predict_folds(m, b, fold, folds, p, error);
    for (int k = 0; !status && k < folds; k++) {
        struct fc_residual_parts parts;
        status = fc_residual_estimate(m, p, fold, k, &parts, error);
        for (size_t i = 0; !status && i < m->count; i++)
            if (fold[i] == k) {
                struct fc_prediction again = p[i];
                fc_predict_again(&m->rows[i], &parts, &again);
                p[i].seconds = again.seconds;
                p[i].error = again.error;
                p[i].sd_log = again.sd_log;
            }
    }
    free(fold);
    return status;
}
