/* output.c: see output.h. */
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_file.h"

enum { LINKS_MAX = 40, PIPE_WAIT_MS = 2000, PIPE_STEP_MS = 20 };

struct fc_output {
    char given[PATH_MAX];     /* as the user named it, for messages */
    char option[24];          /* "-o" */
    char target[PATH_MAX];    /* behind all symbolic links */
    char temporary[PATH_MAX]; /* the version under way; empty when there is none */
    char lock_path[PATH_MAX];
    const char *name;                  /* the part of `target` behind its folder */
    char folder[PATH_MAX];             /* of the target */
    struct stat folder_status, status; /* of the folder, and of the target if `exists` */
    bool exists;
    mode_t new_mode; /* of a file that was not there */
    int special;     /* the descriptor of what is written in place, or -1 */
    int lock;        /* or -1 */
    FILE *stream;    /* of the version under way, or NULL */
    struct fc_output *next;
};

static struct fc_output *opened; /* outputs of this process */

/* --- what the name stands for --- */

static int cannot(const struct fc_output *o, int why, struct fc_error *error)
{
    return fc_fail(error, FC_BAD_INPUT, "%s: cannot be written (%s); name another file", o->given,
                   strerror(why));
}

/* The descriptor that /dev/fd/N or /proc/self/fd/N stands for, or -1. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t length = strlen(folders[i]);
        char *end;
        if (strncmp(path, folders[i], length) != 0 || path[length] < '0' || path[length] > '9')
            continue;
        long number = strtol(path + length, &end, 10);
        if (*end == '\0' && number < INT_MAX)
            return (int)number;
    }
    return -1;
}

static int copy_path(char *to, const char *folder, size_t folder_length, const char *name)
{
    int length = snprintf(to, PATH_MAX, "%.*s%s", (int)folder_length, folder, name);
    return length < 0 || length >= PATH_MAX ? -1 : 0;
}

/* Follows symbolic links, also one whose target is not there yet. Returns an errno, 0 when all is well; a
 * descriptor ends the walk and is put into *descriptor. */
static int follow(char *path, int *descriptor)
{
    char link[PATH_MAX], whole[PATH_MAX];
    *descriptor = -1;
    for (int i = 0; i < LINKS_MAX; i++) {
        if ((*descriptor = descriptor_of(path)) >= 0)
            return 0;
        ssize_t length = readlink(path, link, sizeof link - 1);
        if (length < 0)
            return 0; /* no link, or not there */
        link[length] = '\0';
        const char *slash = strrchr(path, '/');
        size_t folder = link[0] != '/' && slash ? (size_t)(slash - path) + 1 : 0;
        if (copy_path(whole, path, folder, link))
            return ENAMETOOLONG;
        memcpy(path, whole, strlen(whole) + 1);
    }
    return ELOOP;
}

/* --- clashes --- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int refuse_clash(const struct fc_output *o, struct fc_error *error)
{
    if (o->exists && fc_read_file_is_input(o->status.st_dev, o->status.st_ino))
        return fc_fail(error, FC_BAD_INPUT, "%s %s: is an input of this command; name another file",
                       o->option, o->given);
    for (const struct fc_output *other = opened; other; other = other->next) {
        bool same_place = same_file(&o->folder_status, &other->folder_status) && o->name && other->name &&
                          strcmp(o->name, other->name) == 0;
        if (same_place || (o->exists && other->exists && same_file(&o->status, &other->status)))
            return fc_fail(error, FC_BAD_INPUT,
                           "%s %s: is the file of %s too; give each output a file of its own", o->option,
                           o->given, other->option);
    }
    for (int standard = 1; standard <= 2 && o->exists; standard++) {
        struct stat status;
        if (fstat(standard, &status) == 0 && same_file(&status, &o->status))
            return fc_fail(error, FC_BAD_INPUT,
                           "%s %s: standard %s goes there too; give each output a file of its own", o->option,
                           o->given, standard == 1 ? "output" : "error");
    }
    return 0;
}

/* --- opening --- */

