/* page_run.c: the page of a run or a contract. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chapters.h"
#include "cuda/model/base/tally.h"
#include "page_parts.h"

enum { COLUMNS = 60, PICTURES = 4, BARS = 12 };

static const char *const scale_keys[] = {"p50", "p95", "mean", NULL};

static bool is_contract(const struct fc_node *root)
{
    return fc_node_find(root, "metrics.gpus_full_ramp") != NULL;
}

/* --- the answer --- */

/* One figure in the unit that suits it: 477 M USD beside 1.08 B USD. */
static void say_figure(FILE *out, const struct fc_node *m, const char *key)
{
    struct fc_scale scale = fc_scale_for(fc_page_metric(m->key)->unit, fc_html_number(m, key));
    fc_html_figure_in_words(out, m, key, &scale);
}

/* The median and the adverse tail of one metric as a sentence. */
static void say_metric(FILE *out, const struct fc_node *m)
{
    const struct fc_metric_info *info = fc_page_metric(m->key);
    const char *worst = fc_node_text(m, "worst");
    bool high = worst && strcmp(worst, "high") == 0;
    char what[200];
    if (info->metric == FC_M_WALL_CLOCK_DAYS) {
        fputs("<p>The training run ends within ", out);
        say_figure(out, m, "p50");
        fputs(" in half of the worlds, within ", out);
        say_figure(out, m, "p90");
        fputs(" in nine of ten, and within ", out);
        say_figure(out, m, "p95");
        fputs(" in nineteen of twenty.</p>\n", out);
        return;
    }
    if (fc_html_number(m, "min") == fc_html_number(m, "max") &&
        fc_html_number(m, "worlds_without_value") == 0) {
        fc_page_describe(m->key, what, sizeof what);
        what[0] = (char)toupper((unsigned char)what[0]);
        fc_html_say(out, "<p>", "%s: ", what);
        say_figure(out, m, "p50");
        fputs(" in every world.</p>\n", out);
        return;
    }
    fc_page_describe(m->key, what, sizeof what);
    what[0] = (char)toupper((unsigned char)what[0]);
    fc_html_say(out, "<p><span class=\"soft\">", "%s: ", what);
    fputs("</span>", out);
    say_figure(out, m, "p50");
    if (fc_html_is_never(m, "p50")) {
        fputs(" in the median world.</p>\n", out);
        return;
    }
    fputs(high ? " in the median world, at most " : " in the median world, at least ", out);
    say_figure(out, m, high ? "p90" : "p25");
    fputs(high ? " in nine worlds of ten and " : " in three worlds of four and ", out);
    say_figure(out, m, high ? "p95" : "p5");
    fputs(" in nineteen of twenty.</p>\n", out);
}

/* Of a contract: the size of the run that its goals are about, as the names of metrics write it; "" for a run. */
static const char *size_of_runs(const struct fc_node *root)
{
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next)
        if (strncmp(m->key, "run_days@", 9) == 0 || strncmp(m->key, "run_cost_usd@", 13) == 0)
            return strchr(m->key, '@') + 1;
    return "";
}

/* The goals: what is asked, and with what chance it is met. */
static void say_goals(FILE *out, const struct fc_node *root)
{
    const struct fc_node *tally = fc_node_get(root, "tally");
    for (const struct fc_node *p = fc_node_first(root, "probabilities"); p; p = p->next) {
        const struct fc_metric_info *info = fc_page_metric(p->key);
        if (!info || fc_node_get(p, "fixed_by"))
            continue;
        bool goal = info->metric == FC_M_DEADLINE_MET || info->metric == FC_M_BUDGET_MET ||
                    info->metric == FC_M_BOTH_MET;
        double chance = fc_html_number(p, "p");
        if (!goal && !(chance < 0.99)) /* said only where it is bad news */
            continue;
        fc_html_say(out, "<p>Chance that ", "%s", info->what);
        if (goal && *size_of_runs(root))
            fc_html_say(out, "", ", for a run of %s FLOP", size_of_runs(root));
        if (info->metric == FC_M_DEADLINE_MET) {
            fputs(" (", out);
            fc_html_value(out, tally, "deadline_days", 1, 4);
            fputs(" days)", out);
        }
        if (info->metric == FC_M_BUDGET_MET) {
            struct fc_scale scale = fc_scale_for("USD", fc_html_number(tally, "budget_usd"));
            fputs(" (", out);
            fc_html_figure_in_words(out, tally, "budget_usd", &scale);
            fputs(")", out);
        }
        fputs(": ", out);
        fc_html_probability(out, p);
        fputs(".</p>\n", out);
    }
}

