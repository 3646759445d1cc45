/* report.c: see report.h. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/run/classes.h"
#include "chapters.h"
#include "host/base/format.h"
#include "host/result/soundness.h"
#include "host/result/statistics.h"

/* A row takes 120 columns; a long name takes its room from the first cell, which is right-aligned. */
enum { COLUMNS = 6, NAME_WIDTH = 36, CELL_WIDTH = 14, PLOT_COLUMNS = 60, LINE_WIDTH = 120, SHARE_AT = 28 };

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

/* A row under way. */
struct row {
    FILE *out;
    int at;         /* columns printed */
    int cell;       /* cells printed or left out */
    uint64_t *need; /* receives the trials that a thin figure wants */
};

static struct row begin_row(FILE *out, const char *label, uint64_t *need)
{
    fputs(label, out);
    return (struct row){out, fc_text_width(label), 0, need};
}

/* Right-aligned in its column, a blank before it in any case. */
static void put_cell(struct row *row, const char *text)
{
    int space = NAME_WIDTH + ++row->cell * CELL_WIDTH - row->at - fc_text_width(text);
    space = space > 1 ? space : 1;
    fprintf(row->out, "%*s%s", space, "", text);
    row->at += space + fc_text_width(text);
}

static void print_cell(struct row *row, const struct fc_tally_metric *m, struct fc_estimate figure,
                       const struct fc_scale *scale)
{
    char text[96];
    if (figure.refused) { /* worlds without a value are simulated in vain */
        double wanted = (double)figure.need * (double)(m->count + m->invalid) / (double)m->count;
        snprintf(text, sizeof text, "thin");
        if (wanted > (double)*row->need)
            *row->need = (uint64_t)wanted;
    } else {
        fc_format_figure(figure.value, figure.error, scale, text, sizeof text);
    }
    put_cell(row, text);
}

