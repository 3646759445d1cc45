/* unstated.c: see unstated.h. */
#include "unstated.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "host/language/fields.h"
#include "host/step/plan_program.h"
#include "host/step/plan_search.h"
#include "host/step/step_time.h"

enum { MOST_PLANS = 4096, WIDTH = 12 };

/* How much rarer a plan is that takes longer than the best: by e for each tenth. The plans that sites ran lie about twice
 * as far from the mean of such plans as these do: of 79 published rows with stated cells blanked out, 0.19 in the log with
 * the whole layout blank, 0.14 without stages, 0.10 without recomputation, where near-best plans spread by 0.08, 0.05 and
 * 0.03. */
static const double PREFERENCE = 0.1, BEYOND = 2.2;

static const enum fc_column layout[] = {FC_COLUMN_TP,        FC_COLUMN_PP,       FC_COLUMN_VPP,
                                        FC_COLUMN_CP,        FC_COLUMN_EP,       FC_COLUMN_MBS,
                                        FC_COLUMN_RECOMPUTE, FC_COLUMN_PRECISION};
enum { COLUMNS = sizeof layout / sizeof layout[0], RECOMPUTE = COLUMNS - 2 };

static bool blank(const struct fc_measurement *m, const char *const *cells, enum fc_column c)
{
    const char *precision = cells[FC_COLUMN_PRECISION];
    bool sizes = cells[FC_COLUMN_TP][0] && cells[FC_COLUMN_PP][0];
    if (c == FC_COLUMN_PRECISION)
        return !precision[0] || strcasestr(precision, " or ");
    if (cells[c][0])
        return false;
    switch (c) {
    case FC_COLUMN_VPP:
        return !sizes;
    case FC_COLUMN_CP:
        return !sizes;
    case FC_COLUMN_EP:
        return fc_architecture_is_mixture(&m->plan.model);
    case FC_COLUMN_RECOMPUTE: /* their policies stand in measurement_plan.c */
        return m->plan.software->id != FC_JAX && m->plan.software->id != FC_PAXML &&
               !strcasestr(cells[FC_COLUMN_NOTES], "includes recompute");
    case FC_COLUMN_MBS: /* stated in the scripts of these papers: measurement_plan.c */
        return strncmp(cells[FC_COLUMN_ID], "megatron-sc21-t", 15) == 0 ||
               (strncmp(cells[FC_COLUMN_ID], "megatron-sc21", 13) != 0 &&
                strncmp(cells[FC_COLUMN_ID], "llama3-herd", 11) != 0);
    default:
        return true;
    }
}

bool fc_measurement_is_open(struct fc_measurement *m, const char *const cells[FC_COLUMNS])
{
    size_t used = 0;
    m->unstated[0] = '\0';
    for (int i = 0; i < COLUMNS; i++)
        if (blank(m, cells, layout[i]) && used + 16 < sizeof m->unstated)
            used += (size_t)snprintf(m->unstated + used, sizeof m->unstated - used, "%s%s", used ? " " : "",
                                     fc_column_names[layout[i]]);
    return used > 0;
}

/* What a blank cell may have held. Returns how many. */
static int choices_of(const struct fc_measurement *m, enum fc_column c, double numbers[WIDTH])
{
    const struct fc_plan *p = &m->plan;
    int count = 0;
    switch (c) {
    case FC_COLUMN_TP:
        for (double n = 1; n <= 16 && n <= p->gpu.domain; n *= 2)
            if (fmod(p->model.heads, n) == 0)
                numbers[count++] = n;
        return count;
    case FC_COLUMN_PP:
        for (double n = 1; n <= 32 && count < WIDTH; n += n < 4 ? 1 : n < 16 ? 2 : 4)
            if (fmod(p->gpus, n) == 0 && n <= p->model.layers)
                numbers[count++] = n;
        return count;
    case FC_COLUMN_CP:
        for (double n = 1; n <= 16 && (n == 1 || p->sequence / n >= 4096); n *= 2)
            numbers[count++] = n;
        return count;
    case FC_COLUMN_EP:
        for (double n = 1; n <= 64 && n <= p->gpus; n *= 2)
            if (fmod(p->model.experts, n) == 0)
                numbers[count++] = n;
        return count;
    case FC_COLUMN_VPP:
        for (double n = 1; n <= 8; n *= 2)
            numbers[count++] = n;
        return count;
    case FC_COLUMN_MBS:
        for (double n = 1; n <= 16; n *= 2)
            numbers[count++] = n;
        return count;
    case FC_COLUMN_RECOMPUTE:
        return FC_RECOMPUTE_WORDS;
    default:
        return FC_RECIPES; /* precisions */
    }
}

/* Sums over all plans of one precision. */
struct sums {
    double best, weight, mean, square;
    double likeliest; /* weight */
    struct fc_plan plan;
};

