/* page.c: see page.h. */
#include "page.h"

#include <math.h>
#include <string.h>

#include "page_parts.h"

const struct fc_metric_info *fc_page_metric(const char *name)
{
    const struct fc_metric_info *info = fc_metric_named(name, strlen(name));
    return info ? info : fc_metric_named(name, strcspn(name, "@"));
}

void fc_page_describe(const char *name, char *text, size_t size)
{
    const struct fc_metric_info *info = fc_page_metric(name);
    const char *at = strchr(name, '@');
    snprintf(text, size, "%s", info ? info->what : name);
    if (info && info->sizes && at)
        snprintf(text + strlen(text), size - strlen(text), " (run of %s FLOP)", at + 1);
}

void fc_page_metric_cell(FILE *out, const char *name, const char *unit)
{
    char what[200];
    fc_page_describe(name, what, sizeof what);
    fputs("<td>", out);
    fc_html_name(out, name);
    if (*unit)
        fc_html_say(out, " ", "[%s]", unit);
    fc_html_say(out, "<small>", "%s", what);
    fputs("</small></td>", out);
}

struct fc_scale fc_page_scale(const struct fc_node *map, const char *unit, const char *const *keys)
{
    double size = 0;
    for (; *keys; keys++) {
        double value = fabs(fc_html_number(map, *keys));
        if (isfinite(value) && value > size)
            size = value;
    }
    return fc_scale_for(unit ? unit : "1", size);
}

/* --- what ends every page --- */

static void print_notes(FILE *out, const struct fc_node *notes)
{
    if (!notes || !notes->first)
        return;
    fc_html_section(out, "Notes: what the program assumed, cut or overrode");
    fputs("<ul>\n", out);
    for (int warnings = 1; warnings >= 0; warnings--)
        for (const struct fc_node *note = notes->first; note; note = note->next) {
            const char *severity = fc_node_text(note, "severity"), *place = fc_node_text(note, "place");
            bool warning = severity && strcmp(severity, "warning") == 0;
            if ((int)warning != warnings)
                continue;
            fputs(warning ? "<li class=\"warning\"><b>Warning:</b> " : "<li>", out);
            fc_html_text(out, fc_node_text(note, "text"));
            if (place && *place) {
                fc_html_say(out, " <span class=\"soft\">(", "%s", place);
                fputs(")</span>", out);
            }
            fputs("</li>\n", out);
        }
    fputs("</ul>\n", out);
    fc_html_section_end(out);
}

static double influence_of(const struct fc_node *assumption)
{
    double rank = fabs(fc_html_number(fc_node_get(assumption, "influence"), "rank_correlation"));
    return isfinite(rank) ? rank : -1;
}

/* `bare`: without the columns of what only defaults and influences have. */
static void print_assumption(FILE *out, const struct fc_node *a, bool bare)
{
    const char *from = fc_node_text(a, "from"), *unit = fc_node_text(a, "unit"),
               *value = fc_node_text(a, "value");
    const struct fc_node *influence = fc_node_get(a, "influence");
    bool number = value && isfinite(fc_html_number(a, "value"));
    fc_html_say(out, "<tr><td>", "%s", a->key);
    fputs("</td><td>", out);
    if (number)
        fc_html_data(out, value, value);
    else
        fc_html_text(out, value);
    fc_html_say(out, "", number && unit && strcmp(unit, "1") != 0 ? " %s" : "%.0s", unit ? unit : "");
    fc_html_say(out, "</td><td>", "%s",
                !from || strcmp(from, "scenario") == 0 ? "stated"
                : strcmp(from, "search") == 0          ? "found by search"
                                                       : "default");
    if (bare) {
        fputs("</td></tr>\n", out);
        return;
    }
    fc_html_say(out, "</td><td>", "%s", fc_node_text(a, "grade") ? fc_node_text(a, "grade") : "");
    fputs("</td><td>", out);
    if (influence && influence->kind == FC_NODE_MAP)
        fc_html_value(out, influence, "rank_correlation", 1, 2);
    fc_html_say(out, "</td><td>", "%s", fc_node_text(a, "source") ? fc_node_text(a, "source") : "");
    fputs("</td></tr>\n", out);
}

