/* validation.c: see validation.h. */
#include "validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "ranks.h"
#include "host/base/order.h"

enum { N = FC_FACTORS };

static bool used(const struct fc_measurement *m)
{
    return m->left_out[0] == '\0';
}

/* --- baseline
 * ----------------------------------------------------------------------------------------------------- */

static double achieved_flops(const struct fc_measurement *m)
{
    const struct fc_plan *p = &m->plan;
    return fc_architecture_flop_per_token(&p->model, p->sequence, true) * p->global_batch * p->sequence /
           p->gpus / m->seconds;
}

/* The median rate of other models, dense and mixture apart, on the same GPU and precision; else on the family
 * and precision; else on the family. */
static double baseline_of(const struct fc_measurements *m, size_t i, double *buffer)
{
    const struct fc_measurement *row = &m->rows[i];
    bool mixture = fc_architecture_is_mixture(&row->plan.model);
    for (int width = 0; width < 3; width++) {
        size_t count = 0;
        for (size_t k = 0; k < m->count; k++) {
            const struct fc_measurement *other = &m->rows[k];
            if (!used(other) || fc_same_family(row, other) ||
                fc_architecture_is_mixture(&other->plan.model) != mixture ||
                other->plan.gpu.family != row->plan.gpu.family ||
                (width < 2 && other->plan.precision != row->plan.precision) ||
                (width < 1 && strcmp(other->plan.gpu.name, row->plan.gpu.name) != 0))
                continue;
            buffer[count++] = achieved_flops(other);
        }
        if (count) {
            qsort(buffer, count, sizeof *buffer, fc_by_double);
            double median = count % 2 ? buffer[count / 2] : sqrt(buffer[count / 2 - 1] * buffer[count / 2]);
            return achieved_flops(row) / median - 1;
        }
    }
    return NAN;
}

int fc_validation_baseline(const struct fc_measurements *m, double *errors, struct fc_error *error)
{
    double *buffer = malloc((m->count + 1) * sizeof *buffer);
    if (!buffer)
        return fc_fail(error, FC_FAULT, "out of memory for the baseline");
    for (size_t i = 0; i < m->count; i++)
        errors[i] = used(&m->rows[i]) ? baseline_of(m, i, buffer) : NAN;
    free(buffer);
    return 0;
}

/* --- prediction
 * --------------------------------------------------------------------------------------------------- */

/* --- scores
 * ------------------------------------------------------------------------------------------------------- */

/* One job in several layouts: the same model, GPU, precision, sequence, number of GPUs and software. */
static bool same_job(const struct fc_measurement *a, const struct fc_measurement *b)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->plan.gpu.name, b->plan.gpu.name) == 0 &&
           a->plan.precision == b->plan.precision && a->plan.sequence == b->plan.sequence &&
           a->plan.gpus == b->plan.gpus && a->plan.software == b->plan.software;
}

static double per_token(const struct fc_measurement *m, double seconds)
{
    return seconds / (m->plan.global_batch * m->plan.sequence);
}

enum { MOST_LAYOUTS = FC_RANKED_MOST };

/* Mean rank correlation over the sets of three layouts or more, and mean loss of taking the layout predicted
 * best. */
static void score_ranks(const struct fc_measurements *m, const struct fc_prediction *p, const bool *in,
                        struct fc_score *score)
{
    double spearman = 0, regret = 0, measured[MOST_LAYOUTS], predicted[MOST_LAYOUTS];
    int ranked = 0, sets = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t n = 0;
        bool first = in[i];
        for (size_t k = 0; k < m->count && first; k++) {
            if (!in[k] || !same_job(&m->rows[i], &m->rows[k]))
                continue;
            first = k >= i;
            if (n < MOST_LAYOUTS) {
                measured[n] = per_token(&m->rows[k], m->rows[k].seconds);
                predicted[n++] = per_token(&m->rows[k], p[k].seconds);
            }
        }
        if (!first || n < 2)
            continue;
        size_t best = 0, chosen = 0;
        for (size_t k = 1; k < n; k++) {
            best = measured[k] < measured[best] ? k : best;
            chosen = predicted[k] < predicted[chosen] ? k : chosen;
        }
        regret += measured[chosen] / measured[best] - 1;
        sets++;
        double r = n >= 3 ? fc_rank_correlation(measured, predicted, n) : NAN;
        if (!isnan(r)) {
            spearman += r;
            ranked++;
        }
    }
    score->spearman = ranked ? spearman / ranked : NAN;
    score->regret = sets ? regret / sets : NAN;
}

