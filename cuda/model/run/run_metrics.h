/* run_metrics.h: what a detailed run tells beyond time and cost: each measure of goodput by its own
 * definition.
 *
 *   ETTR                    productive / (wall - waiting for capacity); Kokolis et al., arXiv 2410.21680
 *   effective training time (productive + slowdown) / wall: time spent on useful training; arXiv 2407.21783
 *   Google goodput          scheduling x runtime x program: the share of the wall time in which all of the
 * capacity was there, the share of that in which training moved on, and the speed while it did (MFU where a
 *                           step is simulated, else the speed relative to the undisturbed one)
 *   goodput expense         cost of the time that was not productive, and of spares that are paid */
#ifndef FC_MODEL_RUN_METRICS_H
#define FC_MODEL_RUN_METRICS_H

#include "timeline_state.h"

/* Fills these metrics of a detailed run for lanes base ... base + FC_W - 1; m[FC_M_COST_USD] is there already. `mfu` is NULL
 * without a step. */
FC_FN void fc_run_metrics(FC_GLOBAL const struct fc_run *run, fc_i32 base, const struct fc_timeline_chunk *t,
                          const fc_real *mfu, fc_real m[FC_METRIC_COUNT][FC_W])
{
    fc_real hours_per_tick = (fc_real)run->tick_s / 3600.0f;
    fc_real paid = (fc_real)run->paid_gpus > 0.0f ? (fc_real)run->gpus / (fc_real)run->paid_gpus : 1.0f;
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_i32 slow = t->slowdown[i];
        fc_real wall = fc_max((fc_real)t->wall[i], 1.0f);
        fc_real available = fc_max((fc_real)(t->wall[i] - t->waiting[i]), 1.0f);
        fc_real productive = (fc_real)t->productive[i];
        fc_real training = (fc_real)(t->productive[i] + slow);
        fc_real speed = productive / fc_max(training, 1.0f);
        fc_real program = mfu ? speed * mfu[l] : speed;
        m[FC_M_TIME_SLOWDOWN_H][l] = (fc_real)slow * hours_per_tick;
        m[FC_M_RACK_SWAPS][l] = (fc_real)t->rack_swaps[i];
        m[FC_M_SLOW_EPISODES][l] = (fc_real)t->slow_episodes[i];
        m[FC_M_SPARE_SHORTAGES][l] = (fc_real)t->shortages[i];
        m[FC_M_OVERFLOWS][l] = (fc_real)t->overflows[i];
        m[FC_M_IDLE_FAILURES][l] = (fc_real)t->idle_failures[i];
        m[FC_M_LEMONS_LEFT][l] = (fc_real)t->lemons[i];
        fc_real lacked = t->missing[i] / (wall * (fc_real)run->detail.trays);
        m[FC_M_AVAILABLE_SHARE][l] = fc_max(1.0f - lacked, 0.0f);
        m[FC_M_ETTR][l] = productive / available;
        m[FC_M_EFFECTIVE_TRAINING_TIME][l] = training / wall;
        m[FC_M_SCHEDULING_GOODPUT][l] = available / wall;
        m[FC_M_RUNTIME_GOODPUT][l] = training / available;
        m[FC_M_PROGRAM_GOODPUT][l] = program;
        m[FC_M_GOOGLE_GOODPUT][l] = (available / wall) * (training / available) * program;
        m[FC_M_GOODPUT_EXPENSE_USD][l] = m[FC_M_COST_USD][l] * (1.0f - productive / wall * paid);
    }
    for (fc_i32 c = 0; c < FC_CLASS_COUNT; c++) {
        FC_LANES (l)
            m[FC_M_CLASS_INTERRUPTIONS + c][l] = (fc_real)t->class_count[c][base + l];
    }
}

#endif