static const struct fc_node *influence(const struct fc_node *assumption)
{
    const struct fc_node *found = fc_node_get(assumption, "influence");
    return found && found->kind == FC_NODE_MAP ? found : NULL;
}

/* The inputs that move the headline most, the strongest first. */
static int strongest(const struct fc_node *root, const struct fc_node **order, int most)
{
    int count = 0;
    const struct fc_node *all = fc_node_get(root, "assumptions");
    for (const struct fc_node *a = all ? all->first : NULL; a; a = a->next) {
        double rank = fabs(fc_html_number(influence(a), "rank_correlation"));
        if (!isfinite(rank))
            continue;
        int at = count < most ? count++ : most - 1;
        if (at == most - 1 && count == most && order[at] &&
            fabs(fc_html_number(influence(order[at]), "rank_correlation")) >= rank)
            continue;
        for (; at > 0 && fabs(fc_html_number(influence(order[at - 1]), "rank_correlation")) < rank; at--)
            order[at] = order[at - 1];
        order[at] = a;
    }
    return count;
}

/* The figure that influences are given for: the first of these that there is (host/analysis/influence.c). */
static const char *headline(const struct fc_node *root)
{
    static const char *const wanted[] = {"npv_usd",  "run_cost_usd",    "useful_flop",
                                         "cost_usd", "wall_clock_days", "step_time_s"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next)
            if (strncmp(m->key, wanted[i], strlen(wanted[i])) == 0 && strchr("@", m->key[strlen(wanted[i])]))
                return m->key;
    return "";
}

static void say_inputs(FILE *out, const struct fc_node *root)
{
    const struct fc_node *order[3] = {NULL};
    int count = strongest(root, order, 3);
    if (count == 0)
        return;
    fc_html_say(out, "<p>", "The forecast of %s rests most on ", headline(root));
    for (int i = 0; i < count; i++) {
        const char *from = fc_node_text(order[i], "from"), *grade = fc_node_text(order[i], "grade");
        fc_html_say(out, i == 0 ? "" : i == count - 1 ? " and " : ", ", "%s", order[i]->key);
        if (from && strcmp(from, "default") == 0)
            fc_html_say(out, " (a default", grade ? ", %s)" : ")%s", grade ? grade : "");
        else
            fputs(" (stated)", out);
    }
    fputs(".</p>\n", out);
    for (int i = 0; i < count; i++) {
        const char *decides = fc_node_text(influence(order[i]), "decides");
        if (decides && strcmp(decides, "true") == 0) {
            fc_html_say(out, "<p class=\"warning\"><b>", "%s", order[i]->key);
            fputs(
                "</b> decides the answer and is an estimate that nobody stated: state your own value.</p>\n",
                out);
        }
    }
}

/* What a person wants to know first: how long and at what cost; of a contract what it buys and earns; of a step its
 * time. */
static bool is_asked_for(const struct fc_node *root, const struct fc_metric_info *info)
{
    static const int wanted[] = {FC_M_WALL_CLOCK_DAYS, FC_M_COST_USD, FC_M_USEFUL_FLOP, FC_M_NPV_USD};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (info->metric == wanted[i])
            return true;
    bool has_run = fc_node_find(root, "metrics.cost_usd") != NULL;
    return !has_run && info->metric == FC_M_STEP_TIME_S;
}

static void print_answer(FILE *out, const struct fc_node *root)
{
    const char *description = fc_node_text(fc_node_get(root, "scenario"), "description");
    if (description) {
        fc_html_say(out, "<p class=\"soft\">", "%s", description);
        fputs("</p>\n", out);
    }
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    for (int part = 0; part < 2; part++) { /* what is asked for, then the rest in small print */
        fputs(part ? "<div class=\"more\">\n" : "", out);
        for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next) {
            const struct fc_metric_info *info = fc_page_metric(m->key);
            if (info && info->headline && (int)is_asked_for(root, info) == 1 - part)
                say_metric(out, m);
        }
        if (part == 0) {
            say_goals(out, root);
            say_inputs(out, root);
        }
        fputs(part ? "</div>\n" : "", out);
    }
    fc_html_section_end(out);
    fputs("</div>\n", out);
}

/* --- plots --- */

struct histogram {
    double lo, hi, most, counts[COLUMNS];
    int columns;
};

