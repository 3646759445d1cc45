/* run_check.c: see run_check.h. */
#include "run_check.h"

#include <math.h>

#include "cuda/model/metrics.h"
#include "cuda/model/run/timeline_state.h"
#include "host/result/statistics.h"

static double median(const struct fc_setting *setting)
{
    return setting->distribution ? fc_distribution_quantile(setting->distribution, 0.5, 0.5)
                                 : setting->number;
}

/* Says when most worlds would have more events than are followed, or when the job hardly gets on at all: the rate
 * of interruptions in the median of its inputs. */
static void note_events(struct fc_compiled *compiled, const struct fc_settings *settings)
{
    const struct fc_setting *f = settings->fields;
    const struct fc_run *run = &compiled->program.run;
    double horizon_s = (double)run->tick_s * run->horizon, job_h = median(&f[FC_FIELD_JOB_MTBF]);
    double per_h = (double)run->gpus / median(&f[FC_FIELD_GPU_MTBF]) + (job_h > 0 ? 1 / job_h : 0);
    double gap_s = 3600 / per_h, restart_s = median(&f[FC_FIELD_RESTART]);
    if (horizon_s / gap_s > FC_EVENTS_MOST || gap_s < restart_s)
        fc_note(&compiled->notes, FC_WARNING, "run-without-end", &f[FC_FIELD_GPU_MTBF].place,
                "an interruption every %.3g s of running and a restart of %.3g s (medians): a world with "
                "more than "
                "%u events is given up and counts as one that does not finish",
                gap_s, restart_s, FC_EVENTS_MOST);
}

/* Times that are stated and round to 0 ticks. */
static void note_ticks(struct fc_compiled *compiled, const struct fc_settings *settings)
{
    static const enum fc_field_id times[] = {FC_FIELD_DETECTION, FC_FIELD_RESTART, FC_FIELD_REPAIR,
                                             FC_FIELD_PLANNED_STOP};
    double tick_s = (double)compiled->program.run.tick_s;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        const struct fc_setting *setting = &settings->fields[times[i]];
        double s = median(setting);
        if (s > 0 && s < tick_s / 2)
            fc_note(
                &compiled->notes, FC_NOTE, "below-a-tick", &setting->place,
                "%s is %.3g s in the median, less than half a tick of %.3g s (the longest time watched over "
                "2^30), and counts as 0",
                fc_fields[times[i]].path, s, tick_s);
    }
}

static int check_interval(struct fc_compiled *compiled, const struct fc_settings *settings,
                          const double step_s[2], struct fc_error *error)
{
    const struct fc_setting *interval = &settings->fields[FC_FIELD_CHECKPOINT_INTERVAL],
                            *wall = &settings->fields[FC_FIELD_WALL];
    double s = interval->number;
    if (interval->is_auto) {
        if (interval->from_default)
            fc_note(
                &compiled->notes, FC_NOTE, "interval-auto", NULL,
                "checkpoint.interval is not stated: each world takes the interval that is best for its own "
                "rate of interruptions and stall, as if they were known (checkpoint.rule)");
        return 0;
    }
    if (s < step_s[0])
        return fc_fail_at(
            error, &interval->place,
            "checkpoint.interval is %.3g s, but a step takes %.3g to %.3g s (a checkpoint is made "
            "between two steps); state a step or more, or auto",
            s, step_s[0], step_s[1]);
    if (s < step_s[1])
        fc_note(&compiled->notes, FC_NOTE, "interval-below-a-step", &interval->place,
                "checkpoint.interval is %.3g s, less than a step of the slowest worlds (%.3g s)", s,
                step_s[1]);
    double write_s = median(&settings->fields[FC_FIELD_CHECKPOINT_WRITE]);
    if (compiled->program.run.detailed && compiled->program.run.detail.asynchronous && s < write_s)
        fc_note(&compiled->notes, FC_WARNING, "interval-below-write", &interval->place,
                "checkpoint.interval is %.3g s, but checkpoint.write takes %.3g s in the median: no "
                "checkpoint begins "
                "before the last one is written, so that is the interval",
                s, write_s);
    if (wall->is_set && wall->number < s)
        fc_note(&compiled->notes, FC_NOTE, "no-checkpoint", &wall->place,
                "training.wall is %.3g s, less than checkpoint.interval (%.3g s): no checkpoint is made",
                wall->number, s);
    return 0;
}

