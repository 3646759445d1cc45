/* terminal.c: see terminal.h. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST = 60, MOST = 400, OTHERWISE = 120 };

int fc_terminal_stated_width(void)
{
    const char *stated = getenv("COLUMNS");
    long width = stated ? strtol(stated, NULL, 10) : 0;
    struct winsize size;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width <= 0)
        return 0;
    return (int)(width < LEAST ? LEAST : width > MOST ? MOST : width);
}

int fc_terminal_width(void)
{
    int width = fc_terminal_stated_width();
    return width ? width : OTHERWISE;
}

bool fc_terminal_wants_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}
