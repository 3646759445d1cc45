/* ranks.c: see ranks.h. */
#include "ranks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/base/clock.h"
#include "host/base/stop.h"
#include "host/result/tally_bytes.h"

/* --- what of Open MPI is called; handles are pointers to objects of its library -------------------------------------- */
typedef void *handle;
enum { SERIALIZED = 2, NAME_BYTES = 256, PROBE_NS = 200000 };
enum { TAG_HELLO = 1, TAG_BATCH, TAG_WORDS, TAG_ERROR };
struct status { /* of Open MPI: the three public members come first */
    int source, tag, error;
    int more[13];
};

static struct {
    int (*init_thread)(int *argc, char ***argv, int wanted, int *got);
    int (*finalize)(void);
    int (*abort)(handle communicator, int code);
    int (*rank)(handle communicator, int *rank);
    int (*size)(handle communicator, int *size);
    int (*send)(const void *data, int count, handle type, int to, int tag, handle communicator);
    int (*receive)(void *data, int count, handle type, int from, int tag, handle communicator, struct status *status);
    int (*probe)(int from, int tag, handle communicator, int *there, struct status *status);
    int (*count)(const struct status *status, handle type, int *count);
    int (*set_handler)(handle communicator, handle handler);
    int (*name)(char *name, int *length);
    handle world, bytes, return_errors;
} mpi;

static const struct {
    const char *symbol;
    void *place;
} wanted[] = {
    {"MPI_Init_thread", &mpi.init_thread}, {"MPI_Finalize", &mpi.finalize},
    {"MPI_Abort", &mpi.abort},             {"MPI_Comm_rank", &mpi.rank},
    {"MPI_Comm_size", &mpi.size},          {"MPI_Send", &mpi.send},
    {"MPI_Recv", &mpi.receive},            {"MPI_Iprobe", &mpi.probe},
    {"MPI_Get_count", &mpi.count},         {"MPI_Comm_set_errhandler", &mpi.set_handler},
    {"MPI_Get_processor_name", &mpi.name}, {"ompi_mpi_comm_world", &mpi.world},
    {"ompi_mpi_byte", &mpi.bytes},         {"ompi_mpi_errors_return", &mpi.return_errors},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one call into MPI at a time (MPI_THREAD_SERIALIZED) */

static int number(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text && *text ? atoi(text) : otherwise;
}

struct fc_ranks fc_ranks_told(void)
{
    struct fc_ranks launched = {number("OMPI_COMM_WORLD_RANK", 0), number("OMPI_COMM_WORLD_SIZE", 1)};
    if (!getenv("OMPI_COMM_WORLD_SIZE") && getenv("PMIX_RANK"))
        launched = (struct fc_ranks){number("PMIX_RANK", 0), number("SLURM_NTASKS", 1)};
    return launched.count > 1 ? launched : (struct fc_ranks){0, 1};
}

static int open_library(struct fc_error *error)
{
    static const char *const names[] = {"libmpi.so.40", "libmpi.so.20", "libmpi.so.12", "libmpi.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        return fc_fail(error, FC_NO_DEVICE,
                       "started by mpirun, but Open MPI's library cannot be opened (%s); install libopenmpi3, or start it "
                       "without mpirun",
                       dlerror());
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *found = dlsym(library, wanted[i].symbol);
        if (!found)
            return fc_fail(error, FC_NO_DEVICE, "the MPI library has no %s: it is not Open MPI, the only one that is supported",
                           wanted[i].symbol);
        memcpy(wanted[i].place, &found, sizeof found);
    }
    return 0;
}

/* Whether a message of this rank and tag is there (1, and its bytes; else 0); -1: the rank is lost. (Open MPI 5 reports it under
 * `mpirun --with-ft ulfm`; else the launcher ends all ranks.) */
static int is_there(int from, int tag, int *bytes)
{
    struct status status = {0};
    int there = 0;
    pthread_mutex_lock(&lock);
    int failed = mpi.probe(from, tag, mpi.world, &there, &status);
    if (!failed && there)
        mpi.count(&status, mpi.bytes, bytes);
    pthread_mutex_unlock(&lock);
    return failed ? -1 : there != 0;
}

static void rest(void)
{
    nanosleep(&(struct timespec){0, PROBE_NS}, NULL);
}

static int send_bytes(const void *data, size_t bytes, int to, int tag)
{
    pthread_mutex_lock(&lock);
    int failed = mpi.send(data, (int)bytes, mpi.bytes, to, tag, mpi.world);
    pthread_mutex_unlock(&lock);
    return failed;
}

