/* step_rate.c: see bench_step.h. */
#include "step_rate.h"

#include <math.h>
#include <stdlib.h>

#include "host/base/clock.h"
#include "host/step/factors.h"
#include "host/backends/kernels.h"
#include "host/backends/launch.h"
#include "host/calibrate/measurements.h"
#include "host/step/step_time.h"
#include "host/step/plan_program.h"
#include "cuda/model/step/step_program.h"

/* All plans once, from scratch; the sum of their logs keeps the work from being left out. */
static double from_scratch(const struct fc_measurements *m, const struct fc_beliefs *beliefs,
                           double *log_times)
{
    double sum = 0;
    int p = 0;
    for (size_t i = 0; i < m->count; i++) {
        struct fc_step_program program;
        double inputs[FC_IN_STEP_END];
        if (m->rows[i].left_out[0])
            continue;
        fc_plan_program(&m->rows[i].plan, &program);
        fc_beliefs_factor_medians(beliefs, &m->rows[i].plan, inputs);
        inputs[FC_IN_ROUTER_SPREAD] = 1; /* as the lanes, where all that is no factor is 1, the residual too */
        log_times[p] = log(fc_step_time(&program, inputs, NULL));
        sum += log_times[p++];
    }
    return sum;
}

struct lanes {
    const struct fc_step_program **plans;
    int (*which)[FC_STEP_JOINT];
    float *values, *times;
    int count;
};

static void set_lanes(struct lanes *lanes, struct fc_step_program *programs, const struct fc_measurements *m,
                      const struct fc_beliefs *beliefs, int width)
{
    for (int l = 0; l < width; l++) {
        for (int f = 0; f < FC_FACTORS; f++)
            lanes->values[f * width + l] = (float)beliefs->now[f];
        lanes->values[FC_FACTORS * width + l] = 1;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (m->rows[i].left_out[0])
            continue;
        int p = lanes->count++;
        fc_plan_program(&m->rows[i].plan, &programs[p]);
        lanes->plans[p] = &programs[p];
        fc_factors_for(&m->rows[i].plan, lanes->which[p]);
        for (int input = 0; input < FC_IN_STEP_END; input++)
            if (lanes->which[p][input] < 0)
                lanes->which[p][input] = FC_FACTORS;
    }
}

int fc_bench_step(struct fc_step_rate *rate, double seconds, struct fc_error *error)
{
    const struct fc_kernel *kernel = fc_kernel_best();
    size_t width = (size_t)kernel->lanes;
    struct fc_catalog *catalog = NULL;
    struct fc_measurements m = {0};
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    *rate = (struct fc_step_rate){.kernel = kernel->name};
    int status = beliefs ? fc_catalog_open(&catalog, error)
                         : fc_fail(error, FC_FAULT, "out of memory for the benchmark");
    if (!status)
        status = fc_beliefs_read(beliefs, catalog, error);
    if (!status)
        status = fc_measurements_open(&m, NULL, catalog, error);
    size_t room = m.count + 1;
    struct fc_step_program *programs = malloc(room * sizeof *programs);
    double *log_times = calloc(room, sizeof *log_times);
    struct lanes lanes = {malloc(room * sizeof *lanes.plans), malloc(room * sizeof *lanes.which),
                          malloc((FC_FACTORS + 1) * width * sizeof(float)),
                          malloc(room * width * sizeof(float)), 0};
    if (!status && !(programs && log_times && lanes.plans && lanes.which && lanes.values && lanes.times))
        status = fc_fail(error, FC_FAULT, "out of memory for the benchmark");
    if (!status) {
        double start = fc_clock_s(), done = 0, elapsed = 0, sum = 0;
        set_lanes(&lanes, programs, &m, beliefs, (int)width);
        rate->plans = lanes.count;
        do {
            sum += from_scratch(&m, beliefs, log_times);
            done += lanes.count;
            elapsed = fc_clock_s() - start;
        } while (elapsed < seconds);
        rate->plans_per_s = done / elapsed;
        done = 0;
        start = fc_clock_s();
        do {
            kernel->log_step_times(lanes.plans, (const int(*)[FC_STEP_JOINT])lanes.which, lanes.count,
                                   lanes.values, lanes.times);
            done += (double)width * lanes.count;
            elapsed = fc_clock_s() - start;
        } while (elapsed < seconds);
        rate->worlds_per_s = done / elapsed;
        rate->wrong = !isfinite(sum);
        for (int p = 0; p < lanes.count; p++)
            for (size_t l = 0; l < width; l++)
                rate->wrong |= !(fabs((double)lanes.times[(size_t)p * width + l] - log_times[p]) < 1e-4);
    }
    free(programs);
    free(log_times);
    free(lanes.plans);
    free(lanes.which);
    free(lanes.values);
    free(lanes.times);
    free(beliefs);
    fc_measurements_free(&m);
    fc_catalog_close(catalog);
    return status;
}
