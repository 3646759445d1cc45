/* fake_cuda.c: a stand-in for NVIDIA's driver library: host memory, and kernels that are the model itself,
 * one thread after the other. The tests of the CUDA backend's host side run on it where there is no GPU. It
 * says nothing about a GPU.
 *
 * Environment: FAKE_CUDA_FAIL=ENTRY:N lets the Nth call of an entry fail from now on; FAKE_CUDA_CAPABILITY=75
 * makes the device an old one; FAKE_CUDA_WATCHED=1 gives it a display and a watchdog; FAKE_CUDA_DEVICES=0 takes it away. fake_cuda_live counts what was not given
 * back. */
#define FC_W 1
#define FC_CHUNK 1
#include "cuda/passes.h"
#include "cuda/reduce.h"
#include "cuda/model/step/step_program.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OK = 0,
    INVALID = 1,
    NO_MEMORY = 2,
    BAD_IMAGE = 200,
    NO_CONTEXT = 201,
    NOT_FOUND = 500,
    LAUNCH_FAILED = 719
};

int fake_cuda_live(void);
int cuInit(unsigned);
int cuDriverGetVersion(int *);
int cuGetErrorName(int, const char **);
int cuGetErrorString(int, const char **);
int cuDeviceGetCount(int *);
int cuDeviceGet(int *, int);
int cuDeviceGetName(char *, int, int);
int cuDeviceGetPCIBusId(char *, int, int);
int cuDeviceGetAttribute(int *, int, int);
int cuDevicePrimaryCtxRetain(void **, int);
int cuDevicePrimaryCtxRelease_v2(int);
int cuCtxPushCurrent_v2(void *);
int cuCtxPopCurrent_v2(void **);
int cuModuleLoadDataEx(void **, const void *, unsigned, int *, void **);
int cuModuleUnload(void *);
int cuModuleGetFunction(void **, void *, const char *);
int cuMemGetInfo_v2(size_t *, size_t *);
int cuMemAlloc_v2(unsigned long long *, size_t);
int cuMemFree_v2(unsigned long long);
int cuMemcpyHtoDAsync_v2(unsigned long long, const void *, size_t, void *);
int cuMemcpyDtoHAsync_v2(void *, unsigned long long, size_t, void *);
int cuMemsetD32Async(unsigned long long, unsigned, size_t, void *);
int cuStreamCreate(void **, unsigned);
int cuStreamSynchronize(void *);
int cuStreamDestroy_v2(void *);
int cuOccupancyMaxPotentialBlockSize(int *, int *, void *, void *, size_t, int);
int cuLaunchKernel(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *,
                   void **, void **);

static int live;  /* contexts, modules, streams and memories not given back */
static int depth; /* contexts pushed */
static char context_mark, module_mark, stream_mark;
enum kernel { BEGIN, RUNS_PLAIN, RUNS_DETAILED, RUNS_LEVELS, END, TALLY, INDICES, WORDS, STEP_TIMES };
static const char *const kernel_names[] = {"fc_begin",         "fc_runs_plain",  "fc_runs_detailed",
                                           "fc_runs_levels",   "fc_end",         "fc_tally",
                                           "fc_tally_indices", "fc_known_words", "fc_step_times"};

int fake_cuda_live(void)
{
    return live + depth;
}

/* Whether this call of `entry` must fail. */
static int must_fail(const char *entry)
{
    static char counted[64];
    static long calls;
    const char *asked = getenv("FAKE_CUDA_FAIL");
    size_t length = strlen(entry);
    if (!asked || strncmp(asked, entry, length) != 0 || asked[length] != ':')
        return 0;
    if (strcmp(counted, asked) != 0) {
        snprintf(counted, sizeof counted, "%s", asked);
        calls = 0;
    }
    return ++calls >= atol(asked + length + 1);
}

/* Entries that need a current context. */
static int check(const char *entry)
{
    return depth < 1 ? NO_CONTEXT : must_fail(entry) ? LAUNCH_FAILED : OK;
}

int cuInit(unsigned flags)
{
    return flags ? INVALID : OK;
}

