/* document_bytes.c: see document_bytes.h. */
#include "document_bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CALLS = 16 }; /* calls inside each other; a bound keeps the scan for them linear */

const char fc_comma_mark[] = "\xee\x80\x80";
const char fc_colon_mark[] = "\xee\x80\x81";

/* Finds the first byte that is not allowed: NUL and other control characters, or broken UTF-8. Returns
 * `length` when all is well. */
static size_t first_bad_byte(const unsigned char *text, size_t length)
{
    size_t i = 0;
    while (i < length) {
        unsigned char c = text[i];
        if (c < 0x80) {
            if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
                return i;
            i++;
            continue;
        }
        size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || length - i <= more)
            return i;
        for (size_t j = 1; j <= more; j++)
            if ((text[i + j] & 0xc0u) != 0x80u)
                return i;
        if ((c == 0xe0 && text[i + 1] < 0xa0) || (c == 0xed && text[i + 1] > 0x9f) ||
            (c == 0xf0 && text[i + 1] < 0x90) || (c == 0xf4 && text[i + 1] > 0x8f))
            return i;
        i += more + 1;
    }
    return length;
}

static struct fc_place place_of_byte(const char *name, const char *text, size_t offset)
{
    struct fc_place place = {name, 1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)text[i] & 0xc0u) != 0x80u) {
            place.column++;
        }
    }
    return place;
}

int fc_check_bytes(const char *name, const char *text, size_t length, struct fc_error *error)
{
    size_t bad = first_bad_byte((const unsigned char *)text, length);
    if (bad == length)
        return 0;
    struct fc_place place = place_of_byte(name, text, bad);
    unsigned char c = (unsigned char)text[bad];
    if (c < 0x80)
        return fc_fail_at(error, &place, "not a text file (byte 0x%02x); YAML or JSON in UTF-8 is read", c);
    return fc_fail_at(error, &place, "not UTF-8 (byte 0x%02x); save the file as UTF-8", c);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

/* The length of a call's bracket "(...)" with balanced parentheses on one line, or 0. */
static size_t bracket_length(const char *text, size_t length)
{
    size_t depth = 0;
    for (size_t i = 0; i < length && text[i] != '\n' && text[i] != '\r'; i++) {
        if (text[i] == '(' && ++depth > MAX_CALLS)
            return 0;
        if (text[i] == ')' && --depth == 0)
            return i + 1;
        if (text[i] == '"' || text[i] == '\'' || text[i] == '#')
            return 0;
    }
    return 0;
}

int fc_protect_calls(const char *text, size_t length, char **result, size_t *result_length)
{
    *result = NULL;
    if (!memchr(text, '(', length))
        return 0;
    size_t marks = 0;
    for (size_t i = 0; i < length; i++)
        marks += text[i] == ',' || text[i] == ':';
    if (marks == 0 || length > SIZE_MAX / 2 - 2 * marks)
        return 0;
    char *copy = malloc(length + 2 * marks + 1);
    if (!copy)
        return -1;
    size_t used = 0, call_end = 0;
    for (size_t i = 0; i < length; i++) {
        if (i >= call_end && text[i] == '(' && i > 0 && is_word(text[i - 1])) {
            size_t word = i;
            while (word > 0 && is_word(text[word - 1]))
                word--;
            size_t bracket = is_letter(text[word]) ? bracket_length(text + i, length - i) : 0;
            if (bracket)
                call_end = i + bracket;
        }
        const char *mark = i >= call_end    ? NULL
                           : text[i] == ',' ? fc_comma_mark
                           : text[i] == ':' ? fc_colon_mark
                                            : NULL;
        if (mark) {
            memcpy(copy + used, mark, 3);
            used += 3;
        } else {
            copy[used++] = text[i];
        }
    }
    copy[used] = '\0';
    *result = copy;
    *result_length = used;
    return 0;
}
