/* terminal.c: see terminal.h. */
#include "terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST = 60, MOST = 400, OTHERWISE = 120 };

int fc_terminal_width(void)
{
    const char *stated = getenv("COLUMNS");
    long width = stated ? strtol(stated, NULL, 10) : 0;
    struct winsize size;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width <= 0)
        width = OTHERWISE;
    return (int)(width < LEAST ? LEAST : width > MOST ? MOST : width);
}
