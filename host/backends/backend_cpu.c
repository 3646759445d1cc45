/* backend_cpu.c: simulates on the CPU: OpenMP threads, bound as the placement says, each with the vector
 * instructions that do its own first chunks fastest. All kernels give the same bits, so nothing of that is lost. */
#include "backend.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "host/base/stop.h"
#include "kernels.h"

/* Chunks that a worker does with each of two kernels before it keeps to one; the first of each warms up. */
enum { RACE_LAPS = 3, RACE_LEAST = 128 /* trials of a chunk that counts */ };

/* Chunks that a worker adds up at a time, metric after metric: the bins of one metric fill the first-level cache, those of
 * all do not fit into the second. */
enum { HELD = 8 };

struct worker {
    struct fc_tally tally;
    void *scratch[2]; /* of the kernel and of its rival: what a kernel does not draw must stay zero in it */
    float *out;       /* of HELD chunks */
    uint64_t first[HELD];
    int count[HELD], held; /* trials in each of those that are not added up yet */
    bool bound;
    int laps, chosen; /* laps: chunks of the race so far */
    double trial_s[2];
};

struct fc_session {
    const struct fc_kernel *kernel[2]; /* [1]: another that may be faster, or NULL */
    struct fc_job job;
    const struct fc_topology *topology;
    const struct fc_placement *placement;
    int threads;
    struct worker *workers;
    struct fc_kept *kept; /* NULL: nothing is */
};

static int discover(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    if (max < 1)
        return 0;
    const struct fc_kernel *kernel = fc_kernel_best();
    devices[0] = (struct fc_device_info){0};
    snprintf(devices[0].name, sizeof devices[0].name, "CPU");
    snprintf(devices[0].driver, sizeof devices[0].driver, "%s, %d lanes, %s", kernel->name, kernel->lanes,
             fc_kernel_compiler());
    snprintf(why, why_size, "%s", "");
    return 1;
}

static void close_session(struct fc_session *session)
{
    if (!session)
        return;
    for (int t = 0; session->workers && t < session->threads; t++) {
        fc_tally_free(&session->workers[t].tally);
        free(session->workers[t].scratch[0]);
        free(session->workers[t].scratch[1]);
        free(session->workers[t].out);
    }
    free(session->workers);
    free(session);
}

