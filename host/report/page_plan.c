/* page_plan.c: the pages of one step and of the search for a plan. */
#include <math.h>
#include <string.h>

#include "page_parts.h"

enum { BARS = 24, PLANS = 12 };

void fc_page_parts(FILE *out, const char *caption, const struct fc_node *parts, double whole)
{
    static const struct {
        const char *key, *what;
        bool lost; /* communication, waiting: what a better plan could save */
    } names[] = {{"gemm", "matrix products of the layers", false},
                 {"experts", "grouped products of the experts", false},
                 {"attention", "attention", false},
                 {"memory_bound", "memory-bound kernels", false},
                 {"memory", "memory-bound kernels", false},
                 {"gaps", "gaps between kernels", true},
                 {"host", "waiting for the host's launches", true},
                 {"head", "output layer and loss", false},
                 {"tp", "tensor parallel, exposed", true},
                 {"cp", "context parallel, exposed", true},
                 {"ep", "expert parallel, exposed", true},
                 {"fsdp", "FSDP, exposed", true},
                 {"pp", "pipeline messages, exposed", true},
                 {"dp", "data parallel, exposed", true},
                 {"offload", "offloading to the host, exposed", true},
                 {"bubble", "pipeline bubble", true},
                 {"optimizer", "optimizer and fixed work", false},
                 {"straggling", "stragglers and jitter", true},
                 {"residual", "not explained by the model", true}};
    struct fc_bars_row rows[BARS];
    char shown[BARS][48];
    int count = 0;
    for (const struct fc_node *p = parts->first; p && count < BARS; p = p->next) {
        double seconds = fc_html_number(parts, p->key);
        if (seconds == 0 || !isfinite(seconds))
            continue;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strcmp(names[i].key, p->key) == 0) {
                snprintf(shown[count], sizeof shown[0], "%.4f s, %.1f %%", seconds, 100 * seconds / whole);
                rows[count] = (struct fc_bars_row){.label = names[i].what,
                                                   .shown = shown[count],
                                                   .value = p->text,
                                                   .to = seconds,
                                                   .lo = (double)NAN,
                                                   .class = names[i].lost ? "two" : "one"};
                count++;
                break;
            }
    }
    if (count > 0)
        fc_bars(out, caption, rows, count, 0);
}

static void plot_memory(FILE *out, const struct fc_node *memory)
{
    static const struct {
        const char *key, *what;
    } names[] = {{"weights_and_gradients", "weights and gradients"},
                 {"optimizer", "optimizer"},
                 {"activations", "activations"},
                 {"logits", "logits and embedding"},
                 {"pools_of_streams", "pools of other streams"},
                 {"framework", "framework"}};
    struct fc_bars_row rows[9];
    char shown[9][48];
    int count = 0;
    const struct fc_node *total = fc_node_get(memory, "total_over_worlds");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        double bytes = fc_html_number(memory, names[i].key);
        if (!(bytes > 0))
            continue;
        snprintf(shown[count], sizeof shown[0], "%.1f GB", bytes / 1e9);
        rows[count] = (struct fc_bars_row){.label = names[i].what,
                                           .shown = shown[count],
                                           .value = fc_node_text(memory, names[i].key),
                                           .to = bytes,
                                           .lo = (double)NAN,
                                           .class = "one"};
        count++;
    }
    snprintf(shown[count], sizeof shown[0], "%.1f GB", fc_html_number(total, "p50") / 1e9);
    rows[count] = (struct fc_bars_row){.label = "in all, with what the allocator adds (P50, P5 to P95)",
                                       .shown = shown[count],
                                       .value = fc_node_text(total, "p50"),
                                       .to = fc_html_number(total, "p50"),
                                       .lo = fc_html_number(total, "p5"),
                                       .hi = fc_html_number(total, "p95"),
                                       .class = "one"};
    count++;
    snprintf(shown[count], sizeof shown[0], "%.0f GB", fc_html_number(memory, "capacity") / 1e9);
    rows[count] = (struct fc_bars_row){.label = "capacity of the GPU",
                                       .shown = shown[count],
                                       .value = fc_node_text(memory, "capacity"),
                                       .to = fc_html_number(memory, "capacity"),
                                       .lo = (double)NAN,
                                       .class = "band"};
    count++;
    fc_bars(out, "Memory: of the fullest GPU", rows, count, 0);
}

