/* range.c: see range.h. */
#include "range.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/date.h"

static size_t path_length(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == '.')
        length++;
    return length;
}

bool fc_range_is_one(const char *text)
{
    size_t length = path_length(text);
    return length > 0 && text[length] == '=';
}

static int add(struct fc_range *range, const char *text, size_t length, struct fc_error *error)
{
    while (length > 0 && *text == ' ')
        text++, length--;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (length == 0)
        return fc_fail(error, FC_BAD_INPUT, "%s: a value is empty", range->path);
    if (length >= FC_RANGE_TEXT)
        return fc_fail(error, FC_BAD_INPUT, "%s: a value is too long (%zu bytes, at most %d)", range->path,
                       length, FC_RANGE_TEXT - 1);
    if (range->count == FC_RANGE_MAX)
        return fc_fail(error, FC_BAD_INPUT, "%s: there are more than %d values; take a wider step",
                       range->path, FC_RANGE_MAX);
    memcpy(range->values[range->count], text, length);
    range->values[range->count++][length] = '\0';
    return 0;
}

/* Reads "*1.5" or "1.5" at *at. */
static bool number(const char **at, bool *factor, double *value)
{
    char *end;
    while (**at == ' ')
        ++*at;
    *factor = **at == '*';
    if (*factor)
        ++*at;
    *value = strtod(*at, &end);
    bool read = end > *at && isfinite(*value);
    *at = end;
    return read;
}

void fc_range_text(const struct fc_range *range, double value, char *text, size_t size)
{
    if (range->dates) {
        char date[11];
        fc_date_print(lround(value), date);
        snprintf(text, size, "%s", date);
        return;
    }
    snprintf(text, size, "%s%.12g%s%s", range->factor ? "*" : "", value, range->unit[0] ? " " : "",
             range->unit);
}

static int expand(struct fc_range *range, struct fc_error *error)
{
    double reach = range->geometric ? log(range->to / range->from) / log(range->step)
                                    : (range->to - range->from) / range->step;
    if (!(reach >= 0))
        return fc_fail(error, FC_BAD_INPUT, "%s: stepping from %g by %s%g never reaches %g", range->path,
                       range->from, range->geometric ? "x" : "", range->step, range->to);
    if (reach > FC_RANGE_MAX)
        return fc_fail(error, FC_BAD_INPUT, "%s: that is %.0f values, more than %d; take a wider step",
                       range->path, floor(reach) + 1, FC_RANGE_MAX);
    for (int i = 0; i <= (int)floor(reach + 1e-9); i++) {
        char text[FC_RANGE_TEXT];
        double value =
            range->geometric ? range->from * pow(range->step, i) : range->from + range->step * (double)i;
        fc_range_text(range, value, text, sizeof text);
        if (add(range, text, strlen(text), error))
            return -1;
    }
    return 0;
}

/* "2027-03-01..2027-06-01[:days]". Returns 1 when it begins with no date. */
static int read_dates(struct fc_range *range, const char *at, bool ends, struct fc_error *error)
{
    const char *text = at;
    long from, to;
    if (!fc_date_read(at, &from) || strncmp(at + 10, "..", 2) != 0)
        return 1;
    if (!fc_date_read(at + 12, &to))
        return fc_fail(error, FC_BAD_INPUT, "%s: no date follows '..' in '%s'; write it as 2027-06-01", range->path,
                       text);
    range->dates = range->has_step = true;
    range->from = (double)from;
    range->to = (double)to;
    range->step = 1;
    at += 22;
    if (*at == ':') {
        char *end;
        range->step = strtod(at + 1, &end);
        at = end + strspn(end, " ");
        at += strncmp(at, "days", 4) == 0 ? 4 : strncmp(at, "day", 3) == 0 ? 3 : 0;
        if (end == text || range->step != floor(range->step) || range->step == 0)
            return fc_fail(error, FC_BAD_INPUT, "%s: the step of '%s' is no number of whole days", range->path, text);
    }
    if (at[strspn(at, " ")])
        return fc_fail(error, FC_BAD_INPUT, "%s: '%s' follows the dates of '%s'; leave it out", range->path, at, text);
    return ends ? 0 : expand(range, error);
}

/* "a..b[:step][ unit]"; `at` stands behind "PATH=". Returns 1 when it is no range. */
static int read_range(struct fc_range *range, const char *at, bool ends, struct fc_error *error)
{
    const char *text = at;
    bool factor_to, factor_step;
    char first[64];
    const char *dots = strstr(at, "..");
    if (!dots || (size_t)(dots - at) >= sizeof first)
        return 1;
    memcpy(first, at, (size_t)(dots - at));
    first[dots - at] = '\0';
    const char *begin = first;
    if (!number(&begin, &range->factor, &range->from) || begin[strspn(begin, " ")])
        return 1;
    at = dots + 2;
    if (!number(&at, &factor_to, &range->to))
        return fc_fail(error, FC_BAD_INPUT, "%s: no number follows '..' in '%s'", range->path, text);
    if (*at == ':') {
        at++;
        range->geometric = *at == 'x';
        at += range->geometric;
        range->has_step = true;
        if (!number(&at, &factor_step, &range->step))
            return fc_fail(error, FC_BAD_INPUT,
                           "%s: no step follows ':' in '%s'; write from..to:step, or from..to:x2 to "
                           "double",
                           range->path, text);
        if (range->step == 0 ||
            (range->geometric && !(range->step > 0 && range->step != 1 && range->from > 0 && range->to > 0)))
            return fc_fail(error, FC_BAD_INPUT,
                           "%s: the step %s%g does not move towards the end of the range", range->path,
                           range->geometric ? "x" : "", range->step);
    }
    if (range->factor != factor_to)
        return fc_fail(error, FC_BAD_INPUT, "%s: write '*' before both ends of '%s', or before none",
                       range->path, text);
    at += strspn(at, " ");
    snprintf(range->unit, sizeof range->unit, "%s", at);
    return range->has_step && !ends ? expand(range, error) : 0;
}

