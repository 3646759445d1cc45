/* opencl.h: what the files of the OpenCL backend share: the library as found at run time, devices, programs,
 * and a session with settings, which tests use to run the kernels in other ways than the backend chooses. */
#ifndef FC_HOST_OPENCL_H
#define FC_HOST_OPENCL_H

#include <stdbool.h>
#include <stddef.h>

#include "backend.h"

#ifdef FC_WITH_OPENCL
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

/* The entry points in use, looked up in libOpenCL.so.1 (the ICD loader). */
struct fc_opencl {
    __typeof__(&clGetPlatformIDs) get_platform_ids;
    __typeof__(&clGetPlatformInfo) get_platform_info;
    __typeof__(&clGetDeviceIDs) get_device_ids;
    __typeof__(&clGetDeviceInfo) get_device_info;
    __typeof__(&clCreateContext) create_context;
    __typeof__(&clReleaseContext) release_context;
    __typeof__(&clCreateCommandQueue) create_command_queue;
    __typeof__(&clReleaseCommandQueue) release_command_queue;
    __typeof__(&clCreateProgramWithSource) create_program_with_source;
    __typeof__(&clCreateProgramWithBinary) create_program_with_binary;
    __typeof__(&clBuildProgram) build_program;
    __typeof__(&clGetProgramInfo) get_program_info;
    __typeof__(&clGetProgramBuildInfo) get_program_build_info;
    __typeof__(&clReleaseProgram) release_program;
    __typeof__(&clCreateKernel) create_kernel;
    __typeof__(&clReleaseKernel) release_kernel;
    __typeof__(&clSetKernelArg) set_kernel_arg;
    __typeof__(&clGetKernelWorkGroupInfo) get_kernel_work_group_info;
    __typeof__(&clCreateBuffer) create_buffer;
    __typeof__(&clReleaseMemObject) release_mem_object;
    __typeof__(&clEnqueueNDRangeKernel) enqueue_nd_range_kernel;
    __typeof__(&clEnqueueReadBuffer) enqueue_read_buffer;
    __typeof__(&clEnqueueWriteBuffer) enqueue_write_buffer;
    __typeof__(&clEnqueueFillBuffer) enqueue_fill_buffer;
    __typeof__(&clEnqueueMapBuffer) enqueue_map_buffer;
    __typeof__(&clEnqueueUnmapMemObject) enqueue_unmap_mem_object;
    __typeof__(&clFinish) finish;
};

/* The library, or NULL with the reason. Loaded once and kept. */
const struct fc_opencl *fc_opencl_library(char *why, size_t why_size);

/* Name of an OpenCL error code, e.g. "CL_OUT_OF_RESOURCES". */
const char *fc_opencl_code(cl_int code);

/* Devices of all platforms, in the order of discover; returns their number, at most `max`. */
int fc_opencl_devices(const struct fc_opencl *cl, cl_device_id *devices, int max, char *why, size_t why_size);

/* Fills in what is known of a device, `refused` included. */
void fc_opencl_describe(const struct fc_opencl *cl, cl_device_id device, struct fc_device_info *info);

/* What decides whether a device can keep the bit contract. */
struct fc_opencl_abilities {
    bool available, compiler, full_profile, little_endian;
    int version; /* of OpenCL C: 102 for 1.2 */
    cl_device_fp_config single;
};

/* Why a device with these abilities cannot be used, or NULL. */
const char *fc_opencl_refusal(const struct fc_opencl_abilities *able);

/* How the kernels are built and run. */
struct fc_opencl_settings {
    int lanes;        /* FC_W */
    int chunk;        /* FC_CHUNK */
    bool own_tallies; /* each work item that counts has its own tally: for CPUs, whose atomics are slow */
    bool
        host_counts; /* the host adds up the rows: for CPUs, where they are in its memory and its own code is quicker */
    size_t launch_trials;      /* most trials of one launch; 0: as memory allows, up to a default */
    const char *source;        /* NULL: the source inside the program */
    const char *extra_options; /* NULL, or options behind the usual ones */
    bool use_cache;            /* look for and leave a compiled program in the user's cache folder */
};

/* What suits the kind of device. */
struct fc_opencl_settings fc_opencl_defaults(const struct fc_opencl *cl, cl_device_id device);

/* "; PoCL cannot write its cache ..." where that is so: it then has no device or builds nothing. Else "". */
const char *fc_opencl_cache_advice(char *text, size_t size);

/* Builds the program; on failure the error carries the compiler's log. */
int fc_opencl_build(const struct fc_opencl *cl, cl_context context, cl_device_id device,
                    const struct fc_opencl_settings *settings, cl_program *program, struct fc_error *error);

/* The backend's open, with settings of one's own; NULL: the defaults. */
int fc_opencl_open(struct fc_session **session, int device, const struct fc_job *job,
                   const struct fc_host *host, const struct fc_opencl_settings *settings,
                   struct fc_error *error);

/* Known answers of the generator from the device: words[4 n] for counters[4 n] (cuda/trial.cl). */
int fc_opencl_known_words(struct fc_session *session, uint64_t seed, uint32_t count, const uint32_t *counters,
                          uint32_t *words, struct fc_error *error);

/* Kernel launches of this session so far. */
uint64_t fc_opencl_launches(const struct fc_session *session);
#endif

#endif
