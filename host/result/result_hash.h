/* result_hash.h: the hash of itself that a result file carries as its last member, "file_hash": so that an edited,
 * damaged or cut file is refused, whatever was changed in it.
 *
 * The hash is 64-bit FNV-1a over the text before that member, without the space between members: a file that some
 * program set out anew still fits. It guards against mistakes, not against who knows how it is made. */
#ifndef FC_HOST_RESULT_HASH_H
#define FC_HOST_RESULT_HASH_H

#include <stddef.h>

#include "host/base/error.h"

/* Adds the hash to the JSON object in `text` (from malloc, `length` bytes; freed in any case). Returns the whole,
 * to be freed, or NULL with `error` filled. */
char *fc_result_hash_add(char *text, size_t length, struct fc_error *error);

/* Refuses, with FC_BAD_INPUT, a text whose hash is missing or another. */
int fc_result_hash_check(const char *path, const char *text, size_t length, struct fc_error *error);

#endif
