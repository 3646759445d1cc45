/* trial.cu: the model's kernels for CUDA: one trial per thread, in three passes (passes.h). Compiled by nvcc into a fatbin that travels inside the
 * program (cuda.mk); the host side is host/backends/backend_cuda.c, through the driver API. Same kernels as trial.cl. */
#define FC_W 1
#define FC_CHUNK 1
#include "passes.h"
#include "reduce.h"

/* The first pass of trials first ... first + count - 1; any number of threads. */
extern "C" __global__ void fc_begin(const struct fc_program *__restrict__ program, const float *__restrict__ tables,
                                    fc_u64 seed, fc_u64 first, fc_u32 count, struct fc_trial_kept *kept)
{
    struct fc_chunk chunk;
    for (int i = 0; i < FC_INPUT_COUNT; i++)
        chunk.inputs[i][0] = 0.0f; /* inputs that the program does not draw read as zero */
    for (fc_u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < count; at += gridDim.x * blockDim.x)
        fc_pass_begin(program, tables, seed, first + at, &chunk, kept + at);
}

/* The next trial whose run goes event by event; count or above: there is none. */
static __device__ __forceinline__ fc_u32 taken(const struct fc_trial_kept *kept, fc_u32 count, fc_u32 *next)
{
    fc_u32 at = atomicAdd(next, 1u);
    while (at < count && kept[at].timeline.by[0] == FC_BY_SUMS)
        at = atomicAdd(next, 1u);
    return at;
}

/* The runs. `next`: the first trial that no thread has, 0 at the start. The threads of a warp meet after every event, so
 * that a long run holds up no other. */
template <int mode>
static __device__ __forceinline__ void runs(const struct fc_program *__restrict__ program, const float *__restrict__ tables,
                                            fc_u64 seed, fc_u64 first, fc_u32 count, struct fc_trial_kept *kept,
                                            fc_u32 *next)
{
    struct fc_timeline_tables apart;
    struct fc_timeline_lanes lane;
    lane.tables = &apart;
    lane.over[0] = 1;
    fc_u32 at = taken(kept, count, next);
    bool running = at < count;
    if (running)
        fc_timeline_start(&program->run, &kept[at].timeline, first + at, 0, 0, &lane);
    while (__any_sync(0xffffffffu, running)) {
        if (running)
            fc_timeline_event_in(&program->run, tables, seed, &lane, mode);
        if (running && lane.over[0]) {
            fc_timeline_finish(&program->run, &kept[at].timeline, 0, &lane);
            at = taken(kept, count, next);
            running = at < count;
            if (running)
                fc_timeline_start(&program->run, &kept[at].timeline, first + at, 0, 0, &lane);
        }
    }
}

/* `blocks` of 128 threads fit a multiprocessor: 64 registers a thread where 8 do, 128 where 4 do. */
#define RUNS(name, mode, blocks)                                                                                        \
    extern "C" __global__ void __launch_bounds__(128, blocks)                                                           \
        name(const struct fc_program *__restrict__ program, const float *__restrict__ tables, fc_u64 seed, fc_u64 first, \
             fc_u32 count, struct fc_trial_kept *kept, fc_u32 *next)                                                    \
    {                                                                                                                   \
        runs<mode>(program, tables, seed, first, count, kept, next);                                                    \
    }
RUNS(fc_runs_plain, FC_MODE_PLAIN, 8)
RUNS(fc_runs_detailed, FC_MODE_DETAILED, 4)
RUNS(fc_runs_levels, FC_MODE_LEVELS, 4)

/* The last pass: metric row r of trial first + i to out[r * stride + i], for i < count; any number of threads. */
extern "C" __global__ void fc_end(const struct fc_program *__restrict__ program, const float *__restrict__ tables,
                                  fc_u64 seed, fc_u64 first, fc_u32 count, const struct fc_trial_kept *kept,
                                  fc_u32 stride, float *__restrict__ out)
{
    struct fc_chunk chunk;
    for (int i = 0; i < FC_INPUT_COUNT; i++)
        chunk.inputs[i][0] = 0.0f;
    for (fc_u32 at = blockIdx.x * blockDim.x + threadIdx.x; at < count; at += gridDim.x * blockDim.x)
        fc_pass_end(program, tables, seed, first + at, kept + at, &chunk, out + at, (fc_i32)stride);
}

/* Adds the rows to their tallies; grid y: the row. */
extern "C" __global__ void fc_tally(const float *__restrict__ rows, fc_u32 stride, fc_u32 count, fc_u32 *tally,
                                    fc_u32 *extremes, fc_u32 extremes_at)
{
    fc_u32 r = blockIdx.y, mine[FC_REDUCE_EXTREMES];
    fc_reduce_row(rows + (fc_u64)r * stride, count, blockIdx.x * blockDim.x + threadIdx.x, gridDim.x * blockDim.x,
                  tally + (fc_u64)r * FC_REDUCE_ROW_WORDS, mine);
    fc_reduce_share(mine, extremes + extremes_at + r * FC_REDUCE_EXTREMES);
}

/* Which trials hold the extremes; after fc_tally. */
extern "C" __global__ void fc_tally_indices(const float *__restrict__ rows, fc_u32 stride, fc_u32 count, fc_u32 base,
                                            fc_u32 *extremes, fc_u32 extremes_at)
{
    fc_u32 r = blockIdx.y;
    fc_reduce_indices(rows + (fc_u64)r * stride, count, base, blockIdx.x * blockDim.x + threadIdx.x,
                      gridDim.x * blockDim.x, extremes + extremes_at + r * FC_REDUCE_EXTREMES);
}

/* For calibration: log of the step time of plan p in world i to out[p * count + i]; values[v * count + i]: the values of
 * that world; which[p * FC_STEP_JOINT + input]: the one that the plan takes. Grid y: the plan. */
extern "C" __global__ void fc_step_times(const struct fc_step_program *__restrict__ plans,
                                         const fc_i32 *__restrict__ which, const float *__restrict__ values,
                                         fc_u32 count, float *__restrict__ out)
{
    fc_u32 p = blockIdx.y, world = blockIdx.x * blockDim.x + threadIdx.x;
    if (world >= count)
        return;
    fc_real inputs[FC_IN_STEP_END];
    for (int i = 0; i < FC_IN_STEP_END; i++)
        inputs[i] = values[(fc_u64)which[p * FC_STEP_JOINT + i] * count + world];
    struct fc_step_parts parts;
    fc_step_one(plans + p, inputs, 1, &parts);
    out[(fc_u64)p * count + world] = (float)fc_log(parts.step);
}

/* Known answers of the generator: words[4 i ... 4 i + 3] for counter {trial low, trial high, event, stream} at
 * counters[4 i ...]; one thread each. */
extern "C" __global__ void fc_known_words(fc_u64 seed, fc_u32 count, const fc_u32 *counters, fc_u32 *words)
{
    fc_u32 i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count)
        return;
    fc_u32 low[1] = {counters[4 * i]}, high[1] = {counters[4 * i + 1]}, event[1] = {counters[4 * i + 2]}, out[4][1];
    fc_random_words(seed, low, high, event, counters[4 * i + 3], out);
    for (int k = 0; k < 4; k++)
        words[4 * i + k] = out[k][0];
}
