/* trial.h: a chunk of trials from first draw to metrics.
 *
 * A trial is a pure function (program, seed, number) -> metrics. A chunk walks its trials through the layers
 * together: draw and step for all, block by block; then the timeline of all, lanes refilled; then the
 * contract and the metrics. */
#ifndef FC_MODEL_TRIAL_H
#define FC_MODEL_TRIAL_H

#include "contract/contract.h"
#include "run/run_inputs.h"
#include "run/run_metrics.h"
#include "run/sums.h"
#include "step/step.h"
#include "world.h"
#include "run/timeline.h"

#if FC_CHUNK % FC_W != 0
#error "FC_CHUNK must be a multiple of FC_W: blocks of lanes write whole"
#endif

/* Scratch of one chunk. */
struct fc_chunk {
    struct fc_timeline_chunk timeline;
    fc_real step_time_s[FC_CHUNK];
    fc_real memory_bytes[FC_CHUNK];
    fc_real inputs[FC_INPUT_COUNT][FC_W];
    fc_real metrics[FC_METRIC_COUNT][FC_W];
    struct fc_ledger ledger;
};

/* The timeline's parameters of trials base ... base + FC_W - 1 of the chunk, from their inputs. */
FC_FN void fc_trial_prepare_run(FC_GLOBAL const struct fc_program *program, fc_i32 base,
                                struct fc_chunk *chunk)
{
    fc_real work_s[FC_W];
    fc_i32 stepped = program->layers & FC_LAYER_STEP;
    FC_LANES (l)
        work_s[l] = stepped ? (fc_real)program->run.work_steps * chunk->step_time_s[base + l]
                            : (fc_real)program->run.work_s;
    fc_run_prepare(&program->run, base, chunk->inputs, work_s, &chunk->timeline);
}

FC_FN void fc_trial_step_metrics(FC_GLOBAL const struct fc_program *program, fc_i32 base,
                                 struct fc_chunk *chunk)
{
    fc_real(*m)[FC_W] = chunk->metrics;
    fc_real tokens = program->step.tokens_per_step;
    fc_real gpus = program->step.gpus;
    fc_real flop = program->step.flop_per_step;
    FC_LANES (l) {
        fc_real seconds = chunk->step_time_s[base + l];
        fc_real tokens_per_s = tokens / seconds;
        fc_real flops_per_gpu = flop / seconds / gpus;
        m[FC_M_STEP_TIME_S][l] = seconds;
        m[FC_M_TOKENS_PER_S][l] = tokens_per_s;
        m[FC_M_TOKENS_PER_S_PER_GPU][l] = tokens_per_s / gpus;
        m[FC_M_TFLOPS_PER_GPU][l] = flops_per_gpu * 1e-12f;
        m[FC_M_MFU][l] = flops_per_gpu / (fc_real)program->step.peak_flops;
        m[FC_M_MEMORY_PER_GPU_BYTES][l] = chunk->memory_bytes[base + l];
        m[FC_M_FITS][l] =
            chunk->memory_bytes[base + l] <= (fc_real)program->step.memory_capacity ? 1.0f : 0.0f;
    }
}

