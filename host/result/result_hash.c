/* result_hash.c: see result_hash.h. */
#include "result_hash.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hash_key[] = "\"file_hash\"";

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    bool inside = false;
    for (size_t i = 0; i < length; i++) {
        if (!inside && is_space(text[i]))
            continue;
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
        if (inside && text[i] == '\\' && i + 1 < length)
            hash = (hash ^ (unsigned char)text[++i]) * 0x100000001b3u;
        else if (text[i] == '"')
            inside = !inside;
    }
    return hash;
}

/* Where the last member of the text, the hash, begins; NULL when there is none. */
static const char *find_hash(const char *text, size_t length)
{
    const size_t key = sizeof hash_key - 1;
    for (size_t i = length >= key ? length - key + 1 : 0; i-- > 0;)
        if (memcmp(text + i, hash_key, key) == 0)
            return text + i;
    return NULL;
}

/* The length of `text` without the space, and `mark` where it is not 0, at its end. */
static size_t cut(const char *text, size_t length, char mark)
{
    while (length > 0 && is_space(text[length - 1]))
        length--;
    return mark && length > 0 && text[length - 1] == mark ? cut(text, length - 1, '\0') : length;
}

char *fc_result_hash_add(char *text, size_t length, struct fc_error *error)
{
    length = cut(text, length, '}');
    char *whole = realloc(text, length + 64);
    if (!whole) {
        free(text);
        fc_fail(error, FC_FAULT, "out of memory while writing a result");
        return NULL;
    }
    snprintf(whole + length, 64, ",\n  %s: \"%016" PRIx64 "\"\n}\n", hash_key, hash_of(whole, length));
    return whole;
}

int fc_result_hash_check(const char *path, const char *text, size_t length, struct fc_error *error)
{
    const char *key = find_hash(text, length);
    if (!key)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: 'file_hash' is missing (this is not a flopcast result, or it is truncated)",
                       path);
    uint64_t stated = 0;
    char rest = 0;
    if (sscanf(key + sizeof hash_key - 1, " : \"%16" SCNx64 "\" %c", &stated, &rest) != 2 || rest != '}')
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: 'file_hash' is not its last member (the file was altered); run "
                       "the scenario again",
                       path);
    uint64_t computed = hash_of(text, cut(text, (size_t)(key - text), ','));
    if (computed != stated)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: the file was altered after it was written (its text has the hash %016" PRIx64
                       ", and it states %016" PRIx64 "); run the scenario again",
                       path, computed, stated);
    return 0;
}
