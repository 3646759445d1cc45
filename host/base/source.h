/* source.h: a piece of text to read and the place where it stands, so that errors can point into it.
 *
 * The value of a key is one such text; numbers, units and distributions are read out of it at byte offsets,
 * and fc_source_at turns an offset back into a line and a column. */
#ifndef FC_HOST_SOURCE_H
#define FC_HOST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Where a part of a text that was put together from several comes from. */
struct fc_segment {
    size_t offset; /* of its first byte in the text */
    struct fc_place place;
    bool exact;
};

struct fc_source {
    const char *text;      /* borrowed, NUL-terminated */
    struct fc_place place; /* of the first character of text */
    bool exact;            /* true when text stands on one line as written, so that offsets are columns */
    const struct fc_segment *segments; /* borrowed, in order of offset; NULL when the text is in one piece */
    size_t segment_count;
};

/* A source for a text that stands at the start of its file. */
struct fc_source fc_source_of(const char *file, const char *text);

/* The place of the byte at `offset`; the place of the text where that is not known (folded or escaped
 * text). */
struct fc_place fc_source_at(const struct fc_source *source, size_t offset);

/* The offset of the first character at or after `offset` that is not a blank or a line break. */
size_t fc_source_skip(const struct fc_source *source, size_t offset);

/* Reads a decimal number at *offset (digits may be parted by single underscores: 1_000) and moves *offset
 * behind it. Hexadecimal, infinite and not-a-number forms are refused, a leading zero that would make the number octal
 * elsewhere, and numbers beyond the range of a double on either side. Returns 0, or -1 with `error` filled. */
int fc_source_number(const struct fc_source *source, size_t *offset, double *value, struct fc_error *error);

/* True when a number (and not a word) stands at `offset`. */
bool fc_source_is_number(const struct fc_source *source, size_t offset);

/* The length of the word (letters, digits, underscores; a letter first) at `offset`, 0 when there is none. */
size_t fc_source_word(const struct fc_source *source, size_t offset);

/* The entry of `words` (`count` of them) nearest to the `length` bytes at `text`, or NULL when none is near:
 * at most a third of the letters, and never more than three, may differ (insertions, deletions, changes,
 * swaps of neighbours). Where none is, the shortest that begins with the text (three letters at least). */
const char *fc_nearest_word(const char *text, size_t length, const char *const *words, size_t count);

/* The same as a phrase to end a message with: "; did you mean 'x'?", or "" when none is near. Writes at most
 * `size` bytes into `buffer` and returns it. */
const char *fc_did_you_mean(char *buffer, size_t size, const char *text, size_t length,
                            const char *const *words, size_t count);

/* The first character of the `length` bytes of UTF-8 at `text` that a terminal would act on instead of printing:
 * control characters (C0 but tab and line breaks, DEL, C1), and those that turn the direction of writing (U+202A
 * to U+202E, U+2066 to U+2069). 0 when there is none. */
unsigned fc_unprintable(const char *text, size_t length);

/* In every locale. */
static inline bool fc_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Replaces every such character by '?', and every byte that is not UTF-8; line breaks and tabs become blanks
 * unless `keep_lines`. Returns `text`. */
char *fc_make_printable(char *text, bool keep_lines);

enum fc_whole { FC_WHOLE, FC_WHOLE_NO_NUMBER, FC_WHOLE_FRACTION, FC_WHOLE_NEGATIVE, FC_WHOLE_TOO_LARGE };

/* Reads the `length` bytes at `text` as a whole number from 0 to 2^64 - 1 without going through a double: "100000",
 * "1_000_000", "1e6", "2.5e3". The whole text must be the number; "1.0" is one, "1.5" a fraction, "0777" none. */
enum fc_whole fc_read_whole(const char *text, size_t length, uint64_t *value);

/* A printable copy of a text read from an input, for use in messages: characters that are not printed become '?', a
 * text longer than fits into `size` bytes ends in "...". Writes into `buffer` and returns it. */
const char *fc_printable(char *buffer, size_t size, const char *text, size_t length);

#endif
