/* catalog_schema.c: see catalog_schema.h. */
#include "catalog_schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/source.h"
#include "value.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

enum { MOST_FIGURES = 128 };
#define LARGEST 1e30 /* of a figure that its key confines further */

static const char *const entry_words[] = {"what", "source", "grade", "note", "measured_name", "series"};
static const char *const figure_words[] = {"value",  "unit",   "low",   "mode", "high",
                                           "points", "source", "grade", "note"};
static const char *const file_words[] = {"kind", "figures", "entries", "correlations"};

static bool among(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static int unknown(const struct fc_node *node, const char *what, const char *const *words, size_t count,
                   struct fc_error *error)
{
    char shown[64], hint[96];
    size_t length = strlen(node->key);
    fc_printable(shown, sizeof shown, node->key, length);
    fc_did_you_mean(hint, sizeof hint, node->key, length, words, count);
    return fc_fail_at(error, &node->key_place, "unknown %s '%s'%s", what, shown,
                      hint[0] ? hint : "; nothing reads it");
}

static bool range_of(const struct fc_node *row, double *lo, double *hi)
{
    const struct fc_node *range = fc_node_get(row, "range");
    if (!range || range->kind != FC_NODE_LIST || range->count != 2 || !range->first->text ||
        !range->last->text)
        return false;
    *lo = strtod(range->first->text, NULL);
    *hi = strtod(range->last->text, NULL);
    return true;
}

const char *fc_catalog_schema_range(const struct fc_node *row, char *text, size_t size)
{
    double lo, hi;
    text[0] = '\0';
    if (range_of(row, &lo, &hi))
        snprintf(text, size, "%g to %g", lo, hi);
    return text;
}

static int not_a(const struct fc_node *node, const char *name, const char *what, struct fc_error *error)
{
    char shown[64];
    if (node->kind != FC_NODE_TEXT)
        return fc_fail_at(error, &node->place, "'%s' is %s, not %s", name, what,
                          fc_node_kind_name(node->kind));
    return fc_fail_at(error, &node->place, "'%s' is %s, not '%s'", name, what,
                      fc_printable(shown, sizeof shown, node->text, strlen(node->text)));
}

/* A word of a figure: one of `words` where its row has some. */
static int check_word(const struct fc_node *node, const char *name, const struct fc_node *row,
                      struct fc_error *error)
{
    const struct fc_node *words = fc_node_get(row, "words");
    const char *known[16];
    size_t count = 0;
    char shown[64], hint[96], list[200] = "";
    if (node->kind != FC_NODE_TEXT)
        return fc_fail_at(error, &node->place, "'%s' is a word, not %s", name, fc_node_kind_name(node->kind));
    for (const struct fc_node *word = words ? words->first : NULL; word && count < COUNT_OF(known);
         word = word->next) {
        size_t used = strlen(list);
        if (word->text && strcmp(word->text, node->text) == 0)
            return 0;
        snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", word->text ? word->text : "");
        known[count++] = word->text ? word->text : "";
    }
    if (count == 0)
        return 0;
    size_t length = strlen(node->text);
    return fc_fail_at(error, &node->place, "'%s' is one of %s, not '%s'%s", name, list,
                      fc_printable(shown, sizeof shown, node->text, length),
                      fc_did_you_mean(hint, sizeof hint, node->text, length, known, count));
}

/* One number of a figure: what its row says of type and range. */
static int check_number(const struct fc_node *node, const char *name, const struct fc_node *row,
                        struct fc_error *error)
{
    const char *type = fc_node_text(row, "type"), *unit = fc_node_text(row, "unit");
    bool plain = !unit || strcmp(unit, "1") == 0;
    bool is_word =
        node->kind == FC_NODE_TEXT && (!strcmp(node->text, "true") || !strcmp(node->text, "false"));
    struct fc_source source = fc_node_source(node);
    size_t at = fc_source_skip(&source, 0);
    double value, lo, hi;
    char range[64];
    if (strcmp(type, "word") == 0)
        return check_word(node, name, row, error);
    if (strcmp(type, "flag") == 0)
        return is_word ? 0 : not_a(node, name, "true or false", error);
    if (node->kind != FC_NODE_TEXT || is_word || !fc_source_is_number(&source, at))
        return not_a(node, name, "a number", error);
    if (fc_source_number(&source, &at, &value, error))
        return -1;
    if (source.text[fc_source_skip(&source, at)])
        return fc_fail_at(error, &node->place, "'%s' is a plain number%s%s; remove what follows it", name,
                          plain ? "" : " in ", plain ? "" : unit);
    if (strcmp(type, "whole") == 0 && floor(value) != value)
        return fc_fail_at(error, &node->place, "'%s' is an integer, not %.10g", name, value);
    if (range_of(row, &lo, &hi) && !(value >= lo && value <= hi))
        return fc_fail_at(error, &node->place, "'%s' lies outside what is allowed, %s (it is %g)", name,
                          fc_catalog_schema_range(row, range, sizeof range), value);
    return 0;
}

static bool number_of(const struct fc_node *node, double *value)
{
    char *end;
    if (!node || node->kind != FC_NODE_TEXT)
        return false;
    *value = strtod(node->text, &end);
    return end != node->text && *end == '\0';
}

/* What a figure says of its range: low, value and high do not fall, nor low, mode and high. */
static int check_order(const struct fc_node *node, struct fc_error *error)
{
    static const char *const orders[][2] = {
        {"low", "value"}, {"value", "high"}, {"low", "mode"}, {"mode", "high"}, {"low", "high"}};
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        const struct fc_node *below = fc_node_get(node, orders[i][0]),
                             *above = fc_node_get(node, orders[i][1]);
        double a, b;
        if (number_of(below, &a) && number_of(above, &b) && a > b)
            return fc_fail_at(error, &below->place, "'%s': %s is %g, above %s, %g", node->key, orders[i][0],
                              a, orders[i][1], b);
    }
    return 0;
}

