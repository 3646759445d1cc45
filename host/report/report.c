/* report.c: see report.h. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/run/classes.h"
#include "chapters.h"
#include "host/base/fold.h"
#include "host/base/format.h"
#include "host/base/source.h"
#include "host/base/terminal.h"
#include "host/result/soundness.h"
#include "host/result/statistics.h"

enum { CELL_WIDTH = 12, PLOT_COLUMNS = 60, COLUMNS_MOST = FC_REPORT_QUANTILES + 10 };

bool fc_locale_is_utf8(void)
{
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8") ||
                   strstr(value, "utf-8");
    }
    return false;
}

static void pad(FILE *out, const char *text, int width, bool right)
{
    int space = width - fc_text_width(text);
    if (right)
        fprintf(out, "%*s%s", space > 0 ? space : 0, "", text);
    else
        fprintf(out, "%s%*s", text, space > 0 ? space : 0, "");
}

/* A column of figures. */
enum column_kind { COLUMN_MEAN, COLUMN_SD, COLUMN_QUANTILE, COLUMN_WORST };
struct column {
    enum column_kind kind;
    double p;
};

/* What the parts of a report share. */
struct printing {
    FILE *out;
    const struct fc_result *result;
    const struct fc_report_options *options;
    int width, name_width, share_at;
    struct column columns[COLUMNS_MOST];
    int column_count;
    uint64_t need;                  /* the most trials that a refused figure wants */
    bool heavy, capped, conditional, never; /* what the notes are to explain */
};

/* The columns for the width: mean, median and tails first, then what else there is room for; in the order of
 * a number line. */
static void choose_columns(struct printing *p)
{
    double tail = p->options->tail > 0 ? p->options->tail : 0.05;
    const struct column all[] = {
        {COLUMN_MEAN, 0},        {COLUMN_SD, 0},          {COLUMN_QUANTILE, 0.05}, {COLUMN_QUANTILE, 0.25},
        {COLUMN_QUANTILE, 0.50}, {COLUMN_QUANTILE, 0.75}, {COLUMN_QUANTILE, 0.90}, {COLUMN_QUANTILE, 0.95},
        {COLUMN_QUANTILE, 0.99}, {COLUMN_WORST, tail}};
    static const int orders[2][10] = {{4, 0, 6, 2, 7, 9, 1, 3, 5, 8}, {4, 0, 9, 6, 2, 7, 1, 3, 5, 8}};
    const int *wanted = orders[p->options->tail > 0]; /* into `all`, the most wanted first */
    enum { ALL = sizeof all / sizeof all[0] };
    p->name_width = p->width >= 100 ? 36 : 30;
    p->share_at = p->name_width - 8;
    int room = (p->width - p->name_width) / CELL_WIDTH;
    bool take[ALL] = {false};
    if (p->options->quantile_count) {
        p->columns[p->column_count++] = all[0];
        for (int q = 0; q < p->options->quantile_count; q++)
            p->columns[p->column_count++] = (struct column){COLUMN_QUANTILE, p->options->quantiles[q]};
        if (p->column_count < room || p->options->tail > 0)
            p->columns[p->column_count++] = all[ALL - 1];
        return;
    }
    for (int i = 0; i < ALL && i < room; i++)
        take[wanted[i]] = true;
    for (int i = 0; i < ALL; i++)
        if (take[i])
            p->columns[p->column_count++] = all[i];
}

static void column_head(const struct column *column, char *text, size_t size)
{
    if (column->kind == COLUMN_QUANTILE)
        snprintf(text, size, "P%g", 100 * column->p);
    else if (column->kind == COLUMN_WORST)
        snprintf(text, size, "worst %g %%", 100 * column->p);
    else
        snprintf(text, size, "%s", column->kind == COLUMN_MEAN ? "mean" : "sd");
}

/* A row under way. */
struct row {
    struct printing *p;
    int at;   /* columns printed */
    int cell; /* cells printed or left out */
};

static struct row begin_row(struct printing *p, const char *label)
{
    fputs(label, p->out);
    return (struct row){p, fc_text_width(label), 0};
}

/* Right-aligned in its column, a blank before it in any case; the error is left out where it does not fit. */
static void put_cell(struct row *row, char *text)
{
    int end = row->p->name_width + ++row->cell * CELL_WIDTH, space = end - row->at - fc_text_width(text);
    char *error = strstr(text, " ±");
    if (space < 1 && error) {
        *error = '\0';
        space = end - row->at - fc_text_width(text);
    }
    space = space > 1 ? space : 1;
    fprintf(row->p->out, "%*s%s", space, "", text);
    row->at += space + fc_text_width(text);
}