static double typical_size(const struct fc_tally_metric *m)
{
    double mean = fabs(fc_statistics_mean(m).value);
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

static void print_heads(FILE *out)
{
    const char *heads[COLUMNS] = {"mean", "sd", "P5", "P50", "P95", "worst 5 %"};
    struct row row = begin_row(out, "metric [unit]", NULL);
    for (int c = 0; c < COLUMNS; c++)
        put_cell(&row, heads[c]);
    fputc('\n', out);
}

/* Parts of the wall time of a run say which share of it they are, over all worlds; -1: m is none. */
static double share_of_wall(const struct fc_tally *tally, const struct fc_tally_metric *m)
{
    const struct fc_tally_metric *wall = fc_tally_find(tally, FC_M_WALL_CLOCK_DAYS);
    bool part = (m->metric >= FC_M_TIME_PRODUCTIVE_H && m->metric <= FC_M_TIME_PLANNED_H) ||
                m->metric == FC_M_TIME_SLOWDOWN_H;
    if (!part || !wall || wall->invalid || m->invalid || !(fc_statistics_mean(wall).value > 0))
        return -1;
    return fc_statistics_mean(m).value / (24 * fc_statistics_mean(wall).value);
}

/* One row of figures; *need receives the trials that a thin figure wants. */
static void print_row(FILE *out, const struct fc_result *result, const struct fc_tally_metric *m,
                      uint64_t *need)
{
    bool high = fc_metric_worst_is_high(m->metric, fc_metric_fixed_of_tally(&result->tally));
    double share = share_of_wall(&result->tally, m);
    struct fc_scale scale;
    char label[160];
    metric_label(m, result, &scale, label, sizeof label);
    if (share >= 0) {
        int width = fc_text_width(label);
        snprintf(label + strlen(label), 32, "%*s%5.1f %%", width < SHARE_AT ? SHARE_AT - width : 1, "",
                 100 * share);
    }
    struct row row = begin_row(out, label, need);
    if (m->min_key == m->max_key) {
        char text[96];
        fc_format_figure(fc_statistics_min(m), 0, &scale, text, sizeof text);
        put_cell(&row, text);
        fputs("  in every trial\n", out);
        return;
    }
    print_cell(&row, m, fc_statistics_mean(m), &scale);
    print_cell(&row, m, fc_statistics_sd(m), &scale);
    print_cell(&row, m, fc_statistics_quantile(m, 0.05), &scale);
    print_cell(&row, m, fc_statistics_quantile(m, 0.50), &scale);
    print_cell(&row, m, fc_statistics_quantile(m, 0.95), &scale);
    print_cell(&row, m, fc_statistics_cvar(m, 0.05, high), &scale);
    fputc('\n', out);
    if (m->invalid)
        fprintf(out, "  (has no value in %.4g %% of the worlds, which are left out)\n",
                100.0 * (double)m->invalid / (double)(m->invalid + m->count));
}

static void print_notes(FILE *out, const struct fc_result *result, uint64_t need)
{
    bool any = false, parts = false;
    for (int r = 0; r < result->tally.metric_count; r++) {
        const struct fc_tally_metric *m = &result->tally.metrics[r];
        any = any || (m->count > 0 && fc_metric_find(m->metric) && fc_metric_find(m->metric)->probability);
        parts = parts || (m->count > 0 && share_of_wall(&result->tally, m) >= 0);
    }
    fc_print_overflowed(out, "WARNING: ", true, &result->tally);
    if (parts)
        fputs("time_..._h: with its share of the wall time of all worlds; the parts sum to it\n", out);
    if (any)
        fputs("behind P(): the 95 % interval of the simulation\n", out);
    if (need) {
        char text[32];
        fc_format_count(need, text, sizeof text);
        fprintf(out, "thin: fewer than 50 trials lie beyond that figure; it needs -n %s\n", text);
    }
    fputs("±: standard error of the simulation (the inputs are as sure as the scenario says)\n"
          "worst 5 %: mean of the worst twentieth of the worlds (CVaR): the highest costs and times, the "
          "lowest yields\n",
          out);
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

static void print_histogram(FILE *out, const struct fc_tally_metric *m, const struct fc_result *result,
                            bool utf8)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ".", ":", ":", "+", "+", "#", "#"};
    struct fc_estimate low = fc_statistics_quantile(m, 0.01), high = fc_statistics_quantile(m, 0.99);
    double lo = low.refused ? fc_statistics_min(m) : low.value;
    double hi = high.refused ? fc_statistics_max(m) : high.value;
    if (!(hi > lo))
        return;
    int columns = PLOT_COLUMNS;
    if (fc_metric_find(m->metric)->whole) { /* as many whole numbers in each column */
        double width = ceil((hi - lo + 1) / PLOT_COLUMNS);
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
    pad(out, label, NAME_WIDTH, false);
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
        int c = q.refused ? -1 : (int)((q.value - lo) / (hi - lo) * columns);
        if (c >= 0 && c < columns)
            marks[c] = "5M9"[i];
    }
    fprintf(out, "%*s%s\n", NAME_WIDTH + 11, "", marks);
}

static void print_probability(FILE *out, const struct fc_result *result, const struct fc_tally_metric *m)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    double p, lo, hi;
    char goal[64] = "";
    fc_statistics_probability(m, &p, &lo, &hi);
    if (m->metric == FC_M_DEADLINE_MET)
        snprintf(goal, sizeof goal, " (%g days)", result->deadline_days);
    if (m->metric == FC_M_BUDGET_MET) {
        struct fc_scale scale = fc_scale_for("USD", result->budget_usd);
        snprintf(goal, sizeof goal, " (%g %s)", result->budget_usd / scale.factor, scale.unit);
    }
    char label[160], size[64] = "";
    bool of_a_size = m->metric >= FC_M_DEADLINE_MET && m->metric <= FC_M_BOTH_MET &&
                     fc_metric_fixed_of_tally(&result->tally) == FC_FIXED_MONEY;
    if (of_a_size && result->run_flop[0] > 0) { /* as the names of its other metrics write it */
        char name[64];
        fc_metric_name(FC_M_RUN_DAYS, result->run_flop, name, sizeof name);
        snprintf(size, sizeof size, ", for a run of %s FLOP", strchr(name, '@') + 1);
    }
    snprintf(label, sizeof label, "P(%s)%s", info->name, goal);
    pad(out, label, NAME_WIDTH, false);
    fprintf(out, "%8.2f %%   %.2f to %.2f %%   %s%s\n", 100 * p, 100 * lo, 100 * hi, info->what, size);
    if (m->metric == FC_M_PAYS_BACK) {
        pad(out, "P(never pays back)", NAME_WIDTH, false);
        fprintf(out, "%8.2f %%   %.2f to %.2f %%   within the term\n", 100 * (1 - p), 100 * (1 - hi),
                100 * (1 - lo));
    }
    if (m->metric == FC_M_FITS && p < 0.99)
        fputs("  the other figures include the worlds in which the job does not fit; change the plan\n", out);
}

