/* terminal.h: what the terminal that we print on can show. */
#ifndef FC_HOST_TERMINAL_H
#define FC_HOST_TERMINAL_H

/* Columns of standard output: those of COLUMNS where it is set, else those of the terminal, else 120 (a file or a
 * pipe). At least 60, at most 400. */
int fc_terminal_width(void);

#endif