int cuDriverGetVersion(int *version)
{
    *version = 13000;
    return OK;
}

int cuGetErrorName(int code, const char **text)
{
    *text = code ? "FAKE_ERROR" : "CUDA_SUCCESS";
    return OK;
}

int cuGetErrorString(int code, const char **text)
{
    *text = code == NO_MEMORY       ? "out of memory"
            : code == LAUNCH_FAILED ? "unspecified launch failure"
            : code == BAD_IMAGE     ? "device kernel image is invalid"
            : code == NO_CONTEXT    ? "invalid device context"
                                    : "some error";
    return OK;
}

int cuDeviceGetCount(int *count)
{
    const char *devices = getenv("FAKE_CUDA_DEVICES");
    *count = devices ? atoi(devices) : 1;
    return OK;
}

int cuDeviceGet(int *device, int ordinal)
{
    *device = ordinal + 40; /* a handle is no ordinal */
    return OK;
}

int cuDeviceGetName(char *name, int bytes, int device)
{
    snprintf(name, (size_t)bytes, "Fake GPU %d", device - 40);
    return OK;
}

int cuDeviceGetPCIBusId(char *text, int bytes, int device)
{
    snprintf(text, (size_t)bytes, "0000:%02X:00.0", 0x1b + device - 40);
    return OK;
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    const char *asked = getenv("FAKE_CUDA_CAPABILITY");
    int capability = asked ? atoi(asked) : 90;
    (void)device;
    *value = attribute == 13   ? 1980000
             : attribute == 16 ? 2
             : attribute == 17 ? getenv("FAKE_CUDA_WATCHED") != NULL
             : attribute == 75 ? capability / 10
             : attribute == 76 ? capability % 10
                               : 0;
    return OK;
}

int cuDevicePrimaryCtxRetain(void **context, int device)
{
    (void)device;
    if (must_fail("cuDevicePrimaryCtxRetain"))
        return LAUNCH_FAILED;
    *context = &context_mark;
    live++;
    return OK;
}

int cuDevicePrimaryCtxRelease_v2(int device)
{
    (void)device;
    live--;
    return OK;
}

int cuCtxPushCurrent_v2(void *context)
{
    if (context != &context_mark)
        return INVALID;
    depth++;
    return OK;
}

int cuCtxPopCurrent_v2(void **context)
{
    *context = &context_mark;
    depth--;
    return OK;
}

int cuModuleLoadDataEx(void **module, const void *image, unsigned options, int *names, void **values)
{
    static const unsigned char fatbin[] = {0x50, 0xed, 0x55, 0xba};
    if (memcmp(image, fatbin, sizeof fatbin) != 0) {
        for (unsigned i = 0; i < options; i++)
            if (names[i] == 5)
                snprintf(values[i], 64, "fake compiler: syntax error");
        return BAD_IMAGE;
    }
    if (check("cuModuleLoadDataEx"))
        return check("cuModuleLoadDataEx");
    *module = &module_mark;
    live++;
    return OK;
}

int cuModuleUnload(void *module)
{
    live -= module == &module_mark;
    return check("cuModuleUnload");
}

int cuModuleGetFunction(void **function, void *module, const char *name)
{
    if (module != &module_mark || must_fail("cuModuleGetFunction"))
        return NOT_FOUND;
    for (size_t i = 0; i < sizeof kernel_names / sizeof *kernel_names; i++)
        if (strcmp(kernel_names[i], name) == 0) {
            *function = (void *)(uintptr_t)kernel_names[i];
            return OK;
        }
    return NOT_FOUND;
}

int cuMemGetInfo_v2(size_t *room, size_t *total)
{
    *room = *total = (size_t)2 << 20; /* little, so that a batch has several launches */
    return check("cuMemGetInfo_v2");
}

int cuMemAlloc_v2(unsigned long long *memory, size_t bytes)
{
    if (depth < 1)
        return NO_CONTEXT;
    void *block = must_fail("cuMemAlloc_v2") ? NULL : malloc(bytes);
    if (!block)
        return NO_MEMORY;
    memset(block, 0xa5, bytes); /* nothing may rely on fresh memory being zero */
    live++;
    *memory = (uintptr_t)block;
    return OK;
}

