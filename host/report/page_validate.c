/* page_validate.c: the page of validate: predictions against measurements, of time or of memory. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

/* What differs between the two kinds of validation. */
struct kind {
    const char *measured, *predicted, *label;
    double factor;
};

static void plot_rows(FILE *out, const struct fc_node *rows, const struct kind *kind)
{
    double lo = INFINITY, hi = 0;
    for (const struct fc_node *r = rows->first; r; r = r->next) {
        const double both[] = {fc_html_number(r, kind->measured) * kind->factor,
                               fc_html_number(r, kind->predicted) * kind->factor};
        for (int i = 0; i < 2; i++)
            if (both[i] > 0 && isfinite(both[i])) {
                lo = fmin(lo, both[i]);
                hi = fmax(hi, both[i]);
            }
    }
    if (!(hi > lo))
        return;
    struct fc_plot plot;
    char caption[120];
    snprintf(caption, sizeof caption, "Predicted against measured: %s, both axes logarithmic", kind->label);
    fc_plot_open(&plot, out, caption, 340, 0);
    fc_plot_y(&plot, lo * 0.9, hi * 1.1, true, "predicted");
    fc_plot_x(&plot, lo * 0.9, hi * 1.1, true, "measured; on the dashed line both are equal");
    for (const struct fc_node *r = rows->first; r; r = r->next)
        fc_plot_dot(&plot, "one", fc_html_number(r, kind->measured) * kind->factor,
                    fc_html_number(r, kind->predicted) * kind->factor);
    fc_plot_segment(&plot, "target", plot.x0, plot.y0, plot.x1, plot.y1);
    fc_plot_close(&plot);
}

static void plot_errors(FILE *out, const struct fc_node *rows)
{
    enum { BINS = 40 };
    double counts[BINS] = {0}, most = 0;
    for (const struct fc_node *r = rows->first; r; r = r->next) {
        double error = fc_html_number(r, "error");
        int bin = isfinite(error) ? (int)floor((error + 0.5) * BINS) : -1;
        bin = bin >= BINS ? BINS - 1 : bin;
        if (bin >= 0)
            most = fmax(most, ++counts[bin]);
    }
    if (!(most > 0))
        return;
    struct fc_plot plot;
    fc_plot_open(&plot, out, "Errors: predicted / measured - 1; the last columns hold what lies beyond", 200,
                 0);
    fc_plot_y(&plot, 0, most, false, "rows");
    fc_plot_x(&plot, -50, 50, false, "%");
    for (int i = 0; i < BINS; i++)
        if (counts[i] > 0)
            fc_plot_rectangle(&plot, "band", -50 + 100.0 * i / BINS, -50 + 100.0 * (i + 1) / BINS, 0,
                              counts[i]);
    fc_plot_close(&plot);
}

static void print_score(FILE *out, const char *name, const struct fc_node *s, const char *const *keys)
{
    fc_html_say(out, "<tr><td>", "%s", name);
    fputs("</td>", out);
    for (; *keys; keys++) {
        bool count = strcmp(*keys, "rows") == 0 || strcmp(*keys, "out_of_memory") == 0;
        fputs("<td>", out);
        fc_html_value(out, s, *keys, count ? 1 : 100, count ? 6 : 3);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

void fc_page_validate(FILE *out, const struct fc_node *root)
{
    static const char *const time_heads[] = {
        "group",     "rows",   "mean error %", "median %", "P90 %",
        "largest %", "bias %", "in 50 %",      "in 90 %",  "constant MFU, mean error %",
        NULL};
    static const char *const time_keys[] = {"rows", "mape",    "median_ape", "p90_ape",           "max_ape",
                                            "bias", "cover50", "cover90",    "constant_mfu_mape", NULL};
    static const char *const memory_heads[] = {"group",  "rows",    "ran out", "mean error %",
                                               "bias %", "in 90 %", NULL};
    static const char *const memory_keys[] = {"rows", "out_of_memory", "mape", "bias", "cover90", NULL};
    static const struct kind time = {"measured_s", "predicted_s", "seconds of a step", 1},
                             memory = {"measured_bytes", "predicted_bytes", "GB", 1e-9};
    const struct fc_node *groups = fc_node_get(root, "groups"), *rows = fc_node_get(root, "rows"),
                         *overall = fc_node_get(root, "overall");
    bool of_memory = overall == NULL;
    overall = of_memory ? groups->first : overall;
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fputs("<p>Over ", out);
    fc_html_value(out, overall, "rows", 1, 6);
    fprintf(out, " published measurements of the %s the mean absolute error is ",
            of_memory ? "memory per GPU" : "step time");
    fc_html_value(out, overall, "mape", 100, 3);
    fputs(" %, the bias ", out);
    fc_html_value(out, overall, "bias", 100, 2);
    fputs(" %; the 90 % interval holds ", out);
    fc_html_value(out, overall, "cover90", 100, 3);
    fputs(" % of them.", out);
    if (!of_memory) {
        fputs(" A constant MFU would err by ", out);
        fc_html_value(out, overall, "constant_mfu_mape", 100, 3);
        fputs(" % in the mean.", out);
    }
    fputs("</p>\n", out);
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    plot_rows(out, rows, of_memory ? &memory : &time);
    plot_errors(out, rows);
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The figures");
    fc_html_table(out, of_memory ? memory_heads : time_heads);
    if (!of_memory)
        print_score(out, "overall", overall, time_keys);
    for (const struct fc_node *g = groups->first; g; g = g->next)
        print_score(out, of_memory ? fc_node_text(g, "name") : g->key, g,
                    of_memory ? memory_keys : time_keys);
    fc_html_table_end(out);
    fc_html_section_end(out);
}
