/* help.c: see help.h. */
#include "help.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "format.h"
#include "terminal.h"
#include "version.h"

enum { TERM = 24, GOES_ON = 12, WIDEST = 100, ROOM = 4096 };

static const char *manual_name, *manual_what;

enum kind { BLANK, USAGE, OPTION_ROW, PARAGRAPH, VERBATIM };

/* One block of the text: several lines of it joined. */
struct block {
    enum kind kind;
    char term[128]; /* of an option: "-n, --trials N" */
    char text[ROOM];
};

static size_t blanks(const char *line)
{
    return strspn(line, " ");
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return *line ? line + 1 : line;
}

static void append(char *text, const char *words, size_t length)
{
    size_t used = strlen(text), at = blanks(words);
    if (at >= length || used + length - at + 2 > ROOM)
        return;
    snprintf(text + used, ROOM - used, "%s%.*s", used ? " " : "", (int)(length - at), words + at);
}

static enum kind kind_of(const char *line, enum kind before)
{
    size_t indent = blanks(line);
    if (line[indent] == '\n' || line[indent] == '\0')
        return BLANK;
    if (strncmp(line, "usage:", 6) == 0 ||
        (before == USAGE && indent > 2 && strncmp(line + indent, "flopcast", 8) == 0))
        return USAGE;
    if (indent >= 2 && indent < GOES_ON && line[indent] == '-' && line[indent + 1] != ' ')
        return OPTION_ROW;
    return indent ? VERBATIM : PARAGRAPH;
}

/* Takes a block from `line` on; returns where the next begins. */
static const char *take(const char *line, enum kind before, struct block *block)
{
    block->kind = kind_of(line, before);
    block->term[0] = block->text[0] = '\0';
    size_t length = line_length(line), from = 0;
    if (block->kind == OPTION_ROW) { /* the term ends before two blanks */
        from = blanks(line);
        size_t end = from;
        while (end < length && strncmp(line + end, "  ", 2) != 0)
            end++;
        snprintf(block->term, sizeof block->term, "%.*s", (int)(end - from), line + from);
        from = end;
    }
    if (block->kind == VERBATIM)
        snprintf(block->text, ROOM, "%.*s", (int)length, line);
    else
        append(block->text, line + from, length - from);
    const char *next = next_line(line);
    while (*next && block->kind != BLANK && block->kind != USAGE && block->kind != VERBATIM) {
        bool goes_on = block->kind == OPTION_ROW ? blanks(next) >= GOES_ON && next[blanks(next)] != '\n'
                                                 : kind_of(next, PARAGRAPH) == PARAGRAPH;
        if (!goes_on)
            break;
        append(block->text, next, line_length(next));
        next = next_line(next);
    }
    while (*next && block->kind == USAGE && blanks(next) > 8 && kind_of(next, USAGE) == VERBATIM) {
        append(block->text, next, line_length(next));
        next = next_line(next);
    }
    return next;
}

/* --- on a terminal --- */

static void print_words(const char *text, int at, int indent, int width)
{
    fc_print_wrapped(stdout, text, at, indent, width);
}

static void print_block(const struct block *block, bool first_usage, int width)
{
    int wide = fc_text_width(block->term);
    switch (block->kind) {
    case BLANK:
        putchar('\n');
        break;
    case USAGE:
        if (!first_usage)
            fputs("       ", stdout);
        print_words(block->text, first_usage ? 0 : 7, 11, width);
        break;
    case OPTION_ROW: {
        int indent = block->term[1] == '-' ? 6 : 2;
        printf("%*s%s", indent, "", block->term);
        if (indent + wide + 1 > TERM)
            printf("\n%*s", TERM, "");
        else
            printf("%*s", TERM - indent - wide, "");
        print_words(block->text, TERM, TERM, width);
        break;
    }
    case PARAGRAPH:
        print_words(block->text, 0, 0, width);
        break;
    case VERBATIM:
        fc_fold_line(stdout, block->text, strlen(block->text), width);
        putchar('\n');
        break;
    }
}

/* --- as a manual page --- */

static void put_roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void manual_block(const struct block *block, enum kind before, bool *options)
{
    if (block->kind == BLANK)
        return;
    if (block->kind == OPTION_ROW) {
        if (!*options)
            puts(".SH OPTIONS");
        *options = true;
        fputs(".TP\n.B ", stdout);
        put_roff(block->term);
        putchar('\n');
    } else if (block->kind == VERBATIM) {
        if (before != VERBATIM)
            puts(".PP");
        puts(".nf");
    } else {
        puts(".PP");
    }
    put_roff(block->text);
    puts(block->kind == VERBATIM ? "\n.fi" : "");
}

static void manual_head(void)
{
    char title[64];
    snprintf(title, sizeof title, "FLOPCAST-%s", manual_name);
    for (char *c = title; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    printf(".TH %s 1 \"2026\" \"flopcast " FC_VERSION "\" \"User commands\"\n.SH NAME\nflopcast\\-%s \\- ", title,
           manual_name);
    put_roff(manual_what);
    puts("\n.SH SYNOPSIS");
}

static void print_manual(const char *const parts[2])
{
    struct block *block = malloc(sizeof *block);
    enum kind before = BLANK;
    bool options = false, description = false;
    manual_head();
    for (int i = 0; block && i < 2; i++) {
        for (const char *at = parts[i]; at && *at;) {
            at = take(at, before, block);
            if (block->kind == USAGE) {
                if (before == USAGE)
                    puts(".br");
                put_roff(strncmp(block->text, "usage: ", 7) == 0 ? block->text + 7 : block->text);
                putchar('\n');
            } else if (block->kind != BLANK) {
                if (!description && block->kind != OPTION_ROW)
                    puts(".SH DESCRIPTION");
                description = true;
                manual_block(block, before, &options);
            }
            before = block->kind == BLANK ? before : block->kind;
        }
    }
    free(block);
    puts(".SH EXIT STATUS\n0 done; 1 the answer is no; 2 the input or usage is wrong; 3 the requested device is not "
         "available; 4 runtime failure.\n.SH SEE ALSO\n.BR flopcast (1)");
}

void fc_help_as_manual(const char *name, const char *what)
{
    manual_name = name;
    manual_what = what;
}

void fc_help_print(const char *text, const char *more)
{
    const char *const parts[2] = {text, more};
    int width = fc_terminal_width();
    enum kind before = BLANK;
    if (manual_name) {
        print_manual(parts);
        return;
    }
    width = width < WIDEST ? width : WIDEST;
    struct block *block = malloc(sizeof *block);
    for (int i = 0; i < 2; i++) {
        for (const char *at = parts[i]; at && *at;) {
            if (!block) { /* as it stands */
                fputs(at, stdout);
                break;
            }
            at = take(at, before, block);
            print_block(block, block->kind == USAGE && strncmp(block->text, "usage:", 6) == 0, width);
            before = block->kind;
        }
    }
    free(block);
}
