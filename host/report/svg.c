/* svg.c: see svg.h. */
#include "svg.h"

#include <math.h>
#include <string.h>

#include "host/base/format.h"
#include "html.h"

enum { LABEL = 64, TICKS = 12 };
static const double CHARACTER = 6.6; /* width of one at 12 units of size, on the wide side */

int fc_ticks(double lo, double hi, int most, double *ticks)
{
    double power = pow(10, floor(log10((hi - lo) / most))), step = power;
    static const double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++) {
        step = steps[i] * power;
        if ((hi - lo) / step <= most)
            break;
    }
    int count = 0;
    for (double at = ceil(lo / step - 1e-9); at * step <= hi + 1e-9 * step && count < most + 1; at++)
        ticks[count++] = at * step;
    return count;
}

/* Powers of ten, and 2 and 5 times them where there are few. */
static int log_ticks(double lo, double hi, int most, double *ticks)
{
    static const double in[] = {1, 2, 5};
    int count = 0, parts = log10(hi / lo) > most / 3.0 ? 1 : 3;
    double skip = ceil(log10(hi / lo) / most);
    skip = skip < 1 ? 1 : skip;
    for (double e = floor(log10(lo)); e <= log10(hi) && count < most + 1; e += skip)
        for (int i = 0; i < parts && count < most + 1; i++) {
            double at = in[i] * pow(10, e);
            if (at >= lo * (1 - 1e-9) && at <= hi * (1 + 1e-9))
                ticks[count++] = at;
        }
    return count;
}

static double place(double value, double lo, double hi, bool log, double from, double to)
{
    double share = log ? log10(value / lo) / log10(hi / lo) : (value - lo) / (hi - lo);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return from + share * (to - from);
}
static double px(const struct fc_plot *p, double x)
{
    return place(x, p->x0, p->x1, p->log_x, p->left, p->right);
}
static double py(const struct fc_plot *p, double y)
{
    return place(y, p->y0, p->y1, p->log_y, p->bottom, p->top);
}

static void caption_of(FILE *out, const char *caption, const char *extra, double height)
{
    const char *colon = strstr(caption, ": ");
    fprintf(out, "<figure%s>\n<figcaption><b>", extra);
    if (colon) {
        char head[160];
        snprintf(head, sizeof head, "%.*s", (int)(colon - caption), caption);
        fc_html_text(out, head);
        fputs("</b>", out);
        fc_html_text(out, colon);
    } else {
        fc_html_text(out, caption);
        fputs("</b>", out);
    }
    fprintf(out, "</figcaption>\n<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", FC_PLOT_WIDTH,
            height);
    fc_html_text(out, caption);
    fputs("\">\n", out);
}

void fc_plot_open(struct fc_plot *plot, FILE *out, const char *caption, double height, int rows)
{
    *plot = (struct fc_plot){.out = out, .height = height, .left = 12, .right = FC_PLOT_WIDTH - 12};
    plot->top = 8 + 15 * rows;
    plot->bottom = height - 34;
    for (int i = 0; i < FC_PLOT_MARKS; i++)
        plot->mark_end[i] = -1;
    caption_of(out, caption, "", height);
}

void fc_plot_close(struct fc_plot *plot)
{
    fputs("</svg>\n</figure>\n", plot->out);
}

static void text_of(FILE *out, const char *class, double x, double y, const char *anchor, const char *text,
                    const char *value)
{
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"", class, x, y, anchor);
    if (value)
        fc_html_say(out, " data-value=\"", "%s", value);
    fputs(value ? "\">" : ">", out);
    fc_html_text(out, text);
    fputs("</text>\n", out);
}

static void text_at(FILE *out, const char *class, double x, double y, const char *anchor, const char *text)
{
    text_of(out, class, x, y, anchor, text, NULL);
}

/* Text centred at x, but never over the edge of the picture. */
static void text_within(FILE *out, const char *class, double x, double y, const char *text, const char *value)
{
    double half = 0.5 * CHARACTER * fc_text_width(text);
    if (x - half < 2)
        text_of(out, class, 2, y, "start", text, value);
    else if (x + half > FC_PLOT_WIDTH - 2)
        text_of(out, class, FC_PLOT_WIDTH - 2, y, "end", text, value);
    else
        text_of(out, class, x, y, "middle", text, value);
}

static void widen(double *lo, double *hi, bool log)
{
    if (*hi > *lo)
        return;
    double by = *lo == 0 ? 1 : fabs(*lo) * 0.1;
    *hi = log ? *lo * 2 : *lo + by;
    *lo = log ? *lo / 2 : *lo - by;
}

