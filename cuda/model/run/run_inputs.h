/* run_inputs.h: from the uncertain inputs of a trial to the parameters of its timeline. */
#ifndef FC_MODEL_RUN_INPUTS_H
#define FC_MODEL_RUN_INPUTS_H

#include "interval.h"
#include "timeline_state.h"

/* 1 / x, or 0 where x is 0, which stands for 'never'. */
FC_FN fc_real fc_rate(fc_real mtbf)
{
    return mtbf > 0.0f ? 1.0f / mtbf : 0.0f;
}

/* Rates of the classes of a detailed run and all that follows from them; lanes base ... base + FC_W - 1 of
 * the chunk. hard_mean[] receives the mean gap between events that stop the job, ticks. */
FC_FN void fc_run_prepare_detail(FC_GLOBAL const struct fc_run *run, fc_i32 base,
                                 fc_real in[FC_INPUT_COUNT][FC_W], struct fc_timeline_chunk *t,
                                 fc_real *hard_mean)
{
    FC_GLOBAL const struct fc_run_detail *detail = &run->detail;
    fc_real ticks_per_s = 1.0f / (fc_real)run->tick_s;
    fc_real ticks_per_h = 3600.0f * ticks_per_s;
    fc_real rate[FC_CLASS_COUNT][FC_W], shares[FC_W], large[FC_W], total[FC_W], hard[FC_W], sum[FC_W];
    FC_LANES (l) {
        shares[l] = 0.0f;
        large[l] = fc_exp(in[FC_IN_LARGE_SCALE_EXPONENT][l] * (fc_real)detail->log_scale);
    }
    for (fc_i32 c = 0; c < FC_CLASS_SHARED; c++) {
        FC_LANES (l)
            shares[l] += in[FC_IN_CLASS_SHARE + c][l];
    }
    for (fc_i32 c = 0; c < FC_CLASS_SHARED; c++) {
        FC_LANES (l) {
            fc_real all = (fc_real)run->gpus / in[FC_IN_GPU_MTBF_H][l] * large[l];
            rate[c][l] = all * (in[FC_IN_CLASS_SHARE + c][l] / fc_max(shares[l], 1e-30f));
        }
    }
    /* spares that may fail while they are idle, and all trays that may while the job waits */
    fc_real per_rack = (fc_real)detail->rack_trays;
    fc_real in_racks = (fc_real)(detail->spares_per_rack * detail->racks);
    fc_real spares = detail->spare_policy == FC_SPARES_POOLED    ? (fc_real)run->spares
                     : detail->spare_policy == FC_SPARES_IN_RACK ? in_racks
                                                                 : (fc_real)detail->spare_racks * per_rack;
    fc_real waiting = (fc_real)detail->trays + (detail->spare_policy == FC_SPARES_IN_RACK ? in_racks : 0.0f);
    fc_real lemon_part = (fc_real)detail->lemon_share;
    FC_LANES (l) {
        fc_real p = in[FC_IN_SWAP_PROBABILITY][l];
        fc_real by_gpu = fc_min(p * (fc_real)detail->classes.swap[FC_CLASS_GPU], 1.0f);
        fc_real by_host = fc_min(p * (fc_real)detail->classes.swap[FC_CLASS_HOST], 1.0f);
        fc_real gone = fc_fma(rate[FC_CLASS_GPU][l], by_gpu, rate[FC_CLASS_HOST][l] * by_host);
        fc_real idle = in[FC_IN_IDLE_FAILURES][l] * gone / (fc_real)detail->trays; /* of a tray, per hour */
        t->hold_gap[base + l] = ticks_per_h / fc_max(idle * waiting, 1e-30f);
#define CLASS_SHARED(...)
#define CLASS_OWN(id, number, name, per_hour, ...) rate[number][l] = per_hour;
#define CLASS_SOFT(id, number, name, per_hour, ...) rate[number][l] = per_hour;
#include "../classes.def"
        fc_real unit_h = (fc_real)detail->age_units / fc_max(rate[FC_CLASS_GPU][l], 1e-30f);
        t->age_mean[base + l] = unit_h * ticks_per_h;
        total[l] = 0.0f;
        hard[l] = 0.0f;
        sum[l] = 0.0f;
        t->lemon_rate[base + l] = 0.0f;
    }
    for (fc_i32 c = 0; c < FC_CLASS_COUNT; c++) {
        fc_i32 stops =
            !fc_class_in(FC_CLASSES_SOFT, c) && !(detail->elastic && fc_class_in(detail->classes.replica, c));
        FC_LANES (l)
            hard[l] += stops ? rate[c][l] : 0.0f;
    }
    if (detail->lemons) {
        /* of the failures of trays, each tray has its part as if it were none, and each lemon some more */
        FC_LANES (l) {
            fc_real s = in[FC_IN_LEMON_FAILURES][l], trays = rate[FC_CLASS_GPU][l] + rate[FC_CLASS_HOST][l];
            fc_real other = (1.0f - s) / (1.0f - lemon_part);
            fc_real more = s / lemon_part - other;
            t->lemon_rate[base + l] = trays * more / ((fc_real)detail->trays * ticks_per_h);
            rate[FC_CLASS_GPU][l] *= other;
            rate[FC_CLASS_HOST][l] *= other;
        }
    }
    for (fc_i32 c = 0; c < FC_CLASS_COUNT; c++) {
        fc_i32 exponential = !(c == FC_CLASS_GPU && detail->ages == FC_AGES_UNITS);
        FC_LANES (l) {
            rate[c][l] = exponential ? rate[c][l] : 0.0f;
            total[l] += rate[c][l];
        }
    }
    FC_LANES (l) {
        t->gap_mean[base + l] = ticks_per_h / fc_max(total[l], 1e-30f);
        hard_mean[l] = ticks_per_h / fc_max(hard[l], 1e-30f);
    }
    for (fc_i32 c = 0; c < FC_CLASS_COUNT; c++) {
        FC_LANES (l) {
            sum[l] += rate[c][l];
            t->edge[c][base + l] = sum[l] / fc_max(total[l], 1e-30f);
        }
    }
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real stated = in[FC_IN_CHECKPOINT_BYTES][l];
        fc_real bytes = stated > 0.0f ? stated : (fc_real)detail->checkpoint_bytes;
        fc_real bytes_s = bytes * fc_rate(in[FC_IN_STORAGE_BYTES_PER_S][l]);
        fc_real stall_s = in[FC_IN_CHECKPOINT_STALL_S][l] + (detail->asynchronous ? 0.0f : bytes_s);
        fc_real write_s = in[FC_IN_CHECKPOINT_WRITE_S][l] + bytes_s;
        fc_real restart_s =
            in[FC_IN_RESTART_S][l] + in[FC_IN_CHECKPOINT_LOAD_S][l] + bytes_s + in[FC_IN_WARMUP_S][l];
        restart_s = fc_fma(in[FC_IN_RESTART_PER_GPU_S][l], (fc_real)run->gpus, restart_s);
        t->restart[i] = fc_min_i32(fc_to_ticks(restart_s * ticks_per_s), FC_HORIZON_LIMIT / 8);
        t->stall[i] = stall_s * ticks_per_s;
        t->write[i] =
            detail->asynchronous ? fc_min_i32(fc_to_ticks(write_s * ticks_per_s), FC_HORIZON_LIMIT) : 0;
        t->durable_stall[i] = in[FC_IN_DURABLE_STALL_S][l] * ticks_per_s;
        t->durable_load[i] =
            fc_min_i32(fc_to_ticks(in[FC_IN_DURABLE_LOAD_S][l] * ticks_per_s), FC_HORIZON_LIMIT / 16);
        t->slow_node_loss[i] = in[FC_IN_SLOW_NODE_LOSS][l];
        t->slow_network_loss[i] = in[FC_IN_SLOW_NETWORK_LOSS][l];
        t->manual[i] = in[FC_IN_MANUAL_PROBABILITY][l];
        t->ineffective[i] = in[FC_IN_REPAIR_INEFFECTIVE][l];
        t->wrong_node[i] = in[FC_IN_WRONG_NODE][l];
        t->burst[i] = in[FC_IN_BURST_PROBABILITY][l];
        t->replica_out[i] = fc_to_ticks(in[FC_IN_REPLICA_OUT_S][l] * ticks_per_s);
        t->degraded_loss[i] = in[FC_IN_DEGRADED_LOSS][l];
        t->spare_start[i] =
            fc_min_i32(fc_to_ticks(in[FC_IN_SPARE_START_S][l] * ticks_per_s), FC_HORIZON_LIMIT / 16);
        t->swing_loss[i] = in[FC_IN_SWING_LOSS][l];
        t->reduced_loss[i] = in[FC_IN_REDUCED_LOSS][l];
        t->lemon_retired[i] = in[FC_IN_LEMON_RETIRED][l];
        /* the swing stretches the work; its share is taken off again when the run has ended */
        fc_real stretch = 1.0f / (1.0f - in[FC_IN_SWING_LOSS][l]);
        fc_i32 stretched = fc_to_ticks((fc_real)t->work[i] * stretch);
        t->work[i] = in[FC_IN_SWING_LOSS][l] > 0.0f ? fc_min_i32(stretched, FC_HORIZON_LIMIT) : t->work[i];
    }
}

