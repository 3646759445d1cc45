/* kernels.h: the CPU kernels of this build and which of them this CPU can run. */
#ifndef FC_HOST_KERNELS_H
#define FC_HOST_KERNELS_H

#include <stdbool.h>

#include "kernel.h"

/* All kernels of this build, narrowest first; NULL-terminated. */
extern const struct fc_kernel *const fc_kernels[];

/* The kernel with this name, or NULL. */
const struct fc_kernel *fc_kernel_find(const char *name);

/* Whether this CPU has the instructions the kernel was built for. */
bool fc_kernel_runs_here(const struct fc_kernel *kernel);

/* The fastest kernel that runs here. */
const struct fc_kernel *fc_kernel_best(void);

/* The next narrower vector kernel, which is faster on some CPUs and scenarios; NULL: there is none. */
const struct fc_kernel *fc_kernel_rival(const struct fc_kernel *kernel);

/* "portable, scalar, ..." */
const char *fc_kernel_names(void);

/* The compiler that built the kernels, with its version. */
const char *fc_kernel_compiler(void);

#endif
