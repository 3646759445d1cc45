/* document_write.h: writes JSON or YAML, called as a stream of maps, lists and values; json-c and libfyaml do
 * the writing.
 *
 *     fc_writer_open(&w, file, FC_JSON, &error);
 *     fc_write_map(w, NULL);  fc_write_number(w, "mean", 3.5);  fc_write_end(w);
 *     fc_writer_close(w, &error);
 * The first failure is kept and reported by fc_writer_close; calls after it do nothing. Inside a list `key`
 * is NULL; inside a map it is a short name of printable characters. */
#ifndef FC_HOST_DOCUMENT_WRITE_H
#define FC_HOST_DOCUMENT_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "document.h"
#include "error.h"

struct fc_writer;

enum fc_write_format { FC_JSON, FC_JSON_ONE_LINE, FC_YAML };

/* Starts one document on `file`, which stays open and belongs to the caller. Returns 0, or -1 with `error`
 * filled. */
int fc_writer_open(struct fc_writer **writer, FILE *file, enum fc_write_format format,
                   struct fc_error *error);

/* Ends the document, flushes the file and frees the writer. Returns 0, or -1 with `error` filled when
 * anything on the way failed: a full disk, or maps and lists that do not match. NULL is allowed and fails. */
int fc_writer_close(struct fc_writer *writer, struct fc_error *error);

void fc_write_map(struct fc_writer *writer, const char *key);
void fc_write_list(struct fc_writer *writer, const char *key);
void fc_write_end(struct fc_writer *writer); /* of the innermost map or list */

/* A double with as many digits as it takes to read it back unchanged; NaN and infinities become null. */
void fc_write_number(struct fc_writer *writer, const char *key, double value);
void fc_write_unsigned(struct fc_writer *writer, const char *key, uint64_t value);
void fc_write_signed(struct fc_writer *writer, const char *key, int64_t value);
void fc_write_flag(struct fc_writer *writer, const char *key, bool value);
void fc_write_text(struct fc_writer *writer, const char *key, const char *text); /* NULL becomes null */
void fc_write_null(struct fc_writer *writer, const char *key);

/* A value as a scenario writes it: a JSON number stays a number, anything else is text. */
void fc_write_scalar(struct fc_writer *writer, const char *key, const char *text);

/* A node of a document that was read, with all that is in it. */
void fc_write_node(struct fc_writer *writer, const char *key, const struct fc_node *node);

#endif
