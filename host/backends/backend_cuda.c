/* backend_cuda.c: simulates on an NVIDIA GPU through the driver API, with the kernels of cuda/trial.cu that
 * the program carries for each architecture (and as PTX for later ones).
 *
 * As with OpenCL, a batch is a series of short launches whose rows of metric values are counted on the device
 * (cuda/reduce.h); the tally of the batch, and samples where asked for, cross to the host. */
#include "cuda_driver.h"
#include "cuda/model/kept.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/base/clock.h"
#include "device_tally.h"
#include "host/language/embedded.h"
#include "fault.h"
#include "launch.h"

enum {
    LAUNCH_FIRST = 1 << 16, /* where a launch must not take long */
    LAUNCH_LARGEST = 1 << 22,
    ROUNDS =
        16, /* trials for every thread that the device holds, at least, so that long runs do not decide */
    TALLY_BLOCK = 256,
    VALUES_PER_THREAD = 64,
    LOG_BYTES = 1500
};

/* A kernel over trials: its block size, and the blocks that fill the device. */
struct kernel {
    void *function;
    unsigned block, grid;
};

struct fc_session {
    const struct fc_cuda *cuda;
    fc_cuda_device device;
    char name[FC_DEVICE_NAME_BYTES];
    struct fc_job job;
    int rows;
    bool retained;
    void *context, *module, *stream;
    struct kernel begin, runs,
        end; /* the three passes of cuda/passes.h; no function: the job has no such pass */
    void *tally, *indices, *known; /* functions */
    unsigned multiprocessors;
    bool watched; /* the device also draws a display: a kernel that takes seconds is ended by its watchdog */
    fc_cuda_memory program_memory, tables_memory, rows_memory, tally_memory, extremes_memory;
    fc_cuda_memory kept_memory,
        next_memory;         /* between the passes: trials, and the first one that is not taken */
    struct fc_launch launch; /* its capacity is the stride of rows_memory */
    size_t slots;            /* launches that extremes_memory holds */
    bool tally_is_zero;      /* as it must be before a batch */
    struct fc_tally part;    /* the batch under way */
    uint64_t launches;
};

static int fail(const struct fc_session *s, enum fc_status status, const char *doing, fc_cuda_result code,
                struct fc_error *error)
{
    return fc_fail(error, status, "CUDA device '%s' failed while %s (%s)", s->name, doing,
                   fc_cuda_text(s->cuda, code));
}

static const struct fc_embedded_file *kernels(void)
{
    return fc_embedded_find("cuda/trial.fatbin");
}

/* --- devices
 * ---------------------------------------------------------------------------------------------------------
 */

static int attribute(const struct fc_cuda *cuda, fc_cuda_device device, int what)
{
    int value = 0;
    return cuda->device_get_attribute(&value, what, device) ? 0 : value;
}

static void describe(const struct fc_cuda *cuda, fc_cuda_device device, struct fc_device_info *info)
{
    *info = (struct fc_device_info){.is_gpu = true};
    if (cuda->device_get_name(info->name, sizeof info->name, device))
        snprintf(info->name, sizeof info->name, "CUDA device %d", device);
    int version = 0;
    cuda->driver_get_version(&version);
    int major = attribute(cuda, device, FC_CUDA_CAPABILITY_MAJOR);
    int minor = attribute(cuda, device, FC_CUDA_CAPABILITY_MINOR);
    snprintf(info->driver, sizeof info->driver, "driver for CUDA %d.%d, sm_%d%d", version / 1000,
             version % 1000 / 10, major, minor);
    char pci[32] = "";
    info->has_pci =
        !cuda->device_get_pci_bus_id(pci, sizeof pci, device) && fc_pci_address_read(pci, &info->pci);
    if (major < 8)
        snprintf(info->refused, sizeof info->refused, "its compute capability %d.%d is below 8.0", major,
                 minor);
}

