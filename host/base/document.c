/* document.c: see document.h. Builds the tree from libfyaml's events. */
#include "document.h"
#include "document_bytes.h"
#include "read_file.h"

#include <libfyaml.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_DEPTH = 48,           /* below libfyaml's own limit of 64 */
    MAX_ALIAS_NODES = 100000, /* nodes that aliases may add to a document */
    CHUNK_BYTES = 1 << 16
};

/* Memory comes in chunks that live as long as the document. */
struct chunk {
    struct chunk *next;
    size_t used, size;
    max_align_t data[];
};

struct anchor {
    struct anchor *next;
    const char *name;
    const struct fc_node *node;
};

struct fc_document {
    struct chunk *chunks;
    char *name;
    struct fc_node *root;
    struct anchor *anchors;
    size_t alias_nodes;
    size_t unquoted; /* calls that only this reader takes for one value */
    struct fc_place first_unquoted;
    bool has_calls; /* the text holds the marks that fc_protect_calls put in */
};

static void *take(struct fc_document *document, size_t bytes)
{
    bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct chunk *chunk = document->chunks;
    if (!chunk || chunk->size - chunk->used < bytes) {
        size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + size);
        if (!chunk)
            return NULL;
        chunk->used = 0;
        chunk->size = size;
        chunk->next = document->chunks;
        document->chunks = chunk;
    }
    void *memory = (char *)chunk->data + chunk->used;
    chunk->used += bytes;
    return memory;
}

static int no_memory(const char *name, struct fc_error *error)
{
    return fc_fail(error, FC_FAULT, "%s: cannot be read (out of memory); try a smaller file", name);
}

static struct fc_node *new_node(struct fc_document *document, enum fc_node_kind kind, struct fc_place place)
{
    struct fc_node *node = take(document, sizeof *node);
    if (!node)
        return NULL;
    *node = (struct fc_node){.kind = kind, .place = place, .exact = true};
    return node;
}

static void append(struct fc_node *parent, struct fc_node *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

/* Copies text into the document and turns the marks of fc_protect_calls back into what was written. */
static const char *keep_text(struct fc_document *document, const char *text, size_t length)
{
    char *copy = take(document, length + 1);
    if (!copy)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (document->has_calls && length - i >= 3 && memcmp(text + i, fc_comma_mark, 3) == 0) {
            copy[used++] = ',';
            i += 2;
        } else if (document->has_calls && length - i >= 3 && memcmp(text + i, fc_colon_mark, 3) == 0) {
            copy[used++] = ':';
            i += 2;
        } else {
            copy[used++] = text[i];
        }
    }
    copy[used] = '\0';
    return copy;
}

/* ---- from events to nodes ---- */

struct builder {
    struct fc_document *document;
    struct fy_parser *parser;
    struct fy_diag *diagnostics;
    struct fc_error *error;
    const char *name;
    int flow;             /* depth of {} and [] around what is read */
    struct fc_place last; /* where the latest event with a mark began: the place of an empty value */
};

/* A plain value without text: nothing stands in the file (libfyaml 0.7 gives no token, 0.8 one with a mark behind the key). */
static bool is_nothing(struct fy_event *event)
{
    if (event->type != FYET_SCALAR)
        return false;
    struct fy_token *token = event->scalar.value;
    size_t length = 0;
    return !token ||
           (fy_token_scalar_style(token) == FYSS_PLAIN && fy_token_get_text(token, &length) && length == 0);
}

static struct fc_place place_of_event(struct builder *builder, struct fy_event *event)
{
    const struct fy_mark *mark = is_nothing(event) ? NULL : fy_event_start_mark(event);
    if (mark)
        builder->last = (struct fc_place){builder->name, mark->line + 1, mark->column + 1};
    return builder->last;
}

/* Turns libfyaml's first collected diagnostic into the error. */
static int fail_as_diagnosed(struct builder *builder)
{
    void *iterator = NULL;
    struct fy_diag_error *found = fy_diag_errors_iterate(builder->diagnostics, &iterator);
    if (!found || !found->msg)
        return fc_fail_at(builder->error, &builder->last, "this is not well-formed YAML or JSON near here");
    struct fc_place place = {builder->name, found->line > 0 ? found->line : 1,
                             found->column > 0 ? found->column : 1};
    if (place.line > 1 && strcmp(builder->name, "--set") == 0) /* an argument has one line */
        place = builder->last;
    char message[200];
    snprintf(message, sizeof message, "%s", found->msg);
    message[strcspn(message, "\r\n")] = '\0';
    return fc_fail_at(builder->error, &place, "this is not well-formed YAML or JSON (%s)", message);
}

