/* comments.c: see comments.h. */
#include "comments.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 256, TEXT_BYTES = 4096, COMMENTS = 1024, LEVELS = 16 };

struct comment {
    char path[PATH_BYTES];
    bool behind; /* the value; else above the key */
    bool done;
    char *text;
};

struct comments {
    struct comment *list;
    size_t count;
    bool starved;
};

static void add(struct comments *c, const char *path, struct fy_node *node, enum fy_comment_placement where)
{
    char text[TEXT_BYTES];
    struct fy_token *token = fy_node_is_scalar(node) ? fy_node_get_scalar_token(node) : NULL;
    if (!token || c->count == COMMENTS || !fy_token_get_comment(token, text, sizeof text, where))
        return;
    struct comment *one = &c->list[c->count];
    *one = (struct comment){.behind = where == fycp_right, .text = strdup(text)};
    snprintf(one->path, sizeof one->path, "%s", path);
    c->starved |= !one->text;
    c->count += one->text != NULL;
}

static void collect(struct comments *c, struct fy_node *map, const char *above, int level)
{
    void *at = NULL;
    struct fy_node_pair *pair;
    while (level < LEVELS && (pair = fy_node_mapping_iterate(map, &at))) {
        struct fy_node *key = fy_node_pair_key(pair), *value = fy_node_pair_value(pair);
        const char *name = key ? fy_node_get_scalar0(key) : NULL;
        char path[PATH_BYTES];
        if (!name)
            continue;
        snprintf(path, sizeof path, "%s%s%s", above, *above ? "." : "", name);
        add(c, path, key, fycp_top);
        if (value && fy_node_is_mapping(value)) {
            add(c, path, key, fycp_right);
            collect(c, value, path, level + 1);
        } else if (value) {
            add(c, path, value, fycp_right);
        }
    }
}

static void put_lines(FILE *out, const char *text, int indent, const char *lead)
{
    while (*text) {
        text += strncmp(text, "# ", 2) == 0 ? 2 : 0; /* libfyaml keeps the mark behind a line without text */
        size_t length = strcspn(text, "\n");
        fprintf(out, "%*s#%s%s%.*s\n", indent, "", length ? " " : "", lead, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void put_above(struct comments *c, const char *path, int indent, FILE *out)
{
    for (size_t i = 0; i < c->count; i++)
        if (!c->list[i].behind && !c->list[i].done && strcmp(c->list[i].path, path) == 0) {
            put_lines(out, c->list[i].text, indent, "");
            c->list[i].done = true;
        }
}

static void put_behind(struct comments *c, const char *path, bool dropped, FILE *out)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].behind && !c->list[i].done && strcmp(c->list[i].path, path) == 0) {
            if (!dropped && !strchr(c->list[i].text, '\n'))
                fprintf(out, " # %s", c->list[i].text);
            c->list[i].done = dropped || !strchr(c->list[i].text, '\n');
        }
}

/* The key that a line of block YAML begins, without quotes, its indentation in `indent` and what follows it (": value") in
 * `rest`; length 0 where it begins none. */
static size_t key_of(const char *line, size_t length, const char **key, int *indent, const char **rest)
{
    size_t from = strspn(line, " "), quote = from < length && line[from] == '"', to = from + quote;
    *indent = (int)from;
    *key = line + to;
    while (to < length && line[to] != ':' && line[to] != ' ' && line[to] != '"')
        to++;
    size_t found = (size_t)(line + to - *key);
    to += quote;
    *rest = line + to;
    bool is = found > 0 && (*key)[0] != '-' && to < length && line[to] == ':' && (!quote || line[to - 1] == '"') &&
              (to + 1 == length || line[to + 1] == ' ');
    return is ? found : 0;
}

static void put_text(struct comments *c, const char *yaml, bool (*replaced)(const char *path, void *user), void *user,
                     FILE *out)
{
    char path[PATH_BYTES] = "";
    size_t ends[LEVELS + 1] = {0}; /* of the path, by level */
    for (const char *line = yaml; *line;) {
        size_t length = strcspn(line, "\n");
        int indent;
        const char *name, *rest, *end = line + length;
        size_t key = key_of(line, length, &name, &indent, &rest);
        int level = indent / 2;
        bool known = key > 0 && level < LEVELS && ends[level] + key + 2 < sizeof path;
        if (known) {
            int used = snprintf(path + ends[level], sizeof path - ends[level], "%s%.*s", level ? "." : "", (int)key,
                                name);
            ends[level + 1] = ends[level] + (size_t)used;
            put_above(c, path, indent, out);
        }
        if (key)
            fprintf(out, "%*s%.*s%.*s", indent, "", (int)key, name, (int)(end - rest), rest);
        else
            fprintf(out, "%.*s", (int)length, line);
        bool runs_on = key && end - rest > 2 && (rest[2] == '|' || rest[2] == '>');
        if (known && !runs_on)
            put_behind(c, path, replaced && replaced(path, user), out);
        fputc('\n', out);
        line += length + (line[length] == '\n');
    }
}

/* What stands behind the last line that is no comment. */
static const char *tail_of(const char *from, size_t length)
{
    size_t tail = length;
    while (tail > 0) {
        size_t line = tail - 1;
        while (line > 0 && from[line - 1] != '\n')
            line--;
        size_t at = line;
        while (at < tail && (from[at] == ' ' || from[at] == '\t' || from[at] == '\r' || from[at] == '\n'))
            at++;
        if (at < tail && from[at] != '#')
            break;
        tail = line;
    }
    return from + tail;
}

bool fc_comments_carry(const char *from, size_t length, const char *yaml, bool (*replaced)(const char *path, void *user),
                       void *user, FILE *out)
{
    struct comments c = {.list = calloc(COMMENTS, sizeof *c.list)};
    struct fy_parse_cfg cfg = {.flags = FYPCF_PARSE_COMMENTS | FYPCF_QUIET};
    /* comments behind the last value are put there as they stand; libfyaml, which makes nothing of them, would not free its input */
    const char *tail = tail_of(from, length);
    struct fy_document *document = c.list ? fy_document_build_from_string(&cfg, from, (size_t)(tail - from)) : NULL;
    struct fy_node *root = document ? fy_document_root(document) : NULL;
    if (root && fy_node_is_mapping(root))
        collect(&c, root, "", 0);
    put_text(&c, yaml, replaced, user, out);
    for (size_t i = 0; i < c.count; i++)
        if (!c.list[i].done) {
            char lead[PATH_BYTES + 4];
            snprintf(lead, sizeof lead, "%s: ", c.list[i].path);
            put_lines(out, c.list[i].text, 0, c.list[i].behind ? lead : "");
        }
    if (document && *tail) {
        fputc('\n', out);
        fwrite(tail + strspn(tail, "\r\n"), 1, strlen(tail + strspn(tail, "\r\n")), out);
    }
    for (size_t i = 0; i < c.count; i++)
        free(c.list[i].text);
    fy_document_destroy(document);
    bool whole = c.list && !c.starved;
    free(c.list);
    return whole;
}
