/* backend_opencl.c: simulates on an OpenCL device: a GPU, or a CPU through PoCL.
 *
 * A batch is a series of short launches. Each fills rows of metric values, which are counted on the device as
 * well (cuda/reduce.h, docs/decisions/0005); what crosses to the host is the tally of the batch, and samples
 * where asked for. */
#include "opencl.h"

#include <stdio.h>

#ifndef FC_WITH_OPENCL
static int discover(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    (void)devices;
    (void)max;
    snprintf(why, why_size, "this build has no OpenCL (no CL/cl.h when it was built)");
    return 0;
}

const struct fc_backend fc_backend_opencl = {
    .name = "opencl",
    .title = "OpenCL",
    .install = "rebuild flopcast with opencl-headers",
    .api = FC_DEVICE_OPENCL,
    .gpu = FC_KIND_OPENCL_GPU,
    .cpu = FC_KIND_OPENCL_CPU,
    .discover = discover,
};
#else
#include <stdlib.h>
#include <string.h>

#include "host/base/clock.h"
#include "device_tally.h"
#include "fault.h"
#include "launch.h"

/* HOST_COUNTS: most compute units that wait for one thread of the host to add up, a twentieth of their time each. */
enum { LAUNCH_LARGEST = 1 << 20, GROUP = 64, HOST_COUNTS = 4 };

struct fc_session {
    const struct fc_opencl *cl;
    struct fc_device_info info;
    struct fc_opencl_settings settings;
    struct fc_job job;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel trials, tally, indices, slices_tally, known;
    cl_mem program_memory, tables_memory, rows_memory, tally_memory, extremes_memory;
    cl_uint units; /* compute units */
    size_t group;  /* work items of a group in the trials kernel */
    int rows;
    struct fc_launch launch; /* its capacity is the stride of rows_memory */
    size_t slots;            /* launches that extremes_memory holds */
    size_t slices;           /* stretches of a launch that are counted apart */
    bool tally_is_zero;      /* tally_memory holds nothing, as it must before a batch */
    struct fc_tally part;    /* the batch under way */
    float *row;              /* host_counts: a row of a launch */
    uint64_t launches;
};

static int fail(const struct fc_session *s, enum fc_status status, const char *doing, cl_int code,
                struct fc_error *error)
{
    return fc_fail(error, status, "OpenCL device '%s' failed while %s (%s)", s->info.name, doing,
                   fc_opencl_code(code));
}

static int discover(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    const struct fc_opencl *cl = fc_opencl_library(why, why_size);
    if (!cl)
        return 0;
    cl_device_id ids[FC_DEVICES_MAX];
    int count = fc_opencl_devices(cl, ids, max < FC_DEVICES_MAX ? max : FC_DEVICES_MAX, why, why_size);
    for (int i = 0; i < count; i++)
        fc_opencl_describe(cl, ids[i], &devices[i]);
    return count;
}

struct fc_opencl_settings fc_opencl_defaults(const struct fc_opencl *cl, cl_device_id device)
{
    cl_device_type type = 0;
    cl_uint units = 1;
    cl->get_device_info(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    cl->get_device_info(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    if (!(type & CL_DEVICE_TYPE_CPU))
        return (struct fc_opencl_settings){.lanes = 1, .chunk = 1, .use_cache = true};
    /* measured on PoCL 3.1 with AVX-512; a launch keeps its rows in the caches and has work for every core */
    struct fc_opencl_settings cpu = {.lanes = 32, .chunk = 512, .own_tallies = true, .use_cache = true};
    cpu.host_counts = units <= HOST_COUNTS;
    size_t busy = (size_t)units * (size_t)cpu.chunk * 16;
    cpu.launch_trials = busy > 1 << 16 ? busy : 1 << 16;
    return cpu;
}

static void close_session(struct fc_session *s)
{
    if (!s)
        return;
    const struct fc_opencl *cl = s->cl;
    free(s->row);
    cl_mem memories[] = {s->program_memory, s->tables_memory, s->rows_memory, s->tally_memory,
                         s->extremes_memory};
    cl_kernel kernels[] = {s->trials, s->tally, s->indices, s->slices_tally, s->known};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i])
            cl->release_mem_object(memories[i]);
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        if (kernels[i])
            cl->release_kernel(kernels[i]);
    if (s->program)
        cl->release_program(s->program);
    if (s->queue)
        cl->release_command_queue(s->queue);
    if (s->context)
        cl->release_context(s->context);
    fc_tally_free(&s->part);
    free(s);
}