int cuMemFree_v2(unsigned long long memory)
{
    free((void *)(uintptr_t)memory);
    live--;
    return check("cuMemFree_v2");
}

int cuMemcpyHtoDAsync_v2(unsigned long long to, const void *from, size_t bytes, void *stream)
{
    if (stream != &stream_mark || check("cuMemcpyHtoDAsync_v2"))
        return INVALID;
    memcpy((void *)(uintptr_t)to, from, bytes);
    return OK;
}

int cuMemcpyDtoHAsync_v2(void *to, unsigned long long from, size_t bytes, void *stream)
{
    int code = stream != &stream_mark ? INVALID : check("cuMemcpyDtoHAsync_v2");
    if (!code)
        memcpy(to, (const void *)(uintptr_t)from, bytes);
    return code;
}

int cuMemsetD32Async(unsigned long long memory, unsigned value, size_t words, void *stream)
{
    unsigned *at = (unsigned *)(uintptr_t)memory;
    int code = stream != &stream_mark ? INVALID : check("cuMemsetD32Async");
    for (size_t i = 0; !code && i < words; i++)
        at[i] = value;
    return code;
}

int cuStreamCreate(void **stream, unsigned flags)
{
    (void)flags;
    if (check("cuStreamCreate"))
        return LAUNCH_FAILED;
    *stream = &stream_mark;
    live++;
    return OK;
}

int cuStreamSynchronize(void *stream)
{
    return stream != &stream_mark ? INVALID : check("cuStreamSynchronize");
}

int cuStreamDestroy_v2(void *stream)
{
    live -= stream == &stream_mark;
    return OK;
}

int cuOccupancyMaxPotentialBlockSize(int *grid, int *block, void *function, void *shared_of, size_t shared,
                                     int largest)
{
    (void)shared_of;
    (void)shared;
    (void)largest;
    *grid = 3;
    *block = 96;
    for (int k = BEGIN; k <= END; k++)
        if (function == (const void *)kernel_names[k])
            return check("cuOccupancyMaxPotentialBlockSize");
    return INVALID;
}

/* An argument: 32 bits, 64 bits, an address. */
static fc_u32 word(void **arguments, int i)
{
    fc_u32 value;
    memcpy(&value, arguments[i], sizeof value);
    return value;
}

static fc_u64 wide(void **arguments, int i)
{
    fc_u64 value;
    memcpy(&value, arguments[i], sizeof value);
    return value;
}

static void *address(void **arguments, int i)
{
    return (void *)(uintptr_t)wide(arguments, i);
}

static void begin(fc_u32 threads, void **a)
{
    static struct fc_chunk chunk;
    struct fc_trial_kept *kept = address(a, 5);
    for (fc_u32 thread = 0; thread < threads; thread++) {
        memset(&chunk, 0, sizeof chunk);
        for (fc_u32 at = thread; at < word(a, 4); at += threads)
            fc_pass_begin(address(a, 0), address(a, 1), wide(a, 2), wide(a, 3) + at, &chunk, kept + at);
    }
}

/* One thread takes them all. */
static void runs(void **a, int mode)
{
    struct fc_timeline_lanes lane;
    const struct fc_program *program = address(a, 0);
    struct fc_trial_kept *kept = address(a, 5);
    fc_u32 *next = address(a, 6);
    while (*next < word(a, 4)) {
        fc_u32 at = (*next)++;
        fc_timeline_start(&program->run, &kept[at].timeline, wide(a, 3) + at, 0, 0, &lane);
        while (!lane.over[0])
            fc_timeline_event_in(&program->run, address(a, 1), wide(a, 2), &lane, mode);
        fc_timeline_finish(&program->run, &kept[at].timeline, 0, &lane);
    }
}

