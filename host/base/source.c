/* source.c: see source.h. */
#include "source.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fc_source fc_source_of(const char *file, const char *text)
{
    return (struct fc_source){.text = text, .place = {file, 1, 1}, .exact = true};
}

struct fc_place fc_source_at(const struct fc_source *source, size_t offset)
{
    struct fc_place place = source->place;
    bool exact = source->exact;
    size_t start = 0;
    for (size_t i = 0; i < source->segment_count && source->segments[i].offset <= offset; i++) {
        start = source->segments[i].offset;
        place = source->segments[i].place;
        exact = source->segments[i].exact;
    }
    if (!exact)
        return place;
    for (size_t i = start; i < offset && source->text[i]; i++)
        if (((unsigned char)source->text[i] & 0xc0u) != 0x80u)
            place.column++;
    return place;
}

size_t fc_source_skip(const struct fc_source *source, size_t offset)
{
    while (source->text[offset] && strchr(" \t\r\n", source->text[offset]))
        offset++;
    return offset;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool fc_source_is_number(const struct fc_source *source, size_t offset)
{
    const char *text = source->text + offset;
    if (*text == '+' || *text == '-')
        text++;
    if (*text == '.')
        text++;
    return fc_is_digit(*text);
}

/* Copies digits and single underscores between digits; returns the number of bytes read. */
static size_t copy_digits(const char *text, char *buffer, size_t *used, size_t size)
{
    size_t at = 0;
    while (fc_is_digit(text[at]) ||
           (text[at] == '_' && at > 0 && fc_is_digit(text[at - 1]) && fc_is_digit(text[at + 1]))) {
        if (text[at] != '_' && *used + 1 < size)
            buffer[(*used)++] = text[at];
        at++;
    }
    return at;
}

int fc_source_number(const struct fc_source *source, size_t *offset, double *value, struct fc_error *error)
{
    const struct fc_place place = fc_source_at(source, *offset);
    const char *text = source->text + *offset;
    char shown[64];
    if (!fc_source_is_number(source, *offset))
        return fc_fail_at(error, &place, "'%s' is not a number; write for example 3.5 or 15.6e12",
                          fc_printable(shown, sizeof shown, text, strcspn(text, " \t,()")));
    char digits[512];
    size_t used = 0, at = 0;
    if (text[at] == '+' || text[at] == '-')
        digits[used++] = text[at++];
    at += copy_digits(text + at, digits, &used, sizeof digits);
    if (text[at] == '.') {
        digits[used++] = text[at++];
        at += copy_digits(text + at, digits, &used, sizeof digits);
    }
    if (text[at] == 'e' || text[at] == 'E') {
        size_t sign = text[at + 1] == '+' || text[at + 1] == '-';
        if (fc_is_digit(text[at + 1 + sign])) {
            if (used + 3 < sizeof digits) {
                digits[used++] = 'e';
                if (sign)
                    digits[used++] = text[at + 1];
            }
            at += 1 + sign;
            at += copy_digits(text + at, digits, &used, sizeof digits);
        }
    }
    digits[used] = '\0';
    if (at > 300)
        return fc_fail_at(error, &place, "the number is too long (%zu characters); write at most 300", at);
    if ((text[at] == 'x' || text[at] == 'X') && at <= 2)
        return fc_fail_at(error, &place, "'%s' is not a decimal number; write it without 0x",
                          fc_printable(shown, sizeof shown, text, strcspn(text, " \t,()")));
    size_t sign = digits[0] == '+' || digits[0] == '-';
    if (digits[sign] == '0' && fc_is_digit(digits[sign + 1])) {
        size_t zeros = strspn(text + sign, "0_");
        zeros -= !fc_is_digit(text[sign + zeros]);
        return fc_fail_at(error, &place,
                          "'%s' begins with 0, which other programs take for an octal number; write %s",
                          fc_printable(shown, sizeof shown, text, at), text + sign + zeros);
    }
    *value = strtod(digits, NULL);
    if (*value == 0.0 && digits[strcspn(digits, "123456789e")] != 'e' &&
        digits[strcspn(digits, "123456789e")])
        return fc_fail_at(error, &place, "%s is too small a number; 2.3e-308 can be held, or write 0",
                          digits);
    if (!isfinite(*value))
        return fc_fail_at(error, &place, "%s is too large a number; at most 1.8e308 can be held", digits);
    *offset += at;
    return 0;
}

size_t fc_source_word(const struct fc_source *source, size_t offset)
{
    const char *text = source->text + offset;
    size_t length = 0;
    if (!is_letter(text[0]))
        return 0;
    while (is_letter(text[length]) || fc_is_digit(text[length]) || text[length] == '_')
        length++;
    return length;
}

static char lower_of(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

enum { LONGEST_WORD = 64 };

/* Edit distance with swaps of neighbours (optimal string alignment), letters' case aside; times two, so that
 * a difference in case alone still counts a little. */
static unsigned edit_distance(const char *a, size_t length_a, const char *b, size_t length_b)
{
    unsigned row[3][LONGEST_WORD + 1];
    if (length_a > LONGEST_WORD || length_b > LONGEST_WORD)
        return UINT32_MAX;
    size_t same = 0;
    while (same < length_a && same < length_b && lower_of(a[same]) == lower_of(b[same]))
        same++;
    if (same == length_a && same == length_b) /* but for case */
        return memcmp(a, b, length_a) != 0;
    unsigned *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= length_b; j++) {
        before[j] = 0;
        last[j] = (unsigned)(2 * j);
    }
    for (size_t i = 1; i <= length_a; i++) {
        now[0] = (unsigned)(2 * i);
        for (size_t j = 1; j <= length_b; j++) {
            unsigned change = 2;
            if (a[i - 1] == b[j - 1])
                change = 0;
            else if (lower_of(a[i - 1]) == lower_of(b[j - 1]))
                change = 1;
            unsigned best = last[j - 1] + change;
            if (last[j] + 2 < best)
                best = last[j] + 2;
            if (now[j - 1] + 2 < best)
                best = now[j - 1] + 2;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 2 < best)
                best = before[j - 2] + 2;
            now[j] = best;
        }
        unsigned *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[length_b];
}

const char *fc_nearest_word(const char *text, size_t length, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t allowed = length < 2 ? 0 : length < 4 ? 1 : length / 3;
    unsigned best = 2 * (unsigned)(allowed > 3 ? 3 : allowed) + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = edit_distance(text, length, words[i], strlen(words[i]));
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    if (nearest || length < 3)
        return nearest;
    for (size_t i = 0; i < count; i++) /* else the shortest that goes on from it: cost, cost_usd */
        if (strncasecmp(text, words[i], length) == 0 && (!nearest || strlen(words[i]) < strlen(nearest)))
            nearest = words[i];
    return nearest;
}

const char *fc_did_you_mean(char *buffer, size_t size, const char *text, size_t length,
                            const char *const *words, size_t count)
{
    const char *nearest = fc_nearest_word(text, length, words, count);
    if (nearest)
        snprintf(buffer, size, "; did you mean '%s'?", nearest);
    else
        buffer[0] = '\0';
    return buffer;
}

/* The character at `text`, and its length in *bytes; U+FFFD of one byte where it is not UTF-8. */
static unsigned character(const char *text, size_t length, size_t *bytes)
{
    const unsigned char *c = (const unsigned char *)text;
    *bytes = 1;
    if (c[0] < 0x80)
        return c[0];
    size_t more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : 1;
    if (c[0] < 0xc2 || c[0] > 0xf4 || length <= more)
        return 0xfffd;
    unsigned code = c[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((c[i] & 0xc0u) != 0x80u)
            return 0xfffd;
        code = code << 6 | (c[i] & 0x3fu);
    }
    *bytes = more + 1;
    return code;
}

static bool acts_on_terminal(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static bool is_white(unsigned code)
{
    return code == '\t' || code == '\n' || code == '\r';
}

unsigned fc_unprintable(const char *text, size_t length)
{
    size_t bytes;
    for (size_t at = 0; at < length; at += bytes) {
        unsigned code = character(text + at, length - at, &bytes);
        if (acts_on_terminal(code) && !is_white(code))
            return code ? code : 0xfffd;
    }
    return 0;
}

char *fc_make_printable(char *text, bool keep_lines)
{
    size_t length = strlen(text), bytes;
    char *out = text;
    for (size_t at = 0; at < length; at += bytes) {
        unsigned code = character(text + at, length - at, &bytes);
        bool keep = code != 0xfffd || bytes > 1;
        if (is_white(code) && keep_lines) {
            *out++ = text[at];
        } else if (is_white(code)) {
            *out++ = ' ';
        } else if (!keep || acts_on_terminal(code)) {
            *out++ = '?';
        } else {
            memmove(out, text + at, bytes);
            out += bytes;
        }
    }
    *out = '\0';
    return text;
}

enum fc_whole fc_read_whole(const char *text, size_t length, uint64_t *value)
{
    char digits[64]; /* without leading zeros, underscores and the point */
    size_t used = 0, at = 0;
    long scale = 0, exponent = 0;
    bool negative = at < length && text[at] == '-', any = false, point = false, negative_exponent = false;
    if (at < length && (text[at] == '-' || text[at] == '+'))
        at++;
    bool octal = at + 1 < length && text[at] == '0' && fc_is_digit(text[at + 1]); /* to other programs */
    for (; at < length; at++) {
        if (fc_is_digit(text[at])) {
            any = true;
            scale -= point;
            if (used == 0 && text[at] == '0')
                continue;
            if (used == sizeof digits)
                return FC_WHOLE_TOO_LARGE;
            digits[used++] = text[at];
        } else if (text[at] == '.' && !point) {
            point = true;
        } else if (text[at] != '_' || at == 0 || !fc_is_digit(text[at - 1]) || at + 1 >= length ||
                   !fc_is_digit(text[at + 1])) {
            break;
        }
    }
    if (any && at + 1 < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        negative_exponent = text[at] == '-';
        at += text[at] == '-' || text[at] == '+';
        if (at == length)
            return FC_WHOLE_NO_NUMBER;
        for (; at < length && fc_is_digit(text[at]); at++)
            exponent = exponent < 10000 ? 10 * exponent + (text[at] - '0') : exponent;
    }
    if (!any || at < length || octal)
        return FC_WHOLE_NO_NUMBER;
    scale += negative_exponent ? -exponent : exponent;
    for (; used > 0 && scale < 0 && digits[used - 1] == '0'; used--)
        scale++;
    *value = 0;
    if (used == 0)
        return FC_WHOLE;
    if (scale < 0)
        return FC_WHOLE_FRACTION;
    if (negative)
        return FC_WHOLE_NEGATIVE;
    for (size_t i = 0; i < used || scale > 0; i++) {
        uint64_t digit = i < used ? (uint64_t)(digits[i] - '0') : 0;
        if (*value > (UINT64_MAX - digit) / 10)
            return FC_WHOLE_TOO_LARGE;
        *value = 10 * *value + digit;
        scale -= i >= used;
    }
    return FC_WHOLE;
}

const char *fc_printable(char *buffer, size_t size, const char *text, size_t length)
{
    size_t used = 0, at = 0, bytes;
    for (; at < length && text[at] && used + 8 < size; at += bytes) {
        unsigned code = character(text + at, length - at, &bytes);
        if (acts_on_terminal(code) || (code == 0xfffd && bytes == 1)) {
            buffer[used++] = '?';
            continue;
        }
        memcpy(buffer + used, text + at, bytes);
        used += bytes;
    }
    if (at < length && text[at]) {
        memcpy(buffer + used, "...", 3);
        used += 3;
    }
    buffer[used] = '\0';
    return buffer;
}
