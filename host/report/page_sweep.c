/* page_sweep.c: the pages of a sweep and of solve: figures against the value of one input. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_parts.h"

enum { VALUES = 256 };

/* The values of the input: as numbers where all of them are and rise, else as places 0, 1, ... */
struct axis {
    int count;
    bool numbers, log;
    double x[VALUES];
    const char *names[VALUES];
    char unit[32];
};

static void read_axis(const struct fc_node *rows, struct axis *a)
{
    *a = (struct axis){.numbers = true};
    for (const struct fc_node *row = rows->first; row && a->count < VALUES; row = row->next) {
        const char *text = fc_node_text(row, "value");
        char *end;
        double x = text ? strtod(text, &end) : 0;
        a->names[a->count] = text ? text : "";
        bool number = text && end != text && (*end == '\0' || *end == ' ');
        if (number && a->count == 0)
            snprintf(a->unit, sizeof a->unit, "%s", end + strspn(end, " "));
        a->numbers = a->numbers && number && (a->count == 0 || x > a->x[a->count - 1]);
        a->x[a->count++] = x;
    }
    a->numbers = a->numbers && a->count > 1;
    for (int i = 0; i < a->count && !a->numbers; i++)
        a->x[i] = i;
    a->log = a->numbers && a->x[0] > 0 && a->x[a->count - 1] / a->x[0] > 30;
}

static void draw_axis(struct fc_plot *plot, const struct axis *a, const char *path)
{
    char label[120];
    if (!a->numbers) {
        fc_plot_x_names(plot, a->names, a->count, path);
        return;
    }
    snprintf(label, sizeof label, *a->unit ? "%s [%s]" : "%s", path, a->unit);
    fc_plot_x(plot, a->x[0], a->x[a->count - 1], a->log, label);
}

static const struct fc_node *metric_at(const struct fc_node *row, const char *name)
{
    return fc_node_get(fc_node_get(row, "metrics"), name);
}

static double number_at(const struct fc_node *row, const char *name, const char *key)
{
    return fc_html_number(metric_at(row, name), key);
}

static bool changes(const struct fc_node *rows, const char *name)
{
    for (const struct fc_node *row = rows->first; row; row = row->next)
        if (number_at(row, name, "difference") != 0)
            return true;
    return rows->count == 1;
}

/* One unit for all values of a metric. */
static struct fc_scale scale_of(const struct fc_node *rows, const char *name)
{
    const struct fc_metric_info *info = fc_page_metric(name);
    double size = 0;
    for (const struct fc_node *row = rows->first; row; row = row->next)
        for (int i = 0; i < 2; i++) {
            double value = fabs(number_at(row, name, i ? "mean" : "p50"));
            size = isfinite(value) ? fmax(size, value) : size;
        }
    return fc_scale_for(info ? info->unit : "1", size);
}

static void plot_metric(FILE *out, const struct fc_node *rows, const struct axis *a, const char *name,
                        const char *path)
{
    const struct fc_metric_info *info = fc_page_metric(name);
    bool chance = info && info->probability;
    struct fc_scale scale = chance ? (struct fc_scale){0.01, "%"} : scale_of(rows, name);
    double middle[VALUES], lo[VALUES], hi[VALUES], least = INFINITY, most = -INFINITY;
    char caption[300], what[200];
    int i = 0, known = 0;
    for (const struct fc_node *row = rows->first; row && i < a->count; row = row->next, i++) {
        middle[i] = number_at(row, name, chance ? "p" : "p50") / scale.factor;
        lo[i] = number_at(row, name, chance ? "lo" : "p5") / scale.factor;
        hi[i] = number_at(row, name, chance ? "hi" : "p95") / scale.factor;
        const double all[] = {middle[i], lo[i], hi[i]};
        for (int k = 0; k < 3; k++)
            if (isfinite(all[k])) {
                least = fmin(least, all[k]);
                most = fmax(most, all[k]);
            }
        known += isfinite(middle[i]);
    }
    if (known == 0)
        return;
    fc_page_describe(name, what, sizeof what);
    snprintf(caption, sizeof caption,
             chance ? "P(%s): %s, with its 95 %% interval" : "%s: %s, P50 with P5 to P95", name, what);
    struct fc_plot plot;
    fc_plot_open(&plot, out, caption, 230, 0);
    double space = 0.05 * (most - least);
    if (chance)
        fc_plot_y(&plot, 0, most > 50 ? 100 : most * 1.1, false, scale.unit);
    else
        fc_plot_y(&plot, least > 0 && least < 0.3 * most ? 0 : least - space, most + space, false,
                  scale.unit);
    draw_axis(&plot, a, path);
    if (a->numbers) {
        fc_plot_band(&plot, "band", a->x, lo, hi, a->count);
        fc_plot_line(&plot, "line-one", a->x, middle, a->count);
    }
    for (i = 0; i < a->count; i++) {
        if (!a->numbers)
            fc_plot_rectangle(&plot, "band", a->x[i] - 0.18, a->x[i] + 0.18, lo[i], hi[i]);
        fc_plot_dot(&plot, "one", a->x[i], middle[i]);
    }
    fc_plot_close(&plot);
}

