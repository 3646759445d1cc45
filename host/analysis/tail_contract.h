/* tail_contract.h: the probability that a figure of a contract's worlds is beyond a value (tail.h). */
#ifndef FC_HOST_TAIL_CONTRACT_H
#define FC_HOST_TAIL_CONTRACT_H

#include "tail.h"
#include "host/compile/program.h"

struct fc_tail_question {
    int metric; /* enum fc_metric, one of the program's */
    bool above; /* beyond: above the value; else below it */
    bool equal; /* the value itself counts too */
    double value;
};

/* Worlds of a program whose only layer is the contract, its inputs random (no lattice): else FC_BAD_INPUT. `kernel`: a name as in
 * host/backends/kernels.h, NULL the fastest; the answer is the same. */
int fc_tail_contract(struct fc_tail *tail, const struct fc_compiled *compiled, const struct fc_tail_question *question,
                     const struct fc_tail_options *options, const char *kernel, struct fc_error *error);

#endif
