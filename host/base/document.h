/* document.h: a YAML 1.2 or JSON text as a tree whose every node knows its line and column.
 *
 * Scenario, catalog and result files are read with it; libfyaml does the parsing. The tree is plain data:
 * walk it with for (const struct fc_node *child = map->first; child; child = child->next) ... Aliases are
 * already expanded (within bounds) and merge keys ("<<: *anchor") merged: keys beside one win over it, and of a
 * list of maps the first wins. Duplicate keys, several documents, control characters, broken UTF-8 and tags are
 * refused, but for !!str, which makes text of a scalar, and !!map and !!seq, which say what is there anyway. One addition to YAML: inside a call `word(...)` on one line, commas and colons belong to the
 * value, so that {gpu_hour: pert(2.6, 3.5, 6.5) USD} means what it says. Other YAML readers split it, so it is better
 * quoted: fc_document_unquoted. */
#ifndef FC_HOST_DOCUMENT_H
#define FC_HOST_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "source.h"

enum fc_node_kind {
    FC_NODE_EMPTY, /* a key without a value, or a plain `null` or `~` */
    FC_NODE_TEXT,  /* a scalar: number, word or text; not yet interpreted */
    FC_NODE_LIST,  /* children in order */
    FC_NODE_MAP    /* children with a key each, in the order written */
};

struct fc_node {
    enum fc_node_kind kind;
    bool quoted;           /* FC_NODE_TEXT: written in quotes or as a block, so never a number or a word */
    bool exact;            /* FC_NODE_TEXT: columns inside the text are known (see struct fc_source) */
    struct fc_place place; /* of the value */
    const char *key;       /* of a map's child; NULL otherwise */
    struct fc_place key_place;
    const char
        *text;    /* FC_NODE_TEXT: the scalar, UTF-8, NUL-terminated, without NUL inside; otherwise NULL */
    size_t count; /* FC_NODE_LIST, FC_NODE_MAP: the number of children */
    struct fc_node *first, *last, *next;
};

struct fc_document;

#define FC_SCENARIO_BYTES ((size_t)8 << 20) /* size limit of scenario and catalog files */
#define FC_RESULT_BYTES ((size_t)256 << 20) /* size limit of result files */

/* Reads the file at `path` of at most `max_bytes` bytes; a larger one is refused unread. On success *document
 * is to be closed with fc_document_close. Returns 0, or -1 with `error` filled and *document NULL. */
int fc_document_open(struct fc_document **document, const char *path, size_t max_bytes,
                     struct fc_error *error);

/* The same from memory; `name` stands for the file in messages and is copied. */
int fc_document_open_text(struct fc_document **document, const char *name, const char *text, size_t length,
                          size_t max_bytes, struct fc_error *error);

/* Frees the document with all nodes, texts and the file name that places point to. NULL is allowed. */
void fc_document_close(struct fc_document *document);

/* The name the document was opened under. */
const char *fc_document_name(const struct fc_document *document);

/* How many calls stand without quotes where another YAML reader would split them, as {gpu_hour: pert(1, 2, 3)}, and
 * where the first of them is. */
size_t fc_document_unquoted(const struct fc_document *document, struct fc_place *first);

/* The root node, of any kind; never NULL. */
const struct fc_node *fc_document_root(const struct fc_document *document);

/* The child of `map` under `key`, or NULL; also NULL when `map` is NULL or no map. */
const struct fc_node *fc_node_get(const struct fc_node *map, const char *key);

/* The first child of the list or map under `key`; NULL where there is none. */
const struct fc_node *fc_node_first(const struct fc_node *map, const char *key);

/* The node under a dotted path ("reliability.gpu_mtbf"), or NULL. */
const struct fc_node *fc_node_find(const struct fc_node *root, const char *path);

/* The text of the child of `map` under `key`, or NULL when there is none or it is no text. */
const char *fc_node_text(const struct fc_node *map, const char *key);

/* "a map", "a list", "text" or "nothing". */
const char *fc_node_kind_name(enum fc_node_kind kind);

/* The text of a FC_NODE_TEXT node as a source to read numbers and words from. */
struct fc_source fc_node_source(const struct fc_node *node);

/* Applies PATH=VALUE as given to --set: VALUE takes the place of what stands under the dotted PATH; maps on
 * the way are made. A VALUE that begins with '{', '[' or a quote is read as YAML, any other is text as it
 * stands. Places in it read "--set:1:column", the column counted within `argument`. Returns 0, or -1 with
 * `error` filled. */
int fc_document_set(struct fc_document *document, const char *argument, struct fc_error *error);

#endif