static void print_cell(struct row *row, struct fc_estimate figure, const struct fc_scale *scale)
{
    char text[96];
    fc_format_figure(figure.value, figure.error, scale, text, sizeof text);
    if (figure.refused && figure.need > row->p->need)
        row->p->need = figure.need;
    row->p->heavy = row->p->heavy || figure.why == FC_WHY_HEAVY;
    row->p->capped = row->p->capped || figure.why == FC_WHY_CAPPED;
    row->p->never = row->p->never || figure.why == FC_WHY_NEVER;
    put_cell(row, text);
}

static struct fc_estimate figure_of(const struct fc_tally_metric *m, const struct column *column, bool high)
{
    switch (column->kind) {
    case COLUMN_SD:
        return fc_statistics_sd(m);
    case COLUMN_QUANTILE:
        return fc_statistics_quantile(m, column->p);
    case COLUMN_WORST:
        return fc_statistics_cvar(m, column->p, high);
    case COLUMN_MEAN:
        break;
    }
    return fc_statistics_mean(m);
}

static double typical_size(const struct fc_tally_metric *m)
{
    double mean = fabs(fc_statistics_plain_mean(m));
    double low = fabs(fc_statistics_min(m)), high = fabs(fc_statistics_max(m));
    return mean > 0 ? mean : fmax(low, high);
}

static void metric_label(const struct fc_tally_metric *m, const struct fc_result *result,
                         struct fc_scale *scale, char *text, size_t size)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    char name[64];
    fc_metric_name(m->metric, result->run_flop, name, sizeof name);
    *scale = fc_scale_for(info->unit, typical_size(m));
    snprintf(text, size, *scale->unit ? "%s [%s]" : "%s", name, scale->unit);
}

static void print_heads(struct printing *p)
{
    fc_style(p->out, FC_STYLE_HEAD);
    struct row row = begin_row(p, "metric [unit]");
    for (int c = 0; c < p->column_count; c++) {
        char head[32];
        column_head(&p->columns[c], head, sizeof head);
        put_cell(&row, head);
    }
    fc_style(p->out, FC_STYLE_PLAIN);
    fputc('\n', p->out);
}

static bool is_part_of_time(int metric)
{
    return (metric >= FC_M_TIME_PRODUCTIVE_H && metric <= FC_M_TIME_PLANNED_H) ||
           metric == FC_M_TIME_SLOWDOWN_H || metric == FC_M_TIME_PROGRAMME_H;
}

/* Parts of the wall time of a run say which share of it they are, over all worlds; -1: m is none. The parts
 * sum to the time watched, also of worlds that do not end. */
static double share_of_wall(const struct fc_tally *tally, const struct fc_tally_metric *m)
{
    double whole = 0;
    if (!is_part_of_time(m->metric) || m->count == 0)
        return -1;
    for (int r = 0; r < tally->metric_count; r++)
        if (is_part_of_time(tally->metrics[r].metric) && tally->metrics[r].count > 0)
            whole += fc_statistics_plain_mean(&tally->metrics[r]);
    return whole > 0 ? fc_statistics_plain_mean(m) / whole : -1;
}

/* One row of figures. */
static void print_row(struct printing *p, const struct fc_tally_metric *m)
{
    const struct fc_result *result = p->result;
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    bool high = fc_metric_worst_is_high(m->metric, fc_metric_fixed_of_tally(&result->tally));
    double share = share_of_wall(&result->tally, m);
    struct fc_scale scale;
    char label[160];
    metric_label(m, result, &scale, label, sizeof label);
    if (share >= 0) {
        int width = fc_text_width(label);
        snprintf(label + strlen(label), 32, "%*s%5.1f %%", width < p->share_at ? p->share_at - width : 1, "",
                 100 * share);
    }
    struct row row = begin_row(p, label);
    if (m->count && m->min_key == m->max_key && !m->invalid) {
        char text[96];
        fc_format_figure(fc_statistics_min(m), 0, &scale, text, sizeof text);
        put_cell(&row, text);
        fputs(m->count > 1 ? "  in every trial\n" : "\n", p->out);
        return;
    }
    struct fc_estimate mean = fc_statistics_mean(m);
    for (int c = 0; c < p->column_count; c++)
        print_cell(&row, figure_of(m, &p->columns[c], high), &scale);
    fputc('\n', p->out);
    if (!m->invalid)
        return;
    p->conditional = true;
    double with = 100 * mean.share;
    char beyond[64] = "", missing[160];
    fc_statistics_missing(&result->tally, m, missing, sizeof missing);
    if (m->metric == FC_M_WALL_CLOCK_DAYS && result->longest_days > 0 && strstr(missing, info->missing))
        snprintf(beyond, sizeof beyond, " (longer than %.0f days)", result->longest_days);
    fc_style(p->out, FC_STYLE_WARN);
    fprintf(p->out, "  never in %.4g %% of the worlds: %s%s", 100 - with,
            missing, beyond);
    if (!mean.refused)
        fprintf(p->out, ";\n  mean and sd are of the %.4g %% that have one", with);
    fc_style(p->out, FC_STYLE_PLAIN);
    fputc('\n', p->out);
}

