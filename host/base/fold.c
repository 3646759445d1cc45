/* fold.c: see fold.h. */
#include "fold.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "terminal.h"

enum { ESCAPE = 033 };

static struct {
    FILE *real, *folded;
    char *line; /* not yet ended */
    size_t length, room;
    int width;
    bool colour;
} state;

/* Bytes of the character at `text` and, in *columns, what it takes: a colour's escape takes none. */
static size_t character(const char *text, size_t left, int *columns)
{
    size_t n = 1;
    *columns = 1;
    if (text[0] == ESCAPE) {
        while (n < left && text[n - 1] != 'm')
            n++;
        *columns = 0;
        return n;
    }
    while (n < left && (text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static int columns_of(const char *text, size_t length)
{
    int wide = 0, columns;
    for (size_t i = 0; i < length; wide += columns)
        i += character(text + i, length - i, &columns);
    return wide;
}

/* Where what does not fit goes on: the last column that two blanks set apart, if it begins in the left half. */
static int hang_of(const char *line, size_t length, int width)
{
    size_t indent = 0;
    while (indent < length && line[indent] == ' ')
        indent++;
    int hang = (int)indent + (indent ? 4 : 2);
    for (size_t i = indent + 1; i + 2 < length; i++) {
        if (line[i] != ' ' || line[i - 1] != ' ' || line[i + 1] == ' ')
            continue;
        int at = columns_of(line, i + 1);
        if (at <= width * 3 / 5)
            hang = at;
    }
    return hang < width / 2 + width / 10 + 1 ? hang : 2;
}

/* Bytes of the longest beginning that fits into `room` columns and ends before a blank; all of it where it fits. */
static size_t fitting(const char *text, size_t length, int room)
{
    size_t at = 0, blank = 0;
    int wide = 0, columns;
    while (at < length) {
        size_t n = character(text + at, length - at, &columns);
        if (wide + columns > room)
            break;
        if (text[at] == ' ')
            blank = at;
        wide += columns;
        at += n;
    }
    if (at == length || text[at] == ' ')
        return at;
    return blank ? blank : at; /* a word wider than the room is cut */
}

void fc_fold_line(FILE *out, const char *line, size_t length, int width)
{
    if (columns_of(line, length) <= width) {
        fwrite(line, 1, length, out);
        return;
    }
    int hang = hang_of(line, length, width), used = 0;
    size_t at = 0, start = 0;
    while (start < length && line[start] == ' ')
        start++;
    while (at < length) {
        size_t n = fitting(line + at, length - at, width - used), end = n;
        if (at == 0 && n <= start) /* the first word is wider than the room behind the indent */
            end = n = start + fitting(line + start, length - start, width - (int)start);
        while (end > 0 && line[at + end - 1] == ' ')
            end--;
        fwrite(line + at, 1, end, out);
        at += n;
        while (at < length && line[at] == ' ')
            at++;
        if (at < length)
            fprintf(out, "\n%*s", hang, "");
        used = hang;
    }
}

static void put_line(const char *line, size_t length)
{
    if (state.width > 0)
        fc_fold_line(state.real, line, length, state.width);
    else
        fwrite(line, 1, length, state.real);
}

static ssize_t write_folded(void *cookie, const char *text, size_t length)
{
    (void)cookie;
    if (state.length + length > state.room) {
        size_t room = 2 * (state.length + length);
        char *grown = realloc(state.line, room);
        if (!grown)
            return 0;
        state.line = grown;
        state.room = room;
    }
    memcpy(state.line + state.length, text, length);
    state.length += length;
    size_t begin = 0;
    for (size_t i = state.length - length; i < state.length; i++) {
        if (state.line[i] != '\n')
            continue;
        put_line(state.line + begin, i - begin);
        fputc('\n', state.real);
        begin = i + 1;
    }
    memmove(state.line, state.line + begin, state.length - begin);
    state.length -= begin;
    return ferror(state.real) ? 0 : (ssize_t)length;
}

void fc_fold_start(void)
{
    int width = fc_terminal_stated_width();
    bool terminal = isatty(STDOUT_FILENO);
    if (state.folded || (!terminal && !width))
        return;
    cookie_io_functions_t functions = {.write = write_folded};
    FILE *folded = fopencookie(NULL, "w", functions);
    if (!folded)
        return; /* without memory lines stay wide */
    setvbuf(folded, NULL, _IOLBF, BUFSIZ);
    state.real = stdout;
    state.folded = folded;
    state.width = width;
    state.colour = terminal && fc_terminal_wants_colour();
    stdout = folded;
}

void fc_fold_end(void)
{
    if (!state.folded)
        return;
    (void)fflush(state.folded);
    put_line(state.line, state.length);
    stdout = state.real;
    (void)fclose(state.folded);
    free(state.line);
    memset(&state, 0, sizeof state);
}

void fc_fold_flush(void)
{
    (void)fflush(stdout);
    if (state.folded)
        (void)fflush(state.real);
}

void fc_style(FILE *out, enum fc_style style)
{
    static const char *const codes[] = {"\033[0m", "\033[1m", "\033[2m", "\033[33m"};
    if (state.colour && out == state.folded)
        fputs(codes[style], out);
}
