/* probe.c: see probe.h. */
#include "probe.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apart.h"
#include "host/backends/fault.h"

enum { LIMIT_S = 10 };

/* What the child answers. */
struct answer {
    int count;
    char why[256];
    struct fc_device_info device[FC_DEVICES_MAX];
};

struct question {
    const struct fc_backend *backend;
    int max;
};

static void discover(void *context, void *into)
{
    const struct question *asked = context;
    struct answer *answer = into;
    if (fc_fault_asked(asked->backend->name, "abort"))
        abort();
    while (fc_fault_asked(asked->backend->name, "deaf"))
        pause();
    int count = asked->backend->discover(answer->device, asked->max, answer->why, sizeof answer->why);
    answer->count = count < 0 ? 0 : count > asked->max ? asked->max : count;
}

int fc_probe(const struct fc_backend *backend, struct fc_device_info *devices, int max, char *why,
             size_t why_size)
{
    struct question question = {backend, max < FC_DEVICES_MAX ? max : FC_DEVICES_MAX};
    char shown[80];
    if (backend == &fc_backend_cpu)
        return backend->discover(devices, max, why, why_size);
    if (max < 1)
        return 0;
    struct answer *answer = calloc(1, sizeof *answer);
    if (!answer) {
        snprintf(why, why_size, "out of memory to ask its driver");
        return 0;
    }
    snprintf(shown, sizeof shown, "asking %s's driver for devices", backend->title);
    int count = 0;
    if (fc_apart(discover, &question, answer, sizeof *answer, fc_apart_limit_s("FLOPCAST_PROBE_S", LIMIT_S),
                 "it was asked for devices", shown, why, why_size) == FC_APART_DONE) {
        snprintf(why, why_size, "%.255s", answer->why);
        count = answer->count;
        memcpy(devices, answer->device, (size_t)count * sizeof *devices);
    }
    free(answer);
    return count;
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
