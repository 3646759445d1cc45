/* error.c: see error.h. */
#include "error.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "source.h"

/* File names and words of an input stand in the text; lines are broken where the program wrote a break, and nowhere else. */
static void clean(struct fc_error *error, const char *format)
{
    fc_make_printable(error->text, strchr(format, '\n') != NULL);
}

int(fc_fail)(struct fc_error *error, enum fc_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    clean(error, format);
    return -1;
}

int(fc_fail_at)(struct fc_error *error, const struct fc_place *place, const char *format, ...)
{
    int used = 0;
    if (place && place->file)
        used =
            snprintf(error->text, sizeof error->text, "%s:%d:%d: ", place->file, place->line, place->column);
    if (used < 0 || (size_t)used >= sizeof error->text)
        used = 0;
    va_list arguments;
    va_start(arguments, format);
    error->status = FC_BAD_INPUT;
    vsnprintf(error->text + used, sizeof error->text - (size_t)used, format, arguments);
    va_end(arguments);
    clean(error, format);
    return -1;
}

int fc_fail_lines(struct fc_error *error, enum fc_status status, const char *lines)
{
    error->status = status;
    snprintf(error->text, sizeof error->text, "%s", lines);
    fc_make_printable(error->text, true);
    return -1;
}

static atomic_bool lost;

void fc_lose(void)
{
    atomic_store(&lost, true);
}

bool fc_lost(void)
{
    return atomic_load(&lost);
}
