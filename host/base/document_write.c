/* document_write.c: see document_write.h. */
#include "document_write.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <libfyaml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32, MAX_KEY = 100 };

struct fc_writer {
    FILE *file;
    enum fc_write_format format;
    struct json_object *root;
    struct json_object *open[MAX_DEPTH]; /* maps and lists begun and not ended, the outermost first */
    int depth;
    bool failed;
    char why[160];
};

static void fail(struct fc_writer *writer, const char *why)
{
    if (!writer->failed)
        snprintf(writer->why, sizeof writer->why, "%s", why);
    writer->failed = true;
}

/* A reader that has read enough ("| head") is no fault of the writing: main asks whether it was one. */
static void fail_unless_closed(struct fc_writer *writer)
{
    if (errno != EPIPE)
        fail(writer, errno ? strerror(errno) : "short write");
}

int fc_writer_open(struct fc_writer **writer, FILE *file, enum fc_write_format format, struct fc_error *error)
{
    *writer = calloc(1, sizeof **writer);
    if (!*writer)
        return fc_fail(error, FC_FAULT, "cannot write the output (out of memory)");
    (*writer)->file = file;
    (*writer)->format = format;
    return 0;
}

/* libfyaml turns the JSON text into block-style YAML. */
static void write_yaml(struct fc_writer *writer, const char *json, size_t length)
{
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
    struct fy_document *document = fy_document_build_from_string(&cfg, json, length);
    const enum fy_emitter_cfg_flags flags = FYECF_MODE_BLOCK | FYECF_INDENT_2 | FYECF_WIDTH_INF |
                                            FYECF_DOC_START_MARK_OFF | FYECF_DOC_END_MARK_OFF |
                                            FYECF_VERSION_DIR_OFF | FYECF_TAG_DIR_OFF;
    if (!document || fy_emit_document_to_fp(document, flags, writer->file))
        fail(writer, errno ? strerror(errno) : "libfyaml could not convert it to YAML");
    fy_document_destroy(document);
}

static void write_out(struct fc_writer *writer)
{
    int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
    if (writer->format == FC_JSON)
        flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
    size_t length = 0;
    errno = 0;
    const char *json = json_object_to_json_string_length(writer->root, flags, &length);
    if (!json) {
        fail(writer, "out of memory");
        return;
    }
    if (writer->format == FC_YAML)
        write_yaml(writer, json, length);
    else if (fwrite(json, 1, length, writer->file) != length || fputc('\n', writer->file) == EOF)
        fail_unless_closed(writer);
    if (!writer->failed && fflush(writer->file))
        fail_unless_closed(writer);
}

int fc_writer_close(struct fc_writer *writer, struct fc_error *error)
{
    if (!writer)
        return fc_fail(error, FC_FAULT, "cannot write the output (it was never opened)");
    if (!writer->failed && (writer->depth != 0 || !writer->root))
        fail(writer, "a map or list was not ended");
    if (!writer->failed)
        write_out(writer);
    int result = 0;
    if (writer->failed)
        result = fc_fail(error, FC_FAULT, "cannot write the output (%s); check the space left", writer->why);
    json_object_put(writer->root);
    free(writer);
    return result;
}

/* Puts a value where the document stands now; takes ownership of it. JSON's null is a NULL object. */
static void put(struct fc_writer *writer, const char *key, struct json_object *value)
{
    struct json_object *parent = writer->depth > 0 ? writer->open[writer->depth - 1] : NULL;
    bool in_map = parent && json_object_is_type(parent, json_type_object);
    bool wrong = writer->failed;
    if (!wrong && (in_map != (key != NULL) || (!parent && (writer->root || !value)))) {
        fail(writer, "a key is missing or too many");
        wrong = true;
    }
    if (!wrong && in_map)
        for (const char *c = key; *c && !wrong; c++)
            if ((unsigned char)*c < 0x20 || *c == '"' || *c == '\\' || c - key >= MAX_KEY) {
                fail(writer, "a key is too long or holds control characters");
                wrong = true;
            }
    if (!wrong && in_map && json_object_object_get_ex(parent, key, NULL)) {
        fail(writer, "a key was written twice");
        wrong = true;
    }
    if (wrong) {
        json_object_put(value);
        return;
    }
    if (!parent)
        writer->root = value;
    else if (in_map ? json_object_object_add(parent, key, value) : json_object_array_add(parent, value))
        fail(writer, "out of memory");
}

