/* detail_fixture.h: detailed runs (classes, spares, checkpoint kinds, ages) built by hand, on top of
 * model_fixture.h. Include it after cmocka.h. */
#ifndef FC_TESTS_DETAIL_FIXTURE_H
#define FC_TESTS_DETAIL_FIXTURE_H

#include <math.h>

#include "model_fixture.h"

static double detail_same(double lower, double upper, const double *parameters)
{
    (void)lower;
    (void)upper;
    return parameters[0];
}

/* A table with one value. */
static inline struct fc_draw detail_constant(struct fixture *f, double value)
{
    return fixture_table(f, detail_same, &value);
}

/* Repairs of all kinds have the distribution of the run. */
static inline void detail_repair(struct fixture *f, struct fc_draw distribution)
{
    struct fc_run_detail *d = &f->program.run.detail;
    if (distribution.kind != FC_DRAW_TABLE)
        distribution = detail_constant(f, distribution.value);
    d->repair_table = distribution.table;
    d->repair_automatic = d->rack_repair = distribution;
}

/* Turns a fixture into a detailed run of one class (FC_CLASS_GPU) with the detection and repair that it has:
 * the same world as before, stated in the long form. */
static inline void detail_start(struct fixture *f)
{
    struct fc_run *run = &f->program.run;
    struct fc_run_detail *d = &run->detail;
    run->detailed = 1;
    d->racks = 1;
    d->pod_racks = 1;
    d->durable_every = 1;
    d->trays = 1;
    d->rack_trays = 1;
    d->segments = 1;
    d->segment_trays = 1;
    detail_repair(f, run->repair);
    struct fc_draw distribution = run->detection;
    if (distribution.kind != FC_DRAW_TABLE)
        distribution = detail_constant(f, distribution.value);
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        int soft = fc_class_in(FC_CLASSES_SOFT, c);
        d->classes.swap[c] = c == FC_CLASS_IDLE ? 1e9f : !soft;
        d->classes.scaled |= (fc_u32)(!soft && c != FC_CLASS_SILENT && c != FC_CLASS_SITE) << c;
        d->classes.time_table[c] = distribution.table;
    }
    for (int input = FC_IN_LARGE_SCALE_EXPONENT; input <= FC_IN_POD_MTBF_H; input++)
        fixture_set(f, input, 0);
    fixture_set(f, FC_IN_CLASS_SHARE + FC_CLASS_GPU, 1);
}

/* The distribution of a class's time is the constant `seconds`. */
static inline void detail_time(struct fixture *f, int c, double seconds)
{
    f->program.run.detail.classes.time_table[c] = detail_constant(f, seconds).table;
}

static inline unsigned detail_mix(unsigned n)
{
    n = (n ^ (n >> 16)) * 0x7feb352du;
    n = (n ^ (n >> 15)) * 0x846ca68bu;
    return n ^ (n >> 16);
}
static inline double detail_between(unsigned *n, double lo, double hi)
{
    return lo + (hi - lo) * (detail_mix((*n)++) / 4294967296.0);
}

