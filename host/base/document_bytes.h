/* document_bytes.h: what document.c does to a text before YAML sees it: checks its bytes, shields commas in
 * calls. */
#ifndef FC_HOST_DOCUMENT_BYTES_H
#define FC_HOST_DOCUMENT_BYTES_H

#include <stddef.h>

#include "error.h"

/* What fc_protect_calls writes for a comma and a colon: private characters (U+E000, U+E001), three bytes
 * each. */
extern const char fc_comma_mark[], fc_colon_mark[];

/* Refuses control characters (NUL too) and broken UTF-8 at their place. Returns 0, or -1 with `error` filled.
 */
int fc_check_bytes(const char *name, const char *text, size_t length, struct fc_error *error);

/* A copy of text in which commas and colons inside word(...) are replaced by private characters, one for one,
 * so that YAML's flow syntax leaves them alone and columns stay. Sets *result to NULL when there is nothing
 * to replace, else to memory that is to be freed. Returns 0, or -1 without memory. */
int fc_protect_calls(const char *text, size_t length, char **result, size_t *result_length);

#endif