/* The next event, or NULL with the error filled. */
static struct fy_event *next_event(struct builder *builder)
{
    struct fy_event *event = fy_parser_parse(builder->parser);
    if (!event)
        fail_as_diagnosed(builder);
    return event;
}

static int keep_anchor(struct builder *builder, struct fy_token *token, const struct fc_node *node)
{
    if (!token)
        return 0;
    size_t length = 0;
    const char *name = fy_token_get_text(token, &length);
    struct anchor *anchor = take(builder->document, sizeof *anchor);
    const char *copy = name ? keep_text(builder->document, name, length) : NULL;
    if (!anchor || !copy)
        return no_memory(builder->name, builder->error);
    *anchor = (struct anchor){builder->document->anchors, copy, node};
    builder->document->anchors = anchor;
    return 0;
}

/* A deep copy of what an alias stands for. */
static struct fc_node *copy_node(struct builder *builder, const struct fc_node *node, int depth)
{
    struct fc_document *document = builder->document;
    if (depth > MAX_DEPTH || ++document->alias_nodes > MAX_ALIAS_NODES) {
        fc_fail_at(builder->error, &builder->last,
                   "alias expansion exceeds the limit (%d values, %d levels); write the values out",
                   (int)MAX_ALIAS_NODES, (int)MAX_DEPTH);
        return NULL;
    }
    struct fc_node *copy = new_node(document, node->kind, node->place);
    if (!copy) {
        no_memory(builder->name, builder->error);
        return NULL;
    }
    copy->quoted = node->quoted;
    copy->exact = node->exact;
    copy->key = node->key;
    copy->key_place = node->key_place;
    copy->text = node->text;
    for (const struct fc_node *child = node->first; child; child = child->next) {
        struct fc_node *child_copy = copy_node(builder, child, depth + 1);
        if (!child_copy)
            return NULL;
        append(copy, child_copy);
    }
    return copy;
}

static int expand_alias(struct builder *builder, struct fy_event *event, int depth, struct fc_node **node)
{
    struct fc_place place = place_of_event(builder, event);
    size_t length = 0;
    const char *name = fy_token_get_text(event->alias.anchor, &length);
    for (const struct anchor *anchor = builder->document->anchors; name && anchor; anchor = anchor->next)
        if (strlen(anchor->name) == length && memcmp(anchor->name, name, length) == 0) {
            *node = copy_node(builder, anchor->node, depth);
            if (!*node)
                return -1;
            (*node)->key = NULL;
            return 0;
        }
    char shown[64];
    return fc_fail_at(builder->error, &place,
                      "the alias '*%s' has no anchor; put '&%s' before a value above it",
                      fc_printable(shown, sizeof shown, name ? name : "", length),
                      fc_printable(shown, sizeof shown, name ? name : "", length));
}

/* What a tag asks for: only that a scalar is text (!!str), and the two kinds that a node has anyway. */
static int check_tag(struct builder *builder, struct fy_token *tag, struct fc_node *node)
{
    static const char core[] = "tag:yaml.org,2002:";
    if (!tag)
        return 0;
    size_t length = 0, skip = strlen(core);
    const char *name = fy_token_get_text(tag, &length);
    char shown[64];
    if (!name)
        return no_memory(builder->name, builder->error);
    if (length > skip && memcmp(name, core, skip) == 0) {
        const char *type = name + skip;
        size_t rest = length - skip;
        if ((rest == 3 && memcmp(type, "map", 3) == 0 && node->kind == FC_NODE_MAP) ||
            (rest == 3 && memcmp(type, "seq", 3) == 0 && node->kind == FC_NODE_LIST))
            return 0;
        if (rest == 3 && memcmp(type, "str", 3) == 0 &&
            (node->kind == FC_NODE_TEXT || node->kind == FC_NODE_EMPTY)) {
            node->kind = FC_NODE_TEXT;
            node->quoted = true;
            node->text = node->text ? node->text : "";
            return 0;
        }
    }
    fc_printable(shown, sizeof shown, name, length);
    return fc_fail_at(
        builder->error, &builder->last,
        "the tag '%s' is not supported (nothing would act on it); remove it and write the value "
        "itself",
        shown);
}

