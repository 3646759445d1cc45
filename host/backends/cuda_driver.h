/* cuda_driver.h: the part of NVIDIA's driver library that the CUDA backend uses, declared here so that the
 * program builds without the CUDA Toolkit and runs without a driver: libcuda.so.1 is opened when it is
 * needed. Names and numbers are those of the CUDA driver API (CUDA Toolkit documentation), entries those of
 * CUDA 11 and later. */
#ifndef FC_HOST_CUDA_DRIVER_H
#define FC_HOST_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "backend.h"

typedef int fc_cuda_result;                /* CUresult; 0 is success */
typedef int fc_cuda_device;                /* CUdevice */
typedef unsigned long long fc_cuda_memory; /* CUdeviceptr */

enum { FC_CUDA_NO_DEVICE = 100, FC_CUDA_OUT_OF_MEMORY = 2, FC_CUDA_DEVICE_UNAVAILABLE = 46 };
enum {
    FC_CUDA_CLOCK_KHZ = 13,
    FC_CUDA_MULTIPROCESSORS = 16,
    FC_CUDA_KERNEL_EXEC_TIMEOUT = 17,
    FC_CUDA_CAPABILITY_MAJOR = 75,
    FC_CUDA_CAPABILITY_MINOR = 76
};
enum { FC_CUDA_JIT_ERROR_LOG = 5, FC_CUDA_JIT_ERROR_LOG_BYTES = 6 };

/* Contexts, modules, functions and streams are opaque pointers. */
struct fc_cuda {
    fc_cuda_result (*init)(unsigned flags);
    fc_cuda_result (*driver_get_version)(int *version);
    fc_cuda_result (*get_error_name)(fc_cuda_result code, const char **text);
    fc_cuda_result (*get_error_string)(fc_cuda_result code, const char **text);
    fc_cuda_result (*device_get_count)(int *count);
    fc_cuda_result (*device_get)(fc_cuda_device *device, int ordinal);
    fc_cuda_result (*device_get_name)(char *name, int bytes, fc_cuda_device device);
    fc_cuda_result (*device_get_pci_bus_id)(char *text, int bytes, fc_cuda_device device);
    fc_cuda_result (*device_get_attribute)(int *value, int attribute, fc_cuda_device device);
    fc_cuda_result (*primary_context_retain)(void **context, fc_cuda_device device);
    fc_cuda_result (*primary_context_release)(fc_cuda_device device);
    fc_cuda_result (*context_push)(void *context);
    fc_cuda_result (*context_pop)(void **context);
    fc_cuda_result (*module_load)(void **module, const void *image, unsigned options, int *names,
                                  void **values);
    fc_cuda_result (*module_unload)(void *module);
    fc_cuda_result (*module_get_function)(void **function, void *module, const char *name);
    fc_cuda_result (*memory_get_info)(size_t *free, size_t *total);
    fc_cuda_result (*memory_allocate)(fc_cuda_memory *memory, size_t bytes);
    fc_cuda_result (*memory_free)(fc_cuda_memory memory);
    fc_cuda_result (*copy_to_device)(fc_cuda_memory to, const void *from, size_t bytes, void *stream);
    fc_cuda_result (*copy_to_host)(void *to, fc_cuda_memory from, size_t bytes, void *stream);
    fc_cuda_result (*set_words)(fc_cuda_memory memory, unsigned value, size_t words, void *stream);
    fc_cuda_result (*stream_create)(void **stream, unsigned flags);
    fc_cuda_result (*stream_synchronize)(void *stream);
    fc_cuda_result (*stream_destroy)(void *stream);
    fc_cuda_result (*occupancy)(int *smallest_grid, int *block, void *function,
                                size_t (*shared_of)(int block), size_t shared, int largest_block);
    fc_cuda_result (*launch)(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                             unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                             void *stream, void **arguments, void **extra);
};

/* The library, initialised, or NULL with the reason. Loaded once and kept. */
const struct fc_cuda *fc_cuda_driver(char *why, size_t why_size);

/* The file to open; tests put a driver of their own here before the first call. */
extern const char *fc_cuda_library;

/* The driver's own words for a code. */
const char *fc_cuda_text(const struct fc_cuda *cuda, fc_cuda_result code);

/* What a session holds on a device; 0 and NULL: not held. */
struct fc_cuda_held {
    const struct fc_cuda *cuda;
    fc_cuda_device device;
    int retained; /* 1: the device's primary context, which is `context` once it is known */
    void *context, *module, *stream;
};

/* Gives it back, and the memories with it. */
void fc_cuda_give_back(const struct fc_cuda_held *held, const fc_cuda_memory *memories, size_t count);

/* Known answers of the generator from the device: words[4 n] for counters[4 n] (cuda/trial.cu). */
int fc_cuda_known_words(struct fc_session *session, uint64_t seed, uint32_t count, const uint32_t *counters,
                        uint32_t *words, struct fc_error *error);

/* Kernel launches of this session so far. */
uint64_t fc_cuda_launches(const struct fc_session *session);

#endif
