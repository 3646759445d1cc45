/* page_explain.c: the page of explain: tornado, Sobol indices, the worst worlds. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

enum { BARS = 12 };

static double tornado_size(const struct fc_node *bar)
{
    double swing = fabs(fc_html_number(bar, "swing"));
    double medians = fabs(fc_html_number(bar, "p50_at_p95") - fc_html_number(bar, "p50_at_p5"));
    return isfinite(swing) ? swing : medians;
}

/* Bars from the median with the input at its P5 to the one with it at its P95. */
static void plot_tornado(FILE *out, const struct fc_node *list, const struct fc_scale *scale,
                         const char *label)
{
    struct fc_bars_row rows[BARS];
    char shown[BARS][80], caption[200];
    double middle = 0;
    int count = 0, known = 0;
    for (const struct fc_node *bar = list->first; bar && count < BARS; bar = bar->next) {
        double low = fc_html_number(bar, "p50_at_p5") / scale->factor,
               high = fc_html_number(bar, "p50_at_p95") / scale->factor;
        char from[32], to[32];
        if (isfinite(low) && isfinite(high)) {
            middle += 0.5 * (low + high);
            known++;
        }
        fc_format_number(low, 3, from, sizeof from);
        fc_format_number(high, 3, to, sizeof to);
        snprintf(shown[count], sizeof shown[0], "%s to %s", from, to);
        rows[count] = (struct fc_bars_row){.label = fc_node_text(bar, "name"),
                                           .shown = shown[count],
                                           .value = fc_node_text(bar, "p50_at_p5"),
                                           .from = low,
                                           .to = high,
                                           .lo = (double)NAN,
                                           .class = high < low ? "two" : "one"};
        count++;
    }
    if (known == 0)
        return;
    snprintf(caption, sizeof caption, "Tornado: median of %.60s with each input at its P5 and at its P95",
             label);
    /* bars need not begin at 0: they hang around the middle of all */
    fc_bars(out, caption, rows, count, middle / known);
}

static void plot_indices(FILE *out, const struct fc_node *list)
{
    struct fc_bars_row rows[BARS];
    char shown[BARS][48];
    int count = 0;
    for (const struct fc_node *s = list->first; s; s = s->next) {
        double total = fc_html_number(s, "total"), error = fc_html_number(s, "total_se");
        if (!isfinite(total))
            continue;
        int at = count < BARS ? count++ : BARS;
        while (at > 0 && rows[at - 1].to < total)
            at--;
        if (at == BARS)
            continue;
        for (int k = count - 1; k > at; k--)
            rows[k] = rows[k - 1];
        rows[at] = (struct fc_bars_row){.label = fc_node_text(s, "name"),
                                        .value = fc_node_text(s, "total"),
                                        .to = total,
                                        .lo = fmax(0, total - 1.96 * error),
                                        .hi = total + 1.96 * error,
                                        .class = "one"};
    }
    for (int i = 0; i < count; i++) {
        snprintf(shown[i], sizeof shown[0], "%.3f", rows[i].to);
        rows[i].shown = shown[i];
    }
    if (count > 0)
        fc_bars(out, "Sobol indices: share of the variance, in total, with the 95 % interval", rows, count,
                0);
}

void fc_page_plot_shifts(FILE *out, const struct fc_node *list, const char *caption)
{
    struct fc_bars_row rows[BARS];
    char shown[BARS][48];
    int count = 0;
    for (const struct fc_node *s = list->first; s && count < BARS; s = s->next) {
        double shift = fc_html_number(s, "shift");
        const char *kind = fc_node_text(s, "kind");
        if (!isfinite(shift) || !kind || strcmp(kind, "input") != 0)
            continue;
        snprintf(shown[count], sizeof shown[0], "%+.2f", shift);
        rows[count] = (struct fc_bars_row){.label = fc_node_text(s, "name"),
                                           .shown = shown[count],
                                           .value = fc_node_text(s, "shift"),
                                           .to = shift,
                                           .lo = (double)NAN,
                                           .class = shift < 0 ? "two" : "one"};
        count++;
    }
    if (count > 0)
        fc_bars(out, caption, rows, count, 0);
}