/* Walks over "bin:count bin:count ..."; returns false at the end. */
static bool next_bin(const char **at, uint32_t least, uint32_t most, double *lo, double *hi, double *count)
{
    char *end;
    if (!**at)
        return false;
    uint32_t bin = (uint32_t)strtoul(*at, &end, 10);
    *count = *end == ':' ? strtod(end + 1, &end) : 0;
    *at = end + strspn(end, " ");
    uint32_t first = fc_tally_bin_first(bin), last = fc_tally_bin_last(bin);
    *lo = (double)fc_tally_value(first < least ? least : first);
    *hi = (double)fc_tally_value(last > most ? most : last);
    return true;
}

/* Counts between the lowest and the highest 0.5 %, in equal columns; whole numbers keep columns of whole width. */
static bool histogram_of(const struct fc_node *m, bool whole, struct histogram *h)
{
    const char *bins = fc_node_text(m, "bins"), *at = bins;
    uint32_t least = (uint32_t)fc_html_number(m, "min_key"), most = (uint32_t)fc_html_number(m, "max_key");
    double all = fc_html_number(m, "count"), lo, hi, count, seen = 0;
    if (!bins || !(all > 0) || least == most)
        return false;
    *h = (struct histogram){.columns = COLUMNS, .lo = (double)NAN};
    while (next_bin(&at, least, most, &lo, &hi, &count)) {
        if (isnan(h->lo) && seen + count > 0.005 * all)
            h->lo = lo;
        if (seen < 0.995 * all)
            h->hi = hi;
        seen += count;
    }
    if (whole) {
        double width = ceil((h->hi - h->lo + 1) / COLUMNS);
        h->lo = floor(h->lo) - 0.5;
        h->columns = (int)ceil((ceil(h->hi) + 0.5 - h->lo) / width);
        h->columns = h->columns > COLUMNS ? COLUMNS : h->columns;
        h->hi = h->lo + h->columns * width;
    }
    if (!(h->hi > h->lo))
        return false;
    at = bins;
    while (next_bin(&at, least, most, &lo, &hi, &count)) {
        double per = h->columns / (h->hi - h->lo), from = (lo - h->lo) * per, to = (hi - h->lo) * per;
        if (to < from + 1e-9)
            to = from + 1e-9;
        for (int c = from > 0 ? (int)from : 0; c < h->columns && c < to; c++) {
            double part = (fmin(to, c + 1.0) - fmax(from, c)) / (to - from);
            h->counts[c] += part > 0 ? count * part : 0;
        }
    }
    for (int c = 0; c < h->columns; c++)
        h->most = fmax(h->most, h->counts[c]);
    return h->most > 0;
}

static void plot_distribution(FILE *out, const struct fc_node *root, const struct fc_node *m)
{
    static const char *const marks[] = {"p5", "p50", "p90", "p95"}, *const heads[] = {"P5", "P50", "P90",
                                                                                      "P95"};
    const struct fc_metric_info *info = fc_page_metric(m->key);
    struct histogram h;
    char path[120], caption[300], what[200], unit[48];
    snprintf(path, sizeof path, "%s", m->key);
    const struct fc_node *bins = fc_node_get(fc_node_find(root, "tally.metrics"), path);
    if (!histogram_of(bins, info->whole, &h))
        return;
    struct fc_scale scale = fc_page_scale(m, info->unit, scale_keys);
    fc_page_describe(m->key, what, sizeof what);
    snprintf(caption, sizeof caption, "%s: %s", m->key, what);
    snprintf(unit, sizeof unit, "%s", *scale.unit ? scale.unit : "");
    struct fc_plot plot;
    fc_plot_open(&plot, out, caption, 210, 3);
    fc_plot_x(&plot, h.lo / scale.factor, h.hi / scale.factor, false, unit);
    plot.y1 = h.most;
    for (int c = 0; c < h.columns; c++) {
        double width = (h.hi - h.lo) / h.columns, from = h.lo + c * width;
        if (h.counts[c] > 0)
            fc_plot_rectangle(&plot, "band", from / scale.factor, (from + width) / scale.factor, 0,
                              h.counts[c]);
    }
    for (int i = 0; i < 4; i++) {
        double value = fc_html_number(m, marks[i]) / scale.factor;
        char label[48], number[32];
        fc_format_number(value, 3, number, sizeof number);
        fc_format_group(number, sizeof number);
        snprintf(label, sizeof label, "%s %s", heads[i], number);
        if (isfinite(value) && value >= h.lo / scale.factor && value <= h.hi / scale.factor)
            fc_plot_mark(&plot, value, label, fc_node_text(m, marks[i]));
    }
    fc_plot_close(&plot);
}