/* A line of explanation, wrapped to the width. */
static void note(const struct printing *p, const char *text)
{
    fc_style(p->out, FC_STYLE_QUIET);
    fc_print_wrapped(p->out, text, 0, 2, p->width);
    fc_style(p->out, FC_STYLE_PLAIN);
}

static void print_notes(struct printing *p)
{
    FILE *out = p->out;
    const struct fc_result *result = p->result;
    bool any = false, parts = false;
    for (int r = 0; r < result->tally.metric_count; r++) {
        const struct fc_tally_metric *m = &result->tally.metrics[r];
        any = any || (m->count > 0 && fc_metric_find(m->metric) && fc_metric_find(m->metric)->probability);
        parts = parts || (m->count > 0 && share_of_wall(&result->tally, m) >= 0);
    }
    fc_style(out, FC_STYLE_WARN);
    fc_print_overflowed(out, "WARNING: ", true, &result->tally);
    fc_style(out, FC_STYLE_PLAIN);
    if (parts)
        note(p, "time_..._h: with its share of the time watched, over all worlds; the parts sum to it");
    if (any)
        note(p, "P(): in brackets the 95 % interval of the simulation");
    if (p->conditional)
        note(p, "A world without a value counts as the worst in every quantile and tail mean ('never').");
    if (p->heavy)
        note(p, "n/a for a mean: ten worlds make up more than half of its variance, so its error is not "
                "known; read the "
                "quantiles");
    if (p->capped)
        note(p, "n/a for a rate of return: in some worlds it is at its cap, which stands for any value above, so it "
                "has no mean; read the quantiles");
    if (p->need) {
        char text[160], count[32];
        fc_format_count(p->need, count, sizeof count);
        snprintf(text, sizeof text, "n/a: fewer than 50 trials lie beyond that figure; it needs -n %s",
                 count);
        note(p, text);
    }
    note(p, "±: standard error of the simulation (the inputs are as certain as the scenario says)");
    if (p->options->tail > 0) {
        char text[160];
        snprintf(text, sizeof text,
                 "worst %g %%: mean of that share of the worlds (expected shortfall, CVaR): the highest costs and "
                 "times, the lowest yields",
                 100 * p->options->tail);
        note(p, text);
    } else {
        note(p, "worst 5 %: mean of the worst twentieth of the worlds (CVaR): the highest costs and times, the "
                "lowest yields");
    }
}

/* Counts of `columns` equal intervals between lo and hi; a bin that spans several shares itself out. */
static void rebin(const struct fc_tally_metric *m, double lo, double hi, double *counts, int columns)
{
    memset(counts, 0, (size_t)columns * sizeof *counts);
    double per = (double)columns / (hi - lo);
    for (uint32_t bin = fc_tally_bin(m->min_key); bin <= fc_tally_bin(m->max_key); bin++) {
        if (!m->bins[bin])
            continue;
        double a, b;
        fc_statistics_bin(m, bin, &a, &b);
        double from = (a - lo) * per, to = (b - lo) * per;
        if (!(to > from + 1e-9)) {
            int c = (int)floor(from);
            if (c >= 0 && c <= columns)
                counts[c == columns ? c - 1 : c] += (double)m->bins[bin];
            continue;
        }
        double density = (double)m->bins[bin] / (to - from);
        for (int c = from > 0 ? (int)from : 0; c < columns && c < to; c++)
            counts[c] += density * fmax(fmin(to, c + 1.0) - fmax(from, c), 0);
    }
}