static cl_mem allocate(struct fc_session *s, cl_mem_flags flags, size_t bytes, const void *content,
                       enum fc_status status, struct fc_error *error)
{
    cl_int code = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    cl_mem memory = NULL;
    if (!fc_fault_asked("opencl", "alloc"))
        memory = s->cl->create_buffer(s->context, flags | (content ? CL_MEM_COPY_HOST_PTR : 0), bytes,
                                      (void *)(uintptr_t)content, &code); /* the copy does not write to it */
    if (!memory)
        fc_fail(error, status, "OpenCL device '%s' cannot allocate %.1f MiB (%s); choose another device",
                s->info.name, (double)bytes / (1 << 20), fc_opencl_code(code));
    return memory;
}

/* How many trials one launch may have at most, for the memory of the device. */
static size_t launch_capacity(const struct fc_session *s, cl_device_id device)
{
    cl_ulong largest = 0, total = 0;
    s->cl->get_device_info(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof largest, &largest, NULL);
    s->cl->get_device_info(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof total, &total, NULL);
    cl_ulong bytes = largest < total / 4 ? largest : total / 4;
    size_t fits = (size_t)(bytes / ((cl_ulong)s->rows * sizeof(float)));
    size_t wanted = s->settings.launch_trials ? s->settings.launch_trials : LAUNCH_LARGEST;
    size_t capacity = fits < wanted ? fits : wanted;
    return capacity > FC_LAUNCH_SMALLEST ? capacity : FC_LAUNCH_SMALLEST;
}

static int make_kernels(struct fc_session *s, cl_device_id device, struct fc_error *error)
{
    const struct {
        const char *name;
        cl_kernel *kernel;
    } kernels[] = {
        {"fc_trials", &s->trials},         {"fc_tally", &s->tally},
        {"fc_tally_indices", &s->indices}, {"fc_tally_slices", &s->slices_tally},
        {"fc_known_words", &s->known},
    };
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        cl_int code = CL_SUCCESS;
        *kernels[i].kernel = s->cl->create_kernel(s->program, kernels[i].name, &code);
        if (!*kernels[i].kernel)
            return fc_fail(error, FC_NO_DEVICE, "OpenCL device '%s' has no kernel %s (%s)", s->info.name,
                           kernels[i].name, fc_opencl_code(code));
    }
    size_t largest = GROUP;
    if (s->settings.lanes == 1)
        s->cl->get_kernel_work_group_info(s->trials, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof largest,
                                          &largest, NULL);
    s->group = s->settings.lanes > 1 ? 1 : largest < GROUP ? largest : GROUP;
    return 0;
}

static int make_memory(struct fc_session *s, cl_device_id device, struct fc_error *error)
{
    const float no_table = 0.0f;
    const float *tables = s->job.table_floats ? s->job.tables : &no_table;
    size_t table_floats = s->job.table_floats ? s->job.table_floats : 1;
    size_t capacity = launch_capacity(s, device);
    s->launch = fc_launch_start(s->settings.launch_trials ? capacity : 1 << 16, capacity);
    s->program_memory =
        allocate(s, CL_MEM_READ_ONLY, sizeof *s->job.program, s->job.program, FC_NO_DEVICE, error);
    if (!s->program_memory)
        return -1;
    s->tables_memory =
        allocate(s, CL_MEM_READ_ONLY, table_floats * sizeof(float), tables, FC_NO_DEVICE, error);
    if (!s->tables_memory)
        return -1;
    s->rows_memory = allocate(s, CL_MEM_READ_WRITE, s->launch.capacity * (size_t)s->rows * sizeof(float),
                              NULL, FC_NO_DEVICE, error);
    if (!s->rows_memory)
        return -1;
    if (s->settings.host_counts) {
        s->row = malloc(s->launch.capacity * sizeof *s->row);
        if (!s->row)
            return fc_fail(error, FC_FAULT, "out of memory for the OpenCL backend");
        return fc_tally_create(&s->part, s->job.program->metrics, s->rows, error);
    }
    s->slices = s->settings.own_tallies ? (2 * (size_t)s->units + (size_t)s->rows - 1) / (size_t)s->rows : 1;
    s->tally_memory =
        allocate(s, CL_MEM_READ_WRITE, fc_device_tally_words(s->rows, s->slices) * sizeof(cl_uint), NULL,
                 FC_NO_DEVICE, error);
    return s->tally_memory ? fc_tally_create(&s->part, s->job.program->metrics, s->rows, error) : -1;
}