static int discover(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    int count = 0;
    if (!kernels()) {
        snprintf(why, why_size, "this build has no CUDA kernels (no nvcc when it was built)");
        return 0;
    }
    const struct fc_cuda *cuda = fc_cuda_driver(why, why_size);
    if (!cuda)
        return 0;
    fc_cuda_result code = cuda->device_get_count(&count);
    if (code || count == 0) {
        snprintf(why, why_size, "the NVIDIA driver finds no device (%s)",
                 code ? fc_cuda_text(cuda, code) : "none is visible");
        return 0;
    }
    int found = 0;
    for (int i = 0; i < count && found < max; i++) {
        fc_cuda_device device;
        if (!cuda->device_get(&device, i))
            describe(cuda, device, &devices[found++]);
    }
    return found;
}

/* --- opening and closing
 * --------------------------------------------------------------------------------------------- */

static void close_session(struct fc_session *s)
{
    if (!s)
        return;
    const fc_cuda_memory memories[] = {s->program_memory,  s->tables_memory, s->rows_memory, s->tally_memory,
                                       s->extremes_memory, s->kept_memory,   s->next_memory};
    const struct fc_cuda_held held = {s->cuda, s->device, s->retained, s->context, s->module, s->stream};
    fc_cuda_give_back(&held, memories, sizeof memories / sizeof *memories);
    fc_tally_free(&s->part);
    free(s);
}

static fc_cuda_memory allocate(struct fc_session *s, size_t bytes, enum fc_status status,
                               struct fc_error *error)
{
    fc_cuda_memory memory = 0;
    fc_cuda_result code = FC_CUDA_OUT_OF_MEMORY;
    if (!fc_fault_asked("cuda", "alloc"))
        code = s->cuda->memory_allocate(&memory, bytes);
    if (code) {
        fc_fail(error, status, "CUDA device '%s' cannot allocate %.1f MiB (%s); choose another device",
                s->name, (double)bytes / (1 << 20), fc_cuda_text(s->cuda, code));
        return 0;
    }
    return memory;
}

/* Bytes that the passes keep of a trial; 0: the job has one pass only. */
static size_t kept_bytes(const struct fc_session *s)
{
    return s->job.program->layers & (FC_LAYER_STEP | FC_LAYER_RUN) ? sizeof(struct fc_trial_kept) : 0;
}

static int measure(struct fc_session *s, struct kernel *kernel, struct fc_error *error)
{
    int grid = 0, block = 0;
    fc_cuda_result code = s->cuda->occupancy(&grid, &block, kernel->function, NULL, 0, 0);
    if (code || grid < 1 || block < 1)
        return fail(s, FC_NO_DEVICE, "querying its launch size", code, error);
    kernel->block = (unsigned)block;
    kernel->grid = (unsigned)grid;
    return 0;
}

static int load_kernels(struct fc_session *s, struct fc_error *error)
{
    char log[LOG_BYTES] = "";
    int names[] = {FC_CUDA_JIT_ERROR_LOG, FC_CUDA_JIT_ERROR_LOG_BYTES};
    void *values[] = {log, (void *)(uintptr_t)(sizeof log - 1)};
    const void *image = fc_fault_asked("cuda", "build") ? "fault on purpose" : (const void *)kernels()->data;
    fc_cuda_result code = s->cuda->module_load(&s->module, image, 2, names, values);
    if (code) {
        s->module = NULL;
        return fc_fail(error, FC_NO_DEVICE, "the kernels do not load on CUDA device '%s' (%s)%s%s", s->name,
                       fc_cuda_text(s->cuda, code), log[0] ? "; its compiler says:\n" : "", log);
    }
    const struct fc_program *program = s->job.program;
    static const char *const run_kernels[] = {
        "fc_runs_plain", "fc_runs_detailed",
        "fc_runs_levels"}; /* FC_MODE_...: a run holds no registers for what it does not use */
    const struct {
        const char *name;
        void **function;
        struct kernel *trials; /* whose function it is, if any */
    } functions[] = {
        {kept_bytes(s) ? "fc_begin" : NULL, &s->begin.function, &s->begin},
        {program->layers & FC_LAYER_RUN ? run_kernels[fc_run_mode(&program->run)] : NULL, &s->runs.function,
         &s->runs},
        {"fc_end", &s->end.function, &s->end},
        {"fc_tally", &s->tally, NULL},
        {"fc_tally_indices", &s->indices, NULL},
        {"fc_known_words", &s->known, NULL},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!functions[i].name)
            continue;
        code = s->cuda->module_get_function(functions[i].function, s->module, functions[i].name);
        if (code)
            return fail(s, FC_NO_DEVICE, "looking up its kernels", code, error);
        if (functions[i].trials && measure(s, functions[i].trials, error))
            return -1;
    }
    return 0;
}