static void score_rows(const struct fc_validation *v, const struct fc_prediction *p, const bool *in,
                       const char *name, struct fc_score *score, double *buffer)
{
    int n = 0, held50 = 0, held90 = 0, lines = 0;
    double sum = 0, bias = 0, line = 0;
    for (size_t i = 0; i < v->measurements.count; i++) {
        if (!in[i])
            continue;
        double log_error = fabs(log1p(p[i].error));
        buffer[n++] = fabs(p[i].error);
        sum += fabs(p[i].error);
        bias += p[i].error;
        held50 += log_error <= 0.67449 * p[i].sd_log;
        held90 += log_error <= 1.64485 * p[i].sd_log;
        if (!isnan(v->fitted[i].baseline)) {
            line += fabs(v->fitted[i].baseline);
            lines++;
        }
    }
    *score = (struct fc_score){.rows = n};
    snprintf(score->name, sizeof score->name, "%s", name);
    if (n == 0)
        return;
    qsort(buffer, (size_t)n, sizeof *buffer, fc_by_double);
    score->mape = sum / n;
    score->median_ape = fc_quantile_sorted(buffer, (size_t)n, 0.5);
    score->p90_ape = fc_quantile_sorted(buffer, (size_t)n, 0.9);
    score->max_ape = buffer[n - 1];
    score->bias = bias / n;
    score->cover50 = (double)held50 / n;
    score->cover90 = (double)held90 / n;
    score->constant_mfu_mape = lines ? line / lines : NAN;
    score_ranks(&v->measurements, p, in, score);
}

/* Whether the row belongs to the group that row `like` names by criterion `kind`; the group's name. */
enum { BY_ALL, BY_TUNING, BY_OPEN, BY_GB, BY_KIND, BY_GPU, BY_PRECISION, BY_SOFTWARE, BY_MODEL, CRITERIA };

static void group_name(const struct fc_measurement *m, int kind, char *name, size_t size)
{
    char family[64];
    switch (kind) {
    case BY_TUNING:
        snprintf(name, size, m->plan.tuned_by_vendor ? "NVIDIA" : "other sites");
        return;
    case BY_OPEN:
        snprintf(name, size, m->spread > 0 ? "not all stated" : "");
        return;
    case BY_GB:
        snprintf(name, size, m->plan.gpu.grace ? "GB200+GB300" : "");
        return;
    case BY_KIND:
        snprintf(name, size, fc_architecture_is_mixture(&m->plan.model) ? "moe" : "dense");
        return;
    case BY_GPU:
        snprintf(name, size, "gpu %s", m->plan.gpu.name);
        return;
    case BY_PRECISION:
        snprintf(name, size, "precision %s", fc_precision_name(m->plan.precision));
        return;
    case BY_SOFTWARE:
        snprintf(name, size, "software %s", m->plan.software->name);
        return;
    case BY_MODEL:
        fc_model_family(m->model, family, sizeof family);
        snprintf(name, size, "model %.50s", family);
        return;
    default:
        snprintf(name, size, "overall");
        return;
    }
}

