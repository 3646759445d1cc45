/* page_compare.c: the pages of a comparison: of scenarios on the same worlds, and of two results. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "page_parts.h"

enum { SIDES = 8, BARS = 24 };

static char letter(int side)
{
    return (char)('A' + side);
}

/* The scale of a metric over all sides: one unit for a whole row. */
static struct fc_scale scale_of(const struct fc_node *m)
{
    const struct fc_metric_info *info = fc_page_metric(m->key);
    double size = 0;
    if (info && info->probability)
        return (struct fc_scale){0.01, "%"};
    for (const struct fc_node *side = fc_node_first(m, "sides"); side; side = side->next)
        if (isfinite(fc_html_number(side, "mean")))
            size = fmax(size, fabs(fc_html_number(side, "mean")));
    for (const struct fc_node *side = fc_node_first(m, "sides"); side && size == 0; side = side->next)
        if (isfinite(fc_html_number(side, "difference"))) /* a mean that is refused may still have a difference */
            size = fabs(fc_html_number(side, "difference"));
    return fc_scale_for(info ? info->unit : "1", size);
}

static const struct fc_node *side_of(const struct fc_node *m, int side)
{
    const struct fc_node *at = fc_node_first(m, "sides");
    for (; at && side > 0; side--)
        at = at->next;
    return at;
}

/* What most readers ask first. */
static bool is_asked_for(const struct fc_metric_info *info)
{
    static const int wanted[] = {FC_M_WALL_CLOCK_DAYS, FC_M_COST_USD, FC_M_USEFUL_FLOP,  FC_M_NPV_USD,
                                 FC_M_RUN_COST_USD,    FC_M_BOTH_MET, FC_M_DEADLINE_MET, FC_M_PAYS_BACK};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (info->metric == wanted[i])
            return true;
    return false;
}

static void say_mean(FILE *out, const struct fc_node *m, const struct fc_node *side)
{
    const struct fc_metric_info *info = fc_page_metric(m->key);
    struct fc_scale scale = fc_scale_for(info ? info->unit : "1", fc_html_number(side, "mean"));
    if (info && info->probability) {
        fc_html_percent(out, side, "mean");
        return;
    }
    fc_html_figure_in_words(out, side, "mean", &scale);
}

/* One sentence per headline metric: where each side stands, and whether it is more than noise. */
static void say(FILE *out, const struct fc_node *m)
{
    char what[200];
    const struct fc_node *first = side_of(m, 0);
    fc_page_describe(m->key, what, sizeof what);
    what[0] = (char)toupper((unsigned char)what[0]);
    fc_html_say(out, "<p><span class=\"soft\">", "%s (mean): ", what);
    fputs("</span>A ", out);
    say_mean(out, m, first);
    int side = 1;
    for (const struct fc_node *s = first->next; s; s = s->next, side++) {
        const char *noise = fc_node_text(s, "within_noise");
        fprintf(out, "; %c ", letter(side));
        if (fc_html_number(s, "p_equal") == 1) {
            fputs("the same", out);
            continue;
        }
        say_mean(out, m, s);
        if (noise && strcmp(noise, "true") == 0) {
            fputs(" (within noise of A)", out);
            continue;
        }
        if (!isfinite(fc_html_number(s, "p_better")))
            continue;
        fputs(" (better than A in ", out);
        fc_html_percent(out, s, "p_better");
        fputs(" of the worlds)", out);
    }
    fputs(".</p>\n", out);
}

/* Relative differences from A with their 95 % intervals. */
static void plot_differences(FILE *out, const struct fc_node *root, int side)
{
    struct fc_bars_row rows[BARS];
    char shown[BARS][48], caption[160];
    int count = 0;
    const struct fc_node *names = fc_node_get(root, "scenarios");
    const struct fc_node *name = names->first;
    for (int i = 0; i < side && name; i++)
        name = name->next;
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m && count < BARS; m = m->next) {
        const struct fc_metric_info *info = fc_page_metric(m->key);
        const struct fc_node *s = side_of(m, side);
        double change = fc_html_number(s, "relative"), size = fabs(fc_html_number(side_of(m, 0), "mean"));
        if (!info || !info->headline || !isfinite(change) || change == 0 || !(size > 0))
            continue;
        fc_format_number(100 * change, 3, shown[count], sizeof shown[0] - 4);
        fc_format_group(shown[count], sizeof shown[0] - 4);
        strcat(shown[count], " %");
        rows[count] = (struct fc_bars_row){.label = m->key,
                                           .shown = shown[count],
                                           .value = fc_node_text(s, "relative"),
                                           .to = change,
                                           .lo = fc_html_number(s, "lo") / size,
                                           .hi = fc_html_number(s, "hi") / size,
                                           .class = "one"};
        count++;
    }
    if (count == 0)
        return;
    snprintf(caption, sizeof caption, "%c against A: change of the mean of %.60s", letter(side),
             name ? fc_node_text(name, "name") : "");
    fc_bars(out, caption, rows, count, 0);
}

static void plot_chances(FILE *out, const struct fc_node *m, int sides)
{
    struct fc_bars_row rows[SIDES];
    char shown[SIDES][48], labels[SIDES][4], caption[240];
    for (int i = 0; i < sides; i++) {
        const struct fc_node *s = side_of(m, i);
        snprintf(labels[i], sizeof labels[0], "%c", letter(i));
        snprintf(shown[i], sizeof shown[0], "%.2f %%", 100 * fc_html_number(s, "mean"));
        rows[i] = (struct fc_bars_row){.label = labels[i],
                                       .shown = shown[i],
                                       .value = fc_node_text(s, "mean"),
                                       .to = fc_html_number(s, "mean"),
                                       .lo = (double)NAN,
                                       .class = i ? "two" : "one"};
    }
    snprintf(caption, sizeof caption, "P(%s): %s", m->key, fc_page_metric(m->key)->what);
    fc_bars(out, caption, rows, sides, 0);
}

