/* csv.c: see csv.h. */
#include "csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source.h"

/* A reader over a copy of the text, which it cuts into cells in place. */
struct reader {
    char *at, *end;
    int line;
};

static char find_separator(const char *at, const char *end)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (; at < end && (quoted || (*at != '\n' && *at != '\r')); at++) {
        quoted ^= *at == '"';
        commas += !quoted && *at == ',';
        semicolons += !quoted && *at == ';';
        tabs += !quoted && *at == '\t';
    }
    return tabs > commas && tabs > semicolons ? '\t' : semicolons > commas ? ';' : ',';
}

/* Drops blanks, and blanks that do not break (UTF-8: C2 A0), around a cell. */
static char *trim(char *text)
{
    for (;;)
        if (*text == ' ' || *text == '\t')
            text++;
        else if ((unsigned char)text[0] == 0xC2 && (unsigned char)text[1] == 0xA0)
            text += 2;
        else
            break;
    for (size_t n = strlen(text); n > 0; n = strlen(text))
        if (text[n - 1] == ' ' || text[n - 1] == '\t')
            text[n - 1] = '\0';
        else if (n > 1 && (unsigned char)text[n - 2] == 0xC2 && (unsigned char)text[n - 1] == 0xA0)
            text[n - 2] = '\0';
        else
            break;
    return text;
}

static int add_cell(struct fc_csv *csv, size_t *count, size_t *room, char *cell)
{
    if (*count == *room) {
        *room = *room ? 2 * *room : 1024;
        char **grown = realloc(csv->cells, *room * sizeof *grown);
        if (!grown)
            return -1;
        csv->cells = grown;
    }
    csv->cells[(*count)++] = cell;
    return 0;
}

static int add_row(struct fc_csv *csv, size_t *room, size_t first, int line)
{
    if (csv->rows + 1 >= *room) {
        *room = *room ? 2 * *room : 256;
        size_t *begins = realloc(csv->first, *room * sizeof *begins);
        csv->first = begins ? begins : csv->first;
        int *lines = realloc(csv->lines, *room * sizeof *lines);
        csv->lines = lines ? lines : csv->lines;
        if (!begins || !lines)
            return -1;
    }
    csv->first[csv->rows] = first;
    csv->lines[csv->rows++] = line;
    return 0;
}

/* Cuts one cell and moves behind what ends it. *more: another cell of the row follows. Returns the cell, or NULL
 * and `why` when its quotes are not those of a CSV file. */
static char *cut(struct reader *r, char separator, bool *more, const char **why)
{
    char *start = r->at, *to;
    while (r->at < r->end && *r->at == ' ')
        r->at++; /* before a quote */
    if (r->at >= r->end || *r->at != '"')
        r->at = start;
    bool quoted = r->at < r->end && *r->at == '"', was_quoted = quoted;
    r->at += quoted;
    for (start = to = r->at; r->at < r->end;) {
        if (quoted && *r->at == '"') {
            if (r->at + 1 < r->end && r->at[1] == '"') {
                r->at++;
            } else {
                quoted = false;
                r->at++;
                continue;
            }
        } else if (!quoted && (*r->at == separator || *r->at == '\n' || *r->at == '\r')) {
            break;
        } else if (was_quoted && !quoted && *r->at != ' ' && *r->at != '\t') {
            *why = "text follows a closed quote; write a quote within a cell twice (\"\")";
            return NULL;
        }
        r->line += *r->at == '\n' || (*r->at == '\r' && (r->at + 1 == r->end || r->at[1] != '\n'));
        *to++ = *r->at++;
    }
    if (was_quoted && quoted) {
        *why = "a quote (\") is never closed";
        return NULL;
    }
    *more = r->at < r->end && *r->at == separator;
    if (r->at < r->end && !*more) {
        r->line++;
        if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
            r->at++;
    }
    if (r->at < r->end)
        r->at++;
    *to = '\0';
    return fc_make_printable(was_quoted ? start : trim(start), true); /* cells are printed, whoever wrote them */
}

static int read_rows(struct fc_csv *csv, struct reader *r, const char *name, struct fc_error *error)
{
    size_t count = 0, cell_room = 0, row_room = 0;
    while (r->at < r->end) {
        size_t first = count;
        int line = r->line;
        bool more = true, empty = true;
        while (more) {
            int at = r->line;
            const char *why;
            char *cell = cut(r, csv->separator, &more, &why);
            if (!cell)
                return fc_fail(error, FC_BAD_INPUT, "%s:%d: %s", name, at, why);
            if (add_cell(csv, &count, &cell_room, cell))
                return fc_fail(error, FC_FAULT, "out of memory for the table '%.200s'", name);
            empty = empty && !*cell;
        }
        while (count > first && !*csv->cells[count - 1])
            count--; /* empty cells at the end */
        if (empty)
            continue;
        if (csv->rows == 0)
            csv->columns = count - first;
        else if (count - first > csv->columns)
            return fc_fail(error, FC_BAD_INPUT,
                           "%s:%d: %zu cells, but the header has %zu columns; put quotes around a cell that "
                           "holds a '%s'",
                           name, line, count - first, csv->columns,
                           csv->separator == '\t' ? "tab" : (char[]){csv->separator, '\0'});
        if (add_row(csv, &row_room, first, line))
            return fc_fail(error, FC_FAULT, "out of memory for the table '%.200s'", name);
    }
    if (csv->rows == 0)
        return fc_fail(error, FC_BAD_INPUT, "%s: the table is empty; its first line names the columns", name);
    csv->first[csv->rows] = count;
    return 0;
}