static void end(fc_u32 threads, void **a)
{
    static struct fc_chunk chunk;
    const struct fc_trial_kept *kept = address(a, 5);
    float *out = address(a, 7);
    for (fc_u32 thread = 0; thread < threads; thread++) {
        memset(&chunk, 0, sizeof chunk);
        for (fc_u32 at = thread; at < word(a, 4); at += threads)
            fc_pass_end(address(a, 0), address(a, 1), wide(a, 2), wide(a, 3) + at, kept + at, &chunk,
                        out + at, (fc_i32)word(a, 6));
    }
}

static void tally(fc_u32 items, fc_u32 rows, void **a)
{
    const float *values = address(a, 0);
    fc_u32 *tallies = address(a, 3), *extremes = address(a, 4);
    for (fc_u32 r = 0; r < rows; r++)
        for (fc_u32 item = 0; item < items; item++) {
            fc_u32 mine[FC_REDUCE_EXTREMES];
            fc_reduce_row(values + (size_t)r * word(a, 1), word(a, 2), item, items,
                          tallies + (size_t)r * FC_REDUCE_ROW_WORDS, mine);
            fc_reduce_share(mine, extremes + word(a, 5) + r * FC_REDUCE_EXTREMES);
        }
}

static void indices(fc_u32 items, fc_u32 rows, void **a)
{
    const float *values = address(a, 0);
    fc_u32 *extremes = address(a, 4);
    for (fc_u32 r = 0; r < rows; r++)
        for (fc_u32 item = 0; item < items; item++)
            fc_reduce_indices(values + (size_t)r * word(a, 1), word(a, 2), word(a, 3), item, items,
                              extremes + word(a, 5) + r * FC_REDUCE_EXTREMES);
}

static void known_words(void **a)
{
    const fc_u32 *counters = address(a, 2);
    fc_u32 *words = address(a, 3), out[4][1];
    for (fc_u32 i = 0; i < word(a, 1); i++) {
        fc_random_words(wide(a, 0), counters + 4 * i, counters + 4 * i + 1, counters + 4 * i + 2,
                        counters[4 * i + 3], out);
        for (int k = 0; k < 4; k++)
            words[4 * i + (fc_u32)k] = out[k][0];
    }
}

static void step_times(fc_u32 threads, fc_u32 plans, void **a)
{
    const struct fc_step_program *plan = address(a, 0);
    const fc_i32 *which = address(a, 1);
    const float *values = address(a, 2);
    fc_u32 count = word(a, 3);
    float *out = address(a, 4);
    for (fc_u32 p = 0; p < plans; p++)
        for (fc_u32 world = 0; world < threads && world < count; world++) {
            fc_real inputs[FC_IN_STEP_END];
            struct fc_step_parts parts;
            for (fc_u32 i = 0; i < FC_IN_STEP_END; i++)
                inputs[i] = values[(size_t)which[p * FC_STEP_JOINT + i] * count + world];
            fc_step_one(plan + p, inputs, 1, &parts);
            out[(size_t)p * count + world] = (float)fc_log(parts.step);
        }
}

int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared, void *stream, void **arguments,
                   void **extra)
{
    int code = check("cuLaunchKernel");
    if (code)
        return code;
    if (!grid_x || !grid_y || grid_z != 1 || !block_x || block_x > 1024 || block_y != 1 || block_z != 1 ||
        shared || extra || stream != &stream_mark)
        return INVALID;
    const fc_u32 threads = grid_x * block_x;
    int kernel = BEGIN;
    while (function != (const void *)kernel_names[kernel])
        if (kernel++ == STEP_TIMES)
            return INVALID;
    switch (kernel) {
    case BEGIN:
        begin(threads, arguments);
        break;
    case RUNS_PLAIN:
        runs(arguments, FC_MODE_PLAIN);
        break;
    case RUNS_DETAILED:
        runs(arguments, FC_MODE_DETAILED);
        break;
    case RUNS_LEVELS:
        runs(arguments, FC_MODE_LEVELS);
        break;
    case END:
        end(threads, arguments);
        break;
    case TALLY:
        tally(threads, grid_y, arguments);
        break;
    case INDICES:
        indices(threads, grid_y, arguments);
        break;
    case STEP_TIMES:
        step_times(threads, grid_y, arguments);
        break;
    default:
        known_words(arguments);
        break;
    }
    return OK;
}
