/* opencl_library.c: finds the OpenCL ICD loader when the program runs; its absence is information, not an
 * error. */
#include "opencl.h"

#ifdef FC_WITH_OPENCL
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct fc_opencl library;
static char reason[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } entries[] = {
        {"clGetPlatformIDs", offsetof(struct fc_opencl, get_platform_ids)},
        {"clGetPlatformInfo", offsetof(struct fc_opencl, get_platform_info)},
        {"clGetDeviceIDs", offsetof(struct fc_opencl, get_device_ids)},
        {"clGetDeviceInfo", offsetof(struct fc_opencl, get_device_info)},
        {"clCreateContext", offsetof(struct fc_opencl, create_context)},
        {"clReleaseContext", offsetof(struct fc_opencl, release_context)},
        {"clCreateCommandQueue", offsetof(struct fc_opencl, create_command_queue)},
        {"clReleaseCommandQueue", offsetof(struct fc_opencl, release_command_queue)},
        {"clCreateProgramWithSource", offsetof(struct fc_opencl, create_program_with_source)},
        {"clCreateProgramWithBinary", offsetof(struct fc_opencl, create_program_with_binary)},
        {"clBuildProgram", offsetof(struct fc_opencl, build_program)},
        {"clGetProgramInfo", offsetof(struct fc_opencl, get_program_info)},
        {"clGetProgramBuildInfo", offsetof(struct fc_opencl, get_program_build_info)},
        {"clReleaseProgram", offsetof(struct fc_opencl, release_program)},
        {"clCreateKernel", offsetof(struct fc_opencl, create_kernel)},
        {"clReleaseKernel", offsetof(struct fc_opencl, release_kernel)},
        {"clSetKernelArg", offsetof(struct fc_opencl, set_kernel_arg)},
        {"clGetKernelWorkGroupInfo", offsetof(struct fc_opencl, get_kernel_work_group_info)},
        {"clCreateBuffer", offsetof(struct fc_opencl, create_buffer)},
        {"clReleaseMemObject", offsetof(struct fc_opencl, release_mem_object)},
        {"clEnqueueNDRangeKernel", offsetof(struct fc_opencl, enqueue_nd_range_kernel)},
        {"clEnqueueReadBuffer", offsetof(struct fc_opencl, enqueue_read_buffer)},
        {"clEnqueueWriteBuffer", offsetof(struct fc_opencl, enqueue_write_buffer)},
        {"clEnqueueFillBuffer", offsetof(struct fc_opencl, enqueue_fill_buffer)},
        {"clEnqueueMapBuffer", offsetof(struct fc_opencl, enqueue_map_buffer)},
        {"clEnqueueUnmapMemObject", offsetof(struct fc_opencl, enqueue_unmap_mem_object)},
        {"clFinish", offsetof(struct fc_opencl, finish)},
    };
    void *handle = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(reason, sizeof reason,
                 "no OpenCL loader (libOpenCL.so.1); install ocl-icd-libopencl1 and a driver");
        return;
    }
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        void *entry = dlsym(handle, entries[i].name);
        if (!entry) {
            snprintf(reason, sizeof reason, "the OpenCL loader lacks %s (OpenCL 1.2 is needed)",
                     entries[i].name);
            return;
        }
        memcpy((char *)&library + entries[i].offset, &entry, sizeof entry);
    }
}

const struct fc_opencl *fc_opencl_library(char *why, size_t why_size)
{
    pthread_once(&once, load);
    snprintf(why, why_size, "%s", reason);
    return reason[0] ? NULL : &library;
}

const char *fc_opencl_code(cl_int code)
{
    static const struct {
        cl_int code;
        const char *name;
    } names[] = {
        {CL_DEVICE_NOT_FOUND, "CL_DEVICE_NOT_FOUND"},
        {CL_DEVICE_NOT_AVAILABLE, "CL_DEVICE_NOT_AVAILABLE"},
        {CL_COMPILER_NOT_AVAILABLE, "CL_COMPILER_NOT_AVAILABLE"},
        {CL_MEM_OBJECT_ALLOCATION_FAILURE, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
        {CL_OUT_OF_RESOURCES, "CL_OUT_OF_RESOURCES"},
        {CL_OUT_OF_HOST_MEMORY, "CL_OUT_OF_HOST_MEMORY"},
        {CL_BUILD_PROGRAM_FAILURE, "CL_BUILD_PROGRAM_FAILURE"},
        {CL_INVALID_VALUE, "CL_INVALID_VALUE"},
        {CL_INVALID_DEVICE, "CL_INVALID_DEVICE"},
        {CL_INVALID_CONTEXT, "CL_INVALID_CONTEXT"},
        {CL_INVALID_COMMAND_QUEUE, "CL_INVALID_COMMAND_QUEUE"},
        {CL_INVALID_MEM_OBJECT, "CL_INVALID_MEM_OBJECT"},
        {CL_INVALID_BINARY, "CL_INVALID_BINARY"},
        {CL_INVALID_BUILD_OPTIONS, "CL_INVALID_BUILD_OPTIONS"},
        {CL_INVALID_KERNEL_NAME, "CL_INVALID_KERNEL_NAME"},
        {CL_INVALID_KERNEL_ARGS, "CL_INVALID_KERNEL_ARGS"},
        {CL_INVALID_WORK_GROUP_SIZE, "CL_INVALID_WORK_GROUP_SIZE"},
        {CL_INVALID_BUFFER_SIZE, "CL_INVALID_BUFFER_SIZE"},
        {-1001, "no OpenCL driver is installed"}, /* CL_PLATFORM_NOT_FOUND_KHR */
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            return names[i].name;
    return "an OpenCL error";
}
#endif