void fc_page_step(FILE *out, const struct fc_node *root)
{
    const struct fc_node *worlds = fc_node_get(root, "step_time_over_worlds_s"),
                         *memory = fc_node_get(root, "memory_bytes"),
                         *total = fc_node_get(memory, "total_over_worlds");
    static const struct {
        const char *key, *what, *unit;
        double factor;
    } rows[] = {{"step_time_s", "step time at the median of every factor", "s", 1},
                {"communication_s", "communication, hidden and exposed", "s", 1},
                {"exposed_communication_s", "communication that is exposed", "s", 1},
                {"tokens_per_s", "tokens per second", "token/s", 1},
                {"tflops_per_gpu", "model FLOP per second and GPU, causal attention", "TFLOP/s", 1},
                {"mfu", "model FLOP utilization, causal attention", "%", 100},
                {"tflops_per_gpu_full_attention", "the same with full attention", "TFLOP/s", 1},
                {"mfu_full_attention", "the same with full attention", "%", 100}};
    static const char *const heads[] = {"figure", "value", NULL};
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fputs("<p>One step takes ", out);
    fc_html_value(out, worlds, "p50", 1, 3);
    fputs(" s in the median world, ", out);
    fc_html_value(out, worlds, "p5", 1, 3);
    fputs(" to ", out);
    fc_html_value(out, worlds, "p95", 1, 3);
    fputs(" s in nine worlds of ten: ", out);
    fc_html_value(out, root, "tflops_per_gpu", 1, 4);
    fputs(" TFLOP/s per GPU at the median of every factor, an MFU of ", out);
    fc_html_value(out, root, "mfu", 100, 3);
    fputs(" %.</p>\n<p>The fullest GPU needs ", out);
    fc_html_value(out, total, "p50", 1e-9, 3);
    fputs(" GB (", out);
    fc_html_value(out, total, "p5", 1e-9, 3);
    fputs(" to ", out);
    fc_html_value(out, total, "p95", 1e-9, 3);
    fputs(") of ", out);
    fc_html_value(out, memory, "capacity", 1e-9, 3);
    fputs(" GB; the job fits in ", out);
    fc_html_value(out, root, "fits_in_memory", 100, 4);
    fputs(" % of the worlds.</p>\n", out);
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    fc_page_parts(out, "Where the step's time goes: orange is what is not computing",
                  fc_node_get(root, "parts_s"), fc_html_number(root, "step_time_s"));
    plot_memory(out, memory);
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The figures");
    fc_html_table(out, heads);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fc_html_say(out, "<tr><td>", "%s [%s]", rows[i].what, rows[i].unit);
        fputs("</td><td>", out);
        fc_html_value(out, root, rows[i].key, rows[i].factor, 5);
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
    fc_html_section_end(out);
}

static bool is_final(const struct fc_node *plan)
{
    const char *final = fc_node_text(plan, "final");
    return final && strcmp(final, "true") == 0;
}

static void plot_plans(FILE *out, const struct fc_node *found)
{
    struct fc_bars_row rows[PLANS];
    char shown[PLANS][48], labels[PLANS][120];
    int count = 0;
    for (const struct fc_node *p = found->first; p && count < PLANS; p = p->next) {
        if (!is_final(p))
            continue;
        const char *stated = fc_node_text(p, "stated");
        bool own = stated && strcmp(stated, "true") == 0;
        snprintf(labels[count], sizeof labels[0], "%s%s", fc_node_text(p, "plan"), own ? " (as stated)" : "");
        snprintf(shown[count], sizeof shown[0], "%.3g s", fc_html_number(p, "step_time_s_p50"));
        rows[count] = (struct fc_bars_row){.label = labels[count],
                                           .shown = shown[count],
                                           .value = fc_node_text(p, "step_time_s_p50"),
                                           .to = fc_html_number(p, "step_time_s_p50"),
                                           .lo = fc_html_number(p, "step_time_s_p5"),
                                           .hi = fc_html_number(p, "step_time_s_p95"),
                                           .class = own ? "two" : "one"};
        count++;
    }
    if (count > 0)
        fc_bars(out, "Step time of the plans: P50, with P5 to P95", rows, count, 0);
}