static void print_histogram(struct printing *p, const struct fc_tally_metric *m)
{
    FILE *out = p->out;
    const struct fc_result *result = p->result;
    bool utf8 = p->options->utf8;
    int most_columns =
        p->width - p->name_width - 23 < PLOT_COLUMNS ? p->width - p->name_width - 23 : PLOT_COLUMNS;
    if (most_columns < 10)
        return;
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ".", ":", ":", "+", "+", "#", "#"};
    struct fc_estimate low = fc_statistics_quantile(m, 0.01), high = fc_statistics_quantile(m, 0.99);
    double lo = low.refused || !isfinite(low.value) ? fc_statistics_min(m) : low.value;
    double hi = high.refused || !isfinite(high.value) ? fc_statistics_max(m) : high.value;
    if (!(hi > lo))
        return;
    int columns = most_columns;
    if (fc_metric_find(m->metric)->whole) { /* as many whole numbers in each column */
        double width = ceil((hi - lo + 1) / most_columns);
        columns = (int)ceil((hi - lo + 1) / width);
        lo -= 0.5;
        hi = lo + columns * width;
    }
    double counts[PLOT_COLUMNS], most = 0;
    rebin(m, lo, hi, counts, columns);
    for (int c = 0; c < columns; c++)
        most = fmax(most, counts[c]);
    struct fc_scale scale;
    char label[128], left[48], right[48];
    metric_label(m, result, &scale, label, sizeof label);
    fc_format_number(lo / scale.factor, 3, left, sizeof left);
    fc_format_number(hi / scale.factor, 3, right, sizeof right);
    pad(out, label, p->name_width, false);
    pad(out, left, 9, true);
    fputs(" |", out);
    for (int c = 0; c < columns; c++) {
        int level = counts[c] > 0 ? 1 + (int)(7.999 * counts[c] / most) : 0;
        fputs((utf8 ? blocks : plain)[level > 8 ? 8 : level], out);
    }
    fprintf(out, "| %s\n", right);
    char marks[PLOT_COLUMNS + 1];
    memset(marks, ' ', PLOT_COLUMNS);
    marks[PLOT_COLUMNS] = '\0';
    const double at[] = {0.05, 0.5, 0.95};
    for (int i = 0; i < 3; i++) {
        struct fc_estimate q = fc_statistics_quantile(m, at[i]);
        int c = q.refused || !isfinite(q.value) ? -1 : (int)((q.value - lo) / (hi - lo) * columns);
        if (c >= 0 && c < columns)
            marks[c] = "5M9"[i];
    }
    for (int end = PLOT_COLUMNS; end > 0 && marks[end - 1] == ' '; end--)
        marks[end - 1] = '\0'; /* no blanks beyond the width */
    fprintf(out, "%*s%s\n", p->name_width + 11, "", marks);
}

/* "P(name)   84.3 % (83.9 to 84.7)   what it is", the text wrapped. */
static void probability_line(struct printing *p, const char *label, double value, double lo, double hi,
                             const char *what)
{
    char text[64];
    fc_format_probability(value, lo, hi, text, sizeof text);
    pad(p->out, label, p->name_width, false);
    int at = fc_text_width(label) > p->name_width ? fc_text_width(label) : p->name_width;
    int wide = fc_text_width(text) < 28 ? 28 : fc_text_width(text) + 1;
    fprintf(p->out, " %s", text);
    if (p->width - at - wide < 30) {
        fputs("\n    ", p->out);
        fc_print_wrapped(p->out, what, 4, 4, p->width);
        return;
    }
    fprintf(p->out, "%*s", wide - fc_text_width(text), "");
    fc_print_wrapped(p->out, what, at + wide + 1, at + wide + 1, p->width);
}