FC_FN void fc_trial_run_metrics(FC_GLOBAL const struct fc_program *program, fc_i32 base,
                                struct fc_chunk *chunk)
{
    fc_real(*m)[FC_W] = chunk->metrics;
    fc_real(*in)[FC_W] = chunk->inputs;
    const struct fc_timeline_chunk *t = &chunk->timeline;
    fc_real hours_per_tick = (fc_real)program->run.tick_s / 3600.0f;
    fc_real paid = program->run.paid_gpus;
    fc_real gpus = paid > 0.0f ? paid : (fc_real)program->run.gpus;
    fc_i32 stepped = program->layers & FC_LAYER_STEP;
    fc_real deadline = program->contract.deadline_days;
    fc_real budget = program->contract.budget_usd;
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real wall_h = (fc_real)t->wall[i] * hours_per_tick;
        fc_real days = wall_h / 24.0f;
        m[FC_M_WALL_CLOCK_DAYS][l] = days;
        m[FC_M_GOODPUT][l] = (fc_real)t->productive[i] / fc_max((fc_real)t->wall[i], 1.0f);
        m[FC_M_INTERRUPTIONS][l] = (fc_real)t->failures[i];
        m[FC_M_TIME_PRODUCTIVE_H][l] = (fc_real)t->productive[i] * hours_per_tick;
        m[FC_M_TIME_REDONE_H][l] = (fc_real)t->redone[i] * hours_per_tick;
        m[FC_M_TIME_CHECKPOINT_H][l] = (fc_real)t->checkpoint[i] * hours_per_tick;
        m[FC_M_TIME_DETECTION_H][l] = (fc_real)t->detection[i] * hours_per_tick;
        m[FC_M_TIME_RESTART_H][l] = (fc_real)t->restarting[i] * hours_per_tick;
        m[FC_M_TIME_WAITING_H][l] = (fc_real)t->waiting[i] * hours_per_tick;
        m[FC_M_TIME_PLANNED_H][l] = (fc_real)t->planned[i] * hours_per_tick;
        m[FC_M_TIME_PROGRAMME_H][l] = (fc_real)t->programme[i] * hours_per_tick;
        m[FC_M_PLANNED_STOPS][l] = (fc_real)t->planned_stops[i];
        m[FC_M_NODE_SWAPS][l] = (fc_real)t->swaps[i];
        m[FC_M_FINISHED][l] = (fc_real)t->finished[i];
        fc_real gpu_hours = wall_h * gpus;
        fc_real cost = gpu_hours * in[FC_IN_PRICE_GPU_HOUR_USD][l];
        fc_real kwh = gpu_hours * in[FC_IN_IT_POWER_KW][l] * in[FC_IN_LOAD_FACTOR][l] * in[FC_IN_PUE][l];
        m[FC_M_GPU_HOURS][l] = gpu_hours;
        m[FC_M_COST_USD][l] = cost;
        m[FC_M_ENERGY_MWH][l] = kwh * 0.001f;
        m[FC_M_CO2_T][l] = kwh * in[FC_IN_CARBON_G_PER_KWH][l] * 1e-6f;
        /* tokens trained: all of them when the run ended, else in proportion to the productive time */
        fc_real done_s = (fc_real)t->productive[i] * (fc_real)program->run.tick_s;
        fc_real tokens = stepped ? done_s / chunk->step_time_s[i] * (fc_real)program->step.tokens_per_step
                                 : (fc_real)program->run.tokens;
        m[FC_M_COST_PER_MTOKEN_USD][l] = cost / (tokens * 1e-6f);
        fc_i32 in_time = t->finished[i] && days <= deadline;
        fc_i32 in_budget = t->finished[i] && cost <= budget;
        m[FC_M_DEADLINE_MET][l] = (fc_real)in_time;
        m[FC_M_BUDGET_MET][l] = (fc_real)in_budget;
        m[FC_M_BOTH_MET][l] = (fc_real)(in_time & in_budget);
    }
    if (program->run.detailed)
        fc_run_metrics(&program->run, base, t, stepped ? m[FC_M_MFU] : (const fc_real *)0, m);
}

/* What a run would have taken that did not end within the longest time watched is not known, only that it is
 * more: its length and all that is counted by it are infinite ('never'), as FC_M_PAYBACK_MONTHS is. Its parts
 * of the time, its interruptions and its goodput are those of the time watched. A run that is watched for a
 * stated time has no end to miss, unless it had too many events to be followed so long (FC_EVENTS_MOST). */
FC_FN void fc_trial_censor(FC_GLOBAL const struct fc_program *program, fc_i32 base, struct fc_chunk *chunk)
{
    fc_real(*m)[FC_W] = chunk->metrics;
    const fc_real never = (fc_real)fc_float_of(0x7f800000u);
    fc_i32 all = !(program->layers & FC_LAYER_CONTRACT); /* a contract's totals are not the run's */
    FC_LANES (l) {
        fc_i32 cut = chunk->timeline.wall[base + l] < program->run.horizon;
        fc_i32 unknown = program->run.watch ? cut : !chunk->timeline.finished[base + l];
        fc_i32 rest = unknown & all;
        m[FC_M_WALL_CLOCK_DAYS][l] = unknown ? never : m[FC_M_WALL_CLOCK_DAYS][l];
        m[FC_M_GPU_HOURS][l] = rest ? never : m[FC_M_GPU_HOURS][l];
        m[FC_M_COST_USD][l] = rest ? never : m[FC_M_COST_USD][l];
        m[FC_M_COST_PER_MTOKEN_USD][l] = rest ? never : m[FC_M_COST_PER_MTOKEN_USD][l];
        m[FC_M_ENERGY_MWH][l] = rest ? never : m[FC_M_ENERGY_MWH][l];
        m[FC_M_CO2_T][l] = rest ? never : m[FC_M_CO2_T][l];
        m[FC_M_GOODPUT_EXPENSE_USD][l] = rest ? never : m[FC_M_GOODPUT_EXPENSE_USD][l];
    }
}

/* 1 where the job does not fit into the memory of its GPUs; a capacity of 0 is not asked about. */
FC_FN fc_i32 fc_trial_unfit(FC_GLOBAL const struct fc_program *program, fc_real fits)
{
    return ((fc_real)program->step.memory_capacity > 0.0f) & (fits < 0.5f);
}

/* A job that does not fit into memory is never run: it has no speed, length or cost, and misses every goal.
 * What its memory would have to be, and that it does not fit, are its only figures; a contract's money is not
 * the job's. */