/* A step through `all` numbers that meets each once and leaves no long gap: near the golden section, without a common
 * divisor. 1 where all are tried anyway. */
static uint64_t stride_of(uint64_t all)
{
    if (all <= MOST_PLANS)
        return 1;
    for (uint64_t stride = (uint64_t)(0.6180339887 * (double)all); stride > 1; stride--) {
        uint64_t a = all, b = stride;
        while (b) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            return stride;
    }
    return 1;
}

/* Calls for every combination; `pass` 0 finds the best times, 1 sums. */
static void try_all(const struct fc_measurement *m, const char *const *cells,
                    const struct fc_beliefs *beliefs, int pass, struct sums sums[4])
{
    const char *tried[FC_COLUMNS];
    char text[COLUMNS][16];
    double numbers[COLUMNS][WIDTH];
    int count[COLUMNS], at[COLUMNS] = {0};
    uint64_t all = 1; /* combinations; where there are too many, every so-manieth of them */
    bool is_open[COLUMNS], only_recompute = strcmp(m->unstated, "recompute") == 0;
    memcpy(tried, cells, sizeof tried);
    for (int i = 0; i < COLUMNS; i++) {
        is_open[i] = blank(m, cells, layout[i]);
        count[i] = is_open[i] ? choices_of(m, layout[i], numbers[i]) : 1;
        all *= (uint64_t)count[i];
    }
    uint64_t stride = stride_of(all);
    for (uint64_t k = 0; k < all && k < MOST_PLANS; k++) {
        uint64_t left = k * stride % all;
        for (int i = 0; i < COLUMNS; i++) {
            at[i] = (int)(left % (uint64_t)count[i]);
            left /= (uint64_t)count[i];
        }
        for (int i = 0; i < COLUMNS; i++) {
            if (!is_open[i])
                continue;
            if (layout[i] == FC_COLUMN_RECOMPUTE)
                tried[layout[i]] = fc_field_word(FC_FIELD_RECOMPUTE, at[i]);
            else if (layout[i] == FC_COLUMN_PRECISION)
                tried[layout[i]] = fc_precision_name((enum fc_precision)at[i]);
            else {
                snprintf(text[i], sizeof text[i], "%.0f", numbers[i][at[i]]);
                tried[layout[i]] = text[i];
            }
        }
        struct fc_plan plan = m->plan;
        char why[160];
        if (!fc_measurement_layout(&plan, tried, why)) {
            double inputs[FC_IN_STEP_END], fits = fc_plan_fit_probability(&plan, beliefs);
            if (only_recompute) /* it ran, whatever is thought of its memory, and mostly without */
                fits = fmax(0.5, fits) * (at[RECOMPUTE] == 0 ? 1 : 0.25);
            struct fc_step_program program;
            struct sums *s = &sums[plan.precision];
            if (fits > 0.02) {
                fc_plan_program(&plan, &program);
                fc_beliefs_medians(beliefs, &plan, inputs);
                double seconds = fc_step_time(&program, inputs, NULL);
                if (pass == 0) {
                    s->best = s->best > 0 ? fmin(s->best, seconds / fmin(1, 2 * fits))
                                          : seconds / fmin(1, 2 * fits);
                } else if (seconds > 0 && isfinite(seconds)) {
                    double w = fits * exp(-fmax(0, seconds / s->best - 1) / PREFERENCE), t = log(seconds);
                    s->weight += w;
                    s->mean += w * t;
                    s->square += w * t * t;
                    if (w > s->likeliest) {
                        s->likeliest = w;
                        s->plan = plan;
                    }
                }
            }
        }
    }
}

void fc_measurement_choose(struct fc_measurement *m, const char *const cells[FC_COLUMNS],
                           const struct fc_beliefs *beliefs)
{
    struct sums sums[4] = {0};
    double weight = 0, mean = 0, square = 0;
    const struct fc_plan *likeliest = NULL;
    if (!m->unstated[0])
        return;
    for (int pass = 0; pass < 2; pass++)
        try_all(m, cells, beliefs, pass, sums);
    for (int k = 0; k < 4; k++) {
        if (sums[k].weight <= 0)
            continue;
        weight++;
        mean += sums[k].mean / sums[k].weight;
        square += sums[k].square / sums[k].weight;
        likeliest = likeliest ? likeliest : &sums[k].plan;
    }
    if (!likeliest) {
        snprintf(m->left_out, sizeof m->left_out, "not stated: %s; and no plan with the rest fits",
                 m->unstated);
        return;
    }
    mean /= weight;
    double inputs[FC_IN_STEP_END];
    struct fc_step_program program;
    m->plan = *likeliest;
    fc_plan_program(&m->plan, &program);
    fc_beliefs_medians(beliefs, &m->plan, inputs);
    m->offset = mean - log(fc_step_time(&program, inputs, NULL));
    m->spread = BEYOND * sqrt(fmax(0, square / weight - mean * mean));
}