/* Chances of at least 1, 2 and 4 final runs of a size. Bins end at powers of two (host/result/tally.h), so nothing
 * is interpolated. */
static void print_chances_of_runs(FILE *out, const struct fc_result *result, const struct fc_tally_metric *m)
{
    static const double least[] = {1, 2, 4};
    uint64_t beyond[3] = {0};
    for (uint32_t bin = fc_tally_bin(m->min_key); m->count && bin <= fc_tally_bin(m->max_key); bin++) {
        double lo, hi;
        if (!m->bins[bin])
            continue;
        fc_statistics_bin(m, bin, &lo, &hi);
        for (int i = 0; i < 3; i++)
            beyond[i] += lo >= least[i] ? m->bins[bin] : 0;
    }
    char name[64], label[96];
    fc_metric_name(m->metric, result->run_flop, name, sizeof name);
    snprintf(label, sizeof label, "P(%s >= 1, 2, 4)", name);
    pad(out, label, NAME_WIDTH, false);
    for (int i = 0; i < 3; i++)
        fprintf(out, "%s%.2f %%", i ? ", " : "  ", 100.0 * (double)beyond[i] / (double)m->count);
    fputc('\n', out);
}

static bool shown(const struct fc_tally_metric *m, bool probability)
{
    const struct fc_metric_info *info = fc_metric_find(m->metric);
    return info && !info->probability == !probability && m->count > 0;
}

static bool is_class(const struct fc_metric_info *info)
{
    return info->when == FC_WHEN_FAILURE_CLASS;
}

static bool is_always_zero(const struct fc_tally_metric *m)
{
    return m->min_key == m->max_key && fc_statistics_min(m) == 0;
}

/* The classes of interruptions, the most frequent first, each with its mean and P95 under those heads. */
static void print_classes(FILE *out, const struct fc_result *result, uint64_t *need)
{
    const struct fc_tally_metric *order[FC_CLASS_COUNT];
    int count = 0;
    for (int r = 0; r < result->tally.metric_count; r++) {
        const struct fc_tally_metric *m = &result->tally.metrics[r];
        if (!shown(m, false) || !is_class(fc_metric_find(m->metric)) || is_always_zero(m))
            continue;
        int at = count++;
        for (; at > 0 && fc_statistics_mean(order[at - 1]).value < fc_statistics_mean(m).value; at--)
            order[at] = order[at - 1];
        order[at] = m;
    }
    for (int i = 0; i < count; i++) {
        struct fc_scale scale;
        char label[160] = "  ";
        metric_label(order[i], result, &scale, label + 2, sizeof label - 2);
        struct row row = begin_row(out, label, need);
        print_cell(&row, order[i], fc_statistics_mean(order[i]), &scale);
        row.cell = 4;
        print_cell(&row, order[i], fc_statistics_quantile(order[i], 0.95), &scale);
        fputc('\n', out);
    }
}

/* Adds a name to the last line of a chapter, which says what is 0 in every trial. */
static void print_zero(FILE *out, const char *name, int *at)
{
    int width = (int)strlen(name) + 2;
    if (*at == 0)
        *at = fprintf(out, "  0 in every trial: ") - 2;
    else if (*at + width > LINE_WIDTH)
        *at = fprintf(out, ",\n    ") - 4;
    else
        fputs(", ", out);
    fputs(name, out);
    *at += width;
}