static void print_probability(struct printing *print, const struct fc_tally_metric *m)
{
    const struct fc_result *result = print->result;
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    double p, lo, hi;
    char goal[64] = "", what[240], size[64] = "";
    fc_statistics_probability(m, &p, &lo, &hi);
    if (m->metric == FC_M_DEADLINE_MET)
        snprintf(goal, sizeof goal, " (%g days)", result->deadline_days);
    if (m->metric == FC_M_BUDGET_MET) {
        struct fc_scale scale = fc_scale_for("USD", result->budget_usd);
        snprintf(goal, sizeof goal, " (%g %s)", result->budget_usd / scale.factor, scale.unit);
    }
    char label[160];
    bool of_a_size = m->metric >= FC_M_DEADLINE_MET && m->metric <= FC_M_BOTH_MET &&
                     fc_metric_fixed_of_tally(&result->tally) == FC_FIXED_MONEY;
    if (of_a_size && result->run_flop[0] > 0) { /* as the names of its other metrics write it */
        char name[64];
        fc_metric_name(FC_M_RUN_DAYS, result->run_flop, name, sizeof name);
        snprintf(size, sizeof size, ", for a run of %s FLOP", strchr(name, '@') + 1);
    }
    snprintf(label, sizeof label, "P(%s)%s", info->name, goal);
    snprintf(what, sizeof what, "%s%s", info->what, size);
    bool settled = info->input && strncmp(info->input, "finance.", 8) == 0;
    const char *input = fc_metric_fixed_by(&result->tally, m->metric);
    if (input && !settled) { /* an input given back */
        pad(print->out, label, print->name_width, false);
        snprintf(what, sizeof what, " not a result: it is %s given back, over the parts of the contract", input);
        fc_print_wrapped(print->out, what, print->name_width, print->name_width + 1, print->width);
        return;
    }
    if (input && (p < 0.01 || p > 0.99)) /* settled by one */
        snprintf(what, sizeof what, "%s; what is assumed in %s settles it, so it is less than a forecast", info->what,
                 input);
    probability_line(print, label, p, lo, hi, what);
    if (m->metric == FC_M_PAYS_BACK)
        probability_line(print, "P(never pays back)", 1 - p, 1 - hi, 1 - lo, "within the term");
    if (m->metric == FC_M_FITS && p < 1)
        note(print, "  The worlds in which the job does not fit count as failures of every goal and are in "
                    "no mean; change "
                    "the plan.");
}

/* Chances of at least 1, 2, 3 and 4 final runs of a size. Bins begin at each of these (host/result/tally.h), so nothing
 * is interpolated. */
static void print_chances_of_runs(struct printing *p, const struct fc_tally_metric *m)
{
    static const double least[] = {1, 2, 3, 4};
    uint64_t beyond[4] = {0};
    for (uint32_t bin = fc_tally_bin(m->min_key); m->count && bin <= fc_tally_bin(m->max_key); bin++) {
        double lo, hi;
        if (!m->bins[bin])
            continue;
        fc_statistics_bin(m, bin, &lo, &hi);
        for (int i = 0; i < 4; i++)
            beyond[i] += lo >= least[i] ? m->bins[bin] : 0;
    }
    char name[64], label[96];
    fc_metric_name(m->metric, p->result->run_flop, name, sizeof name);
    snprintf(label, sizeof label, "P(%s >= 1, 2, 3, 4)", name);
    pad(p->out, label, p->name_width, false);
    for (int i = 0; i < 4; i++) {
        char text[64];
        double share, lo, hi;
        fc_statistics_wilson((double)beyond[i], (double)fc_statistics_worlds(m), &share, &lo, &hi);
        fc_format_probability(share, lo, hi, text, sizeof text);
        *strchr(text, '(') = '\0'; /* the interval is a digit wide at most */
        fprintf(p->out, "%s%.*s", i ? ", " : " ", (int)strlen(text) - 1, text);
    }
    fputc('\n', p->out);
}

static bool shown(const struct fc_tally_metric *m, bool probability)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    return info && !info->probability == !probability && m->count + m->invalid > 0;
}

static bool is_class(const struct fc_metric_info *info)
{
    return info->when == FC_WHEN_FAILURE_CLASS;
}

static bool is_always_zero(const struct fc_tally_metric *m)
{
    return m->count && !m->invalid && m->min_key == m->max_key && fc_statistics_min(m) == 0;
}

/* The classes of interruptions, the most frequent first, each with its mean and P95 under those heads. */
static void print_classes(struct printing *p)
{
    const struct fc_result *result = p->result;
    const struct fc_tally_metric *order[FC_CLASS_COUNT];
    int count = 0;
    for (int r = 0; r < result->tally.metric_count; r++) {
        const struct fc_tally_metric *m = &result->tally.metrics[r];
        if (!shown(m, false) || !is_class(fc_metric_find(m->metric)) || is_always_zero(m))
            continue;
        int at = count++;
        for (; at > 0 && fc_statistics_plain_mean(order[at - 1]) < fc_statistics_plain_mean(m); at--)
            order[at] = order[at - 1];
        order[at] = m;
    }
    for (int i = 0; i < count; i++) {
        struct fc_scale scale;
        char label[160] = "  ";
        metric_label(order[i], result, &scale, label + 2, sizeof label - 2);
        struct row row = begin_row(p, label);
        for (int c = 0; c < p->column_count; c++) {
            bool stated = p->columns[c].kind == COLUMN_MEAN ||
                        (p->columns[c].kind == COLUMN_QUANTILE && p->columns[c].p > 0.5);
            if (stated)
                print_cell(&row, figure_of(order[i], &p->columns[c], true), &scale);
            else
                row.cell++;
        }
        fputc('\n', p->out);
    }
}

