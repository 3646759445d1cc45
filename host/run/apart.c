/* apart.c: see apart.h. */
#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/base/clock.h"
#include "host/base/progress.h"

enum { PATIENCE = 100 /* hundredths of a second that a killed child has to go */ };

double fc_apart_limit_s(const char *name, double otherwise_s)
{
    const char *text = getenv(name);
    double seconds = text ? atof(text) : 0;
    return seconds > 0 ? seconds : otherwise_s;
}

static bool send_all(int to, const void *data, size_t bytes)
{
    const char *at = data;
    while (bytes > 0) {
        ssize_t sent = write(to, at, bytes);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        bytes -= (size_t)sent;
    }
    return true;
}

/* The child's whole life. */
_Noreturn static void live(void (*work)(void *context, void *answer), void *context, void *answer,
                           size_t bytes, int to)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGPIPE, SIG_DFL);
    work(context, answer);
    _exit(send_all(to, answer, bytes) ? 0 : 1);
}

/* Reads `bytes` before the clock shows `until_s`. */
static bool receive(int from, void *data, size_t bytes, double until_s, const char *shown)
{
    char *at = data;
    double start_s = fc_clock_s();
    while (bytes > 0) {
        double left_s = until_s - fc_clock_s();
        struct pollfd ready = {.fd = from, .events = POLLIN};
        int news = left_s > 0 ? poll(&ready, 1, left_s < 0.2 ? (int)(left_s * 1000) + 1 : 200) : 0;
        fc_progress_wait(shown, fc_clock_s() - start_s);
        if (left_s > 0 && (news == 0 || (news < 0 && errno == EINTR)))
            continue;
        ssize_t got = news > 0 ? read(from, at, bytes) : 0;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

/* Waits for the child's end. One that a driver holds in the kernel does not even die when it is killed: it is left. */
static int bury(pid_t child, bool killed)
{
    int status = 0;
    for (int i = 0; i < PATIENCE || !killed; i++) {
        pid_t gone = waitpid(child, &status, killed ? WNOHANG : 0);
        if (gone == child || (gone < 0 && errno != EINTR))
            return status;
        if (gone == 0)
            (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return 0;
}

enum fc_apart_end fc_apart(void (*work)(void *context, void *answer), void *context, void *answer,
                           size_t bytes, double limit_s, const char *when, const char *shown, char *why,
                           size_t why_size)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) {
        snprintf(why, why_size, "its driver cannot be asked: %s", strerror(errno));
        return FC_APART_NEVER;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        live(work, context, answer, bytes, ends[1]);
    int failed = errno;
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        snprintf(why, why_size, "its driver cannot be asked in a process of its own: %s", strerror(failed));
        return FC_APART_NEVER;
    }
    double until_s = fc_clock_s() + limit_s;
    bool whole = receive(ends[0], answer, bytes, until_s, shown);
    bool late = !whole && fc_clock_s() >= until_s;
    fc_progress_waited();
    (void)close(ends[0]);
    if (!whole)
        (void)kill(child, SIGKILL);
    int status = bury(child, !whole);
    if (whole)
        return FC_APART_DONE;
    if (late)
        snprintf(why, why_size, "its driver gave no answer within %.3g s", limit_s);
    else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        snprintf(why, why_size, "its driver crashed when %s: signal %d, %s", when, WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(why, why_size, "its driver ended the process in which %s", when);
    return late ? FC_APART_LATE : FC_APART_ENDED;
}