static bool is_part_of_time(const struct fc_metric_info *info)
{
    return (info->metric >= FC_M_TIME_PRODUCTIVE_H && info->metric <= FC_M_TIME_PLANNED_H) ||
           info->metric == FC_M_TIME_SLOWDOWN_H;
}

/* What plot_parts shows: hours by part, or interruptions by cause. */
static bool is_part(const struct fc_node *m, bool classes)
{
    const struct fc_metric_info *info = fc_page_metric(m->key);
    return info && (classes ? info->when == FC_WHEN_FAILURE_CLASS : is_part_of_time(info));
}

/* The mean, unless that of a part is refused in so few worlds: it would be missing among the others. */
static const char *figure_of_parts(const struct fc_node *root, bool classes)
{
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next)
        if (is_part(m, classes) && !isfinite(fc_html_number(m, "mean")) && fc_html_number(m, "p50") > 0)
            return "p50";
    return "mean";
}

/* Hours by part, the largest first, behind "CAPTION: mean " or "median ". `classes`: interruptions by cause instead. */
static void plot_parts(FILE *out, const struct fc_node *root, const char *caption, const char *of, bool classes)
{
    const char *figure = figure_of_parts(root, classes);
    char heading[160];
    snprintf(heading, sizeof heading, "%s: %s %s", caption, strcmp(figure, "mean") == 0 ? "mean" : "median", of);
    struct fc_bars_row rows[BARS];
    char shown[BARS][48], labels[BARS][120];
    int count = 0;
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next) {
        const struct fc_metric_info *info = fc_page_metric(m->key);
        double mean = fc_html_number(m, figure);
        if (!is_part(m, classes) || !(mean > 0))
            continue;
        int at = count;
        while (at > 0 && rows[at - 1].to < mean)
            at--;
        if (at == BARS)
            continue;
        count += count < BARS;
        for (int k = count - 1; k > at; k--) {
            rows[k] = rows[k - 1];
            memcpy(shown[k], shown[k - 1], sizeof shown[0]);
            memcpy(labels[k], labels[k - 1], sizeof labels[0]);
        }
        struct fc_scale scale = fc_scale_for(info->unit, mean);
        fc_format_number(mean / scale.factor, 3, shown[at], sizeof shown[0]);
        fc_format_group(shown[at], sizeof shown[0]);
        snprintf(shown[at] + strlen(shown[at]), 16, *scale.unit ? " %s" : "%s", scale.unit);
        snprintf(labels[at], sizeof labels[0], "%s", info->what);
        rows[at] = (struct fc_bars_row){.to = mean,
                                        .value = fc_node_text(m, figure),
                                        .lo = (double)NAN,
                                        .class = info->metric == FC_M_TIME_PRODUCTIVE_H ? "one" : "two"};
    }
    for (int i = 0; i < count; i++) {
        rows[i].label = labels[i];
        rows[i].shown = shown[i];
    }
    if (count > 1)
        fc_bars(out, heading, rows, count, 0);
}

static void plot_inputs(FILE *out, const struct fc_node *root)
{
    const struct fc_node *order[8] = {NULL};
    struct fc_bars_row rows[8];
    char shown[8][48], caption[160];
    int count = strongest(root, order, 8);
    for (int i = 0; i < count; i++) {
        double rank = fc_html_number(influence(order[i]), "rank_correlation");
        snprintf(shown[i], sizeof shown[0], "%+.2f", rank);
        rows[i] = (struct fc_bars_row){.label = order[i]->key,
                                       .shown = shown[i],
                                       .value = fc_node_text(influence(order[i]), "rank_correlation"),
                                       .to = rank,
                                       .lo = (double)NAN,
                                       .class = rank < 0 ? "two" : "one"};
    }
    snprintf(caption, sizeof caption, "What %s rests on: rank correlation with each input", headline(root));
    if (count > 0)
        fc_bars(out, caption, rows, count, 0);
}

static void plot_probabilities(FILE *out, const struct fc_node *root)
{
    struct fc_bars_row rows[BARS];
    char shown[BARS][64];
    int count = 0;
    for (const struct fc_node *p = fc_node_first(root, "probabilities"); p && count < BARS;
         p = p->next) {
        const struct fc_metric_info *info = fc_page_metric(p->key);
        if (!info || fc_node_get(p, "fixed_by"))
            continue;
        double lo = fc_html_number(p, "lo"), hi = fc_html_number(p, "hi");
        fc_format_probability(fc_html_number(p, "p"), lo, hi, shown[count], sizeof shown[0]);
        shown[count][strcspn(shown[count], "(") - 1] = '\0';
        rows[count] = (struct fc_bars_row){.label = info->what,
                                           .shown = shown[count],
                                           .value = fc_node_text(p, "p"),
                                           .to = fc_html_number(p, "p"),
                                           .lo = lo,
                                           .hi = hi,
                                           .class = "one"};
        count++;
    }
    if (count > 0)
        fc_bars(out, "Chances: with the 95 % interval of the simulation", rows, count, 0);
}

