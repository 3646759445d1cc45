/* document_write.c: see document_write.h. */
#include "document_write.h"

#include <errno.h>
#include <inttypes.h>
#include <libfyaml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32, MAX_KEY = 100 };

static const enum fy_emitter_cfg_flags common_flags = FYECF_INDENT_2 | FYECF_WIDTH_INF |
                                                      FYECF_DOC_START_MARK_OFF | FYECF_DOC_END_MARK_OFF |
                                                      FYECF_VERSION_DIR_OFF | FYECF_TAG_DIR_OFF;

struct fc_writer {
    struct fy_emitter *emitter;
    FILE *file; /* what the emitter writes to */
    FILE *yaml; /* FC_YAML: where the document goes in the end */
    char *json; /* FC_YAML: it is written here as JSON first, */
    size_t json_size;
    int depth;
    bool map[MAX_DEPTH];
    bool started, failed;
    char why[160];
};

static void fail(struct fc_writer *writer, const char *why)
{
    if (!writer->failed)
        snprintf(writer->why, sizeof writer->why, "%s", why);
    writer->failed = true;
}

static int write_out(struct fy_emitter *emitter, enum fy_emitter_write_type type, const char *text,
                     int length, void *data)
{
    (void)emitter;
    (void)type;
    struct fc_writer *writer = data;
    if (length > 0 && fwrite(text, 1, (size_t)length, writer->file) != (size_t)length)
        fail(writer, strerror(errno));
    return length;
}

static void emit(struct fc_writer *writer, struct fy_event *event)
{
    if (!event)
        fail(writer, "out of memory");
    else if (fy_emit_event(writer->emitter, event))
        fail(writer, "the emitter refused it");
}

/* Turns the collected JSON into block-style YAML. The emitter's stream of events does not do that well: it
 * begins a list of maps as a flow list. */
static void write_yaml(struct fc_writer *writer)
{
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET};
    struct fy_document *document = fy_document_build_from_string(&cfg, writer->json, writer->json_size);
    if (!document || fy_emit_document_to_fp(document, FYECF_MODE_BLOCK | common_flags, writer->yaml))
        fail(writer, errno ? strerror(errno) : "the emitter refused it");
    fy_document_destroy(document);
    if (!writer->failed && fflush(writer->yaml))
        fail(writer, strerror(errno));
}

int fc_writer_open(struct fc_writer **writer, FILE *file, enum fc_write_format format, struct fc_error *error)
{
    struct fc_writer *made = calloc(1, sizeof *made);
    *writer = NULL;
    if (!made)
        goto no_memory;
    made->file = format == FC_YAML ? open_memstream(&made->json, &made->json_size) : file;
    made->yaml = format == FC_YAML ? file : NULL;
    struct fy_emitter_cfg cfg = {.flags = (format == FC_JSON ? FYECF_MODE_JSON : FYECF_MODE_JSON_ONELINE) |
                                          common_flags,
                                 .output = write_out,
                                 .userdata = made};
    made->emitter = made->file ? fy_emitter_create(&cfg) : NULL;
    if (!made->emitter)
        goto no_memory;
    emit(made, fy_emit_event_create(made->emitter, FYET_STREAM_START));
    emit(made, fy_emit_event_create(made->emitter, FYET_DOCUMENT_START, true, NULL, NULL));
    *writer = made;
    return 0;
no_memory:
    if (made && made->yaml && made->file)
        fclose(made->file);
    if (made)
        free(made->json);
    free(made);
    return fc_fail(error, FC_FAULT, "the output cannot be written (out of memory); close other programs");
}

int fc_writer_close(struct fc_writer *writer, struct fc_error *error)
{
    if (!writer)
        return fc_fail(error, FC_FAULT, "the output cannot be written (it was never opened)");
    if (!writer->failed && (writer->depth != 0 || !writer->started))
        fail(writer, "a map or list was not ended");
    if (!writer->failed) {
        emit(writer, fy_emit_event_create(writer->emitter, FYET_DOCUMENT_END, true));
        emit(writer, fy_emit_event_create(writer->emitter, FYET_STREAM_END));
    }
    if (!writer->failed && fflush(writer->file))
        fail(writer, strerror(errno));
    fy_emitter_destroy(writer->emitter);
    if (writer->yaml) {
        errno = 0;
        if (!writer->failed)
            write_yaml(writer);
        fclose(writer->file);
        free(writer->json);
    }
    int result = 0;
    if (writer->failed)
        result =
            fc_fail(error, FC_FAULT, "the output cannot be written (%s); check the space left", writer->why);
    free(writer);
    return result;
}

static void put(struct fc_writer *writer, enum fy_scalar_style style, const char *text)
{
    emit(writer, fy_emit_event_create(writer->emitter, FYET_SCALAR, style, text, FY_NT, NULL, NULL));
}

/* Checks that a value may stand here, and writes its key. Returns false when nothing may be written. */
static bool begin(struct fc_writer *writer, const char *key)
{
    if (writer->failed)
        return false;
    bool in_map = writer->depth > 0 && writer->map[writer->depth - 1];
    if (in_map != (key != NULL) || (writer->depth == 0 && writer->started)) {
        fail(writer, "a key is missing or too many");
        return false;
    }
    writer->started = true;
    if (!key)
        return true;
    for (const char *c = key; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == '\\' || c - key >= MAX_KEY) {
            fail(writer, "a key is too long or holds control characters");
            return false;
        }
    put(writer, FYSS_ANY, key);
    return !writer->failed;
}

static void open_children(struct fc_writer *writer, const char *key, bool map)
{
    if (!begin(writer, key))
        return;
    if (writer->depth == MAX_DEPTH) {
        fail(writer, "maps and lists are nested too deeply");
        return;
    }
    emit(writer, fy_emit_event_create(writer->emitter, map ? FYET_MAPPING_START : FYET_SEQUENCE_START,
                                      FYNS_ANY, NULL, NULL));
    writer->map[writer->depth++] = map;
}

void fc_write_map(struct fc_writer *writer, const char *key)
{
    open_children(writer, key, true);
}

void fc_write_list(struct fc_writer *writer, const char *key)
{
    open_children(writer, key, false);
}

void fc_write_end(struct fc_writer *writer)
{
    if (writer->failed)
        return;
    if (writer->depth == 0) {
        fail(writer, "there is nothing to end");
        return;
    }
    writer->depth--;
    emit(writer, fy_emit_event_create(writer->emitter,
                                      writer->map[writer->depth] ? FYET_MAPPING_END : FYET_SEQUENCE_END));
}

static void put_plain(struct fc_writer *writer, const char *key, const char *text)
{
    if (begin(writer, key))
        put(writer, FYSS_PLAIN, text);
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
    put_plain(writer, key, text);
}

void fc_write_unsigned(struct fc_writer *writer, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    put_plain(writer, key, text);
}

void fc_write_signed(struct fc_writer *writer, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_plain(writer, key, text);
}

void fc_write_flag(struct fc_writer *writer, const char *key, bool value)
{
    put_plain(writer, key, value ? "true" : "false");
}

void fc_write_null(struct fc_writer *writer, const char *key)
{
    put_plain(writer, key, "null");
}

void fc_write_text(struct fc_writer *writer, const char *key, const char *text)
{
    if (!text)
        fc_write_null(writer, key);
    else if (begin(writer, key))
        put(writer, FYSS_DOUBLE_QUOTED, text);
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
        put_plain(writer, key, text);
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
