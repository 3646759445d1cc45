/* backend_cuda.c: not built yet: finds no device. */
#include "backend.h"

#include <stdio.h>

static int discover(struct fc_device_info *devices, int max, char *why, size_t why_size)
{
    (void)devices;
    (void)max;
    snprintf(why, why_size, "this build has no cuda backend");
    return 0;
}

const struct fc_backend fc_backend_cuda = {"cuda", "build with cuda", discover, NULL, NULL, NULL, NULL};
