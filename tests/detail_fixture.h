/* detail_fixture.h: detailed runs (classes, spares, checkpoint kinds, ages) built by hand, on top of
 * model_fixture.h. Include it after cmocka.h. */
#ifndef FC_TESTS_DETAIL_FIXTURE_H
#define FC_TESTS_DETAIL_FIXTURE_H

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

/* Repairs of all kinds have the law of the run. */
static inline void detail_repair(struct fixture *f, struct fc_draw law)
{
    struct fc_run_detail *d = &f->program.run.detail;
    if (law.kind != FC_DRAW_TABLE)
        law = detail_constant(f, law.value);
    d->repair_table = law.table;
    d->repair_automatic = d->rack_repair = law;
}

/* Turns a fixture into a detailed run of one class (FC_CLASS_GPU) with the detection and repair that it has:
 * the same world as before, told in the long form. */
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
    d->class_end = FC_CLASS_COUNT;
    d->segments = 1;
    d->segment_trays = 1;
    detail_repair(f, run->repair);
    struct fc_draw law = run->detection;
    if (law.kind != FC_DRAW_TABLE)
        law = detail_constant(f, law.value);
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        int soft = fc_class_in(FC_CLASSES_SOFT, c);
        d->classes.swap[c] = c == FC_CLASS_IDLE ? 1e9f : !soft;
        d->classes.scaled |= (fc_u32)(!soft && c != FC_CLASS_SILENT && c != FC_CLASS_SITE) << c;
        d->classes.time_table[c] = law.table;
    }
    for (int input = FC_IN_LARGE_SCALE_EXPONENT; input <= FC_IN_POD_MTBF_H; input++)
        fixture_set(f, input, 0);
    fixture_set(f, FC_IN_CLASS_SHARE + FC_CLASS_GPU, 1);
}

/* The law of a class's time is the constant `seconds`. */
static inline void detail_time(struct fixture *f, int c, double seconds)
{
    f->program.run.detail.classes.time_table[c] = detail_constant(f, seconds).table;
}

#endif