static int open_session(struct fc_session **session, int device, const struct fc_job *job,
                        const struct fc_host *host, struct fc_error *error)
{
    (void)device;
    *session = NULL;
    const struct fc_kernel *kernel = host->isa ? fc_kernel_find(host->isa) : fc_kernel_best();
    if (!kernel || !fc_kernel_runs_here(kernel))
        return fc_fail(error, FC_NO_DEVICE, "instruction set '%s' is not available (%s); choose one of: %s",
                       host->isa, kernel ? "this CPU lacks it" : "this build has no kernel for it",
                       fc_kernel_names());
    struct fc_session *s = calloc(1, sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the CPU backend");
    s->kernel[0] = kernel;
    s->job = *job;
    s->topology = host->topology;
    s->placement = host->placement;
    s->kept = host->kept && host->kept->chunk_bytes == kernel->kept_bytes ? host->kept : NULL;
    s->kernel[1] = host->isa || s->kept ? NULL : fc_kernel_rival(kernel);
    s->threads = host->threads < 1 ? 1 : host->threads;
    s->workers = fc_fault_asked("cpu", "alloc") ? NULL : calloc((size_t)s->threads, sizeof *s->workers);
    if (!s->workers)
        goto no_memory;
    size_t out_bytes =
        ((size_t)HELD * (size_t)kernel->chunk * (size_t)job->program->metric_count * sizeof(float) + 63) /
        64 * 64;
    for (int t = 0; t < s->threads; t++) {
        struct worker *w = &s->workers[t];
        if (fc_tally_create(&w->tally, job->program->metrics, job->program->metric_count, error))
            goto failed;
        w->laps = s->kernel[1] ? 0 : 2 * RACE_LAPS;
        w->out = aligned_alloc(64, out_bytes);
        if (!w->out)
            goto no_memory;
        for (int k = 0; k < 2 && s->kernel[k]; k++) {
            size_t bytes = (size_t)((s->kernel[k]->scratch_bytes + 63) / 64 * 64);
            w->scratch[k] = aligned_alloc(64, bytes);
            if (!w->scratch[k])
                goto no_memory;
            memset(w->scratch[k], 0, bytes); /* inputs that the program does not draw read as zero */
        }
    }
    *session = s;
    return 0;
no_memory:
    fc_fail(error, FC_FAULT, "out of memory for %d threads of the CPU backend", s->threads);
failed:
    close_session(s);
    return -1;
}

static double thread_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A chunk of trials while two kernels race: they take turns. */
static void race(const struct fc_session *s, uint64_t first, int count, struct worker *w, float *out)
{
    int k = w->laps % 2;
    double begin = thread_s();
    s->kernel[k]->run(s->job.program, s->job.tables, s->job.seed, first, count, w->scratch[k], out);
    double trial_s = (thread_s() - begin) / (double)count;
    if (count < RACE_LEAST)
        return;
    if (w->laps >= 2 && (w->laps < 4 || trial_s < w->trial_s[k]))
        w->trial_s[k] = trial_s;
    if (++w->laps == 2 * RACE_LAPS)
        w->chosen = w->trial_s[1] < w->trial_s[0];
}

/* A chunk of trials, with its runs from where they are kept. */
static void simulate(const struct fc_session *s, uint64_t first, int count, struct worker *w, float *out)
{
    if (w->laps < 2 * RACE_LAPS) {
        race(s, first, count, w, out);
        return;
    }
    const struct fc_kernel *kernel = s->kernel[w->chosen];
    void *scratch = w->scratch[w->chosen];
    struct fc_kept *kept = s->kept;
    uint64_t slot = kept ? first / kept->chunk : 0;
    if (!kept || first % kept->chunk || slot >= kept->chunks) {
        kernel->run(s->job.program, s->job.tables, s->job.seed, first, count, scratch, out);
        return;
    }
    int have = kept->have[slot] >= count;
    kernel->run_kept(s->job.program, s->job.tables, s->job.seed, first, count, scratch, out,
                     kept->data + slot * kept->chunk_bytes, have);
    if (!have)
        kept->have[slot] = count;
}

/* Adds up what a worker holds. */
static void add_held(struct worker *w, int rows, size_t chunk)
{
    for (int r = 0; r < rows; r++)
        for (int h = 0; h < w->held; h++)
            fc_tally_add(&w->tally, r, w->out + ((size_t)h * (size_t)rows + (size_t)r) * chunk,
                         (size_t)w->count[h], w->first[h]);
    w->held = 0;
}

/* How many of `left` trials a thread takes next: a whole chunk, in which lanes whose run ends find another for long; fewer
 * towards the end of a batch, so that all threads end at about the same time. Kept runs come by the chunk. */
static uint64_t piece_of(const struct fc_session *s, uint64_t left)
{
    const uint64_t least = 256, chunk = (uint64_t)s->kernel[0]->chunk;
    uint64_t shares = s->threads > 1 ? (uint64_t)s->threads * 2 : 1;
    uint64_t share = (left + shares * least - 1) / (shares * least) * least;
    return s->kept || share > chunk ? chunk : share;
}

/* Takes the next piece of `count` trials: its first; *here receives how many, 0 when none is left. */
static uint64_t take_piece(const struct fc_session *s, atomic_uint_fast64_t *next, uint64_t count, int *here)
{
    uint64_t at = atomic_load(next), piece;
    do {
        piece = at < count ? piece_of(s, count - at) : 0;
        piece = piece < count - at ? piece : count - at;
    } while (piece && !atomic_compare_exchange_weak(next, &at, at + piece));
    *here = (int)piece;
    return at;
}

static int run(struct fc_session *s, uint64_t first, uint64_t count, struct fc_tally *into, float *samples,
               struct fc_error *error)
{
    int rows = s->job.program->metric_count;
    size_t chunk = (size_t)s->kernel[0]->chunk;
    atomic_uint_fast64_t next = 0;
    static atomic_ulong batches;
    if (fc_fault_lost("cpu", &batches))
        return fc_fail(error, FC_FAULT, "the CPU was lost (a fault on purpose, FLOPCAST_FAULT)");
    if (count == 0)
        return 0;
    uint64_t piece = piece_of(s, count);
    uint64_t pieces =
        (count + piece - 1) / piece; /* at least; a thread without one would spin until the others end */
    int team = pieces < (uint64_t)s->threads ? (int)pieces : s->threads;
#pragma omp parallel for schedule(static, 1) num_threads(team)
    for (int t = 0; t < team; t++) {
        struct worker *w = &s->workers[t];
        if (s->placement && !w->bound && t < s->placement->threads) {
            fc_placement_bind_thread(s->topology, s->placement, t, NULL, 0); /* the run can go on unbound */
            w->bound = true;
        }
        while (!fc_stop_asked()) {
            int here;
            uint64_t at = take_piece(s, &next, count, &here);
            if (here == 0)
                break;
            float *out = w->out + (size_t)w->held * (size_t)rows * chunk;
            simulate(s, first + at, here, w, out);
            for (int r = 0; r < rows && samples; r++)
                memcpy(samples + (size_t)r * count + at, out + (size_t)r * chunk,
                       (size_t)here * sizeof *samples);
            w->first[w->held] = first + at;
            w->count[w->held] = here;
            if (++w->held == HELD)
                add_held(w, rows, chunk);
        }
        add_held(w, rows, chunk);
    }
    bool cut = atomic_load(&next) < count; /* a stop: all of the batch or none */
    int status = cut ? fc_fail(error, FC_FAULT, "stopped in the middle of a batch")
                     : fc_tally_cover(into, first, count, error);
    for (int t = 0; t < s->threads; t++) {
        if (!status && fc_tally_merge(into, &s->workers[t].tally, error))
            status = -1;
        fc_tally_clear(&s->workers[t].tally);
    }
    return status;
}

static uint64_t largest_batch(const struct fc_session *session)
{
    (void)session;
    return (uint64_t)1 << 24;
}

/* A chunk for every thread: of fewer, most lanes soon have nothing left. */
static uint64_t smallest_batch(const struct fc_session *session)
{
    return (uint64_t)session->threads * (uint64_t)session->kernel[0]->chunk;
}

const struct fc_backend fc_backend_cpu = {
    .name = "cpu",
    .title = "CPU",
    .install = "the CPU is always there; check --isa",
    .is_host = true,
    .gpu = FC_KIND_CPU,
    .cpu = FC_KIND_CPU,
    .discover = discover,
    .open = open_session,
    .run = run,
    .largest_batch = largest_batch,
    .smallest_batch = smallest_batch,
    .close = close_session,
};
