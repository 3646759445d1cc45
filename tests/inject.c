/* inject.c: a library that makes the nth call of a kind fail, for tests of what the program does then (as SQLite does it).
 *
 *     LD_PRELOAD=build/tests/inject.so INJECT=KIND:N INJECT_LOG=FILE flopcast ...
 *
 * KIND: memory (malloc, calloc, realloc, aligned_alloc, strdup, vasprintf, open_memstream, of the program itself and not
 * of the libraries it uses), open, write, fsync, rename, thread, fork, driver (every function of OpenCL). N: the number of the call that fails, and with it all later ones where N has a '+'
 * behind it; 0: none fails. At the end FILE receives the number of calls of the kind and, where none failed, of call stacks; in the
 * lines below it the first and the last call of every call stack (eight frames), in rising order.
 *
 * N may be 'each' (of memory alone): at every call a child is forked in which that call fails (each+: all later ones too), and the
 * parent goes on as if nothing had been; a call then costs what comes behind it and not what comes before. Below the number of
 * calls FILE then receives those that are still to be tried one by one: made beside other threads, or whose child did other than
 * end with 2, 3 or 4 and a word on stderr, with the files of INJECT_FOLDER as the program found them. INJECT_SLICE=K/N: every Nth
 * of the calls, the Kth first. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define DLSYM_VERSION "GLIBC_2.2.5"
#else
#define DLSYM_VERSION "GLIBC_2.17"
#endif

static atomic_ulong calls;
static unsigned long failing;
static bool onward;
static char kind[16];
static pid_t home;
static unsigned long low, high; /* where the program's own code lies */
static bool each;               /* the parent of children in which calls fail */
static unsigned long slice = 0, slices = 1;
enum { AGAIN = 1 << 16 };
static unsigned long again[AGAIN]; /* calls that are still to be tried one by one */
static size_t again_count;
static void begin_each(void);

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
    each = strncmp(colon + 1, "each", 4) == 0;
    if (each)
        begin_each();
}

/* The first and the last call from each call stack, where none is to fail. */
enum { STACKS = 1 << 14, FRAMES = 8, OWN_FRAMES = 3 };
static struct stack {
    unsigned long hash, first, last;
} stacks[STACKS];
static atomic_flag busy = ATOMIC_FLAG_INIT;

static void note_stack(unsigned long number)
{
    static _Thread_local bool inside; /* backtrace allocates when it is first called */
    void *frames[FRAMES + OWN_FRAMES];
    unsigned long hash = 14695981039346656037u;
    if (inside)
        return;
    inside = true;
    int depth = backtrace(frames, FRAMES + OWN_FRAMES);
    inside = false;
    for (int i = 0; i < depth; i++)
        hash = (hash ^ (unsigned long)frames[i]) * 1099511628211u;
    while (atomic_flag_test_and_set(&busy))
        ;
    for (unsigned long tries = 0, at = hash % STACKS; tries < STACKS; tries++, at = (at + 1) % STACKS) {
        if (stacks[at].first && stacks[at].hash != hash)
            continue;
        stacks[at].hash = hash;
        stacks[at].first = stacks[at].first ? stacks[at].first : number;
        stacks[at].last = number;
        break;
    }
    atomic_flag_clear(&busy);
}

static int ascending(const void *a, const void *b)
{
    const unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;
    return x < y ? -1 : x > y;
}

static void write_stacks(int file)
{
    static unsigned long numbers[2 * STACKS];
    size_t count = 0;
    for (size_t i = 0; i < STACKS; i++)
        if (stacks[i].first) {
            numbers[count++] = stacks[i].first;
            if (stacks[i].last != stacks[i].first)
                numbers[count++] = stacks[i].last;
        }
    qsort(numbers, count, sizeof *numbers, ascending);
    for (size_t i = 0; i < count; i++)
        dprintf(file, "%lu\n", numbers[i]);
}

