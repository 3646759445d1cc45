/* process.c: see process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "output.h"

enum { STACK_BYTES = 8 << 20 };

static bool at_work; /* an exit now is nobody's intention */
static bool left;    /* a thread that may never come back */

static void guard_exit(void)
{
    if (!at_work)
        return;
    fc_output_abandon_all();
    _exit(FC_FAULT);
}

/* Standard output is opened for reading only: what is written there fails. */
static void open_descriptors(void)
{
    static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", modes[i]); /* the lowest free number, which is i */
}

struct call {
    int (*command)(int argc, char **argv);
    int argc;
    char **argv;
    int status;
};

static void *run_call(void *argument)
{
    struct call *call = argument;
    call->status = call->command(call->argc, call->argv);
    return NULL;
}

int fc_process_run(int (*command)(int argc, char **argv), int argc, char **argv)
{
    struct call call = {command, argc, argv, FC_FAULT};
    pthread_attr_t attributes;
    pthread_t thread;
    open_descriptors();
    if (pthread_attr_init(&attributes) == 0) {
        /* for OpenMP's threads and those of drivers too, which take their size from `ulimit -s` */
        if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
            (void)pthread_setattr_default_np(&attributes);
        (void)pthread_attr_destroy(&attributes);
    }
    (void)atexit(guard_exit);
    at_work = true;
    int why = pthread_create(&thread, NULL, run_call, &call);
    if (why == 0)
        (void)pthread_join(thread, NULL);
    else
        fprintf(stderr,
                "flopcast: no thread can be started (%s); raise the limits on processes and memory (ulimit "
                "-u, -v)\n",
                strerror(why));
    at_work = false;
    if (left)
        fc_process_end_now(call.status);
    return call.status;
}

void fc_process_leave(void)
{
    left = true;
}

void fc_process_end_now(int status)
{
    at_work = false;
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (lost && status == FC_DONE) {
        fputs("flopcast: standard output could not be written in full\n", stderr);
        status = FC_FAULT;
    }
    (void)fflush(stderr);
    _exit(status);
}