int fc_run_check(struct fc_compiled *compiled, const struct fc_settings *settings, const double step_s[2],
                 struct fc_error *error)
{
    note_events(compiled, settings);
    note_ticks(compiled, settings);
    return check_interval(compiled, settings, step_s, error);
}

static double mean(const struct fc_tally *tally, int metric)
{
    const struct fc_tally_metric *m = fc_tally_find(tally, metric);
    return m && m->count > 0 ? fc_statistics_mean(m).value : 0;
}

/* Worlds without an end, by what is wrong with them: a job that does not fit is never run, however long one watches. */
static void note_missing(const struct fc_compiled *compiled, const struct fc_tally *tally, struct fc_notes *notes)
{
    const struct fc_run *run = &compiled->program.run;
    const struct fc_tally_metric *finished = fc_tally_find(tally, FC_M_FINISHED);
    const bool runs = compiled->program.layers & FC_LAYER_RUN;
    double unfit = fc_statistics_unfit(tally), cut = finished && !run->watch ? 1 - mean(tally, FC_M_FINISHED) - unfit : 0;
    if (unfit > 0)
        fc_note(notes, FC_WARNING, "does-not-fit", NULL,
                "the job does not fit in the memory of its GPUs in %.3g %% of the worlds (P(fits_in_memory)): they have "
                "no %s, and count as the worst in quantiles and tails ('never'); a plan with more room (flopcast search "
                "--fits), more GPUs or shorter sequences would end it",
                100 * unfit, runs ? "speed, end or cost, miss every goal" : "speed");
    if (finished && cut > 0.5 / (double)fc_tally_trials(tally))
        fc_note(notes, FC_WARNING, "not-finished", NULL,
                "%.3g %% of the worlds do not finish within the %.4g days that a run is watched: their time "
                "and cost "
                "are larger than any that is shown",
                100 * cut, (double)run->tick_s * run->horizon / 86400);
}

void fc_run_note_answer(const struct fc_compiled *compiled, const struct fc_tally *tally,
                        struct fc_notes *notes)
{
    static const int parts[] = {FC_M_TIME_PRODUCTIVE_H, FC_M_TIME_REDONE_H,  FC_M_TIME_CHECKPOINT_H,
                                FC_M_TIME_DETECTION_H,  FC_M_TIME_RESTART_H, FC_M_TIME_WAITING_H,
                                FC_M_TIME_PLANNED_H,    FC_M_TIME_SLOWDOWN_H,
                                FC_M_TIME_PROGRAMME_H};
    const double worth_saying =
        0.1; /* of the time: more than any other part but the training takes in most runs */
    const struct fc_run *run = &compiled->program.run;
    double all = 0, waiting = mean(tally, FC_M_TIME_WAITING_H);
    if (fc_tally_trials(tally) == 0)
        return;
    note_missing(compiled, tally, notes);
    if (!(compiled->program.layers & FC_LAYER_RUN))
        return;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        all += mean(tally, parts[i]);
    if (waiting > worth_saying * all && run->detailed)
        fc_note(notes, FC_WARNING, "waiting-for-spares", NULL,
                "waiting for racks and trays takes %.0f %% of the time: cluster.spare_racks is %d, "
                "cluster.spare_nodes %d; more of them, or cluster.shortage: shrink, would end it",
                100 * waiting / all, (int)run->detail.spare_racks, (int)run->spares);
    else if (waiting > worth_saying * all)
        fc_note(notes, FC_WARNING, "waiting-for-spares", NULL,
                "waiting for nodes takes %.0f %% of the time: cluster.spare_nodes is %d", 100 * waiting / all,
                (int)run->spares);
}
