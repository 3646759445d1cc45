/* inject.c: a library that makes the nth call of a kind fail, for tests of what the program does then (as SQLite does it).
 *
 *     LD_PRELOAD=build/tests/inject.so INJECT=KIND:N INJECT_LOG=FILE flopcast ...
 *
 * KIND: memory (malloc, calloc, realloc, aligned_alloc, of the program itself and not of the libraries it uses), open,
 * write, fsync, rename, thread, fork. N: the number of the call that fails, and with it all later ones where N has a '+'
 * behind it; 0: none fails. At the end FILE receives the number of calls of the kind. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_ulong calls;
static unsigned long failing;
static bool onward;
static char kind[16];
static pid_t home;
static unsigned long low, high; /* where the program's own code lies */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("INJECT"), *colon = text ? strchr(text, ':') : NULL;
    char line[512], flags[8], program[256] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (length > 0 && maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx %7s", &from, &to, flags) == 3 && strstr(line, program)) {
            low = low ? low : from;
            high = to;
        }
    }
    if (maps)
        fclose(maps);
    if (!colon || !strstr(program, "flopcast")) /* env, timeout and the like are left alone */
        return;
    home = getpid();
    failing = strtoul(colon + 1, NULL, 10);
    onward = strchr(colon, '+') != NULL;
    snprintf(kind, sizeof kind, "%.*s", (int)(colon - text), text);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("INJECT_LOG");
    int file = path && home == getpid() ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    char text[32];
    if (file < 0)
        return;
    int length = snprintf(text, sizeof text, "%lu\n", atomic_load(&calls));
    kind[0] = '\0';
    if (write(file, text, (size_t)length) < 0)
        _exit(9);
    close(file);
}

static bool fails(const char *what)
{
    if (!home || strcmp(kind, what) != 0)
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    return failing && (onward ? number >= failing : number == failing);
}

/* The same for a call from the program's own code. */
static bool own_fails(const void *caller)
{
    unsigned long at = (unsigned long)caller;
    return home && at >= low && at < high && fails("memory");
}

void *malloc(size_t size)
{
    return own_fails(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : __libc_malloc(size);
}
void *calloc(size_t count, size_t size)
{
    return own_fails(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size)
{
    return own_fails(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size)
{
    return own_fails(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : __libc_memalign(alignment, size);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int open_next(const char *name, const char *path, int flags, mode_t mode)
{
    if (fails("open"))
        return errno = EMFILE, -1;
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name))(path, flags, mode);
}
#define MODE_OF(flags)                                  \
    mode_t mode = 0;                                    \
    if ((flags) & (O_CREAT | O_TMPFILE)) {              \
        va_list more;                                   \
        va_start(more, flags);                          \
        mode = va_arg(more, mode_t);                    \
        va_end(more);                                   \
    }
int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_next("open", path, flags, mode);
}
int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_next("open64", path, flags, mode);
}
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open_next("open", path, flags, 0);
}
FILE *fopen(const char *path, const char *mode)
{
    return fails("open") ? (errno = EMFILE, NULL) : NEXT(fopen)(path, mode);
}
int mkostemp(char *name, int flags)
{
    return fails("open") ? (errno = ENOSPC, -1) : NEXT(mkostemp)(name, flags);
}
FILE *fdopen(int file, const char *mode)
{
    return fails("open") ? (errno = ENOMEM, NULL) : NEXT(fdopen)(file, mode);
}
/* what stdio writes does not come by here: fflush and fclose stand for it */
int fflush(FILE *file)
{
    if (file && fails("write"))
        return errno = ENOSPC, EOF;
    return NEXT(fflush)(file);
}
int fsync(int file)
{
    return fails("fsync") ? (errno = EIO, -1) : NEXT(fsync)(file);
}
int rename(const char *from, const char *to)
{
    return fails("rename") ? (errno = EACCES, -1) : NEXT(rename)(from, to);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return fails("thread") ? EAGAIN : NEXT(pthread_create)(thread, attributes, start, argument);
}
pid_t fork(void)
{
    return fails("fork") ? (errno = EAGAIN, -1) : NEXT(fork)();
}