/* Moves what the scenario states before the defaults, in their order; returns how many those are. */
static int stated_first(const struct fc_node **order, int count)
{
    int stated = 0;
    for (int i = 0; i < count; i++) {
        const char *from = fc_node_text(order[i], "from");
        if (!from || strcmp(from, "default") == 0)
            continue;
        const struct fc_node *moved = order[i];
        for (int k = i; k > stated; k--)
            order[k] = order[k - 1];
        order[stated++] = moved;
    }
    return stated;
}

static void print_assumptions(FILE *out, const struct fc_node *list)
{
    static const char *const heads[] = {"input",  "value", "from", "grade", "rank correlation",
                                        "source", NULL},
                             *const bare_heads[] = {"input", "value", "from", NULL};
    enum { MOST = 512, FIRST = 12 };
    const struct fc_node *order[MOST];
    int count = 0;
    for (const struct fc_node *a = list ? list->first : NULL; a && count < MOST; a = a->next) {
        if (strcmp(a->key, "layers") == 0 || strcmp(a->key, "trials") == 0 || strcmp(a->key, "seed") == 0)
            continue; /* what was computed, which the end of the page says */
        int at = count++;
        for (; at > 0 && influence_of(order[at - 1]) < influence_of(a); at--)
            order[at] = order[at - 1];
        order[at] = a;
    }
    if (count == 0)
        return;
    int first = 0;
    while (first < count && first < FIRST && influence_of(order[first]) >= 0)
        first++;
    fc_html_section(out, "Ledger of assumptions");
    if (first > 0)
        fputs("<p class=\"fine\">Rank correlation: how closely the headline figure follows this input, from "
              "-1 to 1. "
              "Grades: published, derived, estimate.</p>\n",
              out);
    else
        first = stated_first(order, count);
    for (int part = 0; part < 2; part++) {
        int from = part ? first : 0, to = part ? count : first;
        if (from == to)
            continue;
        if (part)
            fputs("<details class=\"screen\"><summary>All other inputs</summary>\n", out);
        fputs("<div class=\"left\">", out);
        bool bare = true;
        for (int i = from; i < to; i++)
            bare = bare && !fc_node_text(order[i], "grade") && influence_of(order[i]) < 0;
        fc_html_table(out, bare ? bare_heads : heads);
        for (int i = from; i < to; i++)
            print_assumption(out, order[i], bare);
        fc_html_table_end(out);
        fputs(part ? "</div></details>\n" : "</div>\n", out);
    }
    fc_html_section_end(out);
}

static void line(FILE *out, const struct fc_node *root, const char *key, const char *label)
{
    const struct fc_node *value = fc_node_get(root, key);
    if (!value || value->kind != FC_NODE_TEXT || !*value->text)
        return;
    fc_html_say(out, "<tr><td>", "%s", label);
    fputs("</td><td>", out);
    if (value->quoted)
        fc_html_text(out, value->text);
    else if (strcmp(key, "wall_s") == 0)
        fc_html_value(out, root, key, 1, 3);
    else
        fc_html_data(out, value->text, value->text);
    fputs("</td></tr>\n", out);
}

