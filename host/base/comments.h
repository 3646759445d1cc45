/* comments.h: the comments of one YAML text put into another one with the same keys.
 *
 * libfyaml's own emitter loses what stands above a file and behind its last key, so that only its reading of comments is
 * used: above a key, and behind its value. */
#ifndef FC_HOST_COMMENTS_H
#define FC_HOST_COMMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes `yaml`, block style with two spaces a level as fc_writer writes it, to `out` with the comments of `from`: each
 * where its key is, those of keys that `yaml` does not hold and what is behind the last key at the end. A comment behind a
 * value is dropped where `replaced(path, user)` says that the value is another one now ("plan.tp"). Text that is no YAML
 * has no comments. Returns false when memory was out; what is written then lacks comments, not values. */
bool fc_comments_carry(const char *from, size_t length, const char *yaml, bool (*replaced)(const char *path, void *user),
                       void *user, FILE *out);

#endif
