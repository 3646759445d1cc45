/* read_file.c: see read_file.h. */
#include "read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUTS_MAX = 1024, PIPE_WAIT_MS = 2000, PIPE_STEP_MS = 20 };

/* What was read; main thread only. Beyond the table an input is still read but no longer guarded. */
static struct {
    dev_t device;
    ino_t inode;
} inputs[INPUTS_MAX];
static size_t input_count;

static void remember(const struct stat *status)
{
    if (!S_ISREG(status->st_mode) || fc_read_file_is_input(status->st_dev, status->st_ino) ||
        input_count == INPUTS_MAX)
        return;
    inputs[input_count].device = status->st_dev;
    inputs[input_count++].inode = status->st_ino;
}

void fc_read_file_remember(const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0)
        remember(&status);
}

bool fc_read_file_is_input(dev_t device, ino_t inode)
{
    for (size_t i = 0; i < input_count; i++)
        if (inputs[i].device == device && inputs[i].inode == inode)
            return true;
    return false;
}

static int too_large(const char *path, double bytes, size_t most, struct fc_error *error)
{
    return fc_fail(error, FC_BAD_INPUT,
                   "%s: the file is too large (%.1f MiB, the limit is %.0f MiB); is it the right file?", path,
                   bytes / 1048576.0, (double)most / 1048576.0);
}

/* read(2) that takes up again after a signal and waits for a pipe; -1 with errno. `*waited_ms` counts the time
 * during which nobody had the other end open. */
static ssize_t read_some(int file, char *to, size_t room, bool pipe, bool any, int *waited_ms)
{
    for (;;) {
        ssize_t got = read(file, to, room);
        if (got > 0 || (got == 0 && (!pipe || any)))
            return got;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != EAGAIN)
            return got;
        if (got == 0 && *waited_ms >= PIPE_WAIT_MS)
            return 0;
        struct pollfd ready = {.fd = file, .events = POLLIN};
        if (got == 0) { /* nobody writes yet, or whoever did has gone: poll would return at once */
            poll(NULL, 0, PIPE_STEP_MS);
            *waited_ms += PIPE_STEP_MS;
        } else {
            poll(&ready, 1, -1);
        }
    }
}

/* What standard input held: a command may open its scenario several times, and a stream is read once. */
static struct {
    char *text;
    size_t length;
} standard_input;

static int read_standard_input(size_t most, char **text, size_t *length, struct fc_error *error)
{
    if (!standard_input.text &&
        fc_read_file("/dev/fd/0", most, &standard_input.text, &standard_input.length, error))
        return -1;
    if (standard_input.length > most)
        return too_large("standard input", (double)standard_input.length, most, error);
    *text = malloc(standard_input.length + 1);
    if (!*text)
        return fc_fail(error, FC_FAULT, "not enough memory to read standard input (%zu bytes)",
                       standard_input.length);
    memcpy(*text, standard_input.text, standard_input.length + 1);
    *length = standard_input.length;
    return 0;
}

int fc_read_file(const char *path, size_t most, char **text, size_t *length, struct fc_error *error)
{
    struct stat status;
    *text = NULL;
    *length = 0;
    if (!path[0])
        return fc_fail(error, FC_BAD_INPUT, "the name of a file is empty; name one");
    if (strcmp(path, "-") == 0)
        return read_standard_input(most, text, length, error);
    int result = -1, file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno != ENOENT && errno != EACCES && errno != ENXIO)
        return fc_fail(error, FC_BAD_INPUT, "%s: cannot be opened (%s); check the name", path,
                       strerror(errno));
    if (file < 0)
        return fc_fail(error, FC_BAD_INPUT, "%s: cannot be opened (%s); check %s", path, strerror(errno),
                       errno == EACCES ? "its permissions" : "the name");
    size_t size = 0, used = 0;
    char *buffer = NULL;
    if (fstat(file, &status)) {
        fc_fail(error, FC_FAULT, "%s: cannot be examined (%s)", path, strerror(errno));
        goto out;
    }
    if (S_ISDIR(status.st_mode)) {
        fc_fail(error, FC_BAD_INPUT, "%s: is a directory; name a file in it", path);
        goto out;
    }
    remember(&status);
    if (S_ISREG(status.st_mode) && (unsigned long long)status.st_size > most) {
        too_large(path, (double)status.st_size, most, error);
        goto out;
    }
    bool pipe = S_ISFIFO(status.st_mode);
    int waited_ms = 0;
    for (;;) { /* a pipe has no size: read until the end or the limit */
        if (used + 1 >= size) {
            size_t wanted = size ? 2 * size : S_ISREG(status.st_mode) ? (size_t)status.st_size + 2 : 65536;
            char *larger = realloc(buffer, wanted);
            if (!larger) {
                fc_fail(error, FC_FAULT, "%s: not enough memory to read it (%zu bytes); close other programs",
                        path, wanted);
                goto out;
            }
            buffer = larger;
            size = wanted;
        }
        ssize_t got = read_some(file, buffer + used, size - used - 1, pipe, used > 0, &waited_ms);
        if (got < 0) {
            fc_fail(error, FC_BAD_INPUT, "%s: cannot be read (%s); check the file", path, strerror(errno));
            goto out;
        }
        used += (size_t)got;
        if (used > most) {
            too_large(path, (double)used, most, error);
            goto out;
        }
        if (got == 0)
            break;
    }
    if (pipe && used == 0) {
        fc_fail(error, FC_BAD_INPUT, "%s: is a pipe without a writer; name a file", path);
        goto out;
    }
    buffer[used] = '\0';
    *text = buffer;
    *length = used;
    buffer = NULL;
    result = 0;
out:
    free(buffer);
    (void)close(file);
    return result;
}