static int count_stacks(void)
{
    int count = 0;
    for (size_t i = 0; i < STACKS; i++)
        count += stacks[i].first != 0;
    return count;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("INJECT_LOG");
    int file = path && home == getpid() ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    char text[48];
    if (file < 0)
        return;
    int length = snprintf(text, sizeof text, "%lu %d\n", atomic_load(&calls), count_stacks());
    kind[0] = '\0';
    if (write(file, text, (size_t)length) < 0)
        _exit(9);
    if (each)
        for (size_t i = 0; i < again_count && i < AGAIN; i++)
            dprintf(file, "%lu\n", again[i]);
    else
        write_stacks(file);
    close(file);
}

/* --- each call in a child of its own ------------------------------------------------------------------------------- */

enum { FILES = 16, DESCRIPTORS = 64, SECONDS = 60 };
static struct file {
    char name[256];
    ino_t inode;
    off_t size;
    struct timespec changed;
} found[FILES]; /* in the folder, when the program began */
static int found_count;
static int folder = -1, kept = -1; /* INJECT_FOLDER, and the folder beside it where its files have a second name meanwhile */
static char words[512];            /* the file that receives what a child says */
static atomic_int others;          /* threads beside the first */

/* Calls `what` for every file of a folder, up to FILES of them. */
static int for_files(int of, void (*what)(const char *name))
{
    char names[FILES][256];
    int count = 0;
    DIR *list = fdopendir(dup(of));
    if (!list)
        _exit(9);
    rewinddir(list);
    for (struct dirent *entry; count < FILES && (entry = readdir(list));)
        if (entry->d_type == DT_REG)
            snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
    closedir(list);
    for (int i = 0; i < count; i++)
        what(names[i]);
    return count;
}

static struct file seen(const char *name)
{
    struct stat info;
    struct file file = {0};
    snprintf(file.name, sizeof file.name, "%s", name);
    if (fstatat(folder, name, &info, 0) == 0)
        file.inode = info.st_ino, file.size = info.st_size, file.changed = info.st_mtim;
    return file;
}

static void remember(const char *name)
{
    found[found_count++] = seen(name);
}

static bool as_found(const struct file *file)
{
    const struct file now = seen(file->name);
    return now.inode == file->inode && now.size == file->size &&
           memcmp(&now.changed, &file->changed, sizeof now.changed) == 0;
}

static void nothing(const char *name)
{
    (void)name;
}

static bool all_as_found(void)
{
    int same = 0;
    for (int i = 0; i < found_count; i++)
        same += as_found(&found[i]);
    return same == found_count && for_files(folder, nothing) == found_count;
}

static void keep(const char *name)
{
    (void)linkat(folder, name, kept, name, 0);
}

static void remove_new(const char *name)
{
    struct stat info;
    if (fstatat(kept, name, &info, 0))
        (void)unlinkat(folder, name, 0);
}

static void put_back(const char *name)
{
    struct stat before, now;
    bool there = fstatat(folder, name, &now, 0) == 0;
    if (fstatat(kept, name, &before, 0) == 0 && there && before.st_ino == now.st_ino)
        (void)unlinkat(kept, name, 0);
    else
        (void)renameat(kept, name, folder, name);
}

static void begin_each(void)
{
    const char *path = getenv("INJECT_FOLDER"), *log = getenv("INJECT_LOG"), *of = getenv("INJECT_SLICE");
    char beside[512];
    snprintf(beside, sizeof beside, "%s.kept", path ? path : "");
    snprintf(words, sizeof words, "%s.words", log ? log : "");
    (void)mkdir(beside, 0700);
    folder = path ? openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    kept = openat(AT_FDCWD, beside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || kept < 0 || !log)
        _exit(9);
    if (of && sscanf(of, "%lu/%lu", &slice, &slices) != 2)
        _exit(9);
    for_files(folder, remember);
}

/* Parent and child share the places in files that are open. */
struct place {
    off_t at, size; /* at -1: not a file */
};

static void note_places(struct place places[DESCRIPTORS])
{
    struct stat info;
    for (int i = 3; i < DESCRIPTORS; i++) {
        places[i].at = fstat(i, &info) == 0 && S_ISREG(info.st_mode) ? lseek(i, 0, SEEK_CUR) : -1;
        places[i].size = info.st_size;
    }
}

