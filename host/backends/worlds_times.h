/* worlds_times.h: step times of many plans in many worlds, for calibration: on the CPU or on a device, with
 * the same bits. */
#ifndef FC_HOST_WORLDS_TIMES_H
#define FC_HOST_WORLDS_TIMES_H

#include "backend.h"
#include "cuda/model/step/step_program.h"

/* What is evaluated. The pointers stay valid until the session is closed. */
struct fc_times_job {
    const struct fc_step_program *const *plans;
    const int (*which)[FC_STEP_JOINT]; /* [plan][input of the step layer]: the value of a world it takes */
    size_t plan_count;
    size_t values; /* of a world */
    int threads;   /* of the CPU */
};

struct fc_times; /* a session */

/* How a kind of device does it; members as in struct fc_backend. */
struct fc_times_backend {
    const char *name;
    int (*open)(struct fc_times **session, int device, const struct fc_times_job *job,
                struct fc_error *error);
    /* log_times[p * count + i]: log of the step time, s, of plan p in world i, whose value v is
     * values[v * count + i]. */
    int (*run)(struct fc_times *session, const float *values, size_t count, float *log_times,
               struct fc_error *error);
    void (*close)(struct fc_times *session); /* NULL is allowed */
};

extern const struct fc_times_backend fc_times_cpu;
extern const struct fc_times_backend fc_times_opencl; /* opens nothing in a build without OpenCL */
extern const struct fc_times_backend fc_times_cuda;

/* The one with this name ("cpu", "opencl", "cuda"), or NULL. */
const struct fc_times_backend *fc_times_find(const char *name);

/* The backend with this name (NULL: the CPU) and its first device that passes the self-test, a line about
 * which goes to stderr. Fails with FC_NO_DEVICE, naming what to install, when there is none. */
int fc_times_choose(const char *name, int threads, const struct fc_times_backend **backend, int *device,
                    struct fc_error *error);

#ifdef FC_WITH_OPENCL
struct fc_opencl_settings;
/* OpenCL's open with settings of one's own, for tests; NULL: the defaults. */
int fc_times_opencl_open(struct fc_times **session, int device, const struct fc_times_job *job,
                         const struct fc_opencl_settings *settings, struct fc_error *error);
#endif

#endif