FC_FN void fc_trial_drop_unfit(FC_GLOBAL const struct fc_program *program, struct fc_chunk *chunk)
{
    fc_real(*m)[FC_W] = chunk->metrics;
    const fc_real never = (fc_real)fc_float_of(0x7f800000u);
    fc_i32 any = 0, contract = program->layers & FC_LAYER_CONTRACT;
    FC_LANES (l)
        any |= fc_trial_unfit(program, m[FC_M_FITS][l]);
    for (fc_i32 r = 0; any && r < program->metric_count; r++) {
        fc_i32 metric = program->metrics[r];
        fc_i32 goal = (metric == FC_M_FINISHED) | (metric == FC_M_DEADLINE_MET) |
                      (metric == FC_M_BUDGET_MET) | (metric == FC_M_BOTH_MET);
        if (metric == FC_M_FITS || metric == FC_M_MEMORY_PER_GPU_BYTES ||
            (contract && !FC_METRIC_OF_JOB(metric) && !goal))
            continue;
        FC_LANES (l) {
            fc_real lost = goal ? 0.0f : never;
            m[metric][l] = fc_trial_unfit(program, m[FC_M_FITS][l]) ? lost : m[metric][l];
        }
    }
}

/* Draws the inputs of the run of trials first ... first + count - 1 and prepares step and timeline. */
FC_FN void fc_trial_begin(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables,
                          fc_u64 seed, fc_u64 first, fc_i32 count, struct fc_chunk *chunk)
{
    fc_i32 layers = program->layers;
    if (!(layers & (FC_LAYER_STEP | FC_LAYER_RUN)))
        return;
    for (fc_i32 base = 0; base < count; base += FC_W) {
        fc_draw_inputs(program, tables, seed, first + (fc_u64)base, 0, program->run_draws, chunk->inputs);
        if (layers & FC_LAYER_STEP)
            fc_step_lanes(&program->step, chunk->inputs, chunk->step_time_s + base,
                          chunk->memory_bytes + base);
        if (layers & FC_LAYER_RUN)
            fc_trial_prepare_run(program, base, chunk);
        if ((layers & FC_LAYER_RUN) && program->run.sums.on)
            fc_sums_run(&program->run, tables, seed, first + (fc_u64)base, base, &chunk->timeline);
    }
}

/* Draws the other inputs, fills the metrics and writes metric row r of trial i to out[r * stride + i]. */
FC_FN void fc_trial_end(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables,
                        fc_u64 seed, fc_u64 first, fc_i32 count, struct fc_chunk *chunk,
                        FC_GLOBAL fc_real *out, fc_i32 stride)
{
    fc_i32 layers = program->layers;
    for (fc_i32 base = 0; base < count; base += FC_W) {
        fc_draw_inputs(program, tables, seed, first + (fc_u64)base, program->run_draws, program->draw_count,
                       chunk->inputs);
        if (layers & FC_LAYER_STEP)
            fc_trial_step_metrics(program, base, chunk);
        if (layers & FC_LAYER_RUN)
            fc_trial_run_metrics(program, base, chunk);
        if (layers & FC_LAYER_CONTRACT) {
            if (layers & FC_LAYER_STEP) {
                FC_LANES (l) /* a job that does not fit yields nothing */
                    chunk->metrics[FC_M_MFU][l] = fc_trial_unfit(program, chunk->metrics[FC_M_FITS][l])
                                                      ? 0.0f
                                                      : chunk->metrics[FC_M_MFU][l];
            }
            fc_real *goodput =
                layers & FC_LAYER_RUN ? chunk->metrics[FC_M_GOODPUT] : chunk->inputs[FC_IN_GOODPUT];
            fc_real *mfu = layers & FC_LAYER_STEP ? chunk->metrics[FC_M_MFU] : chunk->inputs[FC_IN_MFU];
            fc_contract_lanes(&program->contract, tables, seed, first + (fc_u64)base, chunk->inputs, goodput,
                              mfu, &chunk->ledger, chunk->metrics);
        }
        if (layers & FC_LAYER_RUN)
            fc_trial_censor(program, base, chunk);
        if (layers & FC_LAYER_STEP)
            fc_trial_drop_unfit(program, chunk);
        fc_i32 rest = count - base < FC_W ? count - base : FC_W;
        for (fc_i32 r = 0; r < program->metric_count; r++) {
            const fc_real *value = chunk->metrics[program->metrics[r]];
            FC_GLOBAL fc_real *row = out + (fc_u64)r * (fc_u64)stride + (fc_u64)base;
            if (rest == FC_W) {
                FC_LANES (l)
                    row[l] = value[l];
                continue;
            }
            for (fc_i32 l = 0; l < rest; l++)
                row[l] = value[l];
        }
    }
}

/* Simulates trials first ... first + count - 1 (count <= FC_CHUNK) and writes metric row r of trial i to
 * out[r * stride + i], rows in the order of program->metrics. `tables` holds the quantile tables of the
 * program. */
FC_FN void fc_trial_chunk(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables,
                          fc_u64 seed, fc_u64 first, fc_i32 count, struct fc_chunk *chunk,
                          FC_GLOBAL fc_real *out, fc_i32 stride)
{
    fc_trial_begin(program, tables, seed, first, count, chunk);
    if (program->layers & FC_LAYER_RUN)
        fc_timeline_run(&program->run, tables, seed, first, count, &chunk->timeline);
    fc_trial_end(program, tables, seed, first, count, chunk, out, stride);
}

#endif