void fc_page_search(FILE *out, const struct fc_node *root)
{
    char regret[64];
    const char *const heads[] = {"plan", "ranked by", "step P50 [s]", "memory P50 [GB]", "fits", "best in", regret, NULL};
    const struct fc_node *found = fc_node_get(root, "found"), *best = found->first;
    const char *by = fc_node_text(root, "by"), *open = by ? strchr(by, '(') : NULL;
    char name[96];
    snprintf(name, sizeof name, "%s", open ? open + 1 : by ? by : "");
    name[strcspn(name, ")")] = '\0';
    const struct fc_metric_info *info = fc_page_metric(name);
    struct fc_scale scale = info && info->probability
                                ? (struct fc_scale){0.01, "%"}
                                : fc_scale_for(info ? info->unit : "1", fc_html_number(best, "figure"));
    snprintf(regret, sizeof regret, *scale.unit ? "mean regret [%s]" : "mean regret%s", scale.unit);
    fputs("<div class=\"answer\">\n", out);
    fc_html_section(out, "The answer");
    fc_html_say(out, "<p>The best plan: <b>", "%s", fc_node_text(best, "plan"));
    fc_html_say(out, "</b>, ranked by ", "%s: ", by ? by : "");
    fc_html_figure_in_words(out, best, "figure", &scale);
    fputs(".</p>\n<p>It is the best of the finalists in ", out);
    fc_html_percent(out, best, "p_best");
    fputs(" of the worlds, and fits in memory in ", out);
    fc_html_percent(out, best, "fits_in_memory");
    fputs(".</p>\n<p class=\"soft\">Of ", out);
    fc_html_value(out, root, "plans", 1, 12);
    fputs(" plans that divide the model over the GPUs, a bound shows ", out);
    fc_html_value(out, root, "plans_too_slow", 1, 12);
    fputs(" to be too slow; of the rest ", out);
    fc_html_value(out, root, "plans_too_large", 1, 12);
    fputs(" do not fit in memory and ", out);
    fc_html_value(out, root, "plans_evaluated", 1, 12);
    fputs(" were timed.</p>\n", out);
    fc_html_section_end(out);
    fputs("</div>\n", out);
    fc_html_section(out, "In pictures");
    fputs("<div class=\"plots\">\n", out);
    plot_plans(out, found);
    const struct fc_node *parts = fc_node_get(best, "parts_s");
    if (parts)
        fc_page_parts(out, "Where the step's time goes: with the best plan", parts,
                      fc_html_number(parts, "step"));
    fputs("</div>\n", out);
    fc_html_section_end(out);
    fc_html_section(out, "The finalists");
    fc_html_table(out, heads);
    for (const struct fc_node *p = found->first; p; p = p->next) {
        if (!is_final(p))
            continue;
        fc_html_say(out, "<tr><td>", "%s", fc_node_text(p, "plan"));
        fputs("</td><td>", out);
        fc_html_figure(out, p, "figure", &scale, true);
        fc_html_say(out, " ", "%s", scale.unit);
        fputs("</td><td>", out);
        fc_html_value(out, p, "step_time_s_p50", 1, 3);
        fputs("</td><td>", out);
        fc_html_value(out, p, "memory_per_gpu_bytes_p50", 1e-9, 3);
        fputs("</td><td>", out);
        fc_html_percent(out, p, "fits_in_memory");
        fputs("</td><td>", out);
        fc_html_percent(out, p, "p_best");
        fputs("</td><td>", out);
        fc_html_value(out, p, "regret", 1 / scale.factor, 3);
        fputs("</td></tr>\n", out);
    }
    fc_html_table_end(out);
    fputs("<p class=\"fine\">best in, regret: on the same worlds for all. Errors of the step model that "
          "differ between "
          "plans are not in them; on measured layouts they are a few percent.</p>\n",
          out);
    fc_html_section_end(out);
}
