/* value_text.c: see value_text.h. */
#include "value_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 8 };

static const char *const plain_keys[] = {"unit", "truncated", "low", "mode", "high", "value"};
enum { UNIT, TRUNCATED, LOW, MODE, HIGH, VALUE, PLAIN_KEYS };

static void mark(struct fc_value_text *text, struct fc_place place, bool exact)
{
    if (text->segment_count < FC_VALUE_SEGMENTS)
        text->segments[text->segment_count++] = (struct fc_segment){text->length, place, exact};
}

static int put(struct fc_value_text *text, const char *part, struct fc_place place, bool exact,
               struct fc_error *error)
{
    size_t length = strlen(part);
    if (length >= FC_VALUE_BYTES - text->length || text->segment_count >= FC_VALUE_SEGMENTS)
        return fc_fail_at(error, &place, "the value is too long (%d bytes at most); split it up",
                          FC_VALUE_BYTES - 1);
    mark(text, place, exact);
    /* A text of several lines reads as one. */
    for (size_t i = 0; i < length; i++)
        text->text[text->length++] = part[i] == '\n' || part[i] == '\r' || part[i] == '\t' ? ' ' : part[i];
    text->text[text->length] = '\0';
    return 0;
}

static int put_node(struct fc_value_text *text, const struct fc_node *node, int depth,
                    struct fc_error *error);

/* "(a, b)" from a list, "(k=a, l=b)" or "(k: a, l: b)" from a map, "(a)" from a text. */
static int put_arguments(struct fc_value_text *text, const struct fc_node *node, const char *between,
                         int depth, struct fc_error *error)
{
    if (put(text, "(", node->place, false, error))
        return -1;
    if (node->kind == FC_NODE_TEXT && put_node(text, node, depth, error))
        return -1;
    for (const struct fc_node *child = node->first; child; child = child->next) {
        if (child != node->first && put(text, ", ", child->place, false, error))
            return -1;
        if (child->key && (put(text, child->key, child->key_place, true, error) ||
                           put(text, between, child->place, false, error)))
            return -1;
        if (put_node(text, child, depth, error))
            return -1;
    }
    return put(text, ")", node->place, false, error);
}

static int put_call(struct fc_value_text *text, const struct fc_node *child, int depth,
                    struct fc_error *error)
{
    bool pairs = strcmp(child->key, "discrete") == 0 || strcmp(child->key, "quantiles") == 0;
    if (put(text, child->key, child->key_place, true, error))
        return -1;
    return put_arguments(text, child, pairs ? ": " : "=", depth, error);
}

static bool is_quantile_key(const char *key)
{
    return key[0] == 'p' && key[1] >= '0' && key[1] <= '9';
}

/* {p5: 1, p50: 2, unit: h}: every key but unit is a quantile. */
static int put_quantiles(struct fc_value_text *text, const struct fc_node *map, int depth,
                         struct fc_error *error)
{
    bool first = true;
    if (put(text, "quantiles(", map->place, false, error))
        return -1;
    for (const struct fc_node *child = map->first; child; child = child->next) {
        if (strcmp(child->key, "unit") == 0 || strcmp(child->key, "truncated") == 0)
            continue;
        if ((!first && put(text, ", ", child->place, false, error)) ||
            put(text, child->key, child->key_place, true, error) ||
            put(text, ": ", child->place, false, error) || put_node(text, child, depth, error))
            return -1;
        first = false;
    }
    return put(text, ")", map->place, false, error);
}

static int put_low_high(struct fc_value_text *text, const struct fc_node *map,
                        const struct fc_node *const *plain, int depth, struct fc_error *error)
{
    if (!plain[LOW] || !plain[HIGH])
        return fc_fail_at(error, &map->place, "the value lacks '%s'; write {low: 2, mode: 3, high: 5}",
                          plain[LOW] ? "high" : "low");
    if (!plain[MODE])
        return put_node(text, plain[LOW], depth, error) ||
                       put(text, " to ", plain[HIGH]->place, false, error) ||
                       put_node(text, plain[HIGH], depth, error)
                   ? -1
                   : 0;
    return put(text, "pert(", map->place, false, error) || put_node(text, plain[LOW], depth, error) ||
                   put(text, ", ", plain[MODE]->place, false, error) ||
                   put_node(text, plain[MODE], depth, error) ||
                   put(text, ", ", plain[HIGH]->place, false, error) ||
                   put_node(text, plain[HIGH], depth, error) || put(text, ")", map->place, false, error)
               ? -1
               : 0;
}

