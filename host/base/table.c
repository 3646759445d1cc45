/* table.c: see table.h. */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>

#include "error.h"
#include "fold.h"
#include "format.h"
#include "source.h"
#include "terminal.h"

enum { GAP = 2, COLUMNS_MOST = 64 };

void fc_table_start(struct fc_table *table, int columns, int left)
{
    *table = (struct fc_table){.columns = columns, .left = left};
}

void fc_table_cell(struct fc_table *table, const char *format, ...)
{
    if (table->count == table->room) {
        size_t room = table->room ? 2 * table->room : 64;
        char **grown = realloc(table->cells, room * sizeof *grown);
        if (!grown) {
            fc_lose();
            return;
        }
        table->cells = grown;
        table->room = room;
    }
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
        fc_lose();
    }
    va_end(arguments);
    table->cells[table->count++] = text ? fc_make_printable(text, false) : NULL; /* words of files stand in cells */
}

static const char *cell(const struct fc_table *table, size_t index)
{
    if (index >= table->count)
        return "";
    return table->cells[index] ? table->cells[index] : "?";
}

static int width(const struct fc_table *table, int column)
{
    int most = 0;
    for (size_t i = (size_t)column; i < table->count; i += (size_t)table->columns) {
        int wide = fc_text_width(cell(table, i));
        most = wide > most ? wide : most;
    }
    return most;
}

/* The first column, and columns from ... to - 1 behind it. */
static void print_block(const struct fc_table *table, FILE *out, int indent, const int *widths, int from,
                        int to)
{
    for (size_t row = 0; row < table->count; row += (size_t)table->columns) {
        if (row == 0)
            fc_style(out, FC_STYLE_HEAD);
        fprintf(out, "%*s", indent, "");
        int last = to - 1; /* no blanks for the empty cells at the end of a row */
        while (last >= from && !*cell(table, row + (size_t)last))
            last--;
        for (int c = 0; c <= last || c == 0; c++) {
            if (c > 0 && c < from)
                continue;
            const char *text = cell(table, row + (size_t)c);
            int space = widths[c] - fc_text_width(text);
            if (c >= table->left)
                fprintf(out, "%*s%s", (c ? GAP : 0) + space, "", text);
            else
                fprintf(out, "%*s%s%*s", c ? GAP : 0, "", text, last >= from && c < last ? space : 0, "");
        }
        if (row == 0)
            fc_style(out, FC_STYLE_PLAIN);
        fputc('\n', out);
    }
}

void fc_table_print(const struct fc_table *table, FILE *out, int indent)
{
    int room = fc_terminal_width(), widths[COLUMNS_MOST], from = 1;
    for (int c = 0; c < table->columns && c < COLUMNS_MOST; c++)
        widths[c] = width(table, c);
    int columns = table->columns < COLUMNS_MOST ? table->columns : COLUMNS_MOST;
    do {
        int to = from, wide = indent + widths[0];
        while (to < columns && (to == from || wide + GAP + widths[to] <= room))
            wide += GAP + widths[to++];
        if (from > 1)
            fputc('\n', out);
        print_block(table, out, indent, widths, from, to);
        from = to;
    } while (from < columns);
}

void fc_table_free(struct fc_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct fc_table){0};
}