/* Adds a name to the last line of a chapter, which says what is 0 in every trial. */
static void print_zero(struct printing *p, const char *name, int *at)
{
    FILE *out = p->out;
    int width = (int)strlen(name) + 2;
    if (*at == 0)
        *at = fprintf(out, "  0 in every trial: ") - 2;
    else if (*at + width > p->width)
        *at = fprintf(out, ",\n    ") - 4;
    else
        fputs(", ", out);
    fputs(name, out);
    *at += width;
}

static bool asked_for(const struct fc_report_options *options, const struct fc_metric_info *info)
{
    for (int i = 0; i < options->only_count; i++)
        if (fc_metric_named(options->only[i], strcspn(options->only[i], "@")) == info)
            return true;
    return options->only_count == 0;
}

static void print_chapter_title(FILE *out, enum fc_chapter_id chapter)
{
    fputc('\n', out);
    fc_style(out, FC_STYLE_HEAD);
    fprintf(out, "-- %s", chapter == FC_CHAPTER_NONE ? "further figures" : fc_chapter_titles[chapter]);
    fc_style(out, FC_STYLE_PLAIN);
    fputc('\n', out);
}

/* One metric of a chapter, and what it is ordered by. */
struct place {
    const struct fc_metric_info *info;
    const struct fc_tally_metric *metric;
    double spread;
    int at; /* in the table */
};

static int by_name(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->info->name, y->info->name);
    return order ? order : x->at - y->at;
}

static int by_spread(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->spread != y->spread ? (x->spread < y->spread ? 1 : -1) : x->at - y->at;
}

/* sd over |mean|; below all others where there is none. */
static double relative_spread(const struct fc_tally_metric *m)
{
    struct fc_estimate mean = fc_statistics_mean(m), sd = fc_statistics_sd(m);
    return mean.refused || sd.refused || !(fabs(mean.value) > 0) ? -1 : sd.value / fabs(mean.value);
}

/* The metrics of a chapter in the order asked for; returns how many. */
static int places_of(const struct printing *p, enum fc_chapter_id chapter, struct place *places)
{
    const struct fc_tally *tally = &p->result->tally;
    bool contract = fc_metric_fixed_of_tally(tally) == FC_FIXED_MONEY;
    int count = 0;
    for (size_t i = 0; i < fc_metric_info_count; i++) {
        const struct fc_metric_info *info = &fc_metric_infos[i];
        if (fc_chapter_of(info, contract) != chapter || !asked_for(p->options, info))
            continue;
        for (int r = 0; r < tally->metric_count; r++) {
            const struct fc_tally_metric *metric = &tally->metrics[r];
            if (fc_metric_find(metric->metric) != info || !(shown(metric, false) || shown(metric, true)))
                continue;
            places[count] = (struct place){info, metric, relative_spread(metric), count};
            count++;
        }
    }
    if (p->options->sort != FC_SORT_TABLE)
        qsort(places, (size_t)count, sizeof *places, p->options->sort == FC_SORT_NAME ? by_name : by_spread);
    return count;
}

/* The figures of one chapter, or those that belong to none. */
static void print_run_power(const struct printing *p)
{
    double mw = fc_statistics_run_power_mw(&p->result->tally);
    char text[320], figure[32];
    if (mw < 0)
        return;
    fc_format_number(mw, 3, figure, sizeof figure);
    snprintf(text, sizeof text,
             "mean power while the run lasts: %s MW at the meter (mean energy over mean time): all GPUs that are paid "
             "for, spares included, with hosts, network and storage, times energy.load_factor and energy.pue; not the "
             "peak",
             figure);
    note(p, text);
}

