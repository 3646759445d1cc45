/* worlds_times_cuda.c: step times of many worlds on an NVIDIA GPU (kernel fc_step_times of cuda/trial.cu). */
#include "worlds_times.h"

#include <stdio.h>
#include <stdlib.h>

#include "cuda_driver.h"
#include "host/language/embedded.h"
#include "cuda/model/step/step_program.h"

enum { BLOCK = 128 };

struct fc_times {
    const struct fc_cuda *cuda;
    struct fc_times_job job;
    fc_cuda_device device;
    char name[FC_DEVICE_NAME_BYTES];
    bool retained;
    void *context, *module, *stream, *function;
    fc_cuda_memory plans, which, values, times;
    size_t room; /* worlds that values and times hold */
};

static int fail(const struct fc_times *s, enum fc_status status, const char *doing, fc_cuda_result code,
                struct fc_error *error)
{
    return fc_fail(error, status, "CUDA device '%s' failed while %s (%s)", s->name, doing,
                   fc_cuda_text(s->cuda, code));
}

static void close_session(struct fc_times *s)
{
    if (!s)
        return;
    const fc_cuda_memory memories[] = {s->plans, s->which, s->values, s->times};
    const struct fc_cuda_held held = {s->cuda, s->device, s->retained, s->context, s->module, s->stream};
    fc_cuda_give_back(&held, memories, sizeof memories / sizeof *memories);
    free(s);
}

/* Room on the device, filled from `content` where there is some. */
static int allocate(struct fc_times *s, fc_cuda_memory *memory, size_t bytes, const void *content,
                    struct fc_error *error)
{
    if (*memory)
        s->cuda->memory_free(*memory);
    *memory = 0;
    fc_cuda_result code = s->cuda->memory_allocate(memory, bytes);
    if (!code && content)
        code = s->cuda->copy_to_device(*memory, content, bytes, s->stream);
    if (!code && content)
        code = s->cuda->stream_synchronize(s->stream);
    return code ? fail(s, FC_FAULT, "allocating memory", code, error) : 0;
}

static int prepare(struct fc_times *s, const struct fc_embedded_file *image, struct fc_error *error)
{
    const struct fc_times_job *job = &s->job;
    fc_cuda_result code = s->cuda->stream_create(&s->stream, 1);
    if (!code)
        code = s->cuda->module_load(&s->module, image->data, 0, NULL, NULL);
    if (!code)
        code = s->cuda->module_get_function(&s->function, s->module, "fc_step_times");
    if (code)
        return fail(s, FC_NO_DEVICE, "loading its kernels", code, error);
    struct fc_step_program *plans = malloc((job->plan_count + 1) * sizeof *plans);
    if (!plans)
        return fc_fail(error, FC_FAULT, "out of memory for the step times");
    for (size_t p = 0; p < job->plan_count; p++)
        plans[p] = *job->plans[p];
    int status = allocate(s, &s->plans, job->plan_count * sizeof *plans, plans, error);
    if (!status)
        status = allocate(s, &s->which, job->plan_count * sizeof *job->which, job->which, error);
    free(plans);
    return status;
}

static int open_session(struct fc_times **session, int device, const struct fc_times_job *job,
                        struct fc_error *error)
{
    const struct fc_embedded_file *image = fc_embedded_find("cuda/trial.fatbin");
    char why[256] = "this build has no CUDA kernels (no nvcc when it was built)";
    const struct fc_cuda *cuda = image ? fc_cuda_driver(why, sizeof why) : NULL;
    fc_cuda_device number = 0;
    int count = 0;
    void *old;
    *session = NULL;
    if (!cuda || cuda->device_get_count(&count) || device < 0 || device >= count || job->plan_count == 0 ||
        cuda->device_get(&number, device))
        return fc_fail(error, FC_NO_DEVICE, "there is no CUDA device %d (%s); see flopcast devices", device,
                       cuda ? "the driver does not know it" : why);
    struct fc_times *s = calloc(1, sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the step times");
    s->cuda = cuda;
    s->job = *job;
    s->device = number;
    if (cuda->device_get_name(s->name, sizeof s->name, number))
        snprintf(s->name, sizeof s->name, "CUDA device %d", device);
    fc_cuda_result code = cuda->primary_context_retain(&s->context, number);
    s->retained = !code;
    if (!code)
        code = cuda->context_push(s->context);
    int status = code ? fail(s, FC_NO_DEVICE, "being opened", code, error) : prepare(s, image, error);
    if (!code)
        cuda->context_pop(&old);
    if (status)
        close_session(s);
    else
        *session = s;
    return status;
}

static int run_here(struct fc_times *s, const float *values, size_t count, float *log_times,
                    struct fc_error *error)
{
    size_t in = s->job.values * count * sizeof(float), out = s->job.plan_count * count * sizeof(float);
    if (count > s->room) {
        s->room = 0;
        if (allocate(s, &s->values, in, NULL, error) || allocate(s, &s->times, out, NULL, error))
            return -1;
        s->room = count;
    }
    unsigned worlds = (unsigned)count;
    void *arguments[] = {&s->plans, &s->which, &s->values, &worlds, &s->times};
    fc_cuda_result code = s->cuda->copy_to_device(s->values, values, in, s->stream);
    if (!code)
        code = s->cuda->launch(s->function, (worlds + BLOCK - 1) / BLOCK, (unsigned)s->job.plan_count, 1,
                               BLOCK, 1, 1, 0, s->stream, arguments, NULL);
    if (!code)
        code = s->cuda->copy_to_host(log_times, s->times, out, s->stream);
    if (!code)
        code = s->cuda->stream_synchronize(s->stream);
    return code ? fail(s, FC_FAULT, "computing step times", code, error) : 0;
}

static int run(struct fc_times *s, const float *values, size_t count, float *log_times,
               struct fc_error *error)
{
    void *old;
    if (count == 0)
        return 0;
    fc_cuda_result code = s->cuda->context_push(s->context);
    if (code)
        return fail(s, FC_FAULT, "computing step times", code, error);
    int status = run_here(s, values, count, log_times, error);
    s->cuda->context_pop(&old);
    return status;
}

const struct fc_times_backend fc_times_cuda = {"cuda", open_session, run, close_session};
