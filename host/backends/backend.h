/* backend.h: what a backend is: a table of functions that simulate trials on some kind of device.
 *
 * The life of a session: discover tells which devices there are; open prepares one of them for a job; run
 * simulates ranges of trials; close ends it. A backend never prints and never exits. Absence of a library,
 * driver or device is information (discover finds none and says why), not an error. */
#ifndef FC_HOST_BACKEND_H
#define FC_HOST_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda/model/program.h"
#include "topology/placement.h"
#include "topology/topology.h"
#include "host/base/error.h"
#include "kept.h"
#include "host/result/tally.h"

enum { FC_DEVICE_NAME_BYTES = 128, FC_DEVICES_MAX = 64 };

/* A device of a backend. */
struct fc_device_info {
    char name[FC_DEVICE_NAME_BYTES];
    char driver[FC_DEVICE_NAME_BYTES]; /* driver and version, or compiler and instruction set */
    bool is_gpu;
    bool has_pci;
    struct fc_pci_address pci;
    char refused[FC_DEVICE_NAME_BYTES]; /* why it cannot be used; empty when it can */
};

/* What is to be simulated. The pointers stay valid until the last session is closed. */
struct fc_job {
    const struct fc_program *program;
    const float *tables; /* the quantile tables that the program refers to */
    size_t table_floats;
    uint64_t seed;
};

/* Where and how to run on the host side. */
struct fc_host {
    const struct fc_topology *topology;   /* may be NULL: threads are then not bound */
    const struct fc_placement *placement; /* may be NULL with it */
    int threads;                          /* for the CPU backend, at least 1 */
    const char *isa;                      /* CPU backend: a named instruction set; NULL: the best one here */
    struct fc_kept *kept;                 /* CPU backend: where runs are kept (kept.h), or NULL */
};

struct fc_session; /* a backend's own */

/* Kinds of devices, in the order in which auto prefers them. */
enum fc_device_kind { FC_KIND_CUDA, FC_KIND_OPENCL_GPU, FC_KIND_CPU, FC_KIND_OPENCL_CPU, FC_KINDS };

/* A new backend is such a table in a file of its own, and a row of FC_BACKEND_ROWS. */
struct fc_backend {
    const char *name;    /* as -b takes it: "cpu", "opencl", "cuda" */
    const char *title;   /* as people call it: "CPU", "OpenCL", "CUDA" */
    const char *install; /* what to install or check when it is not available */
    bool is_host;        /* it computes with our own threads; else its devices are joined with the topology */
    enum fc_device_api api;       /* how the topology knows its devices, where it is not the host */
    enum fc_device_kind gpu, cpu; /* of its GPUs and of its CPU devices */

    /* Fills up to `max` devices and returns their number, 0 when there are none; `why` then says why not.
     * Devices that cannot be used are listed too, with `refused` set. */
    int (*discover)(struct fc_device_info *devices, int max, char *why, size_t why_size);

    /* Prepares device number `device` of discover for the job. */
    int (*open)(struct fc_session **session, int device, const struct fc_job *job, const struct fc_host *host,
                struct fc_error *error);

    /* Simulates trials first ... first + count - 1 and adds them to `into`: all of them, or none on error.
     * `samples` is NULL or takes metric row r of trial first + i at samples[r * count + i]. */
    int (*run)(struct fc_session *session, uint64_t first, uint64_t count, struct fc_tally *into,
               float *samples, struct fc_error *error);

    /* Largest useful `count` of one run call. */
    uint64_t (*largest_batch)(const struct fc_session *session);

    /* Below this `count` a run call takes as long as with it; NULL, or 0: there is no such number. */
    uint64_t (*smallest_batch)(const struct fc_session *session);

    void (*close)(struct fc_session *session); /* NULL is allowed */
};

/* All backends of this build, in the order in which auto prefers them; NULL-terminated. */
extern const struct fc_backend *const fc_backends[];

/* The backend with this name, or NULL. */
const struct fc_backend *fc_backend_find(const char *name);

/* The rows of fc_backends: fc_backend_NAME of backend_NAME.c. Each is always there; where this build lacks it, or the machine
 * its driver, it finds no device and says why. */
#define FC_BACKEND_ROWS(ROW) ROW(cuda) ROW(cpu) ROW(opencl)
#define FC_DECLARE_BACKEND(name) extern const struct fc_backend fc_backend_##name;
FC_BACKEND_ROWS(FC_DECLARE_BACKEND)

#endif
