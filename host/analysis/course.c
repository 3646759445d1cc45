/* course.c: see course.h. */
#include "course.h"

#include <math.h>
#include <stdlib.h>

#include "host/base/order.h"

enum { FLOW_TRAINED, FLOW_COST, FLOW_STOPS, FLOW_ENDED, FLOWS };
static const struct {
    const char *name, *unit;
} flows[FLOWS] = {{"trained_share", "1"}, {"cost_usd", "USD"}, {"interruptions", "1"}, {"ended_share", "1"}};

/* Metrics that the simulation keeps, and the rows that they get (those of the program, ascending). */
static const int kept[] = {FC_M_STEP_TIME_S, FC_M_WALL_CLOCK_DAYS, FC_M_INTERRUPTIONS, FC_M_TIME_PRODUCTIVE_H, FC_M_COST_USD,
                           FC_M_FINISHED};
enum { KEPT = sizeof kept / sizeof kept[0] };

struct course {
    struct fc_analysis analysis;
    struct fc_compiled compiled; /* plain worlds, the kept metrics alone */
    const struct fc_scenario *scenario;
    size_t worlds;
    float *samples;         /* of one moment */
    double *usd_per_day;    /* of each world, while it runs */
    double *values;         /* (flow x moments + moment) x worlds + world */
    double day[FC_COURSE_MOMENTS];
};

bool fc_course_is_of(const struct fc_program *program)
{
    return (program->layers & FC_LAYER_STEP) && (program->layers & FC_LAYER_RUN) && !(program->layers & FC_LAYER_CONTRACT) &&
           !program->run.watch && program->run.work_steps > 0;
}

static double sample(const struct course *c, int metric, size_t world)
{
    return (double)c->samples[(size_t)c->compiled.program.metric_row[metric] * c->worlds + world];
}

static double *flow(const struct course *c, int which, int moment)
{
    return c->values + ((size_t)which * FC_COURSE_MOMENTS + (size_t)moment) * c->worlds;
}

/* The worlds as they stand after `ticks`. */
static int simulate(struct course *c, int32_t ticks, bool watch, struct fc_error *error)
{
    c->compiled.program.run.horizon = ticks;
    c->compiled.program.run.watch = watch;
    return fc_analysis_run(&c->analysis, &c->compiled, c->scenario->seed, 0, c->worlds, NULL, c->samples, error);
}

/* What a day of each world costs: of a run that is watched for a day or so, for which the cost is known whether it ends or not.
 * A run pays for its GPUs by the hour. */
static int find_rates(struct course *c, int32_t ticks, struct fc_error *error)
{
    if (simulate(c, ticks, true, error))
        return -1;
    for (size_t i = 0; i < c->worlds; i++) {
        double rate = sample(c, FC_M_COST_USD, i) / sample(c, FC_M_WALL_CLOCK_DAYS, i);
        c->usd_per_day[i] = isfinite(rate) ? rate : 0; /* a job that does not fit into memory is never run */
    }
    return 0;
}

static int see_moment(struct course *c, int moment, int32_t ticks, struct fc_error *error)
{
    if (simulate(c, ticks, false, error))
        return -1;
    for (size_t i = 0; i < c->worlds; i++) {
        bool ended = sample(c, FC_M_FINISHED, i) > 0;
        double steps = sample(c, FC_M_TIME_PRODUCTIVE_H, i) * 3600 / sample(c, FC_M_STEP_TIME_S, i),
               stops = sample(c, FC_M_INTERRUPTIONS, i);
        double share = ended ? 1 : steps / (double)c->compiled.program.run.work_steps;
        flow(c, FLOW_TRAINED, moment)[i] = isfinite(share) ? fmin(share, 1) : 0;
        flow(c, FLOW_COST, moment)[i] = c->usd_per_day[i] * (ended ? sample(c, FC_M_WALL_CLOCK_DAYS, i) : c->day[moment]);
        flow(c, FLOW_STOPS, moment)[i] = isfinite(stops) ? stops : 0;
        flow(c, FLOW_ENDED, moment)[i] = ended;
    }
    return 0;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static void write_flow(struct fc_writer *w, const struct course *c, int which)
{
    static const struct {
        const char *key;
        double p;
    } figures[] = {{"mean", 0}, {"p5", 0.05}, {"p50", 0.5}, {"p95", 0.95}};
    size_t count = which == FLOW_ENDED ? 1 : sizeof figures / sizeof figures[0];
    fc_write_map(w, flows[which].name);
    fc_write_text(w, "unit", flows[which].unit);
    for (size_t k = 0; k < count; k++) {
        fc_write_list(w, figures[k].key);
        for (int m = 0; m < FC_COURSE_MOMENTS; m++)
            fc_write_number(w, NULL, k == 0 ? mean_of(flow(c, which, m), c->worlds)
                                            : fc_quantile_sorted(flow(c, which, m), c->worlds, figures[k].p));
        fc_write_end(w);
    }
    fc_write_end(w);
}

static void write_all(struct fc_writer *w, const struct course *c)
{
    fc_write_unsigned(w, "trials", c->worlds);
    fc_write_text(w, "by", "day");
    fc_write_list(w, "period");
    for (int m = 0; m < FC_COURSE_MOMENTS; m++)
        fc_write_number(w, NULL, c->day[m]);
    fc_write_end(w);
    fc_write_map(w, "flows");
    for (int f = 0; f < FLOWS; f++)
        write_flow(w, c, f);
    fc_write_end(w);
}

int fc_course_write(struct fc_writer *writer, const struct fc_scenario *scenario, const struct fc_selection *selection,
                    double days, uint64_t worlds, struct fc_error *error)
{
    struct course *c = calloc(1, sizeof *c);
    if (!c)
        return fc_fail(error, FC_FAULT, "out of memory for the course of the run");
    *c = (struct course){.analysis = {.selection = *selection, .quiet = true, .warned = true},
                         .compiled = scenario->compiled,
                         .scenario = scenario,
                         .worlds = (size_t)worlds};
    c->compiled.program.shifts = 0;
    fc_analysis_keep(&c->compiled.program, kept, KEPT);
    fc_progress_start(&c->analysis.line, "trials", true);
    c->samples = fc_analysis_samples(worlds, KEPT, error);
    c->usd_per_day = calloc(c->worlds, sizeof *c->usd_per_day);
    c->values = calloc(c->worlds * FLOWS * FC_COURSE_MOMENTS, sizeof *c->values);
    double tick = (double)c->compiled.program.run.tick_s / 86400, step = days / (FC_COURSE_MOMENTS - 1);
    int32_t longest = c->compiled.program.run.horizon;
    step = step > 2 ? ceil(step) : step; /* whole days */
    int status = !c->samples ? -1 : !c->usd_per_day || !c->values ? fc_fail(error, FC_FAULT, "out of memory for the course of the run") : 0;
    if (!status)
        status = find_rates(c, (int32_t)fmin(fmax(1 / tick, 1), longest), error);
    for (int m = 1; m < FC_COURSE_MOMENTS && !status; m++) { /* at the start nothing is done yet */
        double ticks = fmin(fmax(m * step / tick, 1), longest);
        c->day[m] = ticks < longest ? m * step : ticks * tick;
        status = see_moment(c, m, (int32_t)ticks, error);
    }
    for (int f = 0; f < FLOWS && !status; f++)
        for (int m = 0; m < FC_COURSE_MOMENTS; m++)
            qsort(flow(c, f, m), c->worlds, sizeof(double), fc_by_double);
    if (!status)
        write_all(writer, c);
    free(c->samples);
    free(c->usd_per_day);
    free(c->values);
    free(c);
    return status;
}
