/* kept.h: what a device keeps of a trial from pass to pass (cuda/passes.h), and which of the kernels for runs it takes. */
#ifndef FC_MODEL_KEPT_H
#define FC_MODEL_KEPT_H

#include "program.h"
#include "run/timeline_state.h"

struct fc_trial_kept {
    struct fc_timeline_chunk timeline;
    fc_real step_time_s, memory_bytes;
};

/* The kinds of runs (FC_MODE_...), each with a kernel of its own: a run holds no registers for what it does not use. */
FC_FN fc_i32 fc_pass_mode(const struct fc_run *run)
{
    return !run->detailed                   ? FC_MODE_PLAIN
           : run->detail.durable_every <= 1 ? FC_MODE_DETAILED
                                            : FC_MODE_LEVELS;
}

#endif