/* The bytes of a number, with its '*' where it is a factor, at the start of the text; 0 when there is none. */
static size_t number_length(const char *text)
{
    bool factor;
    double value;
    const char *at = text;
    return number(&at, &factor, &value) ? (size_t)(at - text) : 0;
}

/* A unit behind the last number holds for all that have none: 6, 9, 12 B USD. */
static int share_unit(struct fc_range *range, struct fc_error *error)
{
    if (range->count < 2)
        return 0;
    const char *last = range->values[range->count - 1];
    size_t length = number_length(last);
    const char *unit = last + length + strspn(last + length, " ");
    if (length == 0 || last[0] == '*' || !*unit || strpbrk(unit, "()[]{}"))
        return 0;
    if (strstr(unit, " to ") || strncmp(unit, "to ", 3) == 0) /* a range has two numbers */
        return 0;
    for (int i = 0; i + 1 < (int)range->count; i++) {
        char *value = range->values[i];
        size_t bare = number_length(value);
        if (bare == 0 || value[0] == '*' || value[bare])
            continue;
        if (bare + 1 + strlen(unit) >= FC_RANGE_TEXT)
            return fc_fail(error, FC_BAD_INPUT, "%s: a value is too long with its unit '%.40s'", range->path,
                           unit);
        snprintf(value + bare, FC_RANGE_TEXT - bare, " %s", unit);
    }
    return 0;
}

static int read_list(struct fc_range *range, const char *at, struct fc_error *error)
{
    int depth = 0;
    const char *begin = at;
    range->is_list = true;
    for (;; at++) {
        depth += *at == '(' || *at == '[' || *at == '{';
        depth -= *at == ')' || *at == ']' || *at == '}';
        if (*at && (*at != ',' || depth > 0))
            continue;
        if (add(range, begin, (size_t)(at - begin), error))
            return -1;
        if (!*at)
            return share_unit(range, error);
        begin = at + 1;
    }
}

static int read_text(struct fc_range *range, const char *text, bool ends, struct fc_error *error)
{
    *range = (struct fc_range){0};
    size_t length = path_length(text);
    if (!fc_range_is_one(text) || length >= sizeof range->path)
        return fc_fail(error, FC_BAD_INPUT,
                       "'%s' is not PATH=VALUES; write for example reliability.gpu_mtbf='20e3..60e3:10e3 h'",
                       text);
    memcpy(range->path, text, length);
    range->values = calloc(FC_RANGE_MAX, sizeof *range->values);
    if (!range->values)
        return fc_fail(error, FC_FAULT, "out of memory for the values of %s", range->path);
    int status = read_dates(range, text + length + 1, ends, error);
    if (status == 1)
        status = read_range(range, text + length + 1, ends, error);
    if (status == 1)
        status = read_list(range, text + length + 1, error);
    if (status)
        fc_range_free(range);
    return status;
}

int fc_range_read(struct fc_range *range, const char *text, struct fc_error *error)
{
    return read_text(range, text, false, error);
}

int fc_range_read_ends(struct fc_range *range, const char *text, struct fc_error *error)
{
    return read_text(range, text, true, error);
}

void fc_range_free(struct fc_range *range)
{
    free(range->values);
    range->values = NULL;
    range->count = 0;
}

int fc_range_tie(const char *tie, double number_tied, char *text, size_t size, struct fc_error *error)
{
    size_t length = path_length(tie);
    char *end = NULL;
    double factor = 0;
    if (fc_range_is_one(tie)) { /* "1-x" */
        double whole = strtod(tie + length + 1, &end), share = 1;
        char sign = *end;
        const char *at = end + (sign != '\0');
        if (end > tie + length + 1 && (sign == '-' || sign == '+')) {
            if (*at != 'x') {
                share = strtod(at, &end);
                at = end > at && isfinite(share) ? end : "";
            }
            if (strcmp(at, "x") == 0) {
                snprintf(text, size, "%.*s=%.12g", (int)length, tie,
                         sign == '-' ? whole - share * number_tied : whole + share * number_tied);
                return 0;
            }
        }
    }
    if (fc_range_is_one(tie)) {
        const char *at = tie + length + 1;
        factor = strtod(at, &end);
        if (end > at && *end == '/') {
            at = end + 1;
            double divisor = strtod(at, &end);
            factor = end > at ? factor / divisor : 0;
        }
    }
    if (!end || !(fabs(factor) > 0) || !isfinite(factor) || *end)
        return fc_fail(error, FC_BAD_INPUT,
                       "--tie '%s' is not PATH=FACTOR or PATH=C-x; write for example plan.dp=1/72", tie);
    snprintf(text, size, "%.*s=%.12g", (int)length, tie, number_tied * factor);
    return 0;
}
