/* fold.h: lines for people, folded at the terminal's width, and their colours.
 *
 *     fc_fold_start();            what is printed to stdout from here on is for people
 *     ...printf(...)...
 *     fc_fold_end();              by main, before it asks whether everything was written
 *
 * A line that is wider than the terminal goes on below: behind the blanks of its last column where that begins in the
 * left half, else behind its own indent. Nothing is folded, nor coloured, where standard output is no terminal and
 * COLUMNS is not set: other programs read lines as they are. Commands do not call it for JSON, CSV, YAML or launch
 * scripts. For one thread. */
#ifndef FC_HOST_FOLD_H
#define FC_HOST_FOLD_H

#include <stdio.h>

enum fc_style { FC_STYLE_PLAIN, FC_STYLE_HEAD, FC_STYLE_QUIET, FC_STYLE_WARN };

void fc_fold_start(void);

/* Writes what is left of the last line and gives stdout back. */
void fc_fold_end(void);

/* Shows what was printed to stdout so far, for a command that goes on for a while. */
void fc_fold_flush(void);

/* Prints one line, without its newline, folded at `width`. */
void fc_fold_line(FILE *out, const char *line, size_t length, int width);

/* Switches the style of what follows on `out`: only on stdout between fc_fold_start and fc_fold_end, on a terminal, and
 * not where NO_COLOR is set (https://no-color.org). */
void fc_style(FILE *out, enum fc_style style);

#endif
