/* command_line.c: see command_line.h. */
#include "command_line.h"

#include "error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int count;
static char **arguments;
static char *line;

/* Options that leave the answer as it is: 1 alone, 2 with a value behind it. */
static int passed_over(const char *argument)
{
    static const char *const with_value[] = {"-o",        "-t",        "--output", "--report",
                                             "--threads", "--samples", NULL};
    static const char *const alone[] = {"-q", "--quiet", "--json", "--resume", NULL};
    for (int i = 0; with_value[i]; i++) {
        size_t length = strlen(with_value[i]);
        if (strcmp(argument, with_value[i]) == 0)
            return 2;
        if (strncmp(argument, with_value[i], length) == 0 &&
            (argument[length] == '=' || with_value[i][1] != '-'))
            return 1;
    }
    for (int i = 0; alone[i]; i++)
        if (strcmp(argument, alone[i]) == 0)
            return 1;
    return 0;
}

static void quote(FILE *out, const char *argument)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:@,+%";
    if (*argument && argument[strspn(argument, plain)] == '\0') {
        fputs(argument, out);
        return;
    }
    fputc('\'', out);
    for (; *argument; argument++)
        if (*argument == '\'')
            fputs("'\\''", out);
        else
            fputc(*argument, out);
    fputc('\'', out);
}

void fc_command_line_set(int argc, char **argv)
{
    arguments = malloc((size_t)argc * sizeof *arguments); /* argv loses options and is set in order as it is read */
    count = arguments ? argc : 0;
    if (arguments)
        memcpy(arguments, argv, (size_t)argc * sizeof *arguments);
    else
        fc_lose();
}

const char *fc_command_line(void)
{
    size_t size;
    if (line || count == 0)
        return line ? line : "";
    FILE *out = open_memstream(&line, &size);
    if (!out) {
        fc_lose();
        return "";
    }
    fputs("flopcast", out);
    bool options = true; /* until "--" */
    for (int i = 1; i < count; i++) {
        options = options && strcmp(arguments[i], "--") != 0;
        int skip = options ? passed_over(arguments[i]) : 0;
        if (skip) {
            i += skip - 1;
            continue;
        }
        fputc(' ', out);
        quote(out, arguments[i]);
    }
    if (fclose(out)) {
        fc_lose();
        return "";
    }
    return line;
}