static bool is_null_word(const char *text)
{
    return text[0] == '\0' || strcmp(text, "null") == 0 || strcmp(text, "~") == 0;
}

/* Whether another YAML reader would not take this plain text for one value: a comma in {} or [], or a colon and a
 * blank. */
static bool is_split_elsewhere(const struct builder *builder, const char *text, size_t length)
{
    for (size_t i = 0; builder->document->has_calls && i + 2 < length; i++) {
        if (builder->flow > 0 && memcmp(text + i, fc_comma_mark, 3) == 0)
            return true;
        if (memcmp(text + i, fc_colon_mark, 3) == 0 && (i + 3 == length || text[i + 3] == ' '))
            return true;
    }
    return false;
}

static int read_scalar(struct builder *builder, struct fy_event *event, struct fc_node **node)
{
    struct fc_place place = place_of_event(builder, event);
    *node = new_node(builder->document, FC_NODE_EMPTY, place);
    if (!*node)
        return no_memory(builder->name, builder->error);
    struct fy_token *token = event->scalar.value;
    if (!token)
        return 0;
    size_t length = 0;
    const char *text = fy_token_get_text(token, &length);
    if (!text)
        return no_memory(builder->name, builder->error);
    if (memchr(text, '\0', length))
        return fc_fail_at(builder->error, &place, "the text holds a NUL character; leave it out");
    const char *copy = keep_text(builder->document, text, length);
    if (!copy)
        return no_memory(builder->name, builder->error);
    unsigned code = fc_unprintable(copy, strlen(copy));
    if (code)
        return fc_fail_at(builder->error, &place, "the text holds the control character U+%04X; remove it",
                          code);
    enum fy_scalar_style style = fy_token_scalar_style(token);
    (*node)->quoted = style != FYSS_PLAIN;
    if (!(*node)->quoted && is_split_elsewhere(builder, text, length) &&
        strcmp(builder->name, "--set") != 0 && builder->document->unquoted++ == 0)
        builder->document->first_unquoted = place;
    if (!(*node)->quoted && is_null_word(copy))
        return 0;
    (*node)->kind = FC_NODE_TEXT;
    (*node)->text = copy;
    /* Columns inside the text are those of the file only where nothing was folded, escaped or indented away.
     */
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    (*node)->exact = start && end && start->line == end->line &&
                     (style == FYSS_PLAIN || style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED);
    if ((*node)->quoted && (*node)->exact)
        (*node)->exact =
            end->input_pos - start->input_pos >= length && end->input_pos - start->input_pos <= length + 2;
    return 0;
}

/* A set of the keys of one map, so that large maps stay fast: open addressing over borrowed strings. */
struct key_set {
    const struct fc_node **slots;
    size_t size, used;
};

static size_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return (size_t)(hash ^ (hash >> 29));
}

static const struct fc_node **slot_of(const struct key_set *set, const char *key)
{
    size_t at = hash_of(key) & (set->size - 1);
    while (set->slots[at] && strcmp(set->slots[at]->key, key) != 0)
        at = (at + 1) & (set->size - 1);
    return &set->slots[at];
}

/* Adds the node under its key; *earlier is the node that already had the key, or NULL. Returns -1 without
 * memory. */
static int key_set_add(struct key_set *set, const struct fc_node *node, const struct fc_node **earlier)
{
    if (2 * (set->used + 1) > set->size) {
        struct key_set larger = {NULL, set->size ? 2 * set->size : 16, set->used};
        larger.slots = calloc(larger.size, sizeof(const struct fc_node *));
        if (!larger.slots)
            return -1;
        for (size_t i = 0; i < set->size; i++)
            if (set->slots[i])
                *slot_of(&larger, set->slots[i]->key) = set->slots[i];
        free((void *)set->slots);
        *set = larger;
    }
    const struct fc_node **slot = slot_of(set, node->key);
    *earlier = *slot;
    if (!*slot) {
        *slot = node;
        set->used++;
    }
    return 0;
}

