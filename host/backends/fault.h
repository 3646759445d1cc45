/* fault.h: faults on purpose, for tests of recovery. The environment variable FLOPCAST_FAULT holds a comma-separated
 * list:
 *
 *     opencl:abort      the driver crashes when it is asked for its devices
 *     opencl:deaf       it never answers that question
 *     opencl:build      the kernels do not compile
 *     opencl:alloc      device memory is refused
 *     opencl:selftest   the self-test gives a wrong answer
 *     opencl:lost:3     the device is lost after 3 batches
 *     opencl:hang:3     its driver hangs after 3 batches
 *
 * cpu and cuda alike, where they have the part in question. */
#ifndef FC_HOST_FAULT_H
#define FC_HOST_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

/* Whether "<backend>:<what>" is asked for. */
bool fc_fault_asked(const char *backend, const char *what);

/* Counts a batch of the backend in its own `batches`; whether its device is lost by now. Once lost it stays lost. Any
 * thread may call. */
bool fc_fault_lost(const char *backend, atomic_ulong *batches);

/* Counts a batch in `batches` as well, and does not return once its driver hangs. */
void fc_fault_hang(const char *backend, atomic_ulong *batches);

#endif
