/* select.h: chooses what a run works on: backend, devices, threads and their places.
 *
 * auto takes the first of these that has a device which passes its self-test: CUDA, OpenCL GPUs, the CPU,
 * OpenCL on the CPU; all GPUs of it. "all" takes every GPU once and the CPU beside them. A named OpenCL means
 * its GPUs, or its CPU device where there is no GPU. */
#ifndef FC_HOST_SELECT_H
#define FC_HOST_SELECT_H

#include <stdio.h>

#include "hardware.h"
#include "run.h"

struct fc_select_request {
    const char
        *backends;   /* "auto" (also NULL), "cpu", "opencl", "cuda", "all", or several joined by ',' or '+' */
    int device;      /* number within the one backend named; -1: any */
    int threads;     /* CPU threads; 0: one per core that we may use */
    const char *isa; /* CPU instruction set; NULL: the widest there is */
    bool strict;     /* a device that fails its self-test stops the run */
    const struct fc_error *tested; /* fc_select_from: how each of the hardware's devices did; NULL: test them now */
};

struct fc_selection {
    struct fc_topology *topology_handle;
    struct fc_placement placement;
    struct fc_host host;       /* for fc_run; points into the two above */
    struct fc_worker *workers; /* worker_count */
    int worker_count;
    char backends[64];  /* "cpu", "cpu+opencl", ... */
    char topology[256]; /* one line, for provenance */
    char line[512];     /* what was found, chosen and why */
    int notes;          /* devices left out and why; threads cut; ... */
    char note[FC_NOTES_MAX][FC_NOTE_BYTES];
};

/* Fails with FC_NO_DEVICE, naming what to install, when a named backend or device is not available; with
 * FC_BAD_INPUT when the request makes no sense. */
int fc_select(struct fc_selection *selection, const struct fc_select_request *request,
              struct fc_error *error);

/* The same on hardware that was found before; topology and placement move from it into the selection. */
int fc_select_from(struct fc_selection *selection, struct fc_hardware *hardware,
                   const struct fc_select_request *request, struct fc_error *error);

/* The line and the notes, for stderr. */
void fc_select_print(const struct fc_selection *selection, FILE *out);

void fc_select_free(struct fc_selection *selection);

#endif