static void tick_text(double value, double step, char *text, size_t size)
{
    if (value == 0) {
        snprintf(text, size, "0");
    } else if (fabs(value) >= 1e6 || fabs(value) < 1e-4) {
        snprintf(text, size, "%.3g", value);
    } else {
        int decimals = step > 0 ? (int)ceil(-log10(step) - 1e-9) : 0;
        snprintf(text, size, "%.*f", decimals > 0 ? decimals : 0, value);
        fc_format_group(text, size);
    }
}

void fc_plot_x(struct fc_plot *p, double lo, double hi, bool log, const char *label)
{
    double ticks[TICKS + 4], last = -1e9;
    widen(&lo, &hi, log);
    p->x0 = lo;
    p->x1 = hi;
    p->log_x = log;
    int count = log ? log_ticks(lo, hi, 8, ticks) : fc_ticks(lo, hi, 7, ticks);
    fprintf(p->out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", p->left,
            p->bottom, p->right, p->bottom);
    for (int i = 0; i < count; i++) {
        char text[32];
        double x = px(p, ticks[i]), step = count > 1 && !log ? ticks[1] - ticks[0] : fabs(ticks[i]);
        tick_text(ticks[i], step, text, sizeof text);
        double half = 0.5 * CHARACTER * fc_text_width(text), from = x - half < 2 ? 2 : x - half;
        from = x + half > FC_PLOT_WIDTH - 2 ? FC_PLOT_WIDTH - 2 - 2 * half : from;
        fprintf(p->out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x,
                p->bottom, x, p->bottom + 4);
        if (from < last + 8) /* no room for its number */
            continue;
        last = from + 2 * half;
        text_within(p->out, "soft tick", x, p->bottom + 16, text, NULL);
    }
    if (label && *label)
        text_within(p->out, "soft", 0.5 * (p->left + p->right), p->height - 4, label, NULL);
}

void fc_plot_x_names(struct fc_plot *p, const char *const *names, int count, const char *label)
{
    double last = -1e9;
    p->x0 = -0.5;
    p->x1 = count - 0.5;
    p->log_x = false;
    fprintf(p->out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", p->left,
            p->bottom, p->right, p->bottom);
    for (int i = 0; i < count; i++) {
        char text[LABEL];
        snprintf(text, sizeof text, "%.20s", names[i]);
        double x = px(p, i), half = 0.5 * CHARACTER * fc_text_width(text), from = x - half < 2 ? 2 : x - half;
        from = x + half > FC_PLOT_WIDTH - 2 ? FC_PLOT_WIDTH - 2 - 2 * half : from;
        if (from < last + 8)
            continue;
        last = from + 2 * half;
        text_within(p->out, "soft", x, p->bottom + 16, text, NULL);
    }
    if (label && *label)
        text_within(p->out, "soft", 0.5 * (p->left + p->right), p->height - 4, label, NULL);
}

void fc_plot_y(struct fc_plot *p, double lo, double hi, bool log, const char *label)
{
    double ticks[TICKS + 4], wide = 0;
    char text[32];
    widen(&lo, &hi, log);
    p->y0 = lo;
    p->y1 = hi;
    p->log_y = log;
    int count = log ? log_ticks(lo, hi, 6, ticks) : fc_ticks(lo, hi, 5, ticks);
    double step = count > 1 && !log ? ticks[1] - ticks[0] : 0;
    for (int i = 0; i < count; i++) {
        tick_text(ticks[i], log ? fabs(ticks[i]) : step, text, sizeof text);
        wide = fmax(wide, CHARACTER * fc_text_width(text));
    }
    p->left = wide + 12;
    if (label && *label) {
        p->top += 14;
        text_at(p->out, "soft", 2, p->top - 10, "start", label);
    }
    double last = 1e9;
    for (int i = 0; i < count; i++) {
        double y = py(p, ticks[i]);
        fprintf(p->out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", p->left,
                y, p->right, y);
        if (y > last - 14)
            continue;
        last = y;
        tick_text(ticks[i], log ? fabs(ticks[i]) : step, text, sizeof text);
        text_at(p->out, "soft tick", p->left - 5, y + 4, "end", text);
    }
}

void fc_plot_rectangle(struct fc_plot *p, const char *class, double x0, double x1, double y0, double y1)
{
    if (!isfinite(x0) || !isfinite(x1) || !isfinite(y0) || !isfinite(y1))
        return;
    double a = px(p, x0), b = px(p, x1), c = py(p, y0), d = py(p, y1);
    fprintf(p->out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n", class,
            fmin(a, b), fmin(c, d), fabs(b - a), fabs(d - c));
}

void fc_plot_dot(struct fc_plot *p, const char *class, double x, double y)
{
    if (isfinite(x) && isfinite(y))
        fprintf(p->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>\n", class, px(p, x),
                py(p, y), 3.0);
}

