/* fault.h: faults on purpose, for tests of recovery. The environment variable FLOPCAST_FAULT holds a
 * comma-separated list: opencl:build    the kernels do not compile          opencl:alloc    device memory is
 * refused opencl:lost:3   the device is lost after 3 batches  (cpu and cuda alike, where they have the part
 * in question) */
#ifndef FC_HOST_FAULT_H
#define FC_HOST_FAULT_H

#include <stdbool.h>

/* Whether "<backend>:<what>" is asked for. */
bool fc_fault_asked(const char *backend, const char *what);

/* Counts a batch of the backend; whether its device is lost by now. Once lost it stays lost. Any thread may
 * call. */
bool fc_fault_lost(const char *backend);

#endif
