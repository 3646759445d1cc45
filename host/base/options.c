/* options.c: see options.h. */
#include "options.h"

#include <stdio.h>
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

int fc_option_count(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *value,
                    struct fc_error *error)
{
    char shown[64];
    if (fc_read_whole(text, strlen(text), value) == FC_WHOLE && *value >= least && *value <= most)
        return 0;
    return fc_fail(error, FC_BAD_INPUT, "%s: '%s' is not an integer from %llu to %llu", name,
                   fc_printable(shown, sizeof shown, text, strlen(text)), (unsigned long long)least,
                   (unsigned long long)most);
}