static int receive_bytes(void *data, int bytes, int from, int tag)
{
    struct status status;
    pthread_mutex_lock(&lock);
    int failed = mpi.receive(data, bytes, mpi.bytes, from, tag, mpi.world, &status);
    pthread_mutex_unlock(&lock);
    return failed;
}

/* --- joining and leaving --------------------------------------------------------------------------------------------- */
struct hello {
    uint64_t digest, seed;
    int32_t model_version, unused;
    char host[NAME_BYTES];
};

static struct hello own;
static struct hello *others; /* of rank i + 1, as far as it has come */
static atomic_bool *known;
static atomic_bool any_lost;

int fc_ranks_join(struct fc_ranks *ranks, uint64_t digest, uint64_t seed, struct fc_error *error)
{
    int got = 0, length = 0, rank = 0, count = 1;
    if (ranks->count == 1)
        return 0;
    if (open_library(error))
        return -1;
    if (mpi.init_thread(NULL, NULL, SERIALIZED, &got) || mpi.rank(mpi.world, &rank) || mpi.size(mpi.world, &count))
        return fc_fail(error, FC_NO_DEVICE, "MPI could not be started");
    if (got < SERIALIZED)
        return fc_fail(error, FC_NO_DEVICE, "this MPI cannot be called from threads (MPI_THREAD_SERIALIZED)");
    mpi.set_handler(mpi.world, mpi.return_errors);
    *ranks = (struct fc_ranks){rank, count};
    own = (struct hello){.digest = digest, .seed = seed, .model_version = fc_tally_model_version()};
    char name[4096] = "";
    mpi.name(name, &length);
    snprintf(own.host, sizeof own.host, "%.100s", name);
    if (rank > 0)
        return send_bytes(&own, sizeof own, 0, TAG_HELLO) ? fc_fail(error, FC_FAULT, "rank %d cannot reach rank 0", rank) : 0;
    others = calloc((size_t)count, sizeof *others);
    known = calloc((size_t)count, sizeof *known);
    return others && known ? 0 : fc_fail(error, FC_FAULT, "out of memory for the ranks");
}

void fc_ranks_leave(const struct fc_ranks *ranks)
{
    static const uint64_t end[2] = {0, 0};
    if (ranks->count == 1 || !mpi.world)
        return;
    for (int i = 1; ranks->rank == 0 && i < ranks->count; i++)
        send_bytes(end, sizeof end, i, TAG_BATCH);
    if (!any_lost) /* it would wait for the lost one */
        mpi.finalize();
    mpi.world = NULL;
}

/* --- rank 0: another rank as a device -------------------------------------------------------------------------------- */
struct fc_session {
    int rank;
    struct fc_tally part;
};

static int lost(struct fc_error *error)
{
    any_lost = true;
    return fc_fail(error, FC_FAULT, "it is lost");
}

static int open_rank(struct fc_session **session, int device, const struct fc_job *job, const struct fc_host *host,
                     struct fc_error *error)
{
    (void)host;
    struct hello *hello = &others[device - 1];
    int bytes = 0;
    for (double begin = fc_clock_s(); !known[device - 1]; rest()) {
        int there = is_there(device, TAG_HELLO, &bytes);
        if (there < 0)
            return lost(error);
        if (there)
            known[device - 1] = bytes == sizeof *hello && receive_bytes(hello, bytes, device, TAG_HELLO) == 0;
        if (fc_stop_asked() || fc_clock_s() - begin > 60)
            return fc_fail(error, FC_FAULT, "it does not answer");
    }
    if (hello->digest != own.digest || hello->seed != own.seed || hello->model_version != own.model_version)
        return fc_fail(error, FC_NO_DEVICE, "it has other inputs (digest %016llx and %016llx): another file or version",
                       (unsigned long long)hello->digest, (unsigned long long)own.digest);
    struct fc_session *s = calloc(1, sizeof *s);
    if (!s || fc_tally_create(&s->part, job->program->metrics, job->program->metric_count, error)) {
        free(s);
        return fc_fail(error, FC_FAULT, "out of memory for a rank");
    }
    s->rank = device;
    *session = s;
    return 0;
}

