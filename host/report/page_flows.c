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
    if (!flow->count)
        return false;
    read_list(flow->map, "p5", flow->lo);
    read_list(flow->map, "p95", flow->hi);
    for (int p = 0; p < flow->count; p++)
        flow->size = fmax(flow->size, fmax(fabs(flow->lo[p]), fabs(flow->hi[p])));
    return flow->size > 0;
}

static void fan(FILE *out, const struct fc_node *root, const char *name, const char *what)
{
    struct flow *flow = malloc(sizeof *flow);
    double x[PERIODS], least = INFINITY, most = -INFINITY;
    char caption[200];
    if (!flow || !read_flow(root, name, flow)) {
        free(flow);
        return;
    }
    struct fc_scale scale = fc_scale_for(fc_node_text(flow->map, "unit"), flow->size);
    for (int p = 0; p < flow->count; p++) {
        x[p] = p + 1;
        flow->lo[p] /= scale.factor;
        flow->middle[p] /= scale.factor;
        flow->hi[p] /= scale.factor;
        least = fmin(least, flow->lo[p]);
        most = fmax(most, flow->hi[p]);
    }
    struct fc_plot plot;
    bool one = fc_node_get(root, "trial") != NULL;
    snprintf(caption, sizeof caption, one ? "%s: %s" : "%s: %s, P50 with P5 to P95", name, what);
    fc_plot_open(&plot, out, caption, 210, 0);
    fc_plot_y(&plot, fmin(least * (least < 0 ? 1.05 : 1), 0), fmax(most * 1.05, 0), false, scale.unit);
    fc_plot_x(&plot, 1, flow->count > 1 ? flow->count : 2, false, fc_node_text(root, "by"));
    if (!one)
        fc_plot_band(&plot, "band", x, flow->lo, flow->hi, flow->count);
    if (least < 0 && most > 0)
        fc_plot_segment(&plot, "axis", 1, 0, flow->count, 0);
    fc_plot_line(&plot, "line-one", x, flow->middle, flow->count);
    fc_plot_close(&plot);
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

void fc_page_flow_fans(FILE *out, const struct fc_node *root)
{
    fan(out, root, "cumulative_net_usd", "cash of the customer so far");
    fan(out, root, "cumulative_provider_usd", "what the providers have received so far");
    fan(out, root, "net_usd", "cash of the customer in each period");
    fan(out, root, "provider_usd", "what the providers receive in each period");
    fan(out, root, "revenue_usd", "revenue");
    fan(out, root, "delivered_gpu_h", "capacity delivered");
    fan(out, root, "energy_mwh", "energy");
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
    fc_page_flow_fans(out, root);
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, fc_node_get(root, "trial") ? "The figures" : "The figures: medians");
    print_table(out, root);
    fc_html_section_end(out);
}
