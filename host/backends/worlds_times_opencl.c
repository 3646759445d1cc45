/* worlds_times_opencl.c: step times of many worlds on an OpenCL device (kernel fc_step_times of
 * cuda/trial.cl). */
#include "worlds_times.h"

#include "opencl.h"
#include "cuda/model/step/step_program.h"

#ifndef FC_WITH_OPENCL
static int open_none(struct fc_times **session, int device, const struct fc_times_job *job,
                     struct fc_error *error)
{
    (void)device;
    (void)job;
    *session = NULL;
    return fc_fail(error, FC_NO_DEVICE, "this build has no OpenCL (no CL/cl.h when it was built)");
}

static void close_none(struct fc_times *session)
{
    (void)session;
}

const struct fc_times_backend fc_times_opencl = {"opencl", open_none, NULL, close_none};
#else
#include <stdlib.h>
#include <string.h>

struct fc_times {
    const struct fc_opencl *cl;
    struct fc_times_job job;
    struct fc_device_info info;
    size_t lanes;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem plans, which, values, times;
    size_t room; /* worlds that values and times hold */
};

static int fail(const struct fc_times *s, enum fc_status status, const char *doing, cl_int code,
                struct fc_error *error)
{
    return fc_fail(error, status, "OpenCL device '%s' failed while %s (%s)", s->info.name, doing,
                   fc_opencl_code(code));
}

static void close_session(struct fc_times *s)
{
    if (!s)
        return;
    cl_mem memories[] = {s->plans, s->which, s->values, s->times};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i])
            s->cl->release_mem_object(memories[i]);
    if (s->kernel)
        s->cl->release_kernel(s->kernel);
    if (s->program)
        s->cl->release_program(s->program);
    if (s->queue)
        s->cl->release_command_queue(s->queue);
    if (s->context)
        s->cl->release_context(s->context);
    free(s);
}

static int allocate(struct fc_times *s, cl_mem *memory, cl_mem_flags flags, size_t bytes, void *content,
                    struct fc_error *error)
{
    cl_int code = CL_SUCCESS;
    if (*memory)
        s->cl->release_mem_object(*memory);
    *memory =
        s->cl->create_buffer(s->context, flags | (content ? CL_MEM_COPY_HOST_PTR : 0), bytes, content, &code);
    return *memory ? 0 : fail(s, FC_FAULT, "allocating memory", code, error);
}

/* Plans and tables, which do not change. */
static int send_job(struct fc_times *s, struct fc_error *error)
{
    const struct fc_times_job *job = &s->job;
    struct fc_step_program *plans = malloc((job->plan_count + 1) * sizeof *plans);
    if (!plans)
        return fc_fail(error, FC_FAULT, "out of memory for the step times");
    for (size_t p = 0; p < job->plan_count; p++)
        plans[p] = *job->plans[p];
    /* the copy does not write to it */
    int(*which)[FC_STEP_JOINT] = (int(*)[FC_STEP_JOINT])(uintptr_t)job->which;
    int status = allocate(s, &s->plans, CL_MEM_READ_ONLY, job->plan_count * sizeof *plans, plans, error);
    if (!status)
        status = allocate(s, &s->which, CL_MEM_READ_ONLY, job->plan_count * sizeof *which, which, error);
    free(plans);
    return status;
}

int fc_times_opencl_open(struct fc_times **session, int device, const struct fc_times_job *job,
                         const struct fc_opencl_settings *settings, struct fc_error *error)
{
    char why[256] = "";
    cl_device_id ids[FC_DEVICES_MAX];
    const struct fc_opencl *cl = fc_opencl_library(why, sizeof why);
    int count = cl ? fc_opencl_devices(cl, ids, FC_DEVICES_MAX, why, sizeof why) : 0;
    *session = NULL;
    if (device < 0 || device >= count || job->plan_count == 0)
        return fc_fail(error, FC_NO_DEVICE, "there is no OpenCL device %d (%s); see flopcast devices", device,
                       count ? "its number is too high" : why);
    struct fc_times *s = calloc(1, sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the step times");
    s->cl = cl;
    s->job = *job;
    fc_opencl_describe(cl, ids[device], &s->info);
    const struct fc_opencl_settings chosen = settings ? *settings : fc_opencl_defaults(cl, ids[device]);
    s->lanes = (size_t)chosen.lanes;
    cl_int code = CL_SUCCESS;
    int status = s->info.refused[0] ? fc_fail(error, FC_NO_DEVICE, "OpenCL device '%s' cannot be used (%s)",
                                              s->info.name, s->info.refused)
                                    : 0;
    if (!status) {
        s->context = cl->create_context(NULL, 1, &ids[device], NULL, NULL, &code);
        if (s->context)
            s->queue = cl->create_command_queue(s->context, ids[device], 0, &code);
        if (!s->queue)
            status = fail(s, FC_NO_DEVICE, "being opened", code, error);
    }
    if (!status)
        status = fc_opencl_build(cl, s->context, ids[device], &chosen, &s->program, error);
    if (!status) {
        s->kernel = cl->create_kernel(s->program, "fc_step_times", &code);
        if (!s->kernel)
            status = fail(s, FC_NO_DEVICE, "looking up its kernel", code, error);
    }
    if (!status)
        status = send_job(s, error);
    if (status)
        close_session(s);
    else
        *session = s;
    return status;
}

static int open_session(struct fc_times **session, int device, const struct fc_times_job *job,
                        struct fc_error *error)
{
    return fc_times_opencl_open(session, device, job, NULL, error);
}

static int run(struct fc_times *s, const float *values, size_t count, float *log_times,
               struct fc_error *error)
{
    size_t in = s->job.values * count * sizeof(float), out = s->job.plan_count * count * sizeof(float);
    if (count == 0)
        return 0;
    if (count > s->room) {
        s->room = 0;
        if (allocate(s, &s->values, CL_MEM_READ_ONLY, in, NULL, error) ||
            allocate(s, &s->times, CL_MEM_WRITE_ONLY, out, NULL, error))
            return -1;
        s->room = count;
    }
    cl_uint worlds = (cl_uint)count;
    const struct {
        size_t size;
        const void *value;
    } arguments[] = {{sizeof s->plans, &s->plans},
                     {sizeof s->which, &s->which},
                     {sizeof s->values, &s->values},
                     {sizeof worlds, &worlds},
                     {sizeof s->times, &s->times}};
    size_t global[2] = {(count + s->lanes - 1) / s->lanes, s->job.plan_count};
    cl_int code = s->cl->enqueue_write_buffer(s->queue, s->values, CL_TRUE, 0, in, values, 0, NULL, NULL);
    for (cl_uint i = 0; i < sizeof arguments / sizeof *arguments && code == CL_SUCCESS; i++)
        code = s->cl->set_kernel_arg(s->kernel, i, arguments[i].size, arguments[i].value);
    if (code == CL_SUCCESS)
        code = s->cl->enqueue_nd_range_kernel(s->queue, s->kernel, 2, NULL, global, NULL, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = s->cl->enqueue_read_buffer(s->queue, s->times, CL_TRUE, 0, out, log_times, 0, NULL, NULL);
    return code == CL_SUCCESS ? 0 : fail(s, FC_FAULT, "computing step times", code, error);
}

const struct fc_times_backend fc_times_opencl = {"opencl", open_session, run, close_session};
#endif
