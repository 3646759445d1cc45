/* worlds.h: the inputs that a world was made of, computed again on the host from its number alone. */
#ifndef FC_HOST_WORLDS_H
#define FC_HOST_WORLDS_H

#include <stdint.h>

#include "host/compile/program.h"

/* values[k * count + i] receives input inputs[k] of trial first + i. The numbers are those that the devices
 * drew. */
void fc_worlds_inputs(const struct fc_compiled *compiled, uint64_t seed, uint64_t first, uint64_t count,
                      const int *inputs, int input_count, float *values);

#endif