/* The figures of one chapter, or those that belong to none. */
static void print_chapter(FILE *out, const struct fc_result *result, enum fc_chapter_id chapter,
                          uint64_t *need)
{
    const struct fc_tally *tally = &result->tally;
    bool contract = fc_metric_fixed_of_tally(tally) == FC_FIXED_MONEY;
    bool fold = chapter != FC_CHAPTER_NONE && fc_chapter_folds(chapter), any = false;
    int zeros = 0;
    for (int pass = 0; pass < 3; pass++) { /* figures, what is always 0, probabilities */
        for (size_t i = 0; i < fc_metric_info_count; i++) {
            const struct fc_metric_info *info = &fc_metric_infos[i];
            if (fc_chapter_of(info, contract) != chapter)
                continue;
            for (int r = 0; r < tally->metric_count; r++) {
                const struct fc_tally_metric *metric = &tally->metrics[r];
                if (fc_metric_find(metric->metric) != info || !shown(metric, pass == 2))
                    continue;
                if (!any)
                    fprintf(out, "\n-- %s\n",
                            chapter == FC_CHAPTER_NONE ? "further figures" : fc_chapter_titles[chapter]);
                any = true;
                bool zero = fold && is_always_zero(metric);
                if (pass == 2)
                    print_probability(out, result, metric);
                else if (pass == 1 && zero)
                    print_zero(out, info->name, &zeros);
                else if (pass == 0 && !zero && !is_class(info))
                    print_row(out, result, metric, need);
                if (pass == 0 && info->metric == FC_M_INTERRUPTIONS)
                    print_classes(out, result, need);
                if (pass == 0 && info->metric == FC_M_RUNS_FINAL)
                    print_chances_of_runs(out, result, metric);
            }
        }
        if (pass == 1 && zeros)
            fputc('\n', out);
    }
}

static void print_figures(FILE *out, const struct fc_result *result)
{
    uint64_t need = 0;
    print_heads(out);
    for (int c = 0; c < FC_CHAPTER_COUNT; c++)
        print_chapter(out, result, (enum fc_chapter_id)c, &need);
    print_chapter(out, result, FC_CHAPTER_NONE, &need);
    fputc('\n', out);
    print_notes(out, result, need);
}

void fc_report_result(FILE *out, const struct fc_result *result, bool utf8)
{
    char trials[32];
    uint64_t n = fc_tally_trials(&result->tally);
    fc_format_count(n, trials, sizeof trials);
    fprintf(out, "%s: %s trials, seed %llu\n\n", result->scenario_name, trials,
            (unsigned long long)result->seed);
    bool contract = fc_metric_fixed_of_tally(&result->tally) == FC_FIXED_MONEY, any = false;
    print_figures(out, result);
    for (int r = 0; r < result->tally.metric_count; r++) {
        const struct fc_tally_metric *m = &result->tally.metrics[r];
        const struct fc_metric_info *info = fc_metric_find(m->metric);
        bool in_contract = contract && info->contract_chapter != FC_CHAPTER_NONE;
        if (m->count == 0 || m->min_key == m->max_key ||
            !(in_contract ? info->contract_picture : info->picture))
            continue;
        if (!any)
            fprintf(out, "\nfrom %s; below: 5 = P5, M = median, 9 = P95\n",
                    fc_statistics_quantile(m, 0.01).refused
                        ? "the lowest to the highest value (P1 and P99 are thin)"
                        : "P1 to P99");
        any = true;
        print_histogram(out, m, result, utf8);
    }
    fprintf(out, "\nresult digest %016llx   input digest %016llx   model version %d\n",
            (unsigned long long)fc_tally_digest(&result->tally, result->seed),
            (unsigned long long)result->input_digest, result->model_version);
    fprintf(out, "%s, %.3g s, %.3g trials/s\n%s\n%s\n", result->devices, result->wall_s,
            result->wall_s > 0 ? (double)n / result->wall_s : 0, result->topology, result->build);
}
