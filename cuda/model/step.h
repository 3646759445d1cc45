/* step.h: seconds per training step from the rows of step_rows.h and this world's efficiency factors. */
#ifndef FC_MODEL_STEP_H
#define FC_MODEL_STEP_H

#include "draw.h"

/* step_time_s[FC_W] and memory_bytes[FC_W] (per GPU). */
FC_FN void fc_step_lanes(FC_GLOBAL const struct fc_step_program *step, fc_real inputs[FC_INPUT_COUNT][FC_W],
                         fc_real *step_time_s, fc_real *memory_bytes)
{
    (void)inputs;
    FC_LANES (l) {
        step_time_s[l] = (fc_real)step->flop_per_step / ((fc_real)step->peak_flops * (fc_real)step->gpus);
        memory_bytes[l] = (fc_real)step->memory_bytes;
    }
}

#endif
