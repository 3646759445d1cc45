/* page_stress.c: the page of stress: the chance of a breach in each case, and what leads to one. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

enum { CASES = 16 };

static void say_breach(FILE *out, const struct fc_node *root, const struct fc_scale *scale)
{
    const char *metric = fc_node_text(root, "metric"), *breach = fc_node_text(root, "breach");
    char what[200];
    fc_page_describe(metric, what, sizeof what);
    fc_html_say(out, "<p>A breach is ", "%s (%s) %s ", metric, what, breach);
    fc_html_figure_in_words(out, root, "limit", scale);
    fputs(".</p>\n", out);
}

static void say_cases(FILE *out, const struct fc_node *cases)
{
    const struct fc_node *base = cases->first, *worst = base;
    fputs("<p>As the scenario stands the chance of a breach is ", out);
    fc_html_probability(out, base);
    fputs(".</p>\n", out);
    for (const struct fc_node *c = base->next; c; c = c->next)
        if (fc_html_number(c, "p") > fc_html_number(worst, "p"))
            worst = c;
    if (worst == base)
        return;
    fc_html_say(out, "<p>It is highest under ", "%s: ", fc_node_text(worst, "name"));
    fc_html_probability(out, worst);
    fputs(".</p>\n", out);
}

static void plot_cases(FILE *out, const struct fc_node *cases)
{
    struct fc_bars_row rows[CASES];
    char shown[CASES][64];
    int count = 0;
    for (const struct fc_node *c = cases->first; c && count < CASES; c = c->next) {
        double p = fc_html_number(c, "p"), lo = fc_html_number(c, "lo"), hi = fc_html_number(c, "hi");
        fc_format_probability(p, lo, hi, shown[count], sizeof shown[0]);
        shown[count][strcspn(shown[count], "(") - 1] = '\0';
        rows[count] = (struct fc_bars_row){.label = fc_node_text(c, "name"),
                                           .shown = shown[count],
                                           .value = fc_node_text(c, "p"),
                                           .to = p,
                                           .lo = lo,
                                           .hi = hi,
                                           .class = count ? "two" : "one"};
        count++;
    }
    fc_bars(out, "Chance of a breach by case, with its 95 % interval", rows, count, 0);
}

static void print_cases(FILE *out, const struct fc_node *cases, const struct fc_scale *scale)
{
    static const char *const heads[] = {"case",       "P(breach) with its 95 % interval", "change [%]", "mean",
                                        "worst 5 %", NULL};
    const struct fc_scale percent = {0.01, "%"};
    if (*scale->unit) {
        fc_html_say(out, "<p class=\"fine\">Mean and worst 5 % in ", "%s", scale->unit);
        fputs(".</p>\n", out);
    }
    fc_html_table(out, heads);
    for (const struct fc_node *c = cases->first; c; c = c->next) {
        fc_html_say(out, "<tr><td>", "%s", fc_node_text(c, "name"));
        fputs("</td><td>", out);
        fc_html_probability(out, c);
        fputs("</td><td>", out);
        if (c != cases->first)
            fc_html_figure(out, c, "change", &percent, true);
        fputs("</td><td>", out);
        fc_html_figure(out, c, "mean", scale, true);
        fputs("</td><td>", out);
        fc_html_figure(out, c, "worst5", scale, true);
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
}

static void print_reverse(FILE *out, const struct fc_node *reverse)
{
    fputs("<h3>what leads to a breach</h3>\n<p>Of ", out);
    fc_html_value(out, reverse, "worlds", 1, 12);
    fputs(" worlds in breach the least unlikely is trial ", out);
    fc_html_value(out, reverse, "likeliest_trial", 1, 12);
    fputs(", ", out);
    fc_html_value(out, reverse, "likeliest_distance", 1, 2);
    fputs(" standard deviations from the middle of all inputs.</p>\n", out);
    fc_page_shifts(out, fc_node_get(reverse, "shifts"), "in worlds in breach");
}

void fc_page_stress(FILE *out, const struct fc_node *root)
{
    const struct fc_node *cases = fc_node_get(root, "cases"), *reverse = fc_node_get(root, "reverse");
    double size = fabs(fc_html_number(root, "limit")), mean = fabs(fc_html_number(cases->first, "mean"));
    struct fc_scale scale = fc_scale_for(fc_node_text(root, "unit"), isfinite(mean) ? fmax(size, mean) : size);
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    say_breach(out, root, &scale);
    say_cases(out, cases);
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    plot_cases(out, cases);
    if (reverse)
        fc_page_plot_shifts(out, fc_node_get(reverse, "shifts"),
                            "Worlds in breach: how far each input lies from its mean, in standard deviations");
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The figures");
    print_cases(out, cases, &scale);
    if (reverse)
        print_reverse(out, reverse);
    fc_html_section_end(out);
}