static void print_chapter(struct printing *p, enum fc_chapter_id chapter)
{
    struct place places[FC_METRIC_COUNT];
    int count = places_of(p, chapter, places), zeros = 0;
    bool fold = chapter != FC_CHAPTER_NONE && fc_chapter_folds(chapter);
    if (count)
        print_chapter_title(p->out, chapter);
    for (int pass = 0; pass < 3; pass++) { /* figures, what is always 0, probabilities */
        for (int i = 0; i < count; i++) {
            const struct fc_metric_info *info = places[i].info;
            const struct fc_tally_metric *metric = places[i].metric;
            if (!shown(metric, pass == 2))
                continue;
            bool zero = fold && is_always_zero(metric);
            if (pass == 2)
                print_probability(p, metric);
            else if (pass == 1 && zero)
                print_zero(p, info->name, &zeros);
            else if (pass == 0 && !zero && !is_class(info))
                print_row(p, metric);
            if (pass == 0 && info->metric == FC_M_INTERRUPTIONS)
                print_classes(p);
            if (pass == 0 && info->metric == FC_M_RUNS_FINAL)
                print_chances_of_runs(p, metric);
        }
        if (pass == 1 && zeros)
            fputc('\n', p->out);
    }
    if (count && chapter == FC_CHAPTER_RUN_ENERGY)
        print_run_power(p);
}

static int read_sort(const char *text, struct fc_report_options *options, struct fc_error *error)
{
    static const char *const words[] = {"table", "name", "spread"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            options->sort = (enum fc_report_sort)i;
            return 0;
        }
    return fc_fail(error, FC_BAD_INPUT, "--sort '%.40s' is none of table, name, spread", text);
}

static int read_quantiles(const char *text, struct fc_report_options *options, struct fc_error *error)
{
    options->quantile_count = 0;
    for (const char *at = text; *at;) {
        char *end;
        double percent = strtod(at, &end);
        if (end == at || !(percent > 0 && percent < 100) || (*end && *end != ',') ||
            options->quantile_count == FC_REPORT_QUANTILES)
            return fc_fail(
                error, FC_BAD_INPUT,
                "--quantiles '%.60s' is not a list of at most %d percentages between 0 and 100; write for "
                "example 10,50,90",
                text, (int)FC_REPORT_QUANTILES);
        for (int q = 0; q < options->quantile_count; q++)
            if (options->quantiles[q] == percent / 100)
                return fc_fail(error, FC_BAD_INPUT, "--quantiles '%.60s': %g is there twice", text, percent);
        options->quantiles[options->quantile_count++] = percent / 100;
        at = *end ? end + 1 : end;
    }
    return options->quantile_count
               ? 0
               : fc_fail(error, FC_BAD_INPUT, "--quantiles is empty; write for example 10,50,90");
}

int fc_report_read_tail(const char *text, double *tail, struct fc_error *error)
{
    char *end;
    double percent = strtod(text, &end);
    end += strspn(end, " %");
    if (end == text || *end || !(percent > 0 && percent <= 50))
        return fc_fail(error, FC_BAD_INPUT,
                       "--tail '%.60s' is not a percentage above 0 and at most 50; write for example 1 for the mean of "
                       "the worst 1 %% of the worlds",
                       text);
    *tail = percent / 100;
    return 0;
}

static int add_only(const char *name, struct fc_report_options *options, struct fc_error *error)
{
    const char *names[FC_METRIC_COUNT];
    char hint[96], shown[64];
    if (options->only_count == FC_REPORT_ONLY)
        return fc_fail(error, FC_BAD_INPUT, "too many --only; at most %d", (int)FC_REPORT_ONLY);
    size_t length = strcspn(name, "@");
    if (!fc_metric_named(name, length)) {
        for (size_t i = 0; i < fc_metric_info_count; i++)
            names[i] = fc_metric_infos[i].name;
        fc_did_you_mean(hint, sizeof hint, name, length, names, fc_metric_info_count);
        return fc_fail(error, FC_BAD_INPUT, "--only: there is no metric '%s'%s (flopcast list metrics)",
                       fc_printable(shown, sizeof shown, name, strlen(name)), hint);
    }
    options->only[options->only_count++] = name;
    return 0;
}