/* Opens what is no plain file. A pipe is waited for until somebody reads it, two seconds at most. */
static int open_special(struct fc_output *o, int descriptor, struct fc_error *error)
{
    if (descriptor >= 0)
        o->special = fcntl(descriptor, F_DUPFD_CLOEXEC, 3); /* shares its place in the file */
    for (int waited = 0; descriptor < 0; waited += PIPE_STEP_MS) {
        o->special = open(o->target, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (o->special >= 0 || errno != ENXIO || waited >= PIPE_WAIT_MS)
            break;
        poll(NULL, 0, PIPE_STEP_MS);
    }
    if (o->special < 0 && errno == ENXIO)
        return fc_fail(error, FC_BAD_INPUT, "%s: is a pipe without a reader; name a file", o->given);
    if (o->special < 0)
        return cannot(o, errno, error);
    if (descriptor < 0)
        (void)fcntl(o->special, F_SETFL, fcntl(o->special, F_GETFL) & ~O_NONBLOCK);
    return 0;
}

/* Takes the lock. A file that was removed between open and lock is not the one others lock: once more. */
static int take_lock(struct fc_output *o, struct fc_error *error)
{
    for (int i = 0; i < 100; i++) {
        struct stat held, there;
        o->lock = open(o->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (o->lock < 0)
            return cannot(o, errno, error);
        if (flock(o->lock, LOCK_EX | LOCK_NB)) {
            int why = errno;
            (void)close(o->lock);
            o->lock = -1;
            if (why == EWOULDBLOCK)
                return fc_fail(
                    error, FC_BAD_INPUT,
                    "%s %s: another flopcast is writing it; wait until it ends or name another file",
                    o->option, o->given);
            (void)unlink(o->lock_path); /* a file system without locks: the rename still keeps files whole */
            return 0;
        }
        if (fstat(o->lock, &held) == 0 && stat(o->lock_path, &there) == 0 && same_file(&held, &there))
            return 0;
        (void)close(o->lock);
        o->lock = -1;
    }
    return fc_fail(error, FC_BAD_INPUT, "%s: cannot be locked; name another file", o->given);
}

static void give_lock_back(struct fc_output *o)
{
    if (o->lock < 0)
        return;
    (void)unlink(o->lock_path);
    (void)close(o->lock);
    o->lock = -1;
}

static const char temporary_mark[] = "flopcast-"; /* behind it: six letters of mkstemp's */

/* Removes what a flopcast that was killed has left of this target. Only the holder of the lock may: nobody else writes it. */
static void remove_left_over(const struct fc_output *o)
{
    char begin[256];
    int length = snprintf(begin, sizeof begin, ".%.200s.%s", o->name, temporary_mark);
    DIR *folder = o->lock >= 0 && length > 0 ? opendir(o->folder) : NULL;
    if (!folder)
        return;
    for (const struct dirent *item = readdir(folder); item; item = readdir(folder)) {
        const char *rest = item->d_name + length;
        if (strncmp(item->d_name, begin, (size_t)length) == 0 && strlen(rest) == 6 && !strchr(rest, '-'))
            (void)unlinkat(dirfd(folder), item->d_name, 0);
    }
    (void)closedir(folder);
}

/* Makes the temporary file of a version. Returns its descriptor, or -1 with errno. */
static int make_temporary(struct fc_output *o)
{
    size_t folder = (size_t)(o->name - o->target);
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, ".%.200s.%sXXXXXX", o->name, temporary_mark) < 0 ||
        copy_path(o->temporary, o->target, folder, name)) {
        errno = ENAMETOOLONG;
        o->temporary[0] = '\0';
        return -1;
    }
    int file = mkostemp(o->temporary, O_CLOEXEC);
    if (file < 0)
        o->temporary[0] = '\0';
    return file;
}

static int open_plain(struct fc_output *o, struct fc_error *error)
{
    char *slash = strrchr(o->target, '/');
    o->name = slash ? slash + 1 : o->target;
    size_t folder = (size_t)(o->name - o->target);
    char lock[PATH_MAX];
    if (!o->name[0])
        return cannot(o, EISDIR, error);
    if (snprintf(lock, sizeof lock, ".%.200s.flopcast-lock", o->name) < 0 ||
        copy_path(o->folder, folder ? o->target : "./", folder ? folder : 2, "") ||
        copy_path(o->lock_path, o->target, folder, lock))
        return cannot(o, ENAMETOOLONG, error);
    if (stat(o->folder, &o->folder_status))
        return cannot(o, errno, error);
    if (o->exists && access(o->target, W_OK)) /* rename would get past a read-only file */
        return cannot(o, errno, error);
    if (refuse_clash(o, error) || take_lock(o, error))
        return -1;
    remove_left_over(o);
    int file = make_temporary(o); /* tried now: the name may be too long, the disk full of inodes */
    if (file < 0)
        return cannot(o, errno, error);
    (void)close(file);
    (void)unlink(o->temporary);
    o->temporary[0] = '\0';
    return 0;
}

int fc_output_open(struct fc_output **output, const char *option, const char *path, struct fc_error *error)
{
    *output = NULL;
    if (!path[0])
        return fc_fail(error, FC_BAD_INPUT, "%s: the name of the file is empty; name one", option);
    struct fc_output *o = calloc(1, sizeof *o);
    if (!o)
        return fc_fail(error, FC_FAULT, "%s %.80s: not enough memory to write it", option, path);
    o->special = o->lock = -1;
    snprintf(o->option, sizeof o->option, "%s", option);
    int descriptor = -1, status = -1, why;
    if (strlen(path) >= sizeof o->given) {
        fc_fail(error, FC_BAD_INPUT, "%s %.80s...: the name is too long; name another file", option, path);
        goto out;
    }
    memcpy(o->given, path, strlen(path) + 1);
    memcpy(o->target, path, strlen(path) + 1);
    why = follow(o->target, &descriptor);
    if (why) {
        cannot(o, why, error);
        goto out;
    }
    mode_t mask = umask(0); /* the only way to read it; no other thread makes files now */
    (void)umask(mask);
    o->new_mode = 0666 & ~mask;
    o->exists = descriptor < 0 && stat(o->target, &o->status) == 0;
    if (!o->exists && descriptor < 0 && errno != ENOENT) {
        cannot(o, errno, error);
        goto out;
    }
    if (o->exists && S_ISDIR(o->status.st_mode)) {
        fc_fail(error, FC_BAD_INPUT, "%s: is a directory; name a file in it", o->given);
        goto out;
    }
    if (descriptor >= 0 || (o->exists && !S_ISREG(o->status.st_mode)))
        status = open_special(o, descriptor, error);
    else
        status = open_plain(o, error);
out:
    if (status) {
        give_lock_back(o);
        free(o);
        return -1;
    }
    o->next = opened;
    opened = o;
    *output = o;
    return 0;
}

