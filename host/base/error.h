/* error.h: how host code reports what went wrong.
 *
 * A function that can fail returns 0 or a negative code and fills a struct fc_error; only main decides to
 * exit. Texts read "problem (why); suggestion". Errors in a file begin with file:line:column, counted from 1.
 */
#ifndef FC_HOST_ERROR_H
#define FC_HOST_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of the program; struct fc_error carries the one its error leads to. */
enum fc_status {
    FC_DONE = 0,      /* the work is done */
    FC_ANSWER_NO = 1, /* it ran, but the answer is 'no': a comparison differs, a check fails */
    FC_BAD_INPUT = 2, /* the input or the usage is wrong */
    FC_NO_DEVICE = 3, /* a named backend or device is not available */
    FC_FAULT = 4      /* a fault on the way; what was finished is kept */
};

/* A place in an input. `file` is borrowed and may be NULL (then no place is printed); line and column start
 * at 1. */
struct fc_place {
    const char *file;
    int line;
    int column;
};

struct fc_error {
    enum fc_status status;
    char text[2048];
};

/* Fills `error` with a printf-style text and returns -1, so that callers can `return fc_fail(...)`. What it quotes is made
 * printable; lines are broken only where the format breaks them. */
int fc_fail(struct fc_error *error, enum fc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with "file:line:column: " in front; the status is FC_BAD_INPUT. */
int fc_fail_at(struct fc_error *error, const struct fc_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for up to eight lines that are complete already. */
int fc_fail_lines(struct fc_error *error, enum fc_status status, const char *lines);

/* Says that there was no memory for a part of what is shown (a note, a cell, a name): the caller goes on without it, and
 * the program must not end as if all were there. Any thread may call. */
void fc_lose(void);
bool fc_lost(void);

#ifdef __clang_analyzer__ /* it sees one source at a time: this tells it what the two return */
#define fc_fail(...) ((void)fc_fail(__VA_ARGS__), -1)
#define fc_fail_at(...) ((void)fc_fail_at(__VA_ARGS__), -1)
#endif

#endif