static void restore_places(const struct place places[DESCRIPTORS])
{
    for (int i = 3; i < DESCRIPTORS; i++) {
        if (places[i].at < 0)
            continue;
        int mode = fcntl(i, F_GETFL) & O_ACCMODE;
        if (mode != O_RDONLY && ftruncate(i, places[i].size))
            _exit(9);
        (void)lseek(i, places[i].at, SEEK_SET);
    }
}

static pid_t fork_now(void);

/* Forks a child in which this call fails: true in the child. Otherwise false, when the child has ended. */
static bool fails_in_child(unsigned long number)
{
    struct place places[DESCRIPTORS];
    struct stat said = {0};
    int status;
    if (number % slices != slice % slices)
        return false;
    if (atomic_load(&others) > 0) {
        again[again_count++ % AGAIN] = number;
        return false;
    }
    for_files(folder, keep);
    note_places(places);
    pid_t child = fork_now();
    if (child == 0) {
        int none = openat(AT_FDCWD, "/dev/null", O_WRONLY);
        int text = openat(AT_FDCWD, words, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        each = false;
        failing = number;
        (void)dup2(none, 1);
        (void)dup2(text, 2);
        close(none);
        close(text);
        alarm(SECONDS);
        return true;
    }
    bool plain = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
                 WEXITSTATUS(status) >= 2 && WEXITSTATUS(status) <= 4 && stat(words, &said) == 0 && said.st_size > 0 &&
                 all_as_found();
    restore_places(places);
    for_files(folder, remove_new);
    for_files(kept, put_back);
    if (!plain)
        again[again_count++ % AGAIN] = number;
    return false;
}

static bool fails(const char *what)
{
    /* of a driver's calls those of the run itself: a self-test in a child fails before, and would hide them */
    if (!home || strcmp(kind, what) != 0 || (strcmp(what, "driver") == 0 && getpid() != home))
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (!failing)
        note_stack(number);
    if (each) /* but not in the program's own children, which ask drivers */
        return getpid() == home && fails_in_child(number);
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

/* dlsym itself is below: this one is glibc's */
static void *next(const char *name)
{
    static void *(*find)(void *, const char *);
    if (!find)
        find = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", DLSYM_VERSION);
    return find(RTLD_NEXT, name);
}
#define NEXT(name) ((__typeof__(&name))next(#name))

char *strdup(const char *text)
{
    return own_fails(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : NEXT(strdup)(text);
}
int vasprintf(char **text, const char *format, va_list arguments)
{
    return own_fails(__builtin_return_address(0)) ? -1 : NEXT(vasprintf)(text, format, arguments);
}
FILE *open_memstream(char **text, size_t *size)
{
    return own_fails(__builtin_return_address(0)) ? (errno = ENOMEM, NULL) : NEXT(open_memstream)(text, size);
}

static int open_next(const char *name, const char *path, int flags, mode_t mode)
{
    if (fails("open"))
        return errno = EMFILE, -1;
    return ((int (*)(const char *, int, ...))next(name))(path, flags, mode);
}
#define MODE_OF(flags)                                                                                       \
    mode_t mode = 0;                                                                                         \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                   \
        va_list more;                                                                                        \
        va_start(more, flags);                                                                               \
        mode = va_arg(more, mode_t);                                                                         \
        va_end(more);                                                                                        \
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
struct start {
    void *(*routine)(void *);
    void *argument;
};

static void *counted(void *argument)
{
    const struct start start = *(struct start *)argument;
    free(argument);
    void *result = start.routine(start.argument);
    atomic_fetch_sub(&others, 1);
    return result;
}

/* The program does all its work in a thread, the first it starts; a forked child would not have the one that waits for it. So it
 * is done on the spot where each call has a child. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
                   void *argument)
{
    static bool begun;
    bool first = !begun;
    begun = true;
    if (fails("thread"))
        return EAGAIN;
    if (!each)
        return NEXT(pthread_create)(thread, attributes, routine, argument);
    if (first) {
        *thread = pthread_self();
        (void)routine(argument);
        return 0;
    }
    struct start *start = malloc(sizeof *start);
    if (!start)
        return EAGAIN;
    *start = (struct start){routine, argument};
    atomic_fetch_add(&others, 1);
    return NEXT(pthread_create)(thread, attributes, counted, start);
}
int pthread_join(pthread_t thread, void **result)
{
    return pthread_equal(thread, pthread_self()) ? 0 : NEXT(pthread_join)(thread, result);
}
static pid_t fork_now(void)
{
    return NEXT(fork)();
}
pid_t fork(void)
{
    return fails("fork") ? (errno = EAGAIN, -1) : NEXT(fork)();
}

/* OpenCL's functions, which the program looks up by dlsym. All their arguments are whole numbers or pointers, ten at most;
 * what makes an object returns NULL on failure and writes the code through its last argument. */
#define LIST_OF_CODES(X)                                                                                     \
    X(clGetPlatformIDs)                                                                                      \
    X(clGetPlatformInfo)                                                                                     \
    X(clGetDeviceIDs) X(clGetDeviceInfo) X(clBuildProgram) X(clGetProgramInfo) X(clGetProgramBuildInfo)      \
        X(clSetKernelArg) X(clGetKernelWorkGroupInfo) X(clEnqueueNDRangeKernel) X(clEnqueueReadBuffer)       \
            X(clEnqueueWriteBuffer) X(clEnqueueFillBuffer) X(clEnqueueUnmapMemObject) X(clFinish)            \
                X(clReleaseContext) X(clReleaseCommandQueue) X(clReleaseProgram) X(clReleaseKernel)          \
                    X(clReleaseMemObject)
#define LIST_OF_MAKERS(X)                                                                                    \
    X(clCreateContext, 5)                                                                                    \
    X(clCreateCommandQueue, 3)                                                                               \
    X(clCreateProgramWithSource, 4) X(clCreateProgramWithBinary, 6) X(clCreateKernel, 2)                     \
        X(clCreateBuffer, 4) X(clEnqueueMapBuffer, 9)

typedef long driver_call(long, long, long, long, long, long, long, long, long, long);
#define PARAMETERS long a, long b, long c, long d, long e, long f, long g, long h, long i, long j
#define ARGUMENTS a, b, c, d, e, f, g, h, i, j
enum { OUT_OF_RESOURCES = -5 };

#define CODE(name)                                                                                           \
    static driver_call *real_##name;                                                                         \
    static long failing_##name(PARAMETERS)                                                                   \
    {                                                                                                        \
        return fails("driver") ? OUT_OF_RESOURCES : real_##name(ARGUMENTS);                                  \
    }
#define MAKER(name, last)                                                                                    \
    static driver_call *real_##name;                                                                         \
    static long failing_##name(PARAMETERS)                                                                   \
    {                                                                                                        \
        const long all[] = {ARGUMENTS};                                                                      \
        if (!fails("driver"))                                                                                \
            return real_##name(ARGUMENTS);                                                                   \
        if (all[last])                                                                                       \
            *(int *)all[last] = OUT_OF_RESOURCES;                                                            \
        return 0;                                                                                            \
    }
LIST_OF_CODES(CODE)
LIST_OF_MAKERS(MAKER)

#define ROW(name, ...) {#name, &real_##name, failing_##name},
static const struct {
    const char *name;
    driver_call **real, *failing;
} functions[] = {LIST_OF_CODES(ROW) LIST_OF_MAKERS(ROW)};

void *dlsym(void *library, const char *name)
{
    static void *(*find)(void *, const char *);
    if (!find)
        find = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", DLSYM_VERSION);
    void *found = find(library, name);
    const unsigned long at = (unsigned long)__builtin_return_address(0);
    for (size_t i = 0; found && at >= low && at < high && i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0) {
            *functions[i].real = (driver_call *)found;
            return (void *)functions[i].failing;
        }
    return found;
}