static int read_node(struct builder *builder, struct fy_event *event, int depth, struct fc_node **node);

/* Adds the children of `from` whose keys the map does not have yet: what a merge key "<<" asks for. */
static int merge_map(struct builder *builder, struct fc_node *parent, struct key_set *keys,
                     struct fc_node *from)
{
    if (from->kind != FC_NODE_MAP)
        return fc_fail_at(builder->error, &from->place,
                          "the merge key '<<' takes a map or a list of maps, not %s; write '<<: *anchor'",
                          fc_node_kind_name(from->kind));
    for (struct fc_node *child = from->first, *next; child; child = next) {
        const struct fc_node *earlier = NULL;
        next = child->next;
        if (key_set_add(keys, child, &earlier))
            return no_memory(builder->name, builder->error);
        if (!earlier)
            append(parent, child);
    }
    return 0;
}

/* Takes the merge key's child out of the map and merges what it stands for; the first of several wins. */
static int merge(struct builder *builder, struct fc_node *parent, struct key_set *keys, struct fc_node *from)
{
    if (from->kind != FC_NODE_LIST)
        return merge_map(builder, parent, keys, from);
    for (struct fc_node *item = from->first; item; item = item->next)
        if (merge_map(builder, parent, keys, item))
            return -1;
    return 0;
}

/* Reads the children of a list or a map up to its end event. */
static int read_children(struct builder *builder, struct fc_node *parent, int depth)
{
    struct key_set keys = {NULL, 0, 0};
    struct fc_node *merged = NULL;
    int result = -1;
    enum fy_event_type end = parent->kind == FC_NODE_MAP ? FYET_MAPPING_END : FYET_SEQUENCE_END;
    for (;;) {
        struct fy_event *event = next_event(builder);
        if (!event)
            goto out;
        if (event->type == end) {
            fy_parser_event_free(builder->parser, event);
            break;
        }
        struct fc_node *key = NULL, *child = NULL;
        if (parent->kind == FC_NODE_MAP) {
            if (read_node(builder, event, depth + 1, &key))
                goto out;
            if (key->kind != FC_NODE_TEXT) {
                fc_fail_at(builder->error, &key->place, "a key must be text, not %s; write 'key: value'",
                           fc_node_kind_name(key->kind));
                goto out;
            }
            event = next_event(builder);
            if (!event)
                goto out;
        }
        if (read_node(builder, event, depth + 1, &child))
            goto out;
        if (key) {
            child->key = key->text;
            child->key_place = key->place;
            const struct fc_node *earlier = NULL;
            if (key_set_add(&keys, child, &earlier)) {
                no_memory(builder->name, builder->error);
                goto out;
            }
            if (earlier) {
                char shown[64];
                fc_fail_at(builder->error, &key->place,
                           "the key '%s' is given twice (first in line %d); keep one of them",
                           fc_printable(shown, sizeof shown, key->text, strlen(key->text)),
                           earlier->key_place.line);
                goto out;
            }
            if (!key->quoted && strcmp(key->text, "<<") == 0) {
                merged = child; /* the keys beside it come first, whatever the order */
                continue;
            }
        }
        append(parent, child);
    }
    result = merged ? merge(builder, parent, &keys, merged) : 0;
out:
    free((void *)keys.slots);
    return result;
}

