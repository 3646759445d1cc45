/* terminal.h: what the terminal that we print on can show. */
#ifndef FC_HOST_TERMINAL_H
#define FC_HOST_TERMINAL_H

#include <stdbool.h>

/* Columns of standard output: those of COLUMNS where it is set, else those of the terminal, else 120 (a file or a
 * pipe). At least 60, at most 400. */
int fc_terminal_width(void);

/* The same where COLUMNS or a terminal says it; 0 for a file or a pipe. */
int fc_terminal_stated_width(void);

/* Whether a terminal may be sent colours: NO_COLOR is not set and TERM is not "dumb". */
bool fc_terminal_wants_colour(void);

#endif