static void print_plots(FILE *out, const struct fc_node *root)
{
    bool contract = is_contract(root);
    int pictures = 0;
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m && pictures < PICTURES;
         m = m->next) {
        const struct fc_metric_info *info = fc_page_metric(m->key);
        if (!info || !(contract ? info->contract_picture : info->picture))
            continue;
        plot_distribution(out, root, m);
        pictures++;
    }
    if (fc_node_get(root, "months"))
        fc_page_flow_fans(out, fc_node_get(root, "months"), true);
    if (fc_node_get(root, "course"))
        fc_page_course(out, fc_node_get(root, "course"));
    plot_parts(out, root, "Where the time goes", "over the worlds", false);
    plot_inputs(out, root);
    plot_probabilities(out, root);
    plot_parts(out, root, "What stops the job", "number of interruptions by cause", true);
    fputs("</div>\n", out);
    fc_html_section_end(out);
}

/* --- tables --- */

static void print_row(FILE *out, const struct fc_node *m)
{
    static const char *const keys[] = {"p5", "p50", "p90", "p95", "cvar_worst5"};
    const struct fc_metric_info *info = fc_page_metric(m->key);
    struct fc_scale scale = fc_page_scale(m, info ? info->unit : "1", scale_keys);
    fputs("<tr>", out);
    fc_page_metric_cell(out, m->key, scale.unit);
    fputs("<td>", out);
    fc_html_figure(out, m, "mean", &scale, true);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        fputs("</td><td>", out);
        fc_html_figure(out, m, keys[i], &scale, i < 4);
    }
    fputs("</td></tr>\n", out);
}

static void print_chapter(FILE *out, const struct fc_node *root, enum fc_chapter_id chapter)
{
    static const char *const heads[] = {"figure", "mean", "P5", "P50", "P90", "P95", "worst 5 %", NULL};
    bool any = false, contract = is_contract(root);
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next) {
        const struct fc_metric_info *info = fc_page_metric(m->key);
        if ((info ? fc_chapter_of(info, contract) : FC_CHAPTER_NONE) != chapter)
            continue;
        if (!isfinite(fc_html_number(m, "max")) ||
            (fc_html_number(m, "min") == 0 && fc_html_number(m, "max") == 0))
            continue; /* nothing in it */
        if (!any) {
            const char *title = chapter == FC_CHAPTER_NONE ? "further figures" : fc_chapter_titles[chapter];
            fc_html_say(out, "<h3>", "%s", title);
            fputs("</h3>\n", out);
            fc_html_table(out, heads);
        }
        any = true;
        print_row(out, m);
    }
    if (any)
        fc_html_table_end(out);
}

static void print_chances(FILE *out, const struct fc_node *root)
{
    static const char *const heads[] = {"chance", "with its 95 % interval", NULL};
    const struct fc_node *all = fc_node_get(root, "probabilities");
    if (!all->first)
        return;
    fputs("<h3>chances</h3>\n", out);
    fc_html_table(out, heads);
    for (const struct fc_node *p = all->first; p; p = p->next) {
        const char *fixed = fc_node_text(p, "fixed_by");
        fputs("<tr>", out);
        fc_page_metric_cell(out, p->key, "");
        fputs("<td>", out);
        fc_html_probability(out, p);
        if (fixed)
            fc_html_say(out, "<small>", "decided by %s, so no forecast", fixed);
        fputs(fixed ? "</small></td></tr>\n" : "</td></tr>\n", out);
    }
    fc_html_table_end(out);
}

void fc_page_run(FILE *out, const struct fc_node *root)
{
    print_answer(out, root);
    print_plots(out, root);
    fc_html_section(out, "The figures");
    for (int c = 0; c < FC_CHAPTER_COUNT; c++)
        print_chapter(out, root, (enum fc_chapter_id)c);
    print_chapter(out, root, FC_CHAPTER_NONE);
    print_chances(out, root);
    fputs("<p class=\"fine\">worst 5 %: mean of the worst twentieth of the worlds. Figures that are 0 in "
          "every world "
          "are left out.</p>\n",
          out);
    fc_html_section_end(out);
}
