/* options.c: see options.h. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

enum { OPTIONS_MAX = 64 };

int fc_option_error(const char *command, int option, char **argv, const struct option *known,
                    struct fc_error *error)
{
    const char *given = argv[optind - 1];
    if (option == ':')
        return fc_fail(error, FC_BAD_INPUT, "%s needs a value; see flopcast %s --help", given, command);
    if (strncmp(given, "--", 2) != 0 && optopt)
        return fc_fail(error, FC_BAD_INPUT, "there is no option -%c; see flopcast %s --help", optopt,
                       command);
    size_t length = strcspn(given, "="), count = 0, fits = 0;
    if (optopt) /* getopt_long knew the option */
        return fc_fail(error, FC_BAD_INPUT, "%.*s takes no value; see flopcast %s --help", (int)length, given,
                       command);
    const char *names[OPTIONS_MAX];
    char list[256] = "", hint[96] = "", shown[64];
    for (const struct option *o = known; o->name && count < OPTIONS_MAX; o++) {
        names[count++] = o->name;
        size_t used = strlen(list);
        if (strncmp(o->name, given + 2, length - 2) == 0 && used < sizeof list)
            snprintf(list + used, sizeof list - used, "%s--%s", fits++ ? ", " : "", o->name);
    }
    if (fits > 1)
        return fc_fail(error, FC_BAD_INPUT, "%.*s may mean %s; write it out", (int)length, given, list);
    const char *near = fc_nearest_word(given + 2, length - 2, names, count);
    if (near)
        snprintf(hint, sizeof hint, "; did you mean --%s?", near);
    fc_printable(shown, sizeof shown, given, length);
    if (near)
        return fc_fail(error, FC_BAD_INPUT, "there is no option %s%s", shown, hint);
    return fc_fail(error, FC_BAD_INPUT, "there is no option %s; see flopcast %s --help", shown, command);
}

int fc_option_count(const char *name, const char *text, double least, double most, uint64_t *value,
                    struct fc_error *error)
{
    char digits[64], shown[64], *end = digits;
    size_t used = 0;
    for (const char *p = text; *p && used + 1 < sizeof digits; p++)
        if (*p != '_')
            digits[used++] = *p;
    digits[used] = '\0';
    errno = 0;
    double number = strtod(digits, &end);
    if (end == digits || *end || errno || !(number >= least) || number > most || floor(number) != number)
        return fc_fail(error, FC_BAD_INPUT, "%s '%s' is no whole number from %.0f to %.15g", name,
                       fc_printable(shown, sizeof shown, text, strlen(text)), least, most);
    *value = (uint64_t)number;
    return 0;
}