void fc_plot_segment(struct fc_plot *p, const char *class, double x0, double y0, double x1, double y1)
{
    if (isfinite(x0) && isfinite(x1) && isfinite(y0) && isfinite(y1))
        fprintf(p->out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
                px(p, x0), py(p, y0), px(p, x1), py(p, y1));
}

void fc_plot_line(struct fc_plot *p, const char *class, const double *x, const double *y, int count)
{
    bool open = false;
    for (int i = 0; i <= count; i++) {
        bool here = i < count && isfinite(x[i]) && isfinite(y[i]);
        if (here && !open)
            fprintf(p->out, "<polyline class=\"%s\" points=\"", class);
        if (here)
            fprintf(p->out, "%.1f,%.1f ", px(p, x[i]), py(p, y[i]));
        if (!here && open)
            fputs("\"/>\n", p->out);
        open = here;
    }
}

void fc_plot_band(struct fc_plot *p, const char *class, const double *x, const double *lo, const double *hi,
                  int count)
{
    for (int from = 0; from < count;) { /* one shape for each stretch that is known */
        int to = from;
        while (to < count && isfinite(lo[to]) && isfinite(hi[to]))
            to++;
        if (to - from > 1) {
            fprintf(p->out, "<polygon class=\"%s\" points=\"", class);
            for (int i = from; i < to; i++)
                fprintf(p->out, "%.1f,%.1f ", px(p, x[i]), py(p, lo[i]));
            for (int i = to; i-- > from;)
                fprintf(p->out, "%.1f,%.1f%s", px(p, x[i]), py(p, hi[i]), i > from ? " " : "\"/>\n");
        }
        from = to + 1;
    }
}

void fc_plot_mark(struct fc_plot *p, double x, const char *label, const char *value)
{
    if (!isfinite(x))
        return;
    double at = px(p, x), wide = CHARACTER * fc_text_width(label), from = at - 0.5 * wide;
    from = from < 2 ? 2 : from + wide > FC_PLOT_WIDTH - 2 ? FC_PLOT_WIDTH - 2 - wide : from;
    int row = 0, rows = (int)((p->top - 8) / 15);
    while (row < rows - 1 && p->mark_end[row] + 6 > from)
        row++;
    double y = p->top - 5 - 15 * row;
    fprintf(p->out, "<line class=\"mark\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", at, p->top,
            at, p->bottom); /* never through the label of another */
    if (p->mark_end[row] + 6 > from && p->mark_end[row] >= 0)
        return; /* no room in any row: the table has it */
    p->mark_end[row] = from + wide;
    text_within(p->out, "label", at, y, label, value);
}

void fc_bars(FILE *out, const char *caption, const struct fc_bars_row *rows, int count, double zero)
{
    enum { ROW = 34, AREA = FC_PLOT_WIDTH - 16 };
    double lo = zero, hi = zero;
    for (int i = 0; i < count; i++) {
        const double ends[] = {rows[i].from, rows[i].to, rows[i].lo, rows[i].hi};
        for (int k = 0; k < 4; k++)
            if (isfinite(ends[k])) {
                lo = fmin(lo, ends[k]);
                hi = fmax(hi, ends[k]);
            }
    }
    widen(&lo, &hi, false);
    double height = ROW * count + 6;
    caption_of(out, caption, "", height);
    double origin = place(zero, lo, hi, false, 8, 8 + AREA);
    for (int i = 0; i < count; i++) {
        const struct fc_bars_row *r = &rows[i];
        double y = ROW * i + 14;
        int room = (int)((AREA - CHARACTER * fc_text_width(r->shown) - 12) / CHARACTER);
        char label[160];
        if (fc_text_width(r->label) > room)
            snprintf(label, sizeof label, "%.*s…", room > 1 ? room - 1 : 1, r->label);
        else
            snprintf(label, sizeof label, "%s", r->label);
        text_at(out, "label", 8, y, "start", label);
        text_of(out, "label", 8 + AREA, y, "end", r->shown, r->value);
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", origin, y + 2, origin,
                y + 16);
        if (isfinite(r->from) && isfinite(r->to)) {
            double a = place(r->from, lo, hi, false, 8, 8 + AREA),
                   b = place(r->to, lo, hi, false, 8, 8 + AREA);
            fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"9\"/>\n", r->class,
                    fmin(a, b), y + 4, fmax(fabs(b - a), 0.6));
        }
        if (isfinite(r->lo) && isfinite(r->hi)) {
            double a = place(r->lo, lo, hi, false, 8, 8 + AREA), b = place(r->hi, lo, hi, false, 8, 8 + AREA);
            fprintf(out, "<line class=\"mark\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", a,
                    y + 8.5, b, y + 8.5);
        }
    }
    fputs("</svg>\n</figure>\n", out);
}