/* Reads the node that `event` begins, and frees the event. */
static int read_node(struct builder *builder, struct fy_event *event, int depth, struct fc_node **node)
{
    int result = -1;
    struct fy_token *anchor = NULL, *tag = NULL;
    bool has_children = false, flow = false;
    struct fc_place place = place_of_event(builder, event);
    if (depth > MAX_DEPTH) {
        fc_fail_at(builder->error, &place, "nested too deeply (more than %d levels); flatten it",
                   (int)MAX_DEPTH);
        goto out;
    }
    if (event->type == FYET_ALIAS) {
        result = expand_alias(builder, event, depth, node);
    } else if (event->type == FYET_SCALAR) {
        anchor = event->scalar.anchor;
        tag = event->scalar.tag;
        result = read_scalar(builder, event, node);
    } else if (event->type == FYET_SEQUENCE_START || event->type == FYET_MAPPING_START) {
        bool map = event->type == FYET_MAPPING_START;
        flow = fy_event_get_node_style(event) == FYNS_FLOW;
        anchor = map ? event->mapping_start.anchor : event->sequence_start.anchor;
        tag = map ? event->mapping_start.tag : event->sequence_start.tag;
        *node = new_node(builder->document, map ? FC_NODE_MAP : FC_NODE_LIST, place);
        result = *node ? 0 : no_memory(builder->name, builder->error);
        has_children = true;
    } else {
        fc_fail_at(builder->error, &place, "this is not well-formed YAML or JSON near here");
    }
    builder->last = place;
    if (result == 0)
        result = check_tag(builder, tag, *node);
    if (result == 0 && has_children) {
        builder->flow += flow;
        result = read_children(builder, *node, depth);
        builder->flow -= flow;
    }
    /* An anchor is known only after its node, so that no alias can stand inside what it stands for. */
    if (result == 0)
        result = keep_anchor(builder, anchor, *node);
out:
    fy_parser_event_free(builder->parser, event);
    return result;
}

