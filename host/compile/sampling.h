/* sampling.h: quasi-Monte Carlo: the uncertain inputs of a program become the points of a shifted lattice. */
#ifndef FC_HOST_SAMPLING_H
#define FC_HOST_SAMPLING_H

#include <stdint.h>

#include "cuda/model/program.h"

/* Shifts of a run: as many independent answers, whose spread is the standard error: 16 know it to 18 %. */
#define FC_SHIFTS 16

/* Gives every uncertain input a component of the lattice, in the order of their numbers, and the program FC_SHIFTS shifts.
 * What is drawn during a run (failures, deliveries, markets) stays random. Its digest is to be made anew. */
void fc_sampling_lattice(struct fc_program *program);

/* Points of each shift for at least `worlds` worlds in all: a power of two, as only those are lattices; at most 2^31. */
uint64_t fc_sampling_points(uint64_t worlds);

#endif