int fc_opencl_open(struct fc_session **session, int device, const struct fc_job *job,
                   const struct fc_host *host, const struct fc_opencl_settings *settings,
                   struct fc_error *error)
{
    (void)host; /* what runs on the host is little */
    *session = NULL;
    char why[256];
    cl_device_id ids[FC_DEVICES_MAX];
    const struct fc_opencl *cl = fc_opencl_library(why, sizeof why);
    int count = cl ? fc_opencl_devices(cl, ids, FC_DEVICES_MAX, why, sizeof why) : 0;
    if (device < 0 || device >= count)
        return fc_fail(error, FC_NO_DEVICE, "there is no OpenCL device %d (%s); see flopcast devices", device,
                       count ? "its number is too high" : why);
    struct fc_session *s = calloc(1, sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the OpenCL backend");
    s->cl = cl;
    s->job = *job;
    s->rows = job->program->metric_count;
    s->settings = settings ? *settings : fc_opencl_defaults(cl, ids[device]);
    fc_opencl_describe(cl, ids[device], &s->info);
    if (s->info.refused[0]) {
        fc_fail(error, FC_NO_DEVICE, "OpenCL device '%s' cannot be used (%s); choose another device",
                s->info.name, s->info.refused);
        goto failed;
    }
    if (cl->get_device_info(ids[device], CL_DEVICE_MAX_COMPUTE_UNITS, sizeof s->units, &s->units, NULL) !=
        CL_SUCCESS)
        s->units = 1;
    cl_int code = CL_SUCCESS;
    s->context = cl->create_context(NULL, 1, &ids[device], NULL, NULL, &code);
    if (s->context)
        s->queue = cl->create_command_queue(s->context, ids[device], 0, &code);
    if (!s->queue) {
        fail(s, FC_NO_DEVICE, "being opened", code, error);
        goto failed;
    }
    if (fc_opencl_build(cl, s->context, ids[device], &s->settings, &s->program, error) ||
        make_kernels(s, ids[device], error) || make_memory(s, ids[device], error))
        goto failed;
    *session = s;
    return 0;
failed:
    close_session(s);
    return -1;
}

static int open_session(struct fc_session **session, int device, const struct fc_job *job,
                        const struct fc_host *host, struct fc_error *error)
{
    return fc_opencl_open(session, device, job, host, NULL, error);
}

/* One argument of a kernel. */
struct argument {
    size_t size;
    const void *value;
};

static int enqueue(struct fc_session *s, cl_kernel kernel, const struct argument *arguments, cl_uint count,
                   const size_t global[2], const size_t local[2], struct fc_error *error)
{
    cl_int code = CL_SUCCESS;
    for (cl_uint i = 0; i < count && code == CL_SUCCESS; i++)
        code = s->cl->set_kernel_arg(kernel, i, arguments[i].size, arguments[i].value);
    if (code == CL_SUCCESS)
        code = s->cl->enqueue_nd_range_kernel(s->queue, kernel, 2, NULL, global, local, 0, NULL, NULL);
    s->launches++;
    return code == CL_SUCCESS ? 0 : fail(s, FC_FAULT, "starting a kernel", code, error);
}

static int start_trials(struct fc_session *s, uint64_t first, size_t count, struct fc_error *error)
{
    cl_ulong seed = s->job.seed, first_trial = first;
    cl_uint trials = (cl_uint)count, stride = (cl_uint)s->launch.capacity;
    size_t chunks = (count + (size_t)s->settings.chunk - 1) / (size_t)s->settings.chunk;
    size_t groups = (chunks + s->group - 1) / s->group;
    size_t most = (size_t)s->units * 32;
    size_t global[2] = {(groups < most ? groups : most) * s->group, 1}, local[2] = {s->group, 1};
    const struct argument arguments[] = {
        {sizeof s->program_memory, &s->program_memory},
        {sizeof s->tables_memory, &s->tables_memory},
        {sizeof seed, &seed},
        {sizeof first_trial, &first_trial},
        {sizeof trials, &trials},
        {sizeof stride, &stride},
        {sizeof s->rows_memory, &s->rows_memory},
    };
    return enqueue(s, s->trials, arguments, 7, global, local, error);
}

/* Counts the rows of a launch on the device; `base` is its first trial, from the start of the batch. */
static int start_tally(struct fc_session *s, size_t count, uint64_t base, size_t slot, struct fc_error *error)
{
    cl_uint trials = (cl_uint)count, stride = (cl_uint)s->launch.capacity, index = (cl_uint)base;
    cl_uint slot_at = (cl_uint)fc_device_extremes_words(s->rows, s->slices, slot);
    if (s->settings.own_tallies) {
        size_t items[2] = {s->slices, (size_t)s->rows}, one[2] = {1, 1};
        const struct argument slices[] = {
            {sizeof s->rows_memory, &s->rows_memory},
            {sizeof stride, &stride},
            {sizeof trials, &trials},
            {sizeof index, &index},
            {sizeof s->tally_memory, &s->tally_memory},
            {sizeof s->extremes_memory, &s->extremes_memory},
            {sizeof slot_at, &slot_at},
        };
        return enqueue(s, s->slices_tally, slices, 7, items, one, error);
    }
    size_t groups = (count / 64 + GROUP - 1) / GROUP; /* 64 values an item */
    size_t most = (size_t)s->units * 16;
    groups = groups < 1 ? 1 : groups > most ? most : groups;
    size_t global[2] = {groups * GROUP, (size_t)s->rows}, local[2] = {GROUP, 1};
    const struct argument tally[] = {
        {sizeof s->rows_memory, &s->rows_memory},
        {sizeof stride, &stride},
        {sizeof trials, &trials},
        {sizeof s->tally_memory, &s->tally_memory},
        {sizeof s->extremes_memory, &s->extremes_memory},
        {sizeof slot_at, &slot_at},
    };
    const struct argument indices[] = {
        {sizeof s->rows_memory, &s->rows_memory},
        {sizeof stride, &stride},
        {sizeof trials, &trials},
        {sizeof index, &index},
        {sizeof s->extremes_memory, &s->extremes_memory},
        {sizeof slot_at, &slot_at},
    };
    if (enqueue(s, s->tally, tally, 6, global, local, error))
        return -1;
    return enqueue(s, s->indices, indices, 6, global, local, error);
}

static int copy_samples(struct fc_session *s, size_t count, uint64_t base, uint64_t batch, float *samples,
                        struct fc_error *error)
{
    for (int r = 0; r < s->rows; r++) {
        cl_int code = s->cl->enqueue_read_buffer(
            s->queue, s->rows_memory, CL_TRUE, (size_t)r * s->launch.capacity * sizeof(float),
            count * sizeof(float), samples + (uint64_t)r * batch + base, 0, NULL, NULL);
        if (code != CL_SUCCESS)
            return fail(s, FC_FAULT, "reading samples", code, error);
    }
    return 0;
}

static int finish(struct fc_session *s, struct fc_error *error)
{
    cl_int code = s->cl->finish(s->queue);
    return code == CL_SUCCESS ? 0 : fail(s, FC_FAULT, "simulating trials", code, error);
}

static int zero_tally(struct fc_session *s, size_t at, size_t words, struct fc_error *error)
{
    cl_uint zero = 0;
    cl_int code = s->cl->enqueue_fill_buffer(s->queue, s->tally_memory, &zero, sizeof zero, at * sizeof zero,
                                             words * sizeof zero, 0, NULL, NULL);
    return code == CL_SUCCESS ? 0 : fail(s, FC_FAULT, "clearing its counts", code, error);
}

/* Makes room for the extremes of `launches` launches; the tallies are zero already but after an error. */
static int begin_tally(struct fc_session *s, size_t launches, struct fc_error *error)
{
    size_t words = fc_device_extremes_words(s->rows, s->slices, launches);
    if (launches > s->slots) {
        if (s->extremes_memory)
            s->cl->release_mem_object(s->extremes_memory);
        s->slots = 0;
        s->extremes_memory = allocate(s, CL_MEM_READ_WRITE, words * sizeof(cl_uint), NULL, FC_FAULT, error);
        if (!s->extremes_memory)
            return -1;
        s->slots = launches;
    }
    uint32_t *start = malloc(words * sizeof *start);
    if (!start)
        return fc_fail(error, FC_FAULT, "out of memory for the OpenCL backend");
    fc_device_extremes_clear(start, words);
    cl_int code = s->cl->enqueue_write_buffer(s->queue, s->extremes_memory, CL_TRUE, 0, words * sizeof *start,
                                              start, 0, NULL, NULL);
    free(start);
    if (code != CL_SUCCESS)
        return fail(s, FC_FAULT, "starting a batch", code, error);
    if (s->tally_is_zero)
        return 0;
    return zero_tally(s, 0, fc_device_tally_words(s->rows, s->slices), error);
}

/* A fc_device_tally_take. */
static int take_tally(void *context, size_t at, size_t words, uint32_t *to, struct fc_error *error)
{
    struct fc_session *s = context;
    cl_int code = s->cl->enqueue_read_buffer(s->queue, s->tally_memory, CL_TRUE, at * sizeof *to,
                                             words * sizeof *to, to, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        return fail(s, FC_FAULT, "reading its counts", code, error);
    return zero_tally(s, at, words, error);
}

/* Reads the device's tally and adds it to `into`. */
static int end_tally(struct fc_session *s, uint64_t first, uint64_t count, size_t launches,
                     struct fc_tally *into, struct fc_error *error)
{
    size_t words = fc_device_extremes_words(s->rows, s->slices, launches);
    uint32_t *extremes = malloc(words * sizeof *extremes);
    if (!extremes)
        return fc_fail(error, FC_FAULT, "out of memory for the OpenCL backend");
    int status = 0;
    cl_int code = s->cl->enqueue_read_buffer(s->queue, s->extremes_memory, CL_TRUE, 0,
                                             words * sizeof *extremes, extremes, 0, NULL, NULL);
    if (code != CL_SUCCESS)
        status = fail(s, FC_FAULT, "reading its counts", code, error);
    if (!status)
        status = fc_device_tally_collect(&s->part, first, count, extremes, s->slices, launches, take_tally, s,
                                         error);
    s->tally_is_zero = !status;
    if (!status)
        status = fc_tally_merge(into, &s->part, error);
    fc_tally_clear(&s->part);
    free(extremes);
    return status;
}

/* Adds the rows of a launch, whose first trial is `first`, to the tally of the batch. */
static int count_here(struct fc_session *s, uint64_t first, size_t count, struct fc_error *error)
{
    for (int r = 0; r < s->rows; r++) {
        cl_int code = s->cl->enqueue_read_buffer(s->queue, s->rows_memory, CL_TRUE,
                                                 (size_t)r * s->launch.capacity * sizeof(float),
                                                 count * sizeof(float), s->row, 0, NULL, NULL);
        if (code != CL_SUCCESS)
            return fail(s, FC_FAULT, "simulating trials", code, error);
        fc_tally_add(&s->part, r, s->row, count, first);
    }
    return 0;
}

/* Adds what count_here has added up to `into`. */
static int end_here(struct fc_session *s, uint64_t first, uint64_t count, struct fc_tally *into,
                    struct fc_error *error)
{
    int status = fc_tally_cover(into, first, count, error) || fc_tally_merge(into, &s->part, error) ? -1 : 0;
    fc_tally_clear(&s->part);
    return status;
}

static int run(struct fc_session *s, uint64_t first, uint64_t count, struct fc_tally *into, float *samples,
               struct fc_error *error)
{
    bool here_counted = s->settings.host_counts;
    if (count == 0)
        return 0;
    if (count > UINT32_MAX)
        return fc_fail(error, FC_BAD_INPUT, "a batch of the OpenCL backend holds at most %u trials",
                       UINT32_MAX);
    fc_launch_batch(&s->launch);
    if (here_counted)
        fc_tally_clear(&s->part);
    else if (begin_tally(s, (size_t)((count + s->launch.trials - 1) / s->launch.trials), error))
        return -1;
    s->tally_is_zero = false;
    static atomic_ulong batches, answered;
    fc_fault_hang("opencl", &answered);
    bool lost = fc_fault_lost("opencl", &batches);
    size_t launches = 0;
    for (uint64_t at = 0; at < count; launches++) {
        size_t here = (size_t)(count - at < s->launch.trials ? count - at : s->launch.trials);
        double start_s = fc_clock_s();
        if (start_trials(s, first + at, here, error) ||
            (here_counted ? count_here(s, first + at, here, error)
                          : start_tally(s, here, at, launches, error)) ||
            (samples && copy_samples(s, here, at, count, samples, error)) || finish(s, error))
            return -1;
        if (lost)
            return fail(s, FC_FAULT, "simulating trials", CL_DEVICE_NOT_AVAILABLE, error);
        if (here == s->launch.trials)
            fc_launch_took(&s->launch, fc_clock_s() - start_s);
        at += here;
    }
    return here_counted ? end_here(s, first, count, into, error)
                        : end_tally(s, first, count, launches, into, error);
}

static uint64_t largest_batch(const struct fc_session *session)
{
    (void)session;
    return (uint64_t)1 << 24;
}

int fc_opencl_known_words(struct fc_session *s, uint64_t seed, uint32_t count, const uint32_t *counters,
                          uint32_t *words, struct fc_error *error)
{
    size_t bytes = (size_t)count * 4 * sizeof *words;
    size_t one[2] = {1, 1};
    int status = -1;
    cl_ulong key = seed;
    cl_uint n = count;
    cl_mem in = allocate(s, CL_MEM_READ_ONLY, bytes, counters, FC_FAULT, error);
    cl_mem out = in ? allocate(s, CL_MEM_WRITE_ONLY, bytes, NULL, FC_FAULT, error) : NULL;
    if (!out)
        goto done;
    const struct argument arguments[] = {
        {sizeof key, &key}, {sizeof n, &n}, {sizeof in, &in}, {sizeof out, &out}};
    if (enqueue(s, s->known, arguments, 4, one, one, error))
        goto done;
    cl_int code = s->cl->enqueue_read_buffer(s->queue, out, CL_TRUE, 0, bytes, words, 0, NULL, NULL);
    status = code == CL_SUCCESS ? 0 : fail(s, FC_FAULT, "drawing known random words", code, error);
done:
    if (in)
        s->cl->release_mem_object(in);
    if (out)
        s->cl->release_mem_object(out);
    return status;
}

uint64_t fc_opencl_launches(const struct fc_session *session)
{
    return session->launches;
}

const struct fc_backend fc_backend_opencl = {
    .name = "opencl",
    .title = "OpenCL",
    .install = "install an OpenCL driver: pocl-opencl-icd for the CPU, or that of the GPU",
    .api = FC_DEVICE_OPENCL,
    .gpu = FC_KIND_OPENCL_GPU,
    .cpu = FC_KIND_OPENCL_CPU,
    .discover = discover,
    .open = open_session,
    .run = run,
    .largest_batch = largest_batch,
    .close = close_session,
};
#endif
