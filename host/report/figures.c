/* figures.c: see figures.h. */
#include "figures.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The column of this name, made where it is not there yet; -1 where there is no room or memory. */
static int column_of(struct fc_figures *t, const char *name)
{
    for (int c = 0; c < t->columns; c++)
        if (strcmp(t->names[c], name) == 0)
            return c;
    if (t->columns == FC_FIGURES_COLUMNS || !(t->names[t->columns] = strdup(name)))
        return -1;
    return t->columns++;
}

/* Adds a row; returns its number, or -1 without memory. */
static int add_row(struct fc_figures *t)
{
    if (t->rows == t->room) {
        int room = t->room ? 2 * t->room : 64;
        size_t cells = (size_t)room * FC_FIGURES_COLUMNS, old = (size_t)t->room * FC_FIGURES_COLUMNS;
        const struct fc_node **nodes = realloc(t->cells, cells * sizeof *nodes);
        t->cells = nodes ? nodes : t->cells;
        const char **labels = realloc(t->labels, cells * sizeof *labels);
        t->labels = labels ? labels : t->labels;
        if (!nodes || !labels)
            return -1;
        for (size_t i = old; i < cells; i++) {
            nodes[i] = NULL;
            labels[i] = NULL;
        }
        t->room = room;
    }
    return t->rows++;
}

static void put_label(struct fc_figures *t, int row, const char *name, const char *text)
{
    int column = column_of(t, name);
    if (row >= 0 && column >= 0)
        t->labels[row * FC_FIGURES_COLUMNS + column] = text;
}

/* Puts a value into the row; a map becomes a column per key ("parts_s.gemm"), a list is left out. */
static void put(struct fc_figures *t, int row, const char *name, const struct fc_node *value)
{
    if (row < 0)
        return;
    if (value->kind == FC_NODE_MAP) {
        for (const struct fc_node *child = value->first; child; child = child->next) {
            char inner[160];
            snprintf(inner, sizeof inner, "%s.%s", name, child->key);
            put(t, row, inner, child);
        }
        return;
    }
    if (value->kind == FC_NODE_LIST)
        return;
    int column = column_of(t, name);
    if (column >= 0 && value->kind == FC_NODE_TEXT)
        t->cells[row * FC_FIGURES_COLUMNS + column] = value;
}

static void put_all(struct fc_figures *t, int row, const struct fc_node *map, const char *except)
{
    for (const struct fc_node *child = map->first; child; child = child->next)
        if (!except || strcmp(child->key, except) != 0)
            put(t, row, child->key, child);
}

/* One row per child of a list or map; a map's key goes under `name`. */
static void put_rows(struct fc_figures *t, const struct fc_node *all, const char *name)
{
    for (const struct fc_node *child = all ? all->first : NULL; child; child = child->next) {
        int row = add_row(t);
        if (child->key)
            put_label(t, row, name, child->key);
        if (child->kind == FC_NODE_MAP)
            put_all(t, row, child, NULL);
        else
            put(t, row, name, child);
    }
}

/* One row a flow and period. */
static void put_flows(struct fc_figures *t, const struct fc_node *root)
{
    static const char *const keys[] = {"mean", "p5", "p50", "p95"};
    for (const struct fc_node *flow = fc_node_first(root, "flows"); flow; flow = flow->next) {
        const struct fc_node *period = fc_node_first(root, "period"), *values[4];
        for (int k = 0; k < 4; k++)
            values[k] = fc_node_first(flow, keys[k]);
        for (; period; period = period->next) {
            int row = add_row(t);
            put_label(t, row, "flow", flow->key);
            put_label(t, row, "unit", fc_node_text(flow, "unit"));
            put(t, row, fc_node_text(root, "by"), period);
            for (int k = 0; k < 4 && values[k]; values[k] = values[k]->next, k++)
                put(t, row, keys[k], values[k]);
        }
    }
}

