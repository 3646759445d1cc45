/* kept.h: what a device keeps of a trial from pass to pass (cuda/passes.h). */
#ifndef FC_MODEL_KEPT_H
#define FC_MODEL_KEPT_H

#include "program.h"
#include "run/timeline_state.h"

struct fc_trial_kept {
    struct fc_timeline_chunk timeline;
    fc_real step_time_s, memory_bytes;
};

#endif