static int score_all(struct fc_validation *v, struct fc_error *error)
{
    size_t count = v->measurements.count;
    bool *in = malloc((count + 1) * sizeof *in);
    double *buffer = malloc((count + 1) * sizeof *buffer);
    char name[64], other[64];
    int status = in && buffer ? 0 : fc_fail(error, FC_FAULT, "out of memory for the scores");
    for (int kind = 0; !status && kind < CRITERIA; kind++)
        for (size_t i = 0; i < count && v->score_count < FC_SCORES; i++) {
            bool known = !used(&v->measurements.rows[i]);
            if (!known)
                group_name(&v->measurements.rows[i], kind, name, sizeof name);
            for (int s = 0; s < v->score_count && !known; s++)
                known = strcmp(v->scores[s].name, name) == 0;
            if (known || !name[0])
                continue;
            for (size_t k = 0; k < count; k++) {
                in[k] = used(&v->measurements.rows[k]);
                if (in[k])
                    group_name(&v->measurements.rows[k], kind, other, sizeof other);
                in[k] = in[k] && strcmp(name, other) == 0;
            }
            score_rows(v, v->fitted, in, name, &v->scores[v->score_count], buffer);
            if (v->validated)
                score_rows(v, v->validated, in, name, &v->validated_scores[v->score_count], buffer);
            for (size_t k = 0; v->unseen && k < count; k++)
                in[k] = in[k] && v->measurements.rows[k].plan.gpu.family > v->heir.family;
            if (v->unseen)
                score_rows(v, v->unseen, in, name, &v->unseen_scores[v->score_count], buffer);
            for (size_t k = 0; v->unseen && k < count; k++)
                in[k] = used(&v->measurements.rows[k]);
            if (v->by_model && v->score_count == 0)
                score_rows(v, v->by_model, in, name, &v->by_model_score, buffer);
            v->score_count++;
        }
    free(in);
    free(buffer);
    return status;
}

int fc_validation_run(struct fc_validation *v, const char *path, const struct fc_catalog *catalog, int extra,
                      struct fc_error *error)
{
    memset(v, 0, sizeof *v);
    double *baseline = NULL;
    bool cross = (extra & FC_VALIDATE_CROSS) != 0, unseen = (extra & FC_VALIDATE_GENERATION) != 0;
    int status = fc_beliefs_read(&v->beliefs, catalog, error);
    if (!status)
        status = fc_measurements_open(&v->measurements, path, catalog, error);
    if (!status && v->measurements.used == 0)
        status = fc_fail(error, FC_BAD_INPUT,
                         "no row of the table can be used (%s); see docs/validation/step-time.md",
                         v->measurements.count ? v->measurements.rows[0].left_out : "it is empty");
    size_t count = v->measurements.count;
    if (!status) {
        baseline = calloc(count + 1, sizeof *baseline);
        v->fitted = calloc(count + 1, sizeof *v->fitted);
        v->validated = cross ? calloc(count + 1, sizeof *v->validated) : NULL;
        v->by_model = cross ? calloc(count + 1, sizeof *v->by_model) : NULL;
        v->unseen = unseen ? calloc(count + 1, sizeof *v->unseen) : NULL;
        if (!baseline || !v->fitted || (cross && (!v->validated || !v->by_model)) || (unseen && !v->unseen))
            status = fc_fail(error, FC_FAULT, "out of memory for the validation");
    }
    if (!status) {
        status = fc_collectives_measured(catalog, v->collectives, &v->collective_count, error);
        if (!status)
            status = fc_validation_baseline(&v->measurements, baseline, error);
        for (size_t i = 0; !status && i < count; i++) {
            if (!used(&v->measurements.rows[i]))
                continue;
            fc_predict(&v->measurements.rows[i], &v->beliefs, v->beliefs.log_shift,
                       (const double(*)[N])v->beliefs.covariance, &v->fitted[i]);
            v->fitted[i].baseline = baseline[i];
        }
        if (!status && cross)
            status = fc_cross_validate(&v->measurements, &v->beliefs, FC_FOLD_PLACE, v->validated, error);
        if (!status && cross)
            status = fc_cross_validate(&v->measurements, &v->beliefs, FC_FOLD_MODEL, v->by_model, error);
    }
    if (!status && unseen)
        status = fc_heir_read(&v->heir, catalog, error);
    if (!status && unseen)
        status = fc_leave_generation(&v->measurements, &v->beliefs, &v->heir, v->unseen, error);
    if (!status)
        status = score_all(v, error);
    free(baseline);
    if (status)
        fc_validation_free(v);
    return status;
}

void fc_validation_free(struct fc_validation *v)
{
    fc_measurements_free(&v->measurements);
    free(v->fitted);
    free(v->validated);
    free(v->by_model);
    free(v->unseen);
    v->fitted = v->validated = v->by_model = v->unseen = NULL;
}
