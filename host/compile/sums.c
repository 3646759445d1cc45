/* sums.c: see sums.h. */
#include "sums.h"

#include <math.h>
#include <stdlib.h>

#include "cuda/model/trial.h"

enum { WORLDS = 256, POWERS = 5 };

/* Adds the first five powers of what is linear from a to b over a share of the probability: Gauss and Legendre's three
 * points, exact up to the fifth. */
static void add_piece(double moment[POWERS + 1], double a, double b, double share)
{
    const double at[3] = {-0.7745966692414834, 0, 0.7745966692414834},
                 weight[3] = {5.0 / 18, 8.0 / 18, 5.0 / 18};
    for (int i = 0; i < 3; i++) {
        double x = 0.5 * (a + b) + 0.5 * (b - a) * at[i], power = share * weight[i];
        for (int k = 0; k <= POWERS; k++, power *= x)
            moment[k] += power;
    }
}

/* Moments of a draw as the model makes it, its table's straight pieces included. */
static void moments(const struct fc_draw *draw, const float *tables, double moment[POWERS + 1])
{
    for (int k = 0; k <= POWERS; k++)
        moment[k] = 0;
    if (draw->kind == FC_DRAW_CONSTANT)
        add_piece(moment, (double)draw->value, (double)draw->value, 1);
    for (int i = 0; draw->kind == FC_DRAW_DISCRETE && i < draw->count; i++) {
        const float *value = tables + draw->table, *upper = value + draw->count;
        add_piece(moment, (double)value[i], (double)value[i],
                  (double)upper[i] - (i ? (double)upper[i - 1] : 0));
    }
    for (int i = 0; draw->kind == FC_DRAW_TABLE && i < FC_TABLE_SIDE - 1; i++) {
        const float *value = tables + draw->table + i;
        double share = ldexp(1.0 / FC_TABLE_PER_OCTAVE, i / FC_TABLE_PER_OCTAVE - 33);
        add_piece(moment, (double)value[0], (double)value[1], share);
        add_piece(moment, (double)value[FC_TABLE_SIDE], (double)value[FC_TABLE_SIDE + 1], share);
    }
    for (int k = POWERS; k >= 0; k--)
        moment[k] /= moment[0];
}

/* Cumulants from moments; those from the third on over powers of the standard deviation. */
static void set_detection(struct fc_run_sums *sums, const double m[POWERS + 1])
{
    double variance = fmax(m[2] - m[1] * m[1], 0), mean = m[1], sd = sqrt(variance);
    double c3 = m[3] - 3 * mean * m[2] + 2 * mean * mean * mean;
    double c4 = m[4] - 4 * mean * m[3] + 6 * mean * mean * m[2] - 3 * pow(mean, 4);
    double c5 =
        m[5] - 5 * mean * m[4] + 10 * mean * mean * m[3] - 10 * pow(mean, 3) * m[2] + 4 * pow(mean, 5);
    bool spread = sd > 1e-6 * mean;
    sums->detection_mean = (float)mean;
    sums->detection_sd = spread ? (float)sd : 0;
    sums->detection_skew = spread ? (float)(c3 / pow(sd, 3)) : 0;
    sums->detection_excess = spread ? (float)(c4 / pow(sd, 4) - 3) : 0;
    sums->detection_fifth = spread ? (float)(c5 / pow(sd, 5) - 10 * c3 / pow(sd, 3)) : 0;
}

/* How many of the first worlds of seed 0 go by sums, and how many not, by reason. Returns 0, or -1 without memory. */
static int try_worlds(const struct fc_compiled *compiled, int count[FC_BY_COUNT])
{
    struct fc_chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk)
        return -1;
    for (int i = 0; i < WORLDS; i++) {
        fc_trial_begin(&compiled->program, compiled->tables, 0, (fc_u64)i, 1, chunk);
        count[chunk->timeline.by[0]]++;
    }
    free(chunk);
    return 0;
}

int fc_sums_compile(struct fc_compiled *compiled, const struct fc_settings *settings, struct fc_error *error)
{
    static const char *const reason[FC_BY_COUNT] = {
        [FC_BY_EVENTS_FEW] = "fewer than 64 failures in a run's work are expected, and events are as quick",
        [FC_BY_EVENTS_GAP] =
            "a piece of work between two checkpoints, or a restart, is longer than half the mean time "
            "between failures",
        [FC_BY_EVENTS_PLANNED] = "reliability.planned_every makes planned stops",
        [FC_BY_EVENTS_SPARES] = "the run may wait for a spare: cluster.spare_nodes are too few for that",
        [FC_BY_EVENTS_DETECTION] = "reliability.detection is so skewed that a few times decide the sum",
        [FC_BY_EVENTS_HORIZON] = "the run may not end within the time watched",
    };
    const struct fc_setting *asked = &settings->fields[FC_FIELD_TIMELINE];
    struct fc_run *run = &compiled->program.run;
    int count[FC_BY_COUNT] = {0}, most = FC_BY_EVENTS_FEW;
    struct fc_draw normal = {0};
    double moment[POWERS + 1];
    if (!asked->is_set || asked->choice != FC_TIMELINE_SUMS)
        return 0;
    if (run->detailed)
        return fc_fail_at(error, &asked->place,
                          "reliability.timeline is sums, but this run is told in detail "
                          "(reliability.profile, classes of failures, "
                          "spares in racks or checkpoints of two kinds need events); state events");
    if (run->watch)
        return fc_fail_at(error, &asked->place,
                          "reliability.timeline is sums beside training.wall (what is watched for a time may "
                          "end anywhere, and "
                          "sums know no time); state events");
    if (fc_program_normal_draw(compiled, &normal, error))
        return -1;
    run->sums.on = 1;
    run->sums.normal_table = normal.table;
    run->sums.log_places = (float)lgamma(run->spares + 2.0);
    moments(&run->repair, compiled->tables, moment);
    run->sums.repair_mean = (float)moment[1];
    moments(&run->detection, compiled->tables, moment);
    set_detection(&run->sums, moment);
    if (try_worlds(compiled, count))
        return fc_fail(error, FC_FAULT, "out of memory while compiling the scenario");
    for (int k = most; k < FC_BY_COUNT; k++)
        most = count[k] > count[most] ? k : most;
    if (2 * count[FC_BY_SUMS] < WORLDS)
        return fc_fail_at(error, &asked->place,
                          "reliability.timeline is sums, but in %d of %d worlds tried %s; state events",
                          count[most], WORLDS, reason[most]);
    if (count[FC_BY_SUMS] == WORLDS)
        fc_note(
            &compiled->notes, FC_NOTE, "timeline-sums", &asked->place,
            "runs are drawn as sums of their failures, not event by event: wall times between P0.1 and P99.9 "
            "of a world are right "
            "to %g of its standard deviation",
            (double)FC_SUMS_BOUND);
    else
        fc_note(
            &compiled->notes, FC_NOTE, "timeline-sums", &asked->place,
            "in %d of %d worlds tried, runs are drawn as sums of their failures: wall times between P0.1 and "
            "P99.9 of a world are "
            "right to %g of its standard deviation; in the others event by event (%s in most of them)",
            count[FC_BY_SUMS], WORLDS, (double)FC_SUMS_BOUND, reason[most]);
    return 0;
}
