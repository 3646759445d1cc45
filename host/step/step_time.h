/* step_time.h: the step model of cuda/model/step/step.h on the host, in double: explanations, fits and tests.
 */
#ifndef FC_HOST_STEP_TIME_H
#define FC_HOST_STEP_TIME_H

#include "cuda/model/inputs.h"
#include "cuda/model/step/step_program.h"

/* Seconds of one step by part; see struct fc_step_parts of the model. `step` is the sum of all but
 * `communication`. */
struct fc_step_breakdown {
    double gemm, experts, attention, memory, gaps, host, head;
    double tp, cp, ep, fsdp, pp, dp;
    double offload; /* copies to and from the host's memory that nothing hides, and the host's optimizer */
    double bubble, optimizer, straggling, residual;
    double step;
    double communication; /* all of it, exposed or not */
    double dp_expert;     /* of dp: the parameters of the experts */
    double waiting;       /* of straggling: for the slowest replica, once per step */
};

/* Seconds of a step from the values of the step layer's inputs; `parts` may be NULL. */
double fc_step_time(const struct fc_step_program *program, const double inputs[FC_IN_STEP_END],
                    struct fc_step_breakdown *parts);

#endif