/* A table of measurements: a map with `points`, each a list of as many positive numbers as its row says. */
static int check_table(const struct fc_node *node, size_t columns, struct fc_error *error)
{
    const struct fc_node *points = node->kind == FC_NODE_MAP ? fc_node_get(node, "points") : NULL;
    double value;
    if (!points || points->kind != FC_NODE_LIST)
        return fc_fail_at(error, &node->place,
                          "'%s' is a table; write a map with 'points', a list of lists of %zu numbers",
                          node->key, columns);
    for (const struct fc_node *point = points->first; point; point = point->next) {
        if (point->kind != FC_NODE_LIST || point->count != columns)
            return fc_fail_at(error, &point->place, "a point of '%s' needs %zu numbers", node->key, columns);
        for (const struct fc_node *cell = point->first; cell; cell = cell->next)
            if (!number_of(cell, &value) || !(value > 0 && isfinite(value)))
                return not_a(cell, node->key, "a table of numbers above 0", error);
    }
    return 0;
}

/* A figure without a type, of a GPU: it becomes the default of a key, so it is a value as scenarios have them, of its
 * row's unit. */
static int check_value(const struct fc_node *node, const struct fc_node *row, struct fc_error *error)
{
    const struct fc_node *value = node->kind == FC_NODE_MAP ? fc_node_get(node, "value") : node;
    const char *unit = fc_node_text(row, "unit");
    struct fc_distribution distribution;
    if (!value || value->kind != FC_NODE_TEXT || !unit || strcmp(unit, "text") == 0)
        return 0;
    struct fc_source source = fc_node_source(value);
    return fc_value_read(&source, unit, FC_UNIT_REQUIRED, 0, LARGEST, &distribution, NULL, 0, error);
}

static int check_figure(const struct fc_node *node, const struct fc_node *row, struct fc_error *error)
{
    bool typed = fc_node_text(row, "type") != NULL;
    const char *unit = fc_node_text(row, "unit");
    double columns;
    if (number_of(fc_node_get(row, "columns"), &columns) && node->kind != FC_NODE_MAP)
        return check_table(node, (size_t)columns, error);
    if (node->kind != FC_NODE_MAP)
        return typed ? check_number(node, node->key, row, error) : 0;
    for (const struct fc_node *child = node->first; child; child = child->next)
        if (!among(child->key, figure_words, COUNT_OF(figure_words)))
            return unknown(child, "word of a figure", figure_words, COUNT_OF(figure_words), error);
    if (number_of(fc_node_get(row, "columns"), &columns))
        return check_table(node, (size_t)columns, error);
    if (!typed)
        return check_order(node, error);
    const char *stated = fc_node_text(node, "unit");
    if (stated && unit && strcmp(stated, unit) != 0) {
        const struct fc_place *place = &fc_node_get(node, "unit")->place;
        if (strcmp(unit, "1") == 0)
            return fc_fail_at(error, place, "'%s' is a plain number; omit the unit", node->key);
        return fc_fail_at(error, place, "'%s' must be in %s (no unit is converted here)", node->key, unit);
    }
    static const char *const numbers[] = {"value", "low", "mode", "high"};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const struct fc_node *number = fc_node_get(node, numbers[i]);
        if (number && check_number(number, node->key, row, error))
            return -1;
    }
    return check_order(node, error);
}

int fc_catalog_schema_check(const struct fc_catalog_entry *entry, const struct fc_node *figures,
                            struct fc_error *error)
{
    const char *names[MOST_FIGURES];
    size_t count = 0;
    if (!figures)
        return 0;
    for (const struct fc_node *row = figures->first; row && count < MOST_FIGURES; row = row->next)
        names[count++] = row->key;
    for (const struct fc_node *node = entry->node->first; node; node = node->next) {
        if (among(node->key, entry_words, COUNT_OF(entry_words)))
            continue;
        const struct fc_node *row = fc_node_get(figures, node->key);
        char what[64];
        snprintf(what, sizeof what, "figure of a %s", entry->kind);
        if (!row)
            return unknown(node, what, names, count, error);
        bool value = strcmp(entry->kind, "gpu") == 0 && !fc_node_text(row, "type");
        if (check_figure(node, row, error) || (value && check_value(node, row, error)))
            return -1;
    }
    return 0;
}

int fc_catalog_schema_complete(const struct fc_catalog_entry *entry, const struct fc_node *figures,
                               struct fc_error *error)
{
    for (const struct fc_node *row = figures ? figures->first : NULL; row; row = row->next) {
        const char *needed = fc_node_text(row, "needed");
        if (needed && strcmp(needed, "true") == 0 && !fc_node_get(entry->node, row->key))
            return fc_fail_at(error, &entry->place, "the %s '%s' lacks its figure '%s' (%s)", entry->kind,
                              entry->name, row->key, fc_node_text(row, "what"));
    }
    return 0;
}

int fc_catalog_schema_check_file(const struct fc_node *root, struct fc_error *error)
{
    for (const struct fc_node *node = root->first; node; node = node->next)
        if (!among(node->key, file_words, COUNT_OF(file_words)) && strncmp(node->key, "x-", 2) != 0)
            return unknown(node, "key of a catalog file", file_words, COUNT_OF(file_words), error);
    return 0;
}
