/* flopcast.h: libflopcast, the simulation behind the program flopcast, for C and for whatever calls C.
 *
 *     flopcast_scenario *scenario;
 *     flopcast_result *result;
 *     char message[FLOPCAST_MESSAGE];
 *     const char *changes[] = {"prices.gpu_hour=2.6 to 4.0 USD/GPU-h"};
 *     if (flopcast_open(&scenario, "openai-aws-38b", changes, 1, message) ||
 *         flopcast_run(&result, scenario, &(flopcast_options){.trials = 100000}, message)) {
 *         fprintf(stderr, "%s\n", message);
 *         return 1;
 *     }
 *     flopcast_figure p95 = flopcast_quantile(result, flopcast_metric(result, "cost_usd"), 0.95);
 *     printf("%g USD, standard error %g\n", p95.value, p95.error);
 *     flopcast_result_free(result);
 *     flopcast_close(scenario);
 *
 * Numbers are those of the program, bit for bit: the same scenario, seed and trials give the same digest. Units are SI and
 * US dollars, as flopcast_metric_unit says. Functions that can fail return a flopcast_status and put one line (or a few)
 * into `message`, which has room for FLOPCAST_MESSAGE bytes and may be NULL. Nothing is printed, no signal is caught, the
 * process is never ended.
 *
 * Threads: a scenario or a result is used by one thread at a time; flopcast_open and flopcast_run of one process are
 * called one after the other (a run uses all cores itself). Names and texts belong to the object that gave them and stay
 * until it is freed. */
#ifndef FLOPCAST_H
#define FLOPCAST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FLOPCAST_API __attribute__((visibility("default")))
#else
#define FLOPCAST_API
#endif

enum { FLOPCAST_MESSAGE = 2048 };

/* As the exit statuses of the program. */
typedef enum flopcast_status {
    FLOPCAST_DONE = 0,
    FLOPCAST_BAD_INPUT = 2, /* the scenario, a change or an option is wrong; `message` says where and what is allowed */
    FLOPCAST_NO_DEVICE = 3, /* a backend that was named is not available */
    FLOPCAST_FAULT = 4      /* out of memory, or devices failed */
} flopcast_status;

typedef struct flopcast_scenario flopcast_scenario;
typedef struct flopcast_result flopcast_result;

/* "0.2.0" and the model version: results of one model version are comparable bit for bit. */
FLOPCAST_API const char *flopcast_version(void);
FLOPCAST_API int flopcast_model_version(void);

/* --- scenarios --- */

/* Reads a file, or a scenario that comes with the library by its name; `changes` (PATH=VALUE texts, as --set takes them;
 * `count` of them) replace values. On success *scenario is to be given back with flopcast_close. */
FLOPCAST_API flopcast_status flopcast_open(flopcast_scenario **scenario, const char *path_or_name,
                                           const char *const *changes, size_t count, char *message);

/* The same from YAML in memory; `name` is what messages call it. */
FLOPCAST_API flopcast_status flopcast_open_text(flopcast_scenario **scenario, const char *name, const char *yaml,
                                                const char *const *changes, size_t count, char *message);

FLOPCAST_API void flopcast_close(flopcast_scenario *scenario); /* NULL is allowed */

FLOPCAST_API const char *flopcast_scenario_name(const flopcast_scenario *scenario);

/* What a person should know of the inputs: what was assumed, cut or overridden. NULL beyond the last. */
FLOPCAST_API const char *flopcast_note(const flopcast_scenario *scenario, size_t index);

/* --- runs --- */

typedef struct flopcast_options {
    uint64_t trials;     /* worlds; 0: as the scenario says, else 100000 */
    uint64_t seed;       /* of the random numbers, where has_seed is set; else the scenario's, else 1 */
    int has_seed;
    uint64_t first;      /* number of the first world: two runs of other worlds are independent */
    int threads;         /* CPU threads; 0: one per core that we may use */
    const char *backend; /* "auto" (also NULL), "cpu", "opencl", "cuda", "all" */
    int keep_samples;    /* whether flopcast_samples can be asked: trials x metrics x 4 bytes */
} flopcast_options;

/* Simulates. `options` may be NULL. On success *result is to be given back with flopcast_result_free. */
FLOPCAST_API flopcast_status flopcast_run(flopcast_result **result, const flopcast_scenario *scenario,
                                          const flopcast_options *options, char *message);

FLOPCAST_API void flopcast_result_free(flopcast_result *result); /* NULL is allowed */

FLOPCAST_API uint64_t flopcast_trials(const flopcast_result *result);
FLOPCAST_API uint64_t flopcast_digest(const flopcast_result *result); /* as the program prints it in hexadecimal */

/* The whole result as JSON (docs/result-format.md), to be given back with flopcast_free; NULL without memory. */
FLOPCAST_API char *flopcast_json(const flopcast_result *result);
FLOPCAST_API void flopcast_free(void *text);

/* --- metrics, counted from 0 --- */

FLOPCAST_API size_t flopcast_metrics(const flopcast_result *result);

/* The number of a name such as "cost_usd" or "run_cost_usd@5e26", or -1. */
FLOPCAST_API int flopcast_metric(const flopcast_result *result, const char *name);

/* NULL for a number that there is not. */
FLOPCAST_API const char *flopcast_metric_name(const flopcast_result *result, int metric);
FLOPCAST_API const char *flopcast_metric_unit(const flopcast_result *result, int metric);
FLOPCAST_API const char *flopcast_metric_what(const flopcast_result *result, int metric); /* one line */

/* Whether high values are the bad ones (cost, time), 1 or 0; and whether it is 0 or 1 in every world, a chance. */
FLOPCAST_API int flopcast_metric_worst_is_high(const flopcast_result *result, int metric);
FLOPCAST_API int flopcast_metric_is_chance(const flopcast_result *result, int metric);

/* --- figures --- */

/* A figure and its standard error of the simulation. `value` is NaN where it is refused (too few worlds) or not defined, and
 * infinite where it falls among worlds without a value, which count as the worst ('never'); `error` is NaN where it is not
 * known. lo and hi: 95 % interval, for chances; NaN else. */
typedef struct flopcast_figure {
    double value, error, lo, hi;
} flopcast_figure;

FLOPCAST_API flopcast_figure flopcast_mean(const flopcast_result *result, int metric);
FLOPCAST_API flopcast_figure flopcast_sd(const flopcast_result *result, int metric);
FLOPCAST_API flopcast_figure flopcast_quantile(const flopcast_result *result, int metric, double p); /* 0 < p < 1 */

/* Mean of the worst `share` of the worlds (CVaR), 0 < share < 1. */
FLOPCAST_API flopcast_figure flopcast_tail(const flopcast_result *result, int metric, double share);

/* The chance that a 0/1 metric is 1. */
FLOPCAST_API flopcast_figure flopcast_chance(const flopcast_result *result, int metric);

/* Copies the values of a metric in the worlds first ... first + trials - 1, in this order, into `values`, which has room
 * for `count` floats; NaN where a world has no value. Returns how many were copied: 0 where samples were not kept. */
FLOPCAST_API size_t flopcast_samples(const flopcast_result *result, int metric, float *values, size_t count);

#ifdef __cplusplus
}
#endif

#endif