void fc_page_shifts(FILE *out, const struct fc_node *list, const char *head)
{
    static const char *const keys[] = {"mean", "mean_all", NULL};
    const char *const heads[] = {head, "mean there", "mean in all", "shift in sd", NULL};
    enum { MOST = 20 };
    struct fc_scale plain = {1, ""};
    int rows = 0;
    fc_html_table(out, heads);
    for (const struct fc_node *s = list->first; s && rows < MOST; s = s->next, rows++) {
        struct fc_scale scale = fc_page_scale(s, fc_node_text(s, "unit"), keys);
        fc_html_say(out, "<tr><td>", *scale.unit ? "%s [%s]" : "%s", fc_node_text(s, "name"), scale.unit);
        fputs("</td><td>", out);
        fc_html_value(out, s, "mean", 1 / scale.factor, 4);
        fputs("</td><td>", out);
        fc_html_value(out, s, "mean_all", 1 / scale.factor, 4);
        fputs("</td><td>", out);
        fc_html_figure(out, s, "shift", &plain, true);
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
}

void fc_page_explain(FILE *out, const struct fc_node *root)
{
    static const char *const bar_heads[] = {
        "input", "P5", "P95", "mean at P5", "mean at P95", "swing", "rank correlation", NULL};
    static const char *const index_heads[] = {"input or group", "first order", "total", NULL};
    const char *metric = fc_node_text(root, "metric"), *unit = fc_node_text(root, "unit");
    const struct fc_node *tornado = fc_node_get(root, "tornado"), *sobol = fc_node_get(root, "sobol"),
                         *worst = fc_node_get(root, "worst");
    worst = fc_node_get(worst, "shifts") ? worst : NULL;
    const struct fc_metric_info *info = fc_page_metric(metric);
    double size = 0;
    for (const struct fc_node *bar = tornado ? tornado->first : NULL; bar; bar = bar->next)
        size = fmax(
            size, isfinite(fc_html_number(bar, "p50_at_p95")) ? fabs(fc_html_number(bar, "p50_at_p95")) : 0);
    struct fc_scale scale =
        info && info->probability ? (struct fc_scale){0.01, "%"} : fc_scale_for(unit, size);
    char label[160], what[200];
    snprintf(label, sizeof label, *scale.unit ? "%s [%s]" : "%s", metric, scale.unit);
    fc_page_describe(metric, what, sizeof what);
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fc_html_say(out, "<p>What moves ", "%s (%s)?", metric, what);
    fputs("</p>\n", out);
    int said = 0;
    for (const struct fc_node *bar = tornado ? tornado->first : NULL; bar && said < 3;
         bar = bar->next, said++) {
        fc_html_say(out, "<p><b>", "%s", fc_node_text(bar, "name"));
        fputs("</b>: ", out);
        if (tornado_size(bar) > 0 || fc_html_is_never(bar, "p50_at_p5")) {
            fputs("the median goes from ", out);
            fc_html_figure_in_words(out, bar, "p50_at_p5", &scale);
            fputs(" to ", out);
            fc_html_figure_in_words(out, bar, "p50_at_p95", &scale);
        }
        fputs(" as the input goes from ", out);
        fc_html_value(out, bar, "p5", 1, 4);
        fputs(" to ", out);
        fc_html_value(out, bar, "p95", 1, 4);
        const char *input_unit = fc_node_text(bar, "unit");
        fc_html_say(out, " ", "%s", input_unit && strcmp(input_unit, "1") != 0 ? input_unit : "");
        fputs(" (its P5 and P95).</p>\n", out);
    }
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    if (tornado)
        plot_tornado(out, tornado, &scale, label);
    if (sobol)
        plot_indices(out, sobol);
    if (fc_node_first(worst, "shifts"))
        fc_page_plot_shifts(
            out, fc_node_get(worst, "shifts"),
            "The worst 5 % of the worlds: how far each input lies from its mean, in standard deviations");
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The figures");
    if (tornado) {
        fc_html_say(out, "<h3>", "tornado of %s", label);
        fputs("</h3>\n", out);
        fc_html_table(out, bar_heads);
        for (const struct fc_node *bar = tornado->first; bar; bar = bar->next) {
            const char *input_unit = fc_node_text(bar, "unit");
            fc_html_say(out, "<tr><td>", input_unit && strcmp(input_unit, "1") != 0 ? "%s [%s]" : "%s",
                        fc_node_text(bar, "name"), input_unit);
            fputs("</td><td>", out);
            fc_html_value(out, bar, "p5", 1, 4);
            fputs("</td><td>", out);
            fc_html_value(out, bar, "p95", 1, 4);
            fputs("</td><td>", out);
            fc_html_figure(out, bar, "mean_at_p5", &scale, true);
            fputs("</td><td>", out);
            fc_html_figure(out, bar, "mean_at_p95", &scale, true);
            fputs("</td><td>", out);
            fc_html_figure(out, bar, "swing", &scale, true);
            fputs("</td><td>", out);
            fc_html_value(out, bar, "rank_correlation", 1, 2);
            fputs("</td></tr>\n", out);
        }
        fc_html_table_end(out);
    }
    struct fc_scale plain = {1, ""};
    if (sobol) {
        fputs("<h3>Sobol indices: share of the variance</h3>\n", out);
        fc_html_table(out, index_heads);
        for (const struct fc_node *s = sobol->first; s; s = s->next) {
            fc_html_say(out, "<tr><td>", "%s", fc_node_text(s, "name"));
            fputs("</td><td>", out);
            fc_html_figure(out, s, "first", &plain, true);
            fputs("</td><td>", out);
            fc_html_figure(out, s, "total", &plain, true);
            fputs("</td></tr>\n", out);
        }
        fc_html_table_end(out);
    }
    if (worst) {
        fputs("<h3>the worst worlds</h3>\n<p>A typical one is trial ", out);
        fc_html_value(out, worst, "typical_trial", 1, 12);
        fputs(", the worst of all trial ", out);
        fc_html_value(out, worst, "worst_trial", 1, 12);
        fputs(" (flopcast replay shows either).</p>\n", out);
        fc_page_shifts(out, fc_node_get(worst, "shifts"), "in the worst 5 %");
    }
    fc_html_section_end(out);
}
