/* apart.h: a driver at arm's length: what is asked of it is asked in a child process with a time limit, so that one which
 * crashes or hangs costs its devices and not the command. What it prints there is dropped. */
#ifndef FC_HOST_APART_H
#define FC_HOST_APART_H

#include <stddef.h>

enum fc_apart_end {
    FC_APART_DONE,  /* `answer` is filled */
    FC_APART_LATE,  /* no answer within the limit; the child was killed */
    FC_APART_ENDED, /* the child crashed or ended before it answered */
    FC_APART_NEVER  /* it could not be started */
};

/* Runs `work` in a child and copies the `bytes` of `answer` that it fills there, which begin as they are here. On every
 * other end `why` says what happened, `when` among it ("it was asked for devices"). While it lasts, a terminal is shown
 * `shown` and the seconds, where fc_progress_waits was switched on (host/base/progress.h). */
enum fc_apart_end fc_apart(void (*work)(void *context, void *answer), void *context, void *answer,
                           size_t bytes, double limit_s, const char *when, const char *shown, char *why,
                           size_t why_size);

/* A limit in seconds that the environment variable `name` replaces in tests. */
double fc_apart_limit_s(const char *name, double otherwise_s);

#endif
