/* svg.h: small plots as inline SVG, coloured by the page's style (html.c), so that they follow light, dark and paper.
 *
 *     struct fc_plot plot;
 *     fc_plot_open(&plot, out, "Wall clock", 200);           a <figure> with a caption, 460 units wide
 *     fc_plot_x(&plot, lo, hi, false, "day");                axes, with ticks at round numbers
 *     fc_plot_y(&plot, 0, most, false, NULL);
 *     fc_plot_rectangle(&plot, "one", x0, x1, y0, y1);       in units of the axes
 *     fc_plot_close(&plot);
 * Nothing is drawn outside the picture: what lies beyond an axis is cut at its end. Values that are not finite are left
 * out. */
#ifndef FC_HOST_SVG_H
#define FC_HOST_SVG_H

#include <stdbool.h>
#include <stdio.h>

enum { FC_PLOT_WIDTH = 460, FC_PLOT_MARKS = 8 };

struct fc_plot {
    FILE *out;
    double height, left, right, top, bottom; /* of the area inside the axes, in units of the picture */
    double x0, x1, y0, y1;                   /* what the axes span */
    bool log_x, log_y;
    double mark_end[FC_PLOT_MARKS]; /* right ends of the labels of marks, row by row */
};

/* Starts a figure of this height; `caption` is its title and what a screen reader says. `rows` of labels above the area
 * are kept free for fc_plot_mark. */
void fc_plot_open(struct fc_plot *plot, FILE *out, const char *caption, double height, int rows);
void fc_plot_close(struct fc_plot *plot);

/* Sets and draws an axis; `label` is its unit or name, NULL for none. An axis without length is widened. */
void fc_plot_x(struct fc_plot *plot, double lo, double hi, bool log, const char *label);
void fc_plot_y(struct fc_plot *plot, double lo, double hi, bool log, const char *label);

/* An x axis of `count` named places at 0, 1, ... count - 1. */
void fc_plot_x_names(struct fc_plot *plot, const char *const *names, int count, const char *label);

void fc_plot_rectangle(struct fc_plot *plot, const char *class, double x0, double x1, double y0, double y1);
void fc_plot_dot(struct fc_plot *plot, const char *class, double x, double y);
void fc_plot_segment(struct fc_plot *plot, const char *class, double x0, double y0, double x1, double y1);
void fc_plot_line(struct fc_plot *plot, const char *class, const double *x, const double *y, int count);

/* The area between two lines. */
void fc_plot_band(struct fc_plot *plot, const char *class, const double *x, const double *lo,
                  const double *hi, int count);

/* A vertical line at x with a label above the area; labels that would touch move up a row. In ascending order of x. `value`
 * is the number of the JSON that the label shows, or NULL. */
void fc_plot_mark(struct fc_plot *plot, double x, const char *label, const char *value);

/* A figure of horizontal bars, each under its label. */
struct fc_bars_row {
    const char *label; /* cut where it is too long */
    const char *shown; /* the figure, at the right of the label */
    const char *value; /* the number of the JSON that it shows, or NULL */
    double from, to;   /* the bar */
    double lo, hi;     /* a whisker; NAN for none */
    const char *class; /* "one", "two" or "band" */
};
void fc_bars(FILE *out, const char *caption, const struct fc_bars_row *rows, int count, double zero);

/* Round numbers for ticks between lo and hi, at most `most` of them; returns how many. */
int fc_ticks(double lo, double hi, int most, double *ticks);

#endif
