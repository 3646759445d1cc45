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

enum { STACK_BYTES = 8 << 20 };

static bool at_work; /* an exit now is nobody's intention */

static void guard_exit(void)
{
    if (at_work)
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
    return call.status;
}

struct roll {
    pthread_mutex_t lock;
    pthread_cond_t go;
    bool over;
};

static void *wait_for_all(void *argument)
{
    struct roll *roll = argument;
    pthread_mutex_lock(&roll->lock);
    while (!roll->over)
        pthread_cond_wait(&roll->go, &roll->lock);
    pthread_mutex_unlock(&roll->lock);
    return NULL;
}

int fc_process_threads(int wanted)
{
    struct roll roll = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    pthread_t *threads = wanted > 0 ? calloc((size_t)wanted, sizeof *threads) : NULL;
    int count = 0;
    while (threads && count < wanted && pthread_create(&threads[count], NULL, wait_for_all, &roll) == 0)
        count++;
    pthread_mutex_lock(&roll.lock);
    roll.over = true;
    pthread_cond_broadcast(&roll.go);
    pthread_mutex_unlock(&roll.lock);
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    free(threads);
    return count;
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