int fc_csv_read(struct fc_csv *csv, const char *name, const char *text, size_t size, struct fc_error *error)
{
    *csv = (struct fc_csv){0};
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: the table is in UTF-16; save it as \"CSV UTF-8\" (in Excel: File, Save As)",
                       name);
    if (size >= 4 && memcmp(text, "PK\x03\x04", 4) == 0)
        return fc_fail(error, FC_BAD_INPUT,
                       "%s: this is a workbook (.xlsx), not a CSV; save it as \"CSV UTF-8\"", name);
    if (memchr(text, '\0', size))
        return fc_fail(error, FC_BAD_INPUT, "%s: the table holds a byte 0, so it is not text", name);
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    csv->text = malloc(size + 1);
    if (!csv->text)
        return fc_fail(error, FC_FAULT, "out of memory for the table '%.200s'", name);
    memcpy(csv->text, text, size);
    csv->text[size] = '\0';
    struct reader r = {csv->text, csv->text + size, 1};
    if (size >= 5 && strncmp(r.at, "sep=", 4) == 0) { /* a line for Excel alone */
        csv->separator = r.at[4];
        r.at += 5;
    } else {
        while (r.at < r.end && (*r.at == '\n' || *r.at == '\r')) {
            r.line += *r.at == '\n';
            r.at++;
        }
        csv->separator = find_separator(r.at, r.end);
    }
    if (read_rows(csv, &r, name, error)) {
        fc_csv_free(csv);
        return -1;
    }
    return 0;
}

void fc_csv_free(struct fc_csv *csv)
{
    free(csv->text);
    free(csv->cells);
    free(csv->first);
    free(csv->lines);
    *csv = (struct fc_csv){0};
}

const char *fc_csv_cell(const struct fc_csv *csv, size_t row, size_t column)
{
    size_t at = csv->first[row] + column;
    return at < csv->first[row + 1] ? csv->cells[at] : "";
}

/* Takes separators of thousands out: groups of three digits after the first. Returns false when `apart` stands
 * elsewhere. */
static bool join_thousands(char *text, char apart)
{
    char *whole_end = text + strcspn(text, apart == '.' ? ",eE" : ".eE"), *to = text;
    if (!memchr(text, apart, (size_t)(whole_end - text)))
        return !strchr(text, apart);
    int digits = 0;
    bool first = true;
    for (char *at = text; at < whole_end; at++) {
        if (*at == apart) {
            if (first ? digits < 1 || digits > 3 : digits != 3)
                return false;
            first = false;
            digits = 0;
        } else {
            digits += isdigit((unsigned char)*at) != 0;
            *to++ = *at;
        }
    }
    if (digits != 3)
        return false;
    memmove(to, whole_end, strlen(whole_end) + 1);
    return !strchr(to, apart);
}

bool fc_csv_blank(const char *text)
{
    static const char *const words[] = {"",     "-",   "\xE2\x80\x93", "\xE2\x80\x94", "?",    "n/a",    "na",
                                        "#n/a", "nan", "none",         "null",         "auto", "unknown"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

bool fc_csv_number(const struct fc_csv *csv, const char *text, double *value)
{
    char copy[64];
    size_t used = 0;
    for (const char *at = text; *at; at++) { /* blanks, plain and thin, apart the thousands */
        unsigned char c = (unsigned char)*at;
        if (c == ' ' || c == '_' || c == '\'')
            continue;
        if (c == 0xC2 && (unsigned char)at[1] == 0xA0) {
            at++;
            continue;
        }
        if (c == 0xE2 && (unsigned char)at[1] == 0x80 && (unsigned char)at[2] == 0xAF) {
            at += 2;
            continue;
        }
        if (used + 1 >= sizeof copy)
            return false;
        copy[used++] = *at;
    }
    copy[used] = '\0';
    if (csv->separator != ',' && strchr(copy, ',')) {
        if (strchr(copy, '.') && !join_thousands(copy, '.'))
            return false;
        char *comma = strchr(copy, ',');
        if (strchr(comma + 1, ','))
            return false;
        *comma = '.';
    } else if (!join_thousands(copy, ',')) {
        return false;
    }
    char *end;
    if (!copy[0] || !(isdigit((unsigned char)copy[0]) || strchr("+-.", copy[0])) || strpbrk(copy, "xX"))
        return false;
    *value = strtod(copy, &end);
    if (strcmp(end, "%") == 0)
        *value /= 100;
    else if (*end)
        return false;
    return isfinite(*value);
}
