/* step_time.c: the model's own source, compiled in double. */
#define FC_DOUBLE
#define FC_W 1
#include "cuda/model/step/step.h"

#include "step_time.h"
#include "cuda/model/step/step_program.h"

double fc_step_time(const struct fc_step_program *program, const double inputs[FC_IN_STEP_END],
                    struct fc_step_breakdown *parts)
{
    struct fc_step_parts p;
    fc_step_one(program, inputs, 1, &p);
    if (parts)
        *parts =
            (struct fc_step_breakdown){p.gemm,      p.experts,    p.attention, p.memory,  p.gaps,
                                       p.host,      p.head,       p.tp,        p.cp,      p.ep,
                                       p.fsdp,      p.pp,         p.dp,        p.offload, p.bubble,
                                       p.optimizer, p.straggling, p.residual,  p.step,    p.communication,
                                       p.dp_expert, p.waiting};
    return p.step;
}