/* The same for a value that was just made: NULL means that there was out of memory for it. */
static bool put_made(struct fc_writer *writer, const char *key, struct json_object *value)
{
    if (!value)
        fail(writer, "out of memory");
    put(writer, key, value);
    return !writer->failed;
}

static void open_children(struct fc_writer *writer, const char *key, struct json_object *made)
{
    if (writer->depth == MAX_DEPTH)
        fail(writer, "maps and lists are nested too deeply");
    if (put_made(writer, key, made))
        writer->open[writer->depth++] = made;
}

void fc_write_map(struct fc_writer *writer, const char *key)
{
    open_children(writer, key, json_object_new_object());
}

void fc_write_list(struct fc_writer *writer, const char *key)
{
    open_children(writer, key, json_object_new_array());
}

void fc_write_end(struct fc_writer *writer)
{
    if (writer->failed)
        return;
    if (writer->depth == 0)
        fail(writer, "there is nothing to end");
    else
        writer->depth--;
}

/* A number as this text, digit by digit. */
static void put_number(struct fc_writer *writer, const char *key, const char *text)
{
    put_made(writer, key, json_object_new_double_s(strtod(text, NULL), text));
}

void fc_write_number(struct fc_writer *writer, const char *key, double value)
{
    char text[40];
    if (!isfinite(value)) {
        fc_write_null(writer, key);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back unchanged */
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    put_number(writer, key, text);
}

void fc_write_unsigned(struct fc_writer *writer, const char *key, uint64_t value)
{
    put_made(writer, key, json_object_new_uint64(value));
}

void fc_write_signed(struct fc_writer *writer, const char *key, int64_t value)
{
    put_made(writer, key, json_object_new_int64(value));
}

void fc_write_flag(struct fc_writer *writer, const char *key, bool value)
{
    put_made(writer, key, json_object_new_boolean(value));
}

void fc_write_null(struct fc_writer *writer, const char *key)
{
    put(writer, key, NULL);
}

void fc_write_text(struct fc_writer *writer, const char *key, const char *text)
{
    if (!text)
        fc_write_null(writer, key);
    else
        put_made(writer, key, json_object_new_string(text));
}

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

static bool is_json_number(const char *text)
{
    text += *text == '-';
    size_t digits = digits_at(text);
    if (digits == 0 || (text[0] == '0' && digits > 1))
        return false;
    text += digits;
    if (*text == '.') {
        digits = digits_at(++text);
        if (digits == 0)
            return false;
        text += digits;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        digits = digits_at(text);
        if (digits == 0)
            return false;
        text += digits;
    }
    return *text == '\0';
}

void fc_write_scalar(struct fc_writer *writer, const char *key, const char *text)
{
    if (is_json_number(text))
        put_number(writer, key, text);
    else
        fc_write_text(writer, key, text);
}

void fc_write_node(struct fc_writer *writer, const char *key, const struct fc_node *node)
{
    switch (node->kind) {
    case FC_NODE_EMPTY:
        fc_write_null(writer, key);
        break;
    case FC_NODE_TEXT:
        if (node->quoted)
            fc_write_text(writer, key, node->text);
        else
            fc_write_scalar(writer, key, node->text);
        break;
    case FC_NODE_LIST:
    case FC_NODE_MAP:
        if (node->kind == FC_NODE_LIST)
            fc_write_list(writer, key);
        else
            fc_write_map(writer, key);
        for (const struct fc_node *child = node->first; child; child = child->next)
            fc_write_node(writer, child->key, child);
        fc_write_end(writer);
        break;
    }
}