int fc_report_check(const struct fc_report_options *options, const int32_t *metrics, int count,
                    struct fc_error *error)
{
    char shown[64];
    for (int i = 0; i < options->only_count; i++) {
        const char *name = options->only[i];
        const struct fc_metric_info *info = fc_metric_named(name, strcspn(name, "@"));
        int r = 0;
        while (r < count && fc_metric_find(metrics[r]) != info)
            r++;
        if (r == count)
            return fc_fail(error, FC_BAD_INPUT,
                           "--only: this scenario has no metric '%s' (flopcast show %s says what it is)",
                           fc_printable(shown, sizeof shown, name, strlen(name)), info->name);
    }
    return 0;
}

int fc_report_option(int option, const char *text, struct fc_report_options *options, struct fc_error *error)
{
    return option == FC_OPTION_QUANTILES ? read_quantiles(text, options, error)
           : option == FC_OPTION_TAIL    ? fc_report_read_tail(text, &options->tail, error)
           : option == FC_OPTION_ONLY    ? add_only(text, options, error)
           : option == FC_OPTION_SORT    ? read_sort(text, options, error)
                                         : 1;
}

static void print_histograms(struct printing *p)
{
    const struct fc_tally *tally = &p->result->tally;
    bool contract = fc_metric_fixed_of_tally(tally) == FC_FIXED_MONEY, any = false;
    for (int r = 0; r < tally->metric_count; r++) {
        const struct fc_tally_metric *m = &tally->metrics[r];
        const struct fc_metric_info *info = fc_metric_find(m->metric);
        bool in_contract = contract && info->contract_chapter != FC_CHAPTER_NONE;
        if (m->count == 0 || m->min_key == m->max_key || !asked_for(p->options, info) ||
            !(in_contract ? info->contract_picture : info->picture))
            continue;
        if (!any)
            fprintf(p->out, "\nfrom %s; below: 5 = P5, M = median, 9 = P95\n",
                    fc_statistics_quantile(m, 0.01).refused ? "the lowest to the highest value"
                                                            : "P1 to P99");
        any = true;
        print_histogram(p, m);
    }
}

static const char *as_worlds(double worlds, char *text, size_t size)
{
    if (!(worlds > 0) || worlds > 1e18)
        return "n/a";
    double unit = pow(10, floor(log10(worlds)) - 1); /* two digits: the error behind it is known to a fifth */
    fc_format_count((uint64_t)(round(worlds / unit) * unit), text, size);
    return text;
}

/* What quasi-Monte Carlo gained, of the first metric that a run is about. */
static void print_gain(struct printing *p)
{
    static const int wanted[] = {FC_M_NPV_USD, FC_M_COST_USD, FC_M_WALL_CLOCK_DAYS, FC_M_STEP_TIME_S};
    const struct fc_tally *tally = &p->result->tally;
    const struct fc_tally_metric *m = NULL;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && !m; i++)
        m = fc_tally_find(tally, wanted[i]);
    if (!tally->shifts || !m)
        return;
    char mean[32], p95[32];
    fprintf(p->out,
            "quasi-Monte Carlo, %d shifts of a lattice: for %s as good as about %s plain worlds in the mean and %s in P95\n",
            tally->shifts, fc_metric_find(m->metric)->name,
            as_worlds(fc_statistics_plain_worlds(m, (double)NAN), mean, sizeof mean),
            as_worlds(fc_statistics_plain_worlds(m, 0.95), p95, sizeof p95));
}

void fc_report_result(FILE *out, const struct fc_result *result, const struct fc_report_options *options)
{
    char trials[32];
    uint64_t n = fc_tally_trials(&result->tally);
    struct printing p = {.out = out, .result = result, .options = options};
    p.width = options->width ? options->width : fc_terminal_width();
    choose_columns(&p);
    fc_format_count(n, trials, sizeof trials);
    fprintf(out, "%s: %s trials, seed %llu\n\n", result->scenario_name, trials,
            (unsigned long long)result->seed);
    print_heads(&p);
    for (int c = 0; c < FC_CHAPTER_COUNT; c++)
        print_chapter(&p, (enum fc_chapter_id)c);
    print_chapter(&p, FC_CHAPTER_NONE);
    fputc('\n', out);
    print_notes(&p);
    print_gain(&p);
    print_histograms(&p);
    fprintf(out, "\nresult digest %016llx   input digest %016llx   model version %d\n",
            (unsigned long long)fc_tally_digest(&result->tally, result->seed),
            (unsigned long long)result->input_digest, result->model_version);
    fprintf(out, "%s, %.3g s, %.3g trials/s\n%s\n%s\n", result->devices, result->wall_s,
            result->wall_s > 0 ? (double)n / result->wall_s : 0, result->topology, result->build);
}
