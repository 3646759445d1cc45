/* detail_fixture.h: detailed runs (classes, spares, checkpoint kinds, ages) built by hand, on top of
 * model_fixture.h. Include it after cmocka.h. */
#ifndef FC_TESTS_DETAIL_FIXTURE_H
#define FC_TESTS_DETAIL_FIXTURE_H

#include "model_fixture.h"

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
    d->repair_automatic = run->repair;
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        int table = run->detection.kind == FC_DRAW_TABLE;
        d->classes.swap[c] = c < FC_CLASS_SLOW;
        d->classes.time_scaled[c] = c < FC_CLASS_SLOW && c != FC_CLASS_SILENT;
        d->classes.time_table[c] = table ? run->detection.table : 0;
        d->classes.time_factor[c] = table ? 1 : 0;
        d->classes.time_value[c] = table ? 0 : run->detection.value;
    }
    for (int input = FC_IN_LARGE_SCALE_EXPONENT; input <= FC_IN_STORAGE_BYTES_PER_S; input++)
        fixture_set(f, input, 0);
    fixture_set(f, FC_IN_CLASS_SHARE + FC_CLASS_GPU, 1);
    if (!f->table_floats) {
        const double one = 1;
        (void)fixture_table(f, fixture_exponential, &one);
    }
}

/* The law of a class's time is the constant `seconds`. */
static inline void detail_time(struct fixture *f, int c, double seconds)
{
    f->program.run.detail.classes.time_factor[c] = 0;
    f->program.run.detail.classes.time_value[c] = (float)seconds;
}

#endif