int fc_output_open_new(struct fc_output **output, const char *option, const char *path,
                       struct fc_error *error)
{
    if (fc_output_open(output, option, path, error))
        return -1;
    if (!(*output)->exists || fc_output_is_special(*output))
        return 0;
    fc_output_close(*output);
    *output = NULL;
    return fc_fail(error, FC_BAD_INPUT, "%s: cannot be written (it exists; take another name)", path);
}

int fc_output_refuse_ending(const char *option, const char *path, const char *dot, const char *list,
                            struct fc_error *error)
{
    if (!dot)
        return fc_fail(error, FC_BAD_INPUT, "%s %s: the ending says what is written; give it one of %s", option, path,
                       list);
    return fc_fail(error, FC_BAD_INPUT, "%s %s: the ending says what is written, and %s is none of %s", option, path,
                   dot, list);
}

bool fc_output_is_special(const struct fc_output *output)
{
    return output->special >= 0;
}

/* --- versions --- */

static void drop(struct fc_output *o)
{
    if (o->stream)
        (void)fclose(o->stream);
    o->stream = NULL;
    if (o->temporary[0])
        (void)unlink(o->temporary);
    o->temporary[0] = '\0';
}

FILE *fc_output_begin(struct fc_output *o, struct fc_error *error)
{
    drop(o);
    int file = o->special >= 0 ? fcntl(o->special, F_DUPFD_CLOEXEC, 3) : make_temporary(o);
    if (file >= 0)
        o->stream = fdopen(file, "w");
    if (!o->stream) {
        fc_fail(error, FC_FAULT, "%s: cannot be written (%s); check the space left", o->given,
                strerror(errno));
        if (file >= 0)
            (void)close(file);
        drop(o);
    }
    return o->stream;
}

/* The mode and, where this user may, the owner of the file that is replaced. */
static int set_mode(const struct fc_output *o, int file)
{
    struct stat now;
    if (!o->exists && stat(o->target, &now))
        return fchmod(file, o->new_mode);
    if (o->exists && stat(o->target, &now)) /* it has gone meanwhile */
        now = o->status;
    if (fchown(file, now.st_uid, now.st_gid) && errno != EPERM && errno != EINVAL)
        return -1;
    return fchmod(file, now.st_mode & 07777);
}

int fc_output_commit(struct fc_output *o, struct fc_error *error)
{
    if (!o->stream)
        return fc_fail(error, FC_FAULT, "%s: nothing was started", o->given);
    errno = 0;
    bool bad = fflush(o->stream) != 0 || ferror(o->stream);
    if (!bad && o->special < 0)
        bad = set_mode(o, fileno(o->stream)) != 0 || fsync(fileno(o->stream)) != 0;
    int why = errno;
    errno = 0;
    if (fclose(o->stream) && !bad) {
        bad = true;
        why = errno;
    }
    o->stream = NULL;
    if (!bad && o->special < 0) {
        bad = rename(o->temporary, o->target) != 0;
        why = errno;
        if (!bad)
            o->temporary[0] = '\0';
    }
    if (bad) {
        drop(o);
        return fc_fail(error, FC_FAULT, "%s: the output cannot be written (%s); check the space left",
                       o->given, why ? strerror(why) : "an earlier write failed");
    }
    if (o->special >= 0)
        return 0;
    int folder = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >=
        0) { /* a folder that may not be opened, or a file system that cannot flush one, is passed over */
        bad = fsync(folder) != 0 && errno == EIO;
        (void)close(folder);
    }
    if (bad)
        return fc_fail(error, FC_FAULT,
                       "%s: is written, but its folder could not be flushed to the disk (%s)", o->given,
                       strerror(EIO));
    return 0;
}

void fc_output_close(struct fc_output *o)
{
    if (!o)
        return;
    drop(o);
    if (o->special >= 0)
        (void)close(o->special);
    give_lock_back(o);
    struct fc_output **at = &opened;
    while (*at && *at != o)
        at = &(*at)->next;
    if (*at)
        *at = o->next;
    free(o);
}

void fc_output_abandon_all(void)
{
    for (const struct fc_output *o = opened; o; o = o->next) {
        if (o->temporary[0])
            (void)unlink(o->temporary);
        if (o->lock >= 0)
            (void)unlink(o->lock_path);
    }
}
