/* model_fixture.h: programs of the model built by hand, run and compared: what the tests of the model share.
 *
 * A fixture starts with every input of the timeline and the contract at a plain constant; a test changes what
 * it is about, calls fixture_ready and runs it. FLOPCAST_TEST_VERBOSE=1 in the environment prints every z
 * value. */
#ifndef FC_TESTS_MODEL_FIXTURE_H
#define FC_TESTS_MODEL_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "cuda/model/program.h"
#include "host/backends/kernel.h"
#include "host/result/tally.h"

struct fixture {
    struct fc_program program;
    float *tables;
    size_t table_floats;
};

/* An exact distribution for a quantile table: the value with probability `lower` below it and `upper` above it. */
typedef double fixture_quantile(double lower, double upper, const double *parameters);
fixture_quantile fixture_exponential; /* mean */
fixture_quantile fixture_normal;      /* mean, sd */
fixture_quantile fixture_lognormal;   /* median, sd of the logarithm */
fixture_quantile fixture_weibull;     /* shape, scale */
fixture_quantile fixture_uniform;     /* lo, hi */

void fixture_start(struct fixture *fixture, int layers);
void fixture_free(struct fixture *fixture);

/* The value or distribution of an input. */
void fixture_set(struct fixture *fixture, int input, double value);
void fixture_draw(struct fixture *fixture, int input, struct fc_draw distribution);

/* Laws; tables are appended to the fixture's. */
struct fc_draw fixture_constant(double value);
struct fc_draw fixture_table(struct fixture *fixture, fixture_quantile *quantile, const double *parameters);
struct fc_draw fixture_discrete(struct fixture *fixture, const double *values, const double *probabilities,
                                int count);

/* Names the metrics, ascending and closed by -1. */
void fixture_metrics(struct fixture *fixture, const int *metrics);

/* A run of one or two metrics: gpus = 1, tick 1/64 s, times in minutes; restart and detection constant. */
void fixture_daly(struct fixture *fixture, double mtbf_min, double work_min, double interval_min,
                  double stall_min, double restart_min, double detection_min);

/* A contract with uncertain prices, a discrete input and three run sizes; and a run with spares, planned
 * stops, table distributions and an automatic interval (both of the size of real questions). */
void fixture_contract(struct fixture *fixture);
void fixture_timeline(struct fixture *fixture);

/* Fills a tally (created here) through the CPU backend; samples is NULL or as in backend.h. */
void fixture_run(const struct fixture *fixture, uint64_t seed, uint64_t first, uint64_t count, int threads,
                 const char *isa, struct fc_tally *tally, float *samples);

/* The same through one kernel, in pieces of at most `piece` trials. */
void fixture_run_kernel(const struct fixture *fixture, const struct fc_kernel *kernel, uint64_t seed,
                        uint64_t first, uint64_t count, int piece, struct fc_tally *tally);

/* Scratch of a kernel, zeroed and aligned; free() it. */
void *fixture_scratch(const struct fc_kernel *kernel);

/* z values of a metric times `scale` against its exact mean and variance. */
struct fixture_z {
    double mean, variance;
};
struct fixture_z fixture_compare(const char *what, const struct fc_tally *tally, int metric, double scale,
                                 double mean, double variance);

/* The test fails unless |z| < 4. */
void fixture_expect(const char *what, const struct fc_tally *tally, int metric, double scale, double mean,
                    double variance);
void fixture_expect_z(const char *what, double observed, double expected, double standard_error);

#endif
