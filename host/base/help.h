/* help.h: the help text of a command, laid out for the terminal's width or as a manual page: one source for both.
 *
 * A text is made of lines as a person would write them for 80 to 110 columns: "usage: ..." first, paragraphs, and rows
 * of options ("  -q, --quiet      no notes", going on behind at least 12 blanks). Other indented lines stay as they are. */
#ifndef FC_HOST_HELP_H
#define FC_HOST_HELP_H

/* Prints a help text, and `more` (the options that several commands share) behind it; NULL for none. */
void fc_help_print(const char *text, const char *more);

/* From here on fc_help_print writes a manual page in man(7) for the command `name`, whose one line is `what`. */
void fc_help_as_manual(const char *name, const char *what);

#endif