/* A world with about everything switched on, chosen by `n`. */
static inline void detail_world(struct fixture *f, unsigned n)
{
    fixture_timeline(f);
    struct fc_run *run = &f->program.run;
    struct fc_run_detail *d = &run->detail;
    const double manual[] = {86400, 1.3}, rack[] = {72000, 0.8}, life = 0.8;
    run->repair = fixture_table(f, fixture_lognormal, manual);
    detail_start(f);
    d->rack_repair = fixture_table(f, fixture_lognormal, rack);
    const double weibull[] = {life, 1 / tgamma(1 + 1 / life)};
    d->first_failure = fixture_table(f, fixture_weibull, weibull);
    d->next_failure = d->first_failure;
    for (int input = FC_IN_CLASS_SHARE; input < FC_IN_RACK_MTBF_H; input++)
        fixture_set(f, input, detail_between(&n, 0, 1));
    const struct {
        int input;
        double lo, hi;
    } ranges[] = {{FC_IN_GPU_MTBF_H, 1e3, 1e5},       {FC_IN_RACK_MTBF_H, 500, 5000},
                  {FC_IN_SLOW_NODE_MTBF_H, 1e4, 1e6}, {FC_IN_SLOW_NODE_LOSS, 0, 0.2},
                  {FC_IN_SLOW_NETWORK_MTBF_H, 1, 30}, {FC_IN_SLOW_NETWORK_LOSS, 0, 0.5},
                  {FC_IN_SWING_LOSS, 0, 0.02},        {FC_IN_MANUAL_PROBABILITY, 0, 1},
                  {FC_IN_REPAIR_INEFFECTIVE, 0, 0.5}, {FC_IN_WRONG_NODE, 0, 0.4},
                  {FC_IN_BURST_PROBABILITY, 0, 0.2},  {FC_IN_RESTART_PER_GPU_S, 0, 0.01},
                  {FC_IN_CHECKPOINT_WRITE_S, 0, 60},  {FC_IN_DURABLE_STALL_S, 10, 60},
                  {FC_IN_DURABLE_LOAD_S, 0, 300},     {FC_IN_REPLICA_OUT_S, 60, 600},
                  {FC_IN_DEGRADED_LOSS, 0, 0.1},      {FC_IN_SPARE_START_S, 0, 600}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        fixture_set(f, ranges[i].input, detail_between(&n, ranges[i].lo, ranges[i].hi));
    d->racks = 144;
    d->trays = 2592;
    d->age_units = 2592;
    d->rack_trays = 18;
    for (int c = 0; c < FC_CLASS_SHARED; c++)
        d->classes.blamed |= 1u << c, d->classes.replica |= 1u << c;
    d->classes.blast[FC_CLASS_RACK] = detail_mix(n) % 2 ? FC_BLAST_RACK : FC_BLAST_POD;
    d->classes.memory_lost[FC_CLASS_RACK] = 1;
    d->pod_racks = 1 + (int)(detail_mix(n + 1) % 4);
    d->spare_policy = (int)(detail_mix(n + 2) % 3);
    d->spares_per_rack = (int)(detail_mix(n + 3) % 3);
    d->spare_racks = (int)(detail_mix(n + 4) % 5);
    d->shortage = (int)(detail_mix(n + 5) % 3);
    d->segments = 1 + (int)(detail_mix(n + 15) % 2);
    d->segment_trays = 18 / d->segments;
    d->crews = detail_mix(n + 16) % 2 ? (int)(detail_mix(n + 17) % 32) : 0; /* at most FC_CREWS */
    d->idle = detail_mix(n + 18) % 2;
    fixture_set(f, FC_IN_IDLE_FAILURES, d->idle ? detail_between(&n, 0.1, 1) : 0);
    fixture_set(f, FC_IN_REDUCED_LOSS, detail_between(&n, 0, 0.1));
    fixture_set(f, FC_IN_SITE_MTBF_H, detail_between(&n, 500, 5000));
    fixture_set(f, FC_IN_POD_MTBF_H, detail_between(&n, 500, 5000));
    d->elastic = detail_mix(n + 6) % 3 == 0;
    d->asynchronous = (int)(detail_mix(n + 7) % 2);
    d->durable_every = detail_mix(n + 8) % 2 ? 1 : 1 + (int)(detail_mix(n + 9) % 8);
    d->ages = (int)(detail_mix(n + 10) % 3);
    run->work_s = 8 * 86400;
    run->horizon = 24 * 86400 * 64;
    run->spares = (int)(detail_mix(n + 11) % 64);
    run->automatic = (int)(detail_mix(n + 12) % 4);
    run->watch = detail_mix(n + 13) % 4 == 0;
    run->last_checkpoint = (int)(detail_mix(n + 14) % 2);
}

#endif
