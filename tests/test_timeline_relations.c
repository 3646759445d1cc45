/* test_timeline_relations.c: what must hold between any two runs of which one is better off: more spares, fewer
 * failures, faster repairs and restarts, less work are never slower; more GPUs meet more interruptions. Over random
 * worlds with about everything switched on, and each with a control: the same change the other way is found. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FC_W 8
#define FC_CHUNK 64
#include "cuda/model/trial.h"
#include "detail_fixture.h"

enum { WORLDS = 120, SHORT = 15 }; /* all of them (two minutes) with FLOPCAST_TEST_LONG in the environment */

static struct fc_chunk chunk;
static fc_real out[FC_METRIC_COUNT * FC_CHUNK];

/* How long each trial takes, days; one that does not end takes as much longer as work is left. */
static void run_world(const struct fixture *f, unsigned world, double days[FC_CHUNK], double stops[FC_CHUNK])
{
    fc_trial_chunk(&f->program, f->tables, 77, (uint64_t)world * FC_CHUNK, FC_CHUNK, &chunk, out, FC_CHUNK);
    const struct fc_timeline_chunk *t = &chunk.timeline;
    double ticks_per_day = 86400 / (double)f->program.run.tick_s;
    for (int i = 0; i < FC_CHUNK; i++) {
        int64_t parts = (int64_t)t->productive[i] + t->redone[i] + t->checkpoint[i] + t->detection[i] +
                        t->restarting[i] + t->waiting[i] + t->planned[i] + t->slowdown[i];
        assert_true(parts == t->wall[i]); /* the parts sum to the wall time */
        int left = t->finished[i] ? 0 : t->work[i] - t->productive[i];
        days[i] = (t->wall[i] + (double)left) / ticks_per_day;
        stops[i] = t->failures[i] / ((double)t->wall[i] - t->waiting[i]) * ticks_per_day;
    }
}

static void more_spares(struct fixture *f, double better)
{
    struct fc_run *run = &f->program.run;
    int more = better > 1 ? 4 : -4;
    run->spares = fc_max_i32(fc_min_i32(run->spares + 4 * more, FC_SPARES), 0);
    run->detail.spare_racks = fc_max_i32(fc_min_i32(run->detail.spare_racks + more, FC_SPARE_RACKS), 0);
}
static void scale_input(struct fixture *f, int input, double factor)
{
    for (int i = 0; i < f->program.draw_count; i++)
        if (f->program.draws[i].input == input) {
            struct fc_draw distribution = f->program.draws[i];
            if (distribution.kind == FC_DRAW_CONSTANT)
                distribution.value *= (float)factor;
            else if (distribution.kind == FC_DRAW_TABLE)
                for (int k = 0; k < FC_TABLE_SIZE; k++)
                    f->tables[distribution.table + k] *= (float)factor;
            f->program.draws[i] = distribution;
        }
}
static void fewer_failures(struct fixture *f, double better)
{
    scale_input(f, FC_IN_GPU_MTBF_H, better);
}
static void faster_repair(struct fixture *f, double better)
{
    scale_input(f, FC_IN_REPAIR_SCALE, 1 / better);
}
static void faster_restart(struct fixture *f, double better)
{
    scale_input(f, FC_IN_RESTART_S, 1 / better);
}
static void faster_gpus(struct fixture *f, double better)
{
    f->program.run.work_s = (float)((double)f->program.run.work_s / better);
}
static void fewer_gpus(struct fixture *f, double better)
{
    f->program.run.gpus = (float)((double)f->program.run.gpus / better);
}

/* z of the mean of b - a over the trials of a world. */
static double z_of(const double *a, const double *b)
{
    double sum = 0, square = 0;
    for (int i = 0; i < FC_CHUNK; i++) {
        double d = b[i] - a[i];
        sum += d;
        square += d * d;
    }
    double mean = sum / FC_CHUNK, variance = square / FC_CHUNK - mean * mean;
    return variance > 0 ? mean / sqrt(variance / (FC_CHUNK - 1)) : mean > 1e-9 ? 99 : mean < -1e-9 ? -99 : 0;
}

static void better_is_never_slower(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*change)(struct fixture *, double);
        double factor;
        int stops; /* 1: it is about interruptions a day, not about time */
    } relations[] = {
        {"more spares", more_spares, 2, 0},     {"fewer failures", fewer_failures, 2, 0},
        {"faster repair", faster_repair, 3, 0}, {"faster restart", faster_restart, 3, 0},
        {"faster GPUs", faster_gpus, 1.2, 0},   {"fewer GPUs, fewer interruptions", fewer_gpus, 2, 1}};
    const unsigned worlds = getenv("FLOPCAST_TEST_LONG") ? WORLDS : SHORT;
    for (size_t r = 0; r < sizeof relations / sizeof relations[0]; r++) {
        int violated = 0, planted = 0;
        for (unsigned world = 0; world < worlds; world++) {
            double days[3][FC_CHUNK], stops[3][FC_CHUNK];
            for (int way = 0; way < 3; way++) { /* as it is, better, and worse as the planted violation */
                struct fixture f;
                detail_world(&f, world * 1000 + 5);
                f.program.run.watch = 0;
                f.program.run.detail.idle = 0; /* more idle spares are more repairs for few crews */
                fixture_set(&f, FC_IN_IDLE_FAILURES, 0);
                if (way)
                    relations[r].change(&f, way == 1 ? relations[r].factor : 1 / relations[r].factor);
                run_world(&f, world, days[way], stops[way]);
                fixture_free(&f);
            }
            double better = relations[r].stops ? z_of(stops[0], stops[1]) : z_of(days[0], days[1]);
            double worse = relations[r].stops ? z_of(stops[0], stops[2]) : z_of(days[0], days[2]);
            if (better >= 4) {
                print_message("# %s: slower in world %u, z %+.1f\n", relations[r].what, world, better);
                violated++;
            }
            planted += worse >= 4;
        }
        print_message("# %s: found the other way in %d of %u worlds\n", relations[r].what, planted, worlds);
        assert_int_equal(violated, 0);
        assert_true(planted >= (int)worlds / 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(better_is_never_slower)};
    return cmocka_run_group_tests_name("timeline relations", tests, NULL, NULL);
}