/* A difference that a metric's 24 bits cannot tell from none. */
static bool is_rounding(const struct fc_node *m, const struct fc_node *side)
{
    const char *noise = fc_node_text(side, "within_noise");
    return noise && strcmp(noise, "true") == 0 && fabs(fc_html_number(side, "relative")) < 0x1p-24 * 16 &&
           fabs(fc_html_number(side_of(m, 0), "mean")) > 0;
}

void fc_page_compare(FILE *out, const struct fc_node *root)
{
    const struct fc_node *scenarios = fc_node_get(root, "scenarios"), *metrics = fc_node_get(root, "metrics");
    int sides = (int)scenarios->count, at = 0;
    sides = sides < SIDES ? sides : SIDES;
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fputs("<ul>\n", out);
    for (const struct fc_node *s = scenarios->first; s; s = s->next, at++) {
        fprintf(out, "<li><b>%c</b> ", letter(at));
        fc_html_text(out, fc_node_text(s, "name"));
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
    bool few = metrics->count <= 4; /* named with --of */
    for (const struct fc_node *m = metrics->first; m; m = m->next) {
        const struct fc_metric_info *info = fc_page_metric(m->key);
        if (info && (info->headline || info->probability) && (few || is_asked_for(info)))
            say(out, m);
    }
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    for (int side = 1; side < sides; side++)
        plot_differences(out, root, side);
    for (const struct fc_node *m = metrics->first; m; m = m->next) {
        const struct fc_metric_info *info = fc_page_metric(m->key);
        if (info && info->probability &&
            (info->metric == FC_M_DEADLINE_MET || info->metric == FC_M_BUDGET_MET ||
             info->metric == FC_M_BOTH_MET || info->metric == FC_M_PAYS_BACK))
            plot_chances(out, m, sides);
    }
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The figures");
    char names[2 * SIDES][24];
    const char *heads[2 * SIDES + 2] = {"mean of"};
    int count = 1;
    for (int side = 0; side < sides; side++) {
        snprintf(names[2 * side], sizeof names[0], "%c", letter(side));
        heads[count++] = names[2 * side];
        if (side == 0)
            continue;
        snprintf(names[2 * side + 1], sizeof names[0], "%c - A", letter(side));
        heads[count++] = names[2 * side + 1];
    }
    heads[count] = NULL;
    fc_html_table(out, heads);
    for (const struct fc_node *m = metrics->first; m; m = m->next) {
        struct fc_scale scale = scale_of(m);
        fputs("<tr>", out);
        fc_page_metric_cell(out, m->key, scale.unit);
        int i = 0;
        for (const struct fc_node *s = fc_node_first(m, "sides"); s && i < sides; s = s->next, i++) {
            fputs("<td>", out);
            fc_html_figure(out, s, "mean", &scale, true);
            fputs("</td>", out);
            if (i == 0)
                continue;
            const char *noise = fc_node_text(s, "within_noise");
            fputs("<td>", out);
            if (fc_html_number(s, "p_equal") == 1 || is_rounding(m, s))
                fputs("the same", out);
            else
                fc_html_figure(out, s, "difference", &scale, true);
            if (fc_html_number(s, "p_equal") != 1 && noise && strcmp(noise, "true") == 0)
                fputs(is_rounding(m, s) ? "<small>but for rounding</small>" : "<small>within noise</small>", out);
            fputs("</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fc_html_table_end(out);
    fputs("<p class=\"fine\">All scenarios meet the same worlds (common random numbers), so a difference is "
          "known "
          "better than either figure. Within noise: the mean difference lies inside its 95 % interval.</p>\n",
          out);
    fc_html_section_end(out);
}

void fc_page_compare_results(FILE *out, const struct fc_node *root)
{
    static const char *const heads[] = {"figure",   "mean of A", "mean of B", "B - A %", "mean / se",
                                        "P50 / se", "KS",        "critical",  NULL};
    const char *same = fc_node_text(root, "identical"), *alike = fc_node_text(root, "indistinguishable");
    bool identical = same && strcmp(same, "true") == 0;
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fc_html_say(out, "<p>A: ", "%s", fc_node_text(fc_node_get(root, "a"), "file"));
    fc_html_say(out, "<br>B: ", "%s", fc_node_text(fc_node_get(root, "b"), "file"));
    fputs("</p>\n<p>", out);
    fputs(identical                             ? "The results are the same, bit for bit."
          : alike && strcmp(alike, "true") == 0 ? "The bits differ, but no metric differs statistically."
                                                : "The results differ statistically.",
          out);
    fputs("</p>\n", out);
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "The figures");
    fc_html_table(out, heads);
    for (const struct fc_node *m = fc_node_first(root, "metrics"); m; m = m->next) {
        const char *differs = fc_node_text(m, "differs");
        fputs("<tr>", out);
        fc_page_metric_cell(out, m->key, "");
        static const char *const keys[] = {"a_mean", "b_mean", "relative",   "mean_z",
                                           "p50_z",  "ks",     "ks_critical"};
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            fputs("<td>", out);
            fc_html_value(out, m, keys[i], i == 2 ? 100 : 1, 4);
            if (i == 6 && differs && strcmp(differs, "true") == 0)
                fputs("<small>differs</small>", out);
            fputs("</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fc_html_table_end(out);
    fc_html_section_end(out);
}
