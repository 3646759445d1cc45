/* cuda_driver.c: see cuda_driver.h. */
#include "cuda_driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

const char *fc_cuda_library = "libcuda.so.1";

static struct fc_cuda driver;
static char reason[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } entries[] = {
        {"cuInit", offsetof(struct fc_cuda, init)},
        {"cuDriverGetVersion", offsetof(struct fc_cuda, driver_get_version)},
        {"cuGetErrorName", offsetof(struct fc_cuda, get_error_name)},
        {"cuGetErrorString", offsetof(struct fc_cuda, get_error_string)},
        {"cuDeviceGetCount", offsetof(struct fc_cuda, device_get_count)},
        {"cuDeviceGet", offsetof(struct fc_cuda, device_get)},
        {"cuDeviceGetName", offsetof(struct fc_cuda, device_get_name)},
        {"cuDeviceGetPCIBusId", offsetof(struct fc_cuda, device_get_pci_bus_id)},
        {"cuDeviceGetAttribute", offsetof(struct fc_cuda, device_get_attribute)},
        {"cuDevicePrimaryCtxRetain", offsetof(struct fc_cuda, primary_context_retain)},
        {"cuDevicePrimaryCtxRelease_v2", offsetof(struct fc_cuda, primary_context_release)},
        {"cuCtxPushCurrent_v2", offsetof(struct fc_cuda, context_push)},
        {"cuCtxPopCurrent_v2", offsetof(struct fc_cuda, context_pop)},
        {"cuModuleLoadDataEx", offsetof(struct fc_cuda, module_load)},
        {"cuModuleUnload", offsetof(struct fc_cuda, module_unload)},
        {"cuModuleGetFunction", offsetof(struct fc_cuda, module_get_function)},
        {"cuMemGetInfo_v2", offsetof(struct fc_cuda, memory_get_info)},
        {"cuMemAlloc_v2", offsetof(struct fc_cuda, memory_allocate)},
        {"cuMemFree_v2", offsetof(struct fc_cuda, memory_free)},
        {"cuMemcpyHtoDAsync_v2", offsetof(struct fc_cuda, copy_to_device)},
        {"cuMemcpyDtoHAsync_v2", offsetof(struct fc_cuda, copy_to_host)},
        {"cuMemsetD32Async", offsetof(struct fc_cuda, set_words)},
        {"cuStreamCreate", offsetof(struct fc_cuda, stream_create)},
        {"cuStreamSynchronize", offsetof(struct fc_cuda, stream_synchronize)},
        {"cuStreamDestroy_v2", offsetof(struct fc_cuda, stream_destroy)},
        {"cuOccupancyMaxPotentialBlockSize", offsetof(struct fc_cuda, occupancy)},
        {"cuLaunchKernel", offsetof(struct fc_cuda, launch)},
    };
    void *handle = dlopen(fc_cuda_library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(reason, sizeof reason, "no NVIDIA driver (%s cannot be opened)", fc_cuda_library);
        return;
    }
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *entry = dlsym(handle, entries[i].name);
        if (!entry) {
            snprintf(reason, sizeof reason, "the NVIDIA driver lacks %s (it is too old)", entries[i].name);
            return;
        }
        memcpy((char *)&driver + entries[i].offset, &entry, sizeof entry);
    }
    fc_cuda_result code = driver.init(0);
    if (code)
        snprintf(reason, sizeof reason, "the NVIDIA driver does not start (%s)", fc_cuda_text(&driver, code));
}

const struct fc_cuda *fc_cuda_driver(char *why, size_t why_size)
{
    pthread_once(&once, load);
    snprintf(why, why_size, "%s", reason);
    return reason[0] ? NULL : &driver;
}

const char *fc_cuda_text(const struct fc_cuda *cuda, fc_cuda_result code)
{
    const char *text = NULL;
    if (cuda->get_error_string(code, &text) || !text)
        return "an error that the driver has no words for";
    return text;
}

void fc_cuda_give_back(const struct fc_cuda_held *held, const fc_cuda_memory *memories, size_t count)
{
    void *old;
    const struct fc_cuda *cuda = held->cuda;
    if (held->context && !cuda->context_push(held->context)) {
        for (size_t i = 0; i < count; i++)
            if (memories[i])
                cuda->memory_free(memories[i]);
        if (held->stream)
            cuda->stream_destroy(held->stream);
        if (held->module)
            cuda->module_unload(held->module);
        cuda->context_pop(&old);
    }
    if (held->retained)
        cuda->primary_context_release(held->device);
}