/* From the first to the last value, in words. */
static void say(FILE *out, const struct fc_node *rows, const char *name)
{
    const struct fc_metric_info *info = fc_page_metric(name);
    const struct fc_node *first = rows->first, *last = first;
    while (last->next)
        last = last->next;
    char what[200];
    struct fc_scale scale = scale_of(rows, name);
    fc_page_describe(name, what, sizeof what);
    fc_html_say(out, "<p><span class=\"soft\">", info->probability ? "chance that %s: " : "%s (P50): ", what);
    fputs("</span>", out);
    for (int i = 0; i < 2; i++) {
        const struct fc_node *row = i ? last : first;
        if (info->probability)
            fc_html_probability(out, metric_at(row, name));
        else
            fc_html_figure_in_words(out, metric_at(row, name), "p50", &scale);
        fc_html_say(out, " at ", "%s", fc_node_text(row, "value"));
        fputs(i ? ".</p>\n" : ", ", out);
    }
}

static void print_table(FILE *out, const struct fc_node *rows, const char *name, const char *path)
{
    const struct fc_metric_info *info = fc_page_metric(name);
    const char *const figures[] = {path, "mean", "P5", "P50", "P95", "worst 5 %", "change of mean", NULL};
    const char *const chances[] = {path, "P with its 95 % interval", "change in %", NULL};
    static const char *const keys[] = {"mean", "p5", "p50", "p95", "cvar_worst5"};
    bool chance = info && info->probability;
    struct fc_scale scale = chance ? (struct fc_scale){0.01, "%"} : scale_of(rows, name);
    fc_html_say(out, "<h3>", *scale.unit && !chance ? "%s [%s]" : chance ? "P(%s)" : "%s", name, scale.unit);
    fputs("</h3>\n", out);
    fc_html_table(out, chance ? chances : figures);
    for (const struct fc_node *row = rows->first; row; row = row->next) {
        const struct fc_node *m = metric_at(row, name);
        fc_html_say(out, "<tr><td>", "%s", fc_node_text(row, "value"));
        fputs("</td><td>", out);
        if (chance)
            fc_html_probability(out, m);
        for (size_t i = 0; !chance && i < sizeof keys / sizeof keys[0]; i++) {
            if (i)
                fputs("</td><td>", out);
            fc_html_figure(out, m, keys[i], &scale, true);
        }
        fputs("</td><td>", out);
        if (row == rows->first)
            fputs("-", out);
        else
            fc_html_figure(out, m, "difference", &scale, true);
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
}

void fc_page_sweep(FILE *out, const struct fc_node *root)
{
    const struct fc_node *rows = fc_node_get(root, "rows");
    const char *path = fc_node_text(root, "path");
    static struct axis axis; /* large */
    read_axis(rows, &axis);
    for (int part = 0; part < 3; part++) {
        fputs(part == 0 ? "<div class=\"answer\">\n" : "", out);
        fc_html_section(out, part == 0 ? "The answer" : part == 1 ? "In pictures" : "The figures");
        if (part == 0) {
            fc_html_say(out, "<p>", "%s", path);
            fputs(" is given each value in turn, on the same worlds.</p>\n", out);
            for (const struct fc_node *left = fc_node_first(root, "left_out"); left; left = left->next) {
                fc_html_say(out, "<p>Left out: ", "%s, ", fc_node_text(left, "value"));
                fc_html_say(out, "", "%s", fc_node_text(left, "reason"));
                fputs("</p>\n", out);
            }
        }
        fputs(part == 1 ? "<div class=\"plots\">\n" : "", out);
        for (const struct fc_node *m = fc_node_first(rows->first, "metrics"); m; m = m->next) {
            if (!fc_page_metric(m->key) || !changes(rows, m->key))
                continue;
            if (part == 0)
                say(out, rows, m->key);
            else if (part == 1)
                plot_metric(out, rows, &axis, m->key, path);
            else
                print_table(out, rows, m->key, path);
        }
        if (part == 2)
            fputs("<p class=\"fine\">Metrics that are the same for every value are left out.</p>\n", out);
        fputs(part == 1 ? "</div>\n" : "", out);
        fc_html_section_end(out);
        fputs(part == 0 ? "</div>\n" : "", out);
    }
}

void fc_page_solve(FILE *out, const struct fc_node *root)
{
    static const char *const keys[] = {"target", "figure_there", NULL};
    const struct fc_node *points = fc_node_get(root, "points");
    const char *path = fc_node_text(root, "path"), *unit = fc_node_text(root, "unit"),
               *figure = fc_node_text(root, "figure"), *relation = fc_node_text(root, "relation"),
               *found = fc_node_text(root, "found"), *outcome = fc_node_text(root, "outcome"),
               *smallest = fc_node_text(root, "smallest");
    const char *open = figure ? strchr(figure, '(') : NULL;
    char name[96] = "";
    snprintf(name, sizeof name, "%s", open ? open + 1 : figure ? figure : "");
    name[strcspn(name, ")")] = '\0';
    const struct fc_metric_info *info = fc_page_metric(name);
    bool chance = info && info->probability, yes = found && strcmp(found, "true") == 0;
    struct fc_scale scale =
        chance ? (struct fc_scale){0.01, "%"} : fc_page_scale(root, info ? info->unit : "1", keys);
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fc_html_say(out, "<p>", "Asked: %s %s ", figure, relation);
    fc_html_figure_in_words(out, root, "target", &scale);
    fc_html_say(out, ".</p>\n<p>", yes ? "%s = " : "nearest to it, at %s = ", path);
    fc_html_value(out, root, "value", 1, 6);
    fc_html_say(out, "", " %s", unit ? unit : "");
    if (yes) {
        fprintf(out, " is the %s value that reaches it; by the error of the simulation it lies between ",
                smallest && strcmp(smallest, "true") == 0 ? "smallest" : "largest");
        fc_html_value(out, root, "lo", 1, 6);
        fputs(" and ", out);
        fc_html_value(out, root, "hi", 1, 6);
        fc_html_say(out, ". There ", "%s is ", figure);
    } else {
        fc_html_say(out, ", ", "%s is ", figure);
    }
    fc_html_figure(out, root, "figure_there", &scale, true);
    fc_html_say(out, " ", "%s", scale.unit);
    fc_html_say(out, ".</p>\n<p>Outcome: ", "%s.", outcome ? outcome : "");
    fputs("</p>\n", out);
    fc_html_section_end(out);
    fputs("</div>\n", out);

    double x[VALUES], y[VALUES], lo = INFINITY, hi = -INFINITY;
    int count = 0;
    for (const struct fc_node *p = points->first; p && count < VALUES; p = p->next, count++) {
        x[count] = fc_html_number(p, "value");
        y[count] = fc_html_number(p, "figure") / scale.factor;
    }
    double target = fc_html_number(root, "target") / scale.factor;
    for (int i = 0; i < count; i++) {
        lo = fmin(lo, y[i]);
        hi = fmax(hi, y[i]);
    }
    lo = fmin(lo, target);
    hi = fmax(hi, target);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    if (count > 0) {
        struct fc_plot plot;
        char caption[200], label[120];
        snprintf(caption, sizeof caption, "%.60s: against %.60s; dashed: the target", figure, path);
        snprintf(label, sizeof label, unit && *unit ? "%s [%s]" : "%s", path, unit);
        fc_plot_open(&plot, out, caption, 260, 0);
        fc_plot_y(&plot, lo - 0.05 * (hi - lo), hi + 0.05 * (hi - lo), false, scale.unit);
        fc_plot_x(&plot, x[0], x[count - 1], false, label);
        fc_plot_line(&plot, "line-one", x, y, count);
        for (int i = 0; i < count; i++)
            fc_plot_dot(&plot, "one", x[i], y[i]);
        fc_plot_segment(&plot, "target", plot.x0, target, plot.x1, target);
        fc_plot_close(&plot);
    }
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The figures");
    const char *const heads[] = {path, figure, NULL};
    fc_html_table(out, heads);
    for (const struct fc_node *p = points->first; p; p = p->next) {
        fputs("<tr><td>", out);
        fc_html_value(out, p, "value", 1, 6);
        fc_html_say(out, "", " %s", unit ? unit : "");
        fputs("</td><td>", out);
        fc_html_figure(out, p, "figure", &scale, true);
        fc_html_say(out, " ", "%s", scale.unit);
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
    fc_html_section_end(out);
}