static void summary(struct fc_figures *t, const struct fc_node *root)
{
    const struct fc_node *metrics = fc_node_get(root, "metrics"), *rows = fc_node_get(root, "rows");
    const char *command = fc_node_text(root, "command");
    command = command ? command : "";
    if (strcmp(command, "sweep") == 0) {
        for (const struct fc_node *row = rows->first; row; row = row->next)
            for (const struct fc_node *m = fc_node_first(row, "metrics"); m; m = m->next) {
                int at = add_row(t);
                put_label(t, at, "path", fc_node_text(root, "path"));
                put(t, at, "value", fc_node_get(row, "value"));
                put_label(t, at, "metric", m->key);
                put_all(t, at, m, NULL);
            }
    } else if (strcmp(command, "flows") == 0) {
        put_flows(t, root);
    } else if (strcmp(command, "stress") == 0) {
        put_rows(t, fc_node_get(root, "cases"), "case");
    } else if (metrics && fc_node_get(root, "scenarios")) { /* compare */
        for (const struct fc_node *m = metrics->first; m; m = m->next) {
            const struct fc_node *scenario = fc_node_first(root, "scenarios");
            for (const struct fc_node *side = fc_node_first(m, "sides"); side && scenario;
                 side = side->next, scenario = scenario->next) {
                int at = add_row(t);
                put_label(t, at, "metric", m->key);
                put_label(t, at, "scenario", fc_node_text(scenario, "name"));
                put_all(t, at, side, NULL);
            }
        }
    } else if (metrics) {
        put_rows(t, metrics, "metric");
        put_rows(t, fc_node_get(root, "probabilities"), "metric");
    } else if (fc_node_get(root, "tornado") || fc_node_get(root, "sobol")) {
        put_rows(t, fc_node_get(root, "tornado"), "name");
        for (const struct fc_node *s = fc_node_first(root, "sobol");
             s; s = s->next) {
            int at = add_row(t);
            put(t, at, "name", fc_node_get(s, "name"));
            put(t, at, "sobol", s);
        }
    } else if (fc_node_get(root, "points")) {
        put_rows(t, fc_node_get(root, "points"), "value");
    } else if (fc_node_get(root, "found")) {
        put_rows(t, fc_node_get(root, "found"), "plan");
    } else if (rows) {
        put_rows(t, rows, "id");
    } else {
        for (const struct fc_node *child = root->first; child; child = child->next)
            if (child->kind != FC_NODE_LIST) {
                if (child->kind == FC_NODE_MAP) {
                    for (const struct fc_node *inner = child->first; inner; inner = inner->next)
                        if (inner->kind == FC_NODE_TEXT) {
                            int at = add_row(t);
                            put_label(t, at, "part_of", child->key);
                            put_label(t, at, "figure", inner->key);
                            put(t, at, "value", inner);
                        }
                    continue;
                }
                int at = add_row(t);
                put_label(t, at, "part_of", "");
                put_label(t, at, "figure", child->key);
                put(t, at, "value", child);
            }
    }
}

/* What a result says of itself: one row a key. */
static void origin(struct fc_figures *t, const struct fc_node *root)
{
    static const char *const left_out[] = {"scenario", "tally", "file_hash"};
    for (const struct fc_node *child = root->first; child; child = child->next) {
        bool out = child->kind != FC_NODE_TEXT;
        for (size_t i = 1; i < sizeof left_out / sizeof left_out[0]; i++)
            out = out || strcmp(child->key, left_out[i]) == 0;
        if (out)
            continue;
        int row = add_row(t);
        put_label(t, row, "key", child->key);
        put(t, row, "value", child);
    }
}

int fc_figures_make(struct fc_figures *tables, const struct fc_node *root, struct fc_error *error)
{
    static const char *const titles[] = {"summary", "groups", "assumptions", "notes", "origin"};
    enum { ALL = sizeof titles / sizeof titles[0] };
    int count = 0;
    for (int i = 0; i < ALL; i++) {
        struct fc_figures *t = &tables[count];
        *t = (struct fc_figures){.title = titles[i]};
        if (i == 0)
            summary(t, root);
        else if (i == 4)
            origin(t, root);
        else if (i == 1 || fc_node_get(root, titles[i]))
            put_rows(t, fc_node_get(root, titles[i]), i == 2 ? "input" : i == 1 ? "group" : "note");
        if (i == 0 || t->rows > 0)
            count++;
    }
    return tables[0].rows > 0
               ? count
               : (fc_figures_free(tables, count),
                  fc_fail(error, FC_BAD_INPUT, "the result holds no figures to put into a table"));
}

void fc_figures_free(struct fc_figures *tables, int count)
{
    for (int i = 0; i < count; i++) {
        for (int c = 0; c < tables[i].columns; c++)
            free(tables[i].names[c]);
        free(tables[i].cells);
        free(tables[i].labels);
    }
}

const char *fc_figures_cell(const struct fc_figures *t, int row, int column, int *is_number)
{
    const struct fc_node *node = t->cells[row * FC_FIGURES_COLUMNS + column];
    const char *label = t->labels[row * FC_FIGURES_COLUMNS + column];
    char *end;
    *is_number = 0;
    if (!node)
        return label ? label : "";
    (void)strtod(node->text, &end);
    *is_number = !node->quoted && *node->text && *end == '\0';
    return node->text;
}

/* A cell as RFC 4180 writes it. A text that a spreadsheet would run as a formula begins with a blank. */
static void csv_cell(FILE *out, const char *text, int is_number)
{
    bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    bool formula = !is_number && *text && strchr("=+-@", *text) != NULL;
    if (!quoted && !formula) {
        fputs(text, out);
        return;
    }
    fputs(formula ? "\" " : "\"", out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

int fc_figures_csv(FILE *out, const struct fc_node *root, struct fc_error *error)
{
    struct fc_figures tables[FC_FIGURES_TABLES];
    int count = fc_figures_make(tables, root, error);
    if (count < 0)
        return -1;
    for (int row = -1; row < tables[0].rows; row++)
        for (int c = 0; c < tables[0].columns; c++) {
            int is_number = 0;
            const char *text = row < 0 ? tables[0].names[c] : fc_figures_cell(&tables[0], row, c, &is_number);
            csv_cell(out, text, is_number);
            fputc(c + 1 < tables[0].columns ? ',' : '\n', out);
        }
    fc_figures_free(tables, count);
    return ferror(out) ? fc_fail(error, FC_FAULT, "the table could not be written") : 0;
}
