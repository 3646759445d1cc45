/* worlds_times.c: the CPU's part of worlds_times.h. */
#include "worlds_times.h"

#include <stdlib.h>
#include <string.h>

#include "kernels.h"

struct fc_times {
    struct fc_times_job job;
    const struct fc_kernel *kernel;
};

static int open_cpu(struct fc_times **session, int device, const struct fc_times_job *job,
                    struct fc_error *error)
{
    (void)device;
    struct fc_times *s = malloc(sizeof *s);
    *session = s;
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the step times");
    *s = (struct fc_times){.job = *job, .kernel = fc_kernel_best()};
    return 0;
}

static int run_cpu(struct fc_times *s, const float *values, size_t count, float *log_times,
                   struct fc_error *error)
{
    const struct fc_times_job *job = &s->job;
    size_t lanes = (size_t)s->kernel->lanes, blocks = (count + lanes - 1) / lanes;
    int failed = 0;
#pragma omp parallel num_threads(job->threads > 0 ? job->threads : 1) reduction(+ : failed)
    {
        float *in = malloc(lanes * (job->values + job->plan_count) * sizeof *in),
              *out = in ? in + lanes * job->values : NULL;
        failed += !in;
#pragma omp for schedule(static)
        for (size_t b = 0; b < blocks; b++) {
            size_t first = b * lanes, here = count - first < lanes ? count - first : lanes;
            if (failed)
                continue;
            for (size_t v = 0; v < job->values; v++)
                for (size_t l = 0; l < lanes; l++) /* lanes beyond the last world do that one again */
                    in[v * lanes + l] = values[v * count + first + (l < here ? l : here - 1)];
            s->kernel->log_step_times(job->plans, job->which, (int)job->plan_count, in, out);
            for (size_t p = 0; p < job->plan_count; p++)
                memcpy(log_times + p * count + first, out + p * lanes, here * sizeof *out);
        }
        free(in);
    }
    return failed ? fc_fail(error, FC_FAULT, "out of memory for the step times") : 0;
}

static void close_cpu(struct fc_times *s)
{
    free(s);
}

const struct fc_times_backend fc_times_cpu = {"cpu", open_cpu, run_cpu, close_cpu};

const struct fc_times_backend *fc_times_find(const char *name)
{
    static const struct fc_times_backend *const all[] = {&fc_times_cpu, &fc_times_opencl, &fc_times_cuda};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
