/* compare_table.c: see compare_table.h. */
#include "compare_table.h"

#include <math.h>
#include <string.h>

#include "host/base/format.h"
#include "host/base/table.h"
#include "host/result/metrics.h"
#include "host/result/statistics.h"


static struct fc_scale scale_of(const struct fc_sides *s, int i)
{
    const struct fc_metric_info *info = fc_metric_find(s->metrics[0][i]);
    double size = 0;
    for (int side = 0; side < s->sides; side++) {
        double mean = fabs(fc_statistics_plain_mean(fc_tally_find(&s->tally[side], s->metrics[side][i])));
        size = isfinite(mean) ? fmax(size, mean) : size;
    }
    return info->probability ? (struct fc_scale){0.01, "%"} : fc_scale_for(info->unit, size);
}

static void name_cell(struct fc_table *table, const struct fc_sides *s, int i, const struct fc_scale *scale)
{
    bool chance = fc_metric_find(s->metrics[0][i])->probability;
    fc_table_cell(table, chance ? "P(%s)%s%s%s" : "%s%s%s%s", s->names[i], *scale->unit ? " [" : "",
                  scale->unit, *scale->unit ? "]" : "");
}

/* A mean; where some worlds have no value, with the share of those that it is of. */
static void figure_cell(struct fc_table *table, struct fc_estimate e, const struct fc_scale *scale,
                        bool with_error)
{
    char text[96];
    fc_format_figure(e.value, e.error, scale, text, sizeof text);
    char *error = strstr(text, " ±");
    if (error && !with_error)
        *error = '\0';
    if (isfinite(e.value) && e.share > 0 && e.share < 1)
        fc_table_cell(table, "%s of %.*g %%", text, e.share > 0.9995 ? 6 : 3, 100 * e.share);
    else
        fc_table_cell(table, "%s", text);
}

/* The difference of a side from the first; "the same", "~" before one within noise. */
static void difference_cell(struct fc_table *table, const struct fc_side *side, const struct fc_scale *scale,
                            bool with_error)
{
    char text[96];
    if (side->equal) {
        fc_table_cell(table, "the same");
        return;
    }
    fc_format_figure(side->pair.mean, side->pair.error, scale, text, sizeof text);
    char *error = strstr(text, " ±");
    if (error && !with_error)
        *error = '\0';
    fc_table_cell(table, "%s%s%s", side->noise ? "~" : "",
                  side->pair.mean > 0 && isfinite(side->pair.mean) ? "+" : "", text);
}