static int put_map(struct fc_value_text *text, const struct fc_node *map, int depth, struct fc_error *error)
{
    const struct fc_node *plain[PLAIN_KEYS] = {NULL}, *call = NULL, *extra = NULL, *quantile = NULL;
    for (const struct fc_node *child = map->first; child; child = child->next) {
        int key = 0;
        while (key < PLAIN_KEYS && strcmp(child->key, plain_keys[key]) != 0)
            key++;
        if (key < PLAIN_KEYS)
            plain[key] = child;
        else if (is_quantile_key(child->key))
            quantile = child;
        else if (call)
            extra = child;
        else
            call = child;
    }
    /* {truncated: [normal(1, 2), 0, 3]}: the call itself, unless another distribution stands beside it */
    if (!call && !quantile && plain[TRUNCATED] && !plain[LOW] && !plain[HIGH] && !plain[VALUE]) {
        call = plain[TRUNCATED];
        plain[TRUNCATED] = NULL;
    }
    int ways = (call != NULL) + (quantile != NULL) + (plain[LOW] || plain[MODE] || plain[HIGH]) +
               (plain[VALUE] != NULL);
    if (ways != 1 || extra) {
        const struct fc_node *wrong = extra ? extra : call;
        struct fc_place place = wrong ? wrong->key_place : map->place;
        char shown[64];
        if (!wrong)
            return fc_fail_at(error, &place,
                              "the map states no value; write for example {pert: [2, 3, 5], unit: USD}");
        return fc_fail_at(error, &place,
                          "unexpected key '%s'; a value is one distribution, as {pert: [2, 3, 5], unit: USD}",
                          fc_printable(shown, sizeof shown, wrong->key, strlen(wrong->key)));
    }
    if (call           ? put_call(text, call, depth, error)
        : quantile     ? put_quantiles(text, map, depth, error)
        : plain[VALUE] ? put_node(text, plain[VALUE], depth, error)
                       : put_low_high(text, map, plain, depth, error))
        return -1;
    if (plain[UNIT]) {
        if (plain[UNIT]->kind != FC_NODE_TEXT)
            return fc_fail_at(error, &plain[UNIT]->place, "a unit must be text, not %s",
                              fc_node_kind_name(plain[UNIT]->kind));
        if (put(text, " ", plain[UNIT]->place, false, error) || put_node(text, plain[UNIT], depth, error))
            return -1;
    }
    if (plain[TRUNCATED] && (put(text, " ", plain[TRUNCATED]->key_place, false, error) ||
                             put(text, "truncated", plain[TRUNCATED]->key_place, true, error) ||
                             put_arguments(text, plain[TRUNCATED], "=", depth, error)))
        return -1;
    return 0;
}

static int put_node(struct fc_value_text *text, const struct fc_node *node, int depth, struct fc_error *error)
{
    if (depth > MAX_DEPTH)
        return fc_fail_at(error, &node->place, "the value is nested too deeply (%d levels at most)",
                          (int)MAX_DEPTH);
    switch (node->kind) {
    case FC_NODE_TEXT:
        return put(text, node->text, node->place, node->exact, error);
    case FC_NODE_MAP:
        return put_map(text, node, depth + 1, error);
    case FC_NODE_LIST:
        return fc_fail_at(
            error, &node->place,
            "a list is not a value here; write a number, a range as '2 to 5', or a distribution");
    case FC_NODE_EMPTY:
        break;
    }
    return fc_fail_at(error, &node->place,
                      "a value is missing here; write a number, a range as '2 to 5', or a distribution");
}

int fc_value_text_read(struct fc_value_text *text, const struct fc_node *node, struct fc_source *source,
                       struct fc_error *error)
{
    text->length = 0;
    text->segment_count = 0;
    text->text[0] = '\0';
    if (put_node(text, node, 0, error))
        return -1;
    *source = (struct fc_source){text->text, node->place, node->kind == FC_NODE_TEXT && node->exact,
                                 text->segments, text->segment_count};
    return 0;
}