/* Reads one whole stream, which must hold exactly one document. */
static int read_stream(struct builder *builder, struct fc_node **root)
{
    *root = NULL;
    for (;;) {
        struct fy_event *event = next_event(builder);
        if (!event)
            return -1;
        enum fy_event_type type = event->type;
        struct fc_place place = place_of_event(builder, event);
        if (type == FYET_STREAM_END) {
            fy_parser_event_free(builder->parser, event);
            break;
        }
        if (type == FYET_STREAM_START || type == FYET_DOCUMENT_END) {
            fy_parser_event_free(builder->parser, event);
            continue;
        }
        if (type != FYET_DOCUMENT_START || *root) {
            fy_parser_event_free(builder->parser, event);
            return fc_fail_at(builder->error, &place,
                              "the file holds several documents; keep one and remove the rest");
        }
        fy_parser_event_free(builder->parser, event);
        event = next_event(builder);
        if (!event || read_node(builder, event, 0, root))
            return -1;
    }
    if (fy_parser_get_stream_error(builder->parser))
        return fail_as_diagnosed(builder);
    struct fc_place start = {builder->name, 1, 1};
    if (!*root || (*root)->kind == FC_NODE_EMPTY)
        return fc_fail_at(builder->error, &start, "the file is empty; write 'key: value' lines");
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Parses text into nodes that belong to `document`; `name` must live as long as it. */
static int parse_text(struct fc_document *document, const char *name, const char *text, size_t length,
                      struct fc_node **root, struct fc_error *error)
{
    char *protected_text = NULL;
    int result = -1;
    struct builder builder = {.document = document, .error = error, .name = name, .last = {name, 1, 1}};
    if (fc_check_bytes(name, text, length, error))
        return -1;
    document->anchors = NULL;
    document->has_calls = false;
    if (!strstr(text, fc_comma_mark) && !strstr(text, fc_colon_mark)) {
        if (fc_protect_calls(text, length, &protected_text, &length))
            return no_memory(name, error);
        if (protected_text) {
            document->has_calls = true;
            text = protected_text;
        }
    }
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.level = FYET_ERROR;
    builder.diagnostics = fy_diag_create(&diag_cfg);
    if (!builder.diagnostics) {
        no_memory(name, error);
        goto out;
    }
    fy_diag_set_collect_errors(builder.diagnostics, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = builder.diagnostics};
    if (ends_with(name, ".json"))
        cfg.flags |= FYPCF_JSON_FORCE;
    builder.parser = fy_parser_create(&cfg);
    if (!builder.parser || fy_parser_set_string(builder.parser, text, length)) {
        no_memory(name, error);
        goto out;
    }
    result = read_stream(&builder, root);
out:
    if (builder.parser)
        fy_parser_destroy(builder.parser);
    if (builder.diagnostics)
        fy_diag_destroy(builder.diagnostics);
    free(protected_text);
    return result;
}

/* ---- opening and closing ---- */

void fc_document_close(struct fc_document *document)
{
    if (!document)
        return;
    while (document->chunks) {
        struct chunk *next = document->chunks->next;
        free(document->chunks);
        document->chunks = next;
    }
    free(document->name);
    free(document);
}

static int refuse_size(const char *name, double bytes, size_t max_bytes, struct fc_error *error)
{
    return fc_fail(error, FC_BAD_INPUT,
                   "%s: the file is too large (%.1f MiB, the limit is %.0f MiB); is it the right file?", name,
                   bytes / 1048576.0, (double)max_bytes / 1048576.0);
}

int fc_document_open_text(struct fc_document **document, const char *name, const char *text, size_t length,
                          size_t max_bytes, struct fc_error *error)
{
    *document = NULL;
    if (length > max_bytes)
        return refuse_size(name, (double)length, max_bytes, error);
    struct fc_document *made = calloc(1, sizeof *made);
    /* libfyaml and strstr want a NUL behind the text */
    char *copy = malloc(length + 1);
    if (!made || !copy)
        goto no_memory;
    memcpy(copy, text, length);
    copy[length] = '\0';
    made->name = malloc(strlen(name) + 1);
    if (!made->name)
        goto no_memory;
    strcpy(made->name, name);
    if (parse_text(made, made->name, copy, length, &made->root, error))
        goto failed;
    free(copy);
    *document = made;
    return 0;
no_memory:
    no_memory(name, error);
failed:
    free(copy);
    fc_document_close(made);
    return -1;
}

int fc_document_open(struct fc_document **document, const char *path, size_t max_bytes,
                     struct fc_error *error)
{
    char *text;
    size_t length;
    *document = NULL;
    if (fc_read_file(path, max_bytes, &text, &length, error))
        return -1;
    int result = fc_document_open_text(document, path, text, length, max_bytes, error);
    free(text);
    return result;
}

/* ---- looking ---- */

const char *fc_document_name(const struct fc_document *document)
{
    return document->name;
}

size_t fc_document_unquoted(const struct fc_document *document, struct fc_place *first)
{
    *first = document->first_unquoted;
    return document->unquoted;
}

const struct fc_node *fc_document_root(const struct fc_document *document)
{
    return document->root;
}

static struct fc_node *child_of(const struct fc_node *map, const char *key, size_t length)
{
    if (!map || map->kind != FC_NODE_MAP)
        return NULL;
    for (struct fc_node *child = map->first; child; child = child->next)
        if (strncmp(child->key, key, length) == 0 && child->key[length] == '\0')
            return child;
    return NULL;
}

const struct fc_node *fc_node_get(const struct fc_node *map, const char *key)
{
    return child_of(map, key, strlen(key));
}

const struct fc_node *fc_node_first(const struct fc_node *map, const char *key)
{
    const struct fc_node *node = fc_node_get(map, key);
    return node ? node->first : NULL;
}

const struct fc_node *fc_node_find(const struct fc_node *root, const char *path)
{
    const struct fc_node *node = root;
    while (node && *path) {
        size_t length = strcspn(path, ".");
        node = child_of(node, path, length);
        path += length;
        path += *path == '.';
    }
    return node;
}

const char *fc_node_text(const struct fc_node *map, const char *key)
{
    const struct fc_node *node = fc_node_get(map, key);
    return node && node->kind == FC_NODE_TEXT ? node->text : NULL;
}

const char *fc_node_kind_name(enum fc_node_kind kind)
{
    static const char *const names[] = {"nothing", "text", "a list", "a map"};
    return names[kind];
}

struct fc_source fc_node_source(const struct fc_node *node)
{
    return (struct fc_source){
        .text = node->text ? node->text : "", .place = node->place, .exact = node->exact};
}

/* ---- overrides ---- */

static const char set_name[] = "--set";

/* The map that is to hold the last word of the path, made where it is missing; *last is that word. */
static struct fc_node *map_for(struct fc_document *document, const char *argument, size_t path_length,
                               const char **last, struct fc_error *error)
{
    struct fc_node *map = document->root;
    size_t at = 0;
    for (;;) {
        struct fc_place place = {set_name, 1, (int)at + 1};
        size_t length = strcspn(argument + at, ".=");
        length = length < path_length - at ? length : path_length - at;
        char shown[64];
        if (length == 0) {
            fc_fail_at(error, &place, "the path has an empty component; write for example contract.mfu=0.4");
            return NULL;
        }
        if (map->kind == FC_NODE_EMPTY)
            map->kind = FC_NODE_MAP;
        if (map->kind != FC_NODE_MAP) {
            fc_fail_at(error, &place, "'%s' cannot be set (its parent is %s, not a map); check the path",
                       fc_printable(shown, sizeof shown, argument, path_length),
                       fc_node_kind_name(map->kind));
            return NULL;
        }
        if (at + length >= path_length) {
            *last = keep_text(document, argument + at, length);
            if (!*last)
                no_memory(set_name, error);
            return *last ? map : NULL;
        }
        struct fc_node *child = child_of(map, argument + at, length);
        if (!child) {
            child = new_node(document, FC_NODE_MAP, place);
            const char *key = keep_text(document, argument + at, length);
            if (!child || !key) {
                no_memory(set_name, error);
                return NULL;
            }
            child->key = key;
            child->key_place = place;
            append(map, child);
        }
        map = child;
        at += length + 1;
    }
}

static void replace(struct fc_node *old, const struct fc_node *value)
{
    struct fc_node *next = old->next;
    *old = *value;
    old->next = next;
}

/* A map for a whole section sets the keys that it names; the others of the section stay. */
static void set_each(struct fc_node *section, const struct fc_node *values)
{
    for (struct fc_node *value = values->first, *next; value; value = next) {
        next = value->next;
        struct fc_node *old = child_of(section, value->key, strlen(value->key));
        if (old) {
            replace(old, value);
        } else {
            value->next = NULL;
            append(section, value);
        }
    }
}

int fc_document_set(struct fc_document *document, const char *argument, struct fc_error *error)
{
    struct fc_place start = {set_name, 1, 1};
    const char *equals = strchr(argument, '=');
    char shown[64];
    if (!equals || equals == argument)
        return fc_fail_at(error, &start, "'%s' is not PATH=VALUE; write for example contract.mfu=0.4",
                          fc_printable(shown, sizeof shown, argument, strlen(argument)));
    size_t path_length = (size_t)(equals - argument), length = strlen(argument);
    size_t value_at = path_length + 1;
    while (path_length > 0 && (argument[path_length - 1] == ' ' || argument[path_length - 1] == '\t'))
        path_length--;
    if (length > FC_SCENARIO_BYTES)
        return refuse_size(set_name, (double)length, FC_SCENARIO_BYTES, error);
    if (fc_check_bytes(set_name, argument, length, error))
        return -1;
    while (argument[value_at] == ' ' || argument[value_at] == '\t')
        value_at++;
    while (length > value_at && (argument[length - 1] == ' ' || argument[length - 1] == '\t'))
        length--;
    struct fc_place value_place = {set_name, 1, (int)value_at + 1};
    if (value_at == length)
        return fc_fail_at(error, &value_place, "no value follows '='; write for example contract.mfu=0.4");

    struct fc_node *value = NULL;
    if (strchr("{['\"", argument[value_at])) {
        /* Blanks in front keep the columns those of the argument. */
        char *padded = malloc(length + 1);
        if (!padded)
            return no_memory(set_name, error);
        memset(padded, ' ', value_at);
        memcpy(padded + value_at, argument + value_at, length - value_at);
        padded[length] = '\0';
        int failed = parse_text(document, set_name, padded, length, &value, error);
        free(padded);
        if (failed)
            return -1;
    } else {
        document->has_calls = false;
        value = new_node(document, FC_NODE_TEXT, value_place);
        if (value)
            value->text = keep_text(document, argument + value_at, length - value_at);
        if (!value || !value->text)
            return no_memory(set_name, error);
    }
    const char *key = NULL;
    struct fc_node *map = map_for(document, argument, path_length, &key, error);
    if (!map)
        return -1;
    if (!value)
        return no_memory(set_name, error);
    value->key = key;
    value->key_place = start;
    struct fc_node *old = child_of(map, key, strlen(key));
    if (!old) {
        append(map, value);
        return 0;
    }
    if (map == document->root && old->kind == FC_NODE_MAP && value->kind == FC_NODE_MAP) {
        set_each(old, value);
        return 0;
    }
    replace(old, value);
    return 0;
}
