/* passes.h: a trial in three passes, for devices whose threads take a trial each: what is drawn and prepared before its run,
 * the run, and what follows from it. Threads that start together then do alike, but for the run, whose length differs from
 * trial to trial: there a thread takes the next trial when its own is over.
 *
 * The same functions as fc_trial_chunk, so the same bits. */
#ifndef FC_CUDA_PASSES_H
#define FC_CUDA_PASSES_H

#include "model/kept.h"
#include "model/trial.h"

FC_FN void fc_pass_begin(const struct fc_program *program, const float *tables, fc_u64 seed, fc_u64 trial,
                         struct fc_chunk *chunk, struct fc_trial_kept *kept)
{
    fc_trial_begin(program, tables, seed, trial, 1, chunk);
    kept->timeline = chunk->timeline;
    kept->step_time_s = chunk->step_time_s[0];
    kept->memory_bytes = chunk->memory_bytes[0];
}

/* Metric row r of the trial to out[r * stride]. */
FC_FN void fc_pass_end(const struct fc_program *program, const float *tables, fc_u64 seed, fc_u64 trial,
                       const struct fc_trial_kept *kept, struct fc_chunk *chunk, fc_real *out, fc_i32 stride)
{
    if (program->layers & (FC_LAYER_STEP | FC_LAYER_RUN)) {
        chunk->timeline = kept->timeline;
        chunk->step_time_s[0] = kept->step_time_s;
        chunk->memory_bytes[0] = kept->memory_bytes;
    }
    fc_trial_end(program, tables, seed, trial, 1, chunk, out, stride);
}

#endif
