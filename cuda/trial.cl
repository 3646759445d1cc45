/* trial.cl: the model's kernels for OpenCL C 1.2. The headers are put in their place when the program is built
 * (inline.sh); FC_W lanes and chunks of FC_CHUNK trials are chosen by the host for the kind of device. */
#include "model/trial.h"
#include "reduce.h"

/* Metric row r of trial first + i to out[r * stride + i], for i < count; any number of work items. */
__kernel void fc_trials(__global const struct fc_program *restrict program, __global const float *restrict tables,
                        ulong seed, ulong first, uint count, uint stride, __global float *restrict out)
{
    struct fc_chunk chunk;
    for (int i = 0; i < FC_INPUT_COUNT; i++) {
        FC_LANES (l)
            chunk.inputs[i][l] = 0.0f; /* inputs that the program does not draw read as zero */
    }
    uint step = (uint)get_global_size(0) * FC_CHUNK;
    for (uint at = (uint)get_global_id(0) * FC_CHUNK; at < count; at += step) {
        uint here = count - at < FC_CHUNK ? count - at : FC_CHUNK;
        fc_trial_chunk(program, tables, seed, first + at, (int)here, &chunk, out + at, (int)stride);
    }
}

/* Adds the rows to their tallies; second dimension: the row. */
__kernel void fc_tally(__global const float *rows, uint stride, uint count, __global uint *tally, __global uint *extremes,
                       uint extremes_at)
{
    uint r = (uint)get_global_id(1), mine[FC_REDUCE_EXTREMES];
    fc_reduce_row(rows + (ulong)r * stride, count, (uint)get_global_id(0), (uint)get_global_size(0),
                  tally + (ulong)r * FC_REDUCE_ROW_WORDS, mine);
    fc_reduce_share(mine, extremes + extremes_at + r * FC_REDUCE_EXTREMES);
}

/* Which trials hold the extremes; after fc_tally. */
__kernel void fc_tally_indices(__global const float *rows, uint stride, uint count, uint base, __global uint *extremes,
                               uint extremes_at)
{
    uint r = (uint)get_global_id(1);
    fc_reduce_indices(rows + (ulong)r * stride, count, base, (uint)get_global_id(0), (uint)get_global_size(0),
                      extremes + extremes_at + r * FC_REDUCE_EXTREMES);
}

/* For a CPU: first dimension: slices of the launch; every item has a stretch of a row and a tally to itself. */
__kernel void fc_tally_slices(__global const float *rows, uint stride, uint count, uint base, __global uint *tally,
                              __global uint *extremes, uint extremes_at)
{
    uint r = (uint)get_global_id(1), slice = (uint)get_global_id(0), slices = (uint)get_global_size(0);
    uint share = (count + slices - 1) / slices, from = slice * share, mine[FC_REDUCE_EXTREMES];
    uint here = from >= count ? 0 : count - from < share ? count - from : share;
    uint at = slice * (uint)get_global_size(1) + r;
    fc_reduce_row(rows + (ulong)r * stride + from, here, 0, 1, tally + (ulong)at * FC_REDUCE_ROW_WORDS, mine);
    fc_reduce_own(mine, base + from, extremes + extremes_at + at * FC_REDUCE_EXTREMES);
}

/* For calibration: log of the step time of plan p in world i to out[p * count + i]; values[v * count + i]: the values of
 * that world; which[p * FC_STEP_JOINT + input]: the one that the plan takes. Second dimension: the plan. */
__kernel void fc_step_times(__global const struct fc_step_program *restrict plans, __global const int *restrict which,
                            __global const float *restrict values, uint count, __global float *restrict out)
{
    fc_real inputs[FC_IN_STEP_END][FC_W];
    uint p = (uint)get_global_id(1), first = (uint)get_global_id(0) * FC_W;
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        __global const float *from = values + (ulong)which[p * FC_STEP_JOINT + i] * count;
        FC_LANES (l)
            inputs[i][l] = from[first + l < count ? first + l : count - 1];
    }
    FC_LANES (l) {
        struct fc_step_parts parts;
        fc_step_one(plans + p, &inputs[0][l], FC_W, &parts);
        if (first + l < count)
            out[(ulong)p * count + first + l] = (float)fc_log(parts.step);
    }
}

/* Known answers of the generator: words[4 i ... 4 i + 3] for counter {trial low, trial high, event, stream} at
 * counters[4 i ...]; one work item. */
__kernel void fc_known_words(ulong seed, uint count, __global const uint *counters, __global uint *words)
{
    uint low[FC_W], high[FC_W], event[FC_W], out[4][FC_W];
    for (uint i = 0; i < count; i++) {
        FC_LANES (l) {
            low[l] = counters[4 * i];
            high[l] = counters[4 * i + 1];
            event[l] = counters[4 * i + 2];
        }
        fc_random_words(seed, low, high, event, counters[4 * i + 3], out);
        for (int k = 0; k < 4; k++)
            words[4 * i + k] = out[k][i % FC_W];
    }
}
