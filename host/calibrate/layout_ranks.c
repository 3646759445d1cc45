/* layout_ranks.c: see layout_ranks.h. */
#include "layout_ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/table.h"
#include "host/language/fields.h"
#include "prediction.h"
#include "ranks.h"

enum { LEAST_LAYOUTS = 3 };

static bool same(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

/* One model, as one source measured it on one GPU. */
static bool same_set(const struct fc_measurement *a, const struct fc_measurement *b)
{
    const struct fc_plan *p = &a->plan, *q = &b->plan;
    return fc_same_place(a, b) && strcmp(a->unstated, b->unstated) == 0 && strcmp(a->model, b->model) == 0 &&
           p->precision == q->precision && p->fp16 == q->fp16 && same(p->sequence, q->sequence) &&
           p->software == q->software && same(p->model.layers, q->model.layers) &&
           same(p->model.hidden, q->model.hidden) && same(p->model.heads, q->model.heads) &&
           same(p->lora_rank, q->lora_rank) && p->muon == q->muon;
}

/* The same job: batches that differ by what divides into replicas (2,016 and 2,048) are one. */
static bool same_size(const struct fc_plan *p, const struct fc_plan *q)
{
    return same(p->gpus, q->gpus) && fabs(log(p->global_batch / q->global_batch)) < 0.05;
}

static bool same_layout(const struct fc_plan *p, const struct fc_plan *q)
{
    return same(p->gpus, q->gpus) && same(p->global_batch, q->global_batch) && same(p->tp, q->tp) &&
           same(p->pp, q->pp) && same(p->vpp, q->vpp) && same(p->cp, q->cp) && same(p->ep, q->ep) &&
           same(p->expert_tp, q->expert_tp) && same(p->micro_batch, q->micro_batch) && p->fsdp == q->fsdp &&
           p->shards_optimizer == q->shards_optimizer && p->shards_gradients == q->shards_gradients &&
           same(p->again_gemm, q->again_gemm) && same(p->again_attention, q->again_attention) &&
           p->schedule == q->schedule;
}

/* Rows that state their layout; a recomputation that all of a source leave open divides no two of them. */
static bool counts(const struct fc_measurement *m)
{
    return !m->left_out[0] && m->seconds > 0 && (!m->unstated[0] || strcmp(m->unstated, "recompute") == 0);
}

static double per_token(const struct fc_plan *p, double seconds)
{
    return seconds * p->gpus / (p->global_batch * p->sequence);
}

static int by_measured(const void *a, const void *b)
{
    double x = ((const struct fc_ranked_layout *)a)->measured,
           y = ((const struct fc_ranked_layout *)b)->measured;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b)
{
    const struct fc_layout_set *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Fills the set that begins with row `first`; set->count stays 0 where it does not. */
static int collect(struct fc_layout_set *set, const struct fc_validation *v, size_t first,
                   struct fc_error *error)
{
    const struct fc_measurements *m = &v->measurements;
    double squares = 0, means[FC_RANKED_MOST] = {0};
    int repeated = 0;
    set->first = first;
    set->layouts = calloc(FC_RANKED_MOST, sizeof *set->layouts);
    if (!set->layouts)
        return fc_fail(error, FC_FAULT, "no memory for the layouts");
    for (size_t i = 0; i < m->count; i++) {
        const struct fc_measurement *row = &m->rows[i];
        if (!counts(row) || !same_set(&m->rows[first], row))
            continue;
        if (i < first) {
            set->count = 0;
            return 0;
        }
        size_t k = 0;
        while (k < set->count && !same_layout(&m->rows[set->layouts[k].row].plan, &row->plan))
            k++;
        if (k == FC_RANKED_MOST)
            continue;
        struct fc_ranked_layout *layout = &set->layouts[k];
        if (k == set->count)
            set->layouts[set->count++] =
                (struct fc_ranked_layout){.row = i, .predicted = per_token(&row->plan, v->fitted[i].seconds)};
        layout->times++;
        set->rows++;
        /* mean and squares about it, one measurement at a time */
        double ln = log(per_token(&row->plan, row->seconds)), off = ln - means[k];
        means[k] += off / layout->times;
        squares += off * (ln - means[k]);
        repeated += layout->times > 1;
    }
    for (size_t k = 0; k < set->count; k++)
        set->layouts[k].measured = exp(means[k]);
    set->repeats = repeated ? sqrt(squares / repeated) : (double)NAN;
    return 0;
}

static void score(struct fc_layout_set *set, const struct fc_measurements *m)
{
    double measured[FC_RANKED_MOST], predicted[FC_RANKED_MOST];
    double compared = 0;
    qsort(set->layouts, set->count, sizeof *set->layouts, by_measured);
    for (size_t k = 0; k < set->count; k++) {
        const struct fc_plan *plan = &m->rows[set->layouts[k].row].plan;
        measured[k] = set->layouts[k].measured;
        predicted[k] = set->layouts[k].predicted;
        size_t members = 0, chosen = k;
        bool first = true; /* of its GPUs and batch, and so the one measured best */
        for (size_t i = 0; i < set->count; i++) {
            if (!same_size(plan, &m->rows[set->layouts[i].row].plan))
                continue;
            first = first && i >= k;
            members++;
            chosen = set->layouts[i].predicted < set->layouts[chosen].predicted ? i : chosen;
        }
        if (!first || members < 2)
            continue;
        set->regret += (double)members * (set->layouts[chosen].measured / set->layouts[k].measured - 1);
        compared += (double)members;
    }
    set->spearman = fc_rank_correlation(measured, predicted, set->count);
    set->regret = compared > 0 ? set->regret / compared : (double)NAN;
}

int fc_layout_ranks_of(struct fc_layout_ranks *ranks, const struct fc_validation *v, struct fc_error *error)
{
    const struct fc_measurements *m = &v->measurements;
    *ranks = (struct fc_layout_ranks){.sets = calloc(m->count + 1, sizeof *ranks->sets)};
    if (!ranks->sets)
        return fc_fail(error, FC_FAULT, "no memory for the layouts");
    double regretted = 0;
    for (size_t i = 0; i < m->count; i++) {
        struct fc_layout_set set = {0};
        if (!counts(&m->rows[i]))
            continue;
        if (collect(&set, v, i, error))
            return -1;
        if (set.count >= LEAST_LAYOUTS)
            score(&set, m);
        if (set.count < LEAST_LAYOUTS || isnan(set.spearman)) {
            free(set.layouts);
            continue;
        }
        ranks->sets[ranks->count++] = set;
        ranks->layouts += set.count;
        ranks->spearman += (double)set.count * set.spearman;
        if (!isnan(set.regret)) {
            ranks->regret += (double)set.count * set.regret;
            regretted += (double)set.count;
        }
    }
    qsort(ranks->sets, ranks->count, sizeof *ranks->sets, by_size);
    ranks->spearman = ranks->layouts ? ranks->spearman / (double)ranks->layouts : (double)NAN;
    ranks->regret = regretted > 0 ? ranks->regret / regretted : (double)NAN;
    return 0;
}

void fc_layout_ranks_free(struct fc_layout_ranks *ranks)
{
    for (size_t i = 0; i < ranks->count; i++)
        free(ranks->sets[i].layouts);
    free(ranks->sets);
    *ranks = (struct fc_layout_ranks){0};
}

/* A figure in percent, or nothing. */
static void percent(struct fc_table *table, double value)
{
    if (isnan(value))
        fc_table_cell(table, "-");
    else
        fc_table_cell(table, "%.1f %%", 100 * value);
}

static const char *precision_of(const struct fc_plan *p)
{
    return p->precision == FC_BF16 && p->fp16 ? fc_field_word(FC_FIELD_PRECISION, FC_WORD_FP16)
                                              : fc_precision_name(p->precision);
}

static void name_of(const struct fc_plan *p, char *text, size_t size)
{
    snprintf(text, size, "gpus %.0f, batch %.0f, tp %.0f, pp %.0f x %.0f, cp %.0f, ep %.0f, mb %.0f%s%s",
             p->gpus, p->global_batch, p->tp, p->pp, p->vpp, p->cp, p->ep, p->micro_batch,
             p->again_gemm > 0 ? ", recomputes" : "", p->fsdp ? ", shared parameters" : "");
}

void fc_layout_ranks_print(const struct fc_layout_ranks *ranks, const struct fc_validation *v, FILE *out)
{
    static const char *const heads[] = {"model", "GPU",      "source", "rows",   "layouts",
                                        "span",  "Spearman", "regret", "repeats"};
    struct fc_table table;
    fc_table_start(&table, 9, 3);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        fc_table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < ranks->count; i++) {
        const struct fc_layout_set *set = &ranks->sets[i];
        const struct fc_measurement *row = &v->measurements.rows[set->first];
        fc_table_cell(&table, "%.24s", row->model);
        fc_table_cell(&table, "%s %s", row->plan.gpu.name, precision_of(&row->plan));
        fc_table_cell(&table, "%.26s", row->source);
        fc_table_cell(&table, "%d", set->rows);
        fc_table_cell(&table, "%zu", set->count);
        percent(&table, set->layouts[set->count - 1].measured / set->layouts[0].measured - 1);
        fc_table_cell(&table, "%.2f", set->spearman);
        percent(&table, set->regret);
        percent(&table, set->repeats);
    }
    fc_table_print(&table, out, 0);
    fc_table_free(&table);
    fprintf(out,
            "\n%zu layouts in %zu sets: Spearman %.2f, regret %.1f %% (means over the layouts)\n\n"
            "span: by how much the slowest layout is slower than the fastest; Spearman: rank correlation of "
            "predicted\n"
            "and measured GPU-seconds per token; regret: what the layout predicted best loses to the one "
            "measured best,\n"
            "for the same GPUs and batch; repeats: standard deviation of measurements of the same layout, "
            "below which\n"
            "no prediction can rank. All layouts: --json.\n",
            ranks->layouts, ranks->count, ranks->spearman, 100 * ranks->regret);
}

static void write_layout(struct fc_writer *w, const struct fc_ranked_layout *layout,
                         const struct fc_validation *v)
{
    const struct fc_measurement *row = &v->measurements.rows[layout->row];
    char text[160];
    name_of(&row->plan, text, sizeof text);
    fc_write_map(w, NULL);
    fc_write_text(w, "id", row->id);
    fc_write_text(w, "layout", text);
    fc_write_unsigned(w, "times", (unsigned)layout->times);
    fc_write_number(w, "measured_gpu_s_per_token", layout->measured);
    fc_write_number(w, "predicted_gpu_s_per_token", layout->predicted);
    fc_write_end(w);
}

void fc_layout_ranks_json(const struct fc_layout_ranks *ranks, const struct fc_validation *v,
                          struct fc_writer *w)
{
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "validate");
    fc_write_unsigned(w, "layouts", ranks->layouts);
    fc_write_number(w, "spearman", ranks->spearman);
    fc_write_number(w, "regret", ranks->regret);
    fc_write_list(w, "sets");
    for (size_t i = 0; i < ranks->count; i++) {
        const struct fc_layout_set *set = &ranks->sets[i];
        const struct fc_measurement *row = &v->measurements.rows[set->first];
        fc_write_map(w, NULL);
        fc_write_text(w, "model", row->model);
        fc_write_number(w, "layers", row->plan.model.layers);
        fc_write_number(w, "hidden", row->plan.model.hidden);
        fc_write_number(w, "heads", row->plan.model.heads);
        fc_write_text(w, "gpu", row->plan.gpu.name);
        fc_write_text(w, "precision", precision_of(&row->plan));
        fc_write_text(w, "source", row->source);
        fc_write_unsigned(w, "rows", (unsigned)set->rows);
        fc_write_number(w, "spearman", set->spearman);
        fc_write_number(w, "regret", set->regret);
        fc_write_number(w, "repeats_sd_log", set->repeats);
        fc_write_list(w, "layouts");
        for (size_t k = 0; k < set->count; k++)
            write_layout(w, &set->layouts[k], v);
        fc_write_end(w);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
}