/* The timeline's parameters of trials base ... base + FC_W - 1 of the chunk, from their inputs. work_s[FC_W]:
 * the run's work at full speed. */
FC_FN void fc_run_prepare(FC_GLOBAL const struct fc_run *run, fc_i32 base, fc_real in[FC_INPUT_COUNT][FC_W],
                          const fc_real *work_s, struct fc_timeline_chunk *t)
{
    fc_real ticks_per_s = 1.0f / (fc_real)run->tick_s;
    fc_real ticks_per_h = 3600.0f * ticks_per_s;
    fc_real gpus = (fc_real)run->gpus;
    fc_real hard_mean[FC_W];
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_i32 work = fc_min_i32(fc_to_ticks(work_s[l] * ticks_per_s), FC_HORIZON_LIMIT);
        t->work[i] = run->watch ? FC_HORIZON_LIMIT : work;
        t->restart[i] = fc_min_i32(fc_to_ticks(in[FC_IN_RESTART_S][l] * ticks_per_s), FC_HORIZON_LIMIT / 4);
        fc_i32 every = fc_max_i32(fc_to_ticks(in[FC_IN_PLANNED_EVERY_H][l] * ticks_per_h), 1);
        t->planned_every[i] = in[FC_IN_PLANNED_EVERY_H][l] > 0.0f ? every : FC_FOREVER;
        t->planned_stop[i] = fc_to_ticks(in[FC_IN_PLANNED_STOP_S][l] * ticks_per_s);
        fc_real per_gpu = gpus / in[FC_IN_GPU_MTBF_H][l];
        fc_real per_job = fc_rate(in[FC_IN_JOB_MTBF_H][l]);
        hard_mean[l] = ticks_per_h / (per_gpu + per_job);
        t->gap_mean[i] = hard_mean[l];
        t->stall[i] = in[FC_IN_CHECKPOINT_STALL_S][l] * ticks_per_s;
        t->detection_scale[i] = in[FC_IN_DETECTION_SCALE][l] * ticks_per_s;
        t->repair_scale[i] = in[FC_IN_REPAIR_SCALE][l] * ticks_per_s;
        t->swap_probability[i] = in[FC_IN_SWAP_PROBABILITY][l];
        t->by[i] = 0;
    }
    if (run->detailed)
        fc_run_prepare_detail(run, base, in, t, hard_mean);
    /* The programme stretches the work, as the swing does: what people and programme spend is spent on GPUs that
     * fail. Its share is taken off again when the run has ended. */
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real overhead = run->operation ? in[FC_IN_OPERATION_OVERHEAD][l] : 0.0f;
        fc_i32 stretched = fc_min_i32(fc_to_ticks(fc_fma((fc_real)t->work[i], overhead, (fc_real)t->work[i])),
                                      FC_HORIZON_LIMIT);
        t->programme_share[i] = overhead / (1.0f + overhead);
        t->work[i] = overhead > 0.0f ? stretched : t->work[i];
    }
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real stall = fc_max(t->stall[i], 1e-3f);
        fc_real interval = (fc_real)run->interval_s * ticks_per_s;
        if (run->automatic == FC_INTERVAL_EXACT)
            interval = fc_optimal_interval(stall, hard_mean[l]);
        else if (run->automatic == FC_INTERVAL_YOUNG)
            interval = fc_young_interval(stall, hard_mean[l]);
        else if (run->automatic == FC_INTERVAL_DALY)
            interval = fc_daly_interval(stall, hard_mean[l]);
        /* no snapshot before the last one is written */
        fc_real written = run->detailed ? (fc_real)t->write[i] : 0.0f;
        t->interval[i] = fc_max(interval, written);
    }
}

#endif
