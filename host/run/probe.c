/* probe.c: see probe.h. */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/backends/fault.h"
#include "host/base/clock.h"

enum { LIMIT_S = 10 };

/* What the child sends, before the devices. */
struct answer {
    int count;
    char why[256];
};

static double limit_s(void)
{
    const char *text = getenv("FLOPCAST_PROBE_S");
    double seconds = text ? atof(text) : 0;
    return seconds > 0 ? seconds : LIMIT_S;
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
_Noreturn static void ask(const struct fc_backend *backend, int max, int to)
{
    struct answer answer = {0};
    struct fc_device_info *devices = calloc((size_t)max + 1, sizeof *devices);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
    }
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (fc_fault_asked(backend->name, "abort"))
        abort();
    while (fc_fault_asked(backend->name, "deaf"))
        pause();
    if (!devices)
        _exit(1);
    int count = backend->discover(devices, max, answer.why, sizeof answer.why);
    answer.count = count < 0 ? 0 : count > max ? max : count;
    bool sent =
        send_all(to, &answer, sizeof answer) && send_all(to, devices, (size_t)answer.count * sizeof *devices);
    _exit(sent ? 0 : 1);
}

/* Reads `bytes` before the clock shows `until_s`. */
static bool receive(int from, void *data, size_t bytes, double until_s)
{
    char *at = data;
    while (bytes > 0) {
        double left_s = until_s - fc_clock_s();
        struct pollfd ready = {.fd = from, .events = POLLIN};
        int news = left_s > 0 ? poll(&ready, 1, (int)(left_s * 1000) + 1) : 0;
        if (news < 0 && errno == EINTR)
            continue;
        ssize_t got = news > 0 ? read(from, at, bytes) : 0;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

int fc_probe(const struct fc_backend *backend, struct fc_device_info *devices, int max, char *why,
             size_t why_size)
{
    int ends[2], status = 0;
    struct answer answer;
    if (backend == &fc_backend_cpu)
        return backend->discover(devices, max, why, why_size);
    if (max < 1)
        return 0;
    if (pipe2(ends, O_CLOEXEC)) {
        snprintf(why, why_size, "its driver cannot be asked: %s", strerror(errno));
        return 0;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        ask(backend, max, ends[1]);
    int failed = errno;
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        snprintf(why, why_size, "its driver cannot be asked in a process of its own: %s", strerror(failed));
        return 0;
    }
    double until_s = fc_clock_s() + limit_s();
    bool whole = receive(ends[0], &answer, sizeof answer, until_s) && answer.count <= max &&
                 receive(ends[0], devices, (size_t)answer.count * sizeof *devices, until_s);
    bool late = !whole && fc_clock_s() >= until_s;
    (void)close(ends[0]);
    if (!whole)
        (void)kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (whole) {
        snprintf(why, why_size, "%s", answer.why);
        return answer.count;
    }
    if (late)
        snprintf(why, why_size, "its driver gave no answer within %.3g s", limit_s());
    else if (WIFSIGNALED(status))
        snprintf(why, why_size, "its driver crashed when it was asked for devices: signal %d, %s",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(why, why_size, "its driver ended the process that asked it for devices");
    return 0;
}

/* Whether the file names a driver other than PoCL. */
static bool other_than_pocl(const char *folder, const char *name)
{
    char path[1024], line[512] = "";
    size_t length = strlen(name);
    if (length < 4 || strcmp(name + length - 4, ".icd") != 0 ||
        (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool other = fgets(line, sizeof line, file) && !strstr(line, "pocl");
    (void)fclose(file);
    return other;
}

bool fc_probe_opencl_gpu(void)
{
    static const char *const signs[] = {"OCL_ICD_VENDORS", "OCL_ICD_FILENAMES", "OPENCL_VENDOR_PATH"};
    static const char *const files[] = {"/dev/nvidiactl", "/dev/kfd", "/dev/dri", "/dev/dxg"};
    static const char folder[] = "/etc/OpenCL/vendors";
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (getenv(signs[i]))
            return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(files[i], F_OK) == 0)
            return true;
    DIR *vendors = opendir(folder);
    bool found = false;
    for (const struct dirent *entry; vendors && !found && (entry = readdir(vendors));)
        found = other_than_pocl(folder, entry->d_name);
    if (vendors)
        (void)closedir(vendors);
    return found;
}