static int run_rank(struct fc_session *s, uint64_t first, uint64_t count, struct fc_tally *into, float *samples,
                    struct fc_error *error)
{
    const uint64_t batch[2] = {first, count};
    int bytes = 0, tag = TAG_WORDS;
    if (samples)
        return fc_fail(error, FC_FAULT, "the values of every trial are not sent between ranks");
    if (send_bytes(batch, sizeof batch, s->rank, TAG_BATCH))
        return lost(error);
    for (int there; (there = is_there(s->rank, tag, &bytes)) != 1; rest()) {
        if (there < 0)
            return lost(error);
        if (is_there(s->rank, TAG_ERROR, &bytes) == 1) {
            tag = TAG_ERROR;
            break;
        }
        if (fc_stop_asked())
            return fc_fail(error, FC_FAULT, "stopped in the middle of a batch");
    }
    uint64_t *words = malloc((size_t)bytes + 1);
    if (!words || receive_bytes(words, bytes, s->rank, tag)) {
        free(words);
        return fc_fail(error, FC_FAULT, "its result cannot be received");
    }
    int status = tag == TAG_ERROR
                     ? fc_fail(error, FC_FAULT, "%.*s", bytes, (const char *)words)
                     : fc_tally_unpack(&s->part, words, (size_t)bytes / sizeof *words, first, count, error);
    free(words);
    if (!status)
        status = fc_tally_merge(into, &s->part, error);
    fc_tally_clear(&s->part);
    return status;
}

static uint64_t largest_batch(const struct fc_session *session)
{
    (void)session;
    return (uint64_t)1 << 24;
}

static void close_rank(struct fc_session *session)
{
    if (session)
        fc_tally_free(&session->part);
    free(session);
}

static const struct fc_backend rank_backend = {
    .name = "mpi",
    .title = "MPI",
    .install = "start it by mpirun of Open MPI",
    .gpu = FC_KIND_CPU,
    .cpu = FC_KIND_CPU,
    .open = open_rank,
    .run = run_rank,
    .largest_batch = largest_batch,
    .close = close_rank,
};

void fc_ranks_add_workers(const struct fc_ranks *ranks, struct fc_worker *workers)
{
    for (int i = 1; i < ranks->count; i++) {
        workers[i - 1] = (struct fc_worker){.backend = &rank_backend, .device = i};
        snprintf(workers[i - 1].name, sizeof workers[i - 1].name, "rank %d", i);
    }
}

void fc_ranks_name_workers(const struct fc_ranks *ranks, struct fc_worker *workers)
{
    for (int i = 1; i < ranks->count; i++)
        if (known[i - 1])
            snprintf(workers[i - 1].name, sizeof workers[i - 1].name, "rank %d on %.100s", i, others[i - 1].host);
}

/* --- the others ------------------------------------------------------------------------------------------------------ */
static int watch(void *context, uint64_t done, uint64_t total, double elapsed_s)
{
    (void)context, (void)done, (void)total, (void)elapsed_s;
    return fc_stop_asked() ? FC_PROGRESS_STOP : FC_PROGRESS_ON;
}

/* One batch: simulated, packed, sent. A failure is reported to rank 0, which gives the batch to another. */
static int serve_batch(const struct fc_run_request *request, struct fc_tally *tally, uint64_t first, uint64_t count)
{
    struct fc_run_request batch = *request;
    struct fc_run_outcome outcome;
    struct fc_error error = {0};
    size_t words = 0;
    batch.first = first;
    batch.count = count;
    batch.points = 0; /* one stretch of one shift */
    batch.progress = watch;
    batch.keep = NULL;
    batch.sink = NULL;
    uint64_t *packed = NULL;
    if (fc_run(&batch, tally, &outcome, &error) == 0 && !outcome.stopped)
        packed = fc_tally_pack(tally, &words);
    fc_tally_clear(tally);
    if (!packed || words * sizeof *packed > INT32_MAX) {
        free(packed);
        const char *why = error.text[0] ? error.text : "stopped, or out of memory";
        send_bytes(why, strlen(why), 0, TAG_ERROR);
        return -1;
    }
    int failed = send_bytes(packed, words * sizeof *packed, 0, TAG_WORDS);
    free(packed);
    return failed;
}

int fc_ranks_serve(const struct fc_run_request *request, struct fc_error *error)
{
    struct fc_tally tally;
    uint64_t batch[2] = {0, 0};
    int bytes = 0, status = 0;
    if (fc_tally_create(&tally, request->job.program->metrics, request->job.program->metric_count, error))
        return -1;
    for (;;) {
        int there;
        while ((there = is_there(0, TAG_BATCH, &bytes)) == 0 && !fc_stop_asked())
            rest();
        if (there < 0) {
            status = fc_fail(error, FC_FAULT, "rank 0 is lost");
            break;
        }
        if (fc_stop_asked()) {
            status = fc_fail(error, FC_FAULT, "stopped");
            break;
        }
        if (receive_bytes(batch, sizeof batch, 0, TAG_BATCH)) {
            status = fc_fail(error, FC_FAULT, "rank 0 cannot be reached");
            break;
        }
        if (batch[1] == 0)
            break;
        (void)serve_batch(request, &tally, batch[0], batch[1]);
    }
    fc_tally_free(&tally);
    return status;
}