/* Copies to the device and waits. */
static int upload(struct fc_session *s, fc_cuda_memory to, const void *from, size_t bytes,
                  enum fc_status status, struct fc_error *error)
{
    fc_cuda_result code = s->cuda->copy_to_device(to, from, bytes, s->stream);
    if (!code)
        code = s->cuda->stream_synchronize(s->stream);
    return code ? fail(s, status, "copying data to it", code, error) : 0;
}

static int make_memory(struct fc_session *s, struct fc_error *error)
{
    const struct fc_program *program = s->job.program;
    size_t table_bytes = s->job.table_floats * sizeof(float);
    s->program_memory = allocate(s, sizeof *program, FC_NO_DEVICE, error);
    if (!s->program_memory || upload(s, s->program_memory, program, sizeof *program, FC_NO_DEVICE, error))
        return -1;
    s->tables_memory = allocate(s, table_bytes + sizeof(float), FC_NO_DEVICE, error);
    if (!s->tables_memory ||
        (table_bytes && upload(s, s->tables_memory, s->job.tables, table_bytes, FC_NO_DEVICE, error)))
        return -1;
    s->tally_memory = allocate(s, fc_device_tally_words(s->rows, 1) * sizeof(uint32_t), FC_NO_DEVICE, error);
    if (!s->tally_memory)
        return -1;
    size_t room = 0, total = 0, row_bytes = (size_t)s->rows * sizeof(float);
    fc_cuda_result code = s->cuda->memory_get_info(&room, &total);
    if (code)
        return fail(s, FC_NO_DEVICE, "querying its memory", code, error);
    size_t fits = room / 4 / (row_bytes + kept_bytes(s)),
           capacity = fits < LAUNCH_LARGEST ? fits : LAUNCH_LARGEST;
    if (capacity < FC_LAUNCH_SMALLEST)
        capacity = FC_LAUNCH_SMALLEST;
    s->launch = fc_launch_start(s->watched ? LAUNCH_FIRST : capacity, capacity);
    s->rows_memory = allocate(s, capacity * row_bytes, FC_NO_DEVICE, error);
    if (!s->rows_memory)
        return -1;
    if (kept_bytes(s)) {
        s->kept_memory = allocate(s, capacity * kept_bytes(s), FC_NO_DEVICE, error);
        s->next_memory = s->kept_memory ? allocate(s, sizeof(uint32_t), FC_NO_DEVICE, error) : 0;
        if (!s->next_memory)
            return -1;
    }
    return fc_tally_create(&s->part, program->metrics, s->rows, error);
}

static int prepare(struct fc_session *s, struct fc_error *error)
{
    void *old;
    fc_cuda_result code = s->cuda->primary_context_retain(&s->context, s->device);
    if (code)
        return fail(s, FC_NO_DEVICE, "being opened", code, error);
    s->retained = true;
    code = s->cuda->context_push(s->context);
    if (code)
        return fail(s, FC_NO_DEVICE, "being opened", code, error);
    int status = 0;
    const unsigned non_blocking = 1;
    code = s->cuda->stream_create(&s->stream, non_blocking);
    if (code)
        status = fail(s, FC_NO_DEVICE, "being opened", code, error);
    if (!status)
        status = load_kernels(s, error);
    if (!status)
        status = make_memory(s, error);
    s->cuda->context_pop(&old);
    return status;
}

