/* cpu_kernel.c: the model for the CPU; built once per instruction set with FC_KERNEL as its name, FC_W lanes
 * and chunks of FC_CHUNK trials (build.mk). Defines `const struct fc_kernel fc_kernel_<FC_KERNEL>`. */
#include <stddef.h>
#include <string.h>

#include "instruction_set.h"
#include "kernel.h"

#include "cuda/model/trial.h"
#include "cuda/model/step/step_program.h"

static void run(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t first,
                int count, void *scratch, void *out)
{
    fc_trial_chunk(program, tables, seed, first, count, scratch, out, FC_CHUNK);
}

/* All that trial.h hands from step and timeline to the contract stands before the inputs. */
#define FC_KEPT_BYTES offsetof(struct fc_chunk, inputs)

static void run_kept(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t first,
                     int count, void *scratch, void *out, void *kept, int have)
{
    struct fc_chunk *chunk = scratch;
    if (have) {
        memcpy(chunk, kept, FC_KEPT_BYTES);
    } else {
        fc_trial_begin(program, tables, seed, first, count, chunk);
        if (program->layers & FC_LAYER_RUN)
            fc_timeline_run(&program->run, tables, seed, first, count, &chunk->timeline);
        memcpy(kept, chunk, FC_KEPT_BYTES);
    }
    fc_trial_end(program, tables, seed, first, count, chunk, out, FC_CHUNK);
}

/* Counters of a block of lanes, as the timeline uses them: one trial per lane, event after event. */
static void counters(fc_u32 low[FC_W], fc_u32 high[FC_W], fc_u32 event[FC_W])
{
    FC_LANES (l) {
        low[l] = (fc_u32)l;
        high[l] = 0;
        event[l] = 0;
    }
}

static uint32_t floor_words(uint64_t seed, uint64_t count)
{
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W], sum[FC_W] = {0};
    counters(low, high, event);
    for (uint64_t done = 0; done < count; done += FC_W) {
        fc_random_words(seed, low, high, event, FC_STREAM_TIMELINE, words);
        FC_LANES (l) {
            sum[l] += words[0][l] ^ words[1][l] ^ words[2][l] ^ words[3][l];
            event[l]++;
        }
    }
    uint32_t all = 0;
    FC_LANES (l)
        all ^= sum[l];
    return all;
}

static uint32_t floor_variates(const struct fc_program *program, const float *tables, uint64_t seed,
                               uint64_t count)
{
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W], sum[FC_W] = {0};
    fc_real detection[FC_W], repair[FC_W];
    counters(low, high, event);
    for (uint64_t done = 0; done < count; done += FC_W) {
        fc_random_words(seed, low, high, event, FC_STREAM_TIMELINE, words);
        fc_draw_lanes(&program->run.detection, tables, words[2], detection);
        fc_draw_lanes(&program->run.repair, tables, words[3], repair);
        FC_LANES (l) {
            sum[l] += fc_bits_of((float)fc_exponential(words[0][l])) ^
                      fc_bits_of((float)fc_uniform(words[1][l])) ^ fc_bits_of((float)detection[l]) ^
                      fc_bits_of((float)repair[l]);
            event[l]++;
        }
    }
    uint32_t all = 0;
    FC_LANES (l)
        all ^= sum[l];
    return all;
}

static void log_step_times(const struct fc_step_program *const *plans, const int (*which)[FC_STEP_JOINT],
                           int count, const float *values, float *out)
{
    fc_real inputs[FC_INPUT_COUNT][FC_W], seconds[FC_W];
    for (int p = 0; p < count; p++) {
        for (int i = 0; i < FC_IN_STEP_END; i++) {
            const float *from = values + (long)which[p][i] * FC_W;
            FC_LANES (l)
                inputs[i][l] = (fc_real)from[l];
        }
        fc_step_seconds(plans[p], inputs, seconds);
        FC_LANES (l)
            out[p * FC_W + l] = (float)fc_log(seconds[l]);
    }
}

extern const struct fc_kernel FC_JOIN(fc_kernel_, FC_KERNEL);
const struct fc_kernel FC_JOIN(fc_kernel_, FC_KERNEL) = {
    .name = FC_TEXT(FC_KERNEL),
    .lanes = FC_W,
    .chunk = FC_CHUNK,
    .level = FC_LEVEL,
    .scratch_bytes = sizeof(struct fc_chunk),
    .run = run,
    .floor_words = floor_words,
    .floor_variates = floor_variates,
    .log_step_times = log_step_times,
    .kept_bytes = FC_KEPT_BYTES,
    .run_kept = run_kept,
};