static void print_provenance(FILE *out, const struct fc_node *root)
{
    static const struct {
        const char *key, *label;
    } lines[] = {{"digest", "digest of the result"},
                 {"input_digest", "digest of the inputs"},
                 {"against_input_digest", "digest of the other inputs"},
                 {"model_version", "model version"},
                 {"seed", "seed"},
                 {"trials", "trials"},
                 {"trials_in_all", "trials in all"},
                 {"trials_asked", "trials"},
                 {"software", "software"},
                 {"backend", "backend"},
                 {"devices", "devices"},
                 {"topology", "machine"},
                 {"build", "build"},
                 {"wall_s", "seconds"}};
    fc_html_section(out, "How it was made");
    const char *command = fc_node_text(root, "command_line");
    if (command && *command) {
        fputs("<p class=\"fine\">This command makes the same numbers again:</p>\n<pre class=\"command\">",
              out);
        fc_html_text(out, command);
        fputs("</pre>\n", out);
    }
    fputs("<div class=\"left\"><div class=\"table\"><table class=\"fine\"><tbody>\n", out);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        line(out, root, lines[i].key, lines[i].label);
    fputs(
        "</tbody></table></div></div>\n<p class=\"fine\">±: standard error of the simulation. n/a: too few "
        "worlds for this figure, or not defined. never: some worlds have no value there, which counts as the "
        "worst.</p>\n",
        out);
    fc_html_section_end(out);
}

/* "A, B and C" of the scenarios that are compared, or `name`. */
static const char *names_of(const struct fc_node *scenarios, const char *name, char *all, size_t size)
{
    if (!scenarios)
        return name;
    all[0] = '\0';
    for (const struct fc_node *s = scenarios->first; s; s = s->next)
        snprintf(all + strlen(all), size - strlen(all), "%s%s",
                 s == scenarios->first ? ""
                 : s->next             ? ", "
                                       : " and ",
                 fc_node_text(s, "name"));
    return all;
}

int fc_page_write(FILE *out, const struct fc_node *root, struct fc_error *error)
{
    static const struct {
        const char *command, *has,
            *kind; /* `has`: a key that this JSON has and the others of the command do not */
        void (*print)(FILE *out, const struct fc_node *root);
        const char *needs[2]; /* lists or maps without which there is nothing to show */
    } pages[] = {
        {NULL, "tally", "flopcast run", fc_page_run, {"metrics", "probabilities"}},
        {"compare",
         "against",
         "flopcast compare: scenarios on the same worlds",
         fc_page_compare,
         {"scenarios", "metrics"}},
        {"compare", "identical", "flopcast compare: two results", fc_page_compare_results, {"metrics"}},
        {"sweep", NULL, "flopcast sweep", fc_page_sweep, {"rows"}},
        {"solve", NULL, "flopcast solve", fc_page_solve, {"points"}},
        {"explain", NULL, "flopcast explain", fc_page_explain, {NULL}},
        {"search", NULL, "flopcast search", fc_page_search, {"found"}},
        {"step", NULL, "flopcast step", fc_page_step, {"parts_s"}},
        {"stress", NULL, "flopcast stress", fc_page_stress, {"cases"}},
        {"flows", NULL, "flopcast flows", fc_page_flows, {"flows", "period"}},
        {"validate", NULL, "flopcast validate", fc_page_validate, {"groups", "rows"}}};
    const char *command = fc_node_text(root, "command"), *name = fc_node_text(root, "name");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (pages[i].command && (!command || strcmp(command, pages[i].command) != 0))
            continue;
        if (pages[i].has && !fc_node_get(root, pages[i].has))
            continue;
        for (size_t k = 0; k < 2 && pages[i].needs[k]; k++) {
            const struct fc_node *part = fc_node_get(root, pages[i].needs[k]);
            if (!part || (part->kind != FC_NODE_LIST && part->kind != FC_NODE_MAP))
                return fc_fail(error, FC_BAD_INPUT, "the JSON is not that of %s: it has no '%s'",
                               pages[i].kind, pages[i].needs[k]);
        }
        char all[320];
        name = name ? name : fc_node_text(root, "scenario");
        name = names_of(fc_node_get(root, "scenarios"), name, all, sizeof all);
        fc_html_open(out, name ? name : pages[i].kind, pages[i].kind);
        pages[i].print(out, root);
        print_notes(out, fc_node_get(root, "notes"));
        print_assumptions(out, fc_node_get(root, "assumptions"));
        print_provenance(out, root);
        fc_html_close(out);
        return 0;
    }
    return fc_fail(error, FC_BAD_INPUT, "there is no page for %s%s", command ? "the JSON of " : "this JSON",
                   command ? command : "");
}