static int open_session(struct fc_session **session, int device, const struct fc_job *job,
                        const struct fc_host *host, struct fc_error *error)
{
    (void)host; /* what runs on the host is little */
    *session = NULL;
    char why[256] = "this build has no CUDA kernels";
    int count = 0;
    const struct fc_cuda *cuda = kernels() ? fc_cuda_driver(why, sizeof why) : NULL;
    fc_cuda_device number = 0;
    if (cuda && (cuda->device_get_count(&count) || device < 0 || device >= count ||
                 cuda->device_get(&number, device))) {
        snprintf(why, sizeof why, "the driver knows %d", count);
        cuda = NULL;
    }
    if (!cuda)
        return fc_fail(error, FC_NO_DEVICE, "there is no CUDA device %d (%s); see flopcast devices", device,
                       why);
    struct fc_session *s = calloc(1, sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the CUDA backend");
    struct fc_device_info info;
    describe(cuda, number, &info);
    s->cuda = cuda;
    s->device = number;
    s->job = *job;
    s->rows = job->program->metric_count;
    s->multiprocessors = (unsigned)attribute(cuda, number, FC_CUDA_MULTIPROCESSORS);
    s->watched = attribute(cuda, number, FC_CUDA_KERNEL_EXEC_TIMEOUT);
    snprintf(s->name, sizeof s->name, "%s", info.name);
    int status = 0;
    if (info.refused[0])
        status = fc_fail(error, FC_NO_DEVICE, "CUDA device '%s' cannot be used (%s); choose another device",
                         s->name, info.refused);
    if (!status)
        status = prepare(s, error);
    if (status) {
        close_session(s);
        return status;
    }
    *session = s;
    return 0;
}

/* --- running
 * ---------------------------------------------------------------------------------------------------------
 */

static int start(struct fc_session *s, void *function, unsigned grid_x, unsigned grid_y, unsigned block,
                 void **arguments, struct fc_error *error)
{
    fc_cuda_result code =
        s->cuda->launch(function, grid_x, grid_y, 1, block, 1, 1, 0, s->stream, arguments, NULL);
    s->launches++;
    return code ? fail(s, FC_FAULT, "starting a kernel", code, error) : 0;
}

/* So many blocks as the trials need, but not more than give every thread a few: a thread goes through its trials. */
static int start_pass(struct fc_session *s, const struct kernel *kernel, unsigned rounds, unsigned trials,
                      void **arguments, struct fc_error *error)
{
    unsigned blocks = (trials + kernel->block - 1) / kernel->block, most = kernel->grid * rounds;
    return start(s, kernel->function, blocks < most ? blocks : most, 1, kernel->block, arguments, error);
}

/* The passes that the job has over `count` trials. */
static int start_trials(struct fc_session *s, uint64_t first, size_t count, struct fc_error *error)
{
    unsigned long long seed = s->job.seed, first_trial = first;
    unsigned trials = (unsigned)count, stride = (unsigned)s->launch.capacity;
    void *begin[] = {&s->program_memory, &s->tables_memory, &seed, &first_trial, &trials, &s->kept_memory};
    void *runs[] = {&s->program_memory, &s->tables_memory, &seed, &first_trial, &trials,
                    &s->kept_memory,    &s->next_memory};
    void *end[] = {&s->program_memory, &s->tables_memory, &seed,          &first_trial, &trials,
                   &s->kept_memory,    &stride,           &s->rows_memory};
    if (s->begin.function && start_pass(s, &s->begin, 8, trials, begin, error))
        return -1;
    if (s->runs.function) {
        fc_cuda_result code = s->cuda->set_words(s->next_memory, 0, 1, s->stream);
        if (code)
            return fail(s, FC_FAULT, "starting a kernel", code, error);
        if (start_pass(s, &s->runs, 1, trials, runs, error))
            return -1;
    }
    return start_pass(s, &s->end, 8, trials, end, error);
}

/* Counts the rows of a launch; `base` is its first trial, from the start of the batch. */
static int start_tally(struct fc_session *s, size_t count, uint64_t base, size_t slot, struct fc_error *error)
{
    unsigned trials = (unsigned)count, stride = (unsigned)s->launch.capacity, index = (unsigned)base;
    unsigned slot_at = (unsigned)fc_device_extremes_words(s->rows, 1, slot);
    unsigned blocks = (trials + VALUES_PER_THREAD * TALLY_BLOCK - 1) / (VALUES_PER_THREAD * TALLY_BLOCK);
    unsigned most = s->multiprocessors * 8;
    blocks = blocks < most || most == 0 ? blocks : most;
    void *tally[] = {&s->rows_memory, &stride, &trials, &s->tally_memory, &s->extremes_memory, &slot_at};
    void *indices[] = {&s->rows_memory, &stride, &trials, &index, &s->extremes_memory, &slot_at};
    if (start(s, s->tally, blocks, (unsigned)s->rows, TALLY_BLOCK, tally, error))
        return -1;
    return start(s, s->indices, blocks, (unsigned)s->rows, TALLY_BLOCK, indices, error);
}

/* Copies to the host and waits. */
static int download(struct fc_session *s, void *to, fc_cuda_memory from, size_t bytes, struct fc_error *error)
{
    fc_cuda_result code = s->cuda->copy_to_host(to, from, bytes, s->stream);
    if (!code)
        code = s->cuda->stream_synchronize(s->stream);
    return code ? fail(s, FC_FAULT, "reading its results", code, error) : 0;
}

static int copy_samples(struct fc_session *s, size_t count, uint64_t base, uint64_t batch, float *samples,
                        struct fc_error *error)
{
    for (int r = 0; r < s->rows; r++)
        if (download(s, samples + (uint64_t)r * batch + base,
                     s->rows_memory + (size_t)r * s->launch.capacity * sizeof(float), count * sizeof(float),
                     error))
            return -1;
    return 0;
}

static int zero_tally(struct fc_session *s, size_t at, size_t words, struct fc_error *error)
{
    fc_cuda_result code = s->cuda->set_words(s->tally_memory + at * sizeof(uint32_t), 0, words, s->stream);
    return code ? fail(s, FC_FAULT, "clearing its counts", code, error) : 0;
}

/* Makes room for the extremes of `launches` launches; the tallies are zero already but at first and after an
 * error. */
static int begin_tally(struct fc_session *s, size_t launches, struct fc_error *error)
{
    size_t words = fc_device_extremes_words(s->rows, 1, launches);
    if (launches > s->slots) {
        if (s->extremes_memory)
            s->cuda->memory_free(s->extremes_memory);
        s->slots = 0;
        s->extremes_memory = allocate(s, words * sizeof(uint32_t), FC_FAULT, error);
        if (!s->extremes_memory)
            return -1;
        s->slots = launches;
    }
    uint32_t *cleared = malloc(words * sizeof *cleared);
    if (!cleared)
        return fc_fail(error, FC_FAULT, "out of memory for the CUDA backend");
    fc_device_extremes_clear(cleared, words);
    int status = upload(s, s->extremes_memory, cleared, words * sizeof *cleared, FC_FAULT, error);
    free(cleared);
    if (!status && !s->tally_is_zero)
        status = zero_tally(s, 0, fc_device_tally_words(s->rows, 1), error);
    return status;
}

/* A fc_device_tally_take. */
static int take_tally(void *context, size_t at, size_t words, uint32_t *to, struct fc_error *error)
{
    struct fc_session *s = context;
    if (download(s, to, s->tally_memory + at * sizeof *to, words * sizeof *to, error))
        return -1;
    return zero_tally(s, at, words, error);
}

/* Reads the device's tally and adds it to `into`. */
static int end_tally(struct fc_session *s, uint64_t first, uint64_t count, size_t launches,
                     struct fc_tally *into, struct fc_error *error)
{
    size_t words = fc_device_extremes_words(s->rows, 1, launches);
    uint32_t *extremes = malloc(words * sizeof *extremes);
    if (!extremes)
        return fc_fail(error, FC_FAULT, "out of memory for the CUDA backend");
    int status = download(s, extremes, s->extremes_memory, words * sizeof *extremes, error);
    if (!status)
        status = fc_device_tally_collect(&s->part, first, count, extremes, 1, launches, take_tally, s, error);
    s->tally_is_zero = !status;
    if (!status)
        status = fc_tally_merge(into, &s->part, error);
    fc_tally_clear(&s->part);
    free(extremes);
    return status;
}

static int run_batch(struct fc_session *s, uint64_t first, uint64_t count, struct fc_tally *into,
                     float *samples, struct fc_error *error)
{
    fc_launch_batch(&s->launch);
    if (begin_tally(s, (size_t)((count + s->launch.trials - 1) / s->launch.trials), error))
        return -1;
    s->tally_is_zero = false;
    static atomic_ulong batches, answered;
    fc_fault_hang("cuda", &answered);
    bool lost = fc_fault_lost("cuda", &batches);
    size_t launches = 0;
    for (uint64_t at = 0; at < count; launches++) {
        size_t here = (size_t)(count - at < s->launch.trials ? count - at : s->launch.trials);
        double start_s = fc_clock_s();
        if (start_trials(s, first + at, here, error) || start_tally(s, here, at, launches, error) ||
            (samples && copy_samples(s, here, at, count, samples, error)))
            return -1;
        fc_cuda_result code = s->cuda->stream_synchronize(s->stream);
        if (code || lost)
            return fail(s, FC_FAULT, "simulating trials", lost ? FC_CUDA_DEVICE_UNAVAILABLE : code, error);
        if (s->watched && here == s->launch.trials)
            fc_launch_took(&s->launch, fc_clock_s() - start_s);
        at += here;
    }
    return end_tally(s, first, count, launches, into, error);
}

/* Runs of one session come one after the other, but not always from the same thread. */
static int run(struct fc_session *s, uint64_t first, uint64_t count, struct fc_tally *into, float *samples,
               struct fc_error *error)
{
    void *old;
    if (count == 0)
        return 0;
    if (count > UINT32_MAX)
        return fc_fail(error, FC_BAD_INPUT, "a batch of the CUDA backend holds at most %u trials",
                       UINT32_MAX);
    fc_cuda_result code = s->cuda->context_push(s->context);
    if (code)
        return fail(s, FC_FAULT, "starting a batch", code, error);
    int status = run_batch(s, first, count, into, samples, error);
    s->cuda->context_pop(&old);
    return status;
}

static uint64_t largest_batch(const struct fc_session *session)
{
    (void)session;
    return (uint64_t)1 << 26;
}

/* So many runs that their mean length decides how long a batch takes, not the longest of them. */
static uint64_t smallest_batch(const struct fc_session *s)
{
    return s->runs.function && !s->watched ? (uint64_t)s->runs.grid * s->runs.block * ROUNDS : 0;
}

int fc_cuda_known_words(struct fc_session *s, uint64_t seed, uint32_t count, const uint32_t *counters,
                        uint32_t *words, struct fc_error *error)
{
    void *old;
    int status = -1;
    size_t bytes = (size_t)count * 4 * sizeof *words;
    unsigned long long key = seed;
    fc_cuda_memory in = 0, out = 0;
    fc_cuda_result code = s->cuda->context_push(s->context);
    if (code)
        return fail(s, FC_FAULT, "drawing known random words", code, error);
    void *arguments[] = {&key, &count, &in, &out};
    in = allocate(s, bytes, FC_FAULT, error);
    out = in ? allocate(s, bytes, FC_FAULT, error) : 0;
    if (out && !upload(s, in, counters, bytes, FC_FAULT, error) &&
        !start(s, s->known, (count + TALLY_BLOCK - 1) / TALLY_BLOCK, 1, TALLY_BLOCK, arguments, error))
        status = download(s, words, out, bytes, error);
    if (in)
        s->cuda->memory_free(in);
    if (out)
        s->cuda->memory_free(out);
    s->cuda->context_pop(&old);
    return status;
}

uint64_t fc_cuda_launches(const struct fc_session *session)
{
    return session->launches;
}

const struct fc_backend fc_backend_cuda = {
    .name = "cuda",
    .title = "CUDA",
    .install = "install NVIDIA's driver and, to build the kernels, the CUDA Toolkit (nvcc)",
    .api = FC_DEVICE_CUDA,
    .gpu = FC_KIND_CUDA,
    .cpu = FC_KIND_CUDA,
    .discover = discover,
    .open = open_session,
    .run = run,
    .largest_batch = largest_batch,
    .smallest_batch = smallest_batch,
    .close = close_session,
};