/* Two scenarios: what is known of each difference. */
static void print_two(FILE *out, const struct fc_sides *s, int width)
{
    bool wide = width >= 130, errors = width >= 100;
    const char *heads[] = {"metric [unit]", "mean of A", "mean of B", "B - A",
                           "relative",      "A better",  "B better",  "95 % interval"};
    int columns = wide ? 8 : 7;
    struct fc_table table;
    fc_table_start(&table, columns, 1);
    for (int c = 0; c < columns; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (int k = 0; k < s->count; k++) {
        int i = s->order[k];
        struct fc_scale scale = scale_of(s, i);
        struct fc_side a = fc_side_of(s, 0, i), b = fc_side_of(s, 1, i);
        name_cell(&table, s, i, &scale);
        figure_cell(&table, a.mean, &scale, errors);
        figure_cell(&table, b.mean, &scale, errors);
        difference_cell(&table, &b, &scale, errors);
        bool relative = isfinite(b.pair.mean) && isfinite(a.mean.value) && a.mean.value != 0 && !b.equal &&
                        !fc_metric_find(s->metrics[0][i])->probability;
        if (relative)
            fc_table_cell(&table, "%+.3g %%", 100 * b.pair.mean / fabs(a.mean.value));
        else
            fc_table_cell(&table, "-");
        if (b.noise || !isfinite(b.better)) { /* which is better is not known */
            fc_table_cell(&table, "-");
            fc_table_cell(&table, "-");
        } else {
            fc_table_cell(&table, "%.1f %%", 100 * b.first_better);
            fc_table_cell(&table, "%.1f %%", 100 * b.better);
        }
        if (!wide)
            continue;
        if (!b.equal && isfinite(b.pair.mean) && isfinite(b.pair.error))
            fc_table_cell(&table, "%+.4g to %+.4g", (b.pair.mean - FC_Z95 * b.pair.error) / scale.factor,
                          (b.pair.mean + FC_Z95 * b.pair.error) / scale.factor);
        else
            fc_table_cell(&table, "-");
    }
    fc_table_print(&table, out, 0);
    fc_table_free(&table);
}

/* More of them: the means side by side, then the differences, in as many tables as the width asks for. */
static void print_many(FILE *out, const struct fc_sides *s, int width)
{
    enum { NAME = 34, CELL = 13 };
    bool errors = width >= NAME + s->sides * (CELL + 8);
    int room = (width - NAME) / (errors ? CELL + 8 : CELL);
    room = room < 2 ? 2 : room;
    for (int difference = 0; difference < 2; difference++) {
        fprintf(out, difference ? "\ndifference of the mean from A (~: within noise)\n" : "mean\n");
        for (int from = difference; from < s->sides; from += room) {
            int to = from + room < s->sides ? from + room : s->sides;
            struct fc_table table;
            fc_table_start(&table, to - from + 1, 1);
            fc_table_cell(&table, "metric [unit]");
            for (int side = from; side < to; side++)
                fc_table_cell(&table, difference ? "%c - A" : "%c", 'A' + side);
            for (int k = 0; k < s->count; k++) {
                struct fc_scale scale = scale_of(s, s->order[k]);
                name_cell(&table, s, s->order[k], &scale);
                for (int side = from; side < to; side++) {
                    struct fc_side found = fc_side_of(s, side, s->order[k]);
                    if (difference)
                        difference_cell(&table, &found, &scale, errors);
                    else
                        figure_cell(&table, found.mean, &scale, errors);
                }
            }
            fc_table_print(&table, out, 0);
            fc_table_free(&table);
        }
    }
}

/* The means of the worst worlds, side by side, then the differences. */
static void print_tails(FILE *out, const struct fc_sides *s)
{
    struct fc_table table;
    uint64_t need = 0;
    fprintf(out, "\nmean of the worst %g %% of the worlds (expected shortfall)\n", 100 * s->tail);
    fc_table_start(&table, 2 * s->sides, 1);
    fc_table_cell(&table, "metric [unit]");
    for (int side = 0; side < s->sides; side++)
        fc_table_cell(&table, "%c", 'A' + side);
    for (int side = 1; side < s->sides; side++)
        fc_table_cell(&table, "%c - A", 'A' + side);
    for (int k = 0; k < s->count; k++) {
        char text[96];
        int i = s->order[k];
        if (fc_metric_find(s->metrics[0][i])->probability)
            continue;
        struct fc_scale scale = scale_of(s, i);
        name_cell(&table, s, i, &scale);
        for (int side = 0; side < s->sides; side++) {
            struct fc_estimate mean = fc_side_tail_of(s, side, i).mean;
            need = mean.refused && mean.need > need ? mean.need : need;
            fc_format_figure(mean.value, mean.error, &scale, text, sizeof text);
            fc_table_cell(&table, "%s", text);
        }
        for (int side = 1; side < s->sides; side++) {
            struct fc_side_tail tail = fc_side_tail_of(s, side, i);
            fc_format_figure(tail.difference, tail.error, &scale, text, sizeof text);
            fc_table_cell(&table, "%s%s", tail.difference > 0 && isfinite(tail.difference) ? "+" : "", text);
        }
    }
    fc_table_print(&table, out, 0);
    fc_table_free(&table);
    if (need) {
        char count[32];
        fc_format_count(need, count, sizeof count);
        fprintf(out, "n/a: fewer than 50 worlds lie in that tail; it needs -n %s\n", count);
    }
}

void fc_compare_print(FILE *out, const struct fc_sides *s, int width)
{
    char text[32];
    for (int side = 0; side < s->sides; side++)
        fprintf(out, "%c: %s (%s)\n", 'A' + side, s->scenario[side].name, s->paths[side]);
    fc_format_count(s->trials, text, sizeof text);
    fprintf(out, "%s trials each, seed %llu\n\n", text, (unsigned long long)s->scenario[0].seed);
    if (s->sides == 2)
        print_two(out, s, width);
    else
        print_many(out, s, width);
    if (s->tail > 0)
        print_tails(out, s);
    fputc('\n', out);
    fc_print_wrapped(
        out,
        "The same worlds meet all of them (common random numbers), so a difference is known better than "
        "either mean. 'A better': share of the worlds where A has the better value (lower for costs and "
        "times, higher for what one gets). '~': the mean difference lies within its 95 % interval, so "
        "neither is called better. of 55 %: mean of the share of the worlds that have a value; n/a: some have "
        "none, so there is no difference of means.",
        0, 2, width);
}

int fc_compare_print_json(const struct fc_analysis *analysis, const struct fc_sides *s,
                          struct fc_error *error)
{
    struct fc_writer *w;
    char digest[17];
    if (fc_analysis_write_start(&w, "compare", analysis, &s->scenario[0], s->trials, error))
        return -1;
    fc_write_text(w, "against", s->scenario[1].name);
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)s->scenario[1].compiled.input_digest);
    fc_write_text(w, "against_input_digest", digest);
    fc_write_list(w, "scenarios");
    for (int side = 0; side < s->sides; side++) {
        fc_write_map(w, NULL);
        fc_write_text(w, "name", s->scenario[side].name);
        snprintf(digest, sizeof digest, "%016llx",
                 (unsigned long long)s->scenario[side].compiled.input_digest);
        fc_write_text(w, "input_digest", digest);
        fc_write_end(w);
    }
    fc_write_end(w);
    if (s->tail > 0)
        fc_write_number(w, "tail_share", s->tail);
    fc_write_map(w, "metrics");
    for (int k = 0; k < s->count; k++) {
        int i = s->order[k];
        struct fc_side a = fc_side_of(s, 0, i), b = fc_side_of(s, 1, i);
        fc_write_map(w, s->names[i]);
        fc_write_text(w, "unit", fc_metric_find(s->metrics[0][i])->unit);
        if (s->sides == 2) { /* the form of earlier versions, beside the list of sides */
            fc_analysis_write_estimate(w, "mean_a", a.mean);
            fc_analysis_write_estimate(w, "mean_b", b.mean);
            fc_write_number(w, "difference", b.pair.mean);
            fc_write_number(w, "difference_se", b.pair.error);
            fc_write_number(w, "lo", b.pair.mean - FC_Z95 * b.pair.error);
            fc_write_number(w, "hi", b.pair.mean + FC_Z95 * b.pair.error);
            fc_write_number(w, "p_a_better", b.first_better);
            fc_write_number(w, "p_b_better", b.better);
            fc_write_flag(w, "within_noise", b.noise);
            fc_write_number(w, "p_equal", b.pair.equal);
        }
        fc_write_list(w, "sides");
        for (int side = 0; side < s->sides; side++) {
            struct fc_side found = fc_side_of(s, side, i);
            fc_write_map(w, NULL);
            fc_analysis_write_estimate(w, "mean", found.mean);
            if (s->tail > 0) {
                struct fc_side_tail tail = fc_side_tail_of(s, side, i);
                fc_analysis_write_estimate(w, "cvar_tail", tail.mean);
                fc_write_number(w, "cvar_tail_difference", tail.difference);
                fc_write_number(w, "cvar_tail_difference_se", tail.error);
            }
            if (side > 0) {
                fc_write_number(w, "difference", found.pair.mean);
                fc_write_number(w, "difference_se", found.pair.error);
                fc_write_number(w, "lo", found.pair.mean - FC_Z95 * found.pair.error);
                fc_write_number(w, "hi", found.pair.mean + FC_Z95 * found.pair.error);
                fc_write_number(w, "relative", found.pair.mean / fabs(a.mean.value));
                fc_write_number(w, "p_better", found.better);
                fc_write_number(w, "p_equal", found.pair.equal);
                fc_write_flag(w, "within_noise", found.noise);
            }
            fc_write_end(w);
        }
        fc_write_end(w);
        fc_write_end(w);
    }
    fc_write_end(w);
    return fc_analysis_write_end(w, error);
}
