/* probe.h: asks a backend for its devices at arm's length: in a child process with a time limit (apart.h), so that a driver
 * which crashes or hangs when it is asked costs its devices and not the run. */
#ifndef FC_HOST_PROBE_H
#define FC_HOST_PROBE_H

#include <stdbool.h>

#include "host/backends/backend.h"

/* As fc_backend.discover; `why` also says when the driver crashed, or gave no answer within ten seconds
 * (FLOPCAST_PROBE_S in tests). The CPU, which has no driver, is asked directly. */
int fc_probe(const struct fc_backend *backend, struct fc_device_info *devices, int max, char *why,
             size_t why_size);

/* Whether OpenCL may have a GPU here: some installed driver is another than PoCL, or there is a GPU's device file. To ask
 * PoCL alone takes longer than a small run, and auto prefers our own CPU kernels to it. */
bool fc_probe_opencl_gpu(void);

#endif
