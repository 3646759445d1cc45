/* page_flows.c: the page of flows: a contract's money and capacity by period, as fans. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page_parts.h"

enum { PERIODS = 512 };

/* One flow, period by period. */
struct flow {
    const struct fc_node *map;
    int count;
    double at[PERIODS]; /* the ends of the periods: 1, 2 ... or days */
    double lo[PERIODS], middle[PERIODS], hi[PERIODS], size;
};

static const struct fc_node *item(const struct fc_node *list, int index)
{
    const struct fc_node *node = list ? list->first : NULL;
    while (node && index-- > 0)
        node = node->next;
    return node;
}

static int read_list(const struct fc_node *map, const char *key, double *values)
{
    int count = 0;
    const struct fc_node *list = fc_node_get(map, key);
    for (const struct fc_node *v = list ? list->first : NULL; v && count < PERIODS; v = v->next)
        values[count++] = v->text ? strtod(v->text, NULL) : (double)NAN;
    return count;
}

/* False where there is no such flow, or nothing ever flows. */
static bool read_flow(const struct fc_node *root, const char *name, struct flow *flow)
{
    flow->map = fc_node_get(fc_node_get(root, "flows"), name);
    flow->count = flow->map ? read_list(flow->map, "p50", flow->middle) : 0;
    flow->size = 0;
    if (!flow->count || read_list(root, "period", flow->at) != flow->count)
        return false;
    read_list(flow->map, "p5", flow->lo);
    read_list(flow->map, "p95", flow->hi);
    for (int p = 0; p < flow->count; p++)
        flow->size = fmax(flow->size, fmax(fabs(flow->lo[p]), fabs(flow->hi[p])));
    return flow->size > 0;
}

/* Axes from 0 (or the least value) to the most, and from the first period to the last. A course counts its days from 0 on. */
static void open_axes(struct fc_plot *plot, FILE *out, const struct fc_node *root, const struct flow *flow, const char *caption,
                      double least, double most, const char *unit)
{
    const char *by = fc_node_text(root, "by");
    bool days = by && strcmp(by, "day") == 0;
    fc_plot_open(plot, out, caption, 210, 0);
    fc_plot_y(plot, least, most, false, unit);
    fc_plot_x(plot, days ? 0 : flow->at[0], flow->count > 1 ? flow->at[flow->count - 1] : flow->at[0] + 1, false,
              days ? "days since the start" : by);
}

/* The largest size from the first period on, or from the second. */
static double size_from(const struct flow *flow, bool second)
{
    double size = 0;
    for (int p = second; p < flow->count; p++)
        size = fmax(size, fmax(fabs(flow->lo[p]), fabs(flow->hi[p])));
    return size;
}

/* A prepayment would press all later periods flat. */
static bool first_dwarfs(const struct flow *flow)
{
    double rest = size_from(flow, true);
    return flow->count > 2 && rest > 0 && flow->size > 4 * rest;
}

static void fan(FILE *out, const struct fc_node *root, const char *name, const char *what)
{
    struct flow *flow = malloc(sizeof *flow);
    double least = INFINITY, most = -INFINITY;
    char caption[240];
    if (!flow || !read_flow(root, name, flow)) {
        free(flow);
        return;
    }
    const char *unit = fc_node_text(flow->map, "unit");
    bool share = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_share") == 0;
    bool beyond = first_dwarfs(flow);
    struct fc_scale scale = share ? (struct fc_scale){0.01, "%"} : fc_scale_for(unit, size_from(flow, beyond));
    for (int p = 0; p < flow->count; p++) {
        flow->lo[p] /= scale.factor;
        flow->middle[p] /= scale.factor;
        flow->hi[p] /= scale.factor;
        if (p == 0 && beyond)
            continue;
        least = fmin(least, flow->lo[p]);
        most = fmax(most, flow->hi[p]);
    }
    struct fc_plot plot;
    bool one = fc_node_get(root, "trial") != NULL;
    snprintf(caption, sizeof caption, "%s: %s%s%s%s%s", name, what, one ? "" : ", P50 with P5 to P95",
             beyond ? " (the first " : "", beyond ? fc_node_text(root, "by") : "", beyond ? " lies beyond the axis)" : "");
    open_axes(&plot, out, root, flow, caption, fmin(least * (least < 0 ? 1.05 : 1), 0), share ? 100 : fmax(most * 1.05, 0),
              scale.unit);
    if (!one)
        fc_plot_band(&plot, "band", flow->at, flow->lo, flow->hi, flow->count);
    if (least < 0 && most > 0)
        fc_plot_segment(&plot, "axis", flow->at[0], 0, flow->at[flow->count - 1], 0);
    fc_plot_line(&plot, "line-one", flow->at, flow->middle, flow->count);
    fc_plot_close(&plot);
    free(flow);
}

/* The share of the worlds that have ended, which is one line. */
static void plot_ended(FILE *out, const struct fc_node *root)
{
    struct flow *flow = malloc(sizeof *flow);
    const struct fc_node *ended = fc_node_get(fc_node_get(root, "flows"), "ended_share");
    if (flow && ended && read_flow(root, "trained_share", flow) && read_list(ended, "mean", flow->middle) == flow->count) {
        struct fc_plot plot;
        for (int p = 0; p < flow->count; p++)
            flow->middle[p] *= 100;
        open_axes(&plot, out, root, flow, "ended_share: chance that the run has ended", 0, 100, "%");
        fc_plot_line(&plot, "line-one", flow->at, flow->middle, flow->count);
        fc_plot_close(&plot);
    }
    free(flow);
}

static void put(FILE *out, const struct fc_node *map, const char *key, int period, const struct fc_scale *scale,
                bool with_unit)
{
    char number[48], shown[96];
    const struct fc_node *value = item(fc_node_get(map, key), period);
    if (!value || !value->text) {
        fputs("n/a", out);
        return;
    }
    double scaled = strtod(value->text, NULL) / scale->factor;
    if (scale->factor == 1 && scaled == floor(scaled) && fabs(scaled) < 1e6)
        snprintf(number, sizeof number, "%.0f", scaled);
    else
        fc_format_number(scaled, 3, number, sizeof number);
    fc_format_group(number, sizeof number);
    snprintf(shown, sizeof shown, with_unit ? "%s %s" : "%s%.0s", number, scale->unit);
    fc_html_data(out, value->text, shown);
}

/* "Over the whole term ...: -3.1 bn USD in the median world (-5.0 to -1.2 in nine of ten)." */
static void say_total(FILE *out, const struct fc_node *root, const char *name, const char *words)
{
    struct flow *flow = malloc(sizeof *flow);
    if (flow && read_flow(root, name, flow)) {
        struct fc_scale scale = fc_scale_for("USD", flow->size);
        fc_html_say(out, "<p>", "%s ", words);
        put(out, flow->map, "p50", flow->count - 1, &scale, true);
        if (!fc_node_get(root, "trial")) {
            fputs(" in the median world, ", out);
            put(out, flow->map, "p5", flow->count - 1, &scale, true);
            fputs(" to ", out);
            put(out, flow->map, "p95", flow->count - 1, &scale, true);
            fputs(" in nine worlds of ten", out);
        }
        fputs(".</p>\n", out);
    }
    free(flow);
}

/* The deepest point of the median of what the customer has paid so far. */
static void say_deepest(FILE *out, const struct fc_node *root)
{
    struct flow *flow = malloc(sizeof *flow);
    int at = 0;
    if (flow && read_flow(root, "cumulative_net_usd", flow)) {
        struct fc_scale scale = fc_scale_for("USD", flow->size);
        for (int p = 1; p < flow->count; p++)
            at = flow->middle[p] < flow->middle[at] ? p : at;
        if (flow->middle[at] < 0) {
            fc_html_say(out, "<p>The customer is deepest in the red in ", "%s number ", fc_node_text(root, "by"));
            put(out, root, "period", at, &(struct fc_scale){1, ""}, false);
            fputs(", at ", out);
            put(out, flow->map, "p50", at, &scale, true);
            fputs(" (median).</p>\n", out);
        }
    }
    free(flow);
}

static void print_table(FILE *out, const struct fc_node *root)
{
    static const char *const names[] = {"bills_usd",        "revenue_usd", "net_usd", "cumulative_net_usd",
                                        "provider_usd", "delivered_gpu_h", "energy_mwh"};
    enum { MOST = sizeof names / sizeof names[0] };
    struct flow *flow = malloc(sizeof *flow);
    const struct fc_node *maps[MOST];
    struct fc_scale scales[MOST];
    int count = 0, periods = 0;
    for (int i = 0; flow && i < MOST; i++) {
        if (!read_flow(root, names[i], flow))
            continue;
        maps[count] = flow->map;
        scales[count++] = fc_scale_for(fc_node_text(flow->map, "unit"), flow->size);
        periods = flow->count;
    }
    free(flow);
    fputs("<div class=\"table\"><table>\n<thead><tr><th>", out);
    fc_html_text(out, fc_node_text(root, "by"));
    fputs("</th>", out);
    for (int i = 0; i < count; i++) {
        fc_html_say(out, "<th>", "%s [%s]", maps[i]->key, scales[i].unit);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int p = 0; p < periods; p++) {
        fputs("<tr><td>", out);
        put(out, root, "period", p, &(struct fc_scale){1, ""}, false);
        for (int i = 0; i < count; i++) {
            fputs("</td><td>", out);
            put(out, maps[i], "p50", p, &scales[i], false);
        }
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
}

void fc_page_flow_fans(FILE *out, const struct fc_node *root, bool brief)
{
    fan(out, root, "cumulative_net_usd", "cash of the customer so far");
    fan(out, root, "cumulative_provider_usd", "what the providers have received so far");
    fan(out, root, "revenue_usd", "revenue");
    fan(out, root, "delivered_gpu_h", "capacity delivered");
    fputs(brief ? "<div class=\"screen\">\n" : "", out);
    fan(out, root, "net_usd", "cash of the customer in each period");
    fan(out, root, "provider_usd", "what the providers receive in each period");
    fan(out, root, "energy_mwh", "energy");
    fputs(brief ? "</div>\n" : "", out);
}

void fc_page_course(FILE *out, const struct fc_node *root)
{
    fan(out, root, "trained_share", "tokens trained and kept so far");
    plot_ended(out, root);
    fan(out, root, "cost_usd", "paid so far");
    fan(out, root, "interruptions", "unplanned stops so far");
}

void fc_page_flows(FILE *out, const struct fc_node *root)
{
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    say_total(out, root, "cumulative_net_usd", "Over the whole term the customer is left with");
    say_deepest(out, root);
    say_total(out, root, "cumulative_provider_usd", "The providers receive");
    fputs("<p class=\"soft\">Money is positive where the customer receives it, and not discounted.</p>\n", out);
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    fc_page_flow_fans(out, root, false);
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, fc_node_get(root, "trial") ? "The figures" : "The figures: medians");
    print_table(out, root);
    fc_html_section_end(out);
}
